/* fhir/path/fn_string.c - functions on strings. Positions count characters, not bytes.
 *
 * SPEC FHIRPath N1 #string-manipulation; encode, escape, trim, split, join of 2.0 */
#include "fhir/path/inner.h"
#include "fhir/path/regex.h"

enum { STRING_MAX = 16 << 20 };

/* ---- what they share -------------------------------------------------------------------- */

/* The input, a single string. */
static Status input_text(PathEval *ev, const PathCall *call, Str *ret_text)
{
    PathItem value = path_simple(call->input->items);
    if (value.kind != PATH_STRING)
        return path_fail(ev, call->node, "%s() is asked of a string.", call->node->function->name);
    *ret_text = value.text;
    return STATUS_OK;
}

/* The input and the first argument; *ret_there is false when the argument is empty. */
static Status two_texts(PathEval *ev, const PathCall *call, Str *ret_text, Str *ret_arg,
                        bool *ret_there)
{
    PathItem arg = {0};
    TRY(input_text(ev, call, ret_text));
    TRY(path_arg_value(ev, call, 0, PATH_STRING, &arg, ret_there));
    *ret_arg = arg.text;
    return STATUS_OK;
}

static size_t count_chars(Str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.at[i] & 0xC0) != 0x80;
    return count;
}

/* The byte where character n begins; s.len when there are fewer. */
static size_t byte_of(Str s, uint64_t n)
{
    size_t i = 0;
    for (; i < s.len; i++) {
        if (((unsigned char)s.at[i] & 0xC0) != 0x80 && n-- == 0)
            break;
    }
    return i;
}

/* Byte offset at or behind `from`, SIZE_MAX when it is not there. */
static size_t find(Str s, size_t from, Str sought)
{
    if (sought.len > s.len)
        return SIZE_MAX;
    const char *at =
        from <= s.len ? memmem(s.at + from, s.len - from, sought.at, sought.len) : NULL;
    return at ? (size_t)(at - s.at) : SIZE_MAX;
}

static Status add_buf(PathEval *ev, Buf *buf, PathList *to)
{
    if (buf_done(buf) != STATUS_OK)
        return ctx_fail(ev->cx, STATUS_MEMORY, STR_EMPTY,
                        "A string of a FHIRPath expression is longer than %d bytes.", STRING_MAX);
    return path_add_string(ev, to, buf_str(buf));
}

/* ---- looking ---------------------------------------------------------------------------- */

static Status fn_index_of(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text, sought;
    bool there;
    TRY(two_texts(ev, call, &text, &sought, &there));
    if (!there)
        return STATUS_OK;
    size_t at = find(text, 0, sought);
    return path_add_integer(ev, to, at == SIZE_MAX ? -1 : (int64_t)count_chars(str_head(text, at)));
}

static Status fn_last_index_of(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text, sought;
    bool there;
    TRY(two_texts(ev, call, &text, &sought, &there));
    if (!there)
        return STATUS_OK;
    for (size_t at = text.len + 1; at-- > 0;) {
        if (str_has_prefix(str_from(text, at), sought))
            return path_add_integer(ev, to, (int64_t)count_chars(str_head(text, at)));
    }
    return path_add_integer(ev, to, -1);
}

static Status fn_substring(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text;
    PathItem start, length = {.integer = INT32_MAX};
    bool there, limited;
    TRY(input_text(ev, call, &text));
    TRY(path_arg_value(ev, call, 0, PATH_INTEGER, &start, &there));
    TRY(path_arg_value(ev, call, 1, PATH_INTEGER, &length, &limited));
    if (!there || start.integer < 0)
        return STATUS_OK;
    size_t from = byte_of(text, (uint64_t)start.integer);
    if (from >= text.len)
        return STATUS_OK;
    text = str_from(text, from);
    if (limited)
        text = str_head(text, length.integer > 0 ? byte_of(text, (uint64_t)length.integer) : 0);
    return path_add_string(ev, to, text);
}

