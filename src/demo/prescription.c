/* demo/prescription.c - treatments over time, and MedicationRequest. */
#include "demo/chart.h"

static bool is_taken(const Course *course, Day day)
{
    return course->renewed == DAY_NONE && (course->to == DAY_NONE || course->to > day);
}

static DrugId without_penicillin(const Chart *chart, DrugId drug)
{
    if (!chart->penicillin_allergy || !drugs[drug].penicillin)
        return drug;
    return drug == DRUG_AMOXICILLIN_CHILD ? DRUG_AZITHROMYCIN_CHILD : DRUG_AZITHROMYCIN;
}

/* Anti-inflammatory tablets are not for the old, nor for weak hearts and kidneys. */
static DrugId without_harm(Chart *chart, DrugId drug, Day day)
{
    static const IllnessId weak[] = {ILL_HEART_FAILURE, ILL_KIDNEY, ILL_ATRIAL_FIBRILLATION,
                                     ILL_CORONARY, ILL_STROKE};
    bool risky = chart_age(chart, day) >= 75;
    if (!str_has_prefix(drugs[drug].atc, STR("M01A")))
        return drug;
    for (size_t i = 0; i < COUNT_OF(weak); i++)
        risky |= chart_problem(chart, weak[i]) != NULL;
    return risky ? DRUG_PARACETAMOL : drug;
}

static Course *course_add(Chart *chart, const Course *course)
{
    if (chart->course_count == CHART_COURSES_MAX)
        return NULL;
    Course *to = &chart->courses[chart->course_count++];
    *to = *course;
    to->serial = pen_reserve(&chart->pen);
    return to;
}

int prescription_start(Chart *chart, const Start *start)
{
    DrugId drug = without_harm(chart, without_penicillin(chart, start->drug), start->day);
    for (unsigned i = 0; i < chart->course_count; i++) {
        if (is_taken(&chart->courses[i], start->day) && drug_is_kin(chart->courses[i].drug, drug))
            return -1;
    }
    Course course = {.drug = drug,
                     .from = start->from,
                     .written = start->day,
                     .to = DAY_NONE,
                     .renewed = DAY_NONE,
                     .prior = -1,
                     .problem = start->problem,
                     .icpc = start->icpc,
                     .reason = start->reason,
                     .encounter = start->encounter,
                     .prescriber = start->staff};
    if (start->days)
        course.to = start->from + (Day)start->days;
    if (course.to != DAY_NONE && course.to <= chart->from)
        return -1; /* over before the record began */
    if (!course_add(chart, &course))
        return -1;
    for (unsigned i = 0; i < DRUG_EFFECTS && drugs[drug].effects[i].factor > 0; i++) {
        const DrugEffect *effect = &drugs[drug].effects[i];
        double strength = .7 + dice_below(&chart->dice, 60) / 100.0; /* not all respond alike */
        if (effect->factor > 2 || effect->factor < .6)
            strength = 1; /* large effects would turn absurd when stretched */
        body_influence(&chart->body, &(Influence){.measure = effect->measure,
                                                  .from = course.from,
                                                  .to = course.to,
                                                  .factor = 1 + (effect->factor - 1) * strength,
                                                  .grow_days = effect->grow_days});
    }
    return (int)chart->course_count - 1;
}

void prescription_stop(Chart *chart, unsigned number, Day day)
{
    Course *course = &chart->courses[number];
    const Drug *drug = &drugs[course->drug];
    course->to = day;
    course->stopped = true;
    course->untold = day < chart->from;
    for (unsigned i = 0; i < DRUG_EFFECTS && drug->effects[i].factor > 0; i++)
        body_end_influence(&chart->body, drug->effects[i].measure, course->from, day);
}

void prescription_renew(Chart *chart, Day day, unsigned encounter, unsigned staff)
{
    unsigned count = chart->course_count;
    for (unsigned i = 0; i < count; i++) {
        Course *old = &chart->courses[i];
        int again = 270 + (int)(i * 37 % 90);
        if (!is_taken(old, day) || day - old->written < again)
            continue;
        if (old->problem >= 0 && chart->problems[old->problem].end <= day)
            continue;
        Course next = *old;
        next.written = day;
        next.prior = (int)i;
        next.encounter = encounter;
        next.prescriber = staff;
        if (course_add(chart, &next))
            old->renewed = day;
    }
}

static Str course_status(const Chart *chart, const Course *course)
{
    if (course->renewed != DAY_NONE || chart->death != DAY_NONE)
        return STR("completed");
    if (course->to == DAY_NONE || course->to > chart->until)
        return STR("active");
    return course->stopped ? STR("stopped") : STR("completed");
}

