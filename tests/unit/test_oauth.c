/* The authorisation server: what is shown, what is told, what works once, what ends what.
 *
 * SPEC RFC 6749, RFC 7636, RFC 9207, RFC 9700, SMART 2.2 */
#include "oauth_scene.h"

#include "auth/factors.h"

#define OFFLINE "offline_access user/Patient.rs"

/* ---- what is asked ------------------------------------------------------------------------------
 */

static void faults_of_a_request(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Param with;
        unsigned http; /* 200: asked; 400: shown; 303: told */
        const char *error;
    } cases[] = {
        {"nothing wrong", {"state", "x"}, 200, NULL},
        {"no program", {"client_id", NULL}, 400, NULL},
        {"an unknown program", {"client_id", "nobody"}, 400, NULL},
        {"a program with a path in its name", {"client_id", "../x"}, 400, NULL},
        {"no redirect address", {"redirect_uri", NULL}, 400, NULL},
        {"another one", {"redirect_uri", "https://evil.example/done"}, 400, NULL},
        {"a longer one", {"redirect_uri", REDIRECT "/more"}, 400, NULL},
        {"one with a slash", {"redirect_uri", REDIRECT "/"}, 400, NULL},
        {"one with a query", {"redirect_uri", REDIRECT "?x=1"}, 400, NULL},
        {"one with a fragment", {"redirect_uri", REDIRECT "#x"}, 400, NULL},
        {"one with capitals", {"redirect_uri", "https://APP.example/done"}, 400, NULL},
        {"one with a port", {"redirect_uri", "https://app.example:443/done"}, 400, NULL},
        {"one with a user", {"redirect_uri", "https://app.example@evil.example/done"}, 400, NULL},
        {"one up and down", {"redirect_uri", "https://app.example/x/../done"}, 400, NULL},
        {"http in place of https", {"redirect_uri", "http://app.example/done"}, 400, NULL},
        {"the implicit flow", {"response_type", "token"}, 303, "unsupported_response_type"},
        {"a hybrid flow", {"response_type", "code id_token"}, 303, "unsupported_response_type"},
        {"no response type", {"response_type", NULL}, 303, "unsupported_response_type"},
        {"no challenge", {"code_challenge", NULL}, 303, "invalid_request"},
        {"a short challenge", {"code_challenge", "abc"}, 303, "invalid_request"},
        {"a challenge in the clear", {"code_challenge_method", "plain"}, 303, "invalid_request"},
        {"no method: it would be in the clear",
         {"code_challenge_method", NULL},
         303,
         "invalid_request"},
        {"no record named", {"aud", NULL}, 303, "invalid_request"},
        {"another record", {"aud", "https://other.example/fhir"}, 303, "invalid_request"},
        {"a record whose name begins alike", {"aud", US "/fhirx"}, 303, "invalid_request"},
        {"our record with a slash", {"aud", US "/fhir/"}, 200, NULL},
        {"no scope", {"scope", NULL}, 303, "invalid_scope"},
        {"scopes that are not offered", {"scope", "email phone"}, 303, "invalid_scope"},
        {"a service's scopes", {"scope", "system/Patient.rs"}, 303, "invalid_scope"},
        {"a scope that nobody would enforce",
         {"scope", "user/Flag.rs?category=x"},
         303,
         "invalid_scope"},
        {"an answer in the fragment", {"response_mode", "fragment"}, 303, "invalid_request"},
        {"a request as an object", {"request", "e30.e30."}, 303, "request_not_supported"},
        {"a request elsewhere",
         {"request_uri", "https://evil.example"},
         303,
         "request_uri_not_supported"},
        {"a number that is none", {"max_age", "soon"}, 303, "invalid_request"},
    };
    Oa s = oa_begin(false);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        oa_ask(&s, oauth_authorize, oa_query(&s, s.client, "openid user/Patient.rs", &c->with));
        check_int(s.answer.http, c->http);
        check_int(s.answer.page, c->http != 303);
        if (c->http != 303) {
            check(!s.answer.location.len);
            continue;
        }
        Str error, given, issuer, query = s.answer.location;
        check(str_has_prefix(query, STR(REDIRECT "?")));
        query = str_from(query, sizeof REDIRECT);
        check(form_value(oa_cx(&s), query, STR("error"), &error));
        check(form_value(oa_cx(&s), query, STR("state"), &given));
        check(form_value(oa_cx(&s), query, STR("iss"), &issuer));
        check_str(error, str_of(c->error));
        check_str(given, STR("st&te"));
        check_str(issuer, STR(US));
    }
    /* A parameter twice is two requests in one. */
    static const char *const twice[] = {"client_id", "redirect_uri", "scope", "state"};
    for (size_t i = 0; i < COUNT_OF(twice); i++) {
        CASE(twice[i]);
        Str query = oa_query(&s, s.client, "openid", NULL);
        Str doubled = arena_format(oa_cx(&s)->arena, STR_FMT "&%s=x", STR_ARG(query), twice[i]);
        oa_ask(&s, oauth_authorize, doubled);
        check_int(s.answer.http, i < 2 ? 400 : 303);
    }
    oa_end(&s);
}

/* What is ticked is part of what was asked for, for a patient who is there. */
static void what_may_be_allowed(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *asked, *ticked, *patient;
        bool given;
        const char *patient_given;
    } cases[] = {
        {"all of it", "openid user/Patient.rs", "[\"openid\",\"user/Patient.rs\"]", NULL, true,
         NULL},
        {"a part", "openid user/Patient.rs", "[\"openid\"]", NULL, true, NULL},
        {"a letter less", "user/Patient.rs", "[\"user/Patient.r\"]", NULL, true, NULL},
        {"one type of all", "user/*.rs", "[\"user/Patient.rs\"]", NULL, true, NULL},
        {"a letter more", "user/Patient.rs", "[\"user/Patient.cruds\"]", NULL, false, NULL},
        {"another type", "user/Patient.rs", "[\"user/Flag.rs\"]", NULL, false, NULL},
        {"what stays, unasked", "user/Patient.rs", "[\"user/Patient.rs\",\"offline_access\"]", NULL,
         false, NULL},
        {"a wider level", "patient/Patient.rs", "[\"user/Patient.rs\"]", "Patient/p1", false, NULL},
        {"nothing", "user/Patient.rs", "[]", NULL, false, NULL},
        {"no words", "user/Patient.rs", "[1,null]", NULL, false, NULL},
        {"for a patient", "patient/Patient.rs", "[\"patient/Patient.rs\"]", "Patient/p1", true,
         "p1"},
        {"for nobody", "patient/Patient.rs", "[\"patient/Patient.rs\"]", NULL, false, NULL},
        {"for one who is not there", "patient/Patient.rs", "[\"patient/Patient.rs\"]", "Patient/p9",
         false, NULL},
        {"for somebody who is no patient", "launch/patient", "[\"launch/patient\"]",
         "Practitioner/md", false, NULL},
        {"a patient that nobody asked for", "user/Patient.rs", "[\"user/Patient.rs\"]",
         "Patient/p1", true, NULL},
    };
    Oa s = oa_begin(false);
    FOR_CASES(cases, c)
    {
        Str code;
        CASE(c->why);
        oa_decide(&s, oa_query(&s, s.client, c->asked, NULL), c->ticked, c->patient, &code);
        check_int(code.len > 0, c->given);
        if (!c->given)
            continue;
        oa_redeem(&s, s.client, code);
        check_int(s.answer.http, 200);
        check_str(oa_said(&s, "patient"), str_of(c->patient_given ? c->patient_given : ""));
    }
    oa_end(&s);
}

