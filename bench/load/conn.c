/* load/conn.c - one socket, plain or TLS, that never blocks.
 *
 * The socket is watched edge-triggered for both directions from its birth, so a request
 * costs one send, one recv and its share of an epoll_wait, and no epoll_ctl. */
#include "load/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/base.h"

enum { READ_ROOM = 64 * 1024 };

bool conn_open(Conn *conn, int epoll)
{
    const Target *target = conn->target;
    conn->fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0)
        return false;
    int on = 1;
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conn->served = 0;
    conn->state = CONN_CONNECTING;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = conn};
    int failed = connect(conn->fd, (const struct sockaddr *)&target->address, target->address_len);
    if ((failed && errno != EINPROGRESS) || epoll_ctl(epoll, EPOLL_CTL_ADD, conn->fd, &event)) {
        conn_close(conn);
        return false;
    }
    if (target->tls) {
        conn->ssl = SSL_new(target->tls_context);
        if (!conn->ssl || !SSL_set_fd(conn->ssl, conn->fd))
            load_fail("TLS could not be set up");
        SSL_set_connect_state(conn->ssl);
    }
    return true;
}

void conn_close(Conn *conn)
{
    SSL_free(conn->ssl);
    conn->ssl = NULL;
    if (conn->fd >= 0)
        close(conn->fd);
    conn->fd = -1;
    conn->state = CONN_CLOSED;
}

void conn_begin(Conn *conn)
{
    conn->sent = 0;
    conn->in.len = 0;
    conn->head_len = 0;
    if (conn->state == CONN_RESTING)
        conn->state = CONN_SENDING;
}

/* > 0 bytes written, 0 would wait, < 0 broken. */
static ssize_t write_some(Conn *conn, Str head, Str tail)
{
    if (conn->ssl) {
        Str piece = head.len ? head : tail;
        size_t wrote;
        int rc = SSL_write_ex(conn->ssl, piece.at, piece.len, &wrote);
        if (rc > 0)
            return (ssize_t)wrote;
        int error = SSL_get_error(conn->ssl, rc);
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    struct iovec pieces[2] = {{(void *)head.at, head.len}, {(void *)tail.at, tail.len}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = tail.len ? 2 : 1};
    ssize_t wrote = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
    return wrote < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : wrote;
}

static Progress send_request(Conn *conn)
{
    Str out = str_n(conn->out.at + conn->out_from, conn->out.len - conn->out_from);
    size_t all = out.len + conn->tail.len;
    while (conn->sent < all) {
        Str head = str_from(out, conn->sent);
        Str tail = conn->sent > out.len ? str_from(conn->tail, conn->sent - out.len) : conn->tail;
        ssize_t wrote = write_some(conn, head, tail);
        if (wrote <= 0)
            return wrote ? PROGRESS_BROKEN : PROGRESS_WAIT;
        conn->sent += (size_t)wrote;
    }
    conn->state = CONN_RECEIVING;
    return PROGRESS_WAIT;
}

/* > 0 bytes read, 0 would wait, < 0 ended or broken. */
static ssize_t read_some(Conn *conn, char *to, size_t room)
{
    if (conn->ssl) {
        size_t got;
        int rc = SSL_read_ex(conn->ssl, to, room, &got);
        if (rc > 0)
            return (ssize_t)got;
        int error = SSL_get_error(conn->ssl, rc);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    ssize_t got = recv(conn->fd, to, room, 0);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return got ? got : -1;
}

static Progress receive_answer(Conn *conn)
{
    for (;;) {
        char *to = buf_reserve(&conn->in, conn->in.room - conn->in.len > 4096 ? 4096 : READ_ROOM);
        if (!to)
            load_fail("an answer is larger than %zu bytes", conn->in.max);
        ssize_t got = read_some(conn, to, conn->in.room - conn->in.len);
        if (got == 0)
            return PROGRESS_WAIT;
        if (got > 0)
            conn->in.len += (size_t)got;
        Progress progress = answer_parse(conn, got < 0);
        if (progress != PROGRESS_WAIT)
            return progress;
    }
}

static Progress shake_hands(Conn *conn)
{
    int rc = SSL_do_handshake(conn->ssl);
    if (rc == 1) {
        conn->state = CONN_SENDING;
        return PROGRESS_WAIT;
    }
    int error = SSL_get_error(conn->ssl, rc);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? PROGRESS_WAIT
                                                                         : PROGRESS_BROKEN;
}

static Progress finish_connect(Conn *conn)
{
    int error = 0;
    socklen_t len = sizeof error;
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof peer;
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len) || error)
        return PROGRESS_BROKEN;
    if (getpeername(conn->fd, (struct sockaddr *)&peer, &peer_len) == 0)
        conn->state = conn->ssl ? CONN_HANDSHAKE : CONN_SENDING;
    return PROGRESS_WAIT;
}

/* An event on a connection that waits for nothing: the server may have closed it. */
static Progress look_at_resting(Conn *conn)
{
    char byte;
    ssize_t got = recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        conn_close(conn);
    return PROGRESS_WAIT;
}

Progress conn_progress(Conn *conn)
{
    Progress progress = PROGRESS_WAIT;
    if (conn->ssl)
        ERR_clear_error(); /* SSL_get_error() looks at the queue */
    if (conn->state == CONN_RESTING)
        return look_at_resting(conn);
    if (conn->state == CONN_CONNECTING)
        progress = finish_connect(conn);
    if (progress == PROGRESS_WAIT && conn->state == CONN_HANDSHAKE)
        progress = shake_hands(conn);
    if (progress == PROGRESS_WAIT && conn->state == CONN_SENDING)
        progress = send_request(conn);
    else if (progress == PROGRESS_WAIT && conn->state == CONN_RECEIVING)
        progress = receive_answer(conn);
    if (progress == PROGRESS_ANSWERED) {
        conn->state = CONN_RESTING;
        conn->served++;
    }
    return progress;
}
