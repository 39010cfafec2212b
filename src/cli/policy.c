/* cli/policy.c - aceso policy: whether a rule set is sound, and what somebody sees of a patient. */
#include "cli/cli.h"

#include "cli/files.h"
#include "fhir/fhir.h"
#include "rights/rights.h"

enum { USER, PATIENT, RESOURCE, JSON };

static ExitCode check(Cli *cli)
{
    Str text;
    Rules rules;
    if (cli_file_read(&cli->cx, cli->args[1], RULES_BYTES_MAX, &text) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    if (rules_parse(&cli->cx, text, &rules) != STATUS_OK)
        return cli_fail(cli, EXIT_FAULTS);
    fprintf(cli->out, STR_FMT ": sound, revision %s\n", STR_ARG(cli->args[1]), rules.revision);
    return EXIT_DONE;
}

static ExitCode print_rules(Cli *cli)
{
    Str text = rules_default_text();
    fwrite(text.at, 1, text.len, cli->out);
    return EXIT_DONE;
}

/* ---- explain -------------------------------------------------------------------------------- */

static Status find_account(Cli *cli, Str user, AuthAccount *ret_account)
{
    AuthAccount *accounts;
    size_t count;
    TRY(auth_account_list(cli->auth, &cli->cx, &accounts, &count));
    for (size_t i = 0; i < count; i++)
        if (str_eq(accounts[i].user, user)) {
            *ret_account = accounts[i];
            return STATUS_OK;
        }
    return ctx_fail(&cli->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no account of that name.");
}

static void print_yes(Cli *cli, const char *what, bool yes, Str by)
{
    fprintf(cli->out, "  %-10s %s%s" STR_FMT "\n", what, yes ? "yes" : "no", by.len ? ", " : "",
            STR_ARG(by));
}

static void print_why(Cli *cli, Str user, const RightsWhy *why)
{
    fprintf(cli->out, STR_FMT " (" STR_FMT ", " STR_FMT ") and " STR_FMT "\n", STR_ARG(user),
            STR_ARG(why->role), STR_ARG(why->reference.len ? why->reference : STR("nobody")),
            STR_ARG(why->patient));
    print_yes(cli, "link", why->linked || why->self || why->proxy,
              why->self ? STR("himself") : why->link);
    print_yes(cli, "consent", why->consent, why->permit);
    print_yes(cli, "blocked", why->blocked, why->deny);
    if (why->broken)
        print_yes(cli, "break-glass", true, STR_EMPTY);
    fprintf(cli->out, "\n%-4s %-14s %-4s %-12s %-7s %s\n", "", "class", "cell", "sees", "writes",
            "why");
    for (unsigned i = 0; i < ACCESS_CLASSES; i++) {
        const RightsReason *reason = &why->classes[i];
        fprintf(cli->out, "%-4.*s %-14.*s %-4.*s %-12.*s %-7s " STR_FMT "\n",
                STR_ARG(rules_class_word(i)), STR_ARG(rules_class_name(i)), STR_ARG(reason->cell),
                STR_ARG(reason->verdict), reason->writes ? "yes" : "-", STR_ARG(reason->why));
    }
}

static Status explain_row(Cli *cli, StoreReader *reader, const RightsWhy *why)
{
    static const char *const words[] = {"nothing", "a reduced view", "all"};
    StoreRow row;
    Facts facts;
    Sight sight;
    Str sentence, id = cli->options[RESOURCE];
    uint16_t type = fhir_type_find(str_cut(&id, '/'));
    if (!type || !id.at || !fhir_id_is(id))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "--resource is like Observation/12.");
    Status status = store_get(reader, type, id, false, &row);
    if (status == STATUS_NOT_FOUND)
        return ctx_fail(&cli->cx, STATUS_NOT_FOUND, STR_EMPTY, "There is no such resource.");
    TRY(status);
    if (!facts_unpack(row.facts, &facts))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "The resource has no facts yet, so nobody but the program sees it.");
    TRY(rights_explain_row(&cli->cx, why, type, &facts, &sight, &sentence));
    fprintf(cli->out, "\n" STR_FMT ": %s; " STR_FMT "\n", STR_ARG(cli->options[RESOURCE]),
            words[sight], STR_ARG(sentence));
    return STATUS_OK;
}

