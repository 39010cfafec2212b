/* cli/open.c - a store by its settings, and what stands on it. */
#include "cli/cli.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/cards.h"
#include "cli/care.h"
#include "cli/files.h"
#include "cli/secret.h"
#include "crypto/crypto.h"
#include "rights/rights.h"

enum { JOBS_STOP_S = 30, KEY_FILE_BYTES = 32 };

bool cli_store_file(Cli *cli, Str *ret_path)
{
    return store_address_is_file(settings_text(&cli->settings, SETTING_STORE), ret_path);
}

Str cli_store_neighbour(Cli *cli, const char *suffix)
{
    Str path;
    if (!cli_store_file(cli, &path))
        path = settings_text(&cli->settings, SETTING_KEY_FILE);
    if (!path.len) {
        const char *state = getenv("STATE_DIRECTORY"); /* of the service manager */
        path = arena_format(cli->cx.arena, "%s/node", state ? state : "/var/lib/aceso");
    }
    return arena_format(cli->cx.arena, STR_FMT "%s", STR_ARG(path), suffix);
}

Status cli_store_options(Cli *cli, StoreOptions *ret_options)
{
    StoreOptions options = {
        .address = settings_text(&cli->settings, SETTING_STORE),
        .cache_bytes = (size_t)settings_number(&cli->settings, SETTING_CACHE),
        .readers_max = (unsigned)settings_number(&cli->settings, SETTING_READERS),
        .read_only = cli->read_only,
    };
    TRY(cli_secret(cli, &options));
    *ret_options = options;
    return STATUS_OK;
}

static Status make_key_file(Cli *cli, Str path)
{
    uint8_t key[KEY_FILE_BYTES];
    crypto_random(key, sizeof(key));
    TRY(cli_folder_make(&cli->cx, cli_file_folder(path)));
    Status status = cli_file_write(&cli->cx, path, str_n((char *)key, sizeof(key)), true);
    crypto_wipe(key, sizeof(key));
    return status;
}

Status cli_make_key_file(Cli *cli, const StoreOptions *options)
{
    bool there = !options->key_file.len || cli_file_exists(options->key_file);
    return there ? STATUS_OK : make_key_file(cli, options->key_file);
}

Status cli_make_store(Cli *cli, Str role, Str reader)
{
    StoreOptions options;
    TRY(cli_store_options(cli, &options));
    options.role = role;
    options.reader = reader;
    return cli_make_store_of(cli, &options);
}

Status cli_make_store_of(Cli *cli, const StoreOptions *options)
{
    Str path;
    if (store_address_is_file(options->address, &path)) {
        if (store_file_is_there(&cli->cx, path))
            return ctx_fail(&cli->cx, STATUS_CONFLICT, STR_EMPTY,
                            STR_FMT ": there is a store already.", STR_ARG(path));
        TRY(cli_folder_make(&cli->cx, cli_file_folder(path)));
    }
    bool new_key = options->key_file.len && !cli_file_exists(options->key_file);
    if (new_key)
        TRY(make_key_file(cli, options->key_file));
    Status status = store_create(&cli->cx, options);
    if (status != STATUS_OK && new_key) /* it would open nothing */
        unlink(options->key_file.at);
    return status;
}

ExitCode cli_open_store(Cli *cli)
{
    StoreOptions options;
    Str path;
    if (cli->store)
        return EXIT_DONE;
    if (cli_store_options(cli, &options) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    if (cli_store_file(cli, &path) && !store_file_is_there(&cli->cx, path))
        return cli_fail_with(cli, EXIT_STORE,
                             STR_FMT ": there is no store. Make one with aceso init, or name "
                                     "another with --store.",
                             STR_ARG(path));
    Status status = store_open(&cli->cx, &options, &cli->store);
    if (status == STATUS_UNAVAILABLE && cli->command->alone)
        return cli_fail_with(cli, EXIT_STORE, "%s", cli->command->alone);
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_STORE);
}

