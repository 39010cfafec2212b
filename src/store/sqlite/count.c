/* store/sqlite/count.c - how many keys a stretch of the index has.
 *
 * The table counts its own within one statement, a fifth of what giving out each would cost;
 * then each word of memory says whether that is one more, one less or what the table has
 * already. When memory has much to say about the stretch, all of it is walked. */
#include "store/sqlite/engine.h"

enum {
    WORDS_FEW = 16,
    WORDS_MAX = 1024,
    ROWS_A_WORD = 6, /* counting them in the table saves what looking for one word costs */
    KEYS_A_RESOURCE = 12,
};

static Status count_table(SqliteReader *reader, Str first, Str last, uint64_t *ret_count)
{
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_COUNT_KEYS];
    sql_bind_bytes(statement, 1, first);
    sql_bind_bytes(statement, 2, last);
    int code = sqlite3_step(statement);
    *ret_count = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return code == SQLITE_ROW ? STATUS_OK : sql_fail(reader->base.cx, code, "counting keys");
}

static Status table_has(SqliteReader *reader, Str key, bool *ret_has)
{
    sqlite3_stmt *statement = reader->pooled->connection.statements[SQL_HAS_KEY];
    sql_bind_bytes(statement, 1, key);
    int code = sqlite3_step(statement);
    *ret_has = code == SQLITE_ROW;
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? STATUS_OK
               : sql_fail(reader->base.cx, code, "looking for a key");
}

static bool is_within(const MemoryHeads *heads, Str last)
{
    return heads->key.at && str_cmp(heads->key, last) <= 0;
}

static size_t count_words(MemoryHeads *heads, Str first, Str last)
{
    size_t words = 0;
    for (heads_seek(heads, first); words < WORDS_MAX && is_within(heads, last); heads_next(heads))
        words++;
    return words;
}

static Status walk(SqliteReader *reader, Str first, Str last, uint64_t *ret_count)
{
    StoreCursor *cursor;
    TRY(sqlite_cursor(&reader->base, STR_EMPTY, &cursor));
    TRY(sqlite_cursor_seek(cursor, first));
    for (*ret_count = 0;; ++*ret_count) {
        Str key;
        TRY(sqlite_cursor_next(cursor, &key));
        if (!key.at || str_cmp(key, last) > 0)
            return STATUS_OK;
        if (*ret_count % 4096 == 4095)
            TRY(ctx_check_deadline(reader->base.cx));
    }
}

/* Whether memory is so large beside the table that walking both is the quicker way anyhow. */
static bool memory_is_large(const SqliteReader *reader)
{
    size_t words = 0;
    for (unsigned i = 0; i < reader->view->count; i++)
        words += memtable_count(reader->view->tables[i]);
    return words * ROWS_A_WORD >
           atomic_load_explicit(&reader->store->stats.resources, memory_order_relaxed) *
               KEYS_A_RESOURCE;
}

Status sqlite_count_keys(StoreReader *base, Str first, Str last, uint64_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    MemoryHeads heads = {.reader = reader, .prefix = STR_EMPTY};
    uint64_t count = 0;
    size_t words = count_words(&heads, first, last);
    if (words > WORDS_FEW && (words == WORDS_MAX || memory_is_large(reader)))
        return walk(reader, first, last, ret_count);
    TRY(count_table(reader, first, last, &count));
    if (words > WORDS_FEW && words * ROWS_A_WORD > count)
        return walk(reader, first, last, ret_count);
    for (heads_seek(&heads, first); words && is_within(&heads, last); heads_next(&heads)) {
        bool has;
        TRY(table_has(reader, heads.key, &has));
        if (heads.removed && has)
            count--;
        else if (!heads.removed && !has)
            count++;
    }
    *ret_count = count;
    return STATUS_OK;
}
