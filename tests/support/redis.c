/* tests/support/redis.c - starting, stalling and killing a Redis of the test's own. */
#include "support/redis.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *path, *name; /* the name decides which program the file is */
} programs[] = {
    {"/usr/bin/redis-server", "redis-server"},
    {"/usr/bin/valkey-server", "valkey-server"},
    {"/usr/bin/redis-check-rdb", "redis-server"},
    {"/usr/local/bin/redis-server", "redis-server"},
    {"/usr/local/bin/valkey-server", "valkey-server"},
};

static size_t find_program(void)
{
    size_t i = 0;
    while (i < COUNT_OF(programs) && access(programs[i].path, X_OK) != 0)
        i++;
    return i;
}

const char *redis_program(void)
{
    size_t i = find_program();
    return i < COUNT_OF(programs) ? programs[i].path : NULL;
}

void redis_place(Redis *redis)
{
    const char *password = redis->password;
    *redis = (Redis){.folder = "/tmp/aceso-redis-XXXXXX", .password = password};
    if (!mkdtemp(redis->folder))
        abort();
    snprintf(redis->socket, sizeof redis->socket, "%s/s", redis->folder);
    snprintf(redis->url, sizeof redis->url, "unix:%s", redis->socket);
}

static int redis_connect(const Redis *redis)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(to.sun_path, sizeof to.sun_path, "%s", redis->socket);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

Str redis_say(const Redis *redis, const char *command, char *to, size_t room)
{
    char line[1024];
    size_t len = 0;
    ssize_t got;
    int fd = redis_connect(redis);
    if (fd < 0)
        return STR_EMPTY;
    int bytes = redis->password ? snprintf(line, sizeof line, "AUTH %s\r\n%s\r\nQUIT\r\n",
                                           redis->password, command)
                                : snprintf(line, sizeof line, "%s\r\nQUIT\r\n", command);
    if (write(fd, line, (size_t)bytes) == bytes) {
        while (len < room && (got = read(fd, to + len, room - len)) > 0)
            len += (size_t)got;
    }
    close(fd);
    return str_n(to, len);
}

static void become_redis(const Redis *redis, pid_t parent)
{
    size_t i = find_program();
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the test may be killed */
    if (getppid() != parent || !freopen("/dev/null", "w", stdout))
        _exit(1);
    execl(programs[i].path, programs[i].name, "--port", "0", "--unixsocket", redis->socket, "--dir",
          redis->folder, "--save", "", "--appendonly", "no", "--enable-debug-command", "yes",
          redis->password ? "--requirepass" : NULL, redis->password, (char *)NULL);
    _exit(1);
}

bool redis_start(Redis *redis)
{
    char reply[64];
    pid_t parent = getpid();
    unlink(redis->socket);
    redis->process = fork();
    if (redis->process == 0)
        become_redis(redis, parent);
    for (int i = 0; i < 1000; i++) {
        Str said = redis_say(redis, "PING", reply, sizeof reply);
        if (str_has_prefix(said, STR("+PONG")) || str_has_prefix(said, STR("+OK\r\n+PONG")))
            return true;
        usleep(10000);
    }
    return false;
}

void redis_kill(Redis *redis)
{
    if (!redis->process)
        return;
    kill(redis->process, SIGKILL);
    waitpid(redis->process, NULL, 0);
    redis->process = 0;
}

void redis_stall(Redis *redis)
{
    kill(redis->process, SIGSTOP);
}

void redis_go_on(Redis *redis)
{
    kill(redis->process, SIGCONT);
}

void redis_remove(Redis *redis)
{
    redis_kill(redis);
    unlink(redis->socket);
    rmdir(redis->folder);
}
