/* load/work_import.c - posts transaction bundles as they lie in a folder.
 *
 * Everything is read into memory before the clock starts. Files whose names begin with
 * hospitalInformation or practitionerInformation go first and alone, because newer
 * bundles look their practitioners up. SPEC R4 http.html#transaction */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/bench.h"
#include "load/scan.h"
#include "base/base.h"

typedef struct {
    Str name, text;
    size_t entries;
    bool first;
} BundleFile;

typedef struct {
    Work work;
    Arena *arena;
    BundleFile *files;
    size_t count, room, next, end;
    Ids *ids; /* what was created; NULL when nobody asks */
    size_t bytes;
} Import;

static Str read_file(Arena *arena, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat))
        load_fail("%s cannot be read", path);
    size_t size = (size_t)stat.st_size, at = 0;
    char *text = arena_alloc_raw(arena, size + 1);
    while (text && at < size) {
        ssize_t got = read(fd, text + at, size - at);
        if (got <= 0)
            load_fail("%s cannot be read", path);
        at += (size_t)got;
    }
    close(fd);
    if (!text)
        load_fail("out of memory for %s", path);
    return str_n(text, size);
}

static void add_file(Import *import, Str name, Str text)
{
    BundleScan scan;
    BundleEntry entry;
    BundleFile file = {.name = name, .text = text};
    bundle_scan_init(&scan, text);
    while (bundle_scan_next(&scan, &entry))
        file.entries += entry.has_request;
    if (!str_eq(scan.type, STR("transaction"))) {
        fprintf(stderr, "load: not sent, no transaction bundle: " STR_FMT "\n", STR_ARG(name));
        return;
    }
    file.first = str_has_prefix(name, STR("hospitalInformation")) ||
                 str_has_prefix(name, STR("practitionerInformation"));
    if (import->count == import->room) {
        size_t room = import->room ? import->room * 2 : 256;
        import->files = arena_realloc(import->arena, import->files,
                                      import->room * sizeof(BundleFile), room * sizeof(BundleFile));
        import->room = room;
    }
    import->files[import->count++] = file;
    import->bytes += text.len;
}

static int compare_files(const void *a, const void *b)
{
    const BundleFile *left = a, *right = b;
    return left->first != right->first ? (int)right->first - (int)left->first
                                       : str_cmp(left->name, right->name);
}

static void load_folder(Import *import, const char *dir)
{
    DIR *folder = opendir(dir);
    if (!folder)
        load_fail("--dir %s cannot be read", dir);
    struct dirent *found;
    while ((found = readdir(folder))) {
        Str name = arena_str(import->arena, str_of(found->d_name));
        if (!str_has_suffix(name, STR(".json")))
            continue;
        Str path = arena_format(import->arena, "%s/%s", dir, name.at);
        add_file(import, name, read_file(import->arena, path.at));
    }
    closedir(folder);
    if (!import->count)
        load_fail("%s holds no transaction bundle", dir);
    qsort(import->files, import->count, sizeof(BundleFile), compare_files);
}

static bool import_next(Work *work, Conn *conn)
{
    Import *import = (Import *)work;
    if (import->next == import->end)
        return false;
    conn->tag = import->next++ % import->count;
    request_body(conn);
    conn->tail = import->files[conn->tag].text;
    request_send(conn, "POST", STR_EMPTY, STR_EMPTY);
    return true;
}

static const char *import_check(Work *work, Conn *conn, const Answer *answer)
{
    Import *import = (Import *)work;
    if (answer->status != 200)
        return "a transaction was not answered with 200";
    BundleScan scan;
    BundleEntry entry;
    size_t good = 0;
    bundle_scan_init(&scan, answer->body);
    while (bundle_scan_next(&scan, &entry)) {
        good += str_has_prefix(entry.status, STR("2"));
        if (import->ids)
            ids_add_location(import->ids, entry.location);
    }
    work->meter.resources += good;
    return good == import->files[conn->tag].entries
               ? NULL
               : "a transaction did not answer every entry with 2xx";
}

static void run_part(Bench *bench, Import *import, size_t end, unsigned connections)
{
    Arena *scratch = bench_scratch();
    Loop loop;
    import->end = end;
    loop_init(&loop, scratch, &bench->target, connections, (Time)(bench->options.timeout * 1e6));
    loop_add(&loop, &import->work, connections);
    loop_run(&loop, 0);
    loop_clear(&loop);
    arena_free(scratch);
}

static void run_once(Bench *bench, Import *import, unsigned connections)
{
    size_t all = import->count * bench->options.copies, first = 0;
    while (first < import->count && import->files[first].first)
        first++;
    import->work.meter = (Meter){0};
    import->next = 0;
    Row row = {.work = "import",
               .connections = connections,
               .meter = &import->work.meter,
               .before = process_sample(bench->options.pid),
               .own_before = process_sample(0),
               .database_before = bench_database_seconds(bench)};
    Time from = time_monotonic();
    run_part(bench, import, first, 1);
    run_part(bench, import, all, connections);
    row.seconds = (double)(time_monotonic() - from) / 1e6;
    row.after = bench->options.pid ? process_sample(bench->options.pid) : row.before;
    row.own_after = process_sample(0);
    row.database_after = bench_database_seconds(bench);
    row_print(bench, &row);
    report_figure(bench, "import", "resources", (double)import->work.meter.resources);
    report_figure(bench, "import", "bytes", (double)import->bytes * bench->options.copies);
}

void work_import(Bench *bench)
{
    if (!bench->options.dir)
        load_fail("import wants --dir DIR");
    static Import import;
    Ids ids;
    ids_init(&ids, bench->arena);
    import = (Import){.work = {import_next, import_check, { 0 }}, .arena = bench->arena};
    import.ids = bench->options.ids_out ? &ids : NULL;
    load_folder(&import, bench->options.dir);
    for (unsigned i = 0; i < bench->options.connection_counts; i++)
        run_once(bench, &import, bench->options.connections[i]);
    if (bench->options.ids_out)
        ids_write_file(&ids, bench->options.ids_out);
}
