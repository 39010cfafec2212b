/* auth/enrol.c - people look after their own factors; administrators take them away.
 *
 * A new secret is confirmed with a code before it counts, and until then is only in the ticket that
 * the browser holds: nobody is left with a factor that he cannot use. */
#include "auth/passkey.h"
#include "auth/attempt.h"
#include "auth/session.h"

#include "store/item.h"

enum { TOTP_SECRET_BYTES = 20, HANDLE_BYTES = 32 };

/* ---- who may ----------------------------------------------------------------------- */

/* Somebody who has just signed in with a password and has no factor yet is as fresh as he can be.
 */
static bool is_fresh(const Auth *auth, const AuthSession *session)
{
    return !session->locked && auth_now(auth) < session->stepped + AUTH_STEP_UP_S * TIME_SECOND;
}

Status session_account(Auth *auth, Ctx *cx, const AuthSession *session, bool fresh,
                       Account *ret_account)
{
    if (!session->user.len)
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
    if (fresh && !is_fresh(auth, session))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "This needs a proof of who you are that is younger than %d minutes.",
                        AUTH_STEP_UP_S / 60);
    Status status = account_read(auth, cx, session->user, ret_account);
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && ret_account->public.blocked))
        return ctx_fail(cx, STATUS_UNAUTHORIZED, STR_EMPTY, "Sign in first.");
    return status;
}

/* ---- what there is ------------------------------------------------------------------- */

static void write_passkeys(Buf *buf, const Factors *factors)
{
    buf_add_lit(buf, ",\"passkeys\":[");
    for (size_t i = 0; i < factors->passkey_count; i++) {
        const Passkey *passkey = &factors->passkeys[i];
        buf_add_str(buf, i ? STR(",{") : STR("{"));
        member_text(buf, "id", passkey->id);
        member_text(buf, "name", passkey->name);
        member_time(buf, "created", passkey->created);
        if (passkey->used)
            member_time(buf, "used", passkey->used);
        buf_add_char(buf, '}');
    }
    buf_add_char(buf, ']');
}

