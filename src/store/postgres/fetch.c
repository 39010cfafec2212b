/* store/postgres/fetch.c - rows by id that nobody waits for in a thread: who wishes for one is told
 * when memory has it. While a question is under way wishes gather, and the next one asks for all of
 * them: what a group is to commits (lane.c), to reads. docs/adr/0176-reads-are-gathered.md */
#include "store/postgres/engine.h"

enum { WISHES_MAX = 128, WAIT_S = 5 };
#define FETCH_BYTES_MAX ((size_t)1 << 30)

typedef struct {
    StoreWish *wishes[WISHES_MAX];
    size_t count;
} Wishes;

/* ---- asking ------------------------------------------------------------------------------ */

enum { COLUMN_TYPE = 1, COLUMN_ID = 2 }; /* of SQL_ROWS_OF_IDS */

/* Whether somebody wished for it: another type may have the same id. */
static bool is_wished(const Wishes *all, const PGresult *result, int row)
{
    int64_t type = answer_int(result, row, COLUMN_TYPE);
    Str id = answer_bytes(result, row, COLUMN_ID);
    bool wished = false;
    for (size_t i = 0; i < all->count; i++) {
        StoreWish *wish = all->wishes[i];
        if (wish->type == type && str_eq(wish->id, id)) {
            wish->absent = false;
            wished = true;
        }
    }
    return wished;
}

static Status keep_rows(PostgresReader *reader, const Wishes *all, const PGresult *result)
{
    bool use;
    TRY(reader_abreast(reader, &use));
    for (size_t i = 0; i < all->count; i++)
        all->wishes[i]->absent = true;
    for (int row = 0; row < PQntuples(result); row++) {
        if (is_wished(all, result, row) && use)
            TRY(row_keep(reader, result, row));
    }
    return STATUS_OK;
}

static Status ask_rows(PostgresReader *reader, const Wishes *all)
{
    Array types, ids;
    PGresult *result;
    Arena *arena = reader->base.cx->arena;
    Params params = params_in(arena);
    array_init(&types, arena, TYPE_INT2, all->count * 8);
    array_init(&ids, arena, TYPE_TEXT, all->count * 40);
    for (size_t i = 0; i < all->count; i++) {
        array_int(&types, 2, all->wishes[i]->type);
        array_bytes(&ids, all->wishes[i]->id);
    }
    params_array(&params, &types);
    params_array(&params, &ids);
    TRY(reader_ask(reader, SQL_ROWS_OF_IDS, &params, "reading resources", &result));
    Status status = keep_rows(reader, all, result);
    PQclear(result);
    return status;
}

/* What cannot be had so, for whatever reason, is asked for by whoever wanted it: then it is known
 * of no row that it is absent. */
static void fetch(PostgresStore *store, Arena *arena, const Wishes *all)
{
    Ctx cx = {.arena = arena, .deadline = time_monotonic() + WAIT_S * TIME_SECOND};
    StoreReader *reader;
    Status status = reader_open(store, &cx, NULL, &reader);
    if (status == STATUS_OK) {
        status = ask_rows(postgres_reader(reader), all);
        postgres_read_end(reader);
    }
    for (size_t i = 0; i < all->count; i++)
        all->wishes[i]->absent &= status == STATUS_OK;
}

/* ---- the thread ---------------------------------------------------------------------------- */

/* false: it is to end, and nobody wishes for anything. */
static bool next_wishes(Fetcher *fetcher, Wishes *all)
{
    all->count = 0;
    pthread_mutex_lock(&fetcher->lock);
    while (!fetcher->first && !fetcher->stopping) {
        fetcher->sleeping = true;
        pthread_cond_wait(&fetcher->work, &fetcher->lock);
        fetcher->sleeping = false;
    }
    while (fetcher->first && all->count < WISHES_MAX) {
        all->wishes[all->count++] = fetcher->first;
        fetcher->first = fetcher->first->next;
    }
    if (!fetcher->first)
        fetcher->last = &fetcher->first;
    pthread_mutex_unlock(&fetcher->lock);
    return all->count > 0;
}

static void *fetch_main(void *argument)
{
    Fetcher *fetcher = argument;
    Arena *arena = arena_new(FETCH_BYTES_MAX, true);
    for (Wishes all; next_wishes(fetcher, &all);) {
        for (size_t i = 0; i < all.count; i++)
            all.wishes[i]->absent = false;
        if (arena)
            fetch(fetcher->store, arena, &all);
        for (size_t i = 0; i < all.count; i++)
            all.wishes[i]->done(all.wishes[i]); /* which may free it */
        if (arena)
            arena_clear(arena);
    }
    arena_free(arena);
    return NULL;
}

bool postgres_lacks(Store *base, uint16_t type, Str id)
{
    PostgresStore *store = postgres_store(base);
    uint64_t turn = store->fetcher.started && id_is_sound(id) ? kept_now(&store->kept).turn : 0;
    return turn &&
           !rowcache_is_whole(store->kept.rows, idcache_get(&store->kept.ids, type, id), turn);
}

void postgres_wish(Store *base, StoreWish *wish)
{
    Fetcher *fetcher = &postgres_store(base)->fetcher;
    wish->next = NULL;
    pthread_mutex_lock(&fetcher->lock);
    *fetcher->last = wish;
    fetcher->last = &wish->next;
    if (fetcher->sleeping)
        pthread_cond_signal(&fetcher->work);
    pthread_mutex_unlock(&fetcher->lock);
}

Status fetcher_start(Ctx *cx, PostgresStore *store)
{
    Fetcher *fetcher = &store->fetcher;
    fetcher->store = store;
    fetcher->last = &fetcher->first;
    pthread_mutex_init(&fetcher->lock, NULL);
    pthread_cond_init(&fetcher->work, NULL);
    fetcher->started = pthread_create(&fetcher->thread, NULL, fetch_main, fetcher) == 0;
    if (!fetcher->started)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The store could not start a reader thread.");
    (void)pthread_setname_np(fetcher->thread, "store-reader");
    return STATUS_OK;
}

void fetcher_stop(PostgresStore *store)
{
    Fetcher *fetcher = &store->fetcher;
    if (!fetcher->store)
        return;
    pthread_mutex_lock(&fetcher->lock);
    fetcher->stopping = true;
    pthread_cond_signal(&fetcher->work);
    pthread_mutex_unlock(&fetcher->lock);
    if (fetcher->started)
        pthread_join(fetcher->thread, NULL);
    pthread_cond_destroy(&fetcher->work);
    pthread_mutex_destroy(&fetcher->lock);
}
