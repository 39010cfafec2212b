/* http/server.h - what all requests share; private to http/. */
#ifndef ACESO_HTTP_SERVER_H
#define ACESO_HTTP_SERVER_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "http/http.h"
#include "http/metrics.h"
#include "http/arenas.h"
#include "http/door.h"
#include "http/refusal.h"
#include "http/slot.h"
#include "http/worker.h"
#include "live/live.h"

/* Gives memory back on a worker. */
typedef struct {
    Work work;
    atomic_bool queued;
} Trim;

struct Http {
    Arena *forever;
    HttpOptions options; /* every 0 replaced by its default */
    Record *record;
    Store *store;
    Auth *auth;
    Live *live;
    struct MHD_Daemon **lanes; /* one with one event thread for each of options.threads */
    unsigned lane_count;
    Door door;
    uint16_t port;
    Arenas homes, scratches;
    Slots slots;
    Trim trim;
    Workers workers;
    Workers sign_ins;       /* two threads: so many passwords are hashed at once */
    atomic_uint in_flight;  /* requests between request line and end */
    atomic_uint working;    /* those whose body is complete */
    _Atomic Time last_byte; /* of a body that came while stopping */
    atomic_uint suspended;  /* connections that wait for a worker or the writer */
    atomic_bool stopping;
    atomic_bool large;          /* one large document is on its way: serve_binary.c */
    atomic_size_t bodies_bytes; /* allowance taken by bodies */
    atomic_uint_fast64_t request_number;
    uint32_t request_prefix; /* of request ids, new with every start */
    Refusals refusals;
    Metrics metrics;
};

#endif
