/* AuditEvents: who looked at whom, and who may know it. SPEC R4 auditevent.html, IHE BALP */
#include "record_fixture.h"

#include "access/rights.h"
#include "audit/seal.h"
#include "audit/verify.h"
#include "search/search.h"
#include "store/moving.h"

#define OBSERVATION(id, patient)                                                                   \
    STR("{\"resourceType\":\"Observation\",\"id\":\"" id "\",\"status\":\"final\",\"code\":{"      \
        "\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/" patient "\"}}")
#define PATIENT(id) STR("{\"resourceType\":\"Patient\",\"id\":\"" id "\"}")

static void put(Fixture *f, Str type, Str id, Str text)
{
    check_int(fixture_put(f, type, id, text, STR_EMPTY), STATUS_OK);
    fixture_clear(f);
}

/* Entries 1 to 9; what each is stands in `expected`. */
static void fill(Fixture *f)
{
    fixture_open(f, true);
    put(f, STR("Patient"), STR("a"), PATIENT("a"));
    put(f, STR("Patient"), STR("b"), PATIENT("b"));
    put(f, STR("Observation"), STR("oa"), OBSERVATION("oa", "a"));
    put(f, STR("Observation"), STR("ob"), OBSERVATION("ob", "b"));
    put(f, STR("Practitioner"), STR("d"), STR("{\"resourceType\":\"Practitioner\",\"id\":\"d\"}"));
    check_int(fixture_read(f, STR("Patient"), STR("a"), STR_EMPTY), STATUS_OK);
    check_int(fixture_search(f, STR("Observation"), STR("code:text=x")), STATUS_OK);
    check_int(fixture_read(f, STR("Observation"), STR("none"), STR_EMPTY), STATUS_NOT_FOUND);
    check_int(fixture_delete(f, STR("Observation"), STR("ob")), STATUS_OK);
    fixture_clear(f);
}

/* The ids of a page, and whether there is another one: "9 7 4 +". */
static Str ids_of(Fixture *f, Str *ret_next)
{
    JsonValue *bundle = fixture_json(f), *entries = json_get(bundle, STR("entry")),
              *links = json_get(bundle, STR("link"));
    Buf ids;
    buf_init(&ids, f->cx.arena, 64, 4096);
    for (size_t i = 0; i < json_count(entries); i++) {
        JsonValue *event = json_get(json_item(entries, i), STR("resource"));
        if (i)
            buf_add_lit(&ids, " ");
        buf_add_str(&ids, json_get_str(event, STR("id")));
    }
    *ret_next = json_count(links) > 1 ? json_get_str(json_item(links, 1), STR("url")) : STR_EMPTY;
    return buf_str(&ids);
}

static Status ask(Fixture *f, const Access *access, Str query)
{
    Call call = fixture_call(f);
    RecordScope scope = {.type = STR("AuditEvent")};
    call.access = access;
    call.query = query;
    (void)record_search(f->record, &f->cx, &call, &scope, &f->reply);
    return fixture_finish(f, &call);
}

static const struct {
    const char *why, *query, *ids;
} questions[] = {
    {"all that was done", "date=ge2000-01-01", "9 8 7 6 5 4 3 2 1"},
    {"who looked at a, and what was done to him", "patient=Patient/a", "7 6 3 1"},
    {"b was in a search and lost a result", "patient=b", "9 7 4 2"},
    {"nobody", "patient=nobody", ""},
    {"a resource of a patient", "entity=Observation/ob", "9 7 4"},
    {"a resource of nobody", "entity=Practitioner/d", "5"},
    {"what was asked for and not there", "entity=Observation/none", "8"},
    {"writes", "action=C,U", "5 4 3 2 1"},
    {"deletions", "action=http://hl7.org/fhir/audit-event-action|D", "9"},
    {"what failed", "outcome=4", "8"},
    {"of a and what failed", "outcome=4&patient=a", ""},
    {"who", "altid=tester", "9 8 7 6 5 4 3 2 1"},
    {"somebody else", "altid=other", ""},
    {"by reference", "agent=Practitioner/x", ""},
    {"later", "date=gt2100-01-01", ""},
    {"kinds", "type=rest&action=E", "7"},
};

