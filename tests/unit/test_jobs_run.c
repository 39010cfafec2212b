/* Jobs as handlers see them: tries, leases, ends, and what the queue holds afterwards. */
#include "jobs/jobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "fhir/fhir.h"
#include "record_fixture.h"

enum { PATIENCE_MS = 30000 };

static Fixture at;
static Jobs *jobs;
static atomic_uint calls, inside, inside_most;
static atomic_bool let_go;

static void sleep_ms(unsigned ms)
{
    usleep(ms * 1000);
}

/* ---- words ------------------------------------------------------------------------------- */

static void start_with(const JobKind *kinds, size_t count, const JobsOptions *options)
{
    Status status = jobs_start(&at.cx, at.record, at.access, kinds, count, options, &jobs);
    check_int(status, STATUS_OK);
}

static void start(const JobKind *kind, unsigned threads)
{
    start_with(kind, 1,
               &(JobsOptions){.threads = threads, .lease_ms = 300, .poll_ms = PATIENCE_MS * 2});
}

static void stop(void)
{
    check(jobs_stop(jobs, PATIENCE_MS / 1000));
    jobs = NULL;
}

static void add(const char *kind, const char *payload)
{
    StoreJobAdd job = {.kind = str_of(kind), .payload = str_of(payload)};
    StoreCommit commit = {.jobs = &job, .job_count = 1};
    check_int(store_commit(at.store, &at.cx, at.access, &commit), STATUS_OK);
}

static StoreJob *list(StoreJobState state, size_t *ret_count)
{
    StoreReader *reader;
    StoreJob *found;
    StoreJobQuery query = {.state = state, .limit = 100};
    check_int(store_read_begin(at.store, &at.cx, at.access, &reader), STATUS_OK);
    check_int(store_job_list(reader, &query, &found, ret_count), STATUS_OK);
    store_read_end(reader);
    return found;
}

static size_t count_of(StoreJobState state)
{
    size_t count;
    list(state, &count);
    return count;
}

/* How long nothing here was done, at the most: a machine that stands still keeps no lease. */
static Time longest_pause;

/* Until there are so many; all of them as they were then. */
static StoreJob *await(StoreJobState state, size_t count)
{
    Time last = time_monotonic(), end = last + PATIENCE_MS * TIME_MS;
    longest_pause = 0;
    for (;; last = time_monotonic()) {
        size_t now;
        StoreJob *found = list(state, &now);
        if (now == count)
            return found;
        if (time_monotonic() > end)
            check_int(now, count);
        sleep_ms(5);
        Time pause = time_monotonic() - last;
        longest_pause = pause > longest_pause ? pause : longest_pause;
    }
}

static void await_calls(unsigned count)
{
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    while (atomic_load(&calls) < count && time_monotonic() < end)
        sleep_ms(2);
    check(atomic_load(&calls) >= count);
}

/* Until no job is there any more. */
static void await_all_done(void)
{
    await(0, 0);
}

static Str item(const char *key)
{
    StoreReader *reader;
    Str value = STR("none");
    check_int(store_read_begin(at.store, &at.cx, at.access, &reader), STATUS_OK);
    Status status = store_item_get(reader, STR("test"), str_of(key), &value);
    store_read_end(reader);
    check(status == STATUS_OK || status == STATUS_NOT_FOUND);
    return value;
}

static int open_record(void **state)
{
    UNUSED(state);
    fixture_open(&at, true);
    calls = inside = inside_most = 0;
    let_go = false;
    return 0;
}

static int close_record(void **state)
{
    UNUSED(state);
    atomic_store(&let_go, true);
    bool stopped = jobs_stop(jobs, PATIENCE_MS / 1000);
    jobs = NULL;
    fixture_close(&at);
    return stopped ? 0 : -1;
}

/* ---- handlers ----------------------------------------------------------------------------- */

