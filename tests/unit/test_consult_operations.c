/* Drafts, notes, texts, forms and prescriptions as operations: who may, what is locked, what is
 * lost (nothing). docs/guide/consultation.md */
#include "consult/consult.h"
#include "fonts.h"
#include "people/people.h"
#include "rights_scene.h"

static Scene s;

static int begin(void **state)
{
    static const RecordGuard guards[] = {
        {STR_INIT("Composition"), consult_guard_note},
        {STR_INIT("QuestionnaireResponse"), consult_guard_response},
        {STR_INIT("Task"), people_guard_task},
        {STR_INIT("Binary"), consult_guard_binary}};
    static const OperationSet offered[] = {{consult_kinds, CONSULT_KINDS},
                                           {people_operations, PEOPLE_OPERATIONS}};
    UNUSED(state);
    scene_open(&s);
    record_free(s.f.record);
    RecordOptions how = {.client_ids = true,
                         .base = STR("http://test/fhir"),
                         .guards = guards,
                         .guard_count = COUNT_OF(guards),
                         .operations = offered,
                         .operation_count = COUNT_OF(offered)};
    assert_int_equal(record_new(&s.f.cx, s.f.store, s.f.access, &how, &s.f.record), STATUS_OK);
    scene_put(&s, "Practitioner/gp", "{\"resourceType\":\"Practitioner\",\"id\":\"gp\"}");
    scene_put(&s, "Practitioner/gp2", "{\"resourceType\":\"Practitioner\",\"id\":\"gp2\"}");
    scene_put(&s, "Patient/ann",
              "{\"resourceType\":\"Patient\",\"id\":\"ann\",\"birthDate\":\"1980-01-02\"}");
    static const char *const doctors[] = {"gp", "gp2", "physio", "nurse", "psy", "pharm", "desk"};
    for (size_t i = 0; i < COUNT_OF(doctors); i++) {
        char path[64], team[600];
        snprintf(path, sizeof(path), "CareTeam/%s", doctors[i]);
        snprintf(
            team, sizeof(team),
            "{\"resourceType\":\"CareTeam\",\"id\":\"%s\",\"status\":\"active\",\"category\":[{"
            "\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"contact\"}]}],\"subject\":{"
            "\"reference\":\"Patient/ann\"},\"period\":{\"start\":\"2026-06-01\",\"end\":"
            "\"2099-01-01\"},\"participant\":[{\"member\":{\"reference\":\"Practitioner/%s\"}}]}",
            doctors[i], doctors[i]);
        scene_put(&s, path, team);
    }
    scene_put(&s, "Consent/yes",
              "{\"resourceType\":\"Consent\",\"id\":\"yes\",\"status\":\"active\",\"scope\":{"
              "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\","
              "\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
              "\"urn:aceso:consent\",\"code\":\"network\"}]}],\"patient\":{\"reference\":"
              "\"Patient/ann\"},\"policyRule\":{\"text\":\"x\"},\"provision\":{\"type\":"
              "\"permit\"}}");
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    scene_close(&s);
    return 0;
}

static const OperationKind *kind_of(const char *type, const char *name)
{
    for (size_t i = 0; i < CONSULT_KINDS; i++)
        if (str_eq(consult_kinds[i].type, str_of(type)) &&
            str_eq(consult_kinds[i].name, str_of(name)))
            return &consult_kinds[i];
    for (size_t i = 0; i < PEOPLE_OPERATIONS; i++)
        if (str_eq(people_operations[i].type, str_of(type)) &&
            str_eq(people_operations[i].name, str_of(name)))
            return &people_operations[i];
    fail_msg("no operation %s/%s", type, name);
    return NULL;
}

/* The HTTP status. id: of the instance; parameters: items of Parameters.parameter, or NULL. */
static unsigned ask(const char *role, const char *who, const char *type, const char *name,
                    const char *id, const char *parameters)
{
    Fixture *f = &s.f;
    Status status;
    char kept_id[80];
    snprintf(kept_id, sizeof(kept_id), "%s", id);
    char *kept = parameters ? strdup(parameters) : NULL;
    do {
        fixture_clear(f);
        Call call = fixture_call(f);
        OperationAsked asked = {.kind = kind_of(type, name),
                                .id = arena_str(f->cx.arena, str_of(kept_id))};
        call.access = scene_person(&s, role, who);
        if (kept)
            asked.body = fixture_body(
                f, arena_format(f->cx.arena, "{\"resourceType\":\"Parameters\",\"parameter\":[%s]}",
                                kept));
        (void)record_operation(f->record, &f->cx, &call, &asked, &f->reply);
        status = fixture_finish(f, &call);
    } while (status == STATUS_CONFLICT && f->reply.retry);
    free(kept);
    return status == STATUS_OK ? f->reply.http : status_http(status);
}

#define GP             "gp", "Practitioner/gp"
#define GP2            "gp", "Practitioner/gp2"
#define P(name, value) "{\"name\":\"" name "\",\"valueString\":\"" value "\"}"

static bool answers(const char *part)
{
    return str_contains(s.f.reply.body, part);
}

/* ---- drafts ------------------------------------------------------------------------------------
 */

static void a_draft_is_never_lost(void **state)
{
    UNUSED(state);
    CASE("two windows begin the same");
    assert_int_equal(ask(GP, "", "$save-draft", "", P("key", "n") "," P("text", "one")), 200);
    assert_int_equal(ask(GP, "", "$save-draft", "", P("key", "n") "," P("text", "two")), 409);
    check(answers("\"one\"") && answers("\"two\""));
    CASE("the one that knows goes on");
    assert_int_equal(ask(GP, "", "$save-draft", "",
                         P("key", "n") "," P("text", "one more") "," P("version", "1")),
                     200);
    CASE("the other one has an old version");
    assert_int_equal(ask(GP, "", "$save-draft", "",
                         P("key", "n") "," P("text", "two more") "," P("version", "1")),
                     409);
    check(answers("one more") && answers("two more"));
    CASE("what is dropped by an old version stays");
    assert_int_equal(ask(GP, "", "$drop-draft", "", P("key", "n") "," P("version", "1")), 409);
    assert_int_equal(ask(GP, "", "$draft", "", P("key", "n")), 200);
    check(answers("one more"));
    CASE("nobody else has it");
    assert_int_equal(ask(GP2, "", "$draft", "", P("key", "n")), 404);
    assert_int_equal(ask(GP2, "", "$drafts", "", NULL), 200);
    check(!answers("\"n\""));
    assert_int_equal(ask(GP, "", "$drafts", "", NULL), 200);
    check(answers("\"n\"") && !answers("one more"));
    assert_int_equal(ask(GP, "", "$drop-draft", "", P("key", "n")), 204);
    assert_int_equal(ask(GP, "", "$draft", "", P("key", "n")), 404);
}

static void drafts_have_limits(void **state)
{
    UNUSED(state);
    char *large = malloc(700000);
    size_t at =
        (size_t)snprintf(large, 200, P("key", "big") ",{\"name\":\"text\",\"valueString\":\"");
    memset(large + at, 'x', 600000);
    memcpy(large + at + 600000, "\"}", 3);
    assert_int_equal(ask(GP, "", "$save-draft", "", large), 413);
    free(large);
    assert_int_equal(ask(GP, "", "$save-draft", "", P("text", "no key")), 400);
    for (int i = 0; i < 200; i++) {
        char text[120];
        snprintf(text, sizeof(text), P("key", "k%d") "," P("text", "x"), i);
        assert_int_equal(ask(GP2, "", "$save-draft", "", text), 200);
    }
    assert_int_equal(ask(GP2, "", "$save-draft", "", P("key", "one more") "," P("text", "x")), 413);
}

/* Thirty days after it was saved last it is gone, and only then does it leave the store. */
static void old_drafts_are_swept(void **state)
{
    UNUSED(state);
    fixture_clear(&s.f);
    Time old = time_now() - 40 * TIME_DAY;
    Str value = arena_format(s.f.cx.arena, "{\"version\":1,\"saved\":%lld,\"text\":\"old\"}",
                             (long long)old);
    Str when = arena_format(s.f.cx.arena, "%lld", (long long)old);
    StoreItem items[] = {{STR("draft/Practitioner/x"), STR("o"), value},
                         {STR("draft-owner"), STR("Practitioner/x"), when}};
    StoreCommit commit = {.items = items, .item_count = 2};
    assert_int_equal(store_commit(s.f.store, &s.f.cx, s.f.access, &commit), STATUS_OK);
    assert_int_equal(ask("gp", "Practitioner/x", "", "$draft", "", P("key", "o")), 404);
    assert_int_equal(ask(GP, "", "$save-draft", "", P("key", "kept") "," P("text", "new")), 200);
    JobRun run = {.record = s.f.record, .access = s.f.access};
    assert_int_equal(consult_sweep_drafts(&s.f.cx, &run), STATUS_OK);
    assert_int_equal(run.reply.commit.item_count, 2); /* the draft and its owner */
    assert_int_equal(store_commit(s.f.store, &s.f.cx, s.f.access, &run.reply.commit), STATUS_OK);
    assert_int_equal(ask(GP, "", "$draft", "", P("key", "kept")), 200);
}

