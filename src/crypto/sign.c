/* crypto/sign.c - signatures, and a hash of several parts. */
#include "crypto/crypto.h"

#include <sodium.h>

static_assert(CRYPTO_SIGN_SEED_BYTES == crypto_sign_SEEDBYTES &&
                  CRYPTO_SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES &&
                  CRYPTO_SIGNATURE_BYTES == crypto_sign_BYTES,
              "sizes of Ed25519");

/* Copying a little costs less than a context. */
enum { COPY_BYTES = 1024 };

static void hash_large(const Str *parts, size_t count, uint8_t ret_hash[CRYPTO_SHA256_BYTES])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, (const uint8_t *)parts[i].at, parts[i].len);
    crypto_hash_sha256_final(&state, ret_hash);
}

void crypto_sha256_parts(const Str *parts, size_t count, uint8_t ret_hash[CRYPTO_SHA256_BYTES])
{
    char room[COPY_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > sizeof(room) - len) {
            hash_large(parts, count, ret_hash);
            return;
        }
        if (parts[i].len)
            memcpy(room + len, parts[i].at, parts[i].len);
        len += parts[i].len;
    }
    crypto_sha256(str_n(room, len), ret_hash);
}

void crypto_sign_public(const uint8_t seed[CRYPTO_SIGN_SEED_BYTES],
                        uint8_t ret_key[CRYPTO_SIGN_PUBLIC_BYTES])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(ret_key, secret, seed);
    crypto_wipe(secret, sizeof(secret));
}

void crypto_sign_with(const uint8_t seed[CRYPTO_SIGN_SEED_BYTES], Str bytes,
                      uint8_t ret_signature[CRYPTO_SIGNATURE_BYTES])
{
    uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES], secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(key, secret, seed);
    crypto_sign_detached(ret_signature, NULL, (const uint8_t *)bytes.at, bytes.len, secret);
    crypto_wipe(secret, sizeof(secret));
}

bool crypto_signed(const uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES], Str bytes,
                   const uint8_t signature[CRYPTO_SIGNATURE_BYTES])
{
    return crypto_sign_verify_detached(signature, (const uint8_t *)bytes.at, bytes.len, key) == 0;
}
