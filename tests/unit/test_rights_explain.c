/* Why somebody sees what he sees: the sentence that decides, and that nothing is said but what
 * happens. docs/guide/access.md */
#include "json/json.h"
#include "rights_scene.h"

static Scene s;

static int begin(void **state)
{
    UNUSED(state);
    scene_open(&s);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    scene_close(&s);
    return 0;
}

/* ---- papers ---------------------------------------------------------------------------------- */

#define NOW_OPEN "{\"start\":\"2026-01-01\"}"

static const char team[] =
    "{\"resourceType\":\"CareTeam\",\"id\":\"%s\",\"status\":\"active\",\"category\":[{\"coding\":["
    "{"
    "\"system\":\"urn:aceso:link\",\"code\":\"%s\"}]}],\"subject\":{\"reference\":\"Patient/ann\"},"
    "\"period\":%s,\"participant\":[{\"member\":{\"reference\":\"%s\"}}]}";
static const char consent[] =
    "{\"resourceType\":\"Consent\",\"id\":\"%s\",\"status\":\"active\",\"scope\":{\"coding\":[{"
    "\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
    "\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":\"urn:aceso:consent\",\"code\":"
    "\"%s\"}]}],\"patient\":{\"reference\":\"Patient/ann\"},\"policyRule\":{\"text\":\"network\"},"
    "\"provision\":%s}";

static void put_team(const char *id, const char *kind, const char *period, const char *member)
{
    char json[1200], path[40];
    snprintf(json, sizeof(json), team, id, kind, period, member);
    snprintf(path, sizeof(path), "CareTeam/%s", id);
    scene_put(&s, path, json);
}

static void put_consent(const char *id, const char *code, const char *provision)
{
    char json[1600], path[40];
    snprintf(json, sizeof(json), consent, id, code, provision);
    snprintf(path, sizeof(path), "Consent/%s", id);
    scene_put(&s, path, json);
}

static void start_again(void)
{
    scene_close(&s);
    scene_open(&s);
    scene_put(&s, "Practitioner/gp", "{\"resourceType\":\"Practitioner\",\"id\":\"gp\"}");
    scene_put(&s, "Patient/ann",
              "{\"resourceType\":\"Patient\",\"id\":\"ann\",\"birthDate\":\"1970-01-01\"}");
}

