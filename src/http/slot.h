/* http/slot.h - which request a connection carries, remembered beside libmicrohttpd.
 *
 * When headers do not fit its memory, libmicrohttpd 0.9.75 closes the connection without
 * saying that the request has ended: whoever sends such requests could fill our memory and
 * keep the server from stopping. The end of a connection is always said, and ends what it
 * still carries. Slots belong to the event thread of their connection; taking and giving
 * them is for any thread. */
#ifndef ACESO_HTTP_SLOT_H
#define ACESO_HTTP_SLOT_H

#include <pthread.h>

#include "base/base.h"

typedef struct Request Request;

typedef struct Slot {
    Request *request; /* NULL between requests */
    struct Slot *next;
} Slot;

/* From this many connections on their memory is worth giving back when most have gone. */
enum { SLOTS_CROWD = 1024 };

typedef struct {
    pthread_mutex_t lock;
    Slot *free;
    size_t taken, peak; /* now; the most since the last crowd went */
} Slots;

/* As many slots as there can be connections; they live in `forever`. */
Status slots_init(Slots *slots, Arena *forever, size_t count) MUST_USE;
/* NULL when there are more connections than slots: then nothing is remembered. */
Slot *slot_take(Slots *slots);
/* True: a crowd was there, and three quarters of it have gone. Said once. */
bool slot_give(Slots *slots, Slot *slot);

#endif