/* ---- notes -------------------------------------------------------------------------------------
 */

#define NOTE(id, status, author)                                                                   \
    "{\"resourceType\":\"Composition\",\"id\":\"" id "\",\"status\":\"" status "\",\"type\":{"     \
    "\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"11506-3\"}]},\"subject\":{"           \
    "\"reference\":\"Patient/ann\"},\"date\":\"2026-06-15\",\"author\":[{\"reference\":"           \
    "\"Practitioner/" author "\"}],\"title\":\"x\",\"section\":[{\"title\":\"reason\",\"text\":{"  \
    "\"status\":\"additional\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\">cough"    \
    "</div>\"}}]}"

static const RecordUpload *coming; /* with the next create */

static unsigned writes(const char *role, const char *who, StoreMethod method, const char *type,
                       const char *id, const char *text)
{
    Fixture *f = &s.f;
    Status status;
    do {
        fixture_clear(f);
        Call call = fixture_call(f);
        call.access = scene_person(&s, role, who);
        call.upload = coming;
        if (method == STORE_CREATE)
            (void)record_create(f->record, &f->cx, &call, str_of(type),
                                fixture_body(f, str_of(text)), &f->reply);
        else if (method == STORE_UPDATE)
            (void)record_update(f->record, &f->cx, &call, str_of(type), str_of(id),
                                fixture_body(f, str_of(text)), &f->reply);
        else
            (void)record_delete(f->record, &f->cx, &call, str_of(type), str_of(id), &f->reply);
        status = fixture_finish(f, &call);
    } while (fixture_again(f, status));
    return status == STATUS_OK ? f->reply.http : status_http(status);
}

static void a_signed_note_stays_as_it_was_signed(void **state)
{
    UNUSED(state);
    CASE("nobody writes a signed note, or one of somebody else");
    assert_int_equal(writes(GP, STORE_CREATE, "Composition", "", NOTE("x", "final", "gp")), 422);
    check(writes(GP, STORE_CREATE, "Composition", "", NOTE("x", "preliminary", "gp2")) >= 403);
    scene_put(&s, "Composition/n", NOTE("n", "preliminary", "gp"));
    CASE("an addendum to what is not signed");
    assert_int_equal(ask(GP, "Composition", "$addendum", "n", P("text", "later")), 422);
    CASE("only its author signs, and only what he has read");
    assert_int_equal(ask(GP2, "Composition", "$sign", "n", NULL), 403);
    assert_int_equal(ask("physio", "Practitioner/physio", "Composition", "$sign", "n", NULL), 404);
    assert_int_equal(ask("patient", "Patient/ann", "Composition", "$sign", "n", NULL), 403);
    assert_int_equal(ask(GP, "Composition", "$sign", "n", P("version", "7")), 412);
    assert_int_equal(ask(GP, "Composition", "$sign", "n", P("version", "1")), 200);
    check(answers("\"final\"") && answers("\"legal\"") && answers("Practitioner/gp"));
    CASE("signed twice, changed, deleted");
    assert_int_equal(ask(GP, "Composition", "$sign", "n", NULL), 422);
    assert_int_equal(writes(GP, STORE_UPDATE, "Composition", "n", NOTE("n", "preliminary", "gp")),
                     422);
    assert_int_equal(writes(GP, STORE_DELETE, "Composition", "n", ""), 422);
    CASE("somebody else who reads it adds to it, under his own name");
    assert_int_equal(ask(GP2, "Composition", "$addendum", "n", P("text", "<b> & more")), 200);
    check(answers("\"appends\"") && answers("Practitioner/gp2") && answers("&lt;b&gt; &amp; more"));
    CASE("it is retracted by its author, and stays");
    assert_int_equal(ask(GP2, "Composition", "$retract", "n", P("reason", "wrong")), 403);
    assert_int_equal(ask(GP, "Composition", "$retract", "n", P("reason", "wrong person")), 200);
    check(answers("entered-in-error") && answers("wrong person") && answers("cough"));
}

#define SIGNED_AT_ONCE(uuid, status, author, says)                                                 \
    "{\"name\":\"resource\",\"resource\":{\"resourceType\":\"Composition\",\"status\":\"" status   \
    "\",\"identifier\":{\"system\":\"urn:ietf:rfc:3986\",\"value\":\"urn:uuid:" uuid "\"},"        \
    "\"type\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"11506-3\"}]},\"subject\":{" \
    "\"reference\":\"Patient/ann\"},\"date\":\"2026-11-21\",\"author\":[{\"reference\":"           \
    "\"Practitioner/" author "\"}],\"title\":\"Consultation\"" says "}}"
#define SAYS(words)                                                                                \
    ",\"section\":[{\"title\":\"S\",\"text\":{\"status\":\"generated\",\"div\":\"<div "            \
    "xmlns=\\\"http://www.w3.org/1999/xhtml\\\">" words "</div>\"}}]"

static size_t notes_of(const char *uuid)
{
    Fixture *f = &s.f;
    fixture_clear(f);
    Str query = arena_format(f->cx.arena, "identifier=urn:ietf:rfc:3986|urn:uuid:%s", uuid);
    check_int(fixture_search(f, STR("Composition"), query), STATUS_OK);
    return json_count(json_get(fixture_json(f), STR("entry")));
}

static void a_note_is_written_and_signed_at_once(void **state)
{
#define ONE   "01234567-89ab-cdef-0123-456789abcdef"
#define OTHER "11234567-89ab-cdef-0123-456789abcdef"
    static const struct {
        const char *why, *role, *who, *note;
        unsigned http;
    } refused[] = {
        {"of somebody else", GP, SIGNED_AT_ONCE(OTHER, "preliminary", "gp2", SAYS("cough")), 422},
        {"that says it is signed", GP, SIGNED_AT_ONCE(OTHER, "final", "gp", SAYS("cough")), 422},
        {"that says nothing", GP, SIGNED_AT_ONCE(OTHER, "preliminary", "gp", ""), 422},
        {"by who has no link with the patient", "gp", "Practitioner/away",
         SIGNED_AT_ONCE(OTHER, "preliminary", "away", SAYS("cough")), 403},
        {"by a patient", "patient", "Patient/ann",
         SIGNED_AT_ONCE(OTHER, "preliminary", "gp", SAYS("cough")), 403},
        {"that is none", GP, P("resource", "text"), 400},
    };
    UNUSED(state);
    FOR_CASES(refused, c)
    {
        CASE(c->why);
        check_int(ask(c->role, c->who, "Composition", "$sign", "", c->note), c->http);
        check_int(notes_of(OTHER), 0);
    }
    CASE("final, attested by its author");
    check_int(ask(GP, "Composition", "$sign", "",
                  SIGNED_AT_ONCE(ONE, "preliminary", "gp", SAYS("cough"))),
              200);
    check(answers("\"final\"") && answers("\"legal\"") && answers("cough"));
    char id[80];
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(json_get_str(fixture_json(&s.f), STR("id"))));
    CASE("the answer was lost: the second attempt finds it");
    check_int(ask(GP, "Composition", "$sign", "",
                  SIGNED_AT_ONCE(ONE, "preliminary", "gp", SAYS("cough"))),
              200);
    check(answers("\"final\"") && answers(id));
    check_int(notes_of(ONE), 1);
    CASE("nobody else's note is found by it");
    check_int(ask(GP2, "Composition", "$sign", "",
                  SIGNED_AT_ONCE(ONE, "preliminary", "gp2", SAYS("cough"))),
              422);
    check_int(notes_of(ONE), 1);
    CASE("it is locked as any other");
    check_int(ask(GP, "Composition", "$sign", id, NULL), 422);
}

/* ---- prescriptions ------------------------------------------------------------------------------
 */

static void a_prescription_is_renewed_once(void **state)
{
    UNUSED(state);
    scene_put(
        &s, "MedicationRequest/m",
        "{\"resourceType\":\"MedicationRequest\",\"id\":\"m\",\"status\":\"active\",\"intent\":"
        "\"order\",\"subject\":{\"reference\":\"Patient/ann\"},\"medicationCodeableConcept\":{"
        "\"text\":\"ramipril 5 mg\"},\"dosageInstruction\":[{\"text\":\"1 in the morning\","
        "\"timing\":{\"repeat\":{\"frequency\":1,\"period\":1,\"periodUnit\":\"d\",\"when\":["
        "\"MORN\"]}},\"doseAndRate\":[{\"doseQuantity\":{\"value\":1}}]}]}");
    assert_int_equal(ask("patient", "Patient/ann", "MedicationRequest", "$renew", "m", NULL), 403);
    assert_int_equal(ask(GP, "MedicationRequest", "$renew", "m", NULL), 200);
    check(answers("MedicationRequest/m") && answers("Practitioner/gp") && answers("ramipril"));
    assert_int_equal(ask(GP, "MedicationRequest", "$renew", "m", NULL), 422);
    CASE("the old one is over: it cannot be stopped");
    assert_int_equal(ask(GP, "MedicationRequest", "$stop", "m", P("reason", "x")), 422);
    CASE("once on the list, in the morning");
    assert_int_equal(ask(GP, "Patient", "$medicines", "ann", NULL), 200);
    check(answers("\"daily\"") && answers("{\"name\":\"morning\",\"valueString\":\"1\"}"));
    check(!answers("MedicationRequest/m\""));
    CASE("who is not linked has no list");
    assert_int_equal(ask("gp", "Practitioner/other", "Patient", "$medicines", "ann", NULL), 404);
}

