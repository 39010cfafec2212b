/* jobs/backup.c - what a server does by itself at night: backup, check, forgetting old failures. */
#include "jobs/backup.h"

#include <dirent.h>
#include <errno.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jobs/state.h"

enum { FILES_MAX = 10000, DROPS_MAX = 200 };

/* ---- names ------------------------------------------------------------------------------ */

static const Str head = STR_INIT("aceso-"), tail = STR_INIT(".store"), key_tail = STR_INIT(".key"),
                 part_tail = STR_INIT(".part");

static Str backup_name(Arena *arena, uint64_t number)
{
    char instant[24];
    time_t now = (time_t)(time_now() / TIME_SECOND);
    struct tm at;
    gmtime_r(&now, &at);
    strftime(instant, sizeof(instant), "%Y%m%dT%H%MZ", &at);
    return arena_format(arena, "aceso-%s-%llu.store", instant, (unsigned long long)number);
}

static bool fits(Str text, const char *pattern)
{
    size_t i = 0;
    for (; pattern[i] && i < text.len; i++) {
        bool digit = text.at[i] >= '0' && text.at[i] <= '9';
        if (pattern[i] == '0' ? !digit : text.at[i] != pattern[i])
            return false;
    }
    return !pattern[i] && i == text.len;
}

/* Whether the name is one of ours, without what may stand behind it, and whose. */
static bool read_name(Str name, uint64_t *ret_number)
{
    if (!str_has_prefix(name, head) || !str_has_suffix(name, tail))
        return false;
    Str middle = str_n(name.at + head.len, name.len - head.len - tail.len);
    Str instant = str_cut(&middle, '-');
    return fits(instant, "00000000T0000Z") && middle.len && str_to_u64(middle, ret_number);
}

/* ---- the folder ------------------------------------------------------------------------- */

typedef struct {
    Ctx *cx;
    Str folder;
    Str *names; /* of complete backups; oldest first when sorted */
    size_t count;
    Str *parts; /* of backups that were cut short */
    size_t part_count;
} Files;

static Status keep_name(Files *files, Str name)
{
    uint64_t number;
    bool part = str_has_suffix(name, part_tail);
    if (!read_name(part ? str_head(name, name.len - part_tail.len) : name, &number))
        return STATUS_OK;
    size_t *count = part ? &files->part_count : &files->count;
    if (*count == FILES_MAX)
        return STATUS_OK;
    Str copy = arena_str(files->cx->arena, name);
    (part ? files->parts : files->names)[(*count)++] = copy;
    return copy.at ? STATUS_OK : STATUS_MEMORY;
}

static int by_name(const void *left, const void *right)
{
    return str_cmp(*(const Str *)left, *(const Str *)right);
}

static Status list_files(Ctx *cx, Str folder, Files *ret_files)
{
    Str path = arena_str(cx->arena, folder);
    *ret_files = (Files){.cx = cx,
                         .folder = folder,
                         .names = arena_array_of(cx->arena, Str, FILES_MAX),
                         .parts = arena_array_of(cx->arena, Str, FILES_MAX)};
    if (!path.at || !ret_files->names || !ret_files->parts)
        return STATUS_MEMORY;
    DIR *dir = opendir(path.at);
    if (!dir)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The folder of backups " STR_FMT " cannot be read: %s.", STR_ARG(folder),
                        strerror(errno));
    Status status = STATUS_OK;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(dir));)
        status = keep_name(ret_files, str_of(entry->d_name));
    closedir(dir);
    qsort(ret_files->names, ret_files->count, sizeof(Str), by_name);
    return status;
}

static Status remove_file(const Files *files, Str name, Str suffix)
{
    Ctx *cx = files->cx;
    Str path = arena_format(cx->arena, STR_FMT "/" STR_FMT STR_FMT, STR_ARG(files->folder),
                            STR_ARG(name), STR_ARG(suffix));
    if (!path.at)
        return STATUS_MEMORY;
    if (unlink(path.at) == 0 || errno == ENOENT)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The old backup %s cannot be removed: %s.",
                    path.at, strerror(errno));
}

/* ---- the backup ------------------------------------------------------------------------- */

