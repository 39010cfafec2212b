/* cli/main.c - reads the command line, runs the command.
 *
 *   aceso COMMAND [ARGS] [--config FILE] [--SETTING VALUE] [--OPTION [VALUE]]
 *
 * Every setting is also an option, with '-' for '_': --port 8443, --client-ids off. */
#include "cli/cli.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/control.h"
#include "cli/files.h"
#include "crypto/crypto.h"

/* ---- the command line ----------------------------------------------------------------- */

typedef struct {
    int count;
    char **words;
    int at;
} Words;

static bool take_value(Words *words, Str *inlined, Str *ret_value)
{
    if (inlined->at) {
        *ret_value = *inlined;
        return true;
    }
    if (words->at == words->count)
        return false;
    *ret_value = str_of(words->words[words->at++]);
    return true;
}

/* "--client-ids" is the setting client_ids. */
static bool is_setting(Str option, SettingName *ret_name)
{
    for (SettingName i = 0; i < SETTING_COUNT; i++) {
        const char *name = setting_rows[i].name;
        bool same = option.len == strlen(name) + 2;
        for (size_t k = 2; same && k < option.len; k++)
            same = option.at[k] == (name[k - 2] == '_' ? '-' : name[k - 2]);
        if (same) {
            *ret_name = i;
            return true;
        }
    }
    return false;
}

/* Settings from options wait until the file was read: kept as name and value. */
typedef struct {
    SettingName name;
    Str option, value;
} Override;

typedef struct {
    Override at[64];
    size_t count;
} Overrides;

static ExitCode take_option(Cli *cli, Words *words, Str word, Overrides *overrides)
{
    size_t row;
    SettingName setting;
    Str value = word, inlined;
    Str name = str_cut(&value, '=');
    inlined = value;
    if (cli_find_option(cli->command, name, &row)) {
        cli->options[row] = STR_EMPTY;
        if (cli->command->options[row].value && !take_value(words, &inlined, &cli->options[row]))
            return cli_fail_with(cli, EXIT_USAGE, STR_FMT " needs a value.", STR_ARG(name));
        return EXIT_DONE;
    }
    if (str_eq(name, STR("--config")))
        return take_value(words, &inlined, &cli->config)
                   ? EXIT_DONE
                   : cli_fail_with(cli, EXIT_USAGE, "--config needs a file.");
    if (!is_setting(name, &setting) || overrides->count == COUNT_OF(overrides->at))
        return cli_fail_with(cli, EXIT_USAGE, "%s has no option " STR_FMT "; see aceso help %s.",
                             cli->command->name, STR_ARG(name), cli->command->name);
    if (!take_value(words, &inlined, &value))
        return cli_fail_with(cli, EXIT_USAGE, STR_FMT " needs a value.", STR_ARG(name));
    overrides->at[overrides->count++] = (Override){setting, name, value};
    return EXIT_DONE;
}

static ExitCode read_words(Cli *cli, Words *words, Overrides *overrides)
{
    bool options = true;
    while (words->at < words->count) {
        Str word = str_of(words->words[words->at++]);
        ExitCode code = EXIT_DONE;
        if (options && str_eq(word, STR("--")))
            options = false;
        else if (options && str_has_prefix(word, STR("--")))
            code = take_option(cli, words, word, overrides);
        else if (cli->arg_count < CLI_ARGS_MAX)
            cli->args[cli->arg_count++] = word;
        else
            code = cli_fail_with(cli, EXIT_USAGE, "Too many arguments; name a folder instead.");
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

static ExitCode read_settings(Cli *cli, const Overrides *overrides)
{
    const char *named = getenv("ACESO_CONFIG");
    if (!cli->config.len && named)
        cli->config = str_of(named);
    if (!cli->config.len && cli_file_exists(STR("/etc/aceso/aceso.conf")))
        cli->config = STR("/etc/aceso/aceso.conf");
    Status status = settings_read(&cli->cx, cli->config, &cli->settings);
    for (size_t i = 0; i < overrides->count; i++) {
        const Override *o = &overrides->at[i];
        Status one = settings_set(&cli->cx, &cli->settings, o->name, o->value, o->option);
        if (one != STATUS_OK)
            status = one;
    }
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_SETTINGS);
}

static const Command *named_command(Str name)
{
    if (str_eq(name, STR("--help")) || str_eq(name, STR("-h")))
        name = STR("help");
    if (str_eq(name, STR("--version")))
        name = STR("version");
    return cli_find_command(name);
}

static ExitCode run(Cli *cli, int argc, char **argv)
{
    Overrides overrides = {.count = 0};
    Words words = {argc, argv, 2};
    cli->command = named_command(argc > 1 ? str_of(argv[1]) : STR("help"));
    if (!cli->command)
        return cli_fail_with(cli, EXIT_USAGE, "There is no command \"%s\"; see aceso help.",
                             argv[1]);
    ExitCode code = read_words(cli, &words, &overrides);
    if (code == EXIT_DONE && cli->command->run != run_help && cli->command->run != run_version)
        code = read_settings(cli, &overrides);
    if (code == EXIT_DONE && crypto_init(&cli->cx) != STATUS_OK)
        code = cli_fail(cli, EXIT_FAILED);
    if (code == EXIT_DONE && cli->command->prepare)
        code = cli->command->prepare(cli);
    if (code == EXIT_DONE && !control_forward(cli, &code))
        code = cli->command->run(cli);
    cli_close(cli);
    return code;
}

int main(int argc, char **argv)
{
    static Cli cli;
    setlocale(LC_CTYPE, "C.UTF-8");
    cli.argv = argv;
    cli.out = stdout;
    cli.err = stderr;
    cli.terminal = isatty(STDERR_FILENO);
    cli.cx.arena = arena_new((size_t)4 << 30, true);
    if (!cli.cx.arena)
        return EXIT_FAILED;
    signal(SIGPIPE, SIG_IGN);
    ExitCode code = run(&cli, argc, argv);
    arena_free(cli.cx.arena);
    return (int)code;
}