/* The item of the payload's name says how many tries this job had. */
static Status mark(Ctx *cx, JobRun *run)
{
    StoreItem *effect = arena_new_of(cx->arena, StoreItem);
    *effect = (StoreItem){STR("test"), run->job->payload,
                          arena_format(cx->arena, "try %u", run->job->tries)};
    run->reply.commit.items = effect;
    run->reply.commit.item_count = 1;
    atomic_fetch_add(&calls, 1);
    return STATUS_OK;
}

static _Atomic Time refused_at;

static Status refuse(Ctx *cx, JobRun *run)
{
    atomic_store(&refused_at, time_now());
    StoreItem *effect = arena_new_of(cx->arena, StoreItem);
    *effect = (StoreItem){STR("test"), STR("failed"), STR("and wrote")};
    run->reply.commit.items = effect;
    run->reply.commit.item_count = 1;
    run->hopeless = run->owner != NULL;
    atomic_fetch_add(&calls, 1);
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The laboratory does not answer.");
}

static Status fail_once(Ctx *cx, JobRun *run)
{
    return run->job->tries == 1 ? refuse(cx, run) : mark(cx, run);
}

/* Sleeps as many ms as the payload says, deaf to everything. */
static Status sleep_deaf(Ctx *cx, JobRun *run)
{
    uint64_t ms;
    unsigned now = atomic_fetch_add(&inside, 1) + 1;
    if (now > atomic_load(&inside_most))
        atomic_store(&inside_most, now);
    check(str_to_u64(run->job->payload, &ms));
    sleep_ms((unsigned)ms);
    Status status = mark(cx, run);
    atomic_fetch_sub(&inside, 1);
    return status;
}

/* Waits until it is let go, deaf to everything. */
static Status wait_deaf(Ctx *cx, JobRun *run)
{
    unsigned now = atomic_fetch_add(&inside, 1) + 1;
    if (now > atomic_load(&inside_most))
        atomic_store(&inside_most, now);
    for (unsigned i = 0; i < PATIENCE_MS && !atomic_load(&let_go); i++)
        sleep_ms(1);
    Status status = mark(cx, run);
    atomic_fetch_sub(&inside, 1);
    return status;
}

/* The same, but the first try alone waits. */
static Status wait_first(Ctx *cx, JobRun *run)
{
    return run->job->tries == 1 ? wait_deaf(cx, run) : mark(cx, run);
}

static Status work_until_told(Ctx *cx, JobRun *run)
{
    UNUSED(run);
    atomic_fetch_add(&calls, 1);
    while (ctx_check_deadline(cx) == STATUS_OK)
        sleep_ms(2);
    return STATUS_TIMEOUT;
}

/* ---- ends --------------------------------------------------------------------------------- */

static void what_is_added_is_done_at_once(void **state)
{
    UNUSED(state);
    start(&(JobKind){.name = "mark", .handler = mark}, 2);
    Time before = time_monotonic();
    add("mark", "one");
    await_all_done();
    CASE("without waiting for a look into the queue");
    check(time_monotonic() - before < PATIENCE_MS * TIME_MS / 2);
    check_str(item("one"), STR("try 1"));
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS; /* figures follow the commit */
    while (jobs_figures(jobs, 0).done == 0 && time_monotonic() < end)
        sleep_ms(2);
    check_int(jobs_figures(jobs, 0).done, 1);
    check(jobs_figures(jobs, 0).last_done > 0);
}

static void what_waits_at_the_start_is_done_too(void **state)
{
    UNUSED(state);
    for (unsigned i = 0; i < 20; i++)
        add("mark", "many");
    add("nobody-knows", "one");
    start(&(JobKind){.name = "mark", .handler = mark}, 3);
    await(0, 1);
    check_int(calls, 20);
    check_int(count_of(STORE_JOB_WAITS), 1);
}

