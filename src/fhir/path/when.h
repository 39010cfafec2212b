/* fhir/path/when.h - dates, dates with time and times, of any precision.
 *
 * A value is a range of moments: @2015-02 is all of February. Two of them are ordered when
 * their ranges do not meet, equal when they are the same at the same precision, else nothing
 * is known. Where only one has a zone, the other's range is widened to all zones there are.
 *
 * SPEC FHIRPath N1 #datetime-equality, #comparison */
#ifndef ACESO_FHIR_PATH_WHEN_H
#define ACESO_FHIR_PATH_WHEN_H

#include "fhir/path/path.h"

typedef enum {
    WHEN_YEAR = 1,
    WHEN_MONTH,
    WHEN_DAY,
    WHEN_HOUR,
    WHEN_MINUTE,
    WHEN_SECOND,
    WHEN_FRACTION,
} WhenPrecision;

typedef struct {
    PathKind kind; /* PATH_DATE, PATH_DATETIME, PATH_TIME */
    WhenPrecision precision;
    int64_t year;
    unsigned month, day, hour, minute, second;
    unsigned micro;           /* of the second */
    unsigned fraction_digits; /* as written; those behind the sixth are not kept */
    bool zoned;
    int offset_minutes;
} When;

enum { WHEN_TEXT_MAX = 48 };

/* Of an item that is one of the three kinds; false when its text is not. */
bool when_read(const PathItem *item, When *ret_when);
bool when_parse(PathKind kind, Str text, When *ret_when);
Str when_text(const When *when, char to[static WHEN_TEXT_MAX]);

/* False when they cannot be compared (a time and a date). */
bool when_compare(const When *a, const When *b, int *ret_order, bool *ret_known);

/* Adds a whole number of a unit of the calendar ("year" ... "millisecond"); what is finer than
 * the precision is converted and cut. False when the unit does not fit, or the year leaves
 * 1..9999. */
bool when_add(When *when, int64_t amount, Str unit);

/* The present, in UTC. */
When when_at(Time at);

unsigned when_days_in(int64_t year, unsigned month);

#endif
