/* auth/auth.c - start, housekeeping, end. */
#include "auth/inner.h"
#include "auth/change.h"

#include <time.h>

#include "access/grant.h"

enum {
    TIDY_EVERY_S = 30,
    SEEN_WRITTEN_EVERY_S = 60,
    TIDY_BYTES_MAX = 64 << 20, /* all handles at once, 500 bytes each, and old counters */
};

const Access *auth_operator(Arena *arena)
{
    return access_grant(arena, &(AccessGrant){.account = STR("operator"),
                                              .role = STR("operator"),
                                              .may_write = true,
                                              .everything = true});
}

/* ---- start ------------------------------------------------------------------- */

static Status load(Auth *auth, Ctx *cx)
{
    StoreReader *reader;
    TRY(handles_load(auth, cx));
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = lockouts_load(auth, cx, reader);
    store_read_end(reader);
    return status;
}

static AuthOptions with_defaults(const AuthOptions *options)
{
    AuthOptions all = options ? *options : (AuthOptions){0};
    if (!all.idle_s)
        all.idle_s = 15 * 60;
    if (!all.absolute_s)
        all.absolute_s = 12 * 60 * 60;
    if (!all.hashes_max)
        all.hashes_max = 2;
    if (!all.waiting_max)
        all.waiting_max = 16;
    if (!all.issuer.len)
        all.issuer = STR("Aceso");
    if (!all.clock)
        all.clock = time_now;
    return all;
}

static void *tidier(void *of)
{
    Auth *auth = of;
    Arena *arena = arena_new(TIDY_BYTES_MAX, true);
    pthread_mutex_lock(&auth->tidier_lock);
    while (!auth->stopping && arena) {
        struct timespec end;
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec += TIDY_EVERY_S;
        pthread_cond_timedwait(&auth->tidier_stop, &auth->tidier_lock, &end);
        if (auth->stopping)
            break;
        pthread_mutex_unlock(&auth->tidier_lock);
        Ctx cx = {.arena = arena};
        (void)(auth_tidy(auth, &cx) == STATUS_OK); /* if not: in 30 seconds again */
        arena_clear(arena);
        pthread_mutex_lock(&auth->tidier_lock);
    }
    pthread_mutex_unlock(&auth->tidier_lock);
    if (arena)
        arena_free(arena);
    return NULL;
}

static Status start(Auth *auth, Ctx *cx)
{
    Ctx own = {.arena = auth->arena};
    TRY(crypto_init(cx));
    TRY(handles_init(&auth->handles));
    TRY(lockouts_init(&auth->lockouts));
    TRY(hashing_init(&auth->hashing));
    TRY(crypto_password_of_nobody(&own, &auth->nobody));
    TRY(cards_start(auth, cx));
    auth->self = access_grant(auth->arena, &(AccessGrant){.account = STR("auth"),
                                                          .role = STR("system"),
                                                          .may_write = true,
                                                          .everything = true});
    if (!auth->self)
        return STATUS_MEMORY;
    if (auth->options.providers) {
        auth->provided = net_cache_new(auth->options.clock);
        if (!auth->provided)
            return STATUS_MEMORY;
    }
    TRY(load(auth, cx));
    TRY(follow_start(auth, cx));
    TRY(post_start(auth, cx));
    if (auth->options.background) {
        if (pthread_create(&auth->tidier, NULL, tidier, auth) != 0)
            return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "No thread for sessions.");
        auth->tidier_runs = true;
    }
    return STATUS_OK;
}

Status auth_new(Ctx *cx, Store *store, const AuthOptions *options, Auth **ret_auth)
{
    Arena *arena = arena_new(sizeof(Auth) + (1 << 16), true);
    Auth *auth = arena ? arena_new_of(arena, Auth) : NULL;
    if (!auth)
        return STATUS_MEMORY;
    auth->arena = arena;
    auth->store = store;
    auth->shared = store_is_shared(store);
    auth->options = with_defaults(options);
    auth->options.issuer = arena_str(arena, auth->options.issuer);
    auth->options.breached = arena_str(arena, auth->options.breached); /* with a NUL */
    auth->options.origin = arena_str(arena, auth->options.origin);
    if (!auth->options.issuer.at || !auth->options.origin.at || !auth->options.breached.at) {
        arena_free(arena);
        return STATUS_MEMORY;
    }
    auth->hashing.running_max = auth->options.hashes_max;
    auth->hashing.waiting_max = auth->options.waiting_max;
    pthread_mutex_init(&auth->change, NULL);
    pthread_mutex_init(&auth->keys.lock, NULL);
    pthread_mutex_init(&auth->cards.lock, NULL);
    pthread_mutex_init(&auth->post.lock, NULL);
    pthread_cond_init(&auth->post.ring, NULL);
    pthread_mutex_init(&auth->following.lock, NULL);
    pthread_cond_init(&auth->following.ring, NULL);
    pthread_mutex_init(&auth->tidier_lock, NULL);
    pthread_cond_init(&auth->tidier_stop, NULL);
    Status status = start(auth, cx);
    if (status != STATUS_OK) {
        auth->store = NULL; /* nothing to write */
        auth_free(auth);
        return status;
    }
    *ret_auth = auth;
    return STATUS_OK;
}

