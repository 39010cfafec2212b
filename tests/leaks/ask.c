/* leaks/ask.c - one request to one twin. */
#include "leaks/ask.h"

enum { TRIES_MAX = 8, TEXT_MAX = 64 << 20 };

static const char *const methods[ASK_KINDS] = {
    [ASK_READ] = "GET",    [ASK_VREAD] = "GET",     [ASK_HISTORY] = "GET",
    [ASK_SEARCH] = "GET",  [ASK_CREATE] = "POST",   [ASK_UPDATE] = "PUT",
    [ASK_PATCH] = "PATCH", [ASK_DELETE] = "DELETE", [ASK_BUNDLE] = "POST"};

static void add_header(Buf *buf, const char *name, Str value)
{
    if (value.len)
        buf_format(buf, "\n  %s: " STR_FMT, name, STR_ARG(value));
}

Str ask_text(Arena *arena, const Ask *ask)
{
    Buf buf;
    buf_init(&buf, arena, 256, TEXT_MAX);
    buf_format(&buf, "%s ", methods[ask->kind]);
    if (ask->compartment.len)
        buf_format(&buf, STR_FMT "/" STR_FMT "/", STR_ARG(ask->compartment), STR_ARG(ask->center));
    buf_add_str(&buf, ask->type);
    if (ask->id.len)
        buf_format(&buf, "/" STR_FMT, STR_ARG(ask->id));
    if (ask->kind == ASK_HISTORY || ask->kind == ASK_VREAD)
        buf_format(&buf, "/_history%s" STR_FMT, ask->version.len ? "/" : "", STR_ARG(ask->version));
    if (ask->query.len)
        buf_format(&buf, "?" STR_FMT, STR_ARG(ask->query));
    add_header(&buf, "If-Match", ask->if_match);
    add_header(&buf, "If-None-Match", ask->if_none_match);
    add_header(&buf, "If-Modified-Since", ask->if_modified_since);
    add_header(&buf, "If-None-Exist", ask->if_none_exist);
    add_header(&buf, "Prefer", ask->prefer);
    if (ask->body.len)
        buf_format(&buf, "\n  " STR_FMT, STR_ARG(ask->body));
    return buf_str(&buf);
}

static Str or_empty(Str text)
{
    return text.at ? text : STR_EMPTY;
}

static Call call_of(const Access *access, const Ask *ask)
{
    return (Call){.access = access,
                  .base = STR("http://test/fhir"),
                  .address = STR("127.0.0.1"),
                  .if_match = or_empty(ask->if_match),
                  .if_none_match = or_empty(ask->if_none_match),
                  .if_modified_since = or_empty(ask->if_modified_since),
                  .if_none_exist = or_empty(ask->if_none_exist),
                  .prefer = or_empty(ask->prefer),
                  .query = or_empty(ask->query)};
}

/* What parsing in place may overwrite. */
static Body body_of(Twin *twin, Str text)
{
    char *at = arena_alloc(twin->cx.arena, text.len + JSON_PADDING);
    assert_non_null(at);
    memcpy(at, text.at ? text.at : "", text.len);
    return (Body){at, text.len};
}

static Status prepare(Twin *t, const Call *call, const Ask *ask)
{
    Record *r = t->record;
    Ctx *cx = &t->cx;
    RecordScope scope = {ask->type, or_empty(ask->compartment), or_empty(ask->center)};
    Str id = or_empty(ask->id);
    switch (ask->kind) {
    case ASK_READ: return record_read(r, cx, call, ask->type, id, &t->reply);
    case ASK_VREAD: return record_vread(r, cx, call, ask->type, id, ask->version, &t->reply);
    case ASK_HISTORY: return record_history(r, cx, call, or_empty(ask->type), id, &t->reply);
    case ASK_SEARCH: return record_search(r, cx, call, &scope, &t->reply);
    case ASK_CREATE: return record_create(r, cx, call, ask->type, body_of(t, ask->body), &t->reply);
    case ASK_UPDATE:
        return record_update(r, cx, call, ask->type, id, body_of(t, ask->body), &t->reply);
    case ASK_PATCH:
        return record_patch(r, cx, call, ask->type, id, body_of(t, ask->body), &t->reply);
    case ASK_DELETE: return record_delete(r, cx, call, ask->type, id, &t->reply);
    default: return record_bundle(r, cx, call, body_of(t, ask->body), &t->reply);
    }
}

static Str link_of(Arena *arena, Str body, const char *relation)
{
    Str mark = arena_format(arena, "\"relation\":\"%s\",\"url\":\"", relation);
    const char *at = memmem(body.at, body.len, mark.at, mark.len);
    if (!at)
        return STR_EMPTY;
    Str rest = str_from(body, (size_t)(at - body.at) + mark.len), url = str_cut(&rest, '"');
    return arena_str(arena, str_from(url, str_index(url, '?') + 1));
}

static Str text_of(Twin *twin, Arena *arena, Status status)
{
    const Reply *reply = &twin->reply;
    Buf buf;
    buf_init(&buf, arena, reply->body.len + 256, TEXT_MAX);
    buf_format(&buf, "HTTP %u\n", status == STATUS_OK ? reply->http : status_http(status));
    if (status != STATUS_OK) {
        Str outcome;
        assert_int_equal(ctx_outcome(&twin->cx, status, &outcome), STATUS_OK);
        buf_add_str(&buf, outcome);
        return buf_str(&buf);
    }
    if (reply->version)
        buf_format(&buf, "ETag: W/\"%u\"\n", reply->version);
    if (reply->location.len)
        buf_format(&buf, "Location: " STR_FMT "\n", STR_ARG(reply->location));
    buf_add_str(&buf, reply->body);
    return buf_str(&buf);
}

/* Reads are prepared alone: nobody waits for the audit entry of an answer that nobody gets. */
Answer ask_run(Twin *twin, Arena *arena, const Access *access, const Ask *ask)
{
    Call call = call_of(access, ask);
    bool writes = ask->kind >= ASK_CREATE;
    Status status = STATUS_CONFLICT;
    for (int tries = 0; tries < TRIES_MAX && status == STATUS_CONFLICT; tries++) {
        twin_clear(twin);
        status = prepare(twin, &call, ask);
        if (writes)
            status = record_finish(twin->record, &twin->cx, &call, &twin->reply);
        if (status == STATUS_CONFLICT && !twin->reply.retry)
            break;
    }
    Answer answer = {.status = status, .text = text_of(twin, arena, status)};
    answer.wrote = writes && status == STATUS_OK;
    answer.next = link_of(arena, answer.text, "next");
    answer.previous = link_of(arena, answer.text, "previous");
    return answer;
}
