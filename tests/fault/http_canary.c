/* tests/fault/http_canary.c - what people type in charts, searches and sign-ins is nowhere in
 * clear: not in the log, the metrics, an error, the store file, its log, its keys.
 *
 *   http_canary ACESO */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "served_suite.h"

#define CANARY    "Zyxquibbletwarp"
#define JSON_TYPE "Content-Type: application/fhir+json\r\n"

static unsigned asked;

static Answer ask(Str method, Str target, const char *type, Str body)
{
    Client client;
    Str headers = arena_format(forever, "Authorization: Bearer " STR_FMT "\r\n%s",
                               STR_ARG(served.writer), type);
    check(client_open(&client, forever, served.port));
    Answer answer = client_ask(&client, method, target, headers, body);
    client_close(&client);
    asked++;
    return answer;
}

static bool holds(Str bytes)
{
    return memmem(bytes.at, bytes.len, CANARY, sizeof(CANARY) - 1) != NULL;
}

static void errors_do_not_repeat_what_was_sent(void **state)
{
    static const struct {
        const char *why;
        Str body;
    } cases[] = {
        {"in a value", STR_INIT("{\"resourceType\":\"Patient\",\"birthDate\":\"" CANARY "\"}")},
        {"in a code", STR_INIT("{\"resourceType\":\"Patient\",\"gender\":\"" CANARY " x\"}")},
        {"in an id", STR_INIT("{\"resourceType\":\"Patient\",\"id\":\"" CANARY " x\"}")},
        {"in a cut text", STR_INIT("{\"resourceType\":\"Patient\",\"language\":\"" CANARY)},
        {"behind the end", STR_INIT("{\"resourceType\":\"Patient\"} " CANARY)},
        {"in a reference", STR_INIT("{\"resourceType\":\"Patient\",\"generalPractitioner\":[{"
                                    "\"reference\":\"Medication/" CANARY "\"}]}")},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Answer answer = ask(STR("POST"), STR("/fhir/Patient"), JSON_TYPE, c->body);
        check(answer.status >= 400 && answer.status < 500);
        check(!holds(answer.body));
    }
}

static void work(void **state)
{
    UNUSED(state);
    CASE("the canary goes in");
    check_int(ask(STR("PUT"), STR("/fhir/Patient/" CANARY), JSON_TYPE,
                  STR("{\"resourceType\":\"Patient\",\"id\":\"" CANARY
                      "\",\"name\":[{\"family\":\"" CANARY "\"}]}"))
                  .status,
              201);
    CASE("and can be read and found");
    Answer answer = ask(STR("GET"), STR("/fhir/Patient?name=" CANARY), "", STR_EMPTY);
    check_int(answer.status, 200);
    check(holds(answer.body));
    check_int(ask(STR("GET"), STR("/fhir/Patient/" CANARY), "", STR_EMPTY).status, 200);
    check_int(ask(STR("GET"), STR("/" CANARY "?" CANARY "=" CANARY), "", STR_EMPTY).status, 200);
    check_int(ask(STR("POST"), STR("/auth/sign-in"), "Content-Type: application/json\r\n",
                  STR("{\"user\":\"" CANARY "\",\"password\":\"" CANARY "\"}"))
                  .status,
              401);
}

static void metrics_hold_none_of_it(void **state)
{
    UNUSED(state);
    Answer answer = ask(STR("GET"), STR("/metrics"), "", STR_EMPTY);
    check_int(answer.status, 200);
    check(!holds(answer.body));
}

static Str read_whole(const char *path)
{
    FILE *in = fopen(path, "rb");
    size_t room = 64 << 20, len = 0;
    char *at = in ? arena_alloc_raw(forever, room) : NULL;
    if (at)
        len = fread(at, 1, room, in);
    if (in)
        fclose(in);
    return str_n(at ? at : "", len);
}

static size_t lines_of_log(void)
{
    char path[4096];
    size_t count = 0;
    snprintf(path, sizeof(path), "%.2000s/log", served.folder.at);
    FILE *in = fopen(path, "rb");
    for (int byte; in && (byte = getc(in)) != EOF;)
        count += byte == '\n';
    if (in)
        fclose(in);
    return count;
}

static void no_file_holds_any_of_it(void **state)
{
    UNUSED(state);
    size_t files = 0;
    for (int i = 0; i < 200 && lines_of_log() < asked; i++)
        usleep(100000); /* the log is written in batches */
    DIR *dir = opendir(served.folder.at);
    check(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%.2000s/%.255s", served.folder.at, entry->d_name);
        Str bytes = read_whole(path);
        CASE(entry->d_name);
        check(!holds(bytes));
        files++;
    }
    closedir(dir);
    CASE("the files and the lines of the log are there");
    check(files >= 4);
    check(lines_of_log() >= asked);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_do_not_repeat_what_was_sent),
        cmocka_unit_test(work),
        cmocka_unit_test(metrics_hold_none_of_it),
        cmocka_unit_test(no_file_holds_any_of_it),
    };
    return SERVED_MAIN(argc, argv, tests);
}
