/* Signing in and out, sessions, tokens: what is accepted, what is refused, what is written. */
#include "auth_scene.h"

static const Str address = STR_INIT("192.0.2.7");

static void add_account(Scene *s, const char *user, const char *role)
{
    AuthAccount account = {.user = str_of(user),
                           .role = str_of(role),
                           .display = STR("Dr Marie Dupont"),
                           .reference = STR("Practitioner/md"),
                           .language = STR("nl")};
    assert_int_equal(auth_account_create(s->auth, &s->cx, s->operator, & account, password),
                     STATUS_OK);
}

static void restart(Scene *s)
{
    auth_free(s->auth);
    open_auth(s);
}

static Status try(Scene *s, const char *user, Str with, AuthWelcome *ret)
{
    AuthAttempt attempt = {.user = str_of(user), .password = with, .address = address};
    return auth_sign_in(s->auth, &s->cx, &attempt, ret);
}

static Str sign_in(Scene *s, const char *user)
{
    AuthWelcome welcome;
    assert_int_equal(try(s, user, password, &welcome), STATUS_OK);
    return welcome.cookie;
}

static Status use(Scene *s, Str cookie)
{
    const Access *access;
    return auth_session(s->auth, &s->cx, cookie, &access, NULL);
}

static AuditEntry last_audit(Scene *s)
{
    AuditEntry entry;
    assert_true(s->store->audit_count > 0);
    assert_int_equal(audit_unpack(&s->cx, s->store->audits[s->store->audit_count - 1], &entry),
                     STATUS_OK);
    return entry;
}

static void a_right_password_opens_a_session(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    AuthWelcome welcome;
    assert_int_equal(try(&s, "Dr.Dupont", password, &welcome), STATUS_OK); /* capitals alike */
    assert_int_equal(welcome.cookie.len, AUTH_COOKIE_LEN);

    const Access *access;
    AuthSession session;
    assert_int_equal(auth_session(s.auth, &s.cx, welcome.cookie, &access, &session), STATUS_OK);
    check_str(access_account(access), STR("dr.dupont"));
    check_str(access_role(access), STR("gp"));
    check_str(access_reference(access), STR("Practitioner/md"));
    assert_int_equal(access_need_write(&s.cx, access), STATUS_OK);
    Str json;
    assert_int_equal(auth_session_json(&s.cx, &session, STR_EMPTY, &json), STATUS_OK);
    check_str(json, STR("{\"user\":\"dr.dupont\",\"display\":\"Dr Marie Dupont\",\"role\":\"gp\","
                        "\"reference\":\"Practitioner/md\",\"language\":\"nl\","
                        "\"expires\":\"2026-09-21T14:28:20.000Z\"}")); /* 15 minutes later */
    AuditEntry entry = last_audit(&s);
    check_str(entry.interaction, STR("sign-in"));
    check_str(entry.account, STR("dr.dupont"));
    check_str(entry.address, address);
    assert_int_equal(entry.outcome, STATUS_OK);
    scene_end(&s);
}

static void the_store_never_holds_a_secret(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    Str secrets[3] = {password, sign_in(&s, "dr.dupont")};
    AuthToken token = {.label = STR("bridge")};
    assert_int_equal(auth_token_create(s.auth, &s.cx, s.operator, & token, 30, &secrets[2]),
                     STATUS_OK);
    AuthWelcome welcome;
    assert_int_equal(try(&s, "dr.dupont", STR("typed wrong this time"), &welcome),
                     STATUS_UNAUTHORIZED);
    assert_int_equal(try(&s, "typed in the wrong field", password, &welcome), STATUS_UNAUTHORIZED);
    const Str more[] = {STR("typed wrong this time"), STR("typed in the wrong field")};
    for (size_t i = 0; i < s.store->item_count; i++) {
        for (size_t k = 0; k < 3; k++) {
            Str value = s.store->items[i].value, key = s.store->items[i].key;
            assert_null(memmem(value.at, value.len, secrets[k].at, secrets[k].len));
            assert_null(memmem(key.at, key.len, secrets[k].at, secrets[k].len));
        }
    }
    for (size_t i = 0; i < s.store->audit_count; i++) {
        Str audit = s.store->audits[i];
        for (size_t k = 0; k < 3; k++)
            assert_null(memmem(audit.at, audit.len, secrets[k].at, secrets[k].len));
        for (size_t k = 0; k < 2; k++)
            assert_null(memmem(audit.at, audit.len, more[k].at, more[k].len));
    }
    scene_end(&s);
}

