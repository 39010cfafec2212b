/* tests/harden/planted.c - what an intruder would try, inside the process that serves: linked into
 * a program of the tests alone, behind the call that hardens (ld --wrap), so that the product has
 * no trace of it. Each attempt is a line of the file ACESO_PLANTED: its name, and 0 or the error.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/harden.h"

void __real_cli_harden_calls(Cli *cli, HardenMode mode);
void __wrap_cli_harden_calls(Cli *cli, HardenMode mode);

static int spawn_shell(void)
{
    char *args[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                    (char *)(uintptr_t) "exit 0", NULL};
    pid_t pid;
    int status, failed = posix_spawn(&pid, "/bin/sh", NULL, NULL, args, args + 3);
    return failed ? failed : waitpid(pid, &status, 0) == pid && status == 0 ? 0 : ECHILD;
}

static int copy_itself(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : waitpid(pid, NULL, 0) == pid ? 0 : errno;
}

static int read_outside(void)
{
    int fd = open(getenv("ACESO_PLANTED_SECRET"), O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return failed;
}

static int write_outside(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.written", getenv("ACESO_PLANTED_SECRET"));
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int failed = fd < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    unlink(path);
    return failed;
}

static int connect_out(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port =
                                 htons((uint16_t)strtoul(getenv("ACESO_PLANTED_PORT"), NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) ? errno : 0;
    if (fd >= 0)
        close(fd);
    return failed;
}

static int raw_socket(void)
{
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? errno : 0;
}

static int run_written_memory(void)
{
    void *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : munmap(at, 4096);
}

static int submit_a_ring(void)
{
    char parameters[120] = {0};
    long fd = syscall(SYS_io_uring_setup, 1, parameters);
    if (fd >= 0)
        close((int)fd);
    return fd < 0 ? errno : 0;
}

static int new_space(void)
{
    return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */) ? errno : 0;
}

static int dump_core(void)
{
    struct rlimit limit;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && getrlimit(RLIMIT_CORE, &limit) == 0 &&
        limit.rlim_max == 0)
        return EPERM;
    return 0;
}

static const struct {
    const char *name;
    int (*attempt)(void);
} attempts[] = {
    {"shell", spawn_shell},     {"fork", copy_itself},    {"read", read_outside},
    {"write", write_outside},   {"connect", connect_out}, {"packet", raw_socket},
    {"wx", run_written_memory}, {"ring", submit_a_ring},  {"space", new_space},
    {"core", dump_core},
};

static void *attempt_all(void *of)
{
    const char *path = of;
    char part[4096];
    snprintf(part, sizeof part, "%s.part", path);
    FILE *file = fopen(part, "w");
    for (size_t i = 0; file && i < COUNT_OF(attempts); i++)
        fprintf(file, "%s %d\n", attempts[i].name, attempts[i].attempt());
    if (file && fclose(file) == 0)
        rename(part, path);
    return NULL;
}

void __wrap_cli_harden_calls(Cli *cli, HardenMode mode)
{
    pthread_t thread;
    __real_cli_harden_calls(cli, mode);
    if (getenv("ACESO_PLANTED") &&
        pthread_create(&thread, NULL, attempt_all, getenv("ACESO_PLANTED")) == 0)
        pthread_detach(thread);
}
