/* Decimal numbers: exact where they can be, refused where not. */
#include "testing.h"
#include "base/decimal.h"

static Decimal number(const char *text)
{
    Decimal value = {0, 0};
    if (!decimal_parse(str_of(text), &value))
        fail_msg("%s is no number", text);
    return value;
}

static void check_text(Decimal value, const char *expected)
{
    char room[DECIMAL_TEXT_MAX];
    check_str(decimal_text(value, room), str_of(expected));
}

static void text_goes_in_and_out(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text, *written;
    } cases[] = {
        {"a whole number", "42", "42"},
        {"zeros at the end are precision", "1.00", "1.00"},
        {"zero keeps its places", "0.00", "0.00"},
        {"negative, below one", "-0.05", "-0.05"},
        {"a plus", "+7", "7"},
        {"exponent upward", "5e3", "5000"},
        {"exponent downward", "1.5E-3", "0.0015"},
        {"exponent into the digits", "1.25e1", "12.5"},
        {"exponent of zero", "0e400", "0"},
        {"34 digits", "1234567890123456789012345678901234", "1234567890123456789012345678901234"},
        {"zeros before do not count", "00000000000000000000000000000000000000012.5", "12.5"},
        {"64 places", "1e-64",
         "0.0000000000000000000000000000000000000000000000000000000000000001"},
        {"a large exponent", "1e64",
         "10000000000000000000000000000000000000000000000000000000000000000"},
        {"digits and the largest exponent", "12e64",
         "120000000000000000000000000000000000000000000000000000000000000000"},
        {"zeros make room for an exponent", "1e70",
         "10000000000000000000000000000000000000000000000000000000000000000000000"},
        {"zeros at the end that have no room", "10000000000000000000000000000000000000000000000000",
         "10000000000000000000000000000000000000000000000000"},
        {"and behind the point", "5.0000000000000000000000000000000000000",
         "5.000000000000000000000000000000000"},
        {"a digit behind them", "10000000000000000000000000000000000000000000000001", NULL},
        {"a digit far behind the point", "5.00000000000000000000000000000000000001", NULL},
        {"empty", "", NULL},
        {"a sign alone", "-", NULL},
        {"no digit before the point", ".5", NULL},
        {"no digit behind the point", "5.", NULL},
        {"no digit in the exponent", "5e", NULL},
        {"a blank", " 5", NULL},
        {"a blank behind", "5 ", NULL},
        {"two signs", "--5", NULL},
        {"hexadecimal", "0x10", NULL},
        {"infinity", "Infinity", NULL},
        {"35 digits", "12345678901234567890123456789012345", NULL},
        {"35 digits across the point", "1234567890123456789012345678901234.5", NULL},
        {"an exponent beyond any scale", "1e400", NULL},
        {"an exponent beyond an int", "1e99999999999", NULL},
        {"too many places", "1e-65", NULL},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Decimal value = {-1, -1};
        check_int(decimal_parse(str_of(c->text), &value), c->written != NULL);
        if (c->written)
            check_text(value, c->written);
        else
            check(value.digits == -1 && value.scale == -1);
    }
}

typedef bool Operation(Decimal a, Decimal b, Decimal *ret);

static void arithmetic_is_exact_or_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *a;
        Operation *operation;
        const char *b, *result;
    } cases[] = {
        {"what a double gets wrong", "0.1", decimal_add, "0.2", "0.3"},
        {"the finer scale stays", "1.5", decimal_add, "1.50", "3.00"},
        {"scales far apart", "1e33", decimal_add, "1", "1000000000000000000000000000000001"},
        {"one digit too many", "1e34", decimal_add, "1", NULL},
        {"a carry into a 35th digit that is zero", "9999999999999999999999999999999999",
         decimal_add, "1", "10000000000000000000000000000000000"},
        {"zeros at the end do not stand in the way", "1e40", decimal_add, "0.000000000000",
         "10000000000000000000000000000000000000000"},
        {"zero and the finest scale", "0", decimal_add, "1e-64",
         "0.0000000000000000000000000000000000000000000000000000000000000001"},
        {"a fine zero does not stand in the way", "1e40", decimal_add, "2e41",
         "210000000000000000000000000000000000000000"},
        {"a fine number whose zeros reach beyond the other's scale", "100000000000000000000",
         decimal_add, "1000000000000000000000000000000000e14",
         "100000000000000000000000000100000000000000000000"},
        {"to nothing", "5.0", decimal_subtract, "5", "0.0"},
        {"below zero", "1", decimal_subtract, "1.25", "-0.25"},
        {"places add up", "1.5", decimal_multiply, "-2.50", "-3.750"},
        {"exact at 34 digits", "99999999999999999", decimal_multiply, "99999999999999999",
         "9999999999999999800000000000000001"},
        {"one digit too many", "999999999999999999", decimal_multiply, "99999999999999999", NULL},
        {"tens hidden in both: 2^60 * 5^30", "1152921504606846976", decimal_multiply,
         "931322574615478515625", "1073741824000000000000000000000000000000"},
        {"a whole quotient", "6", decimal_divide, "2", "3"},
        {"it ends", "1", decimal_divide, "8", "0.125"},
        {"a third", "1", decimal_divide, "3", "0.3333333333333333"},
        {"two thirds, half up", "-2", decimal_divide, "3", "-0.6666666666666667"},
        {"a small divisor", "1", decimal_divide, "0.0025", "400"},
        {"fewer places where digits end", "1e30", decimal_divide, "3",
         "333333333333333333333333333333.3333"},
        {"finer than the places of a quotient", "1e-20", decimal_divide, "1",
         "0.00000000000000000001"},
        {"too large for the digits", "1e40", decimal_divide, "3", NULL},
        {"by zero", "1", decimal_divide, "0.0", NULL},
        {"zero", "0", decimal_divide, "7", "0"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Decimal result = decimal_of(-77);
        check_int(c->operation(number(c->a), number(c->b), &result), c->result != NULL);
        check_text(result, c->result ? c->result : "-77");
    }
}

