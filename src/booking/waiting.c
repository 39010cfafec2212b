/* booking/waiting.c - who waits already, and who has waited long enough. */
#include "booking/wait.h"

enum { SWEPT_AT_ONCE = 400 };

bool wait_period(const JsonValue *resource, Span *ret_period)
{
    return busy_span(json_item(json_get(resource, STR("requestedPeriod")), 0), ret_period);
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

typedef struct {
    const Operation *op;
    const Agenda *agenda;
    const Booked *wanted;
    Span period;
    size_t open;
    bool same; /* one of them is for this */
} Check;

static Status count_one(void *of, const OperationRow *row)
{
    Check *check = of;
    Booked each;
    Span other;
    (void)appointment_read(check->agenda, row->resource, &each);
    if (!wait_period(row->resource, &other) || other.until <= check->op->now)
        return STATUS_OK;
    check->open++;
    check->same |= is_same(&each, check->wanted) && span_meets(other, check->period);
    return STATUS_OK;
}

static Status count_waiting(Operation *op, Check *check)
{
    Agenda agenda;
    Str query = arena_format(op->cx->arena, "status=waitlist&actor=" STR_FMT,
                             STR_ARG(check->wanted->patient));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(agenda_load(op, &agenda));
    check->agenda = &agenda;
    return operation_each(op, STR("Appointment"), query, count_one, check);
}

Status wait_check(Operation *op, const Booked *wanted, Span period, bool online)
{
    Check check = {.op = op, .wanted = wanted, .period = period};
    bool before = operation_own(op, true);
    Status status = count_waiting(op, &check);
    operation_own(op, before);
    TRY(status);
    if (check.same)
        return take_refuse(op, STATUS_UNPROCESSABLE,
                           "The patient waits for this already, in these days.");
    if (!online || check.open < BOOKING_WAITS_MAX)
        return STATUS_OK;
    return take_refuse(op, STATUS_UNPROCESSABLE,
                       "You wait for as many hours as one may; let one go first.");
}

/* ---- over ----------------------------------------------------------------------------------- */

typedef struct {
    Operation *op;
    size_t count;
} Sweep;

static Status sweep_one(void *of, const OperationRow *row)
{
    Sweep *sweep = of;
    Offered offered;
    Span period;
    Time now = sweep->op->now;
    bool open = offered_read(row->resource, &offered) && offered.until > now;
    if (open || sweep->count == SWEPT_AT_ONCE || !wait_period(row->resource, &period) ||
        period.until > now)
        return STATUS_OK;
    sweep->count++;
    return operation_set_status(sweep->op, row, "cancelled");
}

Status wait_sweep(Operation *op)
{
    Sweep sweep = {.op = op};
    return operation_each(op, STR("Appointment"), STR("status=waitlist"), sweep_one, &sweep);
}
