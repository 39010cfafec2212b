/* http/begin.c - what is asked, by whom, and may it go on: all that is decided when the
 * headers of a request are complete, before its body is read. */
#include "http/identify.h"

#include "base/log.h"
#include "http/cors.h"
#include "http/limit.h"
#include "http/negotiate.h"
#include "http/request.h"
#include "http/routes.h"
#include "http/server.h"
#include "http/target.h"

static const struct {
    Str name;
    bool once; /* a second one is an attempt to be read in two ways */
} known[HEADER_COUNT] = {
    [HEADER_ACCEPT] = {STR_INIT("Accept"), false},
    [HEADER_ACCESS_CONTROL_REQUEST_METHOD] = {STR_INIT("Access-Control-Request-Method"), true},
    [HEADER_ACCEPT_ENCODING] = {STR_INIT("Accept-Encoding"), false},
    [HEADER_AUTHORIZATION] = {STR_INIT("Authorization"), true},
    [HEADER_CLIENT_CERT] = {STR_INIT("Client-Cert"), true},
    [HEADER_CONTENT_ENCODING] = {STR_INIT("Content-Encoding"), true},
    [HEADER_CONTENT_LENGTH] = {STR_INIT("Content-Length"), true},
    [HEADER_CONTENT_TYPE] = {STR_INIT("Content-Type"), true},
    [HEADER_COOKIE] = {STR_INIT("Cookie"), true},
    [HEADER_EXPECT] = {STR_INIT("Expect"), true},
    [HEADER_HOST] = {STR_INIT("Host"), true},
    [HEADER_IF_MATCH] = {STR_INIT("If-Match"), true},
    [HEADER_IF_MODIFIED_SINCE] = {STR_INIT("If-Modified-Since"), true},
    [HEADER_IF_NONE_EXIST] = {STR_INIT("If-None-Exist"), true},
    [HEADER_IF_NONE_MATCH] = {STR_INIT("If-None-Match"), true},
    [HEADER_LAST_EVENT_ID] = {STR_INIT("Last-Event-ID"), true},
    [HEADER_IF_RANGE] = {STR_INIT("If-Range"), true},
    [HEADER_ORIGIN] = {STR_INIT("Origin"), true},
    [HEADER_PREFER] = {STR_INIT("Prefer"), false},
    [HEADER_RANGE] = {STR_INIT("Range"), true},
    [HEADER_SEC_FETCH_SITE] = {STR_INIT("Sec-Fetch-Site"), true},
    [HEADER_TRANSFER_ENCODING] = {STR_INIT("Transfer-Encoding"), true},
    [HEADER_X_REQUEST_ID] = {STR_INIT("X-Request-Id"), true},
    [HEADER_X_SECURITY_CONTEXT] = {STR_INIT("X-Security-Context"), true},
};

/* SPEC RFC 9110 5.6.2: "Transfer-Encoding " with a blank is not a name that two readers
 * understand alike. */
static bool is_token(Str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] <= ' ' || name.at[i] >= 127 || strchr("\"(),/:;<=>?@[\\]{}", name.at[i]))
            return false;
    }
    return name.len > 0;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    Request *rq = cls;
    UNUSED(kind);
    Str given = str_n(name, name_len);
    if (!is_token(given))
        rq->broken_headers = true;
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (known[i].name.len != name_len || !str_eq_nocase(known[i].name, given))
            continue;
        bool condition = i == HEADER_IF_MATCH || i == HEADER_IF_NONE_MATCH;
        if (condition && !value_len) /* a condition that says nothing is not no condition */
            rq->broken_headers = true;
        Str text = str_n(value ? value : "", value_len), *to = &rq->given[i];
        if (to->at && !known[i].once) /* SPEC RFC 9110 5.3: two lines are one list */
            text = arena_format(rq->home, STR_FMT ", " STR_FMT, STR_ARG(*to), STR_ARG(text));
        if ((to->at && known[i].once) || !text.at)
            rq->broken_headers = true;
        else
            *to = text;
        break;
    }
    return MHD_YES;
}

static void set_request_id(Request *rq)
{
    static const char digits[] = "0123456789abcdef";
    Http *http = rq->http;
    /* Names of people's own making may travel in logs: only what cannot be a sentence. */
    if (str_is_name(rq->given[HEADER_X_REQUEST_ID], 64)) {
        rq->cx.request_id = arena_str(rq->home, rq->given[HEADER_X_REQUEST_ID]);
        return;
    }
    uint64_t number = atomic_fetch_add_explicit(&http->request_number, 1, memory_order_relaxed);
    number = ((uint64_t)http->request_prefix << 32) + number;
    char text[16];
    for (size_t i = sizeof(text); i--; number >>= 4)
        text[i] = digits[number & 15];
    rq->cx.request_id = arena_str(rq->home, str_n(text, sizeof(text)));
}

static Status read_target(Request *rq)
{
    if (!target_split(rq->target, &rq->path, &rq->query))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "The request target must be a path that begins with '/'.");
    if (!target_query_is_sound(rq->home, rq->query))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "The query has a bad percent-encoding, a NUL, or is not UTF-8.");
    return STATUS_OK;
}

