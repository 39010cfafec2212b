/* store/postgres/open.c - makes, opens and closes a store in a database. */
#include "store/postgres/engine.h"

#include <stdlib.h>

#include "store/postgres/schema.h"

enum { READERS_DEFAULT = 16, FIGURES_WAIT_S = 2 };
enum { KEYS_PART = 4 }; /* of memory; the rest is of rows */
static const size_t memory_default = (size_t)160 << 20;

/* libpq's words as they are; its URI needs the scheme back. malloc'd. */
static char *conninfo_of(Str address)
{
    bool uri = str_has_prefix(address, STR("//"));
    size_t room = address.len + sizeof("postgres:");
    char *conninfo = malloc(room);
    if (conninfo)
        snprintf(conninfo, room, "%s" STR_FMT, uri ? "postgres:" : "", STR_ARG(address));
    return conninfo;
}

/* ---- create -------------------------------------------------------------------------------- */

static Status make_store(Ctx *cx, Link *link, const StoreOptions *options)
{
    bool fresh;
    Status status = schema_make(cx, link, options->role, options->reader, &fresh);
    if (status == STATUS_OK && fresh)
        status = vault_make(cx, link, options);
    return schema_end(cx, link, status);
}

Status postgres_create(Ctx *cx, const StoreOptions *options)
{
    Link link;
    TRY(crypto_init(cx));
    char *conninfo = conninfo_of(options->address);
    if (!conninfo)
        return STATUS_MEMORY;
    Status status = link_open(cx, conninfo, SQL_LIST_NONE, &link);
    free(conninfo);
    TRY(status);
    status = make_store(cx, &link, options);
    link_close(&link);
    return status;
}

/* ---- open and close ------------------------------------------------------------------------ */

static Status look_at(Ctx *cx, PostgresStore *store, const StoreOptions *options)
{
    Link link;
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &link));
    Status status = schema_probe(cx, &link);
    if (status == STATUS_OK)
        status = vault_load(cx, &link, options, &store->vault);
    crypto_keep_in_memory(&store->vault, sizeof store->vault);
    link_close(&link);
    return status;
}

static Status open_parts(Ctx *cx, PostgresStore *store, const StoreOptions *options)
{
    store->conninfo = conninfo_of(options->address);
    store->bodies = bodies_new();
    size_t memory = options->cache_bytes ? options->cache_bytes : memory_default;
    bool kept = kept_init(&store->kept, memory - memory / KEYS_PART);
    store->shelf = shelf_new(memory / KEYS_PART);
    if (!store->conninfo || !store->bodies || !kept || !store->shelf)
        return STATUS_MEMORY;
    TRY(look_at(cx, store, options));
    TRY(database_use_begin(cx, store, options->use));
    if (store->filling)
        return load_begin(cx, store);
    for (size_t i = 0; i < LANE_COUNT; i++)
        TRY(lane_init(cx, store, &store->lanes[i]));
    return fetcher_start(cx, store);
}

Status postgres_open(Ctx *cx, const StoreOptions *options, Store **ret_store)
{
    TRY(crypto_init(cx));
    PostgresStore *store = calloc(1, sizeof(PostgresStore));
    if (!store)
        return STATUS_MEMORY;
    store->base.engine = &postgres_engine;
    store->read_only = options->read_only;
    pthread_mutex_init(&store->rid_lock, NULL);
    pthread_mutex_init(&store->keys_lock, NULL);
    pthread_mutex_init(&store->spare_lock, NULL);
    belief_init(&store->belief);
    links_init(&store->pool, options->readers_max ? options->readers_max : READERS_DEFAULT);
    Status status = open_parts(cx, store, options);
    if (status != STATUS_OK) {
        postgres_close(&store->base);
        return status;
    }
    *ret_store = &store->base;
    return STATUS_OK;
}

void postgres_close(Store *base)
{
    PostgresStore *store = postgres_store(base);
    for (size_t i = 0; i < LANE_COUNT; i++)
        lane_stop(&store->lanes[i]);
    fetcher_stop(store);
    links_clear(&store->pool);
    for (size_t i = 0; i < LANE_COUNT; i++)
        lane_clear(&store->lanes[i]);
    link_close(&store->move);
    kept_clear(&store->kept);
    shelf_free(store->shelf);
    bodies_free(store->bodies);
    pthread_mutex_destroy(&store->rid_lock);
    pthread_mutex_destroy(&store->keys_lock);
    spares_clear(store);
    belief_clear(&store->belief);
    vault_wipe(&store->vault);
    free(store->conninfo);
    free(store);
}

/* ---- figures ------------------------------------------------------------------------------- */

static void look_at_figures(PostgresStore *store, StoreStats *stats)
{
    Ctx cx = {.arena = arena_new(64 * 1024, false),
              .deadline = time_monotonic() + FIGURES_WAIT_S * TIME_SECOND};
    const Call call = {SQL_FIGURES, NULL};
    PooledLink *pooled;
    PGresult *result;
    if (cx.arena && links_take(store, &cx, &pooled) == STATUS_OK) {
        if (links_ask(store, &cx, pooled, &call, "reading its figures", &result) == STATUS_OK) {
            atomic_store(&store->stats.changes, (uint64_t)answer_int(result, 0, 0));
            atomic_store(&store->stats.resources, (uint64_t)answer_int(result, 0, 1));
            atomic_store(&store->stats.audits, (uint64_t)answer_int(result, 0, 2));
            stats->file_bytes = (uint64_t)answer_int(result, 0, 3);
            PQclear(result);
        }
        links_give(store, pooled);
    }
    arena_free(cx.arena);
}

/* Of all nodes together; as last seen when the database cannot be asked. Commits are this node's.
 */
void postgres_stats(Store *base, StoreStats *ret_stats)
{
    PostgresStore *store = postgres_store(base);
    *ret_stats = (StoreStats){.commits = atomic_load(&store->stats.commits),
                              .groups = atomic_load(&store->stats.groups)};
    look_at_figures(store, ret_stats);
    ret_stats->changes = atomic_load(&store->stats.changes);
    ret_stats->resources = atomic_load(&store->stats.resources);
    ret_stats->audits = atomic_load(&store->stats.audits);
}
