/* fuzz_query.c - any bytes as a query string: walked pair by pair to its end, each part decoded
 * or refused with a sentence.
 *
 * SPEC R4 search.html */
#include "search/search.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Ctx cx = fuzz_ctx();
    Str rest = fuzz_str(data, size), name, value, text;
    size_t pairs = 0;
    while (search_next_pair(&rest, &name, &value)) {
        assert(name.len + value.len <= size && pairs++ <= size);
        size_t issues = cx.issue_count;
        if (search_decode(&cx, value, &text) == STATUS_OK)
            assert(text.len <= value.len && !memchr(text.at, 0, text.len));
        else
            assert(cx.issue_count > issues || issues == CTX_ISSUES_MAX);
    }
    FhirView view;
    Status status =
        search_parse_view(&cx, fhir_type_find(STR("Patient")), fuzz_str(data, size), &view);
    assert(status == STATUS_OK || cx.issue_count > 0);
    return 0;
}
