/* jose/jose.h - signed tokens and the keys for them: JWS, JWK, and the claims of a JWT.
 *
 * Small on purpose: compact serialisation, signatures of key pairs. No "none", no HMAC, no
 * encryption, no compression, no key out of a header. A key is for one algorithm, fixed when the
 * key is read; a token that names another one is refused, whatever it is signed with.
 *
 * What is read belongs to the arena of cx. Any thread may call anything here. Issues say what is
 * wrong and quote nothing of the token.
 *
 * SPEC RFC 7515, RFC 7517, RFC 7518, RFC 7519, RFC 7638, RFC 8037, RFC 8725 */
#ifndef ACESO_JOSE_H
#define ACESO_JOSE_H

#include "base/base.h"
#include "crypto/pair.h"
#include "json/json.h"

enum {
    JOSE_TOKEN_BYTES_MAX = 16384,
    JOSE_KEYS_MAX = 32,      /* of one set */
    JOSE_ID_BYTES_MAX = 256, /* of a key's "kid" */
    JOSE_MEMBERS_MAX = 64,   /* of any object in a header, in claims, in a key */
};

/* ---- algorithms ----------------------------------------------------------------------------- */

Str jose_algorithm(CryptoSignature kind);    /* "ES256" */
CryptoSignature jose_algorithm_of(Str name); /* 0: none that is offered */
#define JOSE_ALLOW(kind) (1u << (kind))      /* for JoseRules.algorithms */

/* ---- keys ----------------------------------------------------------------------------------- */

typedef struct {
    CryptoPair *pair;
    Str id; /* "kid"; may be empty */
} JoseKey;

/* A public key for signatures. `rsa`: what an RSA key is for that does not name its "alg"; 0: it
 * must. STATUS_INVALID: private or symmetric, for encryption, weak, ambiguous. */
Status jose_key_read(Ctx *cx, const JsonValue *jwk, CryptoSignature rsa, JoseKey *ret_key) MUST_USE;
/* {"keys":[...]}. Keys of other kinds and for other uses are passed over (SPEC RFC 7517 5); a
 * private or symmetric key, a broken one, and two of one "kid" refuse the set. */
Status jose_keys_read(Ctx *cx, const JsonValue *set, CryptoSignature rsa, JoseKey **ret_keys,
                      size_t *ret_count) MUST_USE;
/* The public half, with "kid", "use" and "alg". */
Status jose_key_write(Ctx *cx, const JoseKey *key, Buf *out) MUST_USE;
/* SHA-256 of the required members, as base64url. SPEC RFC 7638 3 */
Status jose_thumbprint(Ctx *cx, const CryptoPair *pair, Str *ret_thumbprint) MUST_USE;

/* ---- tokens --------------------------------------------------------------------------------- */

typedef struct {
    unsigned algorithms; /* JOSE_ALLOW bits */
    Str type;            /* "typ" must be this; empty: it may be "JWT" or be left out */
    Str keys_at;         /* where the keys were fetched: "jku" may be exactly this; empty: not at
                            all. SPEC SMART 2.2 client-confidential-asymmetric.html */
} JoseRules;

typedef struct {
    Str payload;
    const JoseKey *key; /* that signed it */
} JoseToken;

/* The key is the one whose `id` is the token's "kid"; a token without one is taken only when there
 * is one key and no other. STATUS_UNAUTHORIZED for every token that is not exactly right. */
Status jose_verify(Ctx *cx, Str token, const JoseKey *keys, size_t count, const JoseRules *rules,
                   JoseToken *ret_token) MUST_USE;
/* Whether one of the keys is the one that the token names, before anything of it is believed: if
 * not, keys that were fetched may be old. True of a token that names none. */
bool jose_has_key(Ctx *cx, Str token, const JoseKey *keys, size_t count);
/* `type` may be empty. */
Status jose_sign(Ctx *cx, const JoseKey *key, Str type, Str payload, Str *ret_token) MUST_USE;

/* ---- claims --------------------------------------------------------------------------------- */

typedef struct {
    Str issuer;           /* "iss" must be it */
    Str subject;          /* "sub" too; empty: any, or none */
    const Str *audiences; /* "aud" names one or more of these, and nobody else */
    size_t audience_count;
    Time now;
    unsigned skew_s;         /* clocks may differ so much */
    unsigned lifetime_max_s; /* from now to "exp" */
    bool needs_id;           /* "jti" must be there */
} JoseExpect;

typedef struct {
    const JsonValue *all;
    Str issuer, subject, id; /* "iss", "sub", "jti" */
    Time expires, issued;    /* issued 0: not said */
} JoseClaims;

enum { JOSE_JTI_BYTES_MAX = 255 };

/* STATUS_UNAUTHORIZED for claims that are missing, twice there, of another type, outside their
 * time, or for somebody else. Whether a "jti" was seen before is the caller's to know. */
Status jose_claims(Ctx *cx, Str payload, const JoseExpect *expect, JoseClaims *ret_claims) MUST_USE;

/* Whether no object in it, at any depth, names a member twice or has more than JOSE_MEMBERS_MAX. */
bool jose_is_unambiguous(const JsonValue *value);

#endif
