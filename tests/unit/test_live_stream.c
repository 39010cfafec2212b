/* What a page shows has changed: streams over sockets, as a browser has them. Only ids leave, only
 * of rows that the listener sees at that moment, and nothing after his session. */
#include <stdatomic.h>

#include "ear.h"
#include "live/live.h"
#include "served_fixture.h"

enum { SOON_MS = 20000, QUIET_MS = 400 };

static Ear ears[LIVE_ACCOUNT_STREAMS_MAX];

static void listen_at(Ear *ear, const char *watches, Str headers, const char *id)
{
    open_ear(ear, f.cx.arena, http_port(server), watches, headers, id);
}

static void must_hear(Ear *ear, const char *text)
{
    if (!hears(ear, text, SOON_MS))
        fail_msg("%s: not heard: %s; but %.*s", testing_case ? testing_case : "-", text,
                 (int)ear->len, ear->text);
}

static void must_hear_of(Ear *ear, const char *id)
{
    if (!hears_of(ear, id, SOON_MS))
        fail_msg("%s: nothing of %s; but %.*s", testing_case ? testing_case : "-", id,
                 (int)ear->len, ear->text);
}

static bool has_ended(Ear *ear)
{
    (void)hears(ear, "\r\n0\r\n\r\n", SOON_MS);
    char byte;
    struct pollfd socket = {.fd = ear->fd, .events = POLLIN};
    return poll(&socket, 1, SOON_MS) == 1 && read(ear->fd, &byte, 1) <= 0;
}

static void forget(Ear *ear)
{
    ear->len = 0;
}

static void close_ear(Ear *ear)
{
    close(ear->fd);
    ear->fd = 0;
}

/* What a test that failed left open would be refused to the next one. */
static int hang_up(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(ears); i++)
        if (ears[i].fd > 0)
            close_ear(&ears[i]);
    return 0;
}

static void put(const char *type, const char *id, const char *format, const char *about)
{
    Str text = arena_format(f.cx.arena, format, id, about);
    check_int(fixture_put(&f, str_of(type), str_of(id), text, STR_EMPTY), STATUS_OK);
    fixture_clear(&f);
}

static const char observation[] =
    "{\"resourceType\":\"Observation\",\"id\":\"%s\",\"status\":\"final\",\"code\":{\"text\":"
    "\"Zyxcanarius\"},\"subject\":{\"reference\":\"%s\"}}";

static void a_change_is_heard_of_by_whoever_sees_it(void **state)
{
    UNUSED(state);
    Ear *his = &ears[0], *other = &ears[1];
    listen_at(his, "watch=Patient/p1", cookie, NULL);
    listen_at(other, "watch=Patient/stranger", cookie, NULL);
    must_hear(his, "event: ready");
    must_hear(his, "text/event-stream");
    must_hear(his, "\nid: ");
    must_hear(other, "event: ready");
    put("Patient", "stranger",
        "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[{\"family\":\"%s\"}]}", "Z");
    put("Observation", "o1", observation, "Patient/p1");
    put("Observation", "o2", observation, "Patient/stranger");
    must_hear(his, "event: changed\ndata: {\"type\":\"Observation\",\"id\":\"o1\"}\n");
    CASE("of a patient whom he has no link with he hears nothing");
    check(!hears(other, "changed", QUIET_MS));
    CASE("nor anything of another patient");
    check(!hears_of(his, "o2", 1));
    CASE("no word of the content");
    check(!hears(his, "Zyxcanarius", 1));
    CASE("a deletion is a change");
    check_int(fixture_delete(&f, STR("Observation"), STR("o1")), STATUS_OK);
    forget(his);
    must_hear_of(his, "o1");
    close_ear(his);
    close_ear(other);
}

static Str sign_in_again(void)
{
    AuthWelcome welcome;
    AuthAttempt attempt = {.user = STR("dr.dupont"), .password = STR("trois chats sur un mur")};
    check_int(auth_sign_in(auth, &f.cx, &attempt, &welcome), STATUS_OK);
    return arena_str(f.forever, welcome.cookie);
}

