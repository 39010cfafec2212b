/* fhir/path/regex.h - regular expressions with limits, for matches(), matchesFull() and
 * replaceMatches().
 *
 * Patterns are PCRE's in UTF-8, '.' takes line ends too (SPEC FHIRPath N1 #matches). A match
 * that needs more than PATH_REGEX_STEPS_MAX steps is an error, not a hang. */
#ifndef ACESO_FHIR_PATH_REGEX_H
#define ACESO_FHIR_PATH_REGEX_H

#include "fhir/path/path.h"

enum { REGEX_PATTERN_MAX = 4096, REGEX_RESULT_MAX = 16 << 20 };

typedef struct Regex Regex;

/* Of the whole text when `whole`. Immutable, lives in `arena`. Fails without an issue but for
 * memory: *ret_fault says why in a few words, for the caller's issue. */
Status regex_compile(Arena *arena, Str pattern, bool whole, const Regex **ret_regex,
                     const char **ret_fault) MUST_USE;
Status regex_matches(Ctx *cx, const Regex *regex, Str text, bool *ret_matches) MUST_USE;
/* Every match replaced; $1 and ${name} stand for groups. */
Status regex_replace(Ctx *cx, const Regex *regex, Str text, Str substitution,
                     Str *ret_text) MUST_USE;
/* In capitals, or in small letters, of any alphabet. */
Status regex_case(Ctx *cx, Str text, bool upper, Str *ret_text) MUST_USE;

#endif
