/* Single interactions. SPEC R4 http.html#create, #read, #update, #delete, #history */
#include "record_fixture.h"

#define PATIENT(id, family)                                                                        \
    STR("{\"resourceType\":\"Patient\",\"id\":\"" id "\",\"name\":[{\"family\":\"" family "\"}]}")

static void a_write_comes_back_digit_by_digit(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_create(&f, STR("Observation"),
                             STR("{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":"
                                 "{\"text\":\"x\"},\"valueQuantity\":{\"value\":1.500}}")),
              STATUS_OK);
    check_int(f.reply.http, 201);
    check_int(f.reply.version, 1);
    check(str_contains(f.reply.body, "\"value\":1.500"));
    JsonValue *made = fixture_json(&f);
    Str id = json_get_str(made, STR("id"));
    check(str_contains(f.reply.location, "http://test/fhir/Observation/"));
    Str body = f.reply.body;
    check_int(fixture_read(&f, STR("Observation"), id, STR_EMPTY), STATUS_OK);
    check_str(f.reply.body, body);
    fixture_close(&f);
}

static void versions_count_and_conditions_hold(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Patient"), STR("a"), PATIENT("a", "One"), STR_EMPTY), STATUS_OK);
    check_int(f.reply.http, 201);
    check_int(fixture_put(&f, STR("Patient"), STR("a"), PATIENT("a", "Two"), STR("W/\"1\"")),
              STATUS_OK);
    check_int(f.reply.http, 200);
    check_int(f.reply.version, 2);
    check_int(fixture_put(&f, STR("Patient"), STR("a"), PATIENT("a", "Three"), STR("W/\"1\"")),
              STATUS_PRECONDITION);
    check_int(fixture_put(&f, STR("Patient"), STR("b"), PATIENT("a", "Three"), STR_EMPTY),
              STATUS_INVALID);
    check_int(fixture_put(&f, STR("Patient"), STR("b"), PATIENT("b", "New"), STR("W/\"1\"")),
              STATUS_PRECONDITION);
    check_int(fixture_read(&f, STR("Patient"), STR("a"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "\"Two\""));
    check_int(fixture_delete(&f, STR("Patient"), STR("a")), STATUS_OK);
    check_int(f.reply.http, 204);
    check_int(fixture_read(&f, STR("Patient"), STR("a"), STR_EMPTY), STATUS_GONE);
    check_int(fixture_delete(&f, STR("Patient"), STR("a")), STATUS_OK);
    check_int(fixture_put(&f, STR("Patient"), STR("a"), PATIENT("a", "Back"), STR_EMPTY),
              STATUS_OK);
    check_int(f.reply.http, 201);
    check_int(f.reply.version, 4);
    check_int(fixture_read(&f, STR("Patient"), STR("nobody"), STR_EMPTY), STATUS_NOT_FOUND);
    check_int(fixture_read(&f, STR("Patiens"), STR("a"), STR_EMPTY), STATUS_NOT_FOUND);
    fixture_close(&f);
}

static void ids_of_clients_are_refused_when_configured(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, false);
    check_int(fixture_put(&f, STR("Patient"), STR("a"), PATIENT("a", "One"), STR_EMPTY),
              STATUS_METHOD);
    fixture_close(&f);
}