/* ---- codes
 * --------------------------------------------------------------------------------------- */

static void a_code_gives_what_was_allowed(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    const Access *access;
    oa_let_in(&s, "openid fhirUser launch/patient patient/Patient.rs " OFFLINE,
              "[\"openid\",\"fhirUser\",\"launch/patient\",\"patient/Patient.rs\","
              "\"offline_access\"]");
    check_str(oa_said(&s, "token_type"), STR("Bearer"));
    check_str(oa_said(&s, "scope"),
              STR("openid fhirUser launch/patient patient/Patient.rs offline_access"));
    check(oa_said(&s, "refresh_token").len > 40 && oa_said(&s, "id_token").len > 100);
    check(auth_bearer(s.auth, oa_cx(&s), oa_said(&s, "access_token"), &access) == STATUS_OK);
    check_str(access_patient(access), STR("Patient/p1"));
    check_str(access_client(access), s.client);
    check_str(access_role(access), STR("gp"));
    check(!access_is_system(access));
    check(access_need_write(oa_cx(&s), access) == STATUS_FORBIDDEN);
    oa_end(&s);
}

/* The id_token is one that a stranger can check with what is shown. SPEC OIDC Core 3.1.3.7 */
static void the_id_token_verifies(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    Str code, audience = s.client;
    JoseKey *keys;
    size_t count;
    JoseToken token;
    JoseClaims claims;
    const Param nonce = {"nonce", "n-0S6"};
    oa_decide(&s, oa_query(&s, s.client, "openid fhirUser", &nonce), "[\"openid\",\"fhirUser\"]",
              NULL, &code);
    oa_redeem(&s, s.client, code);
    Str text = oa_said(&s, "id_token");
    oa_ask(&s, oauth_keys, STR_EMPTY);
    check(jose_keys_read(oa_cx(&s), s.said, 0, &keys, &count) == STATUS_OK);
    check_int(count, 1);
    JoseRules rules = {.algorithms = JOSE_ALLOW(CRYPTO_RS256)};
    JoseExpect expect = {.issuer = STR(US),
                         .audiences = &audience,
                         .audience_count = 1,
                         .now = today,
                         .lifetime_max_s = 3600};
    check(jose_verify(oa_cx(&s), text, keys, count, &rules, &token) == STATUS_OK);
    check(jose_claims(oa_cx(&s), token.payload, &expect, &claims) == STATUS_OK);
    check_str(json_get_str(claims.all, STR("nonce")), STR("n-0S6"));
    check_str(json_get_str(claims.all, STR("fhirUser")), STR(US "/fhir/Practitioner/md"));
    check(claims.subject.len > 0 && !str_eq(claims.subject, STR("dr.dupont")));
    /* A later key signs; the older one is still shown. */
    today += (Time)91 * TIME_DAY;
    oa_ask(&s, oauth_keys, STR_EMPTY);
    check(jose_keys_read(oa_cx(&s), s.said, 0, &keys, &count) == STATUS_OK);
    check_int(count, 2);
    oa_end(&s);
}

static void a_code_works_once(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    Str code;
    oa_decide(&s, oa_query(&s, s.client, OFFLINE, NULL), "[\"offline_access\",\"user/Patient.rs\"]",
              NULL, &code);
    oa_redeem(&s, s.client, code);
    Str token = oa_said(&s, "access_token"), refresh = oa_said(&s, "refresh_token");
    check(oa_lives(&s, token));
    oa_redeem(&s, s.client, code);
    CASE("a second use ends what the first gave");
    check_int(s.answer.http, 400);
    check_str(oa_said(&s, "error"), STR("invalid_grant"));
    check(!oa_lives(&s, token));
    oa_refresh(&s, s.client, refresh, NULL);
    check_int(s.answer.http, 400);
    oa_end(&s);
}

static void what_a_code_needs(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Param with;
        Time later;
        unsigned http;
        const char *error;
    } cases[] = {
        {"all of it", {"x", NULL}, 0, 200, NULL},
        {"at its last second", {"x", NULL}, 59, 200, NULL},
        {"after sixty seconds", {"x", NULL}, 60, 400, "invalid_grant"},
        {"another redirect", {"redirect_uri", REDIRECT "x"}, 0, 400, "invalid_grant"},
        {"no redirect", {"redirect_uri", NULL}, 0, 400, "invalid_grant"},
        {"no verifier", {"code_verifier", NULL}, 0, 400, "invalid_grant"},
        {"the challenge in its place", {"code_verifier", CHALLENGE}, 0, 400, "invalid_grant"},
        {"a short one", {"code_verifier", "abc"}, 0, 400, "invalid_grant"},
        {"no code", {"code", NULL}, 0, 400, "invalid_request"},
        {"another code", {"code", VERIFIER}, 0, 400, "invalid_grant"},
        {"another program", {"client_id", "nobody"}, 0, 401, "invalid_client"},
        {"no program", {"client_id", NULL}, 0, 401, "invalid_client"},
        {"no such grant", {"grant_type", "password"}, 0, 400, "unsupported_grant_type"},
        {"a service's grant", {"grant_type", "client_credentials"}, 0, 400, "unauthorized_client"},
    };
    Oa s = oa_begin(false);
    FOR_CASES(cases, c)
    {
        Str code;
        CASE(c->why);
        oa_decide(&s, oa_query(&s, s.client, "user/Patient.rs", NULL), "[\"user/Patient.rs\"]",
                  NULL, &code);
        Param form[] = {{"grant_type", "authorization_code"},
                        {"client_id", oa_text(&s, s.client)},
                        {"code", oa_text(&s, code)},
                        {"redirect_uri", REDIRECT},
                        {"code_verifier", VERIFIER}};
        for (size_t i = 0; i < COUNT_OF(form); i++) {
            if (strcmp(form[i].name, c->with.name) == 0)
                form[i].value = c->with.value;
        }
        today += c->later * TIME_SECOND;
        oa_ask(&s, oauth_token, oa_form(&s, form, COUNT_OF(form)));
        check_int(s.answer.http, c->http);
        if (c->error)
            check_str(oa_said(&s, "error"), str_of(c->error));
    }
    oa_end(&s);
}

