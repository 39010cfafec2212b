/* cache/thread.c - the one thread that talks to Redis: two connections, no waiting but in
 * poll(). The circuit is closed (`up`) while the connection for commands is up; it opens by
 * itself whenever that is dropped. */
#include "cache/inner.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { POLL_LONGEST_MS = 1000 };

static void count_one(atomic_uint_fast64_t *number)
{
    atomic_fetch_add_explicit(number, 1, memory_order_relaxed);
}

void cache_wake(Cache *cache)
{
    if (atomic_exchange(&cache->woken, true))
        return;
    uint64_t one = 1;
    ssize_t written = write(cache->wake, &one, sizeof one);
    assert(written == sizeof one); /* an eventfd is never full of ones */
}

/* ---- the connection for commands ------------------------------------------------ */

static void answer_all(CallQueue *queue)
{
    for (Call *call; (call = calls_take(queue));)
        call_answer(call, NULL);
}

/* The circuit follows the connection. Whoever was sent or waits to be sent gets no answer. */
static void follow(Cache *cache)
{
    bool up = cache->speaking.state == WIRE_UP;
    if (atomic_exchange(&cache->up, up) == up || up)
        return;
    CallQueue unsent;
    count_one(&cache->numbers.opened);
    pthread_mutex_lock(&cache->lock);
    unsent = cache->queue;
    cache->queue = (CallQueue){0};
    pthread_mutex_unlock(&cache->lock);
    answer_all(&cache->sent);
    answer_all(&unsent);
}

static void send_waiting(Cache *cache, Time now)
{
    CallQueue waiting;
    pthread_mutex_lock(&cache->lock);
    waiting = cache->queue;
    cache->queue = (CallQueue){0};
    pthread_mutex_unlock(&cache->lock);
    for (Call *call; (call = calls_take(&waiting));) {
        bool said = cache->speaking.state == WIRE_UP &&
                    wire_say(&cache->speaking, now, call->command, call->bytes);
        if (!said) {
            call_answer(call, NULL);
            continue;
        }
        call->sent = now;
        calls_add(&cache->sent, call);
    }
    if (cache->speaking.state == WIRE_UP && cache->speaking.unsent)
        (void)(wire_write(&cache->speaking, &cache->place, now) == true);
}

static void take_answers(Cache *cache, Time now)
{
    Wire *wire = &cache->speaking;
    redisReply *reply;
    while (wire->context && wire_reply(wire, now, &reply) && reply) {
        if (wire->state == WIRE_GREETING) {
            (void)(wire_greeted(wire, reply, now) == true);
            freeReplyObject(reply);
            continue;
        }
        Call *call = calls_take(&cache->sent);
        if (!call) { /* an answer to nothing: whoever that is, it is not Redis */
            freeReplyObject(reply);
            wire_drop(wire, now);
            return;
        }
        call_answer(call, reply);
    }
}

/* ---- the connection for messages ------------------------------------------------ */

static void tell_listener(Cache *cache, Str message)
{
    pthread_mutex_lock(&cache->lock);
    if (cache->heard)
        cache->heard(cache->heard_owner, message);
    pthread_mutex_unlock(&cache->lock);
}

static bool say(Wire *wire, Time now, const char *word, const char *argument)
{
    const char *words[] = {word, argument};
    char *command;
    long long bytes = redisFormatCommandArgv(&command, argument ? 2 : 1, words, NULL);
    if (bytes < 0) {
        wire_drop(wire, now);
        return false;
    }
    bool said = wire_say(wire, now, command, (size_t)bytes);
    redisFreeCommand(command);
    return said;
}

static bool is_word(const redisReply *reply, const char *word)
{
    return (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) &&
           str_eq(str_n(reply->str, (size_t)reply->len), str_of(word));
}

static void hear_message(Cache *cache, const redisReply *text)
{
    Str sealed = str_n(text->str, (size_t)text->len);
    Str message = unseal_bytes(&cache->keys, &cache->channel, cache->scratch, sealed);
    if (message.at) {
        count_one(&cache->numbers.heard);
        tell_listener(cache, message);
    } else {
        count_one(&cache->numbers.damaged);
    }
    arena_clear(cache->scratch);
}

/* ["subscribe", channel, 1], ["message", channel, text] or ["pong", ""]. */
static bool hear(Cache *cache, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2)
        return false;
    if (is_word(reply->element[0], "subscribe")) {
        atomic_store(&cache->listening, true);
        tell_listener(cache, (Str){0});
        return true;
    }
    if (is_word(reply->element[0], "pong"))
        return true;
    if (!is_word(reply->element[0], "message") || reply->elements != 3 ||
        reply->element[2]->type != REDIS_REPLY_STRING)
        return false;
    hear_message(cache, reply->element[2]);
    return true;
}

static void take_messages(Cache *cache, Time now)
{
    Wire *wire = &cache->hearing;
    redisReply *reply;
    while (wire->context && wire_reply(wire, now, &reply) && reply) {
        bool greeting = wire->state == WIRE_GREETING, good = true;
        if (greeting && wire_greeted(wire, reply, now) && wire->state == WIRE_UP)
            good = say(wire, now, "SUBSCRIBE", cache->channel.text);
        else if (!greeting)
            good = hear(cache, reply);
        freeReplyObject(reply);
        cache->alive = now;
        cache->asked_alive = false;
        if (!good && wire->context)
            wire_drop(wire, now);
    }
}

