/* search/ridhash.h - the hash of "Patient/123" by the number of the resource.
 *
 * What a number stands for never changes, so what is here is true in every snapshot and on every
 * node. Any thread may call; nobody waits. */
#ifndef ACESO_SEARCH_RIDHASH_H
#define ACESO_SEARCH_RIDHASH_H

#include "base/base.h"

typedef struct RidHashes RidHashes;

/* In the arena, which must outlive it. */
Status ridhash_new(Arena *arena, RidHashes **ret_hashes) MUST_USE;
bool ridhash_get(RidHashes *hashes, uint64_t rid, uint64_t *ret_hash);
void ridhash_put(RidHashes *hashes, uint64_t rid, uint64_t hash);

#endif
