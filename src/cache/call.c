/* cache/call.c - one command on its way to Redis, and who is told the answer. */
#include "cache/inner.h"

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

static void call_free(Call *call)
{
    redisFreeCommand(call->command);
    free(call);
}

void call_answer(Call *call, redisReply *reply)
{
    if (call->done)
        call->done(call->owner, reply);
    if (reply)
        freeReplyObject(reply);
    call_free(call);
}

static Call *call_new(const Words *words)
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

void call_tell(Cache *cache, const Words *words, CallDone done, void *owner)
{
    Call *call = atomic_load(&cache->up) ? call_new(words) : NULL;
    if (call) {
        call->done = done;
        call->owner = owner;
        if (submit(cache, call))
            return;
        call_free(call);
    }
    atomic_fetch_add_explicit(&cache->numbers.dropped, 1, memory_order_relaxed);
    if (done)
        done(owner, NULL);
}