static void what_is_no_cookie_is_refused(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    Str cookie = sign_in(&s, "dr.dupont");
    AuthToken wanted = {.label = STR("bridge")};
    Str token;
    assert_int_equal(auth_token_create(s.auth, &s.cx, s.operator, & wanted, 30, &token), STATUS_OK);
    size_t commits = s.store->commits;
    const struct {
        const char *why;
        Str cookie;
    } cases[] = {
        {"nothing", STR_EMPTY},
        {"a letter short", str_head(cookie, 42)},
        {"a letter long", arena_format(s.cx.arena, STR_FMT "A", STR_ARG(cookie))},
        {"another random one", STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")},
        {"a NUL at the end",
         arena_format(s.cx.arena, STR_FMT "%c", STR_ARG(str_head(cookie, 42)), 0)},
        {"a token for programs", token},
        {"its secret part", str_from(token, 6)},
        {"what the store knows it by", s.store->items[s.store->item_count - 2].key},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(use(&s, c->cookie), STATUS_UNAUTHORIZED);
    }
    for (size_t i = 0; i < cookie.len; i++) {
        char *changed = (char *)(uintptr_t)arena_str(s.cx.arena, cookie).at;
        changed[i] ^= 1;
        assert_int_equal(use(&s, str_n(changed, cookie.len)), STATUS_UNAUTHORIZED);
    }
    const Access *access;
    assert_int_equal(auth_bearer(s.auth, &s.cx, cookie, &access), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_bearer(s.auth, &s.cx, str_from(token, 6), &access), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_bearer(s.auth, &s.cx, token, &access), STATUS_OK);
    assert_int_equal(use(&s, cookie), STATUS_OK);
    assert_int_equal(s.store->commits, commits); /* strangers cost no disk */
    scene_end(&s);
}

static void a_session_ends_when_unused_and_at_last(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    Str cookie = sign_in(&s, "dr.dupont");
    for (int minutes = 0; minutes < 12 * 60 - 14; minutes += 14) {
        assert_int_equal(use(&s, cookie), STATUS_OK);
        today += 14 * 60 * TIME_SECOND;
    }
    assert_int_equal(use(&s, cookie), STATUS_OK);
    today += 13 * 60 * TIME_SECOND;
    assert_int_equal(use(&s, cookie), STATUS_UNAUTHORIZED); /* 12 hours, though never idle */

    cookie = sign_in(&s, "dr.dupont");
    today += 15 * 60 * TIME_SECOND - 1;
    assert_int_equal(use(&s, cookie), STATUS_OK);
    today += 15 * 60 * TIME_SECOND;
    assert_int_equal(use(&s, cookie), STATUS_UNAUTHORIZED);
    scene_end(&s);
}

static void signing_out_is_for_ever(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    Str one = sign_in(&s, "dr.dupont"), two = sign_in(&s, "dr.dupont");
    assert_int_equal(auth_sign_out(s.auth, &s.cx, one, address), STATUS_OK);
    check_str(last_audit(&s).interaction, STR("sign-out"));
    assert_int_equal(use(&s, one), STATUS_UNAUTHORIZED);
    assert_int_equal(use(&s, two), STATUS_OK);
    assert_int_equal(auth_sign_out(s.auth, &s.cx, one, address), STATUS_OK); /* already */
    restart(&s);
    assert_int_equal(use(&s, one), STATUS_UNAUTHORIZED);
    assert_int_equal(use(&s, two), STATUS_OK);
    assert_int_equal(auth_session_end(s.auth, &s.cx, s.operator, STR("dr.dupont")), STATUS_OK);
    assert_int_equal(use(&s, two), STATUS_UNAUTHORIZED);
    restart(&s);
    assert_int_equal(use(&s, two), STATUS_UNAUTHORIZED);
    scene_end(&s);
}

static void signing_in_again_replaces_the_old_session(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    Str old = sign_in(&s, "dr.dupont");
    AuthAttempt attempt = {
        .user = STR("dr.dupont"), .password = password, .address = address, .old_cookie = old};
    AuthWelcome welcome;
    assert_int_equal(auth_sign_in(s.auth, &s.cx, &attempt, &welcome), STATUS_OK);
    assert_false(str_eq(old, welcome.cookie));
    assert_int_equal(use(&s, old), STATUS_UNAUTHORIZED);
    assert_int_equal(use(&s, welcome.cookie), STATUS_OK);
    scene_end(&s);
}

static void an_account_has_twenty_sessions(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    Str first = sign_in(&s, "dr.dupont");
    for (int i = 0; i < 20; i++) {
        today += TIME_SECOND;
        sign_in(&s, "dr.dupont");
    }
    AuthSession *sessions;
    size_t count;
    assert_int_equal(auth_session_list(s.auth, &s.cx, STR("dr.dupont"), &sessions, &count),
                     STATUS_OK);
    assert_int_equal(count, 20);
    assert_int_equal(use(&s, first), STATUS_UNAUTHORIZED);
    scene_end(&s);
}

/* A restart neither signs people out nor prolongs a session that was over. */
static void sessions_survive_a_restart(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    Str cookie = sign_in(&s, "dr.dupont");
    today += 10 * 60 * TIME_SECOND;
    assert_int_equal(use(&s, cookie), STATUS_OK);
    size_t commits = s.store->commits;
    assert_int_equal(auth_tidy(s.auth, &s.cx), STATUS_OK); /* as the background thread does */
    assert_int_equal(s.store->commits, commits + 1);
    assert_int_equal(auth_tidy(s.auth, &s.cx), STATUS_OK); /* nothing new to write */
    assert_int_equal(s.store->commits, commits + 1);
    today += 10 * 60 * TIME_SECOND;
    Auth *second; /* the first one was killed */
    assert_int_equal(auth_new(&s.cx, s.store, &s.options, &second), STATUS_OK);
    const Access *access;
    AuthSession session;
    assert_int_equal(auth_session(second, &s.cx, cookie, &access, &session), STATUS_OK);
    check_str(session.display, STR("Dr Marie Dupont"));
    auth_free(second);
    today += 20 * 60 * TIME_SECOND;
    restart(&s);
    assert_int_equal(use(&s, cookie), STATUS_UNAUTHORIZED); /* locked, for its owner to unlock */
    today += 12 * 60 * 60 * TIME_SECOND;
    assert_int_equal(auth_tidy(s.auth, &s.cx), STATUS_OK);
    for (size_t i = 0; i < s.store->item_count; i++) /* what is over is not kept */
        assert_false(str_eq(s.store->items[i].space, STR("session")));
    scene_end(&s);
}

static void no_disk_no_session(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    AuthWelcome welcome;
    AuthSession *sessions;
    size_t count;
    s.store->fail = STATUS_STORAGE;
    assert_int_equal(try(&s, "dr.dupont", password, &welcome), STATUS_STORAGE);
    assert_int_equal(welcome.cookie.len, 0);
    assert_int_equal(auth_session_list(s.auth, &s.cx, STR_EMPTY, &sessions, &count), STATUS_OK);
    assert_int_equal(count, 0);
    s.store->fail = STATUS_OK;
    Str cookie = sign_in(&s, "dr.dupont");
    s.store->fail = STATUS_UNAVAILABLE;
    assert_int_equal(auth_sign_out(s.auth, &s.cx, cookie, address), STATUS_UNAVAILABLE);
    assert_int_equal(use(&s, cookie), STATUS_UNAUTHORIZED); /* out all the same */
    s.store->fail = STATUS_OK;
    scene_end(&s);
}

static Scene *meanwhile_scene;
static void block_meanwhile(Store *store)
{
    UNUSED(store);
    static const StoreItem changed = {STR_INIT("account"), STR_INIT("dr.dupont"), STR_INIT("{}")};
    fake_put(meanwhile_scene->store, &changed);
}

static void an_account_changed_meanwhile_lets_nobody_in(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    AuthWelcome welcome;
    meanwhile_scene = &s;
    s.store->before_commit = block_meanwhile;
    assert_int_equal(try(&s, "dr.dupont", password, &welcome), STATUS_CONFLICT);
    AuthSession *sessions;
    size_t count;
    assert_int_equal(auth_session_list(s.auth, &s.cx, STR_EMPTY, &sessions, &count), STATUS_OK);
    assert_int_equal(count, 0);
    scene_end(&s);
}

static void a_new_password_ends_sessions_and_the_old_password(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    Str cookie = sign_in(&s, "dr.dupont");
    AuthWelcome welcome;
    assert_int_equal(auth_password_set(s.auth, &s.cx, s.operator, STR("dr.dupont"),
                                       STR("quatre chats sur un mur")),
                     STATUS_OK);
    assert_int_equal(use(&s, cookie), STATUS_UNAUTHORIZED);
    assert_int_equal(try(&s, "dr.dupont", password, &welcome), STATUS_UNAUTHORIZED);
    assert_int_equal(try(&s, "dr.dupont", STR("quatre chats sur un mur"), &welcome), STATUS_OK);
    scene_end(&s);
}

static void a_blocked_account_is_shut_everywhere(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    add_account(&s, "inf.leroy", "nurse");
    Str cookie = sign_in(&s, "dr.dupont"), other = sign_in(&s, "inf.leroy"), token;
    AuthToken wanted = {.label = STR("phone"), .user = STR("dr.dupont")};
    const Access *access;
    AuthWelcome welcome;
    assert_int_equal(auth_token_create(s.auth, &s.cx, s.operator, & wanted, 30, &token), STATUS_OK);
    assert_int_equal(auth_bearer(s.auth, &s.cx, token, &access), STATUS_OK);
    check_str(access_role(access), STR("gp"));
    CASE("and what he is sent elsewhere, by whichever name he asked for it");
    Str names[] = {STR("dr.dupont"), access_account(access)};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        check_int(auth_access_of(s.auth, &s.cx, names[i], &access), STATUS_OK);
        check_str(access_account(access), STR("dr.dupont"));
        check_str(access_role(access), STR("gp"));
        check_int(access_need_write(&s.cx, access), STATUS_FORBIDDEN);
    }
    check_int(auth_access_of(s.auth, &s.cx, STR("nobody"), &access), STATUS_NOT_FOUND);
    assert_int_equal(auth_account_block(s.auth, &s.cx, s.operator, STR("dr.dupont"), true),
                     STATUS_OK);
    assert_int_equal(use(&s, cookie), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_bearer(s.auth, &s.cx, token, &access), STATUS_UNAUTHORIZED);
    check_int(auth_access_of(s.auth, &s.cx, STR("dr.dupont"), &access), STATUS_NOT_FOUND);
    assert_int_equal(try(&s, "dr.dupont", password, &welcome), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_token_create(s.auth, &s.cx, s.operator, & wanted, 30, &token),
                     STATUS_NOT_FOUND);
    assert_int_equal(use(&s, other), STATUS_OK);
    assert_int_equal(auth_account_block(s.auth, &s.cx, s.operator, STR("dr.dupont"), false),
                     STATUS_OK);
    assert_int_equal(use(&s, cookie), STATUS_UNAUTHORIZED);
    assert_int_equal(try(&s, "dr.dupont", password, &welcome), STATUS_OK);
    scene_end(&s);
}

