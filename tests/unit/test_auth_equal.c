/* Signing in tells nobody which names there are: whoever is refused has cost the same work, counted
 * and not timed: how often Argon2id ran, what was committed, what stands on the log. The program is
 * linked so that each call of Argon2id passes here (ld --wrap). security-model.md 5. */
#include "auth_scene.h"
#include "auth/factors.h"
#include "crypto/crypto.h"

int __real_crypto_pwhash_str_verify(const char *encoded, const char *password,
                                    unsigned long long len);
int __wrap_crypto_pwhash_str_verify(const char *encoded, const char *password,
                                    unsigned long long len);
int __real_crypto_pwhash_str_alg(char *encoded, const char *password, unsigned long long len,
                                 unsigned long long passes, size_t bytes, int algorithm);
int __wrap_crypto_pwhash_str_alg(char *encoded, const char *password, unsigned long long len,
                                 unsigned long long passes, size_t bytes, int algorithm);

static unsigned hashes;
static Str cost; /* "m=19456,t=4,p=1" of the last comparison */
static char cost_room[64];

int __wrap_crypto_pwhash_str_verify(const char *encoded, const char *with, unsigned long long len)
{
    Str rest = str_of(encoded);
    for (int i = 0; i < 3; i++)
        UNUSED(str_cut(&rest, '$').len);
    cost = str_cut(&rest, '$');
    cost.len = cost.len < sizeof(cost_room) ? cost.len : sizeof(cost_room);
    memcpy(cost_room, cost.at, cost.len);
    cost.at = cost_room;
    hashes++;
    return __real_crypto_pwhash_str_verify(encoded, with, len);
}

int __wrap_crypto_pwhash_str_alg(char *encoded, const char *with, unsigned long long len,
                                 unsigned long long passes, size_t bytes, int algorithm)
{
    hashes++;
    return __real_crypto_pwhash_str_alg(encoded, with, len, passes, bytes, algorithm);
}

static const Str wrong = STR_INIT("quatre chiens sur un toit");

static Scene scene(void)
{
    Scene s = scene_begin();
    AuthAccount known = {.user = STR("dr.dupont"), .role = STR("gp")};
    AuthAccount blocked = {.user = STR("blocked.one"), .role = STR("nurse")};
    AuthAccount invited = {.user = STR("invited.one"), .role = STR("nurse")};
    Str link;
    auth_free(s.auth);
    s.options.origin = STR("https://chart.example.org");
    open_auth(&s);
    assert_int_equal(auth_account_create(s.auth, &s.cx, s.operator, & known, password), STATUS_OK);
    assert_int_equal(auth_account_create(s.auth, &s.cx, s.operator, & blocked, password),
                     STATUS_OK);
    assert_int_equal(auth_account_block(s.auth, &s.cx, s.operator, STR("blocked.one"), true),
                     STATUS_OK);
    assert_int_equal(auth_invite(s.auth, &s.cx, s.operator, & invited, &link), STATUS_OK);
    return s;
}

/* What an attempt costs, and what is said. */
typedef struct {
    Status status;
    unsigned hashes;
    size_t commits, audits, items;
    Str sentence;
} Cost;

static Cost attempt(Scene *s, Str user, Str with, Str code)
{
    AuthAttempt from = {.user = user, .password = with, .code = code, .address = STR("192.0.2.1")};
    AuthWelcome welcome;
    size_t commits = s->store->commits, audits = s->store->audit_count,
           items = s->store->item_count;
    ctx_forget(&s->cx);
    hashes = 0;
    cost = STR_EMPTY;
    Status status = auth_sign_in(s->auth, &s->cx, &from, &welcome);
    return (Cost){.status = status,
                  .hashes = hashes,
                  .commits = s->store->commits - commits,
                  .audits = s->store->audit_count - audits,
                  .items = s->store->item_count - items,
                  .sentence = s->cx.issues ? s->cx.issues->diagnostics : STR_EMPTY};
}

