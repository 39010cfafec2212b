/* Facts: what a row says about who may see it stands beside every version, however it is read. */
#include "contract.h"

#define ID STR("p")

static void check_facts(const StoreRow *row, const char *facts, const char *why)
{
    CASE(why);
    check_str(row->facts, str_of(facts));
}

/* The current row says so by every way there is to it, twice: caches answer the second time. */
static void check_current(Contract *at, uint64_t rid, uint32_t version, const char *facts)
{
    for (int round = 0; round < 2; round++) {
        StoreReader *reader = contract_read(at);
        StoreRow row;
        check_int(store_get_now(at->store, &at->cx, at->access, TYPE_A, ID, &row), STATUS_OK);
        check_facts(&row, facts, "get_now");
        for (int with_body = 0; with_body < 2; with_body++) {
            check_int(store_get(reader, TYPE_A, ID, with_body, &row), STATUS_OK);
            check_facts(&row, facts, "get");
            check_int(store_get_rid(reader, rid, with_body, &row), STATUS_OK);
            check_facts(&row, facts, "get_rid");
            check_int(store_get_rids(reader, &rid, 1, with_body, &row), STATUS_OK);
            check_int(row.version, version);
            check_facts(&row, facts, "get_rids");
        }
        check_int(store_get_version(reader, TYPE_A, ID, version, &row), STATUS_OK);
        check_facts(&row, facts, "get_version");
        check_int(store_get_rid_version(reader, rid, version, &row), STATUS_OK);
        check_facts(&row, facts, "get_rid_version");
        store_read_end(reader);
    }
}

/* The facts of all versions, oldest first, joined by spaces, by three ways. */
static void check_versions(Contract *at, const char *expected)
{
    const StoreHistory queries[] = {{.type = TYPE_A, .id = ID, .limit = 9},
                                    {.type = TYPE_A, .id = ID, .limit = 9, .with_body = true},
                                    {.type = TYPE_A, .limit = 9},
                                    {.limit = 9, .with_body = true}};
    StoreReader *reader = contract_read(at);
    for (size_t k = 0; k <= COUNT_OF(queries); k++) {
        StoreChange *changes;
        size_t count;
        Buf buf;
        bool scan = k == COUNT_OF(queries);
        buf_init(&buf, at->cx.arena, 64, 1024);
        CASE(scan ? "scan" : "history");
        if (scan)
            check_int(store_scan_changes(reader, 0, (StoreSome){9, SIZE_MAX}, &changes, &count),
                      STATUS_OK);
        else
            check_int(store_history(reader, &queries[k], &changes, &count), STATUS_OK);
        for (size_t i = 0; i < count; i++)
            buf_format(&buf, "%s" STR_FMT, i ? " " : "",
                       STR_ARG(changes[scan ? i : count - 1 - i].row.facts));
        check_str(buf_str(&buf), str_of(expected));
    }
    store_read_end(reader);
}

static Draft draft(uint32_t version, uint64_t rid, const char *facts)
{
    return (Draft){.id = "p", .version = version, .rid = rid, .body = "body", .facts = facts};
}

static void every_version_has_its_own(void **state)
{
    Contract *at = *state;
    Draft first = draft(1, 0, "one"), second, third;
    uint64_t rid = contract_put(at, &first);
    check_current(at, rid, 1, "one");
    second = draft(2, rid, "two");
    contract_put(at, &second);
    check_current(at, rid, 2, "two");
    CASE("a write without facts has none: what is not known of it is not taken from before");
    third = draft(3, rid, "");
    contract_put(at, &third);
    check_current(at, rid, 3, "");
    check_versions(at, "one two ");
    contract_reopen(at);
    check_current(at, rid, 3, "");
    check_versions(at, "one two ");
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
}

static void a_deletion_keeps_those_before_it(void **state)
{
    Contract *at = *state;
    Draft first = draft(1, 0, "one");
    uint64_t rid = contract_put(at, &first);
    Draft deletion = draft(2, rid, NULL), again = draft(3, rid, "back"), named = draft(4, rid, "4");
    deletion.method = named.method = STORE_DELETE;
    contract_put(at, &deletion);
    check_current(at, rid, 2, "one");
    contract_put(at, &again);
    CASE("unless it names some");
    contract_put(at, &named);
    check_current(at, rid, 4, "4");
    check_versions(at, "one one back 4");
}