/* A code of one program is worth nothing to another, and stays good for its own. */
static void a_code_is_its_programs_own(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    Str code;
    OauthClient other = {.name = STR("Other"), .redirect_count = 1};
    other.redirects[0] = STR(REDIRECT);
    Str thief = oa_client(&s, &other, NULL);
    oa_decide(&s, oa_query(&s, s.client, "user/Patient.rs", NULL), "[\"user/Patient.rs\"]", NULL,
              &code);
    oa_redeem(&s, thief, code);
    check_str(oa_said(&s, "error"), STR("invalid_grant"));
    oa_redeem(&s, s.client, code);
    check_int(s.answer.http, 200);
    oa_end(&s);
}

/* ---- refresh
 * -------------------------------------------------------------------------------------- */

static void refresh_tokens_rotate(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    oa_let_in(&s, OFFLINE, "[\"offline_access\",\"user/Patient.rs\"]");
    Str first = oa_said(&s, "refresh_token"), token = oa_said(&s, "access_token");
    oa_refresh(&s, s.client, first, NULL);
    check_int(s.answer.http, 200);
    Str second = oa_said(&s, "refresh_token"), fresh = oa_said(&s, "access_token");
    check(!str_eq(first, second) && oa_lives(&s, token) && oa_lives(&s, fresh));
    CASE("fewer scopes for one token");
    oa_refresh(&s, s.client, second, "user/Patient.r");
    check_str(oa_said(&s, "scope"), STR("user/Patient.r"));
    Str third = oa_said(&s, "refresh_token");
    CASE("more are refused, and the token is still good");
    oa_refresh(&s, s.client, third, "user/Patient.cruds");
    check_str(oa_said(&s, "error"), STR("invalid_scope"));
    CASE("a public program need not name itself");
    oa_refresh(&s, STR_EMPTY, third, NULL);
    check_int(s.answer.http, 200);
    CASE("an old one ends everything");
    Str last = oa_said(&s, "access_token"), living = oa_said(&s, "refresh_token");
    oa_refresh(&s, s.client, first, NULL);
    check_str(oa_said(&s, "error"), STR("invalid_grant"));
    check(!oa_lives(&s, token) && !oa_lives(&s, fresh) && !oa_lives(&s, last));
    oa_refresh(&s, s.client, living, NULL);
    check_str(oa_said(&s, "error"), STR("invalid_grant"));
    oa_end(&s);
}

static void what_ends_a_grant(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        const char *scopes;
        Time later;
        bool sign_out, new_password, block;
        bool token, refresh; /* what is left */
    } cases[] = {
        {"nothing", "[\"offline_access\",\"user/Patient.rs\"]", 0, false, false, false, true, true},
        {"signing out: what was allowed for the session", "[\"online_access\",\"user/Patient.rs\"]",
         0, true, false, false, false, false},
        {"signing out: what was allowed for longer stays",
         "[\"offline_access\",\"user/Patient.rs\"]", 0, true, false, false, true, true},
        {"an hour: a token", "[\"offline_access\",\"user/Patient.rs\"]", 3600, false, false, false,
         false, true},
        {"thirty days without use", "[\"offline_access\",\"user/Patient.rs\"]", 30 * 86400, false,
         false, false, false, false},
        {"a new password", "[\"offline_access\",\"user/Patient.rs\"]", 0, false, true, false, false,
         false},
        {"a block", "[\"offline_access\",\"user/Patient.rs\"]", 0, false, false, true, false,
         false},
    };
    FOR_CASES(cases, c)
    {
        Oa s = oa_begin(false);
        CASE(c->why);
        oa_let_in(&s, "online_access " OFFLINE, c->scopes);
        Str token = oa_said(&s, "access_token"), refresh = oa_said(&s, "refresh_token");
        today += c->later * TIME_SECOND;
        if (c->sign_out)
            check(auth_sign_out(s.auth, oa_cx(&s), s.cookie, STR("192.0.2.7")) == STATUS_OK);
        if (c->new_password)
            check(auth_password_set(s.auth, oa_cx(&s), s.operator, STR("dr.dupont"),
                                    STR("quatre chats sur un mur")) == STATUS_OK);
        if (c->block)
            check(auth_account_block(s.auth, oa_cx(&s), s.operator, STR("dr.dupont"), true) ==
                  STATUS_OK);
        check_int(oa_lives(&s, token), c->token);
        oa_refresh(&s, s.client, refresh, NULL);
        check_int(s.answer.http, c->refresh ? 200 : 400);
        oa_end(&s);
    }
}

/* A step-up and an unlocking give the session another cookie; what was let in for it stays, and
 * still ends with it. */
static void what_was_let_in_for_a_session_lasts_as_it_does(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    oa_let_in(&s, "online_access user/Patient.rs", "[\"online_access\",\"user/Patient.rs\"]");
    Str token = oa_said(&s, "access_token"), refresh = oa_said(&s, "refresh_token");
    for (int i = 0; i < 6; i++) {
        AuthWelcome welcome;
        AuthProof proof = {.password = STR("trois chats sur un mur"),
                           .address = STR("192.0.2.7"),
                           .cookie = s.cookie};
        proof.code = proof.ticket = proof.origin = proof.device = proof.passkey.id = STR_EMPTY;
        today += 60 * TIME_SECOND;
        if (i % 2)
            check(auth_lock(s.auth, oa_cx(&s), s.cookie, STR("192.0.2.7")) == STATUS_OK);
        check_int((i % 2 ? auth_unlock : auth_step_up)(s.auth, oa_cx(&s), &proof, &welcome),
                  STATUS_OK);
        s.cookie = arena_str(s.f.forever, welcome.cookie);
        check(oa_lives(&s, token));
    }
    CASE("one that is refreshed behind it");
    oa_refresh(&s, s.client, refresh, NULL);
    check_int(s.answer.http, 200);
    Str second = arena_str(s.f.forever, oa_said(&s, "access_token"));
    Str again = arena_str(s.f.forever, oa_said(&s, "refresh_token"));
    check(oa_lives(&s, second));
    CASE("a server that starts anew knows it too");
    AuthOptions how = {.clock = scene_clock};
    Auth *other;
    check(auth_new(oa_cx(&s), s.f.store, &how, &other) == STATUS_OK);
    const Access *access;
    check(auth_bearer(other, oa_cx(&s), token, &access) == STATUS_OK);
    check(auth_bearer(other, oa_cx(&s), second, &access) == STATUS_OK);
    auth_free(other);
    CASE("and signing out ends all of it");
    check(auth_sign_out(s.auth, oa_cx(&s), s.cookie, STR("192.0.2.7")) == STATUS_OK);
    check(!oa_lives(&s, token) && !oa_lives(&s, second));
    oa_refresh(&s, s.client, again, NULL);
    check_int(s.answer.http, 400);
    CASE("the traces are swept when the session would have been over");
    StoreItem *old;
    size_t count;
    today += 2 * TIME_DAY;
    check(auth_sweep(s.auth, oa_cx(&s), &old, &count) == STATUS_OK);
    size_t went = 0;
    for (size_t i = 0; i < count; i++)
        went += str_eq(old[i].space, STR("session-went"));
    check_int(went, 6);
    oa_end(&s);
}

