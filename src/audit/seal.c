/* audit/seal.c - keys of patients, and what is sealed under them. */
#include "audit/seal.h"

#include <pthread.h>
#include <stdio.h>

#include "access/facts.h"

/* Of the patients met last: a read of one that is remembered asks the store nothing. A patient has
 * a set, and in it the newest come first: with one way 2,000 patients put each other out in 7 of a
 * hundred searches, with four in none. */
enum { SETS = 1 << 14, WAYS = 4, NAME_CHARS = 16, SPACE_BYTES = 32 };
static const Str by_tag = STR_INIT("audit-key");

typedef struct {
    AuditKey key; /* patient 0: none */
    bool durable;
} Slot;

struct AuditKeys {
    Store *store;
    const Access *access;
    Arena *forever;
    pthread_mutex_t lock;
    Slot sets[SETS][WAYS];
};

Status audit_keys_new(Ctx *cx, Store *store, const Access *access, AuditKeys **ret_keys)
{
    Arena *forever = arena_new(sizeof(AuditKeys) + 65536, true);
    AuditKeys *keys = forever ? arena_new_of(forever, AuditKeys) : NULL;
    if (!keys)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "Out of memory.");
    keys->store = store;
    keys->access = access;
    keys->forever = forever;
    pthread_mutex_init(&keys->lock, NULL);
    *ret_keys = keys;
    return STATUS_OK;
}

void audit_keys_free(AuditKeys *keys)
{
    if (!keys)
        return;
    pthread_mutex_destroy(&keys->lock);
    arena_free(keys->forever);
}

/* ---- names of items --------------------------------------------------------------------- */

static Str hex_of(uint64_t number, char room[NAME_CHARS + 1])
{
    snprintf(room, NAME_CHARS + 1, "%016llx", (unsigned long long)number);
    return str_n(room, NAME_CHARS);
}

static uint64_t tag_number(const uint8_t tag[AUDIT_TAG_BYTES])
{
    uint64_t number = 0;
    for (size_t i = 0; i < AUDIT_TAG_BYTES; i++)
        number = number << 8 | tag[i];
    return number;
}

static Str space_of(uint64_t patient, char room[SPACE_BYTES])
{
    int len = snprintf(room, SPACE_BYTES, "audit-of %016llx", (unsigned long long)patient);
    return str_n(room, (size_t)len);
}

static bool read_tag(Str name, uint8_t ret_tag[AUDIT_TAG_BYTES])
{
    for (size_t i = 0; i < AUDIT_TAG_BYTES && name.len == NAME_CHARS; i++) {
        unsigned byte = 0;
        for (size_t j = 0; j < 2; j++) {
            char c = name.at[2 * i + j];
            byte = byte << 4 | (unsigned)(c >= 'a' ? c - 'a' + 10 : c - '0');
        }
        ret_tag[i] = (uint8_t)byte;
    }
    return name.len == NAME_CHARS;
}

/* ---- keys ------------------------------------------------------------------------------- */

Status audit_keys_of(Ctx *cx, StoreReader *reader, uint64_t patient, AuditKey **ret_keys,
                     size_t *ret_count)
{
    char room[SPACE_BYTES];
    StoreItem *items;
    size_t count, good = 0;
    TRY(store_item_list(reader, space_of(patient, room), &items, &count));
    AuditKey *keys = arena_array_of(cx->arena, AuditKey, count + 1);
    if (!keys)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (items[i].value.len != CRYPTO_KEY_BYTES || !read_tag(items[i].key, keys[good].tag))
            continue;
        memcpy(keys[good].key, items[i].value.at, CRYPTO_KEY_BYTES);
        keys[good++].patient = patient;
    }
    *ret_keys = keys;
    *ret_count = good;
    return STATUS_OK;
}

static Status find_stored(Ctx *cx, AuditKeys *keys, uint64_t patient, AuditKey *ret_key)
{
    StoreReader *reader;
    AuditKey *found;
    size_t count = 0;
    TRY(store_read_begin(keys->store, cx, keys->access, &reader));
    Status status = audit_keys_of(cx, reader, patient, &found, &count);
    store_read_end(reader);
    if (status == STATUS_OK && count)
        *ret_key = found[0];
    return status == STATUS_OK && !count ? STATUS_NOT_FOUND : status;
}

