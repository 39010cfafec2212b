/* Power loss: at random points of the disk's work, everything that was not synced is lost,
 * reordered or torn. No acknowledged commit may be missing, none may be there in half.
 *
 *     --points N   how many losses (default 150)
 *
 * The same run with synchronous=NORMAL must lose commits: else this test proves nothing. */
#include <sys/stat.h>

#include "fault_vfs.h"
#include "ledger.h"
#include "testing.h"

enum { COMMITS = 160, CAPTURES_MAX = 25 };

static unsigned points_wanted = 150;

static struct {
    Ledger *ledger;
    uint64_t seed;
    unsigned count, one_in;
    unsigned acknowledged[CAPTURES_MAX];
    char folders[CAPTURES_MAX][300];
} captures;

static unsigned roll(unsigned sides)
{
    captures.seed = captures.seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(captures.seed >> 33) % sides;
}

static void maybe_lose_power(uint64_t operation)
{
    UNUSED(operation);
    if (captures.count == CAPTURES_MAX || roll(captures.one_in) != 0)
        return;
    unsigned place = captures.count++;
    captures.acknowledged[place] = atomic_load(&captures.ledger->acknowledged);
    mkdir(captures.folders[place], 0700);
    fault_capture(captures.folders[place]);
}

/* A store on the failing disk, filled and merged; captures happen meanwhile. */
static void fill_and_lose(uint64_t seed, bool normal)
{
    Ctx cx = testing_ctx();
    const char *folder = arena_format(cx.arena, "%s/power", ledger_folder()).at;
    Ledger ledger = {.access = ledger_access(cx.arena), .flight = 1 + (unsigned)(seed / 5 % 12)};
    StoreOptions options = ledger_options(cx.arena, folder);
    options.vfs = FAULT_VFS;
    options.synchronous_normal = normal;
    captures.ledger = &ledger;
    captures.count = 0;
    captures.one_in = 20;
    captures.seed = seed;
    for (unsigned i = 0; i < CAPTURES_MAX; i++)
        snprintf(captures.folders[i], sizeof(captures.folders[i]), "%s/loss%u", ledger_folder(), i);
    mkdir(folder, 0700);
    fault_reset(seed);
    check_int(store_create(&cx, &options), STATUS_OK);
    fault_renamed(arena_format(cx.arena, STR_FMT ".new", STR_ARG(options.address)).at,
                  arena_str(cx.arena, options.address).at);
    check_int(store_open(&cx, &options, &ledger.store), STATUS_OK);
    fault_observer = maybe_lose_power;
    unsigned half = COMMITS / 4 + (unsigned)(seed % (COMMITS / 2));
    ledger_run(&ledger, 1, half);
    if (seed % 2)
        check_int(store_settle(ledger.store, &cx), STATUS_OK);
    ledger_run(&ledger, half + 1, COMMITS - half);
    check_int(ledger.failed, 0);
    StoreStats stats;
    store_stats(ledger.store, &stats);
    check(stats.merges > 2); /* or the losses would miss what they are meant for */
    store_close(ledger.store);
    fault_observer = NULL;
    for (unsigned i = 0; i < captures.count; i++)
        ledger_copy_keys(folder, captures.folders[i]);
    ledger_remove(folder);
    arena_free(cx.arena);
}

typedef struct {
    unsigned points, lost, broken;
    const char *fault;
} Losses;

static void examine(unsigned place, Losses *losses)
{
    Ctx cx = testing_ctx();
    StoreOptions options = ledger_options(cx.arena, captures.folders[place]);
    Store *store;
    unsigned last = 0;
    const char *fault = NULL;
    losses->points++;
    if (store_open(&cx, &options, &store) != STATUS_OK) {
        fault = "the store does not open";
    } else {
        fault = ledger_check(store, ledger_access(cx.arena), &last);
        if (!fault && last < captures.acknowledged[place])
            losses->lost++;
        if (!fault && store_settle(store, &cx) == STATUS_OK)
            fault = ledger_check(store, ledger_access(cx.arena), &last);
        store_close(store);
    }
    if (fault) {
        losses->broken++;
        losses->fault = fault;
    }
    ledger_remove(captures.folders[place]);
    arena_free(cx.arena);
}

static Losses lose_power(unsigned points, bool normal, bool until_lost)
{
    Losses losses = {0};
    for (uint64_t seed = 1; losses.points < points; seed++) {
        fill_and_lose(seed * 7919, normal);
        for (unsigned i = 0; i < captures.count && losses.points < points; i++)
            examine(i, &losses);
        if (until_lost && losses.lost)
            break;
    }
    print_message(
        "# %u power losses, synchronous=%s: %u lost acknowledged commits, %u broken%s%s\n",
        losses.points, normal ? "NORMAL" : "FULL", losses.lost, losses.broken,
        losses.fault ? ": " : "", losses.fault ? losses.fault : "");
    return losses;
}

static void full_sync_loses_nothing(void **state)
{
    UNUSED(state);
    Losses losses = lose_power(points_wanted, false, false);
    check_int(losses.broken, 0);
    check_int(losses.lost, 0);
}

static void normal_sync_must_lose_something(void **state)
{
    UNUSED(state);
    Losses losses = lose_power(points_wanted, true, true);
    check_int(losses.broken, 0); /* late, but whole */
    check(losses.lost > 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_sync_loses_nothing),
        cmocka_unit_test(normal_sync_must_lose_something),
    };
    uint64_t points;
    if (count == 3 && strcmp(arguments[1], "--points") == 0 &&
        str_to_u64(str_of(arguments[2]), &points))
        points_wanted = (unsigned)points;
    fault_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
