/* booking_bench.c - looking for free hours, and taking them.
 *
 *     booking_bench [--fill PERCENT] [--finds N] [--clients N]
 *
 * A network of 40 practitioners, on a store of its own in /tmp. First `clients` book different
 * hours of the next weeks at the same time, until so much of four weeks is taken: bookings/s. Then
 * free hours are looked for as people do: p50 and p95 in ms; and one that finds nothing in four
 * weeks. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "access/grant.h"
#include "booking/booking.h"
#include "zone/zone.h"
#include "crypto/crypto.h"
#include "record/record.h"
#include "store/store.h"

enum { PEOPLE = 40, DAYS = 28, QUARTERS = 40, CLIENTS_MAX = 64, PATIENTS = 500, FINDS_MAX = 5000 };

static Record *record;
static const Access *self;
static Time today;
static unsigned percent = 60, finds = 400, clients = 16;
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
    for (int i = 0; i < PATIENTS; i++) {
        Str id = arena_format(cx->arena, "p%d", i);
        put(cx, "Patient", id,
            arena_format(cx->arena, "{\"resourceType\":\"Patient\",\"id\":\"p%d\"}", i));
    }
}

/* The n-th hour of all: neighbours belong to others. */
static void *book(void *unused)
{
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    const unsigned all = PEOPLE * DAYS * QUARTERS * percent / 100;
    for (unsigned n; (n = atomic_fetch_add(&next, 1)) < all;) {
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

static void find_all(const char *what, unsigned count, const char *const *queries, size_t kinds)
{
    static Time took[FINDS_MAX], worked[FINDS_MAX];
    Ctx cx = {.arena = arena_new((size_t)256 << 20, false)};
    for (unsigned i = 0; i < count; i++) {
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        Time begin = time_monotonic(), cpu = cpu_now();
        must(ask(&cx, "$find", str_of(queries[i % kinds]), STR_EMPTY), &cx, "find");
        took[i] = time_monotonic() - begin;
        worked[i] = cpu_now() - cpu;
    }
    qsort(took, count, sizeof(took[0]), compare);
    qsort(worked, count, sizeof(worked[0]), compare);
    printf("%-42s p50 %6.1f ms   p95 %6.1f ms   p95 of processor %6.1f ms\n", what,
           (double)took[count / 2] / TIME_MS, (double)took[count * 95 / 100] / TIME_MS,
           (double)worked[count * 95 / 100] / TIME_MS);
    arena_free(cx.arena);
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
    unsigned booked = PEOPLE * DAYS * QUARTERS * percent / 100 - atomic_load(&refused);
    double seconds = (double)(time_monotonic() - begin) / TIME_SECOND;
    printf("%-42s %u in %.1f s: %.0f/s, %u refused\n", "bookings by clients at once", booked,
           seconds, booked / seconds, atomic_load(&refused));
    find_all("the first question after the start", 1, usual, 1);
    find_all("free hours, as people ask", finds, usual, COUNT_OF(usual));
    find_all("nothing in four weeks of 40 practitioners", finds / 4, nothing, 1);
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
    }
    if (!mkdtemp(folder) || finds > FINDS_MAX || clients > CLIENTS_MAX || percent > 100)
        return 2;
    const AccessGrant grant = {
        .account = STR("bench"), .role = STR("program"), .may_write = true, .everything = true};
    self = access_grant(forever, &grant);
    today = time_now();
    const StoreOptions options = {.address = arena_format(forever, "%s/store", folder),
                                  .key_bytes = STR("0123456789abcdef0123456789abcdef")};
    const RecordOptions how = {.client_ids = true};
    must(crypto_init(&cx), &cx, "crypto");
    must(store_create(&cx, &options), &cx, "create");
    must(store_open(&cx, &options, &store), &cx, "open");
    must(record_new(&cx, store, self, &how, &record), &cx, "record");
    run(&cx);
    arena_free(cx.arena);
    record_free(record);
    store_close(store);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}
