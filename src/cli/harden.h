/* cli/harden.h - what a server gives up before it serves, by the settings (harden/harden.h). */
#ifndef ACESO_CLI_HARDEN_H
#define ACESO_CLI_HARDEN_H

#include "cli/cli.h"
#include "harden/harden.h"

Status cli_hardening(Cli *cli, HardenMode *ret_mode) MUST_USE;
/* While there is one thread; what the settings name is still to be opened. */
void cli_harden_files(Cli *cli, HardenMode mode);
/* When all is open; says in the log what holds. */
void cli_harden_calls(Cli *cli, HardenMode mode);

#endif
