/* store/store.h - the contract of a store; of its queue in jobs.h, of moving it in moving.h.
 * Engines: store/sqlite (SQLCipher) and store/postgres.
 *
 * A store keeps resources as the exact bytes of their response, their history, index keys,
 * an audit log and small items (accounts, sessions, jobs). It knows resource types only as
 * numbers (fhir.h) and index keys only as ordered byte strings (search makes them).
 *
 * Reading: a StoreReader is one snapshot, used by one thread; all it returns lives in the
 * arena of its Ctx. Readers never wait for the writer, the merge or each other.
 *
 * Writing: a StoreCommit is one atomic unit. One writer thread commits what has queued up
 * (group commit, one fsync), then calls `done` of each. Acknowledged means durable:
 * synchronous=FULL. After a failed fsync the process ends; nothing more is acknowledged.
 *
 * Rows are for somebody: what the caller of a reader may not see (access_sees) is answered as if it
 * were not there, in whatever way it is asked for. Listings of numbers (store_changes, cursors,
 * counts) are no rows: who makes an answer of them asks for himself.
 *
 * Errors: the Status of a commit is STATUS_OK, STATUS_CONFLICT (a version or id was not
 * what the commit expected: somebody was faster), STATUS_STORAGE (disk full, nothing of the
 * commit was written) or STATUS_UNAVAILABLE (closing, or the store cannot be used; of a
 * database that went away in the middle and did not come back nobody can say what it wrote). */
#ifndef ACESO_STORE_H
#define ACESO_STORE_H

#include "access/access.h"
#include "base/base.h"

typedef struct Store Store;
typedef struct StoreReader StoreReader;

/* ---- life ------------------------------------------------------------------ */

typedef enum {
    STORE_SERVE, /* like any other: refused while a store is being filled, or was moved away */
    STORE_FILL,  /* the target of a move: empty, or one whose filling has begun */
    STORE_LEAVE, /* the source of a move: also one that was moved away */
} StoreUse;

/* Addresses:
 *
 *     sqlcipher:PATH       the store file; its -wal and .key stand beside it. PATH alone is the
 * same postgres:CONNINFO    libpq's words, "host=/run/postgresql dbname=aceso"; or its URI,
 *                          postgres://user@host/dbname */
typedef struct {
    Str address;               /* which engine, and where: see above */
    Str key_file;              /* file of 32 random bytes that wraps the key, or empty */
    Str passphrase;            /* wraps the key through Argon2id, or empty; one of both */
    Str key_bytes;             /* in place of a key file: what stands in it */
    Store *like;               /* in place of all three: what opens this open store opens it */
    Str recovery;              /* in place of them, to open alone: the recovery code */
    Str role;                  /* of a database, for store_create: who else may use the store */
    Str reader;                /* the same: the role that connections of readers take */
    size_t cache_bytes;        /* rows and pages kept decrypted, all together; 0 = 160 MB */
    unsigned readers_max;      /* reader connections; 0 = 16 */
    bool read_only;            /* beside a process that writes: for backup, check, export; every
                                  commit is answered with STATUS_UNAVAILABLE */
    size_t memory_bytes;       /* index keys in memory before they are merged; 0 = by store size */
    unsigned checkpoint_pages; /* 0 = measured default; small ones are for the fault tests */
    unsigned slice_writes;     /* 0 = by time; small ones are for the fault tests */
    StoreUse use;              /* what the store is opened for; for aceso move */
    bool synchronous_normal;   /* for the fault test alone, which must then see losses */
    const char *vfs;           /* NULL = the system's; fault tests name their own */
    Time (*clock)(void);       /* of jobs; NULL = the system's; tests let it jump */
} StoreOptions;

/* Whether it is a store in a file, and its path: a path that may be looked at. */
bool store_address_is_file(Str address, Str *ret_path);
/* Whether there is one in that file, also while a new one takes its place. */
bool store_file_is_there(Ctx *cx, Str path);
/* Beside a store in a file: where aceso rekey --data makes the new one. It takes the place of the
 * old one, which becomes PATH.old, when the store is opened next. */
