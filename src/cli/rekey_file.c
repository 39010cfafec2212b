/* cli/rekey_file.c - aceso rekey --data on a store in a file: a move into a new file beside it,
 * which then takes its name.
 *
 * In a server it is the server that does it, while it serves; then it starts anew and finds the new
 * file (store/sqlite/rekeyed.c). docs/adr/0170 */
#include "cli/rekey_file.h"

#include "cli/files.h"
#include "cli/service.h"
#include "move/move.h"

typedef struct {
    Cli *cli;
    Str path, new_path, old_path;
    Store *to;
    MoveReport report;
    Progress progress;
} Rekey;

static bool tell(void *of, MovePhase phase, uint64_t done, uint64_t all)
{
    Rekey *rekey = of;
    UNUSED(phase);
    progress_show(&rekey->progress, done, all, 0);
    return !cli_is_stopping(rekey->cli);
}

/* The same opens it that opens the old one. */
static Status open_new(Rekey *rekey)
{
    Cli *cli = rekey->cli;
    StoreOptions options = {.address = rekey->new_path,
                            .like = cli->store,
                            .use = STORE_FILL,
                            .cache_bytes = (size_t)32 << 20};
    if (!cli_file_exists(rekey->new_path))
        TRY(store_create(&cli->cx, &options));
    return store_open(&cli->cx, &options, &rekey->to);
}

static Status copy(Rekey *rekey)
{
    Cli *cli = rekey->cli;
    MoveOptions options = {.from = cli->store,
                           .to = rekey->to,
                           .access = auth_operator(cli->cx.arena),
                           .words = rekey->new_path,
                           .tell = tell,
                           .tell_to = rekey};
    progress_begin(&rekey->progress, cli, "rekey");
    Status status = move_run(&cli->cx, &options, &rekey->report);
    progress_end(&rekey->progress);
    return status;
}

/* Before anything is done: a server must be able to start anew at its end. */
static Status check(Rekey *rekey)
{
    Cli *cli = rekey->cli;
    if (cli_file_exists(rekey->old_path))
        return ctx_fail(&cli->cx, STATUS_CONFLICT, STR_EMPTY,
                        "The file " STR_FMT
                        " is there, of an earlier aceso rekey --data: remove it "
                        "and its .key first.",
                        STR_ARG(rekey->old_path));
    if (cli->link && !service_can_start(cli->argv))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "The server would not start again with its settings as they are now: see "
                        "aceso serve --check.");
    return STATUS_OK;
}

static ExitCode fail(Rekey *rekey, Status status)
{
    Cli *cli = rekey->cli;
    store_close(rekey->to);
    if (status != STATUS_TIMEOUT)
        return cli_fail(cli, EXIT_FAILED);
    ctx_forget(&cli->cx);
    return cli_fail_with(cli, EXIT_FAILED, "It was stopped. aceso rekey --data goes on.");
}

/* Where no server is, it takes its place here: the store is closed and opened again. */
static ExitCode take_place(Rekey *rekey)
{
    Cli *cli = rekey->cli;
    if (cli->link) {
        cli->restart = true;
        fprintf(cli->out, "The server starts anew on it.\n");
        return EXIT_DONE;
    }
    store_close(cli->store);
    cli->store = NULL;
    return cli_open_store(cli);
}

ExitCode rekey_file(Cli *cli, Str path)
{
    Rekey *rekey = arena_new_of(cli->cx.arena, Rekey);
    if (!rekey)
        return cli_fail_with(cli, EXIT_FAILED, "Out of memory.");
    *rekey = (Rekey){.cli = cli,
                     .path = path,
                     .new_path = arena_format(cli->cx.arena, STR_FMT STORE_REKEYED, STR_ARG(path)),
                     .old_path = arena_format(cli->cx.arena, STR_FMT ".old", STR_ARG(path))};
    Status status = check(rekey);
    if (status == STATUS_OK)
        status = open_new(rekey);
    if (status == STATUS_OK)
        status = copy(rekey);
    if (status != STATUS_OK)
        return fail(rekey, status);
    store_close(rekey->to);
    fprintf(cli->out,
            "Everything is in a new file under a new key, compared with the old one; writes were "
            "stopped for %.2f s.\n",
            (double)rekey->report.paused / 1e6);
    ExitCode code = take_place(rekey);
    if (code == EXIT_DONE)
        fprintf(cli->out,
                "The old file is " STR_FMT " then: remove it, its .key and what else begins so. "
                "Backups that were made before have the old key.\n",
                STR_ARG(rekey->old_path));
    return code;
}
