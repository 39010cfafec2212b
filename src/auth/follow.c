/* auth/follow.c - other nodes that share the store: what they made is fetched when it is asked
 * for, what they revoked is heeded.
 *
 * Whoever ends a session writes, in the same commit, an item of the space "revoked" under its
 * hash, and raises the store's epoch of accounts. A node looks at that epoch four times a
 * second, and at once when it hears EVENT_REVOKED; when it has changed, it takes all that is
 * listed out of its memory. Between two looks the epoch itself is the lock: commits for a session
 * carry the epoch in which it was recognised, and do not hold in another (auth_epoch).
 *
 * The list is kept for an hour; a node that has not looked for half of that (its machine was
 * asleep) forgets everything instead. */
#include "auth/inner.h"

#include <errno.h>
#include <time.h>

enum {
    FOLLOW_EVERY_MS = 250,
    FOLLOW_LEASE_MS = 1000,
    FOLLOW_WAIT_MS = 1000, /* for the store, on the thread of a request */
    KEPT_S = 3600,
    FOLLOW_BYTES_MAX = 64 << 20,
};

static const Str space = STR_INIT("revoked");

/* Goes on while the machine sleeps. */
static Time follow_clock(void)
{
    struct timespec at;
    clock_gettime(CLOCK_BOOTTIME, &at);
    return (Time)at.tv_sec * TIME_SECOND + at.tv_nsec / 1000;
}

uint64_t auth_epoch(const Auth *auth)
{
    return auth->shared ? atomic_load((_Atomic uint64_t *)(uintptr_t)&auth->following.epoch) : 0;
}

/* ---- looking ------------------------------------------------------------------ */

static Status lock_in_time(Auth *auth, Ctx *cx)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += FOLLOW_WAIT_MS / 1000;
    if (pthread_mutex_clocklock(&auth->following.lock, CLOCK_MONOTONIC, &end) == 0)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store does not say who is signed in.");
}

static Ctx impatient(Ctx *cx)
{
    Ctx own = {.arena = cx->arena, .deadline = time_monotonic() + FOLLOW_WAIT_MS * TIME_MS};
    if (cx->deadline && cx->deadline < own.deadline)
        own.deadline = cx->deadline;
    return own;
}

static void heed(Auth *auth, Arena *arena, const StoreItem *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Str hash;
        if (!crypto_hex_decode(arena, items[i].key, &hash) || hash.len != CRYPTO_SHA256_BYTES)
            continue;
        handles_drop(&auth->handles, HANDLE_SESSION, (const uint8_t *)hash.at);
        handles_drop(&auth->handles, HANDLE_TOKEN, (const uint8_t *)hash.at);
    }
}

/* Under `following`: what is listed leaves memory before the epoch is ours. */
static Status look_in(Auth *auth, Ctx *cx, StoreReader *reader, Time begun)
{
    Following *f = &auth->following;
    StoreMark mark;
    StoreItem *items;
    size_t count;
    TRY(store_mark(reader, &mark));
    uint64_t epoch = mark.epochs[STORE_EPOCH_AUTH];
    if (begun - f->looked > KEPT_S / 2 * TIME_SECOND)
        handles_clear(&auth->handles);
    if (epoch != f->epoch) {
        TRY(store_item_list(reader, space, &items, &count));
        heed(auth, cx->arena, items, count);
        f->epoch = epoch;
    }
    f->looked = begun;
    return STATUS_OK;
}

static Status look(Auth *auth, Ctx *cx)
{
    StoreReader *reader;
    Time begun = follow_clock();
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = look_in(auth, cx, reader, begun);
    store_read_end(reader);
    return status;
}

Status auth_follow(Auth *auth, Ctx *cx)
{
    if (!auth->shared)
        return STATUS_OK;
    Ctx own = impatient(cx);
    TRY(lock_in_time(auth, cx));
    Status status = look(auth, &own);
    pthread_mutex_unlock(&auth->following.lock);
    if (status == STATUS_OK)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store does not say who is signed in.");
}

static bool is_due(Auth *auth)
{
    return follow_clock() - auth->following.looked > FOLLOW_LEASE_MS * TIME_MS;
}

Status follow_when_due(Auth *auth, Ctx *cx)
{
    if (!is_due(auth))
        return STATUS_OK;
    Ctx own = impatient(cx);
    TRY(lock_in_time(auth, cx));
    Status status = is_due(auth) ? look(auth, &own) : STATUS_OK; /* one looks for all */
    pthread_mutex_unlock(&auth->following.lock);
    if (status == STATUS_OK)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store does not say who is signed in.");
}

/* ---- fetching ----------------------------------------------------------------- */

/* Under `following`, so that no look comes between what is read here and what memory then says: a
 * revocation is either seen here, or by the next look. */
