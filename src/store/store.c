/* store/store.c - the calls of store.h, handed to the engine that an address names. */
#include "store/store.h"

#include <pthread.h>

#include "store/engine.h"

/* ---- addresses ------------------------------------------------------------------------- */

static const StoreEngine *const engines[] = {&sqlite_engine, &postgres_engine};

/* The scheme before the colon; an address that begins with no scheme of ours is a path. */
static const StoreEngine *engine_of(const StoreOptions *options, StoreOptions *ret_own)
{
    *ret_own = *options;
    for (size_t i = 0; i < COUNT_OF(engines); i++) {
        Str scheme = engines[i]->scheme, address = options->address;
        if (str_has_prefix(address, scheme) && address.len > scheme.len &&
            address.at[scheme.len] == ':') {
            ret_own->address = str_from(address, scheme.len + 1);
            return engines[i];
        }
    }
    return engines[0];
}

bool store_address_is_file(Str address, Str *ret_path)
{
    StoreOptions own;
    bool file = engine_of(&(StoreOptions){.address = address}, &own) == &sqlite_engine;
    if (file)
        *ret_path = own.address;
    return file;
}

/* ---- life ------------------------------------------------------------------------------ */

Status store_create(Ctx *cx, const StoreOptions *options)
{
    StoreOptions own;
    return engine_of(options, &own)->create(cx, &own);
}

Status store_open(Ctx *cx, const StoreOptions *options, Store **ret_store)
{
    StoreOptions own;
    return engine_of(options, &own)->open(cx, &own, ret_store);
}

void store_close(Store *store)
{
    if (store)
        store->engine->close(store);
}

/* ---- reading --------------------------------------------------------------------------- */

Status store_read_begin(Store *store, Ctx *cx, const Access *access, StoreReader **ret_reader)
{
    assert(access);
    return store->engine->read_begin(store, cx, access, ret_reader);
}

void store_read_end(StoreReader *reader)
{
    if (reader)
        reader->engine->read_end(reader);
}

Ctx *store_read_into(StoreReader *reader, Ctx *cx)
{
    Ctx *before = reader->cx;
    reader->cx = cx;
    return before;
}

Status store_get(StoreReader *reader, uint16_t type, Str id, bool with_body, StoreRow *ret_row)
{
    return reader->engine->get(reader, type, id, with_body, ret_row);
}

Status store_get_now(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                     StoreRow *ret_row)
{
    return store->engine->get_now(store, cx, access, type, id, ret_row);
}

Status store_get_rid(StoreReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row)
{
    return reader->engine->get_rid(reader, rid, with_body, ret_row);
}

Status store_get_rids(StoreReader *reader, const uint64_t *rids, size_t count, bool with_body,
                      StoreRow *ret_rows)
{
    return reader->engine->get_rids(reader, rids, count, with_body, ret_rows);
}

Status store_get_version(StoreReader *reader, uint16_t type, Str id, uint32_t version,
                         StoreRow *ret_row)
{
    return reader->engine->get_version(reader, type, id, version, ret_row);
}

Status store_history(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                     size_t *ret_count)
{
    return reader->engine->history(reader, query, ret_changes, ret_count);
}

/* ---- what processes remember ----------------------------------------------------------- */

bool store_is_shared(const Store *store)
{
    return store->engine->shared;
}

Status store_mark(StoreReader *reader, StoreMark *ret_mark)
{
    return reader->engine->mark(reader, ret_mark);
}

Status store_last_rid(StoreReader *reader, uint64_t *ret_rid)
{
    return reader->engine->last_rid(reader, ret_rid);
}

/* ---- index keys ------------------------------------------------------------------------ */

Status store_cursor(StoreReader *reader, Str prefix, StoreCursor **ret_cursor)
{
    return reader->engine->cursor(reader, prefix, ret_cursor);
}

Status store_cursor_again(StoreCursor *cursor, Str prefix)
{
    return cursor->engine->cursor_again(cursor, prefix);
}

Status store_cursor_seek(StoreCursor *cursor, Str key)
{
    return cursor->engine->cursor_seek(cursor, key);
}

Status store_cursor_next(StoreCursor *cursor, Str *ret_key)
{
    return cursor->engine->cursor_next(cursor, ret_key);
}

/* ---- writing --------------------------------------------------------------------------- */

uint64_t store_new_rid(Store *store)
{
    return store->engine->new_rid(store);
}

Status store_prepare(Store *store, Arena *arena, StoreWrite *write)
{
    return store->engine->prepare(store, arena, write);
}

void store_submit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    assert(access || !(commit->write_count || commit->item_count || commit->rekey_count));
    if (access && access_epoch(access))
        commit->epochs[STORE_EPOCH_AUTH] = access_epoch(access);
    store->engine->submit(store, cx, access, commit);
}

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool done;
} Waiter;

static void wake(StoreCommit *commit)
{
    Waiter *waiter = commit->owner;
    pthread_mutex_lock(&waiter->lock);
    waiter->done = true;
    pthread_cond_signal(&waiter->woken);
    pthread_mutex_unlock(&waiter->lock);
}

Status store_commit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    Waiter waiter = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    commit->done = wake;
    commit->owner = &waiter;
    store_submit(store, cx, access, commit);
    pthread_mutex_lock(&waiter.lock);
    while (!waiter.done)
        pthread_cond_wait(&waiter.woken, &waiter.lock);
    pthread_mutex_unlock(&waiter.lock);
    return commit->status;
}

/* ---- items and audit ------------------------------------------------------------------- */

Status store_item_get(StoreReader *reader, Str space, Str key, Str *ret_value)
{
    return reader->engine->item_get(reader, space, key, ret_value);
}

Status store_item_list(StoreReader *reader, Str space, StoreItem **ret_items, size_t *ret_count)
{
    return reader->engine->item_list(reader, space, ret_items, ret_count);
}

Status store_audit_read(StoreReader *reader, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                        size_t *ret_count)
{
    return reader->engine->audit_read(reader, from, limit, ret_rows, ret_count);
}

/* ---- care ------------------------------------------------------------------------------ */

void store_stats(Store *store, StoreStats *ret_stats)
{
    store->engine->stats(store, ret_stats);
}

Status store_settle(Store *store, Ctx *cx)
{
    return store->engine->settle(store, cx);
}

Status store_backup(Store *store, Ctx *cx, Str to_path, StoreProgress progress, void *to)
{
    return store->engine->backup(store, cx, to_path, progress, to);
}

Status store_restore(Ctx *cx, Str from_path, const StoreOptions *options)
{
    StoreOptions own;
    return engine_of(options, &own)->restore(cx, from_path, &own);
}

Status store_check(Store *store, Ctx *cx, StoreProgress progress, void *to)
{
    return store->engine->check(store, cx, progress, to);
}
