/* demo/booking.c - who is seen when: the hours of all patients, given out in their order.
 *
 * A patient's luck depends on nobody else's; only the hour does. So every plan is made twice:
 * once here, one patient after the other, which gives each visit around today an hour that is
 * free, and once for the chart, which looks up what it was given. */
#include "demo/chart.h"
#include "demo/staff.h"

enum {
    QUARTER = 15,
    QUARTERS = 24 * 60 / QUARTER,
    DAYS_BACK = PLAN_AHEAD_DAYS + 20, /* for those that were missed before the first visit */
    DAYS = DAYS_BACK + PLAN_AHEAD_DAYS + 1,
    OPENS = 450,
    LUNCH = 720,
    CLOSES = 1125,
    AFTER_SCHOOL = 945,
    NO_ROOM = -1,
    PLANNER_BYTES = 32 << 20,
};

typedef struct {
    int16_t minute, missed; /* NO_ROOM: not at all that day */
} Hours;

struct DemoCalendar {
    Day first;
    unsigned patients;
    Hours **hours; /* of each patient, in the order of the plan; NULL: as planned */
    bool (*taken)[DAYS][QUARTERS];
};

bool booking_is_wanted(const Chart *chart, const Visit *visit)
{
    /* Rounds are not booked by the quarter of an hour. */
    return !visit->home && visit->at.day >= chart->today - PLAN_AHEAD_DAYS &&
           chart->index < BOOKED_PATIENTS_MAX;
}

Day booking_missed_day(const Visit *visit)
{
    return day_working_until(visit->at.day - 4);
}

/* Doctors have the longer lunch; who comes after school or work does not come in the morning. */
static bool is_open(const Visit *visit, int wanted, int minute)
{
    bool session = visit->kind == VISIT_PHYSIO || visit->kind == VISIT_NURSE ||
                   visit->kind == VISIT_PSYCHOLOGIST;
    int end = minute + visit->minutes;
    if (minute < OPENS || end > CLOSES || (wanted >= AFTER_SCHOOL && minute < AFTER_SCHOOL))
        return false;
    return end <= LUNCH || minute >= (session ? LUNCH + 60 : LUNCH + 120);
}

static bool is_free(const bool *quarters, int minute, int minutes)
{
    for (int q = minute / QUARTER; q * QUARTER < minute + minutes; q++) {
        if (quarters[q])
            return false;
    }
    return true;
}

/* Whether the patient is somewhere else then. */
static bool is_elsewhere(const Chart *chart, const Hours *hours, unsigned number, int minute)
{
    const Visit *visit = &chart->visits[number];
    for (unsigned i = number; i-- > 0 && chart->visits[i].at.day == visit->at.day;) {
        int from = hours[i].minute;
        if (from != NO_ROOM && from < minute + visit->minutes &&
            minute < from + chart->visits[i].minutes)
            return true;
    }
    return false;
}

/* The nearest free hour of that day, which is then taken. */
static int16_t take_hour(DemoCalendar *calendar, const Chart *chart, const Hours *hours,
                         unsigned number, Day day)
{
    const Visit *visit = &chart->visits[number];
    int wanted = visit->at.minute;
    if (day < calendar->first || day >= calendar->first + DAYS)
        return NO_ROOM;
    bool *quarters = calendar->taken[visit->staff][day - calendar->first];
    for (int step = 0; step < 2 * QUARTERS; step++) {
        int minute = wanted + (step % 2 ? 1 : -1) * ((step + 1) / 2) * QUARTER;
        if (!is_open(visit, wanted, minute) || !is_free(quarters, minute, visit->minutes) ||
            (day == visit->at.day && is_elsewhere(chart, hours, number, minute)))
            continue;
        for (int q = minute / QUARTER; q * QUARTER < minute + visit->minutes; q++)
            quarters[q] = true;
        return (int16_t)minute;
    }
    return NO_ROOM;
}

static Status book_patient(DemoCalendar *calendar, Arena *arena, const Chart *chart)
{
    Hours *hours = arena_array_of(arena, Hours, chart->visit_count + 1);
    if (!hours)
        return STATUS_MEMORY;
    for (unsigned i = 0; i < chart->visit_count; i++) {
        const Visit *visit = &chart->visits[i];
        hours[i] = (Hours){(int16_t)visit->at.minute, visit->missed};
        if (!booking_is_wanted(chart, visit))
            continue;
        hours[i].minute = take_hour(calendar, chart, hours, i, visit->at.day);
        if (visit->missed != NO_ROOM && hours[i].minute != NO_ROOM)
            hours[i].missed = take_hour(calendar, chart, hours, i, booking_missed_day(visit));
    }
    calendar->hours[chart->index] = hours;
    return STATUS_OK;
}

static Status book_all(DemoCalendar *calendar, Arena *arena, const DemoOptions *options, Ctx *cx)
{
    for (unsigned i = 0; i < calendar->patients; i++) {
        arena_clear(cx->arena);
        *cx = (Ctx){.arena = cx->arena};
        Chart *chart = arena_alloc_raw(cx->arena, sizeof(*chart));
        if (!chart)
            return STATUS_MEMORY;
        TRY(chart_plan(cx, chart, options, i));
        TRY(book_patient(calendar, arena, chart));
    }
    return STATUS_OK;
}

Status demo_calendar(Arena *arena, const DemoOptions *options, const DemoCalendar **ret_calendar)
{
    size_t staff_count;
    demo_staff(&staff_count);
    DemoCalendar *calendar = arena_new_of(arena, DemoCalendar);
    Ctx cx = {.arena = arena_new(PLANNER_BYTES, false)};
    if (!calendar || !cx.arena)
        return STATUS_MEMORY;
    calendar->first = (Day)(options->today / TIME_DAY) - DAYS_BACK;
    calendar->patients =
        options->patients < BOOKED_PATIENTS_MAX ? options->patients : BOOKED_PATIENTS_MAX;
    calendar->hours = arena_array_of(arena, Hours *, calendar->patients + 1);
    calendar->taken = arena_array(arena, sizeof(*calendar->taken), staff_count);
    Status status = calendar->hours && calendar->taken ? book_all(calendar, arena, options, &cx)
                                                       : STATUS_MEMORY;
    arena_free(cx.arena);
    if (status == STATUS_OK)
        *ret_calendar = calendar;
    return status;
}

bool booking_apply(const Chart *chart, unsigned number, Visit *visit)
{
    const DemoCalendar *calendar = chart->options->calendar;
    if (!calendar || chart->index >= calendar->patients)
        return true;
    const Hours *hours = &calendar->hours[chart->index][number];
    visit->at.minute = hours->minute;
    visit->missed = hours->missed;
    return hours->minute != NO_ROOM;
}
