/* store/postgres/load.c - fills a store with what a scan of another one gave.
 *
 * A unit is one transaction of one round trip: arrays for each table, as group.c has them. It does
 * not wait for the disk: after a crash the store is as it was after some unit, with that unit's
 * mark. The session says that it fills (aceso.filling); all others are refused by a trigger. */
#include "store/postgres/job.h"

#include <stdlib.h>

enum { CALLS_MAX = 24, ROW_COLUMNS = 8, SET_COLUMNS = 6, HISTORY_COLUMNS = 6, CHANGE_COLUMNS = 6 };

typedef struct {
    PostgresStore *store;
    Arena *arena;
    const StoreLoad *load;
    Params params[CALLS_MAX];
    Call calls[CALLS_MAX];
    size_t call_count;
    uint64_t resources, unused;
    bool full;
} Unit;

static Params *add_call(Unit *unit, SqlName statement)
{
    assert(unit->call_count < CALLS_MAX);
    Params *params = &unit->params[unit->call_count];
    *params = params_in(unit->arena);
    unit->calls[unit->call_count++] = (Call){statement, params};
    return params;
}

static void init_arrays(Unit *unit, Array *arrays, const ArrayType *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        array_init(&arrays[i], unit->arena, types[i], 256);
}

static void call_arrays(Unit *unit, SqlName statement, Array *arrays, size_t count)
{
    if (!arrays[0].count)
        return;
    Params *params = add_call(unit, statement);
    for (size_t i = 0; i < count; i++)
        params_array(params, &arrays[i]);
}

/* ---- changes ------------------------------------------------------------------------------- */

typedef struct {
    uint64_t rid;
    size_t at; /* which change */
} Touched;

static int compare_touched(const void *left, const void *right)
{
    const Touched *a = left, *b = right;
    return a->rid != b->rid ? (a->rid < b->rid ? -1 : 1) : a->at < b->at ? -1 : 1;
}

typedef struct {
    Array rows[ROW_COLUMNS], sets[SET_COLUMNS], history[HISTORY_COLUMNS], kept;
} Rows;

typedef struct {
    Str facts, body;
} Sealed;

static Status seal_row(Unit *unit, const StoreRow *row, Sealed *ret_sealed)
{
    Str packed;
    ret_sealed->body = STR_EMPTY;
    TRY(facts_seal(unit->store, unit->arena, row->rid, row->facts, &ret_sealed->facts));
    if (row->deleted)
        return STATUS_OK;
    TRY(bodies_pack(unit->store->bodies, unit->arena, row->body, &packed));
    return vault_seal(&unit->store->vault, unit->arena,
                      about_body(row->type, row->id, row->version), packed, &ret_sealed->body);
}

/* A version that is replaced in this unit too goes where old ones are. */
static void add_old(Rows *rows, const StoreRow *row, const Sealed *sealed)
{
    array_int(&rows->history[0], 8, (int64_t)row->rid);
    array_int(&rows->history[1], 4, row->version);
    array_int(&rows->history[2], 8, row->updated);
    array_int(&rows->history[3], 2, row->method);
    array_bytes(&rows->history[4], sealed->facts);
    array_bytes(&rows->history[5], sealed->body);
}

static void add_new(Rows *rows, const StoreRow *row, const Sealed *sealed)
{
    array_int(&rows->rows[0], 8, (int64_t)row->rid);
    array_int(&rows->rows[1], 2, row->type);
    array_bytes(&rows->rows[2], row->id);
    array_int(&rows->rows[3], 4, row->version);
    array_int(&rows->rows[4], 8, row->updated);
    array_int(&rows->rows[5], 2, row->method);
    array_bytes(&rows->rows[6], sealed->facts);
    array_bytes(&rows->rows[7], sealed->body);
}

static void add_set(Rows *rows, const StoreRow *row, const Sealed *sealed)
{
    array_int(&rows->kept, 8, (int64_t)row->rid);
    array_int(&rows->sets[0], 8, (int64_t)row->rid);
    array_int(&rows->sets[1], 4, row->version);
    array_int(&rows->sets[2], 8, row->updated);
    array_int(&rows->sets[3], 2, row->method);
    array_bytes(&rows->sets[4], sealed->facts);
    array_bytes(&rows->sets[5], sealed->body);
}

