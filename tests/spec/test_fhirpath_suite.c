/* The official cases of FHIRPath on R4: FHIR/fhir-test-cases, r4/fhirpath. All are met. */
#include "suite.h"

#include "fhir/path/suite.h"

enum { CASES = 935 };

static Status load_input(void *to, Ctx *cx, Str name, JsonValue **ret_resource)
{
    UNUSED(to);
    size_t stem = name.len;
    while (stem && name.at[stem - 1] != '.')
        stem--;
    Str path = arena_format(cx->arena, "suites/fhirpath-r4-inputs/" STR_FMT "json",
                            STR_ARG(str_head(name, stem)));
    return json_parse(cx, suite_shared(cx->arena, path.at), ret_resource);
}

static void print_failed(void *to, Str group, Str name, Str why)
{
    UNUSED(to);
    print_message("# " STR_FMT " " STR_FMT ": " STR_FMT "\n", STR_ARG(group), STR_ARG(name),
                  STR_ARG(why));
}

static void all_official_cases_are_met(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("the official cases of FHIRPath");
    Ctx cx = {.arena = arena_new((size_t)1 << 30, false)};
    JsonValue *cases;
    size_t passed, failed;
    PathSuite how = {load_input, print_failed, NULL};
    check(json_parse(&cx, suite_shared(cx.arena, "suites/fhirpath-r4.json"), &cases) == STATUS_OK);
    check(path_suite_run(&cx, cases, &how, &passed, &failed) == STATUS_OK);
    check_int(passed + failed, CASES);
    check_int(failed, 0);
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_official_cases_are_met),
    };
    return cmocka_run_group_tests_name("fhirpath", tests, NULL, NULL);
}