static void history_runs_from_the_newest_in_stable_pages(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    for (int i = 0; i < 5; i++)
        check_int(fixture_put(&f, STR("Patient"), STR("a"), PATIENT("a", "N"), STR_EMPTY),
                  STATUS_OK);
    check_int(fixture_history(&f, STR("Patient"), STR("a"), STR("_count=2")), STATUS_OK);
    JsonValue *page = fixture_json(&f);
    JsonValue *entries = json_get(page, STR("entry"));
    check_int(json_count(entries), 2);
    check_str(json_get_str(json_get(json_get(json_item(entries, 0), STR("resource")), STR("meta")),
                           STR("versionId")),
              STR("5"));
    JsonValue *next = json_item(json_get(page, STR("link")), 1);
    check_str(json_get_str(next, STR("relation")), STR("next"));
    Str url = json_get_str(next, STR("url"));
    /* somebody writes meanwhile */
    check_int(fixture_put(&f, STR("Patient"), STR("a"), PATIENT("a", "N"), STR_EMPTY), STATUS_OK);
    Str query = str_from(url, str_index(url, '?') + 1);
    check_int(fixture_history(&f, STR("Patient"), STR("a"), query), STATUS_OK);
    entries = json_get(fixture_json(&f), STR("entry"));
    check_str(json_get_str(json_get(json_get(json_item(entries, 0), STR("resource")), STR("meta")),
                           STR("versionId")),
              STR("3"));
    check_int(fixture_history(&f, STR_EMPTY, STR_EMPTY, STR("_count=100")), STATUS_OK);
    check_int(json_count(json_get(fixture_json(&f), STR("entry"))), 6);
    check_int(fixture_history(&f, STR("Patient"), STR_EMPTY, STR("_since=2999-01-01")), STATUS_OK);
    check_int(json_count(json_get(fixture_json(&f), STR("entry"))), 0);
    check_int(fixture_history(&f, STR("Patient"), STR_EMPTY, STR("_sinze=2999")), STATUS_INVALID);
    fixture_close(&f);
}

static void a_reader_cannot_write_and_every_attempt_is_on_the_log(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    Call call = fixture_call(&f);
    call.access = f.reader;
    check_int(record_create(f.record, &f.cx, &call, STR("Patient"),
                            fixture_body(&f, PATIENT("a", "One")), &f.reply),
              STATUS_FORBIDDEN);
    check_int(fixture_finish(&f, &call), STATUS_FORBIDDEN);
    StoreReader *reader;
    StoreAuditRow *rows;
    size_t count;
    check_int(store_read_begin(f.store, &f.cx, f.access, &reader), STATUS_OK);
    check_int(store_audit_read(reader, 1, 10, &rows, &count), STATUS_OK);
    check_int(count, 1);
    store_read_end(reader);
    fixture_close(&f);
}

static void patches_are_validated(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str patch;
        Status status;
    } cases[] = {
        {"a sound patch",
         STR_INIT("[{\"op\":\"replace\",\"path\":\"/name/0/family\",\"value\":\"Z\"}]"), STATUS_OK},
        {"a failing test",
         STR_INIT("[{\"op\":\"test\",\"path\":\"/name/0/family\",\"value\":\"Q\"}]"),
         STATUS_UNPROCESSABLE},
        {"makes an unknown element",
         STR_INIT("[{\"op\":\"add\",\"path\":\"/nam\",\"value\":\"Q\"}]"), STATUS_UNPROCESSABLE},
        {"changes the id", STR_INIT("[{\"op\":\"replace\",\"path\":\"/id\",\"value\":\"Q\"}]"),
         STATUS_UNPROCESSABLE},
        {"is no patch", STR_INIT("{\"op\":\"replace\"}"), STATUS_INVALID},
    };
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Patient"), STR("a"), PATIENT("a", "One"), STR_EMPTY), STATUS_OK);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        fixture_clear(&f);
        Call call = fixture_call(&f);
        (void)record_patch(f.record, &f.cx, &call, STR("Patient"), STR("a"),
                           fixture_body(&f, c->patch), &f.reply);
        check_int(fixture_finish(&f, &call), c->status);
    }
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Patient"), STR("a"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "\"Z\""));
    check_int(f.reply.version, 2);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_comes_back_digit_by_digit),
        cmocka_unit_test(versions_count_and_conditions_hold),
        cmocka_unit_test(ids_of_clients_are_refused_when_configured),
        cmocka_unit_test(history_runs_from_the_newest_in_stable_pages),
        cmocka_unit_test(a_reader_cannot_write_and_every_attempt_is_on_the_log),
        cmocka_unit_test(patches_are_validated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
