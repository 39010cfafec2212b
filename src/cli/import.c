/* cli/import.c - aceso import: files and folders of Bundles and NDJSON, several at a time.
 *
 * A ledger in the store keeps what was finished (path, size, hash), so that an import that
 * was cut goes on where it was. Files that others refer to go first and alone. */
#include "cli/cli.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "search/search.h"
#include "crypto/crypto.h"
#include "store/item.h"

enum { LINES_PER_COMMIT = 500, NDJSON_BYTES_PER_COMMIT = 4 << 20, JOBS_MAX = 64 };
#define FILE_BYTES_MAX ((size_t)4 << 30)
#define JOB_BYTES_MAX  ((size_t)24 << 30)
#define LEDGER         STR("import")

typedef struct {
    Cli *cli;
    FileList files;
    size_t end; /* files below it may be taken now */
    atomic_size_t next;
    atomic_size_t done, skipped, failed;
    bool again;
    pthread_mutex_t saying; /* one sentence at a time */
    uint64_t resources_before;
    Progress progress;
} Import;

static void say_fault(Import *import, Str path, Ctx *cx, Status status)
{
    pthread_mutex_lock(&import->saying);
    progress_end(&import->progress);
    fprintf(stderr, "aceso: " STR_FMT ": %s\n", STR_ARG(path),
            cx->issues ? "" : status_name(status));
    for (const Issue *issue = cx->issues; issue; issue = issue->next)
        fprintf(stderr, "    " STR_FMT "%s" STR_FMT "\n", STR_ARG(issue->expression),
                issue->expression.len ? ": " : "", STR_ARG(issue->diagnostics));
    pthread_mutex_unlock(&import->saying);
}

/* ---- the ledger --------------------------------------------------------------------- */

static Status ledger_value(Ctx *cx, Str content, Str *ret_value)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(content, hash);
    Str hex = crypto_hex(cx->arena, str_n((char *)hash, sizeof(hash)));
    *ret_value = arena_format(cx->arena, "%zu " STR_FMT, content.len, STR_ARG(hex));
    return hex.at && ret_value->at ? STATUS_OK : STATUS_MEMORY;
}

static bool is_finished(Import *import, Ctx *cx, const Access *self, Str path, Str value)
{
    Str kept;
    return !import->again &&
           store_item_now(import->cli->store, cx, self, LEDGER, path, &kept) == STATUS_OK &&
           str_eq(kept, value);
}

static Status note_finished(Import *import, Ctx *cx, const Access *self, Str path, Str value)
{
    StoreItem item = {.space = LEDGER, .key = path, .value = value};
    StoreCommit commit = {.items = &item, .item_count = 1};
    return store_commit(import->cli->store, cx, self, &commit);
}

/* ---- one file ----------------------------------------------------------------------- */

/* One line of NDJSON becomes one entry: PUT under its id, or POST without one. */
static Status add_line(Ctx *cx, Buf *bundle, Str line, size_t number)
{
    JsonValue *root;
    if (json_parse(cx, line, &root) != STATUS_OK)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "Line %zu is not JSON.", number);
    Str type = json_get_str(root, STR("resourceType")), id = json_get_str(root, STR("id"));
    if (!type.len)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "Line %zu has no resourceType.", number);
    Str url =
        id.len ? arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(id)) : type;
    if (!url.at)
        return STATUS_MEMORY;
    buf_add_str(bundle,
                bundle->len
                    ? STR(",")
                    : STR("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["));
    buf_add_lit(bundle, "{\"resource\":");
    buf_add_str(bundle, line);
    buf_format(bundle, ",\"request\":{\"method\":\"%s\",\"url\":", id.len ? "PUT" : "POST");
    json_write_string(bundle, url);
    buf_add_lit(bundle, "}}");
    return STATUS_OK;
}

