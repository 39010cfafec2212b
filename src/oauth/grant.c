/* oauth/grant.c - what somebody allowed a program, from which its tokens are made.
 *
 *   {"client":"...","user":"dr.dupont","scopes":"...","patient":"Patient/1","session":"hex",
 *    "refresh":"hex","changes":0,"signed_in":...,"created":...,"seen":...,"expires":...}
 *
 * A refresh token is "acesor_", the id of its grant and a secret. The grant knows the hash of the
 * living one alone: any other secret for it was given before, and came back from somebody who
 * should not have it, or from the program because somebody else was faster. Both end the grant.
 * SPEC RFC 9700 4.14.2 */
#include "oauth/inner.h"

static const Str space = STR_INIT("oauth-grant");

static Status grant_item(Ctx *cx, const Grant *grant, StoreItem *ret_item)
{
    Buf out;
    buf_init(&out, cx->arena, 512, ITEM_BYTES_MAX);
    buf_add_char(&out, '{');
    json_text(&out, "client", grant->client);
    json_text(&out, "user", grant->user);
    json_text(&out, "scopes", grant->scopes);
    json_text_or_none(&out, "patient", grant->patient);
    json_text_or_none(&out, "encounter", grant->encounter);
    json_text_or_none(&out, "session", grant->session);
    json_text_or_none(&out, "refresh", grant->refresh);
    json_text_or_none(&out, "nonce", grant->nonce);
    json_time(&out, "changes", (Time)grant->changes);
    json_time(&out, "signed_in", grant->signed_in);
    json_time(&out, "created", grant->created);
    json_time(&out, "seen", grant->seen);
    json_time(&out, "expires", grant->expires);
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *ret_item = (StoreItem){space, grant->id, buf_str(&out)};
    return STATUS_OK;
}

Status grant_parse(Ctx *cx, const StoreItem *item, Grant *ret_grant)
{
    JsonValue *root;
    TRY(json_parse(cx, item->value, &root));
    *ret_grant = (Grant){.id = item->key,
                         .client = json_get_str(root, STR("client")),
                         .user = json_get_str(root, STR("user")),
                         .scopes = json_get_str(root, STR("scopes")),
                         .patient = json_get_str(root, STR("patient")),
                         .encounter = json_get_str(root, STR("encounter")),
                         .session = json_get_str(root, STR("session")),
                         .refresh = json_get_str(root, STR("refresh")),
                         .nonce = json_get_str(root, STR("nonce")),
                         .changes = (uint64_t)read_time(root, STR("changes")),
                         .signed_in = read_time(root, STR("signed_in")),
                         .created = read_time(root, STR("created")),
                         .seen = read_time(root, STR("seen")),
                         .expires = read_time(root, STR("expires")),
                         .value = item->value};
    return STATUS_OK;
}

Status grant_read(Oauth *oauth, Ctx *cx, Str id, Grant *ret_grant)
{
    StoreItem item = {.space = space, .key = id};
    Status status = item_read(oauth, cx, space, id, &item.value);
    if (status != STATUS_OK)
        return status;
    return grant_parse(cx, &item, ret_grant);
}

Status grant_end(Oauth *oauth, Ctx *cx, const Grant *grant, Str interaction, Str address)
{
    StoreItem item = {.space = space, .key = grant->id};
    AuthAppEnd end = {.grant = grant->id,
                      .items = &item,
                      .item_count = 1,
                      .account = grant->user,
                      .role = STR("program"),
                      .interaction = interaction,
                      .id = grant->client,
                      .address = address};
    return auth_app_end(oauth->auth, cx, &end);
}

bool grant_id_of(Str refresh_token, Str *ret_id)
{
    static const Str prefix = STR_INIT("acesor_");
    if (refresh_token.len != prefix.len + GRANT_ID_LEN + HASH_TEXT_LEN ||
        !str_has_prefix(refresh_token, prefix))
        return false;
    *ret_id = str_head(str_from(refresh_token, prefix.len), GRANT_ID_LEN);
    return true;
}

Str grant_client_of(Oauth *oauth, Ctx *cx, Str form)
{
    Str token, id;
    Grant grant;
    if (!form_value(cx, form, STR("refresh_token"), &token) || !grant_id_of(token, &id) ||
        grant_read(oauth, cx, id, &grant) != STATUS_OK)
        return STR_EMPTY;
    return grant.client;
}

/* ---- tokens of it ------------------------------------------------------------------------------
 */

typedef struct {
    Scope *scopes; /* of the access token */
    size_t count;
    bool stays, offline; /* of the grant: it has refresh tokens; also without the session */
    Str access, refresh, id;
    unsigned seconds;
} Given;

