/* store/sqlite/job.c - jobs: what the writer does with them within a group, and what takers and
 * people ask for.
 *
 * The writer alone changes the table, so taking needs no locks: a take is a commit of its own in
 * the queue, and shares a group and its sync with others. A lease is a count of takes beside a
 * number that is never used again; whoever ends a job must know both. */
#include "store/sqlite/engine.h"

#include <stdlib.h>

typedef struct {
    const StoreJobTake *take;
    Arena *arena; /* of the caller, who waits */
    StoreJobs got;
    bool failed; /* for want of memory */
} Taking;

typedef struct {
    Time due;
    int64_t number;
} Candidate;

static sqlite3_stmt *statement_of(SqliteStore *store, SqlName name)
{
    return store->writer.connection.statements[name];
}

/* ---- ends and new ones -------------------------------------------------------------------- */

int job_check(SqliteStore *store, StoreCommit *commit)
{
    sqlite3_stmt *statement = statement_of(store, SQL_JOB_LEASE);
    int code = SQLITE_ROW;
    for (size_t i = 0; i < commit->job_end_count && commit->status == STATUS_OK; i++) {
        const StoreJobEnd *end = &commit->job_ends[i];
        sqlite3_bind_int64(statement, 1, (int64_t)end->number);
        code = sqlite3_step(statement);
        bool fits =
            code == SQLITE_ROW && store_job_end_fits(end, sqlite3_column_int(statement, 0),
                                                     (uint64_t)sqlite3_column_int64(statement, 1));
        sqlite3_reset(statement);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return code;
        commit->conflict = commit->write_count + i;
        commit->status = fits ? STATUS_OK : STATUS_CONFLICT;
    }
    return SQLITE_OK;
}

static int run_on(SqliteStore *store, SqlName name, uint64_t number)
{
    sqlite3_stmt *statement = statement_of(store, name);
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    return sql_run(statement);
}

static int set_job(SqliteStore *store, const StoreJobEnd *end, StoreJobState state, Time due)
{
    sqlite3_stmt *statement = statement_of(store, SQL_SET_JOB);
    sqlite3_bind_int64(statement, 1, (int64_t)end->number);
    sqlite3_bind_int(statement, 2, (int)state);
    sqlite3_bind_int64(statement, 3, due);
    sqlite3_bind_int64(statement, 4, end->tries);
    sql_bind_bytes(statement, 5, end->error);
    return sql_run(statement);
}

static int apply_end(SqliteStore *store, const StoreJobEnd *end, Time now)
{
    int code;
    switch (end->how) {
    case STORE_JOB_DONE: return run_on(store, SQL_DROP_JOB, end->number);
    case STORE_JOB_DEAD: return set_job(store, end, STORE_JOB_IS_DEAD, now);
    case STORE_JOB_AGAIN:
        code = run_on(store, SQL_DROP_TWIN, end->number);
        return code == SQLITE_OK
                   ? set_job(store, end, STORE_JOB_WAITS, store_job_due(end->due, now, end->after))
                   : code;
    case STORE_JOB_HOLD: break;
    }
    sqlite3_stmt *statement = statement_of(store, SQL_HOLD_JOB);
    sqlite3_bind_int64(statement, 1, (int64_t)end->number);
    sqlite3_bind_int64(statement, 2, now + end->after);
    return sql_run(statement);
}

static int apply_add(SqliteStore *store, const StoreJobAdd *add, Time now)
{
    sqlite3_stmt *statement = statement_of(store, SQL_ADD_JOB);
    sql_bind_bytes(statement, 1, add->kind);
    sql_bind_bytes(statement, 2, add->key);
    sql_bind_bytes(statement, 3, add->payload);
    sqlite3_bind_int64(statement, 4, store_job_due(add->due, now, add->after));
    sqlite3_bind_int64(statement, 5, now);
    return sql_run(statement);
}

/* ---- taking ------------------------------------------------------------------------------- */

