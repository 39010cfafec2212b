/* store/sqlite/merge.c - moves index keys from memory into the table, in key order.
 * Runs on the writer's thread in slices of a few milliseconds.
 *
 * A slice is its own transaction, not synced by itself: the log still has the keys, and the
 * next synced commit stands behind it in the same WAL. When a memtable is done, the mark
 * (head.merged) moves in the same transaction as its last keys; a crash before that only
 * means that keys are added or removed again, which changes nothing. */
#include "store/sqlite/engine.h"

enum {
    SLICE_MS = 4,
    TURN_MS = 12,            /* merging after one group, when writes are ahead of it */
    SLICE_ENTRIES_MIN = 500, /* less is not worth a transaction */
    DROP_ROWS = 24,          /* pending rows deleted at a time */
    QUIET_MS = 250,
    QUIET_SLICE_MS = 1,
    QUIET_REST_MS = 4, /* of a writer whom readers wait for, between two slices */
    RETRY_MS = 500,
    KEY_COST_BYTES = 1000, /* of one resource in memory: 17 keys of 25 bytes and our own */
};
static const size_t budget_min = (size_t)14 << 20; /* some 20,000 resources */
static const size_t budget_max = (size_t)128
                                 << 20; /* a start after a crash reads two of them: some 4 s */

/* A tenth of the store: a merge goes over most pages of the table, whatever it brings. Of a
 * store of 500,000 it is 2 pages a resource at a tenth, 4 at a twentieth, each read and
 * written, decrypted and encrypted. */
static size_t budget(const SqliteStore *store)
{
    if (store->memory_bytes)
        return store->memory_bytes;
    size_t bytes = (size_t)store->writer.tip.resources / 10 * KEY_COST_BYTES;
    return bytes < budget_min ? budget_min : bytes > budget_max ? budget_max : bytes;
}

/* ---- slices ----------------------------------------------------------------------------- */

int posting_flush(Writer *writer, KeyBatch *batch)
{
    bool full = batch->count == SQL_KEYS_AT_ONCE;
    sqlite3_stmt *statement = writer->connection.statements[full ? SQL_ADD_KEYS : SQL_ADD_KEY];
    int code = SQLITE_OK;
    for (unsigned i = 0; i < batch->count && code == SQLITE_OK; i++) {
        sql_bind_bytes(statement, full ? (int)i + 1 : 1, batch->keys[i]);
        if (!full || i + 1 == batch->count)
            code = sql_run(statement);
    }
    batch->count = 0;
    return code;
}

int posting_add(Writer *writer, KeyBatch *batch, Str key)
{
    batch->keys[batch->count++] = key;
    return batch->count == SQL_KEYS_AT_ONCE ? posting_flush(writer, batch) : SQLITE_OK;
}

int posting_drop(Writer *writer, Str key)
{
    sqlite3_stmt *statement = writer->connection.statements[SQL_DROP_KEY];
    sql_bind_bytes(statement, 1, key);
    return sql_run(statement);
}

static int merge_key(Writer *writer, const MemtableAt *at, KeyBatch *batch)
{
    return memtable_removed(at) ? posting_drop(writer, memtable_key(at))
                                : posting_add(writer, batch, memtable_key(at));
}

/* Keys until the time is up; the newest entry of a key is the one that counts. */
static int merge_keys(Writer *writer, Time until)
{
    Merge *merge = &writer->merge;
    KeyBatch batch = {.count = 0};
    int code = SQLITE_OK;
    for (unsigned i = 1; !memtable_at_end(&merge->at) && code == SQLITE_OK; i++) {
        Str key = memtable_key(&merge->at);
        code = merge_key(writer, &merge->at, &batch);
        do {
            memtable_next(&merge->at);
            merge->done++;
        } while (!memtable_at_end(&merge->at) && str_eq(memtable_key(&merge->at), key));
        if (i % 64 == 0 && time_monotonic() >= until)
            break;
    }
    if (code == SQLITE_OK)
        code = posting_flush(writer, &batch);
    if (code != SQLITE_OK || !memtable_at_end(&merge->at))
        return code;
    sqlite3_stmt *statement = writer->connection.statements[SQL_SET_MERGED];
    sqlite3_bind_int64(statement, 1, (int64_t)memtable_last_seq(merge->frozen));
    return sql_run(statement);
}

