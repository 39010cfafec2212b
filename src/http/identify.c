/* http/identify.c - addresses, cookies, tokens, origins. */
#include "http/identify.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "auth/factors.h"
#include "http/routes.h"
#include "http/server.h"

#define COOKIE_NAME STR("__Host-aceso")

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    }
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

static Status client_address(Request *rq)
{
    char text[INET6_ADDRSTRLEN] = "";
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr)
        return STATUS_OK;
    const struct sockaddr *address = info->client_addr;
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text,
                  sizeof(text));
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, text,
                  sizeof(text));
    else
        return STATUS_OK;
    rq->local = is_loopback(address);
    Str shown = str_of(text);
    if (str_has_prefix(shown, STR("::ffff:")) && str_index(shown, '.') != SIZE_MAX)
        shown = str_from(shown, 7); /* IPv4 on a socket for both */
    rq->call.address = arena_str(rq->home, shown);
    return rq->call.address.at ? STATUS_OK : STATUS_MEMORY;
}

/* host, host:port, [::1]:port: what may stand in a link. */
static bool is_host(Str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == '_' || c == ':' || c == '[' || c == ']';
        if (!fine)
            return false;
    }
    return host.len >= 1 && host.len <= 260;
}

/* "https://host": our own origin as this client sees it. */
static Status own_origin(Request *rq, Str *ret_origin)
{
    const HttpOptions *options = &rq->http->options;
    Str host = rq->given[HEADER_HOST];
    if (options->base_url.len) {
        *ret_origin = options->base_url;
        return STATUS_OK;
    }
    if (host.len == 0) /* HTTP/1.0 */
        host = STR("localhost");
    if (!is_host(host))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "The Host header is not a host name.");
    *ret_origin =
        arena_format(rq->home, "%s://" STR_FMT, options->tls ? "https" : "http", STR_ARG(host));
    return ret_origin->at ? STATUS_OK : STATUS_MEMORY;
}

Status identify_address(Request *rq)
{
    Str origin = STR_EMPTY;
    TRY(client_address(rq));
    TRY(own_origin(rq, &origin));
    char *base = arena_alloc_raw(rq->home, origin.len + 5);
    if (!base)
        return STATUS_MEMORY;
    memcpy(base, origin.at, origin.len);
    memcpy(base + origin.len, "/fhir", 5);
    rq->call.base = str_n(base, origin.len + 5);
    return STATUS_OK;
}

Str identify_cookie(Str header, Str name)
{
    while (header.len) {
        Str value = str_cut(&header, ';');
        Str key = str_trim(str_cut(&value, '='));
        if (str_eq(key, name))
            return value.at ? str_trim(value) : STR_EMPTY;
    }
    return STR_EMPTY;
}

/* A page of somebody else can make a browser send our cookie's request, not our Origin.
 * Same-site cookies, Origin and Sec-Fetch-Site are three locks on one door. */
static Status check_origin(Request *rq)
{
    Str origin = rq->given[HEADER_ORIGIN], site = rq->given[HEADER_SEC_FETCH_SITE];
    Str own = str_head(rq->call.base, rq->call.base.len - 5);
    if (!str_eq_nocase(origin, own) || (site.len && !str_eq(site, STR("same-origin"))))
        return ctx_fail(&rq->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "A browser may write only from this server's own pages: the Origin header "
                        "must be the server's own.");
    return STATUS_OK;
}

/* The app asks its user for what is missing. */
static Status check_session(Request *rq, bool by_cookie)
{
    if (!by_cookie || !rq->session.user.len)
        return ctx_fail(&rq->cx, STATUS_UNAUTHORIZED, STR_EMPTY,
                        "Sign in first, in a browser; a token has no session.");
    if (!str_eq(rq->method, STR("GET")) && !str_eq(rq->method, STR("HEAD")))
        TRY(check_origin(rq));
    if (rq->route->need != NEEDS_STEP_UP)
        return STATUS_OK;
    Status status = auth_need_step_up(rq->http->auth, &rq->cx, &rq->session);
    if (status != STATUS_OK)
        request_header(rq, "Aceso-Needs", "step-up");
    return status;
}

