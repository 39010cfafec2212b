/* store/sqlite/epoch.c - the epochs of store.h: items of the space "epoch", each a number. The
 * writer has them in memory, with where the log ends. */
#include "store/sqlite/engine.h"

#include <stdio.h>

static const Str names[STORE_EPOCHS] = {
    [STORE_EPOCH_INDEX] = STR_INIT("index"),
    [STORE_EPOCH_AUTH] = STR_INIT("auth"),
    [STORE_EPOCH_ACCESS] = STR_INIT("access"),
};

void epochs_read(sqlite3_stmt *item, uint64_t epochs[STORE_EPOCHS])
{
    for (size_t i = 0; i < STORE_EPOCHS; i++) {
        epochs[i] = 1; /* until it is raised for the first time */
        sql_bind_bytes(item, 1, EPOCH_SPACE);
        sql_bind_bytes(item, 2, names[i]);
        if (sqlite3_step(item) == SQLITE_ROW)
            (void)str_to_u64(sql_bytes(item, 0), &epochs[i]);
        sqlite3_reset(item);
    }
}

bool epochs_hold(const Tip *tip, const StoreCommit *commit)
{
    for (size_t i = 0; i < STORE_EPOCHS; i++) {
        if (commit->epochs[i] && commit->epochs[i] != tip->epochs[i])
            return false;
    }
    return true;
}

int epochs_raise(Writer *writer, unsigned raises)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < STORE_EPOCHS && code == SQLITE_OK; i++) {
        char digits[24];
        if (!(raises & 1u << i))
            continue;
        int len =
            snprintf(digits, sizeof(digits), "%llu", (unsigned long long)++writer->tip.epochs[i]);
        StoreItem item = {EPOCH_SPACE, names[i], str_n(digits, (size_t)len)};
        code = apply_item(writer, &item);
    }
    return code;
}

/* ---- of a snapshot ---------------------------------------------------------------------- */

Status sqlite_mark(StoreReader *base, StoreMark *ret_mark)
{
    SqliteReader *reader = sqlite_reader(base);
    ret_mark->change = reader->seq;
    epochs_read(reader->pooled->connection.statements[SQL_ITEM], ret_mark->epochs);
    return STATUS_OK;
}

Status sqlite_last_rid(StoreReader *base, uint64_t *ret_rid)
{
    sqlite3_stmt *statement = sqlite_reader(base)->pooled->connection.statements[SQL_LAST_RID];
    int code = sqlite3_step(statement);
    *ret_rid = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return code == SQLITE_ROW ? STATUS_OK : sql_fail(base->cx, code, "reading its last resource");
}
