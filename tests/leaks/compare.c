/* leaks/compare.c - two answers without what must differ: the moment, ids that were just made, the
 * seal of a page link. Everything else has to be the same bytes. */
#include "leaks/ask.h"

enum { ID_BYTES = 26, SHOWN = 16 };

/* ---- new ids -----------------------------------------------------------------------------------
 */

static void add_id(Compare *compare, unsigned which, Str id)
{
    NewIds *ids = &compare->ids[which];
    for (size_t i = 0; i < ids->count; i++) {
        if (str_eq(ids->at[i], id))
            return;
    }
    if (ids->count == ids->room) {
        size_t more = ids->room ? 2 * ids->room : 64;
        ids->at =
            arena_realloc(compare->arena, ids->at, ids->room * sizeof(Str), more * sizeof(Str));
        assert_non_null(ids->at);
        ids->room = more;
    }
    ids->at[ids->count++] = arena_str(compare->arena, id);
}

void compare_note(Compare *compare, unsigned which, Str text)
{
    static const Str mark = STR_INIT("/_history/1");
    const char *at;
    for (Str rest = text; (at = memmem(rest.at, rest.len, mark.at, mark.len));) {
        size_t before = (size_t)(at - rest.at);
        Str id = str_n(at - ID_BYTES, ID_BYTES);
        if (before > ID_BYTES && at[-ID_BYTES - 1] == '/' && !memchr(id.at, '/', ID_BYTES))
            add_id(compare, which, id);
        rest = str_from(rest, before + mark.len);
    }
}

static size_t new_id_at(const NewIds *ids, Str rest)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (str_has_prefix(rest, ids->at[i]))
            return i + 1;
    }
    return 0;
}

/* ---- moments -----------------------------------------------------------------------------------
 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of an instant that is later than `since`; 0: there is none here. */
static size_t new_instant(const Compare *compare, Str rest)
{
    Time lo, hi;
    size_t len = 0;
    if (rest.len < 20 || !is_digit(rest.at[0]) || rest.at[4] != '-' || rest.at[10] != 'T')
        return 0;
    while (len < rest.len && (is_digit(rest.at[len]) || memchr("-:.TZ+", rest.at[len], 6)))
        len++;
    return fhir_date_range(str_head(rest, len), &lo, &hi) && lo >= compare->since ? len : 0;
}

/* ---- page links --------------------------------------------------------------------------------
 */

static bool is_link_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* A link is sealed: its bytes differ each time, how many there are must not. */
static size_t add_link(const Compare *compare, Buf *buf, Str rest, Str mark)
{
    size_t len = mark.len;
    if (!str_has_prefix(rest, mark))
        return 0;
    while (len < rest.len && is_link_char(rest.at[len]))
        len++;
    buf_add_str(buf, mark);
    if (!compare->wrote)
        buf_format(buf, "(%zu bytes)", len - mark.len);
    return len;
}

Str compare_normal(const Compare *compare, Arena *arena, unsigned which, Str text)
{
    const NewIds *ids = &compare->ids[which];
    Buf buf;
    buf_init(&buf, arena, text.len + 64, 128 << 20);
    for (size_t i = 0, len; i < text.len; i += len) {
        Str rest = str_from(text, i);
        size_t number;
        len = 1;
        if (rest.at[0] == '_' && ((len = add_link(compare, &buf, rest, STR("_cursor="))) ||
                                  (len = add_link(compare, &buf, rest, STR("_before=")))))
            continue;
        if (is_digit(rest.at[0]) && (len = new_instant(compare, rest))) {
            buf_add_lit(&buf, "now");
            continue;
        }
        if ((number = new_id_at(ids, rest))) {
            buf_format(&buf, "new-%zu", number);
            len = ID_BYTES;
            continue;
        }
        len = 1;
        buf_add_char(&buf, rest.at[0]);
    }
    assert_int_equal(buf_done(&buf), STATUS_OK);
    return buf_str(&buf);
}

/* ---- for people
 * ---------------------------------------------------------------------------------- */

/* A part that ends where a reader would end a line. */
static Str take_part(Str *rest)
{
    size_t len = 0;
    while (len < rest->len && !(len && memchr("{,\n", rest->at[len], 3)))
        len++;
    Str part = str_head(*rest, len);
    *rest = str_from(*rest, len);
    return part;
}

static void print_from(const char *sign, Str text)
{
    for (int i = 0; text.len && i < SHOWN; i++) {
        Str part = take_part(&text);
        printf("#   %s " STR_FMT "\n", sign, STR_ARG(str_trim(part)));
    }
}

void compare_print(Str a, Str b)
{
    size_t same = 0, back;
    while (same < a.len && same < b.len && a.at[same] == b.at[same])
        same++;
    back = same < 160 ? same : 160;
    printf("#   the same for %zu bytes, then:\n#     ..." STR_FMT "\n", same,
           STR_ARG(str_n(a.at + same - back, back)));
    print_from("+", str_from(a, same));
    print_from("-", str_from(b, same));
}
