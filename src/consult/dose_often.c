/* consult/dose_often.c - rules: how often. See dose_rules.h. */
#include "consult/dose_rules.h"

/* ---- how often ----------------------------------------------------------------------------------
 */

/* "/d", "par jour", "/72h", "per 2 dagen", "daags". */
size_t dose_per(const Parser *p, size_t i, Per *ret_per)
{
    unsigned value = 0;
    size_t n = find(p, i, WORD_DAILY, &value), link, count, unit;
    if (!n)
        n = find(p, i, WORD_EVERY_ONE, &value);
    if (n) {
        *ret_per = (Per){decimal_of(1), decimal_of(1), (PerUnit)value};
        return n;
    }
    link = is_symbol(p, i, '/') ? 1 : find(p, i, WORD_PER, &value);
    if (!link)
        return 0;
    *ret_per = (Per){.low = decimal_of(1), .high = decimal_of(1)};
    Per many = *ret_per;
    count = range(p, i + link, &many.low, &many.high);
    unit = time_unit(p, i + link + count, &ret_per->unit);
    if (count && value) /* "à 8 heures" is no "a day" */
        return 0;
    if (!unit && !count && is_symbol(p, i, '/') && match(p, i + link, "t")) {
        ret_per->unit = PER_DAY; /* Tag */
        return link + 1;
    }
    if (!unit || (count && is_zero(many.low)))
        return 0;
    if (count)
        *ret_per = (Per){many.low, many.high, ret_per->unit};
    return link + count + unit;
}

bool dose_set_times(Parser *p, Decimal low, Decimal high, const Per *in)
{
    Dose *dose = p->dose;
    if (dose->times_known)
        return false;
    dose->times_known = true;
    dose->times = low;
    dose->times_max = high;
    dose->period = in->low;
    dose->period_max = in->high;
    dose->per_unit = in->unit;
    return true;
}

size_t dose_rule_every(Parser *p)
{
    unsigned value = 0;
    Per in = {.unit = PER_DAY};
    size_t n = find(p, p->at, WORD_OTHER_DAY, &value), count = 0, unit = 0;
    if (n) {
        in.low = in.high = decimal_of(2);
        return dose_take(p, n, "frequency", !dose_set_times(p, decimal_of(1), decimal_of(1), &in));
    }
    n = find(p, p->at, WORD_EVERY_ONE, &value);
    if (n && !is(p, p->at, WORD_PART)) {
        in = (Per){decimal_of(1), decimal_of(1), (PerUnit)value};
        return dose_take(p, n, "frequency", !dose_set_times(p, decimal_of(1), decimal_of(1), &in));
    }
    n = is_symbol(p, p->at, '/') ? 1 : is(p, p->at, WORD_EVERY);
    if (n) {
        count = range(p, p->at + n, &in.low, &in.high);
        unit = count ? time_unit(p, p->at + n + count, &in.unit) : 0;
    }
    if (!unit || is_zero(in.low))
        return 0;
    return dose_take(p, n + count + unit, "frequency",
                     !dose_set_times(p, decimal_of(1), decimal_of(1), &in));
}

/* "q8h", "8-hourly" */
size_t dose_rule_q(Parser *p)
{
    const Token *token = token_at(p, p->at);
    Per in = {.unit = PER_HOUR};
    if (token->kind == TOKEN_WORD && token->folded_len > 2 && token->folded_len < 6 &&
        token->folded[0] == 'q') {
        char last = token->folded[token->folded_len - 1];
        uint64_t value;
        in.unit = last == 'h' ? PER_HOUR : last == 'd' ? PER_DAY : PER_NONE;
        if (in.unit != PER_NONE &&
            str_to_u64(str_n(token->folded + 1, token->folded_len - 2u), &value) && value > 0) {
            in.low = in.high = decimal_of((int64_t)value);
            return dose_take(p, 1, "frequency",
                             !dose_set_times(p, decimal_of(1), decimal_of(1), &in));
        }
    }
    size_t n = number(p, p->at, &in.low), link = n && is_symbol(p, p->at + n, '-');
    if (!n || is_zero(in.low))
        return 0;
    size_t hourly = match(p, p->at + n + link, "hourly");
    if (!hourly)
        hourly = match(p, p->at + n + link, "stundlich");
    in.high = in.low;
    in.unit = PER_HOUR;
    if (!hourly)
        return 0;
    return dose_take(p, n + link + hourly, "frequency",
                     !dose_set_times(p, decimal_of(1), decimal_of(1), &in));
}

