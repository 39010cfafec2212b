/* store/sqlite/epoch.c - the epochs of store.h: items of the space "epoch", each a number. The
 * writer has them in memory, with where the log ends. */
#include "store/sqlite/engine.h"

#include <stdio.h>

static const Str names[STORE_EPOCHS] = {
    [STORE_EPOCH_INDEX] = STR_INIT("index"),
    [STORE_EPOCH_AUTH] = STR_INIT("auth"),
    [STORE_EPOCH_ACCESS] = STR_INIT("access"),
};

int epochs_read(sqlite3_stmt *item, uint64_t epochs[STORE_EPOCHS])
{
    uint64_t found[STORE_EPOCHS];
    int code = SQLITE_DONE;
    for (size_t i = 0; i < STORE_EPOCHS && (code == SQLITE_DONE || code == SQLITE_ROW); i++) {
        found[i] = 1; /* until it is raised for the first time */
        sql_bind_bytes(item, 1, EPOCH_SPACE);
        sql_bind_bytes(item, 2, names[i]);
        code = sqlite3_step(item);
        if (code == SQLITE_ROW && !str_to_u64(sql_bytes(item, 0), &found[i]))
            code = SQLITE_CORRUPT;
        sqlite3_reset(item);
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return code;
    memcpy(epochs, found, sizeof(found));
    return SQLITE_OK;
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

/* Each request asks several times: read once, and remembered for as long as the snapshot stands. */
Status sqlite_mark(StoreReader *base, StoreMark *ret_mark)
{
    PooledConnection *pooled = sqlite_reader(base)->pooled;
    int code = pooled->epochs[0]
                   ? SQLITE_OK
                   : epochs_read(pooled->connection.statements[SQL_ITEM], pooled->epochs);
    if (code != SQLITE_OK)
        return sql_fail(base->cx, code, "reading its epochs");
    ret_mark->change = sqlite_reader(base)->seq;
    memcpy(ret_mark->epochs, pooled->epochs, sizeof(ret_mark->epochs));
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
