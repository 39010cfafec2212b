/* The demo network: the same bytes for the same seed, unique valid numbers, sound references. */
#include "testing.h"

#include "demo/demo.h"
#include "demo/numbers.h"

static const DemoOptions options = {
    .seed = 42, .patients = 300, .today = (Time)20778 * TIME_DAY /* 2026-11-21 */};

static void same_seed_same_bytes(void **state)
{
    UNUSED(state);
    Ctx one = testing_ctx(), other = testing_ctx();
    Str a, b;
    check_int(demo_network(&one, &options, &a), STATUS_OK);
    check_int(demo_network(&other, &options, &b), STATUS_OK);
    check_str(a, b);
    for (unsigned i = 0; i < 50; i++) {
        check_int(demo_patient(&one, &options, i, &a), STATUS_OK);
        check_int(demo_patient(&other, &options, i, &b), STATUS_OK);
        check_str(a, b);
        arena_clear(one.arena);
        arena_clear(other.arena);
    }
    DemoOptions another = options;
    another.seed = 43;
    check_int(demo_patient(&one, &options, 7, &a), STATUS_OK);
    check_int(demo_patient(&other, &another, 7, &b), STATUS_OK);
    check(!str_eq(a, b));
    arena_free(one.arena);
    arena_free(other.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
