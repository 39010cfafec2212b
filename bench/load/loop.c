/* load/loop.c - drives all connections from one epoll. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load/conn.h"
#include "base/base.h"

enum {
    EVENTS_MAX = 256,
    OUT_MAX = 1024 * 1024,
    FAILED_IN_A_ROW_MAX = 200,
    ERRORS_SHOWN = 3,
};

static const size_t answer_bytes_max = (size_t)512 * 1024 * 1024;
static uint64_t errors;

void load_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

void load_error(Work *work, const Answer *answer, const char *why)
{
    work->meter.errors++;
    if (++errors > ERRORS_SHOWN)
        return;
    fprintf(stderr, "load: ERROR: %s", why);
    if (answer && answer->status)
        fprintf(stderr, " (status %u): " STR_FMT, answer->status,
                STR_ARG(str_head(answer->body, 400)));
    fputc('\n', stderr);
}

uint64_t load_errors(void)
{
    return errors;
}

void loop_init(Loop *loop, Arena *arena, const Target *target, unsigned conns_max, Time timeout)
{
    *loop = (Loop){.epoll = epoll_create1(EPOLL_CLOEXEC),
                   .target = target,
                   .arena = arena,
                   .conns = arena_array_of(arena, Conn, conns_max),
                   .room = conns_max,
                   .timeout = timeout};
    if (loop->epoll < 0 || !loop->conns)
        load_fail("no memory or no file handles for %u connections", conns_max);
}

void loop_add(Loop *loop, Work *work, unsigned connections)
{
    assert(loop->count + connections <= loop->room);
    for (unsigned i = 0; i < connections; i++) {
        Conn *conn = &loop->conns[loop->count++];
        *conn = (Conn){.target = loop->target, .work = work, .fd = -1};
        buf_init(&conn->out, loop->arena, 16 * 1024, OUT_MAX);
        buf_init(&conn->in, loop->arena, 64 * 1024, answer_bytes_max);
    }
}

static bool is_under_way(const Conn *conn)
{
    return conn->state != CONN_CLOSED && conn->state != CONN_RESTING;
}

static void give_up_if_unreachable(Loop *loop)
{
    if (++loop->failed_in_a_row > FAILED_IN_A_ROW_MAX)
        load_fail("the server at " STR_FMT " cannot be reached", STR_ARG(loop->target->host));
}

/* Sends the request that stands in conn->out, over a new socket where there is none. */
static void start_request(Loop *loop, Conn *conn)
{
    conn_begin(conn);
    if (conn->state == CONN_SENDING && conn_progress(conn) == PROGRESS_BROKEN) {
        conn_close(conn); /* the server had closed it: not a byte of this request arrived */
        conn_begin(conn);
    }
    while (conn->state == CONN_CLOSED) {
        if (!conn_open(conn, loop->epoll))
            give_up_if_unreachable(loop);
    }
}

static void next_request(Loop *loop, Conn *conn)
{
    if (!conn->work->next(conn->work, conn))
        return;
    conn->sent_at = time_monotonic();
    start_request(loop, conn);
}

static void take_answer(Loop *loop, Conn *conn)
{
    Work *work = conn->work;
    conn->answer.took = time_monotonic() - conn->sent_at;
    loop->failed_in_a_row = 0;
    const char *wrong = work->check(work, conn, &conn->answer);
    if (wrong)
        load_error(work, &conn->answer, wrong);
    else
        meter_add(&work->meter, conn->answer.took);
    if (conn->answer.close)
        conn_close(conn);
}

/* A server may close a connection that it has kept alive just as the next request goes
 * out. SPEC RFC 9110 9.2.2: what changes nothing is sent again, once per socket. */
static void take_break(Loop *loop, Conn *conn)
{
    bool again = conn->replayable && conn->served > 0 && conn->in.len == 0;
    conn_close(conn);
    give_up_if_unreachable(loop);
    if (again) {
        start_request(loop, conn);
        return;
    }
    if (loop->failed_in_a_row < 3)
        load_error(conn->work, NULL, "the connection broke off before the whole answer was there");
    else
        conn->work->meter.errors++, errors++;
}

static void handle_event(Loop *loop, Conn *conn, bool more)
{
    Progress progress = conn_progress(conn);
    if (progress == PROGRESS_WAIT)
        return;
    if (progress == PROGRESS_ANSWERED)
        take_answer(loop, conn);
    else
        take_break(loop, conn);
    if (more && !is_under_way(conn))
        next_request(loop, conn);
    loop->look = loop->look || !is_under_way(conn);
}

static unsigned end_late_requests(Loop *loop)
{
    unsigned under_way = 0;
    Time now = time_monotonic();
    for (unsigned i = 0; i < loop->count; i++) {
        Conn *conn = &loop->conns[i];
        if (!is_under_way(conn))
            continue;
        under_way++;
        if (now - conn->sent_at > loop->timeout) {
            conn_close(conn);
            load_error(conn->work, NULL, "no answer within the time limit");
        }
    }
    return under_way;
}

/* One wait and what came of it. */
static void turn(Loop *loop, Time until, bool more)
{
    struct epoll_event events[EVENTS_MAX];
    Time left = until ? until - time_monotonic() : TIME_SECOND;
    int wait_ms = left <= 0 ? 0 : left > 100 * TIME_MS ? 100 : (int)(left / TIME_MS) + 1;
    if (loop->each_turn) {
        loop->each_turn(loop->thing);
        wait_ms = wait_ms > 10 ? 10 : wait_ms;
    }
    int count = epoll_wait(loop->epoll, events, EVENTS_MAX, wait_ms);
    for (int i = 0; i < count; i++)
        handle_event(loop, events[i].data.ptr, more);
}

static void run(Loop *loop, Time until, bool more)
{
    Time looked_at = 0;
    loop->look = true;
    for (;;) {
        Time now = time_monotonic();
        if (until && now >= until)
            return;
        if (loop->look || now - looked_at > 50 * TIME_MS) {
            looked_at = now;
            loop->look = false;
            for (unsigned i = 0; more && i < loop->count; i++)
                if (!is_under_way(&loop->conns[i]))
                    next_request(loop, &loop->conns[i]);
            if (!end_late_requests(loop))
                return;
        }
        turn(loop, until, more);
    }
}

void loop_run(Loop *loop, Time until)
{
    run(loop, until, true);
}

void loop_drain(Loop *loop)
{
    run(loop, 0, false);
}

void loop_clear(Loop *loop)
{
    for (unsigned i = 0; i < loop->count; i++)
        conn_close(&loop->conns[i]);
    close(loop->epoll);
    *loop = (Loop){.epoll = -1};
}
