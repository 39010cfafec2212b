/* cli/commands.c - the table of commands, and how they say what went wrong. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

const Command commands[] = {
    {"serve",
     "",
     "serve the record over HTTPS until told to stop",
     {{"--check", NULL, "read the settings, say what is wrong with them, and end"}},
     run_serve},
    {"init", "", "make a new, empty, encrypted store and its key file", {{0}}, run_init},
    {"demo",
     "",
     "make a store with invented people, print the sign-ins, and serve it",
     {{"--patients", "N", "how many patients; 2000"},
      {"--seed", "S", "another network of people; 1"},
      {"--password", "TEXT", "the password of every account; else a random one is made"},
      {"--no-serve", NULL, "make and fill the store only"}},
     run_demo},
    {"import",
     "PATH...",
     "store Bundles (.json) and NDJSON, files and folders",
     {{"--again", NULL, "also files that were finished before"},
      {"--jobs", "N", "files at the same time; one per core"}},
     run_import},
    {"export", "FOLDER", "write every resource as NDJSON, one file per type", {{0}}, run_export},
    {"backup", "FILE", "copy the store, encrypted, while others use it", {{0}}, run_backup},
    {"restore", "FILE", "put a backup where the settings say the store is", {{0}}, run_restore},
    {"check", "", "look at every page, body, row and key of the store", {{0}}, run_check},
    {"account",
     "create USER | list | password USER | block USER | unblock USER",
     "people who may sign in",
     {{"--role", "ROLE", "gp, physio, nurse, psychologist, secretary or admin"},
      {"--name", "TEXT", "the name that is shown"},
      {"--reference", "REF", "who it is in the record: Practitioner/x"},
      {"--language", "LANG", "fr, nl, de or en"},
      {"--password-file", "FILE", "its first line; else it is asked for"}},
     run_account},
    {"token",
     "create LABEL | list | revoke ID",
     "tokens for programs",
     {{"--write", NULL, "it may also write"},
      {"--user", "USER", "it acts with the role of this account"},
      {"--days", "N", "how long it lives; 365"}},
     run_token},
    {"audit",
     "list",
     "who did what, oldest first",
     {{"--from", "N", "begin at this entry"}, {"--count", "N", "at most so many; 100"}},
     run_audit},
    {"help",
     "[COMMAND]",
     "say this, or what a command does",
     {{"--settings", NULL, "all settings with their defaults, as a sample file"}},
     run_help},
    {"version", "", "say the version", {{0}}, run_version},
};
const size_t command_count = COUNT_OF(commands);

ExitCode cli_fail(Cli *cli, ExitCode code)
{
    for (const Issue *issue = cli->cx.issues; issue; issue = issue->next) {
        fprintf(stderr, "aceso: ");
        if (issue->expression.len)
            fprintf(stderr, STR_FMT ": ", STR_ARG(issue->expression));
        fprintf(stderr, STR_FMT "\n", STR_ARG(issue->diagnostics));
    }
    cli->cx.issues = cli->cx.issues_last = NULL;
    cli->cx.issue_count = 0;
    return code;
}

ExitCode cli_fail_with(Cli *cli, ExitCode code, const char *format, ...)
{
    va_list args;
    cli_fail(cli, code);
    fprintf(stderr, "aceso: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
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
