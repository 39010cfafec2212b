/* search/sight.h - which rows exist for whoever asks, and the facts that decide it.
 *
 * A search for a person is answered as if the rows that he may not see were not stored. The facts
 * of a row are read once and shared by all searches (Sights); what a run has found out about a row
 * it remembers itself. Callers who see everything cost nothing: run->sights is NULL.
 *
 * The other half, that nobody can forget to ask, is relation.h. */
#ifndef ACESO_SEARCH_SIGHT_H
#define ACESO_SEARCH_SIGHT_H

#include "access/reduced.h"
#include "access/rights.h"
#include "search/run.h"

/* The facts of rows, shared by all threads. */
typedef struct Sights Sights;
Status sights_new(Arena *forever, size_t rows, Sights **ret_sights) MUST_USE;
void sights_free(Sights *sights); /* NULL is fine */

/* Sets run->judge up for who asks: after this, rows can be judged. */
Status sight_open(Run *run) MUST_USE;

/* Whether the row exists for the caller. */
Status run_sees(Run *run, uint64_t rid, bool *ret_sees) MUST_USE;
/* The same when it is known already, without a question to the store; else false. */
bool run_knows(Run *run, uint64_t rid, bool *ret_sees);
enum { SIGHT_LOOK_MAX = 256 };
/* Finds out about many rows in one question, at most SIGHT_LOOK_MAX: for who is going to ask about
 * them. */
Status run_look(Run *run, const uint64_t *rids, size_t count) MUST_USE;
/* Of each of them; at most SIGHT_LOOK_MAX. */
Status run_sees_all(Run *run, const uint64_t *rids, size_t count, bool *ret_sees) MUST_USE;
/* Names who asks with all that decides what he sees, links and labels as of now: for what is
 * remembered of an answer. 0: whoever sees everything. */
uint64_t sight_who(const Run *run);
/* Whether nothing of it is left out in the caller's view: what it contains may be asked then. */
Status run_sees_whole(Run *run, uint64_t rid, bool *ret_whole) MUST_USE;
/* The same of facts at hand, as they stand in the store: an old version. */
bool run_sees_facts(const Run *run, uint16_t type, Str facts);

/* sight_shows.c: rights by name. The same again only when they and `what` are. */
uint64_t sight_name(const Search *search, const Rights *rights, uint64_t what);
/* What rows of a type may lack for whom, remembered by all threads. */
typedef struct Shown Shown;
Status shown_new(Arena *forever, Shown **ret_shown) MUST_USE;
/* Whether all rows of its type show the caller what the parameter looks at. */
bool sight_shows(const Search *search, const Access *access, const SearchParam *param);

#endif
