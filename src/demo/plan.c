/* demo/plan.c - when a person comes: check-ups by illness, sudden illness by age and season,
 * growing up, expecting a child. */
#include "demo/chart.h"

#include <stdlib.h>

#include "demo/staff.h"

/* Beginnings of visits: GPs and psychologists have a lunch break, nurses begin early. */
static int draw_minute(Chart *chart, VisitKind kind, Day day)
{
    Dice *dice = &chart->dice;
    int age = chart_age(chart, day);
    switch (kind) {
    case VISIT_PHYSIO:
        return dice_chance(dice, 450) ? 480 + 30 * dice_between(dice, 0, 7)
                                      : 780 + 30 * dice_between(dice, 0, 10);
    case VISIT_NURSE: return 450 + 15 * dice_between(dice, 0, 17);
    case VISIT_PSYCHOLOGIST:
        return dice_chance(dice, 350) ? 540 + 60 * dice_between(dice, 0, 2)
                                      : 780 + 60 * dice_between(dice, 0, 4);
    default: break;
    }
    bool school = age >= 6 && age < 18 && day_weekday(day) != 3; /* Wednesday afternoon is free */
    if (school && kind != VISIT_ACUTE)
        return 15 * 60 + 45 + 15 * dice_between(dice, 0, 10);
    return dice_chance(dice, 520) ? 510 + 15 * dice_between(dice, 0, 13)
                                  : 840 + 15 * dice_between(dice, 0, 17);
}

Visit *plan_add(Chart *chart, VisitKind kind, Day day, unsigned staff)
{
    Day last = chart->death == DAY_NONE ? chart->today + PLAN_AHEAD_DAYS : chart->until;
    day = day_working_from(day);
    if (day < chart->from || day > last || chart->visit_count == CHART_VISITS_MAX)
        return NULL;
    Visit *visit = &chart->visits[chart->visit_count++];
    int minutes = kind == VISIT_PHYSIO ? 30 : kind == VISIT_PSYCHOLOGIST ? 50 : 15;
    *visit = (Visit){.kind = kind,
                     .staff = staff,
                     .minutes = (uint16_t)minutes,
                     .at = {day, draw_minute(chart, kind, day)}};
    return visit;
}

/* Mostly the family's own doctor, else one of the same centre. */
static unsigned some_gp(Chart *chart, unsigned own_per_mille)
{
    const DemoCentre *centre = &demo_centres[chart->home.centre];
    if (dice_chance(&chart->dice, own_per_mille))
        return chart->home.gp;
    return centre->gps.first + dice_below(&chart->dice, centre->gps.count);
}

/* Months to the next check-up for what the person has on that day; 0 = none planned. */
static int months_between(const Chart *chart, Day day)
{
    int months = 0;
    for (unsigned i = 0; i < chart->problem_count; i++) {
        const Problem *problem = &chart->problems[i];
        int own = illnesses[problem->illness].follow_months;
        if (own && problem->onset <= day && problem->end > day && (!months || own < months))
            months = own;
    }
    return months;
}

static bool goes_out(Chart *chart, Day day)
{
    int age = chart_age(chart, day);
    unsigned housebound = age < 78 ? 8 : age < 85 ? 150 : age < 90 ? 380 : 600;
    if (chart_problem(chart, ILL_DEMENTIA) || chart_problem(chart, ILL_PARKINSON))
        housebound += 350;
    return !dice_chance(&chart->dice, housebound);
}

static void plan_check(Chart *chart, Day day)
{
    Visit *visit = plan_add(chart, VISIT_FOLLOW_UP, day, some_gp(chart, 880));
    if (visit)
        visit->home = !goes_out(chart, day);
}

/* The day of the next check-up after `day`: by interval, sooner when something new begins. */
static Day next_check(Chart *chart, Day day, bool *ret_wanted)
{
    Dice *dice = &chart->dice;
    int months = months_between(chart, day), age = chart_age(chart, day);
    int days = months ? months * 30 : age < 40 ? 900 : age < 60 ? 560 : 380;
    Day next = day + days * dice_between(dice, 75, 150) / 100;
    *ret_wanted = months || (age >= 18 && dice_chance(dice, 550));
    for (unsigned i = 0; i < chart->problem_count; i++) {
        Day onset = chart->problems[i].onset;
        bool followed = illnesses[chart->problems[i].illness].follow_months > 0;
        if (followed && onset >= day - 20 && onset <= day && next > day + 50)
            next = day + dice_between(dice, 35, 50), *ret_wanted = true;
        if (onset > day && onset < next)
            next = onset, *ret_wanted = true;
    }
    return next > day ? next : day + 1;
}

static void plan_follow_up(Chart *chart)
{
    bool wanted = true;
    for (Day day = chart->from; day <= chart->today + PLAN_AHEAD_DAYS;
         day = next_check(chart, day, &wanted)) {
        if (wanted)
            plan_check(chart, day);
    }
}

static unsigned acute_band(int age)
{
    return age < 3 ? 0 : age < 10 ? 1 : age < 18 ? 2 : age < 65 ? 3 : 4;
}