/* The changes of one resource, in order: [from, to). */
static Status take_resource(Unit *unit, Rows *rows, const Touched *from, const Touched *to)
{
    const StoreChange *changes = unit->load->changes;
    bool made = changes[from->at].row.version == 1;
    unit->resources += made;
    for (const Touched *at = from; at < to; at++) {
        const StoreRow *row = &changes[at->at].row;
        Sealed sealed;
        TRY(seal_row(unit, row, &sealed));
        if (at + 1 < to)
            add_old(rows, row, &sealed);
        else if (made)
            add_new(rows, row, &sealed);
        else
            add_set(rows, row, &sealed);
    }
    return STATUS_OK;
}

static Status load_rows(Unit *unit)
{
    static const ArrayType row_types[] = {TYPE_INT8, TYPE_INT2, TYPE_TEXT,  TYPE_INT4,
                                          TYPE_INT8, TYPE_INT2, TYPE_BYTEA, TYPE_BYTEA};
    static const ArrayType set_types[] = {TYPE_INT8, TYPE_INT4,  TYPE_INT8,
                                          TYPE_INT2, TYPE_BYTEA, TYPE_BYTEA};
    const StoreLoad *load = unit->load;
    Touched *touched = arena_array_of(unit->arena, Touched, load->change_count + 1);
    Rows *rows = arena_new_of(unit->arena, Rows);
    if (!touched || !rows)
        return STATUS_MEMORY;
    init_arrays(unit, rows->rows, row_types, ROW_COLUMNS);
    init_arrays(unit, rows->sets, set_types, SET_COLUMNS);
    init_arrays(unit, rows->history, set_types, HISTORY_COLUMNS);
    array_init(&rows->kept, unit->arena, TYPE_INT8, 64);
    for (size_t i = 0; i < load->change_count; i++)
        touched[i] = (Touched){load->changes[i].row.rid, i};
    qsort(touched, load->change_count, sizeof(Touched), compare_touched);
    for (size_t i = 0, end; i < load->change_count; i = end) {
        for (end = i; end < load->change_count && touched[end].rid == touched[i].rid;)
            end++;
        TRY(take_resource(unit, rows, touched + i, touched + end));
    }
    call_arrays(unit, SQL_KEEP_ROWS, &rows->kept, 1);
    call_arrays(unit, SQL_LOAD_HISTORY, rows->history, HISTORY_COLUMNS);
    call_arrays(unit, SQL_ADD_ROWS, rows->rows, ROW_COLUMNS);
    call_arrays(unit, SQL_SET_ROWS, rows->sets, SET_COLUMNS);
    return STATUS_OK;
}

static void load_changes(Unit *unit)
{
    static const ArrayType types[] = {TYPE_INT8, TYPE_INT2, TYPE_INT8,
                                      TYPE_INT4, TYPE_INT8, TYPE_INT8};
    PostgresStore *store = unit->store;
    Array arrays[CHANGE_COLUMNS];
    init_arrays(unit, arrays, types, CHANGE_COLUMNS);
    for (size_t i = 0; i < unit->load->change_count; i++) {
        const StoreChange *change = &unit->load->changes[i];
        unit->unused += change->change - store->last - 1;
        store->last = change->change;
        if (change->row.updated > store->latest)
            store->latest = change->row.updated;
        array_int(&arrays[0], 8, (int64_t)change->change);
        array_int(&arrays[1], 2, change->row.type);
        array_int(&arrays[2], 8, (int64_t)change->row.rid);
        array_int(&arrays[3], 4, change->row.version);
        array_int(&arrays[4], 8, change->row.updated);
        array_int(&arrays[5], 8, store->latest);
    }
    call_arrays(unit, SQL_LOAD_CHANGES, arrays, CHANGE_COLUMNS);
}

/* ---- the other streams --------------------------------------------------------------------- */

static Status load_audits(Unit *unit)
{
    static const ArrayType types[] = {TYPE_INT8, TYPE_INT8, TYPE_BYTEA, TYPE_BYTEA};
    Array arrays[4];
    init_arrays(unit, arrays, types, COUNT_OF(arrays));
    for (size_t i = 0; i < unit->load->audit_count; i++) {
        const StoreAuditRow *row = &unit->load->audits[i];
        Str sealed;
        TRY(vault_seal(&unit->store->vault, unit->arena, about_audit(row->at), row->entry,
                       &sealed));
        array_int(&arrays[0], 8, (int64_t)row->number);
        array_int(&arrays[1], 8, row->at);
        array_bytes(&arrays[2], sealed);
        array_bytes(&arrays[3], row->link);
    }
    call_arrays(unit, SQL_LOAD_AUDITS, arrays, COUNT_OF(arrays));
    return STATUS_OK;
}

