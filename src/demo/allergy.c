/* demo/allergy.c - allergies, and the note that there are none. */
#include "demo/chart.h"

#define S STR_INIT

/* clang-format off */
static const struct {
    uint16_t weight;
    Str category, atc, text, reaction, severity, criticality;
    bool penicillin;
} allergies[] = {
    {300, S("medication"), S("J01C"), S("Pénicillines"), S("Éruption maculo-papuleuse"),
     S("mild"), S("low"), true},
    {60, S("medication"), S("J01C"), S("Pénicillines"), S("Anaphylaxie"), S("severe"), S("high"),
     true},
    {90, S("medication"), S("M01A"), S("Anti-inflammatoires non stéroïdiens"), S("Urticaire"),
     S("moderate"), S("high"), false},
    {60, S("medication"), S("J01EE01"), S("Sulfaméthoxazole + triméthoprime"),
     S("Éruption cutanée"), S("moderate"), S("low"), false},
    {40, S("medication"), S("N02AA"), S("Opioïdes (codéine)"), S("Nausées et prurit"), S("mild"),
     S("low"), false},
    {45, S("medication"), S("V08A"), S("Produit de contraste iodé"), S("Urticaire"),
     S("moderate"), S("high"), false},
    {110, S("environment"), S(""), S("Pollens de graminées"), S("Rhinoconjonctivite"), S("mild"),
     S("low"), false},
    {90, S("environment"), S(""), S("Acariens"), S("Rhinite"), S("mild"), S("low"), false},
    {50, S("environment"), S(""), S("Poils de chat"), S("Rhinite et sibilances"), S("moderate"),
     S("low"), false},
    {45, S("environment"), S(""), S("Venin de guêpe"), S("Œdème étendu"), S("moderate"),
     S("high"), false},
    {40, S("environment"), S(""), S("Latex"), S("Dermatite de contact"), S("mild"), S("low"),
     false},
    {45, S("food"), S(""), S("Arachide"), S("Angio-œdème"), S("severe"), S("high"), false},
    {35, S("food"), S(""), S("Fruits à coque"), S("Syndrome oral"), S("mild"), S("low"), false},
    {30, S("food"), S(""), S("Œuf de poule"), S("Urticaire"), S("moderate"), S("low"), false},
};
/* clang-format on */

static void write_head(Chart *chart)
{
    Pen *pen = &chart->pen;
    pen_open(pen, STR("AllergyIntolerance"));
    PEN_RAW(pen, "\"clinicalStatus\":{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical\","
                 "\"code\":\"active\"}]},\"verificationStatus\":{\"coding\":[{\"system\":"
                 "\"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification\","
                 "\"code\":\"confirmed\"}]}");
}

static void write_tail(Chart *chart)
{
    chart_subject(chart, STR("patient"));
    pen_day(&chart->pen, STR("recordedDate"), day_working_from(chart->from));
    chart_staff(chart, STR("recorder"), chart->home.gp);
}

/* 716186003 is the one SNOMED CT code that FHIR's own examples use for "none known". */
static void write_none_known(Chart *chart)
{
    write_head(chart);
    pen_concept(&chart->pen, STR("code"), STR("http://snomed.info/sct"), STR("716186003"),
                STR("Aucune allergie connue"));
    write_tail(chart);
    pen_close(&chart->pen);
}

static void write_one(Chart *chart, unsigned number)
{
    Pen *pen = &chart->pen;
    write_head(chart);
    PEN_RAW(pen, "\"type\":\"allergy\"");
    pen_list(pen, STR("category"));
    pen_item(pen, allergies[number].category);
    pen_list_end(pen);
    pen_text(pen, STR("criticality"), allergies[number].criticality);
    pen_concept(pen, STR("code"),
                allergies[number].atc.len ? STR("http://www.whocc.no/atc") : STR_EMPTY,
                allergies[number].atc, allergies[number].text);
    write_tail(chart);
    pen_list(pen, STR("reaction"));
    pen_object(pen, STR_EMPTY);
    pen_list(pen, STR("manifestation"));
    pen_concept(pen, STR_EMPTY, STR_EMPTY, STR_EMPTY, allergies[number].reaction);
    pen_list_end(pen);
    pen_text(pen, STR("severity"), allergies[number].severity);
    pen_end(pen);
    pen_list_end(pen);
    pen_close(pen);
    chart->penicillin_allergy |= allergies[number].penicillin;
}

void allergy_write(Chart *chart)
{
    uint16_t weights[COUNT_OF(allergies)];
    Dice *dice = &chart->dice;
    for (size_t i = 0; i < COUNT_OF(allergies); i++)
        weights[i] = allergies[i].weight;
    int age = chart_age(chart, chart->until);
    if (!dice_chance(dice, age < 3 ? 50 : age < 18 ? 150 : 250)) {
        if (dice_chance(dice, 650))
            write_none_known(chart);
        return;
    }
    unsigned first = dice_weighted(dice, weights, COUNT_OF(allergies));
    write_one(chart, first);
    unsigned second = dice_weighted(dice, weights, COUNT_OF(allergies));
    if (dice_chance(dice, 180) && !str_eq(allergies[first].text, allergies[second].text))
        write_one(chart, second);
}
