/* auth/app.c - tokens of programs that people let in, for src/oauth, which knows why.
 *
 * They are tokens like others, opaque and in the same table, with more beside: which program, what
 * for, about which patient. Memory has all of that, so that a request needs no store. */
#include "auth/inner.h"
#include "auth/change.h"

static void add_text(Buf *buf, const char *name, Str text)
{
    if (!text.len)
        return;
    buf_format(buf, ",\"%s\":", name);
    json_write_string(buf, text);
}

void app_write(Buf *buf, const App *app)
{
    static const char digits[] = "0123456789abcdef";
    char session[2 * CRYPTO_SHA256_BYTES];
    for (size_t i = 0; i < sizeof session; i++)
        session[i] = digits[app->session[i / 2] >> (i % 2 ? 0 : 4) & 15];
    add_text(buf, "client", short_str(&app->client));
    add_text(buf, "patient", short_str(&app->patient));
    add_text(buf, "grant", short_str(&app->grant));
    add_text(buf, "scopes", str_n(app->scopes, app->scopes_len));
    add_text(buf, "session", app->of_session ? str_n(session, sizeof session) : STR_EMPTY);
}

static bool set_session(Ctx *cx, App *app, Str key)
{
    Str hash;
    if (!key.len)
        return true;
    if (!crypto_hex_decode(cx->arena, key, &hash) || hash.len != sizeof app->session)
        return false;
    memcpy(app->session, hash.at, hash.len);
    app->of_session = true;
    return true;
}

static bool fill_app(Ctx *cx, App *app, Str client, Str patient, Str grant, Str scopes, Str session)
{
    if (!client.len || client.len > SHORT_BYTES_MAX || patient.len > SHORT_BYTES_MAX ||
        grant.len > SHORT_BYTES_MAX || !scopes.len || scopes.len > sizeof app->scopes)
        return false;
    app->client = short_of(client);
    app->patient = short_of(patient);
    app->grant = short_of(grant);
    app->scopes_len = (uint16_t)scopes.len;
    memcpy(app->scopes, scopes.at, scopes.len);
    return set_session(cx, app, session);
}

Status app_parse(Ctx *cx, const JsonValue *root, App **ret_app)
{
    *ret_app = NULL;
    Str client = json_get_str(root, STR("client"));
    if (!client.len)
        return STATUS_OK;
    App *app = arena_new_of(cx->arena, App);
    if (!app)
        return STATUS_MEMORY;
    /* What lost its limits would have none. */
    if (!fill_app(cx, app, client, json_get_str(root, STR("patient")),
                  json_get_str(root, STR("grant")), json_get_str(root, STR("scopes")),
                  json_get_str(root, STR("session"))))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "An item of \"token\" is damaged.");
    *ret_app = app;
    return STATUS_OK;
}

bool app_session_is_known(const Handles *handles, const Handle *handle)
{
    const App *app = handle->app;
    return !app || !app->of_session || handles_find(handles, HANDLE_SESSION, app->session);
}

/* ---- sessions that go on under another cookie --------------------------------------------------
 *
 *   space "session-went", key = that of the session, {"to":"hex","expires":...}
 *
 * What was let in for a session lasts as long as the session does, whatever cookie it has: a
 * step-up is no end. Where the way leads to no session, it has ended. */

const Str session_went_space = STR_INIT("session-went");

enum { WENT_MAX = 1024 }; /* cookies of one session: more than anybody proves himself in a day */

Status session_went_item(Ctx *cx, const Handle *from, const Handle *to, StoreItem *ret_item)
{
    Str key = handle_key(cx->arena, from), there = handle_key(cx->arena, to);
    if (!key.at || !there.at)
        return STATUS_MEMORY;
    Str value = arena_format(cx->arena, "{\"to\":\"" STR_FMT "\",\"expires\":%lld}", STR_ARG(there),
                             (long long)to->expires);
    *ret_item = (StoreItem){session_went_space, key, value};
    return value.at ? STATUS_OK : STATUS_MEMORY;
}

static uint64_t went_expires(const JsonValue *root)
{
    uint64_t expires = 0;
    return str_to_u64(json_str(json_get(root, STR("expires"))), &expires) ? expires : 0;
}

bool session_went_is_over(Ctx *cx, const StoreItem *item, Time now)
{
    JsonValue *root;
    Ctx quiet = {.arena = cx->arena};
    return json_parse(&quiet, item->value, &root) != STATUS_OK || (Time)went_expires(root) < now;
}

