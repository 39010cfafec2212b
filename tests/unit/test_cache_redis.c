/* The cache on a Redis that lives, dies, stalls, forgets and lies: answers come in time and to who
 * asked, and a message is heard only when one of us said it. */
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache/events.h"
#include "cache/inner.h"
#include "support/redis.h"

/* ms. A test of what is answered has the long one: Redis may be slow on a busy machine. */
enum {
    TIMEOUT = 1000,
    SHORT_TIMEOUT = 100,
    LONG_TIMEOUT = 20000,
    LATE = 10000,
    PATIENCE = 20000,
};

static Ctx cx;
static Redis redis;
static unsigned timeout_ms = LONG_TIMEOUT;

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
    for (int i = 0; i < PATIENCE; i++) {
        if (cache_state(cache) == state)
            return true;
        usleep(1000);
    }
    return false;
}

static Cache *open_up(uint8_t key)
{
    Cache *cache = open_with(key, redis.url, NULL);
    check(comes_to(cache, CACHE_UP));
    return cache;
}

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

static Counted count_for(Cache *cache, Str id, uint64_t add, unsigned seconds)
{
    Counted counted = {.answers = 0};
    cache_count(cache, STR("a limit"), id, add, seconds, take_count, &counted);
    while (!atomic_load(&counted.answers))
        usleep(100);
    return counted;
}

static Counted count_now(Cache *cache, Str id, uint64_t add)
{
    return count_for(cache, id, add, 60);
}

/* How long the answer took, which says that nobody knows. */
static Time ms_in_vain(Cache *cache)
{
    Time begin = time_monotonic();
    check(!count_now(cache, STR("any"), 1).known);
    return (time_monotonic() - begin) / TIME_MS;
}

static CacheStats stats_of(Cache *cache)
{
    CacheStats stats;
    cache_stats(cache, &stats);
    return stats;
}

/* ---- what others see ----------------------------------------------------------- */

static bool contains(Str in, Str wanted)
{
    return memmem(in.at, in.len, wanted.at, wanted.len) != NULL;
}

