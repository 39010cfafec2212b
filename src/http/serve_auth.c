/* http/serve_auth.c - the doors of sign-in: password, factor, passkey, lock, link, sign-out.
 *
 * The cookie is __Host-: this host alone, over TLS alone, out of reach of scripts.
 * SPEC RFC 6265bis 4.1.3.2 */
#include "http/serve_auth.h"

#include "access/rules.h"
#include "http/identify.h"
#include "http/routes.h"
#include "http/serve.h"
#include "http/server.h"

Str request_origin(const Request *rq)
{
    return str_head(rq->call.base, rq->call.base.len - 5); /* without "/fhir" */
}

Status answer_json(Request *rq, unsigned http, Str json)
{
    rq->content_type = "application/json; charset=utf-8";
    rq->reply.http = http;
    rq->reply.body = json;
    return STATUS_OK;
}

Status read_object(Request *rq, JsonValue **ret_root)
{
    TRY(json_parse_in_place(&rq->cx, rq->body.at, rq->body.len, ret_root));
    if (!json_is(*ret_root, JSON_OBJECT))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY, "Send a JSON object.");
    return STATUS_OK;
}

Status need_text(Request *rq, const JsonValue *root, const char *name, Str *ret_text)
{
    const JsonValue *value = json_get(root, str_of(name));
    if (!json_is(value, JSON_STRING))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "Send an object with the string \"%s\".", name);
    *ret_text = json_str(value);
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

Status set_new_cookie(Request *rq, const AuthWelcome *welcome)
{
    return welcome->cookie.len ? set_cookie(rq, welcome->cookie, "") : STATUS_OK;
}

/* With what the app offers by the rules of the site, and when it locks. */
static Status answer_session(Request *rq, const AuthSession *session)
{
    Rules rules;
    Str more, json;
    record_rules(rq->http->record, &rules);
    TRY(rules_app_members(&rq->cx, &rules, access_role_of(session->role), &more));
    more = arena_format(rq->cx.arena, STR_FMT ",\"idleSeconds\":%u", STR_ARG(more),
                        auth_idle_s(rq->http->auth));
    if (!more.at)
        return STATUS_MEMORY;
    TRY(auth_session_json(&rq->cx, session, more, &json));
    return answer_json(rq, 200, json);
}

Status answer_welcome(Request *rq, Status status, const AuthWelcome *welcome)
{
    Str json;
    if (status != STATUS_OK && welcome->retry_after_s) {
        Str seconds = arena_format(rq->home, "%u", welcome->retry_after_s);
        if (seconds.at)
            request_header(rq, "Retry-After", seconds.at);
        rq->says_when = true;
    }
    TRY(status);
    if (!welcome->cookie.len) {
        TRY(auth_welcome_json(&rq->cx, welcome, &json));
        return answer_json(rq, 202, json);
    }
    TRY(set_new_cookie(rq, welcome));
    return answer_session(rq, &welcome->session);
}

/* ---- signing in ------------------------------------------------------------------- */

Status serve_sign_in(Request *rq)
{
    JsonValue *root;
    AuthWelcome welcome = {0};
    TRY(read_object(rq, &root));
    if (!json_is(json_get(root, STR("user")), JSON_STRING) ||
        !json_is(json_get(root, STR("password")), JSON_STRING))
        return ctx_fail(&rq->cx, STATUS_INVALID, STR_EMPTY,
                        "Send an object with the strings \"user\" and \"password\".");
    AuthAttempt attempt = {.user = json_get_str(root, STR("user")),
                           .password = json_get_str(root, STR("password")),
                           .code = json_get_str(root, STR("code")),
                           .device = json_get_str(root, STR("device")),
                           .origin = request_origin(rq),
                           .address = rq->call.address,
                           .old_cookie = rq->cookie};
    return answer_welcome(rq, auth_sign_in(rq->http->auth, &rq->cx, &attempt, &welcome), &welcome);
}

