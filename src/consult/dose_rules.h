/* consult/dose_rules.h - dose_parse.c's own: the rules, and what they share.
 *
 * A rule looks at p->at. It returns how many tokens it has taken, after it has put what they say
 * into p->dose; 0: it does not fit, and has changed nothing. */
#ifndef ACESO_CONSULT_DOSE_RULES_H
#define ACESO_CONSULT_DOSE_RULES_H

#include "consult/dose_look.h"

/* ---- dose_parse.c: what is said of the tokens ------------------------------------------------ */

Str dose_span(const Parser *p, size_t from, size_t to);
void dose_note(Parser *p, NoteKind kind, const char *what, size_t from, size_t to);
/* Takes n tokens as what they are; a second one of a kind is said, and does not count. */
size_t dose_take(Parser *p, size_t n, const char *what, bool again);

/* ---- dose_often.c ------------------------------------------------------------------------------
 */

typedef struct {
    Decimal low, high;
    PerUnit unit;
} Per;

/* "/d", "par jour", "/72h", "per 2 dagen", "daags": how many tokens. */
size_t dose_per(const Parser *p, size_t i, Per *ret_per);
/* False: it was known already. */
bool dose_set_times(Parser *p, Decimal low, Decimal high, const Per *in);
void dose_set(Parser *p, const Amount *amount, bool *ret_again);

/* ---- dose_when.c --------------------------------------------------------------------------------
 */

/* An amount of n tokens at p->at with a part of the day behind it: "1 matin". */
size_t dose_slot(Parser *p, const Amount *amount, size_t n);

/* ---- the rules ----------------------------------------------------------------------------------
 */

size_t dose_rule_max(Parser *p);
size_t dose_rule_schema(Parser *p);
size_t dose_rule_quantity(Parser *p);
size_t dose_rule_repeats(Parser *p);
size_t dose_rule_clock(Parser *p);
size_t dose_rule_every(Parser *p);
size_t dose_rule_q(Parser *p);
size_t dose_rule_times(Parser *p);
size_t dose_rule_duration(Parser *p);
size_t dose_rule_combination(Parser *p);
size_t dose_rule_amount(Parser *p);
size_t dose_rule_once(Parser *p);
size_t dose_rule_meal(Parser *p);
size_t dose_rule_part(Parser *p);
size_t dose_rule_needed(Parser *p);
size_t dose_rule_often(Parser *p);
size_t dose_rule_route(Parser *p);
size_t dose_rule_day(Parser *p);
size_t dose_rule_chronic(Parser *p);
size_t dose_rule_form(Parser *p);
size_t dose_rule_per(Parser *p);
size_t dose_rule_bare(Parser *p);

#endif