/* Who was let in, in a list; and no more, at the next request. */
static void the_person_takes_it_back(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    oa_let_in(&s, OFFLINE, "[\"offline_access\",\"user/Patient.rs\"]");
    Str token = oa_said(&s, "access_token"), refresh = oa_said(&s, "refresh_token");
    oa_ask(&s, oauth_apps, STR_EMPTY);
    const JsonValue *app = json_item(json_get(s.said, STR("apps")), 0);
    check_str(json_get_str(app, STR("name")), STR("Growth chart"));
    check(json_bool(json_get(app, STR("lives"))));
    oa_ask(&s, oauth_apps_end,
           arena_format(oa_cx(&s)->arena, "{\"client\":\"" STR_FMT "\"}", STR_ARG(s.client)));
    check_int(s.answer.http, 204);
    check(!oa_lives(&s, token));
    oa_refresh(&s, s.client, refresh, NULL);
    check_int(s.answer.http, 400);
    oa_ask(&s, oauth_apps, STR_EMPTY);
    check_int(json_count(json_get(s.said, STR("apps"))), 0);
    CASE("also what an administrator removes");
    oa_let_in(&s, OFFLINE, "[\"offline_access\",\"user/Patient.rs\"]");
    token = oa_said(&s, "access_token");
    check(oauth_client_remove(s.oauth, oa_cx(&s), s.operator, s.client) == STATUS_OK);
    check(!oa_lives(&s, token));
    oa_end(&s);
}

/* ---- a chart
 * ---------------------------------------------------------------------------------------- */

static Str launch_of(Oa *s, Str client)
{
    Str launch;
    oa_ask(s, oauth_launch,
           arena_format(oa_cx(s)->arena, "{\"client\":\"" STR_FMT "\",\"patient\":\"Patient/p1\"}",
                        STR_ARG(client)));
    check_int(s->answer.http, 200);
    Str url = oa_said(s, "url");
    check(form_value(oa_cx(s), str_from(url, str_index(url, '?') + 1), STR("launch"), &launch));
    return launch;
}

static void a_launch_is_for_one_chart_once(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    OauthClient chart = {
        .name = STR("Chart"), .launch_at = STR("https://app.example/launch"), .redirect_count = 1};
    chart.redirects[0] = STR(REDIRECT);
    Str client = oa_client(&s, &chart, NULL), code;
    static const char ticked[] = "[\"launch\",\"patient/Patient.rs\"]";
    const char *launch = oa_text(&s, launch_of(&s, client));
    const Param with = {"launch", launch};
    Str query = oa_query(&s, client, "launch patient/Patient.rs", &with);

    CASE("another patient cannot be slipped in");
    oa_put(&s, "Patient", "p2");
    oa_decide(&s, query, ticked, "Patient/p2", &code);
    check(!code.len);
    CASE("the chart's own patient, unasked");
    oa_decide(&s, query, ticked, NULL, &code);
    oa_redeem(&s, client, code);
    check_str(oa_said(&s, "patient"), STR("p1"));
    CASE("not twice");
    oa_decide(&s, query, ticked, NULL, &code);
    check(!code.len);
    CASE("not by another program");
    const Param other = {"launch", oa_text(&s, launch_of(&s, client))};
    oa_decide(&s, oa_query(&s, s.client, "launch patient/Patient.rs", &other), ticked, NULL, &code);
    check(!code.len);
    CASE("not by another person");
    oa_account(&s, "dr.peeters");
    oa_sign_in(&s, "dr.peeters");
    oa_decide(&s, oa_query(&s, client, "launch patient/Patient.rs", &other), ticked, NULL, &code);
    check(!code.len);
    oa_sign_in(&s, "dr.dupont");
    CASE("not after five minutes");
    const Param late = {"launch", oa_text(&s, launch_of(&s, client))};
    today += (Time)300 * TIME_SECOND;
    oa_decide(&s, oa_query(&s, client, "launch patient/Patient.rs", &late), ticked, NULL, &code);
    check(!code.len);
    CASE("not made up");
    const Param made_up = {"launch", VERIFIER};
    oa_decide(&s, oa_query(&s, client, "launch patient/Patient.rs", &made_up), ticked, NULL, &code);
    check(!code.len);
    oa_end(&s);
}

static void put_encounter(Oa *s, const char *id, const char *patient)
{
    Str text = arena_format(oa_cx(s)->arena,
                            "{\"resourceType\":\"Encounter\",\"id\":\"%s\",\"status\":"
                            "\"in-progress\",\"class\":{\"system\":\"http://terminology.hl7.org/"
                            "CodeSystem/v3-ActCode\",\"code\":\"AMB\"},\"subject\":"
                            "{\"reference\":\"Patient/%s\"}}",
                            id, patient);
    Call call = fixture_call(&s->f);
    Reply reply;
    check(record_update(s->f.record, oa_cx(s), &call, STR("Encounter"), str_of(id),
                        fixture_body(&s->f, text), &reply) == STATUS_OK);
    check(record_finish(s->f.record, oa_cx(s), &call, &reply) == STATUS_OK);
}