static void rekey_facts(Contract *at, uint64_t rid, uint32_t version, const char *facts)
{
    StoreRekey rekey = {.rid = rid, .version = version, .facts = str_of(facts)};
    StoreCommit commit = {.rekeys = &rekey, .rekey_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
}

static void a_rekey_replaces_them_without_a_version(void **state)
{
    Contract *at = *state;
    Draft first = draft(1, 0, "one"), second;
    uint64_t rid = contract_put(at, &first);
    check_current(at, rid, 1, "one");
    StoreReader *before = contract_read(at);
    rekey_facts(at, rid, 1, "other");
    check_current(at, rid, 1, "other");
    store_read_end(before);
    CASE("of a version that is not the current one, and of none");
    rekey_facts(at, rid, 2, "late");
    rekey_facts(at, rid + 100, 1, "ghost");
    check_current(at, rid, 1, "other");
    CASE("without facts they stay");
    rekey_facts(at, rid, 1, "");
    check_current(at, rid, 1, "other");
    CASE("and go along into history");
    second = draft(2, rid, "two");
    contract_put(at, &second);
    check_versions(at, "other two");
    contract_reopen(at);
    check_current(at, rid, 2, "two");
    check_versions(at, "other two");
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
}

static void those_of_a_large_commit_are_there(void **state)
{
    enum { MANY = 2500 };
    Contract *at = *state;
    StoreWrite *writes = arena_array_of(at->cx.arena, StoreWrite, MANY);
    for (size_t i = 0; i < MANY; i++) {
        Draft one = {.id = arena_format(at->cx.arena, "r%zu", i).at,
                     .version = 1,
                     .body = "{}",
                     .facts = arena_format(at->cx.arena, "f%zu", i).at,
                     .id_is_fresh = true};
        writes[i] = contract_write(at, &one);
    }
    StoreCommit commit = {.writes = writes, .write_count = MANY};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    StoreReader *reader = contract_read(at);
    for (size_t i = 0; i < MANY; i += 499) {
        StoreRow row;
        check_int(store_get_rid(reader, writes[i].rid, false, &row), STATUS_OK);
        check_str(row.facts, writes[i].facts);
    }
    store_read_end(reader);
}

static uint64_t access_epoch_of(Contract *at)
{
    StoreReader *reader = contract_read(at);
    StoreMark mark;
    check_int(store_mark(reader, &mark), STATUS_OK);
    store_read_end(reader);
    return mark.epochs[STORE_EPOCH_ACCESS];
}

static void who_decided_on_outdated_rights_is_refused(void **state)
{
    Contract *at = *state;
    check_int(access_epoch_of(at), 1);
    StoreCommit end_of_a_link = {.raises = 1u << STORE_EPOCH_ACCESS};
    check_int(store_commit(at->store, &at->cx, at->access, &end_of_a_link), STATUS_OK);
    check_int(access_epoch_of(at), 2);
    Draft late = draft(1, 0, "f");
    StoreWrite write = contract_write(at, &late);
    StoreCommit commit = {.writes = &write, .write_count = 1, .epochs = {[STORE_EPOCH_ACCESS] = 1}};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_CONFLICT);
    check(commit.stale);
    commit.epochs[STORE_EPOCH_ACCESS] = 2;
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    CASE("the others are what they were");
    StoreReader *reader = contract_read(at);
    StoreMark mark;
    check_int(store_mark(reader, &mark), STATUS_OK);
    check_int(mark.epochs[STORE_EPOCH_INDEX], 1);
    check_int(mark.epochs[STORE_EPOCH_AUTH], 1);
    store_read_end(reader);
}

const struct CMUnitTest contract_facts_tests[] = {
    CONTRACT_TEST(every_version_has_its_own),
    CONTRACT_TEST(a_deletion_keeps_those_before_it),
    CONTRACT_TEST(a_rekey_replaces_them_without_a_version),
    CONTRACT_TEST(those_of_a_large_commit_are_there),
    CONTRACT_TEST(who_decided_on_outdated_rights_is_refused),
};
const size_t contract_facts_count = COUNT_OF(contract_facts_tests);