/* What was said while nobody listened is lost: the listener has to know. */
static void follow_hearing(Cache *cache)
{
    if (cache->hearing.state == WIRE_UP || !atomic_exchange(&cache->listening, false))
        return;
    tell_listener(cache, (Str){0});
}

static void ask_alive(Cache *cache, Time now)
{
    if (cache->hearing.state != WIRE_UP)
        return;
    if (cache->asked_alive && now - cache->alive > 2 * SIGN_OF_LIFE_S * TIME_SECOND) {
        wire_drop(&cache->hearing, now);
    } else if (!cache->asked_alive && now - cache->alive > SIGN_OF_LIFE_S * TIME_SECOND) {
        cache->asked_alive = true;
        (void)(say(&cache->hearing, now, "PING", NULL) == true);
    }
}

/* ---- both ------------------------------------------------------------------------ */

static void connect_when_due(Cache *cache, Wire *wire, bool wanted, Time now)
{
    Time since = now - wire->since;
    if (wire->state == WIRE_DOWN && wanted && now >= wire->again)
        wire_connect(wire, &cache->place, now);
    else if (wire->state != WIRE_DOWN && !wanted)
        wire_drop(wire, now);
    else if ((wire->state == WIRE_CONNECTING || wire->state == WIRE_GREETING) &&
             since > GREETING_TIMEOUT_MS * TIME_MS)
        wire_drop(wire, now);
}

static void drop_when_slow(Cache *cache, Time now)
{
    const Call *oldest = cache->sent.first;
    if (!oldest || now - oldest->sent <= cache->timeout)
        return;
    count_one(&cache->numbers.slow);
    wire_drop(&cache->speaking, now);
}

static Time min_time(Time a, Time b)
{
    return a < b ? a : b;
}

static Time wire_due(const Wire *wire, Time now)
{
    switch (wire->state) {
    case WIRE_DOWN: return wire->again;
    case WIRE_CONNECTING:
    case WIRE_GREETING: return wire->since + GREETING_TIMEOUT_MS * TIME_MS;
    case WIRE_UP: break;
    }
    return now + POLL_LONGEST_MS * TIME_MS;
}

static int wait_ms(const Cache *cache, Time now)
{
    Time due = min_time(wire_due(&cache->speaking, now), now + POLL_LONGEST_MS * TIME_MS);
    if (cache->hears)
        due = min_time(due, wire_due(&cache->hearing, now));
    if (cache->sent.first)
        due = min_time(due, cache->sent.first->sent + cache->timeout);
    return due <= now ? 1 : (int)((due - now) / TIME_MS) + 1;
}

static void wait_for_something(Cache *cache, bool *ret_speaks, bool *ret_hears)
{
    struct pollfd at[3] = {{.fd = cache->wake, .events = POLLIN},
                           {.fd = cache->speaking.context ? cache->speaking.context->fd : -1,
                            .events = wire_events(&cache->speaking)},
                           {.fd = cache->hearing.context ? cache->hearing.context->fd : -1,
                            .events = wire_events(&cache->hearing)}};
    int ready = poll(at, COUNT_OF(at), wait_ms(cache, time_monotonic()));
    uint64_t many;
    if (ready > 0 && at[0].revents && read(cache->wake, &many, sizeof many) == sizeof many)
        atomic_store(&cache->woken, false);
    *ret_speaks = ready > 0 && at[1].revents;
    *ret_hears = ready > 0 && at[2].revents;
}

/* Both directions of a socket that poll() has named. */
static void move_bytes(Cache *cache, Wire *wire, void (*take)(Cache *, Time), Time now)
{
    if (wire->unsent && !wire_write(wire, &cache->place, now))
        return;
    if (wire->state != WIRE_CONNECTING && wire_read(wire, now))
        take(cache, now);
    if (wire->context && wire->unsent)
        (void)(wire_write(wire, &cache->place, now) == true);
}

void *cache_thread(void *of)
{
    Cache *cache = of;
    bool speaks = false, hears = false;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE); /* hiredis writes into closed sockets, and is told so by errno */
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    while (!atomic_load(&cache->stopping)) {
        Time now = time_monotonic();
        if (speaks)
            move_bytes(cache, &cache->speaking, take_answers, now);
        if (hears)
            move_bytes(cache, &cache->hearing, take_messages, now);
        drop_when_slow(cache, now);
        ask_alive(cache, now);
        pthread_mutex_lock(&cache->lock);
        cache->hears = cache->heard != NULL;
        pthread_mutex_unlock(&cache->lock);
        connect_when_due(cache, &cache->speaking, true, now);
        connect_when_due(cache, &cache->hearing, cache->hears, now);
        follow(cache);
        follow_hearing(cache);
        send_waiting(cache, now);
        follow(cache);
        wait_for_something(cache, &speaks, &hears);
    }
    wire_drop(&cache->speaking, 0);
    wire_close(&cache->hearing);
    follow(cache);
    return NULL;
}
