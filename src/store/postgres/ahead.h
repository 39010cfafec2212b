/* store/postgres/ahead.h - rows of a snapshot that are there before they are asked for.
 *
 * Index keys end in a rid (6 bytes, inverted: search/key.h), and who walks along a list mostly
 * reads the rows in that order. So a row that is asked for brings those with it whose keys came
 * behind its own, few at first, more when they were wanted. A wrong guess costs time and nothing
 * else. */
#ifndef ACESO_STORE_POSTGRES_AHEAD_H
#define ACESO_STORE_POSTGRES_AHEAD_H

#include "store/postgres/params.h"

typedef struct Ahead Ahead;

void ahead_free(Ahead *ahead);
/* For the next snapshot. NULL is allowed. */
void ahead_forget(Ahead *ahead);

/* Remembers the rids of a chunk of keys. *ahead is made at the first use; without memory for it
 * nothing is remembered. */
void ahead_follow(Ahead **ahead, const PGresult *keys);

/* An answer and its row; row -1: it is known that there is none. false: not known. */
bool ahead_find(Ahead *ahead, uint64_t rid, bool with_body, const PGresult **ret_result,
                int *ret_row);

enum { AHEAD_MAX = 128 };
/* rid, and those that will be asked for next; returns how many. */
size_t ahead_guess(Ahead **ahead, uint64_t rid, bool with_body, uint64_t rids[AHEAD_MAX]);
/* Keeps the answer to these, whose first column is the rid; it is freed here. false: it could not
 * be kept and was freed. */
bool ahead_keep(Ahead *ahead, const uint64_t *rids, size_t count, bool with_body, PGresult *result);

#endif
