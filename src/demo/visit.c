/* demo/visit.c - a visit as it happens: what is measured, found, decided and written down. */
#include "demo/chart.h"
#include "demo/staff.h"

#define SCREENING                                                                                  \
    (M_BIT(M_GLUCOSE) | M_BIT(M_CHOLESTEROL) | M_BIT(M_CREATININE) | M_BIT(M_EGFR) |               \
     M_BIT(M_HAEMOGLOBIN) | M_BIT(M_ALT) | M_BIT(M_TSH) | M_BIT(M_LEUCOCYTES))

static bool is_there(const Problem *problem, Day day)
{
    return problem->onset <= day && problem->end > day;
}

/* The tests that are due for what the person has; 0 when it is too early. */
static uint64_t tests_due(const Chart *chart, Day day)
{
    uint64_t which = 0;
    int months = 0;
    for (unsigned i = 0; i < chart->problem_count; i++) {
        const Illness *row = &illnesses[chart->problems[i].illness];
        if (!is_there(&chart->problems[i], day) || !row->lab_months)
            continue;
        which |= row->labs;
        if (!months || row->lab_months < months)
            months = row->lab_months;
    }
    int age = chart_age(chart, day);
    if (!which && age >= 40) {
        which = SCREENING;
        months = 34;
    } else if (age >= 50 && day - chart->last_lab > 700) {
        which |= SCREENING;
    }
    if (!which || (chart->last_lab && day - chart->last_lab < months * 28))
        return 0;
    return which;
}

static uint64_t vitals_due(Chart *chart, Day day)
{
    int age = chart_age(chart, day);
    uint64_t which = age >= 18 ? M_BIT(M_SYSTOLIC) : 0;
    if (age >= 18 && dice_chance(&chart->dice, 420))
        which |= M_BIT(M_PULSE);
    if (!chart->last_weight || day - chart->last_weight > 170) {
        which |= M_BIT(M_WEIGHT);
        chart->last_weight = day;
        if (!chart->last_height || day - chart->last_height > 1500) {
            which |= M_BIT(M_HEIGHT);
            chart->last_height = day;
        }
        if (age >= 18 || (which & M_BIT(M_HEIGHT)))
            which |= M_BIT(M_BMI);
    }
    for (unsigned i = 0; i < chart->problem_count; i++) {
        IllnessId illness = chart->problems[i].illness;
        if (illness == ILL_COPD || illness == ILL_HEART_FAILURE || illness == ILL_ASTHMA)
            which |= M_BIT(M_SPO2);
    }
    return which;
}

/* The problem that the visit is mostly about: the newest, else any that is followed. */
static int main_problem(Chart *chart, Day day)
{
    int chosen = -1;
    unsigned seen = 0;
    for (unsigned i = 0; i < chart->problem_count; i++) {
        const Problem *problem = &chart->problems[i];
        if (!is_there(problem, day))
            continue;
        if (problem->onset >= day - 3)
            return (int)i;
        if (illnesses[problem->illness].follow_months && dice_below(&chart->dice, ++seen) == 0)
            chosen = (int)i;
    }
    return chosen;
}

/* Under acenocoumarol the INR is checked every month, by blood drawn at home. */
static void check_inr(Chart *chart, const Visit *visit)
{
    bool taken = false;
    for (unsigned i = 0; i < chart->course_count; i++) {
        const Course *course = &chart->courses[i];
        taken |= course->drug == DRUG_ACENOCOUMAROL && course->to == DAY_NONE &&
                 course->renewed == DAY_NONE;
    }
    for (Day day = visit->at.day + 28; taken && day < visit->at.day + 120; day += 28) {
        Day drawn = day_working_from(day);
        if (drawn < chart->until && drawn < chart->today)
            results_write(chart, M_BIT(M_INR), drawn, 0, visit->staff, NULL);
    }
}

static void screen(Chart *chart, const Visit *visit, unsigned encounter)
{
    int age = chart_age(chart, visit->at.day);
    if (chart->who->female && age >= 25 && age < 65 && dice_chance(&chart->dice, 90))
        procedure_write(chart, STR("X37"), STR("Frottis du col de l'utérus"), visit->at, encounter,
                        visit->staff);
    if (age >= 40 && dice_chance(&chart->dice, 25))
        procedure_write(chart, STR("H51"), STR("Extraction d'un bouchon de cérumen"), visit->at,
                        encounter, visit->staff);
}