#define STORE_REKEYED ".rekeyed"

/* Makes a new, empty, encrypted store; STATUS_CONFLICT when there is one already. */
Status store_create(Ctx *cx, const StoreOptions *options) MUST_USE;

/* STATUS_INVALID with a clear issue: wrong key, not a store, a newer format; recovery of
 * the index memory from the log happens here. */
Status store_open(Ctx *cx, const StoreOptions *options, Store **ret_store) MUST_USE;

/* Commits what has queued, merges no more, closes. */
void store_close(Store *store);

/* ---- reading --------------------------------------------------------------- */

/* A snapshot that contains every acknowledged commit; it is taken by this call or, at the latest,
 * by the first question asked in it. Ends with the arena of cx, or by store_read_end. At most
 * readers_max at once: others wait until cx->deadline. */
Status store_read_begin(Store *store, Ctx *cx, const Access *access,
                        StoreReader **ret_reader) MUST_USE;
void store_read_end(StoreReader *reader);
/* Before its first question: what memory has is answered without a snapshot, as store_get_seen
 * does; the first question that memory cannot answer takes one, and ends in STATUS_CONFLICT without
 * an issue when it is not what memory knew. *ret_seen, before the end of the reader: what the
 * commit is to name, or nothing. */
typedef struct StoreSeen StoreSeen;
void store_read_unasked(StoreReader *reader);
void store_read_seen(StoreReader *reader, StoreSeen *ret_seen);

/* What is read from now on lives in the arena of this cx; returns the one before. For readers that
 * look at many rows and keep none. */
Ctx *store_read_into(StoreReader *reader, Ctx *cx);

/* Rows that are asked for from now on are for this caller; returns the one before. The program
 * looks at a snapshot on its own behalf to find out what somebody may see, then puts him on. */
const Access *store_read_as(StoreReader *reader, const Access *access);

typedef struct {
    uint64_t rid; /* grows with creation, never reused */
    uint16_t type;
    Str id;
    uint32_t version;
    Time updated;
    uint8_t method; /* StoreMethod of this version */
    bool deleted;
    uint64_t change; /* that made this version, in histories and in rows by rid and version; else 0
                        where the engine does not keep it there */
    Str facts;       /* of this version, packed (access/facts.h); of a deletion, the last ones */
    Str body;        /* decompressed; empty when deleted or not asked for */
} StoreRow;

/* The current version, also when it is a deletion (deleted = true).
 * STATUS_NOT_FOUND without an issue: the caller knows the words. */
Status store_get(StoreReader *reader, uint16_t type, Str id, bool with_body,
                 StoreRow *ret_row) MUST_USE;
/* The current version as of the last acknowledged commit, with its body: a reader for this one
 * question, which memory can often answer. */
Status store_get_now(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                     StoreRow *ret_row) MUST_USE;

/* The same out of memory alone, without asking whether it still is so: nothing of the row may leave
 * before a commit has ended well that names it (StoreCommit.seen). rid 0: memory has it not. */
struct StoreSeen {
    uint64_t rid, turn; /* turn: the engine's own */
    uint32_t version;
    uint64_t index; /* of a whole reader, in place of rid: the engine's own; 0: none */
};
static inline bool store_saw(const StoreSeen *seen)
{
    return seen->rid || seen->index;
}
Status store_get_seen(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                      StoreSeen *ret_seen, StoreRow *ret_row) MUST_USE;
/* STORE_EPOCH_ACCESS as memory knows it, which such a commit compares too; 0: not known. */
uint64_t store_access_seen(Store *store);

/* A row of a store that is asked over a network, fetched into memory beside those that others wish
 * for: whoever need not wait in a thread wishes before he asks store_get_seen. */
typedef struct StoreWish StoreWish;
struct StoreWish {
    uint16_t type;
    Str id;                        /* lives until done is called */
    void (*done)(StoreWish *wish); /* on a thread of the store; must be quick */
    void *owner;
    bool absent;     /* set before done: the store has no such row; else it is to be asked for */
    StoreWish *next; /* the store's own */
};
/* Whether that helps: false when memory has it, or nothing is answered out of memory now. */
bool store_lacks(Store *store, uint16_t type, Str id);
/* After store_lacks has said so. done is called once, whatever comes of it. */
void store_wish(Store *store, StoreWish *wish);

