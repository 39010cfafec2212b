/* Every example that HL7 publishes with R4, Belgian laboratory bundles and synthetic
 * patients: what is valid is accepted, and comes back equal as JSON, digit by digit. */
#include "suite_tar.h"

#include "fhir/fhir.h"

/* Examples of the official package that are not valid R4, each with the reason. */
static const struct {
    const char *name, *reason;
} refused[] = {
    {"-", "-"},
};

static bool *seen_refused;

static bool is_refused(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        if (strcmp(name, refused[i].name) == 0) {
            seen_refused[i] = true;
            return true;
        }
    }
    return false;
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
    size_t files, resources, wrong;
} Totals;

static void one_resource(Ctx *cx, const char *name, JsonValue *resource, Totals *totals)
{
    FhirChecked checked;
    cx->issues = cx->issues_last = NULL;
    cx->issue_count = 0;
    bool accepted = fhir_validate(cx, resource, NULL, &checked) == STATUS_OK;
    totals->resources++;
    if (accepted)
        comes_back_equal(cx, resource);
    if (accepted != is_refused(name)) {
        check(accepted || cx->issue_count);
        return;
    }
    totals->wrong++;
    print_message("# %s: %s\n", name, accepted ? "is accepted now" : "is refused");
    for (const Issue *issue = cx->issues; issue; issue = issue->next)
        print_message("#     " STR_FMT ": " STR_FMT "\n", STR_ARG(issue->expression),
                      STR_ARG(issue->diagnostics));
}

static Totals check_archive(const char *archive)
{
    Totals totals = {0};
    Arena *forever = arena_new((size_t)64 << 20, false);
    Arena *arena = arena_new((size_t)512 << 20, false);
    SuiteTar tar = suite_tar_open(forever, archive);
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
            one_resource(&cx, name, root, &totals);
            totals.files++;
        } else if (str_has_suffix(whole, STR(".ndjson"))) {
            Str lines = str_n(text, len);
            for (Str line = str_cut(&lines, '\n'); line.len; line = str_cut(&lines, '\n')) {
                check_int(json_parse(&cx, line, &root), STATUS_OK);
                one_resource(&cx, name, root, &totals);
            }
            totals.files++;
        }
        arena_clear(arena);
    }
    suite_tar_close(&tar);
    arena_free(arena);
    arena_free(forever);
    CASE(archive);
    print_message("# %s: %zu files, %zu resources\n", archive, totals.files, totals.resources);
    check_int(totals.wrong, 0);
    return totals;
}

static void accepts_the_official_examples(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("R4 examples");
    bool seen[COUNT_OF(refused)] = {false};
    seen_refused = seen;
    check_int(check_archive("data/r4-examples.tar.zst").files, 5306);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        CASE(refused[i].name);
        check(seen[i]);
    }
}

static void accepts_belgian_laboratory_bundles(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("be-lab bundles");
    bool seen[COUNT_OF(refused)] = {false};
    seen_refused = seen;
    check(check_archive("data/be-lab.tar.zst").files > 0);
}

static void accepts_synthetic_patients(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("Synthea");
    bool seen[COUNT_OF(refused)] = {false};
    seen_refused = seen;
    check(check_archive("data/synthea-a.tar.zst").files > 0);
    check(check_archive("data/synthea-b.tar.zst").files > 0);
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
