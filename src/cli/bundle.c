/* cli/bundle.c - JSON from a file or from the demo into the record. */
#include "cli/cli.h"

enum { TRIES_MAX = 8 };

/* Whether the text is a Bundle that is to be carried out, not one that is to be kept. */
static Status look_at(Ctx *cx, Str json, bool *ret_carried_out, Str *ret_type, Str *ret_id)
{
    JsonValue *root;
    TRY(json_parse(cx, json, &root));
    Str kind = json_get_str(root, STR("type"));
    *ret_type = json_get_str(root, STR("resourceType"));
    *ret_id = json_get_str(root, STR("id"));
    *ret_carried_out = str_eq(*ret_type, STR("Bundle")) &&
                       (str_eq(kind, STR("transaction")) || str_eq(kind, STR("batch")));
    if (!ret_type->len)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "It is no FHIR resource: it has no "
                        "resourceType.");
    return STATUS_OK;
}

static Status prepare(Record *record, Ctx *cx, const Call *call, Body body, bool bundle, Str type,
                      Str id, Reply *reply)
{
    if (bundle)
        return record_bundle(record, cx, call, body, reply);
    if (id.len)
        return record_update(record, cx, call, type, id, body, reply);
    return record_create(record, cx, call, type, body, reply);
}

/* A text that looks like a batch may hold entries that failed. */
static Status judge_entries(Ctx *cx, Str answer)
{
    JsonValue *root, *entry;
    Str name;
    size_t failed = 0, number = 0;
    if (!answer.len)
        return STATUS_OK;
    TRY(json_parse(cx, answer, &root));
    for (JsonIter it = json_iter(json_get(root, STR("entry"))); json_next(&it, &name, &entry);
         number++) {
        Str status = json_get_str(json_get(entry, STR("response")), STR("status"));
        failed += status.len && status.at[0] != '2';
    }
    if (failed)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "%zu of its %zu entries failed.", failed,
                        number);
    return STATUS_OK;
}

static Status copy_body(Ctx *cx, Str json, Body *ret_body)
{
    char *bytes = arena_alloc_raw(cx->arena, json.len + JSON_PADDING);
    if (!bytes)
        return STATUS_MEMORY;
    memcpy(bytes, json.at, json.len);
    memset(bytes + json.len, 0, JSON_PADDING);
    *ret_body = (Body){bytes, json.len};
    return STATUS_OK;
}

Status cli_put_bundle(Record *record, Ctx *cx, const Access *access, Str json)
{
    Call call = {.access = access,
                 .base = STR("https://localhost/fhir"),
                 .address = STR("local"),
                 .prefer = STR("return=minimal")};
    bool bundle;
    Str type, id;
    Status status = STATUS_CONFLICT;
    TRY(look_at(cx, json, &bundle, &type, &id));
    for (unsigned i = 0; i < TRIES_MAX && status == STATUS_CONFLICT; i++) {
        Reply reply = {.status = STATUS_OK};
        Body body;
        TRY(copy_body(cx, json, &body));
        Status prepared = prepare(record, cx, &call, body, bundle, type, id, &reply);
        bool retry = reply.retry;
        status = record_finish(record, cx, &call, &reply);
        if (prepared != STATUS_OK && !(prepared == STATUS_CONFLICT && retry))
            return prepared;
        if (prepared != STATUS_OK) {
            ctx_forget(cx);
            status = prepared;
            continue;
        }
        if (status == STATUS_OK)
            return bundle ? judge_entries(cx, reply.body) : STATUS_OK;
        if (!retry)
            break;
    }
    return status;
}
