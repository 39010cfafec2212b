/* $link, $unlink, $consent, $block, $unblock and $break-glass: who may, what it opens, and that the
 * next request knows. */
#include "audit/audit.h"
#include "privacy/privacy.h"
#include "rights_scene.h"

static Scene s;

#define PATIENT(id, family, number)                                                                \
    "{\"resourceType\":\"Patient\",\"id\":\"" id "\",\"name\":[{\"family\":\"" family              \
    "\",\"given\":[\"Ann\"]}],\"gender\":\"female\",\"birthDate\":\"1980-01-02\",\"identifier\":"  \
    "[{\"system\":\"urn:x\",\"value\":\"" number "\"}]}"
#define CONDITION                                                                                  \
    "{\"resourceType\":\"Condition\",\"id\":\"c1\",\"subject\":{\"reference\":\"Patient/ann\"},"   \
    "\"code\":{\"text\":\"migraine\"}}"

static int begin(void **state)
{
    UNUSED(state);
    scene_open(&s);
    scene_put(&s, "Practitioner/gp", "{\"resourceType\":\"Practitioner\",\"id\":\"gp\"}");
    scene_put(&s, "Practitioner/nurse", "{\"resourceType\":\"Practitioner\",\"id\":\"nurse\"}");
    scene_put(&s, "Practitioner/out", "{\"resourceType\":\"Practitioner\",\"id\":\"out\"}");
    scene_put(&s, "Practitioner/but", "{\"resourceType\":\"Practitioner\",\"id\":\"but\"}");
    scene_put(&s, "Patient/ann", PATIENT("ann", "Alpha", "1"));
    scene_put(&s, "Patient/twin1", PATIENT("twin1", "Twin", "2"));
    scene_put(&s, "Patient/twin2", PATIENT("twin2", "Twin", "2"));
    scene_put(&s, "Condition/c1", CONDITION);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    scene_close(&s);
    return 0;
}

typedef struct {
    const char *role, *reference;
} Person;
static const Person gp = {"gp", "Practitioner/gp"}, nurse = {"nurse", "Practitioner/nurse"},
                    ann = {"patient", "Patient/ann"}, twin = {"patient", "Patient/twin1"},
                    secretary = {"secretary", "Practitioner/sec"}, admin = {"admin", ""},
                    auditor = {"auditor", ""};

/* "name=value" pairs as Parameters; a value is a string. */
static Str parameters(const char *pairs)
{
    Buf buf;
    Str rest = str_of(pairs);
    buf_init(&buf, s.f.cx.arena, 512, 4096);
    buf_add_lit(&buf, "{\"resourceType\":\"Parameters\",\"parameter\":[");
    for (bool first = true; rest.len; first = false) {
        Str value = str_cut(&rest, ';'), name = str_cut(&value, '=');
        buf_format(&buf, "%s{\"name\":\"" STR_FMT "\",\"valueString\":\"" STR_FMT "\"}",
                   first ? "" : ",", STR_ARG(name), STR_ARG(value));
    }
    buf_add_lit(&buf, "]}");
    return buf_str(&buf);
}

/* The HTTP status. */
static unsigned asks(Person who, const char *type, const char *operation, Str id, const char *pairs,
                     bool stepped_up)
{
    Fixture *f = &s.f;
    size_t i = 0;
    fixture_clear(f);
    while (i < ENTITLE_KINDS && (!str_eq(entitle_kinds[i].name, str_of(operation)) ||
                                 !str_eq(entitle_kinds[i].type, str_of(type))))
        i++;
    assert_int_not_equal(i, ENTITLE_KINDS);
    Call call = fixture_call(f);
    call.access = scene_person(&s, who.role, who.reference);
    OperationAsked asked = {.kind = &entitle_kinds[i],
                            .id = id,
                            .body = fixture_body(f, parameters(pairs)),
                            .stepped_up = stepped_up};
    (void)record_operation(f->record, &f->cx, &call, &asked, &f->reply);
    Status status = fixture_finish(f, &call);
    return status == STATUS_OK ? f->reply.http : status_http(status);
}

