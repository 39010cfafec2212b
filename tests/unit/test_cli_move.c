/* aceso move and aceso rekey --data through the real binary, with a real server on the source and
 * clients that write: killed in the middle again and again, then ended, and all that was
 * acknowledged is in the new store.
 *
 * usage: test_cli_move ACESO */
#include "testing.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/served.h"

enum { WRITERS = 3, IDS = 40, BULK_BUNDLES = 12, BULK_ENTRIES = 250, KILLS = 6 };
#define FHIR_JSON "Content-Type: application/fhir+json\r\n"

static const char *program;

typedef struct {
    Served served;
    Arena *arena;
    atomic_bool stop;
    bool killed; /* the server: of a write that nobody confirmed the next one has the same name */
    atomic_uint refused, written;
} Scene;

/* ---- clients ------------------------------------------------------------------------------ */

typedef struct {
    Scene *scene;
    unsigned number;
    unsigned version[IDS]; /* the last that was acknowledged; 0: none */
    unsigned unsure[IDS];  /* one that was sent, and the connection or the server ended */
    atomic_uint turns;     /* requests that have ended, and are counted */
} Writer;

static Answer ask(Arena *arena, uint16_t port, Str token, const char *method, Str target, Str body)
{
    Client client;
    if (!client_open(&client, arena, port))
        return (Answer){.status = 0};
    Str headers =
        arena_format(arena, "Authorization: Bearer " STR_FMT "\r\n" FHIR_JSON, STR_ARG(token));
    Answer answer = client_ask(&client, str_of(method), target, headers, body);
    client_close(&client);
    return answer;
}

static Str id_of(Arena *arena, const Writer *writer, unsigned i)
{
    return arena_format(arena, "w%u-%u", writer->number, i);
}

static void *write_on(void *of)
{
    Writer *writer = of;
    Scene *scene = writer->scene;
    for (unsigned n = 0; !scene->stop; n++) {
        Arena *arena = arena_new(4 << 20, false);
        unsigned i = n * 7 % IDS, next = writer->version[i] + 1;
        Str id = id_of(arena, writer, i);
        Str body = arena_format(arena,
                                "{\"resourceType\":\"Patient\",\"id\":\"" STR_FMT "\","
                                "\"name\":[{\"family\":\"V%u\"}]}",
                                STR_ARG(id), next);
        Answer answer = ask(arena, scene->served.port, scene->served.writer, "PUT",
                            arena_format(arena, "/fhir/Patient/" STR_FMT, STR_ARG(id)), body);
        if (answer.status == 200 || answer.status == 201) {
            writer->version[i] = next;
            scene->written++;
        } else {
            writer->unsure[i] = next;
            scene->refused++;
        }
        arena_free(arena);
        writer->turns++;
        usleep(answer.status == 503 ? 20000 : 1000);
    }
    return NULL;
}

/* ---- the source ---------------------------------------------------------------------------- */

static bool post_bulk(Scene *scene, unsigned number)
{
    Arena *arena = arena_new((size_t)16 << 20, false);
    Buf buf;
    buf_init(&buf, arena, 1 << 16, 8 << 20);
    buf_add_lit(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (unsigned i = 0; i < BULK_ENTRIES; i++)
        buf_format(&buf,
                   "%s{\"resource\":{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Bulk%u\","
                   "\"given\":[\"G%u\"]}],\"birthDate\":\"19%02u-01-01\"},"
                   "\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}",
                   i ? "," : "", number, i, i % 100);
    buf_add_lit(&buf, "]}");
    Answer answer =
        ask(arena, scene->served.port, scene->served.writer, "POST", STR("/fhir"), buf_str(&buf));
    bool good = answer.status == 200;
    arena_free(arena);
    return good;
}

static int begin(void **state)
{
    static Scene scene;
    scene = (Scene){.arena = arena_new((size_t)512 << 20, false)};
    static const char *const settings[] = {"--client-ids", "on", NULL};
    if (!served_start(&scene.served, scene.arena, program, settings))
        return -1;
    for (unsigned i = 0; i < BULK_BUNDLES; i++)
        check(post_bulk(&scene, i));
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    Scene *scene = *state;
    int code = served_stop(&scene->served);
    arena_free(scene->arena);
    return code;
}

/* ---- the move ------------------------------------------------------------------------------ */

static pid_t start_move(Scene *scene, const char *log)
{
    Str to = arena_format(scene->arena, STR_FMT "/new.store", STR_ARG(scene->served.folder));
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen(log, "a", stdout) || !freopen(log, "a", stderr))
            _exit(99);
        execl(program, program, "move", "--store", scene->served.store.at, "--to", to.at,
              (char *)NULL);
        _exit(98);
    }
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void fail_with_log(const char *log, int code)
{
    char command[160];
    snprintf(command, sizeof(command), "sed 's/^/# /' '%s' >&2", log);
    if (system(command) != 0 || code)
        fail_msg("aceso move ended with %d", code);
}

