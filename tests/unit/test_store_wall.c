/* What a reader's connection to the file may be asked: the list, and nothing else. */
#include <unistd.h>

#include "access/grant.h"
#include "store/sqlite/keyfile.h"
#include "store/sqlite/sql.h"
#include "store/store.h"
#include "testing.h"

static Ctx cx;
static char folder[64];
static StoreOptions options;
static Connection shut, open_one;

static void open_connection(Connection *connection)
{
    FileKey key;
    check_int(keyfile_open(&cx, &options, &key), STATUS_OK);
    ConnectionOptions how = {.path = options.address, .key = key};
    check_int(connection_open(&cx, &how, connection), STATUS_OK);
}

static int begin(void **state)
{
    UNUSED(state);
    cx = testing_ctx();
    snprintf(folder, sizeof(folder), "/tmp/aceso-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    options = (StoreOptions){.address = arena_format(cx.arena, "%s/store", folder),
                             .passphrase = STR("a passphrase of a test")};
    check_int(store_create(&cx, &options), STATUS_OK);
    open_connection(&shut);
    check_int(connection_wall(&cx, &shut), STATUS_OK);
    check_int(connection_prepare(&cx, &shut, SQL_READER_COUNT), STATUS_OK);
    open_connection(&open_one);
    return 0;
}

static int end(void **state)
{
    UNUSED(state);
    char command[96];
    connection_close(&shut);
    connection_close(&open_one);
    arena_free(cx.arena);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

static void what_is_not_in_the_list_is_refused(void **state)
{
    UNUSED(state);
    const struct {
        const char *why, *sql;
    } cases[] = {
        {"another file", "ATTACH DATABASE ':memory:' AS other"},
        {"the key", "PRAGMA key"},
        {"another key", "PRAGMA rekey = 'x'"},
        {"settings", "PRAGMA query_only = OFF"},
        {"settings of the schema", "PRAGMA writable_schema = ON"},
        {"a row", "INSERT INTO item(space, key, value) VALUES(x'', x'', x'')"},
        {"a change", "UPDATE resource SET facts = x''"},
        {"a removal", "DELETE FROM audit"},
        {"a table", "CREATE TABLE mine(a)"},
        {"a table of its own", "CREATE TEMP TABLE mine(a)"},
        {"a view", "CREATE TEMP VIEW resource AS SELECT 1"},
        {"an index", "CREATE INDEX mine ON resource(facts)"},
        {"a trigger", "CREATE TRIGGER mine AFTER INSERT ON audit BEGIN SELECT 1; END"},
        {"no table", "DROP TABLE audit"},
        {"a column", "ALTER TABLE resource ADD COLUMN a"},
        {"the tables of SQLite", "SELECT sql FROM sqlite_master"},
        {"bodies of dictionaries", "SELECT bytes FROM dictionary"},
        {"a function that reads files or loads code", "SELECT load_extension('x')"},
        {"another function", "SELECT hex(body) FROM resource"},
        {"a part of a transaction", "SAVEPOINT a"},
        {"a table that generates", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                                   " SELECT i FROM n"},
        {"less space", "VACUUM"},
        {"statistics", "ANALYZE"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check(connection_run(&shut, c->sql) != SQLITE_OK);
    }
    CASE("the same texts are good ones elsewhere");
    check_int(
        connection_run(&open_one, "INSERT INTO item(space, key, value) VALUES(x'', x'', x'')"),
        SQLITE_OK);
    check_int(connection_run(&open_one, "SELECT bytes FROM dictionary"), SQLITE_OK);
    check_int(connection_run(&open_one, "SELECT hex(body) FROM resource"), SQLITE_OK);
}

static int64_t number_of(Connection *connection, SqlName name)
{
    sqlite3_stmt *statement = connection->statements[name];
    int code = sqlite3_step(statement);
    int64_t number = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_reset(statement);
    return number;
}

static void the_list_works_on_when_tables_change(void **state)
{
    UNUSED(state);
    check_int(number_of(&shut, SQL_HEAD), 0);
    check_int(connection_run(&open_one, "CREATE TABLE later(a)"), SQLITE_OK);
    check_int(number_of(&shut, SQL_HEAD), 0); /* SQLite has prepared it again */
    sqlite3_stmt *more = connection_statement(&shut, SQL_SEEK);
    check(more != NULL);
    sqlite3_finalize(more);
    check(connection_run(&shut, "SELECT a FROM later") != SQLITE_OK);
}

static void what_the_list_writes_is_refused_too(void **state)
{
    UNUSED(state);
    for (SqlName name = SQL_READER_COUNT; name < SQL_WRITER_COUNT; name++) {
        sqlite3_stmt *statement = connection_statement(&shut, name);
        bool is_write = statement && !sqlite3_stmt_readonly(statement) && name != SQL_BEGIN_WRITE;
        sqlite3_finalize(statement);
        check(!is_write);
    }
}

#define WALL_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WALL_TEST(what_is_not_in_the_list_is_refused),
        WALL_TEST(the_list_works_on_when_tables_change),
        WALL_TEST(what_the_list_writes_is_refused_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
