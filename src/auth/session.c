/* auth/session.c - recognising every request; ending sessions, and lists of them. */
#include "auth/inner.h"
#include "auth/session.h"

#include "access/grant.h"

AuthSession session_of(const Auth *auth, Arena *arena, const Handle *handle)
{
    return (AuthSession){.id = handle_id(arena, handle),
                         .user = arena_str(arena, short_str(&handle->user)),
                         .display = arena_str(arena, short_str(&handle->display)),
                         .role = arena_str(arena, short_str(&handle->role)),
                         .reference = arena_str(arena, short_str(&handle->reference)),
                         .language = arena_str(arena, short_str(&handle->language)),
                         .created = handle->created,
                         .seen = handle->seen,
                         .expires = handle_ends(auth, handle),
                         .ends = handle->expires,
                         .stepped = handle->stepped,
                         .device = arena_str(arena, short_str(&handle->label)),
                         .address = arena_str(arena, short_str(&handle->address)),
                         .locked = !handle_is_live(auth, handle, auth_now(auth)),
                         .must_enrol = handle->must_enrol};
}

bool session_find(Auth *auth, Str cookie, Handle *ret_handle)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    if (cookie.len != AUTH_COOKIE_LEN)
        return false;
    crypto_sha256(cookie, hash);
    return handles_copy(&auth->handles, HANDLE_SESSION, hash, ret_handle);
}

/* ---- every request ----------------------------------------------------------- */

static Status not_signed_in(Ctx *cx)
{
    return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
}

static uint8_t factors_of(const Auth *auth, const Handle *handle)
{
    bool fresh = handle->ways && auth_now(auth) < handle->stepped + AUTH_STEP_UP_S * TIME_SECOND;
    return (uint8_t)(handle->ways | (fresh ? (unsigned)ACCESS_STEPPED_UP : 0u));
}

static const Access *grant_of(Auth *auth, Arena *arena, const Handle *handle)
{
    /* Who must set up a second factor has a role that no rule knows until then. */
    AccessGrant grant = {.account = short_str(&handle->account),
                         .role = handle->must_enrol ? STR("enrolling") : short_str(&handle->role),
                         .reference =
                             handle->must_enrol ? STR_EMPTY : short_str(&handle->reference),
                         .factors = factors_of(auth, handle),
                         .may_write = handle->may_write && !handle->must_enrol,
                         .everything = handle->kind == HANDLE_TOKEN && !handle->app &&
                                       str_eq(short_str(&handle->role), STR("program"))};
    if (handle->app) {
        grant.client = short_str(&handle->app->client);
        grant.patient = short_str(&handle->app->patient);
        grant.scopes = str_n(handle->app->scopes, handle->app->scopes_len);
    }
    if (auth->shared) {
        grant.epoch = handle->epoch;
        grant.renew = handle_renew;
        grant.of = auth;
        grant.is_token = handle->kind == HANDLE_TOKEN;
        memcpy(grant.hash, handle->hash, sizeof(grant.hash));
    }
    return access_grant(arena, &grant);
}

Status auth_access_of(Auth *auth, Ctx *cx, Str name, const Access **ret_access)
{
    AuthAccount account;
    uint64_t changes;
    Str user = str_cut(&name, '#'); /* of a token of his: handles.c */
    TRY(auth_account_now(auth, cx, user, &account, &changes));
    *ret_access = access_grant(cx->arena, &(AccessGrant){.account = account.user,
                                                         .role = account.role,
                                                         .reference = account.reference});
    return *ret_access ? STATUS_OK : STATUS_MEMORY;
}

