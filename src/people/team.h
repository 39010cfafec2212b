/* people/team.h - by which names somebody is meant: himself, his functions, the places he works
 * for, the teams that he is a member of. What is addressed to one of them stands in his inbox. */
#ifndef ACESO_PEOPLE_TEAM_H
#define ACESO_PEOPLE_TEAM_H

#include "record/operation.h"

enum { TEAM_NAMES_MAX = 200 }; /* values of one search parameter: SEARCH_VALUES_MAX */

typedef struct {
    Str names[TEAM_NAMES_MAX]; /* "Practitioner/1" first, then functions, organisations, teams */
    size_t count;
    size_t own; /* so many of them are he himself: his account's name and his functions */
    bool cut;   /* there are more */
} Team;

/* Of the caller; count 0 for programs that are nobody. A team is a CareTeam without a patient.
 * STATUS_TOO_LARGE with an issue: more names than there is room for. */
Status team_of(Operation *op, Team *ret_team) MUST_USE;
bool team_has(const Team *team, Str name);

#endif