static Status fetch_in(Auth *auth, Ctx *cx, StoreReader *reader, HandleKind kind,
                       const uint8_t *hash)
{
    Handle handle = {.kind = kind};
    memcpy(handle.hash, hash, CRYPTO_SHA256_BYTES);
    StoreItem item = {.space = handle_space(kind), .key = handle_key(cx->arena, &handle)};
    if (!item.key.at)
        return STATUS_MEMORY;
    Status status = store_item_get(reader, item.space, item.key, &item.value);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    bool there = status == STATUS_OK && handle_load(reader, cx, kind, &item, &handle);
    if (!there)
        handles_drop(&auth->handles, kind, hash);
    else if (!handles_put(&auth->handles, &handle))
        return STATUS_UNAVAILABLE;
    return STATUS_OK;
}

Status follow_fetch(Auth *auth, Ctx *cx, HandleKind kind, const uint8_t *hash)
{
    StoreReader *reader;
    Ctx own = impatient(cx);
    TRY(lock_in_time(auth, cx));
    Status status = store_read_begin(auth->store, &own, auth->self, &reader);
    if (status == STATUS_OK) {
        status = fetch_in(auth, &own, reader, kind, hash);
        store_read_end(reader);
    }
    pthread_mutex_unlock(&auth->following.lock);
    if (status == STATUS_OK)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store does not say who is signed in.");
}

static Status fetch_kind(Auth *auth, Ctx *cx, StoreReader *reader, HandleKind kind)
{
    StoreItem *items;
    size_t count;
    TRY(store_item_list(reader, handle_space(kind), &items, &count));
    for (size_t i = 0; i < count; i++) {
        Handle handle;
        Ctx quiet = {.arena = cx->arena};
        if (handle_load(reader, &quiet, kind, &items[i], &handle) &&
            !handles_put(&auth->handles, &handle))
            break;
    }
    return STATUS_OK;
}

Status follow_fetch_all(Auth *auth, Ctx *cx)
{
    StoreReader *reader;
    TRY(lock_in_time(auth, cx));
    Status status = store_read_begin(auth->store, cx, auth->self, &reader);
    if (status == STATUS_OK) {
        status = fetch_kind(auth, cx, reader, HANDLE_SESSION);
        if (status == STATUS_OK)
            status = fetch_kind(auth, cx, reader, HANDLE_TOKEN);
        store_read_end(reader);
    }
    pthread_mutex_unlock(&auth->following.lock);
    return status;
}

/* ---- telling ------------------------------------------------------------------ */

static bool ends_handle(const StoreItem *item)
{
    return item->value.len == 0 && (str_eq(item->space, handle_space(HANDLE_SESSION)) ||
                                    str_eq(item->space, handle_space(HANDLE_TOKEN)));
}

Status follow_items(Auth *auth, Ctx *cx, const Change *change, const StoreItem **ret_items,
                    size_t *ret_count, bool *ret_revokes)
{
    size_t count = change->item_count;
    *ret_items = change->items;
    *ret_count = count;
    *ret_revokes = false;
    if (!auth->shared || change->expired || !count)
        return STATUS_OK;
    StoreItem *items = arena_array_of(cx->arena, StoreItem, 2 * count);
    Str now = arena_format(cx->arena, "%lld", (long long)auth_now(auth));
    if (!items || !now.at)
        return STATUS_MEMORY;
    memcpy(items, change->items, count * sizeof *items);
    for (size_t i = 0; i < change->item_count; i++) {
        if (ends_handle(&change->items[i]))
            items[count++] = (StoreItem){space, change->items[i].key, now};
    }
    *ret_items = items;
    *ret_count = count;
    *ret_revokes = count > change->item_count;
    return STATUS_OK;
}

void follow_tell(Auth *auth, const Change *change)
{
    for (size_t i = 0; i < change->item_count; i++) {
        if (ends_handle(&change->items[i]))
            events_publish(auth->options.events, EVENT_REVOKED, change->items[i].key);
    }
}

/* ---- tidying ------------------------------------------------------------------ */

/* One handle, as memory and the store know it: whichever saw it used last is right. Guarded by
 * what the store said, so that two nodes that do this at once do not undo each other. */
static Status tidy_one(Auth *auth, Ctx *cx, const StoreItem *stored, Handle *handle,
                       unsigned written_every_s)
{
    Handle known;
    Time now = auth_now(auth);
    StoreItem item = {.space = stored->space, .key = stored->key};
    if (handle_parse(cx, handle->kind, stored, &known) != STATUS_OK)
        return STATUS_OK;
    bool newer = handle->seen >= known.seen + written_every_s * TIME_SECOND;
    if (known.seen > handle->seen)
        handle->seen = known.seen;
    bool live = handle_is_live(auth, handle, now);
    if (live && newer)
        TRY(handle_item(cx, handle, &item));
    if (!live || newer) {
        Change change = {.items = &item, .item_count = 1, .guard = stored, .expired = true};
        Ctx quiet = {.arena = cx->arena};
        Status status = change_commit(auth, &quiet, &change);
        if (status == STATUS_CONFLICT)
            return STATUS_OK; /* the next round sees what the other wrote */
        TRY(status);
    }
    if (!live)
        handles_drop(&auth->handles, handle->kind, handle->hash);
    else
        handles_used(&auth->handles, handle);
    return STATUS_OK;
}