/* Blood is drawn some days before the visit that talks about it. */
static Day drawn_before(Chart *chart, Day day)
{
    Day drawn = day_working_until(day - dice_between(&chart->dice, 2, 8));
    return drawn > chart->from ? drawn : day;
}

static int decide(Chart *chart, const Visit *visit, unsigned encounter, double *values)
{
    Day day = visit->at.day;
    int started = -1;
    uint64_t tests = tests_due(chart, day);
    if (tests)
        results_write(chart, tests, drawn_before(chart, day), encounter, visit->staff, values);
    vitals_write(chart, vitals_due(chart, day), visit->at, encounter, visit->staff,
                 &values[M_SYSTOLIC]);
    for (unsigned i = 0; i < chart->problem_count; i++) {
        const Illness *own = &illnesses[chart->problems[i].illness];
        if (own->target == M_COUNT || !is_there(&chart->problems[i], day))
            continue;
        int course = treatment_step_up(chart, i, values[own->target], day, encounter, visit->staff);
        started = course >= 0 ? course : started;
    }
    prescription_renew(chart, day, encounter, visit->staff);
    return started;
}

static void play_follow_up(Ctx *cx, Chart *chart, const Visit *visit)
{
    Day day = visit->at.day;
    int chosen = main_problem(chart, day);
    const Illness *row = chosen >= 0 ? &illnesses[chart->problems[chosen].illness] : NULL;
    unsigned encounter = encounter_write(chart, visit, row ? row->icpc : STR("A98"),
                                         row ? row->text : STR("Examen de contrôle"),
                                         row ? chart->problems[chosen].serial : 0);
    double values[M_COUNT] = {0};
    for (unsigned i = 0; i < chart->problem_count; i++) {
        if (chart->problems[i].onset <= day && !chart->problems[i].step_since)
            treatment_open(chart, i, day, encounter, visit->staff);
    }
    int started = decide(chart, visit, encounter, values);
    check_inr(chart, visit);
    screen(chart, visit, encounter);
    if (row && day - chart->last_letter > 330 && dice_chance(&chart->dice, 420)) {
        letter_write(cx, chart, chart->problems[chosen].illness, day);
        chart->last_letter = day;
    }
    if (started >= 0 || dice_chance(&chart->dice, 160))
        note_write_follow_up(cx, chart, visit, encounter,
                             &(Findings){.illness = row,
                                         .pressure = &values[M_SYSTOLIC],
                                         .values = values,
                                         .started = started});
}

static DrugId for_child(DrugId drug)
{
    switch (drug) {
    case DRUG_PARACETAMOL: return DRUG_PARACETAMOL_CHILD;
    case DRUG_IBUPROFEN: return DRUG_IBUPROFEN_CHILD;
    case DRUG_AMOXICILLIN:
    case DRUG_COAMOXICLAV: return DRUG_AMOXICILLIN_CHILD;
    case DRUG_PARACETAMOL_CHILD:
    case DRUG_IBUPROFEN_CHILD:
    case DRUG_ORS:
    case DRUG_SALBUTAMOL:
    case DRUG_TOBRAMYCIN_DROPS:
    case DRUG_MICONAZOLE_CREAM:
    case DRUG_HYDROCORTISONE_CREAM: return drug;
    default: return DRUG_NONE;
    }
}

static void treat_acute(Chart *chart, const Acute *acute, const Visit *visit, unsigned encounter)
{
    Dice *dice = &chart->dice;
    unsigned choices = 0;
    while (choices < 3 && acute->drugs[choices])
        choices++;
    if (!choices || !dice_chance(dice, acute->drug_per_cent * 10u))
        return;
    DrugId drug = acute->drugs[dice_skewed(dice, choices)];
    if (chart_age(chart, visit->at.day) < 12)
        drug = for_child(drug);
    if (!drug)
        return;
    unsigned days = drugs[drug].days < 30 ? drugs[drug].days : 14;
    prescription_start(chart, &(Start){.drug = drug,
                                       .problem = -1,
                                       .icpc = acute->icpc,
                                       .reason = acute->text,
                                       .from = visit->at.day,
                                       .day = visit->at.day,
                                       .days = days ? days : 1,
                                       .encounter = encounter,
                                       .staff = visit->staff});
}

