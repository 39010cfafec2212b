/* ucum/ucum.h - the Unified Code for Units of Measure: parse, validate, convert, canonical form.
 *
 * Units are case sensitive ("c/s" column of the specification). The table of units (ucum_units.c)
 * carries symbols, factors and dimensions: facts of the specification, version named there.
 * Everything here is a pure function of the text; no memory is taken, nothing is cached,
 * any thread may call.
 *
 * Limits: UCUM_TEXT_MAX bytes and UCUM_DEPTH_MAX nested parentheses; beyond, a unit is
 * not valid.
 *
 * SPEC https://ucum.org/ucum */
#ifndef ACESO_UCUM_H
#define ACESO_UCUM_H

#include "base/base.h"
#include "base/decimal.h"

enum { UCUM_TEXT_MAX = 256, UCUM_DEPTH_MAX = 16, UCUM_DIMENSIONS = 7, UCUM_CANONICAL_MAX = 64 };

#define UCUM_SYSTEM "http://unitsofmeasure.org"

/* A unit, understood. value in base units = value * factor (+ the unit's own function for
 * the few that are not ratios: Cel, [degF], [pH], B, Np ...). */
typedef struct {
    double factor;       /* to the product of base units below */
    Decimal exact;       /* the same exactly, when is_exact */
    bool is_exact;       /* the factor is a ratio that Decimal can hold */
    int8_t dimension[UCUM_DIMENSIONS]; /* exponents of m s g rad K C cd */
    uint64_t arbitrary;  /* [iU] and its kin: comparable only with themselves; 0 = none */
    uint8_t special;     /* which function, 0 = a ratio */
} UcumUnit;

/* False when the text is no valid unit; *ret_fault (may be NULL) then says why in a few
 * words, without the text. The unity is "1" or an annotation alone: "{cells}". */
bool ucum_parse(Str text, UcumUnit *ret_unit, const char **ret_fault);

/* Whether amounts of both can be converted into each other. */
bool ucum_comparable(const UcumUnit *a, const UcumUnit *b);

/* An amount in another unit, exact where both factors are. False when not comparable, or when
 * the result cannot be held. */
bool ucum_convert(Decimal amount, const UcumUnit *from, const UcumUnit *to, Decimal *ret_amount);

/* The canonical unit: base units in fixed order with exponents, "g.m-3"; arbitrary units under
 * their own name. What is comparable has the same canonical text, and the reverse. */
Str ucum_canonical(const UcumUnit *unit, char to[static UCUM_CANONICAL_MAX]);
/* The amount in the canonical unit, as search indexes it. */
bool ucum_canonical_amount(Decimal amount, const UcumUnit *unit, double *ret_amount);

/* The product and the quotient, for FHIRPath arithmetic: "m" times "m" is "m2". */
bool ucum_multiply(const UcumUnit *a, const UcumUnit *b, UcumUnit *ret_unit);
bool ucum_divide(const UcumUnit *a, const UcumUnit *b, UcumUnit *ret_unit);

#endif
