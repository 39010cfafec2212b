/* store/postgres/belief.h - where the database was when this node last heard of it: its newest
 * change, the version of its keys, its epochs. What memory has is answered by that without a
 * question, and the commit before which nothing leaves compares it
 * (docs/adr/0173-reads-without-a-question.md). */
#ifndef ACESO_STORE_POSTGRES_BELIEF_H
#define ACESO_STORE_POSTGRES_BELIEF_H

#include <pthread.h>

#include "store/store.h"

typedef struct {
    StoreMark mark;  /* epochs of 0: not known */
    uint64_t rekeys; /* commits that have changed keys and nothing else: shelf.h */
} Heard;

typedef struct {
    pthread_mutex_t lock;
    Heard last;
    Time moved; /* when it last was something else */
} Belief;

void belief_init(Belief *belief);
void belief_clear(Belief *belief);
/* A snapshot has said so; the older of two is passed over. */
void belief_hear(Belief *belief, const Heard *heard);
/* The same of a commit of this node, which says nothing of epochs but whether it raised some. */
void belief_wrote(Belief *belief, uint64_t change, uint64_t rekeys, bool raised);
/* false: nothing is known. */
bool belief_get(Belief *belief, Heard *ret_heard);
/* Whether nothing has been written for a while: else what is answered unasked is often not so. */
bool belief_is_calm(Belief *belief);

static inline uint64_t heard_version(const Heard *heard)
{
    return heard->mark.change + heard->rekeys;
}

#endif
