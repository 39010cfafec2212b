/* cli/settings.c - "name = value" lines, '#' begins a comment. */
#include "cli/settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/files.h"

#define KB  ((uint64_t)1024)
#define MB  (1024 * KB)
#define GB  (1024 * MB)
#define DAY ((uint64_t)86400)

const SettingRow setting_rows[SETTING_COUNT] = {
    [SETTING_STORE] =
        {"store", SETTING_IS_TEXT, "/var/lib/aceso/aceso.store", 0, 0,
         "The encrypted store: its file, beside which its log and its wrapped key stand, or "
         "postgres: and the database as libpq names it, postgres:host=/run/postgresql "
         "dbname=aceso or postgres://aceso@db.example.org/aceso."},
    [SETTING_KEY_FILE] =
        {"key_file", SETTING_IS_TEXT, "", 0, 0,
         "A file of 32 random bytes that opens the store. Empty: the store's name with .secret "
         "behind it. Keep a copy elsewhere: without it the store cannot be read by anybody. A "
         "credential aceso.key of systemd comes before it, and so does key_command."},
    [SETTING_PASSPHRASE_FILE] =
        {"passphrase_file", SETTING_IS_TEXT, "", 0, 0,
         "A file whose first line is a passphrase that opens the store, in place of the key "
         "file. ACESO_PASSPHRASE in the environment does the same."},
    [SETTING_KEY_COMMAND] =
        {"key_command", SETTING_IS_TEXT, "", 0, 0,
         "A program that says on its standard output what would stand in the key file, also in "
         "base64 or hex: the client of a KMS, a PKCS#11 tool. A path from the root and words with "
         "blanks between them; no shell looks at them. It is run once, at the start."},
    [SETTING_KEY_COMMAND_INPUT] = {"key_command_input", SETTING_IS_TEXT, "", 0, 0,
                                   "A file that it reads on its standard input: the wrapped key."},
    [SETTING_KEY_COMMAND_TIME] = {"key_command_time", SETTING_IS_TIME, "30s", 1, 600,
                                  "How long it may take; then it is ended, and nothing is opened."},
    [SETTING_CACHE] = {"cache", SETTING_IS_SIZE, "160MB", 1 * MB, 64 * GB,
                       "Rows and pages of the store kept in memory, decrypted."},
    [SETTING_READERS] = {"readers", SETTING_IS_NUMBER, "16", 2, 256,
                         "Connections that read the store at the same time."},
    [SETTING_ADDRESS] = {"address", SETTING_IS_TEXT, "localhost", 0, 0,
                         "The address to listen on: a name, a number, or :: for all."},
    [SETTING_PORT] = {"port", SETTING_IS_NUMBER, "8443", 0, 65535,
                      "The port; 0 takes a free one and says which."},
    [SETTING_REUSE_PORT] =
        {"reuse_port", SETTING_IS_FLAG, "off", 0, 0,
         "Several Aceso listen at the same address and port of this machine, and the system deals "
         "connections out among them."},
    [SETTING_PROXY_PROTOCOL] =
        {"proxy_protocol", SETTING_IS_FLAG, "off", 0, 0,
         "Every connection begins with a PROXY header, version 1 or 2, in which a load balancer "
         "says who its client is. Only where nobody but the balancer can connect."},
    [SETTING_BASE_URL] =
        {"base_url", SETTING_IS_TEXT, "", 0, 0,
         "What people type, for links in answers and for the origin check: "
         "https://chart.example.org. Empty: what the client says in its Host header."},
    [SETTING_TLS] =
        {"tls", SETTING_IS_FLAG, "on", 0, 0,
         "TLS 1.2 and 1.3. Off only behind a proxy on the same machine, or for measuring."},
    [SETTING_TLS_CERTIFICATE] =
        {"tls_certificate", SETTING_IS_TEXT, "", 0, 0,
         "The certificate and its chain, PEM. Empty: one signed by itself is made once, beside "
         "the store."},
    [SETTING_TLS_KEY] = {"tls_key", SETTING_IS_TEXT, "", 0, 0, "The private key of it, PEM."},
    [SETTING_TLS_PRIORITY] = {"tls_priority", SETTING_IS_TEXT, "", 0, 0,
                              "A GnuTLS priority string, for sites with their own rules."},
    [SETTING_THREADS] = {"threads", SETTING_IS_NUMBER, "0", 0, 256,
                         "Threads that talk to clients; 0: one per core."},
    [SETTING_WORKERS] =
        {"workers", SETTING_IS_NUMBER, "0", 0, 256,
         "Threads for slow work (bundles, searches, passwords); 0: one per core and two."},
    [SETTING_WORKER_QUEUE] = {"worker_queue", SETTING_IS_NUMBER, "512", 1, 1000000,
                              "Slow requests that may wait; more are answered 503."},
    [SETTING_CONNECTIONS] = {"connections", SETTING_IS_NUMBER, "15000", 1, 1000000,
                             "Connections at once."},
    [SETTING_CONNECTIONS_PER_ADDRESS] =
        {"connections_per_address", SETTING_IS_NUMBER, "0", 0, 1000000,
         "Connections at once from one address; 0: no limit of its own."},
    [SETTING_IDLE_TIME] = {"idle_time", SETTING_IS_TIME, "60s", 1, DAY,
                           "A connection that says nothing for so long is closed."},
    [SETTING_REQUEST_TIME] = {"request_time", SETTING_IS_TIME, "60s", 1, DAY,
                              "The longest that one request may take."},
    [SETTING_BUNDLE_TIME] = {"bundle_time", SETTING_IS_TIME, "10min", 1, DAY,
                             "The same for a bundle."},
    [SETTING_DRAIN_TIME] =
        {"drain_time", SETTING_IS_TIME, "5s", 0, DAY,
         "When told to stop or to start anew: how long connections that are kept open may still "
         "bring a request, which is served and answered with Connection: close."},
    [SETTING_STOP_TIME] = {"stop_time", SETTING_IS_TIME, "30s", 1, DAY,
                           "After that: how long requests in flight may still take."},
    [SETTING_HEADER_SIZE] =
        {"header_size", SETTING_IS_SIZE, "16KB", 4 * KB, 1 * MB,
         "Request line and headers of one request; more is answered 414 or 431."},
    [SETTING_BODY_SIZE] = {"body_size", SETTING_IS_SIZE, "16MB", 1 * KB, 1 * GB,
                           "The body of one resource; more is answered 413."},
    [SETTING_BUNDLE_SIZE] = {"bundle_size", SETTING_IS_SIZE, "100MB", 1 * KB, 2 * GB,
                             "The body of a batch or transaction."},
    [SETTING_BODIES_SIZE] = {"bodies_size", SETTING_IS_SIZE, "512MB", 1 * MB, 1024 * GB,
                             "All bodies in memory together; more is answered 503."},
    [SETTING_MEMORY_SIZE] = {"memory_size", SETTING_IS_SIZE, "64MB", 1 * MB, 64 * GB,
                             "Memory that one request may use, beside 6 times its body."},
    [SETTING_BUNDLE_ENTRIES] = {"bundle_entries", SETTING_IS_NUMBER, "100000", 1, 10000000,
                                "Entries of one bundle."},
    [SETTING_CLIENT_IDS] = {"client_ids", SETTING_IS_FLAG, "on", 0, 0,
                            "PUT to an id that does not exist creates the resource under it."},
    [SETTING_CONDITIONAL_DELETES] =
        {"conditional_deletes", SETTING_IS_NUMBER, "1", 1, 500,
         "Resources that one DELETE by condition may remove; 1: a condition that matches several "
         "is answered 412."},
    [SETTING_WORD_INDEX] =
        {"word_index", SETTING_IS_FLAG, "off", 0, 0,
         "An index of the words of _text and _content. Without it these two read the resources "
         "that the other conditions leave; with it writes take about twice as long. A change "
         "makes the index anew."},
    [SETTING_PHONE_COUNTRY] =
        {"phone_country", SETTING_IS_TEXT, "32", 0, 0,
         "The country code of telephone numbers that begin with none, for the search by digits: 32 "
         "makes 0470 12 34 56 the same as +32 470 12 34 56. A change makes the index anew."},
    [SETTING_RULES_FILE] =
        {"rules_file", SETTING_IS_TEXT, "", 0, 0,
         "Who sees which class of data: a rule set in place of the one inside the program. aceso "
         "policy rules prints that one, aceso policy check says what is wrong with another. With a "
         "rule set that is not sound the server does not start."},
    [SETTING_LABEL_RULES_FILE] =
        {"label_rules_file", SETTING_IS_TEXT, "", 0, 0,
         "Of what class and how sensitive a resource is: rules of the site behind those inside the "
         "program. A change labels everything anew in the background. All nodes have the same."},
    [SETTING_GZIP] = {"gzip", SETTING_IS_FLAG, "on", 0, 0,
                      "Compress answers of more than 1 KB for clients that ask for it."},
    [SETTING_METRICS_LOCAL] =
        {"metrics_local", SETTING_IS_FLAG, "off", 0, 0,
         "/metrics without a token for programs on this machine. Off behind a proxy on the same "
         "machine."},
    [SETTING_LOG] = {"log", SETTING_IS_TEXT, "-", 0, 0,
                     "A file for the log, one JSON object a line; - is standard error."},
    [SETTING_LOG_REQUESTS] =
        {"log_requests", SETTING_IS_FLAG, "on", 0, 0,
         "One line for each request: method, route, status, time. Never a name or an id."},
    [SETTING_SESSION_IDLE_TIME] = {"session_idle_time", SETTING_IS_TIME, "15min", 60, DAY,
                                   "A session that asks nothing for so long is locked; its "
                                   "owner unlocks it."},
    [SETTING_SESSION_TIME] = {"session_time", SETTING_IS_TIME, "12h", 60, 30 * DAY,
                              "And in any case after."},
    [SETTING_PROGRAMS_REGISTER] = {"programs_register", SETTING_IS_FLAG, "off", 0, 0,
                                   "Programs may register themselves (RFC 7591); people are told "
                                   "so. Off: aceso client add."},
    [SETTING_SECOND_FACTOR] =
        {"second_factor", SETTING_IS_TEXT, "staff", 0, 0,
         "Who must sign in with a second factor: staff (all but patients and their proxies), all, "
         "or off. Whoever has set one up uses it in any case. The demo has off."},
    [SETTING_BREACHED_PASSWORDS] =
        {"breached_passwords", SETTING_IS_TEXT, "", 0, 0,
         "A list of stolen passwords that nobody may choose: a file of lines SHA1:COUNT in order "
         "of the hashes, or a folder of files by their first five letters. Empty: none."},
    [SETTING_EID_PORT] =
        {"eid_port", SETTING_IS_NUMBER, "0", 0, 65535,
         "A second port, which asks browsers for the certificate of an identity card and serves "
         "nothing else; 0: people do not sign in with cards. Needs base_url and "
         "eid_certificates."},
    [SETTING_EID_URL] =
        {"eid_url", SETTING_IS_TEXT, "", 0, 0,
         "Where browsers find that port, when it is not base_url with another port: "
         "https://card.example.org."},
    [SETTING_EID_CERTIFICATES] =
        {"eid_certificates", SETTING_IS_TEXT, "", 0, 0,
         "A folder of PEM files: the root certificates that are believed, CAs below them that "
         "browsers do not bring along, and CRLs of them."},
    [SETTING_EID_POLICIES] =
        {"eid_policies", SETTING_IS_TEXT,
         "2.16.56.1.1.1.2.2 2.16.56.1.1.1.7.2 2.16.56.9.1.1.2.2 2.16.56.9.1.1.7.2 "
         "2.16.56.10.1.1.2.2 2.16.56.10.1.1.7.2 2.16.56.12.1.1.2.2 2.16.56.12.1.1.7.2",
         0, 0,
         "The policies of which a certificate must name one: of citizens (2.2) and foreigners "
         "(7.2) under the Belgian roots 1 to 4. Never one of signatures (2.1, 7.1)."},
    [SETTING_EID_OCSP] =
        {"eid_ocsp", SETTING_IS_TEXT, "", 0, 0,
         "The responder that is asked whether a card was revoked. Empty: the one that its "
         "certificate names."},
    [SETTING_EID_OCSP_AGE] =
        {"eid_ocsp_age", SETTING_IS_TIME, "10min", 0, DAY,
         "How old an answer of the responder may be that does not repeat our nonce; 0: each has "
         "to."},
    [SETTING_EID_HEADER_FROM] =
        {"eid_header_from", SETTING_IS_TEXT, "", 0, 0,
         "Addresses of proxies, with blanks between them, that end the TLS of that port themselves "
         "and say in the header Client-Cert whose certificate they saw. They must remove the "
         "header that a client sends. Empty: nobody is believed."},
    [SETTING_OUTGOING_HOSTS] =
        {"outgoing_hosts", SETTING_IS_TEXT, "", 0, 0,
         "Servers of the site that Aceso may ask although they are inside its network, or at "
         "another port than 80 and 443: keycloak.lan:8443, [fd00::7]:8080. Where programs say that "
         "their keys are is asked for only on the public internet otherwise."},
    [SETTING_OUTGOING_CA] =
        {"outgoing_ca", SETTING_IS_TEXT, "", 0, 0,
         "A file of certificates, PEM, by which such servers are known, beside those that this "
         "machine trusts."},
    [SETTING_IDENTITY_PROVIDERS] = {"identity_providers", SETTING_IS_TEXT, "", 0, 0,
                                    "A file, JSON, of other places where people may sign in "
                                    "(OpenID Connect: Keycloak, eHealth, "
                                    "another Aceso). docs/guide/sign-in.md has an example. "
                                    "base_url must be set. Empty: none."},
    [SETTING_MAIL_SERVER] =
        {"mail_server", SETTING_IS_TEXT, "", 0, 0,
         "Where invitations and links for a new password are sent from: "
         "smtp://mail.example.org:587 "
         "(with STARTTLS), smtps://mail.example.org:465, or smtp+plain://localhost:25 on the same "
         "machine. Empty: none; aceso account invite shows the link."},
    [SETTING_MAIL_FROM] = {"mail_from", SETTING_IS_TEXT, "", 0, 0,
                           "The address that mail comes from: aceso@example.org."},
    [SETTING_MAIL_USER] = {"mail_user", SETTING_IS_TEXT, "", 0, 0,
                           "The name that the mail server asks for; empty: none."},
    [SETTING_MAIL_PASSWORD_FILE] = {"mail_password_file", SETTING_IS_TEXT, "", 0, 0,
                                    "A file whose first line is its password."},
    [SETTING_REDIS] =
        {"redis", SETTING_IS_TEXT, "", 0, 0,
         "Redis or Valkey between several nodes: redis://host:6379/0 or "
         "unix:/run/redis/redis.sock. "
         "Empty: none, which is right for one node. When it is away, nodes are slower, not wrong."},
    [SETTING_REDIS_PASSWORD_FILE] = {"redis_password_file", SETTING_IS_TEXT, "", 0, 0,
                                     "A file whose first line is the password of Redis."},
    [SETTING_REDIS_TIMEOUT] =
        {"redis_timeout", SETTING_IS_NUMBER, "50", 1, 10000,
         "Milliseconds that one answer of Redis may take; a later one opens the circuit."},
    [SETTING_REQUESTS_PER_ACCOUNT] =
        {"requests_per_account", SETTING_IS_NUMBER, "0", 0, 1000000000,
         "Requests a minute of one account or token, on all nodes together; more are answered 429. "
         "0: no limit."},
    [SETTING_REQUESTS_PER_ADDRESS] =
        {"requests_per_address", SETTING_IS_NUMBER, "0", 0, 1000000000,
         "The same for one address (of IPv6: one /64) that has not signed in. Behind a load "
         "balancer only with proxy_protocol. 0: no limit."},
    [SETTING_BACKUP_DIR] =
        {"backup_dir", SETTING_IS_TEXT, "", 0, 0,
         "A folder for a backup every night, best on another disk. Empty: none. PostgreSQL has "
         "tools of its own for that."},
    [SETTING_BACKUP_AT] = {"backup_at", SETTING_IS_TEXT, "02:30", 0, 0,
                           "When, on the clock of this machine: hours and minutes."},
    [SETTING_BACKUP_KEEP] = {"backup_keep", SETTING_IS_NUMBER, "14", 1, 5000,
                             "How many of these backups to keep; older ones are removed."},
    [SETTING_CHECK_AT] =
        {"check_at", SETTING_IS_TEXT, "", 0, 0,
         "When to look at every page, body and key of the store each night, as aceso check does: "
         "04:30. Empty: never. It reads all of the store."},
    [SETTING_JOB_THREADS] =
        {"job_threads", SETTING_IS_NUMBER, "2", 1, 64,
         "Threads for work that is done later: backups, sweeping, what is sent to others."},
    [SETTING_AUDIT_ROOT_TIME] =
        {"audit_root_time", SETTING_IS_TIME, "60s", 1, DAY,
         "How often the audit log is signed, when something was added to it."},
    [SETTING_AUDIT_WITNESS] =
        {"audit_witness", SETTING_IS_TEXT, "", 0, 0,
         "Who keeps the signatures: an absolute path of a file to add to, best on another machine, "
         "or an https address that takes a POST of lines. Empty: nobody; then it cannot be told "
         "whether the end of the log was cut off."},
    [SETTING_HARDENING] =
        {"hardening", SETTING_IS_TEXT, "on", 0, 0,
         "What serve gives up before it serves: system calls that it never makes (seccomp), files "
         "and ports that no setting names (Landlock, where the kernel has it), core dumps. log: "
         "calls are let through and the kernel logs them; off: nothing is given up."},
    [SETTING_HARDENING_PATHS] =
        {"hardening_paths", SETTING_IS_TEXT, "", 0, 0,
         "More folders that the server may read and write, with blanks between them: where aceso "
         "backup or export is told to write while it runs."},
};