/* Some hundred lines from *rest on as one transaction. */
static Status put_group(Import *import, Ctx *cx, const Access *self, Str *rest, size_t *number)
{
    Buf bundle;
    unsigned lines = 0;
    buf_init(&bundle, cx->arena, 0, SIZE_MAX / 4);
    while (rest->len && lines < LINES_PER_COMMIT && bundle.len < NDJSON_BYTES_PER_COMMIT) {
        Str line = str_trim(str_cut(rest, '\n'));
        ++*number;
        if (!line.len)
            continue;
        TRY(add_line(cx, &bundle, line, *number));
        lines++;
    }
    if (!lines)
        return STATUS_OK;
    buf_add_lit(&bundle, "]}");
    TRY(buf_done(&bundle));
    return cli_put_bundle(import->cli->record, cx, self, buf_str(&bundle));
}

/* The lines from `number` on, each by itself, up to `end`: says which is wrong, and stores
 * what a transaction refuses (a reference by urn: that came out of another system so). */
static Status put_singly(Import *import, Ctx *cx, Ctx *inner, const Access *self, Str lines,
                         size_t number)
{
    Status result = STATUS_OK;
    while (lines.len) {
        Str line = str_trim(str_cut(&lines, '\n'));
        number++;
        if (!line.len)
            continue;
        arena_clear(inner->arena);
        *inner = (Ctx){.arena = inner->arena};
        Status status = cli_put_bundle(import->cli->record, inner, self, line);
        if (status == STATUS_OK)
            continue;
        const Issue *issue = inner->issues;
        Str where = issue ? issue->expression : STR_EMPTY;
        Str what = issue ? issue->diagnostics : str_of(status_name(status));
        result = ctx_fail(cx, status, where, "Line %zu: " STR_FMT, number, STR_ARG(what));
    }
    return result;
}

/* The next lines; their memory is given back. */
static Status put_lines(Import *import, const Access *self, Ctx *cx, Str *rest, size_t *number)
{
    Ctx inner = {.arena = arena_new(JOB_BYTES_MAX, true)};
    Str before = *rest;
    size_t first = *number;
    if (!inner.arena)
        return STATUS_MEMORY;
    Status status = put_group(import, &inner, self, rest, number);
    if (status != STATUS_OK) {
        Str lines = str_head(before, before.len - rest->len);
        status = put_singly(import, cx, &inner, self, lines, first);
        *number = first;
        for (Str left = lines; left.len; ++*number)
            str_cut(&left, '\n');
    }
    arena_free(inner.arena);
    return status;
}

static Status put_file(Import *import, Ctx *cx, const Access *self, Str path)
{
    Str content, value;
    char absolute[PATH_MAX];
    Str name = realpath(path.at, absolute) ? str_of(absolute) : path;
    TRY(cli_file_read(cx, path, FILE_BYTES_MAX, &content));
    TRY(ledger_value(cx, content, &value));
    if (is_finished(import, cx, self, name, value)) {
        atomic_fetch_add(&import->skipped, 1);
        return STATUS_OK;
    }
    if (str_has_suffix(path, STR(".ndjson"))) {
        size_t number = 0;
        Status status = STATUS_OK;
        for (Str rest = content; rest.len;) {
            Status one = put_lines(import, self, cx, &rest, &number);
            status = one == STATUS_OK ? status : one;
        }
        TRY(status);
    } else {
        TRY(cli_put_bundle(import->cli->record, cx, self, content));
    }
    return note_finished(import, cx, self, name, value);
}

/* ---- all files ---------------------------------------------------------------------- */

static void show(Import *import)
{
    StoreStats stats;
    if (pthread_mutex_trylock(&import->saying))
        return;
    store_stats(import->cli->store, &stats);
    progress_show(&import->progress, atomic_load(&import->done), import->files.count,
                  stats.resources - import->resources_before);
    pthread_mutex_unlock(&import->saying);
}

