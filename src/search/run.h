/* search/run.h - one search on its way: its snapshot, what it has read, its plan. */
#ifndef ACESO_SEARCH_RUN_H
#define ACESO_SEARCH_RUN_H

#include "search/stream.h"
#include "terms/terms.h"

typedef struct Plan Plan;

/* One candidate: cleared for the next. */
typedef struct {
    Ctx cx;       /* arena NULL: not used yet */
    uint64_t rid; /* 0 = none */
    StoreRow row; /* with its body */
    Subject subject;
} Scratch;

enum { SCRATCH_DEPTH = 10 };

struct Run {
    const Search *search;
    Ctx *cx; /* of the answer */
    StoreReader *reader;
    const SearchQuery *query;
    Scratch scratch[SCRATCH_DEPTH];
    size_t depth;  /* which one is in use: a candidate's content may lead to another candidate */
    bool counting; /* all matches are wanted, not a page */
    Plan **plans;  /* of the query's branches */
    Buf notes;     /* for whoever asks how a query was answered */
    Terms *terms;  /* NULL until codes are asked for */
    StoreCursor *peek;
    uint16_t *members; /* listings of the types that the compartment has anything of */
    size_t member_count;
    uint64_t keys_seen, bodies_read;
    unsigned ticks;
};

Status run_begin(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                 Run **ret_run) MUST_USE;

/* The deadline, looked at once in a while. */
Status run_tick(Run *run) MUST_USE;
/* Reads and parses the resource; it stays until the next one is asked for. */
Status run_subject(Run *run, uint64_t rid, const Subject **ret_subject) MUST_USE;
/* Where the resource stands. */
Status run_place(const Subject *subject, uint64_t rid, Place *ret_place) MUST_USE;
/* "Patient/123" -> the place of that resource; *ret_found false when there is none. */
Status run_place_of(Run *run, Str reference, Place *ret_place, bool *ret_found) MUST_USE;

/* "Patient/123"; at NULL when there is no memory. */
Str run_reference(Run *run, uint16_t type, Str id);

/* A growing list of texts, copied: they outlive the resource that they come from. */
typedef struct {
    Str *at;
    size_t count, room;
} Texts;
Status texts_add(Ctx *cx, Texts *texts, Str text) MUST_USE;

/* ---- plan.c ---------------------------------------------------------------------------- */

Status plan_make(Run *run, const Node *node, Plan **ret_plan) MUST_USE;
/* The resources that answer, newest first. */
Status plan_stream(Run *run, Plan *plan, Stream **ret_stream) MUST_USE;
Status plan_holds(Run *run, Plan *plan, const Place *place, bool *ret_holds) MUST_USE;

Status plan_content_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds) MUST_USE;

/* ---- contained.c ------------------------------------------------------------------------- */

/* The resources that contain what answers the plan. */
Status contained_stream(Run *run, Plan *plan, uint16_t type, Stream **ret_stream) MUST_USE;
/* What of the page's rows is shown in their place, when the query asks for that. */
Status run_contained(Run *run, SearchPage *page) MUST_USE;

/* ---- gather.c: what the index says of one condition --------------------------------------- */

/* A stream, or NULL when the index cannot say or has too much to say (more than `budget` places
 * out of order). A NULL with *ret_many set can be asked for again without a budget. */
Status condition_stream(Run *run, const Condition *condition, size_t budget, Stream **ret_stream,
                        bool *ret_many) MUST_USE;
/* Whether a condition is answered by lists in order alone: nothing is gathered. */
bool condition_is_listed(const Run *run, const Condition *condition);

/* ---- codes.c: :in, :above and :below of tokens -------------------------------------------------
 */

bool codes_are_meant(const Condition *condition);
/* Turns the condition into one on listed codes, where they can be listed. */
Status codes_resolve(Run *run, Condition *condition) MUST_USE;
/* Whether one of the value sets has the code. */
Status codes_have(Run *run, const Condition *condition, Str system, Str code,
                  bool *ret_has) MUST_USE;

/* ---- sort.c --------------------------------------------------------------------------------- */

/* A page in the order of query->sorts. */
Status run_sorted(Run *run, Stream *stream, SearchPage *page) MUST_USE;

/* ---- include.c --------------------------------------------------------------------------------
 */

Status run_includes(Run *run, SearchPage *page) MUST_USE;

/* ---- cursor.c -----------------------------------------------------------------------------------
 */

enum { CURSOR_MAX = 256, CURSOR_PAGES = 12 };
/* Where a page starts: opaque bytes of whoever ordered it. */
typedef struct {
    Str start;                /* of this page; empty = the first */
    Str before[CURSOR_PAGES]; /* starts of the pages before, nearest first */
    size_t before_count;
    bool forgotten; /* there were more */
} PageCursor;
Status cursor_read(Run *run, PageCursor *ret_cursor) MUST_USE;
/* Links of the page: next starts at `next` (empty = there is none). */
Status cursor_links(Run *run, const PageCursor *cursor, Str next, SearchPage *page) MUST_USE;

#endif
