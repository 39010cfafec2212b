/* cli/cli.h - the commands of `aceso`: one table, one file a command.
 *
 * A command reads its settings, opens what it needs, does its work through record, auth and
 * store, and says what it did. Errors are sentences on standard error. */
#ifndef ACESO_CLI_CLI_H
#define ACESO_CLI_CLI_H

#include <stdio.h>

#include "auth/auth.h"
#include "booking/booking.h"
#include "base/base.h"
#include "cache/events.h"
#include "cache/limit.h"
#include "cli/settings.h"
#include "jobs/jobs.h"
#include "net/net.h"
#include "oauth/oauth.h"
#include "record/record.h"
#include "store/store.h"

/* The exit codes, documented in aceso(1). */
typedef enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,   /* the work could not be done */
    EXIT_USAGE = 2,    /* the command line is wrong */
    EXIT_SETTINGS = 3, /* a setting is wrong */
    EXIT_STORE = 4,    /* the store cannot be opened */
    EXIT_FAULTS = 5,   /* `check` found faults, `fhirpath` a case that failed, `reindex`
                        resources that it could not index */
} ExitCode;

typedef struct Command Command;
typedef struct ControlLink ControlLink;

enum { CLI_ARGS_MAX = 1024, CLI_OPTIONS_MAX = 8 };

/* One command: its words, and what it works on, which it opened itself or, in a server that
 * does it for somebody (control.h), borrows from that server. */
typedef struct {
    char **argv; /* as the process was started */
    Ctx cx;      /* its arena lives as long as the command */
    const Command *command;
    Settings settings;
    Str config;             /* path of the settings file, or empty */
    Str args[CLI_ARGS_MAX]; /* what is neither option nor its value */
    size_t arg_count;
    Str options[CLI_OPTIONS_MAX]; /* in the order of the command's rows; at = NULL: not given */
    Str secret;                   /* a password, or the text of a file, that `prepare` read */
    Str key;                      /* of the store, from a key command that was run; or empty */
    Str recovery;                 /* code that opens the store in place of what the settings name */
    bool restart;                 /* a command of a server wants it to start anew behind it */
    FILE *out, *err;              /* where it says things */
    bool terminal;                /* err is one */
    bool read_only;               /* open the store beside a server: for lists, backup, check */
    Store *store;
    Record *record;
    Auth *auth;
    Oauth *oauth;
    NetSite *site;  /* or NULL: cli_read_site was not called */
    Cache *cache;   /* of a server with Redis, or NULL */
    Events *events; /* of a server, or NULL */
    Limits *account_limits, *address_limits;
    Jobs *jobs;              /* of a server */
    const ControlLink *link; /* set: store, record and auth are a server's */
} Cli;

typedef struct {
    const char *name;  /* "--patients" */
    const char *value; /* "N", or NULL for a flag */
    const char *doc;
} CommandOption;

struct Command {
    const char *name;
    const char *args;    /* "PATH..." */
    const char *summary; /* one line */
    CommandOption options[CLI_OPTIONS_MAX];
    ExitCode (*run)(Cli *cli);
    bool by_server;                /* a server that has the store does it, when there is one */
    bool names_path;               /* its argument is a path of the caller */
    ExitCode (*prepare)(Cli *cli); /* at the caller's terminal, before run; or NULL */
    const char *alone;             /* what to do instead while another process has the store */
    bool hidden;                   /* between two processes of this program, not for people */
};

extern const Command commands[];
extern const size_t command_count;
/* NULL when there is none. */
const Command *cli_find_command(Str name);
bool cli_find_option(const Command *command, Str name, size_t *ret_row);

ExitCode run_serve(Cli *cli);
ExitCode run_health(Cli *cli);
ExitCode run_init(Cli *cli);
ExitCode run_demo(Cli *cli);
ExitCode run_import(Cli *cli);
ExitCode run_export(Cli *cli);
ExitCode run_backup(Cli *cli);
ExitCode run_restore(Cli *cli);
ExitCode run_check(Cli *cli);
ExitCode run_reindex(Cli *cli);
ExitCode run_move(Cli *cli);
ExitCode run_move_source(Cli *cli);
ExitCode run_rekey(Cli *cli);
ExitCode prepare_rekey(Cli *cli);
ExitCode run_account(Cli *cli);
ExitCode run_token(Cli *cli);
ExitCode run_client(Cli *cli);
ExitCode prepare_client(Cli *cli);
ExitCode run_audit(Cli *cli);
ExitCode run_privacy(Cli *cli);
ExitCode run_jobs(Cli *cli);
ExitCode run_policy(Cli *cli);
ExitCode prepare_policy(Cli *cli);
ExitCode run_fhirpath(Cli *cli);
ExitCode run_help(Cli *cli);
ExitCode run_version(Cli *cli);
ExitCode prepare_account(Cli *cli);

/* ---- what they share ---------------------------------------------------------------- */

