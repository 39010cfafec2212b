/* cli/client.c - aceso client: programs that people may let in. */
#include "cli/cli.h"

#include <stdio.h>

#include "cli/files.h"

enum { REDIRECT, SCOPES, LAUNCH, KEYS, KEYS_URL, SECRET, SERVICE, INSPECT };

/* Where the file is. */
ExitCode prepare_client(Cli *cli)
{
    cli->secret = STR_EMPTY;
    if (!cli_has(cli, KEYS))
        return EXIT_DONE;
    if (cli_file_read(&cli->cx, cli->options[KEYS], 64 * 1024, &cli->secret) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    return EXIT_DONE;
}

static Str option_or_none(const Cli *cli, size_t i)
{
    return cli_has(cli, i) ? cli->options[i] : STR_EMPTY;
}

static Status read_redirects(Cli *cli, OauthClient *client)
{
    Str all = option_or_none(cli, REDIRECT);
    while (all.len) {
        Str one = str_cut(&all, ' ');
        if (!one.len)
            continue;
        if (client->redirect_count == OAUTH_REDIRECTS_MAX)
            return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                            "A program has at most %d redirect addresses.", OAUTH_REDIRECTS_MAX);
        client->redirects[client->redirect_count++] = one;
    }
    return STATUS_OK;
}

static Status add(Cli *cli, const Access *self, Str name)
{
    OauthClient made, wanted = {.name = name,
                                .scopes = option_or_none(cli, SCOPES),
                                .launch_at = option_or_none(cli, LAUNCH),
                                .keys = cli->secret,
                                .keys_at = option_or_none(cli, KEYS_URL),
                                .service = cli_has(cli, SERVICE),
                                .inspects = cli_has(cli, INSPECT)};
    Str secret;
    wanted.id = wanted.home = STR_EMPTY;
    wanted.proof = cli_has(cli, KEYS) || cli_has(cli, KEYS_URL) ? OAUTH_SIGNED
                   : cli_has(cli, SECRET)                       ? OAUTH_SECRET
                                                                : OAUTH_PUBLIC;
    TRY(read_redirects(cli, &wanted));
    TRY(oauth_client_add(cli->oauth, &cli->cx, self, &wanted, &made, &secret));
    if (secret.len)
        fprintf(cli->err, "The secret is said this one time.\n");
    fprintf(cli->out, "client_id " STR_FMT "\n", STR_ARG(made.id));
    if (secret.len)
        fprintf(cli->out, "client_secret " STR_FMT "\n", STR_ARG(secret));
    return STATUS_OK;
}

static Status list(Cli *cli)
{
    static const char *const proofs[] = {"public", "secret", "signed"};
    OauthClient *clients;
    size_t count;
    TRY(oauth_client_list(cli->oauth, &cli->cx, &clients, &count));
    fprintf(cli->out, "%-18s %-7s %-8s %-11s %s\n", "client_id", "shows", "for", "added", "name");
    for (size_t i = 0; i < count; i++) {
        char created[TIME_INSTANT_LEN];
        const char *use = clients[i].service           ? "service"
                          : clients[i].self_registered ? "people?" /* it came by itself */
                                                       : "people";
        fprintf(cli->out, "%-18.*s %-7s %-8s %-11.*s %.*s\n", STR_ARG(clients[i].id),
                proofs[clients[i].proof], use,
                STR_ARG(str_head(time_format_instant(clients[i].created, created), 10)),
                STR_ARG(clients[i].name));
    }
    return STATUS_OK;
}

ExitCode run_client(Cli *cli)
{
    Str verb = cli->arg_count ? cli->args[0] : STR_EMPTY;
    bool listing = str_eq(verb, STR("list")) && cli->arg_count == 1;
    bool adding = str_eq(verb, STR("add")) && cli->arg_count == 2;
    bool removing = str_eq(verb, STR("remove")) && cli->arg_count == 2;
    if (!listing && !adding && !removing)
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso client %s", cli->command->args);
    cli->read_only = listing;
    ExitCode code = cli_open_oauth(cli);
    if (code != EXIT_DONE)
        return code;
    const Access *self = auth_operator(cli->cx.arena);
    Status status = listing  ? list(cli)
                    : adding ? add(cli, self, cli->args[1])
                             : oauth_client_remove(cli->oauth, &cli->cx, self, cli->args[1]);
    if (status == STATUS_OK && removing)
        fprintf(cli->out, "The program is removed; its tokens have ended.\n");
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}
