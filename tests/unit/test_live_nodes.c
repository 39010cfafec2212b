/* Streams on one node, writes on another: heard through Redis, without it a little later, and
 * nothing is missed by whoever comes back to another node. Two real servers on one PostgreSQL. */
#include <signal.h>

#include "ear.h"
#include "support/cluster.h"
#include "testing.h"

enum { SOON_MS = 20000 };

static const char *program;
static Arena *arena;

static void listen_at(const Cluster *c, size_t node, Ear *ear, const char *id)
{
    Str headers = arena_format(arena, "Authorization: Bearer " STR_FMT "\r\n", STR_ARG(c->writer));
    open_ear(ear, arena, c->nodes[node].port, "watch=Patient/p1", headers, id);
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
    check(hears_of(&ear, "o1", SOON_MS));
    check(hears(&ear, "\n\n", SOON_MS));
    CASE("without Redis too, a little later");
    cluster_redis_end(&c);
    write_at(&c, 1, "o2");
    check(hears_of(&ear, "o2", SOON_MS));
    last_id(&ear, id);
    CASE("a node that stops ends its streams; who goes to the other one misses nothing");
    check_int(cluster_end(&c, 0, SIGTERM), 0);
    close(ear.fd);
    write_at(&c, 1, "o3");
    listen_at(&c, 1, &ear, id);
    check(hears_of(&ear, "o3", SOON_MS));
    check(!hears_of(&ear, "o1", 1));
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
