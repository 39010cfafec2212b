/* booking/params.c - what was asked, checked: a word that is not understood is an error. */
#include "booking/internal.h"

Status params_only(const Operation *op, const char *const *names)
{
    JsonValue *item;
    for (JsonIter it = json_iter(json_get(op->parameters, STR("parameter")));
         json_next(&it, NULL, &item);) {
        size_t i = 0;
        while (names[i] && !str_eq(str_of(names[i]), json_get_str(item, STR("name"))))
            i++;
        if (!names[i])
            return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                            "A parameter is not one of this operation.");
    }
    return STATUS_OK;
}

static Status broken(const Operation *op, Str name, const char *what)
{
    return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY, "The parameter \"" STR_FMT "\" must be %s.",
                    STR_ARG(name), what);
}

Status params_number(const Operation *op, Str name, unsigned usual, unsigned most,
                     unsigned *ret_number)
{
    uint64_t number;
    Str text = operation_text(op, name, 0);
    *ret_number = usual;
    if (!text.len)
        return STATUS_OK;
    if (!str_to_u64(text, &number) || number < 1 || number > most)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "The parameter \"" STR_FMT "\" must be a number from 1 to %u.",
                        STR_ARG(name), most);
    *ret_number = (unsigned)number;
    return STATUS_OK;
}

bool params_flag(const Operation *op, Str name)
{
    return str_eq(operation_text(op, name, 0), STR("true"));
}

Status params_instant(const Operation *op, Str name, Time *ret_at)
{
    Str text;
    TRY(operation_need(op, name, &text));
    return wall_read_instant(text, ret_at)
               ? STATUS_OK
               : broken(op, name, "an instant with its zone, like 2026-11-23T09:00:00+01:00");
}

static Status read_clock(const Operation *op, Str name, int usual, int *ret_second)
{
    Str text = operation_text(op, name, 0);
    *ret_second = usual;
    return !text.len || wall_read_clock(text, ret_second) ? STATUS_OK
                                                          : broken(op, name, "a time like 12:30");
}

/* Given several times, or with commas. */
static Status read_names(const Operation *op, Str name, Str *names, size_t most, size_t *ret_count)
{
    *ret_count = 0;
    for (size_t i = 0; operation_value(op, name, i); i++)
        for (Str rest = operation_text(op, name, i); rest.len;) {
            Str one = str_cut(&rest, ',');
            if (*ret_count == most)
                return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                                "The parameter \"" STR_FMT "\" is there more than %zu times.",
                                STR_ARG(name), most);
            if (one.len)
                names[(*ret_count)++] = one;
        }
    return STATUS_OK;
}

static Status read_range(const Operation *op, const Zone *zone, Wanted *w)
{
    Str start = operation_text(op, STR("start"), 0), end = operation_text(op, STR("end"), 0);
    w->start_day = zone_wall(zone, op->now).day;
    if (start.len && !wall_read_day(start, &w->start_day))
        return broken(op, STR("start"), "a date like 2026-11-23");
    w->end_day = w->start_day + BOOKING_DAYS_USUAL - 1;
    if (end.len && !wall_read_day(end, &w->end_day))
        return broken(op, STR("end"), "a date like 2026-11-23");
    if (w->end_day < w->start_day || w->end_day - w->start_day >= BOOKING_DAYS_MAX)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "From start to end are 1 to %d days, both counted.", BOOKING_DAYS_MAX);
    return STATUS_OK;
}

/* No service is booked online so far ahead, or in days that are over: nothing is looked for there.
 */
static void clamp_online(const Agenda *agenda, const Zone *zone, Wanted *w, Time now)
{
    int64_t today = zone_wall(zone, now).day, last = today;
    for (size_t i = 0; i < agenda->service_count; i++) {
        int64_t day = today + (int64_t)agenda->services[i].ahead_days + 1;
        last = agenda->services[i].door != DOOR_CLOSED && day > last ? day : last;
    }
    w->start_day = w->start_day < today ? today : w->start_day;
    w->end_day = w->end_day > last ? last : w->end_day;
}

Status params_wanted(const Operation *op, const Agenda *agenda, Wanted *ret_wanted)
{
    Wanted *w = ret_wanted;
    unsigned count;
    *w = (Wanted){.not_before = op->now, .not_after = INT64_MAX};
    TRY(read_names(op, STR("service"), w->services, COUNT_OF(w->services), &w->service_count));
    TRY(read_names(op, STR("practitioner"), w->practitioners, COUNT_OF(w->practitioners),
                   &w->practitioner_count));
    w->profession = operation_text(op, STR("profession"), 0);
    w->place = operation_text(op, STR("location"), 0);
    if (!w->service_count && !w->practitioner_count && !w->profession.len)
        return ctx_fail(op->cx, STATUS_INVALID, STR_EMPTY,
                        "Say what is wanted: a service, a practitioner or a profession.");
    for (size_t i = 0; i < w->service_count; i++)
        if (!agenda_service(agenda, w->services[i]))
            return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such service.");
    const Place *place = agenda_place(agenda, w->place);
    if (w->place.len && !place)
        return ctx_fail(op->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such place.");
    w->online = booking_is_online(op);
    TRY(read_range(op, agenda_zone(agenda, place), w));
    if (w->online)
        clamp_online(agenda, agenda_zone(agenda, place), w, op->now);
    if (!rules_read_weekdays(operation_text(op, STR("days"), 0), &w->weekdays))
        return broken(op, STR("days"), "days of the week like tue,thu");
    TRY(read_clock(op, STR("from"), 0, &w->from));
    TRY(read_clock(op, STR("until"), 86400, &w->until));
    TRY(params_number(op, STR("minutes"), 0, RULES_MINUTES_MAX, &w->minutes));
    TRY(params_number(op, STR("count"), BOOKING_COUNT_USUAL, BOOKING_COUNT_MAX, &count));
    w->count = count;
    w->once = params_flag(op, STR("once"));
    w->minutes = w->online ? 0 : w->minutes;
    return STATUS_OK;
}