/* Somebody who reaches Redis listens to every channel. */
static int eavesdrop(void)
{
    static const char all[] = "PSUBSCRIBE *\r\n";
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    struct timeval patience = {PATIENCE / 1000, 0};
    char said[256];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(there.sun_path, sizeof there.sun_path, "%s", redis.socket);
    check(connect(fd, (struct sockaddr *)&there, sizeof there) == 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    check(write(fd, all, sizeof all - 1) == sizeof all - 1);
    check(read(fd, said, sizeof said) > 0); /* that he is heard to listen */
    return fd;
}

static void others_read_neither_names_nor_messages(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("others read neither names nor messages");
    Cache *cache = open_up(1), *stranger = open_up(2);
    char keys[4096];
    redis_say(&redis, "FLUSHALL", keys, sizeof keys);
    check_int(count_for(cache, STR("a canary"), 3, 60).total, 3);
    check_int(count_for(stranger, STR("a canary"), 4, 60).total, 4); /* another counter */
    Str all = redis_say(&redis, "KEYS *", keys, sizeof keys);
    check(contains(all, STR("aceso:")));
    check(!contains(all, STR("a canary")) && !contains(all, STR("a limit")));
    int ear = eavesdrop();
    cache_publish(cache, STR("the canary sings"));
    ssize_t got = read(ear, keys, sizeof keys);
    check(got > 0);
    Str overheard = str_n(keys, (size_t)got);
    check(contains(overheard, STR("pmessage")) && contains(overheard, STR("aceso:")));
    check(!contains(overheard, STR("the canary")) && !contains(overheard, STR("messages")));
    close(ear);
    cache_close(cache);
    cache_close(stranger);
}

static bool opens(const Keys *keys, const Name *name, Str sealed)
{
    return unseal_bytes(keys, name, cx.arena, sealed).at != NULL;
}

static void what_was_tampered_with_does_not_open(void **state)
{
    UNUSED(state);
    static const char clear[] = "the canary sings";
    Keys keys, others;
    size_t len;
    keys_derive((const uint8_t[CRYPTO_KEY_BYTES]){1}, &keys);
    keys_derive((const uint8_t[CRYPTO_KEY_BYTES]){2}, &others);
    Name name = name_of(&keys, STR("messages"), STR("1"));
    Name another = name_of(&keys, STR("messages"), STR("2"));
    char *sealed = seal_bytes(&keys, &name, str_of(clear), &len);
    Str whole = str_n(sealed, len);
    check_str(unseal_bytes(&keys, &name, cx.arena, whole), str_of(clear));
    check(!contains(whole, STR("the canary")));
    CASE("another's key");
    check(!opens(&others, &name, whole));
    CASE("in the place of another");
    check(!opens(&keys, &another, whole));
    CASE("a changed byte");
    for (size_t i = 0; i < len; i++) {
        sealed[i] ^= 1;
        check(!opens(&keys, &name, whole));
        sealed[i] ^= 1;
    }
    CASE("bytes missing");
    for (size_t i = 0; i < len; i++)
        check(!opens(&keys, &name, str_n(sealed, i)));
    CASE("more bytes behind");
    check(!opens(&keys, &name, arena_format(cx.arena, STR_FMT "x", STR_ARG(whole))));
    CASE("as it was");
    check(opens(&keys, &name, whole));
    free(sealed);
}

static void emptied_begins_again(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("emptied begins again");
    Cache *cache = open_up(1);
    char reply[64];
    redis_say(&redis, "FLUSHALL", reply, sizeof reply);
    check_int(count_for(cache, STR("dupont"), 3, 60).total, 3);
    redis_say(&redis, "FLUSHALL", reply, sizeof reply);
    check_int(count_for(cache, STR("dupont"), 1, 60).total, 1);
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
    check(ms_in_vain(cache) < LATE);
    check_int(cache_state(cache), CACHE_DOWN);
    check(redis_start(&later));
    check(comes_to(cache, CACHE_UP));
    check_int(count_for(cache, STR("dupont"), 3, 60).total, 3);
    Cache *wrong = open_with(1, later.url, "wrong");
    usleep(300 * 1000);
    check_int(cache_state(wrong), CACHE_DOWN);
    check(ms_in_vain(wrong) < LATE);
    cache_close(wrong);
    cache_close(cache);
    redis_remove(&later);
}

static void dies_in_the_middle(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("dies in the middle");
    Cache *cache = open_up(1);
    check(count_for(cache, STR("dupont"), 3, 60).known);
    redis_kill(&redis);
    for (int i = 0; i < 100; i++)
        check(ms_in_vain(cache) < LATE);
    check_int(cache_state(cache), CACHE_DOWN);
    check(redis_start(&redis));
    check(comes_to(cache, CACHE_UP));
    check_int(count_for(cache, STR("dupont"), 1, 60).total, 1);
    check(stats_of(cache).opened >= 1);
    cache_close(cache);
}

/* One answer is waited for as long as it may take; who comes after it hears at once. */
static void slow_opens_the_circuit(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("slow opens the circuit");
    timeout_ms = TIMEOUT;
    Cache *cache = open_up(1);
    check(count_for(cache, STR("dupont"), 3, 60).known);
    redis_stall(&redis);
    Time first = ms_in_vain(cache);
    check(first >= TIMEOUT - 10 && first < 10 * TIMEOUT);
    check(comes_to(cache, CACHE_DOWN));
    Time begin = time_monotonic();
    for (int i = 0; i < 1000; i++)
        ms_in_vain(cache);
    check((time_monotonic() - begin) / TIME_MS < 10 * TIMEOUT); /* and not a thousand times it */
    check_int(stats_of(cache).slow, 1);
    redis_go_on(&redis);
    check(comes_to(cache, CACHE_UP));
    check(count_for(cache, STR("dupont"), 3, 60).known);
    cache_close(cache);
}

typedef struct {
    Cache *cache;
    atomic_bool stop;
    atomic_ulong asked, known, wrong, late;
} Crowd;

/* Each counts for itself in steps of a prime of its own, by which what it hears can be divided. */
typedef struct {
    Crowd *crowd;
    uint64_t step;
} Member;

static void *crowd_member(void *of)
{
    const Member *member = of;
    Crowd *crowd = member->crowd;
    char id[24];
    snprintf(id, sizeof id, "member %llu", (unsigned long long)member->step);
    while (!atomic_load(&crowd->stop)) {
        Time begin = time_monotonic();
        Counted counted = count_for(crowd->cache, str_of(id), member->step, 60);
        crowd->known += counted.known;
        crowd->wrong += counted.known && (!counted.total || counted.total % member->step);
        crowd->late += time_monotonic() - begin > LATE * TIME_MS;
        crowd->asked++;
    }
    return NULL;
}

/* Answers that were given up must never go to who asks next. */
static void nobody_gets_the_answer_of_another(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_REDIS("nobody asked the answer of another");
    static const uint64_t primes[] = {10007, 10009, 10037, 10039, 10061, 10067, 10069, 10079};
    enum { MEMBERS = COUNT_OF(primes) };
    static Crowd crowd;
    static Member member[MEMBERS];
    pthread_t members[MEMBERS];
    char reply[64];
    timeout_ms = SHORT_TIMEOUT;
    crowd.cache = open_up(1);
    for (size_t i = 0; i < MEMBERS; i++) {
        member[i] = (Member){&crowd, primes[i]};
        pthread_create(&members[i], NULL, crowd_member, &member[i]);
    }
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
    for (int i = 0; i < PATIENCE && (crowd.asked <= 1000 || crowd.known <= 100); i++)
        usleep(1000);
    atomic_store(&crowd.stop, true);
    for (size_t i = 0; i < MEMBERS; i++)
        pthread_join(members[i], NULL);
    check_int(crowd.wrong, 0);
    check_int(crowd.late, 0);
    check(crowd.asked > 1000 && crowd.known > 100);
    cache_close(crowd.cache);
}

/* ---- counters ------------------------------------------------------------------ */

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
    CASE("a window ends, and the next begins with nothing");
    check_int(count_for(a, STR("short"), 5, 1).total, 5);
    usleep(1100 * 1000);
    Counted counted = count_for(b, STR("short"), 1, 1);
    check(counted.known);
    check_int(counted.total, 1);
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
    usleep(200 * 1000);
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

/* Whatever the test before has left. */
static int fresh(void **state)
{
    UNUSED(state);
    timeout_ms = LONG_TIMEOUT;
    if (redis.process)
        redis_go_on(&redis);
    return !redis_program() || redis.process || redis_start(&redis) ? 0 : -1;
}

#define REDIS_TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    redis_place(&redis);
    if (redis_program() && !redis_start(&redis))
        return 1;
    const struct CMUnitTest tests[] = {
        REDIS_TEST(others_read_neither_names_nor_messages),
        REDIS_TEST(what_was_tampered_with_does_not_open),
        REDIS_TEST(emptied_begins_again),
        REDIS_TEST(down_at_the_start),
        REDIS_TEST(dies_in_the_middle),
        REDIS_TEST(slow_opens_the_circuit),
        REDIS_TEST(nobody_gets_the_answer_of_another),
        REDIS_TEST(nodes_count_together),
        REDIS_TEST(nodes_hear_each_other),
        REDIS_TEST(forged_messages_are_not_heard),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    redis_remove(&redis);
    arena_free(cx.arena);
    return failed;
}
