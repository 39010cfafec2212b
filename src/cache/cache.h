/* cache/cache.h - what several nodes share for speed, in Redis or Valkey. Never the truth.
 *
 * The only home of hiredis. Whoever asks must be right without an answer: Redis may be away,
 * slow, emptied, hold old numbers, or be read and written by others. So messages are sealed
 * (XAES-256-GCM, bound to their name), names are keyed hashes, a message that does not open was
 * never said, and one that does is a hint to look at the store.
 *
 * A NULL Cache is allowed everywhere and has nothing: one node alone needs no Redis.
 *
 * One thread talks: one connection for commands, pipelined, one for messages. No call waits. An
 * answer that takes longer than `timeout_ms` closes the connection and opens the circuit: until
 * Redis answers a ping again, every call comes to nothing at once. docs/internals/cache.md
 *
 * Any thread may call anything here; cache_close comes last. */
#ifndef ACESO_CACHE_H
#define ACESO_CACHE_H

#include "base/base.h"
#include "crypto/crypto.h"

typedef struct Cache Cache;

typedef struct {
    /* redis://[[user]:password@]host[:port][/database], unix:PATH, or unix:PATH?db=3. */
    Str url;
    Str password;                  /* in place of the one in the URL, or empty */
    uint8_t key[CRYPTO_KEY_BYTES]; /* the network's; the same on all its nodes */
    unsigned timeout_ms;           /* 0 = 50 */
} CacheOptions;

/* STATUS_INVALID or STATUS_UNSUPPORTED with an issue when that is not such a URL. */
Status cache_check_url(Ctx *cx, Str url) MUST_USE;
/* STATUS_INVALID when the URL is none. Redis need not be there: it is looked for from now on. */
Status cache_open(Ctx *cx, const CacheOptions *options, Cache **ret_cache) MUST_USE;
void cache_close(Cache *cache);

/* ---- counters ---------------------------------------------------------------- */

/* Adds to the counter of a window that ends by itself after `seconds`; what it then stands at
 * comes to `counted` on the cache's thread, which must be quick; known is false when nobody
 * knows. Does not wait. Counters are not sealed: others who write into Redis can change them. */
typedef void (*CacheCounted)(void *owner, bool known, uint64_t total);
void cache_count(Cache *cache, Str space, Str id, uint64_t add, unsigned seconds,
                 CacheCounted counted, void *owner);

/* ---- messages ---------------------------------------------------------------- */

/* To all nodes, this one among them. Does not wait and may come to nothing. */
void cache_publish(Cache *cache, Str message);
/* `heard` is called on the cache's thread and must be quick: a message, or at = NULL when some
 * may have been missed (at the start, and whenever the connection was lost). One listener. */
typedef void (*CacheHeard)(void *owner, Str message);
void cache_listen(Cache *cache, CacheHeard heard, void *owner);

/* ---- how it goes ------------------------------------------------------------- */

typedef enum {
    CACHE_NONE, /* a NULL Cache */
    CACHE_DOWN, /* the circuit is open: nothing is asked */
    CACHE_UP,
} CacheState;

typedef struct {
    CacheState state;
    bool listening;            /* the connection for messages stands */
    uint64_t damaged;          /* messages that did not open */
    uint64_t counts;           /* sent */
    uint64_t published, heard; /* messages */
    uint64_t dropped;          /* calls that came to nothing */
    uint64_t slow;             /* how often an answer took too long */
    uint64_t opened;           /* how often the circuit opened */
} CacheStats;
void cache_stats(Cache *cache, CacheStats *ret_stats);
CacheState cache_state(Cache *cache);

#endif
