/* json/json_priv.h - the layout of a parsed value, for the files of this module only.
 * Comes first in them: base/base.h poisons names that yyjson.h's own includes declare. */
#ifndef ACESO_JSON_PRIV_H
#define ACESO_JSON_PRIV_H

#include <yyjson.h>

#include "json/json.h"

/* The value behind v and all that is in it: values of a document stand in one array,
 * children behind their container. */
static inline JsonValue *json_after(const JsonValue *v)
{
    return unsafe_yyjson_get_next((yyjson_val *)v);
}

static inline bool json_is_container(const JsonValue *v)
{
    return unsafe_yyjson_is_ctn((void *)v);
}

static inline Str json_text(const JsonValue *v)
{
    return (Str){v->uni.str, (size_t)(v->tag >> YYJSON_TAG_BIT)};
}

/* The parser saw nothing in this string that JSON escapes, nor anything beyond ASCII. */
static inline bool json_is_plain_text(const JsonValue *v)
{
    return (v->tag & (YYJSON_TYPE_MASK | YYJSON_SUBTYPE_MASK)) ==
           (YYJSON_TYPE_STR | YYJSON_SUBTYPE_NOESC);
}

/* Numbers of any size by value: "1e2" and "100.0" are equal. */
bool json_number_equal(Str a, Str b);

#endif
