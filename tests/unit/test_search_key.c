/* Index keys: order, and what can be read back. */
#include "search/key.h"

#include <math.h>

#include "search/width.h"
#include "testing.h"

static Key date_key(Time place, uint64_t rid)
{
    Key key;
    key_begin(&key, KEY_DATE, 0x0345);
    key_add_place(&key, place, rid);
    return key;
}

static void newer_places_come_first(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Time first_date;
        uint64_t first_rid;
        Time then_date;
        uint64_t then_rid;
    } cases[] = {
        {"a later date", 2 * TIME_DAY, 1, 1 * TIME_DAY, 9},
        {"the same date, a later rid", TIME_DAY, 9, TIME_DAY, 8},
        {"a date before a resource without one", -TIME_DAY, 1, INT64_MIN, 9},
        {"dates before 1970", -1 * TIME_DAY, 1, -2 * TIME_DAY, 1},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Key first = date_key(c->first_date, c->first_rid);
        Key then = date_key(c->then_date, c->then_rid);
        check(str_cmp(key_str(&first), key_str(&then)) < 0);
    }
}

static void parts_can_be_read_back(void **state)
{
    UNUSED(state);
    Time at = 951782400 * TIME_SECOND + 5 * TIME_MS;
    Key key;
    key_begin(&key, KEY_NUMBER, 0x0345);
    key_add_interval(&key, -2.5, 7);
    key_add_place(&key, at, 77);
    double lo, hi;
    key_interval(key_str(&key), KEY_HEAD, &lo, &hi);
    check(lo == -2.5 && hi == 7);
    check_int(key_ms_time(key_place_ms(key_str(&key))), at);
    check_int(key_rid(key_str(&key)), 77);
    check_int(key_place(key_str(&key)).len, KEY_PLACE);
}

static void numbers_stand_in_their_order(void **state)
{
    UNUSED(state);
    static const double rising[] = {-INFINITY, -1e300, -2,  -1.5, -1e-300, 0,
                                    1e-300,    1,      1.5, 2,    1e300,   INFINITY};
    for (size_t i = 1; i < COUNT_OF(rising); i++) {
        Key low = {.len = 0}, high = {.len = 0};
        key_add_number(&low, rising[i - 1]);
        key_add_number(&high, rising[i]);
        check(str_cmp(key_str(&low), key_str(&high)) < 0);
    }
    Key zero = {.len = 0}, minus = {.len = 0};
    key_add_number(&zero, 0.0);
    key_add_number(&minus, -0.0);
    check(str_eq(key_str(&zero), key_str(&minus)));
}

/* Whatever the range, the width class and the beginning decide as the range itself does, or say
 * that they cannot. */
static void widths_decide_as_ranges_do(void **state)
{
    UNUSED(state);
    static const uint64_t widths[] = {0, 1, 2, 999, 1000, 60000, 86400000, 2678400000, 3000000000};
    const MsRange value = {1000000000, 1086400000};
    for (size_t w = 0; w < COUNT_OF(widths); w++) {
        for (uint64_t lo = 900000000; lo < 1200000000; lo += 7654321) {
            MsRange range = {lo, lo + widths[w]};
            Width width = width_of(range);
            for (Prefix prefix = PREFIX_EQ; prefix <= PREFIX_AP; prefix++) {
                uint64_t first, last;
                bool holds = range_holds(prefix, value, range);
                Holds decided = width_holds(width, prefix, value, width_anchor(range));
                bool within =
                    width_stretch(width, prefix, value, &first, &last) && first <= lo && lo <= last;
                check(decided == HOLDS_UNSURE || (decided == HOLDS_YES) == holds);
                check(within || !holds);
            }
        }
    }
}

/* At the very edges of a question too, where a class is said to be sure. */
static void sure_stretches_need_no_second_look(void **state)
{
    UNUSED(state);
    static const uint64_t widths[] = {1, 1000, 60000, 3600000, 86400000, 2678400000};
    const MsRange values[] = {
        {1000000000, 1086400000}, {1000000000, 1000000001}, {1000000000, 1000001000}, {0, 60000}};
    FOR_CASES(values, value)
    {
        for (size_t w = 0; w < COUNT_OF(widths); w++) {
            for (int edge = 0; edge < 4; edge++) {
                uint64_t base = edge < 2 ? value->lo : value->hi;
                base = edge % 2 ? base : base - widths[w];
                for (int64_t by = -3; by <= 3; by++) {
                    MsRange range = {base + (uint64_t)by, base + (uint64_t)by + widths[w]};
                    if (base < 4 || base > KEY_MS_MAX / 2)
                        continue;
                    for (Prefix prefix = PREFIX_EQ; prefix <= PREFIX_AP; prefix++) {
                        uint64_t first, last;
                        bool within = width_stretch(width_of(range), prefix, *value, &first, &last);
                        within = within && first <= range.lo && range.lo <= last;
                        check(!width_is_sure(width_of(range), prefix) ||
                              within == range_holds(prefix, *value, range));
                    }
                }
            }
        }
    }
}

static void open_ends_are_decided(void **state)
{
    UNUSED(state);
    const MsRange value = {1000, 2000}, since = {1500, KEY_MS_MAX}, until = {0, 1500};
    check_int(width_of(since), WIDTH_NO_END);
    check_int(width_of(until), WIDTH_NO_BEGINNING);
    for (Prefix prefix = PREFIX_EQ; prefix <= PREFIX_AP; prefix++) {
        check_int(width_holds(WIDTH_NO_END, prefix, value, 1500) == HOLDS_YES,
                  range_holds(prefix, value, since));
        check_int(width_holds(WIDTH_NO_BEGINNING, prefix, value, 1500) == HOLDS_YES,
                  range_holds(prefix, value, until));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_places_come_first),
        cmocka_unit_test(parts_can_be_read_back),
        cmocka_unit_test(numbers_stand_in_their_order),
        cmocka_unit_test(widths_decide_as_ranges_do),
        cmocka_unit_test(sure_stretches_need_no_second_look),
        cmocka_unit_test(open_ends_are_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
