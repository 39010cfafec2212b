/* cli/rekey.c - aceso rekey: what opens the store, the recovery code, and the keys inside it. */
#include "cli/cli.h"

#include "cli/files.h"
#include "cli/key_command.h"
#include "cli/rekey_file.h"
#include "crypto/crypto.h"

enum {
    NEW_KEY_FILE,
    NEW_PASSPHRASE_FILE,
    NEW_KEY_COMMAND,
    NEW_KEY_INPUT,
    NEW_RECOVERY_CODE,
    NO_RECOVERY_CODE,
    RECOVERY_FILE,
    DATA
};

/* The first byte of the secret says what the rest is. */
enum { IS_KEY = 'k', IS_PASSPHRASE = 'p' };

/* ---- at the caller's side: a server is given what it is, not where it stands ------------- */

static Status read_key(Cli *cli, Str path, Str *ret_bytes)
{
    uint8_t fresh[CRYPTO_KEY_BYTES];
    if (!cli_file_exists(path)) {
        crypto_random(fresh, sizeof(fresh));
        TRY(cli_folder_make(&cli->cx, cli_file_folder(path)));
        TRY(cli_file_write(&cli->cx, path, str_n((char *)fresh, sizeof(fresh)), true));
        crypto_wipe(fresh, sizeof(fresh));
    }
    TRY(cli_file_read(&cli->cx, path, 4096, ret_bytes));
    if (ret_bytes->len == CRYPTO_KEY_BYTES)
        return STATUS_OK;
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                    STR_FMT ": a key file holds %d random bytes; this holds %zu.", STR_ARG(path),
                    CRYPTO_KEY_BYTES, ret_bytes->len);
}

static Status ask_command(Cli *cli, Str *ret_bytes)
{
    KeyCommand command = {
        .words = cli->options[NEW_KEY_COMMAND],
        .input = cli_has(cli, NEW_KEY_INPUT) ? cli->options[NEW_KEY_INPUT] : STR_EMPTY,
        .seconds = (unsigned)settings_number(&cli->settings, SETTING_KEY_COMMAND_TIME)};
    return key_command_run(cli, &command, ret_bytes);
}

static Status read_new(Cli *cli, Str *ret_bytes)
{
    if (cli_has(cli, NEW_KEY_FILE))
        return read_key(cli, cli->options[NEW_KEY_FILE], ret_bytes);
    if (cli_has(cli, NEW_KEY_COMMAND))
        return ask_command(cli, ret_bytes);
    return cli_read_passphrase(cli, cli->options[NEW_PASSPHRASE_FILE], ret_bytes);
}

static unsigned count_wishes(const Cli *cli)
{
    return cli_has(cli, NEW_KEY_FILE) + cli_has(cli, NEW_PASSPHRASE_FILE) +
           cli_has(cli, NEW_KEY_COMMAND) + cli_has(cli, NEW_RECOVERY_CODE) +
           cli_has(cli, NO_RECOVERY_CODE) + cli_has(cli, DATA);
}

static bool has_new_secret(const Cli *cli)
{
    return cli_has(cli, NEW_KEY_FILE) || cli_has(cli, NEW_PASSPHRASE_FILE) ||
           cli_has(cli, NEW_KEY_COMMAND);
}

