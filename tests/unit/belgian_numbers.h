/* Belgian numbers, checked: SSIN with its date, and NIHDI. The check digits of demo/numbers.h; a
 * BIS number adds 20 (sex unknown) or 40 to the month, and later NIHDI numbers are by 89, 83 or 79.
 */
#ifndef ACESO_TESTS_BELGIAN_NUMBERS_H
#define ACESO_TESTS_BELGIAN_NUMBERS_H

#include "demo/numbers.h"

/* A date that can be one; month 0 and a day outside the month's 31 mean "not known". */
static inline bool ssin_date_can_be(int year, unsigned month, unsigned day)
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

static inline bool ssin_is_valid(Str text)
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
    return (check == 97 - nine % 97 && ssin_date_can_be(1900 + year, month, day)) ||
           (check == 97 - (2000000000u + nine) % 97 && ssin_date_can_be(2000 + year, month, day));
}

static inline bool nihdi_is_valid(Str text)
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

#endif
