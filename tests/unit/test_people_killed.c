/* A server that is killed (SIGKILL) while it merges two records: afterwards they are as before, or
 * merged, and nothing between; and a merge can go on.
 *
 * usage: test_people_killed ACESO */
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/served.h"

enum { ROWS = 400, KILLS = 8, STEP_US = 12000 };

static const char *program;
static Arena *forever;
static Served served;

static Answer ask_in(Arena *arena, const char *method, const char *target, Str body)
{
    Client client;
    Answer none = {.status = 0};
    if (!client_open(&client, arena, served.port))
        return none;
    Str headers = arena_format(
        arena, "Authorization: Bearer " STR_FMT "\r\nContent-Type: application/fhir+json\r\n",
        STR_ARG(served.writer));
    Answer answer = client_ask(&client, str_of(method), str_of(target), headers, body);
    client_close(&client);
    return answer;
}

static unsigned total(const char *target)
{
    Answer answer = ask_in(forever, "GET", target, STR_EMPTY);
    const char *at =
        answer.status == 200 ? memmem(answer.body.at, answer.body.len, "\"total\":", 8) : NULL;
    return at ? (unsigned)strtoul(at + 8, NULL, 10) : 9999;
}

static int start(void **state)
{
    UNUSED(state);
    Buf bundle;
    forever = arena_new((size_t)1 << 30, false);
    if (!forever || !served_start(&served, forever, program, NULL))
        return -1;
    buf_init(&bundle, forever, 1 << 20, 16 << 20);
    buf_add_lit(&bundle, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
                         "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"a\"},\"request\":{"
                         "\"method\":\"PUT\",\"url\":\"Patient/a\"}},{\"resource\":{"
                         "\"resourceType\":\"Patient\",\"id\":\"b\"},\"request\":{\"method\":"
                         "\"PUT\",\"url\":\"Patient/b\"}}");
    for (unsigned i = 0; i < ROWS; i++)
        buf_format(&bundle,
                   ",{\"resource\":{\"resourceType\":\"Observation\",\"id\":\"o%u\",\"status\":"
                   "\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/a\"}},"
                   "\"request\":{\"method\":\"PUT\",\"url\":\"Observation/o%u\"}}",
                   i, i);
    buf_add_lit(&bundle, "]}");
    return ask_in(forever, "POST", "/fhir", buf_str(&bundle)).status == 200 ? 0 : -1;
}

static int stop(void **state)
{
    UNUSED(state);
    int code = served_stop(&served);
    arena_free(forever);
    return code;
}

static const char both[] =
    "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\",\"valueReference\":{"
    "\"reference\":\"Patient/a\"}},{\"name\":\"target\",\"valueReference\":{\"reference\":"
    "\"Patient/b\"}}]}";

static void *merge(void *unused)
{
    Arena *arena = arena_new(64 << 20, false);
    (void)ask_in(arena, "POST", "/fhir/Patient/$merge", str_of(both));
    arena_free(arena);
    return unused;
}

/* True: merged. */
static bool is_merged_whole(void)
{
    unsigned of_a = total("/fhir/Observation?subject=Patient/a&_summary=count"),
             of_b = total("/fhir/Observation?subject=Patient/b&_summary=count"),
             replaced = total("/fhir/Patient?_id=a&active=false&_summary=count");
    bool before = of_a == ROWS && of_b == 0 && replaced == 0,
         after = of_a == 0 && of_b == ROWS && replaced == 1;
    if (!before && !after)
        print_message("# a %u, b %u, replaced %u\n", of_a, of_b, replaced);
    check(before || after);
    return after;
}

static void a_merge_that_is_killed_is_before_or_after(void **state)
{
    UNUSED(state);
    unsigned befores = 0;
    for (unsigned i = 0; i < KILLS; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, merge, NULL), 0);
        usleep(STEP_US * i);
        (void)served_end(&served, SIGKILL);
        pthread_join(thread, NULL);
        assert_true(served_again(&served, NULL));
        if (!is_merged_whole())
            befores++;
        else
            check_int(ask_in(forever, "POST", "/fhir/Patient/a/$unmerge", STR("")).status, 200);
        check(!is_merged_whole());
    }
    check(befores > 0); /* else no kill fell before the end */
    CASE("and it goes on");
    check_int(ask_in(forever, "POST", "/fhir/Patient/$merge", str_of(both)).status, 200);
    check(is_merged_whole());
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_merge_that_is_killed_is_before_or_after)};
    program = argc > 1 ? realpath(argv[1], NULL) : NULL;
    if (!program) {
        fprintf(stderr, "usage: test_people_killed ACESO\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start, stop);
}
