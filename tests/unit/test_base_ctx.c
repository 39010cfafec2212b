/* Issues, arenas and time. */
#include "base/base64.h"
#include "testing.h"

static void outcome_escapes_what_people_typed(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    check_int(ctx_fail(&cx, STATUS_INVALID, STR("Patient.name"), "odd \"%s\"", "a\nb"),
              STATUS_INVALID);
    Str json;
    check_int(ctx_outcome(&cx, STATUS_INVALID, &json), STATUS_OK);
    check_str(json, STR("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\","
                        "\"code\":\"invalid\",\"diagnostics\":\"odd \\\"a\\u000ab\\\"\","
                        "\"expression\":[\"Patient.name\"]}]}"));
    arena_free(cx.arena);
}

static Str outcome_of(Ctx *cx)
{
    Str json;
    check_int(ctx_outcome(cx, STATUS_INVALID, &json), STATUS_OK);
    return json;
}

static void what_is_forgotten_stays_away(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx(), apart = {.arena = arena_new(1 << 20, false)};
    (void)ctx_fail(&cx, STATUS_INVALID, STR("a"), "the first");
    Str first = outcome_of(&cx);
    Ctx before = cx;
    (void)ctx_fail(&cx, STATUS_INVALID, STR("b"), "the second");
    check(!str_eq(outcome_of(&cx), first));
    ctx_forget_since(&cx, &before);
    check_str(outcome_of(&cx), first);
    check_int(cx.issue_count, 1);
    ctx_forget(&cx);
    check(!cx.issues && !cx.issue_count);
    (void)ctx_fail(&apart, STATUS_INVALID, STR("a"), "the first");
    ctx_warn(&apart, "informational", STR_EMPTY, "no error");
    check_int(ctx_copy_issues(&cx, &apart, STATUS_CONFLICT), STATUS_CONFLICT);
    arena_free(apart.arena);
    check_str(outcome_of(&cx), first);
    (void)ctx_fail(&cx, STATUS_INVALID, STR("b"), "the second");
    before = (Ctx){.arena = cx.arena};
    ctx_take_issues(&before, &cx);
    check_str(outcome_of(&before), outcome_of(&cx));
    arena_free(cx.arena);
}

static void count_release(void *thing)
{
    ++*(int *)thing;
}

static void arena_keeps_its_limit_and_its_hooks(void **state)
{
    UNUSED(state);
    int released = 0;
    Arena *arena = arena_new(1000, true);
    check(arena_alloc(arena, 900) != NULL);
    check(arena_alloc(arena, 200) == NULL);
    check(arena_defer(arena, count_release, &released) != NULL);
    arena_clear(arena);
    check_int(released, 1);
    check(arena_alloc(arena, 900) != NULL);
    arena_free(arena);
    check_int(released, 1);
}

static void buf_stops_at_its_maximum(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(1 << 20, false);
    Buf buf;
    buf_init(&buf, arena, 0, 10);
    buf_add_lit(&buf, "12345678");
    check_int(buf_done(&buf), STATUS_OK);
    buf_add_lit(&buf, "abc");
    check_int(buf_done(&buf), STATUS_MEMORY);
    check_str(buf_str(&buf), STR("12345678"));
    arena_free(arena);
}

static void instants_are_utc_with_milliseconds(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Time at;
        Str instant, http;
    } cases[] = {
        {"epoch", 0, STR_INIT("1970-01-01T00:00:00.000Z"),
         STR_INIT("Thu, 01 Jan 1970 00:00:00 GMT")},
        {"leap day", 951782400 * TIME_SECOND + 5 * TIME_MS, STR_INIT("2000-02-29T00:00:00.005Z"),
         STR_INIT("Tue, 29 Feb 2000 00:00:00 GMT")},
        {"example of RFC 9110", 784111777 * TIME_SECOND, STR_INIT("1994-11-06T08:49:37.000Z"),
         STR_INIT("Sun, 06 Nov 1994 08:49:37 GMT")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        char text[32];
        check_str(time_format_instant(c->at, text), c->instant);
        check_str(time_format_http(c->at, text), c->http);
        Time back = 0;
        check(time_parse_http(c->http, &back));
        check_int(back, c->at / TIME_SECOND * TIME_SECOND);
    }
}

static bool has_gone(const void *who)
{
    return *(const bool *)who;
}

static void work_ends_when_nobody_waits(void **state)
{
    UNUSED(state);
    bool gone = false;
    Ctx cx = testing_ctx();
    cx.gone = has_gone;
    cx.who = &gone;
    check_int(ctx_check_deadline(&cx), STATUS_OK);
    gone = true;
    check_int(ctx_check_deadline(&cx), STATUS_TIMEOUT);
    arena_free(cx.arena);
}

/* What has a block of its own can be given back; the rest stays until the end. */
static void arena_gives_back_what_is_large(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(10 << 20, true);
    char *small = arena_alloc(arena, 100), *large = arena_alloc_raw(arena, 6 << 20),
         *behind = arena_alloc(arena, 100);
    check(small && large && behind);
    memset(large, 'x', 6 << 20);
    memset(small, 's', 100);
    memset(behind, 'b', 100);
    check(!arena_alloc_raw(arena, 6 << 20));
    arena_drop(arena, large);
    arena_drop(arena, small);
    check(arena_alloc_raw(arena, 6 << 20) != NULL);
    check(small[99] == 's' && behind[99] == 'b');
    arena_free(arena);
}

static void an_array_grows_and_keeps_what_is_in_it(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(1000, true);
    uint64_t *numbers = NULL, *grown;
    size_t count = 0, room = 0;
    while ((grown = arena_grow(arena, numbers, sizeof(*numbers), count, &room, 4))) {
        check(count < room && (count < 4 ? room == 4 : room <= 2 * count));
        numbers = grown;
        numbers[count] = count;
        count++;
    }
    check(count >= 32 && count == room);
    for (size_t i = 0; i < count; i++)
        check_int(numbers[i], i);
    arena_free(arena);
}

static void base64_is_read_over_itself(void **state)
{
    static const struct {
        const char *why, *text;
        Str bytes;
        bool sound;
    } cases[] = {
        {"RFC 4648 10", "Zm9vYmFy", STR_INIT("foobar"), true},
        {"one byte of padding", "Zm9vYmE=", STR_INIT("fooba"), true},
        {"two", "Zg==", STR_INIT("f"), true},
        {"blanks between", "Zm9v\r\nYmFy", STR_INIT("foobar"), true},
        {"nothing", "", STR_INIT(""), true},
        {"cut short", "Zm9", STR_INIT(""), false},
        {"no letter of it", "Zm9v!mFy", STR_INIT(""), false},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        char text[32];
        Str bytes;
        CASE(c->why);
        snprintf(text, sizeof(text), "%s", c->text);
        check_int(base64_read_in_place(text, strlen(text), &bytes), c->sound);
        if (c->sound)
            check_str(bytes, c->bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_ends_when_nobody_waits),
        cmocka_unit_test(outcome_escapes_what_people_typed),
        cmocka_unit_test(what_is_forgotten_stays_away),
        cmocka_unit_test(arena_keeps_its_limit_and_its_hooks),
        cmocka_unit_test(arena_gives_back_what_is_large),
        cmocka_unit_test(an_array_grows_and_keeps_what_is_in_it),
        cmocka_unit_test(base64_is_read_over_itself),
        cmocka_unit_test(buf_stops_at_its_maximum),
        cmocka_unit_test(instants_are_utc_with_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
