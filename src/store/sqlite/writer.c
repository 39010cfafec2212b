/* store/sqlite/writer.c - the one thread that writes: group commit, and what it does between.
 *
 * All that has queued is applied in one transaction and made durable by one sync; then each
 * commit is told. The merge and the checkpoints run on this thread too, in small pieces. */
#include "store/sqlite/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* A group ends at any of these; one commit larger than all of them goes alone. */
enum { GROUP_COMMITS_MAX = 512, GROUP_WRITES_MAX = 1024, GROUP_BYTES_MAX = 2 << 20 };
enum { IDLE_LOOK_MS = 200, SETTLE_SLICE_MS = 20, WAL_FRAME_BYTES = 24 + 4096 };

/* ---- one group ----------------------------------------------------------------------- */

static int run_group(SqliteStore *store, StoreCommit *group)
{
    Writer *writer = &store->writer;
    int code = sql_run(writer->connection.statements[SQL_BEGIN_WRITE]);
    if (code != SQLITE_OK)
        return code;
    for (StoreCommit *commit = group; commit; commit = commit->next) {
        if (!apply_commit(store, commit, &code))
            return code;
    }
    if (!apply_flush(store, &code))
        return code;
    return sql_run(writer->connection.statements[SQL_END]);
}

/* The keys of the lost group are in memory already: that memory is made anew. */
static void take_back(SqliteStore *store)
{
    Writer *writer = &store->writer;
    if (!sqlite3_get_autocommit(writer->connection.db))
        (void)sql_run(writer->connection.statements[SQL_ROLLBACK]);
    bool dirty = writer->tip.seq != writer->durable.seq;
    writer->tip = writer->durable;
    writer->chunk_len = 0;
    if (dirty)
        writer_remake_memory(store);
}

void writer_remake_memory(SqliteStore *store)
{
    Writer *writer = &store->writer;
    Ctx cx = {.arena = arena_new((size_t)1 << 20, false)};
    Memtable *active;
    if (!cx.arena ||
        recover_memtable(&cx, &writer->connection, writer->active_base, &active) != STATUS_OK ||
        !memory_set(&store->memory, active, writer->merge.frozen))
        store_die("the index in memory could not be made again after a failed write");
    memtable_release(writer->active);
    writer->active = active;
    arena_free(cx.arena);
}

void writer_count(SqliteStore *store, const StoreCommit *group)
{
    const Tip *tip = &store->writer.tip;
    atomic_store_explicit(&store->stats.resources, tip->resources, memory_order_relaxed);
    atomic_store_explicit(&store->stats.changes, tip->seq - tip->rekeys, memory_order_relaxed);
    atomic_store_explicit(&store->stats.audits, tip->audit, memory_order_relaxed);
    atomic_fetch_add_explicit(&store->stats.groups, 1, memory_order_relaxed);
    for (; group; group = group->next)
        atomic_fetch_add_explicit(&store->stats.commits, 1, memory_order_relaxed);
}

static bool all_must_see(const StoreCommit *group)
{
    for (; group; group = group->next) {
        if (!group->beside && (group->write_count || group->item_count || group->rekey_count ||
                               group->erase_count || group->raises))
            return true;
    }
    return false;
}

/* Who waits for the disk waits for all that stands before him in the log. */
static bool may_wait(const StoreCommit *group)
{
    for (; group; group = group->next) {
        if (!group->piece_count || group->write_count || group->item_count || group->rekey_count ||
            group->erase_count || group->raises || group->audit_count || group->job_count ||
            group->job_end_count || group->taking)
            return false;
    }
    return true;
}

static void commit_group(SqliteStore *store, StoreCommit *group)
{
    Writer *writer = &store->writer;
    bool later = may_wait(group);
    int code = writer->litter && all_must_see(group) ? big_clear_litter(store) : SQLITE_OK;
    if (later)
        writer_sync(store, false);
    if (code == SQLITE_OK)
        code = run_group(store, group);
    if (later)
        writer_sync(store, true);
    piece_forget_pages(writer);
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
        store_die("the disk did not confirm a write (fsync failed)");
    if (code == SQLITE_OK) {
        if (all_must_see(group))
            atomic_fetch_add(&store->generation, 1); /* before anybody is told */
        writer->durable = writer->tip;
        atomic_store(&store->published, writer->tip.seq);
        writer_count(store, group);
        store_jobs_tell(&store->base, group);
    } else {
        take_back(store);
    }
    while (group) {
        StoreCommit *commit = group;
        group = commit->next; /* done() may free it */
        if (code != SQLITE_OK)
            commit->status = sql_status(code);
        commit->done(commit);
    }
}

/* ---- the queue ----------------------------------------------------------------------------- */

