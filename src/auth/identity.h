/* auth/identity.h - what an identity provider says, and whose account that is (provider_ask.c,
 * identity.c). Private to auth. */
#ifndef ACESO_AUTH_IDENTITY_H
#define ACESO_AUTH_IDENTITY_H

#include "auth/account.h"
#include "auth/change.h"

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

#endif
