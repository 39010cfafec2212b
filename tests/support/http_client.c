/* tests/support/http_client.c - blocking sockets with a time limit. */
#include "support/http_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

bool client_open(Client *client, Arena *arena, uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    *client = (Client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .arena = arena};
    if (client->fd < 0)
        return false;
    if (connect(client->fd, (struct sockaddr *)&to, sizeof(to))) {
        client_close(client);
        return false;
    }
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return true;
}

void client_close(Client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

bool client_send(Client *client, Str bytes)
{
    while (bytes.len) {
        ssize_t sent = send(client->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = str_from(bytes, (size_t)sent);
    }
    return true;
}

/* One more read into the buffer; false at the end or after the time. */
static bool fill(Client *client, Time until)
{
    if (client->len == client->room) {
        size_t room = client->room ? client->room * 2 : 65536;
        client->at = arena_realloc(client->arena, client->at, client->room, room);
        assert(client->at);
        client->room = room;
    }
    Time left = until - time_monotonic();
    struct pollfd fd = {.fd = client->fd, .events = POLLIN};
    if (left <= 0 || poll(&fd, 1, (int)(left / 1000) + 1) <= 0)
        return false;
    ssize_t got = recv(client->fd, client->at + client->len, client->room - client->len, 0);
    if (got <= 0)
        return false;
    client->len += (size_t)got;
    return true;
}

static void consume(Client *client, size_t len)
{
    memmove(client->at, client->at + len, client->len - len);
    client->len -= len;
}

Str answer_header(const Answer *answer, Str name)
{
    Str lines = answer->headers;
    while (lines.len) {
        Str value = str_trim(str_cut(&lines, '\n'));
        Str key = str_cut(&value, ':');
        if (str_eq_nocase(str_trim(key), name))
            return value.at ? str_trim(value) : STR_EMPTY;
    }
    return STR_EMPTY;
}

/* "HTTP/1.1 200 OK" and the lines up to the empty one. */
static bool receive_head(Client *client, Answer *answer, Time until)
{
    for (;;) {
        char *end = client->len >= 4 ? memmem(client->at, client->len, "\r\n\r\n", 4) : NULL;
        if (end) {
            Str head = str_n(client->at, (size_t)(end - client->at));
            uint64_t status = 0;
            if (head.len < 12 || !str_to_u64(str_n(head.at + 9, 3), &status))
                return false;
            answer->status = (unsigned)status;
            answer->headers = arena_str(client->arena, head);
            consume(client, head.len + 4);
            return true;
        }
        if (!fill(client, until))
            return false;
    }
}

static bool receive_bytes(Client *client, size_t len, Str *ret_bytes, Time until)
{
    while (client->len < len) {
        if (!fill(client, until))
            return false;
    }
    *ret_bytes = arena_str(client->arena, str_n(client->at, len));
    consume(client, len);
    return true;
}

Answer client_receive(Client *client, bool head, unsigned seconds)
{
    Answer answer = {0};
    Time until = time_monotonic() + seconds * TIME_SECOND;
    do {
        if (!receive_head(client, &answer, until))
            return (Answer){.closed = true};
    } while (answer.status == 100);
    uint64_t length = 0;
    Str text = answer_header(&answer, STR("Content-Length"));
    bool none = head || answer.status == 204 || answer.status == 304;
    answer.body = STR_EMPTY;
    if (!none && str_to_u64(text, &length) &&
        !receive_bytes(client, (size_t)length, &answer.body, until))
        return (Answer){.closed = true};
    answer.closed = str_eq_nocase(answer_header(&answer, STR("Connection")), STR("close"));
    return answer;
}

Answer client_ask(Client *client, Str method, Str target, Str headers, Str body)
{
    Buf out;
    buf_init(&out, client->arena, 1024 + body.len, SIZE_MAX / 4);
    buf_format(&out, STR_FMT " " STR_FMT " HTTP/1.1\r\nHost: localhost\r\n" STR_FMT,
               STR_ARG(method), STR_ARG(target), STR_ARG(headers));
    if (body.len || str_eq(method, STR("POST")) || str_eq(method, STR("PUT")))
        buf_format(&out, "Content-Length: %zu\r\n", body.len);
    buf_add_lit(&out, "\r\n");
    buf_add_str(&out, body);
    assert(buf_done(&out) == STATUS_OK);
    if (!client_send(client, buf_str(&out)))
        return (Answer){.closed = true};
    return client_receive(client, str_eq(method, STR("HEAD")), 30);
}
