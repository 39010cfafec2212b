/* http/ping.c - asks a server on this machine for its /healthz, as a load balancer would.
 *
 * For checks in images that have no other client. The certificate is not looked at: whoever
 * answers on this machine's own port says nothing but yes or no. */
#include "http/http.h"

#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char question[] =
    "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
static const char introduction[] = "PROXY UNKNOWN\r\n";

enum { ANSWER_BYTES = 4096 };

static bool send_all(int fd, const char *bytes, size_t len)
{
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool says_200(Str answer)
{
    return str_has_prefix(answer, STR("HTTP/1.1 200"));
}

static bool ask_plainly(int fd)
{
    char answer[ANSWER_BYTES];
    if (!send_all(fd, question, sizeof(question) - 1))
        return false;
    ssize_t got = recv(fd, answer, sizeof(answer), MSG_WAITALL);
    return got > 0 && says_200(str_n(answer, (size_t)got));
}

static bool ask_in_session(gnutls_session_t session)
{
    char answer[ANSWER_BYTES];
    int result;
    do {
        result = gnutls_handshake(session);
    } while (result < 0 && !gnutls_error_is_fatal(result) && result != GNUTLS_E_AGAIN);
    if (result < 0 || gnutls_record_send(session, question, sizeof(question) - 1) < 0)
        return false;
    ssize_t got = gnutls_record_recv(session, answer, sizeof(answer));
    return got > 0 && says_200(str_n(answer, (size_t)got));
}

static bool ask_in_secret(int fd)
{
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    if (gnutls_certificate_allocate_credentials(&credentials) < 0)
        return false;
    bool good = gnutls_init(&session, GNUTLS_CLIENT) == 0;
    if (good) {
        gnutls_set_default_priority(session);
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
        gnutls_transport_set_int(session, fd);
        good = ask_in_session(session);
        gnutls_deinit(session);
    }
    gnutls_certificate_free_credentials(credentials);
    return good;
}

/* "::" and "0.0.0.0" are where one listens, not whom one asks. */
static struct addrinfo *find(Ctx *cx, const HttpOptions *options)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    Str host = options->address;
    if (!host.len || str_eq(host, STR("localhost")) || str_eq(host, STR("0.0.0.0")))
        host = STR("127.0.0.1");
    else if (str_eq(host, STR("::")))
        host = STR("::1");
    Str service = arena_format(cx->arena, "%u", options->port);
    host = arena_str(cx->arena, host);
    if (!host.at || !service.at || getaddrinfo(host.at, service.at, &hints, &list))
        return NULL;
    return list;
}

static int reach(const struct addrinfo *to, unsigned seconds)
{
    struct timeval limit = {.tv_sec = seconds};
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return fd;
    close(fd);
    return -1;
}

Status http_ping(Ctx *cx, const HttpOptions *options, unsigned seconds)
{
    struct addrinfo *to = find(cx, options);
    int fd = to ? reach(to, seconds) : -1;
    if (to)
        freeaddrinfo(to);
    if (fd < 0)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Nobody listens there.");
    bool good = !options->proxied || send_all(fd, introduction, sizeof(introduction) - 1);
    good = good && (options->tls ? ask_in_secret(fd) : ask_plainly(fd));
    close(fd);
    if (good)
        return STATUS_OK;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "It does not answer that all is well.");
}
