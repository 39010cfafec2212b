/* search/phonetic.h - names as they sound, in the spellings of French, Dutch, German and English.
 *
 * A word becomes its consonants, spelling variants united (ph and f, c before a, o, u and k, dt
 * and t ...), double letters once, vowels dropped except a first one: "Dupont" and "Dupond"
 * are both "tpnt"... what two names share is a guess, never an identity. */
#ifndef ACESO_SEARCH_PHONETIC_H
#define ACESO_SEARCH_PHONETIC_H

#include "base/base.h"

enum { PHONETIC_MAX = 32 };

/* The words of a folded text (search_fold). */
bool phonetic_next_word(Str *rest, Str *ret_word);
/* The sound of a folded word; 0 when nothing is left of it. */
size_t phonetic_of_word(Str word, char to[PHONETIC_MAX]);

#endif
