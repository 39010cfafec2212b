/* The server by itself, on a stub of the chart: routes, limits, headers, suspend and resume. */
#include <pthread.h>
#include <unistd.h>

#include "support/http_client.h"
#include "testing.h"
#include "unit/http_stub.h"

#define BEARER "Authorization: Bearer " STUB_TOKEN "\r\n"
#define READER "Authorization: Bearer " STUB_READER "\r\n"
#define COOKIE "Cookie: other=1; __Host-aceso=" STUB_COOKIE "\r\n"
#define JSON   "Content-Type: application/fhir+json\r\n"
#define FORM   "Content-Type: application/x-www-form-urlencoded\r\n"
#define OWN    "Origin: http://localhost\r\n"

static Http *server;
static uint16_t port;

static int start(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    HttpOptions options = {.address = STR("127.0.0.1"),
                           .gzip = true,
                           .metrics_local = false,
                           .threads = 2,
                           .body_bytes_max = 100000,
                           .request_seconds = 20};
    stub_start();
    Status status = http_start(&cx, &options, stub_record(), NULL, &server);
    if (status != STATUS_OK)
        fail_msg("%s", cx.issues ? cx.issues->diagnostics.at : "no issue");
    port = http_port(server);
    arena_free(cx.arena);
    return 0;
}

static int stop(void **state)
{
    UNUSED(state);
    assert_true(http_stop(server, 0, 10));
    stub_stop();
    return 0;
}

typedef struct {
    const char *why;
    Str method, target, headers, body;
    unsigned status;
    Str header, value; /* of the answer: what must be there */
} Exchange;

#define S(literal) STR_INIT(literal)
#define NONE       STR_INIT("")

