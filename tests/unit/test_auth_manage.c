/* An administrator looks after the accounts of others: what is shown, who may, and that somebody
 * who administers remains. */
#include "auth_scene.h"

#include "auth/factors.h"
#include "auth/manage.h"
#include "json/json.h"

static void make(Scene *s, const char *user, const char *role)
{
    AuthAccount account = {.user = str_of(user),
                           .role = str_of(role),
                           .display = arena_format(s->cx.arena, "Called %s", user),
                           .mail = arena_format(s->cx.arena, "%s@example.org", user)};
    assert_int_equal(auth_account_create(s->auth, &s->cx, s->operator, & account, password),
                     STATUS_OK);
}

static const Access *access_of(Scene *s, const char *user)
{
    AuthAttempt attempt = {.user = str_of(user), .password = password};
    AuthWelcome welcome;
    const Access *access;
    assert_int_equal(auth_sign_in(s->auth, &s->cx, &attempt, &welcome), STATUS_OK);
    assert_int_equal(auth_session(s->auth, &s->cx, welcome.cookie, &access, NULL), STATUS_OK);
    return access;
}

static Scene begin(void)
{
    Scene s = scene_begin();
    make(&s, "boss", "admin");
    make(&s, "dr.dupont", "gp");
    make(&s, "nadia.k", "nurse");
    return s;
}

static JsonValue *list(Scene *s, const Access *by, const char *query)
{
    AuthAccountQuery asked;
    JsonValue *root;
    Str json;
    assert_int_equal(auth_accounts_asked(&s->cx, str_of(query), &asked), STATUS_OK);
    assert_int_equal(auth_accounts_json(s->auth, &s->cx, by, &asked, &json), STATUS_OK);
    assert_int_equal(json_parse(&s->cx, json, &root), STATUS_OK);
    return root;
}

static void users_are(const JsonValue *root, const char *expected)
{
    char users[256] = "";
    size_t at = 0;
    const JsonValue *all = json_get(root, STR("accounts"));
    for (size_t i = 0; i < json_count(all); i++)
        at += (size_t)snprintf(users + at, sizeof(users) - at, "%s%.*s", i ? " " : "",
                               STR_ARG(json_get_str(json_item(all, i), STR("user"))));
    check_str(str_of(users), str_of(expected));
}

static void accounts_are_found_by_their_words(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *query, *users;
    } cases[] = {
        {"all, in order of names", "", "boss dr.dupont nadia.k zoe"},
        {"a part of the name, whatever its capitals", "search=DUP", "dr.dupont"},
        {"a part of the mail address", "search=nadia.k%40example", "nadia.k"},
        {"every word must be there", "search=called+dup", "dr.dupont"},
        {"no such word", "search=called+nobody", ""},
        {"of one role", "role=nurse", "nadia.k zoe"},
        {"who has not answered yet", "state=invited", "zoe"},
        {"who was ended", "state=ended", "nadia.k"},
        {"a page", "count=2", "boss dr.dupont"},
        {"the page behind it", "count=2&after=dr.dupont", "nadia.k zoe"},
    };
    Scene s = begin();
    const Access *boss = access_of(&s, "boss");
    AuthAccount zoe = {.user = STR("zoe"), .role = STR("nurse")};
    Str link;
    assert_int_equal(auth_invite(s.auth, &s.cx, boss, &zoe, &link), STATUS_OK);
    assert_int_equal(auth_account_block(s.auth, &s.cx, boss, STR("nadia.k"), true), STATUS_OK);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        users_are(list(&s, boss, c->query), c->users);
    }
    check_str(json_get_str(list(&s, boss, "count=2"), STR("next")), STR("dr.dupont"));
    assert_true(json_is(json_get(list(&s, boss, "count=4"), STR("next")), JSON_NULL));
    scene_end(&s);
}

