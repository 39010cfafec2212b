/* load/client.h - many keep-alive HTTP/1.1 connections to one server, on one thread.
 *
 * Built to cost little beside the server it measures: sockets never block, a request is
 * put together in the connection's own buffer, nothing is allocated per request once
 * the buffers have grown. Each connection sends the next request when the last one is
 * answered (closed loop), so a percentile here says what a caller who waits would see.
 *
 * It refuses to be a general HTTP client: no redirects, no proxies, no pipelining. */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "load/meter.h"

typedef struct {
    bool tls;
    Str host;    /* as in the Host header */
    Str name;    /* without the port */
    Str path;    /* "/fhir": no slash at its end */
    Str headers; /* lines that every request carries, each with CRLF */
    SSL_CTX *tls_context;
    struct sockaddr_storage address;
    socklen_t address_len;
} Target;

/* base is http[s]://host[:port][/path]. Says what is wrong and ends the program when the
 * address makes no sense or the name is unknown. */
void target_init(Target *target, Arena *arena, Str base, Str headers, bool insecure);

typedef struct {
    unsigned status;
    bool close; /* the server ends the connection after this answer */
    Str body;   /* valid until the connection's next request */
    Str location;
    Str etag;
    Time took;
} Answer;

typedef struct Conn Conn;
typedef struct Work Work;

/* What the requests of some connections are. */
struct Work {
    /* Builds the next request with the functions below; false when there is none. */
    bool (*next)(Work *work, Conn *conn);
    /* NULL when the answer is as it must be, else what is wrong with it. */
    const char *(*check)(Work *work, Conn *conn, const Answer *answer);
    Meter meter;
};

typedef enum {
    CONN_CLOSED,
    CONN_CONNECTING,
    CONN_HANDSHAKE,
    CONN_SENDING,
    CONN_RECEIVING,
    CONN_RESTING
} ConnState;

struct Conn {
    const Target *target;
    Work *work;
    uint64_t tag; /* the work's own: which thing this request is about */
    ConnState state;
    int fd;
    SSL *ssl;
    Buf out;         /* LOAD_HEAD_ROOM bytes kept free for the head, then the body */
    size_t out_from; /* where the head begins */
    size_t sent;
    Str tail; /* a large body that is sent from where it lies */
    Buf in;
    size_t head_len; /* 0 until the whole head is there */
    size_t body_len;
    size_t chunk_at; /* first byte not yet decoded of a chunked body */
    bool chunked, until_close, replayable;
    Answer answer;
    Time sent_at;
    unsigned served; /* requests answered on this socket */
};

enum { LOAD_HEAD_ROOM = 2048 };

/* request_body() comes first when there is a body; request_send() last. */
Buf *request_body(Conn *conn);
/* method {base}/{type}/{id}; type and id may be empty. */
void request_send(Conn *conn, const char *method, Str type, Str id);
/* method {path}, from the root of the server. */
void request_send_path(Conn *conn, const char *method, Str path);

typedef struct {
    int epoll;
    const Target *target;
    Arena *arena;
    Conn *conns;
    unsigned count, room;
    unsigned failed_in_a_row;
    bool look; /* a connection came to rest: is there still work? */
    Time timeout;
    /* Called between waits when set, at least every 10 ms. */
    void (*each_turn)(void *thing);
    void *thing;
} Loop;

void loop_init(Loop *loop, Arena *arena, const Target *target, unsigned conns_max, Time timeout);
void loop_add(Loop *loop, Work *work, unsigned connections);

/* Sends and receives until `until` (monotonic; 0 = no end) or until no work has a
 * further request. What is under way stays under way. */
void loop_run(Loop *loop, Time until);
/* Lets what is under way come back, sends nothing new. */
void loop_drain(Loop *loop);
void loop_clear(Loop *loop);

/* One request, waited for. false when the server could not be reached or broke off;
 * the body lives in the arena. */
bool client_fetch(const Target *target, Arena *arena, const char *method, Str path, Str body,
                  Answer *ret_answer);

/* Counts an error and shows the first three of the run. */
void load_error(Work *work, const Answer *answer, const char *why);
uint64_t load_errors(void);

/* Says why on stderr and ends the program. */
_Noreturn void load_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