static Status load_items(Unit *unit)
{
    static const ArrayType types[] = {TYPE_TEXT, TYPE_BYTEA, TYPE_BYTEA};
    Array set[3], drop[2];
    init_arrays(unit, set, types, COUNT_OF(set));
    init_arrays(unit, drop, types, COUNT_OF(drop));
    for (size_t i = 0; i < unit->load->item_count; i++) {
        const StoreItem *item = &unit->load->items[i];
        SealedItem *sealed = arena_new_of(unit->arena, SealedItem);
        if (!sealed)
            return STATUS_MEMORY;
        TRY(item_seal(unit->store, unit->arena, item, sealed));
        Array *to = sealed->sealed.len ? set : drop;
        array_bytes(&to[0], item->space);
        array_bytes(&to[1], str_n(sealed->name, sizeof(sealed->name)));
        if (sealed->sealed.len)
            array_bytes(&to[2], sealed->sealed);
    }
    call_arrays(unit, SQL_SET_ITEMS, set, COUNT_OF(set));
    call_arrays(unit, SQL_DROP_ITEMS, drop, COUNT_OF(drop));
    return STATUS_OK;
}

static Status load_pieces(Unit *unit)
{
    PieceArrays pieces;
    pieces_init(&pieces, unit->arena);
    for (size_t i = 0; i < unit->load->piece_count; i++) {
        Str sealed;
        TRY(piece_seal(unit->store, unit->arena, &unit->load->pieces[i], &sealed));
        pieces_take(&pieces, &unit->load->pieces[i], sealed);
    }
    call_arrays(unit, SQL_SET_PIECES, pieces.set, PIECES_SET);
    call_arrays(unit, SQL_DROP_PIECES, pieces.gone, PIECES_GONE);
    return STATUS_OK;
}

typedef struct {
    const StoreKeyChange *key;
    size_t at;
} SortedKey;

static int compare_keys(const void *left, const void *right)
{
    const SortedKey *a = left, *b = right;
    int order = str_cmp(a->key->key, b->key->key);
    return order ? order : a->at < b->at ? -1 : 1;
}

/* Of several words on one row the last one counts; they come after each other. */
static Status load_facts(Unit *unit)
{
    static const ArrayType types[] = {TYPE_INT8, TYPE_INT4, TYPE_BYTEA};
    Array facts[COUNT_OF(types)];
    init_arrays(unit, facts, types, COUNT_OF(types));
    for (size_t i = 0; i < unit->load->key_count; i++) {
        StoreFactsChange change;
        Str sealed;
        if (!store_facts_change(unit->load->keys[i].key, &change))
            continue;
        TRY(facts_seal(unit->store, unit->arena, change.rid, change.facts, &sealed));
        array_int(&facts[0], 8, (int64_t)change.rid);
        array_int(&facts[1], 4, change.version);
        array_bytes(&facts[2], sealed);
    }
    call_arrays(unit, SQL_LOAD_FACTS, facts, COUNT_OF(types));
    call_arrays(unit, SQL_LOAD_OLD_FACTS, facts, COUNT_OF(types));
    return STATUS_OK;
}

/* Of several words on one key the last one counts. */
static Status load_keys(Unit *unit)
{
    const StoreLoad *load = unit->load;
    SortedKey *keys = arena_array_of(unit->arena, SortedKey, load->key_count + 1);
    Array add, drop;
    if (!keys)
        return STATUS_MEMORY;
    array_init(&add, unit->arena, TYPE_BYTEA, load->key_count * 40 + 64);
    array_init(&drop, unit->arena, TYPE_BYTEA, 64);
    for (size_t i = 0; i < load->key_count; i++)
        keys[i] = (SortedKey){&load->keys[i], i};
    qsort(keys, load->key_count, sizeof(SortedKey), compare_keys);
    for (size_t i = 0; i < load->key_count; i++) {
        const StoreKeyChange *key = keys[i].key;
        if ((unsigned char)key->key.at[0] < STORE_KIND_FIRST)
            continue;
        if (i + 1 == load->key_count || !str_eq(keys[i + 1].key->key, key->key))
            array_bytes(key->removed ? &drop : &add, key->key);
    }
    call_arrays(unit, SQL_DROP_KEYS, &drop, 1);
    call_arrays(unit, SQL_ADD_KEYS_AGAIN, &add, 1);
    return STATUS_OK;
}

