/* http/target.h - reads a request target: path segments, query parameters, both
 * percent-encoded and written by strangers.
 *
 * SPEC RFC 3986 2.1, 3.3, 3.4 */
#ifndef ACESO_HTTP_TARGET_H
#define ACESO_HTTP_TARGET_H

#include "base/base.h"

/* Splits "/path?query"; an absolute form ("https://host/path") loses what stands before the
 * path. False when it does not begin like a target. */
bool target_split(Str target, Str *ret_path, Str *ret_query);

/* Decodes %XX (and '+' as a blank when `plus`). False for a bad escape, a NUL, or bytes that
 * are not UTF-8. Without escapes the text itself is returned, no copy. at = NULL never. */
bool target_decode(Arena *arena, Str text, bool plus, Str *ret_text);

/* Whether a query is decodable as a whole: record and search may rely on it. */
bool target_query_is_sound(Arena *arena, Str query);

/* The first value of a parameter, decoded; false when there is none. Names are compared as
 * they came. */
bool target_param(Arena *arena, Str query, Str name, Str *ret_value);

#endif
