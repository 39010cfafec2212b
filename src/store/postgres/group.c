/* store/postgres/group.c - a group of commits as arrays: one statement for each table, all of them
 * in one round trip; a large commit in several, with one transaction around them. */
#include "store/postgres/job.h"

#include <stdlib.h>

/* One round trip carries so much: the memory of a large commit beside the commit itself. */
enum { BATCH_WRITES = 1024, BATCH_BYTES = 4 << 20, CALLS_MAX = 20 };
enum { FORGET_EVERY = 100000 }; /* groups: what is of no use any more */

enum {
    ADD_RID,
    ADD_TYPE,
    ADD_ID,
    ADD_VERSION,
    ADD_UPDATED,
    ADD_METHOD,
    ADD_FACTS,
    ADD_BODY,
    ADD_COUNT
};
enum { SET_RID, SET_VERSION, SET_UPDATED, SET_METHOD, SET_FACTS, SET_BODY, SET_COUNT };
enum { FACTS_RID, FACTS_SEALED, FACTS_COUNT };

typedef struct {
    Str key;
    uint32_t order;
    bool removed;
} BatchKey;

typedef struct {
    Group *group;
    Array add[ADD_COUNT], set[SET_COUNT], facts[FACTS_COUNT];
    BatchKey *keys;
    size_t key_count, key_room, writes, bytes;
    bool full;             /* a key found no memory */
    uint64_t first_change; /* the number before those of the group, once it is committed */
    uint64_t version;      /* of the keys, before it (shelf.h), and by how much it grows */
    uint64_t growth;
    bool rekeys, raised; /* it grows by keys alone; an epoch is raised */
    Params params[CALLS_MAX];
    Call calls[CALLS_MAX];
    size_t call_count;
} Batch;

/* ---- filling ---------------------------------------------------------------------------- */

static void begin_batch(Batch *batch, Group *group)
{
    static const ArrayType add_types[] = {TYPE_INT8, TYPE_INT2, TYPE_TEXT,  TYPE_INT4,
                                          TYPE_INT8, TYPE_INT2, TYPE_BYTEA, TYPE_BYTEA};
    static const ArrayType set_types[] = {TYPE_INT8, TYPE_INT4,  TYPE_INT8,
                                          TYPE_INT2, TYPE_BYTEA, TYPE_BYTEA};
    *batch = (Batch){.group = group};
    for (size_t i = 0; i < ADD_COUNT; i++)
        array_init(&batch->add[i], group->arena, add_types[i], 128);
    for (size_t i = 0; i < SET_COUNT; i++)
        array_init(&batch->set[i], group->arena, set_types[i], 128);
    array_init(&batch->facts[FACTS_RID], group->arena, TYPE_INT8, 16);
    array_init(&batch->facts[FACTS_SEALED], group->arena, TYPE_BYTEA, 16);
}

static void take_key(void *to, Str key, bool removed)
{
    Batch *batch = to;
    if (batch->key_count == batch->key_room) {
        size_t room = batch->key_room ? batch->key_room * 2 : 256;
        BatchKey *keys = arena_realloc(batch->group->arena, batch->keys,
                                       batch->key_room * sizeof(BatchKey), room * sizeof(BatchKey));
        if (!keys) {
            batch->full = true;
            return;
        }
        batch->keys = keys;
        batch->key_room = room;
    }
    shelf_note(&batch->group->lane->touched, key);
    batch->keys[batch->key_count] = (BatchKey){key, (uint32_t)batch->key_count, removed};
    batch->key_count++;
}

