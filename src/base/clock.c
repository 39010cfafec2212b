/* base/clock.c - time; the civil calendar after the well-known era arithmetic. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/base.h"

static Time read_clock(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (Time)ts.tv_sec * TIME_SECOND + ts.tv_nsec / 1000;
}

Time time_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

Time time_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    unsigned year_of_era = (unsigned)(year - era * 400);
    unsigned day_of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
    unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + (int64_t)day_of_era - 719468;
}

void civil_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    *ret_month = month_from_march + (month_from_march < 10 ? 3u : -9u);
    *ret_year = (int64_t)year_of_era + era * 400 + (*ret_month <= 2);
}

static void put_digits(char *to, unsigned count, uint64_t value)
{
    while (count--) {
        to[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

Str time_format_instant(Time at, char text[TIME_INSTANT_LEN])
{
    int64_t days = at >= 0 ? at / TIME_DAY : -((-at + TIME_DAY - 1) / TIME_DAY);
    Time rest = at - days * TIME_DAY;
    int64_t year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    memcpy(text, "0000-00-00T00:00:00.000Z", TIME_INSTANT_LEN);
    put_digits(text, 4, (uint64_t)year);
    put_digits(text + 5, 2, month);
    put_digits(text + 8, 2, day);
    put_digits(text + 11, 2, (uint64_t)(rest / (3600 * TIME_SECOND)));
    put_digits(text + 14, 2, (uint64_t)(rest / (60 * TIME_SECOND) % 60));
    put_digits(text + 17, 2, (uint64_t)(rest / TIME_SECOND % 60));
    put_digits(text + 20, 3, (uint64_t)(rest / TIME_MS % 1000));
    return str_n(text, TIME_INSTANT_LEN);
}

static const char week_days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

Str time_format_http(Time at, char text[TIME_HTTP_LEN])
{
    int64_t seconds = at / TIME_SECOND, days = seconds / 86400, rest = seconds % 86400, year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    memcpy(text, "Sun, 00 Jan 0000 00:00:00 GMT", TIME_HTTP_LEN);
    memcpy(text, week_days[(days + 4) % 7], 3); /* 1970-01-01 was a Thursday */
    put_digits(text + 5, 2, day);
    memcpy(text + 8, months[month - 1], 3);
    put_digits(text + 12, 4, (uint64_t)year);
    put_digits(text + 17, 2, (uint64_t)(rest / 3600));
    put_digits(text + 20, 2, (uint64_t)(rest / 60 % 60));
    put_digits(text + 23, 2, (uint64_t)(rest % 60));
    return str_n(text, TIME_HTTP_LEN);
}

static bool get_digits(Str text, size_t at, size_t count, uint64_t *ret_value)
{
    return text.len >= at + count && str_to_u64(str_n(text.at + at, count), ret_value);
}

bool time_parse_http(Str text, Time *ret_at)
{
    uint64_t day, year, hour, minute, second;
    if (text.len != TIME_HTTP_LEN || !str_has_suffix(text, STR(" GMT")))
        return false;
    if (!get_digits(text, 5, 2, &day) || !get_digits(text, 12, 4, &year) ||
        !get_digits(text, 17, 2, &hour) || !get_digits(text, 20, 2, &minute) ||
        !get_digits(text, 23, 2, &second))
        return false;
    if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return false;
    for (unsigned month = 0; month < 12; month++) {
        if (memcmp(text.at + 8, months[month], 3) != 0)
            continue;
        int64_t days = days_from_civil((int64_t)year, month + 1, (unsigned)day);
        *ret_at = (days * 86400 + (int64_t)(hour * 3600 + minute * 60 + second)) * TIME_SECOND;
        return true;
    }
    return false;
}
