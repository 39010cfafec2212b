/* Guessing passwords: back-off by name and address, what it forgives, what it remembers, how
 * many hashes run at once, and that names do not show in the time an answer takes. */
#include <time.h>
#include <unistd.h>

#include "auth_scene.h"

static const Str wrong = STR_INIT("quatre chiens sur un toit");

static Scene scene(void)
{
    Scene s = scene_begin();
    AuthAccount account = {.user = STR("dr.dupont"), .role = STR("gp")};
    assert_int_equal(auth_account_create(s.auth, &s.cx, s.operator, & account, password),
                     STATUS_OK);
    return s;
}

static Status try_from(Scene *s, const char *user, Str with, const char *address, unsigned *ret_s)
{
    AuthAttempt attempt = {.user = str_of(user), .password = with, .address = str_of(address)};
    AuthWelcome welcome;
    Status status = auth_sign_in(s->auth, &s->cx, &attempt, &welcome);
    if (ret_s)
        *ret_s = welcome.retry_after_s;
    return status;
}

/* A locked name is refused whether it exists or not, with the right password too. */
static void the_fifth_wrong_password_locks_the_name(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"dr.dupont", "nobody", "two words", ""};
    for (size_t n = 0; n < COUNT_OF(names); n++) {
        Scene s = scene();
        unsigned wait_s = 0;
        testing_case = names[n];
        for (int i = 0; i < 5; i++)
            check_int(try_from(&s, names[n], wrong, "192.0.2.1", NULL), STATUS_UNAUTHORIZED);
        size_t commits = s.store->commits, audits = s.store->audit_count;
        check_int(try_from(&s, names[n], password, "192.0.2.1", &wait_s), STATUS_LOCKED_OUT);
        check_int(wait_s, 30);
        today += 10 * TIME_SECOND;
        check_int(try_from(&s, names[n], password, "198.51.100.1", &wait_s), STATUS_LOCKED_OUT);
        check_int(wait_s, 20);
        check_int(s.store->commits, commits + 1); /* the first refusal is logged, a flood is not */
        check_int(s.store->audit_count, audits + 1);
        scene_end(&s);
    }
}

static void each_further_one_doubles_the_wait_up_to_15_minutes(void **state)
{
    UNUSED(state);
    static const unsigned waits[] = {30, 60, 120, 240, 480, 900, 900};
    Scene s = scene();
    unsigned wait_s;
    for (int i = 0; i < 4; i++)
        assert_int_equal(try_from(&s, "dr.dupont", wrong, "", NULL), STATUS_UNAUTHORIZED);
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        assert_int_equal(try_from(&s, "dr.dupont", wrong, "", NULL), STATUS_UNAUTHORIZED);
        assert_int_equal(try_from(&s, "dr.dupont", wrong, "", &wait_s), STATUS_LOCKED_OUT);
        assert_int_equal(wait_s, waits[i]);
        today += waits[i] * TIME_SECOND;
    }
    assert_int_equal(try_from(&s, "dr.dupont", password, "", NULL), STATUS_OK);
    for (int i = 0; i < 4; i++) /* forgiven: four more are free */
        assert_int_equal(try_from(&s, "dr.dupont", wrong, "", NULL), STATUS_UNAUTHORIZED);
    assert_int_equal(try_from(&s, "dr.dupont", password, "", NULL), STATUS_OK);
    scene_end(&s);
}

