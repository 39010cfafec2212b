/* What a person may ask of his record. SPEC GDPR 15-20, HIPAA 164.524-528 */
#include "fonts.h"
#include "record_fixture.h"

#include "access/rights.h"
#include "audit/verify.h"
#include "privacy/privacy.h"
#include "search/search.h"

#define PERSON(id, name)                                                                           \
    STR("{\"resourceType\":\"Patient\",\"id\":\"" id "\",\"name\":[{\"family\":\"" name "\"}],"    \
        "\"birthDate\":\"1950-02-03\"}")
#define ILLNESS(id, patient, words, day)                                                           \
    STR("{\"resourceType\":\"Condition\",\"id\":\"" id "\",\"code\":{\"text\":\"" words "\"},"     \
        "\"recordedDate\":\"" day "\",\"subject\":{\"reference\":\"Patient/" patient "\"}}")

static void put(Fixture *f, Str type, Str id, Str text)
{
    check_int(fixture_put(f, type, id, text, STR_EMPTY), STATUS_OK);
    fixture_clear(f);
}

static void fill(Fixture *f)
{
    fixture_open(f, true);
    put(f, STR("Patient"), STR("a"), PERSON("a", "Canari"));
    put(f, STR("Patient"), STR("b"), PERSON("b", "Autre"));
    put(f, STR("Condition"), STR("ca"), ILLNESS("ca", "a", "zona", "1980-01-01"));
    put(f, STR("Condition"), STR("ca"), ILLNESS("ca", "a", "zona guéri", "1981-01-01"));
    put(f, STR("Condition"), STR("cb"), ILLNESS("cb", "b", "grippe", "1980-01-01"));
    put(f, STR("Appointment"), STR("both"),
        STR("{\"resourceType\":\"Appointment\",\"id\":\"both\",\"status\":\"booked\",\"start\":"
            "\"1982-01-01T10:00:00Z\",\"participant\":[{\"status\":\"accepted\",\"actor\":{"
            "\"reference\":\"Patient/a\"}},{\"status\":\"accepted\",\"actor\":{\"reference\":"
            "\"Patient/b\"}}]}"));
}

static void a_copy_holds_his_record_and_no_other(void **state)
{
    UNUSED(state);
    Fixture f;
    Str bundle, pdf;
    fill(&f);
    Call call = fixture_call(&f);
    check_int(privacy_export(&f.cx, f.record, &call, STR("a"), &bundle), STATUS_OK);
    check(str_contains(bundle, "\"type\":\"collection\""));
    check(str_contains(bundle, "Canari"));
    check(str_contains(bundle, "zona guéri"));
    check(str_contains(bundle, "\"both\""));
    check(!str_contains(bundle, "Autre"));
    check(!str_contains(bundle, "grippe"));
    CASE("and on paper");
    check_int(privacy_paper(&f.cx, bundle, STR("fr"), &pdf), STATUS_OK);
    check(str_has_prefix(pdf, STR("%PDF-1.")));
    check(memmem(pdf.at + pdf.len - 16, 16, "%%EOF", 5) != NULL);
    CASE("nothing without the right to see it");
    Rights none = {.role = ROLE_PATIENT};
    AccessGrant grant = {.account = STR("x"), .role = STR("patient")};
    call.access = access_with_rights(f.forever, access_grant(f.forever, &grant), &none);
    check(privacy_export(&f.cx, f.record, &call, STR("a"), &bundle) != STATUS_OK);
    fixture_close(&f);
}

