/* fuzz_validate.c - any JSON as a resource: refused with a sentence, or written as it would be
 * answered, which is a sound resource again.
 *
 * SPEC R4 json.html */
#include "fhir/fhir.h"

#include "fuzz.h"

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
    return 0;
}
