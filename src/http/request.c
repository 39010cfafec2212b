/* http/request.c - a request is born, refused, buried. */
#include "http/request.h"

#include "base/log.h"
#include "http/routes.h"
#include "http/server.h"
#include "http/upload.h"

Request *request_new(Http *http, struct MHD_Connection *connection, const char *target)
{
    Arena *home = arenas_take(&http->homes);
    if (!home)
        return NULL;
    Request *rq = arena_new_of(home, Request);
    assert(rq); /* the first thing in an empty arena */
    rq->http = http;
    rq->connection = connection;
    rq->home = home;
    rq->cx.arena = home;
    rq->started = time_monotonic();
    rq->target = arena_str(home, str_of(target));
    if (!rq->target.at)
        rq->target = STR_EMPTY;
    atomic_fetch_add_explicit(&http->in_flight, 1, memory_order_relaxed);
    return rq;
}

/* Giving back hundreds of megabytes takes time that an event thread has not. */
typedef struct {
    Work work;
    Http *http;
    Arena *home, *scratch;
    Str content;        /* of an upload whose commit may never have come; or empty */
    LiveStream *stream; /* whose follower may still look at it */
} Burial;

/* What came of a document that did not come to its end. A job does it too, later. */
static void sweep(Burial *burial)
{
    Ctx cx = {.arena = burial->home};
    UNUSED(content_sweep(burial->http->record, &cx, burial->content) == STATUS_OK);
}

static void bury(Work *work)
{
    Burial burial = *(Burial *)work; /* it lies in what it frees */
    if (burial.stream)
        live_close(burial.stream);
    if (burial.content.len)
        sweep(&burial);
    arenas_give(&burial.http->scratches, burial.scratch);
    arenas_give(&burial.http->homes, burial.home);
    atomic_fetch_sub(&burial.http->in_flight, 1);
}

enum { BURIED_ELSEWHERE = 4 << 20 };

void request_end(Request *rq)
{
    Http *http = rq->http;
    size_t bytes = arena_bytes(rq->home) + (rq->scratch ? arena_bytes(rq->scratch) : 0);
    if (rq->stream)
        live_detach(rq->stream);
    Str content = rq->upload ? upload_end(rq->upload) : STR_EMPTY;
    download_end(rq);
    if (rq->body_counted)
        atomic_fetch_sub_explicit(&http->bodies_bytes, rq->body_counted, memory_order_relaxed);
    if (rq->large)
        atomic_store(&http->large, false);
    if (rq->working)
        atomic_fetch_sub(&http->working, 1);
    Burial now = {.work.run = bury,
                  .http = http,
                  .home = rq->home,
                  .scratch = rq->scratch,
                  .content = content,
                  .stream = rq->stream};
    bool elsewhere = bytes > BURIED_ELSEWHERE || rq->stream || content.len;
    Burial *later = elsewhere ? arena_new_of(rq->home, Burial) : NULL;
    if (later) {
        *later = now;
        workers_add_again(&http->workers, &later->work);
    } else {
        bury(&now.work);
    }
}

void request_header(Request *rq, const char *name, const char *value)
{
    assert(rq->header_count < REQUEST_HEADERS_MAX);
    rq->headers[rq->header_count++] = (AnswerHeader){name, value};
}

void request_refuse(Request *rq, Status status)
{
    static const Str last_words =
        STR_INIT("{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\","
                 "\"code\":\"too-costly\",\"diagnostics\":\"The request needs more memory than "
                 "its limit.\"}]}");
    assert(status != STATUS_OK);
    rq->http_status = status_http(status);
    rq->content_type = NULL;
    rq->gzipped = false;
    rq->public_answer = false;
    rq->reply.version = 0;
    rq->reply.updated = 0;
    rq->reply.location = STR_EMPTY;
    if (ctx_outcome(&rq->cx, status, &rq->answer) != STATUS_OK)
        rq->answer = last_words;
    if (status == STATUS_UNAUTHORIZED)
        request_header(rq, "WWW-Authenticate", "Bearer realm=\"aceso\"");
    if ((status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT) && !rq->says_when)
        request_header(rq, "Retry-After", "2");
}
