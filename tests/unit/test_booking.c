/* Hours that are found, held, booked, moved and given back; by one after the other, and by a
 * hundred at once, on one node and (on a database) on two. */
#include <pthread.h>

#include "booking/booking.h"
#include "booking/internal.h"
#include "zone/zone.h"
#include "record_fixture.h"

enum { CLIENTS = 100, PATIENTS = 100 };

static Fixture f;
static Record *other; /* of another node on the same store; or the same */
static Store *other_store;
static int64_t day; /* a Tuesday to come */

static const OperationKind *kind_of(const char *name)
{
    for (size_t i = 0; i < BOOKING_KINDS; i++)
        if (str_eq(booking_kinds[i].name, str_of(name)))
            return &booking_kinds[i];
    fail_msg("there is no %s", name);
    return NULL;
}

static const Access *person(Fixture *at, const char *role, const char *reference)
{
    AccessGrant grant = {.account = str_of(reference),
                         .role = str_of(role),
                         .reference = str_of(reference),
                         .may_write = true};
    UNUSED(at);
    return access_grant(f.forever, &grant);
}

/* As http does it: prepared again when somebody was faster. The HTTP status. */
static unsigned ask_as(Fixture *at, const Access *access, const char *name, const char *id,
                       Str parameters)
{
    Status status;
    unsigned tries = 0;
    Call call = fixture_call(at);
    call.access = access;
    do {
        const OperationAsked asked = {
            .kind = kind_of(name), .id = str_of(id), .body = fixture_body(at, parameters)};
        (void)record_operation(at->record, &at->cx, &call, &asked, &at->reply);
        status = record_finish(at->record, &at->cx, &call, &at->reply);
    } while (status == STATUS_CONFLICT && at->reply.retry && tries++ < 200);
    return status == STATUS_OK ? at->reply.http : status_http(status);
}

#define PARAMETERS(format) "{\"resourceType\":\"Parameters\",\"parameter\":[" format "]}"
#define P(name)            "{\"name\":\"" name "\",\"valueString\":\"%s\"}"

static Str instant(Fixture *at, int minute)
{
    const Zone *zone;
    char text[ZONE_INSTANT_LEN];
    check_int(zone_open(&at->cx, ZONE_DEFAULT, &zone), STATUS_OK);
    return arena_str(at->cx.arena, zone_format(zone, zone_instant(zone, day, minute * 60), text));
}

static Str booking(Fixture *at, const char *service, const char *who, int minute,
                   const char *patient, const char *more)
{
    return arena_format(
        at->cx.arena,
        PARAMETERS(P("service") "," P("practitioner") "," P("start") "," P("patient") "%s"),
        service, who, instant(at, minute).at, patient, more);
}

static unsigned book(const Access *access, const char *service, const char *who, int minute,
                     const char *patient, const char *more)
{
    fixture_clear(&f);
    if (!access)
        access = f.access;
    return ask_as(&f, access, "$book", "", booking(&f, service, who, minute, patient, more));
}

static Str id_of_answer(void)
{
    return json_get_str(fixture_json(&f), STR("id"));
}

/* ---- the network -------------------------------------------------------------------------------
 */

static void put(const char *type, const char *id, Str text)
{
    Status status = fixture_put(&f, str_of(type), str_of(id), text, STR_EMPTY);
    for (const Issue *issue = f.cx.issues; status != STATUS_OK && issue; issue = issue->next)
        print_message("# " STR_FMT " " STR_FMT "\n", STR_ARG(issue->expression),
                      STR_ARG(issue->diagnostics));
    check_int(status, STATUS_OK);
    fixture_clear(&f); /* the text too */
}

static void put_service(const char *id, const char *more)
{
    put("HealthcareService", id,
        arena_format(f.cx.arena,
                     "{\"resourceType\":\"HealthcareService\",\"id\":\"%s\",\"name\":\"%s\","
                     "\"extension\":[{\"url\":\"urn:aceso:minutes\",\"valueUnsignedInt\":30}%s]}",
                     id, id, more));
}

#define DOOR(word) ",{\"url\":\"urn:aceso:door\",\"valueCode\":\"" word "\"}"

static void fill(void)
{
    put("Location", "site",
        STR("{\"resourceType\":\"Location\",\"id\":\"site\",\"name\":\"Centre\"}"));
    put("Location", "room",
        STR("{\"resourceType\":\"Location\",\"id\":\"room\",\"name\":\"Room\",\"mode\":"
            "\"instance\","
            "\"physicalType\":{\"coding\":[{\"code\":\"ro\"}]},\"partOf\":{\"reference\":"
            "\"Location/site\"}}"));
    put_service("direct", DOOR("direct"));
    put_service("request", DOOR("request"));
    put_service("closed", "");
    put_service("course", DOOR("direct") ",{\"url\":\"urn:aceso:series\",\"valuePositiveInt\":4}");
    put_service("group", ",{\"url\":\"urn:aceso:overbooking\",\"valueUnsignedInt\":1}");
    put_service("roomy", ",{\"url\":\"urn:aceso:room\",\"valueReference\":{\"reference\":"
                         "\"Location/room\"}}");
    put_service("wide", ",{\"url\":\"urn:aceso:buffer-after\",\"valueUnsignedInt\":15}");
    for (int i = 1; i <= 4; i++) {
        char id[16];
        snprintf(id, sizeof(id), "d%d", i);
        put("Practitioner", id,
            arena_format(f.cx.arena, "{\"resourceType\":\"Practitioner\",\"id\":\"%s\"}", id));
        put("PractitionerRole", id,
            arena_format(
                f.cx.arena,
                "{\"resourceType\":\"PractitionerRole\",\"id\":\"%s\",\"active\":true,"
                "\"practitioner\":{\"reference\":\"Practitioner/%s\",\"display\":\"Dr %s\"},"
                "\"code\":[{\"coding\":[{\"code\":\"doctor\"}]}],"
                "\"location\":[{\"reference\":\"Location/site\"}],\"healthcareService\":["
                "{\"reference\":\"HealthcareService/direct\"},"
                "{\"reference\":\"HealthcareService/request\"},"
                "{\"reference\":\"HealthcareService/closed\"},"
                "{\"reference\":\"HealthcareService/course\"},"
                "{\"reference\":\"HealthcareService/group\"},"
                "{\"reference\":\"HealthcareService/wide\"},"
                "{\"reference\":\"HealthcareService/roomy\"}],\"availableTime\":[{\"daysOfWeek\":"
                "[\"tue\"],\"availableStartTime\":\"08:00:00\",\"availableEndTime\":"
                "\"18:00:00\"}]}",
                id, id, id));
    }
    for (int i = 0; i < PATIENTS; i++) {
        char id[16];
        snprintf(id, sizeof(id), "p%d", i);
        put("Patient", id,
            arena_format(f.cx.arena,
                         "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[{\"family\":"
                         "\"Canarius\"}],\"telecom\":[{\"system\":\"email\",\"value\":"
                         "\"%s@example.org\"}],\"communication\":[{\"language\":{\"coding\":"
                         "[{\"code\":\"nl\"}]}}]}",
                         id, id));
    }
}

