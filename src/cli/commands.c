/* cli/commands.c - the table of commands, and how they say what went wrong. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

const Command commands[] = {
    {"serve",
     "",
     "serve the record over HTTPS until told to stop",
     {{"--check", NULL, "read the settings, say what is wrong with them, and end"}},
     .run = run_serve,
     .alone = "One server at a time has a store."},
    {"health",
     "",
     "ask the server of these settings whether all is well",
     {{"--within", "SECONDS", "how long it may take; 3"}},
     .run = run_health},
    {"init",
     "",
     "make a new, empty, encrypted store and its key file",
     {{"--role", "NAME", "in a database: who else may use the store; also later, for one more"},
      {"--reader", "NAME", "in a database: the role that connections of readers take"},
      {"--recovery-code", NULL, "make one too, which opens the store when the key is lost"}},
     .run = run_init},
    {"demo",
     "",
     "make a store with invented people, print the sign-ins, and serve it",
     {{"--patients", "N", "how many patients; 2000"},
      {"--seed", "S", "another network of people; 1"},
      {"--password", "TEXT", "the password of every account; else a random one is made"},
      {"--no-serve", NULL, "make and fill the store only"}},
     .run = run_demo,
     .alone = "One server at a time has a store."},
    {"import",
     "PATH...",
     "store Bundles (.json) and NDJSON, files and folders",
     {{"--again", NULL, "also files that were finished before"},
      {"--jobs", "N", "files at the same time; one per core"}},
     .run = run_import,
     .alone = "While a server runs on it, send Bundles over HTTP, or stop the server first."},
    {"export", "FOLDER", "write every resource as NDJSON, one file per type", .run = run_export,
     .by_server = true, .names_path = true},
    {"backup", "FILE", "copy the store, encrypted, while others use it", .run = run_backup,
     .by_server = true, .names_path = true},
    {"restore",
     "FILE",
     "put a backup where the settings say the store is",
     {{"--recovery-file", "FILE", "the key is lost: its first line is the recovery code"}},
     .run = run_restore},
    {"check", "", "look at every page, body, row and key of the store", .run = run_check,
     .by_server = true},
    {"reindex",
     "",
     "make the search index anew, while others use the store",
     {{"--type", "TYPE", "only of this resource type"}},
     .run = run_reindex,
     .by_server = true},
    {"move",
     "",
     "fill another store with all of this one, while this one is served",
     {{"--to", "STORE", "the new one: sqlcipher:PATH or postgres:CONNINFO"},
      {"--to-key-file", "FILE", "opens it; made when it is not there"},
      {"--to-passphrase-file", "FILE", "or a passphrase: the first line"},
      {"--from", "STORE", "the old one, if it is not the one of the settings"},
      {"--from-key-file", "FILE", "what opens that"},
      {"--from-passphrase-file", "FILE", "or a passphrase"},
      {"--verify", NULL, "compare the two only"},
      {"--cancel", NULL, "take the old one back after a move"}},
     .run = run_move},
    {"move-source", "log-keys on|off | seal | unseal | moved WORDS",
     "what a move asks of the server that has the store", .run = run_move_source, .by_server = true,
     .hidden = true},
    {"rekey",
     "",
     "another secret that opens the store, or new keys for what is in it",
     {{"--new-key-file", "FILE", "this opens it from now on; made when it is not there"},
      {"--new-passphrase-file", "FILE", "or a passphrase: the first line"},
      {"--new-key-command", "COMMAND", "or what this program says: a KMS, a credential"},
      {"--new-key-input", "FILE", "which it reads on its standard input"},
      {"--new-recovery-code", NULL, "another code that opens it when the key is lost"},
      {"--no-recovery-code", NULL, "no code opens it any more"},
      {"--recovery-file", "FILE", "the key is lost: the first line of this file is the code"},
      {"--data", NULL, "a new key for the data, and everything sealed again under it"}},
     .run = run_rekey,
     .by_server = true,
     .prepare = prepare_rekey},
    {"account",
     "create|invite|change|link USER | list | "
     "password|card|block|unblock|factors-reset|sign-out USER",
     "people who may sign in",
     {{"--role", "ROLE", "gp, physio, nurse, psychologist, secretary, admin, auditor, patient ..."},
      {"--name", "TEXT", "the name that is shown"},
      {"--reference", "REF", "who it is in the record: Practitioner/x, Patient/x"},
      {"--language", "LANG", "fr, nl, de or en"},
      {"--mail", "ADDRESS", "where invitations and links for a new password go"},
      {"--password-file", "FILE", "its first line; else it is asked for"},
      {"--provider", "ID", "link: of identity_providers"},
      {"--subject", "TEXT", "link: what that provider calls its owner (sub)"}},
     .run = run_account,
     .by_server = true,
     .prepare = prepare_account},
    {"token",
     "create LABEL | list | revoke ID",
     "tokens for programs",
     {{"--write", NULL, "it may also write"},
      {"--user", "USER", "it acts with the role of this account"},
      {"--days", "N", "how long it lives; 365"}},
     .run = run_token,
     .by_server = true},
    {"client",
     "add NAME | list | remove ID",
     "programs that people may let in: OAuth, OpenID Connect, SMART",
     {{"--redirect", "URLS", "where answers may go, with blanks between them"},
      {"--scopes", "TEXT", "the most it may ask for; all that is offered"},
      {"--launch", "URL", "where it is started from a chart"},
      {"--keys", "FILE", "it signs: its public keys, a JSON Web Key Set"},
      {"--keys-url", "URL", "or where they are"},
      {"--secret", NULL, "it has a password of its own, which is made"},
      {"--service", NULL, "nobody is asked: system/ scopes, by its keys"},
      {"--inspect", NULL, "it may ask what any token is worth"}},
     .run = run_client,
     .prepare = prepare_client,
     .by_server = true},
    {"audit",
     "list | verify | root | export FILE | key",
     "who did what, and whether that log is whole",
     {{"--from", "N", "list, export: begin at this entry"},
      {"--count", "N", "list: at most so many; 100"},
      {"--witness", "FILE", "verify: the roots that a witness has kept"},
      {"--key", "HEX", "verify: the public key that roots must have; the store's own"}},
     .run = run_audit,
     .by_server = true},
    {"privacy",
     "export PATIENT FOLDER | erase PATIENT | hold PATIENT | release PATIENT | restrict PATIENT | "
     "unrestrict PATIENT | amend TYPE/ID FILE | disclosures PATIENT | retention",
     "what a person may ask of a record: a copy, an amendment, restriction, erasure",
     {{"--reason", "TEXT", "erase, hold, amend: why; it stands on the audit log"},
      {"--country", "CC", "erase: whose law says how long the record is kept"},
      {"--ground", NULL, "erase: an order, or data that never should have been there: at once"},
      {"--since", "DATE", "disclosures: from this day on"},
      {"--all", NULL, "disclosures: also for treatment, payment and operations"},
      {"--language", "LANG", "export: of the paper; fr, nl, de or en"}},
     .run = run_privacy,
     .by_server = true},
    {"policy",
     "check FILE | rules | explain | reload",
     "who may see what: the rules, and what somebody sees of a patient",
     {{"--user", "USER", "explain: what this account sees"},
      {"--patient", "REF", "explain: of Patient/x"},
      {"--resource", "REF", "explain: of this resource too: Type/id"},
      {"--json", NULL, "explain: for programs"}},
     .run = run_policy,
     .by_server = true,
     .prepare = prepare_policy},
    {"jobs",
     "list | show N | again N | drop N | run KIND",
     "work that is done later: what waits, runs, or has failed too often",
     {{"--state", "STATE", "list: waiting, running or dead; all of them"},
      {"--kind", "KIND", "list, again all: of this kind only"},
      {"--after", "N", "list: begin behind this number"},
      {"--count", "N", "list: at most so many; 100"}},
     .run = run_jobs,
     .by_server = true},
    {"fhirpath",
     "EXPRESSION [FILE] | --suite FILE",
     "evaluate a FHIRPath expression, or run the official cases",
     {{"--suite", "FILE", "the cases; their inputs are in the folder beside, FILE-inputs"},
      {"--strict", NULL, "an element that the type does not have is an error"}},
     .run = run_fhirpath},
    {"help",
     "[COMMAND]",
     "say this, or what a command does",
     {{"--settings", NULL, "all settings with their defaults, as a sample file"}},
     .run = run_help},
    {"version", "", "say the version", .run = run_version},
};
const size_t command_count = COUNT_OF(commands);

const Command *cli_find_command(Str name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (str_eq(name, str_of(commands[i].name)))
            return &commands[i];
    }
    return NULL;
}

bool cli_find_option(const Command *command, Str name, size_t *ret_row)
{
    for (size_t i = 0; i < CLI_OPTIONS_MAX && command->options[i].name; i++) {
        if (str_eq(name, str_of(command->options[i].name))) {
            *ret_row = i;
            return true;
        }
    }
    return false;
}

ExitCode cli_fail(Cli *cli, ExitCode code)
{
    for (const Issue *issue = cli->cx.issues; issue; issue = issue->next) {
        fprintf(cli->err, "aceso: ");
        if (issue->expression.len)
            fprintf(cli->err, STR_FMT ": ", STR_ARG(issue->expression));
        fprintf(cli->err, STR_FMT "\n", STR_ARG(issue->diagnostics));
    }
    ctx_forget(&cli->cx);
    return code;
}

ExitCode cli_fail_with(Cli *cli, ExitCode code, const char *format, ...)
{
    va_list args;
    cli_fail(cli, code);
    fprintf(cli->err, "aceso: ");
    va_start(args, format);
    vfprintf(cli->err, format, args);
    va_end(args);
    fprintf(cli->err, "\n");
    return code;
}

Status cli_option_number(Cli *cli, size_t i, uint64_t preset, uint64_t max, uint64_t *ret_number)
{
    *ret_number = preset;
    if (!cli_has(cli, i))
        return STATUS_OK;
    if (!str_to_u64(cli->options[i], ret_number) || *ret_number > max)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "%s takes a whole number, at most %llu.", cli->command->options[i].name,
                        (unsigned long long)max);
    return STATUS_OK;
}
