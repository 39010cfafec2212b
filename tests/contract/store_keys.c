/* Another secret that opens the store, and a new key for what is in it. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "contract.h"
#include "crypto/crypto.h"

#define OTHER_KEY STR("fedcba9876543210fedcba9876543210")

static void put_some(Contract *at, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *id = arena_format(at->cx.arena, "k%u", i).at;
        uint64_t rid = contract_put(
            at, &(Draft){.id = id, .version = 1, .body = "first", .facts = "first facts"});
        contract_put(
            at, &(Draft){
                    .id = id, .version = 2, .rid = rid, .body = "second", .facts = "second facts"});
    }
    Str audits[] = {STR("entry one"), STR("entry two")};
    StoreItem item = {STR("account"), STR("marie"), STR("value of marie")};
    StoreJobAdd job = {.kind = STR("k"), .key = STR("key"), .payload = STR("payload")};
    StoreCommit commit = {.audits = audits,
                          .audit_count = 2,
                          .items = &item,
                          .item_count = 1,
                          .jobs = &job,
                          .job_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
}

static void check_some(Contract *at, unsigned count)
{
    StoreReader *reader = contract_read(at);
    StoreRow row;
    Str value;
    StoreAuditRow *audits;
    StoreJob *jobs;
    size_t found;
    for (unsigned i = 0; i < count; i++) {
        Str id = arena_format(at->cx.arena, "k%u", i);
        check_int(store_get(reader, TYPE_A, id, true, &row), STATUS_OK);
        check_str(row.body, STR("second"));
        check_str(row.facts, STR("second facts"));
        check_int(store_get_version(reader, TYPE_A, id, 1, &row), STATUS_OK);
        check_str(row.body, STR("first"));
        check_str(row.facts, STR("first facts"));
    }
    check_int(store_item_get(reader, STR("account"), STR("marie"), &value), STATUS_OK);
    check_str(value, STR("value of marie"));
    check_int(store_audit_read(reader, 1, 10, &audits, &found), STATUS_OK);
    check(found >= 2);
    check_str(audits[1].entry, STR("entry two"));
    check_int(store_job_list(reader, &(StoreJobQuery){.limit = 10}, &jobs, &found), STATUS_OK);
    check(found >= 1);
    check_str(jobs[0].payload, STR("payload"));
    store_read_end(reader);
}

static void another_secret_opens_the_same_data(void **state)
{
    Contract *at = *state;
    Store *refused = NULL;
    StoreOptions options = contract_options(contract_path());
    StoreOptions other = {.key_bytes = OTHER_KEY};
    put_some(at, 3);
    CASE("a key of another size, or two of them");
    check_int(store_rewrap(at->store, &at->cx, &(StoreOptions){.key_bytes = STR("short")}),
              STATUS_INVALID);
    other.passphrase = STR("too");
    check_int(store_rewrap(at->store, &at->cx, &other), STATUS_INVALID);
    other.passphrase = STR_EMPTY;
    CASE("it is served all the time");
    check_int(store_rewrap(at->store, &at->cx, &other), STATUS_OK);
    check_some(at, 3);
    contract_put(at, &(Draft){.id = "more", .version = 1, .body = "more"});
    store_close(at->store);
    CASE("the old one opens it no more");
    check_int(store_open(&at->cx, &options, &refused), STATUS_INVALID);
    CASE("the new one does, and back again");
    Str file = options.key_file;
    options.key_file = STR_EMPTY;
    options.key_bytes = OTHER_KEY;
    check_int(store_open(&at->cx, &options, &at->store), STATUS_OK);
    check_some(at, 3);
    check_int(store_rewrap(at->store, &at->cx, &(StoreOptions){.key_file = file}), STATUS_OK);
    contract_reopen(at);
    check_some(at, 3);
}

/* The key is lost: the code that lies on paper opens the store, which takes another key. */
static void a_recovery_code_opens_it_too(void **state)
{
    Contract *at = *state;
    Store *refused = NULL;
    StoreOptions options = contract_options(contract_path()), by_code = options;
    Str code = store_recovery_code(at->cx.arena), other = store_recovery_code(at->cx.arena);
    by_code.key_file = STR_EMPTY;
    by_code.recovery = code;
    put_some(at, 3);
    check_int(code.len, 39);
    check(!str_eq(code, other));
    CASE("before there is one");
    check_int(store_set_recovery(at->store, &at->cx, STR("no code")), STATUS_INVALID);
    store_close(at->store);
    check_int(store_open(&at->cx, &by_code, &refused), STATUS_INVALID);
    CASE("while it is served");
    at->store = contract_open(&at->cx);
    check_int(store_set_recovery(at->store, &at->cx, code), STATUS_OK);
    contract_put(at, &(Draft){.id = "more", .version = 1, .body = "more"});
    CASE("the key opens it as before");
    contract_reopen(at);
    store_close(at->store);
    CASE("and the code does; another one does not");
    by_code.recovery = other;
    check_int(store_open(&at->cx, &by_code, &refused), STATUS_INVALID);
    by_code.recovery = code;
    check_int(store_open(&at->cx, &by_code, &at->store), STATUS_OK);
    check_some(at, 3);
    uint8_t key[CRYPTO_KEY_BYTES];
    check(!store_opening_key(at->store, key)); /* it does not say how else it opens */
    CASE("which wraps it under another key, and stays");
    check_int(store_rewrap(at->store, &at->cx, &(StoreOptions){.key_bytes = OTHER_KEY}), STATUS_OK);
    check(store_opening_key(at->store, key));
    check(memcmp(key, OTHER_KEY.at, sizeof(key)) == 0);
    store_close(at->store);
    check_int(store_open(&at->cx, &options, &refused), STATUS_INVALID);
    check_int(store_open(&at->cx, &by_code, &at->store), STATUS_OK);
    CASE("until there is none any more");
    check_int(store_rewrap(at->store, &at->cx, &(StoreOptions){.key_file = options.key_file}),
              STATUS_OK);
    check_int(store_set_recovery(at->store, &at->cx, STR_EMPTY), STATUS_OK);
    store_close(at->store);
    check_int(store_open(&at->cx, &by_code, &refused), STATUS_INVALID);
    at->store = contract_open(&at->cx);
    check_some(at, 3);
}