static const Exchange exchanges[] = {
    {"a read needs a sign-in", S("GET"), S("/fhir/Patient/1"), NONE, NONE, 401,
     S("WWW-Authenticate"), S("Bearer realm=\"aceso\"")},
    {"a token opens it", S("GET"), S("/fhir/Patient/1"), S(BEARER), NONE, 200, S("ETag"),
     S("W/\"7\"")},
    {"Last-Modified of a read", S("GET"), S("/fhir/Patient/1"), S(BEARER), NONE, 200,
     S("Last-Modified"), S("Sun, 06 Nov 1994 08:49:37 GMT")},
    {"FHIR JSON in UTF-8", S("GET"), S("/fhir/Patient/1"), S(BEARER), NONE, 200, S("Content-Type"),
     S("application/fhir+json; charset=utf-8")},
    {"personal data is not kept by caches", S("GET"), S("/fhir/Patient/1"), S(BEARER), NONE, 200,
     S("Cache-Control"), S("no-store")},
    {"nosniff", S("GET"), S("/fhir/Patient/1"), S(BEARER), NONE, 200, S("X-Content-Type-Options"),
     S("nosniff")},
    {"a sane request id comes back", S("GET"), S("/fhir/Patient/1"),
     S(BEARER "X-Request-Id: abc-1\r\n"), NONE, 200, S("X-Request-Id"), S("abc-1")},
    {"an escaped path is the same path", S("GET"), S("/fhir/Patient/%31"), S(BEARER), NONE, 200,
     NONE, NONE},
    {"another id is not found", S("GET"), S("/fhir/Patient/2"), S(BEARER), NONE, 404, NONE, NONE},
    {"HEAD of a read", S("HEAD"), S("/fhir/Patient/1"), S(BEARER), NONE, 200, S("ETag"),
     S("W/\"7\"")},
    {"a cookie opens it", S("GET"), S("/fhir/Patient/1"), S(COOKIE), NONE, 200, NONE, NONE},
    {"a wrong cookie does not", S("GET"), S("/fhir/Patient/1"), S("Cookie: __Host-aceso=no\r\n"),
     NONE, 401, NONE, NONE},
    {"Basic is not a token", S("GET"), S("/fhir/Patient/1"), S("Authorization: Basic eA==\r\n"),
     NONE, 401, NONE, NONE},
    {"metadata needs nobody", S("GET"), S("/fhir/metadata"), NONE, NONE, 200, NONE, NONE},
    {"health needs nobody", S("GET"), S("/healthz"), NONE, NONE, 200, NONE, NONE},
    {"metrics need somebody", S("GET"), S("/metrics"), NONE, NONE, 401, NONE, NONE},
    {"metrics with a token", S("GET"), S("/metrics"), S(READER), NONE, 200, NONE, NONE},
    {"create answers Location", S("POST"), S("/fhir/Patient"), S(BEARER JSON), S("{}"), 201,
     S("Location"), S("http://localhost/fhir/Patient/2/_history/1")},
    {"a reading token may not write", S("POST"), S("/fhir/Patient"), S(READER JSON), S("{}"), 403,
     NONE, NONE},
    {"a cookie without Origin may not write", S("POST"), S("/fhir/Patient"), S(COOKIE JSON),
     S("{}"), 403, NONE, NONE},
    {"another page's Origin may not write", S("POST"), S("/fhir/Patient"),
     S(COOKIE JSON "Origin: http://evil.example\r\n"), S("{}"), 403, NONE, NONE},
    {"a cross-site fetch may not write", S("POST"), S("/fhir/Patient"),
     S(COOKIE JSON OWN "Sec-Fetch-Site: cross-site\r\n"), S("{}"), 403, NONE, NONE},
    {"our own page may", S("POST"), S("/fhir/Patient"), S(COOKIE JSON OWN), S("{}"), 201, NONE,
     NONE},
    {"XML is not taken", S("POST"), S("/fhir/Patient"),
     S(BEARER "Content-Type: application/fhir+xml\r\n"), S("<a/>"), 415, NONE, NONE},
    {"no type is not taken", S("POST"), S("/fhir/Patient"), S(BEARER), S("{}"), 415, NONE, NONE},
    {"another charset is not taken", S("POST"), S("/fhir/Patient"),
     S(BEARER "Content-Type: application/json; charset=latin1\r\n"), S("{}"), 415, NONE, NONE},
    {"plain JSON is taken", S("POST"), S("/fhir/Patient"),
     S(BEARER "Content-Type: application/json;charset=UTF-8\r\n"), S("{}"), 201, NONE, NONE},
    {"a patch is a JSON Patch", S("PATCH"), S("/fhir/Patient/1"), S(BEARER JSON), S("[]"), 415,
     S("Accept-Patch"), S("application/json-patch+json")},
    {"XML is not given", S("GET"), S("/fhir/Patient/1"),
     S(BEARER "Accept: application/fhir+xml\r\n"), NONE, 406, NONE, NONE},
    {"a browser's Accept has */*", S("GET"), S("/fhir/Patient/1"),
     S(BEARER "Accept: text/html,application/xml;q=0.9,*/*;q=0.8\r\n"), NONE, 200, NONE, NONE},
    {"two lines of Accept are one list", S("GET"), S("/fhir/Patient/1"),
     S(BEARER "Accept: text/turtle\r\nAccept: application/fhir+json\r\n"), NONE, 200, NONE, NONE},
    {"q=0 is a refusal", S("GET"), S("/fhir/Patient/1"),
     S(BEARER "Accept: application/json;q=0\r\n"), NONE, 406, NONE, NONE},
    {"FHIR 3.0 is not given", S("GET"), S("/fhir/Patient/1"),
     S(BEARER "Accept: application/fhir+json; fhirVersion=3.0\r\n"), NONE, 406, NONE, NONE},
    {"_format overrides Accept", S("GET"), S("/fhir/Patient/1?_format=json"),
     S(BEARER "Accept: application/fhir+xml\r\n"), NONE, 200, NONE, NONE},
    {"_format with a plus sign", S("GET"), S("/fhir/Patient/1?_format=application/fhir+json"),
     S(BEARER), NONE, 200, NONE, NONE},
    {"_format=xml", S("GET"), S("/fhir/Patient/1?_format=xml"), S(BEARER), NONE, 406, NONE, NONE},
    {"another method of a path", S("DELETE"), S("/fhir/metadata"), S(BEARER), NONE, 405, S("Allow"),
     S("GET, HEAD, OPTIONS")},
    {"POST to an instance", S("POST"), S("/fhir/Patient/1"), S(BEARER JSON), S("{}"), 405,
     S("Allow"), S("GET, HEAD, PUT, PATCH, DELETE, OPTIONS")},
    {"two rows of one method", S("POST"), S("/fhir/Binary/1"), S(BEARER JSON), S("{}"), 405,
     S("Allow"), S("GET, HEAD, PUT, PATCH, DELETE, OPTIONS")},
    {"an unknown method", S("BREW"), S("/fhir/Patient"), S(BEARER), NONE, 405, NONE, NONE},
    {"OPTIONS", S("OPTIONS"), S("/auth/sign-in"), NONE, NONE, 204, S("Allow"), S("POST, OPTIONS")},
    {"OPTIONS of everything", S("OPTIONS"), S("*"), NONE, NONE, 204, NONE, NONE},
    {"nothing below /auth", S("GET"), S("/auth/nothing"), NONE, NONE, 404, NONE, NONE},
    {"an operation is not supported", S("GET"), S("/fhir/Patient/1/$everything"), S(BEARER), NONE,
     400, NONE, NONE},
    {"a delete by condition", S("DELETE"), S("/fhir/Patient?name=x"), S(BEARER), NONE, 204, NONE,
     NONE},
    {"a search in all", S("GET"), S("/fhir?_type=Patient"), S(BEARER), NONE, 200, NONE, NONE},
    {"a search in all, by form", S("POST"), S("/fhir/_search"), S(BEARER FORM), S("_id=1"), 200,
     NONE, NONE},
    {"a search in a compartment", S("GET"), S("/fhir/Patient/1/Observation?code=x"), S(BEARER),
     NONE, 200, NONE, NONE},
    {"of all its types", S("GET"), S("/fhir/Patient/1/*"), S(BEARER), NONE, 200, NONE, NONE},
    {"the same, escaped", S("GET"), S("/fhir/Patient/1/%2A"), S(BEARER), NONE, 200, NONE, NONE},
    {"the same, by form", S("POST"), S("/fhir/Patient/1/_search"), S(BEARER FORM), S("code=x"), 200,
     NONE, NONE},
    {"of one type, by form", S("POST"), S("/fhir/Patient/1/Observation/_search"), S(BEARER FORM),
     S("code=x"), 200, NONE, NONE},
    {"no type has a small letter", S("GET"), S("/fhir/Patient/1/observation"), S(BEARER), NONE, 404,
     NONE, NONE},
    {"a bad escape in a path", S("GET"), S("/fhir/Patient/%zz"), S(BEARER), NONE, 400, NONE, NONE},
    {"half an escape", S("GET"), S("/fhir/Patient/a%2"), S(BEARER), NONE, 400, NONE, NONE},
    {"a NUL in a path", S("GET"), S("/fhir/Patient/a%00b"), S(BEARER), NONE, 400, NONE, NONE},
    {"a NUL in a query", S("GET"), S("/fhir/Patient?name=%00"), S(BEARER), NONE, 400, NONE, NONE},
    {"broken UTF-8 in a query", S("GET"), S("/fhir/Patient?name=%c3%28"), S(BEARER), NONE, 400,
     NONE, NONE},
    {"a search runs on a worker", S("GET"), S("/fhir/Patient?name=x"), S(BEARER), NONE, 200, NONE,
     NONE},
    {"a delete has no body", S("DELETE"), S("/fhir/Patient/1"), S(BEARER), NONE, 204, NONE, NONE},
    {"large answers are compressed", S("GET"), S("/fhir/Patient?name=x"),
     S(BEARER "Accept-Encoding: br, gzip\r\n"), NONE, 200, S("Content-Encoding"), S("gzip")},
    {"but not for who does not want it", S("GET"), S("/fhir/Patient?name=x"),
     S(BEARER "Accept-Encoding: gzip;q=0\r\n"), NONE, 200, S("Content-Encoding"), NONE},
    {"sign-in", S("POST"), S("/auth/sign-in"), S("Content-Type: application/json\r\n"),
     S("{\"user\":\"a\",\"password\":\"right\"}"), 200, S("Set-Cookie"),
     S("__Host-aceso=" STUB_COOKIE "; Path=/; Secure; HttpOnly; SameSite=Strict")},
    {"sign-in with a stale cookie", S("POST"), S("/auth/sign-in"),
     S("Content-Type: application/json\r\n" OWN "Cookie: __Host-aceso=old\r\n"),
     S("{\"user\":\"a\",\"password\":\"right\"}"), 200, NONE, NONE},
    {"wrong password", S("POST"), S("/auth/sign-in"), S("Content-Type: application/json\r\n"),
     S("{\"user\":\"a\",\"password\":\"wrong\"}"), 401, NONE, NONE},
    {"locked out", S("POST"), S("/auth/sign-in"), S("Content-Type: application/json\r\n"),
     S("{\"user\":\"locked\",\"password\":\"x\"}"), 429, S("Retry-After"), S("30")},
    {"sign-in from another page", S("POST"), S("/auth/sign-in"),
     S("Content-Type: application/json\r\nOrigin: http://evil.example\r\n"),
     S("{\"user\":\"a\",\"password\":\"right\"}"), 403, NONE, NONE},
    {"sign-in with something else", S("POST"), S("/auth/sign-in"),
     S("Content-Type: application/json\r\n"), S("[1]"), 400, NONE, NONE},
    {"the session of a cookie", S("GET"), S("/auth/session"), S(COOKIE), NONE, 200, NONE, NONE},
    {"a token has no session", S("GET"), S("/auth/session"), S(BEARER), NONE, 401, NONE, NONE},
    {"sign-out", S("POST"), S("/auth/sign-out"), S(COOKIE OWN), NONE, 204, S("Set-Cookie"),
     S("__Host-aceso=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")},
    {"a screen of the app", S("GET"), S("/p/123"), NONE, NONE, 200, S("Content-Type"),
     S("text/html; charset=utf-8")},
    {"a file that is not there", S("GET"), S("/assets/gone.js"), NONE, NONE, 404, NONE, NONE},
};

