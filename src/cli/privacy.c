/* cli/privacy.c - aceso privacy: what a person may ask of his record. */
#include "cli/cli.h"

#include <stdio.h>

#include "cli/files.h"
#include "fhir/fhir.h"
#include "privacy/privacy.h"

enum { REASON, COUNTRY, GROUND, SINCE, ALL, LANGUAGE };
enum { RESOURCE_BYTES_MAX = 16 << 20 };

static Call call_of(Cli *cli)
{
    return (Call){.access = auth_operator(cli->cx.arena),
                  .base = STR("urn:aceso:fhir"),
                  .if_match = STR_EMPTY,
                  .if_none_match = STR_EMPTY,
                  .if_modified_since = STR_EMPTY,
                  .if_none_exist = STR_EMPTY,
                  .prefer = STR_EMPTY,
                  .query = STR_EMPTY,
                  .address = STR("local")};
}

static Str option(const Cli *cli, size_t i)
{
    return cli_has(cli, i) ? cli->options[i] : STR_EMPTY;
}

static Status need_reason(Cli *cli)
{
    return cli_has(cli, REASON)
               ? STATUS_OK
               : ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "--reason must say why.");
}

/* ---- what each does ----------------------------------------------------------------------- */

static Status export_person(Cli *cli)
{
    Call call = call_of(cli);
    Str bundle, pdf, json_path, pdf_path, language = option(cli, LANGUAGE);
    Ctx *cx = &cli->cx;
    TRY(cli_folder_make(cx, cli->args[2]));
    TRY(privacy_export(cx, cli->record, &call, cli->args[1], &bundle));
    TRY(privacy_paper(cx, bundle, language.len ? language : STR("en"), &pdf));
    json_path = arena_format(cx->arena, STR_FMT "/record.json", STR_ARG(cli->args[2]));
    pdf_path = arena_format(cx->arena, STR_FMT "/record.pdf", STR_ARG(cli->args[2]));
    if (!json_path.at || !pdf_path.at)
        return STATUS_MEMORY;
    TRY(cli_file_write(cx, json_path, bundle, true));
    TRY(cli_file_write(cx, pdf_path, pdf, true));
    fprintf(cli->out, "record.json and record.pdf hold the record in clear.\n");
    return STATUS_OK;
}

static Status erase(Cli *cli)
{
    Call call = call_of(cli);
    RecordErased done;
    PrivacyErase how = {.country = option(cli, COUNTRY),
                        .reason = option(cli, REASON),
                        .ground = cli_has(cli, GROUND)};
    TRY(privacy_erase(&cli->cx, cli->record, &call, cli->args[1], &how, &done));
    fprintf(cli->out,
            "Erased: %zu resources, %zu versions. %zu resources are about others too and stay.\n"
            "Backups hold the record until they are replaced; free pages of the file until it is "
            "moved (aceso move).\n",
            done.resources, done.versions, done.shared);
    return STATUS_OK;
}

static Status hold(Cli *cli)
{
    TRY(need_reason(cli));
    return privacy_hold(&cli->cx, cli->record, auth_operator(cli->cx.arena), cli->args[1],
                        option(cli, REASON));
}

static Status release(Cli *cli)
{
    return privacy_hold(&cli->cx, cli->record, auth_operator(cli->cx.arena), cli->args[1],
                        STR_EMPTY);
}

static Status restrict_on(Cli *cli)
{
    Call call = call_of(cli);
    return privacy_restrict(&cli->cx, cli->record, &call, cli->args[1], true);
}

static Status restrict_off(Cli *cli)
{
    Call call = call_of(cli);
    return privacy_restrict(&cli->cx, cli->record, &call, cli->args[1], false);
}

static Status amend(Cli *cli)
{
    Call call = call_of(cli);
    Str id = cli->args[1], type = str_cut(&id, '/'), text;
    TRY(need_reason(cli));
    TRY(cli_file_read(&cli->cx, cli->args[2], RESOURCE_BYTES_MAX, &text));
    return privacy_amend(&cli->cx, cli->record, &call, type, id, text, option(cli, REASON));
}

static Status disclosures(Cli *cli)
{
    Call call = call_of(cli);
    Str csv;
    Time since = 0, end;
    if (cli_has(cli, SINCE) && !fhir_date_range(option(cli, SINCE), &since, &end))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "--since takes a date.");
    TRY(privacy_disclosures(&cli->cx, cli->record, &call, cli->args[1], since, cli_has(cli, ALL),
                            &csv));
    fprintf(cli->out, STR_FMT, STR_ARG(csv));
    return STATUS_OK;
}

static Status retention(Cli *cli)
{
    const Retention *row;
    for (size_t i = 0; (row = privacy_retention_row(i)); i++) {
        fprintf(cli->out, STR_FMT " %u years", STR_ARG(row->country), row->years_min);
        if (row->years_max)
            fprintf(cli->out, ", at most %u", row->years_max);
        fprintf(cli->out, ": " STR_FMT "\n", STR_ARG(row->source));
    }
    return STATUS_OK;
}

static const struct {
    Str word;
    size_t arg_count;
    Status (*run)(Cli *cli);
} verbs[] = {
    {STR_INIT("export"), 3, export_person},
    {STR_INIT("erase"), 2, erase},
    {STR_INIT("hold"), 2, hold},
    {STR_INIT("release"), 2, release},
    {STR_INIT("restrict"), 2, restrict_on},
    {STR_INIT("unrestrict"), 2, restrict_off},
    {STR_INIT("amend"), 3, amend},
    {STR_INIT("disclosures"), 2, disclosures},
    {STR_INIT("retention"), 1, retention},
};

ExitCode run_privacy(Cli *cli)
{
    size_t i = 0;
    while (i < COUNT_OF(verbs) &&
           !(cli->arg_count == verbs[i].arg_count && str_eq(cli->args[0], verbs[i].word)))
        i++;
    if (i == COUNT_OF(verbs))
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso privacy %s", cli->command->args);
    ExitCode code = cli_open_record(cli, true);
    if (code != EXIT_DONE)
        return code;
    return verbs[i].run(cli) == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}