static const char *kind_words(SettingKind kind)
{
    switch (kind) {
    case SETTING_IS_FLAG: return "on or off";
    case SETTING_IS_NUMBER: return "a whole number";
    case SETTING_IS_SIZE: return "a size like 64MB (bytes, KB, MB or GB)";
    case SETTING_IS_TIME: return "a time like 60s (s, min or h)";
    case SETTING_IS_TEXT: break;
    }
    return "a text";
}

typedef struct {
    Str name;
    uint64_t factor;
} Unit;

static bool read_with_unit(Str text, const Unit *units, size_t count, uint64_t *ret_number)
{
    size_t digits = 0;
    while (digits < text.len && text.at[digits] >= '0' && text.at[digits] <= '9')
        digits++;
    uint64_t number, factor = 1;
    Str unit = str_trim(str_from(text, digits));
    if (!str_to_u64(str_head(text, digits), &number))
        return false;
    if (unit.len) {
        factor = 0;
        for (size_t i = 0; i < count; i++) {
            if (str_eq_nocase(unit, units[i].name))
                factor = units[i].factor;
        }
    }
    return factor && !__builtin_mul_overflow(number, factor, ret_number);
}

static bool read_value(SettingKind kind, Str text, uint64_t *ret_number)
{
    static const Unit sizes[] = {{STR_INIT("B"), 1},
                                 {STR_INIT("KB"), 1024},
                                 {STR_INIT("MB"), 1024 * 1024},
                                 {STR_INIT("GB"), 1 << 30}};
    static const Unit times[] = {{STR_INIT("s"), 1}, {STR_INIT("min"), 60}, {STR_INIT("h"), 3600}};
    switch (kind) {
    case SETTING_IS_TEXT: return true;
    case SETTING_IS_FLAG:
        *ret_number = str_eq(text, STR("on")) || str_eq(text, STR("true"));
        return *ret_number || str_eq(text, STR("off")) || str_eq(text, STR("false"));
    case SETTING_IS_NUMBER: return str_to_u64(text, ret_number);
    case SETTING_IS_SIZE: return read_with_unit(text, sizes, COUNT_OF(sizes), ret_number);
    case SETTING_IS_TIME: return read_with_unit(text, times, COUNT_OF(times), ret_number);
    }
    return false;
}

