/* fuzz_search.c - any bytes as a search: parsed, or refused with a sentence.
 *
 * The first byte picks one of a few types that have parameters of every kind. SPEC R4 search.html
 */
#include "search/search.h"

#include "fuzz.h"
#include "fuzz_access.h"

static Search *parser(void)
{
    static Search *search;
    Ctx cx = fuzz_ctx();
    if (!search &&
        search_new(&cx, NULL, NULL, &(SearchOptions){.words = true}, &search) != STATUS_OK)
        abort();
    return search;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"Patient", "Observation", "Location", "RiskAssessment",
                                        "List",    "ValueSet",    "Group",    ""};
    Search *search = parser();
    Ctx cx = fuzz_ctx();
    const SearchQuery *query;
    if (!size)
        return 0;
    SearchScope scope = {.type = fhir_type_find(str_of(types[data[0] % COUNT_OF(types)])),
                         .access = fuzz_program(),
                         .lenient = data[0] & 0x80};
    Status status = search_parse(search, &cx, &scope, fuzz_str(data + 1, size - 1), &query);
    assert(status == STATUS_OK || cx.issue_count > 0 || status == STATUS_MEMORY);
    if (status == STATUS_OK)
        assert(search_self(query).len <= size);
    return 0;
}
