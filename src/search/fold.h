/* search/fold.h - text as people search it: no case, no accents, no punctuation.
 *
 * The home of utf8proc. SPEC R4 search.html#string */
#ifndef ACESO_SEARCH_FOLD_H
#define ACESO_SEARCH_FOLD_H

#include "base/base.h"

enum { FOLD_MAX = 64 };

/* The folded form of text, at most FOLD_MAX bytes, into to; returns its length. "Éléonore
 * d'Ursel" becomes "eleonore d ursel", "Groß" becomes "gross". Broken UTF-8 gives 0. */
size_t search_fold(Str text, char to[FOLD_MAX]);
/* The whole of it, however long. at = NULL: out of memory. */
Str search_fold_all(Ctx *cx, Str text);

#endif
