/* demo/results.c - blood and urine tests: a report and its values. */
#include "demo/chart.h"
#include "demo/observation.h"

/* What follows from other values rather than from the body. */
static void derive(Chart *chart, uint64_t *which, Day day, double *values)
{
    if (*which & M_BIT(M_GLUCOSE)) { /* fasting, a part of the mean glucose that HbA1c tells */
        double glycated = *which & M_BIT(M_HBA1C)
                              ? values[M_HBA1C]
                              : body_measure(&chart->body, M_HBA1C, day, &chart->dice);
        double glucose = .85 * (28.7 * glycated - 46.7) * (1 + .06 * dice_bell(&chart->dice));
        values[M_GLUCOSE] = (double)(int)(glucose + .5);
    }
    bool grown_up = chart_age(chart, day) >= 18; /* the equation is for adults */
    *which &= ~M_BIT(M_EGFR);
    if ((*which & M_BIT(M_CREATININE)) && grown_up) {
        double rate =
            egfr_ckd_epi_2021(values[M_CREATININE], chart_age(chart, day), chart->who->female);
        values[M_EGFR] = (double)(int)(rate + .5);
        *which |= M_BIT(M_EGFR);
    }
    if (*which & M_BIT(M_LDL)) /* Friedewald, so that the four values agree */
        values[M_CHOLESTEROL] =
            (double)(int)(values[M_LDL] + values[M_HDL] + values[M_TRIGLYCERIDES] / 5 + .5);
}

unsigned observation_write_result(Chart *chart, Measure measure, double value, Moment at,
                                  unsigned encounter, unsigned staff)
{
    const MeasureRow *row = &measures[measure];
    Pen *pen = &chart->pen;
    bool female = chart->who->female;
    observation_open(chart, STR("laboratory"), row->loinc, row->text, at, encounter, staff);
    unsigned serial = pen->serial;
    pen_quantity(pen, STR("valueQuantity"), value, row->decimals, row->unit, row->ucum);
    if (chart_age(chart, at.day) >= 15) { /* the ranges are those of adults */
        observation_interpret(pen, row, female, value);
        observation_range(pen, row, female);
    }
    pen_close(pen);
    return serial;
}

static bool is_outside(const MeasureRow *row, bool female, double value)
{
    return (row->low[female] > 0 && value < row->low[female]) ||
           (row->high[female] > 0 && value > row->high[female]);
}

static void write_report(Chart *chart, uint64_t which, const unsigned *serials,
                         const double *values, Moment at, unsigned encounter)
{
    Pen *pen = &chart->pen;
    unsigned outside = 0;
    pen_open(pen, STR("DiagnosticReport"));
    PEN_RAW(pen, "\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/v2-0074\",\"code\":\"LAB\","
                 "\"display\":\"Laboratory\"}]}]");
    pen_concept(pen, STR("code"), STR("http://loinc.org"), STR("11502-2"),
                STR("Rapport de laboratoire"));
    chart_subject(chart, STR("subject"));
    chart_encounter(chart, encounter);
    pen_moment(pen, STR("effectiveDateTime"), at);
    pen_moment(pen, STR("issued"), (Moment){at.day, 16 * 60 + 30});
    pen_list(pen, STR("performer"));
    pen_reference(pen, STR_EMPTY, STR("Organization/labo-rives"),
                  STR("Laboratoire de biologie clinique des Rives"));
    pen_list_end(pen);
    pen_list(pen, STR("result"));
    for (unsigned i = M_FIRST_LAB; i < M_COUNT; i++) {
        if (!(which & M_BIT(i)))
            continue;
        pen_reference_serial(pen, STR_EMPTY, STR("Observation"), serials[i], measures[i].text);
        outside += is_outside(&measures[i], chart->who->female, values[i]);
    }
    pen_list_end(pen);
    if (outside == 0)
        PEN_RAW(pen, "\"conclusion\":\"Résultats dans les valeurs de référence.\"");
    pen_close(pen);
}

void results_write(Chart *chart, uint64_t which, Day day, unsigned encounter, unsigned staff,
                   double *ret_values)
{
    double values[M_COUNT] = {0};
    unsigned serials[M_COUNT] = {0};
    Moment at = {day, 8 * 60 + (int)dice_below(&chart->dice, 18) * 5};
    if (which & M_BIT(M_CHOLESTEROL))
        which |= M_BIT(M_LDL) | M_BIT(M_HDL) | M_BIT(M_TRIGLYCERIDES);
    if (chart->who->female)
        which &= ~M_BIT(M_PSA);
    for (unsigned i = M_FIRST_LAB; i < M_COUNT; i++) {
        if (which & M_BIT(i))
            values[i] = body_measure(&chart->body, i, day, &chart->dice);
    }
    derive(chart, &which, day, values);
    for (unsigned i = M_FIRST_LAB; i < M_COUNT; i++) {
        if (which & M_BIT(i))
            serials[i] = observation_write_result(chart, i, values[i], at, encounter, staff);
    }
    write_report(chart, which, serials, values, at, encounter);
    chart->last_lab = day;
    if (ret_values)
        memcpy(ret_values, values, sizeof(values));
}
