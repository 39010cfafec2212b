/* store/rowcache.c - sets of four entries behind striped locks. */
#include "store/rowcache.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    WAYS = 4,
    STRIPES = 64,
    ENTRY_BYTES = 512,          /* what an entry is expected to take */
    PACKED_BYTES_MAX = 16 << 10 /* larger rows are rare, and worth their pages */
};

typedef struct {
    StoreRow row; /* id and facts point behind the entry */
    uint64_t turn, seq;
    size_t bytes;
    bool has_body;
    uint32_t packed_len;
    char data[]; /* id, facts, packed body */
} Entry;

typedef struct {
    Entry *ways[WAYS];
    unsigned next; /* to be replaced */
} Set;

typedef struct {
    pthread_mutex_t lock;
    uint64_t dropped; /* the newest change that replaced a row of this stripe */
} Stripe;

struct RowCache {
    Stripe stripes[STRIPES];
    Set *sets;
    size_t set_count;
    _Atomic size_t bytes;
    size_t bytes_max;
};

RowCache *rowcache_new(size_t bytes_max)
{
    RowCache *cache = calloc(1, sizeof(RowCache));
    if (!cache)
        return NULL;
    cache->bytes_max = bytes_max;
    cache->set_count = bytes_max / ENTRY_BYTES / WAYS + STRIPES;
    cache->sets = calloc(cache->set_count, sizeof(Set));
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_init(&cache->stripes[i].lock, NULL);
    if (cache->sets)
        return cache;
    rowcache_free(cache);
    return NULL;
}

void rowcache_free(RowCache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; cache->sets && i < cache->set_count; i++) {
        for (size_t k = 0; k < WAYS; k++)
            free(cache->sets[i].ways[k]);
    }
    for (size_t i = 0; i < STRIPES; i++)
        pthread_mutex_destroy(&cache->stripes[i].lock);
    free(cache->sets);
    free(cache);
}

/* Numbers in a row go to sets in a row: no hash is needed, and neighbours do not collide. */
static Set *set_of(RowCache *cache, uint64_t rid)
{
    return &cache->sets[rid % cache->set_count];
}

static Stripe *stripe_of(RowCache *cache, uint64_t rid)
{
    return &cache->stripes[rid % cache->set_count % STRIPES];
}

/* The way that holds rid, or WAYS. */
static size_t find(const Set *set, uint64_t rid)
{
    size_t way = 0;
    while (way < WAYS && (!set->ways[way] || set->ways[way]->row.rid != rid))
        way++;
    return way;
}

static void remove_way(RowCache *cache, Set *set, size_t way)
{
    Entry *entry = set->ways[way];
    if (!entry)
        return;
    atomic_fetch_sub_explicit(&cache->bytes, entry->bytes, memory_order_relaxed);
    set->ways[way] = NULL;
    free(entry);
}

static const Entry *entry_for(const Set *set, uint64_t rid, RowSnapshot at, bool with_body)
{
    size_t way = find(set, rid);
    const Entry *entry = way < WAYS ? set->ways[way] : NULL;
    bool fits = entry && entry->turn == at.turn && entry->seq <= at.seq;
    return fits && (entry->has_body || !with_body) ? entry : NULL;
}

bool rowcache_get(RowCache *cache, uint64_t rid, RowSnapshot at, Arena *arena, StoreRow *ret_row,
                  Str *ret_packed, uint64_t *ret_seq)
{
    Stripe *stripe = stripe_of(cache, rid);
    bool found = false;
    pthread_mutex_lock(&stripe->lock);
    const Entry *entry = entry_for(set_of(cache, rid), rid, at, ret_packed != NULL);
    if (entry) {
        StoreRow row = entry->row;
        Str packed = str_n(entry->data + row.id.len + row.facts.len, entry->packed_len);
        if (ret_packed)
            packed = arena_str(arena, packed);
        row.id = arena_str(arena, row.id);
        row.facts = arena_str(arena, row.facts);
        found = row.id.at && row.facts.at && packed.at;
        if (found) {
            *ret_row = row;
            *ret_seq = entry->seq;
        }
        if (found && ret_packed)
            *ret_packed = packed;
    }
    pthread_mutex_unlock(&stripe->lock);
    return found;
}

bool rowcache_has(RowCache *cache, uint64_t rid)
{
    if (!rid)
        return false;
    Stripe *stripe = stripe_of(cache, rid);
    pthread_mutex_lock(&stripe->lock);
    bool has = find(set_of(cache, rid), rid) < WAYS;
    pthread_mutex_unlock(&stripe->lock);
    return has;
}

