/* store/postgres/ahead.c - what was read ahead, by rid. */
#include "store/postgres/ahead.h"

#include <stdlib.h>

#include "store/bytes.h"

enum { SLOTS = 1024, RESULTS_MAX = 64, TRAILS = 4, RID_BYTES = 6 };
enum { WISH_FIRST = 8, WISH_LEAST = 2 };
static const uint64_t rid_mask = 0xffffffffffff;
static const size_t bytes_max = (size_t)4 << 20;

typedef struct {
    uint64_t rid; /* 0: free */
    const PGresult *result;
    int row;
    bool body, used;
} Slot;

/* The rids of a chunk of keys, in their order. */
typedef struct {
    uint64_t *rids;
    size_t count, room;
} Trail;

struct Ahead {
    Slot slots[SLOTS];
    size_t slot_count;
    PGresult *results[RESULTS_MAX];
    size_t result_count, bytes;
    Trail trails[TRAILS];
    unsigned trail;                /* the newest */
    size_t wish;                   /* how many to bring along */
    size_t guessed, guessed_right; /* since the wish was set */
};

static Ahead *made(Ahead **ahead)
{
    if (!*ahead && (*ahead = calloc(1, sizeof(Ahead))))
        (*ahead)->wish = WISH_FIRST;
    return *ahead;
}

static void drop_rows(Ahead *ahead)
{
    for (size_t i = 0; i < ahead->result_count; i++)
        PQclear(ahead->results[i]);
    if (ahead->slot_count)
        memset(ahead->slots, 0, sizeof(ahead->slots));
    ahead->result_count = ahead->slot_count = ahead->bytes = 0;
}

void ahead_forget(Ahead *ahead)
{
    if (!ahead)
        return;
    drop_rows(ahead);
    for (size_t i = 0; i < TRAILS; i++)
        ahead->trails[i].count = 0;
    ahead->wish = WISH_FIRST;
    ahead->guessed = ahead->guessed_right = 0;
}

void ahead_free(Ahead *ahead)
{
    if (!ahead)
        return;
    drop_rows(ahead);
    for (size_t i = 0; i < TRAILS; i++)
        free(ahead->trails[i].rids);
    free(ahead);
}

/* ---- trails ------------------------------------------------------------------------------ */

void ahead_follow(Ahead **ahead, const PGresult *keys)
{
    size_t count = (size_t)PQntuples(keys);
    if (count < 2 || !made(ahead))
        return;
    Ahead *to = *ahead;
    to->trail = (to->trail + 1) % TRAILS;
    Trail *trail = &to->trails[to->trail];
    trail->count = 0;
    if (trail->room < count) {
        uint64_t *rids = realloc(trail->rids, count * sizeof(uint64_t));
        if (!rids)
            return;
        trail->rids = rids;
        trail->room = count;
    }
    for (size_t i = 0; i < count; i++) {
        Str key = answer_bytes(keys, (int)i, 0);
        if (key.len > RID_BYTES)
            trail->rids[trail->count++] =
                ~get_uint(key.at + key.len - RID_BYTES, RID_BYTES) & rid_mask;
    }
}

static Slot *slot_of(Ahead *ahead, uint64_t rid)
{
    size_t at = (size_t)(rid * 0x9e3779b97f4a7c15u >> 54) % SLOTS;
    while (ahead->slots[at].rid && ahead->slots[at].rid != rid)
        at = (at + 1) % SLOTS;
    return &ahead->slots[at];
}

/* Behind this rid in a trail; the newest trail first. */
static size_t behind(Ahead *ahead, uint64_t rid, bool with_body, uint64_t *rids, size_t max)
{
    for (unsigned i = 0; i < TRAILS; i++) {
        const Trail *trail = &ahead->trails[(ahead->trail + TRAILS - i) % TRAILS];
        size_t at = 0, count = 0;
        while (at < trail->count && trail->rids[at] != rid)
            at++;
        for (at++; at < trail->count && count < max; at++) {
            const Slot *slot = slot_of(ahead, trail->rids[at]);
            if (trail->rids[at] && !(slot->rid && (slot->body || !with_body)))
                rids[count++] = trail->rids[at];
        }
        if (count)
            return count;
    }
    return 0;
}

/* More when at least half of what was brought along was wanted. */
static void learn(Ahead *ahead)
{
    if (ahead->guessed) {
        bool good = ahead->guessed_right * 2 >= ahead->guessed;
        ahead->wish = good ? ahead->wish * 4 : ahead->wish / 2;
        if (ahead->wish < WISH_LEAST)
            ahead->wish = WISH_LEAST;
        if (ahead->wish > AHEAD_MAX - 1)
            ahead->wish = AHEAD_MAX - 1;
    }
    ahead->guessed = ahead->guessed_right = 0;
}

size_t ahead_guess(Ahead **made_at, uint64_t rid, bool with_body, uint64_t rids[AHEAD_MAX])
{
    Ahead *ahead = made(made_at);
    rids[0] = rid;
    if (!ahead)
        return 1;
    learn(ahead);
    ahead->guessed = behind(ahead, rid, with_body, rids + 1, ahead->wish);
    return 1 + ahead->guessed;
}

/* ---- rows -------------------------------------------------------------------------------- */

bool ahead_find(Ahead *ahead, uint64_t rid, bool with_body, const PGresult **ret_result,
                int *ret_row)
{
    if (!ahead || !ahead->slot_count || !rid)
        return false;
    Slot *slot = slot_of(ahead, rid);
    if (!slot->rid || (with_body && !slot->body))
        return false;
    ahead->guessed_right += !slot->used;
    slot->used = true;
    *ret_result = slot->result;
    *ret_row = slot->row;
    return true;
}

static void put(Ahead *ahead, uint64_t rid, bool body, const PGresult *result, int row)
{
    Slot *slot = slot_of(ahead, rid);
    if (!rid || (slot->rid && slot->row >= 0 && row < 0))
        return;
    ahead->slot_count += !slot->rid;
    *slot = (Slot){.rid = rid, .result = result, .row = row, .body = body};
}

bool ahead_keep(Ahead *ahead, const uint64_t *rids, size_t count, bool with_body, PGresult *result)
{
    if (!ahead || count > SLOTS / 4) {
        PQclear(result);
        return false;
    }
    if (ahead->result_count == RESULTS_MAX || ahead->bytes > bytes_max ||
        ahead->slot_count + count > SLOTS / 2)
        drop_rows(ahead);
    ahead->results[ahead->result_count++] = result;
    ahead->bytes += PQresultMemorySize(result);
    for (size_t i = 0; i < count; i++)
        put(ahead, rids[i], with_body, result, -1);
    for (int row = 0; row < PQntuples(result); row++)
        put(ahead, (uint64_t)answer_int(result, row, 0), with_body, result, row);
    slot_of(ahead, rids[0])->used = true; /* asked for, not guessed */
    return true;
}