static void every_exchange_answers_as_the_table_says(void **state)
{
    UNUSED(state);
    FOR_CASES(exchanges, e)
    {
        CASE(e->why);
        Arena *arena = arena_new(1 << 24, false);
        Client client;
        check(client_open(&client, arena, port));
        Answer answer = client_ask(&client, e->method, e->target, e->headers, e->body);
        check_int(answer.status, e->status);
        if (e->header.len)
            check_str(answer_header(&answer, e->header), e->value);
        if (e->status >= 400)
            check(memmem(answer.body.at, answer.body.len, "OperationOutcome", 16) != NULL);
        client_close(&client);
        arena_free(arena);
    }
}

static Answer ask_once(Arena *arena, Str method, Str target, Str headers, Str body)
{
    Client client;
    check(client_open(&client, arena, port));
    Answer answer = client_ask(&client, method, target, headers, body);
    client_close(&client);
    return answer;
}

static void somebody_faster_means_another_try_with_the_same_bytes(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(1 << 24, false);
    atomic_store(&stub_conflicts, 3);
    atomic_store(&stub_prepared, 0);
    Answer answer = ask_once(arena, STR("PUT"), STR("/fhir/Patient/1"), STR(BEARER JSON),
                             STR("{\"resourceType\":\"Patient\"}"));
    check_int(answer.status, 201);
    check_int(atomic_load(&stub_prepared), 4);
    check_str(str_of(stub_last_body), STR("{\"resourceType\":\"Patient\"}"));
    atomic_store(&stub_conflicts, 100);
    atomic_store(&stub_prepared, 0);
    answer = ask_once(arena, STR("PUT"), STR("/fhir/Patient/1"), STR(BEARER JSON), STR("{}"));
    check_int(answer.status, 409);
    check_int(atomic_load(&stub_prepared), 8);
    atomic_store(&stub_conflicts, 0);
    arena_free(arena);
}

