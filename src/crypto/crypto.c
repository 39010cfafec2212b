/* crypto/crypto.c - start, randomness, hashes, wrapped keys.
 *
 * SHA-256 is OpenSSL's, which uses the processor's SHA instructions (64 KB: 184 us against
 * libsodium's 499; 43 bytes: 0.40 against 0.48); the rest is libsodium's, which allocates
 * nothing and cannot fail. */
#include "crypto/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

static EVP_MD *sha256; /* fetched once: looking it up by name takes longer than a hash */

Status crypto_init(Ctx *cx)
{
    if (sodium_init() < 0)
        return ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "libsodium cannot start.");
    if (!sha256)
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha256)
        return ctx_fail(cx, STATUS_INTERNAL, STR_EMPTY, "OpenSSL has no SHA-256.");
    return STATUS_OK;
}

void crypto_random(void *to, size_t bytes)
{
    randombytes_buf(to, bytes);
}

bool crypto_equal(Str a, Str b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.at, b.at, a.len) == 0);
}

void crypto_wipe(void *at, size_t bytes)
{
    sodium_memzero(at, bytes);
}

void crypto_keep_in_memory(const void *at, size_t bytes)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)at & ~(page - 1),
              to = ((uintptr_t)at + bytes + page - 1) & ~(page - 1);
    UNUSED(mlock((void *)from, to - from)); /* a small limit is the site's choice */
    UNUSED(madvise((void *)from, to - from, MADV_DONTDUMP));
}

uint64_t crypto_hash64(const uint8_t key[CRYPTO_HASH64_KEY_BYTES], Str bytes)
{
    static_assert(crypto_shorthash_KEYBYTES == CRYPTO_HASH64_KEY_BYTES, "SipHash key");
    uint8_t out[crypto_shorthash_BYTES];
    crypto_shorthash(out, (const uint8_t *)bytes.at, bytes.len, key);
    uint64_t hash = 0;
    for (int i = 7; i >= 0; i--)
        hash = hash << 8 | out[i];
    return hash;
}

void crypto_sha256(Str bytes, uint8_t ret_hash[CRYPTO_SHA256_BYTES])
{
    assert(sha256 != NULL); /* crypto_init() */
    if (!EVP_Digest(bytes.at, bytes.len, ret_hash, NULL, sha256, NULL))
        crypto_hash_sha256(ret_hash, (const uint8_t *)bytes.at, bytes.len); /* no memory there */
}

/* OpenSSL allocates at its beginning alone. */
CryptoHash *crypto_hash_new(void)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (hash && EVP_DigestInit_ex2(hash, sha256, NULL))
        return (CryptoHash *)hash;
    EVP_MD_CTX_free(hash);
    return NULL;
}

void crypto_hash_add(CryptoHash *hash, Str bytes)
{
    int good = EVP_DigestUpdate((EVP_MD_CTX *)hash, bytes.at, bytes.len);
    assert(good);
    UNUSED(good);
}

void crypto_hash_end(CryptoHash *hash, uint8_t ret_hash[CRYPTO_SHA256_BYTES])
{
    int good = EVP_DigestFinal_ex((EVP_MD_CTX *)hash, ret_hash, NULL);
    assert(good);
    UNUSED(good);
}

void crypto_hash_free(CryptoHash *hash)
{
    EVP_MD_CTX_free((EVP_MD_CTX *)hash);
}

/* Hashes of 4 KB in two milliseconds. */
static unsigned count_hashes(const EVP_MD *kind)
{
    static const uint8_t page[4096];
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    for (Time end = time_monotonic() + 2 * TIME_MS; time_monotonic() < end; count++) {
        if (!EVP_Digest(page, sizeof page, hash, NULL, kind, NULL))
            return 0;
    }
    return count;
}

bool crypto_sha512_is_faster(void)
{
    unsigned with_256 = 0, with_512 = 0;
    for (int round = 0; round < 3; round++) { /* in turn: others use the machine too */
        with_256 += count_hashes(EVP_sha256());
        with_512 += count_hashes(EVP_sha512());
    }
    return with_512 > with_256;
}

void crypto_hmac_sha256(Str key, Str bytes, uint8_t ret_mac[CRYPTO_SHA256_BYTES])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)key.at, key.len);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)bytes.at, bytes.len);
    crypto_auth_hmacsha256_final(&state, ret_mac);
    sodium_memzero(&state, sizeof state);
}

void crypto_hkdf(Str key, Str salt, Str purpose, uint8_t *out, size_t out_bytes)
{
    uint8_t extracted[CRYPTO_SHA256_BYTES], block[CRYPTO_SHA256_BYTES];
    crypto_auth_hmacsha256_state state;
    assert(out_bytes <= 255 * CRYPTO_SHA256_BYTES);
    crypto_hmac_sha256(salt, key, extracted);
    uint8_t counter = 1;
    for (size_t done = 0; done < out_bytes; counter++) {
        crypto_auth_hmacsha256_init(&state, extracted, sizeof extracted);
        if (done > 0)
            crypto_auth_hmacsha256_update(&state, block, sizeof block);
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)purpose.at, purpose.len);
        crypto_auth_hmacsha256_update(&state, &counter, 1);
        crypto_auth_hmacsha256_final(&state, block);
        size_t part = out_bytes - done < sizeof block ? out_bytes - done : sizeof block;
        memcpy(out + done, block, part);
        done += part;
    }
    sodium_memzero(extracted, sizeof extracted);
    sodium_memzero(block, sizeof block);
    sodium_memzero(&state, sizeof state);
}

/* 01 | nonce (24) | sealed key (32) | tag (16) */
enum {
    WRAP_VERSION = 1,
    WRAP_NONCE_AT = 1,
    WRAP_KEY_AT = WRAP_NONCE_AT + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
};
static_assert(WRAP_KEY_AT + CRYPTO_KEY_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES ==
                  CRYPTO_WRAPPED_BYTES,
              "layout of a wrapped key");

void crypto_wrap_key(const uint8_t kek[CRYPTO_KEY_BYTES], const uint8_t key[CRYPTO_KEY_BYTES],
                     Str purpose, uint8_t ret_wrapped[CRYPTO_WRAPPED_BYTES])
{
    ret_wrapped[0] = WRAP_VERSION;
    randombytes_buf(ret_wrapped + WRAP_NONCE_AT, WRAP_KEY_AT - WRAP_NONCE_AT);
    crypto_aead_xchacha20poly1305_ietf_encrypt(ret_wrapped + WRAP_KEY_AT, NULL, key,
                                               CRYPTO_KEY_BYTES, (const uint8_t *)purpose.at,
                                               purpose.len, NULL, ret_wrapped + WRAP_NONCE_AT, kek);
}

bool crypto_unwrap_key(const uint8_t kek[CRYPTO_KEY_BYTES],
                       const uint8_t wrapped[CRYPTO_WRAPPED_BYTES], Str purpose,
                       uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    return wrapped[0] == WRAP_VERSION &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(
               ret_key, NULL, NULL, wrapped + WRAP_KEY_AT, CRYPTO_WRAPPED_BYTES - WRAP_KEY_AT,
               (const uint8_t *)purpose.at, purpose.len, wrapped + WRAP_NONCE_AT, kek) == 0;
}
