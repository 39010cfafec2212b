/* search/width.c - width classes of date ranges, and what a condition means for each. */
#include "search/width.h"

#include "search/key.h"

#define DAY_MS ((uint64_t)86400000)

static const uint64_t exact[] = {
    0,           1,           1000,        60000,       3600000,      DAY_MS,
    28 * DAY_MS, 29 * DAY_MS, 30 * DAY_MS, 31 * DAY_MS, 365 * DAY_MS, 366 * DAY_MS,
};

enum { WIDTH_POWER = 0x40 };

Width width_of(MsRange range)
{
    if (range.lo == 0)
        return WIDTH_NO_BEGINNING;
    if (range.hi >= KEY_MS_MAX)
        return WIDTH_NO_END;
    uint64_t width = range.hi > range.lo ? range.hi - range.lo : 0;
    for (Width i = 1; i < COUNT_OF(exact); i++) {
        if (exact[i] == width)
            return i;
    }
    return (Width)(WIDTH_POWER + 63 - (width ? __builtin_clzll(width) : 63));
}

uint64_t width_anchor(MsRange range)
{
    return range.lo ? range.lo : range.hi;
}

/* SPEC R4 search.html#prefix */
bool range_holds(Prefix prefix, MsRange value, MsRange range)
{
    bool within = value.lo <= range.lo && range.hi <= value.hi;
    switch (prefix) {
    case PREFIX_EQ: return within;
    case PREFIX_NE: return !within;
    case PREFIX_GT: return range.hi > value.hi;
    case PREFIX_LT: return range.lo < value.lo;
    case PREFIX_GE: return range.hi > value.hi || within;
    case PREFIX_LE: return range.lo < value.lo || within;
    case PREFIX_SA: return range.lo >= value.hi;
    case PREFIX_EB: return range.hi <= value.lo;
    case PREFIX_AP: return range.lo < value.hi && range.hi > value.lo;
    }
    return false;
}

/* The shortest and longest range of a class with this anchor. */
static void extremes(Width width, uint64_t anchor, MsRange *ret_short, MsRange *ret_long)
{
    MsRange range = {anchor, KEY_MS_MAX};
    if (width == WIDTH_NO_BEGINNING)
        range = (MsRange){0, anchor};
    *ret_short = *ret_long = range;
    if (width >= WIDTH_NO_BEGINNING)
        return;
    uint64_t least = width < COUNT_OF(exact) ? exact[width] : (uint64_t)1 << (width - WIDTH_POWER);
    ret_short->hi = anchor + least;
    ret_long->hi = width < COUNT_OF(exact) ? ret_short->hi : anchor + 2 * least - 1;
    if (width == WIDTH_POWER)
        ret_short->hi = anchor; /* also what is empty */
}

Holds width_holds(Width width, Prefix prefix, MsRange value, uint64_t anchor)
{
    MsRange shortest, longest;
    extremes(width, anchor, &shortest, &longest);
    bool one = range_holds(prefix, value, shortest), other = range_holds(prefix, value, longest);
    return one != other ? HOLDS_UNSURE : one ? HOLDS_YES : HOLDS_NO;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

bool width_stretch(Width width, Prefix prefix, MsRange value, uint64_t *ret_first,
                   uint64_t *ret_last)
{
    *ret_first = 0;
    *ret_last = KEY_MS_MAX;
    if (width >= WIDTH_NO_BEGINNING)
        return true; /* few, and decided one by one */
    MsRange shortest, longest;
    extremes(width, 0, &shortest, &longest);
    uint64_t least = shortest.hi, most = longest.hi;
    switch (prefix) {
    case PREFIX_NE: break;
    case PREFIX_EQ:
        *ret_first = value.lo;
        *ret_last = less(value.hi, least);
        return value.hi >= least;
    case PREFIX_GT: *ret_first = less(value.hi + 1, most); break;
    case PREFIX_GE:
        *ret_first = less(value.hi + 1, most) < value.lo ? less(value.hi + 1, most) : value.lo;
        break;
    case PREFIX_SA: *ret_first = value.hi; break;
    case PREFIX_LT: *ret_last = less(value.lo, 1); return value.lo > 0;
    case PREFIX_LE:
        *ret_last =
            less(value.hi, least) > less(value.lo, 1) ? less(value.hi, least) : less(value.lo, 1);
        break;
    case PREFIX_EB: *ret_last = less(value.lo, least); return value.lo >= least;
    case PREFIX_AP:
        *ret_first = less(value.lo + 1, most);
        *ret_last = less(value.hi, 1);
        return value.hi > 0;
    }
    return *ret_first <= *ret_last;
}

bool width_is_sure(Width width, Prefix prefix)
{
    return width < COUNT_OF(exact) && prefix != PREFIX_NE;
}
