/* What a person may ask of his record from the app, and who else may ask what.
 * SPEC GDPR 15-18, HIPAA 164.524-528; security-model.md 6; docs/guide/privacy.md */
#include "fonts.h"
#include "people_scene.h"

#include "privacy/privacy.h"

static bool stepped;

static unsigned wants(const char *role, const char *who, const char *path, const char *body)
{
    Status status;
    Str id = str_of(path), name;
    (void)str_cut(&id, '/'); /* "Patient" */
    name = id;
    id = str_cut(&name, '/');
    const OperationKind *kind = NULL;
    for (size_t i = 0; i < PRIVACY_KINDS; i++)
        if (str_eq(privacy_kinds[i].name, name))
            kind = &privacy_kinds[i];
    assert_non_null(kind);
    do {
        fixture_clear(&s.f);
        Call call = fixture_call(&s.f);
        OperationAsked asked = {.kind = kind, .id = id, .stepped_up = stepped};
        if (body)
            asked.body = fixture_body(&s.f, str_of(body));
        call.access = scene_person(&s, role, who);
        (void)record_operation(s.f.record, &s.f.cx, &call, &asked, &s.f.reply);
        status = fixture_finish(&s.f, &call);
    } while (status == STATUS_CONFLICT && s.f.reply.retry);
    last = status == STATUS_OK ? s.f.reply.body : STR_EMPTY;
    return status == STATUS_OK ? s.f.reply.http : status_http(status);
}

static void open_scene(void)
{
    scene_open(&s);
    practitioner("g", "gp");
    scene_put(&s, "Patient/a",
              "{\"resourceType\":\"Patient\",\"id\":\"a\",\"name\":[{\"family\":\"Canari\"}],"
              "\"birthDate\":\"1950-02-03\"}");
    scene_put(&s, "Patient/b",
              "{\"resourceType\":\"Patient\",\"id\":\"b\",\"name\":[{\"family\":\"Autre\"}]}");
    linked("a", "gp");
    scene_put(&s, "Condition/c",
              "{\"resourceType\":\"Condition\",\"id\":\"c\",\"code\":{\"text\":\"zona\"},"
              "\"recordedDate\":\"1980-01-01\",\"subject\":{\"reference\":\"Patient/a\"}}");
    scene_put(&s, "Condition/d",
              "{\"resourceType\":\"Condition\",\"id\":\"d\",\"code\":{\"text\":\"grippe\"},"
              "\"subject\":{\"reference\":\"Patient/b\"}}");
}

#define ASKED(name, value) "{\"name\":\"" name "\",\"valueString\":\"" value "\"}"
#define PARAMETERS(list)   "{\"resourceType\":\"Parameters\",\"parameter\":[" list "]}"

static void a_copy_is_for_the_patient(void **state)
{
    UNUSED(state);
    open_scene();
    check_int(wants("patient", "Patient/a", "Patient/a/$copy", NULL), 200);
    check(says("Canari"));
    check(says("zona"));
    check(!says("grippe"));
    check(!says("Autre"));
    check_int(wants("patient", "Patient/a", "Patient/a/$copy",
                    PARAMETERS(ASKED("format", "pdf") "," ASKED("language", "nl"))),
              200);
    check(says("%PDF-1."));
    CASE("of somebody else there is none");
    check_int(wants("patient", "Patient/a", "Patient/b/$copy", NULL), 404);
    CASE("who treats him looks at it where it is");
    check_int(wants("gp", "Practitioner/g", "Patient/a/$copy", NULL), 403);
    CASE("an administrator sees nothing of it, whatever he proves");
    stepped = true;
    check_int(wants("admin", "Practitioner/g", "Patient/a/$copy", NULL), 404);
    stepped = false;
    scene_close(&s);
}

static void who_was_told(void **state)
{
    UNUSED(state);
    open_scene();
    check_int(wants("patient", "Patient/a", "Patient/a/$copy", NULL), 200);
    check_int(
        wants("patient", "Patient/a", "Patient/a/$disclosures", PARAMETERS(ASKED("all", "true"))),
        200);
    check(says("when,account,role"));
    check(says("\"copy\""));
    check_int(wants("patient", "Patient/a", "Patient/b/$disclosures", NULL), 404);
    CASE("D16 is the patient's own");
    check_int(wants("gp", "Practitioner/g", "Patient/a/$disclosures", NULL), 403);
    check_int(wants("patient", "Patient/a", "Patient/a/$disclosures",
                    PARAMETERS(ASKED("since", "yesterday"))),
              400);
    scene_close(&s);
}

