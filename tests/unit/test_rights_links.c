/* Links, consents, blocks, functions and kin as resources, and what somebody sees by them. */
#include <time.h>
#include <unistd.h>

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

/* ---- resources ------------------------------------------------------------------------------- */

#define PERSON(type, id) "{\"resourceType\":\"" type "\",\"id\":\"" id "\"}"
#define TEAM(id, status, kind, patient, period, member)                                            \
    "{\"resourceType\":\"CareTeam\",\"id\":\"" id "\",\"status\":\"" status                        \
    "\",\"category\":[{\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"" kind                \
    "\"}]}],\"subject\":{\"reference\":\"" patient "\"},\"period\":" period                        \
    ",\"participant\":[{\"member\":{\"reference\":\"" member "\"}}]}"
#define CONSENT(id, code, patient, provision)                                                      \
    "{\"resourceType\":\"Consent\",\"id\":\"" id "\",\"status\":\"active\",\"scope\":{\"coding\":" \
    "[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"                \
    "\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":\"urn:aceso:consent\","         \
    "\"code\":\"" code "\"}]}],\"patient\":{\"reference\":\"" patient                              \
    "\"},\"policyRule\":{\"text\":\"network\"},\"provision\":" provision "}"
#define ACTOR(reference)                                                                           \
    "\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":{\"reference\":\"" reference "\"}}]"
#define NOW_OPEN "{\"start\":\"2026-01-01\"}"

static void people(void)
{
    static const char *const patients[] = {"Patient/ann", "Patient/ben"};
    scene_put(&s, "Practitioner/gp", PERSON("Practitioner", "gp"));
    scene_put(&s, "Practitioner/nurse", PERSON("Practitioner", "nurse"));
    scene_put(&s, "Organization/house",
              "{\"resourceType\":\"Organization\",\"id\":\"house\","
              "\"name\":\"The house\"}");
    for (size_t i = 0; i < COUNT_OF(patients); i++) {
        char json[200];
        snprintf(json, sizeof(json), "{\"resourceType\":\"Patient\",\"id\":\"%s\"}",
                 patients[i] + 8);
        scene_put(&s, patients[i], json);
    }
}

static void start_again(void)
{
    scene_close(&s);
    scene_open(&s);
    people();
}

static Sight gp_sees(AccessClass class)
{
    return scene_sees(&s, "gp", "Practitioner/gp", class, "Patient/ann");
}

/* ---- three gates ------------------------------------------------------------------------------
 */

static void link_and_consent_are_needed(void **state)
{
    UNUSED(state);
    start_again();
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    CASE("a link without consent: the office alone");
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    check_int(gp_sees(D1_DEMOGRAPHICS), SIGHT_FULL);
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    CASE("with consent");
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    check_int(gp_sees(D13_MENTAL_HEALTH), SIGHT_NONE);
    check_int(scene_sees(&s, "gp", "Practitioner/gp", D7_PROBLEMS, "Patient/ben"), SIGHT_NONE);
    check_int(scene_sees(&s, "nurse", "Practitioner/nurse", D7_PROBLEMS, "Patient/ann"),
              SIGHT_NONE);
    CASE("the patient withdraws; the next request knows");
    scene_remove(&s, "Consent/1");
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    check_int(gp_sees(D1_DEMOGRAPHICS), SIGHT_FULL);
    scene_remove(&s, "CareTeam/1");
    check_int(gp_sees(D1_DEMOGRAPHICS), SIGHT_NONE);
}

/* ---- what makes a link, and what does not -------------------------------------------------------
 */

static void teams_are_links_when_they_say_so(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *team;
        Sight sight;
    } cases[] = {
        {"own GP", TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"),
         SIGHT_FULL},
        {"a contact of three months ago and more",
         TEAM("1", "active", "contact", "Patient/ann", "{\"start\":\"2026-03-14\"}",
              "Practitioner/gp"),
         SIGHT_NONE},
        {"a contact of less than three months ago",
         TEAM("1", "active", "contact", "Patient/ann", "{\"start\":\"2026-03-16\"}",
              "Practitioner/gp"),
         SIGHT_FULL},
        {"an emergency of five weeks ago",
         TEAM("1", "active", "emergency", "Patient/ann", "{\"start\":\"2026-05-11\"}",
              "Practitioner/gp"),
         SIGHT_NONE},
        {"ended yesterday",
         TEAM("1", "active", "own-gp", "Patient/ann",
              "{\"start\":\"2026-01-01\",\"end\":\"2026-06-14\"}", "Practitioner/gp"),
         SIGHT_NONE},
        {"ends today: the day counts",
         TEAM("1", "active", "own-gp", "Patient/ann",
              "{\"start\":\"2026-01-01\",\"end\":\"2026-06-15\"}", "Practitioner/gp"),
         SIGHT_FULL},
        {"begins tomorrow",
         TEAM("1", "active", "own-gp", "Patient/ann", "{\"start\":\"2026-06-16\"}",
              "Practitioner/gp"),
         SIGHT_NONE},
        {"without a beginning",
         TEAM("1", "active", "own-gp", "Patient/ann", "{\"end\":\"2026-12-31\"}",
              "Practitioner/gp"),
         SIGHT_NONE},
        {"not active", TEAM("1", "suspended", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"),
         SIGHT_NONE},
        {"of a kind that there is not",
         TEAM("1", "active", "friend", "Patient/ann", NOW_OPEN, "Practitioner/gp"), SIGHT_NONE},
        {"of somebody else",
         TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/nurse"), SIGHT_NONE},
        {"an ordinary team",
         "{\"resourceType\":\"CareTeam\",\"id\":\"1\",\"status\":\"active\",\"subject\":"
         "{\"reference\":\"Patient/ann\"},\"period\":{\"start\":\"2026-01-01\"},\"participant\":"
         "[{\"member\":{\"reference\":\"Practitioner/gp\"}}]}",
         SIGHT_NONE},
        {"a member who has left",
         "{\"resourceType\":\"CareTeam\",\"id\":\"1\",\"status\":\"active\",\"category\":"
         "[{\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"own-gp\"}]}],\"subject\":"
         "{\"reference\":\"Patient/ann\"},\"period\":{\"start\":\"2026-01-01\"},\"participant\":"
         "[{\"member\":{\"reference\":\"Practitioner/gp\"},\"period\":{\"end\":\"2026-02-01\"}}]}",
         SIGHT_NONE},
    };
    start_again();
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        scene_put(&s, "CareTeam/1", c->team);
        check_int(gp_sees(D7_PROBLEMS), c->sight);
    }
}

static void links_end_by_themselves(void **state)
{
    UNUSED(state);
    start_again();
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann",
                   "{\"start\":\"2026-06-16\",\"end\":\"2026-06-20\"}", "Practitioner/gp"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    scene_now = SCENE_NOW + TIME_DAY / 2 - TIME_SECOND;
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    scene_now = SCENE_NOW + TIME_DAY / 2;
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    scene_now = SCENE_NOW + 5 * TIME_DAY + TIME_DAY / 2 - TIME_SECOND;
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    scene_now = SCENE_NOW + 5 * TIME_DAY + TIME_DAY / 2;
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
}

static void members_of_an_organisation_share_its_links(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *role;
        Sight sight;
    } cases[] = {
        {"a function there", "\"active\":true,", SIGHT_FULL},
        {"a function without saying whether it is active", "", SIGHT_FULL},
        {"one that is over", "\"active\":false,", SIGHT_NONE},
        {"one that has ended", "\"period\":{\"end\":\"2026-06-01\"},", SIGHT_NONE},
        {"one that begins later", "\"period\":{\"start\":\"2026-07-01\"},", SIGHT_NONE},
    };
    start_again();
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "contact", "Patient/ann", "{\"start\":\"2026-06-01\"}",
                   "Organization/house"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    FOR_CASES(cases, c)
    {
        char json[400];
        CASE(c->why);
        snprintf(json, sizeof(json),
                 "{\"resourceType\":\"PractitionerRole\",\"id\":\"1\",%s\"practitioner\":"
                 "{\"reference\":\"Practitioner/gp\"},\"organization\":"
                 "{\"reference\":\"Organization/house\"}}",
                 c->role);
        scene_put(&s, "PractitionerRole/1", json);
        check_int(gp_sees(D7_PROBLEMS), c->sight);
    }
}

