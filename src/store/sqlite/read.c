/* store/sqlite/read.c - rows of a snapshot and their histories. */
#include "store/sqlite/engine.h"
#include "store/sqlite/keys.h"

static Status damaged(Ctx *cx, const char *what)
{
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "%s in the store is damaged: run a check.",
                    what);
}

Status row_unpack(SqliteStore *store, Ctx *cx, Unpacker *unpacker, Str packed, StoreRow *row)
{
    row->body = STR_EMPTY;
    if (row->deleted)
        return STATUS_OK;
    Status status = bodies_unpack(store->bodies, unpacker, cx->arena, packed, &row->body);
    return status == STATUS_INVALID ? damaged(cx, "A resource") : status;
}

/* seq is what made this version: the number of its change. */
static Status read_page(SqliteReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row,
                        uint64_t *ret_seq)
{
    sqlite3_stmt *statement =
        reader->pooled->connection.statements[with_body ? SQL_ROW_BODY : SQL_ROW];
    sqlite3_bind_int64(statement, 1, (int64_t)rid);
    int code = sqlite3_step(statement);
    Status status = code == SQLITE_DONE  ? STATUS_NOT_FOUND
                    : code != SQLITE_ROW ? sql_fail(reader->base.cx, code, "reading a resource")
                                         : STATUS_OK;
    if (status == STATUS_OK) {
        StoreRow row = {.rid = rid};
        row.type = (uint16_t)sqlite3_column_int(statement, 0);
        row.id = arena_str(reader->base.cx->arena, sql_bytes(statement, 1));
        row.version = (uint32_t)sqlite3_column_int64(statement, 2);
        *ret_seq = (uint64_t)sqlite3_column_int64(statement, 3);
        row.updated = sqlite3_column_int64(statement, 4);
        row.method = (uint8_t)sqlite3_column_int(statement, 5);
        row.deleted = row.method == STORE_DELETE;
        row.change = *ret_seq;
        row.facts = arena_str(reader->base.cx->arena, sql_bytes(statement, 6));
        status = *ret_seq > reader->seq ? STATUS_NOT_FOUND /* of a commit that is not complete */
                 : row.id.at && row.facts.at ? STATUS_OK
                                             : STATUS_MEMORY;
        if (status == STATUS_OK && with_body)
            status = row_unpack(reader->store, reader->base.cx, &reader->pooled->unpacker,
                                sql_bytes(statement, 7), &row);
        if (status == STATUS_OK && with_body && !reader->past_caches)
            rowcache_put(reader->store->rows, (RowSnapshot){.seq = reader->seq}, &row, *ret_seq,
                         sql_bytes(statement, 7));
        *ret_row = row;
    }
    sqlite3_reset(statement);
    return status;
}

/* The current row: from memory, else from its page. */
static Status read_row(SqliteReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row,
                       uint64_t *ret_seq)
{
    Str packed;
    if (reader->past_caches ||
        !rowcache_get(reader->store->rows, rid, (RowSnapshot){.seq = reader->seq},
                      reader->base.cx->arena, ret_row, with_body ? &packed : NULL, ret_seq))
        return read_page(reader, rid, with_body, ret_row, ret_seq);
    ret_row->change = *ret_seq;
    return with_body ? row_unpack(reader->store, reader->base.cx, &reader->pooled->unpacker, packed,
                                  ret_row)
                     : STATUS_OK;
}