static void what_fails_is_tried_again_and_leaves_nothing(void **state)
{
    enum { WAIT_S = 4 }; /* so that it can be looked at before */
    UNUSED(state);
    start(&(JobKind){.name = "fail", .handler = fail_once, .wait_s = WAIT_S}, 2);
    add("fail", "one");
    await_calls(1);
    StoreJob *waiting = await(STORE_JOB_WAITS, 1);
    check_str(waiting[0].error, STR("The laboratory does not answer."));
    check_int(waiting[0].tries, 1);
    CASE("half of the wait is chance");
    check(waiting[0].due >= atomic_load(&refused_at) + WAIT_S * TIME_SECOND / 2);
    check(waiting[0].due <= time_now() + WAIT_S * TIME_SECOND);
    await_all_done();
    check_str(item("one"), STR("try 2"));
    check_str(item("failed"), STR("none"));
    check_int(calls, 2);
}

static void what_fails_too_often_is_dead(void **state)
{
    UNUSED(state);
    start(&(JobKind){.name = "fail", .handler = refuse, .tries = 2, .wait_s = 1}, 2);
    add("fail", "one");
    StoreJob *dead = await(STORE_JOB_IS_DEAD, 1);
    check_str(dead[0].error, STR("The laboratory does not answer."));
    check_int(dead[0].tries, 2);
    check_int(calls, 2);
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    while (jobs_figures(jobs, 0).dead == 0 && time_monotonic() < end)
        sleep_ms(2);
    check_int(jobs_figures(jobs, 0).failed, 1);
    check_int(jobs_figures(jobs, 0).dead, 1);
}

static void what_is_hopeless_is_dead_at_once(void **state)
{
    UNUSED(state);
    start(&(JobKind){.name = "fail", .handler = refuse, .owner = &at}, 2);
    add("fail", "one");
    await(STORE_JOB_IS_DEAD, 1);
    check_int(calls, 1);
}

static void what_kills_its_process_is_dead_in_the_end(void **state)
{
    UNUSED(state);
    const Str kind = STR("mark");
    StoreJobTake take = {
        .worker = STR("killed"), .lease_ms = 1, .limit = 1, .kinds = &kind, .kind_count = 1};
    StoreJobs got;
    add("mark", "one");
    for (unsigned i = 0; i < 3; i++) {
        sleep_ms(5);
        check_int(store_job_take(at.store, &at.cx, at.access, &take, &got), STATUS_OK);
        check_int(got.count, 1);
    }
    start(&(JobKind){.name = "mark", .handler = mark, .tries = 3}, 2);
    StoreJob *dead = await(STORE_JOB_IS_DEAD, 1);
    check_int(calls, 0);
    check(str_has_prefix(dead[0].error, STR("It was begun 3 times")));
}

/* ---- leases ------------------------------------------------------------------------------- */

static void a_lease_is_kept_while_somebody_works(void **state)
{
    UNUSED(state);
    enum { LEASE_MS = 1500, TRIES = 5 };
    start_with(&(JobKind){.name = "sleep", .handler = sleep_deaf}, 1,
               &(JobsOptions){.threads = 3, .lease_ms = LEASE_MS, .poll_ms = PATIENCE_MS * 2});
    unsigned tries = 0;
    do {
        while (atomic_load(&inside))
            sleep_ms(5);
        atomic_store(&calls, 0);
        add("sleep", "4500"); /* three leases long */
        await_all_done();
    } while (longest_pause > LEASE_MS * TIME_MS / 4 && ++tries < TRIES);
    check_int(calls, 1);
    check_str(item("4500"), STR("try 1"));
}

static void who_takes_too_long_loses_to_another(void **state)
{
    UNUSED(state);
    start_with(&(JobKind){.name = "wait", .handler = wait_first, .time_s = 1}, 1,
               &(JobsOptions){.threads = 2, .lease_ms = 300, .poll_ms = 100});
    add("wait", "one");
    await_all_done();
    check_str(item("one"), STR("try 2"));
    atomic_store(&let_go, true);
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    while (jobs_figures(jobs, 0).lost == 0 && time_monotonic() < end)
        sleep_ms(10);
    check_int(jobs_figures(jobs, 0).lost, 1);
    check_int(jobs_figures(jobs, 0).done, 1);
    check_str(item("one"), STR("try 2"));
}

