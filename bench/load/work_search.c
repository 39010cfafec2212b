/* load/work_search.c - searches, one shape at a time, with values that the server holds.
 * SPEC R4 search.html
 *
 * Every query is written beforehand from a row of the harvest, so that sending one costs a
 * copy; each has an answer, so that one without a match is an error and no speed. */
#include <stdio.h>

#include "load/harvest.h"
#include "base/base.h"

enum { QUERIES_MAX = 20000, QUERY_BYTES_MAX = 1800, OR_VALUES = 20, START_LETTERS = 3 };

/* Gaps of a query: {name} of a fact, or one of those that gap_special() knows. */
static const struct {
    const char *name;
    PoolKind pool;
    Str query;
} shapes[] = {
    {"patient-code", POOL_RESULTS,
     STR_INIT("Observation?patient={patient}&code={code}&_sort=-date&_count=20")},
    {"name", POOL_PATIENTS, STR_INIT("Patient?name={family}&_count=20")},
    {"identifier", POOL_PATIENTS, STR_INIT("Patient?identifier={identifier}&_count=20")},
    {"birthdate", POOL_PATIENTS, STR_INIT("Patient?birthdate={birthdate}&_count=20")},
    {"phone", POOL_PATIENTS, STR_INIT("Patient?phone={phone}&_count=10")},
    {"type-ahead", POOL_PATIENTS, STR_INIT("Patient?name={start}&_count=10")},
    {"condition-code", POOL_ILLNESSES, STR_INIT("Condition?code={code}&_count=20")},
    {"token-or", POOL_RESULT_CODES, STR_INIT("Observation?code={codes}&_count=20")},
    {"chain", POOL_PATIENTS, STR_INIT("Observation?subject:Patient.name={family}&_count=20")},
    {"has", POOL_RESULT_CODES, STR_INIT("Patient?_has:Observation:patient:code={code}&_count=20")},
    {"include", POOL_RESULTS,
     STR_INIT("Observation?patient={patient}&code={code}&_include=Observation:subject"
              "&_include=Observation:encounter&_count=20")},
    {"revinclude", POOL_PATIENTS,
     STR_INIT("Patient?identifier={identifier}&_revinclude=Condition:patient&_count=20")},
    {"month-count", POOL_RESULTS,
     STR_INIT("Observation?date=ge{month}&date=lt{month-after}&_summary=count")},
    {"code-month-count", POOL_RESULTS,
     STR_INIT("Observation?code={code}&date=ge{month}&date=lt{month-after}&_summary=count")},
    {"code-total", POOL_RESULT_CODES,
     STR_INIT("Observation?code={code}&_total=accurate&_count=20")},
    {"compartment", POOL_PATIENTS, STR_INIT("Patient/{id}/*?_count=50")},
    {"code-value", POOL_VALUES,
     STR_INIT("Observation?code-value-quantity={code}$ge{value}&_count=20")},
    {"content", POOL_ILLNESSES, STR_INIT("Condition?_content={word}&_count=20")},
    {"filter", POOL_PATIENTS,
     STR_INIT("Patient?_filter=birthdate%20eq%20{birthdate}%20and%20name%20sw%20%22{start}%22"
              "&_count=20")},
    {"sort-birthdate", POOL_PATIENTS, STR_INIT("Patient?_sort=birthdate&_count=20")},
    {"gender-sorted", POOL_PATIENTS, STR_INIT("Patient?gender={gender}&_sort=birthdate&_count=20")},
    {"sort-updated", POOL_RESULTS, STR_INIT("Observation?_sort=-_lastUpdated&_count=20")},
    {"code-updated", POOL_RESULT_CODES,
     STR_INIT("Observation?code={code}&_sort=-_lastUpdated&_count=20")},
};

static const struct {
    Str name;
    Fact fact;
} gaps[] = {
    {STR_INIT("id"), FACT_ID},
    {STR_INIT("patient"), FACT_PATIENT},
    {STR_INIT("family"), FACT_FAMILY},
    {STR_INIT("identifier"), FACT_IDENTIFIER},
    {STR_INIT("birthdate"), FACT_BIRTHDATE},
    {STR_INIT("gender"), FACT_GENDER},
    {STR_INIT("phone"), FACT_PHONE},
    {STR_INIT("code"), FACT_CODE},
    {STR_INIT("value"), FACT_VALUE},
};

/* ---- queries ---------------------------------------------------------------------------- */

