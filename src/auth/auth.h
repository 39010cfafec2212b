/* auth/auth.h - who is calling: accounts, sign-in, sessions, tokens for programs.
 *
 * Whoever has signed in holds a random handle of 256 bits that means nothing by itself: a
 * browser in its cookie, a program as a bearer token. The store keeps only the handle's
 * SHA-256; memory keeps all living handles, so that a request is recognised without the
 * store, and a handle that was revoked here is refused at the very next request.
 *
 * The only maker of Access (access/grant.h). Any thread may call anything here. Functions
 * marked SLOW hash a password or wait for the disk: run them on a worker. What changes
 * something takes `by`, who does it, and has its audit entry durable when it returns.
 *
 * One process at a time writes a store; in it, one Auth. Decisions: docs/adr/0040, 0041. */
#ifndef ACESO_AUTH_H
#define ACESO_AUTH_H

#include "access/access.h"
#include "base/base.h"
#include "cache/events.h"
#include "crypto/crypto.h"
#include "store/store.h"

typedef struct Auth Auth;

enum {
    AUTH_COOKIE_LEN = 43,    /* 256 bits as base64url */
    AUTH_TOKEN_LEN = 6 + 43, /* "aceso_", so that a leaked one can be recognised */
    AUTH_ID_LEN = 12,        /* of a session or token, for lists: not a secret */
    AUTH_PASSWORD_CHARACTERS_MIN = 12,
};

/* Who must have a second factor; whoever has one uses it. Staff: everybody but patients and
 * their proxies. */
typedef enum { AUTH_FACTORS_FREE, AUTH_FACTORS_STAFF, AUTH_FACTORS_ALL } AuthFactorRule;

typedef struct {
    Str to, subject, text;
} AuthLetter;

struct AuthCards; /* card.h */
struct AuthProviders;

typedef struct {
    unsigned idle_s;        /* a session unused so long is locked; 0 = 15 minutes */
    unsigned absolute_s;    /* and over in any case after; 0 = 12 hours */
    unsigned hashes_max;    /* password hashes at once, 19 MiB each; 0 = 2 */
    unsigned waiting_max;   /* sign-ins that wait for one; 0 = 16 */
    bool background;        /* a thread calls auth_tidy every 30 s: for `serve` */
    Time (*clock)(void);    /* NULL = time_now; tests have their own */
    Events *events;         /* other nodes hear of revocations, and we of theirs; may be NULL */
    AuthFactorRule factors; /* who must have a second factor */
    Str breached;           /* a file or folder of breached passwords (breached.c); or empty */
    Str origin; /* where people find Aceso, for links in mails: never what a client says */
    Str issuer; /* "Aceso", in the app that makes codes; empty = that */
    Status (*post)(void *of, Ctx *cx, const AuthLetter *letter); /* sends a mail; NULL = no way */
    void *post_of;
    const struct AuthCards *cards;         /* signing in with identity cards; NULL: not offered */
    const struct AuthProviders *providers; /* provider.h; not copied; NULL: none */
} AuthOptions;

/* Reads all accounts' sessions and tokens. `options` may be NULL. SLOW */
Status auth_new(Ctx *cx, Store *store, const AuthOptions *options, Auth **ret_auth) MUST_USE;
/* Writes when sessions were last used, then forgets everything. Before store_close. */
void auth_free(Auth *auth);

/* Removes what has expired, writes when sessions and tokens were last used (so that a restart
 * does not end them, at most once a minute each), in one commit. SLOW */
Status auth_tidy(Auth *auth, Ctx *cx) MUST_USE;

/* The deletions of sessions and tokens that expired more than an hour ago, whichever process made
 * them: to be committed by the caller. SLOW */
Status auth_sweep(Auth *auth, Ctx *cx, StoreItem **ret_items, size_t *ret_count) MUST_USE;

/* Whether the store answers, for /healthz: reads one small thing. SLOW */
Status auth_ping(Auth *auth, Ctx *cx) MUST_USE;
/* After so many seconds without a request a session is locked. */
unsigned auth_idle_s(const Auth *auth);

/* ---- people ---------------------------------------------------------------- */

typedef struct {
    Str id; /* of this session, for lists */
    Str user;
    Str display;
    Str role;
    Str reference; /* "Practitioner/x", or empty */
    Str language;
    Time created;
    Time seen;
    Time expires; /* when it locks or ends if nothing more happens */
    Time ends;    /* when it ends in any case */
    Time stepped; /* when a factor was last shown */
    Str device;   /* as the browser called itself */
    Str address;  /* where it was opened */
    bool locked;
    bool must_enrol; /* it opens nothing until its owner has a second factor */
} AuthSession;

