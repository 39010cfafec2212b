/* tests/support/cluster.h - several nodes on one database, as processes of this machine:
 * PostgreSQL (postgres.h), Redis or Valkey, the nodes, and haproxy before them.
 *
 * Each node is a Served on a port of its own, which it keeps when it is started again. Redis and
 * haproxy are there when their programs are; without them the rest works all the same.
 * with_cluster.c starts one for any other program. */
#ifndef ACESO_TESTS_CLUSTER_H
#define ACESO_TESTS_CLUSTER_H

#include "postgres.h"
#include "support/served.h"

enum { CLUSTER_NODES_MAX = 4 };

typedef struct {
    Arena *arena;
    Str folder;         /* of the key file, the logs of the nodes (node-1.log) and of haproxy */
    Str writer, reader; /* tokens */
    Served nodes[CLUSTER_NODES_MAX];
    size_t count;
    const char *settings[16];         /* of every node, NULL at the end */
    pid_t redis;                      /* -1: there is none */
    Str redis_url;                    /* redis://127.0.0.1:PORT */
    pid_t balancer;                   /* -1: there is none */
    uint16_t port;                    /* of the balancer */
    int ports[CLUSTER_NODES_MAX + 2]; /* sockets that keep the numbers of all of them */
    size_t port_count;
} Cluster;

/* A fresh record in this PostgreSQL, and so many nodes. settings: further options of `serve`, NULL
 * at the end; may be NULL. False when something failed; it was said on standard error. */
bool cluster_start(Cluster *cluster, Arena *arena, const char *program,
                   const TestPostgres *postgres, size_t count, const char *const *settings);
/* Ends all but PostgreSQL, removes the folder. False when a node did not end in good order. */
bool cluster_stop(Cluster *cluster);

/* One node, from 0: a signal and its end; and again, on the same port. */
int cluster_end(Cluster *cluster, size_t node, int signal);
bool cluster_again(Cluster *cluster, size_t node);

/* Redis: as if the machine it runs on had gone, and back, empty. */
void cluster_redis_end(Cluster *cluster);
bool cluster_redis_again(Cluster *cluster);

#endif