Status store_get_rid(StoreReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row) MUST_USE;
/* Many at once, as a page needs them: ret_rows[i] is the row of rids[i], with version 0 when there
 * is none. */
Status store_get_rids(StoreReader *reader, const uint64_t *rids, size_t count, bool with_body,
                      StoreRow *ret_rows) MUST_USE;
Status store_get_version(StoreReader *reader, uint16_t type, Str id, uint32_t version,
                         StoreRow *ret_row) MUST_USE;

/* History, newest change first. type 0 = all types; id empty = all of the type.
 * `before` is the change number to continue below (0 = from the newest); a page link keeps
 * it, so paging is stable while others write. */
typedef struct {
    uint16_t type;
    Str id;
    uint64_t before;
    Time since; /* updated >= since; 0 = no bound */
    Time until; /* updated <= until; 0 = no bound (for _at) */
    size_t limit;
    bool with_body;
} StoreHistory;
typedef struct {
    uint64_t change;
    StoreRow row;
} StoreChange;
Status store_history(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                     size_t *ret_count) MUST_USE;

/* What changed since a moment, for whoever has looked at the store before. Changes have numbers
 * that grow in the order of their commits: a snapshot has every change up to its last one
 * (StoreMark), and what is committed later has a larger number, whichever node commits it. */
typedef struct {
    uint64_t change, rid;
    uint32_t version; /* that the change made */
} StoreTouch;
/* The changes above number `after`, newest first, at most `limit`; type 0 = of all types. Reads no
 * rows: a step along a list for each. */
Status store_changes(StoreReader *reader, uint16_t type, uint64_t after, size_t limit,
                     StoreTouch **ret_touches, size_t *ret_count) MUST_USE;
/* An old version by the resource's number, with its body. */
Status store_get_rid_version(StoreReader *reader, uint64_t rid, uint32_t version,
                             StoreRow *ret_row) MUST_USE;

/* ---- what processes remember ------------------------------------------------- */

/* Whether other processes may write to it: what this one remembers of it is then good for
 * nothing unless an epoch or a version says so. docs/internals/nodes.md */
bool store_is_shared(const Store *store);

/* An epoch is a number of the store, from 1 on. It is raised by each commit that makes outdated
 * what processes remember of one thing. Who decides by memory names the epoch in which that
 * was read (StoreCommit.epochs), or compares it with the one of its snapshot. */
typedef enum {
    STORE_EPOCH_INDEX,  /* which numbers index keys have: search/index.h */
    STORE_EPOCH_AUTH,   /* accounts, sessions and tokens that have ended or changed */
    STORE_EPOCH_ACCESS, /* links, blocks, consents and rules: access/rights.h */
    STORE_EPOCHS
} StoreEpoch;
typedef struct {
    uint64_t epochs[STORE_EPOCHS];
    uint64_t change; /* the newest change number in the snapshot */
} StoreMark;
/* Of the snapshot; an engine that is asked over a network reads it as the snapshot begins. */
Status store_mark(StoreReader *reader, StoreMark *ret_mark) MUST_USE;
/* The largest rid of the snapshot, 0 when it has none. */
Status store_last_rid(StoreReader *reader, uint64_t *ret_rid) MUST_USE;

/* ---- index keys ------------------------------------------------------------ */

/* Keys are byte strings in memcmp order. The first byte is the key's kind; kinds below
 * STORE_KIND_FIRST are the store's own. */
enum { STORE_KIND_FIRST = 0x10, STORE_KEY_BYTES_MAX = 512 };

/* An ordered walk over the keys that start with `prefix`, newest memory and tables as one
 * stream on the reader's snapshot. Any number of cursors per reader; freed with it. */
typedef struct StoreCursor StoreCursor;
Status store_cursor(StoreReader *reader, Str prefix, StoreCursor **ret_cursor) MUST_USE;
/* A hint, which changes no answer: each of these prefixes will be walked from its beginning or
 * sought in. A store that is asked over a network fetches the first keys of all of them at once. */
