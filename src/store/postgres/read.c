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

static Status unpack(PostgresStore *store, Ctx *cx, Unpacker *unpacker, Str packed, StoreRow *row)
{
    Status status = bodies_unpack(store->bodies, unpacker, cx->arena, packed, &row->body);
    return status == STATUS_INVALID ? damaged(cx, "A resource") : status;
}

static Status open_body(PostgresStore *store, Ctx *cx, Str sealed, const StoreRow *row,
                        Str *ret_packed)
{
    Status status =
        sealed_open(store, cx, about_body(row->type, row->id, row->version), sealed, ret_packed);
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

/* *ret_packed: its body as memory keeps it; NULL without one. row->body is not there. */
static Status take_packed(PostgresStore *store, Ctx *cx, const PGresult *result, int at, int column,
                          bool with_body, StoreRow *ret_row, Str *ret_packed)
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
    *ret_packed = (Str){with_body ? "" : NULL, 0};
    if (with_body && !row.deleted)
        TRY(open_body(store, cx, answer_bytes(result, at, column + ROW_BODY), &row, ret_packed));
    *ret_row = row;
    return STATUS_OK;
}

static Status take_whole(PostgresStore *store, Ctx *cx, Unpacker *unpacker, const PGresult *result,
                         int at, int column, bool with_body, StoreRow *ret_row, Str *ret_packed)
{
    TRY(take_packed(store, cx, result, at, column, with_body, ret_row, ret_packed));
    return with_body && !ret_row->deleted ? unpack(store, cx, unpacker, *ret_packed, ret_row)
                                          : STATUS_OK;
}

Status row_take(PostgresStore *store, Ctx *cx, Unpacker *unpacker, const PGresult *result, int at,
                int column, bool with_body, StoreRow *ret_row)
{
    Str packed;
    return take_whole(store, cx, unpacker, result, at, column, with_body, ret_row, &packed);
}

/* ---- memory ---------------------------------------------------------------------------- */

/* Asks what has changed when it must. */
Status reader_abreast(PostgresReader *reader, bool *ret_use)
{
    Kept *kept = &reader->store->kept;
    StoreTouch *touches;
    uint64_t known;
    size_t count;
    StoreMark mark;
    TRY(postgres_mark(&reader->base, &mark));
    KeptUse use = kept_use(kept, reader->rows, &known);
    if (use == KEPT_LATER) {
        TRY(postgres_changes(&reader->base, 0, known, KEPT_CHANGES_MAX, &touches, &count));
        kept_note(kept, &reader->rows, known, touches, count);
        use = kept_use(kept, reader->rows, &known);
    }
    *ret_use = use == KEPT_NOW;
    return STATUS_OK;
}

/* After reader_abreast. */
static bool is_kept(PostgresReader *reader, uint64_t rid, bool with_body, StoreRow *ret_row)
{
    Str packed;
    uint64_t since;
    return rowcache_get(reader->store->kept.rows, rid, reader->rows, reader->base.cx->arena,
                        ret_row, with_body ? &packed : NULL, &since) &&
           (!with_body || ret_row->deleted ||
            unpack(reader->store, reader->base.cx, &reader->pooled->unpacker, packed, ret_row) ==
                STATUS_OK);
}

static void keep_row(Kept *kept, RowSnapshot at, const StoreRow *row, Str packed)
{
    if (!at.turn)
        return;
    rowcache_put(kept->rows, at, row, at.seq, packed);
    idcache_put(&kept->ids, row->type, row->id, row->rid);
}

/* A current row out of an answer, which memory keeps. */
static Status take_current(PostgresReader *reader, const PGresult *result, int at, bool with_body,
                           StoreRow *ret_row)
{
    Str packed;
    TRY(take_whole(reader->store, reader->base.cx, &reader->pooled->unpacker, result, at, 0,
                   with_body, ret_row, &packed));
    keep_row(&reader->store->kept, reader->rows, ret_row, packed);
    return STATUS_OK;
}

Status row_keep(PostgresReader *reader, const PGresult *result, int at)
{
    StoreRow row;
    Str packed;
    TRY(take_packed(reader->store, reader->base.cx, result, at, 0, true, &row, &packed));
    keep_row(&reader->store->kept, reader->rows, &row, packed);
    return STATUS_OK;
}

/* ---- rows by id ------------------------------------------------------------------------ */

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
bool id_is_sound(Str id)
{
    return id.len && id.len <= 255 && str_index(id, '\0') == SIZE_MAX && str_is_utf8(id);
}