static int begin(void **state)
{
    static const RecordGuard guards[] = {{STR_INIT("Appointment"), booking_guard}};
    UNUSED(state);
    fixture_open(&f, true);
    record_free(f.record);
    RecordOptions how = {
        .client_ids = true, .base = STR("http://test/fhir"), .guards = guards, .guard_count = 1};
    check_int(record_new(&f.cx, f.store, f.access, &how, &f.record), STATUS_OK);
    other = f.record;
    if (store_is_shared(f.store)) {
        StoreOptions options = store_place(f.forever, f.folder);
        check_int(store_open(&f.cx, &options, &other_store), STATUS_OK);
        check_int(record_new(&f.cx, other_store, f.access, &how, &other), STATUS_OK);
    }
    day = time_now() / TIME_DAY + 10;
    while (wall_weekday(day) != 1)
        day++;
    fill();
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    if (other_store) {
        record_free(other);
        store_close(other_store);
    }
    fixture_close(&f);
    return 0;
}

/* All Appointments go: each test has an empty calendar. */
static int empty(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    check_int(fixture_search(&f, STR("Appointment"), STR("_count=1000")), STATUS_OK);
    JsonValue *entry;
    Str ids[1000];
    size_t count = 0;
    Arena *kept = arena_new(1 << 20, false);
    for (JsonIter it = json_iter(json_get(fixture_json(&f), STR("entry")));
         json_next(&it, NULL, &entry);)
        ids[count++] = arena_str(kept, json_get_str(json_get(entry, STR("resource")), STR("id")));
    for (size_t i = 0; i < count; i++) {
        fixture_clear(&f);
        check_int(fixture_delete(&f, STR("Appointment"), ids[i]), STATUS_OK);
    }
    arena_free(kept);
    return 0;
}

/* What was refused of a series, as the list that may be booked: `wanted` and the proposals. */
static Str mixed_list(const Issue *issues, Str *starts, size_t count)
{
    Buf buf;
    for (const Issue *issue = issues; issue; issue = issue->next)
        for (size_t i = 0; i < count && issue->warning; i++) {
            char name[16];
            snprintf(name, sizeof(name), "start[%zu]", i);
            if (str_eq(issue->expression, str_of(name)))
                starts[i] = issue->diagnostics;
        }
    buf_init(&buf, f.cx.arena, 1024, 64 << 10);
    for (size_t i = 0; i < count; i++)
        buf_format(&buf, ",{\"name\":\"start\",\"valueInstant\":\"" STR_FMT "\"}",
                   STR_ARG(starts[i]));
    return buf_str(&buf);
}

static Str list_of(const char *service, const char *patient, Str starts)
{
    return arena_format(f.cx.arena,
                        PARAMETERS(P("service") "," P("practitioner") "," P("patient") STR_FMT),
                        service, "d1", patient, STR_ARG(starts));
}

static void a_series_gives_way(void **state)
{
    enum { SESSIONS = 18 };
    static const int taken[] = {2, 7, 11};
    Str starts[SESSIONS];
    unsigned errors = 0;
    UNUSED(state);
    fixture_clear(&f);
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        day += 7 * taken[i];
        check_int(book(NULL, "direct", "d1", 9 * 60, "p2", ""), 201);
        day -= 7 * taken[i];
    }
    day += 7 * taken[1];
    check_int(book(NULL, "direct", "d2", 9 * 60 + 30, "p1", ""), 201);
    day -= 7 * taken[1];
    CASE("three of eighteen are not free: what is near each of them is named");
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ",{\"name\":\"count\",\"valueInteger\":18}"),
              409);
    for (const Issue *issue = f.cx.issues; issue; issue = issue->next)
        errors += !issue->warning;
    check_int(errors, 3);
    for (int i = 0; i < SESSIONS; i++) {
        day += 7 * i;
        starts[i] = instant(&f, 9 * 60);
        day -= 7 * i;
    }
    Str all = mixed_list(f.cx.issues, starts, SESSIONS);
    check(str_contains(starts[2], "T08:30") || str_contains(starts[2], "T09:30"));
    CASE("and not at an hour at which the patient is elsewhere");
    check(str_contains(starts[7], "T08:30"));
    CASE("nothing of it was booked, and all of the mixed list is, in one commit");
    check_int(ask_as(&f, f.access, "$book", "", list_of("direct", "p1", all)), 201);
    const JsonValue *entries = json_get(fixture_json(&f), STR("entry"));
    check_int(json_count(entries), SESSIONS);
    Str series = json_get_str(
        json_item(json_get(json_get(json_item(entries, 0), STR("resource")), STR("identifier")), 0),
        STR("value"));
    check_str(json_get_str(json_item(json_get(json_get(json_item(entries, 7), STR("resource")),
                                              STR("identifier")),
                                     0),
                           STR("value")),
              series);
    CASE("one hour twice in one list");
    fixture_clear(&f);
    day += 7;
    Str twice = arena_format(f.cx.arena, "," P("start") "," P("start"), instant(&f, 15 * 60).at,
                             instant(&f, 15 * 60 + 15).at);
    check_int(ask_as(&f, f.access, "$book", "", list_of("direct", "p3", twice)), 409);
    CASE("the hours and their number");
    fixture_clear(&f);
    Str both = arena_format(f.cx.arena, "," P("start") "," P("start") "," P("count"),
                            instant(&f, 15 * 60).at, instant(&f, 16 * 60).at, "2");
    check_int(ask_as(&f, f.access, "$book", "", list_of("direct", "p3", both)), 400);
    day -= 7;
}

static void patients_book_series_where_they_may(void **state)
{
    char id[64];
    static const char four[] = ",{\"name\":\"count\",\"valueInteger\":4}";
    const Access *patient = person(&f, "patient", "Patient/p5");
    UNUSED(state);
    fixture_clear(&f);
    CASE("where the service does not say so");
    check_int(book(patient, "direct", "d1", 10 * 60, "p5", four), 400);
    CASE("where it does");
    check_int(book(patient, "course", "d3", 10 * 60, "p5", four), 201);
    const JsonValue *entries = json_get(fixture_json(&f), STR("entry"));
    check_int(json_count(entries), 4);
    Str second = json_get_str(json_get(json_item(entries, 1), STR("resource")), STR("id"));
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(second));
    CASE("more than it says");
    check_int(
        book(patient, "course", "d3", 11 * 60, "p5", ",{\"name\":\"count\",\"valueInteger\":5}"),
        400);
    CASE("behind the days that he looks ahead: each as far from the one before it");
    check_int(book(patient, "course", "d3", 11 * 60, "p5",
                   ",{\"name\":\"count\",\"valueInteger\":4},{\"name\":\"every-weeks\","
                   "\"valueInteger\":12}"),
              201);
    check_int(book(patient, "course", "d3", 14 * 60, "p5",
                   ",{\"name\":\"count\",\"valueInteger\":4},{\"name\":\"every-weeks\","
                   "\"valueInteger\":13}"),
              422);
    CASE("another patient does not end it");
    fixture_clear(&f);
    Str following = arena_format(f.cx.arena, PARAMETERS(P("scope")), "following");
    check_int(ask_as(&f, person(&f, "patient", "Patient/p6"), "$cancel", id, following), 404);
    CASE("he does: this and what follows");
    fixture_clear(&f);
    following = arena_format(f.cx.arena, PARAMETERS(P("scope")), "following");
    check_int(ask_as(&f, patient, "$cancel", id, following), 200);
    check_int(json_count(json_get(fixture_json(&f), STR("entry"))), 3);
}

