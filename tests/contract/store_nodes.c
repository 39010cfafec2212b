/* Epochs and claims: how processes that share a store keep from deciding by what has passed. */
#include "contract.h"

static uint64_t epoch(Contract *at, StoreEpoch which)
{
    StoreMark mark;
    StoreReader *reader = contract_read(at);
    check_int(store_mark(reader, &mark), STATUS_OK);
    store_read_end(reader);
    return mark.epochs[which];
}

static uint64_t change(Contract *at)
{
    StoreMark mark;
    StoreReader *reader = contract_read(at);
    check_int(store_mark(reader, &mark), STATUS_OK);
    store_read_end(reader);
    return mark.change;
}

static Status commit_item(Contract *at, StoreCommit commit, const char *key, bool *ret_stale)
{
    StoreItem item = {STR("test"), str_of(key), STR("there")};
    commit.items = &item;
    commit.item_count = 1;
    Status status = store_commit(at->store, &at->cx, at->access, &commit);
    *ret_stale = commit.stale;
    return status;
}

static bool has_item(Contract *at, const char *key)
{
    Str value;
    StoreReader *reader = contract_read(at);
    Status status = store_item_get(reader, STR("test"), str_of(key), &value);
    store_read_end(reader);
    return status == STATUS_OK;
}

static size_t audits(Contract *at)
{
    StoreAuditRow *rows;
    size_t count;
    StoreReader *reader = contract_read(at);
    check_int(store_audit_read(reader, 1, 100, &rows, &count), STATUS_OK);
    store_read_end(reader);
    return count;
}

static void a_commit_of_a_past_epoch_writes_nothing(void **state)
{
    Contract *at = *state;
    bool stale;
    Str entry = STR("conflict");
    StoreCommit first = {.epochs = {[STORE_EPOCH_INDEX] = 1}};
    StoreCommit raise = {.raises = 1u << STORE_EPOCH_INDEX};
    check_int(epoch(at, STORE_EPOCH_INDEX), 1);
    check_int(commit_item(at, first, "first", &stale), STATUS_OK);
    check_int(commit_item(at, raise, "raise", &stale), STATUS_OK);
    check_int(epoch(at, STORE_EPOCH_INDEX), 2);
    check_int(epoch(at, STORE_EPOCH_AUTH), 1); /* each on its own */
    first.conflict_audit = entry;
    first.audits = &entry;
    first.audit_count = 1;
    check_int(commit_item(at, first, "late", &stale), STATUS_CONFLICT);
    check(stale);
    check(!has_item(at, "late"));
    check_int(audits(at), 0);
    first.epochs[STORE_EPOCH_INDEX] = 2;
    check_int(commit_item(at, first, "again", &stale), STATUS_OK);
    check_int(audits(at), 1);
}

static void audit_entries_alone_have_an_epoch_too(void **state)
{
    Contract *at = *state;
    bool stale;
    Str entry = STR("read");
    StoreCommit raise = {.raises = 1u << STORE_EPOCH_AUTH};
    StoreCommit read = {.audits = &entry, .audit_count = 1, .epochs = {[STORE_EPOCH_AUTH] = 1}};
    check_int(store_commit(at->store, &at->cx, at->access, &read), STATUS_OK);
    check_int(commit_item(at, raise, "raise", &stale), STATUS_OK);
    check_int(store_commit(at->store, &at->cx, at->access, &read), STATUS_CONFLICT);
    check(read.stale);
    check_int(audits(at), 1);
}

static void an_epoch_outlives_the_process(void **state)
{
    Contract *at = *state;
    bool stale;
    StoreCommit raise = {.raises = 1u << STORE_EPOCH_AUTH | 1u << STORE_EPOCH_INDEX};
    check_int(commit_item(at, raise, "a", &stale), STATUS_OK);
    check_int(commit_item(at, raise, "b", &stale), STATUS_OK);
    contract_reopen(at);
    check_int(epoch(at, STORE_EPOCH_AUTH), 3);
    StoreCommit past = {.epochs = {[STORE_EPOCH_AUTH] = 2}};
    check_int(commit_item(at, past, "c", &stale), STATUS_CONFLICT);
}

static void a_conflict_raises_nothing(void **state)
{
    Contract *at = *state;
    bool stale;
    StoreItem guard = {STR("test"), STR("guard"), STR("other")};
    StoreCommit raise = {.raises = 1u << STORE_EPOCH_INDEX, .guard = &guard};
    check_int(commit_item(at, raise, "a", &stale), STATUS_CONFLICT);
    check(!stale);
    check_int(epoch(at, STORE_EPOCH_INDEX), 1);
}

