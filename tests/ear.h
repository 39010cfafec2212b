/* tests/ear.h - who listens to a stream of events, as a browser does: what was heard so far. */
#ifndef ACESO_TESTS_EAR_H
#define ACESO_TESTS_EAR_H

#include <poll.h>
#include <unistd.h>

#include "support/http_client.h"
#include "testing.h"

typedef struct {
    int fd;
    char text[256 * 1024];
    size_t len;
} Ear;

/* `headers`: whole lines; `last_id`: of who comes back, or NULL. */
static inline void open_ear(Ear *ear, Arena *arena, uint16_t port, const char *watches, Str headers,
                            const char *last_id)
{
    Client client;
    check(client_open(&client, arena, port));
    check(client_send(
        &client,
        arena_format(arena, "GET /live?%s HTTP/1.1\r\nHost: localhost\r\n" STR_FMT "%s%s%s\r\n",
                     watches, STR_ARG(headers), last_id ? "Last-Event-ID: " : "",
                     last_id ? last_id : "", last_id ? "\r\n" : "")));
    ear->fd = client.fd;
    ear->len = 0;
}

/* Until the text is heard, or the time or the stream is over. */
static inline bool hears(Ear *ear, const char *text, int ms)
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

/* Of a resource: as an event names it, for the ids of events are arbitrary letters themselves. */
static inline bool hears_of(Ear *ear, const char *id, int ms)
{
    char text[128];
    snprintf(text, sizeof text, "\"id\":\"%s\"", id);
    return hears(ear, text, ms);
}

/* Until the event that was heard last has its end, an empty line. */
static inline void hear_the_rest(Ear *ear, int ms)
{
    Time end = time_monotonic() + ms * TIME_MS;
    for (;;) {
        Str text = str_n(ear->text, ear->len), rest = text;
        for (const char *at; (at = memmem(text.at, text.len, "event: ", 7)) != NULL;)
            rest = text = str_from(text, (size_t)(at - text.at) + 7);
        if (memmem(rest.at, rest.len, "\n\n", 2))
            return;
        check(time_monotonic() < end);
        struct pollfd socket = {.fd = ear->fd, .events = POLLIN};
        ssize_t got = poll(&socket, 1, 100) > 0
                          ? read(ear->fd, ear->text + ear->len, sizeof(ear->text) - ear->len)
                          : 0;
        ear->len += got > 0 ? (size_t)got : 0;
    }
}

/* The id behind the last event. */
static inline void last_id(Ear *ear, char *ret_id)
{
    hear_the_rest(ear, 20000);
    Str text = str_n(ear->text, ear->len), id = STR_EMPTY;
    for (Str line; text.len;) {
        line = str_trim(str_cut(&text, '\n'));
        if (str_has_prefix(line, STR("id: ")))
            id = str_from(line, 4);
    }
    check(id.len && id.len < 200);
    memcpy(ret_id, id.at, id.len);
    ret_id[id.len] = '\0';
}

#endif