/* An old version of the resource whose current row is `now`, by the change that replaced it. */
static Status read_old(SqliteReader *reader, const StoreRow *now, uint64_t replaced_by,
                       bool with_body, StoreRow *ret_row, uint64_t *ret_seq)
{
    sqlite3_stmt *statement =
        reader->pooled->connection.statements[with_body ? SQL_HISTORY_BODY : SQL_HISTORY];
    sqlite3_bind_int64(statement, 1, (int64_t)replaced_by);
    int code = sqlite3_step(statement);
    Status status = STATUS_OK;
    if (code != SQLITE_ROW)
        status = code == SQLITE_DONE ? damaged(reader->base.cx, "A history")
                                     : sql_fail(reader->base.cx, code, "reading a version");
    if (status == STATUS_OK) {
        StoreRow row = {.rid = now->rid, .type = now->type, .id = now->id};
        row.version = (uint32_t)sqlite3_column_int64(statement, 1);
        *ret_seq = (uint64_t)sqlite3_column_int64(statement, 2);
        row.updated = sqlite3_column_int64(statement, 3);
        row.method = (uint8_t)sqlite3_column_int(statement, 4);
        row.deleted = row.method == STORE_DELETE;
        row.change = *ret_seq;
        row.facts = arena_str(reader->base.cx->arena, sql_bytes(statement, 5));
        if (!row.facts.at)
            status = STATUS_MEMORY;
        else if (with_body)
            status = row_unpack(reader->store, reader->base.cx, &reader->pooled->unpacker,
                                sql_bytes(statement, 6), &row);
        *ret_row = row;
    }
    sqlite3_reset(statement);
    return status;
}

/* The first key with this prefix; at = NULL when there is none. For keys that are never
 * removed: when memory knows one, the table need not be asked. */
static Status find_key(SqliteReader *reader, Str prefix, char *room, Str *ret_key)
{
    Str key = {NULL, 0};
    if (memory_find(reader->view, prefix, reader->seq, &key) > 0) {
        *ret_key = key;
        return STATUS_OK;
    }
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_SEEK];
    sql_bind_bytes(statement, 1, prefix);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW && str_has_prefix(sql_bytes(statement, 0), prefix)) {
        key = sql_bytes(statement, 0);
        if (key.len > KEY_OWN_BYTES_MAX)
            code = SQLITE_CORRUPT;
        else
            key = str_n(memcpy(room, key.at, key.len), key.len);
    }
    sqlite3_reset(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return sql_fail(reader->base.cx, code, "reading the index");
    *ret_key = key;
    return STATUS_OK;
}

static Status find_rid(SqliteReader *reader, uint16_t type, Str id, uint64_t *ret_rid)
{
    char prefix[KEY_OWN_BYTES_MAX], room[KEY_OWN_BYTES_MAX];
    Str key;
    TRY(find_key(reader, key_of_id(prefix, type, id), room, &key));
    if (!key.at)
        return STATUS_NOT_FOUND;
    *ret_rid = key_tail(key);
    return STATUS_OK;
}

