/* Values of the primitive types that others call valid or not, as the value of an extension
 * in a resource: so their JSON type is tested too. */
#include "suite.h"

#include "fhir/fhir.h"

static const struct {
    const char *file, *member;
} types[] = {
    {"base64_binary", "valueBase64Binary"},
    {"boolean", "valueBoolean"},
    {"canonical", "valueCanonical"},
    {"code", "valueCode"},
    {"date", "valueDate"},
    {"date_time", "valueDateTime"},
    {"decimal", "valueDecimal"},
    {"id", "valueId"},
    {"instant", "valueInstant"},
    {"integer", "valueInteger"},
    {"markdown", "valueMarkdown"},
    {"oid", "valueOid"},
    {"positive_int", "valuePositiveInt"},
    {"reference", "valueReference"},
    {"string", "valueString"},
    {"time", "valueTime"},
    {"unsigned_int", "valueUnsignedInt"},
    {"uri", "valueUri"},
    {"url", "valueUrl"},
    {"uuid", "valueUuid"},
    {"xhtml", NULL},
};

/* Where the files and the specification part. */
static const struct {
    const char *file, *value, *why;
} decided[] = {
    {"xhtml", "\"\"", "the div of a narrative must have content: txt-2"},
    {"reference", "{\"reference\": \"#p1\"}", "no contained resource is there: ref-1"},
};

static bool accepts(Ctx *cx, const char *member, Str value)
{
    JsonValue *resource;
    FhirChecked checked;
    Str text = member ? arena_format(cx->arena,
                                     "{\"resourceType\":\"Patient\",\"extension\":[{\"url\":"
                                     "\"http://x/y\",\"%s\":" STR_FMT "}]}",
                                     member, STR_ARG(value))
                      : arena_format(cx->arena,
                                     "{\"resourceType\":\"Patient\",\"text\":{\"status\":"
                                     "\"generated\",\"div\":" STR_FMT "}}",
                                     STR_ARG(value));
    return json_parse(cx, text, &resource) == STATUS_OK &&
           fhir_validate(cx, resource, NULL, &checked) == STATUS_OK;
}

static bool is_decided(const char *file, Str value)
{
    for (size_t i = 0; i < COUNT_OF(decided); i++) {
        if (strcmp(file, decided[i].file) == 0 && str_eq(value, str_of(decided[i].value)))
            return true;
    }
    return false;
}

static size_t run_file(size_t type, bool valid)
{
    Ctx cx = testing_ctx();
    size_t count = 0;
    Str path = arena_format(cx.arena, "suites/google-fhir/testdata/r4/validation/%s.%s.ndjson",
                            types[type].file, valid ? "valid" : "invalid");
    Str lines = suite_shared(cx.arena, path.at);
    while (lines.len) {
        Str value = str_trim(str_cut(&lines, '\n'));
        /* null stands there for absence, which JSON in FHIR does not write */
        if (!value.len || str_eq(value, STR("null")))
            continue;
        bool wanted = valid && !is_decided(types[type].file, value);
        if (accepts(&cx, types[type].member, value) != wanted)
            fail_msg("%s should %sbe valid: " STR_FMT, types[type].file, wanted ? "" : "not ",
                     STR_ARG(value));
        count++;
    }
    arena_free(cx.arena);
    return count;
}

static void agrees_on_primitive_values(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("google-fhir primitives");
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        count += run_file(i, true) + run_file(i, false);
    print_message("# %zu values\n", count);
    check(count > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_on_primitive_values),
    };
    return cmocka_run_group_tests_name("fhir primitives", tests, NULL, NULL);
}
