/* store/postgres/scan.c - all that a snapshot holds, as the streams of a move. */
#include "store/postgres/engine.h"

#include <stdlib.h>

enum { PLACES_AT_ONCE = 200 };

Status postgres_tip(StoreReader *base, StoreTip *ret_tip)
{
    PGresult *result;
    TRY(reader_ask(postgres_reader(base), SQL_TIP, NULL, "reading its end", &result));
    *ret_tip = (StoreTip){.change = (uint64_t)answer_int(result, 0, 0),
                          .audit = (uint64_t)answer_int(result, 0, 1),
                          .job = (uint64_t)answer_int(result, 0, 2),
                          .keys = (uint64_t)answer_int(result, 0, 3)};
    PQclear(result);
    return STATUS_OK;
}

Status postgres_moved_to(StoreReader *base, Str *ret_words)
{
    PGresult *result;
    TRY(reader_ask(postgres_reader(base), SQL_MOVED_TO, NULL, "reading where it is", &result));
    *ret_words = arena_str(base->cx->arena, answer_bytes(result, 0, 0));
    PQclear(result);
    return ret_words->at ? STATUS_OK : STATUS_MEMORY;
}

static int64_t bounded(size_t n)
{
    return n > INT32_MAX ? INT32_MAX : (int64_t)n;
}

/* ---- changes and items ---------------------------------------------------------------------- */

static Status take_changes(PostgresReader *reader, const PGresult *result, StoreChange *changes)
{
    for (int i = 0; i < PQntuples(result); i++) {
        changes[i].change = (uint64_t)answer_int(result, i, 0);
        TRY(row_take(reader->store, reader->base.cx, &reader->pooled->unpacker, result, i, 1, true,
                     &changes[i].row));
    }
    return STATUS_OK;
}

Status postgres_scan_changes(StoreReader *base, uint64_t after, StoreSome some,
                             StoreChange **ret_changes, size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    Params params = params_in(base->cx->arena);
    PGresult *result;
    params_int8(&params, (int64_t)after);
    params_int8(&params, bounded(some.rows_max));
    params_int8(&params, bounded(some.bytes_max));
    TRY(reader_ask(reader, SQL_SCAN_CHANGES, &params, "reading its changes", &result));
    size_t count = (size_t)PQntuples(result);
    StoreChange *changes = arena_array_of(base->cx->arena, StoreChange, count + 1);
    Status status = changes ? take_changes(reader, result, changes) : STATUS_MEMORY;
    PQclear(result);
    TRY(status);
    *ret_changes = changes;
    *ret_count = count;
    return STATUS_OK;
}

static int compare_items(const void *left, const void *right)
{
    const StoreItem *a = left, *b = right;
    int order = str_cmp(a->space, b->space);
    return order ? order : str_cmp(a->key, b->key);
}

static Status take_items(PostgresReader *reader, const PGresult *result, const StoreItem *behind,
                         StoreItem *items, size_t *ret_count)
{
    Arena *arena = reader->base.cx->arena;
    for (int i = 0; i < PQntuples(result); i++) {
        Str space = arena_str(arena, answer_bytes(result, i, 0));
        Str name = answer_bytes(result, i, 1);
        if (!space.at)
            return STATUS_MEMORY;
        if (name.len != VAULT_NAME_BYTES)
            return damaged(reader->base.cx, "An item");
        TRY(item_take(reader, space, answer_bytes(result, i, 2), name.at, &items[*ret_count]));
        *ret_count += compare_items(&items[*ret_count], behind) > 0;
    }
    return STATUS_OK;
}

/* The database cannot order by what is sealed: all of them are opened, and some given. */
Status postgres_scan_items(StoreReader *base, Str space, Str key, StoreSome some,
                           StoreItem **ret_items, size_t *ret_count)
{
    PostgresReader *reader = postgres_reader(base);
    const StoreItem behind = {space, key, STR_EMPTY};
    PGresult *result;
    size_t count = 0;
    TRY(reader_ask(reader, SQL_SCAN_ITEMS, NULL, "reading items", &result));
    StoreItem *items = arena_array_of(base->cx->arena, StoreItem, (size_t)PQntuples(result) + 1);
    Status status = items ? take_items(reader, result, &behind, items, &count) : STATUS_MEMORY;
    PQclear(result);
    TRY(status);
    qsort(items, count, sizeof(StoreItem), compare_items);
    *ret_items = items;
    *ret_count = count < some.rows_max ? count : some.rows_max;
    return STATUS_OK;
}

/* ---- keys ----------------------------------------------------------------------------------- */

/* An entry about facts, with them as they are now. */
static Status take_facts(PostgresReader *reader, const StoreFactsChange *change, Str sealed,
                         StoreKeyChange *ret_key)
{
    Ctx *cx = reader->base.cx;
    StoreRow row = {.rid = change->rid};
    TRY(facts_open(reader->store, cx, sealed, &row));
    *ret_key = (StoreKeyChange){store_facts_key(cx->arena, change->rid, change->version, row.facts),
                                false};
    return ret_key->key.at ? STATUS_OK : STATUS_MEMORY;
}

static Status take_keys(PostgresReader *reader, const PGresult *result, StoreKeyChange *keys)
{
    for (int i = 1; i < PQntuples(result); i++) {
        StoreFactsChange change;
        Str key = answer_bytes(result, i, 1);
        if (store_facts_change(key, &change)) {
            TRY(take_facts(reader, &change, answer_bytes(result, i, 3), &keys[i - 1]));
            continue;
        }
        keys[i - 1].key = arena_str(reader->base.cx->arena, key);
        keys[i - 1].removed = *PQgetvalue(result, i, 2) == 0;
        if (!keys[i - 1].key.at)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

Status postgres_scan_keys(StoreReader *base, uint64_t after, StoreSome some,
                          StoreKeyChange **ret_keys, size_t *ret_count, uint64_t *ret_at)
{
    PostgresReader *reader = postgres_reader(base);
    Params params = params_in(base->cx->arena);
    PGresult *result;
    params_int8(&params, (int64_t)after);
    params_int8(&params, some.rows_max < PLACES_AT_ONCE ? (int64_t)some.rows_max : PLACES_AT_ONCE);
    TRY(reader_ask(reader, SQL_SCAN_KEYS, &params, "reading the log of its index", &result));
    size_t count = (size_t)PQntuples(result) - 1;
    bool reaches = *PQgetvalue(result, 0, 2) != 0;
    uint64_t at = (uint64_t)answer_int(result, 0, 0);
    StoreKeyChange *keys = arena_array_of(base->cx->arena, StoreKeyChange, count + 1);
    Status status = !keys      ? STATUS_MEMORY
                    : !reaches ? STATUS_NOT_FOUND
                               : take_keys(reader, result, keys);
    PQclear(result);
    TRY(status);
    *ret_keys = keys;
    *ret_count = count;
    *ret_at = at;
    return STATUS_OK;
}
