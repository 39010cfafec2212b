/* Search against a plain model of what was written: random resources, random conditions,
 * every page, while resources are changed and deleted. SPEC R4 search.html */
#include "record_fixture.h"

enum { PATIENTS = 8, CODES = 5, OBSERVATIONS = 300, QUERIES = 400 };

typedef struct {
    bool alive;
    unsigned patient, code, category;
    int day; /* of 2023; -1 = no date */
    unsigned made;
} Model;

static Model models[OBSERVATIONS];
static uint64_t seed = 42;

static unsigned chance(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static Str day_text(Fixture *f, int day)
{
    int64_t year;
    unsigned month, of_month;
    civil_from_days(days_from_civil(2023, 1, 1) + day, &year, &month, &of_month);
    return arena_format(f->cx.arena, "%04d-%02u-%02u", (int)year, month, of_month);
}

static void write_observation(Fixture *f, unsigned number)
{
    Model *m = &models[number];
    *m = (Model){true,      chance(PATIENTS),     chance(CODES),
                 chance(2), (int)chance(200) - 1, m->made ? m->made : number + 1};
    Str date = m->day < 0 ? STR_EMPTY
                          : arena_format(f->cx.arena, ",\"effectiveDateTime\":\"" STR_FMT "\"",
                                         STR_ARG(day_text(f, m->day)));
    Str id = arena_format(f->cx.arena, "o%u", number);
    Str text = arena_format(
        f->cx.arena,
        "{\"resourceType\":\"Observation\",\"id\":\"" STR_FMT "\",\"status\":\"final\","
        "\"category\":[{\"coding\":[{\"system\":\"http://c\",\"code\":\"k%u\"}]}],"
        "\"code\":{\"coding\":[{\"system\":\"http://l\",\"code\":\"c%u\"}]},"
        "\"subject\":{\"reference\":\"Patient/p%u\"}" STR_FMT "}",
        STR_ARG(id), m->category, m->code, m->patient, STR_ARG(date));
    check_int(fixture_put(f, STR("Observation"), id, text, STR_EMPTY), STATUS_OK);
    fixture_clear(f);
}

typedef struct {
    int patient, code, code2, category, day; /* -1 = no condition */
    const char *prefix;
} Question;

static bool answers(const Question *q, const Model *m)
{
    if (!m->alive || (q->patient >= 0 && m->patient != (unsigned)q->patient) ||
        (q->category >= 0 && m->category != (unsigned)q->category))
        return false;
    if (q->code >= 0 && m->code != (unsigned)q->code && (int)m->code != q->code2)
        return false;
    if (q->day < 0)
        return true;
    if (m->day < 0)
        return false;
    int order = m->day - q->day;
    const char *prefix = q->prefix[0] ? q->prefix : "eq";
    switch (prefix[0]) {
    case 'g': return prefix[1] == 'e' ? order >= 0 : order > 0;
    case 'l': return prefix[1] == 'e' ? order <= 0 : order < 0;
    case 's': return order > 0;
    case 'n': return order != 0;
    default: return prefix[1] == 'b' ? order < 0 : order == 0;
    }
}

/* Newest clinical date first; without a date last; then the newest made first. */
static int compare(const void *a, const void *b)
{
    const Model *x = &models[*(const unsigned *)a], *y = &models[*(const unsigned *)b];
    if (x->day != y->day)
        return x->day > y->day ? -1 : 1;
    return x->made > y->made ? -1 : 1;
}

static Question random_question(void)
{
    static const char *prefixes[] = {"", "eq", "gt", "ge", "lt", "le", "sa", "eb", "ne"};
    return (Question){.patient = chance(2) ? (int)chance(PATIENTS + 1) : -1,
                      .code = chance(2) ? (int)chance(CODES) : -1,
                      .code2 = (int)chance(CODES),
                      .category = chance(3) ? -1 : (int)chance(2),
                      .day = chance(3) ? -1 : (int)chance(200),
                      .prefix = prefixes[chance(COUNT_OF(prefixes))]};
}

static Str query_of(Fixture *f, const Question *q, unsigned count)
{
    Buf buf;
    buf_init(&buf, f->cx.arena, 0, 4096);
    buf_format(&buf, "_count=%u&_total=accurate", count);
    if (q->patient >= 0)
        buf_format(&buf, chance(2) ? "&patient=p%d" : "&subject=Patient/p%d", q->patient);
    if (q->code >= 0)
        buf_format(&buf, "&code=http%%3A%%2F%%2Fl%%7Cc%d,c%d", q->code, q->code2);
    if (q->category >= 0)
        buf_format(&buf, "&category=k%d", q->category);
    if (q->day >= 0)
        buf_format(&buf, "&date=%s" STR_FMT, q->prefix, STR_ARG(day_text(f, q->day)));
    return buf_str(&buf);
}

static void ask(Fixture *f, const Question *q)
{
    unsigned expected[OBSERVATIONS], wanted = 0, seen = 0;
    for (unsigned i = 0; i < OBSERVATIONS; i++) {
        if (answers(q, &models[i]))
            expected[wanted++] = i;
    }
    qsort(expected, wanted, sizeof(unsigned), compare);
    Str query = query_of(f, q, 1 + chance(40));
    CASE(arena_str(f->forever, query).at);
    while (query.len) {
        check_int(fixture_search(f, STR("Observation"), query), STATUS_OK);
        JsonValue *page = fixture_json(f), *entry, *link;
        uint64_t total = 0;
        check(str_to_u64(json_str(json_get(page, STR("total"))), &total));
        check_int(total, wanted);
        for (JsonIter it = json_iter(json_get(page, STR("entry"))); json_next(&it, NULL, &entry);) {
            check(seen < wanted);
            check_str(json_get_str(json_get(entry, STR("resource")), STR("id")),
                      arena_format(f->cx.arena, "o%u", expected[seen]));
            seen++;
        }
        query = STR_EMPTY;
        for (JsonIter it = json_iter(json_get(page, STR("link"))); json_next(&it, NULL, &link);) {
            Str url = json_get_str(link, STR("url"));
            if (str_eq(json_get_str(link, STR("relation")), STR("next")))
                query = str_from(url, str_index(url, '?') + 1);
        }
    }
    check_int(seen, wanted);
    fixture_clear(f);
}

static void pages_are_what_the_model_says(void **state)
{
    UNUSED(state);
    Fixture f;
    fixture_open(&f, true);
    for (unsigned i = 0; i < OBSERVATIONS; i++)
        write_observation(&f, i);
    for (unsigned i = 0; i < QUERIES; i++) {
        Question q = random_question();
        ask(&f, &q);
        unsigned victim = chance(OBSERVATIONS);
        if (i % 3 == 0) {
            write_observation(&f, victim);
        } else if (i % 7 == 0) {
            Str id = arena_format(f.cx.arena, "o%u", victim);
            check_int(fixture_delete(&f, STR("Observation"), id), STATUS_OK);
            models[victim].alive = false;
        }
        if (i == QUERIES / 2)
            check_int(store_settle(f.store, &f.cx), STATUS_OK);
    }
    fixture_close(&f);
}

static void names_are_found_in_their_order(void **state)
{
    UNUSED(state);
    static const Str families[] = {STR_INIT("Dupuis"), STR_INIT("dupont"), STR_INIT("Durand"),
                                   STR_INIT("D\xC3\xBCpont"), STR_INIT("Zola")};
    Fixture f;
    fixture_open(&f, true);
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        Str text =
            arena_format(f.cx.arena,
                         "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"" STR_FMT
                         "\",\"given\":[\"Dupe\",\"Marie\"]}],\"birthDate\":\"19%02u-01-01\"}",
                         STR_ARG(families[i]), 50 + (unsigned)i);
        check_int(fixture_create(&f, STR("Patient"), text), STATUS_OK);
    }
    static const struct {
        const char *why;
        Str query;
        unsigned count;
        const char *first;
    } cases[] = {
        {"family in rising order", STR_INIT("family=dup&_sort=family"), 3, "ont"},
        {"accents do not count", STR_INIT("family=D%C3%BCPO&_sort=family"), 2, "pont"},
        {"two words", STR_INIT("name=zo&name=marie"), 1, "Zola"},
        {"every name once, though two of its parts match", STR_INIT("name=du&_sort=name"), 5, ""},
        {"birth date", STR_INIT("birthdate=1954-01-01"), 1, "Zola"},
        {"born before", STR_INIT("birthdate=lt1952"), 2, "dupont"},
        {"nobody", STR_INIT("name=zorglub"), 0, ""},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(fixture_search(&f, STR("Patient"), c->query), STATUS_OK);
        JsonValue *entries = json_get(fixture_json(&f), STR("entry"));
        check_int(json_count(entries), c->count);
        if (c->count)
            check(str_contains(
                json_get_str(
                    json_item(
                        json_get(json_get(json_item(entries, 0), STR("resource")), STR("name")), 0),
                    STR("family")),
                c->first));
    }
    fixture_close(&f);
}

