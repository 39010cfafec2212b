/* http/linger.h - a connection whose answer has left while its client still sends: what comes is
 * read and dropped for a moment, because the system answers bytes for a closed socket with a reset,
 * and a reset takes the answer out of the client's hands. Private to the door. SPEC RFC 9112 9.6 */
#ifndef ACESO_HTTP_LINGER_H
#define ACESO_HTTP_LINGER_H

#include "base/base.h"

struct Door;
enum { DOOR_LINGERS_MAX = 256 };

typedef struct {
    int fd; /* -1: free */
    Time since;
} Linger;

/* Before the socket is closed: keeps a copy of it, where something may be on its way. */
void linger_begin(struct Door *door, int fd);
/* Of what epoll tells: whether it is one of the door's. */
bool linger_is(const struct Door *door, const void *what);
void linger_look(struct Door *door, Linger *linger);
/* Those that began before then. */
void linger_end_all(struct Door *door, Time before);

#endif
