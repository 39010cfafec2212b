/* record/criteria.h - a condition ("identifier=http://x|1") and the resources it names. */
#ifndef ACESO_RECORD_CRITERIA_H
#define ACESO_RECORD_CRITERIA_H

#include "record/internal.h"

typedef struct {
    uint16_t type;
    Str name;   /* the type and the pairs, decoded and in order: one spelling of one condition */
    Str params; /* names alone, for the audit trail */
    Str query;
} Criteria;

typedef struct {
    StoreRow *rows;
    size_t count;
    Str next; /* a _cursor behind them; empty: these are all, or they were found in scratch */
} Found;

enum { CRITERIA_UNIQUE = 2 }; /* a limit: enough to tell one match from several */

/* text: what stands behind '?'. Only what matches is asked for: a condition without a
 * criterion, one that is empty, and parameters about the answer are refused. At most `limit`
 * matches are looked for. Whether the parameters are there is seen when it is used. */
Status criteria_parse(Ctx *cx, uint16_t type, Str text, size_t limit,
                      Criteria *ret_criteria) MUST_USE;

/* A query that is about the format at most: for interactions that take no condition. */
Status criteria_refuse(Ctx *cx, Str query) MUST_USE;

/* Of what exists for the caller alone. The rows live in the arena of the reader's cx. scratch:
 * cleared afterwards, for who has many conditions, since a search leaves more than its answer; or
 * NULL. */
Status criteria_find(const Scene *scene, Ctx *cx, Arena *scratch, StoreReader *reader,
                     const Criteria *criteria, bool with_body, Found *ret_found) MUST_USE;

/* Which of these resources, that are not stored yet, answer it. */
Status criteria_ask(const Scene *scene, Ctx *cx, Arena *scratch, StoreReader *reader,
                    const Criteria *criteria, const SearchSource *sources, size_t count,
                    bool *ret_answers) MUST_USE;

/* 412, for a condition that should have named one resource. */
Status criteria_refuse_many(Ctx *cx, uint16_t type);

/* The name that criteria_parse gives to "param=value"; at = NULL without memory. */
Str criteria_name(Ctx *cx, uint16_t type, Str param, Str value);

#endif
