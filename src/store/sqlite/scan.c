/* store/sqlite/scan.c - what a snapshot holds besides rows: items and audit entries; and all of it,
 * as the streams of a move. */
#include "store/sqlite/engine.h"
#include "store/sqlite/log.h"

/* An array in the reader's arena that grows, and what stands in it so far in bytes. */
typedef struct {
    Arena *arena;
    void *at;
    size_t size, count, room, begun;
    StoreSome some;
} Rows;

static Rows rows_of(const SqliteReader *reader, size_t size, StoreSome some)
{
    Arena *arena = reader->base.cx->arena;
    return (Rows){.arena = arena, .size = size, .begun = arena_bytes(arena), .some = some};
}

static bool rows_full(const Rows *rows)
{
    return rows->count >= rows->some.rows_max ||
           arena_bytes(rows->arena) - rows->begun >= rows->some.bytes_max;
}

/* The next place; NULL at the arena's limit. */
static void *rows_add(Rows *rows)
{
    void *grown = arena_grow(rows->arena, rows->at, rows->size, rows->count, &rows->room, 64);
    if (!grown)
        return NULL;
    rows->at = grown;
    return (char *)rows->at + rows->size * rows->count++;
}

/* Behind the last step of a statement that filled them. */
static Status rows_end(const SqliteReader *reader, sqlite3_stmt *statement, Status status, int code,
                       const char *what)
{
    sqlite3_reset(statement);
    TRY(status);
    return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK
                                                     : sql_fail(reader->base.cx, code, what);
}

/* ---- items and audit ------------------------------------------------------------------ */

Status sqlite_item_get(StoreReader *base, Str space, Str key, Str *ret_value)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_ITEM];
    sql_bind_bytes(statement, 1, space);
    sql_bind_bytes(statement, 2, key);
    int code = sqlite3_step(statement);
    Str value = {NULL, 0};
    if (code == SQLITE_ROW)
        value = arena_str(reader->base.cx->arena, sql_bytes(statement, 0));
    sqlite3_reset(statement);
    if (code == SQLITE_DONE)
        return STATUS_NOT_FOUND;
    if (code != SQLITE_ROW)
        return sql_fail(reader->base.cx, code, "reading an item");
    *ret_value = value;
    return value.at ? STATUS_OK : STATUS_MEMORY;
}

static Status add_item(Rows *rows, const StoreItem *item)
{
    StoreItem *place = item->space.at && item->key.at && item->value.at ? rows_add(rows) : NULL;
    if (place)
        *place = *item;
    return place ? STATUS_OK : STATUS_MEMORY;
}

Status sqlite_item_list(StoreReader *base, Str space, StoreItem **ret_items, size_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_ITEMS];
    Rows rows = rows_of(reader, sizeof(StoreItem), (StoreSome){SIZE_MAX, SIZE_MAX});
    Status status = STATUS_OK;
    int code = SQLITE_ROW;
    sql_bind_bytes(statement, 1, space);
    while (status == STATUS_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        StoreItem item = {space, arena_str(rows.arena, sql_bytes(statement, 0)),
                          arena_str(rows.arena, sql_bytes(statement, 1))};
        status = add_item(&rows, &item);
    }
    TRY(rows_end(reader, statement, status, code, "reading items"));
    *ret_items = rows.at;
    *ret_count = rows.count;
    return STATUS_OK;
}

Status sqlite_audit_read(StoreReader *base, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                         size_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    TRY(reader_refresh(reader));
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_AUDITS];
    Rows rows = rows_of(reader, sizeof(StoreAuditRow), (StoreSome){limit, SIZE_MAX});
    Status status = STATUS_OK;
    int code = SQLITE_ROW;
    sqlite3_bind_int64(statement, 1, (int64_t)from);
    sqlite3_bind_int64(statement, 2, (int64_t)limit);
    while (status == STATUS_OK && !rows_full(&rows) &&
           (code = sqlite3_step(statement)) == SQLITE_ROW) {
        StoreAuditRow row = {(uint64_t)sqlite3_column_int64(statement, 0),
                             sqlite3_column_int64(statement, 1),
                             arena_str(rows.arena, sql_bytes(statement, 2)),
                             arena_str(rows.arena, sql_bytes(statement, 3))};
        StoreAuditRow *place = row.entry.at && row.link.at ? rows_add(&rows) : NULL;
        if (place)
            *place = row;
        else
            status = STATUS_MEMORY;
    }
    TRY(rows_end(reader, statement, status, code, "reading audit entries"));
    *ret_rows = rows.at;
    *ret_count = rows.count;
    return STATUS_OK;
}

/* ---- where it ends ------------------------------------------------------------------------- */

static Status highest(SqliteReader *reader, SqlName name, uint64_t *ret_number)
{
    sqlite3_stmt *statement = reader->pooled->connection.statements[name];
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return code == SQLITE_ROW ? STATUS_OK : sql_fail(reader->base.cx, code, "reading its end");
}

Status sqlite_tip(StoreReader *base, StoreTip *ret_tip)
{
    SqliteReader *reader = sqlite_reader(base);
    TRY(reader_refresh(reader)); /* a kept snapshot may lack the latest audit entries */
    StoreTip tip = {.change = reader->seq, .keys = reader->seq};
    TRY(highest(reader, SQL_TIP_AUDIT, &tip.audit));
    TRY(sqlite_job_tip(reader, &tip.job));
    *ret_tip = tip;
    return STATUS_OK;
}

/* ---- changes and items ---------------------------------------------------------------------- */

