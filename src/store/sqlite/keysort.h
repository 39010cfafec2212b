/* store/sqlite/keysort.h - index keys put in order before they go into a memtable.
 *
 * A skip list takes keys in random order in a microsecond each, sorted ones in less than half
 * of that: so what comes in bulk is sorted first, and a commit's keys on the caller's thread. */
#ifndef ACESO_STORE_SQLITE_KEYSORT_H
#define ACESO_STORE_SQLITE_KEYSORT_H

#include "base/base.h"

typedef struct {
    uint64_t head; /* the first eight bytes of the key, as a number */
    const char *at;
    uint64_t seq : 47;
    uint64_t removed : 1;
    uint64_t len : 16;
} SortKey;

SortKey sort_key(Str key, uint64_t seq, bool removed);
/* By key, newest first: the order of a memtable. */
void sort_keys(SortKey *keys, size_t count);

static inline Str sort_key_str(const SortKey *key)
{
    return str_n(key->at, key->len);
}

#endif
