/* oauth/token.c - the token endpoint, and what asks about tokens: introspection, revocation,
 * userinfo.
 *
 * SPEC RFC 6749 3.2, 4.1.3, 4.4, 6; RFC 7636 4.6; RFC 7662; RFC 7009 */
#include "oauth/inner.h"

static const Str code_space = STR_INIT("oauth-code");

static Status not_right(Ctx *cx, OauthAnswer *answer, const char *sentence)
{
    ctx_forget(cx);
    return answer_error(cx, answer, 400, "invalid_grant", sentence);
}

/* What another status of the issuing means to a program. */
static Status issued(Ctx *cx, Status status, OauthAnswer *answer)
{
    if (status == STATUS_UNAUTHORIZED)
        return not_right(cx, answer, "The account is blocked, or has changed since.");
    if (status == STATUS_CONFLICT)
        return not_right(cx, answer, "Somebody else has just used this.");
    return status;
}

/* ---- codes --------------------------------------------------------------------------------------
 */

typedef struct {
    StoreItem item; /* as it was read */
    JsonValue *all;
    Str used_for; /* the grant, when it was used */
} Code;

static Status code_read(Oauth *oauth, Ctx *cx, Str code, Code *ret_code)
{
    StoreItem item = {.space = code_space, .key = hash_key(cx->arena, code)};
    if (!item.key.at)
        return STATUS_MEMORY;
    Status status = item_read(oauth, cx, code_space, item.key, &item.value);
    if (status != STATUS_OK)
        return status;
    *ret_code = (Code){.item = item};
    TRY(json_parse(cx, item.value, &ret_code->all));
    ret_code->used_for = json_get_str(ret_code->all, STR("used_for"));
    return STATUS_OK;
}

/* The same, with the grant that it was used for. */
static Status code_used(Ctx *cx, const Code *code, Str grant, StoreItem *ret_item)
{
    Buf out;
    buf_init(&out, cx->arena, code->item.value.len + 64, ITEM_BYTES_MAX);
    buf_add(&out, code->item.value.at, code->item.value.len - 1);
    json_text(&out, "used_for", grant);
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *ret_item = (StoreItem){code->item.space, code->item.key, buf_str(&out)};
    return STATUS_OK;
}

