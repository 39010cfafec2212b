/* The cache on a Redis that lives, dies, stalls, forgets and lies: the calls stay quick and what
 * they return was put there by one of us. */
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "cache/events.h"
#include "support/redis.h"

enum { TIMEOUT = 100, PATIENCE = 10000 }; /* ms */

static Ctx cx;
static Redis redis;
static unsigned timeout_ms = TIMEOUT;

static Cache *open_with(uint8_t key, const char *url, const char *password)
{
    Cache *cache;
    CacheOptions options = {.url = str_of(url),
                            .password = password ? str_of(password) : STR_EMPTY,
                            .key = {key},
                            .timeout_ms = timeout_ms};
    check(cache_open(&cx, &options, &cache) == STATUS_OK);
    return cache;
}

static bool comes_to(Cache *cache, CacheState state)
{
    for (int i = 0; i < PATIENCE && cache_state(cache) != state; i++)
        usleep(1000);
    return cache_state(cache) == state;
}

static Cache *open_up(uint8_t key)
{
    Cache *cache = open_with(key, redis.url, NULL);
    check(comes_to(cache, CACHE_UP));
    return cache;
}

static bool has(Cache *cache, Str id, Str value)
{
    Str got;
    return cache_get(cache, cx.arena, STR("body"), id, &got) && str_eq(got, value);
}

static bool misses(Cache *cache, Str id)
{
    Str got;
    return !cache_get(cache, cx.arena, STR("body"), id, &got);
}

static Time ms_of_a_get(Cache *cache)
{
    Str got;
    Time begin = time_monotonic();
    if (cache_get(cache, cx.arena, STR("body"), STR("any"), &got))
        fail_msg("a value came from nowhere");
    return (time_monotonic() - begin) / TIME_MS;
}

static CacheStats stats_of(Cache *cache)
{
    CacheStats stats;
    cache_stats(cache, &stats);
    return stats;
}

/* ---- values ------------------------------------------------------------------ */

static void values_come_back(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("values come back");
    timeout_ms = PATIENCE; /* a megabyte takes its time on a busy machine */
    Cache *a = open_up(1), *b = open_up(1);
    timeout_ms = TIMEOUT;
    Str large = arena_format(cx.arena, "%*s", CACHE_VALUE_BYTES_MAX, "x"), got[3];
    cache_set(a, STR("body"), STR("Patient/1"), STR("one"), 60);
    cache_set(a, STR("body"), STR("Patient/2"), STR_EMPTY, 60);
    cache_set(a, STR("body"), STR("Patient/3"), large, 60);
    cache_set(a, STR("body"), STR("Patient/4"), arena_format(cx.arena, STR_FMT "x", STR_ARG(large)),
              60);
    cache_set(a, STR("other"), STR("Patient/5"), STR("five"), 60);
    check(has(a, STR("Patient/1"), STR("one")));
    check(has(b, STR("Patient/1"), STR("one")));
    check(has(b, STR("Patient/2"), STR_EMPTY));
    check(has(b, STR("Patient/3"), large));
    check(misses(a, STR("Patient/4"))); /* above the maximum */
    check(misses(b, STR("Patient/5"))); /* another space */
    const Str ids[] = {STR_INIT("Patient/1"), STR_INIT("Patient/9"), STR_INIT("Patient/2")};
    check_int(cache_get_many(b, cx.arena, STR("body"), ids, 3, got), 2);
    check_str(got[0], STR("one"));
    check(!got[1].at);
    cache_delete(b, STR("body"), STR("Patient/1"));
    check(misses(b, STR("Patient/1")));
    cache_close(a);
    cache_close(b);
}

static void values_end_by_themselves(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("values end by themselves");
    Cache *cache = open_up(1);
    cache_set(cache, STR("body"), STR("Patient/1"), STR("one"), 1);
    check(has(cache, STR("Patient/1"), STR("one")));
    usleep(1100 * 1000);
    check(misses(cache, STR("Patient/1")));
    cache_close(cache);
}

static bool contains(Str in, Str wanted)
{
    return memmem(in.at, in.len, wanted.at, wanted.len) != NULL;
}