static unsigned draw_acute(Chart *chart, Day day)
{
    uint16_t weights[64];
    unsigned band = acute_band(chart_age(chart, day)), month = day_month(day);
    assert(acute_count <= COUNT_OF(weights));
    for (size_t i = 0; i < acute_count; i++) {
        const Acute *acute = &acutes[i];
        unsigned weight = acute->weight[band];
        unsigned apart = (month + 12 - acute->peak_month) % 12;
        if (apart > 6)
            apart = 12 - apart;
        if (acute->peak_month) /* three times the mean in season, a fifth of it out of season */
            weight = weight *
                     (apart == 0   ? 26
                      : apart == 1 ? 20
                      : apart == 2 ? 13
                      : apart == 3 ? 7
                                   : 3) /
                     10;
        if (acute->sex && (acute->sex == 'f') != chart->who->female)
            weight = 0;
        if (str_eq(acute->icd, STR("U07.1")) && day < day_of(2020, 9, 1))
            weight = 0;
        if (str_eq(acute->icd, STR("J45.9")))
            weight = chart_problem(chart, ILL_ASTHMA) ? weight * 30 : 0;
        weights[i] = (uint16_t)weight;
    }
    return dice_weighted(&chart->dice, weights, (unsigned)acute_count);
}

static void plan_acute(Chart *chart)
{
    static const uint16_t apart[] = {105, 190, 400, 390, 330}; /* days, by age */
    Dice *dice = &chart->dice;
    int often = dice_between(dice, 45, 190); /* some come at once, some never */
    for (Day day = chart->from;;) {
        int mean = apart[acute_band(chart_age(chart, day))] * 100 / often;
        day += 5 + dice_between(dice, 0, 2 * mean);
        if (day >= chart->until)
            return;
        Visit *visit = plan_add(chart, VISIT_ACUTE, day, some_gp(chart, 720));
        if (!visit || visit->at.day >= chart->today) {
            chart->visit_count -= visit != NULL; /* nobody books a cold in advance */
            return;
        }
        visit->detail = (uint16_t)draw_acute(chart, day);
        visit->home = dice_chance(dice, chart_age(chart, day) > 82 ? 450 : 25);
    }
}

static void plan_growth(Chart *chart)
{
    static const uint16_t ages[] = {20, 32, 150, 190, 275, 560, 735, 1110, 1480, 3650, 4400};
    for (size_t i = 0; i < COUNT_OF(ages); i++) {
        Day day = chart->birth + ages[i] + dice_between(&chart->dice, 0, 4 + ages[i] / 30);
        if (dice_chance(&chart->dice, ages[i] < 800 ? 720 : 450))
            plan_add(chart, VISIT_CHILD, day, chart->home.gp);
    }
}

/* A mother's pregnancies are the births of her children, and now and then one to come. */
static void plan_pregnancy(Chart *chart)
{
    int age = chart_age(chart, chart->today);
    chart->due = DAY_NONE;
    if (!chart->who->female || chart->who->kind != MEMBER_ADULT || chart->death != DAY_NONE)
        return;
    for (unsigned i = chart->home.adults; i < chart->home.count; i++) {
        if (chart->home.members[i].birth > chart->from + 300)
            chart->due = chart->home.members[i].birth; /* the youngest */
    }
    if (chart->due == DAY_NONE && age >= 22 && age <= 40 && chart->home.adults == 2 &&
        dice_chance(&chart->dice, 70))
        chart->due = chart->today + dice_between(&chart->dice, 20, 220);
    if (chart->due == DAY_NONE)
        return;
    for (int week = 8; week <= 38; week += week < 28 ? 5 : 3) {
        Visit *visit =
            plan_add(chart, VISIT_PREGNANCY, chart->due - 280 + week * 7, chart->home.gp);
        if (visit)
            visit->detail = (uint16_t)week;
    }
}

/* So that the days around today look like days in a practice: booked, reason not told. */
static void plan_soon(Chart *chart)
{
    Dice *dice = &chart->dice;
    unsigned patients = chart->options->patients < 2000 ? 2000 : chart->options->patients;
    if (chart->death != DAY_NONE || !dice_chance(dice, 450 * 2000 / patients + 4))
        return;
    Day day = day_working_from(chart->today);
    for (unsigned ahead = dice_chance(dice, 400) ? dice_skewed(dice, 8) : dice_below(dice, 12);
         ahead; ahead--)
        day = day_working_from(day + 1);
    if (dice_chance(dice, 180))
        day += dice_between(dice, 5, 40);
    plan_add(chart, VISIT_SIMPLE, day, some_gp(chart, 850));
}

static int compare_visits(const void *one, const void *other)
{
    const Visit *a = one, *b = other;
    if (a->at.day != b->at.day)
        return a->at.day < b->at.day ? -1 : 1;
    if (a->at.minute != b->at.minute)
        return a->at.minute < b->at.minute ? -1 : 1;
    return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : (int)a->number - b->number;
}

/* Nobody is seen twice on a day by the same person; the first kind of visit wins. */
static void drop_doubles(Chart *chart)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < chart->visit_count; i++) {
        const Visit *visit = &chart->visits[i];
        bool doubled = false;
        for (unsigned k = kept; k > 0 && chart->visits[k - 1].at.day == visit->at.day; k--)
            doubled |= chart->visits[k - 1].staff == visit->staff ||
                       chart->visits[k - 1].kind == visit->kind;
        if (!doubled)
            chart->visits[kept++] = *visit;
    }
    chart->visit_count = kept;
}

void plan_visits(Chart *chart)
{
    vaccine_plan(chart);
    plan_growth(chart);
    plan_pregnancy(chart);
    plan_follow_up(chart);
    plan_acute(chart);
    plan_series(chart);
    plan_soon(chart);
    qsort(chart->visits, chart->visit_count, sizeof(Visit), compare_visits);
    drop_doubles(chart);
    for (unsigned i = 0; i < chart->visit_count; i++) {
        Visit *visit = &chart->visits[i];
        bool missed = visit->at.day < chart->today && dice_chance(&chart->dice, 35);
        visit->missed = missed ? (int16_t)visit->at.minute : -1;
    }
}
