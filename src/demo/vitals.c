/* demo/vitals.c - measurements by hand, and their shape as Observation. */
#include "demo/chart.h"
#include "demo/observation.h"

void observation_open(Chart *chart, Str category, Str loinc, Str text, Moment at,
                      unsigned encounter, unsigned staff)
{
    Pen *pen = &chart->pen;
    pen_open(pen, STR("Observation"));
    PEN_RAW(pen, "\"status\":\"final\"");
    pen_list(pen, STR("category"));
    pen_object(pen, STR_EMPTY);
    pen_list(pen, STR("coding"));
    pen_coding(pen, STR("http://terminology.hl7.org/CodeSystem/observation-category"), category,
               STR_EMPTY);
    pen_list_end(pen);
    pen_end(pen);
    pen_list_end(pen);
    pen_concept(pen, STR("code"), STR("http://loinc.org"), loinc, text);
    chart_subject(chart, STR("subject"));
    chart_encounter(chart, encounter);
    pen_moment(pen, STR("effectiveDateTime"), at);
    pen_list(pen, STR("performer"));
    chart_staff(chart, STR_EMPTY, staff);
    pen_list_end(pen);
}

void observation_interpret(Pen *pen, const MeasureRow *row, bool female, double value)
{
    bool low = row->low[female] > 0 && value < row->low[female];
    bool high = row->high[female] > 0 && value > row->high[female];
    if (!low && !high)
        return;
    pen_list(pen, STR("interpretation"));
    pen_object(pen, STR_EMPTY);
    pen_list(pen, STR("coding"));
    pen_coding(pen, STR("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"),
               low ? STR("L") : STR("H"), low ? STR("Bas") : STR("Élevé"));
    pen_list_end(pen);
    pen_end(pen);
    pen_list_end(pen);
}

void observation_range(Pen *pen, const MeasureRow *row, bool female)
{
    double low = row->low[female], high = row->high[female];
    if (low <= 0 && high <= 0)
        return;
    pen_list(pen, STR("referenceRange"));
    pen_object(pen, STR_EMPTY);
    if (low > 0)
        pen_quantity(pen, STR("low"), low, row->decimals, row->unit, row->ucum);
    if (high > 0)
        pen_quantity(pen, STR("high"), high, row->decimals, row->unit, row->ucum);
    pen_end(pen);
    pen_list_end(pen);
}

static void write_value(Chart *chart, Measure measure, double value, Moment at, unsigned encounter,
                        unsigned staff)
{
    const MeasureRow *row = &measures[measure];
    observation_open(chart, STR("vital-signs"), row->loinc, row->text, at, encounter, staff);
    pen_quantity(&chart->pen, STR("valueQuantity"), value, row->decimals, row->unit, row->ucum);
    if (chart_age(chart, at.day) >= 18)
        observation_interpret(&chart->pen, row, chart->who->female, value);
    pen_close(&chart->pen);
}

static void write_component(Chart *chart, Measure measure, double value)
{
    const MeasureRow *row = &measures[measure];
    pen_object(&chart->pen, STR_EMPTY);
    pen_concept(&chart->pen, STR("code"), STR("http://loinc.org"), row->loinc, row->text);
    pen_quantity(&chart->pen, STR("valueQuantity"), value, row->decimals, row->unit, row->ucum);
    observation_interpret(&chart->pen, row, chart->who->female, value);
    pen_end(&chart->pen);
}

static void write_pressure(Chart *chart, Moment at, unsigned encounter, unsigned staff,
                           double *ret_pressure)
{
    double high = body_measure(&chart->body, M_SYSTOLIC, at.day, &chart->dice);
    double low = body_measure(&chart->body, M_DIASTOLIC, at.day, &chart->dice);
    if (low > high - 25)
        low = high - 25;
    if (dice_chance(&chart->dice, 450)) { /* half of all readings are rounded to fives */
        high = (double)(int)(high / 5 + .5) * 5;
        low = (double)(int)(low / 5 + .5) * 5;
    }
    observation_open(chart, STR("vital-signs"), STR("85354-9"), STR("Pression artérielle"), at,
                     encounter, staff);
    pen_list(&chart->pen, STR("component"));
    write_component(chart, M_SYSTOLIC, high);
    write_component(chart, M_DIASTOLIC, low);
    pen_list_end(&chart->pen);
    pen_close(&chart->pen);
    if (ret_pressure) {
        ret_pressure[0] = high;
        ret_pressure[1] = low;
    }
}

void vitals_write(Chart *chart, uint64_t which, Moment at, unsigned encounter, unsigned staff,
                  double *ret_pressure)
{
    static const Measure plain[] = {M_PULSE, M_SPO2};
    Dice *dice = &chart->dice;
    if (which & M_BIT(M_SYSTOLIC)) {
        write_pressure(chart, at, encounter, staff, ret_pressure);
    }
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        if (which & M_BIT(plain[i]))
            write_value(chart, plain[i], body_measure(&chart->body, plain[i], at.day, dice), at,
                        encounter, staff);
    }
    double height = body_measure(&chart->body, M_HEIGHT, at.day, dice);
    double weight = body_measure(&chart->body, M_WEIGHT, at.day, dice);
    if (which & M_BIT(M_HEIGHT))
        write_value(chart, M_HEIGHT, height, at, encounter, staff);
    if (which & M_BIT(M_WEIGHT))
        write_value(chart, M_WEIGHT, weight, at, encounter, staff);
    if (which & M_BIT(M_BMI))
        write_value(chart, M_BMI, weight * 10000 / (height * height), at, encounter, staff);
}

void vitals_write_temperature(Chart *chart, bool fever, Moment at, unsigned encounter,
                              unsigned staff)
{
    double value = fever ? 38.0 + dice_below(&chart->dice, 18) / 10.0
                         : body_measure(&chart->body, M_TEMPERATURE, at.day, &chart->dice);
    write_value(chart, M_TEMPERATURE, value, at, encounter, staff);
}
