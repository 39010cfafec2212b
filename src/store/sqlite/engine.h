/* store/sqlite/engine.h - what the files of the engine share: the Store and its parts.
 *
 *     engine.c  the table for store.c
 *     open.c    create, open, close           pool.c    reader connections, snapshots
 *     read.c    rows and history              cursor.c  memory and table as one stream
 *     heads.c   keys of memory in order       count.c   how many keys a stretch has
 *     submit.c  packing on the caller's side  writer.c  the one thread that writes
 *     big.c     a large commit, in slices
 *     apply.c   one commit into tables        merge.c   memory into the table
 *     piece.c   contents too large for rows
 *     checkpoint.c  the log into the file
 *     job.c     jobs: the writer's side and the takers'
 *     wall.c    what a reader may be asked
 *     train.c   dictionaries                  backup.c, check.c, keyfile.c */
#ifndef ACESO_STORE_SQLITE_ENGINE_H
#define ACESO_STORE_SQLITE_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/engine.h"
#include "store/body.h"
#include "store/chain.h"
#include "store/idcache.h"
#include "store/unlock.h"
#include "store/sqlite/keysort.h"
#include "store/sqlite/memory.h"
#include "store/rowcache.h"
#include "store/sqlite/sql.h"

/* ---- readers ------------------------------------------------------------------- */

/* Statements of one text: `count` are prepared, `used` taken. */
typedef struct {
    sqlite3_stmt **at;
    size_t count, used, room;
} Seeks;

typedef struct PooledConnection {
    struct PooledConnection *next; /* when idle */
    Connection connection;
    unsigned number;    /* how many were open before it */
    size_t piece_bytes; /* read, whose pages are still in its cache */
    Unpacker unpacker;
    Seeks forward, backward, takes; /* for cursors */
    /* The snapshot that the last reader left open, for the next one; view NULL = none. */
    MemoryView *view;
    uint64_t seq, generation;
    uint64_t epochs[STORE_EPOCHS]; /* of the snapshot, once asked for; 0 = not yet */
    Time keep_until;
} PooledConnection;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    PooledConnection *idle; /* lowest number first */
    unsigned open, open_max;
    size_t cache_bytes; /* of all together */
} Pool;

typedef struct SqliteStore SqliteStore;

typedef struct {
    StoreReader base;
    SqliteStore *store;
    PooledConnection *pooled;
    MemoryView *view;
    uint64_t seq;     /* the snapshot: the last change it sees */
    bool past_caches; /* pages only: a check, or beside a process that writes */
    bool kept;        /* the snapshot was taken for an earlier reader */
    void **hook;      /* arena_defer's slot */
} SqliteReader;

/* heads.c: the keys of a reader's memtables in order, each with the newest word on it. */
typedef struct {
    const SqliteReader *reader;
    Str prefix; /* all keys have it */
    MemtableAt at[MEMORY_TABLES_MAX];
    Str key; /* at NULL: at the end */
    bool removed;
} MemoryHeads;
/* To the first key >= from, the one behind it, the last one < bound. */
void heads_seek(MemoryHeads *heads, Str from);
void heads_next(MemoryHeads *heads);
void heads_before(MemoryHeads *heads, Str bound);

/* ---- the writer ------------------------------------------------------------------ */

/* A reader that meets a half-written header of the WAL index takes the write lock for an
 * instant; the writer waits that long. */
enum { WRITER_BUSY_MS = 5000 };

/* Where the log ends. */
typedef struct {
    uint64_t seq, audit, resources;
    uint64_t rekeys; /* numbers that are no change: seq - rekeys are one */
    Time latest;     /* newest `updated` ever */
    uint64_t epochs[STORE_EPOCHS];
    ChainLink chain; /* of the last audit entry */
} Tip;

typedef struct {
    Memtable *frozen; /* being merged, or NULL */
    MemtableAt at;
    size_t done;         /* entries of it */
    uint64_t drop_until; /* pending rows up to here are merged and can go; 0 = none */
    Time retry_at;       /* after a failure */
    Time slice_end;      /* of the last one beside readers */
} Merge;

