/* search/since.h - what changed since a search began: since.c walks by it, moved.c knows it. */
#ifndef ACESO_SEARCH_SINCE_H
#define ACESO_SEARCH_SINCE_H

#include "search/run.h"

struct Moved {
    uint64_t rid;
    uint32_t version; /* that was current then; 0 = there was none */
    bool was_there, is_there;
    Place then, now;
    uint16_t type;
    Str facts; /* of the version of then */
};

/* Everything of a type (0 = of all) that has changed after `change`, up to `last`. Never changes;
 * several pages may use one. */
typedef struct SinceTable SinceTable;
struct SinceTable {
    uint64_t change, last;
    uint16_t type;
    size_t changes;         /* how many it took */
    Moved *moved;           /* by rid */
    const Moved **by_place; /* those that were there, by where they stood */
    size_t count, place_count;
    Arena *arena;
    unsigned users;
    uint64_t used; /* larger = later */
};

/* The table for the snapshot of the run; NULL when there are too many changes. */
Status since_table_get(Run *run, uint64_t change, uint16_t type, SinceTable **ret_table) MUST_USE;
void since_table_release(SinceTable *table); /* NULL is fine */
const Moved *since_table_find(const SinceTable *table, uint64_t rid);

/* Sets where it stood and where it stands, by rid and version; its facts are kept in the arena. */
Status since_locate(Run *run, Arena *arena, Moved *moved) MUST_USE;

#endif
