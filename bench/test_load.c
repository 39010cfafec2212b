/* What measures is measured: answers in pieces, bundles, percentiles. */
#include "load/conn.h"
#include "load/harvest.h"
#include "load/ids.h"
#include "load/scan.h"
#include "load/template.h"
#include "testing.h"

/* Feeds the text in steps of `step` bytes, as a socket might. */
static Progress feed(Conn *conn, Str text, size_t step, bool ends)
{
    Progress progress = PROGRESS_WAIT;
    conn->in.len = 0;
    conn->head_len = 0;
    while (text.len && progress == PROGRESS_WAIT) {
        buf_add_str(&conn->in, str_head(text, step));
        text = str_from(text, step);
        progress = answer_parse(conn, false);
    }
    return progress == PROGRESS_WAIT && ends ? answer_parse(conn, true) : progress;
}

static void answers_come_in_pieces(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text;
        bool ends;
        Progress progress;
        unsigned status;
        Str body;
    } cases[] = {
        {"a length", STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), false,
         PROGRESS_ANSWERED, 200, STR_INIT("hello")},
        {"names in any case, blanks around",
         STR_INIT("HTTP/1.1 201 X\r\ncontent-LENGTH:  2 \r\n\r\nok"), false, PROGRESS_ANSWERED, 201,
         STR_INIT("ok")},
        {"chunks",
         STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "5\r\nhello\r\nA;x=y\r\n, world!!!\r\n0\r\n\r\n"),
         false, PROGRESS_ANSWERED, 200, STR_INIT("hello, world!!!")},
        {"chunks with trailers",
         STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "1\r\na\r\n0\r\nX-T: 1\r\n\r\n"),
         false, PROGRESS_ANSWERED, 200, STR_INIT("a")},
        {"no body at all", STR_INIT("HTTP/1.1 204 No Content\r\n\r\n"), false, PROGRESS_ANSWERED,
         204, STR_INIT("")},
        {"100 first",
         STR_INIT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
         false, PROGRESS_ANSWERED, 200, STR_INIT("x")},
        {"until the end of the connection", STR_INIT("HTTP/1.0 200 OK\r\n\r\nall of it"), true,
         PROGRESS_ANSWERED, 200, STR_INIT("all of it")},
        {"cut short", STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), true,
         PROGRESS_BROKEN, 0, STR_INIT("")},
        {"not HTTP", STR_INIT("SSH-2.0-x\r\n\r\n"), false, PROGRESS_BROKEN, 0, STR_INIT("")},
    };
    Arena *arena = arena_new(1 << 20, false);
    Conn conn = {.fd = -1};
    buf_init(&conn.in, arena, 64, 4096);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        for (size_t step = 1; step < 100; step += 13) {
            check_int(feed(&conn, c->text, step, c->ends), c->progress);
            if (c->progress != PROGRESS_ANSWERED)
                continue;
            check_int(conn.answer.status, c->status);
            check_str(conn.answer.body, c->body);
        }
    }
    arena_free(arena);
}

static void bundles_are_walked(void **state)
{
    UNUSED(state);
    static const char text[] =
        "{ \"resourceType\" : \"Bundle\", \"link\":[{\"relation\":\"self\",\"url\":\"a\"},"
        "{\"url\":\"http:\\/\\/h\\/b?x=1\",\"relation\":\"next\"}],\n"
        "\"entry\":[{\"response\":{\"location\":\"Patient/1/_history/1\",\"status\":\"201 "
        "Created\"}},"
        "{\"fullUrl\":\"u\",\"resource\":{\"resourceType\":\"Observation\",\"contained\":[{\"id\":"
        "\"no\","
        "\"resourceType\":\"Patient\"}],\"note\":[{\"text\":\"a \\\"}]\\\\\"}],\"id\":\"o1\"},"
        "\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}],\"type\":\"batch\"}";
    BundleScan bundle;
    BundleEntry entry;
    CASE("a bundle with blanks, escapes, contained resources");
    bundle_scan_init(&bundle, str_of(text));
    check(bundle_scan_next(&bundle, &entry));
    check_str(entry.status, STR("201 Created"));
    check_str(entry.location, STR("Patient/1/_history/1"));
    check(!entry.has_request);
    check(bundle_scan_next(&bundle, &entry));
    check_str(entry.type, STR("Observation"));
    check_str(entry.id, STR("o1"));
    check(entry.has_request);
    check(!bundle_scan_next(&bundle, &entry));
    check_str(bundle.type, STR("batch"));
    check_str(bundle.next_link, STR("http:\\/\\/h\\/b?x=1"));
}

static void locations_hold_type_and_id(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text;
        bool ok;
        Str type, id;
    } cases[] = {
        {"absolute with version", STR_INIT("http://h/fhir/Patient/1/_history/2"), true,
         STR_INIT("Patient"), STR_INIT("1")},
        {"relative", STR_INIT("Claim/x-9"), true, STR_INIT("Claim"), STR_INIT("x-9")},
        {"no id", STR_INIT("http://h/fhir"), false, STR_INIT(""), STR_INIT("")},
        {"empty", STR_INIT(""), false, STR_INIT(""), STR_INIT("")},
    };
    FOR_CASES(cases, c)
    {
        Str type = STR_EMPTY, id = STR_EMPTY;
        CASE(c->why);
        check_int(ids_split_location(c->text, &type, &id), c->ok);
        check_str(type, c->type);
        check_str(id, c->id);
    }
}

