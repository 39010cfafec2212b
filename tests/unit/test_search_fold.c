/* Text as people search it. SPEC R4 search.html#string: case, accents and other marks,
 * punctuation and blanks do not count. */
#include "search/fold.h"
#include "testing.h"

static void folding_forgives_what_people_leave_out(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text, folded;
    } cases[] = {
        {"case", STR_INIT("DUPONT"), STR_INIT("dupont")},
        {"accents, composed", STR_INIT("\xC3\x89l\xC3\xA9onore"), STR_INIT("eleonore")},
        {"accents, combining marks", STR_INIT("E\xCC\x81le\xCC\x81onore"), STR_INIT("eleonore")},
        {"German sharp s", STR_INIT("Gro\xC3\x9F"), STR_INIT("gross")},
        {"apostrophe and blank", STR_INIT("d'Ursel  Marie"), STR_INIT("d ursel marie")},
        {"hyphen", STR_INIT("Jean-Pierre"), STR_INIT("jean pierre")},
        {"typographic apostrophe", STR_INIT("D\xE2\x80\x99Hondt"), STR_INIT("d hondt")},
        {"leading and trailing punctuation", STR_INIT(" (Anne). "), STR_INIT("anne")},
        {"Turkish dotted capital I", STR_INIT("\xC4\xB0nan"), STR_INIT("inan")},
        {"digits stay", STR_INIT("+32 81/12.34.56"), STR_INIT("32 81 12 34 56")},
        {"nothing to search", STR_INIT("--"), STR_INIT("")},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        char to[FOLD_MAX];
        check_str(str_n(to, search_fold(c->text, to)), c->folded);
    }
}

static void long_text_is_cut_between_characters(void **state)
{
    UNUSED(state);
    char text[400], to[FOLD_MAX];
    for (size_t i = 0; i < sizeof(text); i += 2)
        memcpy(text + i, "\xC3\x9F", 2); /* each becomes two bytes */
    size_t len = search_fold(str_n(text, sizeof(text)), to);
    check(len <= FOLD_MAX && len > 0);
    for (size_t i = 0; i < len; i++)
        check(to[i] == 's');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding_forgives_what_people_leave_out),
        cmocka_unit_test(long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