static void without_its_audit_nothing_leaves(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(1 << 24, false);
    atomic_store(&stub_commit_status, STATUS_STORAGE);
    Answer answer = ask_once(arena, STR("GET"), STR("/fhir/Patient/1"), STR(BEARER), STR_EMPTY);
    atomic_store(&stub_commit_status, STATUS_OK);
    check_int(answer.status, 507);
    check(!memmem(answer.body.at, answer.body.len, "Patient", 7));
    check_str(answer_header(&answer, STR("ETag")), STR_EMPTY);
    arena_free(arena);
}

static void a_body_over_the_limit_is_refused(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(1 << 24, false);
    static char big[100001];
    memset(big, ' ', sizeof(big));
    Answer answer = ask_once(arena, STR("POST"), STR("/fhir/Patient"), STR(BEARER JSON),
                             str_n(big, sizeof(big)));
    check_int(answer.status, 413);
    answer = ask_once(arena, STR("POST"), STR("/fhir/Patient"), STR(BEARER JSON),
                      str_n(big, sizeof(big) - 1));
    check_int(answer.status, 201);
    arena_free(arena);
}

static void a_chunked_body_is_put_together(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(1 << 24, false);
    Client client;
    check(client_open(&client, arena, port));
    check(client_send(&client, STR("POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\n" BEARER JSON
                                   "Transfer-Encoding: chunked\r\n\r\n"
                                   "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")));
    Answer answer = client_receive(&client, false, 10);
    check_int(answer.status, 201);
    check_str(str_of(stub_last_body), STR("abcde"));
    client_close(&client);
    arena_free(arena);
}