#define TAKEN(id, status, intent, more)                                                            \
    "{\"resourceType\":\"MedicationRequest\",\"id\":\"" id "\",\"status\":\"" status               \
    "\",\"intent\":\"" intent "\",\"subject\":{\"reference\":\"Patient/ann\"},"                    \
    "\"medicationCodeableConcept\":{\"text\":\"digoxine\"}" more "}"

/* How many are on the list. */
static size_t taken(const char *word)
{
    size_t count = 0;
    check_int(ask(GP, "Patient", "$medicines", "ann", NULL), 200);
    Str rest = s.f.reply.body, name = str_of(word);
    for (const char *at; (at = memmem(rest.at, rest.len, name.at, name.len)); count++)
        rest = str_from(rest, (size_t)(at - rest.at) + name.len);
    return count;
}

/* Whoever takes it twice because it was written twice is poisoned. */
static void a_medicine_is_on_the_list_once(void **state)
{
    UNUSED(state);
    char next[80];
    size_t once;
    scene_put(&s, "MedicationRequest/chain", TAKEN("chain", "active", "order", ""));
    once = taken("digoxine");
    check_int(ask(GP, "MedicationRequest", "$renew", "chain", NULL), 200);
    snprintf(next, sizeof(next), "%.*s", (int)json_get_str(fixture_json(&s.f), STR("id")).len,
             json_get_str(fixture_json(&s.f), STR("id")).at);
    check_int(ask(GP, "MedicationRequest", "$renew", next, NULL), 200);
    CASE("the first of three");
    check_int(ask(GP, "MedicationRequest", "$renew", "chain", NULL), 422);
    check_int(taken("digoxine"), once);
    CASE("what was never meant");
    scene_put(&s, "MedicationRequest/error", TAKEN("error", "entered-in-error", "order", ""));
    check_int(ask(GP, "MedicationRequest", "$renew", "error", NULL), 422);
    scene_put(&s, "MedicationRequest/never", TAKEN("never", "cancelled", "order", ""));
    check_int(ask(GP, "MedicationRequest", "$renew", "never", NULL), 422);
    CASE("another system asks: an order in place of what is taken");
    scene_put(&s, "MedicationRequest/old", TAKEN("old", "active", "order", ""));
    scene_put(&s, "MedicationRequest/wish",
              TAKEN("wish", "active", "proposal",
                    ",\"priorPrescription\":{\"reference\":\"MedicationRequest/old\"}"));
    check_int(ask(GP, "MedicationRequest", "$renew", "wish", NULL), 200);
    check(answers("\"intent\":\"order\"") && answers("MedicationRequest/old"));
    check_int(ask(GP, "MedicationRequest", "$renew", "wish", NULL), 422);
    check_int(ask(GP, "MedicationRequest", "$renew", "old", NULL), 422);
    check_int(ask(GP, "MedicationRequest", "$stop", "old", P("reason", "x")), 422);
    check_int(ask(GP, "MedicationRequest", "$stop", "wish", P("reason", "x")), 422);
}

/* ---- asked for again ----------------------------------------------------------------------------
 */

#define REQUEST(id, status, by)                                                                    \
    "{\"resourceType\":\"MedicationRequest\",\"id\":\"" id "\",\"status\":\"" status               \
    "\",\"intent\":\"order\",\"subject\":{\"reference\":\"Patient/ann\"},\"requester\":{"          \
    "\"reference\":\"" by "\"},\"medicationCodeableConcept\":{\"text\":\"xarelto\"}}"
#define ANN   "patient", "Patient/ann"
#define PROXY "proxy", "RelatedPerson/son"

/* The id of the last answer, or of the Task that an answer in the inbox shows. */
static const char *id_of(const char *type)
{
    static char id[80];
    Str body = s.f.reply.body, name = arena_format(s.f.cx.arena, "\"resourceType\":\"%s\"", type);
    const char *at = memmem(body.at, body.len, name.at, name.len);
    at = at ? strstr(at, "\"id\":\"") : NULL;
    check(at != NULL);
    snprintf(id, sizeof(id), "%.*s", (int)strcspn(at ? at + 6 : "", "\""), at ? at + 6 : "");
    return id;
}

static void a_patient_asks_for_a_renewal_once(void **state)
{
    UNUSED(state);
    char task[80], again[80];
    scene_put(&s, "MedicationRequest/w", REQUEST("w", "active", "Practitioner/gp"));
    scene_put(&s, "MedicationRequest/v", REQUEST("v", "stopped", "Practitioner/gp"));
    CASE("a doctor renews and does not ask; nobody else's");
    check_int(ask(GP, "MedicationRequest", "$ask-renewal", "w", NULL), 403);
    check_int(ask("patient", "Patient/bob", "MedicationRequest", "$ask-renewal", "w", NULL), 404);
    CASE("what was stopped is not asked for");
    check_int(ask(ANN, "MedicationRequest", "$ask-renewal", "v", NULL), 422);
    CASE("asked once");
    check_int(ask(ANN, "MedicationRequest", "$ask-renewal", "w", P("note", "none left")), 201);
    check(answers("\"owner\":{\"reference\":\"Practitioner/gp\"}") && answers("none left"));
    snprintf(task, sizeof(task), "%s", id_of("Task"));
    check_int(ask(ANN, "MedicationRequest", "$ask-renewal", "w", NULL), 422);
    CASE("it waits for the prescriber, and for nobody else");
    check_int(ask(GP, "", "$inbox", "", NULL), 200);
    check(answers("none left") && answers("\"code\":\"renewal\""));
    check(answers("\"renewals\",\"valueInteger\":1") && answers("\"tasks\",\"valueInteger\":0"));
    check_int(ask(GP2, "", "$inbox", "", NULL), 200);
    check(!answers("none left"));
    CASE("it is not done without being renewed, nor refused without a reason");
    check_int(ask(GP, "Task", "$finish", task, NULL), 422);
    check_int(ask(GP, "Task", "$finish", task, P("outcome", "rejected")), 400);
    CASE("renewed: the patient sees what became of it");
    check_int(ask(GP, "MedicationRequest", "$renew", "w", NULL), 200);
    snprintf(again, sizeof(again), "%s", id_of("MedicationRequest"));
    check_int(ask(ANN, "", "$inbox", "", NULL), 200);
    check(answers("\"code\":\"asked\"") && answers("\"completed\"") && answers(again));
    check_int(ask(GP, "", "$inbox", "", NULL), 200);
    check(!answers("none left"));
    CASE("the old one is not asked for again");
    check_int(ask(ANN, "MedicationRequest", "$ask-renewal", "w", NULL), 422);
    CASE("a refusal comes with its reason");
    check_int(ask(ANN, "MedicationRequest", "$ask-renewal", again, NULL), 201);
    snprintf(task, sizeof(task), "%s", id_of("Task"));
    check_int(ask(GP, "Task", "$finish", task,
                  P("outcome", "rejected") "," P("note", "Zyx first a blood test")),
              200);
    check_int(ask(ANN, "", "$inbox", "", NULL), 200);
    check(answers("Zyx first a blood test") && answers("\"unread\",\"valueInteger\":1"));
    check_int(ask(GP2, "", "$inbox", "", NULL), 200);
    check(!answers("Zyx"));
    CASE("and may be asked again");
    check_int(ask(ANN, "MedicationRequest", "$ask-renewal", again, NULL), 201);
}

