/* Commits: what they change, what they refuse, and that they last. */
#include <pthread.h>

#include "contract.h"

static void a_created_resource_is_read_back(void **state)
{
    Contract *at = *state;
    uint64_t rid = contract_put(at, &(Draft){.id = "p1",
                                             .version = 1,
                                             .body = "{\"n\":1.50}",
                                             .updated = 1234567,
                                             .add = {KIND "name=a", KIND "name=b"}});
    StoreReader *reader = contract_read(at);
    StoreRow row;
    check_int(store_get(reader, TYPE_A, STR("p1"), true, &row), STATUS_OK);
    check_int(row.rid, rid);
    check_int(row.version, 1);
    check_int(row.updated, 1234567);
    check_int(row.method, STORE_CREATE);
    check(!row.deleted);
    check_str(row.id, STR("p1"));
    check_str(row.body, STR("{\"n\":1.50}"));
    check_int(store_get(reader, TYPE_B, STR("p1"), true, &row), STATUS_NOT_FOUND);
    check_int(store_get(reader, TYPE_A, STR("p"), true, &row), STATUS_NOT_FOUND);
    check_int(store_get(reader, TYPE_A, STR("p11"), true, &row), STATUS_NOT_FOUND);
    check_int(store_get_rid(reader, rid, true, &row), STATUS_OK);
    check_int(store_get_rid(reader, rid + 1, true, &row), STATUS_NOT_FOUND);
    check_str(contract_keys(at, reader, KIND "name="), STR("name=a name=b"));
}

static void an_update_keeps_the_old_version(void **state)
{
    Contract *at = *state;
    uint64_t rid = contract_put(
        at, &(Draft){.id = "p1", .version = 1, .body = "one", .add = {KIND "x=1", KIND "y"}});
    contract_put(at, &(Draft){.id = "p1",
                              .version = 2,
                              .rid = rid,
                              .body = "two",
                              .add = {KIND "x=2"},
                              .remove = {KIND "x=1"}});
    for (int round = 0; round < 3; round++) {
        StoreReader *reader = contract_read(at);
        StoreRow row;
        check_int(store_get(reader, TYPE_A, STR("p1"), true, &row), STATUS_OK);
        check_int(row.version, 2);
        check_str(row.body, STR("two"));
        check_int(store_get_version(reader, TYPE_A, STR("p1"), 1, &row), STATUS_OK);
        check_str(row.body, STR("one"));
        check_int(store_get_version(reader, TYPE_A, STR("p1"), 3, &row), STATUS_NOT_FOUND);
        check_int(store_get_version(reader, TYPE_A, STR("p1"), 0, &row), STATUS_NOT_FOUND);
        check_str(contract_keys(at, reader, KIND), STR("x=2 y"));
        store_read_end(reader);
        if (round == 0)
            check_int(store_settle(at->store, &at->cx), STATUS_OK);
        if (round == 1)
            contract_reopen(at);
    }
}

static void who_is_late_gets_a_conflict(void **state)
{
    Contract *at = *state;
    uint64_t rid = contract_put(at, &(Draft){.id = "p1", .version = 1, .body = "one"});
    const struct {
        const char *why;
        Draft draft;
        Status status;
    } cases[] = {
        {"the version is already there", {.id = "p1", .version = 1, .body = "x"}, STATUS_CONFLICT},
        {"a version is left out",
         {.id = "p1", .version = 3, .rid = rid, .body = "x"},
         STATUS_CONFLICT},
        {"no such resource",
         {.id = "p2", .version = 2, .rid = rid + 9, .body = "x"},
         STATUS_CONFLICT},
        {"another type under that rid",
         {.type = TYPE_B, .id = "p1", .version = 2, .rid = rid, .body = "x"},
         STATUS_CONFLICT},
        {"another id under that rid",
         {.id = "p3", .version = 2, .rid = rid, .body = "x"},
         STATUS_CONFLICT},
        {"the next version", {.id = "p1", .version = 2, .rid = rid, .body = "two"}, STATUS_OK},
        {"the same again", {.id = "p1", .version = 2, .rid = rid, .body = "two"}, STATUS_CONFLICT},
        {"the same id of another type is another resource",
         {.type = TYPE_B, .id = "p1", .version = 1, .body = "x"},
         STATUS_OK},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        check_int(contract_try(at, &c->draft), c->status);
    }
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    CASE("the id is in the table, not in memory");
    check_int(contract_try(at, &(Draft){.id = "p1", .version = 1, .body = "x"}), STATUS_CONFLICT);
}

