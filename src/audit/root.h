/* audit/root.h - signed roots of the audit chain, as entries of the log itself.
 *
 * A root says: up to this number, at this time, the chain had this link; signed with the key of
 * the store (Ed25519), whose secret half never leaves it. Roots are made at intervals and at the
 * end of a server, and sent to a witness outside (witness.h): who rewrites the log, or cuts its
 * end off, cannot take back what the witness has.
 *
 *     52 01 | number u64 | at i64 | link (32) | public key (32) | signature (64)
 *
 * signed: "aceso audit root 1" 00, then all of it up to the signature. */
#ifndef ACESO_AUDIT_ROOT_H
#define ACESO_AUDIT_ROOT_H

#include "crypto/crypto.h"
#include "store/chain.h"
#include "store/store.h"

enum { ROOT_SIGNED_BYTES = 2 + 8 + 8 + 32 + 32, ROOT_BYTES = ROOT_SIGNED_BYTES + 64 };

typedef struct {
    uint64_t number; /* of the last entry that it covers */
    Time at;         /* when it was made */
    ChainLink link;  /* of that entry */
    uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES];
    uint8_t signature[CRYPTO_SIGNATURE_BYTES];
} AuditRoot;

/* Whether an entry of the log is a root; its signature may still be anybody's. */
bool root_is(Str entry);
bool root_read(Str entry, AuditRoot *ret_root) MUST_USE;
void root_write(const AuditRoot *root, char to[ROOT_BYTES]);
/* Fills in key and signature. */
void root_sign(AuditRoot *root, const uint8_t seed[CRYPTO_SIGN_SEED_BYTES]);
bool root_is_signed(const AuditRoot *root) MUST_USE;

/* One line for a witness, without its end, and back:
 *     {"number":7,"at":"2026-...Z","link":"hex","key":"hex","signature":"hex"} */
Str root_line(Arena *arena, const AuditRoot *root); /* at = NULL at the arena's limit */
Status root_of_line(Ctx *cx, Str line, AuditRoot *ret_root) MUST_USE;

/* The public key of the store; makes the pair when there is none yet. */
Status root_key(Ctx *cx, Store *store, const Access *access,
                uint8_t ret_key[CRYPTO_SIGN_PUBLIC_BYTES]) MUST_USE;
/* The same without making one: *ret_known is `room` or, when there is none, NULL. */
Status root_key_known(Ctx *cx, Store *store, const Access *access,
                      uint8_t room[CRYPTO_SIGN_PUBLIC_BYTES], const uint8_t **ret_known) MUST_USE;
/* Signs what is there now and adds it to the log and, where it is named, to a space of items.
 * *ret_made is false when nothing was added since the last root. */
Status root_make(Ctx *cx, Store *store, const Access *access, Str outbox, AuditRoot *ret_root,
                 bool *ret_made) MUST_USE;

#endif
