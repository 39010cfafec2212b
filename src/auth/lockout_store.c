/* auth/lockout_store.c - back-off in the store: so that it outlives the process, and others on the
 * same store count too.
 *
 *   space "lockout", key = letter of the kind, hex of its hash
 *   value = {"failures":3,"last":...,"until":...} */
#include "auth/inner.h"

#include "store/item.h"

static const Str space = STR_INIT("lockout");
static const char letters[] = {[LOCKOUT_NAME] = 'n', [LOCKOUT_ADDRESS] = 'a'};

static Str item_key(Arena *arena, LockoutKind kind, const uint8_t *key)
{
    Str hex = crypto_hex(arena, str_n((const char *)key, LOCKOUT_KEY_BYTES));
    return hex.at ? arena_format(arena, "%c" STR_FMT, letters[kind], STR_ARG(hex)) : (Str){0};
}

static Status item_of(Lockouts *lockouts, Ctx *cx, LockoutKind kind, const uint8_t *key,
                      StoreItem *ret_item)
{
    Lockout *lockout = lockout_find(lockouts, kind, key);
    *ret_item = (StoreItem){.space = space, .key = item_key(cx->arena, kind, key)};
    if (lockout) {
        ret_item->value =
            arena_format(cx->arena, "{\"failures\":%u,\"last\":%lld,\"until\":%lld}",
                         lockout->failures, (long long)lockout->last, (long long)lockout->until);
        lockout->stored = true;
        lockout->writing = lockout->failures;
    }
    return ret_item->key.at && (!lockout || ret_item->value.at) ? STATUS_OK : STATUS_MEMORY;
}

Status lockout_items(Auth *auth, Ctx *cx, const LockoutKeys *keys, StoreItem *items,
                     size_t *ret_count)
{
    Lockouts *lockouts = &auth->lockouts;
    pthread_mutex_lock(&lockouts->lock);
    Status status = item_of(lockouts, cx, LOCKOUT_NAME, keys->name, &items[0]);
    if (status == STATUS_OK && keys->has_address)
        status = item_of(lockouts, cx, LOCKOUT_ADDRESS, keys->address, &items[1]);
    pthread_mutex_unlock(&lockouts->lock);
    TRY(status);
    *ret_count = keys->has_address ? 2 : 1;
    return STATUS_OK;
}

/* false when the item was not written by item_of. */
static bool item_key_parse(Arena *arena, Str key, LockoutKind *ret_kind, Str *ret_bytes)
{
    for (size_t kind = 0; kind < COUNT_OF(letters); kind++) {
        if (key.len > 0 && key.at[0] == letters[kind] &&
            crypto_hex_decode(arena, str_from(key, 1), ret_bytes) &&
            ret_bytes->len == LOCKOUT_KEY_BYTES) {
            *ret_kind = (LockoutKind)kind;
            return true;
        }
    }
    return false;
}

static bool value_parse(Ctx *cx, LockoutKind kind, Str value, Lockout *ret_lockout)
{
    JsonValue *root;
    uint64_t failures, last, until;
    if (json_parse(cx, value, &root) != STATUS_OK ||
        !str_to_u64(json_str(json_get(root, STR("failures"))), &failures) ||
        !str_to_u64(json_str(json_get(root, STR("last"))), &last) ||
        !str_to_u64(json_str(json_get(root, STR("until"))), &until))
        return false;
    *ret_lockout = (Lockout){
        .kind = kind, .failures = (uint32_t)failures, .last = (Time)last, .until = (Time)until};
    return true;
}

static void load_item(Lockouts *lockouts, Ctx *cx, const StoreItem *item, Time now)
{
    LockoutKind kind;
    Str key;
    Lockout loaded;
    if (!item_key_parse(cx->arena, item->key, &kind, &key) ||
        !value_parse(cx, kind, item->value, &loaded)) {
        lockouts->dropped = true;
        return;
    }
    if (lockout_is_over(&loaded, now) || !lockouts->free) {
        lockouts->dropped = true;
        return;
    }
    Lockout *lockout = lockout_add(lockouts, kind, (const uint8_t *)key.at);
    lockout->failures = lockout->known = loaded.failures;
    lockout->last = loaded.last;
    lockout->until = loaded.until;
    lockout->stored = true;
}

