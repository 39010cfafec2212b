/* test_record_conditioned.c - tokens whose scopes have search conditions: what answers them is seen
 * by search and by read alike, and nothing else, by whatever way it is asked for.
 *
 * SPEC SMART 2.2 scopes-and-launch-context.html#finer-grained-resource-constraints */
#include "access/grant.h"
#include "record_fixture.h"
#include "search/search.h"

#define LAB    "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
#define VITAL  "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
#define BY_LAB "system/Observation.rs?category=" LAB

static Fixture f;

static void put(const char *id, const char *category, const char *more)
{
    char text[1200];
    int len =
        snprintf(text, sizeof text,
                 "{\"resourceType\":\"Observation\",\"id\":\"%s\",\"status\":\"final\",%s%s%s"
                 "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"2345-7\"}]}"
                 ",\"subject\":{\"reference\":\"Patient/p1\"}%s}",
                 id,
                 category ? "\"category\":[{\"coding\":[{\"system\":\"http://"
                            "terminology.hl7.org/CodeSystem/observation-category\","
                            "\"code\":\""
                          : "",
                 category ? category : "", category ? "\"}]}]," : "", more);
    fixture_clear(&f);
    check_int(fixture_put(&f, STR("Observation"), str_of(id), str_n(text, (size_t)len), STR_EMPTY),
              STATUS_OK);
}

static int begin(void **state)
{
    UNUSED(state);
    fixture_open(&f, true);
    check_int(fixture_put(&f, STR("Patient"), STR("p1"),
                          STR("{\"resourceType\":\"Patient\",\"id\":\"p1\"}"), STR_EMPTY),
              STATUS_OK);
    put("lab1", "laboratory", "");
    put("lab2", "laboratory", ",\"hasMember\":[{\"reference\":\"Observation/vital1\"}]");
    put("vital1", "vital-signs", ",\"derivedFrom\":[{\"reference\":\"Observation/lab1\"}]");
    put("exam1", "exam", "");
    put("none1", NULL, "");
    put("was1", "laboratory", "");
    put("was1", "exam", ""); /* it was one, and is no more */
    put("gone1", "laboratory", "");
    fixture_clear(&f);
    check_int(fixture_delete(&f, STR("Observation"), STR("gone1")), STATUS_OK);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    fixture_close(&f);
    return 0;
}

static const Access *holder(const char *scopes)
{
    AccessGrant grant = {.account = STR("lab bridge"),
                         .role = STR("program"),
                         .client = STR("c1"),
                         .scopes = str_of(scopes),
                         .patient = STR_EMPTY,
                         .may_write = true};
    grant.reference = STR_EMPTY;
    return access_grant(f.cx.arena, &grant);
}

static Call call_of(const char *scopes, const char *query)
{
    fixture_clear(&f);
    Call call = fixture_call(&f);
    call.access = holder(scopes);
    call.query = str_of(query);
    return call;
}

/* The ids of a search, "lab1 lab2", or its HTTP status. */
static Str found(const char *scopes, const char *type, const char *query)
{
    Call call = call_of(scopes, query);
    RecordScope scope = {.type = str_of(type), .compartment = STR_EMPTY, .id = STR_EMPTY};
    Status status = record_search(f.record, &f.cx, &call, &scope, &f.reply);
    Status kept = record_finish(f.record, &f.cx, &call, &f.reply);
    JsonValue *root, *entry;
    Str name;
    Buf out;
    if (status != STATUS_OK || kept != STATUS_OK)
        return arena_format(f.cx.arena, "%u", status_http(status != STATUS_OK ? status : kept));
    check_int(json_parse(&f.cx, f.reply.body, &root), STATUS_OK);
    buf_init(&out, f.cx.arena, 256, 4096);
    for (JsonIter it = json_iter(json_get(root, STR("entry"))); json_next(&it, &name, &entry);)
        buf_format(&out, "%s" STR_FMT, out.len ? " " : "",
                   STR_ARG(json_get_str(json_get(entry, STR("resource")), STR("id"))));
    const JsonValue *total = json_get(root, STR("total"));
    if (total)
        buf_format(&out, " of " STR_FMT, STR_ARG(json_str(total)));
    return buf_str(&out);
}

