/* consult/drafts.c - what somebody is typing, kept on the server for him alone.
 *
 *   space "draft/" account, key = the caller's own ("note:Patient/1")
 *     {"version":3,"saved":1790000000000000,"text":"..."}
 *   space "draft-owner", key = account: when he last saved one, for the sweep
 *
 * A version that is not the stored one means two windows: nothing is overwritten, and the answer
 * has both texts. docs/adr/0137 */
#include "consult/inner.h"

#include "record/operation.h"

enum {
    DRAFT_DAYS = 30,
    DRAFT_TEXT_MAX = 512 << 10, /* a long letter has 20 KB */
    DRAFT_KEY_MAX = 200,
    DRAFTS_MAX = 200, /* of one account */
    DRAFT_ITEM_MAX = DRAFT_TEXT_MAX * 6 + 256,
};
static const Str owners = STR_INIT("draft-owner");

typedef struct {
    uint64_t version; /* 0: there is none */
    Time saved;
    Str text;
} Draft;

static Status draft_parse(Ctx *cx, Str value, Draft *ret_draft)
{
    JsonValue *root;
    uint64_t saved = 0;
    TRY(json_parse(cx, value, &root));
    *ret_draft = (Draft){.text = json_get_str(root, STR("text"))};
    if (!str_to_u64(json_str(json_get(root, STR("version"))), &ret_draft->version) ||
        !str_to_u64(json_str(json_get(root, STR("saved"))), &saved))
        return ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "A draft cannot be read.");
    ret_draft->saved = (Time)saved;
    return STATUS_OK;
}

static bool is_over(const Draft *draft, Time now)
{
    return draft->saved < now - DRAFT_DAYS * TIME_DAY;
}

static Status space_of(Operation *op, Str *ret_space)
{
    Str account = access_account(op->call->access);
    if (access_scopes(op->call->access).len || !account.len)
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Drafts are for the person at the screen, not for other programs.");
    *ret_space = arena_format(op->cx->arena, "draft/" STR_FMT, STR_ARG(account));
    return ret_space->at ? STATUS_OK : STATUS_MEMORY;
}

static Status key_of(Operation *op, Str *ret_key)
{
    TRY(operation_need(op, STR("key"), ret_key));
    if (ret_key->len > DRAFT_KEY_MAX)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "A key has at most %d bytes.",
                        DRAFT_KEY_MAX);
    return STATUS_OK;
}

/* The stored one with its bytes, for the guard; none: version 0. */
static Status find(Operation *op, StoreItem *ret_item, Draft *ret_draft)
{
    *ret_draft = (Draft){.text = STR_EMPTY};
    *ret_item = (StoreItem){.value = STR_EMPTY};
    TRY(space_of(op, &ret_item->space));
    TRY(key_of(op, &ret_item->key));
    Status status = operation_item(op, ret_item->space, ret_item->key, &ret_item->value);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    TRY(draft_parse(op->cx, ret_item->value, ret_draft));
    if (is_over(ret_draft, op->now))
        *ret_draft = (Draft){.text = STR_EMPTY};
    return STATUS_OK;
}

static void add_draft(Pairs *pairs, Str key, const Draft *draft)
{
    char number[24];
    int len = snprintf(number, sizeof(number), "%llu", (unsigned long long)draft->version);
    pairs_text(pairs, "key", "valueString", key);
    pairs_json(pairs, "version", "valueInteger", str_n(number, (size_t)len));
    if (!draft->saved)
        return;
    pairs_time(pairs, "saved", draft->saved);
    pairs_time(pairs, "expires", draft->saved + DRAFT_DAYS * TIME_DAY);
}

Status draft_read(Operation *op)
{
    StoreItem item;
    Draft draft;
    Pairs pairs;
    TRY(find(op, &item, &draft));
    if (!draft.version)
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such draft.");
    pairs_begin(&pairs, op->cx, DRAFT_ITEM_MAX);
    add_draft(&pairs, item.key, &draft);
    pairs_text(&pairs, "text", "valueString", draft.text);
    return pairs_answer(&pairs, op, 200);
}

/* ---- saving ---------------------------------------------------------------------------------- */

/* The version that the caller has in front of him; none said: 0, a new draft. */
static Status version_of(Operation *op, uint64_t *ret_version)
{
    Str text = operation_text(op, STR("version"), 0);
    *ret_version = 0;
    if (!text.len || str_to_u64(text, ret_version))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "The version is not a number.");
}

static Status answer_both(Operation *op, Str key, const Draft *stored, Str yours)
{
    Pairs pairs;
    pairs_begin(&pairs, op->cx, 2 * DRAFT_ITEM_MAX);
    pairs_text(&pairs, "problem", "valueString",
               STR("This draft was changed in another window. Nothing was overwritten: here are "
                   "both texts."));
    add_draft(&pairs, key, stored);
    pairs_text(&pairs, "text", "valueString", stored->text);
    pairs_text(&pairs, "yours", "valueString", yours);
    return pairs_answer(&pairs, op, 409);
}

static Status check_room(Operation *op, Str space, const Draft *stored)
{
    StoreItem *items;
    size_t count;
    if (stored->version)
        return STATUS_OK;
    TRY(operation_items(op, space, &items, &count));
    if (count < DRAFTS_MAX)
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY,
                    "You have %d drafts, which is the most there may be: drop some first.",
                    DRAFTS_MAX);
}

