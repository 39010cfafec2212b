/* FHIRPath: what is no expression, where it goes wrong, precedence, limits. */
#include "path_case.h"

static const PathCompile any = {.context = STR_INIT("Patient")};
static const PathCompile strict = {.context = STR_INIT("Patient"), .strict = true};

static void says_where_an_expression_is_wrong(void **state)
{
    UNUSED(state);
    static const PathCase cases[] = {
        {"nothing", "", "! 1:1: a value or a path was expected, and the expression ends"},
        {"an operand lacks", "1 +", "! 1:4: a value or a path"},
        {"lines count", "name\n.", "! 2:2: the name of an element"},
        {"columns are characters", "'\xC3\xA9' %", "! 1:5: the name of a variable"},
        {"a parenthesis lacks", "(1", "! a closing parenthesis"},
        {"a bracket lacks", "name[0", "! a closing bracket"},
        {"two values side by side", "1 2", "! 1:3: an operator or the end"},
        {"a string without an end", "'abc", "! 1:1: the text that begins here has no end"},
        {"a comment without an end", "1 /* x", "! 1:3: this comment has no end"},
        {"an escape that is none", "'\\q'", "! 1:3: no escape"},
        {"half a surrogate pair", "'\\ud83d'", "! no escape"},
        {"a character of no token", "a ? b", "! 1:3: this character means nothing here"},
        {"a keyword is no path", "and", "! a value or a path was expected"},
        {"no such function", "name.frist()", "! 1:6: there is no function frist()"},
        {"too few arguments", "name.where()", "! where() takes 1 to 1 arguments"},
        {"too many arguments", "name.first(1)", "! first() takes 0 to 0 arguments"},
        {"no such type", "name is Nmae", "! there is no type \"Nmae\""},
        {"no such type in the namespace", "name.ofType(FHIR.Integer)", "! there is no type"},
        {"a type is a name", "name.ofType(1)", "! the name of a type was expected"},
        {"a special variable", "$that", "! $this, $index or $total"},
        {"an integer of 33 bits", "2147483648", "! an Integer is at most 2147483647"},
        {"a date that is none", "@20", "! a date (@2015-02-04)"},
        {"a time has no zone", "@T10:00Z", "! an operator or the end"},
        {"a regular expression that is none", "'a'.matches('(')", "! regular expression is wrong"},
    };
    PathEnv env = {0};
    FOR_CASES(cases, c) path_case_run(c, &any, &env);
}

/* SPEC FHIRPath N1 #operator-precedence */
static void binds_as_the_specification_says(void **state)
{
    UNUSED(state);
    static const PathCase cases[] = {
        {"a product before a sum", "1 + 2 * 3", "Integer 7"},
        {"from the left", "8 - 4 - 2", "Integer 2"},
        {"a sum before an order", "1 + 1 > 1", "Boolean true"},
        {"a sign before a sum", "-1 + 2", "Integer 1"},
        {"a path before a sign", "-(1).combine(2).count()", "Integer -2"},
        {"a union before an equality", "(1 | 2) = (1 | 2)", "Boolean true"},
        {"an order before and", "1 < 2 and 2 < 3", "Boolean true"},
        {"and before or", "true or true and false", "Boolean true"},
        {"or before implies", "true implies false or true", "Boolean true"},
        {"in before and", "1 in (1 | 2) and true", "Boolean true"},
        {"is before equality", "1 is Integer = true", "Boolean true"},
        {"& beside +", "'a' & 'b' + 'c'", "String abc"},
        {"contains may name an element", "contains.empty()", "Boolean true"},
        {"as, is, in too", "as | is | in", ""},
        {"a delimited name", "`name`.empty()", "Boolean true"},
        {"comments are blanks", "1 // one\n + /* two */ 2", "Integer 3"},
        {"unicode in a string", "'\\u00e9\\ud83d\\ude00'", "String \xC3\xA9\xF0\x9F\x98\x80"},
    };
    PathEnv env = {0};
    FOR_CASES(cases, c) path_case_run(c, &any, &env);
}

static void strict_programs_know_their_elements(void **state)
{
    UNUSED(state);
    static const PathCase cases[] = {
        {"an element that is there", "name.given", ""},
        {"one that is not", "nam.given", "! there is no element \"nam\" here"},
        {"one of a part", "contact.name.use | contact.nam", "! no element \"nam\""},
        {"a choice has its base name", "deceasedBoolean", "! no element \"deceasedBoolean\""},
        {"a choice is narrowed", "(deceased as boolean).extension.url", ""},
        {"a narrowed choice is known", "deceased.ofType(boolean).start", "! no element \"start\""},
        {"inside a criterion", "name.where(usee = 'official')", "! no element \"usee\""},
        {"another type", "Encounter.status", "! Encounter is not the type that stands here"},
        {"a base type", "DomainResource.text | Resource.id", ""},
        {"foreign terms of a union go first", "Encounter.bogus | Patient.name", ""},
        {"children have no order", "children()[0]", "! an order"},
    };
    PathEnv env = {0};
    FOR_CASES(cases, c) path_case_run(c, &strict, &env);
}

/* `open` as often as `count` says, then "1", then `close`. */
static const char *nested(Arena *arena, const char *open, const char *close, size_t count)
{
    Buf buf;
    buf_init(&buf, arena, 1024, 1 << 20);
    for (size_t i = 0; i < count; i++)
        buf_add_str(&buf, str_of(open));
    buf_add_char(&buf, '1');
    for (size_t i = 0; i < count; i++)
        buf_add_str(&buf, str_of(close));
    buf_add_char(&buf, '\0');
    return buf_str(&buf).at;
}

static void has_limits_with_names(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(1 << 24, false);
    PathEnv env = {0};
    const PathCase cases[] = {
        {"parentheses", nested(arena, "(", ")", PATH_DEPTH_MAX - 1), "Integer 1"},
        {"too many", nested(arena, "(", ")", PATH_DEPTH_MAX + 1), "! nested deeper than 128"},
        {"functions", nested(arena, "first(", ")", 2000), "! nested deeper than 128"},
        {"signs", nested(arena, "-", "", 4000), "! nested deeper than 128"},
        {"steps in a row", nested(arena, "", ".a", 4000), "! longer than 1024 steps"},
        {"operators in a row", nested(arena, "", "+1", 4000), "! longer than 1024 steps"},
        {"brackets in a row", nested(arena, "", "[0]", 3000), "! longer than 1024 steps"},
        {"a union is one node", nested(arena, "", "|1", 4000), "Integer 1"},
        {"text", nested(arena, " ", " ", PATH_TEXT_MAX), "! may have at most 16384 bytes"},
    };
    FOR_CASES(cases, c) path_case_run(c, &any, &env);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_an_expression_is_wrong),
        cmocka_unit_test(binds_as_the_specification_says),
        cmocka_unit_test(strict_programs_know_their_elements),
        cmocka_unit_test(has_limits_with_names),
    };
    return cmocka_run_group_tests_name("fhirpath parse", tests, NULL, NULL);
}
