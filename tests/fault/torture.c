/* tests/fault/torture.c - kill -9 in a loop, with the ledger of acknowledged commits outside.
 *
 *     torture [--cycles N] [--seed N]      (default 50 cycles)
 *
 * A child opens the store, checks that it holds every commit that any child has acknowledged
 * and no half one, and writes on; between writes it merges and checkpoints. The parent kills
 * it at a random moment, also while it recovers or checks: a machine on which few get as far as
 * that gives them longer. Speaks TAP. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"

enum { CYCLES_PER_STORE = 12, RUN_MIN_MS = 120, RUN_MAX_MS = 8000 };

typedef enum { SAYS_ACKNOWLEDGED = 1, SAYS_CHECKED, SAYS_FAULT } Says;
typedef struct {
    uint32_t what, number;
    char fault[88];
} Message;

static uint64_t seed = 1;

static unsigned roll(unsigned sides)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % sides;
}

/* ---- the child --------------------------------------------------------------------------- */

static int out;

static void say(Says what, unsigned number, const char *fault)
{
    Message message = {.what = what, .number = number};
    if (fault)
        snprintf(message.fault, sizeof(message.fault), "%s", fault);
    if (write(out, &message, sizeof(message)) != (ssize_t)sizeof(message))
        _exit(2);
}

static void say_acknowledged(unsigned number)
{
    say(SAYS_ACKNOWLEDGED, number, NULL);
}

static _Noreturn void run_child(const char *folder, unsigned acknowledged)
{
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    StoreOptions options = ledger_options(cx.arena, folder);
    Ledger ledger = {.access = ledger_access(cx.arena), .on_done = say_acknowledged};
    unsigned last = 0;
    if (store_open(&cx, &options, &ledger.store) != STATUS_OK) {
        say(SAYS_FAULT, 0, "the store does not open");
        _exit(1);
    }
    const char *fault = ledger_check(ledger.store, ledger.access, &last);
    if (!fault && last < acknowledged)
        fault = "an acknowledged commit is lost";
    if (fault) {
        say(SAYS_FAULT, last, fault);
        _exit(1);
    }
    say(SAYS_CHECKED, last, NULL);
    for (;;) {
        unsigned count = 1 + roll(60);
        ledger.flight = 1 + roll(LEDGER_FLIGHT);
        ledger_run(&ledger, last + 1, count);
        if (atomic_load(&ledger.failed)) {
            say(SAYS_FAULT, last, "a commit fails after a crash");
            _exit(1);
        }
        last += count;
        if (roll(4) == 0 && store_settle(ledger.store, &cx) != STATUS_OK)
            _exit(3);
    }
}

/* ---- the parent ----------------------------------------------------------------------------- */

typedef struct {
    unsigned acknowledged, checked, kills;
    bool faulty;
    char fault[88];
} Outside;

static void take(Outside *outside, const Message *message)
{
    if (message->what == SAYS_ACKNOWLEDGED && message->number > outside->acknowledged)
        outside->acknowledged = message->number;
    if (message->what == SAYS_CHECKED) {
        outside->checked++;
        if (message->number > outside->acknowledged)
            outside->acknowledged = message->number; /* it is durable: seen after a crash */
    }
    if (message->what == SAYS_FAULT) {
        outside->faulty = true;
        memcpy(outside->fault, message->fault, sizeof(outside->fault));
    }
}

/* Listens until the time is up, then kills; takes what is still in the pipe. */
static void listen_and_kill(Outside *outside, pid_t child, int in, Time until)
{
    Message message;
    bool killed = false;
    for (;;) {
        Time left = until - time_monotonic();
        if (left <= 0 && !killed) {
            kill(child, SIGKILL);
            killed = true;
        }
        struct pollfd ready = {.fd = in, .events = POLLIN};
        int wait_ms = killed ? -1 : (int)(left / 1000) + 1;
        if (poll(&ready, 1, wait_ms) <= 0)
            continue;
        if (read(in, &message, sizeof(message)) != (ssize_t)sizeof(message))
            break; /* the child is gone, and nothing is left to read */
        take(outside, &message);
    }
    outside->kills += killed;
}

static unsigned run_ms = RUN_MIN_MS;

static void run_cycle(Outside *outside, const char *folder)
{
    int ends[2];
    if (pipe(ends) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        out = ends[1];
        run_child(folder, outside->acknowledged);
    }
    close(ends[1]);
    (void)roll(2);
    listen_and_kill(outside, child, ends[0], time_monotonic() + roll(run_ms) * TIME_MS);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        outside->faulty = true;
        if (!outside->fault[0])
            snprintf(outside->fault, sizeof(outside->fault), "the child ended by itself (%d)",
                     status);
    }
}

static void new_store(const char *folder)
{
    Ctx cx = {.arena = arena_new((size_t)64 << 20, false)};
    ledger_remove(folder);
    mkdir(folder, 0700);
    StoreOptions options = ledger_options(cx.arena, folder);
    if (store_create(&cx, &options) != STATUS_OK)
        abort();
    arena_free(cx.arena);
}

static unsigned argument(int count, char **arguments, const char *name, unsigned otherwise)
{
    uint64_t number;
    for (int i = 1; i + 1 < count; i++) {
        if (strcmp(arguments[i], name) == 0 && str_to_u64(str_of(arguments[i + 1]), &number))
            return (unsigned)number;
    }
    return otherwise;
}

int main(int count, char **arguments)
{
    unsigned cycles = argument(count, arguments, "--cycles", 50);
    seed = argument(count, arguments, "--seed", 1);
    char folder[300];
    snprintf(folder, sizeof(folder), "%s/torture", ledger_folder());
    Outside outside = {0};
    unsigned checks = 0, kills = 0, acknowledged = 0;
    printf("1..1\n");
    for (unsigned cycle = 0; cycle < cycles && !outside.faulty; cycle++) {
        if (cycle % CYCLES_PER_STORE == 0) {
            acknowledged += outside.acknowledged;
            outside = (Outside){.checked = outside.checked, .kills = outside.kills};
            new_store(folder);
        }
        run_cycle(&outside, folder);
        if (outside.checked * 2 < cycle && run_ms < RUN_MAX_MS)
            run_ms += run_ms / 8;
    }
    checks = outside.checked;
    kills = outside.kills;
    acknowledged += outside.acknowledged;
    printf("# %u kills, %u whole checks, %u commits acknowledged, %s%s\n", kills, checks,
           acknowledged, outside.faulty ? "FAULT: " : "0 lost, 0 half", outside.fault);
    if (!outside.faulty && checks * 3 < cycles) {
        outside.faulty = true;
        printf("# too few children came to check: the test proves nothing\n");
    }
    printf("%sok 1 - kill -9 under writes, merges and checkpoints\n", outside.faulty ? "not " : "");
    return outside.faulty;
}
