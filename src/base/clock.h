/* base/clock.h - time.
 *
 * A Time is a count of microseconds: since 1970-01-01T00:00:00Z for time_now(), since
 * some fixed point for time_monotonic(). */
#ifndef ACESO_CLOCK_H
#define ACESO_CLOCK_H

#include <stdint.h>

#include "base/str.h"

typedef int64_t Time;

#define TIME_MS     ((Time)1000)
#define TIME_SECOND ((Time)1000000)
#define TIME_DAY    (86400 * TIME_SECOND)

Time time_now(void);
Time time_monotonic(void);

enum { TIME_INSTANT_LEN = 24, TIME_HTTP_LEN = 29 };

/* "2026-11-21T09:30:00.123Z" into text (TIME_INSTANT_LEN bytes, no NUL). */
Str time_format_instant(Time at, char text[TIME_INSTANT_LEN]);

/* An IMF-fixdate, "Sat, 21 Nov 2026 09:30:00 GMT" (TIME_HTTP_LEN bytes, no NUL).
 * SPEC RFC 9110 5.6.7 */
Str time_format_http(Time at, char text[TIME_HTTP_LEN]);
/* Reads IMF-fixdate; the two obsolete forms are refused. */
bool time_parse_http(Str text, Time *ret_at);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t days_from_civil(int64_t year, unsigned month, unsigned day);
void civil_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);

#endif