Status store_expect(StoreReader *reader, const Str *prefixes, size_t count) MUST_USE;
/* The same cursor for another prefix, from its beginning. */
Status store_cursor_again(StoreCursor *cursor, Str prefix) MUST_USE;
/* To the first key >= key (still within the prefix); the next store_cursor_next gives it. */
Status store_cursor_seek(StoreCursor *cursor, Str key) MUST_USE;
/* The next key, valid until the next call; len 0 and at NULL at the end. */
Status store_cursor_next(StoreCursor *cursor, Str *ret_key) MUST_USE;
/* The other way: the last key that is smaller than the one sought, or the last of the prefix of a
 * cursor that has sought nothing; then the ones before it. Between two seeks a cursor goes one
 * way. */
Status store_cursor_prev(StoreCursor *cursor, Str *ret_key) MUST_USE;
/* Many at once: the last `bytes` bytes of each of the next keys, packed; fewer than `max` are the
 * last ones. Every key of the prefix is that long. */
Status store_cursor_tails(StoreCursor *cursor, size_t bytes, size_t max, void *ret_tails,
                          size_t *ret_count) MUST_USE;
/* How many keys there are from `first` to `last`, both included. */
Status store_count_keys(StoreReader *reader, Str first, Str last, uint64_t *ret_count) MUST_USE;

/* ---- writing --------------------------------------------------------------- */

typedef enum { STORE_CREATE = 1, STORE_UPDATE, STORE_DELETE, STORE_PATCH } StoreMethod;

typedef struct {
    StoreMethod method;
    uint16_t type;
    bool id_is_fresh; /* version 1 under an id that this server has just made */
    uint32_t version; /* the version that this write makes: the current one must be
                         version - 1 (no such resource for version 1), else CONFLICT */
    uint64_t rid;     /* store_new_rid() for version 1, else the row's */
    Str id;
    Time updated;
    Str facts;      /* packed (access/facts.h), up to FACTS_BYTES_MAX; empty: hidden from people;
                       of a deletion: those of the version before stay */
    Str body;       /* JSON bytes as they are answered; empty for STORE_DELETE */
    const Str *add; /* index keys of this version that the last one had not */
    size_t add_count;
    const Str *remove; /* index keys of the last version that are gone */
    size_t remove_count;
    Str packed_body, packed_facts, packed_keys; /* the store's own: store_prepare */
} StoreWrite;

/* Other index keys for a row as it stands, without a new version: for whoever makes the index
 * anew. Passed over when the current version is another one or a deletion, because whoever
 * wrote that took care of its keys. rid 0: keys that belong to no row, never passed over. */
typedef struct {
    uint64_t rid;
    uint32_t version;
    const Str *add;
    size_t add_count;
    const Str *remove;
    size_t remove_count;
    Str facts; /* in place of the row's, which raises STORE_EPOCH_ACCESS; empty: they stay */
} StoreRekey;

/* Another body in place of that of an old version, whose own is gone then, and its facts with it:
 * nobody but the program itself sees it. For erasure alone; everything else in a store only grows.
 * No such old version: nothing happens. */
typedef struct {
    uint64_t rid;
    uint32_t version;
    uint64_t replaced_by; /* the change number of the version behind it (StoreChange.change) */
    uint16_t type;
    Str id;
    Str body;
} StoreErase;

/* Small things that are not resources: accounts, sessions, tokens, settings, jobs. */
typedef struct {
    Str space; /* "account", "session", ... */
    Str key;
    Str value; /* empty = delete */
} StoreItem;

/* Work for later, which belongs to the write it stands beside: it is there exactly when the write
 * was committed. Some taker does it at least once (below: jobs). */