static void a_renewal_finds_somebody_who_can(void **state)
{
    UNUSED(state);
    scene_put(&s, "Practitioner/gone",
              "{\"resourceType\":\"Practitioner\",\"id\":\"gone\",\"active\":false}");
    scene_put(&s, "Organization/house", "{\"resourceType\":\"Organization\",\"id\":\"house\"}");
    scene_put(&s, "MedicationRequest/g", REQUEST("g", "active", "Practitioner/gone"));
    CASE("nobody");
    check_int(ask(ANN, "MedicationRequest", "$ask-renewal", "g", NULL), 422);
#define ROLE(id, who)                                                                              \
    "{\"resourceType\":\"PractitionerRole\",\"id\":\"" id "\",\"practitioner\":{\"reference\":"    \
    "\"Practitioner/" who "\"},\"organization\":{\"reference\":\"Organization/house\"}}"
    scene_put(&s, "PractitionerRole/gone", ROLE("gone", "gone"));
    CASE("who works there and is no doctor");
    scene_put(&s, "Practitioner/desk", "{\"resourceType\":\"Practitioner\",\"id\":\"desk\"}");
    scene_put(&s, "PractitionerRole/desk",
              "{\"resourceType\":\"PractitionerRole\",\"id\":\"desk\",\"practitioner\":{"
              "\"reference\":\"Practitioner/desk\"},\"organization\":{\"reference\":"
              "\"Organization/house\"},\"code\":[{\"coding\":[{\"system\":"
              "\"http://terminology.hl7.org/CodeSystem/practitioner-role\",\"code\":\"ict\"}]}]}");
    check_int(ask(ANN, "MedicationRequest", "$ask-renewal", "g", NULL), 422);
    scene_put(&s, "PractitionerRole/gp2", ROLE("gp2", "gp2"));
    fixture_put_many(&s.f, "PractitionerRole", 30,
                     "\"practitioner\":{\"reference\":\"Practitioner/gone\"},\"organization\":{"
                     "\"reference\":\"Organization/house\"}");
    CASE("somebody who acts for her, and not somebody who does not");
    scene_put(&s, "RelatedPerson/son",
              "{\"resourceType\":\"RelatedPerson\",\"id\":\"son\",\"patient\":{\"reference\":"
              "\"Patient/ann\"}}");
    check_int(ask(PROXY, "MedicationRequest", "$ask-renewal", "g", NULL), 404);
    scene_put(&s, "Consent/son",
              "{\"resourceType\":\"Consent\",\"id\":\"son\",\"status\":\"active\",\"scope\":{"
              "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\","
              "\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
              "\"urn:aceso:consent\",\"code\":\"mandate\"}]}],\"patient\":{\"reference\":"
              "\"Patient/ann\"},\"policyRule\":{\"text\":\"x\"},\"provision\":{\"type\":\"permit\","
              "\"period\":{\"end\":\"2099-01-01\"},\"actor\":[{\"role\":{\"text\":\"x\"},"
              "\"reference\":{\"reference\":\"RelatedPerson/son\"}}]}}");
    check_int(ask(PROXY, "MedicationRequest", "$ask-renewal", "g", NULL), 201);
    CASE("of a prescriber who has left, the practice");
    check(answers("\"owner\":{\"reference\":\"Organization/house\"}"));
    check(answers("\"requester\":{\"reference\":\"RelatedPerson/son\"}"));
    CASE("the answer goes to who asked");
    char task[80];
    snprintf(task, sizeof(task), "%s", id_of("Task"));
    check_int(ask(GP2, "Task", "$claim", task, NULL), 200);
    check_int(ask(GP2, "Task", "$finish", task, P("outcome", "rejected") "," P("note", "Zyxno")),
              200);
    check_int(ask(PROXY, "", "$inbox", "", NULL), 200);
    check(answers("Zyxno"));
}

/* Half past eleven at night in London is tomorrow in Brussels, and today in New York. */
static void a_day_is_that_of_the_place(void **state)
{
    UNUSED(state);
    static const char since[] = "{\"name\":\"since\",\"valueDate\":\"2026-03-1";
    char text[80];
    scene_put(&s, "MedicationRequest/z",
              "{\"resourceType\":\"MedicationRequest\",\"id\":\"z\",\"status\":\"active\","
              "\"intent\":\"order\",\"authoredOn\":\"2026-03-10T23:30:00Z\",\"subject\":{"
              "\"reference\":\"Patient/ann\"},\"medicationCodeableConcept\":{\"text\":\"zzz\"}}");
    CASE("where no place says a zone, that of Belgium");
    check_int(ask(GP, "Patient", "$medicines", "ann", NULL), 200);
    snprintf(text, sizeof(text), "%s1\"", since);
    check(answers(text));
    CASE("where the organisation is in New York");
    scene_put(&s, "Organization/house",
              "{\"resourceType\":\"Organization\",\"id\":\"house\",\"extension\":[{\"url\":"
              "\"urn:aceso:zone\",\"valueCode\":\"America/New_York\"}]}");
    check_int(ask(GP2, "Patient", "$medicines", "ann", NULL), 200);
    snprintf(text, sizeof(text), "%s0\"", since);
    check(answers(text));
    CASE("the place comes before its organisation");
    scene_put(&s, "Location/here",
              "{\"resourceType\":\"Location\",\"id\":\"here\",\"extension\":[{\"url\":"
              "\"urn:aceso:zone\",\"valueCode\":\"Europe/Paris\"}]}");
    scene_put(&s, "PractitionerRole/gp2",
              "{\"resourceType\":\"PractitionerRole\",\"id\":\"gp2\",\"practitioner\":{"
              "\"reference\":\"Practitioner/gp2\"},\"organization\":{\"reference\":"
              "\"Organization/house\"},\"location\":[{\"reference\":\"Location/here\"}]}");
    check_int(ask(GP2, "Patient", "$medicines", "ann", NULL), 200);
    snprintf(text, sizeof(text), "%s1\"", since);
    check(answers(text));
}

static void a_line_is_parsed_and_nothing_is_promised(void **state)
{
    UNUSED(state);
    assert_int_equal(ask(GP, "MedicationRequest", "$parse", "",
                         P("text", "ramipril 5 mg 1 co 1x/j 30j") "," P("language", "nl")),
                     200);
    check(answers("no-knowledge-loaded") && answers("\"complete\",\"valueBoolean\":true"));
    check(answers("1 tablet 1 keer per dag gedurende 30 dagen"));
    assert_int_equal(ask(GP, "MedicationRequest", "$parse", "", P("text", "zzz 500 3x/d")), 200);
    check(answers("\"complete\",\"valueBoolean\":false") && answers("dose-unit"));
    check(!answers("doseQuantity"));
    assert_int_equal(ask(GP, "MedicationRequest", "$parse", "", NULL), 400);
    CASE("a strength without a unit, of a product that a site has loaded");
    scene_put(&s, "CodeSystem/m",
              "{\"resourceType\":\"CodeSystem\",\"id\":\"m\",\"url\":\"urn:aceso:medicines\","
              "\"status\":\"active\",\"content\":\"complete\",\"concept\":[{\"code\":\"7\","
              "\"display\":\"Zinnat 500 mg, comprimés\"},{\"code\":\"8\",\"display\":"
              "\"Zinnat 250 mg, comprimés\"}]}");
    assert_int_equal(ask(GP, "MedicationRequest", "$parse", "", P("text", "zinnat 500 1-0-1 7j")),
                     200);
    check(answers("Zinnat 500 mg") && answers("\"assumed\"") && answers("\"list\""));
    check(answers("\"complete\",\"valueBoolean\":true") && answers("{tablet}"));
}

/* ---- texts --------------------------------------------------------------------------------------
 */

#define TEXT(owner)                                                                                \
    "{\"name\":\"resource\",\"resource\":{\"resourceType\":\"Library\",\"status\":\"active\","     \
    "\"type\":{\"coding\":[{\"system\":\"urn:aceso:text\",\"code\":\"text-block\"}]},"             \
    "\"identifier\":[{\"system\":\"urn:aceso:owner\",\"value\":\"" owner "\"}]}}"

static void a_text_is_its_owners(void **state)
{
    UNUSED(state);
    assert_int_equal(ask(GP, "Library", "$save", "", TEXT("Practitioner/gp")), 200);
    assert_int_equal(ask(GP, "Library", "$save", "", TEXT("Practitioner/gp2")), 403);
    assert_int_equal(ask(GP, "Library", "$save", "", TEXT("Organization/o")), 403);
    assert_int_equal(ask("admin", "", "Library", "$save", "", TEXT("Organization/o")), 200);
    assert_int_equal(ask(GP, "Library", "$save", "",
                         "{\"name\":\"resource\",\"resource\":{"
                         "\"resourceType\":\"Library\",\"status\":\"active\",\"type\":{}}}"),
                     400);
    assert_int_equal(ask("patient", "Patient/ann", "Library", "$save", "", TEXT("Patient/ann")),
                     403);
    assert_int_equal(ask(GP, "Library", "$fill", "",
                         P("patient", "Patient/ann") "," P("text", "{age} {foo} {last weight} {")),
                     200);
    check(answers("\"46 {foo} - {\"") && answers("\"unknown\",\"valueString\":\"foo\""));
    CASE("of whom he does not see nothing is filled in");
    assert_int_equal(ask("gp", "Practitioner/other", "Library", "$fill", "",
                         P("patient", "Patient/ann") "," P("text", "{age}")),
                     404);
}

#define HEIGHT(id, status, date, value)                                                            \
    "{\"resourceType\":\"Observation\",\"id\":\"" id "\",\"status\":\"" status                     \
    "\",\"category\":[{\"coding\":[{\"code\":\"vital-signs\"}]}],\"code\":{\"text\":\"Height\","   \
    "\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"8302-2\"}]},\"subject\":{"            \
    "\"reference\":\"Patient/ann\"},\"effectiveDateTime\":\"" date                                 \
    "\",\"valueQuantity\":{\"value\":" value ",\"unit\":\"cm\"}}"
#define TERMS "http://terminology.hl7.org/CodeSystem/"
#define ALLERGY(id, words, verified)                                                               \
    "{\"resourceType\":\"AllergyIntolerance\",\"id\":\"" id                                        \
    "\",\"clinicalStatus\":{\"coding\":[{\"system\":\"" TERMS                                      \
    "allergyintolerance-clinical\",\"code\":\"active\"}]},\"code\":{\"text\":\"" words             \
    "\"},\"patient\":{\"reference\":\"Patient/ann\"}" verified "}"
#define PROBLEM(id, words, verified)                                                               \
    "{\"resourceType\":\"Condition\",\"id\":\"" id                                                 \
    "\",\"clinicalStatus\":{\"coding\":[{\"system\":\"" TERMS                                      \
    "condition-clinical\",\"code\":\"active\"}]},\"code\":{\"text\":\"" words                      \
    "\"},\"subject\":{\"reference\":\"Patient/ann\"}" verified "}"