/* Where the patient stands in his set, or whom a new one puts out. Under the lock. */
static size_t way_of(const Slot *set, uint64_t patient)
{
    size_t way = 0;
    while (way < WAYS - 1 && set[way].key.patient != patient)
        way++;
    return way;
}

static bool recall(AuditKeys *keys, uint64_t patient, bool durable, AuditKey *ret_key)
{
    const Slot *set = keys->sets[patient % SETS];
    pthread_mutex_lock(&keys->lock);
    const Slot *slot = &set[way_of(set, patient)];
    bool found = slot->key.patient == patient && (slot->durable || !durable);
    if (found)
        *ret_key = slot->key;
    pthread_mutex_unlock(&keys->lock);
    return found;
}

static void remember(AuditKeys *keys, const AuditKey *key, bool durable)
{
    Slot *set = keys->sets[key->patient % SETS];
    pthread_mutex_lock(&keys->lock);
    memmove(set + 1, set, way_of(set, key->patient) * sizeof(Slot));
    set[0] = (Slot){*key, durable};
    pthread_mutex_unlock(&keys->lock);
}

static void forget(AuditKeys *keys, uint64_t patient)
{
    Slot *set = keys->sets[patient % SETS];
    pthread_mutex_lock(&keys->lock);
    Slot *slot = &set[way_of(set, patient)];
    if (slot->key.patient == patient)
        crypto_wipe(slot, sizeof(*slot));
    pthread_mutex_unlock(&keys->lock);
}

/* *ret_durable false: it is not in the store yet. */
static Status find_key(Ctx *cx, AuditKeys *keys, uint64_t patient, AuditKey *ret_key,
                       bool *ret_durable)
{
    *ret_durable = true;
    if (recall(keys, patient, true, ret_key))
        return STATUS_OK;
    Status status = find_stored(cx, keys, patient, ret_key);
    if (status == STATUS_OK)
        remember(keys, ret_key, true);
    if (status != STATUS_NOT_FOUND)
        return status;
    *ret_durable = false;
    if (recall(keys, patient, false, ret_key)) /* somebody is about to write it */
        return STATUS_OK;
    ret_key->patient = patient;
    crypto_random(ret_key->tag, sizeof(ret_key->tag));
    crypto_random(ret_key->key, sizeof(ret_key->key));
    remember(keys, ret_key, false);
    return STATUS_OK;
}

static bool has_item(const StoreCommit *commit, Str space, Str key)
{
    for (size_t i = 0; i < commit->item_count; i++) {
        if (str_eq(commit->items[i].space, space) && str_eq(commit->items[i].key, key))
            return true;
    }
    return false;
}

/* Items that are to be written, in a growing array. */
typedef struct {
    StoreItem *at;
    size_t count, room;
} Items;

static Status add_item(Ctx *cx, Items *items, Str space, Str key, Str value)
{
    items->at = arena_grow(cx->arena, items->at, sizeof(StoreItem), items->count, &items->room, 4);
    if (!items->at || !space.at || !key.at || !value.at)
        return STATUS_MEMORY;
    items->at[items->count++] = (StoreItem){space, key, value};
    return STATUS_OK;
}

/* Both items of a key. */
static Status add_items(Ctx *cx, const AuditKey *key, Items *items)
{
    char room[NAME_CHARS + 1], space[SPACE_BYTES], value[8 + CRYPTO_KEY_BYTES];
    for (size_t i = 0; i < 8; i++)
        value[i] = (char)(key->patient >> (56 - 8 * i));
    memcpy(value + 8, key->key, CRYPTO_KEY_BYTES);
    Str name = arena_str(cx->arena, hex_of(tag_number(key->tag), room)),
        whole = arena_str(cx->arena, str_n(value, sizeof(value))),
        of = arena_str(cx->arena, space_of(key->patient, space));
    crypto_wipe(value, sizeof(value));
    TRY(add_item(cx, items, by_tag, name, whole));
    return add_item(cx, items, of, name, whole.at ? str_from(whole, 8) : whole);
}

