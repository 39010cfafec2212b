/* Two records of one person become one and come apart again: everything that names one names the
 * other, in one step or not at all; nobody is given more than the stricter of both consents allows;
 * and what is taken back is as it was. */
#include <pthread.h>

#include "people_scene.h"

#define GP  "gp", "Practitioner/gp"
#define FAR "gp", "Practitioner/far"
#define BOTH                                                                                       \
    "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\",\"valueReference\":{"    \
    "\"reference\":\"Patient/a\"}},{\"name\":\"target\",\"valueReference\":{\"reference\":"        \
    "\"Patient/b\"}}"
static const char merge[] = BOTH "]}",
                  preview[] = BOTH ",{\"name\":\"preview\",\"valueBoolean\":true}]}";

static int begin(void **state)
{
    UNUSED(state);
    scene_open(&s);
    scene_put(&s, "Organization/north", "{\"resourceType\":\"Organization\",\"id\":\"north\"}");
    scene_put(&s, "Organization/south", "{\"resourceType\":\"Organization\",\"id\":\"south\"}");
    practitioner("gp", "north");
    practitioner("far", "south");
    scene_put(&s, "Patient/a",
              "{\"resourceType\":\"Patient\",\"id\":\"a\",\"name\":[{\"family\":\"Dubois\"}],"
              "\"birthDate\":\"1984-03-07\",\"telecom\":[{\"system\":\"phone\",\"value\":\"1\"}]}");
    scene_put(&s, "Patient/b",
              "{\"resourceType\":\"Patient\",\"id\":\"b\",\"name\":[{\"family\":\"Duboys\"}],"
              "\"birthDate\":\"1984-03-07\"}");
    scene_put(&s, "Patient/c", "{\"resourceType\":\"Patient\",\"id\":\"c\"}");
    linked("a", "north");
    linked("b", "north");
    linked("c", "north");
    for (int i = 0; i < 30; i++) {
        char path[32], text[512];
        snprintf(path, sizeof path, "Observation/o%d", i);
        snprintf(text, sizeof text,
                 "{\"resourceType\":\"Observation\",\"id\":\"o%d\",\"status\":\"final\",\"code\":{"
                 "\"text\":\"n%d\"},\"subject\":{\"reference\":\"Patient/%s\"},\"valueQuantity\":{"
                 "\"value\":1.%d0}}",
                 i, i, i % 3 ? "a" : "b", i);
        scene_put(&s, path, text);
    }
    scene_put(&s, "Task/t",
              "{\"resourceType\":\"Task\",\"id\":\"t\",\"status\":\"requested\",\"intent\":"
              "\"order\",\"for\":{\"reference\":\"Patient/a\"}}");
    scene_put(&s, "List/l",
              "{\"resourceType\":\"List\",\"id\":\"l\",\"status\":\"current\",\"mode\":\"working\","
              "\"entry\":[{\"item\":{\"reference\":\"Patient/a\"}},{\"item\":{\"reference\":"
              "\"Patient/c\"}}]}");
    scene_put(&s, "DocumentReference/d",
              "{\"resourceType\":\"DocumentReference\",\"id\":\"d\",\"status\":\"current\","
              "\"subject\":{\"reference\":\"Patient/a\"},\"content\":[{\"attachment\":{\"url\":"
              "\"Binary/f\"}}]}");
    scene_put(&s, "Binary/f",
              "{\"resourceType\":\"Binary\",\"id\":\"f\",\"contentType\":\"text/plain\","
              "\"securityContext\":{\"reference\":\"DocumentReference/d\"},\"data\":\"eA==\"}");
    scene_put(&s, "Provenance/p",
              "{\"resourceType\":\"Provenance\",\"id\":\"p\",\"target\":[{\"reference\":"
              "\"DocumentReference/d\"}],\"recorded\":\"2026-01-01T00:00:00Z\",\"agent\":[{"
              "\"who\":{\"display\":\"x\"}}]}");
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    scene_close(&s);
    return 0;
}

/* The body as the program reads it; empty when there is none. */
static Str read_as_program(const char *path)
{
    Str id = str_of(path), type = str_cut(&id, '/');
    fixture_clear(&s.f);
    return fixture_read(&s.f, type, id, STR_EMPTY) == STATUS_OK ? s.f.reply.body : STR_EMPTY;
}

