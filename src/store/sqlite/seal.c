/* store/sqlite/seal.c - what a move asks of a store: sealing it, keeping its log of keys, and
 * saying what it may be opened for.
 *
 * Three items of the store itself remember a move over restarts: "moved" in a source that was
 * left, "keys-from" in one that is followed, "filling" in a target that is not complete. */
#include "store/sqlite/engine.h"

#include <stdio.h>

#define MOVED_KEY     STR("moved")
#define KEYS_FROM_KEY STR("keys-from")

/* ---- opening ------------------------------------------------------------------------------ */

/* Through the writer's connection: nobody else has the store yet. at = NULL: absent. */
static Status own_item(Ctx *cx, SqliteStore *store, Str key, Str *ret_value)
{
    sqlite3_stmt *statement = store->writer.connection.statements[SQL_ITEM];
    sql_bind_bytes(statement, 1, OWN_SPACE);
    sql_bind_bytes(statement, 2, key);
    int code = sqlite3_step(statement);
    *ret_value =
        code == SQLITE_ROW ? arena_str(cx->arena, sql_bytes(statement, 0)) : (Str){NULL, 0};
    sqlite3_reset(statement);
    if (code == SQLITE_ROW && !ret_value->at)
        return STATUS_MEMORY;
    return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK
                                                     : sql_fail(cx, code, "reading an item");
}

static Status is_empty(Ctx *cx, SqliteStore *store, bool *ret_empty)
{
    sqlite3_stmt *statement = store->writer.connection.statements[SQL_SCAN_ITEMS];
    sql_bind_bytes(statement, 1, STR_EMPTY);
    sql_bind_bytes(statement, 2, STR_EMPTY);
    int code = sqlite3_step(statement);
    *ret_empty = code == SQLITE_DONE && !store->writer.tip.seq && !store->writer.tip.audit;
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? STATUS_OK
               : sql_fail(cx, code, "looking whether it is empty");
}

static Status begin_filling(Ctx *cx, SqliteStore *store)
{
    bool empty;
    StoreItem item = {OWN_SPACE, FILLING_KEY, STR(FILLING_BEGUN)};
    TRY(is_empty(cx, store, &empty));
    if (!empty)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "The store %s is not empty: only an empty one can be filled.", store->path);
    int code = apply_item(&store->writer, &item);
    return code == SQLITE_OK ? STATUS_OK : sql_fail(cx, code, "beginning to be filled");
}

static Status use_fill(Ctx *cx, SqliteStore *store, Str filling, Str moved)
{
    if (store->read_only)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A store that is read cannot be filled.");
    if (moved.at)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "The store %s was moved away; it cannot be filled.", store->path);
    return filling.at ? STATUS_OK : begin_filling(cx, store);
}

Status file_use_begin(Ctx *cx, SqliteStore *store, StoreUse use)
{
    Str filling, moved, keys_from;
    uint64_t from;
    TRY(own_item(cx, store, FILLING_KEY, &filling));
    TRY(own_item(cx, store, MOVED_KEY, &moved));
    TRY(own_item(cx, store, KEYS_FROM_KEY, &keys_from));
    if (keys_from.at && str_to_u64(keys_from, &from))
        atomic_store(&store->keys_from, from);
    if (use == STORE_FILL)
        return use_fill(cx, store, filling, moved);
    if (filling.at)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The store %s is being filled by aceso move and is not complete: run that "
                        "to its end, or remove the store.",
                        store->path);
    if (moved.at && use == STORE_SERVE && !store->read_only)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The store %s was moved to " STR_FMT ": serve that one. If it was never "
                        "served there, aceso move --cancel takes this one back.",
                        store->path, STR_ARG(moved));
    store->writer.sealed = moved.at != NULL;
    return STATUS_OK;
}

/* ---- in service --------------------------------------------------------------------------- */

static Status commit_own(SqliteStore *store, Ctx *cx, const Access *access, const StoreItem *item)
{
    StoreCommit commit = {.items = item, .item_count = item != NULL};
    Status status = store_commit_by(sqlite_submit_sealed, &store->base, cx, access, &commit);
    return status == STATUS_OK ? STATUS_OK
                               : ctx_fail(cx, status, STR_EMPTY,
                                          "The store %s could not write down what is to become of "
                                          "it.",
                                          store->path);
}

static void set_sealed(Writer *writer, bool sealed)
{
    pthread_mutex_lock(&writer->lock);
    writer->sealed = sealed;
    pthread_mutex_unlock(&writer->lock);
}

/* The queue is first in, first out: behind a commit of its own nothing is on its way. */
Status sqlite_seal(Store *base, Ctx *cx, const Access *access, StoreSeal seal, Str words)
{
    SqliteStore *store = sqlite_store(base);
    StoreItem item = {OWN_SPACE, MOVED_KEY, seal == STORE_MOVED ? words : STR_EMPTY};
    if (seal != STORE_UNSEALED)
        set_sealed(&store->writer, true);
    Status status = commit_own(store, cx, access, seal == STORE_SEALED ? NULL : &item);
    if (seal == STORE_UNSEALED && status == STATUS_OK)
        set_sealed(&store->writer, false);
    return status;
}

Status sqlite_moved_to(StoreReader *reader, Str *ret_words)
{
    Status status = sqlite_item_get(reader, OWN_SPACE, MOVED_KEY, ret_words);
    if (status == STATUS_NOT_FOUND)
        *ret_words = STR_EMPTY;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* What is merged by now may be gone from the log, but nothing above that. */
static Status begin_log(SqliteStore *store, Ctx *cx, const Access *access)
{
    uint64_t from = atomic_load(&store->published), none = UINT64_MAX;
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)from);
    StoreItem item = {OWN_SPACE, KEYS_FROM_KEY, str_n(digits, (size_t)len)};
    if (!atomic_compare_exchange_strong(&store->keys_from, &none, from))
        return STATUS_OK;
    return commit_own(store, cx, access, &item);
}

Status sqlite_log_keys(Store *base, Ctx *cx, const Access *access, bool on)
{
    SqliteStore *store = sqlite_store(base);
    StoreItem item = {OWN_SPACE, KEYS_FROM_KEY, STR_EMPTY};
    if (on)
        return begin_log(store, cx, access);
    TRY(commit_own(store, cx, access, &item));
    atomic_store(&store->keys_from, UINT64_MAX);
    atomic_store(&store->keys_dropped, true);
    return STATUS_OK;
}
