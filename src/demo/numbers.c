/* demo/numbers.c - check digits, made and checked. */
#include "demo/numbers.h"

static void put_number(char *to, unsigned count, uint64_t value)
{
    while (count--) {
        to[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

static unsigned ssin_check_digits(uint64_t nine, bool from_2000)
{
    return (unsigned)(97 - (from_2000 ? 2000000000u + nine : nine) % 97);
}

Str ssin_make(Day birth, unsigned serial, char text[SSIN_LEN])
{
    int64_t year;
    unsigned month, day;
    assert(serial >= 1 && serial <= 998);
    civil_from_days(birth, &year, &month, &day);
    uint64_t nine = (((uint64_t)(year % 100) * 100 + month) * 100 + day) * 1000 + serial;
    put_number(text, 9, nine);
    put_number(text + 9, 2, ssin_check_digits(nine, year >= 2000));
    return str_n(text, SSIN_LEN);
}

/* A date that can be one; month 0 and a day outside the month's 31 mean "not known". */
static bool ssin_date_can_be(int year, unsigned month, unsigned day)
{
    if (month > 12)
        return false;
    if (month == 0 || day == 0 || day > 31)
        return true;
    int64_t back_year;
    unsigned back_month, back_day;
    civil_from_days(days_from_civil(year, month, day), &back_year, &back_month, &back_day);
    return back_month == month && back_day == day;
}

bool ssin_is_valid(Str text)
{
    uint64_t number;
    if (text.len != SSIN_LEN || !str_to_u64(text, &number))
        return false;
    uint64_t nine = number / 100;
    unsigned check = (unsigned)(number % 100), serial = (unsigned)(nine % 1000);
    unsigned day = (unsigned)(nine / 1000 % 100), month = (unsigned)(nine / 100000 % 100);
    int year = (int)(nine / 10000000);
    month -= month >= 40 ? 40 : month >= 20 ? 20 : 0;
    if (serial < 1 || serial > 999)
        return false;
    return (check == ssin_check_digits(nine, false) && ssin_date_can_be(1900 + year, month, day)) ||
           (check == ssin_check_digits(nine, true) && ssin_date_can_be(2000 + year, month, day));
}

Str nihdi_make(unsigned body, unsigned qualification, char text[NIHDI_LEN])
{
    assert(body <= 999999 && qualification <= 999);
    put_number(text, 6, body);
    put_number(text + 6, 2, 97 - body % 97);
    put_number(text + 8, 3, qualification);
    return str_n(text, NIHDI_LEN);
}

bool nihdi_is_valid(Str text)
{
    static const uint8_t moduli[] = {97, 89, 83, 79};
    uint64_t number;
    if (text.len != NIHDI_LEN || !str_to_u64(text, &number))
        return false;
    unsigned body = (unsigned)(number / 100000), check = (unsigned)(number / 1000 % 100);
    for (size_t i = 0; i < COUNT_OF(moduli); i++) {
        if (check == moduli[i] - body % moduli[i])
            return true;
    }
    return false;
}
