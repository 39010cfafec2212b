/* booking/recall.c - what this process remembers of who is taken when, so that looking for a free
 * hour reads no Appointment twice.
 *
 * It holds what begins in one span of time and grows with what is asked for. Each question first
 * applies what has changed since the last one (operation_changed), so it is never behind its own
 * snapshot; on whatever node the change was made. It serves $find and $calendar. Who takes an hour
 * looks at the store itself, behind his claim (busy_load_actors). */
#include "booking/internal.h"

#include <pthread.h>

enum { MEMORY_DAYS_MAX = 400 };
#define MEMORY_BYTES_MAX ((size_t)256 << 20)

typedef struct {
    Arena *home;  /* its own */
    Arena *arena; /* of the list */
    pthread_mutex_t lock;
    BusyList list; /* in no order */
    Span span;     /* empty: nothing is known */
    uint64_t change;
} Memory;

static void release(void *thing)
{
    Memory *memory = thing;
    pthread_mutex_destroy(&memory->lock);
    arena_free(memory->arena);
    arena_free(memory->home);
}

static void *make(void)
{
    Arena *home = arena_new(64 << 10, false), *arena = arena_new(MEMORY_BYTES_MAX, true);
    Memory *memory = home && arena ? arena_new_of(home, Memory) : NULL;
    if (!memory) {
        if (home)
            arena_free(home);
        if (arena)
            arena_free(arena);
        return NULL;
    }
    memory->home = home;
    memory->arena = arena;
    pthread_mutex_init(&memory->lock, NULL);
    return memory;
}

static const OperationMemory kind = {make, release};

static void forget(Memory *memory)
{
    arena_clear(memory->arena);
    memory->list = (BusyList){0};
    memory->span = (Span){0, 0};
    memory->change = 0;
}

/* What changed meanwhile is read anew. */
static Status catch_up(Memory *memory, Operation *op)
{
    OperationRows rows;
    bool many;
    if (memory->span.from == memory->span.until)
        return STATUS_OK;
    TRY(operation_changed(op, STR("Appointment"), &memory->change, &rows, &many));
    if (many)
        forget(memory);
    for (size_t i = 0; i < rows.count; i++) {
        Span core;
        const OperationRow *row = &rows.rows[i];
        busy_drop(&memory->list, row->row.rid);
        if (row->resource && busy_span(row->resource, STR("start"), STR("end"), &core) &&
            core.from >= memory->span.from && core.from < memory->span.until)
            TRY(busy_add_row(memory->arena, &memory->list, row));
    }
    return STATUS_OK;
}

/* From the store: what is missing in front and behind. */
static Status widen(Memory *memory, Operation *op, Span span)
{
    OperationRows rows;
    bool many, known = memory->span.from != memory->span.until;
    uint64_t change = UINT64_MAX; /* nothing is newer: the number of this snapshot alone */
    Span all = {known && memory->span.from < span.from ? memory->span.from : span.from,
                known && memory->span.until > span.until ? memory->span.until : span.until};
    if (all.until - all.from > MEMORY_DAYS_MAX * TIME_DAY) {
        forget(memory);
        all = span;
        known = false;
    }
    if (known && all.from == memory->span.from && all.until == memory->span.until)
        return STATUS_OK;
    TRY(operation_changed(op, STR("Appointment"), &change, &rows, &many));
    Span before = {all.from, known ? memory->span.from : all.until};
    Span behind = {known ? memory->span.until : all.until, all.until};
    if (before.from < before.until)
        TRY(busy_find(op, before, STR_EMPTY, memory->arena, &memory->list));
    if (behind.from < behind.until)
        TRY(busy_find(op, behind, STR_EMPTY, memory->arena, &memory->list));
    memory->span = all;
    /* This snapshot may be older than what is known already: then it is applied once more. */
    if (!known || change < memory->change)
        memory->change = change;
    return STATUS_OK;
}

static Status look(Memory *memory, Operation *op, Span span, BusyList *list)
{
    TRY(catch_up(memory, op));
    TRY(widen(memory, op, span));
    for (size_t i = 0; i < memory->list.count; i++)
        if (span_meets(memory->list.at[i].core, span))
            TRY(busy_add(op->cx->arena, list, &memory->list.at[i]));
    return STATUS_OK;
}

Status busy_recall(Operation *op, Span span, BusyList *list)
{
    Memory *memory = operation_memory(op, &kind);
    if (!memory || span.until - span.from > MEMORY_DAYS_MAX * TIME_DAY)
        return busy_find(op, span, STR_EMPTY, op->cx->arena, list);
    pthread_mutex_lock(&memory->lock);
    Status status = look(memory, op, span, list);
    if (status != STATUS_OK)
        forget(memory);
    pthread_mutex_unlock(&memory->lock);
    return status;
}
