/* search/stream.c - streams of places: unions, intersections, and any stream.
 *
 * An intersection leaps: each stream in turn seeks to the largest place that another one
 * has reached; when all agree, that is a hit. */
#include "search/sight.h"
#include "search/stream_inner.h"

Status stream_new(Run *run, StreamKind kind, Stream **ret_stream)
{
    *ret_stream = arena_new_of(run->cx->arena, Stream);
    if (!*ret_stream)
        return STATUS_MEMORY;
    (*ret_stream)->kind = kind;
    return STATUS_OK;
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

void stream_set_union(Stream *stream, Stream **streams, size_t count)
{
    stream->kind = STREAM_UNION;
    set_streams(stream, streams, count);
    stream->bare = stream->bare && count <= UNION_AHEAD;
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
    stream_set_union(all, streams, count);
    *ret_stream = all;
    return STATUS_OK;
}

Status stream_disjoint(Run *run, Stream **streams, size_t count, Stream **ret_stream)
{
    TRY(stream_union(run, streams, count, ret_stream));
    (*ret_stream)->disjoint = (*ret_stream)->disjoint || count > 1;
    return STATUS_OK;
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

bool stream_is_plain(const Stream *stream)
{
    return stream->kind == STREAM_LIST && !stream->check;
}

Str stream_prefix(const Stream *stream)
{
    return stream_is_plain(stream) ? stream->prefix : STR_EMPTY;
}
