/* store/sqlite/memtable.h - the index keys that are not yet in the table, in order.
 *
 * A skip list over one reserved stretch of address space. One thread adds; any number read
 * at the same time without a lock. An entry says: since change `seq` this key is there, or is
 * gone. Entries are ordered by key, newest first, so the first entry of a key with
 * seq <= S is what a snapshot at change S sees.
 *
 * It knows nothing of SQL, resources or what a key means. */
#ifndef ACESO_STORE_SQLITE_MEMTABLE_H
#define ACESO_STORE_SQLITE_MEMTABLE_H

#include "base/base.h"

typedef struct Memtable Memtable;

/* Holds entries with seq > base. One reference belongs to the caller. NULL: out of memory. */
Memtable *memtable_new(uint64_t base);
void memtable_hold(Memtable *table);
void memtable_release(Memtable *table); /* the last one frees it */

/* The single writer's. false: out of memory. Sorted input is the fastest. */
bool memtable_add(Memtable *table, Str key, uint64_t seq, bool removed) MUST_USE;
/* The newest change that any entry belongs to; base when there is none. The writer's. */
uint64_t memtable_last_seq(const Memtable *table);

size_t memtable_bytes(const Memtable *table);
size_t memtable_count(const Memtable *table); /* entries */

typedef struct {
    const Memtable *table;
    uint32_t node; /* 0 = at the end */
} MemtableAt;

/* The first entry with a key >= key. */
MemtableAt memtable_seek(const Memtable *table, Str key);
/* The last entry, the oldest word, of the last key < key. */
MemtableAt memtable_before(const Memtable *table, Str key);
void memtable_next(MemtableAt *at);

static inline bool memtable_at_end(const MemtableAt *at)
{
    return at->node == 0;
}

Str memtable_key(const MemtableAt *at); /* lives as long as the table */
uint64_t memtable_seq(const MemtableAt *at);
bool memtable_removed(const MemtableAt *at);

#endif
