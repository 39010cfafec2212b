/* fuzz_ucum.c - three lines: an amount and two units. What is a unit has a canonical form that is
 * one too; what can be converted can be converted back; sums and quotients of amounts are numbers
 * that can be read again.
 *
 * SPEC https://ucum.org/ucum */
#include "ucum/ucum.h"

#include "fuzz.h"

#include <math.h>

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

static void check_unit(Str text, const UcumUnit *unit)
{
    char room[UCUM_CANONICAL_MAX], again[UCUM_CANONICAL_MAX];
    Str canonical = ucum_canonical(unit, room);
    UcumUnit base;
    const char *fault = NULL;
    assert(text.len && text.len <= UCUM_TEXT_MAX);
    assert(isfinite(unit->factor) && unit->factor > 0);
    assert(!unit->is_exact || (unit->exact.digits > 0 && unit->divisor > 0));
    assert(ucum_parse(canonical, &base, &fault) && base.factor == 1 && !base.special);
    assert(ucum_comparable(unit, &base));
    assert(str_eq(ucum_canonical(&base, again), canonical));
}

static void check_number(Decimal number)
{
    char room[DECIMAL_TEXT_MAX];
    Decimal again, lo, hi;
    assert(decimal_parse(decimal_text(number, room), &again));
    assert(decimal_compare(number, again) == 0);
    assert(decimal_to_double(number) == decimal_to_double(again));
    if (decimal_range(number, &lo, &hi))
        assert(decimal_compare(lo, number) < 0 && decimal_compare(number, hi) < 0);
}

static void check_arithmetic(Decimal a, Decimal b)
{
    Decimal result, back;
    if (decimal_add(a, b, &result)) {
        check_number(result);
        assert(!decimal_subtract(result, b, &back) || decimal_compare(back, a) == 0);
    }
    if (decimal_multiply(a, b, &result)) {
        check_number(result);
        assert(near(decimal_to_double(result), decimal_to_double(a) * decimal_to_double(b)));
    }
    if (decimal_divide(a, b, &result))
        check_number(result);
}

static void check_pair(Decimal amount, const UcumUnit *a, const UcumUnit *b)
{
    Decimal there, back;
    UcumUnit product, quotient;
    double in_base, other;
    if (ucum_convert(amount, a, b, &there)) {
        assert(ucum_comparable(a, b));
        check_number(there);
        if (!a->special && !b->special && there.digits && ucum_convert(there, b, a, &back))
            assert(near(decimal_to_double(back), decimal_to_double(amount)));
        if (!a->special && !b->special && ucum_canonical_amount(amount, a, &in_base) &&
            ucum_canonical_amount(there, b, &other) && other != 0)
            assert(near(in_base, other));
    }
    if (ucum_multiply(a, b, &product) && !product.special && ucum_divide(&product, b, &quotient))
        assert(ucum_comparable(&quotient, a) && near(quotient.factor, a->factor));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str rest = fuzz_str(data, size);
    Str amount = str_cut(&rest, '\n'), first = str_cut(&rest, '\n'), second = str_cut(&rest, '\n');
    Decimal number, other = decimal_of(3);
    UcumUnit a, b;
    const char *fault = NULL;
    if (!decimal_parse(amount, &number))
        number = decimal_of(1);
    else
        check_number(number);
    if (decimal_parse(first, &other))
        check_arithmetic(number, other);
    bool is_unit = ucum_parse(first, &a, &fault);
    assert(is_unit || fault);
    if (is_unit)
        check_unit(first, &a);
    if (is_unit && ucum_parse(second, &b, NULL))
        check_pair(number, &a, &b);
    return 0;
}
