/* Streams on one node, writes on another: heard through Redis, without it a little later, and
 * nothing is missed by whoever comes back to another node. Two real servers on one PostgreSQL. */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "support/cluster.h"
#include "support/http_client.h"
#include "testing.h"

enum { SOON_MS = 10000 };

static const char *program;
static Arena *arena;

typedef struct {
    int fd;
    char text[64 * 1024];
    size_t len;
} Ear;

static bool hears(Ear *ear, const char *text, int ms)
{
    Time end = time_monotonic() + ms * TIME_MS;
    for (;;) {
        struct pollfd socket = {.fd = ear->fd, .events = POLLIN};
        if (memmem(ear->text, ear->len, text, strlen(text)))
            return true;
        Time left = (end - time_monotonic()) / TIME_MS;
        if (left <= 0 || poll(&socket, 1, (int)left) <= 0)
            return false;
        ssize_t got = read(ear->fd, ear->text + ear->len, sizeof(ear->text) - ear->len);
        if (got <= 0)
            return false;
        ear->len += (size_t)got;
    }
}

static void listen_at(const Cluster *c, size_t node, Ear *ear, const char *id)
{
    Client client;
    check(client_open(&client, arena, c->nodes[node].port));
    check(client_send(&client,
                      arena_format(arena,
                                   "GET /live?watch=Patient/p1 HTTP/1.1\r\nHost: localhost\r\n"
                                   "Authorization: Bearer " STR_FMT "\r\n%s%s%s\r\n",
                                   STR_ARG(c->writer), id ? "Last-Event-ID: " : "", id ? id : "",
                                   id ? "\r\n" : "")));
    *ear = (Ear){.fd = client.fd};
    check(hears(ear, "event: ", SOON_MS) && hears(ear, "\nid: ", SOON_MS));
}

static void write_at(const Cluster *c, size_t node, const char *id)
{
    Client client;
    Str headers = arena_format(
        arena, "Authorization: Bearer " STR_FMT "\r\nContent-Type: application/fhir+json\r\n",
        STR_ARG(c->writer));
    Str body = arena_format(arena,
                            "{\"resourceType\":\"Observation\",\"id\":\"%s\",\"status\":\"final\","
                            "\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/p1\"}}",
                            id);
    check(client_open(&client, arena, c->nodes[node].port));
    Answer answer = client_ask(&client, STR("PUT"), arena_format(arena, "/fhir/Observation/%s", id),
                               headers, body);
    client_close(&client);
    check_int(answer.status, 201);
}

static void last_id(const Ear *ear, char *ret_id)
{
    Str text = str_n(ear->text, ear->len), id = STR_EMPTY;
    for (Str line; text.len;) {
        line = str_trim(str_cut(&text, '\n'));
        if (str_has_prefix(line, STR("id: ")))
            id = str_from(line, 4);
    }
    check(id.len && id.len < 200);
    memcpy(ret_id, id.at, id.len);
    ret_id[id.len] = '\0';
}

static void a_write_on_one_node_is_heard_on_the_other(void **state)
{
    UNUSED(state);
    const TestPostgres *postgres;
    Cluster c;
    Ear ear;
    char id[256];
    SKIP_WITHOUT_POSTGRES(postgres, "streams of two nodes");
    check(cluster_start(&c, arena, program, postgres, 2, NULL));
    listen_at(&c, 0, &ear, NULL);
    write_at(&c, 1, "o1");
    check(hears(&ear, "\"o1\"", SOON_MS));
    check(hears(&ear, "\n\n", SOON_MS));
    CASE("without Redis too, a little later");
    cluster_redis_end(&c);
    write_at(&c, 1, "o2");
    check(hears(&ear, "\"o2\"", SOON_MS));
    usleep(200000);
    (void)hears(&ear, "never", 100);
    last_id(&ear, id);
    CASE("a node that stops ends its streams; who goes to the other one misses nothing");
    check_int(cluster_end(&c, 0, SIGTERM), 0);
    close(ear.fd);
    write_at(&c, 1, "o3");
    listen_at(&c, 1, &ear, id);
    check(hears(&ear, "\"o3\"", SOON_MS));
    check(!memmem(ear.text, ear.len, "\"o1\"", 4));
    close(ear.fd);
    check(cluster_again(&c, 0));
    check(cluster_stop(&c));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_on_one_node_is_heard_on_the_other),
    };
    program = argc > 1 ? argv[1] : "build/release/aceso";
    signal(SIGPIPE, SIG_IGN);
    arena = arena_new(16 << 20, false);
    int failed = cmocka_run_group_tests_name("streams of two nodes", tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
