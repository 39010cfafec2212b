/* The functional tests of UCUM: both editions of the file, every case of validation, conversion,
 * multiplication and division.
 *
 * Names for display are not offered: the specification leaves full names out of its scope
 * (SPEC ucum #para-30). Those cases are asked whether their unit is valid. */
#include "suite.h"
#include "ucum/ucum.h"

/* Cases that contradict the specification; all but the empty unit are corrected in the newer
 * edition, which is the one without a number in its name. */
static const struct {
    const char *file, *section, *id, *why;
} contradictions[] = {
    {"UcumFunctionalTests.2.xml", "validation", "1-103",
     "the empty text: a unit has at least one component (exhibit 1); now left out"},
    {"UcumFunctionalTests.2.xml", "validation", "k=1=049",
     "g.m/{hb}m2: no operator before m2 (#para-7); now g.m/m2{hb}"},
    {"UcumFunctionalTests.2.xml", "displayNameGeneration", "2-101",
     "the empty text: a unit has at least one component (exhibit 1)"},
    {"UcumFunctionalTests.xml", "displayNameGeneration", "2-101",
     "the empty text: a unit has at least one component (exhibit 1)"},
    {"UcumFunctionalTests.2.xml", "conversion", "3-111",
     "s/m/mg is 1000 s.m-1.g-1 (operators from left to right, #para-7); now 6300"},
    {"UcumFunctionalTests.2.xml", "conversion", "3-115",
     "s/4.m is s.m, not s/m (operators from left to right, #para-7); now s/4/m"},
};

typedef struct {
    const char *file;
    Str section;
    Str tag; /* one <case ...> */
    size_t asked, passed, excepted;
} Suite;

static Str attribute(const Suite *suite, const char *name)
{
    char key[32];
    Str start = str_n(key, (size_t)snprintf(key, sizeof(key), " %s=\"", name));
    for (size_t i = 0; i + start.len < suite->tag.len; i++) {
        Str rest = str_from(suite->tag, i);
        if (str_has_prefix(rest, start)) {
            rest = str_from(rest, start.len);
            return str_cut(&rest, '"');
        }
    }
    return (Str){NULL, 0};
}

static UcumUnit unit_of(const Suite *suite, const char *name)
{
    UcumUnit unit;
    Str text = attribute(suite, name);
    const char *fault = "";
    /* As a result the file writes the unity as nothing. */
    if (!ucum_parse(text.len ? text : STR("1"), &unit, &fault))
        fail_msg("%s: " STR_FMT ": %s", testing_case, STR_ARG(text), fault);
    return unit;
}

static Decimal number_of(const Suite *suite, const char *name)
{
    Decimal number;
    check(decimal_parse(attribute(suite, name), &number));
    return number;
}

/* The longest outcomes, that the file itself asks nobody to reach, are cut after 24 digits. */
static Str cut_digits(Str number, char to[static 128])
{
    size_t len = 0, digits = 0;
    bool exponent = false;
    for (size_t i = 0; i < number.len && len < 128; i++) {
        char c = number.at[i];
        exponent = exponent || c == 'e' || c == 'E';
        digits += digits ? c >= '0' && c <= '9' : c >= '1' && c <= '9';
        if (exponent || digits <= 24)
            to[len++] = c;
    }
    return str_n(to, len);
}

/* Equal at the precision that the file writes: half of the last digit, the whole of it where
 * the number was cut. */
static bool as_written(Decimal number, Str outcome)
{
    char room[128];
    Str text = cut_digits(outcome, room);
    Decimal expected, difference;
    if (!decimal_parse(text, &expected) || !decimal_subtract(number, expected, &difference))
        return false;
    if (difference.digits < 0)
        difference.digits = -difference.digits;
    Decimal allowed = {text.len < outcome.len ? 10 : 5, expected.scale + 1};
    return decimal_compare(difference, allowed) <= 0;
}

static bool validates(const Suite *suite)
{
    UcumUnit unit;
    Str text = attribute(suite, "unit");
    bool valid = ucum_parse(text, &unit, NULL);
    Str expected = attribute(suite, "valid");
    return valid == (!expected.at || str_eq(expected, STR("true")));
}

