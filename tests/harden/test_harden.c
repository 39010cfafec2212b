/* A real `aceso serve` with an intruder inside (planted.c): with hardening nothing of what he tries
 * works, and the server serves on, also as its own successor. Without it all of it works: else this
 * test would prove nothing.
 *
 *   test_harden --program build/release/tests/aceso_planted */
#include "testing.h"

#include <errno.h>
#include <limits.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/served.h"

static const char *program;
static Arena *arena;
static char folder[512], secret[600], told[600];
static int listener;
static uint16_t port;

static long landlock_version(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static bool is_temporary(const char *path)
{
    static const char *const open[] = {"/tmp/", "/var/tmp/", "/dev/shm/"};
    for (size_t i = 0; i < COUNT_OF(open); i++)
        if (strncmp(path, open[i], strlen(open[i])) == 0)
            return true;
    return false;
}

/* A folder that the server may not read: beside that of the program, unless all of this stands
 * where every server may write. */
static void make_folder(void)
{
    char beside[PATH_MAX] = "";
    if (realpath(program, beside))
        *strrchr(beside, '/') = '\0';
    const char *roots[] = {beside, getenv("HOME"), "/var/lib", "/srv"};
    for (size_t i = 0; i < COUNT_OF(roots); i++) {
        snprintf(folder, sizeof folder, "%.480s%s.XXXXXX", roots[i] ? roots[i] : "",
                 i == 0 ? "" : "/aceso-planted");
        if (!is_temporary(folder) && mkdtemp(folder))
            return;
    }
    fail_msg("no folder outside of the temporary ones can be written");
}

static int begin(void **state)
{
    UNUSED(state);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    char text[16];
    arena = arena_new(64 << 20, false);
    make_folder();
    snprintf(secret, sizeof secret, "%s/secret", folder);
    FILE *file = fopen(secret, "w");
    fprintf(file, "nobody's business\n");
    fclose(file);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 8) == 0);
    getsockname(listener, (struct sockaddr *)&at, &len);
    port = ntohs(at.sin_port);
    snprintf(text, sizeof text, "%u", port);
    setenv("ACESO_PLANTED_SECRET", secret, 1);
    setenv("ACESO_PLANTED_PORT", text, 1);
    snprintf(told, sizeof told, "/tmp/aceso-planted-%ld", (long)getpid());
    setenv("ACESO_PLANTED", told, 1);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    close(listener);
    unlink(told);
    served_remove(str_of(folder));
    arena_free(arena);
    return 0;
}

/* What came of an attempt: 0 it worked, else the error; -1: it was not tried. */
static int outcome(const char *name)
{
    char line[128];
    int result = -1;
    FILE *file = NULL;
    for (int i = 0; i < 600 && !(file = fopen(told, "r")); i++)
        usleep(50000);
    check(file != NULL);
    while (fgets(line, sizeof line, file)) {
        Str rest = str_of(line);
        if (str_eq(str_cut(&rest, ' '), str_of(name)))
            result = (int)strtol(rest.at, NULL, 10);
    }
    fclose(file);
    return result;
}

static void serves(Served *served)
{
    Client client;
    check(client_open(&client, arena, served->port));
    Answer answer = client_ask(&client, STR("GET"), STR("/healthz"), STR_EMPTY, STR_EMPTY);
    check_int(answer.status, 200);
    Str headers = arena_format(
        arena, "Authorization: Bearer " STR_FMT "\r\nContent-Type: application/fhir+json\r\n",
        STR_ARG(served->writer));
    answer = client_ask(&client, STR("POST"), STR("/fhir/Patient"), headers,
                        STR("{\"resourceType\":\"Patient\"}"));
    check_int(answer.status, 201);
    client_close(&client);
}

/* Kilobytes of a line of /proc/PID/status. */
static long status_of(pid_t pid, const char *name)
{
    char line[256];
    long number = -1;
    FILE *file = fopen(arena_format(arena, "/proc/%ld/status", (long)pid).at, "r");
    check(file != NULL);
    while (fgets(line, sizeof line, file)) {
        if (str_has_prefix(str_of(line), str_of(name)))
            number = strtol(line + strlen(name), NULL, 10);
    }
    fclose(file);
    return number;
}

static const char *const all[] = {"shell",  "fork", "read", "write", "connect",
                                  "packet", "wx",   "ring", "space", "core"};

static void all_refused(void)
{
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        bool by_landlock =
            !strcmp(all[i], "read") || !strcmp(all[i], "write") || !strcmp(all[i], "connect");
        CASE(all[i]);
        if (by_landlock && landlock_version() < (strcmp(all[i], "connect") ? 1 : 4))
            continue; /* this kernel has it not, and the log says so */
        int result = outcome(all[i]);
        check(result == EPERM || result == EACCES);
    }
}

static void an_intruder_gets_nothing(void **state)
{
    UNUSED(state);
    static const char *const settings[] = {"--hardening", "on", NULL};
    Served served;
    unlink(told);
    assert_true(served_start(&served, arena, program, settings));
    all_refused();
    serves(&served);
    CASE("keys are locked in memory");
    check(status_of(served.pid, "VmLck:") >= 8);
    check_int(status_of(served.pid, "NoNewPrivs:"), 1);
    check_int(status_of(served.pid, "Seccomp:"), 2);
    CASE("as its own successor, twice");
    long filters = status_of(served.pid, "Seccomp_filters:");
    for (int i = 0; i < 2; i++) {
        unlink(told);
        check(kill(served.pid, SIGUSR2) == 0);
        check(served_said(&served));
        all_refused();
        serves(&served);
        check_int(status_of(served.pid, "Seccomp_filters:"), filters);
    }
    CASE("a backup while it serves");
    Str backup = arena_format(arena, STR_FMT "/backup", STR_ARG(served.folder));
    const char *const args[] = {"backup", backup.at, NULL};
    check_int(served_run(&served, args, STR_EMPTY, NULL), 0);
    check_int(served_stop(&served), 0);
}

/* Every server may use the temporary folders; where a site keeps its store only this one may. */
static void its_store_is_where_nobody_else_writes(void **state)
{
    UNUSED(state);
    static const char *const settings[] = {"--hardening", "on", NULL};
    const char *temporary = getenv("TMPDIR");
    Served served;
    setenv("TMPDIR", folder, 1);
    check(served_make(&served, arena, program, NULL));
    if (temporary)
        setenv("TMPDIR", temporary, 1);
    else
        unsetenv("TMPDIR");
    unlink(told);
    check(served_again(&served, settings));
    all_refused();
    serves(&served);
    check_int(served_stop(&served), 0);
}

static void without_it_all_of_it_works(void **state)
{
    UNUSED(state);
    static const char *const settings[] = {"--hardening", "off", NULL};
    static const char *const here[] = {"shell", "fork", "read", "write", "connect", "wx"};
    Served served;
    unlink(told);
    assert_true(served_start(&served, arena, program, settings));
    for (size_t i = 0; i < COUNT_OF(here); i++) {
        CASE(here[i]);
        check_int(outcome(here[i]), 0);
    }
    serves(&served);
    check_int(served_stop(&served), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_intruder_gets_nothing),
        cmocka_unit_test(its_store_is_where_nobody_else_writes),
        cmocka_unit_test(without_it_all_of_it_works),
    };
    if (argc != 3) {
        fprintf(stderr, "usage: test_harden --program PATH\n");
        return 2;
    }
    program = argv[2];
    return cmocka_run_group_tests(tests, begin, end);
}
