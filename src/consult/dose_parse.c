/* consult/dose_parse.c - a line of prescription, rule by rule.
 *
 * At each token the rules are tried in the order of their table; the first that fits takes its
 * tokens. Before the first of them, words are the name. Nothing is read twice. */
#include "consult/dose.h"

typedef struct {
    Dose *dose;
    Token tokens[DOSE_TOKENS_MAX];
    size_t count, at;
    size_t name_from, name_to; /* tokens */
    bool structured;           /* something else than the name was there */
    size_t medicine_to;        /* tokens of name and strength */
    Amount masses[2];          /* the first measures, which are strength or dose */
    size_t mass_count;
    Str bare_max;   /* "max 8": of what? */
    bool slot_open; /* "1 matin", and now "et soir" */
    Decimal slot_value;
} Parser;

/* ---- looking ------------------------------------------------------------------------------------
 */

static const Token *token_at(const Parser *p, size_t i)
{
    static const Token none = {.kind = TOKEN_SYMBOL, .symbol = '\0'};
    return i < p->count ? &p->tokens[i] : &none;
}

static bool is_symbol(const Parser *p, size_t i, char symbol)
{
    return token_at(p, i)->kind == TOKEN_SYMBOL && token_at(p, i)->symbol == symbol;
}

/* What a token is called in the table of words: a hyphen in a word is a blank there. */
static size_t eat_word(const Token *token, const char *words)
{
    Str folded = str_n(token->folded, token->folded_len);
    if (token->kind == TOKEN_NUMBER)
        folded = token->source;
    else if (token->kind == TOKEN_SYMBOL)
        folded = token->symbol == 'x' ? STR("x") : STR_EMPTY;
    size_t n = 0;
    while (n < folded.len && words[n] &&
           (folded.at[n] == words[n] || (folded.at[n] == '-' && words[n] == ' ')))
        n++;
    return n == folded.len && n && (words[n] == ' ' || !words[n]) ? n : 0;
}

static bool is_between(const Parser *p, size_t i)
{
    return is_symbol(p, i, '\'') || is_symbol(p, i, '.') || is_symbol(p, i, 'o');
}

/* How many tokens the phrase takes at i; 0: it is another. */
static size_t match(const Parser *p, size_t i, const char *words)
{
    size_t at = i;
    while (*words) {
        while (at > i && is_between(p, at))
            at++;
        size_t n = is_symbol(p, at, '\'') ? 0 : eat_word(token_at(p, at), words);
        if (!n)
            return 0;
        words += n + (words[n] == ' ');
        at++;
    }
    return at - i;
}

static size_t find(const Parser *p, size_t i, WordKind kind, unsigned *ret_value)
{
    size_t best = 0, skip = is_symbol(p, i, '\''); /* 's morgens */
    for (size_t row = 0; row < dose_word_count; row++) {
        if (dose_words[row].kind != kind)
            continue;
        size_t n = match(p, i + skip, dose_words[row].words);
        if (n <= best)
            continue;
        best = n;
        *ret_value = dose_words[row].value;
    }
    return best ? best + skip : 0;
}

static size_t is(const Parser *p, size_t i, WordKind kind)
{
    unsigned unused;
    return find(p, i, kind, &unused);
}

/* A unit of one of these kinds: bits of UnitKind. */
static size_t find_unit(const Parser *p, size_t i, unsigned kinds, DoseUnit *ret_unit)
{
    size_t best = 0;
    if (is_symbol(p, i, '%') && (kinds & 1u << UNIT_IS_MEASURE)) {
        *ret_unit = UNIT_PERCENT;
        return 1;
    }
    for (size_t row = 0; row < dose_word_count; row++) {
        const WordRow *word = &dose_words[row];
        if (word->kind != WORD_UNIT || !(kinds & 1u << unit_kind((DoseUnit)word->value)))
            continue;
        size_t n = match(p, i, word->words);
        if (n <= best)
            continue;
        best = n;
        *ret_unit = (DoseUnit)word->value;
    }
    return best;
}

