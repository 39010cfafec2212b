/* Jobs on the embedded engine alone: a clock that jumps, and a store of an earlier release. */
#include <stdatomic.h>

#include "one_store.h"

#include "store/sqlite/keyfile.h"
#include "store/sqlite/sql.h"
#include "store/jobs.h"

enum { LEASE_MS = 30000 };

static _Atomic Time now;
static const Str kind = STR_INIT("mail");

static Time test_clock(void)
{
    return atomic_load(&now);
}

static int open_store(void **state)
{
    UNUSED(state);
    atomic_store(&now, 1795000000 * TIME_SECOND);
    return one_store_begin(test_clock);
}

static void add(Time after)
{
    StoreJobAdd job = {.kind = kind, .after = after};
    StoreCommit commit = {.jobs = &job, .job_count = 1};
    check_int(store_commit(store, &cx, access_of_test, &commit), STATUS_OK);
}

static StoreJobs take(void)
{
    StoreJobs got;
    StoreJobTake wanted = {
        .worker = STR("test"), .lease_ms = LEASE_MS, .limit = 9, .kinds = &kind, .kind_count = 1};
    check_int(store_job_take(store, &cx, access_of_test, &wanted, &got), STATUS_OK);
    return got;
}

static Status end(const StoreJob *job)
{
    StoreJobEnd done = {.number = job->number, .lease = job->lease, .how = STORE_JOB_DONE};
    StoreCommit commit = {.job_ends = &done, .job_end_count = 1};
    return store_commit(store, &cx, access_of_test, &commit);
}

static void jump(Time by)
{
    atomic_fetch_add(&now, by);
}

static void a_clock_that_jumps_ahead_ends_leases_and_nothing_else(void **state)
{
    UNUSED(state);
    add(0);
    StoreJobs first = take();
    check_int(first.count, 1);
    jump(LEASE_MS * TIME_MS - 1);
    check_int(take().count, 0);
    CASE("a year ahead: another begins it too");
    jump(365 * TIME_DAY);
    StoreJobs second = take();
    check_int(second.count, 1);
    CASE("and one of them does it");
    check_int(end(&first.jobs[0]), STATUS_CONFLICT);
    check_int(end(&second.jobs[0]), STATUS_OK);
}

static void a_clock_that_goes_back_holds_no_job_for_ever(void **state)
{
    UNUSED(state);
    add(0);
    StoreJobs first = take();
    CASE("by minutes: the lease lasts so much longer, which does no harm");
    jump(-5 * 60 * TIME_SECOND);
    check_int(take().count, 0);
    CASE("by a year: no lease can be so long");
    jump(-365 * TIME_DAY);
    StoreJobs second = take();
    check_int(second.count, 1);
    check_int(end(&first.jobs[0]), STATUS_CONFLICT);
    check_int(end(&second.jobs[0]), STATUS_OK);
}

static void what_waits_is_late_by_what_the_clock_went_back(void **state)
{
    UNUSED(state);
    add(TIME_SECOND);
    jump(-3600 * TIME_SECOND);
    StoreJobs none = take();
    check_int(none.count, 0);
    check_int(none.wait, 3601 * TIME_SECOND);
    jump(3601 * TIME_SECOND);
    check_int(take().count, 1);
}

/* ---- earlier releases ----------------------------------------------------------------------- */

/* The store as it was before there were jobs. */
static void forget_jobs(void)
{
    FileKey key;
    Connection connection;
    store_close(store);
    check_int(keyfile_open(&cx, &options, &key), STATUS_OK);
    ConnectionOptions how = {.path = options.address, .key = key, .writer = true};
    check_int(connection_open(&cx, &how, &connection), STATUS_OK);
    check_int(connection_run(&connection, "DROP TABLE job"), SQLITE_OK);
    connection_close(&connection);
}

static void a_store_without_jobs_gets_them(void **state)
{
    UNUSED(state);
    StoreReader *reader;
    StoreJobStats stats;
    StoreOptions beside = options;
    beside.read_only = true;
    forget_jobs();
    CASE("who only reads it changes nothing and finds none");
    check_int(store_open(&cx, &beside, &store), STATUS_OK);
    check_int(store_read_begin(store, &cx, access_of_test, &reader), STATUS_OK);
    check_int(store_job_stats(reader, &stats), STATUS_OK);
    check_int(stats.waiting + stats.running + stats.dead, 0);
    StoreJob *jobs;
    size_t count = 9;
    check_int(store_job_list(reader, &(StoreJobQuery){.limit = 5}, &jobs, &count), STATUS_OK);
    check_int(count, 0);
    check_int(store_job_get(reader, 1, &jobs[0]), STATUS_NOT_FOUND);
    store_read_end(reader);
    store_close(store);
    CASE("who writes adds the table");
    check_int(store_open(&cx, &options, &store), STATUS_OK);
    add(0);
    check_int(take().count, 1);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_clock_that_jumps_ahead_ends_leases_and_nothing_else),
        STORE_TEST(a_clock_that_goes_back_holds_no_job_for_ever),
        STORE_TEST(what_waits_is_late_by_what_the_clock_went_back),
        STORE_TEST(a_store_without_jobs_gets_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
