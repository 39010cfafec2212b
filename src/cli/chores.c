/* cli/chores.c - what a server does by itself: the kinds of jobs there are, by the settings. */
#include "cli/cli.h"

#include "audit/witness.h"
#include "consult/consult.h"
#include "jobs/backup.h"
#include "people/people.h"
#include "privacy/privacy.h"
#include "record/content.h"

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S,
    WITNESS_S = 30,
    WITNESS_LAST_S = 5,
    INDEX_S = 20,
    BOOKING_SWEEP_S = 300
};

/* What has expired leaves the store in the commit that ends the job. */
static Status sweep_sign_ins(Ctx *cx, JobRun *run)
{
    StoreItem *items;
    TRY(auth_sweep(run->owner, cx, &items, &run->reply.commit.item_count));
    run->reply.commit.items = items;
    return STATUS_OK;
}

static Status sweep_programs(Ctx *cx, JobRun *run)
{
    StoreItem *items;
    TRY(oauth_sweep(run->owner, cx, &items, &run->reply.commit.item_count));
    run->reply.commit.items = items;
    return STATUS_OK;
}

/* The audit log is signed, and the witness told. */
static Status sign_audit(Ctx *cx, JobRun *run)
{
    return witness_tell(cx, record_store(run->record), run->access, run->owner);
}

/* So that "who looked at this patient" is answered at once. */
static Status index_audit(Ctx *cx, JobRun *run)
{
    return record_index_audit(run->record, cx, 0, true);
}

void cli_sign_audit(Cli *cli)
{
    const Access *self = auth_operator(cli->cx.arena);
    Witness witness = {settings_text(&cli->settings, SETTING_AUDIT_WITNESS), cli->site,
                       WITNESS_LAST_S};
    if (witness_tell(&cli->cx, cli->store, self, &witness) != STATUS_OK)
        cli_fail(cli, EXIT_FAILED);
}

/* An empty text is never. */
static Status read_daily(Cli *cli, SettingName name, JobSchedule *ret_schedule)
{
    Str text = settings_text(&cli->settings, name);
    *ret_schedule = (JobSchedule){.rhythm = text.len ? JOBS_DAILY : JOBS_NEVER};
    if (!text.len || jobs_read_time_of_day(text, &ret_schedule->seconds))
        return STATUS_OK;
    return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY, "%s must be a time of day like 02:30.",
                    setting_rows[name].name);
}

static Status read_backup(Cli *cli, JobsBackup *ret_backup, JobSchedule *ret_schedule)
{
    Str folder = settings_text(&cli->settings, SETTING_BACKUP_DIR), path;
    *ret_backup = (JobsBackup){
        .folder = folder, .keep = (size_t)settings_number(&cli->settings, SETTING_BACKUP_KEEP)};
    TRY(read_daily(cli, SETTING_BACKUP_AT, ret_schedule));
    if (!folder.len)
        ret_schedule->rhythm = JOBS_NEVER;
    else if (!cli_store_file(cli, &path))
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "backup_dir is for a store in a file; PostgreSQL has backups of its own.");
    else if (ret_schedule->rhythm == JOBS_NEVER)
        return ctx_fail(&cli->cx, STATUS_INVALID, STR_EMPTY,
                        "backup_at must say when to make the backups of backup_dir.");
    return STATUS_OK;
}

static Status merge_rest(Ctx *cx, JobRun *run)
{
    Call call = {.access = run->access, .address = STR("local")};
    OperationAsked asked = {.kind = &people_merge_rest, .id = run->job->payload};
    return record_operation(run->record, cx, &call, &asked, &run->reply);
}

static Status follow_owner(Ctx *cx, JobRun *run)
{
    Call call = {.access = run->access, .address = STR("local")};
    OperationAsked asked = {.kind = &record_follow};
    call.query = arena_format(cx->arena, "owner=" STR_FMT, STR_ARG(run->job->payload));
    if (!call.query.at)
        return STATUS_MEMORY;
    return record_operation(run->record, cx, &call, &asked, &run->reply);
}

static Status sweep_content(Ctx *cx, JobRun *run)
{
    return content_sweep(run->record, cx, run->job->payload);
}

static Status erase_person(Ctx *cx, JobRun *run)
{
    return privacy_erase_later(cx, run->record, run->access, run->job->payload, &run->hopeless);
}

