/* consult/names.h - which medicine a name means, by what this store knows: Medications, what was
 * prescribed before, lists that a site has loaded. No list of medicines is part of this program. */
#ifndef ACESO_CONSULT_NAMES_H
#define ACESO_CONSULT_NAMES_H

#include "consult/dose.h"
#include "consult/inner.h"

enum { NAMES_MAX = 12 };

typedef struct {
    Str text;          /* "Amoxicilline 500 mg, gélules" */
    Str coding;        /* JSON of a Coding, or empty */
    const char *from;  /* "medication", "prescription", "list" */
    size_t count;      /* how often it was met */
    bool sure;         /* name and strength are the same: it is this one */
    bool unit_assumed; /* the unit of the strength was its, and was not typed */
} NameMatch;
typedef struct {
    NameMatch rows[NAMES_MAX];
    size_t count;
} NameMatches;

/* What fits the beginning of the name, most used first; *ret_best is empty unless one is sure or
 * all have the same code. The unit of a strength may come from it: then dose is settled anew. */
Status names_find(Operation *op, Dose *dose, NameMatches *ret_found, NameMatch *ret_best) MUST_USE;

#endif
