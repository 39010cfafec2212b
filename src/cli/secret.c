/* cli/secret.c - what opens the store: the first that there is of
 *
 *     a credential      $CREDENTIALS_DIRECTORY/aceso.key, from the service manager (and its TPM)
 *     a key command     key_command: the client of a KMS, a PKCS#11 tool
 *     a key file        key_file
 *     a passphrase      ACESO_PASSPHRASE, or passphrase_file
 *     a key file        beside the store: STORE.secret
 *
 * A command is run once, while programs may still be started; a server that becomes its successor
 * hands the key over (service.h). docs/adr/0170 */
#include "cli/secret.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/key_command.h"
#include "crypto/crypto.h"

enum { KEY_TEXT_BYTES_MAX = 4096 };

/* ---- which -------------------------------------------------------------------------- */

typedef enum { BY_CREDENTIAL, BY_COMMAND, BY_KEY_FILE, BY_PASSPHRASE, BY_NOTHING } Source;

/* at = NULL: there is none. */
static Str credential_path(Cli *cli)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    Str path =
        folder && *folder ? arena_format(cli->cx.arena, "%s/aceso.key", folder) : (Str){NULL, 0};
    return path.at && cli_file_exists(path) ? path : (Str){NULL, 0};
}

static const char *given_passphrase(void)
{
    const char *given = getenv("ACESO_PASSPHRASE");
    return given && *given ? given : NULL;
}

static bool is_set(const Cli *cli, SettingName name)
{
    return settings_text(&cli->settings, name).len > 0;
}

static Source source_of(Cli *cli)
{
    if (credential_path(cli).at)
        return BY_CREDENTIAL;
    if (is_set(cli, SETTING_KEY_COMMAND))
        return BY_COMMAND;
    if (is_set(cli, SETTING_KEY_FILE))
        return BY_KEY_FILE;
    return given_passphrase() || is_set(cli, SETTING_PASSPHRASE_FILE) ? BY_PASSPHRASE : BY_NOTHING;
}

static KeyCommand command_of(const Cli *cli)
{
    return (KeyCommand){.words = settings_text(&cli->settings, SETTING_KEY_COMMAND),
                        .input = settings_text(&cli->settings, SETTING_KEY_COMMAND_INPUT),
                        .seconds =
                            (unsigned)settings_number(&cli->settings, SETTING_KEY_COMMAND_TIME)};
}

/* ---- taking it ---------------------------------------------------------------------- */

Status cli_read_passphrase(Cli *cli, Str path, Str *ret_passphrase)
{
    Str text;
    TRY(cli_file_read(&cli->cx, path, 64 * 1024, &text));
    *ret_passphrase = str_trim(str_cut(&text, '\n'));
    if (!ret_passphrase->len)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        STR_FMT ": its first line must be the passphrase.", STR_ARG(path));
    return STATUS_OK;
}

static Status read_credential(Cli *cli, Str *ret_key)
{
    Str text, path = credential_path(cli);
    TRY(cli_file_read(&cli->cx, path, KEY_TEXT_BYTES_MAX, &text));
    return key_read(cli->cx.arena, text, ret_key)
               ? STATUS_OK
               : ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                          "The credential aceso.key is no key: %d random bytes, or they in base64 "
                          "or hex.",
                          CRYPTO_KEY_BYTES);
}

/* Once: a server asks for its store's options more than once. */
static Status ask_command(Cli *cli, Str *ret_key)
{
    KeyCommand command = command_of(cli);
    if (!cli->key.len)
        TRY(key_command_run(cli, &command, &cli->key));
    *ret_key = cli->key;
    return STATUS_OK;
}

static Status name_key_beside(Cli *cli, StoreOptions *options)
{
    Str path;
    if (!cli_store_file(cli, &path))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "A store in a database needs key_file, key_command, a credential or a "
                        "passphrase: every node needs the same one.");
    options->key_file = arena_format(cli->cx.arena, STR_FMT ".secret", STR_ARG(path));
    return options->key_file.at ? STATUS_OK : STATUS_MEMORY;
}

Status cli_secret(Cli *cli, StoreOptions *options)
{
    const char *given = given_passphrase();
    if (cli->recovery.len) {
        options->recovery = cli->recovery;
        return STATUS_OK;
    }
    Str file = settings_text(&cli->settings, SETTING_PASSPHRASE_FILE);
    switch (source_of(cli)) {
    case BY_CREDENTIAL: return read_credential(cli, &options->key_bytes);
    case BY_COMMAND: return ask_command(cli, &options->key_bytes);
    case BY_KEY_FILE:
        options->key_file = settings_text(&cli->settings, SETTING_KEY_FILE);
        return STATUS_OK;
    case BY_PASSPHRASE:
        options->passphrase = given ? str_of(given) : STR_EMPTY;
        return given ? STATUS_OK : cli_read_passphrase(cli, file, &options->passphrase);
    case BY_NOTHING: break;
    }
    return name_key_beside(cli, options);
}

/* ---- looking at it only ------------------------------------------------------------- */

static Status check_key_file(Cli *cli, Str path)
{
    return cli_file_exists(path)
               ? STATUS_OK
               : ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                          "key_file: there is no file " STR_FMT ".", STR_ARG(path));
}

Status cli_secret_check(Cli *cli, const char **ret_words)
{
    StoreOptions options = {.address = STR_EMPTY};
    KeyCommand command = command_of(cli);
    static const char *const words[] = {[BY_CREDENTIAL] = "the credential aceso.key",
                                        [BY_COMMAND] = "the key of key_command",
                                        [BY_KEY_FILE] = "key_file",
                                        [BY_PASSPHRASE] = "a passphrase",
                                        [BY_NOTHING] = "the key file beside it"};
    Source source = source_of(cli);
    *ret_words = words[source];
    if (source == BY_COMMAND)
        return key_command_check(cli, &command);
    TRY(cli_secret(cli, &options));
    return options.key_file.len ? check_key_file(cli, options.key_file) : STATUS_OK;
}

Str cli_secret_folder(Cli *cli)
{
    Str path = credential_path(cli);
    return path.at ? cli_file_folder(path) : STR_EMPTY;
}