/* ---- consents and blocks
 * ------------------------------------------------------------------------- */

static void consents_mean_what_they_say(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *consent;
        Sight problems, laboratory, office;
    } cases[] = {
        {"none", NULL, SIGHT_NONE, SIGHT_NONE, SIGHT_FULL},
        {"yes", CONSENT("2", "network", "Patient/ann", "{\"type\":\"permit\"}"), SIGHT_FULL,
         SIGHT_FULL, SIGHT_FULL},
        {"yes, until last month",
         CONSENT("2", "network", "Patient/ann",
                 "{\"type\":\"permit\",\"period\":{\"end\":\"2026-05\"}}"),
         SIGHT_NONE, SIGHT_NONE, SIGHT_FULL},
        {"yes to something else", CONSENT("2", "photos", "Patient/ann", "{\"type\":\"permit\"}"),
         SIGHT_NONE, SIGHT_NONE, SIGHT_FULL},
        {"yes for one purpose: not understood, so no",
         CONSENT("2", "network", "Patient/ann",
                 "{\"type\":\"permit\",\"purpose\":[{\"code\":\"HRESCH\"}]}"),
         SIGHT_NONE, SIGHT_NONE, SIGHT_FULL},
        {"yes, but not for him",
         CONSENT("2", "network", "Patient/ann",
                 "{\"type\":\"permit\",\"provision\":[{\"type\":\"deny\"," ACTOR(
                     "Practitioner/gp") "}]}"),
         SIGHT_NONE, SIGHT_NONE, SIGHT_NONE},
        {"yes, but not laboratory results",
         CONSENT("2", "network", "Patient/ann",
                 "{\"type\":\"permit\",\"provision\":[{\"type\":\"deny\",\"class\":[{\"system\":"
                 "\"urn:aceso:class\",\"code\":\"D8\"}]}]}"),
         SIGHT_FULL, SIGHT_NONE, SIGHT_FULL},
        {"no", CONSENT("2", "network", "Patient/ann", "{\"type\":\"deny\"}"), SIGHT_NONE,
         SIGHT_NONE, SIGHT_FULL},
    };
    start_again();
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        if (c->consent)
            scene_put(&s, "Consent/2", c->consent);
        check_int(gp_sees(D7_PROBLEMS), c->problems);
        check_int(gp_sees(D8_LABORATORY), c->laboratory);
        check_int(gp_sees(D1_DEMOGRAPHICS), c->office);
    }
}

