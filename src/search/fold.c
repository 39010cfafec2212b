/* search/fold.c - Unicode case folding without marks, through utf8proc. */
#include "search/fold.h"

#include <utf8proc.h>

enum { PIECE = 256 }; /* bytes folded at a time: more than FOLD_MAX can hold */

static bool is_word(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

/* Folded bytes on their way into a room that may be too small: the rest is left out. */
typedef struct {
    char *at;
    size_t len, room;
    bool full;
} Folded;

/* Appends a code point; runs of anything that is no letter or digit become one blank. */
static void put(Folded *to, utf8proc_int32_t c)
{
    utf8proc_uint8_t bytes[4] = " ";
    size_t count = 1;
    if (is_word(c))
        count = (size_t)utf8proc_encode_char(c, bytes);
    else if (!to->len || to->at[to->len - 1] == ' ')
        return;
    to->full = to->full || to->len + count > to->room;
    if (to->full)
        return;
    memcpy(to->at + to->len, bytes, count);
    to->len += count;
}

static void fold_ascii(Str text, Folded *to)
{
    for (size_t i = 0; i < text.len && to->len < to->room; i++) {
        char c = text.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            to->at[to->len++] = c;
        else if (to->len && to->at[to->len - 1] != ' ')
            to->at[to->len++] = ' ';
    }
}

static bool is_ascii(Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] & 0x80)
            return false;
    }
    return true;
}

static size_t end_of(Folded *to)
{
    return to->len && to->at[to->len - 1] == ' ' ? to->len - 1 : to->len;
}

/* A piece of at most PIECE bytes; false when it is no UTF-8. */
static bool fold_piece(Str piece, Folded *to)
{
    utf8proc_int32_t points[PIECE * 4];
    utf8proc_ssize_t count = utf8proc_decompose(
        (const utf8proc_uint8_t *)piece.at, (utf8proc_ssize_t)piece.len, points, COUNT_OF(points),
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK |
            UTF8PROC_IGNORE);
    if (count < 0 || (size_t)count > COUNT_OF(points))
        return false;
    for (utf8proc_ssize_t i = 0; i < count && !to->full; i++)
        put(to, points[i]);
    return true;
}

/* The first piece of text, not cut within a character. */
static Str piece_of(Str text)
{
    Str piece = str_head(text, PIECE);
    while (piece.len < text.len && piece.len && ((unsigned char)text.at[piece.len] & 0xc0) == 0x80)
        piece.len--;
    return piece;
}

size_t search_fold(Str text, char to[FOLD_MAX])
{
    Folded folded = {to, 0, FOLD_MAX, false};
    Str piece = piece_of(text);
    if (is_ascii(piece))
        fold_ascii(piece, &folded);
    else if (!fold_piece(piece, &folded))
        return 0;
    return end_of(&folded);
}

/* A character may become three; compatibility forms up to eighteen, and are cut. */
Str search_fold_all(Ctx *cx, Str text)
{
    Folded folded = {.room = text.len * 4 + 1};
    folded.at = arena_alloc_raw(cx->arena, folded.room);
    if (!folded.at)
        return (Str){NULL, 0};
    if (is_ascii(text))
        fold_ascii(text, &folded);
    else
        for (Str piece; text.len && (piece = piece_of(text)).len;
             text = str_from(text, piece.len)) {
            if (!fold_piece(piece, &folded))
                return STR_EMPTY;
        }
    return str_n(folded.at, end_of(&folded));
}
