/* A document that is too large for a row comes and goes in pieces. Whoever asks sees the Binary
 * that it always was; nobody sees how it is kept, and nobody can name the pieces of another.
 * docs/adr/0164 SPEC R4 binary.html#rest, RFC 9110 14 */
#include "served_fixture.h"

#include "base/base64.h"
#include "fhir/fhir.h"
#include "record/content.h"
#include "store/moving.h"

enum { BYTES = 3 * CONTENT_PIECE_BYTES + 12345 };
#define CONTEXT "X-Security-Context: Patient/p1\r\n"
static char large[BYTES];

static Str document(uint32_t seed)
{
    memcpy(large, "%PDF-1.4\n", 9);
    for (uint32_t i = 9; i < BYTES; i++)
        large[i] = (char)((seed = seed * 1664525 + 1013904223) >> 24);
    return str_n(large, BYTES);
}

static Str base64_of(Str bytes)
{
    Buf text;
    buf_init(&text, f.cx.arena, bytes.len * 2, bytes.len * 2);
    base64_write(&text, bytes);
    return buf_str(&text);
}

static Str place_of(const Answer *answer)
{
    Str where = answer_header(answer, STR("Location"));
    const char *at = where.len ? memmem(where.at, where.len, "/fhir/Binary/", 13) : NULL;
    return at ? arena_str(f.cx.arena, str_n(at, 13 + 26)) : STR_EMPTY;
}

static Answer send_as(Str who, const char *context, Str bytes)
{
    Str headers = arena_format(f.cx.arena, STR_FMT "Content-Type: application/pdf\r\n%s",
                               STR_ARG(who), context);
    return ask(STR("POST"), STR("/fhir/Binary"), headers, bytes);
}

static Str post(uint32_t seed)
{
    Answer answer = send_as(bearer(token), CONTEXT, document(seed));
    assert_int_equal(answer.status, 201);
    check_int(answer.body.len, 0);
    return place_of(&answer);
}

static Answer get(Str target, const char *accept, const char *more)
{
    Str headers =
        arena_format(f.cx.arena, STR_FMT "Accept: %s\r\n%s", STR_ARG(bearer(token)), accept, more);
    return ask(STR("GET"), target, headers, STR_EMPTY);
}

static Answer change(const char *method, Str target, const char *type, Str body)
{
    Str headers =
        arena_format(f.cx.arena, STR_FMT "Content-Type: %s\r\n", STR_ARG(bearer(token)), type);
    return ask(str_of(method), target, headers, body);
}

/* How many pieces the store has, whoever names them. */
static size_t pieces_left(void)
{
    enum { MOST = 1000 };
    StoreReader *reader;
    StorePiecesAfter after = {.content = STR_EMPTY, .number = -1, .some = {MOST, SIZE_MAX}};
    StorePiece *pieces = arena_array_of(f.cx.arena, StorePiece, MOST);
    size_t count = 0;
    assert_int_equal(store_read_begin(f.store, &f.cx, operator, & reader), STATUS_OK);
    assert_int_equal(store_scan_pieces(reader, &after, pieces, &count), STATUS_OK);
    store_read_end(reader);
    return count;
}

/* ---- it is what it was ------------------------------------------------------------------------
 */

static void check_hides(const char *why, const Answer *answer, unsigned status)
{
    CASE(why);
    check_int(answer->status, status);
    check(!str_contains(answer->body, "_data") && !str_contains(answer->body, "urn:aceso:content"));
}

