/* booking/recall.c - what this process remembers of who is taken when, so that looking for a free
 * hour reads no Appointment twice.
 *
 *     days[0..n)   a run of days in UTC; each lists what begins then, by actor; grows at both ends
 *     marks        on which of them a row stands: rid -> day
 *
 * Each question first applies what has changed since the last one (operation_changed), so it is
 * never behind its own snapshot, on whatever node the change was made: a change touches two days at
 * most. It serves $find and $calendar. Who takes an hour looks at the store itself, behind his
 * claim (busy_load_actors). Patients are not remembered: nobody looks for their free hours. */
#include "booking/internal.h"

#include <pthread.h>

enum { MEMORY_DAYS_MAX = 400, MARKS_LEAST = 1024 };
#define MEMORY_BYTES_MAX ((size_t)256 << 20)

typedef struct {
    uint64_t rid; /* 0: empty */
    int64_t day;
} Mark;

typedef struct {
    Arena *home;  /* its own */
    Arena *arena; /* of the days */
    pthread_mutex_t lock;
    BusyList days[MEMORY_DAYS_MAX]; /* that of day d is at d % MEMORY_DAYS_MAX */
    int64_t first, end;             /* equal: nothing is known */
    Mark *marks;                    /* open addressing; a power of two */
    size_t mark_count, mark_room;
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
    memset(memory->days, 0, sizeof(memory->days));
    memory->first = memory->end = 0;
    memory->marks = NULL;
    memory->mark_count = memory->mark_room = 0;
    memory->change = 0;
}

static int64_t day_of(Time at)
{
    return at / TIME_DAY - (at % TIME_DAY < 0);
}

static BusyList *list_of(Memory *memory, int64_t day)
{
    return &memory->days[(uint64_t)day % MEMORY_DAYS_MAX];
}

/* ---- marks ----------------------------------------------------------------------------------- */

/* Where it is, or where it would be. A mark stays when its row goes: it is used again. */
static Mark *mark_of(const Memory *memory, uint64_t rid)
{
    size_t mask = memory->mark_room - 1, at = (size_t)(rid * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (memory->marks[at].rid && memory->marks[at].rid != rid)
        at = (at + 1) & mask;
    return &memory->marks[at];
}

static Status make_room(Memory *memory)
{
    Mark *old = memory->marks;
    size_t count = memory->mark_room;
    if (2 * (memory->mark_count + 1) <= count)
        return STATUS_OK;
    size_t room = count ? 2 * count : MARKS_LEAST;
    Mark *marks = arena_array_of(memory->arena, Mark, room);
    if (!marks)
        return STATUS_MEMORY;
    memory->marks = marks;
    memory->mark_room = room;
    for (size_t i = 0; i < count; i++)
        if (old[i].rid)
            *mark_of(memory, old[i].rid) = old[i];
    return STATUS_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void drop_row(Memory *memory, uint64_t rid)
{
    const Mark *mark = memory->mark_room ? mark_of(memory, rid) : NULL;
    if (mark && mark->rid)
        busy_drop(list_of(memory, mark->day), rid);
}

static Status add_row(void *of, const OperationRow *row)
{
    Span core;
    Memory *memory = of;
    drop_row(memory, row->row.rid);
    if (!busy_span(row->resource, &core))
        return STATUS_OK;
    int64_t day = day_of(core.from);
    if (day < memory->first || day >= memory->end)
        return STATUS_OK;
    TRY(make_room(memory));
    Mark *mark = mark_of(memory, row->row.rid);
    memory->mark_count += mark->rid == 0;
    *mark = (Mark){row->row.rid, day};
    return busy_add_row(memory->arena, list_of(memory, day), row, false);
}

/* What changed meanwhile is read anew. */
static Status catch_up(Memory *memory, Operation *op)
{
    OperationRows rows;
    bool many;
    if (memory->first == memory->end)
        return STATUS_OK;
    TRY(operation_changed(op, STR("Appointment"), &memory->change, &rows, &many));
    if (many)
        forget(memory);
    for (size_t i = 0; i < rows.count; i++)
        TRY(add_row(memory, &rows.rows[i]));
    return STATUS_OK;
}

/* From the store: what is missing in front and behind. */
static Status widen(Memory *memory, Operation *op, int64_t first, int64_t end)
{
    OperationRows rows;
    bool many;
    uint64_t change = UINT64_MAX; /* nothing is newer: the number of this snapshot alone */
    if (memory->first < memory->end) {
        first = memory->first < first ? memory->first : first;
        end = memory->end > end ? memory->end : end;
    }
    if (first == memory->first && end == memory->end)
        return STATUS_OK;
    bool known = memory->first < memory->end;
    int64_t before = known ? memory->first : end, behind = known ? memory->end : end;
    TRY(operation_changed(op, STR("Appointment"), &change, &rows, &many));
    memory->first = first;
    memory->end = end;
    if (first < before)
        TRY(busy_each(op, (Span){first * TIME_DAY, before * TIME_DAY}, add_row, memory));
    if (behind < end)
        TRY(busy_each(op, (Span){behind * TIME_DAY, end * TIME_DAY}, add_row, memory));
    /* This snapshot may be older than what is known already: then it is applied once more. */
    if (!known || change < memory->change)
        memory->change = change;
    return STATUS_OK;
}

/* ---- of some actors -------------------------------------------------------------------------- */

static Status look(Memory *memory, Operation *op, Span span, const uint64_t *actors, size_t count,
                   BusyList *list)
{
    static const Span always = {INT64_MIN / 2, INT64_MAX / 2};
    int64_t first = day_of(span.from), end = day_of(span.until - 1) + 1;
    TRY(catch_up(memory, op));
    if ((memory->first < first ? memory->first : first) + MEMORY_DAYS_MAX <
        (memory->end > end ? memory->end : end))
        forget(memory);
    TRY(widen(memory, op, first, end));
    for (int64_t day = first; day < end; day++)
        busy_sort(list_of(memory, day));
    for (size_t i = 0; i < count; i++)
        for (int64_t day = first; day < end; day++) {
            BusyList of = busy_of(list_of(memory, day), actors[i], always);
            for (size_t k = 0; k < of.count; k++)
                TRY(busy_add(op->cx->arena, list, &of.at[k]));
        }
    return STATUS_OK;
}

Status busy_recall(Operation *op, Span span, const uint64_t *actors, size_t count, BusyList *list)
{
    Memory *memory = operation_memory(op, &kind);
    if (!memory)
        return STATUS_MEMORY;
    pthread_mutex_lock(&memory->lock);
    Status status = look(memory, op, span, actors, count, list);
    if (status != STATUS_OK)
        forget(memory);
    pthread_mutex_unlock(&memory->lock);
    return status;
}
