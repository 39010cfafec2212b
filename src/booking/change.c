/* booking/change.c - $cancel and $reschedule: of one, of this and the following, of a whole series.
 *
 * A patient gives back and moves what is his own until the limit of the service; staff by its
 * rights on the Appointment. */
#include "booking/post.h"
#include "booking/wait.h"

typedef enum { SCOPE_THIS, SCOPE_FOLLOWING, SCOPE_ALL } Scope;

typedef struct {
    Operation *op;
    Taking taking;
    OperationRow row; /* the one that was named */
    Booked booked;
    bool timed;         /* it has an hour */
    OperationRows rows; /* all that change, with it */
} Change;

static Status read_scope(const Change *change, Scope *ret_scope)
{
    static const Str words[] = {STR_INIT("this"), STR_INIT("following"), STR_INIT("all")};
    Str word = operation_text(change->op, STR("scope"), 0);
    *ret_scope = SCOPE_THIS;
    if (!word.len)
        return STATUS_OK;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq(words[i], word)) {
            *ret_scope = (Scope)i;
            return STATUS_OK;
        }
    return ctx_fail(change->op->cx, STATUS_INVALID, STR_EMPTY,
                    "The scope must be this, following or all.");
}

/* What is over, or never was, is not changed any more. */
static bool is_open(Str status)
{
    return str_eq(status, STR("booked")) || str_eq(status, STR("pending")) ||
           str_eq(status, STR("proposed")) || str_eq(status, STR("waitlist"));
}

static Status check_limit(Change *change, const Booked *booked, bool timed)
{
    Operation *op = change->op;
    const Service *service = agenda_service(&change->taking.agenda, booked->service);
    Time limit = (service ? service->limit_hours : RULES_LIMIT_USUAL) * 3600 * TIME_SECOND;
    if (!is_open(booked->status))
        return take_refuse(op, STATUS_UNPROCESSABLE,
                           "This appointment is over, or was cancelled before.");
    if (change->taking.online && timed && booked->core.from < op->now + limit)
        return take_refuse(op, STATUS_FORBIDDEN,
                           "It is too late to change this online; call the centre.");
    return STATUS_OK;
}

/* As the caller first: what he does not see is not there. A patient's is then read whole, because
 * it is the program that writes it. */
static Status read_row(Change *change)
{
    Operation *op = change->op;
    TRY(operation_get(op, STR("Appointment"), op->asked.id, &change->row));
    if (change->taking.online) {
        operation_own(op, true);
        TRY(operation_get(op, STR("Appointment"), op->asked.id, &change->row));
    }
    change->timed = appointment_read(&change->taking.agenda, change->row.resource, &change->booked);
    return check_limit(change, &change->booked, change->timed);
}

static bool is_in_scope(const Change *change, Scope scope, const JsonValue *resource)
{
    Booked other;
    if (!appointment_read(&change->taking.agenda, resource, &other) || !is_open(other.status))
        return false;
    return scope == SCOPE_ALL ? other.core.from > change->op->now
                              : other.core.from >= change->booked.core.from;
}

/* Rows are numbered in the order in which they were made. */
static int compare_rows(const void *a, const void *b)
{
    uint64_t left = ((const OperationRow *)a)->row.rid, right = ((const OperationRow *)b)->row.rid;
    return left < right ? -1 : left > right;
}

/* A patient's own, and each until its limit. */
static Status check_series(Change *change, const OperationRows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        Booked each;
        bool timed = appointment_read(&change->taking.agenda, rows->rows[i].resource, &each);
        if (!str_eq(each.patient, change->booked.patient))
            return take_refuse(change->op, STATUS_FORBIDDEN, "Change a series with the centre.");
        TRY(check_limit(change, &each, timed));
    }
    return STATUS_OK;
}

static Status read_series(Change *change)
{
    Scope scope;
    OperationRows found;
    Ctx *cx = change->op->cx;
    TRY(read_scope(change, &scope));
    change->rows = (OperationRows){&change->row, 1};
    if (scope == SCOPE_THIS || !change->booked.series.len)
        return STATUS_OK;
    Str query = arena_format(cx->arena, "identifier=" BOOKING_SERIES "|" STR_FMT,
                             STR_ARG(change->booked.series));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(change->op, STR("Appointment"), query, 2 * BOOKING_SERIES_MAX, &found));
    size_t kept = 0;
    for (size_t i = 0; i < found.count; i++)
        if (is_in_scope(change, scope, found.rows[i].resource))
            found.rows[kept++] = found.rows[i];
    qsort(found.rows, kept, sizeof(OperationRow), compare_rows);
    change->rows = (OperationRows){found.rows, kept};
    return change->taking.online ? check_series(change, &change->rows) : STATUS_OK;
}

