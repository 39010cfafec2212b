/* date.c - dates as spans of milliseconds, in UTC where no zone is given.
 *
 * SPEC R4 search.html#date, #prefix */
#include "inner.h"

static bool digits(Str *text, size_t count, int64_t *ret_number)
{
    uint64_t number;
    if (text->len < count || !str_to_u64(str_head(*text, count), &number))
        return false;
    *ret_number = (int64_t)number;
    *text = str_from(*text, count);
    return true;
}

static bool take(Str *text, char c)
{
    if (!text->len || text->at[0] != c)
        return false;
    *text = str_from(*text, 1);
    return true;
}

static int64_t days_ms(int64_t year, int64_t month, int64_t day)
{
    return days_from_civil(year, (unsigned)month, (unsigned)day) * 86400000;
}

/* "Z", "+02:00": what to take off for UTC, in ms. */
static bool zone(Str *text, int64_t *ret_ms)
{
    int64_t hours, minutes;
    *ret_ms = 0;
    if (!text->len || take(text, 'Z'))
        return true;
    bool minus = text->at[0] == '-';
    if (!(take(text, '+') || take(text, '-')) || !digits(text, 2, &hours) || !take(text, ':') ||
        !digits(text, 2, &minutes))
        return false;
    *ret_ms = (minus ? -1 : 1) * (hours * 60 + minutes) * 60000;
    return true;
}

/* Behind the day: Thh:mm[:ss[.fff]][zone]. */
static bool clock_span(Str text, int64_t day, Span *ret_span)
{
    int64_t hour, minute, second = 0, fraction = 0, off, width = 60000;
    if (!digits(&text, 2, &hour) || !take(&text, ':') || !digits(&text, 2, &minute))
        return false;
    if (take(&text, ':')) {
        width = 1000;
        if (!digits(&text, 2, &second))
            return false;
        if (take(&text, '.')) {
            int64_t digit;
            while (digits(&text, 1, &digit)) {
                if (width == 1)
                    continue;
                width /= 10;
                fraction += digit * width;
            }
        }
    }
    if (!zone(&text, &off) || text.len)
        return false;
    int64_t lo = day + ((hour * 60 + minute) * 60 + second) * 1000 + fraction - off;
    *ret_span = (Span){lo, lo + width};
    return true;
}

bool oracle_date_span(Str text, Span *ret_span)
{
    int64_t year, month, day;
    if (!digits(&text, 4, &year))
        return false;
    *ret_span = (Span){days_ms(year, 1, 1), days_ms(year + 1, 1, 1)};
    if (!text.len)
        return true;
    if (!take(&text, '-') || !digits(&text, 2, &month))
        return false;
    *ret_span = (Span){days_ms(year, month, 1),
                       month == 12 ? days_ms(year + 1, 1, 1) : days_ms(year, month + 1, 1)};
    if (!text.len)
        return true;
    if (!take(&text, '-') || !digits(&text, 2, &day))
        return false;
    int64_t lo = days_ms(year, month, day);
    *ret_span = (Span){lo, lo + 86400000};
    return !text.len || (take(&text, 'T') && clock_span(text, lo, ret_span));
}

static Span endless(void)
{
    return (Span){INT64_MIN, INT64_MAX};
}

static bool period_span(const JsonValue *period, Span *ret_span)
{
    Str start = json_get_str(period, STR("start")), end = json_get_str(period, STR("end"));
    Span from = endless(), to = endless();
    if ((start.len && !oracle_date_span(start, &from)) || (end.len && !oracle_date_span(end, &to)))
        return false;
    *ret_span = (Span){from.lo, to.hi};
    return start.len || end.len;
}

/* Only the outer limits of a Timing matter: of its events and its bounds. */
static bool timing_span(const JsonValue *timing, Span *ret_span)
{
    Span all = {INT64_MAX, INT64_MIN}, one;
    JsonValue *event;
    for (JsonIter it = json_iter(json_get(timing, STR("event"))); json_next(&it, NULL, &event);) {
        if (oracle_date_span(json_str(event), &one)) {
            all.lo = one.lo < all.lo ? one.lo : all.lo;
            all.hi = one.hi > all.hi ? one.hi : all.hi;
        }
    }
    const JsonValue *repeat = json_get(timing, STR("repeat"));
    if (period_span(json_get(repeat, STR("boundsPeriod")), &one)) {
        all.lo = one.lo < all.lo ? one.lo : all.lo;
        all.hi = one.hi > all.hi ? one.hi : all.hi;
    }
    *ret_span = all;
    return all.lo < all.hi;
}

bool oracle_item_span(const PathItem *item, Span *ret_span)
{
    if (oracle_item_is(item, "Period"))
        return period_span(item->json, ret_span);
    if (oracle_item_is(item, "Timing"))
        return timing_span(item->json, ret_span);
    return oracle_date_span(oracle_item_text(item), ret_span);
}

static bool is_near(Oracle *o, Span t, Span s)
{
    int64_t now = o->now / TIME_MS, gap = (now > s.lo ? now - s.lo : s.lo - now) / 10;
    int64_t verge = gap / 20 + (s.hi - s.lo) / 5 + 60000;
    o->approximate = true;
    gap += verge * o->slack;
    return t.hi > s.lo - gap && t.lo < s.hi + gap;
}

bool oracle_span_matches(Oracle *o, Span t, Prefix prefix, Span s)
{
    bool within = t.lo >= s.lo && t.hi <= s.hi;
    switch (prefix) {
    case EQ: return within;
    case NE: return !within;
    case GT: return t.hi > s.hi;
    case LT: return t.lo < s.lo;
    case GE: return within || t.hi > s.hi;
    case LE: return within || t.lo < s.lo;
    case SA: return t.lo >= s.hi;
    case EB: return t.hi <= s.lo;
    default: return is_near(o, t, s);
    }
}