static size_t skip_fillers(const Parser *p, size_t i)
{
    size_t n = 0, more;
    while ((more = is(p, i + n, WORD_FILLER)) > 0 || is_symbol(p, i + n, ',') ||
           (n && is_between(p, i + n)))
        n += more ? more : 1;
    return n;
}

/* ---- numbers ------------------------------------------------------------------------------------
 */

static bool is_zero(Decimal number)
{
    return number.digits == 0;
}

static size_t number(const Parser *p, size_t i, Decimal *ret_number)
{
    const Token *token = token_at(p, i);
    unsigned value;
    size_t n;
    if (token->kind == TOKEN_NUMBER) {
        *ret_number = token->number;
        return !token->unsure;
    }
    if ((n = is(p, i, WORD_HALF)) > 0) {
        *ret_number = (Decimal){5, 1};
        return n;
    }
    if ((n = find(p, i, WORD_NUMBER, &value)) > 0)
        *ret_number = decimal_of(value);
    return n;
}

/* "1-2", "1 à 2", or one number, which is both. Not the beginning of 1-0-1. */
static size_t range(const Parser *p, size_t i, Decimal *ret_low, Decimal *ret_high)
{
    Decimal more;
    size_t n = number(p, i, ret_low), link, last;
    *ret_high = *ret_low;
    if (!n)
        return 0;
    link = is_symbol(p, i + n, '-') ? 1 : is(p, i + n, WORD_TO);
    last = link ? number(p, i + n + link, &more) : 0;
    if (!last || is_symbol(p, i + n + link + last, '-') || decimal_compare(*ret_low, more) >= 0)
        return n;
    *ret_high = more;
    return n + link + last;
}

static bool is_whole(Decimal number)
{
    int64_t whole;
    Decimal trimmed = decimal_trim(number);
    return trimmed.scale <= 0 && decimal_to_i64(number, &whole) && whole > 0 && whole <= 10000;
}

static size_t time_unit(const Parser *p, size_t i, PerUnit *ret_unit)
{
    unsigned value;
    size_t n = find(p, i, WORD_TIME, &value);
    if (n)
        *ret_unit = (PerUnit)value;
    return n;
}

/* ---- notes --------------------------------------------------------------------------------------
 */

static Str span(const Parser *p, size_t from, size_t to)
{
    const Token *first = token_at(p, from), *last = token_at(p, to - 1);
    return str_n(first->source.at, (size_t)(last->source.at + last->source.len - first->source.at));
}

static void note(Parser *p, NoteKind kind, const char *what, size_t from, size_t to)
{
    Dose *dose = p->dose;
    DoseNote *last = dose->note_count ? &dose->notes[dose->note_count - 1] : NULL;
    if (last && kind == NOTE_NOT_UNDERSTOOD && last->kind == kind && from &&
        last->words.at + last->words.len ==
            token_at(p, from - 1)->source.at + token_at(p, from - 1)->source.len) {
        last->words =
            str_n(last->words.at,
                  span(p, from, to).len + (size_t)(token_at(p, from)->source.at - last->words.at));
        return;
    }
    if (dose->note_count == DOSE_NOTES_MAX) {
        dose->notes_full = true;
        return;
    }
    dose->notes[dose->note_count++] = (DoseNote){kind, what, span(p, from, to)};
}

/* Takes n tokens as what they are; a second one of a kind is said, and does not count. */
static size_t take(Parser *p, size_t n, const char *what, bool again)
{
    note(p, again ? NOTE_TWICE : NOTE_UNDERSTOOD, what, p->at, p->at + n);
    p->structured = true;
    return n;
}

/* ---- how often ----------------------------------------------------------------------------------
 */

typedef struct {
    Decimal low, high;
    PerUnit unit;
} Per;

/* "/d", "par jour", "/72h", "per 2 dagen", "daags". */
static size_t per(const Parser *p, size_t i, Per *ret_per)
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

static bool set_times(Parser *p, Decimal low, Decimal high, const Per *in)
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

