/* net/fetch.c - one question and its answer, by libcurl.
 *
 * The walls, in their order: the judge of url.c; open_socket, which sees every address that
 * libcurl wants to connect to, whatever a name server answered; before_request, which sees whom
 * the connection is with before a byte of HTTP leaves. */
#include "net/inner.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <unistd.h>

static pthread_once_t started = PTHREAD_ONCE_INIT;
static bool ready;

static void start(void)
{
    ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* One hop. */
typedef struct {
    const NetUrl *url;
    Buf head, body;
    bool refused; /* an address that is not public */
} Hop;

/* ---- walls ---------------------------------------------------------------------------------- */

static curl_socket_t open_socket(void *of, curlsocktype purpose, struct curl_sockaddr *to)
{
    Hop *hop = of;
    if (purpose != CURLSOCKTYPE_IPCXN || to->addrlen > sizeof(struct sockaddr_storage))
        return CURL_SOCKET_BAD;
    if (hop->refused || (!hop->url->named && !net_address_is_public(&to->addr))) {
        hop->refused = true; /* one answer that lies is enough: the others are not tried */
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static int before_request(void *of, char *peer, char *own, int peer_port, int own_port)
{
    Hop *hop = of;
    struct in_addr four;
    struct in6_addr six;
    UNUSED(own);
    UNUSED(own_port);
    bool public =
        inet_pton(AF_INET, peer, &four) == 1
            ? address4_is_public((const uint8_t *)&four)
            : inet_pton(AF_INET6, peer, &six) == 1 && address6_is_public((const uint8_t *)&six);
    hop->refused |= (!hop->url->named && !public) || peer_port != (int)hop->url->port;
    return hop->refused ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- what comes ------------------------------------------------------------------------------
 */

static size_t take(char *bytes, size_t size, size_t count, void *of)
{
    Buf *to = of;
    buf_add(to, bytes, size * count);
    return to->full ? 0 : size * count;
}

/* An answer may be announced (100, 103): only the last head counts. */
static size_t take_header(char *bytes, size_t size, size_t count, void *of)
{
    Buf *to = of;
    if (str_has_prefix(str_n(bytes, size * count), STR("HTTP/")))
        to->len = 0;
    return take(bytes, size, count, of);
}

/* ---- what is asked -------------------------------------------------------------------------- */

static bool is_header_text(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
            return false;
    }
    return true;
}

static struct curl_slist *list_headers(Ctx *cx, const NetRequest *request, bool *ret_good)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no waiting for 100 */
    *ret_good = list != NULL;
    for (size_t i = 0; *ret_good && i < request->header_count; i++) {
        const NetHeader *one = &request->headers[i];
        Str line =
            arena_format(cx->arena, STR_FMT ": " STR_FMT, STR_ARG(one->name), STR_ARG(one->value));
        struct curl_slist *longer = NULL;
        if (line.at && is_header_text(line))
            longer = curl_slist_append(list, line.at);
        *ret_good = longer != NULL;
        list = longer ? longer : list;
    }
    return list;
}

typedef struct {
    Ctx *cx;
    const NetRequest *request;
    struct curl_slist *headers, *answers;
    Time deadline; /* monotonic */
} Asking;

#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (curl_easy_setopt(curl, option, value))                                                 \
            return false;                                                                          \
    } while (0)

static bool set_walls(CURL *curl, const Asking *asking, Hop *hop)
{
    const NetSite *site = asking->request->site;
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, hop);
    SET(CURLOPT_PREREQFUNCTION, before_request);
    SET(CURLOPT_PREREQDATA, hop);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (site && site->ca_file.len)
        SET(CURLOPT_CAINFO, site->ca_file.at);
    if (asking->answers)
        SET(CURLOPT_RESOLVE, asking->answers);
    return true;
}

static bool set_question(CURL *curl, const Asking *asking, Hop *hop)
{
    const NetRequest *request = asking->request;
    Time left = (asking->deadline - time_monotonic()) / TIME_MS;
    if (left < 1)
        left = 1;
    SET(CURLOPT_URL, hop->url->whole.at);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, (long)left);
    SET(CURLOPT_CONNECTTIMEOUT_MS, left < NET_CONNECT_MS ? (long)left : (long)NET_CONNECT_MS);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_HTTPHEADER, asking->headers);
    SET(CURLOPT_USERAGENT, "Aceso");
    if (request->method == NET_POST) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        SET(CURLOPT_POSTFIELDS, request->body.len ? request->body.at : "");
    }
    SET(CURLOPT_WRITEFUNCTION, take);
    SET(CURLOPT_WRITEDATA, &hop->body);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, &hop->head);
    return true;
}

