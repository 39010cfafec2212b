/* store/sqlite/open.c - makes, opens and closes a store. */
#include "store/sqlite/engine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/file.h"
#include "store/sqlite/keyfile.h"
#include "store/sqlite/rekeyed.h"

enum { READERS_DEFAULT = 16 };
static const size_t cache_default = (size_t)160 << 20;

/* Copies `s` with malloc; NULL: out of memory. */
static char *store_copy(Str s)
{
    char *copy = malloc(s.len + 1);
    if (!copy)
        return NULL;
    if (s.len)
        memcpy(copy, s.at, s.len);
    copy[s.len] = '\0';
    return copy;
}

/* ---- what kind of file it is --------------------------------------------------------------- */

static Status check_file(Ctx *cx, Str path)
{
    struct stat st;
    Str name = arena_str(cx->arena, path), head;
    if (!name.at)
        return STATUS_MEMORY;
    if (stat(name.at, &st) != 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "There is no store at " STR_FMT ".",
                        STR_ARG(path));
    if (!S_ISREG(st.st_mode))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, STR_FMT " is not a file.", STR_ARG(path));
    if (st.st_size < 4096 || st.st_size % 4096 != 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT " is no store, or was cut off: its size is not a"
                        " whole number of pages.",
                        STR_ARG(path));
    char bytes[16];
    int file = open(name.at, O_RDONLY | O_CLOEXEC);
    ssize_t len = file < 0 ? -1 : pread(file, bytes, sizeof(bytes), 0);
    if (file >= 0)
        close(file);
    head = str_n(bytes, len < 0 ? 0 : (size_t)len);
    if (head.len != sizeof(bytes))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The file " STR_FMT " cannot be read.",
                        STR_ARG(path));
    if (str_eq(head, str_n("SQLite format 3", 16)))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT " is a plain SQLite database: it is not encrypted and"
                        " no store.",
                        STR_ARG(path));
    return STATUS_OK;
}

/* One process at a time writes: the lock is on the .key file, SQLite's are on the store. */
static Status take_lock(Ctx *cx, SqliteStore *store)
{
    Str path = keyfile_path(cx->arena, str_of(store->path));
    if (!path.at)
        return STATUS_MEMORY;
    store->lock_file = open(path.at, O_RDONLY | O_CLOEXEC);
    if (store->lock_file >= 0 && flock(store->lock_file, LOCK_EX | LOCK_NB) == 0)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store %s is open in another process.",
                    store->path);
}

/* ---- create -----------------------------------------------------------------------------------
 */

static Status create_file(Ctx *cx, const ConnectionOptions *how)
{
    Connection connection;
    TRY(connection_open(cx, how, &connection));
    Status status = connection_make_schema(cx, &connection);
    connection_close(&connection); /* the last one: checkpoints and syncs */
    TRY(status);
    if (chmod(how->path.at, 0600) != 0)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The store's file could not be kept from other users.");
    return file_sync_folder(cx, how->path);
}

/* What somebody who was killed while making a store has left behind: nothing was ever in it. Its
 * key had its final name already when the file had not. */
static Status remove_leftovers(Ctx *cx, Str key, Str new_path, Str new_key)
{
    static const char *const beside[] = {"", "-wal", "-shm"};
    if (file_exists(cx, new_path) && file_exists(cx, key) && !file_exists(cx, new_key))
        TRY(file_rename(cx, key, new_key));
    if (file_exists(cx, key))
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY, "The file " STR_FMT " is there already.",
                        STR_ARG(key));
    for (size_t i = 0; i < COUNT_OF(beside); i++)
        file_remove(cx, arena_format(cx->arena, STR_FMT "%s", STR_ARG(new_path), beside[i]));
    file_remove(cx, new_key);
    return STATUS_OK;
}

static Status give_to_owner(Ctx *cx, const SqliteStore *like, Str path, Str key)
{
    TRY(file_give_to_owner(cx, path, str_of(like->path)));
    return file_give_to_owner(cx, key, str_of(like->path));
}

/* Under another name until it is whole. */
Status sqlite_create(Ctx *cx, const StoreOptions *options)
{
    TRY(crypto_init(cx));
    Str path = arena_str(cx->arena, options->address), key = keyfile_path(cx->arena, path),
        new_path = arena_format(cx->arena, STR_FMT ".new", STR_ARG(path)),
        new_key = keyfile_path(cx->arena, new_path);
    if (!path.at || !key.at || !new_key.at)
        return STATUS_MEMORY;
    if (file_exists(cx, path))
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY, "There is a file at " STR_FMT " already.",
                        STR_ARG(path));
    TRY(remove_leftovers(cx, key, new_path, new_key));
    StoreOptions new_options = *options;
    ConnectionOptions how = {.path = new_path, .vfs = options->vfs, .create = true};
    new_options.address = new_path;
    TRY(keyfile_create(cx, &new_options, &how.key));
    Status status = create_file(cx, &how);
    crypto_wipe(&how.key, sizeof(how.key));
    if (status == STATUS_OK && options->like && options->like->engine == &sqlite_engine)
        status = give_to_owner(cx, sqlite_store(options->like), new_path, new_key);
    if (status == STATUS_OK)
        status = file_rename(cx, new_key, key);
    return status == STATUS_OK ? file_rename(cx, new_path, path) : status;
}

/* ---- open and close
 * ------------------------------------------------------------------------------ */

