/* A server in the place of Redis that says anything: answers come, with nothing, and in time;
 * nothing crashes, and memory does not follow what it announces. */
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache/events.h"

/* ms. LATE is an answer that waited for more than its timeout, also on a busy machine. */
enum { TIMEOUT = 60, LATE = 10000 };

static Ctx cx;
static char folder[32], path[48], url[56];

/* What it says to each request after the greeting, and how often in a row. */
typedef struct {
    const char *why;
    Str reply;
    unsigned times;
} Speech;
static const Speech *_Atomic speech;
static _Atomic bool stop;
static _Atomic unsigned talking; /* threads that are not at their end */

static void greet(int fd)
{
    char bytes[4096];
    if (read(fd, bytes, sizeof bytes) > 0)
        (void)!write(fd, "+PONG\r\n", 7);
}

static void *talk(void *of)
{
    int fd = (int)(intptr_t)of;
    char bytes[4096];
    const Speech *mine = speech;
    greet(fd);
    while (!stop && read(fd, bytes, sizeof bytes) > 0) {
        for (unsigned i = 0; i < mine->times && !stop; i++) {
            if (send(fd, mine->reply.at, mine->reply.len, MSG_NOSIGNAL) < 0)
                break;
        }
    }
    close(fd);
    talking--;
    return NULL;
}

static void *serve(void *of)
{
    int listener = (int)(intptr_t)of;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    while (!stop) {
        pthread_t thread;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        talking++;
        if (stop || pthread_create(&thread, &detached, talk, (void *)(intptr_t)fd) != 0) {
            close(fd);
            talking--;
        }
    }
    pthread_attr_destroy(&detached);
    return NULL;
}

static int listen_there(void)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(here.sun_path, sizeof here.sun_path, "%s", path);
    unlink(path);
    check(bind(fd, (struct sockaddr *)&here, sizeof here) == 0 && listen(fd, 16) == 0);
    return fd;
}

static void hear(void *owner, const Event *event)
{
    UNUSED(event);
    ++*(_Atomic unsigned *)owner;
}

static _Atomic unsigned answers, wrong;

/* ":42" is a number like any other. */
static void take_count(void *owner, bool known, uint64_t total)
{
    UNUSED(owner);
    wrong += known && total != 42;
    answers++;
}

static void ask_everything(Cache *cache, Events *events)
{
    for (int i = 0; i < 20; i++) {
        Time begin = time_monotonic();
        answers = 0;
        for (int k = 0; k < 3; k++)
            cache_count(cache, STR("limit"), STR("dupont"), 1, 60, take_count, NULL);
        while (answers < 3 && time_monotonic() - begin < 2 * LATE * TIME_MS)
            usleep(100);
        check((time_monotonic() - begin) / TIME_MS < LATE);
        check_int(wrong, 0);
        events_publish(events, EVENT_JOB, STR("mail"));
        usleep(2000);
    }
}