static bool holds(const char *path, const char *text)
{
    Str body = read_as_program(path);
    return body.len && memmem(body.at, body.len, text, strlen(text)) != NULL;
}

/* How many of a search, as somebody or the program. */
static size_t count_of(const char *role, const char *who, const char *type, const char *query)
{
    Status status;
    JsonValue *root;
    do {
        fixture_clear(&s.f);
        Call call = fixture_call(&s.f);
        RecordScope scope = {.type = str_of(type)};
        if (role)
            call.access = scene_person(&s, role, who);
        call.query = str_of(query);
        (void)record_search(s.f.record, &s.f.cx, &call, &scope, &s.f.reply);
        status = fixture_finish(&s.f, &call);
    } while (status == STATUS_CONFLICT && s.f.reply.retry);
    check_int(status, STATUS_OK);
    check(json_parse(&s.f.cx, s.f.reply.body, &root) == STATUS_OK);
    return json_count(json_get(root, STR("entry")));
}

/* Everything that is stored, but for what the server itself says in meta: to be compared. */
static Str snapshot(Arena *arena)
{
    static const char *const paths[] = {"Patient/a", "Patient/b",        "Patient/c",
                                        "Task/t",    "List/l",           "DocumentReference/d",
                                        "Binary/f",  "CareTeam/a-north", "CareTeam/b-north",
                                        "Consent/a", "Consent/b"};
    Buf buf;
    buf_init(&buf, arena, 4096, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(paths) + 30; i++) {
        char path[32];
        snprintf(path, sizeof path, "Observation/o%zu", i - COUNT_OF(paths));
        Str body = read_as_program(i < COUNT_OF(paths) ? paths[i] : path); /* or none: deleted */
        for (Str rest = body; rest.len;) {
            Str part = str_cut(&rest, ',');
            char *version = memmem(part.at, part.len, "versionId", 9),
                 *updated = memmem(part.at, part.len, "lastUpdated", 11);
            if (!version && !updated)
                buf_add_str(&buf, part);
        }
        buf_add_char(&buf, '\n');
    }
    return buf_str(&buf);
}

static void a_preview_changes_nothing(void **state)
{
    UNUSED(state);
    Arena *kept = arena_new(1 << 22, false);
    Str before = snapshot(kept);
    check_int(asks(GP, "Patient/$merge", preview), 200);
    check(says("\"valueCode\":\"Observation\"") && says("\"valueInteger\":20"));
    check(says("\"name\":\"conflict\",\"valueCode\":\"name\""));
    check(says("\"name\":\"fills\",\"valueCode\":\"telecom\""));
    check(!says("birthDate") && says("\"consent\",\"valueCode\":\"both\""));
    check(!says("\"gains\"")); /* who is linked with both sees no more than before */
    Str after = snapshot(kept);
    check_str(after, before);
    arena_free(kept);
    CASE("who is linked with one of both sees the other's record afterwards");
    linked("b", "south");
    check_int(asks(GP, "Patient/$merge", preview), 200);
    check(says("\"name\":\"gains\",\"valueReference\":{\"reference\":\"Organization/south\""));
    check(!says("Organization/north"));
    scene_remove(&s, "CareTeam/b-south");
}

static void who_may_merge(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *role, *who, *body;
        unsigned status;
    } cases[] = {
        {"who does not see them", FAR, BOTH "]}", 404},
        {"a nurse does not keep their details", "nurse", "Practitioner/gp", BOTH "]}", 403},
        {"a patient", "patient", "Patient/a", BOTH "]}", 403},
        {"nothing said", GP, "{\"resourceType\":\"Parameters\"}", 400},
        {"one with himself", GP,
         "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\",\"valueString\":"
         "\"Patient/a\"},{\"name\":\"target\",\"valueString\":\"Patient/a\"}]}",
         400},
        {"no patient", GP,
         "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\",\"valueString\":"
         "\"Task/t\"},{\"name\":\"target\",\"valueString\":\"Patient/a\"}]}",
         400},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(asks(c->role, c->who, "Patient/$merge", c->body), c->status);
    }
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 422);
}

