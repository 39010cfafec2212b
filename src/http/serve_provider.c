/* http/serve_provider.c - signing in through an identity provider, and saying whose one is.
 *
 * The provider sends the browser to /provider/{id}, a screen of the app, which brings code and
 * state here together with the ticket that it kept: so cookies stay SameSite=Strict, and nothing is
 * done by a GET that another page can cause. */
#include "http/routes.h"
#include "http/serve.h"
#include "http/serve_auth.h"
#include "http/server.h"

Status serve_providers(Request *rq)
{
    Str json;
    TRY(auth_providers_json(rq->http->auth, &rq->cx, &json));
    return answer_json(rq, 200, json);
}

static Status begin(Request *rq, AuthPurpose purpose)
{
    JsonValue *root;
    Str provider, json;
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "provider", &provider));
    TRY(with_hint(rq, auth_provider_begin(rq->http->auth, &rq->cx, provider, request_origin(rq),
                                          purpose, &rq->session, &json)));
    return answer_json(rq, 200, json);
}

Status serve_provider_begin(Request *rq)
{
    return begin(rq, AUTH_FOR_SIGN_IN);
}

Status serve_provider_link_begin(Request *rq)
{
    return begin(rq, AUTH_FOR_LINK);
}

static Status read_return(Request *rq, AuthReturn *ret_back)
{
    JsonValue *root;
    TRY(read_object(rq, &root));
    *ret_back = (AuthReturn){.provider = json_get_str(root, STR("provider")),
                             .ticket = json_get_str(root, STR("ticket")),
                             .code = json_get_str(root, STR("code")),
                             .state = json_get_str(root, STR("state")),
                             .issuer = json_get_str(root, STR("iss")),
                             .device = json_get_str(root, STR("device")),
                             .origin = request_origin(rq),
                             .address = rq->call.address,
                             .cookie = rq->cookie};
    return STATUS_OK;
}

Status serve_provider_sign_in(Request *rq)
{
    AuthReturn back;
    AuthWelcome welcome = {0};
    TRY(read_return(rq, &back));
    Status status = auth_sign_in_provider(rq->http->auth, &rq->cx, &back, &welcome);
    return answer_welcome(rq, status, &welcome);
}

Status serve_provider_link(Request *rq)
{
    AuthReturn back;
    TRY(read_return(rq, &back));
    TRY(with_hint(rq, auth_provider_link(rq->http->auth, &rq->cx, &rq->session, &back)));
    rq->reply.http = 204;
    return STATUS_OK;
}

Status serve_identities(Request *rq)
{
    Str json;
    TRY(auth_identities_json(rq->http->auth, &rq->cx, &rq->session, &json));
    return answer_json(rq, 200, json);
}

Status serve_identity_remove(Request *rq)
{
    JsonValue *root;
    Str id;
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "id", &id));
    TRY(with_hint(
        rq, auth_identity_remove(rq->http->auth, &rq->cx, &rq->session, id, rq->call.address)));
    rq->reply.http = 204;
    return STATUS_OK;
}