enum {
    STORE_JOB_KIND_BYTES_MAX = 64,
    STORE_JOB_KEY_BYTES_MAX = 255,
    STORE_JOB_ERROR_BYTES_MAX = 500,
    STORE_JOB_PAYLOAD_BYTES_MAX = 1 << 20,
};
typedef struct {
    Str kind; /* "backup": who can do it */
    Str key;  /* while one of the same kind and key waits, nothing is added; empty = always */
    Str payload;
    Time due;   /* not before; 0 = at once */
    Time after; /* nor before so long has passed on the store's clock */
} StoreJobAdd;

typedef enum {
    STORE_JOB_DONE,  /* it goes */
    STORE_JOB_AGAIN, /* it waits again; where its twin waits already, that one stands for both */
    STORE_JOB_DEAD,  /* nobody takes it any more; it is kept for people to look at */
    STORE_JOB_HOLD,  /* it is still being done: the lease ends `after` from now */
} StoreJobHow;
/* What becomes of a job. When the lease is not the one it runs under any more, the commit ends in
 * CONFLICT: somebody else does it. lease 0 is for people: done drops it in any state, also while it
 * runs; again tries it at once, unless it runs (CONFLICT). */
typedef struct {
    uint64_t number, lease;
    StoreJobHow how;
    uint32_t tries;  /* how many to count from now on, of again and dead */
    Time due, after; /* of again, as above */
    Str error;       /* of again and dead: a sentence without a word out of a chart */
} StoreJobEnd;

/* A part of what is too large for a row: bytes under a name that a row knows, written once and read
 * by themselves. Nobody is asked who may see them: whoever reads them is the program itself. */
enum { STORE_PIECE_BYTES_MAX = 256 << 10, STORE_CONTENT_BYTES_MAX = 64 };
typedef struct {
    Str content; /* the name of the whole: ASCII */
    uint32_t number;
    Str bytes; /* empty: it goes */
} StorePiece;

typedef struct StoreCommit StoreCommit;
struct StoreCommit {
    StoreWrite *writes;
    size_t write_count;
    const Str *audits; /* packed entries, audit/audit.h */
    size_t audit_count;
    Str conflict_audit; /* written in their place when the commit ends in CONFLICT */
    const StoreItem *items;
    size_t item_count;
    /* A commit of nothing but pieces may be answered before it is durable. The next commit that
     * holds anything else is behind it: when that is durable, they are. */
    const StorePiece *pieces;
    size_t piece_count;
    const StoreRekey *rekeys;
    size_t rekey_count;
    const StoreErase *erases;
    size_t erase_count;
    /* When set, the commit holds only if this item's value is still `guard.value`
     * (empty = absent); else CONFLICT. */
    const StoreItem *guard;
    /* Where not 0, the commit holds only if the store's epoch is this one; else CONFLICT with
     * `stale` set and nothing written, not even conflict_audit: read again what was remembered,
     * then prepare again. */
    uint64_t epochs[STORE_EPOCHS];
    /* Where it names something (store_saw), the commit holds only if that is still what memory has
     * answered; else CONFLICT with `stale`, as above. */
    StoreSeen seen;
    unsigned raises; /* 1u << StoreEpoch for each that is raised with it */
    /* Only for those who read behind store_tip, as who reads the audit log does: other readers may
     * stay on the snapshot that they have, and keep its pages warm. Rekeys of rid 0 and items. */
    bool beside;
    /* In a shared store: CONFLICT when a commit that made one of the same claims (a hash of what
     * was decided) is not among the changes up to `claims_since`, the StoreMark.change of the
     * snapshot on which it was decided. */
    const uint64_t *claims;
    size_t claim_count;
    uint64_t claims_since;
    const StoreJobEnd *job_ends; /* before `jobs`; each job once */
    size_t job_end_count;
    const StoreJobAdd *jobs;
    size_t job_count;

    Status status;                     /* set before done */
    bool stale;                        /* with STATUS_CONFLICT: an epoch has passed */
    size_t conflict;                   /* when status is STATUS_CONFLICT: which write; from
                                          write_count on: which job_end */
    void (*done)(StoreCommit *commit); /* on the writer's thread, after fsync; must be quick */
    void *owner;
    void *prepared; /* the store's own: compressed bodies, packed keys */
    void *taking;   /* the same: of store_job_take */
    StoreCommit *next;
};

