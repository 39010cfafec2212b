/* auth/lockout.c - back-off: wrong passwords are counted by name and by address.
 *
 * A few attempts are free; then each wrong one doubles how long nobody may try that name, or
 * from that address, whether the name exists or not. A right password forgives the name. The
 * counters are items of the store and survive a restart.
 *
 * What it costs somebody who guesses: about 100 attempts a day on one name, about 40 a day
 * from one address. What it costs the person whose name is abused: at most 15 minutes of
 * waiting. Where several nodes share the store, each attempt begins with what the store has, and
 * a failure is written on top of what others wrote, so that they count together (those of an
 * address may lose one when two fail at once). When more names and addresses fail than fit, the one
 * that failed longest ago is forgotten. */
#include "auth/inner.h"

#include <arpa/inet.h>

static const struct {
    uint32_t free; /* this failure, and every one after it, locks */
    Time first;    /* for so long, doubled each time */
    Time longest;
    Time forget; /* without a failure */
    char letter; /* of the item's key */
} policies[] = {
    [LOCKOUT_NAME] = {5, 30 * TIME_SECOND, 900 * TIME_SECOND, TIME_DAY, 'n'},
    [LOCKOUT_ADDRESS] = {20, 30 * TIME_SECOND, 3600 * TIME_SECOND, TIME_DAY / 4, 'a'},
};

static const Str space = STR_INIT("lockout");

Status lockouts_init(Lockouts *lockouts)
{
    lockouts->arena = arena_new((size_t)LOCKOUTS_MAX * sizeof(Lockout) + (1 << 16), true);
    if (!lockouts->arena || pthread_mutex_init(&lockouts->lock, NULL) != 0)
        return STATUS_MEMORY;
    lockouts->all = arena_array_of(lockouts->arena, Lockout, LOCKOUTS_MAX);
    if (!lockouts->all)
        return STATUS_MEMORY;
    for (size_t i = 0; i < LOCKOUTS_MAX; i++) {
        lockouts->all[i].next = lockouts->free;
        lockouts->free = &lockouts->all[i];
    }
    return STATUS_OK;
}

void lockouts_release(Lockouts *lockouts)
{
    if (!lockouts->arena)
        return;
    pthread_mutex_destroy(&lockouts->lock);
    arena_free(lockouts->arena);
}

static Lockout **bucket_of(Lockouts *lockouts, const uint8_t *key)
{
    uint32_t start;
    memcpy(&start, key, sizeof start);
    return &lockouts->buckets[start % LOCKOUT_BUCKETS];
}

static Lockout *lockout_find(Lockouts *lockouts, LockoutKind kind, const uint8_t *key)
{
    Lockout *found = *bucket_of(lockouts, key);
    while (found && (found->kind != kind || memcmp(found->key, key, LOCKOUT_KEY_BYTES) != 0))
        found = found->next;
    return found;
}

static void lockout_drop(Lockouts *lockouts, Lockout *lockout)
{
    Lockout **link = bucket_of(lockouts, lockout->key);
    while (*link != lockout)
        link = &(*link)->next;
    *link = lockout->next;
    lockouts->dropped |= lockout->stored;
    *lockout = (Lockout){.next = lockouts->free};
    lockouts->free = lockout;
}

static Lockout *lockout_add(Lockouts *lockouts, LockoutKind kind, const uint8_t *key)
{
    if (!lockouts->free) {
        Lockout *oldest = &lockouts->all[0];
        for (size_t i = 1; i < LOCKOUTS_MAX; i++)
            oldest = lockouts->all[i].last < oldest->last ? &lockouts->all[i] : oldest;
        lockout_drop(lockouts, oldest);
    }
    Lockout *added = lockouts->free, **bucket = bucket_of(lockouts, key);
    lockouts->free = added->next;
    *added = (Lockout){.kind = kind, .used = true, .next = *bucket};
    memcpy(added->key, key, LOCKOUT_KEY_BYTES);
    *bucket = added;
    return added;
}

static void make_key(Str text, uint8_t key[LOCKOUT_KEY_BYTES])
{
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(text, hash);
    memcpy(key, hash, LOCKOUT_KEY_BYTES);
}