static void a_conflict_writes_nothing_but_its_audit(void **state)
{
    Contract *at = *state;
    contract_put(at, &(Draft){.id = "p1", .version = 1, .body = "one"});
    StoreWrite writes[] = {
        contract_write(at, &(Draft){.id = "new", .version = 1, .body = "n", .add = {KIND "new"}}),
        contract_write(at, &(Draft){.id = "p1", .version = 1, .body = "again"})};
    StoreItem item = {STR("space"), STR("key"), STR("value")};
    Str audit = STR("tried");
    StoreCommit commit = {.writes = writes,
                          .write_count = 2,
                          .items = &item,
                          .item_count = 1,
                          .audits = &audit,
                          .audit_count = 1,
                          .conflict_audit = STR("lost")};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_CONFLICT);
    check_int(commit.conflict, 1);
    StoreReader *reader = contract_read(at);
    StoreRow row;
    Str value;
    StoreAuditRow *audits;
    size_t count;
    check_int(store_get(reader, TYPE_A, STR("new"), true, &row), STATUS_NOT_FOUND);
    check_int(store_item_get(reader, STR("space"), STR("key"), &value), STATUS_NOT_FOUND);
    check_str(contract_keys(at, reader, KIND), STR(""));
    check_int(store_audit_read(reader, 1, 10, &audits, &count), STATUS_OK);
    check_int(count, 1);
    check_str(audits[0].entry, STR("lost"));
}

static void one_commit_may_touch_a_resource_once(void **state)
{
    Contract *at = *state;
    StoreWrite writes[] = {contract_write(at, &(Draft){.id = "a", .version = 1, .body = "1"}),
                           contract_write(at, &(Draft){.id = "b", .version = 1, .body = "2"}),
                           contract_write(at, &(Draft){.id = "a", .version = 1, .body = "3"})};
    StoreCommit commit = {.writes = writes, .write_count = 3};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_CONFLICT);
    check_int(commit.conflict, 2);
    commit = (StoreCommit){.writes = writes, .write_count = 2};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
}

static void a_deleted_resource_is_there_as_deleted_and_can_come_back(void **state)
{
    Contract *at = *state;
    uint64_t rid =
        contract_put(at, &(Draft){.id = "p1", .version = 1, .body = "one", .add = {KIND "k"}});
    contract_put(
        at,
        &(Draft){
            .id = "p1", .version = 2, .rid = rid, .method = STORE_DELETE, .remove = {KIND "k"}});
    StoreReader *reader = contract_read(at);
    StoreRow row;
    check_int(store_get(reader, TYPE_A, STR("p1"), true, &row), STATUS_OK);
    check(row.deleted);
    check_int(row.version, 2);
    check_int(row.body.len, 0);
    check_str(contract_keys(at, reader, KIND), STR(""));
    store_read_end(reader);
    contract_put(at, &(Draft){.id = "p1",
                              .version = 3,
                              .rid = rid,
                              .method = STORE_UPDATE,
                              .body = "back",
                              .add = {KIND "k"}});
    reader = contract_read(at);
    check_int(store_get(reader, TYPE_A, STR("p1"), true, &row), STATUS_OK);
    check(!row.deleted);
    check_str(row.body, STR("back"));
    check_int(store_get_version(reader, TYPE_A, STR("p1"), 2, &row), STATUS_OK);
    check(row.deleted);
    check_str(contract_keys(at, reader, KIND), STR("k"));
}

