/* record/operation_read.c - what an operation reads: see operation.h. */
#include "record/operation_inner.h"
#include "record/criteria.h"

/* ---- reading ------------------------------------------------------------------------------ */

const Access *operation_asks(const Operation *op)
{
    return op->inner->own ? op->record->self : op->inner->scene.access;
}

/* The snapshot, for whoever looks now. */
Status operation_open(Operation *op)
{
    struct OperationInner *in = op->inner;
    if (!in->reader)
        TRY(scene_read(&in->scene, &in->reader));
    (void)store_read_as(in->reader, operation_asks(op));
    return STATUS_OK;
}

void operation_shut(Operation *op)
{
    if (op->inner->reader)
        store_read_end(op->inner->reader);
    op->inner->reader = NULL;
}

/* The scene of whoever looks now. */
Scene operation_scene(const Operation *op)
{
    Scene scene = op->inner->scene;
    scene.access = operation_asks(op);
    return scene;
}

bool operation_own(Operation *op, bool own)
{
    bool before = op->inner->own;
    op->inner->own = own;
    return before;
}

bool operation_peek(Operation *op, bool peek)
{
    bool before = op->inner->peek;
    op->inner->peek = peek;
    return before;
}

Status operation_note(Operation *op, Str name, Str facts)
{
    struct OperationInner *in = op->inner;
    in->names = operation_grown(op, in->names, in->name_count, sizeof(Str));
    in->facts_of = operation_grown(op, in->facts_of, in->name_count, sizeof(Str));
    name = arena_str(in->home->arena, name); /* rows that are looked at apart are let go */
    facts = arena_str(in->home->arena, facts);
    if (!in->names || !in->facts_of || !name.at || !facts.at)
        return STATUS_MEMORY;
    in->names[in->name_count] = name;
    in->facts_of[in->name_count++] = facts;
    return STATUS_OK;
}

Status operation_show(Operation *op, const StoreRow *row, OperationRow *ret_row)
{
    Scene scene = operation_scene(op);
    Str body, type = fhir_type_name(row->type);
    TRY(scene_reduce(&scene, op->cx, row->type, row->facts, row->body, &body));
    *ret_row = (OperationRow){.type = type, .id = row->id, .row = *row};
    ret_row->name =
        arena_format(op->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(row->id));
    if (!ret_row->name.at)
        return STATUS_MEMORY;
    if (!op->inner->own && !op->inner->peek)
        TRY(operation_note(op, ret_row->name, row->facts));
    return json_parse(op->cx, body, &ret_row->resource);
}

Status operation_access(Operation *op, const Access **ret_access)
{
    TRY(operation_open(op));
    *ret_access = op->inner->scene.access;
    return STATUS_OK;
}

static Status explain(Operation *op, Str role, Str who, Str patient, RightsWhy *ret_why)
{
    bool before = operation_own(op, true);
    Status status = operation_open(op);
    if (status == STATUS_OK)
        status = rights_explain(op->record->rights, op->cx, op->inner->reader, role, who, patient,
                                ret_why);
    operation_own(op, before);
    return status;
}

Status operation_shut_out(Operation *op, Str patient, bool broken, bool *ret_shut)
{
    RightsWhy why;
    TRY(explain(op, access_role(op->call->access), operation_who(op), patient, &why));
    *ret_shut = broken ? why.shut : why.blocked;
    return STATUS_OK;
}

Status operation_other_writes(Operation *op, Str role, Str who, Str patient, AccessClass class,
                              bool *ret_writes)
{
    RightsWhy why;
    TRY(explain(op, role, who, patient, &why));
    const RightsLink *link =
        rights_find(&why.rights, search_hash_text(op->record->search, patient));
    *ret_writes = why.linked && link && (link->mask.write & 1u << class) != 0;
    return STATUS_OK;
}

Status operation_shows(Operation *op, const OperationRow *row)
{
    return operation_note(op, row->name, row->row.facts);
}

Status operation_get(Operation *op, Str type, Str id, OperationRow *ret_row)
{
    StoreRow row;
    uint16_t number = fhir_type_find(type);
    Status status = STATUS_NOT_FOUND;
    TRY(operation_open(op));
    Scene scene = operation_scene(op);
    if (number && fhir_id_is(id))
        status = scene_get(&scene, op->inner->reader, number, id, true, &row);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && row.deleted))
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such " STR_FMT ".",
                        STR_ARG(number ? fhir_type_name(number) : STR("resource")));
    TRY(status);
    return operation_show(op, &row, ret_row);
}

