/* auth/sign_in.c - signing in, from top to bottom: the attempt is counted, the password compared,
 * the factor looked at, the session written, then made known.
 *
 * What is shown besides a password is looked at under `change`, against the account as it is then,
 * and what it used up is written with the session, guarded by that account: a code, a challenge or
 * a recovery code opens one session, on however many nodes it is tried at once. */
#include "auth/passkey.h"
#include "auth/attempt.h"
#include "auth/session.h"

#include "store/item.h"

enum { FAILURE_TRIES = 8, FACTOR_TRIES = 4 };

static const char not_right[] = "The name or the password is not right.";
static const char factor_not_right[] = "That code or passkey is not right.";
static const char card_not_right[] = "This card opens no account here.";

/* ---- an attempt -------------------------------------------------------------- */

/* What was shown and found right: of a refusal nothing is said but the way that was tried. */
static uint8_t factors_shown(const Attempt *attempt, Status outcome)
{
    const Handle *old = attempt->goes_on;
    unsigned now = attempt->way | attempt->before;
    bool steps_up = old && (now != AUTH_BY_PASSWORD || !factors_any(&attempt->account.factors));
    if (outcome != STATUS_OK)
        return 0;
    return (uint8_t)(now | (old ? old->ways : 0u) | (steps_up ? (unsigned)ACCESS_STEPPED_UP : 0u));
}

Change attempt_change(const Attempt *attempt, Status outcome)
{
    /* A name that nobody has stays out of the log: it may be a password in the wrong field. */
    return (Change){
        .audit = {.interaction = attempt->interaction,
                  .account = attempt->known ? attempt->user : STR_EMPTY,
                  .role = attempt->account.public.role,
                  .query = str_of(attempt->detail ? attempt->detail : factors_word(attempt->way)),
                  .outcome = outcome,
                  .factors = factors_shown(attempt, outcome),
                  .address = attempt->address}};
}

