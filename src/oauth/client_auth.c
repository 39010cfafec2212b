/* oauth/client_auth.c - which program calls, and how it shows that it is the one.
 *
 * In one way, the one it registered: HTTP Basic or a form with its secret; an assertion that it
 * signed; or its id alone, when it can keep no secret. SPEC RFC 6749 2.3, RFC 7523 2.2, SMART 2.2
 * client-confidential-asymmetric.html */
#include "oauth/inner.h"

#define ASSERTION_TYPE STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")

typedef struct {
    Str id, secret, assertion, assertion_type;
    bool basic;
} Shown;

/* Base64 as Basic has it, held to one form: '+' and '/', padding to four. */
static bool basic_decode(Arena *arena, Str text, Str *ret_bytes)
{
    while (text.len && text.at[text.len - 1] == '=')
        text.len--;
    char *plain = arena_alloc_raw(arena, text.len + 1);
    for (size_t i = 0; plain && i < text.len; i++) {
        char c = text.at[i];
        if (c == '-' || c == '_' || c == '=')
            return false;
        plain[i] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
    }
    return plain && crypto_base64url_decode(arena, str_n(plain, text.len), ret_bytes);
}

/* SPEC RFC 6749 2.3.1: id and secret are form-encoded before they are joined. */
static bool read_basic(Ctx *cx, Str header, Shown *shown)
{
    Str pair, id;
    if (!str_eq_nocase(str_head(header, 6), STR("Basic ")) ||
        !basic_decode(cx->arena, str_trim(str_from(header, 6)), &pair))
        return false;
    id = str_cut(&pair, ':');
    return pair.at && !uri_decode(cx->arena, id, true, &shown->id) &&
           !uri_decode(cx->arena, pair, true, &shown->secret) && shown->id.len;
}

static bool read_shown(Ctx *cx, const OauthCall *call, Shown *shown)
{
    Str id;
    *shown = (Shown){.basic = call->authorization.len > 0};
    if (!form_value(cx, call->form, STR("client_id"), &id) ||
        !form_value(cx, call->form, STR("client_secret"), &shown->secret) ||
        !form_value(cx, call->form, STR("client_assertion"), &shown->assertion) ||
        !form_value(cx, call->form, STR("client_assertion_type"), &shown->assertion_type))
        return false;
    if ((shown->secret.len > 0) + (shown->assertion.len > 0) + shown->basic > 1)
        return false;
    if (shown->basic) {
        if (!read_basic(cx, call->authorization, shown))
            return false;
        return !id.len || str_eq(id, shown->id);
    }
    shown->id = id;
    return true;
}

/* Whom an assertion is from, before anything of it is believed. */
static Str assertion_issuer(Ctx *cx, Str assertion)
{
    JsonValue *claims;
    Str bytes;
    Ctx quiet = {.arena = cx->arena};
    (void)str_cut(&assertion, '.');
    Str payload = str_cut(&assertion, '.');
    if (payload.len > JOSE_TOKEN_BYTES_MAX ||
        !crypto_base64url_decode(cx->arena, payload, &bytes) ||
        json_parse(&quiet, bytes, &claims) != STATUS_OK)
        return STR_EMPTY;
    return json_get_str(claims, STR("iss"));
}

/* ---- keys of a program --------------------------------------------------------------------------
 */

typedef struct {
    JoseKey *at;
    size_t count;
} Keys;

/* Why they could not be fetched is for the log of the other server: who calls here is not known
 * yet, and learns nothing about what can be reached from us. */
static Status fetch_keys(Oauth *oauth, Ctx *cx, const OauthClient *client, bool renew,
                         Str *ret_text)
{
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    NetRequest request = {.url = client->keys_at, .site = oauth->options.site};
    if (!oauth->options.site)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "This server fetches no keys; register them by value.");
    Status status = net_cache_get(oauth->fetched, &quiet, &request, renew, ret_text);
    return status == STATUS_OK || status == STATUS_MEMORY
               ? status
               : ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                          "The keys of the program could not be fetched from where it "
                          "registered them.");
}

static Status keys_of(Oauth *oauth, Ctx *cx, const OauthClient *client, bool renew, Keys *ret_keys)
{
    JsonValue *set;
    Str text = client->keys;
    if (client->keys_at.len)
        TRY(fetch_keys(oauth, cx, client, renew, &text));
    TRY(json_parse(cx, text, &set));
    return jose_keys_read(cx, set, CRYPTO_RS384, &ret_keys->at, &ret_keys->count);
}

/* A program that changed its keys signs with one that was not there yet, and what came last time
 * may have been no keys at all: then they are fetched again. */
static Status keys_for(Oauth *oauth, Ctx *cx, const OauthClient *client, Str assertion,
                       Keys *ret_keys)
{
    bool elsewhere = client->keys_at.len > 0;
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    Status status = keys_of(oauth, elsewhere ? &quiet : cx, client, false, ret_keys);
    if (!elsewhere ||
        (status == STATUS_OK && jose_has_key(cx, assertion, ret_keys->at, ret_keys->count)))
        return status;
    return keys_of(oauth, cx, client, true, ret_keys);
}

