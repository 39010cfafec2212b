/* tests/support/postgres.c - starts, watches and ends a PostgreSQL of the tests' own. */
#include "postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

enum { PATH_ROOM = 128, LINE_ROOM = 256, START_TRIES = 3000 };

static struct {
    char folder[PATH_ROOM], owner[LINE_ROOM], app[LINE_ROOM], super[LINE_ROOM];
    int orders, answers; /* pipes to and from the watcher */
    TestPostgres here;
} own = {.orders = -1, .answers = -1};

/* ---- in the watcher's children: not root, and never alone ---------------------------------- */

static bool become_somebody(void)
{
    if (geteuid() != 0)
        return true;
    const struct passwd *who = getpwnam("postgres");
    if (!who)
        who = getpwnam("nobody");
    return who && setgroups(0, NULL) == 0 && setgid(who->pw_gid) == 0 && setuid(who->pw_uid) == 0;
}

static pid_t start(const char *folder, const char *const *args)
{
    char log[PATH_ROOM + 8];
    snprintf(log, sizeof(log), "%s/log", folder);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    if (!become_somebody() || chdir(folder) != 0)
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(args[0], (char *const *)(uintptr_t)args);
    _exit(127);
}

static bool end_well(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- the watcher ---------------------------------------------------------------------------- */

static pid_t start_server(const char *programs, const char *folder, bool durable)
{
    char program[PATH_ROOM + 16], data[PATH_ROOM + 16], sockets[PATH_ROOM + 40];
    snprintf(program, sizeof(program), "%s/postgres", programs);
    snprintf(data, sizeof(data), "%s/data", folder);
    snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s", folder);
    const char *memory = getenv("ACESO_TEST_POSTGRES_MEMORY");
    char buffers[64];
    snprintf(buffers, sizeof(buffers), "shared_buffers=%.20s", memory ? memory : "64MB");
    const char *args[] = {program,
                          "-D",
                          data,
                          "-c",
                          "listen_addresses=",
                          "-c",
                          sockets,
                          "-c",
                          buffers,
                          "-c",
                          durable ? "fsync=on" : "fsync=off",
                          "-c",
                          durable ? "full_page_writes=on" : "full_page_writes=off",
                          "-c",
                          "max_connections=200",
                          "-c",
                          "max_wal_size=4GB",
                          "-c",
                          "deadlock_timeout=200ms",
                          "-c",
                          "log_min_messages=warning",
                          NULL};
    return start(folder, args);
}

static bool answers(const char *super)
{
    for (int i = 0; i < START_TRIES; i++) {
        PGPing ping = PQping(super);
        if (ping == PQPING_OK)
            return true;
        usleep(20 * 1000);
    }
    return false;
}

static bool make_data(const char *programs, const char *folder)
{
    char program[PATH_ROOM + 16], data[PATH_ROOM + 16];
    snprintf(program, sizeof(program), "%s/initdb", programs);
    snprintf(data, sizeof(data), "%s/data", folder);
    const char *made = getenv("ACESO_TEST_POSTGRES_DATA");
    const char *copy[] = {"/bin/cp", "-R", made, data, NULL};
    const char *make[] = {program, "-D",    data, "--no-sync", "-U",         "super",
                          "-A",    "trust", "-E", "UTF8",      "--locale=C", NULL};
    return end_well(start(folder, made && *made ? copy : make));
}

static void remove_folder(const char *folder)
{
    char command[PATH_ROOM + 16];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "# could not remove %s\n", folder);
}

/* Lives until the pipe of orders ends: when the process that holds its other end does. */
_Noreturn static void watch(const char *programs, bool durable, int orders, int replies)
{
    char order;
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    (void)setsid();
    pid_t server =
        make_data(programs, own.folder) ? start_server(programs, own.folder, durable) : -1;
    char good = server > 0 && answers(own.super) ? '1' : '0';
    ssize_t told = write(replies, &good, 1);
    while (told == 1 && read(orders, &order, 1) == 1) {
        if (order != TEST_POSTGRES_UP && server > 0) {
            kill(server, SIGQUIT);
            (void)end_well(server);
            server = -1;
        }
        if (order != TEST_POSTGRES_DOWN && server <= 0)
            server = start_server(programs, own.folder, durable);
        good = order == TEST_POSTGRES_DOWN || answers(own.super) ? '1' : '0';
        told = write(replies, &good, 1);
    }
    if (server > 0) {
        kill(server, SIGQUIT);
        (void)end_well(server);
    }
    remove_folder(own.folder);
    _exit(0);
}

