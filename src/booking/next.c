/* booking/next.c - whose turn it is: of all who wait, the one who has waited longest and could have
 * the hour that became free.
 *
 * Two walks. The first looks at everybody who waits for something that the practitioner does, and
 * keeps a number of each whom the hour would suit; the second asks these one after the other, the
 * longest waiting first, whether they are free themselves. Nobody is left out, however many they
 * are, and no more than one page of them is held at a time. */
#include "booking/wait.h"

enum {
    SERVICES_MAX = 100, /* in one question; of more, everybody who waits is looked at */
    ROOM_FIRST = 32
};

/* What several wait for; the hour is looked for once. */
typedef struct {
    Str service, place; /* place: or empty */
    Slot slot;
    bool looked, found;
} Sought;

typedef struct {
    uint64_t rid;
    size_t sought;
} Waits;

typedef struct {
    Operation *op;
    Arena *home; /* of what outlives a page */
    const Agenda *agenda;
    Str practitioner;
    Span span;
    Sought *soughts;
    Waits *waits;
    size_t sought_count, sought_room, count, room;
} Next;

/* ---- whom it would suit ------------------------------------------------------------------------
 */

/* An hour that was offered to him once is not offered again. */
static bool was_offered(const JsonValue *resource, Time start)
{
    const JsonValue *value;
    Time at;
    for (size_t i = 0; (value = rules_extension(resource, STR("urn:aceso:passed"), i)); i++)
        if (wall_read_instant(json_str(value), &at) && at == start)
            return true;
    return false;
}

static bool wants(const Next *n, const JsonValue *resource, const Booked *booked)
{
    Offered offered;
    Span period;
    if (!booked->patient.len || !agenda_service(n->agenda, booked->service) ||
        offered_read(resource, &offered) || was_offered(resource, n->span.from))
        return false;
    if (!wait_period(resource, &period) || n->span.from < period.from ||
        n->span.from >= period.until)
        return false;
    return !booked->practitioner.len || str_eq(booked->practitioner, n->practitioner);
}

static Status sought_of(Next *n, const Booked *booked, size_t *ret_number)
{
    for (size_t i = 0; i < n->sought_count; i++)
        if (str_eq(n->soughts[i].service, booked->service) &&
            str_eq(n->soughts[i].place, booked->place)) {
            *ret_number = i;
            return STATUS_OK;
        }
    n->soughts = arena_grow(n->home, n->soughts, sizeof(Sought), n->sought_count, &n->sought_room,
                            ROOM_FIRST);
    if (!n->soughts)
        return STATUS_MEMORY;
    Sought *sought = &n->soughts[n->sought_count];
    *sought = (Sought){.service = arena_str(n->home, booked->service),
                       .place = arena_str(n->home, booked->place)};
    *ret_number = n->sought_count++;
    return sought->service.at && sought->place.at ? STATUS_OK : STATUS_MEMORY;
}

static Status note(void *of, const OperationRow *row)
{
    Next *n = of;
    Booked booked;
    (void)appointment_read(n->agenda, row->resource, &booked);
    if (!wants(n, row->resource, &booked))
        return STATUS_OK;
    n->waits = arena_grow(n->home, n->waits, sizeof(Waits), n->count, &n->room, ROOM_FIRST);
    if (!n->waits)
        return STATUS_MEMORY;
    Waits *waits = &n->waits[n->count++];
    waits->rid = row->row.rid;
    return sought_of(n, &booked, &waits->sought);
}

