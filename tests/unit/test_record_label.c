/* Every version is stored with its facts, and with other facts when the rules are others.
 * security-model.md 1; docs/internals/index.md */
#include "record/operation.h"
#include "record_fixture.h"

#include <time.h>

#include "access/facts.h"
#include "fhir/fhir.h"
#include "search/search.h"

#define PROBLEM(id, code)                                                                          \
    STR("{\"resourceType\":\"Condition\",\"id\":\"" id "\",\"subject\":{\"reference\":"            \
        "\"Patient/1\"},\"code\":{\"coding\":[{\"system\":"                                        \
        "\"http://hl7.org/fhir/sid/icd-10\",\"code\":\"" code "\"}]}}")

static StoreRow row_of(Fixture *f, const char *type, const char *id)
{
    StoreRow row;
    check_int(
        store_get_now(f->store, &f->cx, f->access, fhir_type_find(str_of(type)), str_of(id), &row),
        STATUS_OK);
    return row;
}

static Facts facts_of(Fixture *f, const char *type, const char *id)
{
    Facts facts = {0};
    check(facts_unpack(row_of(f, type, id).facts, &facts));
    return facts;
}

static uint64_t hash(Fixture *f, const char *name)
{
    return search_hash_text(record_index(f->record), str_of(name));
}

/* The same fixture for somebody else. */
static void sign_in(Fixture *f, const char *reference, const char *role)
{
    AccessGrant grant = {.account = STR("a"), .may_write = true, .everything = true};
    grant.role = str_of(role);
    grant.reference = str_of(reference);
    f->access = access_grant(f->forever, &grant);
}

static void every_version_has_its_facts(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    CASE("a new one: by who writes it");
    sign_in(&f, "Practitioner/n", "nurse");
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "I10"), STR_EMPTY),
              STATUS_OK);
    Facts facts = facts_of(&f, "Condition", "c");
    check_int(facts.class, D7_PROBLEMS);
    check_int(facts.subject_count, 1);
    check(facts.subjects[0] == hash(&f, "Patient/1"));
    check(facts.author == hash(&f, "Practitioner/n"));
    check_int(facts.profession, ROLE_NURSE);
    CASE("an update by somebody else");
    sign_in(&f, "Practitioner/g", "gp");
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "B24"), STR_EMPTY),
              STATUS_OK);
    facts = facts_of(&f, "Condition", "c");
    check_int(facts.class, D15_SENSITIVE);
    check(facts.author == hash(&f, "Practitioner/n"));
    CASE("the version before keeps its own");
    StoreReader *reader;
    StoreRow row;
    check_int(store_read_begin(f.store, &f.cx, f.access, &reader), STATUS_OK);
    check_int(store_get_version(reader, fhir_type_find(STR("Condition")), STR("c"), 1, &row),
              STATUS_OK);
    store_read_end(reader);
    check(facts_unpack(row.facts, &facts));
    check_int(facts.class, D7_PROBLEMS);
    CASE("a deletion has those of what it deleted");
    check_int(fixture_delete(&f, STR("Condition"), STR("c")), STATUS_OK);
    check(row_of(&f, "Condition", "c").deleted);
    check_int(facts_of(&f, "Condition", "c").class, D15_SENSITIVE);
    CASE("what comes back under the same id is somebody's new work");
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "I10"), STR_EMPTY),
              STATUS_OK);
    facts = facts_of(&f, "Condition", "c");
    check(facts.author == hash(&f, "Practitioner/g"));
    check_int(facts.profession, ROLE_GP);
    fixture_close(&f);
}

/* A prescription refers to its drug: stored before, or in the same transaction. */
static void a_prescription_is_as_sensitive_as_its_drug(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Medication"), STR("m"),
                          STR("{\"resourceType\":\"Medication\",\"id\":\"m\",\"code\":{\"coding\":"
                              "[{\"system\":\"http://www.whocc.no/atc\",\"code\":\"J05AR10\"}]}}"),
                          STR_EMPTY),
              STATUS_OK);
    check_int(facts_of(&f, "Medication", "m").class, D0_DIRECTORY);
    check_int(facts_of(&f, "Medication", "m").sensitivity, 0);
    check_int(
        fixture_put(&f, STR("MedicationRequest"), STR("r"),
                    STR("{\"resourceType\":\"MedicationRequest\",\"id\":\"r\",\"status\":"
                        "\"active\",\"intent\":\"order\",\"subject\":{\"reference\":"
                        "\"Patient/1\"},\"medicationReference\":{\"reference\":\"Medication/m\"}}"),
                    STR_EMPTY),
        STATUS_OK);
    check_int(facts_of(&f, "MedicationRequest", "r").class, D15_SENSITIVE);
    check_int(facts_of(&f, "MedicationRequest", "r").sensitivity, SENSITIVE_HIV);
    fixture_close(&f);
}