/* Killed at times that have nothing to do with what it does. True: it had ended before. */
static bool kill_some(Scene *scene, const char *log)
{
    static const useconds_t after[KILLS] = {5000, 40000, 90000, 150000, 230000, 330000};
    for (unsigned i = 0; i < KILLS; i++) {
        pid_t pid = start_move(scene, log);
        usleep(after[i]);
        kill(pid, SIGKILL);
        int code = wait_for(pid);
        if (code == 0)
            return true; /* it was faster */
        if (code != -SIGKILL)
            fail_with_log(log, code);
    }
    return false;
}

static void check_new_store(Scene *scene, const Writer *writers)
{
    unsigned seen = 0;
    for (unsigned w = 0; w < WRITERS; w++) {
        for (unsigned i = 0; i < IDS; i++) {
            const Writer *writer = &writers[w];
            unsigned version = writer->version[i];
            if (!version)
                continue;
            Arena *arena = arena_new(4 << 20, false);
            Str target =
                arena_format(arena, "/fhir/Patient/" STR_FMT, STR_ARG(id_of(arena, writer, i)));
            Answer now =
                ask(arena, scene->served.port, scene->served.reader, "GET", target, STR_EMPTY);
            Str wanted = arena_format(arena, "\"family\":\"V%u\"", version);
            Str unsure = arena_format(arena, "\"family\":\"V%u\"", writer->unsure[i]);
            check_int(now.status, 200);
            bool found = memmem(now.body.at, now.body.len, wanted.at, wanted.len) ||
                         (writer->unsure[i] > version &&
                          memmem(now.body.at, now.body.len, unsure.at, unsure.len));
            if (!found)
                fail_msg("version %u of an acknowledged write is not in the new store", version);
            for (unsigned v = 1; v <= version && !scene->killed; v += 3) {
                Str old = arena_format(arena, STR_FMT "/_history/%u", STR_ARG(target), v);
                Answer then =
                    ask(arena, scene->served.port, scene->served.reader, "GET", old, STR_EMPTY);
                Str name = arena_format(arena, "\"family\":\"V%u\"", v);
                check_int(then.status, 200);
                check(memmem(then.body.at, then.body.len, name.at, name.len) != NULL);
            }
            seen++;
            arena_free(arena);
        }
    }
    check(seen > 20);
}

static void check_search(Scene *scene)
{
    Arena *arena = arena_new(4 << 20, false);
    Answer answer = ask(arena, scene->served.port, scene->served.reader, "GET",
                        STR("/fhir/Patient?family=bulk3&_summary=count"), STR_EMPTY);
    Str total = arena_format(arena, "\"total\":%d", BULK_ENTRIES);
    check_int(answer.status, 200);
    check(memmem(answer.body.at, answer.body.len, total.at, total.len) != NULL);
    arena_free(arena);
}

static void all_that_was_acknowledged_is_in_the_new_store(void **state)
{
    Scene *scene = *state;
    Served *served = &scene->served;
    static Writer writers[WRITERS];
    pthread_t threads[WRITERS];
    Str log = arena_format(scene->arena, STR_FMT "/move.log", STR_ARG(served->folder));
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (Writer){.scene = scene, .number = i};
        check_int(pthread_create(&threads[i], NULL, write_on, &writers[i]), 0);
    }
    if (!kill_some(scene, log.at)) {
        CASE("the server writes on after each kill");
        unsigned before = scene->written;
        for (unsigned i = 0; i < 3000 && scene->written == before; i++)
            usleep(10000);
        check(scene->written > before);
        CASE("and at last it ends");
        int code = wait_for(start_move(scene, log.at));
        if (code)
            fail_with_log(log.at, code);
    }
    CASE("the old server takes nothing any more");
    for (unsigned i = 0; i < WRITERS; i++) {
        unsigned turns = writers[i].turns; /* what was under way is counted with the next */
        for (unsigned tries = 0; tries < 3000 && writers[i].turns < turns + 2; tries++)
            usleep(10000);
        check(writers[i].turns >= turns + 2);
    }
    unsigned then = scene->written;
    usleep(200000);
    check_int(scene->written, then);
    scene->stop = true;
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    check_int(served_end(served, SIGTERM), 0);
    CASE("and does not start");
    const char *const old[] = {"serve", "--port", "0", NULL};
    check_int(served_run(served, old, STR_EMPTY, NULL), 4);
    CASE("the new one is sound");
    served->store = arena_format(scene->arena, STR_FMT "/new.store", STR_ARG(served->folder));
    const char *const check_it[] = {"check", NULL};
    check_int(served_run(served, check_it, STR_EMPTY, NULL), 0);
    CASE("and served");
    check(served_again(served, NULL));
    check_new_store(scene, writers);
    check_search(scene);
}

