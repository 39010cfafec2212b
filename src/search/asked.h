/* search/asked.h - a query string while it is read: what query.c and query_answer.c share. */
#ifndef ACESO_SEARCH_ASKED_H
#define ACESO_SEARCH_ASKED_H

#include "search/query.h"

typedef struct {
    const Search *search;
    Ctx *cx;
    const SearchScope *scope;
    SearchQuery *query;
    NodeParse nodes;
    Node **tails; /* of each branch: where its next condition goes */
    Buf self, names;
    Str sort;
    size_t given_conditions;
    unsigned given; /* a bit for each of `controls` that was there */
    bool viewed;    /* which part of a resource is shown has been said */
} Parse;

/* STATUS_INVALID with this sentence. */
Status asked_refuse(Parse *p, const char *sentence);

/* Of a pair that is about the answer (_count, _include, ...) and no condition. *ret_is: it was one;
 * *ret_kept: it belongs into the link to this search. */
Status asked_of_answer(Parse *p, Str name, Str text, bool *ret_is, bool *ret_kept) MUST_USE;
/* The same of a read, which takes few of them. */
Status asked_of_read(Parse *p, Str name, Str text) MUST_USE;
/* _sort, when all types are known. */
Status asked_sort(Parse *p) MUST_USE;

#endif