static void who_did_what_can_be_asked(void **state)
{
    UNUSED(state);
    for (unsigned indexed = 0; indexed < 2; indexed++) {
        Fixture f;
        Str next;
        fill(&f);
        if (indexed)
            check_int(record_index_audit(f.record, &f.cx, 0, false), STATUS_OK);
        for (size_t i = 0; i < COUNT_OF(questions); i++) {
            CASE(questions[i].why);
            Str query = arena_format(f.cx.arena, "%s&_before=10", questions[i].query);
            check_int(ask(&f, f.access, query), STATUS_OK);
            check_str(ids_of(&f, &next), str_of(questions[i].ids));
            fixture_clear(&f);
        }
        fixture_close(&f);
    }
}

static void pages_hold_all_of_it_once(void **state)
{
    UNUSED(state);
    Fixture f;
    Str next = STR_EMPTY;
    fill(&f);
    check_int(record_index_audit(f.record, &f.cx, 6, false),
              STATUS_OK); /* and a tail without keys */
    Buf all;
    buf_init(&all, f.forever, 64, 4096);
    Str query = STR("patient=a&_count=1&_before=10");
    do {
        check_int(ask(&f, f.access, query), STATUS_OK);
        buf_add_str(&all, ids_of(&f, &next));
        buf_add_lit(&all, " ");
        query = next.len ? str_from(next, str_index(next, '?') + 1) : next;
    } while (next.len);
    check_str(buf_str(&all), STR("7 6 3 1 "));
    fixture_close(&f);
}

static void what_is_not_offered_is_refused(void **state)
{
    UNUSED(state);
    static const char *const wrong[] = {"site=x",         "patient=a&patient=b",
                                        "_count=0",       "date=soon",
                                        "patient=",       "agent=x",
                                        "entity=x",       "_sort=date",
                                        "_summary=count", "_include=*",
                                        "patient=Group/1"};
    Fixture f;
    fill(&f);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CASE(wrong[i]);
        check_int(ask(&f, f.access, str_of(wrong[i])), STATUS_INVALID);
    }
    CASE("nobody writes one");
    Str event = STR("{\"resourceType\":\"AuditEvent\",\"id\":\"1\",\"type\":{\"code\":\"rest\"},"
                    "\"recorded\":\"2026-01-01T00:00:00Z\",\"agent\":[{\"requestor\":true}],"
                    "\"source\":{\"observer\":{\"display\":\"x\"}}}");
    check_int(fixture_put(&f, STR("AuditEvent"), STR("1"), event, STR_EMPTY), STATUS_METHOD);
    check_int(fixture_create(&f, STR("AuditEvent"), event), STATUS_METHOD);
    fixture_close(&f);
}

/* ---- who may know ------------------------------------------------------------------------ */

static uint64_t hash_of(Fixture *f, Str reference)
{
    return search_hash_text(record_index(f->record), reference);
}

static const Access *person(Fixture *f, const Rights *rights)
{
    AccessGrant grant = {.account = STR("person"), .role = STR("x")};
    return access_with_rights(f->forever, access_grant(f->forever, &grant), rights);
}