/* SPEC SMART 2.2 scopes-and-launch-context.html: launch/encounter */
static void a_launch_may_name_an_encounter(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *encounter, *scope, *ticked;
        unsigned http; /* of the launch */
        const char *said;
    } cases[] = {
        {"one of this patient", "Encounter/e1", "launch launch/encounter patient/Patient.rs",
         "[\"launch\",\"launch/encounter\",\"patient/Patient.rs\"]", 200, "e1"},
        {"by launch alone", "Encounter/e1", "launch patient/Patient.rs",
         "[\"launch\",\"patient/Patient.rs\"]", 200, "e1"},
        {"none", "", "launch launch/encounter patient/Patient.rs",
         "[\"launch\",\"launch/encounter\",\"patient/Patient.rs\"]", 200, ""},
        {"context was unticked", "Encounter/e1", "launch launch/encounter patient/Patient.rs",
         "[\"patient/Patient.rs\"]", 200, ""},
        {"one of another patient", "Encounter/e2", NULL, NULL, 400, NULL},
        {"one that is not there", "Encounter/e3", NULL, NULL, 400, NULL},
        {"what is none", "Patient/p1", NULL, NULL, 400, NULL},
    };
    Oa s = oa_begin(false);
    OauthClient chart = {
        .name = STR("Chart"), .launch_at = STR("https://app.example/launch"), .redirect_count = 1};
    chart.redirects[0] = STR(REDIRECT);
    Str client = oa_client(&s, &chart, NULL);
    oa_put(&s, "Patient", "p2");
    put_encounter(&s, "e1", "p1");
    put_encounter(&s, "e2", "p2");
    FOR_CASES(cases, c)
    {
        Str launch, code;
        CASE(c->why);
        oa_ask(&s, oauth_launch,
               arena_format(oa_cx(&s)->arena,
                            "{\"client\":\"" STR_FMT "\",\"patient\":\"Patient/p1\","
                            "\"encounter\":\"%s\"}",
                            STR_ARG(client), c->encounter));
        check_int(s.answer.http, c->http);
        if (c->http != 200)
            continue;
        Str url = oa_said(&s, "url");
        check(
            form_value(oa_cx(&s), str_from(url, str_index(url, '?') + 1), STR("launch"), &launch));
        const Param with = {"launch", oa_text(&s, launch)};
        oa_decide(&s, oa_query(&s, client, c->scope, &with), c->ticked, NULL, &code);
        oa_redeem(&s, client, code);
        check_int(s.answer.http, 200);
        check_str(oa_said(&s, "encounter"), str_of(c->said));
    }
    oa_end(&s);
}

/* ---- without a word
 * --------------------------------------------------------------------------------------- */

/* The error that a program is told, or "" and *ret_code. */
static Str silently(Oa *s, Str client, const char *scope, const Param *other, Str *ret_code)
{
    Buf out;
    Str error = STR_EMPTY, query = oa_query(s, client, scope, other);
    buf_init(&out, oa_cx(s)->arena, 1024, 65536);
    buf_add_lit(&out, "{\"query\":");
    json_write_string(&out, query);
    buf_add_char(&out, '}');
    oa_ask(s, oauth_request, buf_str(&out));
    check_int(s->answer.http, 200);
    Str redirect = oa_said(s, "redirect");
    check(str_has_prefix(redirect, STR(REDIRECT)));
    Str said = str_from(redirect, str_index(redirect, '?') + 1);
    check(form_value(oa_cx(s), said, STR("error"), &error));
    check(form_value(oa_cx(s), said, STR("code"), ret_code));
    return error;
}

/* SPEC OIDC Core 3.1.2.1, 3.1.2.6 */
static void what_was_allowed_before_needs_no_word(void **state)
{
    UNUSED(state);
    static const Param none = {"prompt", "none"}, both = {"prompt", "none login"};
    Oa s = oa_begin(true);
    Str code;
    CASE("nothing was allowed yet");
    check_str(silently(&s, s.client, "openid user/Patient.rs", &none, &code),
              STR("consent_required"));
    oa_let_in(&s, "openid user/Patient.rs", "[\"openid\",\"user/Patient.rs\"]");
    CASE("the same again");
    check_str(silently(&s, s.client, "openid user/Patient.rs", &none, &code), STR_EMPTY);
    oa_redeem(&s, s.client, code);
    check_int(s.answer.http, 200);
    check_str(oa_said(&s, "scope"), STR("openid user/Patient.rs"));
    CASE("less");
    check_str(silently(&s, s.client, "user/Patient.r", &none, &code), STR_EMPTY);
    check(code.len > 0);
    CASE("more");
    check_str(silently(&s, s.client, "openid user/Patient.cruds", &none, &code),
              STR("consent_required"));
    check(!code.len);
    CASE("another type");
    check_str(silently(&s, s.client, "user/Observation.rs", &none, &code), STR("consent_required"));
    CASE("with another prompt");
    check_str(silently(&s, s.client, "openid user/Patient.rs", &both, &code),
              STR("invalid_request"));
    CASE("a patient that nobody has chosen");
    oa_let_in(&s, "patient/Patient.rs", "[\"patient/Patient.rs\"]");
    check_str(silently(&s, s.client, "patient/Patient.rs", &none, &code),
              STR("interaction_required"));
    CASE("somebody else allowed nothing");
    oa_account(&s, "dr.peeters");
    oa_sign_in(&s, "dr.peeters");
    check_str(silently(&s, s.client, "patient/Patient.r", &none, &code), STR("consent_required"));
    CASE("nobody is signed in");
    s.call.access = NULL;
    check_str(silently(&s, s.client, "openid user/Patient.rs", &none, &code),
              STR("login_required"));
    oa_sign_in(&s, "dr.dupont");
    CASE("it was taken back");
    oa_ask(&s, oauth_apps_end,
           arena_format(oa_cx(&s)->arena, "{\"client\":\"" STR_FMT "\"}", STR_ARG(s.client)));
    check_str(silently(&s, s.client, "openid user/Patient.rs", &none, &code),
              STR("consent_required"));
    CASE("a program that registered itself is not known to be it");
    oa_ask(&s, oauth_register,
           STR("{\"client_name\":\"App\",\"redirect_uris\":[\"" REDIRECT
               "\"],\"token_endpoint_auth_method\":\"none\"}"));
    Str own = arena_str(s.f.forever, oa_said(&s, "client_id"));
    oa_decide(&s, oa_query(&s, own, "user/Patient.rs", NULL), "[\"user/Patient.rs\"]", NULL, &code);
    check(code.len > 0);
    check_str(silently(&s, own, "user/Patient.rs", &none, &code), STR("consent_required"));
    oa_end(&s);
}

/* ---- who calls
 * --------------------------------------------------------------------------------------- */

