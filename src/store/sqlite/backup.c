/* store/sqlite/backup.c - a copy of a living store, and the way back.
 *
 * A backup is one file and its .key: the pages of one snapshot under the same file key. It is
 * written under another name and gets its own when it is complete and durable. While it runs,
 * its snapshot keeps the WAL from starting over, which costs disk and nothing else. */
#include "store/sqlite/engine.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/file.h"
#include "store/sqlite/keyfile.h"

enum { PAGES_AT_A_TIME = 512, VERIFY_STEPS = 100000 };

static Str with_suffix(Ctx *cx, Str path, const char *suffix)
{
    return arena_format(cx->arena, STR_FMT "%s", STR_ARG(path), suffix);
}

/* ---- backup ------------------------------------------------------------------------------ */

static int copy_pages(Ctx *cx, SqliteReader *reader, Connection *target, StoreProgress progress,
                      void *to)
{
    sqlite3_backup *backup =
        sqlite3_backup_init(target->db, "main", reader->pooled->connection.db, "main");
    if (!backup)
        return sqlite3_extended_errcode(target->db);
    int code;
    do {
        code = sqlite3_backup_step(backup, PAGES_AT_A_TIME);
        int all = sqlite3_backup_pagecount(backup);
        if (progress)
            progress(to, (uint64_t)(all - sqlite3_backup_remaining(backup)), (uint64_t)all);
    } while (code == SQLITE_OK && ctx_check_deadline(cx) == STATUS_OK);
    int finish = sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? finish : code == SQLITE_OK ? SQLITE_INTERRUPT : code;
}

static Status write_backup(SqliteStore *store, Ctx *cx, Str part, StoreProgress progress, void *to)
{
    SqliteReader *reader;
    Connection target;
    ConnectionOptions how = store->connection;
    how.path = part;
    how.create = true;
    how.read_only = false;
    how.vfs = store->vfs;
    TRY(connection_open(cx, &how, &target));
    if (chmod(part.at, 0600) != 0) { /* part ends in a NUL: with_suffix */
        connection_close(&target);
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The backup could not be kept from other users.");
    }
    int code = connection_run(&target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = FULL");
    Status status = code == SQLITE_OK ? reader_begin(store, cx, &reader)
                                      : sql_fail(cx, code, "making the backup");
    if (status == STATUS_OK) {
        code = copy_pages(cx, reader, &target, progress, to);
        sqlite_read_end(&reader->base);
        status = code == SQLITE_OK          ? STATUS_OK
                 : code == SQLITE_INTERRUPT ? STATUS_TIMEOUT
                                            : sql_fail(cx, code, "writing the backup");
    }
    connection_close(&target);
    return status;
}

typedef struct {
    Ctx *cx;
    StoreProgress progress;
    void *to;
} Verifying;

/* A sign of life, and the way to stop it. */
static int still_reading(void *of)
{
    Verifying *verifying = of;
    if (verifying->progress)
        verifying->progress(verifying->to, 1, 1);
    return ctx_check_deadline(verifying->cx) != STATUS_OK;
}

static Status read_back(Verifying *verifying, Connection *copy)
{
    sqlite3_stmt *statement = connection_statement(copy, SQL_CHECK_TABLES);
    unsigned faults = 0;
    int code = SQLITE_ERROR;
    sqlite3_progress_handler(copy->db, VERIFY_STEPS, still_reading, verifying);
    while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW)
        faults += !str_eq(sql_bytes(statement, 0), STR("ok"));
    sqlite3_finalize(statement);
    if (code == SQLITE_INTERRUPT)
        return STATUS_TIMEOUT;
    if (faults || code != SQLITE_DONE)
        return ctx_fail(verifying->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The backup cannot be read back as it was written; it was removed.");
    return STATUS_OK;
}

/* What was written may not be what the disk gives: every page is read again and its code compared,
 * and the tables are looked over, before the backup gets its name. */
static Status verify_backup(SqliteStore *store, Ctx *cx, Str part, StoreProgress progress, void *to)
{
    Verifying verifying = {cx, progress, to};
    Connection copy;
    ConnectionOptions how = store->connection;
    how.path = part;
    how.create = false;
    how.read_only = true;
    how.vfs = store->vfs;
    TRY(connection_open(cx, &how, &copy));
    Status status = read_back(&verifying, &copy);
    connection_close(&copy);
    return status;
}

Status sqlite_backup(Store *base, Ctx *cx, Str to_path, StoreProgress progress, void *to)
{
    SqliteStore *store = sqlite_store(base);
    Str part = with_suffix(cx, to_path, ".part"), key = keyfile_path(cx->arena, to_path);
    Str own_key = keyfile_path(cx->arena, str_of(store->path));
    if (!part.at || !key.at || !own_key.at)
        return STATUS_MEMORY;
    if (file_exists(cx, to_path))
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY, "The file " STR_FMT " is there already.",
                        STR_ARG(to_path));
    file_remove(cx, part); /* of a backup that was cut short */
    Status status = write_backup(store, cx, part, progress, to);
    if (status == STATUS_OK)
        status = verify_backup(store, cx, part, progress, to);
    if (status == STATUS_OK)
        status = file_copy_new(cx, own_key, key);
    if (status == STATUS_OK)
        status = file_rename(cx, part, to_path);
    if (status != STATUS_OK)
        file_remove(cx, part);
    return status;
}

