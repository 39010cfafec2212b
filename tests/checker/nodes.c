/* tests/checker/nodes.c - the processes of one store, and what is done to them. */
#include "checker/checker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const settings[] = {"--client-ids", "on", "--threads", "2", NULL};

static unsigned chance(World *world, unsigned sides)
{
    world->plan.seed = world->plan.seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(world->plan.seed >> 33) % sides;
}

static bool node_up(World *world, unsigned i)
{
    Node *node = &world->nodes[i];
    if (!served_again(&node->served, settings))
        return false;
    atomic_store(&node->port, node->served.port);
    return true;
}

bool nodes_start(World *world)
{
    Served *first = &world->nodes[0].served;
    Arena *arena = world->forever;
    if (!served_make(first, arena, world->plan.program, world->plan.store))
        return false;
    world->token = first->writer;
    for (unsigned i = 0; i < world->plan.node_count; i++) {
        world->nodes[i].served = *first;
        if (!node_up(world, i))
            return false;
    }
    return true;
}

/* ---- trouble ------------------------------------------------------------------------------- */

static void sleep_ms(World *world, unsigned ms)
{
    for (unsigned i = 0; i < ms && !atomic_load(&world->stop); i += 10)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void kill_node(World *world)
{
    unsigned i = chance(world, world->plan.node_count);
    note(world, "node %u is killed", i);
    atomic_store(&world->nodes[i].port, 0);
    (void)served_end(&world->nodes[i].served, SIGKILL);
    sleep_ms(world, chance(world, 800));
    if (!node_up(world, i))
        anomaly(world, "node %u does not start again", i);
}

static void run_in_shell(World *world, const char *command)
{
    int code = system(command);
    if (code)
        note(world, "\"%s\" ended with %d", command, code);
}

/* By the superuser of the test database: tests/support/postgres.h. */
static void break_connections(World *world)
{
    char command[512];
    note(world, "the connections of the database are broken");
    snprintf(command, sizeof(command),
             "%s/checker-sql '%s' \"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
             "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < "
             "0.7\" >/dev/null",
             world->plan.folder, world->plan.database);
    run_in_shell(world, command);
}

static void restart_database(World *world)
{
    char command[512];
    const char *how = chance(world, 2) ? "fast" : "immediate";
    note(world, "the database is restarted (%s)", how);
    snprintf(command, sizeof(command), "%s/checker-restart '%s' %s >/dev/null 2>&1",
             world->plan.folder, world->plan.database, how);
    run_in_shell(world, command);
}

void *nodes_trouble(void *of)
{
    World *world = of;
    const Plan *plan = &world->plan;
    for (;;) {
        sleep_ms(world, 1200 + chance(world, 1500));
        if (atomic_load(&world->stop))
            return NULL;
        unsigned what = chance(world, 10);
        if (plan->restarts && what == 0)
            restart_database(world);
        else if (plan->breaks && what < 5)
            break_connections(world);
        else if (plan->kills)
            kill_node(world);
    }
}

bool nodes_heal(World *world)
{
    for (unsigned i = 0; i < world->plan.node_count; i++) {
        if (world->nodes[i].served.pid < 0 && !node_up(world, i))
            return false;
    }
    return true;
}

bool nodes_stop(World *world)
{
    bool good = true;
    for (unsigned i = 0; i < world->plan.node_count; i++) {
        int code = served_end(&world->nodes[i].served, SIGTERM);
        if (code != 0) {
            anomaly(world, "node %u ended with %d", i, code);
            good = false;
        }
    }
    return good;
}

/* ---- commands -------------------------------------------------------------------------------- */

bool nodes_reindex(World *world)
{
    static const char *const args[] = {"reindex", "--type", "Basic", NULL};
    Served served = world->nodes[0].served;
    served.arena = arena_new((size_t)64 << 20, false);
    Str output;
    int code = served_run(&served, args, STR_EMPTY, &output);
    arena_free(served.arena);
    return code == 0;
}

/* Marks the requests on these lines, "17 2026-11-21... request ck-12-"; the number of the last. */
static uint64_t mark_requests(Str lines, uint8_t *found, uint64_t count)
{
    uint64_t last = 0;
    while (lines.len) {
        Str line = str_cut(&lines, '\n');
        const char *at = memmem(line.at, line.len, " request ck-", 12);
        uint64_t number = 0;
        (void)str_to_u64(str_head(line, str_index(line, ' ')), &last);
        if (!at)
            continue;
        Str rest = str_n(at + 12, line.len - (size_t)(at + 12 - line.at));
        if (str_to_u64(str_cut(&rest, '-'), &number) && number < count)
            found[number] = 1;
    }
    return last;
}

bool nodes_read_audit(World *world, uint8_t *found, uint64_t count)
{
    Served served = world->nodes[0].served;
    for (uint64_t from = 1, last;; from = last + 1) {
        char first[24];
        Str output;
        const char *const args[] = {"audit", "list", "--from", first, "--count", "4000", NULL};
        snprintf(first, sizeof(first), "%llu", (unsigned long long)from);
        served.arena = arena_new((size_t)16 << 20, false);
        bool good = served_run(&served, args, STR_EMPTY, &output) == 0;
        last = good ? mark_requests(output, found, count) : 0;
        arena_free(served.arena);
        if (!good || !last)
            return good;
    }
}
