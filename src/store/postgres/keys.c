/* store/postgres/keys.c - keys while the store is in use: taken in from other nodes, changed, and
 * everything sealed again.
 *
 * A new data key stands in the database first. Every node looks for it from time to time, and when
 * it meets bytes that it cannot open. Then each table is gone through, row by row under its lock,
 * while others write; a constraint shuts out what a late node would still seal with an old key; a
 * last pass takes what came before it, and when the database has validated the constraint, nothing
 * under an old key is left, and the old keys go. */
#include "store/postgres/job.h"

#include <unistd.h>

/* GRACE: by then every node has looked, and what it sealed before is committed. */
enum { LOOK_S = 2, GRACE_S = 5, PAUSE_MS = 100, RETRIES = 60 };

/* ---- keys of other nodes ------------------------------------------------------------------- */

static Status refresh(PostgresStore *store, Ctx *cx)
{
    Link link;
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &link));
    pthread_mutex_lock(&store->keys_lock);
    Status status = vault_refresh(cx, &link, &store->vault);
    pthread_mutex_unlock(&store->keys_lock);
    link_close(&link);
    return status;
}

Status sealed_open(PostgresStore *store, Ctx *cx, About about, Str sealed, Str *ret_bytes)
{
    Status status = vault_open(&store->vault, cx->arena, about, sealed, ret_bytes);
    if (status != STATUS_INVALID || !vault_lacks(&store->vault, sealed))
        return status;
    TRY(refresh(store, cx));
    return vault_open(&store->vault, cx->arena, about, sealed, ret_bytes);
}

void keys_look(PostgresStore *store)
{
    Time now = time_monotonic(), due = atomic_load(&store->keys_due);
    if (now < due ||
        !atomic_compare_exchange_strong(&store->keys_due, &due, now + LOOK_S * TIME_SECOND))
        return;
    Ctx cx = {.arena = arena_new(64 * 1024, false), .deadline = now + LOOK_S * TIME_SECOND};
    const Call call = {SQL_NEWEST_KEY, NULL};
    PooledLink *pooled;
    PGresult *result;
    bool newer = false;
    if (cx.arena && links_take(store, &cx, &pooled) == STATUS_OK) {
        if (links_ask(store, &cx, pooled, &call, "looking for keys", &result) == STATUS_OK) {
            newer = answer_int(result, 0, 0) > (int64_t)store->vault.newest;
            PQclear(result);
        }
        links_give(store, pooled);
    }
    if (newer)
        UNUSED(refresh(store, &cx) == STATUS_OK); /* else in a while */
    arena_free(cx.arena);
}

/* ---- another secret ------------------------------------------------------------------------ */

/* What a servant of the tables is refused. */
static Status by_owner(Ctx *cx, Status status, const char *what)
{
    return status == STATUS_UNAVAILABLE
               ? ctx_fail(cx, status, STR_EMPTY,
                          "Only the role that owns the tables may change %s.", what)
               : status;
}

Status postgres_rewrap(Store *base, Ctx *cx, const StoreOptions *secret)
{
    PostgresStore *store = postgres_store(base);
    Link link;
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &link));
    Status status = vault_rewrap(cx, &link, &store->vault, secret);
    link_close(&link);
    return by_owner(cx, status, "what opens the store");
}

Status postgres_set_recovery(Store *base, Ctx *cx, Str code)
{
    PostgresStore *store = postgres_store(base);
    Link link;
    TRY(link_open(cx, store->conninfo, SQL_LIST_NONE, &link));
    Status status = vault_set_recovery(cx, &link, &store->vault, code);
    link_close(&link);
    return by_owner(cx, status, "the recovery code");
}

const Unlocked *postgres_unlocked(Store *base)
{
    return &postgres_store(base)->vault.unlocked;
}

/* ---- everything once more ------------------------------------------------------------------- */

typedef enum { A_BODY, FACTS, AN_ENTRY, AN_ITEM, A_JOB, A_DICTIONARY, A_PIECE } Kind;

/* $1: keys below this one are old. $2, $3: behind this row. Columns: a, b (what the row is found
 * by), type, text, name, at, sealed. */
typedef struct {
    const char *name, *column;
    Kind kind;
    const char *select, *update;
} Table;

#define OLD(column)                                                                                \
    " octet_length(" column ") > 0 AND get_byte(" column ", 1) * 256 + get_byte(" column           \
    ", 2) < $1::int4 "
