/* The whole server over HTTP, and somebody who wants a chart without having signed in.
 *
 * The store holds one patient whose name is a canary: no answer to a stranger may hold it,
 * whatever its status. SPEC RFC 6265bis 4.1.3.2, RFC 6750 3, RFC 9110 9.2.1 */
#include "served_fixture.h"

#include "http/routes.h"

static const Str canary = STR_INIT("Zyxcanarius");

static bool holds_canary(const Answer *answer)
{
    return memmem(answer->body.at, answer->body.len, canary.at, canary.len) ||
           memmem(answer->headers.at, answer->headers.len, canary.at, canary.len);
}

/* Without this, all that follows would pass on an empty server. */
static void who_signed_in_sees_the_chart(void **state)
{
    UNUSED(state);
    Answer by_token = ask(STR("GET"), STR("/fhir/Patient/p1"), bearer(token), STR_EMPTY);
    assert_int_equal(by_token.status, 200);
    assert_true(holds_canary(&by_token));
    Answer by_cookie = ask(STR("GET"), STR("/fhir/Patient?_id=p1"), cookie, STR_EMPTY);
    assert_int_equal(by_cookie.status, 200);
    assert_true(holds_canary(&by_cookie));
    fixture_clear(&f);
}

/* An address that fits the pattern of a route. */
static Str sample_of(const Route *route)
{
    Str pattern = str_of(route->pattern);
    Buf target;
    buf_init(&target, f.cx.arena, 64, 256);
    for (Str segment; pattern.at;) {
        segment = str_cut(&pattern, '/');
        if (target.len || pattern.at == NULL || segment.len)
            buf_add_char(&target, '/');
        if (str_eq(segment, STR("{type}")))
            buf_add_lit(&target, "Patient");
        else if (str_eq(segment, STR("{types}")))
            buf_add_lit(&target, "Observation");
        else if (str_eq(segment, STR("{id}")))
            buf_add_lit(&target, "p1");
        else if (str_eq(segment, STR("{n}")))
            buf_add_lit(&target, "1");
        else if (str_eq(segment, STR("{$operation}")))
            buf_add_lit(&target, "$everything");
        else if (str_eq(segment, STR("*")))
            buf_add_lit(&target, "nothing-here");
        else
            buf_add_str(&target, segment);
    }
    return buf_str(&target);
}

/* Each row of the table, asked by nobody: what needs a sign-in says so, before it looks at
 * anything else. */
static void every_route_is_shut_to_strangers(void **state)
{
    UNUSED(state);
    static const struct {
        const char *pattern;
        unsigned status;
    } open[] = {
        {"/fhir/metadata", 200},
        {"/healthz", 200},
        {"/auth/sign-in", 415},
        {"/auth/sign-out", 204},
        {"/auth/*", 404},
        {"/*", 0}, /* the app's page, when built */
        {"/auth/sign-in/factor", 415},
        {"/auth/passkey/ask", 200},
        {"/auth/passkey/sign-in", 415},
        {"/auth/lock", 204},
        {"/auth/unlock", 415},
        {"/auth/step-up/ask", 401},
        {"/auth/password/ask", 415},
        {"/auth/link/ask", 415},
        {"/auth/link", 415},
        {"/auth/ways", 200},
        {"/auth/card/door", 404},
        {"/auth/card/ask", 415},
        {"/auth/card/sign-in", 415},
        {"/auth/providers", 200},
        {"/auth/provider/begin", 415},
        {"/auth/provider/sign-in", 415},
        {"/.well-known/oauth-authorization-server", 404},
        {"/.well-known/openid-configuration", 404},
        {"/.well-known/smart-configuration", 404},
        {"/oauth/*", 404},
        {"/oauth/jwks", 404},
        {"/oauth/register", 415},
        {"/oauth/userinfo", 404},
        {"/oauth/revoke", 404},
        {"/oauth/introspect", 404},
        {"/oauth/token", 404},
        {"/oauth/authorize", 404},
        {"/auth/apps/request", 415},
        {"/fhir/.well-known/smart-configuration", 404},
        {"/calendar/{file}", 404},
        {"/fhir/Slot/$find", 400}, /* open, and not offered by this server */
    };
    for (size_t i = 0; i < route_count; i++) {
        testing_case = routes[i].pattern;
        unsigned expected = 401;
        for (size_t k = 0; k < COUNT_OF(open); k++) {
            if (strcmp(open[k].pattern, routes[i].pattern) == 0)
                expected = open[k].status;
        }
        Str target = sample_of(&routes[i]), method = str_of(routes[i].method);
        Answer answer = ask(method, target, STR_EMPTY, STR_EMPTY);
        check_int(answer.status, expected ? expected : answer.status);
        check(!holds_canary(&answer));
        if (str_eq(method, STR("GET"))) {
            Client client;
            check(client_open(&client, f.cx.arena, http_port(server)));
            check(client_send(&client, arena_format(f.cx.arena,
                                                    "HEAD " STR_FMT " HTTP/1.1\r\n"
                                                    "Host: localhost\r\n\r\n",
                                                    STR_ARG(target))));
            Answer head = client_receive(&client, true, 10);
            check_int(head.status, expected ? expected : answer.status);
            client_close(&client);
        }
        fixture_clear(&f);
    }
}

