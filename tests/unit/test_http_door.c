/* The way in: handshakes that wait for their client cost nothing, limits hold, a load balancer
 * says who its client is, and a server that is told to stop keeps its promises. */
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "support/http_client.h"
#include "testing.h"
#include "unit/http_stub.h"

#define ASK                                                                                        \
    "GET /fhir/Patient/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " STUB_TOKEN         \
    "\r\n\r\n"

static Http *server;
static uint16_t port;
static Ctx cx;

static void begin(HttpOptions options)
{
    cx = testing_ctx();
    options.address = STR("127.0.0.1");
    options.threads = 2;
    if (options.tls) {
        Str name = STR("localhost");
        check_int(crypto_self_signed_certificate(&cx, &name, 1, 10, &options.key_pem,
                                                 &options.certificate_pem),
                  STATUS_OK);
    }
    stub_start();
    check_int(http_start(&cx, &options, stub_record(), NULL, &server), STATUS_OK);
    port = http_port(server);
}

static void end(void)
{
    check(http_stop(server, 0, 10));
    stub_stop();
    arena_free(cx.arena);
}

/* ---- handshakes ----------------------------------------------------------------------------- */

/* SPEC RFC 5246 7.4.1.2: a whole hello of TLS 1.2, after which the client would have to speak:
 * one cipher suite, the curves X25519 and P-256, ECDSA with SHA-256. */
#define HELLO                                                                                      \
    "\x16\x03\x01\x00\x4c\x01\x00\x00\x48\x03\x03"                                                 \
    "0123456789abcdef0123456789abcdef"                                                             \
    "\x00\x00\x02\xc0\x2b\x01\x00\x00\x1d"                                                         \
    "\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17"                                                     \
    "\x00\x0b\x00\x02\x01\x00"                                                                     \
    "\x00\x0d\x00\x04\x00\x02\x04\x03"                                                             \
    "\xff\x01\x00\x01\x00"

/* A busy machine may still be taking them in when it is looked at first. */
enum { WAITING = 200, LOOK_MS = 1000, LOOKS_MAX = 8, CPU_MS_MAX = 250 };
enum { SOON_S = 20, DRAIN_S = 60 };

static Time cpu_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

static void who_waits_costs_nothing(void **state)
{
    static const struct {
        const char *why;
        Str bytes;
        bool answered; /* the server has sent its part */
    } cases[] = {
        {"they said nothing", STR_INIT(""), false},
        {"half a hello", STR_INIT("\x16\x03\x01\x00\x4c\x01\x00"), false},
        {"a whole one", {HELLO, sizeof(HELLO) - 1}, true},
    };
    static Client clients[WAITING];
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        begin((HttpOptions){.tls = true});
        for (size_t i = 0; i < WAITING; i++) {
            check(client_open(&clients[i], cx.arena, port));
            check(client_send(&clients[i], c->bytes));
        }
        struct pollfd last = {.fd = clients[WAITING - 1].fd, .events = POLLIN};
        check_int(poll(&last, 1, c->answered ? 20000 : 200), c->answered);
        char kind = 0x16; /* a part of the handshake, and no alert */
        check(!c->answered || (recv(last.fd, &kind, 1, MSG_PEEK) == 1 && kind == 0x16));
        Time used = CPU_MS_MAX;
        for (int looks = 0; looks < LOOKS_MAX && used >= CPU_MS_MAX; looks++) {
            Time before = cpu_time();
            usleep(LOOK_MS * 1000);
            used = (cpu_time() - before) / TIME_MS;
            print_message("# %s: %lld ms of CPU in a second\n", c->why, (long long)used);
        }
        check(used < CPU_MS_MAX);
        HttpOptions ask = {.address = STR("127.0.0.1"), .port = port, .tls = true};
        check(http_ping(&cx, &ask, 5) == STATUS_OK); /* the others are served */
        for (size_t i = 0; i < WAITING; i++)
            client_close(&clients[i]);
        end();
    }
}

/* ---- limits ------------------------------------------------------------------------------------
 */

static bool is_answered(Client *client)
{
    return client_send(client, STR(ASK)) && client_receive(client, false, SOON_S).status == 200;
}

static void an_address_has_its_number_of_connections(void **state)
{
    enum { LIMIT = 3 };
    Client clients[LIMIT], more;
    UNUSED(state);
    CASE("connections_per_address");
    begin((HttpOptions){.connections_per_address_max = LIMIT});
    for (size_t i = 0; i < LIMIT; i++) {
        check(client_open(&clients[i], cx.arena, port));
        check(is_answered(&clients[i]));
    }
    check(client_open(&more, cx.arena, port));
    check(!is_answered(&more));
    client_close(&more);
    client_close(&clients[0]);
    bool room = false;
    for (int i = 0; i < 1000 && !room; i++) {
        usleep(20000);
        check(client_open(&more, cx.arena, port));
        room = is_answered(&more);
        client_close(&more);
    }
    check(room);
    for (size_t i = 1; i < LIMIT; i++)
        client_close(&clients[i]);
    end();
}

