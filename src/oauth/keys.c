/* oauth/keys.c - the keys that sign id_tokens, and what stands in one.
 *
 * They lie in the store, which is sealed. A key signs for 90 days and is shown for as long as
 * something that it signed may be looked at, and a day more for who keeps what he fetched. */
#include "oauth/inner.h"

static const Str space = STR_INIT("oauth-key");

enum { KEY_S = 90 * 86400, SHOWN_S = KEY_S + 86400 };

typedef struct {
    JoseKey key;
    Time created;
} Signer;

static Status signer_parse(Ctx *cx, const StoreItem *item, Signer *ret_signer)
{
    JsonValue *root;
    Str der;
    TRY(json_parse(cx, item->value, &root));
    CryptoSignature kind = jose_algorithm_of(json_get_str(root, STR("alg")));
    if (!kind || !crypto_base64url_decode(cx->arena, json_get_str(root, STR("der")), &der))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A key that signs id_tokens is damaged.");
    *ret_signer = (Signer){.key.id = item->key, .created = read_time(root, STR("created"))};
    return crypto_pair_load(cx, kind, der, &ret_signer->key.pair);
}

/* Newest first. */
static Status signers_read(Oauth *oauth, Ctx *cx, Signer **ret_signers, size_t *ret_count)
{
    StoreItem *items;
    size_t count;
    TRY(items_read(oauth, cx, space, &items, &count));
    Signer *signers = arena_array_of(cx->arena, Signer, count + 1);
    if (!signers)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        Signer one;
        size_t at = i;
        TRY(signer_parse(cx, &items[i], &one));
        for (; at > 0 && signers[at - 1].created < one.created; at--)
            signers[at] = signers[at - 1];
        signers[at] = one;
    }
    *ret_signers = signers;
    *ret_count = count;
    return STATUS_OK;
}

/* A new one, and the end of those that nobody needs any more. */
static Status signer_make(Oauth *oauth, Ctx *cx, const Signer *old, size_t old_count,
                          JoseKey *ret_key)
{
    Str der;
    Buf out;
    Time now = oauth_now(oauth);
    AuditEntry entry = {.interaction = STR("key-made"), .role = STR("system")};
    StoreItem *items = arena_array_of(cx->arena, StoreItem, old_count + 1);
    if (!items)
        return STATUS_MEMORY;
    size_t count = 1;
    TRY(crypto_pair_make(cx, CRYPTO_RS256, &ret_key->pair));
    TRY(jose_thumbprint(cx, ret_key->pair, &ret_key->id));
    TRY(crypto_pair_save(cx, ret_key->pair, &der));
    der = crypto_base64url(cx->arena, der);
    if (!der.at)
        return STATUS_MEMORY;
    buf_init(&out, cx->arena, 4096, ITEM_BYTES_MAX);
    buf_add_char(&out, '{');
    json_text(&out, "alg", jose_algorithm(CRYPTO_RS256));
    json_text(&out, "der", der);
    json_time(&out, "created", now);
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    items[0] = (StoreItem){space, ret_key->id, buf_str(&out)};
    for (size_t i = 0; i < old_count; i++) {
        if (now - old[i].created > SHOWN_S * TIME_SECOND)
            items[count++] = (StoreItem){.space = space, .key = old[i].key.id};
    }
    entry.id = ret_key->id;
    return items_commit(oauth, cx, items, count, NULL, &entry);
}

/* The key that signs now; made when there is none, or when the last one is old. */
static Status keys_current(Oauth *oauth, Ctx *cx, JoseKey *ret_key)
{
    Signer *signers;
    size_t count;
    pthread_mutex_lock(&oauth->keys);
    Status status = signers_read(oauth, cx, &signers, &count);
    if (status == STATUS_OK && count && oauth_now(oauth) - signers[0].created < KEY_S * TIME_SECOND)
        *ret_key = signers[0].key;
    else if (status == STATUS_OK)
        status = signer_make(oauth, cx, signers, count, ret_key);
    pthread_mutex_unlock(&oauth->keys);
    return status;
}

Status keys_public(Oauth *oauth, Ctx *cx, Str *ret_json)
{
    Signer *signers;
    size_t count;
    JoseKey current;
    Buf out;
    TRY(keys_current(oauth, cx, &current));
    TRY(signers_read(oauth, cx, &signers, &count));
    buf_init(&out, cx->arena, 2048, 65536);
    buf_add_lit(&out, "{\"keys\":[");
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(&out, ',');
        TRY(jose_key_write(cx, &signers[i].key, &out));
    }
    buf_add_lit(&out, "]}");
    TRY(buf_done(&out));
    *ret_json = buf_str(&out);
    return STATUS_OK;
}

/* ---- id_tokens --------------------------------------------------------------------------------
 */

Str subject_of(Arena *arena, Str user)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    Str text = arena_format(arena, "aceso subject\n" STR_FMT, STR_ARG(user));
    if (!text.at)
        return text;
    crypto_sha256(text, hash);
    return crypto_base64url(arena, str_n((const char *)hash, 18));
}

Str fhir_user_of(Arena *arena, const OauthCall *call, Str reference)
{
    if (!reference.len)
        return STR_EMPTY;
    return arena_format(arena, STR_FMT "/fhir/" STR_FMT, STR_ARG(call->origin), STR_ARG(reference));
}

/* The left half of the hash. SPEC OIDC Core 3.1.3.6 */
static Str at_hash(Arena *arena, Str access_token)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(access_token, hash);
    return crypto_base64url(arena, str_n((const char *)hash, sizeof hash / 2));
}

Status id_token_make(Oauth *oauth, Ctx *cx, const OauthCall *call, const Grant *grant,
                     const Scope *scopes, size_t count, Str access_token, Str *ret_token)
{
    JoseKey key;
    AuthAccount account;
    uint64_t changes;
    Buf out;
    Time now = oauth_now(oauth) / TIME_SECOND;
    TRY(keys_current(oauth, cx, &key));
    TRY(auth_account_now(oauth->auth, cx, grant->user, &account, &changes));
    buf_init(&out, cx->arena, 1024, 8192);
    buf_add_char(&out, '{');
    json_text(&out, "iss", call->origin);
    json_text(&out, "sub", subject_of(cx->arena, grant->user));
    json_text(&out, "aud", grant->client);
    json_time(&out, "iat", now);
    json_time(&out, "exp", now + ID_TOKEN_S);
    json_time(&out, "auth_time", grant->signed_in / TIME_SECOND);
    json_text(&out, "at_hash", at_hash(cx->arena, access_token));
    json_text_or_none(&out, "nonce", grant->nonce);
    if (scopes_have(scopes, count, SCOPE_FHIR_USER) || scopes_have(scopes, count, SCOPE_PROFILE)) {
        Str user = fhir_user_of(cx->arena, call, account.reference);
        json_text_or_none(&out, "fhirUser", user);
        json_text_or_none(&out, "profile", user);
    }
    if (scopes_have(scopes, count, SCOPE_PROFILE))
        json_text(&out, "name", account.display);
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    return jose_sign(cx, &key, STR("JWT"), buf_str(&out), ret_token);
}

Status oauth_sign(Oauth *oauth, Ctx *cx, Str claims, Str *ret_token)
{
    JoseKey key;
    TRY(keys_current(oauth, cx, &key));
    return jose_sign(cx, &key, STR("JWT"), claims, ret_token);
}
