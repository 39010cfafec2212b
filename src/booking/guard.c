/* booking/guard.c - Appointments that people write directly: all but what takes time. */
#include "booking/internal.h"

static bool same_period(const JsonValue *a, const JsonValue *b)
{
    return a && b ? json_equal(a, b, false) : a == b;
}

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
            !same_period(json_get(a, STR("period")), json_get(b, STR("period"))))
            return false;
    return true;
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
    if (before && busy_status(was) && !moved)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNPROCESSABLE, STR("Appointment"),
                    "An hour is taken by Appointment/$book and moved by $reschedule, so that "
                    "nobody else gets it too; status and comments may be written here.");
}
