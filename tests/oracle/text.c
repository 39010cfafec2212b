/* text.c - what a query is written in: percent escapes, backslashes, folded text. */
#include "inner.h"
#include "search/fold.h"

static unsigned hex(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    return (unsigned)((c | 0x20) - 'a') + 10;
}

Str oracle_percent_decode(Oracle *o, Str text)
{
    char *to = arena_alloc(o->query, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%' && i + 2 < text.len) {
            c = (char)(hex(text.at[i + 1]) << 4 | hex(text.at[i + 2]));
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        to[len++] = c;
    }
    return (Str){to, len};
}

bool oracle_next_pair(Oracle *o, Str *rest, Str *ret_name, Str *ret_value)
{
    if (!rest->len)
        return false;
    Str pair = str_cut(rest, '&');
    Str name = str_cut(&pair, '=');
    *ret_name = oracle_percent_decode(o, name);
    *ret_value = oracle_percent_decode(o, pair);
    return true;
}

bool oracle_next_part(Str *rest, char separator, Str *ret_part)
{
    if (!rest->at)
        return false;
    size_t end = 0;
    while (end < rest->len && rest->at[end] != separator)
        end += rest->at[end] == '\\' ? 2 : 1;
    bool more = end < rest->len;
    *ret_part = str_head(*rest, end);
    *rest = more ? (Str){rest->at + end + 1, rest->len - end - 1} : (Str){NULL, 0};
    return true;
}

Str oracle_unescape(Oracle *o, Str text)
{
    char *to = arena_alloc(o->query, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\' && i + 1 < text.len)
            i++;
        to[len++] = text.at[i];
    }
    return (Str){to, len};
}

Str oracle_fold(Oracle *o, Str text)
{
    Ctx cx = {.arena = o->query};
    return search_fold_all(&cx, text);
}

bool oracle_contains(Str text, Str part)
{
    return !part.len || (text.len && memmem(text.at, text.len, part.at, part.len));
}

Str oracle_item_text(const PathItem *item)
{
    if (item->kind == PATH_BOOLEAN)
        return item->boolean ? STR("true") : STR("false");
    if (item->kind != PATH_ELEMENT)
        return item->text;
    if (json_is(item->json, JSON_BOOL))
        return json_bool(item->json) ? STR("true") : STR("false");
    return json_str(item->json);
}

bool oracle_item_is(const PathItem *item, const char *type)
{
    return item->kind == PATH_ELEMENT && str_eq(path_type_name(item), str_of(type));
}