/* Whether memory has it and it is as good as the latest epoch that is known. */
static bool look_up(Auth *auth, Ctx *cx, HandleKind kind, const uint8_t *hash,
                    const Access **ret_access, AuthSession *ret_session)
{
    Time now = auth_now(auth);
    pthread_rwlock_rdlock(&auth->handles.lock);
    Handle *handle = handles_find(&auth->handles, kind, hash);
    bool live = handle && handle_is_live(auth, handle, now) &&
                (auth->shared ? follow_is_fresh(auth, handle)
                              : app_session_is_known(&auth->handles, handle));
    if (live) {
        if (now > handle->seen + TIME_SECOND)
            handle->seen = now;
        *ret_access = grant_of(auth, cx->arena, handle);
        if (ret_session)
            *ret_session = session_of(auth, cx->arena, handle);
    }
    pthread_rwlock_unlock(&auth->handles.lock);
    return live;
}

static Status recognise(Auth *auth, Ctx *cx, HandleKind kind, Str text, const Access **ret_access,
                        AuthSession *ret_session)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    const Access *access = NULL;
    crypto_sha256(text, hash);
    bool live = look_up(auth, cx, kind, hash, &access, ret_session);
    if (!live && auth->shared) {
        Status status = handle_recheck(auth, cx, kind, hash);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return ctx_fail(cx, status, STR_EMPTY, "Who is signed in cannot be read now.");
        live = look_up(auth, cx, kind, hash, &access, ret_session);
    }
    if (!live)
        return not_signed_in(cx);
    if (!access)
        return STATUS_MEMORY;
    *ret_access = access;
    return STATUS_OK;
}

Status auth_session(Auth *auth, Ctx *cx, Str cookie, const Access **ret_access,
                    AuthSession *ret_session)
{
    if (cookie.len != AUTH_COOKIE_LEN)
        return not_signed_in(cx);
    return recognise(auth, cx, HANDLE_SESSION, cookie, ret_access, ret_session);
}

Status auth_bearer(Auth *auth, Ctx *cx, Str token, const Access **ret_access)
{
    if (token.len != AUTH_TOKEN_LEN || !str_has_prefix(token, STR("aceso_")))
        return not_signed_in(cx);
    return recognise(auth, cx, HANDLE_TOKEN, token, ret_access, NULL);
}

AuthWatch auth_watch(Str cookie, Str token)
{
    AuthWatch watch = {.is_token = !cookie.len};
    crypto_sha256(cookie.len ? cookie : token, watch.hash);
    return watch;
}

bool auth_is_alive(Auth *auth, const AuthWatch *watch)
{
    HandleKind kind = watch->is_token ? HANDLE_TOKEN : HANDLE_SESSION;
    pthread_rwlock_rdlock(&auth->handles.lock);
    const Handle *handle = handles_find(&auth->handles, kind, watch->hash);
    bool alive = handle && handle_is_live(auth, handle, auth_now(auth)) &&
                 (auth->shared || app_session_is_known(&auth->handles, handle));
    pthread_rwlock_unlock(&auth->handles.lock);
    return alive;
}

/* ---- signing out and lists --------------------------------------------------- */

Status auth_sign_out(Auth *auth, Ctx *cx, Str cookie, Str address)
{
    Status status = STATUS_OK;
    Handle handle;
    pthread_mutex_lock(&auth->change);
    status = handles_refresh(auth, cx);
    if (status == STATUS_OK && session_find(auth, cookie, &handle)) {
        Change change = {.audit = {.interaction = STR("sign-out"),
                                   .account = arena_str(cx->arena, short_str(&handle.user)),
                                   .role = arena_str(cx->arena, short_str(&handle.role)),
                                   .address = address}};
        status = change_end_handle(auth, cx, &handle, &change);
    }
    pthread_mutex_unlock(&auth->change);
    return status;
}

Status auth_session_end(Auth *auth, Ctx *cx, const Access *by, Str user)
{
    Str folded;
    StoreItem *items;
    Change change = {.by = by, .audit = {.interaction = STR("session-end")}};
    TRY(change_need_admin(cx, by));
    TRY(need_user(cx, user, &folded));
    change.audit.id = folded;
    pthread_mutex_lock(&auth->change);
    Status status = handles_refresh(auth, cx);
    if (status == STATUS_OK)
        status = handles_deletions(auth, cx, folded, false, &items, &change.item_count);
    if (status == STATUS_OK) {
        change.items = items;
        change.ends = true;
        handles_forget(auth, folded, false);
        status = change_commit(auth, cx, &change);
    }
    pthread_mutex_unlock(&auth->change);
    return status;
}