/* ---- with other nodes on one store ------------------------------------------------------- */

static Status read_item(Auth *auth, Ctx *cx, StoreItem *item)
{
    Status status =
        store_item_now(auth->store, cx, auth->self, item->space, item->key, &item->value);
    if (status == STATUS_NOT_FOUND)
        item->value = STR_EMPTY;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Memory knows what the store knows; *ret_stored is that, for the guard of a change. */
static Status adopt(Auth *auth, Ctx *cx, LockoutKind kind, const uint8_t *key,
                    StoreItem *ret_stored)
{
    Lockouts *lockouts = &auth->lockouts;
    *ret_stored = (StoreItem){space, item_key(cx->arena, kind, key), STR_EMPTY};
    if (!ret_stored->key.at)
        return STATUS_MEMORY;
    TRY(read_item(auth, cx, ret_stored));
    pthread_mutex_lock(&lockouts->lock);
    Lockout *known = lockout_find(lockouts, kind, key);
    bool told = known && known->told;
    if (known)
        lockout_drop(lockouts, known);
    if (ret_stored->value.len)
        load_item(lockouts, cx, ret_stored, auth_now(auth));
    known = lockout_find(lockouts, kind, key);
    if (known)
        known->told = told;
    pthread_mutex_unlock(&lockouts->lock);
    return STATUS_OK;
}

static Status count_shared(Auth *auth, Ctx *cx, LockoutKind kind, const uint8_t *key)
{
    enum { TRIES_MAX = 20 };
    Status status = STATUS_CONFLICT;
    for (int tries = 0; status == STATUS_CONFLICT && tries < TRIES_MAX; tries++) {
        StoreItem stored, item;
        TRY(adopt(auth, cx, kind, key, &stored));
        pthread_mutex_lock(&auth->lockouts.lock);
        lockout_count(&auth->lockouts, kind, key, auth_now(auth));
        status = item_of(&auth->lockouts, cx, kind, key, &item);
        pthread_mutex_unlock(&auth->lockouts.lock);
        TRY(status);
        StoreCommit commit = {.items = &item, .item_count = 1, .guard = &stored};
        status = store_commit(auth->store, cx, auth->self, &commit);
    }
    return status;
}

Status lockout_adopt(Auth *auth, Ctx *cx, const LockoutKeys *keys)
{
    StoreItem stored;
    TRY(adopt(auth, cx, LOCKOUT_NAME, keys->name, &stored));
    return keys->has_address ? adopt(auth, cx, LOCKOUT_ADDRESS, keys->address, &stored) : STATUS_OK;
}

Status lockout_begin_shared(Auth *auth, Ctx *cx, const LockoutKeys *keys, bool *ret_first_refusal,
                            unsigned *ret_wait_s)
{
    Lockouts *lockouts = &auth->lockouts;
    TRY(lockout_adopt(auth, cx, keys));
    pthread_mutex_lock(&lockouts->lock);
    *ret_wait_s = lockout_refuses(lockouts, keys, auth_now(auth), ret_first_refusal);
    pthread_mutex_unlock(&lockouts->lock);
    if (*ret_wait_s)
        return STATUS_OK;
    TRY(count_shared(auth, cx, LOCKOUT_NAME, keys->name));
    return keys->has_address ? count_shared(auth, cx, LOCKOUT_ADDRESS, keys->address) : STATUS_OK;
}

Status lockouts_load(Auth *auth, Ctx *cx, StoreReader *reader)
{
    StoreItem *items;
    size_t count;
    TRY(store_item_list(reader, space, &items, &count));
    for (size_t i = 0; i < count; i++)
        load_item(&auth->lockouts, cx, &items[i], auth_now(auth));
    return STATUS_OK;
}

static Status learn_one(Auth *auth, Ctx *cx, StoreReader *reader, LockoutKind kind,
                        const uint8_t *key, StoreItem *ret_item)
{
    Lockout stored;
    StoreItem item = {.space = space, .key = item_key(cx->arena, kind, key), .value = STR_EMPTY};
    if (!item.key.at)
        return STATUS_MEMORY;
    Status status = store_item_get(reader, space, item.key, &item.value);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    bool there = status == STATUS_OK && value_parse(cx, kind, item.value, &stored);
    pthread_mutex_lock(&auth->lockouts.lock);
    lockout_merge(&auth->lockouts, kind, key, there ? &stored : NULL, auth_now(auth));
    pthread_mutex_unlock(&auth->lockouts.lock);
    *ret_item = item;
    return STATUS_OK;
}

Status lockouts_learn(Auth *auth, Ctx *cx, const LockoutKeys *keys, StoreItem *ret_name)
{
    StoreReader *reader;
    StoreItem address;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = learn_one(auth, cx, reader, LOCKOUT_NAME, keys->name, ret_name);
    if (status == STATUS_OK && keys->has_address)
        status = learn_one(auth, cx, reader, LOCKOUT_ADDRESS, keys->address, &address);
    store_read_end(reader);
    return status;
}

static void written(Lockouts *lockouts, LockoutKind kind, const uint8_t *key)
{
    Lockout *lockout = lockout_find(lockouts, kind, key);
    if (lockout)
        lockout->known = lockout->writing;
}

void lockouts_written(Auth *auth, const LockoutKeys *keys)
{
    pthread_mutex_lock(&auth->lockouts.lock);
    written(&auth->lockouts, LOCKOUT_NAME, keys->name);
    if (keys->has_address)
        written(&auth->lockouts, LOCKOUT_ADDRESS, keys->address);
    pthread_mutex_unlock(&auth->lockouts.lock);
}

/* Whether an item may go: alone on a store memory knows all that count; else it says itself. */
static bool is_old(Auth *auth, Ctx *cx, const StoreItem *item)
{
    LockoutKind kind;
    Str key;
    Lockout stored;
    Ctx quiet = {.arena = cx->arena};
    if (!item_key_parse(cx->arena, item->key, &kind, &key))
        return true;
    if (auth->shared)
        return !value_parse(&quiet, kind, item->value, &stored) ||
               lockout_is_over(&stored, auth_now(auth));
    pthread_mutex_lock(&auth->lockouts.lock);
    bool known = lockout_find(&auth->lockouts, kind, (const uint8_t *)key.at) != NULL;
    pthread_mutex_unlock(&auth->lockouts.lock);
    return !known;
}

/* Every item that memory does not know is an old one. */
Status lockouts_tidy(Auth *auth, Ctx *cx, StoreReader *reader, StoreItem **ret_items,
                     size_t *ret_count)
{
    Lockouts *lockouts = &auth->lockouts;
    Time now = auth_now(auth);
    size_t count = 0, deletions = 0;
    StoreItem *items = NULL;
    pthread_mutex_lock(&lockouts->lock);
    for (size_t i = 0; i < LOCKOUTS_MAX; i++) {
        if (lockouts->all[i].used && lockout_is_over(&lockouts->all[i], now))
            lockout_drop(lockouts, &lockouts->all[i]);
    }
    bool dropped = lockouts->dropped;
    lockouts->dropped = false;
    pthread_mutex_unlock(&lockouts->lock);
    if (dropped)
        TRY(store_item_list(reader, space, &items, &count));
    for (size_t i = 0; i < count; i++) {
        if (is_old(auth, cx, &items[i]))
            items[deletions++] = (StoreItem){.space = space, .key = items[i].key};
    }
    *ret_items = items;
    *ret_count = deletions;
    return STATUS_OK;
}

void lockouts_tidy_again(Auth *auth)
{
    pthread_mutex_lock(&auth->lockouts.lock);
    auth->lockouts.dropped = true;
    pthread_mutex_unlock(&auth->lockouts.lock);
}