static bool converts(const Suite *suite)
{
    UcumUnit from = unit_of(suite, "srcUnit"), to = unit_of(suite, "dstUnit");
    Decimal result;
    return ucum_convert(number_of(suite, "value"), &from, &to, &result) &&
           as_written(result, attribute(suite, "outcome"));
}

static bool computes(const Suite *suite, bool product)
{
    UcumUnit a = unit_of(suite, "u1"), b = unit_of(suite, "u2"), to = unit_of(suite, "uRes"), unit;
    Decimal x = number_of(suite, "v1"), y = number_of(suite, "v2"), result;
    return (product ? decimal_multiply : decimal_divide)(x, y, &result) &&
           (product ? ucum_multiply : ucum_divide)(&a, &b, &unit) &&
           ucum_convert(result, &unit, &to, &result) &&
           as_written(result, attribute(suite, "vRes"));
}

static bool is_contradiction(const Suite *suite, Str id)
{
    for (size_t i = 0; i < COUNT_OF(contradictions); i++) {
        if (!strcmp(contradictions[i].file, suite->file) &&
            str_eq(suite->section, str_of(contradictions[i].section)) &&
            str_eq(id, str_of(contradictions[i].id)))
            return true;
    }
    return false;
}

static void ask(Suite *suite)
{
    Str id = attribute(suite, "id");
    bool passed;
    char name[256];
    snprintf(name, sizeof(name), "%s " STR_FMT " " STR_FMT ": " STR_FMT, suite->file,
             STR_ARG(suite->section), STR_ARG(id), STR_ARG(suite->tag));
    CASE(name);
    suite->asked++;
    bool excepted = is_contradiction(suite, id);
    if (str_eq(suite->section, STR("conversion")))
        passed = converts(suite);
    else if (str_eq(suite->section, STR("multiplication")))
        passed = computes(suite, true);
    else if (str_eq(suite->section, STR("division")))
        passed = computes(suite, false);
    else
        passed = validates(suite);
    if (!passed && !excepted)
        fail_msg("%s", name);
    if (passed && excepted)
        fail_msg("%s passes, and is listed as one that cannot", name);
    suite->passed += passed;
    suite->excepted += excepted;
    CASE(NULL);
}

/* Leaves out comments; knows sections by their tags. */
static void run(Suite *suite, Str text)
{
    static const char *const sections[] = {"validation", "displayNameGeneration", "conversion",
                                           "multiplication", "division"};
    while (text.len) {
        if (str_has_prefix(text, STR("<!--"))) {
            while (text.len && !str_has_prefix(text, STR("-->")))
                text = str_from(text, 1);
        } else if (text.at[0] == '<') {
            size_t end = str_index(text, '>');
            Str tag = str_head(text, end == SIZE_MAX ? text.len : end);
            for (size_t i = 0; i < COUNT_OF(sections); i++) {
                if (str_eq(str_from(tag, 1), str_of(sections[i])))
                    suite->section = str_of(sections[i]);
            }
            suite->tag = tag;
            if (str_has_prefix(tag, STR("<case ")))
                ask(suite);
        }
        text = str_from(text, 1);
    }
}

static void answers_as_the_suite_says(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_SHARED("the functional tests of UCUM");
    static const struct {
        const char *file;
        size_t cases, excepted;
    } files[] = {{"UcumFunctionalTests.xml", 573, 1}, {"UcumFunctionalTests.2.xml", 564, 5}};
    Ctx cx = testing_ctx();
    FOR_CASES(files, f)
    {
        Suite suite = {.file = f->file};
        Str path = arena_format(cx.arena, "suites/ucum/src/test/resources/%s", f->file);
        run(&suite, suite_shared(cx.arena, path.at));
        print_message("# %s: %zu cases, %zu as written, %zu that contradict the specification\n",
                      f->file, suite.asked, suite.passed, suite.excepted);
        CASE(f->file);
        check_int(suite.asked, f->cases);
        check_int(suite.excepted, f->excepted);
        check_int(suite.passed, f->cases - f->excepted);
    }
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_the_suite_says),
    };
    return cmocka_run_group_tests_name("ucum suite", tests, NULL, NULL);
}
