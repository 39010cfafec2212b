/* match_bench - how long Patient/$match takes among many patients.
 *
 *   match_bench --folder DIR [--patients 200000] [--asks 2000]
 *
 * Fills a store in DIR with the people of the demo network (their Patient alone; an existing store
 * is used as it is), then asks for one after the other as a reception desk mistypes them: as they
 * are, with day and month changed places, with another letter in the name, without a telephone.
 * Asked as a program that sees everybody, which has the most candidates. Prints what was found and
 * the time of one $match, its commit left out. */
#include <stdio.h>
#include <stdlib.h>

#include "access/grant.h"
#include "crowd.h"
#include "crypto/crypto.h"
#include "json/json.h"
#include "people/people.h"
#include "record/record.h"

enum { ASKS_MAX = 20000 };

static struct {
    const char *folder;
    unsigned patients, asks;
} options = {NULL, 200000, 2000};

static Ctx cx;
static Record *record;
static const Access *access;
static Crowd crowd;
static Time samples[ASKS_MAX];

static void need(Status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "match_bench: %s: %s\n", what, cx.issues ? cx.issues->diagnostics.at : "-");
    exit(1);
}

static Call call(void)
{
    return (Call){.access = access, .base = STR("http://bench/fhir"), .address = STR("local")};
}

static void clear(void)
{
    arena_clear(cx.arena);
    cx = (Ctx){.arena = cx.arena};
}

/* ---- asking -------------------------------------------------------------------------------------
 */

static const OperationKind *kind(void)
{
    for (size_t i = 0; i < PEOPLE_OPERATIONS; i++)
        if (str_eq(people_operations[i].name, STR("$match")))
            return &people_operations[i];
    return NULL;
}

/* As a reception desk has it. */
static Str mistyped(unsigned index, unsigned how)
{
    JsonValue *patient;
    need(crowd_patient(&cx, &crowd, index, &patient), "demo");
    const JsonValue *name = json_item(json_get(patient, STR("name")), 0);
    Str family = json_get_str(name, STR("family")), birth = json_get_str(patient, STR("birthDate"));
    char day[16];
    snprintf(day, sizeof day, STR_FMT, STR_ARG(birth));
    if (how == 1 && memcmp(day + 8, "12", 2) <= 0) {
        memcpy(day + 5, birth.at + 8, 2);
        memcpy(day + 8, birth.at + 5, 2);
    }
    const JsonValue *phone = json_item(json_get(patient, STR("telecom")), 0);
    return arena_format(
        cx.arena,
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":{"
        "\"resourceType\":\"Patient\",\"name\":[{\"family\":\"" STR_FMT "%s\",\"given\":[\"" STR_FMT
        "\"]}],\"birthDate\":\"%s\",\"gender\":\"" STR_FMT
        "\",\"telecom\":[{\"system\":\"phone\",\"value\":\"" STR_FMT "\"}]}}]}",
        STR_ARG(family), how == 2 ? "s" : "",
        STR_ARG(json_str(json_item(json_get(name, STR("given")), 0))), day,
        STR_ARG(json_get_str(patient, STR("gender"))),
        STR_ARG(how == 3 ? STR("+32 460 00 00 00") : json_get_str(phone, STR("value"))));
}

static bool ask(unsigned index, unsigned how, Time *ret_took)
{
    Reply reply;
    Str text = mistyped(index, how);
    JsonValue *patient, *bundle;
    need(crowd_patient(&cx, &crowd, index, &patient), "demo");
    OperationAsked asked = {.kind = kind(), .body = {(char *)(uintptr_t)text.at, text.len}};
    Call who = call();
    Time begun = time_monotonic();
    need(record_operation(record, &cx, &who, &asked, &reply), "match");
    *ret_took = time_monotonic() - begun;
    need(record_finish(record, &cx, &who, &reply), "match");
    need(json_parse(&cx, reply.body, &bundle), "match");
    const JsonValue *first = json_item(json_get(bundle, STR("entry")), 0);
    return str_eq(json_get_str(json_get(first, STR("resource")), STR("id")),
                  json_get_str(patient, STR("id")));
}

static int by_time(const void *a, const void *b)
{
    const Time *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void ask_all(void)
{
    unsigned found[4] = {0}, asked[4] = {0};
    for (unsigned i = 0; i < options.asks; i++) {
        unsigned index = (unsigned)((uint64_t)i * 7919 % options.patients), how = i % 4;
        asked[how]++;
        found[how] += ask(index, how, &samples[i]);
        clear();
    }
    qsort(samples, options.asks, sizeof(Time), by_time);
    static const char *const words[] = {"as they are", "day and month changed", "a letter more",
                                        "another telephone"};
    for (size_t i = 0; i < 4; i++)
        printf("first of the answer, %s: %u of %u\n", words[i], found[i], asked[i]);
    printf("one $match among %u patients: median %.1f ms, p95 %.1f ms, p99 %.1f ms\n",
           options.patients, (double)samples[options.asks / 2] / 1000,
           (double)samples[options.asks * 95 / 100] / 1000,
           (double)samples[options.asks * 99 / 100] / 1000);
}

int main(int argc, char **argv)
{
    Arena *forever = arena_new((size_t)16 << 20, false);
    Store *store;
    cx.arena = arena_new((size_t)512 << 20, false);
    for (int i = 1; i + 1 < argc; i += 2) {
        Str name = str_of(argv[i]);
        if (str_eq(name, STR("--folder")))
            options.folder = argv[i + 1];
        else if (str_eq(name, STR("--patients")))
            options.patients = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (str_eq(name, STR("--asks")))
            options.asks = (unsigned)strtoul(argv[i + 1], NULL, 10);
    }
    if (!options.folder || !options.patients || !options.asks || options.asks > ASKS_MAX) {
        fprintf(stderr, "match_bench --folder DIR [--patients N] [--asks N]\n");
        return 2;
    }
    AccessGrant grant = {
        .account = STR("bench"), .role = STR("program"), .may_write = true, .everything = true};
    access = access_grant(forever, &grant);
    StoreOptions where = {
        .address = arena_format(forever, "%s/bench.db", options.folder),
        .passphrase = STR("bench bench bench"),
    };
    (void)!store_create(&cx, &where);
    clear();
    need(store_open(&cx, &where, &store), "open");
    RecordOptions how = {
        .client_ids = true, .base = STR("http://bench/fhir"), .country = STR("32")};
    need(record_new(&cx, store, access, &how, &record), "record");
    clear();
    crowd = (Crowd){.record = record, .access = access, .patients = options.patients};
    need(crowd_fill(&cx, &crowd, store), "fill");
    clear();
    ask_all();
    record_free(record);
    store_close(store);
    return 0;
}