static void all_moves_and_comes_back(void **state)
{
    UNUSED(state);
    Arena *kept = arena_new(1 << 22, false);
    Str before = snapshot(kept);
    check_int(asks(GP, "Patient/$merge", merge), 200);
    CASE("everything names the target");
    check_int(count_of(NULL, NULL, "Observation", "subject=Patient/b&_count=100"), 30);
    check_int(count_of(NULL, NULL, "Observation", "subject=Patient/a&_count=100"), 0);
    check(holds("Task/t", "Patient/b") && holds("List/l", "Patient/b") &&
          holds("List/l", "Patient/c"));
    check(holds("CareTeam/a-north", "\"Patient/b\"") && holds("Consent/a", "\"Patient/b\""));
    check(holds("Patient/a", "replaced-by") && holds("Patient/a", "\"active\":false"));
    check(holds("Patient/b", "replaces") && holds("Patient/b", "telecom"));
    CASE("and is seen by whoever is linked with the person");
    check_int(count_of(GP, "Observation", "subject=Patient/b&_count=100"), 30);
    check_int(count_of(GP, "DocumentReference", "subject=Patient/b"), 1);
    check_int(count_of(GP, "Observation", "_id=o1"), 1);
    CASE("a file belongs to whom its document belongs to");
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    call.access = scene_person(&s, GP);
    (void)record_read(s.f.record, &s.f.cx, &call, STR("Binary"), STR("f"), &s.f.reply);
    check_int(fixture_finish(&s.f, &call), STATUS_OK);
    CASE("not twice");
    check_int(asks(NULL, NULL, "Patient/$merge", merge), 422);
    CASE("a trace is left");
    check_int(count_of(NULL, NULL, "Provenance", "target=Patient/b"), 1);
    CASE("all of it comes back");
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check(!says("stays"));
    Str after = snapshot(kept);
    check_str(after, before);
    check_int(count_of(GP, "Observation", "subject=Patient/a&_count=100"), 20);
    check_int(count_of(GP, "Binary", "_id=f"), 1);
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 422);
    arena_free(kept);
}

static void what_was_changed_since_stays_as_it_is(void **state)
{
    UNUSED(state);
    check_int(asks(GP, "Patient/$merge", merge), 200);
    scene_put(&s, "Observation/o1",
              "{\"resourceType\":\"Observation\",\"id\":\"o1\",\"status\":\"amended\",\"code\":{"
              "\"text\":\"n1\"},\"subject\":{\"reference\":\"Patient/b\"}}");
    scene_remove(&s, "Observation/o2");
    scene_put(&s, "Observation/new",
              "{\"resourceType\":\"Observation\",\"id\":\"new\",\"status\":\"final\",\"code\":{"
              "\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/b\"}}");
    scene_put(&s, "Patient/b",
              "{\"resourceType\":\"Patient\",\"id\":\"b\",\"name\":[{\"family\":\"Corrected\"}],"
              "\"link\":[{\"other\":{\"reference\":\"Patient/a\"},\"type\":\"replaces\"}]}");
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check(says("Observation/o1") && says("changed-since") && says("Patient/b"));
    CASE("the change stays, whose it is comes back");
    check(holds("Observation/o1", "amended") && holds("Observation/o1", "\"Patient/a\""));
    CASE("what was deleted stays so");
    check(!read_as_program("Observation/o2").len);
    CASE("what was written since stays where it was written");
    check(holds("Observation/new", "\"Patient/b\""));
    check(holds("Patient/b", "Corrected") && !holds("Patient/b", "\"link\""));
    check(!holds("Patient/a", "replaced-by"));
    scene_remove(&s, "Observation/new");
}

/* What is given as the source is written into the trace and the answer. */
static void only_a_patient_is_taken_back(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *source;
    } cases[] = {
        {"another type", "Group/a"},
        {"no type", "a"},
        {"JSON of his own", "x\\\",\\\"display\\\":\\\"x/a"},
        {"a version", "Patient/a/_history/1"},
        {"nobody", "Patient/"},
    };
    check_int(asks(GP, "Patient/$merge", merge), 200);
    FOR_CASES(cases, c)
    {
        char text[256];
        CASE(c->why);
        snprintf(text, sizeof text,
                 "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\","
                 "\"valueString\":\"%s\"}]}",
                 c->source);
        check_int(asks(GP, "Patient/b/$unmerge", text), 422);
    }
    check(holds("Patient/a", "replaced-by"));
    CASE("the patient by name");
    check_int(asks(GP, "Patient/b/$unmerge",
                   "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"source\","
                   "\"valueString\":\"Patient/a\"}]}"),
              200);
    check(says("\"reference\":\"Patient/a\"") && !holds("Patient/a", "replaced-by"));
}