Status settings_set(Ctx *cx, Settings *settings, SettingName name, Str value, Str where)
{
    const SettingRow *row = &setting_rows[name];
    uint64_t number = 0;
    if (!read_value(row->kind, value, &number))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, STR_FMT ": %s must be %s.", STR_ARG(where),
                        row->name, kind_words(row->kind));
    bool ranged = row->kind != SETTING_IS_TEXT && row->kind != SETTING_IS_FLAG;
    if (ranged && (number < row->min || number > row->max))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        STR_FMT ": %s must be between %llu and %llu.", STR_ARG(where), row->name,
                        (unsigned long long)row->min, (unsigned long long)row->max);
    settings->at[name] = (Setting){arena_str(cx->arena, value), number};
    return settings->at[name].text.at ? STATUS_OK : STATUS_MEMORY;
}

void settings_preset(Ctx *cx, Settings *ret_settings)
{
    for (SettingName i = 0; i < SETTING_COUNT; i++) {
        Status status =
            settings_set(cx, ret_settings, i, str_of(setting_rows[i].preset), STR("default"));
        assert(status == STATUS_OK);
    }
}

static bool find_setting(Str name, SettingName *ret_name)
{
    for (SettingName i = 0; i < SETTING_COUNT; i++) {
        if (str_eq(name, str_of(setting_rows[i].name))) {
            *ret_name = i;
            return true;
        }
    }
    return false;
}

