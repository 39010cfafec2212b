/* store/postgres/belief.c - see belief.h. */
#include "store/postgres/belief.h"

enum { CALM_MS = 20 };

void belief_init(Belief *belief)
{
    pthread_mutex_init(&belief->lock, NULL);
}

void belief_clear(Belief *belief)
{
    pthread_mutex_destroy(&belief->lock);
}

static bool is_older(const Heard *heard, const Heard *than)
{
    bool older = heard_version(heard) < heard_version(than);
    for (size_t i = 0; i < STORE_EPOCHS; i++)
        older |= heard->mark.epochs[i] < than->mark.epochs[i];
    return older;
}

void belief_hear(Belief *belief, const Heard *heard)
{
    pthread_mutex_lock(&belief->lock);
    if (!is_older(heard, &belief->last)) {
        if (heard_version(heard) != heard_version(&belief->last))
            belief->moved = time_monotonic();
        belief->last = *heard;
    }
    pthread_mutex_unlock(&belief->lock);
}

void belief_wrote(Belief *belief, uint64_t change, uint64_t rekeys, bool raised)
{
    pthread_mutex_lock(&belief->lock);
    Heard *last = &belief->last;
    if (change >= last->mark.change && rekeys >= last->rekeys) {
        last->mark.change = change;
        last->rekeys = rekeys;
    }
    if (raised)
        memset(last->mark.epochs, 0, sizeof(last->mark.epochs));
    belief->moved = time_monotonic();
    pthread_mutex_unlock(&belief->lock);
}

bool belief_get(Belief *belief, Heard *ret_heard)
{
    pthread_mutex_lock(&belief->lock);
    *ret_heard = belief->last;
    pthread_mutex_unlock(&belief->lock);
    return ret_heard->mark.epochs[STORE_EPOCH_INDEX] != 0;
}

bool belief_is_calm(Belief *belief)
{
    pthread_mutex_lock(&belief->lock);
    bool calm = time_monotonic() > belief->moved + CALM_MS * TIME_MS;
    pthread_mutex_unlock(&belief->lock);
    return calm;
}
