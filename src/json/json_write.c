/* json/json_write.c - writing and comparing. Depth was limited when the value was parsed,
 * so these walks recurse. */
#include "json/json_priv.h"

/* ---- room ---------------------------------------------------------------------------- */

/* buf_reserve() without the call, when there is room. */
static inline char *room_for(Buf *buf, size_t bytes)
{
    return bytes <= buf->room - buf->len ? buf->at + buf->len : buf_reserve(buf, bytes);
}

static inline void put(Buf *buf, char c)
{
    char *to = room_for(buf, 1);
    if (to) {
        *to = c;
        buf->len++;
    }
}

static inline void put_all(Buf *buf, Str s)
{
    char *to = s.len ? room_for(buf, s.len) : NULL;
    if (to) {
        memcpy(to, s.at, s.len);
        buf->len += s.len;
    }
}

/* ---- strings ------------------------------------------------------------------------- */

/* What stands behind the backslash: a letter, or 'u' for the long form; 0 for a byte that
 * stands for itself. SPEC RFC 8259 7 */
static const char escapes[256] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b',         't',           'n', 'u',
    'f', 'r', 'u', 'u', 'u', 'u', 'u', 'u', 'u',         'u',           'u', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', ['"'] = '"', ['\\'] = '\\',
};

static void put_escape(Buf *buf, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\', escapes[c], '0', '0', hex[c >> 4], hex[c & 15]};
    put_all(buf, str_n(text, escapes[c] == 'u' ? 6 : 2));
}

void json_write_string(Buf *buf, Str s)
{
    put(buf, '"');
    for (size_t i = 0; i < s.len;) {
        size_t from = i;
        while (i < s.len && !escapes[(unsigned char)s.at[i]])
            i++;
        put_all(buf, str_n(s.at + from, i - from));
        if (i < s.len)
            put_escape(buf, (unsigned char)s.at[i++]);
    }
    put(buf, '"');
}

static void write_text(Buf *buf, const JsonValue *value)
{
    Str s = json_text(value);
    char *to = json_is_plain_text(value) ? room_for(buf, s.len + 2) : NULL;
    if (!to) {
        json_write_string(buf, s);
        return;
    }
    *to++ = '"';
    memcpy(to, s.at, s.len);
    to[s.len] = '"';
    buf->len += s.len + 2;
}

/* ---- values -------------------------------------------------------------------------- */

static void new_line(Buf *buf, size_t depth)
{
    put(buf, '\n');
    while (depth--)
        buf_add_lit(buf, "  ");
}

static void write_value(Buf *buf, const JsonValue *value, bool pretty, size_t depth);

static void write_container(Buf *buf, const JsonValue *value, bool pretty, size_t depth)
{
    bool object = json_is(value, JSON_OBJECT);
    put(buf, object ? '{' : '[');
    JsonValue *item;
    bool first = true;
    for (JsonIter it = json_iter(value); json_next(&it, NULL, &item);) {
        if (!first)
            put(buf, ',');
        first = false;
        if (pretty)
            new_line(buf, depth + 1);
        if (object) {
            write_text(buf, item - 1); /* a name stands before its value */
            put(buf, ':');
            if (pretty)
                put(buf, ' ');
        }
        write_value(buf, item, pretty, depth + 1);
    }
    if (pretty && !first)
        new_line(buf, depth);
    put(buf, object ? '}' : ']');
}

static void write_value(Buf *buf, const JsonValue *value, bool pretty, size_t depth)
{
    switch (json_type(value)) {
    case JSON_NULL: buf_add_lit(buf, "null"); break;
    case JSON_BOOL: put_all(buf, json_bool(value) ? STR("true") : STR("false")); break;
    case JSON_NUMBER: put_all(buf, json_text(value)); break;
    case JSON_STRING: write_text(buf, value); break;
    case JSON_ARRAY:
    case JSON_OBJECT: write_container(buf, value, pretty, depth); break;
    }
}

void json_write(Buf *buf, const JsonValue *value, bool pretty)
{
    write_value(buf, value, pretty, 0);
}

/* ---- equality ------------------------------------------------------------------------ */

static bool equal_objects(const JsonValue *a, const JsonValue *b, bool numeric)
{
    Str name_a, name_b;
    JsonValue *in_a, *in_b;
    JsonIter other = json_iter(b);
    for (JsonIter it = json_iter(a); json_next(&it, &name_a, &in_a);) {
        /* The same order is usual; only otherwise a member is looked for. */
        if (!json_next(&other, &name_b, &in_b) || !str_eq(name_a, name_b))
            in_b = json_get(b, name_a);
        if (!in_b || !json_equal(in_a, in_b, numeric))
            return false;
    }
    return true;
}

static bool equal_arrays(const JsonValue *a, const JsonValue *b, bool numeric)
{
    JsonValue *in_a, *in_b;
    JsonIter other = json_iter(b);
    for (JsonIter it = json_iter(a); json_next(&it, NULL, &in_a);) {
        if (!json_next(&other, NULL, &in_b) || !json_equal(in_a, in_b, numeric))
            return false;
    }
    return true;
}

bool json_equal(const JsonValue *a, const JsonValue *b, bool numeric)
{
    JsonType type = json_type(a);
    if (type != json_type(b) || json_count(a) != json_count(b))
        return false;
    switch (type) {
    case JSON_NULL: return true;
    case JSON_BOOL: return json_bool(a) == json_bool(b);
    case JSON_NUMBER:
        return numeric ? json_number_equal(json_text(a), json_text(b))
                       : str_eq(json_text(a), json_text(b));
    case JSON_STRING: return str_eq(json_text(a), json_text(b));
    case JSON_ARRAY: return equal_arrays(a, b, numeric);
    case JSON_OBJECT: return equal_objects(a, b, numeric);
    }
    return false;
}
