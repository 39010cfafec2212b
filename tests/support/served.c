/* tests/support/served.c - fork, exec, pipes. */
#include "support/served.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS_MAX = 40, OUTPUT_MAX = 1 << 20 };

/* LISTEN_FDS: the socket is file 3 of the child. */
static void hand_over(int listener)
{
    char pid[24];
    snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    dup2(listener, 3);
}

/* A child with pipes at both ends; its log goes to `log` (NULL = our standard error). */
static pid_t start_child(const char *program, const char *const *args, const char *log,
                         int listener, int *ret_in, int *ret_out)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        int errors = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        if (errors >= 0)
            dup2(errors, STDERR_FILENO);
        if (listener >= 0)
            hand_over(listener);
        execv(program, (char *const *)(uintptr_t)args);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    *ret_in = in[1];
    *ret_out = out[0];
    return pid;
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static Str read_output(Arena *arena, int fd)
{
    Buf buf;
    buf_init(&buf, arena, 4096, OUTPUT_MAX);
    for (;;) {
        char some[4096];
        ssize_t got = read(fd, some, sizeof(some));
        if (got <= 0)
            break;
        buf_add(&buf, some, (size_t)got);
    }
    return buf_str(&buf);
}

int served_run(Served *served, const char *const *args, Str input, Str *ret_output)
{
    const char *all[ARGS_MAX] = {served->program};
    size_t count = 1;
    int in, out;
    while (args[count - 1] && count < ARGS_MAX - 5) {
        all[count] = args[count - 1];
        count++;
    }
    if (served->store.at) {
        all[count++] = "--store";
        all[count++] = served->store.at;
    }
    if (served->key_file.at) {
        all[count++] = "--key-file";
        all[count++] = served->key_file.at;
    }
    pid_t pid = start_child(served->program, all, NULL, -1, &in, &out);
    if (pid < 0)
        return -1;
    if (input.len && write(in, input.at, input.len) != (ssize_t)input.len)
        fprintf(stderr, "# aceso did not read its input\n");
    close(in);
    Str output = read_output(served->arena, out);
    close(out);
    if (ret_output)
        *ret_output = output;
    return wait_for(pid);
}

static bool make_token(Served *served, bool may_write, Str *ret_token)
{
    const char *args[] = {"token", "create", may_write ? "writer" : "reader",
                          may_write ? "--write" : NULL, NULL};
    Str output;
    if (served_run(served, args, STR_EMPTY, &output) != 0)
        return false;
    *ret_token = str_trim(output);
    return ret_token->len > 20;
}

bool served_fill(Served *served)
{
    const char *account[] = {
        "account",         "create",      SERVED_USER,          "--role", "gp", "--name",
        "Dr Marie Dupont", "--reference", "Practitioner/marie", NULL};
    return served_run(served, account, STR(SERVED_PASSWORD "\n"), NULL) == 0 &&
           make_token(served, true, &served->writer) && make_token(served, false, &served->reader);
}

static bool make_store(Served *served)
{
    const char *init[] = {"init", NULL};
    return served_run(served, init, STR_EMPTY, NULL) == 0 && served_fill(served);
}

/* The line that says where it listens; waits at most 60 s. */
static bool read_port(Served *served)
{
    char line[512];
    size_t len = 0;
    struct pollfd fd = {.fd = served->out, .events = POLLIN};
    while (len < sizeof(line) - 1 && poll(&fd, 1, 60000) > 0) {
        ssize_t got = read(served->out, line + len, 1);
        if (got <= 0)
            return false;
        if (line[len++] != '\n')
            continue;
        line[len] = '\0';
        const char *colon = strrchr(line, ':');
        long port = colon ? strtol(colon + 1, NULL, 10) : 0;
        if (strstr(line, "Aceso serves") && port > 0 && port < 65536) {
            served->port = (uint16_t)port;
            return true;
        }
        len = 0;
    }
    return false;
}