static void a_restart_does_not_unlock(void **state)
{
    UNUSED(state);
    Scene s = scene();
    unsigned wait_s;
    for (int i = 0; i < 5; i++)
        assert_int_equal(try_from(&s, "dr.dupont", wrong, "192.0.2.1", NULL), STATUS_UNAUTHORIZED);
    today += 7 * TIME_SECOND;
    auth_free(s.auth);
    open_auth(&s);
    assert_int_equal(try_from(&s, "dr.dupont", password, "192.0.2.1", &wait_s), STATUS_LOCKED_OUT);
    assert_int_equal(wait_s, 23);
    today += 23 * TIME_SECOND;
    assert_int_equal(try_from(&s, "dr.dupont", wrong, "192.0.2.1", NULL), STATUS_UNAUTHORIZED);
    assert_int_equal(try_from(&s, "dr.dupont", wrong, "192.0.2.1", &wait_s), STATUS_LOCKED_OUT);
    assert_int_equal(wait_s, 60);
    scene_end(&s);
}

static void an_address_that_tries_many_names_is_locked(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *tries, *then;
        Status status;
    } cases[] = {
        {"the same address", "192.0.2.1", "192.0.2.1", STATUS_LOCKED_OUT},
        {"another address", "192.0.2.1", "192.0.2.2", STATUS_OK},
        {"written as IPv6", "192.0.2.1", "::ffff:192.0.2.1", STATUS_LOCKED_OUT},
        {"the same /64 of IPv6", "2001:db8::1", "2001:db8::2:3", STATUS_LOCKED_OUT},
        {"another /64", "2001:db8::1", "2001:db8:0:1::1", STATUS_OK},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scene s = scene();
        for (int i = 0; i < 20; i++) {
            Str name = arena_format(s.cx.arena, "guess%d", i);
            check_int(try_from(&s, name.at, wrong, c->tries, NULL), STATUS_UNAUTHORIZED);
        }
        check_int(try_from(&s, "dr.dupont", password, c->then, NULL), c->status);
        today += 30 * TIME_SECOND;
        check_int(try_from(&s, "dr.dupont", password, c->then, NULL), STATUS_OK);
        /* One who knows a password cannot buy guesses with it: the address stays at 20. */
        if (c->status == STATUS_LOCKED_OUT) {
            check_int(try_from(&s, "guess", wrong, c->then, NULL), STATUS_UNAUTHORIZED);
            check_int(try_from(&s, "guess", wrong, c->then, NULL), STATUS_LOCKED_OUT);
        }
        scene_end(&s);
    }
}

static void counters_are_forgotten_and_their_items_go(void **state)
{
    UNUSED(state);
    Scene s = scene();
    for (int i = 0; i < 4; i++)
        assert_int_equal(try_from(&s, "dr.dupont", wrong, "192.0.2.1", NULL), STATUS_UNAUTHORIZED);
    assert_int_equal(s.store->item_count, 3); /* account, name, address */
    today += TIME_DAY;
    assert_int_equal(auth_tidy(s.auth, &s.cx), STATUS_OK);
    assert_int_equal(s.store->item_count, 1);
    assert_int_equal(try_from(&s, "dr.dupont", wrong, "192.0.2.1", NULL), STATUS_UNAUTHORIZED);
    assert_int_equal(try_from(&s, "dr.dupont", password, "192.0.2.1", NULL), STATUS_OK);
    scene_end(&s);
}

static void a_new_password_unlocks_the_name(void **state)
{
    UNUSED(state);
    Scene s = scene();
    for (int i = 0; i < 5; i++)
        assert_int_equal(try_from(&s, "dr.dupont", wrong, "", NULL), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_password_set(s.auth, &s.cx, s.operator, STR("dr.dupont"), wrong),
                     STATUS_OK);
    assert_int_equal(try_from(&s, "dr.dupont", wrong, "", NULL), STATUS_OK);
    scene_end(&s);
}

/* ---- many at once ---------------------------------------------------------- */

typedef struct {
    Scene *scene;
    Str password;
    Status status;
    pthread_t thread;
} Attacker;

static void *attack(void *of)
{
    Attacker *attacker = of;
    Ctx cx = {.arena = arena_new(1 << 20, true)};
    AuthAttempt attempt = {.user = STR("dr.dupont"), .password = attacker->password};
    AuthWelcome welcome;
    attacker->status = auth_sign_in(attacker->scene->auth, &cx, &attempt, &welcome);
    arena_free(cx.arena);
    return NULL;
}

