/* search/stream.c - streams of places: lists of the index, arrays, unions, intersections.
 *
 * An intersection leaps: each stream in turn seeks to the largest place that another one
 * has reached; when all agree, that is a hit. */
#include "search/sight.h"

typedef enum { STREAM_LIST, STREAM_ARRAY, STREAM_UNION, STREAM_ALL } StreamKind;

typedef struct Beginnings Beginnings;

struct Stream {
    StreamKind kind;
    /* a list */
    StoreCursor *cursor;
    bool shared; /* the cursor serves other lists too */
    Str prefix;
    Place first, last; /* inclusive bounds */
    Place asked, now;  /* nothing from `asked` up to `now`, where the list stands */
    bool stands, ended;
    /* an array */
    const Place *places;
    size_t count, at;
    const Beginnings *beginnings; /* of lists of which it has no more; NULL: it is complete */
    /* a union or an intersection */
    Stream **streams;
    bool disjoint; /* no place is in two of them */
    /* a list or an intersection */
    StreamCheck check;
    const void *what;
    bool bare; /* of its places, any can be had without looking at content */
};

static Status stream_new(Run *run, StreamKind kind, Stream **ret_stream)
{
    *ret_stream = arena_new_of(run->cx->arena, Stream);
    if (!*ret_stream)
        return STATUS_MEMORY;
    (*ret_stream)->kind = kind;
    return STATUS_OK;
}

/* ---- lists ---------------------------------------------------------------------- */

static Status list_take(Run *run, Stream *list)
{
    Str key;
    TRY(store_cursor_next(list->cursor, &key));
    run->keys_seen++;
    list->stands = true;
    list->ended = !key.at;
    if (!key.at)
        return STATUS_OK;
    memcpy(list->now.at, key_place(key).at, KEY_PLACE);
    list->ended = place_order(&list->now, &list->last) > 0;
    return STATUS_OK;
}

static Status list_jump(Run *run, Stream *list, const Place *to)
{
    Key target = {.len = 0};
    key_add(&target, list->prefix.at, list->prefix.len);
    key_add(&target, to->at, KEY_PLACE);
    if (list->shared)
        TRY(store_cursor_again(list->cursor, list->prefix));
    TRY(store_cursor_seek(list->cursor, key_str(&target)));
    return list_take(run, list);
}

static Status list_step(Run *run, Stream *list)
{
    if (!list->shared)
        return list_take(run, list);
    Place next = list->now;
    list->ended = !place_after(&next);
    return list->ended ? STATUS_OK : list_jump(run, list, &next);
}

/* The next key is often the one: a step is cheaper than a jump, unless it is asked for far away. */
static Status list_reach(Run *run, Stream *list, const Place *from)
{
    if (!list->stands || place_order(from, &list->asked) < 0) {
        TRY(list_jump(run, list, from));
    } else if (!list->ended && place_order(&list->now, from) < 0) {
        if (!run->far)
            TRY(list_step(run, list));
        if (!list->ended && place_order(&list->now, from) < 0)
            TRY(list_jump(run, list, from));
    } else {
        return STATUS_OK;
    }
    list->asked = *from;
    bool holds = !list->check;
    while (!list->ended && !holds) {
        TRY(stream_sees(run, list, &list->now, &holds));
        if (holds)
            TRY(list->check(run, list->what, &list->now, &holds));
        if (!holds)
            TRY(list_step(run, list));
    }
    return STATUS_OK;
}

static Status list_seek(Run *run, Stream *list, const Place *from, Place *ret_place,
                        bool *ret_found)
{
    TRY(list_reach(run, list, place_order(from, &list->first) < 0 ? &list->first : from));
    *ret_found = !list->ended;
    *ret_place = list->now;
    return STATUS_OK;
}

static Status list_new(Run *run, Str prefix, StoreCursor *shared, Stream **ret_stream)
{
    Stream *list;
    TRY(stream_new(run, STREAM_LIST, &list));
    list->prefix = arena_str(run->cx->arena, prefix);
    if (!list->prefix.at)
        return STATUS_MEMORY;
    memset(list->last.at, 0xff, KEY_PLACE);
    list->bare = true;
    list->cursor = shared;
    list->shared = shared != NULL;
    *ret_stream = list;
    return shared ? STATUS_OK : store_cursor(run->reader, list->prefix, &list->cursor);
}