static unsigned ask(Person who, const char *operation, const char *id, const char *pairs,
                    bool stepped_up)
{
    return asks(who, "Patient", operation, str_of(id), pairs, stepped_up);
}

static unsigned reads(Person who, const char *path)
{
    Fixture *f = &s.f;
    Str id = str_of(path), type = str_cut(&id, '/');
    fixture_clear(f);
    Call call = fixture_call(f);
    call.access = scene_person(&s, who.role, who.reference);
    (void)record_read(f->record, &f->cx, &call, type, id, &f->reply);
    Status status = fixture_finish(f, &call);
    return status == STATUS_OK ? 200 : status_http(status);
}

static unsigned reviews(Person who, Str id)
{
    return asks(who, "Task", "$review", id, "", false);
}

static void a_link_is_made_by_who_knows_the_patient(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        const Person *who;
        const char *id, *pairs;
        unsigned status;
    } cases[] = {
        {"an id that he cannot see", &gp, "ann", "kind=own-gp;evidence=card", 404},
        {"an id that there is not", &gp, "nobody", "kind=own-gp;evidence=card", 404},
        {"a number of nobody", &gp, "", "identifier=urn:x|9;kind=own-gp;evidence=card", 404},
        {"a number of two", &gp, "", "identifier=urn:x|2;kind=own-gp;evidence=card", 404},
        {"a name without the rest", &gp, "", "family=Alpha;kind=own-gp;evidence=card", 400},
        {"a beginning of the name", &gp, "",
         "family=Alp;given=Ann;birthdate=1980-01-02;gender=female;kind=own-gp;evidence=card", 404},
        {"a year of birth of one", &gp, "",
         "family=Alpha;given=Ann;birthdate=1980;gender=female;kind=own-gp;evidence=card", 404},
        {"a birth date with a prefix", &gp, "",
         "family=Alpha;given=Ann;birthdate=gt1900-01-01;gender=female;kind=own-gp;evidence=card",
         404},
        {"two sexes", &gp, "",
         "family=Alpha;given=Ann;birthdate=1980-01-02;gender=female,male;kind=own-gp;evidence=card",
         404},
        {"names of nothing but signs", &gp, "",
         "family=-;given=Ann;birthdate=1980-01-02;gender=female;kind=own-gp;evidence=card", 400},
        {"a year of birth", &gp, "",
         "family=Twin;given=Ann;birthdate=1980;gender=female;kind=own-gp;evidence=card", 404},
        {"several identifiers in one", &gp, "",
         "identifier=urn:x|9,urn:x|1;kind=own-gp;evidence=card", 404},
        {"without evidence", &gp, "", "identifier=urn:x|1;kind=own-gp", 400},
        {"of a kind that there is not", &gp, "", "identifier=urn:x|1;kind=friend;evidence=x", 403},
        {"of a kind of another profession", &nurse, "", "identifier=urn:x|1;kind=own-gp;evidence=x",
         403},
        {"break-glass by this door", &gp, "", "identifier=urn:x|1;kind=break-glass;evidence=x",
         403},
        {"an administrator", &admin, "", "identifier=urn:x|1;kind=contact;evidence=x", 403},
        {"a patient", &twin, "", "identifier=urn:x|1;kind=contact;evidence=x", 403},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(ask(*c->who, "$link", c->id, c->pairs, false), c->status);
        check_int(reads(*c->who, "Patient/ann"), 404);
    }
    CASE("by all of his name");
    check_int(ask(gp, "$link", "",
                  "family=ALPHÁ;given=ann;birthdate=1980-01-02;gender=female;kind=own-gp;"
                  "evidence=card",
                  false),
              201);
    check_int(reads(gp, "Patient/ann"), 200);
    check_int(reads(gp, "Condition/c1"), 404);
    CASE("by his number; a colleague gains nothing");
    check_int(reads(nurse, "Patient/ann"), 404);
    check_int(ask(nurse, "$link", "", "identifier=urn:x|1;kind=contact;evidence=visit", false),
              201);
    check_int(reads(nurse, "Patient/ann"), 200);
}

