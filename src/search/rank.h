/* search/rank.h - the sort values of a row as bytes, and the best rows so far; private to sort.c.
 *
 * A row's *rank* is its sort values as bytes that memcmp orders, then its place:
 *
 *   rank = for each key: 00 value end | 01 (missing: last in both directions) ; place
 *
 * Of several values an ascending sort takes the smallest, a descending one the largest.
 * SPEC R4 search.html#sort */
#ifndef ACESO_SEARCH_RANK_H
#define ACESO_SEARCH_RANK_H

#include "search/run.h"

typedef struct {
    unsigned char at[CURSOR_MAX];
    size_t len;
} Rank;

int rank_cmp(const Rank *a, const Rank *b);
/* Of a version, which stands or stood at the place; 0 = of the current one: by reading it. */
Status rank_of(Run *run, const Place *place, uint32_t version, Rank *ret_rank) MUST_USE;
/* Of what an index key says, and the place that it names. */
void rank_of_key(const Run *run, KeyKind kind, Str at, Rank *ret_rank, Place *ret_place);

typedef struct {
    Rank rank;
    uint64_t rid;
} Ranked;

/* The smallest ranks so far, largest on top: a heap of at most `room`. For the page before a start:
 * the largest ranks below it, smallest on top. */
typedef struct {
    Run *run;
    bool back;
    Str start; /* ranks below it were on earlier pages; back: from it on, on later ones */
    Ranked *rows;
    size_t count, room;
    size_t offered;     /* sort.c's own: */
    Relation *gathered; /* the matches once more, when many keys are looked up among them */
} Best;

bool best_wants(const Best *best, const Rank *rank);
/* Whether neither this rank nor any larger one is wanted. */
bool best_is_full(const Best *best, const Rank *rank);
/* A resource that stands there already keeps the smaller of both ranks. */
void best_add(Best *best, const Rank *rank, uint64_t rid);

#endif
