/* store/sqlite/rekeyed.c - the last step of aceso rekey --data: a file under a new key takes the
 * place of the old one.
 *
 *     STORE          the old file, and its .key         becomes STORE.old
 *     STORE.rekeyed  the new one, filled by a move      becomes STORE
 *
 * Nobody may have the old file open then: SQLite takes away what stands beside a name. So it is who
 * opens the store next that does it: it finds a new file that is complete. A new file that is not
 * complete is left for the next aceso rekey --data, and the old one is served.
 *
 * Ended between two renames, it goes on at the next opening: the old file leaves its name before
 * its .key does, and the new one is the last to come, so what is left tells how far it was.
 *
 *     STORE  STORE.key  STORE.rekeyed.key  STORE.rekeyed
 *     old    old        there              there            nothing is done
 *     -      old        there              there            the old file has gone
 *     -      -          there              there            and its .key
 *     -      new        -                  there            the new .key has come
 *     new    new        -                  -                all is done */
#include "store/sqlite/rekeyed.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/sqlite/engine.h"
#include "store/sqlite/file.h"

typedef struct {
    Ctx *cx;
    Str old, new, kept; /* STORE, STORE.rekeyed, STORE.old */
} Names;

static Str with(Ctx *cx, Str path, const char *suffix)
{
    return arena_format(cx->arena, STR_FMT "%s", STR_ARG(path), suffix);
}

static bool name_all(Ctx *cx, Str path, Names *ret_names)
{
    *ret_names = (Names){cx, path, with(cx, path, STORE_REKEYED), with(cx, path, ".old")};
    return ret_names->new.at && ret_names->kept.at;
}

/* ---- renaming ------------------------------------------------------------------------------ */

/* What is not there was moved before. */
static Status give(Ctx *cx, Str from, Str to, const char *suffix)
{
    Str source = with(cx, from, suffix), target = with(cx, to, suffix);
    if (!source.at || !target.at)
        return STATUS_MEMORY;
    return file_exists(cx, source) ? file_rename(cx, source, target) : STATUS_OK;
}

/* The log of the old file must be gone before another file has its name. */
static Status take_place(const Names *n)
{
    Ctx *cx = n->cx;
    if (file_exists(cx, with(cx, n->new, ".key"))) {
        TRY(give(cx, n->old, n->kept, ""));
        TRY(give(cx, n->old, n->kept, "-wal"));
        file_remove(cx, with(cx, n->old, "-shm"));
        TRY(give(cx, n->old, n->kept, ".key"));
        TRY(give(cx, n->new, n->old, ".key"));
    }
    return give(cx, n->new, n->old, "");
}

/* ---- whether it is time -------------------------------------------------------------------- */

static Status open_as(const Names *n, const StoreOptions *options, Str path, StoreUse use,
                      Store **ret_store)
{
    Ctx quiet = {.arena = n->cx->arena}; /* what is wrong is said when it is opened in earnest */
    StoreOptions own = *options;
    own.address = path;
    own.use = use;
    return sqlite_open(&quiet, &own, ret_store);
}

static Str name_of(Str path)
{
    for (size_t slash; (slash = str_index(path, '/')) != SIZE_MAX;)
        path = str_from(path, slash + 1);
    return path;
}

/* Whether the old file was left for the new one, and for no other: false too when somebody has it
 * open. */
static bool was_left(const Names *n, const StoreOptions *options)
{
    Ctx quiet = {.arena = n->cx->arena};
    StoreReader *reader;
    Store *store;
    Str words = STR_EMPTY;
    if (open_as(n, options, n->old, STORE_LEAVE, &store) != STATUS_OK)
        return false;
    if (sqlite_read_begin(store, &quiet, NULL, &reader) == STATUS_OK) {
        if (sqlite_moved_to(reader, &words) != STATUS_OK)
            words = STR_EMPTY;
        sqlite_read_end(reader);
    }
    sqlite_close(store);
    return words.len && str_eq(name_of(words), name_of(n->new));
}

/* Its log goes into the file when the last connection is closed. */
static Status is_complete(const Names *n, const StoreOptions *options, bool *ret_complete)
{
    Store *store;
    *ret_complete = open_as(n, options, n->new, STORE_SERVE, &store) == STATUS_OK;
    if (*ret_complete)
        sqlite_close(store);
    if (*ret_complete && file_exists(n->cx, with(n->cx, n->new, "-wal")))
        return ctx_fail(n->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The file " STR_FMT " was not closed: another process has it open.",
                        STR_ARG(n->new));
    return STATUS_OK;
}

/* A move that ended between its last two steps: the old file was left, the new one is not complete
 * and was never served. Where that is not certain, nothing is done. */
static Status take_back(const Names *n, const StoreOptions *options)
{
    Store *store;
    if (open_as(n, options, n->new, STORE_FILL, &store) != STATUS_OK)
        return STATUS_OK;
    sqlite_close(store);
    if (open_as(n, options, n->old, STORE_LEAVE, &store) != STATUS_OK)
        return STATUS_OK;
    Status status = sqlite_seal(store, n->cx, NULL, STORE_UNSEALED, STR_EMPTY);
    sqlite_close(store);
    return status;
}

/* -1: it cannot be had. */
static int lock_of(Ctx *cx, Str path, int flags)
{
    Str name = arena_str(cx->arena, path);
    int file = name.at ? open(name.at, flags | O_CLOEXEC) : -1;
    if (file < 0 || flock(file, LOCK_EX | LOCK_NB) == 0)
        return file;
    close(file);
    return -1;
}

static Status take_place_alone(const Names *n)
{
    int lock = lock_of(n->cx, with(n->cx, n->old, ".key"), O_RDONLY);
    Status status = lock < 0 ? STATUS_OK : take_place(n);
    if (lock >= 0)
        close(lock);
    return status;
}

static Status finish(const Names *n, const StoreOptions *options)
{
    bool complete;
    if (!file_exists(n->cx, n->old))
        return file_exists(n->cx, n->kept) ? take_place(n) : STATUS_OK;
    if (!was_left(n, options))
        return STATUS_OK;
    TRY(is_complete(n, options, &complete));
    return complete ? take_place_alone(n) : take_back(n, options);
}

/* Who does this at the same moment is left alone. */
Status rekeyed_finish(Ctx *cx, const StoreOptions *options)
{
    Names names;
    if (!name_all(cx, options->address, &names))
        return STATUS_MEMORY;
    if (!file_exists(cx, names.new) || str_has_suffix(options->address, STR(STORE_REKEYED)))
        return STATUS_OK;
    int lock = lock_of(cx, file_folder(options->address), O_RDONLY | O_DIRECTORY);
    Status status = lock < 0 ? STATUS_OK : finish(&names, options);
    if (lock >= 0)
        close(lock);
    return status;
}

bool rekeyed_half_named(Ctx *cx, Str path)
{
    Names names;
    return name_all(cx, path, &names) && file_exists(cx, names.new) && file_exists(cx, names.kept);
}