static unsigned read_one(const char *scopes, const char *type, const char *id)
{
    Call call = call_of(scopes, "");
    Status status = record_read(f.record, &f.cx, &call, str_of(type), str_of(id), &f.reply);
    Status kept = record_finish(f.record, &f.cx, &call, &f.reply);
    if (status == STATUS_OK)
        status = kept;
    return status == STATUS_OK ? f.reply.http : status_http(status);
}

static void searches_are_held_to_the_condition(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *scopes, *type, *query, *found;
    } cases[] = {
        {"all that it is for", BY_LAB, "Observation", "_sort=_id", "lab1 lab2"},
        {"the total too", BY_LAB, "Observation", "_sort=_id&_total=accurate", "lab1 lab2 of 2"},
        {"and the count", BY_LAB, "Observation", "_summary=count", " of 2"},
        {"with conditions of its own", BY_LAB, "Observation",
         "_sort=_id&status=final&_id=lab1,vital1", "lab1"},
        {"of another category", BY_LAB, "Observation", "category=vital-signs", ""},
        {"everything but it", BY_LAB, "Observation", "category:not=laboratory", ""},
        {"by the code alone", "system/Observation.rs?category=laboratory", "Observation",
         "_sort=_id", "lab1 lab2"},
        {"two categories", BY_LAB " system/Observation.rs?category=" VITAL, "Observation",
         "_sort=_id", "lab1 lab2 vital1"},
        {"by code", "system/Observation.rs?code=2345-7 system/Patient.rs", "Observation",
         "_id=none1", "none1"},
        {"another code", "system/Observation.rs?code=1-8", "Observation", "", ""},
        {"two parameters: the first holds", BY_LAB " system/Observation.rs?code=2345-7",
         "Observation", "_sort=_id", "lab1 lab2"},
        {"a wider scope beside it", BY_LAB " system/Observation.s", "Observation", "_id=vital1",
         "vital1"},
        {"only reading", "system/Observation.r?category=" LAB, "Observation", "", "403"},
        {"with letters to write", "system/Observation.cruds?category=" LAB, "Observation",
         "_sort=_id", "lab1 lab2"},
        {"a condition that is not offered", "system/Observation.rs?value-quantity=1", "Observation",
         "", "403"},
        {"another type", BY_LAB, "Patient", "", "403"},
        {"of a patient, and none is named", "patient/Observation.rs?category=" LAB, "Observation",
         "", "403"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_str(found(c->scopes, c->type, c->query), str_of(c->found));
    }
}

static void what_joins_other_rows_is_refused_by_name(void **state)
{
    UNUSED(state);
    static const char *const queries[] = {
        "has-member:Observation.category=vital-signs",
        "has-member.category=vital-signs",
        "has-member:Observation.code=2345-7",
        "subject:Patient.name=x",
        "subject.name=x",
        "_has:Observation:derived-from:code=2345-7",
        "_include=Observation:has-member",
        "_include:iterate=Observation:has-member",
        "_revinclude=Observation:derived-from",
        "_revinclude=*",
        "%5Finclude=Observation:has-member",
        "_filter=category eq vital-signs",
        "_list=l1",
        "_contained=both",
        "_type=Observation",
        "_query=x",
        "_sort=subject.name",
        "_outcome=x",
    };
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        CASE(queries[i]);
        check_str(found(BY_LAB " system/Patient.rs", "Observation", queries[i]), STR("400"));
        check(f.cx.issues != NULL);
    }
    CASE("and in a search of another type its rows are not there");
    const char *scopes = BY_LAB " system/Patient.rs";
    check_str(found(scopes, "Patient", "_has:Observation:subject:code=2345-7"), STR_EMPTY);
    check_str(found(scopes, "Patient", "_revinclude=Observation:subject"), STR("p1"));
    check_str(found(scopes, "Patient", ""), STR("p1"));
}