/* A code that comes a second time was stolen, then or now: what it gave ends. */
static Status punish(Oauth *oauth, Ctx *cx, const OauthCall *call, Str grant_id)
{
    Grant grant;
    Status status = grant_read(oauth, cx, grant_id, &grant);
    if (status == STATUS_OK)
        status = grant_end(oauth, cx, &grant, STR("app-reuse"), call->address);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* SPEC RFC 7636 4.1, 4.6 */
static bool verifier_fits(Ctx *cx, Str verifier, Str challenge)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    for (size_t i = 0; i < verifier.len; i++) {
        char c = verifier.at[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == '_' || c == '~';
        if (!fine)
            return false;
    }
    if (verifier.len < 43 || verifier.len > 128)
        return false;
    crypto_sha256(verifier, hash);
    return crypto_equal(crypto_base64url(cx->arena, str_n((const char *)hash, sizeof hash)),
                        challenge);
}

static Status session_lives(Oauth *oauth, Ctx *cx, const Grant *grant, bool *ret_lives)
{
    *ret_lives = true;
    return grant->session.len ? auth_session_lives(oauth->auth, cx, grant->session, ret_lives)
                              : STATUS_OK;
}

static bool text_has_word(Str text, Str word)
{
    while (text.len) {
        if (str_eq(str_cut(&text, ' '), word))
            return true;
    }
    return false;
}

static Grant grant_of_code(Oauth *oauth, Ctx *cx, const Code *code)
{
    const JsonValue *all = code->all;
    Grant grant = {.id = random_text(cx->arena, GRANT_ID_BYTES),
                   .client = json_get_str(all, STR("client")),
                   .user = json_get_str(all, STR("user")),
                   .scopes = json_get_str(all, STR("scopes")),
                   .patient = json_get_str(all, STR("patient")),
                   .encounter = json_get_str(all, STR("encounter")),
                   .nonce = json_get_str(all, STR("nonce")),
                   .changes = (uint64_t)read_time(all, STR("changes")),
                   .signed_in = read_time(all, STR("signed_in")),
                   .created = oauth_now(oauth)};
    grant.session = text_has_word(grant.scopes, STR("offline_access"))
                        ? STR_EMPTY
                        : json_get_str(all, STR("session"));
    return grant;
}

static Status use_code(Oauth *oauth, Ctx *cx, const OauthCall *call, const Caller *caller,
                       const Code *code, OauthAnswer *answer)
{
    StoreItem items[4];
    bool lives;
    Grant grant = grant_of_code(oauth, cx, code);
    if (!grant.id.at)
        return STATUS_MEMORY;
    TRY(session_lives(oauth, cx, &grant, &lives));
    if (!lives)
        return not_right(cx, answer, "The session in which this was allowed is over.");
    TRY(code_used(cx, code, grant.id, &items[0]));
    return grant_issue(oauth, cx, call, &caller->client, &grant, grant.scopes, items, 1,
                       &code->item, answer);
}

static Status by_code(Oauth *oauth, Ctx *cx, const OauthCall *call, const Caller *caller,
                      OauthAnswer *answer)
{
    Str text, redirect, verifier;
    Code code;
    if (!form_value(cx, call->form, STR("code"), &text) || !text.len ||
        !form_value(cx, call->form, STR("redirect_uri"), &redirect) ||
        !form_value(cx, call->form, STR("code_verifier"), &verifier))
        return answer_error(cx, answer, 400, "invalid_request",
                            "code, redirect_uri and code_verifier are there once each.");
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        Status status = code_read(oauth, cx, text, &code);
        if (status == STATUS_NOT_FOUND)
            return not_right(cx, answer, "The code is not known.");
        TRY(status);
        if (!str_eq(json_get_str(code.all, STR("client")), caller->client.id))
            return not_right(cx, answer, "The code is another program's.");
        if (code.used_for.len) {
            TRY(punish(oauth, cx, call, code.used_for));
            return not_right(cx, answer, "The code was used before: what it gave has ended.");
        }
        if (oauth_now(oauth) >= read_time(code.all, STR("expires")))
            return not_right(cx, answer, "The code has expired.");
        if (!str_eq(redirect, json_get_str(code.all, STR("redirect"))))
            return not_right(cx, answer, "The redirect address is another than before.");
        if (!verifier_fits(cx, verifier, json_get_str(code.all, STR("challenge"))))
            return not_right(cx, answer, "The code_verifier does not fit.");
        status = use_code(oauth, cx, call, caller, &code, answer);
        if (status != STATUS_CONFLICT)
            return issued(cx, status, answer);
        (void)take_issue(cx, STR_EMPTY);
    }
    return not_right(cx, answer, "Somebody else has just used this.");
}

/* ---- refresh ------------------------------------------------------------------------------------
 */

/* The grant of a refresh token; `ret_living` is false for one that was replaced. */
static Status refresh_find(Oauth *oauth, Ctx *cx, Str token, Grant *ret_grant, bool *ret_living)
{
    Str id;
    if (!grant_id_of(token, &id))
        return STATUS_NOT_FOUND;
    TRY(grant_read(oauth, cx, id, ret_grant));
    Str hash = hash_key(cx->arena, token);
    *ret_living = hash.at && ret_grant->refresh.len && crypto_equal(hash, ret_grant->refresh);
    return STATUS_OK;
}