static void check_same(const Cost *a, const Cost *b)
{
    check_int(a->status, b->status);
    check_int(a->hashes, b->hashes);
    check_int(a->commits, b->commits);
    check_int(a->audits, b->audits);
    check_int(a->items, b->items);
    check_str(a->sentence, b->sentence);
}

static void every_refusal_has_cost_one_hash(void **state)
{
    UNUSED(state);
    char long_name[300];
    memset(long_name, 'a', sizeof long_name);
    const struct {
        const char *why;
        Str user, with, code;
    } cases[] = {
        {"an unknown name", STR("nobody.here"), wrong, STR_EMPTY},
        {"an unknown name, with somebody's password", STR("nobody.here"), password, STR_EMPTY},
        {"no name", STR("two words"), wrong, STR_EMPTY},
        {"an empty name", STR_EMPTY, wrong, STR_EMPTY},
        {"a name that is too long", str_n(long_name, sizeof long_name), wrong, STR_EMPTY},
        {"a blocked account", STR("blocked.one"), wrong, STR_EMPTY},
        {"a blocked account, with its password", STR("blocked.one"), password, STR_EMPTY},
        {"who was invited and has no password", STR("invited.one"), wrong, STR_EMPTY},
        {"and says none", STR("invited.one"), STR_EMPTY, STR_EMPTY},
        {"an unknown name with a code", STR("nobody.here"), wrong, STR("123456")},
        {"a known one with a code", STR("dr.dupont"), wrong, STR("123456")},
        {"a known one in capitals", STR("Dr.Dupont"), wrong, STR_EMPTY},
    };
    FOR_CASES(cases, c)
    {
        Scene s = scene(), other = scene();
        Cost known = attempt(&other, STR("dr.dupont"), wrong, STR_EMPTY);
        Str cost_of_known = arena_str(other.cx.arena, cost);
        CASE(c->why);
        check_int(known.status, STATUS_UNAUTHORIZED);
        check_int(known.hashes, 1);
        Cost refused = attempt(&s, c->user, c->with, c->code);
        check_same(&refused, &known);
        check_str(cost, cost_of_known); /* as much memory and as many passes */
        scene_end(&other);
        scene_end(&s);
    }
}

/* Who guesses is locked whether the name exists or not, and then nothing is hashed. */
static void a_locked_name_costs_nothing_and_says_the_same(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"dr.dupont", "nobody.here", "blocked.one", "invited.one",
                                        "two words"};
    Cost first = {0};
    FOR_CASES(names, name)
    {
        Scene s = scene();
        CASE(*name);
        for (int i = 0; i < 5; i++)
            check_int(attempt(&s, str_of(*name), wrong, STR_EMPTY).hashes, 1);
        Cost locked = attempt(&s, str_of(*name), password, STR_EMPTY);
        check_int(locked.status, STATUS_LOCKED_OUT);
        check_int(locked.hashes, 0);
        if (name == names)
            first = locked;
        check_same(&locked, &first);
        Cost again = attempt(&s, str_of(*name), password, STR_EMPTY);
        check_int(again.commits, 0); /* a flood costs no disk */
        first.sentence = STR("Too many wrong attempts. Try again in 30 seconds.");
        scene_end(&s);
    }
}

static void a_wrong_password_is_wrong_however_long(void **state)
{
    UNUSED(state);
    static char long_one[CRYPTO_PASSWORD_BYTES_MAX + 1];
    memset(long_one, 'x', sizeof long_one);
    Scene s = scene();
    Cost known = attempt(&s, STR("dr.dupont"), str_n(long_one, sizeof long_one), STR_EMPTY);
    Cost unknown = attempt(&s, STR("nobody.here"), str_n(long_one, sizeof long_one), STR_EMPTY);
    check_int(known.status, STATUS_UNAUTHORIZED);
    check_int(known.hashes, unknown.hashes);
    check_int(known.commits, unknown.commits);
    check_str(known.sentence, unknown.sentence);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_has_cost_one_hash),
        cmocka_unit_test(a_locked_name_costs_nothing_and_says_the_same),
        cmocka_unit_test(a_wrong_password_is_wrong_however_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
