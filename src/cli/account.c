/* cli/account.c - aceso account: people who may sign in. */
#include "cli/cli.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "auth/card.h"
#include "auth/provider.h"
#include "cli/files.h"

enum { ROLE, NAME, REFERENCE, LANGUAGE, MAIL, PASSWORD_FILE, PROVIDER, SUBJECT };

static Str option_of(const Cli *cli, size_t i)
{
    return cli_has(cli, i) ? cli->options[i] : STR_EMPTY;
}

/* One line, not shown when it is typed. */
static Status ask_line(Cli *cli, const char *question, Str *ret_line)
{
    struct termios before, silent;
    char line[2048];
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        fprintf(stderr, "%s: ", question);
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSANOW, &silent);
    }
    bool got = fgets(line, sizeof(line), stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
        fprintf(stderr, "\n");
    }
    if (!got)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "Nothing was given.");
    Str typed = str_of(line);
    *ret_line = arena_str(cli->cx.arena, str_cut(&typed, '\n'));
    explicit_bzero(line, sizeof(line));
    return ret_line->at ? STATUS_OK : STATUS_MEMORY;
}

static Status read_password(Cli *cli, Str *ret_password)
{
    Str text, again;
    if (cli_has(cli, PASSWORD_FILE)) {
        TRY(cli_file_read(&cli->cx, cli->options[PASSWORD_FILE], 64 * 1024, &text));
        *ret_password = str_cut(&text, '\n');
        return STATUS_OK;
    }
    TRY(ask_line(cli, "Password", ret_password));
    if (!isatty(STDIN_FILENO))
        return STATUS_OK;
    TRY(ask_line(cli, "The same again", &again));
    if (!str_eq(*ret_password, again))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "The two passwords differ.");
    return STATUS_OK;
}

/* Where the terminal is. */
ExitCode prepare_account(Cli *cli)
{
    if (cli->arg_count == 2 && str_eq(cli->args[0], STR("card")))
        return ask_line(cli, "National number", &cli->secret) == STATUS_OK
                   ? EXIT_DONE
                   : cli_fail(cli, EXIT_FAILED);
    bool needed = cli->arg_count == 2 &&
                  (str_eq(cli->args[0], STR("create")) || str_eq(cli->args[0], STR("password")));
    if (!needed || read_password(cli, &cli->secret) == STATUS_OK)
        return EXIT_DONE;
    return cli_fail(cli, EXIT_FAILED);
}

static AuthAccount account_of(const Cli *cli, Str user)
{
    return (AuthAccount){.user = user,
                         .display = option_of(cli, NAME),
                         .role = option_of(cli, ROLE),
                         .reference = option_of(cli, REFERENCE),
                         .language = option_of(cli, LANGUAGE),
                         .mail = option_of(cli, MAIL)};
}

static Status create(Cli *cli, const Access *self, Str user)
{
    AuthAccount account = account_of(cli, user);
    TRY(auth_account_create(cli->auth, &cli->cx, self, &account, cli->secret));
    fprintf(cli->out, "The account " STR_FMT " is there.\n", STR_ARG(user));
    return STATUS_OK;
}

/* The link is said here too: there may be no mail, or it may not arrive. */
static Status invite(Cli *cli, const Access *self, Str user)
{
    AuthAccount account = account_of(cli, user);
    Str link;
    Status status = auth_invite(cli->auth, &cli->cx, self, &account, &link);
    if (link.len)
        fprintf(cli->out,
                "The account " STR_FMT " is invited. This link works once, within 72 hours:\n"
                "  " STR_FMT "\n",
                STR_ARG(user), STR_ARG(link));
    return status;
}

static Status change(Cli *cli, const Access *self, Str user)
{
    AuthAccount account = account_of(cli, user);
    TRY(auth_account_change(cli->auth, &cli->cx, self, &account));
    fprintf(cli->out, "The account " STR_FMT " is changed; its sessions ended.\n", STR_ARG(user));
    return STATUS_OK;
}

static Status factors_reset(Cli *cli, const Access *self, Str user)
{
    TRY(auth_factors_reset(cli->auth, &cli->cx, self, user));
    fprintf(cli->out,
            "The second factors of " STR_FMT " are gone, and its sessions ended. It sets up new "
            "ones at the next sign-in.\n",
            STR_ARG(user));
    return STATUS_OK;
}

static Status sign_out(Cli *cli, const Access *self, Str user)
{
    TRY(auth_session_end(cli->auth, &cli->cx, self, user));
    fprintf(cli->out, "All sessions of " STR_FMT " ended.\n", STR_ARG(user));
    return STATUS_OK;
}

