/* http/worker.h - a few threads for work that waits: large bodies, bundles, searches,
 * passwords. The queue has a length: what does not fit is refused at once, not later. */
#ifndef ACESO_HTTP_WORKER_H
#define ACESO_HTTP_WORKER_H

#include <pthread.h>

#include "base/base.h"
#include "base/clock.h"

/* One piece of work, embedded in whatever it is about. */
typedef struct Work {
    struct Work *next;
    void (*run)(struct Work *work);
    Time since; /* when it was added */
} Work;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t wake, late;
    Work *first, *last;
    unsigned waiting;
    unsigned waiting_max;
    bool stopping;
    unsigned idle, resting; /* of the regular, the spare threads */
    pthread_t *threads;
    unsigned thread_count, spare;
    int niceness;
} Workers;

/* threads live in `forever`. `spare` of them take only what has waited for 10 ms: more threads than
 * cores get in each other's way, but long work may not hold up the rest. `niceness`: 0, or how
 * much they stand back for others (nice(1)). */
Status workers_start(Workers *workers, Arena *forever, unsigned threads, unsigned spare,
                     unsigned waiting_max, int niceness) MUST_USE;
/* Finishes what is queued, ends the threads. */
void workers_stop(Workers *workers);

/* False when the queue is full. */
bool workers_add(Workers *workers, Work *work);
/* For work that was admitted before: never refused. */
void workers_add_again(Workers *workers, Work *work);

#endif