static void others_read_neither_names_nor_values(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("others read neither names nor values");
    Cache *cache = open_up(1), *stranger = open_up(2);
    char keys[4096], dump[4096], command[128];
    cache_set(cache, STR("body"), STR("Patient/canary"), STR("the canary sings"), 60);
    check(has(cache, STR("Patient/canary"), STR("the canary sings")));
    check(misses(stranger, STR("Patient/canary")));
    Str all = redis_say(&redis, "KEYS *", keys, sizeof keys);
    check(!contains(all, STR("canary")) && !contains(all, STR("Patient")));
    size_t at = (size_t)((const char *)memmem(all.at, all.len, "aceso:", 6) - all.at);
    snprintf(command, sizeof command, "GET %.28s", all.at + at);
    Str value = redis_say(&redis, command, dump, sizeof dump);
    check(value.len > 50 && !contains(value, STR("canary")));
    cache_close(cache);
    cache_close(stranger);
}

/* ---- Redis lies -------------------------------------------------------------- */

static Str only_key(char *to, size_t room)
{
    Str all = redis_say(&redis, "KEYS *", to, room);
    const char *at = memmem(all.at, all.len, "aceso:", 6);
    check(at != NULL);
    return str_n(at, 28);
}

static void what_was_tampered_with_is_a_miss(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("what was tampered with is a miss");
    static const struct {
        const char *why, *command;
    } cases[] = {
        {"bytes that nobody sealed", "SET %.28s nonsense"},
        {"nothing at all", "SETRANGE %.28s 0 \"\""},
        {"a changed byte at the head", "SETRANGE %.28s 0 x"},
        {"other bytes in the nonce",
         "SETRANGE %.28s 5 xxxxxxxx"}, /* one might be there by chance */
        {"other bytes in the value", "SETRANGE %.28s 27 xxxxxxxx"},
        {"more bytes behind", "APPEND %.28s x"},
        {"not a string", "LPUSH %.28s x"},
    };
    Cache *cache = open_up(1);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        char keys[4096], command[128], reply[256];
        redis_say(&redis, "FLUSHALL", reply, sizeof reply);
        cache_set(cache, STR("body"), STR("Patient/1"), STR("one"), 60);
        check(has(cache, STR("Patient/1"), STR("one")));
        Str key = only_key(keys, sizeof keys);
        if (strstr(c->command, "LPUSH")) {
            snprintf(command, sizeof command, "DEL %.28s", key.at);
            redis_say(&redis, command, reply, sizeof reply);
        }
        snprintf(command, sizeof command, c->command, key.at);
        redis_say(&redis, command, reply, sizeof reply);
        check(misses(cache, STR("Patient/1")) == (strstr(c->command, "\"\"") == NULL));
    }
    check(stats_of(cache).damaged >= 5);
    check(cache_state(cache) == CACHE_UP);
    cache_close(cache);
}

static void a_value_in_the_place_of_another_is_a_miss(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("a value in the place of another is a miss");
    Cache *cache = open_up(1);
    char keys[4096], reply[256], command[128];
    redis_say(&redis, "FLUSHALL", reply, sizeof reply);
    cache_set(cache, STR("body"), STR("Patient/1"), STR("one"), 60);
    check(has(cache, STR("Patient/1"), STR("one")));
    char first[29] = "";
    memcpy(first, only_key(keys, sizeof keys).at, 28);
    cache_set(cache, STR("body"), STR("Patient/2"), STR("two"), 60);
    check(has(cache, STR("Patient/2"), STR("two")));
    Str all = redis_say(&redis, "KEYS *", keys, sizeof keys);
    const char *at = all.at;
    do { /* the other of the two */
        at = memmem(at + 1, all.len - (size_t)(at + 1 - all.at), "aceso:", 6);
    } while (at && memcmp(at, first, 28) == 0);
    check(at != NULL);
    snprintf(command, sizeof command, "COPY %s %.28s REPLACE", first, at);
    check(contains(redis_say(&redis, command, reply, sizeof reply), STR(":1")));
    check(misses(cache, STR("Patient/2")));
    check(has(cache, STR("Patient/1"), STR("one")));
    cache_close(cache);
}

