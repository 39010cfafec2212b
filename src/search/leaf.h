/* search/leaf.h - how the types of elements are read by parameters. */
#ifndef ACESO_SEARCH_LEAF_H
#define ACESO_SEARCH_LEAF_H

#include "search/width.h"

typedef enum {
    LEAF_OTHER,
    LEAF_BOOLEAN,
    LEAF_TEXT,
    LEAF_URI,
    LEAF_CANONICAL,
    LEAF_DATE,
    LEAF_NUMBER,
    LEAF_PERIOD,
    LEAF_TIMING,
    LEAF_CODING,
    LEAF_CONCEPT,
    LEAF_IDENTIFIER,
    LEAF_CONTACT,
    LEAF_QUANTITY,
    LEAF_MONEY,
    LEAF_RANGE,
    LEAF_NAME,
    LEAF_ADDRESS,
    LEAF_REFERENCE,
    LEAF_POSITION,
} Leaf;

Leaf leaf_of_type(Str type);

/* A date, dateTime or instant as the range it means; false when it is none. */
bool leaf_date(Str text, MsRange *ret_range);
bool leaf_number(Str text, double *ret_number);

#endif