static void it_is_a_binary_like_any_other(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    Str where = post(1), id = str_from(where, 13), bytes = document(1), text = base64_of(bytes);
    Answer answer = get(where, "application/pdf", "");
    check_int(answer.status, 200);
    check(str_eq(answer.body, bytes));
    check_str(answer_header(&answer, STR("Content-Type")), STR("application/pdf"));
    const struct {
        const char *why;
        Str target;
    } ways[] = {
        {"a read", where},
        {"with its representation", with(where, "?_pretty=true")},
        {"an old version", with(where, "/_history/1")},
        {"a search", arena_format(f.cx.arena, "/fhir/Binary?_id=" STR_FMT, STR_ARG(id))},
        {"its history", with(where, "/_history")},
    };
    FOR_CASES(ways, way)
    {
        answer = get(way->target, "application/fhir+json", "");
        check_hides(way->why, &answer, 200);
        check(memmem(answer.body.at, answer.body.len, text.at, text.len) != NULL);
        check(str_contains(answer.body, "\"contentType\":"));
    }
    CASE("sound JSON, and the version that was asked for");
    JsonValue *resource;
    answer = get(where, "application/fhir+json", "");
    check_int(json_parse(&f.cx, answer.body, &resource), STATUS_OK);
    check(str_eq(json_get_str(resource, STR("data")), text));
    answer = get(with(where, "/_history/1"), "application/pdf", "");
    check(str_eq(answer.body, bytes));
    answer = get(with(where, "?_elements=contentType"), "application/fhir+json", "");
    check_hides("a part of it", &answer, 200);
    check(!str_contains(answer.body, "\"data\""));
    answer = get(with(where, "?_elements=data"), "application/fhir+json", "");
    check_hides("the part that is large", &answer, 200);
    check(memmem(answer.body.at, answer.body.len, text.at, text.len) != NULL);
    answer = get(arena_format(f.cx.arena, "/fhir/Binary?_summary=true&_id=" STR_FMT, STR_ARG(id)),
                 "application/fhir+json", "");
    check_hides("a list of summaries", &answer, 200);
    check(str_contains(answer.body, "\"contentType\":") && !str_contains(answer.body, "\"data\""));
    Str batch = arena_format(f.cx.arena,
                             "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{"
                             "\"request\":{\"method\":\"GET\",\"url\":\"Binary/" STR_FMT "\"}}]}",
                             STR_ARG(id));
    answer = change("POST", STR("/fhir"), "application/fhir+json", batch);
    check_hides("in a batch", &answer, 200);
    check(memmem(answer.body.at, answer.body.len, text.at, text.len) != NULL);
    CASE("what the client has already");
    answer = get(where, "application/pdf", "If-None-Match: W/\"1\"\r\n");
    check_int(answer.status, 304);
    check_int(answer.body.len, 0);
}

static void a_part_of_it_can_be_asked_for(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    Str where = post(2), bytes = document(2);
    const struct {
        const char *why, *range;
        unsigned status;
        size_t from, len;
    } cases[] = {
        {"the beginning", "bytes=0-8", 206, 0, 9},
        {"over the end of a piece", "bytes=196600-196700", 206, 196600, 101},
        {"to the end", "bytes=602160-", 206, 602160, BYTES - 602160},
        {"past the end", "bytes=602160-99999999", 206, 602160, BYTES - 602160},
        {"the last ones", "bytes=-5", 206, BYTES - 5, 5},
        {"more than all", "bytes=-99999999", 200, 0, BYTES},
        {"all", "bytes=0-", 200, 0, BYTES},
        {"several: all of it", "bytes=0-1,5-6", 200, 0, BYTES},
        {"another unit", "lines=0-1", 200, 0, BYTES},
        {"nonsense", "bytes=9-3", 200, 0, BYTES},
        {"behind the end", "bytes=99999999-", 416, 0, 0},
        {"none of the last", "bytes=-0", 416, 0, 0},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Answer answer =
            get(where, "application/pdf", arena_format(f.cx.arena, "Range: %s\r\n", c->range).at);
        check_int(answer.status, c->status);
        if (c->status < 400)
            check(str_eq(answer.body, str_n(bytes.at + c->from, c->len)));
        check_int(answer_header(&answer, STR("Content-Range")).len > 0, c->status != 200);
    }
    CASE("a HEAD has none: it is told of the whole");
    Answer answer =
        ask(STR("HEAD"), where,
            arena_format(f.cx.arena, STR_FMT "Accept: application/pdf\r\nRange: bytes=0-0\r\n",
                         STR_ARG(bearer(token))),
            STR_EMPTY);
    check_int(answer.status, 200);
    check(!answer_header(&answer, STR("Content-Range")).len);
}

/* ---- nobody names the pieces of another --------------------------------------------------------
 */

