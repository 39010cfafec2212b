/* fhir/primitive.h - the formats of primitive types, by hand-written matchers. */
#ifndef ACESO_FHIR_PRIMITIVE_H
#define ACESO_FHIR_PRIMITIVE_H

#include "fhir/tables.h"

/* Whether text is a value of the type; for numbers and booleans their JSON text. Linear,
 * allocates nothing. SPEC R4 datatypes.html#primitive */
bool primitive_matches(Primitive primitive, Str text);

/* What a JSON value of the type is. */
JsonType primitive_json_type(Primitive primitive);

/* What was expected, to follow "must be": "a date (YYYY, YYYY-MM or YYYY-MM-DD)". */
const char *primitive_words(Primitive primitive);

/* date, dateTime, instant and time: the pattern, and days that the month has. */
bool date_matches(Primitive primitive, Str text);

/* SPEC R4 narrative.html - NULL when text is a well-formed <div> without active content,
 * else what is wrong. *ret_links says whether an attribute href or src was seen. */
const char *xhtml_fault(Str text, bool *ret_links);

#endif
