/* base/base64.c - see base64.h. */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(Buf *buf, Str bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.at;
    size_t left = bytes.len;
    char *to = buf_reserve(buf, (left + 2) / 3 * 4);
    if (!to)
        return;
    buf->len += (left + 2) / 3 * 4;
    for (; left >= 3; left -= 3, at += 3, to += 4) {
        uint32_t three = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
        to[0] = alphabet[three >> 18];
        to[1] = alphabet[three >> 12 & 63];
        to[2] = alphabet[three >> 6 & 63];
        to[3] = alphabet[three & 63];
    }
    if (!left)
        return;
    uint32_t rest = (uint32_t)at[0] << 16 | (left > 1 ? (uint32_t)at[1] << 8 : 0);
    to[0] = alphabet[rest >> 18];
    to[1] = alphabet[rest >> 12 & 63];
    to[2] = left > 1 ? alphabet[rest >> 6 & 63] : '=';
    to[3] = '=';
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Three bytes are written when four letters were read: never past what was read. */
static bool decode(Str text, uint8_t *bytes, Str *ret_bytes)
{
    uint32_t four = 0;
    size_t count = 0, len = 0, padding = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.at[i]);
        if (is_blank(text.at[i]))
            continue;
        if (text.at[i] == '=' && count % 4 >= 2 && padding < 2) {
            padding++;
            value = 0;
        } else if (value < 0 || padding) {
            return false;
        }
        four = four << 6 | (uint32_t)value;
        if (++count % 4)
            continue;
        bytes[len++] = (uint8_t)(four >> 16);
        bytes[len++] = (uint8_t)(four >> 8);
        bytes[len++] = (uint8_t)four;
    }
    if (count % 4)
        return false;
    *ret_bytes = (Str){(const char *)bytes, len - padding};
    return true;
}

bool base64_read(Arena *arena, Str text, Str *ret_bytes)
{
    uint8_t *bytes = arena_alloc_raw(arena, text.len / 4 * 3 + 3);
    return bytes && decode(text, bytes, ret_bytes);
}

bool base64_read_in_place(char *text, size_t len, Str *ret_bytes)
{
    return decode(str_n(text, len), (uint8_t *)text, ret_bytes);
}
