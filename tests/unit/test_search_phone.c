/* Telephone numbers by their digits, however they are written. ITU-T E.123, E.164. */
#include "search/phone.h"
#include "testing.h"

static void numbers_are_the_same_in_all_their_spellings(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *country, *text, *digits;
    } cases[] = {
        {"at home", "32", "0470 12 34 56", "32470123456"},
        {"with points and a slash", "32", "0470/12.34.56", "32470123456"},
        {"international", "32", "+32 470 12 34 56", "32470123456"},
        {"with the zero that is dialled at home", "32", "+32 (0)470 12 34 56", "32470123456"},
        {"the zero in the zone's brackets", "32", "(02) 123 45 67", "3221234567"},
        {"zeros in place of the sign", "32", "0032470123456", "32470123456"},
        {"neither", "32", "32470123456", "32470123456"},
        {"without its zero", "32", "470 12 34 56", "32470123456"},
        {"as a link", "32", "tel:+32-470-12-34-56", "32470123456"},
        {"an extension is not dialled at first", "32", "02 123 45 67 ext. 12", "3221234567"},
        {"of another country", "32", "+33 1 23 45 67 89", "33123456789"},
        {"of another country, with zeros", "32", "0033 1 23 45 67 89", "33123456789"},
        {"where the zero belongs to the number", "39", "06 6982", "39066982"},
        {"the same from abroad", "39", "+39 06 6982", "39066982"},
        {"a country without zeros", "1", "(212) 555-0100", "12125550100"},
        {"no country is known", "", "+32 470 12 34 56", "32470123456"},
        {"a beginning", "32", "0470", "32470"},
        {"an international beginning", "32", "+3247", "3247"},
        {"a beginning with zeros", "32", "003247", "3247"},
        {"the sign and the country", "32", "+32", "32"},
        {"a sign alone", "32", "+", ""},
        {"nothing", "32", "", ""},
        {"no digit", "32", "home", ""},
        {"far too long", "32", "+1234567890123456789012345678901234567890",
         "123456789012345678901234"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        char to[PHONE_MAX];
        check_str(phone_digits(str_of(c->country), str_of(c->text), to), str_of(c->digits));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_same_in_all_their_spellings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