static void computed_labels_can_be_read_and_searched(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    CASE("they are in the answer");
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "B24"), STR_EMPTY),
              STATUS_OK);
    check_int(fixture_read(&f, STR("Condition"), STR("c"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "v3-Confidentiality\",\"code\":\"R\""));
    check(str_contains(f.reply.body, "v3-ActCode\",\"code\":\"HIV\""));
    CASE("and found");
    check_int(fixture_search(&f, STR("Condition"), STR("_security=HIV&_summary=count")), STATUS_OK);
    check(str_contains(f.reply.body, "\"total\":1"));
    CASE("what was read is written back: they are not said twice");
    check_int(fixture_read(&f, STR("Condition"), STR("c"), STR_EMPTY), STATUS_OK);
    Str body = f.reply.body;
    check_int(fixture_put(&f, STR("Condition"), STR("c"), body, STR_EMPTY), STATUS_OK);
    check_int(fixture_read(&f, STR("Condition"), STR("c"), STR_EMPTY), STATUS_OK);
    JsonValue *meta = json_get(fixture_json(&f), STR("meta"));
    check_int(json_count(json_get(meta, STR("security"))), 2);
    CASE("the code was wrong: they go with it");
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "I10"), STR_EMPTY),
              STATUS_OK);
    check_int(fixture_read(&f, STR("Condition"), STR("c"), STR_EMPTY), STATUS_OK);
    check(!str_contains(f.reply.body, "security"));
    check_int(fixture_search(&f, STR("Condition"), STR("_security=HIV&_summary=count")), STATUS_OK);
    check(str_contains(f.reply.body, "\"total\":0"));
    check_int(facts_of(&f, "Condition", "c").confidentiality, CONF_N);
    fixture_close(&f);
}

/* SPEC R4 http.html#transaction: what belongs to another entry is labelled like it. */
static void entries_of_a_transaction_belong_to_each_other(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    Str bundle = STR(
        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"fullUrl\":"
        "\"urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a\",\"resource\":{\"resourceType\":"
        "\"Provenance\",\"id\":\"p\",\"target\":[{\"reference\":"
        "\"urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0b\"}],\"recorded\":"
        "\"2026-01-01T00:00:00Z\",\"agent\":[{\"who\":{\"display\":\"x\"}}]},\"request\":"
        "{\"method\":\"PUT\",\"url\":\"Provenance/p\"}},{\"fullUrl\":"
        "\"urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0b\",\"resource\":{\"resourceType\":"
        "\"Condition\",\"id\":\"c\",\"subject\":{\"reference\":\"Patient/1\"},\"code\":{\"coding\":"
        "[{\"system\":\"http://hl7.org/fhir/sid/icd-10\",\"code\":\"B24\"}]}},\"request\":"
        "{\"method\":\"PUT\",\"url\":\"Condition/c\"}},{\"resource\":{\"resourceType\":\"Binary\","
        "\"id\":\"b\",\"contentType\":\"text/plain\",\"securityContext\":{\"reference\":"
        "\"Condition/c\"}},\"request\":{\"method\":\"PUT\",\"url\":\"Binary/b\"}}]}");
    Call call = fixture_call(&f);
    (void)record_bundle(f.record, &f.cx, &call, fixture_body(&f, bundle), &f.reply);
    Status status = fixture_finish(&f, &call);
    check_int(status, STATUS_OK);
    static const char *const names[][2] = {
        {"Provenance", "p"}, {"Condition", "c"}, {"Binary", "b"}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CASE(names[i][0]);
        Facts facts = facts_of(&f, names[i][0], names[i][1]);
        check_int(facts.class, D15_SENSITIVE);
        check_int(facts.sensitivity, SENSITIVE_HIV);
        check_int(facts.subject_count, 1);
        check(facts.subjects[0] == hash(&f, "Patient/1"));
    }
    fixture_close(&f);
}

#define BINARY(id, owner)                                                                          \
    STR("{\"resourceType\":\"Binary\",\"id\":\"" id "\",\"contentType\":\"text/plain\","           \
        "\"securityContext\":{\"reference\":\"" owner "\"},\"data\":\"aGVsbG8=\"}")

