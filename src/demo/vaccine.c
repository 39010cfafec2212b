/* demo/vaccine.c - doses by age, season and risk. */
#include "demo/vaccine.h"

#include "demo/chart.h"
#include "demo/staff.h"

#define S STR_INIT

/* clang-format off */
static const Vaccine vaccines[VACCINE_COUNT] = {
    [VACCINE_HEXAVALENT] = {S("J07CA09"), S("146"), S("Vaccin hexavalent DTPa-IPV-Hib-HepB")},
    [VACCINE_PNEUMOCOCCAL_CHILD] = {S("J07AL02"), S("133"),
        S("Vaccin antipneumococcique conjugué")},
    [VACCINE_ROTAVIRUS] = {S("J07BH01"), S("119"), S("Vaccin contre le rotavirus")},
    [VACCINE_MMR] = {S("J07BD52"), S("03"), S("Vaccin rougeole-rubéole-oreillons (RRO)")},
    [VACCINE_MENINGOCOCCAL] = {S("J07AH08"), S("203"), S("Vaccin antiméningococcique ACWY")},
    [VACCINE_DTPA_IPV] = {S("J07CA02"), S("130"), S("Vaccin tétravalent DTPa-IPV")},
    [VACCINE_HPV] = {S("J07BM03"), S("165"), S("Vaccin contre le papillomavirus (HPV9)")},
    [VACCINE_DTPA] = {S("J07AJ52"), S("115"), S("Rappel diphtérie-tétanos-coqueluche (dTpa)")},
    [VACCINE_INFLUENZA] = {S("J07BB02"), S("150"), S("Vaccin contre la grippe saisonnière")},
    [VACCINE_COVID] = {S("J07BN01"), S("208"), S("Vaccin à ARNm contre la COVID-19")},
    [VACCINE_PNEUMOCOCCAL] = {S("J07AL02"), S("216"),
        S("Vaccin antipneumococcique conjugué 20-valent")},
    [VACCINE_ZOSTER] = {S("J07BK03"), S("187"), S("Vaccin recombinant contre le zona")},
};
/* clang-format on */

/* The programme of the French Community: age in days, share that keeps to it, first year of
 * birth that was offered it. */
static const struct {
    uint16_t age_days;
    uint8_t vaccine, number;
    uint16_t share, born_from;
} calendar[] = {
    {57, VACCINE_HEXAVALENT, 1, 975, 2004},
    {57, VACCINE_PNEUMOCOCCAL_CHILD, 1, 965, 2006},
    {57, VACCINE_ROTAVIRUS, 1, 870, 2007},
    {86, VACCINE_HEXAVALENT, 2, 972, 2004},
    {86, VACCINE_ROTAVIRUS, 2, 865, 2007},
    {115, VACCINE_HEXAVALENT, 3, 965, 2004},
    {115, VACCINE_PNEUMOCOCCAL_CHILD, 2, 960, 2006},
    {372, VACCINE_MMR, 1, 955, 1985},
    {372, VACCINE_PNEUMOCOCCAL_CHILD, 3, 940, 2006},
    {460, VACCINE_HEXAVALENT, 4, 925, 2004},
    {460, VACCINE_MENINGOCOCCAL, 1, 900, 2002},
    {2060, VACCINE_DTPA_IPV, 1, 900, 1980},
    {2850, VACCINE_MMR, 2, 850, 1985},
    {4960, VACCINE_HPV, 1, 590, 1998},
    {5150, VACCINE_HPV, 2, 540, 1998},
    {5600, VACCINE_DTPA, 1, 780, 1995},
    {5600, VACCINE_MENINGOCOCCAL, 2, 620, 2008},
};

static void add_dose(Chart *chart, VaccineId vaccine, unsigned number, Day day)
{
    if (chart->dose_count == CHART_DOSES_MAX || day < chart->birth ||
        day > chart->until + PLAN_AHEAD_DAYS)
        return;
    if (chart->death != DAY_NONE && day > chart->until)
        return;
    chart->doses[chart->dose_count++] =
        (Dose){.vaccine = vaccine, .number = (uint8_t)number, .day = day_working_from(day)};
}

static void plan_childhood(Chart *chart)
{
    int year = day_year(chart->birth), last = -1, late = 0;
    bool refuses = dice_chance(&chart->dice, 20);
    for (size_t i = 0; i < COUNT_OF(calendar) && !refuses; i++) {
        if (year < calendar[i].born_from || !dice_chance(&chart->dice, calendar[i].share))
            continue;
        if (calendar[i].age_days != last) /* doses of one age are given on one day */
            late = dice_between(&chart->dice, 0, 2 + calendar[i].age_days / 12);
        last = calendar[i].age_days;
        add_dose(chart, calendar[i].vaccine, calendar[i].number,
                 chart->birth + calendar[i].age_days + late);
    }
}

static bool at_risk(const Chart *chart)
{
    for (unsigned i = 0; i < chart->problem_count; i++) {
        switch (chart->problems[i].illness) {
        case ILL_DIABETES:
        case ILL_COPD:
        case ILL_ASTHMA:
        case ILL_CORONARY:
        case ILL_KIDNEY:
        case ILL_HEART_FAILURE: return true;
        default: break;
        }
    }
    return false;
}

