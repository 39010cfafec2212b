/* jobs/run.c - one try of a job, in a worker: the handler, then its commit with the job's end. */
#include "jobs/internal.h"

#include "base/log.h"
#include "crypto/crypto.h"

enum { PREPARES_MAX = 5 };

typedef enum { RUN_DONE, RUN_AGAIN, RUN_GIVEN_BACK, RUN_DEAD, RUN_LOST, RUN_STUCK } Outcome;
static const char *const outcome_words[] = {
    [RUN_DONE] = "done", [RUN_AGAIN] = "again", [RUN_GIVEN_BACK] = "given-back",
    [RUN_DEAD] = "dead", [RUN_LOST] = "lost",   [RUN_STUCK] = "no-store",
};

/* A Ctx asks this: whether there is any use in going on. */
static bool is_over(const void *who)
{
    const Slot *slot = who;
    return atomic_load(&((Slot *)(uintptr_t)slot)->lost) || atomic_load(&slot->jobs->stopping);
}

/* Half of the wait is chance, so that what failed together does not come back together. */
static Time back_off(const JobKind *kind, uint32_t tries)
{
    uint64_t wait = kind->wait_s, chance;
    for (uint32_t i = 1; i < tries && wait < kind->wait_max_s; i++)
        wait *= 2;
    if (wait > kind->wait_max_s)
        wait = kind->wait_max_s;
    Time half = (Time)(wait * TIME_SECOND / 2);
    crypto_random(&chance, sizeof(chance));
    return half + (Time)(chance % (uint64_t)(half + 1));
}

static Str sentence(const Ctx *cx, Status status)
{
    Str text = cx->issues ? cx->issues->diagnostics : str_of(status_name(status));
    return str_head(text, STORE_JOB_ERROR_BYTES_MAX);
}

/* ---- the end ---------------------------------------------------------------------------- */

static bool is_scheduled(const JobKind *kind, const StoreJob *job)
{
    return kind->schedule.rhythm != JOBS_NEVER && str_eq(job->key, JOBS_SCHEDULED);
}

/* The end into the commit; a job of a schedule that goes is followed by the next. */
static Status add_end(Slot *slot, Ctx *cx, StoreCommit *commit, const StoreJobEnd *end)
{
    const JobKind *kind = &slot->jobs->kinds[slot->kind];
    StoreJobEnd *ends = arena_array_of(cx->arena, StoreJobEnd, commit->job_end_count + 1);
    StoreJobAdd *jobs = arena_array_of(cx->arena, StoreJobAdd, commit->job_count + 1);
    if (!ends || !jobs)
        return STATUS_MEMORY;
    if (commit->job_end_count)
        memcpy(ends, commit->job_ends, commit->job_end_count * sizeof(*ends));
    ends[commit->job_end_count++] = *end;
    commit->job_ends = ends;
    if (end->how == STORE_JOB_AGAIN || !is_scheduled(kind, &slot->job))
        return STATUS_OK;
    if (commit->job_count)
        memcpy(jobs, commit->jobs, commit->job_count * sizeof(*jobs));
    TRY(jobs_next_of(cx->arena, kind, time_now(), &jobs[commit->job_count]));
    commit->jobs = jobs;
    commit->job_count++;
    return STATUS_OK;
}

/* The try has failed: what becomes of the job. Its audit entries are kept, its effects are not. */
static Outcome end_failure(Slot *slot, Ctx *cx, const StoreCommit *failed, Status status,
                           bool hopeless)
{
    Jobs *jobs = slot->jobs;
    const JobKind *kind = &jobs->kinds[slot->kind];
    const StoreJob *job = &slot->job;
    bool given_back =
        atomic_load(&jobs->stopping) && (status == STATUS_TIMEOUT || status == STATUS_UNAVAILABLE);
    bool dead = !given_back && (hopeless || job->tries >= kind->tries);
    StoreJobEnd end = {.number = job->number,
                       .lease = job->lease,
                       .how = dead ? STORE_JOB_DEAD : STORE_JOB_AGAIN,
                       .tries = given_back ? job->tries - 1 : job->tries,
                       .after = given_back ? 0 : back_off(kind, job->tries),
                       .error = given_back ? job->error : sentence(cx, status)};
    StoreCommit commit = {.audits = failed->audits, .audit_count = failed->audit_count};
    if (add_end(slot, cx, &commit, &end) != STATUS_OK)
        return RUN_STUCK;
    status = store_commit(jobs->store, cx, jobs->access, &commit);
    if (status == STATUS_CONFLICT)
        return RUN_LOST;
    return status != STATUS_OK ? RUN_STUCK
           : given_back        ? RUN_GIVEN_BACK
           : dead              ? RUN_DEAD
                               : RUN_AGAIN;
}

/* ---- the try ---------------------------------------------------------------------------- */

