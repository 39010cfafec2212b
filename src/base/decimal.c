/* base/decimal.c - exact decimal numbers in 128-bit integers; refuses what does not fit. */
#include "base/decimal.h"

__extension__ typedef unsigned __int128 Wide;

enum { EXACT_POWERS = 23 }; /* 10^22 is the last power of ten that a double holds exactly */

static const Wide beyond = (Wide)100000000000000000u * 100000000000000000u; /* 10^34 */

static Int128 power_of_ten(int exponent)
{
    static const int64_t small[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
    };
    assert(exponent >= 0 && exponent <= 38);
    Int128 power = 1;
    for (; exponent >= (int)COUNT_OF(small); exponent -= 17)
        power *= small[17];
    return power * small[exponent];
}

static Wide magnitude(Int128 digits)
{
    return digits < 0 ? -(Wide)digits : (Wide)digits;
}

static bool is_small(Int128 digits)
{
    return magnitude(digits) < beyond;
}

/* digits * 10^-scale as a Decimal. Zeros at the end go where they stand in the way, and come
 * where a negative scale is too large. */
static bool keep(Int128 digits, int scale, Decimal *ret)
{
    while ((!is_small(digits) || scale > DECIMAL_SCALE_MAX) && digits % 10 == 0 && digits != 0) {
        digits /= 10;
        scale--;
    }
    if (digits == 0 && scale > DECIMAL_SCALE_MAX)
        scale = DECIMAL_SCALE_MAX;
    if (digits == 0 && scale < 0)
        scale = 0;
    while (scale < -DECIMAL_SCALE_MAX && is_small(digits)) {
        digits *= 10;
        scale++;
    }
    if (!is_small(digits) || scale > DECIMAL_SCALE_MAX || scale < -DECIMAL_SCALE_MAX)
        return false;
    *ret = (Decimal){digits, scale};
    return true;
}

/* digits * 10^places; false when 128 bits do not hold it. */
static bool shift(Int128 digits, int places, Int128 *ret_digits)
{
    if (digits == 0) {
        *ret_digits = 0;
        return true;
    }
    return places <= 38 && !__builtin_mul_overflow(digits, power_of_ten(places), ret_digits);
}

/* Reads digits into *number until something else comes; how many there were, or -1 when they
 * are too many. Zeros that have no room any more are counted in *ret_dropped. */
static int read_digits(Str text, size_t *at, Int128 *number, int *ret_dropped)
{
    int count = 0;
    for (; *at < text.len && text.at[*at] >= '0' && text.at[*at] <= '9'; ++*at, count++) {
        int digit = text.at[*at] - '0';
        if (count > 2 * DECIMAL_TEXT_MAX)
            return -1;
        if ((Wide)*number < beyond / 10 && !*ret_dropped)
            *number = *number * 10 + digit;
        else if (digit == 0)
            ++*ret_dropped;
        else
            return -1;
    }
    return count;
}

static bool read_sign(Str text, size_t *at)
{
    if (*at < text.len && (text.at[*at] == '+' || text.at[*at] == '-'))
        return text.at[(*at)++] == '-';
    return false;
}

bool decimal_parse(Str text, Decimal *ret_number)
{
    size_t at = 0;
    Int128 digits = 0, exponent = 0;
    int dropped = 0, none = 0;
    bool negative = read_sign(text, &at);
    if (read_digits(text, &at, &digits, &dropped) <= 0)
        return false;
    int places = 0;
    if (at < text.len && text.at[at] == '.') {
        at++;
        places = read_digits(text, &at, &digits, &dropped);
        if (places <= 0)
            return false;
    }
    if (at < text.len && (text.at[at] == 'e' || text.at[at] == 'E')) {
        at++;
        bool below = read_sign(text, &at);
        if (read_digits(text, &at, &exponent, &none) <= 0 || exponent > 10 * DECIMAL_TEXT_MAX)
            return false;
        exponent = below ? -exponent : exponent;
    }
    if (at != text.len)
        return false;
    return keep(negative ? -digits : digits, places - dropped - (int)exponent, ret_number);
}

Decimal decimal_of(int64_t number)
{
    return (Decimal){number, 0};
}

/* The digits of a number, at least `least` of them, written so that they end at `end`. */
static char *write_digits(Wide number, int least, char *end)
{
    for (; number || least > 0; number /= 10, least--)
        *--end = (char)('0' + (int)(number % 10));
    return end;
}

