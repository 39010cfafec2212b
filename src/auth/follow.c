/* auth/follow.c - hearing of what other nodes ended, before a commit tells (shared.c).
 *
 * Commits for a session name the epoch in which it was known, so what was revoked anywhere gets
 * nothing about a person from any node. Two things are left to this file: requests that have no
 * commit, which memory answers for a second at the most (the lease), and the cost: a thread looks
 * at the epoch four times a second, and at once when it hears EVENT_REVOKED, and reads all
 * sessions again in one go when it has changed, so that requests need not, each for its own. */
#include "auth/inner.h"

#include <errno.h>
#include <time.h>

enum {
    FOLLOW_EVERY_MS = 250,
    FOLLOW_LEASE_MS = 1000,
    FOLLOW_WAIT_MS = 1000, /* for the store */
    FOLLOW_BYTES_MAX = 64 << 20,
};

Time follow_clock(void)
{
    struct timespec at;
    clock_gettime(CLOCK_BOOTTIME, &at);
    return (Time)at.tv_sec * TIME_SECOND + at.tv_nsec / 1000;
}

bool follow_is_fresh(const Auth *auth, const Handle *handle)
{
    Time last = auth->following.looked > handle->checked ? auth->following.looked : handle->checked;
    return handle->epoch >= auth->epoch && follow_clock() - last <= FOLLOW_LEASE_MS * TIME_MS;
}

void follow_tell(Auth *auth)
{
    events_publish(auth->options.events, EVENT_REVOKED, STR_EMPTY);
}

static Status read_epoch(Auth *auth, Ctx *cx, uint64_t *ret_epoch)
{
    StoreReader *reader;
    StoreMark mark;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_mark(reader, &mark);
    store_read_end(reader);
    if (status == STATUS_OK)
        *ret_epoch = mark.epochs[STORE_EPOCH_AUTH];
    return status;
}

/* If not this time, requests look themselves when the lease is over. */
static Status look(Auth *auth, Ctx *cx)
{
    uint64_t epoch;
    Time begun = follow_clock();
    TRY(read_epoch(auth, cx, &epoch));
    if (epoch == auth->epoch) {
        auth->following.looked = begun;
        return STATUS_OK;
    }
    return handles_catch_up(auth, cx);
}

static void hear(void *owner, const Event *event)
{
    Following *f = &((Auth *)owner)->following;
    UNUSED(event);
    pthread_mutex_lock(&f->lock);
    f->heard = true;
    pthread_cond_signal(&f->ring);
    pthread_mutex_unlock(&f->lock);
}

static void wait_for_ring(Following *f)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += FOLLOW_EVERY_MS * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    int waited = 0;
    while (!f->stopping && !f->heard && waited != ETIMEDOUT)
        waited = pthread_cond_clockwait(&f->ring, &f->lock, CLOCK_MONOTONIC, &end);
    f->heard = false;
}

static void *follow(void *of)
{
    Auth *auth = of;
    Following *f = &auth->following;
    Arena *arena = arena_new(FOLLOW_BYTES_MAX, true);
    pthread_mutex_lock(&f->lock);
    while (arena && !f->stopping) {
        wait_for_ring(f);
        if (f->stopping)
            break;
        pthread_mutex_unlock(&f->lock);
        Ctx cx = {.arena = arena, .deadline = time_monotonic() + FOLLOW_WAIT_MS * TIME_MS};
        (void)(look(auth, &cx) == STATUS_OK);
        arena_clear(arena);
        pthread_mutex_lock(&f->lock);
    }
    pthread_mutex_unlock(&f->lock);
    if (arena)
        arena_free(arena);
    return NULL;
}

Status follow_start(Auth *auth, Ctx *cx)
{
    if (!auth->shared || !auth->options.background)
        return STATUS_OK;
    if (pthread_create(&auth->following.thread, NULL, follow, auth) != 0)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "No thread for other nodes.");
    auth->following.runs = true;
    events_subscribe(auth->options.events, EVENT_BIT(EVENT_REVOKED), hear, auth);
    return STATUS_OK;
}

void follow_stop(Auth *auth)
{
    Following *f = &auth->following;
    if (!f->runs)
        return;
    events_unsubscribe(auth->options.events, auth);
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_cond_signal(&f->ring);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    f->runs = false;
}