static Status begin(Operation *op, Change *ret_change)
{
    *ret_change = (Change){.op = op};
    TRY(take_begin(op, &ret_change->taking));
    TRY(read_row(ret_change));
    return read_series(ret_change);
}

/* With what is told to who waits. */
static Status give_back(Change *change, const OperationRow *row, Str patch)
{
    Booked booked;
    if (appointment_read(&change->taking.agenda, row->resource, &booked))
        TRY(wait_freed(change->op, booked.practitioner, booked.core));
    return operation_patch(change->op, row, patch);
}

/* ---- $cancel
 * --------------------------------------------------------------------------------------- */

static Status cancel_patch(Operation *op, Str *ret_patch)
{
    Buf buf;
    Str reason = operation_text(op, STR("reason"), 0);
    buf_init(&buf, op->cx->arena, 256, 16 << 10);
    buf_add_lit(&buf, "[{\"op\":\"add\",\"path\":\"/status\",\"value\":\"cancelled\"}");
    if (reason.len) {
        buf_add_lit(&buf, ",{\"op\":\"add\",\"path\":\"/cancelationReason\",\"value\":{\"text\":");
        json_write_string(&buf, reason);
        buf_add_lit(&buf, "}}");
    }
    buf_add_char(&buf, ']');
    *ret_patch = buf_str(&buf);
    return buf_done(&buf);
}

static Status answer(Change *change)
{
    Str body;
    operation_own(change->op, false);
    if (change->rows.count > 1)
        return booking_answer_all(change->op, 200, change->rows.count);
    TRY(operation_written(change->op, 0, &body));
    operation_answer(change->op, 200, body);
    return STATUS_OK;
}

Status booking_cancel(Operation *op)
{
    static const char *const names[] = {"reason", "scope", NULL};
    Change *change = arena_new_of(op->cx->arena, Change);
    Str patch;
    if (!change)
        return STATUS_MEMORY;
    TRY(params_only(op, names));
    TRY(begin(op, change));
    TRY(cancel_patch(op, &patch));
    if (str_eq(change->booked.status, STR("waitlist")))
        TRY(wait_let_go(op, &change->row));
    for (size_t i = 0; i < change->rows.count; i++)
        TRY(give_back(change, &change->rows.rows[i], patch));
    if (change->booked.core.from)
        TRY(letter_add(op, POST_CANCELLED, change->row.name, change->booked.core.from));
    return answer(change);
}

/* ---- $confirm
 * --------------------------------------------------------------------------------------- */

/* What a patient asked for becomes his: the hour was kept since he asked. */
Status booking_confirm(Operation *op)
{
    static const char *const names[] = {"scope", NULL};
    static const Str patch =
        STR_INIT("[{\"op\":\"add\",\"path\":\"/status\",\"value\":\"booked\"}]");
    Change *change = arena_new_of(op->cx->arena, Change);
    size_t confirmed = 0;
    if (!change)
        return STATUS_MEMORY;
    TRY(params_only(op, names));
    TRY(begin(op, change));
    if (change->taking.online)
        return take_refuse(op, STATUS_FORBIDDEN, "The centre confirms what was asked for.");
    for (size_t i = 0; i < change->rows.count; i++) {
        const OperationRow *row = &change->rows.rows[i];
        Str status = json_get_str(row->resource, STR("status"));
        if (!str_eq(status, STR("pending")) && !str_eq(status, STR("proposed")))
            continue;
        TRY(operation_patch(op, row, patch));
        confirmed++;
    }
    if (!confirmed)
        return take_refuse(op, STATUS_UNPROCESSABLE,
                           "This appointment does not wait for a confirmation.");
    TRY(letter_add(op, POST_CONFIRM, change->row.name, change->booked.core.from));
    change->rows.count = confirmed;
    return answer(change);
}

/* ---- $reschedule
 * ----------------------------------------------------------------------------------- */

/* The first service of the practitioner, for what came from elsewhere and names none. */
static Str service_of(const Change *change)
{
    const Agenda *agenda = &change->taking.agenda;
    Str named = operation_text(change->op, STR("service"), 0);
    named = named.len ? named : change->booked.service;
    for (size_t i = 0; i < agenda->member_count && !named.len; i++)
        if (str_eq(agenda->members[i].practitioner, change->booked.practitioner) &&
            agenda->members[i].services.count)
            named = agenda->members[i].services.at[0];
    return named;
}

