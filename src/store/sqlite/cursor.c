/* store/sqlite/cursor.c - index keys of memory and table as one ordered stream.
 *
 * Two sources: memory (heads.c), then the table. The smallest key wins; on a key that both
 * have, memory has the word, and when it says "removed" the key is passed over. A merge writes
 * into the table what memory still has, which changes nothing here: reading both gives the same
 * answer. Backwards it is the same with the largest.
 *
 * Lists that are taken whole are walked within one step of SQLite: a function of ours looks at each
 * key of the table up to the one that memory has next, and copies what is wanted of it (SQL_TAKE).
 * To give out a key costs three times as much. */
#include "store/sqlite/engine.h"

#include <stdlib.h>

typedef struct {
    StoreCursor base;
    SqliteReader *reader;
    MemoryHeads memory;
    sqlite3_stmt *forward, *backward; /* NULL until first used */
    sqlite3_stmt *table;              /* the one of them that walks */
    Str table_key;                    /* at = NULL: at the end */
    bool table_used;                  /* its key was given out: step before looking again */
    Str from;                         /* where to seek before the next key, when seek is set */
    char *from_room;                  /* twice STORE_KEY_BYTES_MAX: from, prefix */
    bool seek, anywhere;              /* anywhere: nothing was sought, a walk begins at an end */
    bool takes;                       /* forward is SQL_TAKE */
} SqliteCursor;

static SqliteCursor *sqlite_cursor_of(StoreCursor *base)
{
    return (SqliteCursor *)base;
}

static sqlite3_stmt *take_seek(Connection *connection, Seeks *seeks, SqlName name)
{
    if (seeks->used < seeks->count)
        return seeks->at[seeks->used++];
    if (seeks->count == seeks->room) {
        size_t room = seeks->room ? seeks->room * 2 : 16;
        sqlite3_stmt **at = realloc(seeks->at, room * sizeof(*at));
        if (!at)
            return NULL;
        seeks->at = at;
        seeks->room = room;
    }
    sqlite3_stmt *statement = connection_statement(connection, name);
    if (statement) {
        seeks->at[seeks->count++] = statement;
        seeks->used++;
    }
    return statement;
}

Status sqlite_cursor(StoreReader *base, Str prefix, StoreCursor **ret_cursor)
{
    SqliteReader *reader = sqlite_reader(base);
    SqliteCursor *cursor = arena_new_of(reader->base.cx->arena, SqliteCursor);
    if (!cursor)
        return STATUS_MEMORY;
    *cursor =
        (SqliteCursor){.base.engine = &sqlite_engine, .reader = reader, .memory.reader = reader};
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
    cursor->memory.prefix = cursor->from = str_n(memmove(room, prefix.at, prefix.len), prefix.len);
    cursor->seek = cursor->anywhere = true;
    return STATUS_OK;
}

Status sqlite_cursor_seek(StoreCursor *base, Str key)
{
    SqliteCursor *cursor = sqlite_cursor_of(base);
    assert(key.len <= STORE_KEY_BYTES_MAX);
    if (str_cmp(key, cursor->memory.prefix) < 0)
        key = cursor->memory.prefix;
    memmove(cursor->from_room, key.at, key.len);
    cursor->from = str_n(cursor->from_room, key.len);
    cursor->seek = true;
    cursor->anywhere = false;
    return STATUS_OK;
}

/* Most prefixes are between 8 and 16 bytes long; looked at for each key. */
static inline bool begins_with(Str key, Str prefix)
{
    uint64_t a, b;
    if (prefix.len < sizeof(a) || prefix.len > 2 * sizeof(a) || key.len < prefix.len)
        return str_has_prefix(key, prefix);
    memcpy(&a, key.at + prefix.len - sizeof(a), sizeof(a));
    memcpy(&b, prefix.at + prefix.len - sizeof(b), sizeof(b));
    if (a != b)
        return false;
    memcpy(&a, key.at, sizeof(a));
    memcpy(&b, prefix.at, sizeof(b));
    return a == b;
}

static Status step_table(SqliteCursor *cursor)
{
    cursor->table_used = false;
    int code = sqlite3_step(cursor->table);
    if (code == SQLITE_ROW) {
        cursor->table_key = sql_bytes(cursor->table, 0);
        if (begins_with(cursor->table_key, cursor->memory.prefix))
            return STATUS_OK;
    }
    sqlite3_reset(cursor->table);
    cursor->table_key = (Str){NULL, 0};
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? STATUS_OK
               : sql_fail(cursor->reader->base.cx, code, "reading the index");
}