#define PROFESSION(code)                                                                           \
    "\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":{\"identifier\":{\"system\":"             \
    "\"urn:aceso:profession\",\"value\":\"" code "\"}}}]"
#define CLASS(system, code) "\"class\":[{\"system\":\"" system "\",\"code\":\"" code "\"}]"

static void blocks_take_away(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *provision;
        Sight problems, laboratory;
    } cases[] = {
        {"him", "{\"type\":\"deny\"," ACTOR("Practitioner/gp") "}", SIGHT_NONE, SIGHT_NONE},
        {"somebody else", "{\"type\":\"deny\"," ACTOR("Practitioner/nurse") "}", SIGHT_FULL,
         SIGHT_FULL},
        {"his organisation", "{\"type\":\"deny\"," ACTOR("Organization/house") "}", SIGHT_NONE,
         SIGHT_NONE},
        {"his function", "{\"type\":\"deny\"," ACTOR("PractitionerRole/1") "}", SIGHT_NONE,
         SIGHT_NONE},
        {"his profession", "{\"type\":\"deny\"," PROFESSION("gp") "}", SIGHT_NONE, SIGHT_NONE},
        {"another profession", "{\"type\":\"deny\"," PROFESSION("nurse") "}", SIGHT_FULL,
         SIGHT_FULL},
        {"a profession that there is not: it might be his",
         "{\"type\":\"deny\"," PROFESSION("druid") "}", SIGHT_NONE, SIGHT_NONE},
        {"one class",
         "{\"type\":\"deny\"," ACTOR("Practitioner/gp") "," CLASS("urn:aceso:class", "D8") "}",
         SIGHT_FULL, SIGHT_NONE},
        {"a class that is not understood: all",
         "{\"type\":\"deny\"," ACTOR("Practitioner/gp") "," CLASS("urn:other", "D8") "}",
         SIGHT_NONE, SIGHT_NONE},
        {"one that is over",
         "{\"type\":\"deny\",\"period\":{\"end\":\"2026-06-01\"}," ACTOR("Practitioner/gp") "}",
         SIGHT_FULL, SIGHT_FULL},
    };
    start_again();
    scene_put(&s, "PractitionerRole/1",
              "{\"resourceType\":\"PractitionerRole\",\"id\":\"1\",\"practitioner\":"
              "{\"reference\":\"Practitioner/gp\"},\"organization\":"
              "{\"reference\":\"Organization/house\"}}");
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    FOR_CASES(cases, c)
    {
        char json[1200];
        CASE(c->why);
        snprintf(json, sizeof(json), CONSENT("2", "block", "Patient/ann", "%s"), c->provision);
        scene_put(&s, "Consent/2", json);
        check_int(gp_sees(D7_PROBLEMS), c->problems);
        check_int(gp_sees(D8_LABORATORY), c->laboratory);
    }
}

/* A block that names a category of sensitivity or a level takes that away and leaves the rest.
 * docs/guide/access.md, Consent and blocks */
static void a_block_may_name_a_label(void **state)
{
    UNUSED(state);
#define LABEL(system, code)                                                                        \
    "{\"type\":\"deny\"," ACTOR("Practitioner/gp") ",\"securityLabel\":[{\"system\":\"" system     \
                                                   "\",\"code\":\"" code "\"}]}"
#define V3 "http://terminology.hl7.org/CodeSystem/v3-"
    static const struct {
        const char *why, *provision;
        Sight plain, hiv, restricted;
    } cases[] = {
        {"nothing yet", NULL, SIGHT_FULL, SIGHT_FULL, SIGHT_FULL},
        {"HIV", LABEL(V3 "ActCode", "HIV"), SIGHT_FULL, SIGHT_NONE, SIGHT_FULL},
        {"what is restricted", LABEL(V3 "Confidentiality", "R"), SIGHT_FULL, SIGHT_FULL,
         SIGHT_NONE},
    };
    start_again();
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    Facts plain = {.class = D7_PROBLEMS,
                   .confidentiality = CONF_N,
                   .author = 1,
                   .subject_count = 1,
                   .subjects = {scene_hash(&s, "Patient/ann")}},
          hiv = plain, restricted = plain;
    hiv.sensitivity = SENSITIVE_HIV;
    restricted.confidentiality = CONF_R;
    FOR_CASES(cases, c)
    {
        char json[1200];
        CASE(c->why);
        if (c->provision) {
            snprintf(json, sizeof(json), CONSENT("2", "block", "Patient/ann", "%s"), c->provision);
            scene_put(&s, "Consent/2", json);
        }
        const Access *gp = scene_ask(&s, "gp", "Practitioner/gp");
        check_int(access_sees(gp, 1, &plain), c->plain);
        check_int(access_sees(gp, 1, &hiv), c->hiv);
        check_int(access_sees(gp, 1, &restricted), c->restricted);
    }
}

