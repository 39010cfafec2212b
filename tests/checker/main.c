/* tests/checker/main.c - checker --program ACESO [--store S] [--nodes N] [--seconds N] ...
 *
 * Speaks TAP: one test, "no anomaly". With --expect-anomaly the test is that there is one: of a
 * program that was made wrong on purpose. */
#include "checker/checker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { ROUND_BYTES = 64 << 20, SAID_MAX = 60 };

void anomaly(World *world, const char *format, ...)
{
    va_list list;
    if (atomic_fetch_add(&world->anomalies, 1) >= SAID_MAX)
        return;
    pthread_mutex_lock(&world->say);
    printf("# ANOMALY at %.3f s: ",
           (double)(time_monotonic() - world->begun) / (double)TIME_SECOND);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
    fflush(stdout);
    pthread_mutex_unlock(&world->say);
}

void note(World *world, const char *format, ...)
{
    va_list list;
    if (world->plan.quiet)
        return;
    pthread_mutex_lock(&world->say);
    printf("# %.3f s: ", (double)(time_monotonic() - world->begun) / (double)TIME_SECOND);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
    fflush(stdout);
    pthread_mutex_unlock(&world->say);
}

static void hand_init(Hand *hand, World *world, unsigned number)
{
    *hand = (Hand){.world = world,
                   .number = number,
                   .dice = world->plan.seed * 31 + number,
                   .arena = arena_new(ROUND_BYTES, false)};
    for (unsigned i = 0; i < NODES_MAX; i++)
        hand->connections[i].fd = -1;
}

