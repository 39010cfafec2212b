/* tests/served_fixture.h - a record, accounts and a server on it, in this process: a patient p1
 * whose name is a canary, a doctor with a session, a token that writes and one that reads. */
#ifndef ACESO_SERVED_FIXTURE_H
#define ACESO_SERVED_FIXTURE_H

#include "record_fixture.h"
#include "support/http_client.h"

#include "auth/auth.h"
#include "http/http.h"

#define TYPE "Content-Type: application/fhir+json\r\n"
#define OWN  "Origin: http://localhost\r\n"
#define PATIENT                                                                                    \
    "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"name\":[{\"family\":\"Zyxcanarius\"}]}"
#define SIGN_IN "{\"user\":\"dr.dupont\",\"password\":\"trois chats sur un mur\"}"

static Fixture f;
static Auth *auth;
static Http *server;
static const Access *operator;
static Str token, read_token, cookie;

static inline Str token_of(bool may_write)
{
    AuthToken wanted = {.label = STR("test"), .may_write = may_write};
    Str text;
    assert_int_equal(auth_token_create(auth, &f.cx, operator, & wanted, 1, &text), STATUS_OK);
    return arena_str(f.forever, text);
}

/* The doctor is the patient's own, who agrees. docs/guide/access.md */
static inline void link_patient(const char *patient)
{
    Str team = arena_format(
        f.cx.arena,
        "{\"resourceType\":\"CareTeam\",\"id\":\"%s\",\"status\":\"active\",\"category\":[{"
        "\"coding\":"
        "[{\"system\":\"urn:aceso:link\",\"code\":\"own-gp\"}]}],\"subject\":{\"reference\":"
        "\"Patient/"
        "%s\"},\"period\":{\"start\":\"2026-01-01\",\"end\":\"2099-01-01\"},\"participant\":[{"
        "\"member\":"
        "{\"reference\":\"Practitioner/dupont\"}}]}",
        patient, patient);
    Str consent = arena_format(
        f.cx.arena,
        "{\"resourceType\":\"Consent\",\"id\":\"%s\",\"status\":\"active\",\"scope\":{\"coding\":"
        "[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
        "\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":\"urn:aceso:consent\","
        "\"code\":\"network\"}]}],\"patient\":{\"reference\":\"Patient/%s\"},"
        "\"policyRule\":{\"text\":\"network\"},\"provision\":{\"type\":\"permit\"}}",
        patient, patient);
    assert_int_equal(fixture_put(&f, STR("CareTeam"), str_of(patient), team, STR_EMPTY), STATUS_OK);
    assert_int_equal(fixture_put(&f, STR("Consent"), str_of(patient), consent, STR_EMPTY),
                     STATUS_OK);
    fixture_clear(&f);
}

static inline int start(void **state)
{
    UNUSED(state);
    fixture_open(&f, true);
    operator= auth_operator(f.forever);
    assert_int_equal(auth_new(&f.cx, f.store, NULL, &auth), STATUS_OK);
    AuthAccount account = {
        .user = STR("dr.dupont"), .role = STR("gp"), .reference = STR("Practitioner/dupont")};
    assert_int_equal(
        auth_account_create(auth, &f.cx, operator, & account, STR("trois chats sur un mur")),
        STATUS_OK);
    AuthAttempt attempt = {.user = STR("dr.dupont"), .password = STR("trois chats sur un mur")};
    AuthWelcome welcome;
    assert_int_equal(auth_sign_in(auth, &f.cx, &attempt, &welcome), STATUS_OK);
    cookie =
        arena_format(f.forever, "Cookie: __Host-aceso=" STR_FMT "\r\n", STR_ARG(welcome.cookie));
    token = token_of(true);
    read_token = token_of(false);
    HttpOptions options = {.address = STR("127.0.0.1"), .gzip = true, .threads = 2};
    Status status = http_start(&f.cx, &options, f.record, auth, &server);
    if (status != STATUS_OK)
        fail_msg("%s", f.cx.issues ? f.cx.issues->diagnostics.at : "no issue");
    fixture_clear(&f);
    assert_int_equal(fixture_put(&f, STR("Patient"), STR("p1"), STR(PATIENT), STR_EMPTY),
                     STATUS_OK);
    fixture_clear(&f);
    link_patient("p1");
    link_patient("p2");
    return 0;
}

static inline int stop(void **state)
{
    UNUSED(state);
    assert_true(http_stop(server, 0, 10));
    auth_free(auth);
    fixture_close(&f);
    return 0;
}

static inline Answer ask(Str method, Str target, Str headers, Str body)
{
    Client client;
    assert_true(client_open(&client, f.cx.arena, http_port(server)));
    Answer answer = client_ask(&client, method, target, headers, body);
    client_close(&client);
    return answer;
}

static inline Str bearer(Str text)
{
    return arena_format(f.cx.arena, "Authorization: Bearer " STR_FMT "\r\n", STR_ARG(text));
}

static inline Str with(Str a, const char *b)
{
    return arena_format(f.cx.arena, STR_FMT "%s", STR_ARG(a), b);
}

#endif
