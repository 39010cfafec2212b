/* booking_bench.c - looking for free hours, taking them, and the first screens of a day.
 *
 *     booking_bench [--fill PERCENT] [--finds N] [--clients N] [--patients N] [--others N]
 *                   [--folder DIR]
 *
 * A network of 40 practitioners, on a store of its own in /tmp. First `clients` book different
 * hours of the next weeks at the same time, each wanted by two, until so much of four weeks is
 * taken: bookings/s. No practitioner has two appointments at once then, or it ends with 1. Then
 * free hours are looked for as people do: p50 and p95 in ms; and one that finds nothing in four
 * weeks.
 *
 * With --patients the store holds so many besides (200,000: the network that is asked for), 100 of
 * them with all that the demo network knows. Then the day calendar of the 40 practitioners and what
 * a chart asks for when it opens are measured too, one request after the other: a browser sends
 * those of a chart at once. --others adds so many rooms, and as many
 * practitioners who do something else there. DIR keeps that store for another run. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "access/grant.h"
#include "booking/booking.h"
#include "crowd.h"
#include "zone/zone.h"
#include "crypto/crypto.h"
#include "record/record.h"
#include "store/store.h"

enum {
    PEOPLE = 40,
    DAYS = 28,
    QUARTERS = 40,
    CLIENTS_MAX = 64,
    PATIENTS = 500,
    FINDS_MAX = 5000,
    CHARTS = 100
};

static Record *record;
static const Access *self;
static Time today;
static unsigned percent = 60, finds = 400, clients = 16, patients, others;
static const char *kept;
static Crowd crowd;
static Time took[FINDS_MAX], worked[FINDS_MAX];
static atomic_uint next, refused;

static void must(Status status, const Ctx *cx, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s: %s " STR_FMT "\n", what, status_name(status),
            STR_ARG(cx->issues ? cx->issues->diagnostics : STR_EMPTY));
    exit(1);
}

static Body body_of(Ctx *cx, Str text)
{
    char *at = arena_alloc(cx->arena, text.len + JSON_PADDING);
    memcpy(at, text.at, text.len);
    return (Body){at, text.len};
}

static Status ask(Ctx *cx, const char *name, Str query, Str parameters)
{
    Reply reply;
    Status status;
    const Call call = {.access = self, .base = STR("http://bench/fhir"), .query = query};
    OperationAsked asked = {0};
    for (size_t i = 0; i < BOOKING_KINDS; i++)
        if (str_eq(booking_kinds[i].name, str_of(name)))
            asked.kind = &booking_kinds[i];
    do {
        asked.body = body_of(cx, parameters);
        (void)record_operation(record, cx, &call, &asked, &reply);
        status = record_finish(record, cx, &call, &reply);
    } while (status == STATUS_CONFLICT && reply.retry);
    return status;
}

static void put(Ctx *cx, const char *type, Str id, Str text)
{
    Reply reply;
    const Call call = {.access = self, .base = STR("http://bench/fhir")};
    (void)record_update(record, cx, &call, str_of(type), id, body_of(cx, text), &reply);
    must(record_finish(record, cx, &call, &reply), cx, type);
    arena_clear(cx->arena);
    *cx = (Ctx){.arena = cx->arena};
}

static void put_other(Ctx *cx, unsigned number)
{
    enum { WINDOWS = 5 };
    Buf buf;
    put(cx, "Location", arena_format(cx->arena, "room%u", number),
        arena_format(cx->arena,
                     "{\"resourceType\":\"Location\",\"id\":\"room%u\",\"partOf\":{\"reference\":"
                     "\"Location/site\"}}",
                     number));
    buf_init(&buf, cx->arena, 1024, 16 << 10);
    buf_format(&buf,
               "{\"resourceType\":\"PractitionerRole\",\"id\":\"other%u\",\"practitioner\":{"
               "\"reference\":\"Practitioner/other%u\"},\"location\":[{\"reference\":"
               "\"Location/room%u\"}],\"healthcareService\":[{\"reference\":"
               "\"HealthcareService/other\"}],\"availableTime\":[",
               number, number, number);
    for (int i = 0; i < WINDOWS; i++)
        buf_format(&buf,
                   "%s{\"availableStartTime\":\"%02d:00:00\",\"availableEndTime\":\"%02d:00:00\"}",
                   i ? "," : "", 8 + 2 * i, 10 + 2 * i);
    buf_add_lit(&buf, "]}");
    put(cx, "PractitionerRole", arena_format(cx->arena, "other%u", number), buf_str(&buf));
}

static void fill_network(Ctx *cx)
{
    put(cx, "Location", STR("site"), STR("{\"resourceType\":\"Location\",\"id\":\"site\"}"));
    put(cx, "HealthcareService", STR("visit"),
        STR("{\"resourceType\":\"HealthcareService\",\"id\":\"visit\",\"extension\":[{\"url\":"
            "\"urn:aceso:minutes\",\"valueUnsignedInt\":15}]}"));
    put(cx, "HealthcareService", STR("day"),
        STR("{\"resourceType\":\"HealthcareService\",\"id\":\"day\",\"extension\":[{\"url\":"
            "\"urn:aceso:minutes\",\"valueUnsignedInt\":600}]}"));
    for (int i = 0; i < PEOPLE; i++) {
        Str id = arena_str(cx->arena, arena_format(cx->arena, "d%d", i));
        put(cx, "PractitionerRole", id,
            arena_format(cx->arena,
                         "{\"resourceType\":\"PractitionerRole\",\"id\":\"d%d\",\"practitioner\":"
                         "{\"reference\":\"Practitioner/d%d\"},\"code\":[{\"coding\":[{\"code\":"
                         "\"doctor\"}]}],\"location\":[{\"reference\":\"Location/site\"}],"
                         "\"healthcareService\":[{\"reference\":\"HealthcareService/visit\"},"
                         "{\"reference\":\"HealthcareService/day\"}],\"availableTime\":[{"
                         "\"availableStartTime\":\"08:00:00\",\"availableEndTime\":\"18:00:00\"}]}",
                         i, i));
    }
    for (unsigned i = 0; i < others; i++)
        put_other(cx, i);
    for (int i = 0; i < PATIENTS; i++) {
        Str id = arena_format(cx->arena, "p%d", i);
        put(cx, "Patient", id,
            arena_format(cx->arena, "{\"resourceType\":\"Patient\",\"id\":\"p%d\"}", i));
    }
}

/* The n-th hour of all, which two want at the same moment: neighbours belong to others. */
static void *book(void *unused)
{
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    const unsigned all = PEOPLE * DAYS * QUARTERS * percent / 100;
    for (unsigned n; (n = atomic_fetch_add(&next, 1) / 2) < all;) {
        char start[ZONE_INSTANT_LEN];
        const Zone *zone;
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        must(zone_open(&cx, ZONE_DEFAULT, &zone), &cx, "zone");
        unsigned who = n % PEOPLE, quarter = n / PEOPLE % QUARTERS, day = n / PEOPLE / QUARTERS;
        Time at = zone_instant(zone, today / TIME_DAY + 1 + day, (int)(8 * 3600 + quarter * 900));
        Str asked = arena_format(
            cx.arena,
            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"service\",\"valueString\":"
            "\"visit\"},{\"name\":\"practitioner\",\"valueString\":\"d%u\"},{\"name\":\"patient\","
            "\"valueString\":\"p%u\"},{\"name\":\"double\",\"valueBoolean\":true},{\"name\":"
            "\"start\","
            "\"valueString\":\"" STR_FMT "\"}]}",
            who, n % PATIENTS, STR_ARG(zone_format(zone, at, start)));
        Status status = ask(&cx, "$book", STR_EMPTY, asked);
        if (status == STATUS_CONFLICT)
            atomic_fetch_add(&refused, 1);
        else
            must(status, &cx, "book");
    }
    arena_free(cx.arena);
    return unused;
}