static size_t commit_bytes(const StoreCommit *commit)
{
    const Prepared *prepared = commit->prepared;
    return prepared ? prepared->bytes : 0;
}

/* Cuts a group off the front of the queue; NULL when it is empty. Under the lock. */
static StoreCommit *cut_group(SqliteStore *store)
{
    Writer *writer = &store->writer;
    StoreCommit *group = writer->first, *end = NULL;
    size_t commits = 0, writes = 0, bytes = 0;
    for (StoreCommit *commit = group; commit; commit = commit->next) {
        commits++;
        writes += commit->write_count + commit->rekey_count;
        bytes += commit_bytes(commit);
        bool big = big_is(store, commit);
        if (end && (big || commits > GROUP_COMMITS_MAX || writes > GROUP_WRITES_MAX ||
                    bytes > GROUP_BYTES_MAX))
            break;
        end = commit;
        if (big)
            break;
    }
    if (!end)
        return NULL;
    writer->first = end->next;
    if (!writer->first)
        writer->last = &writer->first;
    end->next = NULL;
    return group;
}

/* Takes commits of nothing but audit entries out of the queue. Under the lock. */
static StoreCommit *cut_audits(Writer *writer)
{
    StoreCommit *group = NULL, **end = &group, **at = &writer->first;
    for (size_t commits = 0; *at && commits < GROUP_COMMITS_MAX;) {
        StoreCommit *commit = *at;
        if (commit->write_count || commit->item_count || commit->rekey_count || commit->guard ||
            commit->raises || commit->erase_count || commit->job_count || commit->job_end_count ||
            commit->taking) {
            at = &commit->next;
            continue;
        }
        *at = commit->next;
        *end = commit;
        end = &commit->next;
        commits++;
    }
    *end = NULL;
    while (*at)
        at = &(*at)->next;
    writer->last = at;
    return group;
}

void writer_serve_audits(SqliteStore *store)
{
    Writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    StoreCommit *group = cut_audits(writer);
    pthread_mutex_unlock(&writer->lock);
    if (group)
        commit_group(store, group);
}