static void a_token_does_what_it_was_made_for(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    AuthToken reader = {.label = STR("statistics")},
              writer = {.label = STR("laboratory bridge"), .may_write = true};
    Str read_token, write_token;
    const Access *access;
    AuthToken *tokens;
    size_t count;
    assert_int_equal(auth_token_create(s.auth, &s.cx, s.operator, & reader, 1, &read_token),
                     STATUS_OK);
    assert_int_equal(auth_token_create(s.auth, &s.cx, s.operator, & writer, 90, &write_token),
                     STATUS_OK);
    assert_true(str_has_prefix(read_token, STR("aceso_")));
    for (int turn = 0; turn < 2; turn++, restart(&s)) {
        assert_int_equal(auth_bearer(s.auth, &s.cx, read_token, &access), STATUS_OK);
        check_str(access_role(access), STR("program"));
        assert_int_equal(access_need_read(&s.cx, access), STATUS_OK);
        assert_int_equal(access_need_write(&s.cx, access), STATUS_FORBIDDEN);
        assert_int_equal(auth_bearer(s.auth, &s.cx, write_token, &access), STATUS_OK);
        assert_int_equal(access_need_write(&s.cx, access), STATUS_OK);
    }
    today += TIME_DAY;
    assert_int_equal(auth_bearer(s.auth, &s.cx, read_token, &access), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_bearer(s.auth, &s.cx, write_token, &access), STATUS_OK);
    assert_int_equal(auth_token_list(s.auth, &s.cx, &tokens, &count), STATUS_OK);
    assert_int_equal(count, 1);
    check_str(tokens[0].label, STR("laboratory bridge"));
    assert_int_equal(auth_token_revoke(s.auth, &s.cx, s.operator, tokens[0].id), STATUS_OK);
    assert_int_equal(auth_bearer(s.auth, &s.cx, write_token, &access), STATUS_UNAUTHORIZED);
    assert_int_equal(auth_token_revoke(s.auth, &s.cx, s.operator, tokens[0].id), STATUS_NOT_FOUND);
    restart(&s);
    assert_int_equal(auth_bearer(s.auth, &s.cx, write_token, &access), STATUS_UNAUTHORIZED);
    scene_end(&s);
}