/* References lead to the same patient again and again. */
static bool is_known(PostgresReader *reader, uint16_t type, Str id, bool with_body,
                     StoreRow *ret_row)
{
    uint64_t rid = idcache_get(&reader->store->kept.ids, type, id);
    return rid && is_kept(reader, rid, with_body, ret_row) && ret_row->type == type &&
           str_eq(ret_row->id, id);
}

Status postgres_get(StoreReader *base, uint16_t type, Str id, bool with_body, StoreRow *ret_row)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    bool use = false;
    if (!id_is_sound(id))
        return STATUS_NOT_FOUND;
    if (reader->begun || reader->assumed ||
        rowcache_has(reader->store->kept.rows, idcache_get(&reader->store->kept.ids, type, id)))
        TRY(reader_abreast(reader, &use));
    if (use && is_known(reader, type, id, with_body, ret_row))
        return STATUS_OK;
    Params params = params_of_id(base->cx->arena, type, id);
    TRY(reader_ask(reader, with_body ? SQL_ROW_OF_ID_BODY : SQL_ROW_OF_ID, &params,
                   "reading a resource", &result));
    Status status =
        PQntuples(result) ? take_current(reader, result, 0, with_body, ret_row) : STATUS_NOT_FOUND;
    PQclear(result);
    return status;
}

static Status get_through_reader(PostgresStore *store, Ctx *cx, const Access *access, uint16_t type,
                                 Str id, StoreRow *ret_row)
{
    StoreReader *reader;
    TRY(reader_open(store, cx, access, &reader));
    Status status = postgres_get(reader, type, id, true, ret_row);
    postgres_read_end(reader);
    return status;
}

/* The answer of SQL_ROW_NOW: the row, then the mark. */
static Status take_now(PostgresStore *store, Ctx *cx, PooledLink *pooled, uint64_t seen,
                       const PGresult *result, StoreRow *ret_row)
{
    Str packed;
    StoreMark mark;
    if (!PQntuples(result))
        return STATUS_NOT_FOUND;
    TRY(take_whole(store, cx, &pooled->unpacker, result, 0, 0, true, ret_row, &packed));
    mark_take(result, ROW_BODY + 1, &mark);
    keep_row(&store->kept, kept_begin(&store->kept, seen, &mark), ret_row, packed);
    return STATUS_OK;
}

/* The row out of memory, when the mark says that it is right. */
static Status get_kept(PostgresStore *store, Ctx *cx, PooledLink *pooled, const Access *access,
                       uint64_t rid, StoreRow *ret_row, bool *ret_found)
{
    Kept *kept = &store->kept;
    PGresult *result;
    StoreMark mark;
    Str packed;
    uint64_t known, seen = kept_seen(kept);
    Params params = params_in(cx->arena);
    params_bytes(&params, caller_of(access));
    const Call call = {SQL_MARK, &params};
    TRY(links_run(store, cx, pooled, &call, 1, "reading its epochs", &result));
    mark_take(result, 0, &mark);
    PQclear(result);
    RowSnapshot at = kept_begin(kept, seen, &mark);
    *ret_found = kept_use(kept, at, &known) == KEPT_NOW &&
                 rowcache_get(kept->rows, rid, at, cx->arena, ret_row, &packed, &known);
    return *ret_found && !ret_row->deleted ? unpack(store, cx, &pooled->unpacker, packed, ret_row)
                                           : STATUS_OK;
}

static Status get_by_memory(PostgresStore *store, Ctx *cx, const Access *access, uint16_t type,
                            Str id, uint64_t rid, StoreRow *ret_row)
{
    PooledLink *pooled;
    bool found = false;
    TRY(links_take(store, cx, &pooled));
    Status status = get_kept(store, cx, pooled, access, rid, ret_row, &found);
    links_give(store, pooled);
    if (status != STATUS_OK || (found && ret_row->type == type && str_eq(ret_row->id, id)))
        return status;
    return get_through_reader(store, cx, access, type, id, ret_row);
}

