/* What waits for whom: tasks, messages, results to sign, renewals; what is addressed to somebody he
 * reads, and nobody else; who may take a task and finish it. */
#include "people_scene.h"

static int begin(void **state)
{
    UNUSED(state);
    scene_open(&s);
    scene_put(&s, "Organization/north", "{\"resourceType\":\"Organization\",\"id\":\"north\"}");
    scene_put(&s, "Organization/south", "{\"resourceType\":\"Organization\",\"id\":\"south\"}");
    practitioner("gp", "north");
    practitioner("physio", "north");
    practitioner("desk", "north");
    practitioner("far", "south");
    scene_put(&s, "Patient/anna", "{\"resourceType\":\"Patient\",\"id\":\"anna\"}");
    scene_put(&s, "Patient/hidden", "{\"resourceType\":\"Patient\",\"id\":\"hidden\"}");
    linked("anna", "north");
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    scene_close(&s);
    return 0;
}

#define GP     "gp", "Practitioner/gp"
#define PHYSIO "physio", "Practitioner/physio"
#define DESK   "secretary", "Practitioner/desk"
#define FAR    "gp", "Practitioner/far"
#define ANNA   "patient", "Patient/anna"

#define LETTER(to, about, text)                                                                    \
    "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"to\",\"valueReference\":{"        \
    "\"reference\":\"" to "\"}}," about "{\"name\":\"text\",\"valueString\":\"" text "\"}]}"
#define ABOUT(patient) "{\"name\":\"about\",\"valueReference\":{\"reference\":\"" patient "\"}},"

static char sent_id[80], path[160];

static const char *sent(const char *operation)
{
    snprintf(path, sizeof path, "Communication/%s/%s", sent_id, operation);
    return path;
}

static void keep_id(void)
{
    JsonValue *root;
    check(json_parse(&s.f.cx, last, &root) == STATUS_OK);
    snprintf(sent_id, sizeof sent_id, STR_FMT, STR_ARG(json_get_str(root, STR("id"))));
}

static void a_message_is_read_by_whom_it_is_addressed_to(void **state)
{
    UNUSED(state);
    CASE("a GP writes to a physiotherapist, whom the matrix keeps from a GP's notes");
    check_int(asks(GP, "Communication/$send",
                   LETTER("Practitioner/physio", ABOUT("Patient/anna"), "Zyxcanarius")),
              201);
    keep_id();
    check_int(asks(PHYSIO, "$inbox", NULL), 200);
    check(says("Zyxcanarius") && says("\"unread\",\"valueInteger\":1"));
    check(says("\"code\":\"mine\"") && says("\"code\":\"unread\""));
    CASE("nobody else");
    check_int(asks(DESK, "$inbox", NULL), 200);
    check(!says("Zyxcanarius"));
    check_int(asks(DESK, sent("$thread"), NULL), 404);
    check_int(asks(DESK, sent("$read"), NULL), 404);
    CASE("its sender sees it in the thread");
    check_int(asks(GP, sent("$thread"), NULL), 200);
    check(says("Zyxcanarius") && !says("unread"));
    CASE("a read mark is one's own");
    check_int(asks(PHYSIO, sent("$read"), NULL), 204);
    check_int(asks(PHYSIO, "$inbox", NULL), 200);
    check(says("Zyxcanarius") && says("\"unread\",\"valueInteger\":0"));
    CASE("the answer goes back to the sender, about the same patient");
    char answer[256];
    snprintf(answer, sizeof answer,
             "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"in-response-to\","
             "\"valueString\":\"Communication/%s\"},{\"name\":\"text\",\"valueString\":\"Oui\"}]}",
             sent_id);
    check_int(asks(PHYSIO, "Communication/$send", answer), 201);
    check(says("\"reference\":\"Practitioner/gp\"") && says("\"reference\":\"Patient/anna\""));
    check_int(asks(DESK, "Communication/$send", answer), 404);
    check_int(asks(GP, sent("$thread"), NULL), 200);
    check(says("Zyxcanarius") && says("Oui"));
}

static void a_message_to_a_place_is_for_all_who_work_there(void **state)
{
    UNUSED(state);
    check_int(asks(GP, "Communication/$send", LETTER("Organization/north", "", "Reunion")), 201);
    check_int(asks(DESK, "$inbox", NULL), 200);
    check(says("Reunion") && says("\"code\":\"team\""));
    check_int(asks(FAR, "$inbox", NULL), 200);
    check(!says("Reunion"));
}

