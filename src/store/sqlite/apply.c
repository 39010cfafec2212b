/* store/sqlite/apply.c - one commit into the tables, within the writer's open transaction.
 *
 * A commit is checked whole before its first row is written, so a conflict leaves nothing
 * to take back; its audit entry then says that it was one. */
#include "store/sqlite/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite/keys.h"
#include "store/sqlite/log.h"

/* One `pending` row; large enough to be few, small enough not to be felt. */
enum { CHUNK_BYTES = 48 * 1024 };

/* ---- checking -------------------------------------------------------------------------- */

static int table_has(Connection *connection, Str prefix, bool *ret_has)
{
    sqlite3_stmt *statement = connection->statements[SQL_SEEK];
    sql_bind_bytes(statement, 1, prefix);
    int code = sqlite3_step(statement);
    *ret_has = code == SQLITE_ROW && str_has_prefix(sql_bytes(statement, 0), prefix);
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int id_exists(SqliteStore *store, const StoreWrite *write, bool *ret_exists)
{
    char room[KEY_OWN_BYTES_MAX];
    Str prefix = key_of_id(room, write->type, write->id), key;
    *ret_exists = memory_find(atomic_load_explicit(&store->memory.now, memory_order_relaxed),
                              prefix, UINT64_MAX, &key) > 0;
    return *ret_exists ? SQLITE_OK : table_has(&store->writer.connection, prefix, ret_exists);
}

static int write_fits(SqliteStore *store, const StoreWrite *write, bool *ret_fits)
{
    if (write->version == 1) {
        bool exists = false;
        int code = write->id_is_fresh ? SQLITE_OK : id_exists(store, write, &exists);
        *ret_fits = !exists;
        return code;
    }
    sqlite3_stmt *statement = store->writer.connection.statements[SQL_ROW];
    sqlite3_bind_int64(statement, 1, (int64_t)write->rid);
    int code = sqlite3_step(statement);
    *ret_fits = code == SQLITE_ROW && sqlite3_column_int(statement, 0) == write->type &&
                sqlite3_column_int64(statement, 2) == (int64_t)write->version - 1 &&
                str_eq(sql_bytes(statement, 1), write->id);
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int guard_holds(SqliteStore *store, const StoreItem *guard, bool *ret_holds)
{
    sqlite3_stmt *statement = store->writer.connection.statements[SQL_ITEM];
    sql_bind_bytes(statement, 1, guard->space);
    sql_bind_bytes(statement, 2, guard->key);
    int code = sqlite3_step(statement);
    Str value = code == SQLITE_ROW ? sql_bytes(statement, 0) : STR_EMPTY;
    *ret_holds = str_eq(value, guard->value);
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Preparation, epochs and guard: sets commit->status. */
static int check_start(SqliteStore *store, StoreCommit *commit)
{
    const Prepared *prepared = commit->prepared;
    commit->status = prepared ? prepared->status : STATUS_MEMORY;
    commit->conflict = prepared ? prepared->conflict : 0;
    commit->stale = commit->status == STATUS_OK && !epochs_hold(&store->writer.tip, commit);
    if (commit->stale)
        commit->status = STATUS_CONFLICT;
    if (commit->status != STATUS_OK)
        return SQLITE_OK;
    bool fits = true;
    int code = commit->guard ? guard_holds(store, commit->guard, &fits) : SQLITE_OK;
    commit->status = fits ? STATUS_OK : STATUS_CONFLICT;
    return code == SQLITE_OK && fits ? job_check(store, commit) : code;
}

bool apply_check(SqliteStore *store, StoreCommit *commit, size_t *at, Time until, int *ret_code)
{
    int code = *at == 0 ? check_start(store, commit) : SQLITE_OK;
    while (code == SQLITE_OK && commit->status == STATUS_OK && *at < commit->write_count) {
        bool fits = true;
        commit->conflict = *at;
        code = write_fits(store, &commit->writes[(*at)++], &fits);
        commit->status = fits ? STATUS_OK : STATUS_CONFLICT;
        if (time_monotonic() >= until)
            break;
    }
    *ret_code = code;
    return code == SQLITE_OK;
}

/* ---- writing ----------------------------------------------------------------------------- */

static bool add_to_memory(void *to, Str key, uint64_t seq, bool removed)
{
    return memtable_add(to, key, seq, removed);
}

static int flush_chunk(Writer *writer)
{
    if (writer->chunk_len == 0)
        return SQLITE_OK;
    put_uint(writer->chunk, 8, writer->chunk_first);
    sqlite3_stmt *statement = writer->connection.statements[SQL_ADD_PENDING];
    sqlite3_bind_int64(statement, 1, (int64_t)writer->tip.seq);
    sql_bind_bytes(statement, 2, str_n(writer->chunk, LOG_CHUNK_HEAD_BYTES + writer->chunk_len));
    writer->chunk_len = 0;
    return sql_run(statement);
}

/* Keeps the entry for `pending` and puts its keys into memory. */
static int log_entry(Writer *writer, Str entry, uint64_t seq, LogKeys keys)
{
    size_t needed = LOG_CHUNK_HEAD_BYTES + writer->chunk_len + entry.len;
    if (needed > writer->chunk_room) {
        size_t room = needed < CHUNK_BYTES * 2 ? CHUNK_BYTES * 2 : needed * 2;
        char *chunk = realloc(writer->chunk, room);
        if (!chunk)
            return SQLITE_NOMEM;
        writer->chunk = chunk;
        writer->chunk_room = room;
    }
    if (writer->chunk_len == 0)
        writer->chunk_first = seq;
    memcpy(writer->chunk + LOG_CHUNK_HEAD_BYTES + writer->chunk_len, entry.at, entry.len);
    writer->chunk_len += entry.len;
    LogAt at = {entry, seq};
    bool stopped;
    if (!log_next(&at, keys, add_to_memory, writer->active, &stopped))
        return SQLITE_NOMEM;
    return writer->chunk_len >= CHUNK_BYTES ? flush_chunk(writer) : SQLITE_OK;
}

static int add_row(Writer *writer, const StoreWrite *write, Str body, uint64_t seq)
{
    sqlite3_stmt *statement = writer->connection.statements[SQL_ADD_ROW];
    sqlite3_bind_int64(statement, 1, (int64_t)write->rid);
    sqlite3_bind_int(statement, 2, write->type);
    sql_bind_str(statement, 3, write->id);
    sqlite3_bind_int64(statement, 4, write->version);
    sqlite3_bind_int64(statement, 5, (int64_t)seq);
    sqlite3_bind_int64(statement, 6, write->updated);
    sqlite3_bind_int(statement, 7, write->method);
    sql_bind_bytes(statement, 8, write->packed_facts);
    sql_bind_bytes(statement, 9, body);
    return sql_run(statement);
}

static int replace_row(SqliteStore *store, const StoreWrite *write, Str body, uint64_t seq)
{
    Writer *writer = &store->writer;
    rowcache_drop(store->rows, write->rid, seq); /* before anybody can see the new one */
    sqlite3_stmt *keep = writer->connection.statements[SQL_KEEP_ROW];
    sqlite3_bind_int64(keep, 1, (int64_t)write->rid);
    sqlite3_bind_int64(keep, 2, (int64_t)seq);
    int code = sql_run(keep);
    if (code != SQLITE_OK)
        return code;
    sqlite3_stmt *statement = writer->connection.statements[SQL_SET_ROW];
    sqlite3_bind_int64(statement, 1, (int64_t)write->rid);
    sqlite3_bind_int64(statement, 2, write->version);
    sqlite3_bind_int64(statement, 3, (int64_t)seq);
    sqlite3_bind_int64(statement, 4, write->updated);
    sqlite3_bind_int(statement, 5, write->method);
    sql_bind_bytes(statement, 6, write->packed_facts);
    sql_bind_bytes(statement, 7, body);
    return sql_run(statement);
}

static int add_change(Writer *writer, const StoreWrite *write, uint64_t seq)
{
    if (write->updated > writer->tip.latest)
        writer->tip.latest = write->updated;
    sqlite3_stmt *statement = writer->connection.statements[SQL_ADD_CHANGE];
    sqlite3_bind_int64(statement, 1, (int64_t)seq);
    sqlite3_bind_int64(statement, 2, (int64_t)write->rid);
    sqlite3_bind_int64(statement, 3, write->version);
    sqlite3_bind_int64(statement, 4, write->updated);
    sqlite3_bind_int64(statement, 5, writer->tip.latest - write->updated);
    return sql_run(statement);
}

int apply_row(SqliteStore *store, const StoreWrite *write, Str body, uint64_t seq)
{
    Writer *writer = &store->writer;
    int code = write->version == 1 ? add_row(writer, write, body, seq)
                                   : replace_row(store, write, body, seq);
    if (write->version == 1)
        writer->tip.resources++;
    return code == SQLITE_OK ? add_change(writer, write, seq) : code;
}

static int apply_write(SqliteStore *store, const StoreWrite *write, Str body, Str entry,
                       LogKeys keys)
{
    Writer *writer = &store->writer;
    uint64_t seq = ++writer->tip.seq;
    int code = apply_row(store, write, body, seq);
    return code == SQLITE_OK ? log_entry(writer, entry, seq, keys) : code;
}

static int apply_writes(SqliteStore *store, const StoreCommit *commit)
{
    Writer *writer = &store->writer;
    const Prepared *prepared = commit->prepared;
    uint64_t before = writer->tip.seq;
    LogKeys keys = prepared->sorted ? LOG_NUMBERED : LOG_ALL;
    int code = SQLITE_OK;
    for (size_t i = 0; i < commit->write_count && code == SQLITE_OK; i++)
        code =
            apply_write(store, &commit->writes[i], prepared->bodies[i], prepared->entries[i], keys);
    for (size_t i = 0; i < prepared->sorted_count && code == SQLITE_OK; i++) {
        const SortKey *key = &prepared->sorted[i];
        if (!memtable_add(writer->active, sort_key_str(key), before + key->seq, key->removed))
            code = SQLITE_NOMEM;
    }
    return code;
}

/* What the slices have left: all but the creates. */
static int apply_changes(SqliteStore *store, const StoreCommit *commit)
{
    const Prepared *prepared = commit->prepared;
    int code = SQLITE_OK;
    for (size_t i = 0; i < commit->write_count && code == SQLITE_OK; i++) {
        if (commit->writes[i].version != 1)
            code = apply_write(store, &commit->writes[i], prepared->bodies[i], prepared->entries[i],
                               LOG_ALL);
    }
    return code;
}

/* Whether the row still has the version whose keys these are. */
static int rekey_fits(SqliteStore *store, const StoreRekey *rekey, bool *ret_fits)
{
    *ret_fits = true;
    if (!rekey->rid)
        return SQLITE_OK;
    sqlite3_stmt *statement = store->writer.connection.statements[SQL_ROW];
    sqlite3_bind_int64(statement, 1, (int64_t)rekey->rid);
    int code = sqlite3_step(statement);
    *ret_fits = code == SQLITE_ROW &&
                sqlite3_column_int64(statement, 2) == (int64_t)rekey->version &&
                sqlite3_column_int(statement, 5) != STORE_DELETE;
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int replace_facts(SqliteStore *store, const StoreRekey *rekey)
{
    sqlite3_stmt *statement = store->writer.connection.statements[SQL_SET_FACTS];
    rowcache_drop(store->rows, rekey->rid, store->writer.tip.seq); /* as replace_row does */
    sqlite3_bind_int64(statement, 1, (int64_t)rekey->rid);
    sql_bind_bytes(statement, 2, rekey->facts);
    return sql_run(statement);
}

static int apply_rekeys(SqliteStore *store, const StoreCommit *commit)
{
    Writer *writer = &store->writer;
    const Prepared *prepared = commit->prepared;
    int code = SQLITE_OK;
    for (size_t i = 0; i < commit->rekey_count && code == SQLITE_OK; i++) {
        bool fits;
        code = rekey_fits(store, &commit->rekeys[i], &fits);
        if (code != SQLITE_OK || !fits)
            continue;
        writer->tip.rekeys++;
        code = log_entry(writer, prepared->rekeys[i], ++writer->tip.seq, LOG_ALL);
        if (code == SQLITE_OK && commit->rekeys[i].facts.len)
            code = replace_facts(store, &commit->rekeys[i]);
    }
    return code;
}

static int apply_erases(SqliteStore *store, const StoreCommit *commit)
{
    const Prepared *prepared = commit->prepared;
    sqlite3_stmt *statement = store->writer.connection.statements[SQL_ERASE];
    int code = SQLITE_OK;
    for (size_t i = 0; i < commit->erase_count && code == SQLITE_OK; i++) {
        const StoreErase *erase = &commit->erases[i];
        sqlite3_bind_int64(statement, 1, (int64_t)erase->replaced_by);
        sqlite3_bind_int64(statement, 2, (int64_t)erase->rid);
        sqlite3_bind_int64(statement, 3, erase->version);
        sql_bind_bytes(statement, 4, prepared->erases[i]);
        code = sql_run(statement);
    }
    return code;
}

int apply_item(Writer *writer, const StoreItem *item)
{
    sqlite3_stmt *statement =
        writer->connection.statements[item->value.len ? SQL_SET_ITEM : SQL_DROP_ITEM];
    sql_bind_bytes(statement, 1, item->space);
    sql_bind_bytes(statement, 2, item->key);
    if (item->value.len)
        sql_bind_bytes(statement, 3, item->value);
    return sql_run(statement);
}

int apply_audit_row(Writer *writer, const StoreAuditRow *row)
{
    sqlite3_stmt *statement = writer->connection.statements[SQL_ADD_AUDIT];
    writer->tip.audit = row->number;
    if (!chain_read(row->link, &writer->tip.chain))
        writer->tip.chain = (ChainLink){{0}};
    sqlite3_bind_int64(statement, 1, (int64_t)row->number);
    sqlite3_bind_int64(statement, 2, row->at);
    sql_bind_bytes(statement, 3, row->entry);
    sql_bind_bytes(statement, 4, row->link);
    return sql_run(statement);
}

/* A group of one: chain.h. */
static int apply_audit(Writer *writer, Time at, Str entry)
{
    StoreAuditRow row = {.number = writer->tip.audit + 1, .at = at, .entry = entry};
    ChainLink inner = chain_inner((ChainLink){{0}}, at, entry),
              link = chain_outer(writer->tip.chain, row.number, inner);
    row.link = chain_str(&link);
    return apply_audit_row(writer, &row);
}

bool apply_creates(SqliteStore *store, const StoreCommit *commit, size_t *at, const ApplyEnd *end,
                   int *ret_code)
{
    const Prepared *prepared = commit->prepared;
    int code = SQLITE_OK;
    size_t writes = 0, bytes = 0;
    while (code == SQLITE_OK && *at < commit->write_count && writes < end->writes &&
           bytes < end->bytes && time_monotonic() < end->until) {
        size_t i = (*at)++;
        if (commit->writes[i].version != 1)
            continue;
        code = apply_write(store, &commit->writes[i], prepared->bodies[i], prepared->entries[i],
                           LOG_ALL);
        writes++;
        bytes += prepared->bodies[i].len + prepared->entries[i].len;
    }
    if (code == SQLITE_OK)
        code = flush_chunk(&store->writer);
    *ret_code = code;
    return code == SQLITE_OK;
}

void apply_know_ids(SqliteStore *store, const StoreCommit *commit)
{
    for (size_t i = 0; i < commit->write_count; i++) {
        const StoreWrite *write = &commit->writes[i];
        if (write->version == 1)
            idcache_put(&store->ids, write->type, write->id, write->rid);
    }
}

bool apply_rest(SqliteStore *store, const StoreCommit *commit, bool created, int *ret_code)
{
    Writer *writer = &store->writer;
    bool fits = commit->status == STATUS_OK;
    int code = SQLITE_OK;
    if (fits)
        code = created ? apply_changes(store, commit) : apply_writes(store, commit);
    if (fits && code == SQLITE_OK)
        code = apply_rekeys(store, commit);
    if (fits && code == SQLITE_OK)
        code = apply_erases(store, commit);
    for (size_t i = 0; fits && i < commit->item_count && code == SQLITE_OK; i++)
        code = apply_item(writer, &commit->items[i]);
    for (size_t i = 0; fits && i < commit->piece_count && code == SQLITE_OK; i++)
        code = piece_apply(writer, &commit->pieces[i]);
    if (fits && code == SQLITE_OK)
        code = epochs_raise(writer, commit->raises);
    if (fits && code == SQLITE_OK)
        code = job_apply(store, commit);
    Time now = commit->audit_count || commit->conflict_audit.len ? time_now() : 0;
    for (size_t i = 0; fits && i < commit->audit_count && code == SQLITE_OK; i++)
        code = apply_audit(writer, now, commit->audits[i]);
    if (!fits && !commit->stale && commit->conflict_audit.len && code == SQLITE_OK)
        code = apply_audit(writer, now, commit->conflict_audit);
    *ret_code = code;
    return code == SQLITE_OK;
}

bool apply_commit(SqliteStore *store, StoreCommit *commit, int *ret_code)
{
    size_t at = 0;
    if (!apply_check(store, commit, &at, INT64_MAX, ret_code) ||
        !apply_rest(store, commit, false, ret_code))
        return false;
    if (commit->status == STATUS_OK)
        apply_know_ids(store, commit);
    return true;
}

int apply_rekeys_count(Writer *writer)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)writer->tip.rekeys);
    StoreItem item = {OWN_SPACE, REKEYS_KEY, str_n(digits, (size_t)len)};
    return apply_item(writer, &item);
}

bool apply_flush(SqliteStore *store, int *ret_code)
{
    Writer *writer = &store->writer;
    int code = flush_chunk(writer);
    if (code == SQLITE_OK && writer->tip.seq != writer->durable.seq) {
        sqlite3_stmt *statement = writer->connection.statements[SQL_SET_HEAD];
        sqlite3_bind_int64(statement, 1, (int64_t)writer->tip.seq);
        sqlite3_bind_int64(statement, 2, (int64_t)writer->tip.resources);
        sqlite3_bind_int64(statement, 3, writer->tip.latest);
        code = sql_run(statement);
    }
    if (code == SQLITE_OK && writer->tip.rekeys != writer->durable.rekeys)
        code = apply_rekeys_count(writer);
    *ret_code = code;
    return code == SQLITE_OK;
}
