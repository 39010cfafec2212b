/* store/sqlite/cursor.c - index keys of memory and table as one ordered stream.
 *
 * Sources, newest first: the memtables of the reader's view, then the table. The smallest
 * key wins; among equal ones the newest source has the word, and when it says "removed" the
 * key is passed over. A merge writes into the table what memory still has, which changes
 * nothing here: reading both gives the same answer. */
#include "store/sqlite/engine.h"

#include <stdlib.h>

typedef struct {
    StoreCursor base;
    SqliteReader *reader;
    Str prefix;
    MemtableAt memory[MEMORY_TABLES_MAX];
    sqlite3_stmt *table; /* NULL until first used */
    Str table_key;       /* at = NULL: at the end */
    bool table_used;     /* its key was given out: step before looking again */
    Str from;            /* where to seek before the next key, when seek is set */
    char *from_room;     /* STORE_KEY_BYTES_MAX bytes */
    bool seek;
} SqliteCursor;

static SqliteCursor *sqlite_cursor_of(StoreCursor *base)
{
    return (SqliteCursor *)base;
}

static sqlite3_stmt *take_seek(PooledConnection *pooled)
{
    if (pooled->seek_used < pooled->seek_count)
        return pooled->seeks[pooled->seek_used++];
    if (pooled->seek_count == pooled->seek_room) {
        size_t room = pooled->seek_room ? pooled->seek_room * 2 : 16;
        sqlite3_stmt **seeks = realloc(pooled->seeks, room * sizeof(*seeks));
        if (!seeks)
            return NULL;
        pooled->seeks = seeks;
        pooled->seek_room = room;
    }
    sqlite3_stmt *statement = connection_statement(&pooled->connection, SQL_SEEK);
    if (statement) {
        pooled->seeks[pooled->seek_count++] = statement;
        pooled->seek_used++;
    }
    return statement;
}

Status sqlite_cursor(StoreReader *base, Str prefix, StoreCursor **ret_cursor)
{
    SqliteReader *reader = sqlite_reader(base);
    SqliteCursor *cursor = arena_new_of(reader->base.cx->arena, SqliteCursor);
    if (!cursor)
        return STATUS_MEMORY;
    *cursor = (SqliteCursor){.base.engine = &sqlite_engine, .reader = reader};
    cursor->from_room = arena_alloc_raw(reader->base.cx->arena, 2 * STORE_KEY_BYTES_MAX);
    if (!cursor->from_room)
        return STATUS_MEMORY;
    *ret_cursor = &cursor->base;
    return sqlite_cursor_again(&cursor->base, prefix);
}

Status sqlite_cursor_again(StoreCursor *base, Str prefix)
{
    SqliteCursor *cursor = sqlite_cursor_of(base);
    assert(prefix.len <= STORE_KEY_BYTES_MAX);
    char *room = cursor->from_room + STORE_KEY_BYTES_MAX;
    cursor->prefix = cursor->from = str_n(memmove(room, prefix.at, prefix.len), prefix.len);
    cursor->seek = true;
    return STATUS_OK;
}

Status sqlite_cursor_seek(StoreCursor *base, Str key)
{
    SqliteCursor *cursor = sqlite_cursor_of(base);
    assert(key.len <= STORE_KEY_BYTES_MAX);
    if (str_cmp(key, cursor->prefix) < 0)
        key = cursor->prefix;
    memmove(cursor->from_room, key.at, key.len);
    cursor->from = str_n(cursor->from_room, key.len);
    cursor->seek = true;
    return STATUS_OK;
}

/* To the newest entry of this or a later key that the snapshot sees, within the prefix. */
static void settle_memory(const SqliteCursor *cursor, MemtableAt *at)
{
    while (!memtable_at_end(at) && memtable_seq(at) > cursor->reader->seq)
        memtable_next(at);
    if (!memtable_at_end(at) && !str_has_prefix(memtable_key(at), cursor->prefix))
        at->node = 0;
}

/* Past all entries of this key. */
static void pass_memory(const SqliteCursor *cursor, MemtableAt *at, Str key)
{
    do
        memtable_next(at);
    while (!memtable_at_end(at) && str_eq(memtable_key(at), key));
    settle_memory(cursor, at);
}

static Status step_table(SqliteCursor *cursor)
{
    cursor->table_used = false;
    int code = sqlite3_step(cursor->table);
    if (code == SQLITE_ROW) {
        cursor->table_key = sql_bytes(cursor->table, 0);
        if (str_has_prefix(cursor->table_key, cursor->prefix))
            return STATUS_OK;
    }
    sqlite3_reset(cursor->table);
    cursor->table_key = (Str){NULL, 0};
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? STATUS_OK
               : sql_fail(cursor->reader->base.cx, code, "reading the index");
}

static Status seek_all(SqliteCursor *cursor)
{
    const MemoryView *view = cursor->reader->view;
    for (unsigned i = 0; i < view->count; i++) {
        cursor->memory[i] = memtable_seek(view->tables[i], cursor->from);
        settle_memory(cursor, &cursor->memory[i]);
    }
    if (!cursor->table && !(cursor->table = take_seek(cursor->reader->pooled)))
        return ctx_fail(cursor->reader->base.cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The store could not prepare another cursor.");
    sqlite3_reset(cursor->table);
    sql_bind_bytes(cursor->table, 1, cursor->from);
    cursor->seek = false;
    return step_table(cursor);
}

/* The smallest head; *ret_removed is what the newest source says of it. */
static Str smallest(const SqliteCursor *cursor, bool *ret_removed)
{
    Str key = {NULL, 0};
    *ret_removed = false;
    for (unsigned i = 0; i < cursor->reader->view->count; i++) {
        const MemtableAt *at = &cursor->memory[i];
        if (memtable_at_end(at) || (key.at && str_cmp(memtable_key(at), key) >= 0))
            continue;
        key = memtable_key(at);
        *ret_removed = memtable_removed(at);
    }
    if (cursor->table_key.at && (!key.at || str_cmp(cursor->table_key, key) < 0)) {
        key = cursor->table_key;
        *ret_removed = false;
    }
    return key;
}

static void pass(SqliteCursor *cursor, Str key)
{
    bool table_too = cursor->table_key.at && str_eq(cursor->table_key, key);
    for (unsigned i = 0; i < cursor->reader->view->count; i++) {
        MemtableAt *at = &cursor->memory[i];
        if (!memtable_at_end(at) && str_eq(memtable_key(at), key))
            pass_memory(cursor, at, key);
    }
    cursor->table_used = table_too; /* last: key may be the table's own */
}

Status sqlite_cursor_next(StoreCursor *base, Str *ret_key)
{
    SqliteCursor *cursor = sqlite_cursor_of(base);
    if (cursor->seek)
        TRY(seek_all(cursor));
    for (;;) {
        if (cursor->table_used)
            TRY(step_table(cursor));
        bool removed;
        Str key = smallest(cursor, &removed);
        if (!key.at) {
            *ret_key = (Str){NULL, 0};
            return STATUS_OK;
        }
        pass(cursor, key);
        if (!removed) {
            *ret_key = key;
            return STATUS_OK;
        }
    }
}