static void take_write(Batch *batch, const StoreWrite *write)
{
    if (write->version == 1) {
        array_int(&batch->add[ADD_RID], 8, (int64_t)write->rid);
        array_int(&batch->add[ADD_TYPE], 2, write->type);
        array_bytes(&batch->add[ADD_ID], write->id);
        array_int(&batch->add[ADD_VERSION], 4, write->version);
        array_int(&batch->add[ADD_UPDATED], 8, write->updated);
        array_int(&batch->add[ADD_METHOD], 2, write->method);
        array_bytes(&batch->add[ADD_FACTS], write->packed_facts);
        array_bytes(&batch->add[ADD_BODY], write->packed_body);
    } else {
        array_int(&batch->set[SET_RID], 8, (int64_t)write->rid);
        array_int(&batch->set[SET_VERSION], 4, write->version);
        array_int(&batch->set[SET_UPDATED], 8, write->updated);
        array_int(&batch->set[SET_METHOD], 2, write->method);
        array_bytes(&batch->set[SET_FACTS], write->packed_facts);
        array_bytes(&batch->set[SET_BODY], write->packed_body);
    }
    packed_each(write->packed_keys, take_key, batch);
    batch->writes++;
    batch->bytes += write->packed_body.len + write->packed_facts.len + write->packed_keys.len;
}

static void take_rekey(Batch *batch, const StoreRekey *rekey, Str keys, Str facts)
{
    packed_each(keys, take_key, batch);
    batch->bytes += keys.len + facts.len;
    if (!rekey->rid || !facts.len)
        return;
    array_int(&batch->facts[FACTS_RID], 8, (int64_t)rekey->rid);
    array_bytes(&batch->facts[FACTS_SEALED], facts);
}

/* ---- statements ------------------------------------------------------------------------- */

static Params *add_call(Batch *batch, SqlName statement)
{
    assert(batch->call_count < CALLS_MAX);
    Params *params = &batch->params[batch->call_count];
    *params = params_in(batch->group->arena);
    batch->calls[batch->call_count++] = (Call){statement, params};
    return params;
}

static int compare_keys(const void *left, const void *right)
{
    const BatchKey *a = left, *b = right;
    int order = str_cmp(a->key, b->key);
    return order ? order : a->order < b->order ? -1 : 1;
}

/* Of several words on one key the last one counts; sorted, neighbours in the index come together.
 */
static void add_key_calls(Batch *batch)
{
    Array add, drop;
    if (!batch->key_count)
        return;
    array_init(&add, batch->group->arena, TYPE_BYTEA, batch->key_count * 40);
    array_init(&drop, batch->group->arena, TYPE_BYTEA, 64);
    qsort(batch->keys, batch->key_count, sizeof(BatchKey), compare_keys);
    for (size_t i = 0, end; i < batch->key_count; i = end) {
        bool removed = false;
        for (end = i; end < batch->key_count && str_eq(batch->keys[end].key, batch->keys[i].key);
             end++)
            removed |= batch->keys[end].removed;
        if (removed)
            array_bytes(&drop, batch->keys[i].key);
        if (!batch->keys[end - 1].removed)
            array_bytes(&add, batch->keys[i].key);
    }
    if (drop.count)
        params_array(add_call(batch, SQL_DROP_KEYS), &drop);
    if (add.count)
        params_array(add_call(batch, batch->group->care.wary ? SQL_ADD_KEYS_AGAIN : SQL_ADD_KEYS),
                     &add);
}

static void add_row_calls(Batch *batch)
{
    if (batch->add[0].count) {
        Params *params = add_call(batch, SQL_ADD_ROWS);
        for (size_t i = 0; i < ADD_COUNT; i++)
            params_array(params, &batch->add[i]);
    }
    if (batch->set[0].count) {
        Array *rids = &batch->set[SET_RID];
        params_array(add_call(batch, SQL_KEEP_ROWS), rids);
        Params *params = add_call(batch, SQL_SET_ROWS);
        for (size_t i = 0; i < SET_COUNT; i++)
            params_array(params, &batch->set[i]);
    }
    if (batch->facts[0].count) {
        Params *params = add_call(batch, SQL_SET_FACTS);
        for (size_t i = 0; i < FACTS_COUNT; i++)
            params_array(params, &batch->facts[i]);
    }
}

