/* http/body.c - receives the body of a request, within its limits.
 *
 * Room is taken once, by Content-Length, with JSON_PADDING bytes behind; a chunked body
 * grows by doubling. A document that is too large for a row goes on to upload.c. All bodies
 * together have an allowance. */
#include "http/upload.h"

#include "http/routes.h"
#include "http/server.h"

static Status take_allowance(Request *rq, size_t bytes)
{
    Http *http = rq->http;
    size_t before = atomic_fetch_add_explicit(&http->bodies_bytes, bytes, memory_order_relaxed);
    rq->body_counted += bytes;
    if (before + bytes > http->options.bodies_bytes_max)
        return ctx_fail(&rq->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The server holds too many large requests at the moment; try again.");
    return STATUS_OK;
}

static Status make_room(Request *rq, size_t bytes)
{
    TRY(take_allowance(rq, bytes - rq->body_room));
    char *at = arena_realloc(rq->home, rq->body.at, rq->body.at ? rq->body_room + JSON_PADDING : 0,
                             bytes + JSON_PADDING);
    if (!at)
        return ctx_fail(&rq->cx, STATUS_MEMORY, STR_EMPTY, "There is no memory for the body.");
    rq->body.at = at;
    rq->body_room = bytes;
    return STATUS_OK;
}

static Status refuse_size(Request *rq)
{
    return ctx_fail(&rq->cx, STATUS_TOO_LARGE, STR_EMPTY,
                    "The body is larger than the limit of %zu bytes.", rq->body_max);
}

Status request_body_begin(Request *rq)
{
    Str length = rq->given[HEADER_CONTENT_LENGTH];
    uint64_t bytes = 0;
    if (length.len && !str_to_u64(length, &bytes))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "Content-Length is not a number.");
    if (bytes > rq->body_max)
        return refuse_size(rq);
    if (upload_may_be(rq) && bytes > CONTENT_ROW_BYTES_MAX)
        bytes = CONTENT_ROW_BYTES_MAX;
    return bytes ? make_room(rq, (size_t)bytes) : STATUS_OK;
}

static Status upload(Request *rq, const char *bytes, size_t *len)
{
    if (!rq->upload)
        TRY(take_allowance(rq, CONTENT_PIECE_BYTES));
    return upload_add(rq, bytes, len);
}

Status request_body_add(Request *rq, const char *bytes, size_t *left)
{
    size_t len = *left, so_far = rq->upload ? (size_t)upload_bytes(rq->upload) : rq->body.len;
    if (len > rq->body_max - so_far)
        return refuse_size(rq);
    if (rq->upload || (len > CONTENT_ROW_BYTES_MAX - rq->body.len && upload_may_be(rq)))
        return upload(rq, bytes, left);
    size_t need = rq->body.len + len;
    if (need > rq->body_room) {
        size_t room = rq->body_room * 2 > 16384 ? rq->body_room * 2 : 16384;
        room = room < need ? need : room;
        TRY(make_room(rq, room < rq->body_max ? room : rq->body_max));
    }
    memcpy(rq->body.at + rq->body.len, bytes, len);
    rq->body.len += len;
    *left = 0;
    return STATUS_OK;
}

Status request_body_end(Request *rq)
{
    if (!rq->body.at)
        TRY(make_room(rq, 1)); /* an empty body is empty text, not NULL */
    memset(rq->body.at + rq->body.len, 0, JSON_PADDING);
    if (rq->body.len > REQUEST_RETRY_COPY_MAX)
        return STATUS_OK;
    rq->original = arena_str(rq->home, str_n(rq->body.at, rq->body.len));
    return rq->original.at ? STATUS_OK : STATUS_MEMORY;
}