static Status get_with_seq(SqliteReader *reader, uint16_t type, Str id, bool with_body,
                           StoreRow *ret_row, uint64_t *ret_seq)
{
    if (id.len == 0 || id.len > 255)
        return STATUS_NOT_FOUND;
    IdCache *ids = &reader->store->ids;
    uint64_t rid = idcache_get(ids, type, id);
    if (rid) {
        Status status = read_row(reader, rid, with_body, ret_row, ret_seq);
        if (status == STATUS_OK && ret_row->type == type && str_eq(ret_row->id, id))
            return STATUS_OK;
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    TRY(find_rid(reader, type, id, &rid));
    Status status = read_row(reader, rid, with_body, ret_row, ret_seq);
    if (status == STATUS_OK)
        idcache_put(ids, type, id, rid);
    return status == STATUS_NOT_FOUND ? damaged(reader->base.cx, "The index") : status;
}

Status sqlite_get_by_index(SqliteReader *reader, uint16_t type, Str id, StoreRow *ret_row)
{
    uint64_t rid, seq;
    TRY(find_rid(reader, type, id, &rid));
    return read_row(reader, rid, false, ret_row, &seq);
}

Status sqlite_get(StoreReader *base, uint16_t type, Str id, bool with_body, StoreRow *ret_row)
{
    SqliteReader *reader = sqlite_reader(base);
    uint64_t seq;
    return get_with_seq(reader, type, id, with_body, ret_row, &seq);
}

/* From memory without a snapshot: the row as of the last commit that was acknowledged. */
static bool get_from_memory(SqliteStore *store, Ctx *cx, uint16_t type, Str id, StoreRow *ret_row,
                            Str *ret_packed)
{
    uint64_t rid = id.len && id.len <= 255 ? idcache_get(&store->ids, type, id) : 0;
    return rid && !store->read_only &&
           rowcache_get(store->rows, rid, (RowSnapshot){.seq = atomic_load(&store->published)},
                        cx->arena, ret_row, ret_packed, &ret_row->change) &&
           ret_row->type == type && str_eq(ret_row->id, id);
}

Status sqlite_get_now(Store *base, Ctx *cx, const Access *access, uint16_t type, Str id,
                      StoreRow *ret_row)
{
    SqliteStore *store = sqlite_store(base);
    Str packed;
    if (get_from_memory(store, cx, type, id, ret_row, &packed))
        return reader_unpack(store, cx, packed, ret_row);
    StoreReader *reader;
    TRY(sqlite_read_begin(base, cx, access, &reader));
    Status status = sqlite_get(reader, type, id, true, ret_row);
    sqlite_read_end(reader);
    return status;
}

Status sqlite_get_rid(StoreReader *base, uint64_t rid, bool with_body, StoreRow *ret_row)
{
    SqliteReader *reader = sqlite_reader(base);
    uint64_t seq;
    return read_row(reader, rid, with_body, ret_row, &seq);
}

Status sqlite_get_rids(StoreReader *base, const uint64_t *rids, size_t count, bool with_body,
                       StoreRow *ret_rows)
{
    for (size_t i = 0; i < count; i++) {
        Status status = sqlite_get_rid(base, rids[i], with_body, &ret_rows[i]);
        if (status == STATUS_NOT_FOUND)
            ret_rows[i] = (StoreRow){.rid = rids[i]};
        else if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* A version by number, given the current row (which may be it). */
static Status get_old(SqliteReader *reader, const StoreRow *now, uint32_t version, bool with_body,
                      StoreRow *ret_row, uint64_t *ret_seq)
{
    char prefix[KEY_OWN_BYTES_MAX], room[KEY_OWN_BYTES_MAX];
    Str key;
    TRY(find_key(reader, key_of_version(prefix, now->rid, version), room, &key));
    if (!key.at)
        return damaged(reader->base.cx, "The index");
    return read_old(reader, now, key_tail(key), with_body, ret_row, ret_seq);
}

Status sqlite_get_version(StoreReader *base, uint16_t type, Str id, uint32_t version,
                          StoreRow *ret_row)
{
    SqliteReader *reader = sqlite_reader(base);
    StoreRow now;
    uint64_t seq;
    TRY(get_with_seq(reader, type, id, true, &now, &seq));
    if (now.version == version) {
        *ret_row = now;
        return STATUS_OK;
    }
    if (version == 0 || version > now.version)
        return STATUS_NOT_FOUND;
    return get_old(reader, &now, version, true, ret_row, &seq);
}

/* ---- history ----------------------------------------------------------------------- */

typedef struct {
    SqliteReader *reader;
    const StoreHistory *query;
    StoreChange *changes;
    size_t count, room;
} Collected;

static Status collect(Collected *to, const StoreRow *row, uint64_t seq)
{
    to->changes = arena_grow(to->reader->base.cx->arena, to->changes, sizeof(StoreChange),
                             to->count, &to->room, 16);
    if (!to->changes)
        return STATUS_MEMORY;
    to->changes[to->count++] = (StoreChange){seq, *row};
    return STATUS_OK;
}

static bool is_wanted(const StoreHistory *query, uint64_t seq, Time updated)
{
    return (!query->before || seq < query->before) && (!query->since || updated >= query->since) &&
           (!query->until || updated <= query->until);
}

static Status history_of_instance(Collected *to)
{
    const StoreHistory *query = to->query;
    StoreRow now, row;
    uint64_t seq;
    TRY(get_with_seq(to->reader, query->type, query->id, query->with_body, &now, &seq));
    row = now;
    for (uint32_t version = now.version;;) {
        if (is_wanted(query, seq, row.updated))
            TRY(collect(to, &row, seq));
        if (--version == 0 || to->count == query->limit)
            return STATUS_OK;
        TRY(get_old(to->reader, &now, version, query->with_body, &row, &seq));
    }
}

Status read_version(SqliteReader *reader, uint64_t rid, uint32_t version, bool with_body,
                    StoreRow *ret_row)
{
    StoreRow now;
    uint64_t made;
    Status status = read_row(reader, rid, false, &now, &made);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? damaged(reader->base.cx, "A history") : status;
    if (now.version != version)
        return get_old(reader, &now, version, with_body, ret_row, &made);
    *ret_row = now;
    return with_body ? read_row(reader, rid, true, ret_row, &made) : STATUS_OK;
}

/* One row of the log: the version that it made. */
static Status collect_change(Collected *to, uint64_t rid, uint32_t version, uint64_t seq)
{
    StoreRow row;
    TRY(read_version(to->reader, rid, version, to->query->with_body, &row));
    return collect(to, &row, seq);
}

/* STATUS_NOT_FOUND: all further ones are too old. */
static Status consider_change(Collected *to, sqlite3_stmt *statement)
{
    uint64_t seq = (uint64_t)sqlite3_column_int64(statement, 0);
    Time updated = sqlite3_column_int64(statement, 3);
    Time latest = updated + sqlite3_column_int64(statement, 4);
    if (to->query->since && latest < to->query->since)
        return STATUS_NOT_FOUND;
    if (!is_wanted(to->query, seq, updated))
        return ctx_check_deadline(to->reader->base.cx);
    return collect_change(to, (uint64_t)sqlite3_column_int64(statement, 1),
                          (uint32_t)sqlite3_column_int64(statement, 2), seq);
}

static Status history_of_all(Collected *to)
{
    sqlite3_stmt *statement = to->reader->pooled->connection.statements[SQL_CHANGES_BELOW];
    uint64_t before = to->query->before ? to->query->before : to->reader->seq + 1;
    sqlite3_bind_int64(statement, 1, (int64_t)before);
    Status status = STATUS_OK;
    while (status == STATUS_OK && to->count < to->query->limit) {
        int code = sqlite3_step(statement);
        if (code != SQLITE_ROW) {
            status = code == SQLITE_DONE
                         ? STATUS_NOT_FOUND
                         : sql_fail(to->reader->base.cx, code, "reading the history");
            break;
        }
        status = consider_change(to, statement);
    }
    sqlite3_reset(statement);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status history_of_type(Collected *to)
{
    char room[KEY_OWN_BYTES_MAX];
    const StoreHistory *query = to->query;
    sqlite3_stmt *statement = to->reader->pooled->connection.statements[SQL_CHANGE];
    StoreCursor *cursor;
    TRY(sqlite_cursor(&to->reader->base, key_of_changes(room, query->type), &cursor));
    if (query->before)
        TRY(sqlite_cursor_seek(cursor, key_of_change(room, query->type, query->before - 1)));
    Status status = STATUS_OK;
    while (status == STATUS_OK && to->count < query->limit) {
        Str key;
        TRY(sqlite_cursor_next(cursor, &key));
        if (!key.at)
            break;
        sqlite3_bind_int64(statement, 1, (int64_t)key_change_seq(key));
        int code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            status = consider_change(to, statement);
        else
            status = code == SQLITE_DONE
                         ? damaged(to->reader->base.cx, "The index")
                         : sql_fail(to->reader->base.cx, code, "reading the history");
        sqlite3_reset(statement);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

Status sqlite_history(StoreReader *base, const StoreHistory *query, StoreChange **ret_changes,
                      size_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    Collected to = {.reader = reader, .query = query};
    if (query->limit) {
        if (query->id.len)
            TRY(history_of_instance(&to));
        else
            TRY(query->type ? history_of_type(&to) : history_of_all(&to));
    }
    *ret_changes = to.changes;
    *ret_count = to.count;
    return STATUS_OK;
}

/* ---- since ---------------------------------------------------------------------------- */

typedef struct {
    SqliteReader *reader;
    uint64_t after;
    StoreTouch *at;
    size_t count, room, limit;
} Touches;

/* A row of the log; STATUS_NOT_FOUND: enough. */
static Status add_touch(Touches *to, sqlite3_stmt *statement)
{
    uint64_t seq = (uint64_t)sqlite3_column_int64(statement, 0);
    if (seq <= to->after || to->count == to->limit)
        return STATUS_NOT_FOUND;
    to->at = arena_grow(to->reader->base.cx->arena, to->at, sizeof(StoreTouch), to->count,
                        &to->room, 16);
    if (!to->at)
        return STATUS_MEMORY;
    to->at[to->count++] = (StoreTouch){seq, (uint64_t)sqlite3_column_int64(statement, 1),
                                       (uint32_t)sqlite3_column_int64(statement, 2)};
    return STATUS_OK;
}

static Status touches_of_all(Touches *to)
{
    sqlite3_stmt *statement = to->reader->pooled->connection.statements[SQL_CHANGES_BELOW];
    sqlite3_bind_int64(statement, 1, (int64_t)(to->reader->seq + 1));
    Status status = STATUS_OK;
    while (status == STATUS_OK) {
        int code = sqlite3_step(statement);
        status = code == SQLITE_ROW    ? add_touch(to, statement)
                 : code == SQLITE_DONE ? STATUS_NOT_FOUND
                                       : sql_fail(to->reader->base.cx, code, "reading the history");
    }
    sqlite3_reset(statement);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status touches_of_type(Touches *to, uint16_t type)
{
    char room[KEY_OWN_BYTES_MAX];
    sqlite3_stmt *statement = to->reader->pooled->connection.statements[SQL_CHANGE];
    StoreCursor *cursor;
    TRY(store_cursor(&to->reader->base, key_of_changes(room, type), &cursor));
    for (Status status = STATUS_OK; status == STATUS_OK;) {
        Str key;
        TRY(store_cursor_next(cursor, &key));
        if (!key.at || key_change_seq(key) <= to->after || to->count == to->limit)
            return STATUS_OK;
        sqlite3_bind_int64(statement, 1, (int64_t)key_change_seq(key));
        int code = sqlite3_step(statement);
        status = code == SQLITE_ROW    ? add_touch(to, statement)
                 : code == SQLITE_DONE ? damaged(to->reader->base.cx, "The index")
                                       : sql_fail(to->reader->base.cx, code, "reading the history");
        sqlite3_reset(statement);
        TRY(status);
    }
    return STATUS_OK;
}

Status sqlite_changes(StoreReader *base, uint16_t type, uint64_t after, size_t limit,
                      StoreTouch **ret_touches, size_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    Touches to = {.reader = reader, .after = after, .limit = limit};
    if (reader->seq > after)
        TRY(type ? touches_of_type(&to, type) : touches_of_all(&to));
    *ret_touches = to.at;
    *ret_count = to.count;
    return STATUS_OK;
}

Status sqlite_get_rid_version(StoreReader *base, uint64_t rid, uint32_t version, StoreRow *ret_row)
{
    SqliteReader *reader = sqlite_reader(base);
    StoreRow now;
    uint64_t seq;
    TRY(read_row(reader, rid, false, &now, &seq));
    if (version == 0 || version > now.version)
        return STATUS_NOT_FOUND;
    return version == now.version ? read_row(reader, rid, true, ret_row, &seq)
                                  : get_old(reader, &now, version, true, ret_row, &seq);
}