static void tricks_with_credentials(void **state)
{
    UNUSED(state);
    Str secret = str_from(token, 6), value = str_from(cookie, 8);
    value = str_head(value, value.len - 2); /* __Host-aceso=... */
    Str bare = str_from(value, 13);
    const struct {
        const char *why;
        Str headers;
    } cases[] = {
        {"nothing", STR_EMPTY},
        {"Bearer and nothing", STR("Authorization: Bearer\r\n")},
        {"Bearer and a blank", STR("Authorization: Bearer  \r\n")},
        {"the word alone", STR("Authorization: aceso_\r\n")},
        {"Basic", STR("Authorization: Basic ZHIuZHVwb250OnRyb2lzIGNoYXRzIHN1ciB1biBtdXI=\r\n")},
        {"a token without its prefix", bearer(secret)},
        {"a token and more", bearer(with(token, "A"))},
        {"a token cut", bearer(str_head(token, token.len - 1))},
        {"a token of another random",
         bearer(STR("aceso_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))},
        {"the cookie as a token", bearer(bare)},
        {"the token as a cookie",
         arena_format(f.cx.arena, "Cookie: __Host-aceso=" STR_FMT "\r\n", STR_ARG(token))},
        {"the cookie under another name",
         arena_format(f.cx.arena, "Cookie: aceso=" STR_FMT "\r\n", STR_ARG(bare))},
        {"the cookie in small letters",
         arena_format(f.cx.arena, "Cookie: __host-aceso=" STR_FMT "\r\n", STR_ARG(bare))},
        {"an empty cookie", STR("Cookie: __Host-aceso=\r\n")},
        {"a cookie of blanks", STR("Cookie: __Host-aceso=                                  \r\n")},
        {"a bad token beside a good cookie",
         arena_format(f.cx.arena, "Authorization: Bearer x\r\n" STR_FMT, STR_ARG(cookie))},
        {"somebody says who he is", STR("X-Remote-User: dr.dupont\r\nX-User: dr.dupont\r\n")},
        {"somebody says where he is",
         STR("X-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\n")},
        {"somebody says what he wants",
         STR("X-Original-URL: /healthz\r\nX-Rewrite-URL: /healthz\r\n")},
        {"somebody says another method", STR("X-HTTP-Method-Override: OPTIONS\r\n")},
    };
    static const Str targets[] = {STR_INIT("/fhir/Patient/p1"), STR_INIT("/fhir/Patient?_id=p1"),
                                  STR_INIT("/fhir/_history"), STR_INIT("/auth/session")};
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        for (size_t i = 0; i < COUNT_OF(targets); i++) {
            Answer answer = ask(STR("GET"), targets[i], c->headers, STR_EMPTY);
            check_int(answer.status, 401);
            check(!holds_canary(&answer));
        }
    }
    CASE("two Authorization headers");
    Answer answer = ask(STR("GET"), STR("/fhir/Patient/p1"),
                        with(bearer(STR("x")), bearer(token).at), STR_EMPTY);
    check_int(answer.status, 400);
    CASE("a token in the address");
    answer = ask(STR("GET"), with(STR("/fhir/Patient/p1?access_token="), token.at), STR_EMPTY,
                 STR_EMPTY);
    check_int(answer.status, 401);
    fixture_clear(&f);
}

/* Whatever the way is written, nothing of the chart comes back. */
static void tricks_with_the_address(void **state)
{
    UNUSED(state);
    static const char *const targets[] = {
        "//fhir/Patient/p1",
        "/fhir//Patient/p1",
        "/fhir/Patient/p1/",
        "/FHIR/Patient/p1",
        "/fhir/metadata/../Patient/p1",
        "/fhir/metadata/..%2fPatient%2fp1",
        "/fhir/metadata%2f..%2fPatient/p1",
        "/healthz/../fhir/Patient/p1",
        "/healthz/%2e%2e/fhir/Patient/p1",
        "/auth/../fhir/Patient/p1",
        "/fhir/%50atient/p1",
        "/fhir/Patient%2fp1",
        "/fhir/Patient;a=/p1",
        "/fhir/Patient/p1;.png",
        "/fhir/Patient/p1.html",
        "/fhir/Patient/p1?_format=json&/fhir/metadata",
        "/fhir/Patient/p1#/healthz",
        "http://localhost/fhir/Patient/p1",
        "/fhir\\Patient\\p1",
        "/%66hir/Patient/p1",
        "/./fhir/Patient/p1",
        "/..//fhir/Patient/p1",
        "/assets/../../../../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/store",
        "/store",
        "/fhir/Patient/p1%00/metadata",
        "*",
        "fhir/Patient/p1",
        "/metrics",
    };
    static const Str methods[] = {STR_INIT("GET"),     STR_INIT("POST"),  STR_INIT("get"),
                                  STR_INIT("OPTIONS"), STR_INIT("TRACE"), STR_INIT("PROPFIND")};
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        for (size_t k = 0; k < COUNT_OF(methods); k++) {
            testing_case = targets[i];
            Answer answer = ask(methods[k], str_of(targets[i]), STR_EMPTY, STR_EMPTY);
            bool page =
                answer.status == 200 &&
                str_has_prefix(answer_header(&answer, STR("Content-Type")), STR("text/html"));
            check(page || answer.status == 0 || answer.status == 204 ||
                  (answer.status >= 400 && answer.status < 500) || answer.status == 501);
            check(!holds_canary(&answer));
            check(memmem(answer.body.at, answer.body.len, "root:", 5) == NULL);
        }
    }
    fixture_clear(&f);
}

/* Who is asking is asked anew each time: nothing is left of the one before on a connection. */
static void a_connection_remembers_nobody(void **state)
{
    UNUSED(state);
    Client client;
    assert_true(client_open(&client, f.cx.arena, http_port(server)));
    Answer answer =
        client_ask(&client, STR("GET"), STR("/fhir/Patient/p1"), bearer(token), STR_EMPTY);
    assert_int_equal(answer.status, 200);
    answer = client_ask(&client, STR("GET"), STR("/fhir/Patient/p1"), STR_EMPTY, STR_EMPTY);
    assert_int_equal(answer.status, 401);
    assert_false(holds_canary(&answer));
    /* Pipelined: a stranger's request right behind a good one. */
    Str both = arena_format(f.cx.arena,
                            "GET /fhir/Patient/p1 HTTP/1.1\r\nHost: localhost\r\n" STR_FMT "\r\n"
                            "GET /fhir/Patient/p1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                            STR_ARG(bearer(token)));
    assert_true(client_send(&client, both));
    assert_int_equal(client_receive(&client, false, 10).status, 200);
    answer = client_receive(&client, false, 10);
    assert_int_equal(answer.status, 401);
    assert_false(holds_canary(&answer));
    /* A request hidden in the body of one that is refused. */
    Str hidden =
        arena_format(f.cx.arena, "POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\n"
                                 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                                 "GET /fhir/Patient/p1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    if (client_send(&client, hidden)) {
        answer = client_receive(&client, false, 10);
        assert_true(answer.status == 0 || (answer.status >= 400 && answer.status < 500));
    }
    client_close(&client);
    fixture_clear(&f);
}

/* A page of somebody else can make a browser send the cookie; it must change nothing. */
static void a_foreign_page_cannot_write(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *headers;
        unsigned status;
    } cases[] = {
        {"no Origin", "", 403},
        {"another site", "Origin: https://evil.example\r\n", 403},
        {"a sandboxed frame", "Origin: null\r\n", 403},
        {"an empty one", "Origin: \r\n", 403},
        {"another port", "Origin: http://localhost:81\r\n", 403},
        {"another scheme", "Origin: https://localhost\r\n", 403},
        {"our name as a beginning", "Origin: http://localhost.evil.example\r\n", 403},
        {"our name as an end", "Origin: http://evil.example/localhost\r\n", 403},
        {"Origin twice", OWN "Origin: https://evil.example\r\n", 400},
        {"the browser says cross-site", OWN "Sec-Fetch-Site: cross-site\r\n", 403},
        {"the browser says same-site", OWN "Sec-Fetch-Site: same-site\r\n", 403},
        {"only a Referer", "Referer: http://localhost/\r\n", 403},
        {"our own page", OWN "Sec-Fetch-Site: same-origin\r\n", 201},
        {"our own page, an old browser", OWN, 201},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Answer answer =
            ask(STR("POST"), STR("/fhir/Patient"),
                arena_format(f.cx.arena, STR_FMT TYPE "%s", STR_ARG(cookie), c->headers),
                STR("{\"resourceType\":\"Patient\"}"));
        check_int(answer.status, c->status);
    }
    static const Str others[][2] = {
        {STR_INIT("PUT"), STR_INIT("/fhir/Patient/p1")},
        {STR_INIT("DELETE"), STR_INIT("/fhir/Patient/p1")},
        {STR_INIT("PATCH"), STR_INIT("/fhir/Patient/p1")},
        {STR_INIT("POST"), STR_INIT("/fhir")},
        {STR_INIT("POST"), STR_INIT("/auth/sign-out")},
        {STR_INIT("POST"), STR_INIT("/auth/sign-in")},
    };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        testing_case = others[i][1].at;
        Answer answer = ask(others[i][0], others[i][1],
                            with(cookie, TYPE "Origin: https://evil.example\r\n"), STR(PATIENT));
        check_int(answer.status, 403);
    }
    fixture_clear(&f);
}

