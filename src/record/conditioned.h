/* record/conditioned.h - scopes with search conditions:
 * patient/Observation.cruds?category=laboratory.
 *
 * A token with such a scope has no letter of the type anywhere (scopes_letters): its rows are
 * hidden from it in chains, includes, histories, operations. Three doors alone are let through, and
 * only here: a search of the type, to which the condition is added; a read, whose row must answer
 * it; and a write, whose resource must answer it as it was and as it will be. What joins another
 * row to a search, or to the condition of a write, is refused by its name.
 *
 * The caller of a write carries what his scopes demand (access_conditions), so that whoever plans a
 * change of his asks: it cannot be forgotten by the way. docs/adr/0130, 0168
 * SPEC SMART 2.2 scopes-and-launch-context.html#finer-grained-resource-constraints */
#ifndef ACESO_RECORD_CONDITIONED_H
#define ACESO_RECORD_CONDITIONED_H

#include "record/criteria.h"

typedef struct {
    Call call;     /* as it is to be asked */
    Str condition; /* "category=laboratory,vital-signs"; empty: there is none, and the call is as
                      it came */
} Conditioned;

/* For an interaction of this letter (RIGHTS_READ, RIGHTS_SEARCH) with a type. STATUS_UNSUPPORTED
 * with an issue: the search has a parameter that would look at other rows. */
Status conditioned_call(Ctx *cx, const Call *call, Str type, uint8_t letter,
                        Conditioned *ret) MUST_USE;

/* ---- writes --------------------------------------------------------------------------------- */

/* The caller of a write of the type, with the letters that his scopes give under conditions, and
 * carrying these; without such scopes as he came. */
Status conditioned_caller(Ctx *cx, uint16_t type, const Access **access) MUST_USE;
/* The same for a call. */
Status conditioned_write(Ctx *cx, const Call *call, Str type, Call *ret_call) MUST_USE;
/* Whether a row that his rights show, with its body, exists for such a caller. */
Status conditioned_sees(const Scene *scene, StoreReader *reader, const StoreRow *row,
                        bool *ret_sees) MUST_USE;
/* Holds the condition of a conditional write to his. STATUS_UNSUPPORTED as above. */
Status conditioned_criteria(Ctx *cx, const Access *access, Criteria *criteria) MUST_USE;
/* Whether the writer of a change carries conditions of its type; and then: STATUS_FORBIDDEN when
 * the resource does not answer as it was, or as it will be. */
bool conditioned_is_held(const Change *change);
Status conditioned_may_write(const Record *record, Ctx *cx, StoreReader *reader,
                             const Change *change) MUST_USE;

#endif