Str decimal_text(Decimal number, char to[static DECIMAL_TEXT_MAX])
{
    char *end = to + DECIMAL_TEXT_MAX, *start = end;
    Wide digits = magnitude(number.digits);
    if (number.scale > 0) {
        Wide whole = digits;
        for (int i = 0; i < number.scale; i++, whole /= 10)
            *--start = (char)('0' + (int)(whole % 10));
        *--start = '.';
        start = write_digits(whole, 1, start);
    } else {
        for (int i = number.scale; i < 0 && digits; i++)
            *--start = '0';
        start = write_digits(digits, 1, start);
    }
    if (number.digits < 0)
        *--start = '-';
    return str_n(start, (size_t)(end - start));
}

static int bit_length(Wide number)
{
    uint64_t high = (uint64_t)(number >> 64), low = (uint64_t)number;
    return high ? 128 - __builtin_clzll(high) : low ? 64 - __builtin_clzll(low) : 0;
}

static double two_to_minus(int bits)
{
    uint64_t pattern = (uint64_t)(1023 - bits) << 52;
    double power;
    memcpy(&power, &pattern, sizeof(power));
    return power;
}

/* 126 bits by at most 71 leave 55: two more than a double has, and the last one remembers that
 * there was a rest. So the conversion rounds as the whole quotient would. */
bool decimal_ratio_to_double(Decimal number, Int128 divisor, double *ret_ratio)
{
    enum { OVER_BITS = 126, UNDER_BITS = 71 };
    assert(divisor > 0);
    Int128 over = number.digits, under = divisor;
    if (number.scale > 0 && !shift(under, number.scale, &under))
        return false;
    if (number.scale < 0 && !shift(over, -number.scale, &over))
        return false;
    Wide whole = magnitude(over);
    int room = OVER_BITS - bit_length(whole);
    if (bit_length((Wide)under) > UNDER_BITS || room < 0)
        return false;
    whole <<= room;
    whole = whole / (Wide)under | (whole % (Wide)under != 0);
    double ratio = (double)whole * two_to_minus(room);
    *ret_ratio = number.digits < 0 ? -ratio : ratio;
    return true;
}

double decimal_to_double(Decimal number)
{
    static const double powers[EXACT_POWERS] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    /* Both sides exact: one operation, rounded once. */
    if (magnitude(number.digits) <= (Wide)1 << 53 && number.scale < EXACT_POWERS &&
        number.scale > -EXACT_POWERS) {
        double digits = (double)(int64_t)number.digits;
        return number.scale < 0 ? digits * powers[-number.scale] : digits / powers[number.scale];
    }
    double ratio;
    if (decimal_ratio_to_double(number, 1, &ratio))
        return ratio;
    /* Without a point, so that no locale can matter. */
    char text[DECIMAL_TEXT_MAX], whole[DECIMAL_TEXT_MAX];
    Str digits = decimal_text((Decimal){number.digits, 0}, text);
    snprintf(whole, sizeof(whole), STR_FMT "e%d", STR_ARG(digits), -number.scale);
    return strtod(whole, NULL);
}

bool decimal_to_i64(Decimal number, int64_t *ret_number)
{
    Int128 whole = number.digits;
    if (number.scale > 38)
        whole = 0;
    else if (number.scale > 0)
        whole /= power_of_ten(number.scale);
    else if (!shift(whole, -number.scale, &whole))
        return false;
    if (whole < INT64_MIN || whole > INT64_MAX)
        return false;
    *ret_number = (int64_t)whole;
    return true;
}

/* Both at the larger of their scales. When the other one is then too large, the sum has more
 * digits than can be kept, unless zeros at the end were the reason. */
static bool align(Decimal *a, Decimal *b)
{
    Decimal *fine = a->scale >= b->scale ? a : b, *coarse = fine == a ? b : a;
    Int128 digits;
    if (!shift(coarse->digits, fine->scale - coarse->scale, &digits)) {
        *fine = fine->digits ? decimal_trim(*fine) : (Decimal){0, coarse->scale};
        if (fine->scale < coarse->scale) {
            Decimal *swap = fine;
            fine = coarse;
            coarse = swap;
        }
        if (!shift(coarse->digits, fine->scale - coarse->scale, &digits))
            return false;
    }
    *coarse = (Decimal){digits, fine->scale};
    return true;
}

