/* cli/outward.c - whom Aceso may ask something, by the settings. */
#include "cli/cli.h"

#include <unistd.h>

Status cli_read_site(Cli *cli)
{
    Str hosts = settings_text(&cli->settings, SETTING_OUTGOING_HOSTS);
    Str ca = settings_text(&cli->settings, SETTING_OUTGOING_CA);
    if (cli->site)
        return STATUS_OK;
    NetSite *site = arena_new_of(cli->cx.arena, NetSite);
    if (!site)
        return STATUS_MEMORY;
    if (ca.len && access(ca.at, R_OK) != 0)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "outgoing_ca: " STR_FMT " cannot be read.", STR_ARG(ca));
    TRY(net_site_read(&cli->cx, hosts, ca, site));
    cli->site = site;
    return STATUS_OK;
}
