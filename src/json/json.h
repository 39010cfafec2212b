/* json/json.h - JSON, read without copying and written back as it came.
 *
 * The only home of yyjson. Numbers keep their source text, so a decimal comes back digit
 * by digit. Values belong to the arena of the parse and are read-only, except for
 * json_set_string. Parsing is iterative and refuses what is nested deeper than
 * JSON_DEPTH_MAX, so that whoever walks a value later may recurse.
 *
 * SPEC RFC 8259 */
#ifndef ACESO_JSON_H
#define ACESO_JSON_H

#include "base/base.h"

typedef struct yyjson_val JsonValue;

typedef enum {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
} JsonType;

enum {
    JSON_PADDING = 8,        /* readable, writable bytes behind the text of json_parse_in_place */
    JSON_DEPTH_MAX = 128,    /* nesting; the deepest official example has 22 */
    JSON_MEMBERS_MAX = 1024, /* of one object; no type of FHIR has a quarter of that */
    JSON_PATCH_OPERATIONS_MAX = 4096,
};

/* Parses the whole of text as one JSON value; nothing but white space may follow. Strict:
 * no comments, no trailing commas, no NaN, sound UTF-8, no lone surrogates, no byte order
 * mark. On error an issue names the byte and what was expected; no content is quoted. */
Status json_parse(Ctx *cx, Str text, JsonValue **ret_root) MUST_USE;

/* The same without a copy: text is overwritten and must live as long as the values;
 * JSON_PADDING bytes behind it are overwritten too. */
Status json_parse_in_place(Ctx *cx, char *text, size_t len, JsonValue **ret_root) MUST_USE;

JsonType json_type(const JsonValue *value);
const char *json_type_name(const JsonValue *value);  /* "a string", "an object" ... */
bool json_is(const JsonValue *value, JsonType type); /* false for NULL */

/* Content of a string, or the source text of a number; empty for anything else and NULL. */
Str json_str(const JsonValue *value);
bool json_bool(const JsonValue *value);
/* Members of an object or items of an array. */
size_t json_count(const JsonValue *value);

/* The first member of that name, NULL when there is none or object is not an object. */
JsonValue *json_get(const JsonValue *object, Str name);
/* The same, and the member of that name with an underscore before it, NULL when there is none. */
JsonValue *json_get_pair(const JsonValue *object, Str name, JsonValue **ret_underscored);
/* json_str(json_get(...)): empty when absent or not a string. */
Str json_get_str(const JsonValue *object, Str name);
/* Item i of an array, NULL past the end. Linear when items are arrays or objects. */
JsonValue *json_item(const JsonValue *array, size_t i);

/* Walks an array or an object in source order:
 *   for (JsonIter it = json_iter(v); json_next(&it, &name, &value);) ...
 * name is NULL-able and left alone for arrays. Anything else has no items. */
typedef struct {
    JsonValue *at;
    size_t left;
    bool object;
} JsonIter;
JsonIter json_iter(const JsonValue *value);
bool json_next(JsonIter *it, Str *ret_name, JsonValue **ret_value);

/* Puts another string in place of a string value; text is borrowed. For references that a
 * transaction resolves. */
void json_set_string(JsonValue *value, Str text);

/* Writes compact JSON, or indented by two spaces. */
void json_write(Buf *buf, const JsonValue *value, bool pretty);
/* A quoted and escaped string; s must be UTF-8. */
void json_write_string(Buf *buf, Str s);

/* Equal as JSON: members in any order, numbers by their text (RFC 6902 4.6 `test` asks for
 * numeric equality: 1.0 and 1 are equal there when numeric is true). */
bool json_equal(const JsonValue *a, const JsonValue *b, bool numeric);

/* Applies an RFC 6902 patch (an array of operations) to document and writes the result.
 * All or nothing; the issue names the operation by its index.
 * STATUS_INVALID: not a patch. STATUS_UNPROCESSABLE: a path or test does not hold. */
Status json_patch(Ctx *cx, const JsonValue *document, const JsonValue *patch, Buf *result) MUST_USE;

#endif
