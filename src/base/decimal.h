/* base/decimal.h - exact decimal numbers of up to 34 significant digits.
 *
 * value = digits * 10^-scale. Addition, subtraction and multiplication are exact; where the
 * result would need more than DECIMAL_DIGITS digits they say so. Division is rounded half up
 * to DECIMAL_QUOTIENT places behind the point, fewer where DECIMAL_DIGITS leaves no room, more
 * where the dividend had them (1e-20 / 1 is 1e-20). The scale is kept as written, so that 1.0
 * and 1.00 are equal but print as they came (FHIR R4 datatypes.html#decimal: precision matters).
 *
 * Pure values: no memory, no errors but the returned bool. */
#ifndef ACESO_DECIMAL_H
#define ACESO_DECIMAL_H

#include "base/base.h"

enum {
    DECIMAL_DIGITS = 34,   /* of one number */
    DECIMAL_QUOTIENT = 16, /* places of a quotient that does not end before */
    DECIMAL_SCALE_MAX = 64,
    DECIMAL_TEXT_MAX = 128, /* bytes of any number as text */
};

/* gcc and clang have it on every 64-bit machine; ISO C has no name for it. */
__extension__ typedef __int128 Int128;

typedef struct {
    Int128 digits;
    int scale; /* places behind the point; may be negative: 5e3 is 5, -3 */
} Decimal;

/* JSON's form of a number, and a leading '+': [+-]?digits[.digits][e[+-]digits].
 * False when it is none, or too long to be kept; zeros at the end are never too long. */
bool decimal_parse(Str text, Decimal *ret_number);
Decimal decimal_of(int64_t number);
/* Plain text without an exponent, with the places it was written with. decimal_parse() reads it
 * back. */
Str decimal_text(Decimal number, char to[static DECIMAL_TEXT_MAX]);
/* The nearest double. */
double decimal_to_double(Decimal number);
/* The nearest double to number / divisor, rounded once, so that equal quotients are equal doubles.
 * The divisor is above zero. False when 128 bits are too few to say. */
bool decimal_ratio_to_double(Decimal number, Int128 divisor, double *ret_ratio);
/* Toward zero; false when it does not fit. */
bool decimal_to_i64(Decimal number, int64_t *ret_number);

/* False on overflow; of division also when by zero. */
bool decimal_add(Decimal a, Decimal b, Decimal *ret);
bool decimal_subtract(Decimal a, Decimal b, Decimal *ret);
bool decimal_multiply(Decimal a, Decimal b, Decimal *ret);
bool decimal_divide(Decimal a, Decimal b, Decimal *ret);

/* By value: 1.0 equals 1. */
int decimal_compare(Decimal a, Decimal b);
/* Rounded half away from zero to so many places behind the point (before it, when negative);
 * a number with fewer stays as it is. */
bool decimal_round(Decimal number, int places, Decimal *ret);
/* Without zeros at the end. */
Decimal decimal_trim(Decimal number);

/* The interval that a number means at its written precision: 5.40 is [5.395, 5.405), 100 is
 * [99.5, 100.5), 1.1e2 is [105, 115). A single digit with a positive exponent counts as two,
 * because the specification's own example says so: 1e2 is [95, 105). SPEC R4 search.html#number */
bool decimal_range(Decimal number, Decimal *ret_lo, Decimal *ret_hi);

#endif