static int compare(const void *a, const void *b)
{
    Time left = *(const Time *)a, right = *(const Time *)b;
    return left < right ? -1 : left > right;
}

/* On a machine that others share the clock on the wall says little. */
static Time cpu_now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return at.tv_sec * TIME_SECOND + at.tv_nsec / 1000;
}

static void print_times(const char *what, unsigned count, unsigned target_ms)
{
    qsort(took, count, sizeof(took[0]), compare);
    qsort(worked, count, sizeof(worked[0]), compare);
    printf("%-44s %6u %9.1f %9.1f %12.1f", what, count, (double)took[count / 2] / TIME_MS,
           (double)took[count * 95 / 100] / TIME_MS, (double)worked[count * 95 / 100] / TIME_MS);
    if (target_ms)
        printf(" %8u", target_ms);
    printf("\n");
    fflush(stdout);
}

static void ask_all(const char *what, const char *operation, unsigned count,
                    const char *const *queries, size_t kinds, unsigned target_ms)
{
    Ctx cx = {.arena = arena_new((size_t)256 << 20, false)};
    for (unsigned i = 0; i < count; i++) {
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        Time begin = time_monotonic(), cpu = cpu_now();
        must(ask(&cx, operation, str_of(queries[i % kinds]), STR_EMPTY), &cx, operation);
        took[i] = time_monotonic() - begin;
        worked[i] = cpu_now() - cpu;
    }
    print_times(what, count, target_ms);
    arena_free(cx.arena);
}

