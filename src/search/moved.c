/* search/moved.c - tables of what has changed since a search began.
 *
 * Whoever pages through a busy type asks the same question at every page, with a few changes more.
 * So the tables of the last searches are kept: the next page looks at the new changes only. What is
 * kept can be made again from the store at any time, on any node. */
#include "search/since.h"

#include <pthread.h>

enum {
    TABLES_MAX = 64,
    KEPT_MAX = 200000, /* resources in all kept tables: some 20 MB */
    TABLE_BYTES = 16 << 20,
};

struct KeptTables {
    pthread_mutex_t lock;
    SinceTable *at[TABLES_MAX];
    uint64_t uses;
    size_t kept; /* resources in them */
};

/* A table belongs to the kept ones and to the pages that use it; the last one frees it. */
static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;

Status since_new(Arena *forever, KeptTables **ret_tables)
{
    KeptTables *tables = arena_new_of(forever, KeptTables);
    if (!tables || pthread_mutex_init(&tables->lock, NULL) != 0)
        return STATUS_MEMORY;
    *ret_tables = tables;
    return STATUS_OK;
}

void since_free(KeptTables *tables)
{
    for (size_t i = 0; tables && i < TABLES_MAX; i++)
        since_table_release(tables->at[i]);
    if (tables)
        pthread_mutex_destroy(&tables->lock);
}

static SinceTable *use(SinceTable *table)
{
    pthread_mutex_lock(&users_lock);
    table->users++;
    pthread_mutex_unlock(&users_lock);
    return table;
}

void since_table_release(SinceTable *table)
{
    if (!table)
        return;
    pthread_mutex_lock(&users_lock);
    bool last = --table->users == 0;
    pthread_mutex_unlock(&users_lock);
    if (last)
        arena_free(table->arena);
}

/* ---- keeping ---------------------------------------------------------------------------- */

/* The one of this search, when this snapshot has all that it knows. */
static SinceTable *find_kept(KeptTables *tables, uint64_t change, uint16_t type, uint64_t last)
{
    SinceTable *found = NULL;
    pthread_mutex_lock(&tables->lock);
    for (size_t i = 0; i < TABLES_MAX && !found; i++) {
        SinceTable *table = tables->at[i];
        if (table && table->change == change && table->type == type && table->last <= last) {
            table->used = ++tables->uses;
            found = use(table);
        }
    }
    pthread_mutex_unlock(&tables->lock);
    return found;
}

static void drop(KeptTables *tables, size_t slot)
{
    tables->kept -= tables->at[slot]->count;
    since_table_release(tables->at[slot]);
    tables->at[slot] = NULL;
}

/* Empty, or of the same search, or used longest ago. */
static size_t slot_for(const KeptTables *tables, const SinceTable *table)
{
    size_t best = 0;
    for (size_t i = 0; i < TABLES_MAX; i++) {
        const SinceTable *other = tables->at[i];
        if (other && other->change == table->change && other->type == table->type)
            return i;
        if (tables->at[best] && (!other || other->used < tables->at[best]->used))
            best = i;
    }
    return best;
}

static void keep(KeptTables *tables, SinceTable *table)
{
    pthread_mutex_lock(&tables->lock);
    size_t slot = slot_for(tables, table);
    if (tables->at[slot])
        drop(tables, slot);
    table->used = ++tables->uses;
    tables->at[slot] = use(table);
    tables->kept += table->count;
    for (size_t i = 0; i < TABLES_MAX && tables->kept > KEPT_MAX; i++) {
        if (tables->at[i] && tables->at[i] != table)
            drop(tables, i);
    }
    pthread_mutex_unlock(&tables->lock);
}

/* ---- making ------------------------------------------------------------------------------ */

/* Where a version stands or stood; version 0 is the current one. Tables serve all who ask: what a
 * place tells is judged by whoever takes it (since_has). */
static Status place_at(Run *run, uint64_t rid, uint32_t version, Place *ret_place, bool *ret_there)
{
    const Subject *subject;
    TRY(run_subject_unjudged(run, rid, version, &subject));
    *ret_there = subject->resource != NULL;
    return *ret_there ? run_place(subject, rid, ret_place) : STATUS_OK;
}

static Status locate_then(Run *run, Arena *arena, Moved *moved)
{
    TRY(place_at(run, moved->rid, moved->version, &moved->then, &moved->was_there));
    const StoreRow *row = &run->scratch[run->depth].row;
    moved->type = row->type;
    moved->facts = arena_str(arena, row->facts);
    return moved->facts.at ? STATUS_OK : STATUS_MEMORY;
}

/* Where it stood is known already. */
static Status locate_now(Run *run, Moved *moved)
{
    return moved->was_there ? place_at(run, moved->rid, 0, &moved->now, &moved->is_there)
                            : STATUS_OK;
}