static void each_sees_what_the_matrix_says(void **state)
{
    UNUSED(state);
    Fixture f;
    Str next;
    fill(&f);
    RightsMask all = {.read = 1u << D16_AUDIT, .clearance = CONF_V, .sensitivity = 0xffff};
    RightsLink own = {.patient = hash_of(&f, STR("Patient/a")), .mask = all};
    Rights auditor = {.role = ROLE_AUDITOR, .nobody = all, .stranger = all},
           patient = {.role = ROLE_PATIENT, .links = &own, .link_count = 1},
           gp = {.role = ROLE_GP,
                 .nobody = {.read = 1u << D0_DIRECTORY, .clearance = CONF_V},
                 .stranger = {.read = 0x7fff, .clearance = CONF_V, .sensitivity = 0xffff}};
    CASE("an auditor: who, when and which");
    check_int(ask(&f, person(&f, &auditor), STR("_before=10")), STATUS_OK);
    check_str(ids_of(&f, &next), STR("9 8 7 6 5 4 3 2 1"));
    check(str_contains(f.reply.body, "Patient/b"));
    CASE("a patient: what is about himself, and nobody else in it");
    check_int(ask(&f, person(&f, &patient), STR("_before=10")), STATUS_OK);
    check_str(ids_of(&f, &next), STR("7 6 3 1"));
    check(str_contains(f.reply.body, "Observation/oa"));
    check(!str_contains(f.reply.body, "Observation/ob"));
    check(!str_contains(f.reply.body, "Patient/b"));
    CASE("he cannot ask for another one's");
    check_int(ask(&f, person(&f, &patient), STR("patient=b&_before=10")), STATUS_OK);
    check_str(ids_of(&f, &next), STR(""));
    check_int(ask(&f, person(&f, &patient), STR("entity=Observation/ob&_before=10")), STATUS_OK);
    check_str(ids_of(&f, &next), STR(""));
    CASE("nor by its number");
    Call call = fixture_call(&f);
    call.access = person(&f, &patient);
    (void)record_read(f.record, &f.cx, &call, STR("AuditEvent"), STR("4"), &f.reply);
    check_int(fixture_finish(&f, &call), STATUS_NOT_FOUND);
    (void)record_read(f.record, &f.cx, &call, STR("AuditEvent"), STR("6"), &f.reply);
    check_int(fixture_finish(&f, &call), STATUS_OK);
    CASE("what was written beside it, about nobody, is not of his log");
    check_int(
        fixture_bundle(
            &f,
            STR("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"resource\":{"
                "\"resourceType\":\"Organization\",\"id\":\"clinic\",\"name\":\"x\"},\"request\":{"
                "\"method\":\"PUT\",\"url\":\"Organization/clinic\"}},{\"resource\":{"
                "\"resourceType\":\"Observation\",\"id\":\"oc\",\"status\":\"final\",\"code\":{"
                "\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/"
                "a\"}},\"request\":{\"method\":"
                "\"PUT\",\"url\":\"Observation/oc\"}}]}")),
        STATUS_OK);
    fixture_clear(&f);
    check_int(ask(&f, person(&f, &patient), STR("")), STATUS_OK);
    check(str_contains(f.reply.body, "Observation/oc"));
    check(!str_contains(f.reply.body, "Organization/clinic"));
    check_int(ask(&f, person(&f, &auditor), STR("")), STATUS_OK);
    check(str_contains(f.reply.body, "Organization/clinic"));
    CASE("who may read charts has no audit log");
    check_int(ask(&f, person(&f, &gp), STR("_before=10")), STATUS_OK);
    check_str(ids_of(&f, &next), STR(""));
    fixture_close(&f);
}

/* SPEC https://profiles.ihe.net/ITI/BALP/StructureDefinition-ihe-assuranceLevel.html */
static void by_what_he_proved_who_he_is(void **state)
{
    static const struct {
        const char *why;
        uint8_t factors;
        const char *has, *has_not;
    } cases[] = {
        {"a password and a code", ACCESS_BY_PASSWORD | ACCESS_BY_TOTP, "\"totp\"", "\"step-up\""},
        {"a card, a moment ago", ACCESS_BY_CARD | ACCESS_STEPPED_UP, "\"step-up\"", "\"password\""},
        {"a token", 0, "\"AuditEvent\"", "ihe-assuranceLevel"},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        Fixture f;
        fixture_open(&f, true);
        CASE(c->why);
        const Access *program = f.access;
        AccessGrant grant = {.account = STR("prover"),
                             .role = STR("program"),
                             .factors = c->factors,
                             .may_write = true,
                             .everything = true};
        f.access = access_grant(f.forever, &grant);
        put(&f, STR("Patient"), STR("a"), PATIENT("a"));
        check_int(ask(&f, program, STR("altid=prover")), STATUS_OK);
        check(str_contains(f.reply.body, c->has));
        check(!str_contains(f.reply.body, c->has_not));
        fixture_close(&f);
    }
}

