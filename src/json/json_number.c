/* json/json_number.c - equality of decimal numbers of any length, without floating point. */
#include "json/json_priv.h"

/* 0.0120e5 is the digits "12" with the point before them at exponent 4: 0.12 * 10^4. Zero has
 * no digits. */
typedef struct {
    bool negative;
    Str text;      /* from the first significant digit to the last; may hold a '.' */
    size_t digits; /* digits in text */
    int64_t exponent;
} Decimal;

static int64_t read_exponent(Str text)
{
    bool negative = text.len && text.at[0] == '-';
    if (text.len && (text.at[0] == '-' || text.at[0] == '+'))
        text = str_from(text, 1);
    int64_t value = 0;
    for (size_t i = 0; i < text.len && value < INT32_MAX; i++)
        value = value * 10 + (text.at[i] - '0');
    return negative ? -value : value;
}

static Decimal decimal_of(Str text)
{
    Decimal d = {.negative = text.at[0] == '-'};
    if (d.negative)
        text = str_from(text, 1);
    size_t e = str_index(text, 'e');
    if (e == SIZE_MAX)
        e = str_index(text, 'E');
    Str mantissa = str_head(text, e);
    d.exponent = e == SIZE_MAX ? 0 : read_exponent(str_from(text, e + 1));
    size_t point = str_index(mantissa, '.');
    int64_t whole = (int64_t)(point == SIZE_MAX ? mantissa.len : point);
    size_t first = 0;
    while (first < mantissa.len && (mantissa.at[first] == '0' || mantissa.at[first] == '.'))
        first++;
    size_t end = mantissa.len;
    while (end > first && (mantissa.at[end - 1] == '0' || mantissa.at[end - 1] == '.'))
        end--;
    if (first == end)
        return (Decimal){.negative = false};
    d.text = str_n(mantissa.at + first, end - first);
    d.digits = d.text.len - (first < point && point < end);
    d.exponent += whole - (int64_t)first + (first > point);
    return d;
}

bool json_number_equal(Str a, Str b)
{
    Decimal x = decimal_of(a), y = decimal_of(b);
    if (x.negative != y.negative || x.digits != y.digits)
        return false;
    if (x.digits == 0)
        return true;
    if (x.exponent != y.exponent)
        return false;
    for (size_t i = 0, j = 0; i < x.text.len && j < y.text.len; i++, j++) {
        i += x.text.at[i] == '.';
        j += y.text.at[j] == '.';
        if (x.text.at[i] != y.text.at[j])
            return false;
    }
    return true;
}
