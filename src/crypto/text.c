/* crypto/text.c - bytes as base64url and hexadecimal, in time that does not depend on them. */
#include "crypto/crypto.h"

#include <sodium.h>

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

Str crypto_base64url(Arena *arena, Str bytes)
{
    size_t room = sodium_base64_ENCODED_LEN(bytes.len, VARIANT);
    char *text = arena_alloc_raw(arena, room);
    if (!text)
        return (Str){0};
    sodium_bin2base64(text, room, (const uint8_t *)bytes.at, bytes.len, VARIANT);
    return str_n(text, room - 1);
}

bool crypto_base64url_decode(Arena *arena, Str text, Str *ret_bytes)
{
    size_t room = text.len / 4 * 3 + 3, len = 0;
    uint8_t *bytes = arena_alloc_raw(arena, room);
    const char *end = text.at;
    if (!bytes || sodium_base642bin(bytes, room, text.at, text.len, NULL, &len, &end, VARIANT) ||
        end != text.at + text.len)
        return false;
    *ret_bytes = str_n((const char *)bytes, len);
    return true;
}

Str crypto_hex(Arena *arena, Str bytes)
{
    size_t room = bytes.len * 2 + 1;
    char *text = arena_alloc_raw(arena, room);
    if (!text)
        return (Str){0};
    sodium_bin2hex(text, room, (const uint8_t *)bytes.at, bytes.len);
    return str_n(text, room - 1);
}

bool crypto_hex_decode(Arena *arena, Str text, Str *ret_bytes)
{
    size_t room = text.len / 2 + 1, len = 0;
    uint8_t *bytes = arena_alloc_raw(arena, room);
    const char *end = text.at;
    if (!bytes || sodium_hex2bin(bytes, room, text.at, text.len, NULL, &len, &end) ||
        end != text.at + text.len)
        return false;
    *ret_bytes = str_n((const char *)bytes, len);
    return true;
}
