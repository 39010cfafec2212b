/* tests/fault/jobs_torture.c - each job done exactly once, while its workers are killed.
 *
 *     jobs_torture [--jobs N] [--kills N] [--seed N] [--postgres 1] [--handlers 1]
 *                  (default 500 jobs, 15 kills)
 *
 * A job's effect is an audit entry with its payload, in the commit that ends it; the first half
 * of the jobs each adds one of the second half in that same commit. Workers dawdle past their
 * leases, give jobs back, hold them, end them twice and die at any moment. In the end every job
 * must be on the log exactly once, and none be left.
 *
 * With --handlers the workers are those of src/jobs, else bare takers of this file. On a store in a
 * file one process of several threads works and is killed; on PostgreSQL three processes do, and
 * the database itself crashes and comes back now and then. Speaks TAP. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/grant.h"
#include "jobs/jobs.h"
#include "postgres.h"
#include "record/record.h"
#include "store/jobs.h"

enum { THREADS = 4, PROCESSES_MAX = 3, LEASE_MS = 80, SLEEP_MS = 5, PATIENCE_S = 120 };

static unsigned jobs = 500, kills = 15, processes = 1, crashes, handlers;
static const TestPostgres *postgres;
static uint64_t seed = 1;
static const Str kind = STR_INIT("torture");
static char folder[64];
static StoreOptions options, owner_options;

typedef struct {
    Store *store;
    const Access *access;
    atomic_bool failed;
} Worker;

static unsigned roll(uint64_t *dice, unsigned sides)
{
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*dice >> 33) % sides;
}

static void sleep_ms(unsigned ms)
{
    usleep(ms * 1000);
}

static const Access *own_access(Arena *arena)
{
    return access_grant(arena, &(AccessGrant){.account = STR("t"),
                                              .role = STR("operator"),
                                              .may_write = true,
                                              .everything = true});
}

static _Noreturn void bail(const Ctx *cx, const char *what)
{
    printf("Bail out! %s: " STR_FMT "\n", what,
           STR_ARG(cx->issues ? cx->issues->diagnostics : STR("failed")));
    exit(1);
}

/* ---- a worker ------------------------------------------------------------------------------- */

static Status do_it(Worker *worker, Ctx *cx, const StoreJob *job)
{
    uint64_t number = 0;
    StoreJobEnd done = {.number = job->number, .lease = job->lease, .how = STORE_JOB_DONE};
    StoreCommit commit = {
        .audits = &job->payload, .audit_count = 1, .job_ends = &done, .job_end_count = 1};
    StoreJobAdd next = {.kind = kind};
    if (!str_to_u64(job->payload, &number))
        return STATUS_INVALID;
    next.payload = arena_format(cx->arena, "%llu", (unsigned long long)number + jobs);
    if (number < jobs) {
        commit.jobs = &next;
        commit.job_count = 1;
    }
    return store_commit(worker->store, cx, worker->access, &commit);
}

static Status say(Worker *worker, Ctx *cx, const StoreJob *job, StoreJobHow how, Time after)
{
    StoreJobEnd end = {.number = job->number,
                       .lease = job->lease,
                       .how = how,
                       .tries = job->tries,
                       .after = after};
    StoreCommit commit = {.job_ends = &end, .job_end_count = 1};
    return store_commit(worker->store, cx, worker->access, &commit);
}

static void one_job(Worker *worker, Ctx *cx, const StoreJob *job, uint64_t *dice)
{
    Status status = STATUS_OK;
    switch (roll(dice, 10)) {
    case 0: /* not now */
        status = say(worker, cx, job, STORE_JOB_AGAIN, (Time)roll(dice, 50) * TIME_MS);
        break;
    case 1: /* too late, and it does not know */
        sleep_ms(LEASE_MS + roll(dice, 60));
        status = do_it(worker, cx, job);
        break;
    case 2: /* long, and it knows */
        status = say(worker, cx, job, STORE_JOB_HOLD, 2 * LEASE_MS * TIME_MS);
        sleep_ms(LEASE_MS + roll(dice, 20));
        if (status == STATUS_OK)
            status = do_it(worker, cx, job);
        break;
    case 3: /* twice: the second must not pass */
        status = do_it(worker, cx, job);
        if (status == STATUS_OK && do_it(worker, cx, job) == STATUS_OK)
            atomic_store(&worker->failed, true);
        break;
    case 4: /* forgotten */ break;
    case 5: /* after a moment */
        sleep_ms(roll(dice, 8));
        status = do_it(worker, cx, job);
        break;
    default: status = do_it(worker, cx, job);
    }
    if (status != STATUS_OK && status != STATUS_CONFLICT && status != STATUS_UNAVAILABLE)
        atomic_store(&worker->failed, true);
}

