/* The generated tables say what the R4 pages say. SPEC R4 structuredefinition.html */
#include "testing.h"

#include "fhir/fhir.h"
#include "fhir/lookup.h"

static void knows_the_types_of_r4(void **state)
{
    UNUSED(state);
    check_int(fhir_type_count(), 146); /* SPEC R4 resourcelist.html */
    for (uint16_t t = 1; t <= fhir_type_count(); t++) {
        CASE(fhir_type_name(t).at);
        check_int(fhir_type_find(fhir_type_name(t)), t);
        check(t == 1 || str_cmp(fhir_type_name((uint16_t)(t - 1)), fhir_type_name(t)) < 0);
    }
    static const struct {
        const char *why;
        Str name;
    } none[] = {
        {"a data type", STR_INIT("HumanName")},
        {"abstract", STR_INIT("DomainResource")},
        {"another case", STR_INIT("patient")},
        {"of R4B", STR_INIT("SubscriptionStatus")},
        {"nothing", STR_INIT("")},
    };
    FOR_CASES(none, c)
    {
        CASE(c->why);
        check_int(fhir_type_find(c->name), 0);
    }
    check_str(fhir_type_name(0), STR_EMPTY);
    check_str(fhir_type_name(60000), STR_EMPTY);
}

/* Also backbone elements, which have no name in FHIR. */
static uint16_t find_owner(Str name)
{
    for (uint16_t t = 1; t < fhir_type_rows; t++) {
        if (str_eq(fhir_type_name(t), name))
            return t;
    }
    return 0;
}

static void knows_elements(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why, *owner, *name, *type; /* type NULL: not there */
        int flags;
        const char *target; /* a type that a reference may have, or NULL */
        const char *code;   /* of the binding, or NULL */
    } cases[] = {
        {"an array", "Patient", "name", "HumanName", ELEMENT_ARRAY | ELEMENT_SUMMARY, NULL, NULL},
        {"a bound code", "Patient", "gender", "code", ELEMENT_SUMMARY, NULL, "female"},
        {"a choice", "Observation", "valueQuantity", "Quantity", ELEMENT_SUMMARY | ELEMENT_CHOICE,
         NULL, NULL},
        {"a choice of a primitive", "Observation", "valueDateTime", "dateTime",
         ELEMENT_SUMMARY | ELEMENT_CHOICE, NULL, NULL},
        {"the bare name of a choice", "Observation", "value", NULL, 0, NULL, NULL},
        {"mandatory", "Observation", "code", "CodeableConcept", ELEMENT_SUMMARY | ELEMENT_MANDATORY,
         NULL, NULL},
        {"targets", "Observation", "encounter", "Reference", ELEMENT_SUMMARY, "Encounter", NULL},
        {"the id of a resource", "Patient", "id", "id", ELEMENT_SUMMARY, NULL, NULL},
        {"the id of an element", "HumanName", "id", "string", 0, NULL, NULL},
        {"inherited by a data type", "Age", "value", "decimal", ELEMENT_SUMMARY, NULL, NULL},
        {"a content reference", "Observation", "component", "Observation.component",
         ELEMENT_ARRAY | ELEMENT_SUMMARY, NULL, NULL},
        {"contained", "Patient", "contained", "Resource", ELEMENT_ARRAY, NULL, NULL},
        {"not of R4: the package's own", "Meta", "project", NULL, 0, NULL, NULL},
        {"not of R4: of a later release", "ResearchStudy", "recruitment", NULL, 0, NULL, NULL},
        {"of R4, dropped by the package", "EvidenceVariable.characteristic", "definitionCanonical",
         "canonical", ELEMENT_MANDATORY | ELEMENT_SUMMARY | ELEMENT_CHOICE, NULL, NULL},
        {"R4's own binding", "DetectedIssue", "status", "code",
         ELEMENT_MANDATORY | ELEMENT_SUMMARY | ELEMENT_MODIFIER, NULL, "preliminary"},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        const TypeRow *owner = &fhir_types[find_owner(str_of(c->owner))];
        const ElementRow *row = fhir_element_find(owner, str_of(c->name));
        check(!row == !c->type);
        if (!row)
            continue;
        check_str(fhir_type_name(row->type), str_of(c->type));
        check_int(row->flags, c->flags);
        check(!c->code || fhir_binding_has(row->binding, (Str){NULL, 0}, str_of(c->code)));
        check(!c->code || !fhir_binding_has(row->binding, (Str){NULL, 0}, STR("nonsense")));
        check(!c->target || fhir_targets[row->targets] == fhir_type_find(str_of(c->target)));
    }
}

