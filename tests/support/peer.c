/* peer.c - another server, and a certificate authority of ten lines. */
#include "support/peer.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { QUESTION_BYTES_MAX = 1 << 20, WAIT_S = 60 };

struct Peer {
    int listener;
    uint16_t port;
    char origin[40], ca_file[128];
    SSL_CTX *tls;
    PeerTold told;
    void *of;
    pthread_t thread;
    atomic_bool stopping;
    atomic_uint requests, connections;
};

/* ---- certificates --------------------------------------------------------------------------- */

static X509 *certify(EVP_PKEY *key, const char *name, const char *names, X509 *ca, EVP_PKEY *by,
                     bool expired)
{
    static long serial = 1;
    X509V3_CTX about;
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
    X509_gmtime_adj(X509_getm_notAfter(cert), expired ? -3600 : 86400);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(ca ? ca : cert));
    X509V3_set_ctx(&about, ca ? ca : cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid(NULL, &about, ca ? NID_subject_alt_name : NID_basic_constraints,
                            ca ? names : "critical,CA:TRUE");
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(cert, by, EVP_sha256());
    return cert;
}

static void make_tls(Peer *peer, PeerKind kind)
{
    const char *names = kind == PEER_TLS_OTHER_NAME
                            ? "DNS:other.example.org"
                            : "DNS:localhost,DNS:peer.example.org,IP:127.0.0.1";
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = certify(ca_key, "Test CA", NULL, NULL, ca_key, false);
    X509 *cert = certify(key, "peer", names, ca, ca_key, kind == PEER_TLS_EXPIRED);
    const char *tmp = getenv("TMPDIR");
    snprintf(peer->ca_file, sizeof(peer->ca_file), "%s/aceso-ca-XXXXXX", tmp ? tmp : "/tmp");
    FILE *file = fdopen(mkstemp(peer->ca_file), "w");
    PEM_write_X509(file, ca);
    fclose(file);
    peer->tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(peer->tls, cert);
    SSL_CTX_use_PrivateKey(peer->tls, key);
    X509_free(ca);
    X509_free(cert);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
}

/* ---- one connection ------------------------------------------------------------------------- */

typedef struct {
    int fd;
    SSL *tls;
} Line;

static long line_read(Line *line, char *to, size_t room)
{
    return line->tls ? SSL_read(line->tls, to, (int)room) : read(line->fd, to, room);
}

static void line_write(Line *line, Str text)
{
    for (size_t done = 0; done < text.len;) {
        long more = line->tls ? SSL_write(line->tls, text.at + done, (int)(text.len - done))
                              : write(line->fd, text.at + done, text.len - done);
        if (more <= 0)
            return;
        done += (size_t)more;
    }
}

static size_t body_length(Str head)
{
    uint64_t length = 0;
    while (head.at && head.len) {
        Str line = str_cut(&head, '\n'), name = str_cut(&line, ':');
        if (str_eq_nocase(name, STR("content-length")) && str_to_u64(str_trim(line), &length))
            return length;
    }
    return 0;
}

static bool read_question(Line *line, Arena *arena, PeerQuestion *ret_question)
{
    Buf buf;
    buf_init(&buf, arena, 4096, QUESTION_BYTES_MAX);
    for (;;) {
        char *end = buf.len ? memmem(buf.at, buf.len, "\r\n\r\n", 4) : NULL;
        Str head = end ? str_n(buf.at, (size_t)(end - buf.at)) : STR_EMPTY;
        if (end && buf.len >= head.len + 4 + body_length(head)) {
            *ret_question = (PeerQuestion){.body = str_from(buf_str(&buf), head.len + 4)};
            Str first = str_cut(&head, '\n');
            ret_question->head = head.at ? head : STR_EMPTY;
            ret_question->method = str_cut(&first, ' ');
            ret_question->target = str_cut(&first, ' ');
            return true;
        }
        char *room = buf_reserve(&buf, 4096);
        long more = room ? line_read(line, room, 4096) : 0;
        if (more <= 0)
            return false;
        buf.len += (size_t)more;
    }
}

static void converse(Peer *peer, int fd)
{
    struct timeval wait = {.tv_sec = WAIT_S};
    Line line = {.fd = fd};
    PeerQuestion question;
    Arena *arena = arena_new((size_t)16 << 20, false);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (peer->tls) {
        line.tls = SSL_new(peer->tls);
        SSL_set_fd(line.tls, fd);
    }
    if ((!line.tls || SSL_accept(line.tls) == 1) && read_question(&line, arena, &question)) {
        atomic_fetch_add(&peer->requests, 1);
        line_write(&line, peer->told(peer->of, arena, &question));
        if (line.tls)
            SSL_shutdown(line.tls);
    }
    SSL_free(line.tls);
    close(fd);
    arena_free(arena);
}

static void *listen_on(void *of)
{
    Peer *peer = of;
    while (!atomic_load(&peer->stopping)) {
        struct pollfd ready = {.fd = peer->listener, .events = POLLIN};
        if (poll(&ready, 1, 20) <= 0)
            continue;
        int fd = accept(peer->listener, NULL, NULL);
        if (fd < 0)
            continue;
        atomic_fetch_add(&peer->connections, 1);
        converse(peer, fd);
    }
    return NULL;
}

/* ---- life ----------------------------------------------------------------------------------- */

Peer *peer_start(PeerKind kind, PeerTold told, void *of)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    Peer *peer = calloc(1, sizeof(*peer));
    signal(SIGPIPE, SIG_IGN);
    peer->told = told;
    peer->of = of;
    if (kind != PEER_PLAIN)
        make_tls(peer, kind);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = bind(peer->listener, (struct sockaddr *)&at, sizeof(at)) == 0 &&
                listen(peer->listener, 64) == 0 &&
                getsockname(peer->listener, (struct sockaddr *)&at, &len) == 0;
    assert(good);
    peer->port = ntohs(at.sin_port);
    snprintf(peer->origin, sizeof(peer->origin), "%s://127.0.0.1:%u",
             kind == PEER_PLAIN ? "http" : "https", peer->port);
    good = pthread_create(&peer->thread, NULL, listen_on, peer) == 0;
    assert(good);
    return peer;
}

void peer_stop(Peer *peer)
{
    atomic_store(&peer->stopping, true);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    SSL_CTX_free(peer->tls);
    if (peer->ca_file[0])
        unlink(peer->ca_file);
    free(peer);
}

uint16_t peer_port(const Peer *peer)
{
    return peer->port;
}

Str peer_origin(const Peer *peer)
{
    return str_of(peer->origin);
}

Str peer_ca_file(const Peer *peer)
{
    return str_of(peer->ca_file);
}

unsigned peer_requests(const Peer *peer)
{
    return atomic_load(&peer->requests);
}

unsigned peer_connections(const Peer *peer)
{
    return atomic_load(&peer->connections);
}

Str peer_answer(Arena *arena, unsigned http, Str type, Str head, Str body)
{
    return arena_format(arena,
                        "HTTP/1.1 %u Said\r\nContent-Type: " STR_FMT "\r\nContent-Length: %zu\r\n"
                        "Connection: close\r\n" STR_FMT "\r\n" STR_FMT,
                        http, STR_ARG(type), body.len, STR_ARG(head), STR_ARG(body));
}
