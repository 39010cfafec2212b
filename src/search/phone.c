/* search/phone.c - see phone.h. ITU-T E.164 (at most 15 digits), E.123 (how they are written). */
#include "search/phone.h"

enum { DIGITS_MAX = 24, LOCAL_MIN = 8 };

/* Where the zero in front of a number belongs to it: Italy, San Marino, the Vatican. */
static bool keeps_zero(Str country)
{
    static const Str codes[] = {STR_INIT("39"), STR_INIT("378"), STR_INIT("379")};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        if (str_eq(country, codes[i]))
            return true;
    }
    return false;
}

/* The digits up to an extension ("ext. 12"); the zero in brackets is dialled at home only. */
static Str bare_digits(Str text, char *to)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < DIGITS_MAX; i++) {
        char c = text.at[i];
        if (str_has_prefix(str_from(text, i), STR("(0)")) && len) {
            i += 2;
            continue;
        }
        if (c >= '0' && c <= '9')
            to[len++] = c;
        else if (len && (c == ';' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            break;
    }
    return str_n(to, len);
}

static bool has_plus(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '+')
            return true;
        if (text.at[i] >= '0' && text.at[i] <= '9')
            return false;
    }
    return false;
}

Str phone_digits(Str country, Str text, char to[PHONE_MAX])
{
    char bare[DIGITS_MAX];
    Str digits = bare_digits(text, bare);
    bool foreign = has_plus(text);
    if (!foreign && str_has_prefix(digits, STR("00"))) {
        digits = str_from(digits, 2);
        foreign = true;
    }
    /* 32470123456, with neither sign nor zeros in front */
    foreign = foreign || (str_has_prefix(digits, country) && digits.len >= country.len + LOCAL_MIN);
    if (!foreign && digits.len && digits.at[0] == '0' && !keeps_zero(country))
        digits = str_from(digits, 1);
    else if (!foreign && !digits.len)
        return STR_EMPTY;
    size_t len = 0;
    if (!foreign && country.len <= PHONE_MAX - DIGITS_MAX) {
        memcpy(to, country.at, country.len);
        len = country.len;
    }
    if (digits.len)
        memcpy(to + len, digits.at, digits.len);
    return str_n(to, len + digits.len);
}
