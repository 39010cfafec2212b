/* search/width.h - ranges of time, kept in the index by how long they are.
 *
 * The key of a date says when the range begins and its *width class*, not where it ends: one list
 * per class stands newest first, like all others, and any condition on a date is one stretch
 * of each list.
 *
 *   class          width of a range in it
 *   01..0a         exactly a millisecond, second, minute, hour, day, month of 28, 29, 30 or 31
 *                  days, year of 365 days; 0b: of 366
 *   40 + n         anything else: from 2^n up to 2^(n+1) milliseconds
 *   7e             no beginning: what stands as the beginning is the end
 *   7f             no end
 *
 * For a class 40 + n a condition may be open between the shortest and the longest
 * width; then the resource itself is asked. SPEC R4 search.html#date */
#ifndef ACESO_SEARCH_WIDTH_H
#define ACESO_SEARCH_WIDTH_H

#include "base/base.h"

typedef enum {
    PREFIX_EQ,
    PREFIX_NE,
    PREFIX_GT,
    PREFIX_LT,
    PREFIX_GE,
    PREFIX_LE,
    PREFIX_SA,
    PREFIX_EB,
    PREFIX_AP,
} Prefix;

/* [lo, hi) in milliseconds of key_ms; 0 and KEY_MS_MAX are open ends. */
typedef struct {
    uint64_t lo, hi;
} MsRange;

typedef uint8_t Width;
enum { WIDTH_NO_BEGINNING = 0x7e, WIDTH_NO_END = 0x7f };

Width width_of(MsRange range);
/* What stands in the key as the beginning. */
uint64_t width_anchor(MsRange range);

/* Whether a range answers `prefix value`. */
bool range_holds(Prefix prefix, MsRange value, MsRange range);

/* The stretch of a list, by anchor, outside of which nothing answers: [*ret_first, *ret_last].
 * False when nothing can. */
bool width_stretch(Width width, Prefix prefix, MsRange value, uint64_t *ret_first,
                   uint64_t *ret_last);
/* Whether all of the stretch answers: no range of it has to be looked at. */
bool width_is_sure(Width width, Prefix prefix);
/* Whether the range with this anchor answers: yes, no, or ask the resource. */
typedef enum { HOLDS_NO, HOLDS_YES, HOLDS_UNSURE } Holds;
Holds width_holds(Width width, Prefix prefix, MsRange value, uint64_t anchor);

#endif
