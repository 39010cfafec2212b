/* cli/control_frames.c - what goes over the socket beside the store, and where it is. */
#include "cli/control_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/files.h"

/* ---- frames --------------------------------------------------------------------------- */

static bool send_all(int fd, const void *bytes, size_t len)
{
    for (const char *at = bytes; len;) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        len -= (size_t)sent;
    }
    return true;
}

bool control_send(int fd, char kind, Str payload)
{
    assert(payload.len <= FRAME_BYTES_MAX);
    uint32_t len = (uint32_t)payload.len;
    uint8_t head[FRAME_HEAD_BYTES] = {(uint8_t)kind, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
                                      (uint8_t)(len >> 8), (uint8_t)len};
    return send_all(fd, head, sizeof(head)) && send_all(fd, payload.at, payload.len);
}

static bool receive_all(int fd, void *bytes, size_t len)
{
    for (char *at = bytes; len;) {
        ssize_t got = recv(fd, at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

bool control_receive(int fd, Frame *frame)
{
    uint8_t head[FRAME_HEAD_BYTES];
    if (!receive_all(fd, head, sizeof(head)))
        return false;
    size_t len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (len > FRAME_BYTES_MAX || !receive_all(fd, frame->room, len))
        return false;
    frame->kind = (char)head[0];
    frame->payload = str_n(frame->room, len);
    return true;
}

void control_deadlines(int fd, time_t receive_s)
{
    struct timeval receive = {.tv_sec = receive_s}, talk = {.tv_sec = TALK_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof(receive));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &talk, sizeof(talk));
}

/* ---- where it is ---------------------------------------------------------------------- */

Str control_path(Cli *cli)
{
    return cli_store_neighbour(cli, ".sock");
}

bool control_address(Cli *cli, Str path, struct sockaddr_un *ret_address, int *ret_folder)
{
    Str folder = arena_str(cli->cx.arena, cli_file_folder(path));
    size_t name = path.len;
    while (name && path.at[name - 1] != '/')
        name--;
    *ret_folder = folder.at ? open(folder.at, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (*ret_folder < 0)
        return false;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int len = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/%s",
                       *ret_folder, path.at + name);
    if (len > 0 && (size_t)len < sizeof(ret_address->sun_path))
        return true;
    close(*ret_folder);
    errno = ENAMETOOLONG;
    return false;
}

bool control_peer_is(int fd, uid_t one, uid_t other)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == one || peer.uid == other || peer.uid == 0);
}