/* Fewer scopes than were allowed, for this token alone. SPEC RFC 6749 6 */
static Status narrow(Ctx *cx, Str asked, const Grant *grant, Str *ret_scopes, bool *ret_good)
{
    Scope *have, *want;
    size_t have_count, want_count;
    *ret_scopes = grant->scopes;
    *ret_good = true;
    if (!asked.len)
        return STATUS_OK;
    TRY(scopes_read(cx, grant->scopes, &have, &have_count));
    TRY(scopes_read(cx, asked, &want, &want_count));
    for (size_t i = 0; i < want_count; i++) {
        bool covered = false;
        for (size_t k = 0; k < have_count && !covered; k++)
            covered = scope_covers(&have[k], &want[i]);
        *ret_good = *ret_good && covered;
    }
    *ret_good = *ret_good && want_count > 0;
    return scopes_write(cx, want, want_count, ret_scopes);
}

static Status use_refresh(Oauth *oauth, Ctx *cx, const OauthCall *call, const Caller *caller,
                          Grant *grant, Str asked, OauthAnswer *answer)
{
    StoreItem items[2], guard = {STR("oauth-grant"), grant->id, grant->value};
    bool lives, good;
    Str scopes;
    TRY(session_lives(oauth, cx, grant, &lives));
    if (!lives || oauth_now(oauth) >= grant->expires)
        return not_right(cx, answer, "What was allowed has ended.");
    Status status = narrow(cx, asked, grant, &scopes, &good);
    if (status == STATUS_INVALID || (status == STATUS_OK && !good)) {
        (void)take_issue(cx, STR_EMPTY);
        return answer_error(cx, answer, 400, "invalid_scope", "That is more than was allowed.");
    }
    TRY(status);
    return grant_issue(oauth, cx, call, &caller->client, grant, scopes, items, 0, &guard, answer);
}

static Status by_refresh(Oauth *oauth, Ctx *cx, const OauthCall *call, const Caller *caller,
                         OauthAnswer *answer)
{
    Str token, asked;
    Grant grant;
    bool living;
    if (!form_value(cx, call->form, STR("refresh_token"), &token) || !token.len ||
        !form_value(cx, call->form, STR("scope"), &asked))
        return answer_error(cx, answer, 400, "invalid_request", "refresh_token is there once.");
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        Status status = refresh_find(oauth, cx, token, &grant, &living);
        if (status == STATUS_NOT_FOUND)
            return not_right(cx, answer, "The refresh token is not known.");
        TRY(status);
        if (!str_eq(grant.client, caller->client.id))
            return not_right(cx, answer, "The refresh token is another program's.");
        if (!living) {
            TRY(grant_end(oauth, cx, &grant, STR("app-reuse"), call->address));
            return not_right(cx, answer,
                             "The refresh token was used before: all that it gave has ended.");
        }
        status = use_refresh(oauth, cx, call, caller, &grant, asked, answer);
        if (status != STATUS_CONFLICT)
            return issued(cx, status, answer);
        (void)take_issue(cx, STR_EMPTY);
    }
    return not_right(cx, answer, "Somebody else has just used this.");
}

/* ---- services -----------------------------------------------------------------------------------
 */

static Status as_service(Oauth *oauth, Ctx *cx, const OauthCall *call, const Caller *caller,
                         OauthAnswer *answer)
{
    Str asked, text;
    Scope *scopes;
    size_t count;
    StoreItem items[2];
    if (!caller->client.service)
        return answer_error(cx, answer, 400, "unauthorized_client",
                            "This program is not registered as a service.");
    if (!form_value(cx, call->form, STR("scope"), &asked) || !asked.len)
        return answer_error(cx, answer, 400, "invalid_scope", "A service says what it needs.");
    Status status = scopes_read(cx, asked, &scopes, &count);
    if (status == STATUS_OK)
        status = client_scopes(cx, &caller->client, scopes, &count);
    if (status == STATUS_INVALID || (status == STATUS_OK && count == 0)) {
        (void)take_issue(cx, STR_EMPTY);
        return answer_error(cx, answer, 400, "invalid_scope",
                            "None of the scopes is offered to this program.");
    }
    TRY(status);
    TRY(scopes_write(cx, scopes, count, &text));
    Grant grant = {.client = caller->client.id, .created = oauth_now(oauth)};
    grant.id = grant.user = grant.patient = grant.encounter = grant.session = STR_EMPTY;
    return grant_issue(oauth, cx, call, &caller->client, &grant, text, items, 0, NULL, answer);
}

