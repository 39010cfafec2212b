/* Administration over HTTP: who may, what needs a fresh proof, what is said.
 *
 * Whoever is refused changes nothing and learns nothing. docs/guide/administration.md */
#include "served_fixture.h"

#include "auth/factors.h"

static Time later; /* how far the clock of sessions is ahead */
static Time moved_clock(void)
{
    return time_now() + later;
}

static Str cookie_of(const char *user)
{
    AuthAttempt attempt = {.user = str_of(user), .password = STR("trois chats sur un mur")};
    AuthWelcome welcome;
    assert_int_equal(auth_sign_in(auth, &f.cx, &attempt, &welcome), STATUS_OK);
    return arena_format(f.forever, "Cookie: __Host-aceso=" STR_FMT "\r\n", STR_ARG(welcome.cookie));
}

static void make(const char *user, const char *role)
{
    AuthAccount account = {.user = str_of(user), .role = str_of(role)};
    assert_int_equal(
        auth_account_create(auth, &f.cx, operator, & account, STR("trois chats sur un mur")),
        STATUS_OK);
}

static Str boss;

static int start_with_boss(void **state)
{
    start(state);
    /* The same server, whose sessions have a clock that the test moves. */
    assert_true(http_stop(server, 0, 10));
    auth_free(auth);
    AuthOptions own = {.clock = moved_clock, .origin = STR("http://localhost")};
    assert_int_equal(auth_new(&f.cx, f.store, &own, &auth), STATUS_OK);
    HttpOptions options = {.address = STR("127.0.0.1"), .threads = 2};
    assert_int_equal(http_start(&f.cx, &options, f.record, auth, &server), STATUS_OK);
    make("boss", "admin");
    make("nadia.k", "nurse");
    make("looker", "auditor");
    boss = cookie_of("boss");
    fixture_clear(&f);
    return 0;
}

static Answer post(Str who, const char *target, const char *body)
{
    Str headers =
        arena_format(f.cx.arena, STR_FMT OWN "Content-Type: application/json\r\n", STR_ARG(who));
    return ask(STR("POST"), str_of(target), headers, str_of(body));
}

static bool says(const Answer *answer, const char *text)
{
    return memmem(answer->body.at, answer->body.len, text, strlen(text)) != NULL;
}

static void an_administrator_sees_the_accounts(void **state)
{
    UNUSED(state);
    Answer answer = ask(STR("GET"), STR("/auth/accounts?search=nadia"), boss, STR_EMPTY);
    assert_int_equal(answer.status, 200);
    assert_true(says(&answer, "\"user\":\"nadia.k\""));
    assert_true(says(&answer, "\"state\":\"active\""));
    assert_false(says(&answer, "dr.dupont"));
    assert_false(says(&answer, "argon2"));
    answer = ask(STR("GET"), STR("/auth/accounts?nothing=1"), boss, STR_EMPTY);
    assert_int_equal(answer.status, 400);
    fixture_clear(&f);
}

static const struct {
    const char *target, *body;
} acts[] = {
    {"/auth/accounts/invite", "{\"user\":\"zoe\",\"role\":\"nurse\"}"},
    {"/auth/accounts/change", "{\"user\":\"nadia.k\",\"role\":\"physio\"}"},
    {"/auth/accounts/end", "{\"user\":\"nadia.k\"}"},
    {"/auth/accounts/open", "{\"user\":\"nadia.k\"}"},
    {"/auth/accounts/factors/reset", "{\"user\":\"nadia.k\"}"},
    {"/auth/accounts/sign-out", "{\"user\":\"nadia.k\"}"},
};

static void others_are_refused(void **state)
{
    UNUSED(state);
    static const char *const users[] = {"dr.dupont", "nadia.k", "looker"};
    for (size_t u = 0; u < COUNT_OF(users); u++) {
        testing_case = users[u];
        Str who = cookie_of(users[u]);
        Answer list = ask(STR("GET"), STR("/auth/accounts"), who, STR_EMPTY);
        check_int(list.status, 403);
        check(!says(&list, "boss"));
        for (size_t i = 0; i < COUNT_OF(acts); i++) {
            Answer answer = post(who, acts[i].target, acts[i].body);
            check_int(answer.status, 403);
            check(!says(&answer, "nadia"));
        }
        fixture_clear(&f);
    }
    /* a token is no administrator at a screen, whatever it may do */
    Answer answer = ask(STR("GET"), STR("/auth/accounts"), bearer(token), STR_EMPTY);
    check_int(answer.status, 401);
    fixture_clear(&f);
}

