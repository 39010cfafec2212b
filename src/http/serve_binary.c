/* http/serve_binary.c - documents as they are: a Binary whose bytes come and go without JSON around
 * them. Large ones come and go in pieces (upload.c, download.c), also as FHIR on their way out.
 *
 * Bytes leave with their own type only where no browser runs them; all others are files to be kept.
 * What stands whole in its row (sent as JSON, or stored before there were pieces) is in memory
 * while it is read, so of these one large one is let in at a time.
 *
 * SPEC R4 binary.html#rest, http.html#mime-type, RFC 9110 14 */
#include "http/upload.h"

#include "base/base64.h"
#include "http/negotiate.h"
#include "http/range.h"
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

static Status wrap(Request *rq, Str type, Str bytes, Body *ret_body)
{
    Str context = rq->given[HEADER_X_SECURITY_CONTEXT];
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
    if (bytes.len) {
        buf_add_lit(&buf, ",\"data\":\"");
        base64_write(&buf, bytes);
        buf_add_char(&buf, '"');
    }
    buf_add_char(&buf, '}');
    size_t len = buf.len;
    if (buf_reserve(&buf, JSON_PADDING))
        buf.len += JSON_PADDING;
    TRY(buf_done(&buf));
    *ret_body = (Body){buf.at, len};
    return STATUS_OK;
}

static Status create(Request *rq, Str type)
{
    Body body;
    if (!is_type(type))
        return ctx_fail(&rq->cx, STATUS_MEDIA_TYPE, STR_EMPTY,
                        "The Content-Type says what kind of document it is: application/pdf.");
    if (!rq->body.len && !rq->upload)
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "The document is empty.");
    rq->call.upload = rq->upload ? upload_told(rq->upload) : NULL;
    TRY(wrap(rq, type, rq->upload ? STR_EMPTY : str_n(rq->body.at, rq->body.len), &body));
    TRY(record_create(rq->http->record, &rq->cx, &rq->call, STR("Binary"), body, &rq->reply));
    rq->reply.body = STR_EMPTY; /* its bytes are not sent back */
    return STATUS_OK;
}

static Str type_of(const Request *rq)
{
    Str given = rq->given[HEADER_CONTENT_TYPE];
    return str_trim(str_cut(&given, ';'));
}

Status serve_binary_create(Request *rq)
{
    Str type = type_of(rq);
    if (rq->body.len > LARGE_BYTES)
        TRY(take_turn(rq));
    return negotiate_is_json(type) ? record_create(rq->http->record, &rq->cx, &rq->call,
                                                   STR("Binary"), rq->body, &rq->reply)
                                   : create(rq, type);
}

/* All that could be said against it at its end is asked with its beginning; what was prepared for
 * that is given up. */
Status serve_binary_open(Request *rq)
{
    Str id;
    TRY(create(rq, type_of(rq)));
    rq->reply.commit = (StoreCommit){.status = STATUS_UNAVAILABLE};
    record_settled(&rq->reply);
    rq->reply = (Reply){.status = STATUS_OK};
    TRY(content_begin(rq->http->record, &rq->cx, &id));
    return upload_open(rq, id);
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

/* Its type as a header says it, and whether it is a file to be kept. */
static Status describe(Request *rq, const JsonValue *resource, bool utf8)
{
    Str given = json_get_str(resource, STR("contentType")), type = str_trim(str_cut(&given, ';'));
    if (!is_type(type))
        type = STR("application/octet-stream");
    bool text = str_eq_nocase(type, STR("text/plain"));
    Str kept =
        arena_format(rq->home, STR_FMT "%s", STR_ARG(type), text && utf8 ? "; charset=utf-8" : "");
    if (!kept.at)
        return STATUS_MEMORY;
    rq->reply.content_type = kept.at;
    rq->reply.file_name = is_shown(type) ? STR_EMPTY : STR("document");
    return STATUS_OK;
}

/* The bytes take the place of their text, which is this request's own. */
static Status unwrap(Request *rq)
{
    JsonValue *resource;
    Str bytes, data = find_data(rq->reply.body);
    TRY(read_head(rq, data, &resource));
    bool sound = data.len ? base64_read_in_place((char *)(uintptr_t)data.at, data.len, &bytes)
                          : base64_read(rq->cx.arena, json_get_str(resource, STR("data")), &bytes);
    if (!sound)
        return ctx_fail(&rq->cx, STATUS_INTERNAL, STR_EMPTY, "The document cannot be read.");
    rq->reply.body = bytes;
    return describe(rq, resource, str_is_utf8(bytes));
}

/* ---- out, in pieces -----------------------------------------------------------------------------
 */

static Status plan_range(Request *rq, DownloadPlan *plan)
{
    uint64_t all = plan->content.bytes;
    Str range = rq->given[HEADER_RANGE];
    plan->bytes = all;
    request_header(rq, "Accept-Ranges", "bytes");
    /* SPEC RFC 9110 14.2: a range is of a GET. */
    if (!range.len || rq->given[HEADER_IF_RANGE].len || rq->call.head)
        return STATUS_OK;
    bool fits = range_read(range, all, &plan->from, &plan->bytes);
    Str says = fits ? arena_format(rq->home, "bytes %llu-%llu/%llu", (unsigned long long)plan->from,
                                   (unsigned long long)(plan->from + plan->bytes - 1),
                                   (unsigned long long)all)
                    : arena_format(rq->home, "bytes */%llu", (unsigned long long)all);
    if (!says.at)
        return STATUS_MEMORY;
    if (fits && plan->bytes == all)
        return STATUS_OK;
    request_header(rq, "Content-Range", says.at);
    rq->reply.http = fits ? 206 : 416;
    return STATUS_OK;
}

static Status stream(Request *rq, bool as_resource)
{
    DownloadPlan plan = {.content = rq->reply.content, .bytes = rq->reply.content.bytes};
    JsonValue *resource;
    Str head = rq->reply.body;
    rq->reply.body = STR_EMPTY;
    plan.content.id = arena_str(rq->home, plan.content.id);
    if (as_resource) {
        plan.base64 = true;
        plan.before = arena_format(rq->home, STR_FMT ",\"data\":\"", STR_ARG(head));
        plan.after = STR("\"}");
    } else {
        Str whole = arena_format(rq->cx.arena, STR_FMT "}", STR_ARG(head));
        TRY(json_parse(&rq->cx, whole, &resource));
        TRY(describe(rq, resource, false));
        TRY(plan_range(rq, &plan));
    }
    if (!plan.content.id.at || (as_resource && !plan.before.at))
        return STATUS_MEMORY;
    return rq->reply.http == 416 ? STATUS_OK : download_begin(rq, &plan);
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
    static const Str binary = STR_INIT("Binary");
    rq->call.streams = true;
    if (rq->args[1].at)
        TRY(record_vread(rq->http->record, &rq->cx, &rq->call, binary, rq->args[0], rq->args[1],
                         &rq->reply));
    else
        TRY(record_read(rq->http->record, &rq->cx, &rq->call, binary, rq->args[0], &rq->reply));
    if (rq->reply.content.id.len)
        return stream(rq, wants_resource(rq));
    if (rq->reply.body.len > LARGE_BYTES)
        TRY(take_turn(rq));
    if (wants_resource(rq) || rq->reply.http != 200)
        return STATUS_OK;
    return unwrap(rq);
}
