/* search/pass.c - a walk over all resources that gives them the keys that are being made.
 *
 * A slice at a time: some rows of one snapshot, their keys in one commit with the place that was
 * reached. Whoever writes a row meanwhile gives it all keys, and the commit passes over it. A
 * commit holds only while the place is the one that its slice began at: a process that has stood
 * still for so long that another one has taken the pass over (lease.c) ends its own with its next
 * commit. */
#include "search/indexer.h"

#include <time.h>

enum {
    SLICE_BYTES = 512 << 20, /* a resource may have 16 MB */
    SLICE_ROWS = 32,         /* in one commit: some 1 ms of the writer */
    SLICE_KEYS = 8192,
    SLICE_LABELS = 256,   /* rows that get other facts alone */
    LABELS_PAUSE_MS = 10, /* after a commit of facts: all rights are worked out again by it */
    SLICE_LOOKS = 20000,  /* rows that need nothing */
};

/* ---- a pass -----------------------------------------------------------------------------------
 */

/* What is committed from here on has all keys that the state of the store's last epoch knows; what
 * this very step found is not among them. */
static Status begin_pass(Step *step)
{
    State *state = &step->state;
    CustomState same;
    if (state->end || !state_is_making(state))
        return STATUS_OK; /* somebody else has begun it */
    step->changed = true;
    for (size_t i = 0; i < state->custom_count; i++)
        state->customs[i].waits = state->customs[i].making &&
                                  !indexer_find_custom(&step->stored, &step->customs[i], &same);
    state->end = step->last_rid + 1;
    step->at = 0;
    return STATUS_OK;
}

/* Of the very pass that has come to its end. */
static Status end_pass(Step *step)
{
    if (!step->state.end || step->at + 1 < step->state.end)
        return STATUS_OK;
    step->changed = true;
    state_made(&step->state);
    step->at = 0;
    return STATUS_OK;
}

typedef struct {
    Indexer *ix;
    Ctx cx;
    StoreReader *reader;
    StoreItem was; /* where it begins, as it stands in the store */
    uint64_t epoch, at, end;
    bool relabels;
    StoreRekey rekeys[SLICE_LABELS];
    size_t count, keyed, labelled, keys, looks;
} Slice;

static bool slice_is_full(const Slice *slice)
{
    return slice->at + 1 >= slice->end || slice->keyed == SLICE_ROWS ||
           slice->count == SLICE_LABELS || slice->keys >= SLICE_KEYS ||
           slice->looks >= SLICE_LOOKS || arena_bytes(slice->cx.arena) > SLICE_BYTES / 8;
}

static Status make_row(Slice *slice, const StoreRow *row)
{
    JsonValue *resource;
    SearchKeys keys;
    TRY(json_parse(&slice->cx, row->body, &resource));
    SearchSource source = {row->type, resource, row->rid, row->updated};
    TRY(search_keys_made(slice->ix->search, &slice->cx, &source, &keys));
    Str facts = STR_EMPTY;
    if (slice->relabels)
        TRY(search_facts_anew(slice->ix->search, &slice->cx, slice->reader, row, resource, &facts));
    if (keys.count || facts.len)
        slice->rekeys[slice->count++] = (StoreRekey){.rid = row->rid,
                                                     .version = row->version,
                                                     .add = keys.keys,
                                                     .add_count = keys.count,
                                                     .facts = facts};
    slice->keyed += keys.count > 0;
    slice->labelled += facts.len > 0;
    slice->keys += keys.count;
    return STATUS_OK;
}

static Status look_at_row(Slice *slice, uint64_t rid)
{
    StoreRow row;
    const TypeIndex *types = slice->ix->search->types;
    slice->looks++;
    Status status = store_get_rid(slice->reader, rid, false, &row);
    if (status == STATUS_NOT_FOUND ||
        (status == STATUS_OK && (row.deleted || !(types[row.type].partial || slice->relabels))))
        return STATUS_OK;
    TRY(status);
    TRY(store_get_rid(slice->reader, rid, true, &row));
    if (make_row(slice, &row) != STATUS_OK) /* of one that was stored once: the others go on */
        atomic_fetch_add(&slice->ix->failed, 1);
    return STATUS_OK;
}

/* STATUS_CONFLICT: somebody else has set the place. */
static Status check_place(Slice *slice)
{
    uint64_t at;
    TRY(state_read_item_at(&slice->cx, slice->reader, &slice->was, &at));
    return at == slice->at ? STATUS_OK : STATUS_CONFLICT;
}

