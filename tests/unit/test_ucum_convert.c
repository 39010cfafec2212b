/* Amounts in other units: figures of the specification, of standards and of every laboratory. */
#include "testing.h"
#include "ucum/ucum.h"

static UcumUnit unit_of(const char *text)
{
    UcumUnit unit;
    if (!ucum_parse(str_of(text), &unit, NULL))
        fail_msg("%s is no unit", text);
    return unit;
}

static void check_conversion(const char *amount, const char *from, const char *to,
                             const char *result)
{
    UcumUnit a = unit_of(from), b = unit_of(to);
    Decimal number;
    char room[DECIMAL_TEXT_MAX];
    check(decimal_parse(str_of(amount), &number));
    check_int(ucum_convert(number, &a, &b, &number), result != NULL);
    check_int(ucum_comparable(&a, &b), result != NULL);
    Decimal expected;
    if (result && (!decimal_parse(str_of(result), &expected) || decimal_compare(number, expected)))
        fail_msg("%s: " STR_FMT ", expected %s", testing_case, STR_ARG(decimal_text(number, room)),
                 result);
}

static void ratios_are_exact(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *amount, *from, *to, *result;
    } cases[] = {
        {"haemoglobin", "140", "g/L", "g/dL", "14.0"},
        {"glucose", "90", "mg/dL", "g/L", "0.90"},
        {"substance", "5.40", "mmol/L", "umol/L", "5400"},
        {"an inch is 2.54 cm by the agreement of 1959", "1", "[in_i]", "cm", "2.54"},
        {"a pound is 453.59237 g", "1", "[lb_av]", "g", "453.59237"},
        {"a foot is 12 inches", "6", "[ft_i]", "m", "1.8288"},
        {"a statute mile is 1609.344 m", "1", "[mi_i]", "m", "1609.344"},
        {"a U.S. gallon is 3.785411784 L", "1", "[gal_us]", "L", "3.785411784"},
        {"a British pint is 568.26125 mL", "1", "[pt_br]", "mL", "568.26125"},
        {"a survey foot is 1200/3937 m", "3937", "[ft_us]", "m", "1200"},
        {"a grain is 64.79891 mg", "1", "[gr]", "mg", "64.79891"},
        {"a day has 86400 seconds", "1", "d", "s", "86400"},
        {"a mean month", "12", "mo", "a", "1"},
        {"a quotient that does not end", "1", "min", "h", "0.01666666666666666666666666667"},
        {"and back", "60", "/h", "/min", "1"},
        {"atmosphere", "1", "atm", "mm[Hg]", "760.0021001785151737897721306"},
        {"pascals", "1", "atm", "Pa", "101325"},
        {"a French is a third of a millimetre", "12", "[Ch]", "mm", "4"},
        {"a drop is 0.05 mL", "1", "[drp]", "mL", "0.05"},
        {"katal", "60", "U", "ukat", "1"},
        {"curie", "1", "Ci", "GBq", "37"},
        {"rem", "100", "REM", "Sv", "1"},
        {"kilocalories", "1", "kcal", "kJ", "4.184"},
        {"a metabolic equivalent", "2", "[MET]", "mL/(kg.min)", "7.0"},
        {"Wood units", "80", "[wood'U]", "dyn.s/cm5", "6399.456"},
        {"international units", "5", "[iU]/mL", "k[IU]/L", "5"},
        {"cells", "4.5", "10*12/L", "10*6/uL", "4.5"},
        {"particles", "1", "mol", "10*23", "6.02214076"},
        {"the elementary charge of 2019", "1", "[e]", "C", "0.0000000000000000001602176634"},
        {"low and high power fields", "1", "/[HPF]", "/[LPF]", "100"},
        {"Rankine", "9", "[degR]", "K", "5"},
        {"a very large ratio", "1", "Ym", "ym", "1e48"},
        {"zero", "0", "mg", "[lb_av]", "0"},
        {"negative", "-40", "dm", "m", "-4.0"},
        {"mass is not volume", "1", "g", "mL", NULL},
        {"an arbitrary unit is not 1", "1", "[iU]", "1", NULL},
        {"and not another arbitrary unit", "1", "[iU]", "[arb'U]", NULL},
        {"enzyme units are not international units", "1", "U", "[iU]", NULL},
        {"torque is energy: the same dimension", "1", "N.m", "J", "1"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_conversion(c->amount, c->from, c->to, c->result);
    }
}

