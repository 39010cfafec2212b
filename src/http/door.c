/* http/door.c - accept, wait, hand over. */
#include "http/door.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/proxy.h"

enum {
    EVENTS = 64,
    ACCEPTS = 64, /* one after the other, before those who wait are looked at again */
    RECORD_HEAD = 5,
    RECORD_HANDSHAKE = 22,
    RECORD_BYTES_MAX = 16384,
    EVICTED_AFTER_MS = 1000, /* nobody is cut sooner, however many there are */
    TICK_MS = 500,
    LINGER_MS = 2000,
    NAP_MS = 50, /* when the system has no file descriptors left */
};

/* ---- queues ---------------------------------------------------------------------------- */

static void queue_add(DoorQueue *queue, Slot *slot)
{
    slot->next = NULL;
    slot->previous = queue->last;
    *(queue->last ? &queue->last->next : &queue->first) = slot;
    queue->last = slot;
    queue->count++;
}

static void queue_remove(DoorQueue *queue, Slot *slot)
{
    *(slot->previous ? &slot->previous->next : &queue->first) = slot->next;
    *(slot->next ? &slot->next->previous : &queue->last) = slot->previous;
    slot->next = slot->previous = NULL;
    queue->count--;
}

static bool watch(const Door *door, Slot *slot, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = slot};
    return epoll_ctl(door->poll, EPOLL_CTL_ADD, slot->fd, &event) == 0;
}

static void forget(const Door *door, const Slot *slot)
{
    epoll_ctl(door->poll, EPOLL_CTL_DEL, slot->fd, NULL);
}

static void wake(const Door *door)
{
    uint64_t one = 1;
    if (write(door->wake, &one, sizeof(one)) < 0)
        assert(errno == EAGAIN); /* it is awake enough */
}

/* ---- handing over ------------------------------------------------------------------------ */

static unsigned shortest_lane(const Door *door)
{
    unsigned best = 0;
    for (unsigned i = 1; i < door->lane_count; i++) {
        if (atomic_load(&door->loads[i]) < atomic_load(&door->loads[best]))
            best = i;
    }
    return best;
}

/* libmicrohttpd closes the socket when it does not take it. */
static void hand_over(Door *door, Slot *slot)
{
    const SlotAddress *address = &slot->address;
    socklen_t len =
        address->any.sa_family == AF_INET6 ? sizeof(address->six) : sizeof(address->four);
    slot->lane = shortest_lane(door);
    atomic_fetch_add(&door->loads[slot->lane], 1);
    if (MHD_add_connection(door->lanes[slot->lane], slot->fd, &address->any, len) != MHD_YES)
        door_leave(door, slot);
}

static void drop(Door *door, Slot *slot)
{
    int fd = slot->fd;
    atomic_fetch_add(&door->loads[slot->lane], 1); /* door_leave counts it down */
    door_leave(door, slot);
    close(fd);
}

/* ---- a handshake that waits ---------------------------------------------------------------- */

/* GnuTLS wants bytes. When there are none, its connection is taken out of libmicrohttpd's loop,
 * which would ask again at once, and given back when there are some. On its event thread. */
static ssize_t pull(gnutls_transport_ptr_t from, void *bytes, size_t len)
{
    Slot *slot = from;
    ssize_t got = recv(slot->fd, bytes, len, 0);
    if (got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK) || slot->finished == 3)
        return got;
    Door *door = slot->door;
    pthread_mutex_lock(&door->lock);
    if (!door->closed) {
        MHD_suspend_connection(slot->connection);
        queue_add(&door->handshakes, slot);
        if (!watch(door, slot, EPOLLIN | EPOLLRDHUP)) {
            queue_remove(&door->handshakes, slot);
            MHD_resume_connection(slot->connection);
        }
    }
    pthread_mutex_unlock(&door->lock);
    errno = EAGAIN;
    return got;
}

/* Both sides have to say that they are finished; then the handshake needs no more bytes. */
static int note_finished(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                         const gnutls_datum_t *message)
{
    Slot *slot = gnutls_transport_get_ptr(session);
    UNUSED(type);
    UNUSED(when);
    UNUSED(message);
    slot->finished |= incoming ? 1 : 2;
    return 0;
}

Slot *door_enter(Door *door, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info || (size_t)info->connect_fd >= door->fd_max)
        return NULL;
    Slot *slot = door->by_fd[info->connect_fd];
    if (!slot)
        return NULL;
    slot->connection = connection;
    const union MHD_ConnectionInfo *secret =
        door->tls ? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION) : NULL;
    if (secret) {
        gnutls_session_t session = secret->tls_session;
        gnutls_transport_set_ptr2(session, slot, (gnutls_transport_ptr_t)(intptr_t)slot->fd);
        gnutls_transport_set_pull_function(session, pull);
        gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
                                           note_finished);
    }
    return slot;
}

/* ---- leaving -------------------------------------------------------------------------------- */

