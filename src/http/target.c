/* http/target.c - request targets. */
#include "http/target.h"

/* "scheme://authority" in front of a path, as proxies send it. SPEC RFC 9112 3.2.2 */
static Str without_authority(Str target)
{
    static const Str schemes[] = {STR_INIT("https://"), STR_INIT("http://")};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (!str_eq_nocase(str_head(target, schemes[i].len), schemes[i]))
            continue;
        Str rest = str_from(target, schemes[i].len);
        size_t slash = str_index(rest, '/');
        return slash == SIZE_MAX ? STR("/") : str_from(rest, slash);
    }
    return target;
}

bool target_split(Str target, Str *ret_path, Str *ret_query)
{
    Str rest = without_authority(target);
    if (rest.len == 0 || rest.at[0] != '/')
        return false;
    Str path = str_cut(&rest, '?');
    *ret_path = path;
    *ret_query = rest.at ? rest : STR_EMPTY;
    return true;
}

bool target_decode(Arena *arena, Str text, bool plus, Str *ret_text)
{
    return uri_decode(arena, text, plus, ret_text) == NULL;
}

bool target_query_is_sound(Arena *arena, Str query)
{
    Str decoded;
    while (query.len) {
        Str pair = str_cut(&query, '&');
        if (!target_decode(arena, pair, true, &decoded))
            return false;
    }
    return true;
}

bool target_param(Arena *arena, Str query, Str name, Str *ret_value)
{
    while (query.len) {
        Str value = str_cut(&query, '&');
        Str key = str_cut(&value, '=');
        if (str_eq(key, name))
            return target_decode(arena, value.at ? value : STR_EMPTY, true, ret_value);
    }
    return false;
}
