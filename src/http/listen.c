/* http/listen.c - getaddrinfo, bind, listen. */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int open_one(const struct addrinfo *info, bool shared)
{
    int one = 1, zero = 0;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

uint16_t listen_port(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len))
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port) : 0;
}

Status listen_open(Ctx *cx, Str address, uint16_t port, bool shared, int *ret_fd)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    Str host = arena_str(cx->arena, str_eq(address, STR("localhost")) ? STR("127.0.0.1") : address);
    Str service = arena_format(cx->arena, "%u", port);
    if (!host.at || !service.at)
        return STATUS_MEMORY;
    int failed = getaddrinfo(host.at, service.at, &hints, &list);
    if (failed)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The address \"%s\" cannot be used: %s.",
                        host.at, gai_strerror(failed));
    int fd = -1;
    for (struct addrinfo *info = list; info && fd < 0; info = info->ai_next)
        fd = open_one(info, shared);
    int why = errno;
    freeaddrinfo(list);
    if (fd < 0)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "Cannot listen on %s port %u: %s.", host.at,
                        port, why == EADDRINUSE ? "another program has the port" : strerror(why));
    *ret_fd = fd;
    return STATUS_OK;
}
