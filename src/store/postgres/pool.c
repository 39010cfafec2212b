/* store/postgres/pool.c - connections of readers, and snapshots.
 *
 * A snapshot is taken by the first statement of its reader, in the same round trip; its end is
 * sent and not waited for. A connection that was lost is opened again, and what was asked is
 * asked again as long as nothing was answered in that snapshot. */
#include "store/postgres/engine.h"

#include <errno.h>
#include <stdlib.h>

void links_init(Pool *pool, unsigned open_max)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->freed, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&pool->lock, NULL);
    pool->open_max = open_max;
}

static void pooled_free(PooledLink *pooled)
{
    link_close(&pooled->link);
    unpacker_clear(&pooled->unpacker);
    ahead_free(pooled->ahead);
    lists_free(pooled->lists);
    free(pooled);
}

void links_clear(Pool *pool)
{
    while (pool->idle) {
        PooledLink *pooled = pool->idle;
        pool->idle = pooled->next;
        pooled_free(pooled);
        pool->open--;
    }
    assert(pool->open == 0); /* a reader outlived its store */
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->lock);
}

/* An idle connection, or leave to make one (*ret_pooled = NULL), before the deadline. */
static bool links_wait(Pool *pool, Time deadline, PooledLink **ret_pooled)
{
    int late = 0;
    pthread_mutex_lock(&pool->lock);
    while (!pool->idle && pool->open == pool->open_max && late != ETIMEDOUT) {
        if (deadline) {
            struct timespec until = {deadline / TIME_SECOND, deadline % TIME_SECOND * 1000};
            late = pthread_cond_timedwait(&pool->freed, &pool->lock, &until);
        } else {
            pthread_cond_wait(&pool->freed, &pool->lock);
        }
    }
    *ret_pooled = pool->idle;
    bool given = true;
    if (pool->idle)
        pool->idle = pool->idle->next;
    else if (pool->open < pool->open_max)
        pool->open++;
    else
        given = false;
    pthread_mutex_unlock(&pool->lock);
    return given;
}

