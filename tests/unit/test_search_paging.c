/* Pages while others write: every resource that is there and answers all the time comes exactly
 * once, none twice, in the order that was when the search began; and back again. SPEC R4
 * http.html#paging */
#include <pthread.h>
#include <stdatomic.h>

#include "record_fixture.h"

enum {
    OBSERVATIONS = 340, /* more than are sorted by reading them */
    PATIENTS = 320,
    CREATED_MAX = 330, /* all fit into one answer, to compare with */
    FIRST_PATIENT = 2000,
    NUMBERS = 4000,
    PAGE_MAX = 120,
};

static _Thread_local uint64_t seed = 7;

static unsigned chance(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

/* ---- resources: a number for each; from FIRST_PATIENT on they are patients ----------------------
 */

static Str type_of(unsigned number)
{
    return number < FIRST_PATIENT ? STR("Observation") : STR("Patient");
}

static Str id_of(Fixture *f, unsigned number)
{
    return arena_format(f->cx.arena, "n%u", number);
}

/* Every fourth always answers what `steady` cases ask, and is never deleted. */
static bool is_steady(unsigned number)
{
    return number % 4 == 0 && (number < OBSERVATIONS || number >= FIRST_PATIENT);
}

static Str random_body(Fixture *f, unsigned number)
{
    static const char *const names[] = {"Adam", "Bernard", "Claes", "Dubois", "Évrard", "Peeters"};
    unsigned day = 1 + chance(28), month = 1 + chance(12), year = 1990 + chance(30);
    if (number >= FIRST_PATIENT)
        return arena_format(
            f->cx.arena,
            "{\"resourceType\":\"Patient\",\"id\":\"n%u\",\"gender\":\"%s\",\"birthDate\":"
            "\"%u-%02u-%02u\",\"name\":[{\"family\":\"%s\"},{\"family\":\"%s\"}]}",
            number, chance(4) || is_steady(number) ? "female" : "male", year, month, day,
            names[chance(6)], names[chance(6)]);
    Str date = chance(10)
                   ? arena_format(f->cx.arena, ",\"effectiveDateTime\":\"%u-%02u-%02uT10:00:00Z\"",
                                  year, month, day)
                   : STR_EMPTY;
    return arena_format(
        f->cx.arena,
        "{\"resourceType\":\"Observation\",\"id\":\"n%u\",\"status\":\"final\",\"code\":{"
        "\"coding\":"
        "[{\"system\":\"http://l\",\"code\":\"c%u\"}]},\"subject\":{\"reference\":\"Patient/n%u\"},"
        "\"valueQuantity\":{\"value\":%u}" STR_FMT "}",
        number, is_steady(number) ? 1 : chance(4), FIRST_PATIENT + chance(PATIENTS), chance(50),
        STR_ARG(date));
}

static Status put(Fixture *f, unsigned number)
{
    fixture_clear(f);
    return fixture_put(f, type_of(number), id_of(f, number), random_body(f, number), STR_EMPTY);
}

static void fill(Fixture *f)
{
    for (unsigned i = 0; i < OBSERVATIONS; i++)
        check_int(put(f, i), STATUS_OK);
    for (unsigned i = 0; i < PATIENTS; i++)
        check_int(put(f, FIRST_PATIENT + i), STATUS_OK);
}

/* Each row is a question to another process there: every other case has to do. And a row does not
 * tell its change (store.h), so that past the limit it may come twice. */
static bool on_postgres(void)
{
    return getenv("ACESO_TEST_POSTGRES") != NULL;
}

/* ---- a page -------------------------------------------------------------------------------------
 */

typedef struct {
    unsigned rows[PAGE_MAX];
    unsigned count;
    uint64_t total;
    char next[4096], previous[4096], self[4096];
} Page;

static void keep_link(const JsonValue *page, Str relation, char *to)
{
    JsonValue *link;
    to[0] = 0;
    for (JsonIter it = json_iter(json_get(page, STR("link"))); json_next(&it, NULL, &link);) {
        Str url = json_get_str(link, STR("url"));
        if (!str_eq(json_get_str(link, STR("relation")), relation))
            continue;
        check(url.len < 3000); /* a request line takes it */
        Str query = str_from(url, str_index(url, '?') + 1);
        memcpy(to, query.at, query.len);
        to[query.len] = 0;
    }
}

static unsigned number_of(const JsonValue *entry)
{
    uint64_t number = 0;
    Str id = json_get_str(json_get(entry, STR("resource")), STR("id"));
    check(str_to_u64(str_from(id, 1), &number) && number < NUMBERS);
    return (unsigned)number;
}

/* All matches of the answer; a page's are at most PAGE_MAX. */
static unsigned take_matches(Fixture *f, unsigned *rows, unsigned max)
{
    JsonValue *entry;
    unsigned count = 0;
    for (JsonIter it = json_iter(json_get(fixture_json(f), STR("entry")));
         json_next(&it, NULL, &entry);) {
        if (!str_eq(json_get_str(json_get(entry, STR("search")), STR("mode")), STR("match")))
            continue;
        check(count < max);
        rows[count++] = number_of(entry);
    }
    return count;
}

static void get(Fixture *f, Str type, const char *query, Page *page)
{
    fixture_clear(f);
    Str own = arena_str(f->cx.arena, str_of(query));
    check_int(fixture_search(f, type, own), STATUS_OK);
    page->count = take_matches(f, page->rows, PAGE_MAX);
    JsonValue *json = fixture_json(f);
    page->total = 0;
    (void)str_to_u64(json_str(json_get(json, STR("total"))), &page->total);
    keep_link(json, STR("next"), page->next);
    keep_link(json, STR("previous"), page->previous);
    keep_link(json, STR("self"), page->self);
}

typedef struct {
    const char *type, *query;
    const char *sort; /* all that the query could answer, in the same order */
    bool steady;
} Case;

static const Case searches[] = {
    {"Observation", "_id:missing=false", "", true},
    {"Observation", "_sort=-date", "_sort=-date", true},
    {"Observation", "_sort=date", "_sort=date", true},
    {"Observation", "code=c1", "", true},
    {"Observation", "code=c1&_sort=date", "_sort=date", true},
    {"Observation", "_sort=code,-date", "_sort=code,-date", true},
    {"Observation", "_sort=_lastUpdated", "_sort=_lastUpdated", true},
    {"Observation", "_sort=-_lastUpdated", "_sort=-_lastUpdated", true},
    {"Observation", "_sort=value-quantity", "_sort=value-quantity", true},
    {"Observation", "subject.gender=male", "", false},
    {"Observation", "_include=Observation:subject&code=c2,c3", "", false},
    {"Patient", "_sort=family", "_sort=family", true},
    {"Patient", "_sort=-family", "_sort=-family", true},
    {"Patient", "_sort=family,-birthdate", "_sort=family,-birthdate", true},
    {"Patient", "_sort=birthdate", "_sort=birthdate", true},
    {"Patient", "_sort=-birthdate&gender=female", "_sort=-birthdate", true},
    {"Patient", "name=d&_revinclude=Observation:subject", "", false},
    {"Patient", "_has:Observation:subject:code=c1", "", false},
    {"", "_type=Patient,Observation", "_type=Patient,Observation", true},
    {"", "_lastUpdated=gt2000", "", true},
};

/* ---- one reader, dice
 * ---------------------------------------------------------------------------- */

typedef struct {
    Fixture f;
    unsigned order[NUMBERS], count; /* when the search began */
    int place[NUMBERS];             /* in it; -1 = not there */
    bool now[NUMBERS];              /* answers now */
    unsigned answers;
    unsigned created;
    bool written[NUMBERS]; /* since the search began */
} World;

static World world;

static void ask_all(const char *type, const char *query, unsigned *rows, unsigned *ret_count)
{
    Fixture *f = &world.f;
    fixture_clear(f);
    check_int(fixture_search(f, str_of(type), arena_format(f->cx.arena, "_count=1000&%s", query)),
              STATUS_OK);
    *ret_count = take_matches(f, rows, NUMBERS);
}

static void begin(const Case *search)
{
    ask_all(search->type, search->sort, world.order, &world.count);
    for (unsigned i = 0; i < NUMBERS; i++)
        world.place[i] = -1;
    for (unsigned i = 0; i < world.count; i++)
        world.place[world.order[i]] = (int)i;
}

static void look(const Case *search)
{
    static unsigned rows[NUMBERS];
    unsigned count;
    ask_all(search->type, search->query, rows, &count);
    memset(world.now, 0, sizeof(world.now));
    world.answers = count;
    for (unsigned i = 0; i < count; i++)
        world.now[rows[i]] = true;
}

static void write_some(unsigned most)
{
    Fixture *f = &world.f;
    for (unsigned i = chance(most + 1); i > 0; i--) {
        unsigned number = chance(3) ? chance(OBSERVATIONS) : FIRST_PATIENT + chance(PATIENTS),
                 what = chance(10);
        if (what == 1 && world.created < CREATED_MAX)
            number = OBSERVATIONS + world.created++;
        world.written[number] = true;
        if (what == 0) {
            fixture_clear(f);
            Status status = fixture_delete(f, type_of(number), id_of(f, number));
            check(status == STATUS_OK || status == STATUS_GONE);
        } else {
            check_int(put(f, number), STATUS_OK);
        }
    }
}

/* The next in the order of the beginning that answers now and stood there then. */
static int next_there(int from)
{
    for (int i = from; i < (int)world.count; i++) {
        if (world.now[world.order[i]])
            return i;
    }
    return -1;
}

/* A page is what follows `from` without a gap; returns behind its last. */
static int check_forward(const Page *page, int from, unsigned size)
{
    for (unsigned i = 0; i < page->count; i++) {
        int expected = next_there(from);
        check(expected >= 0);
        check_int(page->rows[i], world.order[expected]);
        from = expected + 1;
    }
    check(page->count == size || next_there(from) < 0);
    check((next_there(from) >= 0) == (page->next[0] != 0));
    return from;
}

/* A page before the one that began at `end`: no gap within, none up to it; returns where it begins.
 * One that is not full began somewhere before its first row, where others may answer again. */
static int check_backward(const Page *page, int end, bool *full, unsigned size)
{
    bool was_full = *full;
    *full = page->count == size;
    if (!page->count) {
        check(!was_full || next_there(0) < 0 || next_there(0) >= end);
        return 0;
    }
    int first = world.place[page->rows[0]], from = first;
    check(first >= 0 && first < end);
    for (unsigned i = 0; i < page->count; i++) {
        check_int(next_there(from), world.place[page->rows[i]]);
        from = world.place[page->rows[i]] + 1;
    }
    int follows = next_there(from);
    check(!was_full || follows < 0 || follows >= end);
    return first;
}

/* Forward, and now and then a step back. */
static void page_through(const Case *search, unsigned most, bool and_back)
{
    Fixture *f = &world.f;
    static Page page;
    unsigned size = 50 + chance(PAGE_MAX - 49), total, steps = 0;
    bool full = true;
    int start = 0, end; /* of the page */
    begin(search);
    look(search);
    total = world.answers;
    char first[256];
    snprintf(first, sizeof(first), "%s&_count=%u&_total=accurate", search->query, size);
    get(f, str_of(search->type), first, &page);
    end = check_forward(&page, 0, size);
    check(!page.previous[0]);
    while (page.next[0]) {
        check_int(page.total, total);
        write_some(most);
        look(search);
        if (and_back && page.previous[0] && ++steps < 200 && chance(5) < 2) {
            get(f, str_of(search->type), page.previous, &page);
            start = check_backward(&page, start, &full, size);
            if (page.count)
                end = world.place[page.rows[page.count - 1]] + 1;
        } else {
            get(f, str_of(search->type), page.next, &page);
            start = end;
            end = check_forward(&page, end, size);
            full = true;
        }
        if (!page.previous[0])
            check(next_there(0) < 0 || next_there(0) >= start);
    }
}

static void going_back_leads_where_one_was(void **state)
{
    UNUSED(state);
    FOR_CASES(searches, s)
    {
        CASE(s->query);
        if (on_postgres() && (s - searches) % 2)
            continue;
        page_through(s, 12, true);
    }
}

static void each_comes_once_in_the_order_of_the_beginning(void **state)
{
    UNUSED(state);
    FOR_CASES(searches, s)
    {
        CASE(s->query);
        if (on_postgres() && (s - searches) % 2)
            continue;
        page_through(s, 20, false);
    }
}

/* ---- more changes than a page looks at
 * ------------------------------------------------------------ */

static void page_past_the_limit(const Case *search)
{
    Fixture *f = &world.f;
    static Page page;
    bool seen[NUMBERS] = {false}, warned = false;
    char first[256];
    begin(search);
    look(search);
    memset(world.written, 0, sizeof(world.written));
    snprintf(first, sizeof(first), "%s&_count=%u", search->query, 20 + chance(30));
    get(f, str_of(search->type), first, &page);
    for (unsigned pages = 0;; pages++) {
        for (unsigned i = 0; i < page.count; i++) {
            check(on_postgres() || !seen[page.rows[i]]);
            seen[page.rows[i]] = true;
        }
        warned = warned || str_contains(f->reply.body, "Begin the search again");
        check(warned || pages < 5);
        if (!page.next[0])
            break;
        write_some(40);
        get(f, str_of(search->type), page.next, &page);
    }
    for (unsigned i = 0; i < world.count && search->steady; i++) {
        unsigned number = world.order[i];
        check(seen[number] || world.written[number] || !world.now[number]);
    }
}

/* Nothing comes twice, what nobody wrote comes, and the answer says what may be missing. */
static void past_the_limit_it_is_said(void **state)
{
    UNUSED(state);
    RecordOptions how = {
        .client_ids = true, .base = STR("http://test/fhir"), .words = true, .changes_max = 8};
    Fixture *f = &world.f;
    record_free(f->record);
    fixture_clear(f);
    check_int(record_new(&f->cx, f->store, f->access, &how, &f->record), STATUS_OK);
    fill(f);
    FOR_CASES(searches, s)
    {
        CASE(s->query);
        if (on_postgres() && (s - searches) % 4)
            continue;
        page_past_the_limit(s);
    }
}

/* ---- several writers, several readers ----------------------------------------------------------
 */

enum { WRITERS = 3, READERS = 2 };

typedef struct {
    Fixture f;
    pthread_t thread;
    unsigned number, writes;
    Page page;
    unsigned seen[NUMBERS];
} Person;

static Person people[WRITERS + READERS];
static atomic_bool all_read;
static atomic_uint in_hand[NUMBERS]; /* one writer at a time */

static void write_one(Person *w)
{
    unsigned number = chance(3) ? chance(OBSERVATIONS) : FIRST_PATIENT + chance(PATIENTS),
             what = chance(12);
    if (what == 1) /* one that is new each time, or comes back */
        number = OBSERVATIONS + w->number * 500 + chance(500);
    if (atomic_exchange(&in_hand[number], 1))
        return;
    if (what == 0 && !is_steady(number)) {
        fixture_clear(&w->f);
        Status status = fixture_delete(&w->f, type_of(number), id_of(&w->f, number));
        check(status == STATUS_OK || status == STATUS_GONE);
    } else {
        check_int(put(&w->f, number), STATUS_OK);
    }
    w->writes++;
    atomic_store(&in_hand[number], 0);
}

static void *write_on(void *person)
{
    Person *w = person;
    seed = w->number + 100;
    while (!atomic_load(&all_read))
        write_one(w);
    return NULL;
}

static void see_page(Person *r, const Case *search)
{
    for (unsigned i = 0; i < r->page.count; i++) {
        if (r->seen[r->page.rows[i]]++)
            fail_msg("%s: n%u came twice", search->query, r->page.rows[i]);
    }
}

static void read_through(Person *r, const Case *search)
{
    char first[256];
    memset(r->seen, 0, sizeof(r->seen));
    snprintf(first, sizeof(first), "%s&_count=%u", search->query, 20 + chance(PAGE_MAX - 19));
    get(&r->f, str_of(search->type), first, &r->page);
    see_page(r, search);
    while (r->page.next[0]) {
        get(&r->f, str_of(search->type), r->page.next, &r->page);
        see_page(r, search);
    }
    for (unsigned i = 0; i < NUMBERS && search->steady; i++) {
        bool asked = is_steady(i) && (!search->type[0] || str_eq(type_of(i), str_of(search->type)));
        if (asked && i < FIRST_PATIENT + PATIENTS && !r->seen[i])
            fail_msg("%s: n%u was missed%s", search->query, i,
                     str_contains(r->f.reply.body, "Begin the search again") ? " WARNED" : "");
    }
}

static void *read_on(void *person)
{
    Person *r = person;
    seed = r->number + 200;
    for (size_t i = 0; i < COUNT_OF(searches); i++)
        read_through(r, &searches[(i + r->number * 7) % COUNT_OF(searches)]);
    return NULL;
}

static void begin_person(Person *person, unsigned number, void *(*work)(void *))
{
    *person = (Person){.f = world.f, .number = number};
    person->f.cx = (Ctx){.arena = arena_new((size_t)256 << 20, false)};
    check_int(pthread_create(&person->thread, NULL, work, person), 0);
}

static void each_comes_once_while_many_write(void **state)
{
    UNUSED(state);
    unsigned writes = 0;
    fill(&world.f);
    for (unsigned i = 0; i < WRITERS + READERS; i++)
        begin_person(&people[i], i, i < WRITERS ? write_on : read_on);
    for (unsigned i = WRITERS; i < WRITERS + READERS; i++)
        pthread_join(people[i].thread, NULL);
    atomic_store(&all_read, true);
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(people[i].thread, NULL);
        writes += people[i].writes;
    }
    for (unsigned i = 0; i < WRITERS + READERS; i++)
        arena_free(people[i].f.cx.arena);
    check(writes > 200);
}

int main(void)
{
    fixture_open(&world.f, true);
    fill(&world.f);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_comes_once_in_the_order_of_the_beginning),
        cmocka_unit_test(going_back_leads_where_one_was),
        cmocka_unit_test(each_comes_once_while_many_write),
        cmocka_unit_test(past_the_limit_it_is_said),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_close(&world.f);
    return failed;
}