static Status sentence_of(Ctx *cx, const Hop *hop, CURLcode code)
{
    if (hop->refused)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "This address is not one to be asked: it is inside a network, and "
                        "outgoing_hosts does not name it.");
    if (hop->body.full || hop->head.full)
        return ctx_fail(cx, STATUS_TOO_LARGE, STR_EMPTY,
                        "The other server answered more than is taken.");
    return code == CURLE_OK
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                          "The other server could not be asked: %s.", curl_easy_strerror(code));
}

static Status ask_by(CURL *curl, const Asking *asking, Hop *hop, NetResponse *ret_response,
                     Str *ret_next)
{
    Ctx *cx = asking->cx;
    char *next = NULL;
    long http = 0;
    if (!set_walls(curl, asking, hop) || !set_question(curl, asking, hop))
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "libcurl cannot start.");
    TRY(sentence_of(cx, hop, curl_easy_perform(curl)));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &next);
    *ret_response = (NetResponse){.http = (unsigned)http,
                                  .body = buf_str(&hop->body),
                                  .url = hop->url->whole,
                                  .head = buf_str(&hop->head)};
    ret_response->type = net_header(ret_response, STR("Content-Type"));
    *ret_next = next ? arena_str(cx->arena, str_of(next)) : STR_EMPTY;
    return ret_next->at ? STATUS_OK : STATUS_MEMORY;
}

static Status ask(const Asking *asking, const NetUrl *url, NetResponse *ret_response, Str *ret_next)
{
    Ctx *cx = asking->cx;
    Hop hop = {.url = url};
    buf_init(&hop.head, cx->arena, 1024, NET_HEAD_BYTES_MAX);
    buf_init(&hop.body, cx->arena, 0, asking->request->body_bytes_max);
    CURL *curl = ready ? curl_easy_init() : NULL;
    if (!curl)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "libcurl cannot start.");
    Status status = ask_by(curl, asking, &hop, ret_response, ret_next);
    curl_easy_cleanup(curl);
    return status;
}

/* ---- hops ----------------------------------------------------------------------------------- */

static Status judge(const Asking *asking, Str text, Str named, bool http_too, NetUrl *ret_url)
{
    TRY(net_url_judge(asking->cx, text, asking->request->site, named, ret_url));
    if (!ret_url->tls && !http_too)
        return ctx_fail(asking->cx, STATUS_INVALID, STR_EMPTY,
                        "This address is not one to be asked: it does not begin with https://.");
    return STATUS_OK;
}

static bool is_redirect(unsigned http)
{
    return http == 301 || http == 302 || http == 303 || http == 307 || http == 308;
}

/* What was meant for one server (a password in a header) is not for another. */
static void leave_headers(Asking *asking, const NetUrl *from, const NetUrl *to)
{
    if (str_eq(from->host, to->host) && from->port == to->port && from->tls == to->tls)
        return;
    curl_slist_free_all(asking->headers);
    asking->headers = NULL;
}

static Status hop_by_hop(Asking *asking, NetResponse *ret_response)
{
    const NetRequest *request = asking->request;
    NetUrl url, next_url;
    Str next;
    TRY(judge(asking, request->url, request->named, request->http_too, &url));
    for (unsigned hops = 0;; hops++) {
        TRY(ask(asking, &url, ret_response, &next));
        if (request->method != NET_GET || !request->redirects_max || !next.len ||
            !is_redirect(ret_response->http))
            return STATUS_OK;
        if (hops >= request->redirects_max || hops >= NET_REDIRECTS_MAX)
            return ctx_fail(asking->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                            "The other server sends from one address to the next, too often.");
        TRY(judge(asking, next, STR_EMPTY, request->http_too && !url.tls, &next_url));
        leave_headers(asking, &url, &next_url);
        url = next_url;
    }
}

Status net_fetch(Ctx *cx, const NetRequest *request, NetResponse *ret_response)
{
    bool good;
    unsigned ms = request->timeout_ms ? request->timeout_ms : NET_TIMEOUT_MS;
    Asking asking = {.cx = cx, .request = request};
    assert(request->body_bytes_max && request->header_count <= NET_HEADERS_MAX);
    asking.deadline = time_monotonic() + ms * TIME_MS;
    if (cx->deadline && cx->deadline < asking.deadline)
        asking.deadline = cx->deadline;
    pthread_once(&started, start);
    asking.headers = list_headers(cx, request, &good);
    if (request->site && request->site->answers.len)
        asking.answers = curl_slist_append(NULL, request->site->answers.at);
    Status status = good ? hop_by_hop(&asking, ret_response)
                         : ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                                    "A header of a question to another server is not text.");
    curl_slist_free_all(asking.headers);
    curl_slist_free_all(asking.answers);
    return status;
}
