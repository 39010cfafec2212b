/* store/sqlite/rowcache.h - current rows, packed, in memory: a read by id then costs no page.
 *
 * A page of the file is 4 KB to decrypt and check; a packed row is 400 bytes. Rows are kept
 * by rid in sets of four, the oldest of a set goes first.
 *
 * Never stale: the writer drops a row before the commit that replaces it becomes visible,
 * and remembers the number of that change; a reader whose snapshot is older cannot put the
 * old row back. A row is shown only to snapshots that have its change. */
#ifndef ACESO_STORE_SQLITE_ROWCACHE_H
#define ACESO_STORE_SQLITE_ROWCACHE_H

#include "store/store.h"

typedef struct RowCache RowCache;

/* NULL: out of memory. */
RowCache *rowcache_new(size_t bytes_max);
void rowcache_free(RowCache *cache);

/* The row as a snapshot at `seq` sees it, with its packed body, in the arena. False when it
 * is not here. ret_seq: the change that made the row. */
bool rowcache_get(RowCache *cache, uint64_t rid, uint64_t seq, Arena *arena, StoreRow *ret_row,
                  Str *ret_packed, uint64_t *ret_seq);
/* What a snapshot at `seq` has read. */
void rowcache_put(RowCache *cache, uint64_t seq, const StoreRow *row, uint64_t row_seq, Str packed);
/* The writer's: change `seq` replaces the row. */
void rowcache_drop(RowCache *cache, uint64_t rid, uint64_t seq);

#endif