#define LIMIT    " LIMIT 400 FOR UPDATE"
#define NO_PLACE " AND $2::int8 IS NOT NULL AND $3::int4 IS NOT NULL LIMIT 400 FOR UPDATE"
#define NEW_VALUES                                                                                 \
    " FROM unnest($1::int8[], $2::int4[], $3::text[], $4::bytea[], $5::bytea[])"                   \
    " u(a, b, text, name, sealed) WHERE "

static const Table tables[] = {
    {"resource", "body", A_BODY,
     "SELECT rid, version, type, id, ''::bytea, 0::int8, body FROM aceso.resource WHERE" OLD(
         "body") "AND rid > $2::int8 AND $3::int4 IS NOT NULL ORDER BY rid" LIMIT,
     "UPDATE aceso.resource t SET body = u.sealed" NEW_VALUES "t.rid = u.a AND t.version = u.b"},
    {"history", "body", A_BODY,
     "SELECT t.rid, t.version, r.type, r.id, ''::bytea, 0::int8, t.body FROM aceso.history t"
     " JOIN aceso.resource r ON r.rid = t.rid WHERE" OLD(
         "t.body") "AND (t.rid, t.version) > ($2::int8, $3::int4) ORDER BY t.rid, t.version" LIMIT
                   " OF t",
     "UPDATE aceso.history t SET body = u.sealed" NEW_VALUES "t.rid = u.a AND t.version = u.b"},
    {"resource", "facts", FACTS,
     "SELECT rid, version, type, id, ''::bytea, 0::int8, facts FROM aceso.resource WHERE" OLD(
         "facts") "AND rid > $2::int8 AND $3::int4 IS NOT NULL ORDER BY rid" LIMIT,
     "UPDATE aceso.resource t SET facts = u.sealed" NEW_VALUES "t.rid = u.a AND t.version = u.b"},
    {"history", "facts", FACTS,
     "SELECT rid, version, 0::int2, ''::text, ''::bytea, 0::int8, facts FROM aceso.history"
     " WHERE" OLD("facts") "AND (rid, version) > ($2::int8, $3::int4) ORDER BY rid, version" LIMIT,
     "UPDATE aceso.history t SET facts = u.sealed" NEW_VALUES "t.rid = u.a AND t.version = u.b"},
    {"audit", "entry", AN_ENTRY,
     "SELECT number, 0::int4, 0::int2, ''::text, ''::bytea, at, entry FROM aceso.audit"
     " WHERE" OLD("entry") "AND number > $2::int8 AND $3::int4 IS NOT NULL ORDER BY number" LIMIT,
     "UPDATE aceso.audit t SET entry = u.sealed" NEW_VALUES "t.number = u.a"},
    {"item", "value", AN_ITEM,
     "SELECT 0::int8, 0::int4, 0::int2, space, key, 0::int8, value FROM aceso.item WHERE" OLD(
         "value") NO_PLACE,
     "UPDATE aceso.item t SET value = u.sealed" NEW_VALUES "t.space = u.text AND t.key = u.name"},
    {"piece", "bytes", A_PIECE,
     "SELECT place, number, 0::int2, content, ''::bytea, 0::int8, bytes FROM aceso.piece"
     " WHERE" OLD("bytes") "AND place > $2::int8 AND $3::int4 IS NOT NULL ORDER BY place"
                           " LIMIT 20 FOR UPDATE", /* they are large */
     "UPDATE aceso.piece t SET bytes = u.sealed" NEW_VALUES "t.place = u.a"},
    {"job", "payload", A_JOB,
     "SELECT number, 0::int4, 0::int2, kind, name, 0::int8, payload FROM aceso.job WHERE" OLD(
         "payload") NO_PLACE,
     "UPDATE aceso.job t SET payload = u.sealed" NEW_VALUES "t.number = u.a"},
    {"dictionary", "bytes", A_DICTIONARY,
     "SELECT number::int8, 0::int4, 0::int2, ''::text, ''::bytea, 0::int8, bytes"
     " FROM aceso.dictionary WHERE" OLD("bytes") NO_PLACE,
     "UPDATE aceso.dictionary t SET bytes = u.sealed" NEW_VALUES "t.number = u.a"},
};

typedef struct {
    PostgresStore *store;
    Ctx *cx;
    Link link;
    const Table *table;
    unsigned number; /* the new key */
    int64_t a, b;    /* the last row */
    uint64_t done, all;
    StoreProgress progress;
    void *to;
} Resealing;

