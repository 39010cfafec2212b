/* cli/settings.h - every setting, in one table: it drives the reader of the file, the
 * environment, `aceso serve --check`, the sample in deploy/ and the manual.
 *
 * Order of precedence: option on the command line, environment (ACESO_<NAME> in capitals),
 * file, default. */
#ifndef ACESO_CLI_SETTINGS_H
#define ACESO_CLI_SETTINGS_H

#include "base/base.h"

typedef enum {
    SETTING_STORE,
    SETTING_KEY_FILE,
    SETTING_PASSPHRASE_FILE,
    SETTING_KEY_COMMAND,
    SETTING_KEY_COMMAND_INPUT,
    SETTING_KEY_COMMAND_TIME,
    SETTING_CACHE,
    SETTING_READERS,
    SETTING_ADDRESS,
    SETTING_PORT,
    SETTING_REUSE_PORT,
    SETTING_PROXY_PROTOCOL,
    SETTING_BASE_URL,
    SETTING_TLS,
    SETTING_TLS_CERTIFICATE,
    SETTING_TLS_KEY,
    SETTING_TLS_PRIORITY,
    SETTING_THREADS,
    SETTING_WORKERS,
    SETTING_WORKER_QUEUE,
    SETTING_CONNECTIONS,
    SETTING_CONNECTIONS_PER_ADDRESS,
    SETTING_IDLE_TIME,
    SETTING_REQUEST_TIME,
    SETTING_BUNDLE_TIME,
    SETTING_DRAIN_TIME,
    SETTING_STOP_TIME,
    SETTING_HEADER_SIZE,
    SETTING_BODY_SIZE,
    SETTING_BUNDLE_SIZE,
    SETTING_BODIES_SIZE,
    SETTING_MEMORY_SIZE,
    SETTING_BUNDLE_ENTRIES,
    SETTING_CLIENT_IDS,
    SETTING_CONDITIONAL_DELETES,
    SETTING_WORD_INDEX,
    SETTING_PHONE_COUNTRY,
    SETTING_RULES_FILE,
    SETTING_LABEL_RULES_FILE,
    SETTING_GZIP,
    SETTING_METRICS_LOCAL,
    SETTING_LOG,
    SETTING_LOG_REQUESTS,
    SETTING_SESSION_IDLE_TIME,
    SETTING_SESSION_TIME,
    SETTING_PROGRAMS_REGISTER,
    SETTING_SECOND_FACTOR,
    SETTING_BREACHED_PASSWORDS,
    SETTING_EID_PORT,
    SETTING_EID_URL,
    SETTING_EID_CERTIFICATES,
    SETTING_EID_POLICIES,
    SETTING_EID_OCSP,
    SETTING_EID_OCSP_AGE,
    SETTING_EID_HEADER_FROM,
    SETTING_OUTGOING_HOSTS,
    SETTING_OUTGOING_CA,
    SETTING_IDENTITY_PROVIDERS,
    SETTING_MAIL_SERVER,
    SETTING_MAIL_FROM,
    SETTING_MAIL_USER,
    SETTING_MAIL_PASSWORD_FILE,
    SETTING_REDIS,
    SETTING_REDIS_PASSWORD_FILE,
    SETTING_REDIS_TIMEOUT,
    SETTING_REQUESTS_PER_ACCOUNT,
    SETTING_REQUESTS_PER_ADDRESS,
    SETTING_BACKUP_DIR,
    SETTING_BACKUP_AT,
    SETTING_BACKUP_KEEP,
    SETTING_CHECK_AT,
    SETTING_JOB_THREADS,
    SETTING_AUDIT_ROOT_TIME,
    SETTING_AUDIT_WITNESS,
    SETTING_HARDENING,
    SETTING_HARDENING_PATHS,
    SETTING_COUNT,
} SettingName;

typedef enum {
    SETTING_IS_TEXT,
    SETTING_IS_FLAG, /* on, off */
    SETTING_IS_NUMBER,
    SETTING_IS_SIZE, /* bytes, or with KB, MB, GB */
    SETTING_IS_TIME, /* seconds, or with s, min, h */
} SettingKind;

typedef struct {
    const char *name;
    SettingKind kind;
    const char *preset; /* as it would stand in the file */
    uint64_t min, max;  /* of numbers, sizes, times */
    const char *doc;
} SettingRow;
extern const SettingRow setting_rows[SETTING_COUNT];

typedef struct {
    Str text;        /* as written */
    uint64_t number; /* number, bytes, seconds; 1 or 0 for a flag */
} Setting;

typedef struct {
    Setting at[SETTING_COUNT];
} Settings;

/* Defaults, then the file (empty = none), then the environment. Every fault is an issue
 * "file:line: ..."; STATUS_INVALID when there is one, and the rest is read all the same.
 * Strings live in the arena of cx. */
Status settings_read(Ctx *cx, Str path, Settings *ret_settings) MUST_USE;
/* The same from a text instead of a file: tests and the sample. `where` names it in issues. */
Status settings_read_text(Ctx *cx, Str text, Str where, Settings *settings) MUST_USE;
void settings_preset(Ctx *cx, Settings *ret_settings);

/* One setting from an option or the environment; `where` says from where. */
Status settings_set(Ctx *cx, Settings *settings, SettingName name, Str value, Str where) MUST_USE;

Str settings_text(const Settings *settings, SettingName name);
uint64_t settings_number(const Settings *settings, SettingName name);
bool settings_flag(const Settings *settings, SettingName name);

#endif
