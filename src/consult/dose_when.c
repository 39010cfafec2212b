/* consult/dose_when.c - rules: at which part of the day, how long, how many, at most. See
 * dose_rules.h. */
#include "consult/dose_rules.h"

/* ---- at which part of the day
 * ---------------------------------------------------------------------
 */

/* 1-0-1, 1-1-1-0 */
size_t dose_rule_schema(Parser *p)
{
    Dose *dose = p->dose;
    Decimal parts[DOSE_DAY_PARTS] = {{0}};
    size_t n = 0, count = 0, unit;
    DoseUnit of = UNIT_NONE;
    bool any = false;
    for (;;) {
        const Token *token = token_at(p, p->at + n);
        if (token->kind != TOKEN_NUMBER || token->unsure || count == DOSE_DAY_PARTS)
            return 0;
        parts[count++] = token->number;
        any |= !is_zero(token->number);
        n++;
        if (!is_symbol(p, p->at + n, '-') || token_at(p, p->at + n + 1)->kind != TOKEN_NUMBER)
            break;
        n++;
    }
    if (count < 3 || !any)
        return 0;
    unit = find_unit(p, p->at + n, 1u << UNIT_IS_COUNT | 1u << UNIT_IS_MEASURE, &of);
    bool again = dose->slots_known || dose->times_known ||
                 (dose->dose.known && dose->dose.unit != UNIT_NONE && unit);
    if (!again) {
        dose->slots_known = true;
        memcpy(dose->slots, parts, sizeof(parts));
        if (unit)
            dose->dose.unit = of;
    }
    return dose_take(p, n + unit, "frequency", again);
}

/* An amount that a part of the day follows: "1 co matin", "14 E 's avonds". */
size_t dose_slot(Parser *p, const Amount *amount, size_t n)
{
    Dose *dose = p->dose;
    unsigned part, meal = 0;
    size_t fill = skip_fillers(p, p->at + n), found = find(p, p->at + n + fill, WORD_PART, &part);
    size_t other = find(p, p->at + n + fill, WORD_MEAL, &meal);
    if (other > found && meal >> 8) {
        found = other;
        part = (meal >> 8) - 1;
    } else {
        meal = 0;
    }
    if (!found || decimal_compare(amount->low, amount->high) != 0)
        return 0;
    bool again =
        dose->dose.known || dose->times_known || !is_zero(dose->slots[part]) ||
        (dose->slots_known && amount->unit != UNIT_NONE && dose->dose.unit != amount->unit);
    if (!again) {
        dose->slots_known = true;
        dose->slots[part] = amount->low;
        dose->meals |= meal & 0xff;
        if (amount->unit != UNIT_NONE)
            dose->dose.unit = amount->unit;
    }
    n = dose_take(p, n + fill + found, "dose", again);
    p->slot_open = !again;
    p->slot_value = amount->low;
    return n;
}

size_t dose_rule_part(Parser *p)
{
    Dose *dose = p->dose;
    unsigned part;
    size_t n = find(p, p->at, WORD_PART, &part);
    if (!n)
        return 0;
    bool open = p->slot_open && is_zero(dose->slots[part]);
    if (open)
        dose->slots[part] = p->slot_value;
    else
        dose->parts |= 1u << part;
    n = dose_take(p, n, "when", false);
    p->slot_open = open;
    return n;
}

size_t dose_rule_meal(Parser *p)
{
    unsigned meal;
    size_t n = find(p, p->at, WORD_MEAL, &meal);
    if (!n)
        return 0;
    p->dose->meals |= meal & 0xff;
    if (meal >> 8)
        p->dose->parts |= 1u << ((meal >> 8) - 1);
    return dose_take(p, n, "when", false);
}

size_t dose_rule_clock(Parser *p)
{
    Dose *dose = p->dose;
    Decimal hour;
    int64_t hours = 0, minutes = 0;
    size_t n = is(p, p->at, WORD_AT), count = n ? number(p, p->at + n, &hour) : 0, word;
    const Token *next = token_at(p, p->at + n + count + 1);
    if (!count || hour.scale > 0 || !decimal_to_i64(hour, &hours) || hours > 23)
        return 0;
    if (is_symbol(p, p->at + n + count, ':') && next->kind == TOKEN_NUMBER && !next->unsure &&
        next->number.scale == 0 && decimal_to_i64(next->number, &minutes) && minutes < 60)
        word = 2 + is(p, p->at + n + count + 2, WORD_CLOCK);
    else
        word = is(p, p->at + n + count, WORD_CLOCK);
    if (!word || dose->clock_count == DOSE_TIMES_MAX)
        return 0;
    dose->clock[dose->clock_count++] = (uint16_t)(hours * 60 + minutes);
    return dose_take(p, n + count + word, "when", false);
}