ExitCode prepare_rekey(Cli *cli)
{
    Str bytes;
    if (cli->arg_count || count_wishes(cli) != 1 ||
        (cli_has(cli, NEW_KEY_INPUT) && !cli_has(cli, NEW_KEY_COMMAND)) ||
        (cli_has(cli, RECOVERY_FILE) && !has_new_secret(cli)))
        return cli_fail_with(cli, EXIT_USAGE,
                             "Say one thing that is to be another; see aceso help rekey.");
    if (!has_new_secret(cli))
        return EXIT_DONE;
    if (read_new(cli, &bytes) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    char *secret = arena_alloc(cli->cx.arena, 1 + bytes.len);
    if (!secret)
        return cli_fail_with(cli, EXIT_FAILED, "Out of memory.");
    secret[0] = cli_has(cli, NEW_PASSPHRASE_FILE) ? IS_PASSPHRASE : IS_KEY;
    memcpy(secret + 1, bytes.at, bytes.len);
    cli->secret = str_n(secret, 1 + bytes.len);
    return EXIT_DONE;
}

/* ---- the data ------------------------------------------------------------------------------ */

static ExitCode reseal(Cli *cli)
{
    StoreShown shown = {.cli = cli};
    Str path;
    if (cli_store_file(cli, &path))
        return rekey_file(cli, path);
    progress_begin(&shown.progress, cli, "rekey");
    Status status = store_reseal(cli->store, &cli->cx, progress_of_store, &shown);
    progress_end(&shown.progress);
    if (status == STATUS_TIMEOUT) {
        ctx_forget(&cli->cx);
        return cli_fail_with(cli, EXIT_FAILED, "It was stopped. aceso rekey --data goes on.");
    }
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out, "Everything in the store is sealed under a new key; the old one is gone.\n");
    return EXIT_DONE;
}

/* ---- what opens it ------------------------------------------------------------------------- */

static ExitCode rewrap(Cli *cli)
{
    static const char *const words[] = {[NEW_KEY_FILE] = "key file",
                                        [NEW_PASSPHRASE_FILE] = "passphrase",
                                        [NEW_KEY_COMMAND] = "key"};
    static const char *const settings[] = {[NEW_KEY_FILE] = "key_file",
                                           [NEW_PASSPHRASE_FILE] = "passphrase_file",
                                           [NEW_KEY_COMMAND] = "key_command, or the credential"};
    StoreOptions secret = {.address = STR_EMPTY};
    Str rest = str_from(cli->secret, 1);
    bool key = cli->secret.len && cli->secret.at[0] == IS_KEY;
    size_t what = cli_has(cli, NEW_KEY_COMMAND) ? NEW_KEY_COMMAND
                  : key                         ? NEW_KEY_FILE
                                                : NEW_PASSPHRASE_FILE;
    if (key)
        secret.key_bytes = rest;
    else
        secret.passphrase = rest;
    if (!rest.len || store_rewrap(cli->store, &cli->cx, &secret) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out,
            "The new %s opens the store from now on, the old one does not. Set %s before the next "
            "start, and keep a copy elsewhere. Backups that were made before open with the old "
            "one.\n",
            words[what], settings[what]);
    return EXIT_DONE;
}

ExitCode cli_make_recovery(Cli *cli)
{
    Str code = store_recovery_code(cli->cx.arena);
    if (!code.at || store_set_recovery(cli->store, &cli->cx, code) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out,
            "The recovery code, said this one time:\n\n    " STR_FMT
            "\n\nIt opens the store, and the backups that are made from now on, when the key is "
            "lost. Keep it on paper, away from the machine and the backups.\n",
            STR_ARG(code));
    return EXIT_DONE;
}

static ExitCode drop_recovery(Cli *cli)
{
    if (store_set_recovery(cli->store, &cli->cx, STR_EMPTY) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out, "No recovery code opens the store any more; backups that were made before "
                      "open with theirs.\n");
    return EXIT_DONE;
}

static ExitCode open_store(Cli *cli)
{
    cli_catch_signals(cli);
    if (!cli_has(cli, RECOVERY_FILE))
        return cli_open_store(cli);
    if (cli->store) /* a server's: it needs no recovery */
        return EXIT_DONE;
    if (cli_read_passphrase(cli, cli->options[RECOVERY_FILE], &cli->recovery) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    return cli_open_store(cli);
}

ExitCode run_rekey(Cli *cli)
{
    ExitCode code = open_store(cli);
    if (code != EXIT_DONE)
        return code;
    if (cli_has(cli, DATA))
        return reseal(cli);
    if (cli_has(cli, NEW_RECOVERY_CODE))
        return cli_make_recovery(cli);
    return cli_has(cli, NO_RECOVERY_CODE) ? drop_recovery(cli) : rewrap(cli);
}