static void about_a_hidden_patient_nothing_arrives(void **state)
{
    UNUSED(state);
    CASE("who does not see the patient cannot write about him");
    check_int(
        asks(GP, "Communication/$send", LETTER("Practitioner/far", ABOUT("Patient/hidden"), "x")),
        404);
    CASE("and to whom he is hidden, the message is");
    check_int(asks(GP, "Communication/$send",
                   LETTER("Practitioner/far", ABOUT("Patient/anna"), "Secret")),
              201);
    keep_id();
    check_int(asks(FAR, "$inbox", NULL), 200);
    check(!says("Secret"));
    check_int(asks(FAR, sent("$thread"), NULL), 404);
}

static void a_patient_writes_to_those_who_care_for_him(void **state)
{
    UNUSED(state);
    check_int(asks(ANNA, "Communication/$send", LETTER("Organization/north", "", "Bonjour")), 201);
    check(says("\"reference\":\"Patient/anna\""));
    check_int(asks(DESK, "$inbox", NULL), 200);
    check(says("Bonjour"));
    CASE("not to somebody who has no link with him");
    check_int(asks(ANNA, "Communication/$send", LETTER("Practitioner/far", "", "Bonjour")), 403);
    CASE("nor about somebody else");
    check_int(asks(ANNA, "Communication/$send",
                   LETTER("Organization/north", ABOUT("Patient/hidden"), "x")),
              404);
}

#define MUM "proxy", "RelatedPerson/mum"

static void who_acts_for_a_child_writes_and_reads_for_it(void **state)
{
    UNUSED(state);
    scene_put(&s, "Patient/kid",
              "{\"resourceType\":\"Patient\",\"id\":\"kid\",\"birthDate\":\"2020-05-05\"}");
    linked("kid", "north");
    scene_put(&s, "RelatedPerson/mum",
              "{\"resourceType\":\"RelatedPerson\",\"id\":\"mum\",\"active\":true,\"patient\":{"
              "\"reference\":\"Patient/kid\"},\"relationship\":[{\"coding\":[{\"system\":"
              "\"http://terminology.hl7.org/CodeSystem/v3-RoleCode\",\"code\":\"MTH\"}]}]}");
    CASE("she says for whom");
    check_int(asks(MUM, "Communication/$send", LETTER("Organization/north", "", "Fievre")), 400);
    check_int(asks(MUM, "Communication/$send",
                   LETTER("Organization/north", ABOUT("Patient/anna"), "Fievre")),
              404);
    check_int(asks(MUM, "Communication/$send",
                   LETTER("Organization/north", ABOUT("Patient/kid"), "Fievre")),
              201);
    keep_id();
    CASE("what she sent is in her own inbox, and counts as nothing that waits");
    check_int(asks(MUM, "$inbox", NULL), 200);
    check(says("Fievre") && says("\"code\":\"sent\"") && says("\"messages\",\"valueInteger\":0"));
    CASE("the answer goes to her, and hers back about the child");
    char answer[300];
    snprintf(
        answer, sizeof answer,
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"in-response-to\","
        "\"valueString\":\"Communication/%s\"},{\"name\":\"text\",\"valueString\":\"Venez\"}]}",
        sent_id);
    check_int(asks(GP, "Communication/$send", answer), 201);
    check(says("RelatedPerson/mum") && says("Patient/kid"));
    keep_id();
    snprintf(
        answer, sizeof answer,
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"in-response-to\","
        "\"valueString\":\"Communication/%s\"},{\"name\":\"text\",\"valueString\":\"Merci\"}]}",
        sent_id);
    check_int(asks(MUM, "Communication/$send", answer), 201);
    check(says("Practitioner/gp") && says("\"subject\":{\"reference\":\"Patient/kid\"}"));
    CASE("what is written to the child reaches her, and nobody else's mother");
    check_int(asks(GP, "Communication/$send",
                   LETTER("Patient/kid", ABOUT("Patient/kid"), "Vaccin demain")),
              201);
    check_int(asks(MUM, "$inbox", NULL), 200);
    check(says("Vaccin demain") && says("Venez"));
    check_int(asks(ANNA, "$inbox", NULL), 200);
    check(!says("Vaccin demain") && !says("Venez"));
    CASE("nor what is written to other patients reaches her");
    check_int(
        asks(GP, "Communication/$send", LETTER("Patient/anna", ABOUT("Patient/anna"), "Pour Anna")),
        201);
    check_int(asks(MUM, "$inbox", NULL), 200);
    check(!says("Pour Anna"));
}

