/* auth/lockout.c - back-off: wrong passwords are counted by name and by address.
 *
 * A few attempts are free; then each wrong one doubles how long nobody may try that name, or
 * from that address, whether the name exists or not. A right password forgives the name. The
 * counters are items of the store and survive a restart (lockout_store.c).
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
} policies[] = {
    [LOCKOUT_NAME] = {5, 30 * TIME_SECOND, 900 * TIME_SECOND, TIME_DAY},
    [LOCKOUT_ADDRESS] = {20, 30 * TIME_SECOND, 3600 * TIME_SECOND, TIME_DAY / 4},
};

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

Lockout *lockout_find(Lockouts *lockouts, LockoutKind kind, const uint8_t *key)
{
    Lockout *found = *bucket_of(lockouts, key);
    while (found && (found->kind != kind || memcmp(found->key, key, LOCKOUT_KEY_BYTES) != 0))
        found = found->next;
    return found;
}

void lockout_drop(Lockouts *lockouts, Lockout *lockout)
{
    Lockout **link = bucket_of(lockouts, lockout->key);
    while (*link != lockout)
        link = &(*link)->next;
    *link = lockout->next;
    lockouts->dropped |= lockout->stored;
    *lockout = (Lockout){.next = lockouts->free};
    lockouts->free = lockout;
}

Lockout *lockout_add(Lockouts *lockouts, LockoutKind kind, const uint8_t *key)
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

bool lockout_is_over(const Lockout *lockout, Time now)
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

void lockout_count(Lockouts *lockouts, LockoutKind kind, const uint8_t *key, Time now)
{
    Lockout *lockout = lockout_find(lockouts, kind, key);
    if (!lockout)
        lockout = lockout_add(lockouts, kind, key);
    if (lockout_is_over(lockout, now))
        lockout->failures = 0;
    if (lockout->failures < UINT32_MAX)
        lockout->failures++;
    lockout->last = now;
    lockout->told = false;
    lockout->until = 0;
    if (lockout->failures >= policies[kind].free)
        set_until(lockout, now);
}

unsigned lockout_refuses(Lockouts *lockouts, const LockoutKeys *keys, Time now,
                         bool *ret_first_refusal)
{
    unsigned by_name, by_address = 0;
    *ret_first_refusal = false;
    by_name = refused_for(lockout_find(lockouts, LOCKOUT_NAME, keys->name), now, ret_first_refusal);
    if (keys->has_address)
        by_address = refused_for(lockout_find(lockouts, LOCKOUT_ADDRESS, keys->address), now,
                                 ret_first_refusal);
    return by_name > by_address ? by_name : by_address;
}

unsigned lockout_begin(Auth *auth, const LockoutKeys *keys, bool *ret_first_refusal)
{
    Lockouts *lockouts = &auth->lockouts;
    Time now = auth_now(auth);
    pthread_mutex_lock(&lockouts->lock);
    unsigned wait_s = lockout_refuses(lockouts, keys, now, ret_first_refusal);
    if (!wait_s) {
        lockout_count(lockouts, LOCKOUT_NAME, keys->name, now);
        if (keys->has_address)
            lockout_count(lockouts, LOCKOUT_ADDRESS, keys->address, now);
    }
    pthread_mutex_unlock(&lockouts->lock);
    return wait_s;
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

/* ---- with others on one store -------------------------------------------------- */

void lockout_merge(Lockouts *lockouts, LockoutKind kind, const uint8_t *key, const Lockout *stored,
                   Time now)
{
    Lockout *lockout = lockout_find(lockouts, kind, key);
    bool there = stored && !lockout_is_over(stored, now);
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
