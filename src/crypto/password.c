/* crypto/password.c - Argon2id, for passphrases of key files and for people's passwords. */
#include "crypto/crypto.h"

#include <sodium.h>

const CryptoCost crypto_cost_passphrase = {.memory_kib = 64 * 1024, .passes = 3};
/* A sign-in happens all day and several at once: memory is bounded (docs/adr/0041). */
static const CryptoCost crypto_cost_password = {.memory_kib = 19 * 1024, .passes = 4};

enum { COST_KIB_MIN = 8 * 1024, COST_KIB_MAX = 1024 * 1024, COST_PASSES_MAX = 10 };

Status crypto_key_from_passphrase(Ctx *cx, Str passphrase, const uint8_t salt[CRYPTO_SALT_BYTES],
                                  CryptoCost cost, uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    static_assert(CRYPTO_SALT_BYTES == crypto_pwhash_SALTBYTES, "salt of Argon2id");
    if (cost.memory_kib < COST_KIB_MIN || cost.memory_kib > COST_KIB_MAX || cost.passes < 1 ||
        cost.passes > COST_PASSES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "The passphrase's cost (%u KiB, %u passes) is not within 8 MiB to 1 GiB "
                        "and 1 to 10 passes.",
                        cost.memory_kib, cost.passes);
    if (passphrase.len == 0 || passphrase.len > CRYPTO_PASSWORD_BYTES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A passphrase has 1 to %d bytes.",
                        CRYPTO_PASSWORD_BYTES_MAX);
    if (crypto_pwhash(ret_key, CRYPTO_KEY_BYTES, passphrase.at, passphrase.len, salt, cost.passes,
                      (size_t)cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY,
                        "Not enough memory for the passphrase: %u KiB are needed.",
                        cost.memory_kib);
    return STATUS_OK;
}

Status crypto_password_hash(Ctx *cx, Str password, Str *ret_encoded)
{
    char encoded[crypto_pwhash_STRBYTES];
    if (password.len > CRYPTO_PASSWORD_BYTES_MAX)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "A password has at most %d bytes.",
                        CRYPTO_PASSWORD_BYTES_MAX);
    if (crypto_pwhash_str_alg(encoded, password.at, password.len, crypto_cost_password.passes,
                              (size_t)crypto_cost_password.memory_kib * 1024,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "Not enough memory for a password.");
    Str copy = arena_str(cx->arena, str_of(encoded));
    if (!copy.at)
        return STATUS_MEMORY;
    *ret_encoded = copy;
    return STATUS_OK;
}

Status crypto_password_of_nobody(Ctx *cx, Str *ret_encoded)
{
    enum { VARIANT = sodium_base64_VARIANT_ORIGINAL_NO_PADDING };
    uint8_t random[CRYPTO_SALT_BYTES + CRYPTO_KEY_BYTES];
    char salt[sodium_base64_ENCODED_LEN(CRYPTO_SALT_BYTES, VARIANT)];
    char hash[sodium_base64_ENCODED_LEN(CRYPTO_KEY_BYTES, VARIANT)];
    crypto_random(random, sizeof random);
    sodium_bin2base64(salt, sizeof salt, random, CRYPTO_SALT_BYTES, VARIANT);
    sodium_bin2base64(hash, sizeof hash, random + CRYPTO_SALT_BYTES, CRYPTO_KEY_BYTES, VARIANT);
    Str encoded =
        arena_format(cx->arena, "$argon2id$v=19$m=%u,t=%u,p=1$%s$%s",
                     crypto_cost_password.memory_kib, crypto_cost_password.passes, salt, hash);
    if (!encoded.at)
        return STATUS_MEMORY;
    *ret_encoded = encoded;
    return STATUS_OK;
}

/* libsodium wants a C string; false when it cannot be one. */
static bool encoded_text(Str encoded, char text[crypto_pwhash_STRBYTES])
{
    if (encoded.len == 0 || encoded.len >= crypto_pwhash_STRBYTES ||
        memchr(encoded.at, 0, encoded.len))
        return false;
    memset(text, 0, crypto_pwhash_STRBYTES);
    memcpy(text, encoded.at, encoded.len);
    return true;
}

bool crypto_password_verify(Str password, Str encoded)
{
    char text[crypto_pwhash_STRBYTES];
    return password.len <= CRYPTO_PASSWORD_BYTES_MAX && encoded_text(encoded, text) &&
           crypto_pwhash_str_verify(text, password.at, password.len) == 0;
}

bool crypto_password_is_outdated(Str encoded)
{
    char text[crypto_pwhash_STRBYTES];
    return !encoded_text(encoded, text) ||
           crypto_pwhash_str_needs_rehash(text, crypto_cost_password.passes,
                                          (size_t)crypto_cost_password.memory_kib * 1024) != 0;
}