static bool all_done(Worker *worker, Ctx *cx)
{
    StoreReader *reader;
    StoreJobStats stats = {.waiting = 1};
    if (store_read_begin(worker->store, cx, worker->access, &reader) != STATUS_OK)
        return false;
    Status status = store_job_stats(reader, &stats);
    store_read_end(reader);
    return status == STATUS_OK && !stats.waiting && !stats.running;
}

static void *work(void *of)
{
    Worker *worker = of;
    Ctx cx = {.arena = arena_new((size_t)16 << 20, false)};
    uint64_t dice = (uint64_t)time_monotonic() ^ (uint64_t)(uintptr_t)&cx;
    StoreJobTake take = {
        .worker = STR("w"), .lease_ms = LEASE_MS, .limit = 3, .kinds = &kind, .kind_count = 1};
    while (!atomic_load(&worker->failed)) {
        StoreJobs got = {.count = 0};
        ctx_forget(&cx);
        Status status = store_job_take(worker->store, &cx, worker->access, &take, &got);
        for (size_t i = 0; status == STATUS_OK && i < got.count; i++)
            one_job(worker, &cx, &got.jobs[i], &dice);
        if (status != STATUS_OK || !got.count) {
            if (status == STATUS_OK && all_done(worker, &cx))
                break;
            sleep_ms(SLEEP_MS);
        }
        arena_clear(cx.arena);
    }
    arena_free(cx.arena);
    return NULL;
}

/* ---- the workers of src/jobs ------------------------------------------------------------------
 */

static Status handle(Ctx *cx, JobRun *run)
{
    uint64_t number = 0;
    uint32_t dice = (uint32_t)time_monotonic();
    StoreJobAdd *next = arena_new_of(cx->arena, StoreJobAdd);
    StoreCommit *commit = &run->reply.commit;
    if (!next || !str_to_u64(run->job->payload, &number))
        return STATUS_INVALID;
    commit->audits = &run->job->payload;
    commit->audit_count = 1;
    *next = (StoreJobAdd){.kind = kind,
                          .payload =
                              arena_format(cx->arena, "%llu", (unsigned long long)number + jobs)};
    commit->jobs = next;
    commit->job_count = number < jobs;
    if (dice % 16 == 0)
        sleep_ms(LEASE_MS + dice % 100); /* longer than a lease, which the dispatcher keeps */
    if (dice % 16 != 1)
        return STATUS_OK;
    commit->audit_count = 0;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Not this time.");
}

static void run_handlers(Worker *worker, Ctx *cx)
{
    const JobKind kinds[] = {{.name = "torture", .handler = handle, .tries = 1000, .wait_s = 1}};
    JobsOptions how = {.threads = THREADS, .lease_ms = 3 * LEASE_MS, .poll_ms = 20};
    Record *record;
    Jobs *running;
    while (record_new(cx, worker->store, worker->access, &(RecordOptions){.client_ids = true},
                      &record) != STATUS_OK)
        sleep_ms(SLEEP_MS);
    while (jobs_start(cx, record, worker->access, kinds, 1, &how, &running) != STATUS_OK)
        sleep_ms(SLEEP_MS);
    Ctx own = {.arena = arena_new((size_t)16 << 20, false)};
    while (!all_done(worker, &own)) {
        arena_clear(own.arena);
        ctx_forget(&own);
        sleep_ms(20);
    }
    if (!jobs_stop(running, PATIENCE_S))
        atomic_store(&worker->failed, true);
    record_free(record);
}

static _Noreturn void run_child(void)
{
    Worker worker = {.failed = false};
    pthread_t threads[THREADS];
    Ctx cx = {.arena = arena_new((size_t)16 << 20, false)};
    worker.access = own_access(cx.arena);
    Time until = time_monotonic() + PATIENCE_S * TIME_SECOND;
    Status opened = store_open(&cx, &options, &worker.store);
    while (opened == STATUS_UNAVAILABLE && postgres && time_monotonic() < until) {
        sleep_ms(SLEEP_MS); /* the database is away */
        ctx_forget(&cx);
        opened = store_open(&cx, &options, &worker.store);
    }
    if (opened != STATUS_OK)
        bail(&cx, "the store does not open");
    if (handlers)
        run_handlers(&worker, &cx);
    for (size_t i = 0; i < THREADS && !handlers; i++)
        pthread_create(&threads[i], NULL, work, &worker);
    for (size_t i = 0; i < THREADS && !handlers; i++)
        pthread_join(threads[i], NULL);
    store_close(worker.store);
    _exit(atomic_load(&worker.failed) ? 1 : 0);
}

/* ---- the parent -------------------------------------------------------------------------------
 */

static pid_t start_child(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        run_child();
    return child;
}

