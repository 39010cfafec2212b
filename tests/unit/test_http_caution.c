/* What every answer says to a browser, and where a browser's write may come from: for each route of
 * the table, with the whole server. security-model.md 5. */
#include "served_fixture.h"

#include "crypto/crypto.h"
#include "http/routes.h"

/* "/fhir/{type}/{id}" as somebody would ask it. */
static Str sample_of(const Route *route)
{
    Buf buf;
    buf_init(&buf, f.cx.arena, 64, 512);
    for (const char *c = route->pattern; *c; c++) {
        if (*c == '{') {
            buf_add_str(&buf, c[1] == '$'                    ? STR("$x")
                              : strncmp(c, "{type}", 6) == 0 ? STR("Patient")
                                                             : STR("p1"));
            c = strchr(c, '}');
        } else if (*c == '*') {
            buf_add_char(&buf, 'x');
        } else {
            buf_add_char(&buf, *c);
        }
    }
    return buf_str(&buf);
}

static Str type_of(const Route *route)
{
    switch (route->body) {
    case BODY_JSON: return STR("Content-Type: application/json\r\n");
    case BODY_FORM: return STR("Content-Type: application/x-www-form-urlencoded\r\n");
    case BODY_PATCH: return STR("Content-Type: application/json-patch+json\r\n");
    default: return STR(TYPE);
    }
}

static bool has(Str text, const char *word)
{
    return memmem(text.at, text.len, word, strlen(word)) != NULL;
}

/* ---- headers -------------------------------------------------------------------------------- */

static void check_caution(const Answer *answer, bool tls)
{
    Str policy = answer_header(answer, STR("Content-Security-Policy"));
    check_str(answer_header(answer, STR("X-Content-Type-Options")), STR("nosniff"));
    check_str(answer_header(answer, STR("Referrer-Policy")), STR("no-referrer"));
    check_str(answer_header(answer, STR("Cross-Origin-Resource-Policy")), STR("same-origin"));
    check(has(policy, "default-src 'none'") && has(policy, "frame-ancestors 'none'"));
    check(!has(policy, "unsafe-") && !has(policy, "*"));
    check_int(answer_header(answer, STR("Strict-Transport-Security")).len > 0, tls);
}

static void check_page(const Answer *answer)
{
    Str policy = answer_header(answer, STR("Content-Security-Policy"));
    if (!answer_header(answer, STR("ETag")).len) { /* built without its pages */
        check_str(answer_header(answer, STR("Cache-Control")), STR("no-store"));
        return;
    }
    check(has(policy, "script-src 'self';") && has(policy, "base-uri 'none'"));
    check(has(policy, "connect-src 'self';") && has(policy, "form-action 'self'"));
    check_str(answer_header(answer, STR("Cross-Origin-Opener-Policy")), STR("same-origin"));
    check(answer_header(answer, STR("Cache-Control")).len > 0);
}

/* What is not a page of the app, or public by a standard, is kept by no cache. */
static void check_answer(const Answer *answer)
{
    Str type = answer_header(answer, STR("Content-Type"));
    check_caution(answer, false);
    if (str_has_prefix(type, STR("text/html")))
        check_page(answer);
    else
        check_str(answer_header(answer, STR("Cache-Control")), STR("no-store"));
}

static bool streams(const Route *route)
{
    return strcmp(route->pattern, "/live") == 0;
}

static void every_answer_is_cautious(void **state)
{
    UNUSED(state);
    Str reads = arena_str(f.forever, bearer(read_token));
    unsigned seen[6] = {0};
    for (size_t i = 0; i < route_count; i++) {
        const Route *route = &routes[i];
        const Str whos[] = {STR_EMPTY, with(cookie, OWN), reads};
        if (route->need == NEEDS_CARD)
            continue; /* a door of its own */
        for (size_t k = 0; k < COUNT_OF(whos); k++) {
            if (streams(route) && k)
                continue;
            CASE(route->pattern);
            Str headers = arena_format(f.cx.arena, STR_FMT STR_FMT, STR_ARG(whos[k]),
                                       STR_ARG(type_of(route)));
            bool reading = strcmp(route->method, "GET") == 0;
            Answer answer = ask(str_of(route->method), sample_of(route),
                                reading ? whos[k] : headers, reading ? STR_EMPTY : STR("{}"));
            check(answer.status >= 200);
            check_answer(&answer);
            seen[answer.status / 100 < 6 ? answer.status / 100 : 0]++;
        }
        fixture_clear(&f);
    }
    check(seen[2] > 10 && seen[4] > 50); /* of each kind */
    CASE("what has no route");
    static const char *const others[] = {"/nothing.png", "/assets/gone.js", "/fhir/Nothing/1",
                                         "/auth/nothing", "/%00"};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        Answer answer = ask(STR("GET"), str_of(others[i]), STR_EMPTY, STR_EMPTY);
        check(answer.status >= 400);
        check_answer(&answer);
    }
    CASE("a screen of the app");
    Answer page = ask(STR("GET"), STR("/p/123"), STR_EMPTY, STR_EMPTY);
    check_int(page.status, 200);
    check_caution(&page, false);
    check_page(&page);
}