Status sqlite_scan_changes(StoreReader *base, uint64_t after, StoreSome some,
                           StoreChange **ret_changes, size_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_SCAN_CHANGES];
    Rows rows = rows_of(reader, sizeof(StoreChange), some);
    Status status = STATUS_OK;
    int code = SQLITE_ROW;
    sqlite3_bind_int64(statement, 1, (int64_t)after);
    sqlite3_bind_int64(statement, 2, (int64_t)reader->seq);
    while (status == STATUS_OK && !rows_full(&rows) &&
           (code = sqlite3_step(statement)) == SQLITE_ROW) {
        StoreChange change = {.change = (uint64_t)sqlite3_column_int64(statement, 0)};
        status = read_version(reader, (uint64_t)sqlite3_column_int64(statement, 1),
                              (uint32_t)sqlite3_column_int64(statement, 2), true, &change.row);
        StoreChange *place = status == STATUS_OK ? rows_add(&rows) : NULL;
        if (place)
            *place = change;
        else if (status == STATUS_OK)
            status = STATUS_MEMORY;
    }
    TRY(rows_end(reader, statement, status, code, "reading its changes"));
    *ret_changes = rows.at;
    *ret_count = rows.count;
    return STATUS_OK;
}

Status sqlite_scan_items(StoreReader *base, Str space, Str key, StoreSome some,
                         StoreItem **ret_items, size_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_SCAN_ITEMS];
    Rows rows = rows_of(reader, sizeof(StoreItem), some);
    Status status = STATUS_OK;
    int code = SQLITE_ROW;
    sql_bind_bytes(statement, 1, space);
    sql_bind_bytes(statement, 2, key);
    while (status == STATUS_OK && !rows_full(&rows) &&
           (code = sqlite3_step(statement)) == SQLITE_ROW) {
        Str owner = sql_bytes(statement, 0);
        if (str_eq(owner, OWN_SPACE) || str_eq(owner, EPOCH_SPACE))
            continue; /* epochs begin again with the processes that remember them */
        StoreItem item = {arena_str(rows.arena, sql_bytes(statement, 0)),
                          arena_str(rows.arena, sql_bytes(statement, 1)),
                          arena_str(rows.arena, sql_bytes(statement, 2))};
        status = add_item(&rows, &item);
    }
    TRY(rows_end(reader, statement, status, code, "reading items"));
    *ret_items = rows.at;
    *ret_count = rows.count;
    return STATUS_OK;
}

/* ---- keys ----------------------------------------------------------------------------------- */

typedef struct {
    Rows rows;
    SqliteReader *reader;
    uint64_t after;
    Status status;
} KeyScan;

/* The facts as they are now. */
static Status facts_now(KeyScan *scan, Str key, Str *ret_key)
{
    StoreFactsChange change;
    StoreRow row;
    if (!store_facts_change(key, &change)) {
        *ret_key = arena_str(scan->rows.arena, key);
        return ret_key->at ? STATUS_OK : STATUS_MEMORY;
    }
    TRY(read_version(scan->reader, change.rid, change.version, false, &row));
    *ret_key = store_facts_key(scan->rows.arena, change.rid, change.version, row.facts);
    return ret_key->at ? STATUS_OK : STATUS_MEMORY;
}

static bool take_key(void *to, Str key, uint64_t seq, bool removed)
{
    KeyScan *scan = to;
    if (seq <= scan->after ||
        ((unsigned char)key.at[0] < STORE_KIND_FIRST && key.at[0] != STORE_KIND_FACTS))
        return true;
    StoreKeyChange *place = rows_add(&scan->rows);
    scan->status = place ? facts_now(scan, key, &place->key) : STATUS_MEMORY;
    if (place)
        place->removed = removed;
    return scan->status == STATUS_OK;
}

/* *ret_after: the last change of the chunk. A chunk that does not follow on the one before: the log
 * has been cut off below it. */
static Status take_chunk(Ctx *cx, KeyScan *scan, Str chunk, uint64_t last, uint64_t *ret_after)
{
    LogAt at;
    bool stopped = !log_open(chunk, &at);
    if (!stopped && at.seq > *ret_after + 1)
        return STATUS_NOT_FOUND;
    while (!stopped && log_next(&at, LOG_FIXED | LOG_FACTS, take_key, scan, &stopped))
        continue;
    if (stopped)
        return scan->status != STATUS_OK
                   ? scan->status
                   : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                              "The log of the store's index is damaged: run a check.");
    *ret_after = last;
    return STATUS_OK;
}

Status sqlite_scan_keys(StoreReader *base, uint64_t after, StoreSome some,
                        StoreKeyChange **ret_keys, size_t *ret_count, uint64_t *ret_at)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_PENDING_ABOVE];
    KeyScan scan = {rows_of(reader, sizeof(StoreKeyChange), some), reader, after, STATUS_OK};
    uint64_t at = after;
    Status status = STATUS_OK;
    int code = SQLITE_ROW;
    sqlite3_bind_int64(statement, 1, (int64_t)after);
    while (status == STATUS_OK && !rows_full(&scan.rows) &&
           (code = sqlite3_step(statement)) == SQLITE_ROW)
        status = take_chunk(base->cx, &scan, sql_bytes(statement, 1),
                            (uint64_t)sqlite3_column_int64(statement, 0), &at);
    TRY(rows_end(reader, statement, status, code, "reading the log of its index"));
    if (code == SQLITE_DONE && at < reader->seq)
        return STATUS_NOT_FOUND; /* its end is merged and gone */
    *ret_keys = scan.rows.at;
    *ret_count = scan.rows.count;
    *ret_at = at;
    return STATUS_OK;
}