typedef struct {
    const Pool *pool;
    const Facts *facts;
    Rng *rng;
    Buf *into;
} Writer;

/* Percent-encoded, and before that FHIR's own escapes. SPEC R4 search.html#escaping; `|`
 * separates system and code here, where values with one of their own do not occur. */
static void add_value(Buf *into, Str value)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (c == ',' || c == '$')
            buf_add_lit(into, "%5C");
        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || strchr("-._~:/", c)) {
            buf_add_char(into, (char)c);
            continue;
        }
        buf_add_char(into, '%');
        buf_add_char(into, hex[c >> 4]);
        buf_add_char(into, hex[c & 15]);
    }
}

/* The first letters of a name, as somebody types it. */
static Str start_of(Str text)
{
    size_t at = 0, letters = 0;
    for (; at < text.len; at++)
        if (((unsigned char)text.at[at] & 0xC0) != 0x80 && letters++ == START_LETTERS)
            break;
    return str_head(text, at);
}

/* The longest word. */
static Str word_of(Str text)
{
    Str longest = STR_EMPTY;
    for (size_t from = 0, at = 0; at <= text.len; at++) {
        bool inside = at < text.len && ((unsigned char)text.at[at] >= 0x80 ||
                                        ((text.at[at] | 32) >= 'a' && (text.at[at] | 32) <= 'z'));
        if (inside)
            continue;
        if (at - from > longest.len)
            longest = str_n(text.at + from, at - from);
        from = at + 1;
    }
    return longest;
}

/* "2026-09-09T11:30:00+02:00": 2026-09, or with 1 added 2026-10. */
static bool add_month(Buf *into, Str date, unsigned added)
{
    uint64_t year, month;
    if (date.len < 7 || !str_to_u64(str_head(date, 4), &year) ||
        !str_to_u64(str_n(date.at + 5, 2), &month))
        return false;
    month += added;
    buf_format(into, "%04u-%02u", (unsigned)(month > 12 ? year + 1 : year),
               (unsigned)(month > 12 ? 1 : month));
    return true;
}

static bool add_codes(Writer *writer)
{
    add_value(writer->into, writer->facts->at[FACT_CODE]);
    for (unsigned i = 1; i < OR_VALUES; i++) {
        const Facts *other = &writer->pool->at[rng_below(writer->rng, writer->pool->count)];
        buf_add_char(writer->into, ',');
        add_value(writer->into, other->at[FACT_CODE]);
    }
    return true;
}

static bool add_text(Writer *writer, Str text)
{
    add_value(writer->into, text);
    return text.len > 0;
}

/* false when the row has nothing to fill the gap with. */
static bool fill_gap(Writer *writer, Str name)
{
    const Str *at = writer->facts->at;
    if (str_eq(name, STR("start")))
        return add_text(writer, start_of(at[FACT_FAMILY]));
    if (str_eq(name, STR("word")))
        return add_text(writer, word_of(at[FACT_TEXT]));
    if (str_eq(name, STR("month")) || str_eq(name, STR("month-after")))
        return add_month(writer->into, at[FACT_DATE], name.len > 5);
    if (str_eq(name, STR("codes")))
        return add_codes(writer);
    for (size_t i = 0; i < COUNT_OF(gaps); i++)
        if (str_eq(gaps[i].name, name))
            return add_text(writer, at[gaps[i].fact]);
    load_fail("there is no gap {" STR_FMT "}", STR_ARG(name));
}

static bool write_query(Writer *writer, Str query)
{
    while (query.len) {
        buf_add_str(writer->into, str_cut(&query, '{'));
        if (query.len && !fill_gap(writer, str_cut(&query, '}')))
            return false;
    }
    return !writer->into->full;
}

/* ---- the work --------------------------------------------------------------------------- */

typedef struct {
    Work work;
    Rng *rng;
    Str *queries;
    size_t count;
    bool counts;       /* only how many there are is asked for */
    uint64_t included; /* resources beside the matches */
    size_t slowest;
    Time slowest_took;
} SearchWork;

static void write_queries(SearchWork *search, Bench *bench, Arena *arena, const Pool *pool,
                          Str query)
{
    search->queries = arena_array_of(arena, Str, QUERIES_MAX);
    for (size_t i = 0; i < pool->count && search->count < QUERIES_MAX; i++) {
        Buf path;
        Writer writer = {.pool = pool, .facts = &pool->at[i], .rng = search->rng, .into = &path};
        buf_init(&path, arena, 256, QUERY_BYTES_MAX);
        buf_add_str(&path, bench->target.path);
        buf_add_char(&path, '/');
        if (write_query(&writer, query))
            search->queries[search->count++] = buf_str(&path);
    }
}

