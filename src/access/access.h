/* access/access.h - what a caller may see and do, as data.
 *
 * An Access is handed down to every call of store, search and record. Nothing outside
 * auth can make one (access/grant.h is auth's own; tests/tree checks it), so there is no
 * way to reach the chart without having been somebody. What it contains grows with the
 * rights by profession; today: who is asking, and whether they may write. */
#ifndef ACESO_ACCESS_H
#define ACESO_ACCESS_H

#include "base/base.h"

typedef struct Access Access;

Str access_account(const Access *access);   /* account or token id, for the audit trail */
Str access_role(const Access *access);      /* "gp", "nurse", "secretary", "program", "operator" */
Str access_reference(const Access *access); /* "Practitioner/x", or empty */

/* The epoch of the store (store.h) in which the caller was known; 0: he needs none. A commit on his
 * behalf holds only while nobody's session or token has ended since. */
uint64_t access_epoch(const Access *access);
/* The same caller in a later epoch, when he is still there; STATUS_UNAUTHORIZED with an issue when
 * he is not. */
Status access_renew(Ctx *cx, const Access **access) MUST_USE;

/* Whether the caller may read, or write, charts at all; STATUS_FORBIDDEN with an issue. */
Status access_need_read(Ctx *cx, const Access *access) MUST_USE;
Status access_need_write(Ctx *cx, const Access *access) MUST_USE;

#endif