/* The cell of a proxy for D16, from now on. */
static void give_proxies_the_log(Cell cell)
{
    Rules rules;
    fixture_clear(&s.f);
    check_int(rules_default(&s.f.cx, &rules), STATUS_OK);
    rules.roles[ROLE_PROXY].cells[D16_AUDIT] = (uint8_t)cell;
    rights_set_rules(record_rights(s.f.record), &rules);
}

/* By the matrix that ships, who acts for the patient gets a copy, and not the log; a site may give
 * it.
 */
static void who_acts_for_him_is_told_by_the_matrix(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *role, *who, *patient;
        Cell cell;
        unsigned copy, told;
    } cases[] = {
        {"as it ships", "proxy", "RelatedPerson/son", "a", CELL_NONE, 200, 403},
        {"a site gives it", "proxy", "RelatedPerson/son", "a", CELL_ABOUT_SELF, 200, 200},
        {"a patient himself, with a mandate", "patient", "Patient/b", "a", CELL_ABOUT_SELF, 200,
         200},
        {"as it ships", "patient", "Patient/b", "a", CELL_NONE, 200, 403},
        {"and his own", "patient", "Patient/b", "b", CELL_NONE, 200, 200},
        {"of somebody he does not act for", "proxy", "RelatedPerson/son", "b", CELL_ABOUT_SELF, 404,
         404},
        {"it is not for who treats him", "gp", "Practitioner/g", "a", CELL_ABOUT_SELF, 403, 403},
    };
    open_scene();
    scene_put(&s, "RelatedPerson/son",
              "{\"resourceType\":\"RelatedPerson\",\"id\":\"son\",\"patient\":{\"reference\":"
              "\"Patient/a\"}}");
    scene_put(&s, "Consent/mandate",
              "{\"resourceType\":\"Consent\",\"id\":\"mandate\",\"status\":\"active\",\"scope\":{"
              "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\","
              "\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
              "\"urn:aceso:consent\",\"code\":\"mandate\"}]}],\"patient\":{\"reference\":"
              "\"Patient/a\"},\"policyRule\":{\"text\":\"x\"},\"provision\":{\"type\":\"permit\","
              "\"period\":{\"end\":\"2099-01-01\"},\"actor\":[{\"role\":{\"text\":\"x\"},"
              "\"reference\":{\"reference\":\"RelatedPerson/son\"}},{\"role\":{\"text\":\"x\"},"
              "\"reference\":{\"reference\":\"Patient/b\"}}]}}");
    FOR_CASES(cases, c)
    {
        char path[64];
        CASE(c->why);
        give_proxies_the_log(c->cell);
        snprintf(path, sizeof(path), "Patient/%s/$copy", c->patient);
        check_int(wants(c->role, c->who, path, NULL), c->copy);
        snprintf(path, sizeof(path), "Patient/%s/$disclosures", c->patient);
        check_int(wants(c->role, c->who, path, PARAMETERS(ASKED("all", "true"))), c->told);
        check_int(says("when,account,role"), c->told == 200);
    }
    scene_close(&s);
}

static void an_amendment_is_for_who_may_write(void **state)
{
    UNUSED(state);
    static const char body[] = PARAMETERS(
        ASKED("reason", "he says so") ",{\"name\":\"resource\",\"resource\":{\"resourceType\":"
                                      "\"Condition\",\"id\":\"c\",\"code\":{\"text\":"
                                      "\"varicelle\"},\"subject\":{\"reference\":\"Patient/a\"}}}");
    open_scene();
    check_int(wants("patient", "Patient/a", "Patient/a/$amend", body), 403);
    check_int(wants("gp", "Practitioner/g", "Patient/a/$amend", body), 200);
    fixture_clear(&s.f);
    check_int(fixture_read(&s.f, STR("Condition"), STR("c"), STR_EMPTY), STATUS_OK);
    check(str_contains(s.f.reply.body, "varicelle"));
    check_int(s.f.reply.version, 2);
    fixture_clear(&s.f);
    check_int(fixture_search(&s.f, STR("Provenance"), STR("target=Condition/c")), STATUS_OK);
    check(str_contains(s.f.reply.body, "he says so"));
    check(str_contains(s.f.reply.body, "Condition/c/_history/1"));
    CASE("what is about somebody else is not amended here");
    scene_put(&s, "Patient/e", "{\"resourceType\":\"Patient\",\"id\":\"e\"}");
    linked("e", "gp");
    check_int(wants("gp", "Practitioner/g", "Patient/e/$amend", body), 422);
    scene_close(&s);
}

