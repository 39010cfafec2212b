/* tests/scenario/scenario.c - runs text scenarios against a real server.
 *
 *   scenario ACESO FILE
 *
 * A file is a list of steps (tests/scenario/README.md shows them):
 *
 *   with client_ids off                            settings of the server, before all steps
 *   == A new patient gets version 1                a step, and why
 *   POST /fhir/Patient as writer                   as writer, reader, browser, nobody
 *   Content-Type: application/fhir+json            headers of the request
 *   | {"resourceType":"Patient"}                   its body
 *   -> 201                                         the status
 *   -> 200 soon                                    asked again for some seconds until it holds
 *   ETag: W/"1"                                    headers of the answer; * is anything
 *   | {"resourceType":"Patient","id":"*"}          a subset of its JSON
 *   keep ID from /id                               $ID in later steps
 *
 * The output is TAP, one test a step. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "json/json.h"
#include "scenario/match.h"
#include "support/http_client.h"
#include "support/served.h"

enum { SOON_TRIES = 200, SOON_PAUSE_MS = 50 };
enum { VARIABLES_MAX = 64, SETTINGS_MAX = 16, BODY_MAX = 4 << 20 };

typedef struct {
    Str name, value;
} Variable;

typedef struct {
    Str title, method, target, who;
    Str headers; /* CRLF lines */
    Str body;
    unsigned status;
    bool soon;            /* asked again until it holds */
    Str expected_headers; /* lines */
    Str expected_body;
    Str keeps; /* lines "NAME from POINTER" */
    unsigned line;
} Step;

typedef struct {
    Arena *arena;
    Served served;
    Client client;
    bool open;
    Variable variables[VARIABLES_MAX];
    size_t variable_count;
    Str cookie;
    unsigned number, failed;
} Run;

/* ---- reading ------------------------------------------------------------------------ */

static Str read_file(Arena *arena, const char *name)
{
    FILE *in = fopen(name, "rb");
    char *bytes = arena_alloc(arena, 1 << 20);
    if (!in || !bytes)
        return (Str){NULL, 0};
    size_t len = fread(bytes, 1, 1 << 20, in);
    fclose(in);
    return str_n(bytes, len);
}

static void join(Arena *arena, Str *text, Str line, const char *end)
{
    *text = arena_format(arena, STR_FMT STR_FMT "%s", STR_ARG(*text), STR_ARG(line), end);
}

/* $NAME becomes its value; the longest name that fits. */
static Str expand(const Run *run, Str text)
{
    Buf out;
    buf_init(&out, run->arena, text.len, BODY_MAX);
    for (size_t i = 0; i < text.len;) {
        const Variable *best = NULL;
        for (size_t v = 0; text.at[i] == '$' && v < run->variable_count; v++) {
            const Variable *one = &run->variables[v];
            if (str_has_prefix(str_from(text, i + 1), one->name) &&
                (!best || one->name.len > best->name.len))
                best = one;
        }
        if (best) {
            buf_add_str(&out, best->value);
            i += 1 + best->name.len;
        } else {
            buf_add_char(&out, text.at[i++]);
        }
    }
    return buf_str(&out);
}

static void read_request_line(Run *run, Step *step, Str line)
{
    size_t as = SIZE_MAX;
    for (size_t i = 0; i + 4 <= line.len; i++) {
        if (memcmp(line.at + i, " as ", 4) == 0)
            as = i;
    }
    step->who = as == SIZE_MAX ? STR("writer") : str_trim(str_from(line, as + 4));
    Str rest = as == SIZE_MAX ? line : str_head(line, as);
    step->method = str_cut(&rest, ' ');
    step->target = expand(run, str_trim(rest));
}

/* One step from the text; false at its end. */
static bool read_step(Run *run, Str *text, unsigned *line_number, Step *step)
{
    bool begun = false, answered = false;
    *step = (Step){.headers = STR_EMPTY,
                   .body = STR_EMPTY,
                   .expected_headers = STR_EMPTY,
                   .expected_body = STR_EMPTY,
                   .keeps = STR_EMPTY};
    while (text->len) {
        Str before = *text;
        Str line = str_cut(text, '\n');
        if (str_has_prefix(line, STR("== "))) {
            if (begun) {
                *text = before;
                break;
            }
            begun = true;
            step->title = str_from(line, 3);
            step->line = *line_number + 1;
        } else if (str_has_prefix(line, STR("-> "))) {
            uint64_t status = 0;
            Str words = str_trim(str_from(line, 3));
            str_to_u64(str_cut(&words, ' '), &status);
            step->soon = str_eq(words, STR("soon"));
            step->status = (unsigned)status;
            answered = true;
        } else if (str_has_prefix(line, STR("|"))) {
            join(run->arena, answered ? &step->expected_body : &step->body,
                 str_from(line, line.len > 1 && line.at[1] == ' ' ? 2 : 1), "\n");
        } else if (str_has_prefix(line, STR("keep "))) {
            join(run->arena, &step->keeps, str_from(line, 5), "\n");
        } else if (begun && str_trim(line).len && line.at[0] != '#') {
            if (!step->method.len)
                read_request_line(run, step, line);
            else
                join(run->arena, answered ? &step->expected_headers : &step->headers,
                     str_trim(line), "\r\n");
        }
        ++*line_number;
    }
    return begun;
}

