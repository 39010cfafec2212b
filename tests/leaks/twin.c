/* leaks/twin.c - the functions that move a store (store/moving.h), used to make one that lacks
 * what somebody may not see. */
#include "leaks/twin.h"

#include "fhir/fhir.h"
#include "search/search.h"

enum { LOAD_ROWS = 200 };

static const RecordOptions options_of_record = {.client_ids = true,
                                                .base = STR_INIT("http://test/fhir"),
                                                .words = true,
                                                .conditional_deletes = 3};

void twin_clear(Twin *twin)
{
    arena_clear(twin->cx.arena);
    twin->cx = (Ctx){.arena = twin->cx.arena};
}

/* ---- where ------------------------------------------------------------------------------------
 */

/* The same conninfo with another database in it. */
static Str in_database(Arena *arena, const char *conninfo, const char *database)
{
    static const Str name = STR_INIT("dbname=");
    const char *at = strstr(conninfo, name.at);
    assert_non_null(at);
    Str rest = str_of(at + name.len), head = str_n(conninfo, (size_t)(at - conninfo));
    (void)str_cut(&rest, ' ');
    return arena_format(arena, "postgres:" STR_FMT "dbname=%s " STR_FMT, STR_ARG(head), database,
                        STR_ARG(rest));
}

static void run_sql(Twin *twin, const TestPostgres *postgres, const char *format, const char *name)
{
    assert_true(test_postgres_sql(postgres, arena_format(twin->forever, format, name).at));
}

/* A database of its own, whose tables belong to another role than the one that is served with. */
static void place_in_database(Twin *twin, const char *name)
{
    const char *why;
    const TestPostgres *postgres = test_postgres(false, &why);
    run_sql(twin, postgres, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    run_sql(twin, postgres, "CREATE DATABASE %s OWNER aceso_owner", name);
    twin->fill.address = in_database(twin->forever, postgres->owner, name);
    twin->fill.role = str_of(postgres->app_role);
    twin->serve.address = in_database(twin->forever, postgres->app, name);
}

static void place(Twin *twin, TwinPlace where)
{
    uint8_t key[32];
    assert_int_equal(crypto_init(&twin->cx), STATUS_OK);
    crypto_random(key, sizeof(key));
    twin->fill.address = arena_format(twin->forever, "%s/store", twin->folder);
    twin->fill.key_bytes = arena_str(twin->forever, str_n((const char *)key, sizeof(key)));
    twin->fill.synchronous_normal = true; /* nothing here has to outlive the power */
    twin->serve = twin->fill;
    if (where != TWIN_MASTER && store_place_is_database())
        place_in_database(twin, where == TWIN_WHOLE ? "leaks_whole" : "leaks_part");
    check_int(store_create(&twin->cx, &twin->fill), STATUS_OK);
}

static void begin(Twin *twin, TwinPlace where)
{
    *twin = (Twin){.forever = arena_new((size_t)16 << 20, false)};
    twin->cx.arena = arena_new((size_t)512 << 20, false);
    snprintf(twin->folder, sizeof(twin->folder), "/tmp/aceso-leaks-XXXXXX");
    assert_non_null(mkdtemp(twin->folder));
    AccessGrant grant = {
        .account = STR("system"), .role = STR("operator"), .may_write = true, .everything = true};
    twin->system = access_grant(twin->forever, &grant);
    place(twin, where);
}

static void serve(Twin *twin)
{
    check_int(store_open(&twin->cx, &twin->serve, &twin->store), STATUS_OK);
    check_int(record_new(&twin->cx, twin->store, twin->system, &options_of_record, &twin->record),
              STATUS_OK);
    twin_clear(twin);
}

void twin_open(Twin *twin, TwinPlace where)
{
    begin(twin, where);
    serve(twin);
}

void twin_close(Twin *twin)
{
    char command[128];
    twin_clear(twin); /* rights go before the book that they are of */
    record_free(twin->record);
    store_close(twin->store);
    arena_free(twin->cx.arena);
    arena_free(twin->forever);
    snprintf(command, sizeof(command), "rm -rf '%s'", twin->folder);
    assert_int_equal(system(command), 0);
}

StoreChange *twin_changes(Twin *twin, Arena *arena, size_t *ret_count)
{
    Ctx cx = {.arena = arena};
    StoreReader *reader;
    StoreChange *changes;
    check_int(store_read_begin(twin->store, &cx, twin->system, &reader), STATUS_OK);
    check_int(store_scan_changes(reader, 0, (StoreSome){SIZE_MAX, SIZE_MAX}, &changes, ret_count),
              STATUS_OK);
    store_read_end(reader);
    return changes;
}

/* ---- filling --------------------------------------------------------------------------------- */

static void load(Store *store, Ctx *cx, const StoreLoad *unit)
{
    CASE("filling a twin");
    check_int(store_load(store, cx, unit), STATUS_OK);
}

static Str empty_body(Arena *arena, const StoreRow *row)
{
    Str type = fhir_type_name(row->type);
    return arena_format(arena, "{\"resourceType\":\"" STR_FMT "\",\"id\":\"" STR_FMT "\"}",
                        STR_ARG(type), STR_ARG(row->id));
}

static void load_rows(Store *store, Ctx *cx, const StoreChange *changes, const TwinRow *rows,
                      size_t count)
{
    StoreChange *some = arena_array_of(cx->arena, StoreChange, LOAD_ROWS);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].what != TWIN_NOTHING) {
            StoreChange *one = &some[used++];
            *one = changes[i];
            one->row.body = rows[i].body;
            if (rows[i].what == TWIN_EMPTY) {
                one->row.body = one->row.deleted ? STR_EMPTY : empty_body(cx->arena, &one->row);
                one->row.facts = STR_EMPTY;
            }
        }
        if (used == LOAD_ROWS || (used && i + 1 == count)) {
            load(store, cx, &(StoreLoad){.changes = some, .change_count = used});
            used = 0;
        }
    }
}

