/* search/sweep.c - removes the keys of numbers that are not in use: they are found by leaping over
 * those that are. Nobody writes or asks for them in this epoch, and no commit of this sweep is of
 * another one. */
#include "search/indexer.h"

enum { SWEEP_KEYS = 500, SWEEP_LOOKS = 5000 };

/* ---- sweeping
 * ------------------------------------------------------------------------------------ */

typedef struct {
    bool params[CUSTOM_END], listings[CUSTOM_END];
} Live;

/* Returns the epoch of which this is true. */
static uint64_t mark_live(Indexer *ix, Live *live)
{
    pthread_mutex_lock(&ix->lock);
    uint64_t epoch = ix->table->epoch;
    for (uint16_t type = 1; type <= fhir_type_count(); type++) {
        const TypeIndex *index = &ix->table->types[type];
        for (size_t i = 0; i < index->count; i++)
            live->params[index->params[i].id] = true;
        for (size_t i = 0; i < index->other_count; i++)
            live->params[index->others[i].id] = true;
        for (size_t i = 0; i < index->listing_count; i++)
            live->listings[index->listings[i].number] = true;
    }
    pthread_mutex_unlock(&ix->lock);
    return epoch;
}

static bool is_live(const Live *live, Str key)
{
    uint16_t number = (uint16_t)((unsigned char)key.at[1] << 8 | (unsigned char)key.at[2]);
    unsigned char kind = (unsigned char)key.at[0];
    if (kind >= KEY_OTHERS)
        return true;
    if (kind == KEY_MEMBER)
        return live->listings[key_listing(key)];
    if (kind == KEY_OWN)
        return live->params[key_own_param(key)];
    return (kind == KEY_LISTING || kind == KEY_CONTAINED ? live->listings : live->params)[number];
}

typedef struct {
    const Live *live;
    uint64_t epoch;
    unsigned char from[STORE_KEY_BYTES_MAX]; /* the next key to look at, or one before it */
    size_t from_len;
    bool end;
    Str gone[SWEEP_KEYS];
    size_t count;
} Sweep;

/* Keys of all numbers stand together there: one by one. */
static bool is_by_whom(Str key)
{
    unsigned char kind = (unsigned char)key.at[0];
    return kind == KEY_MEMBER || kind == KEY_OWN;
}

/* Past all keys of the kind and number of `from`; none are left behind the last kind. */
static void step_over(Sweep *sweep)
{
    sweep->from_len = KEY_HEAD;
    for (size_t i = KEY_HEAD; i-- > 0 && ++sweep->from[i] == 0;)
        sweep->end = i == 0;
}

static Status look_at_key(Sweep *sweep, Ctx *cx, StoreCursor *cursor)
{
    Str key;
    TRY(store_cursor_next(cursor, &key));
    sweep->end = !key.at;
    if (sweep->end)
        return STATUS_OK;
    assert(key.len >= KEY_HEAD);
    sweep->from_len = key.len;
    memcpy(sweep->from, key.at, key.len);
    bool live = is_live(sweep->live, key);
    if (live && is_by_whom(key))
        return STATUS_OK;
    if (live) {
        step_over(sweep);
        return store_cursor_seek(cursor, str_n((const char *)sweep->from, sweep->from_len));
    }
    Str *gone = &sweep->gone[sweep->count++];
    *gone = arena_str(cx->arena, key);
    return gone->at ? STATUS_OK : STATUS_MEMORY;
}

static Status find_dead(Sweep *sweep, Ctx *cx, StoreReader *reader)
{
    StoreCursor *cursor;
    sweep->count = 0;
    TRY(store_cursor(reader, STR_EMPTY, &cursor));
    TRY(store_cursor_seek(cursor, str_n((const char *)sweep->from, sweep->from_len)));
    for (size_t looks = 0; looks < SWEEP_LOOKS && sweep->count < SWEEP_KEYS && !sweep->end; looks++)
        TRY(look_at_key(sweep, cx, cursor));
    return STATUS_OK;
}

static Status sweep_some(Indexer *ix, Sweep *sweep)
{
    Ctx cx = {.arena = arena_new(STEP_BYTES, true)};
    StoreReader *reader;
    Status status =
        cx.arena ? store_read_begin(ix->search->store, &cx, ix->access, &reader) : STATUS_MEMORY;
    if (status == STATUS_OK) {
        status = find_dead(sweep, &cx, reader);
        store_read_end(reader);
    }
    if (status == STATUS_OK && sweep->count) {
        StoreRekey rekey = {.remove = sweep->gone, .remove_count = sweep->count};
        StoreCommit commit = {
            .rekeys = &rekey, .rekey_count = 1, .epochs = {[STORE_EPOCH_INDEX] = sweep->epoch}};
        status = store_commit(ix->search->store, &cx, ix->access, &commit);
    }
    arena_free(cx.arena);
    return status;
}

/* What was swept is what the state of the last epoch did not know. */
static Status swept(Step *step)
{
    step->state.sweep = step->dropped || step->epoch != step->ix->swept;
    step->changed |= step->state.sweep != step->stored.sweep;
    return STATUS_OK;
}

static Status sweep_all(Indexer *ix, Arena *arena)
{
    Live *live = arena_new_of(arena, Live);
    Sweep *sweep = arena_new_of(arena, Sweep);
    if (!live || !sweep)
        return STATUS_MEMORY;
    sweep->epoch = mark_live(ix, live);
    sweep->live = live;
    sweep->from[0] = STORE_KIND_FIRST;
    sweep->from_len = 1;
    while (!sweep->end) {
        if (indexer_is_stopping(ix))
            return STATUS_UNAVAILABLE;
        if (!lease_take(ix))
            return STATUS_CONFLICT;
        Status status = sweep_some(ix, sweep);
        if (status == STATUS_CONFLICT) /* another state: another sweep, when there is one */
            return indexer_step(ix, NULL, false);
        TRY(status);
    }
    ix->swept = sweep->epoch;
    return indexer_step(ix, swept, false);
}

Status indexer_sweep(Indexer *ix)
{
    Arena *arena = arena_new((size_t)1 << 20, false);
    Status status = arena ? sweep_all(ix, arena) : STATUS_MEMORY;
    arena_free(arena);
    return status;
}
