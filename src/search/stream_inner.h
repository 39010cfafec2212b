/* search/stream_inner.h - what the files of streams share: stream.c (unions, intersections, any
 * stream), lists.c (lists of the index), arrays.c (arrays, many lists as one), taking.c (all of a
 * stream, and how many). */
#ifndef ACESO_SEARCH_STREAM_INNER_H
#define ACESO_SEARCH_STREAM_INNER_H

#include "search/run.h"

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

Status stream_new(Run *run, StreamKind kind, Stream **ret_stream) MUST_USE;
/* Makes a stream a union of these. */
void stream_set_union(Stream *stream, Stream **streams, size_t count);

/* ---- lists ---- */

/* shared: a cursor of several lists; NULL: one of its own. */
Status list_new(Run *run, Str prefix, StoreCursor *shared, Stream **ret_stream) MUST_USE;
Status list_jump(Run *run, Stream *list, const Place *to) MUST_USE;
Status list_step(Run *run, Stream *list) MUST_USE;
Status list_seek(Run *run, Stream *list, const Place *from, Place *ret_place,
                 bool *ret_found) MUST_USE;
/* Places from where the cursor is: at most *room, which becomes how many were asked for. */
Status list_places(Run *run, StoreCursor *cursor, unsigned char kind, size_t *room, Place *places,
                   size_t *ret_count) MUST_USE;
Status list_take_some(Run *run, Stream *list, size_t max, Places *places, bool *ret_all) MUST_USE;
Status list_count(Run *run, const Stream *list, uint64_t *ret_count) MUST_USE;

/* ---- arrays ---- */

Status array_seek(Run *run, Stream *array, const Place *from, Place *ret_place,
                  bool *ret_found) MUST_USE;
/* What it has only the beginnings of is read; it may turn into a union. */
Status array_complete(Run *run, Stream *array) MUST_USE;

#endif
