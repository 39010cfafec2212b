/* cli/help.c - help, version, and the sample of all settings. */
#include "cli/cli.h"

#include <stdio.h>

static void print_command(const Command *command)
{
    printf("usage: aceso %s %s [OPTIONS]\n\n  %s\n", command->name, command->args,
           command->summary);
    for (size_t i = 0; i < CLI_OPTIONS_MAX && command->options[i].name; i++) {
        const CommandOption *option = &command->options[i];
        printf("%s  %-14s %-5s %s\n", i ? "" : "\n", option->name,
               option->value ? option->value : "", option->doc);
    }
    printf("\nEvery setting is also an option: --port 8443. --config FILE names the file of "
           "settings.\nThe manual: man aceso-%s\n",
           command->name);
}

static void print_all(void)
{
    printf("Aceso, one patient record for a network of care centres.\n\n"
           "usage: aceso COMMAND [ARGS] [OPTIONS]\n\n");
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i].hidden)
            printf("  %-9s %s\n", commands[i].name, commands[i].summary);
    printf("\naceso help COMMAND says more; aceso help --settings lists the settings.\n"
           "\nIt ends with 0 when done, 1 failed, 2 wrong command line, 3 wrong setting,\n"
           "4 the store cannot be opened, 5 the check found faults.\n");
}

/* Folded at 76 columns, each line behind "# ". */
static void print_comment(const char *text)
{
    size_t column = 0;
    Str rest = str_of(text);
    printf("#");
    while (rest.len) {
        Str word = str_cut(&rest, ' ');
        if (column + word.len > 76) {
            printf("\n#");
            column = 0;
        }
        printf(" " STR_FMT, STR_ARG(word));
        column += word.len + 1;
    }
    printf("\n");
}

static void print_settings(void)
{
    printf("# Settings of Aceso: name = value. A line that begins with # is a comment; the\n"
           "# lines below show the defaults. Each is also an option (--port 8443) and a\n"
           "# variable of the environment (ACESO_PORT). aceso serve --check says what is\n"
           "# wrong. Sizes: B KB MB GB. Times: s min h.\n");
    for (SettingName i = 0; i < SETTING_COUNT; i++) {
        printf("\n");
        print_comment(setting_rows[i].doc);
        printf("#%s =%s%s\n", setting_rows[i].name, *setting_rows[i].preset ? " " : "",
               setting_rows[i].preset);
    }
}

ExitCode run_help(Cli *cli)
{
    if (cli_has(cli, 0)) {
        print_settings();
        return EXIT_DONE;
    }
    if (!cli->arg_count) {
        print_all();
        return EXIT_DONE;
    }
    for (size_t i = 0; i < command_count; i++) {
        if (str_eq(cli->args[0], str_of(commands[i].name))) {
            print_command(&commands[i]);
            return EXIT_DONE;
        }
    }
    return cli_fail_with(cli, EXIT_USAGE, "There is no command \"" STR_FMT "\"; see aceso help.",
                         STR_ARG(cli->args[0]));
}

ExitCode run_version(Cli *cli)
{
    UNUSED(cli);
    printf("aceso %s, FHIR R4 (4.0.1)\n", ACESO_VERSION);
    return EXIT_DONE;
}
