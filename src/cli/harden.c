/* cli/harden.c - what a server gives up, by its settings: the folders it keeps, the ports it may
 * connect to. */
#include "cli/harden.h"

#include <limits.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/files.h"
#include "cli/secret.h"
#include "cli/service.h"

/* What libraries read: names, certificates, zones, fonts, the processor. */
static const char *const of_the_system[] = {
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/proc",
    "/sys/devices/system",
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/pki",
    "/etc/crypto-policies",
    "/etc/gnutls",
    "/etc/pkcs11",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/passwd",
    "/etc/group",
    "/etc/fonts",
    "/var/cache/fontconfig",
    "/etc/locale.alias",
    "/etc/postgresql-common",
    "/dev/random",
    "/dev/urandom",
};
static const char *const temporary[] = {"/tmp", "/var/tmp", "/dev/null", "/dev/zero", "/dev/shm"};

/* Files and folders that settings name. A file is given with its folder: it may be replaced. */
static const SettingName read_files[] = {SETTING_KEY_FILE,
                                         SETTING_PASSPHRASE_FILE,
                                         SETTING_KEY_COMMAND_INPUT,
                                         SETTING_TLS_CERTIFICATE,
                                         SETTING_TLS_KEY,
                                         SETTING_RULES_FILE,
                                         SETTING_LABEL_RULES_FILE,
                                         SETTING_BREACHED_PASSWORDS,
                                         SETTING_OUTGOING_CA,
                                         SETTING_MAIL_PASSWORD_FILE,
                                         SETTING_REDIS_PASSWORD_FILE};
static const SettingName read_folders[] = {SETTING_EID_CERTIFICATES, SETTING_BREACHED_PASSWORDS};
static const SettingName write_folders[] = {SETTING_BACKUP_DIR};

/* What is connected to when an address names no port. */
static const struct {
    SettingName setting;
    Str prefix;
    uint16_t port;
} usual_ports[] = {
    {SETTING_STORE, STR_INIT("postgres:"), 5432},   {SETTING_REDIS, STR_INIT("redis"), 6379},
    {SETTING_MAIL_SERVER, STR_INIT("smtps:"), 465}, {SETTING_MAIL_SERVER, STR_INIT("smtp:"), 587},
    {SETTING_MAIL_SERVER, STR_INIT("smtp:"), 25},   {SETTING_MAIL_SERVER, STR_INIT("smtp+"), 25},
};

static void add(const char **list, size_t *count, Str path)
{
    if (path.len && path.at && *count < HARDEN_PATHS_MAX)
        list[(*count)++] = path.at;
}

static void may_read(HardenPlaces *places, Str path)
{
    add(places->read, &places->read_count, path);
}

static void may_write(HardenPlaces *places, Str path)
{
    add(places->write, &places->write_count, path);
}

/* A text that ends where the folder's name does. */
static Str folder_of(Cli *cli, Str path)
{
    return arena_str(cli->cx.arena, cli_file_folder(path));
}

/* The folder, and where the file is when its name is a link. */
static void may_read_file(Cli *cli, HardenPlaces *places, Str path)
{
    char real[PATH_MAX];
    may_read(places, folder_of(cli, path));
    if (realpath(path.at, real))
        may_read(places, folder_of(cli, str_of(real)));
}

static void add_port(HardenPlaces *places, uint64_t port)
{
    if (port && port <= UINT16_MAX && places->port_count < HARDEN_PORTS_MAX)
        places->ports[places->port_count++] = (uint16_t)port;
}

/* ":8443" and "port=5433", wherever they stand in an address. One too many does no harm. */
static void add_ports_of(HardenPlaces *places, Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool begins = text.at[i] == ':' ||
                      (text.at[i] == '=' && str_has_suffix(str_head(text, i), STR("port")));
        size_t end = i + 1;
        uint64_t port = 0;
        while (begins && end < text.len && text.at[end] >= '0' && text.at[end] <= '9')
            end++;
        if (begins && end > i + 1 && str_to_u64(str_n(text.at + i + 1, end - i - 1), &port))
            add_port(places, port);
    }
}

static void find_ports(Cli *cli, HardenPlaces *places)
{
    static const SettingName addresses[] = {SETTING_STORE,         SETTING_REDIS,
                                            SETTING_MAIL_SERVER,   SETTING_OUTGOING_HOSTS,
                                            SETTING_AUDIT_WITNESS, SETTING_EID_OCSP};
    add_port(places, 443);
    add_port(places, 80);
    for (size_t i = 0; i < COUNT_OF(addresses); i++)
        add_ports_of(places, settings_text(&cli->settings, addresses[i]));
    for (size_t i = 0; i < COUNT_OF(usual_ports); i++) {
        if (str_has_prefix(settings_text(&cli->settings, usual_ports[i].setting),
                           usual_ports[i].prefix))
            add_port(places, usual_ports[i].port);
    }
    const char *given = getenv("PGPORT");
    uint64_t port;
    if (given && str_to_u64(str_of(given), &port))
        add_port(places, port);
}