/* ---- the endpoint
 * -------------------------------------------------------------------------------- */

Status oauth_token(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    static const struct {
        Str type;
        Status (*serve)(Oauth *oauth, Ctx *cx, const OauthCall *call, const Caller *caller,
                        OauthAnswer *answer);
    } types[] = {
        {STR_INIT("authorization_code"), by_code},
        {STR_INIT("refresh_token"), by_refresh},
        {STR_INIT("client_credentials"), as_service},
    };
    Caller caller;
    Status status;
    Str type;
    if (!form_value(cx, call->form, STR("grant_type"), &type) || !type.len)
        return answer_error(cx, answer, 400, "invalid_request", "grant_type is there once.");
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (!str_eq(type, types[i].type))
            continue;
        if (!caller_find(oauth, cx, call, &caller, answer, &status))
            return status;
        return types[i].serve(oauth, cx, call, &caller, answer);
    }
    return answer_error(cx, answer, 400, "unsupported_grant_type",
                        "authorization_code, refresh_token and client_credentials are offered.");
}

/* ---- introspection
 * -------------------------------------------------------------------------------- */

static Status inactive(OauthAnswer *answer)
{
    *answer = (OauthAnswer){.http = 200, .body = STR("{\"active\":false}")};
    return STATUS_OK;
}

static Status describe(Oauth *oauth, Ctx *cx, const OauthCall *call, const AuthAppToken *token,
                       OauthAnswer *answer)
{
    Buf out;
    AuthAccount account = {.reference = STR_EMPTY};
    uint64_t changes;
    buf_init(&out, cx->arena, 1024, 16384);
    buf_add_char(&out, '{');
    json_flag(&out, "active", true);
    json_text(&out, "scope", token->scopes);
    json_text(&out, "client_id", token->client);
    json_text(&out, "token_type", STR("Bearer"));
    json_text(&out, "iss", call->origin);
    json_time(&out, "iat", token->created / TIME_SECOND);
    json_time(&out, "exp", token->expires / TIME_SECOND);
    if (token->user.len) {
        TRY(auth_account_now(oauth->auth, cx, token->user, &account, &changes));
        json_text(&out, "sub", subject_of(cx->arena, token->user));
    } else {
        json_text(&out, "sub", token->client);
    }
    Grant grant;
    if (token->grant.len && grant_read(oauth, cx, token->grant, &grant) == STATUS_OK &&
        grant.patient.len)
        json_text(&out, "patient", str_from(grant.patient, str_index(grant.patient, '/') + 1));
    if (text_has_word(token->scopes, STR("fhirUser")))
        json_text_or_none(&out, "fhirUser", fhir_user_of(cx->arena, call, account.reference));
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *answer = (OauthAnswer){.http = 200, .body = buf_str(&out)};
    return STATUS_OK;
}

/* A program, or somebody with a token of an administrator's making (aceso token create). */
static bool inspector_find(Oauth *oauth, Ctx *cx, const OauthCall *call, Caller *ret_caller,
                           OauthAnswer *answer, Status *ret_status)
{
    const Access *access;
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    if (!str_eq_nocase(str_head(call->authorization, 7), STR("Bearer ")))
        return caller_find(oauth, cx, call, ret_caller, answer, ret_status);
    *ret_caller = (Caller){.proven = true, .client = {.inspects = true}};
    *ret_status =
        auth_bearer(oauth->auth, &quiet, str_trim(str_from(call->authorization, 7)), &access);
    if (*ret_status == STATUS_OK && access_is_system(access))
        return true;
    *ret_status =
        answer_error(cx, answer, 401, "invalid_token", "That needs a program's own secret or key.");
    return false;
}

