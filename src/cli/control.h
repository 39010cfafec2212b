/* cli/control.h - commands on a store that a server holds: the server does them.
 *
 * One process at a time has a store. `aceso serve` therefore listens on a socket beside it,
 * STORE.sock, for its own user and root alone; a command that finds a server there sends its
 * words, and copies what comes back to its own terminal. The command's function runs in the
 * server on a Cli that borrows the server's store and auth, and does not know where it is:
 * it says things through cli->out and cli->err, reads no terminal and no file of the caller.
 *
 * A connection carries frames, a kind and a length before each payload:
 *
 *     'A' 00 00 00 04 "list"
 *
 *     server: H hello with its version
 *     client: V version  C command  A argument...  O option [= value]...  S secret
 *             T (its standard error is a terminal)  G go
 *     server: 1 standard output...  2 standard error...  X exit code; then it closes
 *
 * It is the machine's own side door, for whoever could open the store anyway: no right of a
 * caller comes through here. Decision: docs/adr/0034. */
#ifndef ACESO_CLI_CONTROL_H
#define ACESO_CLI_CONTROL_H

#include "cli/cli.h"

typedef struct Control Control;

/* Listens for commands on the open store and auth of `server`, on threads of its own. A
 * socket that a dead server left is replaced: the caller holds the store. */
Status control_start(Cli *server, Control **ret_control) MUST_USE;
/* Removes the socket, cuts the commands that run, waits for them. False: some are still
 * inside after `seconds`, and nobody may free what they use. */
bool control_stop(Control *control, unsigned seconds);

/* Whether a command wants the server to start anew, and at once: what it has open is no longer to
 * be served. */
bool control_restarts(const Control *control);

/* Whether the client of a command that runs here has gone, or the server stops. */
bool control_is_cut(const ControlLink *link);

/* The client's side: true when a server has the store and was given the command, or could
 * not be; *ret_code is how it ended. False: nobody listens, the command runs here. */
bool control_forward(Cli *cli, ExitCode *ret_code);

/* The same for a command that goes on until its client leaves: returns when it has said its first
 * word, which is not shown. The descriptor, to be closed; -1: it failed and was said why; -2:
 * nobody listens. */
int control_hold(Cli *cli);
/* Whether a server has the store. */
bool control_is_there(Cli *cli);

#endif