static bool reads_file(const char *id)
{
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    call.access = scene_person(&s, GP);
    (void)record_read(s.f.record, &s.f.cx, &call, STR("Binary"), str_of(id), &s.f.reply);
    return fixture_finish(&s.f, &call) == STATUS_OK;
}

static void words_about_files_are_no_files(void **state)
{
    UNUSED(state);
    static const char *const words[] = {"Binary/", "Binary/x&y=z", "Binary/ is where files are"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        char text[256], path[32];
        snprintf(path, sizeof path, "Task/word%zu", i);
        snprintf(
            text, sizeof text,
            "{\"resourceType\":\"Task\",\"id\":\"word%zu\",\"status\":\"requested\",\"intent\":"
            "\"order\",\"description\":\"%s\",\"for\":{\"reference\":\"Patient/a\"}}",
            i, words[i]);
        scene_put(&s, path, text);
    }
    scene_put(&s, "DocumentReference/v",
              "{\"resourceType\":\"DocumentReference\",\"id\":\"v\",\"status\":\"current\","
              "\"subject\":{\"reference\":\"Patient/a\"},\"content\":[{\"attachment\":{\"url\":"
              "\"Binary/v/_history/1\"}}]}");
    scene_put(&s, "Binary/v",
              "{\"resourceType\":\"Binary\",\"id\":\"v\",\"contentType\":\"text/plain\","
              "\"securityContext\":{\"reference\":\"DocumentReference/v\"},\"data\":\"eA==\"}");
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check(holds("Task/word1", "Patient/b"));
    CASE("a version of a file is a file");
    check(reads_file("v"));
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check(holds("Task/word1", "Patient/a") && reads_file("v"));
}

/* What takes too long has not happened. */
static void taking_back_ends_with_its_time(void **state)
{
    UNUSED(state);
    check_int(asks(GP, "Patient/$merge", merge), 200);
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    OperationAsked asked = {.kind = kind_of("Patient", "$unmerge"), .id = STR("b")};
    call.access = scene_person(&s, GP);
    s.f.cx.deadline = 1;
    (void)record_operation(s.f.record, &s.f.cx, &call, &asked, &s.f.reply);
    check_int(fixture_finish(&s.f, &call), STATUS_TIMEOUT);
    s.f.cx.deadline = 0;
    check(holds("Patient/a", "replaced-by"));
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
}

static void nobody_is_given_more_than_the_stricter_consent(void **state)
{
    UNUSED(state);
    CASE("only one of both has agreed: nobody has, until he is asked again");
    scene_remove(&s, "Consent/b");
    check_int(asks(GP, "Patient/$merge", preview), 200);
    check(says("\"consent\",\"valueCode\":\"asked-again\""));
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check(holds("Consent/a", "inactive"));
    check_int(count_of(GP, "Observation", "subject=Patient/b"), 0);
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check(holds("Consent/a", "\"active\""));
    check_int(count_of(GP, "Observation", "subject=Patient/a&_count=100") > 10, true);
    linked("b", "north");

    CASE("a block of either holds for the merged");
    scene_put(&s, "Consent/block",
              "{\"resourceType\":\"Consent\",\"id\":\"block\",\"status\":\"active\",\"scope\":{"
              "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\","
              "\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
              "\"urn:aceso:consent\",\"code\":\"block\"}]}],\"patient\":{\"reference\":"
              "\"Patient/a\"},\"policyRule\":{\"text\":\"x\"},\"provision\":{\"type\":\"deny\","
              "\"actor\":[{\"role\":{\"text\":\"x\"},\"reference\":{\"reference\":"
              "\"Practitioner/far\"}}]}}");
    linked("b", "south");
    check(count_of(FAR, "Observation", "subject=Patient/b&_count=100") > 0);
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check_int(count_of(FAR, "Observation", "subject=Patient/b&_count=100"), 0);
    check_int(count_of(FAR, "Patient", "_id=b"), 0);
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check(count_of(FAR, "Observation", "subject=Patient/b&_count=100") > 0);
    scene_remove(&s, "Consent/block");
    scene_remove(&s, "CareTeam/b-south");
}

