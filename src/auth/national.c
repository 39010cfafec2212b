/* auth/national.c - the Belgian national number, as written.
 *
 *   YYMMDD SSS CC   CC = 97 - (YYMMDDSSS mod 97); born since 2000: of 2YYMMDDSSS
 *
 * A BIS number has 20 (sex unknown) or 40 added to its month. Where the day or the month of birth
 * is not known they are 00, and the day goes on counting where a birthday has more people than
 * numbers: only the month is held to a calendar. Royal decree of 3 April 1984; Royal decree of 8
 * February 1991. */
#include "auth/card.h"

enum { DIGITS = 11 };

static uint64_t number_of(const char *digits, size_t count)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (uint64_t)(digits[i] - '0');
    return number;
}

static bool take_digits(Str text, char *digits)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ' ' || c == '.' || c == '-')
            continue;
        if (c < '0' || c > '9' || count == DIGITS)
            return false;
        digits[count++] = c;
    }
    return count == DIGITS;
}

bool national_number(Str text, char ret_digits[DIGITS])
{
    if (!take_digits(text, ret_digits))
        return false;
    uint64_t rest = number_of(ret_digits, 9), control = number_of(ret_digits + 9, 2);
    unsigned month = (unsigned)number_of(ret_digits + 2, 2);
    bool right = control == 97 - rest % 97 || control == 97 - (rest + 2000000000) % 97;
    return right && month < 60 && month % 20 <= 12;
}