typedef struct {
    pthread_t thread;
    bool started;
    Connection connection;
    pthread_mutex_t lock; /* queue, stopping, settle_* */
    pthread_cond_t work, settled;
    StoreCommit *first, **last; /* the queue */
    bool sleeping, stopping, sealed;
    uint64_t settle_wanted, settle_done;
    Status settle_status;
    Str dictionary; /* trained, to be made durable; malloc'd; under the lock */
    /* below: the writer thread's own */
    Tip tip, durable;
    uint64_t settle_seen, settle_target;
    uint64_t merged; /* all keys of changes up to here are in the table */
    Memtable *active;
    uint64_t active_base;
    Merge merge;
    char *chunk; /* of the group: entries not yet in `pending` */
    size_t chunk_len, chunk_room;
    uint64_t chunk_first;
    size_t piece_bytes;        /* written, whose pages are still in the cache */
    bool litter;               /* rows of an incomplete commit stand above head.seq */
    int wal_pages, wal_copied; /* frames in the WAL; of them, checkpointed */
    Time idle_since;           /* the last group */
    Time quiet_since;          /* the last one that had keys */
} Writer;

enum { COPIER_NONE, COPIER_RUNS, COPIER_DONE };
enum { TRAINING_NONE, TRAINING_RUNS, TRAINING_DONE };

struct SqliteStore {
    Store base;
    char *path, *vfs;
    ConnectionOptions connection; /* how to open another one */
    Unlocked unlocked;            /* what opened it */
    bool read_only, filling;
    size_t memory_bytes;       /* as in StoreOptions */
    unsigned checkpoint_pages; /* the same, or the default */
    unsigned slice_writes;     /* as in StoreOptions */
    int lock_file;             /* held while the store is open; -1 = none */
    Bodies *bodies;
    IdCache ids;
    RowCache *rows;
    _Atomic uint64_t published; /* the last change that was acknowledged */
    Memory memory;
    Pool pool;
    Writer writer;
    struct {
        pthread_t thread;
        _Atomic int state; /* COPIER_... */
        Connection connection;
    } copier;
    pthread_t trainer;
    _Atomic int training;    /* TRAINING_... */
    uint64_t train_again_at; /* resources; after a training that gave nothing */
    _Atomic uint64_t next_rid;
    _Atomic uint64_t keys_from;  /* rows of `pending` above this one stay; UINT64_MAX: none must */
    _Atomic bool keys_dropped;   /* they need not any more: the writer has not looked yet */
    _Atomic uint64_t generation; /* grows when a kept snapshot must not be used any more */
    Time (*clock)(void);         /* of jobs */
    struct {
        _Atomic uint64_t resources, changes, audits, commits, groups, merges, wal_bytes;
    } stats;
};

/* ---- the engine: what each does stands in store.h ---------------------------------- */

static inline SqliteStore *sqlite_store(Store *base)
{
    return (SqliteStore *)base;
}

static inline SqliteReader *sqlite_reader(StoreReader *base)
{
    return (SqliteReader *)base;
}

Status sqlite_create(Ctx *cx, const StoreOptions *options);
Status sqlite_open(Ctx *cx, const StoreOptions *options, Store **ret_store);
void sqlite_close(Store *store);
Status sqlite_read_begin(Store *store, Ctx *cx, const Access *access, StoreReader **ret_reader);
void sqlite_read_end(StoreReader *reader);
Status sqlite_get(StoreReader *reader, uint16_t type, Str id, bool with_body, StoreRow *ret_row);
Status sqlite_get_now(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                      StoreRow *ret_row);
Status sqlite_get_rid(StoreReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row);
Status sqlite_get_rids(StoreReader *reader, const uint64_t *rids, size_t count, bool with_body,
                       StoreRow *ret_rows);
Status sqlite_get_version(StoreReader *reader, uint16_t type, Str id, uint32_t version,
                          StoreRow *ret_row);
