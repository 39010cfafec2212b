/* Every resource of the demo is R4: the network and some hundred patients, whole bundles. */
#include "testing.h"

#include "demo_every.h"
#include "fhir/fhir.h"

enum { PATIENTS = 250 };

static const DemoOptions options = {
    .seed = 7, .patients = PATIENTS, .today = (Time)20778 * TIME_DAY /* 2026-11-21 */};

static void check_bundle(void *to, Ctx *cx, Str bundle)
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
    check(status == STATUS_OK && !cx->issues);
}

static void every_bundle_is_valid_r4(void **state)
{
    UNUSED(state);
    unsigned bundles = 0;
    demo_every(&options, check_bundle, &bundles);
    check_int(bundles, PATIENTS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bundle_is_valid_r4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