static void emptied_is_a_miss(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("emptied is a miss");
    Cache *cache = open_up(1);
    char reply[64];
    cache_set(cache, STR("body"), STR("Patient/1"), STR("one"), 60);
    check(has(cache, STR("Patient/1"), STR("one")));
    redis_say(&redis, "FLUSHALL", reply, sizeof reply);
    check(misses(cache, STR("Patient/1")));
    cache_set(cache, STR("body"), STR("Patient/1"), STR("again"), 60);
    check(has(cache, STR("Patient/1"), STR("again")));
    cache_close(cache);
}

/* ---- Redis is away ------------------------------------------------------------ */

static void down_at_the_start(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("down at the start");
    Redis later = {.password = "secret"};
    redis_place(&later);
    Cache *cache = open_with(1, later.url, "secret");
    check(ms_of_a_get(cache) < TIMEOUT / 2);
    check_int(cache_state(cache), CACHE_DOWN);
    cache_set(cache, STR("body"), STR("Patient/1"), STR("one"), 60);
    check(redis_start(&later));
    check(comes_to(cache, CACHE_UP));
    check(misses(cache, STR("Patient/1")));
    cache_set(cache, STR("body"), STR("Patient/1"), STR("one"), 60);
    check(has(cache, STR("Patient/1"), STR("one")));
    Cache *wrong = open_with(1, later.url, "wrong");
    usleep(300 * 1000);
    check_int(cache_state(wrong), CACHE_DOWN);
    check(ms_of_a_get(wrong) < TIMEOUT / 2);
    cache_close(wrong);
    cache_close(cache);
    redis_remove(&later);
}

static void dies_in_the_middle(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("dies in the middle");
    Cache *cache = open_up(1);
    cache_set(cache, STR("body"), STR("Patient/1"), STR("one"), 60);
    check(has(cache, STR("Patient/1"), STR("one")));
    redis_kill(&redis);
    for (int i = 0; i < 100; i++)
        check(ms_of_a_get(cache) < TIMEOUT + 50);
    check_int(cache_state(cache), CACHE_DOWN);
    check(redis_start(&redis));
    check(comes_to(cache, CACHE_UP));
    check(misses(cache, STR("Patient/1")));
    check(stats_of(cache).opened >= 1);
    cache_close(cache);
}

/* One call waits its time; who comes after it waits no more. */
static void slow_opens_the_circuit(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("slow opens the circuit");
    Cache *cache = open_up(1);
    cache_set(cache, STR("body"), STR("Patient/1"), STR("one"), 60);
    check(has(cache, STR("Patient/1"), STR("one")));
    redis_stall(&redis);
    Time first = ms_of_a_get(cache);
    check(first >= TIMEOUT - 10 && first < 10 * TIMEOUT);
    check(comes_to(cache, CACHE_DOWN));
    Time begin = time_monotonic();
    for (int i = 0; i < 1000; i++)
        ms_of_a_get(cache);
    check((time_monotonic() - begin) / TIME_MS < TIMEOUT);
    check_int(stats_of(cache).slow, 1);
    redis_go_on(&redis);
    check(comes_to(cache, CACHE_UP));
    check(has(cache, STR("Patient/1"), STR("one")));
    cache_close(cache);
}

typedef struct {
    Cache *cache;
    atomic_bool stop;
    atomic_ulong asked, wrong, late;
} Crowd;

static void *crowd_member(void *of)
{
    Crowd *crowd = of;
    Arena *arena = arena_new(1 << 20, false);
    unsigned seed = (unsigned)(uintptr_t)&arena;
    while (!atomic_load(&crowd->stop)) {
        char id[16], text[16];
        Str got;
        int number = (int)((seed = seed * 1103515245 + 12345) >> 16) % 50;
        snprintf(id, sizeof id, "Patient/%d", number);
        snprintf(text, sizeof text, "body %d", number);
        Time begin = time_monotonic();
        if (cache_get(crowd->cache, arena, STR("crowd"), str_of(id), &got))
            crowd->wrong += !str_eq(got, str_of(text));
        else
            cache_set(crowd->cache, STR("crowd"), str_of(id), str_of(text), 60);
        crowd->late += time_monotonic() - begin > 20 * TIMEOUT * TIME_MS;
        crowd->asked++;
        arena_clear(arena);
    }
    arena_free(arena);
    return NULL;
}