bool door_leave(Door *door, Slot *slot)
{
    if (slot->connection)
        linger_begin(door, slot->fd);
    atomic_fetch_sub(&door->loads[slot->lane], 1);
    door->by_fd[slot->fd] = NULL;
    bool crowd_went = slot_give(door->slots, slot);
    if (atomic_load(&door->full))
        wake(door);
    return crowd_went;
}

/* ---- those who wait -------------------------------------------------------------------------- */

/* The whole of the first record, which holds the hello; or what is none, for GnuTLS to refuse. */
static bool hello_is_there(const Slot *slot, bool *ret_gone)
{
    uint8_t head[RECORD_HEAD];
    int there = 0;
    ssize_t got = recv(slot->fd, head, sizeof(head), MSG_PEEK);
    *ret_gone = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    if (got <= 0)
        return false;
    if (head[0] != RECORD_HANDSHAKE)
        return true;
    if (got < RECORD_HEAD)
        return false;
    int bytes = head[3] << 8 | head[4];
    return bytes > RECORD_BYTES_MAX ||
           (ioctl(slot->fd, FIONREAD, &there) == 0 && there >= RECORD_HEAD + bytes);
}

static void let_go(Door *door, DoorQueue *queue, Slot *slot)
{
    pthread_mutex_lock(&door->lock);
    queue_remove(queue, slot);
    pthread_mutex_unlock(&door->lock);
    forget(door, slot);
}

/* What the load balancer says before its client speaks. */
static bool introduction_is_there(Door *door, Slot *slot, bool *ret_gone)
{
    char bytes[PROXY_BYTES_MAX];
    size_t used = 0;
    SlotAddress address = slot->address;
    ssize_t got = recv(slot->fd, bytes, sizeof(bytes), MSG_PEEK);
    *ret_gone = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    if (got <= 0)
        return false;
    ProxyVerdict verdict = proxy_read(str_n(bytes, (size_t)got), &used, &address);
    if (verdict == PROXY_MORE)
        return false;
    *ret_gone = verdict == PROXY_BAD || !slot_name(door->slots, slot, &address) ||
                recv(slot->fd, bytes, used, 0) != (ssize_t)used;
    slot->introduced = !*ret_gone;
    return slot->introduced;
}

static void look_at_silent(Door *door, Slot *slot)
{
    bool gone = false;
    bool there = slot->introduced || introduction_is_there(door, slot, &gone);
    if (there && door->tls)
        there = hello_is_there(slot, &gone);
    if (!there && !gone)
        return;
    let_go(door, &door->silent, slot);
    if (gone)
        drop(door, slot);
    else
        hand_over(door, slot);
}

static void resume(Door *door, Slot *slot, bool cut)
{
    let_go(door, &door->handshakes, slot);
    if (cut) /* then GnuTLS reads the end, and libmicrohttpd closes */
        shutdown(slot->fd, SHUT_RDWR);
    MHD_resume_connection(slot->connection);
}

/* Who has waited too long, or the first of too many. */
static bool is_over(const DoorQueue *queue, Time now, unsigned count_max)
{
    if (!queue->first)
        return false;
    Time waited = now - queue->first->since;
    return waited > DOOR_PATIENCE_S * TIME_SECOND ||
           (queue->count > count_max && waited > EVICTED_AFTER_MS * TIME_MS);
}

static Slot *first_over(Door *door, DoorQueue *queue, Time now, unsigned count_max)
{
    pthread_mutex_lock(&door->lock);
    Slot *slot = is_over(queue, now, count_max) ? queue->first : NULL;
    pthread_mutex_unlock(&door->lock);
    return slot;
}

static void cut_the_slow(Door *door)
{
    Time now = time_monotonic();
    unsigned silent_max = atomic_load(&door->full) ? 0 : UINT32_MAX;
    for (Slot *slot; (slot = first_over(door, &door->silent, now, silent_max));) {
        let_go(door, &door->silent, slot);
        drop(door, slot);
    }
    for (Slot *slot; (slot = first_over(door, &door->handshakes, now, DOOR_HANDSHAKES_MAX));)
        resume(door, slot, true);
}

/* ---- accepting ---------------------------------------------------------------------------------
 */

static void watch_listeners(Door *door, bool on)
{
    if (door->watching == on)
        return;
    door->watching = on;
    for (size_t i = 0; i < door->listener_count; i++) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE,
                                    .data.ptr = &door->listeners[i]};
        epoll_ctl(door->poll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, door->listeners[i], &event);
    }
}

static void wait_for_words(Door *door, Slot *slot)
{
    pthread_mutex_lock(&door->lock);
    queue_add(&door->silent, slot);
    pthread_mutex_unlock(&door->lock);
    if (!watch(door, slot, EPOLLIN | EPOLLRDHUP | EPOLLET)) {
        let_go(door, &door->silent, slot);
        drop(door, slot);
    }
}