static Status read_line(Ctx *cx, Settings *settings, Str line, Str where, bool *seen)
{
    SettingName name;
    Str value = str_trim(line);
    if (value.len == 0 || value.at[0] == '#')
        return STATUS_OK;
    Str key = str_trim(str_cut(&value, '='));
    if (!value.at)
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, STR_FMT ": a line must be: name = value.",
                        STR_ARG(where));
    if (!find_setting(key, &name))
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY,
                        STR_FMT ": there is no setting \"" STR_FMT "\".", STR_ARG(where),
                        STR_ARG(str_head(key, 64)));
    if (seen[name])
        return ctx_fail(cx, STATUS_INVALID, STR_EMPTY, STR_FMT ": %s was set above already.",
                        STR_ARG(where), setting_rows[name].name);
    seen[name] = true;
    return settings_set(cx, settings, name, str_trim(value), where);
}

Status settings_read_text(Ctx *cx, Str text, Str where, Settings *settings)
{
    bool seen[SETTING_COUNT] = {false};
    Status result = STATUS_OK;
    for (unsigned number = 1; text.len; number++) {
        Str line = str_cut(&text, '\n');
        Str place = arena_format(cx->arena, STR_FMT ":%u", STR_ARG(where), number);
        Status status = read_line(cx, settings, line, place, seen);
        if (status != STATUS_OK)
            result = status;
    }
    return result;
}