static void pieces_cannot_be_named_from_outside(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    Str where = post(3), id = str_from(where, 13), stored;
    StoreRow row;
    assert_int_equal(
        store_get_now(f.store, &f.cx, operator, fhir_type_find(STR("Binary")), id, &row),
        STATUS_OK);
    stored = row.body;
    const char *at = memmem(stored.at, stored.len, "\"_data\"", 7);
    assert_non_null(at); /* as it is kept: what a thief would want to send */
    Str element = str_n(at, (size_t)(stored.at + stored.len - at) - 1);
    Str mine = arena_format(
        f.cx.arena, "{\"resourceType\":\"Binary\",\"contentType\":\"application/pdf\"," STR_FMT "}",
        STR_ARG(element));
    Answer answer = change("POST", STR("/fhir/Binary"), "application/fhir+json", mine);
    check_int(answer.status, 422);
    CASE("in a transaction");
    Str bundle = arena_format(f.cx.arena,
                              "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{"
                              "\"resource\":" STR_FMT ",\"request\":{\"method\":\"POST\",\"url\":"
                              "\"Binary\"}}]}",
                              STR_ARG(mine));
    answer = change("POST", STR("/fhir"), "application/fhir+json", bundle);
    check_int(answer.status, 422);
    CASE("put into, or patched into, a small one of one's own");
    Str headers = arena_format(f.cx.arena, STR_FMT "Content-Type: application/pdf\r\n" CONTEXT,
                               STR_ARG(bearer(token)));
    answer = ask(STR("POST"), STR("/fhir/Binary"), headers, STR("%PDF-1.4 small"));
    Str small = place_of(&answer);
    Str put = arena_format(f.cx.arena,
                           "{\"resourceType\":\"Binary\",\"id\":\"" STR_FMT
                           "\",\"contentType\":\"application/pdf\"," STR_FMT "}",
                           STR_ARG(str_from(small, 13)), STR_ARG(element));
    answer = change("PUT", small, "application/fhir+json", put);
    check_int(answer.status, 422);
    Str value = str_from(element, str_index(element, ':') + 1);
    Str patch = arena_format(f.cx.arena,
                             "[{\"op\":\"remove\",\"path\":\"/data\"},{\"op\":\"add\",\"path\":"
                             "\"/_data\",\"value\":" STR_FMT "}]",
                             STR_ARG(value));
    answer = change("PATCH", small, "application/json-patch+json", patch);
    check_int(answer.status, 422);
    CASE("the one that has it may be changed, and keeps it");
    answer =
        change("PATCH", where, "application/json-patch+json",
               STR("[{\"op\":\"replace\",\"path\":\"/contentType\",\"value\":\"image/png\"}]"));
    check_hides("what was patched", &answer, 200);
    answer = get(where, "image/png", "");
    check_int(answer.status, 200);
    check(str_eq(answer.body, document(3)));
    CASE("other bytes in its place: the old version has its own");
    put = arena_format(f.cx.arena,
                       "{\"resourceType\":\"Binary\",\"id\":\"" STR_FMT
                       "\",\"contentType\":\"text/plain\",\"data\":\"aGVsbG8=\"}",
                       STR_ARG(id));
    answer = change("PUT", where, "application/fhir+json", put);
    check_int(answer.status, 200);
    check_str(get(where, "text/plain", "").body, STR("hello"));
    answer = get(with(where, "/_history/1"), "application/pdf", "");
    check(str_eq(answer.body, document(3)));
}

/* ---- who may ------------------------------------------------------------------------------------
 */

static void it_is_judged_as_its_owner_is(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    assert_int_equal(fixture_put(&f, STR("Patient"), STR("stranger"),
                                 STR("{\"resourceType\":\"Patient\",\"id\":\"stranger\"}"),
                                 STR_EMPTY),
                     STATUS_OK);
    Str doctor = arena_format(f.cx.arena, STR_FMT OWN, STR_ARG(cookie));
    size_t before = pieces_left();
    CASE("a doctor, of his own patient");
    Answer answer = send_as(doctor, CONTEXT, document(4));
    check_int(answer.status, 201);
    Str where = place_of(&answer);
    answer = ask(STR("GET"), where, with(doctor, "Accept: application/pdf\r\n"), STR_EMPTY);
    check_int(answer.status, 200);
    check(str_eq(answer.body, document(4)));
    CASE("of somebody whom he does not know: not a piece of it is kept");
    size_t now = pieces_left();
    check_int(now - before, 4);
    answer = send_as(doctor, "X-Security-Context: Patient/stranger\r\n", document(5));
    check_int(answer.status, 403);
    check_int(pieces_left(), now);
    answer = send_as(bearer(read_token), CONTEXT, document(5));
    check_int(answer.status, 403);
    check_int(pieces_left(), now);
    CASE("what a program brought of a stranger");
    answer = send_as(bearer(token), "X-Security-Context: Patient/stranger\r\n", document(6));
    check_int(answer.status, 201);
    where = place_of(&answer);
    static const char *const accepts[] = {"application/pdf", "application/fhir+json"};
    for (size_t i = 0; i < COUNT_OF(accepts); i++) {
        Str headers =
            arena_format(f.cx.arena, STR_FMT "Accept: %s\r\n", STR_ARG(doctor), accepts[i]);
        answer = ask(STR("GET"), where, headers, STR_EMPTY);
        check_int(answer.status, 404);
        answer = ask(STR("GET"), with(where, "/_history/1"), headers, STR_EMPTY);
        check_int(answer.status, 404);
    }
    answer = ask(STR("GET"), where, STR("Accept: application/pdf\r\n"), STR_EMPTY);
    check_int(answer.status, 401);
}

