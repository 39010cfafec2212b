/* auth/change.h - what auth writes: one atomic unit with its audit entry (items.c). Private to
 * auth. */
#ifndef ACESO_AUTH_CHANGE_H
#define ACESO_AUTH_CHANGE_H

#include "audit/audit.h"
#include "auth/handles.h"

/* One atomic unit with its audit entry. A failure gets an issue. Hold `change`. */
typedef struct {
    const Access *by; /* the actor on the audit log; NULL = the entry says it itself */
    AuditEntry audit;
    const StoreItem *items;
    size_t item_count;
    const StoreItem *guard;
    uint64_t epoch; /* 0, or of what was read before: nothing may have ended since */
    bool ends;      /* sessions or tokens: other nodes are to ask again */
} Change;
Status change_commit(Auth *auth, Ctx *cx, const Change *change) MUST_USE;
/* Deletes a handle with the entry of `change`; first out of memory: whatever happens to the disk,
 * it is worth nothing any more. Hold `change`. */
Status change_end_handle(Auth *auth, Ctx *cx, const Handle *handle, const Change *change) MUST_USE;
/* STATUS_FORBIDDEN unless `by` is the operator or an administrator. */
Status change_need_admin(Ctx *cx, const Access *by) MUST_USE;

#endif
