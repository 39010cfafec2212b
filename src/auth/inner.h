/* auth/inner.h - what the files of auth share. Nobody else includes it.
 *
 * Locks, in the order in which they may be held together:
 *   change     held from the decision over the commit to the change in memory, so that a
 *              revocation can never be overtaken by a sign-in that had begun before it
 *   handles    guards the table below; readers are the requests. A pointer into the table is
 *              worth nothing without it: a request may find that another node ended the session
 *   lockouts   guards the back-off
 *   hashing    guards the count of running hashes; held alone */
#ifndef ACESO_AUTH_INNER_H
#define ACESO_AUTH_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "auth/factors.h"
#include "auth/provider.h"
#include "cache/events.h"
#include "crypto/crypto.h"
#include "json/json.h"
#include "net/cache.h"

/* Text of fixed room, so that a handle needs no memory of its own. */
enum { SHORT_BYTES_MAX = 127 };
typedef struct {
    uint8_t len;
    char text[SHORT_BYTES_MAX];
} Short;

static inline Short short_of(Str s)
{
    Short to = {.len = (uint8_t)(s.len < SHORT_BYTES_MAX ? s.len : SHORT_BYTES_MAX)};
    if (to.len)
        memcpy(to.text, s.at, to.len);
    return to;
}

static inline Str short_str(const Short *s)
{
    return str_n(s->text, s->len);
}

/* ---- handles: living sessions and tokens in memory (handles.c) --------------- */

typedef enum { HANDLE_SESSION, HANDLE_TOKEN } HandleKind;

/* What a token of src/oauth has beside (app.c). In the handles' own memory, or in an arena while it
 * is on its way there. */
enum { APP_SCOPES_BYTES_MAX = 2048 };
typedef struct App {
    struct App *next; /* free */
    Short client;     /* id */
    Short patient;    /* "Patient/1", or empty */
    Short grant;      /* what it was given under */
    bool of_session;  /* it ends with this session: */
    uint8_t session[CRYPTO_SHA256_BYTES];
    uint16_t scopes_len;
    char scopes[APP_SCOPES_BYTES_MAX];
} App;

typedef struct Handle {
    struct Handle *next; /* in its bucket, or free */
    App *app;            /* of a token of src/oauth, else NULL; only with the lock held */
    uint8_t hash[CRYPTO_SHA256_BYTES];
    HandleKind kind;
    bool may_write;
    Time created;
    Time expires;             /* absolute */
    _Atomic Time seen;        /* by any request */
    Time written;             /* the `seen` that the store knows; hold `change` */
    uint64_t epoch;           /* of the store, in which it was read; hold the lock of the table */
    Time checked;             /* when that was, on follow_clock */
    uint64_t account_changes; /* Account.changes when a session began */
    Short account;            /* for Access: user, user#id or token#id; set when added */
    Short user;               /* empty for a program's own token */
    Short label;              /* of a token; of a session: the browser */
    Short address;            /* where a session was opened */
    Time stepped;             /* when a factor was last shown; of a session */
    uint8_t ways;             /* AUTH_BY_: all that was shown in it */
    bool locked;              /* a session that opens nothing until it is unlocked */
    bool must_enrol;          /* nor this one, until its owner has a second factor */
    Short display, role, reference, language; /* the account's */
} Handle;

enum {
    HANDLES_MAX = 16384, /* 16 MB of memory; sessions and tokens together */
    HANDLE_BUCKETS = 8192,
    APPS_MAX = 8192,           /* of them tokens of src/oauth: 20 MB more */
    SESSIONS_PER_ACCOUNT = 20, /* the next sign-in ends the one unused longest */
};

typedef struct {
    pthread_rwlock_t lock;
    Arena *arena;
    Handle *buckets[HANDLE_BUCKETS];
    Handle *free;
    App *free_apps;
    size_t count, app_count;
} Handles;

