/* booking/busy.c - who is taken when: Appointments, and hours that are held.
 *
 * They are read as the program itself: an hour is taken by whomever, and nothing of it but that
 * leaves this module. */
#include "booking/internal.h"

#include "booking/hold.h"
#include "crypto/crypto.h"

enum {
    LONGEST = 1, /* days: an appointment that began before the span may last into it */
};

/* Of one process: it orders and compares, and is never stored. Two actors of one number would
 * only stand in each other's way. */
uint64_t busy_actor(Str name)
{
    static const uint8_t key[CRYPTO_HASH64_KEY_BYTES] = "aceso booking";
    return crypto_hash64(key, name);
}

/* ---- actors ---------------------------------------------------------------------------------- */

static int compare_actors(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

size_t busy_actors_tidy(uint64_t *actors, size_t count)
{
    size_t kept = 0;
    if (count)
        qsort(actors, count, sizeof(*actors), compare_actors);
    for (size_t i = 0; i < count; i++)
        if (!i || actors[i] != actors[i - 1])
            actors[kept++] = actors[i];
    return kept;
}

/* ---- the list -------------------------------------------------------------------------------- */

Status busy_add(Arena *arena, BusyList *list, const Busy *busy)
{
    Busy *at = arena_grow(arena, list->at, sizeof(Busy), list->count, &list->room, 64);
    if (!at)
        return STATUS_MEMORY;
    list->at = at;
    list->at[list->count++] = *busy;
    list->sorted = false;
    return STATUS_OK;
}

static bool is_before(const Busy *left, const Busy *right)
{
    if (left->actor != right->actor)
        return left->actor < right->actor;
    return left->wide.from < right->wide.from;
}

static int compare(const void *a, const void *b)
{
    return is_before(a, b) ? -1 : is_before(b, a);
}

void busy_sort(BusyList *list)
{
    bool sorted = true;
    if (list->sorted)
        return;
    list->longest = 0;
    for (size_t i = 0; i < list->count; i++) {
        Time length = list->at[i].wide.until - list->at[i].wide.from;
        list->longest = length > list->longest ? length : list->longest;
        sorted = sorted && !(i && is_before(&list->at[i], &list->at[i - 1]));
    }
    if (!sorted)
        qsort(list->at, list->count, sizeof(Busy), compare);
    list->sorted = true;
}

/* Nothing before it is of that actor and lasts until then. */
static size_t first_of(const BusyList *list, uint64_t actor, Time from)
{
    const Busy wanted = {.actor = actor, .wide = {from - list->longest, 0}};
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_before(&list->at[middle], &wanted))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t busy_count(const BusyList *list, uint64_t wanted, Span core, Span wide)
{
    size_t found = 0;
    Span all = {wide.from < core.from ? wide.from : core.from,
                wide.until > core.until ? wide.until : core.until};
    for (size_t i = first_of(list, wanted, all.from);
         i < list->count && list->at[i].actor == wanted && list->at[i].wide.from < all.until; i++)
        found += span_meets(list->at[i].core, wide) || span_meets(list->at[i].wide, core);
    return found;
}

BusyList busy_of(const BusyList *list, uint64_t actor, Span span)
{
    size_t first = first_of(list, actor, span.from), end = first;
    while (end < list->count && list->at[end].actor == actor &&
           list->at[end].wide.from < span.until)
        end++;
    return (BusyList){.at = list->at + first, .count = end - first};
}

void busy_drop(BusyList *list, uint64_t rid)
{
    size_t kept = 0;
    for (size_t i = 0; rid && i < list->count; i++)
        if (list->at[i].rid != rid)
            list->at[kept++] = list->at[i];
    list->count = rid ? kept : list->count;
}

/* ---- from Appointments ----------------------------------------------------------------------- */

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

bool busy_span(const JsonValue *period, Span *ret_span)
{
    Str from = json_get_str(period, STR("start")), until = json_get_str(period, STR("end"));
    return wall_read_instant(from, &ret_span->from) && wall_read_instant(until, &ret_span->until) &&
           ret_span->from < ret_span->until;
}

/* What stays free around it covers it, whoever wrote it. */
static Span read_wide(const JsonValue *participant, Span core)
{
    Span wide;
    if (!busy_span(json_get(participant, STR("period")), &wide))
        return core;
    return (Span){wide.from < core.from ? wide.from : core.from,
                  wide.until > core.until ? wide.until : core.until};
}

Status busy_add_row(Arena *arena, BusyList *list, const OperationRow *row, bool patients)
{
    const JsonValue *resource = row->resource;
    JsonValue *participant;
    Span core;
    if (!busy_status(json_get_str(resource, STR("status"))) || !busy_span(resource, &core))
        return STATUS_OK;
    for (JsonIter it = json_iter(json_get(resource, STR("participant")));
         json_next(&it, NULL, &participant);) {
        Str actor = json_get_str(json_get(participant, STR("actor")), STR("reference"));
        if (!actor.len || str_has_prefix(actor, STR("HealthcareService/")) ||
            (!patients && str_has_prefix(actor, STR("Patient/"))) ||
            str_eq(json_get_str(participant, STR("status")), STR("declined")))
            continue;
        Busy busy = {busy_actor(actor), core, read_wide(participant, core), row->row.rid};
        TRY(busy_add(arena, list, &busy));
    }
    return STATUS_OK;
}

static Str query_of(Operation *op, Span span)
{
    char from[TIME_INSTANT_LEN], until[TIME_INSTANT_LEN];
    return arena_format(op->cx->arena, "date=ge" STR_FMT "&date=lt" STR_FMT,
                        STR_ARG(time_format_instant(span.from, from)),
                        STR_ARG(time_format_instant(span.until, until)));
}

Status busy_each(Operation *op, Span span, OperationTake take, void *of)
{
    Str query = query_of(op, span);
    return query.at ? operation_each(op, STR("Appointment"), query, take, of) : STATUS_MEMORY;
}

/* ---- what is held ---------------------------------------------------------------------------- */

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

static Span wider(Span span)
{
    return (Span){span.from - LONGEST * TIME_DAY, span.until + LONGEST * TIME_DAY / 2};
}

/* What was found, and what is held; in order. */
static Status with_holds(Operation *op, Status found, Span span, Str token, BusyList *list)
{
    TRY(found);
    TRY(add_holds(op, span, token, list));
    busy_sort(list);
    return STATUS_OK;
}

Status busy_load(Operation *op, Span span, const uint64_t *actors, size_t count, Str token,
                 BusyList *ret_list)
{
    bool before = operation_own(op, true);
    *ret_list = (BusyList){0};
    Status found = busy_recall(op, wider(span), actors, count, ret_list);
    Status status = with_holds(op, found, span, token, ret_list);
    operation_own(op, before);
    return status;
}

/* ---- of some, from the store itself ---------------------------------------------------------- */

/* More than are found at once are asked for in halves: also by who is apart. */
static Status find_rows(Operation *op, Span span, Str actors, OperationRows *ret_rows)
{
    Str dates = query_of(op, span);
    Str query =
        arena_format(op->cx->arena, STR_FMT "&actor=" STR_FMT, STR_ARG(dates), STR_ARG(actors));
    if (!dates.at || !query.at)
        return STATUS_MEMORY;
    return operation_find(op, STR("Appointment"), query, OPERATION_FIND_MAX, ret_rows);
}

static Status add_found(Operation *op, Span span, Str actors, BusyList *list)
{
    OperationRows rows;
    TRY(find_rows(op, span, actors, &rows));
    if (rows.count == OPERATION_FIND_MAX && span.until - span.from > TIME_SECOND) {
        Time middle = span.from + (span.until - span.from) / 2;
        TRY(add_found(op, (Span){span.from, middle}, actors, list));
        return add_found(op, (Span){middle, span.until}, actors, list);
    }
    for (size_t i = 0; i < rows.count; i++)
        TRY(busy_add_row(op->cx->arena, list, &rows.rows[i], true));
    return STATUS_OK;
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
    bool before = operation_own(op, true);
    *ret_list = (BusyList){0};
    Status found = add_found(op, wider(span), buf_str(&names), ret_list);
    Status status = with_holds(op, found, span, token, ret_list);
    operation_own(op, before);
    return status;
}
