/* auth/step.c - a session that is there: locked and unlocked, stepped up, ended by its owner.
 *
 * Whoever shows something goes on under another cookie: one that was stolen before is worth nothing
 * behind the step. */
#include "auth/passkey.h"
#include "auth/attempt.h"
#include "auth/session.h"

bool auth_is_stepped_up(const Auth *auth, const AuthSession *session)
{
    return session->user.len && !session->must_enrol && !session->locked &&
           auth_now(auth) < session->stepped + AUTH_STEP_UP_S * TIME_SECOND;
}

static Status want_step_up(Ctx *cx)
{
    return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                    "This needs a proof of who you are that is younger than %d minutes.",
                    AUTH_STEP_UP_S / 60);
}

Status auth_need_step_up(const Auth *auth, Ctx *cx, const AuthSession *session)
{
    return auth_is_stepped_up(auth, session) ? STATUS_OK : want_step_up(cx);
}

static Status sign_in_first(Ctx *cx)
{
    return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
}

/* The session of a cookie, also a locked one; where others share the store, as they know it. */
static Status find_session(Auth *auth, Ctx *cx, Str cookie, Handle *ret_handle)
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    if (cookie.len != AUTH_COOKIE_LEN)
        return sign_in_first(cx);
    crypto_sha256(cookie, hash);
    if (auth->shared) {
        Status status = handle_recheck(auth, cx, HANDLE_SESSION, hash);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return ctx_fail(cx, status, STR_EMPTY, "Who is signed in cannot be read now.");
    }
    if (!session_find(auth, cookie, ret_handle) || !handle_is_kept(ret_handle, auth_now(auth)))
        return sign_in_first(cx);
    return STATUS_OK;
}

bool auth_is_locked(Auth *auth, Str cookie)
{
    Handle handle;
    Time now = auth_now(auth);
    return session_find(auth, cookie, &handle) && handle_is_kept(&handle, now) &&
           !handle_is_live(auth, &handle, now);
}

/* ---- asking -------------------------------------------------------------------------- */

static Status write_ask(Ctx *cx, const Account *account, Str ticket, unsigned ways, Str origin,
                        Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 2048, 64 * 1024);
    buf_add_char(&buf, '{');
    member_text(&buf, "ticket", ticket);
    write_ways(&buf, ways);
    if (ways & AUTH_BY_PASSKEY) {
        buf_add_lit(&buf, ",\"publicKey\":");
        TRY(passkey_ask_options(cx, &account->factors, ticket, origin, &buf));
    }
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

Status auth_step_up_ask(Auth *auth, Ctx *cx, Str cookie, Str origin, Str *ret_json)
{
    Handle handle;
    Account account;
    Str text;
    TRY(find_session(auth, cx, cookie, &handle));
    Str user = arena_str(cx->arena, short_str(&handle.user));
    if (account_read(auth, cx, user, &account) != STATUS_OK)
        return sign_in_first(cx);
    bool locked = !handle_is_live(auth, &handle, auth_now(auth));
    unsigned ways = factors_ways(&account);
    if (!locked && factors_any(&account.factors))
        ways &= ~(unsigned)AUTH_BY_PASSWORD;
    Ticket ticket = {.kind = TICKET_STEP_UP, .user = user, .changes = account.changes};
    TRY(ticket_make(auth, cx, &ticket, &text));
    return write_ask(cx, &account, text, ways, origin, ret_json);
}

/* ---- answering ------------------------------------------------------------------------ */

/* Under `change`: the session as it is now. A password was compared already. */
static Status judge(Auth *auth, Ctx *cx, Attempt *attempt, const AuthProof *proof, bool by_password,
                    bool right, AuthWelcome *ret_welcome)
{
    Ticket ticket;
    const Ticket *given = NULL;
    if (by_password && !right)
        return attempt_refuse(auth, cx, attempt, "The password is not right.");
    if (by_password) {
        attempt->way = AUTH_BY_PASSWORD;
        lockout_undo(auth, &attempt->keys, true);
        return attempt_welcome(auth, cx, attempt, ret_welcome);
    }
    if (proof->passkey.id.len) {
        Ctx quiet = {.arena = cx->arena};
        bool good =
            ticket_open(auth, &quiet, TICKET_STEP_UP, proof->ticket, &ticket) == STATUS_OK &&
            str_eq(ticket.user, attempt->user);
        given = good ? &ticket : NULL;
    }
    return attempt_with_factor(auth, cx, attempt, proof, given, ret_welcome);
}