static void *import_loop(void *cls)
{
    Import *import = cls;
    Ctx cx = {.arena = arena_new(JOB_BYTES_MAX, true)};
    if (!cx.arena)
        return NULL;
    while (!cli_is_stopping(import->cli)) {
        size_t i = atomic_fetch_add(&import->next, 1);
        if (i >= import->end)
            break;
        const Access *self = auth_operator(cx.arena);
        Status status = put_file(import, &cx, self, import->files.at[i]);
        if (status != STATUS_OK) {
            atomic_fetch_add(&import->failed, 1);
            say_fault(import, import->files.at[i], &cx, status);
        }
        atomic_fetch_add(&import->done, 1);
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        show(import);
    }
    arena_free(cx.arena);
    return NULL;
}

static void import_at_once(Import *import, size_t begin, size_t end, size_t jobs)
{
    pthread_t threads[JOBS_MAX];
    size_t started = 0;
    atomic_store(&import->next, begin);
    import->end = end;
    while (started + 1 < jobs && started + 1 < end - begin &&
           pthread_create(&threads[started], NULL, import_loop, import) == 0)
        started++;
    import_loop(import);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

/* Synthea's bundles of hospitals and practitioners, that those of patients refer to. */
static bool goes_first(Str path)
{
    Str folder = cli_file_folder(path);
    Str name = str_has_prefix(path, folder) ? str_from(path, folder.len + 1) : path;
    return str_has_prefix(name, STR("hospitalInformation")) ||
           str_has_prefix(name, STR("practitionerInformation"));
}

static size_t put_first_files_first(FileList *files)
{
    size_t first = 0;
    for (size_t i = 0; i < files->count; i++) {
        Str path = files->at[i];
        if (!goes_first(path))
            continue;
        memmove(files->at + first + 1, files->at + first, (i - first) * sizeof(Str));
        files->at[first++] = path;
    }
    return first;
}

static void report(const Import *import)
{
    StoreStats stats;
    store_stats(import->cli->store, &stats);
    double seconds = (double)(time_monotonic() - import->progress.started) / 1e6;
    uint64_t resources = stats.resources - import->resources_before;
    printf("%zu files in %.1f s: %llu new resources (%.0f a second), %zu files were finished "
           "before, %zu failed.\n",
           atomic_load(&import->done), seconds, (unsigned long long)resources,
           (double)resources / (seconds > 0.001 ? seconds : 0.001), atomic_load(&import->skipped),
           atomic_load(&import->failed));
}

ExitCode run_import(Cli *cli)
{
    static Import import = {.saying = PTHREAD_MUTEX_INITIALIZER};
    uint64_t jobs;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (!cli->arg_count)
        return cli_fail_with(cli, EXIT_USAGE, "Name files or folders; see aceso help import.");
    import.cli = cli;
    import.again = cli_has(cli, 0);
    if (cli_option_number(cli, 1, cores > 0 ? (uint64_t)cores : 1, JOBS_MAX, &jobs) != STATUS_OK)
        return cli_fail(cli, EXIT_USAGE);
    for (size_t i = 0; i < cli->arg_count; i++) {
        if (cli_file_list(&cli->cx, cli->args[i], &import.files) != STATUS_OK)
            return cli_fail(cli, EXIT_FAILED);
    }
    cli_catch_signals(cli);
    ExitCode code = cli_open_record(cli, true);
    if (code != EXIT_DONE)
        return code;
    SearchProgress progress;
    search_progress(record_index(cli->record), &progress);
    if (!progress.open) /* what is written by a condition would fail */
        return cli_fail_with(cli, EXIT_FAILED,
                             "The search index was made by another version of Aceso, or is not "
                             "complete: run aceso reindex first.");
    StoreStats stats;
    store_stats(cli->store, &stats);
    import.resources_before = stats.resources;
    size_t first = put_first_files_first(&import.files);
    progress_begin(&import.progress, cli, "import");
    import_at_once(&import, 0, first, 1);
    if (first < import.files.count)
        import_at_once(&import, first, import.files.count, (size_t)(jobs ? jobs : 1));
    progress_end(&import.progress);
    report(&import);
    return atomic_load(&import.failed) || cli_is_stopping(cli) ? EXIT_FAILED : EXIT_DONE;
}
