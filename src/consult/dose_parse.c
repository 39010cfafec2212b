/* consult/dose_parse.c - a line of prescription, rule by rule.
 *
 * At each token the rules are tried in the order of their table; the first that fits takes its
 * tokens. Before the first of them, words are the name. Nothing is read twice. */
#include "consult/dose_rules.h"

/* ---- notes --------------------------------------------------------------------------------------
 */

Str dose_span(const Parser *p, size_t from, size_t to)
{
    const Token *first = token_at(p, from), *last = token_at(p, to - 1);
    return str_n(first->source.at, (size_t)(last->source.at + last->source.len - first->source.at));
}

void dose_note(Parser *p, NoteKind kind, const char *what, size_t from, size_t to)
{
    Dose *dose = p->dose;
    DoseNote *last = dose->note_count ? &dose->notes[dose->note_count - 1] : NULL;
    if (last && kind == NOTE_NOT_UNDERSTOOD && last->kind == kind && from &&
        last->words.at + last->words.len ==
            token_at(p, from - 1)->source.at + token_at(p, from - 1)->source.len) {
        last->words =
            str_n(last->words.at, dose_span(p, from, to).len +
                                      (size_t)(token_at(p, from)->source.at - last->words.at));
        return;
    }
    if (dose->note_count == DOSE_NOTES_MAX) {
        dose->notes_full = true;
        return;
    }
    dose->notes[dose->note_count++] = (DoseNote){kind, what, dose_span(p, from, to)};
}

/* Takes n tokens as what they are; a second one of a kind is said, and does not count. */
size_t dose_take(Parser *p, size_t n, const char *what, bool again)
{
    dose_note(p, again ? NOTE_TWICE : NOTE_UNDERSTOOD, what, p->at, p->at + n);
    p->structured = true;
    return n;
}

/* ---- the rules ------------------------------------------------------------------------------ */

/* In this order: what is longer or surer comes first. */
static size_t (*const rules[])(Parser *p) = {
    dose_rule_max,      dose_rule_schema,      dose_rule_quantity, dose_rule_repeats,
    dose_rule_clock,    dose_rule_every,       dose_rule_q,        dose_rule_times,
    dose_rule_duration, dose_rule_combination, dose_rule_amount,   dose_rule_once,
    dose_rule_meal,     dose_rule_part,        dose_rule_needed,   dose_rule_often,
    dose_rule_route,    dose_rule_day,         dose_rule_chronic,  dose_rule_form,
    dose_rule_per,      dose_rule_bare,
};

static size_t rule(Parser *p)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        bool open = p->slot_open;
        size_t n = rules[i](p);
        if (n) {
            if (open && p->slot_open && rules[i] != dose_rule_part &&
                rules[i] != dose_rule_amount && rules[i] != dose_rule_bare)
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
        dose_note(p, NOTE_AMBIGUOUS, "number", p->at, p->at + 1);
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
        dose_note(p, NOTE_NOT_UNDERSTOOD, "words", p->at, p->at + 1);
        p->at++;
    }
}

/* ---- what it comes to ---------------------------------------------------------------------------
 */

static void settle(Parser *p)
{
    Dose *dose = p->dose;
    if (p->name_to > p->name_from) {
        dose->name = dose_span(p, p->name_from, p->name_to);
        dose->medicine = dose->name;
        if (p->medicine_to > p->name_to)
            dose->medicine = dose_span(p, p->name_from, p->medicine_to);
    }
    bool counted = dose->dose.known || dose->slots_known;
    /* 2 puffs, max 8: eight puffs or eight times two? */
    bool several = unit_kind(dose->dose.unit) == UNIT_IS_COUNT && dose->dose.known &&
                   decimal_compare(dose->dose.high, decimal_of(1)) != 0;
    if (p->bare_max.len && several && dose->note_count < DOSE_NOTES_MAX)
        dose->notes[dose->note_count++] = (DoseNote){NOTE_AMBIGUOUS, "maximum", p->bare_max};
    if (p->mass_count == 2 && p->masses[1].unit == UNIT_PERCENT) { /* 2,5 and 2 % of what? */
        dose->missing |= MISSING_DIVISION;
    } else if (p->mass_count == 2 && !counted) {
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

/* The rows of a kind stand together. */
static void find_kinds(Parser *p)
{
    for (size_t row = 0; row < dose_word_count; row++) {
        WordKind kind = dose_words[row].kind;
        if (!p->kind_to[kind])
            p->kind_from[kind] = row;
        assert(row == p->kind_from[kind] || p->kind_to[kind] == row);
        p->kind_to[kind] = row + 1;
    }
}

void dose_parse(Str text, Dose *ret_dose)
{
    Parser p = {.dose = ret_dose};
    *ret_dose = (Dose){.name = STR_EMPTY};
    find_kinds(&p);
    p.count = dose_tokens(text, p.tokens);
    while (p.at < p.count)
        step(&p);
    settle(&p);
    if (text.len > DOSE_TEXT_MAX)
        ret_dose->notes_full = true;
}