void writer_sync(SqliteStore *store, bool full)
{
    if (!store->connection.synchronous_normal)
        (void)connection_run(&store->writer.connection,
                             full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

static void sleep_a_little(Writer *writer)
{
    Time until = time_monotonic() + IDLE_LOOK_MS * TIME_MS;
    struct timespec at = {until / TIME_SECOND, until % TIME_SECOND * 1000};
    writer->sleeping = true;
    pthread_cond_timedwait(&writer->work, &writer->lock, &at);
    writer->sleeping = false;
}

/* The next group; NULL when there is other work, or the time has come to look for some. */
static StoreCommit *next_group(SqliteStore *store, bool *ret_stop)
{
    Writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    bool busy = merge_has_work(store) || checkpoint_has_work(store) ||
                writer->settle_wanted != writer->settle_done || writer->dictionary.at;
    if (!writer->first && !writer->stopping && !busy)
        sleep_a_little(writer);
    StoreCommit *group = cut_group(store);
    *ret_stop = !group && writer->stopping;
    pthread_mutex_unlock(&writer->lock);
    return group;
}

/* ---- between the groups ---------------------------------------------------------------------- */

void writer_add_dictionary(SqliteStore *store)
{
    Writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    Str bytes = writer->dictionary;
    writer->dictionary = (Str){NULL, 0};
    pthread_mutex_unlock(&writer->lock);
    if (!bytes.at)
        return;
    unsigned number = bodies_newest(store->bodies) + 1;
    sqlite3_stmt *statement = writer->connection.statements[SQL_ADD_DICTIONARY];
    sqlite3_bind_int(statement, 1, (int)number);
    sql_bind_bytes(statement, 2, bytes);
    int code = sql_run(statement);
    if (code == SQLITE_IOERR_FSYNC)
        store_die("the disk did not confirm a write (fsync failed)");
    if (code == SQLITE_OK) /* without it bodies are only larger */
        UNUSED(bodies_add_dictionary(store->bodies, number, bytes) == STATUS_OK);
    free((char *)(uintptr_t)bytes.at);
}

static bool is_settled(const Writer *writer)
{
    return writer->merged >= writer->settle_target && !writer->merge.frozen &&
           !writer->merge.drop_until;
}

static void end_settle(Writer *writer, uint64_t wanted, Status status)
{
    pthread_mutex_lock(&writer->lock);
    writer->settle_done = wanted;
    writer->settle_status = status;
    pthread_cond_broadcast(&writer->settled);
    pthread_mutex_unlock(&writer->lock);
}

/* store_settle, a slice at a time: all that was durable when it was asked for gets merged, then
 * checkpointed. */
static void settle_pace(SqliteStore *store)
{
    Writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    uint64_t wanted = writer->settle_wanted;
    bool due = wanted != writer->settle_done;
    pthread_mutex_unlock(&writer->lock);
    if (!due)
        return;
    if (writer->settle_seen != wanted) {
        writer->settle_seen = wanted;
        writer->settle_target = writer->durable.seq;
    }
    bool sound = is_settled(writer) || writer->merge.frozen || writer->merge.drop_until ||
                 merge_begin(store);
    if (sound && !is_settled(writer))
        sound = merge_slice(store, time_monotonic() + SETTLE_SLICE_MS * TIME_MS);
    if (sound && !is_settled(writer))
        return; /* the queue has its turn between */
    if (sound)
        checkpoint_idle(store);
    end_settle(writer, wanted, sound ? STATUS_OK : STATUS_STORAGE);
}

static void *writer_main(void *argument)
{
    SqliteStore *store = argument;
    Writer *writer = &store->writer;
    for (;;) {
        bool stop;
        StoreCommit *group = next_group(store, &stop);
        if (stop)
            return NULL;
        if (group) {
            bool quiet = !all_must_see(group); /* it is the caller's again when it is done */
            if (big_is(store, group))
                big_commit(store, group);
            else
                commit_group(store, group);
            writer->idle_since = time_monotonic();
            if (!quiet)
                writer->quiet_since = writer->idle_since;
        }
        writer_add_dictionary(store);
        merge_pace(store);
        checkpoint_pace(store);
        settle_pace(store);
        train_pace(store);
    }
}

Status sqlite_settle(Store *base, Ctx *cx)
{
    SqliteStore *store = sqlite_store(base);
    Writer *writer = &store->writer;
    if (store->read_only)
        return STATUS_OK; /* the process that writes merges */
    if (store->filling) {
        checkpoint_idle(store);
        return STATUS_OK;
    }
    pthread_mutex_lock(&writer->lock);
    uint64_t mine = ++writer->settle_wanted;
    pthread_cond_signal(&writer->work);
    while (writer->started && !writer->stopping && writer->settle_done < mine)
        pthread_cond_wait(&writer->settled, &writer->lock);
    Status status = writer->settle_done >= mine ? writer->settle_status : STATUS_UNAVAILABLE;
    pthread_mutex_unlock(&writer->lock);
    return status == STATUS_OK ? status
                               : ctx_fail(cx, status, STR_EMPTY,
                                          "The store could not merge its index: its disk is full"
                                          " or it is closing.");
}

/* ---- life
 * ---------------------------------------------------------------------------------------- */

static int remember_wal(void *to, sqlite3 *db, const char *name, int pages)
{
    UNUSED(db);
    UNUSED(name);
    SqliteStore *store = to;
    if (pages < store->writer.wal_pages)
        store->writer.wal_copied = 0; /* the WAL has begun again at its start */
    store->writer.wal_pages = pages;
    atomic_store_explicit(&store->stats.wal_bytes, (uint64_t)pages * WAL_FRAME_BYTES,
                          memory_order_relaxed);
    return SQLITE_OK;
}

static int64_t read_one(sqlite3_stmt *statement)
{
    int64_t number = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return number;
}

/* 0 when nothing was ever rekeyed. */
static uint64_t read_rekeys(sqlite3_stmt *statement)
{
    uint64_t count = 0;
    sql_bind_bytes(statement, 1, OWN_SPACE);
    sql_bind_bytes(statement, 2, REKEYS_KEY);
    if (sqlite3_step(statement) == SQLITE_ROW)
        (void)str_to_u64(sql_bytes(statement, 0), &count);
    sqlite3_reset(statement);
    return count;
}

static void read_chain(sqlite3_stmt *statement, Tip *tip)
{
    if (sqlite3_step(statement) == SQLITE_ROW) {
        tip->audit = (uint64_t)sqlite3_column_int64(statement, 0);
        if (!chain_read(sql_bytes(statement, 1), &tip->chain))
            tip->chain = (ChainLink){{0}};
    }
    sqlite3_reset(statement);
}

static Status read_tip(Ctx *cx, SqliteStore *store)
{
    Writer *writer = &store->writer;
    sqlite3_stmt **statements = writer->connection.statements;
    int code = sqlite3_step(statements[SQL_HEAD]);
    if (code == SQLITE_ROW) {
        writer->tip.seq = (uint64_t)sqlite3_column_int64(statements[SQL_HEAD], 0);
        writer->merged = (uint64_t)sqlite3_column_int64(statements[SQL_HEAD], 1);
        writer->tip.resources = (uint64_t)sqlite3_column_int64(statements[SQL_HEAD], 2);
        writer->tip.latest = sqlite3_column_int64(statements[SQL_HEAD], 3);
    }
    sqlite3_reset(statements[SQL_HEAD]);
    if (code != SQLITE_ROW)
        return sql_fail(cx, code, "reading its head");
    writer->tip.rekeys = read_rekeys(statements[SQL_ITEM]);
    code = epochs_read(statements[SQL_ITEM], writer->tip.epochs);
    if (code != SQLITE_OK)
        return sql_fail(cx, code, "reading its epochs");
    read_chain(statements[SQL_LAST_AUDIT], &writer->tip);
    writer->litter = (uint64_t)read_one(statements[SQL_LAST_CHANGE]) > writer->tip.seq;
    atomic_store(&store->next_rid, (uint64_t)read_one(statements[SQL_LAST_RID]) + 1);
    writer->durable = writer->tip;
    atomic_store(&store->published, writer->tip.seq);
    atomic_store(&store->stats.resources, writer->tip.resources);
    atomic_store(&store->stats.changes, writer->tip.seq - writer->tip.rekeys);
    atomic_store(&store->stats.audits, writer->tip.audit);
    return STATUS_OK;
}

static Status read_dictionaries(Ctx *cx, SqliteStore *store)
{
    sqlite3_stmt *statement = store->writer.connection.statements[SQL_DICTIONARIES];
    Status status = STATUS_OK;
    int code;
    while (status == STATUS_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
        status = bodies_add_dictionary(store->bodies, (unsigned)sqlite3_column_int(statement, 0),
                                       sql_bytes(statement, 1));
    sqlite3_reset(statement);
    return status != STATUS_OK
               ? ctx_fail(cx, status, STR_EMPTY, "A dictionary of the store could not be loaded.")
           : code == SQLITE_DONE ? STATUS_OK
                                 : sql_fail(cx, code, "reading its dictionaries");
}

Status writer_init(Ctx *cx, SqliteStore *store)
{
    Writer *writer = &store->writer;
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->work, &clock);
    pthread_condattr_destroy(&clock);
    pthread_cond_init(&writer->settled, NULL);
    pthread_mutex_init(&writer->lock, NULL);
    writer->last = &writer->first;
    ConnectionOptions how = store->connection;
    how.writer = !store->read_only;
    TRY(connection_open(cx, &how, &writer->connection));
    crypto_wipe(&how.key, sizeof(how.key));
    TRY(connection_probe(cx, &writer->connection, str_of(store->path), how.writer));
    if (how.writer)
        TRY(connection_complete_schema(cx, &writer->connection));
    TRY(connection_prepare(cx, &writer->connection,
                           how.writer ? SQL_WRITER_COUNT : SQL_BESIDE_COUNT));
    sqlite3_busy_timeout(writer->connection.db, WRITER_BUSY_MS);
    sqlite3_wal_hook(writer->connection.db, remember_wal, store);
    TRY(read_tip(cx, store));
    TRY(read_dictionaries(cx, store));
    if (store->read_only) /* this connection has read what it is for */
        return STATUS_OK;
    if (writer->litter) /* if the disk is full, it is tried again before the next commit */
        UNUSED(big_clear_litter(store));
    TRY(recover_memtable(cx, &writer->connection, writer->merged, &writer->active));
    writer->active_base = writer->merged;
    writer->merge.drop_until = writer->merged; /* a crash may have left some */
    return memory_set(&store->memory, writer->active, NULL) ? STATUS_OK : STATUS_MEMORY;
}

Status writer_start(Ctx *cx, SqliteStore *store)
{
    Writer *writer = &store->writer;
    writer->idle_since = writer->quiet_since = time_monotonic();
    writer->started = pthread_create(&writer->thread, NULL, writer_main, store) == 0;
    if (writer->started)
        (void)pthread_setname_np(writer->thread, "store-writer");
    return writer->started ? STATUS_OK
                           : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                      "The store could not start its writer thread.");
}

void writer_stop(SqliteStore *store)
{
    Writer *writer = &store->writer;
    pthread_mutex_lock(&writer->lock);
    bool started = writer->started;
    writer->stopping = true;
    pthread_cond_broadcast(&writer->work);
    pthread_cond_broadcast(&writer->settled);
    pthread_mutex_unlock(&writer->lock);
    if (started)
        pthread_join(writer->thread, NULL);
    writer->started = false;
}

void writer_clear(SqliteStore *store)
{
    Writer *writer = &store->writer;
    memtable_release(writer->active);
    memtable_release(writer->merge.frozen);
    connection_close(&writer->connection);
    free(writer->chunk);
    free((char *)(uintptr_t)writer->dictionary.at);
    pthread_cond_destroy(&writer->work);
    pthread_cond_destroy(&writer->settled);
    pthread_mutex_destroy(&writer->lock);
}