/* What was not there then is not shown, wherever it stands. */
Status since_locate(Run *run, Arena *arena, Moved *moved)
{
    moved->was_there = moved->is_there = false;
    if (moved->version)
        TRY(locate_then(run, arena, moved));
    return locate_now(run, moved);
}

/* Of a table that may go before the new one does. */
static Status adopt(SinceTable *table, const Moved *old, Moved *ret_moved)
{
    *ret_moved = *old;
    ret_moved->facts = arena_str(table->arena, old->facts);
    return ret_moved->facts.at ? STATUS_OK : STATUS_MEMORY;
}

static int compare_touches(const void *a, const void *b)
{
    const StoreTouch *x = a, *y = b;
    if (x->rid != y->rid)
        return x->rid < y->rid ? -1 : 1;
    return x->version < y->version ? -1 : x->version > y->version;
}

static int compare_moved(const void *a, const void *b)
{
    const Moved *x = a, *y = b;
    return x->rid < y->rid ? -1 : x->rid > y->rid;
}

static int compare_then(const void *a, const void *b)
{
    return place_cmp(&(*(const Moved *const *)a)->then, &(*(const Moved *const *)b)->then);
}

const Moved *since_table_find(const SinceTable *table, uint64_t rid)
{
    return bsearch(&(Moved){.rid = rid}, table->moved, table->count, sizeof(Moved), compare_moved);
}

/* The old table and the new changes, both by rid. */
static Status merge(Run *run, const SinceTable *old, StoreTouch *touches, size_t count,
                    SinceTable *table)
{
    size_t from = 0, old_count = old ? old->count : 0;
    if (count)
        qsort(touches, count, sizeof(StoreTouch), compare_touches);
    for (size_t i = 0; i < count; i++) {
        uint64_t rid = touches[i].rid;
        if (i && rid == touches[i - 1].rid)
            continue;
        while (from < old_count && old->moved[from].rid < rid)
            TRY(adopt(table, &old->moved[from++], &table->moved[table->count++]));
        Moved *moved = &table->moved[table->count++];
        if (from < old_count && old->moved[from].rid == rid) {
            TRY(adopt(table, &old->moved[from++], moved));
            TRY(locate_now(run, moved));
        } else {
            *moved = (Moved){.rid = rid, .version = touches[i].version - 1};
            TRY(since_locate(run, table->arena, moved));
        }
    }
    while (from < old_count)
        TRY(adopt(table, &old->moved[from++], &table->moved[table->count++]));
    return STATUS_OK;
}

static Status fill(Run *run, const SinceTable *old, StoreTouch *touches, size_t count,
                   SinceTable *table)
{
    size_t room = (old ? old->count : 0) + count + 1;
    table->moved = arena_array_of(table->arena, Moved, room);
    table->by_place = arena_array_of(table->arena, const Moved *, room);
    if (!table->moved || !table->by_place)
        return STATUS_MEMORY;
    TRY(merge(run, old, touches, count, table));
    for (size_t i = 0; i < table->count; i++) {
        if (table->moved[i].was_there)
            table->by_place[table->place_count++] = &table->moved[i];
    }
    if (table->place_count)
        qsort(table->by_place, table->place_count, sizeof(*table->by_place), compare_then);
    return STATUS_OK;
}

static Status make_table(Run *run, const SinceTable *old, uint64_t change, uint16_t type,
                         SinceTable **ret_table)
{
    size_t count, max = run->search->changes_max, before = old ? old->changes : 0;
    StoreTouch *touches;
    TRY(store_changes(run->reader, type, old ? old->last : change, max - before + 1, &touches,
                      &count));
    *ret_table = NULL;
    if (before + count > max)
        return STATUS_OK;
    Arena *arena = arena_new(TABLE_BYTES, false);
    SinceTable *table = arena ? arena_new_of(arena, SinceTable) : NULL;
    if (!table) {
        arena_free(arena);
        return STATUS_MEMORY;
    }
    *table = (SinceTable){.change = change,
                          .last = run->last_change,
                          .type = type,
                          .changes = before + count,
                          .arena = arena,
                          .users = 1};
    Status status = fill(run, old, touches, count, table);
    if (status == STATUS_OK)
        *ret_table = table;
    else
        since_table_release(table);
    return status;
}

Status since_table_get(Run *run, uint64_t change, uint16_t type, SinceTable **ret_table)
{
    KeptTables *tables = run->search->tables;
    uint64_t last = run->last_change;
    SinceTable *old = find_kept(tables, change, type, last);
    if (old && old->last == last) {
        *ret_table = old;
        return STATUS_OK;
    }
    Status status = make_table(run, old, change, type, ret_table);
    since_table_release(old);
    if (status == STATUS_OK && *ret_table)
        keep(tables, *ret_table);
    return status;
}