/* One household or host has a whole /64 of IPv6, and may write IPv4 as IPv6. */
static bool address_bytes(Str address, uint8_t bytes[16], size_t *ret_len)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN];
    if (address.len == 0 || address.len >= sizeof text)
        return false;
    memcpy(text, address.at, address.len);
    text[address.len] = 0;
    *ret_len = 4;
    if (inet_pton(AF_INET, text, bytes) == 1)
        return true;
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return false;
    if (memcmp(bytes, mapped, sizeof mapped) == 0)
        memmove(bytes, bytes + 12, 4);
    else
        *ret_len = 8;
    return true;
}

LockoutKeys lockout_keys(Str folded_user, Str address)
{
    LockoutKeys keys = {0};
    uint8_t bytes[16];
    size_t len;
    make_key(folded_user, keys.name);
    keys.has_address = address_bytes(address, bytes, &len);
    if (keys.has_address)
        make_key(str_n((const char *)bytes, len), keys.address);
    return keys;
}

LockoutKeys lockout_keys_of(const char *door, Str folded_user, Str address)
{
    LockoutKeys keys = lockout_keys(folded_user, address);
    char mixed[16 + LOCKOUT_KEY_BYTES];
    size_t len = strlen(door);
    assert(len <= 16);
    memcpy(mixed, door, len);
    memcpy(mixed + len, keys.name, LOCKOUT_KEY_BYTES);
    make_key(str_n(mixed, len + LOCKOUT_KEY_BYTES), keys.name);
    memcpy(mixed + len, keys.address, LOCKOUT_KEY_BYTES);
    make_key(str_n(mixed, len + LOCKOUT_KEY_BYTES), keys.address);
    return keys;
}

static bool is_forgotten(const Lockout *lockout, Time now)
{
    return lockout->last + policies[lockout->kind].forget <= now;
}

static unsigned refused_for(Lockout *lockout, Time now, bool *ret_first)
{
    if (!lockout || lockout->until <= now)
        return 0;
    *ret_first |= !lockout->told;
    lockout->told = true;
    return (unsigned)((lockout->until - now + TIME_SECOND - 1) / TIME_SECOND);
}

static void set_until(Lockout *lockout, Time from)
{
    LockoutKind kind = lockout->kind;
    uint32_t doublings = lockout->failures - policies[kind].free;
    Time length = policies[kind].first << (doublings < 16 ? doublings : 16);
    lockout->until = from + (length < policies[kind].longest ? length : policies[kind].longest);
}

static void count_failure(Lockouts *lockouts, LockoutKind kind, const uint8_t *key, Time now)
{
    Lockout *lockout = lockout_find(lockouts, kind, key);
    if (!lockout)
        lockout = lockout_add(lockouts, kind, key);
    if (is_forgotten(lockout, now))
        lockout->failures = 0;
    if (lockout->failures < UINT32_MAX)
        lockout->failures++;
    lockout->last = now;
    lockout->told = false;
    lockout->until = 0;
    if (lockout->failures >= policies[kind].free)
        set_until(lockout, now);
}

unsigned lockout_begin(Auth *auth, const LockoutKeys *keys, bool *ret_first_refusal)
{
    Lockouts *lockouts = &auth->lockouts;
    Time now = auth_now(auth);
    unsigned by_name, by_address = 0;
    *ret_first_refusal = false;
    pthread_mutex_lock(&lockouts->lock);
    by_name = refused_for(lockout_find(lockouts, LOCKOUT_NAME, keys->name), now, ret_first_refusal);
    if (keys->has_address)
        by_address = refused_for(lockout_find(lockouts, LOCKOUT_ADDRESS, keys->address), now,
                                 ret_first_refusal);
    if (by_name == 0 && by_address == 0) {
        count_failure(lockouts, LOCKOUT_NAME, keys->name, now);
        if (keys->has_address)
            count_failure(lockouts, LOCKOUT_ADDRESS, keys->address, now);
    }
    pthread_mutex_unlock(&lockouts->lock);
    return by_name > by_address ? by_name : by_address;
}