static Str cookie_header(Str value)
{
    return arena_format(f.cx.arena, "Cookie: __Host-aceso=" STR_FMT "\r\n", STR_ARG(value));
}

static void nothing_is_told_after_the_session(void **state)
{
    UNUSED(state);
    Ear *ear = &ears[0];
    Str session = sign_in_again();
    listen_at(ear, "watch=Patient/p1", cookie_header(session), NULL);
    must_hear(ear, "event: ready");
    check_int(auth_sign_out(auth, &f.cx, session, STR("127.0.0.1")), STATUS_OK);
    put("Observation", "after", observation, "Patient/p1");
    CASE("the stream ends, and says nothing more");
    check(has_ended(ear));
    check(!hears_of(ear, "after", 1));
    close_ear(ear);
}

/* A link that ends by itself, so late that a change was heard of before; until it is over. */
static void link_for_a_moment(Ear *ear)
{
    char instant[TIME_INSTANT_LEN + 1] = "", id[32];
    for (Time lasts = 2 * TIME_SECOND;; lasts *= 2) {
        Time end = time_now() + lasts;
        time_format_instant(end, instant);
        put("CareTeam", "p2",
            "{\"resourceType\":\"CareTeam\",\"id\":\"%s\",\"status\":\"active\",\"category\":[{"
            "\"coding\":[{\"system\":\"urn:aceso:link\",\"code\":\"own-gp\"}]}],\"subject\":{"
            "\"reference\":\"Patient/p2\"},\"period\":{\"start\":\"2026-01-01\",\"end\":\"%s\"},"
            "\"participant\":[{\"member\":{\"reference\":\"Practitioner/dupont\"}}]}",
            instant);
        snprintf(id, sizeof id, "p2now%lld", (long long)(lasts / TIME_SECOND));
        put("Observation", id, observation, "Patient/p2");
        bool heard = hears_of(ear, id, (int)(lasts / TIME_MS));
        while (time_now() < end + 500 * TIME_MS)
            usleep(10000);
        if (heard)
            return;
        check(lasts < SOON_MS * TIME_MS); /* a busy machine: it was over too soon */
    }
}

static void what_was_taken_away_is_not_told(void **state)
{
    UNUSED(state);
    Ear *ear = &ears[0];
    put("Patient", "p2", "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"gender\":\"%s\"}", "male");
    listen_at(ear, "watch=Patient/p2", cookie, NULL);
    must_hear(ear, "event: ready");
    put("Observation", "p2a", observation, "Patient/p2");
    must_hear_of(ear, "p2a");
    CASE("the link is ended in the middle of the stream");
    check_int(fixture_delete(&f, STR("CareTeam"), STR("p2")), STATUS_OK);
    fixture_clear(&f);
    forget(ear);
    put("Observation", "p2b", observation, "Patient/p2");
    check(!hears_of(ear, "p2b", QUIET_MS));
    CASE("a link that ends by itself");
    link_for_a_moment(ear);
    put("Observation", "p2late", observation, "Patient/p2");
    check(!hears_of(ear, "p2late", QUIET_MS));
    CASE("and given again");
    link_patient("p2");
    put("Observation", "p2c", observation, "Patient/p2");
    must_hear_of(ear, "p2c");
    check(!hears_of(ear, "p2b", 1));
    close_ear(ear);
}

