/* store/once.c - no resource twice in one commit. */
#include "store/once.h"

#include <stdlib.h>

typedef struct {
    const StoreWrite *write;
    size_t place;
} Placed;

static int compare_placed(const void *left, const void *right)
{
    const StoreWrite *a = ((const Placed *)left)->write, *b = ((const Placed *)right)->write;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return str_cmp(a->id, b->id);
}

Status once_each(Arena *arena, const StoreCommit *commit, size_t *ret_conflict)
{
    if (commit->write_count < 2)
        return STATUS_OK;
    Placed *placed = arena_array(arena, sizeof(Placed), commit->write_count);
    if (!placed)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->write_count; i++)
        placed[i] = (Placed){&commit->writes[i], i};
    qsort(placed, commit->write_count, sizeof(Placed), compare_placed);
    for (size_t i = 1; i < commit->write_count; i++) {
        if (compare_placed(&placed[i - 1], &placed[i]) != 0)
            continue;
        size_t a = placed[i - 1].place, b = placed[i].place;
        *ret_conflict = a > b ? a : b;
        return STATUS_CONFLICT;
    }
    return STATUS_OK;
}
