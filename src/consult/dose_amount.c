/* consult/dose_amount.c - rules: strength, dose, form. See dose_rules.h. */
#include "consult/dose_rules.h"

/* ---- how much -----------------------------------------------------------------------------------
 */

static bool is_behind_name(const Parser *p)
{
    return !p->mass_count && (!p->structured || p->dose->form != UNIT_NONE) &&
           !p->dose->dose.known && !p->dose->slots_known;
}

static size_t take_mass(Parser *p, const Amount *amount, size_t n)
{
    bool again = p->mass_count == COUNT_OF(p->masses);
    if (!again)
        p->masses[p->mass_count++] = *amount;
    if (p->mass_count == 1 && !p->dose->times_known)
        p->medicine_to = p->at + n;
    return dose_take(p, n, p->mass_count == 1 ? "strength" : "dose", again);
}

/* "875/125 mg", "50 µg/h": kept as it was typed. */
size_t dose_rule_combination(Parser *p)
{
    Decimal a, b;
    DoseUnit unit = UNIT_NONE;
    PerUnit per_unit = PER_NONE;
    size_t first = number(p, p->at, &a), left = 0, right = 0, second = 0, n;
    if (!first || is_zero(a) || token_at(p, p->at)->kind != TOKEN_NUMBER ||
        p->dose->combination.len)
        return 0;
    left = find_unit(p, p->at + first, 1u << UNIT_IS_MEASURE, &unit);
    n = first + left;
    if ((!is_symbol(p, p->at + n, '/') && !is_symbol(p, p->at + n, '+')) || !is_behind_name(p))
        return 0;
    if (left && is_symbol(p, p->at + n, '/') && time_unit(p, p->at + n + 1, &per_unit) == 1 &&
        per_unit == PER_HOUR && match(p, p->at + n + 1, "h")) {
        n += 2;
    } else {
        second = number(p, p->at + n + 1, &b);
        if (!second || is_zero(b) || token_at(p, p->at + n + 1)->kind != TOKEN_NUMBER)
            return 0;
        right = find_unit(p, p->at + n + 1 + second, 1u << UNIT_IS_MEASURE, &unit);
        if (unit == UNIT_ML || time_unit(p, p->at + n + 1 + second, &per_unit))
            return 0;
        n += 1 + second + right;
    }
    p->dose->combination = dose_span(p, p->at, p->at + n);
    p->medicine_to = p->at + n;
    return dose_take(p, n, "strength", false);
}

/* "250 mg/5 ml", "20 mg/ml" */
static size_t strength_in(Parser *p, const Amount *amount, size_t n)
{
    Amount in = {.known = true, .low = decimal_of(1), .high = decimal_of(1)};
    if (!is_symbol(p, p->at + n, '/') || unit_kind(amount->unit) != UNIT_IS_MEASURE)
        return 0;
    size_t count = number(p, p->at + n + 1, &in.low), unit;
    in.high = in.low;
    unit = find_unit(p, p->at + n + 1 + count, 1u << UNIT_IS_MEASURE, &in.unit);
    if (!count && !unit)
        unit = find_unit(p, p->at + n + 1, 1u << UNIT_IS_COUNT, &in.unit);
    if (!unit || (count && is_zero(in.low)))
        return 0;
    bool again = p->dose->strength.known;
    if (!again) {
        p->dose->strength = *amount;
        p->dose->per = in;
        if (!p->dose->times_known)
            p->medicine_to = p->at + n + 1 + count + unit;
    }
    return dose_take(p, n + 1 + count + unit, "strength", again);
}

/* "1 co par jour": once; "3 co par jour": nobody said how they are divided. */
static size_t rule_daily_amount(Parser *p, const Amount *amount, size_t n)
{
    Dose *dose = p->dose;
    Per in;
    size_t more = dose_per(p, p->at + n, &in);
    if (!more)
        return 0;
    bool again = dose->dose.known || dose->slots_known || dose->times_known;
    if (!again) {
        dose->dose = *amount;
        (void)dose_set_times(p, decimal_of(1), decimal_of(1), &in);
        if (decimal_compare(amount->high, decimal_of(1)) > 0 && in.unit == PER_DAY &&
            decimal_compare(in.low, decimal_of(1)) == 0)
            dose->missing |= MISSING_DIVISION;
    }
    return dose_take(p, n + more, "dose", again);
}