Status sqlite_history(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                      size_t *ret_count);
Status sqlite_changes(StoreReader *reader, uint16_t type, uint64_t after, size_t limit,
                      StoreTouch **ret_touches, size_t *ret_count);
Status sqlite_get_rid_version(StoreReader *reader, uint64_t rid, uint32_t version,
                              StoreRow *ret_row);
Status sqlite_mark(StoreReader *reader, StoreMark *ret_mark);
Status sqlite_last_rid(StoreReader *reader, uint64_t *ret_rid);
Status sqlite_cursor(StoreReader *reader, Str prefix, StoreCursor **ret_cursor);
Status sqlite_cursor_again(StoreCursor *cursor, Str prefix);
Status sqlite_cursor_seek(StoreCursor *cursor, Str key);
Status sqlite_cursor_next(StoreCursor *cursor, Str *ret_key);
Status sqlite_cursor_prev(StoreCursor *cursor, Str *ret_key);
Status sqlite_cursor_tails(StoreCursor *cursor, size_t bytes, size_t max, void *ret_tails,
                           size_t *ret_count);
Status sqlite_count_keys(StoreReader *reader, Str first, Str last, uint64_t *ret_count);
uint64_t sqlite_new_rid(Store *store);
Status sqlite_prepare(Store *store, Arena *arena, StoreWrite *write);
void sqlite_submit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);
Status sqlite_item_get(StoreReader *reader, Str space, Str key, Str *ret_value);
Status sqlite_item_list(StoreReader *reader, Str space, StoreItem **ret_items, size_t *ret_count);
Status sqlite_piece_get(StoreReader *reader, Str content, uint32_t number, Str *ret_bytes);
Status sqlite_audit_read(StoreReader *reader, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                         size_t *ret_count);
Status sqlite_job_take(Store *store, Ctx *cx, const Access *access, const StoreJobTake *take,
                       StoreJobs *ret_jobs);
Status sqlite_job_list(StoreReader *reader, const StoreJobQuery *query, StoreJob *jobs,
                       size_t *ret_count);
Status sqlite_job_get(StoreReader *reader, uint64_t number, StoreJob *ret_job);
Status sqlite_job_stats(StoreReader *reader, StoreJobStats *ret_stats);
Status sqlite_job_tip(SqliteReader *reader, uint64_t *ret_number); /* the last one given */
void sqlite_stats(Store *store, StoreStats *ret_stats);
Status sqlite_settle(Store *store, Ctx *cx);
Status sqlite_backup(Store *store, Ctx *cx, Str to_path, StoreProgress progress, void *to);
Status sqlite_restore(Ctx *cx, Str from_path, const StoreOptions *options);
Status sqlite_check(Store *store, Ctx *cx, StoreProgress progress, void *to);
const Unlocked *sqlite_unlocked(Store *store);
Status sqlite_rewrap(Store *store, Ctx *cx, const StoreOptions *secret);
Status sqlite_set_recovery(Store *store, Ctx *cx, Str code);
Status sqlite_reseal(Store *store, Ctx *cx, StoreProgress progress, void *to);
Status sqlite_tip(StoreReader *reader, StoreTip *ret_tip);
Status sqlite_scan_changes(StoreReader *reader, uint64_t after, StoreSome some,
                           StoreChange **ret_changes, size_t *ret_count);
Status sqlite_scan_items(StoreReader *reader, Str space, Str key, StoreSome some,
                         StoreItem **ret_items, size_t *ret_count);
Status sqlite_scan_pieces(StoreReader *reader, const StorePiecesAfter *after, StorePiece *pieces,
                          size_t *ret_count);
Status sqlite_log_keys(Store *store, Ctx *cx, const Access *access, bool on);
Status sqlite_scan_keys(StoreReader *reader, uint64_t after, StoreSome some,
                        StoreKeyChange **ret_keys, size_t *ret_count, uint64_t *ret_at);
