/* http/serve_binary.c - documents as they are: a Binary whose bytes come and go without JSON around
 * them. What is stored is the resource; record never knows how it came.
 *
 * Bytes leave with their own type only where no browser runs them; all others are files to be kept.
 * Large ones are in memory twice over while they are stored, once while they are read, so one is
 * let in at a time.
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

/* What the commit holds is packed, and all that it was made of is given back: a document of 100 MB
 * is in memory twice at most. Smaller ones may have to be prepared again, from what came. */
static Status pack(Request *rq, const char *wrapped)
{
    StoreCommit *commit = &rq->reply.commit;
    if (rq->body.len <= REQUEST_RETRY_COPY_MAX || commit->write_count != 1)
        return STATUS_OK;
    arena_drop(rq->cx.arena, wrapped);
    TRY(store_prepare(rq->http->store, rq->cx.arena, &commit->writes[0]));
    arena_drop(rq->cx.arena, commit->writes[0].body.at);
    commit->writes[0].body = STR_EMPTY;
    return STATUS_OK;
}

/* The bytes that came are no more, once they stand in the resource. */
static void drop_body(Request *rq)
{
    if (rq->body.len <= REQUEST_RETRY_COPY_MAX)
        return;
    arena_drop(rq->home, rq->body.at);
    rq->body.at = NULL;
}

Status serve_binary_create(Request *rq)
{
    Str given = rq->given[HEADER_CONTENT_TYPE], type = str_trim(str_cut(&given, ';'));
    Body body = rq->body;
    if (rq->body.len > LARGE_BYTES)
        TRY(take_turn(rq));
    if (negotiate_is_json(type))
        return record_create(rq->http->record, &rq->cx, &rq->call, STR("Binary"), body, &rq->reply);
    if (!is_type(type))
        return ctx_fail(&rq->cx, STATUS_MEDIA_TYPE, STR_EMPTY,
                        "The Content-Type says what kind of document it is: application/pdf.");
    if (!rq->body.len)
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "The document is empty.");
    TRY(wrap(rq, type, &body));
    drop_body(rq);
    TRY(record_create(rq->http->record, &rq->cx, &rq->call, STR("Binary"), body, &rq->reply));
    rq->reply.body = STR_EMPTY; /* its bytes are not sent back */
    return pack(rq, body.at);
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

/* Where the text of `data` stands in a Binary as it is stored: compact, and no other member of it,
 * at any depth, has that name. Within a string a quote has a backslash before it. Empty: read it as
 * JSON (line ends in it are escaped). */
static Str find_data(Str body)
{
    static const Str name = STR_INIT(",\"data\":\"");
    const char *at = memmem(body.at, body.len, name.at, name.len);
    Str rest = at ? str_from(body, (size_t)(at - body.at) + name.len) : STR_EMPTY;
    Str data = str_head(rest, at ? str_index(rest, '"') : 0);
    return data.len && !memchr(data.at, '\\', data.len) ? data : STR_EMPTY;
}

/* The resource without its data: what is said of the document. */
static Status read_head(Request *rq, Str data, JsonValue **ret_head)
{
    Str body = rq->reply.body;
    Buf head;
    buf_init(&head, rq->cx.arena, 1024, SIZE_MAX / 2);
    if (data.len) {
        size_t before = (size_t)(data.at - body.at);
        buf_add_str(&head, str_head(body, before));
        buf_add_str(&head, str_from(body, before + data.len));
    } else {
        buf_add_str(&head, body);
    }
    TRY(buf_done(&head));
    return json_parse(&rq->cx, buf_str(&head), ret_head);
}

/* The bytes take the place of their text, which is this request's own. */
static Status unwrap(Request *rq)
{
    JsonValue *resource;
    Str bytes, given, type, data = find_data(rq->reply.body);
    TRY(read_head(rq, data, &resource));
    given = json_get_str(resource, STR("contentType"));
    type = str_trim(str_cut(&given, ';'));
    bool sound = data.len ? base64_read_in_place((char *)(uintptr_t)data.at, data.len, &bytes)
                          : base64_read(rq->cx.arena, json_get_str(resource, STR("data")), &bytes);
    if (!sound)
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