static void hours_at_which_the_patient_is_elsewhere_are_not_offered(void **state)
{
    UNUSED(state);
    fixture_clear(&f);
    check_int(book(NULL, "direct", "d1", 10 * 60, "p5", ""), 201);
    check_int(book(NULL, "direct", "d2", 10 * 60, "p5", ""), 409);
    unsigned named = 0;
    for (const Issue *issue = f.cx.issues; issue; issue = issue->next) {
        named += issue->warning;
        check(!issue->warning || !(str_contains(issue->diagnostics, "T09:45") ||
                                   str_contains(issue->diagnostics, "T10:00") ||
                                   str_contains(issue->diagnostics, "T10:15")));
    }
    check_int(named, 3);
}

static void what_was_asked_for_is_confirmed(void **state)
{
    UNUSED(state);
    char id[64];
    const Access *patient = person(&f, "patient", "Patient/p5");
    fixture_clear(&f);
    check_int(book(patient, "request", "d1", 10 * 60, "p5", ""), 201);
    check_str(json_get_str(fixture_json(&f), STR("status")), STR("pending"));
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    CASE("not by who asked");
    fixture_clear(&f);
    check_int(ask_as(&f, patient, "$confirm", id, STR_EMPTY), 403);
    CASE("by the centre, once");
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$confirm", id, STR_EMPTY), 200);
    check_str(json_get_str(fixture_json(&f), STR("status")), STR("booked"));
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$confirm", id, STR_EMPTY), 422);
}

/* ---- many at once
 * --------------------------------------------------------------------------------- */

typedef struct {
    Fixture own;
    unsigned number, http, named;
    const char *operation;
} Client;

static void *take_hour(void *arg)
{
    Client *c = arg;
    char patient[8];
    snprintf(patient, sizeof(patient), "p%u", c->number % PATIENTS);
    Str asked = booking(&c->own, "direct", "d1", 9 * 60, patient, "");
    if (strcmp(c->operation, "$hold") == 0)
        asked = arena_format(c->own.cx.arena,
                             PARAMETERS(P("service") "," P("practitioner") "," P("start")),
                             "direct", "d1", instant(&c->own, 9 * 60).at);
    c->http = ask_as(&c->own, c->own.access, c->operation, "", asked);
    for (const Issue *issue = c->own.cx.issues; issue; issue = issue->next)
        c->named += issue->warning;
    return NULL;
}

static void run_clients(Client *clients, size_t count, const char *operation, void *(*work)(void *))
{
    pthread_t threads[CLIENTS];
    for (unsigned i = 0; i < count; i++) {
        clients[i] = (Client){.own = f, .number = i, .operation = operation};
        clients[i].own.cx = (Ctx){.arena = arena_new((size_t)64 << 20, false)};
        clients[i].own.record = i % 2 ? other : f.record;
    }
    for (unsigned i = 0; i < count; i++)
        check_int(pthread_create(&threads[i], NULL, work, &clients[i]), 0);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void free_clients(Client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        arena_free(clients[i].own.cx.arena);
}

static void a_hundred_want_one_hour(void **state)
{
    UNUSED(state);
    static Client clients[CLIENTS];
    unsigned got = 0, refused = 0;
    run_clients(clients, CLIENTS, "$book", take_hour);
    for (unsigned i = 0; i < CLIENTS; i++) {
        got += clients[i].http == 201;
        refused += clients[i].http == 409 && clients[i].named == 3;
    }
    free_clients(clients, CLIENTS);
    check_int(got, 1);
    check_int(refused, CLIENTS - 1);
    fixture_clear(&f);
    check_int(fixture_search(&f, STR("Appointment"), STR("_summary=count")), STATUS_OK);
    check_str(json_str(json_get(fixture_json(&f), STR("total"))), STR("1"));
}

static void one_of_a_hundred_holds_it(void **state)
{
    UNUSED(state);
    static Client clients[CLIENTS];
    unsigned got = 0;
    day += 7; /* what is held stays */
    run_clients(clients, 40, "$hold", take_hour);
    for (unsigned i = 0; i < 40; i++)
        got += clients[i].http == 200;
    check_int(got, 1);
    free_clients(clients, 40);
    CASE("and nobody else books it meanwhile");
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ""), 409);
    day -= 7;
}

static void *take_many(void *arg)
{
    Client *c = arg;
    for (unsigned i = 0; i < 20; i++) {
        char who[16], patient[8];
        arena_clear(c->own.cx.arena);
        c->own.cx = (Ctx){.arena = c->own.cx.arena};
        snprintf(who, sizeof(who), "d%u", 1 + (c->number + i) % 4);
        snprintf(patient, sizeof(patient), "p%u", (c->number * 20 + i) % PATIENTS);
        unsigned http = ask_as(&c->own, c->own.access, "$book", "",
                               booking(&c->own, "direct", who, 480 + 15 * (int)((i * 7) % 36),
                                       patient, ",{\"name\":\"double\",\"valueBoolean\":true}"));
        c->named += http == 201;
        check(http == 201 || http == 409);
    }
    return NULL;
}

/* Whoever got an hour got it alone. */
static void nobody_is_double_booked(void **state)
{
    UNUSED(state);
    static Client clients[8];
    size_t booked = 0, count = 0;
    struct {
        Str who;
        Time from, until;
    } hours[400];
    run_clients(clients, 8, "$book", take_many);
    for (size_t i = 0; i < 8; i++)
        booked += clients[i].named;
    free_clients(clients, 8);
    fixture_clear(&f);
    check_int(fixture_search(&f, STR("Appointment"), STR("_count=1000")), STATUS_OK);
    JsonValue *entry;
    for (JsonIter it = json_iter(json_get(fixture_json(&f), STR("entry")));
         json_next(&it, NULL, &entry); count++) {
        const JsonValue *resource = json_get(entry, STR("resource"));
        const JsonValue *first = json_item(json_get(resource, STR("participant")), 0);
        hours[count].who = json_get_str(json_get(first, STR("actor")), STR("reference"));
        check(wall_read_instant(json_get_str(resource, STR("start")), &hours[count].from));
        check(wall_read_instant(json_get_str(resource, STR("end")), &hours[count].until));
    }
    check_int(count, booked);
    check(count > 20);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            check(!str_eq(hours[i].who, hours[k].who) || hours[i].until <= hours[k].from ||
                  hours[k].until <= hours[i].from);
}

/* ---- one after the other
 * ---------------------------------------------------------------------------- */

#define SAYS(name) ",{\"name\":\"" name "\",\"valueBoolean\":true}"

