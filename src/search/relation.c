/* search/relation.c - streams, less what does not exist for whoever asks. */
#include "search/relation.h"

#include "search/sight.h"

struct Relation {
    Stream *stream;
};

Status relation_of(Run *run, Stream *stream, Relation **ret_relation)
{
    *ret_relation = arena_new_of(run->cx->arena, Relation);
    if (!*ret_relation)
        return STATUS_MEMORY;
    (*ret_relation)->stream = stream;
    return STATUS_OK;
}

Status relation_of_places(Run *run, Places *places, Relation **ret_relation)
{
    Stream *stream;
    TRY(stream_of_places(run, places->at, places->count, &stream));
    return relation_of(run, stream, ret_relation);
}

Status relation_union(Run *run, Relation **relations, size_t count, bool disjoint,
                      Relation **ret_relation)
{
    Stream **streams = arena_array_of(run->cx->arena, Stream *, count + 1), *all;
    if (!streams)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        streams[i] = relations[i]->stream;
    if (!count)
        TRY(stream_of_places(run, NULL, 0, &all));
    else
        TRY(disjoint ? stream_disjoint(run, streams, count, &all)
                     : stream_union(run, streams, count, &all));
    return relation_of(run, all, ret_relation);
}

Status relation_seek(Run *run, Relation *relation, const Place *from, Place *ret_place,
                     bool *ret_found)
{
    Place at = *from;
    for (;;) {
        bool sees;
        TRY(stream_seek(run, relation->stream, &at, ret_place, ret_found));
        if (!*ret_found || !run->judge)
            return STATUS_OK;
        TRY(stream_sees(run, relation->stream, ret_place, &sees));
        if (sees)
            return STATUS_OK;
        at = *ret_place;
        *ret_found = place_after(&at);
        if (!*ret_found)
            return STATUS_OK;
        TRY(run_tick(run));
    }
}

/* Judged first: whoever asks a stream whether it has a place asks about a row that is there. */
Status relation_has(Run *run, Relation *relation, const Place *place, bool *ret_has)
{
    TRY(run_sees(run, place_rid(place), ret_has));
    return *ret_has ? stream_has(run, relation->stream, place, ret_has) : STATUS_OK;
}

/* What of the places from number `from` on exists for the caller moves together. */
static Status keep_seen(Run *run, Places *places, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < places->count;) {
        uint64_t rids[SIGHT_LOOK_MAX];
        bool sees[SIGHT_LOOK_MAX];
        size_t count = places->count - i < SIGHT_LOOK_MAX ? places->count - i : SIGHT_LOOK_MAX;
        for (size_t k = 0; k < count; k++)
            rids[k] = place_rid(&places->at[i + k]);
        TRY(run_tick(run));
        TRY(run_sees_all(run, rids, count, sees));
        for (size_t k = 0; k < count; k++, i++) {
            if (sees[k])
                places->at[kept++] = places->at[i];
        }
    }
    places->count = kept;
    return STATUS_OK;
}

Status relation_walk(Run *run, Relation *relation, size_t max, size_t reads_max, Places *places,
                     bool *ret_all)
{
    uint64_t read = run->bodies_read;
    Place from = {{0}}, place;
    size_t before = places->count;
    for (bool found = true; found; found = place_after(&from)) {
        TRY(run_tick(run));
        TRY(relation_seek(run, relation, &from, &place, &found));
        if (!found)
            break;
        *ret_all = places->count - before < max &&
                   (reads_max == SIZE_MAX || run->bodies_read - read < reads_max);
        if (!*ret_all)
            return STATUS_OK;
        TRY(places_add(run, places, place_str(&place)));
        from = place;
    }
    *ret_all = true;
    return STATUS_OK;
}

Status relation_take(Run *run, Relation *relation, size_t max, Places *places, bool *ret_all)
{
    size_t before = places->count;
    if (!run->judge)
        return stream_take(run, relation->stream, max, places, ret_all);
    if (!stream_is_plain(relation->stream))
        return relation_walk(run, relation, max, SIZE_MAX, places, ret_all);
    TRY(stream_take(run, relation->stream, max, places, ret_all));
    TRY(keep_seen(run, places, before));
    if (*ret_all || places->count - before >= max / 2)
        return STATUS_OK;
    places->count = before; /* most of them are hidden: there may be no more than that */
    return relation_walk(run, relation, max, SIZE_MAX, places, ret_all);
}

/* The store cannot count for a person: each row is judged. */
static Status count_seen(Run *run, Stream *list, uint64_t *ret_count)
{
    Place places[SIGHT_LOOK_MAX];
    uint64_t rids[SIGHT_LOOK_MAX];
    bool sees[SIGHT_LOOK_MAX], more = true;
    TRY(stream_begin(list));
    for (*ret_count = 0; more;) {
        size_t count;
        TRY(stream_some(run, list, SIGHT_LOOK_MAX, places, &count, &more));
        for (size_t i = 0; i < count; i++)
            rids[i] = place_rid(&places[i]);
        TRY(run_sees_all(run, rids, count, sees));
        for (size_t i = 0; i < count; i++)
            *ret_count += sees[i];
    }
    return STATUS_OK;
}

Status relation_count(Run *run, Relation *relation, uint64_t *ret_count)
{
    Places places = {0};
    bool all;
    if (!run->judge)
        return stream_count(run, relation->stream, ret_count);
    if (stream_is_plain(relation->stream))
        return count_seen(run, relation->stream, ret_count);
    TRY(relation_take(run, relation, SIZE_MAX, &places, &all));
    *ret_count = places.count;
    return STATUS_OK;
}

Status relation_each_who(Run *run, Relation *relation, size_t max, WhoVisit visit, void *to,
                         bool *ret_can, bool *ret_all)
{
    return stream_each_who(run, relation->stream, max, visit, to, ret_can, ret_all);
}

bool relation_is_plain(const Relation *relation)
{
    return stream_is_plain(relation->stream);
}

Str relation_prefix(const Relation *relation)
{
    return stream_prefix(relation->stream);
}