static Status write_draft(Operation *op, const StoreItem *as_read, const Draft *draft)
{
    Buf value;
    StoreItem item = {.space = as_read->space, .key = as_read->key},
              owner = {.space = owners, .key = access_account(op->call->access)};
    StoreItem *guard = arena_new_of(op->cx->arena, StoreItem);
    if (!guard)
        return STATUS_MEMORY;
    *guard = *as_read;
    buf_init(&value, op->cx->arena, draft->text.len + 128, DRAFT_ITEM_MAX);
    buf_format(&value,
               "{\"version\":%llu,\"saved\":%lld,\"text\":", (unsigned long long)draft->version,
               (long long)draft->saved);
    json_write_string(&value, draft->text);
    buf_add_char(&value, '}');
    TRY(buf_done(&value));
    item.value = buf_str(&value);
    owner.value = arena_format(op->cx->arena, "%lld", (long long)draft->saved);
    if (!owner.value.at)
        return STATUS_MEMORY;
    operation_guard_item(op, guard);
    TRY(operation_add_item(op, &item));
    return operation_add_item(op, &owner);
}

Status draft_save(Operation *op)
{
    StoreItem item;
    Draft stored;
    Pairs pairs;
    uint64_t version;
    Str text = operation_text(op, STR("text"), 0);
    TRY(find(op, &item, &stored));
    TRY(version_of(op, &version));
    if (text.len > DRAFT_TEXT_MAX)
        return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY, "A draft has at most %d bytes.",
                        DRAFT_TEXT_MAX);
    if (version != stored.version && !(stored.version && str_eq(text, stored.text)))
        return answer_both(op, item.key, &stored, text);
    TRY(check_room(op, item.space, &stored));
    Draft draft = {stored.version + 1, op->now, text};
    TRY(write_draft(op, &item, &draft));
    pairs_begin(&pairs, op->cx, 4096);
    add_draft(&pairs, item.key, &draft);
    return pairs_answer(&pairs, op, 200);
}

Status draft_drop(Operation *op)
{
    StoreItem item;
    Draft stored;
    uint64_t version;
    TRY(find(op, &item, &stored));
    TRY(version_of(op, &version));
    if (version && stored.version && version != stored.version)
        return answer_both(op, item.key, &stored, STR_EMPTY);
    if (item.value.len) {
        StoreItem *guard = arena_new_of(op->cx->arena, StoreItem);
        if (!guard)
            return STATUS_MEMORY;
        *guard = item;
        operation_guard_item(op, guard);
        item.value = STR_EMPTY;
        TRY(operation_add_item(op, &item));
    }
    operation_answer(op, 204, STR_EMPTY);
    return STATUS_OK;
}

Status draft_list(Operation *op)
{
    StoreItem *items;
    size_t count;
    Str space;
    Pairs pairs;
    TRY(space_of(op, &space));
    TRY(operation_items(op, space, &items, &count));
    pairs_begin(&pairs, op->cx, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        Draft draft;
        TRY(draft_parse(op->cx, items[i].value, &draft));
        if (is_over(&draft, op->now))
            continue;
        pairs_open(&pairs, "draft");
        add_draft(&pairs, items[i].key, &draft);
        pairs_close(&pairs);
    }
    return pairs_answer(&pairs, op, 200);
}

/* ---- the sweep --------------------------------------------------------------------------------
 */

typedef struct {
    StoreReader *reader;
    Ctx *cx;
    Time now;
    StoreItem *old;
    size_t count, room;
} Sweep;

static Status sweep_add(Sweep *sweep, Str space, Str key)
{
    sweep->old =
        arena_grow(sweep->cx->arena, sweep->old, sizeof(StoreItem), sweep->count, &sweep->room, 64);
    if (!sweep->old)
        return STATUS_MEMORY;
    sweep->old[sweep->count++] = (StoreItem){.space = space, .key = key, .value = STR_EMPTY};
    return STATUS_OK;
}

/* An owner goes last, a day after his last draft could have been saved: one that is being saved
 * just now is never left without him. */
static Status sweep_owner(Sweep *sweep, const StoreItem *owner)
{
    StoreItem *items;
    size_t count, kept = 0;
    uint64_t saved = 0;
    Str space = arena_format(sweep->cx->arena, "draft/" STR_FMT, STR_ARG(owner->key));
    if (!space.at)
        return STATUS_MEMORY;
    TRY(store_item_list(sweep->reader, space, &items, &count));
    for (size_t i = 0; i < count; i++) {
        Draft draft;
        TRY(draft_parse(sweep->cx, items[i].value, &draft));
        if (is_over(&draft, sweep->now))
            TRY(sweep_add(sweep, space, items[i].key));
        else
            kept++;
    }
    if (!kept && str_to_u64(owner->value, &saved) &&
        (Time)saved < sweep->now - (DRAFT_DAYS + 1) * TIME_DAY)
        TRY(sweep_add(sweep, owners, owner->key));
    return STATUS_OK;
}

Status consult_sweep_drafts(Ctx *cx, JobRun *run)
{
    StoreItem *items;
    size_t count;
    Sweep sweep = {.cx = cx, .now = time_now()};
    TRY(store_read_begin(record_store(run->record), cx, run->access, &sweep.reader));
    Status status = store_item_list(sweep.reader, owners, &items, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = sweep_owner(&sweep, &items[i]);
    store_read_end(sweep.reader);
    TRY(status);
    run->reply.commit.items = sweep.old;
    run->reply.commit.item_count = sweep.count;
    return STATUS_OK;
}