static void what_stands_in_the_way(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *service, *who;
        int minute;
        const char *patient, *more;
        unsigned http;
    } steps[] = {
        {"a free hour", "direct", "d1", 9 * 60, "p1", "", 201},
        {"half of it is taken", "direct", "d1", 9 * 60 + 15, "p2", "", 409},
        {"the next is not", "direct", "d1", 9 * 60 + 30, "p2", "", 201},
        {"the patient is elsewhere", "direct", "d2", 9 * 60, "p1", "", 409},
        {"whoever says so may", "direct", "d2", 9 * 60, "p1", SAYS("double"), 201},
        {"before the door opens", "direct", "d3", 7 * 60, "p3", "", 422},
        {"unless somebody insists", "direct", "d3", 7 * 60, "p3", SAYS("outside"), 201},
        {"over the end", "direct", "d3", 17 * 60 + 45, "p3", "", 422},
        {"a service that is nobody's", "nothing", "d3", 9 * 60, "p3", "", 404},
        {"a practitioner who is nobody", "direct", "d9", 9 * 60, "p3", "", 422},
        {"a patient who is nobody", "direct", "d3", 9 * 60, "p999", "", 404},
        {"a word that is not understood", "direct", "d3", 9 * 60, "p3", SAYS("owerbook"), 400},
        {"overbooking where it is not allowed", "direct", "d1", 9 * 60, "p4", SAYS("overbook"),
         409},
        {"where it is", "group", "d1", 9 * 60, "p4", SAYS("overbook"), 201},
        {"once", "group", "d1", 9 * 60, "p5", SAYS("overbook"), 409},
        {"a room", "roomy", "d1", 11 * 60, "p6", "", 201},
        {"is in one place", "roomy", "d2", 11 * 60, "p7", "", 409},
        {"it is free afterwards", "roomy", "d2", 11 * 60 + 30, "p7", "", 201},
        {"what stays free behind", "wide", "d4", 9 * 60, "p8", "", 201},
        {"stays free", "direct", "d4", 9 * 60 + 30, "p9", "", 409},
        {"and no longer", "direct", "d4", 9 * 60 + 45, "p9", "", 201},
        {"nor in front of the next", "wide", "d4", 8 * 60 + 30, "p10", "", 409},
    };
    FOR_CASES(steps, c)
    {
        CASE(c->why);
        check_int(book(NULL, c->service, c->who, c->minute, c->patient, c->more), c->http);
    }
}

static void a_series_moves_and_goes(void **state)
{
    UNUSED(state);
    char id[64];
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ",{\"name\":\"count\",\"valueInteger\":18}"),
              201);
    JsonValue *entries = json_get(fixture_json(&f), STR("entry"));
    check_int(json_count(entries), 18);
    Str fourth = json_get_str(json_get(json_item(entries, 3), STR("resource")), STR("id"));
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(fourth));
    day += 21;
    CASE("this and what follows, half an hour later: each where the other was is not in the way");
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$reschedule", id,
                     arena_format(f.cx.arena, PARAMETERS(P("start") "," P("scope")),
                                  instant(&f, 9 * 60 + 15).at, "following")),
              200);
    check_int(json_count(json_get(fixture_json(&f), STR("entry"))), 15);
    JsonValue *entry;
    for (JsonIter it = json_iter(json_get(fixture_json(&f), STR("entry")));
         json_next(&it, NULL, &entry);)
        check(str_contains(json_get_str(json_get(entry, STR("resource")), STR("start")),
                           "T09:15:00"));
    CASE("the hour that was left is free");
    check_int(book(NULL, "direct", "d1", 8 * 60 + 45, "p2", ""), 201);
    CASE("all of it");
    fixture_clear(&f);
    check_int(
        ask_as(&f, f.access, "$cancel", id,
               arena_format(f.cx.arena, PARAMETERS(P("scope") "," P("reason")), "all", "ill")),
        200);
    check_int(json_count(json_get(fixture_json(&f), STR("entry"))), 18);
    CASE("twice is once");
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$cancel", id, STR_EMPTY), 422);
    day -= 21;
}

/* ---- who may
 * ------------------------------------------------------------------------------------------ */

static void a_patient_books_for_himself(void **state)
{
    UNUSED(state);
    char id[64];
    fixture_clear(&f);
    CASE("for somebody else: like one who is not there");
    check_int(book(person(&f, "patient", "Patient/p1"), "direct", "d1", 10 * 60, "p2", ""), 404);
    CASE("through the open door");
    check_int(book(person(&f, "patient", "Patient/p1"), "direct", "d1", 10 * 60, "p1", ""), 201);
    check_str(json_get_str(fixture_json(&f), STR("status")), STR("booked"));
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    CASE("twice at the same time");
    check_int(
        book(person(&f, "patient", "Patient/p1"), "direct", "d2", 10 * 60, "p1", SAYS("double")),
        409);
    CASE("by asking");
    check_int(book(person(&f, "patient", "Patient/p1"), "request", "d2", 11 * 60, "p1", ""), 201);
    check_str(json_get_str(fixture_json(&f), STR("status")), STR("pending"));
    CASE("a closed door");
    check_int(book(person(&f, "patient", "Patient/p1"), "closed", "d2", 12 * 60, "p1", ""), 403);
    CASE("an hour that is not offered as such");
    check_int(book(person(&f, "patient", "Patient/p1"), "direct", "d2", 12 * 60 + 5, "p1", ""),
              422);
    CASE("outside, however he insists");
    check_int(
        book(person(&f, "patient", "Patient/p1"), "direct", "d2", 7 * 60, "p1", SAYS("outside")),
        422);
    CASE("what is another's is not there");
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p2"), "$cancel", id, STR_EMPTY), 404);
    CASE("what is his own goes");
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p1"), "$cancel", id, STR_EMPTY), 200);
    CASE("the calendar of others is not his");
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p1"), "$calendar", "", STR_EMPTY), 403);
}

static unsigned move(const Access *access, const char *id, int minute, const char *more)
{
    fixture_clear(&f);
    return ask_as(
        &f, access, "$reschedule", id,
        arena_format(f.cx.arena, PARAMETERS(P("start") "%s"), instant(&f, minute).at, more));
}

/* How long it takes is the service's to say, also when it is moved. */
static void a_patient_does_not_choose_how_long(void **state)
{
    UNUSED(state);
    char id[64];
    uint64_t minutes;
    const Access *p1 = person(&f, "patient", "Patient/p1");
    CASE("in one's own hour");
    check_int(book(p1, "direct", "d1", 10 * 60, "p1", ""), 201);
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    check_int(move(p1, id, 12 * 60, ",{\"name\":\"minutes\",\"valueInteger\":240}"), 200);
    check(str_to_u64(json_str(json_get(fixture_json(&f), STR("minutesDuration"))), &minutes));
    check_int(minutes, 30);
    CASE("staff does");
    check_int(move(f.access, id, 12 * 60, ",{\"name\":\"minutes\",\"valueInteger\":90}"), 200);
    check(str_to_u64(json_str(json_get(fixture_json(&f), STR("minutesDuration"))), &minutes));
    check_int(minutes, 90);
    CASE("another service has its own length and its own name");
    check_int(move(p1, id, 12 * 60, ",{\"name\":\"service\",\"valueString\":\"course\"}"), 200);
    check(str_to_u64(json_str(json_get(fixture_json(&f), STR("minutesDuration"))), &minutes));
    check_int(minutes, 30);
    check(str_contains(f.reply.body, "\"serviceType\":[{\"text\":\"course\"}]"));
}

/* A physiotherapist sees what is with him, whoever booked it; of anybody else's that it is taken.
 */
static void who_has_no_link_sees_hours_alone(void **state)
{
    UNUSED(state);
    char id[64], query[160];
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ""), 201);
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    fixture_clear(&f);
    Str start = str_head(instant(&f, 0), 10);
    snprintf(query, sizeof(query), PARAMETERS(P("start")), arena_str(f.cx.arena, start).at);
    CASE("his own");
    check_int(ask_as(&f, person(&f, "physio", "Practitioner/d1"), "$calendar", "", str_of(query)),
              200);
    check(str_contains(f.reply.body, "Patient/p1"));
    check(!str_contains(f.reply.body, "\"status\":\"busy\""));
    CASE("another's");
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "physio", "Practitioner/d2"), "$calendar", "", str_of(query)),
              200);
    check(!str_contains(f.reply.body, "Patient/p1"));
    check(!str_contains(f.reply.body, "Canarius"));
    check(!str_contains(f.reply.body, id));
    check(str_contains(f.reply.body, "\"status\":\"busy\""));
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "physio", "Practitioner/d2"), "$cancel", id, STR_EMPTY), 404);
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "physio", "Practitioner/d2"), "$ics", id, STR_EMPTY), 404);
}

