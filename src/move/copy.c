/* move/copy.c - the streams by number, and the items, from source to target, batch by batch. */
#include "move/inner.h"

Ctx batch_begin(Mover *m)
{
    arena_clear(m->arena);
    return (Ctx){.arena = m->arena};
}

Status batch_end(Mover *m, const Ctx *batch, Status status)
{
    return status == STATUS_OK ? status : ctx_copy_issues(m->cx, batch, status);
}

Status tell(Mover *m, MovePhase phase, uint64_t done)
{
    const MoveOptions *options = m->options;
    uint64_t all = m->all > done ? m->all : done;
    return !options->tell || options->tell(options->tell_to, phase, done, all) ? STATUS_OK
                                                                               : STATUS_TIMEOUT;
}

static Status load(Mover *m, Ctx *batch, StoreLoad *unit)
{
    TRY(mark_pack(batch->arena, &m->mark, &unit->mark));
    return store_load(m->options->to, batch, unit);
}

static Status change_batch(Mover *m, Ctx *batch, StoreReader *reader, size_t *ret_count)
{
    StoreChange *changes;
    TRY(store_scan_changes(reader, m->mark.change, (StoreSome){m->rows, BATCH_BYTES}, &changes,
                           ret_count));
    if (!*ret_count)
        return STATUS_OK;
    StoreLoad unit = {.changes = changes, .change_count = *ret_count};
    m->mark.change = changes[*ret_count - 1].change;
    m->changes += *ret_count;
    return load(m, batch, &unit);
}

static Status audit_batch(Mover *m, Ctx *batch, StoreReader *reader, size_t *ret_count)
{
    StoreAuditRow *rows;
    TRY(store_audit_read(reader, m->mark.audit + 1, m->rows, &rows, ret_count));
    if (!*ret_count)
        return STATUS_OK;
    StoreLoad unit = {.audits = rows, .audit_count = *ret_count};
    m->mark.audit = rows[*ret_count - 1].number;
    m->audits += *ret_count;
    return load(m, batch, &unit);
}

typedef Status (*Step)(Mover *m, Ctx *batch, StoreReader *reader, size_t *ret_count);

static Status copy_stream(Mover *m, StoreReader *reader, Step step, MovePhase phase, Time until,
                          bool *ret_end)
{
    Status status = STATUS_OK;
    size_t count = 1;
    Ctx *before = store_read_into(reader, m->cx);
    while (status == STATUS_OK && count && time_monotonic() < until) {
        Ctx batch = batch_begin(m);
        store_read_into(reader, &batch);
        status = batch_end(m, &batch, step(m, &batch, reader, &count));
        if (status == STATUS_OK)
            status = tell(m, phase, step == change_batch ? m->mark.change : m->mark.audit);
    }
    store_read_into(reader, before);
    *ret_end = !count;
    return status;
}

Status copy_changes(Mover *m, StoreReader *reader, MovePhase phase, Time until, bool *ret_end)
{
    return copy_stream(m, reader, change_batch, phase, until, ret_end);
}

Status copy_audits(Mover *m, StoreReader *reader, MovePhase phase, Time until, bool *ret_end)
{
    return copy_stream(m, reader, audit_batch, phase, until, ret_end);
}

/* ---- items --------------------------------------------------------------------------------- */

static int compare_items(const StoreItem *a, const StoreItem *b)
{
    int order = str_cmp(a->space, b->space);
    return order ? order : str_cmp(a->key, b->key);
}

/* Both lists in order: what only the target has is removed, what it lacks or has otherwise is
 * given. */
static Status level_items(Mover *m, Ctx *batch, const StoreItem *from, size_t from_count,
                          const StoreItem *to, size_t to_count)
{
    StoreItem *items = arena_array_of(batch->arena, StoreItem, from_count + to_count + 1);
    StoreLoad unit = {.items = items};
    if (!items)
        return STATUS_MEMORY;
    for (size_t i = 0, k = 0; i < from_count || k < to_count;) {
        int order = i == from_count ? 1 : k == to_count ? -1 : compare_items(&from[i], &to[k]);
        if (order > 0)
            items[unit.item_count++] = (StoreItem){to[k].space, to[k].key, STR_EMPTY};
        else if (order < 0 || !str_eq(from[i].value, to[k].value))
            items[unit.item_count++] = from[i];
        i += order <= 0;
        k += order >= 0;
    }
    return load(m, batch, &unit);
}

/* All at once: sessions, accounts, settings are thousands at the most. */
static Status all_items(StoreReader *reader, Ctx *batch, StoreItem **ret_items, size_t *ret_count)
{
    store_read_into(reader, batch);
    return store_scan_items(reader, STR_EMPTY, STR_EMPTY, (StoreSome){SIZE_MAX, SIZE_MAX},
                            ret_items, ret_count);
}

Status copy_items(Mover *m, StoreReader *reader)
{
    Ctx batch = batch_begin(m);
    StoreReader *target;
    StoreItem *from, *to;
    size_t from_count, to_count;
    Ctx *before = store_read_into(reader, &batch);
    Status status = all_items(reader, &batch, &from, &from_count);
    if (status == STATUS_OK)
        status = store_read_begin(m->options->to, &batch, m->options->access, &target);
    if (status == STATUS_OK) {
        status = all_items(target, &batch, &to, &to_count);
        store_read_end(target);
    }
    if (status == STATUS_OK)
        status = level_items(m, &batch, from, from_count, to, to_count);
    store_read_into(reader, before);
    return batch_end(m, &batch, status);
}

/* All jobs, running ones too: their leases end, and somebody else does them again. */
Status copy_jobs(Mover *m, StoreReader *reader)
{
    uint64_t after = 0;
    size_t count = 1;
    Status status = STATUS_OK;
    Ctx *before = store_read_into(reader, m->cx);
    for (bool first = true; status == STATUS_OK && (count || first); first = false) {
        Ctx batch = batch_begin(m);
        StoreJob *jobs;
        store_read_into(reader, &batch);
        status = store_job_list(reader, &(StoreJobQuery){.after = after, .limit = JOBS_AT_ONCE},
                                &jobs, &count);
        StoreLoad unit = {.jobs = jobs, .job_count = count, .drop_jobs = first};
        if (status == STATUS_OK && (count || first))
            status = load(m, &batch, &unit);
        if (status == STATUS_OK && count)
            after = jobs[count - 1].number;
        status = batch_end(m, &batch, status);
    }
    store_read_into(reader, before);
    return status;
}
