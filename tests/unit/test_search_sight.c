/* What a caller may not see does not exist for any search: one table of questions, with what each
 * finds for whoever sees everything and for a GP with a link to one of two patients.
 * Rows of the table of channels in docs/internals/sight.md. SPEC R4 search.html */
#include "search/run.h"
#include "sight_fixture.h"

static const char *const people[] = {
    "{\"resourceType\":\"Practitioner\",\"id\":\"doc\",\"name\":[{\"family\":\"Doc\"}]}",
    "{\"resourceType\":\"Patient\",\"id\":\"p1\",\"name\":[{\"family\":\"Seen\"}],\"birthDate\":"
    "\"1980-01-01\","
    "\"identifier\":[{\"system\":\"urn:n\",\"value\":\"1\"}],"
    "\"generalPractitioner\":[{\"reference\":\"Practitioner/doc\"}]}",
    "{\"resourceType\":\"Patient\",\"id\":\"p2\",\"name\":[{\"family\":\"Hidden\"}],\"birthDate\":"
    "\"1980-01-01\","
    "\"identifier\":[{\"system\":\"urn:n\",\"value\":\"2\"}],"
    "\"generalPractitioner\":[{\"reference\":\"Practitioner/doc\"}],"
    "\"link\":[{\"other\":{\"reference\":\"Patient/p1\"},\"type\":\"seealso\"}]}",
};

/* id, subject, value, day, more */
static const struct {
    const char *id, *subject, *value, *day, *more;
} observations[] = {
    {"o1", "p1", "1", "2024-01-01", ""},
    {"o2", "p2", "2", "2024-01-02",
     ",\"note\":[{\"text\":\"zebra\"}],\"hasMember\":[{\"reference\":\"Observation/o1\"}]"},
    {"o3", "p1", "3", "2024-01-03", ",\"hasMember\":[{\"reference\":\"Observation/o2\"}]"},
    {"o4", "p2", "4", "2024-01-04",
     ",\"contained\":[{\"resourceType\":\"Practitioner\",\"id\":\"in\",\"name\":[{\"family\":"
     "\"Inner\"}]}],"
     "\"performer\":[{\"reference\":\"#in\"}]"},
    {"o5", "p1", "5", "2024-01-05", ",\"note\":[{\"text\":\"giraffe\"}]"},
};

static void put(Fixture *f, const char *type, const char *id, Str text)
{
    check_int(fixture_put(f, str_of(type), str_of(id), text, STR_EMPTY), STATUS_OK);
    fixture_clear(f);
}

static void fill(Fixture *f)
{
    put(f, "Practitioner", "doc", str_of(people[0]));
    put(f, "Patient", "p1", str_of(people[1]));
    put(f, "Patient", "p2", str_of(people[2]));
    for (size_t i = 0; i < COUNT_OF(observations); i++)
        put(f, "Observation", observations[i].id,
            arena_format(
                f->cx.arena,
                "{\"resourceType\":\"Observation\",\"id\":\"%s\",\"status\":\"final\","
                "\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
                "observation-category\",\"code\":\"laboratory\"}]}],"
                "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"2339-0\"}]},"
                "\"subject\":{\"reference\":\"Patient/%s\"},\"effectiveDateTime\":\"%s\","
                "\"valueQuantity\":{\"value\":%s,\"unit\":\"mg\"}%s}",
                observations[i].id, observations[i].subject, observations[i].day,
                observations[i].value, observations[i].more));
    put(f, "List", "l1",
        STR("{\"resourceType\":\"List\",\"id\":\"l1\",\"status\":\"current\",\"mode\":\"working\","
            "\"subject\":{\"reference\":\"Patient/p1\"},\"entry\":[{\"item\":{\"reference\":"
            "\"Observation/o1\"}},{\"item\":{\"reference\":\"Observation/o2\"}}]}"));
    put(f, "List", "l2",
        STR("{\"resourceType\":\"List\",\"id\":\"l2\",\"status\":\"current\",\"mode\":\"working\","
            "\"subject\":{\"reference\":\"Patient/p2\"},\"entry\":[{\"item\":{\"reference\":"
            "\"Observation/o1\"}}]}"));
}

typedef struct {
    const char *why, *type, *query, *all, *seen;
} Case;