static size_t rule_every(Parser *p)
{
    unsigned value;
    Per in = {.unit = PER_DAY};
    size_t n = find(p, p->at, WORD_OTHER_DAY, &value), count = 0, unit = 0;
    if (n) {
        in.low = in.high = decimal_of(2);
        return take(p, n, "frequency", !set_times(p, decimal_of(1), decimal_of(1), &in));
    }
    n = find(p, p->at, WORD_EVERY_ONE, &value);
    if (n && !is(p, p->at, WORD_PART)) {
        in = (Per){decimal_of(1), decimal_of(1), (PerUnit)value};
        return take(p, n, "frequency", !set_times(p, decimal_of(1), decimal_of(1), &in));
    }
    n = is_symbol(p, p->at, '/') ? 1 : is(p, p->at, WORD_EVERY);
    if (n) {
        count = range(p, p->at + n, &in.low, &in.high);
        unit = count ? time_unit(p, p->at + n + count, &in.unit) : 0;
    }
    if (!unit || is_zero(in.low))
        return 0;
    return take(p, n + count + unit, "frequency", !set_times(p, decimal_of(1), decimal_of(1), &in));
}

/* "q8h", "8-hourly" */
static size_t rule_q(Parser *p)
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
            return take(p, 1, "frequency", !set_times(p, decimal_of(1), decimal_of(1), &in));
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
    return take(p, n + link + hourly, "frequency",
                !set_times(p, decimal_of(1), decimal_of(1), &in));
}

static void set_dose(Parser *p, const Amount *amount, bool *ret_again)
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
    set_dose(p, &amount, &again);
    return again ? 0 : n + more;
}

static size_t rule_times(Parser *p)
{
    Decimal low, high;
    Per in = {.unit = PER_NONE};
    unsigned value;
    size_t n = range(p, p->at, &low, &high), times = 0, behind, more = 0;
    if (!n || !is_whole(low) || !is_whole(high))
        return 0;
    times = is(p, p->at + n, WORD_TIMES);
    behind = per(p, p->at + n + times, &in);
    if (!times && !behind)
        return 0;
    if (times && !behind) {
        more = dose_behind(p, p->at + n + times);
        behind = more ? per(p, p->at + n + times + more, &in) : 0;
    } else if (!times && find(p, p->at + n, WORD_DAILY, &value)) {
        more = dose_behind(p, p->at + n + behind);
    }
    bool again = !set_times(p, low, high, &in);
    /* "6 par jour": six times, or six at once? "6/d" are six times */
    if (!again && !times && is(p, p->at + n, WORD_PER) && !is_symbol(p, p->at + n, '/') &&
        decimal_compare(high, decimal_of(1)) > 0)
        p->dose->missing |= MISSING_DIVISION;
    return take(p, n + times + more + behind, "frequency", again);
}

/* "1 injection im par mois": how often, behind something else. */
static size_t rule_per(Parser *p)
{
    Per in;
    size_t n = p->dose->dose.known && !p->dose->times_known ? per(p, p->at, &in) : 0;
    if (!n || (is_symbol(p, p->at, '/') && token_at(p, p->at)->glued)) /* 0x/d: of nothing */
        return 0;
    if (in.unit == PER_DAY && decimal_compare(p->dose->dose.high, decimal_of(1)) > 0)
        p->dose->missing |= MISSING_DIVISION;
    return take(p, n, "frequency", !set_times(p, decimal_of(1), decimal_of(1), &in));
}

static size_t rule_often(Parser *p)
{
    unsigned value;
    Per in = {decimal_of(1), decimal_of(1), PER_DAY};
    size_t n = find(p, p->at, WORD_OFTEN, &value), more = 0;
    if (!n) {
        n = find(p, p->at, WORD_DAILY, &value);
        if (!n)
            return 0;
        in.unit = (PerUnit)value;
        return take(p, n, "frequency", !set_times(p, decimal_of(1), decimal_of(1), &in));
    }
    if (value & 0x100) {
        in.unit = PER_NONE;
        more = per(p, p->at + n, &in);
    }
    Decimal times = decimal_of(value & 0xff);
    return take(p, n + more, "frequency", !set_times(p, times, times, &in));
}

