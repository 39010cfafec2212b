/* base/uri.c - percent-encoding. */
#include "base/uri.h"

#include "base/base.h"

/* 0 to 15, or -1. */
static int uri_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_escaped(Str text, bool plus)
{
    return str_index(text, '%') != SIZE_MAX || (plus && str_index(text, '+') != SIZE_MAX);
}

/* False: a broken escape. to has room for text.len bytes. */
static bool unescape(Str text, bool plus, char *to, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%') {
            int high = text.len - i > 2 ? uri_hex_digit(text.at[i + 1]) : -1;
            int low = high >= 0 ? uri_hex_digit(text.at[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        to[len++] = c;
    }
    *ret_len = len;
    return true;
}

const char *uri_decode(Arena *arena, Str text, bool plus, Str *ret_text)
{
    if (is_escaped(text, plus)) {
        char *to = arena_alloc_raw(arena, text.len);
        if (!to)
            return "is larger than memory allows";
        if (!unescape(text, plus, to, &text.len))
            return "has a broken percent-encoding";
        text.at = to;
    }
    if (str_index(text, '\0') != SIZE_MAX)
        return "holds a NUL";
    if (!str_is_utf8(text))
        return "is not UTF-8";
    *ret_text = text;
    return NULL;
}

void uri_encode(Buf *out, Str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            buf_add_char(out, (char)c);
        } else {
            char escaped[] = {'%', digits[c >> 4], digits[c & 15]};
            buf_add(out, escaped, sizeof escaped);
        }
    }
}