Status stream_of_list(Run *run, Str prefix, Stream **ret_stream)
{
    return list_new(run, prefix, NULL, ret_stream);
}

static void set_bound(Place *place, uint64_t ms, unsigned char fill)
{
    Key key = {.len = 0};
    key_add_time_falling(&key, ms);
    memset(place->at, fill, KEY_PLACE);
    memcpy(place->at, key.at, KEY_TIME);
}

Status stream_of_stretch(Run *run, Str prefix, uint64_t first_ms, uint64_t last_ms,
                         StreamCheck check, const void *what, Stream **ret_stream)
{
    Stream *list;
    TRY(list_new(run, prefix, NULL, &list));
    set_bound(&list->first, last_ms, 0);
    set_bound(&list->last, first_ms, 0xff);
    list->check = check;
    list->what = what;
    *ret_stream = list;
    return STATUS_OK;
}

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

/* ---- unions and intersections ----------------------------------------------------------- */

enum { UNION_AHEAD = 64 }; /* to look ahead in more lists costs more than it saves */

/* An intersection with a check is bare too: its places before the check are looked at. */
static void set_streams(Stream *all, Stream **streams, size_t count)
{
    all->streams = streams;
    all->count = count;
    all->bare = true;
    for (size_t i = 0; i < count; i++)
        all->bare = all->bare && streams[i]->bare && !streams[i]->check;
}

/* Lists that will be walked together from their beginnings are asked for together. */
static Status expect_lists(Run *run, Stream **streams, size_t count)
{
    for (size_t i = 0; run->far && count > 1 && i < count; i++) {
        static const Place start;
        const Stream *list = streams[i];
        if (list->kind == STREAM_LIST && !list->shared && place_order(&list->first, &start) == 0)
            TRY(store_expect(run->reader, &streams[i]->prefix, 1));
    }
    return STATUS_OK;
}

Status stream_union(Run *run, Stream **streams, size_t count, Stream **ret_stream)
{
    Stream *all;
    if (count == 1) {
        *ret_stream = streams[0];
        return STATUS_OK;
    }
    TRY(stream_new(run, STREAM_UNION, &all));
    TRY(expect_lists(run, streams, count));
    set_streams(all, streams, count);
    all->bare = all->bare && count <= UNION_AHEAD;
    *ret_stream = all;
    return STATUS_OK;
}

Status stream_disjoint(Run *run, Stream **streams, size_t count, Stream **ret_stream)
{
    TRY(stream_union(run, streams, count, ret_stream));
    (*ret_stream)->disjoint = (*ret_stream)->disjoint || count > 1;
    return STATUS_OK;
}

enum { TAILS_AT_ONCE = 256 };

/* At most *room, which becomes how many were asked for. */
static Status next_places(Run *run, StoreCursor *cursor, unsigned char kind, size_t *room,
                          Place *places, size_t *ret_count)
{
    char tails[TAILS_AT_ONCE * (KEY_PLACE + KEY_WHO)];
    size_t tail = key_tail(kind);
    if (tail == KEY_PLACE) {
        TRY(store_cursor_tails(cursor, KEY_PLACE, *room, places, ret_count));
    } else {
        *room = *room < TAILS_AT_ONCE ? *room : TAILS_AT_ONCE;
        TRY(store_cursor_tails(cursor, tail, *room, tails, ret_count));
        for (size_t i = 0; i < *ret_count; i++)
            memcpy(places[i].at, tails + i * tail, KEY_PLACE);
    }
    run->keys_seen += *ret_count;
    return STATUS_OK;
}

/* The places of what the cursor has left, until there are `max`, or they are behind `last`. */
static Status take_tails(Run *run, StoreCursor *cursor, unsigned char kind, size_t max,
                         const Place *last, Places *places, bool *ret_all)
{
    for (*ret_all = false; places->count < max;) {
        size_t room, count;
        TRY(run_tick(run));
        TRY(places_room(run, places, 1));
        room = places->room < max ? places->room - places->count : max - places->count;
        TRY(next_places(run, cursor, kind, &room, &places->at[places->count], &count));
        places->count += count;
        *ret_all = count < room ||
                   (last && count && place_order(&places->at[places->count - 1], last) > 0);
        if (*ret_all)
            return STATUS_OK;
    }
    return STATUS_OK;
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
        TRY(next_places(run, cursor, (unsigned char)prefix.at[0], &room, &places->at[places->count],
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
        TRY(take_tails(run, cursor, (unsigned char)lists->prefixes[i].at[0], READ_MAX, NULL, places,
                       ret_all));
    }
    return STATUS_OK;
}

/* Too much for an array is a union of lists that have one cursor between them. */
static Status array_complete(Run *run, Stream *array)
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
    array->kind = STREAM_UNION;
    set_streams(array, streams, lists->count);
    array->bare = array->bare && lists->count <= UNION_AHEAD;
    return STATUS_OK;
}

