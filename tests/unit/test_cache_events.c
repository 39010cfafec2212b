/* Messages within one node: who hears what, how often, and what happens when it is too much. */
#include "testing.h"

#include <pthread.h>
#include <unistd.h>

#include "cache/events.h"

enum { HEARD_MAX = 2 * EVENTS_WAITING_MAX };

typedef struct {
    pthread_mutex_t lock, gate; /* the gate holds the delivery up while a test holds it */
    size_t count, missed;
    EventKind kinds[HEARD_MAX];
    char ids[HEARD_MAX][16];
    bool waiting;
} Ear;

static Ctx cx;
static Ear ear = {.lock = PTHREAD_MUTEX_INITIALIZER, .gate = PTHREAD_MUTEX_INITIALIZER};

static void listen_with(void *owner, const Event *event)
{
    Ear *to = owner;
    __atomic_store_n(&to->waiting, true, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&to->gate);
    pthread_mutex_unlock(&to->gate);
    pthread_mutex_lock(&to->lock);
    if (event->kind == EVENT_MISSED) {
        to->missed++;
    } else if (to->count < HEARD_MAX) {
        to->kinds[to->count] = event->kind;
        snprintf(to->ids[to->count++], 16, STR_FMT, STR_ARG(event->id));
    }
    pthread_mutex_unlock(&to->lock);
}

static Events *begin(unsigned kinds)
{
    Events *events;
    ear.count = ear.missed = 0;
    ear.waiting = false;
    check(events_new(&cx, NULL, &events) == STATUS_OK);
    events_subscribe(events, kinds, listen_with, &ear);
    return events;
}

/* Holds the delivery of a first event up, so that what follows waits. */
static void hold_up(Events *events)
{
    pthread_mutex_lock(&ear.gate);
    events_publish(events, EVENT_JOB, STR("first"));
    while (!__atomic_load_n(&ear.waiting, __ATOMIC_SEQ_CST))
        usleep(100);
}

static void only_the_kinds_asked_for_are_heard(void **state)
{
    UNUSED(state);
    Events *events = begin(EVENT_BIT(EVENT_JOB) | EVENT_BIT(EVENT_CHANGED));
    events_publish(events, EVENT_CHANGED, STR("Patient/1"));
    events_publish(events, EVENT_REVOKED, STR_EMPTY);
    events_publish(events, EVENT_JOB, STR("mail"));
    events_settle(events);
    check_int(ear.count, 2);
    check_int(ear.kinds[0], EVENT_CHANGED);
    check_str(str_of(ear.ids[0]), STR("Patient/1"));
    check_int(ear.kinds[1], EVENT_JOB);
    events_free(events);
}

static void equal_events_that_wait_are_heard_once(void **state)
{
    UNUSED(state);
    Events *events = begin(EVENT_BIT(EVENT_JOB) | EVENT_BIT(EVENT_CHANGED));
    hold_up(events);
    for (int i = 0; i < 1000; i++) {
        events_publish(events, EVENT_CHANGED, STR("Patient/1"));
        events_publish(events, EVENT_CHANGED, STR("Patient/2"));
        events_publish(events, EVENT_JOB, STR("Patient/1"));
    }
    pthread_mutex_unlock(&ear.gate);
    events_settle(events);
    check_int(ear.count, 4);                                 /* the first, and each of the three */
    events_publish(events, EVENT_CHANGED, STR("Patient/1")); /* what was delivered may come again */
    events_settle(events);
    check_int(ear.count, 5);
    check_int(ear.missed, 0);
    events_free(events);
}

static void too_many_become_one_that_says_so(void **state)
{
    UNUSED(state);
    Events *events = begin(EVENT_BIT(EVENT_JOB) | EVENT_BIT(EVENT_CHANGED));
    char id[16];
    hold_up(events);
    for (int i = 0; i <= EVENTS_WAITING_MAX; i++) {
        int len = snprintf(id, sizeof id, "Patient/%d", i);
        events_publish(events, EVENT_CHANGED, str_n(id, (size_t)len));
    }
    pthread_mutex_unlock(&ear.gate);
    events_settle(events);
    check_int(ear.missed, 1);
    check_int(ear.count, 1); /* the first */
    for (int i = 0; i < EVENTS_WAITING_MAX; i++) {
        int len = snprintf(id, sizeof id, "Patient/%d", i);
        events_publish(events, EVENT_CHANGED, str_n(id, (size_t)len));
        if (i % 100 == 0)
            events_settle(events);
    }
    events_settle(events);
    check_int(ear.count, 1 + EVENTS_WAITING_MAX);
    check_int(ear.missed, 1);
    events_free(events);
}

static void nobody_is_called_after_leaving(void **state)
{
    UNUSED(state);
    Events *events = begin(EVENT_BIT(EVENT_JOB));
    events_unsubscribe(events, &ear);
    events_publish(events, EVENT_JOB, STR("mail"));
    events_settle(events);
    check_int(ear.count, 0);
    events_free(events);
    events_publish(NULL, EVENT_JOB, STR("mail")); /* no events: nothing happens */
    events_subscribe(NULL, EVENT_BIT(EVENT_JOB), listen_with, &ear);
}

int main(void)
{
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_kinds_asked_for_are_heard),
        cmocka_unit_test(equal_events_that_wait_are_heard_once),
        cmocka_unit_test(too_many_become_one_that_says_so),
        cmocka_unit_test(nobody_is_called_after_leaving),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
