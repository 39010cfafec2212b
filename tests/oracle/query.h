/* oracle/query.h - random queries over what an oracle holds: most values are taken from the data,
 * so that about half of the queries find something. */
#ifndef ACESO_TESTS_ORACLE_QUERY_H
#define ACESO_TESTS_ORACLE_QUERY_H

#include "dice.h"
#include "oracle.h"

enum { QUERY_PARTS_MAX = 6 };

typedef struct {
    Str text;  /* "name%3Aexact=Eve" */
    Str label; /* what it is a case of: "string:exact", "chain token" */
} QueryPart;

typedef struct {
    Str type;        /* empty: the whole system */
    Str compartment; /* "Patient/p1", or empty */
    QueryPart parts[QUERY_PARTS_MAX];
    size_t count;
} OracleQuery;

OracleQuery query_make(OracleDice *d, Arena *arena, Oracle *oracle);
/* "a=b&c=d" */
Str query_text(Arena *arena, const OracleQuery *query);

#endif
