/* consult/dose_look.h - dose_parse.c's own: the tokens of a line, and what stands at one of them.
 *
 * Nothing here takes a token: it says how many there would be to take. */
#ifndef ACESO_CONSULT_DOSE_LOOK_H
#define ACESO_CONSULT_DOSE_LOOK_H

#include "consult/dose.h"

typedef struct {
    Dose *dose;
    Token tokens[DOSE_TOKENS_MAX];
    size_t count, at;
    size_t kind_from[WORD_FILLER + 1], kind_to[WORD_FILLER + 1]; /* rows of each kind */
    size_t name_from, name_to;                                   /* tokens */
    bool structured;    /* something else than the name was there */
    size_t medicine_to; /* tokens of name and strength */
    Amount masses[2];   /* the first measures, which are strength or dose */
    size_t mass_count;
    Str bare_max;   /* "max 8": of what? */
    bool slot_open; /* "1 matin", and now "et soir" */
    Decimal slot_value;
} Parser;

/* ---- looking ------------------------------------------------------------------------------------
 */

static inline const Token *token_at(const Parser *p, size_t i)
{
    static const Token none = {.kind = TOKEN_SYMBOL, .symbol = '\0'};
    return i < p->count ? &p->tokens[i] : &none;
}

static inline bool is_symbol(const Parser *p, size_t i, char symbol)
{
    return token_at(p, i)->kind == TOKEN_SYMBOL && token_at(p, i)->symbol == symbol;
}

/* What a token is called in the table of words: a hyphen in a word is a blank there. */
static inline size_t eat_word(const Token *token, const char *words)
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

static inline bool is_between(const Parser *p, size_t i)
{
    return is_symbol(p, i, '\'') || is_symbol(p, i, '.') || is_symbol(p, i, 'o');
}

/* How many tokens the phrase takes at i; 0: it is another. */
static inline size_t match(const Parser *p, size_t i, const char *words)
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

/* What a token begins with in the table of words. */
static inline char first_letter(const Token *token)
{
    if (token->kind == TOKEN_SYMBOL)
        return token->symbol == 'x' ? 'x' : '\0';
    return token->kind == TOKEN_NUMBER ? token->source.at[0] : token->folded[0];
}

static inline size_t find(const Parser *p, size_t i, WordKind kind, unsigned *ret_value)
{
    size_t best = 0, skip = is_symbol(p, i, '\''); /* 's morgens */
    char first = first_letter(token_at(p, i + skip));
    for (size_t row = p->kind_from[kind]; row < p->kind_to[kind]; row++) {
        size_t n =
            dose_words[row].words[0] == first ? match(p, i + skip, dose_words[row].words) : 0;
        if (n <= best)
            continue;
        best = n;
        *ret_value = dose_words[row].value;
    }
    return best ? best + skip : 0;
}

static inline size_t is(const Parser *p, size_t i, WordKind kind)
{
    unsigned unused;
    return find(p, i, kind, &unused);
}

/* A unit of one of these kinds: bits of UnitKind. */
static inline size_t find_unit(const Parser *p, size_t i, unsigned kinds, DoseUnit *ret_unit)
{
    size_t best = 0;
    if (is_symbol(p, i, '%') && (kinds & 1u << UNIT_IS_MEASURE)) {
        *ret_unit = UNIT_PERCENT;
        return 1;
    }
    char first = first_letter(token_at(p, i));
    for (size_t row = p->kind_from[WORD_UNIT]; row < p->kind_to[WORD_UNIT]; row++) {
        const WordRow *word = &dose_words[row];
        if (word->words[0] != first || !(kinds & 1u << unit_kind((DoseUnit)word->value)))
            continue;
        size_t n = match(p, i, word->words);
        if (n <= best)
            continue;
        best = n;
        *ret_unit = (DoseUnit)word->value;
    }
    return best;
}

static inline size_t skip_fillers(const Parser *p, size_t i)
{
    size_t n = 0, more;
    while ((more = is(p, i + n, WORD_FILLER)) > 0 || is_symbol(p, i + n, ',') ||
           (n && is_between(p, i + n)))
        n += more ? more : 1;
    return n;
}

/* ---- numbers ------------------------------------------------------------------------------------
 */

static inline bool is_zero(Decimal number)
{
    return number.digits == 0;
}

static inline size_t number(const Parser *p, size_t i, Decimal *ret_number)
{
    const Token *token = token_at(p, i);
    unsigned value = 0;
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
static inline size_t range(const Parser *p, size_t i, Decimal *ret_low, Decimal *ret_high)
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

static inline bool is_whole(Decimal number)
{
    int64_t whole;
    Decimal trimmed = decimal_trim(number);
    return trimmed.scale <= 0 && decimal_to_i64(number, &whole) && whole > 0 && whole <= 10000;
}

static inline size_t time_unit(const Parser *p, size_t i, PerUnit *ret_unit)
{
    unsigned value = 0;
    size_t n = find(p, i, WORD_TIME, &value);
    if (n)
        *ret_unit = (PerUnit)value;
    return n;
}

#endif
