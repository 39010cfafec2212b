/* tests/fake_store.h - items and audit entries in memory behind store.h, for tests that must
 * see a commit fail or wait. A test links this or the real store, not both. */
#ifndef ACESO_FAKE_STORE_H
#define ACESO_FAKE_STORE_H

#include <pthread.h>

#include "store/moving.h"
#include "store/store.h"

enum { FAKE_ITEMS_MAX = 20000, FAKE_AUDITS_MAX = 20000 };

struct Store {
    pthread_mutex_t lock;
    Arena *arena;
    StoreItem items[FAKE_ITEMS_MAX]; /* in order of space, key */
    size_t item_count;
    Str audits[FAKE_AUDITS_MAX];
    size_t audit_count;
    size_t commits;
    bool shared;
    uint64_t epochs[STORE_EPOCHS];
    Status unreadable;                   /* no reader begins */
    Status fail;                         /* every commit ends so */
    void (*before_commit)(Store *store); /* once: what somebody else does meanwhile */
};

struct StoreReader {
    Store *store;
    Arena *arena;
};

static Store *fake_store_new(void)
{
    Arena *arena = arena_new((size_t)256 << 20, false);
    Store *store = arena_new_of(arena, Store);
    store->arena = arena;
    for (size_t i = 0; i < STORE_EPOCHS; i++)
        store->epochs[i] = 1;
    pthread_mutex_init(&store->lock, NULL);
    return store;
}

static void fake_store_free(Store *store)
{
    pthread_mutex_destroy(&store->lock);
    arena_free(store->arena);
}

static int fake_order(const StoreItem *item, Str space, Str key)
{
    int order = str_cmp(item->space, space);
    return order ? order : str_cmp(item->key, key);
}

static size_t fake_find(const Store *store, Str space, Str key, bool *ret_there)
{
    size_t i = 0;
    while (i < store->item_count && fake_order(&store->items[i], space, key) < 0)
        i++;
    *ret_there = i < store->item_count && fake_order(&store->items[i], space, key) == 0;
    return i;
}

static void fake_put(Store *store, const StoreItem *item)
{
    bool there;
    size_t i = fake_find(store, item->space, item->key, &there);
    if (item->value.len == 0 && !there)
        return;
    size_t behind = store->item_count - i;
    if (item->value.len == 0) {
        memmove(&store->items[i], &store->items[i + 1], (behind - 1) * sizeof *item);
        store->item_count--;
        return;
    }
    if (!there) {
        assert_true(store->item_count < FAKE_ITEMS_MAX);
        memmove(&store->items[i + 1], &store->items[i], behind * sizeof *item);
        store->item_count++;
        store->items[i].space = arena_str(store->arena, item->space);
        store->items[i].key = arena_str(store->arena, item->key);
    }
    store->items[i].value = arena_str(store->arena, item->value);
}

static bool fake_guard_holds(const Store *store, const StoreItem *guard)
{
    bool there;
    if (!guard)
        return true;
    size_t i = fake_find(store, guard->space, guard->key, &there);
    return there ? str_eq(store->items[i].value, guard->value) : guard->value.len == 0;
}

Status store_commit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    UNUSED(cx);
    assert_non_null(access);
    void (*before)(Store *) = store->before_commit;
    store->before_commit = NULL;
    if (before)
        before(store);
    pthread_mutex_lock(&store->lock);
    commit->status = store->fail;
    commit->stale = false;
    for (size_t i = 0; i < STORE_EPOCHS && commit->status == STATUS_OK; i++)
        commit->stale |= commit->epochs[i] && commit->epochs[i] != store->epochs[i];
    if (commit->stale)
        commit->status = STATUS_CONFLICT;
    if (commit->status == STATUS_OK && !fake_guard_holds(store, commit->guard))
        commit->status = STATUS_CONFLICT;
    if (commit->status == STATUS_OK) {
        store->commits++;
        for (size_t i = 0; i < commit->item_count; i++)
            fake_put(store, &commit->items[i]);
        for (size_t i = 0; i < STORE_EPOCHS; i++)
            store->epochs[i] += commit->raises >> i & 1;
        for (size_t i = 0; i < commit->audit_count; i++)
            store->audits[store->audit_count++] = arena_str(store->arena, commit->audits[i]);
    }
    pthread_mutex_unlock(&store->lock);
    return commit->status;
}

Status store_read_begin(Store *store, Ctx *cx, const Access *access, StoreReader **ret_reader)
{
    assert_non_null(access);
    if (store->unreadable != STATUS_OK)
        return store->unreadable;
    *ret_reader = arena_new_of(cx->arena, StoreReader);
    **ret_reader = (StoreReader){store, cx->arena};
    return STATUS_OK;
}

void store_read_end(StoreReader *reader)
{
    reader->store = NULL;
}

bool store_is_shared(const Store *store)
{
    return store->shared;
}

Status store_mark(StoreReader *reader, StoreMark *ret_mark)
{
    pthread_mutex_lock(&reader->store->lock);
    memcpy(ret_mark->epochs, reader->store->epochs, sizeof(ret_mark->epochs));
    pthread_mutex_unlock(&reader->store->lock);
    ret_mark->change = 0;
    return STATUS_OK;
}

Status store_item_get(StoreReader *reader, Str space, Str key, Str *ret_value)
{
    bool there;
    pthread_mutex_lock(&reader->store->lock);
    size_t i = fake_find(reader->store, space, key, &there);
    if (there)
        *ret_value = arena_str(reader->arena, reader->store->items[i].value);
    pthread_mutex_unlock(&reader->store->lock);
    return there ? STATUS_OK : STATUS_NOT_FOUND;
}

Status store_item_list(StoreReader *reader, Str space, StoreItem **ret_items, size_t *ret_count)
{
    Store *store = reader->store;
    pthread_mutex_lock(&store->lock);
    StoreItem *items = arena_array_of(reader->arena, StoreItem, store->item_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < store->item_count; i++) {
        if (str_eq(store->items[i].space, space))
            items[count++] = (StoreItem){arena_str(reader->arena, space),
                                         arena_str(reader->arena, store->items[i].key),
                                         arena_str(reader->arena, store->items[i].value)};
    }
    pthread_mutex_unlock(&store->lock);
    *ret_items = items;
    *ret_count = count;
    return STATUS_OK;
}

/* The log is not read here. */
Status store_audit_read(StoreReader *reader, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                        size_t *ret_count)
{
    UNUSED(reader);
    UNUSED(from);
    UNUSED(limit);
    *ret_rows = NULL;
    *ret_count = 0;
    return STATUS_OK;
}

Status store_tip(StoreReader *reader, StoreTip *ret_tip)
{
    UNUSED(reader);
    *ret_tip = (StoreTip){0};
    return STATUS_OK;
}

#endif