static void an_amendment_leaves_its_trace(void **state)
{
    UNUSED(state);
    Fixture f;
    fill(&f);
    Call call = fixture_call(&f);
    CASE("a reason is needed");
    Str text = ILLNESS("ca", "a", "varicelle", "1980-01-01");
    check_int(privacy_amend(&f.cx, f.record, &call, STR("Condition"), STR("ca"), text, STR_EMPTY),
              STATUS_INVALID);
    check_int(privacy_amend(&f.cx, f.record, &call, STR("Condition"), STR("ca"), text,
                            STR("the patient says it was chickenpox")),
              STATUS_OK);
    CASE("the new text is shown, the old one is kept");
    check_int(fixture_read(&f, STR("Condition"), STR("ca"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "varicelle"));
    check_int(f.reply.version, 3);
    check_int(fixture_history(&f, STR("Condition"), STR("ca"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "zona"));
    CASE("and a Provenance says why");
    check_int(fixture_search(&f, STR("Provenance"), STR("target=Condition/ca")), STATUS_OK);
    check(str_contains(f.reply.body, "chickenpox"));
    check(str_contains(f.reply.body, "Condition/ca/_history/2"));
    fixture_close(&f);
}

static void restriction_is_a_consent_that_denies(void **state)
{
    UNUSED(state);
    Fixture f;
    fill(&f);
    Call call = fixture_call(&f);
    check_int(privacy_restrict(&f.cx, f.record, &call, STR("a"), true), STATUS_OK);
    check_int(fixture_search(&f, STR("Consent"), STR("patient=a&status=active")), STATUS_OK);
    check(str_contains(f.reply.body, "\"provision\":{\"type\":\"deny\"}"));
    CASE("twice is once");
    check_int(privacy_restrict(&f.cx, f.record, &call, STR("a"), true), STATUS_OK);
    check_int(fixture_search(&f, STR("Consent"), STR("patient=a&status=active&_summary=count")),
              STATUS_OK);
    check(str_contains(f.reply.body, "\"total\":1"));
    CASE("and ends, wherever it came from");
    check_int(privacy_restrict(&f.cx, f.record, &call, STR("a"), false), STATUS_OK);
    check_int(fixture_search(&f, STR("Consent"), STR("patient=a&status=active")), STATUS_OK);
    check(!str_contains(f.reply.body, "\"deny\""));
    fixture_close(&f);
}

static Status erase(Fixture *f, const Access *access, const char *country, bool ground,
                    RecordErased *ret_done)
{
    Call call = fixture_call(f);
    call.access = access;
    PrivacyErase how = {str_of(country), STR("asked for in writing"), ground};
    return privacy_erase(&f->cx, f->record, &call, STR("a"), &how, ret_done);
}

static void the_law_says_when_a_record_may_go(void **state)
{
    UNUSED(state);
    Fixture f;
    RecordErased done;
    fill(&f);
    AccessGrant grant = {.account = STR("x"), .role = STR("gp"), .may_write = true};
    const Access *gp = access_grant(f.forever, &grant);
    CASE("who treats does not erase");
    check_int(erase(&f, gp, "BE", true, &done), STATUS_FORBIDDEN);
    CASE("a country that is not in the table");
    check_int(erase(&f, f.access, "XX", false, &done), STATUS_FORBIDDEN);
    CASE("a contact not 30 years ago");
    put(&f, STR("Condition"), STR("new"), ILLNESS("new", "a", "toux", "2020-01-01"));
    check_int(erase(&f, f.access, "BE", false, &done), STATUS_FORBIDDEN);
    check_int(fixture_delete(&f, STR("Condition"), STR("new")), STATUS_OK);
    CASE("a hold stands above all grounds");
    check_int(privacy_hold(&f.cx, f.record, f.access, STR("a"), STR("a court asks")), STATUS_OK);
    check_int(erase(&f, f.access, "BE", true, &done), STATUS_FORBIDDEN);
    check_int(privacy_hold(&f.cx, f.record, f.access, STR("a"), STR_EMPTY), STATUS_OK);
    CASE("44 years ago");
    check_int(erase(&f, f.access, "BE", false, &done), STATUS_OK);
    fixture_close(&f);
}

static bool store_holds(Fixture *f, const char *words)
{
    StoreReader *reader;
    StoreHistory query = {.limit = 1000, .with_body = true};
    StoreChange *changes;
    size_t count;
    bool found = false;
    check_int(store_read_begin(f->store, &f->cx, f->access, &reader), STATUS_OK);
    check_int(store_history(reader, &query, &changes, &count), STATUS_OK);
    for (size_t i = 0; i < count; i++)
        found |=
            memmem(changes[i].row.body.at, changes[i].row.body.len, words, strlen(words)) != NULL;
    store_read_end(reader);
    return found;
}

static void what_is_erased_is_in_no_version(void **state)
{
    UNUSED(state);
    Fixture f;
    RecordErased done;
    fill(&f);
    put(&f, STR("Condition"), STR("gone"), ILLNESS("gone", "a", "scorbut", "1981-01-01"));
    check_int(fixture_delete(&f, STR("Condition"), STR("gone")), STATUS_OK);
    check(store_holds(&f, "zona") && store_holds(&f, "scorbut"));
    check_int(erase(&f, f.access, "BE", true, &done), STATUS_OK);
    check_int(done.resources, 2); /* himself and ca */
    check_int(done.versions, 4);  /* and what had been deleted before */
    check(!store_holds(&f, "scorbut"));
    check_int(done.shared, 1);
    check(!store_holds(&f, "zona"));
    check(!store_holds(&f, "Canari"));
    CASE("others are as they were");
    check(store_holds(&f, "grippe"));
    check(store_holds(&f, "\"both\""));
    CASE("reads and searches");
    check_int(fixture_read(&f, STR("Patient"), STR("a"), STR_EMPTY), STATUS_GONE);
    check_int(fixture_search(&f, STR("Condition"), STR("patient=a")), STATUS_OK);
    check(!str_contains(f.reply.body, "\"ca\""));
    CASE("the log is whole and says that it happened");
    AuditVerdict verdict;
    AuditVerifyOptions verify = {.key = NULL};
    check_int(audit_verify(&f.cx, f.store, f.access, &verify, &verdict), STATUS_OK);
    check_int(verdict.fault, AUDIT_SOUND);
    check_int(fixture_search(&f, STR("AuditEvent"), STR("type=110110")), STATUS_OK);
    check(str_contains(f.reply.body, "privacy-erase"));
    CASE("and the store is sound");
    check_int(store_check(f.store, &f.cx, NULL, NULL), STATUS_OK);
    CASE("a second time changes nothing");
    check_int(erase(&f, f.access, "BE", true, &done), STATUS_OK);
    check_int(done.resources, 0);
    fixture_close(&f);
}

static void disclosures_are_those_outside_the_circle(void **state)
{
    UNUSED(state);
    Fixture f;
    Str csv;
    fill(&f);
    AccessGrant grant = {.account = STR("token#1"), .role = STR("program"), .everything = true};
    Call call = fixture_call(&f);
    call.access = access_grant(f.forever, &grant);
    (void)record_read(f.record, &f.cx, &call, STR("Condition"), STR("ca"), &f.reply);
    check_int(fixture_finish(&f, &call), STATUS_OK);
    call = fixture_call(&f);
    check_int(privacy_disclosures(&f.cx, f.record, &call, STR("a"), 0, false, &csv), STATUS_OK);
    check(str_contains(csv, "token#1"));
    check(str_contains(csv, "Condition/ca"));
    check(!str_contains(csv, "\"tester\""));
    check_int(privacy_disclosures(&f.cx, f.record, &call, STR("a"), 0, true, &csv), STATUS_OK);
    check(str_contains(csv, "\"tester\""));
    CASE("not before the day that is asked for");
    check_int(
        privacy_disclosures(&f.cx, f.record, &call, STR("a"), time_now() + TIME_DAY, true, &csv),
        STATUS_OK);
    check(!str_contains(csv, "token#1"));
    fixture_close(&f);
}

static void the_table_has_a_source_for_each_row(void **state)
{
    UNUSED(state);
    const Retention *row;
    for (size_t i = 0; (row = privacy_retention_row(i)); i++) {
        check_int(row->country.len, 2);
        check(row->years_min > 0 && row->source.len > 0);
        check(!row->years_max || row->years_max >= row->years_min);
    }
    /* law of 22 April 2019, art. 35: at least 30 and at most 50 years */
    check_int(privacy_retention(STR("BE"))->years_min, 30);
    check_int(privacy_retention(STR("BE"))->years_max, 50);
    check(!privacy_retention(STR("XX")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_holds_his_record_and_no_other),
        cmocka_unit_test(an_amendment_leaves_its_trace),
        cmocka_unit_test(restriction_is_a_consent_that_denies),
        cmocka_unit_test(the_law_says_when_a_record_may_go),
        cmocka_unit_test(what_is_erased_is_in_no_version),
        cmocka_unit_test(disclosures_are_those_outside_the_circle),
        cmocka_unit_test(the_table_has_a_source_for_each_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
