/* oracle/dice.h - chance that repeats itself: a seed gives the same throws everywhere. */
#ifndef ACESO_TESTS_ORACLE_DICE_H
#define ACESO_TESTS_ORACLE_DICE_H

#include "base/base.h"

typedef struct {
    uint64_t state;
} OracleDice;

static inline unsigned dice(OracleDice *d, unsigned below)
{
    d->state = d->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(d->state >> 33) % below;
}

/* True in so many of a hundred throws. */
static inline bool dice_percent(OracleDice *d, unsigned percent)
{
    return dice(d, 100) < percent;
}

#define PICK(d, list) ((list)[dice((d), (unsigned)COUNT_OF(list))])

#endif