static Status fn_starts_with(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text, sought;
    bool there;
    TRY(two_texts(ev, call, &text, &sought, &there));
    return there ? path_add_boolean(ev, to, str_has_prefix(text, sought)) : STATUS_OK;
}

static Status fn_ends_with(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text, sought;
    bool there;
    TRY(two_texts(ev, call, &text, &sought, &there));
    return there ? path_add_boolean(ev, to, sought.len == 0 || str_has_suffix(text, sought))
                 : STATUS_OK;
}

static Status fn_contains(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text, sought;
    bool there;
    TRY(two_texts(ev, call, &text, &sought, &there));
    return there ? path_add_boolean(ev, to, sought.len == 0 || find(text, 0, sought) != SIZE_MAX)
                 : STATUS_OK;
}

static Status fn_length(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text;
    TRY(input_text(ev, call, &text));
    return path_add_integer(ev, to, (int64_t)count_chars(text));
}

/* ---- changing --------------------------------------------------------------------------- */

static Status change_case(PathEval *ev, const PathCall *call, bool upper, PathList *to)
{
    Str text;
    TRY(input_text(ev, call, &text));
    TRY(regex_case(ev->cx, text, upper, &text));
    return path_add_string(ev, to, text);
}

static Status fn_upper(PathEval *ev, const PathCall *call, PathList *to)
{
    return change_case(ev, call, true, to);
}

static Status fn_lower(PathEval *ev, const PathCall *call, PathList *to)
{
    return change_case(ev, call, false, to);
}

static Status fn_trim(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text;
    TRY(input_text(ev, call, &text));
    return path_add_string(ev, to, str_trim(text));
}

/* An empty pattern stands between all characters: 'abc' gives xaxbxcx. */
static Status fn_replace(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text, pattern;
    PathItem by;
    bool there, has_by;
    Buf buf;
    TRY(two_texts(ev, call, &text, &pattern, &there));
    TRY(path_arg_value(ev, call, 1, PATH_STRING, &by, &has_by));
    if (!there || !has_by)
        return STATUS_OK;
    buf_init(&buf, ev->cx->arena, text.len + by.text.len, STRING_MAX);
    for (size_t at = 0; at <= text.len;) {
        size_t found = find(text, at, pattern);
        if (found == SIZE_MAX) {
            buf_add_str(&buf, str_from(text, at));
            break;
        }
        buf_add(&buf, text.at + at, found - at);
        buf_add_str(&buf, by.text);
        at = found + pattern.len;
        if (pattern.len == 0) {
            size_t next = at + byte_of(str_from(text, at), 1);
            buf_add(&buf, text.at + at, next - at);
            at = next > at ? next : at + 1;
        }
    }
    return add_buf(ev, &buf, to);
}

static Status fn_to_chars(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text;
    TRY(input_text(ev, call, &text));
    while (text.len) {
        size_t len = byte_of(text, 1);
        TRY(path_step(ev));
        TRY(path_add_string(ev, to, str_head(text, len)));
        text = str_from(text, len);
    }
    return STATUS_OK;
}

static Status fn_split(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text, separator;
    bool there;
    TRY(two_texts(ev, call, &text, &separator, &there));
    if (!there)
        return STATUS_OK;
    if (separator.len == 0)
        return fn_to_chars(ev, call, to);
    for (;;) {
        size_t at = find(text, 0, separator);
        TRY(path_step(ev));
        TRY(path_add_string(ev, to, str_head(text, at)));
        if (at == SIZE_MAX)
            return STATUS_OK;
        text = str_from(text, at + separator.len);
    }
}

