/* tests/support/cluster.c - ports, processes, a configuration for haproxy. */
#include "support/cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 600, TRY_MS = 50 };

/* ---- ports ------------------------------------------------------------------------------- */

/* One that is kept until the cluster ends. */
static uint16_t free_port(Cluster *cluster)
{
    uint16_t port = 0;
    assert(cluster->port_count < COUNT_OF(cluster->ports));
    cluster->ports[cluster->port_count++] = served_keep_port(&port);
    return port;
}

static bool answers(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
    close(fd);
    return good;
}

static bool wait_until_it_answers(uint16_t port)
{
    struct timespec nap = {.tv_nsec = TRY_MS * 1000000L};
    for (int i = 0; i < TRIES; i++) {
        if (answers(port))
            return true;
        nanosleep(&nap, NULL);
    }
    return false;
}

/* ---- processes ----------------------------------------------------------------------------- */

/* The first that is there. */
static const char *find_program(const char *const *places)
{
    for (; *places; places++) {
        if (access(*places, X_OK) == 0)
            return *places;
    }
    return NULL;
}

static pid_t start(const char *const *args, Str log)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int out = open(log.at, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(args[0], (char *const *)(uintptr_t)args);
    _exit(127);
}

static void end(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    *pid = -1;
}

static Str in_folder(Cluster *cluster, const char *name)
{
    return arena_format(cluster->arena, STR_FMT "/%s", STR_ARG(cluster->folder), name);
}

/* ---- Redis ------------------------------------------------------------------------------------
 */

bool cluster_redis_again(Cluster *cluster)
{
    static const char *const places[] = {"/usr/bin/valkey-server", "/usr/bin/redis-server", NULL};
    const char *program = find_program(places);
    if (!program)
        return false;
    Str port = str_from(cluster->redis_url, strlen("redis://127.0.0.1:"));
    const char *args[] = {program,  "--port", port.at,        "--bind", "127.0.0.1",
                          "--save", "",       "--appendonly", "no",     NULL};
    uint64_t number = 0;
    cluster->redis = start(args, in_folder(cluster, "redis.log"));
    return str_to_u64(port, &number) && wait_until_it_answers((uint16_t)number);
}

void cluster_redis_end(Cluster *cluster)
{
    end(&cluster->redis);
}

/* ---- haproxy -----------------------------------------------------------------------------------
 */

static bool write_balancing(Cluster *cluster, Str path)
{
    FILE *file = fopen(path.at, "we");
    if (!file)
        return false;
    fprintf(file,
            "defaults\n  mode http\n  timeout connect 2s\n  timeout client 60s\n"
            "  timeout server 60s\n  retries 3\n  option redispatch\n"
            "  retry-on conn-failure\n"
            "listen aceso\n  bind 127.0.0.1:%u\n  balance leastconn\n"
            "  option httpchk GET /healthz\n  http-check expect status 200\n"
            "  default-server check inter 200 fall 1 rise 1\n",
            cluster->port);
    for (size_t i = 0; i < cluster->count; i++)
        fprintf(file, "  server node%zu 127.0.0.1:%u\n", i + 1, cluster->nodes[i].port);
    return fclose(file) == 0;
}

static bool start_balancer(Cluster *cluster)
{
    static const char *const places[] = {"/usr/sbin/haproxy", NULL};
    const char *program = find_program(places);
    Str settings = in_folder(cluster, "haproxy.cfg");
    if (!program)
        return true;
    cluster->port = free_port(cluster);
    const char *args[] = {program, "-db", "-f", settings.at, NULL};
    if (!write_balancing(cluster, settings))
        return false;
    cluster->balancer = start(args, in_folder(cluster, "haproxy.log"));
    return wait_until_it_answers(cluster->port);
}

/* ---- nodes
 * ---------------------------------------------------------------------------------------- */

static Str address_of(Cluster *cluster, const char *conninfo)
{
    return arena_format(cluster->arena, "postgres:%s", conninfo);
}