Status sqlite_seal(Store *store, Ctx *cx, const Access *access, StoreSeal seal, Str words);
Status sqlite_moved_to(StoreReader *reader, Str *ret_words);
Status sqlite_load(Store *store, Ctx *cx, const StoreLoad *load);
Status sqlite_load_mark(Store *store, Ctx *cx, Str *ret_mark);
Status sqlite_load_end(Store *store, Ctx *cx, const StoreTip *tip);

/* ---- between the files ------------------------------------------------------------- */

void pool_init(Pool *pool, unsigned open_max, size_t cache_bytes);
void pool_clear(Pool *pool); /* all readers have ended */
/* Ends the snapshots that idle connections keep and lets no kept one be used again: before
 * readers are told of a commit, and around a checkpoint, which they would hold up. */
void pool_renew(SqliteStore *store);
/* The store's own reading, on nobody's behalf. */
Status reader_begin(SqliteStore *store, Ctx *cx, SqliteReader **ret_reader) MUST_USE;

/* By the index alone, past the cache of ids: for a check. */
Status sqlite_get_by_index(SqliteReader *reader, uint16_t type, Str id, StoreRow *ret_row) MUST_USE;

Status writer_init(Ctx *cx,
                   SqliteStore *store) MUST_USE; /* opens the writing connection, recovers */
Status writer_start(Ctx *cx, SqliteStore *store) MUST_USE;
void writer_stop(SqliteStore *store); /* commits what has queued */
void writer_clear(SqliteStore *store);

/* The newest snapshot, audit entries included: a kept one may lack the latest of those. */
Status reader_refresh(SqliteReader *reader) MUST_USE;

/* read.c: the body of a row out of its packed form. pool.c: with the unpacker of a connection
 * that is idle. */
Status row_unpack(SqliteStore *store, Ctx *cx, Unpacker *unpacker, Str packed,
                  StoreRow *row) MUST_USE;
Status reader_unpack(SqliteStore *store, Ctx *cx, Str packed, StoreRow *row) MUST_USE;

/* epoch.c */
int epochs_read(sqlite3_stmt *item, uint64_t epochs[STORE_EPOCHS]) MUST_USE; /* SQLite's code */
bool epochs_hold(const Tip *tip, const StoreCommit *commit);
int epochs_raise(Writer *writer, unsigned raises) MUST_USE;

/* A prepared commit: packed bodies and log entries, one per write; log entries of rekeys. */
typedef struct {
    Str *bodies;
    Str *entries;
    Str *rekeys;
    Str *erases;   /* packed bodies */
    Status status; /* of preparing: MEMORY or CONFLICT (two writes on one resource) */
    size_t conflict;
    size_t bytes;
    /* Of a commit of many writes: the keys that are known before it has numbers, in order;
     * seq is the place of the write, from 1. NULL: they go in one by one. */
    SortKey *sorted;
    size_t sorted_count;
} Prepared;

/* apply.c. Within the open transaction; false: SQLite failed with *ret_code, roll back. */
bool apply_commit(SqliteStore *store, StoreCommit *commit, int *ret_code) MUST_USE;
/* The steps of it, for a commit that is applied in slices. Whether it fits, from write *at on,
 * until the time is up: sets commit->status. */
bool apply_check(SqliteStore *store, StoreCommit *commit, size_t *at, Time until,
                 int *ret_code) MUST_USE;
typedef struct {
    size_t writes, bytes;
    Time until;
} ApplyEnd;
/* Its creates from write *at on, to the end of a slice; their keys are flushed. */
bool apply_creates(SqliteStore *store, const StoreCommit *commit, size_t *at, const ApplyEnd *end,
                   int *ret_code) MUST_USE;
/* All of it, or all but the creates; or its conflict. */
bool apply_rest(SqliteStore *store, const StoreCommit *commit, bool created,
                int *ret_code) MUST_USE;