static Status fill_slice(Slice *slice)
{
    Indexer *ix = slice->ix;
    TRY(store_read_begin(ix->search->store, &slice->cx, ix->access, &slice->reader));
    Status status = check_place(slice);
    while (status == STATUS_OK && !slice_is_full(slice))
        status = look_at_row(slice, ++slice->at);
    store_read_end(slice->reader);
    return status;
}

static Status commit_slice(Slice *slice)
{
    Indexer *ix = slice->ix;
    char digits[24];
    StoreItem item = state_item_at(slice->at, digits);
    StoreCommit commit = {.items = &item,
                          .item_count = 1,
                          .guard = &slice->was,
                          .rekeys = slice->rekeys,
                          .rekey_count = slice->count,
                          .epochs = {[STORE_EPOCH_INDEX] = slice->epoch},
                          .raises = slice->labelled ? 1u << STORE_EPOCH_ACCESS : 0};
    TRY(store_commit(ix->search->store, &slice->cx, ix->access, &commit));
    if (slice->labelled)
        nanosleep(&(struct timespec){0, LABELS_PAUSE_MS * 1000000L}, NULL);
    return STATUS_OK;
}

static Status run_slice(Indexer *ix, uint64_t *at, uint64_t end)
{
    Arena *arena = arena_new(SLICE_BYTES, true);
    Slice *slice = arena ? arena_new_of(arena, Slice) : NULL;
    Status status = STATUS_MEMORY;
    unsigned hold = search_hold(ix->search);
    if (slice) {
        *slice = (Slice){.ix = ix,
                         .cx = {.arena = arena},
                         .epoch = search_epoch(ix->search),
                         .relabels = indexer_relabels(ix),
                         .at = *at,
                         .end = end};
        status = fill_slice(slice);
        if (status == STATUS_OK)
            status = commit_slice(slice);
        if (status == STATUS_OK)
            *at = slice->at;
    }
    search_let_go(ix->search, hold);
    arena_free(arena);
    return status;
}

static Status read_at(Indexer *ix, uint64_t *ret_at)
{
    Ctx cx = {.arena = arena_new(1 << 20, true)};
    StoreReader *reader;
    Status status =
        cx.arena ? store_read_begin(ix->search->store, &cx, ix->access, &reader) : STATUS_MEMORY;
    if (status == STATUS_OK) {
        status = state_read_at(&cx, reader, ret_at);
        store_read_end(reader);
    }
    arena_free(cx.arena);
    return status;
}

/* A slice met another epoch or another place. Where the place has moved on, somebody else is at it:
 * STATUS_CONFLICT, as when it is another pass. Where a step has set it back, it goes on from there.
 */
static Status meet_others(Indexer *ix, uint64_t *at, uint64_t end)
{
    uint64_t reached = *at;
    TRY(indexer_step(ix, NULL, false));
    if (indexer_end(ix) != end)
        return STATUS_CONFLICT;
    TRY(read_at(ix, at));
    if (*at <= reached)
        return STATUS_OK;
    lease_doubt(ix);
    return STATUS_CONFLICT;
}

/* STATUS_CONFLICT: it is somebody else's now, or another one. */
static Status run_slices(Indexer *ix, uint64_t end)
{
    uint64_t at;
    TRY(read_at(ix, &at));
    atomic_store(&ix->all, end - 1);
    atomic_store(&ix->done, at);
    indexer_tell(ix, SEARCH_TELLS_BEGIN, end - 1);
    while (at + 1 < end) {
        if (indexer_is_stopping(ix))
            return STATUS_UNAVAILABLE;
        if (!lease_take(ix))
            return STATUS_CONFLICT;
        if (indexer_has_changed(ix))
            TRY(indexer_step(ix, NULL, false));
        Status status = run_slice(ix, &at, end);
        if (status == STATUS_CONFLICT)
            status = meet_others(ix, &at, end);
        TRY(status);
        atomic_store(&ix->done, at);
    }
    return STATUS_OK;
}

Status indexer_pass(Indexer *ix)
{
    if (!indexer_end(ix)) {
        TRY(indexer_step(ix, NULL, false));
        TRY(indexer_step(ix, begin_pass, false));
    }
    uint64_t end = indexer_end(ix);
    if (!end)
        return STATUS_OK; /* somebody else has made it */
    TRY(run_slices(ix, end));
    TRY(indexer_step(ix, end_pass, false));
    indexer_tell(ix, SEARCH_TELLS_END, end - 1);
    return STATUS_OK;
}
