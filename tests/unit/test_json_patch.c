/* JSON Patch beyond the official suite: what a hostile patch may try. */
#include "testing.h"
#include "json/json.h"

static Status patch(Ctx *cx, const char *document, Str operations, size_t max, Str *ret_result)
{
    JsonValue *doc, *ops;
    Buf buf;
    check_int(json_parse(cx, str_of(document), &doc), STATUS_OK);
    check_int(json_parse(cx, operations, &ops), STATUS_OK);
    buf_init(&buf, cx->arena, 0, max);
    TRY(json_patch(cx, doc, ops, &buf));
    *ret_result = buf_str(&buf);
    return STATUS_OK;
}

static void answers_by_rule(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *document, *operations;
        Status status;
        const char *result; /* or the words of the issue */
    } cases[] = {
        {"decimals survive", "{\"v\":1.500}", "[{\"op\":\"copy\",\"from\":\"/v\",\"path\":\"/w\"}]",
         STATUS_OK, "{\"v\":1.500,\"w\":1.500}"},
        {"a copy is apart from its origin", "{\"a\":{\"x\":1}}",
         "[{\"op\":\"test\",\"path\":\"/a/x\",\"value\":1},"
         "{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"},"
         "{\"op\":\"replace\",\"path\":\"/b/x\",\"value\":2}]",
         STATUS_OK, "{\"a\":{\"x\":1},\"b\":{\"x\":2}}"},
        {"moving within an array", "[1,2,3]", "[{\"op\":\"move\",\"from\":\"/0\",\"path\":\"/2\"}]",
         STATUS_OK, "[2,3,1]"},
        {"a whole document can be replaced", "[1]",
         "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"a\":1}},"
         "{\"op\":\"add\",\"path\":\"/b\",\"value\":2}]",
         STATUS_OK, "{\"a\":1,\"b\":2}"},
        {"copying the whole into itself once", "{\"a\":1}",
         "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/b\"}]", STATUS_OK,
         "{\"a\":1,\"b\":{\"a\":1}}"},
        {"not into itself", "{\"a\":{}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]",
         STATUS_UNPROCESSABLE, "into itself"},
        {"a sibling with the same beginning is not inside", "{\"a\":1,\"ab\":{}}",
         "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/ab/c\"}]", STATUS_OK, "{\"ab\":{\"c\":1}}"},
        {"numbers are tested by value", "{\"a\":1.0}",
         "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]", STATUS_OK, "{\"a\":1.0}"},
        {"all or nothing, and which one", "{\"a\":1}",
         "[{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"remove\",\"path\":\"/a\"}]",
         STATUS_UNPROCESSABLE, "Operation 1"},
        {"not an array", "{}", "{\"op\":\"remove\",\"path\":\"/a\"}", STATUS_INVALID, "array"},
        {"a broken escape", "{}", "[{\"op\":\"remove\",\"path\":\"/~2\"}]", STATUS_INVALID, "~"},
        {"removing everything", "{}", "[{\"op\":\"remove\",\"path\":\"\"}]", STATUS_UNPROCESSABLE,
         "whole document"},
        {"an index with sign", "[1]", "[{\"op\":\"remove\",\"path\":\"/-1\"}]",
         STATUS_UNPROCESSABLE, "index"},
        {"a huge index", "[1]", "[{\"op\":\"remove\",\"path\":\"/18446744073709551615\"}]",
         STATUS_UNPROCESSABLE, "nothing at that path"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        Str result = STR_EMPTY;
        check_int(patch(&cx, c->document, str_of(c->operations), 1 << 20, &result), c->status);
        if (c->status == STATUS_OK)
            check_str(result, str_of(c->result));
        else
            check(cx.issues && strstr(cx.issues->diagnostics.at, c->result));
        arena_free(cx.arena);
    }
}

static void a_result_too_large_is_said(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Str result;
    CASE("a document that does not fit, untouched");
    check_int(patch(&cx, "{\"a\":\"0123456789\"}", STR("[]"), 8, &result), STATUS_MEMORY);
    check_int(cx.issue_count, 1);
    arena_free(cx.arena);
}

/* Each copy doubles the document: 2^60 values would be asked for. */
static void doubling_ends_at_a_limit(void **state)
{
    UNUSED(state);
    static const char *const openers[] = {"", ",{\"op\":\"test\",\"path\":\"/0/0\",\"value\":1}"};
    for (size_t k = 0; k < COUNT_OF(openers); k++) {
        CASE(k ? "opened values" : "closed values");
        Ctx cx = testing_ctx();
        Buf ops;
        buf_init(&ops, cx.arena, 0, 1 << 20);
        buf_add_lit(&ops, "[{\"op\":\"test\",\"path\":\"/0\",\"value\":[1]}");
        for (int i = 0; i < 60; i++) {
            buf_add_lit(&ops, ",{\"op\":\"copy\",\"from\":\"\",\"path\":\"/-\"}");
            buf_add_str(&ops, str_of(openers[k]));
        }
        buf_add_lit(&ops, "]");
        Str result;
        check_int(patch(&cx, "[[1]]", buf_str(&ops), 1 << 20, &result) != STATUS_OK, true);
        arena_free(cx.arena);
    }
}

/* Each move hangs the whole tree one path deeper. */
static void depth_ends_at_a_limit(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Buf ops;
    buf_init(&ops, cx.arena, 0, (size_t)4 << 20);
    buf_add_lit(&ops, "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}");
    for (int i = 0; i < 1000; i++)
        buf_add_lit(&ops, ",{\"op\":\"add\",\"path\":\"/n\",\"value\":{}},"
                          "{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/n/a\"},"
                          "{\"op\":\"move\",\"from\":\"/n\",\"path\":\"/a\"}");
    buf_add_lit(&ops, "]");
    CASE("1,000 levels built by moves");
    JsonValue *doc, *list;
    check_int(json_parse(&cx, STR("{\"a\":1}"), &doc), STATUS_OK);
    check_int(json_parse(&cx, buf_str(&ops), &list), STATUS_OK);
    Buf out;
    buf_init(&out, cx.arena, 0, (size_t)4 << 20);
    check(json_patch(&cx, doc, list, &out) != STATUS_OK);
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_by_rule),
        cmocka_unit_test(a_result_too_large_is_said),
        cmocka_unit_test(doubling_ends_at_a_limit),
        cmocka_unit_test(depth_ends_at_a_limit),
    };
    return cmocka_run_group_tests_name("json patch", tests, NULL, NULL);
}
