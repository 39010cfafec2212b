/* Reading, writing and comparing JSON, and the limits that keep it safe. */
#include "testing.h"

#include <time.h>

#include "json/json.h"

static JsonValue *parse(Ctx *cx, const char *text)
{
    JsonValue *root = NULL;
    check_int(json_parse(cx, str_of(text), &root), STATUS_OK);
    return root;
}

static Str written(Ctx *cx, const JsonValue *value, bool pretty)
{
    Buf buf;
    buf_init(&buf, cx->arena, 64, 1 << 20);
    json_write(&buf, value, pretty);
    check_int(buf_done(&buf), STATUS_OK);
    return buf_str(&buf);
}

static void writes_what_it_read(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text;
    } cases[] = {
        {"decimals keep their digits", "[1.00,-0.0,1e5,1E+400,123456789012345678901234567890.10]"},
        {"escapes that must stay", "[\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\"]"},
        {"other characters stand as themselves", "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/\"]"},
        {"empty things", "{\"a\":{},\"b\":[],\"\":\"\"}"},
        {"words", "[true,false,null]"},
        {"a bare value", "\"x\""},
        {"the same name twice, in order", "{\"a\":1,\"a\":2}"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        check_str(written(&cx, parse(&cx, c->text), false), str_of(c->text));
        arena_free(cx.arena);
    }
}

static void writes_long_strings_in_small_room(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    char text[400];
    memset(text, 'x', sizeof(text));
    text[0] = text[150] = text[399] = '\n';
    for (size_t len = 1; len <= sizeof(text); len += 7) {
        Buf exact, small;
        size_t want = len + 2 + 1 + (len > 150) + (len > 399);
        buf_init(&exact, cx.arena, 0, want);
        json_write_string(&exact, str_n(text, len));
        check_int(buf_done(&exact), STATUS_OK);
        check_int(exact.len, want);
        buf_init(&small, cx.arena, 0, want - 1);
        json_write_string(&small, str_n(text, len));
        check_int(buf_done(&small), STATUS_MEMORY);
    }
    arena_free(cx.arena);
}

static void indents_by_two(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    check_str(written(&cx, parse(&cx, "{\"a\":[1,{}],\"b\":[]}"), true),
              STR("{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}"));
    arena_free(cx.arena);
}

static void compares(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *a, *b;
        bool equal, equal_numeric;
    } cases[] = {
        {"members in any order", "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true, true},
        {"items in their order", "[1,2]", "[2,1]", false, false},
        {"a trailing zero is meant", "1.0", "1.00", false, true},
        {"exponents", "1e2", "100", false, true},
        {"negative exponents", "0.012", "12e-3", false, true},
        {"negative zero is zero", "-0", "0.0", false, true},
        {"signs", "-1", "1", false, false},
        {"different powers", "10", "1", false, false},
        {"more digits than a double has", "12345678901234567890.1", "12345678901234567890.2", false,
         false},
        {"a number is not a string", "1", "\"1\"", false, false},
        {"one member more", "{\"a\":1}", "{\"a\":1,\"b\":1}", false, false},
        {"null and absence", "{\"a\":null}", "{\"b\":null}", false, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        JsonValue *a = parse(&cx, c->a), *b = parse(&cx, c->b);
        check_int(json_equal(a, b, false), c->equal);
        check_int(json_equal(b, a, true), c->equal_numeric);
        arena_free(cx.arena);
    }
}

static void reads_members_and_items(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    JsonValue *root = parse(&cx, "{\"a\":[10,[11],\"x\"],\"b\":true,\"s\":\"t\"}");
    check_int(json_count(root), 3);
    check_str(json_str(json_item(json_get(root, STR("a")), 2)), STR("x"));
    check(json_item(json_get(root, STR("a")), 3) == NULL);
    check(json_get(root, STR("c")) == NULL);
    check(json_get(json_get(root, STR("b")), STR("c")) == NULL);
    check_str(json_get_str(root, STR("s")), STR("t"));
    check_str(json_get_str(root, STR("b")), STR_EMPTY);
    check(!json_is(NULL, JSON_NULL));
    json_set_string(json_get(root, STR("s")), STR("changed \"x\""));
    check_str(written(&cx, root, false),
              STR("{\"a\":[10,[11],\"x\"],\"b\":true,\"s\":\"changed \\\"x\\\"\"}"));
    arena_free(cx.arena);
}

static double cpu_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* security-model.md 8: JSON of depth 10^6 and 10 MB of `[` are refused in 20 ms. */
static void refuses_bombs_quickly(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *unit;
        size_t times;
    } cases[] = {
        {"10 MB of [", "[", 10 << 20},
        {"depth 10^6 of objects", "{\"a\":", 1000000},
        {"depth 10^6, spread out so that brackets are rare", "[                 ", 1000000},
        {"depth 10^6 behind strings full of brackets", "[\"]]]]\",", 1000000},
        {"one level too many", "[", JSON_DEPTH_MAX + 1},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = {.arena = arena_new((size_t)512 << 20, false)};
        Buf buf;
        buf_init(&buf, cx.arena, 0, (size_t)64 << 20);
        for (size_t i = 0; i < c->times; i++)
            buf_add_str(&buf, str_of(c->unit));
        JsonValue *root;
        double from = cpu_ms();
        check_int(json_parse(&cx, buf_str(&buf), &root), STATUS_INVALID);
        double took = cpu_ms() - from;
        print_message("# %s: %.1f ms\n", c->why, took);
        check(took < 100); /* 20 ms, with room for sanitizers */
        arena_free(cx.arena);
    }
}