static void answers_come_with_nothing(void **state)
{
    UNUSED(state);
    static const Speech speeches[] = {
        {"silence", STR_INIT(""), 1},
        {"an error", STR_INIT("-ERR no\r\n"), 1},
        {"not the protocol", STR_INIT("HTTP/1.1 400 Bad Request\r\n\r\n"), 1},
        {"a number", STR_INIT(":42\r\n"), 1},
        {"a number that is none", STR_INIT(":4x2\r\n"), 1},
        {"nothing", STR_INIT("$-1\r\n"), 1},
        {"no list", STR_INIT("*-1\r\n"), 1},
        {"an empty list", STR_INIT("*0\r\n"), 1},
        {"a list of lists",
         STR_INIT("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"), 1},
        {"a list of two billion", STR_INIT("*2147483647\r\n"), 1},
        {"a list of more than there are numbers", STR_INIT("*99999999999999999999\r\n"), 1},
        {"a text of half a terabyte", STR_INIT("$549755813888\r\nx"), 1},
        {"a text of less than nothing", STR_INIT("$-7\r\n"), 1},
        {"a text without an end", STR_INIT("$5\r\nabcdefgh"), 1},
        {"a line without an end", STR_INIT("+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
         20000},
        {"values that nobody sealed", STR_INIT("*1\r\n$3\r\nabc\r\n"), 1},
        {"values of the right length", STR_INIT("*3\r\n$3\r\nabc\r\n$3\r\nabc\r\n:3\r\n"), 1},
        {"several answers to one question", STR_INIT("+OK\r\n+OK\r\n+OK\r\n"), 1},
        {"a message that nobody sealed",
         STR_INIT("*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$3\r\nabc\r\n"), 3},
        {"half of a message", STR_INIT("*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n"), 1},
        {"a message that is a list", STR_INIT("*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n*0\r\n"), 1},
        {"a short message", STR_INIT("*1\r\n$7\r\nmessage\r\n"), 1},
    };
    FOR_CASES(speeches, s)
    {
        CASE(s->why);
        Cache *cache;
        Events *events;
        pthread_t server;
        _Atomic unsigned heard = 0;
        speech = s;
        stop = false;
        int listener = listen_there();
        pthread_create(&server, NULL, serve, (void *)(intptr_t)listener);
        CacheOptions options = {.url = str_of(url), .key = {1}, .timeout_ms = TIMEOUT};
        check(cache_open(&cx, &options, &cache) == STATUS_OK);
        check(events_new(&cx, cache, &events) == STATUS_OK);
        events_subscribe(events, EVENT_BIT(EVENT_JOB), hear, (void *)&heard);
        CacheState now = cache_state(cache);
        for (int i = 0; i < LATE && now != CACHE_UP; i++, now = cache_state(cache))
            usleep(1000);
        check_int(now, CACHE_UP);
        ask_everything(cache, events);
        events_settle(events);
        check(heard >= 1); /* our own */
        events_free(events);
        cache_close(cache);
        stop = true;
        shutdown(listener, SHUT_RDWR);
        pthread_join(server, NULL);
        close(listener);
        while (talking)
            usleep(1000);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    check(usage.ru_maxrss < 1 << 20); /* KB: nobody makes us keep a gigabyte */
}

static void addresses_are_read_or_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *url;
        Status status;
    } cases[] = {
        {"redis://localhost", STATUS_OK},
        {"redis://localhost:6380/3", STATUS_OK},
        {"redis://[::1]:6380", STATUS_OK},
        {"redis://user:pass%40word@host:1/0", STATUS_OK},
        {"redis://:p@ss@host", STATUS_OK},
        {"unix:/run/redis.sock", STATUS_OK},
        {"unix:///run/redis.sock?db=3", STATUS_OK},
        {"", STATUS_INVALID},
        {"localhost:6379", STATUS_INVALID},
        {"redis://", STATUS_INVALID},
        {"redis://:6379", STATUS_INVALID},
        {"redis://host:0", STATUS_INVALID},
        {"redis://host:65536", STATUS_INVALID},
        {"redis://host:x", STATUS_INVALID},
        {"redis://host/x", STATUS_INVALID},
        {"redis://host/99999999", STATUS_INVALID},
        {"redis://user@host", STATUS_INVALID},
        {"redis://u:%zz@host", STATUS_INVALID},
        {"redis://[::1", STATUS_INVALID},
        {"redis://[::1]x", STATUS_INVALID},
        {"unix:relative", STATUS_INVALID},
        {"unix:/run/redis.sock?x=1", STATUS_INVALID},
        {"rediss://host", STATUS_UNSUPPORTED},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->url);
        check_int(cache_check_url(&cx, str_of(c->url)), c->status);
    }
}

int main(void)
{
    cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    signal(SIGPIPE, SIG_IGN); /* as aceso does: a server may hang up while we write */
    snprintf(folder, sizeof folder, "/tmp/aceso-nonsense-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(url, sizeof url, "unix:%s", path);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_with_nothing),
        cmocka_unit_test(addresses_are_read_or_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(folder);
    return failed;
}
