/* store/sqlite/big.c - a commit of many writes, in slices, so that nobody else waits for it.
 *
 * Its creates are written a few milliseconds at a time, each slice a transaction of its own,
 * and in between the audit entries that have queued are committed and acknowledged. Nobody
 * sees the slices: a snapshot ends at head.seq, and that moves only with the last slice,
 * which also has the updates, the deletions, the items and the commit's own audit entries.
 * Other writing commits wait until it is done, so what was checked at the start still holds.
 *
 *     head.seq = 100 | rows 101 to 350 | rows 351 to 600 | rest, head.seq = 610, synced
 *
 * All or nothing: what stands above head.seq after a crash or a failure is litter. It is
 * removed when the store opens, and before anything is written whose numbers it has. */
#include "store/sqlite/engine.h"

enum { BIG_WRITES = 1000, BIG_BYTES = 2 << 20, SLICE_MS = 4, SLICE_BYTES = 512 << 10 };

typedef struct {
    StoreCommit *commit;
    Tip tip;   /* where the log will end */
    size_t at; /* the next write */
} Big;

bool big_is(const SqliteStore *store, const StoreCommit *commit)
{
    const Prepared *prepared = commit->prepared;
    return prepared &&
           (commit->write_count > (store->slice_writes ? store->slice_writes : BIG_WRITES) ||
            (prepared->bytes > BIG_BYTES && commit->write_count > 1));
}

static int end_transaction(Writer *writer, int code)
{
    if (code == SQLITE_OK)
        code = sql_run(writer->connection.statements[SQL_END]);
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
        store_die("the disk did not confirm a write (fsync failed)");
    if (!sqlite3_get_autocommit(writer->connection.db))
        (void)sql_run(writer->connection.statements[SQL_ROLLBACK]);
    return code;
}

int big_clear_litter(SqliteStore *store)
{
    static const SqlName steps[] = {SQL_DROP_ROWS_ABOVE, SQL_DROP_CHANGES_ABOVE,
                                    SQL_DROP_PENDING_ABOVE};
    Writer *writer = &store->writer;
    int code = sql_run(writer->connection.statements[SQL_BEGIN_WRITE]);
    for (size_t i = 0; i < COUNT_OF(steps) && code == SQLITE_OK; i++) {
        sqlite3_stmt *statement = writer->connection.statements[steps[i]];
        sqlite3_bind_int64(statement, 1, (int64_t)writer->durable.seq);
        code = sql_run(statement);
    }
    code = end_transaction(writer, code);
    if (code == SQLITE_OK)
        writer->litter = false;
    return code;
}

/* ---- the slices ------------------------------------------------------------------------ */

static void let_others(SqliteStore *store)
{
    writer_serve_audits(store);
    store->writer.idle_since = time_monotonic();
    checkpoint_pace(store);
}

static int check(SqliteStore *store, Big *big)
{
    Writer *writer = &store->writer;
    size_t at = 0;
    int code;
    do {
        code = sql_run(writer->connection.statements[SQL_BEGIN]);
        Time until = time_monotonic() + SLICE_MS * TIME_MS;
        if (code == SQLITE_OK && !apply_check(store, big->commit, &at, until, &code))
            assert(code != SQLITE_OK);
        code = end_transaction(writer, code);
        let_others(store);
    } while (code == SQLITE_OK && big->commit->status == STATUS_OK &&
             at < big->commit->write_count);
    return code;
}

/* Between the slices writer->tip is where head ends, for the others. */
static int create_slice(SqliteStore *store, Big *big)
{
    Writer *writer = &store->writer;
    Tip head = writer->tip;
    ApplyEnd end = {store->slice_writes ? store->slice_writes : SIZE_MAX, SLICE_BYTES,
                    time_monotonic() + SLICE_MS * TIME_MS};
    writer->tip = big->tip;
    writer_sync(store, false);
    int code = sql_run(writer->connection.statements[SQL_BEGIN_WRITE]);
    if (code == SQLITE_OK && !apply_creates(store, big->commit, &big->at, &end, &code))
        assert(code != SQLITE_OK);
    code = end_transaction(writer, code);
    writer_sync(store, true);
    big->tip = writer->tip;
    writer->tip = head;
    return code;
}

static int create(SqliteStore *store, Big *big)
{
    int code = SQLITE_OK;
    while (code == SQLITE_OK && big->at < big->commit->write_count) {
        store->writer.litter = true; /* until the last slice makes it part of the log */
        code = create_slice(store, big);
        let_others(store);
    }
    return code;
}

/* The others' audit entries have numbers by now. */
static int finish(SqliteStore *store, Big *big)
{
    Writer *writer = &store->writer;
    big->tip.audit = writer->tip.audit;
    big->tip.chain = writer->tip.chain;
    writer->tip = big->tip;
    int code = sql_run(writer->connection.statements[SQL_BEGIN_WRITE]);
    bool sound = code == SQLITE_OK && apply_rest(store, big->commit, true, &code) &&
                 apply_flush(store, &code);
    assert(sound == (code == SQLITE_OK));
    return end_transaction(writer, code);
}

/* ---- the whole ------------------------------------------------------------------------- */

static void publish(SqliteStore *store, const StoreCommit *commit)
{
    Writer *writer = &store->writer;
    writer->litter = false;
    if (commit->status == STATUS_OK) {
        apply_know_ids(store, commit);
        atomic_fetch_add(&store->generation, 1); /* before anybody is told */
    }
    writer->durable = writer->tip;
    atomic_store(&store->published, writer->tip.seq);
    writer_count(store, commit);
    store_jobs_tell(&store->base, commit);
}

static void take_back(SqliteStore *store, const Big *big)
{
    Writer *writer = &store->writer;
    bool dirty = big->tip.seq != writer->durable.seq || writer->tip.seq != writer->durable.seq;
    writer->tip = writer->durable;
    writer->chunk_len = 0;
    if (dirty)
        writer_remake_memory(store);
    if (writer->litter)
        UNUSED(big_clear_litter(store));
}

void big_commit(SqliteStore *store, StoreCommit *commit)
{
    Writer *writer = &store->writer;
    Big big = {.commit = commit, .tip = writer->tip};
    int code = writer->litter ? big_clear_litter(store) : SQLITE_OK;
    if (code == SQLITE_OK)
        code = check(store, &big);
    if (code == SQLITE_OK && commit->status == STATUS_OK)
        code = create(store, &big);
    if (code == SQLITE_OK)
        code = finish(store, &big);
    if (code == SQLITE_OK) {
        publish(store, commit);
    } else {
        take_back(store, &big);
        commit->status = sql_status(code);
    }
    commit->done(commit);
}
