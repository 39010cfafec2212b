/* record/operation_many.c - operations that look at many rows, one after the other: see
 * operation.h. */
#include "record/operation_inner.h"
#include "record/referring.h"

/* ---- many: one after the other ----------------------------------------------------------------
 */

static void free_arena(void *arena)
{
    arena_free(arena);
}

Status operation_apart(Operation *op)
{
    struct OperationInner *in = op->inner;
    assert(!operation_is_apart(op));
    TRY(operation_open(op));
    if (!in->scratch) {
        void **hook = arena_defer(in->home->arena, free_arena, NULL);
        if (!hook || !(in->scratch = arena_new(arena_bytes_max(in->home->arena), true)))
            return STATUS_MEMORY;
        *hook = in->scratch;
    }
    in->apart = *in->home;
    in->apart.arena = in->scratch;
    op->cx = &in->apart;
    (void)store_read_into(in->reader, op->cx);
    return STATUS_OK;
}

/* Issues live as long as the scratch arena: with the request, unless it is cleared. */
void operation_come_home(Operation *op)
{
    struct OperationInner *in = op->inner;
    ctx_take_issues(in->home, &in->apart);
    op->cx = in->home;
    if (in->reader)
        (void)store_read_into(in->reader, op->cx);
}

void operation_together(Operation *op)
{
    assert(operation_is_apart(op));
    ctx_forget_since(&op->inner->apart, op->inner->home);
    operation_come_home(op);
    arena_clear(op->inner->scratch);
}

/* *cursor outlives the page. */
static Status take_page(Operation *op, Str type, Str query, Str *cursor, OperationTake take,
                        void *of)
{
    OperationRows rows;
    TRY(operation_page(op, type, query, OPERATION_FIND_MAX, cursor, &rows));
    for (size_t i = 0; i < rows.count; i++)
        TRY(take(of, &rows.rows[i]));
    *cursor = arena_str(op->inner->home->arena, *cursor);
    return cursor->at ? STATUS_OK : STATUS_MEMORY;
}

Status operation_each(Operation *op, Str type, Str query, OperationTake take, void *of)
{
    Str cursor = STR_EMPTY;
    do {
        TRY(ctx_check_deadline(op->cx));
        TRY(operation_apart(op));
        TRY(take_page(op, type, query, &cursor, take, of));
        operation_together(op);
    } while (cursor.len);
    return STATUS_OK;
}

Status operation_referring(Operation *op, Str name, uint64_t **ret_rids, size_t *ret_count)
{
    bool before = operation_own(op, true);
    Status status = operation_open(op);
    Scene scene = operation_scene(op);
    if (status == STATUS_OK)
        status = referring_find(&scene, op->cx, op->inner->reader, name, ret_rids, ret_count);
    operation_own(op, before);
    return status;
}

Status operation_row(Operation *op, uint64_t rid, OperationRow *ret_row)
{
    StoreRow row;
    bool before = operation_own(op, true);
    Status status = operation_open(op);
    if (status == STATUS_OK)
        status = store_get_rid(op->inner->reader, rid, true, &row);
    if (status == STATUS_OK && row.deleted)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = operation_show(op, &row, ret_row);
    operation_own(op, before);
    return status;
}

Status operation_version(Operation *op, const OperationRow *row, uint32_t version,
                         OperationRow *ret_row)
{
    StoreRow old;
    bool before = operation_own(op, true);
    Status status = operation_open(op);
    if (status == STATUS_OK)
        status = store_get_rid_version(op->inner->reader, row->row.rid, version, &old);
    if (status == STATUS_OK && old.deleted)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = operation_show(op, &old, ret_row);
    operation_own(op, before);
    return status;
}

size_t operation_write_count(const Operation *op)
{
    return op->inner->write_count;
}
