/* store/postgres/job.c - jobs: ended and added by groups of commits, taken by statements of their
 * own.
 *
 * A take locks what it finds and passes over what others have locked (SKIP LOCKED), so takers do
 * not wait for each other; it is one transaction of one round trip. When its answer is lost, what
 * it took comes back when the lease is over. */
#include "store/postgres/job.h"

#include "store/bytes.h"

/* ---- what is sealed --------------------------------------------------------------------- */

/* In the seal: the bytes of the key u16 | key | payload. */
Status job_seal(PostgresStore *store, Arena *arena, const StoreJobAdd *job, SealedJob *ret_job)
{
    size_t len = 2 + job->key.len + job->payload.len;
    char *bytes = arena_alloc_raw(arena, len);
    if (!bytes)
        return STATUS_MEMORY;
    put_uint(bytes, 2, job->key.len);
    if (job->key.len)
        memcpy(bytes + 2, job->key.at, job->key.len);
    if (job->payload.len)
        memcpy(bytes + 2 + job->key.len, job->payload.at, job->payload.len);
    ret_job->named = job->key.len > 0;
    if (ret_job->named)
        vault_job_name(&store->vault, job->kind, job->key, ret_job->name);
    return vault_seal(&store->vault, arena, about_job(job->kind, ret_job->name), str_n(bytes, len),
                      &ret_job->sealed);
}

Status jobs_prepare(PostgresStore *store, Arena *arena, const StoreCommit *commit,
                    Prepared *prepared)
{
    prepared->jobs = arena_array_of(arena, SealedJob, commit->job_count + 1);
    if (!prepared->jobs)
        return STATUS_MEMORY;
    for (size_t i = 0; i < commit->job_count; i++) {
        TRY(job_seal(store, arena, &commit->jobs[i], &prepared->jobs[i]));
        prepared->bytes += prepared->jobs[i].sealed.len;
    }
    return STATUS_OK;
}

static Status open_job(PostgresStore *store, Ctx *cx, Str name, Str sealed, StoreJob *job)
{
    char hash[VAULT_NAME_BYTES] = {0};
    Str bytes;
    if (name.len == sizeof(hash))
        memcpy(hash, name.at, sizeof(hash));
    Status status = sealed_open(store, cx, about_job(job->kind, hash), sealed, &bytes);
    size_t len = status == STATUS_OK && bytes.len >= 2 ? get_uint(bytes.at, 2) : SIZE_MAX;
    if (status == STATUS_INVALID || (status == STATUS_OK && len > bytes.len - 2))
        return damaged(cx, "A job");
    TRY(status);
    job->key = str_head(str_from(bytes, 2), len);
    job->payload = str_from(bytes, 2 + len);
    return STATUS_OK;
}

/* ---- in a group ------------------------------------------------------------------------- */

void jobs_ask(Array *numbers, const StoreCommit *commit)
{
    for (size_t i = 0; i < commit->job_end_count; i++)
        array_int(numbers, 8, (int64_t)commit->job_ends[i].number);
}

static bool end_fits(const StoreJobEnd *end, const PGresult *locked)
{
    for (int row = 0; row < PQntuples(locked); row++) {
        if (answer_int(locked, row, 0) == (int64_t)end->number)
            return store_job_end_fits(end, (StoreJobState)answer_int(locked, row, 1),
                                      (uint64_t)answer_int(locked, row, 2));
    }
    return false;
}

void jobs_judge(StoreCommit *commit, const PGresult *locked)
{
    for (size_t i = 0; i < commit->job_end_count && commit->status == STATUS_OK; i++) {
        commit->conflict = commit->write_count + i;
        if (!end_fits(&commit->job_ends[i], locked))
            commit->status = STATUS_CONFLICT;
    }
}

typedef struct {
    Array drop;
    Array hold, hold_after;
    Array set, state, due, after, tries, error;
    Array kind, name, add_due, add_after, payload;
} Work;

static void init_work(Work *work, Arena *arena)
{
    const struct {
        Array *array;
        ArrayType type;
    } arrays[] = {
        {&work->drop, TYPE_INT8},      {&work->hold, TYPE_INT8},    {&work->hold_after, TYPE_INT8},
        {&work->set, TYPE_INT8},       {&work->state, TYPE_INT2},   {&work->due, TYPE_INT8},
        {&work->after, TYPE_INT8},     {&work->tries, TYPE_INT4},   {&work->error, TYPE_BYTEA},
        {&work->kind, TYPE_TEXT},      {&work->name, TYPE_BYTEA},   {&work->add_due, TYPE_INT8},
        {&work->add_after, TYPE_INT8}, {&work->payload, TYPE_BYTEA}};
    for (size_t i = 0; i < COUNT_OF(arrays); i++)
        array_init(arrays[i].array, arena, arrays[i].type, 64);
}