static void time_is_over(void **state)
{
    UNUSED(state);
    Time begun = time_monotonic();
    start(&(JobKind){.name = "work", .handler = work_until_told, .time_s = 1, .wait_s = 60}, 2);
    add("work", "one");
    await_calls(1);
    bool runs = count_of(STORE_JOB_RUNS) == 1;
    check(runs || time_monotonic() - begun >= TIME_SECOND);
    StoreJob *waiting = await(STORE_JOB_WAITS, 1);
    check(time_monotonic() - begun >= TIME_SECOND);
    check_int(waiting[0].tries, 1);
    check(waiting[0].error.len > 0);
}

static void who_is_told_to_stop_gives_back(void **state)
{
    UNUSED(state);
    size_t count;
    start(&(JobKind){.name = "work", .handler = work_until_told}, 2);
    add("work", "one");
    await_calls(1);
    Time before = time_monotonic();
    stop();
    check(time_monotonic() - before < PATIENCE_MS * TIME_MS / 2);
    StoreJob *waiting = list(STORE_JOB_WAITS, &count);
    check_int(count, 1);
    check_int(waiting[0].tries, 0);
    check_str(waiting[0].error, STR(""));
    check(waiting[0].due <= time_now());
}

static void a_deaf_one_is_not_waited_for(void **state)
{
    UNUSED(state);
    start(&(JobKind){.name = "wait", .handler = wait_deaf}, 1);
    add("wait", "one");
    while (atomic_load(&inside) == 0)
        sleep_ms(2);
    check(!jobs_stop(jobs, 1));
    CASE("later it can be ended after all");
    atomic_store(&let_go, true);
    stop();
    check_str(item("one"), STR("try 1"));
}

static void a_kind_runs_at_most_so_often_at_once(void **state)
{
    UNUSED(state);
    const JobKind kinds[] = {{.name = "wait", .handler = wait_deaf, .at_once = 1},
                             {.name = "mark", .handler = mark}};
    start_with(kinds, 2, &(JobsOptions){.threads = 4, .lease_ms = 2000});
    for (unsigned i = 0; i < 5; i++)
        add("wait", "one");
    add("mark", "beside");
    CASE("the others are not held up by it");
    await_calls(1);
    await(0, 5);
    check_str(item("beside"), STR("try 1"));
    atomic_store(&let_go, true);
    await_all_done();
    check_int(inside_most, 1);
}

/* ---- effects ------------------------------------------------------------------------------ */

/* One more on a counter in the chart: read it, write the next version if nobody was faster. */
static Status count_up(Ctx *cx, JobRun *run)
{
    Reply read;
    uint64_t count;
    Call call = {.access = run->access, .base = STR("http://test/fhir")};
    TRY(record_read(run->record, cx, &call, STR("Basic"), STR("counter"), &read));
    Str body = read.body;
    const char *digits = memmem(body.at, body.len, "\"text\":\"", 8);
    check(digits != NULL);
    Str rest = str_n(digits + 8, (size_t)(body.at + body.len - digits - 8));
    check(str_to_u64(str_cut(&rest, '"'), &count));
    Str next = arena_format(cx->arena,
                            "{\"resourceType\":\"Basic\",\"id\":\"counter\",\"code\":{\"text\":"
                            "\"%llu\"}}",
                            (unsigned long long)count + 1);
    char *text = arena_alloc(cx->arena, next.len + JSON_PADDING);
    memcpy(text, next.at, next.len);
    call.if_match = arena_format(cx->arena, "W/\"%u\"", read.version);
    Status status = record_update(run->record, cx, &call, STR("Basic"), STR("counter"),
                                  (Body){text, next.len}, &run->reply);
    atomic_fetch_add(&calls, 1);
    if (status != STATUS_PRECONDITION)
        return status;
    run->reply.retry = true; /* somebody was faster: that is no failure */
    return STATUS_CONFLICT;
}

