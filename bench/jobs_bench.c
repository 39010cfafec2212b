/* bench/jobs_bench.c - how fast jobs are added, taken and done, one line each.
 *
 *     jobs_bench ADDRESS KEY_FILE [--waiting N] [--seconds N] [--threads N]
 *
 * Adds jobs until `waiting` (100,000) of another kind and as many of the measured kind wait; then
 * threads take one job and end it with an item as its effect, two commits each, for some seconds;
 * then takes that find nothing; then the same jobs through the workers of src/jobs. The store is
 * made when it is not there; JOBS_BENCH_OWNER in the environment is the address by which it is made
 * for the role aceso_app. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access/grant.h"
#include "jobs/jobs.h"
#include "record/record.h"
#include "store/jobs.h"

enum { BATCH = 1000, TIMES_MAX = 4000000 };

typedef struct {
    Store *store;
    const Access *access;
    Time end;
    atomic_uint done;
    atomic_uint time_count;
    Time *times; /* of takes */
} Bench;

static const Str measured = STR_INIT("measured"), other = STR_INIT("other"),
                 nobody = STR_INIT("nobody");

static _Noreturn void stop(const Ctx *cx, const char *what)
{
    fprintf(stderr, "%s: " STR_FMT "\n", what,
            STR_ARG(cx && cx->issues ? cx->issues->diagnostics : STR("failed")));
    _exit(1);
}

