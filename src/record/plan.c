/* record/plan.c - from a checked resource to the bytes, version and keys of a write. */
#include "record/internal.h"

#include "crypto/crypto.h"

/* Crockford's alphabet in lower case: no letter that looks like a digit. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

Str new_id(Ctx *cx)
{
    enum { TIME_CHARS = 10, CHANCE_CHARS = 16 };
    char *id = arena_alloc_raw(cx->arena, TIME_CHARS + CHANCE_CHARS);
    if (!id)
        return STR_EMPTY;
    uint64_t ms = (uint64_t)(time_now() / TIME_MS);
    for (size_t i = TIME_CHARS; i-- > 0; ms >>= 5)
        id[i] = alphabet[ms & 31];
    uint8_t chance[CHANCE_CHARS];
    crypto_random(chance, sizeof(chance));
    for (size_t i = 0; i < CHANCE_CHARS; i++)
        id[TIME_CHARS + i] = alphabet[chance[i] & 31];
    return str_n(id, TIME_CHARS + CHANCE_CHARS);
}

static Status keys_before(const Record *record, Ctx *cx, const Change *change, SearchKeys *ret_keys)
{
    *ret_keys = (SearchKeys){0};
    if (!change->before || change->before->deleted)
        return STATUS_OK;
    JsonValue *old;
    TRY(json_parse(cx, change->before->body, &old));
    SearchSource source = {change->type, old, change->before->rid, change->before->updated};
    return search_keys(record->search, cx, &source, ret_keys);
}

static Status write_body(const Record *record, Ctx *cx, const Change *change, Str security,
                         StoreWrite *write)
{
    Buf body;
    size_t max = resource_bytes_max(record, change->type),
           room = change->type == record->binary_type
                      ? json_str(json_get(change->resource, STR("data"))).len
                      : 0;
    buf_init(&body, cx->arena, 2048 + room, max);
    fhir_write_labelled(&body, change->resource, change->id, write->version, write->updated,
                        security);
    if (buf_done(&body) != STATUS_OK && body.len < body.max / 2)
        return STATUS_MEMORY;
    if (buf_done(&body) != STATUS_OK)
        return ctx_fail(cx, STATUS_TOO_LARGE, STR_EMPTY, "A resource may have at most %zu bytes.",
                        max);
    buf_trim(&body);
    write->body = buf_str(&body);
    return STATUS_OK;
}

/* A Binary without the text of its data, which no index key is made of. */
static Status parse_labelled(const Record *record, Ctx *cx, const Change *change, Str body,
                             JsonValue **ret_resource)
{
    static const Str name = STR_INIT(",\"data\":\"");
    const char *at =
        change->type == record->binary_type ? memmem(body.at, body.len, name.at, name.len) : NULL;
    Buf rest;
    if (!at)
        return json_parse(cx, body, ret_resource);
    size_t before = (size_t)(at - body.at) + name.len;
    buf_init(&rest, cx->arena, 1024, RESOURCE_BYTES_MAX);
    buf_add_str(&rest, str_head(body, before));
    Str tail = str_from(body, before); /* no quote is in base64 */
    buf_add_str(&rest, str_from(tail, str_index(tail, '"')));
    TRY(buf_done(&rest));
    return json_parse(cx, buf_str(&rest), ret_resource);
}

/* Bytes and index keys. What a label changed in meta is found by it: _security. */
static Status write_resource(const Record *record, Ctx *cx, const Change *change, Str security,
                             StoreWrite *write, SearchKeys *ret_keys)
{
    JsonValue *resource = change->resource;
    if (change->type == record->param_type)
        TRY(search_check_param(record->search, cx, resource, change->id));
    TRY(write_body(record, cx, change, security, write));
    if (security.at)
        TRY(parse_labelled(record, cx, change, write->body, &resource));
    SearchSource source = {change->type, resource, write->rid, write->updated};
    return search_keys(record->search, cx, &source, ret_keys);
}

Status plan_write(const Record *record, Ctx *cx, const Change *change, StoreWrite *ret_write)
{
    const StoreRow *before = change->before;
    if (change->type == record->audit_type)
        return ctx_fail(cx, STATUS_METHOD, STR_EMPTY,
                        "AuditEvents are made by the server, of what is done; nobody else writes "
                        "or deletes one.");
    TRY(content_check(record, cx, change));
    Time now = time_now() / TIME_MS * TIME_MS;
    StoreWrite write = {
        .method = change->method,
        .type = change->type,
        .id_is_fresh = change->id_is_fresh,
        .version = before ? before->version + 1 : 1,
        .rid = before ? before->rid : store_new_rid(record->store),
        .id = change->id,
        .updated = before && before->updated > now ? before->updated : now,
    };
    SearchKeys old, now_keys = {0}, add, remove;
    Str security;
    TRY(keys_before(record, cx, change, &old));
    TRY(label_change(record, cx, change, &write.facts, &security));
    if (change->resource)
        TRY(write_resource(record, cx, change, security, &write, &now_keys));
    if (old.count) {
        TRY(search_keys_diff(cx, &old, &now_keys, &add, &remove));
        write.add = add.keys;
        write.add_count = add.count;
        write.remove = remove.keys;
        write.remove_count = remove.count;
    } else {
        write.add = now_keys.keys;
        write.add_count = now_keys.count;
    }
    TRY(caller_may_write(record, cx, change, &write));
    TRY(owned_follow(record, cx, change, &write));
    *ret_write = write;
    return STATUS_OK;
}
