/* auth/inner.h - what the files of auth share. Nobody else includes it.
 *
 * Locks, in the order in which they may be held together:
 *   change     held from the decision over the commit to the change in memory, so that a
 *              revocation can never be overtaken by a sign-in that had begun before it
 *   following  held while memory is brought to what other nodes wrote (follow.c)
 *   handles    guards the table below; readers are the requests. A pointer into the table is
 *              worth nothing without it: another node may have ended the session
 *   lockouts   guards the back-off
 *   hashing    guards the count of running hashes; held alone */
#ifndef ACESO_AUTH_INNER_H
#define ACESO_AUTH_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "cache/events.h"
#include "crypto/crypto.h"
#include "json/json.h"

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

typedef struct Handle {
    struct Handle *next; /* in its bucket, or free */
    uint8_t hash[CRYPTO_SHA256_BYTES];
    HandleKind kind;
    bool may_write;
    Time created;
    Time expires;      /* absolute */
    _Atomic Time seen; /* by any request */
    Time written;      /* the `seen` that the store knows; hold `change` */
    Short account;     /* for Access: user, user#id or token#id; set when added */
    Short user;        /* empty for a program's own token */
    Short label;       /* of a token */
    Short display, role, reference, language; /* the account's */
} Handle;

enum {
    HANDLES_MAX = 16384, /* 16 MB of memory; sessions and tokens together */
    HANDLE_BUCKETS = 8192,
    SESSIONS_PER_ACCOUNT = 20, /* the next sign-in ends the one unused longest */
};

typedef struct {
    pthread_rwlock_t lock;
    Arena *arena;
    Handle *buckets[HANDLE_BUCKETS];
    Handle *free;
    size_t count;
} Handles;

Status handles_init(Handles *handles);
void handles_release(Handles *handles);
/* A copy; false when there is none. */
bool handles_copy(Handles *handles, HandleKind kind, const uint8_t *hash, Handle *ret_handle);
/* All of them, in an array of the arena with room for `more`. */
Status handles_copy_all(Handles *handles, Arena *arena, size_t more, Handle **ret_handles,
                        size_t *ret_count) MUST_USE;
void handles_drop(Handles *handles, HandleKind kind, const uint8_t *hash); /* if it is there */
bool handles_put(Handles *handles, const Handle *handle); /* adds or replaces; false when full */
/* When it was last used and what the store knows of that; nothing when it is no longer there. */
void handles_used(Handles *handles, const Handle *handle);
void handles_clear(Handles *handles);
/* Call these with the lock held. */
Handle *handles_find(const Handles *handles, HandleKind kind, const uint8_t *hash);
Handle *handles_add(Handles *handles, const Handle *handle); /* NULL when full */
void handles_remove(Handles *handles, Handle *handle);
/* The handles one after the other: start with NULL. */
Handle *handles_next(const Handles *handles, const Handle *after);

Str handle_key(Arena *arena, const Handle *handle); /* hex of the hash: the item's key */
Str handle_id(Arena *arena, const Handle *handle);  /* its first AUTH_ID_LEN letters */
bool handle_is_live(const Auth *auth, const Handle *handle, Time now);
Time handle_ends(const Auth *auth, const Handle *handle);

/* ---- back-off (lockout.c) ---------------------------------------------------- */

enum { LOCKOUT_KEY_BYTES = 16, LOCKOUTS_MAX = 8192, LOCKOUT_BUCKETS = 4096 };

typedef enum { LOCKOUT_NAME, LOCKOUT_ADDRESS } LockoutKind;

