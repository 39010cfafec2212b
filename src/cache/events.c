/* cache/events.c - one queue in, one queue out, one thread that delivers.
 *
 * Both queues are rings of events without a duplicate among those that wait: a thousand writes
 * to one resource wake its readers once. What is published goes to the subscribers of this node
 * from the ring itself and to other nodes as one message for all that waited together:
 *
 *   node (8) | kind (1) id length (1) id | kind (1) id length (1) id | ...
 *
 * A node knows its own messages by the random number at their head. */
#include "cache/events.h"

#include <pthread.h>

enum {
    NODE_BYTES = 8,
    MESSAGE_BYTES_MAX = 16384,
    SLOTS = EVENTS_WAITING_MAX,
    BUCKETS = 2 * SLOTS,
};

typedef struct {
    uint8_t kind, id_len;
    bool own;
    uint32_t next; /* in its bucket: index + 1 */
    char id[EVENT_ID_BYTES_MAX];
} Waiting;

typedef struct {
    uint32_t first, count;
    uint32_t buckets[BUCKETS]; /* index + 1 of the newest, 0 = none */
    Waiting slots[SLOTS];
} Ring;

typedef struct {
    EventHeard heard;
    void *owner;
    unsigned kinds;
} Subscriber;

struct Events {
    Arena *arena;
    Cache *cache;
    uint8_t node[NODE_BYTES];
    uint8_t hash_key[CRYPTO_HASH64_KEY_BYTES];
    pthread_t thread;
    pthread_mutex_t lock; /* the ring and what follows */
    pthread_cond_t filled, settled;
    bool thread_runs, stopping, delivering;
    bool missed, missed_own; /* own: other nodes have to hear of it */
    Ring ring;
    pthread_mutex_t subscribing; /* held while subscribers are called; taken before `lock` */
    Subscriber subscribers[EVENT_SUBSCRIBERS_MAX];
    size_t subscriber_count;
};

/* ---- the ring ---------------------------------------------------------------- */

static uint32_t *bucket_of(Events *events, const Waiting *waiting)
{
    uint64_t hash = crypto_hash64(events->hash_key, str_n(waiting->id, waiting->id_len));
    return &events->ring.buckets[(hash + waiting->kind) % BUCKETS];
}

static bool is_waiting(const Events *events, const Waiting *wanted, uint32_t at)
{
    for (; at; at = events->ring.slots[at - 1].next) {
        const Waiting *have = &events->ring.slots[at - 1];
        if (have->kind == wanted->kind && have->own == wanted->own &&
            have->id_len == wanted->id_len && memcmp(have->id, wanted->id, wanted->id_len) == 0)
            return true;
    }
    return false;
}

/* Under `lock`. Too many: they become one EVENT_MISSED. */
static void ring_add(Events *events, EventKind kind, Str id, bool own)
{
    Ring *ring = &events->ring;
    if (events->missed)
        return;
    if (kind == EVENT_MISSED || ring->count == SLOTS) {
        events->missed = true;
        events->missed_own = kind != EVENT_MISSED;
        ring->count = 0;
        memset(ring->buckets, 0, sizeof ring->buckets);
        return;
    }
    uint32_t index = (ring->first + ring->count) % SLOTS;
    Waiting *slot = &ring->slots[index];
    *slot = (Waiting){.kind = (uint8_t)kind, .id_len = (uint8_t)id.len, .own = own};
    if (id.len)
        memcpy(slot->id, id.at, id.len);
    uint32_t *bucket = bucket_of(events, slot);
    if (is_waiting(events, slot, *bucket))
        return;
    slot->next = *bucket;
    *bucket = index + 1;
    ring->count++;
}

/* The oldest. Within a bucket the newest stands first, so the oldest stands last. */
static void ring_take(Events *events, Waiting *ret_oldest)
{
    Ring *ring = &events->ring;
    const Waiting *oldest = &ring->slots[ring->first];
    uint32_t *link = bucket_of(events, oldest);
    while (*link != ring->first + 1)
        link = &ring->slots[*link - 1].next;
    *link = 0;
    *ret_oldest = *oldest;
    ring->first = (ring->first + 1) % SLOTS;
    ring->count--;
}

static void add(Events *events, EventKind kind, Str id, bool own)
{
    pthread_mutex_lock(&events->lock);
    bool was_empty = events->ring.count == 0 && !events->missed;
    ring_add(events, kind, id, own);
    if (was_empty)
        pthread_cond_signal(&events->filled);
    pthread_mutex_unlock(&events->lock);
}

void events_publish(Events *events, EventKind kind, Str id)
{
    if (!events)
        return;
    assert(id.len <= EVENT_ID_BYTES_MAX && kind > EVENT_MISSED && kind < EVENT_KIND_COUNT);
    add(events, kind, id, true);
}

/* ---- from other nodes -------------------------------------------------------- */

/* On the cache's thread. Opened messages come from our own kind, but perhaps of another
 * version: what cannot be read is as good as missed. */
static void heard_message(void *owner, Str message)
{
    Events *events = owner;
    if (!message.at || message.len < NODE_BYTES) {
        add(events, EVENT_MISSED, STR_EMPTY, false);
        return;
    }
    if (memcmp(message.at, events->node, NODE_BYTES) == 0)
        return;
    for (Str rest = str_from(message, NODE_BYTES); rest.len;) {
        size_t id_len = rest.len >= 2 ? (uint8_t)rest.at[1] : SIZE_MAX;
        EventKind kind = (EventKind)(uint8_t)rest.at[0];
        if (id_len > rest.len - 2) {
            add(events, EVENT_MISSED, STR_EMPTY, false);
            return;
        }
        if (kind < EVENT_KIND_COUNT) /* newer nodes know more */
            add(events, kind, str_n(rest.at + 2, id_len), false);
        rest = str_from(rest, 2 + id_len);
    }
}