static void add_item_calls(Batch *batch)
{
    Arena *arena = batch->group->arena;
    Array spaces, names, values, gone_spaces, gone_names;
    array_init(&spaces, arena, TYPE_TEXT, 64);
    array_init(&names, arena, TYPE_BYTEA, 64);
    array_init(&values, arena, TYPE_BYTEA, 64);
    array_init(&gone_spaces, arena, TYPE_TEXT, 16);
    array_init(&gone_names, arena, TYPE_BYTEA, 16);
    for (const StoreCommit *c = batch->group->first; c; c = c->next) {
        const Prepared *prepared = c->prepared;
        for (size_t i = 0; c->status == STATUS_OK && i < c->item_count; i++) {
            const SealedItem *item = &prepared->items[i];
            bool gone = !item->sealed.len;
            array_bytes(gone ? &gone_spaces : &spaces, item->item->space);
            array_bytes(gone ? &gone_names : &names, str_n(item->name, sizeof(item->name)));
            if (!gone)
                array_bytes(&values, item->sealed);
        }
    }
    if (names.count) {
        Params *params = add_call(batch, SQL_SET_ITEMS);
        params_array(params, &spaces);
        params_array(params, &names);
        params_array(params, &values);
    }
    if (gone_names.count) {
        Params *params = add_call(batch, SQL_DROP_ITEMS);
        params_array(params, &gone_spaces);
        params_array(params, &gone_names);
    }
}

static void add_piece_calls(Batch *batch)
{
    PieceArrays pieces;
    pieces_init(&pieces, batch->group->arena);
    for (const StoreCommit *c = batch->group->first; c; c = c->next) {
        const Prepared *prepared = c->prepared;
        for (size_t i = 0; c->status == STATUS_OK && i < c->piece_count; i++)
            pieces_take(&pieces, &c->pieces[i], prepared->pieces[i]);
    }
    if (pieces.set[0].count) {
        Params *params = add_call(batch, SQL_SET_PIECES);
        for (size_t i = 0; i < PIECES_SET; i++)
            params_array(params, &pieces.set[i]);
    }
    if (pieces.gone[0].count) {
        Params *params = add_call(batch, SQL_DROP_PIECES);
        for (size_t i = 0; i < PIECES_GONE; i++)
            params_array(params, &pieces.gone[i]);
    }
}

static void add_erase_calls(Batch *batch)
{
    Arena *arena = batch->group->arena;
    Array rids, versions, bodies;
    array_init(&rids, arena, TYPE_INT8, 64);
    array_init(&versions, arena, TYPE_INT4, 64);
    array_init(&bodies, arena, TYPE_BYTEA, 64);
    for (const StoreCommit *c = batch->group->first; c; c = c->next) {
        const Prepared *prepared = c->prepared;
        for (size_t i = 0; c->status == STATUS_OK && i < c->erase_count; i++) {
            array_int(&rids, 8, (int64_t)c->erases[i].rid);
            array_int(&versions, 4, c->erases[i].version);
            array_bytes(&bodies, prepared->erases[i]);
        }
    }
    if (!rids.count)
        return;
    Params *params = add_call(batch, SQL_ERASE);
    params_array(params, &rids);
    params_array(params, &versions);
    params_array(params, &bodies);
}

static void add_job_calls(Batch *batch)
{
    assert(batch->call_count + JOBS_CALLS_MAX <= CALLS_MAX);
    batch->call_count += jobs_calls(batch->group, batch->params + batch->call_count,
                                    batch->calls + batch->call_count);
}

/* ---- the last statement -------------------------------------------------------------------- */

typedef struct {
    Array types, rids, versions, updated, times, audits, links, claims;
    ChainLink inner; /* of the last entry so far */
    int64_t resources;
    uint64_t epochs[STORE_EPOCHS], raises[STORE_EPOCHS];
    Time latest;
} Finish;

