/* search/test.h - one value of a query, and whether a value of a resource answers it. */
#ifndef ACESO_SEARCH_TEST_H
#define ACESO_SEARCH_TEST_H

#include "search/internal.h"
#include "ucum/ucum.h"

/* The piece up to the next separator that no backslash protects; escapes stay. False at the
 * end. SPEC R4 search.html#escaping */
bool search_split(Str *rest, char separator, Str *ret_piece);
/* Without its backslashes. at = NULL: out of memory. */
Str search_unescape(Ctx *cx, Str piece);

/* What a modifier's name says for this parameter: the modifier, `negated` for :not, :not-in
 * and :missing, or a resource type for :Patient. Issues name what is wrong. */
typedef struct {
    Modifier modifier;
    bool negated;
    bool missing;    /* :missing, whose value is true or false */
    bool unequal;    /* ne of _filter */
    uint16_t target; /* :[type], and the type in front of a chain */
} ModifierUse;
Status test_modifier(Ctx *cx, const SearchParam *param, Str name, ModifierUse *ret_use);

/* The comma-separated values of a parameter as tests. */
Status test_parse_all(const Search *search, Ctx *cx, const ModifierUse *use, Str text,
                      Condition *condition);
/* One value; text is still escaped. */
Status test_parse(const Search *search, Ctx *cx, const Condition *condition, const ModifierUse *use,
                  Str text, Test *ret_test);

/* Whether a resource answers a condition, from its content. */
Status test_resource(const Subject *subject, const Condition *condition, bool *ret_holds);

/* "123": its type is not said. */
bool search_is_bare_id(Str reference);

/* Whether [lo, hi] answers the test: numbers and quantities. */
bool test_number_holds(const Test *test, double lo, double hi);

/* The interval of a number or quantity, in the canonical unit when one is given; an open bound is
 * the next number. False when it cannot be converted. */
bool value_interval(const Value *value, const UcumUnit *unit, double *ret_lo, double *ret_hi);
/* An amount in the canonical unit; infinities stay. */
bool search_canonical(const UcumUnit *unit, double amount, double *ret_amount);

#endif
