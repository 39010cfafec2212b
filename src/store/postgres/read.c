/* store/postgres/read.c - rows, items and audit entries of a snapshot. */
#include "store/postgres/engine.h"

#include <stdlib.h>

Status damaged(Ctx *cx, const char *what)
{
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "%s in the store is damaged: run a check.",
                    what);
}

enum {
    ROW_FACTS = 6,
    ROW_BODY = 7,
    ROW_CHANGE = 8
}; /* columns; its change: in answers that have it */

/* ---- rows ------------------------------------------------------------------------------ */

static Status unpack(PostgresStore *store, Ctx *cx, Unpacker *unpacker, Str sealed, StoreRow *row)
{
    Str packed;
    Status status =
        sealed_open(store, cx, about_body(row->type, row->id, row->version), sealed, &packed);
    if (status == STATUS_OK)
        status = bodies_unpack(store->bodies, unpacker, cx->arena, packed, &row->body);
    return status == STATUS_INVALID ? damaged(cx, "A resource") : status;
}

Status facts_open(PostgresStore *store, Ctx *cx, Str sealed, StoreRow *row)
{
    row->facts = STR_EMPTY;
    if (!sealed.len)
        return STATUS_OK;
    Status status = sealed_open(store, cx, about_facts(row->rid), sealed, &row->facts);
    return status == STATUS_INVALID ? damaged(cx, "What a resource is about") : status;
}

Status row_take(PostgresStore *store, Ctx *cx, Unpacker *unpacker, const PGresult *result, int at,
                int column, bool with_body, StoreRow *ret_row)
{
    StoreRow row = {.rid = (uint64_t)answer_int(result, at, column),
                    .type = (uint16_t)answer_int(result, at, column + 1),
                    .id = arena_str(cx->arena, answer_bytes(result, at, column + 2)),
                    .version = (uint32_t)answer_int(result, at, column + 3),
                    .updated = answer_int(result, at, column + 4),
                    .method = (uint8_t)answer_int(result, at, column + 5),
                    .body = STR_EMPTY};
    row.deleted = row.method == STORE_DELETE;
    if (!row.id.at)
        return STATUS_MEMORY;
    if (PQnfields(result) > column + ROW_CHANGE && !PQgetisnull(result, at, column + ROW_CHANGE))
        row.change = (uint64_t)answer_int(result, at, column + ROW_CHANGE);
    TRY(facts_open(store, cx, answer_bytes(result, at, column + ROW_FACTS), &row));
    if (with_body && !row.deleted)
        TRY(unpack(store, cx, unpacker, answer_bytes(result, at, column + ROW_BODY), &row));
    *ret_row = row;
    return STATUS_OK;
}

/* The only row of an answer, which is cleared. */
static Status take_one(PostgresStore *store, Ctx *cx, Unpacker *unpacker, PGresult *result,
                       bool with_body, StoreRow *ret_row)
{
    Status status = PQntuples(result)
                        ? row_take(store, cx, unpacker, result, 0, 0, with_body, ret_row)
                        : STATUS_NOT_FOUND;
    PQclear(result);
    return status;
}

static Params params_of_id(Arena *arena, uint16_t type, Str id)
{
    Params params = params_in(arena);
    params_int(&params, 2, type);
    params_bytes(&params, id);
    return params;
}

Status postgres_last_rid(StoreReader *base, uint64_t *ret_rid)
{
    PGresult *result;
    TRY(reader_ask(postgres_reader(base), SQL_LAST_RID, NULL, "reading its last resource",
                   &result));
    *ret_rid = (uint64_t)answer_int(result, 0, 0);
    PQclear(result);
    return STATUS_OK;
}

/* Text of the database has no NUL and is UTF-8; no id is anything else. */
static bool is_id(Str id)
{
    return id.len && id.len <= 255 && str_index(id, '\0') == SIZE_MAX && str_is_utf8(id);
}

