/* consult/dose_needed.c - rules: by which way, for what, for good, once. See dose_rules.h. */
#include "consult/dose_rules.h"

/* ---- the rest -----------------------------------------------------------------------------------
 */

size_t dose_rule_route(Parser *p)
{
    unsigned route;
    size_t n = find(p, p->at, WORD_ROUTE, &route);
    if (!n)
        return 0;
    bool again = p->dose->route != ROUTE_NONE && p->dose->route != (DoseRoute)route;
    if (!again)
        p->dose->route = (DoseRoute)route;
    return dose_take(p, n, "route", again);
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

size_t dose_rule_needed(Parser *p)
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
        dose->needed_for = dose_span(p, p->at + n + because, p->at + n + because + words);
    dose->as_needed = true;
    return dose_take(p, n + because + words, "as-needed", false);
}

size_t dose_rule_chronic(Parser *p)
{
    size_t n = is(p, p->at, WORD_CHRONIC);
    p->dose->chronic |= n > 0;
    return n ? dose_take(p, n, "duration", false) : 0;
}

size_t dose_rule_once(Parser *p)
{
    size_t n = is(p, p->at, WORD_ONCE);
    p->dose->once |= n > 0;
    return n ? dose_take(p, n, "frequency", false) : 0;
}