static void take_end(Work *work, const StoreJobEnd *end)
{
    switch (end->how) {
    case STORE_JOB_DONE: array_int(&work->drop, 8, (int64_t)end->number); return;
    case STORE_JOB_HOLD:
        array_int(&work->hold, 8, (int64_t)end->number);
        array_int(&work->hold_after, 8, end->after);
        return;
    case STORE_JOB_AGAIN:
    case STORE_JOB_DEAD: break;
    }
    bool again = end->how == STORE_JOB_AGAIN;
    array_int(&work->set, 8, (int64_t)end->number);
    array_int(&work->state, 2, again ? STORE_JOB_WAITS : STORE_JOB_IS_DEAD);
    array_int(&work->due, 8, again ? end->due : 0);
    array_int(&work->after, 8, again ? end->after : 0);
    array_int(&work->tries, 4, end->tries);
    array_bytes(&work->error, end->error);
}

static void take_add(Work *work, const StoreJobAdd *job, const SealedJob *sealed)
{
    array_bytes(&work->kind, job->kind);
    array_bytes(&work->name, sealed->named ? str_n(sealed->name, sizeof(sealed->name)) : STR_EMPTY);
    array_int(&work->add_due, 8, job->due);
    array_int(&work->add_after, 8, job->after);
    array_bytes(&work->payload, sealed->sealed);
}

static size_t add_call(const Group *group, Params *params, Call *calls, size_t count,
                       SqlName statement, Array *const *arrays, size_t array_count)
{
    if (!arrays[0]->count)
        return count;
    params[count] = params_in(group->arena);
    for (size_t i = 0; i < array_count; i++)
        params_array(&params[count], arrays[i]);
    calls[count] = (Call){statement, &params[count]};
    return count + 1;
}

size_t jobs_calls(const Group *group, Params *params, Call *calls)
{
    Work work;
    bool any = false;
    for (const StoreCommit *c = group->first; c; c = c->next)
        any |= c->status == STATUS_OK && (c->job_end_count || c->job_count);
    if (!any)
        return 0;
    init_work(&work, group->arena);
    for (const StoreCommit *c = group->first; c; c = c->next) {
        const Prepared *prepared = c->prepared;
        for (size_t i = 0; c->status == STATUS_OK && i < c->job_end_count; i++)
            take_end(&work, &c->job_ends[i]);
        for (size_t i = 0; c->status == STATUS_OK && i < c->job_count; i++)
            take_add(&work, &c->jobs[i], &prepared->jobs[i]);
    }
    Array *const drop[] = {&work.drop}, *const hold[] = {&work.hold, &work.hold_after};
    Array *const set[] = {&work.set, &work.state, &work.due, &work.after, &work.tries, &work.error};
    Array *const add[] = {&work.kind, &work.name, &work.add_due, &work.add_after, &work.payload};
    size_t count = add_call(group, params, calls, 0, SQL_DROP_JOBS, drop, COUNT_OF(drop));
    count = add_call(group, params, calls, count, SQL_HOLD_JOBS, hold, COUNT_OF(hold));
    count = add_call(group, params, calls, count, SQL_SET_JOBS, set, COUNT_OF(set));
    return add_call(group, params, calls, count, SQL_ADD_JOBS, add, COUNT_OF(add));
}

/* ---- rows ------------------------------------------------------------------------------- */

/* Columns: number, lease, state, tries, kind, added, due, worker, error, name, payload. */
static Status take_row(PostgresStore *store, Ctx *cx, const PGresult *result, int row,
                       StoreJob *ret_job)
{
    Arena *arena = cx->arena;
    StoreJob job = {.number = (uint64_t)answer_int(result, row, 0),
                    .lease = (uint64_t)answer_int(result, row, 1),
                    .state = (StoreJobState)answer_int(result, row, 2),
                    .tries = (uint32_t)answer_int(result, row, 3),
                    .kind = arena_str(arena, answer_bytes(result, row, 4)),
                    .added = answer_int(result, row, 5),
                    .due = answer_int(result, row, 6),
                    .worker = arena_str(arena, answer_bytes(result, row, 7)),
                    .error = arena_str(arena, answer_bytes(result, row, 8))};
    if (!job.kind.at || !job.worker.at || !job.error.at)
        return STATUS_MEMORY;
    TRY(open_job(store, cx, answer_bytes(result, row, 9), answer_bytes(result, row, 10), &job));
    *ret_job = job;
    return STATUS_OK;
}

static Status take_rows(PostgresStore *store, Ctx *cx, const PGresult *result, StoreJob *jobs)
{
    for (int row = 0; row < PQntuples(result); row++)
        TRY(take_row(store, cx, result, row, &jobs[row]));
    return STATUS_OK;
}