/* ---- a new key in the same place --------------------------------------------------------------
 */

static pid_t start_rekey(Scene *scene, const char *log)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen(log, "a", stdout) || !freopen(log, "a", stderr))
            _exit(99);
        execl(program, program, "rekey", "--data", "--store", scene->served.store.at, (char *)NULL);
        _exit(98);
    }
    return pid;
}

static bool is_beside(Scene *scene, const char *suffix)
{
    Str path = arena_format(scene->arena, STR_FMT "%s", STR_ARG(scene->served.store), suffix);
    return access(path.at, F_OK) == 0;
}

/* The server, which does the work, is killed and started again. True: it had ended before. */
static bool kill_servers(Scene *scene, const char *log)
{
    static const useconds_t after[] = {3000, 30000, 120000, 400000, 900000, 1800000};
    for (unsigned i = 0; i < COUNT_OF(after) && !is_beside(scene, ".old"); i++) {
        pid_t pid = start_rekey(scene, log);
        usleep(after[i]);
        (void)served_end(&scene->served, SIGKILL);
        (void)wait_for(pid);
        check(served_again(&scene->served, NULL));
    }
    return is_beside(scene, ".old");
}

static void wait_for_writes(Scene *scene)
{
    enum { ENOUGH = 2 * IDS };
    unsigned before = scene->written;
    for (unsigned i = 0; i < 6000 && scene->written < before + ENOUGH; i++)
        usleep(10000);
    check(scene->written >= before + ENOUGH);
}

static void a_new_key_is_taken_while_it_serves(void **state)
{
    Scene *scene = *state;
    Served *served = &scene->served;
    static Writer writers[WRITERS];
    pthread_t threads[WRITERS];
    Str log = arena_format(scene->arena, STR_FMT "/rekey.log", STR_ARG(served->folder));
    Str first = arena_format(scene->arena, "cp " STR_FMT ".key " STR_FMT "/first",
                             STR_ARG(served->store), STR_ARG(served->folder));
    check_int(system(first.at), 0);
    check_int(served_end(served, SIGTERM), 0);
    int kept = served_keep_port(&served->wanted_port);
    check(kept >= 0 && served_again(served, NULL));
    scene->killed = true;
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (Writer){.scene = scene, .number = i};
        check_int(pthread_create(&threads[i], NULL, write_on, &writers[i]), 0);
    }
    if (kill_servers(scene, log.at)) {
        Str old = arena_format(scene->arena, "rm " STR_FMT ".old*", STR_ARG(served->store));
        check_int(system(old.at), 0);
    }
    wait_for_writes(scene);
    CASE("at last it ends, and the server starts anew on the new file");
    Time begun = time_monotonic();
    int code = wait_for(start_rekey(scene, log.at));
    if (code)
        fail_with_log(log.at, code);
    Time done = time_monotonic();
    check(served_said(served));
    print_message("# a new key in %.1f s, the server was back %.1f s later\n",
                  (double)(done - begun) / 1e6, (double)(time_monotonic() - done) / 1e6);
    CASE("clients write on");
    wait_for_writes(scene);
    scene->stop = true;
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    check_new_store(scene, writers);
    check_search(scene);
    CASE("under another key");
    check(is_beside(scene, ".old") && is_beside(scene, ".old.key"));
    check(!is_beside(scene, ".rekeyed") && !is_beside(scene, ".rekeyed.key"));
    Str same = arena_format(scene->arena, "cmp -s " STR_FMT ".key " STR_FMT "/first",
                            STR_ARG(served->store), STR_ARG(served->folder));
    check(system(same.at) != 0);
    check_int(served_end(served, SIGTERM), 0);
    const char *const check_it[] = {"check", NULL};
    check_int(served_run(served, check_it, STR_EMPTY, NULL), 0);
    check(served_again(served, NULL));
    close(kept);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_that_was_acknowledged_is_in_the_new_store, begin, end),
        cmocka_unit_test_setup_teardown(a_new_key_is_taken_while_it_serves, begin, end),
    };
    program = argc > 1 ? argv[1] : "aceso";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
