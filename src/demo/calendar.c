/* demo/calendar.c - civil days, Belgian holidays, Brussels time. */
#include "demo/calendar.h"

static void split(Day day, int *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    int64_t year;
    civil_from_days(day, &year, ret_month, ret_day);
    *ret_year = (int)year;
}

int day_year(Day day)
{
    int year;
    unsigned month, of_month;
    split(day, &year, &month, &of_month);
    return year;
}

unsigned day_month(Day day)
{
    int year;
    unsigned month, of_month;
    split(day, &year, &month, &of_month);
    return month;
}

unsigned day_weekday(Day day)
{
    return (unsigned)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

Day day_of(int year, unsigned month, unsigned day)
{
    return (Day)days_from_civil(year, month, day);
}

int day_age(Day birth, Day day)
{
    int birth_year, year;
    unsigned birth_month, month, birth_day, of_month;
    split(birth, &birth_year, &birth_month, &birth_day);
    split(day, &year, &month, &of_month);
    return year - birth_year - (month * 32 + of_month < birth_month * 32 + birth_day);
}

/* Easter Sunday in the Gregorian calendar, after the anonymous algorithm of 1876. */
static Day easter(int year)
{
    int a = year % 19, b = year / 100, c = year % 100;
    int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    int m = (a + 11 * h + 22 * l) / 451;
    int n = h + l - 7 * m + 114;
    return day_of(year, (unsigned)(n / 31), (unsigned)(n % 31 + 1));
}

bool day_is_working(Day day)
{
    static const uint16_t fixed[] = {101, 501, 721, 815, 1101, 1111, 1225};
    int year;
    unsigned month, of_month, weekday = day_weekday(day);
    if (weekday == 0 || weekday == 6)
        return false;
    split(day, &year, &month, &of_month);
    for (size_t i = 0; i < COUNT_OF(fixed); i++) {
        if (month * 100 + of_month == fixed[i])
            return false;
    }
    if (month < 3 || month > 6)
        return true;
    Day after = day - easter(year);
    return after != 1 && after != 39 && after != 50; /* Easter Monday, Ascension, Whit Monday */
}

Day day_working_from(Day day)
{
    while (!day_is_working(day))
        day++;
    return day;
}

Day day_working_until(Day day)
{
    while (!day_is_working(day))
        day--;
    return day;
}

static Day last_sunday(int year, unsigned month) /* of a month of 31 days */
{
    Day last = day_of(year, month, 31);
    return last - (Day)day_weekday(last);
}

static bool is_summer_time(Moment at)
{
    int year = day_year(at.day);
    Day begin = last_sunday(year, 3), end = last_sunday(year, 10);
    if (at.day == begin || at.day == end)
        return (at.minute >= 180) == (at.day == begin);
    return at.day > begin && at.day < end;
}

static void put2(char *to, unsigned value)
{
    to[0] = (char)('0' + value / 10 % 10);
    to[1] = (char)('0' + value % 10);
}

Str day_format(Day day, char text[DATE_LEN])
{
    int year;
    unsigned month, of_month;
    split(day, &year, &month, &of_month);
    put2(text, (unsigned)year / 100);
    put2(text + 2, (unsigned)year % 100);
    text[4] = text[7] = '-';
    put2(text + 5, month);
    put2(text + 8, of_month);
    return str_n(text, DATE_LEN);
}

Str day_format_belgian(Day day, char text[DATE_LEN])
{
    int year;
    unsigned month, of_month;
    split(day, &year, &month, &of_month);
    put2(text, of_month);
    put2(text + 3, month);
    text[2] = text[5] = '/';
    put2(text + 6, (unsigned)year / 100);
    put2(text + 8, (unsigned)year % 100);
    return str_n(text, DATE_LEN);
}

Str moment_format(Moment at, char text[MOMENT_LEN])
{
    day_format(at.day, text);
    memcpy(text + DATE_LEN, "T00:00:00+01:00", 15);
    put2(text + 11, (unsigned)at.minute / 60);
    put2(text + 14, (unsigned)at.minute % 60);
    if (is_summer_time(at))
        text[21] = '2';
    return str_n(text, MOMENT_LEN);
}
