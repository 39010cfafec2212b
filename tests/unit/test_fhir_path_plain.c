/* FHIRPath: the plain routes that search takes, and that they find what the general way finds. */
#include "path_case.h"

static const char observation[] =
    "{\"resourceType\":\"Observation\",\"status\":\"final\",\"subject\":{\"reference\":"
    "\"Patient/p1\"},\"performer\":[{\"reference\":\"Practitioner/1\"},{\"reference\":"
    "\"http://example.org/fhir/Organization/2/_history/3\"},{\"reference\":\"#dev\"},{\"type\":"
    "\"Patient\",\"identifier\":{\"value\":\"x\"}}],\"contained\":[{\"resourceType\":\"Device\","
    "\"id\":\"dev\"}],\"effectivePeriod\":{\"start\":\"2020\"},\"valueQuantity\":{\"value\":1},"
    "\"component\":[{\"valueString\":\"a\"},{\"valueQuantity\":{\"value\":2}},{\"_valueString\":"
    "{\"extension\":[{\"url\":\"http://x\"}]}}]}";
static const char patient[] =
    "{\"resourceType\":\"Patient\",\"birthDate\":\"1980-01-02\",\"_birthDate\":{\"id\":\"b\"},"
    "\"name\":[{\"use\":\"official\",\"family\":\"Example\",\"given\":[\"Ann\",null,\"Eve\"],"
    "\"_given\":[null,{\"id\":\"g\"},{\"id\":\"h\"}]},{\"_family\":{\"id\":\"f\"}}],\"telecom\":["
    "{\"system\":\"phone\",\"value\":\"1\"},{\"system\":\"email\",\"value\":\"2\"},{\"value\":"
    "\"3\"}],\"deceasedBoolean\":false}";

static void follows_plain_paths(void **state)
{
    UNUSED(state);
    static const PathCase of_observation[] = {
        {"one step", "Observation.status", "code final"},
        {"an absent one", "Observation.code", ""},
        {"without the type", "status", "code final"},
        {"a choice", "Observation.effective.start", "dateTime @2020"},
        {"a choice of all", "Observation.effective", "Period {\"start\":\"2020\"}"},
        {"a choice with as", "(Observation.value as Quantity).value", "decimal 1"},
        {"another alternative", "Observation.value.ofType(SampledData)", ""},
        {"a type that no alternative has", "Observation.value.ofType(Address)", ""},
        {"as on several: R4's search parameters need it to filter",
         "(Observation.component.value as Quantity).value", "decimal 2"},
        {"a choice of which only the extension is there", "Observation.component.value",
         "string a, Quantity {\"value\":2}, string (only an extension)"},
        {"a reference to a type", "Observation.subject.where(resolve() is Patient).reference",
         "string Patient/p1"},
        {"to another", "Observation.subject.where(resolve() is Group)", ""},
        {"absolute, with a version", "performer.where(resolve() is Organization).count()",
         "Integer 1"},
        {"a contained one", "performer.where(resolve() is Device).reference", "string #dev"},
        {"by Reference.type", "performer.where(resolve() is Patient).identifier.value", "string x"},
        {"terms of other types are left out", "Patient.name | Observation.status | Group.name",
         "code final"},
        {"nothing but them", "Patient.name | Group.name", ""},
        {"in parentheses", "(Patient.name) | (Observation.value as Quantity).value", "decimal 1"},
        {"a base type", "Resource.id | DomainResource.contained.id", "id dev"},
        {"resources inside have their type", "contained.ofType(Device).id", "id dev"},
        {"and only it", "contained.ofType(Patient).id", ""},
    };
    static const PathCase of_patient[] = {
        {"through arrays", "Patient.name.family", "string Example, string (only an extension)"},
        {"null where only an id is", "Patient.name.given",
         "string Ann, string (only an extension), string Eve"},
        {"a filter", "Patient.telecom.where(system='phone').value", "string 1"},
        {"the sides change places", "Patient.telecom.where('email' = system).value", "string 2"},
        {"an absent member is not equal", "Patient.telecom.where(system='').value", ""},
        {"a primitive's own parts", "Patient.birthDate.id", "string b"},
        {"not of R4's names", "Patient.deceasedBoolean", ""},
        {"but so", "Patient.deceased", "boolean false"},
        {"HL7's own", "Patient.deceased.exists() and Patient.deceased != false", "Boolean false"},
        {"as an index", "Patient.name[0].family | Patient.name[7].family", "string Example"},
    };
    Ctx cx = testing_ctx();
    PathCompile how = {.context = STR("Observation")};
    PathEnv env = {.resource = path_case_json(&cx, observation)};
    FOR_CASES(of_observation, c) path_case_run(c, &how, &env);
    how.context = STR("Patient");
    env.resource = path_case_json(&cx, patient);
    FOR_CASES(of_patient, c) path_case_run(c, &how, &env);
    arena_free(cx.arena);
}

/* With "Resource" as context no type is known while compiling: the general way. */
static void finds_what_the_general_way_finds(void **state)
{
    UNUSED(state);
    static const char *const paths[] = {
        "Patient.name",
        "Patient.name.given",
        "Patient.name.family",
        "Patient.telecom.where(system='phone')",
        "Patient.deceased",
        "Patient.birthDate",
        "Patient.contact.name",
        "Observation.value",
        "Observation.component.value",
        "(Observation.component.value as string)",
        "Observation.performer.where(resolve() is Practitioner)",
        "Observation.effective.ofType(Period).start",
        "Observation.contained",
        "Observation.subject | Observation.performer",
    };
    Ctx cx = testing_ctx();
    JsonValue *resources[] = {path_case_json(&cx, observation), path_case_json(&cx, patient)};
    static const PathCompile general = {.context = STR_INIT("Resource")};
    for (size_t p = 0; p < COUNT_OF(paths); p++) {
        CASE(paths[p]);
        for (size_t r = 0; r < COUNT_OF(resources); r++) {
            const PathProgram *programs[2];
            PathItems items[2];
            PathCompile how = {.context = json_get_str(resources[r], STR("resourceType"))};
            PathEnv env = {.resource = resources[r]};
            for (size_t i = 0; i < 2; i++) {
                check(path_compile(&cx, cx.arena, str_of(paths[p]), i ? &general : &how,
                                   &programs[i]) == STATUS_OK);
                check(path_evaluate(programs[i], &cx, &env, &items[i]) == STATUS_OK);
            }
            check_str(path_case_text(&cx, &items[0]), path_case_text(&cx, &items[1]));
        }
    }
    arena_free(cx.arena);
}

static void copies_nothing(void **state)
{
    UNUSED(state);
    Ctx cx = testing_ctx();
    JsonValue *resource = path_case_json(&cx, observation);
    const PathProgram *program;
    PathItems items;
    PathCompile how = {.context = STR("Observation")};
    PathEnv env = {.resource = resource};
    check(path_compile(&cx, cx.arena, STR("Observation.subject"), &how, &program) == STATUS_OK);
    check(path_evaluate(program, &cx, &env, &items) == STATUS_OK);
    check_int(items.count, 1);
    check(items.items[0].json == json_get(resource, STR("subject")));
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_plain_paths),
        cmocka_unit_test(finds_what_the_general_way_finds),
        cmocka_unit_test(copies_nothing),
    };
    return cmocka_run_group_tests_name("fhirpath plain", tests, NULL, NULL);
}