static void take_in(Door *door, int fd, const SlotAddress *address)
{
    Slot *slot = (size_t)fd < door->fd_max ? slot_take(door->slots) : NULL;
    if (!slot) {
        close(fd);
        return;
    }
    if (door->by_fd[fd]) /* libmicrohttpd closed it without a word */
        door_leave(door, door->by_fd[fd]);
    slot->fd = fd;
    slot->door = door;
    slot->since = time_monotonic();
    slot->address = *address;
    slot->introduced = !door->proxied;
    door->by_fd[fd] = slot;
    if (slot->introduced && !slot_name(door->slots, slot, address))
        drop(door, slot);
    else if (door->tls || door->proxied)
        wait_for_words(door, slot);
    else
        hand_over(door, slot);
}

/* Said before it is looked at again, so that who leaves meanwhile wakes the door. */
static bool has_room(Door *door)
{
    if (slots_left(door->slots))
        return true;
    atomic_store(&door->full, true);
    if (!slots_left(door->slots))
        return false;
    atomic_store(&door->full, false);
    return true;
}

static void accept_some(Door *door, int listener)
{
    for (int i = 0; i < ACCEPTS && has_room(door); i++) {
        SlotAddress address = {0};
        socklen_t len = sizeof(address);
        int fd = accept4(listener, &address.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            take_in(door, fd, &address);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            usleep(NAP_MS * 1000);
        else if (errno != ECONNABORTED && errno != EINTR)
            return;
    }
}

/* ---- its thread
 * ---------------------------------------------------------------------------------- */

/* With a port that is shared each socket has a queue of its own, and what is in it when the socket
 * closes is lost. So the queue is made as short as can be, and emptied: whom it refuses meanwhile
 * asks again, and finds another socket. */
static void shut(Door *door)
{
    watch_listeners(door, false);
    for (size_t i = 0; i < door->listener_count; i++) {
        if (door->shared_port && listen(door->listeners[i], 0) == 0)
            accept_some(door, door->listeners[i]);
        close(door->listeners[i]);
    }
    atomic_store(&door->shut, true);
}

static bool is_listener(const Door *door, const void *what)
{
    const int *one = what;
    return one >= door->listeners && one < door->listeners + HTTP_LISTENERS_MAX;
}

/* Those who wait first: to accept may cut some of them. */
static void handle(Door *door, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        Slot *slot = events[i].data.ptr;
        uint64_t drained;
        if (!slot) {
            while (read(door->wake, &drained, sizeof(drained)) > 0)
                continue;
            atomic_store(&door->full, false);
        } else if (linger_is(door, slot)) {
            linger_look(door, (Linger *)(void *)slot);
        } else if (!is_listener(door, slot)) {
            if (slot->connection)
                resume(door, slot, false);
            else
                look_at_silent(door, slot);
        }
    }
    for (int i = 0; i < count; i++) {
        if (is_listener(door, events[i].data.ptr) && atomic_load(&door->accepting))
            accept_some(door, *(int *)events[i].data.ptr);
    }
}

static bool somebody_waits(Door *door)
{
    pthread_mutex_lock(&door->lock);
    bool some = door->silent.count || door->handshakes.count;
    pthread_mutex_unlock(&door->lock);
    return some;
}

static void *run(void *arg)
{
    Door *door = arg;
    struct epoll_event events[EVENTS];
    while (!atomic_load(&door->ending)) {
        bool accepting = atomic_load(&door->accepting);
        if (!accepting && !atomic_load(&door->shut))
            shut(door);
        watch_listeners(door, accepting && !atomic_load(&door->full));
        int count = epoll_wait(door->poll, events, EVENTS, TICK_MS);
        handle(door, events, count);
        if (somebody_waits(door))
            cut_the_slow(door);
        linger_end_all(door, time_monotonic() - LINGER_MS * TIME_MS);
    }
    return NULL;
}

/* ---- life
 * ------------------------------------------------------------------------------------------- */

Status door_open(Door *door)
{
    struct epoll_event event = {.events = EPOLLIN};
    pthread_mutex_init(&door->lock, NULL);
    for (size_t i = 0; i < DOOR_LINGERS_MAX; i++)
        door->lingers[i].fd = -1;
    atomic_store(&door->accepting, true);
    door->poll = epoll_create1(EPOLL_CLOEXEC);
    door->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    bool good = door->poll >= 0 && door->wake >= 0 &&
                epoll_ctl(door->poll, EPOLL_CTL_ADD, door->wake, &event) == 0;
    if (good && pthread_create(&door->thread, NULL, run, door) == 0)
        return STATUS_OK;
    close(door->poll);
    close(door->wake);
    return STATUS_MEMORY;
}

void door_shut(Door *door)
{
    atomic_store(&door->accepting, false);
    wake(door);
    while (!atomic_load(&door->shut))
        usleep(1000);
}

void door_remove(Door *door)
{
    pthread_mutex_lock(&door->lock);
    door->closed = true;
    pthread_mutex_unlock(&door->lock);
    atomic_store(&door->ending, true);
    wake(door);
    pthread_join(door->thread, NULL);
    for (Slot *slot; (slot = door->silent.first);) {
        let_go(door, &door->silent, slot);
        drop(door, slot);
    }
    while (door->handshakes.first)
        resume(door, door->handshakes.first, true);
    linger_end_all(door, INT64_MAX);
    close(door->poll);
}
