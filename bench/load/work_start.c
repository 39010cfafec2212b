/* load/work_start.c - starts a server and waits for its first good answer. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load/bench.h"
#include "base/base.h"

static pid_t start_command(char **command)
{
    pid_t pid = fork();
    if (pid < 0)
        load_fail("no process could be made");
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(command[0], command);
        _exit(127);
    }
    return pid;
}

static bool somebody_listens(const Target *target)
{
    int fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool there =
        fd >= 0 && connect(fd, (const struct sockaddr *)&target->address, target->address_len) == 0;
    if (fd >= 0)
        close(fd);
    return there;
}

static bool is_healthy(Bench *bench)
{
    if (!somebody_listens(&bench->target))
        return false;
    Arena *scratch = bench_scratch();
    Answer answer = {0};
    bool answered =
        client_fetch(&bench->target, scratch, "GET", bench->options.health, STR_EMPTY, &answer);
    arena_free(scratch);
    return answered && answer.status == 200;
}

static void stop(pid_t pid)
{
    kill(pid, SIGTERM);
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
}

void work_start(Bench *bench)
{
    static Meter meter;
    if (!bench->options.command[0])
        load_fail("start wants the server's command behind --");
    if (somebody_listens(&bench->target))
        load_fail("somebody listens already at " STR_FMT, STR_ARG(bench->target.host));
    Time from = time_monotonic();
    pid_t pid = start_command(bench->options.command);
    Time limit = from + (Time)(bench->options.timeout * 1e6);
    while (!is_healthy(bench)) {
        if (waitpid(pid, NULL, WNOHANG) == pid)
            load_fail("the server ended before it was ready");
        if (time_monotonic() > limit) {
            stop(pid);
            load_fail("the server was not ready within %.0f s", bench->options.timeout);
        }
        usleep(1000);
    }
    Time took = time_monotonic() - from;
    meter_add(&meter, took);
    Row row = {.work = "start",
               .connections = 1,
               .seconds = (double)took / 1e6,
               .meter = &meter,
               .after = process_sample(pid)};
    row_print(bench, &row);
    stop(pid);
}
