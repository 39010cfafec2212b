/* fhir/path/fn_date.c - the present, parts of dates, precision and boundaries.
 *
 * SPEC FHIRPath N1 #current-date-and-time-functions; lowBoundary(), highBoundary(), precision()
 * and the parts of dates are of 2.0 and 3.0 */
#include "fhir/path/inner.h"
#include "fhir/path/when.h"

static Status add_when(PathEval *ev, const When *when, PathList *to)
{
    char text[WHEN_TEXT_MAX];
    PathItem item = {.kind = when->kind, .text = arena_str(ev->cx->arena, when_text(when, text))};
    return item.text.at ? path_add(ev, to, &item) : STATUS_MEMORY;
}

/* ---- the present: the same all through one evaluation ----------------------------------- */

static When present(PathEval *ev)
{
    if (!ev->now)
        ev->now = time_now();
    return when_at(ev->now);
}

static Status fn_now(PathEval *ev, const PathCall *call, PathList *to)
{
    UNUSED(call);
    When when = present(ev);
    return add_when(ev, &when, to);
}

static Status fn_today(PathEval *ev, const PathCall *call, PathList *to)
{
    UNUSED(call);
    When when = present(ev);
    when.kind = PATH_DATE;
    when.precision = WHEN_DAY;
    when.zoned = false;
    return add_when(ev, &when, to);
}

static Status fn_time_of_day(PathEval *ev, const PathCall *call, PathList *to)
{
    UNUSED(call);
    When when = present(ev);
    when.kind = PATH_TIME;
    when.zoned = false;
    return add_when(ev, &when, to);
}

/* ---- parts ------------------------------------------------------------------------------ */

static Status input_when(PathEval *ev, const PathCall *call, When *ret_when)
{
    PathItem value = path_simple(call->input->items);
    if ((value.kind != PATH_DATE && value.kind != PATH_DATETIME && value.kind != PATH_TIME) ||
        !when_read(&value, ret_when))
        return path_fail(ev, call->node, "%s() is asked of a date or a time.",
                         call->node->function->name);
    return STATUS_OK;
}

static Status part(PathEval *ev, const PathCall *call, WhenPrecision wanted, PathList *to)
{
    When w;
    TRY(input_when(ev, call, &w));
    if (w.precision < wanted || (w.kind == PATH_TIME && wanted < WHEN_HOUR))
        return STATUS_OK;
    const int64_t parts[] = {[WHEN_YEAR] = w.year,
                             [WHEN_MONTH] = w.month,
                             [WHEN_DAY] = w.day,
                             [WHEN_HOUR] = w.hour,
                             [WHEN_MINUTE] = w.minute,
                             [WHEN_SECOND] = w.second,
                             [WHEN_FRACTION] = w.micro / 1000};
    return path_add_integer(ev, to, parts[wanted]);
}

#define PART(name, precision)                                                                      \
    static Status fn_##name(PathEval *ev, const PathCall *call, PathList *to)                      \
    {                                                                                              \
        return part(ev, call, precision, to);                                                      \
    }

PART(year_of, WHEN_YEAR)
PART(month_of, WHEN_MONTH)
PART(day_of, WHEN_DAY)
PART(hour_of, WHEN_HOUR)
PART(minute_of, WHEN_MINUTE)
PART(second_of, WHEN_SECOND)
PART(millisecond_of, WHEN_FRACTION)

static Status fn_timezone_offset_of(PathEval *ev, const PathCall *call, PathList *to)
{
    When w;
    Decimal hours;
    TRY(input_when(ev, call, &w));
    if (!w.zoned || !decimal_divide(decimal_of(w.offset_minutes), decimal_of(60), &hours))
        return STATUS_OK;
    return path_add_decimal(ev, to, decimal_trim(hours));
}

static Status fn_date_of(PathEval *ev, const PathCall *call, PathList *to)
{
    When w;
    TRY(input_when(ev, call, &w));
    if (w.kind == PATH_TIME)
        return STATUS_OK;
    w.kind = PATH_DATE;
    w.zoned = false;
    w.precision = w.precision > WHEN_DAY ? WHEN_DAY : w.precision;
    return add_when(ev, &w, to);
}

static Status fn_time_of(PathEval *ev, const PathCall *call, PathList *to)
{
    When w;
    TRY(input_when(ev, call, &w));
    if (w.precision < WHEN_HOUR)
        return STATUS_OK;
    w.kind = PATH_TIME;
    w.zoned = false;
    return add_when(ev, &w, to);
}

/* ---- precision -------------------------------------------------------------------------- */

/* Digits of a date of each precision; a time has eight fewer. */
static const int digits_of[] = {
    [WHEN_YEAR] = 4,    [WHEN_MONTH] = 6,   [WHEN_DAY] = 8,      [WHEN_HOUR] = 10,
    [WHEN_MINUTE] = 12, [WHEN_SECOND] = 14, [WHEN_FRACTION] = 17};
enum { DATE_DIGITS = 8 };

static Status fn_precision(PathEval *ev, const PathCall *call, PathList *to)
{
    When w;
    PathItem value = path_value(call->input->items);
    if (value.kind == PATH_DECIMAL || value.kind == PATH_INTEGER)
        return path_add_integer(ev, to, value.decimal.scale > 0 ? value.decimal.scale : 0);
    TRY(input_when(ev, call, &w));
    return path_add_integer(ev, to,
                            digits_of[w.precision] - (w.kind == PATH_TIME ? DATE_DIGITS : 0));
}

/* ---- boundaries of numbers -------------------------------------------------------------- */

enum { PLACES_MAX = 31, PLACES_PRESET = 8 };