/* ---- later
 * --------------------------------------------------------------------------------------------- */

typedef struct {
    unsigned count;
    char to[64], subject[128], text[2048];
} Mailbox;

static Status receive(void *of, Ctx *cx, const BookingLetter *letter)
{
    Mailbox *box = of;
    UNUSED(cx);
    box->count++;
    snprintf(box->to, sizeof(box->to), STR_FMT, STR_ARG(letter->to));
    snprintf(box->subject, sizeof(box->subject), STR_FMT, STR_ARG(letter->subject));
    snprintf(box->text, sizeof(box->text), STR_FMT, STR_ARG(letter->text));
    return STATUS_OK;
}

/* The payload of the job of that kind that the last operation added; empty: none. */
static Str job_of(Fixture *at, const char *kind, Arena *arena)
{
    for (size_t i = 0; i < at->reply.commit.job_count; i++)
        if (str_eq(at->reply.commit.jobs[i].kind, str_of(kind)))
            return arena_str(arena, at->reply.commit.jobs[i].payload);
    return STR_EMPTY;
}

static Status run_job(JobHandler handler, Str payload, BookingOptions *options)
{
    fixture_clear(&f);
    const StoreJob job = {.payload = payload};
    JobRun run = {.record = f.record, .access = f.access, .job = &job, .owner = options};
    Status status = handler(&f.cx, &run);
    Call call = fixture_call(&f);
    f.reply = run.reply;
    if (f.reply.record)
        status = record_finish(f.record, &f.cx, &call, &f.reply);
    return status;
}

static void a_letter_is_sent_once(void **state)
{
    UNUSED(state);
    static Mailbox box;
    BookingOptions options = {receive, &box, STR("https://chart.example.org")};
    char id[64];
    Arena *kept = arena_new(1 << 20, false);
    box.count = 0;
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ""), 201);
    Str job = job_of(&f, "booking-mail", kept);
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    check(job.len > 0);
    check_int(run_job(booking_mail_job, job, &options), STATUS_OK);
    check_int(box.count, 1);
    check(strcmp(box.to, "p1@example.org") == 0);
    CASE("in the patient's language, at the hour of the centre, without a word about whom and why");
    check(strstr(box.subject, "afspraak") != NULL);
    check(strstr(box.text, "09:00") != NULL);
    check(strstr(box.text, "Canarius") == NULL && strstr(box.text, "Dr d1") == NULL);
    CASE("the queue does it again");
    check_int(run_job(booking_mail_job, job, &options), STATUS_OK);
    check_int(box.count, 1);
    CASE("nothing after a cancellation");
    check_int(book(NULL, "direct", "d1", 10 * 60, "p1", ""), 201);
    job = job_of(&f, "booking-mail", kept);
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$cancel", id, STR_EMPTY), 200);
    Str cancelled = job_of(&f, "booking-mail", kept);
    check_int(run_job(booking_mail_job, job, &options), STATUS_OK);
    check_int(box.count, 1);
    CASE("but that it is cancelled");
    check_int(run_job(booking_mail_job, cancelled, &options), STATUS_OK);
    check_int(box.count, 2);
    CASE("what is not ours");
    check_int(run_job(booking_mail_job, STR("confirm ../x 1"), &options), STATUS_INVALID);
    arena_free(kept);
}

static void wait(const char *patient, char id[64])
{
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$wait", "",
                     arena_format(f.cx.arena, PARAMETERS(P("service") "," P("patient")), "direct",
                                  patient)),
              201);
    snprintf(id, 64, STR_FMT, STR_ARG(id_of_answer()));
}

static bool is_offered(const char *id)
{
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Appointment"), str_of(id), STR_EMPTY), STATUS_OK);
    return str_contains(f.reply.body, "urn:aceso:offer");
}

static void a_freed_hour_is_offered(void **state)
{
    UNUSED(state);
    char id[64], first[64], second[64];
    Arena *kept = arena_new(1 << 20, false);
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ""), 201);
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    wait("p2", first);
    wait("p3", second);
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$cancel", id, STR_EMPTY), 200);
    Str freed = job_of(&f, "booking-freed", kept);
    CASE("to the first alone");
    check_int(run_job(booking_freed_job, freed, NULL), STATUS_OK);
    Str over = job_of(&f, "booking-offer-end", kept);
    check(is_offered(first) && !is_offered(second));
    CASE("whoever sees that he waits is told which hour; nobody else");
    static const struct {
        const char *role, *who;
        bool told;
    } asking[] = {{"secretary", "Practitioner/nobody", false},
                  {"patient", "Patient/p2", true},
                  {"patient", "Patient/p3", false},
                  {"patient", "Patient/p4", false}};
    for (size_t i = 0; i < COUNT_OF(asking); i++) {
        fixture_clear(&f);
        check_int(ask_as(&f, person(&f, asking[i].role, asking[i].who), "$offers", "", STR_EMPTY),
                  200);
        check_int(str_contains(f.reply.body, first), asking[i].told);
        check_int(str_contains(f.reply.body, "T09:00:00"), asking[i].told);
        check(!str_contains(f.reply.body, "Canarius"));
    }
    CASE("and kept for him");
    check_int(book(NULL, "direct", "d1", 9 * 60, "p4", ""), 409);
    CASE("who did not answer is passed over");
    check_int(run_job(booking_offer_end_job, over, NULL), STATUS_OK);
    freed = job_of(&f, "booking-freed", kept);
    check_int(run_job(booking_freed_job, freed, NULL), STATUS_OK);
    check(!is_offered(first) && is_offered(second));
    CASE("nobody takes what is offered to another");
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p2"), "$accept", second, STR_EMPTY), 404);
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p2"), "$accept", first, STR_EMPTY), 409);
    CASE("who answers has it");
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p3"), "$accept", second, STR_EMPTY), 200);
    check_str(json_get_str(fixture_json(&f), STR("status")), STR("booked"));
    check(str_contains(json_get_str(fixture_json(&f), STR("start")), "T09:00:00"));
    CASE("it is over, and changes nothing");
    check_int(run_job(booking_offer_end_job, over, NULL), STATUS_OK);
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Appointment"), str_of(second), STR_EMPTY), STATUS_OK);
    check_str(json_get_str(fixture_json(&f), STR("status")), STR("booked"));
    arena_free(kept);
}

static unsigned wait_as(const Access *access, const char *service, const char *who,
                        const char *patient, const char *more)
{
    fixture_clear(&f);
    return ask_as(&f, access, "$wait", "",
                  arena_format(f.cx.arena,
                               PARAMETERS(P("service") "," P("practitioner") "," P("patient") "%s"),
                               service, who, patient, more));
}