static const Case cases[] = {
    {"base relation", "Observation", "", "o5 o4 o3 o2 o1", "o5 o3 o1"},
    {"a condition on the hidden patient", "Observation", "patient=p2", "o4 o2", ""},
    {"by id", "Observation", "_id=o2,o1", "o2 o1", "o1"},
    {"two lists", "Observation", "patient=p1,p2&code=2339-0", "o5 o4 o3 o2 o1", "o5 o3 o1"},
    {"total", "Observation", "_total=accurate&code=2339-0", "5 o5 o4 o3 o2 o1", "3 o5 o3 o1"},
    {"total of nothing but hidden ones", "Observation", "_total=accurate&patient=p2", "2 o4 o2",
     "0"},
    {"_summary=count", "Observation", "_summary=count", "5", "3"},
    {"_summary=count of a union", "Observation", "_summary=count&patient=p1,p2", "5", "3"},
    {"sort by a value", "Observation", "_sort=value-quantity", "o1 o2 o3 o4 o5", "o1 o3 o5"},
    {"sort by the row", "Observation", "_sort=-_lastUpdated", "o5 o4 o3 o2 o1", "o5 o3 o1"},
    {"sort by date, turned", "Observation", "_sort=date", "o1 o2 o3 o4 o5", "o1 o3 o5"},
    {"_filter", "Observation", "_filter=value-quantity%20gt%201", "o5 o4 o3 o2", "o5 o3"},
    {"_filter with not", "Observation", "_filter=not%20(value-quantity%20gt%203)", "o3 o2 o1",
     "o3 o1"},
    {"composite", "Observation", "code-value-quantity=2339-0$gt1", "o5 o4 o3 o2", "o5 o3"},
    {":missing", "Observation", "performer:missing=true", "o5 o3 o2 o1", "o5 o3 o1"},
    {":not", "Observation", "code:not=1234-5", "o5 o4 o3 o2 o1", "o5 o3 o1"},
    {"chain to a hidden patient", "Observation", "subject:Patient.name=hidden", "o4 o2", ""},
    {"chain to a patient", "Observation", "subject:Patient.name=seen", "o5 o3 o1", "o5 o3 o1"},
    {"a visible row that refers to a hidden one", "Observation",
     "has-member:Observation.value-quantity=2", "o3", ""},
    {"chain of two", "Observation", "has-member:Observation.subject:Patient.name=hidden", "o3", ""},
    {"the reference itself is of the visible row", "Observation", "has-member=Observation/o2", "o3",
     "o3"},
    {"_has from a hidden row", "Observation", "_has:Observation:has-member:value-quantity=2", "o1",
     ""},
    {"_has of patients", "Patient", "_has:Observation:patient:code=2339-0", "p2 p1", "p1"},
    {"_has of a directory row", "Practitioner", "_has:Patient:general-practitioner:name=hidden",
     "doc", ""},
    {"_has of a directory row by a visible one", "Practitioner",
     "_has:Patient:general-practitioner:name=seen", "doc", "doc"},
    {"_has twice", "Practitioner",
     "_has:Patient:general-practitioner:_has:Observation:patient:value-quantity=4", "doc", ""},
    {"_has negated in a _filter", "Patient", "_id:missing=false", "p2 p1", "p1"},
    {"_list that is seen", "Observation", "_list=l1", "o2 o1", "o1"},
    {"_list that is hidden", "Observation", "_list=l2", "o1", ""},
    {"words", "Observation", "_content=zebra", "o2", ""},
    {"words of a visible row", "Observation", "_content=giraffe", "o5", "o5"},
    {"words of names", "Patient", "name=hidden", "p2", ""},
    {"phonetic", "Patient", "phonetic=hiden", "p2", ""},
    {"identifier", "Patient", "identifier=urn:n|2", "p2", ""},
    {"birth date that both have", "Patient", "birthdate=1980-01-01&_sort=name", "p2 p1", "p1"},
    {"_include", "Observation", "_id=o3&_include=Observation:has-member", "o3 +o2", "o3"},
    {"_include of the patient", "Observation", "_id=o3&_include=Observation:subject", "o3 +p1",
     "o3 +p1"},
    {"_include *", "Observation", "_id=o3&_include=*", "o3 +o2 +p1", "o3 +p1"},
    {"_revinclude", "Practitioner", "_revinclude=Patient:general-practitioner", "doc +p2 +p1",
     "doc +p1"},
    {"_revinclude *", "Observation", "_id=o1&_revinclude=*", "o1 +l2 +l1 +o2", "o1 +l1"},
    {"_include :iterate through a hidden row", "Observation",
     "_id=o3&_include=Observation:has-member&_include:iterate=Observation:has-member", "o3 +o2 +o1",
     "o3"},
    {"contained", "Practitioner", "name=inner&_contained=true", "o4", ""},
    {"contained, alone", "Practitioner", "name=inner&_contained=true&_containedType=contained",
     "in", ""},
    {"chain into what is contained", "Observation", "performer:Practitioner.name=inner", "o4", ""},
    {"all types", "", "_type=Patient,Observation&_lastUpdated=gt2000-01-01&_count=10",
     "o5 o4 o3 o2 o1 p2 p1", "o5 o3 o1 p1"},
};