size_t dose_rule_day(Parser *p)
{
    unsigned day;
    size_t n = find(p, p->at, WORD_DAY, &day);
    if (!n)
        return 0;
    p->dose->days |= 1u << day;
    return dose_take(p, n, "when", false);
}

/* ---- how long, how many, at most
 * --------------------------------------------------------------------
 */

size_t dose_rule_duration(Parser *p)
{
    Dose *dose = p->dose;
    Decimal low, high;
    PerUnit unit = PER_NONE;
    size_t word = is(p, p->at, WORD_FOR);
    if (!word && (is_symbol(p, p->at, 'x') || match(p, p->at, "x")))
        word = 1; /* x 7 days */
    if (!word)
        word = is(p, p->at, WORD_MAX);
    if (word && !range(p, p->at + word, &low, &high))
        word += skip_fillers(p, p->at + word);
    size_t n = range(p, p->at + word, &low, &high);
    size_t more = n ? time_unit(p, p->at + word + n, &unit) : 0;
    if (!more || !is_whole(low) || !is_whole(high) || (unit == PER_HOUR && !word))
        return 0;
    bool again = dose->duration_unit != PER_NONE;
    if (!again) {
        dose->duration = low;
        dose->duration_max = high;
        dose->duration_unit = unit;
    }
    return dose_take(p, word + n + more, "duration", again);
}

size_t dose_rule_max(Parser *p)
{
    Dose *dose = p->dose;
    Amount max = {.known = true};
    Per in = {.unit = PER_NONE};
    size_t n = is_symbol(p, p->at, '<') ? 1 : is(p, p->at, WORD_MAX), count, unit;
    if (!n)
        return 0;
    while (is_between(p, p->at + n))
        n++;
    n += skip_fillers(p, p->at + n);
    count = range(p, p->at + n, &max.low, &max.high);
    if (!count || is_zero(max.low) || decimal_compare(max.low, max.high) != 0 ||
        time_unit(p, p->at + n + count, &in.unit)) /* at most 5 days */
        return 0;
    unit = find_unit(p, p->at + n + count, 1u << UNIT_IS_COUNT | 1u << UNIT_IS_MEASURE, &max.unit);
    n += count + unit;
    size_t said = is(p, p->at + n, WORD_TIMES);
    if (!unit && !said)
        p->bare_max = dose_span(p, p->at, p->at + n);
    n += said;
    n += dose_per(p, p->at + n, &in);
    bool again = dose->max.known;
    if (!again) {
        dose->max = max;
        dose->max_period = in.low;
        dose->max_per = in.unit;
        if (in.unit == PER_NONE)
            dose->missing |= MISSING_PERIOD;
    }
    return dose_take(p, n, "maximum", again);
}

size_t dose_rule_quantity(Parser *p)
{
    Dose *dose = p->dose;
    Amount many = {.known = true};
    size_t word = is_symbol(p, p->at, '#') ? 1 : is(p, p->at, WORD_QUANTITY), n, unit;
    while (word && (is_symbol(p, p->at + word, ':') || is_between(p, p->at + word)))
        word++;
    n = number(p, p->at + word, &many.low);
    many.high = many.low;
    if (!n || is_zero(many.low))
        return 0;
    unit = find_unit(p, p->at + word + n, 1u << UNIT_IS_PACK, &many.unit);
    if (!unit && word)
        unit =
            find_unit(p, p->at + word + n, 1u << UNIT_IS_COUNT | 1u << UNIT_IS_MEASURE, &many.unit);
    if (!word && !unit)
        return 0;
    bool again = dose->quantity.known;
    if (!again)
        dose->quantity = many;
    return dose_take(p, word + n + unit, "quantity", again);
}

size_t dose_rule_repeats(Parser *p)
{
    Dose *dose = p->dose;
    Decimal many;
    int64_t whole;
    size_t word = is(p, p->at, WORD_REPEAT), n = number(p, p->at + word, &many), behind;
    behind = word ? is(p, p->at + word + n, WORD_TIMES) : is(p, p->at + n, WORD_REPEATS);
    if (!n || (!word && !behind) || many.scale > 0 || !decimal_to_i64(many, &whole) || whole > 99)
        return 0;
    bool again = dose->repeats_known;
    if (!again) {
        dose->repeats_known = true;
        dose->repeats = (unsigned)whole;
    }
    return dose_take(p, word + n + behind, "repeats", again);
}