static Status set_password(Cli *cli, const Access *self, Str user)
{
    TRY(auth_password_set(cli->auth, &cli->cx, self, user, cli->secret));
    fprintf(cli->out, "The password of " STR_FMT " is changed; its sessions ended.\n",
            STR_ARG(user));
    return STATUS_OK;
}

static Status link_card(Cli *cli, const Access *self, Str user)
{
    TRY(auth_card_set(cli->auth, &cli->cx, self, user, str_trim(cli->secret)));
    fprintf(cli->out,
            "Whoever shows the identity card with this number signs in as " STR_FMT
            "; its sessions ended.\n",
            STR_ARG(user));
    return STATUS_OK;
}

static Status block(Cli *cli, const Access *self, Str user)
{
    TRY(auth_account_block(cli->auth, &cli->cx, self, user, true));
    fprintf(cli->out, "The account " STR_FMT " is blocked.\n", STR_ARG(user));
    return STATUS_OK;
}

static Status unblock(Cli *cli, const Access *self, Str user)
{
    TRY(auth_account_block(cli->auth, &cli->cx, self, user, false));
    fprintf(cli->out, "The account " STR_FMT " is open again.\n", STR_ARG(user));
    return STATUS_OK;
}

static Status link_identity(Cli *cli, const Access *self, Str user)
{
    Str provider = option_of(cli, PROVIDER), subject = option_of(cli, SUBJECT);
    TRY(auth_identity_put(cli->auth, &cli->cx, self, user, provider, subject));
    fprintf(cli->out, "Who is that at " STR_FMT " signs in as " STR_FMT " from now on.\n",
            STR_ARG(provider), STR_ARG(user));
    return STATUS_OK;
}

static const char *factors_of(const AuthAccount *account)
{
    static const char *const words[] = {
        "",     "code",       "passkey",       "code, passkey",
        "card", "code, card", "passkey, card", "code, passkey, card"};
    return words[(account->ways & AUTH_BY_TOTP ? 1 : 0) |
                 (account->ways & AUTH_BY_PASSKEY ? 2 : 0) |
                 (account->ways & AUTH_BY_CARD ? 4 : 0)];
}

static Status list(Cli *cli)
{
    AuthAccount *accounts;
    size_t count;
    TRY(auth_account_list(cli->auth, &cli->cx, &accounts, &count));
    fprintf(cli->out, "%-24s %-13s %-8s %-9s %-14s %-24s %s\n", "user", "role", "language", "",
            "second factor", "is", "name");
    for (size_t i = 0; i < count; i++)
        fprintf(cli->out, "%-24.*s %-13.*s %-8.*s %-9s %-14s %-24.*s %.*s\n",
                STR_ARG(accounts[i].user), STR_ARG(accounts[i].role), STR_ARG(accounts[i].language),
                accounts[i].blocked   ? "blocked"
                : accounts[i].invited ? "invited"
                                      : "",
                factors_of(&accounts[i]), STR_ARG(accounts[i].reference),
                STR_ARG(accounts[i].display));
    return STATUS_OK;
}

static const struct {
    Str verb;
    Status (*run)(Cli *cli, const Access *self, Str user);
} verbs[] = {
    {STR_INIT("create"), create},
    {STR_INIT("invite"), invite},
    {STR_INIT("change"), change},
    {STR_INIT("password"), set_password},
    {STR_INIT("block"), block},
    {STR_INIT("unblock"), unblock},
    {STR_INIT("card"), link_card},
    {STR_INIT("sign-out"), sign_out},
    {STR_INIT("factors-reset"), factors_reset},
    {STR_INIT("link"), link_identity},
};

ExitCode run_account(Cli *cli)
{
    Str verb = cli->arg_count ? cli->args[0] : STR_EMPTY;
    bool listing = str_eq(verb, STR("list")) && cli->arg_count == 1;
    size_t row = 0;
    while (row < COUNT_OF(verbs) && !str_eq(verbs[row].verb, verb))
        row++;
    if (!listing && (row == COUNT_OF(verbs) || cli->arg_count != 2))
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso account %s", cli->command->args);
    cli->read_only = listing;
    ExitCode code = cli_open_auth(cli, false);
    if (code != EXIT_DONE)
        return code;
    const Access *self = auth_operator(cli->cx.arena);
    Status status = listing ? list(cli) : verbs[row].run(cli, self, cli->args[1]);
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}
