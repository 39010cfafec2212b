/* Two nodes on one store: who signed in on one is known on the other, and who was signed out on
 * one gets nothing from the other. The nodes have no thread of their own here, and hear nothing:
 * what must hold holds without messages and without luck in time. */
#include <unistd.h>

#include "auth_scene.h"

typedef struct {
    Scene s; /* its auth is the first node */
    Auth *other;
} Network;

static Network network_begin(void)
{
    Network n = {.s = {.cx = testing_ctx(), .store = fake_store_new()}};
    today = (Time)1790000000 * TIME_SECOND;
    n.s.options = (AuthOptions){.clock = test_clock};
    n.s.store->shared = true;
    n.s.operator= auth_operator(n.s.cx.arena);
    open_auth(&n.s);
    check(auth_new(&n.s.cx, n.s.store, &n.s.options, &n.other) == STATUS_OK);
    AuthAccount account = {.user = STR("dupont"), .role = STR("gp")};
    check(auth_account_create(n.s.auth, &n.s.cx, n.s.operator, & account, password) == STATUS_OK);
    return n;
}

static void network_end(Network *n)
{
    auth_free(n->other);
    scene_end(&n->s);
}

static Str sign_in(Network *n, Auth *at)
{
    AuthWelcome welcome;
    AuthAttempt from = {.user = STR("dupont"), .password = password, .address = STR("192.0.2.1")};
    check(auth_sign_in(at, &n->s.cx, &from, &welcome) == STATUS_OK);
    return welcome.cookie;
}

static Status session(Network *n, Auth *at, Str cookie)
{
    const Access *access;
    return auth_session(at, &n->s.cx, cookie, &access, NULL);
}

static const Access *recognised(Network *n, Auth *at, Str cookie)
{
    const Access *access = NULL;
    return auth_session(at, &n->s.cx, cookie, &access, NULL) == STATUS_OK ? access : NULL;
}

/* What a request does that shows something about a person. */
static bool commit_holds(Network *n, const Access *access)
{
    Str entry = STR("entry");
    StoreCommit commit = {.audits = &entry, .audit_count = 1};
    commit.epochs[STORE_EPOCH_AUTH] = access_epoch(access); /* as store_submit does */
    check(access_epoch(access) > 0);
    Status status = store_commit(n->s.store, &n->s.cx, n->s.operator, & commit);
    check((status == STATUS_OK) == !commit.stale);
    return status == STATUS_OK;
}

/* As http does it: recognised, then committed, and from the beginning when that was too late. */
static bool is_served(Network *n, Auth *at, Str cookie)
{
    const Access *access = recognised(n, at, cookie);
    while (access && !commit_holds(n, access)) {
        if (access_renew(&n->s.cx, &access) != STATUS_OK)
            access = NULL;
    }
    return access != NULL;
}

static void a_session_is_known_on_all_nodes(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    Str cookie = sign_in(&n, n.s.auth), token;
    check(is_served(&n, n.s.auth, cookie));
    check(is_served(&n, n.other, cookie));
    AuthToken wanted = {.label = STR("laboratory bridge")}, *tokens;
    check(auth_token_create(n.s.auth, &n.s.cx, n.s.operator, & wanted, 1, &token) == STATUS_OK);
    const Access *access;
    size_t count;
    AuthSession *sessions;
    check(auth_token_list(n.other, &n.s.cx, &tokens, &count) == STATUS_OK);
    check_int(count, 1); /* before anybody has used it here */
    check(auth_bearer(n.other, &n.s.cx, token, &access) == STATUS_OK);
    Str second = sign_in(&n, n.s.auth);
    check(auth_session_list(n.other, &n.s.cx, STR_EMPTY, &sessions, &count) == STATUS_OK);
    check_int(count, 2);
    check(is_served(&n, n.other, second));
    check(session(&n, n.other, STR("0123456789012345678901234567890123456789012")) ==
          STATUS_UNAUTHORIZED);
    network_end(&n);
}