/* Blood is drawn the next morning; a chest infection shows in it, tiredness rarely. */
static void test_acute(Chart *chart, const Acute *acute, const Visit *visit, unsigned encounter)
{
    bool infection = acute->fever_per_cent > 50;
    Day day = visit->at.day, drawn = day_working_from(day + 1);
    uint64_t which = SCREENING | M_BIT(M_FERRITIN) | M_BIT(M_CRP);
    if (drawn >= chart->today || drawn > chart->until)
        drawn = day;
    if (infection) {
        which = M_BIT(M_CRP) | M_BIT(M_LEUCOCYTES) | M_BIT(M_HAEMOGLOBIN);
        body_influence(&chart->body, &(Influence){.measure = M_CRP,
                                                  .from = day - 3,
                                                  .to = day + 4,
                                                  .factor = 14 + dice_below(&chart->dice, 50),
                                                  .grow_days = 2});
    }
    results_write(chart, which, drawn, encounter, visit->staff, NULL);
}

static void play_acute(Ctx *cx, Chart *chart, const Visit *visit)
{
    const Acute *acute = &acutes[visit->detail];
    Dice *dice = &chart->dice;
    Day day = visit->at.day;
    unsigned condition = condition_write_episode(chart, acute->icpc, acute->icd, acute->text, 0,
                                                 day, day + acute->days, visit->staff);
    unsigned encounter = encounter_write(chart, visit, acute->icpc, acute->text, condition);
    if (acute->fever_per_cent)
        vitals_write_temperature(chart, dice_chance(dice, acute->fever_per_cent * 10u), visit->at,
                                 encounter, visit->staff);
    bool chest = str_has_prefix(acute->icpc, STR("R8")) || str_has_prefix(acute->icpc, STR("R7"));
    uint64_t which = chest && dice_chance(dice, 350) ? M_BIT(M_SPO2) : 0;
    if (chart_age(chart, day) >= 40 && dice_chance(dice, 400))
        which |= M_BIT(M_SYSTOLIC);
    if (chart_age(chart, day) < 10 && dice_chance(dice, 500))
        which |= M_BIT(M_WEIGHT);
    vitals_write(chart, which, visit->at, encounter, visit->staff, NULL);
    if (acute->blood && dice_chance(dice, 600))
        test_acute(chart, acute, visit, encounter);
    treat_acute(chart, acute, visit, encounter);
    if (str_eq(acute->icpc, STR("S18")))
        procedure_write(chart, STR("S54"), STR("Suture ou pansement de plaie"), visit->at,
                        encounter, visit->staff);
    if (dice_chance(dice, 260))
        note_write(cx, chart, visit, encounter, acute->text, acute->note);
}

static void play_child(Chart *chart, const Visit *visit)
{
    Day day = visit->at.day;
    int age = chart_age(chart, day);
    unsigned encounter = encounter_write(chart, visit, STR("A98"),
                                         age < 6 ? STR("Suivi du développement et vaccination")
                                                 : STR("Prévention et vaccination"),
                                         0);
    vitals_write(chart, M_BIT(M_WEIGHT) | M_BIT(M_HEIGHT) | (age >= 2 ? M_BIT(M_BMI) : 0),
                 visit->at, encounter, visit->staff, NULL);
    vaccine_write(chart, day, day + 1, encounter, visit->staff);
}

/* Some 12 kg more at term; pressure and haemoglobin lower on the way. */
static void begin_pregnancy(Chart *chart, const Visit *visit)
{
    static const struct {
        Measure measure;
        double factor;
        uint8_t grow_days;
    } changes[] = {{M_WEIGHT, 1.17, 250},
                   {M_SYSTOLIC, .96, 90},
                   {M_DIASTOLIC, .95, 90},
                   {M_HAEMOGLOBIN, .91, 180},
                   {M_PULSE, 1.12, 150}};
    for (size_t i = 0; i < COUNT_OF(changes); i++)
        body_influence(&chart->body, &(Influence){.measure = changes[i].measure,
                                                  .from = chart->due - 270,
                                                  .to = chart->due,
                                                  .factor = changes[i].factor,
                                                  .grow_days = changes[i].grow_days});
    chart->pregnancy = condition_write_episode(chart, STR("W78"), STR("Z34.9"), STR("Grossesse"), 0,
                                               visit->at.day, chart->due, visit->staff);
}

