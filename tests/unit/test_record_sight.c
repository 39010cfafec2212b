/* What does not exist for a caller is answered as if it were not stored: each interaction is asked
 * about a resource that is hidden and about one that never was, and both answers are the same.
 * Rows of the table of channels in docs/internals/sight.md. */
#include "sight_fixture.h"

#define PERSON(id, more) "{\"resourceType\":\"Patient\",\"id\":\"" id "\"" more "}"
#define NAMED(id, name)                                                                            \
    PERSON(id, ",\"identifier\":[{\"system\":\"urn:n\",\"value\":\"" name "\"}]")

typedef enum { READ, VREAD, HISTORY, UPDATE, PATCH, REMOVE, CREATE } Kind;

static void put(Fixture *f, Str type, Str id, Str text)
{
    check_int(fixture_put(f, type, id, text, STR_EMPTY), STATUS_OK);
    fixture_clear(f);
}

/* p1 is seen; hidden is not, in three versions; gone was deleted, and was as hidden. */
static const Access *open_scene(Fixture *f)
{
    static const char *const patients[] = {"Patient/p1", NULL};
    fixture_open(f, true);
    put(f, STR("Patient"), STR("p1"), STR(NAMED("p1", "seen")));
    put(f, STR("Patient"), STR("hidden"), STR(NAMED("hidden", "h")));
    put(f, STR("Patient"), STR("hidden"), STR(PERSON("hidden", ",\"active\":true")));
    put(f, STR("Patient"), STR("hidden"), STR(NAMED("hidden", "h")));
    put(f, STR("Patient"), STR("gone"), STR(NAMED("gone", "g")));
    check_int(fixture_delete(f, STR("Patient"), STR("gone")), STATUS_OK);
    fixture_clear(f);
    return person_of(f, "Practitioner/gp", rights_of(f, ROLE_GP, patients, mask_of_all()));
}

typedef struct {
    const char *why;
    Kind kind;
    const char *header; /* If-Match, or If-None-Match of reads */
    const char *query, *body;
} Case;

static const Case cases[] = {
    {"read", READ, "", "", ""},
    {"read with the right ETag: no 304", READ, "W/\"3\"", "", ""},
    {"read with any ETag", READ, "*", "", ""},
    {"read of a part", READ, "", "_summary=true", ""},
    {"version", VREAD, "", "", ""},
    {"history", HISTORY, "", "", ""},
    {"update", UPDATE, "", "", "{\"resourceType\":\"Patient\",\"id\":\"%s\"}"},
    {"update of the right version", UPDATE, "W/\"3\"", "",
     "{\"resourceType\":\"Patient\",\"id\":\"%s\"}"},
    {"update of any version", UPDATE, "*", "", "{\"resourceType\":\"Patient\",\"id\":\"%s\"}"},
    {"patch", PATCH, "", "", "[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]"},
    {"patch of the right version", PATCH, "W/\"3\"", "",
     "[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]"},
    {"delete", REMOVE, "", "", ""},
    {"delete of the right version", REMOVE, "W/\"3\"", "", ""},
    {"update by a condition", UPDATE, "", "identifier=urn:n|%s", "{\"resourceType\":\"Patient\"}"},
    {"update by a condition, with an id", UPDATE, "", "identifier=urn:n|nobody",
     "{\"resourceType\":\"Patient\",\"id\":\"%s\"}"},
    {"patch by a condition", PATCH, "", "identifier=urn:n|%s",
     "[{\"op\":\"add\",\"path\":\"/active\",\"value\":true}]"},
    {"delete by a condition", REMOVE, "", "identifier=urn:n|%s", ""},
};

static Str filled(Fixture *f, const char *format, Str id)
{
    Buf buf;
    buf_init(&buf, f->cx.arena, 64, 4096);
    for (Str rest = str_of(format); rest.len; rest = str_from(rest, 1)) {
        if (str_has_prefix(rest, STR("%s"))) {
            buf_add_str(&buf, id);
            rest = str_from(rest, 1);
        } else {
            buf_add_char(&buf, rest.at[0]);
        }
    }
    return buf_str(&buf);
}