static Status fn_join(PathEval *ev, const PathCall *call, PathList *to)
{
    PathItem separator = {.text = STR_EMPTY};
    bool there;
    Buf buf;
    TRY(path_arg_value(ev, call, 0, PATH_STRING, &separator, &there));
    if (call->input->count == 0)
        return STATUS_OK;
    buf_init(&buf, ev->cx->arena, 64, STRING_MAX);
    for (size_t i = 0; i < call->input->count; i++) {
        PathItem value = path_simple(&call->input->items[i]);
        if (value.kind != PATH_STRING)
            return path_fail(ev, call->node, "join() is asked of strings.");
        if (i && there)
            buf_add_str(&buf, separator.text);
        buf_add_str(&buf, value.text);
    }
    return add_buf(ev, &buf, to);
}

/* ---- regular expressions ---------------------------------------------------------------- */

/* A pattern that stands in the expression was compiled with it. */
static Status regex_of(PathEval *ev, const PathCall *call, Str pattern, bool whole,
                       const Regex **ret_regex)
{
    const char *fault;
    if (call->node->regex) {
        *ret_regex = call->node->regex;
        return STATUS_OK;
    }
    Status status = regex_compile(ev->cx->arena, pattern, whole, ret_regex, &fault);
    return status == STATUS_INVALID
               ? path_fail(ev, call->node, "this regular expression is wrong: %s.", fault)
               : status;
}

static Status match(PathEval *ev, const PathCall *call, bool whole, PathList *to)
{
    Str text, pattern;
    bool there, matches;
    const Regex *regex;
    TRY(two_texts(ev, call, &text, &pattern, &there));
    if (!there)
        return STATUS_OK;
    TRY(regex_of(ev, call, pattern, whole, &regex));
    TRY(regex_matches(ev->cx, regex, text, &matches));
    return path_add_boolean(ev, to, matches);
}

static Status fn_matches(PathEval *ev, const PathCall *call, PathList *to)
{
    return match(ev, call, false, to);
}

static Status fn_matches_full(PathEval *ev, const PathCall *call, PathList *to)
{
    return match(ev, call, true, to);
}

/* An empty pattern changes nothing: the official case testReplaceMatches2. */
static Status fn_replace_matches(PathEval *ev, const PathCall *call, PathList *to)
{
    Str text, pattern;
    PathItem by;
    bool there, has_by;
    const Regex *regex;
    TRY(two_texts(ev, call, &text, &pattern, &there));
    TRY(path_arg_value(ev, call, 1, PATH_STRING, &by, &has_by));
    if (!there || !has_by)
        return STATUS_OK;
    if (pattern.len) {
        TRY(regex_of(ev, call, pattern, false, &regex));
        TRY(regex_replace(ev->cx, regex, text, by.text, &text));
    }
    return path_add_string(ev, to, text);
}

Status path_literal_regex(Ctx *cx, Arena *forever, Str text, PathNode *node)
{
    const char *fault;
    if ((node->function->run != fn_matches && node->function->run != fn_matches_full &&
         node->function->run != fn_replace_matches) ||
        node->args[0]->op != NODE_LITERAL || node->args[0]->item.kind != PATH_STRING)
        return STATUS_OK;
    Status status = regex_compile(forever, node->args[0]->item.text,
                                  node->function->run == fn_matches_full, &node->regex, &fault);
    return status == STATUS_INVALID ? path_fail_at(cx, STATUS_INVALID, text, node->args[0]->at,
                                                   "this regular expression is wrong: %s.", fault)
                                    : status;
}

/* ---- encodings -------------------------------------------------------------------------- */

typedef struct {
    Str name;
    bool (*run)(Str text, Buf *to); /* false: the text is not in this form */
} Coder;

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_letters[] = "0123456789abcdef";

static bool encode_64(Str text, const char *letters, Buf *to)
{
    for (size_t i = 0; i < text.len; i += 3) {
        uint32_t bits = 0;
        size_t have = text.len - i < 3 ? text.len - i : 3;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < have ? (unsigned char)text.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_add_char(to, k <= have ? letters[bits >> (18 - 6 * k) & 63] : '=');
    }
    return true;
}

