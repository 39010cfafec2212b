/* demo/series.c - care in rows: physiotherapy, psychology, nursing at home; one CarePlan each. */
#include "demo/chart.h"
#include "demo/staff.h"

typedef struct {
    VisitKind kind;
    Str title, activity, rhythm;
    uint8_t sessions, every_days;
    bool home;
} SeriesKind;

static const SeriesKind physio = {VISIT_PHYSIO,
                                  STR_INIT("Kinésithérapie"),
                                  STR_INIT("Séances de kinésithérapie"),
                                  STR_INIT("2 séances par semaine"),
                                  9,
                                  3,
                                  false};
static const SeriesKind psychology = {VISIT_PSYCHOLOGIST,
                                      STR_INIT("Soins psychologiques de première ligne"),
                                      STR_INIT("Séances individuelles"),
                                      STR_INIT("1 séance toutes les deux semaines"),
                                      8,
                                      14,
                                      false};
static const SeriesKind nursing = {VISIT_NURSE,
                                   STR_INIT("Soins infirmiers à domicile"),
                                   STR_INIT("Soins de plaie et surveillance"),
                                   STR_INIT("2 passages par semaine"),
                                   8,
                                   3,
                                   true};

static void write_plan(Chart *chart, const SeriesKind *kind, const Problem *problem, Day first,
                       Day last, unsigned staff)
{
    Pen *pen = &chart->pen;
    bool over = last < chart->today;
    pen_open(pen, STR("CarePlan"));
    pen_text(pen, STR("status"), over ? STR("completed") : STR("active"));
    PEN_RAW(pen, "\"intent\":\"plan\"");
    pen_text(pen, STR("title"), kind->title);
    chart_subject(chart, STR("subject"));
    pen_days(pen, STR("period"), first, last);
    pen_day(pen, STR("created"), first);
    chart_staff(chart, STR("author"), staff);
    if (problem && problem->serial) {
        pen_list(pen, STR("addresses"));
        pen_reference_serial(pen, STR_EMPTY, STR("Condition"), problem->serial,
                             illnesses[problem->illness].text);
        pen_list_end(pen);
    }
    pen_list(pen, STR("activity"));
    pen_object(pen, STR_EMPTY);
    pen_object(pen, STR("detail"));
    PEN_RAW(pen, "\"kind\":\"ServiceRequest\"");
    pen_concept(pen, STR("code"), STR_EMPTY, STR_EMPTY, kind->activity);
    pen_text(pen, STR("status"), over ? STR("completed") : STR("in-progress"));
    pen_text(pen, STR("scheduledString"), kind->rhythm);
    pen_list(pen, STR("performer"));
    chart_staff(chart, STR_EMPTY, staff);
    pen_list_end(pen);
    pen_end(pen);
    pen_end(pen);
    pen_list_end(pen);
    pen_close(pen);
}

static void plan_one(Chart *chart, const SeriesKind *kind, unsigned problem, Day first,
                     StaffRange who)
{
    unsigned staff = who.first + dice_below(&chart->dice, who.count);
    bool has_problem = problem < chart->problem_count;
    Problem *reason = has_problem ? &chart->problems[problem] : NULL;
    if (first <= chart->from || first >= chart->until - 5)
        return;
    if (reason && !reason->serial)
        condition_write(chart, reason, 0,
                        reason->onset > chart->from ? reason->onset : chart->from);
    Day day = day_working_from(first), last = day;
    int minute = -1;
    for (unsigned i = 1; i <= kind->sessions; i++) {
        Visit *visit = plan_add(chart, kind->kind, day, staff);
        if (!visit)
            break;
        visit->detail = (uint16_t)problem;
        visit->number = (uint16_t)i;
        visit->of = kind->sessions;
        visit->home = kind->home;
        if (minute >= 0 && dice_chance(&chart->dice, 700))
            visit->at.minute = minute; /* people like their hour */
        minute = visit->at.minute;
        last = visit->at.day;
        day = last + kind->every_days + dice_between(&chart->dice, 0, 2);
        if (!day_is_working(day)) /* not all on Mondays */
            day += dice_between(&chart->dice, -2, 3);
    }
    write_plan(chart, kind, reason, day_working_from(first), last, staff);
}

/* A date within the record on which the problem was there. */
static Day some_day_with(Chart *chart, const Problem *problem)
{
    Day from = problem->onset > chart->from ? problem->onset : chart->from;
    Day until = problem->end < chart->until ? problem->end : chart->until;
    return until - from < 30 ? DAY_NONE : dice_between(&chart->dice, from + 10, until);
}

/* Series under way today, for what needs no lasting problem: they fill the calendars of those
 * who are not doctors. Fewer of them when very many patients share forty people. */
static void plan_current(Chart *chart)
{
    const DemoCentre *centre = &demo_centres[chart->home.centre];
    Dice *dice = &chart->dice;
    unsigned patients = chart->options->patients < 2000 ? 2000 : chart->options->patients;
    int age = chart_age(chart, chart->today);
    Day first = chart->today - dice_between(dice, 6, 28);
    if (chart->death != DAY_NONE || age < 16 || first < chart->from + 10)
        return;
    if (dice_chance(dice, 130 * 2000 / patients))
        plan_one(chart, &physio, CHART_PROBLEMS_MAX, first, centre->physios);
    else if (age < 75 && dice_chance(dice, 60 * 2000 / patients))
        plan_one(chart, &psychology, CHART_PROBLEMS_MAX, first - 30, centre->psychologists);
    else if (age > 70 && dice_chance(dice, 200 * 2000 / patients))
        plan_one(chart, &nursing, CHART_PROBLEMS_MAX, first, centre->nurses);
}

void plan_series(Chart *chart)
{
    plan_current(chart);
    const DemoCentre *centre = &demo_centres[chart->home.centre];
    for (unsigned i = 0; i < chart->problem_count; i++) {
        const SeriesKind *kind = NULL;
        StaffRange who = {0, 0};
        unsigned share = 0;
        switch (chart->problems[i].illness) {
        case ILL_KNEE:
        case ILL_HIP:
        case ILL_BACK:
        case ILL_SHOULDER:
        case ILL_NECK:
        case ILL_STROKE:
        case ILL_PARKINSON: kind = &physio, who = centre->physios, share = 480; break;
        case ILL_DEPRESSION:
        case ILL_ANXIETY: kind = &psychology, who = centre->psychologists, share = 360; break;
        case ILL_DEMENTIA:
        case ILL_HEART_FAILURE: kind = &nursing, who = centre->nurses, share = 420; break;
        default: continue;
        }
        Day day = some_day_with(chart, &chart->problems[i]);
        if (day != DAY_NONE && dice_chance(&chart->dice, share))
            plan_one(chart, kind, i, day, who);
    }
    int age = chart_age(chart, chart->until);
    if (age > 78 && dice_chance(&chart->dice, 220) && chart->until - chart->from > 60)
        plan_one(chart, &nursing, CHART_PROBLEMS_MAX,
                 dice_between(&chart->dice, chart->from + 20, chart->until - 20), centre->nurses);
}
