/* load/harvest.c - lists of values, from the server's own answers. */
#include "load/harvest.h"

#include <stdio.h>
#include <stdlib.h>

#include "load/scan.h"
#include "base/base.h"

enum { DEPTH_MAX = 16, PATH_BYTES_MAX = 200, RESULTS_OF_ONE_MAX = 1000 };

/* ---- one resource ---------------------------------------------------------------------- */

/* Where the facts stand: names from the resource down, lists left out. */
static const struct {
    Str path;
    Fact fact;
} places[] = {
    {STR_INIT(".id"), FACT_ID},
    {STR_INIT(".subject.reference"), FACT_PATIENT},
    {STR_INIT(".name.family"), FACT_FAMILY},
    {STR_INIT(".birthDate"), FACT_BIRTHDATE},
    {STR_INIT(".gender"), FACT_GENDER},
    {STR_INIT(".code.text"), FACT_TEXT},
    {STR_INIT(".code.coding.display"), FACT_TEXT},
    {STR_INIT(".effectiveDateTime"), FACT_DATE},
    {STR_INIT(".valueQuantity.value"), FACT_VALUE},
};

/* The parts of what is asked for together. */
typedef struct {
    Str code, code_system, identifier, identifier_system, telecom, telecom_system;
} Parts;

static Str *part_at(Parts *parts, Str path)
{
    return str_eq(path, STR(".code.coding.code"))     ? &parts->code
           : str_eq(path, STR(".code.coding.system")) ? &parts->code_system
           : str_eq(path, STR(".identifier.value"))   ? &parts->identifier
           : str_eq(path, STR(".identifier.system"))  ? &parts->identifier_system
           : str_eq(path, STR(".telecom.value"))      ? &parts->telecom
           : str_eq(path, STR(".telecom.system"))     ? &parts->telecom_system
                                                      : NULL;
}

static void keep_first(Str *into, Str value)
{
    if (!into->len)
        *into = value;
}

static void take_value(Facts *facts, Parts *parts, Str path, Str value)
{
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (str_eq(places[i].path, path))
            keep_first(&facts->at[places[i].fact], value);
    Str *part = part_at(parts, path);
    if (part)
        keep_first(part, value);
}

/* Escapes were left alone: a value with one is not asked for. */
static Str kept(Arena *arena, Str value)
{
    return value.len && memchr(value.at, '\\', value.len) ? STR_EMPTY : arena_str(arena, value);
}

static Str both(Arena *arena, Str system, Str value)
{
    Str text = arena_format(arena, STR_FMT "|" STR_FMT, STR_ARG(system), STR_ARG(value));
    return value.len ? kept(arena, text) : STR_EMPTY;
}

void harvest_read(Facts *facts, Arena *arena, Str resource)
{
    Str names[DEPTH_MAX] = {0};
    Parts parts = {0};
    Scan scan = {.text = resource};
    ScanItem item;
    *facts = (Facts){0};
    while ((item = scan_next(&scan)).kind != SCAN_END) {
        if (item.depth >= DEPTH_MAX || item.kind == SCAN_CLOSE)
            continue;
        if (item.kind == SCAN_NAME || item.kind == SCAN_OPEN)
            names[item.depth] = item.kind == SCAN_NAME ? item.text : STR_EMPTY;
        if (item.kind != SCAN_STRING && item.kind != SCAN_OTHER)
            continue;
        char path[PATH_BYTES_MAX];
        size_t len = 0;
        for (unsigned i = 1; i <= item.depth; i++)
            if (names[i].len && len + names[i].len + 1 < sizeof(path)) {
                path[len++] = '.';
                memcpy(path + len, names[i].at, names[i].len);
                len += names[i].len;
            }
        take_value(facts, &parts, str_n(path, len), item.text);
    }
    for (unsigned i = 0; i < FACT_COUNT; i++)
        facts->at[i] = kept(arena, facts->at[i]);
    facts->at[FACT_CODE] = both(arena, parts.code_system, parts.code);
    facts->at[FACT_IDENTIFIER] = both(arena, parts.identifier_system, parts.identifier);
    if (str_eq(parts.telecom_system, STR("phone")))
        facts->at[FACT_PHONE] = kept(arena, parts.telecom);
}

/* ---- lists ------------------------------------------------------------------------------ */

static void pool_add(Pool *pool, Arena *arena, const Facts *facts)
{
    if (pool->count == pool->room) {
        size_t room = pool->room ? pool->room * 2 : 1024;
        pool->at = arena_realloc(arena, pool->at, pool->room * sizeof(Facts), room * sizeof(Facts));
        pool->room = room;
    }
    if (!pool->at)
        load_fail("out of memory for what was harvested");
    pool->at[pool->count++] = *facts;
}

