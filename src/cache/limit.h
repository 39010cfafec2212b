/* cache/limit.h - how often somebody may ask, counted over all nodes.
 *
 * A caller is judged by memory alone, in well under a microsecond: what this node has counted in
 * the current and the last window, and what the other nodes had counted when they last said so.
 * Ten times a second at most each counter is added up through the Cache; its answer comes when it
 * comes. Without a Cache, or while it is away, each node counts for itself: then as many times
 * the limit can be had as there are nodes. docs/adr/0081
 *
 * Any thread may call anything here. */
#ifndef ACESO_LIMIT_H
#define ACESO_LIMIT_H

#include "cache/cache.h"

typedef struct Limits Limits;

enum { LIMIT_WINDOW_S = 60, LIMIT_CALLERS_MAX = 16384 };

/* `per_window` calls in each LIMIT_WINDOW_S, a window that slides. `space` keeps the counters of
 * one kind of callers apart; a literal. `cache` may be NULL and must outlive the limits. */
Status limits_new(Ctx *cx, Cache *cache, Str space, uint64_t per_window,
                  Limits **ret_limits) MUST_USE;
void limits_free(Limits *limits); /* after cache_close */

/* Counts a call. 0: it may go on; else it is refused, and after so many seconds one may. NULL
 * limits refuse nobody. When more than LIMIT_CALLERS_MAX call at once, those who called least are
 * forgotten. */
unsigned limits_take(Limits *limits, Str who);
/* The same at a given time since 1970: for tests. */
unsigned limits_take_at(Limits *limits, Str who, Time now);

/* How many were refused. */
uint64_t limits_refused(const Limits *limits);

#endif
