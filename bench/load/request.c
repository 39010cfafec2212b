/* load/request.c - puts a request together in the connection's own buffer: the body
 * first, then the head right in front of it, so that both leave in one piece. */
#include "load/conn.h"

#include "base/base.h"

Buf *request_body(Conn *conn)
{
    conn->out.len = 0;
    if (!buf_reserve(&conn->out, LOAD_HEAD_ROOM))
        load_fail("no memory for a request");
    conn->out.len = LOAD_HEAD_ROOM;
    conn->tail = STR_EMPTY;
    return &conn->out;
}

typedef struct {
    char at[LOAD_HEAD_ROOM];
    size_t len;
} Head;

static void add(Head *head, Str s)
{
    if (head->len + s.len > sizeof head->at)
        load_fail("the head of a request is longer than %d bytes", LOAD_HEAD_ROOM);
    memcpy(head->at + head->len, s.at, s.len);
    head->len += s.len;
}

static void add_length(Head *head, size_t length)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + length % 10);
        length /= 10;
    } while (length);
    add(head, STR("Content-Type: application/fhir+json\r\nContent-Length: "));
    add(head, str_n(digits + at, sizeof digits - at));
    add(head, STR("\r\n"));
}

/* Everything behind the path; then the head goes in front of the body. */
static void finish(Conn *conn, Head *head, bool has_body)
{
    add(head, STR(" HTTP/1.1\r\nHost: "));
    add(head, conn->target->host);
    add(head, STR("\r\nAccept: application/fhir+json\r\n"));
    add(head, conn->target->headers);
    if (has_body)
        add_length(head, conn->out.len - LOAD_HEAD_ROOM + conn->tail.len);
    add(head, STR("\r\n"));
    if (conn->out.full)
        load_fail("a request is larger than %zu bytes", conn->out.max);
    conn->out_from = LOAD_HEAD_ROOM - head->len;
    memcpy(conn->out.at + conn->out_from, head->at, head->len);
}

static Head begin(Conn *conn, const char *method)
{
    Head head;
    head.len = 0;
    conn->replayable = method[0] == 'G';
    if (conn->replayable || method[0] == 'D')
        request_body(conn);
    add(&head, str_of(method));
    add(&head, STR(" "));
    return head;
}

void request_send(Conn *conn, const char *method, Str type, Str id)
{
    Head head = begin(conn, method);
    add(&head, conn->target->path);
    if (type.len) {
        add(&head, STR("/"));
        add(&head, type);
    }
    if (id.len) {
        add(&head, STR("/"));
        add(&head, id);
    }
    finish(conn, &head, method[0] == 'P');
}

void request_send_path(Conn *conn, const char *method, Str path)
{
    Head head = begin(conn, method);
    add(&head, path);
    finish(conn, &head, method[0] == 'P');
}

typedef struct {
    Work work;
    const char *method;
    Str path, body;
    bool sent, answered;
    Answer answer;
    Arena *arena;
} Fetch;

static bool fetch_next(Work *work, Conn *conn)
{
    Fetch *fetch = (Fetch *)work;
    if (fetch->sent)
        return false;
    fetch->sent = true;
    request_body(conn);
    conn->tail = fetch->body;
    request_send_path(conn, fetch->method, fetch->path);
    return true;
}

static const char *fetch_check(Work *work, Conn *conn, const Answer *answer)
{
    Fetch *fetch = (Fetch *)work;
    UNUSED(conn);
    fetch->answered = true;
    fetch->answer = *answer;
    fetch->answer.body = arena_str(fetch->arena, answer->body);
    fetch->answer.location = arena_str(fetch->arena, answer->location);
    return NULL;
}

bool client_fetch(const Target *target, Arena *arena, const char *method, Str path, Str body,
                  Answer *ret_answer)
{
    Fetch fetch = {.work = {fetch_next, fetch_check, {0}},
                   .method = method,
                   .path = path,
                   .body = body,
                   .arena = arena};
    Arena *scratch = arena_new((size_t)2 << 30, false);
    if (!scratch)
        load_fail("out of memory");
    Loop loop;
    loop_init(&loop, scratch, target, 1, 60 * TIME_SECOND);
    loop_add(&loop, &fetch.work, 1);
    loop_run(&loop, 0);
    loop_clear(&loop);
    arena_free(scratch);
    if (fetch.answered)
        *ret_answer = fetch.answer;
    return fetch.answered;
}