/* ---- at which part of the day
 * ---------------------------------------------------------------------
 */

/* 1-0-1, 1-1-1-0 */
static size_t rule_schema(Parser *p)
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
    return take(p, n + unit, "frequency", again);
}

/* An amount that a part of the day follows: "1 co matin", "14 E 's avonds". */
static size_t slot(Parser *p, const Amount *amount, size_t n)
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
    n = take(p, n + fill + found, "dose", again);
    p->slot_open = !again;
    p->slot_value = amount->low;
    return n;
}

static size_t rule_part(Parser *p)
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
    n = take(p, n, "when", false);
    p->slot_open = open;
    return n;
}

static size_t rule_meal(Parser *p)
{
    unsigned meal;
    size_t n = find(p, p->at, WORD_MEAL, &meal);
    if (!n)
        return 0;
    p->dose->meals |= meal & 0xff;
    if (meal >> 8)
        p->dose->parts |= 1u << ((meal >> 8) - 1);
    return take(p, n, "when", false);
}

static size_t rule_clock(Parser *p)
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
    return take(p, n + count + word, "when", false);
}

static size_t rule_day(Parser *p)
{
    unsigned day;
    size_t n = find(p, p->at, WORD_DAY, &day);
    if (!n)
        return 0;
    p->dose->days |= 1u << day;
    return take(p, n, "when", false);
}

/* ---- how long, how many, at most
 * --------------------------------------------------------------------
 */

static size_t rule_duration(Parser *p)
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
    return take(p, word + n + more, "duration", again);
}

static size_t rule_max(Parser *p)
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
        p->bare_max = span(p, p->at, p->at + n);
    n += said;
    n += per(p, p->at + n, &in);
    bool again = dose->max.known;
    if (!again) {
        dose->max = max;
        dose->max_period = in.low;
        dose->max_per = in.unit;
        if (in.unit == PER_NONE)
            dose->missing |= MISSING_PERIOD;
    }
    return take(p, n, "maximum", again);
}

static size_t rule_quantity(Parser *p)
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
    return take(p, word + n + unit, "quantity", again);
}

static size_t rule_repeats(Parser *p)
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
    return take(p, word + n + behind, "repeats", again);
}

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
    return take(p, n, p->mass_count == 1 ? "strength" : "dose", again);
}

/* "875/125 mg", "50 µg/h": kept as it was typed. */
static size_t rule_combination(Parser *p)
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
    p->dose->combination = span(p, p->at, p->at + n);
    p->medicine_to = p->at + n;
    return take(p, n, "strength", false);
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
    return take(p, n + 1 + count + unit, "strength", again);
}

/* "1 co par jour": once; "3 co par jour": nobody said how they are divided. */
static size_t rule_daily_amount(Parser *p, const Amount *amount, size_t n)
{
    Dose *dose = p->dose;
    Per in;
    size_t more = per(p, p->at + n, &in);
    if (!more)
        return 0;
    bool again = dose->dose.known || dose->slots_known || dose->times_known;
    if (!again) {
        dose->dose = *amount;
        (void)set_times(p, decimal_of(1), decimal_of(1), &in);
        if (decimal_compare(amount->high, decimal_of(1)) > 0 && in.unit == PER_DAY &&
            decimal_compare(in.low, decimal_of(1)) == 0)
            dose->missing |= MISSING_DIVISION;
    }
    return take(p, n + more, "dose", again);
}

/* "3 days 3 tablets": how much each time, or how many to dispense? */
static bool is_said_late(const Parser *p)
{
    return p->dose->duration_unit != PER_NONE && p->dose->times_known && !p->dose->dose.known;
}

