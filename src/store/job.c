/* store/job.c - jobs: what is the same for every engine. */
#include "store/engine.h"

#include <pthread.h>

/* One for all stores: it guards who watches, and is held while they are told. */
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER;

bool store_job_end_fits(const StoreJobEnd *end, StoreJobState state, uint64_t lease)
{
    if (end->lease)
        return state == STORE_JOB_RUNS && lease == end->lease;
    return end->how == STORE_JOB_DONE || (end->how != STORE_JOB_HOLD && state != STORE_JOB_RUNS);
}

Status store_job_take(Store *store, Ctx *cx, const Access *access, const StoreJobTake *take,
                      StoreJobs *ret_jobs)
{
    assert(access);
    assert(take->limit && take->lease_ms && take->lease_ms <= STORE_LEASE_MS_MAX);
    return store->engine->job_take(store, cx, access, take, ret_jobs);
}

Status store_job_list(StoreReader *reader, const StoreJobQuery *query, StoreJob **ret_jobs,
                      size_t *ret_count)
{
    StoreJob *jobs = arena_array_of(reader->cx->arena, StoreJob, query->limit + 1);
    if (!jobs)
        return STATUS_MEMORY;
    TRY(reader->engine->job_list(reader, query, jobs, ret_count));
    *ret_jobs = jobs;
    return STATUS_OK;
}

Status store_job_get(StoreReader *reader, uint64_t number, StoreJob *ret_job)
{
    return reader->engine->job_get(reader, number, ret_job);
}

Status store_job_stats(StoreReader *reader, StoreJobStats *ret_stats)
{
    return reader->engine->job_stats(reader, ret_stats);
}

/* ---- telling ------------------------------------------------------------------------------ */

static bool leaves_a_job(const StoreCommit *commit)
{
    for (size_t i = 0; i < commit->job_end_count; i++) {
        if (commit->job_ends[i].how == STORE_JOB_AGAIN)
            return true;
    }
    return commit->job_count > 0;
}

void store_jobs_tell(Store *store, const StoreCommit *group)
{
    bool left = false;
    for (; group && !left; group = group->next)
        left = group->status == STATUS_OK && leaves_a_job(group);
    if (!left)
        return;
    pthread_mutex_lock(&watch_lock);
    if (store->watch)
        store->watch(store->watch_to);
    pthread_mutex_unlock(&watch_lock);
}

void store_job_watch(Store *store, void (*tell)(void *to), void *to)
{
    pthread_mutex_lock(&watch_lock);
    store->watch = tell;
    store->watch_to = to;
    pthread_mutex_unlock(&watch_lock);
}
