/* cli/health.c - aceso health: whether the server of these settings says that all is well. */
#include "cli/cli.h"

#include "http/http.h"

enum { WITHIN, SECONDS = 3 };

ExitCode run_health(Cli *cli)
{
    uint64_t seconds;
    HttpOptions options = {
        .address = settings_text(&cli->settings, SETTING_ADDRESS),
        .port = (uint16_t)settings_number(&cli->settings, SETTING_PORT),
        .tls = settings_flag(&cli->settings, SETTING_TLS),
        .proxied = settings_flag(&cli->settings, SETTING_PROXY_PROTOCOL),
    };
    if (cli_option_number(cli, WITHIN, SECONDS, 3600, &seconds) != STATUS_OK)
        return cli_fail(cli, EXIT_USAGE);
    if (http_ping(&cli->cx, &options, (unsigned)seconds) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out, "All is well.\n");
    return EXIT_DONE;
}