#define TASK(id, owner, status)                                                                    \
    "{\"resourceType\":\"Task\",\"id\":\"" id "\",\"status\":\"" status                            \
    "\",\"intent\":\"order\",\"description\":\"Appeler " id                                        \
    "\",\"for\":{\"reference\":\"Patient/anna\"},\"requester\":{\"reference\":\"Practitioner/gp\"" \
    "},\"owner\":{\"reference\":\"" owner                                                          \
    "\"},\"restriction\":{\"period\":{\"end\":\"2020-01-01\"}}}"

static void a_task_is_taken_by_one_and_finished_by_him(void **state)
{
    UNUSED(state);
    scene_put(&s, "Task/t1", TASK("t1", "Organization/north", "requested"));
    scene_put(&s, "Task/t2", TASK("t2", "Practitioner/desk", "in-progress"));
    CASE("all of the place see it, with what is late");
    check_int(asks(PHYSIO, "$inbox", NULL), 200);
    check(says("Appeler t1") && !says("Appeler t2") && says("\"late\",\"valueInteger\":1"));
    check_int(asks(FAR, "$inbox", NULL), 200);
    check(!says("Appeler"));
    static const struct {
        const char *why, *role, *who, *path;
        unsigned status;
    } cases[] = {
        {"somebody of elsewhere does not see it", FAR, "Task/t1/$claim", 404},
        {"not before it is taken", PHYSIO, "Task/t1/$finish", 422},
        {"the first who takes it has it", PHYSIO, "Task/t1/$claim", 200},
        {"not twice", PHYSIO, "Task/t1/$claim", 422},
        {"who asked for it sees it, but cannot finish it for him", GP, "Task/t1/$finish", 422},
        {"nor does it belong to the place any more", DESK, "Task/t1/$claim", 404},
        {"given back, it is the place's", PHYSIO, "Task/t1/$give-back", 200},
        {"and another takes it", DESK, "Task/t1/$claim", 200},
        {"who has it finishes it", DESK, "Task/t1/$finish", 200},
        {"once", DESK, "Task/t1/$finish", 422},
        {"another's is not to be taken", GP, "Task/t2/$claim", 422},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(asks(c->role, c->who, c->path, NULL), c->status);
    }
    CASE("it can end otherwise than well");
    check_int(asks(DESK, "Task/t2/$finish",
                   "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"outcome\","
                   "\"valueCode\":\"failed\"}]}"),
              200);
    check(says("\"status\":\"failed\""));
}

static void results_and_renewals_wait_for_whom_they_name(void **state)
{
    UNUSED(state);
    scene_put(&s, "DiagnosticReport/r1",
              "{\"resourceType\":\"DiagnosticReport\",\"id\":\"r1\",\"status\":\"preliminary\","
              "\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/anna\"},"
              "\"resultsInterpreter\":[{\"reference\":\"Practitioner/gp\"}]}");
    scene_put(&s, "MedicationRequest/m1",
              "{\"resourceType\":\"MedicationRequest\",\"id\":\"m1\",\"status\":\"active\","
              "\"intent\":\"proposal\",\"medicationCodeableConcept\":{\"text\":\"x\"},\"subject\":{"
              "\"reference\":\"Patient/anna\"},\"performer\":{\"reference\":\"Practitioner/gp\"}}");
    check_int(asks(GP, "$inbox", NULL), 200);
    check(says("\"results\",\"valueInteger\":1") && says("\"renewals\",\"valueInteger\":1"));
    check_int(asks(DESK, "$inbox", NULL), 200);
    check(says("\"results\",\"valueInteger\":0") && says("\"renewals\",\"valueInteger\":0"));
    CASE("it names him, and its patient is hidden from him: his inbox is as without it");
    scene_put(&s, "DiagnosticReport/r2",
              "{\"resourceType\":\"DiagnosticReport\",\"id\":\"r2\",\"status\":\"preliminary\","
              "\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/anna\"},"
              "\"resultsInterpreter\":[{\"reference\":\"Practitioner/far\"}]}");
    check_int(asks(FAR, "$inbox", NULL), 200);
    check(says("\"results\",\"valueInteger\":0"));
}

