/* cli/key_command.h - the key of a store out of another program: the client of a KMS, a PKCS#11
 * tool, a script.
 *
 * It is run once, before the server gives up starting programs. docs/guide/keys.md */
#ifndef ACESO_CLI_KEY_COMMAND_H
#define ACESO_CLI_KEY_COMMAND_H

#include "cli/cli.h"

/* Words with blanks between them, the first a path from the root; no shell looks at them. `input`
 * (or empty) names the file that it reads on its standard input. */
typedef struct {
    Str words, input;
    unsigned seconds; /* then it is ended, and all that it has started */
} KeyCommand;

/* Whether it could be started: nothing is. With an issue. */
Status key_command_check(Cli *cli, const KeyCommand *command) MUST_USE;
/* What it says on its standard output, as key_read takes it. STATUS_INVALID with a sentence: it
 * cannot be started, failed, took too long, said too much or something else. */
Status key_command_run(Cli *cli, const KeyCommand *command, Str *ret_key) MUST_USE;

/* CRYPTO_KEY_BYTES bytes as they are, or as text: base64 or hex and a line end. In the arena. */
bool key_read(Arena *arena, Str said, Str *ret_key);

#endif
