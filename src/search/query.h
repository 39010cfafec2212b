/* search/query.h - the steps from a query string to a SearchQuery. */
#ifndef ACESO_SEARCH_QUERY_H
#define ACESO_SEARCH_QUERY_H

#include "search/internal.h"

/* The text up to the next comma that no backslash protects, unescaped. False at the end.
 * SPEC R4 search.html#escaping */
bool query_next_value(Ctx *cx, Str *rest, Str *ret_value);

/* One value of a parameter that is offered. */
Status query_parse_value(const Search *search, Ctx *cx, const FhirParam *param, Str text,
                         Value *ret_value) MUST_USE;

#endif
