/* tests/scenario/match.h - whether JSON holds what a scenario expects. */
#ifndef ACESO_TESTS_MATCH_H
#define ACESO_TESTS_MATCH_H

#include "json/json.h"

/* Every member expected must be there; every item expected must be there, in this order,
 * others may stand between. Strings may hold "*" for anything; "(absent)" says that a
 * member must not be there. Numbers by their text. On false *ret_where says where. */
bool match_json(Arena *arena, const JsonValue *expected, const JsonValue *actual, Str *ret_where);
/* '*' is anything, also nothing. */
bool match_text(Str pattern, Str text);
/* "/entry/0/resource/id"; NULL when there is none. */
JsonValue *match_pointer(JsonValue *root, Str pointer);

#endif
