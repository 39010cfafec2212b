/* Counted strings and UTF-8. */
#include "testing.h"

static void utf8_is_as_rfc3629_has_it(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text;
        bool sound;
    } cases[] = {
        {"ASCII", STR_INIT("Patient"), true},
        {"two bytes", STR_INIT("\xC3\xA9"), true},
        {"four bytes", STR_INIT("\xF0\x9F\x98\x80"), true},
        {"overlong slash", STR_INIT("\xC0\xAF"), false},
        {"overlong three bytes", STR_INIT("\xE0\x80\xAF"), false},
        {"a surrogate", STR_INIT("\xED\xA0\x80"), false},
        {"past U+10FFFF", STR_INIT("\xF4\x90\x80\x80"), false},
        {"cut short", STR_INIT("abcdefgh\xE2\x82"), false},
        {"a lone continuation", STR_INIT("\x80"), false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(str_is_utf8(c->text), c->sound);
    }
}

static void numbers_take_digits_only(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text;
        bool ok;
        uint64_t value;
    } cases[] = {
        {"plain", STR_INIT("42"), true, 42},
        {"largest", STR_INIT("18446744073709551615"), true, UINT64_MAX},
        {"one too many", STR_INIT("18446744073709551616"), false, 0},
        {"empty", STR_INIT(""), false, 0},
        {"sign", STR_INIT("+1"), false, 0},
        {"blank", STR_INIT(" 1"), false, 0},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        uint64_t value = 0;
        check_int(str_to_u64(c->text, &value), c->ok);
        check_int(value, c->value);
    }
}

static void cut_walks_a_list(void **state)
{
    UNUSED(state);
    Str rest = STR("a,,b");
    check_str(str_cut(&rest, ','), STR("a"));
    check_str(str_cut(&rest, ','), STR(""));
    check_str(str_cut(&rest, ','), STR("b"));
    check(rest.at == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_as_rfc3629_has_it),
        cmocka_unit_test(numbers_take_digits_only),
        cmocka_unit_test(cut_walks_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
