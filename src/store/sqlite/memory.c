/* store/sqlite/memory.c - the counted list of memtables. */
#include "store/sqlite/memory.h"

#include <stdlib.h>

void memory_init(Memory *memory)
{
    pthread_mutex_init(&memory->lock, NULL);
    atomic_init(&memory->now, NULL);
}

void memory_clear(Memory *memory)
{
    memory_release(atomic_load(&memory->now));
    pthread_mutex_destroy(&memory->lock);
}

MemoryView *memory_hold(Memory *memory)
{
    pthread_mutex_lock(&memory->lock);
    MemoryView *view = atomic_load_explicit(&memory->now, memory_order_relaxed);
    atomic_fetch_add_explicit(&view->holders, 1, memory_order_relaxed);
    pthread_mutex_unlock(&memory->lock);
    return view;
}

void memory_release(MemoryView *view)
{
    if (!view || atomic_fetch_sub_explicit(&view->holders, 1, memory_order_acq_rel) != 1)
        return;
    for (unsigned i = 0; i < view->count; i++)
        memtable_release(view->tables[i]);
    free(view);
}

bool memory_is_now(Memory *memory, const MemoryView *view)
{
    return atomic_load_explicit(&memory->now, memory_order_acquire) == view;
}

bool memory_set(Memory *memory, Memtable *active, Memtable *frozen)
{
    MemoryView *view = calloc(1, sizeof(MemoryView));
    if (!view)
        return false;
    atomic_init(&view->holders, 1);
    Memtable *const tables[] = {active, frozen};
    for (unsigned i = 0; i < COUNT_OF(tables); i++) {
        if (!tables[i])
            continue;
        memtable_hold(tables[i]);
        view->tables[view->count++] = tables[i];
    }
    pthread_mutex_lock(&memory->lock);
    MemoryView *old = atomic_exchange(&memory->now, view);
    pthread_mutex_unlock(&memory->lock);
    memory_release(old);
    return true;
}

MemoryView *memory_view(Memtable *table)
{
    MemoryView *view = calloc(1, sizeof(MemoryView));
    if (!view)
        return NULL;
    atomic_init(&view->holders, 1);
    view->count = 1;
    view->tables[0] = table;
    return view;
}

int memory_find(const MemoryView *view, Str prefix, uint64_t seq, Str *ret_key)
{
    for (unsigned i = 0; i < view->count; i++) {
        MemtableAt at = memtable_seek(view->tables[i], prefix);
        while (!memtable_at_end(&at) && memtable_seq(&at) > seq &&
               str_has_prefix(memtable_key(&at), prefix))
            memtable_next(&at);
        if (memtable_at_end(&at) || !str_has_prefix(memtable_key(&at), prefix))
            continue;
        *ret_key = memtable_key(&at);
        return memtable_removed(&at) ? -1 : 1;
    }
    return 0;
}