Status auth_factors_json(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    Account account;
    Buf buf;
    TRY(session_account(auth, cx, session, false, &account));
    buf_init(&buf, cx->arena, 1024, 64 * 1024);
    buf_format(&buf, "{\"totp\":%s,\"card\":%s,\"recovery\":%zu,\"required\":%s,\"fresh\":%s",
               account.factors.totp.len ? "true" : "false",
               account.factors.card.len ? "true" : "false", account.factors.code_count,
               factors_required(auth, account.public.role) ? "true" : "false",
               is_fresh(auth, session) ? "true" : "false");
    write_passkeys(&buf, &account.factors);
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

Status enrolment_codes(Ctx *cx, const Enrolment *e, Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 512, 4096);
    buf_add_lit(&buf, "{\"codes\":[");
    for (size_t i = 0; i < e->code_count; i++) {
        if (i)
            buf_add_char(&buf, ',');
        json_write_string(&buf, e->codes[i]);
    }
    buf_add_lit(&buf, "]}");
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

/* ---- a change of one's own -------------------------------------------------------------- */

static Status write_own(Auth *auth, Ctx *cx, const Enrolment *e)
{
    StoreItem items[2] = {e->more}, guard = account_guard(e->account);
    size_t count = e->more.key.len > 0;
    Change change = session_change(e->session, e->interaction, e->address);
    TRY(account_item(cx, e->account, &items[count++]));
    change.audit.id = e->session->user;
    change.items = items;
    change.item_count = count;
    change.guard = &guard;
    return change_commit(auth, cx, &change);
}

static unsigned first_way(const Factors *factors)
{
    if (factors->totp.len)
        return AUTH_BY_TOTP;
    return factors->passkey_count ? AUTH_BY_PASSKEY : AUTH_BY_CARD;
}

/* The first factor is there: recovery codes come with it, and the session is lifted, in the same
 * commit or, for the session, behind it. */
Status enrolment_add(Auth *auth, Ctx *cx, Enrolment *e, AuthWelcome *ret_welcome)
{
    Handle handle;
    if (!e->account->factors.code_count) {
        TRY(recovery_make(auth, cx, e->account, e->codes));
        e->code_count = AUTH_RECOVERY_CODES;
    }
    TRY(write_own(auth, cx, e));
    if (!e->session->must_enrol || !session_find(auth, e->cookie, &handle))
        return STATUS_OK;
    Attempt attempt = {.interaction = STR("step-up"),
                       .user = e->session->user,
                       .known = true,
                       .keys = lockout_keys(e->session->user, STR_EMPTY),
                       .address = e->address,
                       .old_cookie = e->cookie,
                       .goes_on = &handle,
                       .way = first_way(&e->account->factors)};
    TRY(account_read(auth, cx, e->session->user, &attempt.account));
    return attempt_welcome(auth, cx, &attempt, ret_welcome);
}

/* ---- codes of an app ---------------------------------------------------------------------- */

Status auth_totp_begin(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json)
{
    Account account;
    char random[TOTP_SECRET_BYTES];
    Str text, uri, secret = {random, sizeof random};
    Buf buf;
    TRY(session_account(auth, cx, session, true, &account));
    crypto_random(random, sizeof random);
    Ticket ticket = {
        .kind = TICKET_TOTP, .user = session->user, .changes = account.changes, .secret = secret};
    TRY(ticket_make(auth, cx, &ticket, &text));
    TRY(totp_uri(cx, auth->options.issuer, session->user, secret, &uri));
    buf_init(&buf, cx->arena, 16 * 1024, 256 * 1024);
    buf_add_char(&buf, '{');
    member_text(&buf, "ticket", text);
    member_text(&buf, "secret", totp_base32(cx->arena, secret));
    member_text(&buf, "uri", uri);
    buf_add_lit(&buf, ",\"qr\":");
    TRY(qr_json(cx, uri, &buf));
    buf_add_char(&buf, '}');
    crypto_wipe(random, sizeof random);
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

static Status open_own(Auth *auth, Ctx *cx, const AuthSession *session, TicketKind kind, Str text,
                       Account *account, Ticket *ret_ticket)
{
    TRY(session_account(auth, cx, session, true, account));
    TRY(ticket_open(auth, cx, kind, text, ret_ticket));
    if (!str_eq(ret_ticket->user, session->user) || ret_ticket->changes != account->changes)
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY, "That took too long. Begin again.");
    return STATUS_OK;
}

static Status totp_set_in(Auth *auth, Ctx *cx, Enrolment *e, const AuthProof *proof,
                          AuthWelcome *ret_welcome)
{
    Ticket ticket;
    uint64_t step;
    TRY(open_own(auth, cx, e->session, TICKET_TOTP, proof->ticket, e->account, &ticket));
    if (!totp_right(ticket.secret, proof->code, auth_now(auth), 0, &step))
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY,
                        "That is not the code of this secret; look at the clock of the phone.");
    TRY(factors_set_totp(auth, cx, e->account, ticket.secret));
    e->account->factors.totp_step = step;
    return enrolment_add(auth, cx, e, ret_welcome);
}

Status auth_totp_set(Auth *auth, Ctx *cx, const AuthSession *session, const AuthProof *proof,
                     AuthWelcome *ret_welcome, Str *ret_json)
{
    Account account;
    Enrolment e = {.session = session,
                   .account = &account,
                   .interaction = STR("totp-set"),
                   .address = proof->address,
                   .cookie = proof->cookie};
    *ret_welcome = (AuthWelcome){0};
    pthread_mutex_lock(&auth->change);
    Status status = totp_set_in(auth, cx, &e, proof, ret_welcome);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    return enrolment_codes(cx, &e, ret_json);
}

/* Who must have a factor keeps one; with the last one the recovery codes go. */
Status enrolment_remove(Auth *auth, Ctx *cx, Enrolment *e)
{
    Factors *factors = &e->account->factors;
    if (!factors_any(factors)) {
        if (factors_required(auth, e->account->public.role))
            return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                            "This is your only second factor, and you need one: set up another "
                            "first.");
        factors->code_count = 0;
    }
    return write_own(auth, cx, e);
}