static void a_broken_glass_opens_nothing_of_the_other_record(void **state)
{
    UNUSED(state);
    scene_put(
        &s, "CareTeam/glass",
        "{\"resourceType\":\"CareTeam\",\"id\":\"glass\",\"status\":\"active\",\"category\":[{"
        "\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"break-glass\"}]}],\"subject\":{"
        "\"reference\":\"Patient/a\"},\"period\":{\"start\":\"2026-01-01\"},\"participant\":[{"
        "\"member\":{\"reference\":\"Practitioner/far\"}}]}");
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check(holds("CareTeam/glass", "\"Patient/a\""));
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    scene_remove(&s, "CareTeam/glass");
}

/* All of it is one commit of the store: whoever dies before it has done nothing. */
static void a_merge_that_is_not_committed_has_not_happened(void **state)
{
    UNUSED(state);
    Arena *kept = arena_new(1 << 22, false);
    Str before = snapshot(kept);
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    OperationAsked asked = {.kind = kind_of("Patient", "$merge"),
                            .body = fixture_body(&s.f, str_of(merge))};
    check_int(record_operation(s.f.record, &s.f.cx, &call, &asked, &s.f.reply), STATUS_OK);
    check(s.f.reply.commit.write_count > 20 && s.f.reply.commit.item_count == 1 &&
          s.f.reply.commit.job_count == 1 && s.f.reply.commit.audit_count == 1);
    s.f.reply.commit.status = STATUS_UNAVAILABLE;
    record_settled(&s.f.reply);
    Str after = snapshot(kept);
    check_str(after, before);
    CASE("and is in nobody's way");
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    arena_free(kept);
}

/* What he does not see moves too, and is neither counted nor named to him. */
static void what_is_hidden_moves_without_a_word(void **state)
{
    static const char note[] =
        "{\"resourceType\":\"Observation\",\"id\":\"secret\",\"status\":\"%s\",\"meta\":{"
        "\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\","
        "\"code\":\"V\"}]},\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/%s\"}}";
    char text[512];
    UNUSED(state);
    CASE("without it");
    Arena *kept = arena_new(1 << 20, false);
    check_int(asks(GP, "Patient/$merge", preview), 200);
    Str would = arena_str(kept, last);
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    Str before = arena_str(kept, last);
    snprintf(text, sizeof text, note, "final", "a");
    scene_put(&s, "Observation/secret", text);
    scene_put(&s, "CareTeam/secret",
              "{\"resourceType\":\"CareTeam\",\"id\":\"secret\",\"status\":\"active\",\"meta\":{"
              "\"security\":[{\"system\":"
              "\"http://terminology.hl7.org/CodeSystem/v3-Confidentiality\",\"code\":\"V\"}]},"
              "\"category\":[{\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"contact\"}]}],"
              "\"subject\":{\"reference\":\"Patient/a\"},\"period\":{\"start\":\"2026-01-01\"},"
              "\"participant\":[{\"member\":{\"reference\":\"Practitioner/quiet\"}}]}");
    check_int(count_of(GP, "Observation", "_id=secret"), 0);
    CASE("what would move, and who would gain by it");
    check_int(asks(GP, "Patient/$merge", preview), 200);
    check_str(last, would);
    CASE("what came back");
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check(holds("Observation/secret", "\"Patient/b\""));
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check_str(last, before);
    check(holds("Observation/secret", "\"Patient/a\""));
    CASE("and what did not");
    check_int(asks(GP, "Patient/$merge", merge), 200);
    snprintf(text, sizeof text, note, "amended", "b");
    scene_put(&s, "Observation/secret", text);
    CASE("who may take it back");
    check_int(asks("nurse", "Practitioner/gp", "Patient/b/$unmerge", NULL), 403);
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check(!says("Observation/secret"));
    scene_remove(&s, "Observation/secret");
    scene_remove(&s, "CareTeam/secret");
    arena_free(kept);
}

