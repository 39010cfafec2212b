/* store/postgres/since.c - what changed since a number, without its rows. */
#include "store/postgres/engine.h"

Status postgres_changes(StoreReader *base, uint16_t type, uint64_t after, size_t limit,
                        StoreTouch **ret_touches, size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    Params params = params_in(base->cx->arena);
    params_int8(&params, after > INT64_MAX ? INT64_MAX : (int64_t)after);
    params_int8(&params, limit > INT32_MAX ? INT32_MAX : (int64_t)limit);
    params_int(&params, 2, type);
    TRY(reader_ask(reader, type ? SQL_SINCE_OF_TYPE : SQL_SINCE, &params, "reading the history",
                   &result));
    size_t count = (size_t)PQntuples(result);
    StoreTouch *touches = arena_array_of(base->cx->arena, StoreTouch, count + 1);
    for (size_t i = 0; touches && i < count; i++)
        touches[i] = (StoreTouch){(uint64_t)answer_int(result, (int)i, 0),
                                  (uint64_t)answer_int(result, (int)i, 1),
                                  (uint32_t)answer_int(result, (int)i, 2)};
    PQclear(result);
    *ret_touches = touches;
    *ret_count = count;
    return touches ? STATUS_OK : STATUS_MEMORY;
}

Status postgres_get_rid_version(StoreReader *base, uint64_t rid, uint32_t version,
                                StoreRow *ret_row)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    if (version > INT32_MAX)
        return STATUS_NOT_FOUND;
    Params params = params_in(base->cx->arena);
    params_int8(&params, (int64_t)rid);
    params_int(&params, 4, version);
    TRY(reader_ask(reader, SQL_RID_VERSION, &params, "reading a version", &result));
    Status status = PQntuples(result) ? row_take(reader->store, base->cx, &reader->pooled->unpacker,
                                                 result, 0, 0, true, ret_row)
                                      : STATUS_NOT_FOUND;
    PQclear(result);
    return status;
}
