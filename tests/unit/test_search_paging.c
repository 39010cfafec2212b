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
    PAGE_MAX = 60,
};

static uint64_t seed = 7;

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

static Str random_body(Fixture *f, unsigned number, unsigned (*dice)(unsigned))
{
    static const char *const names[] = {"Adam", "Bernard", "Claes", "Dubois", "Évrard", "Peeters"};
    unsigned day = 1 + dice(28), month = 1 + dice(12), year = 1990 + dice(30);
    if (number >= FIRST_PATIENT)
        return arena_format(
            f->cx.arena,
            "{\"resourceType\":\"Patient\",\"id\":\"n%u\",\"gender\":\"%s\",\"birthDate\":"
            "\"%u-%02u-%02u\",\"name\":[{\"family\":\"%s\"},{\"family\":\"%s\"}]}",
            number, dice(4) ? "female" : "male", year, month, day, names[dice(6)], names[dice(6)]);
    Str date = dice(10)
                   ? arena_format(f->cx.arena, ",\"effectiveDateTime\":\"%u-%02u-%02uT10:00:00Z\"",
                                  year, month, day)
                   : STR_EMPTY;
    return arena_format(
        f->cx.arena,
        "{\"resourceType\":\"Observation\",\"id\":\"n%u\",\"status\":\"final\",\"code\":{"
        "\"coding\":"
        "[{\"system\":\"http://l\",\"code\":\"c%u\"}]},\"subject\":{\"reference\":\"Patient/n%u\"},"
        "\"valueQuantity\":{\"value\":%u}" STR_FMT "}",
        number, dice(4), FIRST_PATIENT + dice(PATIENTS), dice(50), STR_ARG(date));
}

static Status put(Fixture *f, unsigned number, unsigned (*dice)(unsigned))
{
    fixture_clear(f);
    return fixture_put(f, type_of(number), id_of(f, number), random_body(f, number, dice),
                       STR_EMPTY);
}

static void fill(Fixture *f)
{
    for (unsigned i = 0; i < OBSERVATIONS; i++)
        check_int(put(f, i, chance), STATUS_OK);
    for (unsigned i = 0; i < PATIENTS; i++)
        check_int(put(f, FIRST_PATIENT + i, chance), STATUS_OK);
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
} Case;

static const Case searches[] = {
    {"Observation", "_id:missing=false", ""},
    {"Observation", "_sort=-date", "_sort=-date"},
    {"Observation", "_sort=date", "_sort=date"},
    {"Observation", "code=c1", ""},
    {"Observation", "code=c1&_sort=date", "_sort=date"},
    {"Observation", "_sort=code,-date", "_sort=code,-date"},
    {"Observation", "_sort=_lastUpdated", "_sort=_lastUpdated"},
    {"Observation", "_sort=-_lastUpdated", "_sort=-_lastUpdated"},
    {"Observation", "_sort=value-quantity", "_sort=value-quantity"},
    {"Observation", "subject.gender=male", ""},
    {"Observation", "_include=Observation:subject&code=c2,c3", ""},
    {"Patient", "_sort=family", "_sort=family"},
    {"Patient", "_sort=-family", "_sort=-family"},
    {"Patient", "_sort=family,-birthdate", "_sort=family,-birthdate"},
    {"Patient", "_sort=birthdate", "_sort=birthdate"},
    {"Patient", "_sort=-birthdate&gender=female", "_sort=-birthdate"},
    {"Patient", "name=d&_revinclude=Observation:subject", ""},
    {"Patient", "_has:Observation:subject:code=c1", ""},
    {"", "_type=Patient,Observation", "_type=Patient,Observation"},
    {"", "_lastUpdated=gt2000", ""},
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
        if (what == 0) {
            fixture_clear(f);
            Status status = fixture_delete(f, type_of(number), id_of(f, number));
            check(status == STATUS_OK || status == STATUS_GONE);
        } else if (what == 1 && world.created < CREATED_MAX) {
            check_int(put(f, OBSERVATIONS + world.created++, chance), STATUS_OK);
        } else {
            check_int(put(f, number, chance), STATUS_OK);
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
    unsigned size = 15 + chance(PAGE_MAX - 14), total, steps = 0;
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
    for (unsigned round = 0; round < 2; round++) {
        FOR_CASES(searches, s)
        {
            CASE(s->query);
            page_through(s, 12 * round, true);
        }
    }
}

static void each_comes_once_in_the_order_of_the_beginning(void **state)
{
    UNUSED(state);
    for (unsigned round = 0; round < 2; round++) {
        FOR_CASES(searches, s)
        {
            CASE(s->query);
            page_through(s, 3 + 17 * round, false);
        }
    }
}

int main(void)
{
    fixture_open(&world.f, true);
    fill(&world.f);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_comes_once_in_the_order_of_the_beginning),
        cmocka_unit_test(going_back_leads_where_one_was),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_close(&world.f);
    return failed;
}