/* The kernel keeps who comes when all places are taken. */
static void who_finds_no_place_waits_for_one(void **state)
{
    Client first, second;
    UNUSED(state);
    CASE("connections");
    begin((HttpOptions){.connections_max = 1});
    check(client_open(&first, cx.arena, port));
    check(is_answered(&first));
    check(client_open(&second, cx.arena, port));
    check(client_send(&second, STR(ASK)));
    struct pollfd fd = {.fd = second.fd, .events = POLLIN};
    check_int(poll(&fd, 1, 300), 0);
    client_close(&first);
    check_int(client_receive(&second, false, SOON_S).status, 200);
    client_close(&second);
    end();
}

static void a_balancer_speaks_first(void **state)
{
    static const struct {
        const char *why;
        Str bytes;
        unsigned status; /* 0: the connection is closed */
    } cases[] = {
        {"with a header", STR_INIT("PROXY TCP4 198.51.100.22 203.0.113.7 35646 443\r\n" ASK), 200},
        {"without", STR_INIT(ASK), 0},
    };
    UNUSED(state);
    begin((HttpOptions){.proxied = true});
    FOR_CASES(cases, c)
    {
        Client client;
        CASE(c->why);
        check(client_open(&client, cx.arena, port));
        check(client_send(&client, c->bytes));
        check_int(client_receive(&client, false, SOON_S).status, c->status);
        client_close(&client);
    }
    end();
}

/* ---- the end
 * ------------------------------------------------------------------------------------- */

static void *stop_server(void *arg)
{
    bool *good = arg;
    *good = http_stop(server, DRAIN_S, 10);
    return NULL;
}

/* A client that goes on sending what nobody will read gets its answer, and no reset, which would
 * take the answer out of the hands of some.
 * SPEC RFC 9112 9.6: lingering close */
static void an_answer_outlives_what_was_not_read(void **state)
{
    static const struct {
        const char *why;
        Str head;
        size_t more; /* bytes behind it */
        unsigned status;
    } cases[] = {
        {"requests behind the last one",
         STR_INIT("GET /fhir/Patient/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                  "Authorization: Bearer " STUB_TOKEN "\r\n\r\n"),
         3 << 20, 200},
        {"a body that is too large",
         STR_INIT("POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/fhir+json\r\nContent-Length: 90000000\r\n"
                  "Authorization: Bearer " STUB_TOKEN "\r\n\r\n"),
         3 << 20, 413},
    };
    UNUSED(state);
    begin((HttpOptions){.body_bytes_max = 100000});
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str junk = {arena_alloc(cx.arena, c->more), c->more};
        check(junk.at != NULL);
        for (int round = 0; round < 20; round++) {
            Client client;
            check(client_open(&client, cx.arena, port));
            check(client_send(&client, c->head));
            check(client_send(&client, junk)); /* a reset would show here */
            check_int(client_receive(&client, false, SOON_S).status, c->status);
            client_close(&client);
        }
    }
    end();
}

/* SPEC RFC 9112 9.6 */
static void who_has_a_connection_is_told(void **state)
{
    Client kept, fresh;
    pthread_t thread;
    bool good = false;
    UNUSED(state);
    begin((HttpOptions){.idle_seconds = 60});
    check(client_open(&kept, cx.arena, port));
    CASE("before");
    check(is_answered(&kept));
    check_int(pthread_create(&thread, NULL, stop_server, &good), 0);
    CASE("a new one is served meanwhile, and told");
    Answer answer = {.closed = false};
    for (int i = 0; i < 2000 && !answer.closed; i++) { /* once it knows that it stops */
        check(client_open(&fresh, cx.arena, port));
        check(client_send(&fresh, STR(ASK)));
        answer = client_receive(&fresh, false, SOON_S);
        check_int(answer.status, 200);
        client_close(&fresh);
        usleep(5000);
    }
    check(answer.closed);
    CASE("a kept one is answered, and told");
    check(client_send(&kept, STR(ASK)));
    answer = client_receive(&kept, false, SOON_S);
    check_int(answer.status, 200);
    check(answer.closed);
    client_close(&kept);
    CASE("then nothing is left to wait for");
    Time before = time_monotonic();
    pthread_join(thread, NULL);
    check(good);
    check(time_monotonic() - before < DRAIN_S * TIME_SECOND / 2);
    stub_stop();
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_costs_nothing),
        cmocka_unit_test(an_address_has_its_number_of_connections),
        cmocka_unit_test(who_finds_no_place_waits_for_one),
        cmocka_unit_test(a_balancer_speaks_first),
        cmocka_unit_test(an_answer_outlives_what_was_not_read),
        cmocka_unit_test(who_has_a_connection_is_told),
    };
    Ctx once = testing_ctx();
    Status status = crypto_init(&once);
    assert(status == STATUS_OK);
    arena_free(once.arena);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
