/* fuzz_primitives.c - any bytes as a value of each primitive type; a date that is one covers a
 * span of time.
 *
 * SPEC R4 datatypes.html#primitive */
#include "fhir/fhir.h"

#include "fuzz.h"

static const char *const types[] = {
    "base64Binary", "boolean",     "canonical", "code",     "date", "dateTime",    "decimal",
    "id",           "instant",     "integer",   "markdown", "oid",  "positiveInt", "string",
    "time",         "unsignedInt", "uri",       "url",      "uuid", "xhtml",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str text = fuzz_str(data, size);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (!fhir_primitive_is(str_of(types[i]), text))
            continue;
        Time from, until;
        bool dated = !strcmp(types[i], "date") || !strcmp(types[i], "dateTime") ||
                     !strcmp(types[i], "instant");
        if (dated && fhir_date_range(text, &from, &until))
            assert(from < until);
    }
    assert(!fhir_id_is(text) || fhir_primitive_is(STR("id"), text));
    return 0;
}
