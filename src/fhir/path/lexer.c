/* fhir/path/lexer.c - from the text of an expression to tokens.
 *
 * SPEC FHIRPath N1 grammar.html */
#include "fhir/path/inner.h"

#include <stdarg.h>

void path_say_at(Ctx *cx, Status status, Str text, size_t at, const char *format, ...)
{
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < at && i < text.len; i++) {
        if (text.at[i] == '\n') {
            line++;
            column = 1;
        } else {
            column += ((unsigned char)text.at[i] & 0xC0) != 0x80;
        }
    }
    char sentence[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    (void)ctx_fail(cx, status, STR_EMPTY, "FHIRPath, %u:%u: %s", line, column, sentence);
}

typedef struct {
    Ctx *cx;
    Arena *forever;
    Str text;
    size_t at;
} Lexer;

static char peek(const Lexer *lx, size_t ahead)
{
    return lx->at + ahead < lx->text.len ? lx->text.at[lx->at + ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static Status skip_blank(Lexer *lx)
{
    while (lx->at < lx->text.len) {
        char c = peek(lx, 0);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            lx->at++;
        } else if (c == '/' && peek(lx, 1) == '/') {
            while (lx->at < lx->text.len && peek(lx, 0) != '\n')
                lx->at++;
        } else if (c == '/' && peek(lx, 1) == '*') {
            size_t start = lx->at;
            for (lx->at += 2; peek(lx, 0) != '*' || peek(lx, 1) != '/'; lx->at++) {
                if (lx->at >= lx->text.len)
                    return path_fail_at(lx->cx, STATUS_INVALID, lx->text, start,
                                        "this comment has no end.");
            }
            lx->at += 2;
        } else {
            break;
        }
    }
    return STATUS_OK;
}

/* ---- text in quotes --------------------------------------------------------------------- */

static bool read_hex4(Lexer *lx, uint32_t *ret_code)
{
    *ret_code = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = peek(lx, i);
        uint32_t digit = is_digit(c)              ? (uint32_t)(c - '0')
                         : (c >= 'a' && c <= 'f') ? (uint32_t)(c - 'a' + 10)
                         : (c >= 'A' && c <= 'F') ? (uint32_t)(c - 'A' + 10)
                                                  : 16;
        if (digit == 16)
            return false;
        *ret_code = *ret_code * 16 + digit;
    }
    lx->at += 4;
    return true;
}

static size_t put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3F));
    to[0] = (char)(heads[len] | code);
    return len;
}

static bool read_unicode(Lexer *lx, char *to, size_t *len)
{
    uint32_t code, low;
    if (!read_hex4(lx, &code))
        return false;
    if (code >= 0xD800 && code < 0xDC00) {
        if (peek(lx, 0) != '\\' || peek(lx, 1) != 'u')
            return false;
        lx->at += 2;
        if (!read_hex4(lx, &low) || low < 0xDC00 || low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
        return false;
    }
    *len += put_utf8(to + *len, code);
    return true;
}

static bool read_escape(Lexer *lx, char *to, size_t *len)
{
    static const char from[] = "`'\"\\/fnrt", into[] = "`'\"\\/\f\n\r\t";
    char c = peek(lx, 0);
    lx->at++;
    if (c == 'u')
        return read_unicode(lx, to, len);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return false;
    to[(*len)++] = into[found - from];
    return true;
}

static Status read_quoted(Lexer *lx, char quote, Str *ret_text)
{
    size_t start = lx->at++, len = 0;
    char *to = arena_alloc_raw(lx->forever, lx->text.len - start + 1);
    if (!to)
        return STATUS_MEMORY;
    for (;;) {
        if (lx->at >= lx->text.len)
            return path_fail_at(lx->cx, STATUS_INVALID, lx->text, start,
                                "the text that begins here has no end.");
        char c = lx->text.at[lx->at++];
        if (c == quote)
            break;
        if (c != '\\')
            to[len++] = c;
        else if (!read_escape(lx, to, &len))
            return path_fail_at(lx->cx, STATUS_INVALID, lx->text, lx->at - 1,
                                "no escape begins with \\ and this.");
    }
    *ret_text = str_n(to, len);
    return STATUS_OK;
}

/* ---- numbers and dates ------------------------------------------------------------------------
 */

static void skip_digits(Lexer *lx)
{
    while (is_digit(peek(lx, 0)))
        lx->at++;
}

static bool take_digits(Lexer *lx, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(peek(lx, i)))
            return false;
    }
    lx->at += count;
    return true;
}

/* hh(:mm(:ss(.f+)?)?)? */
static bool take_clock(Lexer *lx)
{
    if (!take_digits(lx, 2))
        return false;
    for (int part = 0; part < 2; part++) {
        if (peek(lx, 0) != ':')
            return true;
        lx->at++;
        if (!take_digits(lx, 2))
            return false;
    }
    if (peek(lx, 0) == '.' && is_digit(peek(lx, 1))) {
        lx->at++;
        skip_digits(lx);
    }
    return true;
}

