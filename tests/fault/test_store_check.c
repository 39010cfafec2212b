/* A check beside another process that writes: what is being written is no fault, and a fault that
 * is there is found. */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"
#include "testing.h"

static const char *make_store(Ctx *cx, const char *name, StoreOptions *ret_options)
{
    const char *folder = arena_format(cx->arena, "%s/%s", ledger_folder(), name).at;
    ledger_remove(folder);
    check_int(mkdir(folder, 0700), 0);
    *ret_options = ledger_options(cx->arena, folder);
    ret_options->checkpoint_pages = 8;
    check_int(store_create(cx, ret_options), STATUS_OK);
    return folder;
}

/* Writes until it is killed; says once that it has begun. */
static _Noreturn void write_on(const StoreOptions *options, int begun)
{
    Ctx cx = testing_ctx();
    Ledger ledger = {.access = ledger_access(cx.arena)};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (store_open(&cx, options, &ledger.store) != STATUS_OK)
        _exit(2);
    for (unsigned first = 1;; first += 100) {
        ledger_run(&ledger, first, 100);
        if (first == 1 && write(begun, "!", 1) != 1)
            _exit(3);
    }
}

static pid_t start_writer(const StoreOptions *options)
{
    int begun[2];
    char byte;
    check_int(pipe(begun), 0);
    pid_t child = fork();
    if (child == 0)
        write_on(options, begun[1]);
    close(begun[1]);
    check_int(read(begun[0], &byte, 1), 1);
    close(begun[0]);
    return child;
}

static Status check_beside(Ctx *cx, const StoreOptions *options)
{
    StoreOptions reading = *options;
    Store *store;
    reading.read_only = true;
    TRY(store_open(cx, &reading, &store));
    Status status = store_check(store, cx, NULL, NULL);
    store_close(store);
    return status;
}

static void what_is_being_written_is_no_fault(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    StoreOptions options;
    make_store(&cx, "busy", &options);
    pid_t writer = start_writer(&options);
    unsigned faults = 0;
    for (unsigned i = 0; i < 60; i++) {
        Ctx one = testing_ctx();
        if (check_beside(&one, &options) != STATUS_OK) {
            faults++;
            print_message("# check %u: %s\n", i, one.issues ? one.issues->diagnostics.at : "?");
        }
        arena_free(one.arena);
    }
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
    arena_free(cx.arena);
    assert_int_equal(faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_being_written_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
