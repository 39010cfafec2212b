/* cli/mail.c - what auth is told by the settings, and how its letters leave. */
#include "cli/cli.h"

#include <stdio.h>
#include <unistd.h>

#include "mail/mail.h"

static Status mail_options(Cli *cli, MailOptions *ret_options)
{
    const Settings *s = &cli->settings;
    Str file = settings_text(s, SETTING_MAIL_PASSWORD_FILE);
    *ret_options = (MailOptions){.server = settings_text(s, SETTING_MAIL_SERVER),
                                 .from = settings_text(s, SETTING_MAIL_FROM),
                                 .user = settings_text(s, SETTING_MAIL_USER)};
    if (file.len)
        TRY(cli_read_passphrase(cli, file, &ret_options->password));
    return mail_check(&cli->cx, ret_options);
}

static Status post(void *of, Ctx *cx, const AuthLetter *letter)
{
    const MailLetter mail = {letter->to, letter->subject, letter->text};
    return mail_send(cx, of, &mail);
}

/* A demo, and whoever tries Aceso at a terminal, has no mail server. */
static Status show(void *of, Ctx *cx, const AuthLetter *letter)
{
    UNUSED(of);
    UNUSED(cx);
    printf("\nThis would be mailed to " STR_FMT ":\n\n  " STR_FMT "\n\n" STR_FMT "\n",
           STR_ARG(letter->to), STR_ARG(letter->subject), STR_ARG(letter->text));
    fflush(stdout);
    return STATUS_OK;
}

static Status factor_rule(Cli *cli, AuthFactorRule *ret_rule)
{
    static const Str words[] = {[AUTH_FACTORS_FREE] = STR_INIT("off"),
                                [AUTH_FACTORS_STAFF] = STR_INIT("staff"),
                                [AUTH_FACTORS_ALL] = STR_INIT("all")};
    Str said = settings_text(&cli->settings, SETTING_SECOND_FACTOR);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_eq(words[i], said)) {
            *ret_rule = (AuthFactorRule)i;
            return STATUS_OK;
        }
    }
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                    "second_factor must be staff, all or off.");
}

static Str own_origin(Cli *cli)
{
    const Settings *s = &cli->settings;
    Str base_url = settings_text(s, SETTING_BASE_URL);
    if (base_url.len)
        return base_url;
    return arena_format(cli->cx.arena, "%s://" STR_FMT ":%llu",
                        settings_flag(s, SETTING_TLS) ? "https" : "http",
                        STR_ARG(settings_text(s, SETTING_ADDRESS)),
                        (unsigned long long)settings_number(s, SETTING_PORT));
}

static Status check_breached(Cli *cli, Str list)
{
    if (!list.len || access(list.at, R_OK) == 0)
        return STATUS_OK;
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                    "breached_passwords: " STR_FMT " cannot be read.", STR_ARG(list));
}

/* How letters leave: through a server, onto the terminal, or (neither) not at all. */
static Status way_of_letters(Cli *cli, MailOptions **ret_mail, bool *ret_shown)
{
    *ret_mail = NULL;
    *ret_shown = false;
    if (!settings_text(&cli->settings, SETTING_MAIL_SERVER).len) {
        *ret_shown = cli->command->run == run_demo || isatty(STDOUT_FILENO);
        return STATUS_OK;
    }
    *ret_mail = arena_new_of(cli->cx.arena, MailOptions);
    return *ret_mail ? mail_options(cli, *ret_mail) : STATUS_MEMORY;
}

Status cli_auth_options(Cli *cli, AuthOptions *options)
{
    TRY(factor_rule(cli, &options->factors));
    options->breached = settings_text(&cli->settings, SETTING_BREACHED_PASSWORDS);
    TRY(check_breached(cli, options->breached));
    TRY(cli_read_providers(cli, &options->providers));
    options->origin = own_origin(cli);
    if (!options->origin.at)
        return STATUS_MEMORY;
    MailOptions *mail;
    bool shown;
    TRY(way_of_letters(cli, &mail, &shown));
    options->post = mail ? post : shown ? show : NULL;
    options->post_of = mail;
    return STATUS_OK;
}

/* ---- letters about appointments -------------------------------------------------------------- */

static Status post_booking(void *of, Ctx *cx, const BookingLetter *letter)
{
    const MailLetter mail = {letter->to, letter->subject, letter->text};
    return mail_send(cx, of, &mail);
}

static Status show_booking(void *of, Ctx *cx, const BookingLetter *letter)
{
    const AuthLetter mail = {.to = letter->to, .subject = letter->subject, .text = letter->text};
    return show(of, cx, &mail);
}

Status cli_booking_options(Cli *cli, BookingOptions *options)
{
    *options = (BookingOptions){.origin = own_origin(cli)};
    if (!options->origin.at)
        return STATUS_MEMORY;
    MailOptions *mail;
    bool shown;
    TRY(way_of_letters(cli, &mail, &shown));
    options->send = mail ? post_booking : shown ? show_booking : NULL;
    options->send_of = mail;
    return STATUS_OK;
}