/* ---- a chart that opens ---------------------------------------------------------------------- */

/* What its first tab and its banner ask: web/src/chart/data.ts. */
static const struct {
    const char *type, *query;
} of_chart[] = {
    {"AllergyIntolerance", "_count=200"},
    {"Condition", "_count=200"},
    {"MedicationRequest", "status=active&_count=200"},
    {"Observation", "category=vital-signs&_sort=-date&_count=100"},
    {"Observation", "category=laboratory&_sort=-date&_count=100"},
    {"Encounter", "_sort=-date&_count=5"},
    {"Appointment", "date=ge2026-01-01&_sort=-date&_count=50"},
    {"Immunization", "_sort=-date&_count=200"},
};

static void open_chart(Ctx *cx, Str id)
{
    Reply reply;
    Call call = {.access = self, .base = STR("http://bench/fhir")};
    (void)record_read(record, cx, &call, STR("Patient"), id, &reply);
    must(record_finish(record, cx, &call, &reply), cx, "read");
    for (size_t i = 0; i < COUNT_OF(of_chart); i++) {
        const RecordScope scope = {.type = str_of(of_chart[i].type)};
        call.query =
            arena_format(cx->arena, "patient=" STR_FMT "&%s", STR_ARG(id), of_chart[i].query);
        (void)record_search(record, cx, &call, &scope, &reply);
        must(record_finish(record, cx, &call, &reply), cx, of_chart[i].type);
    }
}

static void open_charts(unsigned count)
{
    Ctx cx = {.arena = arena_new((size_t)256 << 20, false)};
    for (unsigned i = 0; i < count; i++) {
        JsonValue *patient;
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        must(crowd_patient(&cx, &crowd, i % CHARTS, &patient), &cx, "patient");
        Time begin = time_monotonic(), cpu = cpu_now();
        open_chart(&cx, json_get_str(patient, STR("id")));
        took[i] = time_monotonic() - begin;
        worked[i] = cpu_now() - cpu;
    }
    print_times("a chart: all it asks when it opens", count, 300);
    arena_free(cx.arena);
}

static void open_days(void)
{
    static char texts[DAYS][40];
    const char *queries[DAYS];
    for (int i = 0; i < DAYS; i++) {
        char day[ZONE_DATE_LEN];
        Str text = wall_format_day(today / TIME_DAY + 1 + i, day);
        snprintf(texts[i], sizeof(texts[i]), "start=" STR_FMT, STR_ARG(text));
        queries[i] = texts[i];
    }
    ask_all("the day calendar of 40 practitioners", "$calendar", finds / 4, queries, DAYS, 500);
}

/* ---- nobody has two at once ------------------------------------------------------------------ */

static void check_alone(Ctx *cx, unsigned booked)
{
    Reply reply;
    JsonValue *bundle;
    const RecordScope scope = {.type = STR("Appointment")};
    unsigned total = 0, doubles = 0;
    for (int who = 0; who < PEOPLE; who++)
        for (int day = 1; day <= DAYS; day++) {
            Str seen[QUARTERS * 2];
            size_t count = 0;
            JsonValue *entry;
            char text[ZONE_DATE_LEN];
            arena_clear(cx->arena);
            *cx = (Ctx){.arena = cx->arena};
            const Call call = {
                .access = self,
                .base = STR("http://bench/fhir"),
                .query = arena_format(
                    cx->arena, "actor=Practitioner/d%d&date=" STR_FMT "&status=booked&_count=500",
                    who, STR_ARG(wall_format_day(today / TIME_DAY + day, text)))};
            (void)record_search(record, cx, &call, &scope, &reply);
            must(record_finish(record, cx, &call, &reply), cx, "count");
            must(json_parse(cx, reply.body, &bundle), cx, "count");
            for (JsonIter it = json_iter(json_get(bundle, STR("entry")));
                 json_next(&it, NULL, &entry) && count < COUNT_OF(seen);) {
                Str start = json_get_str(json_get(entry, STR("resource")), STR("start"));
                for (size_t i = 0; i < count; i++)
                    doubles += str_eq(seen[i], start);
                seen[count++] = start;
            }
            total += (unsigned)count;
        }
    printf("hours that two have: %u; appointments counted: %u of %u\n", doubles, total, booked);
    if (doubles || (patients ? total < booked : total != booked)) /* the network has its own */
        exit(1);
}

