/* http/serve_account.c - people look after their own sessions and factors. */
#include "http/routes.h"
#include "http/serve.h"
#include "http/serve_auth.h"
#include "http/server.h"

Status with_hint(Request *rq, Status status)
{
    if (status == STATUS_FORBIDDEN)
        request_header(rq, "Aceso-Needs", "step-up");
    return status;
}

Status serve_sessions(Request *rq)
{
    Str json;
    TRY(auth_own_sessions_json(rq->http->auth, &rq->cx, &rq->session, &json));
    return answer_json(rq, 200, json);
}

/* {"id":"..."}: one; {"all":true}: everywhere, here too. */
Status serve_session_end(Request *rq)
{
    JsonValue *root;
    Str id = STR_EMPTY;
    TRY(read_object(rq, &root));
    if (!json_bool(json_get(root, STR("all")))) {
        TRY(need_text(rq, root, "id", &id));
        if (!id.len)
            return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "Which session?");
    }
    TRY(auth_own_session_end(rq->http->auth, &rq->cx, &rq->session, id, rq->call.address));
    rq->reply.http = 204;
    return STATUS_OK;
}

Status serve_factors(Request *rq)
{
    Str json;
    TRY(auth_factors_json(rq->http->auth, &rq->cx, &rq->session, &json));
    return answer_json(rq, 200, json);
}

Status serve_totp_begin(Request *rq)
{
    Str json;
    TRY(with_hint(rq, auth_totp_begin(rq->http->auth, &rq->cx, &rq->session, &json)));
    return answer_json(rq, 200, json);
}

Status serve_totp_set(Request *rq)
{
    AuthProof proof;
    AuthWelcome welcome = {0};
    Str json;
    TRY(read_proof(rq, &proof));
    TRY(with_hint(rq,
                  auth_totp_set(rq->http->auth, &rq->cx, &rq->session, &proof, &welcome, &json)));
    TRY(set_new_cookie(rq, &welcome));
    return answer_json(rq, 200, json);
}

Status serve_totp_remove(Request *rq)
{
    TRY(with_hint(rq, auth_totp_remove(rq->http->auth, &rq->cx, &rq->session, rq->call.address)));
    rq->reply.http = 204;
    return STATUS_OK;
}

Status serve_passkey_begin(Request *rq)
{
    Str json;
    TRY(with_hint(
        rq, auth_passkey_begin(rq->http->auth, &rq->cx, &rq->session, request_origin(rq), &json)));
    return answer_json(rq, 200, json);
}

Status serve_passkey_add(Request *rq)
{
    JsonValue *root;
    AuthWelcome welcome = {0};
    AuthRegistration made = {
        .origin = request_origin(rq), .address = rq->call.address, .cookie = rq->cookie};
    Str json;
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "ticket", &made.ticket));
    TRY(need_text(rq, root, "name", &made.name));
    TRY(need_text(rq, root, "clientDataJSON", &made.client_data));
    TRY(need_text(rq, root, "attestationObject", &made.attestation));
    TRY(with_hint(rq,
                  auth_passkey_add(rq->http->auth, &rq->cx, &rq->session, &made, &welcome, &json)));
    TRY(set_new_cookie(rq, &welcome));
    return answer_json(rq, 200, json);
}

Status serve_passkey_remove(Request *rq)
{
    JsonValue *root;
    Str id;
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "id", &id));
    TRY(with_hint(
        rq, auth_passkey_remove(rq->http->auth, &rq->cx, &rq->session, id, rq->call.address)));
    rq->reply.http = 204;
    return STATUS_OK;
}

Status serve_recovery_renew(Request *rq)
{
    Str json;
    TRY(with_hint(
        rq, auth_recovery_renew(rq->http->auth, &rq->cx, &rq->session, rq->call.address, &json)));
    return answer_json(rq, 200, json);
}