static void the_patient_decides(void **state)
{
    UNUSED(state);
    CASE("another patient");
    check_int(ask(twin, "$consent", "ann", "decision=permit", false), 404);
    CASE("yes");
    check_int(ask(ann, "$consent", "ann", "decision=perhaps", false), 400);
    check_int(ask(ann, "$consent", "ann", "decision=permit", false), 201);
    check_int(reads(gp, "Condition/c1"), 200);
    CASE("a block of one, on the next request");
    check_int(ask(ann, "$block", "ann", "actor=Practitioner/gp", false), 201);
    Str block = arena_str(s.f.forever, json_get_str(fixture_json(&s.f), STR("id")));
    check_int(reads(gp, "Condition/c1"), 404);
    check_int(reads(gp, "Patient/ann"), 404);
    check_int(reads(nurse, "Condition/c1"), 200);
    CASE("whoever is blocked does not lift it");
    Str pairs = arena_format(s.f.forever, "block=Consent/" STR_FMT, STR_ARG(block));
    check_int(ask(gp, "$unblock", "ann", pairs.at, false), 404);
    check_int(ask(nurse, "$unblock", "ann", pairs.at, false), 403);
    check_int(ask(ann, "$unblock", "ann", pairs.at, false), 200);
    check_int(reads(gp, "Condition/c1"), 200);
    CASE("a class");
    check_int(ask(ann, "$block", "ann", "profession=nurse;class=D7", false), 201);
    check_int(reads(nurse, "Condition/c1"), 404);
    check_int(reads(gp, "Condition/c1"), 200);
    check_int(ask(ann, "$block", "ann", "profession=druid", false), 400);
    CASE("a block of nobody is none, and says so");
    check_int(ask(ann, "$block", "ann", "actor=nonsense", false), 400);
    check_int(ask(ann, "$block", "ann", "actor=Patient/ann", false), 400);
    check_int(ask(ann, "$block", "ann", "actor=http://x/Practitioner/gp", false), 400);
    check_int(ask(ann, "$block", "ann", "actor=Practitioner/nobody", false), 404);
    scene_put(
        &s, "RelatedPerson/of-another",
        "{\"resourceType\":\"RelatedPerson\",\"id\":\"of-another\",\"patient\":{\"reference\":"
        "\"Patient/twin1\"}}");
    check_int(ask(ann, "$block", "ann", "actor=RelatedPerson/of-another", false), 404);
    CASE("the doctor writes down what the patient said");
    check_int(ask(gp, "$consent", "ann", "decision=deny", false), 400);
    check_int(ask(gp, "$consent", "ann", "decision=deny;evidence=signed form", false), 201);
    check_int(reads(gp, "Condition/c1"), 404);
    check_int(ask(ann, "$consent", "ann", "decision=permit", false), 201);
    check_int(reads(gp, "Condition/c1"), 200);
}

static void a_person_writes_no_link_himself(void **state)
{
    UNUSED(state);
    static const char team[] =
        "{\"resourceType\":\"CareTeam\",\"status\":\"active\",\"category\":[{\"coding\":[{"
        "\"system\":\"urn:aceso:link\",\"code\":\"own-gp\"}]}],\"subject\":{\"reference\":"
        "\"Patient/ann\"},\"period\":{\"start\":\"2026-01-01\"},\"participant\":[{\"member\":{"
        "\"reference\":\"Practitioner/nurse\"}}]}";
    Fixture *f = &s.f;
    fixture_clear(f);
    Call call = fixture_call(f);
    call.access = scene_person(&s, gp.role, gp.reference);
    (void)record_create(f->record, &f->cx, &call, STR("CareTeam"), fixture_body(f, str_of(team)),
                        &f->reply);
    check_int(fixture_finish(f, &call), STATUS_FORBIDDEN);
}

