/* store/postgres/history.c - versions, newest change first. */
#include "store/postgres/engine.h"

/* Before the first: changes are numbered from 1, without gaps. */
static Status find_floor(PostgresReader *reader, const StoreHistory *query, int64_t *ret_floor)
{
    *ret_floor = 1;
    if (!query->since)
        return STATUS_OK;
    PGresult *result;
    Params params = params_in(reader->base.cx->arena);
    params_int8(&params, query->since);
    TRY(reader_ask(reader, SQL_HISTORY_FLOOR, &params, "reading the history", &result));
    *ret_floor = answer_int(result, 0, 0);
    PQclear(result);
    return STATUS_OK;
}

static Status take_changes(PostgresReader *reader, const StoreHistory *query,
                           const PGresult *result, StoreChange *changes)
{
    for (int i = 0; i < PQntuples(result); i++) {
        StoreRow *row = &changes[i].row;
        changes[i].change = (uint64_t)answer_int(result, i, 0);
        TRY(row_take(reader->store, reader->base.cx, &reader->pooled->unpacker, result, i, 1,
                     query->with_body, row));
        row->change = changes[i].change;
    }
    return STATUS_OK;
}

static Status ask(PostgresReader *reader, const StoreHistory *query, SqlName statement,
                  int64_t first, int64_t floor, StoreChange **ret_changes, size_t *ret_count)
{
    Arena *arena = reader->base.cx->arena;
    PGresult *result;
    Params params = params_in(arena);
    params_int(&params, statement == SQL_HISTORY_ONE ? 8 : 2, first);
    params_int8(&params, query->before ? (int64_t)query->before : INT64_MAX);
    params_int8(&params, query->since ? query->since : INT64_MIN);
    params_int8(&params, query->until ? query->until : INT64_MAX);
    params_int8(&params, query->limit > INT32_MAX ? INT32_MAX : (int64_t)query->limit);
    params_int(&params, 1, query->with_body);
    if (statement != SQL_HISTORY_ONE)
        params_int8(&params, floor);
    TRY(reader_ask(reader, statement, &params, "reading the history", &result));
    size_t count = (size_t)PQntuples(result);
    StoreChange *changes = arena_array_of(arena, StoreChange, count + 1);
    Status status = changes ? take_changes(reader, query, result, changes) : STATUS_MEMORY;
    PQclear(result);
    TRY(status);
    *ret_changes = changes;
    *ret_count = count;
    return STATUS_OK;
}

Status postgres_history(StoreReader *base, const StoreHistory *query, StoreChange **ret_changes,
                        size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    StoreRow row;
    int64_t floor;
    *ret_count = 0;
    *ret_changes = NULL;
    if (!query->limit)
        return STATUS_OK;
    if (query->id.len) {
        TRY(postgres_get(base, query->type, query->id, false, &row));
        return ask(reader, query, SQL_HISTORY_ONE, (int64_t)row.rid, 0, ret_changes, ret_count);
    }
    TRY(find_floor(reader, query, &floor));
    return ask(reader, query, query->type ? SQL_HISTORY_TYPE : SQL_HISTORY_ALL, query->type, floor,
               ret_changes, ret_count);
}

Status postgres_changes(StoreReader *base, uint16_t type, uint64_t after, size_t limit,
                        StoreTouch **ret_touches, size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    Params params = params_in(base->cx->arena);
    params_int(&params, 2, type);
    params_int8(&params, after > INT64_MAX ? INT64_MAX : (int64_t)after);
    params_int8(&params, limit > INT32_MAX ? INT32_MAX : (int64_t)limit);
    TRY(reader_ask(reader, type ? SQL_TOUCHES_OF_TYPE : SQL_TOUCHES, &params,
                   "reading what changed", &result));
    int count = PQntuples(result);
    StoreTouch *touches = arena_array_of(base->cx->arena, StoreTouch, (size_t)count + 1);
    for (int i = 0; i < count && touches; i++)
        touches[i] = (StoreTouch){.change = (uint64_t)answer_int(result, i, 0),
                                  .rid = (uint64_t)answer_int(result, i, 1),
                                  .version = (uint32_t)answer_int(result, i, 2)};
    PQclear(result);
    *ret_touches = touches;
    *ret_count = (size_t)count;
    return touches ? STATUS_OK : STATUS_MEMORY;
}