void apply_know_ids(SqliteStore *store, const StoreCommit *commit); /* its creates, to the cache */
/* piece.c. SQLite's code. */
int piece_apply(Writer *writer, const StorePiece *piece) MUST_USE;
/* Between transactions: the pages of pieces do not fill the cache. */
void piece_forget_pages(Writer *writer);
/* One item. */
int apply_item(Writer *writer, const StoreItem *item) MUST_USE;
bool apply_flush(SqliteStore *store, int *ret_code) MUST_USE; /* the group's keys and head */

/* writer.c. A dictionary that was learnt becomes part of the store. */
void writer_add_dictionary(SqliteStore *store);
/* For work that takes long: commits the audit entries that have queued. */
void writer_serve_audits(SqliteStore *store);
/* Whether its commits wait for the disk; the slices of longer work need not. */
void writer_sync(SqliteStore *store, bool full);
void writer_count(SqliteStore *store, const StoreCommit *group); /* for the figures */
/* The active memtable once more, from the log. */
void writer_remake_memory(SqliteStore *store);

/* big.c */
bool big_is(const SqliteStore *store, const StoreCommit *commit);
void big_commit(SqliteStore *store, StoreCommit *commit);
/* Removes what an incomplete one left above head.seq. SQLite's code. */
int big_clear_litter(SqliteStore *store);

/* job.c, within the open transaction: SQLite's code. Whether the leases of its job_ends hold:
 * commit->status; then they and its new jobs; then, of a taking commit, the jobs it takes. */
int job_check(SqliteStore *store, StoreCommit *commit);
int job_apply(SqliteStore *store, const StoreCommit *commit);

/* recover.c. Entries above `base`, up to head.seq, into a new memtable. */
Status recover_memtable(Ctx *cx, Connection *connection, uint64_t base,
                        Memtable **ret_table) MUST_USE;

/* merge.c, on the writer's thread. Keys to add, gathered: a statement for eight costs half of
 * eight statements. */
typedef struct {
    Str keys[SQL_KEYS_AT_ONCE];
    unsigned count;
} KeyBatch;
int posting_add(Writer *writer, KeyBatch *batch, Str key);
int posting_flush(Writer *writer, KeyBatch *batch);
int posting_drop(Writer *writer, Str key);
bool merge_has_work(const SqliteStore *store);
void merge_pace(SqliteStore *store);              /* after a group: as much as is due */
bool merge_slice(SqliteStore *store, Time until); /* false: failed, try later */
bool merge_begin(SqliteStore *store);             /* freezes the active table */

/* checkpoint.c */
void checkpoint_pace(SqliteStore *store); /* after a group: what is due */
void checkpoint_idle(SqliteStore *store);
bool checkpoint_has_work(SqliteStore *store);
void copier_clear(SqliteStore *store); /* joins and closes */

/* train.c */
void train_pace(SqliteStore *store); /* starts a training when enough is there */
void train_join(SqliteStore *store);

/* Items of the store itself. */
#define EPOCH_SPACE   STR("epoch") /* epoch.c */
#define OWN_SPACE     STR("store")
#define REKEYS_KEY    STR("rekeys")  /* keeps Tip.rekeys */
#define FILLING_KEY   STR("filling") /* FILLING_BEGUN and the last mark of who fills it */
#define FILLING_BEGUN "1"

/* seal.c. What was written down of a move, and whether `use` fits it. */
Status file_use_begin(Ctx *cx, SqliteStore *store, StoreUse use) MUST_USE;
/* A commit of the store itself, also when it is sealed. */
void sqlite_submit_sealed(Store *store, Ctx *cx, const Access *access, StoreCommit *commit);

/* read.c: the version that a change made. */
Status read_version(SqliteReader *reader, uint64_t rid, uint32_t version, bool with_body,
                    StoreRow *ret_row) MUST_USE;

/* apply.c, for whoever fills a store: in an open transaction of the writer's. SQLite's code. */
int apply_row(SqliteStore *store, const StoreWrite *write, Str body, uint64_t seq);
int apply_item(Writer *writer, const StoreItem *item);
int apply_audit_row(Writer *writer, const StoreAuditRow *row);
int apply_rekeys_count(Writer *writer);

#endif
