/* cli/providers.c - the file of identity providers, as auth wants it.
 *
 *   {"providers":[{"id":"hospital","name":"Hospital account",
 *     "issuer":"https://login.hospital.example/realms/staff","client_id":"aceso",
 *     "secret_file":"/etc/aceso/hospital.secret","scopes":"profile",
 *     "acr_values":"loa3","second_factor":{"acr":["loa3"],"amr":["otp","hwk"]}}]}
 *
 * In place of "secret_file": "signs":true, and the provider takes our keys from /oauth/jwks. A
 * member that is not known is an error: one that is misspelt would be a rule that does not hold. */
#include "cli/cli.h"

#include "auth/provider.h"
#include "cli/files.h"
#include "json/json.h"

enum { FILE_BYTES_MAX = 64 * 1024, SECRET_BYTES_MAX = 4096 };

static const Str members[] = {
    STR_INIT("id"),     STR_INIT("name"),       STR_INIT("issuer"),
    STR_INIT("scopes"), STR_INIT("client_id"),  STR_INIT("secret_file"),
    STR_INIT("signs"),  STR_INIT("acr_values"), STR_INIT("second_factor"),
};
static const Str factor_members[] = {STR_INIT("acr"), STR_INIT("amr")};

static Status wrong(Cli *cli, const char *what)
{
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "identity_providers: %s", what);
}

static bool knows_all(const JsonValue *object, const Str *known, size_t count)
{
    Str name;
    JsonValue *value;
    for (JsonIter it = json_iter(object); json_next(&it, &name, &value);) {
        size_t i = 0;
        while (i < count && !str_eq(known[i], name))
            i++;
        if (i == count)
            return false;
    }
    return true;
}

static Status read_words(Cli *cli, const JsonValue *list, Str *words, size_t *count)
{
    Str name;
    JsonValue *one;
    if (list && !json_is(list, JSON_ARRAY))
        return wrong(cli, "acr and amr of second_factor are lists of texts.");
    for (JsonIter it = json_iter(list); json_next(&it, &name, &one);) {
        if (!json_is(one, JSON_STRING) || !json_str(one).len || *count == AUTH_PROVIDER_WORDS_MAX)
            return wrong(cli, "acr and amr of second_factor are lists of at most 8 texts.");
        words[(*count)++] = json_str(one);
    }
    return STATUS_OK;
}

static Status read_secret(Cli *cli, const JsonValue *from, AuthProvider *provider)
{
    Str text, path = json_get_str(from, STR("secret_file"));
    provider->signs = json_bool(json_get(from, STR("signs")));
    if ((path.len > 0) == provider->signs)
        return wrong(cli, "each has either \"secret_file\" or \"signs\": true.");
    if (!path.len)
        return STATUS_OK;
    TRY(cli_file_read(&cli->cx, arena_str(cli->cx.arena, path), SECRET_BYTES_MAX, &text));
    provider->secret = str_trim(str_cut(&text, '\n'));
    return provider->secret.len ? STATUS_OK : wrong(cli, "a secret_file is empty.");
}

static bool is_id(Str id)
{
    for (size_t i = 0; i < id.len; i++) {
        bool letter = (id.at[i] >= 'a' && id.at[i] <= 'z') || (id.at[i] >= '0' && id.at[i] <= '9');
        if (!letter && id.at[i] != '-')
            return false;
    }
    return id.len && id.len <= AUTH_PROVIDER_ID_MAX;
}

static Status check_provider(Cli *cli, const AuthProviders *all, const AuthProvider *provider)
{
    NetUrl url;
    if (!is_id(provider->id) || !provider->name.len || !provider->client_id.len)
        return wrong(cli, "each has an id (a-z, 0-9, -; at most 24), a name and a client_id.");
    for (size_t i = 0; i < all->count; i++) {
        if (str_eq(all->at[i].id, provider->id) || str_eq(all->at[i].issuer, provider->issuer))
            return wrong(cli, "two have the same id, or the same issuer.");
    }
    TRY(net_url_judge(&cli->cx, provider->issuer, cli->site, provider->issuer, &url));
    return url.tls ? STATUS_OK : wrong(cli, "an issuer begins with https://.");
}

static Status read_provider(Cli *cli, const JsonValue *from, AuthProviders *all)
{
    const JsonValue *factor = json_get(from, STR("second_factor"));
    if (all->count == AUTH_PROVIDERS_MAX)
        return wrong(cli, "at most 8 providers.");
    if (!json_is(from, JSON_OBJECT) || !knows_all(from, members, COUNT_OF(members)) ||
        (factor && (!json_is(factor, JSON_OBJECT) ||
                    !knows_all(factor, factor_members, COUNT_OF(factor_members)))))
        return wrong(cli, "one has a member that is not known.");
    AuthProvider provider = {.id = json_get_str(from, STR("id")),
                             .name = json_get_str(from, STR("name")),
                             .issuer = json_get_str(from, STR("issuer")),
                             .client_id = json_get_str(from, STR("client_id")),
                             .scopes = json_get_str(from, STR("scopes")),
                             .acr_values = json_get_str(from, STR("acr_values"))};
    provider.secret = STR_EMPTY;
    TRY(check_provider(cli, all, &provider));
    TRY(read_secret(cli, from, &provider));
    TRY(read_words(cli, json_get(factor, STR("acr")), provider.acr, &provider.acr_count));
    TRY(read_words(cli, json_get(factor, STR("amr")), provider.amr, &provider.amr_count));
    all->at[all->count++] = provider;
    return STATUS_OK;
}

/* With the key that signs id_tokens: its public half is at /oauth/jwks, and it changes by itself.
 */
static Status sign(void *of, Ctx *cx, Str claims, Str *ret_token)
{
    const Cli *cli = of;
    return cli->oauth
               ? oauth_sign(cli->oauth, cx, claims, ret_token)
               : ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "There is no key to sign with.");
}

Status cli_read_providers(Cli *cli, const AuthProviders **ret_providers)
{
    Str text, name, path = settings_text(&cli->settings, SETTING_IDENTITY_PROVIDERS);
    JsonValue *root, *one;
    *ret_providers = NULL;
    if (!path.len)
        return STATUS_OK;
    if (!settings_text(&cli->settings, SETTING_BASE_URL).len)
        return wrong(cli, "base_url must be set: providers send people back there.");
    AuthProviders *all = arena_new_of(cli->cx.arena, AuthProviders);
    if (!all)
        return STATUS_MEMORY;
    TRY(cli_read_site(cli));
    TRY(cli_file_read(&cli->cx, path, FILE_BYTES_MAX, &text));
    TRY(json_parse(&cli->cx, text, &root));
    if (!json_is(json_get(root, STR("providers")), JSON_ARRAY) || json_count(root) != 1)
        return wrong(cli, "the file is an object with a list \"providers\".");
    for (JsonIter it = json_iter(json_get(root, STR("providers"))); json_next(&it, &name, &one);)
        TRY(read_provider(cli, one, all));
    all->site = cli->site;
    all->sign = sign;
    all->sign_of = cli;
    *ret_providers = all;
    return STATUS_OK;
}