/* Asked for in this snapshot before: references lead to the same patient again and again. */
static bool is_known(PostgresReader *reader, uint16_t type, Str id, bool with_body,
                     StoreRow *ret_row)
{
    const PGresult *known;
    Ahead *ahead = reader->pooled->ahead;
    uint64_t rid = ahead_rid(ahead, type, id);
    int row;
    return rid && ahead_find(ahead, rid, with_body, &known, &row) && row >= 0 &&
           answer_int(known, row, 1) == type && str_eq(answer_bytes(known, row, 2), id) &&
           row_take(reader->store, reader->base.cx, &reader->pooled->unpacker, known, row, 0,
                    with_body, ret_row) == STATUS_OK;
}

Status postgres_get(StoreReader *base, uint16_t type, Str id, bool with_body, StoreRow *ret_row)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    StoreRow row;
    if (!is_id(id))
        return STATUS_NOT_FOUND;
    if (is_known(reader, type, id, with_body, ret_row))
        return STATUS_OK;
    Params params = params_of_id(base->cx->arena, type, id);
    TRY(reader_ask(reader, with_body ? SQL_ROW_OF_ID_BODY : SQL_ROW_OF_ID, &params,
                   "reading a resource", &result));
    if (with_body || !PQntuples(result))
        return take_one(reader->store, base->cx, &reader->pooled->unpacker, result, with_body,
                        ret_row);
    Status status =
        row_take(reader->store, base->cx, &reader->pooled->unpacker, result, 0, 0, false, &row);
    if (status != STATUS_OK) {
        PQclear(result);
        return status;
    }
    ahead_note_id(&reader->pooled->ahead, type, id, row.rid);
    UNUSED(ahead_keep(reader->pooled->ahead, &row.rid, 1, false, result));
    *ret_row = row;
    return STATUS_OK;
}

Status postgres_get_now(Store *base, Ctx *cx, const Access *access, uint16_t type, Str id,
                        StoreRow *ret_row)
{
    PostgresStore *store = postgres_store(base);
    PooledLink *pooled;
    PGresult *result;
    if (!is_id(id))
        return STATUS_NOT_FOUND;
    TRY(links_take(store, cx, &pooled));
    Params params = params_of_id(cx->arena, type, id);
    params_bytes(&params, caller_of(access));
    const Call call = {SQL_ROW_NOW, &params};
    Status status = links_run(store, cx, pooled, &call, 1, "reading a resource", &result);
    if (status == STATUS_OK)
        status = take_one(store, cx, &pooled->unpacker, result, true, ret_row);
    links_give(store, pooled);
    return status;
}

Status postgres_get_version(StoreReader *base, uint16_t type, Str id, uint32_t version,
                            StoreRow *ret_row)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    if (!is_id(id) || version > INT32_MAX)
        return STATUS_NOT_FOUND;
    Params params = params_of_id(base->cx->arena, type, id);
    params_int(&params, 4, version);
    TRY(reader_ask(reader, SQL_ROW_VERSION, &params, "reading a version", &result));
    return take_one(reader->store, base->cx, &reader->pooled->unpacker, result, true, ret_row);
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
    TRY(reader_ask(reader, SQL_ROW_RID_VERSION, &params, "reading a version", &result));
    return take_one(reader->store, base->cx, &reader->pooled->unpacker, result, true, ret_row);
}

/* ---- rows by number ---------------------------------------------------------------------- */

static Status ask_rows(PostgresReader *reader, const uint64_t *rids, size_t count, bool with_body,
                       PGresult **ret_result)
{
    Array array;
    Arena *arena = reader->base.cx->arena;
    array_init(&array, arena, TYPE_INT8, count * 12);
    for (size_t i = 0; i < count; i++)
        array_int(&array, 8, (int64_t)rids[i]);
    Params params = params_in(arena);
    params_array(&params, &array);
    return reader_ask(reader, with_body ? SQL_ROWS_BODY : SQL_ROWS, &params, "reading resources",
                      ret_result);
}

static Status take_row(PostgresReader *reader, const PGresult *result, int row, bool with_body,
                       StoreRow *ret_row)
{
    if (row < 0)
        return STATUS_NOT_FOUND;
    return row_take(reader->store, reader->base.cx, &reader->pooled->unpacker, result, row, 0,
                    with_body, ret_row);
}