Status oauth_introspect(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    Caller caller;
    AuthAppToken token;
    Status status;
    Str text;
    if (!inspector_find(oauth, cx, call, &caller, answer, &status))
        return status;
    if (!caller.proven)
        return answer_error(cx, answer, 401, "invalid_client",
                            "Only a program that shows who it is may ask that.");
    if (!form_value(cx, call->form, STR("token"), &text) || !text.len)
        return answer_error(cx, answer, 400, "invalid_request", "token is there once.");
    status = auth_app_find(oauth->auth, cx, text, &token);
    if (status == STATUS_NOT_FOUND ||
        (status == STATUS_OK && !caller.client.inspects && !str_eq(token.client, caller.client.id)))
        return inactive(answer);
    TRY(status);
    return describe(oauth, cx, call, &token, answer);
}

/* ---- revocation
 * ------------------------------------------------------------------------------------ */

/* The grant of any token of the program, living or not. */
static Status grant_of_token(Oauth *oauth, Ctx *cx, Str text, Grant *ret_grant)
{
    AuthAppToken token;
    bool living;
    if (str_has_prefix(text, STR("acesor_")))
        return refresh_find(oauth, cx, text, ret_grant, &living);
    TRY(auth_app_find(oauth->auth, cx, text, &token));
    *ret_grant = (Grant){.id = token.grant, .client = token.client, .user = token.user};
    return STATUS_OK;
}

Status oauth_revoke(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    Caller caller;
    Grant grant;
    Status status;
    Str text;
    if (!caller_find(oauth, cx, call, &caller, answer, &status))
        return status;
    if (!form_value(cx, call->form, STR("token"), &text) || !text.len)
        return answer_error(cx, answer, 400, "invalid_request", "token is there once.");
    status = grant_of_token(oauth, cx, text, &grant);
    bool own = status == STATUS_OK && str_eq(grant.client, caller.client.id);
    if (own && !grant.id.len) { /* of a service: it lives five minutes */
        AuthAppEnd end = {.client = grant.client,
                          .account = grant.client,
                          .role = STR("program"),
                          .interaction = STR("app-revoke"),
                          .id = grant.client,
                          .address = call->address};
        TRY(auth_app_end(oauth->auth, cx, &end));
    } else if (own) {
        TRY(grant_end(oauth, cx, &grant, STR("app-revoke"), call->address));
    } else if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    *answer = (OauthAnswer){.http = 200}; /* also for what is none: SPEC RFC 7009 2.2 */
    return STATUS_OK;
}

/* ---- userinfo
 * --------------------------------------------------------------------------------------- */

Status oauth_userinfo(Oauth *oauth, Ctx *cx, const OauthCall *call, OauthAnswer *answer)
{
    AuthAppToken token;
    AuthAccount account;
    uint64_t changes;
    Buf out;
    Str text = str_trim(str_from(call->authorization, 7));
    Status status = auth_app_find(oauth->auth, cx, text, &token);
    if (status == STATUS_NOT_FOUND)
        return answer_error(cx, answer, 401, "invalid_token", "The token is not known.");
    TRY(status);
    if (!token.user.len || !text_has_word(token.scopes, STR("openid")))
        return answer_error(cx, answer, 403, "insufficient_scope", "That needs the scope openid.");
    TRY(auth_account_now(oauth->auth, cx, token.user, &account, &changes));
    buf_init(&out, cx->arena, 512, 4096);
    buf_add_char(&out, '{');
    json_text(&out, "sub", subject_of(cx->arena, token.user));
    if (text_has_word(token.scopes, STR("fhirUser")))
        json_text_or_none(&out, "fhirUser", fhir_user_of(cx->arena, call, account.reference));
    if (text_has_word(token.scopes, STR("profile")))
        json_text(&out, "name", account.display);
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *answer = (OauthAnswer){.http = 200, .body = buf_str(&out)};
    return STATUS_OK;
}
