/* zone/zone.h - the clock on the wall of a centre. The only home of GLib.
 *
 * A wall clock says a day (days since 1970-01-01) and seconds since its midnight. Twice a year that
 * is not an instant: an hour that is skipped is taken as the moment at which the clock jumps, an
 * hour that comes twice as the first of both. So 09:00 stays 09:00, and a window is never turned
 * around. Zones are those of the system's tz database. */
#ifndef ACESO_ZONE_H
#define ACESO_ZONE_H

#include "base/base.h"

typedef struct Zone Zone;

enum { ZONE_NAME_MAX = 64, ZONE_INSTANT_LEN = 25, ZONE_DATE_LEN = 10 };
#define ZONE_DEFAULT STR("Europe/Brussels")

typedef struct {
    int64_t day; /* since 1970-01-01 */
    int second;  /* 0 .. 86399 */
} Wall;

/* "Europe/Brussels"; ends with the arena. STATUS_INVALID with an issue: there is no such zone. */
Status zone_open(Ctx *cx, Str name, const Zone **ret_zone) MUST_USE;
Str zone_name(const Zone *zone);

/* second may be 86400 or more: that many after the midnight on the clock. */
Time zone_instant(const Zone *zone, int64_t day, int second);
Wall zone_wall(const Zone *zone, Time at);
/* "2026-11-23T09:00:00+01:00" */
Str zone_format(const Zone *zone, Time at, char text[ZONE_INSTANT_LEN]);

/* 0 = Monday .. 6 = Sunday. */
unsigned wall_weekday(int64_t day);
/* "2026-11-23", and back: false for anything else. */
Str wall_format_day(int64_t day, char text[ZONE_DATE_LEN]);
bool wall_read_day(Str text, int64_t *ret_day);
/* "09:30" or "09:30:00" as seconds; "24:00" is a whole day. */
bool wall_read_clock(Str text, int *ret_second);
/* An instant with its zone: "2026-11-23T09:00:00+01:00", "...Z". */
bool wall_read_instant(Str text, Time *ret_at);

#endif