/* ---- running ------------------------------------------------------------------------ */

static Str identity(const Run *run, Str who)
{
    if (str_eq(who, STR("writer")))
        return arena_format(run->arena, "Authorization: Bearer " STR_FMT "\r\n",
                            STR_ARG(run->served.writer));
    if (str_eq(who, STR("reader")))
        return arena_format(run->arena, "Authorization: Bearer " STR_FMT "\r\n",
                            STR_ARG(run->served.reader));
    if (str_eq(who, STR("browser")))
        return arena_format(run->arena,
                            "Cookie: __Host-aceso=" STR_FMT "\r\n"
                            "Origin: http://localhost\r\n",
                            STR_ARG(run->cookie));
    return STR_EMPTY;
}

/* Bodies of writes are FHIR JSON unless the step says otherwise. */
static Str content_type(const Step *step)
{
    bool given = memmem(step->headers.at, step->headers.len, "Content-Type:", 13) != NULL;
    if (given || !step->body.len)
        return STR_EMPTY;
    if (str_eq(step->method, STR("PATCH")))
        return STR("Content-Type: application/json-patch+json\r\n");
    if (str_has_prefix(step->target, STR("/auth/")))
        return STR("Content-Type: application/json\r\n");
    return STR("Content-Type: application/fhir+json\r\n");
}

static Answer ask(Run *run, const Step *step)
{
    Str headers =
        arena_format(run->arena, STR_FMT STR_FMT STR_FMT, STR_ARG(expand(run, step->headers)),
                     STR_ARG(content_type(step)), STR_ARG(identity(run, step->who)));
    if (!run->open)
        run->open = client_open(&run->client, run->arena, run->served.port);
    Answer answer = client_ask(&run->client, step->method, step->target, headers,
                               expand(run, str_trim(step->body)));
    if (answer.closed) {
        client_close(&run->client);
        run->open = false;
    }
    return answer;
}

static void note_cookie(Run *run, const Answer *answer)
{
    Str cookie = answer_header(answer, STR("Set-Cookie"));
    if (!str_has_prefix(cookie, STR("__Host-aceso=")))
        return;
    Str value = str_from(cookie, 13);
    run->cookie = str_cut(&value, ';');
}

static bool headers_hold(Run *run, const Step *step, const Answer *answer, Str *ret_why)
{
    Str lines = expand(run, step->expected_headers);
    while (lines.len) {
        Str pattern = str_trim(str_cut(&lines, '\n'));
        Str name = str_cut(&pattern, ':');
        Str value = answer_header(answer, str_trim(name));
        pattern = pattern.at ? str_trim(pattern) : STR_EMPTY;
        bool absent = str_eq(pattern, STR("(absent)"));
        if (absent ? value.len == 0 : match_text(pattern, value))
            continue;
        *ret_why = arena_format(run->arena, STR_FMT " is \"" STR_FMT "\", expected \"" STR_FMT "\"",
                                STR_ARG(name), STR_ARG(value), STR_ARG(pattern));
        return false;
    }
    return true;
}

static bool body_holds(Run *run, const Step *step, const Answer *answer, Str *ret_why)
{
    Ctx cx = {.arena = run->arena};
    JsonValue *expected, *actual;
    Str where, text = str_trim(expand(run, step->expected_body));
    if (!text.len)
        return true;
    if (str_eq(text, STR("(empty)"))) {
        *ret_why = STR("the body is not empty");
        return answer->body.len == 0;
    }
    if (json_parse(&cx, text, &expected) != STATUS_OK) {
        *ret_why = STR("the expected body is not JSON");
        return false;
    }
    if (json_parse(&cx, answer->body, &actual) != STATUS_OK) {
        *ret_why = STR("the answer is not JSON");
        return false;
    }
    if (match_json(run->arena, expected, actual, &where))
        return true;
    *ret_why = arena_format(run->arena, "the body differs at " STR_FMT, STR_ARG(where));
    return false;
}

