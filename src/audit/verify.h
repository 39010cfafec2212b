/* audit/verify.h - whether the audit log is what was written: every row, in its place.
 *
 * The rows are looked at in order. Each must have the next number and a link that fits (chain.h);
 * a root among them must be signed by the key of the store and say what the chain had at its
 * number; and every root that a witness has must still be true. What each of them finds:
 *
 *     a flipped bit, in entry, time or link     the link does not fit
 *     a row deleted, put in, moved or replayed  the number or the link does not fit
 *     the log written anew from some row on     a root between is not true any more
 *     the end cut off                           the group or the head goes on; a witness's root is
 *                                               of a row that is not there */
#ifndef ACESO_AUDIT_VERIFY_H
#define ACESO_AUDIT_VERIFY_H

#include "audit/root.h"

typedef enum {
    AUDIT_SOUND,
    AUDIT_MISSING,    /* a number is left out */
    AUDIT_TWICE,      /* a number again, or out of its order */
    AUDIT_CHANGED,    /* the link does not fit: changed, put in, or moved here */
    AUDIT_UNREADABLE, /* sealed bytes that do not open */
    AUDIT_UNSIGNED,   /* a root that the key of the store has not signed */
    AUDIT_UNTRUE,     /* a root that says something else than the chain */
    AUDIT_CUT,        /* the end is missing */
    AUDIT_FAULTS
} AuditFault;
/* "was changed, put in or moved here" */
const char *audit_fault_words(AuditFault fault);

typedef struct {
    uint64_t number; /* the last row */
    Time at;
    ChainLink outer, inner;
    bool in_group, begun; /* begun: rows from here on have links */
    const uint8_t *key;   /* of roots; NULL: any that signed the first */
    uint8_t first_key[CRYPTO_SIGN_PUBLIC_BYTES];
    uint64_t older, roots; /* rows without a link before the first one that has */
    AuditRoot last_root;
    uint64_t root_row; /* where that stands */
    AuditFault fault;
} AuditChain;

/* The next row: false at the first fault, which stays. *ret_root: the row is a root, whose claim
 * (root->link at root->number) the caller compares with that row. */
bool chain_step(AuditChain *chain, const StoreAuditRow *row, bool *ret_root);
/* Behind the last row; `last`: the number that the store says it has. */
bool chain_end(AuditChain *chain, uint64_t last);

typedef struct {
    uint64_t rows, roots, older, witnessed;
    AuditFault fault;
    uint64_t number;        /* of the first fault */
    Time at;                /* of the row with it, or of the last one before it */
    uint64_t last;          /* number of the last row */
    uint64_t unsigned_rows; /* behind the last root */
} AuditVerdict;

typedef void (*AuditProgress)(void *to, uint64_t done, uint64_t all);
typedef struct {
    const uint8_t *key; /* the public key that roots must have; NULL: the store's */
    const AuditRoot *witness;
    size_t witness_count; /* ascending by number */
    AuditProgress progress;
    void *to;
} AuditVerifyOptions;

/* Reads the whole log. STATUS_OK with a fault in the verdict; another status: it could not be
 * read at all. */
Status audit_verify(Ctx *cx, Store *store, const Access *access, const AuditVerifyOptions *options,
                    AuditVerdict *ret_verdict) MUST_USE;

#endif