/* Deletes pending rows that are merged; who follows the store still wants some (seal.c). */
static int drop_pending(Writer *writer, uint64_t keys_from, bool *ret_all)
{
    uint64_t until = writer->merge.drop_until < keys_from ? writer->merge.drop_until : keys_from;
    sqlite3_stmt *first = writer->connection.statements[SQL_FIRST_PENDING];
    sqlite3_stmt *drop = writer->connection.statements[SQL_DROP_PENDING];
    *ret_all = false;
    for (unsigned i = 0; i < DROP_ROWS; i++) {
        int code = sqlite3_step(first);
        int64_t seq = code == SQLITE_ROW ? sqlite3_column_int64(first, 0) : INT64_MAX;
        sqlite3_reset(first);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return code;
        if (seq > (int64_t)until) {
            *ret_all = true;
            return SQLITE_OK;
        }
        sqlite3_bind_int64(drop, 1, seq);
        code = sql_run(drop);
        if (code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

static int run_slice(SqliteStore *store, Time until, bool *ret_dropped)
{
    Writer *writer = &store->writer;
    *ret_dropped = false;
    int code = sql_run(writer->connection.statements[SQL_BEGIN_WRITE]);
    if (code == SQLITE_OK && writer->merge.frozen)
        code = merge_keys(writer, until);
    if (code == SQLITE_OK && writer->merge.drop_until)
        code = drop_pending(writer, atomic_load(&store->keys_from), ret_dropped);
    return code == SQLITE_OK ? sql_run(writer->connection.statements[SQL_END]) : code;
}

static bool frozen_is_merged(const Merge *merge)
{
    return merge->frozen && memtable_at_end(&merge->at);
}

/* Readers that begin now need it no more; those that hold it keep it. */
static void drop_frozen(SqliteStore *store)
{
    Writer *writer = &store->writer;
    if (!memory_set(&store->memory, writer->active, NULL))
        return; /* out of memory: it stays a while, which is only slower */
    writer->merged = writer->merge.drop_until = memtable_last_seq(writer->merge.frozen);
    memtable_release(writer->merge.frozen);
    writer->merge.frozen = NULL;
}

bool merge_slice(SqliteStore *store, Time until)
{
    Writer *writer = &store->writer;
    Merge before = writer->merge;
    bool dropped;
    writer_sync(store, false);
    int code = run_slice(store, until, &dropped);
    writer_sync(store, true);
    if (code != SQLITE_OK) {
        if (code == SQLITE_IOERR_FSYNC)
            store_die("the disk did not confirm a write (fsync failed)");
        if (!sqlite3_get_autocommit(writer->connection.db))
            (void)sql_run(writer->connection.statements[SQL_ROLLBACK]);
        writer->merge = before;
        writer->merge.retry_at = time_monotonic() + RETRY_MS * TIME_MS;
        return false;
    }
    atomic_fetch_add_explicit(&store->stats.merges, 1, memory_order_relaxed);
    if (dropped)
        writer->merge.drop_until = 0;
    if (frozen_is_merged(&writer->merge))
        drop_frozen(store);
    return true;
}

bool merge_begin(SqliteStore *store)
{
    Writer *writer = &store->writer;
    assert(!writer->merge.frozen);
    uint64_t base = memtable_last_seq(writer->active);
    Memtable *active = memtable_new(base);
    if (!active || !memory_set(&store->memory, active, writer->active)) {
        memtable_release(active);
        return false;
    }
    writer->merge.frozen = writer->active;
    writer->merge.at = memtable_seek(writer->active, STR_EMPTY);
    writer->merge.done = 0;
    writer->active = active;
    writer->active_base = base;
    return true;
}

/* ---- how much, when ------------------------------------------------------------------------ */

/* No keys for a while but those of the audit log: audit entries of readers, who are the quicker for
 * it, go on between. */
static bool is_quiet(const SqliteStore *store)
{
    return time_monotonic() - store->writer.quiet_since >= QUIET_MS * TIME_MS;
}

/* They wait for their audit entries: a fifth of the time, and all of it when nobody comes. */
static bool slice_is_due(const SqliteStore *store)
{
    const Writer *writer = &store->writer;
    Time rested = time_monotonic() - QUIET_REST_MS * TIME_MS;
    return rested >= writer->merge.slice_end || rested >= writer->idle_since;
}

/* Whether the writer should not sleep now. */
bool merge_has_work(const SqliteStore *store)
{
    const Merge *merge = &store->writer.merge;
    if (!merge->frozen && !merge->drop_until)
        return false;
    return time_monotonic() >= merge->retry_at && is_quiet(store) && slice_is_due(store);
}

/* Entries of the frozen table that should be merged by now, so that it is done when the
 * active one is full. */
static size_t entries_due(const SqliteStore *store)
{
    const Writer *writer = &store->writer;
    size_t all = memtable_count(writer->merge.frozen), full = budget(store);
    size_t used = memtable_bytes(writer->active);
    if (used >= full)
        return all;
    return (size_t)((double)all * 1.2 * (double)used / (double)full);
}

static void merge_turn(SqliteStore *store)
{
    Writer *writer = &store->writer;
    Time now = time_monotonic(), end = now + TURN_MS * TIME_MS;
    if (memtable_bytes(writer->active) > 2 * budget(store))
        end = now + 20 * TURN_MS * TIME_MS; /* back-pressure: commits wait */
    while (now < end && (writer->merge.frozen || writer->merge.drop_until)) {
        if (writer->merge.frozen) {
            size_t due = entries_due(store);
            bool enough = due < writer->merge.done + SLICE_ENTRIES_MIN &&
                          due < memtable_count(writer->merge.frozen);
            if (enough)
                return;
        }
        bool last = !writer->merge.frozen;
        if (!merge_slice(store, now + SLICE_MS * TIME_MS) || last)
            return;
        writer_serve_audits(store);
        now = time_monotonic();
    }
}

void merge_pace(SqliteStore *store)
{
    Writer *writer = &store->writer;
    if (time_monotonic() < writer->merge.retry_at)
        return;
    if (atomic_exchange(&store->keys_dropped, false))
        writer->merge.drop_until = writer->merged;
    bool quiet = is_quiet(store);
    size_t used = memtable_bytes(writer->active);
    if (!writer->merge.frozen && memtable_count(writer->active) &&
        (used >= budget(store) || (quiet && used >= budget_min / 4)))
        if (!merge_begin(store))
            return;
    bool behind = writer->merge.frozen && memtable_bytes(writer->active) >= budget(store);
    if (!quiet || behind || !(writer->merge.frozen || writer->merge.drop_until)) {
        merge_turn(store);
    } else if (slice_is_due(store)) {
        (void)merge_slice(store, time_monotonic() + QUIET_SLICE_MS * TIME_MS);
        writer->merge.slice_end = time_monotonic();
    }
}
