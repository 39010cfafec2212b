/* jobs/state.c - how the work that is done later goes, for people. */
#include "jobs/state.h"

#include "jobs/internal.h"
#include "json/json.h"

static const Str space = STR_INIT("chore");

enum { DEAD_SHOWN = 20, LISTED_MAX = 200 };

Status jobs_note_chore(Ctx *cx, Str chore, Time began, Str members, StoreItem *ret_item)
{
    Time now = time_now();
    char instant[TIME_INSTANT_LEN];
    Str value = arena_format(cx->arena, "{\"at\":\"" STR_FMT "\",\"seconds\":%lld" STR_FMT "}",
                             STR_ARG(time_format_instant(now, instant)),
                             (long long)((now - began) / TIME_SECOND), STR_ARG(members));
    *ret_item = (StoreItem){space, chore, value};
    return value.at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef struct {
    StoreJob *jobs;
    size_t count;
    Str last; /* JSON, or empty: it was never done */
} Chore;

static Status read_chore(StoreReader *reader, Str kind, Chore *ret_chore)
{
    StoreJobQuery query = {.kind = kind, .limit = LISTED_MAX};
    TRY(store_job_list(reader, &query, &ret_chore->jobs, &ret_chore->count));
    Status status = store_item_get(reader, space, kind, &ret_chore->last);
    if (status == STATUS_NOT_FOUND)
        ret_chore->last = STR_EMPTY;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

typedef struct {
    Chore backup, check;
    StoreJobStats stats;
    StoreJob *dead;
    size_t dead_count;
} State;

static Status read_state(StoreReader *reader, State *state)
{
    StoreJobQuery dead = {.state = STORE_JOB_IS_DEAD, .limit = DEAD_SHOWN};
    TRY(read_chore(reader, STR("backup"), &state->backup));
    TRY(read_chore(reader, STR("check"), &state->check));
    TRY(store_job_stats(reader, &state->stats));
    return store_job_list(reader, &dead, &state->dead, &state->dead_count);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static void text(Buf *buf, const char *before, Str value)
{
    buf_add_str(buf, str_of(before));
    json_write_string(buf, value);
}

static void instant_or_null(Buf *buf, const char *before, Time at)
{
    char instant[TIME_INSTANT_LEN];
    buf_add_str(buf, str_of(before));
    if (at)
        json_write_string(buf, time_format_instant(at, instant));
    else
        buf_add_lit(buf, "null");
}

static JobSchedule schedule_of(const Jobs *jobs, Str kind)
{
    for (size_t i = 0; i < jobs->kind_count; i++) {
        if (str_eq(jobs->names[i], kind))
            return jobs->kinds[i].schedule;
    }
    return (JobSchedule){.rhythm = JOBS_NEVER};
}

/* The worst that can be said of its jobs; an older dead one counts until somebody has looked. */
static void write_jobs_of(Buf *buf, const Chore *chore)
{
    static const char *const words[] = {"none", "waiting", "running", "failing", "dead"};
    size_t worst = 0;
    Time next = 0;
    Str error = STR_EMPTY;
    for (size_t i = 0; i < chore->count; i++) {
        const StoreJob *job = &chore->jobs[i];
        bool dead = job->state == STORE_JOB_IS_DEAD, runs = job->state == STORE_JOB_RUNS;
        size_t now = dead ? 4 : runs ? 2 : job->error.len ? 3 : 1;
        if (job->state == STORE_JOB_WAITS && (!next || job->due < next))
            next = job->due;
        if (now > worst || (now == worst && job->error.len))
            error = job->error;
        worst = now > worst ? now : worst;
    }
    text(buf, ",\"state\":", str_of(words[worst]));
    text(buf, ",\"error\":", error);
    instant_or_null(buf, ",\"next\":", next);
}

static void write_chore(const Jobs *jobs, Ctx *cx, Buf *buf, Str kind, const Chore *chore)
{
    JobSchedule schedule = schedule_of(jobs, kind);
    buf_add_lit(buf, "{\"schedule\":");
    if (schedule.rhythm == JOBS_NEVER)
        buf_add_lit(buf, "null");
    else
        json_write_string(buf, jobs_schedule_words(cx->arena, schedule));
    write_jobs_of(buf, chore);
    buf_add_lit(buf, ",\"last\":");
    buf_add_str(buf, chore->last.len ? chore->last : STR("null"));
    buf_add_char(buf, '}');
}

static void write_dead(Buf *buf, const State *state)
{
    buf_add_lit(buf, ",\"dead\":[");
    for (size_t i = 0; i < state->dead_count; i++) {
        const StoreJob *job = &state->dead[i];
        buf_format(buf, "%s{\"number\":%llu", i ? "," : "", (unsigned long long)job->number);
        text(buf, ",\"kind\":", job->kind);
        instant_or_null(buf, ",\"since\":", job->due);
        buf_format(buf, ",\"tries\":%u", job->tries);
        text(buf, ",\"error\":", job->error);
        buf_add_char(buf, '}');
    }
    buf_add_lit(buf, "]");
}

static Status write_state(const Jobs *jobs, Ctx *cx, const State *state, Str *ret_json)
{
    Buf buf;
    buf_init(&buf, cx->arena, 4096, 256 * 1024);
    buf_add_lit(&buf, "{\"backup\":");
    write_chore(jobs, cx, &buf, STR("backup"), &state->backup);
    buf_add_lit(&buf, ",\"check\":");
    write_chore(jobs, cx, &buf, STR("check"), &state->check);
    buf_format(&buf, ",\"jobs\":{\"waiting\":%llu,\"running\":%llu,\"dead\":%llu",
               (unsigned long long)state->stats.waiting, (unsigned long long)state->stats.running,
               (unsigned long long)state->stats.dead);
    instant_or_null(&buf, ",\"oldest\":", state->stats.oldest);
    buf_add_char(&buf, '}');
    write_dead(&buf, state);
    buf_add_char(&buf, '}');
    TRY(buf_done(&buf));
    *ret_json = buf_str(&buf);
    return STATUS_OK;
}

Status jobs_state_json(Jobs *jobs, Ctx *cx, Str *ret_json)
{
    StoreReader *reader;
    State state;
    TRY(store_read_begin(jobs->store, cx, jobs->access, &reader));
    Status status = read_state(reader, &state);
    store_read_end(reader);
    if (status != STATUS_OK)
        return cx->issues ? status
                          : ctx_fail(cx, status, STR_EMPTY, "The queue cannot be read now.");
    return write_state(jobs, cx, &state, ret_json);
}