static void finish_audit(Finish *finish, Time at, Str entry, Str sealed)
{
    finish->inner = chain_inner(finish->inner, at, entry);
    array_int(&finish->times, 8, at);
    array_bytes(&finish->audits, sealed);
    array_bytes(&finish->links, chain_str(&finish->inner));
}

static void finish_commit(Finish *finish, const StoreCommit *commit)
{
    const Prepared *prepared = commit->prepared;
    bool good = commit->status == STATUS_OK;
    for (size_t i = 0; good && i < commit->write_count; i++) {
        const StoreWrite *write = &commit->writes[i];
        array_int(&finish->types, 2, write->type);
        array_int(&finish->rids, 8, (int64_t)write->rid);
        array_int(&finish->versions, 4, write->version);
        array_int(&finish->updated, 8, write->updated);
        finish->resources += write->version == 1;
        if (write->updated > finish->latest)
            finish->latest = write->updated;
    }
    for (size_t i = 0; good && i < commit->audit_count; i++)
        finish_audit(finish, prepared->at, commit->audits[i], prepared->audits[i]);
    for (size_t i = 0; good && i < commit->claim_count; i++)
        array_int(&finish->claims, 8, (int64_t)commit->claims[i]);
    for (size_t i = 0; good && i < STORE_EPOCHS; i++) {
        finish->epochs[i] = commit->epochs[i] ? commit->epochs[i] : finish->epochs[i];
        finish->raises[i] += commit->raises >> i & 1;
    }
    if (!good && !commit->stale && prepared->conflict_audit.len)
        finish_audit(finish, prepared->at, commit->conflict_audit, prepared->conflict_audit);
}

static void add_finish_calls(Batch *batch)
{
    Group *group = batch->group;
    Lane *lane = group->lane;
    Finish finish = {.latest = INT64_MIN};
    array_init(&finish.types, group->arena, TYPE_INT2, 256);
    array_init(&finish.rids, group->arena, TYPE_INT8, 256);
    array_init(&finish.versions, group->arena, TYPE_INT4, 256);
    array_init(&finish.updated, group->arena, TYPE_INT8, 256);
    array_init(&finish.times, group->arena, TYPE_INT8, 256);
    array_init(&finish.audits, group->arena, TYPE_BYTEA, 1024);
    array_init(&finish.links, group->arena, TYPE_BYTEA, 1024);
    array_init(&finish.claims, group->arena, TYPE_INT8, 64);
    for (const StoreCommit *c = group->first; c; c = c->next)
        finish_commit(&finish, c);
    bool small = !finish.rids.count && !finish.claims.count;
    /* A claim is compared by the change it was made with: one that changes no resource has a number
     * of its own, or it would look like one that was seen. */
    uint32_t changes = finish.rids.count ? finish.rids.count : finish.claims.count > 0;
    bool rekeys = !changes && lane->touched.any;
    batch->growth = changes + rekeys;
    batch->rekeys = rekeys;
    for (size_t i = 0; i < STORE_EPOCHS; i++)
        batch->raised |= finish.raises[i] > 0;
    Params *params = add_call(batch, small ? SQL_FINISH_AUDITS : SQL_FINISH);
    params_bytes(params, str_n(lane->node, sizeof(lane->node)));
    params_int8(params, lane->epoch);
    params_int8(params, lane->group);
    params_int8(params, changes);
    params_int8(params, finish.resources);
    params_int8(params, finish.audits.count);
    params_int8(params, finish.latest);
    if (group->expects) {
        finish.epochs[STORE_EPOCH_INDEX] = group->heard.mark.epochs[STORE_EPOCH_INDEX];
        finish.epochs[STORE_EPOCH_ACCESS] = group->heard.mark.epochs[STORE_EPOCH_ACCESS];
    }
    for (size_t i = 0; i < STORE_EPOCHS; i++)
        params_int8(params, (int64_t)finish.epochs[i]);
    for (size_t i = 0; i < STORE_EPOCHS; i++) {
        params_int8(params, (int64_t)finish.raises[i]);
        if (finish.raises[i])
            lane->epochs[i] = 0; /* read again */
    }
    Str inner = arena_str(group->arena, chain_str(&finish.inner));
    batch->full |= !inner.at;
    params_bytes(params, inner);
    params_array(params, &finish.times);
    params_array(params, &finish.audits);
    params_array(params, &finish.links);
    params_int8(params, rekeys);
    params_int8(params, (int64_t)group->expects);
    Array *of_changes[] = {&finish.types, &finish.rids, &finish.versions, &finish.updated,
                           &finish.claims};
    for (size_t i = 0; !small && i < COUNT_OF(of_changes); i++)
        params_array(params, of_changes[i]);
    UNUSED(add_call(batch, SQL_COMMIT));
}

