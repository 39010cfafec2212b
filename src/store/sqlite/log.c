/* store/sqlite/log.c - packs and reads the entries of `pending`. */
#include "store/sqlite/log.h"

#include "store/engine.h"
#include "store/sqlite/keys.h"

enum { ENTRY_HEAD_BYTES = 2 + RID_BYTES + 4 + 1, REMOVED = 0x8000 };

static size_t keys_bytes(const Str *keys, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += 2 + keys[i].len;
    return bytes;
}

static bool keys_are_sound(const Str *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i].len == 0 || keys[i].len > STORE_KEY_BYTES_MAX ||
            (unsigned char)keys[i].at[0] < STORE_KIND_FIRST)
            return false;
    }
    return true;
}

bool log_keys_are_sound(const StoreWrite *write)
{
    return keys_are_sound(write->add, write->add_count) &&
           keys_are_sound(write->remove, write->remove_count);
}

bool log_rekey_is_sound(const StoreRekey *rekey)
{
    return keys_are_sound(rekey->add, rekey->add_count) &&
           keys_are_sound(rekey->remove, rekey->remove_count);
}

static char *pack_keys(char *to, const Str *keys, size_t count, unsigned flag)
{
    for (size_t i = 0; i < count; i++) {
        put_uint(to, 2, keys[i].len | flag);
        memcpy(to + 2, keys[i].at, keys[i].len);
        to += 2 + keys[i].len;
    }
    return to;
}

Status log_pack_entry(Arena *arena, const StoreWrite *write, Str *ret_entry)
{
    size_t id_len = write->version == 1 ? write->id.len : 0;
    size_t bytes =
        keys_bytes(write->add, write->add_count) + keys_bytes(write->remove, write->remove_count);
    char *entry = arena_alloc_raw(arena, ENTRY_HEAD_BYTES + id_len + 4 + bytes);
    if (!entry)
        return STATUS_MEMORY;
    char *to = entry;
    put_uint(to, 2, write->type);
    put_uint(to + 2, RID_BYTES, write->rid);
    put_uint(to + 8, 4, write->version);
    put_uint(to + 12, 1, id_len);
    to += ENTRY_HEAD_BYTES;
    if (id_len)
        memcpy(to, write->id.at, id_len);
    to += id_len;
    put_uint(to, 4, bytes);
    to = pack_keys(to + 4, write->remove, write->remove_count, REMOVED);
    to = pack_keys(to, write->add, write->add_count, 0);
    *ret_entry = str_n(entry, (size_t)(to - entry));
    return STATUS_OK;
}

Status log_pack_rekey(Arena *arena, const StoreRekey *rekey, Str *ret_entry)
{
    bool facts = rekey->rid && rekey->facts.len;
    Str *add = arena_array_of(arena, Str, rekey->add_count + 1);
    if (!add)
        return STATUS_MEMORY;
    if (rekey->add_count)
        memcpy(add, rekey->add, rekey->add_count * sizeof(Str));
    if (facts)
        add[rekey->add_count] = store_facts_key(arena, rekey->rid, rekey->version, STR_EMPTY);
    if (facts && !add[rekey->add_count].at)
        return STATUS_MEMORY;
    StoreWrite write = {.rid = rekey->rid,
                        .add = add,
                        .add_count = rekey->add_count + facts,
                        .remove = rekey->remove,
                        .remove_count = rekey->remove_count};
    return log_pack_entry(arena, &write, ret_entry);
}

bool log_open(Str chunk, LogAt *ret_at)
{
    if (chunk.len < LOG_CHUNK_HEAD_BYTES)
        return false;
    *ret_at = (LogAt){str_from(chunk, LOG_CHUNK_HEAD_BYTES), get_uint(chunk.at, 8)};
    return true;
}

/* Takes n bytes off the front; at = NULL when there are not so many. */
static Str take(Str *rest, size_t n)
{
    if (rest->len < n)
        return (Str){NULL, 0};
    Str front = str_n(rest->at, n);
    *rest = str_n(rest->at + n, rest->len - n);
    return front;
}

static bool each_own(Str head, Str id, uint64_t seq, LogKeys which, LogEach each, void *to)
{
    char key[KEY_OWN_BYTES_MAX];
    uint16_t type = (uint16_t)get_uint(head.at, 2);
    uint64_t rid = get_uint(head.at + 2, RID_BYTES);
    uint32_t version = (uint32_t)get_uint(head.at + 8, 4);
    if (!type)
        return true;
    if (which & LOG_FIXED && id.len && !each(to, key_of_id_rid(key, type, id, rid), seq, false))
        return false;
    if (!(which & LOG_NUMBERED))
        return true;
    if (version > 1 && !each(to, key_of_version_seq(key, rid, version - 1, seq), seq, false))
        return false;
    return each(to, key_of_change(key, type, seq), seq, false);
}

static bool each_key(Str keys, uint64_t seq, LogKeys which, LogEach each, void *to)
{
    while (keys.len) {
        Str head = take(&keys, 2);
        if (!head.at)
            return false;
        unsigned len = (unsigned)get_uint(head.at, 2);
        Str key = take(&keys, len & ~(unsigned)REMOVED);
        if (!key.at)
            return false;
        bool skipped = key.len && key.at[0] == STORE_KIND_FACTS && !(which & LOG_FACTS);
        if (!skipped && !each(to, key, seq, len & REMOVED))
            return false;
    }
    return true;
}

bool log_next(LogAt *at, LogKeys which, LogEach each, void *to, bool *ret_stopped)
{
    *ret_stopped = false;
    if (!at->rest.len)
        return false;
    *ret_stopped = true;
    Str head = take(&at->rest, ENTRY_HEAD_BYTES);
    if (!head.at)
        return false;
    Str id = take(&at->rest, (unsigned char)head.at[ENTRY_HEAD_BYTES - 1]);
    Str len = take(&at->rest, 4);
    if (!id.at || !len.at)
        return false;
    Str keys = take(&at->rest, get_uint(len.at, 4));
    if (!keys.at || !each_own(head, id, at->seq, which, each, to) ||
        (which & LOG_FIXED && !each_key(keys, at->seq, which, each, to)))
        return false;
    at->seq++;
    *ret_stopped = false;
    return true;
}