static Status array_seek(Run *run, Stream *array, const Place *from, Place *ret_place,
                         bool *ret_found)
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

static Status union_seek(Run *run, Stream *all, const Place *from, Place *ret_place,
                         bool *ret_found)
{
    *ret_found = false;
    for (size_t i = 0; i < all->count; i++) {
        Place place;
        bool found;
        TRY(stream_seek(run, all->streams[i], from, &place, &found));
        if (!found || (*ret_found && place_order(&place, ret_place) >= 0))
            continue;
        *ret_place = place;
        *ret_found = true;
    }
    return STATUS_OK;
}

/* Two stretches of one list are one stretch: "from May" and "before June" is walked once. */
typedef struct {
    StreamCheck first, second;
    const void *first_what, *second_what;
} BothChecks;

static Status check_both(Run *run, const void *what, const Place *place, bool *ret_holds)
{
    const BothChecks *both = what;
    TRY(both->first(run, both->first_what, place, ret_holds));
    return *ret_holds ? both->second(run, both->second_what, place, ret_holds) : STATUS_OK;
}

static Status narrow(Run *run, Stream *list, const Stream *by)
{
    if (place_order(&by->first, &list->first) > 0)
        list->first = by->first;
    if (place_order(&by->last, &list->last) < 0)
        list->last = by->last;
    list->stands = false;
    if (!by->check)
        return STATUS_OK;
    if (list->check) {
        BothChecks *both = arena_new_of(run->cx->arena, BothChecks);
        if (!both)
            return STATUS_MEMORY;
        *both = (BothChecks){list->check, by->check, list->what, by->what};
        list->check = check_both;
        list->what = both;
    } else {
        list->check = by->check;
        list->what = by->what;
    }
    return STATUS_OK;
}

static Status unite_lists(Run *run, Stream **streams, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        size_t k = 0;
        while (k < kept && !(streams[i]->kind == STREAM_LIST && streams[k]->kind == STREAM_LIST &&
                             str_eq(streams[i]->prefix, streams[k]->prefix)))
            k++;
        if (k == kept)
            streams[kept++] = streams[i];
        else
            TRY(narrow(run, streams[k], streams[i]));
    }
    *count = kept;
    return STATUS_OK;
}

Status stream_all(Run *run, Stream **streams, size_t count, StreamCheck check, const void *what,
                  Stream **ret_stream)
{
    Stream *all;
    TRY(unite_lists(run, streams, &count));
    if (count == 1 && !check) {
        *ret_stream = streams[0];
        return STATUS_OK;
    }
    TRY(stream_new(run, STREAM_ALL, &all));
    TRY(expect_lists(run, streams, count));
    set_streams(all, streams, count);
    all->check = check;
    all->what = what;
    *ret_stream = all;
    return STATUS_OK;
}

Status stream_checked(Run *run, Stream *stream, StreamCheck check, const void *what,
                      Stream **ret_stream)
{
    Stream **one = arena_new_of(run->cx->arena, Stream *);
    if (!one)
        return STATUS_MEMORY;
    *one = stream;
    return stream_all(run, one, 1, check, what, ret_stream);
}

static Status leap(Run *run, Stream *all, const Place *from, Place *ret_place, bool *ret_found)
{
    size_t agreed = 0;
    Place at = *from;
    for (size_t i = 0; agreed < all->count; i = (i + 1) % all->count) {
        Place found;
        TRY(stream_seek(run, all->streams[i], &at, &found, ret_found));
        if (!*ret_found)
            return STATUS_OK;
        if (agreed && place_order(&found, &at) != 0)
            agreed = 0;
        at = found;
        agreed++;
    }
    *ret_found = true;
    *ret_place = at;
    return STATUS_OK;
}

