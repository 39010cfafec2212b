/* store/postgres/engine.h - what the files of the engine share: the Store and its parts.
 *
 *     engine.c  the table for store.c         open.c    create, open, close, figures
 *     link.c    a connection, pipelines       sql.c     every statement
 *     schema.c  the tables, migrations        vault.c   what is sealed, and the keys
 *     pool.c    connections of readers        read.c    rows, items, audit; history.c
 *     cursor.c  keys in order, read ahead     shelf.c   keys in memory
 *     kept.c    rows in memory                submit.c  packing on the caller's side
 *     lane.c    a thread that writes          group.c   a group of commits as arrays
 *     piece.c   contents too large for rows
 *     fetch.c   rows that nobody waits for in a thread
 *     job.c     jobs, in groups and taken    care.c    settle, check, backup */
#ifndef ACESO_STORE_POSTGRES_ENGINE_H
#define ACESO_STORE_POSTGRES_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/body.h"
#include "store/chain.h"
#include "store/engine.h"
#include "store/postgres/ahead.h"
#include "store/postgres/belief.h"
#include "store/postgres/kept.h"
#include "store/postgres/lists.h"
#include "store/postgres/params.h"
#include "store/postgres/shelf.h"
#include "store/postgres/vault.h"

typedef struct PostgresStore PostgresStore;

/* ---- readers ------------------------------------------------------------------------------ */

typedef struct PooledLink {
    struct PooledLink *next; /* when idle */
    Link link;
    Unpacker unpacker;
    Ahead *ahead; /* of the snapshot; NULL before the first use */
    Lists *lists; /* the same */
} PooledLink;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    PooledLink *idle; /* the last one used first: few connections, all of them warm */
    unsigned open, open_max;
} Pool;

typedef struct {
    StoreReader base;
    PostgresStore *store;
    PooledLink *pooled;
    Str caller; /* as the database is told */
    bool begun; /* its snapshot is taken */
    /* That the store is what memory knows: until then, or instead; it was not so. */
    bool may_assume, assumed, mistaken;
    Fault fault; /* that ended its snapshot */
    StoreMark mark;
    uint64_t version; /* of the keys */
    RowSnapshot rows; /* what it is to memory: of rows, of keys */
    ShelfView shelf;
    void **hook; /* arena_defer's slot */
} PostgresReader;

/* For rows that are unpacked without a connection. */
typedef struct SpareUnpacker {
    struct SpareUnpacker *next;
    Unpacker unpacker;
} SpareUnpacker;

/* A thread that reads rows which nobody waits for in a thread of his own: fetch.c. */
typedef struct {
    PostgresStore *store;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t work;
    StoreWish *first, **last;
    bool sleeping, stopping;
} Fetcher;

/* ---- writers ------------------------------------------------------------------------------- */

enum { NODE_BYTES = 16 };

/* A thread that writes, with its own connection and queue: one for what people wait for, one for
 * large commits. */
typedef struct {
    PostgresStore *store;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* the queue, sleeping, stopping */
    pthread_cond_t work;
    StoreCommit *first, **last;
    bool sleeping, stopping;
    /* below: the thread's own */
    Link link;
    Arena *arena; /* for one group */
    char node[NODE_BYTES];
    int64_t epoch;                 /* of this node in the table `writer`; 0: not there yet */
    int64_t group;                 /* the last one tried */
    uint64_t epochs[STORE_EPOCHS]; /* of the store, as last read; 0: not known */
    bool down;                     /* the database could not be reached when it was last tried */
    unsigned crowd;                /* how many commits the last group had */
    bool behind;                   /* others have written what this node has not looked at */
    ShelfTouched touched;          /* by the group */
} Lane;

enum { LANE_QUICK, LANE_LARGE, LANE_COUNT };

struct PostgresStore {
    Store base;
    char *conninfo;
    bool read_only, filling;
    atomic_bool outdated; /* the tables are of a program that this one is too old for */
    Link move;            /* what a move holds: the lock of a seal, or the connection that fills */
    Time latest;          /* while it is filled: of all changes that are there */
    uint64_t last;        /* and the number of the last one */
    Vault vault;
    pthread_mutex_t keys_lock; /* taking in a key */
    _Atomic Time keys_due;     /* when to look for new ones */
    Bodies *bodies;
    Kept kept;
    Shelf *shelf;
    Belief belief;
    pthread_mutex_t spare_lock;
    SpareUnpacker *spare;
    Pool pool;
    Lane lanes[LANE_COUNT];
    Fetcher fetcher;
    pthread_mutex_t rid_lock;
    uint64_t rid_next, rid_end; /* under the lock */
    struct {
        _Atomic uint64_t resources, changes, audits, commits, groups;
    } stats;
};