/* The file of identity providers names addresses, and files of secrets: "/etc/aceso/x.secret". What
 * is wrong with it is said when it is read in earnest. */
static void look_at_providers(Cli *cli, HardenPlaces *places)
{
    enum { FILE_BYTES_MAX = 64 * 1024 };
    Ctx quiet = {.arena = cli->cx.arena};
    Str text, path = settings_text(&cli->settings, SETTING_IDENTITY_PROVIDERS);
    if (!path.len)
        return;
    may_read_file(cli, places, path);
    if (cli_file_read(&quiet, path, FILE_BYTES_MAX, &text) != STATUS_OK)
        return;
    add_ports_of(places, text);
    for (size_t at; (at = str_index(text, '"')) != SIZE_MAX;) {
        text = str_from(text, at + 1);
        size_t end = str_index(text, '"');
        Str word = end == SIZE_MAX ? STR_EMPTY : str_head(text, end);
        if (word.len && word.at[0] == '/')
            may_read_file(cli, places, arena_str(cli->cx.arena, word));
    }
}

/* "a b": more folders of the site. */
static void may_write_more(Cli *cli, HardenPlaces *places)
{
    Str rest = settings_text(&cli->settings, SETTING_HARDENING_PATHS);
    while (rest.len)
        may_write(places, arena_str(cli->cx.arena, str_trim(str_cut(&rest, ' '))));
}

static void find_folders(Cli *cli, HardenPlaces *places)
{
    const Settings *s = &cli->settings;
    const char *more[] = {getenv("TMPDIR"), getenv("SQLITE_TMPDIR")};
    Str witness = settings_text(s, SETTING_AUDIT_WITNESS), log = settings_text(s, SETTING_LOG);
    may_write(places, folder_of(cli, cli_store_neighbour(cli, "")));
    for (size_t i = 0; i < COUNT_OF(temporary); i++)
        may_write(places, str_of(temporary[i]));
    for (size_t i = 0; i < COUNT_OF(more); i++)
        may_write(places, more[i] ? str_of(more[i]) : STR_EMPTY);
    for (size_t i = 0; i < COUNT_OF(write_folders); i++)
        may_write(places, settings_text(s, write_folders[i]));
    if (witness.len && witness.at[0] == '/')
        may_write(places, folder_of(cli, witness));
    if (!str_eq(log, STR("-")))
        may_write(places, folder_of(cli, log));
    may_write_more(cli, places);
    for (size_t i = 0; i < COUNT_OF(of_the_system); i++)
        may_read(places, str_of(of_the_system[i]));
    for (size_t i = 0; i < COUNT_OF(read_folders); i++)
        may_read(places, settings_text(s, read_folders[i]));
    for (size_t i = 0; i < COUNT_OF(read_files); i++) {
        if (settings_text(s, read_files[i]).len)
            may_read_file(cli, places, settings_text(s, read_files[i]));
    }
    may_read(places, arena_str(cli->cx.arena, cli_secret_folder(cli)));
    look_at_providers(cli, places);
    if (cli->config.len)
        may_read_file(cli, places, cli->config);
}

Status cli_hardening(Cli *cli, HardenMode *ret_mode)
{
    static const Str words[] = {[HARDEN_OFF] = STR_INIT("off"),
                                [HARDEN_LOG] = STR_INIT("log"),
                                [HARDEN_ON] = STR_INIT("on")};
    Str said = settings_text(&cli->settings, SETTING_HARDENING);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq(words[i], said)) {
            *ret_mode = (HardenMode)i;
            return STATUS_OK;
        }
    }
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "hardening must be on, log or off.");
}

/* Where it could not be said yet: the log begins later. */
static Hardened memory = HARDEN_ABSENT, files = HARDEN_ABSENT;

void cli_harden_files(Cli *cli, HardenMode mode)
{
    HardenPlaces *places = arena_new_of(cli->cx.arena, HardenPlaces);
    char program[PATH_MAX];
    if (mode == HARDEN_OFF || !places)
        return;
    memory = harden_memory();
    if (mode != HARDEN_ON)
        return;
    find_folders(cli, places);
    find_ports(cli, places);
    if (service_program(cli->argv, program))
        may_read_file(cli, places, arena_str(cli->cx.arena, str_of(program)));
    files = harden_files(places);
}

void cli_harden_calls(Cli *cli, HardenMode mode)
{
    char program[PATH_MAX];
    Hardened calls = HARDEN_ABSENT;
    if (mode != HARDEN_OFF)
        calls = service_program(cli->argv, program) ? harden_calls(mode, program) : HARDEN_FAILED;
    log_event(LOG_HARDENED,
              (LogField[]){log_word(LOG_KIND, mode == HARDEN_ON    ? "on"
                                              : mode == HARDEN_LOG ? "log"
                                                                   : "off"),
                           log_word(LOG_MEMORY, hardened_word(memory)),
                           log_word(LOG_FILES, hardened_word(files)),
                           log_word(LOG_CALLS, hardened_word(calls))},
              4);
}