static void sign_out(Network *n, Str cookie)
{
    check(auth_sign_out(n->s.auth, &n->s.cx, cookie, STR_EMPTY) == STATUS_OK);
}
static void sign_out_elsewhere(Network *n, Str cookie)
{
    Auth *fresh; /* a node that has never seen the cookie */
    check(auth_new(&n->s.cx, n->s.store, &n->s.options, &fresh) == STATUS_OK);
    check(auth_sign_out(fresh, &n->s.cx, cookie, STR_EMPTY) == STATUS_OK);
    auth_free(fresh);
}
static void end_all(Network *n, Str cookie)
{
    UNUSED(cookie);
    check(auth_session_end(n->s.auth, &n->s.cx, n->s.operator, STR("dupont")) == STATUS_OK);
}
static void new_password(Network *n, Str cookie)
{
    UNUSED(cookie);
    check(auth_password_set(n->s.auth, &n->s.cx, n->s.operator, STR("dupont"),
                            STR("quatre chats sur un mur")) == STATUS_OK);
}
static void block(Network *n, Str cookie)
{
    UNUSED(cookie);
    check(auth_account_block(n->s.auth, &n->s.cx, n->s.operator, STR("dupont"), true) == STATUS_OK);
}
static void sign_in_over_it(Network *n, Str cookie)
{
    AuthWelcome welcome;
    AuthAttempt from = {.user = STR("dupont"), .password = password, .old_cookie = cookie};
    check(auth_sign_in(n->s.auth, &n->s.cx, &from, &welcome) == STATUS_OK);
}

/* From the moment in which the revocation is acknowledged, nothing is shown or written for the
 * session on any node, also on one that has it in memory and has heard nothing. */
static void a_revoked_session_works_on_no_node(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        void (*revoke)(Network *n, Str cookie);
        bool made_there; /* on the node that does not revoke */
    } cases[] = {
        {"signed out", sign_out, false},
        {"signed out on a node that did not make it", sign_out, true},
        {"signed out on a node that never saw it", sign_out_elsewhere, false},
        {"signed out by an administrator", end_all, false},
        {"the same, made on the other node", end_all, true},
        {"the password was changed", new_password, true},
        {"the account was blocked", block, true},
        {"the browser signed in anew", sign_in_over_it, true},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Network n = network_begin();
        Str cookie = sign_in(&n, c->made_there ? n.other : n.s.auth);
        check(is_served(&n, n.s.auth, cookie) || c->revoke == sign_out);
        check(is_served(&n, n.other, cookie));
        const Access *before = recognised(&n, n.other, cookie); /* a request has begun */
        check(before != NULL);
        c->revoke(&n, cookie);
        check(!commit_holds(&n, before)); /* and does not get its answer */
        check(!is_served(&n, n.other, cookie));
        check(!is_served(&n, n.s.auth, cookie));
        check(session(&n, n.other, cookie) == STATUS_UNAUTHORIZED);
        network_end(&n);
    }
}

static unsigned refused_for_s(Network *n, Auth *at, Str with)
{
    AuthWelcome welcome;
    AuthAttempt from = {.user = STR("dupont"), .password = with, .address = STR("192.0.2.1")};
    Ctx cx = {.arena = n->s.cx.arena};
    Status status = auth_sign_in(at, &cx, &from, &welcome);
    check(status == (str_eq(with, password) ? STATUS_OK : STATUS_UNAUTHORIZED) ||
          status == STATUS_LOCKED_OUT);
    return status == STATUS_LOCKED_OUT ? welcome.retry_after_s : 0;
}

/* Whoever guesses in turn on two nodes is locked out as if there were one. */
static void wrong_passwords_are_counted_together(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    Auth *nodes[] = {n.s.auth, n.other};
    for (int i = 0; i < 5; i++)
        check_int(refused_for_s(&n, nodes[i % 2], STR("wrong")), 0);
    for (int i = 0; i < 4; i++)
        check_int(refused_for_s(&n, nodes[i % 2], password), 30); /* the fifth one locks both */
    today += 31 * TIME_SECOND;
    check_int(refused_for_s(&n, nodes[1], STR("wrong")), 0); /* the sixth doubles it */
    check_int(refused_for_s(&n, nodes[0], password), 60);
    today += 61 * TIME_SECOND;
    check_int(refused_for_s(&n, nodes[0], password), 0); /* right: forgiven */
    for (int i = 0; i < 4; i++)
        check_int(refused_for_s(&n, nodes[1 - i % 2], STR("wrong")), 0); /* also elsewhere */
    check_int(refused_for_s(&n, nodes[1], password), 0);
    network_end(&n);
}

