/* move/move.h - fills an empty store with all that another one holds, while that one is served.
 *
 *     copy     changes and audit entries by number, then all index keys in order
 *     follow   what was written meanwhile, again and again, until the rest is short
 *     verify   both stores read to their ends and compared: changes, audit entries, keys
 *     end      the source takes no more writes; the rest, the items, their verification;
 *              the source is marked as moved, then the target as complete
 *
 * Numbers, versions, times and the order of everything stay. How far it is stands in the target,
 * committed with what it speaks of, so a move that ended anywhere goes on from there. Only `end`
 * stops writers, and when it fails they go on. */
#ifndef ACESO_MOVE_H
#define ACESO_MOVE_H

#include "store/moving.h"

typedef enum {
    MOVE_CHANGES,
    MOVE_AUDIT,
    MOVE_KEYS,
    MOVE_FOLLOW,
    MOVE_VERIFY_KEYS,
    MOVE_VERIFY,
    MOVE_END,
} MovePhase;

/* How the source is told what store_log_keys and store_seal do: it may be open in another process.
 * NULL: it is open here. */
typedef struct {
    void *who;
    Status (*log_keys)(void *who, Ctx *cx, bool on);
    Status (*seal)(void *who, Ctx *cx, StoreSeal seal, Str words);
} MoveSource;

typedef struct {
    Store *from; /* opened with STORE_LEAVE */
    Store *to;   /* opened with STORE_FILL */
    const Access *access;
    const MoveSource *source;
    Str words; /* where to: for the source's refusals */
    /* From time to time; false: stop here. */
    bool (*tell)(void *to, MovePhase phase, uint64_t done, uint64_t all);
    void *tell_to;
    size_t batch_rows; /* 0: as measured; small ones are for tests */
} MoveOptions;

enum { MOVE_TYPES_MAX = 512, MOVE_SUM_WORDS = 4 };

/* So many records, and the sum of their SHA-256 modulo 2^256. A record has its number in it, so
 * another order is another sum. */
typedef struct {
    uint64_t count, sum[MOVE_SUM_WORDS];
} MoveDigest;
typedef struct {
    MoveDigest types[MOVE_TYPES_MAX]; /* versions, deletions included */
    MoveDigest facts;                 /* of each of them */
    MoveDigest audit, items, jobs;
    uint64_t keys, pieces;
    Time paused; /* how long the source took no writes */
} MoveReport;

/* STATUS_TIMEOUT: it was told to stop; the next call goes on. STATUS_CONFLICT: the target does not
 * hold what the source does: each difference is an issue, and the source goes on as before. */
Status move_run(Ctx *cx, const MoveOptions *options, MoveReport *ret_report) MUST_USE;

/* Compares two stores that stand still: `to` in any use. STATUS_CONFLICT with issues. */
Status move_verify(Ctx *cx, const MoveOptions *options, MoveReport *ret_report) MUST_USE;

#endif
