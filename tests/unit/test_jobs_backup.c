/* The backup of every night: what it makes, and what it removes and leaves alone. */
#include "jobs/backup.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "record_fixture.h"

static Fixture at;
static char folder[96];

static int open_record(void **state)
{
    UNUSED(state);
    fixture_open(&at, true);
    snprintf(folder, sizeof(folder), "%s/backups", at.folder);
    return mkdir(folder, 0700);
}

static int close_record(void **state)
{
    UNUSED(state);
    fixture_close(&at);
    return 0;
}

static Str path_of(const char *name)
{
    return arena_format(at.cx.arena, "%s/%s", folder, name);
}

static void put_file(const char *name)
{
    FILE *file = fopen(path_of(name).at, "w");
    check(file && fputs("x", file) >= 0 && fclose(file) == 0);
}

static bool is_there(const char *name)
{
    struct stat st;
    return stat(path_of(name).at, &st) == 0;
}

/* Complete backups that end in "-N.store"; the name of the last one seen. */
static size_t count_of(uint64_t job, Str *ret_name)
{
    Str tail = arena_format(at.cx.arena, "-%llu.store", (unsigned long long)job);
    size_t count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!str_has_suffix(str_of(entry->d_name), tail))
            continue;
        *ret_name = arena_str(at.cx.arena, str_of(entry->d_name));
        count++;
    }
    closedir(dir);
    return count;
}

static Status run(uint64_t job, size_t keep)
{
    JobsBackup owner = {str_of(folder), keep};
    StoreJob one = {.number = job, .kind = STR("backup")};
    JobRun try = {.record = at.record, .access = at.access, .job = &one, .owner = &owner};
    return jobs_backup(&at.cx, &try);
}

static void a_backup_opens_with_what_was_in_it(void **state)
{
    UNUSED(state);
    Str name;
    Store *copy;
    StoreReader *reader;
    StoreRow row;
    check_int(fixture_put(&at, STR("Patient"), STR("p1"),
                          STR("{\"resourceType\":\"Patient\",\"id\":\"p1\"}"), STR_EMPTY),
              STATUS_OK);
    check_int(run(17, 3), STATUS_OK);
    check_int(count_of(17, &name), 1);
    StoreOptions options = {.address = arena_format(at.cx.arena, "%s/restored", at.folder),
                            .key_file = arena_format(at.cx.arena, "%s/key", at.folder)};
    check_int(store_restore(&at.cx, path_of(name.at), &options), STATUS_OK);
    check_int(store_open(&at.cx, &options, &copy), STATUS_OK);
    check_int(store_read_begin(copy, &at.cx, at.access, &reader), STATUS_OK);
    check_int(store_get_rid(reader, 1, false, &row), STATUS_OK);
    check_str(row.id, STR("p1"));
    store_read_end(reader);
    store_close(copy);
}

static void what_died_after_its_backup_makes_no_second(void **state)
{
    UNUSED(state);
    Str name, again;
    check_int(run(17, 3), STATUS_OK);
    check_int(count_of(17, &name), 1);
    CASE("an hour later, as its name says");
    Str earlier = path_of("aceso-20200101T0000Z-17.store");
    check(rename(path_of(name.at).at, earlier.at) == 0);
    check_int(run(17, 3), STATUS_OK);
    check_int(count_of(17, &again), 1);
    check_str(again, STR("aceso-20200101T0000Z-17.store"));
    CASE("another job makes its own");
    check_int(run(117, 3), STATUS_OK);
    check_int(count_of(117, &name), 1);
}

static void only_old_backups_of_ours_go(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *name;
        bool kept;
    } cases[] = {
        {"the oldest", "aceso-20200101T0000Z-1.store", false},
        {"its key", "aceso-20200101T0000Z-1.store.key", false},
        {"the next", "aceso-20200102T0000Z-2.store", false},
        {"among the newest", "aceso-20200102T0001Z-10.store", true},
        {"its key", "aceso-20200102T0001Z-10.store.key", true},
        {"cut short", "aceso-20200101T0000Z-1.store.part", false},
        {"made by hand", "aceso-before-upgrade.store", true},
        {"without a number", "aceso-20200101T0000Z-.store", true},
        {"with more behind the number", "aceso-20200101T0000Z-1a.store", true},
        {"another time", "aceso-2020-01-01-1.store", true},
        {"the store itself", "aceso.store", true},
        {"another program's", "backup-20200101T0000Z-1.store", true},
        {"a key without a store", "aceso-20190101T0000Z-1.store.key", true},
    };
    Str name;
    FOR_CASES(cases, c)
    put_file(c->name);
    check_int(run(17, 2), STATUS_OK);
    check_int(count_of(17, &name), 1);
    FOR_CASES(cases, c)
    {
        CASE(c->name);
        check_int(is_there(c->name), c->kept);
    }
}

static void without_a_new_one_none_goes(void **state)
{
    UNUSED(state);
    struct rlimit before;
    put_file("aceso-20200101T0000Z-1.store");
    put_file("aceso-20200102T0000Z-2.store");
    check_int(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit little = {8192, before.rlim_max}; /* as if the disk were full */
    signal(SIGXFSZ, SIG_IGN);
    check_int(setrlimit(RLIMIT_FSIZE, &little), 0);
    Status status = run(17, 1);
    check_int(setrlimit(RLIMIT_FSIZE, &before), 0);
    check(status != STATUS_OK);
    check(at.cx.issues != NULL);
    check(is_there("aceso-20200101T0000Z-1.store"));
    check(is_there("aceso-20200102T0000Z-2.store"));
    CASE("and the next try is whole");
    check_int(run(17, 1), STATUS_OK);
    check(!is_there("aceso-20200102T0000Z-2.store"));
    CASE("no folder at all");
    fixture_clear(&at);
    snprintf(folder, sizeof(folder), "%s/nowhere", at.folder);
    check(run(18, 1) != STATUS_OK);
    check(at.cx.issues != NULL);
}

static void old_failures_are_forgotten(void **state)
{
    UNUSED(state);
    StoreJob one = {.number = 1};
    JobRun try = {.record = at.record, .access = at.access, .job = &one};
    StoreJobAdd job = {.kind = STR("mail")};
    StoreCommit commit = {.jobs = &job, .job_count = 1};
    check_int(store_commit(at.store, &at.cx, at.access, &commit), STATUS_OK);
    StoreJobEnd dead = {.number = 1, .how = STORE_JOB_DEAD};
    commit = (StoreCommit){.job_ends = &dead, .job_end_count = 1};
    check_int(store_commit(at.store, &at.cx, at.access, &commit), STATUS_OK);
    check_int(jobs_drop_old_dead(&at.cx, &try), STATUS_OK);
    CASE("it died just now");
    check_int(try.reply.commit.job_end_count, 0);
}

#define BACKUP_TEST(name) cmocka_unit_test_setup_teardown(name, open_record, close_record)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BACKUP_TEST(a_backup_opens_with_what_was_in_it),
        BACKUP_TEST(what_died_after_its_backup_makes_no_second),
        BACKUP_TEST(only_old_backups_of_ours_go),
        BACKUP_TEST(without_a_new_one_none_goes),
        BACKUP_TEST(old_failures_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
