/* fhir/primitive.c - one matcher per primitive type, each the pattern of the specification
 * read as a loop, and what the pages say beyond it: real calendar days, 32-bit integers,
 * base64 in whole quanta, no control characters. */
#include "fhir/primitive.h"

#include "fhir/lookup.h"

enum { STRING_BYTES_MAX = 1024 * 1024 }; /* SPEC R4 datatypes.html#string */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- text -------------------------------------------------------------------------------- */

/* [ \r\n\t\S]+ without control characters */
static bool is_text(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.at[i] < 0x20 && !is_blank(s.at[i]))
            return false;
    }
    return s.len > 0 && s.len <= STRING_BYTES_MAX;
}

/* \S+ */
static bool is_unspaced(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.at[i] <= 0x20)
            return false;
    }
    return s.len > 0 && s.len <= STRING_BYTES_MAX;
}

/* [^\s]+(\s[^\s]+)* */
static bool is_code(Str s)
{
    bool blank = true;
    for (size_t i = 0; i < s.len; i++) {
        bool now = is_blank(s.at[i]);
        if ((now && blank) || (!now && (unsigned char)s.at[i] < 0x20))
            return false;
        blank = now;
    }
    return !blank && s.len <= STRING_BYTES_MAX;
}

bool fhir_id_is(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
              c == '.'))
            return false;
    }
    return s.len >= 1 && s.len <= 64;
}

/* urn:oid:[0-2](\.(0|[1-9][0-9]*))+ */
static bool is_oid(Str s)
{
    Str urn = STR("urn:oid:");
    if (!str_has_prefix(s, urn) || s.len < urn.len + 3 || s.len > STRING_BYTES_MAX)
        return false;
    s = str_from(s, urn.len);
    if (s.at[0] < '0' || s.at[0] > '2' || s.at[1] != '.')
        return false;
    for (size_t i = 1; i < s.len;) {
        if (s.at[i++] != '.' || i == s.len || !is_digit(s.at[i]))
            return false;
        size_t first = i;
        while (i < s.len && is_digit(s.at[i]))
            i++;
        if (s.at[first] == '0' && i - first > 1)
            return false;
    }
    return true;
}

static bool is_uuid(Str s)
{
    Str urn = STR("urn:uuid:");
    if (!str_has_prefix(s, urn) || s.len != urn.len + 36)
        return false;
    s = str_from(s, urn.len);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? c != '-' : !(is_digit(c) || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

/* SPEC RFC 4648 4 - whole quanta of four, white space anywhere, '=' only at the end. */
static bool is_base64(Str s)
{
    size_t digits = 0, padding = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (is_blank(c))
            continue;
        if (c == '=')
            padding++;
        else if (padding || !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
                              c == '+' || c == '/'))
            return false;
        digits++;
    }
    return digits && digits % 4 == 0 && padding <= 2;
}

/* ---- numbers ----------------------------------------------------------------------------- */

/* -?(0|[1-9][0-9]*) within 32 bits */
static bool is_integer(Str s, int64_t least)
{
    bool negative = s.len && s.at[0] == '-';
    s = str_from(s, negative);
    int64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.at[i]) || i == 10)
            return false;
        value = value * 10 + (s.at[i] - '0');
    }
    if (!s.len || (s.at[0] == '0' && s.len > 1))
        return false;
    value = negative ? -value : value;
    return value >= least && value <= INT32_MAX && !(negative && least >= 0);
}