void dose_set(Parser *p, const Amount *amount, bool *ret_again)
{
    Dose *dose = p->dose;
    *ret_again = dose->dose.known || dose->slots_known;
    if (!*ret_again)
        dose->dose = *amount;
}

/* "3x1", "2dd1", "3 x 1 co": how much each time, behind how often. */
static size_t dose_behind(Parser *p, size_t i)
{
    Amount amount = {.known = true};
    PerUnit unit;
    size_t n = range(p, i, &amount.low, &amount.high), more;
    bool again;
    if (!n || is_zero(amount.low) || time_unit(p, i + n, &unit) || is(p, i + n, WORD_TIMES))
        return 0;
    more = find_unit(p, i + n, 1u << UNIT_IS_COUNT | 1u << UNIT_IS_MEASURE, &amount.unit);
    if (unit_kind(amount.unit) == UNIT_IS_MEASURE && is_symbol(p, i + n + more, '/'))
        return 0;
    dose_set(p, &amount, &again);
    return again ? 0 : n + more;
}

size_t dose_rule_times(Parser *p)
{
    Decimal low, high;
    Per in = {.unit = PER_NONE};
    unsigned value = 0;
    size_t n = range(p, p->at, &low, &high), times = 0, behind, more = 0;
    if (!n || !is_whole(low) || !is_whole(high))
        return 0;
    times = is(p, p->at + n, WORD_TIMES);
    behind = dose_per(p, p->at + n + times, &in);
    if (!times && !behind)
        return 0;
    if (times && !behind) {
        more = dose_behind(p, p->at + n + times);
        behind = more ? dose_per(p, p->at + n + times + more, &in) : 0;
    } else if (!times && find(p, p->at + n, WORD_DAILY, &value)) {
        more = dose_behind(p, p->at + n + behind);
    }
    bool again = !dose_set_times(p, low, high, &in);
    /* "6 par jour": six times, or six at once? "6/d" are six times */
    if (!again && !times && is(p, p->at + n, WORD_PER) && !is_symbol(p, p->at + n, '/') &&
        decimal_compare(high, decimal_of(1)) > 0)
        p->dose->missing |= MISSING_DIVISION;
    return dose_take(p, n + times + more + behind, "frequency", again);
}

/* "1 injection im par mois": how often, behind something else. */
size_t dose_rule_per(Parser *p)
{
    Per in;
    size_t n = p->dose->dose.known && !p->dose->times_known ? dose_per(p, p->at, &in) : 0;
    if (!n || (is_symbol(p, p->at, '/') && token_at(p, p->at)->glued)) /* 0x/d: of nothing */
        return 0;
    if (in.unit == PER_DAY && decimal_compare(p->dose->dose.high, decimal_of(1)) > 0)
        p->dose->missing |= MISSING_DIVISION;
    return dose_take(p, n, "frequency", !dose_set_times(p, decimal_of(1), decimal_of(1), &in));
}

size_t dose_rule_often(Parser *p)
{
    unsigned value = 0;
    Per in = {decimal_of(1), decimal_of(1), PER_DAY};
    size_t n = find(p, p->at, WORD_OFTEN, &value), more = 0;
    if (!n) {
        n = find(p, p->at, WORD_DAILY, &value);
        if (!n)
            return 0;
        in.unit = (PerUnit)value;
        return dose_take(p, n, "frequency", !dose_set_times(p, decimal_of(1), decimal_of(1), &in));
    }
    if (value & 0x100) {
        in.unit = PER_NONE;
        more = dose_per(p, p->at + n, &in);
    }
    Decimal times = decimal_of(value & 0xff);
    return dose_take(p, n + more, "frequency", !dose_set_times(p, times, times, &in));
}
