/* cli/secret.h - what opens the store, by the settings and what the service manager gives. */
#ifndef ACESO_CLI_SECRET_H
#define ACESO_CLI_SECRET_H

#include "cli/cli.h"

/* Into key_bytes, key_file or passphrase. A command is run at the first call; its key is kept in
 * `cli`. With an issue. */
Status cli_secret(Cli *cli, StoreOptions *options) MUST_USE;
/* Whether what is named is there; no command is run. *ret_words say what it is. */
Status cli_secret_check(Cli *cli, const char **ret_words) MUST_USE;
/* The folder of the credential; or empty. */
Str cli_secret_folder(Cli *cli);

#endif
