/* http/serve_auth.c - sign-in, session, sign-out of browsers.
 *
 * The cookie is __Host-: this host alone, over TLS alone, out of reach of scripts.
 * SPEC RFC 6265bis 4.1.3.2 */
#include "http/request.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"

static Status answer_session(Request *rq, const AuthSession *session)
{
    rq->content_type = "application/json; charset=utf-8";
    rq->reply.http = 200;
    return auth_session_json(&rq->cx, session, &rq->reply.body);
}

static Status read_attempt(Request *rq, AuthAttempt *ret_attempt)
{
    JsonValue *root;
    TRY(json_parse_in_place(&rq->cx, rq->body.at, rq->body.len, &root));
    if (!json_is(json_get(root, STR("user")), JSON_STRING) ||
        !json_is(json_get(root, STR("password")), JSON_STRING))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "Send an object with the strings \"user\" and \"password\".");
    *ret_attempt = (AuthAttempt){.user = json_get_str(root, STR("user")),
                                 .password = json_get_str(root, STR("password")),
                                 .address = rq->call.address,
                                 .old_cookie = rq->cookie};
    return STATUS_OK;
}

static Status set_cookie(Request *rq, Str value, const char *rest)
{
    Str text = arena_format(rq->home,
                            "__Host-aceso=" STR_FMT "; Path=/; Secure; HttpOnly; "
                            "SameSite=Strict%s",
                            STR_ARG(value), rest);
    if (!text.at)
        return STATUS_MEMORY;
    request_header(rq, "Set-Cookie", text.at);
    return STATUS_OK;
}

Status serve_sign_in(Request *rq)
{
    AuthAttempt attempt;
    AuthWelcome welcome = {0};
    TRY(read_attempt(rq, &attempt));
    Status status = auth_sign_in(rq->http->auth, &rq->cx, &attempt, &welcome);
    if (status != STATUS_OK && welcome.retry_after_s) {
        Str seconds = arena_format(rq->home, "%u", welcome.retry_after_s);
        if (seconds.at)
            request_header(rq, "Retry-After", seconds.at);
        rq->says_when = true;
    }
    TRY(status);
    TRY(set_cookie(rq, welcome.cookie, ""));
    return answer_session(rq, &welcome.session);
}

Status serve_sign_out(Request *rq)
{
    TRY(auth_sign_out(rq->http->auth, &rq->cx, rq->cookie, rq->call.address));
    rq->reply.http = 204;
    return set_cookie(rq, STR_EMPTY, "; Max-Age=0");
}

Status serve_session(Request *rq)
{
    if (!rq->cookie.len)
        return ctx_fail(&rq->cx, STATUS_UNAUTHORIZED, STR_EMPTY,
                        "A session belongs to a browser; a token has none.");
    return answer_session(rq, &rq->session);
}