static bool make_record(Cluster *cluster, const char *program, const TestPostgres *postgres)
{
    const char *init[] = {"init", "--role", postgres->app_role, "--reader", postgres->reader_role,
                          NULL};
    Served maker = {.program = program,
                    .arena = cluster->arena,
                    .store = address_of(cluster, postgres->owner),
                    .key_file = in_folder(cluster, "key")};
    if (served_run(&maker, init, STR_EMPTY, NULL) != 0)
        return false;
    maker.store = address_of(cluster, postgres->app);
    if (!served_fill(&maker))
        return false;
    cluster->writer = maker.writer;
    cluster->reader = maker.reader;
    return true;
}

static bool start_node(Cluster *cluster, const char *program, const TestPostgres *postgres,
                       size_t i)
{
    Served *node = &cluster->nodes[i];
    *node = (Served){.program = program,
                     .arena = cluster->arena,
                     .folder = arena_format(cluster->arena, STR_FMT "/node-%zu",
                                            STR_ARG(cluster->folder), i + 1),
                     .store = address_of(cluster, postgres->app),
                     .key_file = in_folder(cluster, "key"),
                     .writer = cluster->writer,
                     .reader = cluster->reader,
                     .pid = -1,
                     .out = -1,
                     .listener = -1,
                     .wanted_port = free_port(cluster)};
    return mkdir(node->folder.at, 0700) == 0 && served_again(node, cluster->settings);
}

int cluster_end(Cluster *cluster, size_t node, int signal)
{
    return served_end(&cluster->nodes[node], signal);
}

bool cluster_again(Cluster *cluster, size_t node)
{
    return served_again(&cluster->nodes[node], cluster->settings);
}

/* ---- all together
 * ------------------------------------------------------------------------------------ */

static void add_setting(Cluster *cluster, const char *name, const char *value)
{
    size_t count = 0;
    while (cluster->settings[count])
        count++;
    assert(count + 2 < COUNT_OF(cluster->settings));
    cluster->settings[count] = name;
    cluster->settings[count + 1] = value;
}

static bool has_setting(const Cluster *cluster, const char *name)
{
    for (size_t i = 0; cluster->settings[i]; i++) {
        if (strcmp(cluster->settings[i], name) == 0)
            return true;
    }
    return false;
}

static bool start_all(Cluster *cluster, const char *program, const TestPostgres *postgres)
{
    cluster->redis_url = arena_format(cluster->arena, "redis://127.0.0.1:%u", free_port(cluster));
    if (!has_setting(cluster, "--redis") && cluster_redis_again(cluster))
        add_setting(cluster, "--redis", cluster->redis_url.at);
    if (!make_record(cluster, program, postgres))
        return false;
    for (size_t i = 0; i < cluster->count; i++) {
        if (!start_node(cluster, program, postgres, i))
            return false;
    }
    return start_balancer(cluster);
}

bool cluster_start(Cluster *cluster, Arena *arena, const char *program,
                   const TestPostgres *postgres, size_t count, const char *const *settings)
{
    const char *base = getenv("TMPDIR");
    *cluster = (Cluster){.arena = arena, .count = count, .redis = -1, .balancer = -1};
    assert(count <= CLUSTER_NODES_MAX);
    for (size_t i = 0; settings && settings[i] && i < COUNT_OF(cluster->settings) - 1; i++)
        cluster->settings[i] = settings[i];
    cluster->folder = arena_format(arena, "%s/aceso-cluster-XXXXXX", base && *base ? base : "/tmp");
    bool good = mkdtemp((char *)(uintptr_t)cluster->folder.at) && test_postgres_clean(postgres) &&
                start_all(cluster, program, postgres);
    if (!good) {
        fprintf(stderr, "# the cluster did not start; its logs are in " STR_FMT "\n",
                STR_ARG(cluster->folder));
        cluster_stop(cluster);
    }
    return good;
}

bool cluster_stop(Cluster *cluster)
{
    bool good = true;
    end(&cluster->balancer);
    for (size_t i = 0; i < cluster->count; i++) {
        if (cluster->nodes[i].pid > 0)
            good = cluster_end(cluster, i, SIGTERM) == 0 && good;
    }
    end(&cluster->redis);
    while (cluster->port_count)
        close(cluster->ports[--cluster->port_count]);
    if (good)
        served_remove(cluster->folder);
    return good;
}