bool rowcache_is(RowCache *cache, uint64_t rid, uint64_t turn, uint32_t version)
{
    Stripe *stripe = stripe_of(cache, rid);
    pthread_mutex_lock(&stripe->lock);
    const Set *set = set_of(cache, rid);
    size_t way = find(set, rid);
    bool is = way < WAYS && set->ways[way]->turn == turn && set->ways[way]->row.version == version;
    pthread_mutex_unlock(&stripe->lock);
    return is;
}

bool rowcache_is_whole(RowCache *cache, uint64_t rid, uint64_t turn)
{
    if (!rid)
        return false;
    Stripe *stripe = stripe_of(cache, rid);
    pthread_mutex_lock(&stripe->lock);
    const Set *set = set_of(cache, rid);
    size_t way = find(set, rid);
    bool whole = way < WAYS && set->ways[way]->turn == turn &&
                 (set->ways[way]->has_body || set->ways[way]->row.deleted);
    pthread_mutex_unlock(&stripe->lock);
    return whole;
}

static Entry *entry_new(RowSnapshot at, const StoreRow *row, uint64_t row_seq, Str packed)
{
    size_t bytes = sizeof(Entry) + row->id.len + row->facts.len + packed.len;
    Entry *entry = malloc(bytes);
    if (!entry)
        return NULL;
    *entry = (Entry){.row = *row,
                     .turn = at.turn,
                     .seq = row_seq,
                     .bytes = bytes + 16 /* malloc's own */,
                     .has_body = packed.at != NULL,
                     .packed_len = (uint32_t)packed.len};
    char *to = entry->data;
    memcpy(to, row->id.at, row->id.len);
    entry->row.id.at = to;
    to += row->id.len;
    if (row->facts.len)
        memcpy(to, row->facts.at, row->facts.len);
    entry->row.facts.at = to;
    to += row->facts.len;
    if (packed.len)
        memcpy(to, packed.at, packed.len);
    entry->row.body = STR_EMPTY;
    return entry;
}

/* Where a new entry may stand: an empty way, else the one whose turn it is. WAYS: the cache
 * is full and this set has nothing to give. */
static size_t make_room(RowCache *cache, Set *set)
{
    bool full = atomic_load_explicit(&cache->bytes, memory_order_relaxed) >= cache->bytes_max;
    for (size_t way = 0; way < WAYS && !full; way++) {
        if (!set->ways[way])
            return way;
    }
    for (size_t tries = 0; tries < WAYS; tries++) {
        size_t way = set->next++ % WAYS;
        if (set->ways[way]) {
            remove_way(cache, set, way);
            return way;
        }
    }
    return WAYS;
}

/* Whether what stands there is to make room for the same row. */
static bool is_better(const Entry *new, const Entry *old)
{
    return new->turn > old->turn || (new->turn == old->turn &&new->has_body && !old->has_body);
}

void rowcache_put(RowCache *cache, RowSnapshot at, const StoreRow *row, uint64_t row_seq,
                  Str packed)
{
    if (packed.len > PACKED_BYTES_MAX)
        return;
    Entry *entry = entry_new(at, row, row_seq, packed);
    if (!entry)
        return; /* a cache may forget */
    Stripe *stripe = stripe_of(cache, row->rid);
    Set *set = set_of(cache, row->rid);
    pthread_mutex_lock(&stripe->lock);
    size_t way = find(set, row->rid);
    bool wanted = at.seq >= stripe->dropped && (way == WAYS || is_better(entry, set->ways[way]));
    if (wanted && way < WAYS)
        remove_way(cache, set, way);
    way = wanted ? make_room(cache, set) : WAYS;
    if (way < WAYS) {
        set->ways[way] = entry;
        atomic_fetch_add_explicit(&cache->bytes, entry->bytes, memory_order_relaxed);
        entry = NULL;
    }
    pthread_mutex_unlock(&stripe->lock);
    free(entry);
}

void rowcache_drop(RowCache *cache, uint64_t rid, uint64_t seq)
{
    Stripe *stripe = stripe_of(cache, rid);
    Set *set = set_of(cache, rid);
    pthread_mutex_lock(&stripe->lock);
    size_t way = find(set, rid);
    if (way < WAYS)
        remove_way(cache, set, way);
    if (seq > stripe->dropped)
        stripe->dropped = seq;
    pthread_mutex_unlock(&stripe->lock);
}
