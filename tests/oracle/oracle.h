/* oracle/oracle.h - the naive evaluator that our search is held to.
 *
 * It knows no index and no plan: a search parameter is HL7's own definition file and its FHIRPath
 * expression, evaluated over every resource, and a query is walked as the specification tells it.
 * It shares with src/search the FHIRPath engine, the folding of text and the arithmetic
 * of decimals and units, and nothing else.
 *
 * Where R4 leaves room, README.md in this folder says what was decided.
 *
 * A query that the oracle does not understand ends the process with a sentence: it is asked by
 * tests only. One thread.
 *
 * SPEC R4 search.html, search_filter.html, compartmentdefinition.html */
#ifndef ACESO_TESTS_ORACLE_H
#define ACESO_TESTS_ORACLE_H

#include "base/base.h"
#include "json/json.h"

typedef struct Oracle Oracle;

/* A resource as the oracle keeps it. */
typedef struct OracleDoc OracleDoc;
struct OracleDoc {
    Str type, id;
    JsonValue *json;
    Arena *arena;         /* its text, its values */
    OracleDoc *container; /* of a contained resource */
    OracleDoc *contained; /* the first of its contained resources */
    OracleDoc *next;      /* of the contained; of all */
    struct OracleValues *values;
};

/* definitions: the folder of search-parameters.json; base: the server's own address, so that
 * "http://base/Patient/1" is "Patient/1". */
Oracle *oracle_new(const char *definitions, Str base);
void oracle_free(Oracle *oracle);

/* The resource as a server keeps it: with id and meta. Replaces what had that type and id. */
void oracle_put(Oracle *oracle, Str text);
void oracle_remove(Oracle *oracle, Str type, Str id);
OracleDoc *oracle_find(const Oracle *oracle, Str type, Str id);

/* ---- asking ------------------------------------------------------------------------ */

typedef struct {
    OracleDoc **docs;
    size_t count;
    bool sure; /* false: `ap` or `near` was asked, and a resource lies on the verge */
} OracleAnswer;

/* All that matches, in the order of _sort. type empty: search of the whole system (_type).
 * compartment: "Patient/1", or empty. */
OracleAnswer oracle_matches(Oracle *oracle, Arena *arena, Str type, Str compartment, Str query);

/* What _include and _revinclude of the query add to a page of matches: none of the page itself. */
OracleAnswer oracle_includes(Oracle *oracle, Arena *arena, Str query, const OracleAnswer *page);

/* How _sort of the query orders two resources: <0, 0 (either may come first), >0. */
int oracle_compare(Oracle *oracle, Str query, OracleDoc *a, OracleDoc *b);

#endif
