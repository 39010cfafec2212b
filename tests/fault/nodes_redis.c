/* nodes_redis ACESO - two nodes on one PostgreSQL, and Redis between them that is there, dead,
 * stalled, emptied all the time, or back: the answers are the same, and soon there. */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "support/cluster.h"
#include "support/http_client.h"
#include "support/redis.h"
#include "testing.h"

/* Redis has its time on a busy machine too; an answer that is late has waited for more than that.
 */
#define REDIS_TIMEOUT_MS "1000"
enum { SOON_MS = 10000, ROUNDS = 10, PER_ADDRESS = 400 };

static Arena *arena;
static const char *program;
static Cluster cluster;
static Redis redis;
static Client clients[2];
static Str bearer;
static long long slowest_ms;

static Answer ask(size_t node, const char *method, Str target, Str headers, Str body)
{
    Time begin = time_monotonic();
    if (clients[node].fd < 0)
        check(client_open(&clients[node], arena, cluster.nodes[node].port));
    Answer answer = client_ask(&clients[node], str_of(method), target, headers, body);
    if (answer.status == 0 || answer.closed) {
        client_close(&clients[node]);
        clients[node].fd = -1;
    }
    Time took = (time_monotonic() - begin) / TIME_MS;
    if (took > slowest_ms)
        slowest_ms = took;
    return answer;
}

static Str cookie_of(const Answer *answer)
{
    Str value = answer_header(answer, STR("Set-Cookie"));
    Str cookie = str_cut(&value, ';');
    return arena_format(arena, "Cookie: " STR_FMT "\r\n", STR_ARG(cookie));
}

static Str sign_in(size_t node)
{
    Str body =
        arena_format(arena, "{\"user\":\"%s\",\"password\":\"%s\"}", SERVED_USER, SERVED_PASSWORD);
    Answer answer =
        ask(node, "POST", STR("/auth/sign-in"), STR("Content-Type: application/json\r\n"), body);
    check_int(answer.status, 200);
    return cookie_of(&answer);
}

static void sign_out(size_t node, Str cookie)
{
    Str headers = arena_format(arena, STR_FMT "Origin: http://localhost\r\n", STR_ARG(cookie));
    Answer answer = ask(node, "POST", STR("/auth/sign-out"), headers, STR_EMPTY);
    check_int(answer.status, 204);
}

static Str make_patient(size_t node)
{
    Str headers =
        arena_format(arena, STR_FMT "Content-Type: application/fhir+json\r\n", STR_ARG(bearer));
    Answer answer =
        ask(node, "POST", STR("/fhir/Patient"), headers, STR("{\"resourceType\":\"Patient\"}"));
    check_int(answer.status, 201);
    Str where = answer_header(&answer, STR("Location"));
    size_t at = (size_t)((const char *)memmem(where.at, where.len, "/fhir/", 6) - where.at);
    Str path = str_from(where, at);
    const char *end = memmem(path.at, path.len, "/_history", 9);
    return arena_str(arena, end ? str_n(path.at, (size_t)(end - path.at)) : path);
}

/* Written on one, read on the other. */
static void write_here_read_there(size_t here, size_t there)
{
    Str path = make_patient(here), id = str_from(path, strlen("/fhir/Patient/"));
    for (int version = 2; version < 5; version++) {
        Str headers = arena_format(
            arena, STR_FMT "Content-Type: application/fhir+json\r\nIf-Match: W/\"%d\"\r\n",
            STR_ARG(bearer), version - 1);
        Str body = arena_format(arena,
                                "{\"resourceType\":\"Patient\",\"id\":\"" STR_FMT "\","
                                "\"birthDate\":\"19%02d-01-01\"}",
                                STR_ARG(id), version);
        Str wanted = arena_format(arena, "W/\"%d\"", version);
        Answer written = ask(here, "PUT", path, headers, body);
        check_int(written.status, 200);
        Answer read = ask(there, "GET", path, bearer, STR_EMPTY);
        check_int(read.status, 200);
        check_str(answer_header(&read, STR("ETag")), wanted);
        check_str(read.body, written.body);
    }
}

/* Known on both; and from the moment it is signed out on one, shown nothing on the other. */
static void sign_in_here_out_there(size_t here, size_t there)
{
    Str path = STR("/fhir/Patient?_count=1"), cookie = sign_in(here);
    check_int(ask(there, "GET", path, cookie, STR_EMPTY).status, 200);
    check_int(ask(here, "GET", path, cookie, STR_EMPTY).status, 200);
    sign_out(there, cookie);
    check_int(ask(here, "GET", path, cookie, STR_EMPTY).status, 401);
    check_int(ask(there, "GET", path, cookie, STR_EMPTY).status, 401);
    check_int(ask(here, "GET", STR("/auth/session"), cookie, STR_EMPTY).status, 401);
}

static void wait_for(const char *redis_says)
{
    for (int i = 0; i < 1000; i++) {
        bool both = true;
        for (size_t node = 0; node < 2; node++) {
            Answer health = ask(node, "GET", STR("/healthz"), STR_EMPTY, STR_EMPTY);
            both &= memmem(health.body.at, health.body.len, redis_says, strlen(redis_says)) != NULL;
        }
        if (both)
            return;
        usleep(10000);
    }
    fail_msg("the nodes never said %s", redis_says);
}

static void use_both(const char *redis_says)
{
    slowest_ms = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        write_here_read_there(i % 2, 1 - i % 2);
        sign_in_here_out_there(1 - i % 2, i % 2);
    }
    for (size_t node = 0; node < 2; node++) {
        Answer health = ask(node, "GET", STR("/healthz"), STR_EMPTY, STR_EMPTY);
        check_int(health.status, 200); /* whatever Redis does */
    }
    check(slowest_ms < SOON_MS);
    if (redis_says)
        wait_for(redis_says);
    print_message("# the slowest of all answers took %lld ms\n", slowest_ms);
}

