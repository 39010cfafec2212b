/* demo/dice.h - reproducible chance.
 *
 * A Dice is one stream of numbers (SplitMix64). Streams are told apart by seed, purpose and
 * index, so that one patient's luck never depends on another's. Integers as far as
 * possible; what is real-valued is rounded before it is written. */
#ifndef ACESO_DEMO_DICE_H
#define ACESO_DEMO_DICE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} Dice;

typedef enum {
    DICE_BLOCK = 1, /* a block of households */
    DICE_PERSON,    /* one patient's life */
    DICE_BODY,      /* what a body is like for good: one offset per measured quantity */
    DICE_STAFF,
    DICE_LINKS, /* who may see one patient */
    DICE_INBOX, /* what waits for somebody */
} DicePurpose;

Dice dice_of(uint64_t seed, DicePurpose purpose, uint64_t index);

unsigned dice_below(Dice *dice, unsigned count);       /* 0..count-1; count > 0 */
int dice_between(Dice *dice, int lowest, int highest); /* both included */
bool dice_chance(Dice *dice, unsigned per_mille);
/* Like dice_below, but the first are likelier than the last: names, towns. */
unsigned dice_skewed(Dice *dice, unsigned count);
/* About normal: mean 0, standard deviation 1, never beyond 3.5. */
double dice_bell(Dice *dice);
/* A position in a table of weights, in proportion; the sum must not be 0. */
unsigned dice_weighted(Dice *dice, const uint16_t *weights, unsigned count);

#endif
