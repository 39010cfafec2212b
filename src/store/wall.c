/* store/wall.c - the second wall: a row leaves the store for a caller who may see it, or not at
 * all.
 *
 * Whoever reads rows has asked before what his caller may see, and made his answer of that. Here it
 * is asked once more, of the row itself, with nothing in between: a question that was forgotten
 * leads to a row that is missing and not to one that was shown. What is hidden is as if it were not
 * there. An old version is judged by its own facts and by today's: what was hidden since is hidden
 * in the past too. docs/adr/0101-two-walls.md */
#include "store/wall.h"

enum { CHUNK_LEAST = 64, CHUNK_MOST = 1024 };

/* Whether for this caller there is no such row. */
static bool wall_hides(const Access *access, const StoreRow *row)
{
    return !access_is_system(access) &&
           access_sees_packed(access, row->type, row->facts) == SIGHT_NONE;
}

Status wall_row(const Access *access, Status status, StoreRow *row)
{
    if (status != STATUS_OK || !wall_hides(access, row))
        return status;
    *row = (StoreRow){0};
    return STATUS_NOT_FOUND;
}

void wall_rows(const Access *access, StoreRow *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].version && wall_hides(access, &rows[i]))
            rows[i] = (StoreRow){.rid = rows[i].rid};
    }
}

Status wall_version(StoreReader *reader, Status status, StoreRow *row)
{
    StoreRow now;
    TRY(wall_row(reader->access, status, row));
    if (access_is_system(reader->access))
        return STATUS_OK;
    status = reader->engine->get_rid(reader, row->rid, false, &now);
    status = wall_row(reader->access, status, &now);
    if (status != STATUS_OK)
        *row = (StoreRow){0};
    return status;
}

/* ---- histories --------------------------------------------------------------------------- */

typedef struct {
    StoreReader *reader;
    StoreChange *changes;
    size_t count, room, limit;
} Kept;

static Status keep(Kept *kept, const StoreChange *change)
{
    kept->changes = arena_grow(kept->reader->cx->arena, kept->changes, sizeof(StoreChange),
                               kept->count, &kept->room, 16);
    if (!kept->changes)
        return STATUS_MEMORY;
    kept->changes[kept->count++] = *change;
    return STATUS_OK;
}

/* Those that he may see by their own facts and by those of today. */
static Status keep_visible(Kept *kept, const StoreChange *changes, size_t count)
{
    StoreReader *reader = kept->reader;
    uint64_t *rids = arena_array_of(reader->cx->arena, uint64_t, count + 1);
    StoreRow *now = arena_array_of(reader->cx->arena, StoreRow, count + 1);
    if (!rids || !now)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        rids[i] = changes[i].row.rid;
    TRY(reader->engine->get_rids(reader, rids, count, false, now));
    for (size_t i = 0; i < count && kept->count < kept->limit; i++) {
        if (now[i].version && !wall_hides(reader->access, &now[i]) &&
            !wall_hides(reader->access, &changes[i].row))
            TRY(keep(kept, &changes[i]));
    }
    return STATUS_OK;
}

Status wall_history(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                    size_t *ret_count)
{
    StoreRow now;
    Kept kept = {.reader = reader, .limit = query->limit};
    StoreHistory part = *query;
    size_t count = 0;
    if (query->id.len)
        TRY(wall_row(reader->access,
                     reader->engine->get(reader, query->type, query->id, false, &now), &now));
    part.limit = query->limit < CHUNK_LEAST  ? CHUNK_LEAST
                 : query->limit > CHUNK_MOST ? CHUNK_MOST
                                             : query->limit;
    do {
        StoreChange *changes;
        TRY(reader->engine->history(reader, &part, &changes, &count));
        TRY(keep_visible(&kept, changes, count));
        if (count)
            part.before = changes[count - 1].change;
        TRY(ctx_check_deadline(reader->cx));
    } while (kept.count < kept.limit && count == part.limit);
    *ret_changes = kept.changes;
    *ret_count = kept.count;
    return STATUS_OK;
}