static bool take_zone(Lexer *lx)
{
    char c = peek(lx, 0);
    if (c == 'Z') {
        lx->at++;
        return true;
    }
    if (c != '+' && c != '-')
        return true;
    lx->at++;
    if (!take_digits(lx, 2) || peek(lx, 0) != ':')
        return false;
    lx->at++;
    return take_digits(lx, 2);
}

static bool read_when(Lexer *lx, PathToken *token)
{
    lx->at++; /* @ */
    if (peek(lx, 0) == 'T') {
        lx->at++;
        token->kind = TOKEN_TIME;
        return take_clock(lx);
    }
    token->kind = TOKEN_DATE;
    if (!take_digits(lx, 4))
        return false;
    for (int part = 0; part < 2 && peek(lx, 0) == '-' && is_digit(peek(lx, 1)); part++) {
        lx->at++;
        if (!take_digits(lx, 2))
            return false;
    }
    if (peek(lx, 0) != 'T')
        return true;
    lx->at++;
    token->kind = TOKEN_DATETIME;
    return !is_digit(peek(lx, 0)) || (take_clock(lx) && take_zone(lx));
}

static Status read_date(Lexer *lx, PathToken *token)
{
    size_t start = lx->at;
    if (!read_when(lx, token))
        return path_fail_at(lx->cx, STATUS_INVALID, lx->text, start,
                            "a date (@2015-02-04), a date with time (@2015-02-04T14:34:28Z) or "
                            "a time (@T14:34) was expected.");
    size_t skip = token->kind == TOKEN_TIME ? 2 : 1;
    token->text = str_n(lx->text.at + start + skip, lx->at - start - skip);
    return STATUS_OK;
}

/* ---- all -------------------------------------------------------------------------------- */

static Str take_name(Lexer *lx)
{
    size_t start = lx->at;
    while (is_name_start(peek(lx, 0)) || is_digit(peek(lx, 0)))
        lx->at++;
    return str_n(lx->text.at + start, lx->at - start);
}

static Status read_symbol(Lexer *lx, PathToken *token)
{
    static const char *const symbols[] = {"<=", ">=", "!=", "!~", ".", ",", "(", ")",
                                          "[",  "]",  "{",  "}",  "+", "-", "*", "/",
                                          "&",  "|",  "<",  ">",  "=", "~"};
    Str rest = str_from(lx->text, lx->at);
    for (size_t i = 0; i < COUNT_OF(symbols); i++) {
        if (str_has_prefix(rest, str_of(symbols[i]))) {
            token->kind = TOKEN_SYMBOL;
            token->text = str_of(symbols[i]);
            lx->at += token->text.len;
            return STATUS_OK;
        }
    }
    return path_fail_at(lx->cx, STATUS_INVALID, lx->text, lx->at,
                        "this character means nothing here.");
}

/* %name, %`name`, %'name' */
static Status read_percent(Lexer *lx, PathToken *token)
{
    size_t start = lx->at++;
    char c = peek(lx, 0);
    token->kind = TOKEN_PERCENT;
    if (c == '`' || c == '\'' || c == '"')
        return read_quoted(lx, c, &token->text);
    token->text = take_name(lx);
    while (token->text.len && peek(lx, 0) == '-' && is_name_start(peek(lx, 1))) {
        lx->at++; /* %vs-name and %ext-name are also written without quotes */
        token->text.len += 1 + take_name(lx).len;
    }
    if (!token->text.len)
        return path_fail_at(lx->cx, STATUS_INVALID, lx->text, start,
                            "the name of a variable was expected after %%.");
    return STATUS_OK;
}

static Status read_token(Lexer *lx, PathToken *token)
{
    char c = peek(lx, 0);
    if (lx->at >= lx->text.len) {
        token->kind = TOKEN_END;
        return STATUS_OK;
    }
    if (is_name_start(c)) {
        token->kind = TOKEN_NAME;
        token->text = take_name(lx);
        return STATUS_OK;
    }
    if (is_digit(c)) {
        size_t start = lx->at;
        token->kind = TOKEN_NUMBER;
        skip_digits(lx);
        if (peek(lx, 0) == '.' && is_digit(peek(lx, 1))) {
            lx->at++;
            skip_digits(lx);
        }
        token->text = str_n(lx->text.at + start, lx->at - start);
        return STATUS_OK;
    }
    switch (c) {
    case '\'': token->kind = TOKEN_STRING; return read_quoted(lx, c, &token->text);
    case '`': token->kind = TOKEN_DELIMITED; return read_quoted(lx, c, &token->text);
    case '@': return read_date(lx, token);
    case '%': return read_percent(lx, token);
    case '$':
        lx->at++;
        token->kind = TOKEN_DOLLAR;
        token->text = take_name(lx);
        return STATUS_OK;
    default: return read_symbol(lx, token);
    }
}

Status path_token(Ctx *cx, Arena *forever, Str text, size_t *at, PathToken *ret_token)
{
    Lexer lx = {.cx = cx, .forever = forever, .text = text, .at = *at};
    PathToken token = {0};
    TRY(skip_blank(&lx));
    token.at = (uint32_t)lx.at;
    TRY(read_token(&lx, &token));
    *at = lx.at;
    *ret_token = token;
    return STATUS_OK;
}