static bool is_to_tidy(const Auth *auth, const Handle *handle, Time now, unsigned written_every_s)
{
    return !handle_is_live(auth, handle, now) ||
           handle->seen - handle->written >= written_every_s * TIME_SECOND;
}

static Status tidy_revoked(Auth *auth, Ctx *cx, const StoreItem *items, size_t count)
{
    StoreItem *old = arena_array_of(cx->arena, StoreItem, count + 1);
    Change change = {.items = old, .expired = true};
    Time now = auth_now(auth);
    if (!old)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        uint64_t at;
        if (!str_to_u64(items[i].value, &at) || now - (Time)at > KEPT_S * TIME_SECOND)
            old[change.item_count++] = (StoreItem){.space = space, .key = items[i].key};
    }
    return change.item_count ? change_commit(auth, cx, &change) : STATUS_OK;
}

Status follow_tidy(Auth *auth, Ctx *cx, unsigned written_every_s)
{
    StoreReader *reader;
    StoreItem *revoked;
    Handle *handles;
    size_t count, revoked_count;
    Time now = auth_now(auth);
    TRY(handles_copy_all(&auth->handles, cx->arena, 1, &handles, &count));
    StoreItem *stored = arena_array_of(cx->arena, StoreItem, count + 1);
    if (!stored)
        return STATUS_MEMORY;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_item_list(reader, space, &revoked, &revoked_count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (!is_to_tidy(auth, &handles[i], now, written_every_s))
            continue;
        StoreItem *item = &stored[i];
        *item = (StoreItem){handle_space(handles[i].kind), handle_key(cx->arena, &handles[i]),
                            STR_EMPTY};
        status = store_item_get(reader, item->space, item->key, &item->value);
        if (status == STATUS_NOT_FOUND) {
            handles_drop(&auth->handles, handles[i].kind, handles[i].hash);
            status = STATUS_OK;
        }
    }
    store_read_end(reader);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        handles[i].written = handles[i].seen;
        if (stored[i].value.len)
            status = tidy_one(auth, cx, &stored[i], &handles[i], written_every_s);
    }
    return status == STATUS_OK ? tidy_revoked(auth, cx, revoked, revoked_count) : status;
}

/* ---- the follower ------------------------------------------------------------- */

static void hear(void *owner, const Event *event)
{
    Auth *auth = owner;
    UNUSED(event);
    pthread_mutex_lock(&auth->following.wait);
    auth->following.heard = true;
    pthread_cond_signal(&auth->following.ring);
    pthread_mutex_unlock(&auth->following.wait);
}

static void wait_for_ring(Following *f)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += FOLLOW_EVERY_MS * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    int waited = 0;
    while (!f->stopping && !f->heard && waited != ETIMEDOUT)
        waited = pthread_cond_clockwait(&f->ring, &f->wait, CLOCK_MONOTONIC, &end);
    f->heard = false;
}

static void *follow(void *of)
{
    Auth *auth = of;
    Following *f = &auth->following;
    Arena *arena = arena_new(FOLLOW_BYTES_MAX, true);
    pthread_mutex_lock(&f->wait);
    while (arena && !f->stopping) {
        wait_for_ring(f);
        if (f->stopping)
            break;
        pthread_mutex_unlock(&f->wait);
        Ctx cx = {.arena = arena};
        (void)(auth_follow(auth, &cx) == STATUS_OK); /* if not: requests look themselves */
        arena_clear(arena);
        pthread_mutex_lock(&f->wait);
    }
    pthread_mutex_unlock(&f->wait);
    if (arena)
        arena_free(arena);
    return NULL;
}

Status following_init(Auth *auth, Ctx *cx)
{
    Following *f = &auth->following;
    if (!auth->shared)
        return STATUS_OK;
    pthread_mutex_init(&f->lock, NULL);
    pthread_mutex_init(&f->wait, NULL);
    pthread_cond_init(&f->ring, NULL);
    f->looked = follow_clock();
    TRY(look(auth, cx)); /* what was revoked since memory was read is on the list */
    if (!auth->options.background)
        return STATUS_OK;
    if (pthread_create(&f->follower, NULL, follow, auth) != 0)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "No thread for other nodes.");
    f->runs = true;
    events_subscribe(auth->options.events, EVENT_BIT(EVENT_REVOKED), hear, auth);
    return STATUS_OK;
}

void following_release(Auth *auth)
{
    Following *f = &auth->following;
    if (!f->runs)
        return;
    events_unsubscribe(auth->options.events, auth);
    pthread_mutex_lock(&f->wait);
    f->stopping = true;
    pthread_cond_signal(&f->ring);
    pthread_mutex_unlock(&f->wait);
    pthread_join(f->follower, NULL);
    f->runs = false;
}
