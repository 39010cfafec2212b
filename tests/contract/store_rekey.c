/* Other keys for a version that is there: an index made anew, while others write. */
#include "contract.h"

#include <sys/wait.h>
#include <unistd.h>

static Status rekey(Contract *at, const StoreRekey *rekeys, size_t count)
{
    StoreCommit commit = {.rekeys = rekeys, .rekey_count = count};
    return store_commit(at->store, &at->cx, at->access, &commit);
}

static const Str new_key = STR_INIT(KIND "new"), old_key = STR_INIT(KIND "old");

static StoreRekey replaced(uint64_t rid, uint32_t version)
{
    return (StoreRekey){.rid = rid,
                        .version = version,
                        .add = &new_key,
                        .add_count = 1,
                        .remove = &old_key,
                        .remove_count = 1};
}

static Str keys_now(Contract *at)
{
    StoreReader *reader = contract_read(at);
    Str keys = contract_keys(at, reader, KIND);
    store_read_end(reader);
    return keys;
}

static void keys_change_and_the_version_does_not(void **state)
{
    Contract *at = *state;
    uint64_t rid =
        contract_put(at, &(Draft){.id = "p", .version = 1, .body = "b", .add = {KIND "old"}});
    StoreRekey one = replaced(rid, 1);
    check_int(rekey(at, &one, 1), STATUS_OK);
    for (int round = 0; round < 3; round++) {
        StoreReader *reader = contract_read(at);
        StoreRow row;
        StoreChange *changes;
        StoreStats stats;
        size_t count;
        check_str(contract_keys(at, reader, KIND), STR("new"));
        check_int(store_get_rid(reader, rid, true, &row), STATUS_OK);
        check_int(row.version, 1);
        check_str(row.body, STR("b"));
        check_int(store_history(reader, &(StoreHistory){.limit = 9}, &changes, &count), STATUS_OK);
        check_int(count, 1);
        store_stats(at->store, &stats);
        check_int(stats.changes, 1);
        store_read_end(reader);
        if (round == 0)
            contract_reopen(at);
        if (round == 1)
            check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
    }
    contract_put(at, &(Draft){.id = "p", .version = 2, .rid = rid, .body = "c"});
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
}

static void who_wrote_meanwhile_is_passed_over(void **state)
{
    Contract *at = *state;
    uint64_t kept =
        contract_put(at, &(Draft){.id = "kept", .version = 1, .body = "1", .add = {KIND "old"}});
    uint64_t updated =
        contract_put(at, &(Draft){.id = "updated", .version = 1, .body = "1", .add = {KIND "u1"}});
    uint64_t deleted =
        contract_put(at, &(Draft){.id = "deleted", .version = 1, .body = "1", .add = {KIND "d1"}});
    contract_put(at, &(Draft){.id = "updated",
                              .version = 2,
                              .rid = updated,
                              .body = "2",
                              .add = {KIND "u2"},
                              .remove = {KIND "u1"}});
    contract_put(at, &(Draft){.id = "deleted",
                              .version = 2,
                              .rid = deleted,
                              .method = STORE_DELETE,
                              .remove = {KIND "d1"}});
    const Str stale_update = STR(KIND "u1"), stale_delete = STR(KIND "d1"), ghost = STR(KIND "g");
    const StoreRekey all[] = {
        {updated, 1, &stale_update, 1, NULL, 0, STR_EMPTY},
        {deleted, 1, &stale_delete, 1, NULL, 0, STR_EMPTY},
        {deleted, 2, &stale_delete, 1, NULL, 0, STR_EMPTY},
        {deleted + 100, 1, &ghost, 1, NULL, 0, STR_EMPTY},
        replaced(kept, 1),
    };
    check_int(rekey(at, all, COUNT_OF(all)), STATUS_OK);
    check_str(keys_now(at), STR("new u2"));
    contract_reopen(at);
    check_str(keys_now(at), STR("new u2"));
}

static void keys_of_no_row_are_always_removed(void **state)
{
    Contract *at = *state;
    const Str gone[] = {STR(KIND "a"), STR(KIND "b"), STR(KIND "never")};
    contract_put(
        at, &(Draft){.id = "p", .version = 1, .body = "1", .add = {KIND "a", KIND "b", KIND "c"}});
    check_int(store_settle(at->store, &at->cx), STATUS_OK); /* into the tables */
    StoreRekey sweep = {.remove = gone, .remove_count = COUNT_OF(gone)};
    StoreReader *before = contract_read(at);
    check_int(rekey(at, &sweep, 1), STATUS_OK);
    check_str(contract_keys(at, before, KIND), STR("a b c")); /* its snapshot stays as it was */
    check_str(keys_now(at), STR("c"));
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    check_str(keys_now(at), STR("c"));
}

static Status item_now(Contract *at, Str *ret_value)
{
    StoreReader *reader = contract_read(at);
    Status status = store_item_get(reader, STR("s"), STR("at"), ret_value);
    store_read_end(reader);
    return status;
}

static void items_go_with_it_or_not_at_all(void **state)
{
    Contract *at = *state;
    Str value;
    uint64_t rid =
        contract_put(at, &(Draft){.id = "p", .version = 1, .body = "b", .add = {KIND "old"}});
    StoreRekey one = replaced(rid, 1);
    StoreItem mark = {STR("s"), STR("at"), STR("1")}, guard = {STR("s"), STR("g"), STR("set")};
    StoreCommit commit = {
        .rekeys = &one, .rekey_count = 1, .items = &mark, .item_count = 1, .guard = &guard};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_CONFLICT);
    check_str(keys_now(at), STR("old"));
    check_int(item_now(at, &value), STATUS_NOT_FOUND);
    commit.guard = NULL;
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    check_str(keys_now(at), STR("new"));
    check_int(item_now(at, &value), STATUS_OK);
    check_str(value, STR("1"));
}

/* The process ends without closing its store, as after kill -9: what was acknowledged is in
 * the log, and memory is made again from it. */
static void it_survives_the_end_of_the_process(void **state)
{
    Contract *at = *state;
    int status = -1;
    contract_put(at, &(Draft){.id = "p", .version = 1, .body = "b", .add = {KIND "old"}});
    store_close(at->store);
    at->store = NULL;
    pid_t child = fork();
    if (child == 0) {
        at->store = contract_open(&at->cx);
        StoreRow row;
        if (store_get(contract_read(at), TYPE_A, STR("p"), false, &row) != STATUS_OK)
            _exit(1);
        StoreRekey one = replaced(row.rid, 1);
        _exit(rekey(at, &one, 1) == STATUS_OK ? 0 : 2);
    }
    check_int(waitpid(child, &status, 0), child);
    check_int(status, 0);
    at->store = contract_open(&at->cx);
    check_str(keys_now(at), STR("new"));
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
}

const struct CMUnitTest contract_rekey_tests[] = {
    CONTRACT_TEST(keys_change_and_the_version_does_not),
    CONTRACT_TEST(who_wrote_meanwhile_is_passed_over),
    CONTRACT_TEST(keys_of_no_row_are_always_removed),
    CONTRACT_TEST(items_go_with_it_or_not_at_all),
    CONTRACT_TEST(it_survives_the_end_of_the_process),
};
const size_t contract_rekey_count = COUNT_OF(contract_rekey_tests);
