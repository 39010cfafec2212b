/* cache/call.c - one command on its way to Redis, and who waits for it. */
#include "cache/inner.h"

#include <errno.h>
#include <time.h>

/* The thread is asked for patience a little longer than Redis: its answer is better. */
enum { THREAD_SLACK_MS = 10 };

void calls_add(CallQueue *queue, Call *call)
{
    call->next = NULL;
    if (queue->last)
        queue->last->next = call;
    else
        queue->first = call;
    queue->last = call;
    queue->count++;
    queue->bytes += call->bytes;
}

Call *calls_take(CallQueue *queue)
{
    Call *call = queue->first;
    if (!call)
        return NULL;
    queue->first = call->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    queue->bytes -= call->bytes;
    return call;
}

static void call_let_go(Call *call)
{
    if (atomic_fetch_sub(&call->holders, 1) > 1)
        return;
    if (call->reply)
        freeReplyObject(call->reply);
    if (call->waits)
        sem_destroy(&call->answered);
    redisFreeCommand(call->command);
    free(call);
}

void call_answer(Call *call, redisReply *reply)
{
    call->reply = reply;
    if (call->done)
        call->done(call->owner, reply);
    atomic_store(&call->ready, true);
    if (call->waits)
        sem_post(&call->answered);
    call_let_go(call);
}

static Call *call_new(const Words *words, bool waits)
{
    Call *call = calloc(1, sizeof *call);
    long long bytes = -1;
    if (!call)
        return NULL;
    bytes =
        redisFormatCommandArgv(&call->command, words->count, (const char **)words->at, words->len);
    if (bytes < 0) {
        free(call);
        return NULL;
    }
    call->bytes = (size_t)bytes;
    call->waits = waits;
    atomic_init(&call->holders, waits ? 2 : 1);
    if (waits)
        sem_init(&call->answered, 0, 0);
    return call;
}

/* false: there is no room, or nobody to send it to. */
static bool submit(Cache *cache, Call *call)
{
    pthread_mutex_lock(&cache->lock);
    bool room = atomic_load(&cache->up) && !atomic_load(&cache->stopping) &&
                cache->queue.count < CALLS_WAITING_MAX && cache->queue.bytes < BYTES_WAITING_MAX;
    if (room)
        calls_add(&cache->queue, call);
    pthread_mutex_unlock(&cache->lock);
    if (room)
        cache_wake(cache);
    return room;
}

static bool wait_for(Cache *cache, Call *call)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    Time ns = end.tv_nsec + (cache->timeout + THREAD_SLACK_MS * TIME_MS) * 1000;
    end.tv_sec += ns / 1000000000;
    end.tv_nsec = ns % 1000000000;
    int result;
    do {
        result = sem_clockwait(&call->answered, CLOCK_MONOTONIC, &end);
    } while (result != 0 && errno == EINTR);
    return result == 0 && atomic_load(&call->ready);
}

redisReply *call_ask(Cache *cache, const Words *words)
{
    redisReply *reply = NULL;
    Call *call = atomic_load(&cache->up) ? call_new(words, true) : NULL;
    if (!call)
        return NULL;
    if (!submit(cache, call)) {
        call_let_go(call);
    } else if (wait_for(cache, call)) {
        reply = call->reply;
        call->reply = NULL;
    }
    call_let_go(call);
    return reply;
}

void call_tell(Cache *cache, const Words *words, CallDone done, void *owner)
{
    Call *call = atomic_load(&cache->up) ? call_new(words, false) : NULL;
    if (call) {
        call->done = done;
        call->owner = owner;
        if (submit(cache, call))
            return;
        call_let_go(call);
    }
    atomic_fetch_add_explicit(&cache->numbers.dropped, 1, memory_order_relaxed);
    if (done)
        done(owner, NULL);
}