Status attempt_begin(Auth *auth, Ctx *cx, Str user, Attempt *attempt)
{
    attempt->user = user;
    attempt->keys = lockout_keys(user, attempt->address);
    if (user_fold(cx->arena, user, &attempt->user)) {
        Status status = account_read(auth, cx, attempt->user, &attempt->account);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        attempt->known = status == STATUS_OK;
        attempt->keys = lockout_keys(attempt->user, attempt->address);
    }
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

Status attempt_count(Auth *auth, Ctx *cx, const Attempt *attempt, unsigned *ret_wait_s)
{
    bool first = false;
    *ret_wait_s = 0;
    TRY(begin_counting(auth, cx, &attempt->keys, &first, ret_wait_s));
    return *ret_wait_s ? refuse_locked(auth, cx, attempt, *ret_wait_s, first) : STATUS_OK;
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

Status attempt_refuse(Auth *auth, Ctx *cx, const Attempt *attempt, const char *sentence)
{
    if (write_failure(auth, cx, attempt) != STATUS_OK)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store cannot be written now.");
    return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "%s", sentence);
}

/* ---- with a password ----------------------------------------------------------- */

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

Status password_compare(Auth *auth, Ctx *cx, const Attempt *attempt, Str password, bool *ret_right)
{
    Status status = password_verify(auth, cx, password, attempt->account.password, ret_right);
    adopt_counters(auth, cx, &attempt->keys);
    if (status != STATUS_OK)
        lockout_undo(auth, &attempt->keys, false);
    return status;
}

/* {"ticket":...}: no session yet, and the name is not forgiven its failures. */
static Status want_factor(Auth *auth, Ctx *cx, Attempt *attempt, Str origin,
                          AuthWelcome *ret_welcome)
{
    char first = (char)(attempt->way | attempt->before);
    Ticket ticket = {.kind = TICKET_FACTOR,
                     .user = attempt->user,
                     .secret = {&first, 1},
                     .changes = attempt->account.changes};
    AuthWelcome welcome = {.ways = factors_ways(&attempt->account) & ~(unsigned)AUTH_BY_PASSWORD};
    Change change = attempt_change(attempt, STATUS_OK);
    Buf buf;
    change.audit.interaction =
        attempt->way == AUTH_BY_PROVIDER ? STR("sign-in-provider") : STR("sign-in-password");
    TRY(ticket_make(auth, cx, &ticket, &welcome.ticket));
    if (welcome.ways & AUTH_BY_PASSKEY) {
        buf_init(&buf, cx->arena, 1024, 64 * 1024);
        TRY(passkey_ask_options(cx, &attempt->account.factors, welcome.ticket, origin, &buf));
        welcome.options = buf_str(&buf);
    }
    lockout_undo(auth, &attempt->keys, false);
    TRY(change_commit(auth, cx, &change));
    *ret_welcome = welcome;
    return STATUS_OK;
}

Status attempt_with_password(Auth *auth, Ctx *cx, Attempt *attempt, Str origin,
                             AuthWelcome *ret_welcome)
{
    if (factors_any(&attempt->account.factors))
        return want_factor(auth, cx, attempt, origin, ret_welcome);
    if (!attempt->way) /* else by a provider, which is worth as much */
        attempt->way = AUTH_BY_PASSWORD;
    lockout_undo(auth, &attempt->keys, true);
    return attempt_welcome(auth, cx, attempt, ret_welcome);
}

static void hash_again(Auth *auth, Ctx *cx, Attempt *attempt, Str password)
{
    if (crypto_password_is_outdated(attempt->account.password) &&
        password_hash(auth, cx, password, &attempt->better_hash) != STATUS_OK)
        attempt->better_hash = STR_EMPTY; /* another time, then */
}

Status auth_sign_in(Auth *auth, Ctx *cx, const AuthAttempt *from, AuthWelcome *ret_welcome)
{
    Attempt attempt = {.interaction = STR("sign-in"),
                       .address = from->address,
                       .device = from->device,
                       .old_cookie = from->old_cookie};
    bool right;
    *ret_welcome = (AuthWelcome){0};
    TRY(attempt_begin(auth, cx, from->user, &attempt));
    TRY(attempt_count(auth, cx, &attempt, &ret_welcome->retry_after_s));
    Status status = password_compare(auth, cx, &attempt, from->password, &right);
    if (status != STATUS_OK) {
        ret_welcome->retry_after_s = 1;
        return status;
    }
    right = right && !attempt.account.public.blocked;
    if (right)
        hash_again(auth, cx, &attempt, from->password);
    AuthProof proof = {.code = from->code};
    attempt.before = right ? AUTH_BY_PASSWORD : 0;
    pthread_mutex_lock(&auth->change);
    if (!right)
        status = attempt_refuse(auth, cx, &attempt, not_right);
    else if (from->code.len && factors_any(&attempt.account.factors))
        status = attempt_with_factor(auth, cx, &attempt, &proof, NULL, ret_welcome);
    else
        status = attempt_with_password(auth, cx, &attempt, from->origin, ret_welcome);
    pthread_mutex_unlock(&auth->change);
    return status;
}

/* ---- with a factor ---------------------------------------------------------------- */

/* The account as it is now; false when it is another than the one that was looked at. */
static bool read_again(Auth *auth, Ctx *cx, Attempt *attempt)
{
    Account now;
    if (!attempt->known || account_read(auth, cx, attempt->user, &now) != STATUS_OK)
        return false;
    bool same = now.changes == attempt->account.changes && !now.public.blocked;
    attempt->account = now;
    return same;
}

static Status try_factor(Auth *auth, Ctx *cx, Attempt *attempt, const AuthProof *proof,
                         const Ticket *ticket, AuthWelcome *ret_welcome)
{
    if (!read_again(auth, cx, attempt) ||
        !factors_right(auth, cx, &attempt->account, proof, ticket, &attempt->way))
        return attempt_refuse(auth, cx, attempt,
                              proof->card.len ? card_not_right : factor_not_right);
    attempt->account_changed = true;
    lockout_undo(auth, &attempt->keys, true);
    return attempt_welcome(auth, cx, attempt, ret_welcome);
}

Status attempt_with_factor(Auth *auth, Ctx *cx, Attempt *attempt, const AuthProof *proof,
                           const Ticket *ticket, AuthWelcome *ret_welcome)
{
    Status status = STATUS_CONFLICT;
    for (int tries = 0; status == STATUS_CONFLICT && tries < FACTOR_TRIES; tries++) {
        ctx_forget(cx);
        status = try_factor(auth, cx, attempt, proof, ticket, ret_welcome);
    }
    return status;
}

Status attempt_finish(Auth *auth, Ctx *cx, Attempt *attempt, const AuthProof *proof,
                      const Ticket *ticket, AuthWelcome *ret_welcome)
{
    TRY(attempt_count(auth, cx, attempt, &ret_welcome->retry_after_s));
    pthread_mutex_lock(&auth->change);
    Status status = attempt_with_factor(auth, cx, attempt, proof, ticket, ret_welcome);
    pthread_mutex_unlock(&auth->change);
    return status;
}

static Attempt attempt_of(const AuthProof *proof, Str interaction)
{
    return (Attempt){.interaction = interaction,
                     .address = proof->address,
                     .device = proof->device,
                     .old_cookie = proof->cookie};
}

Status auth_sign_in_factor(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    Attempt attempt = attempt_of(proof, STR("sign-in"));
    Ticket ticket;
    *ret_welcome = (AuthWelcome){0};
    TRY(ticket_open(auth, cx, TICKET_FACTOR, proof->ticket, &ticket));
    TRY(attempt_begin(auth, cx, ticket.user, &attempt));
    attempt.before = ticket.secret.len ? (uint8_t)ticket.secret.at[0] : 0;
    if (attempt.known && attempt.account.changes != ticket.changes)
        attempt.known = false; /* another password, a block, an end of all sessions since then */
    return attempt_finish(auth, cx, &attempt, proof, &ticket, ret_welcome);
}

Status auth_passkey_ask(Auth *auth, Ctx *cx, Str origin, Str *ret_json)
{
    Ticket ticket = {.kind = TICKET_PASSKEY, .user = STR_EMPTY, .secret = STR_EMPTY};
    Str text;
    Buf buf;
    TRY(ticket_make(auth, cx, &ticket, &text));
    buf_init(&buf, cx->arena, 1024, 8192);
    buf_add_char(&buf, '{');
    member_text(&buf, "ticket", text);
    buf_add_lit(&buf, ",\"publicKey\":");
    TRY(passkey_ask_options(cx, NULL, text, origin, &buf));
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

/* STATUS_NOT_FOUND without an issue. */
static Status find_owner(Auth *auth, Ctx *cx, Str id, Str *ret_user)
{
    Str key;
    TRY(passkey_key(cx, id, &key));
    return store_item_now(auth->store, cx, auth->self, passkey_space, key, ret_user);
}

Status auth_sign_in_passkey(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome)
{
    Attempt attempt = attempt_of(proof, STR("sign-in"));
    Ticket ticket;
    Str user = STR_EMPTY;
    *ret_welcome = (AuthWelcome){0};
    TRY(ticket_open(auth, cx, TICKET_PASSKEY, proof->ticket, &ticket));
    Status status = find_owner(auth, cx, proof->passkey.id, &user);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return ctx_fail(cx, status, STR_EMPTY, "The store cannot be read now.");
    TRY(attempt_begin(auth, cx, user, &attempt));
    if (!attempt.known)
        attempt.keys = lockout_keys_of("passkey", proof->passkey.id, proof->address);
    return attempt_finish(auth, cx, &attempt, proof, &ticket, ret_welcome);
}

/* ---- what a browser is told ---------------------------------------------------------- */

Status auth_welcome_json(Ctx *cx, const AuthWelcome *welcome, Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 1024, 64 * 1024);
    buf_add_lit(&buf, "{\"next\":\"factor\"");
    member_text(&buf, "ticket", welcome->ticket);
    write_ways(&buf, welcome->ways);
    if (welcome->options.len) {
        buf_add_lit(&buf, ",\"publicKey\":");
        buf_add_str(&buf, welcome->options);
    }
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}
