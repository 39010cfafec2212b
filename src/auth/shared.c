/* auth/shared.c - sessions and tokens where several processes share a store.
 *
 * What memory knows of a session is good in the epoch (store.h) in which it was read. Every access
 * ends in a commit that names this epoch, and every change that ends a session or token raises it:
 * so what was ended on one node is refused by the store on all others, and read again here. A
 * session that memory does not know may have begun elsewhere: the store is asked. */
#include "auth/inner.h"

#include <stdlib.h>

/* ---- what the store says --------------------------------------------------------------- */

typedef struct {
    Auth *auth;
    Ctx *cx;
    StoreReader *reader;
    StoreItem *accounts; /* all of them, in order; or NULL: each is looked up */
    size_t account_count;
    Time begun; /* on follow_clock */
} Reading;

static int compare_keys(const void *key, const void *item)
{
    return str_cmp(*(const Str *)key, ((const StoreItem *)item)->key);
}

static Status find_account(const Reading *reading, Str user, Account *ret_account)
{
    if (!reading->accounts)
        return account_read_in(reading->reader, reading->cx, user, ret_account);
    const StoreItem *item =
        bsearch(&user, reading->accounts, reading->account_count, sizeof(StoreItem), compare_keys);
    return item ? account_parse(reading->cx, item, ret_account) : STATUS_NOT_FOUND;
}

/* A handle whose account is gone or blocked, or whose password has changed since, or that cannot
 * be read, opens nothing. */
static bool load_handle(const Reading *reading, HandleKind kind, const StoreItem *item,
                        Handle *handle)
{
    Account account;
    if (handle_parse(reading->cx, kind, item, handle) != STATUS_OK)
        return false;
    if (handle->user.len == 0)
        return kind == HANDLE_TOKEN;
    if (find_account(reading, short_str(&handle->user), &account) != STATUS_OK ||
        account.public.blocked ||
        ((kind == HANDLE_SESSION || handle->app) && handle->account_changes != account.changes))
        return false;
    if (handle->app && !app_session_is_stored(reading->reader, reading->cx, handle))
        return false;
    handle_set_account(handle, &account.public);
    return true;
}

/* ---- into memory ------------------------------------------------------------------------ */

/* With the lock held for writing. false: the table is full. */
static bool keep(Auth *auth, const Handle *read, uint64_t epoch, Time begun)
{
    Handle *handle = handles_find(&auth->handles, read->kind, read->hash);
    if (!handle)
        handle = handles_add(&auth->handles, read);
    if (!handle)
        return false;
    if (read->seen > handle->seen)
        handle->seen = read->seen;
    if (read->written > handle->written)
        handle->written = read->written;
    handle->display = read->display;
    handle->role = read->role;
    handle->reference = read->reference;
    handle->language = read->language;
    handle->locked = read->locked;
    handle->epoch = epoch;
    handle->checked = begun;
    return true;
}

static void know_epoch(Auth *auth, uint64_t epoch)
{
    uint64_t known = atomic_load(&auth->epoch);
    while (known < epoch && !atomic_compare_exchange_weak(&auth->epoch, &known, epoch))
        continue;
}

/* ---- one -------------------------------------------------------------------------------- */

static Status recheck_in(const Reading *reading, HandleKind kind, const uint8_t *hash)
{
    Auth *auth = reading->auth;
    Handle read = {.kind = kind};
    StoreMark mark;
    memcpy(read.hash, hash, sizeof(read.hash));
    StoreItem item = {handle_space(kind), handle_key(reading->cx->arena, &read), STR_EMPTY};
    if (!item.key.at)
        return STATUS_MEMORY;
    TRY(store_mark(reading->reader, &mark));
    Status status = store_item_get(reading->reader, item.space, item.key, &item.value);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    know_epoch(auth, mark.epochs[STORE_EPOCH_AUTH]);
    if (status == STATUS_NOT_FOUND || !load_handle(reading, kind, &item, &read)) {
        handles_drop(&auth->handles, kind, hash);
        return STATUS_NOT_FOUND;
    }
    pthread_rwlock_wrlock(&auth->handles.lock);
    bool kept = keep(auth, &read, mark.epochs[STORE_EPOCH_AUTH], reading->begun);
    pthread_rwlock_unlock(&auth->handles.lock);
    return kept ? STATUS_OK : STATUS_UNAVAILABLE;
}