/* ---- taking ----------------------------------------------------------------------------- */

static void add_kinds(Params *params, Arena *arena, const StoreJobTake *take, bool with_limits)
{
    Array kinds, limits;
    array_init(&kinds, arena, TYPE_TEXT, 64);
    array_init(&limits, arena, TYPE_INT8, 64);
    for (size_t i = 0; i < take->kind_count; i++) {
        bool own = take->limits && take->limits[i] < take->limit;
        array_bytes(&kinds, take->kinds[i]);
        array_int(&limits, 8, (int64_t)(own ? take->limits[i] : take->limit));
    }
    params_array(params, &kinds);
    if (with_limits)
        params_array(params, &limits);
}

static Status take_jobs(PostgresStore *store, Ctx *cx, const StoreJobTake *take,
                        const PGresult *taken, const PGresult *next, StoreJobs *ret_jobs)
{
    StoreJobs got = {.count = (size_t)PQntuples(taken), .wait = INT64_MAX};
    got.jobs = arena_array_of(cx->arena, StoreJob, take->limit);
    if (!got.jobs)
        return STATUS_MEMORY;
    TRY(take_rows(store, cx, taken, got.jobs));
    if (PQntuples(next) && !PQgetisnull(next, 0, 0))
        got.wait = answer_int(next, 0, 0);
    if (got.count == take->limit)
        got.wait = 0;
    *ret_jobs = got;
    return STATUS_OK;
}

Status postgres_job_take(Store *base, Ctx *cx, const Access *access, const StoreJobTake *take,
                         StoreJobs *ret_jobs)
{
    PostgresStore *store = postgres_store(base);
    PooledLink *pooled;
    PGresult *results[3];
    Params taking = params_in(cx->arena), waiting = params_in(cx->arena);
    UNUSED(access);
    if (store->read_only)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The store is open for reading alone.");
    add_kinds(&taking, cx->arena, take, true);
    params_int8(&taking, (int64_t)take->limit);
    params_int8(&taking, take->lease_ms * TIME_MS);
    params_int8(&taking, STORE_LEASE_MS_MAX * TIME_MS);
    params_bytes(&taking, take->worker);
    add_kinds(&waiting, cx->arena, take, false);
    const Call calls[] = {
        {SQL_AS_SYSTEM, NULL}, {SQL_TAKE_JOBS, &taking}, {SQL_NEXT_JOB, &waiting}};
    TRY(links_take(store, cx, &pooled));
    Status status = links_change(store, cx, pooled, calls, COUNT_OF(calls), "taking jobs", results);
    if (status == STATUS_OK) {
        status = take_jobs(store, cx, take, results[1], results[2], ret_jobs);
        for (size_t i = 0; i < COUNT_OF(results); i++)
            PQclear(results[i]);
    }
    links_give(store, pooled);
    return status;
}

/* ---- lists ------------------------------------------------------------------------------ */

Status postgres_job_list(StoreReader *base, const StoreJobQuery *query, StoreJob *jobs,
                         size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    Params params = params_in(base->cx->arena);
    PGresult *result;
    params_int8(&params, (int64_t)query->after);
    params_int(&params, 2, (int64_t)query->state);
    params_bytes(&params, query->kind);
    params_int8(&params, (int64_t)query->limit);
    TRY(reader_ask(reader, SQL_JOBS, &params, "reading jobs", &result));
    *ret_count = (size_t)PQntuples(result);
    Status status = take_rows(reader->store, base->cx, result, jobs);
    PQclear(result);
    return status;
}

Status postgres_job_get(StoreReader *base, uint64_t number, StoreJob *ret_job)
{
    PostgresReader *reader = postgres_reader(base);
    Params params = params_in(base->cx->arena);
    PGresult *result;
    params_int8(&params, (int64_t)number);
    TRY(reader_ask(reader, SQL_JOB, &params, "reading a job", &result));
    Status status = PQntuples(result) ? take_row(reader->store, base->cx, result, 0, ret_job)
                                      : STATUS_NOT_FOUND;
    PQclear(result);
    return status;
}

Status postgres_job_stats(StoreReader *base, StoreJobStats *ret_stats)
{
    PGresult *result;
    TRY(reader_ask(postgres_reader(base), SQL_JOB_COUNTS, NULL, "counting jobs", &result));
    *ret_stats = (StoreJobStats){.waiting = (uint64_t)answer_int(result, 0, 0),
                                 .running = (uint64_t)answer_int(result, 0, 1),
                                 .dead = (uint64_t)answer_int(result, 0, 2),
                                 .oldest = answer_int(result, 0, 3)};
    PQclear(result);
    return STATUS_OK;
}