/* The backup of this job, also of a try whose process died behind it; or empty. */
static Str find_made(const Files *files, uint64_t job)
{
    for (size_t i = 0; i < files->count; i++) {
        uint64_t number;
        if (read_name(files->names[i], &number) && number == job)
            return files->names[i];
    }
    return STR_EMPTY;
}

static Status make_backup(Ctx *cx, JobRun *run, Str folder)
{
    Str name = backup_name(cx->arena, run->job->number);
    Str path = name.at
                   ? arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name))
                   : name;
    return path.at ? store_backup(record_store(run->record), cx, path, NULL, NULL) : STATUS_MEMORY;
}

static Status remove_old(const Files *files, size_t keep)
{
    for (size_t i = 0; i + keep < files->count; i++) {
        TRY(remove_file(files, files->names[i], STR_EMPTY));
        TRY(remove_file(files, files->names[i], key_tail));
    }
    for (size_t i = 0; i < files->part_count; i++)
        TRY(remove_file(files, files->parts[i], STR_EMPTY));
    return STATUS_OK;
}

static Status note_one(Ctx *cx, JobRun *run, Str chore, Time began, Str members)
{
    StoreItem *item = arena_new_of(cx->arena, StoreItem);
    if (!item || !members.at)
        return STATUS_MEMORY;
    TRY(jobs_note_chore(cx, chore, began, members, item));
    run->reply.commit.items = item;
    run->reply.commit.item_count = 1;
    return STATUS_OK;
}

/* store_backup has read it back as a whole before it got its name. */
static Status note_backup(Ctx *cx, JobRun *run, const Files *files, Str name, Time began)
{
    struct stat about;
    Str path = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(files->folder), STR_ARG(name));
    if (!path.at)
        return STATUS_MEMORY;
    if (stat(path.at, &about) != 0)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The backup %s is gone: %s.", path.at,
                        strerror(errno));
    return note_one(cx, run, STR("backup"), began,
                    arena_format(cx->arena,
                                 ",\"file\":\"" STR_FMT "\",\"bytes\":%lld,\"verified\":true",
                                 STR_ARG(name), (long long)about.st_size));
}

Status jobs_backup(Ctx *cx, JobRun *run)
{
    const JobsBackup *backup = run->owner;
    Time began = time_now();
    Files files;
    assert(backup->keep);
    TRY(list_files(cx, backup->folder, &files));
    Str made = find_made(&files, run->job->number);
    if (!made.len) {
        TRY(make_backup(cx, run, backup->folder));
        TRY(list_files(cx, backup->folder, &files));
        made = find_made(&files, run->job->number);
    }
    TRY(note_backup(cx, run, &files, made, began));
    return remove_old(&files, backup->keep);
}

/* ---- the others ------------------------------------------------------------------------- */

Status jobs_check_store(Ctx *cx, JobRun *run)
{
    Time began = time_now();
    Status status = store_check(record_store(run->record), cx, NULL, NULL);
    run->hopeless = status == STATUS_INVALID;
    TRY(status);
    return note_one(cx, run, STR("check"), began, STR(",\"good\":true"));
}

Status jobs_drop_old_dead(Ctx *cx, JobRun *run)
{
    StoreReader *reader;
    StoreJob *jobs;
    size_t count, old = 0;
    StoreJobEnd *ends = arena_array_of(cx->arena, StoreJobEnd, DROPS_MAX);
    StoreJobQuery query = {.state = STORE_JOB_IS_DEAD, .limit = DROPS_MAX};
    Time before = time_now() - JOBS_DEAD_KEPT_DAYS * TIME_DAY;
    if (!ends)
        return STATUS_MEMORY;
    TRY(store_read_begin(record_store(run->record), cx, run->access, &reader));
    Status status = store_job_list(reader, &query, &jobs, &count);
    store_read_end(reader);
    TRY(status);
    for (size_t i = 0; i < count; i++) {
        if (jobs[i].due < before)
            ends[old++] = (StoreJobEnd){.number = jobs[i].number, .how = STORE_JOB_DONE};
    }
    run->reply.commit.job_ends = ends;
    run->reply.commit.job_end_count = old;
    return STATUS_OK;
}