/* ---- the way in ---------------------------------------------------------------------------------
 */

static Client begin_upload(size_t bytes)
{
    Client client;
    assert_true(client_open(&client, f.cx.arena, http_port(server)));
    assert_true(client_send(&client,
                            arena_format(f.cx.arena,
                                         "POST /fhir/Binary HTTP/1.1\r\nHost: localhost\r\n" STR_FMT
                                         "Content-Type: application/pdf\r\n" CONTEXT
                                         "Content-Length: %zu\r\n\r\n",
                                         STR_ARG(bearer(token)), bytes)));
    return client;
}

static bool pieces_become(size_t wanted)
{
    for (unsigned i = 0; i < 3000; i++) {
        if (pieces_left() == wanted)
            return true;
        usleep(10000);
    }
    return false;
}

static void one_that_is_cut_off_leaves_nothing(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    size_t before = pieces_left();
    Client client = begin_upload(BYTES);
    assert_true(client_send(&client, str_head(document(7), 2 * CONTENT_PIECE_BYTES + 100)));
    check(pieces_become(before + 2));
    client_close(&client);
    check(pieces_become(before));
}

/* Two clients who take their time, in turns: each gets back what is his. */
static void several_come_at_once(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    enum { CLIENTS = 4, STEP = 50000 };
    Client clients[CLIENTS];
    Str bytes[CLIENTS];
    for (uint32_t i = 0; i < CLIENTS; i++) {
        bytes[i] = arena_str(f.cx.arena, document(100 + i));
        clients[i] = begin_upload(BYTES);
    }
    for (size_t at = 0; at < BYTES; at += STEP)
        for (size_t i = 0; i < CLIENTS; i++)
            assert_true(client_send(&clients[i], str_head(str_from(bytes[i], at), STEP)));
    for (size_t i = 0; i < CLIENTS; i++) {
        Answer answer = client_receive(&clients[i], false, 30);
        check_int(answer.status, 201);
        client_close(&clients[i]);
        answer = get(place_of(&answer), "application/pdf", "");
        check(str_eq(answer.body, bytes[i]));
    }
}

static void one_byte_decides_where_it_is_kept(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    static const struct {
        size_t bytes, pieces;
    } sizes[] = {{CONTENT_ROW_BYTES_MAX, 0},
                 {CONTENT_ROW_BYTES_MAX + 1, 1},
                 {CONTENT_PIECE_BYTES, 1},
                 {CONTENT_PIECE_BYTES + 1, 2},
                 {2 * CONTENT_PIECE_BYTES, 2}};
    FOR_CASES(sizes, size)
    {
        CASE(arena_format(f.cx.arena, "%zu bytes", size->bytes).at);
        size_t before = pieces_left();
        Str bytes = str_head(document(8), size->bytes);
        Answer answer = send_as(bearer(token), CONTEXT, bytes);
        check_int(answer.status, 201);
        check_int(pieces_left() - before, size->pieces);
        Str where = place_of(&answer);
        check(str_eq(get(where, "application/pdf", "").body, bytes));
        Str text = base64_of(bytes);
        answer = get(where, "application/fhir+json", "");
        check(memmem(answer.body.at, answer.body.len, text.at, text.len) != NULL);
    }
}

/* ---- and it goes
 * --------------------------------------------------------------------------------- */

static Status put_piece(Str id, uint32_t number)
{
    StorePiece piece = {id, number, STR("what came")};
    StoreCommit commit = {.pieces = &piece, .piece_count = 1};
    return store_commit(f.store, &f.cx, operator, & commit);
}

