/* What is a unit and what is not; the canonical form. */
#include "testing.h"
#include "ucum/ucum.h"

static void canonical_form_is_in_base_units(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *unit, *canonical;
        double factor;
    } cases[] = {
        {"a base unit", "g", "g", 1},
        {"a prefix", "mg", "g", 1e-3},
        {"litre is a cubic decimetre", "mg/dL", "g.m-3", 10},
        {"small and capital litre", "mg/dl", "g.m-3", 10},
        {"a number of particles", "mol", "1", 6.02214076e23},
        {"an equivalent is a mole", "meq/L", "m-3", 6.02214076e23},
        {"powers of ten", "10*9/L", "m-3", 1e12},
        {"powers of ten with a caret", "10^9/L", "m-3", 1e12},
        {"the prefix has the power too", "cm3", "m3", 1e-6},
        {"mercury", "mm[Hg]", "g.m-1.s-2", 133322},
        {"a leading solidus", "/min", "s-1", 1.0 / 60},
        {"from left to right", "g/m.s", "g.m-1.s", 1},
        {"parentheses", "g/(m.s)", "g.m-1.s-1", 1},
        {"body mass index", "kg/m2", "g.m-2", 1000},
        {"an annotation says nothing", "mL/min/{1.73_m2}", "m3.s-1", 1e-6 / 60},
        {"an annotation alone", "{score}", "1", 1},
        {"percent", "%", "1", 0.01},
        {"a number", "12", "1", 12},
        {"what cancels out is gone", "m/m", "1", 1},
        {"electric", "Ohm", "C-2.g.m2.s-1", 1000},
        {"every base unit", "C.cd.g.K.m.rad.s", "C.cd.g.K.m.rad.s", 1},
        {"an arbitrary unit stays", "[iU]/mL", "m-3.[iU]", 1e6},
        {"and so does its other spelling", "m[IU]/mL", "m-3.[iU]", 1e3},
        {"two arbitrary units", "[CFU]/[PFU]", "[CFU].[PFU]-1", 1},
        {"an arbitrary unit that cancels out", "[iU]/[iU]", "1", 1},
        {"powers of an arbitrary unit", "[iU]2", "[iU]2", 1},
        {"a special unit has its proper one's", "Cel", "K", 1},
        {"Fahrenheit", "[degF]", "K", 5.0 / 9},
        {"pico henry, not acidity", "pH", "C-2.g.m2", 1e-9},
        {"decideka: the prefix of two letters", "dam", "m", 10},
        {"are, with its own prefix", "har", "m2", 1e4},
        {"binary prefix", "KiBy", "1", 8192},
        {"brackets hold operators", "B[10.nV]", "C-1.g.m2.s-2", 1e-5},
        {"the longest symbol", "[m/s2/Hz^(1/2)]", "m2.s-3", 1},
        {"an exponent of zero", "m0", "1", 1},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        UcumUnit unit;
        char room[UCUM_CANONICAL_MAX];
        check(ucum_parse(str_of(c->unit), &unit, NULL));
        check_str(ucum_canonical(&unit, room), str_of(c->canonical));
        check(unit.is_exact);
        if (unit.factor != c->factor)
            fail_msg("%s: factor is %.17g, expected %.17g", c->why, unit.factor, c->factor);
    }
}

