/* A server is started anew ten times while others work on it, and nobody notices: clients with
 * kept connections who never send anything twice get an answer to every request, and what was
 * acknowledged is there.
 *
 * usage: upgrade ACESO [RESTARTS [TEST]]
 *
 * SPEC RFC 9112 9.6: a server that is going to close says so, and a client that was told sends
 * no more on that connection */
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "support/cluster.h"
#include "support/http_client.h"

enum { CLIENTS = 12, ACKNOWLEDGED_MAX = 200000, ARENA_BYTES = 512 << 20, PAUSE_MAX_MS = 400 };
#define FHIR_JSON "Content-Type: application/fhir+json\r\n"

static const char *program;
static unsigned restarts = 10;
static Arena *forever;
static Served served;
static atomic_bool ending;

typedef struct {
    pthread_t thread;
    unsigned number;
    Arena *arena, *scratch;
    Client client;
    Str authorization, sample;
    unsigned answered, failed, closes, pause_ms;
    Str first_failure;
    Str *made; /* locations */
    size_t made_count;
} Caller;

/* A third reads, half of them on a connection for each request; a third writes, a third reads
 * after pauses. */
static bool writes(const Caller *caller)
{
    return caller->number % 3 == 1;
}

static void fail_caller(Caller *caller, Str why)
{
    caller->failed++;
    if (!caller->first_failure.len)
        caller->first_failure = arena_str(caller->arena, why);
    client_close(&caller->client);
}

static bool is_open(Caller *caller)
{
    if (caller->client.fd >= 0)
        return true;
    arena_clear(caller->scratch);
    return client_open(&caller->client, caller->scratch, served.port);
}

static void keep(Caller *caller, const Answer *answer)
{
    Str location = answer_header(answer, STR("Location"));
    const char *path = memmem(location.at, location.len, "/fhir/", 6);
    if (!path || caller->made_count == ACKNOWLEDGED_MAX)
        return;
    Str kept = str_from(location, (size_t)(path - location.at));
    caller->made[caller->made_count++] = arena_str(caller->arena, kept);
}

static void ask(Caller *caller)
{
    if (!is_open(caller)) {
        fail_caller(caller, STR("no connection"));
        return;
    }
    bool writing = writes(caller);
    Str headers =
        arena_format(caller->scratch, STR_FMT FHIR_JSON "%s", STR_ARG(caller->authorization),
                     caller->number % 6 == 3 ? "Connection: close\r\n" : "");
    Answer answer =
        client_ask(&caller->client, writing ? STR("POST") : STR("GET"),
                   writing ? STR("/fhir/Patient") : caller->sample, headers,
                   writing ? STR("{\"resourceType\":\"Patient\",\"active\":true}") : STR_EMPTY);
    if (answer.status == 0)
        fail_caller(caller, writing ? STR("no answer to a write") : STR("no answer to a read"));
    else if (answer.status != (writing ? 201 : 200))
        fail_caller(caller, arena_format(caller->scratch, "%u: " STR_FMT, answer.status,
                                         STR_ARG(answer.body)));
    else
        caller->answered++;
    if (answer.status == 201)
        keep(caller, &answer);
    if (answer.closed && caller->client.fd >= 0) {
        caller->closes++;
        client_close(&caller->client);
    }
}

static void *call(void *arg)
{
    Caller *caller = arg;
    while (!atomic_load(&ending)) {
        ask(caller);
        if (caller->pause_ms)
            usleep(caller->pause_ms * 1000);
    }
    client_close(&caller->client);
    return NULL;
}

static void start_callers(Caller *callers, Str sample)
{
    atomic_store(&ending, false);
    for (unsigned i = 0; i < CLIENTS; i++) {
        Caller *caller = &callers[i];
        *caller = (Caller){.number = i, .sample = sample, .client.fd = -1};
        caller->arena = arena_new(ARENA_BYTES, false);
        caller->scratch = arena_new(ARENA_BYTES, false);
        caller->made = arena_array_of(caller->arena, Str, ACKNOWLEDGED_MAX);
        caller->authorization = arena_format(caller->arena, "Authorization: Bearer " STR_FMT "\r\n",
                                             STR_ARG(served.writer));
        caller->pause_ms = i % 3 == 2 ? 1 + PAUSE_MAX_MS * i / CLIENTS : 0;
        check(caller->made != NULL);
        check_int(pthread_create(&caller->thread, NULL, call, caller), 0);
    }
}

/* Every acknowledged creation is there now. */
static void check_kept(Caller *caller)
{
    Client client;
    check(client_open(&client, caller->scratch, served.port));
    for (size_t i = 0; i < caller->made_count; i++) {
        Answer answer =
            client_ask(&client, STR("GET"), caller->made[i], caller->authorization, STR_EMPTY);
        check_int(answer.status, 200);
    }
    client_close(&client);
}

/* Two sockets at one port: the kernel drops what waits at the one that closes, unless it is told to
 * hand it over (net.ipv4.tcp_migrate_req). docs/adr/0082 promises no more than one for a restart.
 */
static unsigned may_fail;

static bool kernel_hands_over(void)
{
    int yes = 0;
    FILE *file = fopen("/proc/sys/net/ipv4/tcp_migrate_req", "r");
    if (file) {
        if (fscanf(file, "%d", &yes) != 1)
            yes = 0;
        fclose(file);
    }
    return yes == 1;
}

