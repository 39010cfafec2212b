/* http/arenas.c - a stack of cleared arenas behind one lock, held for a few instructions. */
#include "http/arenas.h"

void arenas_init(Arenas *arenas, size_t bytes_max)
{
    *arenas = (Arenas){.bytes_max = bytes_max};
    pthread_mutex_init(&arenas->lock, NULL);
}

void arenas_clear(Arenas *arenas)
{
    for (size_t i = 0; i < arenas->count; i++)
        arena_free(arenas->kept[i]);
    arenas->count = 0;
    pthread_mutex_destroy(&arenas->lock);
}

Arena *arenas_take(Arenas *arenas)
{
    Arena *arena = NULL;
    pthread_mutex_lock(&arenas->lock);
    if (arenas->count)
        arena = arenas->kept[--arenas->count];
    pthread_mutex_unlock(&arenas->lock);
    return arena ? arena : arena_new(arenas->bytes_max, true);
}

void arenas_give(Arenas *arenas, Arena *arena)
{
    if (!arena)
        return;
    if (arena_bytes_max(arena) == arenas->bytes_max) {
        arena_clear(arena);
        pthread_mutex_lock(&arenas->lock);
        if (arenas->count < ARENAS_KEPT_MAX) {
            arenas->kept[arenas->count++] = arena;
            arena = NULL;
        }
        pthread_mutex_unlock(&arenas->lock);
    }
    arena_free(arena);
}