static void who_comes_back_misses_nothing(void **state)
{
    UNUSED(state);
    Ear *ear = &ears[0];
    char id[256], text[16];
    listen_at(ear, "watch=Patient/p1", cookie, NULL);
    check(hears(ear, "event: ready", SOON_MS) && hears(ear, "\n\n", SOON_MS));
    last_id(ear, id);
    close_ear(ear);
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "gap%d", i);
        put("Observation", text, observation, "Patient/p1");
    }
    listen_at(ear, "watch=Patient/p1", cookie, id);
    must_hear_of(ear, "gap0");
    must_hear_of(ear, "gap19");
    check(!memmem(ear->text, ear->len, "event: reset", 12));
    close_ear(ear);
    CASE("an id of somebody else is none: look at everything");
    listen_at(ear, "watch=Patient/p1", bearer(read_token), id);
    must_hear(ear, "event: reset");
    close_ear(ear);
    CASE("a broken id too");
    listen_at(ear, "watch=Patient/p1", cookie,
              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    must_hear(ear, "event: reset");
    close_ear(ear);
    CASE("who was away for too many changes");
    for (int i = 0; i < 12; i++) {
        Buf bundle;
        buf_init(&bundle, f.cx.arena, 1 << 20, 16 << 20);
        buf_add_lit(&bundle, "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[");
        for (int k = 0; k < 500; k++)
            buf_format(&bundle,
                       "%s{\"resource\":{\"resourceType\":\"Observation\",\"status\":\"final\","
                       "\"code\":{\"text\":\"x\"}},\"request\":{\"method\":\"POST\",\"url\":"
                       "\"Observation\"}}",
                       k ? "," : "");
        buf_add_lit(&bundle, "]}");
        check_int(fixture_bundle(&f, buf_str(&bundle)), STATUS_OK);
        fixture_clear(&f);
    }
    listen_at(ear, "watch=Patient/p1", cookie, id);
    must_hear(ear, "event: reset");
    close_ear(ear);
}

static void the_day_and_the_inbox(void **state)
{
    UNUSED(state);
    Ear *day = &ears[0], *inbox = &ears[1];
    static const char appointment[] =
        "{\"resourceType\":\"Appointment\",\"id\":\"%s\",\"status\":\"booked\",\"start\":"
        "\"%s:00:00+01:00\",\"end\":\"2030-01-07T23:00:00+01:00\",\"participant\":[{\"actor\":{"
        "\"reference\":\"Location/a\"},\"status\":\"accepted\"},{\"actor\":{\"reference\":"
        "\"Patient/p1\"},\"status\":\"accepted\"}]}";
    listen_at(day, "watch=day:2026-11-23:Location/a", cookie, NULL);
    listen_at(inbox, "watch=inbox", cookie, NULL);
    check(hears(day, "event: ready", SOON_MS) && hears(inbox, "event: ready", SOON_MS));
    put("Location", "a", "{\"resourceType\":\"Location\",\"id\":\"%s\",\"name\":\"%s\"}", "A");
    put("Appointment", "a1", appointment, "2026-11-23T09");
    put("Appointment", "a2", appointment, "2026-11-24T00");
    must_hear_of(day, "a1");
    check(!hears_of(day, "a2", QUIET_MS));
    CASE("one that is moved away is told too");
    forget(day);
    put("Appointment", "a1", appointment, "2026-11-25T09");
    must_hear_of(day, "a1");
    CASE("an errand for him");
    put("Task", "t1",
        "{\"resourceType\":\"Task\",\"id\":\"%s\",\"status\":\"requested\",\"intent\":\"order\","
        "\"owner\":{\"reference\":\"%s\"}}",
        "Practitioner/dupont");
    put("Task", "t2",
        "{\"resourceType\":\"Task\",\"id\":\"%s\",\"status\":\"requested\",\"intent\":\"order\","
        "\"owner\":{\"reference\":\"%s\"}}",
        "Practitioner/another");
    must_hear_of(inbox, "t1");
    check(!hears_of(inbox, "t2", QUIET_MS));
    close_ear(day);
    close_ear(inbox);
}

