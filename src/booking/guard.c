/* booking/guard.c - Appointments that people write directly: all but what takes time. */
#include "booking/internal.h"

static bool same_period(const JsonValue *a, const JsonValue *b)
{
    return a && b ? json_equal(a, b, false) : a == b;
}

static bool is_declined(const JsonValue *participant)
{
    return str_eq(json_get_str(participant, STR("status")), STR("declined"));
}

/* Who has declined has his hour back, and others may have it by now: to take part again is to take
 * it. */
static bool same_actors(const JsonValue *before, const JsonValue *after)
{
    const JsonValue *old = json_get(before, STR("participant"));
    const JsonValue *new = json_get(after, STR("participant"));
    JsonValue *a, *b;
    if (json_count(old) != json_count(new))
        return false;
    JsonIter left = json_iter(old), right = json_iter(new);
    while (json_next(&left, NULL, &a) && json_next(&right, NULL, &b))
        if (!str_eq(json_get_str(json_get(a, STR("actor")), STR("reference")),
                    json_get_str(json_get(b, STR("actor")), STR("reference"))) ||
            !same_period(json_get(a, STR("period")), json_get(b, STR("period"))) ||
            (is_declined(a) && !is_declined(b)))
            return false;
    return true;
}

/* Who was said to be absent, and comes after all: nobody books an hour that has begun. */
static bool came_late(const JsonValue *before, Str was)
{
    Time start;
    return str_eq(was, STR("noshow")) &&
           wall_read_instant(json_get_str(before, STR("start")), &start) && start <= time_now();
}

Status booking_guard(Ctx *cx, const Access *writer, const JsonValue *before, const JsonValue *after)
{
    UNUSED(writer);
    Str was = json_get_str(before, STR("status")), is = json_get_str(after, STR("status"));
    if (!after || !busy_status(is))
        return STATUS_OK;
    bool moved = !str_eq(json_get_str(before, STR("start")), json_get_str(after, STR("start"))) ||
                 !str_eq(json_get_str(before, STR("end")), json_get_str(after, STR("end"))) ||
                 !same_actors(before, after);
    if (before && !moved && (busy_status(was) || came_late(before, was)))
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Appointment"),
                    "An hour is taken by Appointment/$book and moved by $reschedule, so that "
                    "nobody else gets it too; status and comments may be written here.");
}
