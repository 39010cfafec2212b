/* demo/illness.c - who has what since when, and how a Condition is written. */
#include "demo/chart.h"

static unsigned age_band(int age)
{
    if (age < 5)
        return 0;
    return age >= 85 ? AGE_BANDS - 1 : (unsigned)(age + 5) / 10;
}

static double chance_of(const Chart *chart, IllnessId illness, int age)
{
    const Illness *row = &illnesses[illness];
    unsigned band = age_band(age);
    double chance = (chart->who->female ? row->women[band] : row->men[band]) / 1000.0;
    for (size_t i = 0; i < illness_link_count; i++) {
        const IllnessLink *link = &illness_links[i];
        if (link->effect != illness)
            continue;
        for (unsigned k = 0; k < chart->problem_count; k++) {
            if (chart->problems[k].illness == link->cause)
                chance *= link->times;
        }
    }
    if (illness == ILL_TOBACCO)
        chance = chart->smoker ? .75 : 0;
    if (illness == ILL_COPD && !chart->smoker)
        chance *= chart->smoked ? 1.3 : .35;
    return chance;
}

/* Lasting problems began at some age past; episodes mostly within the record. */
static Day draw_onset(Chart *chart, const Illness *row, int age)
{
    Dice *dice = &chart->dice;
    Day youngest = chart->birth + row->onset_youngest * DAYS_A_YEAR + 20;
    Day earliest = chart->until - (row->episodic ? 4 : 14) * DAYS_A_YEAR;
    if (earliest < youngest)
        earliest = youngest;
    if (age < row->onset_youngest || earliest >= chart->until - 40)
        return DAY_NONE;
    return day_working_until(dice_between(dice, earliest, chart->until - 40));
}

static void influence(Chart *chart, const Problem *problem)
{
    const Illness *row = &illnesses[problem->illness];
    for (unsigned i = 0; i < ILLNESS_CHANGES && row->changes[i].factor > 0; i++) {
        const BodyChange *change = &row->changes[i];
        double strength = .75 + dice_below(&chart->dice, 50) / 100.0;
        double factor = 1 + (change->factor - 1) * strength;
        if (change->factor > 3 || change->factor < .5)
            factor = change->factor; /* large changes stay what they are */
        /* It has been coming for a while when it is noticed. */
        body_influence(&chart->body, &(Influence){.measure = change->measure,
                                                  .from = problem->onset - 300,
                                                  .to = problem->end,
                                                  .factor = factor,
                                                  .grow_days = 280,
                                                  .a_year = change->a_year});
    }
}

void illness_draw(Chart *chart)
{
    int age = chart_age(chart, chart->until);
    for (unsigned i = 0; i < ILL_COUNT && chart->problem_count < CHART_PROBLEMS_MAX; i++) {
        const Illness *row = &illnesses[i];
        double chance = chance_of(chart, i, age);
        if (row->episodic)
            chance *= 1.6; /* shares are of a year; the record covers several */
        if (chance * 100000 < dice_below(&chart->dice, 100000))
            continue;
        if (i == ILL_CONTRACEPTION && chart_problem(chart, ILL_HYPERTENSION))
            continue;
        Day onset = draw_onset(chart, row, age);
        if (onset == DAY_NONE)
            continue;
        Problem *problem = &chart->problems[chart->problem_count++];
        *problem = (Problem){.illness = i, .onset = onset, .end = DAY_NONE};
        if (row->episodic) {
            Day end = onset + dice_between(&chart->dice, 120, 700);
            problem->end = end < chart->until ? end : DAY_NONE;
        }
        influence(chart, problem);
    }
}

static void write_statuses(Pen *pen, bool active, Str category, Str category_text)
{
    PEN_RAW(pen, "\"clinicalStatus\":{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/condition-clinical\"");
    pen_text(pen, STR("code"), active ? STR("active") : STR("resolved"));
    buf_add_lit(&pen->out, "}]}");
    PEN_RAW(pen, "\"verificationStatus\":{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/condition-ver-status\","
                 "\"code\":\"confirmed\"}]}");
    pen_list(pen, STR("category"));
    pen_concept(pen, STR_EMPTY, STR("http://terminology.hl7.org/CodeSystem/condition-category"),
                category, category_text);
    pen_list_end(pen);
}

static void write_code(Pen *pen, Str icpc, Str icd, Str text)
{
    pen_object(pen, STR("code"));
    pen_list(pen, STR("coding"));
    pen_coding(pen, STR("http://hl7.org/fhir/sid/icpc-2"), icpc, text);
    pen_coding(pen, STR("http://hl7.org/fhir/sid/icd-10"), icd, text);
    pen_list_end(pen);
    pen_text(pen, STR("text"), text);
    pen_end(pen);
}

void condition_write(Chart *chart, Problem *problem, unsigned encounter, Day recorded)
{
    Pen *pen = &chart->pen;
    const Illness *row = &illnesses[problem->illness];
    problem->serial = pen_open(pen, STR("Condition"));
    write_statuses(pen, problem->end == DAY_NONE, STR("problem-list-item"), STR("Problème"));
    write_code(pen, row->icpc, row->icd, row->text);
    chart_subject(chart, STR("subject"));
    chart_encounter(chart, encounter);
    pen_day(pen, STR("onsetDateTime"), problem->onset);
    if (problem->end != DAY_NONE)
        pen_day(pen, STR("abatementDateTime"), problem->end);
    pen_day(pen, STR("recordedDate"), recorded);
    chart_staff(chart, STR("recorder"), chart->home.gp);
    pen_close(pen);
}

unsigned condition_write_episode(Chart *chart, Str icpc, Str icd, Str text, unsigned encounter,
                                 Day onset, Day end, unsigned staff)
{
    Pen *pen = &chart->pen;
    unsigned serial = pen_open(pen, STR("Condition"));
    bool over = end <= chart->until;
    write_statuses(pen, !over, STR("encounter-diagnosis"), STR("Diagnostic de consultation"));
    write_code(pen, icpc, icd, text);
    chart_subject(chart, STR("subject"));
    chart_encounter(chart, encounter);
    pen_day(pen, STR("onsetDateTime"), onset);
    if (over)
        pen_day(pen, STR("abatementDateTime"), end);
    pen_day(pen, STR("recordedDate"), onset);
    chart_staff(chart, STR("recorder"), staff);
    pen_close(pen);
    return serial;
}