static void follow(Fixture *f, const Reply *behind)
{
    Call call = fixture_call(f);
    OperationAsked asked = {.kind = &record_follow};
    check_int(behind->commit.job_count, 1);
    if (!behind->commit.job_count)
        return;
    check_str(behind->commit.jobs[0].kind, STR(RECORD_FOLLOW_JOB));
    call.query =
        arena_format(f->cx.arena, "owner=" STR_FMT, STR_ARG(behind->commit.jobs[0].payload));
    (void)record_operation(f->record, &f->cx, &call, &asked, &f->reply);
    check_int(fixture_finish(f, &call), STATUS_OK);
}

/* A document that is written while its owner changes: neither of them has seen the other. */
static void a_binary_that_was_on_its_way_follows_too(void **state)
{
    static const struct {
        const char *why;
        bool owner_first; /* is committed first */
    } cases[] = {{"the owner is there first", true}, {"the document is there first", false}};
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        Fixture f;
        CASE(c->why);
        fixture_open(&f, true);
        check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "I10"), STR_EMPTY),
                  STATUS_OK);
        Call call = fixture_call(&f);
        Reply owner, binary;
        (void)record_update(f.record, &f.cx, &call, STR("Condition"), STR("c"),
                            fixture_body(&f, PROBLEM("c", "B24")), &owner);
        (void)record_update(f.record, &f.cx, &call, STR("Binary"), STR("b"),
                            fixture_body(&f, BINARY("b", "Condition/c")), &binary);
        check_int(owner.status, STATUS_OK);
        check_int(binary.status, STATUS_OK);
        Reply *first = c->owner_first ? &owner : &binary, *last = c->owner_first ? &binary : &owner;
        check_int(record_finish(f.record, &f.cx, &call, first), STATUS_OK);
        check_int(record_finish(f.record, &f.cx, &call, last), STATUS_OK);
        check_int(facts_of(&f, "Binary", "b").class, D7_PROBLEMS);
        follow(&f, last);
        Facts facts = facts_of(&f, "Binary", "b");
        check_int(facts.class, D15_SENSITIVE);
        check_int(facts.sensitivity, SENSITIVE_HIV);
        check_int(row_of(&f, "Binary", "b").version, 1);
        CASE("once more changes nothing");
        follow(&f, last);
        check_int(f.reply.commit.rekey_count, 0);
        fixture_close(&f);
    }
}

/* security-model.md 3: attachments have the facts of the resource that owns them, today's. */
static void a_binary_follows_its_owner(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "I10"), STR_EMPTY),
              STATUS_OK);
    check_int(fixture_put(&f, STR("Condition"), STR("d"), PROBLEM("d", "I10"), STR_EMPTY),
              STATUS_OK);
    check_int(fixture_put(&f, STR("Binary"), STR("b"), BINARY("b", "Condition/c"), STR_EMPTY),
              STATUS_OK);
    check_int(fixture_put(&f, STR("Binary"), STR("e"), BINARY("e", "http://test/fhir/Condition/c"),
                          STR_EMPTY),
              STATUS_OK);
    check_int(fixture_put(&f, STR("Binary"), STR("o"), BINARY("o", "Condition/d"), STR_EMPTY),
              STATUS_OK);
    check_int(facts_of(&f, "Binary", "b").class, D7_PROBLEMS);
    CASE("its owner becomes sensitive");
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "B24"), STR_EMPTY),
              STATUS_OK);
    static const char *const his[] = {"b", "e"};
    for (size_t i = 0; i < COUNT_OF(his); i++) {
        CASE(his[i]);
        Facts facts = facts_of(&f, "Binary", his[i]);
        check_int(facts.class, D15_SENSITIVE);
        check_int(facts.sensitivity, SENSITIVE_HIV);
        check_int(facts.confidentiality, CONF_R);
        check(facts.subjects[0] == hash(&f, "Patient/1"));
        check_int(row_of(&f, "Binary", his[i]).version, 1);
    }
    CASE("that of another stays");
    check_int(facts_of(&f, "Binary", "o").class, D7_PROBLEMS);
    CASE("and becomes harmless again, in a transaction");
    Str bundle = STR("{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{"
                     "\"resource\":{\"resourceType\":\"Condition\",\"id\":\"c\",\"subject\":{"
                     "\"reference\":\"Patient/1\"}},\"request\":{\"method\":\"PUT\",\"url\":"
                     "\"Condition/c\"}}]}");
    check_int(fixture_bundle(&f, bundle), STATUS_OK);
    check_int(facts_of(&f, "Binary", "b").class, D7_PROBLEMS);
    check_int(facts_of(&f, "Binary", "b").sensitivity, 0);
    CASE("one that has moved to another owner does not follow the first");
    check_int(fixture_put(&f, STR("Binary"), STR("e"), BINARY("e", "Condition/d"), STR_EMPTY),
              STATUS_OK);
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "B24"), STR_EMPTY),
              STATUS_OK);
    check_int(facts_of(&f, "Binary", "e").class, D7_PROBLEMS);
    check_int(facts_of(&f, "Binary", "b").class, D15_SENSITIVE);
    fixture_close(&f);
}

