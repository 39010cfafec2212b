/* fuzz_validate.c - any JSON as a resource: refused with a sentence, or written as it would be
 * answered, which is a sound resource again.
 *
 * SPEC R4 json.html */
#include "fhir/fhir.h"

#include "fuzz.h"

/* Each view of what was stored is JSON of the same type. */
static void check_views(Ctx *cx, Str body, uint16_t type)
{
    static const Str elements[] = {STR_INIT("name"), STR_INIT("value")};
    for (int kind = FHIR_VIEW_FULL; kind <= FHIR_VIEW_ELEMENTS; kind++) {
        FhirView view = {kind, elements, COUNT_OF(elements), kind % 2};
        JsonValue *part;
        Buf out;
        if (kind == FHIR_VIEW_COUNT)
            continue;
        buf_init(&out, cx->arena, 1024, body.len * 300 + 4096);
        assert(fhir_view(cx, &view, body, &out) == STATUS_OK);
        assert(json_parse(cx, buf_str(&out), &part) == STATUS_OK);
        assert(fhir_type_find(json_get_str(part, STR("resourceType"))) == type);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    JsonValue *resource, *answered;
    FhirChecked checked;
    FhirCheck how = {0};
    if (json_parse(&cx, fuzz_str(data, size), &resource) != STATUS_OK)
        return 0;
    if (fhir_validate(&cx, resource, &how, &checked) != STATUS_OK) {
        assert(cx.issue_count > 0);
        return 0;
    }
    Buf out;
    buf_init(&out, cx.arena, 1024, size * 4 + 4096);
    fhir_write(&out, resource, STR("a"), 1, 0);
    assert(buf_done(&out) == STATUS_OK);
    assert(json_parse(&cx, buf_str(&out), &answered) == STATUS_OK);
    assert(fhir_validate(&cx, answered, &how, &checked) == STATUS_OK);
    check_views(&cx, buf_str(&out), checked.type);
    return 0;
}
