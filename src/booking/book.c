/* booking/book.c - $hold and $book: an hour becomes somebody's. */
#include "booking/appointment.h"
#include "booking/post.h"

/* ---- $hold
 * --------------------------------------------------------------------------------------- */

/* Somebody who holds hours without end takes them from others. */
static Status check_holds(Taking *taking)
{
    Hold *holds;
    size_t count, own = 0;
    Operation *op = taking->op;
    TRY(hold_list(op, &holds, &count));
    for (size_t i = 0; i < count; i++)
        own += str_eq(holds[i].account, access_account(op->call->access));
    if (own < (taking->online ? BOOKING_HOLDS_MAX : 10 * BOOKING_HOLDS_MAX))
        return STATUS_OK;
    return ctx_fail(op->cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                    "You hold as many hours as one may; book or let one go.");
}

static Status answer_hold(Operation *op, const Hold *hold, const Slot *slot)
{
    Buf buf;
    char until[ZONE_INSTANT_LEN];
    buf_init(&buf, op->cx->arena, 1024, 64 << 10);
    buf_add_lit(&buf, "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"hold\","
                      "\"valueString\":");
    json_write_string(&buf, hold->token);
    buf_format(&buf, "},{\"name\":\"until\",\"valueInstant\":\"" STR_FMT "\"},",
               STR_ARG(zone_format(slot->offer.zone, hold->until, until)));
    buf_add_lit(&buf, "{\"name\":\"slot\",\"resource\":");
    slot_write(&buf, slot);
    buf_add_lit(&buf, "}]}");
    TRY(buf_done(&buf));
    operation_answer(op, 200, buf_str(&buf));
    return STATUS_OK;
}

Status booking_hold(Operation *op)
{
    static const char *const names[] = {"service",  "practitioner", "start",
                                        "location", "minutes",      NULL};
    Taking taking;
    Asked asked;
    Slot slot;
    Hold hold;
    TRY(params_only(op, names));
    TRY(take_begin(op, &taking));
    TRY(take_asked(&taking, &asked));
    TRY(take_resolve(&taking, &asked, &slot));
    TRY(take_add(&taking, &slot, 0));
    TRY(take_claim(&taking));
    TRY(check_holds(&taking));
    TRY(take_judge(&taking));
    hold_fill(&hold, &taking.taken[0].slot);
    hold.until = op->now + BOOKING_HOLD_S * TIME_SECOND;
    hold.account = access_account(op->call->access);
    hold.token = hold_token(op);
    if (!hold.token.at)
        return STATUS_MEMORY;
    TRY(hold_put(op, &hold));
    return answer_hold(op, &hold, &taking.taken[0].slot);
}

/* ---- $book
 * --------------------------------------------------------------------------------------- */

/* What was held is what is booked, whatever else was said. */
static Status asked_of_hold(Taking *taking, Str token, Asked *ret_asked)
{
    Hold hold;
    TRY(hold_get(taking->op, token, &hold));
    if (!str_eq(hold.account, access_account(taking->op->call->access)))
        return ctx_fail(taking->op->cx, STATUS_NOT_FOUND, STR_EMPTY,
                        "This hour is not held any more; look for free hours again.");
    taking->token = token;
    *ret_asked = (Asked){.service = hold.service,
                         .practitioner = hold.member,
                         .place = hold.place,
                         .start = hold.core.from,
                         .minutes = hold.minutes};
    return STATUS_OK;
}

/* The same hour of the day, every so many weeks, on the clock of the centre. */
static Status add_weeks(Taking *taking, const Asked *first, unsigned count, unsigned weeks)
{
    TRY(take_add_session(taking, first));
    const Offer *offer = &taking->taken[0].slot.offer;
    Wall wall = zone_wall(offer->zone, first->start);
    for (unsigned i = 1; i < count; i++) {
        Asked next = *first;
        next.start = zone_instant(offer->zone, wall.day + 7 * (int64_t)weeks * i, wall.second);
        next.place = offer->place->name;
        TRY(take_add_session(taking, &next));
    }
    return STATUS_OK;
}

/* One hour after the other, as they were said. */
static Status add_list(Taking *taking, const Asked *first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Asked next = *first;
        if (!wall_read_instant(operation_text(taking->op, STR("start"), i), &next.start))
            return ctx_fail(taking->op->cx, STATUS_INVALID, STR_EMPTY,
                            "Each \"start\" must be an instant with its zone.");
        TRY(take_add_session(taking, &next));
    }
    return STATUS_OK;
}

/* So many at once a patient books as the service says; staff a whole prescription. */
static Status check_series(const Taking *taking, const Asked *asked, size_t count)
{
    const Service *service = agenda_service(&taking->agenda, asked->service);
    size_t most = !taking->online ? BOOKING_SERIES_MAX : service ? service->series : 1;
    if (count <= most)
        return STATUS_OK;
    return ctx_fail(taking->op->cx, STATUS_INVALID, STR_EMPTY,
                    "At most %zu appointments of this service are booked at once.", most);
}