/* Notes of psychotherapy are their author's alone, before and after. */
static void an_author_stays_an_author(void **state)
{
    UNUSED(state);
    static const char query[] = "title=Psynotes";
    practitioner("psy", "north");
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    call.access = scene_person(&s, "psychologist", "Practitioner/psy");
    (void)record_create(
        s.f.record, &s.f.cx, &call, STR("Composition"),
        fixture_body(&s.f,
                     STR("{\"resourceType\":\"Composition\",\"status\":"
                         "\"final\",\"type\":{\"text\":\"x\"},\"title\":\"Psynotes\",\"date\":"
                         "\"2026-01-01\",\"author\":[{\"reference\":\"Practitioner/psy\"}],"
                         "\"subject\":{\"reference\":\"Patient/a\"}}")),
        &s.f.reply);
    check_int(fixture_finish(&s.f, &call), STATUS_OK);
    check_int(count_of("psychologist", "Practitioner/psy", "Composition", query), 1);
    check_int(count_of("physio", "Practitioner/gp", "Composition", query), 0);
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check_int(count_of("psychologist", "Practitioner/psy", "Composition", query), 1);
    check_int(count_of("physio", "Practitioner/gp", "Composition", query), 0);
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check_int(count_of("psychologist", "Practitioner/psy", "Composition", query), 1);
}

/* Who looked at either record looked at the person's. */
static void the_log_follows_the_person(void **state)
{
    UNUSED(state);
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    call.access = scene_person(&s, GP);
    call.address = STR("192.0.2.77");
    (void)record_read(s.f.record, &s.f.cx, &call, STR("Patient"), STR("a"), &s.f.reply);
    check_int(fixture_finish(&s.f, &call), STATUS_OK);
    static const struct {
        bool merged;
        const char *why;
    } cases[] = {{false, "apart, each has his own"}, {true, "merged, one has both"}};
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        if (c->merged)
            check_int(asks(GP, "Patient/$merge", merge), 200);
        fixture_clear(&s.f);
        call = fixture_call(&s.f);
        call.access = scene_person(&s, "patient", "Patient/b");
        call.query = STR("_count=1000");
        (void)record_who_looked(s.f.record, &s.f.cx, &call, STR("b"), &s.f.reply);
        check_int(fixture_finish(&s.f, &call), STATUS_OK);
        size_t entries = 0;
        for (Str rest = s.f.reply.body; rest.len; entries++) {
            char *at = memmem(rest.at, rest.len, "\"name\":\"entry\"", 14);
            if (!at)
                break;
            rest = str_from(rest, (size_t)(at - rest.at) + 14);
        }
        static size_t before;
        if (c->merged)
            check(entries > before + 5); /* what was written and read of the other */
        before = entries;
    }
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
}

/* ---- at once ------------------------------------------------------------------------------------
 */

typedef struct {
    unsigned number;
    bool merges;
    unsigned status;
} Racer;

static void *race(void *of)
{
    Racer *r = of;
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    Reply reply;
    Call call = fixture_call(&s.f);
    char text[256];
    for (unsigned i = 0; i < (r->merges ? 1 : 25); i++) {
        Status status;
        do {
            arena_clear(cx.arena);
            cx = (Ctx){.arena = cx.arena};
            snprintf(text, sizeof text, "%s",
                     r->merges ? merge
                               : "{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{"
                                 "\"text\":\"race\"},\"subject\":{\"reference\":\"Patient/a\"}}");
            size_t len = strlen(text);
            char *at = arena_alloc(cx.arena, len + JSON_PADDING);
            memcpy(at, text, len);
            OperationAsked asked = {.kind = kind_of("Patient", "$merge"), .body = {at, len}};
            if (r->merges)
                (void)record_operation(s.f.record, &cx, &call, &asked, &reply);
            else
                (void)record_create(s.f.record, &cx, &call, STR("Observation"), (Body){at, len},
                                    &reply);
            status = record_finish(s.f.record, &cx, &call, &reply);
        } while (status == STATUS_CONFLICT && reply.retry);
        r->status = status == STATUS_OK ? reply.http : status_http(status);
    }
    arena_free(cx.arena);
    return NULL;
}