/* Not when the offer is over: at once. */
static void who_waits_no_more_lets_his_hour_go(void **state)
{
    UNUSED(state);
    char id[64], first[64], second[64];
    Arena *kept = arena_new(1 << 20, false);
    check_int(book(NULL, "direct", "d2", 9 * 60, "p1", ""), 201);
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    wait("p5", first);
    wait("p6", second);
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$cancel", id, STR_EMPTY), 200);
    Str freed = job_of(&f, "booking-freed", kept);
    check_int(run_job(booking_freed_job, freed, NULL), STATUS_OK);
    check(is_offered(first));
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p5"), "$cancel", first, STR_EMPTY), 200);
    Str over = job_of(&f, "booking-offer-end", kept);
    check(over.len > 0);
    check_int(run_job(booking_offer_end_job, over, NULL), STATUS_OK);
    freed = job_of(&f, "booking-freed", kept);
    check_int(run_job(booking_freed_job, freed, NULL), STATUS_OK);
    check(is_offered(second));
    CASE("who was offered nothing lets nothing go");
    wait("p7", first);
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p7"), "$cancel", first, STR_EMPTY), 200);
    check_int(job_of(&f, "booking-offer-end", kept).len, 0);
    arena_free(kept);
}

/* A calendar that one person could fill would be nobody's. */
static void a_patient_books_so_far_and_no_farther(void **state)
{
    UNUSED(state);
    const Access *patient = person(&f, "patient", "Patient/p8");
    for (int i = 0; i < BOOKING_AHEAD_MAX; i++)
        check_int(book(patient, "direct", "d3", 9 * 60 + 60 * i, "p8", ""), 201);
    check_int(book(patient, "direct", "d3", 16 * 60, "p8", ""), 422);
    CASE("the desk books on");
    check_int(book(NULL, "direct", "d3", 16 * 60, "p8", ""), 201);
    CASE("what was given back counts no more");
    char id[64];
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$cancel", id, STR_EMPTY), 200);
    check_int(book(patient, "direct", "d3", 16 * 60, "p8", ""), 422);
    check_int(book(person(&f, "patient", "Patient/p9"), "direct", "d3", 16 * 60, "p9", ""), 201);
}

/* A list that one person could fill would be nobody's. */
static void nobody_waits_twice(void **state)
{
    UNUSED(state);
    static const char *const services[] = {"direct", "request", "course"};
    const Access *p1 = person(&f, "patient", "Patient/p1");
    char more[200], who[16];
    unsigned waits = 0;
    check_int(wait_as(p1, "direct", "d1", "p1", ""), 201);
    CASE("for the same");
    check_int(wait_as(p1, "direct", "d1", "p1", ""), 422);
    check_int(wait_as(f.access, "direct", "d1", "p1", ""), 422);
    CASE("with somebody else, and in other days");
    check_int(wait_as(p1, "direct", "d2", "p1", ""), 201);
    fixture_clear(&f);
    day += 100;
    snprintf(more, sizeof(more), ",{\"name\":\"from\",\"valueString\":\"%.10s\"}",
             instant(&f, 0).at);
    day -= 100;
    check_int(wait_as(p1, "direct", "d1", "p1", more), 201);
    CASE("for no more than one may");
    for (size_t i = 0; i < COUNT_OF(services); i++)
        for (int k = 1; k <= 4; k++) {
            snprintf(who, sizeof(who), "d%d", k);
            waits += wait_as(p1, services[i], who, "p1", "") == 201;
        }
    check_int(waits, 10 - 3);
    CASE("the desk may for him, and he is not in the way of others");
    check_int(wait_as(f.access, "course", "d4", "p1", ""), 201);
    check_int(wait_as(person(&f, "patient", "Patient/p2"), "direct", "d1", "p2", ""), 201);
}

/* Who waits has no hour that could be moved. */
static void who_waits_has_nothing_to_move(void **state)
{
    UNUSED(state);
    char id[64];
    check_int(wait_as(f.access, "direct", "d1", "p1", ""), 201);
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    check_int(move(f.access, id, 9 * 60, ""), 422);
    check_int(move(person(&f, "patient", "Patient/p1"), id, 9 * 60, ""), 422);
}

static void who_has_waited_long_enough_goes(void **state)
{
    UNUSED(state);
    char open[64];
    put("Appointment", "over",
        STR("{\"resourceType\":\"Appointment\",\"id\":\"over\",\"status\":\"waitlist\","
            "\"requestedPeriod\":[{\"start\":\"2020-01-01T00:00:00Z\",\"end\":"
            "\"2020-03-01T00:00:00Z\"}],\"participant\":[{\"actor\":{\"reference\":"
            "\"Patient/p1\"},\"status\":\"accepted\"}]}"));
    wait("p2", open);
    check_int(run_job(booking_sweep_job, STR_EMPTY, NULL), STATUS_OK);
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Appointment"), STR("over"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "\"status\":\"cancelled\""));
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Appointment"), str_of(open), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "\"status\":\"waitlist\""));
}

/* ---- of many
 * ---------------------------------------------------------------------------------------------- */

enum { MANY = 1000 };

#define WAITS_FOR_D2(end)                                                                          \
    "\"status\":\"waitlist\",\"requestedPeriod\":[{\"start\":\"2020-01-01T00:00:00Z\",\"end\":"    \
    "\"" end                                                                                       \
    "T00:00:00Z\"}],\"participant\":[{\"actor\":{\"reference\":\"Patient/p9\"},\"status\":"        \
    "\"accepted\"},{\"actor\":{\"reference\":\"HealthcareService/direct\"},\"status\":"            \
    "\"accepted\"},{\"actor\":{\"reference\":\"Practitioner/d2\"},\"status\":\"accepted\"}]"

static void nobody_waits_behind_too_many(void **state)
{
    UNUSED(state);
    char id[64], first[64];
    Arena *kept = arena_new(1 << 20, false);
    put("Appointment", "over",
        STR("{\"resourceType\":\"Appointment\",\"id\":\"over\"," WAITS_FOR_D2("2020-03-01") "}"));
    wait("p1", first);
    fixture_put_many(&f, "Appointment", MANY, WAITS_FOR_D2("2099-01-01"));
    check_int(book(NULL, "direct", "d1", 9 * 60, "p3", ""), 201);
    snprintf(id, sizeof(id), STR_FMT, STR_ARG(id_of_answer()));
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$cancel", id, STR_EMPTY), 200);
    Str freed = job_of(&f, "booking-freed", kept);
    CASE("who has waited longest, and a thousand after him for somebody else");
    check_int(run_job(booking_freed_job, freed, NULL), STATUS_OK);
    check(is_offered(first));
    CASE("he is told");
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "patient", "Patient/p1"), "$offers", "", STR_EMPTY), 200);
    check(str_contains(f.reply.body, first));
    CASE("what is over ends, whoever came after it");
    check_int(run_job(booking_sweep_job, STR_EMPTY, NULL), STATUS_OK);
    fixture_clear(&f);
    check_int(fixture_read(&f, STR("Appointment"), STR("over"), STR_EMPTY), STATUS_OK);
    check(str_contains(f.reply.body, "\"status\":\"cancelled\""));
    arena_free(kept);
}

static void a_network_may_be_large(void **state)
{
    UNUSED(state);
    fixture_put_many(&f, "HealthcareService", MANY, "\"name\":\"one of many\"");
    CASE("a thousand services more");
    check_int(book(NULL, "direct", "d3", 9 * 60, "p4", ""), 201);
    fixture_put_many(&f, "PractitionerRole", MANY,
                     "\"practitioner\":{\"reference\":\"Practitioner/d4\"}");
    CASE("a thousand roles more");
    check_int(book(NULL, "direct", "d3", 10 * 60, "p4", ""), 201);
    fixture_put_many(&f, "Location", MANY, "\"name\":\"one of many\"");
    CASE("a thousand places more");
    check_int(book(NULL, "direct", "d3", 11 * 60, "p4", ""), 201);
    CASE("more columns than a calendar has");
    fixture_put_many(&f, "PractitionerRole", 201,
                     "\"practitioner\":{\"reference\":\"Practitioner/d4\"},\"availableTime\":[{"
                     "\"availableStartTime\":\"08:00:00\",\"availableEndTime\":\"18:00:00\"}]");
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$calendar", "", STR_EMPTY), 413);
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$calendar", "",
                     arena_format(f.cx.arena, PARAMETERS(P("practitioner")), "d3")),
              200);
}