/* ---- the engine: what each does stands in store.h -------------------------------------------- */

static inline PostgresStore *postgres_store(Store *base)
{
    return (PostgresStore *)base;
}

static inline PostgresReader *postgres_reader(StoreReader *base)
{
    return (PostgresReader *)base;
}

Status postgres_create(Ctx *cx, const StoreOptions *options);
Status postgres_open(Ctx *cx, const StoreOptions *options, Store **ret_store);
void postgres_close(Store *store);
Status postgres_read_begin(Store *store, Ctx *cx, const Access *access, StoreReader **ret_reader);
void postgres_read_end(StoreReader *reader);
Status postgres_get(StoreReader *reader, uint16_t type, Str id, bool with_body, StoreRow *ret_row);
Status postgres_get_now(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                        StoreRow *ret_row);
Status postgres_get_seen(Store *store, Ctx *cx, uint16_t type, Str id, StoreSeen *ret_seen,
                         StoreRow *ret_row);
uint64_t postgres_access_seen(Store *store);
bool postgres_lacks(Store *store, uint16_t type, Str id);
void postgres_wish(Store *store, StoreWish *wish);
void postgres_read_unasked(StoreReader *reader);
void postgres_read_seen(StoreReader *reader, StoreSeen *ret_seen);
Status postgres_get_rid(StoreReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row);
Status postgres_get_rids(StoreReader *reader, const uint64_t *rids, size_t count, bool with_body,
                         StoreRow *ret_rows);
Status postgres_get_version(StoreReader *reader, uint16_t type, Str id, uint32_t version,
                            StoreRow *ret_row);
Status postgres_changes(StoreReader *base, uint16_t type, uint64_t after, size_t limit,
                        StoreTouch **ret_touches, size_t *ret_count) MUST_USE;
Status postgres_get_rid_version(StoreReader *base, uint64_t rid, uint32_t version,
                                StoreRow *ret_row) MUST_USE;
Status postgres_history(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                        size_t *ret_count);
Status postgres_mark(StoreReader *reader, StoreMark *ret_mark);
Status postgres_last_rid(StoreReader *reader, uint64_t *ret_rid);
Status postgres_cursor(StoreReader *reader, Str prefix, StoreCursor **ret_cursor);
Status postgres_expect(StoreReader *reader, const Str *prefixes, size_t count);
Status postgres_cursor_again(StoreCursor *cursor, Str prefix);
Status postgres_cursor_seek(StoreCursor *cursor, Str key);
Status postgres_cursor_next(StoreCursor *cursor, Str *ret_key);
Status postgres_cursor_prev(StoreCursor *cursor, Str *ret_key);
Status postgres_cursor_tails(StoreCursor *cursor, size_t bytes, size_t max, void *ret_tails,
                             size_t *ret_count);
Status postgres_count_keys(StoreReader *reader, Str first, Str last, uint64_t *ret_count);
uint64_t postgres_new_rid(Store *store);
Status postgres_prepare(Store *store, Arena *arena, StoreWrite *write);
void postgres_submit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);
Status postgres_item_get(StoreReader *reader, Str space, Str key, Str *ret_value);
Status postgres_item_list(StoreReader *reader, Str space, StoreItem **ret_items, size_t *ret_count);
Status postgres_piece_get(StoreReader *reader, Str content, uint32_t number, Str *ret_bytes);
Status postgres_audit_read(StoreReader *reader, uint64_t from, size_t limit,
                           StoreAuditRow **ret_rows, size_t *ret_count);
void postgres_stats(Store *store, StoreStats *ret_stats);
Status postgres_job_take(Store *store, Ctx *cx, const Access *access, const StoreJobTake *take,
                         StoreJobs *ret_jobs);
Status postgres_job_list(StoreReader *reader, const StoreJobQuery *query, StoreJob *jobs,
                         size_t *ret_count);