#define VERIFIED(system, code)                                                                     \
    ",\"verificationStatus\":{\"coding\":[{\"system\":\"" TERMS system "\",\"code\":\"" code "\"}" \
    "]}"

static size_t summary_bytes(void)
{
    check_int(ask(GP, "Patient", "$summary-pdf", "ann", NULL), 200);
    return s.f.reply.body.len;
}

/* What was a mistake, or turned out not to be so, is neither filled in nor printed. */
static void what_was_wrong_is_not_said_again(void **state)
{
    UNUSED(state);
    scene_put(&s, "Observation/h1", HEIGHT("h1", "final", "2026-01-02", "170"));
    scene_put(&s, "AllergyIntolerance/a1", ALLERGY("a1", "peanut", ""));
    scene_put(&s, "AllergyIntolerance/a2",
              ALLERGY("a2", "latex", VERIFIED("allergyintolerance-verification", "confirmed")));
    scene_put(&s, "Condition/c1", PROBLEM("c1", "gout", ""));
    size_t before = summary_bytes();
    scene_put(&s, "Observation/h2", HEIGHT("h2", "entered-in-error", "2026-02-02", "17"));
    scene_put(&s, "Observation/h3", HEIGHT("h3", "cancelled", "2026-03-02", "18"));
    check_int(summary_bytes(), before);
    scene_put(&s, "AllergyIntolerance/a3",
              ALLERGY("a3", "penicillin", VERIFIED("allergyintolerance-verification", "refuted")));
    check_int(summary_bytes(), before);
    scene_put(&s, "Condition/c2",
              PROBLEM("c2", "scurvy", VERIFIED("condition-ver-status", "refuted")));
    check_int(summary_bytes(), before);
    check_int(
        ask(GP, "Library", "$fill", "",
            P("patient", "Patient/ann") "," P("text", "{last height}; {allergies}; {problems}")),
        200);
    check(answers("170 cm (02/01/2026)"));
    check(answers("peanut") && answers("latex") && !answers("penicillin"));
    check(answers("gout") && !answers("scurvy"));
}

/* ---- forms --------------------------------------------------------------------------------------
 */

#define RESPONSE(items)                                                                            \
    "{\"name\":\"resource\",\"resource\":{\"resourceType\":\"QuestionnaireResponse\",\"status\":"  \
    "\"in-progress\",\"questionnaire\":\"http://x/form\",\"subject\":{\"reference\":"              \
    "\"Patient/ann\"},\"item\":[" items "]}}"
#define SMOKES(yes) "{\"linkId\":\"smokes\",\"answer\":[{\"valueBoolean\":" yes "}]}"
#define MANY(n)     "{\"linkId\":\"many\",\"answer\":[{\"valueInteger\":" n "}]}"
#define WEIGHT      "{\"linkId\":\"weight\",\"answer\":[{\"valueDecimal\":71.5}]}"

static void a_form_is_checked_and_measures(void **state)
{
    static const struct {
        const char *why, *items, *says;
    } cases[] = {
        {"all is well", SMOKES("true") "," MANY("10") "," WEIGHT, "is complete"},
        {"not asked when not enabled", SMOKES("false") "," MANY("10"), "not asked here"},
        {"required where enabled", SMOKES("true"), "must be answered"},
        {"not required where not enabled", SMOKES("false"), "is complete"},
        {"a type", "{\"linkId\":\"smokes\",\"answer\":[{\"valueString\":\"yes\"}]}",
         "not answered by"},
        {"above the largest", SMOKES("true") "," MANY("1000"), "above the largest"},
        {"two answers",
         "{\"linkId\":\"smokes\",\"answer\":[{\"valueBoolean\":true},{\"valueBoolean\":"
         "false}]}",
         "takes one answer"},
        {"the same item twice", SMOKES("false") "," SMOKES("false"), "stands here twice"},
        {"a question that there is not", SMOKES("false") ",{\"linkId\":\"what\"}",
         "no such question"},
        {"one of the options",
         SMOKES("false") ",{\"linkId\":\"how\",\"answer\":[{\"valueCoding\":{"
                         "\"system\":\"urn:x\",\"code\":\"a\"}}]}",
         "is complete"},
        {"none of the options",
         SMOKES("false") ",{\"linkId\":\"how\",\"answer\":[{\"valueCoding\":{"
                         "\"system\":\"urn:x\",\"code\":\"z\"}}]}",
         "not one of the options"},
    };
    UNUSED(state);
    scene_put(
        &s, "Questionnaire/f",
        "{\"resourceType\":\"Questionnaire\",\"id\":\"f\",\"url\":\"http://x/form\",\"status\":"
        "\"active\",\"item\":[{\"linkId\":\"smokes\",\"type\":\"boolean\",\"required\":true},{"
        "\"linkId\":\"many\",\"type\":\"integer\",\"required\":true,\"enableWhen\":[{"
        "\"question\":\"smokes\",\"operator\":\"=\",\"answerBoolean\":true}],\"extension\":[{"
        "\"url\":\"http://hl7.org/fhir/StructureDefinition/maxValue\",\"valueInteger\":200}]},{"
        "\"linkId\":\"how\",\"type\":\"choice\",\"answerOption\":[{\"valueCoding\":{\"system\":"
        "\"urn:x\",\"code\":\"a\"}}]},{\"linkId\":\"weight\",\"type\":\"decimal\",\"code\":[{"
        "\"system\":\"http://loinc.org\",\"code\":\"29463-7\"}],\"extension\":[{\"url\":"
        "\"http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-observationExtract\","
        "\"valueBoolean\":true},{\"url\":\"http://hl7.org/fhir/StructureDefinition/"
        "questionnaire-unit\",\"valueCoding\":{\"code\":\"kg\",\"display\":\"kg\"}}]}]}");
    FOR_CASES(cases, c)
    {
        char text[2000];
        CASE(c->why);
        snprintf(text, sizeof(text), RESPONSE("%s"), c->items);
        check_int(ask(GP, "QuestionnaireResponse", "$validate-response", "", text), 200);
        check(answers(c->says));
    }
    CASE("a bad one is not kept");
    assert_int_equal(ask(GP, "QuestionnaireResponse", "$submit", "", RESPONSE(SMOKES("true"))),
                     422);
    CASE("a good one is, with what it measured");
    assert_int_equal(
        ask(GP, "QuestionnaireResponse", "$submit", "", RESPONSE(SMOKES("false") "," WEIGHT)), 200);
    check(answers("\"completed\""));
    fixture_clear(&s.f);
    assert_int_equal(fixture_search(&s.f, STR("Observation"), STR("code=29463-7")), STATUS_OK);
    check(answers("71.5") && answers("QuestionnaireResponse/") && answers("\"kg\""));
    CASE("what it measured earlier is withdrawn once");
    char first[80];
    assert_int_equal(
        ask(GP, "QuestionnaireResponse", "$submit", "", RESPONSE(SMOKES("false") "," WEIGHT)), 200);
    snprintf(first, sizeof(first), "%s", id_of("QuestionnaireResponse"));
    for (size_t i = 0; i < 3; i++)
        check_int(ask(GP, "QuestionnaireResponse", "$submit", first,
                      RESPONSE(SMOKES("false") "," WEIGHT)),
                  200);
    fixture_clear(&s.f);
    assert_int_equal(fixture_search(&s.f, STR("Observation"),
                                    arena_format(s.f.cx.arena,
                                                 "derived-from=QuestionnaireResponse/%s&status="
                                                 "entered-in-error",
                                                 first)),
                     STATUS_OK);
    check(answers("\"versionId\":\"2\"") && !answers("\"versionId\":\"3\""));
    CASE("a patient fills in his own, and nobody else's");
    assert_int_equal(ask("patient", "Patient/ann", "QuestionnaireResponse", "$submit", "",
                         RESPONSE(SMOKES("false"))),
                     200);
    check(ask("patient", "Patient/bob", "QuestionnaireResponse", "$submit", "",
              RESPONSE(SMOKES("false"))) >= 403);
    CASE("nobody writes a completed one past the check");
    assert_int_equal(writes(GP, STORE_CREATE, "QuestionnaireResponse", "",
                            "{\"resourceType\":\"QuestionnaireResponse\",\"status\":\"completed\","
                            "\"subject\":{\"reference\":\"Patient/ann\"}}"),
                     422);
}

#define FORM(id, more, items)                                                                      \
    "{\"resourceType\":\"Questionnaire\",\"id\":\"" id "\",\"url\":\"http://x/" id                 \
    "\",\"status\":\"active\"" more ",\"item\":[" items "]}"
#define CLASS(word) ",\"extension\":[{\"url\":\"urn:aceso:class\",\"valueCode\":\"" word "\"}]"
#define SCORE                                                                                      \
    "{\"linkId\":\"score\",\"type\":\"integer\",\"code\":[{\"system\":\"http://loinc.org\","       \
    "\"code\":\"44261-6\"}],\"extension\":[{\"url\":\"http://hl7.org/fhir/uv/sdc/"                 \
    "StructureDefinition/sdc-questionnaire-observationExtract\",\"valueBoolean\":true}]}"

