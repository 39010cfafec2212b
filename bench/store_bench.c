/* bench/store_bench.c - the figures of the store by itself, one line each.
 *
 *     store_bench FOLDER [--ndjson FILE] [--resources N] [--group N] [--threads N] [--checkpoint
 * PAGES]
 *                 [--only-import]
 *
 * Fills a new store in FOLDER with N resources (default 200,000) in commits of one resource,
 * `group` (64) of them under way at once; then measures reads by id, walks over keys,
 * updates, audit entries from waiting threads, and how long it takes to open again. Bodies
 * are the lines of FILE, each under a new id, else made up. Ten keys of 25 bytes each. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/grant.h"
#include "store/store.h"

enum { KEYS = 10, ID_LEN = 36 };

typedef struct {
    const char *folder, *ndjson;
    size_t resources, group, threads;
    Str *bodies;
    size_t body_count;
    Store *store;
    const Access *access;
    StoreOptions options;
    bool only_import;
    unsigned checkpoint; /* pages; 0 = the default */
} Bench;

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static _Noreturn void stop(Ctx *cx, const char *what)
{
    fprintf(stderr, "%s: " STR_FMT "\n", what,
            STR_ARG(cx && cx->issues ? cx->issues->diagnostics : STR("failed")));
    _exit(1);
}

static Ctx new_ctx(size_t bytes)
{
    return (Ctx){.arena = arena_new(bytes, false)};
}

/* Processor time of all threads so far, in microseconds: what a shared machine cannot blur. */
static double cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

typedef struct {
    Time at;
    double cpu;
} Watch;

static Watch watch(void)
{
    return (Watch){time_monotonic(), cpu_us()};
}

static void rate(const char *what, Watch since, size_t count)
{
    double seconds = (double)(time_monotonic() - since.at) / 1e6;
    printf("%-44s %12.0f /s %8.1f us CPU\n", what, (double)count / seconds,
           (cpu_us() - since.cpu) / (double)count);
    fflush(stdout);
}

static void line(const char *what, double value, const char *unit)
{
    printf("%-44s %12.0f %s\n", what, value, unit);
    fflush(stdout);
}

static long resident_mb(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*s %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * 4 / 1024;
}

/* Bytes handed to the system's write calls. */
static double written_bytes(void)
{
    double bytes = 0;
    FILE *file = fopen("/proc/self/io", "r");
    if (!file || fscanf(file, "rchar: %*s wchar: %lf", &bytes) != 1)
        bytes = 0;
    if (file)
        fclose(file);
    return bytes;
}

/* ---- data ------------------------------------------------------------------------- */

static void read_ndjson(Bench *bench, Arena *arena)
{
    FILE *file = fopen(bench->ndjson, "r");
    if (!file)
        stop(NULL, bench->ndjson);
    char *text = NULL;
    size_t room = 0, max = 100000;
    ssize_t len;
    bench->bodies = arena_array_of(arena, Str, max);
    while (bench->body_count < max && (len = getline(&text, &room, file)) > 1)
        bench->bodies[bench->body_count++] = arena_str(arena, str_n(text, (size_t)len - 1));
    free(text);
    fclose(file);
}

static void make_bodies(Bench *bench, Arena *arena)
{
    bench->body_count = 5000;
    bench->bodies = arena_array_of(arena, Str, bench->body_count);
    for (size_t i = 0; i < bench->body_count; i++) {
        Buf buf;
        buf_init(&buf, arena, 2048, 8192);
        buf_format(&buf, "{\"resourceType\":\"Observation\",\"id\":\"%036zu\",\"status\":\"final\"",
                   i);
        for (unsigned k = 0; buf.len < 1350; k++)
            buf_format(
                &buf,
                ",\"component%u\":{\"code\":{\"coding\":[{\"system\":\"http://loinc.org\","
                "\"code\":\"%u-%u\"}]},\"valueQuantity\":{\"value\":%u.%u,\"unit\":\"mm[Hg]\"}}",
                k, (unsigned)(mix(i * 31 + k) % 90000), (unsigned)(i % 10),
                (unsigned)(mix(i + k) % 200), (unsigned)(mix(i * k) % 10));
        buf_add_lit(&buf, "}");
        bench->bodies[i] = buf_str(&buf);
    }
}

