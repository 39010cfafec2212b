/* oracle/inner.h - what the files of the oracle share. */
#ifndef ACESO_TESTS_ORACLE_INNER_H
#define ACESO_TESTS_ORACLE_INNER_H

#include "base/decimal.h"
#include "fhir/path/path.h"
#include "oracle.h"

typedef struct Param Param;
struct Param {
    Str code, kind, expression;
    JsonValue *definition;
    const PathProgram *program; /* for the type it was looked up for */
    Param *components;          /* of a composite: kind and expression each */
    size_t component_count;
};

typedef struct TypeParams TypeParams;
struct TypeParams {
    TypeParams *next;
    Str type;
    Param *params;
    size_t count;
};

typedef struct OracleValues OracleValues;
struct OracleValues {
    OracleValues *next;
    const Param *param;
    PathItems items;
};

typedef struct Program Program;
struct Program {
    Program *next;
    Str expression, context;
    const PathProgram *compiled;
};

struct Oracle {
    Arena *forever;
    Arena *query; /* of the query in hand */
    Str base;
    JsonValue *definitions; /* Bundle.entry of search-parameters.json */
    TypeParams *types;
    Program *programs;
    OracleDoc *docs;
    int slack;        /* -1, 0, 1: how far `ap` and `near` reach */
    bool approximate; /* one of them was asked */
    Time now;
};

/* Ends the process: the query is wrong, or the oracle is. */
extern Str oracle_asked; /* the query in hand */
_Noreturn void oracle_give_up(const char *what, Str about);

/* ---- world.c ---- */

/* NULL when the type has no such parameter. */
Param *oracle_param(Oracle *o, Str type, Str code);
/* The values of a parameter in a resource: primitives without a value are none. */
PathItems oracle_values(Oracle *o, OracleDoc *doc, Param *param);
/* The items of an expression below an item of the resource. */
PathItems oracle_below(Oracle *o, OracleDoc *doc, const PathItem *root, Str expression);

/* ---- reference.c ---- */

typedef struct {
    Str type, id; /* of a local reference */
    Str url;      /* of any other */
    Str version;  /* of a canonical */
    bool contained;
} Ref;
/* What a reference, a canonical or a search value points to. */
Ref oracle_ref(const Oracle *o, Str text, bool canonical);
bool oracle_item_ref(const Oracle *o, const PathItem *item, Ref *ret_ref);
bool oracle_reference_matches(Oracle *o, const PathItem *item, Str modifier, Str value);
/* The resources that a reference parameter of doc points to. */
OracleDoc **oracle_targets(Oracle *o, OracleDoc *doc, Param *param, size_t *ret_count);
bool oracle_points_to(Oracle *o, OracleDoc *from, Param *param, const OracleDoc *to);

/* ---- text.c ---- */

Str oracle_percent_decode(Oracle *o, Str text);
/* The text up to the next separator that no backslash protects; still escaped. */
bool oracle_next_part(Str *rest, char separator, Str *ret_part);
Str oracle_unescape(Oracle *o, Str text);
Str oracle_fold(Oracle *o, Str text);
bool oracle_contains(Str text, Str part);
/* The text of a primitive, "true" for a boolean. */
Str oracle_item_text(const PathItem *item);
bool oracle_item_is(const PathItem *item, const char *type);

/* ---- match.c ---- */

/* Whether an item matches one value (escaped, no comma) of a parameter of that kind. */
bool oracle_item_matches(Oracle *o, OracleDoc *doc, Str kind, const PathItem *item, Str modifier,
                         Str value);

typedef enum { EQ, NE, GT, LT, GE, LE, SA, EB, AP, PREFIXES } Prefix;
extern const Str oracle_prefixes[PREFIXES];
Prefix oracle_cut_prefix(Str *value);

/* ---- number.c ---- */

bool oracle_number_matches(Oracle *o, const PathItem *item, Prefix prefix, Str value);
bool oracle_quantity_matches(Oracle *o, const PathItem *item, Prefix prefix, Str value);
bool oracle_near(Oracle *o, const PathItem *position, Str value);
/* The least value of an item, for _sort; false when there is none. */
bool oracle_number_of(const PathItem *item, Decimal *ret_number);

/* ---- date.c ---- */

/* In milliseconds: from lo up to, not including, hi. */
typedef struct {
    int64_t lo, hi;
} Span;
bool oracle_date_span(Str text, Span *ret_span);
bool oracle_item_span(const PathItem *item, Span *ret_span);
bool oracle_span_matches(Oracle *o, Span target, Prefix prefix, Span search);

/* ---- string.c, token.c ---- */

typedef struct {
    Str *at;
    size_t count;
} Parts;
/* The parts of a string, a HumanName, an Address. */
Parts oracle_string_parts(Oracle *o, const PathItem *item);
bool oracle_string_matches(Oracle *o, const PathItem *item, Str modifier, Str value);
bool oracle_uri_matches(const PathItem *item, Str modifier, Str value);
bool oracle_token_matches(Oracle *o, const PathItem *item, Str modifier, Str value);
Str oracle_token_code(const PathItem *item);
bool oracle_identifier_matches(Oracle *o, const JsonValue *identifier, Str value);

/* ---- terms.c: code systems and value sets of the store ---- */

/* Whether a subsumes b; a system may be empty. */
bool oracle_subsumes(Oracle *o, Str system, Str above, Str below);
bool oracle_in_value_set(Oracle *o, Str value_set, Str system, Str code);

/* ---- evaluate.c, filter.c ---- */

bool oracle_holds(Oracle *o, OracleDoc *doc, Str key, Str value);
bool oracle_filter_holds(Oracle *o, OracleDoc *doc, Str text);

/* Walks "a=b&c=d", decoded. */
bool oracle_next_pair(Oracle *o, Str *rest, Str *ret_name, Str *ret_value);

#endif
