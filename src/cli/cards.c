/* cli/cards.c - signing in with identity cards, by the settings. */
#include "cli/cards.h"

#include <dirent.h>
#include <errno.h>

#include "cli/files.h"
#include "crypto/card.h"
#include "net/net.h"

enum { FILES_MAX = 1024, FILE_BYTES_MAX = 1 << 20, WORDS_MAX = 64 };

bool cards_wanted(const Cli *cli)
{
    return settings_number(&cli->settings, SETTING_EID_PORT) != 0;
}

static Status wrong(Cli *cli, const char *sentence)
{
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "%s", sentence);
}

/* "a b c" */
static Status read_words(Cli *cli, SettingName name, const Str **ret_words, size_t *ret_count)
{
    Str rest = settings_text(&cli->settings, name);
    Str *words = arena_array_of(cli->cx.arena, Str, WORDS_MAX);
    size_t count = 0;
    if (!words)
        return STATUS_MEMORY;
    while (rest.len) {
        Str word = str_trim(str_cut(&rest, ' '));
        if (word.len && count == WORDS_MAX)
            return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "%s has more than %d words.",
                            setting_rows[name].name, WORDS_MAX);
        if (word.len)
            words[count++] = word;
    }
    *ret_words = words;
    *ret_count = count;
    return STATUS_OK;
}

static void close_folder(void *folder)
{
    closedir(folder);
}

static Status read_folder(Cli *cli, Str path, const Str **ret_pems, size_t *ret_count)
{
    Ctx *cx = &cli->cx;
    Str *pems = arena_array_of(cx->arena, Str, FILES_MAX);
    void **slot = arena_defer(cx->arena, close_folder, NULL);
    size_t count = 0;
    if (!pems || !slot)
        return STATUS_MEMORY;
    DIR *folder = *slot = opendir(path.at);
    if (!folder)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, "eid_certificates: " STR_FMT ": %s.",
                        STR_ARG(path), strerror(errno));
    for (struct dirent *entry; (entry = readdir(folder));) {
        Str name = str_of(entry->d_name);
        if (!str_has_suffix(name, STR(".pem")))
            continue;
        if (count == FILES_MAX)
            return wrong(cli, "eid_certificates: too many files.");
        Str file = arena_format(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(path), STR_ARG(name));
        TRY(cli_file_read(cx, file, FILE_BYTES_MAX, &pems[count++]));
    }
    *ret_pems = pems;
    *ret_count = count;
    return STATUS_OK;
}

/* "https://chart.example.org" with the other port. */
static Status door_of(Cli *cli, Str *ret_door)
{
    Str base = settings_text(&cli->settings, SETTING_BASE_URL);
    Str given = settings_text(&cli->settings, SETTING_EID_URL);
    if (!base.len)
        return wrong(cli, "eid_port needs base_url: where browsers go back to.");
    if (given.len) {
        *ret_door = given;
        return str_has_prefix(given, STR("https://")) && given.at[given.len - 1] != '/'
                   ? STATUS_OK
                   : wrong(cli, "eid_url must be like https://card.example.org, without a path.");
    }
    size_t scheme = str_index(base, ':') + 3, end = base.len;
    for (size_t i = base.len; i > scheme && base.at[i - 1] != ']'; i--) {
        if (base.at[i - 1] == ':')
            end = i - 1;
    }
    *ret_door = arena_format(cli->cx.arena, STR_FMT ":%llu", STR_ARG(str_head(base, end)),
                             (unsigned long long)settings_number(&cli->settings, SETTING_EID_PORT));
    return ret_door->at ? STATUS_OK : STATUS_MEMORY;
}

/* The responder that the settings name may stand in the site's own network; one that a certificate
 * names may not. */
static Status ask_responder(void *of, Ctx *cx, Str url, Str type, Str body, size_t bytes_max,
                            Str *ret_answer)
{
    const Cli *cli = of;
    const NetHeader headers[] = {{STR("Content-Type"), type},
                                 {STR("Accept"), STR("application/ocsp-response")}};
    NetRequest request = {.method = NET_POST,
                          .url = url,
                          .http_too = true, /* the answer is signed */
                          .headers = headers,
                          .header_count = COUNT_OF(headers),
                          .body = body,
                          .body_bytes_max = bytes_max,
                          .site = cli->site,
                          .named = settings_text(&cli->settings, SETTING_EID_OCSP)};
    NetResponse response;
    TRY(net_fetch(cx, &request, &response));
    *ret_answer = response.body;
    return response.http == 200 ? STATUS_OK : STATUS_UNAVAILABLE;
}

Status cards_options(Cli *cli, AuthCards *ret_cards)
{
    const Settings *s = &cli->settings;
    Str folder = settings_text(s, SETTING_EID_CERTIFICATES);
    AuthCards cards = {.responder = settings_text(s, SETTING_EID_OCSP),
                       .age_s = (unsigned)settings_number(s, SETTING_EID_OCSP_AGE),
                       .fetch = ask_responder,
                       .fetch_of = cli};
    CryptoPins *pins;
    TRY(cli_read_site(cli));
    TRY(door_of(cli, &cards.door));
    if (!folder.len)
        return wrong(cli, "eid_port needs eid_certificates: whose cards are believed.");
    if (settings_number(s, SETTING_EID_PORT) == settings_number(s, SETTING_PORT))
        return wrong(cli, "eid_port and port must be two.");
    TRY(read_folder(cli, folder, &cards.pems, &cards.pem_count));
    TRY(read_words(cli, SETTING_EID_POLICIES, &cards.policies, &cards.policy_count));
    TRY(crypto_pins_make(&cli->cx, cards.pems, cards.pem_count, cards.policies, cards.policy_count,
                         &pins));
    *ret_cards = cards;
    return STATUS_OK;
}

Status cards_check(Cli *cli)
{
    AuthCards cards;
    return cards_wanted(cli) ? cards_options(cli, &cards) : STATUS_OK;
}

Status cards_http(Cli *cli, const HttpOptions *of_pages, HttpOptions *ret_options)
{
    *ret_options = *of_pages;
    ret_options->listener_count = 0;
    ret_options->port = (uint16_t)settings_number(&cli->settings, SETTING_EID_PORT);
    ret_options->threads = 1;
    ret_options->workers = 2;
    ret_options->connections_max = CARDS_CONNECTIONS_MAX;
    ret_options->card_door = true;
    ret_options->card_roots_pem = auth_cards_pem(cli->auth);
    return read_words(cli, SETTING_EID_HEADER_FROM, &ret_options->card_header_from,
                      &ret_options->card_header_count);
}
