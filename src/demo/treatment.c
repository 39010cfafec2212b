/* demo/treatment.c - which treatment a problem gets, and the next one when it is not enough. */
#include "demo/chart.h"

static int start_step(Chart *chart, unsigned number, const Step *step, Day from, Day day,
                      unsigned encounter, unsigned staff)
{
    Problem *problem = &chart->problems[number];
    unsigned choices = step->drugs[1] == DRUG_NONE ? 1 : step->drugs[2] == DRUG_NONE ? 2 : 3;
    unsigned days = step->days;
    if (days > 60 && problem->end != DAY_NONE && problem->end > from)
        days = (unsigned)(problem->end - from); /* until it is over */
    if (step->replaces) {
        for (unsigned i = chart->course_count; i-- > 0;) {
            const Course *course = &chart->courses[i];
            if (course->problem == (int)number && course->to == DAY_NONE &&
                course->renewed == DAY_NONE) {
                prescription_stop(chart, i, from);
                break;
            }
        }
    }
    return prescription_start(chart,
                              &(Start){.drug = step->drugs[dice_skewed(&chart->dice, choices)],
                                       .problem = (int)number,
                                       .from = from,
                                       .day = day,
                                       .days = days,
                                       .encounter = encounter,
                                       .staff = staff});
}

void treatment_open(Chart *chart, unsigned number, Day day, unsigned encounter, unsigned staff)
{
    Problem *problem = &chart->problems[number];
    const Illness *row = &illnesses[problem->illness];
    bool old = problem->onset < chart->from;
    if (!problem->serial)
        condition_write(chart, problem, encounter, day);
    problem->step_since = old ? problem->onset : day;
    for (unsigned i = 0; i < ILLNESS_STEPS && row->steps[i].drugs[0]; i++) {
        const Step *step = &row->steps[i];
        bool wanted = step->at_once ? dice_chance(&chart->dice, step->share * 10u)
                                    : old && dice_chance(&chart->dice, 420);
        if (!step->at_once && !wanted)
            break;
        Day from = old ? problem->onset + 20 + (step->days ? 0 : (Day)i * 150) : day;
        if (from > day)
            from = day;
        if (wanted && !(old && step->days && step->days < 100))
            start_step(chart, number, step, from, day, encounter, staff);
        problem->step = i + 1;
    }
}

static bool misses_target(const Illness *row, double value)
{
    return value > 0 && (row->target_below ? value < row->target_high : value > row->target_high);
}

int treatment_step_up(Chart *chart, unsigned number, double value, Day day, unsigned encounter,
                      unsigned staff)
{
    Problem *problem = &chart->problems[number];
    const Illness *row = &illnesses[problem->illness];
    if (problem->step >= ILLNESS_STEPS || !row->steps[problem->step].drugs[0])
        return -1;
    if (!misses_target(row, value) || day - problem->step_since < 75)
        return -1;
    if (!dice_chance(&chart->dice, 650))
        return -1; /* wait and see, or not wanted */
    int course = start_step(chart, number, &row->steps[problem->step], day, day, encounter, staff);
    problem->step++;
    problem->step_since = day;
    return course;
}
