/* aceso jobs, and the jobs of a real server.
 *
 * usage: test_cli_jobs ACESO */
#include "testing.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/served.h"

enum { OUTPUT_BYTES_MAX = 1 << 20, PATIENCE_MS = 30000 };

static const char *program;
static Arena *forever;
static Served served;
static Str folder; /* of backups */

static const char *const *settings(void)
{
    static const char *list[5];
    list[0] = "--backup-dir";
    list[1] = folder.at;
    list[2] = "--backup-keep";
    list[3] = "2";
    return list;
}

static int start(void **state)
{
    UNUSED(state);
    forever = arena_new((size_t)512 << 20, false);
    if (!forever || !served_start(&served, forever, program, NULL))
        return -1;
    folder = arena_format(forever, "%s/backups", served.folder.at);
    return mkdir(folder.at, 0700);
}

static int stop(void **state)
{
    UNUSED(state);
    int code = served_stop(&served);
    arena_free(forever);
    return code;
}

/* What `aceso jobs` says on both outputs. */
static Str say(const char *words, int *ret_code)
{
    char *said = arena_alloc(forever, OUTPUT_BYTES_MAX);
    Str command = arena_format(forever, "'%s' jobs %s --store '%s' --backup-dir '%s' 2>&1", program,
                               words, served.store.at, folder.at);
    FILE *out = popen(command.at, "r");
    assert_non_null(out);
    size_t len = fread(said, 1, OUTPUT_BYTES_MAX - 1, out);
    int status = pclose(out);
    *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return str_n(said, len);
}

static bool has(Str said, const char *what)
{
    return memmem(said.at, said.len, what, strlen(what)) != NULL;
}

static Str check_says(const char *words, int expected_code, const char *what)
{
    int code;
    Str said = say(words, &code);
    if (code != expected_code || !has(said, what))
        fail_msg("jobs %s: %d, \"" STR_FMT "\", expected %d, \"%s\"", words, code, STR_ARG(said),
                 expected_code, what);
    return said;
}

/* Until the list has it, or has it no more. */
static Str await(const char *what, bool wanted)
{
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    int code;
    Str said = say("list", &code);
    while (has(said, what) != wanted && time_monotonic() < end) {
        usleep(20000);
        said = say("list", &code);
    }
    if (has(said, what) != wanted)
        fail_msg("\"%s\" in \"" STR_FMT "\"", what, STR_ARG(said));
    return said;
}

static Str ask(const char *target)
{
    Client client;
    Str headers =
        arena_format(forever, "Authorization: Bearer " STR_FMT "\r\n", STR_ARG(served.reader));
    if (!client_open(&client, forever, served.port))
        fail_msg("the server does not accept");
    Answer answer = client_ask(&client, STR("GET"), str_of(target), headers, STR_EMPTY);
    client_close(&client);
    check_int(answer.status, 200);
    return answer.body;
}

static size_t count_backups(void)
{
    size_t count = 0;
    DIR *dir = opendir(folder.at);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += str_has_suffix(str_of(entry->d_name), STR(".store"));
    if (dir)
        closedir(dir);
    return count;
}

static void await_backups(size_t count)
{
    Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
    while (count_backups() != count && time_monotonic() < end)
        usleep(20000);
    check_int(count_backups(), count);
}

/* The number at the beginning of the line that has `what`. */
static unsigned number_of(Str said, const char *what)
{
    while (said.len) {
        Str line = str_cut(&said, '\n');
        if (has(line, what))
            return (unsigned)strtoul(line.at, NULL, 10);
    }
    fail_msg("no line has \"%s\"", what);
    return 0;
}

/* ---- the tests ---------------------------------------------------------------------------- */

static void a_server_has_its_schedules(void **state)
{
    UNUSED(state);
    await(" sweep-sign-ins waiting, due ", true); /* the first time they are done at once */
    Str said = await(" sweep-jobs waiting, due ", true);
    CASE("no folder for backups, no backups");
    check(!has(said, "backup waiting"));
    check_int(served_end(&served, SIGTERM), 0);
    check(served_again(&served, settings()));
    said = await(" backup waiting, due ", true);
    unsigned number = number_of(said, " backup waiting");
    check_says(arena_format(forever, "show %u", number).at, 0, "key schedule");
    CASE("the same schedule after a restart, not another one");
    check_int(served_end(&served, SIGTERM), 0);
    check(served_again(&served, settings()));
    said = await(" backup waiting, due ", true);
    check_int(number_of(said, " backup waiting"), number);
    check(has(ask("/healthz"), "\"jobs\":\"ok\""));
}

