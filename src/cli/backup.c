/* cli/backup.c - aceso backup, restore, check. */
#include "cli/cli.h"

#include <stdio.h>

static void show(void *to, uint64_t done, uint64_t all)
{
    progress_show(to, done, all, 0);
}

ExitCode run_backup(Cli *cli)
{
    Progress progress;
    if (cli->arg_count != 1)
        return cli_fail_with(cli, EXIT_USAGE, "Name one file; see aceso help backup.");
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    progress_begin(&progress, "backup");
    Status status = store_backup(cli->store, &cli->cx, cli->args[0], show, &progress);
    progress_end(&progress);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    printf("The backup is " STR_FMT ", with its .key beside it. The same key file or passphrase "
           "opens it.\n",
           STR_ARG(cli->args[0]));
    return EXIT_DONE;
}

ExitCode run_restore(Cli *cli)
{
    StoreOptions options;
    if (cli->arg_count != 1)
        return cli_fail_with(cli, EXIT_USAGE, "Name one backup; see aceso help restore.");
    if (cli_store_options(cli, &options) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    if (store_restore(&cli->cx, cli->args[0], &options) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    printf("The store " STR_FMT " is restored.\n", STR_ARG(options.path));
    return EXIT_DONE;
}

ExitCode run_check(Cli *cli)
{
    Progress progress;
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    progress_begin(&progress, "check");
    Status status = store_check(cli->store, &cli->cx, show, &progress);
    progress_end(&progress);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAULTS);
    StoreStats stats;
    store_stats(cli->store, &stats);
    printf("No fault: %llu resources, %llu versions, %llu audit entries.\n",
           (unsigned long long)stats.resources, (unsigned long long)stats.changes,
           (unsigned long long)stats.audits);
    return EXIT_DONE;
}
