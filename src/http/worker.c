/* http/worker.c - one queue, one lock, a few threads. */
#include "http/worker.h"

#include <sys/resource.h>
#include <unistd.h>

static Work *take(Workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    while (!workers->first && !workers->stopping)
        pthread_cond_wait(&workers->wake, &workers->lock);
    Work *work = workers->first;
    if (work) {
        workers->first = work->next;
        if (!workers->first)
            workers->last = NULL;
        workers->waiting--;
    }
    pthread_mutex_unlock(&workers->lock);
    return work;
}

static void *work_loop(void *cls)
{
    Workers *workers = cls;
    if (workers->niceness) /* of this thread alone; if not, everybody is served alike */
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), workers->niceness);
    for (Work *work = take(workers); work; work = take(workers))
        work->run(work);
    return NULL;
}

Status workers_start(Workers *workers, Arena *forever, unsigned threads, unsigned waiting_max,
                     int niceness)
{
    *workers = (Workers){.waiting_max = waiting_max, .niceness = niceness};
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->wake, NULL);
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
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->thread_count; i++)
        pthread_join(workers->threads[i], NULL);
    workers->thread_count = 0;
    pthread_cond_destroy(&workers->wake);
    pthread_mutex_destroy(&workers->lock);
}

static bool add(Workers *workers, Work *work, bool always)
{
    work->next = NULL;
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
