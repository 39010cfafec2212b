/* http/linger.c - connections whose client still sends behind its answer. See linger.h. */
#include "http/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/door.h"

enum { LINGER_BYTES = 64 * 1024 };

static Linger *free_linger(Door *door)
{
    for (size_t i = 0; i < DOOR_LINGERS_MAX; i++) {
        if (door->lingers[i].fd < 0)
            return &door->lingers[i];
    }
    return NULL;
}

/* It was not the client that ended the connection: something may be on its way, a request behind
 * the last answer, the rest of a body. */
static bool may_send(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && errno == EAGAIN);
}

void linger_begin(Door *door, int fd)
{
    if (!may_send(fd))
        return;
    pthread_mutex_lock(&door->lock);
    Linger *linger = door->closed ? NULL : free_linger(door);
    int kept = linger ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = linger};
    if (kept >= 0 && epoll_ctl(door->poll, EPOLL_CTL_ADD, kept, &event) == 0) {
        shutdown(kept, SHUT_WR);
        *linger = (Linger){.fd = kept, .since = time_monotonic()};
        door->lingering++;
    } else if (kept >= 0) {
        close(kept);
    }
    pthread_mutex_unlock(&door->lock);
}

bool linger_is(const Door *door, const void *what)
{
    const Linger *one = what;
    return one >= door->lingers && one < door->lingers + DOOR_LINGERS_MAX;
}

/* Under the lock. */
static void end_linger(Door *door, Linger *linger)
{
    epoll_ctl(door->poll, EPOLL_CTL_DEL, linger->fd, NULL); /* before others have the number */
    close(linger->fd);
    linger->fd = -1;
    door->lingering--;
}

void linger_look(Door *door, Linger *linger)
{
    static char dropped[LINGER_BYTES]; /* of the door's thread */
    pthread_mutex_lock(&door->lock);
    ssize_t got = linger->fd < 0 ? 1 : recv(linger->fd, dropped, sizeof(dropped), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        end_linger(door, linger);
    pthread_mutex_unlock(&door->lock);
}

void linger_end_all(Door *door, Time before)
{
    pthread_mutex_lock(&door->lock);
    for (size_t i = 0; door->lingering && i < DOOR_LINGERS_MAX; i++) {
        if (door->lingers[i].fd >= 0 && door->lingers[i].since < before)
            end_linger(door, &door->lingers[i]);
    }
    pthread_mutex_unlock(&door->lock);
}
