/* store/idcache.h - remembers which rid an id has. That never changes, so nothing has
 * to be taken out; what it says is checked against the row, so it may forget and be wrong.
 * Lock-free, fixed size. */
#ifndef ACESO_STORE_IDCACHE_H
#define ACESO_STORE_IDCACHE_H

#include <stdatomic.h>

#include "base/base.h"
#include "crypto/crypto.h"

enum { IDCACHE_SLOTS = 1 << 19 }; /* 4 MB */

typedef struct {
    uint8_t key[CRYPTO_HASH64_KEY_BYTES];
    _Atomic uint64_t *slots; /* 16 bits of the hash, 48 of the rid */
} IdCache;

bool idcache_init(IdCache *cache) MUST_USE;
void idcache_clear(IdCache *cache);
/* 0 = not known. */
uint64_t idcache_get(IdCache *cache, uint16_t type, Str id);
void idcache_put(IdCache *cache, uint16_t type, Str id, uint64_t rid);

#endif
