/* zone/zone.c - from the wall to the instant and back, by GLib's GTimeZone. */
#include "zone/zone.h"

#include <glib.h>

#include "fhir/fhir.h"

enum { DAYS_KNOWN = 128 };

/* Whether the clock jumps on a day, as far as was asked: a Zone belongs to one request. */
typedef struct {
    int64_t day; /* + 1; 0 = not known */
    int64_t offset;
    bool even; /* the same all day long */
} DayKnown;

struct Zone {
    GTimeZone *zone;
    Str name;
    DayKnown *days;
};

/* The name becomes a path below the system's folder of zones. */
static bool is_zone_name(Str name)
{
    if (!name.len || name.len > ZONE_NAME_MAX || name.at[0] < 'A' || name.at[0] > 'Z')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+' && c != '/')
            return false;
    }
    return true;
}

static void release(void *zone)
{
    g_time_zone_unref(zone);
}

Status zone_open(Ctx *cx, Str name, const Zone **ret_zone)
{
    if (!is_zone_name(name))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "There is no such time zone.");
    Zone *zone = arena_new_of(cx->arena, Zone);
    Str text = arena_str(cx->arena, name);
    void **slot = arena_defer(cx->arena, release, NULL);
    if (!zone || !text.at || !slot)
        return STATUS_MEMORY;
    zone->days = arena_array_of(cx->arena, DayKnown, DAYS_KNOWN);
    if (!zone->days)
        return STATUS_MEMORY;
    *slot = zone->zone = g_time_zone_new_identifier(text.at);
    if (!zone->zone)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "There is no such time zone.");
    zone->name = text;
    *ret_zone = zone;
    return STATUS_OK;
}

Str zone_name(const Zone *zone)
{
    return zone->name;
}

/* GLib moves an hour that is skipped to the moment of the jump, and has two intervals for one that
 * comes twice; which of them it calls summer time differs (Dublin's is in winter). */
static Time find_instant(const Zone *zone, int64_t day, int second)
{
    static const GTimeType types[] = {G_TIME_TYPE_STANDARD, G_TIME_TYPE_DAYLIGHT};
    Time first = INT64_MAX;
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        gint64 local = day * 86400 + second;
        gint interval = g_time_zone_adjust_time(zone->zone, types[i], &local);
        Time at = (local - g_time_zone_get_offset(zone->zone, interval)) * TIME_SECOND;
        first = at < first ? at : first;
    }
    return first;
}

static int64_t offset_at(const Zone *zone, Time at)
{
    int64_t second = at / TIME_SECOND - (at % TIME_SECOND < 0);
    gint interval = g_time_zone_find_interval(zone->zone, G_TIME_TYPE_UNIVERSAL, second);
    return interval < 0 ? 0 : g_time_zone_get_offset(zone->zone, interval);
}

Time zone_instant(const Zone *zone, int64_t day, int second)
{
    DayKnown *known = &zone->days[(uint64_t)day % DAYS_KNOWN];
    if (known->day != day + 1) {
        Time begin = find_instant(zone, day, 0), end = find_instant(zone, day + 1, 0);
        *known = (DayKnown){day + 1, offset_at(zone, begin), end - begin == TIME_DAY};
    }
    return known->even ? (day * 86400 + second - known->offset) * TIME_SECOND
                       : find_instant(zone, day, second);
}

Wall zone_wall(const Zone *zone, Time at)
{
    int64_t local = at / TIME_SECOND - (at % TIME_SECOND < 0) + offset_at(zone, at);
    int64_t day = local / 86400 - (local % 86400 < 0);
    return (Wall){day, (int)(local - day * 86400)};
}

/* Wall clocks are written as if they were those of Greenwich. */
Str wall_format_day(int64_t day, char text[ZONE_DATE_LEN])
{
    char instant[TIME_INSTANT_LEN];
    time_format_instant(day * TIME_DAY, instant);
    memcpy(text, instant, ZONE_DATE_LEN);
    return str_n(text, ZONE_DATE_LEN);
}

Str zone_format(const Zone *zone, Time at, char text[ZONE_INSTANT_LEN])
{
    enum { TO_SECONDS = 19, CLOCK_AT = 11, CLOCK_LEN = 5 };
    char local[TIME_INSTANT_LEN], away[TIME_INSTANT_LEN];
    int64_t offset = offset_at(zone, at);
    time_format_instant(at + offset * TIME_SECOND, local);
    time_format_instant((offset < 0 ? -offset : offset) * TIME_SECOND, away);
    memcpy(text, local, TO_SECONDS);
    text[TO_SECONDS] = offset < 0 ? '-' : '+';
    memcpy(&text[TO_SECONDS + 1], &away[CLOCK_AT], CLOCK_LEN);
    return str_n(text, ZONE_INSTANT_LEN);
}

unsigned wall_weekday(int64_t day)
{
    return (unsigned)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

bool wall_read_day(Str text, int64_t *ret_day)
{
    Time lo, hi;
    if (text.len != ZONE_DATE_LEN || !fhir_date_range(text, &lo, &hi))
        return false;
    *ret_day = lo / TIME_DAY - (lo % TIME_DAY < 0);
    return true;
}

static bool two_digits(Str text, size_t at, int most, int *ret_value)
{
    unsigned tens = (unsigned)(unsigned char)text.at[at] - '0';
    unsigned ones = (unsigned)(unsigned char)text.at[at + 1] - '0';
    *ret_value = (int)(tens * 10 + ones);
    return tens <= 9 && ones <= 9 && *ret_value <= most;
}

bool wall_read_clock(Str text, int *ret_second)
{
    int hour, minute, second = 0;
    bool seconds = text.len == 8 && text.at[5] == ':';
    if ((text.len != 5 && !seconds) || text.at[2] != ':' || !two_digits(text, 0, 24, &hour) ||
        !two_digits(text, 3, 59, &minute) || (seconds && !two_digits(text, 6, 59, &second)))
        return false;
    *ret_second = hour * 3600 + minute * 60 + second;
    return *ret_second <= 86400;
}

bool wall_read_instant(Str text, Time *ret_at)
{
    Time hi;
    size_t clock = str_index(text, 'T');
    Str zone = str_from(text, clock == SIZE_MAX ? text.len : clock);
    bool zoned = str_has_suffix(zone, STR("Z")) || str_index(zone, '+') != SIZE_MAX ||
                 str_index(zone, '-') != SIZE_MAX;
    return zoned && fhir_date_range(text, ret_at, &hi);
}