static Status explain_in(Cli *cli, StoreReader *reader, const AuthAccount *account)
{
    RightsWhy why;
    Str json;
    TRY(rights_explain(record_rights(cli->record), &cli->cx, reader, account->role,
                       account->reference, cli->options[PATIENT], &why));
    if (cli_has(cli, JSON)) {
        TRY(rights_why_json(&cli->cx, &why, &json));
        fprintf(cli->out, STR_FMT "\n", STR_ARG(json));
    } else {
        print_why(cli, account->user, &why);
    }
    return cli_has(cli, RESOURCE) ? explain_row(cli, reader, &why) : STATUS_OK;
}

static ExitCode explain(Cli *cli)
{
    StoreReader *reader;
    AuthAccount account = {.user = STR_EMPTY};
    Str id = cli->options[PATIENT];
    if (!cli_has(cli, USER) || !cli_has(cli, PATIENT))
        return cli_fail_with(cli, EXIT_USAGE, "aceso policy explain needs --user and --patient.");
    if (!str_eq(str_cut(&id, '/'), STR("Patient")) || !id.at || !fhir_id_is(id))
        return cli_fail_with(cli, EXIT_USAGE, "--patient is like Patient/12.");
    ExitCode code = cli->auth ? EXIT_DONE : cli_open_auth(cli, false);
    if (code == EXIT_DONE && !cli->record)
        code = cli_open_record(cli, false);
    if (code != EXIT_DONE)
        return code;
    if (find_account(cli, cli->options[USER], &account) != STATUS_OK ||
        store_read_begin(cli->store, &cli->cx, auth_operator(cli->cx.arena), &reader) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    Status status = explain_in(cli, reader, &account);
    store_read_end(reader);
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}

/* ---- reload ---------------------------------------------------------------------------------- */

/* What a server has decided by the old rules and not yet written is decided again. */
static Status raise_epoch(Cli *cli)
{
    StoreCommit commit = {.raises = 1u << STORE_EPOCH_ACCESS};
    return store_commit(cli->store, &cli->cx, auth_operator(cli->cx.arena), &commit);
}

static ExitCode reload(Cli *cli)
{
    Rules *rules = arena_new_of(cli->cx.arena, Rules);
    if (!cli->link)
        return cli_fail_with(cli, EXIT_FAILED, "No server runs; the next one reads the rules.");
    if (!rules || cli_read_rules(cli, rules) != STATUS_OK)
        return cli_fail_with(cli, EXIT_SETTINGS, "The rules stay as they were.");
    rights_set_rules(record_rights(cli->record), rules);
    if (raise_epoch(cli) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    fprintf(cli->out, "rules of revision %s\n", rules->revision);
    return EXIT_DONE;
}

/* What needs no store is done here, not by a server that has it. */
ExitCode prepare_policy(Cli *cli)
{
    static Command here;
    if (cli->arg_count &&
        (str_eq(cli->args[0], STR("check")) || str_eq(cli->args[0], STR("rules")))) {
        here = *cli->command;
        here.by_server = false;
        cli->command = &here;
    }
    return EXIT_DONE;
}

ExitCode run_policy(Cli *cli)
{
    if (cli->arg_count == 2 && str_eq(cli->args[0], STR("check")))
        return check(cli);
    if (cli->arg_count == 1 && str_eq(cli->args[0], STR("rules")))
        return print_rules(cli);
    if (cli->arg_count == 1 && str_eq(cli->args[0], STR("explain")))
        return explain(cli);
    if (cli->arg_count == 1 && str_eq(cli->args[0], STR("reload")))
        return reload(cli);
    return cli_fail_with(cli, EXIT_USAGE, "usage: aceso policy %s", cli->command->args);
}
