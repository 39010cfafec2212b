/* A disk that is full, that fails a write, that does not confirm a sync. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_vfs.h"
#include "ledger.h"
#include "testing.h"

static const char *folder_of(Arena *arena, const char *name)
{
    const char *folder = arena_format(arena, "%s/%s", ledger_folder(), name).at;
    ledger_remove(folder);
    mkdir(folder, 0700);
    return folder;
}

static Ledger open_ledger(Ctx *cx, const char *name)
{
    /* One at a time: a later commit may well succeed where an earlier one found no room. */
    Ledger ledger = {.access = ledger_access(cx->arena), .flight = 1};
    StoreOptions options = ledger_options(cx->arena, folder_of(cx->arena, name));
    options.vfs = FAULT_VFS;
    fault_reset(1);
    check_int(store_create(cx, &options), STATUS_OK);
    check_int(store_open(cx, &options, &ledger.store), STATUS_OK);
    return ledger;
}

static void check_whole(Ledger *ledger, unsigned at_least)
{
    unsigned last = 0;
    const char *fault = ledger_check(ledger->store, ledger->access, &last);
    if (fault)
        fail_msg("%s", fault);
    check(last >= at_least);
}

static void a_full_disk_stops_writes_and_nothing_else(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    Ledger ledger = open_ledger(&cx, "full");
    ledger_run(&ledger, 1, 100);
    for (unsigned round = 0; round < 12; round++) {
        unsigned last = 0;
        fault_set_space((int64_t)round * 9000);
        check(!ledger_check(ledger.store, ledger.access, &last));
        for (unsigned tries = 0; !ledger.failed && tries < 50; tries++)
            ledger_run(&ledger, atomic_load(&ledger.acknowledged) + 1, 30);
        check_int(ledger.failed, STATUS_STORAGE);
        check_whole(&ledger, ledger.acknowledged); /* reads go on */
        fault_set_space(-1);
        ledger.failed = 0;
        check(!ledger_check(ledger.store, ledger.access, &last));
        ledger_run(&ledger, last + 1, 20); /* and so do writes, without a restart */
        check_int(ledger.failed, 0);
        check_whole(&ledger, last + 20);
    }
    check_int(store_settle(ledger.store, &cx), STATUS_OK);
    check_whole(&ledger, ledger.acknowledged);
    store_close(ledger.store);
    arena_free(cx.arena);
}

/* The n-th write fails, for every n until a run needs fewer: nothing acknowledged is lost. */
static void any_write_may_fail(void **state)
{
    UNUSED(state);
    for (unsigned n = 1; n < 400; n += 1 + n / 12) {
        Ctx cx = testing_ctx();
        Ledger ledger = open_ledger(&cx, "nth");
        unsigned last = 0;
        ledger_run(&ledger, 1, 45);
        fault_set_failing_write(n);
        ledger_run(&ledger, 46, 40);
        (void)!store_settle(ledger.store, &cx);
        const char *fault = ledger_check(ledger.store, ledger.access, &last);
        if (fault || last < ledger.acknowledged)
            fail_msg("write %u: %s", n, fault ? fault : "an acknowledged commit is lost");
        ledger.failed = 0;
        ledger_run(&ledger, last + 1, 10);
        check_int(ledger.failed, 0);
        store_close(ledger.store);
        StoreOptions options =
            ledger_options(cx.arena, arena_format(cx.arena, "%s/nth", ledger_folder()).at);
        check_int(store_open(&cx, &options, &ledger.store), STATUS_OK);
        check_whole(&ledger, last + 10);
        store_close(ledger.store);
        arena_free(cx.arena);
    }
}

/* ---- a sync that fails ------------------------------------------------------------------- */

static int out;

static void say(unsigned number)
{
    if (write(out, &number, sizeof(number)) != (ssize_t)sizeof(number))
        _exit(2);
}

static _Noreturn void write_until_sync_fails(unsigned n, int errors)
{
    Ctx cx = testing_ctx();
    dup2(errors, STDERR_FILENO);
    signal(SIGABRT, SIG_DFL);
    Ledger ledger = open_ledger(&cx, "sync");
    ledger.on_done = say;
    fault_set_failing_sync(n);
    ledger_run(&ledger, 1, 5000);
    _exit(3);
}

static void after_a_failed_sync_nothing_is_acknowledged(void **state)
{
    UNUSED(state);
    for (unsigned n = 1; n < 60; n += 7) {
        int acknowledged[2], errors[2], status;
        unsigned number = 0, last = 0;
        char text[200] = {0};
        check_int(pipe(acknowledged) | pipe(errors), 0);
        pid_t child = fork();
        if (child == 0) {
            out = acknowledged[1];
            write_until_sync_fails(n, errors[1]);
        }
        close(acknowledged[1]);
        close(errors[1]);
        while (read(acknowledged[0], &number, sizeof(number)) == (ssize_t)sizeof(number))
            last = number;
        check(read(errors[0], text, sizeof(text) - 1) > 0);
        check_int(waitpid(child, &status, 0), child);
        check(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        check(strstr(text, "fsync") && strchr(text, '\n') == text + strlen(text) - 1);
        close(acknowledged[0]);
        close(errors[0]);
        check(last < 5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_stops_writes_and_nothing_else),
        cmocka_unit_test(any_write_may_fail),
        cmocka_unit_test(after_a_failed_sync_nothing_is_acknowledged),
    };
    fault_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
