/* booking/offers.c - GET [base]/Appointment/$offers: what is offered to those who wait.
 *
 * The offer stands in an extension, which a part of an Appointment does not show; a desk sees
 * parts. Whoever sees that somebody waits sees which hour is kept for him: hours alone are told. */
#include "booking/appointment.h"

static void write_offer(Buf *buf, const OperationRow *row, const Offered *offered, const Zone *zone)
{
    char text[ZONE_INSTANT_LEN];
    const struct {
        const char *name;
        Time at;
    } times[] = {
        {"start", offered->core.from}, {"end", offered->core.until}, {"until", offered->until}};
    buf_add_lit(buf, "{\"name\":\"offer\",\"part\":[{\"name\":\"appointment\",\"valueReference\":"
                     "{\"reference\":");
    json_write_string(buf, row->name);
    buf_add_lit(buf, "}}");
    for (size_t i = 0; i < COUNT_OF(times); i++)
        buf_format(buf, ",{\"name\":\"%s\",\"valueInstant\":\"" STR_FMT "\"}", times[i].name,
                   STR_ARG(zone_format(zone, times[i].at, text)));
    buf_add_lit(buf, "]}");
}

typedef struct {
    Operation *op;
    Arena *home; /* of what outlives a page */
    OperationRow *rows;
    Offered *offered;
    size_t count, row_room, offered_room;
} Open;

/* Its names alone are kept. */
static Status keep(void *of, const OperationRow *row)
{
    enum { FIRST = 16 };
    Open *open = of;
    Offered offered;
    if (!offered_read(row->resource, &offered) || offered.until <= open->op->now)
        return STATUS_OK;
    open->rows = arena_grow(open->home, open->rows, sizeof(OperationRow), open->count,
                            &open->row_room, FIRST);
    open->offered = arena_grow(open->home, open->offered, sizeof(Offered), open->count,
                               &open->offered_room, FIRST);
    if (!open->rows || !open->offered)
        return STATUS_MEMORY;
    offered.place = arena_str(open->home, offered.place);
    OperationRow kept = {.id = arena_str(open->home, row->id),
                         .name = arena_str(open->home, row->name)};
    if (!offered.place.at || !kept.id.at || !kept.name.at)
        return STATUS_MEMORY;
    open->rows[open->count] = kept;
    open->offered[open->count++] = offered;
    return STATUS_OK;
}

static Status find_open(Operation *op, Open *open)
{
    bool own = operation_own(op, true), peek = operation_peek(op, true);
    Status status = operation_each(op, STR("Appointment"), STR("status=waitlist"), keep, open);
    operation_peek(op, peek);
    operation_own(op, own);
    return status;
}

/* Whether the caller sees that somebody waits. */
static Status is_seen(Operation *op, Str id, bool *ret_seen)
{
    OperationRows rows;
    TRY(operation_apart(op));
    Str query = arena_format(op->cx->arena, "_id=" STR_FMT, STR_ARG(id));
    TRY(query.at ? operation_find(op, STR("Appointment"), query, 1, &rows) : STATUS_MEMORY);
    *ret_seen = rows.count > 0;
    operation_together(op);
    return STATUS_OK;
}

Status booking_offers(Operation *op)
{
    static const char *const names[] = {NULL};
    Open open = {.op = op, .home = op->cx->arena};
    Agenda agenda;
    Buf buf;
    TRY(params_only(op, names));
    TRY(agenda_load(op, &agenda));
    TRY(find_open(op, &open));
    buf_init(&buf, op->cx->arena, 4096, BOOKING_BODY_MAX);
    buf_add_lit(&buf, "{\"resourceType\":\"Parameters\",\"parameter\":[");
    for (size_t i = 0; i < open.count; i++) {
        const Offered *offered = &open.offered[i];
        bool seen;
        TRY(is_seen(op, open.rows[i].id, &seen));
        if (!seen)
            continue;
        if (buf.at[buf.len - 1] != '[')
            buf_add_char(&buf, ',');
        write_offer(&buf, &open.rows[i], offered,
                    agenda_zone(&agenda, agenda_place(&agenda, offered->place)));
    }
    bool none = buf.at[buf.len - 1] == '[';
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    operation_answer(op, 200, none ? STR("{\"resourceType\":\"Parameters\"}") : buf_str(&buf));
    return STATUS_OK;
}
