/* cache/cache.c - opening and closing; values, counters and messages as commands of Redis. */
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

/* ---- values -------------------------------------------------------------------- */

/* A string that Redis gave, opened. */
static Str open_value(Cache *cache, const Name *name, Arena *arena, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_STRING)
        return (Str){0};
    Str value = unseal_bytes(&cache->keys, name, arena, str_n(reply->str, (size_t)reply->len));
    if (!value.at)
        COUNT(cache, damaged, 1);
    return value;
}

static size_t open_values(Cache *cache, Arena *arena, const Name *names, const redisReply *reply,
                          size_t count, Str *ret_values)
{
    size_t hits = 0;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count)
        return 0;
    for (size_t i = 0; i < count; i++) {
        ret_values[i] = open_value(cache, &names[i], arena, reply->element[i]);
        hits += ret_values[i].at != NULL;
    }
    return hits;
}

size_t cache_get_many(Cache *cache, Arena *arena, Str space, const Str *ids, size_t count,
                      Str *ret_values)
{
    Words words = {.count = 0};
    size_t hits = 0;
    assert(count <= CACHE_MANY_MAX);
    memset(ret_values, 0, count * sizeof *ret_values);
    if (!cache || !count)
        return 0;
    Name *names = atomic_load(&cache->up) ? arena_array_of(arena, Name, count) : NULL;
    if (!names) {
        COUNT(cache, unknown, count);
        return 0;
    }
    words_add(&words, STR("MGET"));
    for (size_t i = 0; i < count; i++) {
        names[i] = name_of(&cache->keys, space, ids[i]);
        words_add(&words, str_n(names[i].text, NAME_LEN));
    }
    redisReply *reply = call_ask(cache, &words);
    if (reply) {
        hits = open_values(cache, arena, names, reply, count, ret_values);
        freeReplyObject(reply);
        COUNT(cache, hits, hits);
        COUNT(cache, misses, count - hits);
    } else {
        COUNT(cache, unknown, count);
    }
    return hits;
}

bool cache_get(Cache *cache, Arena *arena, Str space, Str id, Str *ret_value)
{
    Str value;
    if (cache_get_many(cache, arena, space, &id, 1, &value) != 1)
        return false;
    *ret_value = value;
    return true;
}

void cache_set(Cache *cache, Str space, Str id, Str value, unsigned seconds)
{
    Words words = {.count = 0};
    char end[16];
    size_t len;
    if (!cache || !atomic_load(&cache->up) || value.len > CACHE_VALUE_BYTES_MAX)
        return;
    Name name = name_of(&cache->keys, space, id);
    char *sealed = seal_bytes(&cache->keys, &name, value, &len);
    if (!sealed)
        return;
    snprintf(end, sizeof end, "%u", seconds ? seconds : 1);
    words_add(&words, STR("SET"));
    words_add(&words, str_n(name.text, NAME_LEN));
    words_add(&words, str_n(sealed, len));
    words_add(&words, STR("EX"));
    words_add(&words, str_of(end));
    call_tell(cache, &words, NULL, NULL);
    free(sealed);
    COUNT(cache, sets, 1);
}

void cache_delete(Cache *cache, Str space, Str id)
{
    Words words = {.count = 0};
    if (!cache)
        return;
    Name name = name_of(&cache->keys, space, id);
    words_add(&words, STR("UNLINK"));
    words_add(&words, str_n(name.text, NAME_LEN));
    call_tell(cache, &words, NULL, NULL);
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
    GET(hits);
    GET(misses);
    GET(unknown);
    GET(damaged);
    GET(sets);
    GET(counts);
    GET(published);
    GET(heard);
    GET(dropped);
    GET(slow);
    GET(opened);
#undef GET
    ret_stats->listening = atomic_load(&cache->listening);
}