static bool decode_64(Str text, const char *letters, Buf *to)
{
    uint32_t bits = 0, count = 0;
    while (text.len && text.at[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.at[i] ? strchr(letters, text.at[i]) : NULL;
        if (!at)
            return false;
        bits = bits << 6 | (uint32_t)(at - letters);
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_add_char(to, (char)(bits >> count & 255));
        }
    }
    return count < 6;
}

static bool encode_base64(Str text, Buf *to)
{
    return encode_64(text, base64_letters, to);
}

static bool decode_base64(Str text, Buf *to)
{
    return decode_64(text, base64_letters, to);
}

static bool encode_url(Str text, Buf *to)
{
    return encode_64(text, url_letters, to);
}

static bool decode_url(Str text, Buf *to)
{
    return decode_64(text, url_letters, to);
}

static bool encode_hex(Str text, Buf *to)
{
    for (size_t i = 0; i < text.len; i++) {
        buf_add_char(to, hex_letters[(unsigned char)text.at[i] >> 4]);
        buf_add_char(to, hex_letters[(unsigned char)text.at[i] & 15]);
    }
    return true;
}

static bool decode_hex(Str text, Buf *to)
{
    unsigned value = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i] >= 'A' && text.at[i] <= 'F' ? (char)(text.at[i] + 32) : text.at[i];
        const char *at = c ? strchr(hex_letters, c) : NULL;
        if (!at)
            return false;
        value = value * 16 + (unsigned)(at - hex_letters);
        if (i % 2) {
            buf_add_char(to, (char)value);
            value = 0;
        }
    }
    return text.len % 2 == 0;
}

/* ---- escapes ---------------------------------------------------------------------------- */

static const struct {
    char c;
    Str entity;
} entities[] = {{'&', STR_INIT("&amp;")},
                {'<', STR_INIT("&lt;")},
                {'>', STR_INIT("&gt;")},
                {'"', STR_INIT("&quot;")},
                {'\'', STR_INIT("&#39;")}};

static bool escape_html(Str text, Buf *to)
{
    for (size_t i = 0; i < text.len; i++) {
        size_t e = 0;
        while (e < COUNT_OF(entities) && entities[e].c != text.at[i])
            e++;
        if (e < COUNT_OF(entities))
            buf_add_str(to, entities[e].entity);
        else
            buf_add_char(to, text.at[i]);
    }
    return true;
}

static bool unescape_html(Str text, Buf *to)
{
    while (text.len) {
        size_t e = 0;
        while (e < COUNT_OF(entities) && !str_has_prefix(text, entities[e].entity))
            e++;
        buf_add_char(to, e < COUNT_OF(entities) ? entities[e].c : text.at[0]);
        text = str_from(text, e < COUNT_OF(entities) ? entities[e].entity.len : 1);
    }
    return true;
}

/* As inside the quotes of a JSON string. */
static bool escape_json(Str text, Buf *to)
{
    Buf quoted;
    buf_init(&quoted, to->arena, text.len + 2, STRING_MAX);
    json_write_string(&quoted, text);
    if (quoted.len >= 2)
        buf_add(to, quoted.at + 1, quoted.len - 2);
    return quoted.len >= 2;
}

/* A quote that stands alone is one. */
static bool unescape_json(Str text, Buf *to)
{
    Buf quoted;
    JsonValue *value;
    Ctx aside = {.arena = to->arena};
    buf_init(&quoted, to->arena, text.len + 2, STRING_MAX);
    buf_add_char(&quoted, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            buf_add_char(&quoted, '\\');
        buf_add_char(&quoted, text.at[i]);
        if (text.at[i] == '\\' && i + 1 < text.len)
            buf_add_char(&quoted, text.at[++i]);
    }
    buf_add_char(&quoted, '"');
    if (buf_done(&quoted) != STATUS_OK || json_parse(&aside, buf_str(&quoted), &value) != STATUS_OK)
        return false;
    buf_add_str(to, json_str(value));
    return true;
}