void links_give(PostgresStore *store, PooledLink *pooled)
{
    Pool *pool = &store->pool;
    pthread_mutex_lock(&pool->lock);
    if (pooled) {
        pooled->next = pool->idle;
        pool->idle = pooled;
    } else {
        pool->open--;
    }
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

static Status reopen(PostgresStore *store, Ctx *cx, PooledLink *pooled)
{
    if (pooled->link.conn) {
        kept_forget(&store->kept);
        shelf_forget(store->shelf);
    }
    link_close(&pooled->link);
    return link_open(cx, store->conninfo, SQL_LIST_READER, &pooled->link);
}

Status links_take(PostgresStore *store, Ctx *cx, PooledLink **ret_pooled)
{
    PooledLink *pooled;
    if (!links_wait(&store->pool, cx->deadline, &pooled))
        return ctx_fail(cx, STATUS_TIMEOUT, STR_EMPTY,
                        "All %u readers of the store were busy until the deadline.",
                        store->pool.open_max);
    if (!pooled)
        pooled = calloc(1, sizeof(PooledLink));
    Status status = !pooled                       ? STATUS_MEMORY
                    : link_is_open(&pooled->link) ? STATUS_OK
                                                  : reopen(store, cx, pooled);
    if (status == STATUS_OK) {
        *ret_pooled = pooled;
        return STATUS_OK;
    }
    if (pooled)
        pooled_free(pooled);
    links_give(store, NULL);
    return status;
}

Str caller_of(const Access *access)
{
    Str account = access ? access_account(access) : STR_EMPTY;
    return account.len ? account : STR("aceso");
}

static Params params_of_caller(Arena *arena, Str caller)
{
    Params params = params_in(arena);
    params_bytes(&params, caller);
    return params;
}

Status links_run(PostgresStore *store, Ctx *cx, PooledLink *pooled, const Call *calls, size_t count,
                 const char *doing, PGresult **results)
{
    Fault fault = link_run(&pooled->link, cx, calls, count, results);
    if (fault == FAULT_LOST) {
        TRY(reopen(store, cx, pooled));
        fault = link_run(&pooled->link, cx, calls, count, results);
    }
    return link_fail(cx, &pooled->link, fault, doing);
}

Status links_change(PostgresStore *store, Ctx *cx, PooledLink *pooled, const Call *calls,
                    size_t count, const char *doing, PGresult **results)
{
    enum { BEFORE = 2 };
    Params caller = params_of_caller(cx->arena, caller_of(NULL));
    Call all[BEFORE + LINKS_CALLS_MAX + 1] = {{SQL_BEGIN_WRITE, NULL}, {SQL_CALLER, &caller}};
    PGresult *answers[BEFORE + LINKS_CALLS_MAX + 1];
    assert(count <= LINKS_CALLS_MAX);
    memcpy(all + BEFORE, calls, count * sizeof(Call));
    all[BEFORE + count] = (Call){SQL_END_WRITE, NULL};
    TRY(links_run(store, cx, pooled, all, BEFORE + count + 1, doing, answers));
    PQclear(answers[0]);
    PQclear(answers[1]);
    PQclear(answers[BEFORE + count]);
    memcpy(results, answers + BEFORE, count * sizeof(*results));
    return STATUS_OK;
}

Status links_ask(PostgresStore *store, Ctx *cx, PooledLink *pooled, const Call *call,
                 const char *doing, PGresult **ret_result)
{
    Params caller = params_of_caller(cx->arena, caller_of(NULL));
    const Call calls[] = {{SQL_CALLER, &caller}, *call};
    PGresult *results[COUNT_OF(calls)];
    TRY(links_run(store, cx, pooled, calls, COUNT_OF(calls), doing, results));
    PQclear(results[0]);
    *ret_result = results[1];
    return STATUS_OK;
}

/* ---- readers --------------------------------------------------------------------------- */

/* What keys are to a snapshot. While a store is filled they come in without a version. */
static ShelfView view_keys(PostgresStore *store, const Heard *heard)
{
    const uint64_t *epochs = heard->mark.epochs;
    return store->filling ? (ShelfView){.turn = 0}
                          : shelf_begin(store->shelf, heard_version(heard),
                                        epochs[STORE_EPOCH_INDEX] + epochs[STORE_EPOCH_ACCESS]);
}

void heard_take(const PGresult *result, Heard *ret_heard)
{
    mark_take(result, 0, &ret_heard->mark);
    ret_heard->rekeys = (uint64_t)answer_int(result, 0, 1 + STORE_EPOCHS);
}

/* The answer of SQL_MARK. *ret_other: memory has answered, and for another one. */
static void take_mark(PostgresReader *reader, uint64_t seen, const PGresult *result,
                      bool *ret_other)
{
    PostgresStore *store = reader->store;
    Heard heard;
    heard_take(result, &heard);
    *ret_other = reader->assumed &&
                 (heard_version(&heard) != reader->version ||
                  memcmp(heard.mark.epochs, reader->mark.epochs, sizeof(heard.mark.epochs)) != 0);
    reader->mark = heard.mark;
    reader->version = heard_version(&heard);
    reader->rows = kept_begin(&store->kept, seen, &heard.mark);
    reader->shelf = view_keys(store, &heard);
    belief_hear(&store->belief, &heard);
}

/* Whether memory knows all that is known of the database, and nothing has been written lately. */
static bool assume(PostgresReader *reader)
{
    PostgresStore *store = reader->store;
    Heard heard;
    uint64_t change, epoch;
    if (!belief_get(&store->belief, &heard) || !belief_is_calm(&store->belief))
        return false;
    RowSnapshot rows = kept_now(&store->kept);
    ShelfView shelf = view_keys(store, &heard);
    if (!rows.turn || !shelf.turn || rows.seq != heard.mark.change ||
        !kept_expects(&store->kept, &change, &epoch) || change != rows.seq ||
        epoch != heard.mark.epochs[STORE_EPOCH_ACCESS])
        return false;
    reader->mark = heard.mark;
    reader->version = heard_version(&heard);
    reader->rows = rows;
    reader->shelf = shelf;
    return true;
}

void postgres_read_unasked(StoreReader *base)
{
    postgres_reader(base)->may_assume = true;
}

void postgres_read_seen(StoreReader *base, StoreSeen *ret_seen)
{
    const PostgresReader *reader = postgres_reader(base);
    if (reader->assumed && !reader->begun)
        *ret_seen = (StoreSeen){.turn = reader->rows.turn, .index = reader->version};
    else if (reader->assumed && reader->fault != FAULT_NONE)
        *ret_seen = (StoreSeen){.index = 1}; /* of no turn: whoever passed over it is refused */
}

void mark_take(const PGresult *result, int column, StoreMark *ret_mark)
{
    ret_mark->change = (uint64_t)answer_int(result, 0, column);
    for (int i = 0; i < STORE_EPOCHS; i++)
        ret_mark->epochs[i] = (uint64_t)answer_int(result, 0, column + 1 + i);
}

/* The snapshot's mark, and with it the first question, if there is one. */
static Fault ask_first(PostgresReader *reader, const Call *call, PGresult **ret_result,
                       bool *ret_other)
{
    Params caller = params_of_caller(reader->base.cx->arena, reader->caller);
    const Call calls[] = {{SQL_MARK, &caller}, call ? *call : (Call){0}};
    PGresult *results[COUNT_OF(calls)];
    uint64_t seen = kept_seen(&reader->store->kept);
    Fault fault = link_ask(&reader->pooled->link, reader->base.cx, calls, call ? 2 : 1, results);
    if (fault == FAULT_NONE) {
        take_mark(reader, seen, results[0], ret_other);
        PQclear(results[0]);
        if (call)
            *ret_result = results[1];
    }
    return fault;
}

static Status begin(PostgresReader *reader, const Call *call, const char *doing,
                    PGresult **ret_result)
{
    Ctx *cx = reader->base.cx;
    Link *link = &reader->pooled->link;
    bool other = false;
    Fault fault = ask_first(reader, call, ret_result, &other);
    if (fault == FAULT_LOST) { /* the server went away while nobody looked */
        TRY(reopen(reader->store, cx, reader->pooled));
        fault = ask_first(reader, call, ret_result, &other);
    }
    reader->begun = true;
    reader->fault = fault;
    TRY(link_fail(cx, link, fault, doing));
    if (!other)
        return STATUS_OK;
    if (call)
        PQclear(*ret_result);
    reader->mistaken = true;
    reader->fault = FAULT_AGAIN;
    return STATUS_CONFLICT;
}

/* After a fault the snapshot is gone: what is asked further would be asked in another one. */
Status reader_ask(PostgresReader *reader, SqlName statement, const Params *params,
                  const char *doing, PGresult **ret_result)
{
    Ctx *cx = reader->base.cx;
    Link *link = &reader->pooled->link;
    const Call call = {statement, params};
    if (!reader->begun)
        return begin(reader, &call, doing, ret_result);
    if (reader->fault == FAULT_NONE)
        reader->fault = link_ask(link, cx, &call, 1, ret_result);
    else if (reader->mistaken)
        return STATUS_CONFLICT;
    return link_fail(cx, link, reader->fault, doing);
}

Status postgres_mark(StoreReader *base, StoreMark *ret_mark)
{
    PostgresReader *reader = postgres_reader(base);
    if (!reader->begun && reader->may_assume && !reader->assumed)
        reader->assumed = assume(reader);
    if (!reader->begun && !reader->assumed)
        TRY(begin(reader, NULL, "reading its epochs", NULL));
    *ret_mark = reader->mark;
    return STATUS_OK;
}

/* Without a snapshot one is only taken for what memory may have: else the question takes it. */
Status reader_recall(PostgresReader *reader, ChunkKind kind, Str list, Str from, Chunk **ret_chunk)
{
    StoreMark mark;
    Shelf *shelf = reader->store->shelf;
    *ret_chunk = NULL;
    if (!reader->begun && shelf_has(shelf, kind, list, from))
        TRY(postgres_mark(&reader->base, &mark));
    if ((reader->begun || reader->assumed) && reader->fault == FAULT_NONE)
        *ret_chunk = shelf_take(shelf, reader->shelf, kind, list, from);
    return STATUS_OK;
}

static void reader_release(void *thing)
{
    PostgresReader *reader = thing;
    link_end(&reader->pooled->link);
    ahead_forget(reader->pooled->ahead);
    lists_forget(reader->pooled->lists);
    links_give(reader->store, reader->pooled);
}

Status reader_open(PostgresStore *store, Ctx *cx, const Access *access, StoreReader **ret_reader)
{
    PostgresReader *reader = arena_new_of(cx->arena, PostgresReader);
    void **hook = arena_defer(cx->arena, reader_release, NULL);
    if (!reader || !hook)
        return STATUS_MEMORY;
    *reader = (PostgresReader){.base = {.engine = &postgres_engine, .cx = cx},
                               .store = store,
                               .caller = arena_str(cx->arena, caller_of(access)),
                               .hook = hook};
    if (!reader->caller.at)
        return STATUS_MEMORY;
    if (atomic_load(&store->outdated))
        return refuse_outdated(cx);
    TRY(links_take(store, cx, &reader->pooled));
    *hook = reader;
    *ret_reader = &reader->base;
    return STATUS_OK;
}

Status postgres_read_begin(Store *store, Ctx *cx, const Access *access, StoreReader **ret_reader)
{
    return reader_open(postgres_store(store), cx, access, ret_reader);
}

void postgres_read_end(StoreReader *base)
{
    PostgresReader *reader = postgres_reader(base);
    if (!*reader->hook)
        return;
    *reader->hook = NULL;
    reader_release(reader);
}
