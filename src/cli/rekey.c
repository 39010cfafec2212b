/* cli/rekey.c - aceso rekey: what opens the store, and the keys inside it. */
#include "cli/cli.h"

#include "cli/files.h"
#include "crypto/crypto.h"

enum { NEW_KEY_FILE, NEW_PASSPHRASE_FILE, DATA };

/* The first byte of the secret says what the rest is. */
enum { IS_KEY = 'k', IS_PASSPHRASE = 'p' };

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

/* At the caller's side: a server is given what it is, not where it stands. */
ExitCode prepare_rekey(Cli *cli)
{
    bool file = cli_has(cli, NEW_KEY_FILE), phrase = cli_has(cli, NEW_PASSPHRASE_FILE);
    Str bytes;
    if (cli->arg_count || file + phrase + cli_has(cli, DATA) != 1)
        return cli_fail_with(cli, EXIT_USAGE,
                             "Give --new-key-file, --new-passphrase-file or --data; see aceso help"
                             " rekey.");
    if (cli_has(cli, DATA))
        return EXIT_DONE;
    Status status = file ? read_key(cli, cli->options[NEW_KEY_FILE], &bytes)
                         : cli_read_passphrase(cli, cli->options[NEW_PASSPHRASE_FILE], &bytes);
    if (status == STATUS_OK) {
        char *secret = arena_alloc(cli->cx.arena, 1 + bytes.len);
        if (!secret)
            return cli_fail_with(cli, EXIT_FAILED, "Out of memory.");
        secret[0] = file ? IS_KEY : IS_PASSPHRASE;
        memcpy(secret + 1, bytes.at, bytes.len);
        cli->secret = str_n(secret, 1 + bytes.len);
    }
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_SETTINGS);
}

typedef struct {
    Cli *cli;
    Progress progress;
} Shown;

static void show(void *to, uint64_t done, uint64_t all)
{
    Shown *shown = to;
    progress_show(&shown->progress, done, all, 0);
    if (cli_is_stopping(shown->cli))
        shown->cli->cx.deadline = 1;
}

static ExitCode reseal(Cli *cli)
{
    Shown shown = {.cli = cli};
    progress_begin(&shown.progress, cli, "rekey");
    Status status = store_reseal(cli->store, &cli->cx, show, &shown);
    progress_end(&shown.progress);
    if (status == STATUS_TIMEOUT) {
        cli->cx.issues = cli->cx.issues_last = NULL;
        cli->cx.issue_count = 0;
        return cli_fail_with(cli, EXIT_FAILED, "It was stopped. aceso rekey --data goes on.");
    }
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out, "Everything in the store is sealed under a new key; the old one is gone.\n");
    return EXIT_DONE;
}

static ExitCode rewrap(Cli *cli)
{
    StoreOptions secret = {.address = STR_EMPTY};
    Str rest = str_from(cli->secret, 1);
    bool key = cli->secret.len && cli->secret.at[0] == IS_KEY;
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
            key ? "key file" : "passphrase", key ? "key_file" : "passphrase_file");
    return EXIT_DONE;
}

ExitCode run_rekey(Cli *cli)
{
    cli_catch_signals(cli);
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    return cli_has(cli, DATA) ? reseal(cli) : rewrap(cli);
}
