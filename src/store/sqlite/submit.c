/* store/sqlite/submit.c - the caller's side of a commit: pack, queue, wait. */
#include "store/sqlite/engine.h"

#include <stdlib.h>

#include "store/once.h"
#include "store/sqlite/log.h"

enum { SORT_WRITES_MIN = 24 }; /* below, neighbours are too far apart to gain */

uint64_t sqlite_new_rid(Store *base)
{
    SqliteStore *store = sqlite_store(base);
    return atomic_fetch_add_explicit(&store->next_rid, 1, memory_order_relaxed);
}

Status sqlite_prepare(Store *base, Arena *arena, StoreWrite *write)
{
    SqliteStore *store = sqlite_store(base);
    assert(write->version > 0 && write->rid > 0 && write->id.len > 0 && write->id.len < 256);
    assert(log_keys_are_sound(write));
    if (write->method != STORE_DELETE)
        TRY(bodies_pack(store->bodies, arena, write->body, &write->packed_body));
    write->packed_facts = arena_str(arena, write->facts);
    if (!write->packed_facts.at)
        return STATUS_MEMORY;
    return log_pack_entry(arena, write, &write->packed_keys);
}

static Status prepare_writes(SqliteStore *store, Arena *arena, const StoreCommit *commit,
                             Prepared *prepared)
{
    prepared->bodies = arena_array_of(arena, Str, commit->write_count);
    prepared->entries = arena_array_of(arena, Str, commit->write_count);
    if (!prepared->bodies || !prepared->entries)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->write_count; i++) {
        StoreWrite *write = &commit->writes[i];
        if (!write->packed_keys.at)
            TRY(sqlite_prepare(&store->base, arena, write));
        prepared->bodies[i] = write->packed_body;
        prepared->entries[i] = write->packed_keys;
        prepared->bytes += prepared->bodies[i].len + prepared->entries[i].len;
    }
    return once_each(arena, commit, &prepared->conflict);
}

static Status prepare_rekeys(Arena *arena, const StoreCommit *commit, Prepared *prepared)
{
    if (!commit->rekey_count)
        return STATUS_OK;
    prepared->rekeys = arena_array_of(arena, Str, commit->rekey_count);
    if (!prepared->rekeys)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->rekey_count; i++) {
        assert(log_rekey_is_sound(&commit->rekeys[i]));
        TRY(log_pack_rekey(arena, &commit->rekeys[i], &prepared->rekeys[i]));
        prepared->bytes += prepared->rekeys[i].len;
    }
    return STATUS_OK;
}

static Status prepare_erases(SqliteStore *store, Arena *arena, const StoreCommit *commit,
                             Prepared *prepared)
{
    prepared->erases = arena_array_of(arena, Str, commit->erase_count + 1);
    if (!prepared->erases)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->erase_count; i++) {
        TRY(bodies_pack(store->bodies, arena, commit->erases[i].body, &prepared->erases[i]));
        prepared->bytes += prepared->erases[i].len;
    }
    return STATUS_OK;
}

/* ---- sorting the keys of many writes --------------------------------------------------- */

typedef struct {
    Arena *arena;
    Prepared *prepared;
    Str entry;
    size_t room; /* 0: only counting */
} Sorting;

static bool take_key(void *to, Str key, uint64_t seq, bool removed)
{
    Sorting *sorting = to;
    Prepared *prepared = sorting->prepared;
    if (!sorting->room)
        return ++prepared->sorted_count;
    bool in_entry = key.at >= sorting->entry.at && key.at < sorting->entry.at + sorting->entry.len;
    if (!in_entry)
        key = arena_str(sorting->arena, key); /* the store's own */
    if (key.at)
        prepared->sorted[prepared->sorted_count++] = sort_key(key, seq, removed);
    return key.at;
}

static bool take_keys(Sorting *sorting, size_t write_count)
{
    sorting->prepared->sorted_count = 0;
    for (size_t i = 0; i < write_count; i++) {
        bool stopped;
        sorting->entry = sorting->prepared->entries[i];
        LogAt at = {sorting->entry, i + 1};
        if (!log_next(&at, LOG_FIXED, take_key, sorting, &stopped))
            return false;
    }
    return true;
}

/* Without memory for it the keys stay unsorted, which is only slower. */
static void sort_commit(Arena *arena, const StoreCommit *commit, Prepared *prepared)
{
    Sorting sorting = {.arena = arena, .prepared = prepared};
    bool sound = take_keys(&sorting, commit->write_count);
    sorting.room = prepared->sorted_count;
    if (sound && sorting.room)
        prepared->sorted = arena_alloc_raw(arena, sorting.room * sizeof(SortKey));
    if (prepared->sorted && take_keys(&sorting, commit->write_count)) {
        sort_keys(prepared->sorted, prepared->sorted_count);
        return;
    }
    prepared->sorted = NULL;
    prepared->sorted_count = 0;
}

static bool queue(Writer *writer, StoreCommit *commit, bool though_sealed)
{
    pthread_mutex_lock(&writer->lock);
    bool open = writer->started && !writer->stopping && (!writer->sealed || though_sealed);
    if (open) {
        *writer->last = commit;
        writer->last = &commit->next;
        if (writer->sleeping)
            pthread_cond_signal(&writer->work);
    }
    pthread_mutex_unlock(&writer->lock);
    return open;
}

static void submit(SqliteStore *store, Ctx *cx, StoreCommit *commit, bool though_sealed)
{
    Prepared *prepared = arena_new_of(cx->arena, Prepared);
    commit->prepared = NULL;
    if (prepared) {
        for (size_t i = 0; i < commit->audit_count; i++)
            prepared->bytes += commit->audits[i].len;
        for (size_t i = 0; i < commit->piece_count; i++)
            prepared->bytes += commit->pieces[i].bytes.len;
        for (size_t i = 0; i < commit->job_count; i++)
            prepared->bytes += commit->jobs[i].payload.len;
        prepared->status = prepare_writes(store, cx->arena, commit, prepared);
        if (prepared->status == STATUS_OK)
            prepared->status = prepare_rekeys(cx->arena, commit, prepared);
        if (prepared->status == STATUS_OK)
            prepared->status = prepare_erases(store, cx->arena, commit, prepared);
        commit->prepared = prepared;
        if (prepared->status == STATUS_OK && commit->write_count >= SORT_WRITES_MIN &&
            !big_is(store, commit))
            sort_commit(cx->arena, commit, prepared);
    }
    commit->next = NULL;
    if (queue(&store->writer, commit, though_sealed))
        return;
    commit->status = STATUS_UNAVAILABLE;
    commit->done(commit);
}

void sqlite_submit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    UNUSED(access);
    submit(sqlite_store(store), cx, commit, false);
}

void sqlite_submit_sealed(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    UNUSED(access);
    submit(sqlite_store(store), cx, commit, true);
}
