/* store/sqlite/heads.c - the memtables of a view as one ordered stream of words on keys: "is
 * there", "is gone". The newest memtable that knows a key has the word on it. */
#include "store/sqlite/engine.h"

/* To the newest entry of this or a later key that the snapshot sees, within the prefix. */
static void settle(const MemoryHeads *heads, MemtableAt *at)
{
    while (!memtable_at_end(at) && str_has_prefix(memtable_key(at), heads->prefix)) {
        if (memtable_seq(at) <= heads->reader->seq)
            return;
        memtable_next(at);
    }
    at->node = 0;
}

static void choose(MemoryHeads *heads)
{
    heads->key = (Str){NULL, 0};
    for (unsigned i = 0; i < heads->reader->view->count; i++) {
        const MemtableAt *at = &heads->at[i];
        if (memtable_at_end(at) || (heads->key.at && str_cmp(memtable_key(at), heads->key) >= 0))
            continue;
        heads->key = memtable_key(at);
        heads->removed = memtable_removed(at);
    }
}

void heads_seek(MemoryHeads *heads, Str from)
{
    const MemoryView *view = heads->reader->view;
    for (unsigned i = 0; i < view->count; i++) {
        heads->at[i] = memtable_seek(view->tables[i], from);
        settle(heads, &heads->at[i]);
    }
    choose(heads);
}

void heads_next(MemoryHeads *heads)
{
    Str key = heads->key;
    for (unsigned i = 0; i < heads->reader->view->count; i++) {
        MemtableAt *at = &heads->at[i];
        while (!memtable_at_end(at) && str_eq(memtable_key(at), key))
            memtable_next(at);
        settle(heads, at);
    }
    choose(heads);
}

/* The last key < bound of one memtable that the snapshot knows of. */
static MemtableAt last_before(const MemoryHeads *heads, const Memtable *table, Str bound)
{
    for (;;) {
        MemtableAt at = memtable_before(table, bound);
        if (memtable_at_end(&at) || !str_has_prefix(memtable_key(&at), heads->prefix))
            return (MemtableAt){table, 0};
        bound = memtable_key(&at);
        for (at = memtable_seek(table, bound);
             !memtable_at_end(&at) && str_eq(memtable_key(&at), bound); memtable_next(&at)) {
            if (memtable_seq(&at) <= heads->reader->seq)
                return at;
        }
    }
}

void heads_before(MemoryHeads *heads, Str bound)
{
    const MemoryView *view = heads->reader->view;
    heads->key = (Str){NULL, 0};
    for (unsigned i = 0; i < view->count; i++) {
        MemtableAt at = last_before(heads, view->tables[i], bound);
        if (memtable_at_end(&at) || (heads->key.at && str_cmp(memtable_key(&at), heads->key) <= 0))
            continue;
        heads->key = memtable_key(&at);
        heads->removed = memtable_removed(&at);
    }
}
