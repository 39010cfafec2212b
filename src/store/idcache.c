/* store/idcache.c - one slot per hash; the last one wins. */
#include "store/idcache.h"

#include <stdlib.h>

enum { RID_BITS = 48 };

static const uint64_t rid_mask = ((uint64_t)1 << RID_BITS) - 1;

bool idcache_init(IdCache *cache)
{
    crypto_random(cache->key, sizeof(cache->key));
    cache->slots = calloc(IDCACHE_SLOTS, sizeof(*cache->slots));
    return cache->slots != NULL;
}

void idcache_clear(IdCache *cache)
{
    free(cache->slots);
    cache->slots = NULL;
}

static uint64_t hash_id(const IdCache *cache, uint16_t type, Str id)
{
    char bytes[2 + 255];
    assert(id.len < 256);
    memcpy(bytes, &type, sizeof(type));
    memcpy(bytes + sizeof(type), id.at, id.len);
    return crypto_hash64(cache->key, str_n(bytes, sizeof(type) + id.len));
}

uint64_t idcache_get(IdCache *cache, uint16_t type, Str id)
{
    uint64_t hash = hash_id(cache, type, id);
    uint64_t slot = atomic_load_explicit(&cache->slots[hash % IDCACHE_SLOTS], memory_order_relaxed);
    return (slot ^ hash) >> RID_BITS ? 0 : slot & rid_mask;
}

void idcache_put(IdCache *cache, uint16_t type, Str id, uint64_t rid)
{
    uint64_t hash = hash_id(cache, type, id);
    atomic_store_explicit(&cache->slots[hash % IDCACHE_SLOTS], (hash & ~rid_mask) | rid,
                          memory_order_relaxed);
}