/* Status, HTTP status, headers, body and issues as one text, with the id taken out. */
static Str told(Fixture *f, const Case *c, const Access *who, Str id)
{
    Call call = fixture_call(f);
    Reply *reply = &f->reply;
    Str type = STR("Patient"), by = c->query[0] && c->kind != READ ? STR_EMPTY : id;
    Str body = filled(f, c->body, str_eq(id, STR("hidden")) && !by.len ? STR("hidden") : id);
    call.access = who;
    call.query = filled(f, c->query, str_eq(id, STR("hidden")) ? STR("h") : STR("never"));
    if (c->kind == READ)
        call.if_none_match = str_of(c->header);
    else
        call.if_match = str_of(c->header);
    switch (c->kind) {
    case READ: (void)record_read(f->record, &f->cx, &call, type, id, reply); break;
    case VREAD: (void)record_vread(f->record, &f->cx, &call, type, id, STR("1"), reply); break;
    case HISTORY: (void)record_history(f->record, &f->cx, &call, type, id, reply); break;
    case UPDATE:
        (void)record_update(f->record, &f->cx, &call, type, by, fixture_body(f, body), reply);
        break;
    case PATCH:
        (void)record_patch(f->record, &f->cx, &call, type, by, fixture_body(f, body), reply);
        break;
    case REMOVE: (void)record_delete(f->record, &f->cx, &call, type, by, reply); break;
    case CREATE: break;
    }
    size_t writes = reply->commit.write_count;
    Buf all;
    buf_init(&all, f->cx.arena, 256, 1 << 16);
    buf_format(&all, "%d %u v%u %d w%zu ", reply->status, reply->http, reply->version,
               reply->updated != 0, writes);
    buf_format(&all, "%s", reply->location.len ? "location " : "");
    buf_add_str(&all, reply->status == STATUS_OK && writes ? STR("stored") : reply->body);
    for (const Issue *issue = f->cx.issues; issue; issue = issue->next)
        buf_format(&all, " %d " STR_FMT " " STR_FMT, issue->status, STR_ARG(issue->code),
                   STR_ARG(issue->diagnostics));
    Str text = arena_str(f->forever, buf_str(&all));
    record_settled(reply); /* nothing is written */
    fixture_clear(f);
    return text;
}

static void hidden_is_absent(void **state)
{
    Fixture f;
    UNUSED(state);
    const Access *gp = open_scene(&f);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str never = told(&f, c, gp, STR("never"));
        check_str(told(&f, c, gp, STR("hidden")), never);
        if (!c->query[0])
            check_str(told(&f, c, gp, STR("gone")), never);
        check(!str_eq(told(&f, c, f.access, STR("hidden")), never)); /* there is a difference */
    }
    fixture_close(&f);
}

/* ---- what is there and seen ------------------------------------------------------------------ */

static void the_seen_is_read(void **state)
{
    Fixture f;
    UNUSED(state);
    f.access = NULL;
    const Access *gp = open_scene(&f);
    f.access = gp;
    check_int(fixture_read(&f, STR("Patient"), STR("p1"), STR_EMPTY), STATUS_OK);
    check_int(f.reply.http, 200);
    fixture_clear(&f);
    CASE("and written");
    check_int(fixture_put(&f, STR("Patient"), STR("p1"), STR(PERSON("p1", ",\"active\":true")),
                          STR("W/\"1\"")),
              STATUS_OK);
    fixture_clear(&f);
    CASE("about somebody else nothing is created");
    check_int(
        fixture_create(&f, STR("Observation"),
                       STR("{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{"
                           "\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/hidden\"}}")),
        STATUS_FORBIDDEN);
    Str hidden = arena_str(f.forever, f.cx.issues->diagnostics);
    fixture_clear(&f);
    CASE("in the same words as about nobody");
    check_int(fixture_create(&f, STR("Observation"),
                             STR("{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{"
                                 "\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/never\"}}")),
              STATUS_FORBIDDEN);
    check_str(f.cx.issues->diagnostics, hidden);
    fixture_clear(&f);
    CASE("nor is anything given to somebody else");
    check_int(fixture_create(&f, STR("Observation"),
                             STR("{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{"
                                 "\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/p1\"}}")),
              STATUS_OK);
    Str id = arena_str(f.forever, json_get_str(fixture_json(&f), STR("id")));
    fixture_clear(&f);
    check_int(
        fixture_put(&f, STR("Observation"), id,
                    arena_format(f.cx.arena,
                                 "{\"resourceType\":\"Observation\",\"id\":\"" STR_FMT
                                 "\",\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{"
                                 "\"reference\":\"Patient/hidden\"}}",
                                 STR_ARG(id)),
                    STR_EMPTY),
        STATUS_FORBIDDEN);
    fixture_close(&f);
}

