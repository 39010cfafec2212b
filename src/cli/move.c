/* cli/move.c - aceso move: opens both stores, and speaks with the server that has the source. */
#include "cli/cli.h"

#include <unistd.h>

#include "cli/control.h"
#include "cli/files.h"
#include "fhir/fhir.h"
#include "move/move.h"

enum {
    TO,
    TO_KEY_FILE,
    TO_PASSPHRASE_FILE,
    FROM,
    FROM_KEY_FILE,
    FROM_PASSPHRASE_FILE,
    VERIFY,
    CANCEL
};

typedef struct {
    Cli *cli;
    StoreOptions from_options, to_options;
    Store *from, *to;
    const Access *access;
    bool served; /* a server has the source */
    int hold;    /* the descriptor of a seal; -1 */
    MoveSource source;
    MovePhase phase;
    Progress progress;
    bool told;
    Time begun;
} Move;

/* ---- what opens them ------------------------------------------------------------------------ */

static Str option(const Cli *cli, size_t i)
{
    return cli_has(cli, i) ? cli->options[i] : STR_EMPTY;
}

static Status name_key(Cli *cli, size_t key_file, size_t passphrase_file, StoreOptions *options)
{
    Str path;
    options->key_file = option(cli, key_file);
    options->passphrase = STR_EMPTY;
    if (cli_has(cli, passphrase_file))
        TRY(cli_read_passphrase(cli, cli->options[passphrase_file], &options->passphrase));
    if (options->key_file.len || options->passphrase.len)
        options->key_bytes = STR_EMPTY;
    if (options->key_file.len || options->passphrase.len || options->key_bytes.len)
        return STATUS_OK; /* key_bytes: of a credential or a command, none lies beside the store */
    if (!store_address_is_file(options->address, &path))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "A store in a database needs %s, or a passphrase.",
                        cli->command->options[key_file].name);
    options->key_file = arena_format(cli->cx.arena, STR_FMT ".secret", STR_ARG(path));
    return STATUS_OK;
}

/* The source: of the settings, unless it is named. The control socket is beside it. */
static Status from_options(Move *move)
{
    Cli *cli = move->cli;
    if (!cli_has(cli, FROM))
        TRY(cli_store_options(cli, &move->from_options));
    else
        cli->settings.at[SETTING_STORE].text = cli->options[FROM];
    move->from_options.address = settings_text(&cli->settings, SETTING_STORE);
    move->from_options.use = STORE_LEAVE;
    if (cli_has(cli, FROM) || cli_has(cli, FROM_KEY_FILE) || cli_has(cli, FROM_PASSPHRASE_FILE))
        return name_key(cli, FROM_KEY_FILE, FROM_PASSPHRASE_FILE, &move->from_options);
    return STATUS_OK;
}

/* Whether a key file or a passphrase file is named for it. */
static bool has_own_key(const Cli *cli, size_t key_file)
{
    return cli_has(cli, key_file) || cli_has(cli, key_file + 1);
}

static Status to_options(Move *move)
{
    Cli *cli = move->cli;
    move->to_options = (StoreOptions){
        .address = option(cli, TO),
        .cache_bytes = (size_t)settings_number(&cli->settings, SETTING_CACHE),
        .use = cli_has(cli, VERIFY) ? STORE_LEAVE : STORE_FILL,
        .read_only = cli_has(cli, VERIFY),
        .key_bytes = has_own_key(cli, TO_KEY_FILE) ? STR_EMPTY : move->from_options.key_bytes,
    };
    return name_key(cli, TO_KEY_FILE, TO_PASSPHRASE_FILE, &move->to_options);
}

/* ---- a source in a server ------------------------------------------------------------------- */

static Cli *asker(Move *move, Str verb, Str word)
{
    Cli *ask = arena_alloc(move->cli->cx.arena, sizeof(Cli));
    if (!ask)
        return NULL;
    *ask = (Cli){.cx = {.arena = move->cli->cx.arena},
                 .command = cli_find_command(STR("move-source")),
                 .settings = move->cli->settings,
                 .args = {verb, word},
                 .arg_count = word.len ? 2 : 1,
                 .out = move->cli->out,
                 .err = move->cli->err};
    return ask;
}

static Status server_gone(Ctx *cx)
{
    return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY,
                    "The server that has the source does not do its part: see above, or it ended. "
                    "Run aceso move again; it goes on from here.");
}

static Status ask(Move *move, Ctx *cx, Str verb, Str word)
{
    ExitCode code = EXIT_FAILED;
    Cli *ask = asker(move, verb, word);
    if (!ask)
        return STATUS_MEMORY;
    bool there = control_forward(ask, &code);
    return there && code == EXIT_DONE ? STATUS_OK : server_gone(cx);
}

