/* booking/busy.c - who is taken when: Appointments, and hours that are held.
 *
 * They are read as the program itself: an hour is taken by whomever, and nothing of it but that
 * leaves this module. */
#include "booking/internal.h"

#include "booking/hold.h"
#include "crypto/crypto.h"

enum { LONGEST = 1 }; /* days: an appointment that began before the span may last into it */

/* Of one process: it orders and compares, and is never stored. Two actors of one number would
 * only stand in each other's way. */
uint64_t busy_actor(Str name)
{
    static const uint8_t key[CRYPTO_HASH64_KEY_BYTES] = "aceso booking";
    return crypto_hash64(key, name);
}

/* ---- the list -----------------------------------------------------------------------------------
 */

Status busy_add(Arena *arena, BusyList *list, const Busy *busy)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        list->at = arena_realloc(arena, list->at, list->room * sizeof(Busy), room * sizeof(Busy));
        if (!list->at)
            return STATUS_MEMORY;
        list->room = room;
    }
    list->at[list->count++] = *busy;
    return STATUS_OK;
}

static int compare(const void *a, const void *b)
{
    const Busy *left = a, *right = b;
    if (left->actor != right->actor)
        return left->actor < right->actor ? -1 : 1;
    return left->wide.from < right->wide.from ? -1 : left->wide.from > right->wide.from;
}

static void sort(BusyList *list)
{
    if (list->count)
        qsort(list->at, list->count, sizeof(Busy), compare);
}

size_t busy_count(const BusyList *list, uint64_t wanted, Span core, Span wide)
{
    size_t low = 0, high = list->count, found = 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list->at[middle].actor < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < list->count && list->at[low].actor == wanted; low++) {
        const Busy *busy = &list->at[low];
        if (busy->wide.from >= wide.until && busy->wide.from >= core.until)
            break;
        found += span_meets(busy->core, wide) || span_meets(busy->wide, core);
    }
    return found;
}

void busy_drop(BusyList *list, uint64_t rid)
{
    size_t kept = 0;
    for (size_t i = 0; rid && i < list->count; i++)
        if (list->at[i].rid != rid)
            list->at[kept++] = list->at[i];
    list->count = rid ? kept : list->count;
}

/* ---- from Appointments --------------------------------------------------------------------------
 */

/* What takes time. SPEC R4 valueset-appointmentstatus.html */
bool busy_status(Str status)
{
    static const Str words[] = {STR_INIT("proposed"),   STR_INIT("pending"),
                                STR_INIT("booked"),     STR_INIT("arrived"),
                                STR_INIT("checked-in"), STR_INIT("fulfilled")};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq(words[i], status))
            return true;
    return false;
}

bool busy_span(const JsonValue *period, Str start, Str end, Span *ret_span)
{
    Str from = json_get_str(period, start), until = json_get_str(period, end);
    return wall_read_instant(from, &ret_span->from) && wall_read_instant(until, &ret_span->until) &&
           ret_span->from < ret_span->until;
}

Status busy_add_row(Arena *arena, BusyList *list, const OperationRow *row)
{
    const JsonValue *resource = row->resource;
    JsonValue *participant;
    Span core, wide;
    if (!busy_status(json_get_str(resource, STR("status"))) ||
        !busy_span(resource, STR("start"), STR("end"), &core))
        return STATUS_OK;
    for (JsonIter it = json_iter(json_get(resource, STR("participant")));
         json_next(&it, NULL, &participant);) {
        Str actor = json_get_str(json_get(participant, STR("actor")), STR("reference"));
        if (!actor.len || str_eq(json_get_str(participant, STR("status")), STR("declined")))
            continue;
        if (!busy_span(json_get(participant, STR("period")), STR("start"), STR("end"), &wide))
            wide = core;
        Busy busy = {busy_actor(actor), core, wide, row->row.rid};
        TRY(busy_add(arena, list, &busy));
    }
    return STATUS_OK;
}

Status busy_find(Operation *op, Span span, Str actors, Arena *arena, BusyList *list)
{
    char from[TIME_INSTANT_LEN], until[TIME_INSTANT_LEN];
    OperationRows rows;
    Str query = arena_format(op->cx->arena, "date=ge" STR_FMT "&date=lt" STR_FMT "%s" STR_FMT,
                             STR_ARG(time_format_instant(span.from, from)),
                             STR_ARG(time_format_instant(span.until, until)),
                             actors.len ? "&actor=" : "", STR_ARG(actors));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(op, STR("Appointment"), query, OPERATION_FIND_MAX, &rows));
    if (rows.count == OPERATION_FIND_MAX && span.until - span.from > TIME_SECOND) {
        Time middle = span.from + (span.until - span.from) / 2;
        TRY(busy_find(op, (Span){span.from, middle}, actors, arena, list));
        return busy_find(op, (Span){middle, span.until}, actors, arena, list);
    }
    for (size_t i = 0; i < rows.count; i++)
        TRY(busy_add_row(arena, list, &rows.rows[i]));
    return STATUS_OK;
}

static Status add_holds(Operation *op, Span span, Str token, BusyList *list)
{
    Hold *holds;
    size_t count;
    TRY(hold_list(op, &holds, &count));
    for (size_t i = 0; i < count; i++) {
        const Hold *hold = &holds[i];
        if (!span_meets(hold->wide, span) || (token.len && str_eq(hold->token, token)))
            continue;
        for (size_t k = 0; k < hold->actor_count; k++) {
            Busy busy = {busy_actor(hold->actors[k]), hold->core, hold->wide, 0};
            TRY(busy_add(op->cx->arena, list, &busy));
        }
    }
    return STATUS_OK;
}

static Status load(Operation *op, Span span, Str actors, Str token, BusyList *list)
{
    bool before = operation_own(op, true);
    Span wider = {span.from - LONGEST * TIME_DAY, span.until + LONGEST * TIME_DAY / 2};
    *list = (BusyList){0};
    Status status = actors.len ? busy_find(op, wider, actors, op->cx->arena, list)
                               : busy_recall(op, wider, list);
    if (status == STATUS_OK)
        status = add_holds(op, span, token, list);
    operation_own(op, before);
    sort(list);
    return status;
}

Status busy_load(Operation *op, Span span, Str token, BusyList *ret_list)
{
    return load(op, span, STR_EMPTY, token, ret_list);
}

Status busy_load_actors(Operation *op, Span span, const Str *actors, size_t count, Str token,
                        BusyList *ret_list)
{
    Buf names;
    buf_init(&names, op->cx->arena, 128, 64 << 10);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(&names, ',');
        buf_add_str(&names, actors[i]);
    }
    TRY(buf_done(&names));
    return load(op, span, buf_str(&names), token, ret_list);
}
