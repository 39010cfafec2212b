/* store/sqlite/log.h - the index keys of changes, packed: what a commit appends to `pending`.
 *
 * A chunk is the number of its first change and then one entry for each change:
 *
 *     chunk: first_seq u64 | entry ... | entry ...
 *     entry: type u16 | rid u48 | version u32 | id_len u8 | id | keys_bytes u32 | key ...
 *     key:   removed u1, len u15 | bytes
 *
 * id stands there for version 1 only; all numbers big-endian. The store's own keys are not
 * written down: they follow from the entry and the number of the change. A rekey takes a
 * number too; its entry has type 0 and version 0. Where it has facts, a last key says of which
 * row (STORE_KIND_FACTS, moving.h), without them: they stand in the row. */
#ifndef ACESO_STORE_SQLITE_LOG_H
#define ACESO_STORE_SQLITE_LOG_H

#include "store/moving.h"

/* Packs one entry; keys must not be longer than STORE_KEY_BYTES_MAX. */
Status log_pack_entry(Arena *arena, const StoreWrite *write, Str *ret_entry) MUST_USE;

/* The same for keys without a change: type 0, and no keys of the store's own. */
Status log_pack_rekey(Arena *arena, const StoreRekey *rekey, Str *ret_entry) MUST_USE;

/* Whether the keys of the write obey the rules; false is a bug of the caller. */
bool log_keys_are_sound(const StoreWrite *write);
bool log_rekey_is_sound(const StoreRekey *rekey);

enum { LOG_CHUNK_HEAD_BYTES = 8 };

typedef struct {
    Str rest;
    uint64_t seq; /* of the next entry */
} LogAt;

/* false when this is no chunk. */
bool log_open(Str chunk, LogAt *ret_at) MUST_USE;

/* Some of an entry's keys do not depend on the number of its change. LOG_FACTS: also what is no key
 * of the index. */
typedef enum { LOG_FIXED = 1, LOG_NUMBERED = 2, LOG_ALL = 3, LOG_FACTS = 4 } LogKeys;

/* Calls each(to, ...) for every such key of the next entry, the store's own first. false at the
 * end, when the entry is damaged, or when each() returned false; *ret_stopped tells the
 * last two from the first. */
typedef bool (*LogEach)(void *to, Str key, uint64_t seq, bool removed);
bool log_next(LogAt *at, LogKeys which, LogEach each, void *to, bool *ret_stopped) MUST_USE;

#endif
