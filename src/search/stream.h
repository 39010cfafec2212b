/* search/stream.h - the resources that answer one condition, as an ordered stream of places.
 *
 * A place is the last 12 bytes of a key: clinical date and rid, inverted. Lists of equal
 * values stand in place order in the index; a stream unites some of them. What does not
 * stand in place order (beginnings of words, ranges of dates, ids) is read whole and sorted
 * once. */
#ifndef ACESO_SEARCH_STREAM_H
#define ACESO_SEARCH_STREAM_H

#include "search/internal.h"

typedef struct {
    unsigned char at[KEY_PLACE];
} Place;

static inline Str place_str(const Place *place)
{
    return str_n((const char *)place->at, KEY_PLACE);
}

int place_cmp(const void *a, const void *b);

/* The place right behind; false when there is none. */
bool place_after(Place *place);

typedef struct Stream Stream;

/* What the streams of one search are made of. */
typedef struct {
    const Search *search;
    Ctx *cx;
    StoreReader *reader;
} StreamSource;

Status stream_of_condition(const StreamSource *source, const Condition *condition,
                           Stream **ret_stream) MUST_USE;
Status stream_of_ids(const StreamSource *source, uint16_t type, const Str *ids, size_t count,
                     Stream **ret_stream) MUST_USE;
/* Every resource of the type. */
Status stream_of_type(const StreamSource *source, uint16_t type, Stream **ret_stream) MUST_USE;

/* The first place >= from; *ret_found is false at the end. Places asked for must not fall. */
Status stream_seek(Stream *stream, const Place *from, Place *ret_place, bool *ret_found) MUST_USE;
/* Whether the stream has this very place, in any order of asking. */
Status stream_has(Stream *stream, const Place *place, bool *ret_has) MUST_USE;

#endif