static Str filled(const char *form, const char *items)
{
    return arena_format(s.f.cx.arena,
                        "{\"name\":\"resource\",\"resource\":{\"resourceType\":"
                        "\"QuestionnaireResponse\",\"status\":\"in-progress\",\"questionnaire\":"
                        "\"http://x/%s\",\"subject\":{\"reference\":\"Patient/ann\"},\"item\":["
                        "%s]}}",
                        form, items);
}

static unsigned submits(const char *role, const char *who, const char *form, const char *items)
{
    char text[2000];
    Str all = filled(form, items);
    snprintf(text, sizeof(text), STR_FMT, STR_ARG(all));
    return ask(role, who, "QuestionnaireResponse", "$submit", "", text);
}

#define ANSWER "{\"linkId\":\"score\",\"answer\":[{\"valueInteger\":17}]}"

/* The rows are SECURITY's matrix: W writes, o writes what he himself makes. */
static void who_submits_a_form_follows_its_class(void **state)
{
    static const struct {
        const char *form, *class, *may; /* the roles that do */
    } forms[] = {
        {"plain", "", "gp specialist"},
        {"allergies", CLASS("D5"), "gp specialist nurse"},
        {"medicines", CLASS("D6"), "gp specialist pharmacist"},
        {"notes", CLASS("D10"), "gp specialist physio nurse psychologist pharmacist"},
        {"exercises", CLASS("D11"), "physio"},
        {"rounds", CLASS("D12"), "nurse"},
        {"phq9", CLASS("D13"), "psychologist specialist"},
        {"sessions", CLASS("D14"), "psychologist"},
    };
    static const struct {
        const char *role, *who;
    } people[] = {{"gp", "Practitioner/gp"},
                  {"specialist", "Practitioner/gp2"},
                  {"physio", "Practitioner/physio"},
                  {"nurse", "Practitioner/nurse"},
                  {"psychologist", "Practitioner/psy"},
                  {"pharmacist", "Practitioner/pharm"},
                  {"secretary", "Practitioner/desk"}};
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char path[64], text[2000];
        snprintf(path, sizeof(path), "Questionnaire/%s", forms[i].form);
        snprintf(text, sizeof(text), FORM("%s", "%s", SCORE), forms[i].form, forms[i].form,
                 forms[i].class);
        scene_put(&s, path, text);
        for (size_t k = 0; k < COUNT_OF(people); k++) {
            CASE(forms[i].form);
            CASE(people[k].role);
            bool may = strstr(forms[i].may, people[k].role) != NULL;
            check_int(submits(people[k].role, people[k].who, forms[i].form, ANSWER),
                      may ? 200 : 403);
        }
    }
    CASE("a class that no form has");
    scene_put(&s, "Questionnaire/open", FORM("open", CLASS("D0"), SCORE));
    check_int(submits(GP, "open", ANSWER), 422);
    scene_put(&s, "Questionnaire/odd", FORM("odd", CLASS("D99"), SCORE));
    check_int(submits(GP, "odd", ANSWER), 422);
}

#define NURSE "nurse", "Practitioner/nurse"
#define PSY   "psychologist", "Practitioner/psy"

static bool sees(const char *role, const char *who, const char *type, const char *id)
{
    Fixture *f = &s.f;
    char kept[80];
    snprintf(kept, sizeof(kept), "%s", id);
    fixture_clear(f);
    Call call = fixture_call(f);
    call.access = scene_person(&s, role, who);
    (void)record_read(f->record, &f->cx, &call, str_of(type), str_of(kept), &f->reply);
    return fixture_finish(f, &call) == STATUS_OK;
}

static void what_a_form_says_is_as_secret_as_the_form(void **state)
{
    UNUSED(state);
    char id[80], measured[80];
    assert_int_equal(submits(PSY, "phq9", ANSWER), 200);
    snprintf(id, sizeof(id), "%s", id_of("QuestionnaireResponse"));
    fixture_clear(&s.f);
    Str query = arena_format(s.f.cx.arena, "derived-from=QuestionnaireResponse/%s", id);
    assert_int_equal(fixture_search(&s.f, STR("Observation"), query), STATUS_OK);
    snprintf(measured, sizeof(measured), "%s", id_of("Observation"));
    check(sees(PSY, "QuestionnaireResponse", id) && sees(PSY, "Observation", measured));
    CASE("a GP, a nurse: after break-glass only");
    check(!sees(GP, "QuestionnaireResponse", id) && !sees(GP, "Observation", measured));
    check(!sees(NURSE, "QuestionnaireResponse", id) && !sees(NURSE, "Observation", measured));
    CASE("a nurse's is the nurses', and a GP reads it");
    assert_int_equal(submits(NURSE, "rounds", ANSWER), 200);
    snprintf(id, sizeof(id), "%s", id_of("QuestionnaireResponse"));
    check(sees(GP, "QuestionnaireResponse", id) && sees(NURSE, "QuestionnaireResponse", id));
    check(!sees("secretary", "Practitioner/desk", "QuestionnaireResponse", id));
    CASE("who reads does not amend; the patient neither");
    check_int(ask(GP, "QuestionnaireResponse", "$submit", id, NULL), 403);
    check_int(ask("patient", "Patient/ann", "QuestionnaireResponse", "$submit", id, NULL), 403);
    check_int(ask(NURSE, "QuestionnaireResponse", "$submit", id, NULL), 200);
    check(answers("amended") && answers("urn:aceso:class"));
}

#define UNFINISHED(id, label)                                                                      \
    "{\"resourceType\":\"QuestionnaireResponse\"" id                                               \
    ",\"status\":\"in-progress\",\"questionnaire\":\"http://x/plain\"" label                       \
    ",\"subject\":{\"reference\":\"Patient/ann\"}}"
#define LABEL(word)                                                                                \
    ",\"meta\":{\"security\":[{\"system\":\"urn:aceso:class\",\"code\":\"" word "\"}]}"

static void nobody_gives_a_response_another_class(void **state)
{
    UNUSED(state);
    char id[80];
    CASE("by hand");
    check_int(
        writes(NURSE, STORE_CREATE, "QuestionnaireResponse", "", UNFINISHED("", LABEL("D12"))),
        422);
    check_int(writes(NURSE, STORE_CREATE, "QuestionnaireResponse", "", UNFINISHED("", "")), 403);
    CASE("with $submit: the form's own stands there");
    check_int(ask(NURSE, "QuestionnaireResponse", "$submit", "",
                  "{\"name\":\"complete\",\"valueBoolean\":false},{\"name\":\"resource\","
                  "\"resource\":" UNFINISHED("", LABEL("D12")) "}"),
              403);
    CASE("an unfinished one is kept, by who may finish it, and stays what it is");
    check_int(ask(NURSE, "QuestionnaireResponse", "$submit", "",
                  "{\"name\":\"complete\",\"valueBoolean\":false},{\"name\":\"resource\","
                  "\"resource\":{\"resourceType\":\"QuestionnaireResponse\",\"status\":"
                  "\"in-progress\",\"questionnaire\":\"http://x/rounds\",\"subject\":{"
                  "\"reference\":\"Patient/ann\"}}}"),
              200);
    check(answers("in-progress") && answers("D12"));
    snprintf(id, sizeof(id), "%s", id_of("QuestionnaireResponse"));
    char text[600];
    snprintf(text, sizeof(text), UNFINISHED(",\"id\":\"%s\"", LABEL("D5")), id);
    check_int(writes(NURSE, STORE_UPDATE, "QuestionnaireResponse", id, text), 422);
}

static void a_patient_answers_what_he_was_asked(void **state)
{
    UNUSED(state);
    char id[80];
    scene_put(&s, "Questionnaire/pain", FORM("pain", CLASS("D12"), SCORE));
    CASE("who acts for her, before anybody has asked");
    check_int(submits(PROXY, "pain", ANSWER), 403);
    CASE("asked once, by who sees her");
    check_int(ask("gp", "Practitioner/other", "Questionnaire", "$ask", "pain",
                  P("patient", "Patient/ann")),
              404);
    check_int(ask(ANN, "Questionnaire", "$ask", "pain", P("patient", "Patient/ann")), 403);
    check_int(ask(NURSE, "Questionnaire", "$ask", "notes", P("patient", "Patient/ann")), 422);
    check_int(ask(NURSE, "Questionnaire", "$ask", "pain",
                  P("patient", "Patient/ann") "," P("to", "Patient/bob")),
              422);
    check_int(ask(NURSE, "Questionnaire", "$ask", "pain",
                  P("patient", "Patient/ann") "," P("note", "Zyxplease")),
              201);
    check_int(ask(GP, "Questionnaire", "$ask", "pain", P("patient", "Patient/ann")), 422);
    CASE("it waits in her inbox");
    check_int(ask(ANN, "", "$inbox", "", NULL), 200);
    check(answers("Zyxplease") && answers("Questionnaire/pain"));
    CASE("her son answers for her, and it is done");
    check_int(submits(PROXY, "pain", ANSWER), 200);
    snprintf(id, sizeof(id), "%s", id_of("QuestionnaireResponse"));
    check_int(ask(ANN, "", "$inbox", "", NULL), 200);
    check(!answers("Zyxplease"));
    CASE("the nurse who asked reads it");
    check(sees(NURSE, "QuestionnaireResponse", id) && sees(ANN, "QuestionnaireResponse", id));
    CASE("once: it is not asked any more");
    check_int(submits(PROXY, "pain", ANSWER), 403);
    CASE("a profession's own notes are nobody else's to fill in");
    check_int(submits(ANN, "notes", ANSWER), 422);
}