/* ---- restore -------------------------------------------------------------------------------- */

static Status check_copy(Ctx *cx, const StoreOptions *options)
{
    Store *store;
    TRY(sqlite_open(cx, options, &store));
    Status status = sqlite_check(store, cx, NULL, NULL);
    sqlite_close(store);
    return status;
}

/* What the options name besides the recovery code opens it from now on. */
static Status wrap_copy(Ctx *cx, const StoreOptions *copy)
{
    FileKey key;
    Unlocked unlocked;
    int lock = -1;
    StoreOptions secret = *copy;
    secret.recovery = STR_EMPTY;
    TRY(keyfile_open(cx, copy, &key));
    Status status =
        keyfile_replace(cx, copy->address, &(KeyChange){.secret = &secret}, &key, &unlocked, &lock);
    crypto_wipe(&key, sizeof(key));
    crypto_wipe(&unlocked, sizeof(unlocked));
    if (lock >= 0)
        close(lock);
    return status;
}

static Status restore_parts(Ctx *cx, Str from_path, const StoreOptions *options, Str part)
{
    Str from_key = keyfile_path(cx->arena, from_path), part_key = keyfile_path(cx->arena, part);
    Str key = keyfile_path(cx->arena, options->address);
    if (!from_key.at || !part_key.at || !key.at)
        return STATUS_MEMORY;
    file_remove(cx, part);
    file_remove(cx, part_key);
    StoreOptions copy = *options;
    copy.address = part;
    Status status = file_copy_new(cx, from_path, part);
    if (status == STATUS_OK)
        status = file_copy_new(cx, from_key, part_key);
    if (status == STATUS_OK)
        status = check_copy(cx, &copy);
    if (status == STATUS_OK && copy.recovery.len)
        status = wrap_copy(cx, &copy);
    if (status == STATUS_OK)
        status = file_rename(cx, part_key, key);
    if (status == STATUS_OK)
        return file_rename(cx, part, options->address);
    file_remove(cx, part);
    file_remove(cx, part_key);
    return status;
}

Status sqlite_restore(Ctx *cx, Str from_path, const StoreOptions *options)
{
    Str part = with_suffix(cx, options->address, ".part"), wal = with_suffix(cx, from_path, "-wal");
    Str key = keyfile_path(cx->arena, options->address);
    if (!part.at || !wal.at || !key.at)
        return STATUS_MEMORY;
    if (file_exists(cx, options->address) || file_exists(cx, key))
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "There is a store, or its .key file, at " STR_FMT " already.",
                        STR_ARG(options->address));
    if (file_exists(cx, wal))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        STR_FMT " has a -wal file beside it: it is a store in use, or one that"
                                " was not closed, and no backup.",
                        STR_ARG(from_path));
    if (!file_exists(cx, from_path))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "There is no backup at " STR_FMT ".",
                        STR_ARG(from_path));
    return restore_parts(cx, from_path, options, part);
}
