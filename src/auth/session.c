/* auth/session.c - signing in and out. */
#include "auth/inner.h"

#include "access/grant.h"

enum { FAILURE_TRIES = 8 };

/* ---- an attempt -------------------------------------------------------------- */

typedef struct {
    const AuthAttempt *from;
    Str user;        /* folded; as typed when it cannot be anybody's name */
    Account account; /* all empty when there is none */
    bool known;
    LockoutKeys keys;
    Str better_hash; /* today's cost, when the stored one is outdated */
} Attempt;

static Change attempt_change(const Attempt *attempt, Status outcome)
{
    /* A name that nobody has stays out of the log: it may be a password in the wrong field. */
    return (Change){.audit = {.interaction = STR("sign-in"),
                              .account = attempt->known ? attempt->user : STR_EMPTY,
                              .role = attempt->account.public.role,
                              .outcome = outcome,
                              .address = attempt->from->address}};
}

static Status refuse_locked(Auth *auth, Ctx *cx, const Attempt *attempt, unsigned wait_s,
                            bool first)
{
    if (first) {
        Change change = attempt_change(attempt, STATUS_LOCKED_OUT);
        pthread_mutex_lock(&auth->change);
        Status status = change_commit(auth, cx, &change);
        pthread_mutex_unlock(&auth->change);
        TRY(status);
    }
    return ctx_fail(cx, STATUS_LOCKED_OUT, STR_EMPTY,
                    "Too many wrong attempts. Try again in %u seconds.", wait_s);
}

/* Somebody who guesses on several nodes at once is counted by each: what one writes holds only on
 * top of what the others wrote. */
static Status write_failure(Auth *auth, Ctx *cx, const Attempt *attempt)
{
    StoreItem items[LOCKOUT_ITEMS], name;
    Change change = attempt_change(attempt, STATUS_UNAUTHORIZED);
    Status status = STATUS_CONFLICT;
    change.items = items;
    for (int tries = 0; status == STATUS_CONFLICT && tries < FAILURE_TRIES; tries++) {
        Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline, .request_id = cx->request_id};
        if (auth->shared) {
            TRY(lockouts_learn(auth, &quiet, &attempt->keys, &name));
            change.guard = &name;
        }
        TRY(lockout_items(auth, cx, &attempt->keys, items, &change.item_count));
        status = change_commit(auth, &quiet, &change);
    }
    if (status == STATUS_OK)
        lockouts_written(auth, &attempt->keys);
    return status;
}

static Status refuse_wrong(Auth *auth, Ctx *cx, const Attempt *attempt)
{
    Status status = write_failure(auth, cx, attempt);
    if (status != STATUS_OK)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store cannot be written now.");
    return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "The name or the password is not right.");
}

/* ---- a new session ----------------------------------------------------------- */

static AuthSession session_of(const Auth *auth, Arena *arena, const Handle *handle)
{
    return (AuthSession){.id = handle_id(arena, handle),
                         .user = arena_str(arena, short_str(&handle->user)),
                         .display = arena_str(arena, short_str(&handle->display)),
                         .role = arena_str(arena, short_str(&handle->role)),
                         .reference = arena_str(arena, short_str(&handle->reference)),
                         .language = arena_str(arena, short_str(&handle->language)),
                         .created = handle->created,
                         .seen = handle->seen,
                         .expires = handle_ends(auth, handle)};
}

static bool find_cookie(Auth *auth, Str cookie, Handle *ret_handle)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    if (cookie.len != AUTH_COOKIE_LEN)
        return false;
    crypto_sha256(cookie, hash);
    return handles_copy(&auth->handles, HANDLE_SESSION, hash, ret_handle);
}

/* Who has to go so that there is room: the user's session unused longest when there are
 * enough of them, anybody's when the table is full; NULL when there is room. */
static Handle *choose_victim(const Handles *handles, Str user, const Handle *leaving)
{
    Handle *own = NULL, *any = NULL;
    size_t own_count = 0;
    for (Handle *h = handles_next(handles, NULL); h; h = handles_next(handles, h)) {
        if (h->kind != HANDLE_SESSION ||
            (leaving && memcmp(h->hash, leaving->hash, CRYPTO_SHA256_BYTES) == 0))
            continue;
        if (!any || h->seen < any->seen)
            any = h;
        if (!str_eq(short_str(&h->user), user))
            continue;
        own_count++;
        if (!own || h->seen < own->seen)
            own = h;
    }
    if (own_count >= SESSIONS_PER_ACCOUNT)
        return own;
    return handles->count >= HANDLES_MAX ? any : NULL;
}

