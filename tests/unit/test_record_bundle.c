/* Batch and transaction. SPEC R4 http.html#trules, http.html#brules */
#include "record_fixture.h"

#define URN_A "urn:uuid:11111111-1111-4111-8111-111111111111"
#define URN_B "urn:uuid:22222222-2222-4222-8222-222222222222"
#define PATIENT_ENTRY                                                                              \
    "{\"fullUrl\":\"" URN_A "\",\"resource\":{\"resourceType\":\"Patient\",\"text\":{\"status\":"  \
    "\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><a href=\\\"" URN_B   \
    "\\\">x</a></div>\"}},\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}"
#define OBSERVATION_ENTRY(subject)                                                                 \
    "{\"fullUrl\":\"" URN_B "\",\"resource\":{\"resourceType\":\"Observation\",\"status\":"        \
    "\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"" subject "\"}},"            \
    "\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}"
#define BUNDLE(type, entries)                                                                      \
    STR("{\"resourceType\":\"Bundle\",\"type\":\"" type "\",\"entry\":[" entries "]}")

static uint64_t count_of(Fixture *f, Str type)
{
    check_int(fixture_search(f, type, STR("_summary=count")), STATUS_OK);
    uint64_t total = 0;
    check(str_to_u64(json_str(json_get(fixture_json(f), STR("total"))), &total));
    return total;
}

static void links_between_entries_are_resolved(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_bundle(&f, BUNDLE("transaction", OBSERVATION_ENTRY(URN_A) "," PATIENT_ENTRY)),
              STATUS_OK);
    JsonValue *entries = json_get(fixture_json(&f), STR("entry"));
    Str observation =
        json_get_str(json_get(json_item(entries, 0), STR("response")), STR("location"));
    Str patient = json_get_str(json_get(json_item(entries, 1), STR("response")), STR("location"));
    check(str_has_prefix(observation, STR("Observation/")));
    check(str_has_prefix(patient, STR("Patient/")));
    Str rest = patient, query;
    (void)str_cut(&rest, '/');
    Str id = str_cut(&rest, '/');
    query = arena_format(f.cx.arena, "patient=" STR_FMT, STR_ARG(id));
    check_int(fixture_search(&f, STR("Observation"), query), STATUS_OK);
    check_int(json_count(json_get(fixture_json(&f), STR("entry"))), 1);
    check(!str_contains(f.reply.body, "urn:uuid"));
    check_int(fixture_search(&f, STR("Patient"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "href=\\\"Observation/"));
    fixture_close(&f);
}

static void a_transaction_is_all_or_nothing(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str text;
        Status status;
        const char *place;
    } cases[] = {
        {"a broken entry",
         STR_INIT("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" PATIENT_ENTRY
                  ",{\"resource\":{\"resourceType\":\"Patient\",\"nam\":1},\"request\":{\"method\":"
                  "\"POST\",\"url\":\"Patient\"}}]}"),
         STATUS_INVALID, "Bundle.entry[1].resource"},
        {"an update that lost its race",
         STR_INIT("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" PATIENT_ENTRY
                  ",{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"z\"},\"request\":{"
                  "\"method\":\"PUT\",\"url\":\"Patient/z\",\"ifMatch\":\"W/\\\"7\\\"\"}}]}"),
         STATUS_PRECONDITION, "Bundle.entry[1]"},
        {"a read of nothing",
         STR_INIT("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" PATIENT_ENTRY
                  ",{\"request\":{\"method\":\"GET\",\"url\":\"Patient/nobody\"}}]}"),
         STATUS_NOT_FOUND, "Bundle.entry[1]"},
        {"the same full URL twice",
         STR_INIT("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" PATIENT_ENTRY
                  "," PATIENT_ENTRY "]}"),
         STATUS_INVALID, "Bundle.entry[1]"},
        {"a reference to nothing",
         STR_INIT(
             "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" OBSERVATION_ENTRY(
                 "urn:uuid:99999999-9999-4999-8999-999999999999") "]}"),
         STATUS_UNPROCESSABLE, "Bundle.entry[0]"},
        {"a reference to a type that is not allowed there",
         STR_INIT("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
                  "{\"fullUrl\":\"" URN_A
                  "\",\"resource\":{\"resourceType\":\"Organization\",\"name\":"
                  "\"x\"},\"request\":{\"method\":\"POST\",\"url\":\"Organization\"}}"
                  "," OBSERVATION_ENTRY(URN_A) "]}"),
         STATUS_UNPROCESSABLE, "Bundle.entry[1]"},
    };
    Fixture f;
    fixture_open(&f, true);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        fixture_clear(&f);
        check_int(fixture_bundle(&f, c->text), c->status);
        check(f.cx.issues != NULL);
        check(str_contains(f.cx.issues->expression, c->place));
        fixture_clear(&f);
        check_int(count_of(&f, STR("Patient")), 0);
    }
    fixture_close(&f);
}

static void a_batch_gives_each_entry_its_own_fate(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(
        fixture_bundle(
            &f, BUNDLE("batch",
                       "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/p\"}},"
                       "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p\"},\"request\":{"
                       "\"method\":\"PUT\",\"url\":\"Patient/p\"}},"
                       "{\"resource\":{\"resourceType\":\"Patient\",\"nam\":1},\"request\":{"
                       "\"method\":\"POST\",\"url\":\"Patient\"}},"
                       "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/nobody\"}},"
                       "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/nobody\"}},"
                       "{\"request\":{\"method\":\"DELETE\",\"url\":\"Nothing/nobody\"}}")),
        STATUS_OK);
    static const char *expected[] = {"200", "201", "400", "404", "204", "404"};
    JsonValue *entries = json_get(fixture_json(&f), STR("entry"));
    check_int(json_count(entries), COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        CASE(expected[i]);
        JsonValue *response = json_get(json_item(entries, i), STR("response"));
        check(str_has_prefix(json_get_str(response, STR("status")), str_of(expected[i])));
        check_int(json_get(response, STR("outcome")) != NULL, expected[i][0] == '4');
    }
    check_int(count_of(&f, STR("Patient")), 1);
    fixture_close(&f);
}

static void deletes_run_before_updates_and_reads_last(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Patient"), STR("old"),
                          STR("{\"resourceType\":\"Patient\",\"id\":\"old\"}"), STR_EMPTY),
              STATUS_OK);
    fixture_clear(&f);
    check_int(
        fixture_bundle(
            &f, BUNDLE("transaction",
                       "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/new\"}},"
                       "{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"new\"},\"request\""
                       ":{\"method\":\"PUT\",\"url\":\"Patient/new\"}},"
                       "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/old\"}},"
                       "{\"request\":{\"method\":\"GET\",\"url\":\"Patient?_summary=count\"}}")),
        STATUS_OK);
    JsonValue *entries = json_get(fixture_json(&f), STR("entry"));
    check_str(json_get_str(json_get(json_item(entries, 0), STR("resource")), STR("id")),
              STR("new"));
    check_str(json_str(json_get(json_get(json_item(entries, 3), STR("resource")), STR("total"))),
              STR("1"));
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Patient"), STR("old"), STR_EMPTY), STATUS_GONE);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_between_entries_are_resolved),
        cmocka_unit_test(a_transaction_is_all_or_nothing),
        cmocka_unit_test(a_batch_gives_each_entry_its_own_fate),
        cmocka_unit_test(deletes_run_before_updates_and_reads_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