static void a_backup_is_made_when_told(void **state)
{
    UNUSED(state);
    for (size_t i = 1; i <= 3; i++) {
        check_says("run backup", 0, "It is begun");
        Time end = time_monotonic() + PATIENCE_MS * TIME_MS;
        Str done =
            arena_format(forever, "aceso_job_tries_total{kind=\"backup\",outcome=\"done\"} %zu", i);
        while (!has(ask("/metrics"), done.at) && time_monotonic() < end)
            usleep(20000);
        check(has(ask("/metrics"), done.at));
        CASE("two are kept");
        check_int(count_backups(), i < 2 ? i : 2);
    }
}

static void what_fails_says_why_and_waits(void **state)
{
    UNUSED(state);
    check_int(system(arena_format(forever, "rm -r '%s'", folder.at).at), 0);
    check_says("run backup", 0, "It is begun");
    Str said = await("1 try: The folder of backups", true);
    unsigned number = number_of(said, "1 try: The folder of backups");
    CASE("put right, it is done at once and not in minutes");
    check_int(mkdir(folder.at, 0700), 0);
    check_says(arena_format(forever, "again %u", number).at, 0, "The job is tried again.");
    await("The folder of backups", false);
    await_backups(1);
    await(" backup running", false);
    check_int(count_backups(), 1);
    CASE("it is gone");
    check_says(arena_format(forever, "again %u", number).at, 1, "There is no job");
}

static void people_may_drop_a_job(void **state)
{
    UNUSED(state);
    Str said = await(" sweep-jobs waiting", true);
    check(!has(check_says("list --kind sweep-jobs", 0, " sweep-jobs waiting"), "sweep-sign-ins"));
    unsigned number = number_of(said, " sweep-jobs waiting");
    check_says(arena_format(forever, "drop %u", number).at, 0, "The job is dropped.");
    check(!has(check_says("list", 0, "waiting"), "sweep-jobs"));
    CASE("a schedule is there again with the next server");
    check_int(served_end(&served, SIGTERM), 0);
    check(served_again(&served, settings()));
    await(" sweep-jobs waiting", true);
}

static void what_is_asked_wrongly_is_said(void **state)
{
    UNUSED(state);
    static const struct {
        const char *words;
        int code;
        const char *what;
    } cases[] = {
        {"", 2, "usage: aceso jobs"},
        {"list 7", 2, "usage: aceso jobs"},
        {"show", 2, "usage: aceso jobs"},
        {"show seven", 2, "usage: aceso jobs"},
        {"show 99999", 1, "There is no job with that number."},
        {"drop 99999", 1, "There is no job with that number."},
        {"run", 2, "usage: aceso jobs"},
        {"run nonsense", 2, "There is no such kind of job to be run."},
        {"run privacy-erase", 2, "There is no such kind of job to be run."}, /* of whom? */
        {"list --state lost", 2, "--state is waiting, running or dead."},
        {"list --count many", 2, "--count takes a whole number"},
        {"list --state dead", 0, "0 dead."},
        {"again all", 0, "0 dead jobs are tried again."},
    };
    FOR_CASES(cases, c)
    check_says(c->words, c->code, c->what);
}

static void all_of_it_is_on_the_log(void **state)
{
    UNUSED(state);
    Str command =
        arena_format(forever, "'%s' audit list --store '%s' 2>&1", program, served.store.at);
    char *said = arena_alloc(forever, OUTPUT_BYTES_MAX);
    FILE *out = popen(command.at, "r");
    size_t len = fread(said, 1, OUTPUT_BYTES_MAX - 1, out);
    check_int(pclose(out), 0);
    static const char *const words[] = {"operator job-run/backup", "operator job-again/",
                                        "operator job-drop/"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        CASE(words[i]);
        check(has(str_n(said, len), words[i]));
    }
}

static void without_a_server_it_is_the_store_that_is_asked(void **state)
{
    UNUSED(state);
    size_t before = count_backups();
    check_int(served_end(&served, SIGTERM), 0);
    check_says("list", 0, " backup waiting, due ");
    check_says("run backup", 0, "It is begun when a server has the store.");
    check_int(count_backups(), before);
    check(served_again(&served, settings()));
    await_backups(before < 2 ? before + 1 : 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_has_its_schedules),
        cmocka_unit_test(a_backup_is_made_when_told),
        cmocka_unit_test(what_fails_says_why_and_waits),
        cmocka_unit_test(people_may_drop_a_job),
        cmocka_unit_test(what_is_asked_wrongly_is_said),
        cmocka_unit_test(all_of_it_is_on_the_log),
        cmocka_unit_test(without_a_server_it_is_the_store_that_is_asked),
    };
    program = argc > 1 ? realpath(argv[1], NULL) : NULL;
    if (!program) {
        fprintf(stderr, "usage: test_cli_jobs ACESO\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start, stop);
}
