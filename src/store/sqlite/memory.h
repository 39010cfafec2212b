/* store/sqlite/memory.h - which memtables are there: the active one and one being merged.
 *
 * A MemoryView is that list at one moment, immutable and counted. A reader holds one; the
 * writer makes a new one when the list changes. */
#ifndef ACESO_STORE_SQLITE_MEMORY_H
#define ACESO_STORE_SQLITE_MEMORY_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/sqlite/memtable.h"

enum { MEMORY_TABLES_MAX = 2 };

typedef struct {
    _Atomic unsigned holders;
    unsigned count;
    Memtable *tables[MEMORY_TABLES_MAX]; /* newest first; held by the view */
} MemoryView;

typedef struct {
    pthread_mutex_t lock;
    MemoryView *_Atomic now;
} Memory;

void memory_init(Memory *memory);
void memory_clear(Memory *memory);

MemoryView *memory_hold(Memory *memory);
void memory_release(MemoryView *view);
/* Whether the list has not changed since the view was taken. */
bool memory_is_now(Memory *memory, const MemoryView *view);

/* The writer's: a new list. The view takes its own references. false: out of memory. */
bool memory_set(Memory *memory, Memtable *active, Memtable *frozen) MUST_USE;

/* A view outside any list, on tables that it takes over. NULL: out of memory. */
MemoryView *memory_view(Memtable *table);

/* The newest word on the first key that starts with prefix, as of change seq: 1 there, -1
 * removed, 0 nothing known. */
int memory_find(const MemoryView *view, Str prefix, uint64_t seq, Str *ret_key);

#endif