/* "3 o1 o2 +p1": total, matches, what was included. */
static Str shown(Fixture *f)
{
    Buf buf;
    JsonValue *root = fixture_json(f), *entry;
    buf_init(&buf, f->cx.arena, 64, 4096);
    JsonValue *total = json_get(root, STR("total"));
    if (total)
        json_write(&buf, total, false);
    for (JsonIter it = json_iter(json_get(root, STR("entry"))); json_next(&it, NULL, &entry);) {
        Str mode = json_get_str(json_get(entry, STR("search")), STR("mode"));
        Str id = json_get_str(json_get(entry, STR("resource")), STR("id"));
        buf_format(&buf, "%s%s" STR_FMT, buf.len ? " " : "",
                   str_eq(mode, STR("include")) ? "+" : "", STR_ARG(id));
    }
    return buf_str(&buf);
}

static void ask(Fixture *f, const Access *who, const Case *c, const char *expected)
{
    Call call = fixture_call(f);
    RecordScope scope = {.type = str_of(c->type)};
    call.access = who;
    call.query = str_of(c->query);
    (void)record_search(f->record, &f->cx, &call, &scope, &f->reply);
    CASE(c->why);
    check_int(fixture_finish(f, &call), STATUS_OK);
    check_str(shown(f), str_of(expected));
    fixture_clear(f);
}

static const Access *gp(Fixture *f)
{
    static const char *const patients[] = {"Patient/p1", NULL};
    return person_of(f, "Practitioner/gp", rights_of(f, ROLE_GP, patients, mask_of_all()));
}

/* Twice: the second time by facts that are remembered. */
static void test_questions(void **state)
{
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    const Access *who = gp(&f);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ask(&f, f.access, &cases[i], cases[i].all);
        ask(&f, who, &cases[i], cases[i].seen);
        ask(&f, who, &cases[i], cases[i].seen);
    }
    fixture_close(&f);
}

static Status search_as(Fixture *f, const Access *who, const char *query)
{
    Call call = fixture_call(f);
    RecordScope scope = {.type = STR("Observation")};
    call.access = who;
    call.query = str_of(query);
    (void)record_search(f->record, &f->cx, &call, &scope, &f->reply);
    return fixture_finish(f, &call);
}

/* The query of the next page, for the whole test; empty: there is none. */
static Str next_of(Fixture *f)
{
    JsonValue *link;
    for (JsonIter it = json_iter(json_get(fixture_json(f), STR("link")));
         json_next(&it, NULL, &link);) {
        Str url = json_get_str(link, STR("url"));
        if (str_eq(json_get_str(link, STR("relation")), STR("next")))
            return arena_str(f->forever, str_from(url, str_index(url, '?') + 1));
    }
    return STR_EMPTY;
}

/* Links are good for whom they were made for; nobody learns how a search was answered. */
static void test_links_and_plans(void **state)
{
    static const char *const both[] = {"Patient/p1", "Patient/p2", NULL};
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    const Access *one = gp(&f);
    const Access *two =
        person_of(&f, "Practitioner/gp", rights_of(&f, ROLE_GP, both, mask_of_all()));
    check_int(search_as(&f, one, "_count=1"), STATUS_OK);
    JsonValue *next = json_item(json_get(fixture_json(&f), STR("link")), 2);
    Str url = json_get_str(next, STR("url"));
    Str query = arena_str(f.forever, str_from(url, str_index(url, '?') + 1));
    fixture_clear(&f);
    CASE("whose link it is");
    check_int(search_as(&f, one, query.at), STATUS_OK);
    fixture_clear(&f);
    CASE("somebody who sees more");
    check_int(search_as(&f, two, query.at), STATUS_INVALID);
    fixture_clear(&f);
    CASE("somebody who sees everything");
    check_int(search_as(&f, f.access, query.at), STATUS_INVALID);
    fixture_clear(&f);
    CASE("_explain");
    check_int(search_as(&f, one, "_explain=true"), STATUS_FORBIDDEN);
    fixture_clear(&f);
    check_int(search_as(&f, f.access, "_explain=true"), STATUS_OK);
    fixture_close(&f);
}