static void run_attack(Scene *s, Attacker *attackers, size_t count, Str with)
{
    for (size_t i = 0; i < count; i++) {
        attackers[i] = (Attacker){.scene = s, .password = with};
        assert_int_equal(pthread_create(&attackers[i].thread, NULL, attack, &attackers[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(attackers[i].thread, NULL);
}

static size_t count_of(const Attacker *attackers, size_t count, Status status)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += attackers[i].status == status;
    return found;
}

static void a_hundred_at_once_are_five_guesses(void **state)
{
    UNUSED(state);
    Scene s = scene();
    static Attacker attackers[100];
    run_attack(&s, attackers, 100, wrong);
    assert_int_equal(count_of(attackers, 100, STATUS_UNAUTHORIZED), 5);
    assert_int_equal(count_of(attackers, 100, STATUS_LOCKED_OUT), 95);
    scene_end(&s);
}

/* With one hash at a time and one that waits, three at once cannot all be served. */
static void more_than_can_wait_are_turned_away_and_not_blamed(void **state)
{
    UNUSED(state);
    Scene s = scene();
    static Attacker attackers[4];
    auth_free(s.auth);
    s.options.hashes_max = 1;
    s.options.waiting_max = 1;
    open_auth(&s);
    size_t busy = 0;
    for (int turn = 0; turn < 50 && busy == 0; turn++) {
        run_attack(&s, attackers, 4, password);
        busy = count_of(attackers, 4, STATUS_UNAVAILABLE);
        assert_int_equal(count_of(attackers, 4, STATUS_OK) + busy, 4);
    }
    assert_true(busy > 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(try_from(&s, "dr.dupont", wrong, "", NULL), STATUS_UNAUTHORIZED);
    assert_int_equal(try_from(&s, "dr.dupont", password, "", NULL), STATUS_OK);
    scene_end(&s);
}

/* Three who hash one after the other keep a fourth waiting for longer than it may live. */
static Status wait_behind_three(Scene *s, Time *ret_took)
{
    static Attacker busy[3];
    for (size_t i = 0; i < 3; i++) {
        busy[i] = (Attacker){.scene = s, .password = password};
        assert_int_equal(pthread_create(&busy[i].thread, NULL, attack, &busy[i]), 0);
    }
    usleep(5000);
    Ctx cx = testing_ctx();
    Time began = time_monotonic();
    cx.deadline = began + 10 * TIME_MS;
    AuthAttempt attempt = {.user = STR("dr.dupont"), .password = password};
    AuthWelcome welcome;
    Status status = auth_sign_in(s->auth, &cx, &attempt, &welcome);
    *ret_took = time_monotonic() - began;
    assert_int_equal(welcome.retry_after_s, status == STATUS_UNAVAILABLE);
    for (size_t i = 0; i < 3; i++)
        pthread_join(busy[i].thread, NULL);
    arena_free(cx.arena);
    return status;
}

static void waiting_ends_with_the_request(void **state)
{
    UNUSED(state);
    Scene s = scene();
    Status status = STATUS_OK;
    Time took = 0;
    auth_free(s.auth);
    s.options.hashes_max = 1;
    open_auth(&s);
    /* On a loaded machine the three may be late: then again. */
    for (int turn = 0; turn < 50 && status == STATUS_OK; turn++)
        status = wait_behind_three(&s, &took);
    assert_int_equal(status, STATUS_UNAVAILABLE);
    assert_true(took >= 10 * TIME_MS && took < 20 * TIME_SECOND);
    scene_end(&s);
}

/* ---- time ------------------------------------------------------------------ */

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double median_of(double *all, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t k = i; k > 0 && all[k] < all[k - 1]; k--) {
            double swap = all[k];
            all[k] = all[k - 1];
            all[k - 1] = swap;
        }
    }
    return all[count / 2];
}

/* The processor time of this thread, so that a loaded machine does not matter. Without the
 * password of nobody an unknown name would take a thousandth. */
static void an_unknown_name_takes_as_long_as_a_wrong_password(void **state)
{
    UNUSED(state);
    enum { TURNS = 9 };
    static const char *const names[] = {"dr.dupont", "nobody.here", "not a name", "blocked.one"};
    double times[COUNT_OF(names)][TURNS];
    Scene s = scene();
    AuthAccount blocked = {.user = STR("blocked.one"), .role = STR("nurse")};
    assert_int_equal(auth_account_create(s.auth, &s.cx, s.operator, & blocked, password),
                     STATUS_OK);
    assert_int_equal(auth_account_block(s.auth, &s.cx, s.operator, STR("blocked.one"), true),
                     STATUS_OK);
    for (size_t turn = 0; turn < TURNS; turn++) {
        today += TIME_DAY; /* no back-off */
        for (size_t n = 0; n < COUNT_OF(names); n++) {
            double began = cpu_ms();
            assert_int_equal(try_from(&s, names[n], n == 3 ? password : wrong, "", NULL),
                             STATUS_UNAUTHORIZED);
            times[n][turn] = cpu_ms() - began;
        }
    }
    double known = median_of(times[0], TURNS);
    for (size_t n = 1; n < COUNT_OF(names); n++) {
        double other = median_of(times[n], TURNS);
        print_message("# %s: %.1f ms, a known name: %.1f ms\n", names[n], other, known);
        assert_true(other > known * 0.6 && other < known * 1.6);
    }
    scene_end(&s);
}

/* Two nodes on one store, each with a memory of its own. */
static void two_nodes_count_together(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    auth_free(s.auth);
    s.store->shared = true;
    open_auth(&s);
    AuthAccount account = {.user = STR("dr.dupont"), .role = STR("gp")};
    check_int(auth_account_create(s.auth, &s.cx, s.operator, & account, password), STATUS_OK);
    Scene other = s;
    open_auth(&other);
    for (int i = 0; i < 5; i++)
        check_int(try_from(i % 2 ? &other : &s, "dr.dupont", wrong, "192.0.2.1", NULL),
                  STATUS_UNAUTHORIZED);
    check_int(try_from(&s, "dr.dupont", password, "192.0.2.1", NULL), STATUS_LOCKED_OUT);
    check_int(try_from(&other, "dr.dupont", password, "192.0.2.1", NULL), STATUS_LOCKED_OUT);
    today += 31 * TIME_SECOND;
    check_int(try_from(&s, "dr.dupont", password, "192.0.2.1", NULL), STATUS_OK);
    for (int i = 0; i < 4; i++) /* forgiven on both */
        check_int(try_from(&other, "dr.dupont", wrong, "192.0.2.1", NULL), STATUS_UNAUTHORIZED);
    check_int(try_from(&other, "dr.dupont", password, "192.0.2.1", NULL), STATUS_OK);
    auth_free(other.auth);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fifth_wrong_password_locks_the_name),
        cmocka_unit_test(each_further_one_doubles_the_wait_up_to_15_minutes),
        cmocka_unit_test(a_restart_does_not_unlock),
        cmocka_unit_test(an_address_that_tries_many_names_is_locked),
        cmocka_unit_test(counters_are_forgotten_and_their_items_go),
        cmocka_unit_test(a_new_password_unlocks_the_name),
        cmocka_unit_test(a_hundred_at_once_are_five_guesses),
        cmocka_unit_test(two_nodes_count_together),
        cmocka_unit_test(more_than_can_wait_are_turned_away_and_not_blamed),
        cmocka_unit_test(waiting_ends_with_the_request),
        cmocka_unit_test(an_unknown_name_takes_as_long_as_a_wrong_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