/* ---- strangers
 * ------------------------------------------------------------------------------------------ */

static unsigned ask_open(const char *name, const char *id, const char *query)
{
    fixture_clear(&f);
    Call call = fixture_call(&f);
    call.access = NULL;
    call.query = str_of(query);
    OperationAsked asked = {.kind = kind_of(name), .id = str_of(id)};
    if (str_has_suffix(call.query, STR(".ics"))) { /* of a feed: the name of its file */
        asked.body = fixture_body(&f, arena_format(f.cx.arena, PARAMETERS(P("file")), query));
        call.query = STR_EMPTY;
    }
    Status status = record_operation_open(f.record, &f.cx, &call, &asked, &f.reply);
    return status == STATUS_OK ? f.reply.http : status_http(status);
}

static void strangers_see_free_hours_alone(void **state)
{
    UNUSED(state);
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ""), 201);
    check_int(ask_open("$find", "", "service=direct&count=5"), 200);
    check(str_contains(f.reply.body, "\"status\":\"free\""));
    check(!str_contains(f.reply.body, "Patient"));
    check_int(f.reply.commit.audit_count, 0);
    CASE("not of years ahead or gone by: that would only be work");
    check_int(ask_open("$find", "", "service=direct&start=2099-01-01&end=2099-03-01"), 200);
    check(!str_contains(f.reply.body, "Slot"));
    check_int(ask_open("$find", "", "service=direct&start=2020-01-01&end=2020-03-01"), 200);
    check(!str_contains(f.reply.body, "Slot"));
    CASE("nothing of what is closed to patients");
    check_int(ask_open("$find", "", "service=closed"), 200);
    check(!str_contains(f.reply.body, "\"status\":\"free\""));
    CASE("with whom does not matter: each hour once, now with the one, now with the other");
    check_int(ask_open("$find", "", "service=direct&count=40&once=true"), 200);
    Str before = STR_EMPTY;
    JsonValue *entry;
    for (JsonIter it = json_iter(json_get(fixture_json(&f), STR("entry")));
         json_next(&it, NULL, &entry);) {
        Str begins = json_get_str(json_get(entry, STR("resource")), STR("start"));
        check(!str_eq(begins, before));
        before = begins;
    }
    check(str_contains(f.reply.body, "Practitioner/d1") &&
          str_contains(f.reply.body, "Practitioner/d2"));
    CASE("and nothing else at all");
    check_int(ask_open("$calendar", "", ""), 401);
    check_int(ask_open("$book", "", ""), 401);
    check_int(ask_open("$feed", "", "abcdefghijklmnopqrstuvwxyz012345.ics"), 404);
}

static void a_secret_calendar_is_revoked(void **state)
{
    UNUSED(state);
    char file[64];
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ""), 201);
    fixture_clear(&f);
    CASE("another's");
    check_int(ask_as(&f, person(&f, "gp", "Practitioner/d2"), "$calendar-address", "d1", STR_EMPTY),
              403);
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "gp", "Practitioner/d1"), "$calendar-address", "d1", STR_EMPTY),
              200);
    const JsonValue *first = json_item(json_get(fixture_json(&f), STR("parameter")), 0);
    Str address = json_get_str(first, STR("valueUrl"));
    check(str_has_prefix(address, STR("http://test/calendar/")));
    snprintf(file, sizeof(file), STR_FMT, STR_ARG(str_from(address, 21)));
    check_int(ask_open("$feed", "", file), 200);
    check(str_contains(f.reply.body, "BEGIN:VEVENT") &&
          str_contains(f.reply.body, "SUMMARY:direct"));
    check(!str_contains(f.reply.body, "Canarius") && !str_contains(f.reply.body, "Patient/"));
    CASE("that there is one is told to its owner, and not which");
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "gp", "Practitioner/d2"), "$calendar-feed", "d1", STR_EMPTY),
              403);
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "gp", "Practitioner/d1"), "$calendar-feed", "d1", STR_EMPTY),
              200);
    check(str_contains(f.reply.body, "\"names\",\"valueCode\":\"none\"") &&
          !memmem(f.reply.body.at, f.reply.body.len, file, 8));
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "gp", "Practitioner/d1"), "$calendar-revoke", "d1", STR_EMPTY),
              204);
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "gp", "Practitioner/d1"), "$calendar-feed", "d1", STR_EMPTY),
              200);
    check(!str_contains(f.reply.body, "\"names\"") && str_contains(f.reply.body, "allowed"));
    CASE("its address is nothing any more");
    check_int(ask_open("$feed", "", file), 404);
}

static void allow_names(const char *word)
{
    fixture_clear(&f);
    put("Practitioner", "d1",
        arena_format(f.cx.arena,
                     "{\"resourceType\":\"Practitioner\",\"id\":\"d1\",\"extension\":[{\"url\":"
                     "\"urn:aceso:calendar-names\",\"valueCode\":\"%s\"}]}",
                     word));
}

/* A calendar names nobody unless the centre and its owner want it. */
/* As http does it: whoever made the address fetches it. */
static unsigned fetch(const Access *owner, const char *file)
{
    fixture_clear(&f);
    return owner ? ask_as(&f, owner, "$feed", "",
                          arena_format(f.cx.arena, PARAMETERS(P("file")), file))
                 : ask_open("$feed", "", file);
}

