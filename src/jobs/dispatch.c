/* jobs/dispatch.c - the thread that takes jobs for idle workers and keeps the leases of busy ones.
 *
 * It sleeps until something was added or ended, a lease wants renewing, or the next job is due;
 * and looks every few seconds for what other nodes have added. */
#include "jobs/internal.h"

enum { STATS_EVERY_MS = 5000, TAKE_BYTES_MAX = 1 << 28, RETRY_MS = 1000, IN_A_ROW_MAX = 32 };

typedef struct {
    Jobs *jobs;
    Arena *arena;
    Time stats_at; /* monotonic */
} Dispatcher;

static void sleep_until(Jobs *jobs, Time until)
{
    struct timespec at = {until / TIME_SECOND, until % TIME_SECOND * 1000};
    pthread_cond_timedwait(&jobs->wake, &jobs->lock, &at);
}

static Time earlier(Time a, Time b)
{
    return a < b ? a : b;
}

/* At `at`, or when `wait` is over. */
static Time sooner(Time at, Time wait)
{
    return wait == INT64_MAX ? at : earlier(at, time_monotonic() + wait);
}

static size_t count_idle(const Jobs *jobs)
{
    size_t idle = 0;
    for (unsigned i = 0; i < jobs->threads; i++)
        idle += jobs->slots[i].state == SLOT_IDLE;
    return idle;
}

/* ---- taking ----------------------------------------------------------------------------- */

/* What is asked for in one take. */
typedef struct {
    Str kinds[JOBS_KINDS_MAX];
    size_t limits[JOBS_KINDS_MAX];
    size_t count;
} Wish;

/* The kinds of which another may run: those that have a limit of their own, or the others. With
 * the lock held. */
static void wish_for(const Jobs *jobs, bool limited, size_t idle, Wish *wish)
{
    wish->count = 0;
    for (size_t i = 0; i < jobs->kind_count; i++) {
        unsigned at_once = jobs->kinds[i].at_once, running = jobs->states[i].running;
        if (limited != (at_once > 0) || (at_once && running >= at_once))
            continue;
        wish->kinds[wish->count] = jobs->names[i];
        wish->limits[wish->count++] =
            at_once && at_once - running < idle ? at_once - running : idle;
    }
}

/* Without the lock. What failed is tried again soon. */
static StoreJobs ask(Jobs *jobs, Arena *arena, const Wish *wish, size_t limit)
{
    Ctx cx = {.arena = arena};
    StoreJobs got = {.wait = wish->count ? RETRY_MS * TIME_MS : INT64_MAX};
    StoreJobTake take = {.worker = jobs->options.node,
                         .lease_ms = jobs->options.lease_ms,
                         .limit = limit,
                         .kinds = wish->kinds,
                         .limits = wish->limits,
                         .kind_count = wish->count};
    if (wish->count)
        UNUSED(store_job_take(jobs->store, &cx, jobs->access, &take, &got) == STATUS_OK);
    return got;
}

static bool copy_job(Slot *slot, const StoreJob *job)
{
    slot->job = *job;
    Str *texts[] = {&slot->job.kind, &slot->job.key, &slot->job.payload, &slot->job.worker,
                    &slot->job.error};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = arena_str(slot->arena, *texts[i]);
        if (!texts[i]->at)
            return false;
    }
    return true;
}

/* slot->job is there. With the lock held. */
static void begin(Slot *slot)
{
    Jobs *jobs = slot->jobs;
    Time now = time_monotonic();
    for (slot->kind = 0; !str_eq(jobs->names[slot->kind], slot->job.kind);)
        slot->kind++;
    atomic_store(&slot->lost, false);
    slot->state = SLOT_GIVEN;
    slot->deadline = now + jobs->kinds[slot->kind].time_s * TIME_SECOND;
    slot->renew_at = now + jobs->options.lease_ms * TIME_MS / 3;
    jobs->states[slot->kind].running++;
}

/* To idle workers. With the lock held. */
static void give(Jobs *jobs, const StoreJobs *got)
{
    Slot *slot = jobs->slots;
    for (size_t i = 0; i < got->count; i++) {
        while (slot->state != SLOT_IDLE)
            slot++;
        if (!copy_job(slot, &got->jobs[i])) { /* when its lease is over it comes back */
            arena_clear(slot->arena);
            continue;
        }
        slot->in_a_row = 0;
        begin(slot);
        pthread_cond_signal(&slot->given);
    }
}

/* First those with a limit of their own, so that a crowd of others does not keep them waiting. With
 * the lock held; it is let go while the store is asked. */
static void take(Dispatcher *self, size_t idle)
{
    Jobs *jobs = self->jobs;
    Wish wish;
    jobs->woken = false;
    jobs->look_at = time_monotonic() + jobs->options.poll_ms * TIME_MS;
    for (int limited = 1; limited >= 0 && idle; limited--) {
        wish_for(jobs, limited, idle, &wish);
        pthread_mutex_unlock(&jobs->lock);
        StoreJobs got = ask(jobs, self->arena, &wish, idle);
        pthread_mutex_lock(&jobs->lock);
        give(jobs, &got);
        idle -= got.count;
        jobs->look_at = sooner(jobs->look_at, got.wait);
        arena_clear(self->arena);
    }
}

