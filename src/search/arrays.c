/* search/arrays.c - sorted arrays of places as streams, and many lists as one array. */
#include "search/stream_inner.h"

/* ---- arrays ------------------------------------------------------------------------- */

static Status array_fill(Run *run, Stream *array, Places *places)
{
    TRY(places_sort(run, places));
    array->places = places->at;
    array->count = places->count;
    array->at = 0;
    return STATUS_OK;
}

Status stream_of_places(Run *run, Place *places, size_t count, Stream **ret_stream)
{
    Places all = {.at = places, .count = count, .room = count};
    TRY(stream_new(run, STREAM_ARRAY, ret_stream));
    (*ret_stream)->bare = true;
    return array_fill(run, *ret_stream, &all);
}

/* From where it stands by doubling steps, then by halves. */
static void array_find(Stream *array, const Place *from, Place *ret_place, bool *ret_found)
{
    const Place *places = array->places;
    if (array->at && place_order(&places[array->at - 1], from) >= 0)
        array->at = 0;
    size_t low = array->at, high = low, step = 1;
    while (high < array->count && place_order(&places[high], from) < 0) {
        low = high + 1;
        high += step;
        step *= 2;
    }
    high = high < array->count ? high : array->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (place_order(&places[middle], from) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    array->at = low;
    *ret_found = low < array->count;
    if (*ret_found)
        *ret_place = places[low];
}

/* ---- many lists as one array ----------------------------------------------------------------- */

/* A page wants the first places of many lists, hence few of each: at first only the beginnings are
 * read, and all of the lists when somebody asks for a place behind what those are sure of. */
struct Beginnings {
    const Str *prefixes;
    size_t count;
    Place sure; /* up to here no place is missing */
};

static Status read_beginnings(Run *run, Beginnings *lists, Places *places, bool *ret_all)
{
    enum { A_PAGE_OF_EACH = 64 };
    size_t each = run->query->limit + 1;
    if (lists->count > A_PAGE_OF_EACH)
        each = 4 + 4 * each / lists->count;
    StoreCursor *cursor;
    if (run->far)
        TRY(store_expect(run->reader, lists->prefixes, lists->count));
    TRY(store_cursor(run->reader, lists->prefixes[0], &cursor));
    memset(lists->sure.at, 0xff, KEY_PLACE);
    *ret_all = true;
    for (size_t i = 0; i < lists->count; i++) {
        size_t room = each, count;
        Str prefix = lists->prefixes[i];
        TRY(run_tick(run));
        TRY(places_room(run, places, each));
        TRY(store_cursor_again(cursor, prefix));
        TRY(list_places(run, cursor, (unsigned char)prefix.at[0], &room, &places->at[places->count],
                        &count));
        places->count += count;
        if (count < room)
            continue;
        *ret_all = false;
        if (place_order(&places->at[places->count - 1], &lists->sure) < 0)
            lists->sure = places->at[places->count - 1];
    }
    return STATUS_OK;
}

static Status read_lists(Run *run, const Beginnings *lists, Places *places, bool *ret_all)
{
    enum { READ_MAX = 20000 };
    StoreCursor *cursor;
    TRY(store_cursor(run->reader, lists->prefixes[0], &cursor));
    *ret_all = true;
    for (size_t i = 0; i < lists->count && *ret_all; i++) {
        TRY(store_cursor_again(cursor, lists->prefixes[i]));
        TRY(list_tails(run, cursor, (unsigned char)lists->prefixes[i].at[0], READ_MAX, NULL, places,
                       ret_all));
    }
    return STATUS_OK;
}

/* Too much for an array is a union of lists that have one cursor between them. */
Status array_complete(Run *run, Stream *array)
{
    const Beginnings *lists = array->beginnings;
    StoreCursor *shared;
    Places places = {0};
    bool all;
    array->beginnings = NULL;
    TRY(read_lists(run, lists, &places, &all));
    if (all)
        return array_fill(run, array, &places);
    Stream **streams = arena_array_of(run->cx->arena, Stream *, lists->count);
    if (!streams)
        return STATUS_MEMORY;
    TRY(store_cursor(run->reader, lists->prefixes[0], &shared));
    for (size_t i = 0; i < lists->count; i++)
        TRY(list_new(run, lists->prefixes[i], shared, &streams[i]));
    stream_set_union(array, streams, lists->count);
    return STATUS_OK;
}

Status array_seek(Run *run, Stream *array, const Place *from, Place *ret_place, bool *ret_found)
{
    array_find(array, from, ret_place, ret_found);
    if (!array->beginnings || (*ret_found && place_order(ret_place, &array->beginnings->sure) <= 0))
        return STATUS_OK;
    TRY(array_complete(run, array));
    return stream_seek(run, array, from, ret_place, ret_found);
}

static Status stream_of_beginnings(Run *run, const Str *prefixes, size_t count, Stream **ret_stream)
{
    Beginnings *lists = arena_new_of(run->cx->arena, Beginnings);
    Places places = {0};
    bool all;
    if (!lists)
        return STATUS_MEMORY;
    lists->prefixes = prefixes;
    lists->count = count;
    TRY(read_beginnings(run, lists, &places, &all));
    TRY(stream_of_places(run, places.at, places.count, ret_stream));
    (*ret_stream)->beginnings = all ? NULL : lists;
    return STATUS_OK;
}

Status stream_of_lists(Run *run, const Str *prefixes, size_t count, Stream **ret_stream)
{
    enum { CURSORS_OF_THEIR_OWN = 8 };
    if (count > CURSORS_OF_THEIR_OWN)
        return stream_of_beginnings(run, prefixes, count, ret_stream);
    Stream **lists = arena_array_of(run->cx->arena, Stream *, count + 1);
    if (!lists)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(list_new(run, prefixes[i], NULL, &lists[i]));
    return stream_union(run, lists, count, ret_stream);
}
