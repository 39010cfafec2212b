/* http/request.h - one request on its way through the server; private to http/.
 *
 *   NEW -> RECEIVING -> (here | worker) -> prepare -> submit -> READY -> respond
 *                             ^                         |
 *                             +-- somebody was faster --+
 *
 * A request belongs to one thread at a time: the event thread of its connection, or a
 * worker, or (for the moment of `done`) the store's writer. Its connection is suspended
 * whenever that is not the event thread. */
#ifndef ACESO_HTTP_REQUEST_H
#define ACESO_HTTP_REQUEST_H

#include <microhttpd.h>

#include "http/http.h"
#include "http/worker.h"

typedef struct Request Request;
typedef struct Route Route;

/* Fills rq->reply and, when it is not FHIR, rq->content_type; what the route needs has
 * been checked. */
typedef Status (*Handler)(Request *rq);

typedef enum {
    REQUEST_NEW,       /* the request line is known */
    REQUEST_RECEIVING, /* the headers were accepted, the body comes in */
    REQUEST_WAITING,   /* a worker or the writer has it */
    REQUEST_READY,     /* the answer may leave */
} RequestState;

enum {
    REQUEST_ARGS_MAX = 3,
    REQUEST_HEADERS_MAX = 8,
    REQUEST_TRIES_MAX = 8,            /* prepared again after a conflict */
    REQUEST_IN_PLACE_MAX = 64 * 1024, /* larger bodies are parsed on a worker */
    REQUEST_RETRY_COPY_MAX = 8 << 20, /* larger bodies cannot be prepared again */
    REQUEST_SMALL_MAX = 64 * 1024,    /* sign-in, forms: more is refused */
    REQUEST_STRANGER_MAX = 8 * 1024,  /* of somebody who has not signed in */
    REQUEST_CLIENT_MAX = 24 * 1024,   /* of a program: a token that it signed */
    REQUEST_DROPPED_MAX = 1 << 20,    /* of a refused body: read and dropped up to here */
};

/* The headers that mean something here; read in one pass. */
typedef enum {
    HEADER_ACCEPT,
    HEADER_ACCESS_CONTROL_REQUEST_METHOD,
    HEADER_ACCEPT_ENCODING,
    HEADER_AUTHORIZATION,
    HEADER_CLIENT_CERT,
    HEADER_CONTENT_ENCODING,
    HEADER_CONTENT_LENGTH,
    HEADER_CONTENT_TYPE,
    HEADER_COOKIE,
    HEADER_EXPECT,
    HEADER_HOST,
    HEADER_IF_MATCH,
    HEADER_IF_MODIFIED_SINCE,
    HEADER_IF_NONE_EXIST,
    HEADER_IF_NONE_MATCH,
    HEADER_IF_RANGE,
    HEADER_LAST_EVENT_ID,
    HEADER_ORIGIN,
    HEADER_PREFER,
    HEADER_RANGE,
    HEADER_SEC_FETCH_SITE,
    HEADER_TRANSFER_ENCODING,
    HEADER_X_REQUEST_ID,
    HEADER_X_SECURITY_CONTEXT,
    HEADER_COUNT,
} Header;

typedef struct {
    const char *name;
    const char *value;
} AnswerHeader;

/* What a page of another origin may have of the answer (cors.h). */
typedef enum {
    CORS_CLOSED,  /* nothing: no other origin asks, or the address is not for other pages */
    CORS_UNKNOWN, /* nothing, because no program that is known here has that origin */
    CORS_KNOWN,
    CORS_ANYBODY,
} Cors;

struct Request {
    Work work; /* must be first: the workers' queue links it */
    Http *http;
    struct MHD_Connection *connection;
    Arena *home;    /* target, headers, body: until the answer has left */
    Arena *scratch; /* the work of one try; cleared before the next */
    RequestState state;
    bool working; /* counted in http->working */
    bool suspended;
    bool unaudited; /* refused: the entry comes before the answer */
    bool submitted; /* reply.commit went to the store */
    Time started;

    /* what was asked */
    Str target; /* as it came, percent-encoded */
    Str path, query;
    Str method;
    Str given[HEADER_COUNT];    /* values, or empty */
    bool closes;                /* the connection ends with this answer */
    bool broken_headers;        /* one that may come once came twice */
    const Route *route;         /* NULL until found, and for refusals before that */
    Str args[REQUEST_ARGS_MAX]; /* decoded segments of the pattern's {names} */
    bool local;                 /* from this machine */
    Cors cors;
    bool pretty;

    /* its body */
    size_t body_room, body_max;
    size_t body_counted; /* what it took from the allowance of all bodies */
    size_t body_dropped;
    Body body;
    Str original; /* kept for another try; at = NULL when there is none */

    /* the work */
    Ctx cx;
    Call call;
    Reply reply;
    Str cookie;          /* of a browser, or empty */
    AuthSession session; /* its session; of no meaning for programs */
    unsigned tries;
    StoreWish wish;            /* of a read: the row that it waits for */
    struct Upload *upload;     /* a large document that comes in pieces: upload.h; or NULL */
    struct Download *download; /* one that goes out so; or NULL */
    struct LiveStream *stream; /* whose answer goes on: serve_live.c; or NULL */

    /* the answer */
    unsigned http_status; /* 0 = take it from reply */
    Str answer;
    const char *content_type; /* NULL = application/fhir+json */
    bool gzipped;
    bool large;         /* it holds http->large */
    bool public_answer; /* nothing personal: the handler says how to cache it */
    AnswerHeader headers[REQUEST_HEADERS_MAX];
    size_t header_count;
    bool says_when; /* Retry-After is among them */
};

/* request.c: life. */
Request *request_new(Http *http, struct MHD_Connection *connection, const char *target);
void request_end(Request *rq);
/* An additional header of the answer; both strings must outlive the request. */
void request_header(Request *rq, const char *name, const char *value);
/* Makes the answer an OperationOutcome from status and the issues so far. */
void request_refuse(Request *rq, Status status);

/* begin.c: the headers are complete: target, route, who, what kind of body. */
Status request_begin(Request *rq, const char *method);

/* body.c */
Status request_body_begin(Request *rq);
/* *len: what it did not take. Then the connection is suspended, the rest comes again, and the
 * request is another thread's. */
Status request_body_add(Request *rq, const char *bytes, size_t *len);
/* The body is complete: keeps what another try needs. */
Status request_body_end(Request *rq);

/* work.c: true: the request is READY. false: its connection is suspended, another thread has
 * it, and the caller must not look at it any more. */
bool request_run(Request *rq);
/* The connection waits for another thread, which ends that as the last thing that it does with the
 * request. */
void request_suspend(Request *rq);
void request_resume(Request *rq, RequestState state);
/* A document turns out to be large: may it come? Asked on a worker; the connection is suspended. */
void request_open_upload(Request *rq);
/* Makes the audit entry of a refusal durable; false when there is nothing to wait for. */
bool request_audit_refusal(Request *rq);

/* respond.c: hands the answer to libmicrohttpd. */
enum MHD_Result request_respond(Request *rq);

#endif
