/* search/ridhash.c - one slot for each number that has the same last bits; the last one stays. */
#include "search/ridhash.h"

#include <stdatomic.h>

enum { SLOTS = 1 << 17 }; /* 2 MB: the patients of a large network */

/* Two threads may write the halves of a slot at once. What they leave belongs together only if
 * one of them wrote both: mark ^ hash is the number. */
typedef struct {
    _Atomic uint64_t mark, hash;
} Slot;

struct RidHashes {
    Slot slots[SLOTS];
};

Status ridhash_new(Arena *arena, RidHashes **ret_hashes)
{
    *ret_hashes = arena_new_of(arena, RidHashes);
    return *ret_hashes ? STATUS_OK : STATUS_MEMORY;
}

bool ridhash_get(RidHashes *hashes, uint64_t rid, uint64_t *ret_hash)
{
    Slot *slot = &hashes->slots[rid % SLOTS];
    *ret_hash = atomic_load_explicit(&slot->hash, memory_order_relaxed);
    return (atomic_load_explicit(&slot->mark, memory_order_relaxed) ^ *ret_hash) == rid;
}

void ridhash_put(RidHashes *hashes, uint64_t rid, uint64_t hash)
{
    Slot *slot = &hashes->slots[rid % SLOTS];
    atomic_store_explicit(&slot->hash, hash, memory_order_relaxed);
    atomic_store_explicit(&slot->mark, rid ^ hash, memory_order_relaxed);
}
