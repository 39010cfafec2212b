/* tests/scenario/match.c - subsets of JSON. */
#include "scenario/match.h"

bool match_text(Str pattern, Str text)
{
    size_t star = SIZE_MAX, mark = 0, p = 0, t = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && pattern.at[p] == text.at[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}

static bool match_object(Arena *arena, const JsonValue *expected, const JsonValue *actual,
                         Str *ret_where)
{
    Str name, below = STR_EMPTY;
    JsonValue *value;
    for (JsonIter it = json_iter(expected); json_next(&it, &name, &value);) {
        JsonValue *have = json_get(actual, name);
        bool absent = json_is(value, JSON_STRING) && str_eq(json_str(value), STR("(absent)"));
        if (absent ? have == NULL : have && match_json(arena, value, have, &below))
            continue;
        *ret_where = arena_format(arena, "/" STR_FMT STR_FMT "%s", STR_ARG(name), STR_ARG(below),
                                  have ? "" : " (is not there)");
        return false;
    }
    return true;
}

static bool match_array(Arena *arena, const JsonValue *expected, const JsonValue *actual,
                        Str *ret_where)
{
    Str name, below = STR_EMPTY;
    JsonValue *wanted, *have;
    JsonIter rest = json_iter(actual);
    size_t index = 0;
    for (JsonIter it = json_iter(expected); json_next(&it, &name, &wanted); index++) {
        bool found = false;
        while (!found && json_next(&rest, &name, &have))
            found = match_json(arena, wanted, have, &below);
        if (!found) {
            *ret_where = arena_format(arena, "[%zu]" STR_FMT, index, STR_ARG(below));
            return false;
        }
    }
    return true;
}

bool match_json(Arena *arena, const JsonValue *expected, const JsonValue *actual, Str *ret_where)
{
    *ret_where = STR_EMPTY;
    if (!json_is(actual, json_type(expected)))
        return false;
    switch (json_type(expected)) {
    case JSON_NULL: return true;
    case JSON_BOOL: return json_bool(expected) == json_bool(actual);
    case JSON_NUMBER: return str_eq(json_str(expected), json_str(actual));
    case JSON_STRING: return match_text(json_str(expected), json_str(actual));
    case JSON_ARRAY: return match_array(arena, expected, actual, ret_where);
    case JSON_OBJECT: return match_object(arena, expected, actual, ret_where);
    }
    return false;
}

JsonValue *match_pointer(JsonValue *root, Str pointer)
{
    uint64_t index;
    if (pointer.len)
        str_cut(&pointer, '/');
    while (root && pointer.at) {
        Str step = str_cut(&pointer, '/');
        if (json_is(root, JSON_ARRAY))
            root = str_to_u64(step, &index) ? json_item(root, (size_t)index) : NULL;
        else
            root = json_get(root, step);
    }
    return root;
}