/* An assertion is taken once, on whichever node. */
static Status spend(Oauth *oauth, Ctx *cx, const OauthClient *client, const JoseClaims *claims)
{
    Str name =
        arena_format(cx->arena, STR_FMT "\n" STR_FMT, STR_ARG(client->id), STR_ARG(claims->id));
    StoreItem item = {
        .space = STR("oauth-jti"),
        .key = name.at ? hash_key(cx->arena, name) : name,
        .value = arena_format(cx->arena, "{\"expires\":%lld}", (long long)claims->expires)};
    StoreItem absent = {.space = item.space, .key = item.key, .value = STR_EMPTY};
    if (!item.key.at || !item.value.at)
        return STATUS_MEMORY;
    Status status = items_commit(oauth, cx, &item, 1, &absent, NULL);
    if (status == STATUS_CONFLICT)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "The assertion was used before.");
    return status;
}

static Status check_assertion(Oauth *oauth, Ctx *cx, const OauthCall *call,
                              const OauthClient *client, const Shown *shown)
{
    Keys keys;
    JoseToken token;
    JoseClaims claims;
    Str audiences[] = {arena_format(cx->arena, STR_FMT "/oauth/token", STR_ARG(call->origin)),
                       call->origin};
    JoseRules rules = {.algorithms = JOSE_ALLOW(CRYPTO_RS384) | JOSE_ALLOW(CRYPTO_ES384) |
                                     JOSE_ALLOW(CRYPTO_RS256) | JOSE_ALLOW(CRYPTO_ES256),
                       .keys_at = client->keys_at};
    JoseExpect expect = {.issuer = client->id,
                         .subject = client->id,
                         .audiences = audiences,
                         .audience_count = COUNT_OF(audiences),
                         .now = oauth_now(oauth),
                         .skew_s = ASSERTION_SKEW_S,
                         .lifetime_max_s = ASSERTION_S,
                         .needs_id = true};
    if (!audiences[0].at)
        return STATUS_MEMORY;
    TRY(keys_for(oauth, cx, client, shown->assertion, &keys));
    TRY(jose_verify(cx, shown->assertion, keys.at, keys.count, &rules, &token));
    TRY(jose_claims(cx, token.payload, &expect, &claims));
    return spend(oauth, cx, client, &claims);
}

/* ---- all of it ----------------------------------------------------------------------------------
 */

static bool refuse(Ctx *cx, const Shown *shown, OauthAnswer *answer, Status *ret_status,
                   const char *sentence)
{
    *ret_status = answer_error(cx, answer, 401, "invalid_client", sentence);
    answer->basic = shown->basic;
    return false;
}

static bool secret_is_right(Ctx *cx, const OauthClient *client, Str secret)
{
    Str hash = hash_key(cx->arena, secret);
    return secret.len && hash.at && client->secret_hash.len &&
           crypto_equal(hash, client->secret_hash);
}

bool caller_find(Oauth *oauth, Ctx *cx, const OauthCall *call, Caller *ret_caller,
                 OauthAnswer *answer, Status *ret_status)
{
    static const char not_right[] =
        "The program is not known, or did not show who it is in the way "
        "it registered.";
    Shown shown;
    *ret_caller = (Caller){.proven = false};
    *ret_status = STATUS_OK;
    if (!read_shown(cx, call, &shown))
        return refuse(cx, &shown, answer, ret_status,
                      "A program shows who it is once, in one way.");
    if (shown.assertion.len) {
        Str issuer = assertion_issuer(cx, shown.assertion);
        if (!str_eq(shown.assertion_type, ASSERTION_TYPE) ||
            (shown.id.len && !str_eq(shown.id, issuer)))
            return refuse(cx, &shown, answer, ret_status, not_right);
        shown.id = issuer;
    }
    OauthClient *client = &ret_caller->client;
    if (!shown.id.len) /* a public one whose refresh token says which it is; others must show it */
        shown.id = grant_client_of(oauth, cx, call->form);
    Status status = client_find(oauth, cx, shown.id, client);
    if (status == STATUS_NOT_FOUND)
        return refuse(cx, &shown, answer, ret_status, not_right);
    if (status != STATUS_OK) {
        *ret_status = status;
        return false;
    }
    OauthProof proof = shown.assertion.len               ? OAUTH_SIGNED
                       : shown.secret.len || shown.basic ? OAUTH_SECRET
                                                         : OAUTH_PUBLIC;
    if (proof != client->proof)
        return refuse(cx, &shown, answer, ret_status, not_right);
    if (proof == OAUTH_SECRET && !secret_is_right(cx, client, shown.secret))
        return refuse(cx, &shown, answer, ret_status, not_right);
    if (proof == OAUTH_SIGNED) {
        status = check_assertion(oauth, cx, call, client, &shown);
        if (status == STATUS_UNAUTHORIZED || status == STATUS_INVALID)
            return refuse(cx, &shown, answer, ret_status, take_issue(cx, str_of(not_right)).at);
        if (status != STATUS_OK) {
            *ret_status = status;
            return false;
        }
    }
    ret_caller->proven = proof != OAUTH_PUBLIC;
    return true;
}
