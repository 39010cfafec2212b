/* Sixty-four clients who would create the same thing at the same moment, through a real server:
 * one resource comes of it, by whatever road they come.
 *
 * usage: test_http_conditional ACESO
 *
 * SPEC R4 http.html#ccreate, http.html#cond-update */
#include "testing.h"

#include <pthread.h>

#include "json/json.h"
#include "support/http_client.h"
#include "support/served.h"

enum { CLIENTS = 64, ROUNDS = 4 };
#define FHIR_JSON "Content-Type: application/fhir+json\r\n"
#define PATIENT                                                                                    \
    "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"urn:n\",\"value\":\"%u\"}]}"

static const char *program;
static Arena *forever;
static Served served;
static pthread_barrier_t start_line;

typedef struct {
    const char *why;
    const char *method, *target, *header, *body; /* %u: the round */
    bool updates;
} Road;

/* Each client takes the roads in turn. */
static const Road roads[] = {
    {"create", "POST", "/fhir/Patient", "If-None-Exist: identifier=urn:n|%u\r\n", PATIENT, false},
    {"update", "PUT", "/fhir/Patient?identifier=urn:n%%7C%u", "X-Request-Id: %u\r\n", PATIENT,
     true},
    {"transaction", "POST", "/fhir", "X-Request-Id: %u\r\n",
     "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":" PATIENT
     ",\"request\":{\"method\":\"POST\",\"url\":\"Patient\",\"ifNoneExist\":\"identifier="
     "urn:n|%u\"}}]}",
     false},
    {"batch", "POST", "/fhir", "X-Request-Id: %u\r\n",
     "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"resource\":" PATIENT
     ",\"request\":{\"method\":\"PUT\",\"url\":\"Patient?identifier=urn:n|%u\"}}]}",
     true},
};

typedef struct {
    Arena *arena;
    Client client;
    const Road *road; /* NULL: in turn */
    unsigned number, round;
    unsigned created, failed;
} Caller;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static Str filled(Arena *arena, const char *format, unsigned round)
{
    return arena_format(arena, format, round, round);
}
#pragma GCC diagnostic pop

static bool says(Str body, const char *what)
{
    return memmem(body.at, body.len, what, strlen(what)) != NULL;
}

static void *call(void *arg)
{
    Caller *c = arg;
    const Road *road = c->road ? c->road : &roads[c->number % COUNT_OF(roads)];
    Str target = filled(c->arena, road->target, c->round);
    Str header =
        arena_format(c->arena, "Authorization: Bearer " STR_FMT "\r\n" FHIR_JSON STR_FMT,
                     STR_ARG(served.writer), STR_ARG(filled(c->arena, road->header, c->round)));
    Str body = filled(c->arena, road->body, c->round);
    pthread_barrier_wait(&start_line);
    Answer answer = client_ask(&c->client, str_of(road->method), target, header, body);
    bool bundle = str_eq(target, STR("/fhir"));
    bool created = bundle ? says(answer.body, "\"201 Created\"") : answer.status == 201;
    bool found = bundle ? says(answer.body, "\"200 OK\"") : answer.status == 200;
    /* Who updates the same as all the others may lose each time. */
    bool lost = road->updates && (answer.status == 409 || says(answer.body, "\"409 Conflict\""));
    c->created += created;
    c->failed += !created && !found && !lost;
    if (c->failed)
        fprintf(stderr, "# %s: %u " STR_FMT "\n", road->why, answer.status,
                STR_ARG(str_head(answer.body, 300)));
    return NULL;
}