static void play_pregnancy(Chart *chart, const Visit *visit)
{
    Day day = visit->at.day;
    unsigned week = visit->detail;
    if (!chart->pregnancy)
        begin_pregnancy(chart, visit);
    unsigned encounter =
        encounter_write(chart, visit, STR("W78"), STR("Grossesse"), chart->pregnancy);
    vitals_write(chart, M_BIT(M_SYSTOLIC) | M_BIT(M_WEIGHT), visit->at, encounter, visit->staff,
                 NULL);
    if (week == 8 || week == 28)
        results_write(chart,
                      M_BIT(M_HAEMOGLOBIN) | M_BIT(M_PLATELETS) | M_BIT(M_FERRITIN) |
                          M_BIT(M_GLUCOSE) | M_BIT(M_TSH),
                      day, encounter, visit->staff, NULL);
    if (week == 8) {
        for (unsigned i = 0; i < chart->course_count; i++) {
            if (chart->courses[i].drug == DRUG_PILL && chart->courses[i].to == DAY_NONE)
                prescription_stop(chart, i, chart->due - 320);
        }
        prescription_start(chart, &(Start){.drug = DRUG_FOLIC_ACID,
                                           .problem = -1,
                                           .icpc = STR("W78"),
                                           .reason = STR("Grossesse"),
                                           .from = day,
                                           .day = day,
                                           .days = 84,
                                           .encounter = encounter,
                                           .staff = visit->staff});
    }
}

static void play_session(Ctx *cx, Chart *chart, const Visit *visit)
{
    bool has_problem = visit->detail < chart->problem_count;
    const Problem *problem = has_problem ? &chart->problems[visit->detail] : NULL;
    Str icpc = visit->kind == VISIT_NURSE    ? STR("S97")
               : visit->kind == VISIT_PHYSIO ? STR("L18")
                                             : STR("P02");
    Str text = visit->kind == VISIT_NURSE    ? STR("Ulcère cutané chronique")
               : visit->kind == VISIT_PHYSIO ? STR("Douleur musculaire")
                                             : STR("Réaction au stress");
    if (problem) {
        icpc = illnesses[problem->illness].icpc;
        text = illnesses[problem->illness].text;
    }
    unsigned encounter = encounter_write(chart, visit, icpc, text, problem ? problem->serial : 0);
    if (visit->kind == VISIT_NURSE)
        vitals_write(chart, M_BIT(M_SYSTOLIC) | M_BIT(M_PULSE), visit->at, encounter, visit->staff,
                     NULL);
    if (visit->kind == VISIT_NURSE && !problem)
        procedure_write(chart, STR("S56"), STR("Pansement"), visit->at, encounter, visit->staff);
    if (visit->kind == VISIT_PHYSIO && (visit->number == 1 || visit->number == visit->of))
        note_write(cx, chart, visit, encounter, text,
                   visit->number == 1
                       ? STR("Bilan initial: douleur 6/10 à la mobilisation, amplitude limitée. "
                             "Objectifs: antalgie, mobilité, renforcement, exercices à domicile.")
                       : STR("Bilan final: douleur 2/10, amplitude presque complète. Programme "
                             "d'exercices à poursuivre seul."));
    if (visit->kind == VISIT_PHYSIO && visit->number == visit->of)
        procedure_write(chart, STR("L57"), STR("Kinésithérapie, série terminée"), visit->at,
                        encounter, visit->staff);
}

void visit_play(Ctx *cx, Chart *chart, const Visit *visit)
{
    if (visit->at.day >= chart->today) {
        appointment_write(chart, visit);
        return;
    }
    switch (visit->kind) {
    case VISIT_FOLLOW_UP:
    case VISIT_SIMPLE: play_follow_up(cx, chart, visit); break;
    case VISIT_ACUTE: play_acute(cx, chart, visit); break;
    case VISIT_CHILD: play_child(chart, visit); break;
    case VISIT_VACCINE:
        vaccine_write(chart, visit->at.day, visit->at.day + 1,
                      encounter_write(chart, visit, STR("A98"), STR("Vaccination"), 0),
                      visit->staff);
        break;
    case VISIT_PREGNANCY: play_pregnancy(chart, visit); break;
    case VISIT_PHYSIO:
    case VISIT_NURSE:
    case VISIT_PSYCHOLOGIST: play_session(cx, chart, visit); break;
    }
}