static Status seek_table(SqliteCursor *cursor, sqlite3_stmt *table, Str key)
{
    if (!table)
        return ctx_fail(cursor->reader->base.cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The store could not prepare another cursor.");
    cursor->table = table;
    sqlite3_reset(table);
    sql_bind_bytes(table, 1, key);
    cursor->seek = false;
    return step_table(cursor);
}

static Status seek_forward(SqliteCursor *cursor)
{
    PooledConnection *pooled = cursor->reader->pooled;
    heads_seek(&cursor->memory, cursor->from);
    if (!cursor->forward)
        cursor->forward = take_seek(&pooled->connection, &pooled->forward, SQL_SEEK);
    return seek_table(cursor, cursor->forward, cursor->from);
}

static Status seek_backward(SqliteCursor *cursor)
{
    PooledConnection *pooled = cursor->reader->pooled;
    Str prefix = cursor->memory.prefix;
    if (cursor->anywhere) { /* behind the last key that the prefix can have */
        memmove(cursor->from_room, prefix.at, prefix.len);
        memset(cursor->from_room + prefix.len, 0xff, STORE_KEY_BYTES_MAX - prefix.len);
        cursor->from = str_n(cursor->from_room, STORE_KEY_BYTES_MAX);
    }
    heads_before(&cursor->memory, cursor->from);
    if (!cursor->backward)
        cursor->backward = take_seek(&pooled->connection, &pooled->backward, SQL_SEEK_BACK);
    return seek_table(cursor, cursor->backward, cursor->from);
}

/* Whether memory has the word on what comes next, and whether the table has that key too. */
static bool memory_leads(const SqliteCursor *cursor, bool back, bool *ret_both)
{
    *ret_both = false;
    if (!cursor->memory.key.at || !cursor->table_key.at)
        return cursor->memory.key.at != NULL;
    int order = str_cmp(cursor->memory.key, cursor->table_key);
    *ret_both = order == 0;
    return back ? order >= 0 : order <= 0;
}

Status sqlite_cursor_next(StoreCursor *base, Str *ret_key)
{
    SqliteCursor *cursor = sqlite_cursor_of(base);
    bool both;
    if (cursor->seek)
        TRY(seek_forward(cursor));
    for (;;) {
        if (cursor->table_used)
            TRY(step_table(cursor));
        if (!memory_leads(cursor, false, &both)) {
            cursor->table_used = cursor->table_key.at != NULL;
            *ret_key = cursor->table_key;
            return STATUS_OK;
        }
        Str key = cursor->memory.key;
        bool removed = cursor->memory.removed;
        cursor->table_used = both;
        heads_next(&cursor->memory);
        if (!removed) {
            *ret_key = key;
            return STATUS_OK;
        }
    }
}

Status sqlite_cursor_prev(StoreCursor *base, Str *ret_key)
{
    SqliteCursor *cursor = sqlite_cursor_of(base);
    bool both;
    if (cursor->seek)
        TRY(seek_backward(cursor));
    for (;;) {
        if (cursor->table_used)
            TRY(step_table(cursor));
        if (!memory_leads(cursor, true, &both)) {
            cursor->table_used = cursor->table_key.at != NULL;
            *ret_key = cursor->table_key;
            return STATUS_OK;
        }
        Str key = cursor->memory.key;
        bool removed = cursor->memory.removed;
        cursor->table_used = both;
        heads_before(&cursor->memory, key);
        if (!removed) {
            *ret_key = key;
            return STATUS_OK;
        }
    }
}

/* ---- many at once ------------------------------------------------------------------------ */

static void stops(sqlite3_context *context, int count, sqlite3_value **values)
{
    Taker *taker = sqlite3_user_data(context);
    bool takes = false;
    UNUSED(count);
    if (taker->left) {
        const char *at = sqlite3_value_blob(values[0]);
        Str key = str_n(at ? at : "", (size_t)sqlite3_value_bytes(values[0]));
        takes = key.len >= taker->bytes && begins_with(key, taker->prefix) &&
                (!taker->before.at || str_cmp(key, taker->before) < 0);
        if (takes) {
            memcpy(taker->to, key.at + key.len - taker->bytes, taker->bytes);
            taker->to += taker->bytes;
            taker->left--;
        }
    }
    sqlite3_result_int(context, !takes);
}

Status connection_takes(Ctx *cx, Connection *connection)
{
    int code = sqlite3_create_function_v2(connection->db, "aceso_stops", 1,
                                          SQLITE_UTF8 | SQLITE_DIRECTONLY, &connection->taker,
                                          stops, NULL, NULL, NULL);
    return code == SQLITE_OK ? STATUS_OK : sql_fail(cx, code, "opening a reader");
}

/* Where it is about to seek anyhow. */
static void walk_by_taking(SqliteCursor *cursor)
{
    PooledConnection *pooled = cursor->reader->pooled;
    if (cursor->takes || !cursor->seek)
        return;
    if (cursor->forward)
        sqlite3_reset(cursor->forward);
    cursor->forward = take_seek(&pooled->connection, &pooled->takes, SQL_TAKE);
    cursor->takes = cursor->forward != NULL;
}

/* Those of the table behind the one that was given out, up to what memory has next. */
static Status take_run(SqliteCursor *cursor, size_t bytes, size_t max, char *to, size_t *ret_count)
{
    Taker *taker = &cursor->reader->pooled->connection.taker;
    *taker = (Taker){cursor->memory.prefix, cursor->memory.key, to, bytes, max};
    Status status = step_table(cursor);
    *ret_count = max - taker->left;
    *taker = (Taker){.left = 0};
    return status;
}

Status sqlite_cursor_tails(StoreCursor *base, size_t bytes, size_t max, void *ret_tails,
                           size_t *ret_count)
{
    SqliteCursor *cursor = sqlite_cursor_of(base);
    char *to = ret_tails;
    size_t count = 0, run;
    *ret_count = 0;
    walk_by_taking(cursor);
    while (count < max) {
        Str key;
        TRY(sqlite_cursor_next(base, &key));
        if (!key.at)
            break;
        assert(key.len >= bytes);
        memcpy(to + bytes * count++, key.at + key.len - bytes, bytes);
        if (!cursor->takes || !cursor->table_used || count == max)
            continue;
        TRY(take_run(cursor, bytes, max - count, to + bytes * count, &run));
        count += run;
    }
    *ret_count = count;
    return STATUS_OK;
}
