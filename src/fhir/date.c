/* fhir/date.c - dates and times of any precision, and the range of instants they mean. */
#include "fhir/fhir.h"
#include "fhir/primitive.h"

typedef enum { UNTIL_YEAR, UNTIL_MONTH, UNTIL_DAY, UNTIL_SECOND, UNTIL_FRACTION } Precision;

typedef struct {
    Precision precision;
    unsigned year, month, day, hour, minute, second;
    Time fraction;      /* microseconds */
    Time fraction_unit; /* what the last digit of the fraction counts; at least 1 us */
    int offset_minutes;
} Moment;

/* Two or four digits at i. */
static bool take(Str s, size_t *i, size_t digits, unsigned *ret_value)
{
    unsigned value = 0;
    if (s.len - *i < digits)
        return false;
    for (size_t end = *i + digits; *i < end; (*i)++) {
        unsigned digit = (unsigned)(unsigned char)s.at[*i] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

static bool take_char(Str s, size_t *i, char c)
{
    if (*i >= s.len || s.at[*i] != c)
        return false;
    (*i)++;
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* hh:mm:ss(.f+)?; a leap second is allowed. */
static bool take_clock(Str s, size_t *i, Moment *m)
{
    if (!take(s, i, 2, &m->hour) || !take_char(s, i, ':') || !take(s, i, 2, &m->minute) ||
        !take_char(s, i, ':') || !take(s, i, 2, &m->second) || m->hour > 23 || m->minute > 59 ||
        m->second > 60)
        return false;
    m->precision = UNTIL_SECOND;
    if (!take_char(s, i, '.'))
        return true;
    size_t from = *i;
    m->fraction_unit = TIME_SECOND;
    for (; *i < s.len && s.at[*i] >= '0' && s.at[*i] <= '9'; (*i)++) {
        if (m->fraction_unit == 1)
            continue; /* finer than a microsecond */
        m->fraction_unit /= 10;
        m->fraction += m->fraction_unit * (s.at[*i] - '0');
    }
    m->precision = UNTIL_FRACTION;
    return *i > from;
}

/* Z or +hh:mm up to 14:00 */
static bool take_zone(Str s, size_t *i, Moment *m)
{
    unsigned hours, minutes;
    if (take_char(s, i, 'Z'))
        return true;
    bool west = *i < s.len && s.at[*i] == '-';
    if (!west && !(*i < s.len && s.at[*i] == '+'))
        return false;
    (*i)++;
    if (!take(s, i, 2, &hours) || !take_char(s, i, ':') || !take(s, i, 2, &minutes) ||
        minutes > 59 || hours * 60 + minutes > 14 * 60)
        return false;
    m->offset_minutes = (int)(hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

/* A date of any precision, or a dateTime with its zone. Without one it is read in UTC when
 * zoneless is set: search values may leave it out. */
static bool read_moment(Str s, bool zoneless, Moment *m)
{
    size_t i = 0;
    *m = (Moment){.month = 1, .day = 1};
    if (!take(s, &i, 4, &m->year) || m->year == 0)
        return false;
    if (i == s.len)
        return true;
    m->precision = UNTIL_MONTH;
    if (!take_char(s, &i, '-') || !take(s, &i, 2, &m->month) || m->month < 1 || m->month > 12)
        return false;
    if (i == s.len)
        return true;
    m->precision = UNTIL_DAY;
    if (!take_char(s, &i, '-') || !take(s, &i, 2, &m->day) || m->day < 1 ||
        m->day > days_in(m->year, m->month))
        return false;
    if (i == s.len)
        return true;
    if (!take_char(s, &i, 'T') || !take_clock(s, &i, m))
        return false;
    if (i == s.len)
        return zoneless;
    return take_zone(s, &i, m) && i == s.len;
}

bool date_matches(Primitive primitive, Str text)
{
    Moment m = {0};
    size_t i = 0;
    switch (primitive) {
    case PRIMITIVE_TIME: return take_clock(text, &i, &m) && i == text.len;
    case PRIMITIVE_DATE: return read_moment(text, false, &m) && m.precision <= UNTIL_DAY;
    case PRIMITIVE_INSTANT: return read_moment(text, false, &m) && m.precision >= UNTIL_SECOND;
    default: return read_moment(text, false, &m);
    }
}

static Time start_of(const Moment *m)
{
    Time minutes = (Time)m->hour * 60 + (Time)m->minute - m->offset_minutes;
    Time seconds = days_from_civil(m->year, m->month, m->day) * 86400 + minutes * 60 + m->second;
    return seconds * TIME_SECOND + m->fraction;
}

/* The first instant behind m. */
static Time end_of(const Moment *m)
{
    Moment next = *m;
    switch (m->precision) {
    case UNTIL_YEAR: next.year++; return start_of(&next);
    case UNTIL_MONTH:
        next.year += m->month == 12;
        next.month = m->month % 12 + 1;
        return start_of(&next);
    case UNTIL_DAY: return start_of(m) + TIME_DAY;
    case UNTIL_SECOND: return start_of(m) + TIME_SECOND;
    case UNTIL_FRACTION: break;
    }
    return start_of(m) + m->fraction_unit;
}

/* hh:mm without seconds is a search value too: SPEC R4 search.html#date */
static bool read_minutes(Str text, Moment *m)
{
    char full[64];
    if (text.len < 16 || text.len > 22 || text.at[13] != ':' ||
        (text.len > 16 && text.at[16] == ':'))
        return false;
    memcpy(full, text.at, 16);
    memcpy(full + 16, ":00", 3);
    memcpy(full + 19, text.at + 16, text.len - 16);
    return read_moment(str_n(full, text.len + 3), true, m);
}

bool fhir_date_range(Str text, Time *ret_lo, Time *ret_hi)
{
    Moment m;
    bool minutes = read_minutes(text, &m);
    if (!minutes && !read_moment(text, true, &m))
        return false;
    *ret_lo = start_of(&m);
    *ret_hi = minutes ? *ret_lo + 60 * TIME_SECOND : end_of(&m);
    return true;
}