Status postgres_job_get(StoreReader *reader, uint64_t number, StoreJob *ret_job);
Status postgres_job_stats(StoreReader *reader, StoreJobStats *ret_stats);
Status postgres_settle(Store *store, Ctx *cx);
Status postgres_backup(Store *store, Ctx *cx, Str to_path, StoreProgress progress, void *to);
Status postgres_restore(Ctx *cx, Str from_path, const StoreOptions *options);
Status postgres_check(Store *store, Ctx *cx, StoreProgress progress, void *to);
const Unlocked *postgres_unlocked(Store *store);
Status postgres_rewrap(Store *store, Ctx *cx, const StoreOptions *secret);
Status postgres_set_recovery(Store *store, Ctx *cx, Str code);
Status postgres_reseal(Store *store, Ctx *cx, StoreProgress progress, void *to);
Status postgres_tip(StoreReader *reader, StoreTip *ret_tip);
Status postgres_scan_changes(StoreReader *reader, uint64_t after, StoreSome some,
                             StoreChange **ret_changes, size_t *ret_count);
Status postgres_scan_items(StoreReader *reader, Str space, Str key, StoreSome some,
                           StoreItem **ret_items, size_t *ret_count);
Status postgres_scan_pieces(StoreReader *reader, const StorePiecesAfter *after, StorePiece *pieces,
                            size_t *ret_count);
Status postgres_log_keys(Store *store, Ctx *cx, const Access *access, bool on);
Status postgres_scan_keys(StoreReader *reader, uint64_t after, StoreSome some,
                          StoreKeyChange **ret_keys, size_t *ret_count, uint64_t *ret_at);
Status postgres_seal(Store *store, Ctx *cx, const Access *access, StoreSeal seal, Str words);
Status postgres_moved_to(StoreReader *reader, Str *ret_words);
Status postgres_load(Store *store, Ctx *cx, const StoreLoad *load);
Status postgres_load_mark(Store *store, Ctx *cx, Str *ret_mark);
Status postgres_load_end(Store *store, Ctx *cx, const StoreTip *tip);

/* ---- between the files ------------------------------------------------------------------------
 */

void links_init(Pool *pool, unsigned open_max);
void links_clear(Pool *pool); /* all readers have ended */
/* Statements outside of a snapshot, in one transaction and one round trip, or none; once more on a
 * new connection when the old one was lost. The results are the caller's. */
Status links_run(PostgresStore *store, Ctx *cx, PooledLink *pooled, const Call *calls, size_t count,
                 const char *doing, PGresult **results) MUST_USE;
/* On the program's own behalf: one that reads; up to LINKS_CALLS_MAX in a transaction that writes.
 */
enum { LINKS_CALLS_MAX = 4 };
Status links_change(PostgresStore *store, Ctx *cx, PooledLink *pooled, const Call *calls,
                    size_t count, const char *doing, PGresult **results) MUST_USE;
Status links_ask(PostgresStore *store, Ctx *cx, PooledLink *pooled, const Call *call,
                 const char *doing, PGresult **ret_result) MUST_USE;
/* Whom the database is told that it answers, NULL: the program; never empty. */
Str caller_of(const Access *access);
Status links_take(PostgresStore *store, Ctx *cx, PooledLink **ret_pooled) MUST_USE;
void links_give(PostgresStore *store, PooledLink *pooled);

/* One statement in the reader's snapshot; the result is the caller's. */
Status reader_ask(PostgresReader *reader, SqlName statement, const Params *params,
                  const char *doing, PGresult **ret_result) MUST_USE;
Status reader_open(PostgresStore *store, Ctx *cx, const Access *access,
                   StoreReader **ret_reader) MUST_USE;
/* Keys that memory has for the snapshot, the caller's to drop; NULL: they must be asked for. */
Status reader_recall(PostgresReader *reader, ChunkKind kind, Str list, Str from,
                     Chunk **ret_chunk) MUST_USE;

/* read.c: a row out of an answer, from its first column on. */
Status row_take(PostgresStore *store, Ctx *cx, Unpacker *unpacker, const PGresult *result, int row,
                int column, bool with_body, StoreRow *ret_row) MUST_USE;
/* Facts out of their seal, into row->facts; row->rid is known. */
Status facts_open(PostgresStore *store, Ctx *cx, Str sealed, StoreRow *row) MUST_USE;
Status damaged(Ctx *cx, const char *what);
/* lane.c: STATUS_UNAVAILABLE with an issue. */
Status refuse_outdated(Ctx *cx);
/* pool.c: from this column on. */
void mark_take(const PGresult *result, int column, StoreMark *ret_mark);
void heard_take(const PGresult *result, Heard *ret_heard);