static Outcome try_once(Slot *slot, Ctx *cx, bool *ret_retry)
{
    Jobs *jobs = slot->jobs;
    const JobKind *kind = &jobs->kinds[slot->kind];
    const StoreJob *job = &slot->job;
    JobRun run = {.record = jobs->record, .access = jobs->access, .job = job, .owner = kind->owner};
    StoreJobEnd done = {.number = job->number, .lease = job->lease, .how = STORE_JOB_DONE};
    *ret_retry = false;
    Status status = kind->handler(cx, &run);
    if (status == STATUS_OK)
        status = add_end(slot, cx, &run.reply.commit, &done);
    if (status == STATUS_OK) {
        status = store_commit(jobs->store, cx, jobs->access, &run.reply.commit);
        record_settled(&run.reply);
        if (status == STATUS_OK)
            return RUN_DONE;
        if (status == STATUS_STORAGE || status == STATUS_UNAVAILABLE)
            return RUN_STUCK; /* nothing can be written: when the lease is over, somebody tries */
    }
    record_settled(&run.reply);
    *ret_retry = run.reply.retry && status == STATUS_CONFLICT; /* somebody was faster */
    return *ret_retry ? RUN_AGAIN : end_failure(slot, cx, &run.reply.commit, status, run.hopeless);
}

/* It was begun as often as it may be, and its worker was never heard of again. */
static Outcome bury(Slot *slot, Ctx *cx)
{
    const StoreCommit nothing = {.audit_count = 0};
    Status status = ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY,
                             "It was begun %u times, and each time the process ended in the middle"
                             " or the time was over.",
                             slot->job.tries - 1);
    return end_failure(slot, cx, &nothing, status, true);
}

static Outcome run_job(Slot *slot)
{
    const JobKind *kind = &slot->jobs->kinds[slot->kind];
    Outcome outcome = RUN_AGAIN;
    bool retry = true;
    for (unsigned i = 0; i < PREPARES_MAX && retry; i++) {
        Ctx cx = {.arena = slot->arena,
                  .deadline = time_monotonic() + kind->time_s * TIME_SECOND,
                  .gone = is_over,
                  .who = slot};
        if (slot->job.tries > kind->tries)
            return bury(slot, &cx);
        outcome = try_once(slot, &cx, &retry);
    }
    if (!retry)
        return outcome;
    Ctx cx = {.arena = slot->arena};
    const StoreCommit nothing = {.audit_count = 0};
    Status status =
        ctx_fail(&cx, STATUS_CONFLICT, STR_EMPTY, "Others changed the same resources each time.");
    return end_failure(slot, &cx, &nothing, status, false);
}

/* ---- the worker ------------------------------------------------------------------------- */

static void count(Slot *slot, Outcome outcome, Time took)
{
    KindState *state = &slot->jobs->states[slot->kind];
    atomic_fetch_add(&state->microseconds, (uint_fast64_t)took);
    if (outcome == RUN_DONE)
        atomic_store(&state->last_done, time_now());
    atomic_uint_fast64_t *counters[] = {
        [RUN_DONE] = &state->done, [RUN_AGAIN] = &state->failed, [RUN_GIVEN_BACK] = NULL,
        [RUN_DEAD] = &state->dead, [RUN_LOST] = &state->lost,    [RUN_STUCK] = &state->failed,
    };
    if (counters[outcome])
        atomic_fetch_add(counters[outcome], 1);
    log_event(LOG_JOB,
              (LogField[]){log_word(LOG_KIND, slot->jobs->kinds[slot->kind].name),
                           log_word(LOG_OUTCOME, outcome_words[outcome]),
                           log_number(LOG_TRIES, slot->job.tries),
                           log_number(LOG_MICROSECONDS, (uint64_t)took)},
              4);
}

/* With the lock held; it is let go while the job runs. */
static void work_once(Slot *slot)
{
    Jobs *jobs = slot->jobs;
    slot->state = SLOT_RUNS;
    pthread_mutex_unlock(&jobs->lock);
    Time begun = time_monotonic();
    Outcome outcome = run_job(slot);
    count(slot, outcome, time_monotonic() - begun);
    arena_clear(slot->arena);
    pthread_mutex_lock(&jobs->lock);
    jobs->states[slot->kind].running--;
    if (jobs_take_next(slot))
        return;
    slot->state = SLOT_IDLE;
    jobs->woken = true; /* there is room for another, perhaps of a kind that had none */
    pthread_cond_signal(&jobs->wake);
}

void *jobs_work(void *of)
{
    Slot *slot = of;
    Jobs *jobs = slot->jobs;
    pthread_mutex_lock(&jobs->lock);
    for (;;) {
        while (slot->state != SLOT_GIVEN && !atomic_load(&jobs->stopping))
            pthread_cond_wait(&slot->given, &jobs->lock);
        if (slot->state != SLOT_GIVEN)
            break;
        work_once(slot);
    }
    jobs->ended++;
    pthread_cond_signal(&jobs->quiet);
    pthread_cond_signal(&jobs->wake);
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}
