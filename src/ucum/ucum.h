/* ucum/ucum.h - the Unified Code for Units of Measure: parse, validate, convert, canonical form.
 *
 * Units are case sensitive ("c/s" column of the specification). The table of units (units.c)
 * carries symbols, factors and dimensions: facts of the specification, version named there.
 * Everything here is a pure function of the text; no memory is taken, any thread may call. The
 * first call works out the table, some 300 units, for all later ones.
 *
 * Limits: UCUM_TEXT_MAX bytes, UCUM_DEPTH_MAX nested parentheses, exponents of base units up to
 * 127, UCUM_ARBITRARY_MAX different arbitrary units in one product; beyond, a unit is not valid.
 *
 * SPEC https://ucum.org/ucum */
#ifndef ACESO_UCUM_H
#define ACESO_UCUM_H

#include "base/base.h"
#include "base/decimal.h"

enum {
    UCUM_TEXT_MAX = 256,
    UCUM_DEPTH_MAX = 16,
    UCUM_DIMENSIONS = 7,
    UCUM_ARBITRARY_MAX = 4,
    UCUM_CANONICAL_MAX = 128,
    UCUM_QUOTIENT_DIGITS = 28, /* significant ones, of a conversion that does not end before */
};

#define UCUM_SYSTEM "http://unitsofmeasure.org"

/* A unit, understood. value in base units = value * factor (for the few that are not ratios, Cel,
 * [degF], [pH], B, Np ...: function(value * scale) * factor). */
typedef struct {
    double factor;   /* to the product of base units below; never zero */
    Decimal exact;   /* when is_exact: factor = exact / divisor, both above zero */
    Int128 divisor;  /* 60 for "/min" */
    Decimal scale;   /* 1; of a special unit its prefix: 0.1 for "dB" */
    bool is_exact;   /* exact and divisor hold the factor. Pi counts, with 25 digits. */
    uint8_t special; /* which function, 0 = a ratio */
    int8_t dimension[UCUM_DIMENSIONS]; /* exponents of m s g rad K C cd */
    uint64_t arbitrary; /* [iU] and its kin with exponents: comparable only with themselves; 0 =
                         * none. Four times 16 bits, number and exponent, larger numbers first. */
} UcumUnit;

/* False when the text is no valid unit; *ret_fault (may be NULL) then says why in a few
 * words, without the text. The unity is "1" or an annotation alone: "{cells}". */
bool ucum_parse(Str text, UcumUnit *ret_unit, const char **ret_fault);

/* Whether amounts of both can be converted into each other. */
bool ucum_comparable(const UcumUnit *a, const UcumUnit *b);

/* An amount in another unit, exact where both factors are and the quotient ends. False when not
 * comparable, or when the result cannot be held. */
bool ucum_convert(Decimal amount, const UcumUnit *from, const UcumUnit *to, Decimal *ret_amount);

/* The canonical unit: base units in fixed order with exponents, "g.m-3"; arbitrary units under
 * their own name. What is comparable has the same canonical text, and the reverse. */
Str ucum_canonical(const UcumUnit *unit, char to[static UCUM_CANONICAL_MAX]);
/* The amount in the canonical unit, as search indexes it. Equal amounts in different units give the
 * same double wherever their factors are exact: 5 mg/dL and 0.05 g/L. */
bool ucum_canonical_amount(Decimal amount, const UcumUnit *unit, double *ret_amount);

/* The product and the quotient, for FHIRPath arithmetic: "m" times "m" is "m2". False when the
 * result cannot be held, and for special units, which take part in no product except with a plain
 * number (SPEC ucum #para-22). */
bool ucum_multiply(const UcumUnit *a, const UcumUnit *b, UcumUnit *ret_unit);
bool ucum_divide(const UcumUnit *a, const UcumUnit *b, UcumUnit *ret_unit);

#endif