static bool gp_sees(const char *id)
{
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    call.access = scene_person(&s, "gp", "Practitioner/g");
    (void)record_read(s.f.record, &s.f.cx, &call, STR("Condition"), str_of(id), &s.f.reply);
    return fixture_finish(&s.f, &call) == STATUS_OK;
}

static void restriction_needs_a_proof(void **state)
{
    UNUSED(state);
    open_scene();
    check(gp_sees("c"));
    check_int(wants("gp", "Practitioner/g", "Patient/a/$restrict", NULL), 403);
    CASE("an administrator who has proved nothing lately");
    check_int(wants("admin", "Practitioner/x", "Patient/a/$restrict", NULL), 403);
    check(gp_sees("c"));
    stepped = true;
    check_int(wants("admin", "Practitioner/x", "Patient/a/$restrict", NULL), 204);
    check(!gp_sees("c"));
    CASE("once is enough; and it ends");
    check_int(wants("admin", "Practitioner/x", "Patient/a/$restrict", NULL), 204);
    check_int(
        wants("admin", "Practitioner/x", "Patient/a/$restrict", PARAMETERS(ASKED("on", "false"))),
        204);
    check(gp_sees("c"));
    CASE("it ends among a thousand consents to treatments, too");
    check_int(wants("admin", "Practitioner/x", "Patient/a/$restrict", NULL), 204);
    fixture_put_many(&s.f, "Consent", 1000,
                     "\"status\":\"active\",\"scope\":{\"coding\":[{\"system\":"
                     "\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
                     "\"treatment\"}]},\"category\":[{\"text\":\"anaesthesia\"}],\"dateTime\":"
                     "\"2098-01-01\",\"patient\":{\"reference\":\"Patient/a\"},\"policyRule\":{"
                     "\"text\":\"x\"}");
    check(!gp_sees("c"));
    check_int(
        wants("admin", "Practitioner/x", "Patient/a/$restrict", PARAMETERS(ASKED("on", "false"))),
        204);
    check(gp_sees("c"));
    check_int(wants("admin", "Practitioner/x", "Patient/nobody/$restrict", NULL), 404);
    stepped = false;
    scene_close(&s);
}

#define MERGE(from, to)                                                                            \
    PARAMETERS("{\"name\":\"source\",\"valueReference\":{\"reference\":\"Patient/" from            \
               "\"}},{\"name\":\"target\",\"valueReference\":{\"reference\":\"Patient/" to "\"}}")

static bool erases(const char *payload, bool *ret_hopeless)
{
    fixture_clear(&s.f);
    return privacy_erase_later(&s.f.cx, s.f.record, s.f.access, str_of(payload), ret_hopeless) ==
           STATUS_OK;
}

static Status read_status(const char *type, const char *id)
{
    fixture_clear(&s.f);
    return fixture_read(&s.f, str_of(type), str_of(id), STR_EMPTY);
}

