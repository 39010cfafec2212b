/* audit/audit.h - who did what to which record, durable before the answer leaves.
 *
 * An entry is packed here and travels in the StoreCommit of its request. The layout is
 * versioned: byte 0 is 1, then fields as length-prefixed strings (see audit.c). Hash chain
 * and AuditEvent (IHE BALP) come with their own issue and read these entries. */
#ifndef ACESO_AUDIT_H
#define ACESO_AUDIT_H

#include "access/access.h"
#include "base/base.h"

typedef struct {
    Str account; /* who; empty = nobody signed in */
    Str role;
    Str interaction;  /* "read", "vread", "search-type", "transaction", "sign-in", ... */
    Str type;         /* resource type, or empty */
    Str id;           /* resource id, or empty */
    uint32_t version; /* 0 = none */
    Status outcome;
    Str address; /* client's network address */
    Str request_id;
    Str query;            /* names of the search parameters, never their values */
    const Str *resources; /* what a search or bundle disclosed or changed: "Type/id" */
    size_t resource_count;
} AuditEntry;

/* Packs an entry into the arena of cx. */
Status audit_pack(Ctx *cx, const AuditEntry *entry, Str *ret_packed) MUST_USE;
/* The reverse, for `aceso audit` and tests; STATUS_INVALID on anything that is not one.
 * Strings are borrowed from `packed`; whatever it holds, nothing outside it is read. */
Status audit_unpack(Ctx *cx, Str packed, AuditEntry *ret_entry) MUST_USE;

#endif