Status auth_totp_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str address)
{
    Account account;
    Enrolment e = {.session = session,
                   .account = &account,
                   .interaction = STR("totp-remove"),
                   .address = address};
    pthread_mutex_lock(&auth->change);
    Status status = session_account(auth, cx, session, true, &account);
    if (status == STATUS_OK) {
        account.factors.totp = STR_EMPTY;
        status = enrolment_remove(auth, cx, &e);
    }
    pthread_mutex_unlock(&auth->change);
    return status;
}

/* ---- passkeys -------------------------------------------------------------------------------- */

/* By which authenticators know the account: chance, not its name. */
static Status need_handle(Auth *auth, Ctx *cx, Enrolment *e)
{
    char random[HANDLE_BYTES];
    if (e->account->factors.handle.len)
        return STATUS_OK;
    crypto_random(random, sizeof random);
    e->account->factors.handle = crypto_base64url(cx->arena, str_n(random, sizeof random));
    return e->account->factors.handle.at ? write_own(auth, cx, e) : STATUS_MEMORY;
}

Status auth_passkey_begin(Auth *auth, Ctx *cx, const AuthSession *session, Str origin,
                          Str *ret_json)
{
    Account account;
    Str text;
    Buf buf;
    Enrolment e = {.session = session, .account = &account, .interaction = STR("passkey-begin")};
    pthread_mutex_lock(&auth->change);
    Status status = session_account(auth, cx, session, true, &account);
    if (status == STATUS_OK)
        status = need_handle(auth, cx, &e);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    Ticket ticket = {.kind = TICKET_REGISTER, .user = session->user, .changes = account.changes};
    TRY(ticket_make(auth, cx, &ticket, &text));
    buf_init(&buf, cx->arena, 2048, 64 * 1024);
    buf_add_char(&buf, '{');
    member_text(&buf, "ticket", text);
    buf_add_lit(&buf, ",\"publicKey\":");
    TRY(passkey_make_options(cx, &account, text, origin, &buf));
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

/* A credential is of one account: whoever brings another's is refused. */
static Status claim_credential(Auth *auth, Ctx *cx, Str id, Str user, StoreItem *ret_item)
{
    Str owner;
    *ret_item = (StoreItem){.space = passkey_space, .value = user};
    TRY(passkey_key(cx, id, &ret_item->key));
    Status status =
        store_item_now(auth->store, cx, auth->self, passkey_space, ret_item->key, &owner);
    if (status == STATUS_OK)
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY, "This passkey is set up already.");
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static Status passkey_add_in(Auth *auth, Ctx *cx, Enrolment *e, const AuthRegistration *made,
                             AuthWelcome *ret_welcome)
{
    Ticket ticket;
    Passkey passkey;
    Factors *factors = &e->account->factors;
    TRY(open_own(auth, cx, e->session, TICKET_REGISTER, made->ticket, e->account, &ticket));
    if (factors->passkey_count >= AUTH_PASSKEYS_MAX)
        return ctx_fail(cx, STATUS_UNPROCESSABLE, STR_EMPTY, "An account has at most %d passkeys.",
                        AUTH_PASSKEYS_MAX);
    TRY(passkey_register(cx, made, &passkey));
    if (!factors_spend(auth, cx, e->account, made->ticket, &ticket))
        return ctx_fail(cx, STATUS_FORBIDDEN, STR_EMPTY, "That was used already. Begin again.");
    TRY(claim_credential(auth, cx, passkey.id, e->session->user, &e->more));
    passkey.created = auth_now(auth);
    factors->passkeys[factors->passkey_count++] = passkey;
    return enrolment_add(auth, cx, e, ret_welcome);
}

Status auth_passkey_add(Auth *auth, Ctx *cx, const AuthSession *session,
                        const AuthRegistration *made, AuthWelcome *ret_welcome, Str *ret_json)
{
    Account account;
    Enrolment e = {.session = session,
                   .account = &account,
                   .interaction = STR("passkey-add"),
                   .address = made->address,
                   .cookie = made->cookie};
    *ret_welcome = (AuthWelcome){0};
    pthread_mutex_lock(&auth->change);
    Status status = passkey_add_in(auth, cx, &e, made, ret_welcome);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    return enrolment_codes(cx, &e, ret_json);
}

static Status passkey_remove_in(Auth *auth, Ctx *cx, Enrolment *e, Str id)
{
    Factors *factors = &e->account->factors;
    size_t at = 0;
    TRY(session_account(auth, cx, e->session, true, e->account));
    while (at < factors->passkey_count && !str_eq(factors->passkeys[at].id, id))
        at++;
    if (at == factors->passkey_count)
        return ctx_fail(cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such passkey of yours.");
    e->more.space = passkey_space;
    TRY(passkey_key(cx, id, &e->more.key));
    memmove(&factors->passkeys[at], &factors->passkeys[at + 1],
            (factors->passkey_count - at - 1) * sizeof(Passkey));
    factors->passkey_count--;
    return enrolment_remove(auth, cx, e);
}

Status auth_passkey_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str id, Str address)
{
    Account account;
    Enrolment e = {.session = session,
                   .account = &account,
                   .interaction = STR("passkey-remove"),
                   .address = address};
    pthread_mutex_lock(&auth->change);
    Status status = passkey_remove_in(auth, cx, &e, id);
    pthread_mutex_unlock(&auth->change);
    return status;
}

/* ---- recovery codes ----------------------------------------------------------------------------
 */

static Status renew_in(Auth *auth, Ctx *cx, Enrolment *e)
{
    TRY(session_account(auth, cx, e->session, true, e->account));
    if (!factors_any(&e->account->factors))
        return ctx_fail(cx, STATUS_CONFLICT, STR_EMPTY,
                        "Recovery codes stand in for a second factor: set one up first.");
    TRY(recovery_make(auth, cx, e->account, e->codes));
    e->code_count = AUTH_RECOVERY_CODES;
    return write_own(auth, cx, e);
}

Status auth_recovery_renew(Auth *auth, Ctx *cx, const AuthSession *session, Str address,
                           Str *ret_json)
{
    Account account;
    Enrolment e = {.session = session,
                   .account = &account,
                   .interaction = STR("recovery-renew"),
                   .address = address};
    pthread_mutex_lock(&auth->change);
    Status status = renew_in(auth, cx, &e);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    return enrolment_codes(cx, &e, ret_json);
}

/* ---- administrators
 * ------------------------------------------------------------------------------ */

/* The credentials' own items go one by one behind it: one that is left over finds an account that
 * does not have it. */
static void forget_credentials(Auth *auth, Ctx *cx, const Factors *factors)
{
    card_forget(auth, cx, factors->card);
    for (size_t i = 0; i < factors->passkey_count; i++) {
        StoreItem item = {.space = passkey_space};
        Change change = {.items = &item, .item_count = 1};
        if (passkey_key(cx, factors->passkeys[i].id, &item.key) == STATUS_OK)
            UNUSED(change_commit(auth, cx, &change) == STATUS_OK);
    }
}

Status auth_factors_reset(Auth *auth, Ctx *cx, const Access *by, Str user)
{
    Account account;
    pthread_mutex_lock(&auth->change);
    Status status = account_find(auth, cx, by, user, &account);
    if (status == STATUS_OK) {
        Factors before = account.factors;
        account.factors = (Factors){.handle = before.handle};
        status = account_change(auth, cx, by, STR("factors-reset"), &account, false);
        if (status == STATUS_OK)
            forget_credentials(auth, cx, &before);
    }
    pthread_mutex_unlock(&auth->change);
    return status;
}

Status auth_totp_put(Auth *auth, Ctx *cx, const Access *by, Str user, Str *ret_secret, Str *ret_uri)
{
    Account account;
    char random[TOTP_SECRET_BYTES];
    Str secret = {random, sizeof random};
    crypto_random(random, sizeof random);
    pthread_mutex_lock(&auth->change);
    Status status = account_find(auth, cx, by, user, &account);
    if (status == STATUS_OK)
        status = factors_set_totp(auth, cx, &account, secret);
    if (status == STATUS_OK)
        status = account_change(auth, cx, by, STR("totp-set"), &account, false);
    pthread_mutex_unlock(&auth->change);
    TRY(status);
    *ret_secret = totp_base32(cx->arena, secret);
    TRY(totp_uri(cx, auth->options.issuer, account.public.user, secret, ret_uri));
    return ret_secret->at ? STATUS_OK : STATUS_MEMORY;
}
