/* http/worker.c - one queue, one lock, a few threads. */
#include "http/worker.h"

#include <sys/resource.h>
#include <unistd.h>

enum { LATE_MS = 10 };

/* Under the lock, as all of these. */
static Work *pop(Workers *workers)
{
    Work *work = workers->first;
    if (!work)
        return NULL;
    workers->first = work->next;
    if (!workers->first)
        workers->last = NULL;
    workers->waiting--;
    return work;
}

static Work *take(Workers *workers)
{
    workers->idle++;
    while (!workers->first && !workers->stopping)
        pthread_cond_wait(&workers->wake, &workers->lock);
    workers->idle--;
    return pop(workers);
}

static Work *take_late(Workers *workers)
{
    while (!workers->stopping) {
        Time due = workers->first ? workers->first->since + LATE_MS * TIME_MS : 0;
        if (due && time_monotonic() >= due)
            break;
        struct timespec until = {due / TIME_SECOND, due % TIME_SECOND * 1000};
        workers->resting += !due;
        if (due)
            pthread_cond_timedwait(&workers->late, &workers->lock, &until);
        else
            pthread_cond_wait(&workers->late, &workers->lock);
        workers->resting -= !due;
    }
    return pop(workers);
}

static Work *next_work(Workers *workers, bool spare)
{
    pthread_mutex_lock(&workers->lock);
    Work *work = spare ? take_late(workers) : take(workers);
    pthread_mutex_unlock(&workers->lock);
    return work;
}

static bool is_spare(Workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    bool spare = workers->spare > 0;
    workers->spare -= spare;
    pthread_mutex_unlock(&workers->lock);
    return spare;
}

static void *work_loop(void *cls)
{
    Workers *workers = cls;
    if (workers->niceness) /* of this thread alone; if not, everybody is served alike */
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), workers->niceness);
    bool spare = is_spare(workers);
    for (Work *work; (work = next_work(workers, spare));)
        work->run(work);
    return NULL;
}

Status workers_start(Workers *workers, Arena *forever, unsigned threads, unsigned spare,
                     unsigned waiting_max, int niceness)
{
    pthread_condattr_t clock;
    *workers = (Workers){.waiting_max = waiting_max, .spare = spare, .niceness = niceness};
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->wake, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&workers->late, &clock);
    pthread_condattr_destroy(&clock);
    workers->threads = arena_array_of(forever, pthread_t, threads);
    if (!workers->threads)
        return STATUS_MEMORY;
    while (workers->thread_count < threads) {
        if (pthread_create(&workers->threads[workers->thread_count], NULL, work_loop, workers)) {
            workers_stop(workers);
            return STATUS_UNAVAILABLE;
        }
        workers->thread_count++;
    }
    return STATUS_OK;
}

void workers_stop(Workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->wake);
    pthread_cond_broadcast(&workers->late);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    workers->thread_count = 0;
    pthread_cond_destroy(&workers->wake);
    pthread_cond_destroy(&workers->late);
    pthread_mutex_destroy(&workers->lock);
}

static bool add(Workers *workers, Work *work, bool always)
{
    work->next = NULL;
    work->since = time_monotonic();
    pthread_mutex_lock(&workers->lock);
    bool fits = always || (workers->waiting < workers->waiting_max && !workers->stopping);
    if (fits) {
        if (workers->last)
            workers->last->next = work;
        else
            workers->first = work;
        workers->last = work;
        workers->waiting++;
        pthread_cond_signal(&workers->wake);
        if (!workers->idle && workers->resting)
            pthread_cond_signal(&workers->late);
    }
    pthread_mutex_unlock(&workers->lock);
    return fits;
}

bool workers_add(Workers *workers, Work *work)
{
    return add(workers, work, false);
}

void workers_add_again(Workers *workers, Work *work)
{
    add(workers, work, true);
}
