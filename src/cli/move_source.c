/* cli/move_source.c - what aceso move asks of a server that has the source: a command between two
 * processes of this program, over the control socket.
 *
 * A seal lasts as long as its client stays: when a move is killed, the server writes on. */
#include "cli/cli.h"

#include <time.h>

#include "store/moving.h"

enum { LOOK_MS = 10 };

static void look_away(void)
{
    struct timespec pause = {0, LOOK_MS * 1000000L};
    nanosleep(&pause, NULL);
}

static bool was_moved(Cli *cli, const Access *access)
{
    Ctx cx = {.arena = arena_new((size_t)1 << 20, false)};
    StoreReader *reader;
    Str words = STR_EMPTY;
    bool moved = cx.arena && store_read_begin(cli->store, &cx, access, &reader) == STATUS_OK &&
                 store_moved_to(reader, &words) == STATUS_OK && words.len;
    arena_free(cx.arena);
    return moved;
}

static ExitCode seal(Cli *cli, const Access *access)
{
    if (store_seal(cli->store, &cli->cx, access, STORE_SEALED, STR_EMPTY) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out, "sealed\n");
    fflush(cli->out);
    while (!cli_is_stopping(cli))
        look_away();
    if (was_moved(cli, access))
        return EXIT_DONE;
    Status status = store_seal(cli->store, &cli->cx, access, STORE_UNSEALED, STR_EMPTY);
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}

ExitCode run_move_source(Cli *cli)
{
    const Access *access = auth_operator(cli->cx.arena);
    Str verb = cli->arg_count ? cli->args[0] : STR_EMPTY;
    Str word = cli->arg_count > 1 ? cli->args[1] : STR_EMPTY;
    Status status = STATUS_INVALID;
    if (!cli->link)
        return cli_fail_with(cli, EXIT_USAGE, "Only a server that has the store does this.");
    if (str_eq(verb, STR("seal")))
        return seal(cli, access);
    if (str_eq(verb, STR("unseal")))
        status = store_seal(cli->store, &cli->cx, access, STORE_UNSEALED, STR_EMPTY);
    else if (str_eq(verb, STR("moved")) && word.len)
        status = store_seal(cli->store, &cli->cx, access, STORE_MOVED, word);
    else if (str_eq(verb, STR("log-keys")))
        status = store_log_keys(cli->store, &cli->cx, access, str_eq(word, STR("on")));
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}
