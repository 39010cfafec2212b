/* search/run.h - one search on its way: its snapshot, what it has read, its plan. */
#ifndef ACESO_SEARCH_RUN_H
#define ACESO_SEARCH_RUN_H

#include "search/relation.h"
#include "terms/terms.h"

typedef struct Plan Plan;
typedef struct Since Since;

/* One candidate: cleared for the next. */
typedef struct {
    Ctx cx;           /* arena NULL: not used yet */
    uint64_t rid;     /* 0 = none */
    uint32_t version; /* 0 = the current one */
    StoreRow row;     /* with its body */
    Subject subject;
} Scratch;

enum { SCRATCH_DEPTH = 10 };

struct Run {
    const Search *search;
    Ctx *cx; /* of the answer */
    StoreReader *reader;
    const Access *access; /* who asks */
    struct Judge *judge;  /* NULL: he sees everything. sight.h */
    size_t ahead;         /* rows whose facts are read together */
    bool far;             /* each question to the store is a round trip */
    const SearchQuery *query;
    Scratch scratch[SCRATCH_DEPTH];
    size_t depth;  /* which one is in use: a candidate's content may lead to another candidate */
    bool counting; /* all matches are wanted, not a page */
    Plan **plans;  /* of the query's branches */
    Buf notes;     /* for whoever asks how a query was answered */
    Terms *terms;  /* NULL until codes are asked for */
    StoreCursor *peek;
    uint64_t last_change; /* of the snapshot: run_mark */
    bool marked;
    Since *since;      /* NULL: nothing has changed since the search began */
    uint16_t *members; /* listings of the types that the compartment has anything of */
    size_t member_count;
    uint64_t keys_seen, bodies_read;
    unsigned ticks;
};

Status run_begin(const Search *search, Ctx *cx, StoreReader *reader, const SearchQuery *query,
                 Run **ret_run) MUST_USE;

/* STATUS_CONFLICT: the keys of the snapshot, or the parameters by now, are of another epoch. */
Status run_check_epoch(const Search *search, uint64_t epoch, StoreReader *reader) MUST_USE;
/* Reads the newest change of the snapshot, once. As late as can be: a store that is asked over a
 * network tells it with the answer to the first question. */
Status run_mark(Run *run) MUST_USE;

/* The deadline, looked at once in a while. */
Status run_tick(Run *run) MUST_USE;
/* Reads and parses the resource, which exists for the caller; it stays until the next one is asked
 * for. */
Status run_subject(Run *run, uint64_t rid, const Subject **ret_subject) MUST_USE;
/* A version of any row, on the program's own behalf; 0 = the current one. Only for what the caller
 * will be judged about before he gets it. */
Status run_subject_unjudged(Run *run, uint64_t rid, uint32_t version,
                            const Subject **ret_subject) MUST_USE;
/* Where the resource stands. */
Status run_place(const Subject *subject, uint64_t rid, Place *ret_place) MUST_USE;
/* The row of that id, without its body; *ret_found false when there is none, or not for the
 * caller. */
Status run_find(Run *run, uint16_t type, Str id, StoreRow *ret_row, bool *ret_found) MUST_USE;
/* "Patient/123" -> the place of that resource; *ret_found as before. */
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
Status plan_relation(Run *run, Plan *plan, Relation **ret_relation) MUST_USE;
/* Whether a resource that exists for the caller answers. */
Status plan_holds(Run *run, Plan *plan, const Place *place, bool *ret_holds) MUST_USE;

Status plan_content_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds) MUST_USE;

/* ---- contained.c ------------------------------------------------------------------------- */

/* The resources that contain what answers the plan. */
Status contained_relation(Run *run, Plan *plan, uint16_t type, Relation **ret_relation) MUST_USE;
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

/* ---- cursor.c -----------------------------------------------------------------------------------
 */

enum { CURSOR_MAX = 256, CURSOR_STARTS = 48 };

typedef struct {
    uint32_t page; /* its number; the first page is 0 and starts at nothing */
    Str start;     /* bytes of whoever ordered it: right behind the last row of the page before */
} PageStart;

/* Which page of a search, and what is known of those before. */
typedef struct {
    uint64_t since; /* the last change when the search began */
    uint64_t total; /* then */
    bool is_given;  /* by a link */
    bool has_total;
    bool late; /* more has changed since than is looked at: since.c */
    bool back; /* the rows before here.start are meant */
    PageStart here;
    PageStart before[CURSOR_STARTS]; /* some of the pages before, nearest first */
    size_t before_count;
} PageCursor;
Status cursor_read(Run *run, PageCursor *ret_cursor) MUST_USE;
/* Where a walk to the rows before here.start begins: the nearest start that is known. */
Str cursor_nearest(const PageCursor *cursor);
/* Links of the page, whose start is known now; next starts at `next` (empty = there is none). */
Status cursor_links(Run *run, const PageCursor *cursor, Str next, SearchPage *page) MUST_USE;

/* ---- since.c: the order as it was when the search began ----------------------------------------
 */

/* A resource that has changed: since.h. */
typedef struct Moved Moved;

/* What has changed since the search began; run->since stays NULL when nothing has. */
Status since_open(Run *run, PageCursor *cursor) MUST_USE;
/* The resource, when it has changed; else NULL. *ret_new: found out just now; valid until the next
 * one that is. */
Status since_find(Run *run, uint64_t rid, const Moved **ret_moved, bool *ret_new) MUST_USE;
/* All that have changed and are known beforehand: i from 0; NULL past the last. */
const Moved *since_each(const Run *run, size_t i);
/* Whether it was there when the search began and is in the stream now. */
Status since_has(Run *run, Relation *relation, const Moved *moved, bool *ret_has) MUST_USE;

/* A relation in the order of then. */
typedef struct {
    Run *run;
    Relation *relation;
    Place origin; /* where it began */
    Place at;     /* the next of the stream, or where to look for it */
    bool found, ended;
    const Moved **moved; /* by where they stood */
    size_t next, count;
} Walk;
void walk_open(Run *run, Relation *relation, const Place *from, Walk *ret_walk);
Status walk_next(Walk *walk, Place *ret_place, bool *ret_found) MUST_USE;

/* ---- sort.c --------------------------------------------------------------------------------- */

/* A page in the order of query->sorts. Gives the cursor its start, when that is looked for. */
Status run_sorted(Run *run, Relation *relation, PageCursor *cursor, SearchPage *page,
                  Str *ret_next) MUST_USE;

/* ---- include.c --------------------------------------------------------------------------------
 */

Status run_includes(Run *run, SearchPage *page) MUST_USE;

#endif
