/* booking/calendar.c - GET [base]/Schedule/$calendar: a day or a week, side by side.
 *
 * Columns are PractitionerRoles. An Appointment is shown as its caller sees it; one that he does
 * not see is a Slot that says busy, and not a word more. Open windows are Slots that say free,
 * closures ones that say busy-unavailable. */
#include "booking/appointment.h"

enum { CALENDAR_DAYS_MAX = 14, COLUMNS_MAX = 200 };

typedef struct {
    Operation *op;
    Agenda agenda;
    int64_t first_day, end_day;
    Str place;
    const Member *columns[COLUMNS_MAX];
    size_t column_count;
    OperationRows seen;
    Buf buf;
    bool any;
} Calendar;

static Status read_asked(Calendar *c)
{
    unsigned days;
    const Operation *op = c->op;
    c->place = operation_text(op, STR("location"), 0);
    const Place *place = agenda_place(&c->agenda, c->place);
    if (c->place.len && !place)
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such place.");
    Str start = operation_text(op, STR("start"), 0);
    c->first_day = zone_wall(agenda_zone(&c->agenda, place), op->now).day;
    if (start.len && !wall_read_day(start, &c->first_day))
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The parameter \"start\" must be a date like 2026-11-23.");
    TRY(params_number(op, STR("days"), 1, CALENDAR_DAYS_MAX, &days));
    c->end_day = c->first_day + days;
    return STATUS_OK;
}

static bool is_asked(const Calendar *c, const Member *member)
{
    size_t i = 0;
    bool there = !c->place.len, named = !operation_value(c->op, STR("practitioner"), 0);
    for (; !named && operation_value(c->op, STR("practitioner"), i); i++)
        for (Str rest = operation_text(c->op, STR("practitioner"), i); rest.len && !named;)
            named = agenda_is_named(member->practitioner, str_cut(&rest, ','));
    for (size_t k = 0; k < member->window_count && !there; k++)
        there = agenda_is_at(
            &c->agenda, agenda_window_place(&c->agenda, member, &member->windows[k]), c->place);
    return named && there;
}

static Status choose_columns(Calendar *c)
{
    for (size_t i = 0; i < c->agenda.member_count; i++) {
        if (!is_asked(c, &c->agenda.members[i]))
            continue;
        if (c->column_count == COLUMNS_MAX)
            return ctx_fail(c->op->cx, STATUS_TOO_LARGE, STR_EMPTY,
                            "A calendar has at most %d columns: name a location, or practitioners.",
                            COLUMNS_MAX);
        c->columns[c->column_count++] = &c->agenda.members[i];
    }
    return STATUS_OK;
}

static Str names_of(const Calendar *c, bool roles)
{
    Buf names;
    buf_init(&names, c->op->cx->arena, 1024, 64 << 10);
    for (size_t i = 0; i < c->column_count; i++) {
        Str name = roles ? c->columns[i]->name : c->columns[i]->practitioner;
        if (i)
            buf_add_char(&names, ',');
        buf_add_str(&names, roles ? str_from(name, str_index(name, '/') + 1) : name);
    }
    return buf_done(&names) == STATUS_OK ? buf_str(&names) : STR_EMPTY;
}

/* ---- entries
 * --------------------------------------------------------------------------------------- */

static void entry_begin(Calendar *c)
{
    buf_add_str(&c->buf, c->any ? STR(",{\"resource\":") : STR("{\"resource\":"));
    c->any = true;
}

static void add_resource(Calendar *c, const JsonValue *resource)
{
    entry_begin(c);
    json_write(&c->buf, resource, false);
    buf_add_char(&c->buf, '}');
}

static void add_reference(Calendar *c, const char *what, Str name, bool first)
{
    buf_format(&c->buf,
               "%s{\"url\":\"urn:aceso:%s\",\"valueReference\":{\"reference\":", first ? "" : ",",
               what);
    json_write_string(&c->buf, name);
    buf_add_lit(&c->buf, "}}");
}