bool jobs_take_next(Slot *slot)
{
    Jobs *jobs = slot->jobs;
    Wish wish;
    wish_for(jobs, false, 1, &wish);
    if (!wish.count || ++slot->in_a_row > IN_A_ROW_MAX || atomic_load(&jobs->stopping))
        return false;
    slot->state = SLOT_TAKES;
    pthread_mutex_unlock(&jobs->lock);
    StoreJobs got = ask(jobs, slot->arena, &wish, 1);
    pthread_mutex_lock(&jobs->lock);
    if (!got.count) {
        jobs->look_at = sooner(jobs->look_at, got.wait);
        arena_clear(slot->arena);
        return false;
    }
    slot->job = got.jobs[0];
    begin(slot);
    return true;
}

/* ---- leases ----------------------------------------------------------------------------- */

/* With the lock held; it is let go while the store is asked. */
static void renew(Dispatcher *self, Slot *slot)
{
    Jobs *jobs = self->jobs;
    StoreJobEnd hold = {.number = slot->job.number,
                        .lease = slot->job.lease,
                        .how = STORE_JOB_HOLD,
                        .after = jobs->options.lease_ms * TIME_MS};
    StoreCommit commit = {.job_ends = &hold, .job_end_count = 1};
    pthread_mutex_unlock(&jobs->lock);
    Ctx cx = {.arena = self->arena};
    Status status = store_commit(jobs->store, &cx, jobs->access, &commit);
    arena_clear(self->arena);
    pthread_mutex_lock(&jobs->lock);
    bool same = slot->state >= SLOT_GIVEN && slot->job.number == hold.number &&
                slot->job.lease == hold.lease;
    if (same && status == STATUS_CONFLICT)
        atomic_store(&slot->lost, true);
    if (same)
        slot->renew_at =
            time_monotonic() +
            (status == STATUS_OK ? jobs->options.lease_ms * TIME_MS / 3 : RETRY_MS * TIME_MS);
}

/* Whether its lease is kept: not when it is lost, nor when the job takes longer than it may. */
static bool is_kept(const Slot *slot)
{
    return slot->state >= SLOT_GIVEN && !atomic_load(&((Slot *)(uintptr_t)slot)->lost) &&
           time_monotonic() < slot->deadline;
}

static Time renew_all(Dispatcher *self)
{
    Jobs *jobs = self->jobs;
    Time next = INT64_MAX;
    for (unsigned i = 0; i < jobs->threads; i++) {
        Slot *slot = &jobs->slots[i];
        if (is_kept(slot) && slot->renew_at <= time_monotonic())
            renew(self, slot);
        if (is_kept(slot) && slot->renew_at < next)
            next = slot->renew_at;
    }
    return next;
}

/* ---- the thread ------------------------------------------------------------------------- */

static void count_jobs(Dispatcher *self)
{
    Jobs *jobs = self->jobs;
    StoreReader *reader;
    StoreJobStats stats;
    pthread_mutex_unlock(&jobs->lock);
    Ctx cx = {.arena = self->arena, .deadline = time_monotonic() + RETRY_MS * TIME_MS};
    Status status = store_read_begin(jobs->store, &cx, jobs->access, &reader);
    if (status == STATUS_OK) {
        status = store_job_stats(reader, &stats);
        store_read_end(reader);
    }
    arena_clear(self->arena);
    pthread_mutex_lock(&jobs->lock);
    if (status == STATUS_OK)
        jobs->stats = stats;
    self->stats_at = time_monotonic() + STATS_EVERY_MS * TIME_MS;
}

void *jobs_dispatch(void *of)
{
    Jobs *jobs = of;
    Dispatcher self = {.jobs = jobs, .arena = arena_new(TAKE_BYTES_MAX, true)};
    pthread_mutex_lock(&jobs->lock);
    while (self.arena && !atomic_load(&jobs->stopping)) {
        size_t idle = count_idle(jobs);
        if (idle && (jobs->woken || time_monotonic() >= jobs->look_at))
            take(&self, idle);
        Time until = renew_all(&self);
        if (time_monotonic() >= self.stats_at)
            count_jobs(&self);
        until = earlier(until, self.stats_at);
        if (count_idle(jobs)) {
            until = earlier(until, jobs->look_at);
            if (jobs->woken)
                continue;
        }
        if (!atomic_load(&jobs->stopping))
            sleep_until(jobs, until);
    }
    /* Those who still work keep their leases. */
    while (self.arena && jobs->ended < jobs->threads) {
        Time until = earlier(renew_all(&self), time_monotonic() + RETRY_MS * TIME_MS);
        if (jobs->ended < jobs->threads)
            sleep_until(jobs, until);
    }
    if (self.arena)
        arena_free(self.arena);
    jobs->dispatching = false;
    pthread_cond_signal(&jobs->quiet);
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}