typedef struct {
    Str user;
    Str password;
    Str code; /* of a second factor, at once; or empty */
    Str device;
    Str origin;     /* "https://chart.example.org" */
    Str address;    /* of the client */
    Str old_cookie; /* what the browser sent along, or empty; that session ends */
} AuthAttempt;

/* Ways to prove who one is: bits. */
enum {
    AUTH_BY_PASSWORD = ACCESS_BY_PASSWORD,
    AUTH_BY_TOTP = ACCESS_BY_TOTP,
    AUTH_BY_PASSKEY = ACCESS_BY_PASSKEY,
    AUTH_BY_RECOVERY = ACCESS_BY_RECOVERY,
    AUTH_BY_CARD = ACCESS_BY_CARD,
    AUTH_BY_PROVIDER = ACCESS_BY_PROVIDER, /* on the audit log alone */
};

typedef struct {
    AuthSession session;
    Str cookie;             /* AUTH_COOKIE_LEN characters, said once; or empty: */
    Str ticket;             /* the password was right, and one of `ways` is wanted too */
    unsigned ways;          /* AUTH_BY_... */
    Str options;            /* of navigator.credentials.get(), JSON; or empty */
    unsigned retry_after_s; /* also set with STATUS_LOCKED_OUT and STATUS_UNAVAILABLE */
} AuthWelcome;

/* STATUS_UNAUTHORIZED: unknown name, wrong password or blocked account; the answer and the
 * time it takes are the same. STATUS_LOCKED_OUT: too many wrong attempts for this name or
 * from this address; known and unknown names alike. STATUS_UNAVAILABLE: too many at once.
 * SLOW */
Status auth_sign_in(Auth *auth, Ctx *cx, const AuthAttempt *from,
                    AuthWelcome *ret_welcome) MUST_USE;

/* Ends the session of a cookie; a cookie of no session is signed out already. SLOW */
Status auth_sign_out(Auth *auth, Ctx *cx, Str cookie, Str address) MUST_USE;

/* For every request: no store, no waiting, about a microsecond. What is returned lives in the
 * arena of cx. STATUS_UNAUTHORIZED for anything but a living session; `ret_session` may be
 * NULL. */
Status auth_session(Auth *auth, Ctx *cx, Str cookie, const Access **ret_access,
                    AuthSession *ret_session) MUST_USE;
/* The same for `Authorization: Bearer token`. */
Status auth_bearer(Auth *auth, Ctx *cx, Str token, const Access **ret_access) MUST_USE;

/* Whoever serves a caller for longer than one request asks whether his session or token still
 * lives: from memory, about a microsecond, and no use of it that would keep it alive. Of what other
 * nodes end, memory hears within a second. */
typedef struct {
    bool is_token;
    uint8_t hash[CRYPTO_SHA256_BYTES];
} AuthWatch;
/* Of a cookie or, when that is empty, of a token. */
AuthWatch auth_watch(Str cookie, Str token);
bool auth_is_alive(Auth *auth, const AuthWatch *watch);

/* {"user","display","role","reference","language","expires"}, and what whoever asks adds: members
 * that begin with a comma (rules_app_members), or empty. */
Status auth_session_json(Ctx *cx, const AuthSession *session, Str more, Str *ret_json) MUST_USE;

/* Living sessions of `user` (empty = of all). */
Status auth_session_list(Auth *auth, Ctx *cx, Str user, AuthSession **ret_sessions,
                         size_t *ret_count) MUST_USE;
/* Signs `user` out everywhere. SLOW */
Status auth_session_end(Auth *auth, Ctx *cx, const Access *by, Str user) MUST_USE;

/* ---- accounts -------------------------------------------------------------- */

/* The person at the machine: whoever can read the key file. For src/cli alone; what serves
 * strangers must not be able to make one. */
const Access *auth_operator(Arena *arena); /* NULL at the arena's limit */

typedef struct {
    Str user;      /* 2 to 64 of a-z 0-9 . _ - @; capitals become small */
    Str display;   /* "Dr Marie Dupont"; empty = user */
    Str role;      /* one of auth_roles (account.c) */
    Str reference; /* "Practitioner/x", "PractitionerRole/x", "Patient/x", "RelatedPerson/x" */
    Str language;  /* fr nl de en; empty = fr */
    Str mail;      /* for invitations and forgotten passwords; or empty */
    bool blocked;  /* in lists; ignored when made */
    Time created;  /* in lists */
    bool invited;  /* in lists: it has no password yet */
    unsigned ways; /* in lists: AUTH_BY_... */
} AuthAccount;

/* The rule for passwords: AUTH_PASSWORD_CHARACTERS_MIN characters or more, UTF-8, and not on the
 * list of breached ones when the site has one. */
Status auth_password_check(Auth *auth, Ctx *cx, Str password) MUST_USE;

