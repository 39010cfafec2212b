/* search/stream.h - places in rising order, from lists of the index, arrays and what is made of
 * them.
 *
 * A place is the last 12 bytes of a key: clinical date and rid, inverted; in place order the
 * newest comes first. Streams may be sought in any order of places; going forward is what is
 * quick.
 *
 * A stream is what the index says, whoever asks: no place of it may leave a search, or decide
 * anything in one. Pages, totals, chains and _has take a Relation (relation.h), which only
 * relation_of makes, and which has only the rows that exist for the caller. Content is looked at
 * for those alone: before a check is asked about a place, the place is judged here. */
#ifndef ACESO_SEARCH_STREAM_H
#define ACESO_SEARCH_STREAM_H

#include <endian.h>

#include "search/internal.h"

typedef struct {
    unsigned char at[KEY_PLACE];
} Place;

static inline Str place_str(const Place *place)
{
    return str_n((const char *)place->at, KEY_PLACE);
}

/* The same as key_rid of its bytes; asked for each place that is judged. */
static inline uint64_t place_rid(const Place *place)
{
    uint64_t last;
    memcpy(&last, place->at + KEY_PLACE - sizeof(last), sizeof(last));
    return KEY_MS_MAX - (be64toh(last) & KEY_MS_MAX);
}
static_assert(KEY_PLACE - KEY_TIME == 6, "a rid is the last 48 bits of a place");

/* memcmp's order: <0, 0, >0. */
static inline int place_order(const Place *a, const Place *b)
{
    uint64_t x, y;
    uint32_t v, w;
    memcpy(&x, a->at, sizeof(x));
    memcpy(&y, b->at, sizeof(y));
    if (x != y)
        return be64toh(x) < be64toh(y) ? -1 : 1;
    memcpy(&v, a->at + sizeof(x), sizeof(v));
    memcpy(&w, b->at + sizeof(y), sizeof(w));
    return v == w ? 0 : be32toh(v) < be32toh(w) ? -1 : 1;
}
int place_cmp(const void *a, const void *b); /* the same, for qsort */
/* The place right behind; false when there is none. */
bool place_after(Place *place);

/* What the streams of one search are made of, and what they have looked at. */
typedef struct Run Run;
typedef struct Stream Stream;

/* Keys prefix|place. */
Status stream_of_list(Run *run, Str prefix, Stream **ret_stream) MUST_USE;
/* Those from the place with time `last` to the place with time `first` (newest first). `check`,
 * when set, decides each one. */
typedef Status (*StreamCheck)(Run *run, const void *what, const Place *place, bool *ret_holds);
Status stream_of_stretch(Run *run, Str prefix, uint64_t first_ms, uint64_t last_ms,
                         StreamCheck check, const void *what, Stream **ret_stream) MUST_USE;
/* Sorted here, each once; the array is kept. */
Status stream_of_places(Run *run, Place *places, size_t count, Stream **ret_stream) MUST_USE;
/* All of these. */
Status stream_union(Run *run, Stream **streams, size_t count, Stream **ret_stream) MUST_USE;
/* All of these, which have no place in common. */
Status stream_disjoint(Run *run, Stream **streams, size_t count, Stream **ret_stream) MUST_USE;
/* Many lists, of which at first only the beginnings are read; `prefixes` is kept. */
Status stream_of_lists(Run *run, const Str *prefixes, size_t count, Stream **ret_stream) MUST_USE;
/* In all streams, and holds by check. */
Status stream_all(Run *run, Stream **streams, size_t count, StreamCheck check, const void *what,
                  Stream **ret_stream) MUST_USE;

/* What of the stream holds by check. */
Status stream_checked(Run *run, Stream *stream, StreamCheck check, const void *what,
                      Stream **ret_stream) MUST_USE;

/* The first place >= from; *ret_found is false at the end. */
Status stream_seek(Run *run, Stream *stream, const Place *from, Place *ret_place,
                   bool *ret_found) MUST_USE;
/* One list, nothing to check: cheap to take. */
bool stream_is_plain(const Stream *stream);
/* Of its keys; empty when it is no plain list. */
Str stream_prefix(const Stream *stream);
/* Whether the stream has this very place, of a row that exists for the caller: its content is
 * looked at. */
Status stream_has(Run *run, Stream *stream, const Place *place, bool *ret_has) MUST_USE;

/* Whether the row at a place that the stream has just given exists for the caller; reads the facts
 * of the ones behind it too when it has to read any. */
Status stream_sees(Run *run, Stream *stream, const Place *place, bool *ret_sees) MUST_USE;

/* Lists of tokens say whom each resource is about: calls visit for those of the first `max` keys at
 * least that exist for the caller, none in order; *ret_can is false for any other stream. */
typedef Status (*WhoVisit)(void *to, const Place *place, uint64_t who);
Status stream_each_who(Run *run, Stream *stream, size_t max, WhoVisit visit, void *to,
                       bool *ret_can, bool *ret_all) MUST_USE;

/* How many places it has. */
Status stream_count(Run *run, Stream *stream, uint64_t *ret_count) MUST_USE;

/* A growing array of places. */
typedef struct {
    Place *at;
    size_t count, room;
} Places;
enum { PLACES_MAX = 4000000 /* 48 MB */ };
/* Room for so many more. */
Status places_room(Run *run, Places *places, size_t more) MUST_USE;
Status places_add(Run *run, Places *places, Str place) MUST_USE;
/* In order, each once; may move them. Quick when they are lists one after the other. */
Status places_sort(Run *run, Places *places) MUST_USE;
/* What a cursor over keys of this kind has left, in the order of the keys, until there are `max` or
 * they are behind `last` (NULL: no end); *ret_all: there was no more. */
Status list_tails(Run *run, StoreCursor *cursor, unsigned char kind, size_t max, const Place *last,
                  Places *places, bool *ret_all) MUST_USE;
/* Its first places, in order, behind what is there; *ret_all: there are no more than `max`. */
Status stream_take(Run *run, Stream *stream, size_t max, Places *places, bool *ret_all) MUST_USE;
/* A plain list from its first place on, some at a time; *ret_more: there may be further ones. */
Status stream_begin(Stream *stream) MUST_USE;
Status stream_some(Run *run, Stream *stream, size_t max, Place *places, size_t *ret_count,
                   bool *ret_more) MUST_USE;

#endif