/* offer: of a window; NULL: somebody is busy. */
static void add_slot(Calendar *c, const Member *member, const Offer *offer, const Zone *zone,
                     Span span, const char *status)
{
    entry_begin(c);
    buf_add_lit(&c->buf, "{\"resourceType\":\"Slot\",\"extension\":[");
    add_reference(c, "practitioner", member->practitioner, true);
    if (offer)
        add_reference(c, "location", offer->place->name, false);
    Refs services = !offer                          ? (Refs){0}
                    : offer->window->services.count ? offer->window->services
                                                    : member->services;
    for (size_t i = 0; i < services.count; i++)
        add_reference(c, "service", services.at[i], false);
    buf_add_lit(&c->buf, "],\"schedule\":{\"display\":");
    json_write_string(&c->buf, member->display);
    buf_format(&c->buf, "},\"status\":\"%s\"", status);
    slot_write_instant(&c->buf, "start", zone, span.from);
    slot_write_instant(&c->buf, "end", zone, span.until);
    buf_add_lit(&c->buf, "}}");
}

static Status add_columns(Calendar *c)
{
    OperationRows rows;
    Str query = arena_format(c->op->cx->arena, "_id=" STR_FMT, STR_ARG(names_of(c, true)));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(c->op, STR("PractitionerRole"), query, COLUMNS_MAX, &rows));
    for (size_t i = 0; i < c->column_count; i++)
        for (size_t k = 0; k < rows.count; k++)
            if (str_eq(rows.rows[k].name, c->columns[i]->name))
                add_resource(c, rows.rows[k].resource);
    return STATUS_OK;
}

static Status add_window(Calendar *c, const Offer *offer, int64_t day)
{
    Spans open, closed;
    Span whole = {zone_instant(offer->zone, day, offer->window->from),
                  zone_instant(offer->zone, day, offer->window->until)};
    const Member *member = offer->member;
    if (!window_holds(offer->window, day) || day < member->first_day || day >= member->end_day)
        return STATUS_OK;
    TRY(offer_spans(c->op->cx, offer, day, &open));
    closed = (Spans){&whole, 1};
    for (size_t i = 0; i < open.count; i++) {
        add_slot(c, member, offer, offer->zone, open.at[i], "free");
        TRY(spans_cut(c->op->cx, &closed, open.at[i]));
    }
    for (size_t i = 0; i < closed.count; i++)
        add_slot(c, member, offer, offer->zone, closed.at[i], "busy-unavailable");
    return STATUS_OK;
}

static Status add_windows(Calendar *c)
{
    for (size_t i = 0; i < c->column_count; i++)
        for (size_t k = 0; k < c->columns[i]->window_count; k++) {
            const Member *member = c->columns[i];
            const Window *window = &member->windows[k];
            const Place *place = agenda_window_place(&c->agenda, member, window);
            Offer offer = {member, window, place, agenda_zone(&c->agenda, place), NULL, 0};
            if (!place || !agenda_is_at(&c->agenda, place, c->place))
                continue;
            for (int64_t day = c->first_day; day < c->end_day; day++)
                TRY(add_window(c, &offer, day));
        }
    return STATUS_OK;
}

/* ---- what is taken
 * ------------------------------------------------------------------------------- */

static Status find_seen(Calendar *c, Span span, Str practitioners)
{
    char from[TIME_INSTANT_LEN], until[TIME_INSTANT_LEN];
    OperationRows rows;
    Str query =
        arena_format(c->op->cx->arena, "date=ge" STR_FMT "&date=lt" STR_FMT "&actor=" STR_FMT,
                     STR_ARG(time_format_instant(span.from, from)),
                     STR_ARG(time_format_instant(span.until, until)), STR_ARG(practitioners));
    if (!query.at)
        return STATUS_MEMORY;
    TRY(operation_find(c->op, STR("Appointment"), query, OPERATION_FIND_MAX, &rows));
    if (rows.count == OPERATION_FIND_MAX && span.until - span.from > TIME_SECOND) {
        Time middle = span.from + (span.until - span.from) / 2;
        TRY(find_seen(c, (Span){span.from, middle}, practitioners));
        return find_seen(c, (Span){middle, span.until}, practitioners);
    }
    OperationRow *all =
        arena_array_of(c->op->cx->arena, OperationRow, c->seen.count + rows.count + 1);
    if (!all)
        return STATUS_MEMORY;
    if (c->seen.count)
        memcpy(all, c->seen.rows, c->seen.count * sizeof(*all));
    memcpy(all + c->seen.count, rows.rows, rows.count * sizeof(*all));
    c->seen = (OperationRows){all, c->seen.count + rows.count};
    return STATUS_OK;
}