static void bodies_come_back_byte_for_byte(void **state)
{
    Contract *at = *state;
    char noise[5000], *large = malloc(3 << 20);
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(i * 2654435761u >> 13);
    for (size_t i = 0; i < 3 << 20; i++)
        large[i] = (char)('a' + i % 26);
    const struct {
        const char *why, *id;
        Str body;
    } cases[] = {
        {"empty", "b0", STR_INIT("")},
        {"one byte", "b1", STR_INIT("x")},
        {"a NUL inside", "b2", STR_INIT("a\0b")},
        {"bytes that do not compress", "b3", {noise, sizeof(noise)}},
        {"three megabytes", "b4", {large, 3 << 20}},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        StoreWrite write = contract_write(at, &(Draft){.id = c->id, .version = 1});
        write.body = c->body;
        StoreCommit commit = {.writes = &write, .write_count = 1};
        check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
        StoreReader *reader = contract_read(at);
        StoreRow row;
        check_int(store_get(reader, TYPE_A, str_of(c->id), true, &row), STATUS_OK);
        check(str_eq(row.body, c->body));
        check_int(store_get(reader, TYPE_A, str_of(c->id), false, &row), STATUS_OK);
        check_int(row.body.len, 0);
        store_read_end(reader);
    }
    free(large);
}

static void a_guard_holds_or_nothing_happens(void **state)
{
    Contract *at = *state;
    StoreItem one = {STR("lock"), STR("a"), STR("1")}, two = {STR("lock"), STR("a"), STR("2")};
    StoreItem absent = {STR("lock"), STR("a"), STR_EMPTY};
    const struct {
        const char *why;
        const StoreItem *guard, *item;
        Status status;
    } cases[] = {
        {"absent, and it must be", &absent, &one, STATUS_OK},
        {"no longer absent", &absent, &two, STATUS_CONFLICT},
        {"still 1", &one, &two, STATUS_OK},
        {"no longer 1", &one, &two, STATUS_CONFLICT},
        {"2: deleted", &two, &absent, STATUS_OK},
        {"absent again", &absent, &one, STATUS_OK},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        StoreCommit commit = {.items = c->item, .item_count = 1, .guard = c->guard};
        check_int(store_commit(at->store, &at->cx, at->access, &commit), c->status);
    }
}

static void items_are_listed_in_key_order(void **state)
{
    Contract *at = *state;
    StoreItem items[] = {{STR("s"), STR("b"), STR("2")},
                         {STR("s"), STR("a"), STR("1")},
                         {STR("sx"), STR("z"), STR("9")},
                         {STR("s"), STR("c"), STR("3")}};
    StoreItem change[] = {{STR("s"), STR("a"), STR("new")}, {STR("s"), STR("c"), STR_EMPTY}};
    StoreCommit first = {.items = items, .item_count = 4},
                second = {.items = change, .item_count = 2};
    check_int(store_commit(at->store, &at->cx, at->access, &first), STATUS_OK);
    check_int(store_commit(at->store, &at->cx, at->access, &second), STATUS_OK);
    contract_reopen(at);
    StoreReader *reader = contract_read(at);
    StoreItem *list;
    size_t count;
    Str value;
    check_int(store_item_list(reader, STR("s"), &list, &count), STATUS_OK);
    check_int(count, 2);
    check_str(list[0].key, STR("a"));
    check_str(list[0].value, STR("new"));
    check_str(list[1].key, STR("b"));
    check_int(store_item_list(reader, STR("none"), &list, &count), STATUS_OK);
    check_int(count, 0);
    check_int(store_item_get(reader, STR("sx"), STR("z"), &value), STATUS_OK);
    check_str(value, STR("9"));
}

