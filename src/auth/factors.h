/* auth/factors.h - second factors, locks and step-up; invitations and forgotten passwords; what
 * people do with their own account. Beside auth.h, with the same contracts.
 *
 * A factor is a one-time code of an app (RFC 6238), a passkey (WebAuthn level 2), an identity card
 * (card.h) or one of ten recovery codes. An account that has one signs in with it; staff must have
 * one (AuthOptions), and without it their session may do nothing but set one up.
 *
 * What a browser must bring back between two calls is in a ticket: sealed, good for minutes, kept
 * nowhere. The challenge of a passkey is a hash of its ticket, and is spent in the account with
 * the change that it allowed. docs/adr/0110, 0111, 0112 */
#ifndef ACESO_AUTH_FACTORS_H
#define ACESO_AUTH_FACTORS_H

#include "auth/auth.h"

enum {
    AUTH_STEP_UP_S = 5 * 60,  /* so long a shown factor is fresh */
    AUTH_TICKET_S = 5 * 60,   /* so long a ticket is good */
    AUTH_LINK_S = 72 * 3600,  /* an invitation */
    AUTH_RESET_S = 3600,      /* a link of who has forgotten his password */
    AUTH_PASSKEYS_MAX = 10,   /* of one account */
    AUTH_RECOVERY_CODES = 10, /* made at once */
    AUTH_TICKET_BYTES_MAX = 512,
};

/* What a browser's navigator.credentials.get() gave, as base64url. */
typedef struct {
    Str id;
    Str client_data;
    Str authenticator_data;
    Str signature;
    Str user_handle; /* or empty */
} AuthAssertion;

/* What somebody shows: the ticket and code, or the ticket and passkey, or a password. */
typedef struct {
    Str ticket;
    Str password;
    Str code; /* six digits of an app, or a recovery code */
    AuthAssertion passkey;
    Str card;    /* the ticket of a card (card.h) */
    Str browser; /* the cookie of the browser that asked for it */
    Str origin;  /* "https://chart.example.org": where the browser says it is */
    Str address; /* of the client */
    Str device;  /* as the browser calls itself, for the list of sessions */
    Str cookie;  /* the one that came with it, or empty */
} AuthProof;

/* ---- signing in ------------------------------------------------------------ */

/* After auth_sign_in with a ticket: the code or passkey. Refused and counted as a wrong password
 * is. SLOW */
Status auth_sign_in_factor(Auth *auth, Ctx *cx, const AuthProof *proof,
                           AuthWelcome *ret_welcome) MUST_USE;
/* A challenge for any passkey: {"ticket","publicKey"}. The same for everybody. */
Status auth_passkey_ask(Auth *auth, Ctx *cx, Str origin, Str *ret_json) MUST_USE;
/* Its answer, of a passkey that has verified its user: no name and no password needed. SLOW */
Status auth_sign_in_passkey(Auth *auth, Ctx *cx, const AuthProof *proof,
                            AuthWelcome *ret_welcome) MUST_USE;
/* {"next":"factor","ticket","factors":[...],"publicKey"}, for a welcome with a ticket. */
Status auth_welcome_json(Ctx *cx, const AuthWelcome *welcome, Str *ret_json) MUST_USE;

/* ---- a session that is there ----------------------------------------------- */

/* Whether a factor was shown within AUTH_STEP_UP_S; STATUS_FORBIDDEN with an issue. Of accounts
 * without one: the password. Sensitive acts ask this before anything else. */
bool auth_is_stepped_up(const Auth *auth, const AuthSession *session);
Status auth_need_step_up(const Auth *auth, Ctx *cx, const AuthSession *session) MUST_USE;

/* Whether the cookie is of a session that is there and locked: memory alone. */
bool auth_is_locked(Auth *auth, Str cookie);
/* What the account can show: {"ticket","factors":[...],"publicKey"}. Also of a locked session. */
Status auth_step_up_ask(Auth *auth, Ctx *cx, Str cookie, Str origin, Str *ret_json) MUST_USE;
/* A factor again; the session goes on under another cookie. SLOW */
Status auth_step_up(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome) MUST_USE;
/* The session stays and opens nothing until auth_unlock. SLOW */
Status auth_lock(Auth *auth, Ctx *cx, Str cookie, Str address) MUST_USE;
/* Of a session that was locked, or that locked itself: the password, a code or a passkey. It goes
 * on under another cookie and ends when it would have. SLOW */
Status auth_unlock(Auth *auth, Ctx *cx, const AuthProof *proof, AuthWelcome *ret_welcome) MUST_USE;