static Status read_asked(Taking *taking)
{
    Operation *op = taking->op;
    Asked asked;
    Slot slot;
    size_t starts = 0;
    unsigned weeks, count;
    Str token = operation_text(op, STR("hold"), 0);
    TRY(params_number(op, STR("count"), 1, BOOKING_SERIES_MAX, &count));
    TRY(params_number(op, STR("every-weeks"), 1, 53, &weeks));
    while (starts <= BOOKING_SERIES_MAX && operation_value(op, STR("start"), starts))
        starts++;
    if (starts > 1 && (count > 1 || token.len))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "Say each hour of the series, or how many there are: not both.");
    TRY(take_patient(taking, operation_text(op, STR("patient"), 0)));
    TRY(take_others(taking));
    TRY(token.len ? asked_of_hold(taking, token, &asked) : take_asked(taking, &asked));
    TRY(check_series(taking, &asked, starts > count ? starts : count));
    if (starts > 1)
        return add_list(taking, &asked, starts);
    if (count > 1)
        return add_weeks(taking, &asked, count, weeks);
    TRY(take_resolve(taking, &asked, &slot));
    return take_add(taking, &slot, 0);
}

static bool is_ahead(const Taking *taking, const JsonValue *resource, const Service *service)
{
    Booked each;
    return appointment_read(&taking->agenda, resource, &each) &&
           str_eq(each.service, service->name) && each.core.from > taking->op->now;
}

/* A calendar that one person could fill would be nobody's. Behind a claim. */
static Status check_ahead(const Taking *taking)
{
    Operation *op = taking->op;
    const Service *service = taking->taken[0].slot.offer.service;
    size_t ahead = taking->count;
    size_t most = BOOKING_AHEAD_MAX + (service->series > 1 ? service->series : 0);
    OperationRows rows;
    char now[TIME_INSTANT_LEN];
    if (!taking->online)
        return STATUS_OK;
    Str query = arena_format(op->cx->arena,
                             "status=booked,pending,proposed&date=ge" STR_FMT "&actor=" STR_FMT,
                             STR_ARG(time_format_instant(op->now, now)), STR_ARG(taking->patient));
    if (!query.at)
        return STATUS_MEMORY;
    bool before = operation_own(op, true);
    Status status = operation_find(op, STR("Appointment"), query, OPERATION_FIND_MAX, &rows);
    operation_own(op, before);
    TRY(status);
    for (size_t i = 0; i < rows.count; i++)
        ahead += is_ahead(taking, rows.rows[i].resource, service);
    if (ahead <= most)
        return STATUS_OK;
    return take_refuse(op, STATUS_UNPROCESSABLE,
                       "You have booked as many hours of this service as one may online; the "
                       "centre gives more.");
}

static Status write_all(Taking *taking, const Wording *common)
{
    Operation *op = taking->op;
    bool before = operation_own(op, taking->online); /* its rules were asked: take.c */
    for (size_t i = 0; i < taking->count; i++) {
        JsonValue *resource;
        TRY(appointment_make(taking, &taking->taken[i], common, &resource));
        Str name;
        Time start = taking->taken[i].slot.start;
        bool pending = strcmp(common->status, "pending") == 0;
        TRY(operation_create(op, STR("Appointment"), resource, &name));
        if (i == 0)
            TRY(letter_add(op, pending ? POST_PENDING : POST_CONFIRM, name, start));
        TRY(letter_add_reminder(op, name, start));
    }
    operation_own(op, before);
    return STATUS_OK;
}

Status booking_answer_all(Operation *op, unsigned http, size_t count)
{
    Buf buf;
    Str body;
    buf_init(&buf, op->cx->arena, 4096, BOOKING_BODY_MAX);
    buf_add_lit(&buf, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[");
    for (size_t i = 0; i < count; i++) {
        TRY(operation_written(op, i, &body));
        if (!body.len)
            continue;
        if (buf.at[buf.len - 1] != '[')
            buf_add_char(&buf, ',');
        buf_add_lit(&buf, "{\"resource\":");
        buf_add_str(&buf, body);
        buf_add_char(&buf, '}');
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    operation_answer(op, http, buf_str(&buf));
    return STATUS_OK;
}

Status booking_book(Operation *op)
{
    static const char *const names[] = {
        "hold",     "service", "practitioner", "start", "minutes",
        "location", "patient", "comment",      "count", "every-weeks",
        "overbook", "outside", "double",       "actor", NULL};
    Taking taking;
    Str body;
    TRY(params_only(op, names));
    TRY(take_begin(op, &taking));
    TRY(read_asked(&taking));
    TRY(take_claim(&taking));
    TRY(take_judge(&taking));
    TRY(check_ahead(&taking));
    bool asks = taking.online && taking.taken[0].slot.offer.service->door == DOOR_REQUEST;
    Wording wording = {.status = asks ? "pending" : "booked",
                       .comment = operation_text(op, STR("comment"), 0),
                       .series = taking.count > 1 ? hold_token(op) : STR_EMPTY};
    TRY(write_all(&taking, &wording));
    if (taking.token.len)
        TRY(hold_drop(op, taking.token));
    if (taking.count > 1)
        return booking_answer_all(op, 201, taking.count);
    TRY(operation_written(op, 0, &body));
    operation_answer(op, 201, body);
    return STATUS_OK;
}
