/* cache/cache.c - opening and closing; counters and messages as commands of Redis. */
#include "cache/inner.h"

#include <sys/eventfd.h>
#include <unistd.h>

enum { CACHE_BYTES_MAX = 1 << 20, SCRATCH_BYTES_MAX = 4 << 20 };

#define COUNT(cache, name, by)                                                                     \
    atomic_fetch_add_explicit(&(cache)->numbers.name, (uint64_t)(by), memory_order_relaxed)

/* ---- life ---------------------------------------------------------------------- */

static Status start(Cache *cache, Ctx *cx, const CacheOptions *options)
{
    TRY(crypto_init(cx));
    TRY(place_parse(cx, cache->arena, options->url, &cache->place));
    if (options->password.len)
        cache->place.password = arena_str(cache->arena, options->password);
    keys_derive(options->key, &cache->keys);
    cache->channel = name_of(&cache->keys, STR("messages"), STR_EMPTY);
    cache->timeout = (options->timeout_ms ? options->timeout_ms : TIMEOUT_MS) * TIME_MS;
    cache->scratch = arena_new(SCRATCH_BYTES_MAX, true);
    cache->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!cache->scratch || cache->wake < 0)
        return STATUS_MEMORY;
    if (pthread_create(&cache->thread, NULL, cache_thread, cache) != 0)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "No thread for the cache.");
    return STATUS_OK;
}

static void release(Cache *cache)
{
    if (cache->wake >= 0)
        close(cache->wake);
    if (cache->scratch)
        arena_free(cache->scratch);
    pthread_mutex_destroy(&cache->lock);
    arena_free(cache->arena);
}

Status cache_open(Ctx *cx, const CacheOptions *options, Cache **ret_cache)
{
    Arena *arena = arena_new(sizeof(Cache) + CACHE_BYTES_MAX, true);
    Cache *cache = arena ? arena_new_of(arena, Cache) : NULL;
    if (!cache)
        return STATUS_MEMORY;
    cache->arena = arena;
    cache->wake = -1;
    pthread_mutex_init(&cache->lock, NULL);
    Status status = start(cache, cx, options);
    if (status != STATUS_OK) {
        release(cache);
        return status;
    }
    *ret_cache = cache;
    return STATUS_OK;
}

void cache_close(Cache *cache)
{
    if (!cache)
        return;
    atomic_store(&cache->stopping, true);
    cache_wake(cache);
    pthread_join(cache->thread, NULL);
    release(cache);
}

/* ---- counters ------------------------------------------------------------------ */

/* One script is one round trip, and the counter cannot be left without an end. */
#define COUNT_SCRIPT                                                                               \
    "local n = redis.call('INCRBY', KEYS[1], ARGV[1])\n"                                           \
    "if n == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end\n"                  \
    "return n"

typedef struct {
    CacheCounted counted;
    void *owner;
} Counting;

static void count_done(void *of, const redisReply *reply)
{
    Counting *counting = of;
    bool known = reply && reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0;
    counting->counted(counting->owner, known, known ? (uint64_t)reply->integer : 0);
    free(counting);
}

void cache_count(Cache *cache, Str space, Str id, uint64_t add, unsigned seconds,
                 CacheCounted counted, void *owner)
{
    Words words = {.count = 0};
    char by[24], end[16];
    Counting *counting = cache ? malloc(sizeof *counting) : NULL;
    if (!counting) {
        counted(owner, false, 0);
        return;
    }
    *counting = (Counting){counted, owner};
    Name name = name_of(&cache->keys, space, id);
    snprintf(by, sizeof by, "%llu", (unsigned long long)add);
    snprintf(end, sizeof end, "%u", seconds);
    words_add(&words, STR("EVAL"));
    words_add(&words, STR(COUNT_SCRIPT));
    words_add(&words, STR("1"));
    words_add(&words, str_n(name.text, NAME_LEN));
    words_add(&words, str_of(by));
    words_add(&words, str_of(end));
    COUNT(cache, counts, 1);
    call_tell(cache, &words, count_done, counting);
}

/* ---- messages ------------------------------------------------------------------ */

void cache_publish(Cache *cache, Str message)
{
    Words words = {.count = 0};
    size_t len;
    if (!cache || !atomic_load(&cache->up))
        return;
    char *sealed = seal_bytes(&cache->keys, &cache->channel, message, &len);
    if (!sealed)
        return;
    words_add(&words, STR("PUBLISH"));
    words_add(&words, str_n(cache->channel.text, NAME_LEN));
    words_add(&words, str_n(sealed, len));
    call_tell(cache, &words, NULL, NULL);
    free(sealed);
    COUNT(cache, published, 1);
}

void cache_listen(Cache *cache, CacheHeard heard, void *owner)
{
    if (!cache)
        return;
    pthread_mutex_lock(&cache->lock);
    cache->heard = heard;
    cache->heard_owner = owner;
    pthread_mutex_unlock(&cache->lock);
    cache_wake(cache);
}

/* ---- how it goes --------------------------------------------------------------- */

CacheState cache_state(Cache *cache)
{
    return !cache ? CACHE_NONE : atomic_load(&cache->up) ? CACHE_UP : CACHE_DOWN;
}

void cache_stats(Cache *cache, CacheStats *ret_stats)
{
    *ret_stats = (CacheStats){.state = cache_state(cache)};
    if (!cache)
        return;
#define GET(name) ret_stats->name = atomic_load(&cache->numbers.name)
    GET(damaged);
    GET(counts);
    GET(published);
    GET(heard);
    GET(dropped);
    GET(slow);
    GET(opened);
#undef GET
    ret_stats->listening = atomic_load(&cache->listening);
}