static void effects_in_the_chart_happen_once(void **state)
{
    UNUSED(state);
    enum { COUNT = 60 };
    Call call = fixture_call(&at);
    Str first = STR("{\"resourceType\":\"Basic\",\"id\":\"counter\",\"code\":{\"text\":\"0\"}}");
    Reply reply;
    check_int(record_update(at.record, &at.cx, &call, STR("Basic"), STR("counter"),
                            fixture_body(&at, first), &reply),
              STATUS_OK);
    check_int(record_finish(at.record, &at.cx, &call, &reply), STATUS_OK);
    for (unsigned i = 0; i < COUNT; i++)
        add("count", "one");
    start(&(JobKind){.name = "count", .handler = count_up, .tries = 1000, .wait_s = 1}, 4);
    await_all_done();
    StoreRow row;
    check_int(store_get_now(at.store, &at.cx, at.access, fhir_type_find(STR("Basic")),
                            STR("counter"), &row),
              STATUS_OK);
    check_int(row.version, COUNT + 1);
    check(memmem(row.body.at, row.body.len, "\"60\"", 4) != NULL);
}

/* ---- schedules ---------------------------------------------------------------------------- */

/* Some hours from now, whenever that is. */
static const JobKind *daily_later(void)
{
    static JobKind daily = {.name = "mark", .handler = mark, .schedule = {JOBS_DAILY, 0}};
    time_t now = (time_t)(time_now() / TIME_SECOND);
    struct tm today;
    localtime_r(&now, &today);
    unsigned hour = today.tm_hour >= 12 ? 2 : 20;
    daily.schedule.seconds = hour * 3600 + 30 * 60;
    return &daily;
}

static void a_schedule_waits_once(void **state)
{
    UNUSED(state);
    size_t count;
    JobKind later = *daily_later();
    const char *words[] = {later.schedule.seconds < 12 * 3600 ? "daily at 02:30" : "daily at 20:30",
                           later.schedule.seconds < 12 * 3600 ? "daily at 03:00"
                                                              : "daily at 21:00"};
    for (unsigned i = 0; i < 3; i++) {
        start(&later, 1);
        stop();
    }
    StoreJob *waiting = list(STORE_JOB_WAITS, &count);
    check_int(count, 1);
    check_str(waiting[0].payload, str_of(words[0]));
    check_int(waiting[0].due, jobs_schedule_next(later.schedule, time_now()));
    CASE("another time takes its place");
    later.schedule.seconds += 30 * 60;
    start(&later, 1);
    stop();
    waiting = list(STORE_JOB_WAITS, &count);
    check_int(count, 1);
    check_str(waiting[0].payload, str_of(words[1]));
    CASE("no time at all ends it");
    later.schedule.rhythm = JOBS_NEVER;
    start(&later, 1);
    stop();
    check_int(count_of(0), 0);
    check_int(calls, 0);
}

static void a_schedule_goes_on(void **state)
{
    UNUSED(state);
    size_t count;
    const JobKind often = {.name = "mark", .handler = mark, .schedule = {JOBS_EVERY, 1}};
    start(&often, 1);
    await_calls(3);
    StoreJob *waiting = await(STORE_JOB_WAITS, 1);
    check_str(waiting[0].key, JOBS_SCHEDULED);
    check_int(waiting[0].tries, 0);
    CASE("one that was missed while nobody was there is done when somebody is");
    stop();
    uint64_t missed = await(STORE_JOB_WAITS, 1)[0].number;
    unsigned before = atomic_load(&calls);
    sleep_ms(1200);
    start(&often, 1);
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    for (StoreJob *now; (now = list(0, &count)) && count && now[0].number == missed;) {
        check(time_monotonic() < end);
        sleep_ms(2);
    }
    check(atomic_load(&calls) > before);
}