Status handles_init(Handles *handles);
void handles_release(Handles *handles);
/* A copy; false when there is none. */
bool handles_copy(Handles *handles, HandleKind kind, const uint8_t *hash, Handle *ret_handle);
void handles_drop(Handles *handles, HandleKind kind, const uint8_t *hash); /* if it is there */
bool handles_take(Handles *handles, const Handle *handle);                 /* false when full */
/* Call these with the lock held. */
Handle *handles_find(const Handles *handles, HandleKind kind, const uint8_t *hash);
Handle *handles_add(Handles *handles, const Handle *handle); /* NULL when full */
void handles_remove(Handles *handles, Handle *handle);
/* The handles one after the other: start with NULL. */
Handle *handles_next(const Handles *handles, const Handle *after);

/* token.c: a new secret; its hash goes into the handle. */
Status token_make(Ctx *cx, Handle *handle, Str *ret_text) MUST_USE;
/* app.c: as members of the token's item, and back. */
void app_write(Buf *buf, const App *app);
Status app_parse(Ctx *cx, const JsonValue *root, App **ret_app) MUST_USE; /* NULL: it is none */
/* Whether the session that it ends with is there: asked of memory with the lock held, where no
 * other process has the store; else of the store. */
bool app_session_is_known(const Handles *handles, const Handle *handle);
bool app_session_is_stored(StoreReader *reader, Ctx *cx, Handle *handle);
/* A session that goes on under another cookie has another key: where it went. The item that says
 * so, for the commit that moves it; and its tokens in memory, behind that commit. */
Status session_went_item(Ctx *cx, const Handle *from, const Handle *to,
                         StoreItem *ret_item) MUST_USE;
void session_tokens_follow(Handles *handles, const uint8_t *from, const uint8_t *to);
extern const Str session_went_space;
bool session_went_is_over(Ctx *cx, const StoreItem *item, Time now);

Str handle_key(Arena *arena, const Handle *handle); /* hex of the hash: the item's key */
Str handle_id(Arena *arena, const Handle *handle);  /* its first AUTH_ID_LEN letters */
/* It opens something now. */
bool handle_is_live(const Auth *auth, const Handle *handle, Time now);
/* It is there: a session that nobody has used for a while is locked, and kept to its end. */
bool handle_is_kept(const Handle *handle, Time now);
Time handle_ends(const Auth *auth, const Handle *handle);

/* ---- with others on one store (shared.c) -------------------------------------- */

/* Reads one of them again, into memory. STATUS_NOT_FOUND without an issue: there is none. */
Status handle_recheck(Auth *auth, Ctx *cx, HandleKind kind, const uint8_t *hash) MUST_USE;
Status handle_renew(void *of, Ctx *cx, bool is_token, const uint8_t *hash,
                    uint64_t *ret_epoch) MUST_USE;
/* Reads all of them again. Hold `change`. */
Status handles_load(Auth *auth, Ctx *cx) MUST_USE;
/* The same, where others may have changed them. */
Status handles_refresh(Auth *auth, Ctx *cx) MUST_USE;

/* ---- hearing of others (follow.c) ---------------------------------------------- */

typedef struct {
    _Atomic Time looked; /* when memory was last brought to the latest epoch, on follow_clock */
    pthread_t thread;
    bool runs, heard, stopping; /* hold `lock` */
    pthread_mutex_t lock;
    pthread_cond_t ring;
} Following;

/* Goes on while the machine sleeps. */
Time follow_clock(void);
/* Whether memory may still be believed without asking: FOLLOW_LEASE_MS after it was. */
bool follow_is_fresh(const Auth *auth, const Handle *handle);
void follow_tell(Auth *auth); /* something has ended, durably */
Status follow_start(Auth *auth, Ctx *cx) MUST_USE;
void follow_stop(Auth *auth);

/* ---- back-off (lockout.c) ---------------------------------------------------- */

enum { LOCKOUT_KEY_BYTES = 16, LOCKOUTS_MAX = 8192, LOCKOUT_BUCKETS = 4096 };

