/* Every bundle of a demo in a row: the network, then each patient. */
#ifndef ACESO_TESTS_DEMO_EVERY_H
#define ACESO_TESTS_DEMO_EVERY_H

#include "testing.h"

#include "demo/demo.h"

/* The bundle is gone after the call. */
typedef void (*DemoSink)(void *to, Ctx *cx, Str bundle);

static inline void demo_every(const DemoOptions *options, DemoSink sink, void *to)
{
    Ctx cx = {.arena = arena_new(32 << 20, false)};
    Arena *kept = arena_new(32 << 20, false);
    DemoOptions booked = *options;
    Str bundle;
    check(cx.arena && kept);
    check_int(demo_calendar(kept, options, &booked.calendar), STATUS_OK);
    check_int(demo_network(&cx, &booked, &bundle), STATUS_OK);
    sink(to, &cx, bundle);
    for (unsigned i = 0; i < booked.patients; i++) {
        arena_clear(cx.arena);
        cx = (Ctx){.arena = cx.arena};
        check_int(demo_patient(&cx, &booked, i, &bundle), STATUS_OK);
        sink(to, &cx, bundle);
    }
    arena_free(cx.arena);
    arena_free(kept);
}

#endif