/* ---- other rules -------------------------------------------------------------------------- */

enum { PROBLEMS = 700, WAIT_S = 60 };

#define REQUEST(patient)                                                                           \
    STR("{\"resourceType\":\"EnrollmentRequest\",\"id\":\"q\",\"candidate\":{\"reference\":"       \
        "\"Patient/" patient "\"}}")

/* Neither has a person of its own: a response is about whom its request is about, a notice about
 * whom the response is about. security-model.md 1: facts are computed when a resource is written.
 */
static void what_leads_through_a_resource_follows_it(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    CASE("before its request is there nobody knows");
    check_int(fixture_put(&f, STR("EnrollmentResponse"), STR("r"),
                          STR("{\"resourceType\":\"EnrollmentResponse\",\"id\":\"r\",\"request\":{"
                              "\"reference\":\"EnrollmentRequest/q\"}}"),
                          STR_EMPTY),
              STATUS_OK);
    check_int(fixture_put(&f, STR("Provenance"), STR("p"),
                          STR("{\"resourceType\":\"Provenance\",\"id\":\"p\",\"target\":[{"
                              "\"reference\":\"EnrollmentResponse/r\"}],\"recorded\":"
                              "\"2026-01-01T00:00:00Z\",\"agent\":[{\"who\":{\"reference\":"
                              "\"Practitioner/n\"}}]}"),
                          STR_EMPTY),
              STATUS_OK);
    check(facts_of(&f, "EnrollmentResponse", "r").subjects[0] != hash(&f, "Patient/1"));
    CASE("and then it is known, of what follows that again too");
    check_int(fixture_put(&f, STR("EnrollmentRequest"), STR("q"), REQUEST("1"), STR_EMPTY),
              STATUS_OK);
    Facts facts = facts_of(&f, "EnrollmentResponse", "r");
    check_int(facts.subject_count, 1);
    check(facts.subjects[0] == hash(&f, "Patient/1"));
    facts = facts_of(&f, "Provenance", "p");
    check_int(facts.subject_count, 1);
    check(facts.subjects[0] == hash(&f, "Patient/1"));
    CASE("about somebody else: without a new version of it");
    check_int(fixture_put(&f, STR("EnrollmentRequest"), STR("q"), REQUEST("2"), STR_EMPTY),
              STATUS_OK);
    check(facts_of(&f, "EnrollmentResponse", "r").subjects[0] == hash(&f, "Patient/2"));
    check(facts_of(&f, "Provenance", "p").subjects[0] == hash(&f, "Patient/2"));
    check_int(row_of(&f, "EnrollmentResponse", "r").version, 1);
    fixture_close(&f);
}

static void a_prescription_follows_its_drug(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Medication"), STR("m"),
                          STR("{\"resourceType\":\"Medication\",\"id\":\"m\"}"), STR_EMPTY),
              STATUS_OK);
    check_int(fixture_put(&f, STR("MedicationRequest"), STR("q"),
                          STR("{\"resourceType\":\"MedicationRequest\",\"id\":\"q\",\"status\":"
                              "\"active\",\"intent\":\"order\",\"subject\":{\"reference\":"
                              "\"Patient/1\"},\"medicationReference\":{\"reference\":"
                              "\"Medication/m\"}}"),
                          STR_EMPTY),
              STATUS_OK);
    check_int(facts_of(&f, "MedicationRequest", "q").confidentiality, CONF_N);
    check_int(fixture_put(&f, STR("Medication"), STR("m"),
                          STR("{\"resourceType\":\"Medication\",\"id\":\"m\",\"code\":{\"coding\":["
                              "{\"system\":\"http://www.whocc.no/atc\",\"code\":\"J05AR10\"}]}}"),
                          STR_EMPTY),
              STATUS_OK);
    check_int(facts_of(&f, "MedicationRequest", "q").confidentiality, CONF_R);
    fixture_close(&f);
}

