/* Claims on conditions: one holder at a time, all names or none, nobody waits for ever. */
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "record/claim.h"

static const uint8_t key[16] = "a store's";

static void nap(long ms)
{
    struct timespec time = {.tv_nsec = ms * 1000000};
    nanosleep(&time, NULL);
}

typedef struct {
    Claims *claims;
    Ctx cx;
    Str names[2];
    size_t count;
    atomic_bool held;
} Waiting;

static void *take_one(void *arg)
{
    Waiting *w = arg;
    Claim *claim = NULL;
    check_int(claim_take(w->claims, &w->cx, w->names, w->count, &claim), STATUS_OK);
    atomic_store(&w->held, true);
    claim_give_back(claim);
    return NULL;
}

static void who_comes_second_waits(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str first[2], second[2];
        bool waits;
    } cases[] = {
        {"the same condition",
         {STR_INIT("a"), STR_INIT("b")},
         {STR_INIT("a"), STR_INIT("c")},
         true},
        {"in another order", {STR_INIT("a"), STR_INIT("b")}, {STR_INIT("c"), STR_INIT("b")}, true},
        {"others", {STR_INIT("a"), STR_INIT("b")}, {STR_INIT("c"), STR_INIT("d")}, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Claims claims;
        Ctx cx = testing_ctx();
        Claim *first;
        pthread_t thread;
        claims_init(&claims, key);
        check_int(claim_take(&claims, &cx, c->first, 2, &first), STATUS_OK);
        Waiting w = {.claims = &claims,
                     .cx = testing_ctx(),
                     .names = {c->second[0], c->second[1]},
                     .count = 2};
        check_int(pthread_create(&thread, NULL, take_one, &w), 0);
        for (int i = 0; !c->waits && !atomic_load(&w.held) && i < 20000; i++)
            nap(1);
        if (c->waits)
            nap(20);
        check_int(atomic_load(&w.held), !c->waits);
        claim_give_back(first);
        pthread_join(thread, NULL);
        check(atomic_load(&w.held));
        arena_free(w.cx.arena);
        arena_free(cx.arena);
        claims_clear(&claims);
    }
}

static void a_deadline_ends_the_wait(void **state)
{
    UNUSED(state);
    Claims claims;
    Ctx cx = testing_ctx(), other = testing_ctx();
    Claim *first, *second = NULL;
    Str name = STR("a");
    claims_init(&claims, key);
    check_int(claim_take(&claims, &cx, &name, 1, &first), STATUS_OK);
    other.deadline = time_monotonic() + 20 * TIME_MS;
    check_int(claim_take(&claims, &other, &name, 1, &second), STATUS_TIMEOUT);
    check(!second && other.issues);
    CASE("a request that ends gives back what it held");
    arena_free(cx.arena);
    other.deadline = time_monotonic() + 60 * TIME_SECOND;
    check_int(claim_take(&claims, &other, &name, 1, &second), STATUS_OK);
    CASE("giving back twice is nothing");
    claim_give_back(second);
    claim_give_back(second);
    claim_give_back(NULL);
    arena_free(other.arena);
    claims_clear(&claims);
}

/* ---- many ------------------------------------------------------------------------------- */

enum { THREADS = 8, NAMES = 6, ROUNDS = 2000 };

static Claims shared;
static atomic_int holders[NAMES];

static void *take_some(void *arg)
{
    unsigned chance = *(unsigned *)arg;
    Ctx cx = testing_ctx();
    for (int i = 0; i < ROUNDS; i++) {
        char text[NAMES] = "abcdef";
        Str names[NAMES];
        int mine[NAMES];
        size_t count = 0;
        for (int n = 0; n < NAMES; n++) {
            chance = chance * 1103515245 + 12345;
            if ((chance >> 16) % 3)
                continue;
            mine[count] = n;
            names[count++] = str_n(&text[n], 1);
        }
        Claim *claim = NULL;
        check_int(claim_take(&shared, &cx, names, count, &claim), STATUS_OK);
        for (size_t n = 0; n < count; n++)
            check_int(atomic_fetch_add(&holders[mine[n]], 1), 0);
        for (size_t n = 0; n < count; n++)
            atomic_fetch_sub(&holders[mine[n]], 1);
        claim_give_back(claim);
        arena_clear(cx.arena);
    }
    arena_free(cx.arena);
    return NULL;
}

static void many_take_turns(void **state)
{
    UNUSED(state);
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];
    claims_init(&shared, key);
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i * 7919 + 1;
        check_int(pthread_create(&threads[i], NULL, take_some, &seeds[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    claims_clear(&shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_comes_second_waits),
        cmocka_unit_test(a_deadline_ends_the_wait),
        cmocka_unit_test(many_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
