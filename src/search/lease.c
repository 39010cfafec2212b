/* search/lease.c - one of the processes that share a store makes its index.
 *
 * The lease is an item: who has it, and a count that grows while its holder is at work. Who finds
 * that the count has stood still for LEASE_S takes it over; only that one's own clock is asked.
 * Two at work at once, as after a long pause of one, would do no harm: each commit of a pass or
 * sweep names its epoch, and one of a pass the place where its slice begins, so that who was
 * overtaken ends. */
#include "search/indexer.h"

#include "crypto/crypto.h"
#include "store/item.h"

enum { NAME_CHARS = 16, RENEW_S = 2, LEASE_S = 8 };

struct Lease {
    char name[NAME_CHARS];
    bool mine;
    uint64_t count;
    Time renewed; /* monotonic: when it was last written by us */
    Time changed; /* when `seen` was first seen */
    Str seen;
    char room[64];
};

static const Str space = STR_INIT("index"), key = STR_INIT("lease");

Status lease_new(Ctx *cx, Indexer *ix)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t random[NAME_CHARS];
    ix->lease = arena_new_of(cx->arena, Lease);
    if (!ix->lease)
        return STATUS_MEMORY;
    crypto_random(random, sizeof(random));
    for (size_t i = 0; i < NAME_CHARS; i++)
        ix->lease->name[i] = digits[random[i] & 15];
    return STATUS_OK;
}

static Str name_of(const Lease *lease)
{
    return str_n(lease->name, NAME_CHARS);
}

static Status read_it(Indexer *ix, Ctx *cx, Str *ret_value)
{
    Status status = store_item_now(ix->search->store, cx, ix->access, space, key, ret_value);
    if (status == STATUS_NOT_FOUND)
        *ret_value = STR_EMPTY;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* value empty: given back. */
static Status write_it(Indexer *ix, Ctx *cx, Str before, Str value)
{
    StoreItem item = {space, key, value}, guard = {space, key, before};
    StoreCommit commit = {.items = &item, .item_count = 1, .guard = &guard};
    return store_commit(ix->search->store, cx, ix->access, &commit);
}

/* Whether its holder has not moved for long enough. */
static bool stands_still(Lease *lease, Str value, Time now)
{
    if (!str_eq(value, lease->seen)) {
        size_t len = value.len < sizeof(lease->room) ? value.len : sizeof(lease->room);
        memcpy(lease->room, value.at, len);
        lease->seen = str_n(lease->room, len);
        lease->changed = now;
    }
    return now - lease->changed >= LEASE_S * TIME_SECOND;
}

static bool take(Indexer *ix, Ctx *cx)
{
    Lease *lease = ix->lease;
    Str value;
    Time now = time_monotonic();
    lease->mine = false;
    if (read_it(ix, cx, &value) != STATUS_OK)
        return false;
    bool own = str_has_prefix(value, name_of(lease));
    if (value.len && !own && !stands_still(lease, value, now))
        return false;
    Str mine = arena_format(cx->arena, STR_FMT " %llu", STR_ARG(name_of(lease)),
                            (unsigned long long)++lease->count);
    lease->mine = mine.at && write_it(ix, cx, value, mine) == STATUS_OK;
    lease->renewed = now;
    return lease->mine;
}

bool lease_take(Indexer *ix)
{
    Lease *lease = ix->lease;
    if (!lease || (lease->mine && time_monotonic() - lease->renewed < RENEW_S * TIME_SECOND))
        return true;
    Ctx cx = {.arena = arena_new((size_t)1 << 20, true)};
    bool taken = cx.arena && take(ix, &cx);
    arena_free(cx.arena);
    return taken;
}

void lease_doubt(Indexer *ix)
{
    if (ix->lease)
        ix->lease->mine = false;
}

void lease_give_back(Indexer *ix)
{
    Lease *lease = ix->lease;
    Str value;
    if (!lease || !lease->mine)
        return;
    lease->mine = false;
    Ctx cx = {.arena = arena_new((size_t)1 << 20, true)};
    if (cx.arena && read_it(ix, &cx, &value) == STATUS_OK && str_has_prefix(value, name_of(lease)))
        UNUSED(write_it(ix, &cx, value, STR_EMPTY) == STATUS_OK); /* else it runs out */
    arena_free(cx.arena);
}
