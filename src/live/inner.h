/* live/inner.h - streams and what they watch; private to live/. */
#ifndef ACESO_LIVE_INNER_H
#define ACESO_LIVE_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "live/live.h"
#include "people/addressed.h"
#include "people/team.h"
#include "record/changes.h"

enum { LIVE_ID_BYTES_MAX = 64, LIVE_ACCOUNT_BYTES_MAX = 160, LIVE_NAME_BYTES_MAX = 96 };

typedef enum {
    WATCH_RESOURCE, /* "Patient/1": it, and what is about that patient */
    WATCH_DAY,      /* "day:2026-11-23:Location/1": appointments and visits of a day there */
    WATCH_INBOX,    /* what waits for the caller and his teams */
} WatchKind;

typedef struct {
    WatchKind kind;
    uint16_t type;
    uint8_t id_len, name_len;
    char id[LIVE_ID_BYTES_MAX];
    uint64_t hash;                  /* of "Patient/1": as in facts */
    char name[LIVE_NAME_BYTES_MAX]; /* of a day: "\"Location/1\"", with its quotes; or empty */
    char day[10];                   /* "2026-11-23" */
    Time lo, hi;                    /* the day in any zone */
} Watch;

/* Whom an inbox is of: names with quotes, as they stand in a body. */
typedef struct {
    size_t count, own;
    struct {
        uint8_t len;
        bool team; /* not himself */
        char text[LIVE_NAME_BYTES_MAX];
    } names[TEAM_NAMES_MAX];
} InboxNames;

typedef struct {
    uint16_t type;
    uint8_t id_len;
    char id[LIVE_ID_BYTES_MAX];
} Pending;

struct LiveStream {
    LiveStream *next, *previous; /* of all, or of the free ones */
    Live *live;
    const Access *access;
    AuthWatch session;
    uint64_t auth_epoch; /* in which the session was asked for last */
    LiveWire wire;
    size_t account_len;
    char account[LIVE_ACCOUNT_BYTES_MAX];
    size_t watch_count;
    Watch watches[LIVE_WATCHES_MAX];
    InboxNames inbox;
    /* Behind the lock of live: */
    uint64_t position; /* all up to this change was judged, and is pending or said */
    uint64_t said;     /* the position that the client has heard last */
    bool joined;       /* the follower may look at it */
    bool detached;     /* its connection has gone */
    bool greeted, reset, beat, ended, asleep;
    Pending pending[LIVE_PENDING_MAX];
    size_t pending_count;
    Time heard; /* when it last took what it was given, or had nothing to take */
    Time beaten;
};

struct Live {
    Arena *forever;
    LiveOptions options;
    Ctx sealing; /* of ids, behind the lock */
    uint16_t types[6];
    pthread_t thread;
    bool runs;
    /* The bell has a lock of its own, so that who writes waits for nobody. */
    pthread_mutex_t bell;
    pthread_cond_t ring;
    _Atomic bool rung, wrote; /* somebody wrote; on this node */
    _Atomic bool stopping;
    pthread_mutex_t lock; /* what follows, and the streams */
    pthread_cond_t judged;
    LiveStream *streams, *free;
    LiveStream *judging; /* the follower looks at it without the lock: it cannot be closed now */
    size_t count;
};

/* The types whose bodies are looked at, by place in Live.types. */
enum { LIVE_APPOINTMENT, LIVE_ENCOUNTER, LIVE_TASK, LIVE_COMMUNICATION, LIVE_REPORT, LIVE_ORDER };

/* watch.c: "Patient/1" (whose hash is for the caller to find), "day:2026-11-23:Location/1",
 * "inbox". */
Status watch_parse(Ctx *cx, Str text, Watch *ret_watch) MUST_USE;
/* Whether the change is about something that the stream watches. */
bool watch_fits(const LiveStream *stream, const RecordChange *change);

/* stream.c, all behind the lock: */
void stream_add(LiveStream *stream, const RecordChange *change);
void stream_reset(LiveStream *stream);
void stream_end(LiveStream *stream);
void stream_wake(LiveStream *stream);
bool stream_open_id(Live *live, Ctx *cx, Str account, Str id, uint64_t *ret_change);

/* live.c: somebody wrote, or something else is to be looked at. */
void live_ring(Live *live);
/* follow.c: the thread. */
void *live_follow(void *live);

#endif
