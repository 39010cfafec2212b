/* tests/support/with_cluster.c - with_cluster ACESO NODES PROGRAM ARGUMENTS...
 *
 * Runs a program beside a cluster (cluster.h). It finds in its environment
 *
 *   ACESO_CLUSTER_URL        of the balancer, when haproxy is there
 *   ACESO_CLUSTER_NODES      "http://127.0.0.1:4001 http://127.0.0.1:4002"
 *   ACESO_CLUSTER_PIDS       their processes, in the same order
 *   ACESO_CLUSTER_TOKEN      that may write
 *   ACESO_CLUSTER_FOLDER     of the logs
 *
 * Without PostgreSQL it says what it skips, as tests/run reads it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cluster.h"

static void tell(Cluster *cluster)
{
    Buf urls, pids;
    buf_init(&urls, cluster->arena, 256, 4096);
    buf_init(&pids, cluster->arena, 256, 4096);
    for (size_t i = 0; i < cluster->count; i++) {
        buf_format(&urls, "%shttp://127.0.0.1:%u", i ? " " : "", cluster->nodes[i].port);
        buf_format(&pids, "%s%ld", i ? " " : "", (long)cluster->nodes[i].pid);
    }
    Str url = arena_format(cluster->arena, "http://127.0.0.1:%u", cluster->port);
    setenv("ACESO_CLUSTER_NODES", arena_str(cluster->arena, buf_str(&urls)).at, 1);
    setenv("ACESO_CLUSTER_PIDS", arena_str(cluster->arena, buf_str(&pids)).at, 1);
    setenv("ACESO_CLUSTER_TOKEN", cluster->writer.at, 1);
    setenv("ACESO_CLUSTER_FOLDER", cluster->folder.at, 1);
    if (cluster->port)
        setenv("ACESO_CLUSTER_URL", url.at, 1);
}

static int run(char **command)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid)
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **args)
{
    static Cluster cluster;
    const char *why = "";
    if (count < 4) {
        fprintf(stderr, "usage: with_cluster ACESO NODES PROGRAM ARGUMENTS...\n");
        return 2;
    }
    const TestPostgres *postgres = test_postgres(false, &why);
    if (!postgres) {
        printf("1..1\n# skipped: all of %s (%s)\nok 1 - %s\n", args[3], why, args[3]);
        return 0;
    }
    Arena *arena = arena_new((size_t)64 << 20, false);
    if (!cluster_start(&cluster, arena, args[1], postgres, strtoul(args[2], NULL, 10), NULL))
        return 1;
    tell(&cluster);
    int code = run(args + 3);
    bool good = cluster_stop(&cluster);
    arena_free(arena);
    return code ? code : !good;
}