static Status read_environment(Ctx *cx, Settings *settings)
{
    Status result = STATUS_OK;
    for (SettingName i = 0; i < SETTING_COUNT; i++) {
        char name[64] = "ACESO_";
        size_t len = 6;
        for (const char *c = setting_rows[i].name; *c; c++)
            name[len++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
        name[len] = '\0';
        const char *value = getenv(name);
        Status status =
            value ? settings_set(cx, settings, i, str_of(value), str_of(name)) : STATUS_OK;
        if (status != STATUS_OK)
            result = status;
    }
    return result;
}

Status settings_read(Ctx *cx, Str path, Settings *ret_settings)
{
    Str text = STR_EMPTY;
    settings_preset(cx, ret_settings);
    if (path.len)
        TRY(cli_file_read(cx, path, 1 << 20, &text));
    Status from_file = settings_read_text(cx, text, path, ret_settings);
    Status from_environment = read_environment(cx, ret_settings);
    return from_file != STATUS_OK ? from_file : from_environment;
}

Str settings_text(const Settings *settings, SettingName name)
{
    return settings->at[name].text;
}

uint64_t settings_number(const Settings *settings, SettingName name)
{
    return settings->at[name].number;
}

bool settings_flag(const Settings *settings, SettingName name)
{
    assert(setting_rows[name].kind == SETTING_IS_FLAG);
    return settings->at[name].number != 0;
}