static void end_callers(Caller *callers)
{
    unsigned answered = 0, failed = 0, closes = 0;
    Str why = STR("none");
    size_t made = 0;
    atomic_store(&ending, true);
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(callers[i].thread, NULL);
        answered += callers[i].answered;
        failed += callers[i].failed;
        closes += callers[i].closes;
        made += callers[i].made_count;
        why = callers[i].first_failure.len ? callers[i].first_failure : why;
    }
    testing_case = arena_format(forever,
                                "%s: %u answers, %zu of them created; %u said close; %u failed, "
                                "the last of them: " STR_FMT,
                                testing_case, answered, made, closes, failed, STR_ARG(why))
                       .at;
    print_message("# %s\n", testing_case);
    for (unsigned i = 0; i < CLIENTS; i++) {
        check_kept(&callers[i]);
        arena_free(callers[i].arena);
        arena_free(callers[i].scratch);
    }
    check_int(failed > may_fail ? failed : 0, 0);
    check(closes >= restarts); /* else nobody was there while it happened */
}

static Str make_sample(void)
{
    Client client;
    Str headers = arena_format(forever, "Authorization: Bearer " STR_FMT "\r\n" FHIR_JSON,
                               STR_ARG(served.writer));
    check(client_open(&client, forever, served.port));
    Answer answer = client_ask(&client, STR("PUT"), STR("/fhir/Patient/sample"), headers,
                               STR("{\"resourceType\":\"Patient\",\"id\":\"sample\"}"));
    client_close(&client);
    check_int(answer.status, 201);
    return STR("/fhir/Patient/sample");
}

/* `restart` starts the server anew, and comes back when it serves. */
static void run(bool (*restart)(void))
{
    static Caller callers[CLIENTS];
    start_callers(callers, make_sample());
    for (unsigned i = 0; i < restarts; i++) {
        usleep(200000);
        check(restart());
    }
    usleep(200000);
    end_callers(callers);
}

static bool start_in_place(void)
{
    return kill(served.pid, SIGUSR2) == 0 && served_said(&served);
}

static void in_place(void **state)
{
    UNUSED(state);
    CASE("SIGUSR2");
    check(served_start(&served, forever, program, NULL));
    run(start_in_place);
    check_int(served_stop(&served), 0);
}

static bool stop_and_start(void)
{
    return served_end(&served, SIGTERM) == 0 && served_again(&served, NULL);
}

static void by_the_manager(void **state)
{
    UNUSED(state);
    CASE("a service manager has the socket");
    check(served_start(&served, forever, program, NULL));
    check_int(served_end(&served, SIGTERM), 0);
    check(served_listen(&served));
    check(served_again(&served, NULL));
    run(stop_and_start);
    check_int(served_stop(&served), 0);
    close(served.listener);
}

/* ---- two processes side by side, on one database ------------------------------------------ */

static const char *const sharing[] = {"--reuse-port", "on", NULL};
static const char *const *side_settings;
static Cluster cluster;

/* The next one serves before the last one is told to go. */
static bool side_by_side(void)
{
    Served next = served;
    next.pid = next.out = -1;
    if (!served_again(&next, side_settings))
        return false;
    bool good = served_end(&served, SIGTERM) == 0;
    served = next;
    return good;
}

static void beside(const char *why, bool one_socket)
{
    const char *missing;
    const TestPostgres *postgres = test_postgres(false, &missing);
    CASE(why);
    if (!postgres) {
        print_message("# skipped: %s (%s)\n", why, missing);
        return;
    }
    side_settings = one_socket ? NULL : sharing;
    may_fail = one_socket || kernel_hands_over() ? 0 : restarts;
    check(cluster_start(&cluster, forever, program, postgres, 1, side_settings));
    served = cluster.nodes[0];
    if (one_socket) {
        check_int(served_end(&served, SIGTERM), 0);
        check(served_listen(&served));
        check(served_again(&served, NULL));
    }
    run(side_by_side);
    may_fail = 0;
    cluster.nodes[0] = served;
    check(cluster_stop(&cluster));
    if (one_socket)
        close(served.listener);
}

static void beside_each_other_on_one_socket(void **state)
{
    UNUSED(state);
    beside("two processes have the socket of a manager", true);
}

static void beside_each_other_on_one_port(void **state)
{
    UNUSED(state);
    beside("two processes listen at one port", false);
}

static void in_place_on_a_database(void **state)
{
    const char *missing;
    const TestPostgres *postgres = test_postgres(false, &missing);
    UNUSED(state);
    CASE("SIGUSR2, PostgreSQL");
    if (!postgres) {
        print_message("# skipped: %s (%s)\n", testing_case, missing);
        return;
    }
    check(cluster_start(&cluster, forever, program, postgres, 1, NULL));
    served = cluster.nodes[0];
    run(start_in_place);
    cluster.nodes[0] = served;
    check(cluster_stop(&cluster));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_place),
        cmocka_unit_test(by_the_manager),
        cmocka_unit_test(in_place_on_a_database),
        cmocka_unit_test(beside_each_other_on_one_socket),
        cmocka_unit_test(beside_each_other_on_one_port),
    };
    if (argc < 2) {
        fprintf(stderr, "usage: upgrade ACESO [RESTARTS [TEST]]\n");
        return 2;
    }
    program = argv[1];
    if (argc > 2)
        restarts = (unsigned)strtoul(argv[2], NULL, 10);
    if (argc > 3)
        cmocka_set_test_filter(argv[3]);
    signal(SIGPIPE, SIG_IGN);
    forever = arena_new((size_t)1 << 30, false);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(forever);
    return failed;
}
