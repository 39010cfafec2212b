/* search/whos.h - whom a list of tokens is about, remembered: for _has.
 *
 * To walk a list of thousands for every search costs more than all else of it. What a walk found is
 * good for each snapshot that is not older, as long as nothing of the type has changed since; and
 * only for whoever has the same rights. */
#ifndef ACESO_SEARCH_WHOS_H
#define ACESO_SEARCH_WHOS_H

#include "search/plan.h"

typedef struct KeptWhos KeptWhos;
/* In the arena. */
Status whos_new(Arena *arena, KeptWhos **ret_kept) MUST_USE;
void whos_free(KeptWhos *kept);

/* What a walk of the first `max` keys of a list found. */
typedef struct {
    Str list;     /* prefix of its keys */
    uint64_t who; /* who asks, as of now: sight_who */
    uint16_t type;
    size_t max;
    Hashes whos;
    size_t seen; /* keys walked */
    bool all;    /* the list has no more keys */
} Whos;

/* Fills the rest for list, type and max, in the arena of the run; *ret_found is false when it is
 * not known. */
Status whos_find(Run *run, Whos *whos, bool *ret_found) MUST_USE;
void whos_keep(Run *run, const Whos *whos);

#endif
