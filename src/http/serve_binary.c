/* http/serve_binary.c - documents as they are: a Binary whose bytes come and go without JSON around
 * them. What is stored is the resource; record never knows how it came.
 *
 * Bytes leave with their own type only where no browser runs them; all others are files to be kept.
 * Large ones are held in memory several times over while they are stored or read, so one is let in
 * at a time.
 *
 * SPEC R4 binary.html#rest, http.html#mime-type */
#include "http/request.h"

#include "base/base64.h"
#include "http/negotiate.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"
#include "http/target.h"

enum { LARGE_BYTES = 16 << 20, TYPE_MAX = 100 };

/* A media type without parameters, of which a header can be made. */
static bool is_type(Str type)
{
    size_t slashes = 0;
    for (size_t i = 0; i < type.len; i++) {
        char c = type.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        slashes += c == '/';
        if (!letter && !(c && strchr("/+-._", c)))
            return false;
    }
    return slashes == 1 && type.len <= TYPE_MAX && type.at[0] != '/' &&
           type.at[type.len - 1] != '/';
}

/* It stays his until the answer has left: request_end gives it back. */
static Status take_turn(Request *rq)
{
    if (rq->large || !atomic_exchange(&rq->http->large, true)) {
        rq->large = true;
        return STATUS_OK;
    }
    return ctx_fail(&rq->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "Another large document is on its way; try again in a moment.");
}

/* ---- in -----------------------------------------------------------------------------------------
 */

static Status wrap(Request *rq, Str type, Body *ret_body)
{
    Str bytes = str_n(rq->body.at, rq->body.len), context = rq->given[HEADER_X_SECURITY_CONTEXT];
    Buf buf;
    size_t room = (bytes.len + 2) / 3 * 4 + 1024 + JSON_PADDING;
    buf_init(&buf, rq->cx.arena, room, room);
    buf_add_lit(&buf, "{\"resourceType\":\"Binary\",\"contentType\":");
    json_write_string(&buf, type);
    if (context.len) {
        buf_add_lit(&buf, ",\"securityContext\":{\"reference\":");
        json_write_string(&buf, str_head(context, 400));
        buf_add_char(&buf, '}');
    }
    buf_add_lit(&buf, ",\"data\":\"");
    base64_write(&buf, bytes);
    buf_add_lit(&buf, "\"}");
    size_t len = buf.len;
    if (buf_reserve(&buf, JSON_PADDING))
        buf.len += JSON_PADDING;
    TRY(buf_done(&buf));
    *ret_body = (Body){buf.at, len};
    return STATUS_OK;
}

Status serve_binary_create(Request *rq)
{
    Str given = rq->given[HEADER_CONTENT_TYPE], type = str_trim(str_cut(&given, ';'));
    Body body = rq->body;
    if (rq->body.len > LARGE_BYTES)
        TRY(take_turn(rq));
    if (!negotiate_is_json(type)) {
        if (!is_type(type))
            return ctx_fail(&rq->cx, STATUS_MEDIA_TYPE, STR_EMPTY,
                            "The Content-Type says what kind of document it is: application/pdf.");
        if (!rq->body.len)
            return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "The document is empty.");
        TRY(wrap(rq, type, &body));
    }
    TRY(record_create(rq->http->record, &rq->cx, &rq->call, STR("Binary"), body, &rq->reply));
    if (!negotiate_is_json(type)) /* its bytes are not sent back */
        rq->reply.body = STR_EMPTY;
    return STATUS_OK;
}

/* ---- out ----------------------------------------------------------------------------------------
 */

/* What a browser shows without running anything. */
static bool is_shown(Str type)
{
    static const Str types[] = {STR_INIT("application/pdf"), STR_INIT("image/png"),
                                STR_INIT("image/jpeg"),      STR_INIT("image/gif"),
                                STR_INIT("image/webp"),      STR_INIT("text/plain")};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq_nocase(type, types[i]))
            return true;
    return false;
}

static Status unwrap(Request *rq)
{
    JsonValue *resource;
    Str bytes, given, type;
    TRY(json_parse(&rq->cx, rq->reply.body, &resource));
    given = json_get_str(resource, STR("contentType"));
    type = str_trim(str_cut(&given, ';'));
    if (!base64_read(rq->cx.arena, json_get_str(resource, STR("data")), &bytes))
        return ctx_fail(&rq->cx, STATUS_INTERNAL, STR_EMPTY, "The document cannot be read.");
    if (!is_type(type))
        type = STR("application/octet-stream");
    bool text = str_eq_nocase(type, STR("text/plain"));
    Str kept = arena_format(rq->cx.arena, STR_FMT "%s", STR_ARG(type),
                            text && str_is_utf8(bytes) ? "; charset=utf-8" : "");
    if (!kept.at)
        return STATUS_MEMORY;
    rq->reply.body = bytes;
    rq->reply.content_type = kept.at;
    rq->reply.file_name = is_shown(type) ? STR_EMPTY : STR("document");
    return STATUS_OK;
}

/* As FHIR for who asks for FHIR, or for nothing in particular. */
static bool wants_resource(const Request *rq)
{
    Str value;
    if (rq->query.len && target_param(rq->home, rq->query, STR("_format"), &value))
        return true;
    Str accept = str_trim(rq->given[HEADER_ACCEPT]);
    return !accept.len || str_eq(accept, STR("*/*")) || negotiate_names_json(accept);
}

Status serve_binary_read(Request *rq)
{
    TRY(record_read(rq->http->record, &rq->cx, &rq->call, STR("Binary"), rq->args[0], &rq->reply));
    if (rq->reply.body.len > LARGE_BYTES)
        TRY(take_turn(rq));
    if (wants_resource(rq) || rq->reply.http != 200)
        return STATUS_OK;
    return unwrap(rq);
}
