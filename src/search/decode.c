/* search/decode.c - what stands between a URL and a value: percent-encoding, pairs, escapes.
 *
 * SPEC RFC 3986 2.1, R4 search.html#escaping */
#include "search/query.h"

int query_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

Status search_decode(Ctx *cx, Str text, Str *ret_text)
{
    char *to = arena_alloc_raw(cx->arena, text.len + 1);
    if (!to)
        return STATUS_MEMORY;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%') {
            int hi = i + 2 < text.len ? query_hex_digit(text.at[i + 1]) : -1;
            int lo = hi >= 0 ? query_hex_digit(text.at[i + 2]) : -1;
            if (lo < 0)
                return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                                "The query has a broken percent-encoding.");
            c = (char)(hi << 4 | lo);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The query holds a NUL.");
        to[len++] = c;
    }
    *ret_text = str_n(to, len);
    if (!str_is_utf8(*ret_text))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The query is not UTF-8.");
    return STATUS_OK;
}

bool search_next_pair(Str *rest, Str *ret_name, Str *ret_value)
{
    while (rest->at && rest->len) {
        Str pair = str_cut(rest, '&');
        if (!pair.len)
            continue;
        *ret_name = str_cut(&pair, '=');
        *ret_value = pair.at ? pair : STR_EMPTY;
        return true;
    }
    return false;
}

bool query_next_value(Ctx *cx, Str *rest, Str *ret_value)
{
    if (!rest->at)
        return false;
    char *to = arena_alloc_raw(cx->arena, rest->len + 1);
    size_t len = 0, i = 0;
    if (!to)
        return false;
    for (; i < rest->len && rest->at[i] != ','; i++) {
        if (rest->at[i] == '\\' && i + 1 < rest->len)
            i++;
        to[len++] = rest->at[i];
    }
    *rest = i < rest->len ? str_n(rest->at + i + 1, rest->len - i - 1) : (Str){NULL, 0};
    *ret_value = str_n(to, len);
    return true;
}
