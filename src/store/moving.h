/* store/moving.h - the contract of a store, continued: everything in it as streams, and filling
 * another one with them. For src/move. */
#ifndef ACESO_STORE_MOVING_H
#define ACESO_STORE_MOVING_H

#include "store/jobs.h"

/* What a store holds, as streams from which another one can be filled:
 *
 *     changes   every version ever made, by the number of its change   store_scan_changes
 *     audit     by number                                              store_audit_read
 *     items     by space and key                                       store_scan_items
 *     pieces    by content and number                                  store_scan_pieces
 *     jobs      by number                                              store_job_list
 *     keys      all of them in order                                   store_cursor
 *               and what came and went, while that is logged           store_scan_keys
 *
 * A source is served and written while it is read: a stream by number is read to its end
 * again and again, until the rest is short, then the source is sealed. */

/* Where the streams of a snapshot end. The embedded store may take a newer snapshot to answer this,
 * or to read the log, so it is asked first: from then on the reader stays at one moment. */
typedef struct {
    uint64_t change; /* the highest number of a change or a rekey */
    uint64_t audit;
    uint64_t job;  /* the highest number ever given */
    uint64_t keys; /* in the log of keys */
} StoreTip;
Status store_tip(StoreReader *reader, StoreTip *ret_tip) MUST_USE;

/* How much of a stream at once: the row that passes bytes_max is the last. */
typedef struct {
    size_t rows_max, bytes_max;
} StoreSome;

/* Changes with numbers above `after`, in order, with bodies; count 0: the end. Whatever is
 * committed later has higher numbers. */
Status store_scan_changes(StoreReader *reader, uint64_t after, StoreSome some,
                          StoreChange **ret_changes, size_t *ret_count) MUST_USE;
/* Items behind (space, key), in memcmp order of both; without those that belong to the store. */
Status store_scan_items(StoreReader *reader, Str space, Str key, StoreSome some,
                        StoreItem **ret_items, size_t *ret_count) MUST_USE;

/* Pieces behind (content, number), in memcmp order of contents, then of numbers; behind (content,
 * -1): from its first one. Without bytes it is quick. `pieces` has room for some.rows_max of them.
 */
typedef struct {
    Str content;
    int64_t number;
    StoreSome some;
    bool with_bytes;
} StorePiecesAfter;
Status store_scan_pieces(StoreReader *reader, const StorePiecesAfter *after, StorePiece *pieces,
                         size_t *ret_count) MUST_USE;

/* From now on the store keeps a log of the index keys that come and go, and of facts that are
 * replaced, over restarts too, until it is told to stop. Begun already: goes on. */
Status store_log_keys(Store *store, Ctx *cx, const Access *access, bool on) MUST_USE;
typedef struct {
    Str key;
    bool removed;
} StoreKeyChange;
/* An entry whose key begins with this byte is no index key: a rekey gave other facts to a version
 * that was there, and these are what they are now:
 *
 *     0f | rid u48 | version u32 | facts */
enum { STORE_KIND_FACTS = 0x0f, STORE_FACTS_KEY_BYTES = 1 + 6 + 4 };
typedef struct {
    uint64_t rid;
    uint32_t version;
    Str facts;
} StoreFactsChange;
/* False: it is an index key. */
bool store_facts_change(Str key, StoreFactsChange *ret_change);
/* The log behind place `after`: of each key the last entry says whether it is there. *ret_at: the
 * place behind what was given. STATUS_NOT_FOUND without an issue: the log does not reach back so
 * far. */
Status store_scan_keys(StoreReader *reader, uint64_t after, StoreSome some,
                       StoreKeyChange **ret_keys, size_t *ret_count, uint64_t *ret_at) MUST_USE;

/* STORE_SEALED: on return every commit that will ever be acknowledged is in the next snapshot;
 * all others are answered with STATUS_UNAVAILABLE, or wait. Ends with STORE_UNSEALED or the
 * process. STORE_MOVED: for good; `words` say where to, and the store is not opened to be served.
 */
typedef enum { STORE_UNSEALED, STORE_SEALED, STORE_MOVED } StoreSeal;
Status store_seal(Store *store, Ctx *cx, const Access *access, StoreSeal seal, Str words) MUST_USE;
/* The words, when it was moved; else empty. */
Status store_moved_to(StoreReader *reader, Str *ret_words) MUST_USE;

/* A store opened with STORE_FILL. One unit; one thread; rows as a scan gave them. Durable when
 * store_load_end is, or a later one is. */
typedef struct {
    const StoreChange *changes; /* in order, above all that were loaded */
    size_t change_count;
    const StoreAuditRow *audits; /* the same */
    size_t audit_count;
    const StoreItem *items; /* no value: remove */
    size_t item_count;
    const StorePiece *pieces; /* no bytes: remove */
    size_t piece_count;
    const StoreKeyChange *keys; /* in key order is fastest */
    size_t key_count;
    const StoreJob *jobs;
    size_t job_count;
    bool drop_jobs; /* all that are there, before */
    Str mark;       /* how far it is: kept with it; empty: as it was */
} StoreLoad;
Status store_load(Store *store, Ctx *cx, const StoreLoad *load) MUST_USE;
/* The last mark; empty when nothing was loaded yet. */
Status store_load_mark(Store *store, Ctx *cx, Str *ret_mark) MUST_USE;
/* It is complete, and numbers go on above those of `tip`: durable, and to be closed and opened
 * like any other. */
Status store_load_end(Store *store, Ctx *cx, const StoreTip *tip) MUST_USE;

#endif
