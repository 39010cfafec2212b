/* Index keys: order, and what can be read back. */
#include "search/key.h"
#include "testing.h"

static Key date_key(Time lo, Time hi, Time place, uint64_t rid)
{
    Key key;
    key_begin(&key, KEY_DATE, 0x0345);
    key_add_time(&key, lo);
    key_add_time(&key, hi);
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
        Key first = date_key(0, 0, c->first_date, c->first_rid);
        Key then = date_key(0, 0, c->then_date, c->then_rid);
        check(str_cmp(key_str(&first), key_str(&then)) < 0);
    }
}

static void parts_can_be_read_back(void **state)
{
    UNUSED(state);
    Time lo = 951782400 * TIME_SECOND + 5 * TIME_MS;
    Key key = date_key(lo, lo + TIME_DAY, lo, 77);
    check_int(key_time(key_str(&key), KEY_HEAD), lo);
    check_int(key_time(key_str(&key), KEY_HEAD + KEY_TIME), lo + TIME_DAY);
    check_int(key_rid(key_str(&key)), 77);
    check_int(key_place(key_str(&key)).len, KEY_PLACE);
    check_int(key.len, KEY_HEAD + 2 * KEY_TIME + KEY_PLACE);
}

static void open_ends_sort_outside_all_dates(void **state)
{
    UNUSED(state);
    Key open = date_key(INT64_MIN, INT64_MAX, 0, 1);
    Key closed = date_key(-2208988800 * TIME_SECOND, 0, 0, 1); /* 1900 */
    check(str_cmp(key_str(&open), key_str(&closed)) < 0);
    Key late = date_key(INT64_MAX, INT64_MAX, 0, 1);
    check(str_cmp(key_str(&closed), key_str(&late)) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_places_come_first),
        cmocka_unit_test(parts_can_be_read_back),
        cmocka_unit_test(open_ends_sort_outside_all_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