Status read_proof(Request *rq, AuthProof *ret_proof)
{
    JsonValue *root;
    TRY(read_object(rq, &root));
    const JsonValue *passkey = json_get(root, STR("passkey"));
    *ret_proof = (AuthProof){
        .ticket = json_get_str(root, STR("ticket")),
        .password = json_get_str(root, STR("password")),
        .code = json_get_str(root, STR("code")),
        .passkey = {.id = json_get_str(passkey, STR("id")),
                    .client_data = json_get_str(passkey, STR("clientDataJSON")),
                    .authenticator_data = json_get_str(passkey, STR("authenticatorData")),
                    .signature = json_get_str(passkey, STR("signature")),
                    .user_handle = json_get_str(passkey, STR("userHandle"))},
        .card = json_get_str(root, STR("card")),
        .browser = identify_cookie(rq->given[HEADER_COOKIE], CARD_COOKIE),
        .origin = request_origin(rq),
        .address = rq->call.address,
        .device = json_get_str(root, STR("device")),
        .cookie = rq->cookie};
    return STATUS_OK;
}

typedef Status (*Prove)(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome);

static Status through(Request *rq, Prove prove)
{
    AuthProof proof;
    AuthWelcome welcome = {0};
    TRY(read_proof(rq, &proof));
    return answer_welcome(rq, prove(rq->http->auth, &rq->cx, &proof, &welcome), &welcome);
}

Status serve_sign_in_factor(Request *rq)
{
    return through(rq, auth_sign_in_factor);
}

Status serve_passkey_ask(Request *rq)
{
    Str json;
    TRY(auth_passkey_ask(rq->http->auth, &rq->cx, request_origin(rq), &json));
    return answer_json(rq, 200, json);
}

Status serve_sign_in_passkey(Request *rq)
{
    return through(rq, auth_sign_in_passkey);
}

Status serve_sign_out(Request *rq)
{
    TRY(auth_sign_out(rq->http->auth, &rq->cx, rq->cookie, rq->call.address));
    rq->reply.http = 204;
    return set_cookie(rq, STR_EMPTY, "; Max-Age=0");
}

Status serve_session(Request *rq)
{
    return answer_session(rq, &rq->session);
}

/* ---- a session that is there --------------------------------------------------------- */

Status serve_lock(Request *rq)
{
    TRY(auth_lock(rq->http->auth, &rq->cx, rq->cookie, rq->call.address));
    rq->reply.http = 204;
    return STATUS_OK;
}

Status serve_unlock(Request *rq)
{
    return through(rq, auth_unlock);
}

Status serve_step_up_ask(Request *rq)
{
    Str json;
    TRY(auth_step_up_ask(rq->http->auth, &rq->cx, rq->cookie, request_origin(rq), &json));
    return answer_json(rq, 200, json);
}

Status serve_step_up(Request *rq)
{
    return through(rq, auth_step_up);
}

/* ---- links of one use ------------------------------------------------------------------- */

/* The same for everybody: whether there is such an account is looked at behind the answer. */
Status serve_password_ask(Request *rq)
{
    JsonValue *root;
    Str user;
    AuthWelcome welcome = {0};
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "user", &user));
    Status status =
        auth_reset_ask(rq->http->auth, &rq->cx, user, rq->call.address, &welcome.retry_after_s);
    if (status != STATUS_OK)
        return answer_welcome(rq, status, &welcome);
    rq->reply.http = 204;
    return STATUS_OK;
}

Status serve_link_ask(Request *rq)
{
    JsonValue *root;
    Str link, json;
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "link", &link));
    TRY(auth_link_json(rq->http->auth, &rq->cx, link, &json));
    return answer_json(rq, 200, json);
}

Status serve_link_use(Request *rq)
{
    JsonValue *root;
    Str link, password;
    AuthWelcome welcome = {0};
    TRY(read_object(rq, &root));
    TRY(need_text(rq, root, "link", &link));
    TRY(need_text(rq, root, "password", &password));
    AuthProof proof = {.origin = request_origin(rq),
                       .address = rq->call.address,
                       .device = json_get_str(root, STR("device")),
                       .cookie = rq->cookie};
    Status status = auth_link_use(rq->http->auth, &rq->cx, link, password, &proof, &welcome);
    return answer_welcome(rq, status, &welcome);
}
