/* store/sqlite/checkpoint.c - the write-ahead log back into the file.
 *
 * A thread of its own copies what has gathered, while the writer goes on: tens of milliseconds in
 * which nobody's commit waits. What was written meanwhile, little, the writer copies itself,
 * because only when all is copied and nobody reads there does the log begin again at its start.
 *
 * A thread that could not copy is no harm: the writer then copies all. */
#include "store/sqlite/engine.h"

enum {
    CHECKPOINT_PAGES = 4000,
    CHECKPOINT_WAIT_MS = 10, /* for readers of old pages, when the log must start over */
    IDLE_TRUNCATE_MS = 1000,
    COPIER_CACHE_BYTES = 64 * 1024, /* it copies pages as they are */
};

/* What SQLite says of it; *ret_copied: pages of the log that are in the file now. */
static int copy_log(sqlite3 *db, int mode, int *ret_copied)
{
    int left = 0;
    int code = sqlite3_wal_checkpoint_v2(db, NULL, mode, &left, ret_copied);
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
        store_die("the disk did not confirm a write (fsync failed)");
    return code;
}

/* ---- the copier --------------------------------------------------------------------------- */

static Status copier_open(Ctx *cx, SqliteStore *store)
{
    ConnectionOptions options = store->connection;
    options.cache_bytes = COPIER_CACHE_BYTES;
    return connection_open(cx, &options, &store->copier.connection);
}

static void *copier_main(void *argument)
{
    SqliteStore *store = argument;
    Ctx cx = {.arena = arena_new((size_t)1 << 20, false)};
    int copied = 0;
    if (cx.arena && (store->copier.connection.db || copier_open(&cx, store) == STATUS_OK))
        (void)copy_log(store->copier.connection.db, SQLITE_CHECKPOINT_PASSIVE, &copied);
    arena_free(cx.arena);
    atomic_store(&store->copier.state, COPIER_DONE);
    pthread_mutex_lock(&store->writer.lock);
    pthread_cond_signal(&store->writer.work); /* the rest is his */
    pthread_mutex_unlock(&store->writer.lock);
    return NULL;
}

static bool copier_start(SqliteStore *store)
{
    pool_renew(store); /* who reads on from here does not need the log */
    atomic_store(&store->copier.state, COPIER_RUNS);
    if (pthread_create(&store->copier.thread, NULL, copier_main, store) == 0)
        return true;
    atomic_store(&store->copier.state, COPIER_NONE);
    return false;
}

static void copier_join(SqliteStore *store)
{
    if (atomic_load(&store->copier.state) == COPIER_NONE)
        return;
    pthread_join(store->copier.thread, NULL);
    atomic_store(&store->copier.state, COPIER_NONE);
}

void copier_clear(SqliteStore *store)
{
    copier_join(store);
    connection_close(&store->copier.connection);
}

/* ---- the writer's ------------------------------------------------------------------------- */

static void checkpoint(SqliteStore *store, int mode)
{
    Writer *writer = &store->writer;
    int copied = 0;
    copier_join(store);
    pool_renew(store);
    sqlite3_busy_timeout(writer->connection.db, CHECKPOINT_WAIT_MS);
    int code = copy_log(writer->connection.db, mode, &copied);
    sqlite3_busy_timeout(writer->connection.db, WRITER_BUSY_MS);
    pool_renew(store);
    writer->wal_copied = code == SQLITE_OK && copied > 0 ? copied : writer->wal_pages;
    if (code == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE) {
        writer->wal_pages = writer->wal_copied = 0;
        atomic_store_explicit(&store->stats.wal_bytes, 0, memory_order_relaxed);
    }
}

/* Whether the writer should look soon. */
bool checkpoint_has_work(SqliteStore *store)
{
    return atomic_load(&store->copier.state) == COPIER_DONE;
}

void checkpoint_pace(SqliteStore *store)
{
    Writer *writer = &store->writer;
    int due = store->checkpoint_pages ? (int)store->checkpoint_pages : CHECKPOINT_PAGES;
    int state = atomic_load(&store->copier.state);
    /* When readers keep the log from starting over, wait for them a moment. */
    if (writer->wal_pages >= 8 * due && writer->wal_pages - writer->wal_copied >= due)
        checkpoint(store, SQLITE_CHECKPOINT_RESTART);
    else if (state == COPIER_DONE)
        checkpoint(store, SQLITE_CHECKPOINT_PASSIVE);
    else if (state == COPIER_NONE && writer->wal_pages - writer->wal_copied >= due &&
             !copier_start(store))
        checkpoint(store, SQLITE_CHECKPOINT_PASSIVE);
    bool idle = time_monotonic() - writer->idle_since >= IDLE_TRUNCATE_MS * TIME_MS;
    if (writer->wal_pages > 0 && idle)
        checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE);
}

void checkpoint_idle(SqliteStore *store)
{
    checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE);
}