static void a_broken_glass_is_marked(void **state)
{
    UNUSED(state);
    Fixture f;
    fill(&f);
    RightsMask all = {.read = 0x3ffff, .clearance = CONF_V, .sensitivity = 0xffff};
    RightsLink link = {.patient = hash_of(&f, STR("Patient/a")), .mask = all, .broken = true};
    Rights nurse = {.role = ROLE_NURSE, .links = &link, .link_count = 1};
    Call call = fixture_call(&f);
    call.access = person(&f, &nurse);
    (void)record_read(f.record, &f.cx, &call, STR("Patient"), STR("a"), &f.reply);
    check_int(fixture_finish(&f, &call), STATUS_OK);
    check_int(ask(&f, f.access, STR("patient=a&_count=1")), STATUS_OK);
    check(str_contains(f.reply.body, "\"code\":\"BTG\""));
    check_int(ask(&f, f.access, STR("entity=Patient/b&_count=1")), STATUS_OK);
    check(!str_contains(f.reply.body, "\"code\":\"BTG\""));
    fixture_close(&f);
}

static Status looked(Fixture *f, const Access *access, Str query)
{
    Call call = fixture_call(f);
    call.access = access;
    call.query = query;
    (void)record_who_looked(f->record, &f->cx, &call, STR("a"), &f->reply);
    return fixture_finish(f, &call);
}

static void a_patient_reads_in_words_who_looked(void **state)
{
    UNUSED(state);
    static const struct {
        const char *language, *words;
    } cases[] = {{"en", "looked at your record"},
                 {"fr", "a consulté votre dossier"},
                 {"nl", "bekeek uw dossier"},
                 {"de", "hat Ihre Akte angesehen"}};
    Fixture f;
    fill(&f);
    RightsMask all = {.read = 1u << D16_AUDIT, .clearance = CONF_V, .sensitivity = 0xffff};
    RightsLink own = {.patient = hash_of(&f, STR("Patient/a")), .mask = all},
               other = {.patient = hash_of(&f, STR("Patient/b")), .mask = all};
    Rights self = {.role = ROLE_PATIENT, .links = &own, .link_count = 1},
           stranger = {.role = ROLE_PATIENT, .links = &other, .link_count = 1};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].language);
        Str query = arena_format(f.cx.arena, "language=%s&_before=10", cases[i].language);
        check_int(looked(&f, person(&f, &self), query), STATUS_OK);
        check(str_contains(f.reply.body, cases[i].words));
        check(!str_contains(f.reply.body, "Patient/b"));
        check(!str_contains(f.reply.body, "\"next\""));
    }
    CASE("pages");
    check_int(looked(&f, person(&f, &self), STR("_count=2&_before=10")), STATUS_OK);
    check(str_contains(f.reply.body, "$who-looked?language=en&_count=2&_before=6"));
    CASE("it is his alone");
    check_int(looked(&f, person(&f, &stranger), STR("_before=10")), STATUS_FORBIDDEN);
    fixture_close(&f);
}

/* ---- what is left when a patient is forgotten --------------------------------------------- */

static bool log_names(Fixture *f, const char *word)
{
    StoreReader *reader;
    StoreAuditRow *rows;
    size_t count;
    bool found = false;
    check_int(store_read_begin(f->store, &f->cx, f->access, &reader), STATUS_OK);
    check_int(store_audit_read(reader, 1, 100, &rows, &count), STATUS_OK);
    for (size_t i = 0; i < count; i++)
        found |= memmem(rows[i].entry.at, rows[i].entry.len, word, strlen(word)) != NULL;
    store_read_end(reader);
    return found;
}

