/* live/follow.c - the thread that reads what changed and tells the streams.
 *
 * A round: what was written since the stream that is furthest behind is read once, on one snapshot;
 * each stream that some of it is about is judged by the rights of its owner on that snapshot. A
 * stream that comes back from too far behind is told to look at everything. Between rounds at least
 * ROUND_MS pass, so that a flood of writes costs no flood of reads.
 *
 * Judging may ask the store, so it is done without the lock of the streams: the one that is being
 * judged cannot be closed meanwhile, all others can do what they like. */
#include "live/inner.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

enum {
    ROUND_MS = 50,
    CARE_MS = 1000,       /* sessions, signs of life, slow readers */
    LOOK_MS = 5000,       /* without a bell: messages get lost */
    LOOK_SHARED_MS = 500, /* the same where other nodes write and nobody rings */
    WAIT_S = 10,          /* for the store */
    BYTES_MAX = 256 << 20,
};

typedef struct {
    Live *live;
    Ctx cx;
    Time looked, cared;
} Follower;

static void begin(Follower *f)
{
    arena_clear(f->cx.arena);
    f->cx = (Ctx){.arena = f->cx.arena, .deadline = time_monotonic() + WAIT_S * TIME_SECOND};
}

/* ---- judging ----------------------------------------------------------------------------------
 */

/* Whether he is still there. Of a shared store memory may be behind the snapshot: then the store is
 * asked. */
static bool is_there(Follower *f, LiveStream *stream, uint64_t auth_epoch)
{
    if (!auth_is_alive(f->live->options.auth, &stream->session))
        return false;
    if (stream->auth_epoch == auth_epoch)
        return true;
    const Access *access = stream->access;
    if (access_renew(&f->cx, &access) != STATUS_OK)
        return false;
    stream->auth_epoch = auth_epoch;
    return true;
}

/* A task or a message is told to whom it is addressed: people/addressed.h. */
static bool is_addressed(Follower *f, const Access *access, const LiveStream *stream,
                         const RecordChange *change)
{
    JsonValue *resource;
    Team team = {.count = stream->inbox.count, .own = stream->inbox.own};
    if (!team.count || !change->body.len ||
        (change->type != f->live->types[LIVE_TASK] &&
         change->type != f->live->types[LIVE_COMMUNICATION]))
        return false;
    for (size_t i = 0; i < team.count; i++) /* without their quotes */
        team.names[i] =
            str_n(stream->inbox.names[i].text + 1, (size_t)stream->inbox.names[i].len - 2);
    if (json_parse(&f->cx, change->body, &resource) != STATUS_OK)
        return false;
    return (addressed_to(&team, resource) || addressed_by(&team, resource)) &&
           addressed_may(access, change->packed, resource);
}

static bool is_seen(const Access *access, const RecordChange *change)
{
    return change->known ? access_sees(access, change->type, &change->facts) != SIGHT_NONE
                         : access_is_system(access);
}

typedef enum { JUDGED, JUDGED_GONE, JUDGED_UNKNOWN } Judged;

/* Which of the changes are about it and for its owner, without the lock: their places. */
static Judged judge(Follower *f, RecordChanges *changes, LiveStream *stream, size_t *ret_places,
                    size_t *ret_count)
{
    const Access *access = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < changes->count; i++) {
        const RecordChange *change = &changes->changes[i];
        if (change->change <= stream->position || !watch_fits(stream, change))
            continue;
        if (!access) {
            access = stream->access;
            if (!is_there(f, stream, changes->auth_epoch))
                return JUDGED_GONE;
            if (record_changes_for(changes, &access) != STATUS_OK)
                return JUDGED_UNKNOWN;
        }
        if (is_seen(access, change) || is_addressed(f, access, stream, change))
            ret_places[(*ret_count)++] = i;
    }
    return JUDGED;
}

/* Behind the lock, which is let go of for the judging. */
static void tell(Follower *f, RecordChanges *changes, LiveStream *stream, size_t *places)
{
    Live *live = f->live;
    size_t count;
    live->judging = stream;
    pthread_mutex_unlock(&live->lock);
    Judged judged = judge(f, changes, stream, places, &count);
    pthread_mutex_lock(&live->lock);
    live->judging = NULL;
    pthread_cond_broadcast(&live->judged);
    if (judged == JUDGED_GONE)
        stream_end(stream);
    else if (judged == JUDGED_UNKNOWN)
        stream_reset(stream); /* what cannot be judged is not told */
    stream->position = changes->last;
    for (size_t i = 0; judged == JUDGED && i < count; i++)
        stream_add(stream, &changes->changes[places[i]]);
}

/* ---- a round ------------------------------------------------------------------------------------
 */

/* From where to read, for all who are behind `last`; who is too far behind looks for himself. */
static bool find_begin(Live *live, uint64_t last, uint64_t *ret_after)
{
    bool any = false;
    *ret_after = last;
    pthread_mutex_lock(&live->lock);
    for (LiveStream *s = live->streams; s; s = s->next) {
        if (!s->joined || s->ended || s->position >= last)
            continue;
        if (last - s->position > LIVE_CHANGES_MAX) {
            s->position = last;
            stream_reset(s);
            continue;
        }
        any = true;
        if (s->position < *ret_after)
            *ret_after = s->position;
    }
    pthread_mutex_unlock(&live->lock);
    return any;
}

