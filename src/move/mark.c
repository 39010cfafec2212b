/* move/mark.c - how far a move is, as the text that the target keeps:
 *
 *     1 CHANGE AUDIT KEYS WALK PRINT KEY        numbers, the last two in hex
 */
#include "move/inner.h"

static char *hex_into(char *to, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = ((const unsigned char *)bytes)[i];
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    return to;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_from(Str text, char *to, size_t room, size_t *ret_len)
{
    if (text.len % 2 || text.len / 2 > room)
        return false;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = digit_of(text.at[i]), low = digit_of(text.at[i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i / 2] = (char)(high << 4 | low);
    }
    *ret_len = text.len / 2;
    return true;
}

Status mark_pack(Arena *arena, const Mark *mark, Str *ret_text)
{
    char print[2 * CRYPTO_SHA256_BYTES], key[2 * STORE_KEY_BYTES_MAX];
    size_t key_len = (size_t)(hex_into(key, mark->key.at, mark->key.len) - key);
    hex_into(print, mark->print, sizeof(mark->print));
    *ret_text =
        arena_format(arena, "1 %llu %llu %llu %u %.*s %.*s", (unsigned long long)mark->change,
                     (unsigned long long)mark->audit, (unsigned long long)mark->keys, mark->walk,
                     (int)sizeof(print), print, (int)key_len, key);
    return ret_text->at ? STATUS_OK : STATUS_MEMORY;
}

bool mark_unpack(Str text, Mark *ret_mark)
{
    Mark *mark = ret_mark;
    uint64_t format, walk;
    size_t len;
    *mark = (Mark){.key = STR_EMPTY};
    if (!text.len)
        return true;
    if (!str_to_u64(str_cut(&text, ' '), &format) || format != 1 ||
        !str_to_u64(str_cut(&text, ' '), &mark->change) ||
        !str_to_u64(str_cut(&text, ' '), &mark->audit) ||
        !str_to_u64(str_cut(&text, ' '), &mark->keys) || !str_to_u64(str_cut(&text, ' '), &walk) ||
        walk > WALK_DONE ||
        !hex_from(str_cut(&text, ' '), (char *)mark->print, sizeof(mark->print), &len) ||
        len != sizeof(mark->print) || !hex_from(text, mark->key_room, sizeof(mark->key_room), &len))
        return false;
    mark->walk = (Walk)walk;
    mark->key = str_n(mark->key_room, len);
    return true;
}
