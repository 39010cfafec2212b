/* store/rowcache.h - current rows, packed, in memory: a read by id then costs no page, and no
 * question to a database.
 *
 * A page of the file is 4 KB to decrypt and check; a packed row is 400 bytes. Rows are kept
 * by rid in sets of four, the oldest of a set goes first.
 *
 * Never stale: whoever learns of a change drops the row before the commit becomes visible here,
 * and the number of that change is remembered; a reader whose snapshot is older cannot put the
 * old row back. A row is shown only to snapshots that have its change, and of its turn: a number
 * of whoever keeps the cache, who forgets all rows by taking another one. */
#ifndef ACESO_STORE_ROWCACHE_H
#define ACESO_STORE_ROWCACHE_H

#include "store/store.h"

typedef struct RowCache RowCache;

/* NULL: out of memory. */
RowCache *rowcache_new(size_t bytes_max);
void rowcache_free(RowCache *cache);

typedef struct {
    uint64_t turn, seq; /* the newest change in it */
} RowSnapshot;

/* The row as a snapshot sees it, with its packed body when ret_packed is not NULL, in the arena.
 * False when it is not here. ret_seq: a change since which the row is what it is. */
bool rowcache_get(RowCache *cache, uint64_t rid, RowSnapshot at, Arena *arena, StoreRow *ret_row,
                  Str *ret_packed, uint64_t *ret_seq);
/* Whether there is a row of this number, for whomever; 0: none. */
bool rowcache_has(RowCache *cache, uint64_t rid);
/* Whether it is here with its body, of that turn. */
bool rowcache_is_whole(RowCache *cache, uint64_t rid, uint64_t turn);
/* Whether the row is here as it was in that turn, in that version. */
bool rowcache_is(RowCache *cache, uint64_t rid, uint64_t turn, uint32_t version);
/* What a snapshot has read. packed.at NULL: without its body. */
void rowcache_put(RowCache *cache, RowSnapshot at, const StoreRow *row, uint64_t row_seq,
                  Str packed);
/* The writer's: change `seq` replaces the row. */
void rowcache_drop(RowCache *cache, uint64_t rid, uint64_t seq);

#endif