uint64_t store_new_rid(Store *store);

/* Packs body, facts and keys into the arena, after which they may go: for commits of many writes,
 * which would otherwise hold every body twice. Without it store_submit does the same. */
Status store_prepare(Store *store, Arena *arena, StoreWrite *write) MUST_USE;

/* Compresses and packs on the caller's thread, then queues. The commit and all it points to
 * must live until done is called. access is NULL only for audit entries alone: somebody who was
 * refused. */
void store_submit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);
/* Submits and waits; returns commit->status. */
Status store_commit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit) MUST_USE;

/* ---- items ----------------------------------------------------------------- */

/* STATUS_NOT_FOUND without an issue. */
Status store_item_get(StoreReader *reader, Str space, Str key, Str *ret_value) MUST_USE;
/* All items of a space in key order. */
Status store_item_list(StoreReader *reader, Str space, StoreItem **ret_items,
                       size_t *ret_count) MUST_USE;

/* ---- pieces ---------------------------------------------------------------- */

/* STATUS_NOT_FOUND without an issue. For a reader that sees everything; STATUS_FORBIDDEN. */
Status store_piece_get(StoreReader *reader, Str content, uint32_t number, Str *ret_bytes) MUST_USE;

/* ---- audit ----------------------------------------------------------------- */

/* Audit entries from number `from` on, oldest first. */
typedef struct {
    uint64_t number;
    Time at;
    Str entry;
    Str link; /* of the chain (chain.h); empty in rows that are older than it */
} StoreAuditRow;
Status store_audit_read(StoreReader *reader, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                        size_t *ret_count) MUST_USE;

/* ---- care ------------------------------------------------------------------ */

typedef struct {
    uint64_t resources, changes, audits; /* rows */
    uint64_t commits, groups;            /* since start */
    uint64_t file_bytes, wal_bytes;
    uint64_t memory_keys, merges; /* keys not yet in tables; slices done */
} StoreStats;
void store_stats(Store *store, StoreStats *ret_stats);

/* Merges all keys into the tables and checkpoints; for backup, tests and bench. */
Status store_settle(Store *store, Ctx *cx) MUST_USE;

typedef void (*StoreProgress)(void *to, uint64_t done, uint64_t all);
/* An encrypted copy under the same file key while others read and write, with its .key. */
Status store_backup(Store *store, Ctx *cx, Str to_path, StoreProgress progress, void *to) MUST_USE;
/* Copies a backup to options->path after checking it; STATUS_CONFLICT when one is there. With a
 * recovery code the copy opens with what the options name besides. */
Status store_restore(Ctx *cx, Str from_path, const StoreOptions *options) MUST_USE;
/* Page HMACs, SQLite's own check, every body readable, every row reachable by its id, keys
 * and counts in agreement. Each fault is an issue; STATUS_INVALID when there is one. */
Status store_check(Store *store, Ctx *cx, StoreProgress progress, void *to) MUST_USE;

/* ---- keys ------------------------------------------------------------------ */

/* From now on what `secret` names opens the store, and what opened it before does not. The data is
 * not touched; durable when it returns. */
Status store_rewrap(Store *store, Ctx *cx, const StoreOptions *secret) MUST_USE;
/* What opens it, when that is a key and not a passphrase: for who goes on in this process's place.
 */
bool store_opening_key(Store *store, uint8_t ret_key[32]) MUST_USE;
/* A second thing that opens it, for the day when the first is lost: a code that is kept on paper.
 * Empty: none any more. */
Status store_set_recovery(Store *store, Ctx *cx, Str code) MUST_USE;
/* A new one, of 160 random bits: XXXX-XXXX-... at = NULL at the arena's limit. */
Str store_recovery_code(Arena *arena);
/* A new key for the data: everything is sealed again under it while others read and write, then
 * the old keys go. Ended anywhere, the next call goes on. STATUS_UNSUPPORTED with a sentence where
 * only a move does that. STATUS_TIMEOUT: the deadline of cx, which progress may set. */
Status store_reseal(Store *store, Ctx *cx, StoreProgress progress, void *to) MUST_USE;

#endif