static void knows_recursive_content(void **state)
{
    UNUSED(state);
    const TypeRow *item = &fhir_types[fhir_type_find(STR("Questionnaire"))];
    const ElementRow *row = fhir_element_find(item, STR("item"));
    check(row && fhir_element_find(&fhir_types[row->type], STR("item"))->type == row->type);
}

/* SPEC R4 searchparameter-registry.html */
static void carries_search_expressions(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str type, code;
        FhirParamKind kind;
        Str expression;
        size_t components;
    } cases[] = {
        {"a path", STR_INIT("Patient"), STR_INIT("gender"), FHIR_PARAM_TOKEN,
         STR_INIT("Patient.gender | Person.gender | Practitioner.gender | RelatedPerson.gender"),
         0},
        {"of every resource", STR_INIT("Binary"), STR_INIT("_lastUpdated"), FHIR_PARAM_DATE,
         STR_INIT("Resource.meta.lastUpdated"), 0},
        {"a composite", STR_INIT("Observation"), STR_INIT("code-value-quantity"),
         FHIR_PARAM_COMPOSITE, STR_INIT("Observation"), 2},
        {"without an expression", STR_INIT("Patient"), STR_INIT("_content"), FHIR_PARAM_STRING,
         STR_INIT(""), 0},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        const FhirParam *param = fhir_param_find(fhir_type_find(c->type), c->code);
        check(param != NULL);
        check_int(param->kind, c->kind);
        check_int(param->type, fhir_type_find(c->type));
        check_str(param->expression, c->expression);
        check_int(param->component_count, c->components);
    }
    check(fhir_param_find(fhir_type_find(STR("Patient")), STR("nonsense")) == NULL);
    check(fhir_param_find(0, STR("_id")) == NULL);
}

static void sorts_parameters_of_a_type(void **state)
{
    UNUSED(state);
    for (uint16_t t = 1; t <= fhir_type_count(); t++) {
        size_t count;
        const FhirParam *rows = fhir_params_of(t, &count);
        check(count > 4);
        for (size_t i = 1; i < count; i++)
            check(str_cmp(rows[i - 1].code, rows[i].code) < 0);
    }
}

/* SPEC R4 compartmentdefinition-patient.html */
static void knows_compartments(void **state)
{
    UNUSED(state);
    static const struct {
        const char *why;
        Str compartment, type;
        const char *codes;
    } cases[] = {
        {"the subject", STR_INIT("Patient"), STR_INIT("Observation"), "subject performer"},
        {"never in it", STR_INIT("Patient"), STR_INIT("ValueSet"), ""},
        {"another compartment", STR_INIT("Encounter"), STR_INIT("Observation"), "encounter"},
        {"no compartment", STR_INIT("Location"), STR_INIT("Observation"), ""},
    };
    FOR_CASES(cases, c)
    {
        CASE(c->why);
        Ctx cx = testing_ctx();
        size_t count;
        const Str *codes = fhir_compartment_params(c->compartment, fhir_type_find(c->type), &count);
        Buf buf;
        buf_init(&buf, cx.arena, 64, 4096);
        for (size_t i = 0; i < count; i++) {
            buf_add_str(&buf, i ? STR(" ") : STR_EMPTY);
            buf_add_str(&buf, codes[i]);
        }
        check_str(buf_str(&buf), str_of(c->codes));
        arena_free(cx.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_types_of_r4),      cmocka_unit_test(knows_elements),
        cmocka_unit_test(knows_recursive_content),    cmocka_unit_test(carries_search_expressions),
        cmocka_unit_test(sorts_parameters_of_a_type), cmocka_unit_test(knows_compartments),
    };
    return cmocka_run_group_tests_name("fhir tables", tests, NULL, NULL);
}