/* Answers that were given up must never go to who asks next. */
static void nobody_gets_the_answer_of_another(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("nobody asked the answer of another");
    enum { MEMBERS = 8 };
    static Crowd crowd;
    pthread_t members[MEMBERS];
    char reply[64];
    crowd.cache = open_up(1);
    for (size_t i = 0; i < MEMBERS; i++)
        pthread_create(&members[i], NULL, crowd_member, &crowd);
    for (int round = 0; round < 6; round++) {
        usleep(100 * 1000);
        if (round % 3 == 0) {
            redis_stall(&redis);
            usleep(150 * 1000);
            redis_go_on(&redis);
        } else if (round % 3 == 1) {
            redis_kill(&redis);
            check(redis_start(&redis));
        } else {
            redis_say(&redis, "FLUSHALL", reply, sizeof reply);
        }
        comes_to(crowd.cache, CACHE_UP);
    }
    atomic_store(&crowd.stop, true);
    for (size_t i = 0; i < MEMBERS; i++)
        pthread_join(members[i], NULL);
    check_int(crowd.wrong, 0);
    check_int(crowd.late, 0);
    check(crowd.asked > 1000 && stats_of(crowd.cache).hits > 100);
    cache_close(crowd.cache);
}

/* ---- counters ------------------------------------------------------------------ */

typedef struct {
    atomic_int answers;
    bool known;
    uint64_t total;
} Counted;

static void take_count(void *owner, bool known, uint64_t total)
{
    Counted *counted = owner;
    counted->known = known;
    counted->total = total;
    atomic_fetch_add(&counted->answers, 1);
}

static Counted count_now(Cache *cache, Str id, uint64_t add)
{
    Counted counted = {.answers = 0};
    cache_count(cache, STR("limit"), id, add, 1, take_count, &counted);
    while (!atomic_load(&counted.answers))
        usleep(100);
    return counted;
}

static void nodes_count_together(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("nodes count together");
    Cache *a = open_up(1), *b = open_up(1);
    char reply[64];
    redis_say(&redis, "FLUSHALL", reply, sizeof reply);
    check_int(count_now(a, STR("dupont"), 3).total, 3);
    check_int(count_now(b, STR("dupont"), 4).total, 7);
    check_int(count_now(b, STR("martin"), 1).total, 1);
    usleep(1100 * 1000);
    Counted counted = count_now(a, STR("dupont"), 1);
    check(counted.known);
    check_int(counted.total, 1); /* the window has ended */
    redis_kill(&redis);
    comes_to(a, CACHE_DOWN);
    check(!count_now(a, STR("dupont"), 1).known);
    check(redis_start(&redis));
    cache_close(a);
    cache_close(b);
    check(!count_now(NULL, STR("dupont"), 1).known);
}

/* ---- messages ------------------------------------------------------------------ */

typedef struct {
    atomic_int jobs, missed, foreign;
} Heard;

static void hear(void *owner, const Event *event)
{
    Heard *heard = owner;
    if (event->kind == EVENT_MISSED)
        atomic_fetch_add(&heard->missed, 1);
    else
        atomic_fetch_add(&heard->jobs, 1);
    if (!event->own)
        atomic_fetch_add(&heard->foreign, 1);
}

static bool reaches(atomic_int *number, int wanted)
{
    for (int i = 0; i < PATIENCE && atomic_load(number) < wanted; i++)
        usleep(1000);
    return atomic_load(number) == wanted;
}

/* Who has just begun to listen hears so, perhaps before the subscriber is there: it counts from
 * here. */
