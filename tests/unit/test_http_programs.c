/* What programs and pages of other origins get from a server that lets programs in: discovery with
 * all that SMART asks for, and the headers of CORS, by path and origin.
 * SPEC https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html, app-launch.html; Fetch */
#include "record_fixture.h"
#include "support/http_client.h"

#include "auth/auth.h"
#include "http/http.h"
#include "oauth/oauth.h"

#define KNOWN   "https://app.example"
#define UNKNOWN "https://somebody.example"

static Fixture f;
static Auth *auth;
static Oauth *oauth;
static Http *server;

static int begin(void **state)
{
    UNUSED(state);
    OauthClient made,
        client = {.name = STR("Growth chart"), .redirect_count = 1, .redirects = {STR(KNOWN "/x")}};
    Str *texts[] = {&client.id,   &client.scopes, &client.launch_at,
                    &client.home, &client.keys,   &client.keys_at};
    OauthOptions how = {.self_registration = false};
    Str secret;
    fixture_open(&f, true);
    assert_int_equal(auth_new(&f.cx, f.store, NULL, &auth), STATUS_OK);
    assert_int_equal(oauth_new(&f.cx, f.store, auth, f.record, f.access, &how, &oauth), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = STR_EMPTY;
    assert_int_equal(
        oauth_client_add(oauth, &f.cx, auth_operator(f.forever), &client, &made, &secret),
        STATUS_OK);
    HttpOptions options = {.address = STR("127.0.0.1"), .threads = 2, .oauth = oauth};
    assert_int_equal(http_start(&f.cx, &options, f.record, auth, &server), STATUS_OK);
    fixture_clear(&f);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    http_stop(server, 0, 5);
    oauth_free(oauth);
    auth_free(auth);
    fixture_close(&f);
    return 0;
}

static Answer ask(const char *method, const char *path, const char *headers)
{
    Client client;
    fixture_clear(&f);
    assert_true(client_open(&client, f.cx.arena, http_port(server)));
    Answer answer = client_ask(&client, str_of(method), str_of(path), str_of(headers), STR_EMPTY);
    client_close(&client);
    return answer;
}

/* ---- pages of other origins --------------------------------------------------------------------
 */

static const struct {
    const char *why, *path, *origin, *allowed;
} doors[] = {
    {"the record, to a program's page", "/fhir/Patient/1", KNOWN, KNOWN},
    {"the record, to another page", "/fhir/Patient/1", UNKNOWN, ""},
    {"a port is another origin", "/fhir/Patient/1", KNOWN ":8443", ""},
    {"so is another scheme", "/fhir/Patient/1", "http://app.example", ""},
    {"a sandboxed page", "/fhir/Patient/1", "null", ""},
    {"tokens, to a program's page", "/oauth/token", KNOWN, KNOWN},
    {"introspection", "/oauth/introspect", KNOWN, KNOWN},
    {"revocation", "/oauth/revoke", KNOWN, KNOWN},
    {"who it is", "/oauth/userinfo", KNOWN, KNOWN},
    {"tokens, to another page", "/oauth/token", UNKNOWN, ""},
    {"discovery, to anybody", "/fhir/.well-known/smart-configuration", UNKNOWN, "*"},
    {"of OpenID Connect", "/.well-known/openid-configuration", UNKNOWN, "*"},
    {"metadata", "/fhir/metadata", UNKNOWN, "*"},
    {"keys", "/oauth/jwks", UNKNOWN, "*"},
    {"signing in is for our own page", "/auth/sign-in", KNOWN, ""},
    {"so are sessions", "/auth/session", KNOWN, ""},
    {"and where a person is asked", "/oauth/authorize", KNOWN, ""},
};

static void check_cors(const Answer *answer, Str allowed)
{
    check_str(answer_header(answer, STR("Access-Control-Allow-Origin")), allowed);
    CASE("a cookie is never taken along");
    check_str(answer_header(answer, STR("Access-Control-Allow-Credentials")), STR_EMPTY);
}

static void who_may_read_an_answer(void **state)
{
    UNUSED(state);
    FOR_CASES(doors, d)
    {
        char headers[200];
        snprintf(headers, sizeof(headers), "Origin: %s\r\n", d->origin);
        CASE(d->why);
        Answer answer = ask("GET", d->path, headers);
        check(answer.status > 0);
        check_cors(&answer, str_of(d->allowed));
        CASE(d->why);
        if (str_eq(str_of(d->allowed), STR(KNOWN)))
            check(str_contains(answer_header(&answer, STR("Vary")), "Origin"));
    }
}

/* A page asks before it sends a token: SPEC Fetch, CORS-preflight fetch. */
static void who_may_ask_beforehand(void **state)
{
    UNUSED(state);
    FOR_CASES(doors, d)
    {
        char headers[300];
        snprintf(headers, sizeof(headers),
                 "Origin: %s\r\nAccess-Control-Request-Method: GET\r\n"
                 "Access-Control-Request-Headers: authorization\r\n",
                 d->origin);
        CASE(d->why);
        Answer answer = ask("OPTIONS", d->path, headers);
        Str methods = answer_header(&answer, STR("Access-Control-Allow-Methods"));
        Str names = answer_header(&answer, STR("Access-Control-Allow-Headers"));
        check_cors(&answer, str_of(d->allowed));
        CASE(d->why);
        check_int(methods.len > 0, d->allowed[0] != '\0');
        check_int(str_contains(names, "Authorization"), d->allowed[0] != '\0');
    }
}

static void without_an_origin_nothing_is_said(void **state)
{
    UNUSED(state);
    Answer answer = ask("GET", "/fhir/Patient/1", "");
    check_cors(&answer, STR_EMPTY);
    check_str(answer_header(&answer, STR("Vary")), STR_EMPTY);
}

/* ---- discovery ---------------------------------------------------------------------------------
 */

static bool lists(const JsonValue *values, const char *word)
{
    JsonValue *value;
    for (JsonIter it = json_iter(values); json_next(&it, NULL, &value);)
        if (str_eq(json_str(value), str_of(word)))
            return true;
    return false;
}

/* What must and what should be there by 2.2, and the capabilities that the guide promises. */
static void discovery_says_all_of_it(void **state)
{
    UNUSED(state);
    static const char *const addresses[] = {"issuer",
                                            "jwks_uri",
                                            "authorization_endpoint",
                                            "token_endpoint",
                                            "introspection_endpoint",
                                            "revocation_endpoint"};
    static const struct {
        const char *of, *word;
    } words[] = {
        {"grant_types_supported", "authorization_code"},
        {"grant_types_supported", "client_credentials"},
        {"code_challenge_methods_supported", "S256"},
        {"response_types_supported", "code"},
        {"token_endpoint_auth_methods_supported", "private_key_jwt"},
        {"token_endpoint_auth_methods_supported", "client_secret_basic"},
        {"token_endpoint_auth_signing_alg_values_supported", "RS384"},
        {"token_endpoint_auth_signing_alg_values_supported", "ES384"},
        {"scopes_supported", "openid"},
        {"scopes_supported", "fhirUser"},
        {"scopes_supported", "launch"},
        {"scopes_supported", "launch/patient"},
        {"scopes_supported", "offline_access"},
        {"capabilities", "launch-ehr"},
        {"capabilities", "launch-standalone"},
        {"capabilities", "authorize-post"},
        {"capabilities", "client-public"},
        {"capabilities", "client-confidential-symmetric"},
        {"capabilities", "client-confidential-asymmetric"},
        {"capabilities", "sso-openid-connect"},
        {"capabilities", "context-ehr-patient"},
        {"capabilities", "context-ehr-encounter"},
        {"capabilities", "context-standalone-patient"},
        {"capabilities", "permission-offline"},
        {"capabilities", "permission-online"},
        {"capabilities", "permission-patient"},
        {"capabilities", "permission-user"},
        {"capabilities", "permission-v1"},
        {"capabilities", "permission-v2"},
    };
    JsonValue *root;
    Answer answer = ask("GET", "/fhir/.well-known/smart-configuration", "");
    check_int(answer.status, 200);
    assert_int_equal(json_parse(&f.cx, answer.body, &root), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        CASE(addresses[i]);
        check(json_get_str(root, str_of(addresses[i])).len > 0);
    }
    FOR_CASES(words, w)
    {
        CASE(w->word);
        check(lists(json_get(root, str_of(w->of)), w->word));
    }
    CASE("PKCE without a hash is not offered");
    check(!lists(json_get(root, STR("code_challenge_methods_supported")), "plain"));
    CASE("nor is a token in an address");
    check(!lists(json_get(root, STR("grant_types_supported")), "implicit"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_read_an_answer),
        cmocka_unit_test(who_may_ask_beforehand),
        cmocka_unit_test(without_an_origin_nothing_is_said),
        cmocka_unit_test(discovery_says_all_of_it),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