static void a_glass_is_broken_with_reasons(void **state)
{
    UNUSED(state);
    static const Person other = {"gp", "Practitioner/other"};
    static const char why[] = "code=unconscious;reason=found at home";
    check_int(reads(other, "Condition/c1"), 404);
    check_int(ask(other, "$break-glass", "ann", why, false), 403);
    check(s.f.reply.wants_step_up);
    CASE("by a name, and whether there is one is not told before the proof");
    check_int(ask(other, "$break-glass", "", "code=unconscious;reason=x;identifier=urn:x|9", false),
              403);
    check_int(ask(other, "$break-glass", "", "code=unconscious;reason=x;identifier=urn:x|9", true),
              404);
    check(!s.f.reply.wants_step_up);
    check_int(ask(other, "$break-glass", "ann", "code=unconscious", true), 400);
    check_int(ask(other, "$break-glass", "ann", "code=curious;reason=x", true), 400);
    check_int(ask(secretary, "$break-glass", "ann", why, true), 403);
    check_int(reads(other, "Condition/c1"), 404);
    check_int(ask(other, "$break-glass", "ann", why, true), 201);
    check(str_contains(s.f.reply.body, "\"code\":\"unconscious\"}],\"text\":\"found at home\""));
    check_int(reads(other, "Condition/c1"), 200);
    check_int(reads(other, "Patient/twin1"), 404);
    CASE("there is something to look over");
    fixture_clear(&s.f);
    check_int(fixture_search(&s.f, STR("Task"),
                             STR("code=urn:aceso:review|break-glass&patient=Patient/ann")),
              STATUS_OK);
    JsonValue *entries = json_get(fixture_json(&s.f), STR("entry"));
    check_int(json_count(entries), 1);
    JsonValue *task = json_get(json_item(entries, 0), STR("resource"));
    Str id = arena_str(s.f.forever, json_get_str(task, STR("id")));
    Str path = arena_format(s.f.forever, "Task/" STR_FMT, STR_ARG(id));
    check_int(reads(gp, path.at), 404);
    check_int(reads(ann, path.at), 200);
    check_int(reads(auditor, path.at), 200);
    CASE("the reason is the log's, for who sees the log");
    check(str_contains(s.f.reply.body, "found at home"));
    check_int(reviews(gp, id), 403);
    check_int(reviews(auditor, STR("nothing")), 404);
    check_int(asks(auditor, "Task", "$review", id, "outcome=fine", false), 400);
    check_int(asks(auditor, "Task", "$review", id, "outcome=questioned;note=ask her", false), 200);
    check_int(reads(ann, path.at), 200);
    check(str_contains(s.f.reply.body, "\"status\":\"completed\""));
    check(str_contains(s.f.reply.body, "\"code\":\"questioned\""));
    check(str_contains(s.f.reply.body, "\"text\":\"ask her\""));
    CASE("once more, without a word");
    check_int(reviews(auditor, id), 200);
}

/* The glass of somebody who has a link of his own: what is ended is the glass alone. */
static void a_link_of_several_ends_alone(void **state)
{
    UNUSED(state);
    check_int(ask(gp, "$break-glass", "ann", "code=other;reason=x", true), 201);
    Str glass = arena_str(s.f.forever, json_get_str(fixture_json(&s.f), STR("id")));
    Str pairs = arena_format(s.f.forever, "link=CareTeam/" STR_FMT, STR_ARG(glass));
    CASE("not another's");
    check_int(ask(nurse, "$unlink", "ann", pairs.at, false), 404);
    check_int(ask(gp, "$unlink", "ann", "link=CareTeam/nothing", false), 404);
    check_int(ask(gp, "$unlink", "ann", pairs.at, false), 200);
    check_int(ask(gp, "$unlink", "ann", pairs.at, false), 404);
    check_int(reads(gp, "Patient/ann"), 200);
}