static void reads_find_exactly_what_searches_allow(void **state)
{
    UNUSED(state);
    static const struct {
        const char *scopes, *id;
        unsigned http;
    } cases[] = {
        {BY_LAB, "lab1", 200},
        {BY_LAB, "lab2", 200},
        {BY_LAB, "vital1", 404},
        {BY_LAB, "exam1", 404},
        {BY_LAB, "none1", 404},
        {BY_LAB, "was1", 404},
        {BY_LAB, "gone1", 404},
        {BY_LAB, "absent", 404},
        {"system/Observation.r?category=" LAB, "lab1", 200},
        {"system/Observation.s?category=" LAB, "lab1", 403},
        {"system/Observation.rs?code=2345-7", "none1", 200},
        {"system/Observation.rs?status=final", "none1", 200},
        {"system/Observation.rs?status=amended", "none1", 404},
        {BY_LAB " system/Observation.r", "vital1", 200},
    };
    FOR_CASES(cases, c)
    {
        CASE(arena_format(f.cx.arena, "%s %s", c->scopes, c->id).at);
        check_int(read_one(c->scopes, "Observation", c->id), c->http);
    }
}

static Status history(const char *scopes, const char *id)
{
    Call call = call_of(scopes, "");
    Status status =
        record_history(f.record, &f.cx, &call, STR("Observation"), str_of(id), &f.reply);
    Status kept = record_finish(f.record, &f.cx, &call, &f.reply);
    return status == STATUS_OK ? kept : status;
}

/* SPEC SMART 2.2 scopes-and-launch-context.html: an instance, its versions and its history are
 * read; a type and its history are searched. */
static void each_interaction_asks_for_its_letter(void **state)
{
    UNUSED(state);
    static const struct {
        const char *scopes;
        bool reads, searches;
    } cases[] = {
        {"system/Observation.r", true, false}, {"system/Observation.s", false, true},
        {"system/*.rs", true, true},           {"system/Observation.cud", false, false},
        {"system/Patient.rs", false, false},   {"openid fhirUser", false, false},
        {"system/Observation", false, false}, /* damaged */
    };
    FOR_CASES(cases, c)
    {
        Status reads = c->reads ? STATUS_OK : STATUS_FORBIDDEN;
        Status searches = c->searches ? STATUS_OK : STATUS_FORBIDDEN;
        CASE(c->scopes);
        check_int(read_one(c->scopes, "Observation", "exam1"), c->reads ? 200 : 403);
        check_int(history(c->scopes, "exam1"), reads);
        check_int(history(c->scopes, ""), searches);
        check_str(found(c->scopes, "Observation", "_id=exam1"),
                  c->searches ? STR("exam1") : STR("403"));
    }
}

/* Whatever else there is has no letter of the type. */
static void every_other_way_is_shut(void **state)
{
    UNUSED(state);
    Call call = call_of(BY_LAB, "");
    check_int(
        record_vread(f.record, &f.cx, &call, STR("Observation"), STR("lab1"), STR("1"), &f.reply),
        STATUS_FORBIDDEN);
    (void)record_finish(f.record, &f.cx, &call, &f.reply);
    check_int(history(BY_LAB, "was1"), STATUS_FORBIDDEN);
    CASE("a search over all types");
    check_str(found(BY_LAB, "", "_type=Observation"), STR_EMPTY);
}

static void pages_lead_on(void **state)
{
    UNUSED(state);
    Str rest, name, value, next = STR_EMPTY;
    JsonValue *root, *link;
    check_str(found(BY_LAB, "Observation", "_sort=_id&_count=1"), STR("lab1"));
    check_int(json_parse(&f.cx, f.reply.body, &root), STATUS_OK);
    for (JsonIter it = json_iter(json_get(root, STR("link"))); json_next(&it, &name, &link);) {
        if (str_eq(json_get_str(link, STR("relation")), STR("next")))
            next = json_get_str(link, STR("url"));
    }
    check(next.len > 0);
    rest = str_from(next, str_index(next, '?') + 1);
    char query[2000];
    snprintf(query, sizeof query, STR_FMT, STR_ARG(rest));
    check_str(found(BY_LAB, "Observation", query), STR("lab2"));
    CASE("and with the condition taken out of the link");
    char without[2000];
    size_t len = 0;
    rest = str_of(query);
    while (search_next_pair(&rest, &name, &value)) {
        if (!str_eq(name, STR("category")))
            len += (size_t)snprintf(without + len, sizeof without - len, "%s" STR_FMT "=" STR_FMT,
                                    len ? "&" : "", STR_ARG(name), STR_ARG(value));
    }
    Str answer = found(BY_LAB, "Observation", without);
    check(str_eq(answer, STR("lab2")) || str_eq(answer, STR("400")));
}

