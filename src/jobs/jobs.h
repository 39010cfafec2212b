/* jobs/jobs.h - work that is done later: by whom, how often, and what when it fails.
 *
 * A job is added with the commit of the write it belongs to (StoreCommit.jobs) and done by a
 * handler of its kind, in any process that has the store open and knows the kind. It is done at
 * least once, under a lease; what it does in the store is committed with its end, so that happens
 * exactly once. What it does outside (a file, a message) may happen twice: a handler makes that
 * harmless, for instance by a name made of the job's number.
 *
 *     waits --taken--> runs --its commit--> gone
 *       ^                |
 *       +--fails, waits--+--fails too often, or hopeless--> dead, for people to look at
 *
 * A job whose process died is taken by another when its lease is over (30 s). One that was begun
 * as often as its kind may be, and never ended, is dead too: it may be what kills its process.
 *
 * A kind may have a schedule; then one job of it always waits, with the key JOBS_SCHEDULED. It
 * goes on whatever becomes of single runs. The nodes of one store must agree on schedules. */
#ifndef ACESO_JOBS_H
#define ACESO_JOBS_H

#include "access/access.h"
#include "base/base.h"
#include "record/record.h"
#include "store/jobs.h"

typedef struct Jobs Jobs;

/* One try of a job. */
typedef struct {
    Record *record;
    const Access *access; /* of the program itself */
    const StoreJob *job;
    void *owner; /* the kind's */
    /* What it does in the store: filled by a function of record.h, or by putting writes, items,
     * audits and jobs into reply.commit. Committed with the end of the job; when that ends in
     * CONFLICT and reply.retry is set, the handler is called again. */
    Reply reply;
    bool hopeless; /* with a failure: another try is of no use */
} JobRun;

/* Fails with a status and a sentence on cx, without a word out of a chart: people read it. Looks
 * at ctx_check_deadline when it takes long: also when the lease is lost or the server stops. cx
 * and all that lives in its arena last until the commit has ended. */
typedef Status (*JobHandler)(Ctx *cx, JobRun *run);

typedef enum { JOBS_NEVER, JOBS_EVERY, JOBS_DAILY } JobsRhythm;
typedef struct {
    JobsRhythm rhythm;
    unsigned seconds; /* every: from the end of one to the next, first at once;
                         daily: after midnight, on the clock on the wall */
} JobSchedule;

typedef struct {
    const char *name; /* a-z and hyphens; stands in the store: never changes its meaning */
    JobHandler handler;
    void *owner;
    unsigned time_s;     /* the longest try; 0 = 60 */
    unsigned tries;      /* 0 = 8 */
    unsigned wait_s;     /* before the second try; doubles with each; 0 = 5 */
    unsigned wait_max_s; /* 0 = 1 hour */
    unsigned at_once;    /* in this process at the same time; 0 = no limit */
    bool needs_payload;  /* which says of what: nobody begins it by hand */
    JobSchedule schedule;
} JobKind;

#define JOBS_SCHEDULED STR("schedule")

typedef struct {
    unsigned threads;        /* 0 = 2 */
    unsigned lease_ms;       /* renewed while a handler works; 0 = 30 s */
    unsigned poll_ms;        /* looks for what other nodes have added; 0 = 2 s */
    Str node;                /* for people; empty = host and process */
    void (*added)(void *to); /* this process has added a job: tell other nodes; or NULL. Quick */
    void *added_to;
} JobsOptions;

/* kinds must outlive the Jobs. Writes to the store: schedules. */
Status jobs_start(Ctx *cx, Record *record, const Access *access, const JobKind *kinds,
                  size_t kind_count, const JobsOptions *options, Jobs **ret_jobs) MUST_USE;
/* Looks for jobs at once: another node says that it has added one. Any thread. */
void jobs_wake(Jobs *jobs);
/* Takes no more, tells the handlers, which give back what they have not done, and waits. False:
 * some are still inside after `seconds`, and nobody may free what they use. */
bool jobs_stop(Jobs *jobs, unsigned seconds);

/* ---- figures ---------------------------------------------------------------------------- */

/* Of one kind in this process, since the start. */
typedef struct {
    const char *kind;
    uint64_t done, failed, dead, lost; /* tries; lost: the lease was another's by then */
    uint64_t microseconds;             /* of all tries */
    Time last_done;                    /* 0 = not yet */
} JobsFigures;
size_t jobs_kind_count(const Jobs *jobs);
JobsFigures jobs_figures(const Jobs *jobs, size_t kind);
/* Of the store, some seconds old. */
StoreJobStats jobs_store_stats(Jobs *jobs);

/* ---- for people ------------------------------------------------------------------------- */

/* "every 3600 s", "daily at 02:30". */
Str jobs_schedule_words(Arena *arena, JobSchedule schedule);
/* When it is next, after `now`. */
Time jobs_schedule_next(JobSchedule schedule, Time now);
/* "02:30" as seconds after midnight. */
bool jobs_read_time_of_day(Str text, unsigned *ret_seconds);

#endif
