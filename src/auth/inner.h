/* auth/inner.h - an Auth, made of its parts. Nobody else includes it.
 *
 * Locks, in the order in which they may be held together:
 *   change     held from the decision over the commit to the change in memory, so that a
 *              revocation can never be overtaken by a sign-in that had begun before it
 *   handles    guards their table; readers are the requests. A pointer into the table is
 *              worth nothing without it: a request may find that another node ended the session
 *   lockouts   guards the back-off
 *   hashing    guards the count of running hashes; held alone */
#ifndef ACESO_AUTH_INNER_H
#define ACESO_AUTH_INNER_H

#include "auth/cards.h"
#include "auth/handles.h"
#include "auth/keys.h"
#include "auth/link.h"
#include "auth/lockout.h"
#include "auth/password.h"
#include "cache/events.h"
#include "net/cache.h"

struct Auth {
    Store *store;
    bool shared;            /* the store: with other processes */
    _Atomic uint64_t epoch; /* the latest one known */
    Following following;
    AuthOptions options; /* no zeros left */
    Arena *arena;
    const Access *self;
    pthread_mutex_t change;
    Handles handles;
    Lockouts lockouts;
    Hashing hashing;
    Keys keys;
    Cards cards;
    Post post;
    NetCache *provided; /* what providers say of themselves, and their keys; NULL: there are none */
    atomic_uint asking; /* who wait for a provider */
    Str nobody;         /* an encoded password that nobody knows */
    pthread_t tidier;
    bool tidier_runs;
    pthread_mutex_t tidier_lock;
    pthread_cond_t tidier_stop;
    bool stopping;
};

static inline Time auth_now(const Auth *auth)
{
    return auth->options.clock();
}

#endif
