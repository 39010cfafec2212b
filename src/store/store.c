/* store/store.c - the calls of store.h, handed to the engine that an address names. */
#include "store/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/bytes.h"
#include "store/sqlite/file.h"
#include "store/sqlite/rekeyed.h"
#include "store/wall.h"

_Noreturn void store_die(const char *why)
{
    static const char head[] = "aceso: the store stops the program: ";
    ssize_t written = write(STDERR_FILENO, head, sizeof(head) - 1);
    written += write(STDERR_FILENO, why, strlen(why));
    written += write(STDERR_FILENO, "\n", 1);
    UNUSED(written);
    abort();
}

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

bool store_file_is_there(Ctx *cx, Str path)
{
    return file_exists(cx, path) || rekeyed_half_named(cx, path);
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
    TRY(store->engine->read_begin(store, cx, access, ret_reader));
    (*ret_reader)->access = access;
    return STATUS_OK;
}

void store_read_end(StoreReader *reader)
{
    if (reader)
        reader->engine->read_end(reader);
}

void store_read_unasked(StoreReader *reader)
{
    if (reader->engine->read_unasked)
        reader->engine->read_unasked(reader);
}

void store_read_seen(StoreReader *reader, StoreSeen *ret_seen)
{
    *ret_seen = (StoreSeen){.rid = 0};
    if (reader->engine->read_seen)
        reader->engine->read_seen(reader, ret_seen);
}

Ctx *store_read_into(StoreReader *reader, Ctx *cx)
{
    Ctx *before = reader->cx;
    reader->cx = cx;
    return before;
}

const Access *store_read_as(StoreReader *reader, const Access *access)
{
    const Access *before = reader->access;
    assert(access);
    reader->access = access;
    return before;
}

Status store_get(StoreReader *reader, uint16_t type, Str id, bool with_body, StoreRow *ret_row)
{
    return wall_row(reader->access, reader->engine->get(reader, type, id, with_body, ret_row),
                    ret_row);
}

Status store_get_now(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                     StoreRow *ret_row)
{
    assert(access);
    return wall_row(access, store->engine->get_now(store, cx, access, type, id, ret_row), ret_row);
}

Status store_get_seen(Store *store, Ctx *cx, const Access *access, uint16_t type, Str id,
                      StoreSeen *ret_seen, StoreRow *ret_row)
{
    assert(access);
    *ret_seen = (StoreSeen){.rid = 0};
    if (!store->engine->get_seen)
        return STATUS_NOT_FOUND;
    return wall_row(access, store->engine->get_seen(store, cx, type, id, ret_seen, ret_row),
                    ret_row);
}

uint64_t store_access_seen(Store *store)
{
    return store->engine->access_seen ? store->engine->access_seen(store) : 0;
}

bool store_lacks(Store *store, uint16_t type, Str id)
{
    return store->engine->lacks && store->engine->lacks(store, type, id);
}

void store_wish(Store *store, StoreWish *wish)
{
    store->engine->wish(store, wish);
}

Status store_get_rid(StoreReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row)
{
    return wall_row(reader->access, reader->engine->get_rid(reader, rid, with_body, ret_row),
                    ret_row);
}

Status store_get_rids(StoreReader *reader, const uint64_t *rids, size_t count, bool with_body,
                      StoreRow *ret_rows)
{
    TRY(reader->engine->get_rids(reader, rids, count, with_body, ret_rows));
    wall_rows(reader->access, ret_rows, count);
    return STATUS_OK;
}

Status store_get_version(StoreReader *reader, uint16_t type, Str id, uint32_t version,
                         StoreRow *ret_row)
{
    return wall_version(reader, reader->engine->get_version(reader, type, id, version, ret_row),
                        ret_row);
}

Status store_history(StoreReader *reader, const StoreHistory *query, StoreChange **ret_changes,
                     size_t *ret_count)
{
    if (!access_is_system(reader->access))
        return wall_history(reader, query, ret_changes, ret_count);
    return reader->engine->history(reader, query, ret_changes, ret_count);
}

/* ---- what processes remember ----------------------------------------------------------- */

bool store_is_shared(const Store *store)
{
    return store->engine->shared;
}

