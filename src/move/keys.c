/* move/keys.c - index keys: all of them in order, and what came and went.
 *
 * The walk takes long, and keys come and go meanwhile, before and behind it. So the source's log
 * of keys is begun first and applied afterwards: whatever the walk met of a key, its last entry in
 * the log says what it is now, and a key without an entry was the same all the time. */
#include "move/inner.h"

static Str first_kind(char room[1])
{
    room[0] = STORE_KIND_FIRST;
    return str_n(room, 1);
}

/* A cursor over all keys behind `key`. */
static Status cursor_behind(StoreReader *reader, Str key, StoreCursor **ret_cursor)
{
    char room[1];
    TRY(store_cursor(reader, STR_EMPTY, ret_cursor));
    return store_cursor_seek(*ret_cursor, key.len ? key : first_kind(room));
}

typedef struct {
    StoreCursor *cursor;
    Str key; /* at = NULL: the end */
} Side;

static Status side_begin(StoreReader *reader, Str behind, Side *side)
{
    TRY(cursor_behind(reader, behind, &side->cursor));
    TRY(store_cursor_next(side->cursor, &side->key));
    if (behind.len && side->key.at && str_eq(side->key, behind))
        return store_cursor_next(side->cursor, &side->key);
    return STATUS_OK;
}

static int compare_sides(const Side *from, const Side *to)
{
    return !from->key.at ? 1 : !to->key.at ? -1 : str_cmp(from->key, to->key);
}

/* ---- the walk ------------------------------------------------------------------------------ */

typedef struct {
    StoreKeyChange *keys;
    size_t count, walked;
    Str last;
} KeyBatch;

static Status note(Ctx *batch, KeyBatch *to, Str key, bool removed)
{
    Str kept = arena_str(batch->arena, key);
    to->keys[to->count++] = (StoreKeyChange){kept, removed};
    return kept.at ? STATUS_OK : STATUS_MEMORY;
}

static Status walk_batch(Ctx *batch, Side *from, Side *to, size_t at_once, KeyBatch *ret_batch)
{
    KeyBatch *keys = ret_batch;
    while ((from->key.at || to->key.at) && keys->walked < at_once) {
        int order = compare_sides(from, to);
        if (order)
            TRY(note(batch, keys, order < 0 ? from->key : to->key, order > 0));
        if (++keys->walked == at_once) {
            keys->last = arena_str(batch->arena, order <= 0 ? from->key : to->key);
            if (!keys->last.at)
                return STATUS_MEMORY;
        }
        if (order <= 0)
            TRY(store_cursor_next(from->cursor, &from->key));
        if (order >= 0)
            TRY(store_cursor_next(to->cursor, &to->key));
    }
    return STATUS_OK;
}

static void set_key(Mark *mark, Str key)
{
    memcpy(mark->key_room, key.at, key.len);
    mark->key = str_n(mark->key_room, key.len);
}

static Status copy_batch(Mover *m, Ctx *batch, Side *from, Side *to)
{
    KeyBatch keys = {.keys = arena_array_of(batch->arena, StoreKeyChange, m->keys_at_once)};
    if (!keys.keys)
        return STATUS_MEMORY;
    TRY(walk_batch(batch, from, to, m->keys_at_once, &keys));
    StoreLoad unit = {.keys = keys.keys, .key_count = keys.count};
    bool end = !from->key.at && !to->key.at;
    if (end)
        m->mark.walk = WALK_DONE;
    set_key(&m->mark, end ? STR_EMPTY : keys.last);
    m->report->keys += keys.walked;
    TRY(mark_pack(batch->arena, &m->mark, &unit.mark));
    return store_load(m->options->to, batch, &unit);
}

/* The target's snapshot is older than what this walk adds, all of which is behind its cursor. */
Status copy_keys(Mover *m, StoreReader *reader, Time until, bool *ret_end)
{
    Arena *arena = arena_new((size_t)1 << 24, false);
    Ctx cx = {.arena = arena};
    StoreReader *target;
    Side from, to;
    if (!arena)
        return STATUS_MEMORY;
    Status status = store_read_begin(m->options->to, &cx, m->options->access, &target);
    if (status == STATUS_OK)
        status = side_begin(reader, m->mark.key, &from);
    if (status == STATUS_OK)
        status = side_begin(target, m->mark.key, &to);
    while (status == STATUS_OK && m->mark.walk != WALK_DONE && time_monotonic() < until) {
        Ctx batch = batch_begin(m);
        status = batch_end(m, &batch, copy_batch(m, &batch, &from, &to));
        if (status == STATUS_OK)
            status = tell(m, MOVE_KEYS, m->report->keys);
    }
    status = batch_end(m, &cx, status);
    arena_free(arena);
    *ret_end = m->mark.walk == WALK_DONE;
    return status;
}

/* ---- the log ------------------------------------------------------------------------------- */