static void what_is_no_watch_is_refused(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *query;
        unsigned status;
    } cases[] = {
        {"nothing", "", 400},
        {"another parameter", "watch=inbox&x=1", 400},
        {"no type", "watch=Thing/1", 400},
        {"no id", "watch=Patient/", 400},
        {"an id that is none", "watch=Patient/a%20b", 400},
        {"no day", "watch=day:2026-13-01", 400},
        {"half a day", "watch=day:2026-12", 400},
        {"no place", "watch=day:2026-12-01:Nowhere/1", 400},
        {"broken escapes", "watch=%zz", 400},
        {"too many",
         "watch=inbox&watch=inbox&watch=inbox&watch=inbox&watch=inbox&watch=inbox&watch=inbox&"
         "watch=inbox&watch=inbox&watch=inbox&watch=inbox&watch=inbox&watch=inbox&watch=inbox&"
         "watch=inbox&watch=inbox&watch=inbox",
         400},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Str target = arena_format(f.cx.arena, "/live?%s", c->query);
        check_int(ask(STR("GET"), target, cookie, STR_EMPTY).status, c->status);
    }
    CASE("its head alone");
    Client client;
    check(client_open(&client, f.cx.arena, http_port(server)));
    check(client_send(&client,
                      arena_format(f.cx.arena,
                                   "HEAD /live?watch=inbox HTTP/1.1\r\nHost: localhost\r\n" STR_FMT
                                   "\r\n",
                                   STR_ARG(cookie))));
    Answer head = client_receive(&client, true, 10);
    check_int(head.status, 200);
    client_close(&client);
    fixture_clear(&f);
}

/* What is said to whoever is refused has a head too. */
static bool is_let_in(Ear *ear)
{
    return hears(ear, "\r\n\r\n", SOON_MS) && memmem(ear->text, ear->len, "HTTP/1.1 200", 12);
}

static void one_account_has_so_many(void **state)
{
    UNUSED(state);
    Str mine = cookie_header(sign_in_again());
    for (size_t i = 0; i < LIVE_ACCOUNT_STREAMS_MAX; i++) {
        listen_at(&ears[i], "watch=inbox", mine, NULL);
        must_hear(&ears[i], "event: ready");
    }
    check_int(ask(STR("GET"), STR("/live?watch=inbox"), mine, STR_EMPTY).status, 429);
    CASE("those who have hung up do not count");
    close_ear(&ears[0]);
    listen_at(&ears[0], "watch=inbox", mine, NULL);
    for (int i = 0; i < SOON_MS / 10 && !is_let_in(&ears[0]); i++) { /* once it is noticed */
        close_ear(&ears[0]);
        usleep(10000);
        listen_at(&ears[0], "watch=inbox", mine, NULL);
    }
    must_hear(&ears[0], "event: ready");
    for (size_t i = 0; i < LIVE_ACCOUNT_STREAMS_MAX; i++)
        close_ear(&ears[i]);
}

/* A client that does not read: what waits for it has an end, and so has it. */
typedef struct {
    atomic_uint slept, woken, cut;
} FakeWire;

static void fake_sleep(void *of)
{
    atomic_fetch_add(&((FakeWire *)of)->slept, 1);
}

static void fake_wake(void *of)
{
    atomic_fetch_add(&((FakeWire *)of)->woken, 1);
}

static bool fake_gone(void *of)
{
    UNUSED(of);
    return false;
}

static void fake_cut(void *of)
{
    atomic_fetch_add(&((FakeWire *)of)->cut, 1);
}

static char text[64 * 1024];

static LiveStream *open_fake(Live *live, Ctx *kept, FakeWire *wire, Str value, const char *query)
{
    AuthSession session;
    LiveStream *stream;
    Reply reply;
    Call *call = arena_new_of(kept->arena, Call);
    *call = (Call){.base = STR("http://test/fhir"), .query = str_of(query)};
    check_int(auth_session(auth, kept, value, &call->access, &session), STATUS_OK);
    LiveAsked asked = {.call = call,
                       .watch = auth_watch(value, STR_EMPTY),
                       .wire = {wire, fake_sleep, fake_wake, fake_gone, fake_cut}};
    check_int(live_open(live, kept, &asked, &reply, &stream), STATUS_OK);
    check_int(record_finish(f.record, kept, call, &reply), STATUS_OK);
    check(live_read(stream, text, sizeof text) > 0);
    return stream;
}

