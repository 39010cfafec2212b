/* http/limit.c - one request more of somebody. /healthz and /metrics are not counted: those who
 * watch over a server that is flooded need them most. */
#include "http/limit.h"

#include <arpa/inet.h>

#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"

/* A household or a host has a whole /64 of IPv6. */
static Str network_of(Str address, uint8_t bytes[16])
{
    char text[INET6_ADDRSTRLEN];
    if (address.len >= sizeof text)
        return address;
    memcpy(text, address.at, address.len);
    text[address.len] = '\0';
    return inet_pton(AF_INET6, text, bytes) == 1 ? str_n((char *)bytes, 8) : address;
}

Status limit_check(Request *rq)
{
    const HttpOptions *options = &rq->http->options;
    const Access *access = rq->call.access;
    uint8_t bytes[16];
    if (rq->route->handler == serve_health || rq->route->handler == serve_metrics)
        return STATUS_OK;
    unsigned wait_s =
        access ? limits_take(options->account_limits, access_account(access))
               : limits_take(options->address_limits, network_of(rq->call.address, bytes));
    if (!wait_s)
        return STATUS_OK;
    Str seconds = arena_format(rq->home, "%u", wait_s);
    if (seconds.at) {
        request_header(rq, "Retry-After", seconds.at);
        rq->says_when = true;
    }
    ctx_forget(&rq->cx); /* who it is does not matter */
    return ctx_fail(&rq->cx, STATUS_LOCKED_OUT, STR_EMPTY,
                    "Too many requests. Try again in %u seconds.", wait_s);
}