static void each_act_needs_a_fresh_proof(void **state)
{
    UNUSED(state);
    later = (AUTH_STEP_UP_S + 1) * TIME_SECOND;
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        testing_case = acts[i].target;
        Answer answer = post(boss, acts[i].target, acts[i].body);
        check_int(answer.status, 403);
        check(memmem(answer.headers.at, answer.headers.len, "step-up", 7) != NULL);
    }
    Answer list = ask(STR("GET"), STR("/auth/accounts"), boss, STR_EMPTY); /* looking needs none */
    check_int(list.status, 200);
    later = 0;
    fixture_clear(&f);
}

static void another_site_cannot_do_it(void **state)
{
    UNUSED(state);
    Str headers = arena_format(f.cx.arena,
                               STR_FMT "Origin: https://elsewhere.example\r\n"
                                       "Content-Type: application/json\r\n",
                               STR_ARG(boss));
    Answer answer =
        ask(STR("POST"), STR("/auth/accounts/end"), headers, STR("{\"user\":\"nadia.k\"}"));
    assert_int_equal(answer.status, 403);
    fixture_clear(&f);
}

static void an_account_from_its_invitation_to_its_end(void **state)
{
    UNUSED(state);
    Answer answer = post(boss, "/auth/accounts/invite",
                         "{\"user\":\"Zoe\",\"role\":\"nurse\",\"display\":\"Zoé\","
                         "\"reference\":\"Practitioner/z\",\"language\":\"nl\","
                         "\"mail\":\"zoe@example.org\"}");
    assert_int_equal(answer.status, 200);
    assert_true(says(&answer, "\"mailed\":false")); /* this server has no mail: */
    assert_true(says(&answer, "/welcome#"));
    answer = ask(STR("GET"), STR("/auth/accounts?search=zoe"), boss, STR_EMPTY);
    assert_true(says(&answer, "\"state\":\"invited\""));
    assert_true(says(&answer, "Practitioner/z"));
    answer = post(boss, "/auth/accounts/invite", "{\"user\":\"zed\",\"role\":\"king\"}");
    assert_int_equal(answer.status, 400);
    answer = post(boss, "/auth/accounts/change", "{\"user\":\"zoe\",\"role\":\"physio\"}");
    assert_int_equal(answer.status, 204);
    Str nadia = cookie_of("nadia.k");
    assert_int_equal(ask(STR("GET"), STR("/auth/session"), nadia, STR_EMPTY).status, 200);
    assert_int_equal(post(boss, "/auth/accounts/sign-out", "{\"user\":\"nadia.k\"}").status, 204);
    assert_int_equal(ask(STR("GET"), STR("/auth/session"), nadia, STR_EMPTY).status, 401);
    nadia = cookie_of("nadia.k");
    assert_int_equal(post(boss, "/auth/accounts/end", "{\"user\":\"nadia.k\"}").status, 204);
    assert_int_equal(ask(STR("GET"), STR("/auth/session"), nadia, STR_EMPTY).status, 401);
    assert_int_equal(post(boss, "/auth/accounts/open", "{\"user\":\"nadia.k\"}").status, 204);
    cookie_of("nadia.k");
    assert_int_equal(post(boss, "/auth/accounts/end", "{\"user\":\"nobody\"}").status, 404);
    answer = post(boss, "/auth/accounts/end", "{\"user\":\"boss\"}");
    assert_int_equal(answer.status, 409);
    assert_true(says(&answer, "last account"));
    fixture_clear(&f);
}

static void the_matrix_is_shown_to_who_oversees(void **state)
{
    UNUSED(state);
    Answer answer = ask(STR("GET"), STR("/auth/roles"), boss, STR_EMPTY);
    assert_int_equal(answer.status, 200);
    assert_true(says(&answer, "{\"role\":\"psychologist\""));
    assert_true(says(&answer, "\"D14\":\"o\""));
    assert_int_equal(ask(STR("GET"), STR("/auth/roles"), cookie_of("looker"), STR_EMPTY).status,
                     200);
    assert_int_equal(ask(STR("GET"), STR("/auth/roles"), cookie_of("dr.dupont"), STR_EMPTY).status,
                     403);
    assert_int_equal(ask(STR("GET"), STR("/auth/state"), cookie_of("dr.dupont"), STR_EMPTY).status,
                     403);
    assert_int_equal(ask(STR("GET"), STR("/auth/state"), boss, STR_EMPTY).status, 404);
    fixture_clear(&f); /* a server without jobs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_administrator_sees_the_accounts),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(each_act_needs_a_fresh_proof),
        cmocka_unit_test(another_site_cannot_do_it),
        cmocka_unit_test(an_account_from_its_invitation_to_its_end),
        cmocka_unit_test(the_matrix_is_shown_to_who_oversees),
    };
    return cmocka_run_group_tests(tests, start_with_boss, stop);
}