static void *client_main(void *of)
{
    static void (*const jobs[])(Hand *) = {cell_write, cell_write, cell_write, cell_read,
                                           cell_read,  transfer,   transfer,   snapshot,
                                           page_walk,  count_all,  key_create, key_create};
    Hand *hand = of;
    while (!atomic_load(&hand->world->stop)) {
        uint64_t before = atomic_load(&hand->world->next_request);
        arena_clear(hand->arena);
        jobs[roll(hand, COUNT_OF(jobs))](hand);
        if (atomic_load(&hand->world->next_request) == before) /* nobody is up */
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return NULL;
}

static void run(World *world, Hand *hands)
{
    const Plan *plan = &world->plan;
    pthread_t trouble;
    bool any = plan->kills || plan->breaks || plan->restarts || plan->pauses;
    for (unsigned i = 1; i <= plan->client_count; i++)
        pthread_create(&hands[i].thread, NULL, client_main, &hands[i]);
    pthread_create(&hands[plan->client_count + 1].thread, NULL, parameters_main,
                   &hands[plan->client_count + 1]);
    if (any)
        pthread_create(&trouble, NULL, nodes_trouble, world);
    nanosleep(&(struct timespec){.tv_sec = plan->seconds}, NULL);
    atomic_store(&world->stop, true);
    if (any)
        pthread_join(trouble, NULL);
    for (unsigned i = 1; i <= plan->client_count + 1; i++)
        pthread_join(hands[i].thread, NULL);
}

/* Until each node answers: after trouble they may need a moment. */
static bool wait_until_well(Hand *hand)
{
    for (unsigned node = 0; node < hand->world->plan.node_count; node++) {
        unsigned status = 0;
        for (unsigned tries = 0; status != 200 && tries < 300; tries++) {
            arena_clear(hand->arena);
            status = ask(hand, node, "GET", STR("/fhir/Basic?_summary=count"), STR_EMPTY, STR_EMPTY)
                         .status;
            if (status != 200)
                nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        }
        if (status != 200) {
            anomaly(hand->world, "node %u does not recover (%u)", node, status);
            return false;
        }
    }
    return true;
}

static void judge_audit(World *world)
{
    uint64_t count = atomic_load(&world->next_request), lacking = 0;
    uint8_t *found = calloc(count + 1, 1);
    assert(found);
    if (!nodes_read_audit(world, found, count))
        anomaly(world, "the audit log cannot be read");
    else
        for (uint64_t i = 0; i < count; i++)
            lacking += world->answered[i] && !found[i];
    if (lacking)
        anomaly(world, "%llu answers have no entry on the audit log", (unsigned long long)lacking);
    free(found);
}

/* Where nobody was killed and nothing broke, each request had its answer, if it had to wait. */
static void judge_silence(World *world)
{
    const Plan *plan = &world->plan;
    uint64_t unknown = atomic_load(&world->unknown);
    if (unknown && !plan->kills && !plan->breaks && !plan->restarts && !plan->mutant)
        anomaly(world, "%llu requests got no answer that says what happened",
                (unsigned long long)unknown);
}

static bool read_options(Plan *plan, int count, char **args)
{
    for (int i = 1; i < count; i++) {
        const struct {
            const char *name;
            const char **text;
            unsigned *number;
            bool *flag;
        } all[] = {
            {"--program", &plan->program, NULL, NULL},
            {"--store", &plan->store, NULL, NULL},
            {"--nodes", NULL, &plan->node_count, NULL},
            {"--clients", NULL, &plan->client_count, NULL},
            {"--seconds", NULL, &plan->seconds, NULL},
            {"--postgres", NULL, NULL, &plan->postgres},
            {"--kills", NULL, NULL, &plan->kills},
            {"--breaks", NULL, NULL, &plan->breaks},
            {"--restarts", NULL, NULL, &plan->restarts},
            {"--pauses", NULL, NULL, &plan->pauses},
            {"--reindexes", NULL, NULL, &plan->reindexes},
            {"--quiet", NULL, NULL, &plan->quiet},
            {"--lazy", NULL, NULL, &plan->lazy},
            {"--stale", NULL, NULL, &plan->stale},
            {"--mutant", &plan->mutant, NULL, NULL},
            {"--mutant-name", &plan->mutant_name, NULL, NULL},
            {"--expect-anomaly", NULL, NULL, &plan->expects},
        };
        bool known = strcmp(args[i], "--seed") == 0 && i + 1 < count;
        if (known)
            plan->seed = strtoull(args[++i], NULL, 10);
        for (size_t j = 0; j < COUNT_OF(all) && !known; j++) {
            if (strcmp(args[i], all[j].name) != 0 || (!all[j].flag && i + 1 >= count))
                continue;
            known = true;
            if (all[j].flag)
                *all[j].flag = true;
            else if (all[j].text)
                *all[j].text = args[++i];
            else
                *all[j].number = (unsigned)strtoul(args[++i], NULL, 10);
        }
        if (!known)
            return false;
    }
    return plan->program && plan->node_count && plan->node_count <= NODES_MAX &&
           plan->client_count + 2 <= CLIENTS_MAX;
}

static void report(World *world, const Hand *hands)
{
    size_t ops = 0;
    for (unsigned i = 0; i < world->plan.client_count + 2; i++)
        ops += hands[i].op_count;
    printf("# %llu requests, %zu reads and writes of cells (%llu refused, %llu without an answer), "
           "%llu searches, %llu parameters made, seed %llu: %llu anomalies\n",
           (unsigned long long)atomic_load(&world->next_request), ops,
           (unsigned long long)atomic_load(&world->refused),
           (unsigned long long)atomic_load(&world->unknown),
           (unsigned long long)atomic_load(&world->searches),
           (unsigned long long)atomic_load(&world->parameters),
           (unsigned long long)world->plan.seed,
           (unsigned long long)atomic_load(&world->anomalies));
}

int main(int count, char **args)
{
    static World world;
    static Hand hands[CLIENTS_MAX];
    world.plan = (Plan){.node_count = 1, .client_count = 8, .seconds = 15, .seed = 1};
    if (!read_options(&world.plan, count, args)) {
        fprintf(stderr, "usage: checker --program ACESO [--store S] [--nodes N] [--clients N] "
                        "[--seconds N] [--seed N] [--kills] [--breaks] [--restarts] [--pauses] "
                        "[--reindexes] [--postgres] [--quiet] [--expect-anomaly]\n");
        return 2;
    }
    world.begun = time_monotonic();
    world.forever = arena_new((size_t)2 << 30, false);
    world.keys = calloc(KEYS_MAX, sizeof(KeyState));
    world.answered = calloc(KEYS_MAX * 64ull, 1);
    atomic_store(&world.next_tag, 1);
    pthread_mutex_init(&world.say, NULL);
    for (unsigned i = 0; i < KEYS_MAX; i++)
        pthread_mutex_init(&world.keys[i].lock, NULL);
    for (unsigned i = 0; i < world.plan.client_count + 2; i++)
        hand_init(&hands[i], &world, i);
    uint64_t seed = world.plan.seed;
    const char *why = NULL;
    printf("1..1\n");
    if (world.plan.postgres && !(world.postgres = test_postgres(false, &why))) {
        printf("# skipped: the nodes of one database (%s)\nok 1 - no anomaly\n", why);
        return 0;
    }
    if (!nodes_start(&world) || !cells_make(&hands[0]) || !pages_make(&hands[0])) {
        anomaly(&world, "the nodes do not start");
    } else {
        run(&world, hands);
        if (nodes_heal(&world) && wait_until_well(&hands[0])) {
            cells_judge(&hands[0], hands, world.plan.client_count + 2);
            keys_judge(&hands[0]);
            judge_audit(&world);
            judge_silence(&world);
        }
        (void)nodes_stop(&world);
    }
    world.plan.seed = seed;
    report(&world, hands);
    bool good = (atomic_load(&world.anomalies) == 0) != world.plan.expects;
    printf("%s 1 - %s\n", good ? "ok" : "not ok",
           world.plan.expects ? "what was made wrong is seen" : "no anomaly");
    return !good;
}
