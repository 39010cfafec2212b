/* http/http.h - the server: sockets, TLS, limits, routes, answers.
 *
 * The only home of libmicrohttpd and zlib. It knows how a request travels, not what a
 * resource is: the chart is behind record.h, sign-in behind auth.h.
 *
 * SPEC RFC 9110, RFC 9112, R4 http.html */
#ifndef ACESO_HTTP_H
#define ACESO_HTTP_H

#include "auth/auth.h"
#include "base/base.h"
#include "cache/limit.h"
#include "jobs/jobs.h"
#include "oauth/oauth.h"
#include "record/operation.h"

enum { HTTP_LISTENERS_MAX = 8 };

typedef struct {
    int listeners[HTTP_LISTENERS_MAX]; /* sockets that listen already, http's from here on; */
    size_t listener_count;             /* 0 = opens one at address and port */
    bool reuse_port;                   /* others may listen at the same address and port */
    bool proxied;  /* a load balancer in front says who each client is: PROXY protocol */
    Str address;   /* "localhost", "127.0.0.1", "::", ...; empty = localhost */
    uint16_t port; /* 0 = any free one, see http_port() */
    bool tls;
    Str certificate_pem; /* chain and key, when tls is set */
    Str key_pem;
    Str tls_priority;          /* GnuTLS priority string; empty = TLS 1.2 and 1.3 */
    Str base_url;              /* "https://chart.example.org" for links; empty = from Host */
    unsigned threads;          /* event threads; 0 = one per core */
    unsigned workers;          /* threads for slow work; 0 = one per core, two spare */
    bool work_waits;           /* for a database elsewhere; else more than cores are spare */
    unsigned worker_queue_max; /* waiting requests before 503; 0 = 512 */
    unsigned connections_max;  /* 0 = 15,000 */
    unsigned connections_per_address_max; /* 0 = no own limit */
    unsigned idle_seconds;                /* a silent connection is closed; 0 = 60 */
    unsigned request_seconds;             /* limit of one request; 0 = 60 */
    unsigned bundle_seconds;              /* the same for bundles; 0 = 600 */
    size_t header_bytes_max;              /* request line and headers; 0 = 16 KB */
    size_t body_bytes_max;                /* a resource; 0 = 16 MB */
    size_t bundle_bytes_max;              /* a bundle; 0 = 100 MB */
    size_t file_bytes_max;                /* a document; 0 = 100 MB */
    size_t bodies_bytes_max;              /* all bodies in memory at once; 0 = 512 MB */
    size_t memory_bytes_max; /* what one request may use beside 6 times its body; 0 = 64 MB */
    bool gzip;               /* compress answers for clients that ask */
    bool metrics_local;      /* /metrics without a token from this machine */
    bool log_requests;       /* one line per request */
    Events *events;          /* of this node, and of others; or NULL */
    Cache *cache;            /* what /healthz and /metrics tell of; or NULL */
    Limits *account_limits;  /* requests of one account or token; or NULL */
    Limits *address_limits;  /* of one address that has not signed in; or NULL */
    Oauth *oauth;            /* programs that people let in; or NULL: none */
    const OperationSet *operations; /* of the modules above the record; must outlive the server */
    size_t operation_count;
    Jobs *jobs; /* for /metrics and /healthz; or NULL */
    /* The door for identity cards: asks for a certificate, and has this one address only. */
    bool card_door;
    Str card_roots_pem;          /* what TLS says whose certificates are meant */
    const Str *card_header_from; /* addresses of proxies whose Client-Cert header is believed; */
    size_t card_header_count;    /* must outlive the server; 0: nobody's */
} HttpOptions;

typedef struct Http Http;

/* Starts to serve; strings are copied. The issue says why not: the port is taken, the
 * certificate cannot be read. */
Status http_start(Ctx *cx, const HttpOptions *options, Record *record, Auth *auth,
                  Http **ret_http) MUST_USE;
uint16_t http_port(const Http *http);

/* The sockets it listens on, for who comes after it. */
size_t http_listeners(const Http *http, int ret_sockets[HTTP_LISTENERS_MAX]);

/* Ends in good order, in three steps:
 *
 *   1. every answer says `Connection: close`. For `drain_seconds`, or until no connection from
 *      before is left, everything is served as ever: who keeps a connection learns with the
 *      answer to a next request that it ends, and no request meets a closed door;
 *   2. accepts no more. What was accepted during step 1 is answered;
 *   3. lets requests in flight finish for at most `seconds`, closes.
 *
 * False when some did not finish: then the process must end without another word to them. */
bool http_stop(Http *http, unsigned drain_seconds, unsigned seconds);

/* ping.c: whether the server with these address, port, tls and proxied, on this machine, answers
 * 200 to /healthz. The issue says why not. */
Status http_ping(Ctx *cx, const HttpOptions *options, unsigned seconds) MUST_USE;

#endif