static void a_connection_serves_many_requests(void **state)
{
    UNUSED(state);
    Arena *arena = arena_new(1 << 26, false);
    Client client;
    check(client_open(&client, arena, port));
    for (int i = 0; i < 200; i++) {
        bool refused = i % 3 == 0;
        Answer answer = client_ask(&client, STR("POST"), STR("/fhir/Patient"),
                                   refused ? STR(JSON) : STR(BEARER JSON), STR("{\"a\":1}"));
        check_int(answer.status, refused ? 401 : 201);
        check(!answer.closed);
    }
    client_close(&client);
    arena_free(arena);
}

static void *read_often(void *cls)
{
    atomic_uint *good = cls;
    Arena *arena = arena_new(1 << 26, false);
    Client client;
    if (client_open(&client, arena, port)) {
        for (int i = 0; i < 300; i++)
            atomic_fetch_add(good, client_ask(&client, STR("GET"), STR("/fhir/Patient/1"),
                                              STR(BEARER), STR_EMPTY)
                                           .status == 200);
        client_close(&client);
    }
    arena_free(arena);
    return NULL;
}

static void many_connections_at_once(void **state)
{
    UNUSED(state);
    pthread_t threads[8];
    atomic_uint good = 0;
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_create(&threads[i], NULL, read_often, &good);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    check_int(atomic_load(&good), 2400);
}

static void a_client_that_hangs_up_harms_nobody(void **state)
{
    UNUSED(state);
    atomic_store(&stub_commit_delay_ms, 50);
    for (int i = 0; i < 10; i++) {
        Arena *arena = arena_new(1 << 22, false);
        Client client;
        check(client_open(&client, arena, port));
        check(
            client_send(&client, STR("GET /fhir/Patient/1 HTTP/1.1\r\nHost: a\r\n" BEARER "\r\n")));
        client_close(&client);
        arena_free(arena);
    }
    Arena *arena = arena_new(1 << 22, false);
    check_int(ask_once(arena, STR("GET"), STR("/fhir/Patient/1"), STR(BEARER), STR_EMPTY).status,
              200);
    atomic_store(&stub_commit_delay_ms, 0);
    arena_free(arena);
}

/* The store has kept back what many reads wish for: whoever wishes for nothing is answered. */
static void a_read_that_memory_lacks_holds_nobody_up(void **state)
{
    UNUSED(state);
    enum { LACKING = 12 };
    Arena *arena = arena_new(1 << 26, false);
    Client lacking[LACKING];
    atomic_store(&stub_wishes_wait, true);
    for (size_t i = 0; i < LACKING; i++) {
        check(client_open(&lacking[i], arena, port));
        check(client_send(&lacking[i],
                          STR("GET /fhir/Patient/lacked HTTP/1.1\r\nHost: a\r\n" BEARER "\r\n")));
    }
    for (unsigned i = 0; i < 20000 && atomic_load(&stub_wishes) < LACKING; i++)
        usleep(1000);
    check_int(atomic_load(&stub_wishes), LACKING);
    check_int(ask_once(arena, STR("GET"), STR("/fhir/Patient/1"), STR(BEARER), STR_EMPTY).status,
              200);
    atomic_store(&stub_wishes_wait, false);
    for (size_t i = 0; i < LACKING; i++) {
        Answer answer = client_receive(&lacking[i], false, 10);
        check_int(answer.status, 404);
        check(memmem(answer.body.at, answer.body.len, "It was wished for", 17) != NULL);
        client_close(&lacking[i]);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_exchange_answers_as_the_table_says),
        cmocka_unit_test(somebody_faster_means_another_try_with_the_same_bytes),
        cmocka_unit_test(without_its_audit_nothing_leaves),
        cmocka_unit_test(a_body_over_the_limit_is_refused),
        cmocka_unit_test(a_chunked_body_is_put_together),
        cmocka_unit_test(a_connection_serves_many_requests),
        cmocka_unit_test(many_connections_at_once),
        cmocka_unit_test(a_client_that_hangs_up_harms_nobody),
        cmocka_unit_test(a_read_that_memory_lacks_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