static Status served_log_keys(void *who, Ctx *cx, bool on)
{
    return ask(who, cx, STR("log-keys"), on ? STR("on") : STR("off"));
}

static Status served_seal(void *who, Ctx *cx, StoreSeal seal, Str words)
{
    Move *move = who;
    if (seal == STORE_MOVED)
        return ask(move, cx, STR("moved"), words);
    if (seal == STORE_UNSEALED) {
        if (move->hold >= 0)
            close(move->hold);
        move->hold = -1;
        return ask(move, cx, STR("unseal"), STR_EMPTY);
    }
    Cli *ask = asker(move, STR("seal"), STR_EMPTY);
    move->hold = ask ? control_hold(ask) : -1;
    return move->hold >= 0 ? STATUS_OK : server_gone(cx);
}

/* ---- opening -------------------------------------------------------------------------------- */

static Status open_source(Move *move)
{
    Cli *cli = move->cli;
    Str path;
    bool file = store_address_is_file(move->from_options.address, &path);
    if (file && !cli_file_exists(path))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, STR_FMT ": there is no store.",
                        STR_ARG(path));
    move->served = file && control_is_there(cli);
    move->from_options.read_only = move->served;
    return store_open(&cli->cx, &move->from_options, &move->from);
}

static Status open_target(Move *move)
{
    Cli *cli = move->cli;
    Str path;
    bool file = store_address_is_file(move->to_options.address, &path);
    bool make = !cli_has(cli, VERIFY) && (!file || !cli_file_exists(path));
    if (make) {
        Cli *maker = asker(move, STR_EMPTY, STR_EMPTY); /* its own issues */
        Status status = maker ? cli_make_store_of(maker, &move->to_options) : STATUS_MEMORY;
        if (status != STATUS_OK && (file || status != STATUS_CONFLICT)) {
            if (maker)
                ctx_take_issues(&cli->cx, &maker->cx);
            return status;
        }
    }
    return store_open(&cli->cx, &move->to_options, &move->to);
}

/* ---- saying how far it is -------------------------------------------------------------------- */

static const char *const phase_words[] = {
    [MOVE_CHANGES] = "Copying the resources and their versions",
    [MOVE_AUDIT] = "Copying the audit log",
    [MOVE_KEYS] = "Copying the search index",
    [MOVE_FOLLOW] = "Following what is written meanwhile",
    [MOVE_VERIFY_KEYS] = "Comparing the search index",
    [MOVE_VERIFY] = "Comparing resources, versions and audit log",
    [MOVE_END] = "Writes to the source are stopped; copying the rest",
};

static bool tell(void *to, MovePhase phase, uint64_t done, uint64_t all)
{
    Move *move = to;
    if (!move->told || phase != move->phase) {
        progress_end(&move->progress);
        fprintf(move->cli->out, "%s.\n", phase_words[phase]);
        fflush(move->cli->out);
        progress_begin(&move->progress, move->cli, "move");
        move->phase = phase;
        move->told = true;
    }
    progress_show(&move->progress, done, all, 0);
    return !cli_is_stopping(move->cli);
}

static void print_types(const Cli *cli, const MoveReport *report)
{
    for (uint16_t i = 0; i < MOVE_TYPES_MAX; i++) {
        const MoveDigest *digest = &report->types[i];
        if (digest->count)
            fprintf(cli->out, "  %-28.*s %12llu versions  %016llx\n", (int)fhir_type_name(i).len,
                    fhir_type_name(i).at, (unsigned long long)digest->count,
                    (unsigned long long)digest->sum[0]);
    }
    fprintf(cli->out, "  %-28s %12llu entries   %016llx\n", "audit log",
            (unsigned long long)report->audit.count, (unsigned long long)report->audit.sum[0]);
    fprintf(cli->out, "  %-28s %12llu           %016llx\n", "accounts, sessions, settings",
            (unsigned long long)report->items.count, (unsigned long long)report->items.sum[0]);
    fprintf(cli->out, "  %-28s %12llu           %016llx\n", "jobs",
            (unsigned long long)report->jobs.count, (unsigned long long)report->jobs.sum[0]);
    fprintf(cli->out, "  %-28s %12llu\n", "pieces of documents",
            (unsigned long long)report->pieces);
    fprintf(cli->out, "  %-28s %12llu\n", "keys of the search index",
            (unsigned long long)report->keys);
}

