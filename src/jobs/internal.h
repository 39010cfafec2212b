/* jobs/internal.h - what the files of jobs share. Nobody else includes it.
 *
 *     jobs.c      start, stop, figures       dispatch.c  the thread that takes jobs and keeps
 * leases run.c       one try, in a worker       schedule.c  when a repeating job is next
 */
#ifndef ACESO_JOBS_INTERNAL_H
#define ACESO_JOBS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "jobs/jobs.h"

enum {
    JOBS_THREADS_MAX = 64,
    JOBS_KINDS_MAX = 64,
    JOBS_RUN_BYTES_MAX = 1 << 28,
    JOBS_NODE_BYTES_MAX = 80,
};

typedef enum { SLOT_IDLE, SLOT_TAKES, SLOT_GIVEN, SLOT_RUNS } SlotState;

/* A worker and the job it has. While idle it is the dispatcher's, else the worker's, but for what
 * is under the lock. */
typedef struct {
    Jobs *jobs;
    pthread_t thread;
    bool started;
    pthread_cond_t given;
    Arena *arena; /* of the job and its try; wiped */
    size_t kind;
    StoreJob job;
    Time deadline; /* monotonic: nobody keeps its lease any longer */
    atomic_bool lost;
    unsigned in_a_row; /* jobs that it has taken by itself */
    SlotState state;   /* under the lock, as the next */
    Time renew_at;     /* monotonic */
} Slot;

typedef struct {
    atomic_uint_fast64_t done, failed, dead, lost, microseconds;
    _Atomic Time last_done;
    unsigned running; /* under the lock */
} KindState;

struct Jobs {
    Arena *arena;
    Record *record;
    Store *store;
    const Access *access;
    const JobKind *kinds; /* without zeros that stand for something */
    size_t kind_count;
    JobsOptions options; /* the same */
    Str names[JOBS_KINDS_MAX];
    KindState states[JOBS_KINDS_MAX];
    pthread_mutex_t lock;
    pthread_cond_t wake;  /* the dispatcher */
    pthread_cond_t quiet; /* a worker has ended */
    pthread_t dispatcher;
    bool dispatching;
    bool woken;
    Time look_at; /* monotonic: for what is due then; under the lock */
    atomic_bool stopping;
    unsigned ended; /* workers and dispatcher, when stopping */
    unsigned threads;
    Slot slots[JOBS_THREADS_MAX];
    StoreJobStats stats; /* under the lock */
};

void *jobs_dispatch(void *jobs);
/* A worker whose job has ended looks for another one itself, which spares it the way over the
 * dispatcher. With the lock held; it is let go while the store is asked. */
bool jobs_take_next(Slot *slot);
void *jobs_work(void *slot);

/* schedule.c: the job of a schedule waits, with the words of today's schedule; or does not when
 * there is none any more. */
Status jobs_keep_schedule(Jobs *jobs, Ctx *cx, const JobKind *kind) MUST_USE;
/* The next one of a schedule. */
Status jobs_next_of(Arena *arena, const JobKind *kind, Time now, StoreJobAdd *ret_add) MUST_USE;

#endif
