/* store/jobs.h - the contract of a store, continued: the queue of what is done later.
 *
 * Jobs are added and ended by commits (StoreCommit in store.h); here they are taken and looked at.
 */
#ifndef ACESO_STORE_JOBS_H
#define ACESO_STORE_JOBS_H

#include "store/store.h"

/* A job waits until it is due, runs under a lease, and goes when it is done. Takers that die lose
 * their lease when its time is over on the store's clock, and the next one takes the job. A lease
 * longer than STORE_LEASE_MS_MAX has met a clock that went back, and is over. */
typedef enum { STORE_JOB_WAITS = 1, STORE_JOB_RUNS, STORE_JOB_IS_DEAD } StoreJobState;
enum { STORE_LEASE_MS_MAX = 600 * 1000 };

typedef struct {
    uint64_t number; /* grows, never reused */
    uint64_t lease;  /* of a job that was just taken */
    StoreJobState state;
    uint32_t tries; /* how often it was taken */
    Str kind, key, payload;
    Time added;
    Time due;   /* while it runs: when the lease ends; dead: since when */
    Str worker; /* who has or had it */
    Str error;  /* of the last try */
} StoreJob;

typedef struct {
    Str worker; /* "node-3/2": for people */
    unsigned lease_ms;
    size_t limit;
    const Str *kinds;     /* only of these */
    const size_t *limits; /* and at most so many of each; NULL = no other limit */
    size_t kind_count;
} StoreJobTake;
typedef struct {
    StoreJob *jobs;
    size_t count;
    Time wait; /* microseconds until there may be more of these kinds; INT64_MAX: none waits */
} StoreJobs;
/* Takes what is due, or whose lease is over, the longest due first: durable when it returns. */
Status store_job_take(Store *store, Ctx *cx, const Access *access, const StoreJobTake *take,
                      StoreJobs *ret_jobs) MUST_USE;
/* Calls tell after each commit of this process that leaves a job to be taken, on the writer's
 * thread; it must be quick. NULL: no more, and none is in it when this returns. */
void store_job_watch(Store *store, void (*tell)(void *to), void *to);

/* By number, for people. */
typedef struct {
    StoreJobState state; /* 0 = all */
    Str kind;            /* empty = all */
    uint64_t after;      /* only larger numbers */
    size_t limit;
} StoreJobQuery;
Status store_job_list(StoreReader *reader, const StoreJobQuery *query, StoreJob **ret_jobs,
                      size_t *ret_count) MUST_USE;
/* STATUS_NOT_FOUND without an issue. */
Status store_job_get(StoreReader *reader, uint64_t number, StoreJob *ret_job) MUST_USE;
typedef struct {
    uint64_t waiting, running, dead;
    Time oldest; /* since when the first that is due has been waiting; 0 = none is due */
} StoreJobStats;
Status store_job_stats(StoreReader *reader, StoreJobStats *ret_stats) MUST_USE;

#endif