/* Staff without a second factor may do nothing but set one up. */
static Status check_enrolled(Request *rq, bool by_cookie)
{
    if (!by_cookie || !rq->session.must_enrol)
        return STATUS_OK;
    request_header(rq, "Aceso-Needs", "enrol");
    return ctx_fail(&rq->cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "Set up a second factor first: without one this account opens nothing.");
}

static Status check_need(Request *rq, bool by_cookie)
{
    Need need = rq->route->need;
    bool browser = rq->given[HEADER_ORIGIN].len || rq->given[HEADER_SEC_FETCH_SITE].len;
    switch (need) {
    case NEEDS_NOTHING:
    case NEEDS_CARD:
    case NEEDS_CLIENT: return STATUS_OK;
    case NEEDS_ANYBODY:
        if (!rq->call.access)
            return STATUS_OK;
        TRY(access_need_read(&rq->cx, rq->call.access));
        return check_enrolled(rq, by_cookie);
    case NEEDS_OWN_ORIGIN: return browser || by_cookie ? check_origin(rq) : STATUS_OK;
    case NEEDS_READ_OR_LOCAL:
        if (rq->local && rq->http->options.metrics_local)
            return STATUS_OK;
        TRY(access_need_read(&rq->cx, rq->call.access));
        return check_enrolled(rq, by_cookie);
    case NEEDS_SESSION:
    case NEEDS_STEP_UP: return check_session(rq, by_cookie);
    case NEEDS_PERSON: TRY(check_session(rq, by_cookie)); return check_enrolled(rq, by_cookie);
    case NEEDS_READ:
        TRY(access_need_read(&rq->cx, rq->call.access));
        return check_enrolled(rq, by_cookie);
    case NEEDS_WRITE:
        TRY(access_need_read(&rq->cx, rq->call.access));
        TRY(check_enrolled(rq, by_cookie));
        if (by_cookie)
            TRY(check_origin(rq));
        return access_need_write(&rq->cx, rq->call.access);
    }
    return STATUS_FORBIDDEN;
}

/* A cookie that is no session (any more) is nobody, which is enough where nothing is needed:
 * the sign-in page sends it along. */
static Status identify_browser(Request *rq, Str cookie)
{
    rq->cookie = cookie;
    Status status = auth_session(rq->http->auth, &rq->cx, cookie, &rq->call.access, &rq->session);
    Need need = rq->route->need;
    bool needed = need == NEEDS_READ || need == NEEDS_WRITE || need == NEEDS_SESSION ||
                  need == NEEDS_STEP_UP || need == NEEDS_PERSON;
    if (status == STATUS_UNAUTHORIZED && needed && auth_is_locked(rq->http->auth, cookie))
        request_header(rq, "Aceso-Needs", "unlock");
    if (status == STATUS_OK || needed)
        return status;
    rq->call.access = NULL;
    ctx_forget(&rq->cx);
    return STATUS_OK;
}

Status identify_caller(Request *rq)
{
    Str bearer = rq->given[HEADER_AUTHORIZATION];
    Str cookie = identify_cookie(rq->given[HEADER_COOKIE], COOKIE_NAME);
    bool by_cookie = false;
    if (rq->route->need == NEEDS_CLIENT || rq->route->need == NEEDS_CARD)
        return STATUS_OK;
    if (bearer.len) {
        if (!str_eq_nocase(str_head(bearer, 7), STR("Bearer ")))
            return ctx_fail(&rq->cx, STATUS_UNAUTHORIZED, STR_EMPTY,
                            "The Authorization header must be: Bearer and a token.");
        Str token = str_trim(str_from(bearer, 7));
        TRY(auth_bearer(rq->http->auth, &rq->cx, token, &rq->call.access));
    } else if (cookie.len && rq->route->need != NEEDS_NOTHING) {
        TRY(identify_browser(rq, cookie));
        by_cookie = true;
    }
    return check_need(rq, by_cookie);
}
