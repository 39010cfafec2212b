/* record/conditioned.h - scopes with search conditions: patient/Observation.rs?category=laboratory.
 *
 * A token with such a scope has no letter of the type anywhere (scopes_letters): its rows are
 * hidden from it in chains, includes, histories, operations, writes. Two interactions alone are let
 * through, and only here: a search of the type, to which the condition is added, and a read, whose
 * row must answer the condition. What joins another row to the search is refused by its name.
 * docs/adr/0130; SPEC SMART 2.2 scopes-and-launch-context.html#finer-grained-resource-constraints
 */
#ifndef ACESO_RECORD_CONDITIONED_H
#define ACESO_RECORD_CONDITIONED_H

#include "record/record.h"

typedef struct {
    Call call;     /* as it is to be asked */
    Str condition; /* "category=laboratory,vital-signs"; empty: there is none, and the call is as
                      it came */
} Conditioned;

/* For an interaction of this letter (RIGHTS_READ, RIGHTS_SEARCH) with a type. STATUS_UNSUPPORTED
 * with an issue: the search has a parameter that would look at other rows. */
Status conditioned_call(Ctx *cx, const Call *call, Str type, uint8_t letter,
                        Conditioned *ret) MUST_USE;

#endif