#define KIN(id, patient, more)                                                                     \
    "{\"resourceType\":\"RelatedPerson\"" id ",\"patient\":{\"reference\":\"" patient "\"}" more "}"

/* Who acts for a patient is not made to act for another one. */
static void a_relative_stays_of_his_patient(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *before, *after;
        bool passes;
    } cases[] = {
        {"a new one", NULL, KIN("", "Patient/a", ""), true},
        {"his telephone", KIN(",\"id\":\"k\"", "Patient/a", ""),
         KIN(",\"id\":\"k\"", "Patient/a", ",\"active\":true"), true},
        {"of another", KIN(",\"id\":\"k\"", "Patient/a", ""), KIN(",\"id\":\"k\"", "Patient/b", ""),
         false},
        {"one that was deleted comes back, of another", NULL, KIN(",\"id\":\"k\"", "Patient/b", ""),
         false},
        {"he is deleted", KIN(",\"id\":\"k\"", "Patient/a", ""), NULL, true},
    };
    FOR_CASES(cases, c)
    {
        JsonValue *before = NULL, *after = NULL;
        CASE(c->why);
        fixture_clear(&s.f);
        if (c->before)
            check_int(json_parse(&s.f.cx, str_of(c->before), &before), STATUS_OK);
        if (c->after)
            check_int(json_parse(&s.f.cx, str_of(c->after), &after), STATUS_OK);
        check_int(people_guard_kin(&s.f.cx, NULL, before, after) == STATUS_OK, c->passes);
    }
}

/* Whoever comes back to many messages finds the first of them too. */
static void what_was_not_read_is_not_pushed_out(void **state)
{
    UNUSED(state);
    enum { MANY = 205 };
    static const char send[] = "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"text\","
                               "\"valueString\":\"%s\"},{\"name\":\"to\",\"valueString\":"
                               "\"Practitioner/away\"}]}";
    char text[512], where[128];
    practitioner("away", "gp");
    snprintf(text, sizeof(text), send, "Zyx the first");
    check_int(asks(GP, "Communication/$send", text), 201);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), send, "later");
        check_int(asks(GP, "Communication/$send", text), 201);
        Str id = json_get_str(fixture_json(&s.f), STR("id"));
        snprintf(where, sizeof(where), "Communication/%.*s/$read", (int)id.len, id.at);
        check_int(asks("gp", "Practitioner/away", where, NULL), 204);
    }
    check_int(asks("gp", "Practitioner/away", "$inbox", NULL), 200);
    check(says("Zyx the first") && says("\"unread\",\"valueInteger\":1") &&
          says("\"messages\",\"valueInteger\":200"));
}

#define BUSY "gp", "Practitioner/busy"

static void put_task(const char *id, const char *due)
{
    char where[64], text[512];
    snprintf(where, sizeof(where), "Task/%s", id);
    snprintf(text, sizeof(text),
             "{\"resourceType\":\"Task\",\"id\":\"%s\",\"status\":\"requested\",\"intent\":"
             "\"order\",\"for\":{\"reference\":\"Patient/anna\"},\"owner\":{\"reference\":"
             "\"Practitioner/busy\"},\"restriction\":{\"period\":{\"end\":\"%s\"}}}",
             id, due);
    scene_put(&s, where, text);
}

static void put_report(const char *id)
{
    char where[64], text[512];
    snprintf(where, sizeof(where), "DiagnosticReport/%s", id);
    snprintf(text, sizeof(text),
             "{\"resourceType\":\"DiagnosticReport\",\"id\":\"%s\",\"status\":\"preliminary\","
             "\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/anna\"},"
             "\"resultsInterpreter\":[{\"reference\":\"Practitioner/busy\"}]}",
             id);
    scene_put(&s, where, text);
}

/* Of more than are shown, those that cannot wait are shown, and all are counted. */
static void what_is_late_is_not_pushed_out(void **state)
{
    enum { MANY = 205 };
    char id[32];
    UNUSED(state);
    practitioner("busy", "north");
    put_task("late-first", "2020-01-02");
    put_report("report-first");
    for (size_t i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "many-%zu", i);
        put_task(id, "2099-01-01");
        put_report(id);
    }
    put_task("late-last", "2020-01-01");
    put_report("report-last");
    check_int(asks(BUSY, "$inbox", NULL), 200);
    CASE("tasks: the next due first");
    check(says("late-first") && says("late-last") && says("\"late\",\"valueInteger\":2"));
    check(says("\"tasks\",\"valueInteger\":207"));
    CASE("results: the newest first");
    check(says("report-last") && !says("report-first"));
    check(says("\"results\",\"valueInteger\":207"));
}