static void what_is_no_unit_is_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *unit, *fault;
    } cases[] = {
        {"nothing", "", "the unit is empty"},
        {"a blank", "mg dL", "an operator is missing"},
        {"a blank before", " mg", "a unit is missing"},
        {"a word", "tablet", "a symbol is not in the table of units"},
        {"capitals", "MG/DL", "a symbol is not in the table of units"},
        {"a non-metric unit with a prefix", "khr", "a symbol is not in the table of units"},
        {"minutes are not metric", "kmin", "a symbol is not in the table of units"},
        {"a prefix alone", "k", "a symbol is not in the table of units"},
        {"international units have brackets", "IU", "a symbol is not in the table of units"},
        {"the micro sign", "\xC2\xB5g", "a unit is missing"},
        {"the degree sign",
         "\xC2\xB0"
         "C",
         "a unit is missing"},
        {"an operator at the end", "mg/", "a unit is missing"},
        {"two operators", "mg//dL", "a unit is missing"},
        {"a parenthesis open", "mg/(dL.s", "a parenthesis is not closed"},
        {"a parenthesis too many", "mg)", "an operator is missing"},
        {"nothing in parentheses", "()", "a unit is missing"},
        {"an annotation open", "mg{x", "an annotation has no end"},
        {"annotations in annotations", "mg{a{b}}",
         "an annotation holds a character that it may not hold"},
        {"a blank in an annotation", "mg{wet tissue}",
         "an annotation holds a character that it may not hold"},
        {"a symbol behind an annotation", "{a}m", "an operator is missing"},
        {"a number with a point", "2.5m", "an operator is missing"},
        {"a number before a symbol", "2m", "an operator is missing"},
        {"a power of a parenthesis, struck out with 1.9", "(m.s)2", "an operator is missing"},
        {"a sign without digits", "m-", "a sign is not followed by an exponent"},
        {"zero", "0", "zero is no factor of a unit"},
        {"a huge number", "1234567890123456789", "a number is too long"},
        {"a huge exponent", "m128", "an exponent is too large"},
        {"an exponent in two steps", "m127.m", "the unit is too large or too small"},
        {"beyond a double", "Ym20.Ym20", "the unit is too large or too small"},
        {"five arbitrary units", "[CFU].[PFU].[FFU].[IR].[BAU]",
         "the unit is too large or too small"},
        {"a product with a special unit", "Cel/min", "a special unit takes part in no product"},
        {"a power of a special unit", "Cel2", "a special unit has no powers"},
        {"brackets open", "[iU", "a symbol is not in the table of units"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        UcumUnit unit = {.factor = -1};
        const char *fault = "none";
        check(!ucum_parse(str_of(c->unit), &unit, &fault));
        check_str(str_of(fault), str_of(c->fault));
        check(unit.factor == -1);
    }
}

static void limits_are_kept(void **state)
{
    UNUSED(state);
    char text[UCUM_TEXT_MAX + 1];
    UcumUnit unit;
    CASE("the longest text");
    memset(text, 'x', sizeof(text));
    text[0] = '{';
    text[UCUM_TEXT_MAX - 1] = '}';
    check(ucum_parse(str_n(text, UCUM_TEXT_MAX), &unit, NULL));
    text[UCUM_TEXT_MAX - 1] = 'x';
    text[UCUM_TEXT_MAX] = '}';
    check(!ucum_parse(str_n(text, UCUM_TEXT_MAX + 1), &unit, NULL));
    CASE("the deepest parentheses");
    size_t deep = UCUM_DEPTH_MAX;
    memset(text, '(', deep + 1);
    text[deep] = 'm';
    memset(text + deep + 1, ')', deep);
    check(ucum_parse(str_n(text, 2 * deep + 1), &unit, NULL));
    memset(text, '(', deep + 1);
    text[deep + 1] = 'm';
    memset(text + deep + 2, ')', deep + 1);
    check(!ucum_parse(str_n(text, 2 * deep + 3), &unit, NULL));
    CASE("parentheses side by side are not deep");
    check(ucum_parse(STR("(m).(m).(m).(m).(m).(m).(m).(m).(m).(m).(m).(m).(m).(m).(m).(m).(m).(m)"),
                     &unit, NULL));
    CASE("the longest canonical text has room");
    char room[UCUM_CANONICAL_MAX];
    check(ucum_parse(STR("C-101.cd-102.g-103.K-104.m-105.rad-106.s-107.[Amb'a'1'U]-127."
                         "[anti'Xa'U]-126.[CCID_50]-125.[TCID_50]-124"),
                     &unit, NULL));
    check_str(ucum_canonical(&unit, room),
              STR("C-101.cd-102.g-103.K-104.m-105.rad-106.s-107.[Amb'a'1'U]-127.[TCID_50]-124."
                  "[CCID_50]-125.[anti'Xa'U]-126"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_form_is_in_base_units),
        cmocka_unit_test(what_is_no_unit_is_refused),
        cmocka_unit_test(limits_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