static Status all_seek(Run *run, Stream *all, const Place *from, Place *ret_place, bool *ret_found)
{
    Place at = *from;
    for (;;) {
        bool holds = true;
        TRY(leap(run, all, &at, ret_place, ret_found));
        if (*ret_found && all->check)
            TRY(stream_sees(run, all, ret_place, &holds));
        if (*ret_found && all->check && holds)
            TRY(all->check(run, all->what, ret_place, &holds));
        if (!*ret_found || holds)
            return STATUS_OK;
        at = *ret_place;
        *ret_found = place_after(&at);
        if (!*ret_found)
            return STATUS_OK;
        TRY(run_tick(run));
    }
}

/* ---- any stream --------------------------------------------------------------------------- */

Status stream_seek(Run *run, Stream *stream, const Place *from, Place *ret_place, bool *ret_found)
{
    switch (stream->kind) {
    case STREAM_LIST: return list_seek(run, stream, from, ret_place, ret_found);
    case STREAM_ARRAY: return array_seek(run, stream, from, ret_place, ret_found);
    case STREAM_UNION: return union_seek(run, stream, from, ret_place, ret_found);
    case STREAM_ALL: return all_seek(run, stream, from, ret_place, ret_found);
    }
    return STATUS_INTERNAL;
}

/* An intersection would look for the next place that holds: not asked of it here. */
static Status all_has(Run *run, Stream *all, const Place *place, bool *ret_has)
{
    *ret_has = true;
    for (size_t i = 0; i < all->count && *ret_has; i++)
        TRY(stream_has(run, all->streams[i], place, ret_has));
    if (*ret_has && all->check)
        TRY(run_sees(run, key_rid(place_str(place)), ret_has));
    return *ret_has && all->check ? all->check(run, all->what, place, ret_has) : STATUS_OK;
}

Status stream_has(Run *run, Stream *stream, const Place *place, bool *ret_has)
{
    Place found;
    bool any;
    if (stream->kind == STREAM_ALL)
        return all_has(run, stream, place, ret_has);
    if (stream->kind == STREAM_UNION) {
        *ret_has = false;
        for (size_t i = 0; i < stream->count && !*ret_has; i++)
            TRY(stream_has(run, stream->streams[i], place, ret_has));
        return STATUS_OK;
    }
    TRY(stream_seek(run, stream, place, &found, &any));
    *ret_has = any && place_order(&found, place) == 0;
    return STATUS_OK;
}

/* ---- for whom it is ----------------------------------------------------------------------- */

/* The rows of the places behind this one, before any check; a list stands where it stood. */
static Status rids_of_list(Run *run, Stream *list, size_t room, uint64_t *rids, size_t *ret_count)
{
    Place here = list->now;
    while (*ret_count < room && !list->ended) {
        rids[(*ret_count)++] = key_rid(place_str(&list->now));
        TRY(list_step(run, list));
    }
    return list_jump(run, list, &here);
}

static Status rids_behind(Run *run, Stream *stream, const Place *place, size_t room, uint64_t *rids,
                          size_t *ret_count)
{
    Place from = *place, next;
    if (stream->kind == STREAM_LIST)
        return rids_of_list(run, stream, room, rids, ret_count);
    for (bool found = true; *ret_count < room; found = place_after(&from)) {
        if (found)
            TRY(stream->kind == STREAM_ALL ? leap(run, stream, &from, &next, &found)
                                           : stream_seek(run, stream, &from, &next, &found));
        if (!found)
            return STATUS_OK;
        rids[(*ret_count)++] = key_rid(place_str(&next));
        from = next;
    }
    return STATUS_OK;
}

Status stream_sees(Run *run, Stream *stream, const Place *place, bool *ret_sees)
{
    uint64_t rids[SIGHT_LOOK_MAX];
    size_t count = 0, room = run->ahead;
    if (run_knows(run, key_rid(place_str(place)), ret_sees))
        return STATUS_OK;
    if (stream->bare && room > 1) {
        TRY(rids_behind(run, stream, place, room, rids, &count));
        TRY(run_look(run, rids, count));
        run->ahead = room < SIGHT_LOOK_MAX ? room * 2 : room;
    }
    return run_sees(run, key_rid(place_str(place)), ret_sees);
}

/* ---- taking ------------------------------------------------------------------------------- */

