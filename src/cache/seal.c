/* cache/seal.c - names and messages as others may see them in Redis.
 *
 *   "aceso:" base64url(HMAC-SHA256(naming key, space 00 id))[0..22)  ->  01 | seal of the message
 *
 * A message is bound to its name, so that nobody can put one in the place of another. */
#include "cache/inner.h"

enum { SEAL_VERSION = 1 };

void keys_derive(const uint8_t key[CRYPTO_KEY_BYTES], Keys *ret_keys)
{
    Str from = str_n((const char *)key, CRYPTO_KEY_BYTES);
    crypto_hkdf(from, STR_EMPTY, STR("aceso cache: names"), ret_keys->naming, CRYPTO_KEY_BYTES);
    crypto_hkdf(from, STR_EMPTY, STR("aceso cache: values"), ret_keys->sealing, CRYPTO_KEY_BYTES);
}

Name name_of(const Keys *keys, Str space, Str id)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char text[512];
    uint8_t mac[CRYPTO_SHA256_BYTES];
    Name name = {.text = "aceso:"};
    assert(space.len + 1 + id.len <= sizeof text);
    memcpy(text, space.at, space.len);
    text[space.len] = '\0';
    if (id.len)
        memcpy(text + space.len + 1, id.at, id.len);
    crypto_hmac_sha256(str_n((const char *)keys->naming, CRYPTO_KEY_BYTES),
                       str_n(text, space.len + 1 + id.len), mac);
    for (size_t i = 0; i < NAME_LEN - 6; i++) {
        size_t bit = i * 6;
        unsigned two = (unsigned)mac[bit / 8] << 8 | mac[bit / 8 + 1];
        name.text[6 + i] = letters[two >> (10 - bit % 8) & 63];
    }
    return name;
}

char *seal_bytes(const Keys *keys, const Name *name, Str clear, size_t *ret_len)
{
    char *sealed = malloc(1 + clear.len + CRYPTO_SEAL_BYTES);
    if (!sealed)
        return NULL;
    sealed[0] = SEAL_VERSION;
    if (crypto_seal(keys->sealing, str_n(name->text, NAME_LEN), clear, sealed + 1) != STATUS_OK) {
        free(sealed);
        return NULL;
    }
    *ret_len = 1 + clear.len + CRYPTO_SEAL_BYTES;
    return sealed;
}

Str unseal_bytes(const Keys *keys, const Name *name, Arena *arena, Str sealed)
{
    if (sealed.len < 1 + CRYPTO_SEAL_BYTES || sealed.at[0] != SEAL_VERSION ||
        sealed.len > MESSAGE_BYTES_MAX + 1 + CRYPTO_SEAL_BYTES)
        return (Str){0};
    sealed = str_from(sealed, 1);
    size_t bytes = sealed.len - CRYPTO_SEAL_BYTES;
    char *clear = arena_alloc_raw(arena, bytes + 1);
    if (!clear || !crypto_open(keys->sealing, str_n(name->text, NAME_LEN), sealed, clear))
        return (Str){0};
    clear[bytes] = '\0';
    return str_n(clear, bytes);
}
