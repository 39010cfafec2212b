/* cli/cache.c - Redis by its settings, with the key that all nodes of a store share, and what
 * stands on it: events and limits.
 *
 * The key is an item of the store, made by the first node that looks for one: whoever may read the
 * store may read what its nodes put into Redis, and nobody else. */
#include "cli/cli.h"

#include "cli/files.h"
#include "store/item.h"

static Status key_of_store(Cli *cli, uint8_t ret_key[CRYPTO_KEY_BYTES])
{
    const Access *self = auth_operator(cli->cx.arena);
    uint8_t fresh[CRYPTO_KEY_BYTES];
    Str hex, key;
    crypto_random(fresh, sizeof(fresh));
    StoreItem item = {STR("cache"), STR("key"),
                      crypto_hex(cli->cx.arena, str_n((char *)fresh, sizeof(fresh)))};
    crypto_wipe(fresh, sizeof(fresh));
    if (!self || !item.value.at)
        return STATUS_MEMORY;
    TRY(store_item_once(cli->store, &cli->cx, self, &item, &hex));
    if (!crypto_hex_decode(cli->cx.arena, hex, &key) || key.len != CRYPTO_KEY_BYTES)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "The key for Redis in the store is damaged.");
    memcpy(ret_key, key.at, CRYPTO_KEY_BYTES);
    return STATUS_OK;
}

static Status cache_options(Cli *cli, CacheOptions *ret_options)
{
    Str path = settings_text(&cli->settings, SETTING_REDIS_PASSWORD_FILE), text;
    *ret_options = (CacheOptions){
        .url = settings_text(&cli->settings, SETTING_REDIS),
        .timeout_ms = (unsigned)settings_number(&cli->settings, SETTING_REDIS_TIMEOUT),
    };
    if (!path.len)
        return STATUS_OK;
    TRY(cli_file_read(&cli->cx, path, 64 * 1024, &text));
    ret_options->password = str_trim(str_cut(&text, '\n'));
    return STATUS_OK;
}

Status cli_check_cache(Cli *cli)
{
    CacheOptions options;
    TRY(cache_options(cli, &options));
    return options.url.len ? cache_check_url(&cli->cx, options.url) : STATUS_OK;
}

static Status open_cache(Cli *cli)
{
    CacheOptions options;
    TRY(cache_options(cli, &options));
    if (!options.url.len)
        return STATUS_OK;
    TRY(key_of_store(cli, options.key));
    Status status = cache_open(&cli->cx, &options, &cli->cache);
    crypto_wipe(options.key, sizeof(options.key));
    return status;
}

static Status open_limits(Cli *cli, SettingName name, Str kind, Limits **ret_limits)
{
    uint64_t per_window = settings_number(&cli->settings, name) * LIMIT_WINDOW_S / 60;
    return per_window ? limits_new(&cli->cx, cli->cache, kind, per_window, ret_limits) : STATUS_OK;
}

ExitCode cli_open_cache(Cli *cli)
{
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    if (open_cache(cli) != STATUS_OK ||
        events_new(&cli->cx, cli->cache, &cli->events) != STATUS_OK ||
        open_limits(cli, SETTING_REQUESTS_PER_ACCOUNT, STR("account"), &cli->account_limits) !=
            STATUS_OK ||
        open_limits(cli, SETTING_REQUESTS_PER_ADDRESS, STR("address"), &cli->address_limits) !=
            STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    return EXIT_DONE;
}

void cli_close_cache(Cli *cli)
{
    events_free(cli->events);
    cache_close(cli->cache);
    limits_free(cli->account_limits);
    limits_free(cli->address_limits);
    cli->events = NULL;
    cli->cache = NULL;
    cli->account_limits = cli->address_limits = NULL;
}