/* The issues so far, on cli->err, and forgets them. Returns code. */
ExitCode cli_fail(Cli *cli, ExitCode code);
/* The same with a sentence of its own. */
ExitCode cli_fail_with(Cli *cli, ExitCode code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Whether option row i of the command was given. */
static inline bool cli_has(const Cli *cli, size_t i)
{
    return cli->options[i].at != NULL;
}
/* A number given as option i; otherwise `preset`. */
Status cli_option_number(Cli *cli, size_t i, uint64_t preset, uint64_t max,
                         uint64_t *ret_number) MUST_USE;

/* open.c: by the settings. Each closes nothing: cli_close does. */
Status cli_store_options(Cli *cli, StoreOptions *ret_options) MUST_USE;
/* secret.c: a passphrase, the first line of a file. */
Status cli_read_passphrase(Cli *cli, Str path, Str *ret_passphrase) MUST_USE;
/* Makes the key file that is named, unless it is there. */
Status cli_make_key_file(Cli *cli, const StoreOptions *options) MUST_USE;
/* Makes a file of random bytes for it, unless there is one, and the store. */
Status cli_make_store_of(Cli *cli, const StoreOptions *options) MUST_USE;
/* Whether the store is a file, and which; else it is in a database. */
bool cli_store_file(Cli *cli, Str *ret_path);
/* A path for what belongs to the store: beside its file, or beside the key file of a database. */
Str cli_store_neighbour(Cli *cli, const char *suffix);
ExitCode cli_open_store(Cli *cli);
/* cache.c: what a server shares with other nodes, or nothing of it: events are delivered in this
 * process then. The store first. */
ExitCode cli_open_cache(Cli *cli);
/* Whether the settings of it are good. */
Status cli_check_cache(Cli *cli) MUST_USE;
void cli_close_cache(Cli *cli);
/* mail.c: what of AuthOptions the settings say of factors, passwords and mail. With an issue. */
Status cli_auth_options(Cli *cli, AuthOptions *options) MUST_USE;
Status cli_booking_options(Cli *cli, BookingOptions *options) MUST_USE;
/* providers.c: NULL when there are none. With an issue. */
struct AuthProviders;
Status cli_read_providers(Cli *cli, const struct AuthProviders **ret_providers) MUST_USE;
/* outward.c: which servers may be asked, by the settings; once. With an issue. */
Status cli_read_site(Cli *cli) MUST_USE;
/* The store, and auth; serving: with its background thread. */
ExitCode cli_open_auth(Cli *cli, bool serving);
/* The store, and record; client_ids overrides the setting when `any_id` is set. */
ExitCode cli_open_record(Cli *cli, bool any_id);
/* The store, auth, record, and programs. */
ExitCode cli_open_oauth(Cli *cli);
/* The rules of the settings, or the program's own. */
struct Rules;
Status cli_read_rules(Cli *cli, struct Rules *ret_rules) MUST_USE;
void cli_close(Cli *cli);
/* rekey.c: another recovery code for the open store, which is said. */
ExitCode cli_make_recovery(Cli *cli);
/* A key file with random bytes, and a new store; nothing when both are there. `role` and
 * `reader` (or empty): StoreOptions. */
Status cli_make_store(Cli *cli, Str role, Str reader) MUST_USE;

/* serve.c: serves until SIGTERM or SIGINT, or becomes the program anew at SIGUSR2; `ready` may be
 * NULL and is told the address. */
ExitCode cli_serve(Cli *cli, void (*ready)(Cli *cli, uint16_t port));
/* Commands that end in good order on SIGTERM and SIGINT call this before they open anything,
 * and look from time to time. In a server it is the client's end that stops them. */
void cli_catch_signals(Cli *cli);
bool cli_is_stopping(const Cli *cli);

/* progress.c: one line on a terminal, rewritten; nothing elsewhere. */
typedef struct {
    const char *what;
    Time shown, started;
    FILE *to; /* NULL: nobody looks */
} Progress;
void progress_begin(Progress *progress, const Cli *cli, const char *what);
void progress_show(Progress *progress, uint64_t done, uint64_t all, uint64_t resources);
void progress_end(Progress *progress);
/* The same of work of a store, as a StoreProgress: ends it when the command is stopped, by the
 * deadline, which the store looks at from time to time. */
typedef struct {
    Cli *cli;
    Progress progress;
} StoreShown;
void progress_of_store(void *shown, uint64_t done, uint64_t all);

/* reindex.c: the index of cli->record is kept complete in the background; what is begun and done is
 * logged. Says so when searches have to wait for it. */
ExitCode cli_index_start(Cli *cli);

/* chores.c: what this program does later, by the settings; begins to do it. The kinds live in the
 * arena of cli. STATUS_INVALID when a setting is wrong. */
Status cli_job_kinds(Cli *cli, JobKind **ret_kinds, size_t *ret_count) MUST_USE;
ExitCode cli_jobs_start(Cli *cli);
/* A last signature on the audit log, before the store is closed. Says what did not work. */
void cli_sign_audit(Cli *cli);
/* As jobs_stop; before the events end. */
bool cli_jobs_stop(Cli *cli, unsigned seconds);

/* bundle.c: one Bundle, resource or NDJSON text into the record, in tries; SLOW. cx is
 * cleared by the caller. */
Status cli_put_bundle(Record *record, Ctx *cx, const Access *access, Str json) MUST_USE;

#endif