static Status go_on(Auth *auth, Ctx *cx, const AuthProof *proof, Handle *handle, Str interaction,
                    bool password_is_enough, AuthWelcome *ret_welcome)
{
    Attempt attempt = {.interaction = interaction,
                       .address = proof->address,
                       .old_cookie = proof->cookie,
                       .goes_on = handle};
    bool by_password = proof->password.len > 0, right = false;
    *ret_welcome = (AuthWelcome){0};
    TRY(attempt_begin(auth, cx, arena_str(cx->arena, short_str(&handle->user)), &attempt));
    if (!attempt.known || attempt.account.public.blocked ||
        attempt.account.changes != handle->account_changes)
        return sign_in_first(cx);
    if (by_password && !password_is_enough && factors_any(&attempt.account.factors))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "A password is not enough here: show a code or a passkey.");
    TRY(attempt_count(auth, cx, &attempt, &ret_welcome->retry_after_s));
    if (by_password)
        TRY(password_compare(auth, cx, &attempt, proof->password, &right));
    pthread_mutex_lock(&auth->change);
    Status status = judge(auth, cx, &attempt, proof, by_password, right, ret_welcome);
    pthread_mutex_unlock(&auth->change);
    return status;
}

Status auth_step_up(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    Handle handle;
    TRY(find_session(auth, cx, proof->cookie, &handle));
    if (!handle_is_live(auth, &handle, auth_now(auth)))
        return sign_in_first(cx);
    return go_on(auth, cx, proof, &handle, STR("step-up"), false, ret_welcome);
}

Status auth_unlock(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    Handle handle;
    TRY(find_session(auth, cx, proof->cookie, &handle));
    return go_on(auth, cx, proof, &handle, STR("unlock"), true, ret_welcome);
}

/* ---- locking --------------------------------------------------------------------------- */

/* Memory first: whatever happens to the disk, it opens nothing from here on. */
static void lock_in_memory(Auth *auth, const Handle *handle)
{
    pthread_rwlock_wrlock(&auth->handles.lock);
    Handle *found = handles_find(&auth->handles, HANDLE_SESSION, handle->hash);
    if (found)
        found->locked = true;
    pthread_rwlock_unlock(&auth->handles.lock);
}

static Status lock_in(Auth *auth, Ctx *cx, Str cookie, Str address)
{
    Handle handle;
    StoreItem item;
    TRY(handles_refresh(auth, cx));
    if (!session_find(auth, cookie, &handle) || !handle_is_kept(&handle, auth_now(auth)))
        return STATUS_OK; /* over: safer than locked */
    handle.locked = true;
    lock_in_memory(auth, &handle);
    TRY(handle_item(cx, &handle, &item));
    Change change = {.audit = {.interaction = STR("lock"),
                               .account = arena_str(cx->arena, short_str(&handle.user)),
                               .role = arena_str(cx->arena, short_str(&handle.role)),
                               .address = address},
                     .items = &item,
                     .item_count = 1,
                     .ends = true};
    return change_commit(auth, cx, &change);
}

Status auth_lock(Auth *auth, Ctx *cx, Str cookie, Str address)
{
    pthread_mutex_lock(&auth->change);
    Status status = lock_in(auth, cx, cookie, address);
    pthread_mutex_unlock(&auth->change);
    return status;
}

/* ---- ending ------------------------------------------------------------------------------ */

Change session_change(const AuthSession *session, Str interaction, Str address)
{
    return (Change){.audit = {.interaction = interaction,
                              .account = session->user,
                              .role = session->role,
                              .address = address}};
}

static bool find_own(Auth *auth, Ctx *cx, Str user, Str id, Handle *ret_handle)
{
    Handles *handles = &auth->handles;
    bool found = false;
    pthread_rwlock_rdlock(&handles->lock);
    for (Handle *h = handles_next(handles, NULL); h && !found; h = handles_next(handles, h)) {
        found = h->kind == HANDLE_SESSION && str_eq(short_str(&h->user), user) &&
                str_eq(handle_id(cx->arena, h), id);
        if (found)
            *ret_handle = *h;
    }
    pthread_rwlock_unlock(&handles->lock);
    return found;
}

static Status end_all(Auth *auth, Ctx *cx, const AuthSession *session, Change *change)
{
    StoreItem *items;
    TRY(handles_deletions(auth, cx, session->user, false, &items, &change->item_count));
    change->items = items;
    change->ends = true;
    handles_forget(auth, session->user, false);
    return change_commit(auth, cx, change);
}

static Status end_in(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    Handle handle;
    Change change = session_change(session, STR("session-end"), address);
    TRY(handles_refresh(auth, cx));
    if (!id.len)
        return end_all(auth, cx, session, &change);
    change.audit.id = id;
    if (!find_own(auth, cx, session->user, id, &handle))
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such session of yours.");
    return change_end_handle(auth, cx, &handle, &change);
}

Status auth_own_session_end(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    pthread_mutex_lock(&auth->change);
    Status status = end_in(auth, cx, session, id, address);
    pthread_mutex_unlock(&auth->change);
    return status;
}
