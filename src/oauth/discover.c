/* oauth/discover.c - what this server offers to programs, told from the tables that do it.
 *
 * SPEC SMART 2.2 conformance.html, RFC 8414 2, OpenID Connect Discovery 1.0 3 */
#include "oauth/inner.h"

static const char *const capabilities[] = {
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
};
static const char *const scopes[] = {
    "openid",          "fhirUser",         "profile",        "launch",
    "launch/patient",  "launch/encounter", "offline_access", "online_access",
    "patient/*.cruds", "user/*.cruds",     "system/*.cruds", "patient/*.rs",
    "user/*.rs",       "system/*.rs",      "patient/*.read", "user/*.read",
};
static const char *const proofs[] = {"none", "client_secret_basic", "client_secret_post",
                                     "private_key_jwt"};
static const char *const algorithms[] = {"RS384", "ES384", "RS256", "ES256"};
static const char *const grants[] = {"authorization_code", "refresh_token", "client_credentials"};
static const char *const claims[] = {"iss",       "sub",   "aud",      "exp",  "iat",
                                     "auth_time", "nonce", "fhirUser", "name", "profile"};

static void add_list(Buf *out, const char *name, const char *const *words, size_t count)
{
    buf_format(out, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        buf_format(out, "%s\"%s\"", i ? "," : "", words[i]);
    buf_add_char(out, ']');
}

#define ADD_LIST(out, name, list) add_list((out), (name), (list), COUNT_OF(list))

static void add_address(Buf *out, const OauthCall *call, const char *name, const char *path)
{
    buf_format(out, ",\"%s\":\"" STR_FMT "%s\"", name, STR_ARG(call->origin), path);
}

/* What both documents say. */
static void add_common(Oauth *oauth, const OauthCall *call, Buf *out)
{
    static const char *const code[] = {"code"}, *const s256[] = {"S256"},
                             *const query[] = {"query"};
    buf_format(out, "{\"issuer\":\"" STR_FMT "\"", STR_ARG(call->origin));
    add_address(out, call, "authorization_endpoint", "/oauth/authorize");
    add_address(out, call, "token_endpoint", "/oauth/token");
    add_address(out, call, "jwks_uri", "/oauth/jwks");
    add_address(out, call, "introspection_endpoint", "/oauth/introspect");
    add_address(out, call, "revocation_endpoint", "/oauth/revoke");
    add_address(out, call, "userinfo_endpoint", "/oauth/userinfo");
    if (oauth->options.self_registration)
        add_address(out, call, "registration_endpoint", "/oauth/register");
    ADD_LIST(out, "scopes_supported", scopes);
    ADD_LIST(out, "response_types_supported", code);
    ADD_LIST(out, "response_modes_supported", query);
    ADD_LIST(out, "grant_types_supported", grants);
    ADD_LIST(out, "code_challenge_methods_supported", s256);
    ADD_LIST(out, "token_endpoint_auth_methods_supported", proofs);
    ADD_LIST(out, "token_endpoint_auth_signing_alg_values_supported", algorithms);
    add_list(out, "introspection_endpoint_auth_methods_supported", proofs + 1,
             COUNT_OF(proofs) - 1);
    json_flag(out, "authorization_response_iss_parameter_supported", true);
}

static Status finish(Buf *out, OauthAnswer *answer)
{
    buf_add_char(out, '}');
    TRY(buf_done(out));
    *answer = (OauthAnswer){.http = 200, .body = buf_str(out)};
    return STATUS_OK;
}

Status oauth_smart_configuration(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    Buf out;
    buf_init(&out, cx->arena, 4096, 32768);
    add_common(oauth, call, &out);
    add_address(&out, call, "management_endpoint", "/apps");
    ADD_LIST(&out, "capabilities", capabilities);
    return finish(&out, answer);
}

Status oauth_openid_configuration(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    static const char *const public[] = {"public"}, *const signs[] = {"RS256"};
    Buf out;
    buf_init(&out, cx->arena, 4096, 32768);
    add_common(oauth, call, &out);
    ADD_LIST(&out, "subject_types_supported", public);
    ADD_LIST(&out, "id_token_signing_alg_values_supported", signs);
    ADD_LIST(&out, "claims_supported", claims);
    json_flag(&out, "request_parameter_supported", false);
    json_flag(&out, "request_uri_parameter_supported", false);
    json_flag(&out, "claims_parameter_supported", false);
    return finish(&out, answer);
}

Status oauth_keys(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    UNUSED(call);
    *answer = (OauthAnswer){.http = 200};
    return keys_public(oauth, cx, &answer->body);
}
