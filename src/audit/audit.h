/* audit/audit.h - who did what to which record, durable before the answer leaves.
 *
 * An entry is packed here and travels in the StoreCommit of its request. What tells which patient
 * it is about (names of resources, the reason of a broken glass) is sealed, patient by patient,
 * under a key of that patient (keys.h): when that key is destroyed the entry is as it was, its
 * link in the chain (store/chain.h) still fits, and whom it was about cannot be told any more.
 *
 * Layouts: audit.c. Byte 0 is the version: 2 is written, 1 can be read. Roots of the chain are
 * entries too: root.h. */
#ifndef ACESO_AUDIT_H
#define ACESO_AUDIT_H

#include "access/access.h"
#include "base/base.h"

enum { AUDIT_TAG_BYTES = 8, AUDIT_SALT_BYTES = 16 };

/* What is sealed under the key of one patient: who has no key sees a tag, a random number. */
typedef struct {
    uint8_t tag[AUDIT_TAG_BYTES];
    Str sealed;
} AuditPart;

/* Bits of AuditEntry.factors: by what the caller has proved who he is in this session, and whether
 * the last proof was fresh. ACCESS_BY_ of access/access.h. None: a token, or the program itself. */
enum { AUDIT_FACTORS_ALL = 127 };

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
    Str purpose; /* of use, a code of v3-PurposeOfUse: "TREAT"; empty: none was stated */
    Str who;     /* "Practitioner/x" whom the account is of; empty for patients */
    Str client;  /* the program that acts for the account; empty: the browser app or a token */
    Str reason;  /* of a broken glass */
    bool broken; /* the glass was broken for what was shown */
    uint8_t factors;

    /* For packing: packed facts (access/facts.h) of the resource itself and, in the order of
     * `resources`, of those; NULL or empty: about nobody, or it is not known. */
    Str facts;
    const Str *facts_of;

    /* From unpacking; what audit_open has opened stands in id and resources again. */
    uint8_t salt[AUDIT_SALT_BYTES];
    const AuditPart *parts;
    size_t part_count;
} AuditEntry;

/* Packs an entry that is about no patient, whatever its facts say, into the arena of cx. About
 * patients: audit_pack_sealed (seal.h). */
Status audit_pack(Ctx *cx, const AuditEntry *entry, Str *ret_packed) MUST_USE;
/* The reverse, without opening what is sealed; STATUS_INVALID on anything that is not one.
 * Strings are borrowed from `packed`; whatever it holds, nothing outside it is read. */
Status audit_unpack(Ctx *cx, Str packed, AuditEntry *ret_entry) MUST_USE;

#endif
