/* demo/dice.c - SplitMix64 and what is drawn from it. */
#include "demo/dice.h"

#include "base/base.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

Dice dice_of(uint64_t seed, DicePurpose purpose, uint64_t index)
{
    return (Dice){mix(mix(seed + 0x9E3779B97F4A7C15u) ^ mix(index * 16 + purpose))};
}

static uint64_t dice_roll(Dice *dice)
{
    return mix(dice->state += 0x9E3779B97F4A7C15u);
}

unsigned dice_below(Dice *dice, unsigned count)
{
    assert(count > 0);
    return (unsigned)(((dice_roll(dice) >> 32) * count) >> 32);
}

int dice_between(Dice *dice, int lowest, int highest)
{
    assert(lowest <= highest);
    return lowest + (int)dice_below(dice, (unsigned)(highest - lowest) + 1);
}

bool dice_chance(Dice *dice, unsigned per_mille)
{
    return dice_below(dice, 1000) < per_mille;
}

unsigned dice_skewed(Dice *dice, unsigned count)
{
    unsigned one = dice_below(dice, count), other = dice_below(dice, count);
    return one < other ? one : other;
}

double dice_bell(Dice *dice)
{
    uint64_t roll = dice_roll(dice);
    unsigned sum = 0; /* four uniform numbers of 16 bits: variance 4/12 */
    for (int i = 0; i < 4; i++)
        sum += (unsigned)(roll >> (16 * i)) & 0xFFFF;
    return ((double)sum / 65536.0 - 2.0) * 1.7320508;
}

unsigned dice_weighted(Dice *dice, const uint16_t *weights, unsigned count)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += weights[i];
    unsigned at = dice_below(dice, sum);
    for (unsigned i = 0; i < count; i++) {
        if (at < weights[i])
            return i;
        at -= weights[i];
    }
    return count - 1;
}
