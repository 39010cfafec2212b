/* http/slot.h - one connection, from its acceptance to its end, remembered beside
 * libmicrohttpd.
 *
 * It knows which request the connection carries: when headers do not fit its memory,
 * libmicrohttpd 0.9.75 closes the connection without saying that the request has ended, and
 * whoever sends such requests could fill our memory and keep the server from stopping. The
 * end of a connection is always said, and ends what it still carries. And it knows where the
 * connection waits before its first request: http/door.h.
 *
 * `request` belongs to the event thread of the connection, the rest to the door; taking and
 * giving slots is for any thread. */
#ifndef ACESO_HTTP_SLOT_H
#define ACESO_HTTP_SLOT_H

#include <netinet/in.h>
#include <pthread.h>

#include "base/base.h"

typedef struct Request Request;
typedef struct Door Door;
struct MHD_Connection;

typedef union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} SlotAddress;

typedef struct Slot {
    Request *request;  /* NULL between requests */
    struct Slot *next; /* of the free ones, or of those who wait */
    struct Slot *previous;
    struct MHD_Connection *connection; /* NULL before libmicrohttpd has it */
    Door *door;
    int fd;
    unsigned lane;    /* which event thread */
    bool late;        /* accepted after the server was told to stop */
    bool counted;     /* by its address */
    bool introduced;  /* its load balancer has said who it is, or there is none */
    uint8_t finished; /* handshake: which side has said that it is */
    Time since;       /* waits for its client since then */
    SlotAddress address;
} Slot;

/* From this many connections on their memory is worth giving back when most have gone. */
enum { SLOTS_CROWD = 1024 };

typedef struct {
    pthread_mutex_t lock;
    Slot *free;
    size_t count;
    size_t taken, peak; /* now; the most since the last crowd went */
    size_t late;        /* of those taken: after slots_close */
    bool closing;
    unsigned address_max; /* connections of one address; 0: no limit */
    void *addresses;      /* a tree of how many each has, when there is a limit */
} Slots;

/* As many slots as there can be connections; they live in `forever`. */
Status slots_init(Slots *slots, Arena *forever, size_t count, unsigned address_max) MUST_USE;
void slots_clear(Slots *slots);
/* NULL when there are as many connections as there may be. */
Slot *slot_take(Slots *slots);
/* Whose it is. False when this address has as many connections as it may. */
bool slot_name(Slots *slots, Slot *slot, const SlotAddress *address);
/* How many more there may be. */
size_t slots_left(Slots *slots);
/* True: a crowd was there, and three quarters of it have gone. Said once. */
bool slot_give(Slots *slots, Slot *slot);
/* Those taken from here on are late. */
void slots_close(Slots *slots);
/* How many are there: those from before slots_close, and the late ones. */
void slots_count(Slots *slots, size_t *ret_early, size_t *ret_late);

#endif
