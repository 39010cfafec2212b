/* http/work.c - prepares an answer, makes its commit durable, tries again when somebody
 * was faster.
 *
 * Without an acknowledged commit nothing that was prepared leaves: the answer is then the
 * failure of the commit. */
#include "http/gzip.h"

#include <poll.h>

#include "http/refusal.h"
#include "http/request.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"

static bool has_commit(const StoreCommit *commit)
{
    return commit->audit_count || commit->write_count || commit->item_count;
}

void request_suspend(Request *rq)
{
    atomic_fetch_add(&rq->http->suspended, 1);
    rq->suspended = true;
    rq->state = REQUEST_WAITING;
    MHD_suspend_connection(rq->connection);
}

void request_resume(Request *rq, RequestState state)
{
    Http *http = rq->http;
    rq->suspended = false;
    rq->state = state;
    MHD_resume_connection(rq->connection);
    atomic_fetch_sub(&http->suspended, 1);
}

/* Indents the answer for people. */
static Status make_pretty(Request *rq)
{
    JsonValue *root;
    Buf out;
    TRY(json_parse(&rq->cx, rq->answer, &root));
    buf_init(&out, rq->cx.arena, rq->answer.len * 2, SIZE_MAX / 4);
    json_write(&out, root, true);
    TRY(buf_done(&out));
    rq->answer = buf_str(&out);
    return STATUS_OK;
}

static Status make_answer(Request *rq)
{
    rq->answer = rq->reply.body;
    rq->http_status = rq->reply.http;
    if (rq->reply.content_type)
        rq->content_type = rq->reply.content_type;
    if (rq->pretty && rq->answer.len && !rq->content_type)
        TRY(make_pretty(rq));
    return STATUS_OK;
}

/* Whoever has asked may have been signed out elsewhere meanwhile. */
static Status renew_access(Request *rq)
{
    Ctx home = rq->cx;
    home.arena = rq->home; /* it outlives this try */
    Status status = rq->call.access ? access_renew(&home, &rq->call.access) : STATUS_OK;
    ctx_take_issues(&rq->cx, &home);
    return status;
}

/* A clean sheet for one try. The arena of a large body is as large as its values. */
static Status begin_try(Request *rq)
{
    Http *http = rq->http;
    bool stale = rq->tries && rq->reply.commit.stale;
    size_t bytes_max = http->options.memory_bytes_max;
    if (rq->scratch)
        arena_clear(rq->scratch);
    else if (rq->body.len > 1 << 20)
        rq->scratch = arena_new(bytes_max + 6 * rq->body.len, true);
    else if (rq->route->handler == serve_binary_read) /* nobody knows yet how large it is */
        rq->scratch = arena_new(bytes_max + 6 * http->options.file_bytes_max, true);
    else
        rq->scratch = arenas_take(&http->scratches);
    if (!rq->scratch)
        return STATUS_MEMORY;
    rq->cx.arena = rq->scratch;
    ctx_forget(&rq->cx);
    rq->reply = (Reply){.status = STATUS_OK};
    rq->submitted = false;
    rq->header_count = 0;
    rq->content_type = NULL;
    rq->public_answer = false;
    rq->download = NULL;
    if (rq->tries++ && rq->original.at) {
        memcpy(rq->body.at, rq->original.at, rq->original.len);
        memset(rq->body.at + rq->original.len, 0, JSON_PADDING);
        rq->body.len = rq->original.len;
    }
    if (stale)
        TRY(renew_access(rq));
    return ctx_check_deadline(&rq->cx);
}

/* A question whose client has closed the connection need not be answered. (Its socket stays open
 * while the connection is suspended.) */
static bool client_is_gone(const void *who)
{
    const Request *rq = who;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd socket = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};
    return info && poll(&socket, 1, 0) == 1 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static void prepare(Request *rq)
{
    bool question = rq->route->need == NEEDS_READ && rq->route->place == ON_WORKER;
    rq->cx.gone = question ? client_is_gone : NULL;
    rq->cx.who = rq;
    Status status = begin_try(rq);
    if (status == STATUS_OK)
        status = rq->route->handler(rq);
    if (status == STATUS_OK)
        status = make_answer(rq);
    if (status != STATUS_OK)
        request_refuse(rq, status);
    gzip_answer(rq);
}

static void run_again(Work *work);