typedef enum { LOCKOUT_NAME, LOCKOUT_ADDRESS } LockoutKind;

typedef struct Lockout {
    struct Lockout *next; /* in its bucket, or free */
    LockoutKind kind;
    uint8_t key[LOCKOUT_KEY_BYTES]; /* a hash: people type passwords into the wrong field */
    bool used;
    bool told;         /* the first refusal since `until` was set is on the audit log */
    bool stored;       /* the store has an item of it */
    uint32_t failures; /* those among them that the store knows of: */
    uint32_t known, writing;
    Time last;
    Time until;
} Lockout;

typedef struct {
    pthread_mutex_t lock;
    Arena *arena;
    Lockout *all; /* LOCKOUTS_MAX of them */
    Lockout *buckets[LOCKOUT_BUCKETS];
    Lockout *free;
    bool dropped; /* the store may have items that memory no longer has */
} Lockouts;

/* The two counters of an attempt: by name and by address; address may be none. */
typedef struct {
    bool has_address;
    uint8_t name[LOCKOUT_KEY_BYTES];
    uint8_t address[LOCKOUT_KEY_BYTES];
} LockoutKeys;

Status lockouts_init(Lockouts *lockouts);
void lockouts_release(Lockouts *lockouts);
Status lockouts_load(Auth *auth, Ctx *cx, StoreReader *reader) MUST_USE;
LockoutKeys lockout_keys(Str folded_user, Str address);
/* The same for a door of its own ("reset"), which locks no other. */
LockoutKeys lockout_keys_of(const char *door, Str folded_user, Str address);
/* Counts the attempt as a failure in advance, so that a hundred at once are not a hundred free
 * guesses. 0, or for how many seconds it is refused; *ret_first_refusal is for the audit. */
unsigned lockout_begin(Auth *auth, const LockoutKeys *keys, bool *ret_first_refusal);
/* The same where others share the store: what they counted is read, and the failure is written,
 * before the password is looked at. Hold `change`. */
Status lockout_begin_shared(Auth *auth, Ctx *cx, const LockoutKeys *keys, bool *ret_first_refusal,
                            unsigned *ret_wait_s) MUST_USE;
/* Memory knows what the store knows of the two. */
Status lockout_adopt(Auth *auth, Ctx *cx, const LockoutKeys *keys) MUST_USE;
/* The attempt was no failure: never happened (queue full), or the password was right, which
 * forgives the name all its failures and the address this one. */
void lockout_undo(Auth *auth, const LockoutKeys *keys, bool was_right);
void lockout_forgive_name(Auth *auth, const LockoutKeys *keys);
/* Where others count too: brings the counters of the attempt to what the store has, and keeps
 * what of ours it has not yet. `ret_name` is the item of the name as it is, for a guard. */
Status lockouts_learn(Auth *auth, Ctx *cx, const LockoutKeys *keys, StoreItem *ret_name) MUST_USE;
/* The items of lockout_items are in the store. */
void lockouts_written(Auth *auth, const LockoutKeys *keys);
/* The items that make the store know the counters of the attempt: at most LOCKOUT_ITEMS. */
enum { LOCKOUT_ITEMS = 2 };
Status lockout_items(Auth *auth, Ctx *cx, const LockoutKeys *keys, StoreItem *items,
                     size_t *ret_count) MUST_USE;
/* Forgets old counters; the deletions of their items, in the arena of cx. Hold `change`. */
Status lockouts_tidy(Auth *auth, Ctx *cx, StoreReader *reader, StoreItem **ret_items,
                     size_t *ret_count) MUST_USE;

void lockouts_tidy_again(Auth *auth); /* those deletions could not be written */

/* ---- passwords (password.c) -------------------------------------------------- */

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    unsigned running, waiting, running_max, waiting_max;
    bool ready;
} Hashing;

