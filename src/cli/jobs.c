/* cli/jobs.c - aceso jobs: what is done later, for people to look at and to put right. */
#include "cli/cli.h"

#include <stdio.h>

#include "audit/audit.h"

enum { STATE, KIND, AFTER, COUNT };
enum { PAGE = 200 };

static const struct {
    const char *word;
    StoreJobState state;
} states[] = {
    {"waiting", STORE_JOB_WAITS}, {"running", STORE_JOB_RUNS}, {"dead", STORE_JOB_IS_DEAD}};

static const char *state_word(StoreJobState state)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (states[i].state == state)
            return states[i].word;
    }
    return "?";
}

static ExitCode failed(Cli *cli, Status status, const char *conflict)
{
    if (status == STATUS_CONFLICT && !cli->cx.issues)
        return cli_fail_with(cli, EXIT_FAILED, "%s", conflict);
    if (status == STATUS_NOT_FOUND && !cli->cx.issues)
        return cli_fail_with(cli, EXIT_FAILED, "There is no job with that number.");
    if (!cli->cx.issues)
        return cli_fail_with(cli, EXIT_FAILED, "The store cannot be written: %s.",
                             status_name(status));
    return cli_fail(cli, EXIT_FAILED);
}

/* ---- list, show --------------------------------------------------------------------------- */

static void print_line(Cli *cli, const StoreJob *job)
{
    char due[TIME_INSTANT_LEN];
    static const char *const due_words[] = {[STORE_JOB_WAITS] = "due",
                                            [STORE_JOB_RUNS] = "leased until",
                                            [STORE_JOB_IS_DEAD] = "since"};
    time_format_instant(job->due, due);
    fprintf(cli->out, "%llu " STR_FMT " %s, %s %.*s, %u %s", (unsigned long long)job->number,
            STR_ARG(job->kind), state_word(job->state), due_words[job->state], TIME_INSTANT_LEN,
            due, job->tries, job->tries == 1 ? "try" : "tries");
    if (job->error.len)
        fprintf(cli->out, ": " STR_FMT, STR_ARG(job->error));
    fprintf(cli->out, "\n");
}

static Status print_counts(Cli *cli, StoreReader *reader)
{
    StoreJobStats stats;
    TRY(store_job_stats(reader, &stats));
    fprintf(cli->err, "aceso: %llu waiting, %llu running, %llu dead.\n",
            (unsigned long long)stats.waiting, (unsigned long long)stats.running,
            (unsigned long long)stats.dead);
    return STATUS_OK;
}

static Status read_query(Cli *cli, StoreJobQuery *ret_query)
{
    uint64_t after, count;
    TRY(cli_option_number(cli, AFTER, 0, INT64_MAX, &after));
    TRY(cli_option_number(cli, COUNT, 100, 1000000, &count));
    *ret_query = (StoreJobQuery){.kind = cli_has(cli, KIND) ? cli->options[KIND] : STR_EMPTY,
                                 .after = after,
                                 .limit = (size_t)count};
    for (size_t i = 0; i < COUNT_OF(states) && cli_has(cli, STATE); i++) {
        if (str_eq(cli->options[STATE], str_of(states[i].word)))
            ret_query->state = states[i].state;
    }
    if (cli_has(cli, STATE) && !ret_query->state)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "--state is waiting, running or dead.");
    return STATUS_OK;
}