bool decimal_add(Decimal a, Decimal b, Decimal *ret)
{
    Int128 sum;
    return align(&a, &b) && !__builtin_add_overflow(a.digits, b.digits, &sum) &&
           keep(sum, a.scale, ret);
}

bool decimal_subtract(Decimal a, Decimal b, Decimal *ret)
{
    b.digits = -b.digits;
    return decimal_add(a, b, ret);
}

bool decimal_multiply(Decimal a, Decimal b, Decimal *ret)
{
    int scale = a.scale + b.scale;
    Int128 product;
    /* A ten may hide in both: 4 * 25. Each one found makes the product shorter. */
    while (__builtin_mul_overflow(a.digits, b.digits, &product)) {
        Decimal *even = a.digits % 2 == 0 ? &a : &b, *five = even == &a ? &b : &a;
        if (even->digits % 10 == 0)
            even->digits /= 10;
        else if (five->digits % 10 == 0)
            five->digits /= 10;
        else if (even->digits % 2 == 0 && five->digits % 5 == 0) {
            even->digits /= 2;
            five->digits /= 5;
        } else
            return false;
        scale--;
    }
    return keep(product, scale, ret);
}

/* Long division: `rest` / `by` is what is still to come. */
bool decimal_divide(Decimal a, Decimal b, Decimal *ret)
{
    if (b.digits == 0)
        return false;
    bool negative = (a.digits < 0) != (b.digits < 0);
    Wide by = magnitude(b.digits);
    Wide whole = magnitude(a.digits) / by, rest = magnitude(a.digits) % by;
    int scale = a.scale - b.scale;
    while (rest && (scale < DECIMAL_QUOTIENT) && is_small((Int128)whole * 10)) {
        rest *= 10;
        whole = whole * 10 + rest / by;
        rest %= by;
        scale++;
    }
    if (rest && scale < 0)
        return false; /* the digits before the point are too many */
    if (rest * 2 >= by)
        whole++;
    return keep(negative ? -(Int128)whole : (Int128)whole, scale, ret);
}

int decimal_compare(Decimal a, Decimal b)
{
    int sign_a = (a.digits > 0) - (a.digits < 0), sign_b = (b.digits > 0) - (b.digits < 0);
    if (sign_a != sign_b || sign_a == 0)
        return (sign_a > sign_b) - (sign_a < sign_b);
    Int128 digits;
    /* What 128 bits do not hold at the other's scale is larger than anything that was kept. */
    if (a.scale < b.scale) {
        if (!shift(a.digits, b.scale - a.scale, &digits))
            return sign_a;
        return (digits > b.digits) - (digits < b.digits);
    }
    if (!shift(b.digits, a.scale - b.scale, &digits))
        return -sign_a;
    return (a.digits > digits) - (a.digits < digits);
}

bool decimal_round(Decimal number, int places, Decimal *ret)
{
    if (places < -DECIMAL_TEXT_MAX)
        places = -DECIMAL_TEXT_MAX;
    int drop = number.scale - places;
    if (drop <= 0) {
        *ret = number;
        return true;
    }
    if (drop > DECIMAL_DIGITS + 1)
        return keep(0, places, ret);
    Int128 unit = power_of_ten(drop);
    Int128 half = number.digits < 0 ? -unit / 2 : unit / 2;
    return keep((number.digits + half) / unit, places, ret);
}

Decimal decimal_trim(Decimal number)
{
    if (number.digits == 0)
        return decimal_of(0);
    while (number.digits % 10 == 0 && number.scale > -DECIMAL_SCALE_MAX) {
        number.digits /= 10;
        number.scale--;
    }
    return number;
}

bool decimal_range(Decimal number, Decimal *ret_lo, Decimal *ret_hi)
{
    if (number.scale < 0 && magnitude(number.digits) < 10) {
        number.digits *= 10;
        number.scale++;
    }
    Decimal lo, hi;
    if (!keep(number.digits * 10 - 5, number.scale + 1, &lo) ||
        !keep(number.digits * 10 + 5, number.scale + 1, &hi))
        return false;
    *ret_lo = lo;
    *ret_hi = hi;
    return true;
}
