/* store/sqlite/keys.h - the store's own index keys.
 *
 * Kinds below STORE_KIND_FIRST. Numbers are big-endian, so that memcmp orders them; ~ turns
 * the order round, so that the newest comes first.
 *
 *     id      01 | type u16 | id bytes | 00 | rid u48        which rid an id has, for ever
 *     change  02 | type u16 | ~seq u48                       changes of a type
 *     version 03 | rid u48 | ~version u32 | seq u48          old versions: history.seq
 *
 * Observation (type 96) "a1" with rid 258:  01 0060 6131 00 000000000102 */
#ifndef ACESO_STORE_SQLITE_KEYS_H
#define ACESO_STORE_SQLITE_KEYS_H

#include "store/bytes.h"

enum { KEY_ID = 1, KEY_CHANGE = 2, KEY_VERSION = 3 };
enum { KEY_OWN_BYTES_MAX = 1 + 2 + 255 + 1 + 6, RID_BYTES = 6, SEQ_BYTES = 6 };

/* The key up to the rid: what a lookup seeks. `to` has room for KEY_OWN_BYTES_MAX. */
static inline Str key_of_id(char *to, uint16_t type, Str id)
{
    assert(id.len > 0 && id.len < 256);
    to[0] = KEY_ID;
    put_uint(to + 1, 2, type);
    memcpy(to + 3, id.at, id.len);
    to[3 + id.len] = 0;
    return str_n(to, 4 + id.len);
}

static inline Str key_of_id_rid(char *to, uint16_t type, Str id, uint64_t rid)
{
    Str key = key_of_id(to, type, id);
    put_uint(to + key.len, RID_BYTES, rid);
    return str_n(to, key.len + RID_BYTES);
}

static inline Str key_of_changes(char *to, uint16_t type)
{
    to[0] = KEY_CHANGE;
    put_uint(to + 1, 2, type);
    return str_n(to, 3);
}

static inline Str key_of_change(char *to, uint16_t type, uint64_t seq)
{
    (void)key_of_changes(to, type);
    put_uint(to + 3, SEQ_BYTES, ~seq);
    return str_n(to, 3 + SEQ_BYTES);
}

static inline uint64_t key_change_seq(Str key)
{
    return ~get_uint(key.at + 3, SEQ_BYTES) & 0xffffffffffff;
}

static inline Str key_of_versions(char *to, uint64_t rid)
{
    to[0] = KEY_VERSION;
    put_uint(to + 1, RID_BYTES, rid);
    return str_n(to, 1 + RID_BYTES);
}

static inline Str key_of_version(char *to, uint64_t rid, uint32_t version)
{
    (void)key_of_versions(to, rid);
    put_uint(to + 7, 4, ~version);
    return str_n(to, 11);
}

static inline Str key_of_version_seq(char *to, uint64_t rid, uint32_t version, uint64_t seq)
{
    (void)key_of_version(to, rid, version);
    put_uint(to + 11, SEQ_BYTES, seq);
    return str_n(to, 11 + SEQ_BYTES);
}

static inline uint64_t key_tail(Str key)
{
    return get_uint(key.at + key.len - RID_BYTES, RID_BYTES);
}

#endif