/* seal.c: whether `use` fits what was written down of a move; begins a filling. */
Status database_use_begin(Ctx *cx, PostgresStore *store, StoreUse use) MUST_USE;
/* keys.c: opens what is sealed, also under a key that another node has made. */
Status sealed_open(PostgresStore *store, Ctx *cx, About about, Str sealed, Str *ret_bytes) MUST_USE;
/* From time to time: whether there is a new key to seal with. */
void keys_look(PostgresStore *store);

/* read.c: whether memory may take rows of the snapshot and give them; a row out of an answer for
 * memory alone. */
Status reader_abreast(PostgresReader *reader, bool *ret_use) MUST_USE;
Status row_keep(PostgresReader *reader, const PGresult *result, int row) MUST_USE;
bool id_is_sound(Str id);

/* fetch.c */
Status fetcher_start(Ctx *cx, PostgresStore *store) MUST_USE;
void fetcher_stop(PostgresStore *store); /* answers what is wished for */

/* load.c */
Status load_begin(Ctx *cx, PostgresStore *store) MUST_USE;
Status load_settle(PostgresStore *store, Ctx *cx) MUST_USE;
/* read.c */
void spares_clear(PostgresStore *store);
/* read.c: an item out of its seal. */
Status item_take(PostgresReader *reader, Str space, Str sealed, const char name[VAULT_NAME_BYTES],
                 StoreItem *ret_item) MUST_USE;

/* submit.c: what a commit looks like when it stands in a queue. */
typedef struct {
    const StoreItem *item;
    char name[VAULT_NAME_BYTES];
    Str sealed; /* empty: removed */
} SealedItem;

typedef struct {
    bool named;
    char name[VAULT_NAME_BYTES]; /* of its key */
    Str sealed;
} SealedJob;

typedef struct {
    Status status; /* of preparing: MEMORY or CONFLICT (two writes on one resource) */
    size_t conflict;
    size_t bytes;
    SealedItem *items;
    SealedItem guard;
    Str *pieces; /* sealed; empty: removed */
    Str *audits;
    Str conflict_audit;
    Str *erases;      /* sealed bodies */
    Str *rekeys;      /* packed keys */
    Str *facts;       /* of rekeys; sealed */
    bool *rekey_fits; /* group.c */
    SealedJob *jobs;
    Time at; /* of the audit entries */
} Prepared;

/* piece.c. No bytes: nothing. */
Status piece_seal(PostgresStore *store, Arena *arena, const StorePiece *piece,
                  Str *ret_sealed) MUST_USE;
/* What comes and what goes, as arrays: SQL_SET_PIECES, SQL_DROP_PIECES. */
enum { PIECES_SET = 3, PIECES_GONE = 2 };
typedef struct {
    Array set[PIECES_SET], gone[PIECES_GONE];
} PieceArrays;
void pieces_init(PieceArrays *arrays, Arena *arena);
void pieces_take(PieceArrays *arrays, const StorePiece *piece, Str sealed);

Status item_seal(PostgresStore *store, Arena *arena, const StoreItem *item,
                 SealedItem *ret_sealed) MUST_USE;
/* No facts: nothing. */
Status facts_seal(PostgresStore *store, Arena *arena, uint64_t rid, Str facts,
                  Str *ret_sealed) MUST_USE;
/* Calls each for every key in the packed form of store_prepare. */
typedef void (*PackedEach)(void *to, Str key, bool removed);
void packed_each(Str packed, PackedEach each, void *to);

Status lane_init(Ctx *cx, PostgresStore *store, Lane *lane) MUST_USE;
bool lane_queue(Lane *lane, StoreCommit *commit);
void lane_stop(Lane *lane); /* commits what has queued */
void lane_clear(Lane *lane);

/* What earlier tries at a group have taught. */
typedef struct {
    bool wary;   /* look for ids and keys that somebody else may have made a moment ago */
    bool outrun; /* others write faster than is heard of: what was taken from memory is stale */
} GroupCare;

/* group.c: one try at a group. Sets the status of each commit. *ret_doubt: COMMIT was sent and not
 * answered. */
Fault group_run(Lane *lane, StoreCommit *group, GroupCare care, bool *ret_doubt) MUST_USE;

#endif
