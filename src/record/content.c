/* record/content.c - contents that stand in pieces beside their rows: see content.h. */
#include "record/content.h"

#include "base/base64.h"
#include "record/internal.h"
#include "store/item.h"
#include "store/moving.h"

enum {
    SWEEP_AFTER_S = 3600, /* no upload takes so long: http's limit of time is shorter */
    SWEEP_PIECES = 8,     /* in a commit: the writer is held for some milliseconds */
    NAMES_AT_ONCE = 512,
    HEX_BYTES = 2 * CRYPTO_SHA256_BYTES,
};
static const Str url = STR_INIT("urn:aceso:content");
static const Str space = STR_INIT("content"); /* items: what is on its way, or is to go */
static const Str arrives = STR_INIT("arrives"), goes = STR_INIT("goes");

/* ---- what a resource says ------------------------------------------------------------------ */

/* "NAME BYTES SHA256" */
static bool read_words(Str words, RecordContent *ret_content)
{
    RecordContent content = {.id = str_cut(&words, ' ')};
    Str bytes = str_cut(&words, ' ');
    content.sha256 = words;
    if (!str_is_name(content.id, STORE_CONTENT_BYTES_MAX) || content.sha256.len != HEX_BYTES ||
        !str_to_u64(bytes, &content.bytes) || !content.bytes)
        return false;
    *ret_content = content;
    return true;
}

/* The extension among those of `_data`; NULL: it is not there. */
static const JsonValue *extension_of(const JsonValue *resource)
{
    JsonValue *extension;
    const JsonValue *all = json_get(json_get(resource, STR("_data")), STR("extension"));
    for (JsonIter it = json_iter(all); json_next(&it, NULL, &extension);)
        if (str_eq(json_get_str(extension, STR("url")), url))
            return extension;
    return NULL;
}

static Status damaged(Ctx *cx)
{
    return ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "The document cannot be read.");
}

static bool names_one(Str body)
{
    return body.len && memmem(body.at, body.len, url.at, url.len);
}

Status content_of(Ctx *cx, Str body, RecordContent *ret_content, Str *ret_head)
{
    static const Str binary = STR_INIT("Binary");
    JsonValue *resource, *value;
    Buf head;
    Str name;
    *ret_content = (RecordContent){.id = STR_EMPTY};
    *ret_head = STR_EMPTY;
    if (!names_one(body))
        return STATUS_OK;
    TRY(json_parse(cx, body, &resource));
    const JsonValue *extension = extension_of(resource);
    if (!extension || !str_eq(json_get_str(resource, STR("resourceType")), binary))
        return STATUS_OK;
    if (!read_words(json_get_str(extension, STR("valueString")), ret_content))
        return damaged(cx);
    buf_init(&head, cx->arena, body.len, body.len + 16);
    for (JsonIter it = json_iter(resource); json_next(&it, &name, &value);) {
        if (str_eq(name, STR("_data")))
            continue;
        buf_add_char(&head, head.len ? ',' : '{');
        json_write_string(&head, name);
        buf_add_char(&head, ':');
        json_write(&head, value, false);
    }
    *ret_head = buf_str(&head);
    return buf_done(&head);
}

Status content_name(Ctx *cx, const RecordContent *content, JsonValue **resource)
{
    Buf text;
    buf_init(&text, cx->arena, 1024, RESOURCE_BYTES_MAX);
    json_write(&text, *resource, false);
    TRY(buf_done(&text));
    text.len--; /* its last brace */
    buf_format(&text,
               ",\"_data\":{\"extension\":[{\"url\":\"" STR_FMT "\",\"valueString\":\"" STR_FMT
               " %llu " STR_FMT "\"}]}}",
               STR_ARG(url), STR_ARG(content->id), (unsigned long long)content->bytes,
               STR_ARG(content->sha256));
    TRY(buf_done(&text));
    return json_parse(cx, buf_str(&text), resource);
}

