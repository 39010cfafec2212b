/* oauth/authorize.c - what a program asks for when it sends a browser here.
 *
 * Until the program and its redirect address are known to belong together, whatever is wrong is
 * shown to the person: nobody may be sent on to an address that a stranger chose. From then on the
 * program is told. SPEC RFC 6749 4.1.2.1, RFC 9700 4.1 */
#include "oauth/inner.h"

static Status fault(Ctx *cx, RequestFault *ret_fault, const char **ret_error, RequestFault kind,
                    const char *error, const char *sentence)
{
    (void)ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "%s", sentence);
    *ret_fault = kind;
    *ret_error = error;
    return STATUS_OK;
}

#define SHOWN(error, sentence)                                                                     \
    return fault(cx, ret_fault, ret_error, REQUEST_SHOWN, error, sentence)
#define TOLD(error, sentence)                                                                      \
    return fault(cx, ret_fault, ret_error, REQUEST_REDIRECTED, error, sentence)

static Status find_client(Oauth *oauth, Ctx *cx, Str query, Request *request,
                          RequestFault *ret_fault, const char **ret_error)
{
    Str id;
    if (!form_value(cx, query, STR("client_id"), &id) || !id.len)
        SHOWN("invalid_request", "The program does not say once who it is (client_id).");
    Status status = client_find(oauth, cx, id, &request->client);
    if (status == STATUS_NOT_FOUND)
        SHOWN("invalid_client", "This program is not known here. Somebody who manages this server "
                                "has to add it.");
    TRY(status);
    if (!form_value(cx, query, STR("redirect_uri"), &request->redirect) ||
        !client_has_redirect(&request->client, request->redirect))
        SHOWN("invalid_request", "The program wants the answer at an address (redirect_uri) that "
                                 "it has not registered.");
    return STATUS_OK;
}

static bool is_base64url(Str text, size_t least, size_t most)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_';
        if (!fine)
            return false;
    }
    return text.len >= least && text.len <= most;
}

/* Whom the token is for: our base, with or without the slash at its end. */
static bool is_our_base(const OauthCall *call, Str audience)
{
    static const Str path = STR_INIT("/fhir");
    if (!str_has_prefix(audience, call->origin))
        return false;
    Str rest = str_from(audience, call->origin.len);
    return str_eq(rest, path) ||
           (rest.len == path.len + 1 && rest.at[path.len] == '/' && str_has_prefix(rest, path));
}

static bool needs_audience(const Request *request)
{
    for (size_t i = 0; i < request->scope_count; i++) {
        if (request->scopes[i].level != SCOPE_WORD || request->scopes[i].word == SCOPE_LAUNCH ||
            request->scopes[i].word == SCOPE_LAUNCH_PATIENT ||
            request->scopes[i].word == SCOPE_LAUNCH_ENCOUNTER)
            return true;
    }
    return false;
}

typedef struct {
    Str type, method, mode, audience, scope, max_age, object, object_at;
} Words;

static bool read_words(Ctx *cx, Str query, Words *words, Request *request)
{
    const struct {
        Str name;
        Str *value;
    } all[] = {
        {STR("response_type"), &words->type},
        {STR("code_challenge_method"), &words->method},
        {STR("code_challenge"), &request->challenge},
        {STR("response_mode"), &words->mode},
        {STR("aud"), &words->audience},
        {STR("scope"), &words->scope},
        {STR("max_age"), &words->max_age},
        {STR("request"), &words->object},
        {STR("request_uri"), &words->object_at},
        {STR("state"), &request->state},
        {STR("nonce"), &request->nonce},
        {STR("launch"), &request->launch},
        {STR("prompt"), &request->prompt},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (!form_value(cx, query, all[i].name, all[i].value))
            return false;
    }
    return true;
}

static Status read_scopes(Ctx *cx, Str text, Request *request)
{
    TRY(scopes_read(cx, text, &request->scopes, &request->scope_count));
    return client_scopes(cx, &request->client, request->scopes, &request->scope_count);
}