/* The item of the session that once had this key. STATUS_NOT_FOUND without an issue. */
static Status find_session_item(StoreReader *reader, Ctx *cx, Str key, StoreItem *ret_item)
{
    for (int i = 0; i < WENT_MAX; i++) {
        JsonValue *root;
        Str value;
        *ret_item = (StoreItem){.space = handle_space(HANDLE_SESSION), .key = key};
        Status status = store_item_get(reader, ret_item->space, key, &ret_item->value);
        if (status != STATUS_NOT_FOUND)
            return status;
        TRY(store_item_get(reader, session_went_space, key, &value));
        TRY(json_parse(cx, value, &root));
        key = json_get_str(root, STR("to"));
    }
    return STATUS_NOT_FOUND;
}

bool app_session_is_stored(StoreReader *reader, Ctx *cx, Handle *handle)
{
    Handle session = {.kind = HANDLE_SESSION};
    StoreItem item;
    if (!handle->app || !handle->app->of_session)
        return true;
    memcpy(session.hash, handle->app->session, sizeof session.hash);
    Str key = handle_key(cx->arena, &session);
    return key.at && find_session_item(reader, cx, key, &item) == STATUS_OK &&
           set_session(cx, handle->app, item.key);
}

void session_tokens_follow(Handles *handles, const uint8_t *from, const uint8_t *to)
{
    pthread_rwlock_wrlock(&handles->lock);
    for (Handle *h = handles_next(handles, NULL); h; h = handles_next(handles, h)) {
        if (h->app && h->app->of_session && memcmp(h->app->session, from, CRYPTO_SHA256_BYTES) == 0)
            memcpy(h->app->session, to, CRYPTO_SHA256_BYTES);
    }
    pthread_rwlock_unlock(&handles->lock);
}

/* A grant is of the session as it was when it began. */
static Status follow_session(Auth *auth, Ctx *cx, Handle *handle)
{
    StoreReader *reader;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    bool there = app_session_is_stored(reader, cx, handle);
    store_read_end(reader);
    return there ? STATUS_OK
                 : ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "The session has ended.");
}

/* ---- made ---------------------------------------------------------------------------------- */

/* Under `change`: the account is still the one that let the program in. */
static Status app_account(Auth *auth, Ctx *cx, const AuthApp *wanted, Handle *handle)
{
    Account account;
    handle->role = short_of(STR("program"));
    if (!wanted->user.len)
        return STATUS_OK;
    Status status = account_read(auth, cx, wanted->user, &account);
    if (status == STATUS_NOT_FOUND ||
        (status == STATUS_OK && (account.public.blocked || account.changes != wanted->changes)))
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY,
                        "The account is blocked, or has changed since.");
    TRY(status);
    handle_set_account(handle, &account.public);
    handle->account_changes = account.changes;
    return STATUS_OK;
}

static Status app_add(Auth *auth, Ctx *cx, const AuthApp *wanted, Handle *handle)
{
    StoreItem *items = arena_array_of(cx->arena, StoreItem, wanted->item_count + 1);
    if (!items)
        return STATUS_MEMORY;
    TRY(handles_refresh(auth, cx));
    TRY(app_account(auth, cx, wanted, handle));
    TRY(follow_session(auth, cx, handle));
    handle->epoch = atomic_load(&auth->epoch);
    handle->checked = follow_clock();
    if (auth->handles.app_count >= APPS_MAX || auth->handles.count >= HANDLES_MAX)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Too many programs have tokens now.");
    if (wanted->item_count)
        memcpy(items, wanted->items, wanted->item_count * sizeof *items);
    TRY(handle_item(cx, handle, &items[wanted->item_count]));
    Change change = {.audit = {.interaction = wanted->interaction,
                               .account = wanted->user.len ? wanted->user : wanted->client,
                               .role = short_str(&handle->role),
                               .id = wanted->client,
                               .address = wanted->address},
                     .items = items,
                     .item_count = wanted->item_count + 1,
                     .guard = wanted->guard,
                     .epoch = auth->shared ? handle->epoch : 0};
    TRY(change_commit(auth, cx, &change));
    return handles_take(&auth->handles, handle)
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Too many sessions and tokens.");
}

Status auth_app_token(Auth *auth, Ctx *cx, const AuthApp *wanted, Str *ret_token)
{
    Str text;
    Time now = auth_now(auth);
    App *app = arena_new_of(cx->arena, App);
    Handle handle = {.kind = HANDLE_TOKEN,
                     .app = app,
                     .may_write = wanted->may_write,
                     .created = now,
                     .expires = now + wanted->seconds * TIME_SECOND};
    if (!app)
        return STATUS_MEMORY;
    if (!fill_app(cx, app, wanted->client, wanted->patient, wanted->grant, wanted->scopes,
                  wanted->session))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The token would be too long.");
    TRY(token_make(cx, &handle, &text));
    pthread_mutex_lock(&auth->change);
    Status status = app_add(auth, cx, wanted, &handle);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    *ret_token = text;
    return STATUS_OK;
}

