/* search/plan.h - what plan.c and chain.c share: a node on its way to an answer. */
#ifndef ACESO_SEARCH_PLAN_H
#define ACESO_SEARCH_PLAN_H

#include "search/run.h"
#include "search/test.h"

enum {
    GATHER_MAX = 10000, /* places that one condition may gather and sort */
};

/* An open table of hashes; the last bit of each is an answer. */
typedef struct {
    uint64_t *at;
    size_t count, room;
} Hashes;

struct Plan {
    const Node *node;
    Plan *children, *next;
    Stream *stream; /* everything that answers; NULL: it can only be checked */
    bool many;      /* could be gathered, but is too much */
    /* of chains and _has */
    Relation *child;
    Hashes known; /* of whom it is known already whether it holds */
    Hashes whos;  /* whom is referred to by what answers, by `patient` */
    bool whos_all;
    size_t asked;        /* candidates */
    StoreCursor *cursor; /* over what refers to a candidate */
};

/* ---- plan.c ---- */

Status list_of_type(Run *run, uint16_t type, Stream **ret_stream) MUST_USE;
Status relation_of_type(Run *run, uint16_t type, Relation **ret_relation) MUST_USE;
/* The places of those that are there. */
Status stream_of_references(Run *run, const Texts *references, Stream **ret_stream) MUST_USE;

/* ---- chain.c ---- */

/* Sets plan->stream when few are on the far side. */
Status open_chain(Run *run, Plan *plan) MUST_USE;
Status open_has(Run *run, Plan *plan) MUST_USE;
Status chain_holds(Run *run, Plan *plan, uint64_t rid, bool *ret_holds) MUST_USE;
Status has_holds(Run *run, Plan *plan, uint64_t rid, bool *ret_holds) MUST_USE;
/* The same of a contained resource. */
Status content_chain_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds) MUST_USE;
Status content_has_holds(Run *run, Plan *plan, const Subject *subject, bool *ret_holds) MUST_USE;

#endif