Status audit_forget(Ctx *cx, AuditKeys *keys, StoreReader *reader, uint64_t patient,
                    StoreItem **ret_items, size_t *ret_count)
{
    AuditKey *found;
    size_t count;
    Items items = {0};
    TRY(audit_keys_of(cx, reader, patient, &found, &count));
    for (size_t i = 0; i < count; i++)
        TRY(add_items(cx, &found[i], &items));
    for (size_t i = 0; i < items.count; i++)
        items.at[i].value = STR_EMPTY;
    forget(keys, patient);
    *ret_items = items.at;
    *ret_count = items.count;
    return STATUS_OK;
}

/* ---- sealing ---------------------------------------------------------------------------- */

/* What is about one patient, while it is gathered. */
typedef struct {
    AuditKey key;
    bool with_target;
    size_t count, room;
    Str *names;
} Group;

typedef struct {
    Ctx *cx;
    AuditKeys *keys;
    StoreCommit *commit;
    AuditEntry *entry;
    Group *groups;
    size_t count, room;
    Items items; /* keys that are new */
} Sealing;

/* NULL in *ret_group: he has no key, and none can be made. */
static Status group_of(Sealing *s, uint64_t patient, Group **ret_group)
{
    AuditKey key;
    bool durable;
    *ret_group = NULL;
    for (size_t i = s->count; i-- > 0;) {
        if (s->groups[i].key.patient == patient) {
            *ret_group = &s->groups[i];
            return STATUS_OK;
        }
    }
    TRY(find_key(s->cx, s->keys, patient, &key, &durable));
    if (!durable && !s->commit)
        return STATUS_OK;
    if (!durable)
        TRY(add_items(s->cx, &key, &s->items));
    s->groups = arena_grow(s->cx->arena, s->groups, sizeof(Group), s->count, &s->room, 4);
    if (!s->groups)
        return STATUS_MEMORY;
    s->groups[s->count] = (Group){.key = key};
    *ret_group = &s->groups[s->count++];
    return STATUS_OK;
}

/* name.at NULL: the resource of the entry itself. *ret_sealed: it stands in a group now. */
static Status gather(Sealing *s, Str packed_facts, Str name, bool *ret_sealed)
{
    Facts facts;
    *ret_sealed = false;
    if (!packed_facts.len || !facts_unpack(packed_facts, &facts))
        return STATUS_OK;
    for (size_t i = 0; i < facts.subject_count; i++) {
        Group *group;
        TRY(group_of(s, facts.subjects[i], &group));
        if (!group)
            continue;
        *ret_sealed = true;
        if (!name.at) {
            group->with_target = true;
            continue;
        }
        group->names =
            arena_grow(s->cx->arena, group->names, sizeof(Str), group->count, &group->room, 4);
        if (!group->names)
            return STATUS_MEMORY;
        group->names[group->count++] = name;
    }
    return STATUS_OK;
}

static Str about_salt(const AuditEntry *entry)
{
    return str_n((const char *)entry->salt, sizeof(entry->salt));
}

static Status seal_group(Sealing *s, const Group *group, AuditPart *ret_part)
{
    const AuditEntry *entry = s->entry;
    Buf clear;
    buf_init(&clear, s->cx->arena, 128, PACKED_BYTES_MAX);
    audit_put_string(&clear, group->with_target ? entry->id : STR_EMPTY);
    audit_put_string(&clear, entry->reason);
    audit_put_number(&clear, group->count);
    for (size_t i = 0; i < group->count; i++)
        audit_put_string(&clear, group->names[i]);
    TRY(buf_done(&clear));
    Str bytes = buf_str(&clear);
    char *sealed = arena_alloc_raw(s->cx->arena, bytes.len + CRYPTO_SEAL_BYTES);
    if (!sealed)
        return STATUS_MEMORY;
    memcpy(ret_part->tag, group->key.tag, AUDIT_TAG_BYTES);
    ret_part->sealed = str_n(sealed, bytes.len + CRYPTO_SEAL_BYTES);
    return crypto_seal(group->key.key, about_salt(entry), bytes, sealed);
}

static Status seal_groups(Sealing *s)
{
    AuditPart *parts = arena_array_of(s->cx->arena, AuditPart, s->count + 1);
    if (!parts)
        return STATUS_MEMORY;
    for (size_t i = 0; i < s->count; i++)
        TRY(seal_group(s, &s->groups[i], &parts[i]));
    s->entry->parts = parts;
    s->entry->part_count = s->count;
    return STATUS_OK;
}