static void take_back(Lockouts *lockouts, Lockout *lockout, bool all)
{
    if (!lockout)
        return;
    lockout->until = 0; /* it was not locked when the attempt began */
    if (all || lockout->failures <= 1)
        lockout_drop(lockouts, lockout);
    else
        lockout->failures--;
}

void lockout_undo(Auth *auth, const LockoutKeys *keys, bool was_right)
{
    Lockouts *lockouts = &auth->lockouts;
    pthread_mutex_lock(&lockouts->lock);
    take_back(lockouts, lockout_find(lockouts, LOCKOUT_NAME, keys->name), was_right);
    if (keys->has_address)
        take_back(lockouts, lockout_find(lockouts, LOCKOUT_ADDRESS, keys->address), false);
    pthread_mutex_unlock(&lockouts->lock);
}

void lockout_forgive_name(Auth *auth, const LockoutKeys *keys)
{
    Lockouts *lockouts = &auth->lockouts;
    pthread_mutex_lock(&lockouts->lock);
    take_back(lockouts, lockout_find(lockouts, LOCKOUT_NAME, keys->name), true);
    pthread_mutex_unlock(&lockouts->lock);
}

static Str item_key(Arena *arena, LockoutKind kind, const uint8_t *key)
{
    Str hex = crypto_hex(arena, str_n((const char *)key, LOCKOUT_KEY_BYTES));
    return hex.at ? arena_format(arena, "%c" STR_FMT, policies[kind].letter, STR_ARG(hex))
                  : (Str){0};
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
    for (size_t kind = 0; kind < COUNT_OF(policies); kind++) {
        if (key.len > 0 && key.at[0] == policies[kind].letter &&
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
    if (is_forgotten(&loaded, now) || !lockouts->free) {
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
    StoreReader *reader;
    TRY(store_read_begin(auth->store, cx, auth->self, &reader));
    Status status = store_item_get(reader, item->space, item->key, &item->value);
    store_read_end(reader);
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
        count_failure(&auth->lockouts, kind, key, auth_now(auth));
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
    Time now = auth_now(auth);
    unsigned by_name, by_address = 0;
    *ret_first_refusal = false;
    TRY(lockout_adopt(auth, cx, keys));
    pthread_mutex_lock(&lockouts->lock);
    by_name = refused_for(lockout_find(lockouts, LOCKOUT_NAME, keys->name), now, ret_first_refusal);
    if (keys->has_address)
        by_address = refused_for(lockout_find(lockouts, LOCKOUT_ADDRESS, keys->address), now,
                                 ret_first_refusal);
    pthread_mutex_unlock(&lockouts->lock);
    *ret_wait_s = by_name > by_address ? by_name : by_address;
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

/* ---- with others on one store -------------------------------------------------- */

/* What the store has takes the place of what it was known to have; what of ours is not in it yet
 * stays on top. Nothing in the store: forgiven, here or elsewhere. */
static void merge(Lockouts *lockouts, LockoutKind kind, const uint8_t *key, const Lockout *stored,
                  Time now)
{
    Lockout *lockout = lockout_find(lockouts, kind, key);
    bool there = stored && !is_forgotten(stored, now);
    if (!lockout && !there)
        return;
    if (!lockout)
        lockout = lockout_add(lockouts, kind, key);
    uint32_t own = lockout->failures > lockout->known ? lockout->failures - lockout->known : 0;
    lockout->known = there ? stored->failures : 0;
    lockout->failures = lockout->known + own;
    if (!there && lockout->stored)
        lockout->until = 0;
    lockout->stored = there;
    if (there && stored->until > lockout->until)
        lockout->until = stored->until;
    if (there && stored->last > lockout->last)
        lockout->last = stored->last;
    if (own && lockout->failures >= policies[kind].free)
        set_until(lockout, lockout->last);
    if (!lockout->failures)
        lockout_drop(lockouts, lockout);
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
    merge(&auth->lockouts, kind, key, there ? &stored : NULL, auth_now(auth));
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
               is_forgotten(&stored, auth_now(auth));
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
        if (lockouts->all[i].used && is_forgotten(&lockouts->all[i], now))
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
