/* record/claim.h - one decision at a time about the same condition.
 *
 * A conditional create looks whether something is there and, if not, writes it. Between the
 * look and the moment at which everybody sees the write, nobody else may decide about the
 * same condition: who is going to create claims it, looks again, and holds the claim until
 * the commit is durable or has failed.
 *
 * All the claims of one commit are taken in one step, so nobody waits while holding some; and
 * a holder is either at work on a thread or in the queue of the store: it never needs the
 * thread of somebody who waits. So there is no deadlock.
 *
 * On other nodes that share the store others may hold the same claim: their commits go through
 * the store, which lets one pass of those that have not seen each other (StoreCommit.claims). So
 * a node that dies or stalls with a claim is in nobody's way.
 *
 * Which decisions this is right for is in docs/internals/conditions.md. */
#ifndef ACESO_RECORD_CLAIM_H
#define ACESO_RECORD_CLAIM_H

#include <pthread.h>

#include "base/base.h"
#include "store/store.h"

typedef struct Claim Claim;

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    Claim *held;
    uint8_t key[16];
} Claims;

/* key: of the store, so that all who share it know a name by one hash. */
void claims_init(Claims *claims, const uint8_t key[16]);
void claims_clear(Claims *claims);

/* Claims all the names, waiting while somebody else holds one of them: STATUS_TIMEOUT at the
 * deadline. The claim lives in the arena of cx, and ends with it at the latest. The caller
 * must not hold a StoreReader: those who could let it go may need one. */
Status claim_take(Claims *claims, Ctx *cx, const Str *names, size_t count,
                  Claim **ret_claim) MUST_USE;
/* What the commit says of the claim: within one process nobody else has it now, and the store
 * refuses who on another node was slower. The hashes live as long as the claim. */
void claim_note(const Claim *claim, uint64_t since, StoreCommit *commit);
/* On any thread; NULL, or a claim that was given back before, is nothing to do. */
void claim_give_back(Claim *claim);

#endif
