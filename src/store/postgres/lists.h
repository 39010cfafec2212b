/* store/postgres/lists.h - keys of many lists in one question, and places that will be sought.
 *
 * Lists that are wanted (store_expect) are fetched with the next keys that are asked for, the
 * first LISTS_CHUNK keys of each. What has been fetched of a list leaves a trail: the bytes behind
 * its prefix, TRAIL_BYTES of each key (search calls that a place). Who intersects lists seeks the
 * places of one in another, so a place that is sought and lies on a trail brings those behind it
 * with it, all in one question. A wrong guess costs time and nothing else. */
#ifndef ACESO_STORE_POSTGRES_LISTS_H
#define ACESO_STORE_POSTGRES_LISTS_H

#include "store/postgres/chunk.h"

enum { LISTS_MAX = 256, LISTS_CHUNK = 32, LISTS_PREFIX_MAX = 100 };
enum { TRAIL_BYTES = 12, TRAIL_MAX = 64 };

typedef struct Lists Lists;

void lists_free(Lists *lists);
/* For the next snapshot. NULL is allowed. */
void lists_forget(Lists *lists);

/* *lists is made at the first use; what finds no room is not remembered. */
void lists_want(Lists **lists, Str prefix);
/* One that is wanted and was not asked for; NULL: none. A chunk that is put is kept, and the list
 * is there. */
Str lists_wanted(Lists *lists, size_t *at);
void lists_put(Lists *lists, size_t at, Chunk *chunk);
/* What is still wanted, as the values of SQL_LISTS; false: nothing. */
bool lists_ask(Lists *lists, Params *params);
/* The answer, list by list: the first keys of the next one, kept here; NULL: that was all, or no
 * memory, and then those that are left are asked for one by one. Begin with zeros. */
typedef struct {
    size_t at;
    int row;
    int64_t number;
} ListAnswer;
Chunk *lists_take(Lists *lists, const PGresult *result, ListAnswer *answer);
/* The answer has been taken, or as much of it as there was memory for. */
void lists_answered(Lists *lists);
/* The caller's to drop; NULL: not there. */
Chunk *lists_find(const Lists *lists, Str prefix);

void lists_leave_trail(Lists **lists, const Chunk *keys, size_t prefix_len);
/* The place and those behind it on a trail, at most `max`; how many. */
size_t lists_follow(const Lists *lists, Str place, size_t max, char (*ret_places)[TRAIL_BYTES]);

/* The first key behind all that begin with the prefix; for one of all ff, behind any key. Returns
 * its length; room for STORE_KEY_BYTES_MAX + 1. */
size_t list_end(Str prefix, char *ret_end);

#endif
