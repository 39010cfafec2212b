/* crypto/crypto.h - every cryptographic thing that Aceso does, in plain calls.
 *
 * The only home of OpenSSL and libsodium (TLS inside the HTTP library and the page
 * encryption inside SQLCipher aside). Nobody else chooses an algorithm, a nonce or a cost.
 *
 * crypto_init() comes first in main() and in tests; then every function may be called from
 * any thread. Functions without a Status cannot fail. */
#ifndef ACESO_CRYPTO_H
#define ACESO_CRYPTO_H

#include "base/base.h"

/* May be called again. STATUS_INTERNAL when a library cannot start: end the program. */
Status crypto_init(Ctx *cx) MUST_USE;

/* ---- randomness, comparing, forgetting ------------------------------------- */

/* Unpredictable bytes from the kernel. */
void crypto_random(void *to, size_t bytes);
/* Takes the same time wherever the first difference is; lengths may differ (and show). */
bool crypto_equal(Str a, Str b);
/* Overwrites; the compiler may not leave it out. */
void crypto_wipe(void *at, size_t bytes);
/* Keeps the pages of a key in memory: they never go to swap, and into no dump. For what lives as
 * long as the process; as much as the system lets us lock (LimitMEMLOCK). */
void crypto_keep_in_memory(const void *at, size_t bytes);

/* ---- hashes ---------------------------------------------------------------- */

enum { CRYPTO_KEY_BYTES = 32, CRYPTO_HASH64_KEY_BYTES = 16, CRYPTO_SHA256_BYTES = 32 };

/* SipHash-2-4: a keyed 64-bit hash for index keys and hash tables; nobody without the key
 * can make two things collide on purpose. */
uint64_t crypto_hash64(const uint8_t key[CRYPTO_HASH64_KEY_BYTES], Str bytes);
/* SPEC FIPS 180-4 6.2 */
void crypto_sha256(Str bytes, uint8_t ret_hash[CRYPTO_SHA256_BYTES]);
/* The same of what comes bit by bit. NULL: no memory. _end once; nothing is added behind it. */
typedef struct CryptoHash CryptoHash;
CryptoHash *crypto_hash_new(void);
void crypto_hash_add(CryptoHash *hash, Str bytes);
void crypto_hash_end(CryptoHash *hash, uint8_t ret_hash[CRYPTO_SHA256_BYTES]);
void crypto_hash_free(CryptoHash *hash); /* or NULL */
/* The same of several, one behind the other. */
void crypto_sha256_parts(const Str *parts, size_t count, uint8_t ret_hash[CRYPTO_SHA256_BYTES]);
/* SPEC RFC 2104; a key of any length. */
/* Whether this machine hashes 4 KB faster with SHA-512 than with SHA-256: measured for a few
 * milliseconds. With SHA extensions SHA-256 wins, without them SHA-512. */
bool crypto_sha512_is_faster(void);
void crypto_hmac_sha256(Str key, Str bytes, uint8_t ret_mac[CRYPTO_SHA256_BYTES]);

enum { CRYPTO_SHA1_BYTES = 20 };
/* For one-time codes and lists of breached passwords alone (sha1.c). false: OpenSSL has no memory,
 * or no SHA-1. SPEC FIPS 180-4 6.1, RFC 2104 */
bool crypto_sha1(Str bytes, uint8_t ret_hash[CRYPTO_SHA1_BYTES]) MUST_USE;
bool crypto_hmac_sha1(Str key, Str bytes, uint8_t ret_mac[CRYPTO_SHA1_BYTES]) MUST_USE;

/* ---- keys ------------------------------------------------------------------ */

/* Independent keys for separate purposes from one: HKDF-SHA256 extract and expand. `out`
 * takes at most 255 * 32 bytes. SPEC RFC 5869 */
void crypto_hkdf(Str key, Str salt, Str purpose, uint8_t *out, size_t out_bytes);

enum { CRYPTO_WRAPPED_BYTES = 1 + 24 + CRYPTO_KEY_BYTES + 16 }; /* version nonce key tag */

/* Seals a key under another (XChaCha20-Poly1305, random nonce). `purpose` is bound to it:
 * unwrapping with other words fails, so that keys cannot be swapped for each other. */
void crypto_wrap_key(const uint8_t kek[CRYPTO_KEY_BYTES], const uint8_t key[CRYPTO_KEY_BYTES],
                     Str purpose, uint8_t ret_wrapped[CRYPTO_WRAPPED_BYTES]);
/* false: another kek, another purpose, or changed bytes; which of them cannot be told. */
bool crypto_unwrap_key(const uint8_t kek[CRYPTO_KEY_BYTES],
                       const uint8_t wrapped[CRYPTO_WRAPPED_BYTES], Str purpose,
                       uint8_t ret_key[CRYPTO_KEY_BYTES]) MUST_USE;

