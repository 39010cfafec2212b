/* load/work_read.c - read by id, uniformly random. SPEC R4 http.html#read */
#include "load/bench.h"

#include "base/base.h"

static bool read_next(Work *work, Conn *conn)
{
    ReadWork *read = (ReadWork *)work;
    if (read->stop && *read->stop)
        return false;
    conn->tag = rng_below(read->rng, read->ids->count);
    request_send(conn, "GET", read->ids->at[conn->tag], STR_EMPTY);
    return true;
}

/* The id between quotes; wherever the server puts it, and with whatever blanks. */
static bool body_has_id(Str body, Str type_and_id)
{
    Str id = type_and_id;
    str_cut(&id, '/');
    const char *at = body.at, *end = body.at + body.len;
    while ((at = memmem(at, (size_t)(end - at), id.at, id.len))) {
        if (at > body.at && at + id.len < end && at[-1] == '"' && at[id.len] == '"')
            return true;
        at++;
    }
    return false;
}

static const char *read_check(Work *work, Conn *conn, const Answer *answer)
{
    const ReadWork *read = (const ReadWork *)work;
    if (answer->status != 200)
        return "a read was not answered with 200";
    if (!body_has_id(answer->body, read->ids->at[conn->tag]))
        return "a read came back without the id that was asked for";
    work->meter.resources++;
    return NULL;
}

void read_work_init(ReadWork *read, const Ids *ids, Rng *rng)
{
    *read = (ReadWork){.work = {read_next, read_check, {0}}, .ids = ids, .rng = rng};
}

void work_read(Bench *bench)
{
    Ids ids;
    bench_ids(bench, &ids);
    static ReadWork read;
    for (unsigned i = 0; i < bench->options.connection_counts; i++) {
        read_work_init(&read, &ids, &bench->rng);
        bench_timed(bench, "read", &read.work, bench->options.connections[i]);
    }
}
