/* fuzz_path.c - any bytes as a FHIRPath expression, and as one on a resource behind a NUL: compiled
 * for a known and for any type, strict and not, evaluated, or refused with a sentence.
 *
 * SPEC FHIRPath N1 */
#include "fhir/path/path.h"

#include "fuzz.h"

static const Str patient = STR_INIT(
    "{\"resourceType\":\"Patient\",\"id\":\"a\",\"active\":true,\"name\":[{\"family\":\"B\","
    "\"given\":"
    "[\"C\",null],\"_given\":[null,{\"id\":\"x\"}],\"period\":{\"start\":\"2020-02\"}}],"
    "\"birthDate\":"
    "\"1980-02-29\",\"_gender\":{\"extension\":[{\"url\":\"u\",\"valueQuantity\":{\"value\":1.50,"
    "\"code\":\"mg\",\"system\":\"http://unitsofmeasure.org\"}}]},\"multipleBirthInteger\":2,"
    "\"contained\":[{\"resourceType\":\"Group\",\"id\":\"g\",\"quantity\":3}],\"link\":[{\"other\":"
    "{"
    "\"reference\":\"#g\"}}],\"generalPractitioner\":[{\"reference\":\"Practitioner/1\"}]}");

static void must_say(const Ctx *cx, Status status)
{
    assert(status == STATUS_OK || cx->issue_count > 0 || status == STATUS_MEMORY);
}

static void run(Ctx *cx, Str expression, Str context, bool strict, JsonValue *resource)
{
    const PathProgram *program;
    PathItems items;
    PathCompile how = {.context = context, .strict = strict};
    PathEnv env = {.resource = resource, .now = TIME_SECOND};
    Status status = path_compile(cx, cx->arena, expression, &how, &program);
    must_say(cx, status);
    if (status != STATUS_OK)
        return;
    status = path_evaluate(program, cx, &env, &items);
    must_say(cx, status);
    for (size_t i = 0; status == STATUS_OK && i < items.count && i < 100; i++) {
        Str text = path_item_text(cx->arena, &items.items[i]);
        assert(!text.at || str_is_utf8(text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    JsonValue *resource;
    Str rest = fuzz_str(data, size);
    Str expression = str_cut(&rest, '\0');
    if (!rest.len || json_parse(&cx, rest, &resource) != STATUS_OK)
        if (json_parse(&cx, patient, &resource) != STATUS_OK)
            return 0;
    /* what nobody waits for: a deadline ends what takes long */
    cx.deadline = time_monotonic() + TIME_SECOND;
    run(&cx, expression, json_get_str(resource, STR("resourceType")), false, resource);
    run(&cx, expression, STR("Patient"), true, resource);
    run(&cx, expression, STR("Resource"), false, resource);
    return 0;
}