static bool find_victim(Handles *handles, Str user, const Handle *leaving, Handle *ret_victim)
{
    pthread_rwlock_rdlock(&handles->lock);
    const Handle *victim = choose_victim(handles, user, leaving);
    if (victim)
        *ret_victim = *victim;
    pthread_rwlock_unlock(&handles->lock);
    return victim != NULL;
}

static Status session_make(Auth *auth, Ctx *cx, const Account *account, Handle *handle,
                           Str *ret_cookie)
{
    uint8_t random[CRYPTO_SHA256_BYTES];
    crypto_random(random, sizeof random);
    Str cookie = crypto_base64url(cx->arena, str_n((const char *)random, sizeof random));
    crypto_wipe(random, sizeof random);
    if (!cookie.at)
        return STATUS_MEMORY;
    Time now = auth_now(auth);
    *handle = (Handle){.kind = HANDLE_SESSION,
                       .may_write = true,
                       .created = now,
                       .seen = now,
                       .written = now,
                       .expires = now + auth->options.absolute_s * TIME_SECOND,
                       .epoch = atomic_load(&auth->epoch),
                       .checked = follow_clock(),
                       .account_changes = account->changes};
    crypto_sha256(cookie, handle->hash);
    handle_set_account(handle, &account->public);
    *ret_cookie = cookie;
    return STATUS_OK;
}

static Status add_deletion(Ctx *cx, const Handle *handle, StoreItem *items, size_t *count)
{
    Str key = handle_key(cx->arena, handle);
    if (!key.at)
        return STATUS_MEMORY;
    items[(*count)++] = (StoreItem){.space = handle_space(handle->kind), .key = key};
    return STATUS_OK;
}

/* Under `change`: writes the session, then makes it known. */
static Status welcome_in(Auth *auth, Ctx *cx, Attempt *attempt, AuthWelcome *ret_welcome)
{
    enum { ITEMS = LOCKOUT_ITEMS + 4 };
    StoreItem items[ITEMS], guard = account_guard(&attempt->account);
    TRY(handles_refresh(auth, cx));
    Handle old, victim, made;
    bool has_old = find_cookie(auth, attempt->from->old_cookie, &old);
    bool has_victim = find_victim(&auth->handles, attempt->user, has_old ? &old : NULL, &victim);
    Change change = attempt_change(attempt, STATUS_OK);
    size_t count;
    AuthWelcome welcome = {0};
    change.ends = has_old || has_victim;
    TRY(session_make(auth, cx, &attempt->account, &made, &welcome.cookie));
    TRY(lockout_items(auth, cx, &attempt->keys, items, &count));
    TRY(handle_item(cx, &made, &items[count++]));
    if (has_old)
        TRY(add_deletion(cx, &old, items, &count));
    if (has_victim)
        TRY(add_deletion(cx, &victim, items, &count));
    if (attempt->better_hash.len) {
        attempt->account.password = attempt->better_hash;
        TRY(account_item(cx, &attempt->account, &items[count++]));
    }
    change.items = items;
    change.item_count = count;
    change.guard = &guard; /* nobody may have blocked it or changed its password meanwhile */
    TRY(change_commit(auth, cx, &change));
    if (has_old)
        handles_drop(&auth->handles, HANDLE_SESSION, old.hash);
    if (has_victim)
        handles_drop(&auth->handles, HANDLE_SESSION, victim.hash);
    pthread_rwlock_wrlock(&auth->handles.lock);
    Handle *added = handles_add(&auth->handles, &made);
    pthread_rwlock_unlock(&auth->handles.lock);
    if (!added)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Too many sessions.");
    welcome.session = session_of(auth, cx->arena, &made);
    *ret_welcome = welcome;
    return STATUS_OK;
}

/* ---- signing in -------------------------------------------------------------- */

static Status attempt_begin(Auth *auth, Ctx *cx, const AuthAttempt *from, Attempt *attempt)
{
    *attempt = (Attempt){.from = from, .user = from->user};
    if (user_fold(cx->arena, from->user, &attempt->user)) {
        Status status = account_read(auth, cx, attempt->user, &attempt->account);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        attempt->known = status == STATUS_OK;
    }
    attempt->keys = lockout_keys(attempt->user, from->address);
    StoreItem name;
    return auth->shared ? lockouts_learn(auth, cx, &attempt->keys, &name) : STATUS_OK;
}

