/* record/claim.c - the claims that are held, as a list; each is a sorted list of hashes. */
#include "record/claim.h"

#include <stdlib.h>

#include "crypto/crypto.h"

struct Claim {
    Claims *claims; /* NULL = given back */
    Claim *next;
    size_t count;
    uint64_t hashes[]; /* rising; two names of one hash only wait for each other */
};

void claims_init(Claims *claims, const uint8_t key[16])
{
    pthread_condattr_t clock;
    *claims = (Claims){.held = NULL};
    pthread_mutex_init(&claims->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&claims->given_back, &clock);
    pthread_condattr_destroy(&clock);
    memcpy(claims->key, key, sizeof(claims->key));
}

void claims_clear(Claims *claims)
{
    assert(!claims->held);
    pthread_cond_destroy(&claims->given_back);
    pthread_mutex_destroy(&claims->lock);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static size_t drop_doubles(uint64_t *hashes, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!kept || hashes[kept - 1] != hashes[i])
            hashes[kept++] = hashes[i];
    }
    return kept;
}

static bool overlap(const Claim *a, const Claim *b)
{
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        if (a->hashes[i] == b->hashes[j])
            return true;
        if (a->hashes[i] < b->hashes[j])
            i++;
        else
            j++;
    }
    return false;
}

/* Under the lock. */
static bool is_free(const Claims *claims, const Claim *wanted)
{
    for (const Claim *held = claims->held; held; held = held->next) {
        if (overlap(held, wanted))
            return false;
    }
    return true;
}

/* Under the lock; false when the deadline has passed. */
static bool wait_until_free(Claims *claims, const Claim *wanted, Time deadline)
{
    struct timespec end = {deadline / TIME_SECOND, deadline % TIME_SECOND * 1000};
    int code = 0;
    while (!is_free(claims, wanted) && !code)
        code = deadline ? pthread_cond_timedwait(&claims->given_back, &claims->lock, &end)
                        : pthread_cond_wait(&claims->given_back, &claims->lock);
    return !code;
}

static void give_back(void *claim)
{
    claim_give_back(claim);
}

Status claim_take(Claims *claims, Ctx *cx, const Str *names, size_t count, Claim **ret_claim)
{
    Claim *claim = arena_alloc(cx->arena, sizeof(Claim) + count * sizeof(uint64_t));
    void **slot = arena_defer(cx->arena, give_back, NULL);
    if (!claim || !slot)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        claim->hashes[i] = crypto_hash64(claims->key, names[i]);
    qsort(claim->hashes, count, sizeof(uint64_t), compare_hashes);
    claim->count = drop_doubles(claim->hashes, count);
    pthread_mutex_lock(&claims->lock);
    bool mine = wait_until_free(claims, claim, cx->deadline);
    if (mine) {
        claim->claims = claims;
        claim->next = claims->held;
        claims->held = claim;
    }
    pthread_mutex_unlock(&claims->lock);
    if (!mine)
        return ctx_fail(cx, STATUS_TIMEOUT, STR_EMPTY,
                        "Others kept deciding about the same condition; try again.");
    *slot = claim;
    *ret_claim = claim;
    return STATUS_OK;
}

void claim_note(const Claim *claim, uint64_t since, StoreCommit *commit)
{
    commit->claims = claim->hashes;
    commit->claim_count = claim->count;
    commit->claims_since = since;
}

void claim_give_back(Claim *claim)
{
    if (!claim || !claim->claims)
        return;
    Claims *claims = claim->claims;
    pthread_mutex_lock(&claims->lock);
    Claim **at = &claims->held;
    while (*at != claim)
        at = &(*at)->next;
    *at = claim->next;
    claim->claims = NULL;
    pthread_cond_broadcast(&claims->given_back);
    pthread_mutex_unlock(&claims->lock);
}