static void begin_to_hear(Cache *cache, Events *events, Heard *heard)
{
    for (int i = 0; i < PATIENCE && !stats_of(cache).listening; i++)
        usleep(1000);
    check(stats_of(cache).listening);
    usleep(20 * 1000);
    events_settle(events);
    events_subscribe(events, EVENT_BIT(EVENT_JOB), hear, heard);
}

static void nodes_hear_each_other(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("nodes hear each other");
    Cache *a = open_up(1), *b = open_up(1), *stranger = open_up(2);
    Events *of_a, *of_b, *of_stranger;
    Heard at_a = {0}, at_b = {0}, at_stranger = {0};
    check(events_new(&cx, a, &of_a) == STATUS_OK);
    check(events_new(&cx, b, &of_b) == STATUS_OK);
    check(events_new(&cx, stranger, &of_stranger) == STATUS_OK);
    begin_to_hear(a, of_a, &at_a);
    begin_to_hear(b, of_b, &at_b);
    begin_to_hear(stranger, of_stranger, &at_stranger);
    for (int i = 0; i < 500; i++) {
        char id[16];
        snprintf(id, sizeof id, "job %d", i);
        events_publish(of_a, EVENT_JOB, str_of(id));
    }
    check(reaches(&at_a.jobs, 500) && reaches(&at_b.jobs, 500));
    check_int(atomic_load(&at_a.foreign), 0);
    check_int(atomic_load(&at_b.foreign), 500);
    check_int(atomic_load(&at_stranger.jobs), 0);
    redis_kill(&redis);
    check(reaches(&at_a.missed, 1) && reaches(&at_b.missed, 1));
    events_publish(of_a, EVENT_JOB, STR("alone"));
    check(reaches(&at_a.jobs, 501));
    check(redis_start(&redis));
    check(reaches(&at_a.missed, 2) &&
          reaches(&at_b.missed, 2)); /* "alone" is lost to b, and b knows */
    check(comes_to(a, CACHE_UP));
    events_publish(of_a, EVENT_JOB, STR("again"));
    check(reaches(&at_b.jobs, 501));
    events_free(of_a);
    events_free(of_b);
    events_free(of_stranger);
    cache_close(a);
    cache_close(b);
    cache_close(stranger);
}

static void forged_messages_are_not_heard(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("forged messages are not heard");
    Cache *cache = open_up(1);
    Events *events;
    Heard heard = {0};
    char channels[256], command[128], reply[64];
    check(events_new(&cx, cache, &events) == STATUS_OK);
    begin_to_hear(cache, events, &heard);
    Str all = redis_say(&redis, "PUBSUB CHANNELS", channels, sizeof channels);
    const char *at = memmem(all.at, all.len, "aceso:", 6);
    check(at != NULL);
    snprintf(command, sizeof command, "PUBLISH %.28s a-message-that-nobody-of-us-has-sealed-at-all",
             at);
    check(contains(redis_say(&redis, command, reply, sizeof reply), STR(":1")));
    for (int i = 0; i < PATIENCE && stats_of(cache).damaged == 0; i++)
        usleep(1000);
    check_int(stats_of(cache).damaged, 1);
    check_int(atomic_load(&heard.jobs), 0);
    events_free(events);
    cache_close(cache);
}

int main(void)
{
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    redis_place(&redis);
    if (redis_program() && !redis_start(&redis))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(values_end_by_themselves),
        cmocka_unit_test(others_read_neither_names_nor_values),
        cmocka_unit_test(what_was_tampered_with_is_a_miss),
        cmocka_unit_test(a_value_in_the_place_of_another_is_a_miss),
        cmocka_unit_test(emptied_is_a_miss),
        cmocka_unit_test(down_at_the_start),
        cmocka_unit_test(dies_in_the_middle),
        cmocka_unit_test(slow_opens_the_circuit),
        cmocka_unit_test(nobody_gets_the_answer_of_another),
        cmocka_unit_test(nodes_count_together),
        cmocka_unit_test(nodes_hear_each_other),
        cmocka_unit_test(forged_messages_are_not_heard),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    redis_remove(&redis);
    arena_free(cx.arena);
    return failed;
}