static bool keep_values(Run *run, const Step *step, const Answer *answer, Str *ret_why)
{
    Ctx cx = {.arena = run->arena};
    Str lines = step->keeps;
    while (lines.len) {
        Str pointer = str_trim(str_cut(&lines, '\n'));
        Str name = str_cut(&pointer, ' ');
        JsonValue *root = NULL;
        Str value;
        pointer = str_trim(str_from(str_trim(pointer), 5)); /* behind "from " */
        if (pointer.len && pointer.at[0] != '/') {
            value = answer_header(answer, pointer);
        } else {
            if (json_parse(&cx, answer->body, &root) != STATUS_OK)
                root = NULL;
            value = json_str(match_pointer(root, pointer));
        }
        assert(run->variable_count < VARIABLES_MAX);
        if (!value.len) {
            *ret_why =
                arena_format(run->arena, "there is no " STR_FMT " to keep", STR_ARG(pointer));
            return false;
        }
        /* a relative target of links into our own server */
        size_t fhir = SIZE_MAX;
        for (size_t i = 0; i + 6 <= value.len && fhir == SIZE_MAX; i++) {
            if (memcmp(value.at + i, "/fhir/", 6) == 0)
                fhir = i;
        }
        if (str_has_prefix(value, STR("http://")) && fhir != SIZE_MAX)
            value = str_from(value, fhir);
        run->variables[run->variable_count++] = (Variable){name, value};
    }
    return true;
}

static bool try_step(Run *run, const Step *step, Answer *ret_answer, Str *ret_why)
{
    *ret_answer = ask(run, step);
    note_cookie(run, ret_answer);
    if (ret_answer->status == step->status)
        return headers_hold(run, step, ret_answer, ret_why) &&
               body_holds(run, step, ret_answer, ret_why) &&
               keep_values(run, step, ret_answer, ret_why);
    *ret_why =
        arena_format(run->arena, "the status is %u, expected %u", ret_answer->status, step->status);
    return false;
}

static void run_step(Run *run, const Step *step)
{
    Str why = STR_EMPTY;
    Answer answer;
    struct timespec pause = {0, SOON_PAUSE_MS * 1000000L};
    bool good = try_step(run, step, &answer, &why);
    for (unsigned i = 0; !good && step->soon && i < SOON_TRIES; i++) {
        nanosleep(&pause, NULL);
        good = try_step(run, step, &answer, &why);
    }
    run->number++;
    run->failed += !good;
    printf("%sok %u - " STR_FMT "\n", good ? "" : "not ", run->number, STR_ARG(step->title));
    if (!good)
        printf("# line %u: " STR_FMT "\n# " STR_FMT "\n", step->line, STR_ARG(why),
               STR_ARG(str_head(answer.body, 2000)));
    fflush(stdout);
}

/* "with NAME VALUE" lines above the first step. */
static void read_settings(Run *run, Str text, const char **settings)
{
    size_t count = 0;
    while (text.len && count + 2 < SETTINGS_MAX) {
        Str line = str_cut(&text, '\n');
        if (str_has_prefix(line, STR("== ")))
            break;
        if (!str_has_prefix(line, STR("with ")))
            continue;
        Str value = str_trim(str_from(line, 5));
        Str name = str_cut(&value, ' ');
        char *option = (char *)(uintptr_t)arena_format(run->arena, "--" STR_FMT, STR_ARG(name)).at;
        for (char *c = option; *c; c++)
            *c = *c == '_' ? '-' : *c;
        settings[count++] = option;
        settings[count++] = arena_str(run->arena, str_trim(value)).at;
    }
}

int main(int argc, char **argv)
{
    static Run run;
    const char *settings[SETTINGS_MAX] = {NULL};
    Step step;
    unsigned line = 0;
    run.arena = arena_new((size_t)1 << 30, false);
    run.cookie = STR_EMPTY;
    if (argc != 3 || !run.arena) {
        fprintf(stderr, "usage: scenario ACESO FILE\n");
        return 2;
    }
    Str text = read_file(run.arena, argv[2]);
    if (!text.at) {
        fprintf(stderr, "scenario: cannot read %s\n", argv[2]);
        return 2;
    }
    read_settings(&run, text, settings);
    if (!served_start(&run.served, run.arena, argv[1], settings)) {
        printf("Bail out! the server does not start\n");
        return 1;
    }
    run.variables[run.variable_count++] = (Variable){STR("PASSWORD"), STR(SERVED_PASSWORD)};
    run.variables[run.variable_count++] = (Variable){STR("USER"), STR(SERVED_USER)};
    while (read_step(&run, &text, &line, &step))
        run_step(&run, &step);
    if (run.open)
        client_close(&run.client);
    int code = served_stop(&run.served);
    run.number++;
    run.failed += code != 0;
    printf("%sok %u - the server stops in good order\n1..%u\n", code == 0 ? "" : "not ", run.number,
           run.number);
    return run.failed ? 1 : 0;
}