/* Of what is seen in part, what is left out is neither shown nor found. */
static void test_parts(void **state)
{
    static const char *const patients[] = {"Patient/p1", NULL};
    static const Case within = {"contained in a part", "Practitioner", "name=inner&_contained=true",
                                "o4 o6", ""};
    RightsMask mask = *mask_of_all();
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    mask.read &= ~(1u << D8_LABORATORY);
    mask.write &= ~(1u << D8_LABORATORY);
    mask.reduced = 1u << D8_LABORATORY;
    const Access *who =
        person_of(&f, "Practitioner/x", rights_of(&f, ROLE_PHYSIO, patients, &mask));
    CASE("the row is there, without its note, and says so");
    check_int(search_as(&f, who, "_id=o5"), STATUS_OK);
    check(str_contains(f.reply.body, "SUBSETTED"));
    check(!str_contains(f.reply.body, "giraffe"));
    fixture_clear(&f);
    CASE("nor is it found by its words");
    check_int(search_as(&f, who, "_content=giraffe"), STATUS_INVALID);
    fixture_clear(&f);
    CASE("nor by those of its narrative");
    check_int(search_as(&f, who, "_text=giraffe"), STATUS_INVALID);
    fixture_clear(&f);
    CASE("what it contains is not asked, where that is left out");
    put(&f, "Observation", "o6",
        STR("{\"resourceType\":\"Observation\",\"id\":\"o6\",\"status\":\"final\",\"category\":[{"
            "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
            "observation-category\","
            "\"code\":\"laboratory\"}]}],\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":"
            "\"Patient/p1\"},\"contained\":[{\"resourceType\":\"Practitioner\",\"id\":\"in\","
            "\"name\":[{\"family\":\"Inner\"}]}],\"performer\":[{\"reference\":\"#in\"}]}"));
    ask(&f, f.access, &within, within.all);
    ask(&f, who, &within, within.seen);
    CASE("and a part is written over nothing");
    f.access = who;
    check_int(
        fixture_put(&f, STR("Observation"), STR("o5"),
                    STR("{\"resourceType\":\"Observation\",\"id\":\"o5\",\"status\":\"final\","
                        "\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":\"Patient/p1\"}}"),
                    STR_EMPTY),
        STATUS_FORBIDDEN);
    fixture_close(&f);
}

/* ---- many: where the index drives, and candidates are asked one by one -------------------------
 */

static void put_more(Fixture *f, const char *type, const char *id, const char *more)
{
    put(f, type, id,
        arena_format(f->cx.arena, "{\"resourceType\":\"%s\",\"id\":\"%s\"%s}", type, id, more));
}

/* Eight practitioners whom a hidden patient names; one of them a visible one too. */
static void fill_referred(Fixture *f)
{
    enum { REFERRED = 8 };
    Buf all;
    buf_init(&all, f->forever, 1024, 4096);
    for (unsigned i = 0; i < REFERRED; i++) {
        char id[16];
        snprintf(id, sizeof(id), "d%u", i);
        put_more(f, "Practitioner", id, "");
        buf_format(&all, "%s{\"reference\":\"Practitioner/d%u\"}", i ? "," : "", i);
    }
    put_more(f, "Patient", "p1",
             ",\"name\":[{\"family\":\"Seen\"}],\"gender\":\"male\",\"generalPractitioner\":[{"
             "\"reference\":\"Practitioner/d7\"}]");
    put_more(f, "Patient", "p2",
             arena_format(f->forever,
                          ",\"name\":[{\"family\":\"Hidden\"}],\"gender\":\"male\","
                          "\"generalPractitioner\":[" STR_FMT "]",
                          STR_ARG(buf_str(&all)))
                 .at);
}

