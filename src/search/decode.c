/* search/decode.c - what stands between a URL and a value: percent-encoding, pairs, escapes.
 *
 * SPEC RFC 3986 2.1, R4 search.html#escaping */
#include "search/query.h"

Status search_decode(Ctx *cx, Str text, Str *ret_text)
{
    const char *fault = uri_decode(cx->arena, text, true, ret_text);
    return fault ? ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "The query %s.", fault) : STATUS_OK;
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
