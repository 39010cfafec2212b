/* cli/fhirpath.c - aceso fhirpath: evaluate an expression on a resource in a file, or run the
 * official cases. It opens no store. */
#include "cli/cli.h"

#include <stdio.h>

#include "cli/files.h"
#include "fhir/path/suite.h"
#include "terms/terms.h"

enum { SUITE, STRICT };
enum { RESOURCE_BYTES_MAX = 256 << 20 };

static Status read_json(Ctx *cx, Str path, JsonValue **ret_json)
{
    Str text;
    TRY(cli_file_read(cx, path, RESOURCE_BYTES_MAX, &text));
    return json_parse_in_place(cx, (char *)text.at, text.len, ret_json);
}

/* ---- one expression ---------------------------------------------------------------------------
 */

static void print_items(FILE *to, Arena *arena, const char *before, const PathItems *items)
{
    for (size_t i = 0; i < items->count; i++)
        fprintf(to, "%s" STR_FMT " " STR_FMT "\n", before,
                STR_ARG(path_type_name(&items->items[i])),
                STR_ARG(path_item_text(arena, &items->items[i])));
}

/* Who is asked while an expression is evaluated: `to` of PathEnv. */
typedef struct {
    Cli *cli;
    Terms *terms; /* what is built in */
} Asked;

static void print_trace(void *to, Str name, const PathItems *items)
{
    Cli *cli = ((Asked *)to)->cli;
    fprintf(cli->err, "trace " STR_FMT ": %zu\n", STR_ARG(name), items->count);
    print_items(cli->err, cli->cx.arena, "  ", items);
}

static Status member_of(void *to, Ctx *cx, Str value_set, Str system, Str code, bool *ret_is)
{
    return terms_member_of(((Asked *)to)->terms, cx, value_set, system, code, ret_is);
}

static Status subsumes(void *to, Ctx *cx, const PathItem *outer, const PathItem *inner,
                       bool *ret_is)
{
    return terms_concept_subsumes(((Asked *)to)->terms, cx, outer, inner, ret_is);
}

static Status evaluate(Cli *cli)
{
    Asked asked = {.cli = cli};
    JsonValue *resource = NULL;
    const PathProgram *program;
    PathItems items;
    if (cli->arg_count == 2)
        TRY(read_json(&cli->cx, cli->args[1], &resource));
    PathCompile how = {.context = json_get_str(resource, STR("resourceType")),
                       .strict = cli_has(cli, STRICT)};
    PathEnv env = {.resource = resource,
                   .member_of = member_of,
                   .subsumes = subsumes,
                   .trace = print_trace,
                   .to = &asked};
    TRY(terms_new(&cli->cx, NULL, &asked.terms));
    TRY(path_compile(&cli->cx, cli->cx.arena, cli->args[0], &how, &program));
    TRY(path_evaluate(program, &cli->cx, &env, &items));
    print_items(cli->out, cli->cx.arena, "", &items);
    return STATUS_OK;
}

/* ---- the official cases ------------------------------------------------------------------------
 */

typedef struct {
    Cli *cli;
    Str folder; /* of the inputs: cases.json has them in cases-inputs/ */
    Str last;   /* name of the one that was read last */
    JsonValue *resource;
} Suite;

/* An input named .xml is the .json of the same stem. */
static Status load_input(void *to, Ctx *cx, Str name, JsonValue **ret_resource)
{
    Suite *suite = to;
    if (!suite->resource || !str_eq(suite->last, name)) {
        size_t stem = name.len;
        while (stem && name.at[stem - 1] != '.')
            stem--;
        Str path = arena_format(cx->arena, STR_FMT "/" STR_FMT "json", STR_ARG(suite->folder),
                                STR_ARG(str_head(name, stem)));
        TRY(read_json(cx, path, &suite->resource));
        suite->last = name;
    }
    *ret_resource = suite->resource;
    return STATUS_OK;
}

static void print_failed(void *to, Str group, Str name, Str why)
{
    Suite *suite = to;
    fprintf(suite->cli->out, STR_FMT " " STR_FMT ": " STR_FMT "\n", STR_ARG(group), STR_ARG(name),
            STR_ARG(why));
}

static Status run_suite(Cli *cli, size_t *ret_failed)
{
    JsonValue *cases;
    size_t passed;
    Str file = cli->options[SUITE];
    size_t stem = str_has_suffix(file, STR(".json")) ? file.len - strlen(".json") : file.len;
    Suite suite = {
        .cli = cli,
        .folder = arena_format(cli->cx.arena, STR_FMT "-inputs", STR_ARG(str_head(file, stem)))};
    PathSuite how = {load_input, print_failed, &suite};
    TRY(read_json(&cli->cx, file, &cases));
    TRY(path_suite_run(&cli->cx, cases, &how, &passed, ret_failed));
    fprintf(cli->out, "%zu passed, %zu failed\n", passed, *ret_failed);
    return STATUS_OK;
}

ExitCode run_fhirpath(Cli *cli)
{
    size_t failed = 0;
    bool suite = cli_has(cli, SUITE);
    if (suite ? cli->arg_count != 0 : cli->arg_count < 1 || cli->arg_count > 2)
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso fhirpath %s", cli->command->args);
    Status status = suite ? run_suite(cli, &failed) : evaluate(cli);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    return failed ? EXIT_FAULTS : EXIT_DONE;
}
