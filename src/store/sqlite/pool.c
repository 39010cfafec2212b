/* store/sqlite/pool.c - reader connections and snapshots.
 *
 * SQLite empties a connection's page cache when it begins to read after anybody's commit,
 * and while people read, the audit trail commits a thousand times a second. So a snapshot
 * stays open behind its reader, and the next reader takes it over, as long as nothing but
 * audit entries was committed since: the pages stay warm, and nothing has to begin. */
#include "store/sqlite/engine.h"

#include <errno.h>
#include <stdlib.h>

enum { SEEKS_KEPT = 64, SNAPSHOT_KEPT_MS = 5000, CACHE_LEAST = 256 * 1024 };

void pool_init(Pool *pool, unsigned open_max, size_t cache_bytes)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->freed, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&pool->lock, NULL);
    pool->open_max = open_max;
    pool->cache_bytes = cache_bytes;
}

static void drop_seeks(Seeks *seeks, size_t keep)
{
    while (seeks->count > keep)
        sqlite3_finalize(seeks->at[--seeks->count]);
}

static void end_seeks(Seeks *seeks, size_t keep)
{
    for (size_t i = 0; i < seeks->used; i++)
        sqlite3_reset(seeks->at[i]);
    seeks->used = 0;
    drop_seeks(seeks, keep);
}

static void free_seeks(Seeks *seeks)
{
    drop_seeks(seeks, 0);
    free(seeks->at);
}

/* False: the connection is not sound. */
static bool end_snapshot(PooledConnection *pooled)
{
    if (!pooled->view)
        return true;
    bool sound = sql_run(pooled->connection.statements[SQL_END]) == SQLITE_OK;
    memory_release(pooled->view);
    pooled->view = NULL;
    return sound;
}

static void pooled_free(PooledConnection *pooled)
{
    free_seeks(&pooled->forward);
    free_seeks(&pooled->backward);
    UNUSED(end_snapshot(pooled));
    unpacker_clear(&pooled->unpacker);
    connection_close(&pooled->connection);
    free(pooled);
}

void pool_renew(SqliteStore *store)
{
    Pool *pool = &store->pool;
    atomic_fetch_add(&store->generation, 1);
    pthread_mutex_lock(&pool->lock);
    for (PooledConnection *pooled = pool->idle; pooled; pooled = pooled->next)
        UNUSED(end_snapshot(pooled)); /* if it failed, so will the next BEGIN, and say so */
    pthread_mutex_unlock(&pool->lock);
}

void pool_clear(Pool *pool)
{
    while (pool->idle) {
        PooledConnection *pooled = pool->idle;
        pool->idle = pooled->next;
        pooled_free(pooled);
        pool->open--;
    }
    assert(pool->open == 0); /* a reader outlived its store */
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->lock);
}

/* The first connections do most of the work (pool_give) and have most of the cache: of 16, two
 * a third each, two a twelfth, the others what is left. */
static size_t cache_share(size_t all, unsigned number)
{
    size_t share = number < 2 ? all / 3 : number < 4 ? all / 12 : all / 96;
    return share < CACHE_LEAST ? CACHE_LEAST : share;
}

static Status pooled_open(Ctx *cx, SqliteStore *store, unsigned number,
                          PooledConnection **ret_pooled)
{
    PooledConnection *pooled = calloc(1, sizeof(PooledConnection));
    if (!pooled)
        return STATUS_MEMORY;
    ConnectionOptions options = store->connection;
    options.cache_bytes = cache_share(store->pool.cache_bytes, number);
    pooled->number = number;
    Status status = connection_open(cx, &options, &pooled->connection);
    if (status == STATUS_OK)
        status = connection_wall(cx, &pooled->connection);
    if (status == STATUS_OK)
        status = connection_prepare(cx, &pooled->connection, SQL_READER_COUNT);
    if (status != STATUS_OK) {
        pooled_free(pooled);
        return status;
    }
    sqlite3_busy_timeout(pooled->connection.db, 5000); /* only a recovery can be in the way */
    *ret_pooled = pooled;
    return STATUS_OK;
}

/* An idle connection, or leave to open one (*ret_pooled = NULL), before the deadline. */
static bool pool_wait(Pool *pool, Time deadline, PooledConnection **ret_pooled,
                      unsigned *ret_number)
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
        *ret_number = pool->open++;
    else
        given = false;
    pthread_mutex_unlock(&pool->lock);
    return given;
}

/* Idle connections stand in the order in which they were opened: the first has the largest
 * cache and the warmest. */