/* It becomes one of another service. */
static bool is_of_another(const Change *change)
{
    const Agenda *agenda = &change->taking.agenda;
    Str named = operation_text(change->op, STR("service"), 0);
    return named.len &&
           agenda_service(agenda, named) != agenda_service(agenda, change->booked.service);
}

static Status asked_first(Change *change, Asked *ret_asked)
{
    Operation *op = change->op;
    const Booked *booked = &change->booked;
    unsigned minutes = (unsigned)((booked->core.until - booked->core.from) / (60 * TIME_SECOND));
    if (is_of_another(change))
        minutes = 0; /* as long as that one is */
    Str who = operation_text(op, STR("practitioner"), 0);
    *ret_asked = (Asked){.service = service_of(change),
                         .practitioner = who.len ? who : booked->practitioner,
                         .place = operation_text(op, STR("location"), 0)};
    TRY(params_instant(op, STR("start"), &ret_asked->start));
    TRY(params_number(op, STR("minutes"), minutes, RULES_MINUTES_MAX, &ret_asked->minutes));
    if (change->taking.online) /* how long it takes is not for a patient to say */
        ret_asked->minutes = minutes;
    return STATUS_OK;
}

/* Each by as many days as the first, at the same hour on the clock. */
static Status resolve_all(Change *change)
{
    Asked first;
    Slot slot;
    TRY(asked_first(change, &first));
    TRY(take_resolve(&change->taking, &first, &slot));
    const Zone *zone = slot.offer.zone;
    Wall to = zone_wall(zone, first.start), from = zone_wall(zone, change->booked.core.from);
    for (size_t i = 0; i < change->rows.count; i++) {
        Booked each;
        Asked asked = first;
        if (!appointment_read(&change->taking.agenda, change->rows.rows[i].resource, &each))
            continue;
        Wall was = zone_wall(zone, each.core.from);
        asked.start = zone_instant(zone, was.day + to.day - from.day, to.second);
        TRY(take_resolve(&change->taking, &asked, &slot));
        TRY(take_add(&change->taking, &slot, change->rows.rows[i].row.rid));
    }
    return STATUS_OK;
}

static Status move_all(Change *change)
{
    Taking *taking = &change->taking;
    for (size_t i = 0; i < taking->count; i++) {
        const Service *service = taking->taken[i].slot.offer.service;
        bool asks = taking->online && service->door == DOOR_REQUEST;
        const OperationRow *row = &change->rows.rows[i];
        Str patch, status = json_get_str(row->resource, STR("status"));
        bool pending = asks || str_eq(status, STR("pending"));
        const char *type = "";
        if (is_of_another(change))
            TRY(appointment_service_patch(change->op->cx, service, &type));
        TRY(appointment_moved(taking, &taking->taken[i], pending ? "pending" : "booked", type,
                              &patch));
        TRY(give_back(change, row, patch));
        TRY(letter_add_reminder(change->op, row->name, taking->taken[i].slot.start));
    }
    return STATUS_OK;
}

/* Who was there before is there again. */
static void keep_people(Change *change)
{
    Taking *taking = &change->taking;
    const Booked *booked = &change->booked;
    memcpy(taking->others, booked->others, sizeof(booked->others));
    taking->other_count = booked->other_count;
    taking->patient = booked->patient;
    taking->patient_display = booked->patient_display;
}

Status booking_reschedule(Operation *op)
{
    static const char *const names[] = {"start",   "practitioner", "location", "scope",  "service",
                                        "minutes", "overbook",     "outside",  "double", NULL};
    Change *change = arena_new_of(op->cx->arena, Change);
    if (!change)
        return STATUS_MEMORY;
    TRY(params_only(op, names));
    TRY(begin(op, change));
    if (!change->timed)
        return take_refuse(op, STATUS_UNPROCESSABLE,
                           "There is no hour yet that could be moved: who waits is given one by "
                           "$book, or by $accept.");
    keep_people(change);
    TRY(resolve_all(change));
    TRY(take_claim(&change->taking));
    TRY(take_judge(&change->taking));
    TRY(move_all(change));
    TRY(letter_add(op, POST_MOVED, change->rows.rows[0].name, change->taking.taken[0].slot.start));
    return answer(change);
}