/* Changes are told in their order, to all streams at once: what came before is told too. */
static void wait_until_told(LiveStream *other, const char *id)
{
    Time end = time_monotonic() + SOON_MS * TIME_MS;
    char wanted[64];
    int len = snprintf(wanted, sizeof wanted, "\"id\":\"%s\"", id);
    for (;;) {
        long got = live_read(other, text, sizeof text);
        if (got > 0 && memmem(text, (size_t)got, wanted, (size_t)len))
            return;
        check(got >= 0 && time_monotonic() < end);
        usleep(5000);
    }
}

static void who_does_not_read_is_cut_off(void **state)
{
    enum { SLOW_MS = 3000, STEP_MS = 50 };
    static FakeWire wire, other_wire;
    LiveOptions options = {.record = f.record, .auth = auth, .beat_ms = 100, .slow_ms = SLOW_MS};
    Live *live;
    char id[16];
    UNUSED(state);
    link_patient("p2");
    Str value = sign_in_again();
    Ctx kept = {.arena = arena_new(1 << 20, false)};
    check_int(live_new(&kept, &options, &live), STATUS_OK);
    LiveStream *stream = open_fake(live, &kept, &wire, value, "watch=Patient/p1");
    LiveStream *other = open_fake(live, &kept, &other_wire, value, "watch=Patient/p2");
    CASE("nothing to say: it sleeps, and sleeping is not slow");
    while (!atomic_load(&wire.slept))
        (void)live_read(stream, text, sizeof text);
    for (int i = 0; i < SLOW_MS / STEP_MS + 10; i++) { /* takes each sign of life */
        usleep(STEP_MS * 1000);
        while (live_read(stream, text, sizeof text) > 0)
            ;
    }
    check(!atomic_load(&wire.cut) && atomic_load(&wire.woken));
    CASE("so many changes are kept, no more");
    while (live_read(stream, text, sizeof text) > 0)
        ;
    for (int i = 0; i < LIVE_PENDING_MAX + 10; i++) {
        snprintf(id, sizeof id, "slow%d", i);
        put("Observation", id, observation, "Patient/p1");
    }
    put("Observation", "after", observation, "Patient/p2");
    wait_until_told(other, "after");
    long len = live_read(stream, text, sizeof text);
    check(len > 0 && memmem(text, (size_t)len, "event: reset", 12));
    CASE("what waits and is not fetched ends it");
    atomic_store(&wire.cut, 0);
    for (int i = 0; i < SOON_MS / 100 && !atomic_load(&wire.cut); i++) {
        put("Observation", "slow1", observation, "Patient/p1");
        usleep(100000);
    }
    check(atomic_load(&wire.cut));
    live_close(other);
    live_close(stream);
    live_free(live);
    arena_free(kept.arena);
}

static void a_server_that_stops_ends_them_at_once(void **state)
{
    Ear *ear = &ears[0];
    listen_at(ear, "watch=inbox", cookie, NULL);
    must_hear(ear, "event: ready");
    Time begun = time_monotonic();
    stop(state);
    check(time_monotonic() - begun < 9 * TIME_SECOND); /* and not at its end of patience */
    check(has_ended(ear));
    close_ear(ear);
}

static int leave(void **state)
{
    UNUSED(state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_change_is_heard_of_by_whoever_sees_it, hang_up),
        cmocka_unit_test_teardown(nothing_is_told_after_the_session, hang_up),
        cmocka_unit_test_teardown(what_was_taken_away_is_not_told, hang_up),
        cmocka_unit_test_teardown(who_comes_back_misses_nothing, hang_up),
        cmocka_unit_test_teardown(the_day_and_the_inbox, hang_up),
        cmocka_unit_test_teardown(what_is_no_watch_is_refused, hang_up),
        cmocka_unit_test_teardown(one_account_has_so_many, hang_up),
        cmocka_unit_test_teardown(who_does_not_read_is_cut_off, hang_up),
        cmocka_unit_test_teardown(a_server_that_stops_ends_them_at_once, hang_up),
    };
    return cmocka_run_group_tests_name("live streams", tests, start, leave);
}