Status postgres_get_rid(StoreReader *base, uint64_t rid, bool with_body, StoreRow *ret_row)
{
    PostgresReader *reader = postgres_reader(base);
    PooledLink *pooled = reader->pooled;
    uint64_t rids[AHEAD_MAX];
    const PGresult *known;
    PGresult *result;
    int row;
    if (ahead_find(pooled->ahead, rid, with_body, &known, &row))
        return take_row(reader, known, row, with_body, ret_row);
    size_t count = ahead_guess(&pooled->ahead, rid, with_body, rids);
    TRY(ask_rows(reader, rids, count, with_body, &result));
    if (!ahead_keep(pooled->ahead, rids, count, with_body, result))
        return STATUS_MEMORY;
    return ahead_find(pooled->ahead, rid, with_body, &known, &row)
               ? take_row(reader, known, row, with_body, ret_row)
               : STATUS_NOT_FOUND;
}

typedef struct {
    uint64_t rid;
    int at; /* in the answer */
} Found;

static int compare_found(const void *left, const void *right)
{
    uint64_t a = ((const Found *)left)->rid, b = ((const Found *)right)->rid;
    return a < b ? -1 : a > b;
}

/* What was read ahead, into its places; the rids of the others into `rest`, returns how many. */
static Status take_known(PostgresReader *reader, const uint64_t *rids, size_t count, bool with_body,
                         StoreRow *ret_rows, uint64_t *rest, size_t *ret_rest)
{
    *ret_rest = 0;
    for (size_t i = 0; i < count; i++) {
        const PGresult *known;
        int row;
        ret_rows[i] = (StoreRow){.rid = rids[i]};
        if (!ahead_find(reader->pooled->ahead, rids[i], with_body, &known, &row))
            rest[(*ret_rest)++] = rids[i];
        else if (row >= 0)
            TRY(take_row(reader, known, row, with_body, &ret_rows[i]));
    }
    return STATUS_OK;
}

static Status take_rest(PostgresReader *reader, const PGresult *result, size_t count,
                        bool with_body, StoreRow *rows)
{
    size_t found_count = (size_t)PQntuples(result);
    Found *found = arena_array_of(reader->base.cx->arena, Found, found_count + 1);
    if (!found)
        return STATUS_MEMORY;
    for (size_t i = 0; i < found_count; i++)
        found[i] = (Found){(uint64_t)answer_int(result, (int)i, 0), (int)i};
    qsort(found, found_count, sizeof(Found), compare_found);
    for (size_t i = 0; i < count; i++) {
        Found wanted = {rows[i].rid, 0};
        const Found *at = rows[i].version
                              ? NULL
                              : bsearch(&wanted, found, found_count, sizeof(Found), compare_found);
        if (at)
            TRY(take_row(reader, result, at->at, with_body, &rows[i]));
    }
    return STATUS_OK;
}

Status postgres_get_rids(StoreReader *base, const uint64_t *rids, size_t count, bool with_body,
                         StoreRow *ret_rows)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    size_t rest_count;
    uint64_t *rest = arena_array_of(base->cx->arena, uint64_t, count + 1);
    if (!rest)
        return STATUS_MEMORY;
    TRY(take_known(reader, rids, count, with_body, ret_rows, rest, &rest_count));
    if (!rest_count)
        return STATUS_OK;
    TRY(ask_rows(reader, rest, rest_count, with_body, &result));
    Status status = take_rest(reader, result, count, with_body, ret_rows);
    PQclear(result);
    return status;
}

/* ---- items ------------------------------------------------------------------------------- */

/* An item's value in its seal: the bytes of its key u16 | key | value. */
Status item_take(PostgresReader *reader, Str space, Str sealed, const char name[VAULT_NAME_BYTES],
                 StoreItem *ret_item)
{
    Ctx *cx = reader->base.cx;
    Str bytes;
    Status status = sealed_open(reader->store, cx, about_item(space, name), sealed, &bytes);
    size_t len = status == STATUS_OK && bytes.len >= 2
                     ? (size_t)(unsigned char)bytes.at[0] << 8 | (unsigned char)bytes.at[1]
                     : SIZE_MAX;
    if (status == STATUS_INVALID || (status == STATUS_OK && len > bytes.len - 2))
        return damaged(cx, "An item");
    TRY(status);
    *ret_item = (StoreItem){space, str_head(str_from(bytes, 2), len), str_from(bytes, 2 + len)};
    return STATUS_OK;
}

