/* store/postgres/shelf.h - stretches of the index in memory, and until when they are right.
 *
 * The index has a version: the number of the newest change, plus how many commits have changed keys
 * without a change (rekeys). It becomes visible in its order, like the numbers of changes (kept.h),
 * and each snapshot begins with it. Keys are told apart by slots: one by the first bytes of a key
 * that make a list (kind, number, a hash), one by kind and number alone for stretches that are
 * wider than a list.
 *
 *   known    all versions up to this one have been looked at: their slots are touched
 *   floor    of versions up to this one nobody knows which keys they touched
 *   touched  of a slot: the newest version that changed a key of it
 *   turn     chunks are of a turn; another one forgets them all
 *
 * A snapshot of version S in this turn with floor <= S <= known puts chunks that it has read, and
 * takes one that was put by a snapshot of version T, when no key of its slot changed between the
 * two: touched <= S and touched <= T. This node notes what it writes itself before it tells. When
 * another node has written, everything is forgotten: nobody says which keys it touched.
 * docs/adr/0172-lists-in-memory.md */
#ifndef ACESO_STORE_POSTGRES_SHELF_H
#define ACESO_STORE_POSTGRES_SHELF_H

#include "store/postgres/chunk.h"

enum { SHELF_SLOTS = 1 << 16, SHELF_LIST_MIN = 3 };

typedef struct Shelf Shelf;

/* NULL: out of memory. */
Shelf *shelf_new(size_t bytes_max);
void shelf_free(Shelf *shelf);
/* A connection was lost: what was written is not known. */
void shelf_forget(Shelf *shelf);

/* What a snapshot is to the shelf; turn 0: nothing. */
typedef struct {
    uint64_t turn, version;
} ShelfView;
/* `epoch` grows with whatever may change keys in ways of its own. */
ShelfView shelf_begin(Shelf *shelf, uint64_t version, uint64_t epoch);

/* The chunk of exactly this list and place, held; NULL: none. */
Chunk *shelf_take(Shelf *shelf, ShelfView view, ChunkKind kind, Str list, Str from);
/* Whether there is one, for whomever. */
bool shelf_has(Shelf *shelf, ChunkKind kind, Str list, Str from);
/* Keeps it as well, if it may. */
void shelf_put(Shelf *shelf, ShelfView view, Chunk *chunk);

/* ---- of who writes ------------------------------------------------------------------------ */

/* The slots that a group touches. */
typedef struct {
    uint64_t bits[SHELF_SLOTS / 64];
    bool any;
} ShelfTouched;

void shelf_note(ShelfTouched *touched, Str key);
/* Its commit is about to be sent. */
void shelf_writing(Shelf *shelf);
/* It has ended, and took the index from one version to the next; 0, 0: nothing was written, or
 * nobody knows. */
void shelf_wrote(Shelf *shelf, const ShelfTouched *touched, uint64_t from, uint64_t to);

#endif