static size_t rule_amount(Parser *p)
{
    Amount amount = {.known = true};
    size_t n = range(p, p->at, &amount.low, &amount.high), unit, more;
    PerUnit by;
    bool again;
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
        note(p, NOTE_NOT_UNDERSTOOD, "dose", p->at, p->at + n);
        p->structured = true;
        return n;
    }
    if ((more = strength_in(p, &amount, n)) > 0 || (more = slot(p, &amount, n)) > 0 ||
        (more = rule_daily_amount(p, &amount, n)) > 0)
        return more;
    bool measure = unit_kind(amount.unit) == UNIT_IS_MEASURE;
    bool counted = p->dose->dose.known && unit_kind(p->dose->dose.unit) == UNIT_IS_COUNT;
    if (measure && (!p->dose->dose.known || (counted && !p->mass_count)) &&
        !(p->dose->strength.known || p->dose->combination.len))
        return take_mass(p, &amount, n);
    if (is_said_late(p)) {
        note(p, NOTE_AMBIGUOUS, "dose", p->at, p->at + n);
        return n;
    }
    set_dose(p, &amount, &again);
    return take(p, n, "dose", again);
}

static size_t rule_form(Parser *p)
{
    DoseUnit unit;
    size_t n = find_unit(p, p->at, 1u << UNIT_IS_FORM, &unit);
    if (!n)
        n = find_unit(p, p->at, 1u << UNIT_IS_COUNT, &unit);
    if (!n || p->dose->form != UNIT_NONE)
        return 0;
    p->dose->form = unit;
    bool before = p->structured;
    n = take(p, n, "form", false);
    if (!before && !p->mass_count)
        p->medicine_to = p->at + n;
    return n;
}

/* A number by itself: behind the name a strength of an unknown unit, else a count. */
static size_t rule_bare(Parser *p)
{
    Amount amount = {.known = true};
    size_t n = range(p, p->at, &amount.low, &amount.high), more;
    bool again;
    if (!n || is_zero(amount.low))
        return 0;
    if ((more = slot(p, &amount, n)) > 0)
        return more;
    if (is_behind_name(p) && token_at(p, p->at)->kind == TOKEN_NUMBER &&
        decimal_compare(amount.low, amount.high) == 0)
        return take_mass(p, &amount, n);
    if (token_at(p, p->at)->kind != TOKEN_NUMBER)
        return 0;
    if (is_said_late(p)) {
        note(p, NOTE_AMBIGUOUS, "dose", p->at, p->at + n);
        return n;
    }
    set_dose(p, &amount, &again);
    return take(p, n, "dose", again);
}

/* ---- the rest -----------------------------------------------------------------------------------
 */

static size_t rule_route(Parser *p)
{
    unsigned route;
    size_t n = find(p, p->at, WORD_ROUTE, &route);
    if (!n)
        return 0;
    bool again = p->dose->route != ROUTE_NONE && p->dose->route != (DoseRoute)route;
    if (!again)
        p->dose->route = (DoseRoute)route;
    return take(p, n, "route", again);
}

static bool starts_something(const Parser *p, size_t i)
{
    static const WordKind kinds[] = {
        WORD_PART,  WORD_MEAL, WORD_ROUTE,  WORD_MAX,     WORD_OFTEN, WORD_EVERY,    WORD_EVERY_ONE,
        WORD_DAILY, WORD_DAY,  WORD_NEEDED, WORD_CHRONIC, WORD_ONCE,  WORD_QUANTITY, WORD_REPEAT};
    const Token *token = token_at(p, i);
    Decimal unused;
    unsigned none;
    if (i >= p->count || token->kind == TOKEN_NUMBER ||
        (token->kind == TOKEN_SYMBOL && token->symbol != '\''))
        return true;
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        if (find(p, i, kinds[k], &none))
            return true;
    size_t word = is(p, i, WORD_FOR);
    return word && number(p, i + word, &unused);
}

/* The words of a reason, up to what means something else. */
static size_t reason(const Parser *p, size_t i)
{
    enum { WORDS_MAX = 6 };
    size_t n = 0;
    while (n < WORDS_MAX && !starts_something(p, i + n))
        n++;
    return n;
}