static Str id_of(char text[ID_LEN + 1], size_t number)
{
    uint64_t a = mix(number * 2 + 1), b = mix(number * 2 + 2);
    snprintf(text, ID_LEN + 1, "%08x-%04x-7%03x-%04x-%04x%08x",
             (unsigned)(number >> 4 & 0xffffffff), (unsigned)(a & 0xffff),
             (unsigned)(a >> 16 & 0xfff), (unsigned)(a >> 32 & 0xffff), (unsigned)(b & 0xffff),
             (unsigned)(b >> 16 & 0xffffffff));
    return str_n(text, ID_LEN);
}

/* kind, parameter u16, value hash u64, date u64, rid u48: 25 bytes, a few values often, most
 * seldom, as codes, dates and patients are. */
static Str key_of(Arena *arena, size_t number, unsigned which, uint64_t rid)
{
    char *key = arena_alloc_raw(arena, 25);
    uint64_t value = mix((which < 4   ? number % 200
                          : which < 8 ? number / 300
                                      : number) *
                             16 +
                         which);
    uint64_t date = mix(number) % 100000000;
    key[0] = (char)(0x10 + which % 5);
    key[1] = (char)(which / 5);
    key[2] = (char)which;
    for (int i = 0; i < 8; i++)
        key[3 + i] = (char)(value >> (56 - 8 * i));
    for (int i = 0; i < 8; i++)
        key[11 + i] = (char)(date >> (56 - 8 * i));
    for (int i = 0; i < 6; i++)
        key[19 + i] = (char)(rid >> (40 - 8 * i));
    return str_n(key, 25);
}

static Str body_of(Bench *bench, Arena *arena, size_t number, Str id)
{
    Str body = bench->bodies[number % bench->body_count];
    char *copy = (char *)(uintptr_t)arena_str(arena, body).at;
    char *at = memmem(copy, body.len, "\"id\":\"", 6);
    if (at && (size_t)(at - copy) + 6 + ID_LEN < body.len && at[6 + ID_LEN] == '"')
        memcpy(at + 6, id.at, ID_LEN);
    return str_n(copy, body.len);
}

/* ---- commits under way ------------------------------------------------------------- */

typedef struct {
    StoreCommit commit;
    StoreWrite write;
    Ctx cx;
    char id[ID_LEN + 1];
    struct Flight *flight;
    size_t place;
} Slot;

typedef struct Flight {
    pthread_mutex_t lock;
    pthread_cond_t landed;
    size_t *free;
    size_t free_count;
    Slot *slots;
    double slowest_ms;
} Flight;

static void landed(StoreCommit *commit)
{
    Slot *slot = commit->owner;
    Flight *flight = slot->flight;
    if (commit->status != STATUS_OK)
        stop(NULL, status_name(commit->status));
    pthread_mutex_lock(&flight->lock);
    flight->free[flight->free_count++] = slot->place;
    pthread_cond_signal(&flight->landed);
    pthread_mutex_unlock(&flight->lock);
}

static void flight_init(Flight *flight, size_t size)
{
    *flight = (Flight){PTHREAD_MUTEX_INITIALIZER,    PTHREAD_COND_INITIALIZER,
                       calloc(size, sizeof(size_t)), size,
                       calloc(size, sizeof(Slot)),   0};
    for (size_t i = 0; i < size; i++) {
        flight->free[i] = i;
        flight->slots[i].flight = flight;
        flight->slots[i].place = i;
        flight->slots[i].cx = new_ctx((size_t)8 << 20);
    }
}

static Slot *flight_take(Flight *flight)
{
    Time begin = time_monotonic();
    pthread_mutex_lock(&flight->lock);
    while (!flight->free_count)
        pthread_cond_wait(&flight->landed, &flight->lock);
    Slot *slot = &flight->slots[flight->free[--flight->free_count]];
    pthread_mutex_unlock(&flight->lock);
    double waited = (double)(time_monotonic() - begin) / 1000;
    if (waited > flight->slowest_ms)
        flight->slowest_ms = waited;
    arena_clear(slot->cx.arena);
    return slot;
}

static void flight_end(Flight *flight, size_t size)
{
    for (size_t i = 0; i < size; i++)
        (void)flight_take(flight);
    for (size_t i = 0; i < size; i++)
        arena_free(flight->slots[i].cx.arena);
    free(flight->free);
    free(flight->slots);
}

/* ---- what is measured ----------------------------------------------------------------- */

