/* cli/init.c - aceso init. */
#include "cli/cli.h"

#include <stdio.h>

enum { ROLE, READER, RECOVERY_CODE };

static Str option(const Cli *cli, size_t i)
{
    return cli_has(cli, i) ? cli->options[i] : STR_EMPTY;
}

ExitCode run_init(Cli *cli)
{
    StoreOptions options;
    Str path;
    Status status = cli_make_store(cli, option(cli, ROLE), option(cli, READER));
    if (status == STATUS_CONFLICT && !cli_store_file(cli, &path)) {
        printf("The database holds a store, with the tables that this program needs.\n");
        return EXIT_DONE;
    }
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    if (cli_store_options(cli, &options) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    if (cli_store_file(cli, &path))
        printf("The store " STR_FMT " is ready.\n", STR_ARG(path));
    else
        printf("The store in the database is ready.\n");
    if (options.key_file.len)
        printf("Its key file is " STR_FMT ". Keep a copy of it elsewhere: without it nobody can "
               "read the store, and with it anybody can.\n",
               STR_ARG(options.key_file));
    if (cli_has(cli, RECOVERY_CODE)) {
        ExitCode code = cli_open_store(cli);
        code = code == EXIT_DONE ? cli_make_recovery(cli) : code;
        if (code != EXIT_DONE)
            return code;
    }
    printf("Next: aceso account create NAME --role admin, then aceso serve.\n");
    return EXIT_DONE;
}
