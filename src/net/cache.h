/* net/cache.h - documents of other servers that are kept for a while: sets of keys, and what a
 * provider says of itself.
 *
 * Kept for as long as the answer says (Cache-Control), an hour when it says nothing, a day at the
 * most. Somebody who finds that a document does not do, because it lacks the key that he looks
 * for, may have it fetched anew, but not within a minute of the last time: strangers can make him
 * look. What cannot be fetched when it is due is not there: an old set of keys is not used on.
 *
 * One fetches, the others that want the same wait for him, but not many. Any thread. */
#ifndef ACESO_NET_CACHE_H
#define ACESO_NET_CACHE_H

#include "net/net.h"

typedef struct NetCache NetCache;

enum {
    NET_KEPT_MAX = 256, /* documents; the one that was not wanted for longest makes room */
    NET_KEPT_BYTES_MAX = 64 * 1024,
    NET_FRESH_S = 3600,
    NET_FRESH_MOST_S = 86400,
    NET_RENEW_S = 60,   /* between two times because of something that is not in it */
    NET_AGAIN_S = 10,   /* after one that failed */
    NET_INSIDE_MAX = 3, /* threads that ask or wait: a server that is slow holds no more of ours */
};

/* clock: NULL = time_monotonic. NULL when there is no memory. */
NetCache *net_cache_new(Time (*clock)(void));
void net_cache_free(NetCache *cache);

/* The body of a GET that is answered 200, at most NET_KEPT_BYTES_MAX; in the arena of cx. `renew`:
 * what is kept did not do; the same comes back when it is too early. Else as net_fetch, and
 * STATUS_UNAVAILABLE for any other answer, and when NET_INSIDE_MAX are inside. SLOW */
Status net_cache_get(NetCache *cache, Ctx *cx, const NetRequest *request, bool renew,
                     Str *ret_body) MUST_USE;

#endif
