/* ucum/convert.c - amounts from one unit to another, and the canonical form. Exact arithmetic where
 * it reaches; doubles for logarithms and for factors that no decimal holds. */
#include "ucum/ucum_priv.h"

#include <math.h>

bool ucum_comparable(const UcumUnit *a, const UcumUnit *b)
{
    return a->arbitrary == b->arbitrary && memcmp(a->dimension, b->dimension, UCUM_DIMENSIONS) == 0;
}

/* SPEC ucum table 4 and 17: where the scales of temperature begin, in their own degrees. */
static bool offset_of(uint8_t special, Decimal *ret_offset)
{
    static const Decimal offsets[UCUM_SPECIALS] = {
        [UCUM_CEL] = {27315, 2}, [UCUM_DEGF] = {45967, 2}, [UCUM_DEGRE] = {21852, 2}};
    *ret_offset = offsets[special];
    return special <= UCUM_DEGRE;
}

/* The amount as a number of the unit's own ratio: 98.6 [degF] is 558.27 times 5/9 K. */
static bool to_ratio(Decimal amount, const UcumUnit *unit, Decimal *ret_number)
{
    Decimal offset;
    if (!unit->is_exact || !offset_of(unit->special, &offset))
        return false;
    if (!unit->special) {
        *ret_number = amount;
        return true;
    }
    return decimal_multiply(amount, unit->scale, &amount) &&
           decimal_add(amount, offset, ret_number);
}

/* a / b with UCUM_QUOTIENT_DIGITS significant digits, or fewer when it ends. */
static bool divide(Decimal a, Decimal b, Decimal *ret_number)
{
    enum { WHOLE = UCUM_QUOTIENT_DIGITS - DECIMAL_QUOTIENT };
    double about = fabs(decimal_to_double(a) / decimal_to_double(b));
    int shift = about > 0 ? WHOLE - 1 - (int)floor(log10(about)) : 0;
    a.scale -= shift;
    Decimal number;
    if (!decimal_divide(a, b, &number))
        return false;
    number.scale += shift;
    if (number.scale > DECIMAL_SCALE_MAX || number.scale < -DECIMAL_SCALE_MAX)
        number = decimal_trim(number);
    *ret_number = number;
    return number.scale <= DECIMAL_SCALE_MAX && number.scale >= -DECIMAL_SCALE_MAX;
}

static bool convert_exactly(Decimal amount, const UcumUnit *from, const UcumUnit *to,
                            Decimal *ret_amount)
{
    Decimal number, offset;
    UcumUnit ratio = *from, under = *to;
    ratio.special = under.special = UCUM_RATIO;
    if (!to->is_exact || !offset_of(to->special, &offset) || !to_ratio(amount, from, &number) ||
        !ucum_divide(&ratio, &under, &ratio) || !ratio.is_exact)
        return false;
    ucum_reduce(&ratio);
    if (!decimal_multiply(number, ratio.exact, &number))
        return false;
    if (ratio.divisor != 1 && !divide(number, (Decimal){ratio.divisor, 0}, &number))
        return false;
    if (to->special &&
        (!decimal_subtract(number, offset, &number) ||
         ((to->scale.digits != 1 || to->scale.scale) && !divide(number, to->scale, &number))))
        return false;
    *ret_amount = number;
    return true;
}

/* From the number of a special unit to a multiple of its ratio. */
static double apply(uint8_t special, double x)
{
    switch ((UcumSpecial)special) {
    case UCUM_CEL: return x + 273.15;
    case UCUM_DEGF: return x + 459.67;
    case UCUM_DEGRE: return x + 218.52;
    case UCUM_PH: return pow(10, -x);
    case UCUM_LN: return exp(x);
    case UCUM_LG: return pow(10, x);
    case UCUM_LG2: return pow(10, x / 2);
    case UCUM_LD: return exp2(x);
    case UCUM_TAN100: return atan(x / 100);
    case UCUM_SQRT: return x * x;
    case UCUM_HP_X: return pow(10, -x);
    case UCUM_HP_C: return pow(100, -x);
    case UCUM_HP_M: return pow(1000, -x);
    case UCUM_HP_Q: return pow(50000, -x);
    case UCUM_RATIO:
    case UCUM_SPECIALS: break;
    }
    return x;
}

