/* auth/account.h - an account as it stands in its item, with its factors and identities (account.c,
 * factors.c, totp.c, recovery.c). Private to auth. */
#ifndef ACESO_AUTH_ACCOUNT_H
#define ACESO_AUTH_ACCOUNT_H

#include "auth/factors.h"
#include "auth/keys.h"
#include "auth/provider.h"
#include "json/json.h"

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

#endif