static int compare_keys(const void *a, const void *b)
{
    return str_cmp(((const StoreKeyChange *)a)->key, ((const StoreKeyChange *)b)->key);
}

/* The index keys of all rows that are there, as their bodies in this twin say. */
static void load_keys(Store *store, Ctx *cx, Search *search, const StoreChange *changes,
                      const TwinRow *rows, size_t count)
{
    StoreKeyChange *all = NULL;
    size_t used = 0, room = 0;
    for (size_t i = 0; i < count; i++) {
        const StoreRow *row = &changes[i].row;
        bool last = true;
        for (size_t k = i + 1; k < count && last; k++)
            last = changes[k].row.rid != row->rid;
        if (!last || row->deleted || rows[i].what != TWIN_ROW)
            continue;
        SearchSource source = {.type = row->type, .rid = row->rid, .updated = row->updated};
        SearchKeys keys;
        JsonValue *body;
        check_int(json_parse(cx, rows[i].body, &body), STATUS_OK);
        source.resource = body;
        check_int(search_keys(search, cx, &source, &keys), STATUS_OK);
        if (used + keys.count > room) {
            size_t more = 2 * (used + keys.count);
            all = arena_realloc(cx->arena, all, room * sizeof(*all), more * sizeof(*all));
            room = more;
        }
        for (size_t k = 0; k < keys.count; k++)
            all[used++] = (StoreKeyChange){.key = keys.keys[k]};
    }
    qsort(all, used, sizeof(*all), compare_keys);
    load(store, cx, &(StoreLoad){.keys = all, .key_count = used});
}

void twin_fill(Twin *twin, TwinPlace where, Twin *master, const StoreChange *changes,
               const TwinRow *rows, size_t count)
{
    begin(twin, where);
    StoreReader *reader;
    StoreItem *items;
    StoreTip tip;
    size_t item_count;
    twin->fill.use = STORE_FILL;
    check_int(store_open(&twin->cx, &twin->fill, &twin->store), STATUS_OK);
    check_int(store_read_begin(master->store, &twin->cx, master->system, &reader), STATUS_OK);
    check_int(store_tip(reader, &tip), STATUS_OK);
    check_int(store_scan_items(reader, STR_EMPTY, STR_EMPTY, (StoreSome){SIZE_MAX, SIZE_MAX},
                               &items, &item_count),
              STATUS_OK);
    load_rows(twin->store, &twin->cx, changes, rows, count);
    load(twin->store, &twin->cx, &(StoreLoad){.items = items, .item_count = item_count});
    load_keys(twin->store, &twin->cx, record_index(master->record), changes, rows, count);
    store_read_end(reader);
    check_int(store_load_end(twin->store, &twin->cx, &tip), STATUS_OK);
    store_close(twin->store);
    serve(twin);
}