#define ALL_EIGHT "d7 d6 d5 d4 d3 d2 d1 d0"

/* Of the first candidates most are named by what is hidden: then each is asked (chain.c). */
static const Case candidates[] = {
    {"by a list", "Practitioner", "_has:Patient:general-practitioner:gender=male", ALL_EIGHT, "d7"},
    {"by places", "Practitioner", "_has:Patient:general-practitioner:name=hidden", ALL_EIGHT, ""},
    {"by what is checked", "Practitioner", "_has:Patient:general-practitioner:gender:not=female",
     ALL_EIGHT, "d7"},
};

static void test_candidates(void **state)
{
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill_referred(&f);
    const Access *who = gp(&f);
    for (size_t i = 0; i < COUNT_OF(candidates); i++) {
        ask(&f, who, &candidates[i], candidates[i].seen);
        ask(&f, f.access, &candidates[i], candidates[i].all);
        ask(&f, who, &candidates[i], candidates[i].seen);
    }
    fixture_close(&f);
}

enum { MANY = 400, OF_OTHERS = 40 }; /* more than are ranked by reading (sort.c) */

/* Results of p1, one a day; of p2 one before and one behind all of them; of p3, whose results are
 * not shown, some with the same code. */
static void fill_many(Fixture *f)
{
    Buf bundle;
    put_more(f, "Patient", "p1", "");
    put_more(f, "Patient", "p2", "");
    put_more(f, "Patient", "p3", "");
    buf_init(&bundle, f->forever, 1 << 18, 1 << 20);
    buf_add_lit(&bundle, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
    for (int i = 0; i < MANY; i++) {
        bool other = i < OF_OTHERS;
        int day = other ? (i % 2 ? 0 : 28) : i % 27 + 1;
        buf_format(&bundle,
                   "%s{\"request\":{\"method\":\"PUT\",\"url\":\"Observation/m%03d\"},\"resource\":"
                   "{\"resourceType\":\"Observation\",\"id\":\"m%03d\",\"status\":\"final\","
                   "\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/"
                   "CodeSystem/observation-category\",\"code\":\"laboratory\"}]}],"
                   "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"2339-0\"}]},"
                   "\"subject\":{\"reference\":\"Patient/p%d\"},\"effectiveDateTime\":"
                   "\"2024-01-%02dT10:%02d:%02dZ\"}}",
                   i ? "," : "", i, i, other ? i % 4 < 2 ? 2 : 3 : 1, day + 1, i / 60, i % 60);
    }
    buf_add_lit(&bundle, "]}");
    check_int(buf_done(&bundle), STATUS_OK);
    check_int(fixture_bundle(f, buf_str(&bundle)), STATUS_OK);
    fixture_clear(f);
}

/* p1 whole, p3 without his results. */
static const Access *gp_of_many(Fixture *f)
{
    static const char *const patients[] = {"Patient/p1", "Patient/p3", NULL};
    Rights *rights = rights_of(f, ROLE_GP, patients, mask_of_all());
    uint64_t p3 = search_hash_text(record_index(f->record), STR("Patient/p3"));
    RightsMask *mask = &((RightsLink *)rights_find(rights, p3))->mask;
    mask->read &= ~(1u << D8_LABORATORY);
    assert_true(search_name_links(record_index(f->record), f->forever, rights));
    return person_of(f, "Practitioner/gp", rights);
}

static const Case many[] = {
    {"in the order of the index, the earliest hidden", "Observation", "_sort=date&_count=1", NULL,
     "m054"},
    {"turned, the latest hidden", "Observation", "_sort=-date&_count=1", NULL, "m377"},
    {"where keys are looked up among the matches", "Observation",
     "_sort=date&_count=1&code=2339-0&status=final", NULL, "m054"},
    {"whom a list of codes is about", "Patient", "_has:Observation:patient:code=2339-0", NULL,
     "p1"},
    {"and counted", "Patient", "_has:Observation:patient:code=2339-0&_summary=count", NULL, "1"},
};

static void test_many(void **state)
{
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill_many(&f);
    const Access *who = gp_of_many(&f);
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        ask(&f, who, &many[i], many[i].seen);
        ask(&f, who, &many[i], many[i].seen);
    }
    fixture_close(&f);
}

/* ---- what is part of what ----------------------------------------------------------------------
 */

