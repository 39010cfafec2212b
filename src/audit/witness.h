/* audit/witness.h - roots of the audit chain go to somebody outside who keeps them.
 *
 * The witness is a file on a disk that the server can add to (best one that it cannot rewrite), or
 * an https address that takes a POST of lines (application/x-ndjson, root_line). What could not be
 * sent is kept in the store and sent with the next root. It may be sent twice, never left out. */
#ifndef ACESO_AUDIT_WITNESS_H
#define ACESO_AUDIT_WITNESS_H

#include "audit/root.h"
#include "net/net.h"

/* Whether it names one: an absolute path, or https://... STATUS_INVALID with a sentence. */
Status witness_check(Ctx *cx, Str where) MUST_USE;

typedef struct {
    Str where;           /* empty: nobody is told */
    const NetSite *site; /* or NULL; the witness itself needs no entry in outgoing_hosts */
    unsigned seconds;    /* how long a POST may take */
} Witness;

/* Makes a root when there is something new, and sends what the witness has not got. */
Status witness_tell(Ctx *cx, Store *store, const Access *access, const Witness *to) MUST_USE;

#endif