Status handle_recheck(Auth *auth, Ctx *cx, HandleKind kind, const uint8_t *hash)
{
    Ctx scratch = {.arena = cx->arena, .deadline = cx->deadline}; /* nobody needs its issues */
    Reading reading = {.auth = auth, .cx = &scratch, .begun = follow_clock()};
    TRY(store_read_begin(auth->store, &scratch, auth->self, &reading.reader));
    Status status = recheck_in(&reading, kind, hash);
    store_read_end(reading.reader);
    return status;
}

/* The access of a caller who was there a moment ago: is he still? */
Status handle_renew(void *of, Ctx *cx, bool is_token, const uint8_t *hash, uint64_t *ret_epoch)
{
    Auth *auth = of;
    HandleKind kind = is_token ? HANDLE_TOKEN : HANDLE_SESSION;
    Status status = handle_recheck(auth, cx, kind, hash);
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
    if (status != STATUS_OK)
        return ctx_fail(cx, status, STR_EMPTY, "Who is signed in cannot be read now.");
    pthread_rwlock_rdlock(&auth->handles.lock);
    const Handle *handle = handles_find(&auth->handles, kind, hash);
    bool live = handle && handle_is_live(auth, handle, auth_now(auth));
    *ret_epoch = live ? handle->epoch : 0;
    pthread_rwlock_unlock(&auth->handles.lock);
    return live ? STATUS_OK : ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
}

/* ---- all -------------------------------------------------------------------------------- */

static Status load_all(const Reading *reading, HandleKind kind, uint64_t epoch)
{
    Auth *auth = reading->auth;
    StoreItem *items;
    size_t count;
    TRY(store_item_list(reading->reader, handle_space(kind), &items, &count));
    pthread_rwlock_wrlock(&auth->handles.lock);
    for (size_t i = 0; i < count; i++) {
        Handle handle;
        if (load_handle(reading, kind, &items[i], &handle) &&
            !keep(auth, &handle, epoch, reading->begun))
            break;
    }
    pthread_rwlock_unlock(&auth->handles.lock);
    return STATUS_OK;
}

/* What the list of that epoch did not have. */
static void drop_older(Auth *auth, uint64_t epoch)
{
    Handles *handles = &auth->handles;
    Handle *next;
    pthread_rwlock_wrlock(&handles->lock);
    for (Handle *h = handles_next(handles, NULL); h; h = next) {
        next = handles_next(handles, h);
        if (h->epoch < epoch)
            handles_remove(handles, h);
    }
    pthread_rwlock_unlock(&handles->lock);
}

static Status refresh_in(Reading *reading)
{
    Auth *auth = reading->auth;
    StoreMark mark;
    TRY(store_mark(reading->reader, &mark));
    TRY(store_item_list(reading->reader, STR("account"), &reading->accounts,
                        &reading->account_count));
    uint64_t epoch = mark.epochs[STORE_EPOCH_AUTH];
    TRY(load_all(reading, HANDLE_TOKEN, epoch));
    TRY(load_all(reading, HANDLE_SESSION, epoch));
    know_epoch(auth, epoch);
    drop_older(auth, epoch);
    auth->following.looked = reading->begun;
    return STATUS_OK;
}

Status handles_load(Auth *auth, Ctx *cx)
{
    Ctx scratch = {.arena = cx->arena, .deadline = cx->deadline};
    Reading reading = {.auth = auth, .cx = &scratch, .begun = follow_clock()};
    TRY(store_read_begin(auth->store, &scratch, auth->self, &reading.reader));
    Status status = refresh_in(&reading);
    store_read_end(reading.reader);
    return status;
}

Status handles_refresh(Auth *auth, Ctx *cx)
{
    return auth->shared ? handles_load(auth, cx) : STATUS_OK;
}

Status handles_catch_up(Auth *auth, Ctx *cx)
{
    pthread_mutex_lock(&auth->change);
    Status status = handles_refresh(auth, cx);
    pthread_mutex_unlock(&auth->change);
    return status;
}