/* Whom she has shut out gets the answer for nobody, and a line on her log. */
static void who_is_shut_out_learns_nothing(void **state)
{
    UNUSED(state);
    static const Person out = {"gp", "Practitioner/out"}, but = {"gp", "Practitioner/but"};
    static const char why[] = "code=other;reason=curious him;identifier=urn:x|1";
    check_int(ask(ann, "$block", "ann", "actor=Practitioner/out", false), 201);
    check_int(ask(ann, "$block", "ann", "actor=Practitioner/but;emergency=yes", false), 201);
    CASE("a link");
    check_int(ask(out, "$link", "", "identifier=urn:x|1;kind=contact;evidence=x", false), 404);
    Str shut = arena_str(s.f.forever, s.f.cx.issues->diagnostics);
    check_int(ask(out, "$link", "", "identifier=urn:x|9;kind=contact;evidence=x", false), 404);
    check_str(s.f.cx.issues->diagnostics, shut);
    check_int(ask(but, "$link", "", "identifier=urn:x|1;kind=contact;evidence=x", false), 404);
    CASE("the glass: absolute, or but for emergencies");
    check_int(ask(out, "$break-glass", "", why, true), 404);
    check_int(ask(out, "$break-glass", "ann", why, true), 404);
    check_int(ask(out, "$break-glass", "nothing", why, true), 404);
    check_int(reads(out, "Patient/ann"), 404);
    check_int(ask(but, "$break-glass", "", why, true), 201);
    check_int(reads(but, "Patient/ann"), 200);
    check_int(ask(but, "$unlink", "ann", "", false), 200);
    CASE("she reads that it was tried, and why");
    Fixture *f = &s.f;
    fixture_clear(f);
    Call call = fixture_call(f);
    call.access = scene_person(&s, ann.role, ann.reference);
    (void)record_who_looked(f->record, &f->cx, &call, STR("ann"), &f->reply);
    check_int(fixture_finish(f, &call), STATUS_OK);
    check(str_contains(f->reply.body, "curious him"));
}

static void links_end(void **state)
{
    UNUSED(state);
    check_int(ask(nurse, "$unlink", "ann", "", false), 200);
    check_int(reads(nurse, "Patient/ann"), 404);
    CASE("the patient ends another's");
    check_int(ask(ann, "$unlink", "ann", "", false), 400);
    check_int(ask(ann, "$unlink", "ann", "member=Practitioner/gp", false), 200);
    check_int(reads(gp, "Patient/ann"), 404);
    check_int(ask(ann, "$unlink", "ann", "member=Practitioner/gp", false), 404);
}

static void each_is_on_the_audit_log(void **state)
{
    UNUSED(state);
    StoreReader *reader;
    StoreAuditRow *rows;
    size_t count, links = 0, breaks = 0, refused = 0;
    fixture_clear(&s.f);
    check_int(store_read_begin(s.f.store, &s.f.cx, s.f.access, &reader), STATUS_OK);
    check_int(store_audit_read(reader, 1, 1000, &rows, &count), STATUS_OK);
    store_read_end(reader);
    for (size_t i = 0; i < count; i++) {
        AuditEntry entry;
        check_int(audit_unpack(&s.f.cx, rows[i].entry, &entry), STATUS_OK);
        bool done = entry.outcome == STATUS_OK;
        links +=
            str_eq(entry.interaction, STR("link")) && done && str_eq(entry.purpose, STR("TREAT"));
        breaks += str_eq(entry.interaction, STR("break-glass")) && done && entry.part_count == 1 &&
                  !entry.id.len;
        refused += str_eq(entry.interaction, STR("break-glass")) && !done;
    }
    check_int(links, 2);
    check_int(breaks, 3);
    check_int(refused, 9);
}