/* A record that was merged is held, and erased, with the one that it lives on in. */
static void a_merge_is_no_way_around_a_hold(void **state)
{
    UNUSED(state);
    static const char body[] = PARAMETERS(ASKED("reason", "asked") "," ASKED("ground", "true"));
    static const char later[] = "{\"patient\":\"b\",\"by\":\"x\",\"reason\":\"asked\"}";
    bool hopeless;
    open_scene();
    stepped = true;
    check_int(wants("admin", "Practitioner/x", "Patient/a/$hold",
                    PARAMETERS(ASKED("reason", "a court asks"))),
              204);
    CASE("what is held goes into another record: that one is held");
    check_int(asks(NULL, NULL, "Patient/$merge", MERGE("a", "b")), 200);
    check_int(wants("admin", "Practitioner/x", "Patient/b/$erase", body), 403);
    check(!erases(later, &hopeless) && hopeless);
    check_int(read_status("Condition", "c"), STATUS_OK);
    CASE("by the name of the one that it was, too");
    check_int(wants("admin", "Practitioner/x", "Patient/a/$release", NULL), 204);
    check_int(wants("admin", "Practitioner/x", "Patient/b/$erase", body), 202);
    check_int(wants("admin", "Practitioner/x", "Patient/a/$hold",
                    PARAMETERS(ASKED("reason", "another court"))),
              204);
    check_int(wants("admin", "Practitioner/x", "Patient/b/$erase", body), 403);
    CASE("and what is left of it stays as long as the other one must");
    check_int(wants("admin", "Practitioner/x", "Patient/a/$release", NULL), 204);
    check_int(wants("admin", "Practitioner/x", "Patient/b/$hold",
                    PARAMETERS(ASKED("reason", "a third one"))),
              204);
    check_int(wants("admin", "Practitioner/x", "Patient/a/$erase", body), 403);
    check_int(wants("admin", "Practitioner/x", "Patient/b/$release", NULL), 204);
    CASE("nobody is drawn in by a link that no merge has made");
    scene_put(&s, "Patient/z",
              "{\"resourceType\":\"Patient\",\"id\":\"z\",\"name\":[{\"family\":\"Tiers\"}]}");
    check_int(read_status("Patient", "b"), STATUS_OK);
    check_int(fixture_put(&s.f, STR("Patient"), STR("b"),
                          STR("{\"resourceType\":\"Patient\",\"id\":\"b\",\"link\":[{\"other\":{"
                              "\"reference\":\"Patient/a\"},\"type\":\"replaces\"},{\"other\":{"
                              "\"reference\":\"Patient/z\"},\"type\":\"replaces\"}]}"),
                          STR_EMPTY),
              STATUS_OK);
    CASE("erased is all of the person, under each of his names");
    check(erases(later, &hopeless));
    check_int(read_status("Condition", "c"), STATUS_GONE);
    check_int(read_status("Patient", "a"), STATUS_GONE);
    check_int(read_status("Patient", "b"), STATUS_GONE);
    check_int(read_status("Patient", "z"), STATUS_OK);
    stepped = false;
    scene_close(&s);
}

static void erasure_is_decided_and_then_done(void **state)
{
    UNUSED(state);
    static const char body[] = PARAMETERS(ASKED("country", "BE") "," ASKED("reason", "asked"));
    open_scene();
    stepped = true;
    check_int(wants("gp", "Practitioner/g", "Patient/a/$erase", body), 403);
    check_int(
        wants("admin", "Practitioner/x", "Patient/a/$erase", PARAMETERS(ASKED("country", "BE"))),
        400);
    CASE("a hold stands above it");
    check_int(wants("admin", "Practitioner/x", "Patient/a/$hold",
                    PARAMETERS(ASKED("reason", "a court asks"))),
              204);
    check_int(wants("admin", "Practitioner/x", "Patient/a/$erase", body), 403);
    check_int(wants("admin", "Practitioner/x", "Patient/a/$release", NULL), 204);
    scene_remove(&s, "CareTeam/a-gp"); /* written today: a contact */
    CASE("46 years ago: it is decided, and a job does it");
    check_int(wants("admin", "Practitioner/x", "Patient/a/$erase",
                    PARAMETERS(ASKED("country", "BE") "," ASKED("reason", "asked") "," ASKED(
                        "ground", "true"))),
              202);
    bool hopeless;
    fixture_clear(&s.f);
    check_int(privacy_erase_later(&s.f.cx, s.f.record, s.f.access,
                                  STR("{\"patient\":\"a\",\"by\":\"x\",\"reason\":\"asked\"}"),
                                  &hopeless),
              STATUS_OK);
    fixture_clear(&s.f);
    check_int(fixture_read(&s.f, STR("Condition"), STR("c"), STR_EMPTY), STATUS_GONE);
    CASE("a hold that came in between");
    check_int(wants("admin", "Practitioner/x", "Patient/b/$hold",
                    PARAMETERS(ASKED("reason", "a court asks"))),
              204);
    fixture_clear(&s.f);
    check_int(privacy_erase_later(&s.f.cx, s.f.record, s.f.access,
                                  STR("{\"patient\":\"b\",\"by\":\"x\",\"reason\":\"asked\"}"),
                                  &hopeless),
              STATUS_FORBIDDEN);
    check(hopeless);
    stepped = false;
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_for_the_patient),
        cmocka_unit_test(who_was_told),
        cmocka_unit_test(who_acts_for_him_is_told_by_the_matrix),
        cmocka_unit_test(an_amendment_is_for_who_may_write),
        cmocka_unit_test(restriction_needs_a_proof),
        cmocka_unit_test(a_merge_is_no_way_around_a_hold),
        cmocka_unit_test(erasure_is_decided_and_then_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