/* {"sessions":[{"id","device","address","created","seen","current","locked"}]} of its owner. */
Status auth_own_sessions_json(Auth *auth, Ctx *cx, const AuthSession *session,
                              Str *ret_json) MUST_USE;
/* One of the owner's sessions by its id; empty: all of them, this one too. SLOW */
Status auth_own_session_end(Auth *auth, Ctx *cx, const AuthSession *session, Str id,
                            Str address) MUST_USE;

/* ---- one's own factors ------------------------------------------------------ */

/* {"totp":true,"card":false,"recovery":8,"required":true,"passkeys":[{"id","name","created","used"}]}
 */
Status auth_factors_json(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json) MUST_USE;

/* What follows needs a session that is stepped up. What sets up the first factor answers with
 * recovery codes, and lifts a session that could do nothing else: *ret_welcome then has another
 * cookie, else none. */

/* {"ticket","secret","uri","qr":{"size","path"}}: a new secret, kept nowhere but in the ticket. */
Status auth_totp_begin(Auth *auth, Ctx *cx, const AuthSession *session, Str *ret_json) MUST_USE;
/* proof: ticket and code. {"codes":[...]} SLOW */
Status auth_totp_set(Auth *auth, Ctx *cx, const AuthSession *session, const AuthProof *proof,
                     AuthWelcome *ret_welcome, Str *ret_json) MUST_USE;
/* STATUS_CONFLICT: it is the last factor, and one is required. SLOW */
Status auth_totp_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str address) MUST_USE;

typedef struct {
    Str ticket;
    Str name;        /* what its owner calls it; 1 to 60 bytes */
    Str client_data; /* of navigator.credentials.create(), base64url */
    Str attestation;
    Str origin, address, cookie;
} AuthRegistration;

/* {"ticket","publicKey"}: options of navigator.credentials.create(). */
Status auth_passkey_begin(Auth *auth, Ctx *cx, const AuthSession *session, Str origin,
                          Str *ret_json) MUST_USE;
Status auth_passkey_add(Auth *auth, Ctx *cx, const AuthSession *session,
                        const AuthRegistration *made, AuthWelcome *ret_welcome,
                        Str *ret_json) MUST_USE;
Status auth_passkey_remove(Auth *auth, Ctx *cx, const AuthSession *session, Str id,
                           Str address) MUST_USE;
/* Ten new ones in place of the old: {"codes":[...]}. SLOW */
Status auth_recovery_renew(Auth *auth, Ctx *cx, const AuthSession *session, Str address,
                           Str *ret_json) MUST_USE;

/* An administrator takes all factors and sessions away: the owner sets up new ones at the next
 * sign-in. SLOW */
Status auth_factors_reset(Auth *auth, Ctx *cx, const Access *by, Str user) MUST_USE;
/* For `aceso demo`: a secret that is shown to everybody. `ret_uri` for an app. SLOW */
Status auth_totp_put(Auth *auth, Ctx *cx, const Access *by, Str user, Str *ret_secret,
                     Str *ret_uri) MUST_USE;

/* ---- invitations, forgotten passwords --------------------------------------- */

/* Makes the account when there is none (as auth_account_create, without a password) and sends it
 * a link, by mail when the account has an address and there is a way; `ret_link` is the link, and
 * is also set when the mail could not be sent. SLOW */
Status auth_invite(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted,
                   Str *ret_link) MUST_USE;
/* The same; *ret_mailed: a mail has left, and the link need not be handed over by anybody. */
Status auth_invite_by_mail(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted,
                           Str *ret_link, bool *ret_mailed) MUST_USE;
/* Whoever it is has forgotten his password: a mail follows if there is such an account with an
 * address. Nothing is looked up here: known and unknown names are the same. STATUS_LOCKED_OUT:
 * asked too often; *ret_wait_s. SLOW */
Status auth_reset_ask(Auth *auth, Ctx *cx, Str user, Str address, unsigned *ret_wait_s) MUST_USE;
/* What the background thread does; for tests and for programs without it. */
Status auth_post_work(Auth *auth, Ctx *cx) MUST_USE;

/* Whose link it is: {"user","display","language","kind"}; kind: "invitation" or "reset". */
Status auth_link_json(Auth *auth, Ctx *cx, Str link, Str *ret_json) MUST_USE;
/* `link`: what stands behind the # of the address that was sent. Sets the password. The link and
 * all sessions end; an account without factors is signed in, others are asked for theirs as by
 * auth_sign_in. proof: cookie, device, address. SLOW */
Status auth_link_use(Auth *auth, Ctx *cx, Str link, Str password, const AuthProof *proof,
                     AuthWelcome *ret_welcome) MUST_USE;

#endif
