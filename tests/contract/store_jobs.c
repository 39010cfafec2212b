/* Jobs: each is done at least once, and what it does in the store exactly once. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract.h"

enum { LONG_MS = 60 * 1000, SHORT_MS = 60, SOON_MS = 30 * 1000 };
/* Longer than a store takes to open. */
enum { KILLED_MS = 2000 };

static const Str mail = STR_INIT("mail"), count_kind = STR_INIT("count");

static void sleep_ms(unsigned ms)
{
    usleep(ms * 1000);
}

/* ---- words ------------------------------------------------------------------------------- */

static void add(Contract *at, const StoreJobAdd *job)
{
    StoreCommit commit = {.jobs = job, .job_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
}

static void add_named(Contract *at, const char *kind, const char *key, const char *payload)
{
    add(at, &(StoreJobAdd){.kind = str_of(kind), .key = str_of(key), .payload = str_of(payload)});
}

static size_t take_of(Contract *at, const Str *kinds, size_t kind_count, size_t limit,
                      unsigned lease_ms, StoreJob **ret_jobs)
{
    StoreJobs got;
    StoreJobTake take = {.worker = STR("taker"),
                         .lease_ms = lease_ms,
                         .limit = limit,
                         .kinds = kinds,
                         .kind_count = kind_count};
    check_int(store_job_take(at->store, &at->cx, at->access, &take, &got), STATUS_OK);
    *ret_jobs = got.jobs;
    return got.count;
}

static size_t take_mail(Contract *at, size_t limit, unsigned lease_ms, StoreJob **ret_jobs)
{
    return take_of(at, &mail, 1, limit, lease_ms, ret_jobs);
}

static StoreJob take_one(Contract *at, unsigned lease_ms)
{
    StoreJob *jobs;
    check_int(take_mail(at, 1, lease_ms, &jobs), 1);
    return jobs[0];
}

/* The one that waits, when it is due `ms` after `since`; nobody is given it before. */
static StoreJob take_when_due(Contract *at, Time since, unsigned ms)
{
    enum { CLOCKS_DIFFER_MS = 5 };
    StoreJob *jobs;
    while (!take_mail(at, 1, LONG_MS, &jobs)) {
        check(time_monotonic() < since + (ms + SOON_MS) * TIME_MS);
        sleep_ms(5);
    }
    check(time_monotonic() >= since + ((Time)ms - CLOCKS_DIFFER_MS) * TIME_MS);
    return jobs[0];
}

static StoreJobEnd end_of(const StoreJob *job, StoreJobHow how)
{
    return (StoreJobEnd){
        .number = job->number, .lease = job->lease, .how = how, .tries = job->tries};
}

static Status end(Contract *at, const StoreJobEnd *how)
{
    StoreCommit commit = {.job_ends = how, .job_end_count = 1};
    return store_commit(at->store, &at->cx, at->access, &commit);
}

/* The end, with an item that says so. */
static Status end_with_effect(Contract *at, const StoreJob *job, const char *value)
{
    StoreJobEnd how = end_of(job, STORE_JOB_DONE);
    StoreItem item = {STR("effect"), STR("of the job"), str_of(value)};
    StoreCommit commit = {.job_ends = &how, .job_end_count = 1, .items = &item, .item_count = 1};
    return store_commit(at->store, &at->cx, at->access, &commit);
}

static Str effect(Contract *at)
{
    Str value = STR("none");
    StoreReader *reader = contract_read(at);
    Status status = store_item_get(reader, STR("effect"), STR("of the job"), &value);
    store_read_end(reader);
    check(status == STATUS_OK || status == STATUS_NOT_FOUND);
    return value;
}

/* Payloads in order of number, joined by spaces. */
static Str list(Contract *at, StoreJobState state)
{
    StoreJob *jobs;
    size_t count;
    Buf buf;
    buf_init(&buf, at->cx.arena, 64, 1 << 20);
    StoreReader *reader = contract_read(at);
    check_int(store_job_list(reader, &(StoreJobQuery){.state = state, .limit = 100}, &jobs, &count),
              STATUS_OK);
    store_read_end(reader);
    for (size_t i = 0; i < count; i++)
        buf_format(&buf, "%s" STR_FMT, i ? " " : "", STR_ARG(jobs[i].payload));
    return buf_str(&buf);
}

/* ---- a job's life ------------------------------------------------------------------------- */

static void a_job_is_there_exactly_when_its_write_is(void **state)
{
    Contract *at = *state;
    StoreJobAdd job = {.kind = mail, .payload = STR("one")};
    StoreWrite write = contract_write(at, &(Draft){.id = "p1", .version = 1, .body = "x"});
    StoreCommit commit = {.writes = &write, .write_count = 1, .jobs = &job, .job_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    StoreWrite again = contract_write(at, &(Draft){.id = "p1", .version = 1, .body = "x"});
    job.payload = STR("two");
    commit = (StoreCommit){.writes = &again, .write_count = 1, .jobs = &job, .job_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_CONFLICT);
    StoreItem guard = {STR("space"), STR("key"), STR("is not there")};
    commit = (StoreCommit){.guard = &guard, .jobs = &job, .job_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_CONFLICT);
    check_str(list(at, 0), STR("one"));
}

static void a_taken_job_has_all_it_was_given(void **state)
{
    Contract *at = *state;
    Time before = time_now();
    StoreJobs got;
    StoreJobTake take = {
        .worker = STR("node-1"), .lease_ms = LONG_MS, .limit = 5, .kinds = &mail, .kind_count = 1};
    add(at, &(StoreJobAdd){.kind = mail, .key = STR("k\0y"), .payload = STR("a\0b")});
    check_int(store_job_take(at->store, &at->cx, at->access, &take, &got), STATUS_OK);
    check_int(got.count, 1);
    StoreJob *jobs = got.jobs;
    check(jobs[0].number > 0);
    check(jobs[0].lease > 0);
    check_int(jobs[0].state, STORE_JOB_RUNS);
    check_int(jobs[0].tries, 1);
    check_str(jobs[0].kind, mail);
    check_str(jobs[0].key, STR("k\0y"));
    check_str(jobs[0].payload, STR("a\0b"));
    check_str(jobs[0].worker, STR("node-1"));
    check_str(jobs[0].error, STR(""));
    check(jobs[0].added >= before - TIME_SECOND && jobs[0].added <= time_now() + TIME_SECOND);
    check(jobs[0].due >= before + (LONG_MS - 1000) * TIME_MS);
    CASE("there may be more when its lease is over");
    check(got.wait > (LONG_MS - 1000) * TIME_MS && got.wait <= LONG_MS * TIME_MS);
    CASE("nobody else has it meanwhile");
    check_int(take_mail(at, 5, LONG_MS, &jobs), 0);
}

static void a_done_job_goes_with_its_effect(void **state)
{
    Contract *at = *state;
    add_named(at, "mail", "", "one");
    StoreJob job = take_one(at, LONG_MS);
    check_int(end_with_effect(at, &job, "sent"), STATUS_OK);
    check_str(effect(at), STR("sent"));
    check_str(list(at, 0), STR(""));
    CASE("once is enough");
    check_int(end_with_effect(at, &job, "sent twice"), STATUS_CONFLICT);
    check_str(effect(at), STR("sent"));
}

static void who_lost_the_lease_writes_nothing(void **state)
{
    Contract *at = *state;
    add_named(at, "mail", "", "one");
    Time begun = time_monotonic();
    StoreJob slow = take_one(at, SHORT_MS);
    StoreJob quick = take_when_due(at, begun, SHORT_MS);
    check_int(quick.number, slow.number);
    check(quick.lease != slow.lease);
    check_int(quick.tries, 2);
    for (StoreJobHow how = STORE_JOB_DONE; how <= STORE_JOB_HOLD; how++) {
        StoreJobEnd late = end_of(&slow, how);
        check_int(end(at, &late), STATUS_CONFLICT);
    }
    check_int(end_with_effect(at, &slow, "by the slow one"), STATUS_CONFLICT);
    check_str(effect(at), STR("none"));
    check_int(end_with_effect(at, &quick, "by the quick one"), STATUS_OK);
    check_str(effect(at), STR("by the quick one"));
}

static void a_late_one_may_end_what_nobody_took(void **state)
{
    Contract *at = *state;
    add_named(at, "mail", "", "one");
    StoreJob slow = take_one(at, SHORT_MS);
    sleep_ms(SHORT_MS + 20);
    check_int(end_with_effect(at, &slow, "late"), STATUS_OK);
    check_str(effect(at), STR("late"));
}

static void a_held_lease_lasts(void **state)
{
    Contract *at = *state;
    StoreJob *jobs;
    add_named(at, "mail", "", "one");
    StoreJob job = take_one(at, SHORT_MS);
    StoreJobEnd hold = end_of(&job, STORE_JOB_HOLD);
    hold.after = LONG_MS * TIME_MS;
    check_int(end(at, &hold), STATUS_OK);
    sleep_ms(SHORT_MS + 20);
    check_int(take_mail(at, 1, LONG_MS, &jobs), 0);
    check_int(end_with_effect(at, &job, "done"), STATUS_OK);
}

static void again_is_later(void **state)
{
    Contract *at = *state;
    enum { AFTER_MS = 150 };
    add_named(at, "mail", "", "one");
    StoreJob job = take_one(at, LONG_MS);
    StoreJobEnd again = end_of(&job, STORE_JOB_AGAIN);
    Time begun = time_monotonic();
    again.after = AFTER_MS * TIME_MS;
    again.error = STR("The server was away.");
    check_int(end(at, &again), STATUS_OK);
    check_str(list(at, STORE_JOB_WAITS), STR("one"));
    StoreJob second = take_when_due(at, begun, AFTER_MS);
    check_int(second.tries, 2);
    check_str(second.error, STR("The server was away."));
    check_int(end_with_effect(at, &job, "by the first lease"), STATUS_CONFLICT);
    CASE("given back, as if it had not been tried");
    again = end_of(&second, STORE_JOB_AGAIN);
    again.tries = 0;
    check_int(end(at, &again), STATUS_OK);
    check_int(take_one(at, LONG_MS).tries, 1);
}

static void a_dead_job_waits_for_people(void **state)
{
    Contract *at = *state;
    StoreJob *jobs, dead;
    add_named(at, "mail", "", "one");
    StoreJob job = take_one(at, SHORT_MS);
    StoreJobEnd how = end_of(&job, STORE_JOB_DEAD);
    how.error = STR("The address does not exist.");
    check_int(end(at, &how), STATUS_OK);
    sleep_ms(SHORT_MS + 20);
    check_int(take_mail(at, 1, LONG_MS, &jobs), 0);
    check_str(list(at, STORE_JOB_IS_DEAD), STR("one"));
    check_str(list(at, STORE_JOB_WAITS), STR(""));
    StoreReader *reader = contract_read(at);
    check_int(store_job_get(reader, job.number, &dead), STATUS_OK);
    check_int(store_job_get(reader, job.number + 1, &dead), STATUS_NOT_FOUND);
    store_read_end(reader);
    check_str(dead.error, STR("The address does not exist."));
    check_int(dead.tries, 1);
    CASE("people try it again");
    StoreJobEnd again = {.number = job.number, .how = STORE_JOB_AGAIN};
    check_int(end(at, &again), STATUS_OK);
    StoreJob second = take_one(at, LONG_MS);
    check_int(second.tries, 1);
    check(second.lease > job.lease);
    CASE("what runs is not tried beside");
    check_int(end(at, &again), STATUS_CONFLICT);
    CASE("people drop it, and who does it hears of it");
    StoreJobEnd drop = {.number = job.number, .how = STORE_JOB_DONE};
    check_int(end(at, &drop), STATUS_OK);
    check_int(end_with_effect(at, &second, "dropped"), STATUS_CONFLICT);
    check_int(end(at, &drop), STATUS_CONFLICT);
    check_str(list(at, 0), STR(""));
}

/* ---- keys --------------------------------------------------------------------------------- */

static void one_key_waits_once(void **state)
{
    Contract *at = *state;
    add_named(at, "mail", "k", "one");
    add_named(at, "mail", "k", "again");
    add_named(at, "mail", "other", "two");
    add_named(at, "count", "k", "three");
    add_named(at, "mail", "", "four");
    add_named(at, "mail", "", "five");
    check_str(list(at, 0), STR("one two three four five"));
    StoreJobAdd both[] = {{.kind = mail, .key = STR("new"), .payload = STR("six")},
                          {.kind = mail, .key = STR("new"), .payload = STR("again")}};
    StoreCommit commit = {.jobs = both, .job_count = 2};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    check_str(list(at, 0), STR("one two three four five six"));
}

static void what_runs_does_not_stand_for_what_comes(void **state)
{
    Contract *at = *state;
    add_named(at, "mail", "k", "first");
    StoreJob job = take_one(at, LONG_MS);
    add_named(at, "mail", "k", "second");
    add_named(at, "mail", "k", "third");
    check_str(list(at, 0), STR("first second"));
    CASE("two that wait are one");
    StoreJobEnd again = end_of(&job, STORE_JOB_AGAIN);
    check_int(end(at, &again), STATUS_OK);
    check_str(list(at, 0), STR("second"));
    CASE("the next one in the commit that ends it");
    job = take_one(at, LONG_MS);
    StoreJobEnd done = end_of(&job, STORE_JOB_DONE);
    StoreJobAdd next = {.kind = mail, .key = STR("k"), .payload = STR("tomorrow")};
    StoreCommit commit = {.job_ends = &done, .job_end_count = 1, .jobs = &next, .job_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    check_str(list(at, STORE_JOB_WAITS), STR("tomorrow"));
    CASE("a dead one does not hinder, and people's again of it meets the one that waits");
    job = take_one(at, LONG_MS);
    StoreJobEnd dead = end_of(&job, STORE_JOB_DEAD);
    commit = (StoreCommit){.job_ends = &dead, .job_end_count = 1, .jobs = &next, .job_count = 1};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    check_str(list(at, 0), STR("tomorrow tomorrow"));
    again = (StoreJobEnd){.number = job.number, .how = STORE_JOB_AGAIN};
    check_int(end(at, &again), STATUS_OK);
    check_str(list(at, STORE_JOB_WAITS), STR("tomorrow"));
}

/* ---- order -------------------------------------------------------------------------------- */

static void the_longest_due_comes_first(void **state)
{
    Contract *at = *state;
    enum { LATER_MS = 2000 };
    Time begun = time_monotonic();
    const struct {
        const char *payload;
        Time due, after;
    } jobs[] = {{"later", 0, LATER_MS * TIME_MS},
                {"tomorrow", 0, TIME_DAY},
                {"third", 3000, 0},
                {"first", 1000, 0},
                {"second", 2000, 0}};
    FOR_CASES(jobs, job)
    add(at, &(StoreJobAdd){.kind = mail,
                           .payload = str_of(job->payload),
                           .due = job->due ? time_now() - TIME_DAY + job->due : 0,
                           .after = job->after});
    StoreJob *taken;
    StoreJobs got;
    CASE("what was due in the past is due now: they come in order of number");
    check_int(take_mail(at, 2, LONG_MS, &taken), 2);
    check_str(taken[0].payload, STR("third"));
    check_str(taken[1].payload, STR("first"));
    check_int(take_mail(at, 2, LONG_MS, &taken), 1);
    check_str(taken[0].payload, STR("second"));
    StoreJobTake take = {
        .worker = STR("taker"), .lease_ms = LONG_MS, .limit = 2, .kinds = &mail, .kind_count = 1};
    check_int(store_job_take(at->store, &at->cx, at->access, &take, &got), STATUS_OK);
    check_int(got.count, 0);
    CASE("and says how long to wait");
    check(got.wait > 0 && got.wait <= LATER_MS * TIME_MS);
    check_str(take_when_due(at, begun, LATER_MS).payload, STR("later"));
}

static void a_taker_gets_its_kinds_only(void **state)
{
    Contract *at = *state;
    const Str both[] = {mail, count_kind}, other = STR("other");
    StoreJob *jobs;
    add_named(at, "mail", "", "one");
    sleep_ms(2);
    add_named(at, "count", "", "two");
    sleep_ms(2);
    add_named(at, "mail", "", "three");
    check_int(take_of(at, &other, 1, 9, LONG_MS, &jobs), 0);
    check_int(take_of(at, both, 2, 2, LONG_MS, &jobs), 2);
    check_str(jobs[0].payload, STR("one"));
    check_str(jobs[1].payload, STR("two"));
    check_int(take_of(at, &count_kind, 1, 9, LONG_MS, &jobs), 0);
    check_int(take_of(at, both, 2, 9, LONG_MS, &jobs), 1);
    check_str(jobs[0].payload, STR("three"));
}

static void a_kind_may_have_a_limit_of_its_own(void **state)
{
    Contract *at = *state;
    const Str kinds[] = {mail, count_kind};
    const size_t limits[] = {1, 9};
    StoreJobs got;
    for (unsigned i = 0; i < 3; i++) {
        add_named(at, "mail", "", "mail");
        add_named(at, "count", "", "count");
    }
    StoreJobTake take = {.worker = STR("taker"),
                         .lease_ms = LONG_MS,
                         .limit = 3,
                         .kinds = kinds,
                         .limits = limits,
                         .kind_count = 2};
    check_int(store_job_take(at->store, &at->cx, at->access, &take, &got), STATUS_OK);
    check_int(got.count, 3);
    check_str(got.jobs[0].kind, mail);
    check_str(got.jobs[1].kind, count_kind);
    check_str(got.jobs[2].kind, count_kind);
}

static void lists_have_pages(void **state)
{
    Contract *at = *state;
    StoreJob *jobs;
    StoreJobStats stats;
    size_t count;
    for (unsigned i = 0; i < 7; i++)
        add_named(at, i % 2 ? "mail" : "count", "", (char[]){(char)('a' + i), '\0'});
    add(at, &(StoreJobAdd){.kind = mail, .payload = STR("later"), .after = TIME_DAY});
    StoreJob job = take_one(at, LONG_MS);
    StoreJobEnd dead = end_of(&job, STORE_JOB_DEAD);
    check_int(end(at, &dead), STATUS_OK);
    take_one(at, LONG_MS);
    StoreReader *reader = contract_read(at);
    StoreJobQuery query = {.kind = count_kind, .limit = 3};
    check_int(store_job_list(reader, &query, &jobs, &count), STATUS_OK);
    check_int(count, 3);
    check_str(jobs[2].payload, STR("e"));
    query.after = jobs[2].number;
    check_int(store_job_list(reader, &query, &jobs, &count), STATUS_OK);
    check_int(count, 1);
    check_str(jobs[0].payload, STR("g"));
    check_int(store_job_stats(reader, &stats), STATUS_OK);
    check_int(stats.waiting, 6);
    check_int(stats.running, 1);
    check_int(stats.dead, 1);
    check(stats.oldest > 0 && stats.oldest <= time_now());
    store_read_end(reader);
}

static void only_what_is_due_is_overdue(void **state)
{
    Contract *at = *state;
    StoreJobStats stats;
    add(at, &(StoreJobAdd){.kind = mail, .after = TIME_DAY});
    StoreReader *reader = contract_read(at);
    check_int(store_job_stats(reader, &stats), STATUS_OK);
    check_int(stats.waiting, 1);
    check_int(stats.oldest, 0);
}

/* ---- many --------------------------------------------------------------------------------- */

enum { TAKERS = 8, JOBS = 400 };

static void *taker(void *of)
{
    Contract *at = of;
    Contract own = {.cx = testing_ctx(), .store = at->store, .access = at->access};
    size_t taken;
    for (StoreJob *jobs; (taken = take_mail(&own, 3, LONG_MS, &jobs)) > 0;) {
        StoreJobEnd done = end_of(&jobs[0], STORE_JOB_DONE);
        StoreCommit commit = {
            .job_ends = &done, .job_end_count = 1, .audits = &jobs[0].payload, .audit_count = 1};
        check_int(store_commit(own.store, &own.cx, own.access, &commit), STATUS_OK);
        StoreJobEnd back[2];
        size_t count = 0;
        for (size_t i = 1; i < taken; i++) /* the others are given back */
            back[count++] = end_of(&jobs[i], STORE_JOB_AGAIN);
        commit = (StoreCommit){.job_ends = back, .job_end_count = count};
        if (count)
            check_int(store_commit(own.store, &own.cx, own.access, &commit), STATUS_OK);
    }
    arena_free(own.cx.arena);
    return NULL;
}

static void many_takers_do_each_job_once(void **state)
{
    Contract *at = *state;
    pthread_t threads[TAKERS];
    bool seen[JOBS] = {false};
    StoreJobAdd jobs[JOBS];
    StoreAuditRow *rows;
    size_t count;
    for (unsigned i = 0; i < JOBS; i++)
        jobs[i] = (StoreJobAdd){.kind = mail, .payload = arena_format(at->cx.arena, "%u", i)};
    StoreCommit commit = {.jobs = jobs, .job_count = JOBS};
    check_int(store_commit(at->store, &at->cx, at->access, &commit), STATUS_OK);
    for (size_t i = 0; i < TAKERS; i++)
        check_int(pthread_create(&threads[i], NULL, taker, at), 0);
    for (size_t i = 0; i < TAKERS; i++)
        pthread_join(threads[i], NULL);
    taker(at); /* what was given back last */
    StoreReader *reader = contract_read(at);
    check_int(store_audit_read(reader, 1, JOBS + 1, &rows, &count), STATUS_OK);
    check_int(count, JOBS);
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        check(str_to_u64(rows[i].entry, &number) && number < JOBS);
        check(!seen[number]);
        seen[number] = true;
    }
    check_str(list(at, 0), STR(""));
}

static void count_call(void *to)
{
    atomic_fetch_add((atomic_uint *)to, 1);
}

static void a_watcher_hears_of_jobs(void **state)
{
    Contract *at = *state;
    atomic_uint calls = 0;
    store_job_watch(at->store, count_call, &calls);
    contract_put(at, &(Draft){.id = "p1", .version = 1, .body = "x"});
    check_int(calls, 0);
    add_named(at, "mail", "", "one");
    check_int(calls, 1);
    StoreJob job = take_one(at, LONG_MS);
    check_int(calls, 1);
    StoreJobEnd again = end_of(&job, STORE_JOB_AGAIN);
    check_int(end(at, &again), STATUS_OK);
    check_int(calls, 2);
    store_job_watch(at->store, NULL, NULL);
    add_named(at, "mail", "", "two");
    check_int(calls, 2);
}

/* ---- death -------------------------------------------------------------------------------- */

static void jobs_outlive_the_process(void **state)
{
    Contract *at = *state;
    add_named(at, "mail", "k", "one");
    add_named(at, "mail", "", "two");
    StoreJob job = take_one(at, LONG_MS), *jobs;
    contract_reopen(at);
    check_str(list(at, STORE_JOB_WAITS), STR("two"));
    check_str(list(at, STORE_JOB_RUNS), STR("one"));
    CASE("the lease is still good");
    check_int(take_mail(at, 9, LONG_MS, &jobs), 1);
    check_int(end_with_effect(at, &job, "done"), STATUS_OK);
    CASE("a number is not used again");
    uint64_t last = jobs[0].number;
    StoreJobEnd done = end_of(&jobs[0], STORE_JOB_DONE);
    check_int(end(at, &done), STATUS_OK);
    contract_reopen(at);
    add_named(at, "mail", "", "three");
    check(take_one(at, LONG_MS).number > last);
}

/* Takes the job, says so, and is killed in the middle of it. */
static _Noreturn void die_in_the_middle(Contract *at, int told)
{
    StoreJob *jobs;
    at->store = contract_open(&at->cx);
    size_t count = take_mail(at, 1, KILLED_MS, &jobs);
    if (write(told, &count, sizeof(count)) < 0)
        _exit(1);
    for (;;)
        pause();
}

static void what_a_killed_process_began_is_done_once_by_another(void **state)
{
    Contract *at = *state;
    StoreJob *jobs;
    int ends[2];
    size_t taken = 0;
    add_named(at, "mail", "", "one");
    store_close(at->store);
    at->store = NULL;
    check_int(pipe(ends), 0);
    Time begun = time_monotonic();
    pid_t child = fork();
    if (child == 0)
        die_in_the_middle(at, ends[1]);
    check(read(ends[0], &taken, sizeof(taken)) == sizeof(taken));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    check_int(taken, 1);
    at->store = contract_open(&at->cx);
    StoreJob job = take_when_due(at, begun, KILLED_MS);
    check_int(job.tries, 2);
    check_int(end_with_effect(at, &job, "once"), STATUS_OK);
    check_int(take_mail(at, 1, LONG_MS, &jobs), 0);
    check_str(list(at, 0), STR(""));
}

const struct CMUnitTest contract_jobs_tests[] = {
    CONTRACT_TEST(a_job_is_there_exactly_when_its_write_is),
    CONTRACT_TEST(a_taken_job_has_all_it_was_given),
    CONTRACT_TEST(a_done_job_goes_with_its_effect),
    CONTRACT_TEST(who_lost_the_lease_writes_nothing),
    CONTRACT_TEST(a_late_one_may_end_what_nobody_took),
    CONTRACT_TEST(a_held_lease_lasts),
    CONTRACT_TEST(again_is_later),
    CONTRACT_TEST(a_dead_job_waits_for_people),
    CONTRACT_TEST(one_key_waits_once),
    CONTRACT_TEST(what_runs_does_not_stand_for_what_comes),
    CONTRACT_TEST(the_longest_due_comes_first),
    CONTRACT_TEST(a_taker_gets_its_kinds_only),
    CONTRACT_TEST(a_kind_may_have_a_limit_of_its_own),
    CONTRACT_TEST(lists_have_pages),
    CONTRACT_TEST(only_what_is_due_is_overdue),
    CONTRACT_TEST(many_takers_do_each_job_once),
    CONTRACT_TEST(a_watcher_hears_of_jobs),
    CONTRACT_TEST(jobs_outlive_the_process),
    CONTRACT_TEST(what_a_killed_process_began_is_done_once_by_another),
};
const size_t contract_jobs_count = COUNT_OF(contract_jobs_tests);
