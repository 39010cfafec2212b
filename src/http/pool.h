/* http/pool.h - wiped arenas, kept for the next request. Any thread. */
#ifndef ACESO_HTTP_POOL_H
#define ACESO_HTTP_POOL_H

#include <pthread.h>

#include "base/base.h"

enum { POOL_KEPT_MAX = 256 };

typedef struct {
    pthread_mutex_t lock;
    Arena *kept[POOL_KEPT_MAX];
    size_t count;
    size_t bytes_max; /* of each arena */
} Pool;

void pool_init(Pool *pool, size_t bytes_max);
void pool_clear(Pool *pool);
/* NULL when the system is out of memory. */
Arena *pool_take(Pool *pool);
/* A plain arena when it has the pool's size; others are freed. */
void pool_give(Pool *pool, Arena *arena);

#endif