Status postgres_item_get(StoreReader *base, Str space, Str key, Str *ret_value)
{
    PostgresReader *reader = postgres_reader(base);
    char name[VAULT_NAME_BYTES];
    PGresult *result;
    StoreItem item;
    vault_name(&reader->store->vault, space, key, name);
    Params params = params_in(base->cx->arena);
    params_bytes(&params, space);
    params_bytes(&params, str_n(name, sizeof(name)));
    TRY(reader_ask(reader, SQL_ITEM, &params, "reading an item", &result));
    Status status = STATUS_NOT_FOUND;
    if (PQntuples(result))
        status = item_take(reader, space, answer_bytes(result, 0, 0), name, &item);
    PQclear(result);
    if (status == STATUS_OK)
        *ret_value = item.value;
    return status;
}

static int compare_items(const void *left, const void *right)
{
    return str_cmp(((const StoreItem *)left)->key, ((const StoreItem *)right)->key);
}

static Status take_items(PostgresReader *reader, Str space, const PGresult *result,
                         StoreItem *items)
{
    for (int i = 0; i < PQntuples(result); i++) {
        Str name = answer_bytes(result, i, 1);
        if (name.len != VAULT_NAME_BYTES)
            return damaged(reader->base.cx, "An item");
        TRY(item_take(reader, space, answer_bytes(result, i, 0), name.at, &items[i]));
    }
    return STATUS_OK;
}

Status postgres_item_list(StoreReader *base, Str space, StoreItem **ret_items, size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    Params params = params_in(base->cx->arena);
    params_bytes(&params, space);
    TRY(reader_ask(reader, SQL_ITEMS, &params, "reading items", &result));
    size_t count = (size_t)PQntuples(result);
    StoreItem *items = arena_array_of(base->cx->arena, StoreItem, count + 1);
    Status status = items ? take_items(reader, space, result, items) : STATUS_MEMORY;
    PQclear(result);
    TRY(status);
    qsort(items, count, sizeof(StoreItem), compare_items);
    *ret_items = items;
    *ret_count = count;
    return STATUS_OK;
}

/* ---- audit ------------------------------------------------------------------------------- */

static Status take_audits(PostgresReader *reader, const PGresult *result, StoreAuditRow *rows)
{
    Ctx *cx = reader->base.cx;
    for (int i = 0; i < PQntuples(result); i++) {
        rows[i].number = (uint64_t)answer_int(result, i, 0);
        rows[i].at = answer_int(result, i, 1);
        Status status = sealed_open(reader->store, cx, about_audit(rows[i].at),
                                    answer_bytes(result, i, 2), &rows[i].entry);
        if (status == STATUS_INVALID)
            return damaged(cx, "An audit entry");
        TRY(status);
        rows[i].link = arena_str(cx->arena, answer_bytes(result, i, 3));
        if (!rows[i].link.at)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

Status postgres_audit_read(StoreReader *base, uint64_t from, size_t limit, StoreAuditRow **ret_rows,
                           size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    Params params = params_in(base->cx->arena);
    params_int8(&params, from > INT64_MAX ? INT64_MAX : (int64_t)from);
    params_int8(&params, limit > INT32_MAX ? INT32_MAX : (int64_t)limit);
    TRY(reader_ask(reader, SQL_AUDITS, &params, "reading audit entries", &result));
    size_t count = (size_t)PQntuples(result);
    StoreAuditRow *rows = arena_array_of(base->cx->arena, StoreAuditRow, count + 1);
    Status status = rows ? take_audits(reader, result, rows) : STATUS_MEMORY;
    PQclear(result);
    TRY(status);
    *ret_rows = rows;
    *ret_count = count;
    return STATUS_OK;
}