/* ---- writes -----------------------------------------------------------------------------------
 */

#define WRITES_LAB "system/Observation.cruds?category=" LAB " system/Patient.rs"
#define CATEGORY(code)                                                                             \
    "\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"              \
    "observation-category\",\"code\":\"" code "\"}]}],"
#define OBSERVATION(id, category)                                                                  \
    "{\"resourceType\":\"Observation\"," id category "\"status\":\"final\",\"code\":{\"text\":"    \
    "\"x\"},\"subject\":{\"reference\":\"Patient/p1\"}}"
#define ID(id)     "\"id\":\"" id "\","
#define TO_EXAM    "[{\"op\":\"replace\",\"path\":\"/category/0/coding/0/code\",\"value\":\"exam\"}]"
#define TO_AMENDED "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"amended\"}]"
#define ENTRY(method, url, more)                                                                   \
    "{\"request\":{\"method\":\"" method "\",\"url\":\"" url "\"}" more "}"
#define TRANSACTION(entries)                                                                       \
    "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" entries "]}"
#define BATCH(entries) "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[" entries "]}"
#define WITH(resource) ",\"resource\":" resource

typedef enum { CREATE, UPDATE, PATCH, REMOVE, BUNDLE } Kind;

/* The HTTP status of a write. */
static unsigned writes(const char *scopes, Kind kind, const char *id, const char *condition,
                       const char *text)
{
    Status status;
    do {
        Call call = call_of(scopes, kind == CREATE ? "" : condition);
        Str type = STR("Observation"), by = str_of(id);
        Body body = fixture_body(&f, str_of(text));
        if (kind == CREATE)
            call.if_none_exist = str_of(condition);
        switch (kind) {
        case CREATE: (void)record_create(f.record, &f.cx, &call, type, body, &f.reply); break;
        case UPDATE: (void)record_update(f.record, &f.cx, &call, type, by, body, &f.reply); break;
        case PATCH: (void)record_patch(f.record, &f.cx, &call, type, by, body, &f.reply); break;
        case REMOVE: (void)record_delete(f.record, &f.cx, &call, type, by, &f.reply); break;
        case BUNDLE: (void)record_bundle(f.record, &f.cx, &call, body, &f.reply); break;
        }
        status = record_finish(f.record, &f.cx, &call, &f.reply);
    } while (status == STATUS_CONFLICT && f.reply.retry);
    return status == STATUS_OK ? f.reply.http : status_http(status);
}

/* How often it says it. */
static size_t times(Str text, const char *part)
{
    size_t count = 0;
    for (const char *at; text.len && (at = memmem(text.at, text.len, part, strlen(part))) != NULL;
         count++)
        text = str_from(text, (size_t)(at - text.at) + 1);
    return count;
}

static bool has_version(const char *id, uint32_t version)
{
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Observation"), str_of(id), STR_EMPTY), STATUS_OK);
    return f.reply.version == version;
}

