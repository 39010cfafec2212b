/* terms/expand.h - the codes of a value set as a list. */
#ifndef ACESO_TERMS_EXPAND_H
#define ACESO_TERMS_EXPAND_H

#include "terms/inner.h"

typedef struct {
    TermsCode *items;
    size_t count, room;
    uint32_t *slots; /* 2 * room of them, by hash: position from 1 */
} List;

/* Adds the codes of the set to an empty list; *ret_whole false: not all of them can be told. */
Status set_list(Terms *terms, Ctx *cx, TermsSet *set, size_t codes_max, List *list,
                bool *ret_whole) MUST_USE;

#endif