/* Those who wait for something that he does; nothing that he does: nobody. */
static Status query_of(const Next *n, Str *ret_query)
{
    Buf buf;
    size_t count = 0;
    buf_init(&buf, n->home, 256, 64 << 10);
    buf_add_lit(&buf, "status=waitlist&actor=");
    for (size_t i = 0; i < n->agenda->member_count; i++) {
        const Member *member = &n->agenda->members[i];
        for (size_t k = 0; k < member->services.count; k++) {
            if (!str_eq(member->practitioner, n->practitioner) ||
                !agenda_service(n->agenda, member->services.at[k]))
                continue;
            buf_add_str(&buf, count++ ? STR(",") : STR_EMPTY);
            buf_add_str(&buf, member->services.at[k]);
        }
    }
    TRY(buf_done(&buf));
    *ret_query = !count ? STR_EMPTY : count > SERVICES_MAX ? STR("status=waitlist") : buf_str(&buf);
    return STATUS_OK;
}

/* ---- who is free -------------------------------------------------------------------------------
 */

/* What of the hour could be had; sought->found false: nothing. */
static Status look(const Next *n, Sought *sought)
{
    Slot *slots;
    size_t count;
    const Zone *zone = agenda_zone(n->agenda, agenda_place(n->agenda, sought->place));
    int64_t day = zone_wall(zone, n->span.from).day;
    Wanted wanted = {.services = {sought->service},
                     .service_count = 1,
                     .practitioners = {n->practitioner},
                     .practitioner_count = 1,
                     .place = sought->place,
                     .weekdays = 0x7f,
                     .until = 86400,
                     .count = 1,
                     .start_day = day,
                     .end_day = day,
                     .not_before = n->span.from,
                     .not_after = n->span.until};
    TRY(slots_find(n->op, n->agenda, &wanted, STR_EMPTY, &slots, &count));
    sought->looked = true;
    sought->found = count && slot_core(&slots[0]).until <= n->span.until;
    if (sought->found)
        sought->slot = slots[0];
    return STATUS_OK;
}

/* Whether he has nothing else then. */
static Status is_free(const Next *n, const Waits *waits, bool *ret_free)
{
    OperationRow row;
    Booked booked;
    BusyList busy;
    Span core = slot_core(&n->soughts[waits->sought].slot);
    TRY(operation_apart(n->op));
    TRY(operation_row(n->op, waits->rid, &row));
    (void)appointment_read(n->agenda, row.resource, &booked);
    TRY(busy_load_actors(n->op, core, &booked.patient, 1, STR_EMPTY, &busy));
    *ret_free = !busy_count(&busy, busy_actor(booked.patient), core, core);
    operation_together(n->op);
    return STATUS_OK;
}

/* The longest waiting first: numbers rise with time. */
static int compare(const void *a, const void *b)
{
    uint64_t left = ((const Waits *)a)->rid, right = ((const Waits *)b)->rid;
    return left < right ? -1 : left > right;
}

static Status choose(Next *n, const Waits **ret_waits)
{
    bool found = false;
    *ret_waits = NULL;
    for (size_t i = 0; i < n->count && !found; i++) {
        Sought *sought = &n->soughts[n->waits[i].sought];
        TRY(ctx_check_deadline(n->op->cx));
        if (!sought->looked)
            TRY(look(n, sought));
        if (sought->found)
            TRY(is_free(n, &n->waits[i], &found));
        if (found)
            *ret_waits = &n->waits[i];
    }
    return STATUS_OK;
}

Status wait_next(Operation *op, const Agenda *agenda, Str practitioner, Span span,
                 OperationRow *ret_row, Slot *ret_slot, bool *ret_found)
{
    Str query;
    const Waits *chosen;
    Next n = {.op = op,
              .home = op->cx->arena,
              .agenda = agenda,
              .practitioner = practitioner,
              .span = span};
    *ret_found = false;
    TRY(query_of(&n, &query));
    if (query.len)
        TRY(operation_each(op, STR("Appointment"), query, note, &n));
    if (n.count)
        qsort(n.waits, n.count, sizeof(Waits), compare);
    TRY(choose(&n, &chosen));
    if (!chosen)
        return STATUS_OK;
    *ret_slot = n.soughts[chosen->sought].slot;
    *ret_found = true;
    return operation_row(op, chosen->rid, ret_row);
}