Status cli_job_kinds(Cli *cli, JobKind **ret_kinds, size_t *ret_count)
{
    JobSchedule backup_at, check_at;
    JobsBackup *backup = arena_new_of(cli->cx.arena, JobsBackup);
    Witness *witness = arena_new_of(cli->cx.arena, Witness);
    BookingOptions *booking = arena_new_of(cli->cx.arena, BookingOptions);
    unsigned root_s = (unsigned)settings_number(&cli->settings, SETTING_AUDIT_ROOT_TIME);
    if (!backup || !witness || !booking)
        return STATUS_MEMORY;
    TRY(cli_read_site(cli));
    *witness =
        (Witness){settings_text(&cli->settings, SETTING_AUDIT_WITNESS), cli->site, WITNESS_S};
    TRY(witness_check(&cli->cx, witness->where));
    TRY(cli_booking_options(cli, booking));
    TRY(read_backup(cli, backup, &backup_at));
    TRY(read_daily(cli, SETTING_CHECK_AT, &check_at));
    const JobKind kinds[] = {
        {"backup", jobs_backup, backup, .time_s = 12 * HOUR_S, .tries = 5, .wait_s = 300,
         .at_once = 1, .schedule = backup_at},
        {"check", jobs_check_store, NULL, .time_s = DAY_S, .tries = 2, .wait_s = 300, .at_once = 1,
         .schedule = check_at},
        {"audit-root", sign_audit, witness, .time_s = 2 * WITNESS_S, .wait_max_s = 300,
         .at_once = 1, .schedule = {JOBS_EVERY, root_s}},
        {"audit-index", index_audit, NULL, .time_s = 600, .at_once = 1,
         .schedule = {JOBS_EVERY, INDEX_S}},
        {RECORD_FOLLOW_JOB, follow_owner, NULL, .time_s = 300, .needs_payload = true},
        {CONTENT_JOB, sweep_content, NULL, .time_s = 300, .needs_payload = true},
        {"privacy-erase", erase_person, NULL, .time_s = HOUR_S, .at_once = 1,
         .needs_payload = true},
        {"merge-rest", merge_rest, NULL, .time_s = 300, .needs_payload = true},
        {"sweep-jobs", jobs_drop_old_dead, NULL, .at_once = 1, .schedule = {JOBS_EVERY, DAY_S}},
        {"sweep-drafts", consult_sweep_drafts, NULL, .at_once = 1, .schedule = {JOBS_EVERY, DAY_S}},
        {"sweep-sign-ins", sweep_sign_ins, cli->auth, .at_once = 1,
         .schedule = {JOBS_EVERY, HOUR_S}},
        {"booking-mail", booking_mail_job, booking, .tries = 12, .needs_payload = true},
        {"booking-freed", booking_freed_job, booking, .tries = 8, .needs_payload = true},
        {"booking-offer-end", booking_offer_end_job, booking, .tries = 8, .needs_payload = true},
        {"booking-sweep", booking_sweep_job, booking, .at_once = 1,
         .schedule = {JOBS_EVERY, BOOKING_SWEEP_S}},
        {"sweep-programs", sweep_programs, cli->oauth, .at_once = 1,
         .schedule = {JOBS_EVERY, HOUR_S}},
    };
    *ret_kinds = arena_array_of(cli->cx.arena, JobKind, COUNT_OF(kinds));
    if (!*ret_kinds)
        return STATUS_MEMORY;
    memcpy(*ret_kinds, kinds, sizeof(kinds));
    *ret_count = COUNT_OF(kinds);
    return STATUS_OK;
}

/* Workers of other nodes need not wait until they look by themselves. */
static void tell_of_job(void *events)
{
    events_publish(events, EVENT_JOB, STR_EMPTY);
}

static void hear_of_job(void *jobs, const Event *event)
{
    if (!event->own)
        jobs_wake(jobs);
}

ExitCode cli_jobs_start(Cli *cli)
{
    JobsOptions options = {
        .threads = (unsigned)settings_number(&cli->settings, SETTING_JOB_THREADS),
        .added = tell_of_job,
        .added_to = cli->events,
    };
    JobKind *kinds;
    size_t count;
    Status status = cli_job_kinds(cli, &kinds, &count);
    if (status != STATUS_OK)
        return cli_fail(cli, EXIT_SETTINGS);
    status = jobs_start(&cli->cx, cli->record, auth_operator(cli->cx.arena), kinds, count, &options,
                        &cli->jobs);
    if (status == STATUS_OK)
        events_subscribe(cli->events, EVENT_BIT(EVENT_JOB), hear_of_job, cli->jobs);
    return status == STATUS_OK ? EXIT_DONE : cli_fail(cli, EXIT_FAILED);
}

bool cli_jobs_stop(Cli *cli, unsigned seconds)
{
    if (!cli->jobs)
        return true;
    events_unsubscribe(cli->events, cli->jobs);
    if (!jobs_stop(cli->jobs, seconds))
        return false;
    cli->jobs = NULL;
    return true;
}
