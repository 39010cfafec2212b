/* search/taking.c - all of a stream, and how many there are. */
#include "search/stream_inner.h"

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

Status stream_take(Run *run, Stream *stream, size_t max, Places *places, bool *ret_all)
{
    return stream_is_plain(stream) ? list_take_some(run, stream, max, places, ret_all)
                                   : take_by_walking(run, stream, max, places, ret_all);
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
                             : list_count(run, stream, ret_count);
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
