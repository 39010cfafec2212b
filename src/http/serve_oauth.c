/* http/serve_oauth.c - programs that people let in: the addresses of OAuth, OpenID Connect and
 * SMART, handed to src/oauth.
 *
 * These speak OAuth's own words, not FHIR's: errors are {"error":...}. Without base_url the issuer
 * is taken from the Host header, which a client chooses: then only this machine is served, or a
 * token meant for another server could be shown here. */
#include "http/request.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"
#include "oauth/oauth.h"

typedef Status (*Answerer)(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer);

static bool is_this_machine(Str host)
{
    static const Str names[] = {STR_INIT("localhost"), STR_INIT("127.0.0.1"), STR_INIT("[::1]")};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str rest = str_from(host, names[i].len);
        if (str_eq_nocase(str_head(host, names[i].len), names[i]) &&
            (!rest.len || rest.at[0] == ':'))
            return true;
    }
    return false;
}

static Status need_oauth(Request *rq)
{
    if (!rq->http->options.oauth)
        return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is nothing at this address.");
    if (rq->http->options.base_url.len || is_this_machine(rq->given[HEADER_HOST]))
        return STATUS_OK;
    return ctx_fail(&rq->cx, STATUS_NOT_FOUND, STR_EMPTY,
                    "Programs can be let in when the setting base_url says what this server's "
                    "address is.");
}

static Status send_answer(Request *rq, const OauthAnswer *answer)
{
    rq->reply.http = answer->http;
    rq->reply.body = answer->body;
    rq->content_type = "application/json; charset=utf-8";
    if (answer->location.len) {
        Str location = arena_str(rq->home, answer->location);
        if (!location.at)
            return STATUS_MEMORY;
        request_header(rq, "Location", location.at);
    }
    if (answer->http == 401)
        request_header(rq, "WWW-Authenticate",
                       answer->basic ? "Basic realm=\"aceso\"" : "Bearer realm=\"aceso\"");
    request_header(rq, "Pragma", "no-cache"); /* SPEC RFC 6749 5.1 */
    return STATUS_OK;
}

static OauthCall call_of(Request *rq, Str form)
{
    return (OauthCall){.origin = str_head(rq->call.base, rq->call.base.len - 5),
                       .address = rq->call.address,
                       .authorization = rq->given[HEADER_AUTHORIZATION],
                       .form = form,
                       .access = rq->cookie.len ? rq->call.access : NULL,
                       .session = rq->cookie.len && rq->call.access ? &rq->session : NULL,
                       .cookie = rq->cookie};
}

static Status ask(Request *rq, Answerer answerer, Str form)
{
    OauthAnswer answer = {.http = 500};
    TRY(need_oauth(rq));
    OauthCall call = call_of(rq, form);
    TRY(answerer(rq->http->options.oauth, &rq->cx, &call, &answer));
    return send_answer(rq, &answer);
}

static Str body_of(const Request *rq)
{
    return str_n(rq->body.at ? rq->body.at : "", rq->body.len);
}

/* ---- documents ----------------------------------------------------------------------------------
 */

Status serve_smart_configuration(Request *rq)
{
    return ask(rq, oauth_smart_configuration, STR_EMPTY);
}

Status serve_openid_configuration(Request *rq)
{
    return ask(rq, oauth_openid_configuration, STR_EMPTY);
}

Status serve_jwks(Request *rq)
{
    return ask(rq, oauth_keys, STR_EMPTY);
}

/* ---- a browser is sent here
 * ----------------------------------------------------------------------- */

/* The app's page reads what is asked from the address it was opened with, also what is wrong. */
Status serve_authorize(Request *rq)
{
    OauthAnswer answer;
    TRY(need_oauth(rq));
    OauthCall call = call_of(rq, rq->query);
    TRY(oauth_authorize(rq->http->options.oauth, &rq->cx, &call, &answer));
    if (!answer.page)
        return send_answer(rq, &answer);
    TRY(serve_app(rq));
    rq->reply.http = answer.http;
    return STATUS_OK;
}

/* The same as a form: the page is opened with it as its address. SPEC OIDC Core 3.1.2.1 */
Status serve_authorize_form(Request *rq)
{
    TRY(need_oauth(rq));
    Str form = str_trim(body_of(rq));
    for (size_t i = 0; i < form.len; i++) {
        if (form.at[i] <= ' ' || form.at[i] > '~')
            return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "The form is not encoded.");
    }
    Str location = arena_format(rq->home, "%.*s/oauth/authorize?" STR_FMT,
                                (int)(rq->call.base.len - 5), rq->call.base.at, STR_ARG(form));
    if (!location.at)
        return STATUS_MEMORY;
    OauthAnswer answer = {.http = 303, .location = location};
    return send_answer(rq, &answer);
}

/* ---- programs
 * --------------------------------------------------------------------------------------- */

Status serve_token(Request *rq)
{
    return ask(rq, oauth_token, body_of(rq));
}

Status serve_introspect(Request *rq)
{
    return ask(rq, oauth_introspect, body_of(rq));
}

Status serve_revoke(Request *rq)
{
    return ask(rq, oauth_revoke, body_of(rq));
}

Status serve_userinfo(Request *rq)
{
    return ask(rq, oauth_userinfo, STR_EMPTY);
}

Status serve_register(Request *rq)
{
    return ask(rq, oauth_register, body_of(rq));
}

/* ---- the browser app
 * -------------------------------------------------------------------------------- */

Status serve_app_request(Request *rq)
{
    return ask(rq, oauth_request, body_of(rq));
}

Status serve_app_decision(Request *rq)
{
    return ask(rq, oauth_decide, body_of(rq));
}

Status serve_apps(Request *rq)
{
    return ask(rq, oauth_apps, STR_EMPTY);
}

Status serve_apps_end(Request *rq)
{
    return ask(rq, oauth_apps_end, body_of(rq));
}

Status serve_launchers(Request *rq)
{
    return ask(rq, oauth_launchers, STR_EMPTY);
}

Status serve_launch(Request *rq)
{
    return ask(rq, oauth_launch, body_of(rq));
}