#define FILE(more)                                                                                 \
    "{\"linkId\":\"file\",\"answer\":[{\"valueAttachment\":{\"title\":\"x\"" more "}}]}"
#define WHO(name)                                                                                  \
    "{\"linkId\":\"who\",\"answer\":[{\"valueReference\":{\"reference\":\"" name "\"}}]}"
#define TYPED(type, data) ",\"contentType\":\"" type "\",\"data\":\"" data "\""

/* Files that people bring are looked at as documents are; a reference is to what is asked for. */
static void files_and_references_answer(void **state)
{
    static const struct {
        const char *why, *items, *says;
    } cases[] = {
        {"a PDF", FILE(TYPED("application/pdf", "JVBERi0xLjQK")), "is complete"},
        {"a page that says it is a PDF", FILE(TYPED("application/pdf", "PGh0bWw+")),
         "not accepted"},
        {"a page", FILE(TYPED("text/html", "PGh0bWw+")), "no file of this type"},
        {"a type that is not asked for", FILE(TYPED("text/plain", "YWJj")), "no file of this type"},
        {"larger than asked for",
         FILE(TYPED("application/pdf", "JVBERi0xLjQKJVBERi0xLjQKJVBERi0xLjQK")), "larger than"},
        {"no content", FILE(",\"contentType\":\"application/pdf\""), "needs its content"},
        {"no type", FILE(",\"data\":\"JVBERi0xLjQK\""), "needs its content"},
        {"one who is asked for", WHO("Practitioner/gp"), "is complete"},
        {"the same with an address", WHO("https://x.example/fhir/Practitioner/gp"), "is complete"},
        {"one of another kind", WHO("Patient/bob"), "no reference to a Patient"},
        {"nobody", WHO("Practitioner"), "is like Practitioner/12"},
    };
    UNUSED(state);
    scene_put(
        &s, "Questionnaire/things",
        "{\"resourceType\":\"Questionnaire\",\"id\":\"things\",\"url\":\"http://x/form\","
        "\"version\":\"things\",\"status\":\"active\",\"item\":[{\"linkId\":\"file\",\"type\":"
        "\"attachment\",\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/"
        "mimeType\",\"valueCode\":\"application/pdf\"},{\"url\":\"http://hl7.org/fhir/"
        "StructureDefinition/maxSize\",\"valueDecimal\":0.00002}]},{\"linkId\":\"who\",\"type\":"
        "\"reference\",\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/"
        "questionnaire-referenceResource\",\"valueCode\":\"Practitioner\"}]}]}");
    FOR_CASES(cases, c)
    {
        char text[2000];
        CASE(c->why);
        snprintf(text, sizeof(text),
                 "{\"name\":\"resource\",\"resource\":{\"resourceType\":"
                 "\"QuestionnaireResponse\",\"status\":\"in-progress\",\"questionnaire\":"
                 "\"http://x/form|things\",\"subject\":{\"reference\":\"Patient/ann\"},"
                 "\"item\":[%s]}}",
                 c->items);
        check_int(ask(GP, "QuestionnaireResponse", "$validate-response", "", text), 200);
        check(answers(c->says));
    }
}

#define CODED(question, system, code)                                                              \
    "{\"linkId\":\"" question "\",\"answer\":[{\"valueCoding\":{\"system\":\"" system              \
    "\",\"code\":\"" code "\"}}]}"
#define GENDERS "http://hl7.org/fhir/administrative-gender"

static void an_answer_is_of_its_value_set(void **state)
{
    static const struct {
        const char *why, *items, *says;
    } cases[] = {
        {"one of a set that is built in", CODED("sex", GENDERS, "female"), "is complete"},
        {"none of it", CODED("sex", GENDERS, "zzz"), "not one of the value set"},
        {"the right word of another system", CODED("sex", "urn:x", "female"), "not one of the"},
        {"a word of one's own where it is open",
         "{\"linkId\":\"sex\",\"answer\":[{\"valueString\":\"neither\"}]}", "is complete"},
        {"one of a set of the store", CODED("side", "urn:side", "l"), "is complete"},
        {"none of it", CODED("side", "urn:side", "m"), "not one of the value set"},
        {"one of a set in the form", CODED("mood", "urn:mood", "low"), "is complete"},
        {"none of it", CODED("mood", "urn:mood", "l"), "not one of the value set"},
        {"of a system that is not here", CODED("drug", "http://snomed.info/sct", "1"),
         "could not be looked up"},
        {"of a set that is not here", CODED("lost", "urn:x", "1"), "is not on this server"},
    };
    UNUSED(state);
#define CHOICE(id, type, set)                                                                      \
    "{\"linkId\":\"" id "\",\"type\":\"" type "\",\"answerValueSet\":\"" set "\"}"
    scene_put(
        &s, "ValueSet/side",
        "{\"resourceType\":\"ValueSet\",\"id\":\"side\",\"url\":\"http://x/side\",\"status\":"
        "\"active\",\"compose\":{\"include\":[{\"system\":\"urn:side\",\"concept\":[{\"code\":"
        "\"l\"},{\"code\":\"r\"}]}]}}");
    scene_put(
        &s, "Questionnaire/sets",
        FORM(
            "sets",
            ",\"contained\":[{\"resourceType\":\"ValueSet\",\"id\":\"m\",\"status\":\"active\","
            "\"compose\":{\"include\":[{\"system\":\"urn:mood\",\"concept\":[{\"code\":\"low\"}]}]}"
            "},{\"resourceType\":\"ValueSet\",\"id\":\"d\",\"status\":\"active\",\"compose\":{"
            "\"include\":[{\"system\":\"http://snomed.info/sct\",\"filter\":[{\"property\":"
            "\"concept\",\"op\":\"is-a\",\"value\":\"2\"}]}]}}]",
            CHOICE("sex", "open-choice", "http://hl7.org/fhir/ValueSet/administrative-gender") "," CHOICE(
                "side", "choice",
                "http://x/"
                "side") "," CHOICE("mood", "choice",
                                   "#m") "," CHOICE("drug", "choice",
                                                    "#d") "," CHOICE("lost", "choice",
                                                                     "http://x/lost")));
    FOR_CASES(cases, c)
    {
        char text[1200];
        CASE(c->why);
        Str all = filled("sets", c->items);
        snprintf(text, sizeof(text), STR_FMT, STR_ARG(all));
        check_int(ask(GP, "QuestionnaireResponse", "$validate-response", "", text), 200);
        check(answers(c->says));
    }
    CASE("a bad one is not kept, and one that nobody can know is");
    check_int(submits(GP, "sets", CODED("side", "urn:side", "m")), 422);
    check_int(submits(GP, "sets", CODED("drug", "http://snomed.info/sct", "1")), 200);
}

/* SPEC R4 capabilitystatement.html: what it says that it does is what its tables have, no more. */
static void the_statement_lists_what_is_offered(void **state)
{
    UNUSED(state);
    static const OperationSet sets[] = {{consult_kinds, CONSULT_KINDS},
                                        {people_operations, PEOPLE_OPERATIONS}};
    JsonValue *statement, *resource, *one;
    FhirCheck how = {0};
    FhirChecked checked;
    size_t listed = 0, rows = 0;
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    assert_int_equal(record_metadata(s.f.record, &s.f.cx, &call, &s.f.reply), STATUS_OK);
    assert_int_equal(json_parse(&s.f.cx, s.f.reply.body, &statement), STATUS_OK);
    check_int(fhir_validate(&s.f.cx, statement, &how, &checked), STATUS_OK);
    const JsonValue *rest = json_item(json_get(statement, STR("rest")), 0);
    listed += json_count(json_get(rest, STR("operation")));
    for (JsonIter it = json_iter(json_get(rest, STR("resource"))); json_next(&it, NULL, &resource);)
        listed += json_count(json_get(resource, STR("operation")));
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        rows += sets[i].count;
    check_int(listed, rows);
    CASE("of a type, by its own name; of the system; by HL7's");
    check(answers("{\"name\":\"ask-renewal\",\"definition\":\"urn:aceso:operation:"
                  "MedicationRequest-ask-renewal\"}"));
    check(answers("\"urn:aceso:operation:inbox\""));
    check(answers("\"http://hl7.org/fhir/OperationDefinition/Patient-match\""));
    for (JsonIter it = json_iter(json_get(rest, STR("operation"))); json_next(&it, NULL, &one);)
        check(json_get_str(one, STR("name")).at[0] != '$');
}

/* ---- documents and papers
 * ------------------------------------------------------------------------- */