/* STATUS_CONFLICT when the name is taken, STATUS_INVALID names what is wrong. SLOW */
Status auth_account_create(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted,
                           Str password) MUST_USE;
/* In order of names. */
Status auth_account_list(Auth *auth, Ctx *cx, AuthAccount **ret_accounts,
                         size_t *ret_count) MUST_USE;
/* A new password ends all sessions of the account and lifts its lockout. SLOW */
Status auth_password_set(Auth *auth, Ctx *cx, const Access *by, Str user, Str password) MUST_USE;
/* Who it is in the record, its role, name, language, mail address: what is not empty is changed.
 * Its sessions end; with another role or reference its tokens too. SLOW */
Status auth_account_change(Auth *auth, Ctx *cx, const Access *by,
                           const AuthAccount *wanted) MUST_USE;
/* A blocked account cannot sign in; its sessions and tokens end now. SLOW */
Status auth_account_block(Auth *auth, Ctx *cx, const Access *by, Str user, bool blocked) MUST_USE;

/* ---- tokens for programs --------------------------------------------------- */

typedef struct {
    Str id;    /* set by auth */
    Str label; /* "laboratory bridge"; 1 to 64 bytes */
    Str user;  /* acts with this account's role, or empty: role "program" */
    bool may_write;
    Time created; /* set by auth */
    Time seen;    /* when it was last used; 0 = never */
    Time expires;
} AuthToken;

/* `days`: 1 to 3650. The token itself is said this one time. SLOW */
Status auth_token_create(Auth *auth, Ctx *cx, const Access *by, const AuthToken *wanted,
                         unsigned days, Str *ret_token) MUST_USE;
Status auth_token_list(Auth *auth, Ctx *cx, AuthToken **ret_tokens, size_t *ret_count) MUST_USE;
/* STATUS_NOT_FOUND when no living token has that id. SLOW */
Status auth_token_revoke(Auth *auth, Ctx *cx, const Access *by, Str id) MUST_USE;

/* ---- tokens of programs that people let in: for src/oauth alone ------------- */

typedef struct {
    Str client;       /* its id */
    Str user;         /* who let it in, and whose rights it has; empty: a service, role "program" */
    Str scopes;       /* access/scope.h; up to SCOPES_BYTES_MAX */
    Str patient;      /* of patient/ scopes: "Patient/1"; else empty */
    Str grant;        /* under what it was given: all of one grant end together */
    Str session;      /* hex of its hash: it ends with it; or empty */
    uint64_t changes; /* of the account when it was let in: auth_account_now */
    bool may_write;
    unsigned seconds;
    /* In the same commit: */
    const StoreItem *items;
    size_t item_count;
    const StoreItem *guard;   /* or NULL */
    Str interaction, address; /* of the audit entry */
} AuthApp;

/* STATUS_CONFLICT: the guard did not hold, or something has just ended: look again.
 * STATUS_UNAUTHORIZED: the account is blocked or has changed. SLOW */
Status auth_app_token(Auth *auth, Ctx *cx, const AuthApp *wanted, Str *ret_token) MUST_USE;

typedef struct {
    Str client, grant, user; /* all tokens that have what is not empty here */
    const StoreItem *items;
    size_t item_count;
    const StoreItem *guard;
    const Access *by; /* or NULL: `account` and `role` */
    Str account, role;
    Str interaction, id, address;
} AuthAppEnd;

/* They are refused at the next request, here, and on other nodes as any token that ended. SLOW */
Status auth_app_end(Auth *auth, Ctx *cx, const AuthAppEnd *end) MUST_USE;

typedef struct {
    Str client, user, scopes, patient, grant;
    Time created, expires;
} AuthAppToken;

/* A living token of that kind; STATUS_NOT_FOUND without an issue. */
Status auth_app_find(Auth *auth, Ctx *cx, Str token, AuthAppToken *ret_token) MUST_USE;

/* The account as the store has it; STATUS_NOT_FOUND without an issue when there is none or it is
 * blocked. SLOW */
Status auth_account_now(Auth *auth, Ctx *cx, Str user, AuthAccount *ret_account,
                        uint64_t *ret_changes) MUST_USE;
/* Somebody by the name that stands in an Access of his (access_account), without a session: for
 * what he is sent where he cannot sign in. He writes nothing. STATUS_NOT_FOUND as above. SLOW */
Status auth_access_of(Auth *auth, Ctx *cx, Str account, const Access **ret_access) MUST_USE;
/* The key of a cookie's session in the store: hex of its hash. */
Str auth_session_key(Arena *arena, Str cookie);
/* Whether that session is there and not over. SLOW */
Status auth_session_lives(Auth *auth, Ctx *cx, Str key, bool *ret_lives) MUST_USE;

#endif