/* ---- sealing: AES-256-GCM with a long random nonce (XAES-256-GCM) ------------- */

/* nonce (24) | sealed bytes (as many as in clear) | tag (16). The key of each message is
 * derived from the first half of its nonce, so one key may seal 2^80 messages: plain AES-GCM
 * with random nonces ends at 2^32. SPEC C2SP XAES-256-GCM, NIST SP 800-38D 8.2.2, 8.3 */
enum { CRYPTO_SEAL_NONCE_BYTES = 24, CRYPTO_SEAL_BYTES = CRYPTO_SEAL_NONCE_BYTES + 16 };

/* Into `to`, which has room for bytes.len + CRYPTO_SEAL_BYTES. `about` is bound to it and is not
 * kept. STATUS_MEMORY alone. */
Status crypto_seal(const uint8_t key[CRYPTO_KEY_BYTES], Str about, Str bytes, char *to) MUST_USE;
/* Opens into `to`, which has room for sealed.len - CRYPTO_SEAL_BYTES; false: another key, other
 * words, or changed bytes, and what was written is worth nothing. */
bool crypto_open(const uint8_t key[CRYPTO_KEY_BYTES], Str about, Str sealed, char *to) MUST_USE;

/* ---- signatures: Ed25519, SPEC RFC 8032 --------------------------------------- */

enum { CRYPTO_SIGN_SEED_BYTES = 32, CRYPTO_SIGN_PUBLIC_BYTES = 32, CRYPTO_SIGNATURE_BYTES = 64 };

/* The public key of a seed, which is 32 random bytes and the whole secret. */
void crypto_sign_public(const uint8_t seed[CRYPTO_SIGN_SEED_BYTES],
                        uint8_t ret_key[CRYPTO_SIGN_PUBLIC_BYTES]);
void crypto_sign_with(const uint8_t seed[CRYPTO_SIGN_SEED_BYTES], Str bytes,
                      uint8_t ret_signature[CRYPTO_SIGNATURE_BYTES]);
bool crypto_signed(const uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES], Str bytes,
                   const uint8_t signature[CRYPTO_SIGNATURE_BYTES]) MUST_USE;

/* ---- passwords: Argon2id, one lane, SPEC RFC 9106 --------------------------- */

enum { CRYPTO_SALT_BYTES = 16, CRYPTO_PASSWORD_BYTES_MAX = 1024 };

typedef struct {
    uint32_t memory_kib;
    uint32_t passes;
} CryptoCost;

/* A key file's passphrase is guessed offline, and asked once per start: dear. */
extern const CryptoCost crypto_cost_passphrase;

/* STATUS_INVALID when the cost (which comes out of a file) is below 8 MiB or above 1 GiB, 1
 * to 10 passes; STATUS_MEMORY when the system has not that much. */
Status crypto_key_from_passphrase(Ctx *cx, Str passphrase, const uint8_t salt[CRYPTO_SALT_BYTES],
                                  CryptoCost cost, uint8_t ret_key[CRYPTO_KEY_BYTES]) MUST_USE;

/* A string that carries algorithm, cost, salt and hash: "$argon2id$v=19$m=...". Slow. */
Status crypto_password_hash(Ctx *cx, Str password, Str *ret_encoded) MUST_USE;
/* Slow. false for a wrong password and for anything that is not such a string. */
bool crypto_password_verify(Str password, Str encoded) MUST_USE;
/* An encoded password of today's cost that no password opens, made at once: comparing with it
 * takes as long as with anybody's. */
Status crypto_password_of_nobody(Ctx *cx, Str *ret_encoded) MUST_USE;
/* Made with another cost than today's: hash again at the next good sign-in. */
bool crypto_password_is_outdated(Str encoded);

/* ---- text ------------------------------------------------------------------ */

/* Without padding, the alphabet that needs no escape in an address. SPEC RFC 4648 5 */
Str crypto_base64url(Arena *arena, Str bytes); /* at = NULL at the arena's limit */
/* Exactly what crypto_base64url writes: no padding, no blanks, no stray bits. */
bool crypto_base64url_decode(Arena *arena, Str text, Str *ret_bytes) MUST_USE;
/* Lower case. SPEC RFC 4648 8 */
Str crypto_hex(Arena *arena, Str bytes); /* at = NULL at the arena's limit */
bool crypto_hex_decode(Arena *arena, Str text, Str *ret_bytes) MUST_USE; /* either case */

/* ---- certificates ---------------------------------------------------------- */

/* A fresh ECDSA P-256 key and a certificate for it, signed by itself, both as PEM in the
 * arena. `names` are DNS names or IP addresses (subjectAltName); the first also becomes the
 * common name. Valid from an hour ago for `days`. SPEC RFC 5280 */
Status crypto_self_signed_certificate(Ctx *cx, const Str *names, size_t name_count, unsigned days,
                                      Str *ret_key_pem, Str *ret_certificate_pem) MUST_USE;

#endif
