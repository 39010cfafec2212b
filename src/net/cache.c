/* net/cache.c - a table of documents by their address. */
#include "net/cache.h"

#include <pthread.h>

typedef struct {
    Arena *arena; /* of its texts; NULL: the place is free */
    Str url, body;
    Time fetched; /* when the last answer came that was good; 0: none yet */
    Time fresh;   /* until when it holds */
    Time failed;  /* when it last failed; 0: it did not */
    Time wanted;
    bool busy; /* somebody is fetching it */
} Kept;

struct NetCache {
    pthread_mutex_t lock;
    pthread_cond_t done;
    Time (*clock)(void);
    Arena *arena;
    unsigned inside; /* who fetch, and who wait for them */
    Kept kept[NET_KEPT_MAX];
};

NetCache *net_cache_new(Time (*clock)(void))
{
    Arena *arena = arena_new(sizeof(NetCache) + 4096, false);
    NetCache *cache = arena ? arena_new_of(arena, NetCache) : NULL;
    if (!cache) {
        if (arena)
            arena_free(arena);
        return NULL;
    }
    cache->arena = arena;
    cache->clock = clock ? clock : time_monotonic;
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->done, NULL);
    return cache;
}

void net_cache_free(NetCache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < NET_KEPT_MAX; i++) {
        if (cache->kept[i].arena)
            arena_free(cache->kept[i].arena);
    }
    pthread_mutex_destroy(&cache->lock);
    pthread_cond_destroy(&cache->done);
    arena_free(cache->arena);
}

/* Its place, or a free one, or that of the one nobody wanted for longest; NULL: all are busy. */
static Kept *place_of(NetCache *cache, Str url)
{
    Kept *best = NULL;
    for (size_t i = 0; i < NET_KEPT_MAX; i++) {
        Kept *one = &cache->kept[i];
        if (one->arena && str_eq(one->url, url))
            return one;
        bool better = !best || (best->arena && (!one->arena || one->wanted < best->wanted));
        if (!one->busy && better)
            best = one;
    }
    return best;
}

/* Whether what is kept (or that nothing is) is the answer. */
static bool is_settled(const Kept *one, Time now, bool renew)
{
    if (one->failed && now < one->failed + NET_AGAIN_S * TIME_SECOND)
        return true;
    if (!one->fetched || now >= one->fresh)
        return false;
    return !renew || now < one->fetched + NET_RENEW_S * TIME_SECOND;
}

static bool keep(Kept *one, Str url, Str body)
{
    Arena *arena = arena_new(NET_KEPT_BYTES_MAX + NET_URL_BYTES_MAX + 4096, false);
    Str kept_url = arena ? arena_str(arena, url) : STR_EMPTY;
    Str kept_body = arena ? arena_str(arena, body) : STR_EMPTY;
    if (!arena || !kept_url.at || !kept_body.at) {
        if (arena)
            arena_free(arena);
        return false;
    }
    if (one->arena)
        arena_free(one->arena);
    one->arena = arena;
    one->url = kept_url;
    one->body = kept_body;
    return true;
}

static Status fetch(Ctx *cx, const NetRequest *request, NetResponse *answer)
{
    NetRequest get = *request;
    get.method = NET_GET;
    get.body_bytes_max = NET_KEPT_BYTES_MAX;
    TRY(net_fetch(cx, &get, answer));
    return answer->http == 200
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                          "The other server answered with status %u.", answer->http);
}

/* With the lock, which is let go while the other server is asked. */
static Status renew_it(NetCache *cache, Ctx *cx, Kept *one, const NetRequest *request)
{
    NetResponse answer = {0};
    one->busy = true;
    cache->inside++;
    pthread_mutex_unlock(&cache->lock);
    Status status = fetch(cx, request, &answer);
    pthread_mutex_lock(&cache->lock);
    Time now = cache->clock();
    unsigned fresh = status == STATUS_OK ? net_fresh_s(&answer, NET_FRESH_S) : 0;
    if (status == STATUS_OK && !keep(one, one->url, answer.body))
        status = STATUS_MEMORY;
    one->busy = false;
    cache->inside--;
    one->failed = status == STATUS_OK ? 0 : now;
    if (status == STATUS_OK) {
        one->fetched = now;
        one->fresh = now + (fresh < NET_FRESH_MOST_S ? fresh : NET_FRESH_MOST_S) * TIME_SECOND;
    }
    pthread_cond_broadcast(&cache->done);
    return status;
}

static Status find(NetCache *cache, Ctx *cx, const NetRequest *request, Kept **ret_kept)
{
    Time now = cache->clock();
    Kept *one = place_of(cache, request->url);
    if (!one)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Too many other servers are asked.");
    if (!one->arena || !str_eq(one->url, request->url)) {
        if (!keep(one, request->url, STR_EMPTY))
            return STATUS_MEMORY;
        one->fetched = one->fresh = one->failed = 0;
    }
    one->wanted = now;
    *ret_kept = one;
    return STATUS_OK;
}

static Status get(NetCache *cache, Ctx *cx, const NetRequest *request, bool renew, Str *ret_body)
{
    Kept *one;
    TRY(find(cache, cx, request, &one));
    if ((one->busy || !is_settled(one, cache->clock(), renew)) && cache->inside >= NET_INSIDE_MAX)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Too many other servers are asked.");
    while (one->busy) {
        cache->inside++;
        pthread_cond_wait(&cache->done, &cache->lock); /* it ends: every fetch has its time */
        cache->inside--;
        TRY(find(cache, cx, request, &one));
        renew = false; /* what has just come is new enough */
    }
    Time now = cache->clock();
    if (!is_settled(one, now, renew))
        TRY(renew_it(cache, cx, one, request));
    else if (!one->fetched || now >= one->fresh)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The other server did not answer a moment ago.");
    *ret_body = arena_str(cx->arena, one->body);
    return ret_body->at ? STATUS_OK : STATUS_MEMORY;
}

Status net_cache_get(NetCache *cache, Ctx *cx, const NetRequest *request, bool renew, Str *ret_body)
{
    if (request->url.len > NET_URL_BYTES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The address is too long.");
    pthread_mutex_lock(&cache->lock);
    Status status = get(cache, cx, request, renew, ret_body);
    pthread_mutex_unlock(&cache->lock);
    return status;
}
