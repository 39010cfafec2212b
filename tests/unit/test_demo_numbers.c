/* Belgian numbers: check digits as the published vectors have them. */
#include "testing.h"

#include "belgian_numbers.h"

static bool number_is_valid(Str kind, Str number)
{
    return str_eq(kind, STR("SSIN")) ? ssin_is_valid(number) : nihdi_is_valid(number);
}

static void vectors_get_their_verdict(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("clinical/be_id_vectors.csv");
    char path[4096], line[512];
    snprintf(path, sizeof(path), "%s/clinical/be_id_vectors.csv", testing_shared());
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("# skipped: %s is not there\n", "clinical/be_id_vectors.csv");
        skip();
    }
    unsigned checked = 0;
    while (fgets(line, sizeof(line), file)) {
        Str rest = str_of(line);
        Str kind = str_cut(&rest, ','), number = str_cut(&rest, ','), result = str_cut(&rest, ',');
        if (!str_eq(kind, STR("SSIN")) && !str_eq(kind, STR("NIHDI")))
            continue;
        CASE(line);
        check_int(number_is_valid(kind, number), str_has_prefix(result, STR("valid")));
        checked++;
    }
    fclose(file);
    check(checked >= 35);
}

static void numbers_are_made_as_the_state_makes_them(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        int year;
        unsigned month, day, serial;
        Str number;
    } cases[] = {
        {"a man of 1985", 1985, 7, 30, 33, STR_INIT("85073003328")},
        {"a 2 stands before the digits from 2000 on", 2017, 7, 30, 33, STR_INIT("17073003384")},
    };
    FOR_CASES(cases, c)
    {
        char text[SSIN_LEN];
        CASE(c->why);
        Str number = ssin_make(day_of(c->year, c->month, c->day), c->serial, text);
        check(ssin_is_valid(number));
        check_str(number, c->number);
    }
}

static void a_changed_digit_is_found(void **state)
{
    UNUSED(state);
    char text[SSIN_LEN];
    ssin_make(day_of(1973, 3, 18), 57, text);
    for (unsigned i = 0; i < SSIN_LEN; i++) {
        char kept = text[i];
        text[i] = kept == '9' ? '8' : (char)(kept + 1);
        check(!ssin_is_valid(str_n(text, SSIN_LEN)));
        text[i] = kept;
    }
    check(ssin_is_valid(str_n(text, SSIN_LEN)));
    check_str(nihdi_make(187497, 477, text), STR("18749704477"));
}

static void brussels_changes_its_clock_on_the_last_sundays(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        int year;
        unsigned month, day;
        int minute;
        Str text;
    } cases[] = {
        {"winter", 2026, 1, 15, 9 * 60 + 20, STR_INIT("2026-01-15T09:20:00+01:00")},
        {"summer", 2026, 7, 15, 9 * 60 + 20, STR_INIT("2026-07-15T09:20:00+02:00")},
        {"the day before summer time", 2026, 3, 28, 720, STR_INIT("2026-03-28T12:00:00+01:00")},
        {"the first day of summer time", 2026, 3, 29, 720, STR_INIT("2026-03-29T12:00:00+02:00")},
        {"the last day of summer time", 2026, 10, 24, 720, STR_INIT("2026-10-24T12:00:00+02:00")},
        {"the day it ends", 2026, 10, 25, 720, STR_INIT("2026-10-25T12:00:00+01:00")},
    };
    FOR_CASES(cases, c)
    {
        char text[MOMENT_LEN];
        CASE(c->why);
        check_str(moment_format((Moment){day_of(c->year, c->month, c->day), c->minute}, text),
                  c->text);
    }
}

static void practices_close_on_belgian_holidays(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        int year;
        unsigned month, day;
        bool open;
    } cases[] = {
        {"an ordinary Monday", 2026, 11, 23, true},
        {"a Saturday", 2026, 11, 21, false},
        {"national day", 2026, 7, 21, false},
        {"Easter Monday", 2026, 4, 6, false},
        {"Ascension", 2026, 5, 14, false},
        {"Whit Monday", 2026, 5, 25, false},
        {"Easter Monday of 2025", 2025, 4, 21, false},
        {"the Friday after Ascension", 2026, 5, 15, true},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(day_is_working(day_of(c->year, c->month, c->day)), c->open);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_get_their_verdict),
        cmocka_unit_test(numbers_are_made_as_the_state_makes_them),
        cmocka_unit_test(a_changed_digit_is_found),
        cmocka_unit_test(brussels_changes_its_clock_on_the_last_sundays),
        cmocka_unit_test(practices_close_on_belgian_holidays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
