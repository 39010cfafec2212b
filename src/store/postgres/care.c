/* store/postgres/care.c - settle and backup, which the database does itself, and the check. */
#include "store/postgres/engine.h"

enum { CHECK_ROWS = 500 };

/* Every key is in its table when its commit is answered. */
Status postgres_settle(Store *base, Ctx *cx)
{
    PostgresStore *store = postgres_store(base);
    return store->filling ? load_settle(store, cx) : STATUS_OK;
}

Status postgres_backup(Store *base, Ctx *cx, Str to_path, StoreProgress progress, void *to)
{
    UNUSED(base);
    UNUSED(to_path);
    UNUSED(progress);
    UNUSED(to);
    return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                    "A store in PostgreSQL is backed up by PostgreSQL (pg_basebackup, pg_dump, a"
                    " standby); keep the key file with it. See the guide, postgresql.md.");
}

Status postgres_restore(Ctx *cx, Str from_path, const StoreOptions *options)
{
    UNUSED(from_path);
    UNUSED(options);
    return ctx_fail(cx, STATUS_UNSUPPORTED, STR_EMPTY,
                    "A store in PostgreSQL is restored by PostgreSQL; a backup file of the embedded"
                    " store is restored to a file and moved (aceso move).");
}

/* ---- check ------------------------------------------------------------------------------- */

typedef struct {
    PostgresReader *reader;
    Ctx *cx;
    Ctx scratch; /* a row's memory goes with its page */
    StoreProgress progress;
    void *to;
    uint64_t done, all;
    unsigned faults;
} Check;

static void fault(Check *check, const char *words, unsigned long long number)
{
    check->faults++;
    UNUSED(ctx_fail(check->cx, STATUS_INVALID, STR_EMPTY, words, number) == STATUS_OK);
}

static void report(Check *check)
{
    check->done++;
    if (check->progress && check->done % 256 == 0)
        check->progress(check->to, check->done < check->all ? check->done : check->all, check->all);
}

static void check_row(Check *check, const PGresult *result, int at, bool old)
{
    PostgresReader *reader = check->reader;
    StoreRow row, found;
    uint64_t rid = (uint64_t)answer_int(result, at, 0);
    if (PQgetisnull(result, at, 1))
        fault(check, "An old version of resource number %llu belongs to none.", rid);
    else if (row_take(reader->store, &check->scratch, &reader->pooled->unpacker, result, at, 0,
                      true, &row) != STATUS_OK)
        fault(check,
              old ? "An old version of resource number %llu cannot be read."
                  : "Resource number %llu cannot be read.",
              rid);
    else if (!old && (postgres_get(&reader->base, row.type, row.id, false, &found) != STATUS_OK ||
                      found.rid != rid))
        fault(check, "Resource number %llu cannot be found by its id.", rid);
    report(check);
}

/* Pages of rows in the order of their keys, until one is empty. */
static uint64_t check_rows(Check *check, SqlName statement)
{
    bool old = statement == SQL_CHECK_HISTORY_FROM;
    int64_t rid = -1, version = 0;
    uint64_t count = 0;
    for (;;) {
        arena_clear(check->scratch.arena);
        Params params = params_in(check->scratch.arena);
        PGresult *result;
        params_int8(&params, rid);
        if (old)
            params_int(&params, 4, version);
        params_int8(&params, CHECK_ROWS);
        if (reader_ask(check->reader, statement, &params, "checking", &result) != STATUS_OK) {
            fault(check, "The resources cannot be read to their end (after %llu).", count);
            return count;
        }
        int rows = PQntuples(result);
        for (int i = 0; i < rows; i++)
            check_row(check, result, i, old);
        if (rows) {
            rid = answer_int(result, rows - 1, 0);
            version = answer_int(result, rows - 1, 3);
        }
        PQclear(result);
        count += (uint64_t)rows;
        if (!rows)
            return count;
    }
}

static void agree(Check *check, int64_t one, int64_t other, const char *words)
{
    if (one != other)
        fault(check, words, (unsigned long long)(one > other ? one - other : other - one));
}

static void check_counts(Check *check)
{
    enum {
        SEQ,
        RESOURCES,
        AUDIT,
        CHANGES,
        CHANGE_MAX,
        AUDITS,
        AUDIT_MAX,
        ROWS,
        HISTORY,
        UNUSED_NUMBERS,
        COUNT
    };
    int64_t n[COUNT];
    PGresult *result;
    if (reader_ask(check->reader, SQL_CHECK_COUNTS, NULL, "checking", &result) != STATUS_OK) {
        fault(check, "The tables cannot be counted (%llu).", 0);
        return;
    }
    for (int i = 0; i < COUNT; i++)
        n[i] = answer_int(result, 0, i);
    PQclear(result);
    agree(check, n[CHANGES] + n[UNUSED_NUMBERS], n[SEQ],
          "The log of changes has gaps or ends %llu rows off.");
    if (!n[UNUSED_NUMBERS] || n[CHANGE_MAX] > n[SEQ])
        agree(check, n[CHANGE_MAX], n[SEQ], "The log of changes ends %llu numbers off.");
    agree(check, n[AUDITS], n[AUDIT], "The audit log has gaps or ends %llu rows off.");
    agree(check, n[AUDIT_MAX], n[AUDIT], "The audit log ends %llu numbers off.");
    agree(check, n[ROWS], n[RESOURCES], "Resources and their count differ by %llu.");
    agree(check, n[CHANGES], n[ROWS] + n[HISTORY], "Changes and versions differ by %llu.");
}

static void check_pieces(Check *check)
{
    uint64_t gaps = 0, bad = 0;
    if (pieces_check(&check->reader->base, true, &gaps, &bad) != STATUS_OK)
        fault(check, "The pieces of documents cannot be read to their end (%llu).", gaps);
    if (gaps)
        fault(check, "%llu documents lack a piece.", gaps);
    if (bad)
        fault(check, "%llu pieces of documents cannot be read.", bad);
}

Status postgres_check(Store *base, Ctx *cx, StoreProgress progress, void *to)
{
    PostgresStore *store = postgres_store(base);
    StoreStats stats;
    StoreReader *reader;
    postgres_stats(base, &stats);
    Check check = {.cx = cx, .progress = progress, .to = to, .all = stats.changes};
    check.scratch.arena = arena_new((size_t)600 << 20, true);
    if (!check.scratch.arena)
        return STATUS_MEMORY;
    Status status = reader_open(store, cx, NULL, &reader);
    if (status == STATUS_OK) {
        reader->cx = &check.scratch;
        check.reader = postgres_reader(reader);
        check_counts(&check);
        (void)check_rows(&check, SQL_CHECK_ROWS_FROM);
        (void)check_rows(&check, SQL_CHECK_HISTORY_FROM);
        check_pieces(&check);
        reader->cx = cx;
        postgres_read_end(reader);
        if (progress)
            progress(to, check.all, check.all);
        status = check.faults ? STATUS_INVALID : STATUS_OK;
    }
    arena_free(check.scratch.arena);
    return status;
}