Status hashing_init(Hashing *hashing);
void hashing_release(Hashing *hashing);
/* Waits for its turn, then compares; STATUS_UNAVAILABLE when the queue is full or the turn
 * does not come in time. `encoded` may be empty: the same work, and never right. */
Status password_verify(Auth *auth, Ctx *cx, Str password, Str encoded, bool *ret_right) MUST_USE;
Status password_hash(Auth *auth, Ctx *cx, Str password, Str *ret_encoded) MUST_USE;

/* Whether `list` (AuthOptions) has it (breached.c). */
bool breached_has(Ctx *cx, Str list, Str password);

/* ---- auth's own keys (keys.c) ------------------------------------------------ */

typedef struct {
    pthread_mutex_t lock; /* held alone */
    bool there;
    uint8_t tickets[CRYPTO_KEY_BYTES]; /* read without the lock once they are there */
    uint8_t secrets[CRYPTO_KEY_BYTES];
    uint8_t codes[CRYPTO_KEY_BYTES];
    uint8_t cards[CRYPTO_KEY_BYTES];
} Keys;

/* Reads them, and makes them for a new store. */
Status keys_need(Auth *auth, Ctx *cx) MUST_USE;
/* Sealed under `key`, as base64url, and back. */
Status seal_text(Ctx *cx, const uint8_t *key, Str about, Str bytes, Str *ret_text) MUST_USE;
bool open_text(Ctx *cx, const uint8_t *key, Str about, Str text, Str *ret_bytes) MUST_USE;

/* ---- tickets (ticket.c) -------------------------------------------------------- */

typedef enum {
    TICKET_FACTOR = 1, /* the password was right */
    TICKET_PASSKEY,    /* for whoever has one */
    TICKET_STEP_UP,
    TICKET_TOTP,          /* secret: the new one */
    TICKET_REGISTER,      /* a passkey */
    TICKET_PROVIDER = 16, /* secret: chance, what for, and the provider (provider.c) */
    TICKET_CARD_ASK = 24, /* secret: what for, which browser */
    TICKET_CARD,          /* and whose card it was */
} TicketKind;

enum { TICKET_SECRET_BYTES_MAX = 72 };

typedef struct {
    TicketKind kind;
    Time expires;     /* set by ticket_make */
    uint64_t changes; /* of the account */
    Str user;
    Str secret;
} Ticket;

Status ticket_make(Auth *auth, Ctx *cx, const Ticket *ticket, Str *ret_text) MUST_USE;
/* STATUS_UNAUTHORIZED with an issue: another kind, not ours, or too old. */
Status ticket_open(Auth *auth, Ctx *cx, TicketKind kind, Str text, Ticket *ret_ticket) MUST_USE;
/* What a passkey signs for this ticket. */
void ticket_challenge(Str text, uint8_t ret_challenge[CRYPTO_SHA256_BYTES]);

/* ---- second factors ------------------------------------------------------------ */

typedef struct {
    Str id;            /* the credential's, as base64url */
    int algorithm;     /* of COSE: -7, -8, -257 */
    Str first, second; /* the public numbers, as base64url */
    uint32_t count;    /* the authenticator's, at the last use */
    Str name;
    Time created, used;
} Passkey;

enum { SPENT_MAX = 16 };

/* A ticket whose challenge was answered: not once more. */
typedef struct {
    Str hash;
    Time expires;
} Spent;

/* Of one account; in its item. */
typedef struct {
    Str totp;           /* the secret, sealed; empty = none */
    uint64_t totp_step; /* the last one that counted */
    Str card;           /* keyed hash of the national number, hex; empty = none */
    Str handle;         /* by which authenticators know the account, base64url; or empty */
    Passkey passkeys[AUTH_PASSKEYS_MAX];
    size_t passkey_count;
    Str codes[AUTH_RECOVERY_CODES]; /* keyed hashes of those not used */
    size_t code_count;
    Spent spent[SPENT_MAX];
    size_t spent_count;
} Factors;