/* What was sealed under her key, she reads: that it was done, and why. */
static void the_patient_reads_why_the_glass_was_broken(void **state)
{
    UNUSED(state);
    Fixture *f = &s.f;
    fixture_clear(f);
    Call call = fixture_call(f);
    call.access = scene_person(&s, ann.role, ann.reference);
    (void)record_who_looked(f->record, &f->cx, &call, STR("ann"), &f->reply);
    check_int(fixture_finish(f, &call), STATUS_OK);
    check(str_contains(f->reply.body, "opened your record in an emergency"));
    check(str_contains(f->reply.body, "found at home"));
}

/* How many of a search, as the program. */
static size_t found(const char *type, const char *query)
{
    Fixture *f = &s.f;
    fixture_clear(f);
    check_int(fixture_search(f, str_of(type), str_of(query)), STATUS_OK);
    return json_count(json_get(fixture_json(f), STR("entry")));
}

static void nothing_that_ends_is_overlooked_among_many(void **state)
{
    UNUSED(state);
    scene_put(&s, "Patient/old", PATIENT("old", "Omega", "77"));
    const Person old = {"patient", "Patient/old"};
    CASE("a consent, and a thousand to treatments");
    check_int(ask(old, "$consent", "old", "decision=permit", false), 201);
    fixture_put_many(&s.f, "Consent", 1000,
                     "\"status\":\"active\",\"scope\":{\"coding\":[{\"system\":"
                     "\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":"
                     "\"treatment\"}]},\"category\":[{\"text\":\"anaesthesia\"}],\"dateTime\":"
                     "\"2098-01-01\",\"patient\":{\"reference\":\"Patient/old\"},\"policyRule\":{"
                     "\"text\":\"x\"}");
    check_int(ask(old, "$consent", "old", "decision=deny", false), 201);
    check_int(
        found("Consent", "patient=Patient/old&status=active&category=urn:aceso:consent|network"),
        1);
    CASE("a link at each visit, for years");
    fixture_put_many(
        &s.f, "CareTeam", 1001,
        "\"status\":\"active\",\"category\":[{\"coding\":[{\"system\":"
        "\"urn:aceso:link\",\"code\":\"contact\"}]}],\"subject\":{\"reference\":"
        "\"Patient/old\"},\"period\":{\"start\":\"2026-01-01\",\"end\":\"2099-01-01\"},"
        "\"participant\":[{\"member\":{\"reference\":\"Practitioner/nurse\"}}]");
    check_int(ask(old, "$unlink", "old", "member=Practitioner/nurse", false), 200);
    check(str_contains(s.f.reply.body, "\"inactive\""));
    check_int(found("CareTeam", "subject=Patient/old&status=active"), 0);
    CASE("who is not the only one is nobody");
    fixture_put_many(&s.f, "Patient", 1000,
                     "\"name\":[{\"family\":\"Li\",\"given\":[\"Ann\"]}],\"gender\":\"female\","
                     "\"birthDate\":\"1980-01-01\"");
    scene_put(
        &s, "Patient/lin",
        "{\"resourceType\":\"Patient\",\"id\":\"lin\",\"name\":[{\"family\":\"Lin\",\"given\":["
        "\"Ann\"]}],\"gender\":\"female\",\"birthDate\":\"1980-01-01\"}");
    check_int(asks(gp, "Patient", "$link", STR_EMPTY,
                   "kind=contact;evidence=x;family=Li;given=Ann;birthdate=1980-01-01;gender=female",
                   false),
              404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_made_by_who_knows_the_patient),
        cmocka_unit_test(the_patient_decides),
        cmocka_unit_test(a_person_writes_no_link_himself),
        cmocka_unit_test(a_glass_is_broken_with_reasons),
        cmocka_unit_test(a_link_of_several_ends_alone),
        cmocka_unit_test(who_is_shut_out_learns_nothing),
        cmocka_unit_test(links_end),
        cmocka_unit_test(each_is_on_the_audit_log),
        cmocka_unit_test(the_patient_reads_why_the_glass_was_broken),
        cmocka_unit_test(nothing_that_ends_is_overlooked_among_many),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
