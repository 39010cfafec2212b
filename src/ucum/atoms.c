/* ucum/atoms.c - from a symbol to its unit: the table worked out once, an index by hash,
 * prefixes. */
#include "ucum/ucum_priv.h"

#include <pthread.h>

enum { SLOTS = 1024, NO_ROW = UINT16_MAX };

static UcumUnit units[UCUM_ATOMS_MAX];
static enum { UNKNOWN, BEGUN, KNOWN } states[UCUM_ATOMS_MAX];
static uint16_t slots[SLOTS];
static uint8_t symbol_lengths[UCUM_ATOMS_MAX];
static uint16_t arbitrary_rows[UINT8_MAX + 1];
static unsigned arbitrary_count;

/* SPEC ucum table 1: powers of ten by the letter of the prefix. "da" and the binary ones are
 * below. */
static const int8_t letters[128] = {
    ['Y'] = 24,  ['Z'] = 21,  ['E'] = 18,  ['P'] = 15,  ['T'] = 12,  ['G'] = 9,  ['M'] = 6,
    ['k'] = 3,   ['h'] = 2,   ['d'] = -1,  ['c'] = -2,  ['m'] = -3,  ['u'] = -6, ['n'] = -9,
    ['p'] = -12, ['f'] = -15, ['a'] = -18, ['z'] = -21, ['y'] = -24,
};

/* SPEC ucum tables 1 and 24 */
static const struct {
    char letters[3];
    Decimal number;
} pairs[] = {
    {"da", {1, -1}},         {"Ki", {1024, 0}},          {"Mi", {1048576, 0}},
    {"Gi", {1073741824, 0}}, {"Ti", {1099511627776, 0}},
};

static unsigned slot_of(Str symbol)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < symbol.len; i++)
        hash = (hash ^ (unsigned char)symbol.at[i]) * 16777619u;
    return (hash ^ hash >> 15) % SLOTS;
}

static uint16_t find_row(Str symbol)
{
    for (unsigned slot = slot_of(symbol); slots[slot] != NO_ROW; slot = (slot + 1) % SLOTS) {
        uint16_t row = slots[slot];
        if (symbol_lengths[row] == symbol.len &&
            memcmp(ucum_rows[row].symbol, symbol.at, symbol.len) == 0)
            return row;
    }
    return NO_ROW;
}

static UcumUnit base_unit(size_t dimension)
{
    UcumUnit unit = ucum_unity();
    unit.dimension[dimension] = 1;
    return unit;
}

/* Rows use each other; one that would use itself is a mistake in the table. */
static void work_out(uint16_t row)
{
    const UcumRow *at = &ucum_rows[row];
    assert(states[row] != BEGUN);
    states[row] = BEGUN;
    UcumUnit unit;
    Decimal value;
    bool sound = decimal_parse(str_of(at->value), &value);
    if (!at->unit)
        unit = base_unit(row);
    else
        sound = sound && ucum_parse_expression(str_of(at->unit), &unit, NULL);
    sound = sound && ucum_scale(&unit, value);
    assert(sound);
    if (at->flags & UCUM_ARBITRARY) {
        assert(arbitrary_count < UINT8_MAX);
        arbitrary_rows[++arbitrary_count] = row;
        unit.arbitrary = (uint64_t)(arbitrary_count << 8 | 1) << 48;
    }
    unit.special = at->special;
    ucum_reduce(&unit);
    ucum_settle_factor(&unit);
    units[row] = unit;
    states[row] = KNOWN;
}

static void work_out_all(void)
{
    assert(ucum_row_count <= UCUM_ATOMS_MAX);
    memset(slots, 0xFF, sizeof(slots));
    for (uint16_t row = 0; row < ucum_row_count; row++) {
        Str symbol = str_of(ucum_rows[row].symbol);
        assert(symbol.len <= UCUM_SYMBOL_MAX && find_row(symbol) == NO_ROW);
        symbol_lengths[row] = (uint8_t)symbol.len;
        unsigned slot = slot_of(symbol);
        while (slots[slot] != NO_ROW)
            slot = (slot + 1) % SLOTS;
        slots[slot] = row;
    }
    for (uint16_t row = 0; row < ucum_row_count; row++) {
        if (states[row] == UNKNOWN)
            work_out(row);
    }
}

void ucum_atoms_ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, work_out_all);
}

const char *ucum_arbitrary_symbol(unsigned n)
{
    assert(n > 0 && n <= arbitrary_count);
    return ucum_rows[arbitrary_rows[n]].symbol;
}

static const UcumUnit *known(uint16_t row)
{
    if (states[row] != KNOWN)
        work_out(row);
    return &units[row];
}

static const UcumUnit *find_metric(Str symbol)
{
    uint16_t row = find_row(symbol);
    return row != NO_ROW && ucum_rows[row].flags & UCUM_METRIC ? known(row) : NULL;
}

const UcumUnit *ucum_atom(Str symbol, Decimal *ret_prefix)
{
    const UcumUnit *unit = NULL;
    Decimal prefix = {1, 0};
    if (symbol.len == 0 || symbol.len > UCUM_SYMBOL_MAX + 2)
        return NULL;
    uint16_t row = find_row(symbol);
    if (row != NO_ROW) {
        unit = known(row);
    } else if (symbol.len > 1 && letters[symbol.at[0] & 127]) {
        prefix.scale = -letters[symbol.at[0] & 127];
        unit = find_metric(str_from(symbol, 1));
    }
    for (size_t i = 0; i < COUNT_OF(pairs) && !unit && symbol.len > 2; i++) {
        if (memcmp(pairs[i].letters, symbol.at, 2) == 0) {
            prefix = pairs[i].number;
            unit = find_metric(str_from(symbol, 2));
        }
    }
    if (unit)
        *ret_prefix = prefix;
    return unit;
}
