/* auth/lockout.h - back-off after failures (lockout.c, lockout_store.c). Private to auth. */
#ifndef ACESO_AUTH_LOCKOUT_H
#define ACESO_AUTH_LOCKOUT_H

#include <pthread.h>
#include "auth/auth.h"

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

/* ---- what lockout_store.c needs of memory: hold `lock` -------------------------- */

Lockout *lockout_find(Lockouts *lockouts, LockoutKind kind, const uint8_t *key);
Lockout *lockout_add(Lockouts *lockouts, LockoutKind kind, const uint8_t *key);
void lockout_drop(Lockouts *lockouts, Lockout *lockout);
bool lockout_is_over(const Lockout *lockout, Time now);
void lockout_count(Lockouts *lockouts, LockoutKind kind, const uint8_t *key, Time now);
/* For how many seconds; 0: it is not. */
unsigned lockout_refuses(Lockouts *lockouts, const LockoutKeys *keys, Time now,
                         bool *ret_first_refusal);
/* What the store has takes the place of what it was known to have; what of ours is not in it yet
 * stays on top. Nothing in the store (NULL): forgiven, here or elsewhere. */
void lockout_merge(Lockouts *lockouts, LockoutKind kind, const uint8_t *key, const Lockout *stored,
                   Time now);

#endif