static size_t skip_digits(Str s, size_t i)
{
    while (i < s.len && is_digit(s.at[i]))
        i++;
    return i;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool is_decimal(Str s)
{
    size_t i = s.len && s.at[0] == '-', from = i;
    i = skip_digits(s, i);
    if (i == from || (s.at[from] == '0' && i - from > 1))
        return false;
    if (i < s.len && s.at[i] == '.') {
        from = i + 1;
        i = skip_digits(s, from);
        if (i == from)
            return false;
    }
    if (i < s.len && (s.at[i] == 'e' || s.at[i] == 'E')) {
        i++;
        i += i < s.len && (s.at[i] == '+' || s.at[i] == '-');
        from = i;
        i = skip_digits(s, from);
        if (i == from)
            return false;
    }
    return i == s.len;
}

/* ---- all of them ------------------------------------------------------------------------- */

static const char *const words[PRIMITIVE_COUNT] = {
    [PRIMITIVE_BASE64_BINARY] = "base64 in whole groups of four characters",
    [PRIMITIVE_BOOLEAN] = "true or false",
    [PRIMITIVE_CANONICAL] = "a canonical URL without blanks",
    [PRIMITIVE_CODE] = "a code: no blanks at either end, single blanks within",
    [PRIMITIVE_DATE] = "a date (YYYY, YYYY-MM or YYYY-MM-DD)",
    [PRIMITIVE_DATE_TIME] = "a dateTime (YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz)",
    [PRIMITIVE_DECIMAL] = "a decimal number",
    [PRIMITIVE_ID] = "an id: 1 to 64 letters, digits, - and .",
    [PRIMITIVE_INSTANT] = "an instant (YYYY-MM-DDThh:mm:ss.sss+zz:zz)",
    [PRIMITIVE_INTEGER] = "an integer of 32 bits",
    [PRIMITIVE_MARKDOWN] = "text that is not empty, without control characters",
    [PRIMITIVE_OID] = "an OID (urn:oid:1.2.3)",
    [PRIMITIVE_POSITIVE_INT] = "an integer from 1 to 2147483647",
    [PRIMITIVE_STRING] = "text that is not empty, without control characters, up to 1 MB",
    [PRIMITIVE_TIME] = "a time (hh:mm:ss)",
    [PRIMITIVE_UNSIGNED_INT] = "an integer from 0 to 2147483647",
    [PRIMITIVE_URI] = "a URI without blanks",
    [PRIMITIVE_URL] = "a URL without blanks",
    [PRIMITIVE_UUID] = "a UUID in lower case (urn:uuid:...)",
    [PRIMITIVE_XHTML] = "a well-formed XHTML <div> without active content",
};

const char *primitive_words(Primitive primitive)
{
    return words[primitive];
}

JsonType primitive_json_type(Primitive primitive)
{
    switch (primitive) {
    case PRIMITIVE_BOOLEAN: return JSON_BOOL;
    case PRIMITIVE_DECIMAL:
    case PRIMITIVE_INTEGER:
    case PRIMITIVE_POSITIVE_INT:
    case PRIMITIVE_UNSIGNED_INT: return JSON_NUMBER;
    default: return JSON_STRING;
    }
}

bool primitive_matches(Primitive primitive, Str text)
{
    bool links;
    switch (primitive) {
    case PRIMITIVE_BASE64_BINARY: return is_base64(text);
    case PRIMITIVE_BOOLEAN: return str_eq(text, STR("true")) || str_eq(text, STR("false"));
    case PRIMITIVE_CODE: return is_code(text);
    case PRIMITIVE_DATE:
    case PRIMITIVE_DATE_TIME:
    case PRIMITIVE_INSTANT:
    case PRIMITIVE_TIME: return date_matches(primitive, text);
    case PRIMITIVE_DECIMAL: return is_decimal(text);
    case PRIMITIVE_ID: return fhir_id_is(text);
    case PRIMITIVE_INTEGER: return is_integer(text, INT32_MIN);
    case PRIMITIVE_UNSIGNED_INT: return is_integer(text, 0);
    case PRIMITIVE_POSITIVE_INT: return is_integer(text, 1);
    case PRIMITIVE_MARKDOWN:
    case PRIMITIVE_STRING: return is_text(text);
    case PRIMITIVE_OID: return is_oid(text);
    case PRIMITIVE_CANONICAL:
    case PRIMITIVE_URI:
    case PRIMITIVE_URL: return is_unspaced(text);
    case PRIMITIVE_UUID: return is_uuid(text);
    case PRIMITIVE_XHTML: return !xhtml_fault(text, &links);
    case PRIMITIVE_NONE:
    case PRIMITIVE_COUNT: break;
    }
    return false;
}

bool fhir_primitive_is(Str type, Str text)
{
    return primitive_matches(fhir_types[fhir_type_any(type)].primitive, text);
}