static void a_reading_token_cannot_write(void **state)
{
    UNUSED(state);
    static const Str writes[][2] = {
        {STR_INIT("POST"), STR_INIT("/fhir/Patient")},
        {STR_INIT("PUT"), STR_INIT("/fhir/Patient/p1")},
        {STR_INIT("DELETE"), STR_INIT("/fhir/Patient/p1")},
        {STR_INIT("PATCH"), STR_INIT("/fhir/Patient/p1")},
        {STR_INIT("POST"), STR_INIT("/fhir")},
    };
    for (size_t i = 0; i < COUNT_OF(writes); i++) {
        testing_case = writes[i][0].at;
        Answer answer =
            ask(writes[i][0], writes[i][1], with(bearer(read_token), TYPE), STR(PATIENT));
        check_int(answer.status, 403);
    }
    Answer answer = ask(STR("GET"), STR("/fhir/Patient/p1"), bearer(read_token), STR_EMPTY);
    assert_int_equal(answer.status, 200);
    fixture_clear(&f);
}

static Str cookie_of(const Answer *answer)
{
    Str given = answer_header(answer, STR("Set-Cookie"));
    Str name = STR("__Host-aceso=");
    assert_true(str_has_prefix(given, name));
    given = str_from(given, name.len);
    given = str_cut(&given, ';');
    return arena_format(f.cx.arena, "Cookie: __Host-aceso=" STR_FMT "\r\n", STR_ARG(given));
}