static void only_an_administrator_manages(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    add_account(&s, "dr.dupont", "gp");
    add_account(&s, "chef", "admin");
    const Access *doctor, *admin, *program;
    AuthToken wanted = {.label = STR("bridge"), .may_write = true};
    AuthAccount account = {.user = STR("new.one"), .role = STR("gp")};
    Str token;
    assert_int_equal(auth_session(s.auth, &s.cx, sign_in(&s, "dr.dupont"), &doctor, NULL),
                     STATUS_OK);
    assert_int_equal(auth_session(s.auth, &s.cx, sign_in(&s, "chef"), &admin, NULL), STATUS_OK);
    assert_int_equal(auth_token_create(s.auth, &s.cx, admin, &wanted, 1, &token), STATUS_OK);
    assert_int_equal(auth_bearer(s.auth, &s.cx, token, &program), STATUS_OK);
    check_str(last_audit(&s).account, STR("chef"));
    const struct {
        const char *why;
        const Access *by;
        Status status;
    } cases[] = {
        {"nobody", NULL, STATUS_UNAUTHORIZED},
        {"a doctor", doctor, STATUS_FORBIDDEN},
        {"a program", program, STATUS_FORBIDDEN},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(auth_token_create(s.auth, &s.cx, c->by, &wanted, 1, &token), c->status);
        check_int(auth_token_revoke(s.auth, &s.cx, c->by, STR("x")), c->status);
        check_int(auth_account_create(s.auth, &s.cx, c->by, &account, password), c->status);
        check_int(auth_password_set(s.auth, &s.cx, c->by, STR("chef"), password), c->status);
        check_int(auth_account_block(s.auth, &s.cx, c->by, STR("chef"), true), c->status);
        check_int(auth_session_end(s.auth, &s.cx, c->by, STR("chef")), c->status);
    }
    scene_end(&s);
}

