/* A store file of an earlier format: who writes brings it to this one, who only reads says so. */
#include "one_store.h"

#include "store/sqlite/keyfile.h"
#include "store/sqlite/sql.h"

enum { TYPE = 7 };

static int open_store(void **state)
{
    UNUSED(state);
    return one_store_begin(NULL);
}

static uint64_t put(uint32_t version, uint64_t rid, const char *body, const char *facts)
{
    StoreWrite write = {.method = version == 1 ? STORE_CREATE : STORE_UPDATE,
                        .type = TYPE,
                        .version = version,
                        .rid = rid ? rid : store_new_rid(store),
                        .id = STR("p"),
                        .updated = time_now(),
                        .facts = str_of(facts),
                        .body = str_of(body)};
    StoreCommit commit = {.writes = &write, .write_count = 1};
    check_int(store_commit(store, &cx, access_of_test, &commit), STATUS_OK);
    return write.rid;
}

static void run_in_file(Str path, const char *sql)
{
    FileKey key;
    Connection connection;
    check_int(keyfile_open(&cx, &options, &key), STATUS_OK);
    ConnectionOptions how = {.path = path, .key = key, .writer = true};
    check_int(connection_open(&cx, &how, &connection), STATUS_OK);
    check_int(connection_run(&connection, sql), SQLITE_OK);
    connection_close(&connection);
}

/* The file as the first release left it: no jobs, no facts. */
static const char first_format[] = "DROP TABLE job; DROP TABLE piece;"
                                   "ALTER TABLE audit DROP COLUMN link;"
                                   "ALTER TABLE resource DROP COLUMN facts;"
                                   "ALTER TABLE history DROP COLUMN facts;"
                                   "PRAGMA user_version = 1";

static void check_row(uint32_t version, const char *body, const char *facts)
{
    StoreReader *reader;
    StoreRow row;
    check_int(store_read_begin(store, &cx, access_of_test, &reader), STATUS_OK);
    check_int(store_get_version(reader, TYPE, STR("p"), version, &row), STATUS_OK);
    check_str(row.body, str_of(body));
    check_str(row.facts, str_of(facts));
    store_read_end(reader);
}

static bool last_issue_says(const char *words)
{
    Str said = cx.issues_last->diagnostics;
    return memmem(said.at, said.len, words, strlen(words)) != NULL;
}

static void a_store_without_facts_gets_them(void **state)
{
    UNUSED(state);
    StoreOptions beside = options;
    beside.read_only = true;
    uint64_t rid = put(1, 0, "one", "f1");
    put(2, rid, "two", "f2");
    store_close(store);
    store = NULL;
    run_in_file(options.address, first_format);
    CASE("who only reads changes nothing, and says what to do");
    check_int(store_open(&cx, &beside, &store), STATUS_INVALID);
    check(last_issue_says("format 1"));
    CASE("who writes adds the columns: what has no facts is hidden from people");
    check_int(store_open(&cx, &options, &store), STATUS_OK);
    check_row(1, "one", "");
    check_row(2, "two", "");
    put(3, rid, "three", "f3");
    check_row(3, "three", "f3");
    check_int(store_check(store, &cx, NULL, NULL), STATUS_OK);
    store_close(store);
    CASE("once");
    check_int(store_open(&cx, &beside, &store), STATUS_OK);
    check_row(3, "three", "f3");
    store_close(store);
    check_int(store_open(&cx, &options, &store), STATUS_OK);
    check_row(2, "two", "");
}

static void an_old_backup_is_restored(void **state)
{
    UNUSED(state);
    Str backup = arena_format(cx.arena, "%s/backup", folder);
    StoreOptions there = options;
    there.address = arena_format(cx.arena, "%s/there", folder);
    put(1, 0, "one", "f1");
    check_int(store_backup(store, &cx, backup, NULL, NULL), STATUS_OK);
    store_close(store);
    store = NULL;
    run_in_file(backup, first_format);
    check_int(store_restore(&cx, backup, &there), STATUS_OK);
    check_int(store_open(&cx, &there, &store), STATUS_OK);
    check_row(1, "one", "");
}

static void a_store_of_a_later_format_is_refused(void **state)
{
    UNUSED(state);
    char sql[64];
    store_close(store);
    store = NULL;
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", STORE_FORMAT + 1);
    run_in_file(options.address, sql);
    check_int(store_open(&cx, &options, &store), STATUS_INVALID);
    check(last_issue_says("newer one"));
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_store_without_facts_gets_them),
        STORE_TEST(an_old_backup_is_restored),
        STORE_TEST(a_store_of_a_later_format_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