#define SWAMPED "gp", "Practitioner/swamped"

/* What is found at once is a thousand. */
static void all_that_waits_is_counted(void **state)
{
    UNUSED(state);
    practitioner("swamped", "north");
    scene_put(&s, "Task/forgotten",
              "{\"resourceType\":\"Task\",\"id\":\"forgotten\",\"status\":\"requested\",\"intent\":"
              "\"order\",\"for\":{\"reference\":\"Patient/anna\"},\"owner\":{\"reference\":"
              "\"Practitioner/swamped\"},\"restriction\":{\"period\":{\"end\":\"2020-01-01\"}}}");
    fixture_put_many(&s.f, "Task", 1000,
                     "\"status\":\"requested\",\"intent\":\"order\",\"for\":{\"reference\":"
                     "\"Patient/anna\"},\"owner\":{\"reference\":\"Practitioner/swamped\"}");
    fixture_put_many(&s.f, "DiagnosticReport", 1001,
                     "\"status\":\"preliminary\",\"code\":{\"text\":\"x\"},\"subject\":{"
                     "\"reference\":\"Patient/anna\"},\"resultsInterpreter\":[{\"reference\":"
                     "\"Practitioner/swamped\"}]");
    check_int(asks(SWAMPED, "$inbox", NULL), 200);
    check(says("forgotten") && says("\"late\",\"valueInteger\":1"));
    check(says("\"tasks\",\"valueInteger\":1001"));
    check(says("\"results\",\"valueInteger\":1001") && !says("older-messages"));
}

static void what_is_for_oneself_is_not_pushed_out_by_the_place(void **state)
{
    UNUSED(state);
    practitioner("loud", "loud");
    scene_put(
        &s, "Communication/mine",
        "{\"resourceType\":\"Communication\",\"id\":\"mine\",\"status\":\"completed\",\"sent\":"
        "\"2026-01-01T00:00:00Z\",\"recipient\":[{\"reference\":\"Practitioner/loud\"},{"
        "\"reference\":\"Organization/loud\"}],\"payload\":[{\"contentString\":\"Zyx\"}]}");
    fixture_put_many(
        &s.f, "Communication", 1000,
        "\"status\":\"completed\",\"sent\":\"2026-02-01T00:00:00Z\",\"recipient\":[{"
        "\"reference\":\"Organization/loud\"}],\"payload\":[{\"contentString\":\"x\"}]");
    check_int(asks("gp", "Practitioner/loud", "$inbox", NULL), 200);
    check(says("\"unread\",\"valueInteger\":1001"));
    CASE("it says that there are older ones");
    check(says("\"older-messages\",\"valueBoolean\":true"));
}

#define WORKS_AT(place)                                                                            \
    "\"practitioner\":{\"reference\":\"Practitioner/locum\"},\"organization\":{\"reference\":"     \
    "\"Organization/" place "\"}"

static void who_works_at_many_places_hears_of_each(void **state)
{
    UNUSED(state);
    practitioner("locum", "first");
    scene_put(&s, "Task/of-first",
              "{\"resourceType\":\"Task\",\"id\":\"of-first\",\"status\":\"requested\",\"intent\":"
              "\"order\",\"for\":{\"reference\":\"Patient/anna\"},\"owner\":{\"reference\":"
              "\"Organization/first\"}}");
    fixture_put_many(&s.f, "PractitionerRole", 30, WORKS_AT("place-#"));
    linked("anna", "place-1");
    check_int(asks("gp", "Practitioner/locum", "$inbox", NULL), 200);
    check(says("of-first"));
    CASE("of more names than can be asked for at once none is left out");
    fixture_put_many(&s.f, "CareTeam", 201,
                     "\"status\":\"active\",\"participant\":[{\"member\":{\"reference\":"
                     "\"Practitioner/locum\"}}]");
    check_int(asks("gp", "Practitioner/locum", "$inbox", NULL), 413);
}