/* What the version before names, the next one may. */
Status content_check(const Record *record, Ctx *cx, const Change *change)
{
    RecordContent before = {.id = STR_EMPTY};
    Str unused;
    if (change->type != record->binary_type || !change->resource)
        return STATUS_OK;
    const JsonValue *extension = extension_of(change->resource);
    if (!extension)
        return STATUS_OK;
    if (change->before && !change->before->deleted)
        TRY(content_of(cx, change->before->body, &before, &unused));
    RecordContent named = {.id = STR_EMPTY};
    bool sound = read_words(json_get_str(extension, STR("valueString")), &named) &&
                 !json_get(change->resource, STR("data"));
    bool ours = (change->upload && str_eq(named.id, change->upload->content.id)) ||
                (before.id.len && str_eq(named.id, before.id) && named.bytes == before.bytes);
    if (sound && ours)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Binary.data"),
                    "The extension " STR_FMT " is the server's own: send the bytes.", STR_ARG(url));
}

/* ---- arriving ------------------------------------------------------------------------------ */

Status content_begin(Record *record, Ctx *cx, Str *ret_id)
{
    Str id = new_id(cx);
    StoreItem item = {space, id, arrives};
    StoreJobAdd job = {
        .kind = STR(CONTENT_JOB), .payload = id, .after = (Time)SWEEP_AFTER_S * TIME_SECOND};
    StoreCommit commit = {.items = &item, .item_count = 1, .jobs = &job, .job_count = 1};
    if (!id.len)
        return STATUS_MEMORY;
    TRY(store_commit(record->store, cx, record->self, &commit));
    *ret_id = id;
    return STATUS_OK;
}

void content_put(Record *record, Ctx *cx, ContentPut *put)
{
    put->commit.pieces = &put->piece;
    put->commit.piece_count = 1;
    store_submit(record->store, cx, record->self, &put->commit);
}

/* With the resource: its last piece, and that it is there. Swept meanwhile: CONFLICT. */
Status content_join(Ctx *cx, const RecordUpload *upload, StoreCommit *commit)
{
    StoreItem *items = arena_array_of(cx->arena, StoreItem, 2);
    if (!items)
        return STATUS_MEMORY;
    items[0] = (StoreItem){space, upload->content.id, STR_EMPTY};
    items[1] = (StoreItem){space, upload->content.id, arrives};
    commit->items = items;
    commit->item_count = 1;
    commit->guard = &items[1];
    commit->pieces = &upload->last;
    commit->piece_count = 1;
    return STATUS_OK;
}

/* ---- going ---------------------------------------------------------------------------------- */

static Status sweep_slice(Record *record, Ctx *cx, const StorePiece *pieces, size_t count)
{
    StorePiece gone[SWEEP_PIECES];
    for (size_t i = 0; i < count; i++) /* from the end: what is left has no gaps */
        gone[i] = (StorePiece){.content = pieces[count - 1 - i].content,
                               .number = pieces[count - 1 - i].number};
    StoreCommit commit = {.pieces = gone, .piece_count = count};
    return store_commit(record->store, cx, record->self, &commit);
}

/* Names of the pieces that are left, at most NAMES_AT_ONCE, from `from` on. */
static Status names_of(Record *record, Ctx *cx, Str id, int64_t behind, StorePiece *pieces,
                       size_t *ret_count)
{
    StoreReader *reader;
    StorePiecesAfter after = {.content = id, .number = behind, .some = {NAMES_AT_ONCE, SIZE_MAX}};
    TRY(store_read_begin(record->store, cx, record->self, &reader));
    Status status = store_scan_pieces(reader, &after, pieces, ret_count);
    store_read_end(reader);
    size_t own = 0;
    while (status == STATUS_OK && own < *ret_count && str_eq(pieces[own].content, id))
        own++;
    *ret_count = own;
    return status;
}

static Status sweep_pieces(Record *record, Ctx *cx, Str id)
{
    StorePiece *pieces = arena_array_of(cx->arena, StorePiece, NAMES_AT_ONCE);
    int64_t behind = -1;
    size_t count = NAMES_AT_ONCE;
    if (!pieces)
        return STATUS_MEMORY;
    while (count == NAMES_AT_ONCE) { /* to the last ones */
        TRY(names_of(record, cx, id, behind, pieces, &count));
        behind = count ? pieces[count - 1].number : behind;
    }
    while (behind >= 0) {
        int64_t first = behind - behind % NAMES_AT_ONCE;
        TRY(names_of(record, cx, id, first - 1, pieces, &count));
        for (size_t end = count; end;) {
            size_t begin = end > SWEEP_PIECES ? end - SWEEP_PIECES : 0;
            TRY(sweep_slice(record, cx, pieces + begin, end - begin));
            TRY(ctx_check_deadline(cx));
            end = begin;
        }
        behind = first - 1;
    }
    return STATUS_OK;
}