static void a_snapshot_keeps_its_mark(void **state)
{
    Contract *at = *state;
    bool stale;
    StoreMark mark;
    uint64_t rid = 0;
    contract_put(at, &(Draft){.id = "a", .version = 1, .body = "a"});
    StoreReader *reader = contract_read(at);
    check_int(store_mark(reader, &mark), STATUS_OK);
    uint64_t before = mark.change;
    StoreCommit raise = {.raises = 1u << STORE_EPOCH_INDEX};
    check_int(commit_item(at, raise, "raise", &stale), STATUS_OK);
    uint64_t last = contract_put(at, &(Draft){.id = "b", .version = 1, .body = "b"});
    check_int(store_mark(reader, &mark), STATUS_OK);
    check_int(mark.epochs[STORE_EPOCH_INDEX], 1);
    check_int(mark.change, before);
    store_read_end(reader);
    check(change(at) > before);
    reader = contract_read(at);
    check_int(store_last_rid(reader, &rid), STATUS_OK);
    check_int(rid, last);
    store_read_end(reader);
}

/* ---- claims ------------------------------------------------------------------------------- */

static Status claim(Contract *at, const char *id, uint64_t name, uint64_t since)
{
    uint64_t names[] = {7777, name};
    StoreWrite write = contract_write(at, &(Draft){.id = id, .version = 1, .body = "x"});
    StoreCommit commit = {.writes = &write,
                          .write_count = 1,
                          .claims = names + 1,
                          .claim_count = 1,
                          .claims_since = since};
    return store_commit(at->store, &at->cx, at->access, &commit);
}

static void one_of_two_who_claim_the_same_wins(void **state)
{
    Contract *at = *state;
    Status second = store_is_shared(at->store) ? STATUS_CONFLICT : STATUS_OK;
    contract_put(at, &(Draft){.id = "before", .version = 1, .body = "x"});
    uint64_t since = change(at);
    check_int(claim(at, "one", 1, since), STATUS_OK);
    check_int(claim(at, "other", 2, since), STATUS_OK);
    check_int(claim(at, "two", 1, since), second); /* within a process record sees to it */
    uint64_t later = change(at);
    check_int(claim(at, "three", 1, later), STATUS_OK); /* who has seen it may decide anew */
    check_int(claim(at, "four", 1, later), second);
}

/* What is decided may be an item alone: an hour that is held. */
static Status claim_item(Contract *at, const char *key, uint64_t name, uint64_t since)
{
    const StoreItem item = {STR("hold"), str_of(key), STR("x")};
    StoreCommit commit = {
        .items = &item, .item_count = 1, .claims = &name, .claim_count = 1, .claims_since = since};
    return store_commit(at->store, &at->cx, at->access, &commit);
}

static void who_claims_writes_no_resource(void **state)
{
    Contract *at = *state;
    Status second = store_is_shared(at->store) ? STATUS_CONFLICT : STATUS_OK;
    contract_put(at, &(Draft){.id = "first", .version = 1, .body = "x"});
    uint64_t since = change(at);
    check_int(claim_item(at, "one", 1, since), STATUS_OK);
    check_int(claim_item(at, "two", 1, since), second);
    check_int(claim(at, "three", 1, since), second);
    check_int(claim_item(at, "other", 2, since), STATUS_OK);
    uint64_t later = change(at);
    check_int(claim_item(at, "four", 1, later), STATUS_OK);
    check_int(claim(at, "five", 1, later), second);
}

static void a_conflict_claims_nothing(void **state)
{
    Contract *at = *state;
    uint64_t since = change(at);
    check_int(claim(at, "a", 5, since), STATUS_OK);
    check_int(claim(at, "a", 6, since), STATUS_CONFLICT); /* the id is taken */
    check_int(claim(at, "b", 6, since), STATUS_OK);
}

const struct CMUnitTest contract_nodes_tests[] = {
    CONTRACT_TEST(a_commit_of_a_past_epoch_writes_nothing),
    CONTRACT_TEST(audit_entries_alone_have_an_epoch_too),
    CONTRACT_TEST(an_epoch_outlives_the_process),
    CONTRACT_TEST(a_conflict_raises_nothing),
    CONTRACT_TEST(a_snapshot_keeps_its_mark),
    CONTRACT_TEST(one_of_two_who_claim_the_same_wins),
    CONTRACT_TEST(who_claims_writes_no_resource),
    CONTRACT_TEST(a_conflict_claims_nothing),
};
const size_t contract_nodes_count = COUNT_OF(contract_nodes_tests);