/* What memory may have costs the mark, which says whether it is right; all else is one question. */
Status postgres_get_now(Store *base, Ctx *cx, const Access *access, uint16_t type, Str id,
                        StoreRow *ret_row)
{
    PostgresStore *store = postgres_store(base);
    PooledLink *pooled;
    PGresult *result;
    if (!id_is_sound(id))
        return STATUS_NOT_FOUND;
    uint64_t rid = idcache_get(&store->kept.ids, type, id);
    if (rowcache_has(store->kept.rows, rid))
        return get_by_memory(store, cx, access, type, id, rid, ret_row);
    TRY(links_take(store, cx, &pooled));
    Params params = params_of_id(cx->arena, type, id);
    params_bytes(&params, caller_of(access));
    uint64_t seen = kept_seen(&store->kept);
    const Call call = {SQL_ROW_NOW, &params};
    Status status = links_run(store, cx, pooled, &call, 1, "reading a resource", &result);
    if (status == STATUS_OK) {
        status = take_now(store, cx, pooled, seen, result, ret_row);
        PQclear(result);
    }
    links_give(store, pooled);
    return status;
}

/* ---- unasked ----------------------------------------------------------------------------- */

static SpareUnpacker *take_spare(PostgresStore *store)
{
    pthread_mutex_lock(&store->spare_lock);
    SpareUnpacker *spare = store->spare;
    if (spare)
        store->spare = spare->next;
    pthread_mutex_unlock(&store->spare_lock);
    return spare ? spare : calloc(1, sizeof(SpareUnpacker));
}

static void give_spare(PostgresStore *store, SpareUnpacker *spare)
{
    pthread_mutex_lock(&store->spare_lock);
    spare->next = store->spare;
    store->spare = spare;
    pthread_mutex_unlock(&store->spare_lock);
}

void spares_clear(PostgresStore *store)
{
    while (store->spare) {
        SpareUnpacker *spare = store->spare;
        store->spare = spare->next;
        unpacker_clear(&spare->unpacker);
        free(spare);
    }
    pthread_mutex_destroy(&store->spare_lock);
}

uint64_t postgres_access_seen(Store *base)
{
    uint64_t change, epoch;
    return kept_expects(&postgres_store(base)->kept, &change, &epoch) ? epoch : 0;
}

Status postgres_get_seen(Store *base, Ctx *cx, uint16_t type, Str id, StoreSeen *ret_seen,
                         StoreRow *ret_row)
{
    PostgresStore *store = postgres_store(base);
    Kept *kept = &store->kept;
    Str packed;
    uint64_t since, rid = id_is_sound(id) ? idcache_get(&kept->ids, type, id) : 0;
    RowSnapshot at = kept_now(kept);
    if (!rid || !at.turn ||
        !rowcache_get(kept->rows, rid, at, cx->arena, ret_row, &packed, &since) ||
        ret_row->type != type || !str_eq(ret_row->id, id))
        return STATUS_NOT_FOUND;
    SpareUnpacker *spare = ret_row->deleted ? NULL : take_spare(store);
    Status status = spare || ret_row->deleted ? STATUS_OK : STATUS_MEMORY;
    if (spare) {
        status = unpack(store, cx, &spare->unpacker, packed, ret_row);
        give_spare(store, spare);
    }
    TRY(status);
    *ret_seen = (StoreSeen){.rid = rid, .turn = at.turn, .version = ret_row->version};
    return STATUS_OK;
}

Status postgres_get_version(StoreReader *base, uint16_t type, Str id, uint32_t version,
                            StoreRow *ret_row)
{
    PostgresReader *reader = postgres_reader(base);
    PGresult *result;
    if (!id_is_sound(id) || version > INT32_MAX)
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
    return row < 0 ? STATUS_NOT_FOUND : take_current(reader, result, row, with_body, ret_row);
}

Status postgres_get_rid(StoreReader *base, uint64_t rid, bool with_body, StoreRow *ret_row)
{
    PostgresReader *reader = postgres_reader(base);
    PooledLink *pooled = reader->pooled;
    uint64_t rids[AHEAD_MAX];
    const PGresult *known;
    PGresult *result;
    bool use;
    int row;
    TRY(reader_abreast(reader, &use));
    if (use && is_kept(reader, rid, with_body, ret_row))
        return STATUS_OK;
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

/* What is there already, into its places; the rids of the others into `rest`. */
static Status take_known(PostgresReader *reader, const uint64_t *rids, size_t count, bool with_body,
                         StoreRow *ret_rows, uint64_t *rest, size_t *ret_rest)
{
    bool use;
    TRY(reader_abreast(reader, &use));
    *ret_rest = 0;
    for (size_t i = 0; i < count; i++) {
        const PGresult *known;
        int row;
        if (use && is_kept(reader, rids[i], with_body, &ret_rows[i]))
            continue;
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
