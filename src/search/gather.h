/* search/gather.h - what the files that turn one condition into a stream share; private to them. */
#ifndef ACESO_SEARCH_GATHER_H
#define ACESO_SEARCH_GATHER_H

#include "search/sight.h"
#include "search/test.h"

typedef struct {
    Run *run;
    const Condition *condition;
    Places places; /* out of order */
    size_t budget; /* of them */
    bool many;     /* over the budget: what was gathered is of no use */
    StoreCursor *peek;
    Stream **streams; /* in order */
    size_t count, room_of_streams;
} Gather;

/* Keys of the condition's parameter. */
void gather_key(const Gather *g, Key *key, KeyKind kind);
/* *ret_key.at = NULL at the end. */
Status gather_next(const Gather *g, StoreCursor *cursor, Str *ret_key) MUST_USE;

/* *ret_go_on is false over the budget. */
Status gather_add_place(Gather *g, Str place, bool *ret_go_on) MUST_USE;
Status gather_add(Gather *g, Stream *stream) MUST_USE;
/* The list of places behind a prefix. */
Status gather_add_list(Gather *g, const Key *prefix) MUST_USE;
/* Calls visit for each different continuation of `bytes` bytes behind the prefix, found by leaping
 * from one to the next. */
typedef Status (*VisitBranch)(Gather *g, const Test *test, const Key *branch);
Status gather_branches(Gather *g, const Key *prefix, size_t bytes, const Test *test,
                       VisitBranch visit) MUST_USE;
/* Reads the resource: what the keys alone do not say. Hidden ones hold nothing. */
Status gather_ask(Run *run, const Condition *condition, Str place, bool *ret_holds) MUST_USE;

/* One test of a condition, by the type of its parameter. */
Status gather_token(Gather *g, const Test *test) MUST_USE;
Status gather_reference(Gather *g, const Test *test) MUST_USE;
Status gather_uri(Gather *g, const Test *test) MUST_USE;
Status gather_string(Gather *g, const Test *test) MUST_USE;
/* :contains and its kin. */
Status gather_part(Gather *g, const Test *test) MUST_USE;
Status gather_date(Gather *g, const Test *test) MUST_USE;
Status gather_number(Gather *g, const Test *test) MUST_USE;
Status gather_quantity(Gather *g, const Test *test) MUST_USE;
Status gather_near(Gather *g, const Test *test) MUST_USE;
Status gather_composite(Gather *g, const Test *test) MUST_USE;

#endif
