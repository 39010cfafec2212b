/* What people are told of backups, checks and work that was given up. docs/guide/administration.md
 */
#include "jobs/backup.h"
#include "jobs/state.h"

#include <sys/stat.h>
#include <time.h>

#include "json/json.h"
#include "record_fixture.h"

enum { PATIENCE_MS = 30000 };

static Fixture at;
static Jobs *jobs;
static char folder[96];
static JobsBackup backups;

static Status fail_for_good(Ctx *cx, JobRun *run)
{
    run->hopeless = true;
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "The post office is on fire.");
}

static int open_record(void **state)
{
    UNUSED(state);
    fixture_open(&at, true);
    snprintf(folder, sizeof(folder), "%s/backups", at.folder);
    backups = (JobsBackup){.folder = str_of(folder), .keep = 2};
    return mkdir(folder, 0700);
}

static int close_record(void **state)
{
    UNUSED(state);
    bool stopped = jobs_stop(jobs, 30);
    fixture_close(&at);
    return stopped ? 0 : -1;
}

static void start(const JobKind *kinds, size_t count)
{
    JobsOptions options = {.threads = 1};
    check_int(jobs_start(&at.cx, at.record, at.access, kinds, count, &options, &jobs), STATUS_OK);
}

static JsonValue *told(void)
{
    Str json;
    JsonValue *root = NULL;
    check_int(jobs_state_json(jobs, &at.cx, &json), STATUS_OK);
    check_int(json_parse(&at.cx, json, &root), STATUS_OK);
    return root;
}

static const JsonValue *of(const JsonValue *root, const char *chore, const char *name)
{
    return json_get(json_get(root, str_of(chore)), str_of(name));
}

static const JsonValue *await_last(const char *chore)
{
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    const JsonValue *last = NULL;
    while (!json_is(last = of(told(), chore, "last"), JSON_OBJECT) && time_monotonic() < end)
        usleep(20000);
    return last;
}

static void nothing_is_planned(void **state)
{
    UNUSED(state);
    const JobKind kinds[] = {{"backup", jobs_backup, .owner = &backups}};
    start(kinds, 1);
    const JsonValue *root = told();
    check(json_is(of(root, "backup", "schedule"), JSON_NULL));
    check(json_is(of(root, "backup", "last"), JSON_NULL));
    check(json_is(of(root, "backup", "next"), JSON_NULL));
    check_str(json_str(of(root, "backup", "state")), STR("none"));
    check_int(json_count(json_get(root, STR("dead"))), 0);
}

static void a_backup_is_told_with_its_size_and_the_next_one(void **state)
{
    UNUSED(state);
    const JobKind kinds[] = {
        {"backup", jobs_backup, &backups, .schedule = {JOBS_EVERY, 3600}},
        {"check", jobs_check_store, NULL, .schedule = {JOBS_EVERY, 3600}},
    };
    start(kinds, 2);
    const JsonValue *last = await_last("backup");
    struct stat about;
    Str file = json_get_str(last, STR("file"));
    Str path = arena_format(at.cx.arena, "%s/" STR_FMT, folder, STR_ARG(file));
    check(stat(path.at, &about) == 0);
    check_str(json_str(json_get(last, STR("bytes"))),
              arena_format(at.cx.arena, "%lld", (long long)about.st_size));
    check(json_bool(json_get(last, STR("verified"))));
    check(json_bool(json_get(await_last("check"), STR("good"))));
    const JsonValue *root = told();
    check_str(json_str(of(root, "backup", "state")), STR("waiting"));
    check_str(json_str(of(root, "backup", "schedule")), STR("every 3600 s"));
    check(json_is(of(root, "backup", "next"), JSON_STRING));
}

static void what_was_given_up_says_why(void **state)
{
    UNUSED(state);
    const JobKind kinds[] = {{"letter", fail_for_good, .owner = NULL}};
    StoreJobAdd job = {.kind = STR("letter"), .payload = STR("to Zyxcanarius")};
    StoreCommit commit = {.jobs = &job, .job_count = 1};
    start(kinds, 1);
    check_int(store_commit(at.store, &at.cx, at.access, &commit), STATUS_OK);
    const JsonValue *dead = NULL;
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    while (json_count(dead = json_get(told(), STR("dead"))) == 0 && time_monotonic() < end)
        usleep(20000);
    const JsonValue *one = json_item(dead, 0);
    check_str(json_get_str(one, STR("kind")), STR("letter"));
    check_str(json_get_str(one, STR("error")), STR("The post office is on fire."));
    check_str(json_str(of(told(), "jobs", "dead")), STR("1"));
    Str json;
    check_int(jobs_state_json(jobs, &at.cx, &json), STATUS_OK);
    check(!memmem(json.at, json.len, "Zyxcanarius", 11)); /* never what it is about */
}

/* The folder is gone: the last one stays told, and what went wrong since. */
static void a_backup_that_fails_says_so(void **state)
{
    UNUSED(state);
    const JobKind kinds[] = {{"backup", jobs_backup, &backups, .tries = 3, .wait_s = 3600,
                              .schedule = {JOBS_EVERY, 3600}}};
    backups.folder = STR("/nowhere/at/all");
    start(kinds, 1);
    const JsonValue *root = NULL;
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    while (!json_str(of(root = told(), "backup", "error")).len && time_monotonic() < end)
        usleep(20000);
    check_str(json_str(of(root, "backup", "state")), STR("failing"));
    check(json_is(of(root, "backup", "last"), JSON_NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_planned, open_record, close_record),
        cmocka_unit_test_setup_teardown(a_backup_is_told_with_its_size_and_the_next_one,
                                        open_record, close_record),
        cmocka_unit_test_setup_teardown(what_was_given_up_says_why, open_record, close_record),
        cmocka_unit_test_setup_teardown(a_backup_that_fails_says_so, open_record, close_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