/* factors.c: as a member "factors" of the account's item, and back. */
void factors_write(Buf *buf, const Factors *factors);
void factors_read(const JsonValue *object, Factors *ret_factors);
bool factors_any(const Factors *factors);

/* totp.c */
uint64_t totp_step(Time at);
bool totp_code(Str secret, uint64_t step, unsigned *ret_code);
/* Whether text is the code of about now, of a step behind `used`. */
bool totp_right(Str secret, Str text, Time now, uint64_t used, uint64_t *ret_step);
Str totp_base32(Arena *arena, Str bytes);
Status totp_uri(Ctx *cx, Str issuer, Str user, Str secret, Str *ret_uri) MUST_USE;

/* qr.c: {"size","path"} */
Status qr_json(Ctx *cx, Str text, Buf *buf) MUST_USE;

/* Who somebody is at an identity provider; in the item of his account here. */
typedef struct {
    Str provider; /* its id when this was said */
    Str key;      /* hex of a hash of issuer and subject */
    Time created;
} Identity;

/* ---- accounts (account.c) ---------------------------------------------------- */

typedef struct {
    AuthAccount public;
    Str password;     /* encoded; empty = cannot sign in */
    Str value;        /* the item as it was read, for the guard of a change */
    uint64_t changes; /* of what ends its sessions: they carry the count of when they began */
    Factors factors;
    Identity identities[AUTH_IDENTITIES_MAX];
    size_t identity_count;
} Account;

/* recovery.c: ten new ones, in place of what was; true when text is one of them, which is used up
 * then. */
Status recovery_make(Auth *auth, Ctx *cx, Account *account,
                     Str ret_codes[AUTH_RECOVERY_CODES]) MUST_USE;
bool recovery_take(Auth *auth, Ctx *cx, Account *account, Str text);

/* factors.c: what the account can show: AUTH_BY_...; and whether it must have a factor. */
unsigned factors_ways(const Account *account);
bool factors_required(const Auth *auth, Str role);
/* Seals the secret into the account. */
Status factors_set_totp(Auth *auth, Ctx *cx, Account *account, Str secret) MUST_USE;
/* Whether the code of the proof, or its passkey for the ticket, is right; the account is changed by
 * it (a step, a code or a challenge is used up) and is to be written with what is allowed.
 * *ret_way: which it was. */
bool factors_right(Auth *auth, Ctx *cx, Account *account, const AuthProof *proof,
                   const Ticket *ticket, unsigned *ret_way);
/* Puts the ticket among those that were used; false: it was already, or too many are. */
bool factors_spend(Auth *auth, Ctx *cx, Account *account, Str text, const Ticket *ticket);
const char *factors_word(unsigned way);

/* Small letters, allowed characters, 2 to 64; false otherwise. */
bool user_fold(Arena *arena, Str user, Str *ret_folded);
Status need_user(Ctx *cx, Str user, Str *ret_folded) MUST_USE; /* the same with an issue */
/* STATUS_NOT_FOUND without an issue. `user` is folded. */
Status account_read(Auth *auth, Ctx *cx, Str user, Account *ret_account) MUST_USE;
Status account_parse(Ctx *cx, const StoreItem *item, Account *ret_account) MUST_USE;
Status account_read_in(StoreReader *reader, Ctx *cx, Str user, Account *ret_account) MUST_USE;
/* The item that the account is to be, and the one that it must still be. */
Status account_item(Ctx *cx, const Account *account, StoreItem *ret_item) MUST_USE;
StoreItem account_guard(const Account *account);
/* As auth_account_create; password.at NULL: without one. */
Status account_make(Auth *auth, Ctx *cx, const Access *by, const AuthAccount *wanted,
                    Str password) MUST_USE;
