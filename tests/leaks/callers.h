/* leaks/callers.h - people at random: of all roles, with links, broken glass, blocks, scopes. */
#ifndef ACESO_TESTS_LEAKS_CALLERS_H
#define ACESO_TESTS_LEAKS_CALLERS_H

#include "leaks/judge.h"
#include "leaks/links.h"
#include "oracle/dice.h"

/* Somebody of the world, with what the papers say of him; *ret_decides as of links_read. */
Caller caller_random(OracleDice *dice, const Papers *papers, AccessRole role, bool *ret_decides);
/* With rights made by hand, as src/rights would make them: for scopes, which the papers do not say.
 */
const Access *caller_access(const Caller *caller, Arena *arena);
/* Without: the record reads them from the papers. */
const Access *caller_bare(const Caller *caller, Arena *arena);

/* Facts of nothing in particular: every class, label and subject with every type; only that what is
 * always about somebody is, and is no directory (access/subjects.h). */
Facts facts_random(OracleDice *dice, Arena *arena, const struct Search *search, uint16_t type);

#endif