/* Of 1..100,000 us the p-th share lies at p * 100,000 us; buckets are 1.6 % wide. */
static void percentiles_are_near(void **state)
{
    UNUSED(state);
    static Meter meter;
    static const double shares[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999};
    CASE("a flat distribution");
    for (Time us = 1; us <= 100000; us++)
        meter_add(&meter, us);
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        double expected = shares[i] * 100000, found = (double)meter_percentile(&meter, shares[i]);
        check(found >= expected * 0.984 && found <= expected * 1.016 + 2);
    }
    check_int(meter.max, 100000);
    check_int(meter_percentile(&meter, 1), 100000);
}

/* 990 answers in 1 ms, then all stand still for a second: who would have come each 10 ms
 * meets that second, so half of the time is lost to it and p99 must show it. */
static void a_stall_is_not_one_slow_request(void **state)
{
    UNUSED(state);
    static Meter meter;
    CASE("a stall");
    meter = (Meter){.pace = 10 * TIME_MS};
    for (unsigned i = 0; i < 990; i++)
        meter_add(&meter, TIME_MS);
    check(meter_percentile(&meter, 0.99) < 2 * TIME_MS);
    meter_add(&meter, TIME_SECOND);
    check_int(meter.requests, 991);
    check(meter_percentile(&meter, 0.99) > 800 * TIME_MS);
}

static void templates_leave_no_gap(void **state)
{
    UNUSED(state);
    Rng rng = {7};
    Arena *arena = arena_new(1 << 20, false);
    for (unsigned kind = 0; kind < TEMPLATE_COUNT; kind++) {
        Buf buf;
        Fill fill = {.rng = &rng,
                     .id = STR("a1"),
                     .patient = STR("Patient/1"),
                     .practitioner = STR("Practitioner/1"),
                     .organization = STR("Organization/1"),
                     .encounter = STR("Encounter/1")};
        buf_init(&buf, arena, 0, 100000);
        CASE(template_type((TemplateKind)kind).at);
        template_fill((TemplateKind)kind, &fill, &buf);
        check(buf.len > 300 && !memmem(buf.at, buf.len, "{{", 2));
        Scan scan = {.text = buf_str(&buf)};
        ScanItem item;
        while ((item = scan_next(&scan)).kind != SCAN_END && !str_eq(item.text, STR("id")))
            continue;
        check(item.kind == SCAN_NAME && item.depth == 1);
        while (scan_next(&scan).kind != SCAN_END)
            continue;
        check_int(scan.depth, 0);
        check_int(scan.at, buf.len);
    }
    arena_free(arena);
}

/* A search for the wrong value finds nothing, or something else. */
static void values_are_the_first_of_their_kind(void **state)
{
    UNUSED(state);
    static const char text[] =
        "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"contained\":[{\"id\":\"no\"}],"
        "\"identifier\":[{\"system\":\"urn:a\",\"value\":\"1\"},{\"system\":\"urn:b\",\"value\":"
        "\"2\"}],\"name\" : "
        "[{\"given\":[\"A\",\"B\"],\"family\":\"Maes\"}],\"birthDate\":\"1959-11-29\","
        "\"telecom\":[{\"value\":\"012\",\"system\":\"phone\"}],\"contact\":[{\"name\":{\"family\":"
        "\"X\"},"
        "\"gender\":\"male\"}],\"subject\":{\"reference\":\"Patient\\/9\"},"
        "\"code\":{\"coding\":[{\"system\":\"s\",\"code\":\"c\",\"display\":\"d\"}],\"text\":\"t\"}"
        ","
        "\"valueQuantity\":{\"value\":27.60}}";
    static const struct {
        const char *why;
        Fact fact;
        Str value;
    } cases[] = {
        {"the id of the resource, not of what it contains", FACT_ID, STR_INIT("p1")},
        {"system and value of the same identifier", FACT_IDENTIFIER, STR_INIT("urn:a|1")},
        {"a name behind a list of its own", FACT_FAMILY, STR_INIT("Maes")},
        {"a date", FACT_BIRTHDATE, STR_INIT("1959-11-29")},
        {"a phone whose system stands behind it", FACT_PHONE, STR_INIT("012")},
        {"not that of a contact", FACT_GENDER, STR_INIT("")},
        {"a value with an escape is left out", FACT_PATIENT, STR_INIT("")},
        {"system and code", FACT_CODE, STR_INIT("s|c")},
        {"a number as it is written", FACT_VALUE, STR_INIT("27.60")},
    };
    Arena *arena = arena_new(1 << 20, false);
    Facts facts;
    harvest_read(&facts, arena, str_of(text));
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_str(facts.at[c->fact], c->value);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_in_pieces),
        cmocka_unit_test(bundles_are_walked),
        cmocka_unit_test(locations_hold_type_and_id),
        cmocka_unit_test(percentiles_are_near),
        cmocka_unit_test(a_stall_is_not_one_slow_request),
        cmocka_unit_test(templates_leave_no_gap),
        cmocka_unit_test(values_are_the_first_of_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