static void tidying_forgets_nobody_elses_lockout(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    for (int i = 0; i < 5; i++)
        refused_for_s(&n, n.s.auth, STR("wrong"));
    Auth *fresh;
    check(auth_new(&n.s.cx, n.s.store, &n.s.options, &fresh) == STATUS_OK);
    check(auth_tidy(n.other, &n.s.cx) == STATUS_OK);
    check(auth_tidy(fresh, &n.s.cx) == STATUS_OK);
    check_int(refused_for_s(&n, n.other, password), 30);
    auth_free(fresh);
    network_end(&n);
}

static void others_go_on(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    Str mine = sign_in(&n, n.s.auth), theirs = sign_in(&n, n.other);
    sign_out(&n, theirs);
    check(is_served(&n, n.other, mine));
    check(is_served(&n, n.s.auth, mine));
    check(!is_served(&n, n.other, theirs));
    network_end(&n);
}

static void without_a_commit_it_ends_within_the_lease(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    Str cookie = sign_in(&n, n.other);
    sign_out(&n, cookie);
    usleep(1010 * 1000);
    check(session(&n, n.other, cookie) == STATUS_UNAUTHORIZED);
    network_end(&n);
}

static void nobody_is_believed_when_the_store_does_not_say(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    Str cookie = sign_in(&n, n.s.auth);
    check(is_served(&n, n.s.auth, cookie));
    n.s.store->unreadable = STATUS_UNAVAILABLE;
    check(session(&n, n.other, cookie) == STATUS_UNAVAILABLE); /* not in its memory */
    usleep(1010 * 1000);
    check(session(&n, n.s.auth, cookie) == STATUS_UNAVAILABLE); /* memory alone is too old */
    n.s.store->unreadable = STATUS_OK;
    check(session(&n, n.s.auth, cookie) == STATUS_OK);
    check(session(&n, n.other, cookie) == STATUS_OK);
    network_end(&n);
}

/* Use on one node keeps the session alive on the others, and none of them ends it. */
static void use_on_one_node_counts_on_all(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    Str cookie = sign_in(&n, n.s.auth);
    check(is_served(&n, n.other, cookie));
    for (int minute = 0; minute < 40; minute += 10) {
        today += 600 * TIME_SECOND;
        check(session(&n, n.s.auth, cookie) == STATUS_OK);
        check(auth_tidy(n.s.auth, &n.s.cx) == STATUS_OK);
        check(auth_tidy(n.other, &n.s.cx) == STATUS_OK);
    }
    check(session(&n, n.other, cookie) == STATUS_OK);
    today += 901 * TIME_SECOND;
    check(auth_tidy(n.other, &n.s.cx) == STATUS_OK);
    check(session(&n, n.s.auth, cookie) == STATUS_UNAUTHORIZED);
    check(session(&n, n.other, cookie) == STATUS_UNAUTHORIZED);
    network_end(&n);
}

/* When a session was last used is written now and then, and may come after its end. */
static void a_late_word_of_use_does_not_bring_it_back(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    Str cookie = sign_in(&n, n.s.auth);
    check(is_served(&n, n.other, cookie));
    today += 120 * TIME_SECOND;
    check(session(&n, n.other, cookie) == STATUS_OK); /* used; not yet written */
    sign_out(&n, cookie);
    check(auth_tidy(n.other, &n.s.cx) == STATUS_OK);
    check(!is_served(&n, n.other, cookie));
    Auth *fresh;
    check(auth_new(&n.s.cx, n.s.store, &n.s.options, &fresh) == STATUS_OK);
    check(!is_served(&n, fresh, cookie));
    auth_free(fresh);
    network_end(&n);
}

typedef struct {
    Network *n;
    Auth *at;
    _Atomic bool stop;
    _Atomic unsigned bad, good;
} Runner;

