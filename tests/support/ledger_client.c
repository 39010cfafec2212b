/* tests/support/ledger_client.c - writes what it may rely on into a file, and looks later whether
 * it is all there.
 *
 *   ledger_client write PORT TOKEN SECONDS FILE   creates one resource after another for so long;
 *                                                 acknowledged: its path is a line of FILE
 *   ledger_client check PORT TOKEN FILE           every line answers 200
 *
 * Writing, it goes on after any failure: those it counts, and the longest time without an
 * acknowledgement. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/http_client.h"

#define FHIR_JSON "Content-Type: application/fhir+json\r\n"

enum { ARENA_BYTES = 64 << 20, LINE = 256, PAUSE_US = 20000, WAIT_S = 70 };

typedef struct {
    Arena *arena;
    Client client;
    uint16_t port;
    char authorization[LINE];
} Talk;

static void open_talk(Talk *talk, const char *port, const char *token)
{
    *talk = (Talk){.arena = arena_new(ARENA_BYTES, false),
                   .client.fd = -1,
                   .port = (uint16_t)strtoul(port, NULL, 10)};
    snprintf(talk->authorization, LINE, "Authorization: Bearer %s\r\n" FHIR_JSON, token);
}

static Answer ask(Talk *talk, Str method, Str target, Str body)
{
    if (talk->client.fd < 0) {
        arena_clear(talk->arena);
        if (!client_open(&talk->client, talk->arena, talk->port))
            return (Answer){0};
    }
    Answer answer = client_ask(&talk->client, method, target, str_of(talk->authorization), body);
    if (answer.closed)
        client_close(&talk->client);
    return answer;
}

static int write_ledger(Talk *talk, unsigned seconds, const char *path)
{
    FILE *ledger = fopen(path, "ae");
    Time end = time_monotonic() + seconds * TIME_SECOND, last = time_monotonic(), gap = 0;
    unsigned made = 0, refused = 0, unknown = 0;
    while (ledger && time_monotonic() < end) {
        Answer answer = ask(talk, STR("POST"), STR("/fhir/Patient"),
                            STR("{\"resourceType\":\"Patient\",\"active\":true}"));
        if (answer.status == 201) {
            Str at = answer_header(&answer, STR("Location"));
            const char *from = memmem(at.at, at.len, "/fhir/", 6);
            assert(from);
            fprintf(ledger, STR_FMT "\n", STR_ARG(str_from(at, (size_t)(from - at.at))));
            Time now = time_monotonic();
            gap = now - last > gap ? now - last : gap;
            last = now;
            made++;
            continue;
        }
        *(answer.status ? &refused : &unknown) += 1;
        usleep(PAUSE_US);
    }
    printf("# %u acknowledged, %u refused, %u without an answer; at most %.2f s without an "
           "acknowledgement\n",
           made, refused, unknown, (double)gap / 1e6);
    return !ledger || fclose(ledger) || !made;
}

static int check_ledger(Talk *talk, const char *path)
{
    FILE *ledger = fopen(path, "re");
    char line[LINE];
    unsigned there = 0, lost = 0;
    while (ledger && fgets(line, sizeof(line), ledger)) {
        Answer answer = ask(talk, STR("GET"), str_trim(str_of(line)), STR_EMPTY);
        *(answer.status == 200 ? &there : &lost) += 1;
    }
    printf("# %u of the acknowledged are there, %u are not\n", there, lost);
    return !ledger || fclose(ledger) || lost || !there;
}

int main(int count, char **args)
{
    Talk talk;
    bool writes = count == 6 && strcmp(args[1], "write") == 0;
    if (!writes && !(count == 5 && strcmp(args[1], "check") == 0)) {
        fprintf(stderr,
                "usage: ledger_client write PORT TOKEN SECONDS FILE | check PORT TOKEN FILE\n");
        return 2;
    }
    open_talk(&talk, args[2], args[3]);
    int code = writes ? write_ledger(&talk, (unsigned)strtoul(args[4], NULL, 10), args[5])
                      : check_ledger(&talk, args[4]);
    arena_free(talk.arena);
    return code;
}
