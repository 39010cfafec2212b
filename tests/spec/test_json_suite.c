/* JSONTestSuite: what RFC 8259 allows is read, what it forbids is refused. */
#include "suite.h"
#include "json/json.h"

/* SPEC RFC 8259 - implementation-defined cases that Aceso decides on. */
static const struct {
    const char *name;
    bool accepted;
} decided[] = {
    {"i_string_UTF-16LE_with_BOM.json", false},
    {"i_structure_UTF-8_BOM_empty_object.json", false},
    {"i_object_key_lone_2nd_surrogate.json", false},
    {"i_string_1st_surrogate_but_2nd_missing.json", false},
    {"i_string_UTF8_surrogate_U+D800.json", false},
    {"i_string_overlong_sequence_2_bytes.json", false},
    {"i_structure_500_nested_arrays.json", false},
    {"i_number_huge_exp.json", true},
    {"i_number_very_big_negative_int.json", true},
};

static bool expected(const char *name, bool *ret_accepted)
{
    *ret_accepted = name[0] == 'y';
    for (size_t i = 0; i < COUNT_OF(decided); i++) {
        if (str_eq(str_of(name), str_of(decided[i].name))) {
            *ret_accepted = decided[i].accepted;
            return true;
        }
    }
    return name[0] != 'i';
}

static void parses_as_the_suite_says(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("JSONTestSuite");
    Ctx cx = testing_ctx();
    Arena *arena = arena_new((size_t)16 << 20, false);
    Str folder = arena_format(cx.arena, "%s/suites/jsontestsuite/test_parsing", testing_shared());
    size_t count, known = 0;
    const char **names = suite_names(cx.arena, folder.at, &count);
    for (size_t i = 0; i < count; i++) {
        CASE(names[i]);
        arena_clear(arena);
        Str path = arena_format(arena, "%s/%s", folder.at, names[i]);
        Str text = suite_read(arena, path.at);
        check(text.at != NULL);
        Ctx inner = {.arena = arena};
        JsonValue *root;
        bool accepted = json_parse(&inner, text, &root) == STATUS_OK;
        char *copy = arena_alloc_raw(arena, text.len + JSON_PADDING);
        memcpy(copy, text.at, text.len);
        check_int(json_parse_in_place(&inner, copy, text.len, &root) == STATUS_OK, accepted);
        bool want;
        if (expected(names[i], &want)) {
            check_int(accepted, want);
            known++;
        }
        check(accepted || inner.issue_count > 0);
    }
    check_int(known, 95 + 188 + COUNT_OF(decided));
    arena_free(arena);
    arena_free(cx.arena);
}

static void run_patch_file(const char *name, size_t expected_count)
{
    Ctx cx = testing_ctx();
    JsonValue *root, *test;
    check_int(json_parse(&cx, suite_shared(cx.arena, name), &root), STATUS_OK);
    size_t count = 0, index = 0;
    for (JsonIter it = json_iter(root); json_next(&it, NULL, &test); index++) {
        JsonValue *doc = json_get(test, STR("doc")), *patch = json_get(test, STR("patch"));
        if (!doc || !patch)
            continue; /* a comment alone */
        CASE(arena_format(cx.arena, "case %zu: " STR_FMT, index,
                          STR_ARG(json_get_str(test, STR("comment"))))
                 .at);
        Buf buf;
        buf_init(&buf, cx.arena, 256, 65536);
        ctx_forget(&cx);
        Status status = json_patch(&cx, doc, patch, &buf);
        if (json_get(test, STR("error"))) {
            check(status == STATUS_INVALID || status == STATUS_UNPROCESSABLE);
            check(cx.issue_count == 1);
        } else {
            check_int(status, STATUS_OK);
            JsonValue *result;
            check_int(json_parse(&cx, buf_str(&buf), &result), STATUS_OK);
            JsonValue *wanted = json_get(test, STR("expected"));
            check(!wanted || json_equal(result, wanted, false));
        }
        count++;
    }
    CASE(name);
    check_int(count, expected_count);
    arena_free(cx.arena);
}

/* SPEC RFC 6902 */
static void patches_as_the_suite_says(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("json-patch-tests");
    run_patch_file("suites/json-patch/tests.json", 95);
    run_patch_file("suites/json-patch/spec_tests.json", 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_as_the_suite_says),
        cmocka_unit_test(patches_as_the_suite_says),
    };
    return cmocka_run_group_tests_name("json suites", tests, NULL, NULL);
}
