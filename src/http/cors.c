/* http/cors.c - the headers of CORS. */
#include "http/cors.h"

#include "http/routes.h"
#include "http/server.h"
#include "oauth/oauth.h"

static const char request_headers[] =
    "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, "
    "If-None-Match, Prefer, X-Request-Id";
static const char answer_headers[] =
    "ETag, Last-Modified, Location, Retry-After, WWW-Authenticate, X-Request-Id";

/* By path, since a question before the request has a method of its own. The longest first. */
static const struct {
    Str path; /* with what stands below it */
    bool anybody;
} open_paths[] = {
    {STR_INIT("/fhir/metadata"), true},
    {STR_INIT("/fhir/.well-known/smart-configuration"), true},
    {STR_INIT("/.well-known/"), true},
    {STR_INIT("/oauth/jwks"), true},
    {STR_INIT("/fhir"), false},
    {STR_INIT("/oauth/token"), false},
    {STR_INIT("/oauth/introspect"), false},
    {STR_INIT("/oauth/revoke"), false},
    {STR_INIT("/oauth/userinfo"), false},
    {STR_INIT("/oauth/register"), false},
};

void cors_look(Request *rq)
{
    Str origin = rq->given[HEADER_ORIGIN];
    rq->cors = CORS_CLOSED;
    if (!origin.len || !rq->http->options.oauth)
        return;
    for (size_t i = 0; i < COUNT_OF(open_paths); i++) {
        if (!str_has_prefix(rq->path, open_paths[i].path))
            continue;
        if (open_paths[i].anybody)
            rq->cors = CORS_ANYBODY;
        else if (oauth_knows_origin(rq->http->options.oauth, origin))
            rq->cors = CORS_KNOWN;
        else
            rq->cors = CORS_UNKNOWN;
        return;
    }
}

bool cors_preflight(Request *rq, Str allow)
{
    if (!rq->given[HEADER_ACCESS_CONTROL_REQUEST_METHOD].len || rq->cors == CORS_CLOSED ||
        rq->cors == CORS_UNKNOWN)
        return false;
    Str methods = arena_str(rq->home, allow);
    if (!methods.at)
        return false;
    request_header(rq, "Access-Control-Allow-Methods", methods.at);
    request_header(rq, "Access-Control-Allow-Headers", request_headers);
    request_header(rq, "Access-Control-Max-Age", "600");
    return true;
}

void cors_headers(Request *rq, struct MHD_Response *response)
{
    if (rq->cors == CORS_CLOSED)
        return;
    if (rq->cors != CORS_ANYBODY) /* the answer to one page is not the answer to another */
        (void)MHD_add_response_header(response, "Vary", "Origin");
    if (rq->cors == CORS_UNKNOWN)
        return;
    Str origin = rq->cors == CORS_ANYBODY ? STR("*") : rq->given[HEADER_ORIGIN];
    Str text = arena_str(rq->home, origin);
    if (!text.at)
        return;
    (void)MHD_add_response_header(response, "Access-Control-Allow-Origin", text.at);
    (void)MHD_add_response_header(response, "Access-Control-Expose-Headers", answer_headers);
}
