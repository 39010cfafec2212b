/* jobs/jobs.c - begins and ends it all, and says how it goes. */
#include "jobs/internal.h"

#include <errno.h>
#include <unistd.h>

enum {
    THREADS_DEFAULT = 2,
    LEASE_MS = 30000,
    POLL_MS = 2000,
    TIME_S = 60,
    TRIES = 8,
    WAIT_S = 5,
    WAIT_MAX_S = 3600,
};

/* ---- start ------------------------------------------------------------------------------ */

static unsigned or_else(unsigned number, unsigned preset)
{
    return number ? number : preset;
}

static bool take_kinds(Jobs *jobs, const JobKind *kinds, size_t count)
{
    JobKind *all = arena_array_of(jobs->arena, JobKind, count + 1);
    assert(count <= JOBS_KINDS_MAX);
    for (size_t i = 0; all && i < count; i++) {
        all[i] = kinds[i];
        all[i].time_s = or_else(kinds[i].time_s, TIME_S);
        all[i].tries = or_else(kinds[i].tries, TRIES);
        all[i].wait_s = or_else(kinds[i].wait_s, WAIT_S);
        all[i].wait_max_s = or_else(kinds[i].wait_max_s, WAIT_MAX_S);
        jobs->names[i] = str_of(kinds[i].name);
    }
    jobs->kinds = all;
    jobs->kind_count = count;
    return all != NULL;
}

static bool take_options(Jobs *jobs, const JobsOptions *options)
{
    char host[JOBS_NODE_BYTES_MAX - 16] = "";
    jobs->options = *options;
    jobs->options.lease_ms = or_else(options->lease_ms, LEASE_MS);
    jobs->options.poll_ms = or_else(options->poll_ms, POLL_MS);
    jobs->threads = or_else(options->threads, THREADS_DEFAULT);
    if (jobs->threads > JOBS_THREADS_MAX)
        jobs->threads = JOBS_THREADS_MAX;
    if (gethostname(host, sizeof(host) - 1) != 0)
        host[0] = '\0';
    jobs->options.node = options->node.len
                             ? arena_str(jobs->arena, str_head(options->node, JOBS_NODE_BYTES_MAX))
                             : arena_format(jobs->arena, "%s/%d", host, (int)getpid());
    return jobs->options.node.at;
}

static void init_locks(Jobs *jobs)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->wake, &clock);
    pthread_cond_init(&jobs->quiet, &clock);
    pthread_condattr_destroy(&clock);
    for (unsigned i = 0; i < jobs->threads; i++)
        pthread_cond_init(&jobs->slots[i].given, NULL);
}

static bool start_worker(Jobs *jobs, Slot *slot)
{
    slot->jobs = jobs;
    slot->arena = arena_new(JOBS_RUN_BYTES_MAX, true);
    slot->started = slot->arena && pthread_create(&slot->thread, NULL, jobs_work, slot) == 0;
    if (slot->started)
        (void)pthread_setname_np(slot->thread, "job");
    return slot->started;
}

static bool start_threads(Jobs *jobs)
{
    for (unsigned i = 0; i < jobs->threads; i++) {
        if (!start_worker(jobs, &jobs->slots[i])) {
            jobs->threads = i;
            break;
        }
    }
    jobs->dispatching =
        jobs->threads && pthread_create(&jobs->dispatcher, NULL, jobs_dispatch, jobs) == 0;
    if (jobs->dispatching)
        (void)pthread_setname_np(jobs->dispatcher, "jobs");
    return jobs->dispatching;
}

static void hear_of_added(void *of)
{
    Jobs *jobs = of;
    jobs_wake(jobs);
    if (jobs->options.added)
        jobs->options.added(jobs->options.added_to);
}

static void release(Jobs *jobs)
{
    for (unsigned i = 0; i < JOBS_THREADS_MAX; i++) {
        if (jobs->slots[i].arena)
            arena_free(jobs->slots[i].arena);
    }
    arena_free(jobs->arena);
}

Status jobs_start(Ctx *cx, Record *record, const Access *access, const JobKind *kinds,
                  size_t kind_count, const JobsOptions *options, Jobs **ret_jobs)
{
    Arena *arena = arena_new((size_t)1 << 20, false);
    Jobs *jobs = arena ? arena_new_of(arena, Jobs) : NULL;
    if (!jobs)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    *jobs = (Jobs){.arena = arena,
                   .record = record,
                   .store = record_store(record),
                   .access = access,
                   .woken = true};
    bool sound = take_kinds(jobs, kinds, kind_count) && take_options(jobs, options);
    Status status = sound ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; i < kind_count && status == STATUS_OK; i++)
        status = jobs_keep_schedule(jobs, cx, &jobs->kinds[i]);
    if (status != STATUS_OK) {
        arena_free(arena);
        return status;
    }
    init_locks(jobs);
    if (!start_threads(jobs)) {
        UNUSED(jobs_stop(jobs, 1));
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "There is no thread for jobs.");
    }
    store_job_watch(jobs->store, hear_of_added, jobs);
    *ret_jobs = jobs;
    return STATUS_OK;
}

/* ---- the rest of its life --------------------------------------------------------------- */

void jobs_wake(Jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->woken = true;
    pthread_cond_signal(&jobs->wake);
    pthread_mutex_unlock(&jobs->lock);
}

bool jobs_stop(Jobs *jobs, unsigned seconds)
{
    if (!jobs)
        return true;
    Time until = time_monotonic() + seconds * TIME_SECOND;
    struct timespec at = {until / TIME_SECOND, until % TIME_SECOND * 1000};
    int late = 0;
    store_job_watch(jobs->store, NULL, NULL);
    pthread_mutex_lock(&jobs->lock);
    atomic_store(&jobs->stopping, true);
    pthread_cond_signal(&jobs->wake);
    for (unsigned i = 0; i < jobs->threads; i++)
        pthread_cond_signal(&jobs->slots[i].given);
    while ((jobs->ended < jobs->threads || jobs->dispatching) && late != ETIMEDOUT)
        late = pthread_cond_timedwait(&jobs->quiet, &jobs->lock, &at);
    bool quiet = jobs->ended == jobs->threads && !jobs->dispatching;
    pthread_mutex_unlock(&jobs->lock);
    if (!quiet)
        return false;
    for (unsigned i = 0; i < jobs->threads; i++)
        pthread_join(jobs->slots[i].thread, NULL);
    if (jobs->dispatcher)
        pthread_join(jobs->dispatcher, NULL);
    release(jobs);
    return true;
}

/* ---- figures ---------------------------------------------------------------------------- */

size_t jobs_kind_count(const Jobs *jobs)
{
    return jobs->kind_count;
}

JobsFigures jobs_figures(const Jobs *jobs, size_t kind)
{
    KindState *state = (KindState *)(uintptr_t)&jobs->states[kind];
    return (JobsFigures){.kind = jobs->kinds[kind].name,
                         .done = atomic_load(&state->done),
                         .failed = atomic_load(&state->failed),
                         .dead = atomic_load(&state->dead),
                         .lost = atomic_load(&state->lost),
                         .microseconds = atomic_load(&state->microseconds),
                         .last_done = atomic_load(&state->last_done)};
}

StoreJobStats jobs_store_stats(Jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    StoreJobStats stats = jobs->stats;
    pthread_mutex_unlock(&jobs->lock);
    return stats;
}