static void signing_in_and_out_in_a_browser(void **state)
{
    UNUSED(state);
    const Str json = STR("Content-Type: application/json\r\n" OWN);
    Answer in = ask(STR("POST"), STR("/auth/sign-in"), json, STR(SIGN_IN));
    assert_int_equal(in.status, 200);
    Str given = answer_header(&in, STR("Set-Cookie"));
    static const char *const parts[] = {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        assert_non_null(memmem(given.at, given.len, parts[i], strlen(parts[i])));
    assert_null(memmem(given.at, given.len, "Domain", 6)); /* __Host- forbids one */
    check_str(answer_header(&in, STR("Cache-Control")), STR("no-store"));
    Str mine = cookie_of(&in);
    Answer session = ask(STR("GET"), STR("/auth/session"), mine, STR_EMPTY);
    assert_int_equal(session.status, 200);
    assert_non_null(memmem(session.body.at, session.body.len, "\"user\":\"dr.dupont\"", 18));
    assert_true(str_contains(session.body, "\"idleSeconds\":900")); /* the screen locks with it */
    Answer again = ask(STR("POST"), STR("/auth/sign-in"), with(json, mine.at), STR(SIGN_IN));
    assert_int_equal(again.status, 200);
    assert_int_equal(ask(STR("GET"), STR("/auth/session"), mine, STR_EMPTY).status, 401);
    mine = cookie_of(&again);
    Answer out = ask(STR("POST"), STR("/auth/sign-out"), with(mine, OWN), STR_EMPTY);
    assert_int_equal(out.status, 204);
    assert_int_equal(ask(STR("GET"), STR("/auth/session"), mine, STR_EMPTY).status, 401);
    Answer gone = ask(STR("GET"), STR("/fhir/Patient/p1"), mine, STR_EMPTY);
    assert_int_equal(gone.status, 401);
    assert_false(holds_canary(&gone));
    fixture_clear(&f);
}

static void a_sign_in_that_is_none(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *headers, *body;
        unsigned status;
    } cases[] = {
        {"a form of a foreign page", "Content-Type: text/plain\r\n", SIGN_IN, 415},
        {"another form", "Content-Type: application/x-www-form-urlencoded\r\n", "user=a", 415},
        {"a foreign page", "Content-Type: application/json\r\nOrigin: https://evil.example\r\n",
         SIGN_IN, 403},
        {"nothing", "Content-Type: application/json\r\n", "", 400},
        {"not JSON", "Content-Type: application/json\r\n", "{", 400},
        {"an array", "Content-Type: application/json\r\n", "[]", 400},
        {"a number for a password", "Content-Type: application/json\r\n",
         "{\"user\":\"dr.dupont\",\"password\":123456789012}", 400},
        {"nothing for a password", "Content-Type: application/json\r\n",
         "{\"user\":\"dr.dupont\",\"password\":null}", 400},
        {"an empty password", "Content-Type: application/json\r\n",
         "{\"user\":\"dr.dupont\",\"password\":\"\"}", 401},
        {"a NUL in the name", "Content-Type: application/json\r\n",
         "{\"user\":\"dr.dupont\\u0000\",\"password\":\"trois chats sur un mur\"}", 401},
        {"SQL", "Content-Type: application/json\r\n",
         "{\"user\":\"' or 1=1 --\",\"password\":\"trois chats sur un mur\"}", 401},
        {"nobody", "Content-Type: application/json\r\n",
         "{\"user\":\"nobody\",\"password\":\"trois chats sur un mur\"}", 401},
        {"the operator", "Content-Type: application/json\r\n",
         "{\"user\":\"operator\",\"password\":\"trois chats sur un mur\"}", 401},
    };
    Str refusal = STR_EMPTY;
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Answer answer = ask(STR("POST"), STR("/auth/sign-in"), str_of(c->headers), str_of(c->body));
        check_int(answer.status, c->status);
        check(answer_header(&answer, STR("Set-Cookie")).len == 0);
        if (answer.status == 401 && refusal.len)
            check_str(answer.body, refusal); /* the same words for all */
        if (answer.status == 401)
            refusal = answer.body;
    }
    fixture_clear(&f);
}

