/* oracle/query_inner.h - what the files that make queries share. */
#ifndef ACESO_TESTS_ORACLE_QUERY_INNER_H
#define ACESO_TESTS_ORACLE_QUERY_INNER_H

#include "inner.h"
#include "query.h"

typedef struct {
    OracleDice *dice;
    Arena *arena;
    Oracle *oracle;
} Maker;

/* A value as it stands in a query, with the modifier it goes with; at NULL: none can be made. */
typedef struct {
    Str text, modifier;
} Made;

#define NOTHING        ((Made){{NULL, 0}, STR_EMPTY})
#define FORMAT(m, ...) arena_format((m)->arena, __VA_ARGS__)

/* value_maker.c: from one item of a parameter of that kind. plain: without modifiers. */
Made make_value(Maker *m, OracleDoc *doc, const Param *param, const PathItem *item, bool plain);
Str make_escaped(Maker *m, Str text);

/* filter_maker.c */
Str make_filter(Maker *m, OracleDoc *doc, int depth);

/* query.c: any resource of a type (of any type when empty); NULL when there is none. */
OracleDoc *make_doc_choice(Maker *m, Str type);
/* Any parameter that the resource has values of, of that kind when given; NULL when none. */
Param *make_param_choice(Maker *m, OracleDoc *doc, Str kind);
PathItem make_item_choice(Maker *m, OracleDoc *doc, Param *param);

#endif