Status auth_session_list(Auth *auth, Ctx *cx, Str user, AuthSession **ret_sessions,
                         size_t *ret_count)
{
    Handles *handles = &auth->handles;
    Time now = auth_now(auth);
    size_t count = 0;
    TRY(handles_catch_up(auth, cx));
    pthread_rwlock_rdlock(&handles->lock);
    AuthSession *sessions = arena_array_of(cx->arena, AuthSession, handles->count + 1);
    for (Handle *h = handles_next(handles, NULL); sessions && h; h = handles_next(handles, h)) {
        if (h->kind == HANDLE_SESSION && handle_is_kept(h, now) &&
            (user.len == 0 || str_eq(short_str(&h->user), user)))
            sessions[count++] = session_of(auth, cx->arena, h);
    }
    pthread_rwlock_unlock(&handles->lock);
    if (!sessions)
        return STATUS_MEMORY;
    *ret_sessions = sessions;
    *ret_count = count;
    return STATUS_OK;
}

/* ---- as JSON ------------------------------------------------------------------- */

void member_text(Buf *buf, const char *name, Str value)
{
    char last = buf->len ? buf->at[buf->len - 1] : '{';
    buf_format(buf, "%s\"%s\":", last == '{' ? "" : ",", name);
    json_write_string(buf, value);
}

void member_time(Buf *buf, const char *name, Time value)
{
    char instant[TIME_INSTANT_LEN];
    member_text(buf, name, time_format_instant(value, instant));
}

void write_ways(Buf *buf, unsigned ways)
{
    static const unsigned all[] = {AUTH_BY_PASSWORD, AUTH_BY_TOTP, AUTH_BY_PASSKEY,
                                   AUTH_BY_RECOVERY, AUTH_BY_CARD};
    bool any = false;
    buf_add_lit(buf, ",\"factors\":[");
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (!(ways & all[i]))
            continue;
        buf_format(buf, "%s\"%s\"", any ? "," : "", factors_word(all[i]));
        any = true;
    }
    buf_add_char(buf, ']');
}

Status auth_session_json(Ctx *cx, const AuthSession *session, Str more, Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 512, 8192);
    buf_add_char(&buf, '{');
    member_text(&buf, "user", session->user);
    member_text(&buf, "display", session->display);
    member_text(&buf, "role", session->role);
    if (session->reference.len)
        member_text(&buf, "reference", session->reference);
    else
        buf_add_lit(&buf, ",\"reference\":null");
    member_text(&buf, "language", session->language);
    member_time(&buf, "expires", session->expires);
    buf_add_str(&buf, more);
    if (session->must_enrol)
        buf_add_lit(&buf, ",\"next\":\"enrol\"");
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

static void write_session(Buf *buf, const AuthSession *one, Str current)
{
    buf_add_char(buf, '{');
    member_text(buf, "id", one->id);
    member_text(buf, "device", one->device);
    member_text(buf, "address", one->address);
    member_time(buf, "created", one->created);
    member_time(buf, "seen", one->seen);
    buf_format(buf, ",\"current\":%s,\"locked\":%s}", str_eq(one->id, current) ? "true" : "false",
               one->locked ? "true" : "false");
}

Status auth_own_sessions_json(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    AuthSession *all;
    size_t count;
    Buf buf;
    TRY(auth_session_list(auth, cx, session->user, &all, &count));
    buf_init(&buf, cx->arena, 4096, 64 * 1024);
    buf_add_lit(&buf, "{\"sessions\":[");
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(&buf, ',');
        write_session(&buf, &all[i], session->id);
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}