static PGresult *ask(Resealing *r, const char *sql, const Params *params)
{
    static const int binary[PARAMS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    return PQexecParams(r->link.conn, sql, params->count, NULL, params->values, params->lengths,
                        binary, 1);
}

static Status fail(Resealing *r, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return ctx_fail(r->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "The database failed while the table %s was sealed again (SQLSTATE %s); the "
                    "role that owns the tables can do it again, and it goes on.",
                    r->table->name, state ? state : "none");
}

static About about_row(const Table *table, const PGresult *result, int row)
{
    char hash[VAULT_NAME_BYTES] = {0};
    Str text = answer_bytes(result, row, 3), name = answer_bytes(result, row, 4);
    if (name.len == sizeof(hash))
        memcpy(hash, name.at, sizeof(hash));
    switch (table->kind) {
    case FACTS: return about_facts((uint64_t)answer_int(result, row, 0));
    case AN_ENTRY: return about_audit(answer_int(result, row, 5));
    case AN_ITEM: return about_item(text, hash);
    case A_JOB: return about_job(text, hash);
    case A_DICTIONARY: return about_dictionary((unsigned)answer_int(result, row, 0));
    case A_PIECE: return about_piece(text, (uint32_t)answer_int(result, row, 1));
    case A_BODY: break;
    }
    return about_body((uint16_t)answer_int(result, row, 2), text,
                      (uint32_t)answer_int(result, row, 1));
}

static Status seal_rows(Resealing *r, Arena *arena, const PGresult *result, Array arrays[5])
{
    static const ArrayType types[] = {TYPE_INT8, TYPE_INT4, TYPE_TEXT, TYPE_BYTEA, TYPE_BYTEA};
    Ctx cx = {.arena = arena};
    for (size_t i = 0; i < COUNT_OF(types); i++)
        array_init(&arrays[i], arena, types[i], 256);
    for (int row = 0; row < PQntuples(result); row++) {
        Str bytes, sealed;
        About about = about_row(r->table, result, row);
        Status status = sealed_open(r->store, &cx, about, answer_bytes(result, row, 6), &bytes);
        if (status == STATUS_INVALID)
            return ctx_fail(r->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                            "A row of the table %s is damaged: run a check.", r->table->name);
        TRY(status);
        TRY(vault_seal(&r->store->vault, arena, about, bytes, &sealed));
        array_int(&arrays[0], 8, answer_int(result, row, 0));
        array_int(&arrays[1], 4, answer_int(result, row, 1));
        array_bytes(&arrays[2], answer_bytes(result, row, 3));
        array_bytes(&arrays[3], answer_bytes(result, row, 4));
        array_bytes(&arrays[4], sealed);
    }
    return STATUS_OK;
}

static Status write_rows(Resealing *r, Arena *arena, const PGresult *found)
{
    Array arrays[5];
    Params params = params_in(arena);
    TRY(seal_rows(r, arena, found, arrays));
    for (size_t i = 0; i < COUNT_OF(arrays); i++)
        params_array(&params, &arrays[i]);
    if (params.full)
        return STATUS_MEMORY;
    PGresult *result = ask(r, r->table->update, &params);
    Status status = PQresultStatus(result) == PGRES_COMMAND_OK ? STATUS_OK : fail(r, result);
    PQclear(result);
    return status;
}

/* A few rows under their locks, in a transaction of their own. *ret_count 0: none is left. */
static Status some_rows(Resealing *r, Arena *arena, int *ret_count)
{
    Params params = params_in(arena);
    params_int(&params, 4, r->number);
    params_int8(&params, r->a);
    params_int(&params, 4, r->b);
    TRY(link_script(r->cx, &r->link, "BEGIN"));
    PGresult *result = ask(r, r->table->select, &params);
    Status status = PQresultStatus(result) == PGRES_TUPLES_OK ? STATUS_OK : fail(r, result);
    *ret_count = status == STATUS_OK ? PQntuples(result) : 0;
    if (*ret_count) {
        r->a = answer_int(result, *ret_count - 1, 0);
        r->b = answer_int(result, *ret_count - 1, 1);
        status = write_rows(r, arena, result);
    }
    PQclear(result);
    TRY(status);
    return link_script(r->cx, &r->link, "COMMIT");
}

static Status pass_over(Resealing *r)
{
    Arena *arena = arena_new((size_t)1 << 30, true);
    Status status = arena ? STATUS_OK : STATUS_MEMORY;
    int count = 1;
    r->a = r->b = -1;
    while (status == STATUS_OK && count) {
        arena_clear(arena);
        status = some_rows(r, arena, &count);
        r->done += (uint64_t)count;
        if (r->progress)
            r->progress(r->to, r->done < r->all ? r->done : r->all, r->all);
        if (status == STATUS_OK)
            status = ctx_check_deadline(r->cx);
    }
    arena_free(arena);
    return status;
}

/* Does not stand in the way of others for long: tries again instead. */
static Status alter(Resealing *r, const char *format)
{
    Status status = STATUS_UNAVAILABLE;
    Arena *arena = arena_new(64 * 1024, false);
    const char *column = r->table->column;
    Str sql = arena ? arena_format(arena, format, r->table->name, column, column, column, column,
                                   column, r->number)
                    : STR_EMPTY;
    for (unsigned i = 0; i < RETRIES && status != STATUS_OK && sql.len; i++) {
        Ctx cx = {.arena = arena};
        status = link_script(&cx, &r->link, sql.at);
        if (status != STATUS_OK)
            UNUSED(link_script(&cx, &r->link, "ROLLBACK") == STATUS_OK);
        if (ctx_check_deadline(r->cx) != STATUS_OK)
            break;
    }
    arena_free(arena);
    return status == STATUS_OK
               ? STATUS_OK
               : ctx_fail(r->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                          "The table %s could not be altered: another role owns it, or others hold "
                          "it all the time.",
                          r->table->name);
}

static Status shut(Resealing *r)
{
    TRY(alter(r, "BEGIN; SET LOCAL lock_timeout = '1s';"
                 "ALTER TABLE aceso.%s DROP CONSTRAINT IF EXISTS sealed,"
                 " DROP CONSTRAINT IF EXISTS sealed_%s, ADD CONSTRAINT sealed_%s"
                 " CHECK (octet_length(%s) = 0"
                 "  OR get_byte(%s, 1) * 256 + get_byte(%s, 2) >= %u) NOT VALID; COMMIT"));
    TRY(pass_over(r));
    return alter(r, "BEGIN; ALTER TABLE aceso.%s VALIDATE CONSTRAINT sealed_%s; COMMIT");
}

/* The key under which all is to be: one that an earlier call has made, else a new one. */
static Status choose_key(Resealing *r)
{
    Vault *vault = &r->store->vault;
    TRY(vault_refresh(r->cx, &r->link, vault));
    Params none = params_in(r->cx->arena);
    r->table = &tables[0];
    PGresult *result =
        ask(r, "SELECT count(*), max(number) FROM aceso.key WHERE number > 0", &none);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    int64_t count = good ? answer_int(result, 0, 0) : 0;
    r->number = good ? (unsigned)answer_int(result, 0, 1) : 0;
    PQclear(result);
    if (!good || !count)
        return ctx_fail(r->cx, STATUS_UNAVAILABLE, STR_EMPTY,
                        "The keys in the database cannot be read.");
    if (count == 1)
        TRY(vault_add_key(r->cx, &r->link, vault, &r->number));
    return vault_refresh(r->cx, &r->link, vault);
}

/* Until no node seals with an old key any more; one that does all the same is refused then. */
static Status wait_for_nodes(Resealing *r, Time until)
{
    while (time_monotonic() < until) {
        usleep(PAUSE_MS * 1000);
        if (r->progress)
            r->progress(r->to, r->done < r->all ? r->done : r->all, r->all);
        TRY(ctx_check_deadline(r->cx));
    }
    return STATUS_OK;
}

static Status reseal(Resealing *r)
{
    TRY(choose_key(r));
    Time until = time_monotonic() + GRACE_S * TIME_SECOND;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        r->table = &tables[i];
        TRY(pass_over(r));
    }
    TRY(wait_for_nodes(r, until));
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        r->table = &tables[i];
        TRY(shut(r));
    }
    Params params = params_in(r->cx->arena);
    params_int(&params, 4, r->number);
    PGresult *result =
        ask(r, "DELETE FROM aceso.key WHERE number > 0 AND number < $1::int4", &params);
    Status status = PQresultStatus(result) == PGRES_COMMAND_OK ? STATUS_OK : fail(r, result);
    PQclear(result);
    return status;
}

Status postgres_reseal(Store *base, Ctx *cx, StoreProgress progress, void *to)
{
    StoreStats stats;
    Resealing r = {.store = postgres_store(base), .cx = cx, .progress = progress, .to = to};
    postgres_stats(base, &stats);
    r.all = stats.changes + stats.audits;
    TRY(link_open(cx, r.store->conninfo, SQL_LIST_NONE, &r.link));
    Status status = reseal(&r);
    link_close(&r.link);
    return status;
}