static Status check_rest(Ctx *cx, const OauthCall *call, Str query, Request *request,
                         RequestFault *ret_fault, const char **ret_error)
{
    Words words = {0};
    if (!read_words(cx, query, &words, request))
        TOLD("invalid_request", "A parameter is there twice, or cannot be decoded.");
    if (words.object.len)
        TOLD("request_not_supported", "Requests as objects are not supported.");
    if (words.object_at.len)
        TOLD("request_uri_not_supported", "Requests by address are not supported.");
    if (!str_eq(words.type, STR("code")) || request->client.service)
        TOLD("unsupported_response_type", "The answer is a code (response_type=code), for a "
                                          "program that people use.");
    if (words.mode.len && !str_eq(words.mode, STR("query")))
        TOLD("invalid_request", "The answer comes in the query (response_mode).");
    if (!str_eq(words.method, STR("S256")) || !is_base64url(request->challenge, 43, 43))
        TOLD("invalid_request", "Every program proves with PKCE that the code is its own: "
                                "code_challenge_method=S256 and a code_challenge.");
    if (request->nonce.len > 500 || request->state.len > 2000)
        TOLD("invalid_request", "state or nonce is too long.");
    if (words.max_age.len && !str_to_u64(words.max_age, &request->max_age_s))
        TOLD("invalid_request", "max_age is a number of seconds.");
    request->has_max_age = words.max_age.len > 0;
    Status status = read_scopes(cx, words.scope, request);
    if (status == STATUS_INVALID)
        TOLD("invalid_scope", "The scopes cannot be read.");
    TRY(status);
    if (!request->scope_count)
        TOLD("invalid_scope", "None of the scopes is offered to this program.");
    if (needs_audience(request) && !is_our_base(call, words.audience))
        TOLD("invalid_request", "The program has to say for which record the token is: aud is the "
                                "FHIR address of this server.");
    return STATUS_OK;
}

Status request_read(Oauth *oauth, Ctx *cx, const OauthCall *call, Str query, Request *ret_request,
                    RequestFault *ret_fault, const char **ret_error)
{
    *ret_request = (Request){.state = STR_EMPTY};
    *ret_fault = REQUEST_GOOD;
    TRY(find_client(oauth, cx, query, ret_request, ret_fault, ret_error));
    if (*ret_fault != REQUEST_GOOD)
        return STATUS_OK;
    /* The program gets back its state also when something else is wrong. */
    if (!form_value(cx, query, STR("state"), &ret_request->state))
        ret_request->state = STR_EMPTY;
    return check_rest(cx, call, query, ret_request, ret_fault, ret_error);
}

Status request_redirect(Ctx *cx, const OauthCall *call, const Request *request, const char *error,
                        Str code, Str *ret_url)
{
    Buf out;
    buf_init(&out, cx->arena, 512, 16384);
    buf_add_str(&out, request->redirect);
    buf_add_char(&out, str_index(request->redirect, '?') == SIZE_MAX ? '?' : '&');
    if (code.len)
        add_parameter(&out, "code", code);
    if (error) {
        add_parameter(&out, "error", str_of(error));
        if (cx->issues)
            add_parameter(&out, "error_description", cx->issues->diagnostics);
    }
    if (request->state.len)
        add_parameter(&out, "state", request->state);
    add_parameter(&out, "iss", call->origin);
    TRY(buf_done(&out));
    *ret_url = buf_str(&out);
    return STATUS_OK;
}

Status oauth_authorize(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    Request request;
    RequestFault fault_kind;
    const char *error = NULL;
    TRY(request_read(oauth, cx, call, call->form, &request, &fault_kind, &error));
    if (fault_kind == REQUEST_SHOWN) {
        *answer = (OauthAnswer){.http = 400, .page = true};
        return STATUS_OK;
    }
    *answer = (OauthAnswer){.http = 200, .page = true};
    if (fault_kind == REQUEST_GOOD)
        return STATUS_OK;
    *answer = (OauthAnswer){.http = 303};
    return request_redirect(cx, call, &request, error, STR_EMPTY, &answer->location);
}
