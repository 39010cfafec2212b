/* demo/chart.c - small things that every part of a chart needs. */
#include "demo/chart.h"

#include "demo/staff.h"

void chart_subject(Chart *chart, Str name)
{
    pen_reference(&chart->pen, name, chart->reference, chart->name);
}

void chart_staff(Chart *chart, Str name, unsigned staff)
{
    const DemoStaff *who = staff_at(staff);
    pen_reference(&chart->pen, name, who->reference, who->display);
}

void chart_encounter(Chart *chart, unsigned encounter)
{
    if (encounter)
        pen_reference_serial(&chart->pen, STR("encounter"), STR("Encounter"), encounter, STR_EMPTY);
}

Problem *chart_problem(Chart *chart, IllnessId illness)
{
    for (unsigned i = 0; i < chart->problem_count; i++) {
        if (chart->problems[i].illness == illness)
            return &chart->problems[i];
    }
    return NULL;
}
