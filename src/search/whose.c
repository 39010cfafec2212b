/* search/whose.c - which Patient a hash is of: what is in his compartment names him. */
#include "search/internal.h"

#include <stdlib.h>

#include "search/key.h"

enum { LOOKS = 8 };

static bool is_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

/* Whether the text names him: "Patient/" and an id whose hash it is. */
static bool names_him(const Search *search, Str text, uint64_t hash, Str *ret_reference)
{
    static const Str head = STR_INIT("Patient/");
    for (size_t i = 0; i + head.len < text.len; i++) {
        if (text.at[i] != 'P' || memcmp(text.at + i, head.at, head.len) != 0)
            continue;
        size_t end = i + head.len;
        while (end < text.len && is_id_char(text.at[end]))
            end++;
        *ret_reference = str_n(text.at + i, end - i);
        if (search_hash(search, *ret_reference) == hash)
            return true;
    }
    return false;
}

Status search_patient_of(const Search *search, Ctx *cx, StoreReader *reader, uint64_t hash,
                         Str *ret_reference)
{
    Key key;
    StoreCursor *cursor;
    Str at;
    UNUSED(cx);
    key_begin_member(&key, hash, 0);
    TRY(store_cursor(reader, key_str(&key), &cursor));
    for (size_t i = 0; i < LOOKS; i++) {
        StoreRow row;
        TRY(store_cursor_next(cursor, &at));
        if (!at.at)
            break;
        Status status = store_get_rid(reader, key_rid(at), true, &row);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
        if (status == STATUS_OK && names_him(search, row.body, hash, ret_reference))
            return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

static int by_number(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* All of them are looked at each time: a compartment is a few thousand keys. */
Status search_about(const Search *search, Ctx *cx, StoreReader *reader, uint64_t hash,
                    uint64_t after, size_t limit, uint64_t **ret_rids, size_t *ret_count)
{
    Key key;
    StoreCursor *cursor;
    Str at;
    uint64_t *rids = NULL;
    size_t count = 0, room = 0, kept = 0;
    UNUSED(search);
    key_begin_member(&key, hash, 0);
    TRY(store_cursor(reader, key_str(&key), &cursor));
    for (;;) {
        TRY(store_cursor_next(cursor, &at));
        if (!at.at)
            break;
        if (key_rid(at) <= after)
            continue;
        rids = arena_grow(cx->arena, rids, sizeof(*rids), count, &room, 1024);
        if (!rids)
            return STATUS_MEMORY;
        rids[count++] = key_rid(at);
    }
    if (count)
        qsort(rids, count, sizeof(*rids), by_number);
    for (size_t i = 0; i < count && kept < limit; i++) {
        if (!kept || rids[kept - 1] != rids[i])
            rids[kept++] = rids[i];
    }
    *ret_rids = rids;
    *ret_count = kept;
    return STATUS_OK;
}