static void programs_show_who_they_are(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    Str secret;
    OauthClient other = {.name = STR("Server"), .proof = OAUTH_SECRET, .redirect_count = 1};
    other.redirects[0] = STR(REDIRECT);
    Str client = oa_client(&s, &other, &secret);
    static const struct {
        const char *why;
        bool id, secret, basic, wrong, public;
        unsigned http; /* 400: who it is was believed, and there is no such code */
    } cases[] = {
        {"in the form", true, true, false, false, false, 400},
        {"in the header", false, false, true, false, false, 400},
        {"in the header, named in the form", true, false, true, false, false, 400},
        {"a wrong secret", true, true, false, true, false, 401},
        {"a wrong one in the header", false, false, true, true, false, 401},
        {"twice", true, true, true, false, false, 401},
        {"its name alone", true, false, false, false, false, 401},
        {"nothing", false, false, false, false, false, 401},
        {"a public one with a secret", true, true, false, false, true, 401},
        {"a public one, in the header", false, false, true, false, true, 401},
        {"a public one", true, false, false, false, true, 400},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str id = c->public ? s.client : client, said = c->wrong ? STR(VERIFIER) : secret;
        Param form[] = {{"grant_type", "authorization_code"},
                        {"client_id", c->id ? oa_text(&s, id) : NULL},
                        {"client_secret", c->secret ? oa_text(&s, said) : NULL},
                        {"code", VERIFIER},
                        {"redirect_uri", REDIRECT},
                        {"code_verifier", VERIFIER}};
        Str pair = arena_format(oa_cx(&s)->arena, STR_FMT ":" STR_FMT, STR_ARG(id), STR_ARG(said));
        Str b64 = crypto_base64url(oa_cx(&s)->arena, pair);
        for (size_t i = 0; i < b64.len; i++) {
            char *at = (char *)(uintptr_t)b64.at + i;
            *at = (char)(*at == '-' ? '+' : *at == '_' ? '/' : *at);
        }
        s.call.authorization =
            c->basic ? arena_format(oa_cx(&s)->arena, "Basic " STR_FMT "%s", STR_ARG(b64),
                                    b64.len % 4 == 2   ? "=="
                                    : b64.len % 4 == 3 ? "="
                                                       : "")
                     : STR_EMPTY;
        oa_ask(&s, oauth_token, oa_form(&s, form, COUNT_OF(form)));
        check_int(s.answer.http, c->http);
        s.call.authorization = STR_EMPTY;
    }
    oa_end(&s);
}

/* ---- services
 * ------------------------------------------------------------------------------------------ */

typedef struct {
    Oa s;
    JoseKey key;
    Str client;
} Service;

static Service service_begin(CryptoSignature kind)
{
    Service v = {.s = oa_begin(false), .key = {.id = STR("k1")}};
    Buf out;
    Ctx forever = {.arena = v.s.f.forever};
    buf_init(&out, oa_cx(&v.s)->arena, 1024, 8192);
    check(crypto_pair_make(&forever, kind, &v.key.pair) == STATUS_OK);
    buf_add_lit(&out, "{\"keys\":[");
    check(jose_key_write(oa_cx(&v.s), &v.key, &out) == STATUS_OK);
    buf_add_lit(&out, "]}");
    OauthClient client = {.name = STR("Laboratory"),
                          .proof = OAUTH_SIGNED,
                          .service = true,
                          .keys = buf_str(&out),
                          .scopes = STR("system/Patient.rs system/Observation.cruds")};
    v.client = oa_client(&v.s, &client, NULL);
    return v;
}

static void present(Service *v, const char *claims, const char *scope)
{
    Str token, text = str_of(claims);
    for (Str mark; (mark = str_n(memchr(text.at, '@', text.len), 1)).at;)
        text = arena_format(oa_cx(&v->s)->arena, STR_FMT STR_FMT STR_FMT, (int)(mark.at - text.at),
                            text.at, STR_ARG(v->client), (int)(text.at + text.len - mark.at - 1),
                            mark.at + 1);
    check(jose_sign(oa_cx(&v->s), &v->key, STR("JWT"), text, &token) == STATUS_OK);
    const Param form[] = {
        {"grant_type", "client_credentials"},
        {"scope", scope},
        {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
        {"client_assertion", oa_text(&v->s, token)}};
    oa_ask(&v->s, oauth_token, oa_form(&v->s, form, COUNT_OF(form)));
}

#define CLAIMS(jti)                                                                                \
    "{\"iss\":\"@\",\"sub\":\"@\",\"aud\":\"" US                                                   \
    "/oauth/token\",\"exp\":1790000200,\"jti\":\"" jti "\"}"

static void a_service_signs(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *claims, *scope;
        unsigned http;
        const char *said; /* scope or error */
    } cases[] = {
        {"what it registered", CLAIMS("1"), "system/Patient.rs", 200, "system/Patient.rs"},
        {"the same assertion again", CLAIMS("1"), "system/Patient.rs", 401, "invalid_client"},
        {"another one", CLAIMS("2"), "system/Patient.rs", 200, "system/Patient.rs"},
        {"less than it asked for", CLAIMS("3"), "system/Patient.rs system/Flag.rs", 200,
         "system/Patient.rs"},
        {"nothing that it registered", CLAIMS("4"), "system/Flag.rs", 400, "invalid_scope"},
        {"a person's scopes", CLAIMS("5"), "user/Patient.rs", 400, "invalid_scope"},
        {"no scopes", CLAIMS("6"), NULL, 400, "invalid_scope"},
        {"for another server",
         "{\"iss\":\"@\",\"sub\":\"@\",\"aud\":\"https://other.example/oauth/token\","
         "\"exp\":1790000200,\"jti\":\"7\"}",
         "system/Patient.rs", 401, "invalid_client"},
        {"about another program",
         "{\"iss\":\"@\",\"sub\":\"x\",\"aud\":\"" US "\",\"exp\":1790000200,\"jti\":\"8\"}",
         "system/Patient.rs", 401, "invalid_client"},
        {"from another program",
         "{\"iss\":\"x\",\"sub\":\"@\",\"aud\":\"" US "\",\"exp\":1790000200,\"jti\":\"9\"}",
         "system/Patient.rs", 401, "invalid_client"},
        {"for an hour",
         "{\"iss\":\"@\",\"sub\":\"@\",\"aud\":\"" US "\",\"exp\":1790003600,\"jti\":\"10\"}",
         "system/Patient.rs", 401, "invalid_client"},
        {"that has expired",
         "{\"iss\":\"@\",\"sub\":\"@\",\"aud\":\"" US "\",\"exp\":1789999900,\"jti\":\"11\"}",
         "system/Patient.rs", 401, "invalid_client"},
        {"that can be used again",
         "{\"iss\":\"@\",\"sub\":\"@\",\"aud\":\"" US "\",\"exp\":1790000200}", "system/Patient.rs",
         401, "invalid_client"},
    };
    static const CryptoSignature kinds[] = {CRYPTO_RS384, CRYPTO_ES384};
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        Service v = service_begin(kinds[k]);
        FOR_CASES(cases, c)
        {
            CASE(c->why);
            present(&v, c->claims, c->scope);
            check_int(v.s.answer.http, c->http);
            check_str(oa_said(&v.s, c->http == 200 ? "scope" : "error"), str_of(c->said));
        }
        CASE("what it gets is no person's, limited, and short");
        present(&v, CLAIMS("20"), "system/Patient.rs");
        const Access *access;
        Str token = oa_said(&v.s, "access_token");
        check(auth_bearer(v.s.auth, oa_cx(&v.s), token, &access) == STATUS_OK);
        check(!access_is_system(access) && access_scopes(access).len);
        check(!oa_said(&v.s, "refresh_token").len);
        check_int(access_need_write(oa_cx(&v.s), access), STATUS_FORBIDDEN);
        today += (Time)300 * TIME_SECOND;
        check(!oa_lives(&v.s, token));
        oa_end(&v.s);
    }
}

