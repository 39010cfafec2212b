/* data_more.c - what brings the rarer kinds of values: numbers, money, Timings, canonicals, pairs.
 */
#include "pen.h"

void fill_risk(Pen *p)
{
    static const char *const chances[] = {"0.8", "0.80", "0.75", "0.5", "0.05", "1", "0"};
    ADD(p, ",\"status\":\"final\"");
    pen_reference(p, "subject", "Patient");
    MAYBE(p, 50)
    pen_period(p, "occurrencePeriod");
    else MAYBE(p, 50) ADD(p, ",\"occurrenceDateTime\":\"%s\"", pen_any_date(p));
    MAYBE(p, 80)
    {
        ADD(p, ",\"prediction\":[");
        if (dice_percent(p->dice, 30)) {
            ADD(p, "{\"id\":\"r\"");
            pen_range(p, "probabilityRange", "");
            ADD(p, "}");
        } else {
            ADD(p, "{\"probabilityDecimal\":%s}", PICK(p->dice, chances));
        }
        ADD(p, ",{\"probabilityDecimal\":%s}]", PICK(p->dice, chances));
    }
    MAYBE(p, 40)
    pen_reference(p, "condition", "Condition");
}

void fill_charge(Pen *p)
{
    ADD(p, ",\"status\":\"billable\"");
    pen_concept(p, "code");
    pen_reference(p, "subject", "Patient");
    MAYBE(p, 60)
    ADD(p, ",\"factorOverride\":%s", pen_number(p));
    MAYBE(p, 60)
    ADD(p, ",\"priceOverride\":{\"value\":%s,\"currency\":\"%s\"}", pen_number(p),
        dice_percent(p->dice, 60) ? "EUR" : "USD");
    MAYBE(p, 60)
    pen_quantity(p, "quantity");
    switch (dice(p->dice, 4)) {
    case 0: ADD(p, ",\"occurrenceDateTime\":\"%s\"", pen_any_date(p)); break;
    case 1: pen_period(p, "occurrencePeriod"); break;
    case 2: pen_timing(p, "occurrenceTiming"); break;
    default: break;
    }
    MAYBE(p, 40)
    ADD(p, ",\"enteredDate\":\"%s\"", pen_any_date(p));
}

void fill_list(Pen *p)
{
    static const char *const kinds[] = {"Patient", "Observation", "Condition"};
    const char *kind = PICK(p->dice, kinds);
    ADD(p, ",\"status\":\"current\",\"mode\":\"working\",\"entry\":[");
    for (unsigned i = 0; i < 5; i++) {
        ADD(p, "%s{\"item\":", i ? "," : "");
        pen_reference_value(p, kind);
        ADD(p, "}");
    }
    ADD(p, "]");
}

void fill_request(Pen *p)
{
    static const char *const canonicals[] = {"http://acme.org/plan|1.0", "http://acme.org/plan|1.1",
                                             "http://acme.org/plan|2.0", "http://acme.org/plan"};
    ADD(p, ",\"status\":\"active\",\"intent\":\"%s\"",
        dice_percent(p->dice, 60) ? "order" : "plan");
    pen_reference(p, "subject", "Patient");
    MAYBE(p, 60)
    pen_concept(p, "code");
    MAYBE(p, 50)
    ADD(p, ",\"instantiatesCanonical\":[\"%s\"]", PICK(p->dice, canonicals));
    MAYBE(p, 40)
    ADD(p, ",\"instantiatesUri\":[\"http://acme.org/protocol/%u\"]", dice(p->dice, 3));
    switch (dice(p->dice, 4)) {
    case 0: ADD(p, ",\"occurrenceDateTime\":\"%s\"", pen_any_date(p)); break;
    case 1: pen_period(p, "occurrencePeriod"); break;
    case 2: pen_timing(p, "occurrenceTiming"); break;
    default: break;
    }
    MAYBE(p, 50)
    ADD(p, ",\"authoredOn\":\"%s\"", pen_any_date(p));
    MAYBE(p, 40)
    pen_reference(p, "requester", "Practitioner");
    MAYBE(p, 30)
    pen_references(p, "basedOn", "ServiceRequest");
}

