/* Every resource of the demo is R4: the network and some hundred patients, whole bundles. */
#include "testing.h"

#include "demo/demo.h"
#include "fhir/fhir.h"

enum { PATIENTS = 250 };

static const DemoOptions options = {
    .seed = 7, .patients = PATIENTS, .today = (Time)20778 * TIME_DAY /* 2026-11-21 */};

static Status check_sink(void *to, Ctx *cx, Str bundle)
{
    JsonValue *root;
    FhirCheck how = {.skip_entries = false};
    FhirChecked checked;
    Status status = json_parse(cx, bundle, &root);
    if (status == STATUS_OK)
        status = fhir_validate(cx, root, &how, &checked);
    for (const Issue *issue = cx->issues; issue; issue = issue->next)
        print_message("# " STR_FMT ": " STR_FMT "\n", STR_ARG(issue->expression),
                      STR_ARG(issue->diagnostics));
    *(unsigned *)to += 1;
    return cx->issues ? STATUS_INVALID : status;
}

static void every_bundle_is_valid_r4(void **state)
{
    UNUSED(state);
    unsigned bundles = 0;
    check_int(demo_generate(&options, check_sink, &bundles), STATUS_OK);
    check_int(bundles, PATIENTS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bundle_is_valid_r4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