static int by_due(const void *left, const void *right)
{
    const Candidate *a = left, *b = right;
    if (a->due != b->due)
        return a->due < b->due ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static size_t limit_of(const StoreJobTake *take, size_t kind)
{
    return take->limits && take->limits[kind] < take->limit ? take->limits[kind] : take->limit;
}

/* At most `limit` of each kind, and of all kinds the first `limit`. */
static int find_due(SqliteStore *store, Taking *taking, Time now, Candidate *found, size_t *count)
{
    const StoreJobTake *take = taking->take;
    sqlite3_stmt *statement = statement_of(store, SQL_JOBS_DUE);
    for (size_t i = 0; i < take->kind_count; i++) {
        int code;
        sql_bind_bytes(statement, 1, take->kinds[i]);
        sqlite3_bind_int64(statement, 2, now);
        sqlite3_bind_int64(statement, 3, (int64_t)limit_of(take, i));
        while ((code = sqlite3_step(statement)) == SQLITE_ROW)
            found[(*count)++] =
                (Candidate){sqlite3_column_int64(statement, 1), sqlite3_column_int64(statement, 0)};
        sqlite3_reset(statement);
        if (code != SQLITE_DONE)
            return code;
        qsort(found, *count, sizeof(*found), by_due);
        *count = *count < take->limit ? *count : take->limit;
    }
    return SQLITE_OK;
}

/* Leases that cannot be: the clock went back. */
static int find_ahead(SqliteStore *store, Taking *taking, Time now, Candidate *found, size_t *count)
{
    const StoreJobTake *take = taking->take;
    sqlite3_stmt *statement = statement_of(store, SQL_JOBS_AHEAD);
    int code;
    sqlite3_bind_int64(statement, 1, now + STORE_LEASE_MS_MAX * TIME_MS);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && *count < take->limit) {
        for (size_t i = 0; i < take->kind_count; i++) {
            if (str_eq(take->kinds[i], sql_bytes(statement, 1)) && *count < limit_of(take, i))
                found[(*count)++] = (Candidate){0, sqlite3_column_int64(statement, 0)};
        }
    }
    sqlite3_reset(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* False at the arena's limit. */
static bool read_job(sqlite3_stmt *statement, Arena *arena, StoreJob *ret_job)
{
    StoreJob job = {.number = (uint64_t)sqlite3_column_int64(statement, 0),
                    .lease = (uint64_t)sqlite3_column_int64(statement, 1),
                    .state = (StoreJobState)sqlite3_column_int(statement, 2),
                    .tries = (uint32_t)sqlite3_column_int64(statement, 3),
                    .added = sqlite3_column_int64(statement, 6),
                    .due = sqlite3_column_int64(statement, 7)};
    struct {
        Str *to;
        int column;
    } texts[] = {
        {&job.kind, 4}, {&job.key, 5}, {&job.worker, 8}, {&job.error, 9}, {&job.payload, 10}};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i].to = arena_str(arena, sql_bytes(statement, texts[i].column));
        if (!texts[i].to->at)
            return false;
    }
    *ret_job = job;
    return true;
}

static int take_one(SqliteStore *store, Taking *taking, int64_t number, Time now)
{
    sqlite3_stmt *statement = statement_of(store, SQL_TAKE_JOB);
    sqlite3_bind_int64(statement, 1, number);
    sqlite3_bind_int64(statement, 2, now + taking->take->lease_ms * TIME_MS);
    sql_bind_bytes(statement, 3, taking->take->worker);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        if (!read_job(statement, taking->arena, &taking->got.jobs[taking->got.count++]))
            taking->failed = true;
        code = sqlite3_step(statement);
    }
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* When the next one is due that was not taken now. */
static int find_wait(SqliteStore *store, Taking *taking, Time now)
{
    sqlite3_stmt *statement = statement_of(store, SQL_NEXT_JOB);
    taking->got.wait = taking->got.count == taking->take->limit ? 0 : INT64_MAX;
    for (size_t i = 0; i < taking->take->kind_count && taking->got.wait; i++) {
        sql_bind_bytes(statement, 1, taking->take->kinds[i]);
        sqlite3_bind_int64(statement, 2, now);
        int code = sqlite3_step(statement);
        Time wait = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) - now : INT64_MAX;
        sqlite3_reset(statement);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return code;
        taking->got.wait = wait < taking->got.wait ? wait : taking->got.wait;
    }
    return SQLITE_OK;
}

static int apply_taking(SqliteStore *store, Taking *taking, Time now)
{
    Candidate *found = arena_array_of(taking->arena, Candidate, taking->take->limit * 2);
    size_t count = 0;
    taking->got.count = 0;
    taking->got.jobs = arena_array_of(taking->arena, StoreJob, taking->take->limit);
    taking->failed = !found || !taking->got.jobs;
    if (taking->failed)
        return SQLITE_OK;
    int code = find_ahead(store, taking, now, found, &count);
    if (code == SQLITE_OK)
        code = find_due(store, taking, now, found, &count);
    for (size_t i = 0; i < count && code == SQLITE_OK && !taking->failed; i++)
        code = take_one(store, taking, found[i].number, now);
    return code == SQLITE_OK ? find_wait(store, taking, now) : code;
}