static void fill_slot(Bench *bench, Slot *slot, size_t number)
{
    Str id = id_of(slot->id, number);
    uint64_t rid = store_new_rid(bench->store);
    Str *keys = arena_array_of(slot->cx.arena, Str, KEYS);
    for (unsigned k = 0; k < KEYS; k++)
        keys[k] = key_of(slot->cx.arena, number, k, rid);
    slot->write = (StoreWrite){.method = STORE_CREATE,
                               .type = (uint16_t)(1 + number % 8),
                               .id_is_fresh = true,
                               .version = 1,
                               .rid = rid,
                               .id = id,
                               .updated = time_now(),
                               .add = keys,
                               .add_count = KEYS,
                               .body = body_of(bench, slot->cx.arena, number, id)};
    slot->commit =
        (StoreCommit){.writes = &slot->write, .write_count = 1, .done = landed, .owner = slot};
}

static void fill(Bench *bench)
{
    Flight flight;
    StoreStats stats;
    flight_init(&flight, bench->group);
    Watch all = watch();
    double written = written_bytes();
    Time begin, lap = all.at;
    size_t step = bench->resources / 5;
    for (size_t i = 0; i < bench->resources; i++) {
        Slot *slot = flight_take(&flight);
        fill_slot(bench, slot, i);
        store_submit(bench->store, &slot->cx, bench->access, &slot->commit);
        if (step && (i + 1) % step == 0) {
            Time now = time_monotonic();
            store_stats(bench->store, &stats);
            printf("  %zu: %.0f/s, slowest wait %.0f ms, keys in memory %zu, wal %zu MB, resident "
                   "%ld MB\n",
                   i + 1, (double)step / ((double)(now - lap) / 1e6), flight.slowest_ms,
                   (size_t)stats.memory_keys, (size_t)stats.wal_bytes >> 20, resident_mb());
            flight.slowest_ms = 0;
            lap = now;
        }
    }
    flight_end(&flight, bench->group);
    rate("import, one resource a commit", all, bench->resources);
    line("  written", (written_bytes() - written) / (double)bench->resources, "bytes/resource");
    store_stats(bench->store, &stats);
    line("  groups", (double)stats.groups, "");
    Ctx cx = new_ctx(1 << 20);
    begin = time_monotonic();
    if (store_settle(bench->store, &cx) != STATUS_OK)
        stop(&cx, "settle");
    line("merging the rest", (double)(time_monotonic() - begin) / 1e3, "ms");
    store_stats(bench->store, &stats);
    line("size on disk", (double)stats.file_bytes / (double)bench->resources, "bytes/resource");
    arena_free(cx.arena);
}

static void read_ids(Bench *bench, bool one_snapshot, const char *what)
{
    Ctx cx = new_ctx((size_t)64 << 20);
    size_t count = 100000;
    Watch begin = watch();
    StoreReader *reader = NULL;
    for (size_t i = 0; i < count; i++) {
        char text[ID_LEN + 1];
        size_t number = mix(i) % bench->resources;
        Str id = id_of(text, number);
        StoreRow row;
        if (!one_snapshot || !reader) {
            arena_clear(cx.arena);
            if (store_read_begin(bench->store, &cx, bench->access, &reader) != STATUS_OK)
                stop(&cx, "read");
        }
        if (store_get(reader, (uint16_t)(1 + number % 8), id, true, &row) != STATUS_OK)
            stop(&cx, "get");
        if (!one_snapshot || i % 1000 == 999) {
            store_read_end(reader);
            reader = NULL;
        }
    }
    rate(what, begin, count);
    arena_free(cx.arena);
}

static void walk_keys(Bench *bench)
{
    Ctx cx = new_ctx((size_t)64 << 20);
    size_t count = 30000;
    Watch begin = watch();
    for (size_t i = 0; i < count; i++) {
        StoreReader *reader;
        StoreCursor *cursor;
        Str key;
        arena_clear(cx.arena);
        key = key_of(cx.arena, mix(i) % bench->resources, 5, 0);
        if (store_read_begin(bench->store, &cx, bench->access, &reader) != STATUS_OK ||
            store_cursor(reader, str_head(key, 11), &cursor) != STATUS_OK)
            stop(&cx, "cursor");
        for (unsigned k = 0; k < 20; k++) {
            if (store_cursor_next(cursor, &key) != STATUS_OK)
                stop(&cx, "next");
            if (!key.at)
                break;
        }
        store_read_end(reader);
    }
    rate("first 20 keys of a value", begin, count);
    arena_free(cx.arena);
}