static void writes_answer_before_and_after(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *scopes;
        Kind kind;
        const char *id, *condition, *text;
        unsigned http;
    } cases[] = {
        {"what answers is created", WRITES_LAB, CREATE, "", "",
         OBSERVATION("", CATEGORY("laboratory")), 201},
        {"of another category", WRITES_LAB, CREATE, "", "", OBSERVATION("", CATEGORY("exam")), 403},
        {"of none", WRITES_LAB, CREATE, "", "", OBSERVATION("", ""), 403},
        {"changed within it", WRITES_LAB, UPDATE, "lab1", "",
         OBSERVATION(ID("lab1"), CATEGORY("laboratory")), 200},
        {"moved out of it", WRITES_LAB, UPDATE, "lab1", "",
         OBSERVATION(ID("lab1"), CATEGORY("exam")), 403},
        {"its category taken away", WRITES_LAB, UPDATE, "lab1", "", OBSERVATION(ID("lab1"), ""),
         403},
        {"moved into it: for him there is none", WRITES_LAB, UPDATE, "exam1", "",
         OBSERVATION(ID("exam1"), CATEGORY("laboratory")), 405},
        {"as of one that never was", WRITES_LAB, UPDATE, "never", "",
         OBSERVATION(ID("never"), CATEGORY("laboratory")), 405},
        {"moved into it by who sees it", "system/Observation.rs system/Observation.u?category=" LAB,
         UPDATE, "exam1", "", OBSERVATION(ID("exam1"), CATEGORY("laboratory")), 403},
        {"patched within it", WRITES_LAB, PATCH, "lab1", "", TO_AMENDED, 200},
        {"patched out of it", WRITES_LAB, PATCH, "lab1", "", TO_EXAM, 403},
        {"patched where there is none for him", WRITES_LAB, PATCH, "exam1", "", TO_AMENDED, 404},
        {"patched, and seen", "system/Observation.rs system/Observation.u?category=" LAB, PATCH,
         "exam1", "", TO_AMENDED, 403},
        {"deleted by who may only change", "system/Observation.rus?category=" LAB, REMOVE, "lab2",
         "", "", 403},
        {"what is not there for him is gone already", WRITES_LAB, REMOVE, "exam1", "", "", 204},
        {"deleted, and seen", "system/Observation.rs system/Observation.d?category=" LAB, REMOVE,
         "exam1", "", "", 403},
        {"deleted", WRITES_LAB, REMOVE, "lab2", "", "", 204},
        {"by another parameter, for each letter its own",
         "system/Observation.rs?category=" VITAL " system/Observation.u?status=final", UPDATE,
         "vital1", "", OBSERVATION(ID("vital1"), CATEGORY("vital-signs")), 200},
        {"that did not answer",
         "system/Observation.rs?category=" VITAL " system/Observation.u?status=amended", UPDATE,
         "vital1", "", OBSERVATION(ID("vital1"), CATEGORY("vital-signs")), 403},
        {"a wider scope beside it", WRITES_LAB " system/Observation.cruds", UPDATE, "exam1", "",
         OBSERVATION(ID("exam1"), CATEGORY("exam")), 200},
        {"a condition that is not offered gives nothing",
         "system/Observation.rs system/Observation.u?value-quantity=1", UPDATE, "exam1", "",
         OBSERVATION(ID("exam1"), CATEGORY("exam")), 403},
        {"one beside another gives nothing more",
         WRITES_LAB " system/Observation.u?value-quantity=1", UPDATE, "lab1", "",
         OBSERVATION(ID("lab1"), CATEGORY("exam")), 403},
        {"of a patient, and none is named", "patient/Observation.cruds?category=" LAB, CREATE, "",
         "", OBSERVATION("", CATEGORY("laboratory")), 403},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(writes(c->scopes, c->kind, c->id, c->condition, c->text), c->http);
        check(c->http != 403 || (f.cx.issues && f.cx.issues->diagnostics.len));
    }
    CASE("what was refused has changed nothing");
    check(has_version("lab1", 3));
    check(has_version("exam1", 2));
    CASE("and says why");
    check_int(writes(WRITES_LAB, UPDATE, "lab1", "", OBSERVATION(ID("lab1"), CATEGORY("exam"))),
              403);
    check(str_contains(f.cx.issues->diagnostics, "category=" LAB));
}

static void conditional_writes_find_what_answers(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *scopes;
        Kind kind;
        const char *condition, *text;
        unsigned http;
    } cases[] = {
        {"create: there is one", WRITES_LAB, CREATE, "_id=lab1",
         OBSERVATION("", CATEGORY("laboratory")), 200},
        {"create: none that he sees", WRITES_LAB, CREATE, "_id=exam1",
         OBSERVATION("", CATEGORY("laboratory")), 201},
        {"update", WRITES_LAB, UPDATE, "_id=lab1", OBSERVATION("", CATEGORY("laboratory")), 200},
        {"update, moved out", WRITES_LAB, UPDATE, "_id=lab1", OBSERVATION("", CATEGORY("exam")),
         403},
        {"update: none that he sees, so it is created", WRITES_LAB, UPDATE, "_id=exam1",
         OBSERVATION("", CATEGORY("laboratory")), 201},
        {"which needs the letter to create", "system/Observation.rus?category=" LAB, UPDATE,
         "_id=exam1", OBSERVATION("", CATEGORY("laboratory")), 403},
        {"patch", WRITES_LAB, PATCH, "_id=lab1", TO_AMENDED, 200},
        {"patch: none that he sees", WRITES_LAB, PATCH, "_id=exam1", TO_AMENDED, 404},
        {"delete: none that he sees", WRITES_LAB, REMOVE, "_id=exam1", "", 204},
        {"what joins other rows is refused by name", WRITES_LAB, UPDATE,
         "has-member:Observation.category=vital-signs", OBSERVATION("", CATEGORY("laboratory")),
         400},
        {"and so in a delete", WRITES_LAB, REMOVE, "_has:Observation:derived-from:code=2345-7", "",
         400},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(writes(c->scopes, c->kind, "", c->condition, c->text), c->http);
    }
    check(has_version("exam1", 2));
}