static void revoked_is_refused_on_an_open_connection(void **state)
{
    UNUSED(state);
    AuthToken *tokens;
    size_t count;
    Str third = token_of(true), id = STR_EMPTY;
    assert_int_equal(auth_token_list(auth, &f.cx, &tokens, &count), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        uint8_t hash[CRYPTO_SHA256_BYTES];
        crypto_sha256(third, hash);
        if (str_has_prefix(crypto_hex(f.cx.arena, str_n((char *)hash, 6)), tokens[i].id))
            id = tokens[i].id;
    }
    assert_true(id.len > 0);
    Client client;
    assert_true(client_open(&client, f.cx.arena, http_port(server)));
    Answer answer =
        client_ask(&client, STR("GET"), STR("/fhir/Patient/p1"), bearer(third), STR_EMPTY);
    assert_int_equal(answer.status, 200);
    assert_int_equal(auth_token_revoke(auth, &f.cx, operator, id), STATUS_OK);
    answer = client_ask(&client, STR("GET"), STR("/fhir/Patient/p1"), bearer(third), STR_EMPTY);
    assert_int_equal(answer.status, 401);
    client_close(&client);
    fixture_clear(&f);
}

/* SPEC RFC 6585 4 */
static void guessing_is_slowed_down(void **state)
{
    UNUSED(state);
    const Str json = STR("Content-Type: application/json\r\n");
    const Str guess = STR("{\"user\":\"guessed\",\"password\":\"quatre chiens\"}");
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(STR("POST"), STR("/auth/sign-in"), json, guess).status, 401);
    Answer answer = ask(STR("POST"), STR("/auth/sign-in"), json, guess);
    assert_int_equal(answer.status, 429);
    uint64_t seconds = 0;
    assert_true(str_to_u64(answer_header(&answer, STR("Retry-After")), &seconds));
    assert_true(seconds >= 1 && seconds <= 30);
    fixture_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_signed_in_sees_the_chart),
        cmocka_unit_test(every_route_is_shut_to_strangers),
        cmocka_unit_test(tricks_with_credentials),
        cmocka_unit_test(tricks_with_the_address),
        cmocka_unit_test(a_connection_remembers_nobody),
        cmocka_unit_test(a_foreign_page_cannot_write),
        cmocka_unit_test(a_reading_token_cannot_write),
        cmocka_unit_test(signing_in_and_out_in_a_browser),
        cmocka_unit_test(a_sign_in_that_is_none),
        cmocka_unit_test(revoked_is_refused_on_an_open_connection),
        cmocka_unit_test(guessing_is_slowed_down),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
