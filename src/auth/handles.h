/* auth/handles.h - living sessions and tokens: in memory (handles.c), as items of the store
 * (items.c), and with others on one store (shared.c, follow.c). Private to auth. */
#ifndef ACESO_AUTH_HANDLES_H
#define ACESO_AUTH_HANDLES_H

#include <pthread.h>
#include <stdatomic.h>

#include "auth/auth.h"
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

/* ---- as items (items.c) ------------------------------------------------------ */

Str handle_space(HandleKind kind);
/* The item of a handle (key and value), and back. What the account gives is not in it. */
Status handle_item(Ctx *cx, const Handle *handle, StoreItem *ret_item) MUST_USE;
Status handle_parse(Ctx *cx, HandleKind kind, const StoreItem *item, Handle *ret_handle) MUST_USE;
/* What the account gives to its sessions and tokens: role, reference, name. */
void handle_set_account(Handle *handle, const AuthAccount *account);

/* Deletions for the sessions (and tokens) of `user`, with room for two more. Hold `change`.
 * After their commit, handles_forget takes them out of memory. */
Status handles_deletions(Auth *auth, Ctx *cx, Str user, bool tokens_too, StoreItem **ret_items,
                         size_t *ret_count) MUST_USE;
void handles_forget(Auth *auth, Str user, bool tokens_too);

/* ---- with others on one store (shared.c) -------------------------------------- */

/* Reads one of them again, into memory. STATUS_NOT_FOUND without an issue: there is none. */
Status handle_recheck(Auth *auth, Ctx *cx, HandleKind kind, const uint8_t *hash) MUST_USE;
Status handle_renew(void *of, Ctx *cx, bool is_token, const uint8_t *hash,
                    uint64_t *ret_epoch) MUST_USE;
/* Reads all of them again. Hold `change`. */
Status handles_load(Auth *auth, Ctx *cx) MUST_USE;
/* The same, where others may have changed them. */
Status handles_refresh(Auth *auth, Ctx *cx) MUST_USE;
/* The same for who does not hold `change`. */
Status handles_catch_up(Auth *auth, Ctx *cx) MUST_USE;

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

#endif
