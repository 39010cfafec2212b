/* cli/audit.c - aceso audit: who did what, oldest first; whether the log is whole; its roots. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "audit/audit.h"
#include "audit/verify.h"
#include "cli/files.h"
#include "crypto/crypto.h"

enum { FROM, COUNT, WITNESS, KEY };
enum { WITNESS_BYTES_MAX = 1 << 30, EXPORT_ROWS = 1000 };

/* ---- list ------------------------------------------------------------------------------- */

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

static Status list(Cli *cli)
{
    uint64_t from, count;
    StoreReader *reader;
    StoreAuditRow *rows;
    size_t found = 0;
    TRY(cli_option_number(cli, FROM, 1, INT64_MAX, &from));
    TRY(cli_option_number(cli, COUNT, 100, 1000000, &count));
    TRY(store_read_begin(cli->store, &cli->cx, auth_operator(cli->cx.arena), &reader));
    Status status = store_audit_read(reader, from, (size_t)count, &rows, &found);
    store_read_end(reader);
    for (size_t i = 0; i < found && status == STATUS_OK; i++)
        status = print_row(cli, &rows[i]);
    return status;
}

/* ---- verify ----------------------------------------------------------------------------- */

static int by_number(const void *left, const void *right)
{
    const AuditRoot *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static Status read_witness(Cli *cli, AuditVerifyOptions *options)
{
    Str text;
    size_t room = 0, count = 0;
    if (!cli_has(cli, WITNESS))
        return STATUS_OK;
    TRY(cli_file_read(&cli->cx, cli->options[WITNESS], WITNESS_BYTES_MAX, &text));
    for (size_t i = 0; i < text.len; i++)
        room += text.at[i] == '\n';
    AuditRoot *roots = arena_array_of(cli->cx.arena, AuditRoot, room + 1);
    if (!roots)
        return STATUS_MEMORY;
    while (text.len) {
        Str line = str_trim(str_cut(&text, '\n'));
        if (line.len)
            TRY(root_of_line(&cli->cx, line, &roots[count++]));
    }
    qsort(roots, count, sizeof(*roots), by_number);
    options->witness = roots;
    options->witness_count = count;
    return STATUS_OK;
}

static Status read_key(Cli *cli, uint8_t room[CRYPTO_SIGN_PUBLIC_BYTES],
                       AuditVerifyOptions *options)
{
    Str raw;
    options->key = room;
    if (!cli_has(cli, KEY))
        return root_key_known(&cli->cx, cli->store, auth_operator(cli->cx.arena), room,
                              &options->key);
    if (!crypto_hex_decode(cli->cx.arena, cli->options[KEY], &raw) ||
        raw.len != CRYPTO_SIGN_PUBLIC_BYTES)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "--key takes the 64 hexadecimal digits that aceso audit key prints.");
    memcpy(room, raw.at, raw.len);
    return STATUS_OK;
}

static void show(void *to, uint64_t done, uint64_t all)
{
    progress_show(to, done, all, done);
}

static void say_verdict(Cli *cli, const AuditVerdict *verdict)
{
    char at[TIME_INSTANT_LEN];
    fprintf(cli->out, "%llu entries are sound", (unsigned long long)verdict->rows);
    if (verdict->older)
        fprintf(cli->out, " (%llu older than the chain)", (unsigned long long)verdict->older);
    fprintf(cli->out,
            ", %llu signed roots, %llu of a witness; %llu entries behind the last root.\n",
            (unsigned long long)verdict->roots, (unsigned long long)verdict->witnessed,
            (unsigned long long)verdict->unsigned_rows);
    if (!verdict->fault)
        return;
    time_format_instant(verdict->at, at);
    fprintf(cli->out, "Entry %llu of %llu %s. The time there is %.*s.\n",
            (unsigned long long)verdict->number, (unsigned long long)verdict->last,
            audit_fault_words(verdict->fault), TIME_INSTANT_LEN, at);
}

static ExitCode verify(Cli *cli)
{
    Progress progress;
    uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES];
    AuditVerdict verdict;
    AuditVerifyOptions options = {.progress = show, .to = &progress};
    if (read_witness(cli, &options) != STATUS_OK || read_key(cli, key, &options) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    progress_begin(&progress, cli, "verifying");
    Status status =
        audit_verify(&cli->cx, cli->store, auth_operator(cli->cx.arena), &options, &verdict);
    progress_end(&progress);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    say_verdict(cli, &verdict);
    return verdict.fault ? EXIT_FAULTS : EXIT_DONE;
}

/* ---- roots ------------------------------------------------------------------------------ */

static Status make_root(Cli *cli)
{
    AuditRoot root;
    bool made;
    TRY(root_make(&cli->cx, cli->store, auth_operator(cli->cx.arena), STR_EMPTY, &root, &made));
    if (!made) {
        fprintf(cli->out, "Nothing was added since the last root.\n");
        return STATUS_OK;
    }
    Str line = root_line(cli->cx.arena, &root);
    fprintf(cli->out, STR_FMT "\n", STR_ARG(line));
    return line.at ? STATUS_OK : STATUS_MEMORY;
}

static Status print_key(Cli *cli)
{
    uint8_t key[CRYPTO_SIGN_PUBLIC_BYTES];
    TRY(root_key(&cli->cx, cli->store, auth_operator(cli->cx.arena), key));
    Str hex = crypto_hex(cli->cx.arena, str_n((const char *)key, sizeof(key)));
    fprintf(cli->out, STR_FMT "\n", STR_ARG(hex));
    return hex.at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- the command ------------------------------------------------------------------------ */

static ExitCode ended(Cli *cli, Status status)
{
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}

ExitCode run_audit(Cli *cli)
{
    Str what = cli->arg_count ? cli->args[0] : STR_EMPTY;
    bool root = str_eq(what, STR("root")), key = str_eq(what, STR("key"));
    if (cli->arg_count != 1 ||
        !(root || key || str_eq(what, STR("list")) || str_eq(what, STR("verify"))))
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso audit %s", cli->command->args);
    cli->read_only = !root && !key;
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    if (root)
        return ended(cli, make_root(cli));
    if (key)
        return ended(cli, print_key(cli));
    return str_eq(what, STR("list")) ? ended(cli, list(cli)) : verify(cli);
}