static size_t rule_needed(Parser *p)
{
    Dose *dose = p->dose;
    unsigned sure = 1;
    size_t n = is(p, p->at, WORD_NEEDED), because, words = 0;
    because = find(p, p->at + n, WORD_BECAUSE, &sure);
    if (!n && !(because && sure))
        return 0;
    if (because) {
        because += skip_fillers(p, p->at + n + because);
        words = reason(p, p->at + n + because);
    }
    if (!words)
        because = 0;
    if (!n && !words)
        return 0;
    if (words)
        dose->needed_for = span(p, p->at + n + because, p->at + n + because + words);
    dose->as_needed = true;
    return take(p, n + because + words, "as-needed", false);
}

static size_t rule_chronic(Parser *p)
{
    size_t n = is(p, p->at, WORD_CHRONIC);
    p->dose->chronic |= n > 0;
    return n ? take(p, n, "duration", false) : 0;
}

static size_t rule_once(Parser *p)
{
    size_t n = is(p, p->at, WORD_ONCE);
    p->dose->once |= n > 0;
    return n ? take(p, n, "frequency", false) : 0;
}

/* In this order: what is longer or surer comes first. */
static size_t (*const rules[])(Parser *p) = {
    rule_max,     rule_schema, rule_quantity, rule_repeats,     rule_clock,  rule_every,
    rule_q,       rule_times,  rule_duration, rule_combination, rule_amount, rule_once,
    rule_meal,    rule_part,   rule_needed,   rule_often,       rule_route,  rule_day,
    rule_chronic, rule_form,   rule_per,      rule_bare,
};

static size_t rule(Parser *p)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        bool open = p->slot_open;
        size_t n = rules[i](p);
        if (n) {
            if (open && p->slot_open && rules[i] != rule_part && rules[i] != rule_amount &&
                rules[i] != rule_bare)
                p->slot_open = false;
            return n;
        }
    }
    return 0;
}

/* ---- the walk -----------------------------------------------------------------------------------
 */

static bool says_nothing(const Parser *p, size_t i)
{
    const Token *token = token_at(p, i);
    return token->kind == TOKEN_SYMBOL && token->symbol && strchr(",;.:()'!", token->symbol);
}

/* A name goes on with words, and with what glues them: amoxicilline/acide clavulanique. */
static bool goes_on_name(const Parser *p)
{
    const Token *token = token_at(p, p->at);
    if (p->structured)
        return false;
    if (token->kind == TOKEN_WORD)
        return true;
    return token->kind == TOKEN_SYMBOL && token->symbol && strchr("/+-'.&", token->symbol) &&
           p->name_to > p->name_from && token_at(p, p->at + 1)->kind == TOKEN_WORD;
}

static bool is_only_filler(const Parser *p)
{
    static const char *const fillers[] = {"rp",    "r",      "take",   "prendre",
                                          "nemen", "nehmen", "innemen"};
    for (size_t i = 0; i < COUNT_OF(fillers); i++)
        if (match(p, p->at, fillers[i]))
            return true;
    return false;
}

static void step(Parser *p)
{
    const Token *token = token_at(p, p->at);
    bool first = p->name_to == p->name_from && !p->structured;
    size_t n;
    if (first && ((token->kind == TOKEN_WORD && is_only_filler(p)) || says_nothing(p, p->at) ||
                  is_symbol(p, p->at, '/'))) {
        p->at++; /* R/ */
        return;
    }
    if (first && token->kind == TOKEN_WORD) { /* whatever it means elsewhere */
        p->name_from = p->at;
        p->name_to = ++p->at;
        return;
    }
    if (token->kind == TOKEN_NUMBER && token->unsure) {
        note(p, NOTE_AMBIGUOUS, "number", p->at, p->at + 1);
        p->structured = true;
        p->at++;
    } else if ((n = rule(p)) > 0) {
        p->at += n;
    } else if (goes_on_name(p)) {
        p->name_to = ++p->at;
    } else if (says_nothing(p, p->at)) {
        p->at++;
    } else if ((n = is(p, p->at, WORD_FILLER)) > 0) {
        p->at += n;
    } else {
        p->slot_open = false;
        note(p, NOTE_NOT_UNDERSTOOD, "words", p->at, p->at + 1);
        p->at++;
    }
}