static Status open_parts(Ctx *cx, SqliteStore *store, const StoreOptions *options)
{
    size_t cache = options->cache_bytes ? options->cache_bytes : cache_default;
    unsigned readers = options->readers_max ? options->readers_max : READERS_DEFAULT;
    pool_init(&store->pool, readers, cache / 4);
    store->rows = rowcache_new(cache / 2);
    memory_init(&store->memory);
    store->connection.cache_bytes = cache / 4; /* the writer's; readers have their own */
    store->bodies = bodies_new();
    if (!store->bodies || !store->rows || !idcache_init(&store->ids))
        return STATUS_MEMORY;
    TRY(writer_init(cx, store));
    TRY(file_use_begin(cx, store, options->use));
    store->filling = options->use == STORE_FILL;
    return store->read_only || store->filling ? STATUS_OK : writer_start(cx, store);
}

static Status open_store(Ctx *cx, SqliteStore *store, const StoreOptions *options)
{
    if (!options->read_only && options->use == STORE_SERVE)
        TRY(rekeyed_finish(cx, options));
    TRY(check_file(cx, options->address));
    TRY(keyfile_unlock(cx, options, &store->connection.key, &store->unlocked));
    crypto_keep_in_memory(&store->connection.key, sizeof store->connection.key);
    crypto_keep_in_memory(&store->unlocked, sizeof store->unlocked);
    store->path = store_copy(options->address);
    store->vfs = options->vfs ? store_copy(str_of(options->vfs)) : NULL;
    if (!store->path || (options->vfs && !store->vfs))
        return STATUS_MEMORY;
    store->connection.path = str_of(store->path);
    store->connection.vfs = store->vfs;
    store->memory_bytes = options->memory_bytes;
    store->checkpoint_pages = options->checkpoint_pages;
    store->slice_writes = options->slice_writes;
    store->clock = options->clock ? options->clock : time_now;
    store->connection.synchronous_normal = options->synchronous_normal;
    store->read_only = store->connection.read_only = options->read_only;
    return store->read_only ? STATUS_OK : take_lock(cx, store);
}

static void free_store(SqliteStore *store)
{
    if (store->lock_file >= 0)
        close(store->lock_file);
    crypto_wipe(&store->connection.key, sizeof(store->connection.key));
    crypto_wipe(&store->unlocked, sizeof(store->unlocked));
    free(store->path);
    free(store->vfs);
    free(store);
}

Status sqlite_open(Ctx *cx, const StoreOptions *options, Store **ret_store)
{
    TRY(crypto_init(cx));
    SqliteStore *store = calloc(1, sizeof(SqliteStore));
    if (!store)
        return STATUS_MEMORY;
    store->base.engine = &sqlite_engine;
    store->lock_file = -1;
    store->keys_from = UINT64_MAX;
    Status status = open_store(cx, store, options);
    if (status != STATUS_OK) {
        free_store(store);
        return status;
    }
    status = open_parts(cx, store, options);
    if (status != STATUS_OK) {
        sqlite_close(&store->base);
        return status;
    }
    *ret_store = &store->base;
    return STATUS_OK;
}

void sqlite_close(Store *base)
{
    SqliteStore *store = sqlite_store(base);
    if (!store)
        return;
    writer_stop(store);
    train_join(store);
    copier_clear(store);
    pool_clear(&store->pool);
    writer_clear(store); /* the last connection: SQLite checkpoints */
    memory_clear(&store->memory);
    idcache_clear(&store->ids);
    rowcache_free(store->rows);
    bodies_free(store->bodies);
    free_store(store);
}

/* ---- keys --------------------------------------------------------------------------------- */

/* The lock on the old .key file is not given back before the process ends: somebody may have opened
 * that one a moment ago. */
static Status change_key(SqliteStore *store, Ctx *cx, const KeyChange *change)
{
    if (store->read_only)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The store %s is open in another process.", store->path);
    return keyfile_replace(cx, str_of(store->path), change, &store->connection.key,
                           &store->unlocked, &store->lock_file);
}

Status sqlite_rewrap(Store *base, Ctx *cx, const StoreOptions *secret)
{
    return change_key(sqlite_store(base), cx, &(KeyChange){.secret = secret});
}

Status sqlite_set_recovery(Store *base, Ctx *cx, Str code)
{
    return change_key(sqlite_store(base), cx, &(KeyChange){.recovery = &code});
}

const Unlocked *sqlite_unlocked(Store *base)
{
    return &sqlite_store(base)->unlocked;
}

Status sqlite_reseal(Store *base, Ctx *cx, StoreProgress progress, void *to)
{
    UNUSED(base);
    UNUSED(progress);
    UNUSED(to);
    return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                    "The key of a store file goes with the file: it is moved into a new one.");
}

/* ---- figures
 * -------------------------------------------------------------------------------------- */

void sqlite_stats(Store *base, StoreStats *ret_stats)
{
    SqliteStore *store = sqlite_store(base);
    struct stat st;
    *ret_stats = (StoreStats){
        .resources = atomic_load(&store->stats.resources),
        .changes = atomic_load(&store->stats.changes),
        .audits = atomic_load(&store->stats.audits),
        .commits = atomic_load(&store->stats.commits),
        .groups = atomic_load(&store->stats.groups),
        .file_bytes = stat(store->path, &st) == 0 ? (uint64_t)st.st_size : 0,
        .wal_bytes = atomic_load(&store->stats.wal_bytes),
        .merges = atomic_load(&store->stats.merges),
    };
    if (store->read_only)
        return;
    MemoryView *view = memory_hold(&store->memory);
    for (unsigned i = 0; i < view->count; i++)
        ret_stats->memory_keys += memtable_count(view->tables[i]);
    memory_release(view);
}
