/* store/postgres/kept.h - current rows in memory, and the changes up to which they are right.
 *
 * Other nodes write too, and nobody tells this one. But changes have numbers that become visible in
 * their order, so the snapshot itself says it: with its mark comes the number of its newest change.
 *
 *   known   all changes up to this number have been looked at: their rows were dropped
 *   floor   of changes up to this number nobody knows which rows they touched
 *   turn    rows are of a turn; another one forgets them all
 *
 * A snapshot at change S that began in this turn, S >= floor, may put rows that it has read, and
 * takes rows when S <= known, after asking for the changes in between if it must. That this is
 * right whatever the order in which snapshots begin and rows are put: search/sight.c, which does
 * the same with facts; the rows themselves: store/rowcache.h.
 *
 * Another turn begins when facts of rows may have changed without a change number
 * (STORE_EPOCH_ACCESS), and when a connection was lost. When numbers went back the process ends:
 * the database lacks changes that were seen (a standby that was behind took over), and who is
 * signed in, what somebody may see and what was found may all be remembered from them. */
#ifndef ACESO_STORE_POSTGRES_KEPT_H
#define ACESO_STORE_POSTGRES_KEPT_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/idcache.h"
#include "store/rowcache.h"

enum { KEPT_CHANGES_MAX = 1000 }; /* more in between: all rows are forgotten */

typedef struct {
    pthread_mutex_t lock; /* of what follows, but not of rows */
    uint64_t floor, epoch;
    bool blank;          /* the next snapshot begins a turn */
    _Atomic Time asking; /* until then nothing is answered unasked */
    Time pause;          /* how long that lasts */
    _Atomic uint64_t turn, known, seen;
    RowCache *rows;
    IdCache ids;
} Kept;

bool kept_init(Kept *kept, size_t bytes_max) MUST_USE;
void kept_clear(Kept *kept);
/* A connection was lost. */
void kept_forget(Kept *kept);

/* The largest change number that any snapshot has shown; before a snapshot is asked for. */
uint64_t kept_seen(const Kept *kept);
/* What a snapshot is to memory; turn 0: nothing. */
RowSnapshot kept_begin(Kept *kept, uint64_t seen_before, const StoreMark *mark);

/* Whether rows may be taken, or once it has been said what changed. */
typedef enum { KEPT_NEVER, KEPT_LATER, KEPT_NOW } KeptUse;
KeptUse kept_use(const Kept *kept, RowSnapshot at, uint64_t *ret_known);
/* What changed from `since` to the snapshot, newest first; KEPT_CHANGES_MAX of them: not all. Of no
 * use to a memory that knows less than `since`: what lies between would be passed over. */
void kept_note(Kept *kept, RowSnapshot *at, uint64_t since, const StoreTouch *touches,
               size_t count);
/* ---- without a snapshot -------------------------------------------------------------------- */

/* What memory is to itself: up to the newest change that was looked at; turn 0: nothing. Rows taken
 * so are right if, when it counts, the database has no newer one (kept_expects) and the row is
 * still here (rowcache_is). */
RowSnapshot kept_now(Kept *kept);
/* What is to be so in the database: its newest change and epoch. Read before rows are looked at.
 * false: nothing is known. */
bool kept_expects(Kept *kept, uint64_t *ret_change, uint64_t *ret_epoch);
/* It was not so: for a moment nothing is answered unasked. */
void kept_surprised(Kept *kept);

/* This node has written them, with the numbers behind `first`, and has not told yet. */
void kept_wrote(Kept *kept, uint64_t first, const uint64_t *rids, size_t count);

#endif