static uint64_t versions_of(const MoveReport *report)
{
    uint64_t count = 0;
    for (size_t i = 0; i < MOVE_TYPES_MAX; i++)
        count += report->types[i].count;
    return count;
}

static ExitCode say_moved(Move *move, const MoveReport *report)
{
    FILE *out = move->cli->out;
    double seconds = (double)(time_monotonic() - move->begun) / 1e6;
    uint64_t versions = versions_of(report);
    fprintf(out, "The new store is complete and was compared with the old one:\n");
    print_types(move->cli, report);
    fprintf(out,
            "%llu versions in %.1f s, %.0f a second, verified; writes were stopped for %.2f s.\n"
            "The old store takes no more writes. Set store to the new one and start the server "
            "on it.\n",
            (unsigned long long)versions, seconds,
            (double)versions / (seconds > 0.1 ? seconds : 0.1), (double)report->paused / 1e6);
    return EXIT_DONE;
}

/* ---- the command ----------------------------------------------------------------------------- */

static ExitCode fail(Move *move, Status status)
{
    Cli *cli = move->cli;
    progress_end(&move->progress);
    if (status == STATUS_TIMEOUT)
        return cli_fail_with(cli, EXIT_FAILED,
                             "The move was stopped. aceso move goes on from here.");
    if (status == STATUS_CONFLICT && move->to)
        return cli_fail_with(cli, EXIT_FAULTS, "The two stores are not the same.");
    return cli_fail(cli, move->to ? EXIT_FAILED : EXIT_STORE);
}

static ExitCode copy_or_compare(Move *move)
{
    Cli *cli = move->cli;
    Str path;
    MoveReport *report = arena_new_of(cli->cx.arena, MoveReport);
    if (!report)
        return cli_fail_with(cli, EXIT_FAILED, "Out of memory.");
    bool file = store_address_is_file(move->to_options.address, &path);
    MoveOptions options = {.from = move->from,
                           .to = move->to,
                           .access = move->access,
                           .source = move->served ? &move->source : NULL,
                           .words = file ? path : STR("a PostgreSQL database"),
                           .tell = tell,
                           .tell_to = move};
    move->begun = time_monotonic();
    Status status = cli_has(cli, VERIFY) ? move_verify(&cli->cx, &options, report)
                                         : move_run(&cli->cx, &options, report);
    progress_end(&move->progress);
    if (status != STATUS_OK)
        return fail(move, status);
    if (!cli_has(cli, VERIFY))
        return say_moved(move, report);
    fprintf(cli->out, "The two stores hold the same:\n");
    print_types(cli, report);
    return EXIT_DONE;
}

static ExitCode take_back(Move *move)
{
    Ctx *cx = &move->cli->cx;
    Status status = move->served
                        ? ask(move, cx, STR("unseal"), STR_EMPTY)
                        : store_seal(move->from, cx, move->access, STORE_UNSEALED, STR_EMPTY);
    if (status == STATUS_OK)
        status = move->served ? ask(move, cx, STR("log-keys"), STR("off"))
                              : store_log_keys(move->from, cx, move->access, false);
    if (status != STATUS_OK)
        return cli_fail(move->cli, EXIT_FAILED);
    fprintf(move->cli->out,
            "The old store is as if it had never been moved. Remove the new one: it must not be "
            "served beside this.\n");
    return EXIT_DONE;
}

static ExitCode run(Move *move)
{
    Cli *cli = move->cli;
    Status status = from_options(move);
    if (status == STATUS_OK && !cli_has(cli, CANCEL))
        status = to_options(move);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    status = open_source(move);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_STORE);
    if (cli_has(cli, CANCEL))
        return take_back(move);
    status = open_target(move);
    if (status != STATUS_OK)
        return fail(move, status);
    return copy_or_compare(move);
}

ExitCode run_move(Cli *cli)
{
    Move *move = arena_new_of(cli->cx.arena, Move);
    if (cli->arg_count)
        return cli_fail_with(cli, EXIT_USAGE, "It takes options alone; see aceso help move.");
    if (cli_has(cli, TO) == cli_has(cli, CANCEL))
        return cli_fail_with(cli, EXIT_USAGE, "Name the new store with --to; see aceso help move.");
    if (!move)
        return cli_fail_with(cli, EXIT_FAILED, "Out of memory.");
    cli_catch_signals(cli);
    *move = (Move){.cli = cli, .hold = -1, .access = auth_operator(cli->cx.arena)};
    move->source = (MoveSource){move, served_log_keys, served_seal};
    ExitCode code = run(move);
    if (move->hold >= 0)
        close(move->hold);
    store_close(move->to);
    store_close(move->from);
    return code;
}
