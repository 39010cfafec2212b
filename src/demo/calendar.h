/* demo/calendar.h - days and the opening hours of a Belgian practice.
 *
 * A Day counts from 1970-01-01; minutes are local time in Brussels, whose distance to UTC
 * follows the rule of the European Union (last Sundays of March and October). */
#ifndef ACESO_DEMO_CALENDAR_H
#define ACESO_DEMO_CALENDAR_H

#include "base/base.h"

typedef int32_t Day;
enum { DAY_NONE = INT32_MAX, DAYS_A_YEAR = 365 };

typedef struct {
    Day day;
    int minute; /* since local midnight */
} Moment;

int day_year(Day day);
unsigned day_month(Day day);   /* 1..12 */
unsigned day_weekday(Day day); /* 0 = Sunday */
Day day_of(int year, unsigned month, unsigned day);
/* Full years between birth and day. */
int day_age(Day birth, Day day);
/* Neither a weekend nor one of the ten Belgian holidays. */
bool day_is_working(Day day);
/* The first working day from `day` on, or the last one up to it. */
Day day_working_from(Day day);
Day day_working_until(Day day);

enum { DATE_LEN = 10, MOMENT_LEN = 25 };
Str day_format(Day day, char text[DATE_LEN]);         /* "2026-11-21" */
Str moment_format(Moment at, char text[MOMENT_LEN]);  /* "2026-11-21T09:20:00+01:00" */
Str day_format_belgian(Day day, char text[DATE_LEN]); /* "21/11/2026" */

#endif
