/* ucum/ucum_priv.h - what the files of this module share: rows of the table, products. */
#ifndef ACESO_UCUM_PRIV_H
#define ACESO_UCUM_PRIV_H

#include "ucum/ucum.h"

/* The functions of special units: from the number to a multiple of the row's own unit. */
typedef enum {
    UCUM_RATIO,
    UCUM_CEL,    /* x + 273.15 */
    UCUM_DEGF,   /* x + 459.67 */
    UCUM_DEGRE,  /* x + 218.52 */
    UCUM_PH,     /* 10^-x */
    UCUM_LN,     /* e^x */
    UCUM_LG,     /* 10^x */
    UCUM_LG2,    /* 10^(x/2) */
    UCUM_LD,     /* 2^x */
    UCUM_TAN100, /* atan(x/100) */
    UCUM_SQRT,   /* x^2 */
    UCUM_HP_X,   /* 10^-x */
    UCUM_HP_C,   /* 100^-x */
    UCUM_HP_M,   /* 1000^-x */
    UCUM_HP_Q,   /* 50000^-x */
    UCUM_SPECIALS,
} UcumSpecial;

enum { UCUM_METRIC = 1, UCUM_ARBITRARY = 2, UCUM_SYMBOL_MAX = 16, UCUM_ATOMS_MAX = 400 };

/* One line of the specification's tables 2 to 23. A row without a unit is a base unit. */
typedef struct {
    const char *symbol;
    const char *value;
    const char *unit;
    uint8_t flags;
    uint8_t special;
} UcumRow;

extern const UcumRow ucum_rows[];
extern const size_t ucum_row_count;

/* A symbol, with a prefix or without; NULL when the table has none. *ret_power is the prefix as a
 * Decimal. Call ucum_atoms_ready() once before. */
const UcumUnit *ucum_atom(Str symbol, Decimal *ret_prefix);
void ucum_atoms_ready(void);
/* The symbol of the n-th arbitrary unit, from 1. */
const char *ucum_arbitrary_symbol(unsigned n);

/* Parses without making the table ready: for the rows of the table itself. */
bool ucum_parse_expression(Str text, UcumUnit *ret_unit, const char **ret_fault);

UcumUnit ucum_unity(void);
/* The unit times a number; the number of a special unit stands inside its function. */
bool ucum_scale(UcumUnit *unit, Decimal number);
bool ucum_power(UcumUnit *unit, int exponent);
/* The shortest exact form, and the factor that goes with it. */
void ucum_reduce(UcumUnit *unit);
void ucum_settle_factor(UcumUnit *unit);

#endif
