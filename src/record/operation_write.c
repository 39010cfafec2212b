/* record/operation_write.c - what an operation writes: see operation.h. */
#include "record/operation_inner.h"

/* Room for one more, in an array that doubles as it must; empty is NULL. */
void *operation_grown(Operation *op, void *old, size_t count, size_t each)
{
    if (count & (count - 1))
        return old;
    uint8_t *room = arena_alloc(op->inner->home->arena, (count ? 2 * count : 1) * each);
    if (room && count)
        memcpy(room, old, count * each);
    return room;
}

/* ---- writing ------------------------------------------------------------------------------ */

bool operation_is_apart(const Operation *op)
{
    return op->cx == &op->inner->apart;
}

/* It outlives what it was made of. */
static Status pack(Operation *op, StoreWrite *write)
{
    Arena *arena = op->inner->home->arena;
    TRY(store_prepare(op->record->store, arena, write));
    write->body = STR_EMPTY;
    write->add_count = write->remove_count = 0;
    write->facts = arena_str(arena, write->facts);
    write->id = arena_str(arena, write->id);
    return write->facts.at && write->id.at ? STATUS_OK : STATUS_MEMORY;
}

static Status add(Operation *op, Change *change)
{
    struct OperationInner *in = op->inner;
    FhirChecked checked;
    size_t most = operation_is_apart(op) ? OPERATION_APART_MAX : OPERATION_WRITES_MAX;
    if (in->write_count >= most)
        return ctx_fail(op->cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "One operation writes at most %zu resources.", most);
    TRY(operation_open(op)); /* the caller's rights */
    change->writer = operation_asks(op);
    change->by_operation = !in->guarded;
    change->siblings = in->siblings;
    change->commit = &op->reply->commit;
    change->kept = in->home->arena;
    change->many = operation_is_apart(op);
    if (change->resource)
        TRY(check_resource(op->cx, change->type, change->resource, &checked));
    in->writes = operation_grown(op, in->writes, in->write_count, sizeof(StoreWrite));
    if (!in->writes)
        return STATUS_MEMORY;
    StoreWrite *write = &in->writes[in->write_count];
    TRY(plan_write(op->record, op->cx, change, write));
    if (operation_is_apart(op))
        TRY(pack(op, write));
    in->write_count++;
    Str name = arena_format(in->home->arena, STR_FMT "/" STR_FMT,
                            STR_ARG(fhir_type_name(change->type)), STR_ARG(change->id));
    return name.at ? operation_note(op, name, write->facts) : STATUS_MEMORY;
}

Status operation_create(Operation *op, Str type, JsonValue *resource, Str *ret_name)
{
    Change change = {.method = STORE_CREATE,
                     .type = fhir_type_find(type),
                     .id = new_id(op->cx),
                     .id_is_fresh = true,
                     .resource = resource};
    if (!change.id.len)
        return STATUS_MEMORY;
    if (ret_name) {
        *ret_name =
            arena_format(op->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(change.id));
        if (!ret_name->at)
            return STATUS_MEMORY;
    }
    return add(op, &change);
}

Status operation_update(Operation *op, const OperationRow *row, JsonValue *resource)
{
    Scene scene = operation_scene(op);
    Change change = {.method = STORE_UPDATE,
                     .type = row->row.type,
                     .id = row->id,
                     .resource = resource,
                     .before = &row->row};
    TRY(scene_restore(&scene, op->cx, &row->row, &change.resource));
    return add(op, &change);
}

void operation_guarded(Operation *op)
{
    op->inner->guarded = true;
}

Status operation_delete(Operation *op, const OperationRow *row)
{
    Change change = {
        .method = STORE_DELETE, .type = row->row.type, .id = row->id, .before = &row->row};
    return add(op, &change);
}

Status operation_patch(Operation *op, const OperationRow *row, Str patch)
{
    JsonValue *operations, *after;
    Buf buf;
    TRY(json_parse(op->cx, patch, &operations));
    buf_init(&buf, op->cx->arena, row->row.body.len + patch.len, RESOURCE_BYTES_MAX);
    TRY(json_patch(op->cx, row->resource, operations, &buf));
    TRY(buf_done(&buf));
    TRY(json_parse(op->cx, buf_str(&buf), &after));
    return operation_update(op, row, after);
}

Status operation_set_status(Operation *op, const OperationRow *row, const char *status)
{
    Str patch = arena_format(
        op->cx->arena, "[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"%s\"}]", status);
    return patch.at ? operation_patch(op, row, patch) : STATUS_MEMORY;
}

Status operation_add_job(Operation *op, const StoreJobAdd *job)
{
    struct OperationInner *in = op->inner;
    in->jobs = operation_grown(op, in->jobs, in->job_count, sizeof(*job));
    if (!in->jobs)
        return STATUS_MEMORY;
    in->jobs[in->job_count++] = *job;
    return STATUS_OK;
}

Status operation_add_item(Operation *op, const StoreItem *item)
{
    struct OperationInner *in = op->inner;
    in->items = operation_grown(op, in->items, in->item_count, sizeof(*item));
    if (!in->items)
        return STATUS_MEMORY;
    in->items[in->item_count++] = *item;
    return STATUS_OK;
}

void operation_guard_item(Operation *op, const StoreItem *as_read)
{
    op->inner->guard = as_read;
}

void operation_audit_query(Operation *op, Str names)
{
    op->inner->scene.audit.query = names;
}

void operation_audit_reason(Operation *op, Str reason)
{
    op->inner->scene.audit.reason = reason;
}

void operation_about(Operation *op, const OperationRow *row)
{
    op->inner->scene.audit.id = row->id;
    op->inner->scene.audit.facts = row->row.facts;
}

void operation_beside(Operation *op, const SearchSiblings *siblings)
{
    op->inner->siblings = siblings;
}

Status operation_relabel(Operation *op, const OperationRow *row)
{
    struct OperationInner *in = op->inner;
    Change change = {.writer = op->record->self,
                     .method = STORE_UPDATE,
                     .type = row->row.type,
                     .id = row->id,
                     .resource = row->resource,
                     .before = &row->row,
                     .siblings = in->siblings};
    Str facts, security;
    TRY(label_change(op->record, op->cx, &change, &facts, &security));
    if (str_eq(facts, row->row.facts))
        return STATUS_OK;
    return owned_new_facts(&op->reply->commit, in->home->arena, &row->row, facts);
}