/* ---- delivery ---------------------------------------------------------------- */

static void tell(Events *events, const Event *event)
{
    pthread_mutex_lock(&events->subscribing);
    for (size_t i = 0; i < events->subscriber_count; i++) {
        const Subscriber *to = &events->subscribers[i];
        if (event->kind == EVENT_MISSED || to->kinds & EVENT_BIT(event->kind))
            to->heard(to->owner, event);
    }
    pthread_mutex_unlock(&events->subscribing);
}

typedef struct {
    char bytes[MESSAGE_BYTES_MAX];
    size_t len;
} Message;

static void message_send(Events *events, Message *message)
{
    if (message->len > NODE_BYTES)
        cache_publish(events->cache, str_n(message->bytes, message->len));
    memcpy(message->bytes, events->node, NODE_BYTES);
    message->len = NODE_BYTES;
}

static void message_add(Events *events, Message *message, EventKind kind, Str id)
{
    if (message->len + 2 + id.len > sizeof message->bytes)
        message_send(events, message);
    message->bytes[message->len++] = (char)kind;
    message->bytes[message->len++] = (char)id.len;
    if (id.len)
        memcpy(message->bytes + message->len, id.at, id.len);
    message->len += id.len;
}

/* Under `lock`, which it lets go of for each delivery. */
static void deliver_all(Events *events)
{
    Message message = {.len = 0};
    message_send(events, &message);
    events->delivering = true;
    while (events->ring.count || events->missed) {
        Waiting oldest = {.kind = EVENT_MISSED, .own = events->missed_own};
        if (events->missed)
            events->missed = false; /* what comes from now on is delivered again */
        else
            ring_take(events, &oldest);
        pthread_mutex_unlock(&events->lock);
        Event event = {(EventKind)oldest.kind, str_n(oldest.id, oldest.id_len), oldest.own};
        tell(events, &event);
        if (event.own)
            message_add(events, &message, event.kind, event.id);
        pthread_mutex_lock(&events->lock);
    }
    events->delivering = false;
    pthread_cond_broadcast(&events->settled);
    pthread_mutex_unlock(&events->lock);
    message_send(events, &message);
    pthread_mutex_lock(&events->lock);
}

static void *run(void *of)
{
    Events *events = of;
    pthread_mutex_lock(&events->lock);
    while (!events->stopping) {
        if (events->ring.count || events->missed)
            deliver_all(events);
        else
            pthread_cond_wait(&events->filled, &events->lock);
    }
    pthread_mutex_unlock(&events->lock);
    return NULL;
}

void events_settle(Events *events)
{
    pthread_mutex_lock(&events->lock);
    while (events->ring.count || events->missed || events->delivering)
        pthread_cond_wait(&events->settled, &events->lock);
    pthread_mutex_unlock(&events->lock);
}

/* ---- subscribers ------------------------------------------------------------- */

void events_subscribe(Events *events, unsigned kinds, EventHeard heard, void *owner)
{
    if (!events)
        return;
    pthread_mutex_lock(&events->subscribing);
    assert(events->subscriber_count < EVENT_SUBSCRIBERS_MAX);
    events->subscribers[events->subscriber_count++] = (Subscriber){heard, owner, kinds};
    pthread_mutex_unlock(&events->subscribing);
}

void events_unsubscribe(Events *events, void *owner)
{
    if (!events)
        return;
    pthread_mutex_lock(&events->subscribing);
    size_t kept = 0;
    for (size_t i = 0; i < events->subscriber_count; i++) {
        if (events->subscribers[i].owner != owner)
            events->subscribers[kept++] = events->subscribers[i];
    }
    events->subscriber_count = kept;
    pthread_mutex_unlock(&events->subscribing);
}

/* ---- life -------------------------------------------------------------------- */

Status events_new(Ctx *cx, Cache *cache, Events **ret_events)
{
    Arena *arena = arena_new(sizeof(Events) + (1 << 16), false);
    Events *events = arena ? arena_new_of(arena, Events) : NULL;
    if (!events)
        return STATUS_MEMORY;
    events->arena = arena;
    events->cache = cache;
    crypto_random(events->node, sizeof events->node);
    crypto_random(events->hash_key, sizeof events->hash_key);
    pthread_mutex_init(&events->lock, NULL);
    pthread_mutex_init(&events->subscribing, NULL);
    pthread_cond_init(&events->filled, NULL);
    pthread_cond_init(&events->settled, NULL);
    if (pthread_create(&events->thread, NULL, run, events) != 0) {
        events_free(events);
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "No thread for messages.");
    }
    events->thread_runs = true;
    cache_listen(cache, heard_message, events);
    *ret_events = events;
    return STATUS_OK;
}

void events_free(Events *events)
{
    if (!events)
        return;
    cache_listen(events->cache, NULL, NULL);
    if (events->thread_runs) {
        pthread_mutex_lock(&events->lock);
        events->stopping = true;
        pthread_cond_signal(&events->filled);
        pthread_mutex_unlock(&events->lock);
        pthread_join(events->thread, NULL);
    }
    pthread_cond_destroy(&events->settled);
    pthread_cond_destroy(&events->filled);
    pthread_mutex_destroy(&events->subscribing);
    pthread_mutex_destroy(&events->lock);
    arena_free(events->arena);
}
