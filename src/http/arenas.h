/* http/arenas.h - wiped arenas, kept for the next request. Any thread. */
#ifndef ACESO_HTTP_ARENAS_H
#define ACESO_HTTP_ARENAS_H

#include <pthread.h>

#include "base/base.h"

enum { ARENAS_KEPT_MAX = 256 };

typedef struct {
    pthread_mutex_t lock;
    Arena *kept[ARENAS_KEPT_MAX];
    size_t count;
    size_t bytes_max; /* of each arena */
} Arenas;

void arenas_init(Arenas *arenas, size_t bytes_max);
void arenas_clear(Arenas *arenas);
/* NULL when the system is out of memory. */
Arena *arenas_take(Arenas *arenas);
/* A plain arena when it has the usual size; others are freed. */
void arenas_give(Arenas *arenas, Arena *arena);

#endif
