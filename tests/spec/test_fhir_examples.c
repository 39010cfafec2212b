/* Every example that HL7 publishes with R4, Belgian laboratory bundles and synthetic
 * patients: what is valid is accepted, and comes back equal as JSON, digit by digit. */
#include "suite_tar.h"

#include "fhir/fhir.h"

/* What is not valid R4: the first fault that it must be refused for. */
typedef struct {
    const char *name, *expression, *words;
} Refused;

static const Refused refused_examples[] = {
    {"ActivityDefinition-blood-tubes-supply.json", "ActivityDefinition.text.div",
     "no content"}, /* an empty narrative (txt-2) */
    {"ActivityDefinition-heart-valve-replacement.json", "ActivityDefinition.text.div",
     "no content"}, /* an empty narrative (txt-2) */
    {"DeviceMetric-example.json", "DeviceMetric.parent.reference",
     "one of these types"}, /* a reference to a type that the element does not allow */
    {"DeviceUseStatement-example.json", "DeviceUseStatement.reasonReference[0].reference",
     "one of these types"}, /* a reference to a type that the element does not allow */
    {"EventDefinition-example.json", "EventDefinition.text.div",
     "no content"}, /* an empty narrative (txt-2) */
    {"ImplementationGuide-fhir.json", "ImplementationGuide.name",
     "missing"}, /* a required element is missing */
    {"MedicationRequest-medrx0301.json", "MedicationRequest.dispenseRequest.performer.reference",
     "one of these types"}, /* a reference to a type that the element does not allow */
    {"Observation-clinical-gender.json", "Observation.performer[0].reference",
     "one of these types"}, /* a reference to a type that the element does not allow */
    {"Questionnaire-qs1.json", "Questionnaire.item[0].item[0].linkId",
     "missing"}, /* a required element is missing */
    {"Questionnaire-zika-virus-exposure-assessment.json", "Questionnaire.text.div",
     "no content"}, /* an empty narrative (txt-2) */
    {"SearchParameter-codesystem-extensions-CodeSystem-author.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-codesystem-extensions-CodeSystem-effective.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-codesystem-extensions-CodeSystem-end.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-codesystem-extensions-CodeSystem-keyword.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-codesystem-extensions-CodeSystem-workflow.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json",
     "SearchParameter.id", "1 to 64"}, /* the id is too long */
    {"SearchParameter-valueset-extensions-ValueSet-author.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-valueset-extensions-ValueSet-effective.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-valueset-extensions-ValueSet-end.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-valueset-extensions-ValueSet-keyword.json", "SearchParameter.base",
     "missing"}, /* a required element is missing */
    {"SearchParameter-valueset-extensions-ValueSet-workflow.json", "SearchParameter.base",
     "missing"},                                           /* a required element is missing */
    {"ig-r4.json", "ImplementationGuide.name", "missing"}, /* a required element is missing */
};

/* Their narratives have a status and no div. */
static const Refused refused_laboratory[] = {
    {"81365677998_815333041_44.json", "Bundle.entry[4].resource.presentedForm",
     "An array"}, /* an object where the element repeats */
    {"81365677998_815333058_8.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933561_7.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933562_25.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933563_3.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933564_2.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933565_7.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933566_2.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933567_2.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933568_2.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933569_3.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933570_2.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933571_2.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933572_7.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933573_5.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
    {"81365677998_815933574_3.json", "Bundle.entry[0].resource.text.div",
     "missing"}, /* a required element is missing */
};

typedef struct {
    const char *archive;
    const Refused *refused;
    size_t refused_count;
    size_t files;
} Archive;

static const Refused *find_refused(const Archive *archive, const char *name)
{
    for (size_t i = 0; i < archive->refused_count; i++) {
        if (strcmp(name, archive->refused[i].name) == 0)
            return &archive->refused[i];
    }
    return NULL;
}

static bool is_set_by_write(Str name)
{
    return str_eq(name, STR("id")) || str_eq(name, STR("meta"));
}

/* All members of the resource but id and meta are equal, in any order. */
static bool equal_but_meta(const JsonValue *a, const JsonValue *b)
{
    size_t counts[2] = {0, 0};
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(b); json_next(&it, &name, &value);)
        counts[1] += !is_set_by_write(name);
    for (JsonIter it = json_iter(a); json_next(&it, &name, &value);) {
        if (is_set_by_write(name))
            continue;
        JsonValue *other = json_get(b, name);
        if (!other || !json_equal(value, other, false))
            return false;
        counts[0]++;
    }
    return counts[0] == counts[1];
}