static void an_account_is_well_formed(void **state)
{
    UNUSED(state);
    Scene s = scene_begin();
    const Str good = password;
    const struct {
        const char *why;
        AuthAccount account;
        Str password;
        Status status;
    } cases[] = {
        {"a role of the list", {.user = STR("a.b-c_d@e"), .role = STR("lab")}, good, STATUS_OK},
        {"the name is taken", {.user = STR("A.B-C_D@e"), .role = STR("gp")}, good, STATUS_CONFLICT},
        {"no role", {.user = STR("no.role")}, good, STATUS_INVALID},
        {"a role that nobody has", {.user = STR("x1"), .role = STR("root")}, good, STATUS_INVALID},
        {"the operator's role", {.user = STR("x1"), .role = STR("operator")}, good, STATUS_INVALID},
        {"one letter", {.user = STR("x"), .role = STR("gp")}, good, STATUS_INVALID},
        {"a blank", {.user = STR("dr dupont"), .role = STR("gp")}, good, STATUS_INVALID},
        {"a NUL", {.user = STR("dr\0dupont"), .role = STR("gp")}, good, STATUS_INVALID},
        {"a hash sign: programs have it",
         {.user = STR("token#12"), .role = STR("gp")},
         good,
         STATUS_INVALID},
        {"no such language",
         {.user = STR("x1"), .role = STR("gp"), .language = STR("xx")},
         good,
         STATUS_INVALID},
        {"not a reference",
         {.user = STR("x1"), .role = STR("gp"), .reference = STR("x")},
         good,
         STATUS_INVALID},
        {"broken UTF-8",
         {.user = STR("x1"), .role = STR("gp"), .display = STR("\xff")},
         good,
         STATUS_INVALID},
        {"eleven characters",
         {.user = STR("x1"), .role = STR("gp")},
         STR("trois chats"),
         STATUS_INVALID},
        {"twelve bytes are not twelve characters",
         {.user = STR("x1"), .role = STR("gp")},
         STR("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"),
         STATUS_INVALID},
        {"twelve characters",
         {.user = STR("x1"), .role = STR("gp")},
         STR("trois chats!"),
         STATUS_OK},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(auth_account_create(s.auth, &s.cx, s.operator, & c->account, c->password),
                  c->status);
    }
    AuthAccount *accounts;
    size_t count;
    assert_int_equal(auth_account_list(s.auth, &s.cx, &accounts, &count), STATUS_OK);
    assert_int_equal(count, 2);
    check_str(accounts[0].user, STR("a.b-c_d@e"));
    check_str(accounts[0].display, STR("a.b-c_d@e"));
    check_str(accounts[1].language, STR("fr"));
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_password_opens_a_session),
        cmocka_unit_test(the_store_never_holds_a_secret),
        cmocka_unit_test(what_is_no_cookie_is_refused),
        cmocka_unit_test(a_session_ends_when_unused_and_at_last),
        cmocka_unit_test(signing_out_is_for_ever),
        cmocka_unit_test(signing_in_again_replaces_the_old_session),
        cmocka_unit_test(an_account_has_twenty_sessions),
        cmocka_unit_test(sessions_survive_a_restart),
        cmocka_unit_test(no_disk_no_session),
        cmocka_unit_test(an_account_changed_meanwhile_lets_nobody_in),
        cmocka_unit_test(a_new_password_ends_sessions_and_the_old_password),
        cmocka_unit_test(a_blocked_account_is_shut_everywhere),
        cmocka_unit_test(a_token_does_what_it_was_made_for),
        cmocka_unit_test(only_an_administrator_manages),
        cmocka_unit_test(an_account_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