#define DENY_GP                                                                                    \
    "{\"type\":\"deny\",\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":{\"reference\":"       \
    "\"Practitioner/gp\"}}]"
#define PERMIT "{\"type\":\"permit\"}"

static RightsWhy explain(const char *role, const char *reference)
{
    RightsWhy why = {.role = STR_EMPTY};
    StoreReader *reader;
    fixture_clear(&s.f);
    assert_int_equal(store_read_begin(s.f.store, &s.f.cx, s.f.access, &reader), STATUS_OK);
    check_int(rights_explain(s.book, &s.f.cx, reader, str_of(role), str_of(reference),
                             STR("Patient/ann"), &why),
              STATUS_OK);
    store_read_end(reader);
    return why;
}

/* ---- sentences ------------------------------------------------------------------------------- */

static void the_sentence_that_decides_is_told(void **state)
{
    UNUSED(state);
    static const struct {
        const char *link, *period, *network, *block;
        const char *role, *reference;
        AccessClass class;
        const char *verdict, *why;
    } cases[] = {
        {NULL, NULL, NULL, NULL, "gp", "Practitioner/gp", D7_PROBLEMS, "own",
         "no link with this patient: only what he made himself"},
        {NULL, NULL, NULL, NULL, "gp", "Practitioner/gp", D13_MENTAL_HEALTH, "nothing",
         "no link with this patient; the class needs break-glass"},
        {"own-gp", NOW_OPEN, NULL, NULL, "gp", "Practitioner/gp", D7_PROBLEMS, "own",
         "no consent to the network: only what he made himself"},
        {"own-gp", NOW_OPEN, "{\"type\":\"deny\"}", NULL, "gp", "Practitioner/gp", D7_PROBLEMS,
         "own", "the patient refuses the network (Consent/n): only what he made himself"},
        {"own-gp", NOW_OPEN, NULL, NULL, "gp", "Practitioner/gp", D1_DEMOGRAPHICS, "all",
         "cell W; link CareTeam/t (own-gp) until 2027-04-01T00:00"},
        {"own-gp", NOW_OPEN, PERMIT, NULL, "gp", "Practitioner/gp", D7_PROBLEMS, "all",
         "cell W; link CareTeam/t (own-gp) until 2027-04-01T00:00, consent Consent/n"},
        {"own-gp", NOW_OPEN, PERMIT, NULL, "gp", "Practitioner/gp", D8_LABORATORY, "all",
         "cell R; link CareTeam/t (own-gp) until 2027-04-01T00:00, consent Consent/n"},
        {"own-gp", NOW_OPEN, PERMIT, NULL, "gp", "Practitioner/gp", D13_MENTAL_HEALTH, "nothing",
         "only after break-glass"},
        {"own-gp", NOW_OPEN, PERMIT, NULL, "gp", "Practitioner/gp", D14_PSYCHOTHERAPY, "nothing",
         "psychotherapy notes are their author's alone, also after break-glass"},
        {"own-gp", NOW_OPEN, PERMIT, NULL, "gp", "Practitioner/gp", D16_AUDIT, "nothing",
         "the matrix gives this role nothing of this class"},
        {"own-gp", NOW_OPEN, PERMIT, DENY_GP "}", "gp", "Practitioner/gp", D7_PROBLEMS, "nothing",
         "the patient has blocked him: Consent/b"},
        {"own-gp", NOW_OPEN, PERMIT,
         DENY_GP ",\"class\":[{\"system\":\"urn:aceso:class\",\"code\":\"D8\"}]}", "gp",
         "Practitioner/gp", D8_LABORATORY, "nothing",
         "the patient has taken this class away: Consent/b"},
        {"own-gp", NOW_OPEN, PERMIT,
         DENY_GP ",\"class\":[{\"system\":\"urn:aceso:class\",\"code\":\"D8\"}]}", "gp",
         "Practitioner/gp", D7_PROBLEMS, "all",
         "cell W; link CareTeam/t (own-gp) until 2027-04-01T00:00, consent Consent/n"},
        {"break-glass", "{\"start\":\"2026-06-15T11:00:00Z\"}", NULL, NULL, "gp", "Practitioner/gp",
         D13_MENTAL_HEALTH, "all", "the glass is broken until 2026-06-15T15:00"},
        {NULL, NULL, NULL, NULL, "patient", "Patient/ann", D7_PROBLEMS, "all",
         "cell R; it is his own record"},
        {NULL, NULL, NULL, NULL, "auditor", "Practitioner/gp", D16_AUDIT, "all",
         "his role needs no link for this class"},
    };
    FOR_CASES(cases, c)
    {
        start_again();
        CASE(c->why);
        if (c->link)
            put_team("t", c->link, c->period, "Practitioner/gp");
        if (c->network)
            put_consent("n", "network", c->network);
        if (c->block)
            put_consent("b", "block", c->block);
        RightsWhy why = explain(c->role, c->reference);
        check_str(why.classes[c->class].verdict, str_of(c->verdict));
        check_str(why.classes[c->class].why, str_of(c->why));
    }
}

/* ---- nothing but what happens ------------------------------------------------------------------
 */

static unsigned dice_state = 20261122;
static unsigned dice(unsigned sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 16) % sides;
}