static Status load_jobs(Unit *unit)
{
    static const ArrayType types[] = {TYPE_INT8,  TYPE_INT8,  TYPE_INT2, TYPE_INT4,
                                      TYPE_TEXT,  TYPE_INT8,  TYPE_INT8, TYPE_BYTEA,
                                      TYPE_BYTEA, TYPE_BYTEA, TYPE_BYTEA};
    Array a[COUNT_OF(types)];
    init_arrays(unit, a, types, COUNT_OF(types));
    if (unit->load->drop_jobs)
        UNUSED(add_call(unit, SQL_LOAD_NO_JOBS));
    for (size_t i = 0; i < unit->load->job_count; i++) {
        const StoreJob *job = &unit->load->jobs[i];
        const StoreJobAdd add = {.kind = job->kind, .key = job->key, .payload = job->payload};
        SealedJob *sealed = arena_new_of(unit->arena, SealedJob);
        if (!sealed)
            return STATUS_MEMORY;
        TRY(job_seal(unit->store, unit->arena, &add, sealed));
        array_int(&a[0], 8, (int64_t)job->number);
        array_int(&a[1], 8, (int64_t)job->lease);
        array_int(&a[2], 2, job->state);
        array_int(&a[3], 4, job->tries);
        array_bytes(&a[4], job->kind);
        array_int(&a[5], 8, job->added);
        array_int(&a[6], 8, job->due);
        array_bytes(&a[7], job->worker);
        array_bytes(&a[8], job->error);
        array_bytes(&a[9], sealed->named ? str_n(sealed->name, sizeof(sealed->name)) : STR_EMPTY);
        array_bytes(&a[10], sealed->sealed);
    }
    call_arrays(unit, SQL_LOAD_JOBS, a, COUNT_OF(types));
    return STATUS_OK;
}

static void load_head(Unit *unit)
{
    const StoreLoad *load = unit->load;
    if (load->change_count || load->audit_count) {
        Params *params = add_call(unit, SQL_LOAD_HEAD);
        params_int8(params, (int64_t)unit->store->last);
        params_int8(params, (int64_t)unit->resources);
        params_int8(params,
                    load->audit_count ? (int64_t)load->audits[load->audit_count - 1].number : 0);
        params_int8(params, unit->store->latest);
        params_bytes(params,
                     load->audit_count ? load->audits[load->audit_count - 1].link : STR_EMPTY);
    }
    if (unit->unused)
        params_int8(add_call(unit, SQL_LOAD_MORE), (int64_t)unit->unused);
    if (load->mark.len)
        params_bytes(add_call(unit, SQL_LOAD_MARK), load->mark);
}

static Status fill_unit(Unit *unit)
{
    UNUSED(add_call(unit, SQL_BEGIN));
    TRY(load_rows(unit));
    load_changes(unit);
    TRY(load_audits(unit));
    TRY(load_items(unit));
    TRY(load_pieces(unit));
    TRY(load_keys(unit));
    TRY(load_facts(unit));
    TRY(load_jobs(unit));
    load_head(unit);
    UNUSED(add_call(unit, SQL_COMMIT));
    for (size_t i = 0; i < unit->call_count; i++)
        unit->full |= unit->params[i].full;
    return unit->full ? STATUS_MEMORY : STATUS_OK;
}

/* ---- sending ------------------------------------------------------------------------------- */

/* All or nothing; a connection that was lost is not opened again: the move is begun once more. */
static Status send(PostgresStore *store, Ctx *cx, const Call *calls, size_t count)
{
    PGresult *results[CALLS_MAX];
    static const Call rollback = {SQL_ROLLBACK, NULL};
    Fault fault = link_run(&store->move, NULL, calls, count, results);
    if (fault == FAULT_NONE) {
        bool good = str_eq(str_of(PQcmdStatus(results[count - 1])), STR("COMMIT"));
        for (size_t i = 0; i < count; i++)
            PQclear(results[i]);
        fault = good ? FAULT_NONE : FAULT_OTHER;
    }
    if (fault != FAULT_NONE && link_is_open(&store->move))
        link_post(&store->move, &rollback, 1);
    return link_fail(cx, &store->move, fault, "being filled");
}