static void knows_its_limits(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *open, *close;
        size_t times;
        Status status;
    } cases[] = {
        {"as deep as allowed", "[", "]", JSON_DEPTH_MAX, STATUS_OK},
        {"closed properly, too deep", "[", "]", JSON_DEPTH_MAX + 1, STATUS_INVALID},
        {"objects too deep", "{\"a\":[", "]}", JSON_DEPTH_MAX / 2 + 1, STATUS_INVALID},
        {"many siblings are not depth", "[[],[],[{}],", "[]]", 1, STATUS_OK},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        Buf buf;
        buf_init(&buf, cx.arena, 0, 1 << 20);
        for (size_t i = 0; i < c->times; i++)
            buf_add_str(&buf, str_of(c->open));
        for (size_t i = 0; i < c->times; i++)
            buf_add_str(&buf, str_of(c->close));
        JsonValue *root;
        check_int(json_parse(&cx, buf_str(&buf), &root), c->status);
        arena_free(cx.arena);
    }
}

static void refuses_objects_with_thousands_of_members(void **state)
{
    UNUSED(state);
    for (int extra = 0; extra < 2; extra++) {
        CASE(extra ? "one member too many" : "as many as allowed");
        Ctx cx = testing_ctx();
        Buf buf;
        buf_init(&buf, cx.arena, 0, 1 << 20);
        for (int i = 0; i < JSON_MEMBERS_MAX + extra; i++)
            buf_format(&buf, "%s\"m%d\":1", i ? "," : "{", i);
        buf_add_lit(&buf, "}");
        JsonValue *root;
        check_int(json_parse(&cx, buf_str(&buf), &root), extra ? STATUS_INVALID : STATUS_OK);
        arena_free(cx.arena);
    }
}

/* A document of empty arrays looks like a bomb by its density and is none. */
static void accepts_many_small_arrays(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Buf buf;
    buf_init(&buf, cx.arena, 0, 1 << 20);
    buf_add_lit(&buf, "[[]");
    for (int i = 0; i < 100000; i++)
        buf_add_lit(&buf, ",[]");
    buf_add_lit(&buf, "]");
    JsonValue *root;
    check_int(json_parse(&cx, buf_str(&buf), &root), STATUS_OK);
    check_int(json_count(root), 100001);
    arena_free(cx.arena);
}

static void says_where_it_broke(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text, *words;
    } cases[] = {
        {"the byte", "{\"a\":1,}", "byte 6"},
        {"nothing at all", "", "there is nothing"},
        {"something behind", "{} x", "byte 3"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        JsonValue *root;
        check_int(json_parse(&cx, str_of(c->text), &root), STATUS_INVALID);
        check(cx.issues && strstr(cx.issues->diagnostics.at, c->words));
        arena_free(cx.arena);
    }
}

static void memory_limit_is_an_answer(void **state)
{
    UNUSED(state);
    Ctx cx = {.arena = arena_new(2000, false)};
    char text[4000];
    memset(text, ' ', sizeof(text));
    text[0] = '1';
    JsonValue *root;
    check_int(json_parse(&cx, str_n(text, sizeof(text)), &root), STATUS_MEMORY);
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_it_read),
        cmocka_unit_test(writes_long_strings_in_small_room),
        cmocka_unit_test(indents_by_two),
        cmocka_unit_test(compares),
        cmocka_unit_test(reads_members_and_items),
        cmocka_unit_test(refuses_bombs_quickly),
        cmocka_unit_test(knows_its_limits),
        cmocka_unit_test(refuses_objects_with_thousands_of_members),
        cmocka_unit_test(accepts_many_small_arrays),
        cmocka_unit_test(says_where_it_broke),
        cmocka_unit_test(memory_limit_is_an_answer),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
