/* jobs/schedule.c - when a repeating job is next, and that exactly one of it waits. */
#include "jobs/internal.h"

#include <time.h>

enum { MINUTE_S = 60, HOUR_S = 3600, LIST_LIMIT = 100, RACES_MAX = 5 };

/* ---- when ------------------------------------------------------------------------------- */

Str jobs_schedule_words(Arena *arena, JobSchedule schedule)
{
    switch (schedule.rhythm) {
    case JOBS_NEVER: return STR("never");
    case JOBS_EVERY: return arena_format(arena, "every %u s", schedule.seconds);
    case JOBS_DAILY: break;
    }
    return arena_format(arena, "daily at %02u:%02u", schedule.seconds / HOUR_S,
                        schedule.seconds / MINUTE_S % 60);
}

bool jobs_read_time_of_day(Str text, unsigned *ret_seconds)
{
    uint64_t hours, minutes;
    Str rest = text, head = str_cut(&rest, ':');
    if (head.len != 2 || rest.len != 2 || !str_to_u64(head, &hours) ||
        !str_to_u64(rest, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_seconds = (unsigned)(hours * HOUR_S + minutes * MINUTE_S);
    return true;
}

/* That time on the day of `day` and so many days later. An hour that a night has twice means its
 * first one, an hour that it does not have the one after. */
static Time time_on_day(const struct tm *day, int later, unsigned seconds)
{
    Time first = INT64_MAX;
    for (int summer = 1; summer >= 0; summer--) {
        struct tm at = {.tm_year = day->tm_year,
                        .tm_mon = day->tm_mon,
                        .tm_mday = day->tm_mday + later,
                        .tm_hour = (int)(seconds / HOUR_S),
                        .tm_min = (int)(seconds / MINUTE_S % 60),
                        .tm_sec = (int)(seconds % 60),
                        .tm_isdst = summer};
        int hour = at.tm_hour;
        Time instant = (Time)mktime(&at) * TIME_SECOND;
        bool meant = at.tm_hour == hour && at.tm_isdst == summer;
        if (meant || (!summer && first == INT64_MAX))
            first = instant < first ? instant : first;
    }
    return first;
}

Time jobs_schedule_next(JobSchedule schedule, Time now)
{
    if (schedule.rhythm != JOBS_DAILY)
        return now + schedule.seconds * TIME_SECOND;
    time_t seconds = (time_t)(now / TIME_SECOND);
    struct tm today;
    localtime_r(&seconds, &today);
    Time next = time_on_day(&today, 0, schedule.seconds);
    return next > now ? next : time_on_day(&today, 1, schedule.seconds);
}

Status jobs_next_of(Arena *arena, const JobKind *kind, Time now, StoreJobAdd *ret_add)
{
    *ret_add = (StoreJobAdd){.kind = str_of(kind->name),
                             .key = JOBS_SCHEDULED,
                             .payload = jobs_schedule_words(arena, kind->schedule),
                             .due = jobs_schedule_next(kind->schedule, now)};
    return ret_add->payload.at ? STATUS_OK : STATUS_MEMORY;
}

/* ---- that it waits ---------------------------------------------------------------------- */

/* STATUS_NOT_FOUND: none waits. */
static Status find_waiting(StoreReader *reader, Str kind, StoreJob *ret_job)
{
    StoreJobQuery query = {.state = STORE_JOB_WAITS, .kind = kind, .limit = LIST_LIMIT};
    for (;;) {
        StoreJob *jobs;
        size_t count;
        TRY(store_job_list(reader, &query, &jobs, &count));
        for (size_t i = 0; i < count; i++) {
            query.after = jobs[i].number;
            *ret_job = jobs[i];
            if (str_eq(jobs[i].key, JOBS_SCHEDULED))
                return STATUS_OK;
        }
        if (count < query.limit)
            return STATUS_NOT_FOUND;
    }
}

/* STATUS_CONFLICT: another node has just done the same, or begun the job. */
static Status keep_once(Jobs *jobs, Ctx *cx, const JobKind *kind)
{
    StoreReader *reader;
    StoreJob there = {.number = 0};
    StoreJobAdd next;
    bool wanted = kind->schedule.rhythm != JOBS_NEVER;
    TRY(store_read_begin(jobs->store, cx, jobs->access, &reader));
    Status found = find_waiting(reader, str_of(kind->name), &there);
    store_read_end(reader);
    if (found != STATUS_OK && found != STATUS_NOT_FOUND)
        return found;
    TRY(jobs_next_of(cx->arena, kind, time_now(), &next));
    if (kind->schedule.rhythm == JOBS_EVERY)
        next.due = 0;
    bool is_there = found == STATUS_OK;
    if (is_there == wanted && (!wanted || str_eq(there.payload, next.payload)))
        return STATUS_OK;
    StoreJobEnd drop = {.number = there.number, .how = STORE_JOB_DONE};
    StoreCommit commit = {
        .job_ends = &drop, .job_end_count = is_there, .jobs = &next, .job_count = wanted};
    return store_commit(jobs->store, cx, jobs->access, &commit);
}

Status jobs_keep_schedule(Jobs *jobs, Ctx *cx, const JobKind *kind)
{
    Status status = STATUS_CONFLICT;
    for (unsigned i = 0; i < RACES_MAX && status == STATUS_CONFLICT; i++)
        status = keep_once(jobs, cx, kind);
    if (status == STATUS_OK || status == STATUS_CONFLICT)
        return STATUS_OK;
    return cx->issues ? status
                      : ctx_fail(cx, status, STR_EMPTY, "The schedule of \"%s\" cannot be written.",
                                 kind->name);
}
