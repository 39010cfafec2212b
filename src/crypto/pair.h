/* crypto/pair.h - pairs of keys, and what they sign: RSA and elliptic curves.
 *
 * A pair is for one kind of signature, chosen when it is made or read: nobody can say later, in a
 * message, by which other one it should be believed. Signatures have the forms of JWS (RFC 7518
 * 3.3-3.5, RFC 8037): of the curves r and s, each as long as the curve, one after the other.
 *
 * A CryptoPair hangs on the arena and is read-only: any thread may use it. */
#ifndef ACESO_CRYPTO_PAIR_H
#define ACESO_CRYPTO_PAIR_H

#include "base/base.h"

typedef enum {
    CRYPTO_RS256 = 1, /* RSASSA-PKCS1-v1_5 */
    CRYPTO_RS384,
    CRYPTO_PS256, /* RSASSA-PSS, salt as long as the hash */
    CRYPTO_PS384,
    CRYPTO_ES256, /* ECDSA, P-256 */
    CRYPTO_ES384, /* P-384 */
    CRYPTO_ED25519,
    CRYPTO_SIGNATURES
} CryptoSignature;

/* Room in bits of RSA's modulus: less is broken, more is work for whoever verifies. */
enum { CRYPTO_RSA_BITS_MIN = 2048, CRYPTO_RSA_BITS_MAX = 8192, CRYPTO_RSA_BITS_MADE = 3072 };

typedef struct CryptoPair CryptoPair;

/* The public numbers, big-endian: of RSA n and e without leading zeros, of a curve x and y as long
 * as the curve, of Ed25519 x alone. */
typedef struct {
    Str first, second;
} CryptoPublic;

/* A new one. SLOW for RSA: a second. */
Status crypto_pair_make(Ctx *cx, CryptoSignature kind, CryptoPair **ret_pair) MUST_USE;
/* STATUS_INVALID with an issue: numbers that are no key of that kind, that are not in the one form
 * each has, a weak modulus or exponent, a point that is not on the curve or of small order. */
Status crypto_pair_public(Ctx *cx, CryptoSignature kind, const CryptoPublic *numbers,
                          CryptoPair **ret_pair) MUST_USE;
/* Both keys, as PKCS #8, for whoever seals it; and back. */
Status crypto_pair_save(Ctx *cx, const CryptoPair *pair, Str *ret_der) MUST_USE;
Status crypto_pair_load(Ctx *cx, CryptoSignature kind, Str der, CryptoPair **ret_pair) MUST_USE;

CryptoSignature crypto_pair_kind(const CryptoPair *pair);
bool crypto_pair_is_private(const CryptoPair *pair);
Status crypto_pair_numbers(Ctx *cx, const CryptoPair *pair, CryptoPublic *ret_numbers) MUST_USE;

Status crypto_pair_sign(Ctx *cx, const CryptoPair *pair, Str message, Str *ret_signature) MUST_USE;
/* False for anything but a signature of exactly these bytes, in the one form it has. */
bool crypto_pair_verify(const CryptoPair *pair, Str message, Str signature) MUST_USE;

#endif