Status operation_page(Operation *op, Str type, Str query, size_t limit, Str *cursor,
                      OperationRows *ret_rows)
{
    Criteria criteria;
    Found found;
    TRY(operation_open(op));
    Scene scene = operation_scene(op);
    TRY(criteria_parse(op->cx, fhir_type_find(type), query, limit, &criteria));
    if (cursor->len)
        criteria.query = arena_format(op->cx->arena, STR_FMT "&_cursor=" STR_FMT,
                                      STR_ARG(criteria.query), STR_ARG(*cursor));
    if (!criteria.query.at)
        return STATUS_MEMORY;
    TRY(criteria_find(&scene, op->cx, NULL, op->inner->reader, &criteria, true, &found));
    ret_rows->rows = arena_array_of(op->cx->arena, OperationRow, found.count + 1);
    ret_rows->count = found.count;
    if (!ret_rows->rows)
        return STATUS_MEMORY;
    for (size_t i = 0; i < found.count; i++)
        TRY(operation_show(op, &found.rows[i], &ret_rows->rows[i]));
    *cursor = found.next;
    return STATUS_OK;
}

Status operation_find(Operation *op, Str type, Str query, size_t limit, OperationRows *ret_rows)
{
    Str cursor = STR_EMPTY;
    return operation_page(op, type, query, limit < OPERATION_FIND_MAX ? limit : OPERATION_FIND_MAX,
                          &cursor, ret_rows);
}

Call operation_call(const Operation *op)
{
    Call call = {.access = op->inner->own ? op->record->self : op->call->access,
                 .base = op->call->base,
                 .address = op->call->address};
    return call;
}

Status operation_item(Operation *op, Str space, Str key, Str *ret_value)
{
    TRY(operation_open(op));
    return store_item_get(op->inner->reader, space, key, ret_value);
}

Status operation_items(Operation *op, Str space, StoreItem **ret_items, size_t *ret_count)
{
    TRY(operation_open(op));
    return store_item_list(op->inner->reader, space, ret_items, ret_count);
}

static Status changed_rows(Operation *op, const StoreTouch *touches, size_t count,
                           OperationRows *ret_rows)
{
    StoreRow *rows = arena_array_of(op->cx->arena, StoreRow, count + 1);
    uint64_t *rids = arena_array_of(op->cx->arena, uint64_t, count + 1);
    ret_rows->rows = arena_array_of(op->cx->arena, OperationRow, count + 1);
    if (!rows || !rids || !ret_rows->rows)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        rids[i] = touches[i].rid;
    TRY(store_get_rids(op->inner->reader, rids, count, true, rows));
    for (size_t i = 0; i < count; i++) {
        OperationRow *row = &ret_rows->rows[ret_rows->count++];
        *row = (OperationRow){.row = rows[i]};
        row->row.rid = rids[i];
        if (rows[i].version && !rows[i].deleted)
            TRY(operation_show(op, &rows[i], row));
    }
    return STATUS_OK;
}

Status operation_changed(Operation *op, Str type, uint64_t *change, OperationRows *ret_rows,
                         bool *ret_many)
{
    StoreMark mark;
    StoreTouch *touches = NULL;
    size_t count = 0;
    bool before = operation_own(op, true);
    *ret_rows = (OperationRows){0};
    Status status = operation_open(op);
    if (status == STATUS_OK)
        status = store_mark(op->inner->reader, &mark);
    if (status == STATUS_OK && *change < mark.change)
        status = store_changes(op->inner->reader, fhir_type_find(type), *change,
                               OPERATION_FIND_MAX + 1, &touches, &count);
    *ret_many = status == STATUS_OK && count > OPERATION_FIND_MAX;
    if (status == STATUS_OK && !*ret_many)
        status = changed_rows(op, touches, count, ret_rows);
    operation_own(op, before);
    if (status == STATUS_OK)
        *change = mark.change;
    return status;
}

void *operation_memory(Operation *op, const OperationMemory *kind)
{
    Record *record = op->record;
    void *thing = NULL;
    pthread_mutex_lock(&record->remembering);
    for (size_t i = 0; i < RECORD_MEMORIES_MAX && !thing; i++) {
        if (record->memories[i].kind && record->memories[i].kind != kind)
            continue;
        if (!record->memories[i].kind && (record->memories[i].thing = kind->make()))
            record->memories[i].kind = kind;
        thing = record->memories[i].thing;
        break;
    }
    pthread_mutex_unlock(&record->remembering);
    return thing;
}

Status operation_claim(Operation *op, const Str *names, size_t count)
{
    struct OperationInner *in = op->inner;
    StoreMark mark;
    assert(!op->reply->claim);
    operation_shut(op);
    TRY(claim_take(&op->record->claims, op->cx, names, count, &op->reply->claim));
    TRY(operation_open(op));
    TRY(store_mark(in->reader, &mark));
    claim_note(op->reply->claim, mark.change, &op->reply->commit);
    return STATUS_OK;
}