static double apply_inverse(uint8_t special, double m)
{
    switch ((UcumSpecial)special) {
    case UCUM_CEL: return m - 273.15;
    case UCUM_DEGF: return m - 459.67;
    case UCUM_DEGRE: return m - 218.52;
    case UCUM_PH: return -log10(m);
    case UCUM_LN: return log(m);
    case UCUM_LG: return log10(m);
    case UCUM_LG2: return 2 * log10(m);
    case UCUM_LD: return log2(m);
    case UCUM_TAN100: return tan(m) * 100;
    case UCUM_SQRT: return sqrt(m);
    case UCUM_HP_X: return -log10(m);
    case UCUM_HP_C: return -log10(m) / 2;
    case UCUM_HP_M: return -log10(m) / 3;
    case UCUM_HP_Q: return -log(m) / log(50000);
    case UCUM_RATIO:
    case UCUM_SPECIALS: break;
    }
    return m;
}

static double in_base_units(double amount, const UcumUnit *unit)
{
    if (unit->special)
        amount = apply(unit->special, amount * decimal_to_double(unit->scale));
    return amount * unit->factor;
}

/* What a double can vouch for: 15 digits. */
static bool decimal_from(double number, Decimal *ret_number)
{
    char text[32];
    if (!isfinite(number))
        return false;
    int len = snprintf(text, sizeof(text), "%.14e", number);
    for (int i = 0; i < len; i++) {
        if (text[i] == ',')
            text[i] = '.'; /* whatever the locale */
    }
    if (!decimal_parse(str_n(text, (size_t)len), ret_number))
        return false;
    *ret_number = decimal_trim(*ret_number);
    if (ret_number->scale < 0 && ret_number->scale >= -DECIMAL_QUOTIENT)
        return decimal_add(*ret_number, decimal_of(0), ret_number);
    return true;
}

bool ucum_convert(Decimal amount, const UcumUnit *from, const UcumUnit *to, Decimal *ret_amount)
{
    if (!ucum_comparable(from, to))
        return false;
    if (convert_exactly(amount, from, to, ret_amount))
        return true;
    double number = in_base_units(decimal_to_double(amount), from) / to->factor;
    if (to->special)
        number = apply_inverse(to->special, number) / decimal_to_double(to->scale);
    return decimal_from(number, ret_amount);
}

/* Rounded once, at the end. */
static bool in_base_units_exactly(Decimal amount, const UcumUnit *unit, double *ret_amount)
{
    Decimal number;
    if (!to_ratio(amount, unit, &number) || !decimal_multiply(number, unit->exact, &number))
        return false;
    if (unit->divisor == 1) {
        *ret_amount = decimal_to_double(number);
        return true;
    }
    if (decimal_ratio_to_double(number, unit->divisor, ret_amount))
        return true;
    if (unit->divisor >= (Int128)1 << 110 || !divide(number, (Decimal){unit->divisor, 0}, &number))
        return false;
    *ret_amount = decimal_to_double(number);
    return true;
}

bool ucum_canonical_amount(Decimal amount, const UcumUnit *unit, double *ret_amount)
{
    double in_base;
    if (!in_base_units_exactly(amount, unit, &in_base))
        in_base = in_base_units(decimal_to_double(amount), unit);
    if (!isfinite(in_base))
        return false;
    *ret_amount = in_base;
    return true;
}

static void write_text(Str *text, char *to, Str more)
{
    assert(text->len + more.len <= UCUM_CANONICAL_MAX);
    memcpy(to + text->len, more.at, more.len);
    text->len += more.len;
}

/* ".g-3"; the point only behind something, the exponent only when it is not 1. */
static void write_factor(Str *text, char *to, const char *symbol, int exponent)
{
    char digits[4], *at = digits + sizeof(digits);
    if (!exponent)
        return;
    if (text->len)
        write_text(text, to, STR("."));
    write_text(text, to, str_of(symbol));
    if (exponent == 1)
        return;
    for (int rest = abs(exponent); rest; rest /= 10)
        *--at = (char)('0' + rest % 10);
    if (exponent < 0)
        *--at = '-';
    write_text(text, to, str_n(at, (size_t)(digits + sizeof(digits) - at)));
}

Str ucum_canonical(const UcumUnit *unit, char to[static UCUM_CANONICAL_MAX])
{
    static const struct {
        const char *symbol;
        int dimension;
    } order[] = {{"C", 5}, {"cd", 6}, {"g", 2}, {"K", 4}, {"m", 0}, {"rad", 3}, {"s", 1}};
    Str text = {to, 0};
    for (size_t i = 0; i < COUNT_OF(order); i++)
        write_factor(&text, to, order[i].symbol, unit->dimension[order[i].dimension]);
    for (uint64_t rest = unit->arbitrary; rest; rest <<= 16)
        write_factor(&text, to, ucum_arbitrary_symbol((unsigned)(rest >> 56)),
                     (int8_t)(rest >> 48));
    return text.len ? text : STR("1");
}
