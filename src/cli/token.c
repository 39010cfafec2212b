/* cli/token.c - aceso token: tokens for programs. */
#include "cli/cli.h"

#include <stdio.h>

enum { WRITE, USER, DAYS };

static Str day_of(Time at, char text[TIME_INSTANT_LEN])
{
    return at ? str_head(time_format_instant(at, text), 10) : STR("never");
}

static Status create(Cli *cli, const Access *self, Str label)
{
    uint64_t days;
    Str token;
    AuthToken wanted = {.label = label,
                        .user = cli_has(cli, USER) ? cli->options[USER] : STR_EMPTY,
                        .may_write = cli_has(cli, WRITE)};
    TRY(cli_option_number(cli, DAYS, 365, 3650, &days));
    TRY(auth_token_create(cli->auth, &cli->cx, self, &wanted, (unsigned)days, &token));
    fprintf(cli->err, "The token is said this one time; the program sends it as "
                      "\"Authorization: Bearer TOKEN\".\n");
    fprintf(cli->out, STR_FMT "\n", STR_ARG(token));
    return STATUS_OK;
}

static Status list(Cli *cli)
{
    AuthToken *tokens;
    size_t count;
    TRY(auth_token_list(cli->auth, &cli->cx, &tokens, &count));
    fprintf(cli->out, "%-13s %-6s %-11s %-11s %-11s %-16s %s\n", "id", "may", "created",
            "last used", "expires", "as", "label");
    for (size_t i = 0; i < count; i++) {
        char created[TIME_INSTANT_LEN], seen[TIME_INSTANT_LEN], expires[TIME_INSTANT_LEN];
        fprintf(cli->out, "%-13.*s %-6s %-11.*s %-11.*s %-11.*s %-16.*s %.*s\n",
                STR_ARG(tokens[i].id), tokens[i].may_write ? "write" : "read",
                STR_ARG(day_of(tokens[i].created, created)), STR_ARG(day_of(tokens[i].seen, seen)),
                STR_ARG(day_of(tokens[i].expires, expires)), STR_ARG(tokens[i].user),
                STR_ARG(tokens[i].label));
    }
    return STATUS_OK;
}

ExitCode run_token(Cli *cli)
{
    Str verb = cli->arg_count ? cli->args[0] : STR_EMPTY;
    bool listing = str_eq(verb, STR("list")) && cli->arg_count == 1;
    bool creating = str_eq(verb, STR("create")) && cli->arg_count == 2;
    bool revoking = str_eq(verb, STR("revoke")) && cli->arg_count == 2;
    if (!listing && !creating && !revoking)
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso token %s", cli->command->args);
    cli->read_only = listing;
    ExitCode code = cli_open_auth(cli, false);
    if (code != EXIT_DONE)
        return code;
    const Access *self = auth_operator(cli->cx.arena);
    Status status = listing    ? list(cli)
                    : creating ? create(cli, self, cli->args[1])
                               : auth_token_revoke(cli->auth, &cli->cx, self, cli->args[1]);
    if (status == STATUS_OK && revoking)
        fprintf(cli->out, "The token is revoked.\n");
    if (status == STATUS_NOT_FOUND && !cli->cx.issues)
        return cli_fail_with(cli, EXIT_FAILED, "There is no living token with that id.");
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}
