/* http/respond.c - hands an answer to libmicrohttpd, with the headers of FHIR and of
 * caution. The bytes stay in the request's arenas until they have left. */
#include "http/request.h"

#include "base/log.h"
#include "http/cors.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"
#include "http/upload.h"

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    /* Fails only without memory: then a header is missing, not the answer. */
    (void)MHD_add_response_header(response, name, value);
}

/* SPEC R4 http.html#versions: ETag W/"n" */
static void add_version(struct MHD_Response *response, uint32_t version)
{
    char text[16];
    if (!version)
        return;
    snprintf(text, sizeof(text), "W/\"%u\"", version);
    add(response, "ETag", text);
}

static void add_time(struct MHD_Response *response, Time updated)
{
    char text[TIME_HTTP_LEN + 1];
    if (!updated)
        return;
    time_format_http(updated, text);
    text[TIME_HTTP_LEN] = '\0';
    add(response, "Last-Modified", text);
}

static void add_text(Request *rq, struct MHD_Response *response, const char *name, Str value)
{
    if (!value.len)
        return;
    Str text = arena_str(rq->home, value);
    if (text.at)
        add(response, name, text.at);
}

/* security-model.md 5: on every answer; pages of the app bring their own policy. */
static void add_caution(Request *rq, struct MHD_Response *response)
{
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "Referrer-Policy", "no-referrer");
    add(response, "Cross-Origin-Resource-Policy", "same-origin");
    if (rq->http->options.tls)
        add(response, "Strict-Transport-Security", "max-age=31536000");
    if (rq->public_answer)
        return;
    add(response, "Cache-Control", "no-store");
    add(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
}

/* A file that is to be kept under a name. SPEC RFC 6266 */
static void add_file_name(Request *rq, struct MHD_Response *response)
{
    Str name = rq->reply.file_name;
    if (!name.len || rq->content_type != rq->reply.content_type)
        return;
    Str text = arena_format(rq->home, "attachment; filename=\"" STR_FMT "\"", STR_ARG(name));
    if (text.at)
        add(response, "Content-Disposition", text.at);
}

static void add_headers(Request *rq, struct MHD_Response *response)
{
    if (rq->answer.len || rq->stream || rq->download)
        add(response, "Content-Type",
            rq->content_type ? rq->content_type : "application/fhir+json; charset=utf-8");
    if (rq->gzipped)
        add(response, "Content-Encoding", "gzip");
    if (rq->public_answer && rq->answer.len) /* the others are kept by no cache */
        add(response, "Vary", "Accept-Encoding");
    add_version(response, rq->reply.version);
    add_time(response, rq->reply.updated);
    add_text(rq, response, "Location", rq->reply.location);
    add_file_name(rq, response);
    add_text(rq, response, "X-Request-Id", rq->cx.request_id);
    for (size_t i = 0; i < rq->header_count; i++)
        add(response, rq->headers[i].name, rq->headers[i].value);
    add_caution(rq, response);
    cors_headers(rq, response);
    if (rq->closes || atomic_load_explicit(&rq->http->stopping, memory_order_relaxed))
        add(response, "Connection", "close");
}

/* The commit came back: nothing of the answer leaves when it did not hold. */
static void judge_commit(Request *rq)
{
    static const struct {
        Status status;
        const char *sentence;
    } words[] = {
        {STATUS_CONFLICT, "Another writer changed the same resource at the same time, again and "
                          "again; read it and try once more."},
        {STATUS_STORAGE, "The disk of the server is full: nothing was written, and nothing can be "
                         "shown because it could not be logged."},
        {STATUS_TIMEOUT, "What this server knows was out of date, again and again; try once more."},
        {STATUS_UNAVAILABLE, "The store is closing or cannot be used."},
    };
    Status status = rq->reply.commit.status;
    if (!rq->submitted || status == STATUS_OK)
        return;
    if (rq->reply.commit.stale)
        status = STATUS_TIMEOUT; /* what others change was never caught up with */
    ctx_forget(&rq->cx);
    rq->header_count = 0;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (words[i].status == status)
            (void)ctx_fail(&rq->cx, status, STR_EMPTY, "%s", words[i].sentence);
    }
    request_refuse(rq, status);
}

static void account(Request *rq)
{
    Time took = time_monotonic() - rq->started;
    size_t row = rq->route ? (size_t)(rq->route - routes) : route_count;
    metrics_count(&rq->http->metrics, row, rq->http_status, took);
    if (!rq->http->options.log_requests)
        return;
    log_event(LOG_REQUEST,
              (LogField[]){
                  log_word(LOG_METHOD, rq->route ? rq->route->method : "-"),
                  log_word(LOG_ROUTE, rq->route ? rq->route->pattern : "-"),
                  log_number(LOG_STATUS, rq->http_status),
                  log_number(LOG_MICROSECONDS, (uint64_t)took),
                  log_number(LOG_BYTES_IN, rq->upload ? upload_bytes(rq->upload) : rq->body.len),
                  log_number(LOG_BYTES_OUT, rq->download ? download_bytes(rq) : rq->answer.len),
                  log_id(LOG_REQUEST_ID, rq->cx.request_id),
              },
              7);
}

enum MHD_Result request_respond(Request *rq)
{
    judge_commit(rq);
    bool bare = rq->http_status == 204 || rq->http_status == 304;
    Str bytes = bare ? STR_EMPTY : rq->answer;
    if (rq->http_status != 200 && rq->http_status != 206) { /* the commit did not hold */
        download_end(rq);
        rq->download = NULL;
    }
    struct MHD_Response *response =
        rq->stream && rq->http_status == 200 ? live_response(rq)
        : rq->download                       ? download_response(rq)
                       : MHD_create_response_from_buffer(bytes.len, (void *)(uintptr_t)bytes.at,
                                                         MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    add_headers(rq, response);
    account(rq);
    enum MHD_Result queued = MHD_queue_response(rq->connection, rq->http_status, response);
    MHD_destroy_response(response);
    return queued;
}