typedef struct Lockout {
    struct Lockout *next; /* in its bucket, or free */
    LockoutKind kind;
    uint8_t key[LOCKOUT_KEY_BYTES]; /* a hash: people type passwords into the wrong field */
    bool used;
    bool told;   /* the first refusal since `until` was set is on the audit log */
    bool stored; /* the store has an item of it */
    uint32_t failures;
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
/* Counts the attempt as a failure in advance, so that a hundred at once are not a hundred free
 * guesses. 0, or for how many seconds it is refused; *ret_first_refusal is for the audit. */
unsigned lockout_begin(Auth *auth, const LockoutKeys *keys, bool *ret_first_refusal);
/* The attempt was no failure: never happened (queue full), or the password was right, which
 * forgives the name all its failures and the address this one. */
void lockout_undo(Auth *auth, const LockoutKeys *keys, bool was_right);
void lockout_forgive_name(Auth *auth, const LockoutKeys *keys);
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

/* ---- accounts (account.c) ---------------------------------------------------- */

typedef struct {
    AuthAccount public;
    Str password; /* encoded; empty = cannot sign in */
    Str value;    /* the item as it was read, for the guard of a change */
} Account;

/* Small letters, allowed characters, 2 to 64; false otherwise. */
bool user_fold(Arena *arena, Str user, Str *ret_folded);
Status need_user(Ctx *cx, Str user, Str *ret_folded) MUST_USE; /* the same with an issue */
/* STATUS_NOT_FOUND without an issue. `user` is folded. */
Status account_read(Auth *auth, Ctx *cx, Str user, Account *ret_account) MUST_USE;
Status account_read_in(StoreReader *reader, Ctx *cx, Str user, Account *ret_account) MUST_USE;
/* The item that the account is to be, and the one that it must still be. */
Status account_item(Ctx *cx, const Account *account, StoreItem *ret_item) MUST_USE;
StoreItem account_guard(const Account *account);

/* ---- items and commits (items.c) --------------------------------------------- */

Str handle_space(HandleKind kind);
/* The item of a handle (key and value), and back. What the account gives is not in it. */
Status handle_item(Ctx *cx, const Handle *handle, StoreItem *ret_item) MUST_USE;
Status handle_parse(Ctx *cx, HandleKind kind, const StoreItem *item, Handle *ret_handle) MUST_USE;
/* What the account gives to its sessions and tokens: role, reference, name. */
void handle_set_account(Handle *handle, const AuthAccount *account);

/* One atomic unit with its audit entry. A failure gets an issue. Hold `change`. Sessions and
 * tokens that it deletes are revoked on all nodes. */
typedef struct {
    const Access *by; /* the actor on the audit log; NULL = the entry says it itself */
    AuditEntry audit;
    const StoreItem *items;
    size_t item_count;
    const StoreItem *guard;
    bool expired; /* what it deletes is over by itself, on every node */
} Change;
Status change_commit(Auth *auth, Ctx *cx, const Change *change) MUST_USE;
/* Deletes a handle with the entry of `change`; first out of memory: whatever happens to the disk,
 * it is worth nothing any more. Hold `change`. */
Status change_end_handle(Auth *auth, Ctx *cx, const Handle *handle, const Change *change) MUST_USE;
/* STATUS_FORBIDDEN unless `by` is the operator or an administrator. */
Status change_need_admin(Ctx *cx, const Access *by) MUST_USE;

/* Deletions for the sessions (and tokens) of `user`, as the store has them, with room for two
 * more. Hold `change`.
 * After their commit, handles_forget takes them out of memory. */
Status handles_deletions(Auth *auth, Ctx *cx, Str user, bool tokens_too, StoreItem **ret_items,
                         size_t *ret_count) MUST_USE;
void handles_forget(Auth *auth, Str user, bool tokens_too);

/* ---- other nodes (follow.c) --------------------------------------------------- */

typedef struct {
    pthread_mutex_t lock;
    _Atomic uint64_t epoch; /* all revocations up to this epoch of the store are heeded */
    _Atomic Time looked;    /* when the last look began, on follow_clock; 0 = never */
    pthread_t follower;
    bool runs, heard, stopping; /* hold `wait` */
    pthread_mutex_t wait;
    pthread_cond_t ring;
} Following;

Status following_init(Auth *auth, Ctx *cx) MUST_USE;
void following_release(Auth *auth);
/* Before memory is believed: another node's revocation is at most FOLLOW_LEASE_MS old. */
Status follow_when_due(Auth *auth, Ctx *cx) MUST_USE;
/* One handle as the store has it: into memory, or out of it. */
Status follow_fetch(Auth *auth, Ctx *cx, HandleKind kind, const uint8_t *hash) MUST_USE;
/* All handles that memory does not have; for lists. */
Status follow_fetch_all(Auth *auth, Ctx *cx) MUST_USE;
/* What auth_tidy does where other nodes use the same sessions. */
Status follow_tidy(Auth *auth, Ctx *cx, unsigned written_every_s) MUST_USE;
/* The items that tell other nodes what `change` ends; `ret_items` are all of them. */
Status follow_items(Auth *auth, Ctx *cx, const Change *change, const StoreItem **ret_items,
                    size_t *ret_count, bool *ret_revokes) MUST_USE;
Status handle_renew(void *of, Ctx *cx, bool is_token, const uint8_t *hash,
                    uint64_t *ret_epoch) MUST_USE;
void follow_tell(Auth *auth, const Change *change);
/* A handle whose account is gone or blocked, or that cannot be read, opens nothing: false. */
bool handle_load(StoreReader *reader, Ctx *cx, HandleKind kind, const StoreItem *item,
                 Handle *ret_handle);

struct Auth {
    Store *store;
    AuthOptions options; /* no zeros left */
    bool shared;         /* other nodes write to the store */
    Following following;
    Arena *arena;
    const Access *self;
    pthread_mutex_t change;
    Handles handles;
    Lockouts lockouts;
    Hashing hashing;
    Str nobody; /* an encoded password that nobody knows */
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