/* ---- housekeeping ------------------------------------------------------------ */

/* Under `change`. Deletions of what is over, and when the rest was last used. */
static Status tidy_items(Auth *auth, Ctx *cx, Time now, unsigned written_every_s, StoreItem *items,
                         size_t *count)
{
    const Handles *handles = &auth->handles;
    for (Handle *h = handles_next(handles, NULL); h; h = handles_next(handles, h)) {
        StoreItem *item = &items[*count];
        if (!handle_is_kept(h, now)) {
            *item = (StoreItem){.space = handle_space(h->kind), .key = handle_key(cx->arena, h)};
            if (!item->key.at)
                return STATUS_MEMORY;
        } else if (h->seen > h->written && h->seen - h->written >= written_every_s * TIME_SECOND) {
            TRY(handle_item(cx, h, item));
        } else {
            continue;
        }
        ++*count;
    }
    return STATUS_OK;
}

static void tidy_memory(Auth *auth, Time now, unsigned written_every_s)
{
    Handles *handles = &auth->handles;
    Handle *next;
    pthread_rwlock_wrlock(&handles->lock);
    for (Handle *h = handles_next(handles, NULL); h; h = next) {
        next = handles_next(handles, h);
        if (!handle_is_kept(h, now))
            handles_remove(handles, h);
        else if (h->seen - h->written >= written_every_s * TIME_SECOND)
            h->written = h->seen;
    }
    pthread_rwlock_unlock(&handles->lock);
}

/* Under `change`. */
static Status tidy(Auth *auth, Ctx *cx, unsigned written_every_s)
{
    StoreReader *reader;
    StoreItem *old;
    size_t old_count, count = 0;
    Time now = auth_now(auth);
    TRY(handles_refresh(auth, cx));
    uint64_t epoch = auth->shared ? atomic_load(&auth->epoch) : 0;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = lockouts_tidy(auth, cx, reader, &old, &old_count);
    store_read_end(reader);
    TRY(status);
    pthread_rwlock_rdlock(&auth->handles.lock); /* others may find handles meanwhile */
    StoreItem *items = arena_array_of(cx->arena, StoreItem, auth->handles.count + old_count + 1);
    status = items ? tidy_items(auth, cx, now, written_every_s, items, &count) : STATUS_MEMORY;
    pthread_rwlock_unlock(&auth->handles.lock);
    TRY(status);
    if (old_count)
        memcpy(items + count, old, old_count * sizeof *old);
    Change change = {.items = items, .item_count = count + old_count, .epoch = epoch};
    if (change.item_count == 0)
        return STATUS_OK;
    status = change_commit(auth, cx, &change);
    if (status == STATUS_OK)
        tidy_memory(auth, now, written_every_s);
    else
        lockouts_tidy_again(auth);
    return status;
}

Status auth_tidy(Auth *auth, Ctx *cx)
{
    pthread_mutex_lock(&auth->change);
    Status status = tidy(auth, cx, SEEN_WRITTEN_EVERY_S);
    pthread_mutex_unlock(&auth->change);
    return status;
}

unsigned auth_idle_s(const Auth *auth)
{
    return auth->options.idle_s;
}

Status auth_ping(Auth *auth, Ctx *cx)
{
    StoreReader *reader;
    Str value;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_item_get(reader, STR("ping"), STR("ping"), &value);
    store_read_end(reader);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* ---- end --------------------------------------------------------------------- */

static void stop_tidier(Auth *auth)
{
    pthread_mutex_lock(&auth->tidier_lock);
    auth->stopping = true;
    pthread_cond_signal(&auth->tidier_stop);
    pthread_mutex_unlock(&auth->tidier_lock);
    if (auth->tidier_runs)
        pthread_join(auth->tidier, NULL);
}

void auth_free(Auth *auth)
{
    if (!auth)
        return;
    stop_tidier(auth);
    post_stop(auth);
    follow_stop(auth);
    if (auth->store) {
        Ctx cx = {.arena = arena_new(TIDY_BYTES_MAX, true)};
        if (cx.arena) {
            (void)(tidy(auth, &cx, 1) == STATUS_OK); /* else people sign in once more */
            arena_free(cx.arena);
        }
    }
    cards_release(&auth->cards);
    hashing_release(&auth->hashing);
    lockouts_release(&auth->lockouts);
    net_cache_free(auth->provided);
    handles_release(&auth->handles);
    pthread_cond_destroy(&auth->post.ring);
    pthread_mutex_destroy(&auth->post.lock);
    pthread_mutex_destroy(&auth->keys.lock);
    pthread_cond_destroy(&auth->tidier_stop);
    pthread_mutex_destroy(&auth->tidier_lock);
    pthread_cond_destroy(&auth->following.ring);
    pthread_mutex_destroy(&auth->following.lock);
    pthread_mutex_destroy(&auth->change);
    arena_free(auth->arena);
}
