/* A server that is killed (SIGKILL) while large documents come in: each that was acknowledged is
 * there to its last byte, and none is there by half.
 *
 * usage: test_content_killed ACESO */
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/served.h"

enum {
    KILLS = 6,
    KILLS_MAX = 24,
    SENDERS = 3,
    DOCUMENTS_MAX = 4000,
    BYTES = 900 * 1000,
    STEP_US = 70000
};

static const char *program;
static Arena *forever;
static Served served;
static atomic_bool stopping;
static atomic_uint next_seed = 1, acknowledged;
static char places[DOCUMENTS_MAX][64]; /* by seed; empty: not acknowledged */

static void fill(char *bytes, uint32_t seed)
{
    memcpy(bytes, "%PDF-1.4\n", 9);
    memcpy(bytes + 9, &seed, sizeof(seed));
    for (uint32_t i = 13; i < BYTES; i++)
        bytes[i] = (char)((seed = seed * 1664525 + 1013904223) >> 24);
}

static Answer ask_in(Arena *arena, const char *method, const char *target, const char *header,
                     Str body)
{
    Client client;
    Answer none = {.status = 0};
    if (!client_open(&client, arena, served.port))
        return none;
    Str headers = arena_format(arena, "Authorization: Bearer " STR_FMT "\r\n%s\r\n",
                               STR_ARG(served.writer), header);
    Answer answer = client_ask(&client, str_of(method), str_of(target), headers, body);
    client_close(&client);
    return answer;
}

static void *send_all(void *unused)
{
    char *bytes = malloc(BYTES);
    while (!stopping) {
        Arena *arena = arena_new(16 << 20, false);
        uint32_t seed = atomic_fetch_add(&next_seed, 1);
        assert(seed < DOCUMENTS_MAX);
        fill(bytes, seed);
        Answer answer = ask_in(arena, "POST", "/fhir/Binary", "Content-Type: application/pdf",
                               str_n(bytes, BYTES));
        Str where = answer_header(&answer, STR("Location"));
        const char *at = where.len ? memmem(where.at, where.len, "/fhir/Binary/", 13) : NULL;
        if (answer.status == 201 && at) {
            snprintf(places[seed], sizeof(places[seed]), "%.39s", at);
            atomic_fetch_add(&acknowledged, 1);
        }
        arena_free(arena);
    }
    free(bytes);
    return unused;
}

static void check_whole(const char *place, uint32_t seed)
{
    Arena *arena = arena_new(16 << 20, false);
    static char expected[BYTES];
    Answer answer = ask_in(arena, "GET", place, "Accept: application/pdf", STR_EMPTY);
    check_int(answer.status, 200);
    check_int(answer.body.len, BYTES);
    if (!seed && answer.body.len == BYTES)
        memcpy(&seed, answer.body.at + 9, sizeof(seed));
    fill(expected, seed);
    check(str_eq(answer.body, str_n(expected, BYTES)));
    arena_free(arena);
}

/* All that a search shows, whoever was told of it. */
static unsigned check_all(void)
{
    Arena *arena = arena_new(64 << 20, false);
    unsigned count = 0;
    Answer answer = ask_in(arena, "GET", "/fhir/Binary?_elements=contentType&_count=1000",
                           "Accept: application/fhir+json", STR_EMPTY);
    check_int(answer.status, 200);
    static const Str url = STR_INIT("\"fullUrl\":\"");
    for (Str rest = answer.body;; count++) {
        const char *at = memmem(rest.at, rest.len, url.at, url.len);
        if (!at)
            break;
        rest = str_from(rest, (size_t)(at - rest.at) + url.len);
        Str whole = str_head(rest, str_index(rest, '"'));
        const char *path = memmem(whole.at, whole.len, "/fhir/", 6);
        assert_non_null(path);
        check_whole(arena_format(arena, "%.39s", path).at, 0);
    }
    arena_free(arena);
    return count;
}

static int start(void **state)
{
    UNUSED(state);
    forever = arena_new((size_t)1 << 30, false);
    return forever && served_start(&served, forever, program, NULL) ? 0 : -1;
}

static int stop(void **state)
{
    UNUSED(state);
    int code = served_stop(&served);
    arena_free(forever);
    return code;
}

static void what_was_acknowledged_is_whole_and_nothing_is_half(void **state)
{
    UNUSED(state);
    unsigned before = 0, kills = 0;
    for (; kills < KILLS || (!acknowledged && kills < KILLS_MAX); kills++) {
        pthread_t threads[SENDERS];
        stopping = false;
        for (unsigned k = 0; k < SENDERS; k++)
            assert_int_equal(pthread_create(&threads[k], NULL, send_all, NULL), 0);
        usleep(STEP_US * (kills + 1)); /* on a busy machine none gets that far at first */
        stopping = true;
        (void)served_end(&served, SIGKILL);
        for (unsigned k = 0; k < SENDERS; k++)
            pthread_join(threads[k], NULL);
        assert_true(served_again(&served, NULL));
    }
    for (uint32_t seed = 1; seed < next_seed; seed++) {
        if (places[seed][0])
            check_whole(places[seed], seed);
        before += !places[seed][0];
    }
    unsigned there = check_all();
    print_message("# %u acknowledged, %u there, %u cut off\n", acknowledged, there, before);
    check(acknowledged > 0 && before > 0); /* else nothing was tried */
    check(there >= acknowledged && there <= acknowledged + kills * SENDERS);
    (void)served_end(&served, SIGTERM);
    static const char *const check_store[] = {"check", NULL};
    Str said;
    check_int(served_run(&served, check_store, STR_EMPTY, &said), 0);
    assert_true(served_again(&served, NULL));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_is_whole_and_nothing_is_half)};
    program = argc > 1 ? realpath(argv[1], NULL) : NULL;
    if (!program) {
        fprintf(stderr, "usage: test_content_killed ACESO\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start, stop);
}