void fill_document(Pen *p)
{
    static const char *const contents[] = {"text/xml", "text/xml; charset=UTF-8", "text/plain",
                                           "application/pdf"};
    static const char *const relations[] = {"replaces", "appends", "signs"};
    ADD(p, ",\"status\":\"current\"");
    MAYBE(p, 60)
    pen_concept(p, "type");
    MAYBE(p, 70)
    pen_reference(p, "subject", "Patient");
    MAYBE(p, 60)
    ADD(p, ",\"date\":\"%s\"", pen_moment(p));
    MAYBE(p, 40)
    pen_references(p, "author", "Practitioner");
    for (unsigned i = 0, count = dice(p->dice, 3); i < count; i++) {
        ADD(p, "%s{\"code\":\"%s\"", i ? "," : ",\"relatesTo\":[", PICK(p->dice, relations));
        pen_reference(p, "target", "DocumentReference");
        ADD(p, i + 1 < count ? "}" : "}]");
    }
    ADD(p,
        ",\"content\":[{\"attachment\":{\"contentType\":\"%s\",\"url\":\"http://acme.org/files/"
        "%u\"}}]",
        PICK(p->dice, contents), dice(p->dice, 5));
}

void fill_group(Pen *p)
{
    unsigned count = dice(p->dice, 3);
    ADD(p, ",\"type\":\"person\",\"actual\":true");
    for (unsigned i = 0; i < count; i++) {
        ADD(p, "%s{\"exclude\":false", i ? "," : ",\"characteristic\":[");
        pen_concept(p, "code");
        if (dice_percent(p->dice, 60))
            pen_concept(p, "valueCodeableConcept");
        else
            ADD(p, ",\"valueBoolean\":%s", dice_percent(p->dice, 50) ? "true" : "false");
        ADD(p, "}");
    }
    if (count)
        ADD(p, "]");
    ADD(p, ",\"member\":[{\"entity\":");
    pen_reference_value(p, "Patient");
    ADD(p, "},{\"entity\":");
    pen_reference_value(p, "Patient");
    ADD(p, "}]");
}

void fill_sequence(Pen *p)
{
    ADD(p,
        ",\"coordinateSystem\":0,\"referenceSeq\":{\"windowStart\":%u,\"windowEnd\":%u,"
        "\"chromosome\":{\"coding\":[{\"system\":\"http://acme.org/"
        "chromosome\",\"code\":\"%u\"}]}}",
        100 + dice(p->dice, 5), 200 + dice(p->dice, 5), 1 + dice(p->dice, 3));
    MAYBE(p, 70)
    ADD(p, ",\"variant\":[{\"start\":%u,\"end\":%u},{\"start\":%u,\"end\":%u}]",
        110 + dice(p->dice, 5), 120 + dice(p->dice, 5), 110 + dice(p->dice, 5),
        120 + dice(p->dice, 5));
    MAYBE(p, 60)
    pen_reference(p, "patient", "Patient");
}

/* The tree of concepts is always the same; of its value sets, one half changes. */
void fill_code_system(Pen *p)
{
    ADD(p, ",\"url\":\"http://acme.org/tree\",\"status\":\"active\",\"content\":\"complete\","
           "\"concept\":[{\"code\":\"heart\",\"concept\":[{\"code\":\"valve\",\"concept\":["
           "{\"code\":\"mitral\"},{\"code\":\"aortic\"}]}]},{\"code\":\"lung\",\"concept\":["
           "{\"code\":\"asthma\"}]}]");
}

void fill_value_set(Pen *p)
{
    static const char *const composes[] = {
        "{\"system\":\"http://acme.org/"
        "tree\",\"filter\":[{\"property\":\"concept\",\"op\":\"is-a\","
        "\"value\":\"heart\"}]}",
        "{\"system\":\"http://acme.org/tree\"}",
        ("{\"system\":\"http://loinc.org\",\"concept\":[{\"code\":\"2823-3\"}]},"
         "{\"system\":\"http://acme.org/a\",\"concept\":[{\"code\":\"same\"},{\"code\":\"x,y\"}]}"),
        "{\"valueSet\":[\"http://acme.org/fhir/ValueSet/0\"]}",
    };
    ADD(p, ",\"url\":\"http://acme.org/fhir/ValueSet/%u%s\",\"status\":\"%s\",\"name\":\"Set%u\"",
        p->number, p->number == 4 ? "/deep/er" : "", dice_percent(p->dice, 60) ? "active" : "draft",
        p->number);
    ADD(p, ",\"compose\":{\"include\":[%s]", composes[p->number % COUNT_OF(composes)]);
    if (p->number == 1)
        ADD(p, ",\"exclude\":[{\"system\":\"http://acme.org/"
               "tree\",\"concept\":[{\"code\":\"lung\"}]}]");
    ADD(p, "}");
}