static ExitCode run_list(Cli *cli, const Access *self)
{
    StoreReader *reader;
    StoreJobQuery query;
    StoreJob *jobs;
    size_t count;
    if (read_query(cli, &query) != STATUS_OK)
        return cli_fail(cli, EXIT_USAGE);
    if (store_read_begin(cli->store, &cli->cx, self, &reader) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    Status status = store_job_list(reader, &query, &jobs, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        print_line(cli, &jobs[i]);
    if (status == STATUS_OK)
        status = print_counts(cli, reader);
    store_read_end(reader);
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}

static ExitCode run_show(Cli *cli, const Access *self, uint64_t number)
{
    StoreReader *reader;
    StoreJob job;
    char added[TIME_INSTANT_LEN];
    if (store_read_begin(cli->store, &cli->cx, self, &reader) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    Status status = store_job_get(reader, number, &job);
    store_read_end(reader);
    if (status != STATUS_OK)
        return failed(cli, status, "");
    time_format_instant(job.added, added);
    print_line(cli, &job);
    fprintf(cli->out, "added %.*s\n", TIME_INSTANT_LEN, added);
    if (job.key.len)
        fprintf(cli->out, "key " STR_FMT "\n", STR_ARG(job.key));
    if (job.worker.len)
        fprintf(cli->out, "%s " STR_FMT "\n",
                job.state == STORE_JOB_RUNS ? "running at" : "last at", STR_ARG(job.worker));
    fprintf(cli->out, "payload of %zu bytes\n", job.payload.len);
    return EXIT_DONE;
}

/* ---- again, drop, run --------------------------------------------------------------------- */

/* With its audit entry: somebody has decided that work is done, or not. */
static Status commit(Cli *cli, const Access *self, Str interaction, Str id, StoreCommit *commit)
{
    AuditEntry entry = {.account = access_account(self),
                        .role = access_role(self),
                        .interaction = interaction,
                        .id = id};
    Str packed;
    TRY(audit_pack(&cli->cx, &entry, &packed));
    commit->audits = &packed;
    commit->audit_count = 1;
    return store_commit(cli->store, &cli->cx, self, commit);
}

static Status end_one(Cli *cli, const Access *self, StoreJobHow how, uint64_t number)
{
    StoreJobEnd end = {.number = number, .how = how};
    StoreCommit work = {.job_ends = &end, .job_end_count = 1};
    Str id = arena_format(cli->cx.arena, "%llu", (unsigned long long)number);
    if (!id.at)
        return STATUS_MEMORY;
    return commit(cli, self, how == STORE_JOB_DONE ? STR("job-drop") : STR("job-again"), id, &work);
}

/* All dead ones, or those of a kind, one by one: what others change meanwhile is theirs. */
static ExitCode again_all(Cli *cli, const Access *self)
{
    uint64_t done = 0;
    StoreJobQuery query = {.state = STORE_JOB_IS_DEAD,
                           .kind = cli_has(cli, KIND) ? cli->options[KIND] : STR_EMPTY,
                           .limit = PAGE};
    for (size_t count = PAGE; count == PAGE && !cli_is_stopping(cli);) {
        StoreReader *reader;
        StoreJob *jobs;
        if (store_read_begin(cli->store, &cli->cx, self, &reader) != STATUS_OK)
            return cli_fail(cli, EXIT_FAILED);
        Status status = store_job_list(reader, &query, &jobs, &count);
        store_read_end(reader);
        for (size_t i = 0; status == STATUS_OK && i < count; i++) {
            query.after = jobs[i].number;
            status = end_one(cli, self, STORE_JOB_AGAIN, jobs[i].number);
            done += status == STATUS_OK;
            status = status == STATUS_CONFLICT ? STATUS_OK : status;
        }
        if (status != STATUS_OK)
            return failed(cli, status, "");
    }
    fprintf(cli->out, "%llu dead jobs are tried again.\n", (unsigned long long)done);
    return EXIT_DONE;
}

static ExitCode run_end(Cli *cli, const Access *self, StoreJobHow how, uint64_t number)
{
    StoreReader *reader;
    StoreJob job;
    if (store_read_begin(cli->store, &cli->cx, self, &reader) != STATUS_OK)
        return cli_fail(cli, EXIT_FAILED);
    Status status = store_job_get(reader, number, &job);
    store_read_end(reader);
    if (status == STATUS_OK)
        status = end_one(cli, self, how, number);
    if (status != STATUS_OK)
        return failed(cli, status, "The job runs just now, or has just ended.");
    fprintf(cli->out,
            how == STORE_JOB_DONE ? "The job is dropped.\n" : "The job is tried again.\n");
    return EXIT_DONE;
}

/* A job of a kind that needs nothing to know. */
static ExitCode run_kind(Cli *cli, const Access *self, Str kind)
{
    JobKind *kinds;
    size_t count, at = 0;
    if (cli_job_kinds(cli, &kinds, &count) != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    while (at < count && (kinds[at].needs_payload || !str_eq(str_of(kinds[at].name), kind)))
        at++;
    if (at == count) {
        cli_fail_with(cli, EXIT_USAGE, "There is no such kind of job to be run. There are:");
        for (at = 0; at < count; at++) {
            if (!kinds[at].needs_payload)
                fprintf(cli->err, "  %s\n", kinds[at].name);
        }
        return EXIT_USAGE;
    }
    if (str_eq(kind, STR("backup")) && !settings_text(&cli->settings, SETTING_BACKUP_DIR).len)
        return cli_fail_with(cli, EXIT_SETTINGS, "backup_dir must name a folder first.");
    StoreJobAdd job = {.kind = kind, .key = STR("by hand")};
    StoreCommit work = {.jobs = &job, .job_count = 1};
    Status status = commit(cli, self, STR("job-run"), kind, &work);
    if (status != STATUS_OK)
        return failed(cli, status, "");
    fprintf(cli->out, cli->link ? "It is begun as soon as a thread is free; see aceso jobs list.\n"
                                : "It is begun when a server has the store.\n");
    return EXIT_DONE;
}

/* ---- the command -------------------------------------------------------------------------- */

ExitCode run_jobs(Cli *cli)
{
    Str verb = cli->arg_count ? cli->args[0] : STR_EMPTY;
    Str what = cli->arg_count == 2 ? cli->args[1] : STR_EMPTY;
    bool listing = str_eq(verb, STR("list")) && cli->arg_count == 1;
    bool running = str_eq(verb, STR("run")) && what.len;
    bool all = str_eq(verb, STR("again")) && str_eq(what, STR("all"));
    bool showing = str_eq(verb, STR("show")), dropping = str_eq(verb, STR("drop"));
    uint64_t number = 0;
    bool one = (showing || dropping || str_eq(verb, STR("again"))) && str_to_u64(what, &number);
    if (!listing && !running && !all && !one)
        return cli_fail_with(cli, EXIT_USAGE, "usage: aceso jobs %s", cli->command->args);
    cli->read_only = listing || showing;
    ExitCode code = cli_open_store(cli);
    if (code != EXIT_DONE)
        return code;
    const Access *self = auth_operator(cli->cx.arena);
    if (listing)
        return run_list(cli, self);
    if (running)
        return run_kind(cli, self, what);
    if (all)
        return again_all(cli, self);
    return showing ? run_show(cli, self, number)
                   : run_end(cli, self, dropping ? STORE_JOB_DONE : STORE_JOB_AGAIN, number);
}