/* Its cursor at its first key, for whoever walks it without the list. */
static Status list_begin(Stream *list)
{
    Key from = {.len = 0};
    key_add(&from, list->prefix.at, list->prefix.len);
    key_add(&from, list->first.at, KEY_PLACE);
    TRY(store_cursor_again(list->cursor, list->prefix));
    list->stands = false;
    return store_cursor_seek(list->cursor, key_str(&from));
}

Status stream_begin(Stream *stream)
{
    assert(stream_is_plain(stream));
    return list_begin(stream);
}

Status stream_some(Run *run, Stream *stream, size_t max, Place *places, size_t *ret_count,
                   bool *ret_more)
{
    size_t asked = max;
    TRY(run_tick(run));
    TRY(next_places(run, stream->cursor, (unsigned char)stream->prefix.at[0], &asked, places,
                    ret_count));
    *ret_more = *ret_count == asked;
    while (*ret_count && place_order(&places[*ret_count - 1], &stream->last) > 0) {
        --*ret_count;
        *ret_more = false;
    }
    return STATUS_OK;
}

static Status take_list(Run *run, Stream *list, size_t max, Places *places, bool *ret_all)
{
    size_t before = places->count;
    max = max < PLACES_MAX ? max : PLACES_MAX;
    TRY(list_begin(list));
    TRY(take_tails(run, list->cursor, (unsigned char)list->prefix.at[0], before + max + 1,
                   &list->last, places, ret_all));
    *ret_all = places->count <= before + max;
    while (places->count > before && place_order(&places->at[places->count - 1], &list->last) > 0) {
        places->count--;
        *ret_all = true;
    }
    if (!*ret_all)
        places->count--;
    return STATUS_OK;
}

static Status take_by_walking(Run *run, Stream *stream, size_t max, Places *places, bool *ret_all)
{
    Place from = {{0}}, place;
    size_t enough = max < PLACES_MAX ? places->count + max : SIZE_MAX;
    for (bool found = true; found; found = place_after(&from)) {
        TRY(run_tick(run));
        TRY(stream_seek(run, stream, &from, &place, &found));
        if (!found)
            break;
        *ret_all = places->count < enough;
        if (!*ret_all)
            return STATUS_OK;
        TRY(places_add(run, places, place_str(&place)));
        from = place;
    }
    *ret_all = true;
    return STATUS_OK;
}

bool stream_is_plain(const Stream *stream)
{
    return stream->kind == STREAM_LIST && !stream->check;
}

Str stream_prefix(const Stream *stream)
{
    return stream_is_plain(stream) ? stream->prefix : STR_EMPTY;
}

Status stream_take(Run *run, Stream *stream, size_t max, Places *places, bool *ret_all)
{
    return stream_is_plain(stream) ? take_list(run, stream, max, places, ret_all)
                                   : take_by_walking(run, stream, max, places, ret_all);
}

/* ---- whom tokens are about ------------------------------------------------------------------- */

static Status visit_whos(Run *run, const char *tails, size_t tail, size_t count, WhoVisit visit,
                         void *to)
{
    Place places[TAILS_AT_ONCE];
    uint64_t rids[TAILS_AT_ONCE];
    bool sees[TAILS_AT_ONCE];
    for (size_t i = 0; i < count; i++) {
        memcpy(places[i].at, tails + i * tail, KEY_PLACE);
        rids[i] = key_rid(place_str(&places[i]));
    }
    TRY(run_sees_all(run, rids, count, sees));
    for (size_t i = 0; i < count; i++) {
        if (sees[i])
            TRY(visit(to, &places[i], key_who(str_n(tails + i * tail, tail))));
    }
    return STATUS_OK;
}

static Status each_who_of_list(Run *run, Stream *list, size_t max, WhoVisit visit, void *to,
                               bool *ret_all)
{
    char tails[TAILS_AT_ONCE * (KEY_PLACE + KEY_WHO)];
    size_t tail = KEY_PLACE + KEY_WHO, count = TAILS_AT_ONCE;
    TRY(list_begin(list));
    for (size_t seen = 0; count == TAILS_AT_ONCE && seen < max; seen += count) {
        TRY(run_tick(run));
        TRY(store_cursor_tails(list->cursor, tail, TAILS_AT_ONCE, tails, &count));
        run->keys_seen += count;
        TRY(visit_whos(run, tails, tail, count, visit, to));
    }
    *ret_all = count < TAILS_AT_ONCE;
    return STATUS_OK;
}

