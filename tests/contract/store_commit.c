/* Commits: what they change, what they refuse, and that they last. */
#include "contract.h"

static void a_created_resource_is_read_back(void **state)
{
    Contract *at = *state;
    uint64_t rid = contract_put(at, &(Draft){.id = "p1", .version = 1, .body = "{\"n\":1.50}",
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
    check_int(store_get_rid(reader, rid, true, &row), STATUS_OK);
    check_str(contract_keys(at, reader, KIND "name="), STR("name=a name=b"));
}

static void an_update_keeps_the_old_version(void **state)
{
    Contract *at = *state;
    uint64_t rid = contract_put(at, &(Draft){.id = "p1", .version = 1, .body = "one",
                                             .add = {KIND "x=1", KIND "y"}});
    contract_put(at, &(Draft){.id = "p1", .version = 2, .rid = rid, .body = "two",
                              .add = {KIND "x=2"}, .remove = {KIND "x=1"}});
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

const struct CMUnitTest contract_commit_tests[] = {
    CONTRACT_TEST(a_created_resource_is_read_back),
    CONTRACT_TEST(an_update_keeps_the_old_version),
};
const size_t contract_commit_count = COUNT_OF(contract_commit_tests);