/* ---- about tokens
 * ---------------------------------------------------------------------------------------- */

static void who_may_ask_what_a_token_is_worth(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    Str secrets[2];
    OauthClient server = {.name = STR("Server"), .proof = OAUTH_SECRET, .redirect_count = 1};
    server.redirects[0] = STR(REDIRECT);
    Str clients[2] = {oa_client(&s, &server, &secrets[0])};
    server.inspects = true;
    clients[1] = oa_client(&s, &server, &secrets[1]);
    oa_let_in(&s, "openid user/Patient.rs", "[\"openid\",\"user/Patient.rs\"]");
    const char *token = oa_text(&s, oa_said(&s, "access_token"));
    static const struct {
        const char *why;
        int client; /* -1: the public one */
        bool token_is_one;
        unsigned http;
        bool active;
    } cases[] = {
        {"a program that may, of any", 1, true, 200, true},
        {"a program of another's token", 0, true, 200, false},
        {"of what is no token", 1, false, 200, false},
        {"a program that shows nothing", -1, true, 401, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        const Param form[] = {
            {"client_id", oa_text(&s, c->client < 0 ? s.client : clients[c->client])},
            {"client_secret", c->client < 0 ? NULL : oa_text(&s, secrets[c->client])},
            {"token", c->token_is_one ? token : VERIFIER}};
        oa_ask(&s, oauth_introspect, oa_form(&s, form, COUNT_OF(form)));
        check_int(s.answer.http, c->http);
        check_int(json_bool(json_get(s.said, STR("active"))), c->active);
        if (c->active)
            check_str(oa_said(&s, "client_id"), s.client);
    }
    CASE("a program revokes its own alone");
    const Param theft[] = {{"client_id", oa_text(&s, clients[0])},
                           {"client_secret", oa_text(&s, secrets[0])},
                           {"token", token}};
    oa_ask(&s, oauth_revoke, oa_form(&s, theft, COUNT_OF(theft)));
    check_int(s.answer.http, 200);
    check(oa_lives(&s, str_of(token)));
    const Param own[] = {{"client_id", oa_text(&s, s.client)}, {"token", token}};
    oa_ask(&s, oauth_revoke, oa_form(&s, own, COUNT_OF(own)));
    check_int(s.answer.http, 200);
    check(!oa_lives(&s, str_of(token)));
    oa_end(&s);
}

/* ---- programs
 * --------------------------------------------------------------------------------------------- */

static void addresses_of_programs(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str url;
        bool web, redirect;
    } cases[] = {
        {"https", STR_INIT("https://app.example/done"), true, true},
        {"a port", STR_INIT("https://app.example:8443/done?x=1"), true, true},
        {"this machine", STR_INIT("http://localhost:3000/done"), true, true},
        {"this machine by number", STR_INIT("http://127.0.0.1:3000/"), true, true},
        {"by the longer number", STR_INIT("http://[::1]:3000/"), true, true},
        {"a scheme of its own", STR_INIT("com.example.app:/done"), false, true},
        {"http elsewhere", STR_INIT("http://app.example/done"), false, false},
        {"a name like this machine's", STR_INIT("http://localhost.evil.example/"), false, false},
        {"a fragment", STR_INIT("https://app.example/done#x"), false, false},
        {"a user", STR_INIT("https://app.example@evil.example/"), false, false},
        {"a star", STR_INIT("https://*.example/"), false, false},
        {"a blank", STR_INIT("https://app.example/a b"), false, false},
        {"a line", STR_INIT("https://app.example/\r\nX: y"), false, false},
        {"a backslash", STR_INIT("https://app.example\\@evil.example/"), false, false},
        {"script", STR_INIT("javascript:alert(1)"), false, false},
        {"script with a point", STR_INIT("java.script:alert(1)"), false, false},
        {"data", STR_INIT("data:text/html,x"), false, false},
        {"a short scheme", STR_INIT("myapp:/done"), false, false},
        {"no host", STR_INIT("https:///done"), false, false},
        {"no scheme", STR_INIT("//app.example/done"), false, false},
        {"a port that is none", STR_INIT("https://app.example:x/"), false, false},
        {"nothing", STR_INIT(""), false, false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(url_is_web(c->url), c->web);
        check_int(url_is_redirect(c->url), c->redirect);
    }
}

#define GOOD_KEYS                                                                                  \
    STR_INIT("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\","                         \
             "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                              \
             "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}")

static void what_a_program_needs_to_be_added(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        OauthClient client;
        Status status;
    } cases[] = {
        {"a redirect",
         {.name = STR_INIT("a"), .redirects = {STR_INIT(REDIRECT)}, .redirect_count = 1},
         STATUS_OK},
        {"none", {.name = STR_INIT("a")}, STATUS_INVALID},
        {"no name", {.redirects = {STR_INIT(REDIRECT)}, .redirect_count = 1}, STATUS_INVALID},
        {"a redirect that is none",
         {.name = STR_INIT("a"), .redirects = {STR_INIT("javascript:x")}, .redirect_count = 1},
         STATUS_INVALID},
        {"a scheme of its own and a secret",
         {.name = STR_INIT("a"),
          .proof = OAUTH_SECRET,
          .redirects = {STR_INIT("com.example.app:/done")},
          .redirect_count = 1},
         STATUS_INVALID},
        {"a service with keys",
         {.name = STR_INIT("a"),
          .proof = OAUTH_SIGNED,
          .service = true,
          .keys = GOOD_KEYS,
          .scopes = STR_INIT("system/*.rs")},
         STATUS_OK},
        {"a service with a secret",
         {.name = STR_INIT("a"),
          .proof = OAUTH_SECRET,
          .service = true,
          .scopes = STR_INIT("system/*.rs")},
         STATUS_INVALID},
        {"a service without scopes",
         {.name = STR_INIT("a"), .proof = OAUTH_SIGNED, .service = true, .keys = GOOD_KEYS},
         STATUS_INVALID},
        {"keys in two places",
         {.name = STR_INIT("a"),
          .proof = OAUTH_SIGNED,
          .service = true,
          .keys = GOOD_KEYS,
          .keys_at = STR_INIT("https://app.example/keys"),
          .scopes = STR_INIT("system/*.rs")},
         STATUS_INVALID},
        {"keys that are none",
         {.name = STR_INIT("a"),
          .proof = OAUTH_SIGNED,
          .service = true,
          .keys = STR_INIT("{\"keys\":[]}"),
          .scopes = STR_INIT("system/*.rs")},
         STATUS_INVALID},
        {"keys over http",
         {.name = STR_INIT("a"),
          .proof = OAUTH_SIGNED,
          .service = true,
          .keys_at = STR_INIT("http://localhost/keys"),
          .scopes = STR_INIT("system/*.rs")},
         STATUS_INVALID},
        {"keys of a public one",
         {.name = STR_INIT("a"),
          .keys = GOOD_KEYS,
          .redirects = {STR_INIT(REDIRECT)},
          .redirect_count = 1},
         STATUS_INVALID},
        {"scopes that are none",
         {.name = STR_INIT("a"),
          .redirects = {STR_INIT(REDIRECT)},
          .redirect_count = 1,
          .scopes = STR_INIT("email")},
         STATUS_INVALID},
    };
    Oa s = oa_begin(false);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx own = {.arena = oa_cx(&s)->arena};
        OauthClient made, full = c->client;
        Str secret, *texts[] = {&full.id,   &full.name, &full.scopes, &full.launch_at,
                                &full.home, &full.keys, &full.keys_at};
        for (size_t i = 0; i < COUNT_OF(texts); i++)
            *texts[i] = texts[i]->at ? *texts[i] : STR_EMPTY;
        check_int(oauth_client_add(s.oauth, &own, s.operator, & full, &made, &secret), c->status);
        check_int(oauth_client_add(s.oauth, &own, s.f.reader, &full, &made, &secret),
                  STATUS_FORBIDDEN);
    }
    oa_end(&s);
}

