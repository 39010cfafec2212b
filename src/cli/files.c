/* cli/files.c - reading, writing and listing files. */
#include "cli/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL = 16, LIST_DEPTH_MAX = 16 };

static void close_fd(void *fd)
{
    close((int)(intptr_t)fd - 1);
}

/* Opened, and closed with the arena at the latest. */
static Status open_file(Ctx *cx, Str path, int flags, mode_t mode, int *ret_fd)
{
    Str name = arena_str(cx->arena, path);
    void **hook = arena_defer(cx->arena, close_fd, NULL);
    if (!name.at || !hook)
        return STATUS_MEMORY;
    int fd = open(name.at, flags | O_CLOEXEC, mode);
    if (fd < 0)
        return ctx_fail(cx, errno == EEXIST ? STATUS_CONFLICT : STATUS_INVALID, STR_EMPTY,
                        "%s: %s.", name.at, strerror(errno));
    *hook = (void *)(intptr_t)(fd + 1);
    *ret_fd = fd;
    return STATUS_OK;
}

Status cli_file_read(Ctx *cx, Str path, size_t bytes_max, Str *ret_bytes)
{
    int fd;
    struct stat st;
    TRY(open_file(cx, path, O_RDONLY, 0, &fd));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, STR_FMT ": it is not a file.",
                        STR_ARG(path));
    if ((uint64_t)st.st_size > bytes_max)
        return ctx_fail(cx, STATUS_TOO_LARGE, STR_EMPTY, STR_FMT ": larger than %zu bytes.",
                        STR_ARG(path), bytes_max);
    size_t size = (size_t)st.st_size, len = 0;
    char *bytes = arena_alloc_raw(cx->arena, size + TAIL);
    if (!bytes)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, STR_FMT ": out of memory.", STR_ARG(path));
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, STR_FMT ": cannot be read.",
                            STR_ARG(path));
        len += (size_t)got;
    }
    memset(bytes + len, 0, TAIL);
    *ret_bytes = str_n(bytes, len);
    return STATUS_OK;
}

Status cli_file_write(Ctx *cx, Str path, Str bytes, bool secret)
{
    int fd;
    TRY(open_file(cx, path, O_WRONLY | O_CREAT | O_EXCL, secret ? 0600 : 0644, &fd));
    while (bytes.len) {
        ssize_t wrote = write(fd, bytes.at, bytes.len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return ctx_fail(cx, STATUS_STORAGE, STR_EMPTY, STR_FMT ": cannot be written: %s.",
                            STR_ARG(path), strerror(errno));
        bytes = str_from(bytes, (size_t)wrote);
    }
    if (fsync(fd))
        return ctx_fail(cx, STATUS_STORAGE, STR_EMPTY, STR_FMT ": cannot be written: %s.",
                        STR_ARG(path), strerror(errno));
    return STATUS_OK;
}

bool cli_file_exists(Str path)
{
    char name[4096];
    if (path.len >= sizeof(name))
        return false;
    memcpy(name, path.at, path.len);
    name[path.len] = '\0';
    return access(name, F_OK) == 0;
}

Str cli_file_folder(Str path)
{
    while (path.len && path.at[path.len - 1] != '/')
        path.len--;
    while (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    return path.len ? path : STR(".");
}

Status cli_path_absolute(Ctx *cx, Str path, Str *ret_path)
{
    char folder[4096];
    if (!getcwd(folder, sizeof(folder)))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The current folder has no name: %s.",
                        strerror(errno));
    Str absolute = str_has_prefix(path, STR("/"))
                       ? path
                       : arena_format(cx->arena, "%s/" STR_FMT, folder, STR_ARG(path));
    if (!absolute.at)
        return STATUS_MEMORY;
    *ret_path = absolute;
    return STATUS_OK;
}

Status cli_folder_make(Ctx *cx, Str path)
{
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.at[i] != '/')
            continue;
        Str part = arena_str(cx->arena, str_head(path, i));
        if (!part.at)
            return STATUS_MEMORY;
        if (mkdir(part.at, 0700) && errno != EEXIST)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The folder %s cannot be made: %s.",
                            part.at, strerror(errno));
    }
    return STATUS_OK;
}

/* ---- lists ------------------------------------------------------------------------ */

static bool is_wanted(Str name)
{
    return str_has_suffix(name, STR(".json")) || str_has_suffix(name, STR(".ndjson"));
}

static Status append(Ctx *cx, FileList *list, Str path)
{
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count ? list->count * 2 : 1;
        list->at =
            arena_realloc(cx->arena, list->at, list->count * sizeof(Str), room * sizeof(Str));
        if (!list->at)
            return STATUS_MEMORY;
    }
    list->at[list->count++] = path;
    return STATUS_OK;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static void close_folder(void *dir)
{
    closedir(dir);
}

static Status list_folder(Ctx *cx, Str path, FileList *list, int depth);

static Status list_entry(Ctx *cx, Str path, FileList *list, int depth, bool named)
{
    struct stat st;
    if (stat(path.at, &st))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "%s: %s.", path.at, strerror(errno));
    if (S_ISDIR(st.st_mode) && depth < LIST_DEPTH_MAX)
        return list_folder(cx, path, list, depth + 1);
    if (S_ISREG(st.st_mode) && (named || is_wanted(path)))
        return append(cx, list, path);
    return STATUS_OK;
}

static Status list_folder(Ctx *cx, Str path, FileList *list, int depth)
{
    void **hook = arena_defer(cx->arena, close_folder, NULL);
    DIR *dir = hook ? opendir(path.at) : NULL;
    if (!dir)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "%s: %s.", path.at, strerror(errno));
    *hook = dir;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        Str below = arena_format(cx->arena, "%s/%s", path.at, entry->d_name);
        if (!below.at)
            return STATUS_MEMORY;
        TRY(list_entry(cx, below, list, depth, false));
    }
    return STATUS_OK;
}

Status cli_file_list(Ctx *cx, Str path, FileList *list)
{
    size_t before = list->count;
    Str name = arena_str(cx->arena, path);
    if (!name.at)
        return STATUS_MEMORY;
    TRY(list_entry(cx, name, list, 0, true));
    if (list->count > before)
        qsort(list->at + before, list->count - before, sizeof(Str), by_name);
    return STATUS_OK;
}
