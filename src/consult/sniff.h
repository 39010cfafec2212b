/* consult/sniff.h - whether a document is what it says it is. */
#ifndef ACESO_CONSULT_SNIFF_H
#define ACESO_CONSULT_SNIFF_H

#include "base/base.h"

typedef enum {
    SNIFF_FITS,
    SNIFF_PRETENDS, /* the bytes are of another kind than the type */
    SNIFF_RUNS,     /* the type is one that browsers run */
} Sniff;

enum { SNIFF_BYTES = 2048 }; /* of the beginning are enough */

/* type: a media type, with or without parameters. Pure.
 * SPEC https://mimesniff.spec.whatwg.org/ (the patterns) */
Sniff sniff(Str type, Str beginning);

#endif
