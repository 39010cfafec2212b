/* base/national.c - see national.h. */
#include "base/national.h"

unsigned national_check_digits(uint64_t nine, bool since_2000)
{
    return (unsigned)(97 - (since_2000 ? 2000000000u + nine : nine) % 97);
}

bool national_is_checked(uint64_t eleven)
{
    uint64_t nine = eleven / 100, check = eleven % 100;
    return check == national_check_digits(nine, false) ||
           check == national_check_digits(nine, true);
}

static bool take_digits(Str text, char *digits)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ' ' || c == '.' || c == '-')
            continue;
        if (c < '0' || c > '9' || count == NATIONAL_DIGITS)
            return false;
        digits[count++] = c;
    }
    return count == NATIONAL_DIGITS;
}

bool national_number(Str text, char ret_digits[NATIONAL_DIGITS])
{
    uint64_t number;
    if (!take_digits(text, ret_digits) || !str_to_u64(str_n(ret_digits, NATIONAL_DIGITS), &number))
        return false;
    uint64_t month = number / 10000000 % 100;
    return national_is_checked(number) && month < 60 && month % 20 <= 12;
}
