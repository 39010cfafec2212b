/* cache/events.h - short messages between the parts of a node, and between nodes.
 *
 * An event is a hint, not a fact: who hears one looks at the store, and looks now and then
 * without one too, because messages get lost. Publish after the commit is durable.
 *
 * One node alone delivers within its process; with a Cache, all nodes of the network hear. An
 * event comes to the subscribers of the publishing node at once, to others some milliseconds
 * later; equal events that wait together are delivered once. Order between kinds is not kept.
 *
 * Any thread may call anything here. */
#ifndef ACESO_EVENTS_H
#define ACESO_EVENTS_H

#include "cache/cache.h"

/* The numbers travel between nodes of different versions: never change one, never use one again.
 * Published today: EVENT_REVOKED by auth, EVENT_JOB by cli for jobs, EVENT_CHANGED by live. The
 * others have their numbers so that who needs them does not choose twice. */
typedef enum {
    EVENT_MISSED = 0,      /* to every subscriber: some may have been lost; look at everything */
    EVENT_REVOKED = 1,     /* sessions or tokens have ended; the store's epoch says so */
    EVENT_JOB = 3,         /* the queue has work; id: its kind, or empty */
    EVENT_CHANGED = 4,     /* resources were written; id: empty, the store says which */
    EVENT_DEFINITIONS = 5, /* what tables are made of; id: the resource type */
    EVENT_INDEX = 6,       /* the index of a type or parameter has another state */
    EVENT_KIND_COUNT,
} EventKind;

enum { EVENT_ID_BYTES_MAX = 255, EVENTS_WAITING_MAX = 4096, EVENT_SUBSCRIBERS_MAX = 64 };

typedef struct {
    EventKind kind;
    Str id;   /* valid until `heard` returns */
    bool own; /* published by this node */
} Event;

typedef struct Events Events;

/* `cache` may be NULL and must outlive the events. Makes the thread that delivers. */
Status events_new(Ctx *cx, Cache *cache, Events **ret_events) MUST_USE;
void events_free(Events *events);

/* Never waits. When too many wait, all of them become one EVENT_MISSED. A NULL `events` hears
 * nothing. An id longer than EVENT_ID_BYTES_MAX is a bug. */
void events_publish(Events *events, EventKind kind, Str id);

#define EVENT_BIT(kind) (1u << (kind))

/* `heard` is called on the thread of the events, one event at a time, with the kinds in `kinds`
 * (EVENT_BIT) and EVENT_MISSED; it must be quick: wake somebody, mark something. It may publish,
 * and must not subscribe or unsubscribe. Never fails but for EVENT_SUBSCRIBERS_MAX. */
typedef void (*EventHeard)(void *owner, const Event *event);
void events_subscribe(Events *events, unsigned kinds, EventHeard heard, void *owner);
/* When it returns, `heard` is not running and will not be called for `owner` again. */
void events_unsubscribe(Events *events, void *owner);

/* Returns when everything published so far on this node was delivered on it: for tests. */
void events_settle(Events *events);

#endif
