/* net/net.h - asking other servers over HTTP. The home of libcurl for it (mail has SMTP).
 *
 * Many addresses that Aceso is to ask come from strangers: a program registers where its keys are.
 * So that nobody makes it ask the servers behind the firewall (server-side request forgery), every
 * address is judged three times: as text (url.c: few forms, those that two readers could
 * understand differently are refused), as the number that a socket is about to be connected to
 * (address.c: only what is reachable for everybody), and as the peer that the socket then has. So
 * it does not matter what a name server answers, or how often it changes its mind.
 *
 * A site lets servers of its own in by name: setting `outgoing_hosts`. Nothing of the environment
 * is read: no proxy, no .netrc. Redirects are followed only where the caller wants them; each hop
 * is judged anew. Any thread. docs/adr/0128; SPEC RFC 3986, RFC 6890, RFC 9110 */
#ifndef ACESO_NET_H
#define ACESO_NET_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/base.h"

enum {
    NET_URL_BYTES_MAX = 2048,
    NET_HOST_BYTES_MAX = 253, /* RFC 1035 */
    NET_HOSTS_MAX = 64,       /* names in outgoing_hosts */
    NET_HEADERS_MAX = 16,
    NET_HEAD_BYTES_MAX = 32 * 1024,
    NET_REDIRECTS_MAX = 5,
    NET_TIMEOUT_MS = 10000, /* when a request names none */
    NET_CONNECT_MS = 5000,
};

/* ---- what a site allows ----------------------------------------------------------------------
 */

/* A server that may be asked wherever it is: its name, or its number as text. */
typedef struct {
    Str host;      /* small letters; IPv6 without brackets */
    unsigned port; /* 0: 80 and 443 */
} NetHost;

typedef struct {
    NetHost hosts[NET_HOSTS_MAX];
    size_t host_count;
    Str ca_file;   /* PEM: certificates that are trusted beside the system's; or empty */
    Str answers;   /* tests: what a name server says, "name:port:address,address"; or empty */
    bool any_port; /* tests: a listener of theirs has no port that is usual */
} NetSite;

/* "keycloak.example.org, fhir.lan:8080, [fd00::1]:8443": STATUS_INVALID with an issue. What is
 * returned lives in the arena of cx. */
Status net_site_read(Ctx *cx, Str hosts, Str ca_file, NetSite *ret_site) MUST_USE;

/* ---- judging ---------------------------------------------------------------------------------
 */

typedef struct {
    bool tls;
    Str host; /* small letters; IPv6 without brackets */
    unsigned port;
    Str target; /* "/path?query" */
    Str whole;  /* as it is asked for: written anew from the parts */
    bool is_address;
    bool named; /* by the site: whatever address it has */
} NetUrl;

/* Whether an address (AF_INET, AF_INET6) is one that anybody may reach over the internet: not
 * private, loopback, link-local, shared (CGNAT), multicast, documentation, reserved, nor an IPv6
 * address that stands for such an IPv4 address (mapped, NAT64, 6to4, Teredo, ISATAP). */
bool net_address_is_public(const struct sockaddr *address);

/* Reads and judges an address. STATUS_INVALID with an issue that does not repeat it. `site` may be
 * NULL; `named`: an address of the settings themselves, whose host and port are allowed; or empty.
 * Nothing is asked of a name server. */
Status net_url_judge(Ctx *cx, Str url, const NetSite *site, Str named, NetUrl *ret_url) MUST_USE;

/* ---- asking ----------------------------------------------------------------------------------
 */

typedef enum { NET_GET, NET_POST } NetMethod;

typedef struct {
    Str name, value;
} NetHeader;

typedef struct {
    NetMethod method;
    Str url;
    bool http_too; /* http:// too; else only https:// */
    const NetHeader *headers;
    size_t header_count;
    Str body;              /* of NET_POST */
    size_t body_bytes_max; /* of the answer; must be said */
    unsigned timeout_ms;   /* of all of it, hops too; 0 = NET_TIMEOUT_MS; never past cx->deadline */
    unsigned redirects_max; /* of NET_GET; at most NET_REDIRECTS_MAX */
    const NetSite *site;    /* or NULL: only the public internet */
    Str named;              /* as of net_url_judge; not of what a redirect says */
} NetRequest;

typedef struct {
    unsigned http; /* 200 */
    Str body;
    Str type; /* Content-Type, or empty */
    Str url;  /* which answered: after redirects */
    Str head; /* header lines of the last answer */
} NetResponse;

/* Any answer of a server is STATUS_OK, whatever it says. STATUS_INVALID: the address is refused,
 * and nothing was connected. STATUS_TOO_LARGE: more than body_bytes_max. STATUS_UNAVAILABLE: not
 * reached, no TLS with a certificate that is right, too late. Each with an issue, which does not
 * tell the addresses of the site's network. SLOW */
Status net_fetch(Ctx *cx, const NetRequest *request, NetResponse *ret_response) MUST_USE;

/* The value of a header of the answer, its first line of that name; empty: none. */
Str net_header(const NetResponse *response, Str name);
/* For how many seconds the answer may be kept: max-age of Cache-Control less Age, 0 for no-store
 * and no-cache, `otherwise` when it says nothing. SPEC RFC 9111 4.2.1 */
unsigned net_fresh_s(const NetResponse *response, unsigned otherwise);

#endif