static void what_is_not_offered_is_refused_by_name(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str type, query;
        Status status;
        const char *named;
    } cases[] = {
        {"a misspelt parameter", STR_INIT("Patient"), STR_INIT("nmae=x"), STATUS_INVALID, "nmae"},
        {"the nearest name that there is", STR_INIT("Patient"), STR_INIT("brithdate=2000"),
         STATUS_INVALID, "Did you mean \"birthdate\"?"},
        {"a modifier that is none", STR_INIT("Patient"), STR_INIT("name:exactly=x"), STATUS_INVALID,
         ":exact,"},
        {"a modifier of another kind", STR_INIT("Patient"), STR_INIT("birthdate:exact=2000"),
         STATUS_INVALID, "birthdate"},
        {"a chain that leads nowhere", STR_INIT("Observation"), STR_INIT("code.name=x"),
         STATUS_INVALID, "no reference"},
        {"a chain to what has no such parameter", STR_INIT("Observation"),
         STR_INIT("subject:Patient.nmae=x"), STATUS_INVALID, "nmae"},
        {"_has without its parts", STR_INIT("Patient"), STR_INIT("_has:Observation=x"),
         STATUS_INVALID, "_has"},
        {"an include of nothing", STR_INIT("Observation"), STR_INIT("_include=x"), STATUS_INVALID,
         "include"},
        {"no quantity", STR_INIT("Observation"), STR_INIT("value-quantity=much"), STATUS_INVALID,
         "value-quantity"},
        {"a composite with one part", STR_INIT("Observation"), STR_INIT("code-value-quantity=x"),
         STATUS_INVALID, "$"},
        {"a filter without an operator", STR_INIT("Patient"), STR_INIT("_filter=name"),
         STATUS_INVALID, "_filter"},
        {"codes above what is not here", STR_INIT("Observation"),
         STR_INIT("code:below=http://loinc.org%7C1234-5"), STATUS_UNSUPPORTED, "loinc"},
        {"no date", STR_INIT("Patient"), STR_INIT("birthdate=yesterday"), STATUS_INVALID,
         "birthdate"},
        {"a broken escape", STR_INIT("Patient"), STR_INIT("name=%zz"), STATUS_INVALID, "percent"},
        {"an escape cut short", STR_INIT("Patient"), STR_INIT("name=%4"), STATUS_INVALID,
         "percent"},
        {"a NUL", STR_INIT("Patient"), STR_INIT("name=%00"), STATUS_INVALID, "NUL"},
        {"not UTF-8", STR_INIT("Patient"), STR_INIT("name=%ff"), STATUS_INVALID, "UTF-8"},
        {"an unknown type", STR_INIT("Patiens"), STR_INIT(""), STATUS_NOT_FOUND, "type"},
        {"a made-up page link", STR_INIT("Patient"), STR_INIT("_cursor=00ff"), STATUS_INVALID,
         "page link"},
    };
    Fixture f;
    fixture_open(&f, true);
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        fixture_clear(&f);
        check_int(fixture_search(&f, c->type, c->query), c->status);
        check(f.cx.issues && str_contains(f.cx.issues->diagnostics, c->named));
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_what_the_model_says),
        cmocka_unit_test(names_are_found_in_their_order),
        cmocka_unit_test(what_is_not_offered_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