/* e1 of p1, e2 of p2 within it, e3 of p1 within that: who does not see e2 knows no way to e3. */
static void test_kin(void **state)
{
    static const struct {
        const char *id, *patient, *more;
    } encounters[] = {
        {"e1", "p1", ""},
        {"e2", "p2", ",\"partOf\":{\"reference\":\"Encounter/e1\"}"},
        {"e3", "p1", ",\"partOf\":{\"reference\":\"Encounter/e2\"}"},
        {"e4", "p1", ",\"partOf\":{\"reference\":\"Encounter/e1\"}"},
    };
    static const Case cases_of_kin[] = {
        {"below, through a hidden one", "Task", "encounter:below=Encounter/e1", "t3 t2 t1",
         "t3 t1"},
        {"above, through a hidden one", "Task", "encounter:above=Encounter/e3", "t2 t1", "t2"},
    };
    static const char *const tasks[][2] = {{"t1", "e1"}, {"t2", "e3"}, {"t3", "e4"}};
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    put_more(&f, "Patient", "p1", "");
    put_more(&f, "Patient", "p2", "");
    for (size_t i = 0; i < COUNT_OF(encounters); i++)
        put_more(&f, "Encounter", encounters[i].id,
                 arena_format(f.cx.arena,
                              ",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"subject\":{"
                              "\"reference\":\"Patient/%s\"}%s",
                              encounters[i].patient, encounters[i].more)
                     .at);
    for (size_t i = 0; i < COUNT_OF(tasks); i++)
        put_more(&f, "Task", tasks[i][0],
                 arena_format(f.cx.arena,
                              ",\"status\":\"requested\",\"intent\":\"order\",\"for\":{"
                              "\"reference\":\"Patient/p1\"},\"encounter\":{\"reference\":"
                              "\"Encounter/%s\"}",
                              tasks[i][1])
                     .at);
    const Access *who = gp(&f);
    for (size_t i = 0; i < COUNT_OF(cases_of_kin); i++) {
        ask(&f, f.access, &cases_of_kin[i], cases_of_kin[i].all);
        ask(&f, who, &cases_of_kin[i], cases_of_kin[i].seen);
    }
    fixture_close(&f);
}

/* ---- pages of a search that began before
 * ---------------------------------------------------------
 */

/* A page stands in the order of then: what was hidden then has no place in it, and what is hidden
 * now is not shown. */
static void test_later_pages(void **state)
{
    static const char *const orders[] = {"_sort=date&_count=1", "_count=1"};
    static const struct {
        const char *first, *rest[3];
    } expected[] = {{"o1", {"o3", ""}}, {"o5", {"o3", ""}}};
    static const char text[] =
        "{\"resourceType\":\"Observation\",\"id\":\"%s\",\"status\":\"final\",\"category\":[{"
        "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\","
        "\"code\":\"laboratory\"}]}],\"code\":{\"text\":\"x\"},\"subject\":{\"reference\":"
        "\"Patient/%s\"},\"effectiveDateTime\":\"%s\"}";
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        Fixture f;
        fixture_open(&f, true);
        fill(&f);
        const Access *who = gp(&f);
        const char *last = i ? "o1" : "o5", *day = i ? "2024-01-01" : "2024-01-05";
        CASE(orders[i]);
        check_int(search_as(&f, who, orders[i]), STATUS_OK);
        check_str(shown(&f), str_of(expected[i].first));
        Str query = next_of(&f);
        fixture_clear(&f);
        put(&f, "Observation", "o4", arena_format(f.cx.arena, text, "o4", "p1", "2024-01-04"));
        put(&f, "Observation", "o2", arena_format(f.cx.arena, text, "o2", "p1", "2024-01-02"));
        put(&f, "Observation", last, arena_format(f.cx.arena, text, last, "p2", day));
        for (size_t page = 0; query.len && page < 3; page++) {
            check_int(search_as(&f, who, query.at), STATUS_OK);
            check_str(shown(&f), str_of(expected[i].rest[page]));
            query = next_of(&f);
            fixture_clear(&f);
            if (!expected[i].rest[page][0])
                break;
        }
        fixture_close(&f);
    }
}

/* ---- where keys alone do not tell ---------------------------------------------------------------
 */

/* Periods of hours, of which a key says how long they are only about: content is asked, of what is
 * seen. A time that is not the date of its type has keys elsewhere; a place is gathered by degrees.
 */