/* ---- sending --------------------------------------------------------------------------------- */

static Fault send(Batch *batch, bool last)
{
    PGresult *results[CALLS_MAX];
    if (batch->full)
        return FAULT_MEMORY;
    /* All in one pipeline is one transaction without BEGIN and COMMIT: its end commits. */
    bool alone = last && batch->calls[0].statement == SQL_BEGIN;
    size_t first = alone, end = batch->call_count - alone;
    Fault fault = link_run(&batch->group->lane->link, NULL, batch->calls + first, end - first,
                           results + first);
    if (fault != FAULT_NONE)
        return fault;
    batch->group->begun = !last;
    if (last) { /* FINISH and COMMIT */
        const PGresult *finish = results[batch->call_count - 2];
        batch->first_change = (uint64_t)answer_int(finish, 0, 0);
        batch->version = (uint64_t)answer_int(finish, 0, 1);
    }
    /* A transaction that was broken ends with the word ROLLBACK, and without a fault. */
    bool good = !last || alone || str_eq(str_of(PQcmdStatus(results[end - 1])), STR("COMMIT"));
    for (size_t i = first; i < end; i++)
        PQclear(results[i]);
    return good ? FAULT_NONE : FAULT_OTHER;
}

static void open_batch(Batch *batch, Group *group)
{
    begin_batch(batch, group);
    if (!group->begun)
        UNUSED(add_call(batch, SQL_BEGIN));
}

/* Full: it goes out, and another one begins. */
static Fault send_some(Batch *batch)
{
    Group *group = batch->group;
    add_row_calls(batch);
    add_key_calls(batch);
    Fault fault = send(batch, false);
    arena_clear(group->arena);
    open_batch(batch, group);
    return fault;
}

static Fault take_commit(Batch *batch, const StoreCommit *commit)
{
    const Prepared *prepared = commit->prepared;
    Fault fault = FAULT_NONE;
    for (size_t i = 0; i < commit->write_count && fault == FAULT_NONE; i++) {
        take_write(batch, &commit->writes[i]);
        if (batch->writes >= BATCH_WRITES || batch->bytes >= BATCH_BYTES)
            fault = send_some(batch);
    }
    for (size_t i = 0; i < commit->rekey_count && fault == FAULT_NONE; i++) {
        if (!prepared->rekey_fits[i])
            continue;
        take_rekey(batch, &commit->rekeys[i], prepared->rekeys[i], prepared->facts[i]);
        if (batch->bytes >= BATCH_BYTES)
            fault = send_some(batch);
    }
    return fault;
}

/* Whether anything is to be written. */
static bool has_work(const Group *group)
{
    for (const StoreCommit *c = group->first; c; c = c->next) {
        const Prepared *prepared = c->prepared;
        if (c->status == STATUS_OK ? c->write_count || c->rekey_count || c->erase_count ||
                                         c->item_count || c->piece_count || c->audit_count ||
                                         c->job_end_count || c->job_count || c->raises
                                   : prepared->conflict_audit.len > 0 && !c->stale)
            return true;
    }
    return false;
}