static uint64_t count_of(unsigned round)
{
    Client client;
    Ctx cx = {.arena = forever};
    JsonValue *root;
    uint64_t total = UINT64_MAX;
    check(client_open(&client, forever, served.port));
    Str header =
        arena_format(forever, "Authorization: Bearer " STR_FMT "\r\n", STR_ARG(served.reader));
    Str target =
        arena_format(forever, "/fhir/Patient?identifier=urn:n%%7C%u&_summary=count", round);
    Answer answer = client_ask(&client, STR("GET"), target, header, STR_EMPTY);
    check_int(answer.status, 200);
    check_int(json_parse(&cx, answer.body, &root), STATUS_OK);
    check(str_to_u64(json_str(json_get(root, STR("total"))), &total));
    client_close(&client);
    return total;
}

static void race(const Road *road, unsigned round)
{
    static Caller callers[CLIENTS];
    pthread_t threads[CLIENTS];
    unsigned created = 0, failed = 0;
    pthread_barrier_init(&start_line, NULL, CLIENTS);
    for (unsigned i = 0; i < CLIENTS; i++) {
        callers[i] =
            (Caller){.arena = arena_new(4 << 20, false), .road = road, .number = i, .round = round};
        check(client_open(&callers[i].client, callers[i].arena, served.port));
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        check_int(pthread_create(&threads[i], NULL, call, &callers[i]), 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        created += callers[i].created;
        failed += callers[i].failed;
        client_close(&callers[i].client);
        arena_free(callers[i].arena);
    }
    pthread_barrier_destroy(&start_line);
    check_int(failed, 0);
    check_int(created, 1);
    check_int(count_of(round), 1);
}

static void one_of_them_creates(void **state)
{
    UNUSED(state);
    unsigned round = 0;
    FOR_CASES(roads, road)
    {
        CASE(road->why);
        for (unsigned i = 0; i < ROUNDS; i++)
            race(road, round++);
    }
}

static void by_whatever_road_they_come(void **state)
{
    UNUSED(state);
    CASE("each by another road");
    for (unsigned round = 0; round < ROUNDS; round++)
        race(NULL, 1000 + round);
}

/* A bundle of many conditions gives back what each search took: 64 MB are all it has. */
static void many_conditions_fit_into_memory(void **state)
{
    UNUSED(state);
    enum { ENTRIES = 2500 };
    const char *types[] = {"transaction", "batch"};
    for (unsigned i = 0; i < COUNT_OF(types); i++) {
        CASE(types[i]);
        Client client;
        Buf body;
        buf_init(&body, forever, 1 << 20, 4 << 20);
        buf_format(&body, "{\"resourceType\":\"Bundle\",\"type\":\"%s\",\"entry\":[", types[i]);
        for (unsigned n = 0; n < ENTRIES; n++)
            buf_format(&body,
                       "%s{\"resource\":{\"resourceType\":\"Patient\",\"identifier\":[{\"value\":"
                       "\"%s-%u\"}]},\"request\":{\"method\":\"POST\",\"url\":\"Patient\","
                       "\"ifNoneExist\":\"identifier=%s-%u\"}}",
                       n ? "," : "", types[i], n, types[i], n);
        buf_add_lit(&body, "]}");
        check_int(buf_done(&body), STATUS_OK);
        check(client_open(&client, forever, served.port));
        Str header = arena_format(forever, "Authorization: Bearer " STR_FMT "\r\n" FHIR_JSON,
                                  STR_ARG(served.writer));
        Answer answer = client_ask(&client, STR("POST"), STR("/fhir"), header, buf_str(&body));
        check_int(answer.status, 200);
        unsigned created = 0;
        for (Str rest = answer.body; rest.len; (void)str_cut(&rest, '{'))
            created += str_has_prefix(rest, STR("\"status\":\"201 Created\""));
        check_int(created, ENTRIES);
        client_close(&client);
    }
}

int main(int count, char **args)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_them_creates),
        cmocka_unit_test(by_whatever_road_they_come),
        cmocka_unit_test(many_conditions_fit_into_memory),
    };
    if (count != 2)
        return 2;
    program = args[1];
    forever = arena_new((size_t)64 << 20, false);
    if (!forever || !served_start(&served, forever, program, NULL))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return served_stop(&served) || failed;
}