typedef struct {
    Contract *at;
    Store *store; /* as another process would have it */
    atomic_bool stop;
    atomic_uint written;
} Busy;

static void *write_on(void *of)
{
    Busy *busy = of;
    Arena *arena = arena_new((size_t)64 << 20, false);
    Ctx cx = {.arena = arena};
    Contract there = {.cx = cx, .store = busy->store, .access = busy->at->access};
    while (!busy->stop && busy->written < 2000) {
        char id[32];
        snprintf(id, sizeof(id), "busy%u", busy->written);
        uint64_t rid =
            contract_put(&there, &(Draft){.id = id, .version = 1, .body = "one", .facts = "f"});
        if (busy->written % 2)
            contract_put(&there,
                         &(Draft){.id = id, .version = 2, .rid = rid, .method = STORE_DELETE});
        busy->written++;
    }
    arena_free(arena);
    return NULL;
}

static void stop_at_once(void *to, uint64_t done, uint64_t all)
{
    Ctx *cx = to;
    check(done <= all);
    cx->deadline = 1;
}

static void all_is_sealed_again_while_others_write(void **state)
{
    Contract *at = *state;
    pthread_t thread;
    Busy busy = {.at = at};
    put_some(at, 30);
    Status status = store_reseal(at->store, &at->cx, stop_at_once, &at->cx);
    at->cx.deadline = 0;
    if (status == STATUS_UNSUPPORTED)
        return; /* only a move does it */
    check_int(status, STATUS_TIMEOUT);
    check_some(at, 30);
    CASE("it goes on, beside somebody who knows nothing of it");
    busy.store = contract_open(&at->cx);
    check_int(pthread_create(&thread, NULL, write_on, &busy), 0);
    for (unsigned i = 0; i < 20000 && !busy.written; i++)
        usleep(1000);
    check_int(store_reseal(at->store, &at->cx, NULL, NULL), STATUS_OK);
    CASE("and once more");
    check_int(store_reseal(at->store, &at->cx, NULL, NULL), STATUS_OK);
    busy.stop = true;
    pthread_join(thread, NULL);
    check(busy.written > 0);
    store_close(busy.store);
    contract_reopen(at);
    check_some(at, 30);
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
}

static int begin(void **state)
{
    contract_as_owner(true);
    return contract_setup(state);
}

static int end(void **state)
{
    int code = contract_teardown(state);
    contract_as_owner(false);
    return code;
}

const struct CMUnitTest contract_keys_tests[] = {
    cmocka_unit_test_setup_teardown(another_secret_opens_the_same_data, begin, end),
    cmocka_unit_test_setup_teardown(a_recovery_code_opens_it_too, begin, end),
    cmocka_unit_test_setup_teardown(all_is_sealed_again_while_others_write, begin, end),
};
const size_t contract_keys_count = COUNT_OF(contract_keys_tests);