/* A long conversation ends with what was sent last, in whatever order it was written. */
static void a_thread_shows_what_came_last(void **state)
{
    enum { MANY = 205 };
    char where[64], text[512];
    UNUSED(state);
    check_int(asks(GP, "Communication/$send", LETTER("Practitioner/physio", "", "Zyx opened")),
              201);
    keep_id();
    for (int i = MANY - 1; i >= 0; i--) {
        snprintf(where, sizeof(where), "Communication/answer-%d", i);
        snprintf(text, sizeof(text),
                 "{\"resourceType\":\"Communication\",\"id\":\"answer-%d\",\"status\":"
                 "\"completed\",\"sent\":\"2099-01-01T%02d:%02d:00Z\",\"partOf\":[{\"reference\":"
                 "\"Communication/%s\"}],\"sender\":{\"reference\":\"Practitioner/physio\"},"
                 "\"recipient\":[{\"reference\":\"Practitioner/gp\"}],\"payload\":[{"
                 "\"contentString\":\"answer %d.\"}]}",
                 i, i / 60, i % 60, sent_id, i);
        scene_put(&s, where, text);
    }
    check_int(asks(GP, sent("$thread"), NULL), 200);
    check(says("Zyx opened") && says("answer 204.") && says("answer 5.") && !says("answer 4."));
}

static JsonValue *task(const char *owner, const char *status)
{
    JsonValue *root;
    Str text = arena_format(s.f.cx.arena,
                            "{\"resourceType\":\"Task\",\"status\":\"%s\",\"requester\":{"
                            "\"reference\":\"Practitioner/asked\"},\"owner\":{\"reference\":"
                            "\"%s\"}}",
                            status, owner);
    check(json_parse(&s.f.cx, text, &root) == STATUS_OK);
    return root;
}

/* PATCH and PUT of those whose rights let them write it at all. */
static void direct_writes_of_tasks_follow_the_same_rules(void **state)
{
    static const char mine[] = "Practitioner/me", his[] = "Practitioner/he",
                      place[] = "Organization/north";
    static const struct {
        const char *why, *writer, *owner, *status, *to, *becomes;
        bool fine;
    } cases[] = {
        {"a free one is taken", mine, place, "requested", mine, "in-progress", true},
        {"and may be finished in the same step", mine, place, "requested", mine, "completed", true},
        {"but not left free", mine, place, "requested", place, "completed", false},
        {"another's is not taken", mine, his, "in-progress", mine, "in-progress", false},
        {"nor finished for him", mine, his, "in-progress", his, "completed", false},
        {"nor cancelled", mine, his, "in-progress", his, "cancelled", false},
        {"one's own is finished", mine, mine, "in-progress", mine, "completed", true},
        {"and given back", mine, mine, "in-progress", place, "requested", true},
        {"and handed on", mine, mine, "in-progress", his, "requested", true},
        {"who asked for it withdraws it", "Practitioner/asked", his, "in-progress", his,
         "cancelled", true},
        {"and gives it to another", "Practitioner/asked", his, "requested", mine, "requested",
         true},
        {"finished is finished", mine, mine, "completed", mine, "in-progress", false},
        {"a word may be added to it", mine, mine, "completed", mine, "completed", true},
    };
    UNUSED(state);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        fixture_clear(&s.f);
        const Access *writer = scene_person(&s, "gp", c->writer);
        check_int(people_guard_task(&s.f.cx, writer, task(c->owner, c->status),
                                    task(c->to, c->becomes)) == STATUS_OK,
                  c->fine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_read_by_whom_it_is_addressed_to),
        cmocka_unit_test(a_message_to_a_place_is_for_all_who_work_there),
        cmocka_unit_test(about_a_hidden_patient_nothing_arrives),
        cmocka_unit_test(a_patient_writes_to_those_who_care_for_him),
        cmocka_unit_test(who_acts_for_a_child_writes_and_reads_for_it),
        cmocka_unit_test(a_task_is_taken_by_one_and_finished_by_him),
        cmocka_unit_test(results_and_renewals_wait_for_whom_they_name),
        cmocka_unit_test(direct_writes_of_tasks_follow_the_same_rules),
        cmocka_unit_test(what_was_not_read_is_not_pushed_out),
        cmocka_unit_test(what_is_late_is_not_pushed_out),
        cmocka_unit_test(all_that_waits_is_counted),
        cmocka_unit_test(what_is_for_oneself_is_not_pushed_out_by_the_place),
        cmocka_unit_test(who_works_at_many_places_hears_of_each),
        cmocka_unit_test(a_thread_shows_what_came_last),
        cmocka_unit_test(a_relative_stays_of_his_patient),
    };
    return cmocka_run_group_tests_name("the inbox", tests, begin, end);
}