static void programs_that_register_themselves(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str body;
        unsigned http;
    } cases[] = {
        {"a public one",
         STR_INIT("{\"client_name\":\"App\",\"redirect_uris\":[\"" REDIRECT
                  "\"],\"token_endpoint_auth_method\":\"none\"}"),
         201},
        {"one with a secret",
         STR_INIT("{\"client_name\":\"App\",\"redirect_uris\":[\"" REDIRECT "\"]}"), 201},
        {"a service",
         STR_INIT("{\"client_name\":\"App\",\"grant_types\":[\"client_credentials\"],"
                  "\"redirect_uris\":[\"" REDIRECT "\"]}"),
         400},
        {"no redirect", STR_INIT("{\"client_name\":\"App\"}"), 400},
        {"a redirect that is none",
         STR_INIT("{\"client_name\":\"App\",\"redirect_uris\":[\"http://evil.example/\"]}"), 400},
        {"a member twice",
         STR_INIT(
             "{\"client_name\":\"App\",\"client_name\":\"Aceso\",\"redirect_uris\":[\"" REDIRECT
             "\"]}"),
         400},
        {"a way that is not offered",
         STR_INIT("{\"client_name\":\"App\",\"redirect_uris\":[\"" REDIRECT
                  "\"],\"token_endpoint_auth_method\":\"client_secret_jwt\"}"),
         400},
        {"no object", STR_INIT("[]"), 400},
        {"no JSON", STR_INIT("x"), 400},
    };
    Oa s = oa_begin(true);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        oa_ask(&s, oauth_register, c->body);
        check_int(s.answer.http, c->http);
    }
    oa_end(&s);
    s = oa_begin(false);
    CASE("where the site does not allow it");
    oa_ask(&s, oauth_register, cases[0].body);
    check_int(s.answer.http, 403);
    oa_end(&s);
}

/* A page of a known program's origin may call; nobody else's. */
static void origins_of_programs(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    static const struct {
        const char *why;
        Str origin;
        bool known;
    } cases[] = {
        {"its origin", STR_INIT("https://app.example"), true},
        {"with a port", STR_INIT("https://app.example:8443"), false},
        {"over http", STR_INIT("http://app.example"), false},
        {"a name below it", STR_INIT("https://x.app.example"), false},
        {"a name that begins alike", STR_INIT("https://app.example.evil"), false},
        {"null", STR_INIT("null"), false},
        {"nothing", STR_INIT(""), false},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(oauth_knows_origin(s.oauth, c->origin), c->known);
    }
    oa_end(&s);
}

/* What is over leaves the store, and not before. */
static void what_is_over_is_swept(void **state)
{
    UNUSED(state);
    Oa s = oa_begin(false);
    StoreItem *items;
    size_t count;
    oa_let_in(&s, "user/Patient.rs", "[\"user/Patient.rs\"]");
    check(oauth_sweep(s.oauth, oa_cx(&s), &items, &count) == STATUS_OK);
    check_int(count, 0);
    today += (Time)3 * 3600 * TIME_SECOND;
    check(oauth_sweep(s.oauth, oa_cx(&s), &items, &count) == STATUS_OK);
    check_int(count, 2); /* the code, and the grant without a refresh token */
    oa_end(&s);
}

int main(void)
{
    Ctx cx = testing_ctx();
    if (crypto_init(&cx) != STATUS_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_a_request),
        cmocka_unit_test(what_may_be_allowed),
        cmocka_unit_test(a_code_gives_what_was_allowed),
        cmocka_unit_test(the_id_token_verifies),
        cmocka_unit_test(a_code_works_once),
        cmocka_unit_test(what_a_code_needs),
        cmocka_unit_test(a_code_is_its_programs_own),
        cmocka_unit_test(refresh_tokens_rotate),
        cmocka_unit_test(what_ends_a_grant),
        cmocka_unit_test(what_was_let_in_for_a_session_lasts_as_it_does),
        cmocka_unit_test(the_person_takes_it_back),
        cmocka_unit_test(a_launch_is_for_one_chart_once),
        cmocka_unit_test(a_launch_may_name_an_encounter),
        cmocka_unit_test(what_was_allowed_before_needs_no_word),
        cmocka_unit_test(programs_show_who_they_are),
        cmocka_unit_test(a_service_signs),
        cmocka_unit_test(who_may_ask_what_a_token_is_worth),
        cmocka_unit_test(addresses_of_programs),
        cmocka_unit_test(what_a_program_needs_to_be_added),
        cmocka_unit_test(programs_that_register_themselves),
        cmocka_unit_test(origins_of_programs),
        cmocka_unit_test(what_is_over_is_swept),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(cx.arena);
    return failed;
}