static void special_units_have_functions(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *amount, *from, *to, *result;
    } cases[] = {
        {"water freezes", "0", "Cel", "K", "273.15"},
        {"body temperature", "37.0", "Cel", "[degF]", "98.60"},
        {"and back", "98.6", "[degF]", "Cel", "37.00"},
        {"equal at minus forty", "-40", "Cel", "[degF]", "-40.00"},
        {"a quotient that does not end", "100", "[degF]", "Cel", "37.7777777777777777777777778"},
        {"Reaumur: water boils at 80", "80", "[degRe]", "Cel", "100.00"},
        {"Celsius to Reaumur", "25", "Cel", "[degRe]", "20.000"},
        {"a prefix scales the number, not the unit (#para-22)", "37000", "mCel", "Cel", "37.000"},
        {"and in the other direction", "37", "Cel", "kCel", "0.03700"},
        {"a factor does too", "3.7", "10.Cel", "Cel", "37.00"},
        {"the pH of blood in the specification is 0.04 umol/l", "7.4", "[pH]", "nmol/L",
         "39.8107170553497"},
        {"back to pH", "100", "nmol/L", "[pH]", "7"},
        {"an amplitude of e is one neper", "1", "Np", "1", "2.71828182845905"},
        {"one bel is tenfold", "1", "B", "1", "10"},
        {"20 dB are a hundredfold", "20", "dB", "1", "100"},
        {"twofold in dB", "2", "1", "dB", "3.01029995663981"},
        {"94 dB are about one pascal", "94", "dB[SPL]", "Pa", "1.00237446725454"},
        {"a level of volts", "20", "dB[V]", "V", "10"},
        {"60 dB above a millivolt", "60", "dB[mV]", "V", "1"},
        {"60 dB above a microvolt", "60", "dB[uV]", "mV", "1"},
        {"40 dB above ten nanovolts", "40", "dB[10.nV]", "uV", "1"},
        {"30 dB above a watt", "30", "dB[W]", "kW", "1"},
        {"30 dB above a kilowatt", "30", "dB[kW]", "MW", "1"},
        {"ten bits", "10", "bit_s", "1", "1024"},
        {"a slope of 100 percent", "100", "%[slope]", "deg", "45"},
        {"45 degrees in prism diopters", "45", "deg", "[p'diop]", "100"},
        {"a retired potency of the decimal series", "3", "[hp'_X]", "1", "0.001"},
        {"of the centesimal series", "3", "[hp'_C]", "1", "0.000001"},
        {"of the millesimal series", "2", "[hp'_M]", "1", "0.000001"},
        {"of the quintamillesimal series", "1", "[hp'_Q]", "1", "0.00002"},
        {"back to the quintamillesimal series", "1", "[ppm]", "[hp'_Q]", "1.27687556942552"},
        {"a spectral density", "3", "[m/s2/Hz^(1/2)]", "m2/s3", "9"},
        {"no logarithm of zero", "0", "1", "B", NULL},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        if (c->result) {
            check_conversion(c->amount, c->from, c->to, c->result);
            continue;
        }
        UcumUnit from = unit_of(c->from), to = unit_of(c->to);
        Decimal number = {0, 0};
        check(!ucum_convert(number, &from, &to, &number));
    }
}

static void written_places_stay(void **state)
{
    UNUSED(state);
    UcumUnit mg = unit_of("mg"), ug = unit_of("ug");
    Decimal number = {540, 2};
    char room[DECIMAL_TEXT_MAX];
    check(ucum_convert(number, &mg, &mg, &number));
    check_str(decimal_text(number, room), STR("5.40"));
    check(ucum_convert(number, &ug, &mg, &number));
    check_str(decimal_text(number, room), STR("0.00540"));
}

