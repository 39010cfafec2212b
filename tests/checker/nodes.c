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
    const char *store = world->plan.store;
    if (world->postgres)
        store = arena_format(arena, "postgres:%s", world->postgres->owner).at;
    if (world->plan.lazy &&
        !(test_postgres_sql(world->postgres, "ALTER SYSTEM SET synchronous_commit = off") &&
          test_postgres_sql(world->postgres, "ALTER SYSTEM SET wal_writer_delay = '5s'") &&
          test_postgres_sql(world->postgres, "SELECT pg_reload_conf()")))
        return false;
    if (world->plan.mutant) {
        setenv("LD_PRELOAD", world->plan.mutant, 1);
        setenv("ACESO_MUTANT", world->plan.mutant_name, 1);
    }
    if (!served_make(first, arena, world->plan.program, store))
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

enum { START_TRIES = 10, LONG_PAUSE_MS = 9000 /* longer than any claim on work lasts */ };

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
    /* A command that found no server may have the store's file for a moment. */
    bool up = node_up(world, i);
    for (unsigned tries = 1; !up && tries < START_TRIES; tries++) {
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        up = node_up(world, i);
    }
    if (!up)
        anomaly(world, "node %u does not start again", i);
}

/* It stands still, as a machine that is moved or swaps does: what it knew may be long past. */
static void pause_node(World *world)
{
    unsigned i = chance(world, world->plan.node_count);
    unsigned ms = chance(world, 8) ? 20 + chance(world, 1500) : LONG_PAUSE_MS;
    note(world, "node %u stands still for %u ms", i, ms);
    kill(world->nodes[i].served.pid, SIGSTOP);
    sleep_ms(world, ms);
    kill(world->nodes[i].served.pid, SIGCONT);
}

static void break_connections(World *world)
{
    note(world, "connections of the database are broken");
    if (!test_postgres_sql(world->postgres,
                           "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                           "pg_backend_pid() AND backend_type = 'client backend' AND random() < "
                           "0.7"))
        note(world, "... which failed");
}

/* As a crash would. */
static void restart_database(World *world)
{
    note(world, "the database is restarted");
    if (!test_postgres_order(TEST_POSTGRES_RESTART))
        anomaly(world, "the database does not start again");
}

void *nodes_trouble(void *of)
{
    World *world = of;
    const Plan *plan = &world->plan;
    for (;;) {
        sleep_ms(world, plan->pauses ? chance(world, 600) : 1200 + chance(world, 1500));
        if (atomic_load(&world->stop))
            return NULL;
        if (plan->pauses &&
            (chance(world, 4) || !(plan->restarts || plan->breaks || plan->kills))) {
            pause_node(world);
            continue;
        }
        unsigned what = chance(world, 10);
        if (plan->restarts && (what == 0 || !(plan->breaks || plan->kills)))
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
