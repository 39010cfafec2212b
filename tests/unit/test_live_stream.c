/* What a page shows has changed: streams over sockets, as a browser has them. Only ids leave, only
 * of rows that the listener sees at that moment, and nothing after his session. */
#include <poll.h>
#include <unistd.h>

#include "served_fixture.h"

enum { SOON_MS = 8000, QUIET_MS = 400 };

typedef struct {
    int fd;
    char text[256 * 1024];
    size_t len;
} Ear;

static Ear ears[4];

static unsigned open_ear(Ear *ear, const char *watches, Str headers, const char *last_id)
{
    Client client;
    check(client_open(&client, f.cx.arena, http_port(server)));
    check(client_send(
        &client, arena_format(f.cx.arena,
                              "GET /live?%s HTTP/1.1\r\nHost: localhost\r\n" STR_FMT "%s%s%s\r\n",
                              watches, STR_ARG(headers), last_id ? "Last-Event-ID: " : "",
                              last_id ? last_id : "", last_id ? "\r\n" : "")));
    *ear = (Ear){.fd = client.fd};
    return 0;
}

/* Until the text is heard, or the time or the stream is over. */
static bool hears(Ear *ear, const char *text, int ms)
{
    Time end = time_monotonic() + ms * TIME_MS;
    for (;;) {
        struct pollfd socket = {.fd = ear->fd, .events = POLLIN};
        if (memmem(ear->text, ear->len, text, strlen(text)))
            return true;
        Time left = (end - time_monotonic()) / TIME_MS;
        if (left <= 0 || poll(&socket, 1, (int)left) <= 0)
            return false;
        ssize_t got = read(ear->fd, ear->text + ear->len, sizeof(ear->text) - ear->len);
        if (got <= 0)
            return false;
        ear->len += (size_t)got;
    }
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
    open_ear(his, "watch=Patient/p1", cookie, NULL);
    open_ear(other, "watch=Patient/stranger", cookie, NULL);
    check(hears(his, "event: ready", SOON_MS));
    check(hears(his, "text/event-stream", SOON_MS));
    check(hears(his, "\nid: ", SOON_MS));
    check(hears(other, "event: ready", SOON_MS));
    put("Patient", "stranger",
        "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[{\"family\":\"%s\"}]}", "Z");
    put("Observation", "o1", observation, "Patient/p1");
    put("Observation", "o2", observation, "Patient/stranger");
    check(hears(his, "event: changed\ndata: {\"type\":\"Observation\",\"id\":\"o1\"}\n", SOON_MS));
    CASE("of a patient whom he has no link with he hears nothing");
    check(!hears(other, "changed", QUIET_MS));
    CASE("nor anything of another patient");
    check(!hears(his, "o2", 1));
    CASE("no word of the content");
    check(!hears(his, "Zyxcanarius", 1));
    CASE("a deletion is a change");
    check_int(fixture_delete(&f, STR("Observation"), STR("o1")), STATUS_OK);
    forget(his);
    check(hears(his, "\"id\":\"o1\"", SOON_MS));
    close_ear(his);
    close_ear(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_heard_of_by_whoever_sees_it),
    };
    return cmocka_run_group_tests_name("live streams", tests, start, stop);
}