static void write_papers(void)
{
    static const char *const kinds[] = {"own-gp", "contact", "break-glass"};
    static const char *const members[] = {"Practitioner/gp", "Practitioner/nurse"};
    static const char *const provisions[] = {
        PERMIT,
        PERMIT,
        "{\"type\":\"deny\"}",
        DENY_GP "}",
        DENY_GP ",\"class\":[{\"system\":\"urn:aceso:class\",\"code\":\"D8\"}]}",
        DENY_GP ",\"securityLabel\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
                "v3-Confidentiality\",\"code\":\"R\"}]}"};
    char id[4];
    snprintf(id, sizeof(id), "%u", dice(3));
    put_team(id, kinds[dice(3)],
             dice(3) ? "{\"start\":\"2026-06-15T10:00:00Z\"}" : "{\"start\":\"2026-01-01\"}",
             members[dice(2)]);
    put_consent(id, dice(2) ? "network" : "block", provisions[dice(6)]);
}

/* Each row by each author, as a request would see it and as it is explained. */
static void check_rows(const char *role, const char *reference)
{
    uint64_t himself = scene_hash(&s, reference), ann = scene_hash(&s, "Patient/ann");
    for (unsigned i = 0; i < ACCESS_CLASSES * 12; i++) {
        Facts facts = {.class = (uint8_t)(i / 12),
                       .author = i % 3 ? 1 : himself,
                       .profession =
                           (uint8_t)(i % 3 == 1 ? access_role_of(str_of(role)) : ROLE_NOBODY),
                       .confidentiality = (uint8_t)(i / 3 % 4 + CONF_M),
                       .subject_count = 1,
                       .subjects = {ann}};
        Sight told;
        Str sentence;
        RightsWhy why = explain(role, reference);
        check_int(rights_explain_row(&s.f.cx, &why, 1, &facts, &told, &sentence), STATUS_OK);
        check(sentence.len > 0);
        check_int(told, access_sees(scene_ask(&s, role, reference), 1, &facts));
    }
}

static void what_is_told_is_what_happens(void **state)
{
    UNUSED(state);
    static const char *const people[][2] = {{"gp", "Practitioner/gp"},
                                            {"nurse", "Practitioner/nurse"},
                                            {"auditor", "Practitioner/gp"},
                                            {"druid", "Practitioner/gp"},
                                            {"patient", "Patient/ann"}};
    start_again();
    for (unsigned round = 0; round < 12; round++) {
        char why[40];
        write_papers();
        snprintf(why, sizeof(why), "round %u, %s", round, people[round % COUNT_OF(people)][0]);
        CASE(why);
        check_rows(people[round % COUNT_OF(people)][0], people[round % COUNT_OF(people)][1]);
    }
}

/* ---- for programs ------------------------------------------------------------------------------
 */

static void programs_read_the_same(void **state)
{
    UNUSED(state);
    Str json;
    JsonValue *root;
    start_again();
    put_team("t", "own-gp", NOW_OPEN, "Practitioner/gp");
    put_consent("n", "network", PERMIT);
    RightsWhy why = explain("gp", "Practitioner/gp");
    check_int(rights_why_json(&s.f.cx, &why, &json), STATUS_OK);
    check_int(json_parse(&s.f.cx, json, &root), STATUS_OK);
    check_str(json_get_str(root, STR("link")), STR("CareTeam/t"));
    check_str(json_get_str(root, STR("kind")), STR("own-gp"));
    check_str(json_get_str(root, STR("permit")), STR("Consent/n"));
    check_int(json_count(json_get(root, STR("classes"))), ACCESS_CLASSES);
    for (size_t i = 0; i < ACCESS_CLASSES; i++) {
        const JsonValue *one = json_item(json_get(root, STR("classes")), i);
        check_str(json_get_str(one, STR("sees")), why.classes[i].verdict);
        check_str(json_get_str(one, STR("why")), why.classes[i].why);
    }
    CASE("no word out of a chart");
    check(!str_contains(json, "1970"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sentence_that_decides_is_told),
        cmocka_unit_test(what_is_told_is_what_happens),
        cmocka_unit_test(programs_read_the_same),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