/* ---- writes of a browser ----------------------------------------------------------------------
 */

static bool writes(const Route *route)
{
    return strcmp(route->method, "GET") != 0 && strcmp(route->method, "HEAD") != 0;
}

/* No route that writes with a cookie's rights takes it from another page; those that look at no
 * cookie are named here. */
static bool looks_at_no_cookie(const Route *route)
{
    return route->need == NEEDS_NOTHING || route->need == NEEDS_CLIENT || route->need == NEEDS_CARD;
}

/* Searches by POST write nothing. */
static bool reads_by_post(const Route *route)
{
    return route->need == NEEDS_READ || route->need == NEEDS_ANYBODY ||
           route->need == NEEDS_READ_OR_LOCAL;
}

static void each_write_wants_our_own_page(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *headers;
    } foreign[] = {
        {"no Origin", ""},
        {"another page's", "Origin: https://evil.example\r\n"},
        {"none that is one", "Origin: null\r\n"},
        {"another port's", "Origin: http://localhost:81\r\n"},
        {"ours, and the browser says cross-site", OWN "Sec-Fetch-Site: cross-site\r\n"},
        {"ours, and the browser says same-site", OWN "Sec-Fetch-Site: same-site\r\n"},
        {"ours, and the browser says none", OWN "Sec-Fetch-Site: none\r\n"},
    };
    unsigned count = 0;
    for (size_t i = 0; i < route_count; i++) {
        const Route *route = &routes[i];
        if (!writes(route) || looks_at_no_cookie(route) || reads_by_post(route))
            continue;
        FOR_CASES(foreign, c)
        {
            CASE(arena_format(f.cx.arena, "%s %s: %s", route->method, route->pattern, c->why).at);
            Str headers = arena_format(f.cx.arena, STR_FMT STR_FMT "%s", STR_ARG(cookie),
                                       STR_ARG(type_of(route)), c->headers);
            Answer answer = ask(str_of(route->method), sample_of(route), headers, STR("{}"));
            check_int(answer.status, 403);
        }
        count++;
        fixture_clear(&f);
    }
    check(count > 40);
    CASE("and the session is as it was");
    Answer answer = ask(STR("GET"), STR("/auth/session"), cookie, STR_EMPTY);
    check_int(answer.status, 200);
}

/* ---- over TLS ---------------------------------------------------------------------------------
 */

static void over_tls_it_stays_there(void **state)
{
    UNUSED(state);
    static const Str names[] = {STR_INIT("localhost")};
    static const char *const targets[] = {"/", "/healthz", "/fhir/Patient/p1", "/nothing.png"};
    Http *tls;
    HttpOptions options = {.address = STR("127.0.0.1"), .threads = 1, .tls = true};
    assert_int_equal(crypto_self_signed_certificate(&f.cx, names, 1, 7, &options.key_pem,
                                                    &options.certificate_pem),
                     STATUS_OK);
    assert_int_equal(http_start(&f.cx, &options, f.record, auth, &tls), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        char said[16384];
        CASE(targets[i]);
        Str line = arena_format(f.cx.arena,
                                "printf 'GET %s HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: "
                                "close\\r\\n\\r\\n' | timeout 20 openssl s_client -quiet -ign_eof "
                                "-connect 127.0.0.1:%u 2>/dev/null",
                                targets[i], http_port(tls));
        FILE *out = popen(line.at, "r");
        check(out != NULL);
        size_t len = fread(said, 1, sizeof said, out);
        pclose(out);
        check(has(str_n(said, len), "Strict-Transport-Security: max-age=31536000\r\n"));
    }
    assert_true(http_stop(tls, 0, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_write_wants_our_own_page),
        cmocka_unit_test(every_answer_is_cautious), /* and ends the session somewhere */
        cmocka_unit_test(over_tls_it_stays_there),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
