/* cli/service.c - environment, datagrams, exec. */
#include "cli/service.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harden/harden.h"

extern char **environ;

enum {
    FIRST_SOCKET = 3, /* SD_LISTEN_FDS_START */
    ARGS_MAX = 256,
    KEY_FD_LEAST = 64, /* above the sockets that are handed over */
};
static const char key_name[] = "ACESO_HANDED_KEY"; /* the number of a pipe's end */

/* ---- sockets ---------------------------------------------------------------------------- */

static bool number_from(const char *name, uint64_t *ret_number)
{
    const char *text = getenv(name);
    return text && str_to_u64(str_of(text), ret_number);
}

static bool listens_for_tcp(int fd)
{
    int listens = 0, type = 0, domain = 0;
    socklen_t len = sizeof(int);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           (domain == AF_INET || domain == AF_INET6);
}

static Status take_sockets(Ctx *cx, int *sockets, size_t max, uint64_t count)
{
    if (count > max)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "LISTEN_FDS: more than %zu sockets were handed over.", max);
    for (size_t i = 0; i < count; i++) {
        int fd = FIRST_SOCKET + (int)i;
        if (!listens_for_tcp(fd))
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                            "LISTEN_FDS: file %d, which was handed over, is no socket that "
                            "listens for TCP.",
                            fd);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        sockets[i] = fd;
    }
    return STATUS_OK;
}

Status service_sockets(Ctx *cx, int *ret_sockets, size_t max, size_t *ret_count)
{
    uint64_t pid, count = 0;
    bool ours = number_from("LISTEN_PID", &pid) && pid == (uint64_t)getpid();
    *ret_count = 0;
    if (ours && number_from("LISTEN_FDS", &count))
        TRY(take_sockets(cx, ret_sockets, max, count));
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    *ret_count = (size_t)count;
    return STATUS_OK;
}

uint16_t service_port(int socket)
{
    struct sockaddr_in6 address = {0}; /* of either family: the port stands at the same place */
    socklen_t len = sizeof(address);
    static_assert(offsetof(struct sockaddr_in, sin_port) ==
                      offsetof(struct sockaddr_in6, sin6_port),
                  "where the port stands");
    return getsockname(socket, (struct sockaddr *)&address, &len) ? 0 : ntohs(address.sin6_port);
}

/* ---- messages ---------------------------------------------------------------------------- */

void service_say(const char *message)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@')
        to.sun_path[0] = '\0'; /* a name that is in no file system */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    /* A manager that does not listen is no reason to stop. */
    (void)!sendto(fd, message, strlen(message), MSG_NOSIGNAL, (struct sockaddr *)&to, size);
    close(fd);
}

void service_say_reloading(void)
{
    char message[80];
    snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)time_monotonic());
    service_say(message);
}

Time service_pulse(void)
{
    uint64_t microseconds, pid;
    if (!number_from("WATCHDOG_USEC", &microseconds) || microseconds < 2000)
        return 0;
    if (number_from("WATCHDOG_PID", &pid) && pid != (uint64_t)getpid())
        return 0;
    return (Time)(microseconds / 2);
}

/* ---- starting anew -------------------------------------------------------------------------- */

/* By the path that was typed, which may be a link that leads elsewhere now; a name alone was
 * found on a PATH, and the process knows where. */
bool service_program(char **argv, char *path)
{
    static const char gone[] = " (deleted)";
    if (strchr(argv[0], '/')) {
        size_t len = strlen(argv[0]);
        if (len >= PATH_MAX)
            return false;
        memcpy(path, argv[0], len + 1);
        return true;
    }
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    Str end = str_n(gone, sizeof(gone) - 1);
    if (str_has_suffix(str_of(path), end))
        path[(size_t)len - end.len] = '\0';
    return true;
}

bool service_can_start(char **argv)
{
    char *args[ARGS_MAX + 2], program[PATH_MAX];
    size_t count = 0;
    for (; argv[count] && count < ARGS_MAX; count++)
        args[count] = argv[count];
    args[count++] = (char *)(uintptr_t) "--check";
    args[count] = NULL;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid;
    int status = 0;
    int failed = !service_program(argv, program);
    if (!failed)
        failed = posix_spawn(&pid, harden_program(program), &files, NULL, args, environ);
    posix_spawn_file_actions_destroy(&files);
    while (!failed && waitpid(pid, &status, 0) < 0)
        failed = errno != EINTR;
    return !failed && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE;
}

void service_hand_over_key(const uint8_t *key, size_t bytes)
{
    int ends[2];
    char number[24];
    if (pipe2(ends, O_CLOEXEC))
        return;
    int fd = fcntl(ends[0], F_DUPFD, KEY_FD_LEAST); /* stays open in the new program */
    bool whole = fd >= 0 && write(ends[1], key, bytes) == (ssize_t)bytes;
    close(ends[0]);
    close(ends[1]);
    snprintf(number, sizeof(number), "%d", fd);
    if (whole)
        setenv(key_name, number, 1);
}

bool service_handed_key(Arena *arena, Str *ret_key)
{
    enum { KEY_BYTES_MAX = 64 };
    uint64_t number;
    bool given = number_from(key_name, &number) && number <= INT_MAX;
    char *room = given ? arena_alloc(arena, KEY_BYTES_MAX) : NULL;
    unsetenv(key_name);
    if (!room)
        return false;
    ssize_t len = read((int)number, room, KEY_BYTES_MAX);
    close((int)number);
    *ret_key = str_n(room, len > 0 ? (size_t)len : 0);
    return len > 0;
}

void service_start(char **argv, const int *sockets, size_t count)
{
    char number[24], program[PATH_MAX];
    for (size_t i = 0; i < count; i++)
        dup2(sockets[i], FIRST_SOCKET + (int)i); /* stays open in the new program */
    snprintf(number, sizeof(number), "%zu", count);
    setenv("LISTEN_FDS", number, 1);
    snprintf(number, sizeof(number), "%ld", (long)getpid());
    setenv("LISTEN_PID", number, 1);
    harden_hand_over();
    if (service_program(argv, program))
        execv(harden_program(program), argv);
}
