/* search/gather_ranges.c - conditions on what is ordered: dates, numbers, quantities, distance. */
#include "search/gather.h"

#include <math.h>

/* ---- dates --------------------------------------------------------------------------------- */

/* What decides one range of a list. */
typedef struct {
    const Condition *condition; /* with this one test */
    MsRange value;
    Prefix prefix;
    Width width;
} DateCheck;

static Status date_holds(Run *run, const DateCheck *check, uint64_t anchor, Str place,
                         bool *ret_holds)
{
    Holds holds = width_holds(check->width, check->prefix, check->value, anchor);
    *ret_holds = holds == HOLDS_YES;
    return holds == HOLDS_UNSURE ? gather_ask(run, check->condition, place, ret_holds) : STATUS_OK;
}

static Status check_date(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    return date_holds(run, what, key_place_ms(place_str(place)), place_str(place), ret_holds);
}

/* What a branch of one width can hold: a stretch of anchors, and what decides about each. No check:
 * the width answers no such test. */
typedef struct {
    DateCheck *check;
    uint64_t first, last;
} Stretch;

static Status stretch_of(Gather *g, const Test *test, const Key *branch, Stretch *ret_stretch)
{
    Width width = branch->at[KEY_HEAD];
    *ret_stretch = (Stretch){NULL, 0, 0};
    if (!width_stretch(width, test->prefix, test->time, &ret_stretch->first, &ret_stretch->last))
        return STATUS_OK;
    DateCheck *check = arena_new_of(g->run->cx->arena, DateCheck);
    Condition *condition = arena_new_of(g->run->cx->arena, Condition);
    if (!check || !condition)
        return STATUS_MEMORY;
    *condition = (Condition){.param = g->condition->param, .tests = test, .count = 1};
    *check = (DateCheck){condition, test->time, test->prefix, width};
    ret_stretch->check = check;
    return STATUS_OK;
}

static Status visit_width(Gather *g, const Test *test, const Key *branch)
{
    Stretch s;
    Stream *stream;
    TRY(stretch_of(g, test, branch, &s));
    if (!s.check)
        return STATUS_OK;
    bool sure = width_is_sure(s.check->width, test->prefix);
    TRY(stream_of_stretch(g->run, key_str(branch), s.first, s.last, sure ? NULL : check_date,
                          s.check, &stream));
    return gather_add(g, stream);
}

static Status visit_width_apart(Gather *g, const Test *test, const Key *branch)
{
    Stretch s;
    StoreCursor *cursor;
    TRY(stretch_of(g, test, branch, &s));
    if (!s.check)
        return STATUS_OK;
    TRY(store_cursor(g->run->reader, key_str(branch), &cursor));
    Key from = *branch;
    key_add_time_falling(&from, s.last);
    TRY(store_cursor_seek(cursor, key_str(&from)));
    for (bool go_on = true; go_on;) {
        Str key;
        bool holds;
        TRY(gather_next(g, cursor, &key));
        if (!key.at || key_time_falling(key, branch->len) < s.first)
            return STATUS_OK;
        Place place; /* the key is gone when the resource is read */
        memcpy(place.at, key_place(key).at, KEY_PLACE);
        TRY(date_holds(g->run, s.check, key_time_falling(key, branch->len), place_str(&place),
                       &holds));
        if (holds)
            TRY(gather_add_place(g, place_str(&place), &go_on));
    }
    return STATUS_OK;
}

Status gather_date(Gather *g, const Test *test)
{
    Key key;
    gather_key(g, &key, KEY_DATE);
    TRY(gather_branches(g, &key, KEY_WIDTH, test, visit_width));
    gather_key(g, &key, KEY_DATE_APART);
    return gather_branches(g, &key, KEY_WIDTH, test, visit_width_apart);
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* The bounds of points that can answer. */
static void point_bounds(const Test *test, double *ret_lo, double *ret_hi)
{
    *ret_lo = -INFINITY;
    *ret_hi = INFINITY;
    switch (test->prefix) {
    case PREFIX_NE: break;
    case PREFIX_EQ:
    case PREFIX_AP:
        *ret_lo = test->lo;
        *ret_hi = test->hi;
        break;
    case PREFIX_GT:
    case PREFIX_GE:
    case PREFIX_SA: *ret_lo = test->lo; break;
    case PREFIX_LT:
    case PREFIX_LE:
    case PREFIX_EB: *ret_hi = test->hi; break;
    }
}

/* One spread behind the prefix. Intervals are few: all of them are looked at. */
static Status gather_spread(Gather *g, const Test *test, const Key *prefix, unsigned char spread)
{
    double from = -INFINITY, to = INFINITY;
    StoreCursor *cursor;
    Key key = *prefix;
    key_add(&key, &spread, KEY_SPREAD);
    if (!spread)
        point_bounds(test, &from, &to);
    TRY(store_cursor(g->run->reader, key_str(&key), &cursor));
    Key start = key;
    key_add_number(&start, from);
    TRY(store_cursor_seek(cursor, key_str(&start)));
    for (bool go_on = true; go_on;) {
        Str at;
        double lo, hi;
        TRY(gather_next(g, cursor, &at));
        if (at.at)
            key_interval(at, key.len - KEY_SPREAD, &lo, &hi);
        if (!at.at || lo > to)
            return STATUS_OK;
        if (test_number_holds(test, lo, hi))
            TRY(gather_add_place(g, key_place(at), &go_on));
    }
    return STATUS_OK;
}

static Status gather_interval(Gather *g, const Test *test, const Key *prefix)
{
    TRY(gather_spread(g, test, prefix, 0));
    return gather_spread(g, test, prefix, 1);
}

Status gather_number(Gather *g, const Test *test)
{
    Key key;
    gather_key(g, &key, KEY_NUMBER);
    return gather_interval(g, test, &key);
}

Status gather_quantity(Gather *g, const Test *test)
{
    Key key;
    gather_key(g, &key, test->ucum.len ? KEY_UCUM : KEY_QUANTITY);
    if (test->ucum.len) {
        key_add_hash(&key, search_hash(g->run->search, test->ucum));
        return gather_interval(g, test, &key);
    }
    if (!test->code.len)
        return gather_branches(g, &key, KEY_UNIT, test, gather_interval);
    key_add_system(&key, search_hash_system(g->run->search, test->code));
    if (!test->system_given)
        return gather_branches(g, &key, KEY_SYSTEM, test, gather_interval);
    key_add_system(&key, search_hash_system(g->run->search, test->system));
    return gather_interval(g, test, &key);
}

/* Latitudes first, then the distance itself. A degree of latitude is 111 km everywhere. */
Status gather_near(Gather *g, const Test *test)
{
    double degrees = test->distance / 110574.0;
    StoreCursor *cursor;
    Key key;
    gather_key(g, &key, KEY_NUMBER);
    TRY(store_cursor(g->run->reader, key_str(&key), &cursor));
    for (bool go_on = true; go_on;) {
        Str at;
        bool holds;
        TRY(gather_next(g, cursor, &at));
        if (!at.at)
            return STATUS_OK;
        if (fabs(key_number(at, KEY_HEAD + KEY_SPREAD) - test->lo) > degrees)
            continue;
        Condition condition = {.param = g->condition->param, .tests = test, .count = 1};
        Place place;
        memcpy(place.at, key_place(at).at, KEY_PLACE);
        TRY(gather_ask(g->run, &condition, place_str(&place), &holds));
        if (holds)
            TRY(gather_add_place(g, place_str(&place), &go_on));
    }
    return STATUS_OK;
}