static void a_document_is_what_it_says(void **state)
{
    UNUSED(state);
    scene_put(
        &s, "DocumentReference/d",
        "{\"resourceType\":\"DocumentReference\",\"id\":\"d\",\"status\":\"current\",\"subject\":{"
        "\"reference\":\"Patient/ann\"},\"author\":[{\"reference\":\"Practitioner/gp\"}],"
        "\"content\":[{\"attachment\":{\"url\":\"Binary/x\"}}]}");
#define BINARY(type, data)                                                                         \
    "{\"resourceType\":\"Binary\",\"contentType\":\"" type                                         \
    "\",\"securityContext\":{\"reference\":"                                                       \
    "\"DocumentReference/d\"},\"data\":\"" data "\"}"
    assert_int_equal(
        writes(GP, STORE_CREATE, "Binary", "", BINARY("application/pdf", "JVBERi0xLjQK")), 201);
    CASE("a page that says it is a PDF; a page");
    assert_int_equal(writes(GP, STORE_CREATE, "Binary", "", BINARY("application/pdf", "PGh0bWw+")),
                     422);
    assert_int_equal(writes(GP, STORE_CREATE, "Binary", "", BINARY("text/html", "PGh0bWw+")), 422);
    CASE("the same of one whose bytes came ahead of it: by their beginning");
    RecordUpload upload = {
        .content = {.id = STR("asked"),
                    .bytes = 1 << 20,
                    .sha256 =
                        STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")},
        .beginning = STR("%PDF-1.4"),
        .last = {.content = STR("asked")}};
    coming = &upload;
#define HEAD                                                                                       \
    "{\"resourceType\":\"Binary\",\"contentType\":\"application/pdf\",\"securityContext\":{"       \
    "\"reference\":\"DocumentReference/d\"}}"
    /* may be written, but for its last piece, which says that it is on its way */
    assert_int_equal(writes(GP, STORE_CREATE, "Binary", "", HEAD), 409);
    upload.beginning = STR("<html>");
    assert_int_equal(writes(GP, STORE_CREATE, "Binary", "", HEAD), 422);
    coming = NULL;
}

static void a_paper_is_a_pdf_of_what_is_seen(void **state)
{
    UNUSED(state);
    scene_put(&s, "Composition/p", NOTE("p", "final", "gp"));
    static const char *const languages[] = {"fr", "nl", "de", "en"};
    for (size_t i = 0; i < COUNT_OF(languages); i++) {
        char text[100];
        snprintf(text, sizeof(text), P("language", "%s"), languages[i]);
        assert_int_equal(ask(GP, "Composition", "$pdf", "p", text), 200);
        check(str_has_prefix(s.f.reply.body, STR("%PDF-")));
        check(s.f.reply.content_type && strcmp(s.f.reply.content_type, "application/pdf") == 0);
        assert_int_equal(ask(GP, "Patient", "$summary-pdf", "ann", text), 200);
        assert_int_equal(ask(GP, "Patient", "$medicines-pdf", "ann", text), 200);
    }
    assert_int_equal(ask("physio", "Practitioner/physio", "Composition", "$pdf", "p", NULL), 404);
    assert_int_equal(ask("gp", "Practitioner/other", "Patient", "$summary-pdf", "ann", NULL), 404);
    assert_int_equal(ask(GP, "Patient", "$attendance-pdf", "ann", NULL), 400);
}

/* ---- a chart of twenty years --------------------------------------------------------------------
 */

static void what_was_written_long_ago_still_holds(void **state)
{
    UNUSED(state);
    scene_put(&s, "MedicationRequest/life",
              TAKEN("life", "active", "order", ",\"authoredOn\":\"2008-01-01\""));
    scene_put(&s, "MedicationRequest/past",
              TAKEN("past", "active", "order", ",\"authoredOn\":\"2009-01-01\""));
    check_int(ask(GP, "MedicationRequest", "$renew", "past", NULL), 200);
    size_t before = taken("digoxine");
    fixture_put_many(
        &s.f, "MedicationRequest", 1000,
        "\"status\":\"stopped\",\"intent\":\"order\",\"authoredOn\":\"2098-01-01\","
        "\"subject\":{\"reference\":\"Patient/ann\"},\"medicationCodeableConcept\":{"
        "\"text\":\"x\"},\"note\":[{\"time\":\"2010-01-01T00:00:00Z\",\"text\":\"x\"}]");
    CASE("what is taken, behind a thousand that were stopped");
    check_int(taken("digoxine"), before);
    CASE("what was renewed, before a thousand others were written");
    fixture_put_many(&s.f, "MedicationRequest", 1000,
                     "\"status\":\"completed\",\"intent\":\"order\",\"authoredOn\":\"2098-01-01\","
                     "\"subject\":{\"reference\":\"Patient/ann\"},\"medicationCodeableConcept\":{"
                     "\"text\":\"x\"}");
    check_int(ask(GP, "MedicationRequest", "$renew", "past", NULL), 422);
}

#define MANY_PROBLEMS(words, more)                                                                 \
    "\"clinicalStatus\":{\"coding\":[{\"system\":\"" TERMS                                         \
    "condition-clinical\",\"code\":\"active\"}]},\"code\":{\"text\":\"" words                      \
    "\"},\"subject\":{\"reference\":\"Patient/ann\"}" more

static void a_long_chart_is_whole(void **state)
{
    UNUSED(state);
    scene_put(&s, "Condition/zyx", PROBLEM("zyx", "Zyxfirst", ""));
    fixture_put_many(&s.f, "Condition", 250,
                     MANY_PROBLEMS("a problem", ",\"onsetDateTime\":\"2020-01-01\""));
    CASE("all problems stand in a text");
    check_int(
        ask(GP, "Library", "$fill", "", P("text", "{problems}") "," P("patient", "Patient/ann")),
        200);
    check(answers("Zyxfirst"));
    CASE("and on the paper");
    size_t before = summary_bytes();
    fixture_put_many(&s.f, "Condition", 5, MANY_PROBLEMS("one more", ""));
    check(summary_bytes() > before);
    CASE("what is measured daily does not hide what was measured once");
    fixture_put_many(
        &s.f, "Observation", 1000,
        "\"status\":\"final\",\"category\":[{\"coding\":[{\"code\":\"vital-signs\"}]}],"
        "\"code\":{\"text\":\"Pulse\"},\"subject\":{\"reference\":\"Patient/ann\"},"
        "\"effectiveDateTime\":\"2098-01-01\",\"valueQuantity\":{\"value\":60}");
    before = summary_bytes();
    scene_put(
        &s, "Observation/waist",
        "{\"resourceType\":\"Observation\",\"id\":\"waist\",\"status\":\"final\",\"category\":[{"
        "\"coding\":[{\"code\":\"vital-signs\"}]}],\"code\":{\"text\":\"Waist\"},\"subject\":{"
        "\"reference\":\"Patient/ann\"},\"effectiveDateTime\":\"2009-01-01\",\"valueQuantity\":{"
        "\"value\":90,\"unit\":\"cm\"}}");
    check(summary_bytes() > before);
}

/* What does not fit on a paper is said, and not left out. */
static void a_prescription_is_whole(void **state)
{
    UNUSED(state);
    enum { MOST = 100 };
    Buf buf;
    char text[16 << 10];
    Arena *kept = arena_new(1 << 20, false);
    buf_init(&buf, kept, 1 << 12, sizeof(text));
    for (size_t i = 0; i <= MOST; i++)
        buf_format(&buf, "%s{\"name\":\"request\",\"valueString\":\"MedicationRequest/life\"}",
                   i ? "," : "");
    snprintf(text, sizeof(text), STR_FMT, STR_ARG(buf_str(&buf)));
    check_int(ask(GP, "Patient", "$prescription-pdf", "ann", text), 400);
    arena_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_is_never_lost),
        cmocka_unit_test(drafts_have_limits),
        cmocka_unit_test(old_drafts_are_swept),
        cmocka_unit_test(a_signed_note_stays_as_it_was_signed),
        cmocka_unit_test(a_note_is_written_and_signed_at_once),
        cmocka_unit_test(a_prescription_is_renewed_once),
        cmocka_unit_test(a_medicine_is_on_the_list_once),
        cmocka_unit_test(a_patient_asks_for_a_renewal_once),
        cmocka_unit_test(a_renewal_finds_somebody_who_can),
        cmocka_unit_test(a_day_is_that_of_the_place),
        cmocka_unit_test(a_line_is_parsed_and_nothing_is_promised),
        cmocka_unit_test(a_text_is_its_owners),
        cmocka_unit_test(what_was_wrong_is_not_said_again),
        cmocka_unit_test(a_form_is_checked_and_measures),
        cmocka_unit_test(files_and_references_answer),
        cmocka_unit_test(who_submits_a_form_follows_its_class),
        cmocka_unit_test(what_a_form_says_is_as_secret_as_the_form),
        cmocka_unit_test(nobody_gives_a_response_another_class),
        cmocka_unit_test(a_patient_answers_what_he_was_asked),
        cmocka_unit_test(an_answer_is_of_its_value_set),
        cmocka_unit_test(the_statement_lists_what_is_offered),
        cmocka_unit_test(a_document_is_what_it_says),
        cmocka_unit_test(a_paper_is_a_pdf_of_what_is_seen),
        cmocka_unit_test(what_was_written_long_ago_still_holds),
        cmocka_unit_test(a_long_chart_is_whole),
        cmocka_unit_test(a_prescription_is_whole),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