static void the_chain_outlives_the_patient(void **state)
{
    UNUSED(state);
    Fixture f;
    Str next;
    StoreReader *reader;
    StoreItem *items;
    AuditKeys *keys;
    size_t count;
    fill(&f);
    CASE("what is about a patient is not in the clear");
    check(!log_names(&f, "Observation/oa"));
    check(log_names(&f, "Observation"));
    CASE("what is about nobody is");
    check(log_names(&f, "none"));
    check_int(record_index_audit(f.record, &f.cx, 0, false), STATUS_OK);
    check_int(audit_keys_new(&f.cx, f.store, f.access, &keys), STATUS_OK);
    check_int(store_read_begin(f.store, &f.cx, f.access, &reader), STATUS_OK);
    check_int(audit_forget(&f.cx, keys, reader, hash_of(&f, STR("Patient/a")), &items, &count),
              STATUS_OK);
    store_read_end(reader);
    check_int(count, 2);
    StoreCommit commit = {.items = items, .item_count = count};
    check_int(store_commit(f.store, &f.cx, f.access, &commit), STATUS_OK);
    CASE("the log is whole, and does not know him");
    AuditVerdict verdict;
    AuditVerifyOptions verify = {.key = NULL};
    check_int(audit_verify(&f.cx, f.store, f.access, &verify, &verdict), STATUS_OK);
    check_int(verdict.fault, AUDIT_SOUND);
    check_int(ask(&f, f.access, STR("patient=a&_before=10")), STATUS_OK);
    check_str(ids_of(&f, &next), STR(""));
    check_int(ask(&f, f.access, STR("_before=10")), STATUS_OK);
    check_str(ids_of(&f, &next), STR("9 8 7 6 5 4 3 2 1"));
    check(!str_contains(f.reply.body, "Observation/oa"));
    check(str_contains(f.reply.body, "Observation/ob"));
    audit_keys_free(keys);
    fixture_close(&f);
}

/* The log can be written, or nothing can. */
static void audit_goes(Fixture *f, bool on)
{
    const char *why;
    if (store_place_is_database())
        check(test_postgres_sql(test_postgres(false, &why),
                                on ? "GRANT INSERT ON aceso.audit TO aceso_app"
                                   : "REVOKE INSERT ON aceso.audit FROM aceso_app"));
    else
        check_int(
            store_seal(f->store, &f->cx, f->access, on ? STORE_UNSEALED : STORE_SEALED, STR_EMPTY),
            STATUS_OK);
}

/* security-model.md 6: if the audit cannot be written, nothing is served. */
static void without_audit_nothing_is_served(void **state)
{
    UNUSED(state);
    Fixture f;
    fill(&f);
    audit_goes(&f, false);
    CASE("a read");
    check(fixture_read(&f, STR("Patient"), STR("a"), STR_EMPTY) != STATUS_OK);
    CASE("a search");
    check(fixture_search(&f, STR("Observation"), STR_EMPTY) != STATUS_OK);
    audit_goes(&f, true);
    check_int(fixture_read(&f, STR("Patient"), STR("a"), STR_EMPTY), STATUS_OK);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_did_what_can_be_asked),
        cmocka_unit_test(pages_hold_all_of_it_once),
        cmocka_unit_test(what_is_not_offered_is_refused),
        cmocka_unit_test(each_sees_what_the_matrix_says),
        cmocka_unit_test(by_what_he_proved_who_he_is),
        cmocka_unit_test(a_broken_glass_is_marked),
        cmocka_unit_test(a_patient_reads_in_words_who_looked),
        cmocka_unit_test(the_chain_outlives_the_patient),
        cmocka_unit_test(without_audit_nothing_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
