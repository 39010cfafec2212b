/* search/whos.c - a few tables of a fixed size behind one lock; they are copied out, which costs
 * microseconds. */
#include "search/whos.h"

#include <pthread.h>

enum {
    KEPT = 64,
    ROOM_MAX = 1 << 13, /* hashes of a table, of which half are in use: 64 KB */
};

typedef struct {
    Key list;
    uint64_t change; /* the last one of the snapshot that was walked */
    uint64_t used;   /* by the clock below; 0: nothing is here */
    Whos whos;
    uint64_t at[ROOM_MAX]; /* of whos.whos */
} Kept;

struct KeptWhos {
    pthread_mutex_t lock;
    uint64_t clock;
    Kept kept[KEPT];
};

Status whos_new(Arena *arena, KeptWhos **ret_kept)
{
    KeptWhos *kept = arena_new_of(arena, KeptWhos);
    if (!kept || pthread_mutex_init(&kept->lock, NULL) != 0)
        return STATUS_MEMORY;
    *ret_kept = kept;
    return STATUS_OK;
}

void whos_free(KeptWhos *kept)
{
    if (kept)
        pthread_mutex_destroy(&kept->lock);
}

static Kept *find(KeptWhos *all, const Whos *whos)
{
    for (size_t i = 0; i < KEPT; i++) {
        Kept *kept = &all->kept[i];
        if (kept->used && kept->whos.max == whos->max && kept->whos.who == whos->who &&
            str_eq(key_str(&kept->list), whos->list))
            return kept;
    }
    return NULL;
}

/* The copy, and of which change it is; 0 when there is none for this snapshot. */
static Status copy_out(Run *run, Whos *whos, uint64_t *ret_change)
{
    KeptWhos *all = run->search->whos;
    Status status = STATUS_OK;
    *ret_change = 0;
    pthread_mutex_lock(&all->lock);
    Kept *kept = find(all, whos);
    if (kept && kept->change <= run->last_change) {
        Whos copy = kept->whos;
        copy.list = whos->list;
        copy.whos.at = arena_alloc_raw(run->cx->arena, copy.whos.room * sizeof(uint64_t));
        status = copy.whos.at ? STATUS_OK : STATUS_MEMORY;
        if (copy.whos.at) {
            memcpy(copy.whos.at, kept->at, copy.whos.room * sizeof(uint64_t));
            kept->used = ++all->clock;
            *whos = copy;
            *ret_change = kept->change;
        }
    }
    pthread_mutex_unlock(&all->lock);
    return status;
}

Status whos_find(Run *run, Whos *whos, bool *ret_found)
{
    StoreTouch *touches;
    uint64_t change;
    size_t count = 0;
    Whos kept = *whos;
    TRY(run_mark(run));
    TRY(copy_out(run, &kept, &change));
    if (change && change < run->last_change)
        TRY(store_changes(run->reader, whos->type, change, 1, &touches, &count));
    *ret_found = change && !count;
    if (*ret_found)
        *whos = kept;
    return STATUS_OK;
}

/* That of the same list, else the one that was used longest ago. */
static Kept *place_for(KeptWhos *all, const Whos *whos)
{
    Kept *kept = find(all, whos);
    if (kept)
        return kept;
    kept = &all->kept[0];
    for (size_t i = 1; i < KEPT; i++) {
        if (all->kept[i].used < kept->used)
            kept = &all->kept[i];
    }
    return kept;
}

void whos_keep(Run *run, const Whos *whos)
{
    KeptWhos *all = run->search->whos;
    if (!run->last_change || !whos->whos.room || whos->whos.room > ROOM_MAX)
        return;
    pthread_mutex_lock(&all->lock);
    Kept *kept = place_for(all, whos);
    kept->list.len = 0;
    key_add(&kept->list, whos->list.at, whos->list.len);
    kept->whos = *whos;
    memcpy(kept->at, whos->whos.at, whos->whos.room * sizeof(uint64_t));
    kept->change = run->last_change;
    kept->used = ++all->clock;
    pthread_mutex_unlock(&all->lock);
}