static void add_many(Bench *bench, Ctx *cx, Str kind, size_t count)
{
    static StoreJobAdd jobs[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        jobs[i] = (StoreJobAdd){.kind = kind, .payload = STR("{\"patient\":\"p-0123456789\"}")};
    for (size_t at = 0; at < count; at += BATCH) {
        StoreCommit commit = {.jobs = jobs, .job_count = BATCH};
        if (store_commit(bench->store, cx, bench->access, &commit) != STATUS_OK)
            stop(cx, "adding");
        arena_clear(cx->arena);
    }
}

/* False: nothing was there. */
static bool take_one(Bench *bench, Ctx *cx, Str kind, StoreJob *ret_job)
{
    StoreJobs got;
    StoreJobTake take = {
        .worker = STR("bench"), .lease_ms = 60000, .limit = 1, .kinds = &kind, .kind_count = 1};
    Time begun = time_monotonic();
    if (store_job_take(bench->store, cx, bench->access, &take, &got) != STATUS_OK)
        stop(cx, "taking");
    unsigned at = atomic_fetch_add(&bench->time_count, 1);
    if (at < TIMES_MAX)
        bench->times[at] = time_monotonic() - begun;
    if (got.count)
        *ret_job = got.jobs[0];
    return got.count == 1;
}

static void *work(void *of)
{
    Bench *bench = of;
    Ctx cx = {.arena = arena_new((size_t)16 << 20, false)};
    StoreJob job;
    while (time_monotonic() < bench->end && take_one(bench, &cx, measured, &job)) {
        Str name = arena_format(cx.arena, "%llu", (unsigned long long)job.number % 1000);
        StoreItem item = {STR("bench"), name, STR("done")};
        StoreJobEnd end = {.number = job.number, .lease = job.lease, .how = STORE_JOB_DONE};
        StoreCommit commit = {
            .items = &item, .item_count = 1, .job_ends = &end, .job_end_count = 1};
        if (store_commit(bench->store, &cx, bench->access, &commit) != STATUS_OK)
            stop(&cx, "ending");
        atomic_fetch_add(&bench->done, 1);
        arena_clear(cx.arena);
    }
    arena_free(cx.arena);
    return NULL;
}

static void *look(void *of)
{
    Bench *bench = of;
    Ctx cx = {.arena = arena_new((size_t)16 << 20, false)};
    StoreJob job;
    while (time_monotonic() < bench->end && !take_one(bench, &cx, nobody, &job)) {
        atomic_fetch_add(&bench->done, 1);
        arena_clear(cx.arena);
    }
    arena_free(cx.arena);
    return NULL;
}

static int compare_times(const void *left, const void *right)
{
    Time a = *(const Time *)left, b = *(const Time *)right;
    return a < b ? -1 : a > b;
}

static void measure(Bench *bench, const char *what, void *(*loop)(void *), unsigned threads,
                    unsigned seconds)
{
    pthread_t ids[64];
    Time begun = time_monotonic();
    atomic_store(&bench->done, 0);
    atomic_store(&bench->time_count, 0);
    bench->end = begun + seconds * TIME_SECOND;
    for (unsigned i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, loop, bench);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    double took = (double)(time_monotonic() - begun) / 1e6;
    size_t count = atomic_load(&bench->time_count);
    count = count < TIMES_MAX ? count : TIMES_MAX;
    qsort(bench->times, count, sizeof(Time), compare_times);
    printf("%-34s %2u threads %8.0f a second   take p50 %6lld us  p99 %6lld us\n", what, threads,
           atomic_load(&bench->done) / took, (long long)(count ? bench->times[count / 2] : 0),
           (long long)(count ? bench->times[count * 99 / 100] : 0));
    fflush(stdout);
}

static Status handle(Ctx *cx, JobRun *run)
{
    static const StoreItem effect = {STR_INIT("bench"), STR_INIT("last"), STR_INIT("done")};
    UNUSED(cx);
    run->reply.commit.items = &effect;
    run->reply.commit.item_count = 1;
    return STATUS_OK;
}

/* The whole way: the dispatcher takes, a worker runs a handler and commits. */
static void measure_handlers(Bench *bench, Ctx *cx, unsigned threads, unsigned seconds)
{
    const JobKind kinds[] = {{.name = "measured", .handler = handle}};
    JobsOptions options = {.threads = threads};
    Record *record;
    Jobs *jobs;
    if (record_new(cx, bench->store, bench->access, &(RecordOptions){.client_ids = true},
                   &record) != STATUS_OK ||
        jobs_start(cx, record, bench->access, kinds, 1, &options, &jobs) != STATUS_OK)
        stop(cx, "starting");
    Time begun = time_monotonic();
    sleep(seconds);
    double took = (double)(time_monotonic() - begun) / 1e6;
    printf("%-34s %2u threads %8.0f a second\n", "done by handlers", threads,
           (double)jobs_figures(jobs, 0).done / took);
    if (!jobs_stop(jobs, 30))
        stop(cx, "stopping");
    record_free(record);
}

static unsigned option(int argc, char **argv, const char *name, unsigned preset)
{
    for (int i = 3; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return (unsigned)strtoul(argv[i + 1], NULL, 10);
    }
    return preset;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    Arena *forever = arena_new(1 << 20, false);
    unsigned waiting = option(argc, argv, "--waiting", 100000);
    unsigned seconds = option(argc, argv, "--seconds", 5);
    unsigned threads = option(argc, argv, "--threads", 8);
    StoreOptions options = {.address = str_of(argv[1]), .key_file = str_of(argv[2])};
    Bench bench = {.times = malloc(TIMES_MAX * sizeof(Time))};
    bench.access = access_grant(
        forever, &(AccessGrant){.account = STR("b"), .role = STR("operator"), .may_write = true});
    StoreOptions owner = options;
    const char *owner_address = getenv("JOBS_BENCH_OWNER");
    if (owner_address) {
        owner.address = str_of(owner_address);
        owner.role = STR("aceso_app");
    }
    Status made = store_create(&cx, &owner);
    if (made != STATUS_OK && made != STATUS_CONFLICT)
        stop(&cx, "create");
    if (store_open(&cx, &options, &bench.store) != STATUS_OK)
        stop(&cx, "open");
    Time begun = time_monotonic();
    add_many(&bench, &cx, other, waiting);
    add_many(&bench, &cx, measured, waiting);
    printf("%-34s            %8.0f a second\n", "added, 1,000 in a commit",
           2.0 * waiting / ((double)(time_monotonic() - begun) / 1e6));
    measure(&bench, "taken and done", work, 1, seconds);
    measure(&bench, "taken and done", work, threads, seconds);
    measure(&bench, "looked for, and nothing there", look, 1, 2);
    measure_handlers(&bench, &cx, threads, seconds);
    store_close(bench.store);
    arena_free(cx.arena);
    arena_free(forever);
    free(bench.times);
    return 0;
}
