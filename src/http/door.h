/* http/door.h - the way in: one thread takes connections from the listening sockets and gives
 * each to an event thread of libmicrohttpd.
 *
 *   listening socket -> (proxy.h: who is it?) -> (TLS: its whole hello) -> libmicrohttpd
 *                                                                           |       ^
 *                                                    a handshake that waits v       | it spoke
 *                                                                   door: watches the socket
 *
 * Why not libmicrohttpd's own: it cannot stop accepting (docs/adr/0031), and it asks a TLS
 * handshake that waits for its client again and again, with every event of any connection:
 * 10,000 slow handshakes left a twentieth of the server to the others (docs/adr/0083).
 *
 * A client that does not go on with its handshake is cut after DOOR_PATIENCE_S, or earlier
 * when there are more of them than there is room for: the one that waits longest goes first. */
#ifndef ACESO_HTTP_DOOR_H
#define ACESO_HTTP_DOOR_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"
#include "http/http.h"
#include "http/linger.h"
#include "http/slot.h"

enum {
    DOOR_PATIENCE_S = 15,
    DOOR_HANDSHAKES_MAX = 1024, /* libmicrohttpd walks along all that wait */
};

/* Those who wait, the longest first. */
typedef struct {
    Slot *first, *last;
    unsigned count;
} DoorQueue;

struct Door {
    Slots *slots;
    struct MHD_Daemon **lanes; /* one for each event thread */
    atomic_uint *loads;        /* how many connections each has */
    unsigned lane_count;
    Slot **by_fd;
    size_t fd_max;
    bool tls;
    bool proxied; /* a load balancer says first who the client is */
    int listeners[HTTP_LISTENERS_MAX];
    size_t listener_count;
    bool shared_port; /* others listen at the same port with sockets of their own */
    int poll, wake;
    pthread_t thread;
    pthread_mutex_t lock; /* of the queues and `closed` */
    DoorQueue silent;     /* TLS: their hello is not complete; the door alone has them */
    DoorQueue handshakes; /* libmicrohttpd has them, suspended */
    Linger lingers[DOOR_LINGERS_MAX];
    unsigned lingering;
    bool closed; /* nobody may wait any more */
    atomic_bool accepting, shut, ending;
    bool watching;    /* the door's thread: the listening sockets are watched */
    atomic_bool full; /* no slot was free: somebody must wake the door */
};

/* `lanes`, `loads`, `by_fd` and the listening sockets are the caller's. */
Status door_open(Door *door) MUST_USE;
/* Accepts no more and closes the listening sockets; comes back when that is done. What the kernel
 * holds stays with the socket for whoever else has it. */
void door_shut(Door *door);
/* After door_shut. Ends the thread. Who waits is given back to libmicrohttpd, cut off. */
void door_remove(Door *door);

/* In libmicrohttpd's notice that a connection starts: its slot, or NULL. */
Slot *door_enter(Door *door, struct MHD_Connection *connection);
/* In its notice that one ends, before it closes the socket; as slot_give. */
bool door_leave(Door *door, Slot *slot);

#endif