/* Memory learns of the group's own changes before anybody else does. */
static void note_writes(Group *group, uint64_t first)
{
    size_t count = 0;
    for (const StoreCommit *c = group->first; c; c = c->next)
        count += c->status == STATUS_OK ? c->write_count : 0;
    uint64_t *rids = count ? arena_array_of(group->arena, uint64_t, count) : NULL;
    if (!rids)
        return; /* it will have to ask */
    count = 0;
    for (const StoreCommit *c = group->first; c; c = c->next) {
        for (size_t i = 0; c->status == STATUS_OK && i < c->write_count; i++)
            rids[count++] = c->writes[i].rid;
    }
    kept_wrote(&group->lane->store->kept, first, rids, count);
}

/* The end of the group. While it is under way, memory must not take its keys for somebody else's.
 */
static Fault send_last(Batch *batch)
{
    Lane *lane = batch->group->lane;
    Shelf *shelf = lane->store->shelf;
    if (!batch->growth)
        return send(batch, true);
    shelf_writing(shelf);
    Fault fault = send(batch, true);
    bool done = fault == FAULT_NONE;
    shelf_wrote(shelf, &lane->touched, done ? batch->version : 0,
                done ? batch->version + batch->growth : 0);
    return fault;
}

static Fault run(Group *group, bool *ret_doubt)
{
    Batch batch;
    Fault fault = group_check(group);
    if (fault != FAULT_NONE || !has_work(group))
        return fault;
    open_batch(&batch, group);
    for (const StoreCommit *c = group->first; c && fault == FAULT_NONE; c = c->next) {
        if (c->status == STATUS_OK)
            fault = take_commit(&batch, c);
    }
    if (fault != FAULT_NONE)
        return fault;
    add_row_calls(&batch);
    add_key_calls(&batch);
    add_erase_calls(&batch);
    add_item_calls(&batch);
    add_piece_calls(&batch);
    add_job_calls(&batch);
    add_finish_calls(&batch);
    fault = send_last(&batch);
    *ret_doubt = fault == FAULT_LOST;
    if (fault != FAULT_NONE)
        return fault;
    note_writes(group, batch.first_change);
    if (batch.growth || batch.raised)
        belief_wrote(&group->lane->store->belief, batch.first_change + batch.growth - batch.rekeys,
                     batch.version - batch.first_change + batch.rekeys, batch.raised);
    return FAULT_NONE;
}

/* Keys for rows as they stand may be there already. Those of no row hardly ever are, and to look
 * costs half as much again: when they are, the group is tried again. */
static bool is_wary(const StoreCommit *commit)
{
    for (size_t i = 0; i < commit->rekey_count; i++) {
        if (commit->rekeys[i].rid)
            return true;
    }
    return false;
}

Fault group_run(Lane *lane, StoreCommit *first, GroupCare care, bool *ret_doubt)
{
    static const Call rollback = {SQL_ROLLBACK, NULL};
    static const Call forget[] = {{SQL_FORGET_CLAIMS, NULL}, {SQL_FORGET_WRITERS, NULL}};
    Group group = {.lane = lane, .arena = lane->arena, .first = first, .care = care};
    for (const StoreCommit *c = first; c; c = c->next)
        group.care.wary |= is_wary(c);
    *ret_doubt = false;
    lane->group++;
    if (lane->touched.any)
        memset(&lane->touched, 0, sizeof(lane->touched));
    Fault fault = run(&group, ret_doubt);
    if (fault == FAULT_PASSED) {
        memset(lane->epochs, 0, sizeof(lane->epochs));
        lane->behind = true;
        if (group.expects)
            kept_surprised(&lane->store->kept);
    }
    if (fault != FAULT_NONE || group.begun)
        link_post(&lane->link, &rollback, 1);
    if (fault == FAULT_NONE && lane->group % FORGET_EVERY == 0)
        link_post(&lane->link, forget, COUNT_OF(forget));
    arena_clear(lane->arena);
    return fault;
}