static bool start_server(Served *served, const char *const *settings)
{
    Str port = arena_format(served->arena, "%u", served->wanted_port);
    const char *args[ARGS_MAX] = {served->program, "serve", "--store", served->store.at,  "--port",
                                  port.at,         "--tls", "off",     "--second-factor", "off"};
    size_t count = 10;
    int in;
    if (served->key_file.at) {
        args[count++] = "--key-file";
        args[count++] = served->key_file.at;
    }
    while (settings && *settings && count < ARGS_MAX - 1)
        args[count++] = *settings++;
    Str log = arena_format(served->arena, STR_FMT "/log", STR_ARG(served->folder));
    served->pid = start_child(served->program, args, log.at, served->listener, &in, &served->out);
    if (served->pid < 0)
        return false;
    close(in);
    return read_port(served);
}

/* Under with_postgres the store is in its database, empty. */
static void choose_database(Served *served)
{
    const char *owner = getenv("ACESO_TEST_POSTGRES_OWNER");
    if (!owner || !*owner)
        return;
    served->store = arena_format(served->arena, "postgres:%s", owner);
    served->key_file = arena_format(served->arena, STR_FMT "/key", STR_ARG(served->folder));
    if (system("psql -q -v ON_ERROR_STOP=1 -c 'SET client_min_messages = error'"
               " -c 'DROP SCHEMA IF EXISTS aceso CASCADE' \"$ACESO_TEST_POSTGRES_OWNER\"") != 0)
        fprintf(stderr, "# the database could not be emptied\n");
}

static bool make_folder(Served *served, Arena *arena, const char *program)
{
    const char *base = getenv("TMPDIR");
    *served = (Served){.program = program, .arena = arena, .pid = -1, .out = -1, .listener = -1};
    served->folder = arena_format(arena, "%s/aceso-test-XXXXXX", base && *base ? base : "/tmp");
    return mkdtemp((char *)(uintptr_t)served->folder.at) != NULL;
}

bool served_make(Served *served, Arena *arena, const char *program, const char *store)
{
    if (!make_folder(served, arena, program))
        return false;
    served->store = store ? arena_str(arena, str_of(store))
                          : arena_format(arena, STR_FMT "/test.store", STR_ARG(served->folder));
    if (store)
        served->key_file = arena_format(arena, STR_FMT "/key", STR_ARG(served->folder));
    return make_store(served);
}

bool served_start(Served *served, Arena *arena, const char *program, const char *const *settings)
{
    if (!make_folder(served, arena, program))
        return false;
    served->store = arena_format(arena, STR_FMT "/test.store", STR_ARG(served->folder));
    choose_database(served);
    bool good = make_store(served) && start_server(served, settings);
    if (!good) {
        fprintf(stderr, "# the server did not start; its log is in " STR_FMT "\n",
                STR_ARG(served->folder));
        if (served->pid > 0)
            kill(served->pid, SIGKILL);
    }
    return good;
}

bool served_listen(Served *served)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) || listen(fd, 1024))
        return false;
    /* Away from the number that it gets in the child: what dup2 copies to itself stays CLOEXEC. */
    served->listener = fcntl(fd, F_DUPFD_CLOEXEC, 16);
    close(fd);
    return served->listener >= 0;
}

int served_keep_port(uint16_t *ret_port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(here);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
        bind(fd, (struct sockaddr *)&here, len) || getsockname(fd, (struct sockaddr *)&here, &len))
        return -1;
    *ret_port = ntohs(here.sin_port);
    return fd;
}

bool served_said(Served *served)
{
    return read_port(served);
}

void served_remove(Str folder)
{
    const char *args[] = {"rm", "-rf", folder.at, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execvp("rm", (char *const *)(uintptr_t)args);
        _exit(127);
    }
    wait_for(pid);
}

int served_end(Served *served, int signal)
{
    int code = -1;
    if (served->pid > 0) {
        kill(served->pid, signal);
        code = wait_for(served->pid);
    }
    if (served->out >= 0)
        close(served->out);
    served->pid = served->out = -1;
    return code;
}

bool served_again(Served *served, const char *const *settings)
{
    return start_server(served, settings);
}

int served_stop(Served *served)
{
    int code = served_end(served, SIGTERM);
    if (code == 0)
        served_remove(served->folder);
    return code;
}