static void a_schedule_outlives_its_failures(void **state)
{
    UNUSED(state);
    start(&(JobKind){.name = "fail",
                     .handler = refuse,
                     .tries = 2,
                     .wait_s = 1,
                     .schedule = {JOBS_EVERY, 3600}},
          1);
    await(STORE_JOB_IS_DEAD, 1);
    await(STORE_JOB_WAITS, 1);
    check_int(calls, 2);
}

static void next_is_by_the_clock_on_the_wall(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        int64_t now; /* seconds since 1970 */
        unsigned at;
        int64_t next;
    } cases[] = {
        /* 2026 in Brussels: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC */
        {"later today", 1795222800 /* 21 Nov 02:00 +1 */, 9000, 1795224600},
        {"now is over", 1795224600, 9000, 1795224600 + 86400},
        {"tomorrow", 1795224601, 9000, 1795224600 + 86400},
        {"the night that has no 02:30", 1774738800 /* 29 Mar 00:00 +1 */, 9000, 1774747800},
        {"and the one after", 1774747800, 9000, 1774830600 /* 30 Mar 02:30 +2 */},
        {"the night that has 02:30 twice: the first", 1792879200 /* 25 Oct 00:00 +2 */, 9000,
         1792888200 /* 02:30 +2 */},
        {"and not the second", 1792888200, 9000, 1792978200 /* 26 Oct 02:30 +1 */},
    };
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        JobSchedule schedule = {JOBS_DAILY, c->at};
        check_int(jobs_schedule_next(schedule, c->now * TIME_SECOND) / TIME_SECOND, c->next);
    }
    unsetenv("TZ");
    tzset();
}

static void a_time_of_day_has_two_and_two_digits(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        int seconds;
    } cases[] = {{"00:00", 0}, {"02:30", 9000}, {"23:59", 86340}, {"24:00", -1}, {"12:60", -1},
                 {"2:30", -1}, {"02:3", -1},    {"0230", -1},     {"", -1},      {"02:30 ", -1},
                 {":", -1},    {"-1:00", -1},   {"02:30:00", -1}, {"aa:bb", -1}};
    FOR_CASES(cases, c)
    {
        unsigned seconds = 0;
        CASE(c->text);
        bool good = jobs_read_time_of_day(str_of(c->text), &seconds);
        check_int(good, c->seconds >= 0);
        check_int(good ? (int)seconds : -1, c->seconds);
    }
}

#define JOBS_TEST(name) cmocka_unit_test_setup_teardown(name, open_record, close_record)

int main(void)
{
    const struct CMUnitTest tests[] = {
        JOBS_TEST(what_is_added_is_done_at_once),
        JOBS_TEST(what_waits_at_the_start_is_done_too),
        JOBS_TEST(what_fails_is_tried_again_and_leaves_nothing),
        JOBS_TEST(what_fails_too_often_is_dead),
        JOBS_TEST(what_is_hopeless_is_dead_at_once),
        JOBS_TEST(what_kills_its_process_is_dead_in_the_end),
        JOBS_TEST(a_lease_is_kept_while_somebody_works),
        JOBS_TEST(who_takes_too_long_loses_to_another),
        JOBS_TEST(time_is_over),
        JOBS_TEST(who_is_told_to_stop_gives_back),
        JOBS_TEST(a_deaf_one_is_not_waited_for),
        JOBS_TEST(a_kind_runs_at_most_so_often_at_once),
        JOBS_TEST(effects_in_the_chart_happen_once),
        JOBS_TEST(a_schedule_waits_once),
        JOBS_TEST(a_schedule_goes_on),
        JOBS_TEST(a_schedule_outlives_its_failures),
        cmocka_unit_test(next_is_by_the_clock_on_the_wall),
        cmocka_unit_test(a_time_of_day_has_two_and_two_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