static void pool_give(Pool *pool, PooledConnection *pooled)
{
    pthread_mutex_lock(&pool->lock);
    if (pooled) {
        PooledConnection **place = &pool->idle;
        while (*place && (*place)->number < pooled->number)
            place = &(*place)->next;
        pooled->next = *place;
        *place = pooled;
    } else {
        pool->open--;
    }
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

static Status pool_take(Ctx *cx, SqliteStore *store, PooledConnection **ret_pooled)
{
    PooledConnection *pooled;
    unsigned number = 0;
    if (!pool_wait(&store->pool, cx->deadline, &pooled, &number))
        return ctx_fail(cx, STATUS_TIMEOUT, STR_EMPTY,
                        "All %u readers of the store were busy until the deadline.",
                        store->pool.open_max);
    if (!pooled) {
        Status status = pooled_open(cx, store, number, &pooled);
        if (status != STATUS_OK) {
            pool_give(&store->pool, NULL);
            return status;
        }
    }
    *ret_pooled = pooled;
    return STATUS_OK;
}

/* Another process writes: what it has in memory is in its log too, and is read from there. */
static Status begin_foreign_snapshot(Ctx *cx, PooledConnection *pooled)
{
    Connection *connection = &pooled->connection;
    Memtable *table;
    int code = sql_run(connection->statements[SQL_BEGIN]);
    if (code == SQLITE_OK)
        code = sqlite3_step(connection->statements[SQL_HEAD]);
    pooled->seq = (uint64_t)sqlite3_column_int64(connection->statements[SQL_HEAD], 0);
    uint64_t merged = (uint64_t)sqlite3_column_int64(connection->statements[SQL_HEAD], 1);
    sqlite3_reset(connection->statements[SQL_HEAD]);
    Status status = code == SQLITE_ROW ? recover_memtable(cx, connection, merged, &table)
                                       : sql_fail(cx, code, "beginning to read");
    if (status == STATUS_OK) {
        pooled->view = memory_view(table);
        pooled->keep_until = 0; /* nobody tells this process of a commit */
        status = pooled->view ? STATUS_OK : STATUS_MEMORY;
    }
    if (status != STATUS_OK && !sqlite3_get_autocommit(connection->db))
        (void)sql_run(connection->statements[SQL_END]);
    return status;
}

/* Memory and file at one moment: when the list of memtables is still the same after the
 * file's snapshot was taken, both belong together; else again. */
static Status begin_snapshot(Ctx *cx, SqliteStore *store, PooledConnection *pooled)
{
    sqlite3_stmt **statements = pooled->connection.statements;
    pooled->generation = atomic_load(&store->generation);
    for (;;) {
        MemoryView *view = memory_hold(&store->memory);
        int code = sql_run(statements[SQL_BEGIN]);
        if (code == SQLITE_OK) {
            code = sqlite3_step(statements[SQL_HEAD]);
            pooled->seq = (uint64_t)sqlite3_column_int64(statements[SQL_HEAD], 0);
            sqlite3_reset(statements[SQL_HEAD]);
        }
        if (code == SQLITE_ROW && memory_is_now(&store->memory, view)) {
            pooled->view = view;
            pooled->keep_until = time_monotonic() + SNAPSHOT_KEPT_MS * TIME_MS;
            return STATUS_OK;
        }
        memory_release(view);
        if (!sqlite3_get_autocommit(pooled->connection.db))
            (void)sql_run(statements[SQL_END]);
        if (code != SQLITE_ROW)
            return sql_fail(cx, code, "beginning to read");
    }
}

static Status take_snapshot(SqliteReader *reader)
{
    PooledConnection *pooled = reader->pooled;
    reader->kept = pooled->view && pooled->generation == atomic_load(&reader->store->generation) &&
                   time_monotonic() < pooled->keep_until;
    if (!reader->kept) {
        UNUSED(end_snapshot(pooled));
        memset(pooled->epochs, 0, sizeof(pooled->epochs));
        TRY(reader->store->read_only ? begin_foreign_snapshot(reader->base.cx, pooled)
                                     : begin_snapshot(reader->base.cx, reader->store, pooled));
    }
    reader->view = pooled->view;
    reader->seq = pooled->seq;
    return STATUS_OK;
}

Status reader_refresh(SqliteReader *reader)
{
    if (!reader->kept || reader->pooled->forward.used || reader->pooled->backward.used)
        return STATUS_OK;
    reader->pooled->keep_until = 0;
    return take_snapshot(reader);
}

static void reader_release(void *thing)
{
    SqliteReader *reader = thing;
    PooledConnection *pooled = reader->pooled;
    end_seeks(&pooled->forward, SEEKS_KEPT);
    end_seeks(&pooled->backward, 1);
    bool stale =
        reader->store->read_only || pooled->generation != atomic_load(&reader->store->generation);
    if (stale && !end_snapshot(pooled)) {
        pooled_free(pooled);
        pooled = NULL;
    }
    pool_give(&reader->store->pool, pooled);
}

Status reader_begin(SqliteStore *store, Ctx *cx, SqliteReader **ret_reader)
{
    SqliteReader *reader = arena_new_of(cx->arena, SqliteReader);
    void **hook = arena_defer(cx->arena, reader_release, NULL);
    if (!reader || !hook)
        return STATUS_MEMORY;
    *reader = (SqliteReader){.base = {.engine = &sqlite_engine, .cx = cx},
                             .store = store,
                             .hook = hook,
                             .past_caches = store->read_only};
    TRY(pool_take(cx, store, &reader->pooled));
    *hook = reader;
    Status status = take_snapshot(reader);
    if (status != STATUS_OK) {
        sqlite_read_end(&reader->base);
        return status;
    }
    *ret_reader = reader;
    return STATUS_OK;
}

Status reader_unpack(SqliteStore *store, Ctx *cx, Str packed, StoreRow *row)
{
    PooledConnection *pooled;
    TRY(pool_take(cx, store, &pooled));
    Status status = row_unpack(store, cx, &pooled->unpacker, packed, row);
    pool_give(&store->pool, pooled);
    return status;
}

Status sqlite_read_begin(Store *base, Ctx *cx, const Access *access, StoreReader **ret_reader)
{
    SqliteReader *reader;
    UNUSED(access);
    TRY(reader_begin(sqlite_store(base), cx, &reader));
    *ret_reader = &reader->base;
    return STATUS_OK;
}

void sqlite_read_end(StoreReader *base)
{
    SqliteReader *reader = sqlite_reader(base);
    if (!reader || !*reader->hook)
        return;
    *reader->hook = NULL;
    reader_release(reader);
}
