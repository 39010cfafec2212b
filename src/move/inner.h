/* move/inner.h - what the files of move share.
 *
 *     move.c    the phases              copy.c    streams into the target
 *     pieces.c  contents in pieces
 *     keys.c    index keys              digest.c  what a store holds, as sums
 *     mark.c    how far it is           verify.c  both compared
 *                                       differ.c  where they differ */
#ifndef ACESO_MOVE_INNER_H
#define ACESO_MOVE_INNER_H

#include "crypto/crypto.h"
#include "move/move.h"

enum {
    BATCH_ROWS = 4000,
    BATCH_BYTES = 6 << 20,
    BATCH_ARENA_BYTES = 1 << 30, /* one resource may be large */
    KEYS_AT_ONCE = 40000,
    JOBS_AT_ONCE = 200, /* one has at most 1 MB */
    READER_S = 10,      /* a snapshot of the source holds up its log */
};

typedef enum { WALK_NOT_BEGUN, WALK_UNDER_WAY, WALK_DONE } Walk;

typedef struct {
    uint64_t change, audit; /* the last ones copied */
    uint64_t keys;          /* place in the source's log of keys */
    Walk walk;
    Str key;                            /* the last one walked over */
    uint8_t print[CRYPTO_SHA256_BYTES]; /* of the source's first change and audit entry */
    char key_room[STORE_KEY_BYTES_MAX];
} Mark;

typedef struct {
    const MoveOptions *options;
    Ctx *cx;
    Arena *arena; /* of a batch */
    size_t rows, keys_at_once;
    Mark mark;
    uint64_t changes, audits, logged, pieces; /* copied in this round */
    uint64_t all;                             /* of the phase, for who watches */
    MoveReport *report;
} Mover;

/* The target's own Ctx for one batch: cleared, its issues handed on by batch_end. */
Ctx batch_begin(Mover *m);
Status batch_end(Mover *m, const Ctx *batch, Status status) MUST_USE;
/* STATUS_TIMEOUT when who watches wants it to stop. */
Status tell(Mover *m, MovePhase phase, uint64_t done) MUST_USE;

/* ---- mark.c ---- */
Status mark_pack(Arena *arena, const Mark *mark, Str *ret_text) MUST_USE;
bool mark_unpack(Str text, Mark *ret_mark) MUST_USE;

/* ---- copy.c: to the end of the reader's snapshot, or until `until` ---- */
Status copy_changes(Mover *m, StoreReader *reader, MovePhase phase, Time until,
                    bool *ret_end) MUST_USE;
Status copy_audits(Mover *m, StoreReader *reader, MovePhase phase, Time until,
                   bool *ret_end) MUST_USE;
/* All items, and none that the source has not. */
Status copy_items(Mover *m, StoreReader *reader) MUST_USE;
Status copy_jobs(Mover *m, StoreReader *reader) MUST_USE;

/* ---- pieces.c ---- */
/* Until `until`, from the beginning each time: what is there is passed over. */
Status copy_pieces(Mover *m, StoreReader *reader, Time until, bool *ret_end) MUST_USE;
/* Both at the same place: names, or their bytes too. */
Status compare_pieces(Mover *m, StoreReader *from, StoreReader *to, bool bytes) MUST_USE;

/* ---- keys.c ---- */
/* The walk over all keys: those that the target lacks are added, others removed. */
Status copy_keys(Mover *m, StoreReader *reader, Time until, bool *ret_end) MUST_USE;
/* What came and went since the last round. STATUS_NOT_FOUND: the log does not reach back. */
Status follow_keys(Mover *m, StoreReader *reader) MUST_USE;
/* Both at the same place: the keys that only one has are counted. */
Status compare_keys(Mover *m, StoreReader *from, StoreReader *to, uint64_t *ret_missing,
                    uint64_t *ret_extra) MUST_USE;
/* Whether the log behind `after` names facts that were replaced; without a log it does not. */
Status facts_are_logged(Mover *m, StoreReader *reader, uint64_t after, bool *ret_are) MUST_USE;
/* The keys in the log behind `after`, one by one: how many the target has otherwise. */
Status compare_logged_keys(Mover *m, StoreReader *from, StoreReader *to, uint64_t after,
                           uint64_t *ret_wrong) MUST_USE;

/* ---- digest.c ---- */
typedef struct {
    Store *store;
    const Access *access;
    uint64_t after_change, until_change, after_audit, until_audit;
    MoveReport sums;
    _Atomic uint64_t done;
    _Atomic bool stop, ended;
    Ctx cx;
    Status status;
} Digesting;
/* Reads changes and audit entries in (after, until] into sums, in snapshots of some seconds. */
void digest_run(Digesting *digesting);
Status digest_items(StoreReader *reader, Ctx *cx, MoveDigest *ret_digest) MUST_USE;
Status digest_jobs(StoreReader *reader, Ctx *cx, MoveDigest *ret_digest) MUST_USE;
void digest_add(MoveDigest *to, const MoveDigest *more);
bool digest_same(const MoveDigest *a, const MoveDigest *b);
/* Without the facts, which a rekey may replace; and they alone. */
void digest_change(const StoreChange *change, Buf *room, uint8_t ret_hash[CRYPTO_SHA256_BYTES]);
void digest_facts(const StoreChange *change, Buf *room, uint8_t ret_hash[CRYPTO_SHA256_BYTES]);
void digest_audit(const StoreAuditRow *row, Buf *room, uint8_t ret_hash[CRYPTO_SHA256_BYTES]);

/* ---- verify.c ---- */
/* What was compared and found the same: changes and audit entries up to here, all keys. */
typedef struct {
    uint64_t change, audit, keys;
} Verified;
/* Source and target stand at the same place: `reader` is a snapshot of the source. */
/* *ret_again: only facts differ, and some were replaced while they were compared: nothing is known
 * about them yet. */
Status verify_all(Mover *m, StoreReader *reader, Verified *ret_verified, bool *ret_again) MUST_USE;
/* What came since, and the items. */
Status verify_rest(Mover *m, StoreReader *reader, const Verified *before) MUST_USE;

/* ---- differ.c: the first differences as issues ---- */
Status find_differences(Ctx *cx, const MoveOptions *options, bool audits) MUST_USE;

#endif