/* What search rests on: the same amount is the same double. */
static void equal_amounts_have_equal_canonical_amounts(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *amount, *unit, *other_amount, *other_unit;
    } cases[] = {
        {"mass in volume", "5.4", "mg/dL", "0.054", "g/L"},
        {"a third of a double's last digit", "0.1", "g", "100", "mg"},
        {"substance", "7.1", "mmol/L", "7100", "umol/L"},
        {"trailing zeros", "7.10", "mmol/L", "7.1", "mmol/L"},
        {"rates", "72", "/min", "1.2", "/s"},
        {"temperature", "98.6", "[degF]", "37", "Cel"},
        {"pounds", "150", "[lb_av]", "68.0388555", "kg"},
        {"inches", "70", "[in_i]", "177.8", "cm"},
        {"pressure", "120", "mm[Hg]", "15.99864", "kPa"},
        {"international units", "12", "m[IU]/mL", "12", "[iU]/L"},
        {"enzymes", "30", "U/L", "0.5", "ukat/L"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        UcumUnit a = unit_of(c->unit), b = unit_of(c->other_unit);
        Decimal x, y;
        double in_base, other;
        check(decimal_parse(str_of(c->amount), &x));
        check(decimal_parse(str_of(c->other_amount), &y));
        check(ucum_comparable(&a, &b));
        check(ucum_canonical_amount(x, &a, &in_base));
        check(ucum_canonical_amount(y, &b, &other));
        if (in_base != other)
            fail_msg("%s: %.17g and %.17g", c->why, in_base, other);
    }
}

static void check_series(const char *unit, const char *other, int times)
{
    UcumUnit a = unit_of(unit), b = unit_of(other);
    for (int64_t i = -2000; i < 2000; i++) {
        double in_base, again;
        check(ucum_canonical_amount((Decimal){i * times, 2}, &a, &in_base));
        check(ucum_canonical_amount((Decimal){i, 2}, &b, &again));
        if (in_base != again)
            fail_msg("%d hundredths of %s: %.17g and %.17g", (int)i, other, again, in_base);
    }
}

static void series_of_equal_amounts_are_equal(void **state)
{
    UNUSED(state);
    static const struct {
        const char *unit, *other;
        int times;
    } cases[] = {
        {"/min", "/s", 60},
        {"/h", "/min", 60},
        {"/h", "/s", 3600},
        {"/d", "/h", 24},
        {"/wk", "/d", 7},
        {"mg/dL", "g/L", 100},
        {"g/wk", "g/d", 7},
        {"umol/L", "mmol/L", 1000},
        {"U/L", "ukat/L", 60},
        {"mm[Hg]", "cm[Hg]", 10},
        {"[in_i]", "[ft_i]", 12},
        {"[oz_av]", "[lb_av]", 16},
        {"[tsp_us]", "[tbs_us]", 3},
        {"L/(min.m2)", "L/(s.m2)", 60},
        {"[in_us]", "[ft_us]", 12},
        {"deg", "circ", 360},
        {"ng/(8.h.kg)", "ng/(h.kg)", 8},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->unit);
        check_series(c->unit, c->other, c->times);
    }
}

static void products_are_units(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *a, *b;
        bool quotient;
        const char *result;
    } cases[] = {
        {"area", "m", "m", false, "m2"},
        {"speed", "km", "h", true, "km/h"},
        {"dose for weight", "mg/kg", "kg", false, "mg"},
        {"alike units leave a number", "cm", "m", true, "%"},
        {"arbitrary units cancel out", "[iU]/L", "[iU]", true, "/L"},
        {"special with a number", "Cel", "1", false, "Cel"},
        {"number with special", "1", "Cel", false, "Cel"},
        {"special by a unit", "Cel", "s", true, NULL},
        {"special times a unit", "m", "Cel", false, NULL},
        {"special by special", "Cel", "Cel", true, NULL},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        UcumUnit a = unit_of(c->a), b = unit_of(c->b), unit = {.factor = -1};
        bool done = (c->quotient ? ucum_divide : ucum_multiply)(&a, &b, &unit);
        check_int(done, c->result != NULL);
        if (!done) {
            check(unit.factor == -1);
            continue;
        }
        UcumUnit expected = unit_of(c->result);
        check(ucum_comparable(&unit, &expected));
        check(unit.factor == expected.factor);
        check_int(unit.special, expected.special);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_are_exact),
        cmocka_unit_test(special_units_have_functions),
        cmocka_unit_test(written_places_stay),
        cmocka_unit_test(equal_amounts_have_equal_canonical_amounts),
        cmocka_unit_test(series_of_equal_amounts_are_equal),
        cmocka_unit_test(products_are_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