static void wait_until_done(Fixture *f)
{
    SearchProgress progress;
    struct timespec pause = {0, 2000000};
    Time end = time_monotonic() + WAIT_S * TIME_SECOND;
    do {
        nanosleep(&pause, NULL);
        search_progress(record_index(f->record), &progress);
        check(!progress.stuck && time_monotonic() < end);
    } while (progress.busy);
    check_int(progress.failed, 0);
}

static void open_with(Fixture *f, const char *rules, Str base)
{
    record_free(f->record);
    store_close(f->store);
    StoreOptions options = store_place(f->forever, f->folder);
    RecordOptions how = {
        .client_ids = true, .words = true, .base = base, .label_rules = str_of(rules)};
    fixture_clear(f);
    check_int(store_open(&f->cx, &options, &f->store), STATUS_OK);
    check_int(record_new(&f->cx, f->store, f->access, &how, &f->record), STATUS_OK);
}

static bool is_busy(Fixture *f)
{
    SearchProgress progress;
    search_progress(record_index(f->record), &progress);
    return progress.busy;
}

static void start(Fixture *f)
{
    check_int(search_indexer_start(record_index(f->record), &f->cx, NULL, NULL), STATUS_OK);
}

static void fill(Fixture *f)
{
    for (int i = 0; i < PROBLEMS; i++) {
        Str id = arena_format(f->cx.arena, "c%d", i);
        Str text = arena_format(
            f->cx.arena,
            "{\"resourceType\":\"Condition\",\"id\":\"c%d\",\"subject\":{\"reference\":"
            "\"https://new/fhir/Patient/%d\"},\"code\":{\"coding\":[{\"system\":\"http://own\","
            "\"code\":\"%d\"}]}}",
            i, i % 7, i % 3);
        check_int(fixture_put(f, STR("Condition"), id, text, STR_EMPTY), STATUS_OK);
        fixture_clear(f);
    }
}

static const char own[] =
    "{\"format\":1,\"version\":\"1\",\"systems\":{\"own\":[\"http://own\"]},\"rules\":[{\"why\":"
    "\"x\",\"where\":\"anywhere\",\"system\":\"own\",\"codes\":[\"1\"],\"class\":\"D13\","
    "\"confidentiality\":\"R\",\"sensitivity\":[\"MH\"]}]}";

static void check_classes(Fixture *f, AccessClass of_one)
{
    for (int i = 0; i < PROBLEMS; i++) {
        char id[16];
        snprintf(id, sizeof(id), "c%d", i);
        StoreRow row = row_of(f, "Condition", id);
        Facts facts;
        check(facts_unpack(row.facts, &facts));
        check_int(facts.class, i % 3 == 1 ? of_one : D7_PROBLEMS);
        check_int(row.version, 1);
        check(facts.author == hash(f, "Practitioner/n"));
        check_int(facts.profession, ROLE_NURSE);
        fixture_clear(f);
    }
}

/* Facts are made anew without a new version; who made it stays. */
static void other_rules_label_what_is_there(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    sign_in(&f, "Practitioner/n", "nurse");
    fill(&f);
    CASE("the usual rules");
    check(!is_busy(&f));
    check_classes(&f, D7_PROBLEMS);
    CASE("those of the site");
    open_with(&f, own, STR("http://test/fhir"));
    check(is_busy(&f));
    check_int(fixture_search(&f, STR("Condition"), STR("_summary=count")), STATUS_OK);
    start(&f);
    wait_until_done(&f);
    check_classes(&f, D13_MENTAL_HEALTH);
    CASE("the same ones again: nothing to do");
    open_with(&f, own, STR("http://test/fhir"));
    check(!is_busy(&f));
    CASE("the usual ones again");
    open_with(&f, "", STR("http://test/fhir"));
    start(&f);
    wait_until_done(&f);
    check_classes(&f, D7_PROBLEMS);
    CASE("an address by which references are ours");
    check(facts_of(&f, "Condition", "c1").subjects[0] != hash(&f, "Patient/1"));
    open_with(&f, "", STR("https://new/fhir"));
    start(&f);
    wait_until_done(&f);
    check(facts_of(&f, "Condition", "c1").subjects[0] == hash(&f, "Patient/1"));
    fixture_close(&f);
}

