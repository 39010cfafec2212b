/* A store whose index another version made, and aceso reindex: through the real binary.
 *
 * usage: test_cli_reindex ACESO */
#include "testing.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "access/grant.h"
#include "store/store.h"
#include "support/http_client.h"
#include "support/served.h"

enum { PATIENTS = 5000, OUTPUT_BYTES_MAX = 1 << 16, KILLS = 16, STARTS = 20 };

static const char *program;
static Arena *forever;
static Served served;

/* ---- helpers ------------------------------------------------------------------------------ */

static Answer ask(const char *method, const char *target, Str body)
{
    Client client;
    check(client_open(&client, forever, served.port));
    Str headers = arena_format(
        forever, "Authorization: Bearer " STR_FMT "\r\nContent-Type: application/fhir+json\r\n",
        STR_ARG(served.writer));
    Answer answer = client_ask(&client, str_of(method), str_of(target), headers, body);
    client_close(&client);
    return answer;
}

static Str say(const char *line, int *ret_code)
{
    char *said = arena_alloc(forever, OUTPUT_BYTES_MAX);
    Str command = arena_format(forever, "A='%s' S='%s'; (%s) 2>&1", program, served.store.at, line);
    FILE *out = popen(command.at, "r");
    assert_non_null(out);
    size_t len = fread(said, 1, OUTPUT_BYTES_MAX - 1, out);
    int status = pclose(out);
    *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return str_n(said, len);
}

static bool has(Str text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void fill(void)
{
    Buf bundle;
    buf_init(&bundle, forever, 1 << 20, 16 << 20);
    buf_add_lit(&bundle, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (unsigned i = 0; i < PATIENTS; i++)
        buf_format(&bundle,
                   "%s{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p%u\",\"name\":[{"
                   "\"family\":\"Family%u\",\"given\":[\"Given\"]}]},\"request\":{\"method\":"
                   "\"PUT\",\"url\":\"Patient/p%u\"}}",
                   i ? "," : "", i, i, i);
    buf_add_lit(&bundle, "]}");
    check_int(ask("POST", "/fhir", buf_str(&bundle)).status, 200);
}

static int start(void **state)
{
    UNUSED(state);
    forever = arena_new((size_t)1 << 30, false);
    if (!forever || !served_start(&served, forever, program, NULL))
        return -1;
    fill();
    return 0;
}

static int stop(void **state)
{
    UNUSED(state);
    int code = served_stop(&served);
    arena_free(forever);
    return code;
}

/* As if another version had made the index. */
static void forget_version(void)
{
    Ctx cx = testing_ctx();
    Store *store;
    AccessGrant grant = {
        .account = STR("test"), .role = STR("operator"), .may_write = true, .everything = true};
    StoreOptions options = {.address = served.store,
                            .key_file = arena_format(forever, "%s.secret", served.store.at)};
    StoreItem item = {STR("index"), STR("state"), STR("{\"format\":1}")};
    StoreCommit commit = {.items = &item, .item_count = 1};
    check_int(store_open(&cx, &options, &store), STATUS_OK);
    check_int(store_commit(store, &cx, access_grant(cx.arena, &grant), &commit), STATUS_OK);
    store_close(store);
    arena_free(cx.arena);
}

static void check_all_found(void)
{
    Answer answer = ask("GET", "/fhir/Patient?given=Given&_summary=count", STR_EMPTY);
    Str wanted = arena_format(forever, "\"total\":%d", PATIENTS);
    check_int(answer.status, 200);
    check(has(answer.body, wanted.at));
    answer = ask("GET", "/fhir/Patient?family=family77", STR_EMPTY);
    check(has(answer.body, "\"id\":\"p77\""));
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void searches_wait_and_the_rest_does_not(void **state)
{
    UNUSED(state);
    int code;
    CASE("never half results: 503, with a time to come again");
    Answer answer = {.status = 0};
    for (unsigned i = 0; i < STARTS && answer.status != 503; i++) { /* or it was complete before */
        check_int(served_end(&served, SIGTERM), 0);
        forget_version();
        check(served_again(&served, NULL));
        answer = ask("GET", "/fhir/Patient?given=Given", STR_EMPTY);
    }
    check_int(answer.status, 503);
    check(answer_header(&answer, STR("Retry-After")).len > 0);
    check(has(answer.body, "OperationOutcome"));
    check(has(answer.body, "index is being made"));
    CASE("reading by id, history and writing go on");
    check_int(ask("GET", "/fhir/Patient/p1", STR_EMPTY).status, 200);
    check_int(ask("GET", "/fhir/Patient/p1/_history", STR_EMPTY).status, 200);
    check_int(ask("PUT", "/fhir/Patient/p2",
                  STR("{\"resourceType\":\"Patient\",\"id\":\"p2\",\"name\":[{\"family\":\"New\","
                      "\"given\":[\"Given\"]}]}"))
                  .status,
              200);
    CASE("the command waits for what is under way");
    Str said = say("$A reindex --store $S", &code);
    check_int(code, 0);
    check(has(said, "The index is complete."));
    check_all_found();
    answer = ask("GET", "/fhir/Patient?family=new", STR_EMPTY);
    check(has(answer.body, "\"id\":\"p2\""));
    CASE("nothing is left behind");
    say("$A check --store $S", &code);
    check_int(code, 0);
}

static void a_server_that_dies_goes_on(void **state)
{
    UNUSED(state);
    int code;
    unsigned middles = 0;
    check_int(served_end(&served, SIGTERM), 0);
    CASE("without a server the command goes on where the server was");
    unsigned after_us = 0; /* where the middle is, depends on the machine */
    for (unsigned i = 0; i < KILLS && !middles; i++, after_us += after_us / 2 + 10000) {
        forget_version();
        check(served_again(&served, NULL));
        usleep(after_us);
        served_end(&served, SIGKILL);
        Str said = say("$A reindex --store $S", &code);
        middles += has(said, "Going on at ");
        check_int(code, 0);
        check(has(said, "The index is complete."));
    }
    check(middles > 0); /* else no kill fell into the middle */
    check(served_again(&served, NULL));
    check_all_found();
    say("$A check --store $S", &code);
    check_int(code, 0);
}

static void it_takes_a_type(void **state)
{
    UNUSED(state);
    int code;
    Str said = say("$A reindex --type Patient --store $S", &code);
    check_int(code, 0);
    check(has(said, "The index is complete."));
    check_all_found();
    said = say("$A reindex --type Patients --store $S", &code);
    check_int(code, 2);
    check(has(said, "There is no resource type \"Patients\""));
    said = say("$A reindex Patient --store $S", &code);
    check_int(code, 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_wait_and_the_rest_does_not),
        cmocka_unit_test(a_server_that_dies_goes_on),
        cmocka_unit_test(it_takes_a_type),
    };
    program = argc > 1 ? realpath(argv[1], NULL) : NULL;
    if (!program) {
        fprintf(stderr, "usage: test_cli_reindex ACESO\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start, stop);
}