/* Who has come since find_begin with a place before `after` is not told by these changes alone: the
 * bell that rang for him is still to be answered. */
static Status tell_all(Follower *f, uint64_t after, RecordChanges *changes)
{
    Live *live = f->live;
    size_t *places = arena_array_of(f->cx.arena, size_t, changes->count + 1);
    if (!places)
        return STATUS_MEMORY;
    pthread_mutex_lock(&live->lock);
    for (LiveStream *s = live->streams; s; s = s->next) {
        if (!s->joined || s->ended || s->position < after || s->position >= changes->last)
            continue;
        if (changes->all) {
            tell(f, changes, s, places);
        } else {
            s->position = changes->last;
            stream_reset(s);
        }
    }
    pthread_mutex_unlock(&live->lock);
    return STATUS_OK;
}

/* Failed: the next round reads from the same place. */
static Status look(Follower *f)
{
    Live *live = f->live;
    RecordSince since = {
        .limit = 2 * LIVE_CHANGES_MAX, .types = live->types, .type_count = COUNT_OF(live->types)};
    RecordChanges changes;
    uint64_t last;
    TRY(record_last_change(live->options.record, &f->cx, &last));
    if (!find_begin(live, last, &since.after))
        return STATUS_OK;
    TRY(record_changes(live->options.record, &f->cx, &since, &changes));
    Status status = tell_all(f, since.after, &changes);
    record_changes_end(&changes);
    return status;
}

/* ---- care ---------------------------------------------------------------------------------------
 */

/* Behind the lock. */
static void care_for(Live *live, LiveStream *s, bool alive, Time now)
{
    const LiveOptions *o = &live->options;
    if (!alive)
        stream_end(s);
    if (now - s->beaten > o->beat_ms * TIME_MS) {
        s->beat = true;
        s->beaten = now;
        stream_wake(s);
    }
    if (s->asleep)
        s->heard = now;
    if (now - s->heard > o->slow_ms * TIME_MS && !s->detached)
        s->wire.cut(s->wire.of);
}

static void care(Follower *f)
{
    Live *live = f->live;
    Time now = time_monotonic();
    pthread_mutex_lock(&live->lock);
    for (LiveStream *s = live->streams; s; s = s->next) {
        if (!s->joined)
            continue;
        live->judging = s;
        pthread_mutex_unlock(&live->lock);
        bool alive = auth_is_alive(live->options.auth, &s->session);
        pthread_mutex_lock(&live->lock);
        live->judging = NULL;
        pthread_cond_broadcast(&live->judged);
        care_for(live, s, alive, now);
    }
    pthread_mutex_unlock(&live->lock);
}

/* ---- the thread ---------------------------------------------------------------------------------
 */

static void wait_for_bell(Live *live)
{
    struct timespec end;
    unsigned beat = live->options.beat_ms < CARE_MS ? live->options.beat_ms : CARE_MS;
    unsigned ms = !live->options.rings && store_is_shared(record_store(live->options.record))
                      ? LOOK_SHARED_MS
                      : beat;
    ms = ms < beat ? ms : beat;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += (long)(ms % 1000) * 1000000L;
    end.tv_sec += ms / 1000 + end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    int waited = 0;
    pthread_mutex_lock(&live->bell);
    while (!atomic_load(&live->rung) && waited != ETIMEDOUT)
        waited = pthread_cond_clockwait(&live->ring, &live->bell, CLOCK_MONOTONIC, &end);
    pthread_mutex_unlock(&live->bell);
}

static bool is_due(const Follower *f, Time now)
{
    const LiveOptions *o = &f->live->options;
    Time every = !o->rings && store_is_shared(record_store(o->record)) ? LOOK_SHARED_MS : LOOK_MS;
    return now - f->looked >= every * TIME_MS;
}

static void turn(Follower *f)
{
    Live *live = f->live;
    wait_for_bell(live);
    Time now = time_monotonic();
    bool rung = atomic_exchange(&live->rung, false);
    if (atomic_exchange(&live->wrote, false))
        events_publish(live->options.events, EVENT_CHANGED, STR_EMPTY);
    if (live_count(live) == 0)
        return;
    if (rung || is_due(f, now)) {
        begin(f);
        if (look(f) != STATUS_OK)
            atomic_store(&live->rung, true); /* after the pause, once more */
        f->looked = now;
    }
    if (now - f->cared >= CARE_MS * TIME_MS || live->options.beat_ms < CARE_MS) {
        care(f);
        f->cared = now;
    }
    (void)!poll(NULL, 0, ROUND_MS);
}

void *live_follow(void *of)
{
    Follower f = {.live = of, .cx = {.arena = arena_new(BYTES_MAX, true)}};
    while (f.cx.arena && !atomic_load(&f.live->stopping))
        turn(&f);
    if (f.cx.arena)
        arena_free(f.cx.arena);
    return NULL;
}