/* Whoever is blocked does not see what he wrote himself either, with or without a link. */
static void a_block_hides_what_he_wrote(void **state)
{
    UNUSED(state);
    start_again();
    Facts own = {.class = D7_PROBLEMS,
                 .author = scene_hash(&s, "Practitioner/gp"),
                 .subject_count = 1,
                 .subjects = {scene_hash(&s, "Patient/ann")}};
    static const struct {
        const char *why, *provision;
        Sight sight;
    } cases[] = {
        {"himself", "{\"type\":\"deny\"," ACTOR("Practitioner/gp") "}", SIGHT_NONE},
        {"another profession", "{\"type\":\"deny\"," PROFESSION("nurse") "}", SIGHT_FULL},
        {"his profession", "{\"type\":\"deny\"," PROFESSION("gp") "}", SIGHT_NONE},
    };
    check_int(access_sees(scene_ask(&s, "gp", "Practitioner/gp"), 1, &own), SIGHT_FULL);
    FOR_CASES(cases, c)
    {
        char json[1200];
        CASE(c->why);
        snprintf(json, sizeof(json), CONSENT("2", "block", "Patient/ann", "%s"), c->provision);
        scene_put(&s, "Consent/2", json);
        check_int(access_sees(scene_ask(&s, "gp", "Practitioner/gp"), 1, &own), c->sight);
    }
}

/* ---- break-glass
 * ---------------------------------------------------------------------------------- */

#define BROKEN(start, end)                                                                         \
    TEAM("9", "active", "break-glass", "Patient/ann",                                              \
         "{\"start\":\"" start "\",\"end\":\"" end "\"}", "Practitioner/gp")

