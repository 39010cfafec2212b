/* audit/seal.h - what of an entry is about a patient, sealed under a key of that patient.
 *
 * A patient is a hash (access/facts.h). His keys are made when something of him is first shown or
 * written, and kept as items:
 *
 *     audit-key        tag (16 hex digits)    patient u64 | key (32)
 *     audit-of HASH    tag                    key (32)
 *
 * There may be several for one patient, made at the same moment on several nodes; all of them
 * count. Who destroys them erases the patient from the log (audit_forget), and nobody else. */
#ifndef ACESO_AUDIT_SEAL_H
#define ACESO_AUDIT_SEAL_H

#include "audit/audit.h"
#include "crypto/crypto.h"
#include "store/store.h"

enum { PACKED_BYTES_MAX = 64 << 20 };

typedef struct AuditKeys AuditKeys;
/* access: of the program itself, for as long as the keys are there. */
Status audit_keys_new(Ctx *cx, Store *store, const Access *access, AuditKeys **ret_keys) MUST_USE;
void audit_keys_free(AuditKeys *keys);

/* Packs an entry: what is about patients goes into parts. Keys that had to be made join the items
 * of the commit, with which they become durable; commit NULL: what is about a patient without a key
 * stays in the clear. */
Status audit_pack_sealed(Ctx *cx, AuditKeys *keys, const AuditEntry *entry, StoreCommit *commit,
                         Str *ret_packed) MUST_USE;

/* ---- reading -------------------------------------------------------------------------------- */

typedef struct {
    uint8_t tag[AUDIT_TAG_BYTES];
    uint8_t key[CRYPTO_KEY_BYTES];
    uint64_t patient;
} AuditKey;

/* What stands in a part. */
typedef struct {
    uint64_t patient; /* 0: it cannot be opened, its key was destroyed */
    Str id, reason;
    const Str *resources;
    size_t resource_count;
} AuditAbout;

/* The keys of a patient; none: nothing was ever said of him, or he was forgotten. */
Status audit_keys_of(Ctx *cx, StoreReader *reader, uint64_t patient, AuditKey **ret_keys,
                     size_t *ret_count) MUST_USE;
/* Opens the parts of an entry: one AuditAbout each. */
Status audit_open(Ctx *cx, StoreReader *reader, const AuditEntry *entry,
                  AuditAbout **ret_about) MUST_USE;
/* The items that destroy all keys of a patient, for a commit. */
Status audit_forget(Ctx *cx, AuditKeys *keys, StoreReader *reader, uint64_t patient,
                    StoreItem **ret_items, size_t *ret_count) MUST_USE;

/* audit.c: as it is, salt and parts included. */
Status audit_pack_whole(Ctx *cx, const AuditEntry *entry, Str *ret_packed) MUST_USE;
/* audit.c: numbers and strings as the layouts have them. */
void audit_put_number(Buf *buf, uint64_t number);
void audit_put_string(Buf *buf, Str string);
bool audit_take_string(Str *left, Str *ret_string);
bool audit_take_strings(Ctx *cx, Str *left, const Str **ret_strings, size_t *ret_count);

#endif
