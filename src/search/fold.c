/* search/fold.c - Unicode case folding without marks, through utf8proc. */
#include "search/fold.h"

#include <utf8proc.h>

enum { CODE_POINTS = 512 }; /* more than FOLD_MAX bytes can hold, decomposition included */

static bool is_word(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

/* Appends a code point; runs of anything that is no letter or digit become one blank. */
static size_t put(char to[FOLD_MAX], size_t len, utf8proc_int32_t c)
{
    if (!is_word(c)) {
        if (len && len < FOLD_MAX && to[len - 1] != ' ')
            to[len++] = ' ';
        return len;
    }
    utf8proc_uint8_t bytes[4];
    size_t count = (size_t)utf8proc_encode_char(c, bytes);
    if (len + count > FOLD_MAX)
        return FOLD_MAX + 1;
    memcpy(to + len, bytes, count);
    return len + count;
}

static size_t fold_ascii(Str text, char to[FOLD_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < FOLD_MAX; i++) {
        char c = text.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            to[len++] = c;
        else if (len && to[len - 1] != ' ')
            to[len++] = ' ';
    }
    return len;
}

static bool is_ascii(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] & 0x80)
            return false;
    }
    return true;
}

static size_t without_last_blank(const char *text, size_t len)
{
    return len && text[len - 1] == ' ' ? len - 1 : len;
}

size_t search_fold(Str text, char to[FOLD_MAX])
{
    text = str_head(text, CODE_POINTS / 2);
    if (is_ascii(text))
        return without_last_blank(to, fold_ascii(text, to));
    while (text.len && ((unsigned char)text.at[text.len - 1] & 0x80) && !str_is_utf8(text))
        text.len--; /* the cut may have split a sequence */
    utf8proc_int32_t points[CODE_POINTS * 4];
    utf8proc_ssize_t count = utf8proc_decompose(
        (const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, points, COUNT_OF(points),
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
            UTF8PROC_IGNORE);
    if (count < 0 || (size_t)count > COUNT_OF(points))
        return 0;
    size_t len = 0;
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        size_t next = put(to, len, points[i]);
        if (next > FOLD_MAX)
            break;
        len = next;
    }
    return without_last_blank(to, len);
}