typedef struct {
    Bench *bench;
    size_t count;
    bool read;
    size_t seed;
} Auditor;

static void *audit_main(void *argument)
{
    Auditor *auditor = argument;
    Bench *bench = auditor->bench;
    Ctx cx = new_ctx((size_t)1 << 20);
    char entry[120];
    memset(entry, 'e', sizeof(entry));
    Str audit = str_n(entry, sizeof(entry));
    for (size_t i = 0; i < auditor->count; i++) {
        arena_clear(cx.arena);
        if (auditor->read) {
            char text[ID_LEN + 1];
            size_t number = mix(auditor->seed + i) % bench->resources;
            StoreReader *reader;
            StoreRow row;
            if (store_read_begin(bench->store, &cx, bench->access, &reader) != STATUS_OK ||
                store_get(reader, (uint16_t)(1 + number % 8), id_of(text, number), true, &row) !=
                    STATUS_OK)
                stop(&cx, "get");
            store_read_end(reader);
        }
        StoreCommit commit = {.audits = &audit, .audit_count = 1};
        Status status = store_commit(bench->store, &cx, bench->access, &commit);
        if (status != STATUS_OK)
            stop(&cx, status_name(status));
    }
    arena_free(cx.arena);
    return NULL;
}

static void audit_entries(Bench *bench, bool read, const char *what)
{
    size_t each = 100000 / bench->threads;
    pthread_t *threads = calloc(bench->threads, sizeof(pthread_t));
    Auditor *auditors = calloc(bench->threads, sizeof(Auditor));
    Watch begin = watch();
    for (size_t i = 0; i < bench->threads; i++) {
        auditors[i] = (Auditor){bench, each, read, i * 1000003};
        if (pthread_create(&threads[i], NULL, audit_main, &auditors[i]) != 0)
            stop(NULL, "thread");
    }
    for (size_t i = 0; i < bench->threads; i++)
        pthread_join(threads[i], NULL);
    rate(what, begin, each * bench->threads);
    free(threads);
    free(auditors);
}

static void updates(Bench *bench)
{
    Flight flight;
    flight_init(&flight, bench->group);
    size_t count = bench->resources < 50000 ? bench->resources : 50000;
    Ctx cx = new_ctx((size_t)16 << 20);
    Watch begin = watch();
    for (size_t i = 0; i < count; i++) {
        size_t number = i * (bench->resources / count);
        Slot *slot = flight_take(&flight);
        StoreReader *reader;
        StoreRow row;
        arena_clear(cx.arena);
        fill_slot(bench, slot, number);
        if (store_read_begin(bench->store, &cx, bench->access, &reader) != STATUS_OK ||
            store_get(reader, slot->write.type, slot->write.id, false, &row) != STATUS_OK)
            stop(&cx, "get");
        slot->write.rid = row.rid;
        slot->write.version = 2;
        slot->write.method = STORE_UPDATE;
        slot->write.add_count = slot->write.remove_count = 2;
        slot->write.remove = slot->write.add;
        Str *keys = arena_array_of(slot->cx.arena, Str, 2);
        keys[0] = key_of(slot->cx.arena, number + 7, 8, row.rid);
        keys[1] = key_of(slot->cx.arena, number + 7, 9, row.rid);
        slot->write.add = keys;
        store_read_end(reader);
        store_submit(bench->store, &slot->cx, bench->access, &slot->commit);
    }
    flight_end(&flight, bench->group);
    rate("updates, two keys changed", begin, count);
    arena_free(cx.arena);
}

static void open_again(Bench *bench, const char *what)
{
    Ctx cx = new_ctx((size_t)64 << 20);
    store_close(bench->store);
    Time begin = time_monotonic();
    if (store_open(&cx, &bench->options, &bench->store) != STATUS_OK)
        stop(&cx, "open");
    line(what, (double)(time_monotonic() - begin) / 1e3, "ms");
    StoreStats stats;
    store_stats(bench->store, &stats);
    line("  keys in memory", (double)stats.memory_keys, "");
    arena_free(cx.arena);
}