static void fill(void)
{
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    Store *store;
    StoreJobAdd *all = arena_array_of(cx.arena, StoreJobAdd, jobs);
    if (store_create(&cx, &owner_options) != STATUS_OK)
        bail(&cx, "the store cannot be made");
    if (store_open(&cx, &options, &store) != STATUS_OK)
        bail(&cx, "the store does not open");
    for (unsigned i = 0; i < jobs; i++)
        all[i] = (StoreJobAdd){.kind = kind, .payload = arena_format(cx.arena, "%u", i)};
    StoreCommit commit = {.jobs = all, .job_count = jobs};
    if (store_commit(store, &cx, own_access(cx.arena), &commit) != STATUS_OK)
        bail(&cx, "the jobs cannot be added");
    store_close(store);
    arena_free(cx.arena);
}

/* The times of all children: ends when all are through, and tells of a bad one. */
static bool kill_and_wait(void)
{
    pid_t children[PROCESSES_MAX];
    unsigned killed = 0;
    bool good = true;
    for (unsigned i = 0; i < processes; i++)
        children[i] = start_child();
    while (killed < kills) {
        unsigned which = roll(&seed, processes);
        int status;
        sleep_ms(20 + roll(&seed, 180));
        if (postgres && roll(&seed, 4) == 0) {
            good = test_postgres_order(TEST_POSTGRES_RESTART) && good;
            crashes++;
        }
        kill(children[which], SIGKILL);
        waitpid(children[which], &status, 0);
        good = good && !(WIFEXITED(status) && WEXITSTATUS(status));
        children[which] = start_child();
        killed++;
    }
    alarm(PATIENCE_S); /* what hangs is a failure too */
    for (unsigned i = 0; i < processes; i++) {
        int status;
        waitpid(children[i], &status, 0);
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    alarm(0);
    return good;
}

static void count_entries(unsigned *ret_missing, unsigned *ret_twice)
{
    Ctx cx = {.arena = arena_new((size_t)512 << 20, false)};
    unsigned *times = arena_array_of(cx.arena, unsigned, 2 * jobs);
    Store *store;
    StoreReader *reader;
    StoreAuditRow *rows;
    size_t count;
    *ret_missing = *ret_twice = 0;
    if (store_open(&cx, &options, &store) != STATUS_OK ||
        store_read_begin(store, &cx, own_access(cx.arena), &reader) != STATUS_OK ||
        store_audit_read(reader, 1, 10 * (size_t)jobs, &rows, &count) != STATUS_OK)
        bail(&cx, "the log cannot be read");
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        if (str_to_u64(rows[i].entry, &number) && number < 2 * jobs)
            times[number]++;
    }
    for (unsigned i = 0; i < 2 * jobs; i++) {
        *ret_missing += times[i] == 0;
        *ret_twice += times[i] > 1;
    }
    store_read_end(reader);
    store_close(store);
    arena_free(cx.arena);
}

static void make_folder(void)
{
    static char path[320], key[96], owner_path[320];
    snprintf(folder, sizeof(folder), "/tmp/aceso-jobs-XXXXXX");
    if (!mkdtemp(folder))
        exit(1);
    snprintf(path, sizeof(path), postgres ? "postgres:%.300s" : "%.80s/store",
             postgres ? postgres->app : folder);
    snprintf(owner_path, sizeof(owner_path), "postgres:%.300s", postgres ? postgres->owner : "");
    snprintf(key, sizeof(key), "%s/secret", folder);
    FILE *file = fopen(key, "w");
    if (!file || fwrite("0123456789abcdef0123456789abcdef", 32, 1, file) != 1 || fclose(file))
        exit(1);
    options = (StoreOptions){.address = str_of(path), .key_file = str_of(key)};
    owner_options = options;
    if (postgres) {
        owner_options.address = str_of(owner_path);
        owner_options.role = str_of(postgres->app_role);
    }
    processes = postgres ? PROCESSES_MAX : 1;
}

int main(int argc, char **argv)
{
    unsigned missing, twice;
    const char *why = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        unsigned value = (unsigned)strtoul(argv[i + 1], NULL, 10);
        jobs = strcmp(argv[i], "--jobs") == 0 ? value : jobs;
        kills = strcmp(argv[i], "--kills") == 0 ? value : kills;
        seed = strcmp(argv[i], "--seed") == 0 ? value : seed;
        handlers = strcmp(argv[i], "--handlers") == 0 ? value : handlers;
        if (strcmp(argv[i], "--postgres") == 0 && !(postgres = test_postgres(true, &why))) {
            printf("1..1\n# skipped: jobs on PostgreSQL (%s)\nok 1 - jobs on PostgreSQL\n", why);
            return 0;
        }
    }
    make_folder();
    fill();
    printf("1..3\n");
    bool good = kill_and_wait();
    count_entries(&missing, &twice);
    printf("%s 1 - no worker failed, in %u processes of %d threads, %u kills, %u crashes\n",
           good ? "ok" : "not ok", processes, THREADS, kills, crashes);
    printf("%s 2 - each of %u jobs was done (%u were not)\n", missing ? "not ok" : "ok", 2 * jobs,
           missing);
    printf("%s 3 - none was done twice (%u were)\n", twice ? "not ok" : "ok", twice);
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command) != 0 || !good || missing || twice;
}