static bool is_token_list(const Stream *stream)
{
    return stream->kind == STREAM_LIST && !stream->check &&
           (unsigned char)stream->prefix.at[0] == KEY_TOKEN;
}

Status stream_each_who(Run *run, Stream *stream, size_t max, WhoVisit visit, void *to,
                       bool *ret_can, bool *ret_all)
{
    bool is_union = stream->kind == STREAM_UNION;
    Stream **lists = is_union ? stream->streams : &stream;
    size_t count = is_union ? stream->count : 1;
    *ret_can = *ret_all = true;
    for (size_t i = 0; i < count; i++)
        *ret_can &= is_token_list(lists[i]);
    for (size_t i = 0; i < count && *ret_can && *ret_all; i++)
        TRY(each_who_of_list(run, lists[i], max / count, visit, to, ret_all));
    return STATUS_OK;
}

/* ---- counting ----------------------------------------------------------------------------- */

static Status count_by_walking(Run *run, Stream *stream, const Stream *but, uint64_t *ret_count)
{
    Place from = {{0}}, place;
    uint64_t count = 0;
    for (bool found = true, has = false; found; found = place_after(&from)) {
        TRY(run_tick(run));
        TRY(stream_seek(run, stream, &from, &place, &found));
        if (!found)
            break;
        if (but)
            TRY(stream_has(run, (Stream *)but, &place, &has));
        count += !has;
        from = place;
    }
    *ret_count = count;
    return STATUS_OK;
}

/* Each place of a list is one key. */
static Status count_list(Run *run, const Stream *list, uint64_t *ret_count)
{
    Key first = {.len = 0}, last;
    key_add(&first, list->prefix.at, list->prefix.len);
    last = first;
    key_add(&first, list->first.at, KEY_PLACE);
    key_add(&last, list->last.at, KEY_PLACE);
    for (size_t i = key_tail(last.at[0]); i > KEY_PLACE; i--)
        key_add(&last, "\xff", 1);
    *ret_count = 0;
    if (place_order(&list->first, &list->last) > 0)
        return STATUS_OK;
    TRY(store_count_keys(run->reader, key_str(&first), key_str(&last), ret_count));
    run->keys_seen += *ret_count;
    return STATUS_OK;
}

static bool is_countable(const Stream *stream)
{
    return stream->kind == STREAM_ARRAY || (stream->kind == STREAM_LIST && !stream->check);
}

/* The largest is counted, the others are walked for what it has not. */
static Status count_union(Run *run, Stream *all, uint64_t *ret_count)
{
    Stream **others = arena_array_of(run->cx->arena, Stream *, all->count), *rest;
    size_t largest = 0;
    uint64_t most = 0, more;
    if (!others)
        return STATUS_MEMORY;
    for (size_t i = 0; i < all->count; i++) {
        if (!is_countable(all->streams[i]))
            return count_by_walking(run, all, NULL, ret_count);
        TRY(stream_count(run, all->streams[i], &more));
        if (more >= most) {
            most = more;
            largest = i;
        }
    }
    for (size_t i = 0, k = 0; i < all->count; i++) {
        if (i != largest)
            others[k++] = all->streams[i];
    }
    TRY(stream_union(run, others, all->count - 1, &rest));
    TRY(count_by_walking(run, rest, all->streams[largest], &more));
    *ret_count = most + more;
    return STATUS_OK;
}

static Status count_disjoint(Run *run, Stream *all, uint64_t *ret_count)
{
    *ret_count = 0;
    for (size_t i = 0; i < all->count; i++) {
        uint64_t more;
        TRY(stream_count(run, all->streams[i], &more));
        *ret_count += more;
    }
    return STATUS_OK;
}

Status stream_count(Run *run, Stream *stream, uint64_t *ret_count)
{
    switch (stream->kind) {
    case STREAM_LIST:
        return stream->check ? count_by_walking(run, stream, NULL, ret_count)
                             : count_list(run, stream, ret_count);
    case STREAM_ARRAY:
        if (stream->beginnings) {
            TRY(array_complete(run, stream));
            return stream_count(run, stream, ret_count);
        }
        *ret_count = stream->count;
        return STATUS_OK;
    case STREAM_UNION:
        return stream->disjoint ? count_disjoint(run, stream, ret_count)
                                : count_union(run, stream, ret_count);
    case STREAM_ALL: return count_by_walking(run, stream, NULL, ret_count);
    }
    return STATUS_INTERNAL;
}