/* "3 days 3 tablets": how much each time, or how many to dispense? */
static bool is_said_late(const Parser *p)
{
    return p->dose->duration_unit != PER_NONE && p->dose->times_known && !p->dose->dose.known;
}

/* Of a percentage nobody takes so much. */
static size_t take_dose(Parser *p, const Amount *amount, size_t n)
{
    bool again;
    if (is_said_late(p) || amount->unit == UNIT_PERCENT) {
        dose_note(p, NOTE_AMBIGUOUS, "dose", p->at, p->at + n);
        return n;
    }
    dose_set(p, amount, &again);
    return dose_take(p, n, "dose", again);
}

size_t dose_rule_amount(Parser *p)
{
    Amount amount = {.known = true};
    size_t n = range(p, p->at, &amount.low, &amount.high), unit, more;
    PerUnit by;
    if (!n || is_zero(amount.low))
        return 0;
    unit = find_unit(p, p->at + n, 1u << UNIT_IS_COUNT | 1u << UNIT_IS_MEASURE, &amount.unit);
    if (!unit)
        return 0;
    n += unit;
    if (is_symbol(p, p->at + n, '/') && match(p, p->at + n + 1, "kg")) {
        n += 2; /* how much somebody weighs is not on the line */
        while (is_symbol(p, p->at + n, '/') && time_unit(p, p->at + n + 1, &by))
            n += 2;
        dose_note(p, NOTE_NOT_UNDERSTOOD, "dose", p->at, p->at + n);
        p->structured = true;
        return n;
    }
    if ((more = strength_in(p, &amount, n)) > 0 || (more = dose_slot(p, &amount, n)) > 0 ||
        (more = rule_daily_amount(p, &amount, n)) > 0)
        return more;
    bool measure = unit_kind(amount.unit) == UNIT_IS_MEASURE;
    bool counted = p->dose->dose.known && unit_kind(p->dose->dose.unit) == UNIT_IS_COUNT;
    if (measure && (!p->dose->dose.known || (counted && !p->mass_count)) &&
        !(p->dose->strength.known || p->dose->combination.len))
        return take_mass(p, &amount, n);
    return take_dose(p, &amount, n);
}

size_t dose_rule_form(Parser *p)
{
    DoseUnit unit;
    size_t n = find_unit(p, p->at, 1u << UNIT_IS_FORM, &unit);
    if (!n)
        n = find_unit(p, p->at, 1u << UNIT_IS_COUNT, &unit);
    if (!n || p->dose->form != UNIT_NONE)
        return 0;
    p->dose->form = unit;
    bool before = p->structured;
    n = dose_take(p, n, "form", false);
    if (!before && !p->mass_count)
        p->medicine_to = p->at + n;
    return n;
}

/* A number by itself: behind the name a strength of an unknown unit, else a count. */
size_t dose_rule_bare(Parser *p)
{
    Amount amount = {.known = true};
    size_t n = range(p, p->at, &amount.low, &amount.high), more;
    if (n && is(p, p->at + n, WORD_CLOCK)) { /* "1 à 8 heures": one, at eight */
        n = number(p, p->at, &amount.low);
        amount.high = amount.low;
    }
    if (!n || is_zero(amount.low))
        return 0;
    if ((more = dose_slot(p, &amount, n)) > 0)
        return more;
    if (is_behind_name(p) && token_at(p, p->at)->kind == TOKEN_NUMBER &&
        decimal_compare(amount.low, amount.high) == 0)
        return take_mass(p, &amount, n);
    if (token_at(p, p->at)->kind != TOKEN_NUMBER)
        return 0;
    return take_dose(p, &amount, n);
}