/* For an administrator; each with an issue. */
Status account_find(Auth *auth, Ctx *cx, const Access *by, Str user, Account *ret_account) MUST_USE;
/* Writes the account and ends its sessions (and tokens). Hold `change`. */
Status account_change(Auth *auth, Ctx *cx, const Access *by, Str interaction, Account *account,
                      bool tokens_too) MUST_USE;

/* manage.c: STATUS_CONFLICT when an administrator takes away the last account that administers, his
 * own or another's. *ret_epoch is for the commit (Change): no other node has taken one away
 * meanwhile. Hold `change`, before the account is written. */
Status admins_remain(Auth *auth, Ctx *cx, const Access *by, const Account *changed,
                     uint64_t *ret_epoch) MUST_USE;
/* Space of the last sign-ins: key = the user's name, value = microseconds since 1970. */
extern const Str signed_in_space;

/* ---- items and commits (items.c) --------------------------------------------- */

Str handle_space(HandleKind kind);
/* The item of a handle (key and value), and back. What the account gives is not in it. */
Status handle_item(Ctx *cx, const Handle *handle, StoreItem *ret_item) MUST_USE;
Status handle_parse(Ctx *cx, HandleKind kind, const StoreItem *item, Handle *ret_handle) MUST_USE;
/* What the account gives to its sessions and tokens: role, reference, name. */
void handle_set_account(Handle *handle, const AuthAccount *account);

/* One atomic unit with its audit entry. A failure gets an issue. Hold `change`. */
typedef struct {
    const Access *by; /* the actor on the audit log; NULL = the entry says it itself */
    AuditEntry audit;
    const StoreItem *items;
    size_t item_count;
    const StoreItem *guard;
    uint64_t epoch; /* 0, or of what was read before: nothing may have ended since */
    bool ends;      /* sessions or tokens: other nodes are to ask again */
} Change;
Status change_commit(Auth *auth, Ctx *cx, const Change *change) MUST_USE;
/* Deletes a handle with the entry of `change`; first out of memory: whatever happens to the disk,
 * it is worth nothing any more. Hold `change`. */
Status change_end_handle(Auth *auth, Ctx *cx, const Handle *handle, const Change *change) MUST_USE;
/* STATUS_FORBIDDEN unless `by` is the operator or an administrator. */
Status change_need_admin(Ctx *cx, const Access *by) MUST_USE;

/* Deletions for the sessions (and tokens) of `user`, with room for two more. Hold `change`.
 * After their commit, handles_forget takes them out of memory. */
Status handles_deletions(Auth *auth, Ctx *cx, Str user, bool tokens_too, StoreItem **ret_items,
                         size_t *ret_count) MUST_USE;
void handles_forget(Auth *auth, Str user, bool tokens_too);

/* ---- attempts to sign in, and on (sign_in.c) ------------------------------------ */

typedef struct {
    Str interaction; /* for the audit log: "sign-in", "unlock", "step-up" */
    Str user;        /* folded; as typed when it cannot be anybody's name */
    Account account; /* all empty when there is none */
    bool known;
    bool account_changed;
    LockoutKeys keys;
    Str better_hash; /* today's cost, when the stored one is outdated */
    Str address, device, old_cookie;
    const Handle *goes_on; /* the session that gets another cookie; NULL: a new one begins */
    unsigned way;          /* what was shown besides the password */
    unsigned before;       /* AUTH_BY_: what was shown a moment before that */
    const char *detail;    /* for the audit log, in place of the way's name; or NULL */
    bool strong;           /* and that is a second factor, though none of ours */
} Attempt;

Status attempt_begin(Auth *auth, Ctx *cx, Str user, Attempt *attempt) MUST_USE;
/* Counts it as a failure, in advance. STATUS_LOCKED_OUT with an issue. */
Status attempt_count(Auth *auth, Ctx *cx, const Attempt *attempt, unsigned *ret_wait_s) MUST_USE;
/* It was wrong. Hold `change`. STATUS_UNAUTHORIZED with this sentence. */
Status attempt_refuse(Auth *auth, Ctx *cx, const Attempt *attempt, const char *sentence) MUST_USE;
/* It was right: a session, in the store and then in memory. Hold `change`. */
Status attempt_welcome(Auth *auth, Ctx *cx, Attempt *attempt, AuthWelcome *ret_welcome) MUST_USE;
/* Checks what is shown against the account as it is now and ends in one of the two above.
 * `password`: whether a password was right already, or is in the proof. */