static bool search_next(Work *work, Conn *conn)
{
    SearchWork *search = (SearchWork *)work;
    conn->tag = rng_below(search->rng, search->count);
    request_send_path(conn, "GET", search->queries[conn->tag]);
    return true;
}

/* What follows a name and its colon, wherever the next of that name stands. */
static bool next_value(Str *rest, Str name, Str *ret_value)
{
    const char *at = memmem(rest->at, rest->len, name.at, name.len);
    if (!at)
        return false;
    *rest = str_from(*rest, (size_t)(at - rest->at) + name.len);
    size_t skip = 0;
    while (skip < rest->len && strchr(" \t\r\n:", rest->at[skip]))
        skip++;
    *ret_value = str_from(*rest, skip);
    return true;
}

/* Counts search.mode = match without walking the whole page: a walk would cost as much as
 * the request. */
static uint64_t count_matches(SearchWork *search, Str body)
{
    Str value;
    uint64_t count = 0, included = 0;
    while (next_value(&body, STR("\"mode\""), &value)) {
        count += str_has_prefix(value, STR("\"match\""));
        included += str_has_prefix(value, STR("\"include\""));
    }
    search->included = search->work.meter.requests ? search->included + included : 0;
    return count;
}

static uint64_t read_total(Str body)
{
    Str value;
    uint64_t total = 0;
    size_t digits = 0;
    if (!next_value(&body, STR("\"total\""), &value))
        return 0;
    while (digits < value.len && value.at[digits] >= '0' && value.at[digits] <= '9')
        digits++;
    return str_to_u64(str_head(value, digits), &total) ? total : 0;
}

static const char *search_check(Work *work, Conn *conn, const Answer *answer)
{
    SearchWork *search = (SearchWork *)work;
    if (answer->status != 200)
        return "a search was not answered with 200";
    uint64_t found =
        search->counts ? read_total(answer->body) : count_matches(search, answer->body);
    if (!found)
        return "a search did not find what is there";
    work->meter.resources += found;
    if (answer->took > search->slowest_took) {
        search->slowest_took = answer->took;
        search->slowest = conn->tag;
    }
    return NULL;
}

/* How much was found, so that an empty answer does not pass for a quick one. */
static void print_found(const Bench *bench, const char *shape, unsigned connections,
                        const SearchWork *search)
{
    const Meter *meter = &search->work.meter;
    double requests = meter->requests ? (double)meter->requests : 1;
    char name[64];
    printf("  %.1f found", (double)meter->resources / requests);
    if (search->included)
        printf(" and %.1f included", (double)search->included / requests);
    printf(", %zu different; slowest, %.1f ms: " STR_FMT "\n", search->count,
           (double)search->slowest_took / 1e3, STR_ARG(search->queries[search->slowest]));
    snprintf(name, sizeof name, "%s.%u", shape, connections);
    report_figure(bench, name, "found", (double)meter->resources / requests);
    report_figure(bench, name, "included", (double)search->included / requests);
}

static void run_shape(Bench *bench, const Harvest *harvest, size_t shape)
{
    Arena *arena = bench_scratch();
    SearchWork search = {.work = {search_next, search_check, {0}},
                         .rng = &bench->rng,
                         .counts = memmem(shapes[shape].query.at, shapes[shape].query.len,
                                          "_summary=count", 14) != NULL};
    write_queries(&search, bench, arena, &harvest->pools[shapes[shape].pool], shapes[shape].query);
    if (!search.count)
        fprintf(stderr, "load: nothing on the server to ask %s with\n", shapes[shape].name);
    for (unsigned i = 0; search.count && i < bench->options.connection_counts; i++) {
        search.slowest_took = 0;
        bench_timed(bench, shapes[shape].name, &search.work, bench->options.connections[i]);
        print_found(bench, shapes[shape].name, bench->options.connections[i], &search);
    }
    arena_free(arena);
}

static bool is_wanted(Str shape, Str list)
{
    if (!list.len)
        return true;
    while (list.len)
        if (str_eq(str_cut(&list, ','), shape))
            return true;
    return false;
}

void work_search(Bench *bench)
{
    static Harvest harvest;
    harvest_take(&harvest, bench);
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        if (is_wanted(str_of(shapes[i].name), bench->options.shapes))
            run_shape(bench, &harvest, i);
}
