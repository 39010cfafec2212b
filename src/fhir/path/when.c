/* fhir/path/when.c - reading, comparing and shifting dates and times. */
#include "fhir/path/when.h"

unsigned when_days_in(int64_t year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

static bool take(Str *s, size_t digits, unsigned *ret_value)
{
    unsigned value = 0;
    if (s->len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = (unsigned)(unsigned char)s->at[i] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *s = str_from(*s, digits);
    *ret_value = value;
    return true;
}

static bool take_char(Str *s, char c)
{
    if (!s->len || s->at[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_fraction(Str *s, When *w)
{
    unsigned unit = 1000000;
    for (; s->len && s->at[0] >= '0' && s->at[0] <= '9'; *s = str_from(*s, 1)) {
        unit /= 10;
        w->micro += unit * (unsigned)(s->at[0] - '0');
        w->fraction_digits++;
    }
    w->precision = WHEN_FRACTION;
    return w->fraction_digits > 0;
}

static bool take_clock(Str *s, When *w)
{
    if (!take(s, 2, &w->hour) || w->hour > 23)
        return false;
    w->precision = WHEN_HOUR;
    if (!take_char(s, ':'))
        return true;
    if (!take(s, 2, &w->minute) || w->minute > 59)
        return false;
    w->precision = WHEN_MINUTE;
    if (!take_char(s, ':'))
        return true;
    if (!take(s, 2, &w->second) || w->second > 60) /* a leap second may stand in FHIR */
        return false;
    w->precision = WHEN_SECOND;
    return !take_char(s, '.') || take_fraction(s, w);
}

static bool take_zone(Str *s, When *w)
{
    unsigned hours, minutes;
    if (!s->len)
        return true;
    w->zoned = true;
    if (take_char(s, 'Z'))
        return true;
    bool west = s->at[0] == '-';
    if (!west && s->at[0] != '+')
        return false;
    *s = str_from(*s, 1);
    if (!take(s, 2, &hours) || !take_char(s, ':') || !take(s, 2, &minutes) || minutes > 59 ||
        hours * 60 + minutes > 14 * 60)
        return false;
    w->offset_minutes = (int)(hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

static bool take_date(Str *s, When *w)
{
    unsigned year;
    if (!take(s, 4, &year) || year == 0)
        return false;
    w->year = year;
    w->precision = WHEN_YEAR;
    if (!take_char(s, '-'))
        return true;
    if (!take(s, 2, &w->month) || w->month < 1 || w->month > 12)
        return false;
    w->precision = WHEN_MONTH;
    if (!take_char(s, '-'))
        return true;
    w->precision = WHEN_DAY;
    return take(s, 2, &w->day) && w->day >= 1 && w->day <= when_days_in(w->year, w->month);
}

bool when_parse(PathKind kind, Str text, When *ret_when)
{
    When w = {.kind = kind, .month = 1, .day = 1};
    bool sound;
    if (kind == PATH_TIME) {
        sound = take_clock(&text, &w);
    } else {
        sound = take_date(&text, &w);
        if (sound && kind == PATH_DATETIME && take_char(&text, 'T') && text.len)
            sound = take_clock(&text, &w) && take_zone(&text, &w);
    }
    if (!sound || text.len)
        return false;
    *ret_when = w;
    return true;
}

bool when_read(const PathItem *item, When *ret_when)
{
    return when_parse(item->kind, item->text, ret_when);
}

/* ---- writing ------------------------------------------------------------------------------------
 */

typedef struct {
    char *to;
    size_t len;
} Pen;

static void put(Pen *pen, unsigned value, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        pen->to[pen->len + i] = (char)('0' + value % 10);
    pen->len += digits;
}

static void put_part(Pen *pen, char before, unsigned value, unsigned digits)
{
    pen->to[pen->len++] = before;
    put(pen, value, digits);
}

static void put_clock(Pen *pen, const When *w)
{
    put(pen, w->hour, 2);
    if (w->precision >= WHEN_MINUTE)
        put_part(pen, ':', w->minute, 2);
    if (w->precision >= WHEN_SECOND)
        put_part(pen, ':', w->second, 2);
    if (w->precision < WHEN_FRACTION)
        return;
    unsigned digits = w->fraction_digits < 6 ? w->fraction_digits : 6, micro = w->micro;
    for (unsigned i = digits; i < 6; i++)
        micro /= 10;
    put_part(pen, '.', micro, digits);
}

Str when_text(const When *w, char to[static WHEN_TEXT_MAX])
{
    Pen pen = {to, 0};
    if (w->kind != PATH_TIME) {
        put(&pen, (unsigned)w->year, 4);
        if (w->precision >= WHEN_MONTH)
            put_part(&pen, '-', w->month, 2);
        if (w->precision >= WHEN_DAY)
            put_part(&pen, '-', w->day, 2);
        if (w->precision >= WHEN_HOUR)
            to[pen.len++] = 'T';
    }
    if (w->precision >= WHEN_HOUR)
        put_clock(&pen, w);
    if (w->zoned && w->offset_minutes == 0) {
        to[pen.len++] = 'Z';
    } else if (w->zoned) {
        unsigned minutes =
            (unsigned)(w->offset_minutes < 0 ? -w->offset_minutes : w->offset_minutes);
        put_part(&pen, w->offset_minutes < 0 ? '-' : '+', minutes / 60, 2);
        put_part(&pen, ':', minutes % 60, 2);
    }
    return str_n(to, pen.len);
}

/* ---- comparing -------------------------------------------------------------------------- */

/* Microseconds since 1970, or since midnight. */
static Time start_of(const When *w)
{
    Time days = w->kind == PATH_TIME ? 0 : days_from_civil(w->year, w->month, w->day);
    Time minutes = (Time)w->hour * 60 + w->minute - w->offset_minutes;
    return ((days * 1440 + minutes) * 60 + w->second) * TIME_SECOND + w->micro;
}

/* Seconds and their fractions are one precision: a moment. */
static Time end_of(const When *w)
{
    When next = *w;
    switch (w->precision) {
    case WHEN_YEAR: next.year++; return start_of(&next);
    case WHEN_MONTH:
        next.year += w->month == 12;
        next.month = w->month % 12 + 1;
        return start_of(&next);
    case WHEN_DAY: return start_of(w) + TIME_DAY;
    case WHEN_HOUR: return start_of(w) + 3600 * TIME_SECOND;
    case WHEN_MINUTE: return start_of(w) + 60 * TIME_SECOND;
    default: return start_of(w) + 1;
    }
}

static void range_of(const When *w, bool widen, Time *lo, Time *hi)
{
    *lo = start_of(w) - (widen ? 14 * 3600 * TIME_SECOND : 0);
    *hi = end_of(w) + (widen ? 12 * 3600 * TIME_SECOND : 0);
}

bool when_compare(const When *a, const When *b, int *ret_order, bool *ret_known)
{
    Time a_lo, a_hi, b_lo, b_hi;
    if ((a->kind == PATH_TIME) != (b->kind == PATH_TIME))
        return false;
    range_of(a, b->zoned && !a->zoned, &a_lo, &a_hi);
    range_of(b, a->zoned && !b->zoned, &b_lo, &b_hi);
    WhenPrecision a_precision = a->precision < WHEN_SECOND ? a->precision : WHEN_SECOND;
    WhenPrecision b_precision = b->precision < WHEN_SECOND ? b->precision : WHEN_SECOND;
    *ret_known = true;
    *ret_order = 0;
    if (a_hi <= b_lo)
        *ret_order = -1;
    else if (b_hi <= a_lo)
        *ret_order = 1;
    else
        *ret_known = a_precision == b_precision && a->zoned == b->zoned && a_lo == b_lo;
    return true;
}

/* ---- shifting --------------------------------------------------------------------------- */

static bool add_months(When *w, int64_t months)
{
    int64_t month = w->year * 12 + (int64_t)w->month - 1 + months;
    w->year = month / 12;
    w->month = (unsigned)(month % 12 + 1);
    if (month < 12 || w->year > 9999)
        return false;
    unsigned last = when_days_in(w->year, w->month);
    if (w->day > last) /* 31 January and a month is 28 or 29 February */
        w->day = last;
    return true;
}

static bool add_micros(When *w, Time micros)
{
    Time at =
        micros + ((Time)w->hour * 3600 + (Time)w->minute * 60 + w->second) * TIME_SECOND + w->micro;
    Time days = at / TIME_DAY, rest = at % TIME_DAY;
    if (rest < 0) {
        rest += TIME_DAY;
        days--;
    }
    w->micro = (unsigned)(rest % TIME_SECOND);
    w->second = (unsigned)(rest / TIME_SECOND % 60);
    w->minute = (unsigned)(rest / TIME_SECOND / 60 % 60);
    w->hour = (unsigned)(rest / TIME_SECOND / 3600);
    if (w->kind == PATH_TIME) /* around the clock */
        return true;
    civil_from_days(days_from_civil(w->year, w->month, w->day) + days, &w->year, &w->month,
                    &w->day);
    return w->year >= 1 && w->year <= 9999;
}

/* Each unit as months, or as a time; SPEC FHIRPath N1 #date-time-arithmetic. */
typedef struct {
    Str unit;
    WhenPrecision precision;
    int64_t months;
    Time micros;
} CalendarUnit;

static const CalendarUnit calendar[] = {
    {STR_INIT("year"), WHEN_YEAR, 12, 0},
    {STR_INIT("month"), WHEN_MONTH, 1, 0},
    {STR_INIT("week"), WHEN_DAY, 0, 7 * TIME_DAY},
    {STR_INIT("day"), WHEN_DAY, 0, TIME_DAY},
    {STR_INIT("hour"), WHEN_HOUR, 0, 3600 * TIME_SECOND},
    {STR_INIT("minute"), WHEN_MINUTE, 0, 60 * TIME_SECOND},
    {STR_INIT("second"), WHEN_SECOND, 0, TIME_SECOND},
    {STR_INIT("millisecond"), WHEN_FRACTION, 0, TIME_MS},
};

/* What is finer than the precision counts in whole units of it: a year has 365 days, a month
 * 30. */
static bool add_time(When *w, Time micros)
{
    switch (w->precision) {
    case WHEN_YEAR: return add_months(w, micros / (365 * TIME_DAY) * 12);
    case WHEN_MONTH: return add_months(w, micros / (30 * TIME_DAY));
    case WHEN_DAY: return add_micros(w, micros / TIME_DAY * TIME_DAY);
    case WHEN_HOUR: return add_micros(w, micros / (3600 * TIME_SECOND) * 3600 * TIME_SECOND);
    case WHEN_MINUTE: return add_micros(w, micros / (60 * TIME_SECOND) * 60 * TIME_SECOND);
    default: break;
    }
    if (micros % TIME_SECOND && w->precision == WHEN_SECOND) {
        w->precision = WHEN_FRACTION;
        w->fraction_digits = 3;
    }
    return add_micros(w, micros);
}

bool when_add(When *w, int64_t amount, Str unit)
{
    enum { MONTHS_MAX = 12 * 10000 };
    static const Time time_max = 10000 * 366 * TIME_DAY;
    Time micros;
    size_t i = 0;
    while (i < COUNT_OF(calendar) && !str_eq(unit, calendar[i].unit))
        i++;
    if (i == COUNT_OF(calendar) || (w->kind == PATH_TIME && calendar[i].precision < WHEN_HOUR))
        return false;
    if (calendar[i].months == 0)
        return !__builtin_mul_overflow(amount, calendar[i].micros, &micros) && micros < time_max &&
               micros > -time_max && add_time(w, micros);
    if (amount > MONTHS_MAX || amount < -MONTHS_MAX)
        return false;
    amount *= calendar[i].months;
    return add_months(w, w->precision == WHEN_YEAR ? amount / 12 * 12 : amount);
}

When when_at(Time at)
{
    When w = {.kind = PATH_DATETIME,
              .precision = WHEN_FRACTION,
              .year = 1970,
              .month = 1,
              .day = 1,
              .fraction_digits = 3,
              .zoned = true};
    add_micros(&w, at / TIME_MS * TIME_MS);
    return w;
}