static void audit_entries_are_numbered_without_gaps(void **state)
{
    Contract *at = *state;
    Str entries[3] = {STR("a"), STR("b"), STR("c\0d")};
    for (int i = 0; i < 3; i++) {
        StoreCommit commit = {.audits = entries, .audit_count = (size_t)i + 1};
        check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
        if (i == 1)
            contract_reopen(at);
    }
    StoreReader *reader = contract_read(at);
    StoreAuditRow *rows;
    size_t count;
    check_int(store_audit_read(reader, 1, 100, &rows, &count), STATUS_OK);
    check_int(count, 6);
    for (size_t i = 0; i < count; i++)
        check_int(rows[i].number, i + 1);
    check_str(rows[5].entry, STR("c\0d"));
    check_int(store_audit_read(reader, 5, 1, &rows, &count), STATUS_OK);
    check_int(count, 1);
    check_str(rows[0].entry, STR("b"));
    check_int(store_audit_read(reader, 7, 10, &rows, &count), STATUS_OK);
    check_int(count, 0);
}

/* Threads that create, and race to update one resource: each version is made by one. */
typedef struct {
    Contract *at;
    unsigned number, won;
    uint64_t shared;
} Racer;

static void *race(void *argument)
{
    Racer *racer = argument;
    Ctx cx = testing_ctx();
    for (unsigned i = 0; i < 60; i++) {
        arena_clear(cx.arena);
        StoreReader *reader;
        StoreRow row;
        if (store_read_begin(racer->at->store, &cx, racer->at->access, &reader) != STATUS_OK ||
            store_get(reader, TYPE_A, STR("shared"), true, &row) != STATUS_OK)
            break;
        store_read_end(reader);
        StoreWrite writes[2] = {{.method = STORE_CREATE,
                                 .type = TYPE_B,
                                 .version = 1,
                                 .updated = 1,
                                 .rid = store_new_rid(racer->at->store),
                                 .id = arena_format(cx.arena, "r%u-%u", racer->number, i),
                                 .body = STR("r")},
                                {.method = STORE_UPDATE,
                                 .type = TYPE_A,
                                 .version = row.version + 1,
                                 .updated = 1,
                                 .rid = row.rid,
                                 .id = STR("shared"),
                                 .body = STR("s")}};
        StoreCommit commit = {.writes = writes, .write_count = 2};
        if (store_commit(racer->at->store, &cx, racer->at->access, &commit) == STATUS_OK)
            racer->won++;
    }
    arena_free(cx.arena);
    return NULL;
}

