/* search/places.c - arrays of places. */
#include "search/run.h"

int place_cmp(const void *a, const void *b)
{
    return place_order(a, b);
}

bool place_after(Place *place)
{
    for (size_t i = KEY_PLACE; i-- > 0;) {
        if (++place->at[i])
            return true;
    }
    return false;
}

Status places_room(Run *run, Places *places, size_t more)
{
    if (places->room - places->count >= more)
        return STATUS_OK;
    size_t room = places->room ? places->room * 2 : 64;
    while (room - places->count < more)
        room *= 2;
    Place *at = room > PLACES_MAX
                    ? NULL
                    : arena_realloc(run->cx->arena, places->at, places->room * sizeof(Place),
                                    room * sizeof(Place));
    if (!at)
        return ctx_fail(run->cx, STATUS_MEMORY, STR_EMPTY,
                        "The search matches too much: add a condition.");
    places->at = at;
    places->room = room;
    return STATUS_OK;
}

Status places_add(Run *run, Places *places, Str place)
{
    TRY(places_room(run, places, 1));
    memcpy(places->at[places->count++].at, place.at, KEY_PLACE);
    return places->count % 4096 ? STATUS_OK : ctx_check_deadline(run->cx);
}

/* ---- sorting: places come as lists one after the other, each of them in order --------------- */

static size_t end_of_rise(const Place *at, size_t from, size_t count)
{
    size_t end = from + 1;
    while (end < count && place_order(&at[end - 1], &at[end]) <= 0)
        end++;
    return end;
}

static void merge_two(const Place *at, size_t from, size_t middle, size_t end, Place *to)
{
    size_t a = from, b = middle;
    for (size_t i = from; i < end; i++) {
        bool first = a < middle && (b >= end || place_order(&at[a], &at[b]) <= 0);
        to[i] = first ? at[a++] : at[b++];
    }
}

/* Pairs of neighbours become one; how many stretches were there. */
static size_t merge_pairs(const Place *at, size_t count, Place *to)
{
    size_t rises = 0;
    for (size_t from = 0; from < count;) {
        size_t middle = end_of_rise(at, from, count);
        size_t end = middle < count ? end_of_rise(at, middle, count) : middle;
        merge_two(at, from, middle, end, to);
        from = end;
        rises += 2;
    }
    return rises;
}

static size_t drop_doubles(Place *at, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || place_order(&at[kept - 1], &at[i]) != 0)
            at[kept++] = at[i];
    }
    return kept;
}

Status places_sort(Run *run, Places *places)
{
    size_t count = places->count;
    if (count && end_of_rise(places->at, 0, count) < count) {
        Place *other = arena_alloc_raw(run->cx->arena, count * sizeof(Place));
        if (!other)
            return STATUS_MEMORY;
        while (merge_pairs(places->at, count, other) > 2) {
            Place *sorted = other;
            other = places->at;
            places->at = sorted;
        }
        places->at = other;
        places->room = count;
    }
    places->count = drop_doubles(places->at, count);
    return STATUS_OK;
}