static void write_timing(Pen *pen, const Drug *drug)
{
    char unit = drug->period_unit;
    pen_object(pen, STR("timing"));
    pen_object(pen, STR("repeat"));
    pen_int(pen, STR("frequency"), drug->times);
    pen_int(pen, STR("period"), drug->period);
    pen_text(pen, STR("periodUnit"), unit == 'w' ? STR("wk") : str_n(&unit, 1));
    if (drug->when.len) {
        pen_list(pen, STR("when"));
        pen_item(pen, drug->when);
        pen_list_end(pen);
    }
    pen_end(pen);
    pen_end(pen);
}

static void write_dosage(Pen *pen, const Drug *drug)
{
    pen_list(pen, STR("dosageInstruction"));
    pen_object(pen, STR_EMPTY);
    pen_text(pen, STR("text"), drug->dosage);
    write_timing(pen, drug);
    if (drug->as_needed)
        pen_bool(pen, STR("asNeededBoolean"), true);
    pen_list(pen, STR("doseAndRate"));
    pen_object(pen, STR_EMPTY);
    pen_object(pen, STR("doseQuantity"));
    pen_decimal(pen, STR("value"), drug->dose, drug->dose < 1 ? 1 : 0);
    pen_text(pen, STR("unit"), drug->unit);
    pen_end(pen);
    pen_end(pen);
    pen_list_end(pen);
    pen_end(pen);
    pen_list_end(pen);
}

static void write_dispense(Pen *pen, const Drug *drug, const Course *course)
{
    bool lasting = course->to == DAY_NONE || course->to - course->from > 60;
    pen_object(pen, STR("dispenseRequest"));
    pen_days(pen, STR("validityPeriod"), course->written, course->written + (lasting ? 365 : 90));
    if (lasting)
        pen_int(pen, STR("numberOfRepeatsAllowed"), 365 / drug->days);
    pen_object(pen, STR("quantity"));
    pen_int(pen, STR("value"), drug->quantity);
    pen_end(pen);
    pen_quantity(pen, STR("expectedSupplyDuration"), drug->days, 0, STR("jours"), STR("d"));
    pen_end(pen);
}

static void write_reason(Chart *chart, const Course *course)
{
    Pen *pen = &chart->pen;
    if (course->problem >= 0 && chart->problems[course->problem].serial) {
        const Problem *problem = &chart->problems[course->problem];
        pen_list(pen, STR("reasonReference"));
        pen_reference_serial(pen, STR_EMPTY, STR("Condition"), problem->serial,
                             illnesses[problem->illness].text);
        pen_list_end(pen);
    } else if (course->reason.len) {
        pen_list(pen, STR("reasonCode"));
        pen_concept(pen, STR_EMPTY, STR("http://hl7.org/fhir/sid/icpc-2"), course->icpc,
                    course->reason);
        pen_list_end(pen);
    }
}

static void write_request(Chart *chart, const Course *course)
{
    Pen *pen = &chart->pen;
    const Drug *drug = &drugs[course->drug];
    pen_open_serial(pen, STR("MedicationRequest"), course->serial);
    pen_text(pen, STR("status"), course_status(chart, course));
    if (course->stopped && course->renewed == DAY_NONE)
        PEN_RAW(pen, "\"statusReason\":{\"text\":\"Traitement adapté\"}");
    PEN_RAW(pen, "\"intent\":\"order\"");
    pen_object(pen, STR("medicationCodeableConcept"));
    pen_list(pen, STR("coding"));
    pen_coding(pen, STR("http://www.whocc.no/atc"), drug->atc, drug->inn);
    pen_list_end(pen);
    pen_text(pen, STR("text"), drug->product);
    pen_end(pen);
    chart_subject(chart, STR("subject"));
    chart_encounter(chart, course->encounter);
    pen_day(pen, STR("authoredOn"), course->written);
    chart_staff(chart, STR("requester"), course->prescriber);
    write_reason(chart, course);
    bool lasting = course->to == DAY_NONE || course->to - course->from > 60;
    if (lasting)
        PEN_RAW(pen,
                "\"courseOfTherapyType\":{\"coding\":[{\"system\":"
                "\"http://terminology.hl7.org/CodeSystem/medicationrequest-course-of-therapy\","
                "\"code\":\"continuous\"}],\"text\":\"Traitement chronique\"}");
    write_dosage(pen, drug);
    write_dispense(pen, drug, course);
    if (course->prior >= 0)
        pen_reference_serial(pen, STR("priorPrescription"), STR("MedicationRequest"),
                             chart->courses[course->prior].serial, STR_EMPTY);
    pen_close(pen);
}

void prescription_write_all(Chart *chart)
{
    for (unsigned i = 0; i < chart->course_count; i++) {
        if (!chart->courses[i].untold)
            write_request(chart, &chart->courses[i]);
    }
}
