/* demo/numbers.c - numbers with their check digits. */
#include "demo/numbers.h"

#include "base/national.h"

static void put_number(char *to, unsigned count, uint64_t value)
{
    while (count--) {
        to[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

Str ssin_make(Day birth, unsigned serial, char text[SSIN_LEN])
{
    int64_t year;
    unsigned month, day;
    assert(serial >= 1 && serial <= 998);
    civil_from_days(birth, &year, &month, &day);
    uint64_t nine = (((uint64_t)(year % 100) * 100 + month) * 100 + day) * 1000 + serial;
    put_number(text, 9, nine);
    put_number(text + 9, 2, national_check_digits(nine, year >= 2000));
    return str_n(text, SSIN_LEN);
}

Str nihdi_make(unsigned body, unsigned qualification, char text[NIHDI_LEN])
{
    assert(body <= 999999 && qualification <= 999);
    put_number(text, 6, body);
    put_number(text + 6, 2, 97 - body % 97);
    put_number(text + 8, 3, qualification);
    return str_n(text, NIHDI_LEN);
}