/* Cut to `places` behind the point, toward the boundary; with just so many. */
static bool cut(Decimal number, int places, bool low, Decimal *ret)
{
    Decimal rounded, step = {1, places};
    if (!decimal_round(number, places, &rounded))
        return false;
    /* 0.0034 to one place is 0.0 in both directions: the official cases LowBoundaryDecimal15,
     * HighBoundaryDecimal15 */
    int beside = decimal_compare(rounded, number);
    if (rounded.digits && low && beside > 0 && !decimal_subtract(rounded, step, &rounded))
        return false;
    if (rounded.digits && !low && beside < 0 && !decimal_add(rounded, step, &rounded))
        return false;
    for (; rounded.scale < places; rounded.scale++) {
        if (rounded.digits > INT64_MAX * (Int128)1000000000000000 ||
            rounded.digits < -INT64_MAX * (Int128)1000000000000000)
            return false;
        rounded.digits *= 10;
    }
    *ret = rounded;
    return true;
}

static Status number_boundary(PathEval *ev, const PathCall *call, PathItem number, bool low,
                              PathList *to)
{
    PathItem places = {.integer = PLACES_PRESET};
    bool there;
    TRY(path_arg_value(ev, call, 0, PATH_INTEGER, &places, &there));
    if (places.integer < 0 || places.integer > PLACES_MAX)
        return STATUS_OK;
    Decimal half = {5, number.decimal.scale + 1}, edge;
    if (!(low ? decimal_subtract(number.decimal, half, &edge)
              : decimal_add(number.decimal, half, &edge)) ||
        !cut(edge, (int)places.integer, low, &number.decimal))
        return STATUS_OK;
    if (number.kind == PATH_INTEGER)
        number.kind = PATH_DECIMAL;
    return path_add(ev, to, &number);
}

/* ---- boundaries of dates ---------------------------------------------------------------- */

/* What is finer than the value gets its first or last moment. A time in FHIR has minutes: an
 * hour alone is its first minute, as the official case HighBoundaryDateTimeMillisecond1 has it. */
static void extend(When *w, bool low)
{
    if (w->kind != PATH_TIME && w->precision < WHEN_MONTH)
        w->month = low ? 1 : 12;
    if (w->kind != PATH_TIME && w->precision < WHEN_DAY)
        w->day = low ? 1 : when_days_in(w->year, w->month);
    if (w->precision < WHEN_HOUR) {
        w->hour = low ? 0 : 23;
        w->minute = low ? 0 : 59;
    }
    if (w->precision < WHEN_SECOND)
        w->second = low ? 0 : 59;
    if (w->precision < WHEN_FRACTION)
        w->micro = low ? 0 : 999000;
}

static Status when_boundary(PathEval *ev, const PathCall *call, bool low, PathList *to)
{
    When w;
    bool there;
    TRY(input_when(ev, call, &w));
    int before = w.kind == PATH_TIME ? DATE_DIGITS : 0;
    WhenPrecision finest = w.kind == PATH_DATE ? WHEN_DAY : WHEN_FRACTION;
    PathItem digits = {.integer = digits_of[finest] - before};
    TRY(path_arg_value(ev, call, 0, PATH_INTEGER, &digits, &there));
    WhenPrecision wanted = w.kind == PATH_TIME ? WHEN_HOUR : WHEN_YEAR;
    while (wanted <= finest && digits_of[wanted] - before != digits.integer)
        wanted++;
    if (wanted > finest)
        return STATUS_OK;
    extend(&w, low);
    w.precision = wanted;
    w.fraction_digits = 3;
    if (wanted < WHEN_HOUR) {
        w.zoned = false;
    } else if (!w.zoned && w.kind == PATH_DATETIME) { /* the first and the last zone there are */
        w.zoned = true;
        w.offset_minutes = low ? 14 * 60 : -12 * 60;
    }
    return add_when(ev, &w, to);
}

static Status boundary(PathEval *ev, const PathCall *call, bool low, PathList *to)
{
    PathItem value = path_value(call->input->items);
    if (value.kind == PATH_DECIMAL || value.kind == PATH_INTEGER || value.kind == PATH_QUANTITY)
        return number_boundary(ev, call, value, low, to);
    return when_boundary(ev, call, low, to);
}

static Status fn_low_boundary(PathEval *ev, const PathCall *call, PathList *to)
{
    return boundary(ev, call, true, to);
}

static Status fn_high_boundary(PathEval *ev, const PathCall *call, PathList *to)
{
    return boundary(ev, call, false, to);
}

const PathFunction path_date_functions[] = {
    {"dateOf", 0, 0, CALL_SINGLE, fn_date_of},
    {"dayOf", 0, 0, CALL_SINGLE, fn_day_of},
    {"highBoundary", 0, 1, CALL_SINGLE, fn_high_boundary},
    {"hourOf", 0, 0, CALL_SINGLE, fn_hour_of},
    {"lowBoundary", 0, 1, CALL_SINGLE, fn_low_boundary},
    {"millisecondOf", 0, 0, CALL_SINGLE, fn_millisecond_of},
    {"minuteOf", 0, 0, CALL_SINGLE, fn_minute_of},
    {"monthOf", 0, 0, CALL_SINGLE, fn_month_of},
    {"now", 0, 0, 0, fn_now},
    {"precision", 0, 0, CALL_SINGLE, fn_precision},
    {"secondOf", 0, 0, CALL_SINGLE, fn_second_of},
    {"timeOf", 0, 0, CALL_SINGLE, fn_time_of},
    {"timeOfDay", 0, 0, 0, fn_time_of_day},
    {"timezoneOffsetOf", 0, 0, CALL_SINGLE, fn_timezone_offset_of},
    {"today", 0, 0, 0, fn_today},
    {"yearOf", 0, 0, CALL_SINGLE, fn_year_of},
};
const size_t path_date_function_count = COUNT_OF(path_date_functions);
