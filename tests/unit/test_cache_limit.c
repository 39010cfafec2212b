/* Limits: what one node lets through, when it does so again, and that nobody pays for another. */
#include "testing.h"

#include "cache/limit.h"

static Ctx cx;
static const Time minute = 60 * TIME_SECOND;
static const Time start = 29833333 * (Time)60 * TIME_SECOND; /* the beginning of a window */

static Limits *limits_of(uint64_t per_window)
{
    Limits *limits;
    check(limits_new(&cx, NULL, STR("account"), per_window, &limits) == STATUS_OK);
    return limits;
}

static unsigned let_through(Limits *limits, const char *who, Time at, unsigned tries)
{
    unsigned through = 0;
    for (unsigned i = 0; i < tries; i++)
        through += limits_take_at(limits, str_of(who), at) == 0;
    return through;
}

static void a_burst_gets_what_is_allowed(void **state)
{
    UNUSED(state);
    Limits *limits = limits_of(100);
    check_int(let_through(limits, "dupont", start, 1000), 100);
    check_int(let_through(limits, "martin", start, 50), 50); /* nobody pays for another */
    check_int(limits_refused(limits), 900);
    limits_free(limits);
    check_int(limits_take(NULL, STR("dupont")), 0);
    check_int(limits_refused(NULL), 0);
}

/* Whoever asks all the time gets as much as allowed in any minute, not twice that around the end
 * of a window. */
static void the_window_slides(void **state)
{
    UNUSED(state);
    Limits *limits = limits_of(60);
    unsigned through[60 * 5] = {0}, all = 0;
    for (int s = 0; s < 60 * 5; s++)
        through[s] = let_through(limits, "dupont", start + s * TIME_SECOND, 10);
    for (int s = 0; s < 60 * 5; s++) {
        unsigned in_a_minute = 0;
        for (int i = s; i < s + 60 && i < 60 * 5; i++)
            in_a_minute += through[i];
        check(in_a_minute <= 60 + 6); /* the last window is taken as evenly filled */
        all += through[s];
    }
    check(all >= 60 * 4 && all <= 60 * 5 + 6);
    limits_free(limits);
}

static void the_wait_is_told_and_is_enough(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        unsigned before; /* in the window before, evenly */
        Time at;         /* into this one */
    } cases[] = {
        {"at the beginning", 0, 0},
        {"in the middle", 0, 30 * TIME_SECOND},
        {"at the end", 0, 59 * TIME_SECOND},
        {"with a full window before", 100, 10 * TIME_SECOND},
        {"with half a window before", 50, 59 * TIME_SECOND},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Limits *limits = limits_of(100);
        for (unsigned i = 0; i < c->before; i++)
            let_through(limits, "dupont", start - minute + i * minute / c->before, 1);
        let_through(limits, "dupont", start + c->at, 200);
        unsigned wait = limits_take_at(limits, STR("dupont"), start + c->at);
        check(wait >= 1 && wait <= 120);
        check_int(limits_take_at(limits, STR("dupont"), start + c->at + wait * TIME_SECOND), 0);
        limits_free(limits);
    }
}

static void an_idle_caller_has_everything_again(void **state)
{
    UNUSED(state);
    Limits *limits = limits_of(100);
    check_int(let_through(limits, "dupont", start, 200), 100);
    check_int(let_through(limits, "dupont", start + 2 * minute, 200), 100);
    check_int(let_through(limits, "dupont", start + 60 * minute, 200), 100);
    limits_free(limits);
}

/* Many addresses that come once do not make the table forget the one that floods. */
static void a_flood_is_not_forgotten_for_strangers(void **state)
{
    UNUSED(state);
    Limits *limits = limits_of(100);
    check_int(let_through(limits, "flood", start, 200), 100);
    for (unsigned i = 0; i < 4 * LIMIT_CALLERS_MAX; i++) {
        char who[24];
        snprintf(who, sizeof who, "stranger %u", i);
        let_through(limits, who, start, 1);
    }
    check_int(let_through(limits, "flood", start, 100), 0);
    limits_free(limits);
}

int main(void)
{
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_gets_what_is_allowed),
        cmocka_unit_test(the_window_slides),
        cmocka_unit_test(the_wait_is_told_and_is_enough),
        cmocka_unit_test(an_idle_caller_has_everything_again),
        cmocka_unit_test(a_flood_is_not_forgotten_for_strangers),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
