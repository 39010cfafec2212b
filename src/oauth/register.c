/* oauth/register.c - programs that register themselves, where the site allows it.
 *
 * Whoever does is nobody in particular: people are told so when they are asked, and a service
 * that asks nobody cannot come in this way. SPEC RFC 7591 */
#include "oauth/inner.h"

static Status refuse(Ctx *cx, OauthAnswer *answer, const char *error)
{
    Str sentence = take_issue(cx, STR("The metadata of the program cannot be used."));
    return answer_error(cx, answer, 400, error, sentence.at);
}

static bool has_word(const JsonValue *list, Str word)
{
    Str name;
    JsonValue *one;
    for (JsonIter it = json_iter(list); json_next(&it, &name, &one);) {
        if (str_eq(json_str(one), word))
            return true;
    }
    return false;
}

static bool read_proof(Str method, OauthProof *ret_proof)
{
    static const struct {
        Str method;
        OauthProof proof;
    } rows[] = {
        {STR_INIT("none"), OAUTH_PUBLIC},
        {STR_INIT("client_secret_basic"), OAUTH_SECRET},
        {STR_INIT("client_secret_post"), OAUTH_SECRET},
        {STR_INIT(""), OAUTH_SECRET}, /* SPEC RFC 7591 2: the default is basic */
        {STR_INIT("private_key_jwt"), OAUTH_SIGNED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (str_eq(rows[i].method, method)) {
            *ret_proof = rows[i].proof;
            return true;
        }
    }
    return false;
}

static Status read_metadata(Ctx *cx, const JsonValue *body, OauthClient *client)
{
    Str name;
    JsonValue *one;
    const JsonValue *keys = json_get(body, STR("jwks"));
    *client = (OauthClient){.name = json_get_str(body, STR("client_name")),
                            .scopes = json_get_str(body, STR("scope")),
                            .home = json_get_str(body, STR("client_uri")),
                            .keys_at = json_get_str(body, STR("jwks_uri")),
                            .launch_at = json_get_str(body, STR("initiate_login_uri")),
                            .self_registered = true};
    client->id = STR_EMPTY;
    for (JsonIter it = json_iter(json_get(body, STR("redirect_uris")));
         json_next(&it, &name, &one);) {
        if (client->redirect_count == OAUTH_REDIRECTS_MAX)
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "At most 10 redirect addresses.");
        client->redirects[client->redirect_count++] = json_str(one);
    }
    if (!keys)
        return STATUS_OK;
    Buf out;
    buf_init(&out, cx->arena, 1024, ITEM_BYTES_MAX / 2);
    json_write(&out, keys, false);
    TRY(buf_done(&out));
    client->keys = buf_str(&out);
    return STATUS_OK;
}

static Status describe(Ctx *cx, const OauthClient *client, Str secret, Str method,
                       OauthAnswer *answer)
{
    Buf out;
    buf_init(&out, cx->arena, 1024, 32768);
    buf_add_char(&out, '{');
    json_text(&out, "client_id", client->id);
    json_time(&out, "client_id_issued_at", client->created / TIME_SECOND);
    json_text(&out, "client_name", client->name);
    json_text(&out, "token_endpoint_auth_method", method);
    json_text_or_none(&out, "scope", client->scopes);
    json_text_or_none(&out, "jwks_uri", client->keys_at);
    if (secret.len) {
        json_text(&out, "client_secret", secret);
        json_time(&out, "client_secret_expires_at", 0);
    }
    buf_add_lit(&out, ",\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
                      "\"response_types\":[\"code\"],\"redirect_uris\":[");
    for (size_t i = 0; i < client->redirect_count; i++) {
        if (i)
            buf_add_char(&out, ',');
        json_write_string(&out, client->redirects[i]);
    }
    buf_add_lit(&out, "]}");
    TRY(buf_done(&out));
    *answer = (OauthAnswer){.http = 201, .body = buf_str(&out)};
    return STATUS_OK;
}

Status oauth_register(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    JsonValue *body;
    OauthClient client;
    OauthProof proof;
    Str secret;
    if (!oauth->options.self_registration)
        return answer_error(cx, answer, 403, "access_denied",
                            "Programs are added by somebody who manages this server.");
    if (json_parse(cx, call->form, &body) != STATUS_OK || !json_is(body, JSON_OBJECT) ||
        !jose_is_unambiguous(body))
        return refuse(cx, answer, "invalid_client_metadata");
    Str method = json_get_str(body, STR("token_endpoint_auth_method"));
    if (!read_proof(method, &proof) ||
        has_word(json_get(body, STR("grant_types")), STR("client_credentials")))
        return refuse(cx, answer, "invalid_client_metadata");
    if (read_metadata(cx, body, &client) != STATUS_OK)
        return refuse(cx, answer, "invalid_client_metadata");
    client.proof = proof;
    AuditEntry entry = {.interaction = STR("client-register"),
                        .role = STR("program"),
                        .address = call->address,
                        .request_id = cx->request_id};
    Status status = client_make(oauth, cx, &entry, &client, &secret);
    if (status == STATUS_INVALID || status == STATUS_UNPROCESSABLE)
        return refuse(cx, answer, "invalid_client_metadata");
    TRY(status);
    return describe(cx, &client, secret, method.len ? method : STR("client_secret_basic"), answer);
}
