/* Backup, restore, check, figures. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "contract.h"

static void fill(Contract *at, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        uint64_t rid =
            contract_put(at, &(Draft){.id = arena_format(at->cx.arena, "f%u", i).at,
                                      .version = 1,
                                      .body = "one",
                                      .add = {arena_format(at->cx.arena, KIND "%05u", i).at}});
        if (i % 3 == 0)
            contract_put(at, &(Draft){.id = arena_format(at->cx.arena, "f%u", i).at,
                                      .version = 2,
                                      .rid = rid,
                                      .body = "two"});
        if (i % 7 == 0)
            contract_put(at, &(Draft){.id = arena_format(at->cx.arena, "f%u", i).at,
                                      .version = i % 3 ? 2 : 3,
                                      .rid = rid,
                                      .method = STORE_DELETE,
                                      .remove = {arena_format(at->cx.arena, KIND "%05u", i).at}});
    }
}

static void a_sound_store_passes_its_check(void **state)
{
    Contract *at = *state;
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
    fill(at, 0, 100);
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
    contract_reopen(at);
    check_int(store_check(at->store, &at->cx, NULL, NULL), STATUS_OK);
    check_int(at->cx.issue_count, 0);
}

typedef struct {
    Contract *at;
    _Atomic bool stop;
    _Atomic unsigned written;
} Busy;

static void *write_on(void *argument)
{
    Busy *busy = argument;
    Ctx cx = testing_ctx();
    for (unsigned i = 0; !atomic_load(&busy->stop); i++) {
        arena_clear(cx.arena);
        StoreWrite write = {.method = STORE_CREATE,
                            .type = TYPE_B,
                            .version = 1,
                            .updated = 1,
                            .rid = store_new_rid(busy->at->store),
                            .body = STR("busy"),
                            .id = arena_format(cx.arena, "busy%u", i)};
        StoreCommit commit = {.writes = &write, .write_count = 1};
        if (store_commit(busy->at->store, &cx, busy->at->access, &commit) != STATUS_OK)
            break;
        atomic_fetch_add(&busy->written, 1);
    }
    arena_free(cx.arena);
    return NULL;
}

static void note_progress(void *to, uint64_t done, uint64_t all)
{
    check(done <= all);
    ++*(unsigned *)to;
}

static void a_backup_of_a_busy_store_restores_whole(void **state)
{
    Contract *at = *state;
    pthread_t thread;
    Busy busy = {.at = at};
    unsigned reports = 0;
    Str backup = arena_format(at->cx.arena, STR_FMT ".backup", STR_ARG(contract_path()));
    Str place = arena_format(at->cx.arena, STR_FMT ".restored", STR_ARG(contract_path()));
    Status status = store_backup(at->store, &at->cx, backup, NULL, NULL);
    if (status == STATUS_UNSUPPORTED) { /* a database is backed up by itself, and says so */
        check_int(at->cx.issue_count, 1);
        return;
    }
    check_int(status, STATUS_OK);
    check_int(unlink(backup.at), 0);
    check_int(unlink(arena_format(at->cx.arena, STR_FMT ".key", STR_ARG(backup)).at), 0);
    fill(at, 0, 60);
    StoreReader *reader = contract_read(at);
    Str keys = contract_keys(at, reader, KIND);
    store_read_end(reader);
    check_int(pthread_create(&thread, NULL, write_on, &busy), 0);
    while (atomic_load(&busy.written) < 20)
        sched_yield();
    unsigned before = atomic_load(&busy.written);
    check_int(store_backup(at->store, &at->cx, backup, note_progress, &reports), STATUS_OK);
    atomic_store(&busy.stop, true);
    pthread_join(thread, NULL);
    check(reports > 0);
    CASE("a second time to the same place");
    check_int(store_backup(at->store, &at->cx, backup, NULL, NULL), STATUS_CONFLICT);

    StoreOptions options = contract_options(place);
    check_int(store_restore(&at->cx, backup, &options), STATUS_OK);
    CASE("over a store that is there");
    check_int(store_restore(&at->cx, backup, &options), STATUS_CONFLICT);
    Contract other = {.cx = testing_ctx(), .access = at->access};
    check_int(store_open(&other.cx, &options, &other.store), STATUS_OK);
    reader = contract_read(&other);
    check_str(contract_keys(&other, reader, KIND), keys);
    StoreRow row;
    check_int(
        store_get(reader, TYPE_B, arena_format(at->cx.arena, "busy%u", before - 1), true, &row),
        STATUS_OK);
    check_int(store_get(reader, TYPE_A, STR("f3"), true, &row), STATUS_OK);
    check_str(row.body, STR("two"));
    store_read_end(reader);
    CASE("the restored one is written to");
    contract_put(&other, &(Draft){.id = "after", .version = 1, .body = "after"});
    arena_free(other.cx.arena);
    store_close(other.store);
}

static void figures_count_what_is_there(void **state)
{
    Contract *at = *state;
    StoreStats stats;
    Str audits[2] = {STR("x"), STR("y")};
    StoreCommit commit = {.audits = audits, .audit_count = 2};
    fill(at, 0, 21); /* 21 created, 7 changed, 3 deleted */
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    for (int reopened = 0; reopened < 2; reopened++) {
        store_stats(at->store, &stats);
        check_int(stats.resources, 21);
        check_int(stats.changes, 31);
        check_int(stats.audits, 2);
        check(stats.file_bytes > 0);
        contract_reopen(at);
    }
    check_int(store_settle(at->store, &at->cx), STATUS_OK);
    store_stats(at->store, &stats);
    check_int(stats.memory_keys, 0);
    check_int(stats.wal_bytes, 0);
}

const struct CMUnitTest contract_care_tests[] = {
    CONTRACT_TEST(a_sound_store_passes_its_check),
    CONTRACT_TEST(a_backup_of_a_busy_store_restores_whole),
    CONTRACT_TEST(figures_count_what_is_there),
};
const size_t contract_care_count = COUNT_OF(contract_care_tests);