static void run(Ctx *cx)
{
    static const char *const usual[] = {"service=visit", "profession=doctor&days=tue&from=12:00",
                                        "service=visit&practitioner=d1,d2,d3&count=50",
                                        "service=visit&days=sat&until=10:00",
                                        "service=visit&location=site&from=17:00&count=5"};
    static const char *const nothing[] = {"service=day"};
    pthread_t threads[CLIENTS_MAX];
    fill_network(cx);
    Time begin = time_monotonic();
    for (unsigned i = 0; i < clients; i++)
        must(pthread_create(&threads[i], NULL, book, NULL) ? STATUS_MEMORY : STATUS_OK, cx, "run");
    for (unsigned i = 0; i < clients; i++)
        pthread_join(threads[i], NULL);
    unsigned booked = 2 * (PEOPLE * DAYS * QUARTERS * percent / 100) - atomic_load(&refused);
    double seconds = (double)(time_monotonic() - begin) / TIME_SECOND;
    printf("%u clients at once, each hour wanted by two: %u booked in %.1f s: %.0f/s (target 200), "
           "%u refused\n",
           clients, booked, seconds, booked / seconds, atomic_load(&refused));
    check_alone(cx, booked);
    printf("%-44s %6s %9s %9s %12s %8s\n", "ms", "asked", "p50", "p95", "p95 of cpu", "target");
    ask_all("free hours: the first question of all", "$find", 1, usual, 1, 0);
    ask_all("free hours, as people ask", "$find", finds, usual, COUNT_OF(usual), 50);
    ask_all("nothing free in four weeks of 40 people", "$find", finds / 4, nothing, 1, 50);
    open_days();
    if (patients)
        open_charts(finds / 4 < CHARTS ? CHARTS : finds / 4);
}

static unsigned number(const char *text)
{
    uint64_t value = 0;
    return str_to_u64(str_of(text), &value) && value ? (unsigned)value : 1;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/aceso-bench-XXXXXX", command[128];
    Ctx cx = {.arena = arena_new((size_t)256 << 20, false)};
    Arena *forever = arena_new(1 << 20, false);
    Store *store;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--fill") == 0)
            percent = number(argv[i + 1]);
        else if (strcmp(argv[i], "--finds") == 0)
            finds = number(argv[i + 1]);
        else if (strcmp(argv[i], "--clients") == 0)
            clients = number(argv[i + 1]);
        else if (strcmp(argv[i], "--patients") == 0)
            patients = number(argv[i + 1]);
        else if (strcmp(argv[i], "--others") == 0)
            others = number(argv[i + 1]);
        else if (strcmp(argv[i], "--folder") == 0)
            kept = argv[i + 1];
    }
    if ((!kept && !mkdtemp(folder)) || finds > FINDS_MAX || clients > CLIENTS_MAX || percent > 100)
        return 2;
    const AccessGrant grant = {
        .account = STR("bench"), .role = STR("program"), .may_write = true, .everything = true};
    self = access_grant(forever, &grant);
    today = time_now();
    const StoreOptions options = {.address =
                                      arena_format(forever, "%s/store", kept ? kept : folder),
                                  .key_bytes = STR("0123456789abcdef0123456789abcdef")};
    const RecordOptions how = {.client_ids = true};
    must(crypto_init(&cx), &cx, "crypto");
    (void)!store_create(&cx, &options); /* or it is there */
    cx = (Ctx){.arena = cx.arena};
    must(store_open(&cx, &options, &store), &cx, "open");
    must(record_new(&cx, store, self, &how, &record), &cx, "record");
    crowd = (Crowd){record, self, patients, CHARTS};
    Time begin = time_monotonic();
    if (patients) {
        must(crowd_fill(&cx, &crowd, store), &cx, "fill");
        printf("%u patients, %.0f s\n", patients, (double)(time_monotonic() - begin) / TIME_SECOND);
        fflush(stdout);
    }
    run(&cx);
    arena_free(cx.arena);
    record_free(record);
    store_close(store);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return kept ? 0 : system(command);
}
