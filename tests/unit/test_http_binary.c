/* A document comes and goes as its own bytes, or as FHIR for who asks for FHIR; it leaves as a file
 * where a browser would run it, and what is too large is refused before it is read.
 * SPEC R4 binary.html#rest */
#include "served_fixture.h"

#define CONTEXT "X-Security-Context: Patient/p1\r\n"

/* All bytes there are, and the beginning of a PDF. */
static Str document(void)
{
    char *at = arena_alloc(f.forever, 300);
    memcpy(at, "%PDF-1.4\n", 9);
    for (size_t i = 0; i < 256; i++)
        at[9 + i] = (char)i;
    return str_n(at, 9 + 256);
}

static Str post(const char *type, Str body, unsigned status)
{
    Str headers = arena_format(f.cx.arena, STR_FMT "Content-Type: %s\r\n" CONTEXT,
                               STR_ARG(bearer(token)), type);
    Answer answer = ask(STR("POST"), STR("/fhir/Binary"), headers, body);
    assert_int_equal(answer.status, status);
    Str where = answer_header(&answer, STR("Location"));
    const char *at = where.len ? memmem(where.at, where.len, "/fhir/Binary/", 13) : NULL;
    return at ? str_head(str_n(at, (size_t)(where.at + where.len - at)), 13 + 26) : STR_EMPTY;
}

static Answer get(Str target, const char *accept)
{
    Str headers =
        arena_format(f.cx.arena, STR_FMT "Accept: %s\r\n", STR_ARG(bearer(token)), accept);
    return ask(STR("GET"), target, headers, STR_EMPTY);
}

static void it_comes_back_byte_for_byte(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    Str where = post("application/pdf", document(), 201);
    Answer answer = get(where, "application/pdf");
    assert_int_equal(answer.status, 200);
    check_str(answer.body, document());
    check_str(answer_header(&answer, STR("Content-Type")), STR("application/pdf"));
    check_str(answer_header(&answer, STR("X-Content-Type-Options")), STR("nosniff"));
    check_str(answer_header(&answer, STR("Cache-Control")), STR("no-store"));
    check_int(answer_header(&answer, STR("Content-Disposition")).len, 0);
    CASE("as FHIR, with whom it belongs to");
    answer = get(where, "application/fhir+json");
    assert_int_equal(answer.status, 200);
    check(str_contains(answer.body, "\"securityContext\":{\"reference\":\"Patient/p1\"}"));
    check(str_contains(answer.body, "JVBERi0xLjQK"));
    CASE("by who may not");
    answer = ask(STR("GET"), where, STR("Accept: application/pdf\r\n"), STR_EMPTY);
    assert_int_equal(answer.status, 401);
    check(!str_contains(answer.body, "PDF"));
}

static void what_would_run_leaves_as_a_file(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    /* a program of the network brings what it has: sniffing is for people */
    Str where = post("text/html", STR("<script>1</script>"), 201);
    Answer answer = get(where, "text/html");
    assert_int_equal(answer.status, 200);
    check_str(answer_header(&answer, STR("Content-Disposition")),
              STR("attachment; filename=\"document\""));
    check_str(answer_header(&answer, STR("Content-Security-Policy")),
              STR("default-src 'none'; frame-ancestors 'none'"));
}

static void what_is_no_document_is_refused(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    (void)post("nonsense", STR("x"), 415);
    (void)post("application/pdf\t; x", STR_EMPTY, 400);
    (void)post("a/b\"; filename=", STR("x"), 415);
    Str headers = arena_format(
        f.cx.arena, STR_FMT "Content-Type: application/pdf\r\nContent-Length: 209715200\r\n",
        STR_ARG(bearer(token)));
    Client client;
    assert_true(client_open(&client, f.cx.arena, http_port(server)));
    assert_true(client_send(&client,
                            arena_format(f.cx.arena,
                                         "POST /fhir/Binary HTTP/1.1\r\nHost: x\r\n" STR_FMT "\r\n",
                                         STR_ARG(headers))));
    assert_int_equal(client_receive(&client, false, 10).status, 413);
    client_close(&client);
}

/* What is too large to be prepared again is packed on the way, and its pieces are given back. */
static void a_large_one_comes_back_too(void **state)
{
    UNUSED(state);
    enum { BYTES = 9 << 20 };
    fixture_clear(&f);
    static char at[BYTES];
    memcpy(at, "%PDF-1.4\n", 9);
    for (uint32_t i = 9, seed = 1; i < BYTES; i++)
        at[i] = (char)((seed = seed * 1664525 + 1013904223) >> 24);
    Str where = post("application/pdf", str_n(at, BYTES), 201);
    Answer answer = get(where, "application/pdf");
    assert_int_equal(answer.status, 200);
    check(str_eq(answer.body, str_n(at, BYTES)));
    CASE("again, as FHIR: the bytes of the first answer were its own");
    answer = get(where, "application/fhir+json");
    assert_int_equal(answer.status, 200);
    check(str_contains(answer.body, "\"data\":\"JVBERi0xLjQK"));
}

/* SPEC R4 datatypes.html#base64Binary: line ends may stand in it. */
static void line_ends_in_base64_are_no_bytes(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    Str where = post("application/fhir+json",
                     STR("{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\","
                         "\"securityContext\":{\"reference\":\"Patient/p1\"},"
                         "\"data\":\"aGVs\\r\\nbG8=\"}"),
                     201);
    Answer answer = get(where, "text/plain");
    assert_int_equal(answer.status, 200);
    check_str(answer.body, STR("hello"));
    CASE("without data it is empty");
    where = post("application/fhir+json",
                 STR("{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\"}"), 201);
    answer = get(where, "text/plain");
    assert_int_equal(answer.status, 200);
    check_int(answer.body.len, 0);
    CASE("labelled, it is stored and found by its label");
    where = post("application/fhir+json",
                 STR("{\"resourceType\":\"Binary\",\"meta\":{\"security\":[{\"system\":\"urn:x\","
                     "\"code\":\"y\"}]},\"data\":\"aGVsbG8=\",\"contentType\":\"text/plain\"}"),
                 201);
    answer = get(where, "text/plain");
    assert_int_equal(answer.status, 200);
    check_str(answer.body, STR("hello"));
    answer = get(STR("/fhir/Binary?_security=http://terminology.hl7.org/CodeSystem/"
                     "v3-Confidentiality%7CR"),
                 "application/fhir+json");
    assert_int_equal(answer.status, 200);
    check(str_contains(answer.body, "urn:x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_back_byte_for_byte),
        cmocka_unit_test(a_large_one_comes_back_too),
        cmocka_unit_test(line_ends_in_base64_are_no_bytes),
        cmocka_unit_test(what_would_run_leaves_as_a_file),
        cmocka_unit_test(what_is_no_document_is_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