/* A form that is not known, and a text that is not in it, give nothing. */
static Status code(PathEval *ev, const PathCall *call, const Coder *coders, size_t count,
                   PathList *to)
{
    Str text, form;
    bool there;
    Buf buf;
    TRY(two_texts(ev, call, &text, &form, &there));
    for (size_t i = 0; there && i < count; i++) {
        if (!str_eq(form, coders[i].name))
            continue;
        buf_init(&buf, ev->cx->arena, 2 * text.len + 8, STRING_MAX);
        if (!coders[i].run(text, &buf) || !str_is_utf8(buf_str(&buf)))
            return STATUS_OK;
        return add_buf(ev, &buf, to);
    }
    return STATUS_OK;
}

static Status fn_encode(PathEval *ev, const PathCall *call, PathList *to)
{
    static const Coder coders[] = {{STR_INIT("base64"), encode_base64},
                                   {STR_INIT("urlbase64"), encode_url},
                                   {STR_INIT("hex"), encode_hex}};
    return code(ev, call, coders, COUNT_OF(coders), to);
}

static Status fn_decode(PathEval *ev, const PathCall *call, PathList *to)
{
    static const Coder coders[] = {{STR_INIT("base64"), decode_base64},
                                   {STR_INIT("urlbase64"), decode_url},
                                   {STR_INIT("hex"), decode_hex}};
    return code(ev, call, coders, COUNT_OF(coders), to);
}

static Status fn_escape(PathEval *ev, const PathCall *call, PathList *to)
{
    static const Coder coders[] = {{STR_INIT("html"), escape_html},
                                   {STR_INIT("json"), escape_json}};
    return code(ev, call, coders, COUNT_OF(coders), to);
}

static Status fn_unescape(PathEval *ev, const PathCall *call, PathList *to)
{
    static const Coder coders[] = {{STR_INIT("html"), unescape_html},
                                   {STR_INIT("json"), unescape_json}};
    return code(ev, call, coders, COUNT_OF(coders), to);
}

const PathFunction path_string_functions[] = {
    {"contains", 1, 1, CALL_SINGLE, fn_contains},
    {"decode", 1, 1, CALL_SINGLE, fn_decode},
    {"encode", 1, 1, CALL_SINGLE, fn_encode},
    {"endsWith", 1, 1, CALL_SINGLE, fn_ends_with},
    {"escape", 1, 1, CALL_SINGLE, fn_escape},
    {"indexOf", 1, 1, CALL_SINGLE, fn_index_of},
    {"join", 0, 1, 0, fn_join},
    {"lastIndexOf", 1, 1, CALL_SINGLE, fn_last_index_of},
    {"length", 0, 0, CALL_SINGLE, fn_length},
    {"lower", 0, 0, CALL_SINGLE, fn_lower},
    {"matches", 1, 1, CALL_SINGLE, fn_matches},
    {"matchesFull", 1, 1, CALL_SINGLE, fn_matches_full},
    {"replace", 2, 2, CALL_SINGLE, fn_replace},
    {"replaceMatches", 2, 2, CALL_SINGLE, fn_replace_matches},
    {"split", 1, 1, CALL_SINGLE, fn_split},
    {"startsWith", 1, 1, CALL_SINGLE, fn_starts_with},
    {"substring", 1, 2, CALL_SINGLE, fn_substring},
    {"toChars", 0, 0, CALL_SINGLE, fn_to_chars},
    {"trim", 0, 0, CALL_SINGLE, fn_trim},
    {"unescape", 1, 1, CALL_SINGLE, fn_unescape},
    {"upper", 0, 0, CALL_SINGLE, fn_upper},
};
const size_t path_string_function_count = COUNT_OF(path_string_functions);
