/* cli/audit.c - aceso audit list: who did what, oldest first. */
#include "cli/cli.h"

#include <stdio.h>

#include "audit/audit.h"

enum { FROM, COUNT };

static Status print_row(Cli *cli, const StoreAuditRow *row)
{
    AuditEntry entry;
    char at[TIME_INSTANT_LEN];
    TRY(audit_unpack(&cli->cx, row->entry, &entry));
    time_format_instant(row->at, at);
    fprintf(cli->out, "%llu %.*s %.*s %.*s %.*s", (unsigned long long)row->number, TIME_INSTANT_LEN,
            at, STR_ARG(entry.account.len ? entry.account : STR("-")),
            STR_ARG(entry.role.len ? entry.role : STR("-")), STR_ARG(entry.interaction));
    if (entry.type.len)
        fprintf(cli->out, " " STR_FMT, STR_ARG(entry.type));
    if (entry.id.len)
        fprintf(cli->out, "/" STR_FMT, STR_ARG(entry.id));
    if (entry.version)
        fprintf(cli->out, " version %u", entry.version);
    if (entry.query.len)
        fprintf(cli->out, " by " STR_FMT, STR_ARG(entry.query));
    if (entry.resource_count)
        fprintf(cli->out, " (%zu resources)", entry.resource_count);
    fprintf(cli->out, ": %s", status_name(entry.outcome));
    if (entry.address.len)
        fprintf(cli->out, " from " STR_FMT, STR_ARG(entry.address));
    if (entry.request_id.len)
        fprintf(cli->out, " request " STR_FMT, STR_ARG(entry.request_id));
    fprintf(cli->out, "\n");
    return STATUS_OK;
}

ExitCode run_audit(Cli *cli)
{
    uint64_t from, count;
    StoreReader *reader;
    StoreAuditRow *rows;
    size_t found = 0;
    if (cli->arg_count != 1 || !str_eq(cli->args[0], STR("list")))
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso audit %s", cli->command->args);
    if (cli_option_number(cli, FROM, 1, INT64_MAX, &from) != STATUS_OK ||
        cli_option_number(cli, COUNT, 100, 1000000, &count) != STATUS_OK)
        return cli_fail(cli, EXIT_USAGE);
    cli->read_only = true;
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    const Access *self = auth_operator(cli->cx.arena);
    if (store_read_begin(cli->store, &cli->cx, self, &reader) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    Status status = store_audit_read(reader, from, (size_t)count, &rows, &found);
    store_read_end(reader);
    for (size_t i = 0; i < found && status == STATUS_OK; i++)
        status = print_row(cli, &rows[i]);
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}