static void add_seen(Calendar *c)
{
    for (size_t i = 0; i < c->seen.count; i++) {
        Str status = json_get_str(c->seen.rows[i].resource, STR("status"));
        if (!str_eq(status, STR("cancelled")) && !str_eq(status, STR("entered-in-error")) &&
            !str_eq(status, STR("waitlist")))
            add_resource(c, c->seen.rows[i].resource);
    }
}

static bool is_seen(const Calendar *c, uint64_t rid)
{
    for (size_t i = 0; i < c->seen.count && rid; i++)
        if (c->seen.rows[i].row.rid == rid)
            return true;
    return false;
}

static Status busy_of_columns(Calendar *c, Span span, BusyList *ret_busy)
{
    uint64_t actors[COLUMNS_MAX];
    for (size_t i = 0; i < c->column_count; i++)
        actors[i] = busy_actor(c->columns[i]->practitioner);
    return busy_load(c->op, span, actors, busy_actors_tidy(actors, c->column_count), STR_EMPTY,
                     ret_busy);
}

static Status add_hidden(Calendar *c, Span span)
{
    BusyList busy;
    TRY(busy_of_columns(c, span, &busy));
    for (size_t i = 0; i < c->column_count; i++) {
        const Member *member = c->columns[i];
        const Zone *zone = agenda_zone(&c->agenda, agenda_window_place(&c->agenda, member, NULL));
        bool twice = i && str_eq(c->columns[i - 1]->practitioner, member->practitioner);
        BusyList own = busy_of(&busy, busy_actor(member->practitioner), span);
        for (size_t k = 0; k < own.count && !twice; k++)
            if (span_meets(own.at[k].core, span) && !is_seen(c, own.at[k].rid))
                add_slot(c, member, NULL, zone, own.at[k].core, "busy");
    }
    return STATUS_OK;
}

Status booking_calendar(Operation *op)
{
    static const char *const names[] = {"start", "days", "location", "practitioner", NULL};
    Calendar *c = arena_new_of(op->cx->arena, Calendar);
    if (!c)
        return STATUS_MEMORY;
    c->op = op;
    if (booking_is_online(op))
        return ctx_fail(op->cx, STATUS_FORBIDDEN, STR_EMPTY, "The calendar is for staff.");
    TRY(params_only(op, names));
    TRY(agenda_load(op, &c->agenda));
    TRY(read_asked(c));
    TRY(choose_columns(c));
    buf_init(&c->buf, op->cx->arena, 64 << 10, 4 * BOOKING_BODY_MAX);
    buf_add_lit(&c->buf, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[");
    if (c->column_count) {
        const Place *place = agenda_place(&c->agenda, c->place);
        const Zone *zone = agenda_zone(&c->agenda, place);
        Span span = {zone_instant(zone, c->first_day, 0), zone_instant(zone, c->end_day, 0)};
        TRY(add_columns(c));
        TRY(find_seen(c, span, names_of(c, false)));
        add_seen(c);
        TRY(add_hidden(c, span));
        TRY(add_windows(c));
    }
    buf_add_lit(&c->buf, "]}");
    TRY(buf_done(&c->buf));
    operation_answer(op, 200,
                     c->any ? buf_str(&c->buf)
                            : STR("{\"resourceType\":\"Bundle\",\"type\":\"collection\"}"));
    return STATUS_OK;
}