static Status refuse_method(Request *rq, Str allow)
{
    if (allow.len == 0)
        return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing at this address.");
    Str kept = arena_str(rq->home, allow);
    if (kept.at)
        request_header(rq, "Allow", kept.at);
    return ctx_fail(&rq->cx, STATUS_METHOD, STR_EMPTY,
                    "This address does not take the method; it takes: " STR_FMT ".",
                    STR_ARG(allow));
}

/* SPEC RFC 9110 9.3.7 */
static Status answer_options(Request *rq, Str allow)
{
    Str kept = arena_str(rq->home, allow);
    if (!kept.at)
        return STATUS_MEMORY;
    request_header(rq, "Allow", kept.at);
    if (!cors_preflight(rq, kept))
        request_header(rq, "Accept-Patch", "application/json-patch+json");
    rq->http_status = 204;
    rq->state = REQUEST_READY;
    return STATUS_OK;
}

static Status find_route(Request *rq)
{
    Str allow = STR_EMPTY;
    rq->route = route_find(rq->home, rq->method, rq->path, rq->args, &allow);
    if (rq->http->options.card_door)
        rq->closes = true; /* a card that was taken out does not go on speaking */
    if (rq->http->options.card_door != (rq->route && rq->route->need == NEEDS_CARD)) {
        rq->route = NULL; /* another port's */
        allow = STR_EMPTY;
    }
    if (!rq->route && str_eq(rq->method, STR("OPTIONS")) && allow.len)
        return answer_options(rq, allow);
    if (!rq->route)
        return refuse_method(rq, allow);
    for (size_t i = 0; i < REQUEST_ARGS_MAX && rq->args[i].at; i++) {
        if (!target_decode(rq->home, rq->args[i], false, &rq->args[i]))
            return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                            "The path has a bad percent-encoding, a NUL, or is not UTF-8.");
    }
    return STATUS_OK;
}

static void set_limits(Request *rq)
{
    const HttpOptions *options = &rq->http->options;
    bool bundle = rq->route->body == BODY_BUNDLE || rq->route->body == BODY_FILE;
    rq->cx.deadline =
        rq->started + (bundle ? options->bundle_seconds : options->request_seconds) * TIME_SECOND;
    switch (rq->route->body) {
    case BODY_NONE: rq->body_max = 0; break;
    case BODY_RESOURCE:
    case BODY_PARAMETERS:
    case BODY_PATCH: rq->body_max = options->body_bytes_max; break;
    case BODY_FILE: rq->body_max = options->file_bytes_max; break;
    case BODY_BUNDLE: rq->body_max = options->bundle_bytes_max; break;
    case BODY_JSON:
    case BODY_FORM:
    case BODY_ANY: rq->body_max = REQUEST_SMALL_MAX; break;
    }
    /* What all bodies may take together is not to be had without a sign-in. */
    if (rq->route->need == NEEDS_OWN_ORIGIN)
        rq->body_max = REQUEST_STRANGER_MAX;
    if (rq->route->need == NEEDS_CLIENT)
        rq->body_max = REQUEST_CLIENT_MAX;
}

static void fill_call(Request *rq)
{
    Call *call = &rq->call;
    call->if_match = rq->given[HEADER_IF_MATCH];
    call->if_none_match = rq->given[HEADER_IF_NONE_MATCH];
    call->if_modified_since = rq->given[HEADER_IF_MODIFIED_SINCE];
    call->if_none_exist = rq->given[HEADER_IF_NONE_EXIST];
    call->prefer = rq->given[HEADER_PREFER];
    call->query = rq->query;
    call->head = str_eq(rq->method, STR("HEAD"));
}

/* Where one body ends is said once, in one way: somebody in front of us might believe the
 * other. After such a request the connection closes. SPEC RFC 9112 6.1, 6.3, 11.2 */
static Status check_headers(Request *rq)
{
    Str length = rq->given[HEADER_CONTENT_LENGTH], coding = rq->given[HEADER_TRANSFER_ENCODING];
    uint64_t bytes;
    rq->closes = true;
    if (rq->broken_headers)
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "A header is broken, or is there twice and may be given once.");
    if (coding.len && (length.len || !str_eq_nocase(coding, STR("chunked"))))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "The length of the body is said in two ways, or in one that is not "
                        "offered.");
    if (length.len && !str_to_u64(length, &bytes))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "Content-Length is not a number.");
    rq->closes = false;
    return STATUS_OK;
}

Status request_begin(Request *rq, const char *method)
{
    rq->method = str_of(method);
    MHD_get_connection_values_n(rq->connection, MHD_HEADER_KIND, take_header, rq);
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (!rq->given[i].at)
            rq->given[i] = STR_EMPTY;
    }
    set_request_id(rq);
    if (str_eq(rq->method, STR("OPTIONS")) && str_eq(rq->target, STR("*")))
        return answer_options(rq, STR("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    TRY(check_headers(rq));
    TRY(read_target(rq));
    cors_look(rq);
    TRY(find_route(rq));
    if (rq->state == REQUEST_READY)
        return STATUS_OK;
    set_limits(rq);
    fill_call(rq);
    TRY(identify_address(rq));
    Status caller = identify_caller(rq);
    TRY(limit_check(rq)); /* who guesses tokens is counted too */
    TRY(caller);
    TRY(negotiate(rq));
    rq->state = REQUEST_RECEIVING;
    return rq->route->body == BODY_NONE ? STATUS_OK : request_body_begin(rq);
}
