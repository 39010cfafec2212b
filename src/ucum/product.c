/* ucum/product.c - products, quotients and powers of units, kept exact where numbers allow. */
#include "ucum/ucum_priv.h"

#include <math.h>

UcumUnit ucum_unity(void)
{
    return (UcumUnit){
        .factor = 1, .exact = {1, 0}, .divisor = 1, .scale = {1, 0}, .is_exact = true};
}

static Int128 common_divisor(Int128 a, Int128 b)
{
    while (b) {
        Int128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void ucum_reduce(UcumUnit *unit)
{
    if (!unit->is_exact)
        return;
    unit->exact = decimal_trim(unit->exact);
    while (unit->divisor % 10 == 0 && unit->exact.scale < DECIMAL_SCALE_MAX) {
        unit->divisor /= 10;
        unit->exact.scale++;
    }
    if (unit->divisor != 1) {
        Int128 common = common_divisor(unit->exact.digits, unit->divisor);
        unit->exact.digits /= common;
        unit->divisor /= common;
    }
}

/* What is exact is rounded once, so that equal factors are the same double. */
void ucum_settle_factor(UcumUnit *unit)
{
    if (!unit->is_exact)
        return;
    if (unit->divisor == 1)
        unit->factor = decimal_to_double(unit->exact);
    else if (!decimal_ratio_to_double(unit->exact, unit->divisor, &unit->factor))
        unit->factor = decimal_to_double(unit->exact) / (double)unit->divisor;
}

static bool is_plain(const UcumUnit *unit)
{
    uint64_t dimensions = 0;
    memcpy(&dimensions, unit->dimension, UCUM_DIMENSIONS);
    return !unit->special && !unit->arbitrary && !dimensions;
}

/* The four entries of UcumUnit.arbitrary. */
typedef struct {
    uint8_t number;
    int8_t exponent;
} Arbitrary;

static Arbitrary arbitrary_at(uint64_t packed, int i)
{
    return (Arbitrary){(uint8_t)(packed >> (56 - 16 * i)), (int8_t)(packed >> (48 - 16 * i))};
}

static uint64_t pack_arbitrary(uint8_t number, int exponent, int i)
{
    return (uint64_t)((unsigned)number << 8 | (uint8_t)exponent) << (48 - 16 * i);
}

/* Merges two lists, larger numbers first; entries that cancel out go. */
static bool join_arbitrary(uint64_t a, uint64_t b, int sign, uint64_t *ret_packed)
{
    uint64_t packed = 0;
    int i = 0, j = 0, count = 0;
    while (i < UCUM_ARBITRARY_MAX || j < UCUM_ARBITRARY_MAX) {
        Arbitrary x = i < UCUM_ARBITRARY_MAX ? arbitrary_at(a, i) : (Arbitrary){0, 0};
        Arbitrary y = j < UCUM_ARBITRARY_MAX ? arbitrary_at(b, j) : (Arbitrary){0, 0};
        uint8_t number = x.number > y.number ? x.number : y.number;
        if (number == 0)
            break;
        int exponent =
            (x.number == number ? x.exponent : 0) + (y.number == number ? sign * y.exponent : 0);
        i += x.number == number;
        j += y.number == number;
        if (exponent == 0)
            continue;
        if (exponent > INT8_MAX || exponent < -INT8_MAX || count == UCUM_ARBITRARY_MAX)
            return false;
        packed |= pack_arbitrary(number, exponent, count++);
    }
    *ret_packed = packed;
    return true;
}

static bool join_dimensions(UcumUnit *unit, const UcumUnit *by, int sign)
{
    for (int i = 0; i < UCUM_DIMENSIONS; i++) {
        int exponent = unit->dimension[i] + sign * by->dimension[i];
        if (exponent > INT8_MAX || exponent < -INT8_MAX)
            return false;
        unit->dimension[i] = (int8_t)exponent;
    }
    return (!unit->arbitrary && !by->arbitrary) ||
           join_arbitrary(unit->arbitrary, by->arbitrary, sign, &unit->arbitrary);
}

static bool usable(double factor)
{
    return isnormal(factor) && factor > 0;
}

static void multiply_factor(UcumUnit *unit, const UcumUnit *by)
{
    unit->factor *= by->factor;
    unit->is_exact = unit->is_exact && by->is_exact &&
                     !__builtin_mul_overflow(unit->divisor, by->divisor, &unit->divisor) &&
                     decimal_multiply(unit->exact, by->exact, &unit->exact);
}

static void divide_factor(UcumUnit *unit, const UcumUnit *by)
{
    unit->factor /= by->factor;
    unit->is_exact =
        unit->is_exact && by->is_exact &&
        !__builtin_mul_overflow(unit->divisor, by->exact.digits, &unit->divisor) &&
        decimal_multiply(unit->exact, (Decimal){by->divisor, -by->exact.scale}, &unit->exact);
}

/* A special unit takes a plain number into its function, and nothing else. */
static bool join_special(const UcumUnit *a, const UcumUnit *b, UcumUnit *ret_unit)
{
    const UcumUnit *special = a->special ? a : b, *number = special == a ? b : a;
    if (!is_plain(number) || !number->is_exact || number->divisor != 1)
        return false;
    UcumUnit unit = *special;
    if (!ucum_scale(&unit, number->exact))
        return false;
    *ret_unit = unit;
    return true;
}

bool ucum_multiply(const UcumUnit *a, const UcumUnit *b, UcumUnit *ret_unit)
{
    if (a->special || b->special)
        return join_special(a, b, ret_unit);
    UcumUnit unit = *a;
    multiply_factor(&unit, b);
    if (!join_dimensions(&unit, b, 1))
        return false;
    ucum_settle_factor(&unit);
    if (!usable(unit.factor))
        return false;
    *ret_unit = unit;
    return true;
}

bool ucum_divide(const UcumUnit *a, const UcumUnit *b, UcumUnit *ret_unit)
{
    if (a->special || b->special)
        return false;
    UcumUnit unit = *a;
    divide_factor(&unit, b);
    if (!join_dimensions(&unit, b, -1))
        return false;
    ucum_settle_factor(&unit);
    if (!usable(unit.factor))
        return false;
    *ret_unit = unit;
    return true;
}

bool ucum_scale(UcumUnit *unit, Decimal number)
{
    if (unit->special)
        return decimal_multiply(unit->scale, number, &unit->scale);
    unit->factor *= decimal_to_double(number);
    unit->is_exact = unit->is_exact && decimal_multiply(unit->exact, number, &unit->exact);
    ucum_settle_factor(unit);
    return usable(unit->factor);
}

static bool power_factor(UcumUnit *unit, int exponent)
{
    UcumUnit base = *unit, power = ucum_unity();
    int scale = base.exact.scale * exponent;
    if (base.is_exact && base.exact.digits == 1 && base.divisor == 1 &&
        scale <= DECIMAL_SCALE_MAX && scale >= -DECIMAL_SCALE_MAX) {
        power.exact.scale = scale; /* cm2, 10*6: what nearly all powers are */
    } else {
        for (int i = exponent < 0 ? -exponent : exponent; i > 0; i--)
            (exponent < 0 ? divide_factor : multiply_factor)(&power, &base);
    }
    unit->factor = power.factor;
    unit->exact = power.exact;
    unit->divisor = power.divisor;
    unit->is_exact = power.is_exact;
    ucum_settle_factor(unit);
    return usable(unit->factor);
}

static bool power_dimensions(UcumUnit *unit, int exponent)
{
    for (int i = 0; i < UCUM_DIMENSIONS; i++) {
        int power = unit->dimension[i] * exponent;
        if (power > INT8_MAX || power < -INT8_MAX)
            return false;
        unit->dimension[i] = (int8_t)power;
    }
    uint64_t packed = 0;
    for (int i = 0; i < UCUM_ARBITRARY_MAX; i++) {
        Arbitrary entry = arbitrary_at(unit->arbitrary, i);
        int power = entry.exponent * exponent;
        if (power > INT8_MAX || power < -INT8_MAX)
            return false;
        if (power)
            packed |= pack_arbitrary(entry.number, power, i);
    }
    unit->arbitrary = packed;
    return true;
}

bool ucum_power(UcumUnit *unit, int exponent)
{
    assert(exponent >= -INT8_MAX && exponent <= INT8_MAX);
    if (exponent == 1)
        return true;
    return !unit->special && power_dimensions(unit, exponent) && power_factor(unit, exponent);
}