/* By all that was allowed, also when a token is made for less. SPEC RFC 6749 6 */
static Status look_ahead(Ctx *cx, const Grant *grant, Given *issue)
{
    Scope *scopes;
    size_t count;
    TRY(scopes_read(cx, grant->scopes, &scopes, &count));
    issue->offline = scopes_have(scopes, count, SCOPE_OFFLINE);
    issue->stays = issue->offline || scopes_have(scopes, count, SCOPE_ONLINE);
    return STATUS_OK;
}

/* A new secret; the hash of the last one is gone. */
static Status rotate(Oauth *oauth, Ctx *cx, Grant *grant, Given *issue)
{
    Time now = oauth_now(oauth), most = grant->created + REFRESH_MOST_S * TIME_SECOND;
    grant->seen = now;
    grant->expires = now + issue->seconds * TIME_SECOND;
    if (!issue->stays)
        return STATUS_OK;
    grant->expires = now + REFRESH_IDLE_S * TIME_SECOND;
    if (grant->expires > most)
        grant->expires = most;
    Str secret = random_text(cx->arena, CRYPTO_SHA256_BYTES);
    issue->refresh =
        arena_format(cx->arena, "acesor_" STR_FMT STR_FMT, STR_ARG(grant->id), STR_ARG(secret));
    if (!secret.at || !issue->refresh.at)
        return STATUS_MEMORY;
    grant->refresh = hash_key(cx->arena, issue->refresh);
    return grant->refresh.at ? STATUS_OK : STATUS_MEMORY;
}

static uint8_t all_letters(const Given *issue)
{
    uint8_t letters = 0;
    for (size_t i = 0; i < issue->count; i++)
        letters |= issue->scopes[i].level == SCOPE_WORD ? 0 : issue->scopes[i].letters;
    return letters;
}

static Status make_access(Oauth *oauth, Ctx *cx, const OauthCall *call, const Grant *grant,
                          Str scopes, Given *issue, StoreItem *items, size_t count,
                          const StoreItem *guard)
{
    bool narrowed = scopes_have_level(issue->scopes, issue->count, SCOPE_PATIENT);
    bool writes = all_letters(issue) & (RIGHTS_CREATE | RIGHTS_UPDATE | RIGHTS_DELETE);
    AuthApp wanted = {.client = grant->client,
                      .user = grant->user,
                      .scopes = scopes,
                      .patient = narrowed ? grant->patient : STR_EMPTY,
                      .grant = grant->id,
                      .session = issue->offline ? STR_EMPTY : grant->session,
                      .changes = grant->changes,
                      .may_write = writes,
                      .seconds = issue->seconds,
                      .items = items,
                      .item_count = count,
                      .guard = guard,
                      .interaction = STR("app-token"),
                      .address = call->address};
    return auth_app_token(oauth->auth, cx, &wanted, &issue->access);
}

static Str id_of(Str reference)
{
    return reference.len ? str_from(reference, str_index(reference, '/') + 1) : STR_EMPTY;
}

static Status write_answer(Ctx *cx, const Grant *grant, Str scopes, const Given *issue,
                           OauthAnswer *answer)
{
    Buf out;
    buf_init(&out, cx->arena, 1024, 65536);
    buf_add_char(&out, '{');
    json_text(&out, "access_token", issue->access);
    json_text(&out, "token_type", STR("Bearer"));
    json_time(&out, "expires_in", issue->seconds);
    json_text(&out, "scope", scopes);
    json_text_or_none(&out, "refresh_token", issue->refresh);
    json_text_or_none(&out, "id_token", issue->id);
    if (grant->patient.len) {
        json_text(&out, "patient", id_of(grant->patient));
        json_flag(&out, "need_patient_banner", true);
    }
    json_text_or_none(&out, "encounter", id_of(grant->encounter));
    buf_add_char(&out, '}');
    TRY(buf_done(&out));
    *answer = (OauthAnswer){.http = 200, .body = buf_str(&out)};
    return STATUS_OK;
}

Status grant_issue(Oauth *oauth, Ctx *cx, const OauthCall *call, const OauthClient *client,
                   Grant *grant, Str scopes, StoreItem *items, size_t item_count,
                   const StoreItem *guard, OauthAnswer *answer)
{
    Given issue = {.seconds = client->service ? SERVICE_TOKEN_S : TOKEN_S};
    TRY(scopes_read(cx, scopes, &issue.scopes, &issue.count));
    if (!client->service) {
        TRY(look_ahead(cx, grant, &issue));
        TRY(rotate(oauth, cx, grant, &issue));
        TRY(grant_item(cx, grant, &items[item_count++]));
    }
    TRY(make_access(oauth, cx, call, grant, scopes, &issue, items, item_count, guard));
    if (scopes_have(issue.scopes, issue.count, SCOPE_OPENID))
        TRY(id_token_make(oauth, cx, call, grant, issue.scopes, issue.count, issue.access,
                          &issue.id));
    return write_answer(cx, grant, scopes, &issue, answer);
}
