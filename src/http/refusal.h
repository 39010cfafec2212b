/* http/refusal.h - the audit entry of an interaction that was refused before it began. */
#ifndef ACESO_HTTP_REFUSAL_H
#define ACESO_HTTP_REFUSAL_H

#include <stdatomic.h>

#include "http/request.h"

/* What strangers leave is bounded, or they could fill the disk: so many entries in a row, then
 * so many a second (86 MB a day at the most). What is left out is a number in /metrics. */
enum { REFUSALS_IN_A_ROW = 600, REFUSALS_PER_SECOND = 10 };

typedef struct {
    _Atomic Time next; /* when the next stranger's entry is due if they come evenly */
    atomic_uint_fast64_t left_out;
} Refusals;

/* What FHIR calls the interaction of a route; empty: it is none. */
Str refusal_interaction(const Route *route);
/* Whether this refusal leaves an entry; counts it when it is one stranger too many. */
bool refusal_is_audited(Refusals *refusals, const Request *rq, Status status, Time now);
Status refusal_pack(Request *rq, Str *ret_packed) MUST_USE;

#endif