/* Signs in and out and is never served after it was told that it is signed out. */
static void *run(void *of)
{
    Runner *r = of;
    Scene *s = &r->n->s;
    Arena *arena = arena_new(64 << 20, false);
    while (!r->stop) {
        Ctx cx = {.arena = arena};
        const Access *access;
        AuthWelcome welcome;
        Auth *first = r->good % 2 ? r->at : s->auth, *second = r->good % 2 ? s->auth : r->at;
        AuthAttempt from = {.user = STR("dupont"), .password = password};
        if (auth_sign_in(first, &cx, &from, &welcome) == STATUS_OK &&
            auth_session(second, &cx, welcome.cookie, &access, NULL) == STATUS_OK &&
            auth_sign_out(second, &cx, welcome.cookie, STR_EMPTY) == STATUS_OK) {
            Str entry = STR("entry");
            StoreCommit commit = {.audits = &entry, .audit_count = 1};
            if (auth_session(first, &cx, welcome.cookie, &access, NULL) == STATUS_OK) {
                commit.epochs[STORE_EPOCH_AUTH] = access_epoch(access);
                if (store_commit(s->store, &cx, s->operator, & commit) == STATUS_OK)
                    r->bad++;
            }
            r->good++;
        }
        arena_clear(arena);
    }
    arena_free(arena);
    return NULL;
}

static void under_a_crowd(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    enum { RUNNERS = 4 };
    static Runner runners[RUNNERS];
    pthread_t threads[RUNNERS];
    for (size_t i = 0; i < RUNNERS; i++) {
        runners[i] = (Runner){.n = &n, .at = n.other};
        pthread_create(&threads[i], NULL, run, &runners[i]);
    }
    unsigned good = 0;
    usleep(1500 * 1000);
    for (int tries = 0; tries < 6000 && good <= 10; tries++) {
        usleep(10 * 1000);
        good = 0;
        for (size_t i = 0; i < RUNNERS; i++)
            good += runners[i].good;
    }
    good = 0;
    for (size_t i = 0; i < RUNNERS; i++) {
        runners[i].stop = true;
        pthread_join(threads[i], NULL);
        check_int(runners[i].bad, 0);
        good += runners[i].good;
    }
    check(good > 10);
    network_end(&n);
}

/* Two administrators, each on a node, take the other's account away at the same moment. */
static Network *fight;
static const Access *left, *right;
static Status other_ends;

static const Access *administrator(Network *n, Auth *at, const char *user)
{
    AuthAccount account = {.user = str_of(user), .role = STR("admin")};
    AuthAttempt from = {.user = account.user, .password = password};
    AuthWelcome welcome;
    check(auth_account_create(n->s.auth, &n->s.cx, n->s.operator, & account, password) ==
          STATUS_OK);
    check(auth_sign_in(at, &n->s.cx, &from, &welcome) == STATUS_OK);
    return recognised(n, at, welcome.cookie);
}

static void the_other_is_faster(Store *store)
{
    UNUSED(store);
    other_ends = auth_account_block(fight->other, &fight->s.cx, right, STR("left"), true);
}

static void somebody_who_administers_remains(void **state)
{
    UNUSED(state);
    Network n = network_begin();
    fight = &n;
    left = administrator(&n, n.s.auth, "left");
    right = administrator(&n, n.other, "right");
    n.s.store->before_commit = the_other_is_faster;
    Status ends = auth_account_block(n.s.auth, &n.s.cx, left, STR("right"), true);
    check_int(other_ends, STATUS_OK);
    check_int(ends, STATUS_CONFLICT);
    AuthAttempt from = {.user = STR("right"), .password = password};
    AuthWelcome welcome;
    check(auth_sign_in(n.s.auth, &n.s.cx, &from, &welcome) == STATUS_OK);
    network_end(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_known_on_all_nodes),
        cmocka_unit_test(a_revoked_session_works_on_no_node),
        cmocka_unit_test(wrong_passwords_are_counted_together),
        cmocka_unit_test(tidying_forgets_nobody_elses_lockout),
        cmocka_unit_test(others_go_on),
        cmocka_unit_test(without_a_commit_it_ends_within_the_lease),
        cmocka_unit_test(nobody_is_believed_when_the_store_does_not_say),
        cmocka_unit_test(use_on_one_node_counts_on_all),
        cmocka_unit_test(a_late_word_of_use_does_not_bring_it_back),
        cmocka_unit_test(under_a_crowd),
        cmocka_unit_test(somebody_who_administers_remains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