/* ---- conditions --------------------------------------------------------------------------------
 */

static Status create_unless(Fixture *f, const char *condition)
{
    Call call = fixture_call(f);
    call.if_none_exist = str_of(condition);
    (void)record_create(f->record, &f->cx, &call, STR("Patient"),
                        fixture_body(f, STR("{\"resourceType\":\"Patient\"}")), &f->reply);
    return fixture_finish(f, &call);
}

static void conditions_find_what_is_seen(void **state)
{
    Fixture f;
    UNUSED(state);
    f.access = NULL;
    const Access *gp = open_scene(&f);
    const Access *program = f.access;
    f.access = gp;
    CASE("none and hidden create alike");
    check_int(create_unless(&f, "identifier=urn:n|nobody"), STATUS_FORBIDDEN);
    Str none = arena_str(f.forever, f.cx.issues->diagnostics);
    fixture_clear(&f);
    check_int(create_unless(&f, "identifier=urn:n|h"), STATUS_FORBIDDEN);
    check_str(f.cx.issues->diagnostics, none);
    fixture_clear(&f);
    check_int(create_unless(&f, "identifier=urn:n|seen"), STATUS_OK);
    check_int(f.reply.http, 200);
    fixture_clear(&f);
    CASE("a hidden one does not make one into several");
    f.access = program;
    put(&f, STR("Patient"), STR("twin"), STR(NAMED("twin", "seen")));
    f.access = gp;
    check_int(create_unless(&f, "identifier=urn:n|seen"), STATUS_OK);
    check_int(f.reply.http, 200);
    fixture_close(&f);
}

/* References by condition: "none" and "hidden" answer alike. */
static void references_find_what_is_seen(void **state)
{
    static const char *const names[] = {"nobody", "h"};
    Str told_of[2];
    Fixture f;
    UNUSED(state);
    f.access = NULL;
    const Access *gp = open_scene(&f);
    f.access = gp;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str bundle = arena_format(
            f.cx.arena,
            "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{\"request\":{"
            "\"method\":"
            "\"POST\",\"url\":\"Observation\"},\"resource\":{\"resourceType\":\"Observation\","
            "\"status\":\"final\",\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":"
            "\"Patient?identifier=urn:n|%s\"}}}]}",
            names[i]);
        check_int(fixture_bundle(&f, bundle), STATUS_UNPROCESSABLE);
        told_of[i] = arena_str(f.forever, f.cx.issues->diagnostics);
        fixture_clear(&f);
    }
    check_str(told_of[1], told_of[0]);
    fixture_close(&f);
}

/* ---- histories ------------------------------------------------------------------------------- */

/* A token that may read instances of a type sees their history, and nothing of the type in that of
 * the whole system. security-model.md 5: history of an instance is `r`, of a type is `s` */