static void comes_back_equal(Ctx *cx, JsonValue *resource)
{
    Buf buf;
    JsonValue *again, *meta;
    buf_init(&buf, cx->arena, 4096, (size_t)64 << 20);
    fhir_write(&buf, resource, STR("x"), 7, 0);
    check_int(buf_done(&buf), STATUS_OK);
    check_int(json_parse(cx, buf_str(&buf), &again), STATUS_OK);
    check(equal_but_meta(resource, again));
    check_str(json_get_str(again, STR("id")), STR("x"));
    meta = json_get(again, STR("meta"));
    check_str(json_get_str(meta, STR("versionId")), STR("7"));
    check_str(json_get_str(meta, STR("lastUpdated")), STR("1970-01-01T00:00:00.000Z"));
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(json_get(resource, STR("meta"))); json_next(&it, &name, &value);)
        check(str_eq(name, STR("versionId")) || str_eq(name, STR("lastUpdated")) ||
              json_equal(value, json_get(meta, name), false));
}

typedef struct {
    size_t files, resources, refused, wrong;
} Totals;

static void print_issues(const Ctx *cx)
{
    for (const Issue *issue = cx->issues; issue; issue = issue->next)
        print_message("#     " STR_FMT ": " STR_FMT "\n", STR_ARG(issue->expression),
                      STR_ARG(issue->diagnostics));
}

static void one_resource(Ctx *cx, const Archive *archive, const char *name, JsonValue *resource,
                         Totals *totals)
{
    FhirChecked checked;
    ctx_forget(cx);
    const Refused *refused = find_refused(archive, name);
    bool accepted = fhir_validate(cx, resource, NULL, &checked) == STATUS_OK;
    totals->resources++;
    totals->refused += !accepted;
    if (accepted)
        comes_back_equal(cx, resource);
    if (accepted == !refused &&
        (accepted || (str_eq(cx->issues->expression, str_of(refused->expression)) &&
                      strstr(cx->issues->diagnostics.at, refused->words))))
        return;
    totals->wrong++;
    print_message("# %s: %s\n", name, accepted ? "is accepted now" : "is refused");
    print_issues(cx);
}

static void check_archive(const Archive *archive)
{
    Totals totals = {0};
    Arena *forever = arena_new((size_t)64 << 20, false);
    Arena *arena = arena_new((size_t)512 << 20, false);
    SuiteTar tar = suite_tar_open(forever, archive->archive);
    char *text;
    size_t len;
    while (suite_tar_next(&tar, arena, &text, &len)) {
        const char *name = strrchr(tar.name, '/') ? strrchr(tar.name, '/') + 1 : tar.name;
        Str whole = str_of(tar.name);
        CASE(tar.name);
        Ctx cx = {.arena = arena};
        JsonValue *root;
        if (str_has_suffix(whole, STR(".json")) && name[0] != '.' &&
            strcmp(name, "package.json") != 0) {
            check_int(json_parse_in_place(&cx, text, len, &root), STATUS_OK);
            one_resource(&cx, archive, name, root, &totals);
            totals.files++;
        } else if (str_has_suffix(whole, STR(".ndjson"))) {
            Str lines = str_n(text, len);
            for (Str line = str_cut(&lines, '\n'); line.len; line = str_cut(&lines, '\n')) {
                check_int(json_parse(&cx, line, &root), STATUS_OK);
                one_resource(&cx, archive, name, root, &totals);
            }
            totals.files++;
        }
        arena_clear(arena);
    }
    suite_tar_close(&tar);
    arena_free(arena);
    arena_free(forever);
    CASE(archive->archive);
    print_message("# %s: %zu files, %zu resources, %zu refused\n", archive->archive, totals.files,
                  totals.resources, totals.refused);
    check_int(totals.wrong, 0);
    check_int(totals.refused, archive->refused_count);
    check_int(totals.files, archive->files);
}

static void accepts_the_official_examples(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("R4 examples");
    check_archive(
        &(Archive){"data/r4-examples.tar.zst", refused_examples, COUNT_OF(refused_examples), 5306});
}

static void accepts_belgian_laboratory_bundles(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("be-lab bundles");
    check_archive(
        &(Archive){"data/be-lab.tar.zst", refused_laboratory, COUNT_OF(refused_laboratory), 59});
}

static void accepts_synthetic_patients(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("Synthea");
    check_archive(&(Archive){"data/synthea-a.tar.zst", NULL, 0, 103});
    check_archive(&(Archive){"data/synthea-b.tar.zst", NULL, 0, 81});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_the_official_examples),
        cmocka_unit_test(accepts_belgian_laboratory_bundles),
        cmocka_unit_test(accepts_synthetic_patients),
    };
    return cmocka_run_group_tests_name("fhir examples", tests, NULL, NULL);
}
