/* cli/rekey_file.h - a new key for a store in a file. */
#ifndef ACESO_CLI_REKEY_FILE_H
#define ACESO_CLI_REKEY_FILE_H

#include "cli/cli.h"

/* The store of `cli` is open, in this process or in the server that runs this. */
ExitCode rekey_file(Cli *cli, Str path);

#endif
