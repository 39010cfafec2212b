/* booking/waiting.c - who waits already, and who has waited long enough. */
#include "booking/wait.h"

enum { SWEPT_AT_ONCE = 400 };

static bool period_of(const JsonValue *resource, Span *ret_period)
{
    return busy_span(json_item(json_get(resource, STR("requestedPeriod")), 0), ret_period);
}

static Status find_waiting(Operation *op, Str patient, OperationRows *ret_rows)
{
    Str query = patient.len ? arena_format(op->cx->arena, "status=waitlist&actor=" STR_FMT,
                                           STR_ARG(patient))
                            : STR("status=waitlist");
    return query.at ? operation_find(op, STR("Appointment"), query, OPERATION_FIND_MAX, ret_rows)
                    : STATUS_MEMORY;
}

/* ---- again ---------------------------------------------------------------------------------- */

Status wait_claim(Operation *op, Str patient)
{
    Str name = arena_format(op->cx->arena, "booking waits " STR_FMT, STR_ARG(patient));
    return name.at ? operation_claim(op, &name, 1) : STATUS_MEMORY;
}

static bool is_same(const Booked *a, const Booked *b)
{
    return str_eq(a->service, b->service) && str_eq(a->practitioner, b->practitioner) &&
           str_eq(a->place, b->place);
}

Status wait_check(Operation *op, const Booked *wanted, Span period, bool online)
{
    OperationRows rows;
    Agenda agenda;
    size_t open = 0;
    bool before = operation_own(op, true);
    Status status = agenda_load(op, &agenda);
    if (status == STATUS_OK)
        status = find_waiting(op, wanted->patient, &rows);
    operation_own(op, before);
    TRY(status);
    for (size_t i = 0; i < rows.count; i++) {
        Booked each;
        Span other;
        (void)appointment_read(&agenda, rows.rows[i].resource, &each);
        if (!period_of(rows.rows[i].resource, &other) || other.until <= op->now)
            continue;
        open++;
        if (is_same(&each, wanted) && span_meets(other, period))
            return take_refuse(op, STATUS_UNPROCESSABLE,
                               "The patient waits for this already, in these days.");
    }
    if (!online || open < BOOKING_WAITS_MAX)
        return STATUS_OK;
    return take_refuse(op, STATUS_UNPROCESSABLE,
                       "You wait for as many hours as one may; let one go first.");
}

/* ---- over ----------------------------------------------------------------------------------- */

Status wait_sweep(Operation *op)
{
    static const Str patch =
        STR_INIT("[{\"op\":\"replace\",\"path\":\"/status\",\"value\":\"cancelled\"}]");
    OperationRows rows;
    size_t swept = 0;
    TRY(find_waiting(op, STR_EMPTY, &rows));
    for (size_t i = 0; i < rows.count && swept < SWEPT_AT_ONCE; i++) {
        Offered offered;
        Span period;
        bool open = offered_read(rows.rows[i].resource, &offered) && offered.until > op->now;
        if (open || !period_of(rows.rows[i].resource, &period) || period.until > op->now)
            continue;
        TRY(operation_patch(op, &rows.rows[i], patch));
        swept++;
    }
    return STATUS_OK;
}