static void nothing_is_left_behind_by_a_race(void **state)
{
    UNUSED(state);
    pthread_t threads[4];
    Racer racers[4] = {{0, false, 0}, {1, true, 0}, {2, true, 0}, {3, false, 0}};
    size_t before = count_of(NULL, NULL, "Observation", "_count=1000");
    fixture_clear(&s.f);
    for (size_t i = 0; i < 4; i++)
        check_int(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CASE("one of two merges is the one");
    check((racers[1].status == 200) != (racers[2].status == 200));
    check(racers[1].status == 422 || racers[2].status == 422);
    CASE("its job moves what was written meanwhile");
    fixture_clear(&s.f);
    Call call = fixture_call(&s.f);
    OperationAsked asked = {.kind = &people_merge_rest, .id = STR("a")};
    (void)record_operation(s.f.record, &s.f.cx, &call, &asked, &s.f.reply);
    check_int(fixture_finish(&s.f, &call), STATUS_OK);
    check_int(count_of(NULL, NULL, "Observation", "subject=Patient/a&_count=1000"), 0);
    check_int(count_of(NULL, NULL, "Observation", "_count=1000"), before + 50);
    CASE("and all of it comes back");
    check_int(asks(NULL, NULL, "Patient/b/$unmerge", NULL), 200);
    check_int(count_of(NULL, NULL, "Observation", "subject=Patient/a&code:text=race&_count=1000"),
              50);
}

/* Agreed to by form, for one treatment each: years of them. */
#define TREATMENT                                                                                  \
    "\"status\":\"active\",\"scope\":{\"coding\":[{\"system\":"                                    \
    "\"http://terminology.hl7.org/CodeSystem/consentscope\",\"code\":\"treatment\"}]},"            \
    "\"category\":[{\"text\":\"anaesthesia\"}],\"dateTime\":\"2026-06-01\",\"patient\":{"          \
    "\"reference\":\"Patient/b\"},\"policyRule\":{\"text\":\"x\"}"

static void no_consent_is_overlooked_among_many(void **state)
{
    UNUSED(state);
    scene_remove(&s, "Consent/a");
    fixture_put_many(&s.f, "Consent", 1000, TREATMENT);
    check_int(asks(GP, "Patient/$merge", preview), 200);
    check(says("\"consent\",\"valueCode\":\"asked-again\""));
    check_int(asks(GP, "Patient/$merge", merge), 200);
    check(holds("Consent/b", "inactive"));
    check_int(asks(GP, "Patient/b/$unmerge", NULL), 200);
    check(holds("Consent/b", "\"active\""));
}

static void all_who_see_more_are_named(void **state)
{
    UNUSED(state);
    fixture_put_many(&s.f, "CareTeam", 250,
                     "\"status\":\"active\",\"category\":[{\"coding\":[{\"system\":"
                     "\"urn:aceso:link\",\"code\":\"contact\"}]}],\"subject\":{\"reference\":"
                     "\"Patient/a\"},\"period\":{\"start\":\"2026-01-01\",\"end\":\"2099-01-01\"},"
                     "\"participant\":[{\"member\":{\"reference\":\"Practitioner/sees-#\"}}]");
    check_int(asks(GP, "Patient/$merge", preview), 200);
    check(says("Practitioner/sees-0\"") && says("Practitioner/sees-249\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_preview_changes_nothing),
        cmocka_unit_test(who_may_merge),
        cmocka_unit_test(all_moves_and_comes_back),
        cmocka_unit_test(what_was_changed_since_stays_as_it_is),
        cmocka_unit_test(only_a_patient_is_taken_back),
        cmocka_unit_test(words_about_files_are_no_files),
        cmocka_unit_test(taking_back_ends_with_its_time),
        cmocka_unit_test(nobody_is_given_more_than_the_stricter_consent),
        cmocka_unit_test(a_broken_glass_opens_nothing_of_the_other_record),
        cmocka_unit_test(a_merge_that_is_not_committed_has_not_happened),
        cmocka_unit_test(what_is_hidden_moves_without_a_word),
        cmocka_unit_test(an_author_stays_an_author),
        cmocka_unit_test(the_log_follows_the_person),
        cmocka_unit_test(nothing_is_left_behind_by_a_race),
        cmocka_unit_test(no_consent_is_overlooked_among_many),
        cmocka_unit_test(all_who_see_more_are_named),
    };
    return cmocka_run_group_tests_name("merging", tests, begin, end);
}