static bool begin(void)
{
    const TestPostgres *postgres;
    const char *why = "";
    static bool tried, runs;
    if (tried)
        return runs;
    tried = true;
    postgres = test_postgres(false, &why);
    if (!postgres || !redis_program())
        return false;
    redis_place(&redis);
    Str per_address = arena_format(arena, "%d", PER_ADDRESS);
    const char *settings[] = {
        "--redis",      redis.url, "--redis-timeout", REDIS_TIMEOUT_MS, "--requests-per-address",
        per_address.at, NULL};
    runs = cluster_start(&cluster, arena, program, postgres, 2, settings);
    check(runs);
    bearer = arena_format(arena, "Authorization: Bearer " STR_FMT "\r\n", STR_ARG(cluster.writer));
    clients[0].fd = clients[1].fd = -1;
    return runs;
}

#define SKIP_WITHOUT_NODES(what)                                                                   \
    do {                                                                                           \
        if (!begin()) {                                                                            \
            print_message("# skipped: %s (PostgreSQL, or Redis and Valkey, are not there)\n",      \
                          what);                                                                   \
            return;                                                                                \
        }                                                                                          \
    } while (0)

static void redis_was_never_there(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_NODES("Redis was never there");
    use_both("\"redis\":\"down\"");
}

static void redis_is_there(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_NODES("Redis is there");
    check(redis_start(&redis));
    wait_for("\"redis\":\"up\"");
    use_both("\"redis\":\"up\"");
}

static void redis_dies(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_NODES("Redis dies");
    redis_kill(&redis);
    use_both("\"redis\":\"down\"");
}

static void redis_stalls(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_NODES("Redis stalls");
    check(redis_start(&redis));
    wait_for("\"redis\":\"up\"");
    redis_stall(&redis);
    use_both(NULL);
    redis_go_on(&redis);
    wait_for("\"redis\":\"up\"");
}

static void *empty_all_the_time(void *of)
{
    _Atomic bool *stop = of;
    char reply[64];
    while (!*stop) {
        redis_say(&redis, "FLUSHALL", reply, sizeof reply);
        redis_say(&redis, "CLIENT KILL TYPE pubsub", reply, sizeof reply);
        usleep(5000);
    }
    return NULL;
}

static void redis_forgets_all_the_time(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_NODES("Redis forgets all the time");
    static _Atomic bool stop;
    pthread_t thread;
    wait_for("\"redis\":\"up\"");
    pthread_create(&thread, NULL, empty_all_the_time, &stop);
    use_both(NULL);
    stop = true;
    pthread_join(thread, NULL);
}

/* How many of so many requests, in turn to both nodes, went through. */
static unsigned knock(unsigned times)
{
    unsigned through = 0;
    for (unsigned i = 0; i < times; i++) {
        Answer answer = ask(i % 2, "GET", STR("/auth/session"), STR_EMPTY, STR_EMPTY);
        check(answer.status == 401 || answer.status == 429);
        if (answer.status == 429) {
            uint64_t wait;
            Str says = answer_header(&answer, STR("Retry-After"));
            if (!str_to_u64(says, &wait))
                fail_msg("Retry-After in " STR_FMT, STR_ARG(answer.headers));
            check(wait >= 1 && wait <= 120);
            check(memmem(answer.body.at, answer.body.len, "throttled", 9) != NULL);
        }
        through += answer.status == 401;
        if (i % 20 == 19)
            usleep(30 * 1000);
    }
    return through;
}

/* Both nodes together let through what one may; without Redis each of them. Those who have signed
 * in are not counted. Sign-ins of the tests before, a few dozen, were. */
static void nodes_limit_strangers_together(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_NODES("nodes limit strangers together");
    char reply[64];
    redis_kill(&redis);
    check(redis_start(&redis));
    redis_say(&redis, "FLUSHALL", reply, sizeof reply);
    wait_for("\"redis\":\"up\"");
    Time begin = time_monotonic();
    unsigned together = knock(3 * PER_ADDRESS);
    unsigned s = (unsigned)((time_monotonic() - begin) / TIME_SECOND);
    unsigned allowed = PER_ADDRESS + PER_ADDRESS * s / 60; /* so many in each minute */
    print_message("# together: %u of %d went through, %u are allowed in %u s\n", together,
                  3 * PER_ADDRESS, allowed, s);
    check(together <= allowed + 60 && together >= PER_ADDRESS / 2);
    Str path = make_patient(0); /* who has signed in goes on */
    check_int(ask(1, "GET", path, bearer, STR_EMPTY).status, 200);
    check_int(ask(1, "GET", STR("/healthz"), STR_EMPTY, STR_EMPTY).status, 200);
}

static void the_nodes_end(void **state)
{
    UNUSED(state);
    SKIP_WITHOUT_NODES("the nodes end in good order");
    client_close(&clients[0]);
    client_close(&clients[1]);
    check(cluster_stop(&cluster));
    redis_remove(&redis);
}

int main(int count, char **args)
{
    if (count < 2)
        return 2;
    program = args[1];
    arena = arena_new((size_t)256 << 20, false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_was_never_there),
        cmocka_unit_test(redis_is_there),
        cmocka_unit_test(redis_dies),
        cmocka_unit_test(redis_stalls),
        cmocka_unit_test(redis_forgets_all_the_time),
        cmocka_unit_test(nodes_limit_strangers_together),
        cmocka_unit_test(the_nodes_end),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
