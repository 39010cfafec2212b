/* data.c - the resources: a table of types, and what they all begin with. */
#include "pen.h"

static void meta(Pen *p)
{
    static const char *const profiles[] = {"http://acme.org/fhir/StructureDefinition/one",
                                           "http://acme.org/fhir/StructureDefinition/two"};
    static const char *const sources[] = {"http://acme.org/lab", "http://acme.org/lab/2",
                                          "urn:oid:1.2.3"};
    ADD(p, ",\"meta\":{\"profile\":[\"%s\"]", PICK(p->dice, profiles));
    MAYBE(p, 50)
    ADD(p, ",\"source\":\"%s\"", PICK(p->dice, sources));
    MAYBE(p, 50)
    {
        ADD(p, ",\"tag\":[");
        pen_coding(p);
        ADD(p, "]");
    }
    MAYBE(p, 30)
    ADD(p,
        ",\"security\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-"
        "Confidentiality\",\"code\":\"%s\"}]",
        dice_percent(p->dice, 50) ? "N" : "R");
    ADD(p, "}");
}

const DataType data_types[] = {
    {"Patient", 'p', 30},   {"Practitioner", 'r', 8},      {"Organization", 'g', 8},
    {"Location", 'l', 10},  {"Observation", 'o', 80},      {"Condition", 'c', 40},
    {"Encounter", 'e', 25}, {"RiskAssessment", 'k', 15},   {"ChargeItem", 'h', 20},
    {"List", 'i', 5},       {"ServiceRequest", 's', 20},   {"DocumentReference", 'd', 15},
    {"Group", 'u', 6},      {"MolecularSequence", 'm', 8}, {"CodeSystem", 't', 1},
    {"ValueSet", 'v', 5},
};
const size_t data_type_count = COUNT_OF(data_types);

static void (*const fill[])(Pen *p) = {
    fill_patient,     fill_practitioner, fill_organization, fill_location,
    fill_observation, fill_condition,    fill_encounter,    fill_risk,
    fill_charge,      fill_list,         fill_request,      fill_document,
    fill_group,       fill_sequence,     fill_code_system,  fill_value_set,
};

Str data_id(Arena *arena, const DataType *type, unsigned number)
{
    return arena_format(arena, "%c%u", type->letter, number);
}

Str data_resource(OracleDice *d, Arena *arena, const DataType *type, unsigned number)
{
    Pen pen = {.dice = d, .number = number};
    buf_init(&pen.buf, arena, 1024, 1 << 16);
    ADD(&pen, "{\"resourceType\":\"%s\",\"id\":\"%c%u\"", type->type, type->letter, number);
    meta(&pen);
    fill[type - data_types](&pen);
    ADD(&pen, "}");
    return buf_str(&pen.buf);
}