static void of_two_writers_one_wins(void **state)
{
    Contract *at = *state;
    pthread_t threads[8];
    Racer racers[8];
    unsigned won = 0;
    contract_put(at, &(Draft){.id = "shared", .version = 1, .body = "s"});
    for (unsigned i = 0; i < 8; i++) {
        racers[i] = (Racer){.at = at, .number = i};
        check_int(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (unsigned i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        won += racers[i].won;
    }
    StoreReader *reader = contract_read(at);
    StoreRow row;
    StoreStats stats;
    check(won > 0);
    check_int(store_get(reader, TYPE_A, STR("shared"), true, &row), STATUS_OK);
    check_int(row.version, won + 1);
    store_stats(at->store, &stats);
    check_int(stats.resources, won + 1);
    check_int(stats.changes, 2 * won + 1);
}

/* Many writes in one commit, keys moving between them: as one by one, before and after the
 * store is opened again. */
static void a_commit_of_many_writes_changes_keys(void **state)
{
    Contract *at = *state;
    enum { MANY = 60 };
    StoreWrite writes[MANY];
    Str expected = STR_EMPTY;
    for (uint32_t version = 1; version <= 3; version++) {
        Buf keys;
        buf_init(&keys, at->cx.arena, 64, 1 << 16);
        for (unsigned i = 0; i < MANY; i++) {
            char *old =
                (char *)(uintptr_t)arena_format(at->cx.arena, KIND "k%u-%02u", version - 1, i).at;
            char *new =
                (char *)(uintptr_t)arena_format(at->cx.arena, KIND "k%u-%02u", version, i).at;
            Draft draft = {.id = arena_format(at->cx.arena, "w%02u", i).at,
                           .version = version,
                           .body = "w",
                           .rid = version > 1 ? writes[i].rid : 0,
                           .add = {new}};
            if (version > 1)
                draft.remove[0] = old;
            writes[i] = contract_write(at, &draft);
            buf_format(&keys, "%sk%u-%02u", i ? " " : "", version, i);
        }
        StoreCommit commit = {.writes = writes, .write_count = MANY};
        check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
        expected = buf_str(&keys);
        for (int reopened = 0; reopened < 2; reopened++) {
            StoreReader *reader = contract_read(at);
            StoreRow row;
            check_str(contract_keys(at, reader, KIND), expected);
            check_int(store_get(reader, TYPE_A, STR("w31"), true, &row), STATUS_OK);
            check_int(row.version, version);
            check_int(store_get_version(reader, TYPE_A, STR("w31"), 1, &row), STATUS_OK);
            store_read_end(reader);
            contract_reopen(at);
        }
    }
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
}

static void a_commit_of_25000_is_one(void **state)
{
    Contract *at = *state;
    enum { MANY = 25000 };
    Ctx cx = {.arena = arena_new((size_t)512 << 20, false)};
    StoreWrite *writes = arena_array_of(cx.arena, StoreWrite, MANY);
    for (size_t i = 0; i < MANY; i++) {
        Str *key = arena_array_of(cx.arena, Str, 1);
        key[0] = arena_format(cx.arena, KIND "n=%05zu", i);
        writes[i] = (StoreWrite){.method = STORE_CREATE,
                                 .type = TYPE_A,
                                 .version = 1,
                                 .rid = store_new_rid(at->store),
                                 .updated = 1,
                                 .id = arena_format(cx.arena, "id-%zu", i),
                                 .body = STR("{\"resourceType\":\"Basic\"}"),
                                 .add = key,
                                 .add_count = 1};
    }
    StoreCommit commit = {.writes = writes, .write_count = MANY};
    check_int(store_commit(at->store, &cx, at->access, &commit), STATUS_OK);
    StoreReader *reader = contract_read(at);
    StoreCursor *cursor;
    size_t count = 0;
    check_int(store_cursor(reader, STR(KIND "n="), &cursor), STATUS_OK);
    for (Str key;; count++) {
        check_int(store_cursor_next(cursor, &key), STATUS_OK);
        if (!key.at)
            break;
    }
    check_int(count, MANY);
    arena_free(cx.arena);
}

const struct CMUnitTest contract_commit_tests[] = {
    CONTRACT_TEST(a_created_resource_is_read_back),
    CONTRACT_TEST(an_update_keeps_the_old_version),
    CONTRACT_TEST(who_is_late_gets_a_conflict),
    CONTRACT_TEST(a_conflict_writes_nothing_but_its_audit),
    CONTRACT_TEST(one_commit_may_touch_a_resource_once),
    CONTRACT_TEST(a_deleted_resource_is_there_as_deleted_and_can_come_back),
    CONTRACT_TEST(bodies_come_back_byte_for_byte),
    CONTRACT_TEST(a_guard_holds_or_nothing_happens),
    CONTRACT_TEST(items_are_listed_in_key_order),
    CONTRACT_TEST(audit_entries_are_numbered_without_gaps),
    CONTRACT_TEST(of_two_writers_one_wins),
    CONTRACT_TEST(a_commit_of_many_writes_changes_keys),
    CONTRACT_TEST(a_commit_of_25000_is_one),
};
const size_t contract_commit_count = COUNT_OF(contract_commit_tests);