static void a_broken_glass_opens_what_the_matrix_says(void **state)
{
    UNUSED(state);
    start_again();
    scene_put(&s, "CareTeam/9", BROKEN("2026-06-15T11:00:00Z", "2026-06-15T15:00:00Z"));
    CASE("without link or consent");
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    check_int(gp_sees(D13_MENTAL_HEALTH), SIGHT_FULL);
    check_int(gp_sees(D14_PSYCHOTHERAPY), SIGHT_NONE);
    check_int(gp_sees(D16_AUDIT), SIGHT_NONE);
    CASE("of this patient alone");
    check_int(scene_sees(&s, "gp", "Practitioner/gp", D7_PROBLEMS, "Patient/ben"), SIGHT_NONE);
    CASE("four hours at most, whatever it says");
    scene_put(&s, "CareTeam/9", BROKEN("2026-06-15T07:59:00Z", "2026-06-16T15:00:00Z"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    scene_put(&s, "CareTeam/9", BROKEN("2026-06-15T11:00:00Z", "2026-06-15T15:00:00Z"));
    scene_now = SCENE_NOW + 3 * 3600 * TIME_SECOND;
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
}

static void an_absolute_block_stays_shut(void **state)
{
    UNUSED(state);
    start_again();
    scene_put(&s, "CareTeam/9", BROKEN("2026-06-15T11:00:00Z", "2026-06-15T15:00:00Z"));
    scene_put(
        &s, "Consent/2",
        CONSENT("2", "block", "Patient/ann", "{\"type\":\"deny\"," ACTOR("Practitioner/gp") "}"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    CASE("one that excepts emergencies opens");
    scene_put(&s, "Consent/2",
              CONSENT("2", "block", "Patient/ann",
                      "{\"type\":\"deny\"," ACTOR(
                          "Practitioner/gp") ",\"provision\":[{\"type\":\"permit\",\"purpose\":"
                                             "[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
                                             "v3-ActReason\",\"code\":\"ETREAT\"}]}]}"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
}

/* ---- patients and those who act for them
 * ------------------------------------------------------------ */

static Sight patient_sees(const char *reference, AccessClass class, const char *patient)
{
    return scene_sees(&s, "patient", reference, class, patient);
}

static void a_patient_sees_himself(void **state)
{
    UNUSED(state);
    start_again();
    check_int(patient_sees("Patient/ann", D7_PROBLEMS, "Patient/ann"), SIGHT_FULL);
    check_int(patient_sees("Patient/ann", D14_PSYCHOTHERAPY, "Patient/ann"), SIGHT_NONE);
    check_int(patient_sees("Patient/ann", D16_AUDIT, "Patient/ann"), SIGHT_FULL);
    check_int(patient_sees("Patient/ann", D7_PROBLEMS, "Patient/ben"), SIGHT_NONE);
    CASE("without consent to the network too");
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"deny\"}"));
    check_int(patient_sees("Patient/ann", D7_PROBLEMS, "Patient/ann"), SIGHT_FULL);
    CASE("a practitioner's reference does not make a patient of him");
    check_int(patient_sees("Practitioner/gp", D7_PROBLEMS, "Patient/ann"), SIGHT_NONE);
}

static void a_mandate_ends(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *provision;
        Sight sight;
    } cases[] = {
        {"with an end",
         "{\"type\":\"permit\",\"period\":{\"end\":\"2026-12-31\"}," ACTOR("Patient/ben") "}",
         SIGHT_REDUCED},
        {"without an end: none", "{\"type\":\"permit\"," ACTOR("Patient/ben") "}", SIGHT_NONE},
        {"that is over",
         "{\"type\":\"permit\",\"period\":{\"end\":\"2026-06-01\"}," ACTOR("Patient/ben") "}",
         SIGHT_NONE},
        {"for somebody else",
         "{\"type\":\"permit\",\"period\":{\"end\":\"2026-12-31\"}," ACTOR("Patient/ann") "}",
         SIGHT_NONE},
    };
    start_again();
    FOR_CASES(cases, c)
    {
        char json[1200];
        CASE(c->why);
        snprintf(json, sizeof(json), CONSENT("1", "mandate", "Patient/ann", "%s"), c->provision);
        scene_put(&s, "Consent/1", json);
        check_int(patient_sees("Patient/ben", D7_PROBLEMS, "Patient/ann"), c->sight);
        check_int(patient_sees("Patient/ben", D13_MENTAL_HEALTH, "Patient/ann"), SIGHT_NONE);
        check_int(patient_sees("Patient/ben", D13_MENTAL_HEALTH, "Patient/ben"), SIGHT_FULL);
    }
}

static void a_parent_sees_a_child(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *birth, *relationship;
        Sight sight;
    } cases[] = {
        {"mother of a child", "\"birthDate\":\"2015-05-05\"", "MTH", SIGHT_REDUCED},
        {"of somebody who is sixteen today", "\"birthDate\":\"2010-06-15\"", "MTH", SIGHT_NONE},
        {"of somebody who is sixteen tomorrow", "\"birthDate\":\"2010-06-16\"", "MTH",
         SIGHT_REDUCED},
        {"thirteen, in Sweden", "\"birthDate\":\"2013-06-01\",\"address\":[{\"country\":\"SE\"}]",
         "MTH", SIGHT_NONE},
        {"an aunt", "\"birthDate\":\"2015-05-05\"", "AUNT", SIGHT_NONE},
        {"a birth date that is not known to the day", "\"birthDate\":\"2015\"", "MTH", SIGHT_NONE},
        {"no birth date", "\"active\":true", "MTH", SIGHT_NONE},
    };
    start_again();
    FOR_CASES(cases, c)
    {
        char json[600];
        CASE(c->why);
        snprintf(json, sizeof(json), "{\"resourceType\":\"Patient\",\"id\":\"kid\",%s}", c->birth);
        scene_put(&s, "Patient/kid", json);
        snprintf(json, sizeof(json),
                 "{\"resourceType\":\"RelatedPerson\",\"id\":\"mum\",\"patient\":{\"reference\":"
                 "\"Patient/kid\"},\"relationship\":[{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":\"%s\"}]}]}",
                 c->relationship);
        scene_put(&s, "RelatedPerson/mum", json);
        check_int(scene_sees(&s, "proxy", "RelatedPerson/mum", D7_PROBLEMS, "Patient/kid"),
                  c->sight);
    }
}

static void put_mother_of(const char *patient)
{
    char json[600];
    snprintf(json, sizeof(json),
             "{\"resourceType\":\"RelatedPerson\",\"id\":\"mum\",\"patient\":{\"reference\":"
             "\"%s\"},\"relationship\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/"
             "CodeSystem/v3-RoleCode\",\"code\":\"MTH\"}]}]}",
             patient);
    scene_put(&s, "RelatedPerson/mum", json);
}

static Sight mother_sees(void)
{
    return scene_sees(&s, "proxy", "RelatedPerson/mum", D7_PROBLEMS, "Patient/kid");
}

/* The patient is no link: but his birth date says until when a parent acts for him. */
static void a_birth_date_that_is_corrected_counts_at_once(void **state)
{
    UNUSED(state);
    start_again();
    scene_put(&s, "Patient/kid",
              "{\"resourceType\":\"Patient\",\"id\":\"kid\",\"birthDate\":\"2015-05-05\"}");
    put_mother_of("Patient/kid");
    check_int(mother_sees(), SIGHT_REDUCED);
    CASE("older than was written");
    scene_put(&s, "Patient/kid",
              "{\"resourceType\":\"Patient\",\"id\":\"kid\",\"birthDate\":\"2005-05-05\"}");
    check_int(mother_sees(), SIGHT_NONE);
    CASE("a child after all, and something else has changed too");
    scene_put(&s, "Patient/kid",
              "{\"resourceType\":\"Patient\",\"id\":\"kid\",\"birthDate\":\"2015-05-05\"}");
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    check_int(mother_sees(), SIGHT_REDUCED);
    CASE("moved to a country where thirteen is old enough");
    scene_put(&s, "Patient/kid",
              "{\"resourceType\":\"Patient\",\"id\":\"kid\",\"birthDate\":\"2013-01-01\","
              "\"address\":[{\"country\":\"SE\"}]}");
    check_int(mother_sees(), SIGHT_NONE);
}

/* ---- the same answer every time
 * ---------------------------------------------------------------------- */

static void what_is_not_about_him_changes_nothing(void **state)
{
    UNUSED(state);
    RightsStats before, after;
    start_again();
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    rights_stats(s.book, &before);
    scene_put(&s, "CareTeam/2",
              TEAM("2", "active", "own-gp", "Patient/ben", NOW_OPEN, "Practitioner/nurse"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    rights_stats(s.book, &after);
    check_int(after.compiled, before.compiled);
    check_int(after.confirmed, before.confirmed + 1);
    check_int(after.remembered, before.remembered + 1);
    CASE("the same team now names him");
    scene_put(&s, "CareTeam/2",
              TEAM("2", "active", "own-gp", "Patient/ben", NOW_OPEN, "Practitioner/gp"));
    check_int(scene_sees(&s, "gp", "Practitioner/gp", D1_DEMOGRAPHICS, "Patient/ben"), SIGHT_FULL);
    CASE("and then does not any more");
    scene_put(&s, "CareTeam/2",
              TEAM("2", "active", "own-gp", "Patient/ben", NOW_OPEN, "Practitioner/nurse"));
    check_int(scene_sees(&s, "gp", "Practitioner/gp", D1_DEMOGRAPHICS, "Patient/ben"), SIGHT_NONE);
}

static void unknown_roles_see_nothing(void **state)
{
    UNUSED(state);
    start_again();
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    check_int(scene_sees(&s, "druid", "Practitioner/gp", D0_DIRECTORY, "Patient/ann"), SIGHT_NONE);
    check_int(scene_sees(&s, "admin", "Practitioner/gp", D7_PROBLEMS, "Patient/ann"), SIGHT_NONE);
}

/* ---- what is remembered is what is there -------------------------------------------------------
 */

static unsigned dice_state = 20261121;
static unsigned dice(unsigned sides)
{
    dice_state = dice_state * 1664525u + 1013904223u;
    return (dice_state >> 16) % sides;
}

/* One write of something that matters, to few people, so that they meet. */
static void write_something(void)
{
    static const char *const patients[] = {"ann", "ben"};
    static const char *const members[] = {"Practitioner/gp", "Practitioner/nurse",
                                          "Organization/house"};
    static const char *const provisions[] = {
        "{\"type\":\"permit\"}", "{\"type\":\"deny\"}",
        "{\"type\":\"deny\"," ACTOR("Practitioner/gp") "}",
        "{\"type\":\"deny\"," ACTOR("Organization/house") "," CLASS("urn:aceso:class", "D8") "}",
        "{\"type\":\"permit\",\"provision\":[{\"type\":\"deny\"," PROFESSION("nurse") "}]}"};
    static const char *const codes[] = {"network", "block"};
    char json[1600], path[32], id[8], patient[32];
    snprintf(id, sizeof(id), "%u", dice(4));
    snprintf(patient, sizeof(patient), "Patient/%s", patients[dice(2)]);
    switch (dice(4)) {
    case 0:
        snprintf(path, sizeof(path), "CareTeam/%s", id);
        snprintf(json, sizeof(json), TEAM("%s", "%s", "own-gp", "%s", NOW_OPEN, "%s"), id,
                 dice(4) ? "active" : "inactive", patient, members[dice(3)]);
        break;
    case 1:
    case 2:
        snprintf(path, sizeof(path), "Consent/%s", id);
        snprintf(json, sizeof(json), CONSENT("%s", "%s", "%s", "%s"), id, codes[dice(2)], patient,
                 provisions[dice(5)]);
        break;
    default:
        snprintf(path, sizeof(path), "PractitionerRole/%s", id);
        snprintf(json, sizeof(json),
                 "{\"resourceType\":\"PractitionerRole\",\"id\":\"%s\",\"active\":%s,"
                 "\"practitioner\":{\"reference\":\"%s\"},\"organization\":"
                 "{\"reference\":\"Organization/house\"}}",
                 id, dice(3) ? "true" : "false", members[dice(2)]);
    }
    scene_put(&s, path, json);
    if (dice(8) == 0)
        scene_remove(&s, path);
}

static void check_same(const Rights *a, const Rights *b)
{
    check_int(a->link_count, b->link_count);
    for (size_t i = 0; i < a->link_count; i++) {
        const RightsMask *x = &a->links[i].mask, *y = &b->links[i].mask;
        check(a->links[i].patient == b->links[i].patient);
        check(x->read == y->read && x->reduced == y->reduced && x->own == y->own);
        check(x->authored == y->authored && x->write == y->write && x->write_own == y->write_own);
        check(x->sensitivity == y->sensitivity && x->clearance == y->clearance);
    }
}

static void check_against_a_fresh_book(const char *role, const char *reference)
{
    static const RightsOptions options = {.clock = scene_clock};
    RightsBook *fresh, *old = s.book;
    RightsLink links[8];
    Ctx cx = testing_ctx();
    assert_int_equal(
        rights_book_new(&cx, s.f.store, record_index(s.f.record), s.f.access, &options, &fresh),
        STATUS_OK);
    Rights was = *access_rights(scene_ask(&s, role, reference));
    check(was.link_count <= COUNT_OF(links));
    memcpy(links, was.links, was.link_count * sizeof(*links));
    was.links = links;
    s.book = fresh;
    check_same(&was, access_rights(scene_ask(&s, role, reference)));
    fixture_clear(&s.f); /* gives back what it holds of the book */
    s.book = old;
    rights_book_free(fresh);
    arena_free(cx.arena);
}

/* A book that has seen everything come and go, and one that begins now, say the same. */
static void memory_and_store_agree(void **state)
{
    UNUSED(state);
    start_again();
    for (unsigned round = 0; round < 150; round++) {
        char why[32];
        snprintf(why, sizeof(why), "round %u", round);
        CASE(why);
        write_something();
        if (dice(3) == 0)
            write_something();
        check_against_a_fresh_book("gp", "Practitioner/gp");
        check_against_a_fresh_book("nurse", "Practitioner/nurse");
    }
}

enum { PRACTICE = 2000, BUNDLE = 250 };

static void put_practice(int from, int count)
{
    char *text = malloc(2 << 20);
    size_t len = 0, room = 2 << 20;
    assert_non_null(text);
    len += (size_t)snprintf(text, room,
                            "{\"resourceType\":\"Bundle\",\"type\":\"batch\","
                            "\"entry\":[");
    for (int i = from; i < from + count; i++) {
        char id[16], patient[32];
        snprintf(id, sizeof(id), "n%d", i);
        snprintf(patient, sizeof(patient), "Patient/p%d", i);
        len += (size_t)snprintf(
            text + len, room - len,
            "%s{\"resource\":" TEAM(
                "%s", "active", "own-gp", "%s", NOW_OPEN,
                "Practitioner/gp") ","
                                   "\"request\":{\"method\":\"PUT\",\"url\":\"CareTeam/%s\"}},"
                                   "{\"resource\":" CONSENT(
                                       "%s", "network", "%s",
                                       "{\"type\":\"permit\"}") ","
                                                                "\"request\":{\"method\":\"PUT\","
                                                                "\"url\":\"Consent/%s\"}}",
            i > from ? "," : "", id, patient, id, id, patient, id);
    }
    len += (size_t)snprintf(text + len, room - len, "]}");
    fixture_clear(&s.f);
    assert_int_equal(fixture_bundle(&s.f, str_n(text, len)), STATUS_OK);
    free(text);
}

/* ---- everything is read once -----------------------------------------------------------------
 */

/* Each page that is read asks the clock behind its snapshot: there somebody writes. */
static unsigned writes_meanwhile;
static Time writing_clock(void)
{
    if (writes_meanwhile) {
        writes_meanwhile--;
        write_something();
    }
    return scene_now;
}

static void another_book(RightsOptions options)
{
    fixture_clear(&s.f);
    rights_book_free(s.book);
    options.clock = writing_clock;
    assert_int_equal(rights_book_new(&s.f.cx, s.f.store, record_index(s.f.record), s.f.access,
                                     &options, &s.book),
                     STATUS_OK);
}

static void what_changes_while_all_is_read_is_not_missed(void **state)
{
    UNUSED(state);
    start_again();
    for (unsigned round = 0; round < 30; round++) {
        char why[32];
        snprintf(why, sizeof(why), "round %u", round);
        CASE(why);
        if (round % 10 == 0)
            another_book((RightsOptions){.fill_rows = 1 + dice(3)});
        writes_meanwhile = dice(8);
        check_int(rights_fill(s.book), STATUS_OK);
        writes_meanwhile = 0;
        check_against_a_fresh_book("gp", "Practitioner/gp");
        write_something();
        check_against_a_fresh_book("nurse", "Practitioner/nurse");
    }
}

static void who_has_no_consent_yet_may_give_it(void **state)
{
    UNUSED(state);
    start_again();
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    check_int(rights_fill(s.book), STATUS_OK);
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    CASE("it is another's now");
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ben", "{\"type\":\"permit\"}"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    CASE("a profession is refused, in a book that has read all");
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    check_int(rights_fill(s.book), STATUS_OK);
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    scene_put(&s, "Consent/2",
              CONSENT("2", "block", "Patient/ann", "{\"type\":\"deny\"," PROFESSION("gp") "}"));
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
}

/* Rules say how long a link holds, which is in what was read. */
static void other_rules_read_all_again(void **state)
{
    UNUSED(state);
    Rules rules;
    start_again();
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "contact", "Patient/ann", "{\"start\":\"2026-04-20\"}",
                   "Practitioner/gp"));
    scene_put(&s, "Consent/1", CONSENT("1", "network", "Patient/ann", "{\"type\":\"permit\"}"));
    check_int(rights_fill(s.book), STATUS_OK);
    check_int(gp_sees(D7_PROBLEMS), SIGHT_FULL);
    rights_rules(s.book, &rules);
    rules.link_months[LINK_CONTACT] = 1;
    rules.digest ^= 1;
    rights_set_rules(s.book, &rules);
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
    check_int(rights_fill(s.book), STATUS_OK);
    check_int(gp_sees(D7_PROBLEMS), SIGHT_NONE);
}

static void what_does_not_fit_is_read_when_it_is_asked_for(void **state)
{
    UNUSED(state);
    start_again();
    another_book((RightsOptions){.gist_bytes_max = 60 << 10});
    for (int i = 0; i < 300; i += 100)
        put_practice(i, 100);
    check_int(rights_fill(s.book), STATUS_MEMORY);
    check_int(scene_sees(&s, "gp", "Practitioner/gp", D7_PROBLEMS, "Patient/p0"), SIGHT_FULL);
    check_int(scene_sees(&s, "gp", "Practitioner/gp", D7_PROBLEMS, "Patient/p299"), SIGHT_FULL);
    scene_remove(&s, "Consent/n299");
    check_int(scene_sees(&s, "gp", "Practitioner/gp", D7_PROBLEMS, "Patient/p299"), SIGHT_NONE);
}

/* More has changed than is followed one by one: nothing that was read is believed. */
static void after_many_changes_all_is_read_again(void **state)
{
    UNUSED(state);
    RightsStats stats = {.filled = 0};
    start_again();
    assert_int_equal(rights_book_start(s.book, &s.f.cx), STATUS_OK);
    for (int tries = 0; tries < 6000 && !stats.filled; tries++) {
        usleep(5000);
        rights_stats(s.book, &stats);
    }
    check(stats.filled > 0);
    for (int i = 0; i < 300; i += 100)
        put_practice(i, 100);
    check_int(scene_sees(&s, "gp", "Practitioner/gp", D7_PROBLEMS, "Patient/p299"), SIGHT_FULL);
    check_int(access_rights(scene_ask(&s, "gp", "Practitioner/gp"))->link_count, 300);
}

/* ---- a full practice
 * ---------------------------------------------------------------------------------- */

static double timed_ms(size_t times, AccessClass class, const char *patient)
{
    struct timespec from, to; /* of this thread: others work on the same machine */
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    for (size_t i = 0; i < times; i++)
        check_int(scene_sees(&s, "gp", "Practitioner/gp", class, patient), SIGHT_FULL);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    return ((double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6) /
           (double)times;
}

static void a_full_practice_is_compiled_quickly(void **state)
{
    UNUSED(state);
    start_again();
    scene_put(&s, "CareTeam/1",
              TEAM("1", "active", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    check_int(gp_sees(D1_DEMOGRAPHICS), SIGHT_FULL);
    scene_put(&s, "CareTeam/1",
              TEAM("1", "inactive", "own-gp", "Patient/ann", NOW_OPEN, "Practitioner/gp"));
    for (int i = 0; i < PRACTICE; i += BUNDLE)
        put_practice(i, BUNDLE);
    CASE("more has changed than is followed: nothing is remembered of what was before");
    check_int(gp_sees(D1_DEMOGRAPHICS), SIGHT_NONE);
    another_book((RightsOptions){.fill_rows = 0});
    double cold = timed_ms(1, D7_PROBLEMS, "Patient/p1999");
    double remembered = timed_ms(2000, D7_PROBLEMS, "Patient/p77");
    put_practice(0, 1);
    double again = timed_ms(1, D7_PROBLEMS, "Patient/p0");
    scene_put(&s, "CareTeam/other",
              TEAM("other", "active", "own-gp", "Patient/ben", NOW_OPEN, "Practitioner/nurse"));
    double confirmed = timed_ms(1, D7_PROBLEMS, "Patient/p0");
    print_message(
        "# %d links: compiled %.1f ms, after one has changed %.1f ms, after another's has "
        "changed %.2f ms, remembered %.4f ms with its snapshot\n",
        PRACTICE, cold, again, confirmed, remembered);
    check_int(scene_ask(&s, "gp", "Practitioner/gp") != NULL, 1);
    check_int(access_rights(scene_ask(&s, "gp", "Practitioner/gp"))->link_count, PRACTICE);
    check(remembered < 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_and_consent_are_needed),
        cmocka_unit_test(teams_are_links_when_they_say_so),
        cmocka_unit_test(links_end_by_themselves),
        cmocka_unit_test(members_of_an_organisation_share_its_links),
        cmocka_unit_test(consents_mean_what_they_say),
        cmocka_unit_test(blocks_take_away),
        cmocka_unit_test(a_block_may_name_a_label),
        cmocka_unit_test(a_block_hides_what_he_wrote),
        cmocka_unit_test(a_broken_glass_opens_what_the_matrix_says),
        cmocka_unit_test(an_absolute_block_stays_shut),
        cmocka_unit_test(a_patient_sees_himself),
        cmocka_unit_test(a_mandate_ends),
        cmocka_unit_test(a_parent_sees_a_child),
        cmocka_unit_test(a_birth_date_that_is_corrected_counts_at_once),
        cmocka_unit_test(what_is_not_about_him_changes_nothing),
        cmocka_unit_test(unknown_roles_see_nothing),
        cmocka_unit_test(memory_and_store_agree),
        cmocka_unit_test(what_changes_while_all_is_read_is_not_missed),
        cmocka_unit_test(who_has_no_consent_yet_may_give_it),
        cmocka_unit_test(other_rules_read_all_again),
        cmocka_unit_test(what_does_not_fit_is_read_when_it_is_asked_for),
        cmocka_unit_test(after_many_changes_all_is_read_again),
        cmocka_unit_test(a_full_practice_is_compiled_quickly),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
