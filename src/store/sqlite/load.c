/* store/sqlite/load.c - fills a store with what a scan of another one gave.
 *
 * The store was opened with STORE_FILL: there is no writer thread, the caller has its connection,
 * and keys go into `posting` at once. A unit is one transaction, which waits for no disk: after a
 * crash the store is as it was after some unit, with that unit's mark, and the filling goes on
 * from there. The own keys of a unit are sorted before they are added; the others come in order. */
#include "store/sqlite/engine.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/log.h"

typedef struct {
    SqliteStore *store;
    Arena *arena; /* the unit's */
    SortKey *keys;
    size_t count, room;
} Unit;

static bool gather(void *to, Str key, uint64_t seq, bool removed)
{
    Unit *unit = to;
    unit->keys =
        arena_grow(unit->arena, unit->keys, sizeof(SortKey), unit->count, &unit->room, 1024);
    if (!unit->keys)
        return false;
    Str kept = arena_str(unit->arena, key);
    unit->keys[unit->count++] = sort_key(kept, seq, removed);
    return kept.at;
}

static int load_change(Unit *unit, const StoreChange *change)
{
    const StoreRow *row = &change->row;
    Writer *writer = &unit->store->writer;
    StoreWrite write = {.method = row->method,
                        .type = row->type,
                        .version = row->version,
                        .rid = row->rid,
                        .id = row->id,
                        .updated = row->updated,
                        .packed_facts = row->facts};
    Str body = STR_EMPTY, entry;
    bool stopped;
    if (!row->deleted &&
        bodies_pack(unit->store->bodies, unit->arena, row->body, &body) != STATUS_OK)
        return SQLITE_NOMEM;
    if (log_pack_entry(unit->arena, &write, &entry) != STATUS_OK)
        return SQLITE_NOMEM;
    LogAt at = {entry, change->change};
    if (!log_next(&at, LOG_ALL, gather, unit, &stopped))
        return SQLITE_NOMEM;
    writer->tip.rekeys += change->change - writer->tip.seq - 1;
    writer->tip.seq = change->change;
    if (row->rid >= atomic_load(&unit->store->next_rid))
        atomic_store(&unit->store->next_rid, row->rid + 1);
    return apply_row(unit->store, &write, body, change->change);
}

static int load_own_keys(Unit *unit)
{
    Writer *writer = &unit->store->writer;
    KeyBatch batch = {.count = 0};
    int code = SQLITE_OK;
    sort_keys(unit->keys, unit->count);
    for (size_t i = 0; i < unit->count && code == SQLITE_OK; i++)
        code = posting_add(writer, &batch, sort_key_str(&unit->keys[i]));
    return code == SQLITE_OK ? posting_flush(writer, &batch) : code;
}