static Status begin_counting(Auth *auth, Ctx *cx, const LockoutKeys *keys, bool *ret_first_refusal,
                             unsigned *ret_wait_s)
{
    if (!auth->shared) {
        *ret_wait_s = lockout_begin(auth, keys, ret_first_refusal);
        return STATUS_OK;
    }
    pthread_mutex_lock(&auth->change);
    Status status = lockout_begin_shared(auth, cx, keys, ret_first_refusal, ret_wait_s);
    pthread_mutex_unlock(&auth->change);
    return status == STATUS_OK ? STATUS_OK
                               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                                          "The store does not say who may try to sign in.");
}

/* What others counted while the password was compared is not forgotten. */
static void adopt_counters(Auth *auth, Ctx *cx, const LockoutKeys *keys)
{
    Ctx quiet = {.arena = cx->arena, .deadline = cx->deadline};
    if (!auth->shared)
        return;
    pthread_mutex_lock(&auth->change);
    UNUSED(lockout_adopt(auth, &quiet, keys) == STATUS_OK); /* else memory is what there is */
    pthread_mutex_unlock(&auth->change);
}

Status auth_sign_in(Auth *auth, Ctx *cx, const AuthAttempt *from, AuthWelcome *ret_welcome)
{
    Attempt attempt;
    bool first_refusal, right;
    *ret_welcome = (AuthWelcome){0};
    TRY(attempt_begin(auth, cx, from, &attempt));
    unsigned wait_s = 0;
    TRY(begin_counting(auth, cx, &attempt.keys, &first_refusal, &wait_s));
    ret_welcome->retry_after_s = wait_s;
    if (wait_s)
        return refuse_locked(auth, cx, &attempt, wait_s, first_refusal);
    Status status = password_verify(auth, cx, from->password, attempt.account.password, &right);
    adopt_counters(auth, cx, &attempt.keys);
    if (status != STATUS_OK) {
        lockout_undo(auth, &attempt.keys, false);
        ret_welcome->retry_after_s = 1;
        return status;
    }
    right = right && !attempt.account.public.blocked;
    if (right) {
        lockout_undo(auth, &attempt.keys, true);
        if (crypto_password_is_outdated(attempt.account.password) &&
            password_hash(auth, cx, from->password, &attempt.better_hash) != STATUS_OK)
            attempt.better_hash = STR_EMPTY; /* another time, then */
    }
    pthread_mutex_lock(&auth->change);
    status = right ? welcome_in(auth, cx, &attempt, ret_welcome) : refuse_wrong(auth, cx, &attempt);
    pthread_mutex_unlock(&auth->change);
    return status;
}

/* ---- every request ----------------------------------------------------------- */

static Status not_signed_in(Ctx *cx)
{
    return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
}

static const Access *grant_of(Auth *auth, Arena *arena, const Handle *handle)
{
    AccessGrant grant = {.account = short_str(&handle->account),
                         .role = short_str(&handle->role),
                         .reference = short_str(&handle->reference),
                         .may_write = handle->may_write,
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

/* ---- signing out and lists --------------------------------------------------- */

Status auth_sign_out(Auth *auth, Ctx *cx, Str cookie, Str address)
{
    Status status = STATUS_OK;
    Handle handle;
    pthread_mutex_lock(&auth->change);
    status = handles_refresh(auth, cx);
    if (status == STATUS_OK && find_cookie(auth, cookie, &handle)) {
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
    pthread_mutex_lock(&auth->change);
    Status status = handles_refresh(auth, cx);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    pthread_rwlock_rdlock(&handles->lock);
    AuthSession *sessions = arena_array_of(cx->arena, AuthSession, handles->count + 1);
    for (Handle *h = handles_next(handles, NULL); sessions && h; h = handles_next(handles, h)) {
        if (h->kind == HANDLE_SESSION && handle_is_live(auth, h, now) &&
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

static void json_member(Buf *buf, const char *name, Str value)
{
    buf_format(buf, "%s\"%s\":", buf->len > 1 ? "," : "", name);
    json_write_string(buf, value);
}

Status auth_session_json(Ctx *cx, const AuthSession *session, Str *ret_json)
{
    char instant[TIME_INSTANT_LEN];
    Buf buf;
    buf_init(&buf, cx->arena, 512, 8192);
    buf_add_char(&buf, '{');
    json_member(&buf, "user", session->user);
    json_member(&buf, "display", session->display);
    json_member(&buf, "role", session->role);
    if (session->reference.len)
        json_member(&buf, "reference", session->reference);
    else
        buf_add_lit(&buf, ",\"reference\":null");
    json_member(&buf, "language", session->language);
    json_member(&buf, "expires", time_format_instant(session->expires, instant));
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}