static void commit_rekey(Fixture *f, const StoreRow *row, Str facts)
{
    StoreRekey rekey = {.rid = row->rid, .version = row->version, .facts = facts};
    StoreCommit commit = {.rekeys = &rekey, .rekey_count = 1};
    check_int(store_commit(f->store, &f->cx, f->access, &commit), STATUS_OK);
}

static void reindex_labels_too(void **state)
{
    UNUSED(state);
    Fixture f;
    unsigned char packed[FACTS_BYTES_MAX];
    Facts wrong = {.class = D0_DIRECTORY, .confidentiality = CONF_U};
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Condition"), STR("c"), PROBLEM("c", "I10"), STR_EMPTY),
              STATUS_OK);
    StoreRow row = row_of(&f, "Condition", "c");
    commit_rekey(&f, &row, str_n((const char *)packed, facts_pack(&wrong, packed)));
    check_int(facts_of(&f, "Condition", "c").class, D0_DIRECTORY);
    start(&f);
    check_int(search_remake(record_index(f.record), &f.cx, 0), STATUS_OK);
    wait_until_done(&f);
    Facts facts = facts_of(&f, "Condition", "c");
    check_int(facts.class, D7_PROBLEMS);
    check(facts.subjects[0] == hash(&f, "Patient/1"));
    fixture_close(&f);
}

/* A store of before there were facts: what is in it is hidden until it is labelled. */
static void a_store_without_facts_gets_them(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    Str bodies[] = {STR("{\"resourceType\":\"Binary\",\"id\":\"x\",\"contentType\":\"text/plain\","
                        "\"securityContext\":{\"reference\":\"Condition/x\"}}"),
                    STR("{\"resourceType\":\"Condition\",\"id\":\"x\",\"subject\":{\"reference\":"
                        "\"Patient/1\"},\"recorder\":{\"reference\":\"Practitioner/r\"}}")};
    const char *const types[] = {"Binary", "Condition"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        StoreWrite write = {.method = STORE_UPDATE,
                            .type = fhir_type_find(str_of(types[i])),
                            .version = 1,
                            .rid = store_new_rid(f.store),
                            .id = STR("x"),
                            .updated = TIME_SECOND,
                            .body = bodies[i]};
        StoreCommit commit = {.writes = &write, .write_count = 1};
        check_int(store_commit(f.store, &f.cx, f.access, &commit), STATUS_OK);
        check_int(row_of(&f, types[i], "x").facts.len, 0);
    }
    StoreItem item = {STR("index"), STR("state"), STR("")};
    StoreCommit commit = {.items = &item, .item_count = 1};
    check_int(store_commit(f.store, &f.cx, f.access, &commit), STATUS_OK);
    open_with(&f, "", STR("http://test/fhir"));
    start(&f);
    wait_until_done(&f);
    Facts facts = facts_of(&f, "Condition", "x");
    check_int(facts.class, D7_PROBLEMS);
    check(facts.subjects[0] == hash(&f, "Patient/1"));
    check(facts.author == hash(&f, "Practitioner/r"));
    CASE("what belongs to something that comes later in the store");
    facts = facts_of(&f, "Binary", "x");
    check_int(facts.class, D7_PROBLEMS);
    check(facts.subjects[0] == hash(&f, "Patient/1"));
    fixture_close(&f);
}

static void broken_rules_open_nothing(void **state)
{
    UNUSED(state);
    Fixture f;
    Record *record;
    fixture_open(&f, true);
    RecordOptions how = {.label_rules = STR("{\"format\":1}")};
    check_int(record_new(&f.cx, f.store, f.access, &how, &record), STATUS_INVALID);
    check(f.cx.issue_count > 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_has_its_facts),
        cmocka_unit_test(a_prescription_is_as_sensitive_as_its_drug),
        cmocka_unit_test(computed_labels_can_be_read_and_searched),
        cmocka_unit_test(entries_of_a_transaction_belong_to_each_other),
        cmocka_unit_test(a_binary_follows_its_owner),
        cmocka_unit_test(a_binary_that_was_on_its_way_follows_too),
        cmocka_unit_test(what_leads_through_a_resource_follows_it),
        cmocka_unit_test(a_prescription_follows_its_drug),
        cmocka_unit_test(other_rules_label_what_is_there),
        cmocka_unit_test(reindex_labels_too),
        cmocka_unit_test(a_store_without_facts_gets_them),
        cmocka_unit_test(broken_rules_open_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
