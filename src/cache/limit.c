/* cache/limit.c - a table of sliding windows.
 *
 * A caller's rate is taken as  last * (what is left of the last window) + current, which is at
 * most off by how unevenly the last window was filled; it needs two numbers a caller.
 *
 *   elsewhere   what other nodes had in this window when the cache last told (total - told)
 *   told        what of ours the cache has
 *   untold      what it has not; what was lost on the way comes back to it
 *
 * Four places for a caller, chosen by a keyed hash: nobody can push another out on purpose. */
#include "cache/limit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    WAYS = 4,
    ROWS = LIMIT_CALLERS_MAX / WAYS,
    LOCKS = 64,
    TELL_EVERY_MS = 100,
    NAME_BYTES_MAX = 160,
};

typedef struct {
    uint64_t caller; /* hash; 0 = free */
    int64_t window;  /* which one `told` and the others are of */
    uint64_t last;   /* all that was counted in the one before */
    uint64_t elsewhere, told, untold;
    uint64_t telling; /* of untold, on its way */
    Time asked;       /* when it was last told */
} Counter;

struct Limits {
    Arena *arena;
    Cache *cache;
    Str space;
    uint64_t per_window;
    uint8_t key[CRYPTO_HASH64_KEY_BYTES];
    atomic_uint_fast64_t refused;
    pthread_mutex_t locks[LOCKS]; /* of rows, by their number */
    Counter counters[ROWS][WAYS];
};

/* What an answer of the cache belongs to. */
typedef struct {
    Limits *limits;
    uint64_t caller;
    int64_t window;
} Telling;

Status limits_new(Ctx *cx, Cache *cache, Str space, uint64_t per_window, Limits **ret_limits)
{
    Arena *arena = arena_new(sizeof(Limits) + (1 << 16), false);
    Limits *limits = arena ? arena_new_of(arena, Limits) : NULL;
    UNUSED(cx);
    if (!limits)
        return STATUS_MEMORY;
    limits->arena = arena;
    limits->cache = cache;
    limits->space = space;
    limits->per_window = per_window;
    crypto_random(limits->key, sizeof limits->key);
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&limits->locks[i], NULL);
    *ret_limits = limits;
    return STATUS_OK;
}

void limits_free(Limits *limits)
{
    if (!limits)
        return;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&limits->locks[i]);
    arena_free(limits->arena);
}

uint64_t limits_refused(const Limits *limits)
{
    return limits ? atomic_load((atomic_uint_fast64_t *)(uintptr_t)&limits->refused) : 0;
}

static Counter *find(Limits *limits, uint64_t caller)
{
    Counter *row = limits->counters[caller % ROWS];
    for (size_t i = 0; i < WAYS; i++) {
        if (row[i].caller == caller)
            return &row[i];
    }
    return NULL;
}

static uint64_t counted(const Counter *counter)
{
    return counter->elsewhere + counter->told + counter->untold;
}

/* Who goes: the one of an older window, or of fewer calls. */
static Counter *make_room(Limits *limits, uint64_t caller, int64_t window)
{
    Counter *row = limits->counters[caller % ROWS], *least = row;
    for (size_t i = 1; i < WAYS; i++) {
        bool older = row[i].window < least->window;
        if (older || (row[i].window == least->window && counted(&row[i]) < counted(least)))
            least = &row[i];
    }
    *least = (Counter){.caller = caller, .window = window};
    return least;
}

static void turn(Counter *counter, int64_t window)
{
    if (counter->window == window)
        return;
    uint64_t last = counter->window + 1 == window ? counted(counter) : 0;
    *counter = (Counter){
        .caller = counter->caller, .window = window, .last = last, .asked = counter->asked};
}

/* When one more call would fit, if nobody calls meanwhile. */
static unsigned wait_s(const Limits *limits, const Counter *counter, Time into)
{
    const Time window = LIMIT_WINDOW_S * TIME_SECOND;
    uint64_t now = counted(counter);
    Time wait = window - into; /* then what is now current begins to fade */
    if (now < limits->per_window && counter->last)
        wait = window - into -
               (Time)((double)(limits->per_window - now) / (double)counter->last * (double)window);
    else if (now)
        wait += (Time)((1 - (double)(limits->per_window - 1) / (double)now) * (double)window);
    if (wait < TIME_SECOND)
        wait = TIME_SECOND;
    if (wait > 2 * window)
        wait = 2 * window;
    return (unsigned)((wait + TIME_SECOND - 1) / TIME_SECOND);
}

static pthread_mutex_t *lock_of(Limits *limits, uint64_t caller)
{
    return &limits->locks[caller % ROWS % LOCKS];
}

static void told(void *owner, bool known, uint64_t total)
{
    Telling *telling = owner;
    Limits *limits = telling->limits;
    pthread_mutex_lock(lock_of(limits, telling->caller));
    Counter *counter = find(limits, telling->caller);
    if (counter && counter->window == telling->window) {
        if (known) {
            counter->untold -= counter->telling;
            counter->told += counter->telling;
            counter->elsewhere = total > counter->told ? total - counter->told : 0;
        }
        counter->telling = 0;
    }
    pthread_mutex_unlock(lock_of(limits, telling->caller));
    free(telling);
}

static bool is_to_tell(const Limits *limits, const Counter *counter, Time now)
{
    return limits->cache && counter->untold && !counter->telling &&
           now - counter->asked >= TELL_EVERY_MS * TIME_MS;
}

static void tell(Limits *limits, Str who, const Counter *counter)
{
    char name[NAME_BYTES_MAX + 24];
    Telling *telling = malloc(sizeof *telling);
    if (!telling)
        return; /* in the next window, then */
    *telling = (Telling){limits, counter->caller, counter->window};
    int len = snprintf(name, sizeof name, "%lld " STR_FMT, (long long)counter->window,
                       STR_ARG(str_head(who, NAME_BYTES_MAX)));
    cache_count(limits->cache, limits->space, str_n(name, (size_t)len), counter->telling,
                2 * LIMIT_WINDOW_S, told, telling);
}

unsigned limits_take_at(Limits *limits, Str who, Time now)
{
    if (!limits)
        return 0;
    const Time window = LIMIT_WINDOW_S * TIME_SECOND;
    uint64_t caller = crypto_hash64(limits->key, who) | 1;
    unsigned wait = 0;
    pthread_mutex_lock(lock_of(limits, caller));
    Counter *counter = find(limits, caller);
    if (!counter)
        counter = make_room(limits, caller, now / window);
    turn(counter, now / window);
    double left = 1 - (double)(now % window) / (double)window;
    double rate = (double)counter->last * left + (double)counted(counter);
    if (rate + 1 > (double)limits->per_window)
        wait = wait_s(limits, counter, now % window);
    else
        counter->untold++;
    bool tells = is_to_tell(limits, counter, now);
    if (tells) {
        counter->telling = counter->untold;
        counter->asked = now;
    }
    Counter copy = *counter;
    pthread_mutex_unlock(lock_of(limits, caller));
    if (tells)
        tell(limits, who, &copy);
    if (wait)
        atomic_fetch_add_explicit(&limits->refused, 1, memory_order_relaxed);
    return wait;
}

unsigned limits_take(Limits *limits, Str who)
{
    return limits ? limits_take_at(limits, who, time_now()) : 0;
}
