/* live/live.h - what a page shows has changed: server-sent events.
 *
 * A stream is somebody's, watches a few things, and is told which resources among them were
 * written: their types and ids, nothing else, and only of rows that he may see at that moment. One
 * thread (the follower) reads what changed from the store, once for all streams, and asks for each
 * stream whether it is about it and whether its owner sees it; who writes only rings a bell.
 *
 * A stream keeps a small list of what it has not said yet. When that is full, or more changed than
 * anybody wants to hear of one by one, it says `reset`: look at everything again. Who does not read
 * what is sent is cut off.
 *
 *   opened -> told -> told ... -> ended (session over, server stops) -> closed by its connection
 *
 * docs/guide/live.md, docs/internals/live.md. SPEC WHATWG HTML server-sent-events.html */
#ifndef ACESO_LIVE_H
#define ACESO_LIVE_H

#include "auth/auth.h"
#include "cache/events.h"
#include "record/record.h"

enum {
    LIVE_WATCHES_MAX = 16, /* of one stream */
    LIVE_PENDING_MAX = 64, /* changes that wait to be sent to one stream */
    LIVE_STREAMS_MAX = 8192,
    LIVE_ACCOUNT_STREAMS_MAX = 16,
    LIVE_BEAT_S = 20,       /* a sign of life at least so often */
    LIVE_SLOW_S = 30,       /* who has not read for so long is cut off */
    LIVE_CHANGES_MAX = 5000 /* that are looked at one by one; more: reset */
};

typedef struct Live Live;
typedef struct LiveStream LiveStream;

typedef struct {
    Record *record;
    Auth *auth;
    Events *events; /* or NULL */
    bool rings;     /* other nodes are heard through the events; else they are looked for */
    unsigned streams_max, account_streams_max; /* 0 = as above */
    unsigned beat_ms, slow_ms;                 /* 0 = as above; short ones are for tests */
} LiveOptions;

/* Makes the follower. All that it is given must outlive it. */
Status live_new(Ctx *cx, const LiveOptions *options, Live **ret_live) MUST_USE;
/* Every stream ends, new ones are refused, none sleeps any more. */
void live_stop(Live *live);
/* After live_stop, when all streams are closed. */
void live_free(Live *live);
size_t live_count(Live *live);

/* The connection of a stream. sleep and wake are called with a lock of live's held: they may not
 * call it. */
typedef struct {
    void *of;
    void (*sleep)(void *of); /* nothing to send: do not ask again before wake; within live_read */
    void (*wake)(void *of);
    bool (*is_gone)(void *of); /* its client has hung up */
    void (*cut)(void *of);     /* its client does not read */
} LiveWire;

typedef struct {
    const Call *call; /* its access lives as long as the stream; query: the watches */
    AuthWatch watch;  /* his session or token */
    Str last_id;      /* Last-Event-ID, or empty */
    LiveWire wire;
} LiveAsked;

/* Reads what is watched and prepares the audit entry, as an interaction of record.h; when its
 * commit holds, the stream may be read. STATUS_INVALID: a watch that is none; STATUS_LOCKED_OUT:
 * too many streams. */
Status live_open(Live *live, Ctx *cx, const LiveAsked *asked, Reply *reply,
                 LiveStream **ret_stream) MUST_USE;
/* What goes to the client next, at most `max` bytes (LIVE_BYTES_MIN or more): how many; 0: nothing,
 * and wire.sleep was called; -1: the stream has ended. */
enum { LIVE_BYTES_MIN = 512 };
long live_read(LiveStream *stream, char *at, size_t max);
/* By the connection, once, when it ends: no call of the wire comes afterwards. Quick. */
void live_detach(LiveStream *stream);
/* Then, once; also of a stream whose answer was never begun. May wait while the follower judges
 * this stream, so not on an event thread. What live_open was given may go afterwards. */
void live_close(LiveStream *stream);

#endif