/* Behind those that the commit has; one that another entry of it brought is there already. */
static Status give_items(Sealing *s)
{
    StoreCommit *commit = s->commit;
    if (!s->items.count)
        return STATUS_OK;
    size_t count = commit->item_count;
    StoreItem *all = arena_array_of(s->cx->arena, StoreItem, count + s->items.count);
    if (!all)
        return STATUS_MEMORY;
    if (count)
        memcpy(all, commit->items, count * sizeof(*all));
    for (size_t i = 0; i < s->items.count; i++) {
        if (!has_item(commit, s->items.at[i].space, s->items.at[i].key))
            all[count++] = s->items.at[i];
    }
    commit->items = all;
    commit->item_count = count;
    return STATUS_OK;
}

static Status audit_seal(Ctx *cx, AuditKeys *keys, AuditEntry *entry, StoreCommit *commit)
{
    Sealing s = {.cx = cx, .keys = keys, .commit = commit, .entry = entry};
    bool target, sealed;
    size_t left = 0;
    TRY(gather(&s, entry->facts, (Str){NULL, 0}, &target));
    if (entry->facts_of && entry->resource_count) {
        Str *names = arena_array_of(cx->arena, Str, entry->resource_count);
        if (!names)
            return STATUS_MEMORY;
        for (size_t i = 0; i < entry->resource_count; i++) {
            TRY(gather(&s, entry->facts_of[i], entry->resources[i], &sealed));
            if (!sealed)
                names[left++] = entry->resources[i];
        }
        entry->resources = names;
        entry->resource_count = left;
    }
    TRY(give_items(&s));
    TRY(seal_groups(&s));
    if (target)
        entry->id = STR_EMPTY;
    if (s.count)
        entry->reason = STR_EMPTY;
    return STATUS_OK;
}

Status audit_pack_sealed(Ctx *cx, AuditKeys *keys, const AuditEntry *entry, StoreCommit *commit,
                         Str *ret_packed)
{
    AuditEntry sealed = *entry;
    crypto_random(sealed.salt, sizeof(sealed.salt));
    sealed.parts = NULL;
    sealed.part_count = 0;
    TRY(audit_seal(cx, keys, &sealed, commit));
    return audit_pack_whole(cx, &sealed, ret_packed);
}

/* ---- opening ---------------------------------------------------------------------------- */

static Status open_part(Ctx *cx, const AuditEntry *entry, const AuditPart *part, Str key,
                        AuditAbout *ret_about)
{
    size_t len = part->sealed.len < CRYPTO_SEAL_BYTES ? 0 : part->sealed.len - CRYPTO_SEAL_BYTES;
    char *clear = arena_alloc_raw(cx->arena, len + 1);
    if (!clear)
        return STATUS_MEMORY;
    Str left = str_n(clear, len);
    if (key.len != 8 + CRYPTO_KEY_BYTES || !len ||
        !crypto_open((const uint8_t *)key.at + 8, about_salt(entry), part->sealed, clear) ||
        !audit_take_string(&left, &ret_about->id) ||
        !audit_take_string(&left, &ret_about->reason) ||
        !audit_take_strings(cx, &left, &ret_about->resources, &ret_about->resource_count) ||
        left.len)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        "A sealed part of an audit entry is damaged.");
    for (size_t i = 0; i < 8; i++)
        ret_about->patient = ret_about->patient << 8 | (uint8_t)key.at[i];
    return STATUS_OK;
}

Status audit_open(Ctx *cx, StoreReader *reader, const AuditEntry *entry, AuditAbout **ret_about)
{
    char room[NAME_CHARS + 1];
    AuditAbout *about = arena_array_of(cx->arena, AuditAbout, entry->part_count + 1);
    if (!about)
        return STATUS_MEMORY;
    for (size_t i = 0; i < entry->part_count; i++) {
        const AuditPart *part = &entry->parts[i];
        Str key;
        about[i] = (AuditAbout){0};
        Status status = store_item_get(reader, by_tag, hex_of(tag_number(part->tag), room), &key);
        if (status == STATUS_OK)
            status = open_part(cx, entry, part, key, &about[i]);
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            return status;
    }
    *ret_about = about;
    return STATUS_OK;
}