static void the_history_of_all_is_a_search(void **state)
{
    static const char *const patients[] = {"Patient/p1", NULL};
    Fixture f;
    UNUSED(state);
    (void)open_scene(&f);
    uint8_t letters[256] = {0};
    letters[fhir_type_find(STR("Patient"))] = RIGHTS_READ;
    Rights *rights = rights_of(&f, ROLE_GP, patients, mask_of_all());
    rights->scopes = letters;
    rights->scope_count = COUNT_OF(letters);
    f.access = person_of(&f, "Practitioner/gp", rights);
    CASE("of the instance");
    check_int(fixture_history(&f, STR("Patient"), STR("p1"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "Patient/p1"));
    CASE("of everything");
    check_int(fixture_history(&f, STR_EMPTY, STR_EMPTY, STR_EMPTY), STATUS_OK);
    check(!str_contains(f.reply.body, "Patient/p1"));
    letters[fhir_type_find(STR("Patient"))] = RIGHTS_READ | RIGHTS_SEARCH;
    check_int(fixture_history(&f, STR_EMPTY, STR_EMPTY, STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "Patient/p1"));
    fixture_close(&f);
}

/* Somebody who sees what is not restricted, of p1. */
static const Access *plain_reader(Fixture *f)
{
    static const char *const patients[] = {"Patient/p1", NULL};
    RightsMask mask = *mask_of_all();
    mask.clearance = CONF_N;
    return person_of(f, "Practitioner/n", rights_of(f, ROLE_NURSE, patients, &mask));
}

/* A version, and the instant at which it was made: later than the one before. */
static Str put_version(Fixture *f, const char *security)
{
    char instant[TIME_INSTANT_LEN];
    Str text = arena_format(f->cx.arena,
                            "{\"resourceType\":\"Observation\",\"id\":\"o\",%s\"status\":\"final\","
                            "\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/p1\"}}",
                            security);
    usleep(3000);
    check_int(fixture_put(f, STR("Observation"), STR("o"), text, STR_EMPTY), STATUS_OK);
    Str at = arena_str(f->forever, time_format_instant(f->reply.updated, instant));
    fixture_clear(f);
    return at;
}

/* What was current when a hidden version was: the one before it, as if it had not been made. */
static void a_hidden_version_ends_nothing(void **state)
{
    static const char restricted[] =
        "\"meta\":{\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
        "v3-Confidentiality\",\"code\":\"R\"}]},";
    Fixture f;
    UNUSED(state);
    (void)open_scene(&f);
    const Access *program = f.access, *nurse = plain_reader(&f);
    (void)put_version(&f, "");
    Str hidden = put_version(&f, restricted);
    (void)put_version(&f, "");
    Str query = arena_format(f.forever, "_at=" STR_FMT, STR_ARG(hidden));
    CASE("all three are there, and one of them is hidden");
    check_int(fixture_history(&f, STR("Observation"), STR("o"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "\"versionId\":\"2\""));
    fixture_clear(&f);
    f.access = nurse;
    check_int(fixture_history(&f, STR("Observation"), STR("o"), STR_EMPTY), STATUS_OK);
    check(!str_contains(f.reply.body, "\"versionId\":\"2\""));
    check(str_contains(f.reply.body, "\"versionId\":\"3\""));
    fixture_clear(&f);
    CASE("who sees it is told that it took the place of the first");
    f.access = program;
    check_int(fixture_history(&f, STR("Observation"), STR("o"), query), STATUS_OK);
    check(str_contains(f.reply.body, "\"versionId\":\"2\""));
    check(!str_contains(f.reply.body, "\"versionId\":\"1\""));
    fixture_clear(&f);
    CASE("who does not: that the first was current");
    f.access = nurse;
    check_int(fixture_history(&f, STR("Observation"), STR("o"), query), STATUS_OK);
    check(str_contains(f.reply.body, "\"versionId\":\"1\""));
    check(!str_contains(f.reply.body, "\"versionId\":\"2\""));
    f.access = program;
    fixture_close(&f);
}

/* ---- what is new -------------------------------------------------------------------------------
 */

/* The desk writes down why somebody wants to come, and cannot look it up afterwards; who treats him
 * can. security-model.md 1, the secretary's view. */
static void what_is_new_is_not_read_back(void **state)
{
    static const char *const patients[] = {"Patient/p1", NULL};
    static const char reason[] = "a knee that aches";
    const RightsMask mask = {.read = 1u << D1_DEMOGRAPHICS | 1u << D3_SCHEDULING,
                             .write = 1u << D3_SCHEDULING,
                             .clearance = CONF_N};
    Fixture f;
    UNUSED(state);
    const Access *gp = open_scene(&f), *program = f.access;
    f.access = person_of(&f, "Practitioner/desk", rights_of(&f, ROLE_SECRETARY, patients, &mask));
    Str text = arena_format(f.cx.arena,
                            "{\"resourceType\":\"Appointment\",\"status\":\"proposed\","
                            "\"reasonCode\":[{\"text\":\"%s\"}],\"participant\":[{\"actor\":{"
                            "\"reference\":\"Patient/p1\"},\"status\":\"accepted\"}]}",
                            reason);
    check_int(fixture_create(&f, STR("Appointment"), text), STATUS_OK);
    check(!str_contains(f.reply.body, reason));
    check(str_contains(f.reply.body, "SUBSETTED"));
    Str id = arena_str(f.forever, json_get_str(fixture_json(&f), STR("id")));
    fixture_clear(&f);
    CASE("read");
    check_int(fixture_read(&f, STR("Appointment"), id, STR_EMPTY), STATUS_OK);
    check(!str_contains(f.reply.body, reason));
    fixture_clear(&f);
    CASE("written over: what is not seen stays as it was");
    Str moved = arena_format(f.cx.arena,
                             "{\"resourceType\":\"Appointment\",\"id\":\"" STR_FMT
                             "\",\"status\":\"cancelled\",\"participant\":[{\"actor\":{"
                             "\"reference\":\"Patient/p1\"},\"status\":\"accepted\"}]}",
                             STR_ARG(id));
    check_int(fixture_put(&f, STR("Appointment"), id, moved, STR_EMPTY), STATUS_OK);
    fixture_clear(&f);
    CASE("by who treats him");
    f.access = gp;
    check_int(fixture_read(&f, STR("Appointment"), id, STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, reason));
    check(str_contains(f.reply.body, "cancelled"));
    fixture_clear(&f);
    CASE("what says that it is a part is not written over the whole by who sees all of it");
    Str part = arena_format(f.cx.arena,
                            "{\"resourceType\":\"Appointment\",\"id\":\"" STR_FMT
                            "\",\"meta\":{\"tag\":[{\"system\":\"http://terminology.hl7.org/"
                            "CodeSystem/v3-ObservationValue\",\"code\":\"SUBSETTED\"}]},"
                            "\"status\":\"cancelled\",\"participant\":[{\"actor\":{"
                            "\"reference\":\"Patient/p1\"},\"status\":\"accepted\"}]}",
                            STR_ARG(id));
    check_int(fixture_put(&f, STR("Appointment"), id, part, STR_EMPTY), STATUS_UNPROCESSABLE);
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Appointment"), id, STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, reason));
    f.access = program;
    fixture_close(&f);
}

/* ---- transactions
 * -------------------------------------------------------------------------------- */

static void transactions_obey_too(void **state)
{
    static const struct {
        const char *why, *entry;
    } entries[] = {
        {"delete", "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/%s\"}}"},
        {"update", "{\"request\":{\"method\":\"PUT\",\"url\":\"Patient/%s\"},\"resource\":{"
                   "\"resourceType\":\"Patient\",\"id\":\"%s\"}}"},
        {"update of a version",
         "{\"request\":{\"method\":\"PUT\",\"url\":\"Patient/%s\",\"ifMatch\":\"W/\\\"3\\\"\"},"
         "\"resource\":{\"resourceType\":\"Patient\",\"id\":\"%s\"}}"},
        {"read", "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/%s\"}}"},
        {"history", "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/%s/_history\"}}"},
        {"search",
         "{\"request\":{\"method\":\"GET\",\"url\":\"Patient?_id=h,hidden&_summary=count\"}}"},
    };
    static const char *const kinds[] = {"transaction", "batch"};
    static const char *const ids[] = {"never", "hidden"};
    Fixture f;
    UNUSED(state);
    f.access = NULL;
    const Access *gp = open_scene(&f);
    f.access = gp;
    FOR_CASES(entries, e)
    {
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            Str told_of[2];
            CASE(e->why);
            for (size_t i = 0; i < COUNT_OF(ids); i++) {
                Str bundle = arena_format(
                    f.cx.arena,
                    "{\"resourceType\":\"Bundle\",\"type\":\"%s\",\"entry\":[" STR_FMT "]}",
                    kinds[k], STR_ARG(filled(&f, e->entry, str_of(ids[i]))));
                (void)fixture_bundle(&f, bundle);
                told_of[i] =
                    arena_format(f.forever, "%d " STR_FMT " " STR_FMT, f.reply.status,
                                 STR_ARG(f.reply.status ? f.cx.issues->diagnostics : f.reply.body),
                                 STR_ARG(STR_EMPTY));
                fixture_clear(&f);
            }
            check_str(told_of[1], told_of[0]);
        }
    }
    f.access = gp;
    fixture_close(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_is_absent),
        cmocka_unit_test(the_seen_is_read),
        cmocka_unit_test(conditions_find_what_is_seen),
        cmocka_unit_test(references_find_what_is_seen),
        cmocka_unit_test(the_history_of_all_is_a_search),
        cmocka_unit_test(a_hidden_version_ends_nothing),
        cmocka_unit_test(what_is_new_is_not_read_back),
        cmocka_unit_test(transactions_obey_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