static void order_is_by_value(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *a, *b;
        int order;
    } cases[] = {
        {"precision does not count", "1.0", "1", 0},
        {"smaller", "1.09", "1.1", -1},
        {"signs", "-1", "0.5", -1},
        {"both negative", "-2", "-10", 1},
        {"zeros", "0.000", "0", 0},
        {"zero and negative", "0", "-1e-64", 1},
        {"scales too far apart for 128 bits", "1e60", "1e-60", 1},
        {"the same, negative", "-1e60", "-1e-60", -1},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(decimal_compare(number(c->a), number(c->b)), c->order);
        check_int(decimal_compare(number(c->b), number(c->a)), -c->order);
    }
}

static void rounding_is_half_away_from_zero(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text;
        int places;
        const char *result;
    } cases[] = {
        {"down", "3.14159", 3, "3.142"},
        {"half", "2.5", 0, "3"},
        {"half, negative", "-2.5", 0, "-3"},
        {"just under half", "2.49999", 0, "2"},
        {"fewer places stay", "2.5", 4, "2.5"},
        {"before the point", "1250", -2, "1300"},
        {"to nothing", "0.0004", 2, "0.00"},
        {"far away", "1e-64", 2, "0.00"},
        {"far before the point", "123", INT32_MIN, "0"},
        {"far behind", "123", INT32_MAX, "123"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Decimal result;
        check(decimal_round(number(c->text), c->places, &result));
        check_text(result, c->result);
    }
    CASE("without zeros at the end");
    check_text(decimal_trim(number("1.500")), "1.5");
    check_text(decimal_trim(number("0.00")), "0");
    check(decimal_trim(number("1500")).scale == -2);
}

/* SPEC R4 search.html#number */
static void precision_is_an_interval(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text, *lo, *hi;
    } cases[] = {
        {"three digits", "100", "99.5", "100.5"},
        {"five digits", "100.00", "99.995", "100.005"},
        {"the example of the specification", "1e2", "95", "105"},
        {"two digits with an exponent", "1.1e2", "105", "115"},
        {"a quantity", "5.40e-3", "0.005395", "0.005405"},
        {"negative: lo is below", "-5.4", "-5.45", "-5.35"},
        {"zero", "0", "-0.5", "0.5"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Decimal lo, hi;
        check(decimal_range(number(c->text), &lo, &hi));
        check_text(lo, c->lo);
        check_text(hi, c->hi);
    }
    CASE("no digit is left");
    Decimal lo, hi;
    check(!decimal_range(number("1234567890123456789012345678901234"), &lo, &hi));
}

static void doubles_are_the_nearest(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text;
        double value;
    } cases[] = {
        {"a tenth", "0.1", 0.1},
        {"past 53 bits", "9007199254740993", 9007199254740992.0},
        {"many digits", "3.14159265358979323846264338327950", 3.14159265358979323846},
        {"small", "1e-60", 1e-60},
        {"large", "-6.02214076e23", -6.02214076e23},
        {"half of the last digit, to the even one", "9007199254740993.0000000", 9007199254740992.0},
        {"just above the half", "9007199254740993.0000001", 9007199254740994.0},
        {"a laboratory's digits times a mole", "61.83429871234567e23", 61.83429871234567e23},
        {"many places", "0.1000000000000000055511151231257827", 0.1},
        {"zero", "0.000", 0.0},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check(decimal_to_double(number(c->text)) == c->value);
    }
    CASE("ratios are rounded once");
    double ratio;
    for (int i = -3000; i < 3000; i++) {
        check(decimal_ratio_to_double((Decimal){i, 1}, 60, &ratio));
        check(ratio == i / 600.0);
        check(decimal_ratio_to_double((Decimal){i, -12}, 7, &ratio));
        check(ratio == i * 1e12 / 7);
    }
    CASE("no room");
    check(!decimal_ratio_to_double((Decimal){1, 22}, 3, &ratio));
    check(!decimal_ratio_to_double((Decimal){1, -38}, 3, &ratio));
}

static void whole_numbers_are_cut_toward_zero(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text;
        bool fits;
        int64_t value;
    } cases[] = {
        {"cut", "2.9", true, 2},
        {"cut, negative", "-2.9", true, -2},
        {"an exponent", "5e3", true, 5000},
        {"largest", "9223372036854775807", true, INT64_MAX},
        {"smallest", "-9223372036854775808", true, INT64_MIN},
        {"one too many", "9223372036854775808", false, 0},
        {"far too many", "1e60", false, 0},
        {"far too small", "1e-60", true, 0},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        int64_t value = 0;
        check_int(decimal_to_i64(number(c->text), &value), c->fits);
        check_int(value, c->value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_goes_in_and_out),
        cmocka_unit_test(arithmetic_is_exact_or_refused),
        cmocka_unit_test(order_is_by_value),
        cmocka_unit_test(rounding_is_half_away_from_zero),
        cmocka_unit_test(precision_is_an_interval),
        cmocka_unit_test(doubles_are_the_nearest),
        cmocka_unit_test(whole_numbers_are_cut_toward_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
