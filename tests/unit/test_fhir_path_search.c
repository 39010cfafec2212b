/* Every expression of HL7's search parameters compiles, for each type that it is made for, and
 * in the strict way too: each name in it is an element of the tables. */
#include "testing.h"

#include "fhir/path/path.h"

static JsonValue *definitions(Ctx *cx)
{
    FILE *file = fopen(ACESO_SEARCH_PARAMETERS, "rb");
    JsonValue *root;
    check(file != NULL);
    check(fseek(file, 0, SEEK_END) == 0);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = arena_alloc_raw(cx->arena, size + JSON_PADDING);
    check(text && fread(text, 1, size, file) == size);
    fclose(file);
    check(json_parse_in_place(cx, text, size, &root) == STATUS_OK);
    return json_get(root, STR("entry"));
}

/* Parameters of other versions than R4 are in the file; ADR 0020. */
static bool counts(const JsonValue *parameter)
{
    return str_eq(json_get_str(parameter, STR("resourceType")), STR("SearchParameter")) &&
           str_eq(json_get_str(parameter, STR("version")), STR("4.0.1")) &&
           json_get_str(parameter, STR("expression")).len > 0;
}

static void compile(Ctx *cx, const JsonValue *parameter, Str base, bool strict)
{
    const PathProgram *program;
    PathCompile how = {.context = base, .strict = strict};
    Str id = json_get_str(parameter, STR("id"));
    if (path_compile(cx, cx->arena, json_get_str(parameter, STR("expression")), &how, &program) !=
        STATUS_OK)
        fail_msg(STR_FMT " for " STR_FMT "%s: " STR_FMT, STR_ARG(id), STR_ARG(base),
                 strict ? ", strict" : "", STR_ARG(cx->issues->diagnostics));
}

static void all_expressions_compile_for_their_types(void **state)
{
    UNUSED(state);
    Ctx cx = {.arena = arena_new((size_t)1 << 30, false)};
    JsonValue *entry, *base;
    size_t count = 0;
    for (JsonIter it = json_iter(definitions(&cx)); json_next(&it, NULL, &entry);) {
        JsonValue *parameter = json_get(entry, STR("resource"));
        if (!counts(parameter))
            continue;
        for (JsonIter b = json_iter(json_get(parameter, STR("base"))); json_next(&b, NULL, &base);
             count++) {
            compile(&cx, parameter, json_str(base), false);
            compile(&cx, parameter, json_str(base), true);
        }
    }
    print_message("# %zu pairs of an expression and a type\n", count);
    check(count > 1500);
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_expressions_compile_for_their_types),
    };
    return cmocka_run_group_tests_name("fhirpath of search", tests, NULL, NULL);
}