static void what_is_told_of_an_account(void **state)
{
    UNUSED(state);
    Scene s = begin();
    const Access *boss = access_of(&s, "boss");
    Str secret, uri;
    size_t audits = s.store->audit_count;
    today += TIME_DAY;
    access_of(&s, "dr.dupont");
    JsonValue *doctor = json_item(json_get(list(&s, boss, "search=dr."), STR("accounts")), 0);
    check_str(json_get_str(doctor, STR("state")), STR("active"));
    check_str(str_head(json_get_str(doctor, STR("signedIn")), 10), STR("2026-09-22"));
    check_str(json_str(json_get(doctor, STR("sessions"))), STR("1"));
    assert_int_equal(json_count(json_get(doctor, STR("factors"))), 0);
    assert_int_equal(s.store->audit_count - audits, 2); /* the sign-in, and who looked */
    assert_int_equal(auth_session_end(s.auth, &s.cx, boss, STR("dr.dupont")), STATUS_OK);
    assert_int_equal(auth_totp_put(s.auth, &s.cx, s.operator, STR("dr.dupont"), &secret, &uri),
                     STATUS_OK);
    AuthAccountQuery asked = {.words = STR("dr."), .limit = 1};
    Str json;
    assert_int_equal(auth_accounts_json(s.auth, &s.cx, boss, &asked, &json), STATUS_OK);
    assert_non_null(memmem(json.at, json.len, "\"factors\":[\"totp\"]", 18));
    assert_non_null(memmem(json.at, json.len, "\"sessions\":0", 12));
    assert_null(memmem(json.at, json.len, secret.at, secret.len));
    assert_null(memmem(json.at, json.len, "argon2", 6));
    JsonValue *nobody = json_item(json_get(list(&s, boss, "search=nadia"), STR("accounts")), 0);
    assert_true(json_is(json_get(nobody, STR("signedIn")), JSON_NULL));
    scene_end(&s);
}

static void what_is_asked_wrongly(void **state)
{
    UNUSED(state);
    static const struct {
        const char *query;
    } cases[] = {{"count=0"}, {"count=201"},  {"count=x"},
                 {"name=x"},  {"search=%zz"}, {"search=%FF"}};
    Scene s = begin();
    AuthAccountQuery asked;
    FOR_CASES(cases, c)
    {
        CASE(c->query);
        check(auth_accounts_asked(&s.cx, str_of(c->query), &asked) == STATUS_INVALID);
    }
    scene_end(&s);
}

/* Each act, by somebody who has no business with accounts. */
static Status look(Scene *s, const Access *by)
{
    AuthAccountQuery asked = {.limit = 10};
    Str json;
    return auth_accounts_json(s->auth, &s->cx, by, &asked, &json);
}
static Status invite(Scene *s, const Access *by)
{
    AuthAccount account = {.user = STR("new.one"), .role = STR("admin")};
    Str link;
    bool mailed;
    return auth_invite_by_mail(s->auth, &s->cx, by, &account, &link, &mailed);
}
static Status promote(Scene *s, const Access *by)
{
    AuthAccount account = {.user = STR("nadia.k"), .role = STR("admin")};
    return auth_account_change(s->auth, &s->cx, by, &account);
}
static Status end(Scene *s, const Access *by)
{
    return auth_account_block(s->auth, &s->cx, by, STR("nadia.k"), true);
}
static Status open_again(Scene *s, const Access *by)
{
    return auth_account_block(s->auth, &s->cx, by, STR("nadia.k"), false);
}
static Status reset(Scene *s, const Access *by)
{
    return auth_factors_reset(s->auth, &s->cx, by, STR("nadia.k"));
}
static Status sign_out(Scene *s, const Access *by)
{
    return auth_session_end(s->auth, &s->cx, by, STR("nadia.k"));
}