Status attempt_with_factor(Auth *auth, Ctx *cx, Attempt *attempt, const AuthProof *proof,
                           const Ticket *ticket, AuthWelcome *ret_welcome) MUST_USE;
/* A password that was right: a session, or the ticket for what is wanted too. Hold `change`. */
Status attempt_with_password(Auth *auth, Ctx *cx, Attempt *attempt, Str origin,
                             AuthWelcome *ret_welcome) MUST_USE;
/* Counts, then attempt_with_factor. */
Status attempt_finish(Auth *auth, Ctx *cx, Attempt *attempt, const AuthProof *proof,
                      const Ticket *ticket, AuthWelcome *ret_welcome) MUST_USE;
Status password_compare(Auth *auth, Ctx *cx, const Attempt *attempt, Str password,
                        bool *ret_right) MUST_USE;

/* session.c */
AuthSession session_of(const Auth *auth, Arena *arena, const Handle *handle);
bool session_find(Auth *auth, Str cookie, Handle *ret_handle);
/* The account of a session that is stepped up, and may change its factors. With an issue. */
Status session_account(Auth *auth, Ctx *cx, const AuthSession *session, bool fresh,
                       Account *ret_account) MUST_USE;
Change session_change(const AuthSession *session, Str interaction, Str address);
void write_ways(Buf *buf, unsigned ways);
/* A member of an object that was begun in buf: "name":"value". */
void member_text(Buf *buf, const char *name, Str value);
void member_time(Buf *buf, const char *name, Time value);

/* ---- a change of one's own (enrol.c) -------------------------------------------- */

/* What is to be written of the account, with one more item at most. Hold `change`. */
typedef struct {
    const AuthSession *session;
    Account *account;
    Str interaction, address, cookie;
    StoreItem more;
    Str codes[AUTH_RECOVERY_CODES];
    size_t code_count;
} Enrolment;

/* A factor was added to the account: writes it; with the first come recovery codes, and the session
 * is lifted. */
Status enrolment_add(Auth *auth, Ctx *cx, Enrolment *e, AuthWelcome *ret_welcome) MUST_USE;
/* One was taken away: writes it, unless it was the last and one is needed. */
Status enrolment_remove(Auth *auth, Ctx *cx, Enrolment *e) MUST_USE;
/* {"codes":[...]} */
Status enrolment_codes(Ctx *cx, const Enrolment *e, Str *ret_json) MUST_USE;

/* ---- cards (card.c) ------------------------------------------------------------- */

enum { CARDS_KEPT = 256 };

/* A card of which a responder said that it is good. */
typedef struct {
    uint8_t id[CRYPTO_SHA256_BYTES];
    Time until;
} KeptCard;

typedef struct {
    Arena *arena;
    struct CryptoPins *pins;
    pthread_mutex_t lock; /* of `kept`; held alone */
    KeptCard kept[CARDS_KEPT];
} Cards;

Status cards_start(Auth *auth, Ctx *cx) MUST_USE;
void cards_release(Cards *cards);
/* Whether the proof's card is the account's; its ticket is used up then. */
bool card_right(Auth *auth, Ctx *cx, Account *account, const AuthProof *proof, bool signs_in);
/* Takes the card's item away: nobody's any more. Hold `change`. */
void card_forget(Auth *auth, Ctx *cx, Str hex);
extern const Str card_space;

/* ---- identity providers (provider_ask.c) ---------------------------------------- */

