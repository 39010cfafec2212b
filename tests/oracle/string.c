/* string.c - strings and URIs.
 *
 * SPEC R4 search.html#string, #uri */
#include "inner.h"

enum { PARTS_MAX = 64 };

static const char *const name_parts[] = {"family", "given", "prefix", "suffix", "text", NULL};
static const char *const address_parts[] = {"line",       "city",    "district", "state",
                                            "postalCode", "country", "text",     NULL};

static void add_part(Parts *parts, Str text)
{
    if (text.len && parts->count < PARTS_MAX)
        parts->at[parts->count++] = text;
}

Parts oracle_string_parts(Oracle *o, const PathItem *item)
{
    Parts parts = {arena_array_of(o->query, Str, PARTS_MAX), 0};
    const char *const *names = oracle_item_is(item, "HumanName") ? name_parts
                               : oracle_item_is(item, "Address") ? address_parts
                                                                 : NULL;
    if (!names)
        add_part(&parts, oracle_item_text(item));
    for (; names && *names; names++) {
        JsonValue *member = json_get(item->json, str_of(*names)), *one;
        add_part(&parts, json_str(member));
        for (JsonIter it = json_iter(member); json_next(&it, NULL, &one);)
            add_part(&parts, json_str(one));
    }
    return parts;
}

static bool part_matches(Oracle *o, Str part, Str modifier, Str wanted)
{
    if (str_eq(modifier, STR("exact")))
        return str_eq(part, wanted);
    Str folded = oracle_fold(o, part), start = oracle_fold(o, wanted);
    if (str_eq(modifier, STR("contains")))
        return oracle_contains(folded, start);
    return str_has_prefix(folded, start);
}

bool oracle_string_matches(Oracle *o, const PathItem *item, Str modifier, Str value)
{
    Parts parts = oracle_string_parts(o, item);
    Str wanted = oracle_unescape(o, value);
    for (size_t i = 0; i < parts.count; i++) {
        if (part_matches(o, parts.at[i], modifier, wanted))
            return true;
    }
    return false;
}

/* `start` as a whole number of steps of a path: "http://a/b" of "http://a/b/c". */
static bool is_path_start(Str path, Str start)
{
    return str_has_prefix(path, start) && (path.len == start.len || path.at[start.len] == '/' ||
                                           (start.len && start.at[start.len - 1] == '/'));
}

bool oracle_uri_matches(const PathItem *item, Str modifier, Str value)
{
    Str text = oracle_item_text(item);
    if (str_eq(modifier, STR("below")))
        return is_path_start(text, value);
    if (str_eq(modifier, STR("above")))
        return is_path_start(value, text);
    return str_eq(text, value);
}