static void a_calendar_names_whom_it_may(void **state)
{
    static const struct {
        const char *allowed, *wanted;
        unsigned http;
        const char *summary;
        const char *why;
    } cases[] = {
        {"none", "full", 422, NULL, "the centre says no"},
        {"initials", "full", 422, NULL, "the centre says less"},
        {"nonsense", "initials", 422, NULL, "what is not understood allows nothing"},
        {"full", "all", 400, NULL, "no such word"},
        {"full", "none", 200, "SUMMARY:direct\r\n", "he does not want it"},
        {"full", "initials", 200, "SUMMARY:direct - C.\r\n", "initials"},
        {"full", "full", 200, "SUMMARY:direct - Canarius\r\n", "names"},
    };
    char file[64];
    UNUSED(state);
    const Access *d1 = person(&f, "gp", "Practitioner/d1");
    check_int(book(NULL, "direct", "d1", 9 * 60, "p1", ""), 201);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CASE(cases[i].why);
        allow_names(cases[i].allowed);
        check_int(ask_as(&f, d1, "$calendar-address", "d1",
                         arena_format(f.cx.arena, PARAMETERS(P("names")), cases[i].wanted)),
                  cases[i].http);
        if (!cases[i].summary)
            continue;
        const JsonValue *first = json_item(json_get(fixture_json(&f), STR("parameter")), 0);
        snprintf(file, sizeof(file), STR_FMT,
                 STR_ARG(str_from(json_get_str(first, STR("valueUrl")), 21)));
        check_int(fetch(d1, file), 200);
        check(str_contains(f.reply.body, cases[i].summary));
    }
    CASE("what the centre takes back counts at the next look");
    allow_names("initials");
    check_int(fetch(d1, file), 200);
    check(!str_contains(f.reply.body, "Canarius") && str_contains(f.reply.body, "- C."));
    allow_names("none");
    check_int(fetch(d1, file), 200);
    check(str_contains(f.reply.body, "SUMMARY:direct\r\n"));
    CASE("whose it is stands in it, for who asks whether he is still there");
    check_int(ask_open("$feed-owner", "", file), 200);
    check_str(f.reply.body, access_account(d1));
    CASE("to a stranger, and to somebody else, nobody is named");
    allow_names("full");
    check_int(fetch(d1, file), 200);
    check(str_contains(f.reply.body, "Canarius") && f.reply.commit.audit_count == 1);
    check_int(fetch(NULL, file), 200);
    check(str_contains(f.reply.body, "BEGIN:VEVENT") && !str_contains(f.reply.body, "Canarius"));
    check_int(fetch(person(&f, "gp", "Practitioner/d2"), file), 200);
    check(!str_contains(f.reply.body, "Canarius"));
    CASE("a patient who has blocked him is not named either");
    fixture_clear(&f);
    put("Consent", "block",
        STR("{\"resourceType\":\"Consent\",\"id\":\"block\",\"status\":\"active\",\"scope\":{"
            "\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/consentscope\","
            "\"code\":\"patient-privacy\"}]},\"category\":[{\"coding\":[{\"system\":"
            "\"urn:aceso:consent\",\"code\":\"block\"}]}],\"patient\":{\"reference\":"
            "\"Patient/p1\"},\"policyRule\":{\"text\":\"x\"},\"provision\":{\"type\":\"deny\","
            "\"actor\":[{\"role\":{\"text\":\"blocked\"},\"reference\":{\"reference\":"
            "\"Practitioner/d1\"}}]}}"));
    check_int(fetch(d1, file), 200);
    check(str_contains(f.reply.body, "BEGIN:VEVENT") && !str_contains(f.reply.body, "Canarius"));
    CASE("an address that somebody else has made names nobody");
    fixture_clear(&f);
    check_int(ask_as(&f, f.access, "$calendar-address", "d1",
                     arena_format(f.cx.arena, PARAMETERS(P("names")), "full")),
              200);
    snprintf(
        file, sizeof(file), STR_FMT,
        STR_ARG(str_from(json_get_str(json_item(json_get(fixture_json(&f), STR("parameter")), 0),
                                      STR("valueUrl")),
                         21)));
    check_int(ask_open("$feed-owner", "", file), 200);
    check_int(f.reply.body.len, 0);
    check_int(ask_open("$feed", "", file), 200);
    check(!str_contains(f.reply.body, "Canarius"));
    fixture_clear(&f);
    check_int(fixture_delete(&f, STR("Consent"), STR("block")), STATUS_OK);
}

/* What is far ahead comes first in a search: what comes today is in his calendar all the same. */
static void a_secret_calendar_is_whole(void **state)
{
    UNUSED(state);
    char file[64], many[512], date[ZONE_DATE_LEN];
    check_int(book(NULL, "direct", "d4", 9 * 60, "p1", ""), 201);
    snprintf(many, sizeof(many),
             "\"status\":\"cancelled\",\"start\":\"" STR_FMT "T09:00:00Z\",\"end\":\"" STR_FMT
             "T10:00:00Z\",\"participant\":[{\"actor\":{\"reference\":\"Practitioner/d4\"},"
             "\"status\":\"accepted\"}]",
             STR_ARG(wall_format_day(day + 30, date)), STR_ARG(wall_format_day(day + 30, date)));
    fixture_put_many(&f, "Appointment", MANY, many);
    fixture_clear(&f);
    check_int(ask_as(&f, person(&f, "gp", "Practitioner/d4"), "$calendar-address", "d4", STR_EMPTY),
              200);
    Str address =
        json_get_str(json_item(json_get(fixture_json(&f), STR("parameter")), 0), STR("valueUrl"));
    snprintf(file, sizeof(file), STR_FMT, STR_ARG(str_from(address, 21)));
    check_int(ask_open("$feed", "", file), 200);
    check(str_contains(f.reply.body, "SUMMARY:direct"));
}

/* Two thousand practitioners begin at nine. */
static void what_begins_at_one_moment_is_taken(void **state)
{
    UNUSED(state);
    char many[512], nine[64], later[64];
    check_int(book(NULL, "direct", "d3", 9 * 60, "p5", ""), 201);
    snprintf(nine, sizeof(nine), "\"start\":\"%s", instant(&f, 9 * 60).at);
    snprintf(later, sizeof(later), "\"start\":\"%s", instant(&f, 10 * 60).at);
    snprintf(many, sizeof(many),
             "\"status\":\"booked\",\"start\":\"%s\",\"end\":\"%s\",\"participant\":[{\"actor\":{"
             "\"reference\":\"Practitioner/other-#\"},\"status\":\"accepted\"}]",
             instant(&f, 9 * 60).at, instant(&f, 10 * 60).at);
    fixture_put_many(&f, "Appointment", MANY, many);
    check_int(ask_open("$find", "", "service=direct&practitioner=d3&count=500"), 200);
    check(str_contains(f.reply.body, later) && !str_contains(f.reply.body, nine));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_stands_in_the_way, empty),
        cmocka_unit_test_setup(a_series_moves_and_goes, empty),
        cmocka_unit_test_setup(a_series_gives_way, empty),
        cmocka_unit_test_setup(patients_book_series_where_they_may, empty),
        cmocka_unit_test_setup(a_patient_books_for_himself, empty),
        cmocka_unit_test_setup(a_patient_does_not_choose_how_long, empty),
        cmocka_unit_test_setup(what_was_asked_for_is_confirmed, empty),
        cmocka_unit_test_setup(hours_at_which_the_patient_is_elsewhere_are_not_offered, empty),
        cmocka_unit_test_setup(who_has_no_link_sees_hours_alone, empty),
        cmocka_unit_test_setup(a_letter_is_sent_once, empty),
        cmocka_unit_test_setup(a_freed_hour_is_offered, empty),
        cmocka_unit_test_setup(who_waits_no_more_lets_his_hour_go, empty),
        cmocka_unit_test_setup(a_patient_books_so_far_and_no_farther, empty),
        cmocka_unit_test_setup(nobody_waits_twice, empty),
        cmocka_unit_test_setup(who_waits_has_nothing_to_move, empty),
        cmocka_unit_test_setup(who_has_waited_long_enough_goes, empty),
        cmocka_unit_test_setup(strangers_see_free_hours_alone, empty),
        cmocka_unit_test_setup(a_secret_calendar_is_revoked, empty),
        cmocka_unit_test_setup(a_calendar_names_whom_it_may, empty),
        cmocka_unit_test_setup(a_hundred_want_one_hour, empty),
        cmocka_unit_test_setup(one_of_a_hundred_holds_it, empty),
        cmocka_unit_test_setup(nobody_is_double_booked, empty),
        cmocka_unit_test_setup(nobody_waits_behind_too_many, empty),
        cmocka_unit_test_setup(a_secret_calendar_is_whole, empty),
        cmocka_unit_test_setup(a_network_may_be_large, empty),
        cmocka_unit_test_setup(what_begins_at_one_moment_is_taken, empty),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
