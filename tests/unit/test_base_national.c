/* The Belgian national number: its check digits, in both centuries, and BIS numbers. The numbers
 * are those of python-stdnum and of the examples of HL7 Belgium. */
#include "testing.h"

#include "base/national.h"

static const struct {
    const char *why, *text;
    bool valid;
} cases[] = {
    {"a man of 1985", "85073003328", true},
    {"as it is written", "85.07.30-033 28", true},
    {"one of 2017: a 2 is thought in front", "17073003384", true},
    {"one of 1900, not of 2000", "00010499952", true},
    {"one of 2000, of whom the year is known", "00000000128", true},
    {"the day goes on counting", "85073500107", true},
    {"BIS, the sex is known: 40 on the month, 1998", "98472899765", true},
    {"2001", "01490700185", true},
    {"1975", "75460898095", true},
    {"BIS, the sex is not known: 20 on the month, 1900", "00200100112", true},
    {"2000", "00210000178", true},
    {"another last digit", "85073003329", false},
    {"two digits in each other's place", "58073003328", false},
    {"month 13", "85133000105", false},
    {"month 71, of a specimen card", "71715100070", false},
    {"ten digits", "8507300332", false},
    {"twelve", "850730033281", false},
    {"a letter", "8507300332x", false},
    {"a sign that separates nothing", "85/07/30 033 28", false},
    {"nothing", "", false},
};

static void a_number_is_what_its_digits_say(void **state)
{
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        char digits[NATIONAL_DIGITS];
        CASE(c->why);
        check_int(national_number(str_of(c->text), digits), c->valid);
    }
    char digits[NATIONAL_DIGITS];
    check(national_number(STR("17.07.30-033.84"), digits));
    check_str(str_n(digits, NATIONAL_DIGITS), STR("17073003384"));
}

static void check_digits_are_of_a_century(void **state)
{
    UNUSED(state);
    check_int(national_check_digits(850730033, false), 28);
    check_int(national_check_digits(170730033, true), 84);
    check_int(national_check_digits(984728997, false), 65);
    check_int(national_check_digits(14907001, true), 85);
    CASE("they say nothing of the month");
    check(national_is_checked(85133000105) && !national_is_checked(85133000106));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_what_its_digits_say),
        cmocka_unit_test(check_digits_are_of_a_century),
    };
    return cmocka_run_group_tests_name("national numbers", tests, NULL, NULL);
}