int job_apply(SqliteStore *store, const StoreCommit *commit)
{
    int code = SQLITE_OK;
    if (!commit->job_count && !commit->job_end_count && !commit->taking)
        return code;
    Time now = store->clock();
    for (size_t i = 0; i < commit->job_end_count && code == SQLITE_OK; i++)
        code = apply_end(store, &commit->job_ends[i], now);
    for (size_t i = 0; i < commit->job_count && code == SQLITE_OK; i++)
        code = apply_add(store, &commit->jobs[i], now);
    if (commit->taking && code == SQLITE_OK)
        code = apply_taking(store, commit->taking, now);
    return code;
}

Status sqlite_job_take(Store *store, Ctx *cx, const Access *access, const StoreJobTake *take,
                       StoreJobs *ret_jobs)
{
    Taking taking = {.take = take, .arena = cx->arena};
    StoreCommit commit = {.taking = &taking};
    Status status = store_commit(store, cx, access, &commit);
    if (status != STATUS_OK)
        return ctx_fail(cx, status, STR_EMPTY, "The store could not give a job.");
    if (taking.failed) /* what was taken comes back when its lease is over */
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "The jobs are larger than the memory.");
    *ret_jobs = taking.got;
    return STATUS_OK;
}

/* ---- lists -------------------------------------------------------------------------------- */

/* NULL: a store of an earlier release, which has no jobs, and nobody has written to it since. */
static Status prepare(SqliteReader *reader, SqlName name, sqlite3_stmt **ret_statement)
{
    TRY(reader_refresh(reader));
    *ret_statement = connection_statement(&reader->pooled->connection, name);
    int code = *ret_statement ? SQLITE_OK : sqlite3_errcode(reader->pooled->connection.db);
    return code == SQLITE_OK || code == SQLITE_ERROR
               ? STATUS_OK
               : sql_fail(reader->base.cx, code, "reading jobs");
}

static Status read_jobs(SqliteReader *reader, sqlite3_stmt *statement, size_t limit, StoreJob *jobs,
                        size_t *ret_count)
{
    size_t count = 0;
    int code = SQLITE_DONE;
    while (statement && count < limit && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!read_job(statement, reader->base.cx->arena, &jobs[count++]))
            return STATUS_MEMORY;
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return sql_fail(reader->base.cx, code, "reading jobs");
    *ret_count = count;
    return STATUS_OK;
}

Status sqlite_job_tip(SqliteReader *reader, uint64_t *ret_number)
{
    sqlite3_stmt *statement;
    TRY(prepare(reader, SQL_TIP_JOB, &statement));
    int code = statement ? sqlite3_step(statement) : SQLITE_DONE;
    *ret_number = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? STATUS_OK
               : sql_fail(reader->base.cx, code, "reading jobs");
}

Status sqlite_job_list(StoreReader *base, const StoreJobQuery *query, StoreJob *jobs,
                       size_t *ret_count)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement;
    TRY(prepare(reader, SQL_JOBS, &statement));
    if (statement) {
        sqlite3_bind_int64(statement, 1, (int64_t)query->after);
        sqlite3_bind_int(statement, 2, (int)query->state);
        sql_bind_bytes(statement, 3, query->kind);
        sqlite3_bind_int64(statement, 4, (int64_t)query->limit);
    }
    Status status = read_jobs(reader, statement, query->limit, jobs, ret_count);
    sqlite3_finalize(statement);
    return status;
}

Status sqlite_job_get(StoreReader *base, uint64_t number, StoreJob *ret_job)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement;
    size_t count = 0;
    TRY(prepare(reader, SQL_JOB, &statement));
    if (statement)
        sqlite3_bind_int64(statement, 1, (int64_t)number);
    Status status = read_jobs(reader, statement, 1, ret_job, &count);
    sqlite3_finalize(statement);
    return status == STATUS_OK && !count ? STATUS_NOT_FOUND : status;
}

Status sqlite_job_stats(StoreReader *base, StoreJobStats *ret_stats)
{
    SqliteReader *reader = sqlite_reader(base);
    sqlite3_stmt *statement;
    StoreJobStats stats = {0};
    Time first = 0;
    int code = SQLITE_DONE;
    TRY(prepare(reader, SQL_JOB_COUNTS, &statement));
    while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        uint64_t count = (uint64_t)sqlite3_column_int64(statement, 1);
        switch ((StoreJobState)sqlite3_column_int(statement, 0)) {
        case STORE_JOB_WAITS:
            stats.waiting = count;
            first = sqlite3_column_int64(statement, 2);
            break;
        case STORE_JOB_RUNS: stats.running = count; break;
        case STORE_JOB_IS_DEAD: stats.dead = count; break;
        }
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE)
        return sql_fail(reader->base.cx, code, "counting jobs");
    stats.oldest = first && first <= reader->store->clock() ? first : 0;
    *ret_stats = stats;
    return STATUS_OK;
}