static void bundles_are_held_entry_by_entry(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *text;
        unsigned http;
        size_t forbidden, stored; /* entries of a batch */
    } cases[] = {
        {"a transaction",
         TRANSACTION(
             ENTRY("POST", "Observation", WITH(OBSERVATION("", CATEGORY("laboratory")))) "," ENTRY(
                 "PUT", "Observation/lab1", WITH(OBSERVATION(ID("lab1"), CATEGORY("laboratory"))))),
         200, 0, 2},
        {"all or nothing",
         TRANSACTION(
             ENTRY("POST", "Observation", WITH(OBSERVATION("", CATEGORY("laboratory")))) "," ENTRY(
                 "PUT", "Observation/lab1", WITH(OBSERVATION(ID("lab1"), CATEGORY("exam"))))),
         403, 0, 0},
        {"what is not there for him",
         TRANSACTION(ENTRY("PUT", "Observation/exam1",
                           WITH(OBSERVATION(ID("exam1"), CATEGORY("laboratory"))))),
         405, 0, 0},
        {"a condition finds what answers",
         TRANSACTION(
             ENTRY("PUT", "Observation?_id=lab1", WITH(OBSERVATION("", CATEGORY("laboratory"))))),
         200, 0, 1},
        {"and not what is hidden", TRANSACTION(ENTRY("DELETE", "Observation?_id=exam1", "")), 200,
         0, 0},
        {"nor may it join",
         TRANSACTION(ENTRY("DELETE", "Observation?_has:Observation:derived-from:code=2345-7", "")),
         400, 0, 0},
        {"what another entry reads is held to it too",
         TRANSACTION(ENTRY("GET", "Observation/exam1", "")), 404, 0, 0},
        {"and by a search of another type it is not there",
         TRANSACTION(ENTRY("DELETE", "Patient?_has:Observation:subject:code=2345-7", "")), 200, 0,
         0},
        {"a batch",
         BATCH(
             ENTRY("POST", "Observation", WITH(OBSERVATION("", CATEGORY("laboratory")))) "," ENTRY(
                 "POST", "Observation",
                 WITH(OBSERVATION(
                     "",
                     CATEGORY("exam")))) "," ENTRY("PUT", "Observation/lab1",
                                                   WITH(OBSERVATION(
                                                       ID("lab1"),
                                                       CATEGORY(
                                                           "exam")))) "," ENTRY("DELETE",
                                                                                "Observation/exam1",
                                                                                "")),
         200, 2, 1},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(writes(WRITES_LAB, BUNDLE, "", "", c->text), c->http);
        check_int(times(f.reply.body, "\"status\":\"403"), c->forbidden);
        check_int(times(f.reply.body, "\"location\""), c->stored);
    }
    check(has_version("exam1", 2));
    CASE("the patient of the search is there still");
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Patient"), STR("p1"), STR_EMPTY), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_are_held_to_the_condition),
        cmocka_unit_test(what_joins_other_rows_is_refused_by_name),
        cmocka_unit_test(reads_find_exactly_what_searches_allow),
        cmocka_unit_test(each_interaction_asks_for_its_letter),
        cmocka_unit_test(every_other_way_is_shut),
        cmocka_unit_test(pages_lead_on),
        cmocka_unit_test(writes_answer_before_and_after),
        cmocka_unit_test(conditional_writes_find_what_answers),
        cmocka_unit_test(bundles_are_held_entry_by_entry),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
