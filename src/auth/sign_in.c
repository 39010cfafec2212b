/* auth/sign_in.c - signing in, from top to bottom: the attempt is counted, the password compared,
 * the factor looked at, the session written, then made known.
 *
 * What is shown besides a password is looked at under `change`, against the account as it is then,
 * and what it used up is written with the session, guarded by that account: a code, a challenge or
 * a recovery code opens one session, on however many nodes it is tried at once. */
#include "auth/passkey.h"

enum { FAILURE_TRIES = 8, FACTOR_TRIES = 4, DEVICE_BYTES_MAX = 60 };

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

static Change attempt_change(const Attempt *attempt, Status outcome)
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

/* ---- a new session, or another cookie for one ------------------------------------- */

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

/* At most so much, and no letter cut in half. */
static Short short_name(Str text)
{
    size_t len = text.len < DEVICE_BYTES_MAX ? text.len : DEVICE_BYTES_MAX;
    while (len && len < text.len && ((uint8_t)text.at[len] & 0xc0) == 0x80)
        len--;
    return short_of(str_head(text, len));
}

static Status make_cookie(Ctx *cx, Handle *handle, Str *ret_cookie)
{
    uint8_t random[CRYPTO_SHA256_BYTES];
    crypto_random(random, sizeof random);
    *ret_cookie = crypto_base64url(cx->arena, str_n((const char *)random, sizeof random));
    crypto_wipe(random, sizeof random);
    if (!ret_cookie->at)
        return STATUS_MEMORY;
    crypto_sha256(*ret_cookie, handle->hash);
    return STATUS_OK;
}

/* What a session that goes on keeps: when it began and ends, and from where. A password alone is
 * not a factor shown again where there are factors. */
static void go_on(Handle *handle, const Attempt *attempt)
{
    const Handle *old = attempt->goes_on;
    bool only_password = attempt->way == AUTH_BY_PASSWORD && factors_any(&attempt->account.factors);
    handle->created = old->created;
    handle->expires = old->expires;
    handle->label = old->label;
    handle->address = old->address;
    handle->ways |= old->ways;
    if (only_password)
        handle->stepped = old->stepped;
}

static Status session_make(Auth *auth, Ctx *cx, const Attempt *attempt, Handle *handle,
                           Str *ret_cookie)
{
    const Account *account = &attempt->account;
    Time now = auth_now(auth);
    *handle = (Handle){.kind = HANDLE_SESSION,
                       .may_write = true,
                       .created = now,
                       .seen = now,
                       .written = now,
                       .expires = now + auth->options.absolute_s * TIME_SECOND,
                       .epoch = atomic_load(&auth->epoch),
                       .checked = follow_clock(),
                       .account_changes = account->changes,
                       .label = short_name(attempt->device),
                       .address = short_of(attempt->address),
                       .stepped = now,
                       .ways = (uint8_t)(attempt->way | attempt->before),
                       .must_enrol = factors_required(auth, account->public.role) &&
                                     !factors_any(&account->factors) && !attempt->strong};
    if (attempt->goes_on)
        go_on(handle, attempt);
    TRY(make_cookie(cx, handle, ret_cookie));
    handle_set_account(handle, &account->public);
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

/* Old ones out of memory, the new one in. */
static Status make_known(Auth *auth, Ctx *cx, const Handle *made, const Handle *old,
                         const Handle *victim)
{
    if (old)
        handles_drop(&auth->handles, HANDLE_SESSION, old->hash);
    if (victim)
        handles_drop(&auth->handles, HANDLE_SESSION, victim->hash);
    return handles_take(&auth->handles, made)
               ? STATUS_OK
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Too many sessions.");
}

static Status signed_in_item(Auth *auth, Ctx *cx, Str user, StoreItem *ret_item)
{
    Str now = arena_format(cx->arena, "%lld", (long long)auth_now(auth));
    *ret_item = (StoreItem){signed_in_space, user, now};
    return now.at ? STATUS_OK : STATUS_MEMORY;
}

Status attempt_welcome(Auth *auth, Ctx *cx, Attempt *attempt, AuthWelcome *ret_welcome)
{
    enum { ITEMS = LOCKOUT_ITEMS + 6 };
    StoreItem items[ITEMS], guard = account_guard(&attempt->account);
    TRY(handles_refresh(auth, cx));
    Handle old, victim, made;
    bool has_old = session_find(auth, attempt->old_cookie, &old);
    if (attempt->goes_on && !has_old)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first."); /* ended meanwhile */
    bool has_victim = find_victim(&auth->handles, attempt->user, has_old ? &old : NULL, &victim);
    Change change = attempt_change(attempt, STATUS_OK);
    size_t count;
    AuthWelcome welcome = {0};
    change.ends = has_old || has_victim;
    TRY(session_make(auth, cx, attempt, &made, &welcome.cookie));
    TRY(lockout_items(auth, cx, &attempt->keys, items, &count));
    TRY(handle_item(cx, &made, &items[count++]));
    if (has_old)
        TRY(add_deletion(cx, &old, items, &count));
    if (attempt->goes_on)
        TRY(session_went_item(cx, &old, &made, &items[count++]));
    if (has_victim)
        TRY(add_deletion(cx, &victim, items, &count));
    if (attempt->better_hash.len)
        attempt->account.password = attempt->better_hash;
    if (attempt->better_hash.len || attempt->account_changed)
        TRY(account_item(cx, &attempt->account, &items[count++]));
    if (!attempt->goes_on)
        TRY(signed_in_item(auth, cx, attempt->user, &items[count++]));
    change.items = items;
    change.item_count = count;
    change.guard = &guard; /* nobody may have blocked it or changed its password meanwhile */
    TRY(change_commit(auth, cx, &change));
    if (attempt->goes_on) /* before the old one goes: a token of it is never without */
        session_tokens_follow(&auth->handles, old.hash, made.hash);
    TRY(make_known(auth, cx, &made, has_old ? &old : NULL, has_victim ? &victim : NULL));
    welcome.session = session_of(auth, cx->arena, &made);
    *ret_welcome = welcome;
    return STATUS_OK;
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
    StoreReader *reader;
    Str key;
    TRY(passkey_key(cx, id, &key));
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_item_get(reader, passkey_space, key, ret_user);
    store_read_end(reader);
    return status;
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
