/* fuzz_filter.c - any bytes as a _filter: parsed, or refused with a sentence.
 *
 * SPEC R4 search_filter.html */
#include "search/query.h"

#include "fuzz.h"
#include "fuzz_access.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Search *search;
    Ctx cx = fuzz_ctx();
    if (!search &&
        search_new(&cx, NULL, NULL, &(SearchOptions){.words = true}, &search) != STATUS_OK)
        abort();
    NodeParse parse = {.search = search, .cx = &cx, .access = fuzz_program()};
    Node *node;
    Str text = fuzz_str(data, size);
    Status status = filter_parse(&parse, fhir_type_find(STR("Observation")), text, &node);
    assert(status == STATUS_OK || cx.issue_count > 0 || status == STATUS_MEMORY);
    assert(status != STATUS_OK || node);
    return 0;
}