static Status follow_batch(Mover *m, Ctx *batch, StoreReader *reader)
{
    StoreKeyChange *keys;
    size_t count;
    StoreLoad unit = {0};
    TRY(store_scan_keys(reader, m->mark.keys, (StoreSome){KEYS_AT_ONCE, BATCH_BYTES}, &keys, &count,
                        &m->mark.keys));
    unit.keys = keys;
    unit.key_count = count;
    m->logged += count;
    TRY(mark_pack(batch->arena, &m->mark, &unit.mark));
    return store_load(m->options->to, batch, &unit);
}

Status follow_keys(Mover *m, StoreReader *reader)
{
    StoreTip tip;
    Status status = store_tip(reader, &tip);
    Ctx *before = store_read_into(reader, m->cx);
    do { /* once at least: whether the log is there at all */
        Ctx batch = batch_begin(m);
        store_read_into(reader, &batch);
        if (status == STATUS_OK)
            status = batch_end(m, &batch, follow_batch(m, &batch, reader));
    } while (status == STATUS_OK && m->mark.keys < tip.keys);
    store_read_into(reader, before);
    return status;
}

/* ---- comparing ----------------------------------------------------------------------------- */

Status compare_keys(Mover *m, StoreReader *from_reader, StoreReader *to_reader,
                    uint64_t *ret_missing, uint64_t *ret_extra)
{
    Side from, to;
    uint64_t count = 0, walked = 0;
    *ret_missing = *ret_extra = 0;
    TRY(side_begin(from_reader, STR_EMPTY, &from));
    TRY(side_begin(to_reader, STR_EMPTY, &to));
    while (from.key.at || to.key.at) {
        int order = compare_sides(&from, &to);
        *ret_missing += order < 0;
        *ret_extra += order > 0;
        count += order <= 0;
        if (order <= 0)
            TRY(store_cursor_next(from.cursor, &from.key));
        if (order >= 0)
            TRY(store_cursor_next(to.cursor, &to.key));
        if (++walked % KEYS_AT_ONCE == 0)
            TRY(tell(m, MOVE_VERIFY_KEYS, count));
    }
    m->report->keys = count;
    return STATUS_OK;
}

Status facts_are_logged(Mover *m, StoreReader *reader, uint64_t after, bool *ret_are)
{
    StoreTip tip;
    *ret_are = false;
    TRY(store_tip(reader, &tip));
    while (after < tip.keys && !*ret_are) {
        Ctx batch = batch_begin(m);
        StoreKeyChange *keys;
        StoreFactsChange facts;
        size_t count = 0;
        Ctx *before = store_read_into(reader, &batch);
        Status status = store_scan_keys(reader, after, (StoreSome){KEYS_AT_ONCE, BATCH_BYTES},
                                        &keys, &count, &after);
        store_read_into(reader, before);
        if (status == STATUS_NOT_FOUND)
            return STATUS_OK;
        for (size_t i = 0; i < count && status == STATUS_OK; i++)
            *ret_are |= store_facts_change(keys[i].key, &facts);
        TRY(batch_end(m, &batch, status));
    }
    return STATUS_OK;
}

static Status has_key(StoreCursor *cursor, Str key, bool *ret_has)
{
    Str found;
    TRY(store_cursor_seek(cursor, key));
    TRY(store_cursor_next(cursor, &found));
    *ret_has = found.at && str_eq(found, key);
    return STATUS_OK;
}

static Status has_facts(StoreReader *reader, Ctx *batch, const StoreFactsChange *facts,
                        bool *ret_has)
{
    StoreRow row;
    Ctx *before = store_read_into(reader, batch);
    Status status = store_get_rid_version(reader, facts->rid, facts->version, &row);
    store_read_into(reader, before);
    *ret_has = status == STATUS_OK && str_eq(row.facts, facts->facts);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

Status compare_logged_keys(Mover *m, StoreReader *from, StoreReader *to, uint64_t after,
                           uint64_t *ret_wrong)
{
    StoreCursor *here, *there;
    StoreTip tip;
    *ret_wrong = 0;
    TRY(store_tip(from, &tip));
    TRY(store_cursor(from, STR_EMPTY, &here));
    TRY(store_cursor(to, STR_EMPTY, &there));
    while (after < tip.keys) {
        Ctx batch = batch_begin(m);
        StoreKeyChange *keys;
        size_t count;
        Ctx *before = store_read_into(from, &batch);
        Status status = store_scan_keys(from, after, (StoreSome){KEYS_AT_ONCE, BATCH_BYTES}, &keys,
                                        &count, &after);
        store_read_into(from, before);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            bool has = false, should = false;
            StoreFactsChange facts;
            if (store_facts_change(keys[i].key, &facts)) {
                status = has_facts(to, &batch, &facts, &has);
                *ret_wrong += !has;
                continue;
            }
            status = has_key(here, keys[i].key, &should);
            if (status == STATUS_OK)
                status = has_key(there, keys[i].key, &has);
            *ret_wrong += has != should;
        }
        TRY(batch_end(m, &batch, status));
    }
    return STATUS_OK;
}