/* Where an old version is: what its key says. 0: nowhere. */
static int find_replaced(Writer *writer, const StoreFactsChange *facts, uint64_t *ret_seq)
{
    char room[KEY_OWN_BYTES_MAX];
    Str prefix = key_of_version(room, facts->rid, facts->version);
    sqlite3_stmt *statement = writer->connection.statements[SQL_SEEK];
    sql_bind_bytes(statement, 1, prefix);
    int code = sqlite3_step(statement);
    *ret_seq = code == SQLITE_ROW && str_has_prefix(sql_bytes(statement, 0), prefix)
                   ? key_tail(sql_bytes(statement, 0))
                   : 0;
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Of the current version, or of one that was replaced since. */
static int load_facts(SqliteStore *store, const StoreFactsChange *facts)
{
    Writer *writer = &store->writer;
    sqlite3_stmt *now = writer->connection.statements[SQL_LOAD_FACTS];
    sqlite3_stmt *old = writer->connection.statements[SQL_LOAD_OLD_FACTS];
    uint64_t seq = 0;
    rowcache_drop(store->rows, facts->rid, writer->tip.seq);
    sqlite3_bind_int64(now, 1, (int64_t)facts->rid);
    sqlite3_bind_int64(now, 2, facts->version);
    sql_bind_bytes(now, 3, facts->facts);
    int code = sql_run(now);
    if (code == SQLITE_OK && !sqlite3_changes(writer->connection.db))
        code = find_replaced(writer, facts, &seq);
    if (code != SQLITE_OK || !seq)
        return code;
    sqlite3_bind_int64(old, 1, (int64_t)seq);
    sql_bind_bytes(old, 2, facts->facts);
    return sql_run(old);
}

static int load_keys(SqliteStore *store, const StoreLoad *load)
{
    Writer *writer = &store->writer;
    KeyBatch batch = {.count = 0};
    int code = SQLITE_OK;
    for (size_t i = 0; i < load->key_count && code == SQLITE_OK; i++) {
        const StoreKeyChange *key = &load->keys[i];
        StoreFactsChange facts;
        if (store_facts_change(key->key, &facts)) {
            code = load_facts(store, &facts);
            continue;
        }
        if (!key->removed) {
            code = posting_add(writer, &batch, key->key);
            continue;
        }
        code = posting_flush(writer, &batch); /* what was added before may be this key */
        if (code == SQLITE_OK)
            code = posting_drop(writer, key->key);
    }
    return code == SQLITE_OK ? posting_flush(writer, &batch) : code;
}

static int load_jobs(Writer *writer, const StoreLoad *load)
{
    sqlite3_stmt *statement = writer->connection.statements[SQL_LOAD_JOB];
    int code =
        load->drop_jobs ? sql_run(writer->connection.statements[SQL_LOAD_NO_JOBS]) : SQLITE_OK;
    for (size_t i = 0; i < load->job_count && code == SQLITE_OK; i++) {
        const StoreJob *job = &load->jobs[i];
        sqlite3_bind_int64(statement, 1, (int64_t)job->number);
        sqlite3_bind_int64(statement, 2, (int64_t)job->lease);
        sqlite3_bind_int(statement, 3, (int)job->state);
        sqlite3_bind_int64(statement, 4, job->tries);
        sql_bind_bytes(statement, 5, job->kind);
        sql_bind_bytes(statement, 6, job->key);
        sqlite3_bind_int64(statement, 7, job->added);
        sqlite3_bind_int64(statement, 8, job->due);
        sql_bind_bytes(statement, 9, job->worker);
        sql_bind_bytes(statement, 10, job->error);
        sql_bind_bytes(statement, 11, job->payload);
        code = sql_run(statement);
    }
    return code;
}

/* Numbers of jobs that are gone are not given again. */
static int set_job_number(Writer *writer, uint64_t number)
{
    sqlite3_stmt *statement = writer->connection.statements[SQL_LOAD_JOB_NUMBER];
    int code = sql_run(writer->connection.statements[SQL_LOAD_NO_JOB_NUMBER]);
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    return code == SQLITE_OK && number ? sql_run(statement) : code;
}

static int set_head(Writer *writer)
{
    sqlite3_stmt *head = writer->connection.statements[SQL_SET_HEAD];
    sqlite3_stmt *merged = writer->connection.statements[SQL_SET_MERGED];
    sqlite3_bind_int64(head, 1, (int64_t)writer->tip.seq);
    sqlite3_bind_int64(head, 2, (int64_t)writer->tip.resources);
    sqlite3_bind_int64(head, 3, writer->tip.latest);
    sqlite3_bind_int64(merged, 1, (int64_t)writer->tip.seq);
    int code = sql_run(head);
    if (code == SQLITE_OK)
        code = sql_run(merged);
    return code == SQLITE_OK && writer->tip.rekeys ? apply_rekeys_count(writer) : code;
}

static int set_mark(Unit *unit, Str mark)
{
    Str value = arena_format(unit->arena, FILLING_BEGUN STR_FMT, STR_ARG(mark));
    StoreItem item = {OWN_SPACE, FILLING_KEY, value};
    return value.at ? apply_item(&unit->store->writer, &item) : SQLITE_NOMEM;
}

static int load_unit(Unit *unit, const StoreLoad *load)
{
    Writer *writer = &unit->store->writer;
    int code = sql_run(writer->connection.statements[SQL_BEGIN_WRITE]);
    for (size_t i = 0; i < load->change_count && code == SQLITE_OK; i++)
        code = load_change(unit, &load->changes[i]);
    if (code == SQLITE_OK)
        code = load_own_keys(unit);
    for (size_t i = 0; i < load->audit_count && code == SQLITE_OK; i++)
        code = apply_audit_row(writer, &load->audits[i]);
    for (size_t i = 0; i < load->item_count && code == SQLITE_OK; i++)
        code = apply_item(writer, &load->items[i]);
    for (size_t i = 0; i < load->piece_count && code == SQLITE_OK; i++)
        code = piece_apply(writer, &load->pieces[i]);
    if (code == SQLITE_OK)
        code = load_keys(unit->store, load);
    if (code == SQLITE_OK)
        code = load_jobs(writer, load);
    if (code == SQLITE_OK && load->change_count)
        code = set_head(writer);
    if (code == SQLITE_OK && load->mark.len)
        code = set_mark(unit, load->mark);
    return code == SQLITE_OK ? sql_run(writer->connection.statements[SQL_END]) : code;
}

static Status fail(SqliteStore *store, Ctx *cx, int code)
{
    Writer *writer = &store->writer;
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
        store_die("the disk did not confirm a write (fsync failed)");
    if (!sqlite3_get_autocommit(writer->connection.db))
        (void)sql_run(writer->connection.statements[SQL_ROLLBACK]);
    writer->tip = writer->durable;
    return sql_fail(cx, code, "being filled");
}

/* Readers of this process see it from now on. */
static void publish(SqliteStore *store)
{
    Writer *writer = &store->writer;
    writer->durable = writer->tip;
    writer->merged = writer->tip.seq;
    writer->idle_since = time_monotonic();
    atomic_fetch_add(&store->generation, 1);
    atomic_store(&store->published, writer->tip.seq);
    writer_count(store, NULL);
}

Status sqlite_load(Store *base, Ctx *cx, const StoreLoad *load)
{
    SqliteStore *store = sqlite_store(base);
    assert(!store->writer.started && !store->read_only);
    Unit unit = {.store = store, .arena = cx->arena};
    writer_sync(store, false);
    int code = load_unit(&unit, load);
    if (code != SQLITE_OK)
        return fail(store, cx, code);
    publish(store);
    train_pace(store);
    train_join(store); /* what comes next is the smaller for it */
    writer_add_dictionary(store);
    checkpoint_pace(store);
    return STATUS_OK;
}

Status sqlite_load_mark(Store *base, Ctx *cx, Str *ret_mark)
{
    SqliteReader *reader;
    Str value;
    TRY(reader_begin(sqlite_store(base), cx, &reader));
    Status status = sqlite_item_get(&reader->base, OWN_SPACE, FILLING_KEY, &value);
    sqlite_read_end(&reader->base);
    TRY(status);
    *ret_mark = str_from(value, sizeof(FILLING_BEGUN) - 1);
    return STATUS_OK;
}

Status sqlite_load_end(Store *base, Ctx *cx, const StoreTip *tip)
{
    SqliteStore *store = sqlite_store(base);
    Writer *writer = &store->writer;
    StoreItem item = {OWN_SPACE, FILLING_KEY, STR_EMPTY};
    assert(tip->change >= writer->tip.seq);
    writer->tip.rekeys += tip->change - writer->tip.seq;
    writer->tip.seq = tip->change;
    checkpoint_idle(store); /* all before is on the disk, and then that it is all */
    writer_sync(store, true);
    int code = sql_run(writer->connection.statements[SQL_BEGIN_WRITE]);
    if (code == SQLITE_OK)
        code = set_head(writer);
    if (code == SQLITE_OK)
        code = set_job_number(writer, tip->job);
    if (code == SQLITE_OK)
        code = apply_item(writer, &item);
    if (code == SQLITE_OK)
        code = sql_run(writer->connection.statements[SQL_END]);
    if (code != SQLITE_OK)
        return fail(store, cx, code);
    publish(store);
    checkpoint_idle(store);
    return STATUS_OK;
}