/* Of a process that died: what its job does, and what it must not do. */
static void what_nobody_names_is_swept(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    size_t before = pieces_left();
    Str orphan, other;
    assert_int_equal(content_begin(f.record, &f.cx, &orphan), STATUS_OK);
    assert_int_equal(content_begin(f.record, &f.cx, &other), STATUS_OK);
    for (uint32_t i = 0; i < 700; i++) /* more than are looked at once */
        assert_int_equal(put_piece(orphan, i), STATUS_OK);
    assert_int_equal(put_piece(other, 0), STATUS_OK);
    assert_int_equal(content_sweep(f.record, &f.cx, orphan), STATUS_OK);
    check_int(pieces_left(), before + 1);
    assert_int_equal(content_sweep(f.record, &f.cx, orphan), STATUS_OK);
    CASE("its resource comes too late");
    assert_int_equal(content_sweep(f.record, &f.cx, other), STATUS_OK);
    RecordUpload upload = {
        .content = {.id = other,
                    .bytes = 9,
                    .sha256 =
                        STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")},
        .beginning = STR("what came"),
        .last = {.content = other, .number = 0, .bytes = STR("what came")}};
    Call call = fixture_call(&f);
    call.upload = &upload;
    Body body = fixture_body(&f, STR("{\"resourceType\":\"Binary\",\"contentType\":\"a/b\"}"));
    (void)record_create(f.record, &f.cx, &call, STR("Binary"), body, &f.reply);
    check_int(fixture_finish(&f, &call), STATUS_CONFLICT);
    check_int(pieces_left(), before);
    CASE("the job of one that came leaves it alone");
    Str where = post(12);
    StoreRow row;
    RecordContent content;
    Str head;
    assert_int_equal(store_get_now(f.store, &f.cx, operator, fhir_type_find(STR("Binary")),
                                   str_from(where, 13), &row),
                     STATUS_OK);
    assert_int_equal(content_of(&f.cx, row.body, &content, &head), STATUS_OK);
    assert_int_equal(content_sweep(f.record, &f.cx, content.id), STATUS_OK);
    check(str_eq(get(where, "application/pdf", "").body, document(12)));
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(document(12), hash);
    check_str(content.sha256, crypto_hex(f.cx.arena, str_n((char *)hash, sizeof(hash))));
}

static void with_the_patient_its_bytes_go(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    RecordErased done;
    assert_int_equal(fixture_put(&f, STR("Patient"), STR("leaves"),
                                 STR("{\"resourceType\":\"Patient\",\"id\":\"leaves\"}"),
                                 STR_EMPTY),
                     STATUS_OK);
    size_t before = pieces_left();
    Answer answer = send_as(bearer(token), "X-Security-Context: Patient/leaves\r\n", document(9));
    Str where = place_of(&answer);
    check_int(pieces_left() - before, 4);
    CASE("a second version names the same bytes");
    answer =
        change("PATCH", where, "application/json-patch+json",
               STR("[{\"op\":\"replace\",\"path\":\"/contentType\",\"value\":\"image/png\"}]"));
    check_int(answer.status, 200);
    check_int(pieces_left() - before, 4);
    assert_int_equal(record_erase(f.record, &f.cx, STR("leaves"), STR("asked"), &done), STATUS_OK);
    check_int(pieces_left(), before);
    check_int(get(where, "application/pdf", "").status, 410);
    answer = get(with(where, "/_history/1"), "application/fhir+json", "");
    check(!str_contains(answer.body, "\"data\""));
}

static void deleted_it_is_still_in_its_history(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    Str where = post(11);
    Answer answer = change("DELETE", where, "application/fhir+json", STR_EMPTY);
    check_int(answer.status, 204);
    check_int(get(where, "application/pdf", "").status, 410);
    answer = get(with(where, "/_history/1"), "application/pdf", "");
    check(str_eq(answer.body, document(11)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_binary_like_any_other),
        cmocka_unit_test(a_part_of_it_can_be_asked_for),
        cmocka_unit_test(pieces_cannot_be_named_from_outside),
        cmocka_unit_test(it_is_judged_as_its_owner_is),
        cmocka_unit_test(one_that_is_cut_off_leaves_nothing),
        cmocka_unit_test(several_come_at_once),
        cmocka_unit_test(one_byte_decides_where_it_is_kept),
        cmocka_unit_test(what_nobody_names_is_swept),
        cmocka_unit_test(with_the_patient_its_bytes_go),
        cmocka_unit_test(deleted_it_is_still_in_its_history),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
