/* demo/demo.c - one patient's bundle. */
#include "demo/demo.h"

#include "demo/chart.h"

/* What luck gives a person before any illness: how long the record goes back, smoking, death. */
static void chart_begin(Chart *chart)
{
    Dice *dice = &chart->dice;
    int age = day_age(chart->birth, chart->today);
    chart->death = DAY_NONE;
    chart->from = chart->today - dice_between(dice, 200, 9 * DAYS_A_YEAR);
    if (chart->from < chart->birth)
        chart->from = chart->birth + 6;
    unsigned dying = age < 50 ? 2 : age < 65 ? 12 : age < 75 ? 30 : age < 85 ? 75 : 160;
    if (dice_chance(dice, dying) && chart->today - chart->from > 400)
        chart->death = chart->today - dice_between(dice, 20, chart->today - chart->from - 200);
    chart->until = chart->death == DAY_NONE ? chart->today : chart->death - 1;
    unsigned smoking = age < 16 ? 0 : age < 65 ? 210 : age < 80 ? 100 : 40;
    chart->smoker = dice_chance(dice, smoking + (chart->who->female ? 0 : smoking / 4));
    chart->smoked = !chart->smoker && dice_chance(dice, age < 30 ? 60 : 260);
}

static Status chart_init(Ctx *cx, Chart *chart, const DemoOptions *options, unsigned index)
{
    unsigned position;
    *chart = (Chart){.options = options, .index = index};
    chart->today = (Day)(options->today / TIME_DAY);
    chart->dice = dice_of(options->seed, DICE_PERSON, index);
    household_find(options->seed, chart->today, index, &chart->home, &position);
    chart->who = &chart->home.members[position];
    chart->birth = chart->who->birth;
    Str stem = arena_format(cx->arena, "p%06u", index);
    chart->reference = arena_format(cx->arena, "Patient/%.*s", STR_ARG(stem));
    chart->name = arena_format(cx->arena, "%.*s %.*s", STR_ARG(chart->who->given),
                               STR_ARG(chart->who->family));
    if (!chart->name.at)
        return STATUS_MEMORY;
    pen_init(&chart->pen, cx->arena, stem, CHART_BYTES_MAX);
    body_init(&chart->body, options->seed, index, chart->who->female, chart->birth);
    chart_begin(chart);
    return STATUS_OK;
}

Status chart_plan(Ctx *cx, Chart *chart, const DemoOptions *options, unsigned index)
{
    TRY(chart_init(cx, chart, options, index));
    patient_write(cx, chart);
    allergy_write(chart);
    illness_draw(chart);
    plan_visits(chart);
    return STATUS_OK;
}

Status demo_patient(Ctx *cx, const DemoOptions *options, unsigned index, Str *ret_bundle)
{
    assert(index < DEMO_PATIENTS_MAX);
    Chart *chart = arena_alloc_raw(cx->arena, sizeof(*chart));
    if (!chart)
        return ctx_fail(cx, STATUS_MEMORY, STR_EMPTY, "No memory for a demo patient.");
    TRY(chart_plan(cx, chart, options, index));
    vaccine_write(chart, chart->birth, chart->from, 0, chart->home.gp);
    for (unsigned i = 0; i < chart->visit_count; i++) {
        Visit visit = chart->visits[i];
        if (booking_apply(chart, i, &visit))
            visit_play(cx, chart, &visit);
    }
    Day told = chart->today < chart->until ? chart->today : chart->until;
    vaccine_write(chart, chart->from, told, 0, chart->home.gp); /* given elsewhere */
    prescription_write_all(chart);
    links_write(cx, chart);
    inbox_write(cx, chart);
    return pen_finish(&chart->pen, ret_bundle);
}
