/* search/relation.h - rows that exist for whoever asks.
 *
 * A Stream says what the index has; a Relation is what of it the caller may know of. What leaves a
 * search, and what one part of it decides for another, is taken from a Relation: the rows of a page
 * and of a sort, a total, the far side of a chain, what a _has comes from, samples. All of them
 * take this type, nothing but relation_of and relation_union make one, and its insides are in
 * relation.c: to forget who asks does not compile.
 *
 * Rows that are found otherwise, by a reference or by a key that is read directly, go through
 * run_find and run_sees. For callers who see everything a Relation is its stream. */
#ifndef ACESO_SEARCH_RELATION_H
#define ACESO_SEARCH_RELATION_H

#include "search/stream.h"

typedef struct Relation Relation;

/* What of the stream exists for the caller. */
Status relation_of(Run *run, Stream *stream, Relation **ret_relation) MUST_USE;
/* All of these; disjoint: they have no place in common. */
Status relation_union(Run *run, Relation **relations, size_t count, bool disjoint,
                      Relation **ret_relation) MUST_USE;

Status relation_of_places(Run *run, Places *places, Relation **ret_relation) MUST_USE;

/* As of streams (stream.h). */
Status relation_seek(Run *run, Relation *relation, const Place *from, Place *ret_place,
                     bool *ret_found) MUST_USE;
Status relation_has(Run *run, Relation *relation, const Place *place, bool *ret_has) MUST_USE;
/* Where there are more than `max`, it may be fewer of them. */
Status relation_take(Run *run, Relation *relation, size_t max, Places *places,
                     bool *ret_all) MUST_USE;
/* The same one by one: also not all when as many as `reads_max` had to be read to find out. */
Status relation_walk(Run *run, Relation *relation, size_t max, size_t reads_max, Places *places,
                     bool *ret_all) MUST_USE;
Status relation_count(Run *run, Relation *relation, uint64_t *ret_count) MUST_USE;
Status relation_each_who(Run *run, Relation *relation, size_t max, WhoVisit visit, void *to,
                         bool *ret_can, bool *ret_all) MUST_USE;
/* One list, nothing to check: cheap to take. */
bool relation_is_plain(const Relation *relation);
/* Of its keys, for what is remembered of a list, together with sight_who; empty when it is none. */
Str relation_prefix(const Relation *relation);

#endif