ExitCode cli_open_auth(Cli *cli, bool serving)
{
    AuthOptions options = {
        .idle_s = (unsigned)settings_number(&cli->settings, SETTING_SESSION_IDLE_TIME),
        .absolute_s = (unsigned)settings_number(&cli->settings, SETTING_SESSION_TIME),
        .background = serving,
        .events = cli->events,
    };
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE || cli->auth)
        return code;
    AuthCards *cards = serving && cards_wanted(cli) ? arena_new_of(cli->cx.arena, AuthCards) : NULL;
    options.cards = cards;
    if (cli_auth_options(cli, &options) != STATUS_OK ||
        (cards && cards_options(cli, cards) != STATUS_OK))
        return cli_fail(cli, EXIT_SETTINGS);
    if (auth_new(&cli->cx, cli->store, &options, &cli->auth) != STATUS_OK)
        return cli_fail(cli, EXIT_STORE);
    return EXIT_DONE;
}

Status cli_read_rules(Cli *cli, Rules *ret_rules)
{
    Str text, path = settings_text(&cli->settings, SETTING_RULES_FILE);
    if (!path.len)
        return rules_default(&cli->cx, ret_rules);
    TRY(cli_file_read(&cli->cx, path, RULES_BYTES_MAX, &text));
    return rules_parse(&cli->cx, text, ret_rules);
}

/* What the site adds to the label rules; record checks it. */
static Status read_label_rules(Cli *cli, Str *ret_text)
{
    enum { LABEL_RULES_BYTES_MAX = 4 << 20 };
    Str path = settings_text(&cli->settings, SETTING_LABEL_RULES_FILE);
    *ret_text = STR_EMPTY;
    return path.len ? cli_file_read(&cli->cx, path, LABEL_RULES_BYTES_MAX, ret_text) : STATUS_OK;
}

ExitCode cli_open_record(Cli *cli, bool any_id)
{
    Rules *rules = arena_new_of(cli->cx.arena, Rules);
    RightsOptions rights = {.rules = rules};
    RecordOptions options = {
        .client_ids = any_id || settings_flag(&cli->settings, SETTING_CLIENT_IDS),
        .resource_bytes_max = (size_t)settings_number(&cli->settings, SETTING_BODY_SIZE),
        .bundle_entries_max = (size_t)settings_number(&cli->settings, SETTING_BUNDLE_ENTRIES),
        .conditional_deletes = (size_t)settings_number(&cli->settings, SETTING_CONDITIONAL_DELETES),
        .programs = true,
        .words = settings_flag(&cli->settings, SETTING_WORD_INDEX),
        .country = settings_text(&cli->settings, SETTING_PHONE_COUNTRY),
        .rights = &rights,
        .guards = care_guards,
        .guard_count = care_guard_count,
        .operations = care_operations,
        .operation_count = care_operation_count,
    };
    if (!rules || cli_read_rules(cli, rules) != STATUS_OK ||
        read_label_rules(cli, &options.label_rules) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    Str base_url = settings_text(&cli->settings, SETTING_BASE_URL);
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    if (base_url.len)
        options.base = arena_format(cli->cx.arena, STR_FMT "/fhir", STR_ARG(base_url));
    if (cli->record)
        record_free(cli->record); /* the demo fills with one, serves with another */
    cli->record = NULL;
    const Access *self = auth_operator(cli->cx.arena);
    if (record_new(&cli->cx, cli->store, self, &options, &cli->record) != STATUS_OK)
        return cli_fail(cli, EXIT_STORE);
    return EXIT_DONE;
}

ExitCode cli_open_oauth(Cli *cli)
{
    OauthOptions options = {.self_registration =
                                settings_flag(&cli->settings, SETTING_PROGRAMS_REGISTER)};
    if (cli_read_site(cli) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    options.site = cli->site;
    ExitCode code = cli_open_auth(cli, false);
    if (code == EXIT_DONE && !cli->record)
        code = cli_open_record(cli, false);
    if (code != EXIT_DONE || cli->oauth)
        return code;
    const Access *self = auth_operator(cli->cx.arena);
    if (oauth_new(&cli->cx, cli->store, cli->auth, cli->record, self, &options, &cli->oauth) !=
        STATUS_OK)
        return cli_fail(cli, EXIT_STORE);
    return EXIT_DONE;
}

void cli_close(Cli *cli)
{
    if (!cli_jobs_stop(cli, JOBS_STOP_S))
        _exit(EXIT_FAILED); /* somebody is still inside: nobody may free what he uses */
    oauth_free(cli->oauth);
    cli->oauth = NULL;
    if (cli->auth)
        auth_free(cli->auth);
    if (cli->record)
        record_free(cli->record);
    cli_close_cache(cli);
    if (cli->store)
        store_close(cli->store);
    cli->auth = NULL;
    cli->record = NULL;
    cli->store = NULL;
}