/* ---- what it comes to ---------------------------------------------------------------------------
 */

static bool needs_no_dose(const Dose *dose)
{
    return dose->form == UNIT_CREAM || dose->form == UNIT_OINTMENT || dose->form == UNIT_GEL;
}

static bool says_when(const Dose *dose)
{
    return dose->times_known || dose->slots_known || dose->parts || dose->meals ||
           dose->clock_count || dose->days || dose->as_needed || dose->once;
}

void dose_settle(Dose *dose)
{
    unsigned kept = dose->missing & (MISSING_DIVISION | MISSING_PERIOD);
    bool counted = dose->dose.known || dose->slots_known;
    dose->missing = kept;
    if (counted && dose->dose.unit == UNIT_NONE && unit_kind(dose->form) == UNIT_IS_COUNT)
        dose->dose.unit = dose->form;
    if (!counted && dose->strength.known && !dose->per.known && dose->strength.unit != UNIT_PERCENT)
        dose->dose = dose->strength; /* 500 mg 3x/d */
    if (!dose->name.len)
        dose->missing |= MISSING_NAME;
    if (!dose->dose.known && !dose->slots_known && !needs_no_dose(dose))
        dose->missing |= MISSING_DOSE;
    else if (dose->dose.unit == UNIT_NONE && !needs_no_dose(dose))
        dose->missing |= counted ? MISSING_FORM : MISSING_DOSE_UNIT;
    if (!says_when(dose))
        dose->missing |= MISSING_FREQUENCY;
    if (dose->times_known && dose->per_unit == PER_NONE)
        dose->missing |= MISSING_PERIOD;
}

static void settle(Parser *p)
{
    Dose *dose = p->dose;
    if (p->name_to > p->name_from) {
        dose->name = span(p, p->name_from, p->name_to);
        dose->medicine = dose->name;
        if (p->medicine_to > p->name_to)
            dose->medicine = span(p, p->name_from, p->medicine_to);
    }
    bool counted = dose->dose.known || dose->slots_known;
    /* 2 puffs, max 8: eight puffs or eight times two? */
    bool several = unit_kind(dose->dose.unit) == UNIT_IS_COUNT && dose->dose.known &&
                   decimal_compare(dose->dose.high, decimal_of(1)) != 0;
    if (p->bare_max.len && several && dose->note_count < DOSE_NOTES_MAX)
        dose->notes[dose->note_count++] = (DoseNote){NOTE_AMBIGUOUS, "maximum", p->bare_max};
    if (p->mass_count == 2 && !counted) {
        dose->strength = p->masses[0];
        dose->dose = p->masses[1];
    } else if (p->mass_count && !dose->strength.known && !dose->combination.len) {
        dose->strength = p->masses[0];
    } else if (p->mass_count && !counted && p->masses[0].unit != UNIT_PERCENT) {
        dose->dose = p->masses[0];
    }
    if (p->mass_count == 2 && counted) { /* 500 mg, 1 g, 2 tablets: which? */
        dose->dose.known = false;
        dose->missing |= MISSING_DOSE;
    }
    dose_settle(dose);
}

void dose_parse(Str text, Dose *ret_dose)
{
    Parser p = {.dose = ret_dose};
    *ret_dose = (Dose){.name = STR_EMPTY};
    p.count = dose_tokens(text, p.tokens);
    while (p.at < p.count)
        step(&p);
    settle(&p);
    if (text.len > DOSE_TEXT_MAX)
        ret_dose->notes_full = true;
}

bool dose_is_complete(const Dose *dose)
{
    if ((dose->missing & ~(unsigned)MISSING_FORM) || dose->notes_full)
        return false;
    for (size_t i = 0; i < dose->note_count; i++)
        if (dose->notes[i].kind != NOTE_UNDERSTOOD)
            return false;
    return true;
}
