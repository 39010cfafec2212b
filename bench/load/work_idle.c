/* load/work_idle.c - thousands of connections that hardly speak, while others read.
 *
 * Half of them connect and say nothing; half send their request a byte a second (the
 * beginning of a TLS handshake where the server speaks TLS). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "load/bench.h"
#include "base/base.h"

enum { READERS = 16, BYTES_EACH_TURN = 64, SLOW_EACH = 2 };

typedef struct {
    int fd;
    unsigned sent;
    Time due;
} Idler;

typedef struct {
    Bench *bench;
    Idler *idlers;
    size_t count, next;
    size_t refused;
    Str slow_text;
} Crowd;

/* A ClientHello of 512 bytes that never ends, or a head that never ends. */
static Str slow_text(Bench *bench)
{
    Buf text;
    buf_init(&text, bench->arena, 2048, 2048);
    if (bench->target.tls)
        buf_add_lit(&text, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    else
        buf_format(&text, "GET " STR_FMT "/metadata HTTP/1.1\r\nHost: " STR_FMT "\r\nX-Slow: ",
                   STR_ARG(bench->target.path), STR_ARG(bench->target.host));
    while (text.len < 500)
        buf_add_char(&text, 'a');
    return buf_str(&text);
}

static void open_crowd(Crowd *crowd)
{
    const Target *target = &crowd->bench->target;
    Time now = time_monotonic();
    for (size_t i = 0; i < crowd->count; i++) {
        Idler *idler = &crowd->idlers[i];
        idler->fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (idler->fd < 0)
            load_fail("no more than %zu connections: raise the limit of open files", i);
        if (connect(idler->fd, (const struct sockaddr *)&target->address, target->address_len)) {
            close(idler->fd);
            idler->fd = -1;
            crowd->refused++;
            continue;
        }
        fcntl(idler->fd, F_SETFL, O_NONBLOCK);
        idler->due = now + (Time)((double)i * 1e6 / (double)crowd->count);
    }
}

/* Sends the bytes that are due, a few at a time, round and round. */
static void drip(void *thing)
{
    Crowd *crowd = thing;
    Time now = time_monotonic();
    for (unsigned i = 0; i < BYTES_EACH_TURN; i++) {
        Idler *idler = &crowd->idlers[crowd->next];
        if (idler->due > now)
            return;
        idler->due = now + TIME_SECOND;
        if (idler->fd >= 0 && crowd->next % SLOW_EACH == 0 && idler->sent < crowd->slow_text.len)
            idler->sent += send(idler->fd, crowd->slow_text.at + idler->sent, 1, MSG_NOSIGNAL) == 1;
        crowd->next = (crowd->next + 1) % crowd->count;
    }
}

/* How many the server has not closed. */
static size_t count_open(const Crowd *crowd)
{
    size_t open = 0;
    for (size_t i = 0; i < crowd->count; i++) {
        char byte;
        if (crowd->idlers[i].fd < 0)
            continue;
        ssize_t got = recv(crowd->idlers[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        open += got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
    }
    return open;
}

static void read_beside(Bench *bench, Crowd *crowd, ReadWork *read)
{
    Arena *scratch = bench_scratch();
    Loop loop;
    loop_init(&loop, scratch, &bench->target, READERS, (Time)(bench->options.timeout * 1e6));
    loop_add(&loop, &read->work, READERS);
    loop.each_turn = drip;
    loop.thing = crowd;
    loop_run(&loop, time_monotonic() + (Time)(bench->options.warmup * 1e6));
    read->work.meter = (Meter){0};
    Row row = {.work = "idle-beside",
               .connections = READERS,
               .meter = &read->work.meter,
               .before = process_sample(bench->options.pid),
               .own_before = process_sample(0)};
    Time from = time_monotonic();
    loop_run(&loop, from + (Time)(bench->options.seconds * 1e6));
    row.seconds = (double)(time_monotonic() - from) / 1e6;
    row.after = process_sample(bench->options.pid);
    row.own_after = process_sample(0);
    row_print(bench, &row);
    loop_drain(&loop);
    loop_clear(&loop);
    arena_free(scratch);
}

void work_idle(Bench *bench)
{
    static ReadWork read;
    Ids ids;
    bench_ids(bench, &ids);
    read_work_init(&read, &ids, &bench->rng);
    bench_timed(bench, "idle-without", &read.work, READERS);

    Crowd crowd = {.bench = bench, .count = bench->options.idle, .slow_text = slow_text(bench)};
    crowd.idlers = arena_array_of(bench->arena, Idler, crowd.count + 1);
    Time from = time_monotonic();
    open_crowd(&crowd);
    double opening = (double)(time_monotonic() - from) / 1e6;
    read_beside(bench, &crowd, &read);
    size_t open = count_open(&crowd);
    printf("idle: %zu connections opened in %.2f s, %zu refused, %zu still open at the end\n",
           crowd.count - crowd.refused, opening, crowd.refused, open);
    report_figure(bench, "idle", "open_at_end", (double)open);
    for (size_t i = 0; i < crowd.count; i++)
        if (crowd.idlers[i].fd >= 0)
            close(crowd.idlers[i].fd);
}
