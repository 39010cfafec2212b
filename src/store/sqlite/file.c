/* store/sqlite/file.c - whole files, and what makes them last. */
#include "store/sqlite/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void close_file(void *thing)
{
    close((int)(intptr_t)thing - 1);
}

/* The file is closed with the arena at the latest. */
static int open_file(Ctx *cx, Str path, int flags)
{
    void **hook = arena_defer(cx->arena, close_file, NULL);
    Str copy = arena_str(cx->arena, path);
    if (!hook || !copy.at)
        return -ENOMEM;
    int file = open(copy.at, flags | O_CLOEXEC, 0600);
    if (file < 0)
        return -errno;
    *hook = (void *)(intptr_t)(file + 1);
    return file;
}

Status file_read(Ctx *cx, Str path, size_t bytes_max, Str *ret_bytes)
{
    int file = open_file(cx, path, O_RDONLY);
    if (file == -ENOENT)
        return STATUS_NOT_FOUND;
    if (file < 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The file " STR_FMT " cannot be read: %s.",
                        STR_ARG(path), strerror(-file));
    char *bytes = arena_alloc_raw(cx->arena, bytes_max + 1);
    if (!bytes)
        return STATUS_MEMORY;
    ssize_t len = read(file, bytes, bytes_max + 1);
    if (len < 0 || (size_t)len > bytes_max)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The file " STR_FMT " cannot be read or is larger than %zu bytes.",
                        STR_ARG(path), bytes_max);
    *ret_bytes = str_n(bytes, (size_t)len);
    return STATUS_OK;
}

Str file_folder(Str path)
{
    size_t len = path.len;
    while (len && path.at[len - 1] != '/')
        len--;
    return len > 1 ? str_n(path.at, len - 1) : len == 1 ? STR("/") : STR(".");
}

Status file_sync_folder(Ctx *cx, Str path)
{
    Str folder = file_folder(path);
    int file = open_file(cx, folder, O_RDONLY | O_DIRECTORY);
    if (file >= 0 && fsync(file) == 0)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "The folder " STR_FMT " could not be made durable.", STR_ARG(folder));
}

Status file_write_new(Ctx *cx, Str path, Str bytes)
{
    int file = open_file(cx, path, O_WRONLY | O_CREAT | O_EXCL);
    if (file == -EEXIST)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY, "The file " STR_FMT " is there already.",
                        STR_ARG(path));
    if (file < 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The file " STR_FMT " cannot be made: %s.",
                        STR_ARG(path), strerror(-file));
    if (write(file, bytes.at, bytes.len) != (ssize_t)bytes.len || fsync(file) != 0)
        return ctx_fail(cx, STATUS_STORAGE, STR_EMPTY,
                        "The file " STR_FMT " cannot be written: %s.", STR_ARG(path),
                        strerror(errno));
    return file_sync_folder(cx, path);
}

static Status copy_bytes(Ctx *cx, Str to, int source, int target)
{
    enum { PIECE = 1 << 20 };
    char *piece = arena_alloc_raw(cx->arena, PIECE);
    if (!piece)
        return STATUS_MEMORY;
    for (ssize_t len; (len = read(source, piece, PIECE)) != 0;) {
        if (len < 0 || write(target, piece, (size_t)len) != len)
            return ctx_fail(cx, STATUS_STORAGE, STR_EMPTY,
                            "The file " STR_FMT " cannot be written: %s.", STR_ARG(to),
                            strerror(errno));
        TRY(ctx_check_deadline(cx));
    }
    if (fsync(target) != 0)
        return ctx_fail(cx, STATUS_STORAGE, STR_EMPTY,
                        "The file " STR_FMT " could not be made durable.", STR_ARG(to));
    return STATUS_OK;
}

Status file_copy_new(Ctx *cx, Str from, Str to)
{
    int source = open_file(cx, from, O_RDONLY);
    if (source < 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The file " STR_FMT " cannot be read: %s.",
                        STR_ARG(from), strerror(-source));
    int target = open_file(cx, to, O_WRONLY | O_CREAT | O_EXCL);
    if (target == -EEXIST)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY, "The file " STR_FMT " is there already.",
                        STR_ARG(to));
    if (target < 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The file " STR_FMT " cannot be made: %s.",
                        STR_ARG(to), strerror(-target));
    return copy_bytes(cx, to, source, target);
}

Status file_rename(Ctx *cx, Str from, Str to)
{
    Str old = arena_str(cx->arena, from), new = arena_str(cx->arena, to);
    if (!old.at || !new.at)
        return STATUS_MEMORY;
    if (rename(old.at, new.at) != 0)
        return ctx_fail(cx, STATUS_STORAGE, STR_EMPTY, "The file " STR_FMT " cannot be made: %s.",
                        STR_ARG(to), strerror(errno));
    return file_sync_folder(cx, to);
}

bool file_exists(Ctx *cx, Str path)
{
    Str copy = arena_str(cx->arena, path);
    return copy.at && access(copy.at, F_OK) == 0;
}

void file_remove(Ctx *cx, Str path)
{
    Str copy = arena_str(cx->arena, path);
    if (copy.at)
        (void)unlink(copy.at);
}