/* ---- ended --------------------------------------------------------------------------------- */

static bool concerns(const Handle *handle, const AuthAppEnd *end)
{
    return handle->app && (end->client.len || end->grant.len || end->user.len) &&
           (!end->client.len || str_eq(short_str(&handle->app->client), end->client)) &&
           (!end->grant.len || str_eq(short_str(&handle->app->grant), end->grant)) &&
           (!end->user.len || str_eq(short_str(&handle->user), end->user));
}

/* Out of memory at once, whatever happens to the disk; the deletions behind the items. */
static Status take_out(Auth *auth, Ctx *cx, const AuthAppEnd *end, StoreItem **ret_items,
                       size_t *ret_count)
{
    Handles *handles = &auth->handles;
    Handle *next;
    Status status = STATUS_OK;
    size_t count = end->item_count;
    pthread_rwlock_wrlock(&handles->lock);
    StoreItem *items = arena_array_of(cx->arena, StoreItem, count + handles->app_count + 1);
    if (items && count)
        memcpy(items, end->items, count * sizeof *items);
    for (Handle *h = handles_next(handles, NULL); h; h = next) {
        next = handles_next(handles, h);
        if (!concerns(h, end))
            continue;
        Str key = handle_key(cx->arena, h);
        if (items && key.at)
            items[count++] = (StoreItem){.space = handle_space(h->kind), .key = key};
        else
            status = STATUS_MEMORY;
        handles_remove(handles, h);
    }
    pthread_rwlock_unlock(&handles->lock);
    *ret_items = items;
    *ret_count = count;
    return items ? status : STATUS_MEMORY;
}

static Status app_end(Auth *auth, Ctx *cx, const AuthAppEnd *end)
{
    StoreItem *items;
    size_t count;
    TRY(handles_refresh(auth, cx));
    TRY(take_out(auth, cx, end, &items, &count));
    Change change = {.by = end->by,
                     .audit = {.interaction = end->interaction,
                               .account = end->account,
                               .role = end->role,
                               .id = end->id,
                               .address = end->address},
                     .items = items,
                     .item_count = count,
                     .guard = end->guard,
                     .ends = true};
    return change_commit(auth, cx, &change);
}

Status auth_app_end(Auth *auth, Ctx *cx, const AuthAppEnd *end)
{
    pthread_mutex_lock(&auth->change);
    Status status = app_end(auth, cx, end);
    pthread_mutex_unlock(&auth->change);
    return status;
}

/* ---- asked --------------------------------------------------------------------------------- */

Status auth_app_find(Auth *auth, Ctx *cx, Str token, AuthAppToken *ret_token)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    const Access *access;
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    if (auth_bearer(auth, &quiet, token, &access) != STATUS_OK)
        return STATUS_NOT_FOUND;
    crypto_sha256(token, hash);
    pthread_rwlock_rdlock(&auth->handles.lock);
    const Handle *h = handles_find(&auth->handles, HANDLE_TOKEN, hash);
    bool found = h && h->app;
    if (found)
        *ret_token = (AuthAppToken){.client = arena_str(cx->arena, short_str(&h->app->client)),
                                    .user = arena_str(cx->arena, short_str(&h->user)),
                                    .scopes = access_scopes(access),
                                    .patient = access_patient(access),
                                    .grant = arena_str(cx->arena, short_str(&h->app->grant)),
                                    .created = h->created,
                                    .expires = h->expires};
    pthread_rwlock_unlock(&auth->handles.lock);
    return found ? STATUS_OK : STATUS_NOT_FOUND;
}

Status auth_account_now(Auth *auth, Ctx *cx, Str user, AuthAccount *ret_account,
                        uint64_t *ret_changes)
{
    Account account;
    TRY(account_read(auth, cx, user, &account));
    if (account.public.blocked)
        return STATUS_NOT_FOUND;
    *ret_account = account.public;
    *ret_changes = account.changes;
    return STATUS_OK;
}

Str auth_session_key(Arena *arena, Str cookie)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(cookie, hash);
    return crypto_hex(arena, str_n((const char *)hash, sizeof hash));
}

Status auth_session_lives(Auth *auth, Ctx *cx, Str key, bool *ret_lives)
{
    StoreReader *reader;
    Handle handle;
    StoreItem item;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = find_session_item(reader, cx, key, &item);
    store_read_end(reader);
    *ret_lives = false;
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(handle_parse(cx, HANDLE_SESSION, &item, &handle));
    *ret_lives = auth_now(auth) < handle.expires;
    return STATUS_OK;
}