/* Where the changes end, which a unit that failed has moved. */
static Status read_state(PostgresStore *store, Ctx *cx)
{
    PGresult *result;
    const Call call = {SQL_LOAD_STATE, NULL};
    Fault fault = link_run(&store->move, NULL, &call, 1, &result);
    if (fault != FAULT_NONE)
        return link_fail(cx, &store->move, fault, "looking how far it is filled");
    store->last = (uint64_t)answer_int(result, 0, 0);
    store->latest = answer_int(result, 0, 1);
    PQclear(result);
    return STATUS_OK;
}

Status postgres_load(Store *base, Ctx *cx, const StoreLoad *load)
{
    PostgresStore *store = postgres_store(base);
    Unit *unit = arena_new_of(cx->arena, Unit);
    assert(store->filling);
    if (!unit)
        return STATUS_MEMORY;
    *unit = (Unit){.store = store, .arena = cx->arena, .load = load};
    Status status = fill_unit(unit);
    if (status == STATUS_OK)
        status = send(store, cx, unit->calls, unit->call_count);
    if (status != STATUS_OK && link_is_open(&store->move))
        UNUSED(read_state(store, cx) == STATUS_OK);
    return status;
}

Status postgres_load_mark(Store *base, Ctx *cx, Str *ret_mark)
{
    PostgresStore *store = postgres_store(base);
    PGresult *result;
    const Call call = {SQL_LOAD_STATE, NULL};
    Fault fault = link_run(&store->move, NULL, &call, 1, &result);
    if (fault != FAULT_NONE)
        return link_fail(cx, &store->move, fault, "looking how far it is filled");
    *ret_mark = arena_str(cx->arena, answer_bytes(result, 0, 2));
    PQclear(result);
    return ret_mark->at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

Status load_begin(Ctx *cx, PostgresStore *store)
{
    PGresult *result;
    const Call call = {SQL_LOAD_BEGIN, NULL};
    TRY(link_open(cx, store->conninfo, SQL_LIST_WRITER, &store->move));
    Fault fault = link_run(&store->move, NULL, &call, 1, &result);
    if (fault != FAULT_NONE)
        return link_fail(cx, &store->move, fault, "beginning to be filled");
    PQclear(result);
    return read_state(store, cx);
}

static Status run_script(PostgresStore *store, Ctx *cx, const char *sql)
{
    Link link;
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &link));
    Status status = link_script(cx, &link, sql);
    link_close(&link);
    return status;
}

/* So that the first searches find tables that are known and pages that are marked. */
Status load_settle(PostgresStore *store, Ctx *cx)
{
    static const char *const tables[] = {
        "VACUUM (ANALYZE) aceso.posting", "VACUUM (ANALYZE) aceso.resource",
        "VACUUM (ANALYZE) aceso.history", "VACUUM (ANALYZE) aceso.change",
        "VACUUM (ANALYZE) aceso.audit"};
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        TRY(run_script(store, cx, tables[i]));
    return STATUS_OK;
}

Status postgres_load_end(Store *base, Ctx *cx, const StoreTip *tip)
{
    PostgresStore *store = postgres_store(base);
    Arena *arena = cx->arena;
    assert(tip->change >= store->last);
    Params numbers = params_in(arena), head = params_in(arena), more = params_in(arena);
    params_int8(&numbers, (int64_t)tip->job);
    params_int8(&head, (int64_t)tip->change);
    params_int8(&head, 0);
    params_int8(&head, (int64_t)tip->audit);
    params_int8(&head, 0);
    params_bytes(&head, STR_EMPTY); /* the chain goes on behind the last entry */
    params_int8(&more, (int64_t)(tip->change - store->last));
    const Call calls[] = {
        {SQL_BEGIN, NULL},      {SQL_LOAD_DURABLE, NULL}, {SQL_LOAD_NUMBERS, &numbers},
        {SQL_LOAD_HEAD, &head}, {SQL_LOAD_MORE, &more},   {SQL_COMMIT, NULL}};
    TRY(send(store, cx, calls, COUNT_OF(calls)));
    link_close(&store->move);
    return run_script(store, cx,
                      "BEGIN; SET LOCAL synchronous_commit = on;"
                      "ALTER TABLE aceso.head DISABLE TRIGGER refuse;"
                      "ALTER TABLE aceso.job DISABLE TRIGGER refuse;"
                      "UPDATE aceso.move SET state = 0, mark = ''; COMMIT");
}