static void only_administrators_do_it(void **state)
{
    UNUSED(state);
    static const struct {
        const char *act;
        Status (*run)(Scene *s, const Access *by);
    } cases[] = {{"list", look},        {"invite", invite},         {"change a role", promote},
                 {"end", end},          {"open again", open_again}, {"reset factors", reset},
                 {"sign out", sign_out}};
    static const char *const roles[] = {"gp",           "specialist", "physio",  "nurse",
                                        "psychologist", "secretary",  "billing", "pharmacist",
                                        "lab",          "patient",    "proxy",   "auditor"};
    Scene s = begin();
    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        Str user = arena_format(s.cx.arena, "a.%s", roles[i]);
        make(&s, user.at, roles[i]);
        const Access *access = access_of(&s, user.at);
        size_t commits = s.store->commits;
        FOR_CASES(cases, c)
        {
            CASE(c->act);
            check(c->run(&s, access) == STATUS_FORBIDDEN);
            check(c->run(&s, NULL) == STATUS_UNAUTHORIZED);
        }
        assert_int_equal(s.store->commits, commits); /* nothing has happened */
    }
    const Access *boss = access_of(&s, "boss");
    FOR_CASES(cases, c)
    {
        CASE(c->act);
        size_t audits = s.store->audit_count;
        check(c->run(&s, boss) == STATUS_OK);
        check(s.store->audit_count > audits);
    }
    scene_end(&s);
}

static Status end_boss(Scene *s, const Access *by)
{
    return auth_account_block(s->auth, &s->cx, by, STR("boss"), true);
}
static Status demote_boss(Scene *s, const Access *by)
{
    AuthAccount account = {.user = STR("boss"), .role = STR("nurse")};
    return auth_account_change(s->auth, &s->cx, by, &account);
}

static void no_other(Scene *s)
{
    UNUSED(s);
}
static void one_who_signs_in(Scene *s)
{
    make(s, "deputy", "admin");
}
static void one_who_was_ended(Scene *s)
{
    make(s, "deputy", "admin");
    assert_int_equal(auth_account_block(s->auth, &s->cx, s->operator, STR("deputy"), true),
                     STATUS_OK);
}
static void one_who_has_not_answered(Scene *s)
{
    AuthAccount deputy = {.user = STR("deputy"), .role = STR("admin")};
    Str link;
    assert_int_equal(auth_invite(s->auth, &s->cx, s->operator, & deputy, &link), STATUS_OK);
}

static void somebody_who_administers_remains(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        void (*others)(Scene *s);
        Status (*act)(Scene *s, const Access *by);
        Status expected;
    } cases[] = {
        {"he ends his own, the only one", no_other, end_boss, STATUS_CONFLICT},
        {"he steps down, the only one", no_other, demote_boss, STATUS_CONFLICT},
        {"another was ended before", one_who_was_ended, end_boss, STATUS_CONFLICT},
        {"another was invited only", one_who_has_not_answered, demote_boss, STATUS_CONFLICT},
        {"there is another", one_who_signs_in, end_boss, STATUS_OK},
        {"there is another to take over", one_who_signs_in, demote_boss, STATUS_OK},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Scene s = begin();
        const Access *boss = access_of(&s, "boss");
        c->others(&s);
        check(c->act(&s, boss) == c->expected);
        AuthAttempt attempt = {.user = STR("boss"), .password = password};
        AuthWelcome welcome;
        Status after = auth_sign_in(s.auth, &s.cx, &attempt, &welcome);
        check((after == STATUS_OK) == (c->expected != STATUS_OK || c->act == demote_boss));
        scene_end(&s);
    }
}

/* The person at the machine can make another at once. */
static void the_operator_may_end_the_last(void **state)
{
    UNUSED(state);
    Scene s = begin();
    assert_int_equal(end_boss(&s, s.operator), STATUS_OK);
    scene_end(&s);
}

/* What is not about administering at all stays possible for the last one. */
static void the_last_one_is_changed_otherwise(void **state)
{
    UNUSED(state);
    Scene s = begin();
    const Access *boss = access_of(&s, "boss");
    AuthAccount renamed = {.user = STR("boss"), .display = STR("Somebody else")};
    assert_int_equal(auth_account_change(s.auth, &s.cx, boss, &renamed), STATUS_OK);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_are_found_by_their_words),
        cmocka_unit_test(what_is_told_of_an_account),
        cmocka_unit_test(what_is_asked_wrongly),
        cmocka_unit_test(only_administrators_do_it),
        cmocka_unit_test(somebody_who_administers_remains),
        cmocka_unit_test(the_operator_may_end_the_last),
        cmocka_unit_test(the_last_one_is_changed_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
