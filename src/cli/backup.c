/* cli/backup.c - aceso backup, restore, check. */
#include "cli/cli.h"

enum { RECOVERY_FILE };

ExitCode run_backup(Cli *cli)
{
    StoreShown shown = {.cli = cli};
    if (cli->arg_count != 1)
        return cli_fail_with(cli, EXIT_USAGE, "Name one file; see aceso help backup.");
    cli->read_only = true;
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    progress_begin(&shown.progress, cli, "backup");
    Status status = store_backup(cli->store, &cli->cx, cli->args[0], progress_of_store, &shown);
    progress_end(&shown.progress);
    if (status == STATUS_TIMEOUT) {
        ctx_forget(&cli->cx); /* they speak of a request's time */
        return cli_fail_with(cli, EXIT_FAILED, "The backup was stopped; there is none.");
    }
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out,
            "The backup is " STR_FMT ", with its .key beside it. The same key file or passphrase "
            "opens it.\n",
            STR_ARG(cli->args[0]));
    return EXIT_DONE;
}

/* The code opens the copy, which then opens with what the settings name, made if it is not there.
 */
static Status recover(Cli *cli, StoreOptions *options)
{
    TRY(cli_read_passphrase(cli, cli->options[RECOVERY_FILE], &options->recovery));
    return cli_make_key_file(cli, options);
}

ExitCode run_restore(Cli *cli)
{
    StoreOptions options;
    if (cli->arg_count != 1)
        return cli_fail_with(cli, EXIT_USAGE, "Name one backup; see aceso help restore.");
    if (cli_store_options(cli, &options) != STATUS_OK ||
        (cli_has(cli, RECOVERY_FILE) && recover(cli, &options) != STATUS_OK))
        return cli_fail(cli, EXIT_SETTINGS);
    if (store_restore(&cli->cx, cli->args[0], &options) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out, "The store " STR_FMT " is restored.\n", STR_ARG(options.address));
    return EXIT_DONE;
}

ExitCode run_check(Cli *cli)
{
    StoreShown shown = {.cli = cli};
    cli->read_only = true;
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    progress_begin(&shown.progress, cli, "check");
    Status status = store_check(cli->store, &cli->cx, progress_of_store, &shown);
    progress_end(&shown.progress);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAULTS);
    StoreStats stats;
    store_stats(cli->store, &stats);
    fprintf(cli->out, "No fault: %llu resources, %llu versions, %llu audit entries.\n",
            (unsigned long long)stats.resources, (unsigned long long)stats.changes,
            (unsigned long long)stats.audits);
    return EXIT_DONE;
}