static void plan_autumns(Chart *chart)
{
    bool risk = at_risk(chart);
    unsigned covid = 3; /* two doses in the campaign of 2021 came first */
    for (int year = day_year(chart->from); year <= day_year(chart->until); year++) {
        Day autumn = day_of(year, 10, 15) + dice_between(&chart->dice, 0, 50);
        int age = chart_age(chart, autumn);
        unsigned share = age >= 65 ? 580 : risk ? 330 : age >= 18 ? 60 : 5;
        if (autumn < chart->from)
            continue;
        if (dice_chance(&chart->dice, share))
            add_dose(chart, VACCINE_INFLUENZA, 1, autumn);
        if (year >= 2021 && dice_chance(&chart->dice, age >= 65 ? 520 : risk ? 180 : 30))
            add_dose(chart, VACCINE_COVID, covid++,
                     autumn + (dice_chance(&chart->dice, 600) ? 0 : 14));
    }
}

static void plan_adulthood(Chart *chart)
{
    Dice *dice = &chart->dice;
    Day campaign = day_of(2021, 8, 15);
    int age = chart_age(chart, campaign);
    if (age >= 12 && chart->birth < campaign && dice_chance(dice, age >= 65 ? 930 : 800)) {
        Day first = campaign - (age > 40 ? age - 40 : 0) * 3 - dice_between(dice, 0, 40);
        add_dose(chart, VACCINE_COVID, 1, first);
        add_dose(chart, VACCINE_COVID, 2, first + 28 + dice_between(dice, 0, 7));
    }
    Day adult = chart->birth + 25 * DAYS_A_YEAR + dice_between(dice, 0, 3650);
    for (unsigned number = 2; adult < chart->until; adult += 3650 + dice_between(dice, 0, 500)) {
        if (dice_chance(dice, 620) && adult > chart->from - 3650)
            add_dose(chart, VACCINE_DTPA, number++, adult);
    }
    Day senior = chart->birth + 66 * DAYS_A_YEAR + dice_between(dice, 0, 1500);
    if (senior > day_of(2023, 1, 1) && dice_chance(dice, 480))
        add_dose(chart, VACCINE_PNEUMOCOCCAL, 1, senior);
    if (senior > day_of(2023, 11, 1) && dice_chance(dice, 160)) {
        add_dose(chart, VACCINE_ZOSTER, 1, senior + 120);
        add_dose(chart, VACCINE_ZOSTER, 2, senior + 185);
    }
}

void vaccine_plan(Chart *chart)
{
    plan_childhood(chart);
    plan_adulthood(chart);
    plan_autumns(chart);
    for (unsigned i = 0; i < chart->dose_count; i++) {
        const Dose *dose = &chart->doses[i];
        bool child = chart_age(chart, dose->day) < 16, seen = dose->day < chart->from;
        for (unsigned k = 0; k < i; k++)
            seen |= chart->doses[k].day == dose->day;
        if (seen)
            continue;
        const DemoCentre *centre = &demo_centres[chart->home.centre];
        unsigned nurse = centre->nurses.first + dice_below(&chart->dice, centre->nurses.count);
        plan_add(chart, child ? VISIT_CHILD : VISIT_VACCINE, dose->day,
                 child || dice_chance(&chart->dice, 500) ? chart->home.gp : nurse);
    }
}

static void write_dose(Chart *chart, const Dose *dose, unsigned encounter, unsigned staff)
{
    Pen *pen = &chart->pen;
    const Vaccine *vaccine = &vaccines[dose->vaccine];
    pen_open(pen, STR("Immunization"));
    PEN_RAW(pen, "\"status\":\"completed\"");
    pen_object(pen, STR("vaccineCode"));
    pen_list(pen, STR("coding"));
    pen_coding(pen, STR("http://www.whocc.no/atc"), vaccine->atc, vaccine->text);
    pen_coding(pen, STR("http://hl7.org/fhir/sid/cvx"), vaccine->cvx, STR_EMPTY);
    pen_list_end(pen);
    pen_text(pen, STR("text"), vaccine->text);
    pen_end(pen);
    chart_subject(chart, STR("patient"));
    chart_encounter(chart, encounter);
    pen_day(pen, STR("occurrenceDateTime"), dose->day);
    pen_bool(pen, STR("primarySource"), encounter != 0);
    if (encounter) {
        char lot[7];
        for (unsigned i = 0; i < 6; i++)
            lot[i] = (char)(i < 2 ? 'A' + dice_below(&chart->dice, 26)
                                  : '0' + dice_below(&chart->dice, 10));
        pen_text(pen, STR("lotNumber"), str_n(lot, 6));
        pen_concept(pen, STR("route"), STR_EMPTY, STR_EMPTY,
                    dose->vaccine == VACCINE_ROTAVIRUS ? STR("Orale") : STR("Intramusculaire"));
        pen_list(pen, STR("performer"));
        pen_object(pen, STR_EMPTY);
        chart_staff(chart, STR("actor"), staff);
        pen_end(pen);
        pen_list_end(pen);
    } else {
        PEN_RAW(pen, "\"reportOrigin\":{\"coding\":[{\"system\":"
                     "\"http://terminology.hl7.org/CodeSystem/immunization-origin\","
                     "\"code\":\"record\"}],\"text\":\"Carnet de vaccination\"}");
    }
    pen_list(pen, STR("protocolApplied"));
    pen_object(pen, STR_EMPTY);
    pen_int(pen, STR("doseNumberPositiveInt"), dose->number);
    pen_end(pen);
    pen_list_end(pen);
    pen_close(pen);
}

void vaccine_write(Chart *chart, Day from, Day until, unsigned encounter, unsigned staff)
{
    for (unsigned i = 0; i < chart->dose_count; i++) {
        Dose *dose = &chart->doses[i];
        if (dose->written || dose->day < from || dose->day >= until)
            continue;
        write_dose(chart, dose, encounter, staff);
        dose->written = true;
    }
}
