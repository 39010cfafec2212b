/* http/pool.c - a stack of cleared arenas behind one lock, held for a few instructions. */
#include "http/pool.h"

void pool_init(Pool *pool, size_t bytes_max)
{
    *pool = (Pool){.bytes_max = bytes_max};
    pthread_mutex_init(&pool->lock, NULL);
}

void pool_clear(Pool *pool)
{
    for (size_t i = 0; i < pool->count; i++)
        arena_free(pool->kept[i]);
    pool->count = 0;
    pthread_mutex_destroy(&pool->lock);
}

Arena *pool_take(Pool *pool)
{
    Arena *arena = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->count)
        arena = pool->kept[--pool->count];
    pthread_mutex_unlock(&pool->lock);
    return arena ? arena : arena_new(pool->bytes_max, true);
}

void pool_give(Pool *pool, Arena *arena)
{
    if (!arena)
        return;
    if (arena_bytes_max(arena) == pool->bytes_max) {
        arena_clear(arena);
        pthread_mutex_lock(&pool->lock);
        if (pool->count < POOL_KEPT_MAX) {
            pool->kept[pool->count++] = arena;
            arena = NULL;
        }
        pthread_mutex_unlock(&pool->lock);
    }
    arena_free(arena);
}