static void big_commit(Bench *bench)
{
    size_t count = 25000;
    Ctx cx = new_ctx((size_t)512 << 20);
    StoreWrite *writes = arena_array_of(cx.arena, StoreWrite, count);
    for (size_t i = 0; i < count; i++) {
        Slot slot = {.cx = cx};
        fill_slot(bench, &slot, bench->resources + i);
        writes[i] = slot.write;
        writes[i].id = arena_str(cx.arena, slot.write.id);
    }
    StoreCommit commit = {.writes = writes, .write_count = count};
    Watch begin = watch();
    if (store_commit(bench->store, &cx, bench->access, &commit) != STATUS_OK)
        stop(&cx, "big commit");
    line("one commit of 25,000 writes", (double)(time_monotonic() - begin.at) / 1e3, "ms");
    line("  processor", (cpu_us() - begin.cpu) / 1e3, "ms");
    arena_free(cx.arena);
}

static void parse_arguments(Bench *bench, int count, char **arguments)
{
    *bench = (Bench){
        .folder = count > 1 ? arguments[1] : NULL, .resources = 200000, .group = 64, .threads = 64};
    for (int i = 2; i < count; i++) {
        bool more = i + 1 < count;
        uint64_t number = 0;
        if (more)
            (void)str_to_u64(str_of(arguments[i + 1]), &number);
        if (strcmp(arguments[i], "--only-import") == 0)
            bench->only_import = true;
        else if (more && strcmp(arguments[i], "--ndjson") == 0)
            bench->ndjson = arguments[++i];
        else if (more && strcmp(arguments[i], "--resources") == 0 && ++i)
            bench->resources = number;
        else if (more && strcmp(arguments[i], "--group") == 0 && ++i)
            bench->group = number;
        else if (more && strcmp(arguments[i], "--checkpoint") == 0 && ++i)
            bench->checkpoint = (unsigned)number;
        else if (more && strcmp(arguments[i], "--threads") == 0 && ++i)
            bench->threads = number;
        else
            stop(NULL, arguments[i]);
    }
    if (!bench->folder || !bench->resources || !bench->group || !bench->threads)
        stop(NULL,
             "usage: store_bench FOLDER [--ndjson FILE] [--resources N] [--group N] [--threads N]");
}

static void open_new(Bench *bench, Ctx *cx)
{
    Str secret = arena_format(cx->arena, "%s/secret", bench->folder);
    bench->options = (StoreOptions){.address = arena_format(cx->arena, "%s/store", bench->folder),
                                    .key_file = secret,
                                    .checkpoint_pages = bench->checkpoint};
    mkdir(bench->folder, 0700);
    unlink(bench->options.address.at);
    unlink(arena_format(cx->arena, "%s/store.key", bench->folder).at);
    unlink(arena_format(cx->arena, "%s/store-wal", bench->folder).at);
    FILE *file = fopen(secret.at, "w");
    if (!file || fwrite("0123456789abcdef0123456789abcdef", 32, 1, file) != 1 || fclose(file) != 0)
        stop(NULL, secret.at);
    if (store_create(cx, &bench->options) != STATUS_OK ||
        store_open(cx, &bench->options, &bench->store) != STATUS_OK)
        stop(cx, "open");
}

int main(int count, char **arguments)
{
    Bench bench;
    Ctx cx = new_ctx((size_t)1 << 30);
    parse_arguments(&bench, count, arguments);
    bench.access = access_grant(
        cx.arena,
        &(AccessGrant){.account = STR("bench"), .role = STR("operator"), .may_write = true});
    if (bench.ndjson)
        read_ndjson(&bench, cx.arena);
    else
        make_bodies(&bench, cx.arena);
    printf("  resident before: %ld MB\n", resident_mb());
    open_new(&bench, &cx);
    fill(&bench);
    if (bench.only_import) {
        store_close(bench.store);
        return 0;
    }
    read_ids(&bench, true, "reads by id, 1,000 a snapshot");
    read_ids(&bench, false, "reads by id, a snapshot each");
    walk_keys(&bench);
    audit_entries(&bench, false, "audit entries, threads wait");
    audit_entries(&bench, true, "reads, each with a durable audit entry");
    open_again(&bench, "open after a clean close");
    updates(&bench);
    open_again(&bench, "open with keys in the log");
    big_commit(&bench);
    printf("  resident at the end: %ld MB\n", resident_mb());
    store_close(bench.store);
    arena_free(cx.arena);
    return 0;
}