/* What is said of one attempt; all of it comes out of a ticket. */
typedef struct {
    Str state, nonce, verifier, challenge;
} ProviderWords;

/* What a provider says of itself. SPEC OIDC Discovery 1.0 3 */
typedef struct {
    Str authorize_at, token_at, keys_at;
    bool posts_secret; /* in the form: it takes no Basic */
    bool says_issuer;  /* RFC 9207: `iss` must be there */
} Provided;

/* What it says of somebody, believed. */
typedef struct {
    Str subject;
    bool strong; /* what it calls it is a second factor to us */
} Told;

Status provided_read(Auth *auth, Ctx *cx, const AuthProvider *provider,
                     Provided *ret_provided) MUST_USE;
/* A code for an id_token, checked from top to bottom. STATUS_UNAVAILABLE: not reached;
 * STATUS_UNAUTHORIZED: not believed; each without saying why. */
Status provider_tell(Auth *auth, Ctx *cx, const AuthProvider *provider, const AuthReturn *back,
                     const ProviderWords *words, Str redirect, Told *ret_told) MUST_USE;

/* identity.c: items of the space "identity" under the key; their value is the user. */
Status identity_key(Ctx *cx, Str issuer, Str subject, Str *ret_key) MUST_USE;
/* STATUS_NOT_FOUND without an issue. */
Status identity_owner(Auth *auth, Ctx *cx, Str key, Str *ret_user) MUST_USE;
bool identity_is_of(const Account *account, Str key);
/* The account gets it. `by`, or the owner in his session. Hold `change`. */
Status identity_add(Auth *auth, Ctx *cx, Account *account, const Identity *identity,
                    const Change *change) MUST_USE;
void identities_write(Buf *buf, const Account *account);
void identities_read(const JsonValue *list, Account *account);

/* ---- mail (post.c) ------------------------------------------------------------- */

enum { POST_WAITING_MAX = 256 };

/* Somebody has forgotten his password: what he typed, and where. */
typedef struct {
    Short user;
} Forgotten;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t ring;
    Forgotten waiting[POST_WAITING_MAX]; /* a ring: `count` from `first` on */
    size_t first, count;
    pthread_t thread;
    bool runs, stopping;
} Post;

Status post_start(Auth *auth, Ctx *cx) MUST_USE;
void post_stop(Auth *auth);
void post_add(Auth *auth, Str user);

/* invite.c: links of one use, as items of the space "link" under the hash of what was sent. */
typedef enum { LINK_INVITATION, LINK_RESET } LinkKind;
/* For the account as it was read: makes one, and sends it where there is an address and a way. */
Status link_send(Auth *auth, Ctx *cx, const Account *account, LinkKind kind, const Access *by,
                 Str *ret_link) MUST_USE;
/* letter.c */
Status link_letter(Ctx *cx, const AuthAccount *account, LinkKind kind, Str link,
                   AuthLetter *ret_letter) MUST_USE;
/* What is over among the links. */
Status link_is_over(Auth *auth, Ctx *cx, const StoreItem *item, Time now, bool *ret_over) MUST_USE;
extern const Str link_space;

struct Auth {
    Store *store;
    bool shared;            /* the store: with other processes */
    _Atomic uint64_t epoch; /* the latest one known */
    Following following;
    AuthOptions options; /* no zeros left */
    Arena *arena;
    const Access *self;
    pthread_mutex_t change;
    Handles handles;
    Lockouts lockouts;
    Hashing hashing;
    Keys keys;
    Cards cards;
    Post post;
    NetCache *provided; /* what providers say of themselves, and their keys; NULL: there are none */
    atomic_uint asking; /* who wait for a provider */
    Str nobody;         /* an encoded password that nobody knows */
    pthread_t tidier;
    bool tidier_runs;
    pthread_mutex_t tidier_lock;
    pthread_cond_t tidier_stop;
    bool stopping;
};

static inline Time auth_now(const Auth *auth)
{
    return auth->options.clock();
}

#endif
