/* json/json_write.c - writing and comparing. Depth was limited when the value was parsed,
 * so these walks recurse. */
#include "json/json_priv.h"

/* ---- strings ------------------------------------------------------------------------- */

/* What stands behind the backslash; 'u' is the long form. SPEC RFC 8259 7 */
static char escape_of(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return c < 0x20 ? 'u' : '\0';
    }
}

static char *write_escape(char *to, unsigned char c, char escape)
{
    static const char hex[] = "0123456789abcdef";
    *to++ = '\\';
    *to++ = escape;
    if (escape == 'u') {
        *to++ = '0';
        *to++ = '0';
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
    }
    return to;
}

/* Bytes of s that can be copied as they are. */
static size_t plain_run(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    return (size_t)(at - from);
}

void json_write_string(Buf *buf, Str s)
{
    if (buf->full)
        return;
    if (s.len <= 256) { /* the usual case: room for the worst, then no more questions */
        char *from = buf_reserve(buf, 6 * s.len + 2);
        if (from) {
            char *to = from;
            *to++ = '"';
            for (size_t i = 0; i < s.len; i++) {
                unsigned char c = (unsigned char)s.at[i];
                char escape = escape_of(c);
                if (__builtin_expect(escape != 0, 0))
                    to = write_escape(to, c, escape);
                else
                    *to++ = (char)c;
            }
            *to++ = '"';
            buf->len += (size_t)(to - from);
            return;
        }
        buf->full = false; /* the worst case does not fit; the true one may */
    }
    buf_add_char(buf, '"');
    const char *end = s.at + s.len;
    for (const char *at = s.at; at < end;) {
        size_t run = plain_run(at, end);
        buf_add(buf, at, run);
        at += run;
        if (at < end) {
            char text[6];
            unsigned char c = (unsigned char)*at++;
            buf_add(buf, text, (size_t)(write_escape(text, c, escape_of(c)) - text));
        }
    }
    buf_add_char(buf, '"');
}

static void write_text(Buf *buf, const JsonValue *value)
{
    Str s = json_text(value);
    char *to = json_is_plain_text(value) ? buf_reserve(buf, s.len + 2) : NULL;
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
    buf_add_char(buf, '\n');
    while (depth--)
        buf_add_lit(buf, "  ");
}

static void write_value(Buf *buf, const JsonValue *value, bool pretty, size_t depth);

static void write_container(Buf *buf, const JsonValue *value, bool pretty, size_t depth)
{
    bool object = json_is(value, JSON_OBJECT);
    buf_add_char(buf, object ? '{' : '[');
    JsonValue *item;
    bool first = true;
    for (JsonIter it = json_iter(value); json_next(&it, NULL, &item);) {
        if (!first)
            buf_add_char(buf, ',');
        first = false;
        if (pretty)
            new_line(buf, depth + 1);
        if (object) {
            write_text(buf, item - 1); /* a name stands before its value */
            buf_add_char(buf, ':');
            if (pretty)
                buf_add_char(buf, ' ');
        }
        write_value(buf, item, pretty, depth + 1);
    }
    if (pretty && !first)
        new_line(buf, depth);
    buf_add_char(buf, object ? '}' : ']');
}

static void write_value(Buf *buf, const JsonValue *value, bool pretty, size_t depth)
{
    switch (json_type(value)) {
    case JSON_NULL:
        buf_add_lit(buf, "null");
        break;
    case JSON_BOOL:
        buf_add_str(buf, json_bool(value) ? STR("true") : STR("false"));
        break;
    case JSON_NUMBER:
        buf_add_str(buf, json_text(value));
        break;
    case JSON_STRING:
        write_text(buf, value);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        write_container(buf, value, pretty, depth);
        break;
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
    case JSON_NULL:
        return true;
    case JSON_BOOL:
        return json_bool(a) == json_bool(b);
    case JSON_NUMBER:
        return numeric ? json_number_equal(json_text(a), json_text(b))
                       : str_eq(json_text(a), json_text(b));
    case JSON_STRING:
        return str_eq(json_text(a), json_text(b));
    case JSON_ARRAY:
        return equal_arrays(a, b, numeric);
    case JSON_OBJECT:
        return equal_objects(a, b, numeric);
    }
    return false;
}
