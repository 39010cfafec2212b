/* auth/identity.c - who somebody is at an identity provider, and whose account that is.
 *
 *   space "identity", key = hex SHA-256 of issuer LF subject, value = the user
 *   in the account's item: "identities":[{"provider":"keycloak","key":"...","created":...}]
 *
 * Both must say so: an item that is left over opens nothing. */
#include "auth/inner.h"
#include "auth/identity.h"
#include "auth/session.h"

#include "store/item.h"

static const Str space = STR_INIT("identity");

enum { IDENTITY_ID_LEN = 12 };

Status identity_key(Ctx *cx, Str issuer, Str subject, Str *ret_key)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    const Str parts[] = {issuer, STR("\n"), subject};
    crypto_sha256_parts(parts, COUNT_OF(parts), hash);
    *ret_key = crypto_hex(cx->arena, str_n((const char *)hash, sizeof hash));
    return ret_key->at ? STATUS_OK : STATUS_MEMORY;
}

void identities_write(Buf *buf, const Account *account)
{
    buf_add_lit(buf, ",\"identities\":[");
    for (size_t i = 0; i < account->identity_count; i++) {
        const Identity *one = &account->identities[i];
        buf_add_str(buf, i ? STR(",{") : STR("{"));
        member_text(buf, "provider", one->provider);
        member_text(buf, "key", one->key);
        buf_format(buf, ",\"created\":%lld}", (long long)one->created);
    }
    buf_add_char(buf, ']');
}

void identities_read(const JsonValue *list, Account *account)
{
    Str name;
    JsonValue *one;
    for (JsonIter it = json_iter(list); json_next(&it, &name, &one);) {
        uint64_t created = 0;
        if (account->identity_count == AUTH_IDENTITIES_MAX)
            return;
        (void)str_to_u64(json_str(json_get(one, STR("created"))), &created);
        account->identities[account->identity_count++] =
            (Identity){.provider = json_get_str(one, STR("provider")),
                       .key = json_get_str(one, STR("key")),
                       .created = (Time)created};
    }
}

bool identity_is_of(const Account *account, Str key)
{
    for (size_t i = 0; i < account->identity_count; i++) {
        if (str_eq(account->identities[i].key, key))
            return true;
    }
    return false;
}

Status identity_owner(Auth *auth, Ctx *cx, Str key, Str *ret_user)
{
    return store_item_now(auth->store, cx, auth->self, space, key, ret_user);
}

/* ---- added ------------------------------------------------------------------------------------
 */

static Status write_with(Auth *auth, Ctx *cx, const Account *account, StoreItem item,
                         const Change *how)
{
    StoreItem items[2] = {item}, guard = account_guard(account);
    Change change = *how;
    TRY(account_item(cx, account, &items[1]));
    change.items = items;
    change.item_count = 2;
    change.guard = &guard;
    return change_commit(auth, cx, &change);
}

/* One that somebody else had, whose account no longer says so, is free. */
static Status check_free(Auth *auth, Ctx *cx, const Account *account, Str key)
{
    Str owner;
    Account other;
    Status status = identity_owner(auth, cx, key, &owner);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && str_eq(owner, account->public.user)))
        return STATUS_OK;
    TRY(status);
    status = account_read(auth, cx, owner, &other);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !identity_is_of(&other, key)))
        return STATUS_OK;
    TRY(status);
    return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                    "That sign-in belongs to another account here.");
}

Status identity_add(Auth *auth, Ctx *cx, Account *account, const Identity *identity,
                    const Change *change)
{
    if (identity_is_of(account, identity->key))
        return STATUS_OK;
    TRY(check_free(auth, cx, account, identity->key));
    if (account->identity_count == AUTH_IDENTITIES_MAX)
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "An account has at most %d other sign-ins.", AUTH_IDENTITIES_MAX);
    account->identities[account->identity_count++] = *identity;
    return write_with(auth, cx, account, (StoreItem){space, identity->key, account->public.user},
                      change);
}

static const AuthProvider *provider_of(const Auth *auth, Str id)
{
    const AuthProviders *all = auth->options.providers;
    for (size_t i = 0; all && i < all->count; i++) {
        if (str_eq(all->at[i].id, id))
            return &all->at[i];
    }
    return NULL;
}

Status auth_identity_put(Auth *auth, Ctx *cx, const Access *by, Str user, Str provider, Str subject)
{
    Account account;
    Identity identity = {.provider = provider, .created = auth_now(auth)};
    const AuthProvider *at = provider_of(auth, provider);
    TRY(change_need_admin(cx, by));
    if (!at)
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY,
                        "The settings name no identity provider of that id.");
    if (!subject.len || subject.len > AUTH_SUBJECT_BYTES_MAX || !str_is_utf8(subject))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The subject is what the provider calls \"sub\": 1 to 255 bytes.");
    TRY(identity_key(cx, at->issuer, subject, &identity.key));
    pthread_mutex_lock(&auth->change);
    Status status = account_find(auth, cx, by, user, &account);
    if (status == STATUS_OK) {
        Change change = {.by = by,
                         .audit = {.interaction = STR("identity-link"),
                                   .id = account.public.user,
                                   .query = provider}};
        status = identity_add(auth, cx, &account, &identity, &change);
    }
    pthread_mutex_unlock(&auth->change);
    return status;
}

/* ---- one's own ----------------------------------------------------------------------------------
 */

static Str id_of(const Identity *identity)
{
    return str_head(identity->key, IDENTITY_ID_LEN);
}

Status auth_identities_json(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    Account account;
    Buf buf;
    TRY(session_account(auth, cx, session, false, &account));
    buf_init(&buf, cx->arena, 512, 8192);
    buf_add_lit(&buf, "{\"identities\":[");
    for (size_t i = 0; i < account.identity_count; i++) {
        const Identity *one = &account.identities[i];
        const AuthProvider *provider = provider_of(auth, one->provider);
        buf_add_str(&buf, i ? STR(",{") : STR("{"));
        member_text(&buf, "id", id_of(one));
        member_text(&buf, "provider", one->provider);
        member_text(&buf, "name", provider ? provider->name : one->provider);
        member_time(&buf, "created", one->created);
        buf_add_char(&buf, '}');
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

static Status remove_in(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    Account account;
    size_t at = 0;
    TRY(session_account(auth, cx, session, true, &account));
    while (at < account.identity_count && !str_eq(id_of(&account.identities[at]), id))
        at++;
    if (at == account.identity_count)
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such sign-in of yours.");
    if (!account.password.len && !account.factors.passkey_count && account.identity_count == 1)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "This is the only way in that you have: set a password or a passkey "
                        "first.");
    StoreItem item = {.space = space, .key = account.identities[at].key};
    Change change = session_change(session, STR("identity-remove"), address);
    change.audit.id = session->user;
    change.audit.query = account.identities[at].provider;
    memmove(&account.identities[at], &account.identities[at + 1],
            (account.identity_count - at - 1) * sizeof(Identity));
    account.identity_count--;
    return write_with(auth, cx, &account, item, &change);
}

Status auth_identity_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    pthread_mutex_lock(&auth->change);
    Status status = remove_in(auth, cx, session, id, address);
    pthread_mutex_unlock(&auth->change);
    return status;
}