static Workers *lane_of(const Request *rq)
{
    return rq->route->place == ON_SIGN_IN ? &rq->http->sign_ins : &rq->http->workers;
}

/* On the writer's thread. */
static void committed(StoreCommit *commit)
{
    Request *rq = commit->owner;
    record_settled(&rq->reply);
    bool lost = commit->status == STATUS_CONFLICT || rq->reply.status == STATUS_CONFLICT;
    bool can = rq->original.at || rq->route->body == BODY_NONE || (rq->upload && rq->working);
    bool again = lost && rq->reply.retry && can && rq->tries < REQUEST_TRIES_MAX;
    if (again) {
        rq->work.run = run_again;
        workers_add_again(lane_of(rq), &rq->work);
    } else {
        request_resume(rq, REQUEST_READY);
    }
}

/* access: NULL for the entry about a refusal, which holds whoever it was. */
static void submit(Request *rq, const Access *access)
{
    StoreCommit *commit = &rq->reply.commit;
    commit->done = committed;
    commit->owner = rq;
    rq->submitted = true;
    store_submit(rq->http->store, &rq->cx, access, commit);
}

static void run_again(Work *work)
{
    Request *rq = (Request *)work;
    prepare(rq);
    if (has_commit(&rq->reply.commit))
        submit(rq, rq->call.access);
    else
        request_resume(rq, REQUEST_READY);
}

/* What is suspended is no longer ours: not even its state may be looked at. */
static bool run_here(Request *rq)
{
    prepare(rq);
    if (has_commit(&rq->reply.commit)) {
        request_suspend(rq);
        submit(rq, rq->call.access);
        return false;
    }
    rq->state = REQUEST_READY;
    return true;
}

bool request_audit_refusal(Request *rq)
{
    Str *packed = arena_new_of(rq->home, Str);
    rq->unaudited = false;
    if (!packed || refusal_pack(rq, packed) != STATUS_OK)
        return false;
    rq->reply.commit = (StoreCommit){.audits = packed, .audit_count = 1};
    request_suspend(rq);
    submit(rq, NULL);
    return true;
}

static void open_upload(Work *work)
{
    Request *rq = (Request *)work;
    Status status = begin_try(rq);
    if (status == STATUS_OK)
        status = serve_binary_open(rq);
    rq->tries = 0;
    if (status == STATUS_OK) {
        request_resume(rq, REQUEST_RECEIVING);
        return;
    }
    request_refuse(rq, status);
    if (has_commit(&rq->reply.commit))
        submit(rq, rq->call.access);
    else
        request_resume(rq, REQUEST_READY);
}

void request_open_upload(Request *rq)
{
    rq->work.run = open_upload;
    request_suspend(rq);
    if (workers_add(&rq->http->workers, &rq->work))
        return;
    request_refuse(rq, ctx_fail(&rq->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                "The server is busy; try again in a moment."));
    request_resume(rq, REQUEST_READY);
}

/* What may wait for somebody, or takes long, must not stand in the way of others. */
static bool runs_here(const Request *rq)
{
    if (rq->route->place != BY_SIZE)
        return rq->route->place == IN_PLACE;
    return rq->body.len <= REQUEST_IN_PLACE_MAX && !rq->call.if_none_exist.len;
}

/* The row is in memory now, or whoever prepares asks for it: on a worker, which may wait. */
static void fetched(StoreWish *wish)
{
    Request *rq = wish->owner;
    rq->work.run = run_again;
    workers_add_again(lane_of(rq), &rq->work);
}

/* A read of what memory has not: an event thread that waited for the store would hold up everybody
 * whose connection it has. */
static bool wishes(Request *rq)
{
    if (rq->route->handler != serve_read ||
        !record_lacks(rq->http->record, rq->args[0], rq->args[1], &rq->wish))
        return false;
    rq->wish.done = fetched;
    rq->wish.owner = rq;
    request_suspend(rq);
    store_wish(rq->http->store, &rq->wish);
    return true;
}

bool request_run(Request *rq)
{
    if (wishes(rq))
        return false;
    if (runs_here(rq))
        return run_here(rq);
    rq->work.run = run_again;
    request_suspend(rq);
    if (!workers_add(lane_of(rq), &rq->work)) {
        request_refuse(rq, ctx_fail(&rq->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                    "The server is busy; try again in a moment."));
        request_resume(rq, REQUEST_READY);
    }
    return false;
}