static int by_code(const void *a, const void *b)
{
    return str_cmp(((const Facts *)a)->at[FACT_CODE], ((const Facts *)b)->at[FACT_CODE]);
}

static int by_patient_and_code(const void *a, const void *b)
{
    int order = str_cmp(((const Facts *)a)->at[FACT_PATIENT], ((const Facts *)b)->at[FACT_PATIENT]);
    return order ? order : by_code(a, b);
}

/* Leaves one row of each. */
static void make_distinct(Pool *pool, int (*order)(const void *, const void *))
{
    size_t left = 0;
    if (pool->count)
        qsort(pool->at, pool->count, sizeof(Facts), order);
    for (size_t i = 0; i < pool->count; i++)
        if (!left || order(&pool->at[left - 1], &pool->at[i]) != 0)
            pool->at[left++] = pool->at[i];
    pool->count = left;
}

/* ---- asking ----------------------------------------------------------------------------- */

/* Adds the resources of one page to a list; returns the path of the next page, or none. */
static Str take_page(Pool *pool, Bench *bench, Arena *scratch, Str type, Str path)
{
    Answer answer;
    BundleScan bundle;
    BundleEntry entry;
    if (!client_fetch(&bench->target, scratch, "GET", path, STR_EMPTY, &answer))
        load_fail("the server broke off while asked for values");
    if (answer.status != 200)
        load_fail("the server answered %u to " STR_FMT, answer.status, STR_ARG(path));
    bundle_scan_init(&bundle, answer.body);
    while (bundle_scan_next(&bundle, &entry)) {
        Facts facts;
        if (!str_eq(entry.type, type))
            continue;
        Str text = str_n(answer.body.at + entry.from, entry.to - entry.from);
        const char *resource = memmem(text.at, text.len, "\"resource\"", 10);
        if (!resource)
            continue;
        text = str_from(text, (size_t)(resource - text.at) + 10);
        harvest_read(&facts, bench->arena, str_from(text, str_index(text, '{')));
        pool_add(pool, bench->arena, &facts);
    }
    return bundle.next_link.len ? ids_link_path(&bench->target, scratch, bundle.next_link)
                                : STR_EMPTY;
}

static void list_patients(Pool *pool, Bench *bench)
{
    Arena *pages = bench_scratch();
    Str path = bench_path(bench, "/Patient?_count=1000");
    while (path.len && pool->count < bench->options.ids_max)
        path = take_page(pool, bench, pages, STR("Patient"), path);
    arena_free(pages);
}

static void list_of_patient(Pool *pool, Bench *bench, const char *type, Str patient)
{
    Arena *page = bench_scratch();
    Str path =
        arena_format(page, STR_FMT "/%s?patient=" STR_FMT "&_count=%d", STR_ARG(bench->target.path),
                     type, STR_ARG(patient), RESULTS_OF_ONE_MAX);
    take_page(pool, bench, page, str_of(type), path);
    arena_free(page);
}

/* Puts `count` rows chosen at random in front. */
static size_t shuffle(Pool *pool, Rng *rng, size_t count)
{
    count = count < pool->count ? count : pool->count;
    for (size_t i = 0; i < count; i++) {
        size_t other = i + rng_below(rng, pool->count - i);
        Facts facts = pool->at[i];
        pool->at[i] = pool->at[other];
        pool->at[other] = facts;
    }
    return count;
}

void harvest_take(Harvest *harvest, Bench *bench)
{
    *harvest = (Harvest){0};
    Pool *pools = harvest->pools, *patients = &pools[POOL_PATIENTS];
    list_patients(patients, bench);
    if (!patients->count)
        load_fail("the server holds no patients: fill it first");
    size_t asked = shuffle(patients, &bench->rng, bench->options.sample);
    for (size_t i = 0; i < asked; i++) {
        Str id = patients->at[i].at[FACT_ID];
        list_of_patient(&pools[POOL_RESULTS], bench, "Observation", id);
        list_of_patient(&pools[POOL_ILLNESSES], bench, "Condition", id);
    }
    for (size_t i = 0; i < pools[POOL_RESULTS].count; i++) {
        const Facts *facts = &pools[POOL_RESULTS].at[i];
        pool_add(&pools[POOL_RESULT_CODES], bench->arena, facts);
        if (facts->at[FACT_VALUE].len)
            pool_add(&pools[POOL_VALUES], bench->arena, facts);
    }
    make_distinct(&pools[POOL_RESULTS], by_patient_and_code);
    make_distinct(&pools[POOL_RESULT_CODES], by_code);
    make_distinct(&pools[POOL_ILLNESSES], by_code);
    printf("harvested: %zu patients; of %zu of them %zu pairs of patient and code, %zu codes of "
           "results, %zu of illnesses\n",
           patients->count, asked, pools[POOL_RESULTS].count, pools[POOL_RESULT_CODES].count,
           pools[POOL_ILLNESSES].count);
}
