/* search/decode.c - what stands between a URL and a value: percent-encoding and pairs.
 *
 * SPEC RFC 3986 2.1 */
#include "search/search.h"

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