Status store_changes(StoreReader *reader, uint16_t type, uint64_t after, size_t limit,
                     StoreTouch **ret_touches, size_t *ret_count)
{
    return reader->engine->changes(reader, type, after, limit, ret_touches, ret_count);
}

Status store_get_rid_version(StoreReader *reader, uint64_t rid, uint32_t version, StoreRow *ret_row)
{
    return wall_version(reader, reader->engine->get_rid_version(reader, rid, version, ret_row),
                        ret_row);
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

Status store_expect(StoreReader *reader, const Str *prefixes, size_t count)
{
    return reader->engine->expect ? reader->engine->expect(reader, prefixes, count) : STATUS_OK;
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

Status store_cursor_prev(StoreCursor *cursor, Str *ret_key)
{
    return cursor->engine->cursor_prev(cursor, ret_key);
}

Status store_cursor_tails(StoreCursor *cursor, size_t bytes, size_t max, void *ret_tails,
                          size_t *ret_count)
{
    return cursor->engine->cursor_tails(cursor, bytes, max, ret_tails, ret_count);
}

Status store_count_keys(StoreReader *reader, Str first, Str last, uint64_t *ret_count)
{
    return reader->engine->count_keys(reader, first, last, ret_count);
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

static bool jobs_are_sound(const StoreCommit *commit)
{
    bool sound = true;
    for (size_t i = 0; i < commit->job_count && sound; i++) {
        const StoreJobAdd *job = &commit->jobs[i];
        sound = job->kind.len && job->kind.len <= STORE_JOB_KIND_BYTES_MAX &&
                job->key.len <= STORE_JOB_KEY_BYTES_MAX &&
                job->payload.len <= STORE_JOB_PAYLOAD_BYTES_MAX;
    }
    for (size_t i = 0; i < commit->job_end_count && sound; i++)
        sound = commit->job_ends[i].error.len <= STORE_JOB_ERROR_BYTES_MAX &&
                (commit->job_ends[i].how != STORE_JOB_HOLD ||
                 commit->job_ends[i].after <= STORE_LEASE_MS_MAX * TIME_MS);
    return sound;
}

static bool pieces_are_sound(const StoreCommit *commit)
{
    bool sound = true;
    for (size_t i = 0; i < commit->piece_count; i++)
        sound &= commit->pieces[i].content.len &&
                 commit->pieces[i].content.len <= STORE_CONTENT_BYTES_MAX &&
                 commit->pieces[i].number <= INT32_MAX &&
                 commit->pieces[i].bytes.len <= STORE_PIECE_BYTES_MAX;
    return sound;
}

void store_submit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    assert(jobs_are_sound(commit) && pieces_are_sound(commit));
    assert(access || !(commit->piece_count || commit->write_count || commit->item_count ||
                       commit->rekey_count || commit->job_count || commit->job_end_count));
    if (access && access_epoch(access))
        commit->epochs[STORE_EPOCH_AUTH] = access_epoch(access);
    for (size_t i = 0; i < commit->rekey_count; i++) { /* no change says that they are others now */
        if (commit->rekeys[i].facts.len)
            commit->raises |= 1u << STORE_EPOCH_ACCESS;
    }
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

Status store_commit_by(StoreSubmit submit, Store *store, Ctx *cx, const Access *access,
                       StoreCommit *commit)
{
    Waiter waiter = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    commit->done = wake;
    commit->owner = &waiter;
    submit(store, cx, access, commit);
    pthread_mutex_lock(&waiter.lock);
    while (!waiter.done)
        pthread_cond_wait(&waiter.woken, &waiter.lock);
    pthread_mutex_unlock(&waiter.lock);
    return commit->status;
}

Status store_commit(Store *store, Ctx *cx, const Access *access, StoreCommit *commit)
{
    return store_commit_by(store_submit, store, cx, access, commit);
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

/* ---- pieces ---------------------------------------------------------------------------- */

static Status for_the_program(const StoreReader *reader)
{
    return access_is_system(reader->access) ? STATUS_OK
                                            : ctx_fail(reader->cx, STATUS_FORBIDDEN, STR_EMPTY,
                                                       "Pieces are read by the program itself.");
}

Status store_piece_get(StoreReader *reader, Str content, uint32_t number, Str *ret_bytes)
{
    TRY(for_the_program(reader));
    return reader->engine->piece_get(reader, content, number, ret_bytes);
}

Status store_scan_pieces(StoreReader *reader, const StorePiecesAfter *after, StorePiece *pieces,
                         size_t *ret_count)
{
    TRY(for_the_program(reader));
    return reader->engine->scan_pieces(reader, after, pieces, ret_count);
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

/* ---- keys ------------------------------------------------------------------------------ */

Status store_rewrap(Store *store, Ctx *cx, const StoreOptions *secret)
{
    return store->engine->rewrap(store, cx, secret);
}

Status store_set_recovery(Store *store, Ctx *cx, Str code)
{
    return store->engine->set_recovery(store, cx, code);
}

Status store_reseal(Store *store, Ctx *cx, StoreProgress progress, void *to)
{
    return store->engine->reseal(store, cx, progress, to);
}

/* ---- moving ---------------------------------------------------------------------------- */

Status store_tip(StoreReader *reader, StoreTip *ret_tip)
{
    return reader->engine->tip(reader, ret_tip);
}

Status store_scan_changes(StoreReader *reader, uint64_t after, StoreSome some,
                          StoreChange **ret_changes, size_t *ret_count)
{
    if (!access_is_system(reader->access))
        return ctx_fail(reader->cx, STATUS_FORBIDDEN, STR_EMPTY,
                        "Only the operator reads a whole store.");
    return reader->engine->scan_changes(reader, after, some, ret_changes, ret_count);
}

Status store_scan_items(StoreReader *reader, Str space, Str key, StoreSome some,
                        StoreItem **ret_items, size_t *ret_count)
{
    return reader->engine->scan_items(reader, space, key, some, ret_items, ret_count);
}

Status store_log_keys(Store *store, Ctx *cx, const Access *access, bool on)
{
    assert(access);
    return store->engine->log_keys(store, cx, access, on);
}

Status store_scan_keys(StoreReader *reader, uint64_t after, StoreSome some,
                       StoreKeyChange **ret_keys, size_t *ret_count, uint64_t *ret_at)
{
    return reader->engine->scan_keys(reader, after, some, ret_keys, ret_count, ret_at);
}

bool store_facts_change(Str key, StoreFactsChange *ret_change)
{
    if (key.len < STORE_FACTS_KEY_BYTES || key.at[0] != STORE_KIND_FACTS)
        return false;
    *ret_change = (StoreFactsChange){get_uint(key.at + 1, 6), (uint32_t)get_uint(key.at + 7, 4),
                                     str_from(key, STORE_FACTS_KEY_BYTES)};
    return true;
}

Str store_facts_key(Arena *arena, uint64_t rid, uint32_t version, Str facts)
{
    char *key = arena_alloc_raw(arena, STORE_FACTS_KEY_BYTES + facts.len);
    if (!key)
        return (Str){NULL, 0};
    key[0] = STORE_KIND_FACTS;
    put_uint(key + 1, 6, rid);
    put_uint(key + 7, 4, version);
    if (facts.len)
        memcpy(key + STORE_FACTS_KEY_BYTES, facts.at, facts.len);
    return str_n(key, STORE_FACTS_KEY_BYTES + facts.len);
}

Status store_seal(Store *store, Ctx *cx, const Access *access, StoreSeal seal, Str words)
{
    assert(access && (seal != STORE_MOVED || words.len));
    return store->engine->seal(store, cx, access, seal, words);
}

Status store_moved_to(StoreReader *reader, Str *ret_words)
{
    return reader->engine->moved_to(reader, ret_words);
}

Status store_load(Store *store, Ctx *cx, const StoreLoad *load)
{
    return store->engine->load(store, cx, load);
}

Status store_load_mark(Store *store, Ctx *cx, Str *ret_mark)
{
    return store->engine->load_mark(store, cx, ret_mark);
}

Status store_load_end(Store *store, Ctx *cx, const StoreTip *tip)
{
    return store->engine->load_end(store, cx, tip);
}
