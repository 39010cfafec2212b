/* data_chart.c - observations, conditions, encounters. */
#include "pen.h"

static void value_of_observation(Pen *p)
{
    switch (dice(p->dice, 9)) {
    case 0: pen_concept(p, "valueCodeableConcept"); break;
    case 1: ADD(p, ",\"valueString\":\"%s\"", pen_display(p)); break;
    case 2: ADD(p, ",\"valueDateTime\":\"%s\"", pen_any_date(p)); break;
    case 3: pen_period(p, "valuePeriod"); break;
    case 4: ADD(p, ",\"valueBoolean\":true"); break;
    case 5: pen_concept(p, "dataAbsentReason"); break;
    default: pen_quantity(p, "valueQuantity");
    }
}

static void effective(Pen *p)
{
    switch (dice(p->dice, 6)) {
    case 0: pen_period(p, "effectivePeriod"); break;
    case 1: ADD(p, ",\"effectiveInstant\":\"%s\"", pen_moment(p)); break;
    case 2: pen_timing(p, "effectiveTiming"); break;
    case 3: break;
    default: ADD(p, ",\"effectiveDateTime\":\"%s\"", pen_any_date(p));
    }
}

void fill_observation(Pen *p)
{
    static const char *const subjects[] = {"Patient", "Patient", "Patient", "Group", "Location"};
    ADD(p, ",\"status\":\"%s\"", dice_percent(p->dice, 60) ? "final" : "amended");
    pen_identifiers(p);
    MAYBE(p, 60)
    pen_concepts(p, "category");
    pen_concept(p, "code");
    MAYBE(p, 85)
    pen_reference(p, "subject", PICK(p->dice, subjects));
    MAYBE(p, 50)
    pen_reference(p, "encounter", "Encounter");
    MAYBE(p, 25)
    {
        pen_contained_practitioner(p);
        ADD(p, ",\"performer\":[{\"reference\":\"#inner\"}]");
    }
    else MAYBE(p, 50)
        pen_references(p, "performer", dice_percent(p->dice, 70) ? "Practitioner" : "Organization");
    effective(p);
    value_of_observation(p);
    unsigned components = dice(p->dice, 3);
    for (unsigned i = 0; i < components; i++) {
        ADD(p, i ? ",{" : ",\"component\":[{");
        ADD(p, "\"id\":\"c%u\"", i);
        pen_concept(p, "code");
        if (dice_percent(p->dice, 70))
            pen_quantity(p, "valueQuantity");
        else
            pen_concept(p, "valueCodeableConcept");
        ADD(p, "}");
    }
    if (components)
        ADD(p, "]");
    MAYBE(p, 20)
    pen_references(p, "hasMember", "Observation");
    MAYBE(p, 20)
    pen_references(p, "basedOn", "ServiceRequest");
}

void fill_condition(Pen *p)
{
    static const char *const states[] = {"active", "recurrence", "inactive", "resolved"};
    ADD(p,
        ",\"clinicalStatus\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
        "condition-clinical\",\"code\":\"%s\"}]}",
        PICK(p->dice, states));
    MAYBE(p, 80)
    pen_concept(p, "code");
    pen_reference(p, "subject", dice_percent(p->dice, 90) ? "Patient" : "Group");
    MAYBE(p, 50)
    pen_reference(p, "encounter", "Encounter");
    switch (dice(p->dice, 6)) {
    case 0: pen_age(p, "onsetAge"); break;
    case 1: pen_period(p, "onsetPeriod"); break;
    case 2:
        pen_range(p, "onsetRange",
                  ",\"unit\":\"a\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"a\"");
        break;
    case 3: ADD(p, ",\"onsetString\":\"%s\"", pen_display(p)); break;
    case 4: ADD(p, ",\"onsetDateTime\":\"%s\"", pen_any_date(p)); break;
    default: break;
    }
    MAYBE(p, 40)
    ADD(p, ",\"recordedDate\":\"%s\"", pen_any_date(p));
    MAYBE(p, 40)
    pen_reference(p, "asserter", "Practitioner");
    MAYBE(p, 30)
    pen_concepts(p, "bodySite");
    MAYBE(p, 20)
    {
        ADD(p, ",\"evidence\":[{\"id\":\"e\"");
        pen_concepts(p, "code");
        pen_references(p, "detail", "Observation");
        ADD(p, "}]");
    }
}

void fill_encounter(Pen *p)
{
    static const char *const classes[] = {"AMB", "IMP", "HH"};
    ADD(p,
        ",\"status\":\"%s\",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/"
        "v3-ActCode\",\"code\":\"%s\",\"display\":\"%s\"}",
        dice_percent(p->dice, 60) ? "finished" : "planned", PICK(p->dice, classes), pen_display(p));
    pen_identifiers(p);
    MAYBE(p, 50)
    pen_concepts(p, "type");
    MAYBE(p, 90)
    pen_reference(p, "subject", "Patient");
    MAYBE(p, 70)
    pen_period(p, "period");
    MAYBE(p, 50)
    ADD(p,
        ",\"length\":{\"value\":%u,\"unit\":\"%s\",\"system\":\"http://unitsofmeasure.org\","
        "\"code\":\"%s\"}",
        30 * (1 + dice(p->dice, 4)), "min", dice_percent(p->dice, 70) ? "min" : "h");
    MAYBE(p, 60)
    {
        ADD(p, ",\"participant\":[{\"id\":\"a\"");
        pen_reference(p, "individual", "Practitioner");
        ADD(p, "}]");
    }
    MAYBE(p, 60)
    {
        ADD(p, ",\"location\":[{\"id\":\"b\"");
        pen_reference(p, "location", "Location");
        MAYBE(p, 50)
        pen_period(p, "period");
        ADD(p, "}]");
    }
    MAYBE(p, 40)
    pen_reference(p, "serviceProvider", "Organization");
    pen_part_of(p, "Encounter", 'e');
}