Status content_sweep(Record *record, Ctx *cx, Str id)
{
    Str state;
    Status status = store_item_now(record->store, cx, record->self, space, id, &state);
    if (status != STATUS_OK) /* its resource is there, or it went before */
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    StoreItem seen = {space, id, state}, item = {space, id, goes};
    StoreCommit decide = {.items = &item, .item_count = 1, .guard = &seen};
    if (!str_eq(state, goes)) {
        status = store_commit(record->store, cx, record->self, &decide);
        if (status != STATUS_OK) /* its resource has come this very moment */
            return status == STATUS_CONFLICT ? STATUS_OK : status;
    }
    TRY(sweep_pieces(record, cx, id));
    item.value = STR_EMPTY;
    StoreCommit done = {.items = &item, .item_count = 1};
    return store_commit(record->store, cx, record->self, &done);
}

/* With the commit that takes its last name away. */
Status content_leave(Ctx *cx, Str id, StoreCommit *commit)
{
    StoreItem *items = arena_array_of(cx->arena, StoreItem, commit->item_count + 1);
    StoreJobAdd *jobs = arena_array_of(cx->arena, StoreJobAdd, commit->job_count + 1);
    if (!items || !jobs)
        return STATUS_MEMORY;
    if (commit->item_count)
        memcpy(items, commit->items, commit->item_count * sizeof(*items));
    if (commit->job_count)
        memcpy(jobs, commit->jobs, commit->job_count * sizeof(*jobs));
    items[commit->item_count++] = (StoreItem){space, id, goes};
    jobs[commit->job_count++] = (StoreJobAdd){.kind = STR(CONTENT_JOB), .payload = id};
    commit->items = items;
    commit->jobs = jobs;
    return STATUS_OK;
}

/* ---- leaving -------------------------------------------------------------------------------- */

Status content_read(Store *store, Ctx *cx, const Access *self, const RecordContent *content,
                    uint64_t number, Str *ret_bytes)
{
    StoreReader *reader;
    uint64_t pieces = content_pieces(content), begin = number * CONTENT_PIECE_BYTES;
    uint64_t wanted = number + 1 < pieces ? CONTENT_PIECE_BYTES : content->bytes - begin;
    assert(number < pieces);
    TRY(store_read_begin(store, cx, self, &reader));
    Status status = store_piece_get(reader, content->id, (uint32_t)number, ret_bytes);
    store_read_end(reader);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && ret_bytes->len != wanted))
        return damaged(cx);
    return status;
}

Status record_content(Record *record, Ctx *cx, const RecordContent *content, uint64_t number,
                      Str *ret_bytes)
{
    return content_read(record->store, cx, record->self, content, number, ret_bytes);
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

Status content_whole(Store *store, Ctx *cx, const Access *self, Str body, Str *ret_body)
{
    RecordContent content;
    Str head, bytes;
    Buf whole;
    *ret_body = body;
    TRY(content_of(cx, body, &content, &head));
    if (!content.id.len)
        return STATUS_OK;
    void **hook = arena_defer(cx->arena, free_arena, NULL);
    Ctx piece = *cx;
    if (!hook || !(piece.arena = arena_new((size_t)4 << 20, true)))
        return STATUS_MEMORY;
    *hook = piece.arena;
    size_t room = head.len + 16 + (content.bytes + 2) / 3 * 4;
    buf_init(&whole, cx->arena, room, room);
    buf_add_str(&whole, head);
    buf_add_lit(&whole, ",\"data\":\"");
    for (uint64_t i = 0; i < content_pieces(&content); i++) {
        arena_clear(piece.arena);
        if (content_read(store, &piece, self, &content, i, &bytes) != STATUS_OK)
            return damaged(cx);
        base64_write(&whole, bytes);
    }
    buf_add_lit(&whole, "\"}");
    TRY(buf_done(&whole));
    *ret_body = buf_str(&whole);
    return STATUS_OK;
}
