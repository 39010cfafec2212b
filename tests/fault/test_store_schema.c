/* A program that is too old for the tables and still running while they are changed: it writes
 * nothing any more, and says so; who knows the tables goes on. docs/adr/0177 */
#include <unistd.h>

#include "store_node.h"

enum { TYPE = 7 };

static const TestPostgres *postgres;

static int fresh(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    check(test_postgres_clean(postgres));
    StoreOptions options = {.address = arena_format(cx.arena, "postgres:%s", postgres->owner),
                            .key_file = str_of(key_path),
                            .role = str_of(postgres->app_role)};
    check_int(store_create(&cx, &options), STATUS_OK);
    snprintf(address, sizeof(address), "postgres:%.200s", postgres->app);
    arena_free(cx.arena);
    return 0;
}

static Status put(Node *node, const char *id)
{
    StoreWrite write = {.method = STORE_CREATE,
                        .type = TYPE,
                        .version = 1,
                        .rid = store_new_rid(node->store),
                        .id = str_of(id),
                        .body = STR("{}")};
    StoreCommit commit = {.writes = &write, .write_count = 1};
    return store_commit(node->store, &node->cx, node->access, &commit);
}

/* What aceso init of a later program does to those that are too old for it. */
static const char later[] =
    "BEGIN; INSERT INTO aceso.migration(number, needs, name) VALUES (%d, %d, 'later');"
    "UPDATE aceso.writer SET epoch = epoch + 1"
    " WHERE schema < (SELECT max(needs) FROM aceso.migration); COMMIT";

static void change_tables(Node *node, int number, int needs)
{
    check(test_postgres_sql(postgres, arena_format(node->cx.arena, later, number, needs).at));
}

static void who_knows_the_tables_goes_on(void **state)
{
    UNUSED(state);
    Node node;
    node_open(&node);
    check_int(put(&node, "before"), STATUS_OK);
    change_tables(&node, 100, 1);
    check_int(put(&node, "after"), STATUS_OK);
    node_close(&node);
}

static void who_is_too_old_writes_nothing_any_more(void **state)
{
    UNUSED(state);
    Node node;
    Store *other;
    StoreStats stats;
    node_open(&node);
    check_int(put(&node, "before"), STATUS_OK);
    change_tables(&node, 100, 100);
    Time begun = time_monotonic();
    check_int(put(&node, "after"), STATUS_UNAVAILABLE);
    check_int(put(&node, "again"), STATUS_UNAVAILABLE);
    check(time_monotonic() - begun < 12 * TIME_SECOND); /* no waiting for what will not come */
    store_stats(node.store, &stats);
    check_int(stats.resources, 1);
    CASE("nor does it answer, so that whoever looks after its health finds out");
    StoreReader *reader;
    check_int(store_read_begin(node.store, &node.cx, node.access, &reader), STATUS_UNAVAILABLE);
    CASE("nor does it open the store again");
    Ctx cx = testing_ctx();
    StoreOptions options = {.address = str_of(address), .key_file = str_of(key_path)};
    check_int(store_open(&cx, &options, &other), STATUS_INVALID);
    arena_free(cx.arena);
    node_close(&node);
}

/* Programs from before schema 10 do not say what they were written for. */
static void who_does_not_say_what_it_knows_has_no_place(void **state)
{
    UNUSED(state);
    check(test_postgres_sql(
        postgres,
        "SET ROLE aceso_app; SET aceso.caller = 'aceso'; DO $$ BEGIN"
        " INSERT INTO aceso.writer(node, epoch, last, at) VALUES ('\\x01', 1, 0, now())"
        " ON CONFLICT (node) DO UPDATE SET epoch = writer.epoch + 1, at = now(); RAISE 'taken in';"
        " EXCEPTION WHEN not_null_violation THEN NULL; END $$"));
}

#define SCHEMA_TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const char *why = NULL;
    const struct CMUnitTest tests[] = {
        SCHEMA_TEST(who_knows_the_tables_goes_on),
        SCHEMA_TEST(who_is_too_old_writes_nothing_any_more),
        SCHEMA_TEST(who_does_not_say_what_it_knows_has_no_place),
    };
    postgres = test_postgres(false, &why);
    if (!postgres) {
        printf("1..1\n# skipped: the tables of a database (%s)\nok 1 - store schema\n", why);
        return 0;
    }
    make_key();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
