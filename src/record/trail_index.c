/* record/trail_index.c - index keys of audit entries, made behind the log. */
#include "record/trail.h"

#include <time.h>

#include "store/moving.h"

/* A step holds the writer of a file, and with it every answer, for four microseconds a key, so it
 * is small; in a database it holds nobody, and its commit is what costs. A job rests between two
 * steps, so that whoever waits for an answer finds a core: it may fall behind then, and catches up
 * later. */
enum {
    BATCH_ROWS = 2000,
    STEP_KEYS = 250,
    STEP_KEYS_SHARED = 2000,
    ROW_KEYS_MAX = 60000,
    REST_MS = 6
};
static const Str space = STR_INIT("audit"), indexed_key = STR_INIT("indexed");

static char *put_u64(char *to, uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *to++ = (char)(number >> shift);
    return to;
}

void trail_prefix(char to[TRAIL_PREFIX], char what, uint64_t hash)
{
    to[0] = TRAIL_KIND;
    to[1] = 0;
    to[2] = what;
    put_u64(to + TRAIL_HEAD, hash);
}

uint64_t trail_tag(const uint8_t tag[AUDIT_TAG_BYTES])
{
    uint64_t number = 0;
    for (size_t i = 0; i < AUDIT_TAG_BYTES; i++)
        number = number << 8 | tag[i];
    return number;
}

typedef struct {
    Record *record;
    Ctx *cx;
    Str *keys;
    size_t count, room;
} Keys;

static Status add_key(Keys *keys, char what, uint64_t hash, uint64_t number)
{
    char *key = arena_alloc_raw(keys->cx->arena, TRAIL_KEY);
    keys->keys =
        arena_grow(keys->cx->arena, keys->keys, sizeof(Str), keys->count, &keys->room, 4096);
    if (!key || !keys->keys)
        return STATUS_MEMORY;
    trail_prefix(key, what, hash);
    put_u64(key + TRAIL_PREFIX, number);
    keys->keys[keys->count++] = str_n(key, TRAIL_KEY);
    return STATUS_OK;
}

static Status add_name(Keys *keys, char what, Str name, uint64_t number)
{
    return name.len ? add_key(keys, what, search_hash_text(keys->record->search, name), number)
                    : STATUS_OK;
}

static Status add_entry(Keys *keys, const StoreAuditRow *row)
{
    AuditEntry entry;
    Ctx *cx = keys->cx;
    TRY(audit_unpack(cx, row->entry, &entry));
    TRY(add_name(keys, TRAIL_AGENT, entry.account, row->number));
    TRY(add_name(keys, TRAIL_AGENT, entry.who, row->number));
    if (entry.id.len) {
        Str name =
            arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(entry.type), STR_ARG(entry.id));
        TRY(name.at ? add_name(keys, TRAIL_ENTITY, name, row->number) : STATUS_MEMORY);
    }
    for (size_t i = 0; i < entry.resource_count && i < ROW_KEYS_MAX; i++)
        TRY(add_name(keys, TRAIL_ENTITY, entry.resources[i], row->number));
    for (size_t i = 0; i < entry.part_count; i++)
        TRY(add_key(keys, TRAIL_PATIENT, trail_tag(entry.parts[i].tag), row->number));
    return STATUS_OK;
}

Status trail_indexed(Ctx *cx, StoreReader *reader, Str *ret_text, uint64_t *ret_number)
{
    *ret_number = 0;
    Status status = store_item_get(reader, space, indexed_key, ret_text);
    if (status == STATUS_NOT_FOUND) {
        *ret_text = STR_EMPTY;
        return STATUS_OK;
    }
    if (status == STATUS_OK && !str_to_u64(*ret_text, ret_number))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The index of the audit log is damaged.");
    return status;
}

/* Rows of the log behind the mark, as one snapshot has them. */
typedef struct {
    StoreAuditRow *rows;
    size_t count, done;
    uint64_t last; /* number of the newest entry of all */
    Str mark;      /* as it stands in the store: what the next commit expects */
} Batch;

static Status read_batch(Record *record, Ctx *cx, Batch *ret_batch)
{
    StoreReader *reader;
    StoreTip tip;
    uint64_t at;
    *ret_batch = (Batch){.rows = NULL};
    TRY(store_read_begin(record->store, cx, record->self, &reader));
    Status status = store_tip(reader, &tip);
    if (status == STATUS_OK)
        status = trail_indexed(cx, reader, &ret_batch->mark, &at);
    if (status == STATUS_OK)
        status = store_audit_read(reader, at + 1, BATCH_ROWS, &ret_batch->rows, &ret_batch->count);
    store_read_end(reader);
    ret_batch->last = status == STATUS_OK ? tip.audit : 0;
    return status;
}

/* One commit: keys of the next rows. CONFLICT: somebody else has made them. */
static Status step(Record *record, Ctx *cx, Batch *batch)
{
    Keys keys = {.record = record, .cx = cx};
    size_t most = store_is_shared(record->store) ? STEP_KEYS_SHARED : STEP_KEYS;
    for (; batch->done < batch->count && keys.count < most; batch->done++)
        TRY(add_entry(&keys, &batch->rows[batch->done]));
    Str mark =
        arena_format(cx->arena, "%llu", (unsigned long long)batch->rows[batch->done - 1].number);
    if (!mark.at)
        return STATUS_MEMORY;
    StoreItem guard = {space, indexed_key, batch->mark}, item = {space, indexed_key, mark};
    StoreRekey rekey = {.add = keys.keys, .add_count = keys.count};
    StoreCommit commit = {.rekeys = &rekey,
                          .rekey_count = keys.count > 0,
                          .items = &item,
                          .item_count = 1,
                          .guard = &guard,
                          .beside = true};
    batch->mark = mark;
    return store_commit(record->store, cx, record->self, &commit);
}

static void rest(void)
{
    struct timespec wait = {.tv_nsec = REST_MS * 1000000L};
    (void)nanosleep(&wait, NULL);
}

/* *ret_left: entries behind what was done. */
static Status index_batch(Record *record, Ctx *cx, bool patient, uint64_t *ret_left)
{
    Batch batch;
    Status status = read_batch(record, cx, &batch);
    *ret_left = 0;
    while (status == STATUS_OK && batch.done < batch.count) {
        status = step(record, cx, &batch);
        *ret_left = batch.last - batch.rows[batch.done - 1].number;
        if (patient && *ret_left)
            rest();
    }
    return status;
}

Status record_index_audit(Record *record, Ctx *cx, uint64_t leave, bool patient)
{
    uint64_t left = leave + 1;
    Status status = STATUS_OK;
    while (left > leave && (status == STATUS_OK || status == STATUS_CONFLICT)) {
        TRY(ctx_check_deadline(cx));
        Ctx one = {.arena = arena_new((size_t)64 << 20, true), .deadline = cx->deadline};
        if (!one.arena)
            return STATUS_MEMORY;
        status = index_batch(record, &one, patient, &left);
        if (status != STATUS_CONFLICT)
            (void)ctx_copy_issues(cx, &one, status);
        arena_free(one.arena);
    }
    return status == STATUS_CONFLICT ? STATUS_OK : status;
}
