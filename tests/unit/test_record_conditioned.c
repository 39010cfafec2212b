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
        {"writing is not for conditions", "system/Observation.cruds?category=" LAB, "Observation",
         "", "403"},
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

/* Whatever else there is has no letter of the type. */
static void every_other_way_is_shut(void **state)
{
    UNUSED(state);
    Call call = call_of(BY_LAB, "");
    check_int(
        record_vread(f.record, &f.cx, &call, STR("Observation"), STR("lab1"), STR("1"), &f.reply),
        STATUS_FORBIDDEN);
    (void)record_finish(f.record, &f.cx, &call, &f.reply);
    call = call_of(BY_LAB, "");
    check_int(record_history(f.record, &f.cx, &call, STR("Observation"), STR("was1"), &f.reply),
              STATUS_FORBIDDEN);
    (void)record_finish(f.record, &f.cx, &call, &f.reply);
    call = call_of(BY_LAB, "");
    CASE("to delete what is not there for him is no fault, and does nothing");
    (void)record_delete(f.record, &f.cx, &call, STR("Observation"), STR("lab1"), &f.reply);
    (void)record_finish(f.record, &f.cx, &call, &f.reply);
    check_int(read_one(BY_LAB, "Observation", "lab1"), 200);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_are_held_to_the_condition),
        cmocka_unit_test(what_joins_other_rows_is_refused_by_name),
        cmocka_unit_test(reads_find_exactly_what_searches_allow),
        cmocka_unit_test(every_other_way_is_shut),
        cmocka_unit_test(pages_lead_on),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