/* ---- the test's side --------------------------------------------------------------------------
 */

static bool order_one(char order)
{
    char good = '0';
    return (!order || write(own.orders, &order, 1) == 1) && read(own.answers, &good, 1) == 1 &&
           good == '1';
}

bool test_postgres_order(TestPostgresOrder order)
{
    return order_one((char)order);
}

/* The newest of Debian's folders, else that of pg_config; false: there is none. */
static bool find_programs(char *to, size_t room)
{
    glob_t found;
    bool good = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0;
    if (good) {
        const char *path = found.gl_pathv[found.gl_pathc - 1];
        snprintf(to, room, "%.*s", (int)(strlen(path) - strlen("/initdb")), path);
        globfree(&found);
        return true;
    }
    const char *tried[] = {"/usr/bin", "/usr/local/bin"};
    for (size_t i = 0; i < COUNT_OF(tried) && !good; i++) {
        char path[PATH_ROOM];
        snprintf(path, sizeof(path), "%s/initdb", tried[i]);
        good = access(path, X_OK) == 0;
        if (good)
            snprintf(to, room, "%s", tried[i]);
    }
    return good;
}

static void name_it(const char *folder)
{
    snprintf(own.folder, sizeof(own.folder), "%s", folder);
    snprintf(own.super, sizeof(own.super), "host=%.120s dbname=postgres user=super", own.folder);
    snprintf(own.owner, sizeof(own.owner), "host=%.120s dbname=aceso user=aceso_owner", own.folder);
    snprintf(own.app, sizeof(own.app), "host=%.120s dbname=aceso user=aceso_app", own.folder);
    own.here = (TestPostgres){own.folder, own.owner, own.app, "aceso_app", "aceso_reader"};
}

static bool start_watcher(const char *programs, bool durable)
{
    int orders[2], replies[2];
    char folder[PATH_ROOM];
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%.80s/aceso-postgres-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder) || chmod(folder, 0777) != 0 || pipe2(orders, O_CLOEXEC) ||
        pipe2(replies, O_CLOEXEC))
        return false;
    name_it(folder);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(orders[1]);
        close(replies[0]);
        /* Whoever reads the test's output must not wait for the watcher. */
        int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        watch(programs, durable, orders[0], replies[1]);
    }
    close(orders[0]);
    close(replies[1]);
    own.orders = orders[1];
    own.answers = replies[0];
    return pid > 0 && order_one('\0');
}

static bool run_sql(const char *conninfo, const char *sql)
{
    PGconn *link = PQconnectdb(conninfo);
    PGresult *result = PQexec(link, sql);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good)
        fprintf(stderr, "# %s: %s", sql, PQerrorMessage(link));
    PQclear(result);
    PQfinish(link);
    return good;
}

bool test_postgres_sql(const TestPostgres *postgres, const char *sql)
{
    char conninfo[LINE_ROOM];
    snprintf(conninfo, sizeof(conninfo), "host=%.120s dbname=aceso user=super", postgres->folder);
    return run_sql(conninfo, sql);
}

bool test_postgres_clean(const TestPostgres *postgres)
{
    return test_postgres_sql(postgres, "SET client_min_messages = error;"
                                       " DROP SCHEMA IF EXISTS aceso CASCADE");
}

bool test_postgres_make(const char *folder)
{
    char programs[PATH_ROOM];
    return find_programs(programs, sizeof(programs)) && chmod(folder, 0777) == 0 &&
           make_data(programs, folder);
}

const TestPostgres *test_postgres(bool durable, const char **ret_why)
{
    char programs[PATH_ROOM];
    const char *given = getenv("ACESO_TEST_POSTGRES");
    if (own.here.folder)
        return &own.here;
    if (given && *given) {
        name_it(given);
        return &own.here;
    }
    if (!find_programs(programs, sizeof(programs))) {
        *ret_why = "PostgreSQL is not installed";
        return NULL;
    }
    if (start_watcher(programs, durable) && run_sql(own.super, "CREATE ROLE aceso_owner LOGIN") &&
        run_sql(own.super, "CREATE ROLE aceso_app LOGIN") &&
        run_sql(own.super, "CREATE ROLE aceso_reader NOLOGIN") &&
        run_sql(own.super, "GRANT aceso_reader TO aceso_app, aceso_owner") &&
        run_sql(own.super, "CREATE DATABASE aceso OWNER aceso_owner"))
        return &own.here;
    own.here.folder = NULL;
    *ret_why = "PostgreSQL did not start";
    return NULL;
}
