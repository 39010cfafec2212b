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

static bool is_seen(const OperationRows *seen, uint64_t rid)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->rows[i].row.rid == rid)
            return true;
    return false;
}

Status booking_offers(Operation *op)
{
    static const char *const names[] = {NULL};
    static const Str query = STR_INIT("status=waitlist");
    OperationRows seen, whole;
    Agenda agenda;
    Offered offered;
    Buf buf;
    TRY(params_only(op, names));
    TRY(agenda_load(op, &agenda));
    TRY(operation_find(op, STR("Appointment"), query, OPERATION_FIND_MAX, &seen));
    bool own = operation_own(op, true), peek = operation_peek(op, true);
    Status status = operation_find(op, STR("Appointment"), query, OPERATION_FIND_MAX, &whole);
    operation_peek(op, peek);
    operation_own(op, own);
    TRY(status);
    buf_init(&buf, op->cx->arena, 4096, BOOKING_BODY_MAX);
    buf_add_lit(&buf, "{\"resourceType\":\"Parameters\",\"parameter\":[");
    for (size_t i = 0; i < whole.count; i++) {
        const OperationRow *row = &whole.rows[i];
        if (!is_seen(&seen, row->row.rid) || !offered_read(row->resource, &offered) ||
            offered.until <= op->now)
            continue;
        if (buf.at[buf.len - 1] != '[')
            buf_add_char(&buf, ',');
        write_offer(&buf, row, &offered,
                    agenda_zone(&agenda, agenda_place(&agenda, offered.place)));
    }
    bool none = buf.at[buf.len - 1] == '[';
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    operation_answer(op, 200, none ? STR("{\"resourceType\":\"Parameters\"}") : buf_str(&buf));
    return STATUS_OK;
}