static void fill_unsure(Fixture *f)
{
    static const char *const patients[] = {"p1", "p2"};
    for (int i = 0; i < 2; i++) {
        const char *patient = patients[i];
        char id[16];
        put_more(f, "Patient", patient, "");
        snprintf(id, sizeof(id), "a%d", i + 1);
        put_more(f, "Encounter", id,
                 arena_format(f->cx.arena,
                              ",\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"subject\":{"
                              "\"reference\":\"Patient/%s\"},\"period\":{\"start\":"
                              "\"2024-03-01T10:07:00Z\",\"end\":\"2024-03-01T16:22:00Z\"}",
                              patient)
                     .at);
        put_more(f, "Task", id,
                 arena_format(f->cx.arena,
                              ",\"status\":\"requested\",\"intent\":\"order\",\"for\":{"
                              "\"reference\":\"Patient/%s\"},\"authoredOn\":"
                              "\"2024-02-01\",\"executionPeriod\":{\"start\":"
                              "\"2024-03-01T10:07:00Z\",\"end\":\"2024-03-01T16:22:00Z\"}",
                              patient)
                     .at);
    }
}

static void test_unsure_keys(void **state)
{
    static const char *const params[][2] = {
        {"Encounter", "date"}, {"Task", "period"}, {"Task", "authored-on"}};
    static const char *const prefixes[] = {"eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap"};
    Fixture f;
    UNUSED(state);
    fixture_open(&f, true);
    fill_unsure(&f);
    const Access *who = gp(&f);
    for (size_t i = 0; i < COUNT_OF(params) * COUNT_OF(prefixes) * 24; i++) {
        char query[80];
        const char *const *param = params[i % COUNT_OF(params)];
        Call call = fixture_call(&f);
        RecordScope scope = {.type = str_of(param[0])};
        snprintf(query, sizeof(query), "%s=%s2024-03-01T%02zu:15:00Z", param[1],
                 prefixes[i / COUNT_OF(params) % COUNT_OF(prefixes)],
                 i / COUNT_OF(params) / COUNT_OF(prefixes));
        CASE(query);
        call.access = who;
        call.query = str_of(query);
        (void)record_search(f.record, &f.cx, &call, &scope, &f.reply);
        check_int(fixture_finish(&f, &call), STATUS_OK);
        check(!str_contains(f.reply.body, "\"a2\""));
        fixture_clear(&f);
    }
    fixture_close(&f);
}

/* ---- rows that nobody asked about --------------------------------------------------------------
 */

static uint64_t rid_of(Fixture *f, StoreReader *reader, const char *type, const char *id)
{
    StoreRow row;
    UNUSED(f);
    assert_int_equal(store_get(reader, fhir_type_find(str_of(type)), str_of(id), false, &row),
                     STATUS_OK);
    return row.rid;
}

/* A search whose snapshot is the program's own, where the store hides nothing: content is given of
 * what the caller sees, alone, also when whoever wants it has forgotten to ask. */
static void test_content_is_of_what_is_seen(void **state)
{
    Fixture f;
    Run *run;
    StoreReader *reader;
    const SearchQuery *query;
    const Subject *subject;
    UNUSED(state);
    fixture_open(&f, true);
    fill(&f);
    const Search *search = record_index(f.record);
    SearchScope where = {.access = gp(&f), .type = fhir_type_find(STR("Patient"))};
    assert_int_equal(store_read_begin(f.store, &f.cx, f.access, &reader), STATUS_OK);
    uint64_t seen = rid_of(&f, reader, "Patient", "p1"),
             hidden = rid_of(&f, reader, "Patient", "p2");
    assert_int_equal(search_parse(search, &f.cx, &where, STR("_count=1"), &query), STATUS_OK);
    assert_int_equal(run_begin(search, &f.cx, reader, query, &run), STATUS_OK);
    check_int(run_subject(run, seen, &subject), STATUS_OK);
    check_int(run_subject(run, hidden, &subject), STATUS_NOT_FOUND);
    CASE("as the program may, who judges later");
    check_int(run_subject_unjudged(run, hidden, 0, &subject), STATUS_OK);
    store_read_end(reader);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_links_and_plans),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_candidates),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_kin),
        cmocka_unit_test(test_later_pages),
        cmocka_unit_test(test_unsure_keys),
        cmocka_unit_test(test_content_is_of_what_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
